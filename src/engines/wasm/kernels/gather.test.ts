// Tests of the gather kernel against the JavaScript routine.
import { describe, expect, test } from "vitest";
import { expectLikeRoutine } from "../../../../tests/kernels/check.ts";
import { Harness, value } from "../../../../tests/kernels/harness.ts";
import { bool, type DType, float32, float64, int32, int64 } from "../../../core/dtypes.ts";
import type { RoutineStep } from "../../ir.ts";
import { gather } from "./gather.ts";

interface Wanted {
  readonly params: readonly number[];
  readonly indices: readonly number[];
  readonly axis?: number;
  readonly batchDims?: number;
  readonly dtype?: DType;
  readonly indexType?: DType;
}

function stepOf(wanted: Wanted): RoutineStep {
  const { params, indices, axis = 0, batchDims = 0, dtype = float32, indexType = int32 } = wanted;
  const shape = [...params.slice(0, axis), ...indices.slice(batchDims), ...params.slice(axis + 1)];
  return {
    kind: "routine",
    name: "gather",
    inputs: [value(dtype, ...params), value(indexType, ...indices)],
    outputs: [value(dtype, ...shape)],
    params: { axis, batchDims },
  };
}

describe("gather", () => {
  const shapes: Wanted[] = [
    { params: [5, 7], indices: [3, 2] },
    { params: [5], indices: [4] },
    { params: [4, 5, 3], indices: [6], axis: 1 },
    { params: [3, 5, 2, 4], indices: [3, 6], axis: 2, batchDims: 1 },
    { params: [5, 200], indices: [9] },
    { params: [5, 1000], indices: [9], dtype: float64 },
    { params: [5, 3], indices: [9], dtype: bool },
    { params: [5, 16], indices: [], dtype: float32 },
    { params: [5, 16], indices: [0] },
  ];
  shapes.forEach((wanted, seed) => {
    test(`shapes ${wanted.params} by ${wanted.indices}`, () => {
      const dim = wanted.params[wanted.axis ?? 0] as number;
      // Elements of params are in range too, so that one filling serves both inputs.
      const fill = (index: number) => ((index * 7 + 3) % dim) % 2;
      expectLikeRoutine({
        step: stepOf(wanted),
        seed,
        tolerance: 0,
        threads: 1 + (seed % 3),
        fill,
      });
    });
  });

  for (const indexType of [int32, int64] as DType[]) {
    test(`an index of ${indexType.name} that is out of range is named`, () => {
      const step = stepOf({ params: [5, 2], indices: [2, 3], indexType });
      const harness = new Harness();
      const zero = (indexType.isBig ? 0n : 0) as number;
      const params = harness.place([step.inputs[0]!], () => 1);
      const indices = harness.place([step.inputs[1]!], () => zero);
      const out = harness.place(step.outputs, () => 0);
      const bound = harness.bind(gather, step);
      const addresses = [...params.addresses, ...indices.addresses];
      bound?.(addresses, out.addresses);
      for (const bad of [5, -1]) {
        const data = indices.arrays[0]?.data as Int32Array | BigInt64Array;
        data[4] = (indexType.isBig ? BigInt(bad) : bad) as never;
        expect(() => bound?.(addresses, out.addresses)).toThrow(
          `indices[1,1] = ${bad} is not in [0, 5)`,
        );
      }
    });
  }
});
