// Tests of the depthwise kernels against the JavaScript routines.
import { describe, test } from "vitest";
import { expectLikeRoutine } from "../../../../tests/kernels/check.ts";
import { value } from "../../../../tests/kernels/harness.ts";
import { float32 } from "../../../core/dtypes.ts";
import type { RoutineStep } from "../../ir.ts";
import type { Pair } from "../../routines/window.ts";

interface Wanted {
  readonly x: readonly [number, number, number, number];
  readonly filter: Pair;
  readonly multiplier: number;
  readonly strides?: Pair;
  readonly dilations?: Pair;
  readonly pads?: readonly [Pair, Pair];
}

function stepOf(name: string, wanted: Wanted): RoutineStep {
  const { x, filter, multiplier, strides = [1, 1], dilations = [1, 1] } = wanted;
  const pads = wanted.pads ?? [[0, 0], [0, 0]]; // biome-ignore format: short
  const size = ([0, 1] as const).map((axis) => {
    const length = (x[axis + 1] as number) + pads[axis][0] + pads[axis][1];
    return Math.floor((length - (filter[axis] - 1) * dilations[axis] - 1) / strides[axis]) + 1;
  });
  const image = value(float32, ...x);
  const weights = value(float32, ...filter, x[3], multiplier);
  const result = value(float32, x[0], ...size, x[3] * multiplier);
  const [inputs, output] =
    name === "depthwiseConv2d"
      ? [[image, weights], result]
      : name === "depthwiseConv2dBackpropInput"
        ? [[weights, result], image]
        : [[image, result], weights];
  return { kind: "routine", name, inputs, outputs: [output], params: { strides, dilations, pads } };
}

const same: readonly [Pair, Pair] = [[1, 1], [1, 1]]; // biome-ignore format: short
const cases: readonly Wanted[] = [
  { x: [2, 7, 6, 8], filter: [3, 3], multiplier: 1, pads: same },
  { x: [1, 5, 9, 3], filter: [3, 2], multiplier: 1 },
  { x: [2, 8, 7, 37], filter: [3, 3], multiplier: 1, pads: same, strides: [2, 2] },
  { x: [1, 9, 9, 16], filter: [5, 5], multiplier: 1, pads: [[2, 2], [2, 2]], strides: [3, 1] }, // biome-ignore format: short
  { x: [2, 9, 8, 5], filter: [3, 3], multiplier: 1, pads: [[2, 2], [2, 2]], dilations: [2, 2] }, // biome-ignore format: short
  { x: [2, 6, 5, 3], filter: [3, 3], multiplier: 2, pads: same },
  { x: [2, 6, 5, 4], filter: [3, 2], multiplier: 7, strides: [2, 1] },
  { x: [1, 4, 4, 2], filter: [1, 1], multiplier: 16 },
  { x: [1, 2, 2, 4], filter: [3, 3], multiplier: 1, pads: [[3, 3], [3, 3]] }, // biome-ignore format: short
];

describe.each(["depthwiseConv2d", "depthwiseConv2dBackpropInput", "depthwiseConv2dBackpropFilter"])(
  "%s",
  (name) => {
    cases.forEach((wanted, seed) => {
      test(`${wanted.x} by ${wanted.filter}, ${wanted.multiplier} each`, () => {
        const step = stepOf(name, wanted);
        expectLikeRoutine({ step, seed, tolerance: 2e-6, threads: 1 + (seed % 3) });
      });
    });
  },
);
