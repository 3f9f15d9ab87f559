/** Taking tensors apart along an axis: Split and SplitV. */

import { int8, int32, int64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { stridesOf } from "../core/ndarray.ts";
import { type Dim, TensorShape, unknownOfRank, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { concat } from "./concat.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { integers, move, numbersOf, positiveAxis } from "./support.ts";

/** `count` parts along an axis, of the given widths. */
export function partsOf(
  k: Builder,
  x: Value,
  axis: number,
  widths: readonly number[],
): readonly Value[] {
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
    return partsOf(k, value, at, new Array<number>(num_split).fill(dim / num_split));
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
    return partsOf(k, value, at, widths);
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
