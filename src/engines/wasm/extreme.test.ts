// Maxima and minima of floats in lanes: NaN, infinities, and the sign of zero, wherever they lie.
import { expect, test } from "vitest";
import { float32, float64 } from "../../core/dtypes.ts";
import { fromScalars, type NDArray } from "../../core/ndarray.ts";
import { Builder } from "../builder.ts";
import type { Engine } from "../engine.ts";
import { referenceEngine } from "../reference.ts";
import { wasmEngine } from "./engine.ts";

const context = {
  cell: () => ({ array: null, initialized: false }),
  kernelState: <T>(_: string, create: () => T) => create(),
};

function reduced(
  engine: Engine,
  op: "max" | "min",
  x: NDArray,
  axes: readonly number[],
): unknown[] {
  const k = new Builder();
  const value = k.input(x.dtype, x.shape);
  const [result] = engine.load(k.program([k.reduce(op, value, axes)])).run([x], context);
  return Array.from((result as NDArray).values());
}

/** Rows of zeros of one sign or both, of NaN in one place, and of numbers; as many columns as leave a rest. */
function rows(columns: number): number[] {
  const filled = (at: (i: number) => number): number[] =>
    Array.from({ length: columns }, (_, i) => at(i));
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  return [
    filled(() => -0),
    filled(() => 0),
    ...[0, 5, 17, columns - 1].map((one) => filled((i) => (i === one ? 0 : -0))),
    ...[0, 5, 17, columns - 1].map((one) => filled((i) => (i === one ? -0 : 0))),
    ...[0, 5, 17, columns - 1].map((one) => filled((i) => (i === one ? nan : i - 20))),
    filled((i) => (i === 3 ? -infinity : -1 - i)),
    filled((i) => (i === 3 ? infinity : -1 - i)),
    filled((i) => Math.sin(i)),
  ].flat();
}

for (const dtype of [float32, float64]) {
  for (const op of ["max", "min"] as const) {
    test.each([20, 32, 37])(`${op} of ${dtype.name} along %i elements and across`, (columns) => {
      const numbers = rows(columns);
      const height = numbers.length / columns;
      const along = fromScalars(numbers, [height, columns], dtype);
      const turned = numbers.map(
        (_, i) => numbers[(i % height) * columns + Math.floor(i / height)] as number,
      );
      const across = fromScalars(turned, [columns, height], dtype);
      const expected = reduced(referenceEngine, op, along, [1]);
      expect(reduced(wasmEngine, op, along, [1])).toEqual(expected);
      expect(reduced(wasmEngine, op, across, [0])).toEqual(expected);
      expect(expected.filter((value) => Object.is(value, -0)).length).toBeGreaterThan(0);
      expect(expected.filter(Number.isNaN).length).toBe(4);
    });
  }
}
