/** Sequences of numbers: Range and LinSpace. */

import {
  allocate,
  asDType,
  bfloat16,
  type DType,
  type DTypeLike,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  uint16,
  uint32,
  uint64,
} from "../core/dtypes.ts";
import { AssertionError } from "../core/errors.ts";
import { NDArray, readElement, writeElement } from "../core/ndarray.ts";
import { Tensor } from "../core/tensor.ts";
import * as e from "../engines/expr.ts";
import type { Expr } from "../engines/ir.ts";
import { maximum } from "./binary.ts";
import { cast, castNode } from "./cast.ts";
import { equal } from "./comparison.ts";
import { concat } from "./concat.ts";
import { convertToTensor, isTensorConvertible, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { zerosLike } from "./fill.ts";
import { broadcastDynamicShape, broadcastTo } from "./pad.ts";
import { expandDims, reshape, shape as shapeOf } from "./shape.ts";
import { slice } from "./slice.ts";
import { integers, isTensorLike, opScope } from "./support.ts";
import { whereV2 } from "./where.ts";

const indexTypes = [int32, int64];

// Range

const rangeTypes = [
  bfloat16,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  uint16,
  uint32,
  uint64,
];

const Range = defineOp({
  type: "Range",
  inputs: ["start: Tidx", "limit: Tidx", "delta: Tidx"],
  outputs: ["output: Tidx"],
  attrs: { Tidx: a.type(rangeTypes, int32) },
  shape: ({ inputs, constant }) => {
    const [start, limit, delta] = inputs.map((input, i) => {
      if (input.shape.rank !== null && input.shape.rank !== 0) {
        const text = `Shape must be rank 0 but is rank ${input.shape.rank}`;
        throw new ShapeError(`${text}\n\t for '${["start", "limit", "delta"][i]}'`);
      }
      return constant(i);
    });
    if (!start || !limit || !delta) return [[null]];
    return [[rangeLength(start, limit, delta, (text) => new ShapeError(text))]];
  },
  gradient: "zero",
  lower: ({ attrs: { Tidx }, constant, k }) => {
    const [start, limit, delta] = [constant(0), constant(1), constant(2)];
    if (Number(delta.at(0)) === 0) throw new Error("Requires delta != 0: 0");
    const length = rangeLength(start, limit, delta, (text) => new Error(text));
    const data = allocate(Tidx, length);
    // Each number is rounded before the next is added to it, as TensorFlow does.
    let value = start.at(0);
    const step = delta.at(0);
    for (let i = 0; i < length; i++) {
      writeElement(data, Tidx, i, value);
      value = readElement(data, Tidx, i);
      value = Tidx.isBig
        ? (value as bigint) + (step as bigint)
        : (value as number) + (step as number);
    }
    return [k.constant(new NDArray(data, [length], Tidx))];
  },
});

function rangeLength(
  start: NDArray,
  limit: NDArray,
  delta: NDArray,
  failure: (text: string) => Error,
): number {
  const [from, to, step] = [Number(start.at(0)), Number(limit.at(0)), Number(delta.at(0))];
  if (step === 0) throw failure("Requires delta != 0");
  if (step > 0 && from > to) throw failure(`Requires start <= limit when delta > 0: ${from}/${to}`);
  if (step < 0 && from < to) throw failure(`Requires start >= limit when delta < 0: ${from}/${to}`);
  return Math.ceil(Math.abs((to - from) / step));
}

/** The Range op as it is. TensorFlow: `gen_math_ops.range`. */
export function rangeOp(
  start: TensorLike,
  limit: TensorLike,
  delta: TensorLike,
  { name }: Named = {},
): Tensor {
  return createOp(Range, [start, limit, delta], {}, name).output;
}

export interface RangeOptions extends Named {
  readonly dtype?: DTypeLike | undefined;
}

const rangeOrder: readonly DType[] = [int32, int64, float16, bfloat16, float32, float64];

/** A number as Python sees it: whole numbers are int32. */
function rangePart(value: TensorLike, dtype: DType | undefined, name: string): Tensor {
  if (isTensorLike(value)) return convertToTensor(value);
  const whole = typeof value === "number" && Number.isInteger(value);
  return convertToTensor(value, { dtype: dtype ?? (whole ? int32 : undefined), name });
}

/**
 * Numbers from `start` (0 when only a limit is given) to before `limit`, `delta` apart. Whole numbers make int32,
 * others float32. TensorFlow: `tf.range`.
 */
export function range(limit: TensorLike, options?: RangeOptions): Tensor;
export function range(start: TensorLike, limit: TensorLike, options?: RangeOptions): Tensor;
export function range(
  start: TensorLike,
  limit: TensorLike,
  delta: TensorLike,
  options?: RangeOptions,
): Tensor;
export function range(...args: readonly (TensorLike | RangeOptions | undefined)[]): Tensor {
  const numbers = args.filter((arg) => arg !== undefined && !isOptions(arg)) as TensorLike[];
  const { dtype, name } = (args.find(isOptions) ?? {}) as RangeOptions;
  const [first = 0, second, third = 1] = numbers;
  const [start, limit] = second === undefined ? [0, first] : [first, second];
  const wanted = dtype === undefined ? undefined : asDType(dtype).base;
  return opScope(name ?? "range", "Range", [start, limit, third], (scope) => {
    const parts = [
      rangePart(start, wanted, "start"),
      rangePart(limit, wanted, "limit"),
      rangePart(third, wanted, "delta"),
    ];
    const orders = parts.map((part) => rangeOrder.indexOf(part.dtype.base));
    if (!wanted && orders.includes(-1)) {
      throw new AssertionError("range takes int32, int64 and floating numbers");
    }
    const type = wanted ?? (rangeOrder[Math.max(...orders)] as DType);
    const [from, to, step] = parts.map((part) => cast(part, type)) as [Tensor, Tensor, Tensor];
    return rangeOp(from, to, step, { name: scope });
  });
}

function isOptions(arg: unknown): arg is RangeOptions {
  return (
    typeof arg === "object" &&
    arg !== null &&
    !Array.isArray(arg) &&
    !ArrayBuffer.isView(arg) &&
    !(arg instanceof Tensor) &&
    !(arg instanceof NDArray) &&
    !isTensorConvertible(arg)
  );
}

// LinSpace

const LinSpace = defineOp({
  type: "LinSpace",
  inputs: ["start: T", "stop: T", "num: Tidx"],
  outputs: ["output: T"],
  attrs: { T: a.type([bfloat16, float16, float32, float64]), Tidx: a.type(indexTypes, int32) },
  shape: ({ inputs: [start, stop], constant }) => {
    for (const input of [start, stop]) {
      if (input.shape.rank !== null && input.shape.rank !== 0) {
        throw new ShapeError(`Shape must be rank 0 but is rank ${input.shape.rank}`);
      }
    }
    const count = constant(2);
    if (!count) return [[null]];
    const length = Number(count.at(0));
    if (length <= 0) throw new ShapeError(`Requires num > 0: ${length}`);
    return [[length]];
  },
  gradient: "zero",
  lower: ({ inputs: [start, stop], attrs: { T }, constant, k }) => {
    const count = Number(constant(2).at(0));
    if (count <= 0) throw new Error(`Requires num > 0: ${count}`);
    if (count === 1) return [k.reshape(start, [1])];
    const step = k.map([start, stop], (from, to) =>
      e.div(e.sub(to as Expr, from as Expr), count - 1),
    );
    const index = k.iota([count], 0, T);
    const line = k.map([start, step, index], (from, by, i) =>
      e.add(from as Expr, e.mul(by as Expr, i as Expr)),
    );
    // The last number is the stop itself, whatever the steps add up to.
    return [
      k.map([index, line, stop], (i, value, last) =>
        e.select(e.eq(i as Expr, count - 1), last as Expr, value as Expr),
      ),
    ];
  },
});

/** The LinSpace op of TensorFlow 1. TensorFlow: `gen_math_ops.lin_space`. */
export function linSpace(
  start: TensorLike,
  stop: TensorLike,
  num: TensorLike,
  { name }: Named = {},
): Tensor {
  return createOp(LinSpace, [start, stop, integers(num)], {}, name).output;
}

/**
 * `num` numbers from `start` to `stop`, both included, evenly spaced along a new axis.
 * TensorFlow: `tf.linspace`, which 2.21 composes of other ops.
 */
export function linspace(
  start: TensorLike,
  stop: TensorLike,
  num: TensorLike,
  { name, axis = 0 }: Named & { readonly axis?: number | undefined } = {},
): Tensor {
  return opScope(name, "linspace", [start, stop], () => {
    const from = convertToTensor(start, { name: "start" });
    const to = convertToTensor(stop, { name: "stop", dtype: from.dtype.base });
    const count = toInt32(num, "num");
    cast(count, from.dtype.base);
    const common = broadcastDynamicShape(shapeOf(from), shapeOf(to));
    const wideStart = broadcastTo(from, common);
    const wideStop = broadcastTo(to, common);
    let first = expandDims(wideStart, axis);
    let last = expandDims(wideStop, axis);
    const dims = shapeOf(first);
    const rank = shapeOf(dims).slice(0);
    const at = whereV2(axis >= 0, integers(axis), rank.add(axis));
    const inner = maximum(count.sub(2), integers(0));
    const steps = maximum(count.sub(1), integers(1));
    const delta = last.sub(first).div(cast(steps, last.dtype.base));
    first = cast(first, delta.dtype.base);
    last = cast(last, delta.dtype.base);
    const end = whereV2(count.greaterEqual(0), steps, integers(-1));
    const numbers = cast(range(1, end, { dtype: int64 }), delta.dtype.base);
    const mask = equal(at, range(rank));
    const line = reshape(numbers, whereV2(mask, inner, integers(1)));
    const middle = first.add(delta.mul(line));
    const joined = concat([first, middle, last], at);
    const begin = zerosLike(dims);
    const size = concat(
      [dims.slice([0, at]), reshape(count, [1]), dims.slice([at.add(1), null])],
      0,
    );
    return slice(joined, begin, size);
  });
}

/** TensorFlow: `convert_to_int_tensor`. */
function toInt32(value: TensorLike, name: string): Tensor {
  return castNode(convertToTensor(integers(value), { name }), int32);
}
