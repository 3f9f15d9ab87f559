/** Picking slices by index and putting them back: Gather, GatherNd, ScatterNd, OneHot. */

import {
  asDType,
  type DType,
  type DTypeLike,
  float32,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
} from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { type TensorShape, unknownOfRank, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { loadBroadcast } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import type { Value } from "../engines/ir.ts";
import { cast } from "./cast.ts";
import { concat } from "./concat.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, type GradientResult, later, ShapeError } from "./define.ts";
import { ones, range, zeros, zerosLike } from "./fill.ts";
import { identity } from "./identity.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { mergeShapes, withRankAtLeast } from "./merge.ts";
import { tile } from "./pad.ts";
import { reduceProd } from "./reduce.ts";
import { unsortedSegmentSum } from "./segment.ts";
import { dense, expandDims, rank, reshape, shape, size, squeeze } from "./shape.ts";
import { integers, numbersOf, opScope, positiveAxis, staticValue } from "./support.ts";
import { transpose } from "./transpose.ts";

const indexTypes = [int32, int64];
const wideIndexTypes = [int16, int32, int64];
const badIndicesPolicy = later(a.string(""));

// Gather

function gathered(
  params: TensorShape,
  indices: TensorShape,
  axis: number | null,
  batchDims: number,
): TensorShape {
  withRankAtLeast(params, 1);
  if (params.rank === null || indices.rank === null) return unknownShape;
  const batch = batchDims < 0 ? batchDims + indices.rank : batchDims;
  if (axis === null) return unknownOfRank(params.rank + indices.rank - 1 - batch);
  const least = axis < 0 ? -axis : axis + 1;
  if (params.rank < least) {
    throw new ShapeError(`Shape must be at least rank ${least} but is rank ${params.rank}`);
  }
  const at = positiveAxis(axis, params.rank);
  return params
    .slice(0, at)
    .concatenate(indices.slice(batch))
    .concatenate(params.slice(at + 1));
}

defineOp({
  type: "Gather",
  inputs: ["params: Tparams", "indices: Tindices"],
  outputs: ["output: Tparams"],
  attrs: { validate_indices: a.bool(true), Tparams: a.type(), Tindices: a.type(indexTypes) },
  traits: { passesSlices: true },
  shape: ({ inputs: [params, indices] }) => [gathered(params.shape, indices.shape, 0, 0)],
  gradient: ({ inputs: [params, indices], dy: [dy] }) => {
    const paramsShape = colocated(params, () => shape(params));
    const count = expandDims(size(indices), 0);
    const valuesShape = concat([count, paramsShape.slice([1, null])], 0);
    const values = reshape(dense(dy), valuesShape);
    return [new IndexedSlices(values, reshape(indices, count), paramsShape), null];
  },
  lower: ({ inputs: [params, indices], k }) => [
    k.routine("gather", [params, indices], [rowsOf(params, indices, 0, 0)], {
      axis: 0,
      batchDims: 0,
    })[0] as Value,
  ],
});

function rowsOf(params: Value, indices: Value, axis: number, batchDims: number) {
  return {
    dtype: params.dtype,
    shape: [
      ...params.shape.slice(0, axis),
      ...indices.shape.slice(batchDims),
      ...params.shape.slice(axis + 1),
    ],
  };
}

function colocated<R>(tensor: Tensor, body: () => R): R {
  const { graph } = tensor;
  return graph.inside(graph.colocationPatch(tensor), body);
}

const GatherV2 = defineOp({
  type: "GatherV2",
  inputs: ["params: Tparams", "indices: Tindices", "axis: Taxis"],
  outputs: ["output: Tparams"],
  attrs: {
    batch_dims: a.int(0),
    Tparams: a.type(),
    Tindices: a.type(wideIndexTypes),
    Taxis: a.type(indexTypes),
  },
  traits: { passesSlices: true },
  shape: ({ inputs: [params, indices], attrs: { batch_dims }, constant }) => {
    const axis = constant(2);
    return [gathered(params.shape, indices.shape, axis && Number(axis.at(0)), batch_dims)];
  },
  gradient: ({ inputs: [params, indices, axis], attrs, dy: [dy] }) => [
    gatherGradient(params, indices, axis, attrs.batch_dims, dy),
    null,
    null,
  ],
  lower: ({ inputs: [params, indices], attrs: { batch_dims }, constant, k }) => {
    const at = positiveAxis(Number(constant(2).at(0)), params.shape.length);
    const batchDims = positiveAxis(batch_dims, indices.shape.length);
    if (at < 0 || at >= params.shape.length) {
      throw new Error(
        `Expected axis in the range [${-params.shape.length}, ${params.shape.length}), but got ${at}`,
      );
    }
    const out = rowsOf(params, indices, at, batchDims);
    return [k.routine("gather", [params, indices], [out], { axis: at, batchDims })[0] as Value];
  },
});

function gatherGradient(
  params: Tensor,
  indices: Tensor,
  axis: Tensor,
  batchDims: number,
  dy: Tensor,
): GradientResult {
  const paramsShape = colocated(params, () => shape(params));
  const count = expandDims(size(indices), 0);
  const known = staticValue(axis);
  let batch = batchDims;
  if (batch < 0) {
    if (indices.shape.rank === null) {
      throw new ValueError(
        `Currently, it is unsupported to take the gradient of tf.gather when batch_dims < 0 and the rank of the indices is unknown. Please pass a positive batch_dims or use tf.ensure_shape to update the shape of indices when calling tf.gather. Got batch_dims=${batchDims} and indices=${indices}`,
      );
    }
    batch += indices.shape.rank;
  }
  if (known && Number(known.at(0)) === 0) {
    const tail = paramsShape.slice([1, null]);
    const values = reshape(dense(dy), concat([count, tail], 0));
    return new IndexedSlices(values, reshape(indices, count), paramsShape);
  }
  return gatherAxisGradient(params, paramsShape, indices, axis, batch, dy);
}

/** Moves the axis to the front, behind the batch dimensions, sums there, and moves it back. */
function gatherAxisGradient(
  params: Tensor,
  paramsShape: Tensor,
  indices: Tensor,
  axis: Tensor,
  batchDims: number,
  dy: Tensor,
): Tensor {
  const outer = paramsShape.slice([null, axis]);
  const inner = paramsShape.slice([axis, null]).slice([1, null]);
  const valuesShape = concat([outer, integers([-1]), inner], 0);
  const valuesDims = size(valuesShape);
  const axisDims = size(outer);
  const outerBatches = range(batchDims);
  const batchAxes = range(batchDims, axisDims);
  const innerAxes = range(axisDims.add(1), valuesDims);
  const values = reshape(dense(dy), valuesShape);
  const order = concat([outerBatches, [axisDims], batchAxes, innerAxes], 0);
  const moved = transpose(values, { perm: order });
  const movedShape = gather(paramsShape, order);
  const width = paramsShape.slice(axis);
  const summed = batchGatherGradient(movedShape, moved, indices, batchDims, width);
  const back = concat([outerBatches, batchAxes.add(1), integers([batchDims]), innerAxes], 0);
  return reshape(transpose(summed, { perm: back }), shape(params));
}

function batchGatherGradient(
  paramsShape: Tensor,
  values: Tensor,
  indices: Tensor,
  batchDims: number,
  width: Tensor,
): Tensor {
  const count = expandDims(size(indices), 0);
  if (batchDims === 0) return unsortedSegmentSum(values, reshape(indices, count), width);
  const valuesShape = shape(values);
  const outer = valuesShape.slice([null, batchDims]);
  const inner = valuesShape.slice([batchDims, null]).slice([1, null]);
  const batchSize = reduceProd(outer, { axis: [0] });
  const flatShape = concat([integers([-1]), inner], 0);
  const rows = width.mul(batchSize);
  const flatIndices = reshapeIndices(paramsShape, indices, batchDims);
  const flat = reshape(values, flatShape);
  const summed = unsortedSegmentSum(flat, reshape(flatIndices, count), rows);
  return reshape(summed, concat([outer, flatShape], 0));
}

/** Indices into all batches flattened into one axis. */
function reshapeIndices(paramsShape: Tensor, indices: Tensor, batchDims: number): Tensor {
  const dtype = indices.dtype.base;
  const dims = cast(paramsShape, dtype);
  let result = indices;
  let step: Tensor = ones([], { dtype });
  for (let dim = batchDims; dim > 0; dim--) {
    const count = dims.slice(dim - 1);
    step = step.mul(dims.slice(dim));
    const start = zeros([], { dtype });
    const one = ones([], { dtype });
    const offsets = range(start, count, one).mul(step);
    const form = concat(
      [tile(integers([1]), [dim - 1]), [count], tile(integers([1]), [rank(indices).sub(dim)])],
      0,
    );
    result = result.add(reshape(offsets, form));
  }
  return result;
}

export interface GatherOptions extends Named {
  /** The axis that is indexed; the first behind the batch dimensions by default. */
  readonly axis?: TensorLike | undefined;
  /** Leading dimensions that params and indices share. */
  readonly batchDims?: number | undefined;
}

interface SparseReadable {
  sparseRead(indices: TensorLike, options?: Named): Tensor;
}

/** Variables that read only the rows that are asked for. */
function readsRows(value: unknown): value is SparseReadable {
  return typeof (value as Partial<SparseReadable> | null)?.sparseRead === "function";
}

/** Picks slices of `params` by their position along an axis. TensorFlow: `tf.gather`. */
export function gather(
  params: TensorLike,
  indices: TensorLike,
  { axis, batchDims = 0, name }: GatherOptions = {},
): Tensor {
  const at = axis ?? batchDims;
  if (at === 0 && readsRows(params)) return params.sparseRead(integers(indices), { name });
  const inputs = [params, integers(indices), integers(at)];
  return createOp(GatherV2, inputs, { batch_dims: at === 0 ? 0 : batchDims }, name).output;
}

// GatherNd, ScatterNd

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

/** Picks slices of `params` by tuples of positions. TensorFlow: `tf.gather_nd`. */
export function gatherNd(params: TensorLike, indices: TensorLike, { name }: Named = {}): Tensor {
  if (readsPlaces(params)) return params.gatherNd(integers(indices), { name });
  return createOp(GatherNd, [params, integers(indices)], {}, name).output;
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

// OneHot

const OneHot = defineOp({
  type: "OneHot",
  inputs: ["indices: TI", "depth: int32", "on_value: T", "off_value: T"],
  outputs: ["output: T"],
  attrs: { axis: a.int(-1), T: a.type(), TI: a.type([uint8, int8, int32, int64], int64) },
  shape: ({ inputs: [indices], attrs: { axis }, constant }) => {
    if (axis < -1) throw new ShapeError(`axis must be >= -1, but got ${axis}`);
    const depth = constant(1);
    const count = depth && Number(depth.at(0));
    if (count !== null && count < 0)
      throw new ShapeError(
        `Dimension size, given by scalar input 1, must be non-negative but is ${count}`,
      );
    const dims = indices.shape.dims;
    if (!dims) return [unknownShape];
    if (axis > dims.length)
      throw new ShapeError(`axis must be in the range [-1, ${dims.length + 1}), but got ${axis}`);
    return [dims.toSpliced(axis === -1 ? dims.length : axis, 0, count)];
  },
  gradient: "zero",
  lower: ({ inputs: [indices, , on, off], attrs: { axis, TI }, constant, k }) => {
    const depth = Number(constant(1).at(0));
    if (depth < 0) throw new Error(`depth must be non-negative, got: ${depth}`);
    const at = axis === -1 ? indices.shape.length : axis;
    const dims = indices.shape.toSpliced(at, 0, depth);
    const thin = k.reshape(indices, indices.shape.toSpliced(at, 0, 1));
    const isHot = e.eq(loadBroadcast(thin, dims), e.index(at, TI));
    return [k.loop(dims, e.select(isHot, loadBroadcast(on, dims), loadBroadcast(off, dims)))];
  },
});

export interface OneHotOptions extends Named {
  readonly onValue?: TensorLike | undefined;
  readonly offValue?: TensorLike | undefined;
  /** The new axis; the last by default. */
  readonly axis?: number | undefined;
  readonly dtype?: DTypeLike | undefined;
}

/** `onValue` (1) at each index along a new axis of size `depth`, `offValue` (0) elsewhere. TensorFlow: `tf.one_hot`. */
export function oneHot(
  indices: TensorLike,
  depth: TensorLike,
  { onValue, offValue, axis = -1, dtype, name }: OneHotOptions = {},
): Tensor {
  return opScope(name, "one_hot", [indices, depth, onValue, offValue], (scope) => {
    const wanted = dtype === undefined ? undefined : asDType(dtype);
    const hint = wanted ? { preferredDtype: wanted } : {};
    const given = {
      on: onValue === undefined ? null : convertToTensor(onValue, hint),
      off: offValue === undefined ? null : convertToTensor(offValue, hint),
    };
    const type = oneHotType(given.on?.dtype.base, given.off?.dtype.base, wanted);
    const on =
      given.on ?? convertToTensor(type.isBool ? true : 1, { dtype: type, name: "on_value" });
    const off =
      given.off ?? convertToTensor(type.isBool ? false : 0, { dtype: type, name: "off_value" });
    if (on.dtype.base !== off.dtype.base) {
      throw new TypeError(
        `dtype ${on.dtype.base} of on_value does not match dtype ${off.dtype.base} of off_value`,
      );
    }
    return createOp(OneHot, [integers(indices), integers(depth), on, off], { axis }, scope).output;
  });
}

function oneHotType(
  on: DType | undefined,
  off: DType | undefined,
  wanted: DType | undefined,
): DType {
  if (!on && !off) return wanted ?? float32;
  if (!wanted) return (on ?? off) as DType;
  if (on && on !== wanted) {
    throw new TypeError(`dtype ${on} of on_value does not match dtype parameter ${wanted}`);
  }
  if (off && off !== wanted) {
    throw new TypeError(`dtype ${off} of off_value does not match dtype parameter ${wanted}`);
  }
  return wanted;
}
