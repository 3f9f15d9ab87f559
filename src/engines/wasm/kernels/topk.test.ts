// Tests of the top-k kernel against the JavaScript routine, bit for bit.
import { describe, expect, test } from "vitest";
import { expectLikeRoutine, integerOf, randomOf } from "../../../../tests/kernels/check.ts";
import { Harness, value } from "../../../../tests/kernels/harness.ts";
import { type DType, float32, float64, int32, int64 } from "../../../core/dtypes.ts";
import type { RoutineStep } from "../../ir.ts";
import { topK } from "./topk.ts";

function step(
  dtype: DType,
  shape: readonly number[],
  k: number,
  index: DType = int32,
): RoutineStep {
  const result = [...shape.slice(0, -1), k];
  return {
    kind: "routine",
    name: "topK",
    inputs: [value(dtype, ...shape)],
    outputs: [value(dtype, ...result), value(index, ...result)],
    params: { k, sorted: true },
  };
}

const special = [
  Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-45, -1e-45, 3.4e38, -3.4e38, 1, -1,
]; // biome-ignore format: a list

describe.each([float32, int32])("the largest of $name", (dtype) => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomOf(seed);
    const columns = integerOf(random, 1, seed % 3 === 0 ? 700 : 60);
    const k = seed % 4 === 0 ? columns : integerOf(random, 1, columns);
    const rows = integerOf(random, 1, 9);
    // Few different numbers, so that many are equal; or all kinds.
    const ties = seed % 2 === 0;
    const fill = (i: number): number => {
      if (dtype.isInteger)
        return integerOf(random, 0, 1) ? integerOf(random, -5, 5) : ~~(random() * 2 ** 32);
      if (ties) return special[integerOf(random, 0, special.length - 1)] as number;
      return i % 7 === 0 ? (special[i % special.length] as number) : random() * 200 - 100;
    };
    test(`${k} of ${columns} in ${rows} rows, seed ${seed}`, () => {
      expectLikeRoutine({
        step: step(dtype, [rows, columns], k),
        seed,
        tolerance: 0,
        threads: 1 + (seed % 3),
        fill,
      });
    });
  }
});

test("rows that are in order already, either way", () => {
  for (const [columns, k] of [
    [40, 12],
    [40, 40],
    [300, 16],
    [300, 200],
  ] as const) {
    for (const sign of [1, -1]) {
      const fill = (i: number) => sign * (i % columns);
      expectLikeRoutine({ step: step(float32, [2, columns], k), seed: 1, tolerance: 0, fill });
    }
  }
});

test("positions of 64 bits", () => {
  const harness = new Harness();
  const wanted = step(float32, [2, 5], 3, int64);
  const inputs = harness.place(wanted.inputs, (i) => [3, 1, 4, 1, 5, 9, 2, 6, 5, 3][i] as number);
  const outputs = wanted.outputs.map((each) => harness.heap.allocate(each.size * each.dtype.size));
  harness.bind(topK, wanted)?.(inputs.addresses, outputs);
  const [values, positions] = wanted.outputs.map((each, i) =>
    Array.from(
      harness.heap.view(each.dtype, outputs[i] as number, each.size) as ArrayLike<unknown>,
      Number,
    ),
  );
  expect(values).toEqual([5, 4, 3, 9, 6, 5]);
  expect(positions).toEqual([4, 2, 0, 0, 2, 3]);
});

test("other types and no results are left to the routine", () => {
  const { context } = new Harness();
  expect(topK(step(float64, [2, 5], 3), context)).toBeNull();
  expect(topK(step(float32, [2, 5], 0), context)).toBeNull();
});
