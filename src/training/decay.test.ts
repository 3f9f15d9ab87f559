/** Learning-rate decays: their values, and what they refuse. */

import { describe, expect, test } from "vitest";
import * as tf from "../index.ts";

/** The rates at some steps. */
function rates(make: (step: tf.Tensor) => tf.Tensor, steps: readonly number[]): number[] {
  return new tf.Graph().asDefault(() => {
    const step = tf.placeholder(tf.int64, []);
    const rate = make(step);
    const session = new tf.Session();
    return steps.map((value) => {
      const result = session.runSync(rate, [[step, value]]) as tf.NDArray<"float32">;
      return Number(result.item().toPrecision(5));
    });
  });
}

describe("values", () => {
  const { train } = tf;
  test("exponential", () => {
    expect(rates((step) => train.exponentialDecay(0.1, step, 10, 0.5), [0, 5, 20])).toEqual([
      0.1, 0.070711, 0.025,
    ]);
    const staircase = (step: tf.Tensor) =>
      train.exponentialDecay(0.1, step, 10, 0.5, { staircase: true });
    expect(rates(staircase, [0, 5, 10, 19])).toEqual([0.1, 0.1, 0.05, 0.05]);
    expect(rates((step) => train.naturalExpDecay(0.1, step, 10, 0.5), [0, 20])).toEqual([
      0.1, 0.036788,
    ]);
  });
  test("inverse time", () => {
    expect(rates((step) => train.inverseTimeDecay(0.1, step, 10, 0.5), [0, 5, 20])).toEqual([
      0.1, 0.08, 0.05,
    ]);
  });
  test("piecewise constant includes the boundary on the left", () => {
    const make = (step: tf.Tensor) => train.piecewiseConstant(step, [5, 10], [1, 0.5, 0.25]);
    expect(rates(make, [0, 5, 6, 10, 11])).toEqual([1, 1, 0.5, 0.5, 0.25]);
  });
  test("polynomial, once and cycling", () => {
    const make = (step: tf.Tensor) =>
      train.polynomialDecay(0.1, step, 10, { endLearningRate: 0.02 });
    expect(rates(make, [0, 5, 10, 15])).toEqual([0.1, 0.06, 0.02, 0.02]);
    const cycling = (step: tf.Tensor) =>
      train.polynomialDecay(0.1, step, 10, { endLearningRate: 0.02, cycle: true });
    expect(rates(cycling, [0, 10, 15, 20])).toEqual([0.1, 0.02, 0.04, 0.02]);
  });
  test("cosine", () => {
    const make = (step: tf.Tensor) => train.cosineDecay(0.1, step, 10, { alpha: 0.1 });
    expect(rates(make, [0, 5, 20])).toEqual([0.1, 0.055, 0.01]);
  });
  test("cosine with restarts after 10, 20 and 40 steps more", () => {
    const make = (step: tf.Tensor) => train.cosineDecayRestarts(0.1, step, 10);
    expect(rates(make, [0, 5, 20])).toEqual([0.1, 0.05, 0.05]);
    const equal = (step: tf.Tensor) =>
      train.cosineDecayRestarts(0.1, step, 10, { tMul: 1, mMul: 0.5 });
    expect(rates(equal, [0, 5, 15])).toEqual([0.1, 0.05, 0.025]);
  });
  test("linear cosine", () => {
    expect(rates((step) => train.linearCosineDecay(0.1, step, 10), [0, 5, 10])).toEqual([
      0.1001, 0.0251, 0.0001,
    ]);
  });
  test("noisy linear cosine without noise is linear cosine", () => {
    const make = (step: tf.Tensor) =>
      train.noisyLinearCosineDecay(0.1, step, 10, { initialVariance: 0 });
    expect(rates(make, [0, 5, 10])).toEqual([0.1001, 0.0251, 0.0001]);
  });
});

describe("names", () => {
  test("the rate is named after its scope", () => {
    new tf.Graph().asDefault(() => {
      const step = tf.constant(1, { dtype: tf.int32 });
      expect(tf.train.exponentialDecay(0.1, step, 10, 0.5).name).toBe("ExponentialDecay:0");
      expect(tf.train.polynomialDecay(0.1, step, 10, { name: "rate" }).name).toBe("rate:0");
      expect(tf.train.cosineDecay(0.1, step, 10).name).toBe("CosineDecay/Mul_3:0");
    });
  });
});

describe("piecewise constant refuses", () => {
  const inGraph = (body: () => void) => new tf.Graph().asDefault(body);

  test("boundaries of another dtype", () => {
    inGraph(() => {
      const step = tf.constant(1, { dtype: tf.int32 });
      expect(() => tf.train.piecewiseConstant(step, [5.5], [1, 2])).toThrow(
        "Boundaries (<dtype: 'float32'>) must have the same dtype as x (<dtype: 'int32'>).",
      );
    });
  });
  test("values of different dtypes", () => {
    inGraph(() => {
      const values = [1, tf.constant(1, { dtype: tf.float64 })];
      expect(() => tf.train.piecewiseConstant(tf.constant(1), [5], values)).toThrow(
        "Values must have elements all with the same dtype (<dtype: 'float32'> vs <dtype: 'float64'>).",
      );
    });
  });
  test("any other number of values", () => {
    inGraph(() => {
      expect(() => tf.train.piecewiseConstant(tf.constant(1), [5, 10], [1, 2])).toThrow(
        "The length of boundaries should be 1 less than the length of values",
      );
    });
  });
});
