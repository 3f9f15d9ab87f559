// Initializers: their values, what they accept, configurations, and the errors' texts.
import { beforeEach, describe, expect, test } from "vitest";
import { float64, int32 } from "../core/dtypes.ts";
import { getDefaultGraph, resetDefaultGraph } from "../core/graph.ts";
import type { NDArray } from "../core/ndarray.ts";
import { asShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import * as namespace from "../initializers.ts";
import { Session } from "../session/session.ts";
import { convolutionalDeltaOrthogonal, convolutionalOrthogonal2d } from "./conv-initializers.ts";
import {
  constantInitializer,
  glorotUniformInitializer,
  Initializer,
  identityInitializer,
  onesInitializer,
  orthogonalInitializer,
  randomNormalInitializer,
  randomUniformInitializer,
  truncatedNormalInitializer,
  uniformUnitScalingInitializer,
  VarianceScaling,
  varianceScalingInitializer,
  zerosInitializer,
} from "./initializers.ts";
import { PartitionInfo } from "./slices.ts";

beforeEach(() => resetDefaultGraph());

function run(tensor: Tensor): NDArray {
  return new Session().runSync(tensor) as NDArray;
}

describe("fixed values", () => {
  test("zeros, ones and constants", () => {
    expect(run(zerosInitializer().call([2])).toArray()).toEqual([0, 0]);
    expect(run(onesInitializer().call([2], { dtype: int32 })).toArray()).toEqual([1, 1]);
    expect(run(constantInitializer([1, 2]).call([2, 2])).toArray()).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(run(zerosInitializer({ dtype: float64 }).call(asShape([1]))).dtype).toBe(float64);
  });

  test("the seeds' eight values", () => {
    const value = [0, 1, 2, 3, 4, 5, 6, 7];
    expect(run(constantInitializer(value).call([8])).toArray()).toEqual(value);
  });

  test("constants that do not fit are refused", () => {
    expect(() => constantInitializer([1, 2, 3]).call([2])).toThrow("Too many elements provided.");
    expect(() => constantInitializer({} as never)).toThrow("Invalid type for initial value=");
    const strict = constantInitializer([1, 2], { verifyShape: true });
    expect(() => strict.call([3])).toThrow("Expected Tensor's shape: (3,), but got (2,).");
  });

  test("the identity, also of a part", () => {
    expect(run(identityInitializer({ gain: 2 }).call([2, 3])).toArray()).toEqual([
      [2, 0, 0],
      [0, 2, 0],
    ]);
    const partitionInfo = new PartitionInfo([3, 2], [1, 0]);
    expect(run(identityInitializer().call([2, 2], { partitionInfo })).toArray()).toEqual([
      [0, 1],
      [0, 0],
    ]);
    expect(() => identityInitializer().call([2])).toThrow(
      "must be at least two-dimensional. Received shape=[2]",
    );
  });
});

describe("random values", () => {
  test("uniform values are TensorFlow's for a seed", () => {
    const [first, second] = run(
      randomUniformInitializer({ seed: 1 }).call([2]),
    ).toArray() as number[];
    expect(first).toBe(Math.fround(0.2390374));
    expect(second).toBe(Math.fround(0.92039955));
    expect(
      run(randomUniformInitializer({ maxval: 10, seed: 1 }).call([3], { dtype: int32 })).dtype,
    ).toBe(int32);
    expect(() => randomUniformInitializer().call([2], { dtype: int32 })).toThrow(
      "Must specify maxval for integer dtype",
    );
  });

  test("scaling uses the fans of the whole variable", () => {
    const partitionInfo = new PartitionInfo([4, 6], [0, 0]);
    const limits = (call: object) => {
      resetDefaultGraph();
      glorotUniformInitializer({ seed: 1 }).call([2, 6], call);
      return getDefaultGraph().getOperationByName("random_uniform/max").getAttr("value");
    };
    expect((limits({}) as NDArray).item()).toBeCloseTo(Math.sqrt(6 / 8), 6);
    expect((limits({ partitionInfo }) as NDArray).item()).toBeCloseTo(Math.sqrt(6 / 10), 6);
  });

  test("unit scaling counts all dimensions but the last", () => {
    uniformUnitScalingInitializer({ factor: 2, seed: 1 }).call([3, 4, 5]);
    const max = getDefaultGraph().getOperationByName("random_uniform/max").getAttr("value");
    expect((max as NDArray).item()).toBeCloseTo(2 * Math.sqrt(3 / 12), 6);
  });

  test("orthogonal matrices are orthogonal", () => {
    for (const shape of [
      [4, 3],
      [2, 5],
    ]) {
      const matrix = run(orthogonalInitializer({ seed: 1 }).call(shape)).toArray() as number[][];
      const rows = shape[0] as number;
      const columns = shape[1] as number;
      const few = Math.min(rows, columns);
      const vector = (i: number) =>
        rows < columns ? (matrix[i] as number[]) : matrix.map((row) => row[i] as number);
      for (let i = 0; i < few; i++) {
        for (let j = 0; j < few; j++) {
          const dot = vector(i).reduce((sum, x, k) => sum + x * (vector(j)[k] as number), 0);
          expect(dot).toBeCloseTo(i === j ? 1 : 0, 5);
        }
      }
    }
    expect(() => orthogonalInitializer().call([2])).toThrow("must be at least two-dimensional.");
  });

  test("delta-orthogonal kernels are zero off the centre", () => {
    const kernel = run(
      convolutionalDeltaOrthogonal({ seed: 1 }).call([3, 2, 2]),
    ).toArray() as number[][][];
    expect([kernel[0], kernel[2]]).toEqual([
      [
        [0, 0],
        [0, 0],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ]);
    expect(() => convolutionalDeltaOrthogonal().call([3, 3, 2])).toThrow(
      "cannot be greater than out_filters",
    );
  });
});

describe("orthogonal convolutions", () => {
  test("keep the norm: the matrices of the kernel, each times its transpose, add up to the identity", () => {
    const kernel = run(
      convolutionalOrthogonal2d({ seed: 1 }).call([3, 3, 2, 2]),
    ).toArray() as number[][][][];
    const sum = [0, 0, 0, 0];
    for (const matrix of kernel.flat()) {
      for (let i = 0; i < 4; i++) {
        const [a, b] = [matrix[i >> 1], matrix[i & 1]] as [number[], number[]];
        sum[i] = (sum[i] as number) + a.reduce((dot, x, k) => dot + x * (b[k] as number), 0);
      }
    }
    [1, 0, 0, 1].forEach((expected, i) => {
      expect(sum[i]).toBeCloseTo(expected, 5);
    });
  });

  test("have equal sides and enough outputs", () => {
    expect(() => convolutionalOrthogonal2d().call([3, 2, 2, 2])).toThrow(
      "Kernel sizes, specified by shape[0]=3 and shape[1]=2 must be equal.",
    );
    expect(() => convolutionalOrthogonal2d().call([3, 3, 2])).toThrow("must be four-dimensional.");
  });
});

describe("arguments", () => {
  test("dtypes that are no floats are refused where they make no sense", () => {
    for (const make of [
      randomNormalInitializer,
      truncatedNormalInitializer,
      varianceScalingInitializer,
    ]) {
      expect(() => make({ dtype: int32 })).toThrow(
        "Argument `dtype` is expected to be floating point. Received: <dtype: 'int32'>.",
      );
    }
  });

  test("variance scaling checks its words", () => {
    expect(() => new VarianceScaling({ scale: -1 })).toThrow(
      "Argument `scale` must be a positive float. Received: -1.0",
    );
    expect(() => new VarianceScaling({ mode: "no" as never })).toThrow(
      "Argument `mode` should be one of ('fan_in', 'fan_out', 'fan_avg'). Received: no",
    );
    expect(() => new VarianceScaling({ distribution: "no" as never })).toThrow(
      "Argument `distribution` should be one of ('normal', uniform', 'truncated_normal', 'untruncated_normal'). Received: no",
    );
  });

  test("an initializer is a function too", () => {
    expect(run(onesInitializer()([2])).toArray()).toEqual([1, 1]);
  });

  test("configurations", () => {
    expect(randomNormalInitializer({ stddev: 2, seed: 1 }).getConfig()).toEqual({
      mean: 0,
      stddev: 2,
      seed: 1,
      dtype: "float32",
    });
    expect(glorotUniformInitializer({ seed: 3 }).getConfig()).toEqual({
      seed: 3,
      dtype: "float32",
    });
    expect(namespace.heNormal({ seed: 1 }).getConfig()).toEqual({
      scale: 2,
      mode: "fan_in",
      distribution: "truncated_normal",
      seed: 1,
      dtype: "float32",
    });
  });

  test("both names make the same", () => {
    expect(namespace.zeros()).toBeInstanceOf(Initializer);
    expect(namespace.zeros).toBe(zerosInitializer);
    expect(namespace.varianceScaling).toBe(varianceScalingInitializer);
  });
});
