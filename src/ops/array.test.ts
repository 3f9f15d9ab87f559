/** What is special about the array ops: static knowledge, error texts, corner cases. */

import { beforeEach, describe, expect, test } from "vitest";
import * as tf from "../index.ts";

beforeEach(() => {
  tf.resetDefaultGraph();
});

type Feed = readonly [unknown, unknown];

function run(tensor: tf.Tensor, ...feeds: readonly Feed[]): unknown {
  const value = new tf.Session().runSync(tensor, feeds) as tf.NDArray;
  return value.toArray();
}

function nodes(): string[] {
  return tf
    .getDefaultGraph()
    .getOperations()
    .map((op) => `${op.name}: ${op.type}`);
}

const int = (value: number | number[]) => tf.constant(value, { dtype: "int32" });

describe("static shapes", () => {
  test("a shape put together of parts of a shape keeps what is known", () => {
    const x = tf.placeholder("float32", [null, 5, 7]);
    const sizes = tf.shape(x);
    const flat = tf.reshape(x, tf.stack([sizes.slice(0), 35]));
    expect(flat.shape.dims).toEqual([null, 35]);
    const joined = tf.reshape(x, tf.concat([sizes.slice([null, 2]), [7, 1]], 0));
    expect(joined.shape.dims).toEqual([null, 5, 7, 1]);
  });

  test("one dimension of a shape that is known is a constant", () => {
    const x = tf.placeholder("float32", [null, 5]);
    expect(tf.range(tf.shape(x).slice(1)).shape.dims).toEqual([5]);
    expect(tf.range(tf.shape(x).slice(0)).shape.dims).toEqual([null]);
  });

  test("a default that may be fed is no constant", () => {
    const sizes = tf.placeholderWithDefault(int([2, 3]), [2]);
    expect(tf.zeros(sizes).shape.dims).toEqual([null, null]);
  });

  test("slices of open dimensions stay open, indices do not", () => {
    const x = tf.placeholder("float32", [null, 4]);
    expect(x.slice([1]).shape.dims).toEqual([null, 4]);
    expect(x.slice(0, [1, 3]).shape.dims).toEqual([2]);
    expect(x.slice(null, null, tf.newaxis).shape.dims).toEqual([null, 4, 1]);
  });
});

describe("shapes that do not fit", () => {
  const zeros = (...shape: number[]) => tf.zeros(shape);

  test("reshape names both numbers of elements", () => {
    expect(() => tf.reshape(zeros(2, 3), [4])).toThrow(
      "Cannot reshape a tensor with 6 elements to shape [4] (4 elements) for '{{node Reshape}} = Reshape[T=DT_FLOAT, Tshape=DT_INT32](zeros, Reshape/shape)' with input shapes: [2,3], [1] and with input tensors computed as partial shapes: input[1] = [4].",
    );
    expect(() => tf.reshape(zeros(2, 3), [4, -1])).toThrow(
      "Dimension size must be evenly divisible by 4 but is 6",
    );
  });

  test("reshape says so too when the elements are fed", () => {
    const x = tf.placeholder("float32", null);
    expect(() => run(tf.reshape(x, [4]), [x, [1, 2, 3]])).toThrow(
      "Input to reshape is a tensor with 3 values, but the requested shape has 4",
    );
    expect(() => run(tf.reshape(x, [2, -1]), [x, [1, 2, 3]])).toThrow(
      "Input to reshape is a tensor with 3 values, but the requested shape requires a multiple of 2",
    );
  });

  test("an axis that is needed to see the mistake is part of the message", () => {
    expect(() => tf.concat([zeros(2, 3), zeros(3, 3)], 1)).toThrow(
      "with input shapes: [2,3], [3,3], [] and with computed input tensors: input[2] = <1>.",
    );
    expect(() => tf.concat([zeros(2, 3), zeros(3)], 1)).toThrow(
      "with input shapes: [2,3], [3], [].",
    );
  });

  test("an index outside of its dimension is found while building, or when run", () => {
    expect(() => zeros(3).slice(5)).toThrow("slice index 5 of dimension 0 out of bounds.");
    const x = tf.placeholder("float32", [null]);
    expect(() => run(x.slice(5), [x, [1]])).toThrow("slice index 5 of dimension 0 out of bounds.");
  });

  test("more indices than dimensions, two ellipses, steps of zero, wrong indices", () => {
    expect(() => zeros(3).slice(0, 1)).toThrow(
      "Index out of range using input dim 1; input has only 1 dims",
    );
    expect(() => zeros(3).slice("...", "...")).toThrow(
      "Multiple ellipses in slice spec not allowed",
    );
    expect(() => zeros(3).slice([null, null, 0])).toThrow("strides[0] must be non-zero");
    expect(() => zeros(3).slice(1.5)).toThrow("are valid indices, got 1.5");
  });

  test("a wrong index into rows names its place", () => {
    const rows = tf.placeholder("int32", [null]);
    expect(() => run(tf.gather(tf.constant([1, 2]), rows), [rows, [0, 5]])).toThrow(
      "indices[1] = 5 is not in [0, 2)",
    );
  });

  test("a mask must be compatible and no scalar", () => {
    expect(() => tf.booleanMask(zeros(3), [true, false])).toThrow(
      "Shapes (3,) and (2,) are incompatible",
    );
    expect(() => tf.booleanMask(zeros(3), true)).toThrow("mask cannot be scalar.");
  });
});

describe("placeholders", () => {
  test("one that is not fed names its dtype and shape", () => {
    const x = tf.placeholder("float32", [null, 3], { name: "x" });
    expect(() => run(x.add(1))).toThrow(
      "You must feed a value for placeholder tensor 'x' with dtype float and shape [?,3]",
    );
  });

  test("one of a scalar leaves the shape out", () => {
    const x = tf.placeholder("int64", [], { name: "x" });
    expect(() => run(tf.identity(x))).toThrow(
      /placeholder tensor 'x' with dtype int64(?! and shape)/,
    );
  });
});

describe("nodes", () => {
  test("zeros are a Const below a thousand elements, a Fill from there on", () => {
    tf.zeros([999]);
    tf.zeros([1000]);
    expect(nodes()).toEqual([
      "zeros: Const",
      "zeros_1/shape_as_tensor: Const",
      "zeros_1/Const: Const",
      "zeros_1: Fill",
    ]);
  });

  test("whole numbers make int32 ranges, others float32 ones", () => {
    expect(tf.range(3).dtype).toBe(tf.int32);
    expect(tf.range(0, 1, 0.25).dtype).toBe(tf.float32);
    expect(run(tf.range(0, 1, 0.25))).toEqual([0, 0.25, 0.5, 0.75]);
    expect(() => tf.range(3, 1)).toThrow("Requires start <= limit when delta > 0: 3/1");
  });

  test("an index by a tensor adds one for the end before the slice's own nodes", () => {
    const i = tf.placeholder("int32", [], { name: "i" });
    tf.constant([1, 2]).slice(i);
    expect(nodes().slice(2)).toEqual([
      "add/y: Const",
      "add: AddV2",
      "strided_slice/stack: Pack",
      "strided_slice/stack_1: Pack",
      "strided_slice/stack_2: Const",
      "strided_slice: StridedSlice",
    ]);
  });

  test("a gradient through preventGradient is an error that gives the reason", async () => {
    const { preventGradient } = await import("./identity.ts");
    const x = tf.constant(1);
    const y = preventGradient(x, { message: "because" });
    expect(() => tf.gradients(y, x)).toThrow("Gradient explicitly disabled. Reason: b'because'");
  });
});

describe("values", () => {
  test("the place of an index may be known only when run", () => {
    const x = tf.placeholder("float32", [null, 3]);
    const i = tf.placeholder("int32", []);
    const row = x.slice(i);
    const session = new tf.Session();
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const at = (place: number) =>
      (
        session.runSync(row, [
          [x, rows],
          [i, place],
        ]) as tf.NDArray
      ).toArray();
    expect(at(0)).toEqual([1, 2, 3]);
    expect(at(1)).toEqual([4, 5, 6]);
    expect(() => at(2)).toThrow("slice index 2 of dimension 0 out of bounds.");
  });

  test("steps through a slice backwards, and its gradient back into place", () => {
    const x = tf.constant([1, 2, 3, 4, 5, 6, 7]);
    const y = x.slice([5, 0, -2]);
    expect(run(y)).toEqual([6, 4, 2]);
    const [dx] = tf.gradients(y, x, { gradYs: tf.constant([10, 20, 30]) });
    expect(run(dx as tf.Tensor)).toEqual([0, 30, 0, 20, 0, 10, 0]);
  });

  test("strings move through shapes, slices, joins and choices", () => {
    const x = tf.placeholder("string", [null, 2]);
    const feed = [
      x,
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ] as const;
    expect(run(tf.transpose(x), feed)).toEqual([
      ["a", "c"],
      ["b", "d"],
    ]);
    expect(run(x.slice(1, [null, null, -1]), feed)).toEqual(["d", "c"]);
    expect(run(tf.tile(x, [1, 2]).slice(0), feed)).toEqual(["a", "b", "a", "b"]);
    expect(
      run(
        tf.where(
          [
            [true, false],
            [false, true],
          ],
          x,
          tf.fill([2, 2], "-"),
        ),
        feed,
      ),
    ).toEqual([
      ["a", "-"],
      ["-", "d"],
    ]);
  });

  test("the different elements come in order of appearance", () => {
    const x = tf.placeholder("int32", [null]);
    const { y, idx, count } = tf.uniqueWithCounts(x);
    const feed = [x, [3, 5, 3, 1]] as const;
    expect(run(y, feed)).toEqual([3, 5, 1]);
    expect(run(idx, feed)).toEqual([0, 1, 0, 2]);
    expect(run(count, feed)).toEqual([2, 1, 1]);
  });

  test("elements repeat as often as each says", () => {
    expect(
      run(
        tf.repeat(
          [
            [1, 2],
            [3, 4],
          ],
          [1, 2],
          { axis: 0 },
        ),
      ),
    ).toEqual([
      [1, 2],
      [3, 4],
      [3, 4],
    ]);
  });

  test("places in sorted rows are before equal elements, or behind them", () => {
    expect(run(tf.searchsorted([1, 3, 3, 5], [3, 9]))).toEqual([1, 4]);
    expect(run(tf.searchsorted([1, 3, 3, 5], [3, 9], { side: "right" }))).toEqual([3, 4]);
  });

  test("several diagonals at once lie in rows, the highest first", () => {
    const matrix = tf.constant([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(run(tf.matrixDiagPart(matrix, { k: [-1, 1] }))).toEqual([
      [2, 6],
      [1, 5],
      [4, 0],
    ]);
    expect(
      run(
        tf.matrixDiag(
          [
            [9, 1, 2],
            [3, 4, 5],
          ],
          { k: [0, 1] },
        ),
      ),
    ).toEqual([
      [3, 1, 0],
      [0, 4, 2],
      [0, 0, 5],
    ]);
  });
});
