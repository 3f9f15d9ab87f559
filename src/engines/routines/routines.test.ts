// Routines against TensorFlow's kernels, recorded by tests/record/routine_vectors.py.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { allocate, asDType, int32 } from "../../core/dtypes.ts";
import { fromScalars, NDArray, sizeOf } from "../../core/ndarray.ts";
import type { RoutineKernel } from "../routine.ts";
import { listDifference, partitionRows, trueIndices, uniqueElements } from "./dynamic.ts";
import { routines } from "./index.ts";

interface Recorded {
  readonly dtype: string;
  readonly shape: number[];
  readonly values: (number | string | boolean)[];
}

interface Case {
  readonly routine: string;
  readonly inputs: Recorded[];
  readonly params: Record<string, unknown>;
  readonly initial?: Recorded;
  readonly outputs?: Recorded[];
  /** The error, and the shape of the output that is not made. */
  readonly error?: string;
  readonly shape?: number[];
}

const cases = JSON.parse(
  readFileSync(new URL("../../../tests/recordings/routines.json", import.meta.url), "utf8"),
) as Case[];

function arrayOf({ dtype: name, shape, values }: Recorded): NDArray {
  const dtype = asDType(name);
  const special: Record<string, number> = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity };
  const scalars = values.map((value) => {
    if (name === "string") return Uint8Array.from(String(value), (char) => char.charCodeAt(0));
    if (dtype.isBig) return BigInt(value as string);
    return typeof value === "string" ? (special[value] as number) : value;
  });
  return fromScalars(scalars, shape, dtype);
}

const dynamic: Record<string, (inputs: NDArray[], params: { count: number }) => NDArray[]> = {
  uniqueElements: ([x]) => Object.values(uniqueElements(x as NDArray, int32)),
  listDifference: ([x, y]) => Object.values(listDifference(x as NDArray, y as NDArray, int32)),
  trueIndices: ([x]) => [trueIndices(x as NDArray)],
  partitionRows: ([data, partitions], { count }) =>
    partitionRows(data as NDArray, partitions as NDArray, count),
};

function run({ routine, inputs, params, initial, outputs }: Case): NDArray[] {
  const arrays = inputs.map(arrayOf);
  const helper = dynamic[routine];
  if (helper) return helper(arrays, params as { count: number });
  const results = (outputs ?? []).map(({ dtype: name, shape }) => {
    const dtype = asDType(name);
    return new NDArray(allocate(dtype, sizeOf(shape)), shape, dtype);
  });
  if (initial) results[0] = arrayOf(initial);
  const kernel = (routines as Record<string, RoutineKernel<never>>)[routine];
  kernel?.(arrays, results, params as never);
  return results;
}

/** Relative to the largest element: sums are made in another order than TensorFlow's. */
const tolerances: Record<string, number> = {
  float64: 1e-11,
  float32: 2e-5,
  float16: 2e-3,
  bfloat16: 2e-2,
};

function expectClose(actual: NDArray, wanted: NDArray): void {
  expect(actual.dtype.name).toBe(wanted.dtype.name);
  expect(actual.shape).toEqual(wanted.shape);
  if (!wanted.dtype.isFloating) {
    expect(actual.data).toEqual(wanted.data);
    return;
  }
  const want = Array.from(wanted.values(), Number);
  const scale = Math.max(...want.filter(Number.isFinite).map(Math.abs), 0);
  Array.from(actual.values(), Number).forEach((value, i) => {
    const expected = want[i] as number;
    if (!Number.isFinite(expected)) expect(value).toBe(expected);
    else {
      const limit =
        scale === Number.MAX_VALUE ? 0 : (tolerances[wanted.dtype.name] as number) * scale;
      expect(
        Math.abs(value - expected),
        `element ${i}: ${value}, wanted ${expected}`,
      ).toBeLessThanOrEqual(limit);
    }
  });
}

describe("routines compute what TensorFlow computes", () => {
  for (const [number, recorded] of cases.entries()) {
    const { routine, inputs, params, error } = recorded;
    const shapes = inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(", ");
    test(`${number}: ${routine} ${shapes} ${JSON.stringify(params)}`, () => {
      if (error !== undefined) {
        const failed = {
          dtype: inputs[0]?.dtype ?? "float32",
          shape: recorded.shape ?? [],
          values: [],
        };
        expect(() => run({ ...recorded, outputs: [failed, failed] })).toThrow(error);
        return;
      }
      const results = run(recorded);
      (recorded.outputs as Recorded[]).forEach((wanted, i) => {
        expectClose(results[i] as NDArray, arrayOf(wanted));
      });
    });
  }
});
