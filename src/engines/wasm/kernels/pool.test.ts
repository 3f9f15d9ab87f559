// Tests of the pooling kernels, which must give the same bits as the JavaScript routines.
import { describe, expect, test } from "vitest";
import { expectLikeRoutine, integerOf, randomOf } from "../../../../tests/kernels/check.ts";
import { Harness, value } from "../../../../tests/kernels/harness.ts";
import { float32 } from "../../../core/dtypes.ts";
import type { RoutineStep } from "../../ir.ts";
import type { PoolParams } from "../../routines/pool.ts";
import { maxPool } from "./pool.ts";

type Shape = readonly [number, number, number, number];

const kinds = ["maxPool", "maxPoolGrad", "avgPool", "avgPoolGrad"] as const;

function stepOf(
  kind: (typeof kinds)[number],
  [n, h, w, c]: Shape,
  params: PoolParams,
): RoutineStep {
  const { ksize, strides, pads } = params;
  const size = (length: number, axis: 0 | 1) =>
    Math.floor((length + pads[axis][0] + pads[axis][1] - ksize[axis]) / strides[axis]) + 1;
  const x = value(float32, n, h, w, c);
  const y = value(float32, n, size(h, 0), size(w, 1), c);
  const values = {
    maxPool: { inputs: [x], outputs: [y] },
    avgPool: { inputs: [x], outputs: [y] },
    maxPoolGrad: { inputs: [x, y, y], outputs: [x] },
    avgPoolGrad: { inputs: [y], outputs: [x] },
  }[kind];
  return { kind: "routine", name: kind, ...values, params: { ...params } };
}

describe("pooling", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomOf(seed);
    const integer = (low: number, high: number) => integerOf(random, low, high);
    const ksize = [integer(1, 4), integer(1, 4)] as const;
    const pad = (size: number) => (seed % 2 ? 0 : integer(0, size - 1));
    const pads = [
      [pad(ksize[0]), pad(ksize[0])],
      [pad(ksize[1]), pad(ksize[1])],
    ] as const;
    const params = { ksize, strides: [integer(1, 3), integer(1, 3)] as const, pads };
    const shape = [integer(1, 4), integer(4, 12), integer(4, 12), integer(1, 21)] as const;
    test(`random shapes, seed ${seed}: ${shape} ${JSON.stringify(params)}`, () => {
      for (const kind of kinds) {
        const step = stepOf(kind, shape, params);
        const checked = { step, seed, threads: 1 + (seed % 3), tolerance: 0 };
        expectLikeRoutine(checked);
        // Few different values, so that several pixels of a window are the greatest.
        expectLikeRoutine({ ...checked, fill: () => Math.floor(random() * 3) - 1 });
      }
    });
  }

  test("what is not a number stays where it comes first, as in the routine", () => {
    const random = randomOf(7);
    const fill = () =>
      [Number.NaN, 1, 2, Infinity, -Infinity, -0, 0][Math.floor(random() * 7)] ?? 0;
    const params = {
      ksize: [2, 3],
      strides: [1, 2],
      pads: [
        [1, 0],
        [1, 1],
      ],
    } as const;
    for (const kind of ["maxPool", "maxPoolGrad"] as const) {
      const step = stepOf(kind, [3, 9, 9, 7], params);
      expectLikeRoutine({ step, seed: 7, tolerance: 0, fill });
    }
  });

  test.each([
    [2, 2],
    [1, 3],
    [4, 2],
  ] as const)("windows of %i x %i side by side cover the image", (height, width) => {
    const random = randomOf(height);
    const fill = () => [Number.NaN, 1, 2, -2, Infinity, -0, 0][Math.floor(random() * 7)] ?? 0;
    const size = [height, width] as const;
    const pads = [[0, 0] as const, [0, 0] as const] as const;
    for (const kind of kinds) {
      const step = stepOf(kind, [3, 3 * height, 5 * width, 7], {
        ksize: size,
        strides: size,
        pads,
      });
      expectLikeRoutine({ step, seed: 3, threads: 2, tolerance: 0, fill });
    }
  });

  test("windows that lie outside of the image are left to the routine", () => {
    const params = {
      ksize: [2, 2],
      strides: [1, 1],
      pads: [
        [2, 0],
        [0, 0],
      ],
    } as const;
    expect(new Harness().bind(maxPool, stepOf("maxPool", [1, 4, 4, 1], params))).toBeNull();
  });
});
