/** Operators as methods: `a.add(b)` makes the nodes that `a + b` makes in Python. */

import { bool, type DTypeName, type FloatName, int32 } from "../core/dtypes.ts";
import { Tensor } from "../core/tensor.ts";
import { addNode, floordiv, floormod, multiply, pow, subtract, truediv } from "./binary.ts";
import { bitwiseAnd, bitwiseOr, bitwiseXor, invert } from "./bitwise.ts";
import { castNode } from "./cast.ts";
import {
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
} from "./comparison.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { matmul } from "./matmul.ts";
import { opScope } from "./support.ts";
import { abs, negative } from "./unary.ts";

/** What tensors and variables can do by themselves; a plain operand takes the dtype of this tensor. */
/** Integers are divided as floating-point numbers. */
export type Quotient<D extends DTypeName> = D extends FloatName ? D : DTypeName;

export interface Operators<D extends DTypeName = DTypeName> {
  /** `this + y`. */
  add(y: TensorLike): Tensor<D>;
  /** `this - y`. */
  sub(y: TensorLike): Tensor<D>;
  /** `this * y`. */
  mul(y: TensorLike): Tensor<D>;
  /** `this / y`: integers become floating point. */
  truediv(y: TensorLike): Tensor<Quotient<D>>;
  /** `this / y`, the same as `truediv`. */
  div(y: TensorLike): Tensor<Quotient<D>>;
  /** `this // y`. */
  floordiv(y: TensorLike): Tensor<D>;
  /** `this % y`: the result has the sign of y. */
  mod(y: TensorLike): Tensor<D>;
  /** `this ** y`. */
  pow(y: TensorLike): Tensor<D>;
  /** `this @ y`. */
  matmul(y: TensorLike): Tensor<D>;
  /** `-this`. */
  neg(): Tensor<D>;
  /** `abs(this)`. */
  abs(): Tensor<D>;
  /** `this < y`. */
  less(y: TensorLike): Tensor<"bool">;
  /** `this <= y`. */
  lessEqual(y: TensorLike): Tensor<"bool">;
  /** `this > y`. */
  greater(y: TensorLike): Tensor<"bool">;
  /** `this >= y`. */
  greaterEqual(y: TensorLike): Tensor<"bool">;
  /** `this & y`: logical for truth values, else bitwise. */
  and(y: TensorLike): Tensor<D>;
  /** `this | y`: logical for truth values, else bitwise. */
  or(y: TensorLike): Tensor<D>;
  /** `this ^ y`: logical for truth values, else bitwise. */
  xor(y: TensorLike): Tensor<D>;
  /** `~this`: logical for truth values, else bitwise. */
  invert(): Tensor<D>;
  /** `x + this`. */
  radd(x: TensorLike): Tensor<D>;
  /** `x - this`. */
  rsub(x: TensorLike): Tensor<D>;
  /** `x * this`. */
  rmul(x: TensorLike): Tensor<D>;
  /** `x / this`. */
  rtruediv(x: TensorLike): Tensor<Quotient<D>>;
  /** `x / this`, the same as `rtruediv`. */
  rdiv(x: TensorLike): Tensor<Quotient<D>>;
  /** `x // this`. */
  rfloordiv(x: TensorLike): Tensor<D>;
  /** `x % this`. */
  rmod(x: TensorLike): Tensor<D>;
  /** `x ** this`. */
  rpow(x: TensorLike): Tensor<D>;
  /** `x @ this`. */
  rmatmul(x: TensorLike): Tensor<D>;
  /** `x & this`. */
  rand(x: TensorLike): Tensor<D>;
  /** `x | this`. */
  ror(x: TensorLike): Tensor<D>;
  /** `x ^ this`. */
  rxor(x: TensorLike): Tensor<D>;
}

declare module "../core/tensor.ts" {
  interface Tensor<D extends DTypeName = DTypeName> extends Operators<D> {}
}

/** An operator on a tensor and an operand that may still be plain, under a given name. */
type Infix = (x: Tensor, y: TensorLike, named: Named) => Tensor;

function addOperator(x: Tensor, y: TensorLike, { name }: Named): Tensor {
  return addNode(x, convertToTensor(y, { preferredDtype: x.dtype.base, name: "y" }), name);
}

/** Truth values are multiplied as integers. */
function mulOperator(x: Tensor, y: TensorLike, named: Named): Tensor {
  const isBool = x.dtype.base === bool || (y instanceof Tensor && y.dtype.base === bool);
  if (!isBool) return multiply(x, y, named);
  return castNode(multiply(castNode(x, int32), castNode(y, int32), named), bool);
}

function andOperator(x: Tensor, y: TensorLike, named: Named): Tensor {
  return x.dtype.base === bool ? logicalAnd(x, y, named) : bitwiseAnd(x, y);
}

function orOperator(x: Tensor, y: TensorLike, named: Named): Tensor {
  return x.dtype.base === bool ? logicalOr(x, y, named) : bitwiseOr(x, y);
}

function xorOperator(x: Tensor, y: TensorLike, named: Named): Tensor {
  return x.dtype.base === bool ? logicalXor(x, y, named) : bitwiseXor(x, y);
}

function forward(x: Tensor, name: string, y: TensorLike, infix: Infix): Tensor {
  return opScope(undefined, name, [x, y], (scope) => infix(x, y, { name: scope }));
}

function reflected(y: Tensor, name: string, x: TensorLike, infix: Infix): Tensor {
  return opScope(undefined, name, [x, y], (scope) => {
    const first = convertToTensor(x, { dtype: y.dtype.base, name: "x" });
    return infix(first, y, { name: scope });
  });
}

/**
 * Gives a class the operators. `value` yields the tensor that an instance stands for: itself for a tensor, its
 * value for a variable.
 */
export function installOperators<T extends object>(prototype: T, value: (self: T) => Tensor): void {
  const infix = (method: string, name: string, body: Infix): void => {
    define(method, function (this: T, y: TensorLike): Tensor {
      return forward(value(this), name, y, body);
    });
    define(`r${method}`, function (this: T, x: TensorLike): Tensor {
      return reflected(value(this), name, x, body);
    });
  };
  const binary = (method: string, body: (x: Tensor, y: TensorLike) => Tensor): void =>
    define(method, function (this: T, y: TensorLike): Tensor {
      return body(value(this), y);
    });
  const unary = (method: string, body: (x: Tensor) => Tensor): void =>
    define(method, function (this: T): Tensor {
      return body(value(this));
    });
  const define = (method: string, body: (this: T, ...operands: TensorLike[]) => Tensor): void => {
    Object.defineProperty(prototype, method, { value: body, configurable: true, writable: true });
  };

  infix("add", "add", (x, y, named) => addOperator(x, y, named));
  infix("sub", "sub", (x, y, named) => subtract(x, y, named));
  infix("mul", "mul", (x, y, named) => mulOperator(x, y, named));
  infix("truediv", "truediv", (x, y, named) => truediv(x, y, named));
  infix("div", "truediv", (x, y, named) => truediv(x, y, named));
  infix("floordiv", "floordiv", (x, y, named) => floordiv(x, y, named));
  infix("mod", "mod", (x, y, named) => floormod(x, y, named));
  infix("pow", "pow", (x, y, named) => pow(x, y, named));
  infix("matmul", "matmul", (x, y, named) => matmul(x, y, named));
  infix("and", "and", (x, y, named) => andOperator(x, y, named));
  infix("or", "or", (x, y, named) => orOperator(x, y, named));
  infix("xor", "xor", (x, y, named) => xorOperator(x, y, named));
  binary("less", (x, y) => less(x, y));
  binary("lessEqual", (x, y) => lessEqual(x, y));
  binary("greater", (x, y) => greater(x, y));
  binary("greaterEqual", (x, y) => greaterEqual(x, y));
  unary("neg", (x) => negative(x));
  unary("abs", (x) => abs(x));
  unary("invert", (x) => (x.dtype.base === bool ? logicalNot(x) : invert(x)));
}

installOperators(Tensor.prototype, (self) => self);
