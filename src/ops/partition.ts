/** Splitting rows by a number per row, and putting them together again. */

import { int32 } from "../core/dtypes.ts";
import type { NDArray } from "../core/ndarray.ts";
import { type Dim, TensorShape, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { partitionRows } from "../engines/routines/dynamic.ts";
import { stitchRows } from "../engines/routines/move.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, type ShapeInput } from "./define.ts";
import { gather } from "./gather.ts";
import { mergeShapes } from "./merge.ts";
import { range } from "./range.ts";
import { reduceProd } from "./reduce.ts";
import { reshape, shape } from "./shape.ts";
import { integers, mergeDims } from "./support.ts";

const DynamicPartition = defineOp({
  type: "DynamicPartition",
  inputs: ["data: T", "partitions: int32"],
  outputs: ["outputs: num_partitions * T"],
  attrs: { num_partitions: a.int(undefined, 1), T: a.type() },
  shape: ({ inputs: [data, partitions], attrs: { num_partitions } }) => {
    const each = partShape(data.shape, partitions.shape);
    return new Array<TensorShape>(num_partitions).fill(each);
  },
  gradient: ({ inputs: [data, partitions], attrs: { num_partitions }, dy: [dys] }) => {
    const prefix = shape(partitions);
    const places = reshape(range(reduceProd(prefix)), prefix);
    const parts = dynamicPartition(places, partitions, num_partitions);
    const merged = parallelDynamicStitch(parts, dys);
    return [reshape(merged, shape(data)), null];
  },
  lower: "host",
  host: ([data, partitions], { attrs: { num_partitions } }) =>
    partitionRows(data as NDArray, partitions as NDArray, num_partitions),
});

function partShape(data: TensorShape, partitions: TensorShape): TensorShape {
  const { rank } = partitions;
  if (rank === null || !data.dims) return unknownShape;
  data.dims.slice(0, rank).forEach((dim, axis) => {
    mergeDims(dim, partitions.dims?.[axis] ?? null);
  });
  return new TensorShape([null]).concatenate(data.slice(rank));
}

/**
 * Rows of `data` by the number in `partitions`, whose shape the shape of `data` begins with.
 * TensorFlow: `tf.dynamic_partition`.
 */
export function dynamicPartition(
  data: TensorLike,
  partitions: TensorLike,
  numPartitions: number,
  { name }: Named = {},
): readonly Tensor[] {
  const inputs = [data, integers(partitions)];
  return createOp(DynamicPartition, inputs, { num_partitions: numPartitions }, name).outputs;
}

function stitchedShape(
  indices: readonly ShapeInput[],
  data: readonly ShapeInput[],
  constant: (index: number) => NDArray | null,
): TensorShape {
  let rest: TensorShape = unknownShape;
  let rows: Dim = 0;
  indices.forEach((index, i) => {
    const known = constant(i);
    rows = known && rows !== null ? Math.max(rows, stitchRows([known])) : null;
    const { rank } = index.shape;
    const whole = (data[i] as ShapeInput).shape;
    if (rank === null || !whole.dims) return;
    mergeShapes(index.shape, whole.slice(0, rank));
    rest = mergeShapes(rest, whole.slice(rank));
  });
  return new TensorShape([rows]).concatenate(rest);
}

const ParallelDynamicStitch = defineOp({
  type: "ParallelDynamicStitch",
  inputs: ["indices: N * int32", "data: N * T"],
  outputs: ["merged: T"],
  attrs: { N: a.int(undefined, 1), T: a.type() },
  shape: ({ inputs: [indices, data], constant }) => [stitchedShape(indices, data, constant)],
  gradient: ({ inputs: [indices], dy: [dy] }) => [
    indices.map(() => null),
    indices.map((index) => gather(dy, index)),
  ],
  lower: ({ inputs: [indices, data], attrs: { T }, constant, k }) => {
    const rows = stitchRows(indices.map((_, i) => constant(i)));
    const rank = indices[0]?.shape.length ?? 0;
    const result = [rows, ...(data[0]?.shape.slice(rank) ?? [])];
    return k.routine("dynamicStitch", [...indices, ...data], [{ dtype: T, shape: result }]);
  },
});

/**
 * As `dynamicStitch`, for indices that all differ. TensorFlow:
 * `data_flow_ops.parallel_dynamic_stitch`.
 */
export function parallelDynamicStitch(
  indices: readonly TensorLike[],
  data: readonly TensorLike[],
  { name }: Named = {},
): Tensor {
  return createOp(
    ParallelDynamicStitch,
    [indices.map((index) => integers(index, int32)), data],
    {},
    name,
  ).output;
}
