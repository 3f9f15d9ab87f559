// Tests of the concat kernel against the JavaScript routine.
import { describe, test } from "vitest";
import { expectLikeRoutine } from "../../../../tests/kernels/check.ts";
import { value } from "../../../../tests/kernels/harness.ts";
import { bool, type DType, float32, float64 } from "../../../core/dtypes.ts";

interface Wanted {
  readonly shape: readonly number[];
  readonly axis: number;
  /** Sizes along the axis. */
  readonly sizes: readonly number[];
  readonly dtype?: DType;
}

const cases: readonly Wanted[] = [
  { shape: [3, 0], axis: 1, sizes: [4, 1, 7] },
  { shape: [0, 5], axis: 0, sizes: [2, 0, 3] },
  { shape: [4, 0, 3], axis: 1, sizes: [1, 2] },
  { shape: [5, 0], axis: 1, sizes: [200, 300, 1], dtype: float64 },
  { shape: [5, 0], axis: 1, sizes: [3, 2, 1], dtype: bool },
  { shape: [0], axis: 0, sizes: [6] },
  { shape: [0, 9000], axis: 0, sizes: [9, 7] },
];

describe("concat", () => {
  cases.forEach(({ shape, axis, sizes, dtype = float32 }, seed) => {
    test(`${sizes} along ${axis} of ${shape}, ${dtype.name}`, () => {
      const withSize = (size: number) => shape.map((dim, i) => (i === axis ? size : dim));
      const inputs = sizes.map((size) => value(dtype, ...withSize(size)));
      const output = value(dtype, ...withSize(sizes.reduce((a, b) => a + b, 0)));
      expectLikeRoutine({
        step: { kind: "routine", name: "concat", inputs, outputs: [output], params: { axis } },
        seed,
        tolerance: 0,
        threads: 1 + (seed % 3),
      });
    });
  });
});
