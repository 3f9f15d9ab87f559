/** tf.debugging: checks of values and shapes. */

export { assertOp as Assert, checkNumerics } from "./ops/assert.ts";
export {
  assertEqual,
  assertGreater,
  assertGreaterEqual,
  assertLess,
  assertLessEqual,
  assertNegative,
  assertNoneEqual,
  assertNonNegative,
  assertNonPositive,
  assertPositive,
  assertRank,
  assertRankAtLeast,
  assertScalar,
  assertType,
  type CheckOptions,
} from "./ops/debugging.ts";
export {
  assertInteger,
  assertNear,
  assertRankIn,
  assertSameFloatDtype,
} from "./ops/debugging-types.ts";
export { isNonDecreasing, isStrictlyIncreasing } from "./ops/monotonic.ts";
export { assertAllFinite } from "./ops/numerics.ts";
export { isFinite, isInf, isNan } from "./ops/unary.ts";
