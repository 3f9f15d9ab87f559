/** Matrix products, one for each batch position. */

import { allocate } from "../../core/dtypes.ts";
import { NDArray, sizeOf, stridesOf } from "../../core/ndarray.ts";
import type { RoutineKernel } from "../routine.ts";
import { arrayAt, constant, elements, viaFloat32 } from "./elements.ts";
import { type Matrix, multiply } from "./gemm.ts";

export interface MatmulParams {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** a [...A, m, k] times b [...B, k, n] where the batch dimensions A and B broadcast; output [...batch, m, n]. */
export const matmul: RoutineKernel<MatmulParams> = viaFloat32(
  (inputs, outputs, { transposeA, transposeB }) => {
    const a = arrayAt(inputs, 0);
    const b = arrayAt(inputs, 1);
    const out = arrayAt(outputs, 0);
    const rank = out.rank;
    const rows = out.shape[rank - 2] as number;
    const columns = out.shape[rank - 1] as number;
    const depth = a.shape[a.rank - (transposeA ? 2 : 1)] as number;
    const batchShape = out.shape.slice(0, -2);
    const offsetsA = batchOffsets(a.shape, batchShape);
    const offsetsB = batchOffsets(b.shape, batchShape);
    offsetsA.forEach((offsetA, batch) => {
      const lhs = matrix(elements(a), offsetA, transposeA ? rows : depth, transposeA);
      const offsetB = offsetsB[batch] as number;
      const rhs = matrix(elements(b), offsetB, transposeB ? depth : columns, transposeB);
      const target = { data: elements(out), offset: batch * rows * columns };
      const product = { rows, columns, depth, lhs, out: target, store: "set" } as const;
      if (out.dtype.isInteger)
        multiplyIntegers(product, rhs, out.dtype.isBig, constant(out.dtype, 0));
      else multiply(product, rhs);
    });
  },
);

function matrix(data: Matrix["data"], offset: number, stride: number, transposed: boolean): Matrix {
  return transposed
    ? { data, offset, rowStride: 1, columnStride: stride }
    : { data, offset, rowStride: stride, columnStride: 1 };
}

/** Matrices inside an array, not necessarily next to each other. Strides and the offset are in elements. */
export interface Strided {
  readonly offset: number;
  /** One for each batch dimension; 0 where a matrix is used again. */
  readonly batch: readonly number[];
  readonly row: number;
  readonly column: number;
}

export interface StridedMatmulParams {
  readonly batch: readonly number[];
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** [rows, depth] times [depth, columns] gives [rows, columns], which fills its array. */
  readonly a: Strided;
  readonly b: Strided;
  readonly out: Strided;
}

/** The product of matrices that are read and written where they lie inside other arrays. */
export const stridedMatmul: RoutineKernel<StridedMatmulParams> = (inputs, outputs, params) => {
  const { batch, rows, columns, depth } = params;
  const a = gathered(arrayAt(inputs, 0), params.a, [...batch, rows, depth]);
  const b = gathered(arrayAt(inputs, 1), params.b, [...batch, depth, columns]);
  const target = arrayAt(outputs, 0);
  const shape = [...batch, rows, columns];
  const out = new NDArray(allocate(target.dtype, sizeOf(shape)), shape, target.dtype);
  matmul([a, b], [out], { transposeA: false, transposeB: false });
  walk(params.out, shape, (position, i) => {
    elements(target)[position] = elements(out)[i] as number;
  });
};

function gathered(array: NDArray, view: Strided, shape: readonly number[]): NDArray {
  const out = new NDArray(allocate(array.dtype, sizeOf(shape)), shape, array.dtype);
  walk(view, shape, (position, i) => {
    elements(out)[i] = elements(array)[position] as number;
  });
  return out;
}

/** Calls `visit` with the position of each element, in row-major order of `shape`. */
function walk(
  view: Strided,
  shape: readonly number[],
  visit: (position: number, index: number) => void,
): void {
  const [rows = 0, columns = 0] = shape.slice(-2);
  let index = 0;
  for (const start of stridedOffsets(view, shape.slice(0, -2))) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) visit(start + i * view.row + j * view.column, index++);
    }
  }
}

/** Where the matrix of each batch position starts. */
export function stridedOffsets({ offset, batch }: Strided, dims: readonly number[]): number[] {
  let offsets = [offset];
  dims.forEach((dim, axis) => {
    const step = batch[axis] as number;
    offsets = offsets.flatMap((base) => Array.from({ length: dim }, (_, i) => base + i * step));
  });
  return offsets;
}

/** Where the matrix of each batch position starts, dimensions of 1 repeating. */
export function batchOffsets(shape: readonly number[], batchShape: readonly number[]): number[] {
  const own = shape.slice(0, -2);
  const strides = stridesOf(shape);
  let offsets = [0];
  batchShape.forEach((dim, axis) => {
    const ownAxis = axis - (batchShape.length - own.length);
    const step = ownAxis < 0 || own[ownAxis] === 1 ? 0 : (strides[ownAxis] as number);
    offsets = offsets.flatMap((base) => Array.from({ length: dim }, (_, i) => base + i * step));
  });
  return offsets;
}

/** Integers wrap like C's, so their products must not pass through float64. */
function multiplyIntegers(
  product: Parameters<typeof multiply>[0],
  rhs: Matrix,
  isBig: boolean,
  zero: number,
): void {
  const { rows, columns, depth, lhs, out } = product;
  const times = isBig ? (x: number, y: number) => x * y : Math.imul;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = zero;
      for (let p = 0; p < depth; p++) {
        const x = lhs.data[lhs.offset + i * lhs.rowStride + p * lhs.columnStride] as number;
        const y = rhs.data[rhs.offset + p * rhs.rowStride + j * rhs.columnStride] as number;
        sum += times(x, y);
      }
      out.data[out.offset + i * columns + j] = sum;
    }
  }
}
