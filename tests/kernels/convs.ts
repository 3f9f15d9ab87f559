/** For tests: convolutions of many kinds, and their gradients. */

import { type DType, float32 } from "../../src/core/dtypes.ts";
import type { RoutineStep } from "../../src/engines/ir.ts";
import type { WindowParams } from "../../src/engines/routines/window.ts";
import { integerOf, randomOf } from "./check.ts";
import { value } from "./harness.ts";

export interface Conv extends WindowParams {
  readonly x: readonly [number, number, number, number];
  readonly filter: readonly [number, number];
  readonly channels: number;
}

export const kinds = ["conv2d", "conv2dBackpropInput", "conv2dBackpropFilter"] as const;

export function convStep(
  kind: (typeof kinds)[number],
  conv: Conv,
  dtype: DType = float32,
): RoutineStep {
  const { filter, channels, strides, dilations, pads } = conv;
  const [n, h, w, c] = conv.x;
  const size = (length: number, axis: 0 | 1) => {
    const window = (filter[axis] - 1) * dilations[axis] + 1;
    return Math.floor((length + pads[axis][0] + pads[axis][1] - window) / strides[axis]) + 1;
  };
  const x = value(dtype, n, h, w, c);
  const kernel = value(dtype, ...filter, c, channels);
  const y = value(dtype, n, size(h, 0), size(w, 1), channels);
  const values = {
    conv2d: { inputs: [x, kernel], outputs: [y] },
    conv2dBackpropInput: { inputs: [kernel, y], outputs: [x] },
    conv2dBackpropFilter: { inputs: [x, y], outputs: [kernel] },
  }[kind];
  return { kind: "routine", name: kind, ...values, params: { strides, dilations, pads } };
}

export function randomConv(seed: number): Conv {
  const random = randomOf(seed);
  const integer = (low: number, high: number) => integerOf(random, low, high);
  const dilations = seed % 3 === 0 ? ([integer(1, 3), integer(1, 3)] as const) : ([1, 1] as const);
  const filter = [integer(1, 5), integer(1, 5)] as const;
  const pads = [
    [integer(0, 3), integer(0, 3)],
    [integer(0, 3), integer(0, 3)],
  ] as const;
  const least = (axis: 0 | 1) =>
    Math.max(1, (filter[axis] - 1) * dilations[axis] + 1 - pads[axis][0] - pads[axis][1]);
  return {
    x: [
      integer(1, 4),
      least(0) + integer(0, 12),
      least(1) + integer(0, 12),
      integer(1, 3) * integer(1, 5),
    ],
    filter,
    channels: integer(1, 20),
    strides: [integer(1, 3), integer(1, 3)],
    dilations,
    pads,
  };
}
