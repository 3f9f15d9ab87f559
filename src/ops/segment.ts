/** Reductions of the rows that share a segment id. */

import { allocate, bool, type DType, int16, int32, int64 } from "../core/dtypes.ts";
import { NDArray } from "../core/ndarray.ts";
import { TensorShape, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { type SegmentKind, segment, segmentRows } from "../engines/routines/segment.ts";
import {
  concat,
  expandDims,
  gather,
  indexTensor,
  newaxis,
  ones,
  onesLike,
  rank,
  reshape,
  shape,
  shapeInternal,
  whereV2,
  zerosLike,
} from "./array.ts";
import { divide, maximum } from "./binary.ts";
import { cast } from "./cast.ts";
import { equal, greater, greaterEqual, logicalAnd } from "./comparison.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { type AttrSpec, a, defineOp, type ShapeInput, type TypedOpDef } from "./define.ts";
import { numbers, reals } from "./dtype-lists.ts";
import { mergeShapes, withRank } from "./merge.ts";
import { integers, opScope } from "./support.ts";
import { sqrt } from "./unary.ts";
import "./operators.ts";

interface SegmentGradient {
  readonly data: Tensor;
  readonly ids: Tensor;
  readonly y: Tensor;
  readonly dy: Tensor;
}

type SegmentDef = TypedOpDef<{ readonly T: AttrSpec<DType>; readonly Tindices: AttrSpec<DType> }>;

/** An op over ids in increasing order; the number of rows of the result is known once it runs. */
function defineSegment(
  type: string,
  kind: SegmentKind,
  allowed: readonly DType[],
  gradient: (values: SegmentGradient) => Tensor,
): SegmentDef {
  return defineOp({
    type,
    inputs: ["data: T", "segment_ids: Tindices"],
    outputs: ["output: T"],
    attrs: { T: a.type(allowed), Tindices: a.type([int32, int64]) },
    shape: ({ inputs: [data, ids] }) => {
      withRank(ids.shape, 1);
      return [data.shape.dims ? [null, ...data.shape.dims.slice(1)] : unknownShape];
    },
    gradient: ({ inputs: [data, ids], outputs: [y], dy: [dy] }) => [
      gradient({ data, ids, y, dy }),
      null,
    ],
    lower: "host",
    host: ([data, ids]) => [segmentArray(data as NDArray, ids as NDArray, kind)],
  });
}

/** @internal The rows of `data` reduced by ids in increasing order. */
export function segmentArray(data: NDArray, ids: NDArray, kind: SegmentKind): NDArray {
  const dims = [segmentRows(ids), ...data.shape.slice(1)];
  const size = dims.reduce((product, dim) => product * dim, 1);
  const output = new NDArray(allocate(data.dtype, size), dims, data.dtype);
  segment([data, ids], [output], { kind });
  return output;
}

function meanGradient({ data, ids, dy }: SegmentGradient): Tensor {
  const inner = rank(data);
  const idsShape = shape(ids);
  const remaining = ones(expandDims(inner.sub(1), 0), { dtype: idsShape.dtype });
  const counted = ones(concat([idsShape, remaining], 0), { dtype: dy.dtype.base });
  return gather(divide(dy, segmentSum(counted, ids)), ids);
}

/** The gradient goes to the elements that were chosen, in equal parts. */
function extremeGradient({ data, ids, y, dy }: SegmentGradient): Tensor {
  const zero = zerosLike(data, { dtype: data.dtype.base });
  const chosen = equal(data, gather(y, ids));
  const count = segmentSum(cast(chosen, dy.dtype), ids);
  return whereV2(chosen, gather(divide(dy, count), ids), zero);
}

/**
 * The product of the other rows: the whole product divided by the row, or what is left when the only zero is taken
 * out. With two zeros in a segment all its gradients are 0.
 */
function prodGradient({ data, ids, y, dy }: SegmentGradient): Tensor {
  const isZero = equal(data, 0);
  const zeroCount = segmentSum(cast(isZero, int32), ids);
  const upstream = whereV2(greater(zeroCount, 1), zerosLike(dy), dy);
  const nonZero = whereV2(isZero, onesLike(data), data);
  const nonZeroProduct = segmentProd(nonZero, ids);
  const product = gather(y, ids);
  const productOfOthers = gather(nonZeroProduct, ids);
  const divided = product.truediv(nonZero);
  const partial = whereV2(isZero, productOfOthers, divided);
  return gather(upstream, ids).mul(partial);
}

const SegmentSum = defineSegment("SegmentSum", "sum", numbers, ({ dy, ids }) => gather(dy, ids));
const SegmentMean = defineSegment("SegmentMean", "mean", numbers, meanGradient);
const SegmentProd = defineSegment("SegmentProd", "prod", numbers, prodGradient);
const SegmentMax = defineSegment("SegmentMax", "max", reals, extremeGradient);
const SegmentMin = defineSegment("SegmentMin", "min", reals, extremeGradient);

function sorted(def: SegmentDef, data: TensorLike, ids: TensorLike, { name }: Named): Tensor {
  return createOp(def, [data, integers(ids)], {}, name).output;
}

/** Sums of rows by ids in increasing order. TensorFlow: `tf.segment_sum`. */
export function segmentSum(data: TensorLike, segmentIds: TensorLike, options: Named = {}): Tensor {
  return sorted(SegmentSum, data, segmentIds, options);
}
/** Means of rows by ids in increasing order. TensorFlow: `tf.segment_mean`. */
export function segmentMean(data: TensorLike, segmentIds: TensorLike, options: Named = {}): Tensor {
  return sorted(SegmentMean, data, segmentIds, options);
}
/** Products of rows by ids in increasing order. TensorFlow: `tf.segment_prod`. */
export function segmentProd(data: TensorLike, segmentIds: TensorLike, options: Named = {}): Tensor {
  return sorted(SegmentProd, data, segmentIds, options);
}
/** The largest of rows by ids in increasing order. TensorFlow: `tf.segment_max`. */
export function segmentMax(data: TensorLike, segmentIds: TensorLike, options: Named = {}): Tensor {
  return sorted(SegmentMax, data, segmentIds, options);
}
/** The smallest of rows by ids in increasing order. TensorFlow: `tf.segment_min`. */
export function segmentMin(data: TensorLike, segmentIds: TensorLike, options: Named = {}): Tensor {
  return sorted(SegmentMin, data, segmentIds, options);
}

// Ids in any order, with the number of segments given

interface UnsortedGradient extends SegmentGradient {
  readonly count: Tensor;
}

type UnsortedDef = TypedOpDef<{
  readonly T: AttrSpec<DType>;
  readonly Tindices: AttrSpec<DType>;
  readonly Tnumsegments: AttrSpec<DType>;
}>;

function unsortedShape(data: ShapeInput, ids: ShapeInput, count: number | null): TensorShape {
  const [dims, prefix] = [data.shape.dims, ids.shape.dims];
  if (!prefix || !dims) return unknownShape;
  mergeShapes(data.shape.slice(0, prefix.length), ids.shape);
  return new TensorShape([count, ...dims.slice(prefix.length)]);
}

function defineUnsorted(
  type: string,
  kind: SegmentKind,
  allowed: readonly DType[],
  idTypes: readonly DType[],
  gradient: (values: UnsortedGradient) => Tensor,
): UnsortedDef {
  return defineOp({
    type,
    inputs: ["data: T", "segment_ids: Tindices", "num_segments: Tnumsegments"],
    outputs: ["output: T"],
    attrs: {
      T: a.type(allowed),
      Tindices: a.type(idTypes),
      Tnumsegments: a.type([int32, int64], int32),
    },
    shape: ({ inputs: [data, ids, count], constant }) => {
      withRank(count.shape, 0);
      const known = constant(2);
      return [unsortedShape(data, ids, known && Number(known.item()))];
    },
    gradient: ({ inputs: [data, ids, count], outputs: [y], dy: [dy] }) => [
      gradient({ data, ids, count, y, dy }),
      null,
      null,
    ],
    lower: ({ inputs: [data, ids], k, constant }) => {
      const rows = Number(constant(2).item());
      if (rows < 0) throw new Error(`Input num_segments == ${rows} must not be negative.`);
      const dims = [rows, ...data.shape.slice(ids.shape.length)];
      return k.routine("unsortedSegment", [data, ids], [{ dtype: data.dtype, shape: dims }], {
        kind,
      });
    },
  });
}

interface Dropped {
  readonly values: Tensor;
  readonly clipped: Tensor;
  readonly isPositive: Tensor;
}

/** Rows of `params` by id, zeros where the id is negative. */
function gatherDropNegatives(params: Tensor, ids: Tensor, known?: Partial<Dropped>): Dropped {
  const clipped = known?.clipped ?? maximum(ids, zerosLike(ids));
  const gathered = gather(params, clipped);
  const isPositive = known?.isPositive ?? positiveMask(ids, gathered);
  return { values: whereV2(isPositive, gathered, zerosLike(gathered)), clipped, isPositive };
}

/** Where ids are not negative, in the shape of what was gathered for them. */
function positiveMask(ids: Tensor, gathered: Tensor): Tensor {
  const mask = greaterEqual(ids, 0);
  const maskShape = shape(mask);
  const extra = ones([rank(gathered).sub(rank(mask))], { dtype: maskShape.dtype });
  return reshape(mask, concat([maskShape, extra], 0)).and(onesLike(gathered, { dtype: bool }));
}

function unsortedExtremeGradient({ data, ids, count, y, dy }: UnsortedGradient): Tensor {
  const { values, clipped, isPositive } = gatherDropNegatives(y, ids);
  const chosen = logicalAnd(equal(data, values), isPositive);
  const selected = unsortedSegmentSum(cast(chosen, dy.dtype), ids, count);
  const weighted = gatherDropNegatives(divide(dy, selected), ids, { clipped, isPositive }).values;
  return whereV2(chosen, weighted, zerosLike(weighted));
}

function unsortedProdGradient({ data, ids, count, y, dy }: UnsortedGradient): Tensor {
  const isZero = equal(data, 0);
  const zeroCount = unsortedSegmentSum(cast(isZero, int32), ids, count);
  const upstream = whereV2(greater(zeroCount, 1), zerosLike(dy), dy);
  const nonZero = whereV2(isZero, onesLike(data), data);
  const nonZeroProduct = unsortedSegmentProd(nonZero, ids, count);
  const clipped = maximum(ids, zerosLike(ids));
  const product = gather(y, clipped);
  const productOfOthers = gather(nonZeroProduct, clipped);
  const divided = product.truediv(data);
  const partial = whereV2(isZero, productOfOthers, divided);
  return gatherDropNegatives(upstream, ids, { clipped }).values.mul(partial);
}

const UnsortedSegmentSum = defineUnsorted(
  "UnsortedSegmentSum",
  "sum",
  numbers,
  [int16, int32, int64],
  ({ dy, ids }) => gatherDropNegatives(dy, ids).values,
);
const UnsortedSegmentProd = defineUnsorted(
  "UnsortedSegmentProd",
  "prod",
  numbers,
  [int32, int64],
  unsortedProdGradient,
);
const UnsortedSegmentMax = defineUnsorted(
  "UnsortedSegmentMax",
  "max",
  reals,
  [int32, int64],
  unsortedExtremeGradient,
);
const UnsortedSegmentMin = defineUnsorted(
  "UnsortedSegmentMin",
  "min",
  reals,
  [int32, int64],
  unsortedExtremeGradient,
);

function unsorted(
  def: UnsortedDef,
  data: TensorLike,
  ids: TensorLike,
  count: TensorLike,
  { name }: Named,
): Tensor {
  return createOp(def, [data, integers(ids), integers(count)], {}, name).output;
}

/** Sums of rows by id; negative ids are left out. TensorFlow: `tf.unsorted_segment_sum`. */
export function unsortedSegmentSum(
  data: TensorLike,
  segmentIds: TensorLike,
  numSegments: TensorLike,
  options: Named = {},
): Tensor {
  return unsorted(UnsortedSegmentSum, data, segmentIds, numSegments, options);
}
/** Products of rows by id; negative ids are left out. TensorFlow: `tf.unsorted_segment_prod`. */
export function unsortedSegmentProd(
  data: TensorLike,
  segmentIds: TensorLike,
  numSegments: TensorLike,
  options: Named = {},
): Tensor {
  return unsorted(UnsortedSegmentProd, data, segmentIds, numSegments, options);
}
/** The largest of rows by id, the lowest number for empty segments. TensorFlow: `tf.unsorted_segment_max`. */
export function unsortedSegmentMax(
  data: TensorLike,
  segmentIds: TensorLike,
  numSegments: TensorLike,
  options: Named = {},
): Tensor {
  return unsorted(UnsortedSegmentMax, data, segmentIds, numSegments, options);
}
/** The smallest of rows by id, the highest number for empty segments. TensorFlow: `tf.unsorted_segment_min`. */
export function unsortedSegmentMin(
  data: TensorLike,
  segmentIds: TensorLike,
  numSegments: TensorLike,
  options: Named = {},
): Tensor {
  return unsorted(UnsortedSegmentMin, data, segmentIds, numSegments, options);
}

/** How many rows each segment has, at least 1, in a shape that broadcasts over the rows. */
function segmentCounts(data: Tensor, ids: Tensor, numSegments: TensorLike): Tensor {
  const count = convertToTensor(integers(numSegments));
  const counted = ones(shapeInternal(ids), { dtype: data.dtype.base });
  const sums = unsortedSegmentSum(counted, ids, count);
  const first = indexTensor(count, [newaxis]);
  const extra = ones([rank(data).sub(rank(ids))], { dtype: count.dtype });
  return maximum(reshape(sums, concat([first, extra], 0)), 1);
}

/** Means of rows by id. TensorFlow: `tf.unsorted_segment_mean`. */
export function unsortedSegmentMean(
  data: TensorLike,
  segmentIds: TensorLike,
  numSegments: TensorLike,
  { name }: Named = {},
): Tensor {
  return scaledSum(data, segmentIds, numSegments, name || "UnsortedSegmentMean", (count) => count);
}

/** Sums of rows by id, divided by the square root of their number. TensorFlow: `tf.unsorted_segment_sqrt_n`. */
export function unsortedSegmentSqrtN(
  data: TensorLike,
  segmentIds: TensorLike,
  numSegments: TensorLike,
  { name }: Named = {},
): Tensor {
  return scaledSum(data, segmentIds, numSegments, name || "UnsortedSegmentSqrtN", sqrt);
}

function scaledSum(
  data: TensorLike,
  segmentIds: TensorLike,
  numSegments: TensorLike,
  name: string,
  divisor: (count: Tensor) => Tensor,
): Tensor {
  return opScope(name, name, [data, segmentIds, numSegments], () => {
    const rows = convertToTensor(data);
    const ids = convertToTensor(integers(segmentIds));
    const counts = segmentCounts(rows, ids, numSegments);
    const sums = unsortedSegmentSum(rows, ids, numSegments);
    return sums.truediv(divisor(counts));
  });
}
