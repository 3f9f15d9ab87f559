/** Work on the bits of integers. TensorFlow: `tf.bitwise`. */

import type { Tensor } from "../core/tensor.ts";
import * as e from "../engines/expr.ts";
import type { Expr } from "../engines/ir.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { integers } from "./dtype-lists.ts";
import { createBinary, defineBinary, defineUnary } from "./elementwise.ts";

const BitwiseAnd = defineBinary("BitwiseAnd", integers, "bitAnd", "zero", { commutative: true });
const BitwiseOr = defineBinary("BitwiseOr", integers, "bitOr", "zero", { commutative: true });
const BitwiseXor = defineBinary("BitwiseXor", integers, "bitXor", "zero", { commutative: true });
const LeftShift = defineBinary(
  "LeftShift",
  integers,
  (x, y) => e.binary("shiftLeft", x, places(y)),
  "zero",
);
const RightShift = defineBinary(
  "RightShift",
  integers,
  (x, y) => e.binary("shiftRight", x, places(y)),
  "zero",
);
const Invert = defineUnary("Invert", integers, "invert", "zero");

/** A shift moves by at least 0 and at most all but one bit. */
function places(y: Expr): Expr {
  return e.min(e.max(y, 0), 8 * y.dtype.size - 1);
}

/** Bits set in both. TensorFlow: `tf.bitwise.bitwise_and`. */
export function bitwiseAnd(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(BitwiseAnd, x, y, name);
}
/** Bits set in at least one. TensorFlow: `tf.bitwise.bitwise_or`. */
export function bitwiseOr(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(BitwiseOr, x, y, name);
}
/** Bits set in exactly one. TensorFlow: `tf.bitwise.bitwise_xor`. */
export function bitwiseXor(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(BitwiseXor, x, y, name);
}
/** x with its bits moved up by y. TensorFlow: `tf.bitwise.left_shift`. */
export function leftShift(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(LeftShift, x, y, name);
}
/** x with its bits moved down by y. TensorFlow: `tf.bitwise.right_shift`. */
export function rightShift(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(RightShift, x, y, name);
}
/** All bits flipped. TensorFlow: `tf.bitwise.invert`. */
export function invert(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Invert, [x], {}, name).output;
}
