/** Segments of rows picked by index: sums, means, and sums over the square root of their number. */

import {
  allocate,
  bfloat16,
  type DType,
  float16,
  float32,
  float64,
  int32,
  int64,
} from "../core/dtypes.ts";
import { NDArray, sizeOf, writeElement } from "../core/ndarray.ts";
import { type Dim, TensorShape, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { indexTensor, shape } from "./array.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { type AttrSpec, a, defineOp, type ShapeInput, type TypedOpDef } from "./define.ts";
import { reals } from "./dtype-lists.ts";
import { mergeShapes, withRank } from "./merge.ts";
import { integers } from "./support.ts";

type Kind = "sum" | "mean" | "sqrtN";

const averaged: readonly DType[] = [bfloat16, float16, float32, float64];
const indexTypes: readonly DType[] = [int32, int64];

/** How much each of `count` rows weighs. */
function weight(kind: Kind, count: number): number {
  if (kind === "sum") return 1;
  return kind === "mean" ? 1 / count : 1 / Math.sqrt(count);
}

/** How many rows each segment has. Throws when ids do not fit. */
function countRows(ids: readonly number[], rows: number): number[] {
  const counts = new Array<number>(rows).fill(0);
  ids.forEach((id, i) => {
    if (id < (ids[i - 1] ?? 0)) throw new Error("segment ids are not increasing");
    if (id >= rows) {
      throw new Error(
        `Segment id ${id} out of range [0, ${rows}), possibly because 'segment_ids' input is not sorted.`,
      );
    }
    counts[id] = (counts[id] as number) + 1;
  });
  return counts;
}

function checkIndices(indices: readonly number[], rows: number): void {
  indices.forEach((index, i) => {
    if (index < 0 || index >= rows) {
      throw new Error(`Bad: indices[${i}] == ${index} out of range [0, ${rows})`);
    }
  });
}

/** Adds `weights[i]` times row `from[i]` of `source` to row `to[i]` of `target`, summing in double precision. */
function addRows(
  source: NDArray,
  from: readonly number[],
  to: readonly number[],
  weights: readonly number[],
  dims: readonly number[],
): NDArray {
  const inner = sizeOf(dims.slice(1));
  const isBig = source.dtype.isBig;
  const sums = isBig ? null : new Float64Array(sizeOf(dims));
  const wholes = isBig ? new BigInt64Array(sizeOf(dims)) : null;
  from.forEach((row, i) => {
    const start = (to[i] as number) * inner;
    for (let j = 0; j < inner; j++) {
      const value = source.at(row * inner + j);
      if (wholes) wholes[start + j] = (wholes[start + j] as bigint) + (value as bigint);
      if (sums) {
        sums[start + j] = (sums[start + j] as number) + (value as number) * (weights[i] as number);
      }
    }
  });
  const output = new NDArray(allocate(source.dtype, sizeOf(dims)), dims, source.dtype);
  const values = sums ?? (wholes as BigInt64Array);
  values.forEach((value, i) => {
    writeElement(output.data, source.dtype, i, value);
  });
  return output;
}

function numbers(array: NDArray | undefined): number[] {
  return Array.from((array as NDArray).values(), Number);
}

function reduceRows(kind: Kind, inputs: readonly NDArray[]): NDArray {
  const data = inputs[0] as NDArray;
  const indices = numbers(inputs[1]);
  const ids = numbers(inputs[2]);
  if (indices.length !== ids.length) {
    throw new Error("segment_ids and indices should have same size.");
  }
  const rows = inputs[3] ? Number(inputs[3].item()) : (ids.at(-1) ?? -1) + 1;
  checkIndices(indices, data.shape[0] ?? 0);
  const counts = countRows(ids, rows);
  const weights = ids.map((id) => weight(kind, counts[id] as number));
  return addRows(data, indices, ids, weights, [rows, ...data.shape.slice(1)]);
}

function spreadRows(kind: Kind, inputs: readonly NDArray[]): NDArray {
  const dy = inputs[0] as NDArray;
  const indices = numbers(inputs[1]);
  const ids = numbers(inputs[2]);
  const rows = Number((inputs[3] as NDArray).item());
  checkIndices(indices, rows);
  const counts = countRows(ids, dy.shape[0] ?? 0);
  const weights = ids.map((id) => weight(kind, counts[id] as number));
  return addRows(dy, ids, indices, weights, [rows, ...dy.shape.slice(1)]);
}

function rowsShape(data: ShapeInput, indices: ShapeInput, ids: ShapeInput, rows: Dim): TensorShape {
  mergeShapes(withRank(indices.shape, 1), withRank(ids.shape, 1));
  const { dims } = data.shape;
  return dims ? new TensorShape([rows, ...dims.slice(1)]) : unknownShape;
}

type SparseDef = TypedOpDef<{ readonly T: AttrSpec<DType>; readonly Tidx: AttrSpec<DType> }>;

function defineSparse(
  type: string,
  kind: Kind,
  allowed: readonly DType[],
  grad: () => SparseDef,
): SparseDef {
  return defineOp({
    type,
    inputs: ["data: T", "indices: Tidx", "segment_ids: int32"],
    outputs: ["output: T"],
    attrs: { T: a.type(allowed), Tidx: a.type(indexTypes, int32) },
    shape: ({ inputs: [data, indices, ids] }) => [rowsShape(data, indices, ids, null)],
    gradient: ({ inputs: [data, indices, ids], dy: [dy] }) => [
      sparseGradient(grad(), data, indices, ids, dy),
      null,
      null,
    ],
    lower: "host",
    host: (inputs) => [reduceRows(kind, inputs)],
  });
}

function defineCounted(
  type: string,
  kind: Kind,
  allowed: readonly DType[],
  grad: () => SparseDef,
): SparseDef {
  return defineOp({
    type,
    inputs: ["data: T", "indices: Tidx", "segment_ids: int32", "num_segments: Tnumsegments"],
    outputs: ["output: T"],
    attrs: {
      T: a.type(allowed),
      Tidx: a.type(indexTypes, int32),
      Tnumsegments: a.type(indexTypes, int32),
    },
    shape: ({ inputs: [data, indices, ids], constant }) => {
      const rows = constant(3);
      return [rowsShape(data, indices, ids, rows && Number(rows.item()))];
    },
    gradient: ({ inputs: [data, indices, ids], dy: [dy] }) => [
      sparseGradient(grad(), data, indices, ids, dy),
      null,
      null,
      null,
    ],
    lower: "host",
    host: (inputs) => [reduceRows(kind, inputs)],
  });
}

function defineSpread(type: string, kind: Kind): SparseDef {
  return defineOp({
    type,
    inputs: ["grad: T", "indices: Tidx", "segment_ids: int32", "output_dim0: int32"],
    outputs: ["output: T"],
    attrs: { T: a.type(averaged), Tidx: a.type(indexTypes, int32) },
    shape: ({ inputs: [grad, indices, ids], constant }) => {
      const rows = constant(3);
      return [rowsShape(grad, indices, ids, rows && Number(rows.item()))];
    },
    gradient: "none",
    lower: "host",
    host: (inputs) => [spreadRows(kind, inputs)],
  });
}

function sparseGradient(
  def: SparseDef,
  data: Tensor,
  indices: Tensor,
  ids: Tensor,
  dy: Tensor,
): Tensor {
  const rows = indexTensor(shape(data), [0]);
  return createOp(def, [dy, indices, ids, rows], {}, undefined).output;
}

const SumGrad = defineSpread("SparseSegmentSumGrad", "sum");
const MeanGrad = defineSpread("SparseSegmentMeanGrad", "mean");
const SqrtNGrad = defineSpread("SparseSegmentSqrtNGrad", "sqrtN");
const Sum = defineSparse("SparseSegmentSum", "sum", reals, () => SumGrad);
const Mean = defineSparse("SparseSegmentMean", "mean", averaged, () => MeanGrad);
const SqrtN = defineSparse("SparseSegmentSqrtN", "sqrtN", averaged, () => SqrtNGrad);
const CountedSum = defineCounted("SparseSegmentSumWithNumSegments", "sum", reals, () => SumGrad);
const CountedMean = defineCounted(
  "SparseSegmentMeanWithNumSegments",
  "mean",
  averaged,
  () => MeanGrad,
);
const CountedSqrtN = defineCounted(
  "SparseSegmentSqrtNWithNumSegments",
  "sqrtN",
  averaged,
  () => SqrtNGrad,
);

export interface SparseSegmentOptions extends Named {
  /** Rows of the result; by default one more than the last id. */
  readonly numSegments?: TensorLike | undefined;
}

function sparse(
  plain: SparseDef,
  counted: SparseDef,
  inputs: readonly TensorLike[],
  { numSegments, name }: SparseSegmentOptions,
): Tensor {
  const [data, ...rest] = inputs as readonly [TensorLike, ...TensorLike[]];
  const vectors = rest.map((vector) => integers(vector));
  return numSegments === undefined
    ? createOp(plain, [data, ...vectors], {}, name).output
    : createOp(counted, [data, ...vectors, integers(numSegments)], {}, name).output;
}

/** Sums of the rows `indices` of `data` by segment, ids in increasing order. TensorFlow: `tf.sparse.segment_sum`. */
export function sparseSegmentSum(
  data: TensorLike,
  indices: TensorLike,
  segmentIds: TensorLike,
  options: SparseSegmentOptions = {},
): Tensor {
  return sparse(Sum, CountedSum, [data, indices, segmentIds], options);
}

/** Means of the rows `indices` of `data` by segment, ids in increasing order. TensorFlow: `tf.sparse.segment_mean`. */
export function sparseSegmentMean(
  data: TensorLike,
  indices: TensorLike,
  segmentIds: TensorLike,
  options: SparseSegmentOptions = {},
): Tensor {
  return sparse(Mean, CountedMean, [data, indices, segmentIds], options);
}

/**
 * Sums of the rows `indices` of `data` by segment, divided by the square root of their number.
 * TensorFlow: `tf.sparse.segment_sqrt_n`.
 */
export function sparseSegmentSqrtN(
  data: TensorLike,
  indices: TensorLike,
  segmentIds: TensorLike,
  options: SparseSegmentOptions = {},
): Tensor {
  return sparse(SqrtN, CountedSqrtN, [data, indices, segmentIds], options);
}
