/** Ops about shapes: reading them, and giving elements another one. */

import type { DTypeName } from "../core/dtypes.ts";
import { asDType, type DTypeLike, int32, int64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { fromScalars, sizeOf } from "../core/ndarray.ts";
import { type Dim, TensorShape, unknownOfRank, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { constant, constantNode } from "./constant.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { indexTensor } from "./index-tensor.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { withRank } from "./merge.ts";
import { unsortedSegmentSum } from "./segment.ts";
import { integers, numbersOf, opScope, positiveAxis } from "./support.ts";

const indexTypes = [int32, int64];

// Shape, Size, Rank

const Shape = defineOp({
  type: "Shape",
  inputs: ["input: T"],
  outputs: ["output: out_type"],
  attrs: { T: a.type(), out_type: a.type(indexTypes, int32) },
  traits: { shapeOnly: true },
  shape: ({ inputs: [x] }) => [[x.shape.rank]],
  partial: ({ inputs: [x] }) => x.shape.dims,
  gradient: "zero",
  lower: ({ inputs: [x], attrs, k }) => [
    k.constant(fromScalars(x.shape, [x.shape.length], attrs.out_type)),
  ],
});

export interface ShapeOptions extends Named {
  /** int32 (the default) or int64. */
  readonly outType?: DTypeLike | undefined;
  /** Whether what is known now becomes a Const. */
  readonly optimize?: boolean | undefined;
}

/**
 * The shape of a tensor as an integer vector: a Const where it is fully known, else computed when run.
 * TensorFlow: `tf.shape`.
 */
export function shape(
  input: TensorLike,
  { outType = int32, optimize = true, name }: ShapeOptions = {},
): Tensor {
  return opScope(name, "Shape", [input], (scope) => {
    const tensor = convertToTensor(input);
    const { known } = tensor.shape;
    const dtype = asDType(outType);
    if (optimize && known)
      return constant([...known], { dtype, name: scope, shape: [known.length] });
    return createOp(Shape, [tensor], { out_type: dtype }, scope).output;
  });
}

/** @internal The shape as TensorFlow's own functions ask for it: a Const in the scope where it is fully known. */
export function shapeInternal(
  input: TensorLike,
  { optimize = true }: { readonly optimize?: boolean | undefined } = {},
): Tensor {
  return opScope(undefined, "Shape", [input], (scope) => {
    const tensor = convertToTensor(input);
    const { known } = tensor.shape;
    if (optimize && known) return shapeConstant(known);
    return createOp(Shape, [tensor], { out_type: int32 }, scope).output;
  });
}

/** A shape as a Const. */
export function shapeConstant(dims: readonly number[]): Tensor {
  return constantNode(fromScalars(dims, [dims.length], int32), "shape_as_tensor");
}

const ShapeN = defineOp({
  type: "ShapeN",
  inputs: ["input: N * T"],
  outputs: ["output: N * out_type"],
  attrs: { N: a.int(undefined, 1), T: a.type(), out_type: a.type(indexTypes, int32) },
  traits: { shapeOnly: true },
  shape: ({ inputs: [xs] }) => xs.map((x) => [x.shape.rank]),
  partial: ({ inputs: [xs] }, output) => xs[output]?.shape.dims ?? null,
  gradient: "zero",
  lower: ({ inputs: [xs], attrs, k }) =>
    xs.map((x) => k.constant(fromScalars(x.shape, [x.shape.length], attrs.out_type))),
});

/** The shapes of several tensors. TensorFlow: `tf.shape_n`. */
export function shapeN(
  input: readonly TensorLike[],
  { outType = int32, name }: Named & { readonly outType?: DTypeLike | undefined } = {},
): readonly Tensor[] {
  return createOp(ShapeN, [input], { out_type: asDType(outType) }, name).outputs;
}

const Size = defineOp({
  type: "Size",
  inputs: ["input: T"],
  outputs: ["output: out_type"],
  attrs: { T: a.type(), out_type: a.type(indexTypes, int32) },
  traits: { shapeOnly: true },
  shape: () => [[]],
  partial: ({ inputs: [x] }) => (x.shape.size === null ? null : [x.shape.size]),
  gradient: "zero",
  lower: ({ inputs: [x], attrs, k }) => [k.scalar(x.size, attrs.out_type)],
});

/** The number of elements: a Const where it is known. TensorFlow: `tf.size`. */
export function size(
  input: TensorLike,
  { outType = int32, optimize = true, name }: ShapeOptions = {},
): Tensor {
  return opScope(name, "Size", [input], (scope) => {
    const tensor = convertToTensor(input);
    const dtype = asDType(outType);
    const known = tensor.shape.size ?? (tensor.shape.dims?.includes(0) ? 0 : null);
    if (optimize && known !== null) return constant(known, { dtype, name: scope });
    return createOp(Size, [tensor], { out_type: dtype }, scope).output;
  });
}

const Rank = defineOp({
  type: "Rank",
  inputs: ["input: T"],
  outputs: ["output: int32"],
  attrs: { T: a.type() },
  traits: { shapeOnly: true },
  shape: () => [[]],
  partial: ({ inputs: [x] }) => (x.shape.rank === null ? null : [x.shape.rank]),
  gradient: "zero",
  lower: ({ inputs: [x], k }) => [k.scalar(x.shape.length, int32)],
});

/** The number of dimensions: a Const where it is known. TensorFlow: `tf.rank`. */
export function rank(
  input: TensorLike,
  { optimize = true, name }: Named & { readonly optimize?: boolean | undefined } = {},
): Tensor {
  return opScope(name, "Rank", [input], (scope) => {
    const tensor = convertToTensor(input);
    const known = tensor.shape.rank;
    if (optimize && known !== null) return constant(known, { dtype: int32, name: scope });
    return createOp(Rank, [tensor], {}, scope).output;
  });
}

/** The Rank op itself. TensorFlow: `gen_array_ops.rank`. */
export function rankOp(input: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Rank, [input], {}, name).output;
}

// Reshape, ExpandDims, Squeeze

const Reshape = defineOp({
  type: "Reshape",
  inputs: ["tensor: T", "shape: Tshape"],
  outputs: ["output: T"],
  attrs: { T: a.type(), Tshape: a.type(indexTypes, int32) },
  traits: { aliases: true },
  shape: ({ inputs: [x, target], constantShape }) => {
    withRank(target.shape, 1);
    return [reshapedShape(x.shape, constantShape(1))];
  },
  gradient: ({ inputs: [x], dy: [dy] }) => {
    const dims = x.shape.dims;
    const open = dims?.filter((dim) => dim === null).length;
    if (dims && open === 1 && !dims.includes(0)) {
      return [
        reshape(
          dense(dy),
          dims.map((dim) => dim ?? -1),
        ),
        null,
      ];
    }
    return [reshapeLike(dy, x), null];
  },
  lower: ({ inputs: [x], constant, k }) => [
    k.reshape(x, settleShape(x.shape, numbersOf(constant(1)))),
  ],
});

/** `target` with the dimension it leaves open, as far as the number of elements tells. */
function reshapedShape(from: TensorShape, target: TensorShape): TensorShape {
  if (!target.dims || !from.dims) return target;
  const open = target.dims.filter((dim) => dim === null).length;
  const known = product(target.dims);
  const { size: count } = from;
  if (count === null) return target;
  if (open === 0) {
    if (known === count) return target;
    throw new ShapeError(
      `Cannot reshape a tensor with ${count} elements to shape ${target.toRuntimeString()} (${known} elements)`,
    );
  }
  if (open > 1) return target;
  if (known === 0) {
    if (count === 0) return target;
    throw new ShapeError(
      `Cannot reshape a tensor with ${count} elements to shape ${target.toRuntimeString()} (0 elements)`,
    );
  }
  if (count % known !== 0) {
    throw new ShapeError(`Dimension size must be evenly divisible by ${known} but is ${count}`);
  }
  return new TensorShape(target.dims.map((dim) => dim ?? count / known));
}

function product(dims: readonly Dim[]): number {
  return dims.reduce<number>((total, dim) => total * (dim ?? 1), 1);
}

/** The shape to give to `from` when run: -1 is inferred. */
function settleShape(from: readonly number[], target: readonly number[]): readonly number[] {
  const count = sizeOf(from);
  const text = `[${target.join(",")}]`;
  const open = target.indexOf(-1);
  const negative = target.find((dim) => dim < -1);
  if (negative !== undefined) {
    throw new Error(`Size ${target.indexOf(negative)} must be non-negative, not ${negative}`);
  }
  if (open < 0) {
    if (sizeOf(target) === count) return target;
    throw new Error(
      `Input to reshape is a tensor with ${count} values, but the requested shape has ${sizeOf(target)}`,
    );
  }
  const second = target.indexOf(-1, open + 1);
  if (second >= 0) throw new Error(`Only one input size may be -1, not both ${open} and ${second}`);
  const known = -sizeOf(target);
  if (known === 0 && count !== 0) {
    throw new Error(
      `reshape cannot infer the missing input size for an empty tensor unless all specified input sizes are non-zero (shape ${text})`,
    );
  }
  if (known === 0) return target.map((dim) => (dim === -1 ? 1 : dim));
  if (count % known !== 0) {
    throw new Error(
      `Input to reshape is a tensor with ${count} values, but the requested shape requires a multiple of ${known}`,
    );
  }
  return target.map((dim) => (dim === -1 ? count / known : dim));
}

/** The same elements under another shape; one dimension may be -1. TensorFlow: `tf.reshape`. */
export function reshape<D extends DTypeName>(
  tensor: TensorOf<D>,
  shape: TensorLike,
  options?: Named,
): Tensor<D>;
export function reshape(tensor: TensorLike, shape: TensorLike, options?: Named): Tensor;
export function reshape(tensor: TensorLike, shape: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Reshape, [tensor, integers(shape)], {}, name).output;
}

/** A gradient as a plain tensor. */
export function dense(gradient: Tensor): Tensor {
  const slices: unknown = gradient;
  if (!(slices instanceof IndexedSlices)) return gradient;
  if (!slices.denseShape) {
    throw new ValueError(
      `Tensor conversion requested for IndexedSlices without dense_shape: ${slices}`,
    );
  }
  return unsortedSegmentSum(slices.values, slices.indices, indexTensor(slices.denseShape, [0]));
}

function reshapeLike(dy: Tensor, x: Tensor): Tensor {
  return reshape(dense(dy), shape(x));
}

const ExpandDims = defineOp({
  type: "ExpandDims",
  inputs: ["input: T", "dim: Tdim"],
  outputs: ["output: T"],
  attrs: { T: a.type(), Tdim: a.type(indexTypes, int32) },
  traits: { aliases: true, passesSlices: true },
  shape: ({ inputs: [x], constant }) => {
    const dims = x.shape.dims;
    const axis = constant(1);
    if (!dims) return [unknownShape];
    if (!axis) return [unknownOfRank(dims.length + 1)];
    const at = expandAxis(
      Number(axis.at(0)),
      dims.length,
      (wrong, rank) => new ShapeError(`dim ${wrong} not in the interval [${-rank - 1}, ${rank}].`),
    );
    return [dims.toSpliced(at, 0, 1)];
  },
  gradient: ({ inputs: [x], dy: [dy] }) => [reshapeLike(dy, x), null],
  lower: ({ inputs: [x], constant, k }) => {
    const axis = Number(constant(1).at(0));
    const at = expandAxis(
      axis,
      x.shape.length,
      (wrong, rank) =>
        new Error(`Tried to expand dim index ${wrong} for tensor with ${rank} dimensions.`),
    );
    return [k.reshape(x, x.shape.toSpliced(at, 0, 1))];
  },
});

function expandAxis(
  axis: number,
  rank: number,
  failure: (axis: number, rank: number) => Error,
): number {
  if (axis < -1 - rank || axis > rank) {
    throw failure(axis, rank);
  }
  return positiveAxis(axis, rank + 1);
}

/** Adds a dimension of size 1 before `axis`. TensorFlow: `tf.expand_dims`. */
export function expandDims<D extends DTypeName>(
  input: TensorOf<D>,
  axis: TensorLike,
  options?: Named,
): Tensor<D>;
export function expandDims(input: TensorLike, axis: TensorLike, options?: Named): Tensor;
export function expandDims(input: TensorLike, axis: TensorLike, { name }: Named = {}): Tensor {
  return createOp(ExpandDims, [input, integers(axis)], {}, name).output;
}

const Squeeze = defineOp({
  type: "Squeeze",
  inputs: ["input: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(), squeeze_dims: a.ints([]) },
  traits: { aliases: true, passesSlices: true },
  shape: ({ inputs: [x], attrs: { squeeze_dims } }) => {
    const dims = x.shape.dims;
    if (!dims) return [unknownShape];
    if (squeeze_dims.length === 0 && dims.includes(null)) return [unknownShape];
    return [squeezed(dims, squeeze_dims, true)];
  },
  gradient: ({ inputs: [x], dy: [dy] }) => [reshapeLike(dy, x)],
  lower: ({ inputs: [x], attrs, k }) => [
    k.reshape(x, squeezed(x.shape, attrs.squeeze_dims, false) as readonly number[]),
  ],
});

function squeezed(
  dims: readonly Dim[],
  axes: readonly number[],
  building: boolean,
): readonly Dim[] {
  const rank = dims.length;
  const failure = (text: string) => (building ? new ShapeError(text) : new Error(text));
  const chosen = axes.map((axis, i) => {
    if (axis < -rank || axis >= rank) {
      throw failure(
        building
          ? `squeeze_dims[${i}] not in [${-rank},${rank}).`
          : `Tried to squeeze dim index ${axis} for tensor with ${rank} dimensions.`,
      );
    }
    return positiveAxis(axis, rank);
  });
  return dims.filter((dim, axis) => {
    if (chosen.length === 0) return dim !== 1;
    if (!chosen.includes(axis)) return true;
    if (dim !== null && dim !== 1) {
      throw failure(`Can not squeeze dim[${axis}], expected a dimension of 1, got ${dim}`);
    }
    return false;
  });
}

/** Removes dimensions of size 1: all of them, or those of `axis`. TensorFlow: `tf.squeeze`. */
export function squeeze<D extends DTypeName>(
  input: TensorOf<D>,
  options?: Named & { readonly axis?: number | readonly number[] | undefined },
): Tensor<D>;
export function squeeze(
  input: TensorLike,
  options?: Named & { readonly axis?: number | readonly number[] | undefined },
): Tensor;
export function squeeze(
  input: TensorLike,
  { axis, name }: Named & { readonly axis?: number | readonly number[] | undefined } = {},
): Tensor {
  const axes = axis === undefined ? [] : typeof axis === "number" ? [axis] : axis;
  return createOp(Squeeze, [input], { squeeze_dims: axes }, name).output;
}
