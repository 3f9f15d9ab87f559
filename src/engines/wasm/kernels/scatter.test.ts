// Tests of the scatter kernels against the JavaScript routines, and of their errors.
import { describe, expect, test } from "vitest";
import { randomOf } from "../../../../tests/kernels/check.ts";
import { Harness, value } from "../../../../tests/kernels/harness.ts";
import { type DType, float32, int32, int64 } from "../../../core/dtypes.ts";
import type { RoutineStep } from "../../ir.ts";
import type { RoutineKernel } from "../../routine.ts";
import { routines } from "../../routines/index.ts";
import { wasmRoutines } from "./index.ts";

interface Wanted {
  readonly name: string;
  readonly indices: readonly number[];
  readonly updates: readonly number[];
  readonly out: readonly number[];
  readonly params?: Readonly<Record<string, unknown>>;
  readonly indexType?: DType;
}

function stepOf({ name, indices, updates, out, params = {}, indexType = int32 }: Wanted) {
  const [positions, rows] = [value(indexType, ...indices), value(float32, ...updates)];
  const inputs = name === "unsortedSegment" ? [rows, positions] : [positions, rows];
  const step: RoutineStep = {
    kind: "routine",
    name,
    inputs,
    outputs: [value(float32, ...out)],
    params,
  };
  return { step, positions: inputs.indexOf(positions) };
}

/** Indices in range, few different ones, so that rows meet several updates; -1 now and then where it is allowed. */
function indicesOf({ name, indices, out }: Wanted, random: () => number): number[] {
  const depth = name.startsWith("scatterNd") ? (indices.at(-1) as number) : 1;
  const count = indices.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, i) => {
    if (name === "unsortedSegment" && random() < 0.1) return -1;
    return Math.floor(random() * (out[i % depth] as number));
  });
}

function run(wanted: Wanted, threads: number, seed: number, indices?: readonly number[]) {
  const random = randomOf(seed);
  const { step, positions } = stepOf(wanted);
  const harness = new Harness(threads);
  const given = indices ?? indicesOf(wanted, random);
  const isBig = wanted.indexType?.isBig === true;
  const element = (i: number): number =>
    random() < 0.05 ? Number.NaN : i % 9 === 0 ? -0 : random() * 2 - 1;
  const index = (i: number): number => (isBig ? BigInt(given[i] as number) : given[i]) as number;
  const placed = step.inputs.map((input, i) =>
    harness.place([input], i === positions ? index : element),
  );
  const inputs = {
    addresses: placed.flatMap(({ addresses }) => addresses),
    arrays: placed.flatMap(({ arrays }) => arrays),
  };
  const start = (i: number): number => (i % 7) - 3;
  const outputs = harness.place(step.outputs, start);
  const other = new Harness().place(step.outputs, start);
  const bound = harness.bind(
    wasmRoutines[step.name] as NonNullable<(typeof wasmRoutines)[string]>,
    step,
  );
  expect(bound).not.toBeNull();
  const routine = (routines as Record<string, RoutineKernel<never>>)[step.name];
  return {
    kernel: () => {
      bound?.(inputs.addresses, outputs.addresses);
      return outputs.arrays[0]?.data as Float32Array;
    },
    routine: () => {
      routine?.(inputs.arrays, other.arrays, step.params as never);
      return other.arrays[0]?.data as Float32Array;
    },
  };
}

const kinds = ["update", "add", "sub", "mul", "div", "min", "max"];
const cases: Wanted[] = [
  ...kinds.flatMap((kind): Wanted[] => [
    { name: "scatterUpdate", indices: [9], updates: [9, 7], out: [5, 7], params: { kind } },
    { name: "scatterUpdate", indices: [2, 3], updates: [], out: [5, 6], params: { kind } },
    { name: "scatterNdUpdate", indices: [8, 2], updates: [8, 5], out: [3, 4, 5], params: { kind } },
  ]),
  { name: "scatterUpdate", indices: [4], updates: [4], out: [3], params: { kind: "add" }, indexType: int64 },
  { name: "scatterNd", indices: [30, 1], updates: [30, 3], out: [6, 3] },
  { name: "scatterNd", indices: [3, 4, 2], updates: [3, 4], out: [4, 3], indexType: int64 },
  { name: "scatterNd", indices: [0, 1], updates: [0, 3], out: [6, 3] },
  ...["sum", "mean", "prod", "max", "min"].flatMap((kind): Wanted[] => [
    { name: "unsortedSegment", indices: [40], updates: [40, 6], out: [7, 6], params: { kind } },
    { name: "unsortedSegment", indices: [5, 4], updates: [5, 4], out: [9], params: { kind } },
  ]),
  // Enough for several threads.
  { name: "unsortedSegment", indices: [2000], updates: [2000, 70], out: [51, 70], params: { kind: "sum" } },
]; // biome-ignore format: a table

describe("scatter", () => {
  cases.forEach((wanted, seed) => {
    const { name, indices, out, params } = wanted;
    test(`${name} ${params?.kind ?? ""} ${indices} into ${out} gives the routine's bits`, () => {
      const both = run(wanted, 1 + (seed % 3), seed);
      expect(both.kernel()).toEqual(both.routine());
    });
  });

  const failing: (Wanted & { given: number[]; text: string })[] = [
    {
      ...{ name: "scatterUpdate", indices: [2, 2], updates: [2, 2, 3], out: [5, 3] },
      ...{
        params: { kind: "add" },
        given: [0, 1, 5, 0],
        text: "indices[1,0] = 5 is not in [0, 5)",
      },
    },
    {
      ...{ name: "scatterNd", indices: [2, 2], updates: [2], out: [5, 3], given: [4, 2, 0, -1] },
      text: "indices[1] = [0, -1] does not index into shape [5,3]",
    },
    {
      ...{ name: "unsortedSegment", indices: [3], updates: [3, 2], out: [4, 2] },
      ...{ params: { kind: "sum" }, given: [-1, 3, 4] },
      text: "segment_ids[2] = 4 is out of range [0, 4)",
    },
  ];
  for (const { given, text, ...wanted } of failing) {
    for (const indexType of [int32, int64] as DType[]) {
      test(`${wanted.name}: ${indexType.name} out of range are the routine's error`, () => {
        const both = run({ ...wanted, indexType }, 1, 1, given);
        expect(both.kernel).toThrow(text);
        expect(both.routine).toThrow(text);
      });
    }
  }
});
