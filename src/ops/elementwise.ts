/** Declaring element-wise ops: what they share is said here once, each op then takes a few lines. */

import type { DType } from "../core/dtypes.ts";
import { broadcastStatic, type TensorShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import type { Expr, Value } from "../engines/ir.ts";
import type { BinaryName, UnaryName } from "../engines/scalar.ts";
import { type ArrayLike, asArray } from "./constant.ts";
import { isTensorConvertible, type TensorLike } from "./convert.ts";
import { createOp } from "./create.ts";
import {
  type AttrSpec,
  type AttrSpecs,
  a,
  defineOp,
  ShapeError,
  type TypedOpDef,
} from "./define.ts";
import { reals } from "./dtype-lists.ts";

type TypeAttr = { readonly T: AttrSpec<DType> };
/** A definition whose only attribute is the dtype of its arguments. */
export type ElementwiseDef = TypedOpDef<TypeAttr>;

export interface UnaryGradient {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly dy: Tensor;
}

/** An op from x to y of the same dtype. */
export function defineUnary(
  type: string,
  allowed: readonly DType[],
  scalar: UnaryName,
  gradient: "zero" | ((values: UnaryGradient) => Tensor),
): ElementwiseDef {
  return defineOp({
    type,
    inputs: ["x: T"],
    outputs: ["y: T"],
    attrs: { T: a.type(allowed) },
    traits: { elementwise: true },
    shape: ({ inputs: [x] }) => [x.shape],
    gradient:
      gradient === "zero"
        ? "zero"
        : ({ inputs: [x], outputs: [y], dy: [dy] }) => [gradient({ x, y, dy })],
    lower: ({ inputs: [x], k }) => [k.unary(scalar, x)],
  });
}

/** An op from x to a truth value. */
export function defineTest(
  type: string,
  allowed: readonly DType[],
  scalar: UnaryName,
): ElementwiseDef {
  return defineOp({
    type,
    inputs: ["x: T"],
    outputs: ["y: bool"],
    attrs: { T: a.type(allowed) },
    traits: { elementwise: true },
    shape: ({ inputs: [x] }) => [x.shape],
    gradient: "none",
    lower: ({ inputs: [x], k }) => [k.unary(scalar, x)],
  });
}

export interface GradientOfGradient {
  readonly y: Tensor;
  readonly dy: Tensor;
  /** The gradient of the op's output. */
  readonly ddy: Tensor;
}

/** The op that computes the gradient of another op from its output y and dy. */
export function defineGradientOp(
  type: string,
  allowed: readonly DType[],
  body: (y: Expr, dy: Expr) => Expr,
  gradient: (values: GradientOfGradient & { readonly z: Tensor }) => readonly [Tensor, Tensor],
): ElementwiseDef {
  return defineOp({
    type,
    inputs: ["y: T", "dy: T"],
    outputs: ["z: T"],
    attrs: { T: a.type(allowed) },
    traits: { elementwise: true },
    shape: ({ inputs: [y, dy] }) => [mergeEqual(y.shape, dy.shape)],
    gradient: ({ inputs: [y, dy], outputs: [z], dy: [ddy] }) => gradient({ y, dy, z, ddy }),
    lower: ({ inputs: [y, dy], k }) => [
      k.map([y, dy], (first, second) => body(first as Expr, second as Expr)),
    ],
  });
}

function mergeEqual(x: TensorShape, y: TensorShape): TensorShape {
  if (!x.isCompatibleWith(y)) {
    throw new ShapeError(
      `Shapes must be equal, but are ${x.toRuntimeString()} and ${y.toRuntimeString()}`,
    );
  }
  return x.mergeWith(y);
}

export interface BinaryGradient {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly z: Tensor;
  readonly dz: Tensor;
}

export interface BinaryExtras {
  readonly commutative?: boolean;
}

/** How an op combines two elements: a scalar function by name, or a formula. */
export type Combine = BinaryName | ((x: Expr, y: Expr) => Expr);

export function combine(k: Builder, how: Combine, x: Value, y: Value): Value {
  return typeof how === "string"
    ? k.binary(how, x, y)
    : k.map([x, y], (first, second) => how(first as Expr, second as Expr));
}

/** An op from x and y, broadcast, to z of the same dtype. */
export function defineBinary(
  type: string,
  allowed: readonly DType[],
  how: Combine,
  gradient: "none" | "zero" | ((values: BinaryGradient) => readonly [Tensor | null, Tensor | null]),
  { commutative = false }: BinaryExtras = {},
): ElementwiseDef {
  return defineOp({
    type,
    inputs: ["x: T", "y: T"],
    outputs: ["z: T"],
    attrs: { T: a.type(allowed) },
    traits: { elementwise: true, commutative },
    shape: ({ inputs: [x, y] }) => [broadcastShape(x.shape, y.shape)],
    gradient:
      typeof gradient === "string"
        ? gradient
        : ({ inputs: [x, y], outputs: [z], dy: [dz] }) => gradient({ x, y, z, dz }),
    lower: ({ inputs: [x, y], k }) => [combine(k, how, x, y)],
  });
}

/** An op from x and y, broadcast, to a truth value. */
export function defineComparison(type: string, how: BinaryName): ElementwiseDef {
  return defineOp({
    type,
    inputs: ["x: T", "y: T"],
    outputs: ["z: bool"],
    attrs: { T: a.type(reals) },
    traits: { elementwise: true },
    shape: ({ inputs: [x, y] }) => [broadcastShape(x.shape, y.shape)],
    gradient: "zero",
    lower: ({ inputs: [x, y], k }) => [k.binary(how, x, y)],
  });
}

/** The static shape of two operands under broadcasting. */
export function broadcastShape(x: TensorShape, y: TensorShape): TensorShape {
  const shape = broadcastStatic(x, y);
  if (shape) return shape;
  const rank = Math.max(x.rank ?? 0, y.rank ?? 0);
  for (let i = 0; i < rank; i++) {
    const left = x.dims?.[i - rank + (x.rank ?? 0)] ?? 1;
    const right = y.dims?.[i - rank + (y.rank ?? 0)] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(`Dimensions must be equal, but are ${left} and ${right}`);
    }
  }
  throw new Error("internal: shapes that broadcast were refused");
}

export function isTensorLike(value: unknown): value is Tensor {
  return value instanceof Tensor || isTensorConvertible(value);
}

/**
 * Makes a node of two operands. A plain first operand takes the dtype of a tensor that comes second, where it fits:
 * JavaScript does not tell 1 from 1.0.
 */
export function createBinary<A extends AttrSpecs & TypeAttr>(
  def: TypedOpDef<A>,
  x: TensorLike,
  y: TensorLike,
  name: string | undefined,
): Tensor {
  const T = plainDType(x, y);
  return createOp(def, [x, y], (T ? { T } : {}) as never, name).output;
}

/** The dtype of the tensor `y` when `x` is a plain value that fits it. */
export function plainDType(x: TensorLike, y: TensorLike): DType | undefined {
  if (isTensorLike(x) || !isTensorLike(y) || !isPlain(x)) return undefined;
  const { base } = y.dtype;
  return fits(x, base) ? base : undefined;
}

function isPlain(value: unknown): value is ArrayLike {
  if (Array.isArray(value)) return value.every(isPlain);
  return (
    typeof value === "number" ||
    typeof value === "bigint" ||
    typeof value === "boolean" ||
    typeof value === "string"
  );
}

function fits(value: ArrayLike, dtype: DType): boolean {
  try {
    asArray(value, dtype);
    return true;
  } catch {
    return false;
  }
}

/** Calls `body` so that what it makes runs after `dy`: work of the gradient does not start early. */
export function after<R>(dy: Tensor, body: () => R): R {
  const { graph } = dy;
  return graph.inside(graph.controlPatch([dy]), body);
}

/** Rounded towards zero. */
export function trunc(x: Expr): Expr {
  return e.select(e.lt(x, 0), e.unary("ceil", x), e.unary("floor", x));
}
