/** How products and convolutions are divided among threads. */

import type { Strided, StridedMatmulParams } from "../routines/matmul.ts";

/** From one index to another. */
export interface Span {
  readonly begin: number;
  readonly length: number;
}

/** [0, total) in at most `count` spans of about one length of at least `grain`, which begin at its multiples. */
export function spans(total: number, count: number, grain: number): Span[] {
  const units = Math.max(1, Math.floor(total / grain));
  const pieces = Math.min(count, units);
  const at = (i: number): number =>
    i === pieces ? total : Math.round((i * units) / pieces) * grain;
  return Array.from({ length: pieces }, (_, i) => ({ begin: at(i), length: at(i + 1) - at(i) }));
}

/** Part of a product: its sides have offsets of their own. */
export interface ProductPiece extends StridedMatmulParams {
  /** The first column, which is where its biases begin. */
  readonly firstColumn: number;
}

/**
 * Results with more columns for each row than this are divided along their columns: measured on one core, with 32 to 100
 * rows and 2 to 31 times as many columns.
 */
const wide = 8;
/** Rows that the library's innermost loops take together at most. */
const rowGrain = 8;
/** Columns of two vectors. */
const columnGrain = 32;

/** A product in at most so many pieces. */
export function productPieces(params: StridedMatmulParams, count: number): ProductPiece[] {
  const { batch, rows, columns, a, b, out } = params;
  const [matrices = 1, ...others] = batch;
  const moved = (side: Strided, by: number): Strided => ({ ...side, offset: side.offset + by });
  if (matrices % count === 0 || matrices >= 8 * count) {
    const at = (side: Strided, begin: number) => moved(side, begin * (side.batch[0] ?? 0));
    return spans(matrices, count, 1).map(({ begin, length }) => ({
      ...params,
      batch: [length, ...others],
      a: at(a, begin),
      b: at(b, begin),
      out: at(out, begin),
      firstColumn: 0,
    }));
  }
  if (columns <= wide * rows) {
    return spans(rows, count, rowGrain).map(({ begin, length }) => ({
      ...params,
      rows: length,
      a: moved(a, begin * a.row),
      out: moved(out, begin * out.row),
      firstColumn: 0,
    }));
  }
  return spans(columns, count, columnGrain).map(({ begin, length }) => ({
    ...params,
    columns: length,
    b: moved(b, begin * b.column),
    out: moved(out, begin * out.column),
    firstColumn: begin,
  }));
}
