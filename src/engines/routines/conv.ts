/** 2-D convolution and its two gradients: NHWC images, HWIO filters, as products with unrolled image patches. */

import { allocate } from "../../core/dtypes.ts";
import type { NDArray } from "../../core/ndarray.ts";
import type { RoutineKernel } from "../routine.ts";
import { arrayAt, type Elements, elements, viaFloat32 } from "./elements.ts";
import { type Matrix, multiply, multiplyPacked, packRight } from "./gemm.ts";
import type { WindowParams } from "./window.ts";

/** Elements of unrolled patches that are made at a time; about what a second-level cache holds. */
const patchBudget = 2 ** 17;

interface Geometry extends WindowParams {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inDepth: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outDepth: number;
  /** Elements of one patch. */
  readonly patch: number;
}

function geometryOf(x: NDArray, filter: NDArray, y: NDArray, params: WindowParams): Geometry {
  const [batch = 0, inHeight = 0, inWidth = 0, inDepth = 0] = x.shape;
  const [filterHeight = 0, filterWidth = 0] = filter.shape;
  const [, outHeight = 0, outWidth = 0, outDepth = 0] = y.shape;
  const { strides, dilations, pads } = params;
  const patch = filterHeight * filterWidth * inDepth;
  const image = { batch, inHeight, inWidth, inDepth, filterHeight, filterWidth };
  return { ...image, outHeight, outWidth, outDepth, patch, strides, dilations, pads };
}

/** Some rows of one image's output. */
interface Block {
  readonly image: number;
  readonly firstRow: number;
  readonly rows: number;
  /** Output positions of the block. */
  readonly positions: number;
  /** Where the block starts in an array of the output's shape. */
  readonly outOffset: number;
}

function* blocksOf(geometry: Geometry): Generator<Block> {
  const { batch, outHeight, outWidth, outDepth, patch } = geometry;
  const perBlock = Math.max(1, Math.floor(patchBudget / Math.max(1, outWidth * patch)));
  for (let image = 0; image < batch; image++) {
    for (let firstRow = 0; firstRow < outHeight; firstRow += perBlock) {
      const rows = Math.min(perBlock, outHeight - firstRow);
      const outOffset = (image * outHeight + firstRow) * outWidth * outDepth;
      yield { image, firstRow, rows, positions: rows * outWidth, outOffset };
    }
  }
}

/** Calls `visit` for each run of pixels of an image row that a patch row covers. */
function forEachRun(
  geometry: Geometry,
  block: Block,
  visit: (imageOffset: number, patchOffset: number, count: number) => void,
): void {
  const { inHeight, inWidth, inDepth, filterHeight, filterWidth, outWidth, patch } = geometry;
  const [strideY, strideX] = geometry.strides;
  const [dilationY, dilationX] = geometry.dilations;
  const [[top], [left]] = geometry.pads;
  const imageStart = block.image * inHeight * inWidth * inDepth;
  for (let row = 0; row < block.rows; row++) {
    for (let column = 0; column < outWidth; column++) {
      const patchStart = (row * outWidth + column) * patch;
      const x0 = column * strideX - left;
      for (let ky = 0; ky < filterHeight; ky++) {
        const y = (block.firstRow + row) * strideY - top + ky * dilationY;
        if (y < 0 || y >= inHeight) continue;
        const lineStart = imageStart + y * inWidth * inDepth;
        const patchLine = patchStart + ky * filterWidth * inDepth;
        if (dilationX === 1) {
          const from = Math.max(0, -x0);
          const to = Math.min(filterWidth, inWidth - x0);
          if (from >= to) continue;
          const count = (to - from) * inDepth;
          visit(lineStart + (x0 + from) * inDepth, patchLine + from * inDepth, count);
          continue;
        }
        for (let kx = 0; kx < filterWidth; kx++) {
          const x = x0 + kx * dilationX;
          if (x >= 0 && x < inWidth) {
            visit(lineStart + x * inDepth, patchLine + kx * inDepth, inDepth);
          }
        }
      }
    }
  }
}

/** Whether the patches are the image's pixels themselves, so that nothing has to be unrolled. */
function isPointwise({ filterHeight, filterWidth, strides, pads }: Geometry): boolean {
  const flat = [...strides, filterHeight, filterWidth].every((size) => size === 1);
  return flat && pads.flat().every((pad) => pad === 0);
}

/** Where patches are gathered, and the way to gather those of a block: a matrix [positions, patch]. */
function patchesOf(geometry: Geometry, x: NDArray): (block: Block) => Matrix {
  const { patch, outWidth, outHeight } = geometry;
  const source = elements(x);
  if (isPointwise(geometry)) {
    return ({ image, firstRow }) => {
      const offset = (image * outHeight + firstRow) * outWidth * patch;
      return { data: source, offset, rowStride: patch, columnStride: 1 };
    };
  }
  const buffer = patchBuffer(geometry, x);
  return (block) => {
    buffer.fill(0, 0, block.positions * patch);
    forEachRun(geometry, block, (from, to, count) => {
      for (let i = 0; i < count; i++) buffer[to + i] = source[from + i] as number;
    });
    return { data: buffer, offset: 0, rowStride: patch, columnStride: 1 };
  };
}

function patchBuffer(geometry: Geometry, like: NDArray): Elements {
  const { patch, outWidth, outHeight } = geometry;
  const rows = Math.min(
    outHeight,
    Math.max(1, Math.floor(patchBudget / Math.max(1, outWidth * patch))),
  );
  return allocate(like.dtype, rows * outWidth * patch) as Elements;
}

/** x [N, H, W, C], filter [h, w, C, D]; output [N, H', W', D]. */
export const conv2d: RoutineKernel<WindowParams> = viaFloat32((inputs, outputs, params) => {
  const x = arrayAt(inputs, 0);
  const filter = arrayAt(inputs, 1);
  const y = arrayAt(outputs, 0);
  const geometry = geometryOf(x, filter, y, params);
  const { patch, outDepth } = geometry;
  const rhs = { data: elements(filter), offset: 0, rowStride: outDepth, columnStride: 1 };
  const packed = packRight(patch, outDepth, rhs);
  const gather = patchesOf(geometry, x);
  for (const block of blocksOf(geometry)) {
    const out = { data: elements(y), offset: block.outOffset };
    const size = { rows: block.positions, columns: outDepth, depth: patch };
    multiplyPacked({ ...size, lhs: gather(block), out, store: "set" }, packed);
  }
});

/** Inputs filter, dy; output dx in the shape of the forward x. */
export const conv2dBackpropInput: RoutineKernel<WindowParams> = viaFloat32(
  (inputs, outputs, params) => {
    const filter = arrayAt(inputs, 0);
    const dy = arrayAt(inputs, 1);
    const dx = arrayAt(outputs, 0);
    const geometry = geometryOf(dx, filter, dy, params);
    const { patch, outDepth } = geometry;
    const rhs = { data: elements(filter), offset: 0, rowStride: 1, columnStride: outDepth };
    const packed = packRight(outDepth, patch, rhs);
    const patches = patchBuffer(geometry, dx);
    const target = elements(dx);
    target.fill(0);
    for (const block of blocksOf(geometry)) {
      const { outOffset: offset, positions } = block;
      const lhs = { data: elements(dy), offset, rowStride: outDepth, columnStride: 1 };
      const out = { data: patches, offset: 0 };
      const size = { rows: positions, columns: patch, depth: outDepth };
      multiplyPacked({ ...size, lhs, out, store: "set" }, packed);
      forEachRun(geometry, block, (to, from, count) => {
        for (let i = 0; i < count; i++) {
          target[to + i] = (target[to + i] as number) + (patches[from + i] as number);
        }
      });
    }
  },
);

/** Inputs x, dy; output the filter's gradient, in the filter's shape. */
export const conv2dBackpropFilter: RoutineKernel<WindowParams> = viaFloat32(
  (inputs, outputs, params) => {
    const x = arrayAt(inputs, 0);
    const dy = arrayAt(inputs, 1);
    const dfilter = arrayAt(outputs, 0);
    const geometry = geometryOf(x, dfilter, dy, params);
    const { patch, outDepth } = geometry;
    const gather = patchesOf(geometry, x);
    const out = { data: elements(dfilter), offset: 0 };
    out.data.fill(0);
    for (const block of blocksOf(geometry)) {
      const patches = gather(block);
      const lhs = { ...patches, rowStride: 1, columnStride: patches.rowStride };
      const size = { rows: patch, columns: outDepth, depth: block.positions };
      const { outOffset: offset } = block;
      const rhs = { data: elements(dy), offset, rowStride: outDepth, columnStride: 1 };
      multiply({ ...size, lhs, out, store: "add" }, rhs);
    }
  },
);
