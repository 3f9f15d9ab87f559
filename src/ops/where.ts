/** Choosing elements by a condition: Select, Where, boolean_mask. */

import {
  bfloat16,
  bool,
  complex64,
  complex128,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { type NDArray, sizeOf } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import { type Builder, broadcastShapes, IncompatibleShapes } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { trueIndices } from "../engines/routines/dynamic.ts";
import { concat } from "./concat.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { broadcastShape } from "./elementwise.ts";
import { zeros, zerosLike } from "./fill.ts";
import { gather } from "./gather.ts";
import { reduceGradientArgs } from "./gradient-helpers.ts";
import { mergeShapes } from "./merge.ts";
import { reduceProd } from "./reduce.ts";
import { reshape, shape, squeeze } from "./shape.ts";
import { advance, copier, opScope } from "./support.ts";

/** Picks from `yes` or `no`, all broadcast to one shape. */
function choose(k: Builder, cond: Value, yes: Value, no: Value): Value {
  if (yes.dtype.baseName !== "string" && !yes.dtype.isComplex) return k.select(cond, yes, no);
  const dims = broadcastShapes([cond.shape, yes.shape, no.shape]);
  const [out] = k.host(
    "select",
    [cond, yes, no],
    [{ dtype: yes.dtype, shape: dims }],
    (inputs, [target]) => {
      const [test, first, second] = inputs as readonly [NDArray, NDArray, NDArray];
      const copyFirst = copier(first, target as NDArray);
      const copySecond = copier(second, target as NDArray);
      const point = new Array<number>(dims.length).fill(0);
      const size = sizeOf(dims);
      for (let i = 0; i < size; i++) {
        if (test.at(addressOf(test.shape, point))) copyFirst(i, addressOf(first.shape, point));
        else copySecond(i, addressOf(second.shape, point));
        advance(point, dims);
      }
    },
  );
  return out as Value;
}

function addressOf(shape: readonly number[], point: readonly number[]): number {
  const skip = point.length - shape.length;
  return shape.reduce(
    (at, dim, axis) => at * dim + (dim === 1 ? 0 : (point[axis + skip] as number)),
    0,
  );
}

function sameShape(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((dim, axis) => dim === other[axis]);
}

const Select = defineOp({
  type: "Select",
  inputs: ["condition: bool", "t: T", "e: T"],
  outputs: ["output: T"],
  attrs: { T: a.type() },
  shape: ({ inputs: [condition, yes, no] }) => {
    const result = mergeShapes(yes.shape, no.shape);
    const { rank } = condition.shape;
    if (rank === null || rank === 0 || result.rank === null) return [result];
    if (rank === 1 && result.rank >= 1) {
      mergeShapes(condition.shape, result.slice(0, 1));
      return [result];
    }
    return [mergeShapes(result, condition.shape)];
  },
  gradient: ({ inputs: [condition, x], dy: [dy] }) => {
    const zero = zerosLike(x);
    return [null, where(condition, dy, zero), where(condition, zero, dy)];
  },
  lower: ({ op, inputs: [condition, yes, no], k }) => {
    const rank = yes.shape.length;
    if (!sameShape(yes.shape, no.shape)) {
      throw new Error(
        `Inputs to operation ${op.name} of type ${op.type} must have the same size and shape.  Input 0: [${condition.shape.join(",")}] != input 2: [${no.shape.join(",")}]`,
      );
    }
    const rows = condition.shape.length === 1 && rank > 1;
    const test = rows
      ? k.reshape(condition, [...condition.shape, ...new Array<number>(rank - 1).fill(1)])
      : condition;
    return [choose(k, test, yes, no)];
  },
});

const SelectV2 = defineOp({
  type: "SelectV2",
  inputs: ["condition: bool", "t: T", "e: T"],
  outputs: ["output: T"],
  attrs: { T: a.type() },
  traits: { elementwise: true },
  shape: ({ inputs: [condition, yes, no] }) => [
    broadcastShape(condition.shape, broadcastShape(yes.shape, no.shape)),
  ],
  gradient: ({ inputs: [condition, x, y], outputs: [z], dy: [dy] }) => {
    const zero = zeros([], { dtype: dy.dtype.base });
    const gx = whereV2(condition, dy, zero);
    const gy = whereV2(condition, zero, dy);
    const [dx] = reduceGradientArgs(x, z, gx, null);
    const [dyy] = reduceGradientArgs(y, z, gy, null);
    return [null, dx, dyy];
  },
  lower: ({ inputs: [condition, yes, no], k }) => {
    try {
      return [choose(k, condition, yes, no)];
    } catch (error) {
      if (!(error instanceof IncompatibleShapes)) throw error;
      const [test, first, second] = [condition, yes, no].map(({ shape }) => `[${shape.join(",")}]`);
      throw new Error(`condition ${test}, then ${first}, and else ${second} must be broadcastable`);
    }
  },
});

const Where = defineOp({
  type: "Where",
  inputs: ["input: T"],
  outputs: ["index: int64"],
  attrs: {
    T: a.type(
      [
        float32,
        float64,
        int32,
        uint8,
        int16,
        int8,
        complex64,
        int64,
        bfloat16,
        uint16,
        complex128,
        float16,
        uint32,
        uint64,
        bool,
      ],
      bool,
    ),
  },
  shape: ({ inputs: [x] }) => [[null, x.shape.rank]],
  gradient: "zero",
  lower: "host",
  host: ([condition]) => [trueIndices(condition as NDArray)],
});

function indicesOf(condition: TensorLike, name: string | undefined): Tensor {
  return opScope(name, "Where", [condition], (scope) => {
    const test = convertToTensor(condition, { preferredDtype: bool, name: "condition" });
    return createOp(Where, [test], {}, scope).output;
  });
}

/**
 * With one argument the coordinates [count, rank] of the true elements; with three `x` where the condition holds and
 * `y` elsewhere, both of the same shape; a vector condition picks rows. TensorFlow: `tf.where`.
 */
export function where(condition: TensorLike, options?: Named): Tensor;
export function where(condition: TensorLike, x: TensorLike, y: TensorLike, options?: Named): Tensor;
export function where(
  condition: TensorLike,
  x?: TensorLike | Named,
  y?: TensorLike,
  { name }: Named = {},
): Tensor {
  if (y === undefined) return indicesOf(condition, onlyName(x));
  return createOp(Select, [condition, x as TensorLike, y], {}, name).output;
}

/** As `where`, with all three arguments broadcast to one shape. TensorFlow: `tf.where_v2`. */
export function whereV2(condition: TensorLike, options?: Named): Tensor;
export function whereV2(
  condition: TensorLike,
  x: TensorLike,
  y: TensorLike,
  options?: Named,
): Tensor;
export function whereV2(
  condition: TensorLike,
  x?: TensorLike | Named,
  y?: TensorLike,
  { name }: Named = {},
): Tensor {
  if (y === undefined) return indicesOf(condition, onlyName(x));
  return createOp(SelectV2, [condition, x as TensorLike, y], {}, name).output;
}

function onlyName(x: TensorLike | Named | undefined): string | undefined {
  if (x === undefined) return undefined;
  const isOptions =
    typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype;
  if (!isOptions) throw new ValueError("x and y must both be non-None or both be None.");
  return (x as Named).name;
}

export interface BooleanMaskOptions extends Named {
  /** The first axis that the mask is for. */
  readonly axis?: number | undefined;
}

/**
 * The parts of a tensor where `mask`, of known rank, is true. TensorFlow: `tf.boolean_mask`.
 */
export function booleanMask(
  tensor: TensorLike,
  mask: TensorLike,
  { axis = 0, name = "boolean_mask" }: BooleanMaskOptions = {},
): Tensor {
  return opScope(name, "boolean_mask", [tensor, mask], () => {
    let x = convertToTensor(tensor, { name: "tensor" });
    const test = convertToTensor(mask, { name: "mask" });
    const rank = test.shape.rank;
    if (rank === 0) throw new ValueError("mask cannot be scalar.");
    if (rank === null) {
      throw new ValueError(
        "Number of mask dimensions must be specified, even if some dimensions are None.  E.g. shape=[None] is ok, but shape=None is not.",
      );
    }
    const { shape: whole } = x;
    const masked = whole.slice(axis, axis + rank);
    if (!masked.isCompatibleWith(test.shape)) {
      throw new ValueError(`Shapes ${masked} and ${test.shape} are incompatible`);
    }
    const leading = reduceProd(shape(x).slice([axis, axis + rank]), { axis: [0] });
    const target = concat(
      [shape(x).slice([null, axis]), [leading], shape(x).slice([axis + rank, null])],
      0,
    );
    x = reshape(x, target);
    const { size } = masked;
    x.setShape(
      whole
        .slice(0, axis)
        .concatenate([size])
        .concatenate(whole.slice(axis + rank)),
    );
    const flat = reshape(test, [-1]);
    return gather(x, squeeze(where(flat), { axis: [1] }), { axis });
  });
}
