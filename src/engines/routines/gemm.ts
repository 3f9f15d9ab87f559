/** Matrix multiplication of strided matrices of numbers, in blocks of four by four over packed copies. */

import type { Elements } from "./elements.ts";

/** A matrix inside an array: element (i, j) lies at offset + i rowStride + j columnStride. */
export interface Matrix {
  readonly data: Elements;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

export interface Product {
  readonly rows: number;
  readonly columns: number;
  /** Length of the sums. */
  readonly depth: number;
  readonly lhs: Matrix;
  /** Dense and row-major. */
  readonly out: { readonly data: Elements; readonly offset: number };
  /** Whether sums are stored or added to what `out` holds. */
  readonly store: "set" | "add";
}

const width = 4;

/** out = lhs rhs, or out += lhs rhs. */
export function multiply(product: Product, rhs: Matrix): void {
  if (product.rows < width && rhs.columnStride === 1) {
    multiplyFewRows(product, rhs);
    return;
  }
  multiplyPacked(product, packRight(product.depth, product.columns, rhs));
}

/** The right side in panels of four columns, each row of a panel contiguous; padded with zeros. */
export function packRight(depth: number, columns: number, rhs: Matrix): Float64Array {
  const { data, offset, rowStride, columnStride } = rhs;
  const packed = new Float64Array(Math.ceil(columns / width) * width * depth);
  for (let column = 0; column < columns; column++) {
    const panel = Math.floor(column / width) * width * depth + (column % width);
    const start = offset + column * columnStride;
    for (let p = 0; p < depth; p++)
      packed[panel + p * width] = data[start + p * rowStride] as number;
  }
  return packed;
}

/** `multiply` where the right side is packed already. */
export function multiplyPacked(product: Product, packed: Float64Array): void {
  const { rows, columns, depth, lhs, out, store } = product;
  const panel = new Float64Array(width * depth);
  const sums = new Float64Array(width * width);
  for (let row = 0; row < rows; row += width) {
    const height = Math.min(width, rows - row);
    packLeft(lhs, row, height, depth, panel);
    for (let column = 0; column < columns; column += width) {
      multiplyBlock(panel, packed, column * depth, depth, sums);
      const count = Math.min(width, columns - column);
      for (let i = 0; i < height; i++) {
        const to = out.offset + (row + i) * columns + column;
        if (store === "set") {
          for (let j = 0; j < count; j++) out.data[to + j] = sums[i * width + j] as number;
        } else {
          for (let j = 0; j < count; j++) {
            out.data[to + j] = (out.data[to + j] as number) + (sums[i * width + j] as number);
          }
        }
      }
    }
  }
}

function packLeft(
  lhs: Matrix,
  row: number,
  height: number,
  depth: number,
  panel: Float64Array,
): void {
  const { data, offset, rowStride, columnStride } = lhs;
  for (let i = 0; i < width; i++) {
    const start = offset + (row + i) * rowStride;
    for (let p = 0; p < depth; p++) {
      panel[p * width + i] = i < height ? (data[start + p * columnStride] as number) : 0;
    }
  }
}

/** Sixteen sums at once: each number loaded takes part in four products. */
function multiplyBlock(
  left: Float64Array,
  right: Float64Array,
  start: number,
  depth: number,
  sums: Float64Array,
): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  const end = width * depth;
  for (let p = 0; p < end; p += width) {
    const b0 = right[start + p] as number;
    const b1 = right[start + p + 1] as number;
    const b2 = right[start + p + 2] as number;
    const b3 = right[start + p + 3] as number;
    const a0 = left[p] as number;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    const a1 = left[p + 1] as number;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    const a2 = left[p + 2] as number;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    const a3 = left[p + 3] as number;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  sums[0] = s00;
  sums[1] = s01;
  sums[2] = s02;
  sums[3] = s03;
  sums[4] = s10;
  sums[5] = s11;
  sums[6] = s12;
  sums[7] = s13;
  sums[8] = s20;
  sums[9] = s21;
  sums[10] = s22;
  sums[11] = s23;
  sums[12] = s30;
  sums[13] = s31;
  sums[14] = s32;
  sums[15] = s33;
}

/** One to three rows: packing the right side would cost more than the products. */
function multiplyFewRows(product: Product, rhs: Matrix): void {
  const { rows, columns, depth, lhs, out, store } = product;
  const { data } = rhs;
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const left = lhs.offset + row * lhs.rowStride;
    sums.fill(0);
    for (let p = 0; p < depth; p++) {
      const a = lhs.data[left + p * lhs.columnStride] as number;
      const right = rhs.offset + p * rhs.rowStride;
      for (let j = 0; j < columns; j++) {
        sums[j] = (sums[j] as number) + a * (data[right + j] as number);
      }
    }
    const to = out.offset + row * columns;
    for (let j = 0; j < columns; j++) {
      const before = store === "add" ? (out.data[to + j] as number) : 0;
      out.data[to + j] = before + (sums[j] as number);
    }
  }
}
