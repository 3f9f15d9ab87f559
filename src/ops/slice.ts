/** Slice and StridedSlice: parts of tensors. */

import type { DTypeName } from "../core/dtypes.ts";
import { int16, int32, int64 } from "../core/dtypes.ts";
import { type NDArray, sizeOf, stridesOf } from "../core/ndarray.ts";
import { type Dim, unknownOfRank, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { type Builder, load } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import type { Expr, Value } from "../engines/ir.ts";
import { concat } from "./concat.ts";
import type { TensorLike, TensorOf } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { onesLike } from "./fill.ts";
import { mergeShapes, withRank } from "./merge.ts";
import { pad } from "./pad.ts";
import { rank, reshape, shape } from "./shape.ts";
import { stack } from "./stack.ts";
import { type AxisSlice, type SliceMasks, type SliceSpec, sliceOf } from "./strided.ts";
import { advance, copier, integers, move, numbersOf, staticValue } from "./support.ts";

const indexTypes = [int32, int64];

// Slice

const Slice = defineOp({
  type: "Slice",
  inputs: ["input: T", "begin: Index", "size: Index"],
  outputs: ["output: T"],
  attrs: { T: a.type(), Index: a.type(indexTypes) },
  shape: ({ inputs: [x, begin, size], constant, constantShape }) => {
    const lengths = mergeShapes(withRank(begin.shape, 1), withRank(size.shape, 1));
    const count = lengths.dim(0);
    const dims = x.shape.dims ?? (count === null ? null : unknownOfRank(count).dims);
    if (!dims) return [unknownShape];
    if (count !== null && count !== dims.length) {
      throw new ShapeError(`Shape must be rank ${count} but is rank ${dims.length}`);
    }
    const starts = constantShape(1).dims;
    const sizes = constant(2);
    if (!sizes) return [constantShape(2).dims ?? unknownOfRank(dims.length)];
    return [
      numbersOf(sizes).map((length, axis) => {
        if (length !== -1) return length;
        const dim = dims[axis] as Dim;
        const start = starts?.[axis] ?? null;
        return dim === null || start === null ? null : dim - start;
      }),
    ];
  },
  gradient: ({ inputs: [x, begin], outputs: [y], dy: [dy] }) => {
    const inputRank = rank(x);
    const outType = begin.dtype.base;
    const sliceSize = shape(y, { outType });
    const column = stack([inputRank, integers(1)]);
    const before = reshape(begin, column);
    const after = reshape(shape(x, { outType }).sub(sliceSize).sub(begin), column);
    return [pad(dy, concat([before, after], 1)), null, null];
  },
  lower: ({ inputs: [x, begin], constant, k }) => {
    const lengths = numbersOf(constant(2));
    if (!begin.constant && !lengths.includes(-1)) {
      return [
        moveFrom(k, x, [begin], lengths, ([starts]) =>
          checkSlice(numbersOf(starts as NDArray), lengths, x.shape),
        ),
      ];
    }
    const starts = checkSlice(numbersOf(constant(1)), lengths, x.shape);
    const shape = lengths.map((length, axis) =>
      length === -1 ? (x.shape[axis] as number) - (starts[axis] as number) : length,
    );
    return [
      takeStrided(
        k,
        x,
        starts,
        shape,
        shape.map(() => 1),
      ),
    ];
  },
});

function checkSlice(
  starts: readonly number[],
  sizes: readonly number[],
  dims: readonly number[],
): readonly number[] {
  dims.forEach((dim, axis) => {
    const start = starts[axis] as number;
    const size = sizes[axis] as number;
    const length = size === -1 ? dim - start : size;
    if (start < 0 || start > dim) {
      throw new Error(`Expected begin[${axis}] in [0, ${dim}], but got ${start}`);
    }
    if (length < 0 || start + length > dim) {
      throw new Error(`Expected size[${axis}] in [0, ${dim - start}], but got ${length}`);
    }
  });
  return starts;
}

/** `size[i]` elements from `begin[i]` on, `steps[i]` apart, of any dtype. */
function takeStrided(
  k: Builder,
  x: Value,
  begin: readonly number[],
  size: readonly number[],
  steps: readonly number[],
): Value {
  const strides = stridesOf(x.shape);
  const offset = begin.reduce((sum, start, axis) => sum + start * (strides[axis] as number), 0);
  return move(
    k,
    x,
    size,
    strides.map((stride, axis) => stride * (steps[axis] as number)),
    offset,
  );
}

/** Takes elements of known number from a place that is known only when the step runs. */
function moveFrom(
  k: Builder,
  x: Value,
  places: readonly Value[],
  size: readonly number[],
  beginOf: (places: readonly NDArray[]) => readonly number[],
  steps: readonly number[] = size.map(() => 1),
): Value {
  const strides = stridesOf(x.shape);
  const [out] = k.host(
    "slice",
    [x, ...places],
    [{ dtype: x.dtype, shape: size }],
    ([src, ...at], [target]) => {
      const begin = beginOf(at);
      const copy = copier(src as NDArray, target as NDArray);
      const point = new Array<number>(size.length).fill(0);
      const count = sizeOf(size);
      for (let i = 0; i < count; i++) {
        let from = 0;
        for (let axis = 0; axis < size.length; axis++) {
          const index = (begin[axis] as number) + (point[axis] as number) * (steps[axis] as number);
          from += index * (strides[axis] as number);
        }
        copy(i, from);
        advance(point, size);
      }
    },
  );
  return out as Value;
}

/** `size` elements from `begin` on; a size of -1 takes all that are left. TensorFlow: `tf.slice`. */
export function slice<D extends DTypeName>(
  input: TensorOf<D>,
  begin: TensorLike,
  size: TensorLike,
  options?: Named,
): Tensor<D>;
export function slice(
  input: TensorLike,
  begin: TensorLike,
  size: TensorLike,
  options?: Named,
): Tensor;
export function slice(
  input: TensorLike,
  begin: TensorLike,
  size: TensorLike,
  { name }: Named = {},
): Tensor {
  return createOp(Slice, [input, integers(begin), integers(size)], {}, name).output;
}

// StridedSlice

const masks = {
  begin_mask: a.int(0),
  end_mask: a.int(0),
  ellipsis_mask: a.int(0),
  new_axis_mask: a.int(0),
  shrink_axis_mask: a.int(0),
} as const;

function specOf(
  attrs: SliceMasks,
  begin: NDArray | null,
  end: NDArray | null,
  strides: NDArray,
): SliceSpec {
  return {
    begin: begin && numbersOf(begin),
    end: end && numbersOf(end),
    strides: numbersOf(strides),
    begin_mask: attrs.begin_mask,
    end_mask: attrs.end_mask,
    ellipsis_mask: attrs.ellipsis_mask,
    new_axis_mask: attrs.new_axis_mask,
    shrink_axis_mask: attrs.shrink_axis_mask,
  };
}

const shapeFailure = (text: string) => new ShapeError(text);
const runFailure = (text: string) => new Error(text);

const StridedSlice = defineOp({
  type: "StridedSlice",
  inputs: ["input: T", "begin: Index", "end: Index", "strides: Index"],
  outputs: ["output: T"],
  attrs: { T: a.type(), Index: a.type([int16, int32, int64]), ...masks },
  shape: ({ inputs: [x], attrs, constant }) => {
    const strides = constant(3);
    if (!strides || !x.shape.dims) return [unknownShape];
    const spec = specOf(attrs, constant(1), constant(2), strides);
    return [sliceOf(spec, x.shape.dims, shapeFailure).shape];
  },
  partial: ({ inputs: [x], attrs, constant, constantShape }) => {
    const elements = x.shape.rank === 1 ? constantShape(0).dims : null;
    const [begin, end, strides] = [constant(1), constant(2), constant(3)];
    if (!elements || !begin || !end || !strides || attrs.new_axis_mask !== 0) return null;
    const { axes } = sliceOf(specOf(attrs, begin, end, strides), [elements.length], shapeFailure);
    const [axis] = axes as readonly [AxisSlice];
    return Array.from(
      { length: axis.size as number },
      (_, i) => elements[(axis.begin as number) + i * axis.stride] ?? null,
    );
  },
  gradient: ({ inputs: [x, begin, end, strides], attrs, dy: [dy] }) => {
    const sizes = shape(x, { outType: begin.dtype.base });
    const known = [sizes, begin, end, strides].map((tensor) => staticValue(tensor) ?? tensor);
    return [stridedSliceGrad(known, dy, attrs), null, null, null];
  },
  lower: ({ inputs: [x, begin, end], attrs, constant, k }) => {
    const strides = constant(3);
    if (!begin.constant || !end.constant) {
      // Where the place is not known yet but how much is taken is: no new program for each place.
      const open = sliceOf(
        specOf(attrs, begin.constant ?? null, end.constant ?? null, strides),
        x.shape,
        runFailure,
      );
      if (!open.shape.includes(null)) {
        const size = open.axes.map((axis) => axis.size as number);
        const steps = open.axes.map((axis) => axis.stride);
        const found = moveFrom(
          k,
          x,
          [begin, end],
          size,
          ([from, to]) => {
            const spec = specOf(attrs, from as NDArray, to as NDArray, strides);
            return sliceOf(spec, x.shape, runFailure).axes.map((axis) => axis.begin as number);
          },
          steps,
        );
        return [k.reshape(found, open.shape as readonly number[])];
      }
    }
    const taken = sliceOf(specOf(attrs, constant(1), constant(2), strides), x.shape, runFailure);
    const result = takeStrided(
      k,
      x,
      taken.axes.map((axis) => axis.begin as number),
      taken.axes.map((axis) => axis.size as number),
      taken.axes.map((axis) => axis.stride),
    );
    return [k.reshape(result, taken.shape as readonly number[])];
  },
});

function masksOf(attrs: SliceMasks): SliceMasks {
  const { begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask } = attrs;
  return { begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask };
}

/** @internal The StridedSlice op with masks as they are. */
export function stridedSliceNode(
  inputs: readonly TensorLike[],
  attrs: SliceMasks,
  name: string | undefined,
): Tensor {
  return createOp(StridedSlice, inputs, masksOf(attrs), name).output;
}

function stridedSliceGrad(places: readonly TensorLike[], dy: Tensor, attrs: SliceMasks): Tensor {
  return createOp(StridedSliceGrad, [...places, dy], masksOf(attrs), undefined).output;
}

const StridedSliceGrad = defineOp({
  type: "StridedSliceGrad",
  inputs: ["shape: Index", "begin: Index", "end: Index", "strides: Index", "dy: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(), Index: a.type(indexTypes), ...masks },
  shape: ({ constantShape }) => [constantShape(0)],
  gradient: ({ inputs: [, begin, end, strides], attrs, dy: [dy] }) => [
    null,
    null,
    null,
    null,
    stridedSliceNode([dy, begin, end, strides], attrs, undefined),
  ],
  lower: ({ inputs: [, , , , dy], attrs, constant, k }) => {
    const dims = numbersOf(constant(0));
    const spec = specOf(attrs, constant(1), constant(2), constant(3));
    const { axes } = sliceOf(spec, dims, runFailure);
    const flat = k.reshape(
      dy,
      axes.map((axis) => axis.size as number),
    );
    return [scatterStrided(k, flat, dims, axes)];
  },
});

/** Zeros of shape `dims` with the elements of `x` at the places that `axes` took them from. */
function scatterStrided(
  k: Builder,
  x: Value,
  dims: readonly number[],
  axes: readonly AxisSlice[],
): Value {
  if (x.size === 0) return k.fill(dims, 0, x.dtype);
  const rank = dims.length;
  const steps = axes.map((axis) => Math.abs(axis.stride));
  // Along each axis: the elements in increasing order of place, each followed by |stride| - 1 zeros.
  const own = stridesOf(x.shape);
  const forward = axes.map((axis, d) => (axis.stride < 0 ? -1 : 1) * (own[d] as number));
  const offset = axes.reduce(
    (sum, axis, d) =>
      sum + (axis.stride < 0 ? ((x.shape[d] as number) - 1) * (own[d] as number) : 0),
    0,
  );
  const zero = e.constant(0, x.dtype);
  const spread = x.shape.flatMap((dim, d) => [dim, steps[d] as number]);
  let body: Expr = load(
    x,
    forward.flatMap((stride) => [stride, 0]),
    offset,
  );
  steps.forEach((step, d) => {
    if (step > 1) body = e.select(e.eq(e.index(2 * d + 1, int32), 0), body, zero);
  });
  const wide = k.reshape(
    k.loop(spread, body),
    x.shape.map((dim, d) => dim * (steps[d] as number)),
  );
  const starts = axes.map(({ begin, stride, size }) => {
    const first = begin as number;
    return stride < 0 ? first + ((size as number) - 1) * stride : first;
  });
  const strides = stridesOf(wide.shape);
  const shift = starts.reduce((sum, start, d) => sum - start * (strides[d] as number), 0);
  let placed: Expr = load(wide, strides, shift);
  for (let d = 0; d < rank; d++) {
    const start = starts[d] as number;
    const end = start + ((x.shape[d] as number) - 1) * (steps[d] as number) + 1;
    if (end < (dims[d] as number)) placed = e.select(e.lt(e.index(d, int32), end), placed, zero);
    if (start > 0) placed = e.select(e.ge(e.index(d, int32), start), placed, zero);
  }
  return k.loop(dims, placed);
}

export interface StridedSliceOptions extends Named {
  /** Steps; ones when left out. */
  readonly strides?: TensorLike | undefined;
  readonly beginMask?: number | undefined;
  readonly endMask?: number | undefined;
  readonly ellipsisMask?: number | undefined;
  readonly newAxisMask?: number | undefined;
  readonly shrinkAxisMask?: number | undefined;
}

/**
 * Every `strides[i]`-th element from `begin[i]` to before `end[i]`. Bit i of a mask changes what index i means: its
 * begin or end is ignored, it is an ellipsis, a new dimension, or a single index whose dimension goes.
 * TensorFlow: `tf.strided_slice`.
 */
export function stridedSlice<D extends DTypeName>(
  input: TensorOf<D>,
  begin: TensorLike,
  end: TensorLike,
  options?: StridedSliceOptions,
): Tensor<D>;
export function stridedSlice(
  input: TensorLike,
  begin: TensorLike,
  end: TensorLike,
  options?: StridedSliceOptions,
): Tensor;
export function stridedSlice(
  input: TensorLike,
  begin: TensorLike,
  end: TensorLike,
  options: StridedSliceOptions = {},
): Tensor {
  const from = integers(begin);
  const steps = options.strides === undefined ? onesLike(from) : integers(options.strides);
  const attrs = {
    begin_mask: options.beginMask ?? 0,
    end_mask: options.endMask ?? 0,
    ellipsis_mask: options.ellipsisMask ?? 0,
    new_axis_mask: options.newAxisMask ?? 0,
    shrink_axis_mask: options.shrinkAxisMask ?? 0,
  };
  return stridedSliceNode([input, from, integers(end), steps], attrs, options.name);
}
