// Tests of the scan kernel against the JavaScript routine, bit for bit.
import { describe, test } from "vitest";
import { expectLikeRoutine } from "../../../../tests/kernels/check.ts";
import { value } from "../../../../tests/kernels/harness.ts";
import { type DType, float32, float64, int32 } from "../../../core/dtypes.ts";

const shapes: readonly (readonly [readonly number[], number])[] = [
  [[17], 0],
  [[5, 9], 1],
  [[5, 9], 0],
  [[2, 7, 8], 1],
  [[3, 1, 4, 3], 2],
  [[1, 1], 1],
];

describe.each([float32, float64, int32] as DType[])("cumulative of $name", (dtype) => {
  shapes.forEach(([shape, axis], seed) => {
    for (const kind of ["sum", "prod"] as const) {
      for (const exclusive of [false, true]) {
        for (const reverse of [false, true]) {
          const how = [exclusive ? "exclusive" : "", reverse ? "reverse" : ""].join(" ");
          test(`${kind} of ${shape} along ${axis} ${how}`, () => {
            const [x, y] = [value(dtype, ...shape), value(dtype, ...shape)];
            const params = { kind, axis, exclusive, reverse };
            expectLikeRoutine({
              step: { kind: "routine", name: "cumulative", inputs: [x], outputs: [y], params },
              seed,
              tolerance: 0,
              threads: 1 + (seed % 3),
              fill: (i) => (dtype.isInteger ? ((i * 7919) % 2003) - 1000 : Math.sin(i) * 1.7 || -0),
            });
          });
        }
      }
    }
  });
});
