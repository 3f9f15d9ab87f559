/** Scatters slices by index: into zeros, or into what the output holds. */

import { type NDArray, sizeOf } from "../../core/ndarray.ts";
import type { NoParams, RoutineKernel } from "../routine.ts";
import { binaryFunction } from "../scalar.ts";
import { arrayAt, constant, copyElements, elements, integers, viaFloat32 } from "./elements.ts";
import { checkIndices, sliceOffsets } from "./gather.ts";

/** What happens to an element that an update meets. */
export type ScatterKind = "update" | "add" | "sub" | "mul" | "div" | "min" | "max";

export interface ScatterParams {
  readonly kind: ScatterKind;
}

/** Applies update slice i to slice `slices[i]` of the target, in order; a scalar update serves every element. */
function apply(
  kind: ScatterKind,
  target: NDArray,
  slices: ArrayLike<number>,
  updates: NDArray,
  inner: number,
): void {
  const isScalar = updates.rank === 0;
  if (kind === "update" && !isScalar) {
    for (let i = 0; i < slices.length; i++) {
      copyElements(updates, i * inner, target, (slices[i] as number) * inner, inner);
    }
    return;
  }
  const out = elements(target);
  const source = elements(updates);
  const combine = combiner(kind, target);
  const width = target.dtype.isComplex ? 2 * inner : inner;
  for (let i = 0; i < slices.length; i++) {
    const to = (slices[i] as number) * width;
    for (let j = 0; j < width; j++) {
      const update = source[isScalar ? 0 : i * width + j] as number;
      out[to + j] = combine(out[to + j] as number, update);
    }
  }
}

function combiner(kind: ScatterKind, { dtype }: NDArray): (old: number, update: number) => number {
  if (kind === "update") return (_, update) => update;
  const name = kind === "div" && dtype.isInteger ? "truncDiv" : kind;
  return binaryFunction(name, dtype) as (old: number, update: number) => number;
}

/** Inputs indices, updates (indices.shape + rows, or a scalar); changes rows of outputs[0] in place. */
export const scatterUpdate: RoutineKernel<ScatterParams> = viaFloat32(
  (inputs, outputs, { kind }) => {
    const [indices, updates, target] = [
      arrayAt(inputs, 0),
      arrayAt(inputs, 1),
      arrayAt(outputs, 0),
    ];
    const rows = integers(indices);
    checkIndices(indices, rows, target.shape[0] ?? 0);
    apply(kind, target, rows, updates, sizeOf(target.shape.slice(1)));
  },
);

/** Inputs indices [..., depth], updates; changes slices of outputs[0] in place. */
export const scatterNdUpdate: RoutineKernel<ScatterParams> = viaFloat32(
  (inputs, outputs, { kind }) => {
    scatterSlices(kind, arrayAt(inputs, 0), arrayAt(inputs, 1), arrayAt(outputs, 0));
  },
);

function scatterSlices(
  kind: ScatterKind,
  indices: NDArray,
  updates: NDArray,
  target: NDArray,
): void {
  const depth = indices.shape[indices.rank - 1] ?? 0;
  const slices = sliceOffsets(indices, target.shape, "shape");
  apply(kind, target, slices, updates, sizeOf(target.shape.slice(depth)));
}

/** Inputs indices [..., depth], updates; output zeros to which the updates are added. */
export const scatterNd: RoutineKernel<NoParams> = viaFloat32((inputs, outputs) => {
  const target = arrayAt(outputs, 0);
  elements(target).fill(constant(target.dtype, 0));
  scatterSlices("add", arrayAt(inputs, 0), arrayAt(inputs, 1), target);
});
