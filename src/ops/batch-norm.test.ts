// Batch normalization: the statistics that come out, layouts, and gradients against the composite.
import { expect, test } from "vitest";
import * as tf from "../index.ts";

const inGraph = <R>(body: () => R): R => new tf.Graph().asDefault(() => body());
const evaluate = (tensor: tf.Tensor): number[] =>
  Array.from(new tf.Session().runSync(tensor).values(), Number);

function pattern(shape: readonly number[], phase = 0): tf.Tensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + phase));
  return tf.constant(new tf.NDArray(data, shape, "float32"));
}

function expectSame(a: tf.Tensor, b: tf.Tensor): void {
  const [left, right] = [evaluate(a), evaluate(b)];
  expect(left.length).toBe(right.length);
  left.forEach((value, i) => {
    const expected = right[i] as number;
    expect(Math.abs(value - expected)).toBeLessThan(1e-4 * (1 + Math.abs(expected)));
  });
}

test("the variance to keep has Bessel's correction, the one that normalizes has not", () => {
  inGraph(() => {
    const x = tf.constant([[[[1]], [[3]]]]);
    const [y, mean, variance] = tf.nn.fusedBatchNorm(x, [1], [0], { epsilon: 1e-9 });
    expect(evaluate(mean)).toEqual([2]);
    expect(evaluate(variance)).toEqual([2]);
    const [low, high] = evaluate(y) as [number, number];
    expect(low).toBeCloseTo(-1, 4);
    expect(high).toBeCloseTo(1, 4);
  });
});

test("old statistics are averaged in", () => {
  inGraph(() => {
    const x = tf.constant([[[[1]], [[3]]]]);
    const options = { mean: [10], variance: [4], exponentialAvgFactor: 0.25 };
    const [, mean, variance] = tf.nn.fusedBatchNorm(x, [1], [0], options);
    expect(evaluate(mean)).toEqual([8]);
    expect(evaluate(variance)).toEqual([3.5]);
  });
});

for (const isTraining of [true, false]) {
  const mode = isTraining ? "training" : "inference";
  test(`fused and composite agree in ${mode}, in both gradients and both layouts`, () => {
    inGraph(() => {
      const x = pattern([2, 3, 2, 4]);
      const scale = pattern([4], 1);
      const offset = pattern([4], 2);
      const given = { mean: pattern([4], 3), variance: tf.square(pattern([4], 4)) };
      const composite = (images: tf.Tensor): tf.Tensor => {
        const [mean, variance] = isTraining
          ? tf.nn.moments(images, [0, 1, 2])
          : [given.mean, given.variance];
        return tf.nn.batchNormalization(images, mean, variance, offset, scale, 0.001);
      };
      const fused = (images: tf.Tensor): tf.Tensor =>
        tf.nn.fusedBatchNorm(images, scale, offset, isTraining ? {} : { ...given, isTraining })[0];
      const first = (images: tf.Tensor): tf.Tensor => {
        const options = {
          dataFormat: "NCHW",
          ...(isTraining ? {} : { ...given, isTraining }),
        } as const;
        const moved = tf.transpose(images, { perm: [0, 3, 1, 2] });
        const [y] = tf.nn.fusedBatchNorm(moved, scale, offset, options);
        return tf.transpose(y, { perm: [0, 2, 3, 1] });
      };
      const weights = pattern([2, 3, 2, 4], 5);
      const derivatives = (normalize: (images: tf.Tensor) => tf.Tensor): tf.Tensor[] => {
        const y = normalize(x);
        const inputs = [x, scale, offset];
        const grads = tf.gradients(tf.square(y).mul(weights), inputs) as tf.Tensor[];
        const sums = grads.map((grad) => tf.reduceSum(tf.square(grad)));
        return [y, ...grads, ...(tf.gradients(tf.addN(sums), inputs) as tf.Tensor[])];
      };
      const expected = derivatives(composite);
      for (const normalize of [fused, first]) {
        derivatives(normalize).forEach((tensor, i) => {
          expectSame(tensor, expected[i] as tf.Tensor);
        });
      }
    });
  });
}

test("inference needs statistics, and vectors must fit the channels", () => {
  inGraph(() => {
    const x = tf.zeros([2, 4, 4, 5]);
    expect(() =>
      tf.nn.fusedBatchNorm(x, tf.ones([5]), tf.zeros([5]), { isTraining: false }),
    ).toThrow(
      "Both `mean` and `variance` must be a 1D tensor when `is_training` is False or `exponential_avg_factor` != 1.0. Received: `mean` None and `variance` None",
    );
    expect(() => tf.nn.fusedBatchNorm(x, tf.ones([4]), tf.zeros([5]))).toThrow(
      "Dimensions must be equal, but are 5 and 4 for '{{node FusedBatchNormV3",
    );
    expect(() => tf.nn.fusedBatchNorm(tf.zeros([2, 4, 5]), tf.ones([5]), tf.zeros([5]))).toThrow(
      "Shape must be rank 4 but is rank 3 for '{{node FusedBatchNormV3",
    );
  });
});
