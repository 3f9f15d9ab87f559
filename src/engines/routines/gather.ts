/** Gathers slices by index. */

import { type NDArray, sizeOf, stridesOf } from "../../core/ndarray.ts";
import type { NoParams, RoutineKernel } from "../routine.ts";
import { arrayAt, copyElements, integers, positionText, shapeText } from "./elements.ts";

export interface GatherParams {
  /** The axis of params that is indexed; at least `batchDims`. */
  readonly axis: number;
  /** Leading dimensions that params and indices share. */
  readonly batchDims: number;
}

/** params, indices; output params[:axis] + indices[batchDims:] + params[axis+1:], of any dtype. */
export const gather: RoutineKernel<GatherParams> = (inputs, outputs, { axis, batchDims }) => {
  const [params, indices, output] = [arrayAt(inputs, 0), arrayAt(inputs, 1), arrayAt(outputs, 0)];
  const dim = params.shape[axis] ?? 0;
  const rows = integers(indices);
  checkIndices(indices, rows, dim);
  const batch = sizeOf(params.shape.slice(0, batchDims));
  const outer = sizeOf(params.shape.slice(batchDims, axis));
  const inner = sizeOf(params.shape.slice(axis + 1));
  const perBatch = indices.size / Math.max(1, batch);
  let to = 0;
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outer; o++) {
      const start = (b * outer + o) * dim;
      for (let i = 0; i < perBatch; i++) {
        const row = rows[b * perBatch + i] as number;
        copyElements(params, (start + row) * inner, output, to, inner);
        to += inner;
      }
    }
  }
};

/** Throws TensorFlow's error for the first index outside [0, limit). */
export function checkIndices(indices: NDArray, values: ArrayLike<number>, limit: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value >= 0 && value < limit) continue;
    const position = positionText(indices.shape, i);
    throw new RangeError(`indices${position} = ${value} is not in [0, ${limit})`);
  }
}

/** The flat offsets, in slices, that index tuples [..., depth] point to in an array of `shape`. */
export function sliceOffsets(
  indices: NDArray,
  shape: readonly number[],
  what: "param shape" | "shape",
): Float64Array {
  const depth = indices.shape[indices.rank - 1] ?? 0;
  const values = integers(indices);
  const strides = stridesOf(shape.slice(0, depth));
  const count = sizeOf(indices.shape.slice(0, -1));
  const offsets = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    for (let axis = 0; axis < depth; axis++) {
      const value = values[i * depth + axis] as number;
      if (value < 0 || value >= (shape[axis] as number)) {
        const tuple = Array.from({ length: depth }, (_, j) => values[i * depth + j]).join(", ");
        const position = positionText(indices.shape.slice(0, -1), i);
        const target = `${what} ${shapeText(shape)}`;
        throw new RangeError(`indices${position} = [${tuple}] does not index into ${target}`);
      }
      offsets[i] = (offsets[i] as number) + value * (strides[axis] as number);
    }
  }
  return offsets;
}

/** params, indices [..., depth]; output indices[:-1] + params[depth:], of any dtype. */
export const gatherNd: RoutineKernel<NoParams> = (inputs, outputs) => {
  const [params, indices, output] = [arrayAt(inputs, 0), arrayAt(inputs, 1), arrayAt(outputs, 0)];
  const depth = indices.shape[indices.rank - 1] ?? 0;
  if (depth > params.rank) {
    const sizes = `${depth} vs. ${params.rank}`;
    throw new RangeError(`index innermost dimension length must be <= params rank; saw: ${sizes}`);
  }
  const inner = sizeOf(params.shape.slice(depth));
  sliceOffsets(indices, params.shape, "param shape").forEach((slice, i) => {
    copyElements(params, slice * inner, output, i * inner, inner);
  });
};
