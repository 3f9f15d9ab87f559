/** How several diagonals of a matrix lie in the rows of an array. */

import type { NDArray } from "../core/ndarray.ts";
import { sizeOf } from "../core/ndarray.ts";
import { copier } from "./support.ts";

export interface Band {
  readonly lower: number;
  readonly upper: number;
  readonly rows: number;
  readonly columns: number;
  /** The length of the longest diagonal, and so of each row. */
  readonly length: number;
  /** Whether diagonals above (and below) the main one end at the end of their row. */
  readonly rightAbove: boolean;
  readonly rightBelow: boolean;
}

/** The number of elements of one diagonal. */
export function diagonalLength(d: number, rows: number, columns: number): number {
  return Math.min(rows + Math.min(d, 0), columns - Math.max(d, 0));
}

export function bandOf(
  [lower, upper]: readonly [number, number],
  rows: number,
  columns: number,
  align: string,
): Band {
  const length = Math.min(rows + Math.min(upper, 0), columns - Math.max(lower, 0));
  const [above, below] = align.split("_");
  return {
    lower,
    upper,
    rows,
    columns,
    length,
    rightAbove: above === "RIGHT",
    rightBelow: below === "RIGHT",
  };
}

/** Copies all diagonals of the matrices `from` an array into rows, or `into` the matrices from rows. */
export function copyBand(
  source: NDArray,
  target: NDArray,
  band: Band,
  direction: "from" | "into",
): void {
  const { lower, upper, rows, columns, length } = band;
  const matrix = rows * columns;
  const count = upper - lower + 1;
  const matrices = direction === "from" ? source : target;
  const batches = sizeOf(matrices.shape.slice(0, -2));
  const copy = copier(source, target);
  for (let batch = 0; batch < batches; batch++) {
    for (let d = lower; d <= upper; d++) {
      const own = diagonalLength(d, rows, columns);
      const isRight = (d >= 0 && band.rightAbove) || (d <= 0 && band.rightBelow);
      const start = isRight ? length - own : 0;
      for (let n = 0; n < own; n++) {
        const inMatrix = batch * matrix + (n + Math.max(-d, 0)) * columns + n + Math.max(d, 0);
        const inRows = (batch * count + upper - d) * length + start + n;
        if (direction === "from") copy(inRows, inMatrix);
        else copy(inMatrix, inRows);
      }
    }
  }
}
