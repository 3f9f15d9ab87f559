/** Element-wise arithmetic, rounding and tests of one tensor. */

import type { DTypeName } from "../core/dtypes.ts";
import type { Tensor } from "../core/tensor.ts";
import * as e from "../engines/expr.ts";
import { zerosLike } from "./array.ts";
import { multiply } from "./binary.ts";
import { constant } from "./constant.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { floats, floatsAndComplex, integers, signed, signedAndComplex } from "./dtype-lists.ts";
import {
  after,
  defineGradientOp,
  defineTest,
  defineUnary,
  type ElementwiseDef,
} from "./elementwise.ts";
import "./operators.ts";

const Abs = defineUnary("Abs", signed, "abs", ({ x, dy }) => dy.mul(sign(x))); // d |x| = sign(x) dx

/** |x| element-wise. TensorFlow: `tf.abs`. */
export function abs<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function abs(x: TensorLike, options?: Named): Tensor;
export function abs(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Abs, [x], {}, name).output;
}

const Neg = defineUnary("Neg", signedAndComplex, "neg", ({ dy }) => dy.neg());

/** -x element-wise. TensorFlow: `tf.negative`. */
export function negative<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function negative(x: TensorLike, options?: Named): Tensor;
export function negative(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Neg, [x], {}, name).output;
}
export { negative as neg };

const Sign = defineUnary("Sign", signedAndComplex, "sign", ({ x }) => zerosLike(x));

/** -1, 0 or 1 element-wise. TensorFlow: `tf.sign`. */
export function sign<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function sign(x: TensorLike, options?: Named): Tensor;
export function sign(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Sign, [convertToTensor(x)], {}, name).output;
}

const Square = defineUnary(
  "Square",
  [...signed, ...integers.slice(4), ...signedAndComplex.slice(-2)],
  "square",
  ({ x, dy }) =>
    after(dy, () => {
      const two = constant(2, { dtype: x.dtype.base });
      return multiply(dy, multiply(x, two)); // d x² = 2x dx
    }),
);

/** x² element-wise. TensorFlow: `tf.square`. */
export function square<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function square(x: TensorLike, options?: Named): Tensor;
export function square(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Square, [x], {}, name).output;
}

/** Makes the node of a gradient op. */
function gradientNode(def: ElementwiseDef, y: Tensor, dy: Tensor): Tensor {
  return createOp(def, [y, dy], {}, undefined).output;
}

const Sqrt = defineUnary("Sqrt", floatsAndComplex, "sqrt", ({ y, dy }) =>
  gradientNode(SqrtGrad, y, dy),
);

/** The square root element-wise. TensorFlow: `tf.sqrt`. */
export function sqrt<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function sqrt(x: TensorLike, options?: Named): Tensor;
export function sqrt(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Sqrt, [x], {}, name).output;
}

// dx = dy / 2y
const SqrtGrad = defineGradientOp(
  "SqrtGrad",
  floatsAndComplex,
  (y, dy) => e.div(e.mul(dy, 0.5), y),
  ({ y, z, ddy }) =>
    after(ddy, () => {
      const ratio = ddy.truediv(y);
      const gy = ratio.neg().mul(z);
      return [gy, ratio.rmul(0.5)];
    }),
);

const Rsqrt = defineUnary("Rsqrt", floatsAndComplex, "rsqrt", ({ y, dy }) =>
  gradientNode(RsqrtGrad, y, dy),
);

/** 1 / sqrt(x) element-wise. TensorFlow: `tf.rsqrt`. */
export function rsqrt<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function rsqrt(x: TensorLike, options?: Named): Tensor;
export function rsqrt(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Rsqrt, [x], {}, name).output;
}

// dx = -dy y³ / 2
const RsqrtGrad = defineGradientOp(
  "RsqrtGrad",
  floatsAndComplex,
  (y, dy) => e.mul(e.mul(dy, -0.5), e.mul(e.square(y), y)),
  ({ y, dy, ddy }) =>
    after(ddy, () => {
      const gy = ddy.rmul(-1.5).mul(dy).mul(square(y));
      return [gy, gradientNode(RsqrtGrad, y, ddy)];
    }),
);

const Reciprocal = defineUnary("Reciprocal", signedAndComplex, "reciprocal", ({ y, dy }) =>
  gradientNode(ReciprocalGrad, y, dy),
);

/** 1 / x element-wise. TensorFlow: `tf.reciprocal`. */
export function reciprocal<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function reciprocal(x: TensorLike, options?: Named): Tensor;
export function reciprocal(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Reciprocal, [x], {}, name).output;
}

/** @internal The first name of Reciprocal, only in graphs made elsewhere. */
export const Inv: ElementwiseDef = defineUnary("Inv", signedAndComplex, "reciprocal", ({ y, dy }) =>
  gradientNode(ReciprocalGrad, y, dy),
);

function defineReciprocalGrad(type: string): ElementwiseDef {
  return defineGradientOp(
    type,
    floatsAndComplex,
    (y, dy) => e.mul(e.neg(dy), e.square(y)), // dx = -dy y²
    ({ y, dy, ddy }) =>
      after(ddy, () => {
        const gy = ddy.mul(-2).mul(dy).mul(y);
        return [gy, gradientNode(ReciprocalGrad, y, ddy)];
      }),
  );
}
const ReciprocalGrad = defineReciprocalGrad("ReciprocalGrad");
/** @internal */
export const InvGrad: ElementwiseDef = defineReciprocalGrad("InvGrad");

// Rounding

const Floor = defineUnary("Floor", floats, "floor", "zero");
const Ceil = defineUnary("Ceil", floats, "ceil", "zero");
const Round = defineUnary("Round", signedAndComplex, "rint", "zero");
const Rint = defineUnary("Rint", floats, "rint", "zero");

/** The largest integer not above x. TensorFlow: `tf.floor`. */
export function floor<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function floor(x: TensorLike, options?: Named): Tensor;
export function floor(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Floor, [x], {}, name).output;
}
/** The smallest integer not below x. TensorFlow: `tf.ceil`. */
export function ceil<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function ceil(x: TensorLike, options?: Named): Tensor;
export function ceil(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Ceil, [x], {}, name).output;
}
/** The nearest integer, halves to the even one; integers as they are. TensorFlow: `tf.round`. */
export function round<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function round(x: TensorLike, options?: Named): Tensor;
export function round(x: TensorLike, { name }: Named = {}): Tensor {
  const value = convertToTensor(x, { name: "x" });
  return value.dtype.isInteger ? value : createOp(Round, [value], {}, name).output;
}
/** The nearest integer, halves to the even one. TensorFlow: `tf.rint`. */
export function rint<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function rint(x: TensorLike, options?: Named): Tensor;
export function rint(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Rint, [x], {}, name).output;
}

// Tests

const IsNan = defineTest("IsNan", floats, "isNan");
const IsInf = defineTest("IsInf", floats, "isInf");
const IsFinite = defineTest("IsFinite", floats, "isFinite");

/** Where x is NaN. TensorFlow: `tf.is_nan`. */
export function isNan(x: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return createOp(IsNan, [x], {}, name).output as Tensor<"bool">;
}
/** Where x is infinite. TensorFlow: `tf.is_inf`. */
export function isInf(x: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return createOp(IsInf, [x], {}, name).output as Tensor<"bool">;
}
/** Where x is neither infinite nor NaN. TensorFlow: `tf.is_finite`. */
export function isFinite(x: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return createOp(IsFinite, [x], {}, name).output as Tensor<"bool">;
}
