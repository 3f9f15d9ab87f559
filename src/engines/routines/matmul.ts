/** Matrix products, one for each batch position. */

import { stridesOf } from "../../core/ndarray.ts";
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
