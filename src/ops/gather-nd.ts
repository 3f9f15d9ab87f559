/** Picking slices by tuples of positions and putting them back: GatherNd, ScatterNd, TensorScatter. */

import type { DTypeName } from "../core/dtypes.ts";
import { int16, int32, int64, uint16 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { type TensorShape, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Value } from "../engines/ir.ts";
import { batchGatherNd } from "./batch-gather.ts";
import type { TensorLike, TensorOf } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, later, ShapeError } from "./define.ts";
import { zerosLike } from "./fill.ts";
import { identity } from "./identity.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { mergeShapes } from "./merge.ts";
import { shape, squeeze } from "./shape.ts";
import { integers, numbersOf } from "./support.ts";

const indexTypes = [int32, int64];
const wideIndexTypes = [int16, int32, int64];
const badIndicesPolicy = later(a.string(""));

const GatherNd = defineOp({
  type: "GatherNd",
  inputs: ["params: Tparams", "indices: Tindices"],
  outputs: ["output: Tparams"],
  attrs: {
    Tparams: a.type(),
    Tindices: a.type(wideIndexTypes),
    bad_indices_policy: badIndicesPolicy,
  },
  shape: ({ inputs: [params, indices] }) => {
    const depth = indices.shape.dim(-1);
    if (depth === null || params.shape.rank === null || indices.shape.rank === null)
      return [unknownShape];
    if (depth > params.shape.rank) {
      throw new ShapeError(
        `indices.shape[-1] must be <= params.rank, but saw indices shape: ${indices.shape.toRuntimeString()} and params shape: ${params.shape.toRuntimeString()}`,
      );
    }
    return [indices.shape.slice(0, -1).concatenate(params.shape.slice(depth))];
  },
  gradient: ({ inputs: [params, indices], dy: [dy] }) => {
    const paramsShape = shape(params, { outType: indices.dtype.base });
    if (indices.shape.rank === 2 && indices.shape.dim(-1) === 1) {
      return [new IndexedSlices(dy, squeeze(indices, { axis: -1 }), paramsShape), null];
    }
    return [scatterNd(indices, dy, paramsShape), null];
  },
  lower: ({ inputs: [params, indices], k }) => {
    const depth = indices.shape.at(-1) ?? 0;
    const out = {
      dtype: params.dtype,
      shape: [...indices.shape.slice(0, -1), ...params.shape.slice(depth)],
    };
    return [k.routine("gatherNd", [params, indices], [out])[0] as Value];
  },
});

interface NdReadable {
  gatherNd(indices: TensorLike, options?: Named): Tensor;
}

function readsPlaces(value: unknown): value is NdReadable {
  return typeof (value as Partial<NdReadable> | null)?.gatherNd === "function";
}

export interface GatherNdOptions extends Named {
  /** Leading dimensions that params and indices share. */
  readonly batchDims?: number | undefined;
}

/** Picks slices of `params` by tuples of positions. TensorFlow: `tf.gather_nd`. */
export function gatherNd<D extends DTypeName>(
  params: TensorOf<D>,
  indices: TensorLike,
  options?: GatherNdOptions,
): Tensor<D>;
export function gatherNd(
  params: TensorLike,
  indices: TensorLike,
  options?: GatherNdOptions,
): Tensor;
export function gatherNd(
  params: TensorLike,
  indices: TensorLike,
  { batchDims = 0, name }: GatherNdOptions = {},
): Tensor {
  if (batchDims < 0) throw new ValueError("tf.gather_nd does not allow negative batch_dims.");
  if (batchDims > 0) return batchGatherNd(params, indices, batchDims, name);
  if (readsPlaces(params)) return params.gatherNd(integers(indices), { name });
  return gatherNdNode(params, integers(indices), name);
}

/** @internal The GatherNd op itself. */
export function gatherNdNode(
  params: TensorLike,
  indices: TensorLike,
  name: string | undefined,
): Tensor {
  return createOp(GatherNd, [params, indices], {}, name).output;
}

/** What updates must look like for indices into a shape. */
function checkUpdates(indices: TensorShape, updates: TensorShape, target: TensorShape): void {
  const depth = indices.dim(-1);
  if (depth === null || indices.rank === null || !updates.dims || !target.dims) return;
  const outer = indices.rank - 1;
  agree(
    indices.slice(0, outer),
    updates.slice(0, outer),
    `Dimensions [0,${outer}) of indices[shape=${indices.toRuntimeString()}]`,
    `dimensions [0,${outer}) of updates[shape=${updates.toRuntimeString()}]`,
  );
  agree(
    target.slice(depth),
    updates.slice(outer),
    `Dimensions [${depth},${target.rank}) of input[shape=${target.toRuntimeString()}]`,
    `dimensions [${outer},${updates.rank}) of updates[shape=${updates.toRuntimeString()}]`,
  );
}

function agree(one: TensorShape, other: TensorShape, first: string, second: string): void {
  try {
    mergeShapes(one, other);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(
      `${first} = ${one.toRuntimeString()} must match ${second} = ${other.toRuntimeString()}: ${error.message}`,
    );
  }
}

const ScatterNd = defineOp({
  type: "ScatterNd",
  inputs: ["indices: Tindices", "updates: T", "shape: Tindices"],
  outputs: ["output: T"],
  attrs: { T: a.type(), Tindices: a.type(wideIndexTypes), bad_indices_policy: badIndicesPolicy },
  shape: ({ inputs: [indices, updates], constantShape }) => {
    const target = constantShape(2);
    checkUpdates(indices.shape, updates.shape, target);
    return [target];
  },
  gradient: ({ inputs: [indices], dy: [dy] }) => [null, gatherNd(dy, indices), null],
  lower: ({ inputs: [indices, updates], constant, k }) => {
    const out = { dtype: updates.dtype, shape: numbersOf(constant(2)) };
    return [k.routine("scatterNd", [indices, updates], [out])[0] as Value];
  },
});

/** Zeros of a shape to which `updates` are added at `indices`. TensorFlow: `tf.scatter_nd`. */
export function scatterNd(
  indices: TensorLike,
  updates: TensorLike,
  shape: TensorLike,
  { name }: Named = {},
): Tensor {
  return createOp(ScatterNd, [integers(indices), updates, integers(shape)], {}, name).output;
}

const TensorScatterUpdate = defineOp({
  type: "TensorScatterUpdate",
  inputs: ["tensor: T", "indices: Tindices", "updates: T"],
  outputs: ["output: T"],
  attrs: {
    T: a.type(),
    Tindices: a.type([int16, int32, int64, uint16]),
    bad_indices_policy: badIndicesPolicy,
  },
  shape: ({ inputs: [tensor, indices, updates] }) => {
    checkUpdates(indices.shape, updates.shape, tensor.shape);
    return [tensor.shape];
  },
  gradient: ({ inputs: [, indices, updates], dy: [dy] }) => {
    const updatesGradient = gatherNd(dy, indices);
    const kept = identity(dy);
    const zeroed = zerosLike(updates, { dtype: dy.dtype.base });
    return [tensorScatterUpdate(kept, indices, zeroed), null, updatesGradient];
  },
  lower: ({ inputs: [tensor, indices, updates], k }) => {
    const out = k.copy(tensor);
    k.routineInto("scatterNdUpdate", [indices, updates], [out], { kind: "update" });
    return [out];
  },
});

/** `tensor` with slices replaced. TensorFlow: `tf.tensor_scatter_nd_update`. */
export function tensorScatterUpdate(
  tensor: TensorLike,
  indices: TensorLike,
  updates: TensorLike,
  { name }: Named = {},
): Tensor {
  return createOp(TensorScatterUpdate, [tensor, integers(indices), updates], {}, name).output;
}

const TensorScatterAdd = defineOp({
  type: "TensorScatterAdd",
  inputs: ["tensor: T", "indices: Tindices", "updates: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(), Tindices: a.type(indexTypes), bad_indices_policy: badIndicesPolicy },
  shape: ({ inputs: [tensor, indices, updates] }) => {
    checkUpdates(indices.shape, updates.shape, tensor.shape);
    return [tensor.shape];
  },
  gradient: ({ inputs: [, indices], dy: [dy] }) => {
    const updatesGradient = gatherNd(dy, indices);
    return [identity(dy), null, updatesGradient];
  },
  lower: ({ inputs: [tensor, indices, updates], k }) => {
    const out = k.copy(tensor);
    k.routineInto("scatterNdUpdate", [indices, updates], [out], { kind: "add" });
    return [out];
  },
});

/** `tensor` with something added to slices. TensorFlow: `tf.tensor_scatter_nd_add`. */
export function tensorScatterAdd(
  tensor: TensorLike,
  indices: TensorLike,
  updates: TensorLike,
  { name }: Named = {},
): Tensor {
  return createOp(TensorScatterAdd, [tensor, integers(indices), updates], {}, name).output;
}
