/** Joining tensors along an axis and taking them apart again: Concat, Split, Pack, Unpack. */

import { int8, int32, int64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { fromScalars, stridesOf } from "../core/ndarray.ts";
import { type Dim, TensorShape, unknownOfRank, unknownShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { add } from "./binary.ts";
import { cast } from "./cast.ts";
import { logicalAnd } from "./comparison.ts";
import { constant, constantNode } from "./constant.ts";
import { constantValue } from "./constant-value.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError, type ShapeInput } from "./define.ts";
import { zeros } from "./fill.ts";
import { gather } from "./gather.ts";
import { identity } from "./identity.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { mergeShapes, withRank, withRankAtLeast } from "./merge.ts";
import { expandDims, rank, shape, shapeN, squeeze } from "./shape.ts";
import { slice } from "./slice.ts";
import { integers, move, numbersOf, opScope, positiveAxis } from "./support.ts";
import { where } from "./where.ts";

const indexTypes = [int32, int64];

// Concat

/** The shape of inputs joined along `axis`, which is null when it is not known yet. */
function joinedShape(inputs: readonly ShapeInput[], axis: number | null): TensorShape {
  const shapes = inputs.map((input) => input.shape);
  const known = shapes.find((each) => each.rank !== null);
  if (axis === null) {
    if (!known) return unknownShape;
    if (known.rank === 0) throw new ShapeError("Can't concatenate scalars (use tf.stack instead)");
    for (const each of shapes) withRank(each, known.rank as number);
    return unknownOfRank(known.rank as number);
  }
  const least = axis < 0 ? -axis : axis + 1;
  for (const each of shapes.toReversed()) withRankAtLeast(each, least);
  if (!known) return unknownShape;
  const at = positiveAxis(axis, known.rank as number);
  let before: TensorShape = unknownShape;
  let behind: TensorShape = unknownShape;
  let total: Dim = 0;
  for (const each of shapes.toReversed()) {
    const dim = each.dims ? each.dim(axis) : null;
    total = total === null || dim === null ? null : total + dim;
    if (!each.dims) continue;
    before = mergeShapes(each.slice(0, at), before);
    behind = mergeShapes(each.slice(at + 1), behind);
  }
  return before.concatenate([total]).concatenate(behind);
}

/** Vectors joined, as far as their elements are known. */
function joinedNumbers(
  inputs: readonly ShapeInput[],
  elements: (position: number) => readonly Dim[] | null,
): readonly Dim[] | null {
  if (inputs.some((input) => input.shape.rank !== 1)) return null;
  const parts = inputs.map((_, i) => elements(i));
  return parts.includes(null) ? null : (parts as readonly (readonly Dim[])[]).flat();
}

function join(k: Builder, inputs: readonly Value[], axis: number): Value {
  const [first] = inputs as readonly [Value, ...Value[]];
  const size = first.shape.length;
  const at = positiveAxis(axis, size);
  for (const [i, input] of inputs.entries()) {
    const fits =
      input.shape.length === size &&
      input.shape.every((dim, d) => d === at || dim === first.shape[d]);
    if (fits) continue;
    throw new Error(
      input.shape.length === size
        ? `ConcatOp : Dimension ${input.shape.findIndex((dim, d) => d !== at && dim !== first.shape[d])} in both shapes must be equal: shape[0] = [${first.shape}] vs. shape[${i}] = [${input.shape}]`
        : `ConcatOp : Ranks of all input tensors should match: shape[0] = [${first.shape}] vs. shape[${i}] = [${input.shape}]`,
    );
  }
  const total = inputs.reduce((sum, input) => sum + (input.shape[at] as number), 0);
  const result = first.shape.with(at, total);
  return k.routine("concat", inputs, [{ dtype: first.dtype, shape: result }], {
    axis: at,
  })[0] as Value;
}

const ConcatV2 = defineOp({
  type: "ConcatV2",
  inputs: ["values: N * T", "axis: Tidx"],
  outputs: ["output: T"],
  attrs: { N: a.int(undefined, 2), T: a.type(), Tidx: a.type(indexTypes, int32) },
  traits: { passesSlices: true },
  shape: ({ inputs: [values], constant }) => {
    const axis = constant(values.length);
    return [joinedShape(values, axis && Number(axis.at(0)))];
  },
  partial: ({ inputs: [values], constantShape }) =>
    joinedNumbers(values, (i) => constantShape(i).dims),
  gradient: ({ inputs: [values, axis], dy: [dy] }) => [concatGradient(values, axis, dy), null],
  lower: ({ inputs: [values], constant, k }) => [
    join(k, values, Number(constant(values.length).at(0))),
  ],
});

const Concat = defineOp({
  type: "Concat",
  inputs: ["concat_dim: int32", "values: N * T"],
  outputs: ["output: T"],
  attrs: { N: a.int(undefined, 2), T: a.type() },
  traits: { passesSlices: true },
  shape: ({ inputs: [, values], constant }) => {
    const axis = constant(0);
    return [joinedShape(values, axis && Number(axis.at(0)))];
  },
  partial: ({ inputs: [, values], constantShape }) =>
    joinedNumbers(values, (i) => constantShape(i + 1).dims),
  gradient: ({ inputs: [axis, values], dy: [dy] }) => [null, concatGradient(values, axis, dy)],
  lower: ({ inputs: [, values], constant, k }) => [join(k, values, Number(constant(0).at(0)))],
});

/** The Concat op of old graphs, whose axis comes first. TensorFlow: `gen_array_ops.concat`. */
export function concatV1(
  concatDim: TensorLike,
  values: readonly TensorLike[],
  { name }: Named = {},
): Tensor {
  return createOp(Concat, [integers(concatDim), values], {}, name).output;
}

/** Joins tensors along an axis. TensorFlow: `tf.concat`. */
export function concat(
  values: TensorLike | readonly TensorLike[],
  axis: TensorLike,
  { name = "concat" }: Named = {},
): Tensor {
  const list: readonly TensorLike[] = Array.isArray(values) ? values : [values as TensorLike];
  const [only] = list;
  if (list.length === 1) {
    return opScope(name, "concat", list, () => {
      const at = convertToTensor(integers(axis), { name: "concat_dim", dtype: int32 });
      if (at.shape.rank !== null && at.shape.rank !== 0) {
        throw new ValueError(`Shape ${at.shape} must have rank 0`);
      }
      return identity(only as TensorLike, { name });
    });
  }
  return createOp(ConcatV2, [list, integers(axis)], {}, name).output;
}

type Gradients = readonly (Tensor | IndexedSlices)[];

function concatGradient(values: readonly Tensor[], axis: Tensor, dy: Tensor): Gradients {
  if (values.length === 1) return [dy];
  const slices: unknown = dy;
  if (slices instanceof IndexedSlices) return concatGradientSlices(values, axis, slices);
  let dim = axis;
  if (dim.op.type === "Const" && dim.op.controlFlow !== dy.op.controlFlow) {
    // A constant from another control-flow context would have to pass through an Enter or Switch.
    dim = constantNode(
      constantValue(dim) as NonNullable<ReturnType<typeof constantValue>>,
      "Const",
    );
  }
  const at = dim.mod(rank(values[0] as Tensor));
  const sizes = inputShapes(values);
  if (sizes.length > 16) {
    const widths = squeeze(slice(stack(sizes, { axis: 1 }), [at, 0], [1, -1]));
    return split(dy, widths, { axis: at });
  }
  return concatOffset(at, sizes).map((begin, i) => slice(dy, begin, sizes[i] as Tensor));
}

/** The shapes of all inputs: Consts where all are known, else one ShapeN, leaving the Consts unused. */
function inputShapes(values: readonly Tensor[]): readonly Tensor[] {
  const sizes: Tensor[] = [];
  for (const value of values) {
    const found = shape(value);
    if (found.op.type !== "Const") return shapeN(values);
    sizes.push(found);
  }
  return sizes;
}

function concatGradientSlices(
  values: readonly Tensor[],
  axis: Tensor,
  dy: IndexedSlices,
): readonly IndexedSlices[] {
  const [first] = values as readonly [Tensor, ...Tensor[]];
  const at = axis.mod(rank(first));
  const known = constantValue(axis);
  if (!known) {
    throw new ValueError(
      "Can only compute IndexedSlices gradient with statically-known concat_dim",
    );
  }
  let position = Number(known.at(0));
  if (position < 0) {
    const size = constantValue(rank(first));
    if (!size) {
      throw new ValueError(
        "Can only compute IndexedSlices gradient with negative concat_dim when first value rank is statically-known.",
      );
    }
    position += Number(size.at(0));
  }
  const sizes = values.map((value) => shape(value));
  return position > 0 ? splitColumns(dy, sizes, at) : splitRows(dy, sizes, at);
}

/** Joined along a later axis: every input gets all the indices and its part of the values. */
function splitColumns(dy: IndexedSlices, sizes: readonly Tensor[], at: Tensor): IndexedSlices[] {
  const sizeOfShape = shape(sizes[0] as Tensor);
  const mask = concat(
    [
      zeros(expandDims(at, 0), { dtype: int32 }),
      integers([1]),
      zeros(sizeOfShape.sub(at).sub(1), { dtype: int32 }),
    ],
    0,
  );
  let begin: Tensor = zeros(sizeOfShape, { dtype: int32 });
  return sizes.map((size) => {
    const lengths = concat([integers([-1]), slice(size, [1], [-1])], 0);
    const part = new IndexedSlices(slice(dy.values, begin, lengths), dy.indices, size);
    begin = add(begin, size.mul(mask));
    return part;
  });
}

/** Joined along the rows: every input gets the rows that lie in it. */
function splitRows(dy: IndexedSlices, sizes: readonly Tensor[], at: Tensor): IndexedSlices[] {
  const indexType = dy.indices.dtype.base;
  let start = constant(0, { dtype: indexType });
  return sizes.map((size) => {
    let rows = gather(size, at);
    if (rows.dtype !== indexType) rows = cast(rows, indexType);
    const end = start.add(rows);
    const inside = logicalAnd(dy.indices.greaterEqual(start), dy.indices.less(end));
    const chosen = squeeze(where(inside), { axis: [1] });
    const indices = gather(dy.indices, chosen).sub(start);
    const part = new IndexedSlices(gather(dy.values, chosen), indices, size);
    start = end;
    return part;
  });
}

const ConcatOffset = defineOp({
  type: "ConcatOffset",
  inputs: ["concat_dim: int32", "shape: N * shape_type"],
  outputs: ["offset: N * shape_type"],
  attrs: { N: a.int(undefined, 2), shape_type: a.type(indexTypes, int32) },
  shape: ({ inputs: [, shapes] }) => shapes.map((each) => each.shape),
  gradient: "zero",
  lower: ({ inputs: [, shapes], constant, attrs, k }) => {
    const sizes = shapes.map((_, i) => numbersOf(constant(i + 1)));
    const axis = positiveAxis(Number(constant(0).at(0)), (sizes[0] as number[]).length);
    let offset = 0;
    return sizes.map((size) => {
      const begin = size.map((_, d) => (d === axis ? offset : 0));
      offset += size[axis] as number;
      return k.constant(fromScalars(begin, [begin.length], attrs.shape_type));
    });
  },
});

/** Where each of several arrays begins in their concatenation. TensorFlow: `gen_array_ops.concat_offset`. */
export function concatOffset(
  concatDim: TensorLike,
  shapes: readonly TensorLike[],
  { name }: Named = {},
): readonly Tensor[] {
  return createOp(ConcatOffset, [integers(concatDim), shapes], {}, name).outputs;
}

// Split

/** `count` parts along an axis, of the given widths. */
function part(k: Builder, x: Value, axis: number, widths: readonly number[]): readonly Value[] {
  const strides = stridesOf(x.shape);
  let start = 0;
  return widths.map((width) => {
    const offset = start * (strides[axis] as number);
    start += width;
    return move(k, x, x.shape.with(axis, width), strides, offset);
  });
}

function splitAxis(axis: number, size: number, failure: (text: string) => Error): number {
  if (axis < -size || axis >= size) {
    throw failure(`-input rank(-${size}) <= split_dim < input rank (${size}), but got ${axis}`);
  }
  return positiveAxis(axis, size);
}

const Split = defineOp({
  type: "Split",
  inputs: ["split_dim: int32", "value: T"],
  outputs: ["output: num_split * T"],
  attrs: { num_split: a.int(undefined, 1), T: a.type() },
  shape: ({ inputs: [, value], attrs: { num_split }, constant }) => {
    const all = (each: TensorShape) => new Array<TensorShape>(num_split).fill(each);
    const dims = value.shape.dims;
    const axis = constant(0);
    if (!dims) return all(unknownShape);
    if (!axis) return all(unknownOfRank(dims.length));
    const at = axisWithin(Number(axis.at(0)), dims.length);
    const dim = dims[at] as Dim;
    if (dim !== null && dim % num_split !== 0) {
      throw new ShapeError(
        `Dimension size must be evenly divisible by ${num_split} but is ${dim}\n\tNumber of ways to split should evenly divide the split dimension`,
      );
    }
    return all(new TensorShape(dims.with(at, dim === null ? null : dim / num_split)));
  },
  gradient: ({ inputs: [axis], dy: [dys] }) => [null, concat(dys, axis)],
  lower: ({ inputs: [, value], attrs: { num_split }, constant, k }) => {
    const at = splitAxis(Number(constant(0).at(0)), value.shape.length, (text) => new Error(text));
    const dim = value.shape[at] as number;
    if (dim % num_split !== 0) {
      throw new Error(
        `Number of ways to split should evenly divide the split dimension, but got split_dim ${at} (size = ${dim}) and num_split ${num_split}`,
      );
    }
    return part(k, value, at, new Array<number>(num_split).fill(dim / num_split));
  },
});

/** The axis of a shape of known rank. */
function axisWithin(axis: number, size: number): number {
  if (axis < -size || axis >= size) {
    throw new ShapeError(
      `Dimension size, given by scalar input ${axis} must be in range [${-size}, ${size})`,
    );
  }
  return positiveAxis(axis, size);
}

/** The widths of all parts: one of them may be -1, for what the others leave. */
function settleWidths(widths: readonly number[], dim: number): readonly number[] {
  const open = widths.indexOf(-1);
  const known = widths.reduce((sum, width) => sum + Math.max(width, 0), 0);
  if (open < 0 ? known !== dim : known > dim) {
    throw new Error(
      `Determined shape must either match input shape along split_dim exactly if fully specified, or be less than the size of the input along split_dim if not fully specified.  Got: ${known}`,
    );
  }
  return open < 0 ? widths : widths.with(open, dim - known);
}

const SplitV = defineOp({
  type: "SplitV",
  inputs: ["value: T", "size_splits: Tlen", "split_dim: int32"],
  outputs: ["output: num_split * T"],
  attrs: { num_split: a.int(undefined, 1), T: a.type(), Tlen: a.type([int8, int32, int64], int64) },
  shape: ({ inputs: [value], attrs: { num_split }, constant }) => {
    const all = (each: TensorShape) => new Array<TensorShape>(num_split).fill(each);
    const axis = constant(2);
    const widths = constant(1);
    const dims = value.shape.dims;
    if (!dims) return all(unknownShape);
    if (!axis) return all(unknownOfRank(dims.length));
    const at = axisWithin(Number(axis.at(0)), dims.length);
    if (!widths) return all(new TensorShape(dims.with(at, null)));
    const dim = dims[at] as Dim;
    const sizes = numbersOf(widths);
    const total = sizes.reduce((sum, width) => sum + (width === -1 ? 0 : width), 0);
    const open = sizes.indexOf(-1);
    const settled = dim === null || open < 0 ? sizes : sizes.with(open, dim - total);
    if (dim !== null && open < 0 && total !== dim) {
      throw new ShapeError(
        `can't split axis of size ${dim} into pieces of size [${sizes.join(",")}]`,
      );
    }
    settled.forEach((width, i) => {
      if (width >= 0 || (dim === null && width === -1)) return;
      throw new ShapeError(`Split size at index ${i} must be >= 0. Got: ${width}`);
    });
    return settled.map((width) => new TensorShape(dims.with(at, width < 0 ? null : width)));
  },
  gradient: ({ inputs: [, , axis], dy: [dys] }) => [concat(dys, axis), null, null],
  lower: ({ inputs: [value], constant, k }) => {
    const at = splitAxis(Number(constant(2).at(0)), value.shape.length, (text) => new Error(text));
    const widths = settleWidths(numbersOf(constant(1)), value.shape[at] as number);
    return part(k, value, at, widths);
  },
});

export interface SplitOptions extends Named {
  /** Which dimension; the first by default. */
  readonly axis?: TensorLike | undefined;
  /** The number of parts, when it cannot be told from the sizes. */
  readonly num?: number | undefined;
}

/**
 * Cuts a tensor along an axis: into a number of equal parts, or into parts of given sizes.
 * Throws ValueError when the number of parts cannot be told. TensorFlow: `tf.split`.
 */
export function split(
  value: TensorLike,
  numOrSizeSplits: TensorLike,
  { axis = 0, num, name = "split" }: SplitOptions = {},
): readonly Tensor[] {
  if (typeof numOrSizeSplits === "number") {
    return createOp(Split, [integers(axis), value], { num_split: numOrSizeSplits }, name).outputs;
  }
  const sizes = convertToTensor(integers(numOrSizeSplits));
  if (sizes.shape.rank === 0) {
    throw new ValueError(
      `Rank-0 tensors are not supported as the num_or_size_splits argument to split. Argument provided: ${numOrSizeSplits}`,
    );
  }
  const count = num ?? sizes.shape.dim(0);
  if (count === null) {
    throw new ValueError(`Cannot infer argument \`num\` from shape ${numOrSizeSplits}`);
  }
  return createOp(SplitV, [value, sizes, integers(axis)], { num_split: count }, name).outputs;
}

// Pack

const Pack = defineOp({
  type: "Pack",
  inputs: ["values: N * T"],
  outputs: ["output: T"],
  attrs: { N: a.int(undefined, 1), T: a.type(), axis: a.int(0) },
  shape: ({ inputs: [values], attrs: { axis } }) => {
    let each: TensorShape = unknownShape;
    for (let i = values.length - 1; i >= 0; i--) {
      each = mergeOther(each, (values[i] as ShapeInput).shape, i);
    }
    if (!each.dims) return [unknownShape];
    const at = packAxis(axis, each.dims.length);
    return [each.dims.toSpliced(at, 0, values.length)];
  },
  partial: ({ inputs: [values], constantShape }) =>
    values.every((value) => value.shape.rank === 0)
      ? values.map((_, i) => constantShape(i).dims?.[0] ?? null)
      : null,
  gradient: ({ attrs: { N, axis }, dy: [dy] }) => [unstack(dy, { num: N, axis })],
  lower: ({ inputs: [values], attrs: { axis }, k }) => {
    const [first] = values as readonly [Value, ...Value[]];
    const at = positiveAxis(axis, first.shape.length + 1);
    values.forEach((value, i) => {
      if (
        value.shape.length === first.shape.length &&
        value.shape.every((dim, d) => dim === first.shape[d])
      )
        return;
      throw new Error(
        `Shapes of all inputs must match: values[0].shape = [${first.shape}] != values[${i}].shape = [${value.shape}]`,
      );
    });
    const thin = first.shape.toSpliced(at, 0, 1);
    if (values.length === 1) return [k.reshape(first, thin)];
    return [
      join(
        k,
        values.map((value) => k.reshape(value, thin)),
        at,
      ),
    ];
  },
});

function mergeOther(known: TensorShape, next: TensorShape, position: number): TensorShape {
  try {
    return mergeShapes(next, known);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(`${error.message}\n\tFrom merging shape ${position} with other shapes.`);
  }
}

function packAxis(axis: number, size: number): number {
  if (axis < -size - 1 || axis > size) {
    throw new ShapeError(`Invalid axis: ${axis}. The axis must be in [${-size - 1}, ${size + 1})`);
  }
  return positiveAxis(axis, size + 1);
}

/** Makes one tensor of several of the same shape, along a new axis. TensorFlow: `tf.stack`. */
export function stack(
  values: readonly TensorLike[],
  { axis = 0, name = "stack" }: Named & { readonly axis?: number | undefined } = {},
): Tensor {
  const packs = values.every((value) => value instanceof Tensor);
  if (axis === 0 && !packs) return convertToTensor(values, { name });
  if (axis !== 0) {
    const size = convertToTensor(values[0] as TensorLike, { name }).shape.rank;
    if (size !== null && (axis < -size - 1 || axis > size)) {
      throw new ValueError(`Argument \`axis\` = ${axis} not in range [${-size - 1}, ${size + 1})`);
    }
  }
  return createOp(Pack, [values], { axis }, name).output;
}

const Unpack = defineOp({
  type: "Unpack",
  inputs: ["value: T"],
  outputs: ["output: num * T"],
  attrs: { num: a.int(undefined, 0), T: a.type(), axis: a.int(0) },
  shape: ({ inputs: [value], attrs: { num, axis } }) => {
    const dims = value.shape.dims;
    if (!dims) return new Array<TensorShape>(num).fill(unknownShape);
    if (axis < -dims.length || axis >= dims.length) {
      throw new ShapeError(
        `Invalid axis: ${axis}. The axis must be in [${-dims.length}, ${dims.length})`,
      );
    }
    const at = positiveAxis(axis, dims.length);
    const dim = dims[at] as Dim;
    if (dim !== null && dim !== num) {
      throw new ShapeError(`Dimension must be ${num} but is ${dim}`);
    }
    return new Array<readonly Dim[]>(num).fill(dims.toSpliced(at, 1));
  },
  partial: ({ inputs: [value], constantShape }, output) =>
    value.shape.rank === 1 ? [constantShape(0).dims?.[output] ?? null] : null,
  gradient: ({ attrs: { axis }, dy: [dys] }) => [stack(dys, { axis })],
  lower: ({ inputs: [value], attrs: { num, axis }, k }) => {
    const at = positiveAxis(axis, value.shape.length);
    if (value.shape[at] !== num) {
      throw new Error(
        `Input shape axis ${at} must equal ${num}, got shape [${value.shape.join(",")}]`,
      );
    }
    const parts = part(k, value, at, new Array<number>(num).fill(1));
    const thin = value.shape.toSpliced(at, 1);
    return parts.map((each) => k.reshape(each, thin));
  },
});

export interface UnstackOptions extends Named {
  readonly axis?: number | undefined;
  /** The number of parts; told from the shape when left out. */
  readonly num?: number | undefined;
}

/** Takes a tensor apart along an axis, which disappears. TensorFlow: `tf.unstack`. */
export function unstack(
  value: TensorLike,
  { axis = 0, num, name = "unstack" }: UnstackOptions = {},
): readonly Tensor[] {
  if (num !== undefined) return createOp(Unpack, [value], { num, axis }, name).outputs;
  const tensor = convertToTensor(value);
  const size = tensor.shape.rank;
  if (size !== null && (axis < -size || axis >= size)) {
    throw new ValueError(`Argument \`axis\` = ${axis} not in range [${-size}, ${size})`);
  }
  const count = size === null ? null : tensor.shape.dim(axis);
  if (count === null)
    throw new ValueError(`Cannot infer argument \`num\` from shape ${tensor.shape}`);
  return createOp(Unpack, [tensor], { num: count, axis }, name).outputs;
}
