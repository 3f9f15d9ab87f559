/** Several diagonals of a matrix at once, laid out as rows of an array. */

import { type NDArray, sizeOf } from "../core/ndarray.ts";
import { type Dim, TensorShape, unknownShape } from "../core/shape.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { copier } from "./support.ts";

/** The lowest and the highest diagonal, as an input `k` names them; 0 is the main one, positive ones lie above it. */
export type BandNumbers = readonly [lower: number, upper: number];

export function bandNumbers(k: NDArray): BandNumbers {
  const numbers = Array.from(k.values(), Number);
  const [lower, upper = lower] = numbers;
  if (lower === undefined || upper === undefined || numbers.length > 2) {
    throw new Error(
      `diag_index must be a vector with one or two elements. It has ${numbers.length} elements.`,
    );
  }
  if (lower > upper) {
    throw new Error(
      `lower_diag_index must not be larger than upper_diag_index: ${lower} > ${upper}`,
    );
  }
  return [lower, upper];
}

/** Whether `k` is known and names more than one diagonal. */
export function isBand(k: NDArray | null): k is NDArray {
  if (!k) return false;
  const [lower, upper] = bandNumbers(k);
  return lower !== upper;
}

/** The number of elements of one diagonal. */
function lengthOf(number: number, rows: number, columns: number): number {
  return Math.min(rows + Math.min(number, 0), columns - Math.max(number, 0));
}

/** The longest diagonal of a band. */
function longest([lower, upper]: BandNumbers, rows: number, columns: number): number {
  return Math.min(rows + Math.min(upper, 0), columns - Math.max(lower, 0));
}

/** The shape of the diagonals of matrices. */
export function diagonalsShape(matrix: TensorShape, k: NDArray): TensorShape {
  if (!matrix.dims) return unknownShape;
  const [lower, upper] = bandNumbers(k);
  const [rows, columns] = [matrix.dim(-2), matrix.dim(-1)];
  const length: Dim =
    rows === null || columns === null ? null : longest([lower, upper], rows, columns);
  return matrix.slice(0, -2).concatenate([upper - lower + 1, length]);
}

/** The shape of matrices with given diagonals; sizes of -1 are told by the diagonals. */
export function matricesShape(
  diagonals: TensorShape,
  k: NDArray,
  rows: number,
  columns: number,
): TensorShape {
  const length = diagonals.dim(-1);
  if (!diagonals.dims || length === null) return unknownShape;
  const [lower, upper] = bandNumbers(k);
  const leastRows = length - Math.min(upper, 0);
  const leastColumns = length + Math.max(lower, 0);
  const side = Math.max(leastRows, leastColumns);
  const isOpen = rows < 0 && columns < 0;
  const sizes = isOpen
    ? [side, side]
    : [rows < 0 ? leastRows : rows, columns < 0 ? leastColumns : columns];
  return diagonals.slice(0, -2).concatenate(sizes);
}

/** The diagonals `k` of matrices as rows, the highest first; shorter ones are padded. */
export function takeBand(
  k: Builder,
  input: Value,
  numbers: NDArray,
  padding: Value,
  align: string,
): Value {
  const shape = diagonalsShape(new TensorShape(input.shape), numbers).known as readonly number[];
  const spec = { dtype: input.dtype, shape };
  const [taken] = k.host("takeDiagonals", [input, padding], [spec], ([matrices, value], [rows]) => {
    fill(value as NDArray, rows as NDArray);
    copyBand(matrices as NDArray, rows as NDArray, bandNumbers(numbers), align, "take");
  });
  return taken as Value;
}

/** Matrices with the diagonals `k`, and with `outside` (matrices or one element) beside them. */
export function putBand(
  k: Builder,
  diagonals: Value,
  numbers: NDArray,
  shape: readonly number[],
  outside: Value,
  align: string,
): Value {
  const spec = { dtype: diagonals.dtype, shape };
  const [put] = k.host(
    "putDiagonals",
    [diagonals, outside],
    [spec],
    ([rows, value], [matrices]) => {
      fill(value as NDArray, matrices as NDArray);
      copyBand(rows as NDArray, matrices as NDArray, bandNumbers(numbers), align, "put");
    },
  );
  return put as Value;
}

/** Copies an array of the same size, or repeats one element. */
function fill(source: NDArray, target: NDArray): void {
  const copy = copier(source, target);
  for (let i = 0; i < target.size; i++) copy(i, source.rank === 0 ? 0 : i);
}

function copyBand(
  source: NDArray,
  target: NDArray,
  [lower, upper]: BandNumbers,
  align: string,
  direction: "take" | "put",
): void {
  const { shape } = direction === "take" ? source : target;
  const [rows, columns] = shape.slice(-2) as [number, number];
  const width = longest([lower, upper], rows, columns);
  // RIGHT_LEFT: diagonals above the main one end at the right of their row, those below begin at its left.
  const [above, below] = align.split("_");
  const copy = copier(source, target);
  const batches = sizeOf(shape.slice(0, -2));
  for (let batch = 0; batch < batches; batch++) {
    for (let number = lower; number <= upper; number++) {
      const length = lengthOf(number, rows, columns);
      const isRight = (number >= 0 && above === "RIGHT") || (number <= 0 && below === "RIGHT");
      const row = batch * (upper - lower + 1) + upper - number;
      const start = row * width + (isRight ? width - length : 0);
      const corner = (batch * rows + Math.max(-number, 0)) * columns + Math.max(number, 0);
      for (let i = 0; i < length; i++) {
        const place = corner + i * (columns + 1);
        if (direction === "take") copy(start + i, place);
        else copy(place, start + i);
      }
    }
  }
}
