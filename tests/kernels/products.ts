/** For tests: matrix products of many kinds. */

import { float32 } from "../../src/core/dtypes.ts";
import type { RoutineStep } from "../../src/engines/ir.ts";
import { value } from "./harness.ts";

export interface Wanted {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly out: readonly number[];
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

export function productStep({
  a,
  b,
  out,
  transposeA = false,
  transposeB = false,
}: Wanted): RoutineStep {
  return {
    kind: "routine",
    name: "matmul",
    inputs: [value(float32, ...a), value(float32, ...b)],
    outputs: [value(float32, ...out)],
    params: { transposeA, transposeB },
  };
}

export const sides = [
  { transposeA: false, transposeB: false },
  { transposeA: true, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: true },
];

export function plainProduct(m: number, k: number, n: number, side = sides[0]): RoutineStep {
  const a = side?.transposeA ? [k, m] : [m, k];
  const b = side?.transposeB ? [n, k] : [k, n];
  return productStep({ a, b, out: [m, n], ...side });
}

/** Products of matrices inside other arrays. */
export function stridedProducts(): RoutineStep[] {
  const [batch, heads, rows, size] = [2, 3, 20, 9];
  const inner = { offset: 0, batch: [rows * heads * size, size], row: heads * size, column: 1 };
  const across = { ...inner, row: 1, column: heads * size };
  const dense = { offset: 0, batch: [heads * rows * rows, rows * rows], row: rows, column: 1 };
  const whole = [batch, rows, heads, size];
  const params = (depth: number, columns: number, a: object, b: object, out: object) => ({
    batch: [batch, heads],
    rows,
    columns,
    depth,
    a,
    b,
    out,
  });
  const steps: [number[], number[], number[], Record<string, unknown>][] = [
    [whole, whole, [batch, heads, rows, rows], params(size, rows, inner, across, dense)],
    [[batch, heads, rows, rows], whole, whole, params(rows, size, dense, inner, inner)],
    [
      [batch, heads, rows, rows],
      [2, rows, 1, size + 4],
      whole,
      params(
        rows,
        size,
        { ...dense, row: 1, column: rows },
        { offset: 3, batch: [rows * (size + 4), 0], row: size + 4, column: 1 },
        inner,
      ),
    ],
  ];
  return steps.map(([a, b, out, params]) => ({
    kind: "routine",
    name: "stridedMatmul",
    inputs: [value(float32, ...a), value(float32, ...b)],
    outputs: [value(float32, ...out)],
    params,
  }));
}

/** Batches, and batches that broadcast. */
export const batchedProducts: readonly Wanted[] = [
  { a: [3, 5, 7], b: [3, 7, 9], out: [3, 5, 9] },
  { a: [2, 3, 20, 7], b: [7, 33], out: [2, 3, 20, 33] },
  { a: [20, 7], b: [4, 7, 33], out: [4, 20, 33] },
  { a: [2, 1, 11, 6], b: [3, 6, 19], out: [2, 3, 11, 19] },
  { a: [4, 7, 12], b: [4, 10, 7], out: [4, 12, 10], transposeA: true, transposeB: true },
  { a: [4, 7, 12], b: [1, 7, 40], out: [4, 12, 40], transposeA: true },
];
