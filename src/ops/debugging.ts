/** tf.debugging: checks of values, made of Assert; what is known while building is checked at once. */

import { asDType, type DType, type DTypeLike, int32 } from "../core/dtypes.ts";
import { InvalidArgumentError, TypeError, ValueError } from "../core/errors.ts";
import type { TensorShape } from "../core/shape.ts";
import { type Operation, Tensor } from "../core/tensor.ts";
import { assertOp } from "./assert.ts";
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from "./comparison.ts";
import { constantValue } from "./constant-value.ts";
import { noOp, withDependencies } from "./control.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { reduceAll } from "./reduce.ts";
import { rank, shape } from "./shape.ts";
import { integers, opScope, staticValue } from "./support.ts";

export interface CheckOptions extends Named {
  /** What the message shows instead of the usual. */
  readonly data?: readonly TensorLike[] | undefined;
  /** How many elements of each tensor are shown. */
  readonly summarize?: number | undefined;
  /** Comes first in the message. */
  readonly message?: string | undefined;
}

type Comparison = (x: TensorLike, y: TensorLike) => Tensor;

function shown(value: TensorLike): string {
  if (!(value instanceof Tensor)) return String(value);
  return String(staticValue(value) ?? value);
}

function binaryCheck(
  symbol: string,
  opName: string,
  compare: Comparison,
  x: TensorLike,
  y: TensorLike,
  { data, summarize, message, name }: CheckOptions,
): Operation {
  return opScope(name, opName, [x, y, data ?? []], () => {
    const lhs = convertToTensor(x, { name: "x" });
    const like =
      x instanceof Tensor && !(y instanceof Tensor) ? { preferredDtype: lhs.dtype.base } : {};
    const rhs = convertToTensor(y, { name: "y", ...like });
    const usual = [
      `Condition x ${symbol} y did not hold element-wise:`,
      `x (${lhs.name}) = `,
      lhs,
      `y (${rhs.name}) = `,
      rhs,
    ];
    const parts: readonly TensorLike[] = [
      ...(message === undefined ? [] : [message]),
      ...(data ?? usual),
    ];
    const condition = reduceAll(compare(lhs, rhs));
    if (staticValue(lhs) && staticValue(rhs) && constantValue(condition)?.at(0) === false) {
      throw new InvalidArgumentError(undefined, parts.map(shown).join("\n"));
    }
    return assertOp(condition, parts, { summarize });
  });
}

/** An operation that fails unless x = y everywhere. TensorFlow: `tf.debugging.assert_equal`. */
export function assertEqual(x: TensorLike, y: TensorLike, options: CheckOptions = {}): Operation {
  // TensorFlow opens the scope twice, so its nodes lie in the second one.
  const same = opScope(options.name, "assert_equal", [x, y], () => (x === y ? noOp() : null));
  return same ?? binaryCheck("==", "assert_equal", equal, x, y, options);
}

/** An operation that fails if x = y anywhere. TensorFlow: `tf.debugging.assert_none_equal`. */
export function assertNoneEqual(
  x: TensorLike,
  y: TensorLike,
  options: CheckOptions = {},
): Operation {
  return binaryCheck("!=", "assert_none_equal", notEqual, x, y, options);
}

/** An operation that fails unless x < y everywhere. TensorFlow: `tf.debugging.assert_less`. */
export function assertLess(x: TensorLike, y: TensorLike, options: CheckOptions = {}): Operation {
  return binaryCheck("<", "assert_less", less, x, y, options);
}

/** An operation that fails unless x ≤ y everywhere. TensorFlow: `tf.debugging.assert_less_equal`. */
export function assertLessEqual(
  x: TensorLike,
  y: TensorLike,
  options: CheckOptions = {},
): Operation {
  return binaryCheck("<=", "assert_less_equal", lessEqual, x, y, options);
}

/** An operation that fails unless x > y everywhere. TensorFlow: `tf.debugging.assert_greater`. */
export function assertGreater(x: TensorLike, y: TensorLike, options: CheckOptions = {}): Operation {
  return binaryCheck(">", "assert_greater", greater, x, y, options);
}

/** An operation that fails unless x ≥ y everywhere. TensorFlow: `tf.debugging.assert_greater_equal`. */
export function assertGreaterEqual(
  x: TensorLike,
  y: TensorLike,
  options: CheckOptions = {},
): Operation {
  return binaryCheck(">=", "assert_greater_equal", greaterEqual, x, y, options);
}

/** @internal */
export function prefixOf(message: string | undefined): string {
  return message ? `${message}.  ` : "";
}

type ZeroCheck = (x: Tensor, zero: Tensor, options: CheckOptions) => Operation;

function signCheck(
  symbol: string,
  opName: string,
  check: ZeroCheck,
  x: TensorLike,
  { data, summarize, message, name }: CheckOptions,
): Operation {
  return opScope(name, opName, [x, data ?? []], () => {
    const tensor = convertToTensor(x, { name: "x" });
    const text = `Condition x ${symbol} 0 did not hold element-wise:`;
    const usual =
      symbol === "<="
        ? [prefixOf(message), `${text}x (${tensor.name}) = `, tensor]
        : [prefixOf(message), text, `x (${tensor.name}) = `, tensor];
    const zero = convertToTensor(0, { dtype: tensor.dtype.base });
    return check(tensor, zero, { data: data ?? usual, summarize });
  });
}

/** An operation that fails unless all elements are above 0. TensorFlow: `tf.debugging.assert_positive`. */
export function assertPositive(x: TensorLike, options: CheckOptions = {}): Operation {
  return signCheck(
    ">",
    "assert_positive",
    (t, zero, more) => assertLess(zero, t, more),
    x,
    options,
  );
}

/** An operation that fails unless all elements are below 0. TensorFlow: `tf.debugging.assert_negative`. */
export function assertNegative(x: TensorLike, options: CheckOptions = {}): Operation {
  return signCheck(
    "<",
    "assert_negative",
    (t, zero, more) => assertLess(t, zero, more),
    x,
    options,
  );
}

/** An operation that fails if an element is below 0. TensorFlow: `tf.debugging.assert_non_negative`. */
export function assertNonNegative(x: TensorLike, options: CheckOptions = {}): Operation {
  const check: ZeroCheck = (t, zero, more) => assertLessEqual(zero, t, more);
  return signCheck(">=", "assert_non_negative", check, x, options);
}

/** An operation that fails if an element is above 0. TensorFlow: `tf.debugging.assert_non_positive`. */
export function assertNonPositive(x: TensorLike, options: CheckOptions = {}): Operation {
  const check: ZeroCheck = (t, zero, more) => assertLessEqual(t, zero, more);
  return signCheck("<=", "assert_non_positive", check, x, options);
}

interface RankCheck {
  readonly opName: string;
  /** What must hold, in words. */
  readonly words: string;
  readonly holds: (actual: number, wanted: number) => boolean;
  readonly compare: Comparison;
}

function rankCheck(
  { opName, words, holds, compare }: RankCheck,
  x: TensorLike,
  wanted: TensorLike,
  { data, summarize, message, name }: CheckOptions,
): Operation {
  return opScope(name, opName, [x, wanted, data ?? []], () => {
    const tensor = convertToTensor(x, { name: "x" });
    const count = convertToTensor(integers(wanted), { name: "rank" });
    const parts = data ?? [
      prefixOf(message),
      `Tensor ${tensor.name} must have ${words}`,
      count,
      "Received shape: ",
      shape(tensor),
    ];
    assertType(count, int32);
    const known = staticValue(count);
    if (known && known.rank !== 0) throw new ValueError("Rank must be a scalar.");
    const actual = tensor.shape.rank;
    if (known && actual !== null) {
      const expected = Number(known.at(0));
      if (holds(actual, expected)) return noOp({ name: "static_checks_determined_all_ok" });
      throw new ValueError(
        `${prefixOf(message)}Tensor ${tensor.name} must have ${words} ${expected}.  Received rank ${actual}, shape ${tensor.shape}`,
      );
    }
    let condition = compare(rank(tensor), count);
    if (!known) {
      const scalar = assertRank(count, 0, {
        data: ["Rank must be a scalar. Received rank: ", count],
      });
      condition = withDependencies([scalar], condition);
    }
    return assertOp(condition, parts, { summarize });
  });
}

/** An operation that fails unless x has this rank. TensorFlow: `tf.debugging.assert_rank`. */
export function assertRank(
  x: TensorLike,
  wanted: TensorLike,
  options: CheckOptions = {},
): Operation {
  const check: RankCheck = {
    opName: "assert_rank",
    words: "rank",
    holds: (actual, expected) => actual === expected,
    compare: equal,
  };
  return rankCheck(check, x, wanted, options);
}

/** An operation that fails unless x has at least this rank. TensorFlow: `tf.debugging.assert_rank_at_least`. */
export function assertRankAtLeast(
  x: TensorLike,
  wanted: TensorLike,
  options: CheckOptions = {},
): Operation {
  const check: RankCheck = {
    opName: "assert_rank_at_least",
    words: "rank at least",
    holds: (actual, expected) => actual >= expected,
    compare: greaterEqual,
  };
  return rankCheck(check, x, wanted, options);
}

export interface TypeCheckOptions extends Named {
  readonly message?: string | undefined;
}

/** Throws TypeError unless the tensor has this dtype. TensorFlow: `tf.debugging.assert_type`. */
export function assertType(
  tensor: TensorLike,
  tfType: DTypeLike,
  { message, name }: TypeCheckOptions = {},
): Operation {
  const wanted: DType = asDType(tfType);
  return opScope(name, "assert_type", [tensor], () => {
    const found = convertToTensor(tensor, { name: "tensor" });
    if (found.dtype !== wanted) {
      throw new TypeError(
        `${prefixOf(message)}${found.name} must be of type tf.${wanted.name}; got tf.${found.dtype.name}`,
      );
    }
    return noOp({ name: "statically_determined_correct_type" });
  });
}

/** The tensor; throws ValueError unless it is a scalar. TensorFlow: `tf.debugging.assert_scalar`. */
export function assertScalar(tensor: TensorLike, { message, name }: TypeCheckOptions = {}): Tensor {
  return opScope(name, "assert_scalar", [tensor], (scope) => {
    const found = convertToTensor(tensor, { name: scope });
    const known: TensorShape = found.shape;
    if (known.rank === 0) return found;
    throw new ValueError(
      `${prefixOf(message)}Expected scalar shape for ${found.name}, saw shape: ${known}.`,
    );
  });
}
