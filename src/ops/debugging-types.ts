/** Checks of dtypes, ranks and closeness, beside those of debugging.ts. */

import type { DType } from "../core/dtypes.ts";
import { float32, int32 } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { checkList } from "../core/kind.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { assertOp } from "./assert.ts";
import { equal, less, logicalOr } from "./comparison.ts";
import { noOp } from "./control.ts";
import { convertToTensor, isTensorConvertible, type TensorLike } from "./convert.ts";
import { assertType, type CheckOptions, prefixOf } from "./debugging.ts";
import { reduceAll } from "./reduce.ts";
import { rank, shape } from "./shape.ts";
import { integers, isTensorLike, opScope, staticValue } from "./support.ts";
import { abs } from "./unary.ts";

export interface NearOptions extends CheckOptions {
  /** The relative tolerance; 10 units in the last place by default. */
  readonly rtol?: TensorLike | undefined;
  /** The absolute tolerance; 10 times the gap after 1 by default. */
  readonly atol?: TensorLike | undefined;
}

/** The gap between 1 and the next number. */
const gaps: Readonly<Record<string, number>> = {
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
  float32: 2 ** -23,
  float64: 2 ** -52,
};

/** An operation that fails unless |x - y| < atol + rtol |y| for all elements. TensorFlow: `tf.debugging.assert_near`. */
export function assertNear(
  x: TensorLike,
  y: TensorLike,
  { rtol, atol, data, summarize, message, name }: NearOptions = {},
): Operation {
  return opScope(name, "assert_near", [x, y, rtol, atol, data ?? []], () => {
    const left = convertToTensor(x, { name: "x" });
    const dtype = left.dtype.base;
    const right = convertToTensor(y, { name: "y", dtype });
    const gap = 10 * (gaps[dtype.name] ?? 0);
    const relative = convertToTensor(rtol ?? gap, { name: "rtol", dtype });
    const absolute = convertToTensor(atol ?? gap, { name: "atol", dtype });
    const parts = data ?? [
      prefixOf(message),
      `x and y not equal to tolerance rtol = ${relative}, atol = ${absolute}`,
      `x (${left.name}) = `,
      left,
      `y (${right.name}) = `,
      right,
    ];
    const limit = absolute.add(relative.mul(abs(right)));
    const difference = abs(left.sub(right));
    return assertOp(reduceAll(less(difference, limit)), parts, { summarize });
  });
}

/** Throws TypeError unless the tensor is of an integer dtype. TensorFlow: `tf.debugging.assert_integer`. */
export function assertInteger(
  x: TensorLike,
  { message, name }: Pick<CheckOptions, "message" | "name"> = {},
): Operation {
  return opScope(name, "assert_integer", [x], () => {
    const tensor = convertToTensor(x, { name: "x" });
    if (!tensor.dtype.isInteger) {
      throw new TypeError(
        `${prefixOf(message)}Expected "x" to be integer type.  Found: ${tensor.name} of dtype ${tensor.dtype}`,
      );
    }
    return noOp({ name: "statically_determined_was_integer" });
  });
}

/** An operation that fails unless x has one of these ranks. TensorFlow: `tf.debugging.assert_rank_in`. */
export function assertRankIn(
  x: TensorLike,
  ranks: readonly TensorLike[],
  { data, summarize, message, name }: CheckOptions = {},
): Operation {
  checkList(ranks, "The ranks");
  return opScope(name, "assert_rank_in", [x, ...ranks, ...(data ?? [])], () => {
    const tensor = convertToTensor(x, { name: "x" });
    const wanted = ranks.map((each) => convertToTensor(integers(each), { name: "rank" }));
    const parts = data ?? [
      prefixOf(message),
      `Tensor ${tensor.name} must have rank in`,
      ...wanted,
      "Received shape: ",
      shape(tensor),
    ];
    for (const each of wanted) assertType(each, int32);
    const known = wanted.map((each) => staticValue(each));
    const actual = tensor.shape.rank;
    if (actual !== null && known.every((each) => each !== null)) {
      const numbers = known.map((each) => Number(each?.at(0)));
      if (numbers.includes(actual)) return noOp({ name: "static_checks_determined_all_ok" });
      const list = `(${numbers.join(", ")}${numbers.length === 1 ? "," : ""})`;
      throw new ValueError(
        `${prefixOf(message)}Tensor ${tensor.name} must have rank in ${list}.  Received rank ${actual}, shape ${tensor.shape}`,
      );
    }
    const found = rank(tensor);
    const [first, ...others] = wanted.map((each): Tensor => equal(each, found));
    if (!first) throw new ValueError("assertRankIn needs at least one rank.");
    const any = others.reduce((one, other) => logicalOr(one, other) as Tensor, first);
    return assertOp(any, parts, { summarize });
  });
}

type Item = TensorLike | { readonly dtype: DType; readonly name?: string } | null | undefined;

/**
 * The floating-point dtype that all tensors have, and that is `dtype` where it is given; float32 without any.
 * Throws ValueError otherwise. TensorFlow: `tf.debugging.assert_same_float_dtype`.
 */
export function assertSameFloatDtype(tensors: readonly Item[] = [], dtype?: DType): DType {
  checkList(tensors, "The tensors");
  let expected = dtype;
  let source = "";
  for (const item of tensors) {
    if (item === null || item === undefined) continue;
    if (!isTensorLike(item) && !isTensorConvertible(item)) continue;
    const { dtype: own, name } = item as { readonly dtype: DType; readonly name: string };
    if (!expected) {
      expected = own.base;
      source = ` as ${name}`;
    } else if (expected !== own.base) {
      throw new ValueError(
        `${name}, type=${own.base}, must be of the same type (${expected})${source}.`,
      );
    }
  }
  if (!expected) return float32 as DType;
  if (!expected.isFloating) throw new ValueError(`Expected floating point type, got ${expected}.`);
  return expected;
}
