/** Comparisons and logic, broadcast. */

import { bool, string } from "../core/dtypes.ts";
import type { TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { BinaryName } from "../engines/scalar.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, type ShapeInput } from "./define.ts";
import { broadcastShape, createBinary, defineComparison } from "./elementwise.ts";
import { mapStrings, sameText } from "./string-elements.ts";
import "./operators.ts";

const Less = defineComparison("Less", "lt");
const LessEqual = defineComparison("LessEqual", "le");
const Greater = defineComparison("Greater", "gt");
const GreaterEqual = defineComparison("GreaterEqual", "ge");

/** Where x < y. TensorFlow: `tf.less`. */
export function less(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return createBinary(Less, x, y, name) as Tensor<"bool">;
}
/** Where x <= y. TensorFlow: `tf.less_equal`. */
export function lessEqual(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return createBinary(LessEqual, x, y, name) as Tensor<"bool">;
}
/** Where x > y. TensorFlow: `tf.greater`. */
export function greater(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return createBinary(Greater, x, y, name) as Tensor<"bool">;
}
/** Where x >= y. TensorFlow: `tf.greater_equal`. */
export function greaterEqual(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return createBinary(GreaterEqual, x, y, name) as Tensor<"bool">;
}

function defineEquality(type: "Equal" | "NotEqual", how: BinaryName) {
  return defineOp({
    type,
    inputs: ["x: T", "y: T"],
    outputs: ["z: bool"],
    attrs: { T: a.type(), incompatible_shape_error: a.bool(true) },
    traits: { elementwise: true, commutative: true },
    shape: ({ inputs: [x, y] }) => [broadcastShape(x.shape, y.shape)],
    gradient: "zero",
    lower: ({ inputs: [x, y], attrs, k }) =>
      attrs.T === string
        ? [
            mapStrings(
              k,
              x,
              y,
              bool,
              (first, second) => sameText(first, second) === (type === "Equal"),
            ),
          ]
        : [k.binary(how, x, y)],
  });
}

const Equal = defineEquality("Equal", "eq");
const NotEqual = defineEquality("NotEqual", "ne");

/** Where x is equal to y. TensorFlow: `tf.equal`. */
export function equal(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return createBinary(Equal, x, y, name) as Tensor<"bool">;
}
/** Where x differs from y. TensorFlow: `tf.not_equal`. */
export function notEqual(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return createBinary(NotEqual, x, y, name) as Tensor<"bool">;
}

const bothShapes = ({
  inputs: [x, y],
}: {
  readonly inputs: readonly [ShapeInput, ShapeInput];
}): [TensorShape] => [broadcastShape(x.shape, y.shape)];

const LogicalAnd = defineOp({
  type: "LogicalAnd",
  inputs: ["x: bool", "y: bool"],
  outputs: ["z: bool"],
  attrs: {},
  traits: { elementwise: true, commutative: true },
  shape: bothShapes,
  gradient: "zero",
  lower: ({ inputs: [x, y], k }) => [k.binary("and", x, y)],
});

/** Where both hold. TensorFlow: `tf.logical_and`. */
export function logicalAnd(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return createOp(LogicalAnd, [x, y], {}, name).output as Tensor<"bool">;
}

const LogicalOr = defineOp({
  type: "LogicalOr",
  inputs: ["x: bool", "y: bool"],
  outputs: ["z: bool"],
  attrs: {},
  traits: { elementwise: true, commutative: true },
  shape: bothShapes,
  gradient: "zero",
  lower: ({ inputs: [x, y], k }) => [k.binary("or", x, y)],
});

/** Where at least one holds. TensorFlow: `tf.logical_or`. */
export function logicalOr(x: TensorLike, y: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return createOp(LogicalOr, [x, y], {}, name).output as Tensor<"bool">;
}

const LogicalNot = defineOp({
  type: "LogicalNot",
  inputs: ["x: bool"],
  outputs: ["y: bool"],
  attrs: {},
  traits: { elementwise: true },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: "zero",
  lower: ({ inputs: [x], k }) => [k.unary("not", x)],
});

/** Where x does not hold. TensorFlow: `tf.logical_not`. */
export function logicalNot(x: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return createOp(LogicalNot, [x], {}, name).output as Tensor<"bool">;
}

/** Where exactly one holds, as (x or y) and not (x and y). TensorFlow: `tf.logical_xor`. */
export function logicalXor(
  x: TensorLike,
  y: TensorLike,
  { name = "LogicalXor" }: Named = {},
): Tensor<"bool"> {
  const either = logicalOr(x, y);
  return logicalAnd(either, logicalNot(logicalAnd(x, y)), { name });
}
