/** Ops whose output shapes depend on elements: merging rows by index, and differences of lists. */

import { asDType, type DTypeLike, int32, int64 } from "../core/dtypes.ts";
import { checkList } from "../core/kind.ts";
import type { NDArray } from "../core/ndarray.ts";
import { type Dim, TensorShape, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { listDifference } from "../engines/routines/dynamic.ts";
import { stitchRows } from "../engines/routines/move.ts";
import { gather } from "./array.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { mergeShapes, withRank } from "./merge.ts";
import { integers } from "./support.ts";

const DynamicStitch = defineOp({
  type: "DynamicStitch",
  inputs: ["indices: N * int32", "data: N * T"],
  outputs: ["merged: T"],
  attrs: { N: a.int(undefined, 1), T: a.type() },
  shape: ({ inputs: [indices, data], constant }) => {
    let rest = unknownShape;
    let rows: Dim = 0;
    indices.forEach((index, i) => {
      const known = constant(i);
      if (known && rows !== null) rows = Math.max(rows, stitchRows([known]));
      else rows = null;
      const { rank } = index.shape;
      const { dims } = (data[i] as { readonly shape: TensorShape }).shape;
      if (rank === null || !dims) return;
      mergeShapes(index.shape, new TensorShape(dims.slice(0, rank)));
      rest = mergeShapes(rest, new TensorShape(dims.slice(rank)));
    });
    return [new TensorShape([rows]).concatenate(rest)];
  },
  gradient: ({ inputs: [indices], dy: [dy] }) => {
    const nothing = indices.map(() => null);
    return [nothing, indices.map((index) => gather(dy, index))];
  },
  lower: ({ inputs: [indices, data], attrs, k, constant }) => {
    const known = indices.map((_, i): NDArray => constant(i));
    const index = indices[0]?.shape.length ?? 0;
    const shape = [stitchRows(known), ...(data[0]?.shape.slice(index) ?? [])];
    return k.routine("dynamicStitch", [...indices, ...data], [{ dtype: attrs.T, shape }]);
  },
});

/**
 * Row j of `data[i]` put at row `indices[i][j]` of the result; later ones win. TensorFlow: `tf.dynamic_stitch`.
 */
export function dynamicStitch(
  indices: readonly TensorLike[],
  data: readonly TensorLike[],
  { name }: Named = {},
): Tensor {
  checkList(indices, "The indices");
  return createOp(DynamicStitch, [indices.map((index) => integers(index)), data], {}, name).output;
}

const ListDiff = defineOp({
  type: "ListDiff",
  inputs: ["x: T", "y: T"],
  outputs: ["out: T", "idx: out_idx"],
  attrs: { T: a.type(), out_idx: a.type([int32, int64], int32) },
  shape: ({ inputs: [x, y] }) => {
    withRank(x.shape, 1);
    withRank(y.shape, 1);
    return [[null], [null]];
  },
  gradient: "none",
  // Mostly lists of axes: known when compiling, so that shapes computed from them are.
  lower: ({ attrs, k, constant }) => {
    const { values, indices } = listDifference(constant(0), constant(1), attrs.out_idx);
    return [k.constant(values), k.constant(indices)];
  },
});

export interface ListDiffOptions extends Named {
  /** int32 (the default) or int64. */
  readonly outIdx?: DTypeLike | undefined;
}

/** The elements of vector `x` that `y` lacks, and their positions. TensorFlow: `tf.setdiff1d`. */
export function listDiff(
  x: TensorLike,
  y: TensorLike,
  { outIdx = int32, name }: ListDiffOptions = {},
): readonly [out: Tensor, idx: Tensor] {
  const { outputs } = createOp(ListDiff, [x, y], { out_idx: asDType(outIdx as DTypeLike) }, name);
  return [outputs[0] as Tensor, outputs[1] as Tensor];
}
export { listDiff as setdiff1d };
