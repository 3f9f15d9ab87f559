// Convolutions and pooling: layouts, groups, static shapes, and windows that do not fit.
import { expect, test } from "vitest";
import * as tf from "../index.ts";

const inGraph = <R>(body: () => R): R => new tf.Graph().asDefault(() => body());
const evaluate = (tensor: tf.Tensor): number[] =>
  Array.from(new tf.Session().runSync(tensor).values(), Number);

/** Numbers without a pattern that a wrong index could hit by chance. */
function pattern(shape: readonly number[], phase = 0): tf.Tensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + phase));
  return tf.constant(new tf.NDArray(data, shape, "float32"));
}

function expectSame(a: tf.Tensor, b: tf.Tensor): void {
  const [left, right] = [evaluate(a), evaluate(b)];
  expect(left.length).toBe(right.length);
  left.forEach((value, i) => {
    expect(value).toBeCloseTo(right[i] as number, 5);
  });
}

const toFirst = (x: tf.Tensor): tf.Tensor => tf.transpose(x, { perm: [0, 3, 1, 2] });

test("channels first give what channels last give, gradients included", () => {
  inGraph(() => {
    const x = pattern([2, 5, 6, 3]);
    const first = toFirst(x);
    const filter = pattern([3, 2, 3, 4], 1);
    const last = tf.nn.conv2d(x, filter, [1, 2, 1, 1], "SAME");
    const other = tf.nn.conv2d(first, filter, [1, 1, 2, 1], "SAME", { dataFormat: "NCHW" });
    expect(other.shape.toString()).toBe("(2, 4, 3, 6)");
    expectSame(toFirst(last), other);
    const [dx, dw] = tf.gradients(tf.square(last), [x, filter]) as [tf.Tensor, tf.Tensor];
    const [dx2, dw2] = tf.gradients(tf.square(other), [first, filter]) as [tf.Tensor, tf.Tensor];
    expectSame(toFirst(dx), dx2);
    expectSame(dw, dw2);
    const pooled = tf.nn.maxPool(x, 2, 2, "SAME");
    const pooledFirst = tf.nn.maxPool(first, 2, 2, "SAME", { dataFormat: "NCHW" });
    expectSame(toFirst(pooled), pooledFirst);
    const [dp] = tf.gradients(tf.square(pooled), x) as [tf.Tensor];
    const [dp2] = tf.gradients(tf.square(pooledFirst), first) as [tf.Tensor];
    expectSame(toFirst(dp), dp2);
  });
});

test("filters over half of the channels make two groups", () => {
  inGraph(() => {
    const x = pattern([1, 4, 4, 4]);
    const filter = pattern([3, 3, 2, 6], 1);
    const grouped = tf.nn.conv2d(x, filter, 1, "SAME");
    const halves = [0, 1].map((group) =>
      tf.nn.conv2d(
        tf.slice(x, [0, 0, 0, 2 * group], [-1, -1, -1, 2]),
        tf.slice(filter, [0, 0, 0, 3 * group], [-1, -1, -1, 3]),
        1,
        "SAME",
      ),
    );
    expectSame(grouped, tf.concat(halves, 3));
  });
});

test("the transpose of a convolution is its gradient", () => {
  inGraph(() => {
    const x = pattern([1, 5, 6, 2]);
    const filter = pattern([3, 3, 2, 4], 1);
    const y = tf.nn.conv2d(x, filter, 2, "SAME");
    const dy = pattern([1, 3, 3, 4], 2);
    const [dx] = tf.gradients(y, x, { gradYs: dy }) as [tf.Tensor];
    expectSame(dx, tf.nn.conv2dTranspose(dy, filter, [1, 5, 6, 2], 2));
  });
});

test("a dilated convolution is the same with space moved into the batch", () => {
  inGraph(() => {
    const x = pattern([1, 7, 6, 2]);
    const filter = pattern([3, 3, 2, 4], 1);
    for (const padding of ["SAME", "VALID"] as const) {
      const direct = tf.nn.conv2d(x, filter, 1, padding, { dilations: 2 });
      expectSame(direct, tf.nn.atrousConv2d(x, filter, 2, padding));
    }
  });
});

test("static shapes know what can be known", () => {
  inGraph(() => {
    const shapeOf = (x: tf.ShapeLike, padding: "SAME" | "VALID"): string =>
      tf.nn
        .conv2d(tf.placeholder(tf.float32, x), tf.zeros([3, 3, 3, 8]), [1, 2, 2, 1], padding)
        .shape.toString();
    expect(shapeOf([null, 7, null, 3], "SAME")).toBe("(?, 4, ?, 8)");
    expect(shapeOf([null, 7, 6, null], "VALID")).toBe("(?, 3, 2, 8)");
    expect(shapeOf(null, "VALID")).toBe("(?, ?, ?, 8)");
    const x = tf.placeholder(tf.float32, [null, 7, 7, 3]);
    expect(tf.nn.maxPool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME").shape.toString()).toBe(
      "(?, 4, 4, 3)",
    );
    expect(tf.nn.avgPool(x, 2, 3, "VALID").shape.toString()).toBe("(?, 2, 2, 3)");
    expect(
      tf.nn.depthwiseConv2d(x, tf.zeros([3, 3, 3, 2]), [1, 1, 1, 1], "SAME").shape.toString(),
    ).toBe("(?, 7, 7, 6)");
  });
});

test("convolutions that do not fit say what does not", () => {
  inGraph(() => {
    const x = tf.zeros([1, 5, 5, 3]);
    const filter = tf.zeros([3, 3, 3, 8]);
    const refused = (body: () => unknown, text: string): void => expect(body).toThrow(text);
    refused(
      () => tf.nn.conv2d(x, tf.zeros([3, 3, 2, 8]), 1, "SAME"),
      "Depth of input (3) is not a multiple of input depth of filter (2) for '{{node Conv2D",
    );
    refused(
      () => tf.nn.conv2d(tf.zeros([1, 2, 2, 3]), filter, 1, "VALID"),
      "Negative dimension size caused by subtracting 3 from 2 for '{{node Conv2D",
    );
    refused(
      () => tf.nn.conv2d(tf.zeros([5, 5, 3]), filter, 1, "SAME"),
      "Shape must be rank 4 but is rank 3 for '{{node Conv2D",
    );
    refused(
      () => tf.nn.conv2d(x, filter, [1, 1, 1], "SAME"),
      "strides should be of length 1, 2 or 4. Received: strides=[1, 1, 1] of length 3",
    );
    refused(
      () => tf.nn.conv2d(x, filter, 1, "same" as "SAME"),
      "Attr 'padding' of 'Conv2D' Op passed string 'same' not in: \"SAME\", \"VALID\", \"EXPLICIT\".",
    );
    refused(
      () => tf.nn.conv2d(x, filter, 1, "EXPLICIT" as "SAME"),
      "'EXPLICIT' is not a valid value for `padding`. To use explicit padding, `padding` must be a list.",
    );
    refused(
      () =>
        tf.nn.conv2d(x, filter, 1, [
          [0, 0],
          [1, 1],
          [1, -1],
          [0, 0],
        ]),
      "All elements of explicit_paddings must be nonnegative",
    );
    refused(
      () => tf.nn.maxPool(x, 0, 1, "VALID"),
      "`ksize` cannot be zero. Received: ksize=[1, 0, 0, 1]",
    );
    refused(
      () => tf.nn.avgPool(tf.zeros([1, 2, 2, 3]), 3, 1, "VALID"),
      "Negative dimension size caused by subtracting 3 from 2 for '{{node AvgPool",
    );
    refused(
      () =>
        tf.nn.separableConv2d(
          x,
          tf.zeros([3, 3, 3, 1]),
          tf.zeros([1, 2, 3, 1]),
          [1, 1, 1, 1],
          "SAME",
        ),
      "Dimensions 2 and 1 are not compatible",
    );
  });
});

test("a depth that is known only when fed is checked then", () => {
  inGraph(() => {
    const x = tf.placeholder(tf.float32, null);
    const y = tf.nn.conv2d(x, tf.zeros([1, 1, 2, 1]), 1, "SAME");
    const three = new tf.NDArray(new Float32Array(3), [1, 1, 1, 3], "float32");
    expect(() => new tf.Session().runSync(y, [[x, three]])).toThrow(
      "input depth must be evenly divisible by filter depth: 3 vs 2",
    );
  });
});

test("the gradient of a maximum goes to the first of equals", () => {
  inGraph(() => {
    const x = tf.ones([1, 2, 2, 1]);
    const [dx] = tf.gradients(tf.nn.maxPool(x, 2, 2, "VALID"), x) as [tf.Tensor];
    expect(evaluate(dx)).toEqual([1, 0, 0, 0]);
  });
});

test("a mean does not count its padding", () => {
  inGraph(() => {
    expect(evaluate(tf.nn.avgPool(tf.ones([1, 3, 3, 1]), 2, 2, "SAME"))).toEqual([1, 1, 1, 1]);
  });
});

test("attributes that TensorFlow 1.15 did not have are there only where they say something", () => {
  inGraph(() => {
    const x = tf.ones([1, 3, 3, 1]);
    const plain = tf.nn.maxPool(x, 2, 1, "SAME");
    expect(plain.op.attrs.has("explicit_paddings")).toBe(false);
    const padded = tf.nn.maxPool(x, 2, 2, [
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 0],
    ]);
    expect(padded.op.getAttr("padding")).toBe("EXPLICIT");
    expect(padded.op.attrs.has("explicit_paddings")).toBe(true);
    expect(evaluate(padded)).toEqual([1, 1, 1, 1]);
  });
});
