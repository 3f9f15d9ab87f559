/** Diagonals and bands of matrices, batched over leading dimensions. */

import {
  asDType,
  bfloat16,
  complex64,
  complex128,
  type DType,
  type DTypeLike,
  float16,
  float32,
  float64,
  int32,
  int64,
} from "../core/dtypes.ts";
import { TypeError } from "../core/errors.ts";
import { type NDArray, sizeOf, stridesOf } from "../core/ndarray.ts";
import { type Dim, TensorShape, unknownShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import { type Builder, load } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import type { Expr, Value } from "../engines/ir.ts";
import { ones, zeros, zerosLike } from "./array.ts";
import { bandNumbers, diagonalsShape, isBand, matricesShape, putBand, takeBand } from "./band.ts";
import { minimum } from "./binary.ts";
import { concat } from "./concat.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { mergeShapes, withRankAtLeast } from "./merge.ts";
import { reduceSum } from "./reduce.ts";
import { integers, mergeDims, move, opScope } from "./support.ts";

// Bands

const MatrixBandPart = defineOp({
  type: "MatrixBandPart",
  inputs: ["input: T", "num_lower: Tindex", "num_upper: Tindex"],
  outputs: ["band: T"],
  attrs: { T: a.type(), Tindex: a.type([int32, int64], int64) },
  shape: ({ inputs: [input] }) => [input.shape],
  gradient: ({ inputs: [, numLower, numUpper], dy: [dy] }) => [
    matrixBandPart(dy, numLower, numUpper),
    null,
    null,
  ],
  lower: ({ inputs: [input], k, constant }) => {
    const [numLower, numUpper] = [1, 2].map((index) => Number(constant(index).at(0))) as [
      number,
      number,
    ];
    const [rows = 0, columns = 0] = input.shape.slice(-2);
    if (input.shape.length < 2) {
      throw new Error(`input must be at least 2-dim, received shape: [${input.shape}]`);
    }
    if (numLower > rows) {
      throw new Error(
        `num_lower must be negative or less or equal to number of rows (${rows}) got: ${numLower}`,
      );
    }
    if (numUpper > columns) {
      throw new Error(
        `num_upper must be negative or less or equal to number of columns (${columns}) got: ${numUpper}`,
      );
    }
    return k.routine("matrixBandPart", [input], [input], { numLower, numUpper });
  },
});

/**
 * `input` with zeros outside a band of `numLower` diagonals below the main one and `numUpper` above it; negative means
 * all. TensorFlow: `tf.matrix_band_part`.
 */
export function matrixBandPart(
  input: TensorLike,
  numLower: TensorLike,
  numUpper: TensorLike,
  { name }: Named = {},
): Tensor {
  return createOp(MatrixBandPart, [input, integers(numLower), integers(numUpper)], {}, name).output;
}

// Single diagonals

/** Where a diagonal lies: element i at row `row + i`, column `column + i`. */
interface Diagonal {
  readonly row: number;
  readonly column: number;
}

/** Number 0 is the main diagonal, those above it are positive. */
function diagonalAt(number: number): Diagonal {
  return { row: Math.max(-number, 0), column: Math.max(number, 0) };
}

function lengthOf({ row, column }: Diagonal, rows: number, columns: number): number {
  return Math.min(rows - row, columns - column);
}

/** The one diagonal that an input `k` names. */
function singleDiagonal(k: NDArray): number {
  return bandNumbers(k)[0];
}

/** The same number while shapes are inferred; null when it is not known, or is a band. */
function staticDiagonal(k: NDArray | null): number | null {
  const numbers = k && [...new Set(Array.from(k.values(), Number))];
  return numbers?.length === 1 ? (numbers[0] as number) : null;
}

function isInside(number: number, rows: number, columns: number): boolean {
  return number === 0 || (-rows < number && number < columns);
}

function checkInside(number: number, rows: number, columns: number): void {
  if (isInside(number, rows, columns)) return;
  throw new Error(
    `lower_diag_index is out of bound: ${number}. It must be between ${-rows} and ${columns}`,
  );
}

function takeDiagonal(k: Builder, input: Value, number: number): Value {
  const [rows = 0, columns = 0] = input.shape.slice(-2);
  checkInside(number, rows, columns);
  const diagonal = diagonalAt(number);
  const strides = stridesOf(input.shape).slice(0, -2);
  const shape = [...input.shape.slice(0, -2), lengthOf(diagonal, rows, columns)];
  const offset = diagonal.row * columns + diagonal.column;
  return move(k, input, shape, [...strides, columns + 1], offset);
}

/** A loop over matrices: what lies on one diagonal comes from `diagonal`, the rest from `outside`. */
function putDiagonal(
  k: Builder,
  diagonal: Value,
  number: number,
  shape: readonly number[],
  outside: Expr,
): Value {
  const rank = shape.length;
  const { row } = diagonalAt(number);
  const [i, j] = [e.index(rank - 2, int32), e.index(rank - 1, int32)];
  const batch = stridesOf(diagonal.shape).slice(0, -1);
  const element = load(diagonal, [...batch, 1, 0], -row);
  const isOn = e.eq(j, e.add(i, number));
  const inside = row === 0 ? element : e.select(e.ge(i, row), element, outside);
  return k.loop(shape, e.select(isOn, inside, outside));
}

function dense(value: Value): Expr {
  return load(value, stridesOf(value.shape));
}

/** The shape of one diagonal of matrices. */
function diagonalShape(matrix: TensorShape, number: number | null): TensorShape {
  withRankAtLeast(matrix, 2);
  if (!matrix.dims || number === null) return unknownShape;
  const [rows, columns] = [matrix.dim(-2), matrix.dim(-1)];
  const isKnown = rows !== null && columns !== null;
  if (isKnown && !isInside(number, rows, columns)) {
    throw new ShapeError("lower_diag_index is out of bound.");
  }
  const length = isKnown ? lengthOf(diagonalAt(number), rows, columns) : null;
  return matrix.slice(0, -2).concatenate([length]);
}

const align = a.string("RIGHT_LEFT");

const MatrixDiagV3 = defineOp({
  type: "MatrixDiagV3",
  inputs: ["diagonal: T", "k: int32", "num_rows: int32", "num_cols: int32", "padding_value: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(), align },
  shape: ({ inputs: [diagonal], constant }) => {
    withRankAtLeast(diagonal.shape, 1);
    const which = constant(1);
    const number = staticDiagonal(which);
    const [rows, columns] = [constant(2), constant(3)];
    if (isBand(which) && rows && columns) {
      return [matricesShape(diagonal.shape, which, Number(rows.at(0)), Number(columns.at(0)))];
    }
    if (!diagonal.shape.dims || number === null || !rows || !columns) return [unknownShape];
    const sizes = matrixSizes(
      diagonal.shape.dim(-1),
      number,
      Number(rows.at(0)),
      Number(columns.at(0)),
    );
    return [diagonal.shape.slice(0, -1).concatenate(sizes)];
  },
  gradient: ({ inputs: [, k], dy: [dy], attrs }) => [
    matrixDiagPart(dy, { k, align: attrs.align }),
    null,
    null,
    null,
    null,
  ],
  lower: ({ inputs: [diagonal, , , , padding], attrs, k, constant }) => {
    const which = constant(1);
    const number = singleDiagonal(which);
    const length = diagonal.shape.at(-1) ?? 0;
    const given = [2, 3].map((index) => Number(constant(index).at(0))) as [number, number];
    if (isBand(which)) {
      const { known } = matricesShape(new TensorShape(diagonal.shape), which, ...given);
      return [putBand(k, diagonal, which, known as readonly number[], padding, attrs.align)];
    }
    const [rows, columns] = matrixSizes(length, number, ...given) as [number, number];
    if (length !== lengthOf(diagonalAt(number), rows, columns)) {
      throw new Error(
        "The number of rows and columns is not consistent with the specified d_lower, d_upper, and diagonal.",
      );
    }
    const shape = [...diagonal.shape.slice(0, -1), rows, columns];
    return [
      putDiagonal(
        k,
        diagonal,
        number,
        shape,
        load(
          padding,
          shape.map(() => 0),
        ),
      ),
    ];
  },
});

/** Rows and columns of the matrix for a diagonal of this length; -1 where they are not given. */
function matrixSizes(
  length: Dim,
  number: number,
  rows: number,
  columns: number,
): readonly [Dim, Dim] {
  if (length === null) return [rows < 0 ? null : rows, columns < 0 ? null : columns];
  const { row, column } = diagonalAt(number);
  const least = [length + row, length + column] as const;
  if (rows < 0 && columns < 0) {
    const both = Math.max(...least);
    return [both, both];
  }
  return [rows < 0 ? least[0] : rows, columns < 0 ? least[1] : columns];
}

export interface DiagonalOptions extends Named {
  /** Which diagonal: 0 the main one, positive above it. */
  readonly k?: TensorLike | undefined;
  /** How diagonals of a band are aligned. */
  readonly align?: string | undefined;
}

export interface MatrixDiagOptions extends DiagonalOptions {
  readonly numRows?: TensorLike | undefined;
  readonly numCols?: TensorLike | undefined;
  readonly paddingValue?: TensorLike | undefined;
}

/** Zero for padding, as a truth value among those. */
function noPadding(like: TensorLike): TensorLike {
  return like instanceof Tensor && like.dtype.base.isBool ? false : 0;
}

/** Matrices with the given diagonals. TensorFlow: `tf.matrix_diag`. */
export function matrixDiag(
  diagonal: TensorLike,
  {
    k = 0,
    numRows = -1,
    numCols = -1,
    paddingValue,
    align = "RIGHT_LEFT",
    name,
  }: MatrixDiagOptions = {},
): Tensor {
  const padding = paddingValue ?? noPadding(diagonal);
  return createOp(
    MatrixDiagV3,
    [diagonal, integers(k), numRows, numCols, padding],
    { align },
    name ?? "diag",
  ).output;
}

const MatrixDiagPartV3 = defineOp({
  type: "MatrixDiagPartV3",
  inputs: ["input: T", "k: int32", "padding_value: T"],
  outputs: ["diagonal: T"],
  attrs: { T: a.type(), align },
  shape: ({ inputs: [input], constant }) => {
    withRankAtLeast(input.shape, 2);
    const which = constant(1);
    return [
      isBand(which)
        ? diagonalsShape(input.shape, which)
        : diagonalShape(input.shape, staticDiagonal(which)),
    ];
  },
  gradient: ({ inputs: [input, k], dy: [dy], attrs }) => {
    const sizes = input.shape.slice(-2);
    const [numRows, numCols] = input.shape.dims ? sizes.asList() : [null, null];
    const isKnown = typeof numRows === "number" && typeof numCols === "number";
    const dx = isKnown
      ? matrixDiag(dy, { k, numRows, numCols, align: attrs.align })
      : matrixSetDiag(zerosLike(input), dy, { k, align: attrs.align });
    return [dx, null, null];
  },
  lower: ({ inputs: [input, , padding], attrs, k, constant }) => {
    const which = constant(1);
    return [
      isBand(which)
        ? takeBand(k, input, which, padding, attrs.align)
        : takeDiagonal(k, input, singleDiagonal(which)),
    ];
  },
});

export interface MatrixDiagPartOptions extends DiagonalOptions {
  readonly paddingValue?: TensorLike | undefined;
}

/** The diagonals of matrices. TensorFlow: `tf.matrix_diag_part`. */
export function matrixDiagPart(
  input: TensorLike,
  { k = 0, paddingValue, align = "RIGHT_LEFT", name }: MatrixDiagPartOptions = {},
): Tensor {
  const padding = paddingValue ?? noPadding(input);
  return createOp(MatrixDiagPartV3, [input, integers(k), padding], { align }, name ?? "diag_part")
    .output;
}

const MatrixSetDiagV3 = defineOp({
  type: "MatrixSetDiagV3",
  inputs: ["input: T", "diagonal: T", "k: int32"],
  outputs: ["output: T"],
  attrs: { T: a.type(), align },
  shape: ({ inputs: [input, diagonal], constant }) => {
    diagonalShape(input.shape, staticDiagonal(constant(2)));
    withRankAtLeast(diagonal.shape, 1);
    return [input.shape];
  },
  gradient: ({ inputs: [, diagonal, k], dy: [dy], attrs }) => {
    const known = diagonal.shape.known;
    const none = known ? zeros(known, { dtype: dy.dtype }) : zerosLike(diagonal);
    return [
      matrixSetDiag(dy, none, { k, align: attrs.align }),
      matrixDiagPart(dy, { k, align: attrs.align }),
      null,
    ];
  },
  lower: ({ inputs: [input, diagonal], attrs, k, constant }) => {
    const which = constant(2);
    return [
      isBand(which)
        ? putBand(k, diagonal, which, input.shape, input, attrs.align)
        : setDiagonal(k, input, diagonal, singleDiagonal(which)),
    ];
  },
});

function setDiagonal(k: Builder, input: Value, diagonal: Value, number: number): Value {
  const [rows = 0, columns = 0] = input.shape.slice(-2);
  checkInside(number, rows, columns);
  const expected = [...input.shape.slice(0, -2), lengthOf(diagonalAt(number), rows, columns)];
  if (diagonal.shape.join() !== expected.join()) {
    throw new Error(
      "Either first dimensions of diagonal don't match input.shape[:-2], or diagonal.shape[:-1] is not equal to the longests diagonal in range [lower_diag_index:upper_diag_index].",
    );
  }
  return putDiagonal(k, diagonal, number, input.shape, dense(input));
}

/** `input` with its diagonals replaced. TensorFlow: `tf.matrix_set_diag`. */
export function matrixSetDiag(
  input: TensorLike,
  diagonal: TensorLike,
  { k = 0, align = "RIGHT_LEFT", name }: DiagonalOptions = {},
): Tensor {
  return createOp(MatrixSetDiagV3, [input, diagonal, integers(k)], { align }, name ?? "set_diag")
    .output;
}

// The ops of older graphs, for main diagonals

defineOp({
  type: "MatrixDiag",
  inputs: ["diagonal: T"],
  outputs: ["output: T"],
  attrs: { T: a.type() },
  shape: ({ inputs: [diagonal] }) => {
    withRankAtLeast(diagonal.shape, 1);
    return [diagonal.shape.concatenate(diagonal.shape.slice(-1))];
  },
  gradient: ({ dy: [dy] }) => [matrixDiagPart(dy)],
  lower: ({ inputs: [diagonal], k }) => {
    const shape = [...diagonal.shape, diagonal.shape.at(-1) ?? 0];
    return [putDiagonal(k, diagonal, 0, shape, e.constant(0, diagonal.dtype))];
  },
});

defineOp({
  type: "MatrixDiagPart",
  inputs: ["input: T"],
  outputs: ["diagonal: T"],
  attrs: { T: a.type() },
  shape: ({ inputs: [input] }) => [diagonalShape(input.shape, 0)],
  gradient: ({ inputs: [input], dy: [dy] }) => {
    const [rows, columns] = [input.shape.dim(-2), input.shape.dim(-1)];
    return [
      rows !== null && rows === columns ? matrixDiag(dy) : matrixSetDiag(zerosLike(input), dy),
    ];
  },
  lower: ({ inputs: [input], k }) => [takeDiagonal(k, input, 0)],
});

defineOp({
  type: "MatrixSetDiag",
  inputs: ["input: T", "diagonal: T"],
  outputs: ["output: T"],
  attrs: { T: a.type() },
  shape: ({ inputs: [input, diagonal] }) => {
    withRankAtLeast(input.shape, 2);
    withRankAtLeast(diagonal.shape, 1);
    if (input.shape.isFullyDefined) mergeShapes(diagonalShape(input.shape, 0), diagonal.shape);
    return [input.shape];
  },
  gradient: ({ inputs: [, diagonal], dy: [dy] }) => [
    matrixSetDiag(dy, zerosLike(diagonal)),
    matrixDiagPart(dy),
  ],
  lower: ({ inputs: [input, diagonal], k }) => [setDiagonal(k, input, diagonal, 0)],
});

// Diagonals of tensors

const diagonalTypes: readonly DType[] = [
  bfloat16,
  float16,
  float32,
  float64,
  int32,
  int64,
  complex64,
  complex128,
];

const Diag = defineOp({
  type: "Diag",
  inputs: ["diagonal: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(diagonalTypes) },
  shape: ({ inputs: [{ shape }] }) => [withRankAtLeast(shape, 1).concatenate(shape)],
  gradient: ({ dy: [dy] }) => [diagPart(dy)],
  lower: ({ inputs: [diagonal], k }) => {
    const { size, shape } = diagonal;
    const flat = putDiagonal(
      k,
      k.reshape(diagonal, [size]),
      0,
      [size, size],
      e.constant(0, diagonal.dtype),
    );
    return [k.reshape(flat, [...shape, ...shape])];
  },
});

/** A tensor of shape s + s that holds `diagonal` of shape s at equal indices. TensorFlow: `tf.diag`. */
export function diag(diagonal: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Diag, [diagonal], {}, name).output;
}

const DiagPart = defineOp({
  type: "DiagPart",
  inputs: ["input: T"],
  outputs: ["diagonal: T"],
  attrs: { T: a.type(diagonalTypes) },
  shape: ({ inputs: [{ shape }] }) => {
    if (shape.rank === null) return [unknownShape];
    const half = shape.rank / 2;
    if (shape.rank % 2 !== 0 || shape.rank <= 0) {
      throw new ShapeError(`Input must have even and non-zero rank, input rank is ${shape.rank}`);
    }
    return [
      new TensorShape(
        (shape.dims as readonly Dim[])
          .slice(0, half)
          .map((dim, i) => mergeDims(dim, shape.dim(half + i))),
      ),
    ];
  },
  gradient: ({ dy: [dy] }) => [diag(dy)],
  lower: ({ inputs: [input], k }) => {
    const half = input.shape.slice(0, input.shape.length / 2);
    const size = sizeOf(half);
    return [k.reshape(k.view(k.reshape(input, [size * size]), [size], [size + 1]), half)];
  },
});

/** What lies at equal indices of a tensor of shape s + s. TensorFlow: `tf.diag_part`. */
export function diagPart(input: TensorLike, { name }: Named = {}): Tensor {
  return createOp(DiagPart, [input], {}, name).output;
}

/** The sums of the diagonals of matrices. TensorFlow: `tf.trace`. */
export function trace(x: TensorLike, { name }: Named = {}): Tensor {
  return opScope(name, "Trace", [x], (scope) => {
    const input = convertToTensor(x, { name: "x" });
    return reduceSum(matrixDiagPart(input), { axis: [-1], name: scope });
  });
}

export interface EyeOptions extends Named {
  readonly numColumns?: number | Tensor | null | undefined;
  readonly batchShape?: readonly number[] | Tensor | null | undefined;
  readonly dtype?: DTypeLike | undefined;
}

/** Identity matrices. TensorFlow: `tf.eye`. */
export function eye(
  numRows: number | Tensor,
  { numColumns, batchShape, dtype = float32, name }: EyeOptions = {},
): Tensor {
  const type = asDType(dtype as DTypeLike).base;
  const columns = numColumns ?? numRows;
  const batch = batchShape ?? [];
  return opScope(name, "eye", [numRows, numColumns, batchShape], () => {
    const isSquare =
      (numColumns ?? null) === null || (typeof numRows === "number" && numRows === columns);
    const size = smaller(numRows, columns);
    if (size instanceof Tensor || batch instanceof Tensor) {
      const leading = convertToTensor(integers(batch), { name: "shape", dtype: int32 });
      const lengths = concat([leading, integers([size])], 0);
      const sizes = isSquare ? null : concat([leading, integers([numRows, columns])], 0);
      const diagonal = ones(lengths, { dtype: type });
      return sizes ? matrixSetDiag(zeros(sizes, { dtype: type }), diagonal) : matrixDiag(diagonal);
    }
    const diagonal = ones([...batch, size], { dtype: type });
    if (isSquare) return matrixDiag(diagonal);
    return matrixSetDiag(
      zeros([...batch, numRows as number, columns as number], { dtype: type }),
      diagonal,
    );
  });
}

function smaller(rows: number | Tensor, columns: number | Tensor): number | Tensor {
  if (rows instanceof Tensor || columns instanceof Tensor) return minimum(rows, columns);
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    throw new TypeError(
      `Arguments \`num_rows\` and \`num_columns\` must be positive integer values. Received: num_rows=${rows}, num_columns=${columns}`,
    );
  }
  return Math.min(rows, columns);
}
