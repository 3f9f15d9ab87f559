/** Exponentials, logarithms, and the special functions built on them. */

import type { DTypeName } from "../core/dtypes.ts";
import type { Tensor } from "../core/tensor.ts";
import * as e from "../engines/expr.ts";
import { softplus } from "./activation.ts";
import { constant } from "./constant.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { floats, floatsAndComplex } from "./dtype-lists.ts";
import { after, defineGradientOp, defineUnary, type ElementwiseDef } from "./elementwise.ts";
import { polygamma } from "./polygamma.ts";
import { opScope } from "./support.ts";
import { negative, reciprocal, square } from "./unary.ts";
import "./operators.ts";

// d exp(x) = exp(x) dx
const Exp = defineUnary("Exp", floatsAndComplex, "exp", ({ y, dy }) => after(dy, () => dy.mul(y)));

/** e^x element-wise. TensorFlow: `tf.exp`. */
export function exp<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function exp(x: TensorLike, options?: Named): Tensor;
export function exp(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Exp, [x], {}, name).output;
}

const Expm1 = defineUnary("Expm1", floatsAndComplex, "expm1", ({ x, dy }) =>
  after(dy, () => dy.mul(exp(x))),
);

/** e^x - 1 element-wise, accurate for small x. TensorFlow: `tf.math.expm1`. */
export function expm1<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function expm1(x: TensorLike, options?: Named): Tensor;
export function expm1(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Expm1, [x], {}, name).output;
}

// d log(x) = dx / x
const Log = defineUnary("Log", floatsAndComplex, "log", ({ x, dy }) =>
  after(dy, () => dy.mul(reciprocal(x))),
);

/** The natural logarithm element-wise. TensorFlow: `tf.log`. */
export function log<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function log(x: TensorLike, options?: Named): Tensor;
export function log(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Log, [x], {}, name).output;
}

const Log1p = defineUnary("Log1p", floatsAndComplex, "log1p", ({ x, dy }) =>
  after(dy, () => dy.mul(reciprocal(x.radd(1)))),
);

/** log(1 + x) element-wise, accurate for small x. TensorFlow: `tf.log1p`. */
export function log1p<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function log1p(x: TensorLike, options?: Named): Tensor;
export function log1p(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Log1p, [x], {}, name).output;
}

/** Makes the node of a gradient op. */
function gradientNode(def: ElementwiseDef, y: Tensor, dy: Tensor): Tensor {
  return createOp(def, [y, dy], {}, undefined).output;
}

const Sigmoid = defineUnary("Sigmoid", floatsAndComplex, "sigmoid", ({ y, dy }) =>
  after(dy, () => gradientNode(SigmoidGrad, y, dy)),
);

/** 1 / (1 + e^-x) element-wise. TensorFlow: `tf.sigmoid`. */
export function sigmoid<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function sigmoid(x: TensorLike, options?: Named): Tensor;
export function sigmoid(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Sigmoid, [x], {}, name).output;
}

/** log(1 / (1 + e^-x)) element-wise, accurate for negative x. TensorFlow: `tf.log_sigmoid`. */
export function logSigmoid<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function logSigmoid(x: TensorLike, options?: Named): Tensor;
export function logSigmoid(x: TensorLike, { name }: Named = {}): Tensor {
  return opScope(name, "LogSigmoid", [x], (scope) => {
    const value = convertToTensor(x, { name: "x" });
    return negative(softplus(value.neg()), { name: scope });
  });
}

// dx = dy y (1 - y)
const SigmoidGrad = defineGradientOp(
  "SigmoidGrad",
  floatsAndComplex,
  (y, dy) => e.mul(e.mul(dy, y), e.sub(1, y)),
  ({ y, dy, ddy }) =>
    after(ddy, () => {
      const product = ddy.mul(dy);
      const gy = product.sub(product.rmul(2).mul(y));
      return [gy, gradientNode(SigmoidGrad, y, ddy)];
    }),
);

const Tanh = defineUnary("Tanh", floatsAndComplex, "tanh", ({ y, dy }) =>
  after(dy, () => gradientNode(TanhGrad, y, dy)),
);

/** The hyperbolic tangent element-wise. TensorFlow: `tf.tanh`. */
export function tanh<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function tanh(x: TensorLike, options?: Named): Tensor;
export function tanh(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Tanh, [x], {}, name).output;
}

// dx = dy (1 - y²)
const TanhGrad = defineGradientOp(
  "TanhGrad",
  floatsAndComplex,
  (y, dy) => e.mul(dy, e.sub(1, e.square(y))),
  ({ y, dy, ddy }) =>
    after(ddy, () => {
      const gy = ddy.mul(-2).mul(dy).mul(y);
      return [gy, gradientNode(TanhGrad, y, ddy)];
    }),
);

/** dy factor exp(-x²), the slope of the error functions. */
function bell(x: Tensor, dy: Tensor, factor: number): Tensor {
  const scale = constant(factor, { dtype: dy.dtype.base });
  return after(dy, () => dy.mul(scale).mul(exp(square(x).neg())));
}

const Erf = defineUnary("Erf", floats, "erf", ({ x, dy }) => bell(x, dy, 2 / Math.sqrt(Math.PI)));

/** The error function element-wise. TensorFlow: `tf.erf`. */
export function erf<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function erf(x: TensorLike, options?: Named): Tensor;
export function erf(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Erf, [x], {}, name).output;
}

const Erfc = defineUnary("Erfc", floats, "erfc", ({ x, dy }) =>
  bell(x, dy, -2 / Math.sqrt(Math.PI)),
);

/** 1 - erf(x) element-wise. TensorFlow: `tf.erfc`. */
export function erfc<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function erfc(x: TensorLike, options?: Named): Tensor;
export function erfc(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Erfc, [x], {}, name).output;
}

const Lgamma = defineUnary("Lgamma", floats, "lgamma", ({ x, dy }) =>
  after(dy, () => dy.mul(digamma(x))),
);

/** log |gamma(x)| element-wise. TensorFlow: `tf.lgamma`. */
export function lgamma<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function lgamma(x: TensorLike, options?: Named): Tensor;
export function lgamma(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Lgamma, [x], {}, name).output;
}

const Digamma = defineUnary("Digamma", floats, "digamma", ({ x, dy }) =>
  after(dy, () => {
    const one = constant(1, { dtype: x.dtype.base });
    return dy.mul(polygamma(one, x));
  }),
);

/** The derivative of `lgamma` element-wise. TensorFlow: `tf.digamma`. */
export function digamma<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function digamma(x: TensorLike, options?: Named): Tensor;
export function digamma(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Digamma, [x], {}, name).output;
}
