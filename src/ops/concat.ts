/** Joining tensors along an axis: Concat. */

import { int32, int64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { fromScalars } from "../core/ndarray.ts";
import { type Dim, type TensorShape, unknownOfRank, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
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
import { split } from "./split.ts";
import { stack } from "./stack.ts";
import { integers, numbersOf, opScope, positiveAxis } from "./support.ts";
import { where } from "./where.ts";

const indexTypes = [int32, int64];

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

/** Joins values along an axis that may be negative. */
export function joinValues(k: Builder, inputs: readonly Value[], axis: number): Value {
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
    joinValues(k, values, Number(constant(values.length).at(0))),
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
  lower: ({ inputs: [, values], constant, k }) => [
    joinValues(k, values, Number(constant(0).at(0))),
  ],
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
