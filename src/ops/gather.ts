/** Picking slices along an axis: Gather and GatherV2. */

import type { DTypeName } from "../core/dtypes.ts";
import { int16, int32, int64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { type TensorShape, unknownOfRank, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Value } from "../engines/ir.ts";
import { cast } from "./cast.ts";
import { concat } from "./concat.ts";
import type { TensorLike, TensorOf } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, type GradientResult, ShapeError } from "./define.ts";
import { ones, zeros } from "./fill.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { withRankAtLeast } from "./merge.ts";
import { tile } from "./pad.ts";
import { range } from "./range.ts";
import { reduceProd } from "./reduce.ts";
import { unsortedSegmentSum } from "./segment.ts";
import { dense, expandDims, rank, reshape, shape, size } from "./shape.ts";
import { integers, positiveAxis, staticValue } from "./support.ts";
import { transpose } from "./transpose.ts";

const indexTypes = [int32, int64];
const wideIndexTypes = [int16, int32, int64];

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
export function gather<D extends DTypeName>(
  params: TensorOf<D>,
  indices: TensorLike,
  options?: GatherOptions,
): Tensor<D>;
export function gather(params: TensorLike, indices: TensorLike, options?: GatherOptions): Tensor;
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
