// Activation functions: corner cases of values, and gradients against differences.
import { expect, test } from "vitest";
import * as tf from "../index.ts";

const inGraph = <R>(body: () => R): R => new tf.Graph().asDefault(() => body());
const evaluate = (tensor: tf.Tensor): number[] =>
  Array.from(new tf.Session().runSync(tensor).values(), Number);

const activations: readonly (readonly [string, (x: tf.Tensor) => tf.Tensor])[] = [
  ["relu", (x) => tf.nn.relu(x)],
  ["relu6", (x) => tf.nn.relu6(x)],
  ["leakyRelu", (x) => tf.nn.leakyRelu(x, { alpha: 0.3 })],
  ["elu", (x) => tf.nn.elu(x)],
  ["selu", (x) => tf.nn.selu(x)],
  ["softplus", (x) => tf.nn.softplus(x)],
  ["softsign", (x) => tf.nn.softsign(x)],
  ["swish", (x) => tf.nn.swish(x)],
  ["gelu", (x) => tf.nn.gelu(x)],
  ["gelu, approximately", (x) => tf.nn.gelu(x, { approximate: true })],
];

test.each(activations)("the gradient of %s is its slope", (_, activate) => {
  inGraph(() => {
    const places = [-2.5, -0.7, 0.4, 3, 7];
    const step = 1e-4;
    const x = tf.constant(places, { dtype: "float64" });
    const slopes = evaluate(tf.gradients(activate(x), x)[0] as tf.Tensor);
    const above = evaluate(activate(x.add(step)));
    const below = evaluate(activate(x.sub(step)));
    slopes.forEach((slope, i) => {
      const expected = ((above[i] as number) - (below[i] as number)) / (2 * step);
      expect(slope).toBeCloseTo(expected, 6);
    });
  });
});

const twice = activations.filter(([name]) => name !== "softsign");

test.each(twice)("the gradient of the gradient of %s is the slope of the slope", (_, activate) => {
  inGraph(() => {
    const places = [-2.5, -0.7, 0.4, 3, 7];
    const step = 1e-4;
    const slopeAt = (x: tf.Tensor): tf.Tensor => tf.gradients(activate(x), x)[0] as tf.Tensor;
    const x = tf.constant(places, { dtype: "float64" });
    const [second] = tf.gradients(slopeAt(x), x);
    const above = evaluate(slopeAt(x.add(step)));
    const below = evaluate(slopeAt(x.sub(step)));
    const found = second ? evaluate(second as tf.Tensor) : places.map(() => 0);
    found.forEach((value, i) => {
      const expected = ((above[i] as number) - (below[i] as number)) / (2 * step);
      expect(value).toBeCloseTo(expected, 5);
    });
  });
});

test("softsign has no second gradient, as in TensorFlow", () => {
  inGraph(() => {
    const x = tf.constant([1]);
    const [first] = tf.gradients(tf.nn.softsign(x), x);
    expect(() => tf.gradients(first as tf.Tensor, x)).toThrow("(op type: SoftsignGrad)");
  });
});

test("relu keeps NaN and takes integers", () => {
  inGraph(() => {
    expect(evaluate(tf.nn.relu([Number.NaN, -1, 2]))).toEqual([Number.NaN, 0, 2]);
    const integers = tf.nn.relu(tf.constant([-3, 3], { dtype: "int32" }));
    expect(integers.dtype).toBe(tf.int32);
    expect(evaluate(integers)).toEqual([0, 3]);
  });
});

test("softplus neither overflows nor vanishes", () => {
  inGraph(() => {
    const [low, high] = evaluate(tf.nn.softplus([-50, 200]));
    expect(low).toBeCloseTo(Math.exp(-50), 28);
    expect(high).toBe(200);
  });
});

test("crelu doubles the last axis, or another one", () => {
  inGraph(() => {
    const x = tf.constant([[1, -2]]);
    expect(evaluate(tf.nn.crelu(x))).toEqual([1, 0, 0, 2]);
    expect(tf.nn.crelu(x, { axis: 0 }).shape.toString()).toBe("(2, 2)");
  });
});

test("what is no number has no activation", () => {
  inGraph(() => {
    expect(() => tf.nn.relu(tf.constant("a"))).toThrow(
      "Value passed to parameter 'features' has DataType string not in list of allowed values: float32, float64",
    );
    expect(() => tf.nn.elu(tf.constant([1], { dtype: "int32" }))).toThrow(
      "Value passed to parameter 'features' has DataType int32 not in list of allowed values: float16, bfloat16, float32, float64",
    );
  });
});
