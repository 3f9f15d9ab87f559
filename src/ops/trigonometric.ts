/** Sine, cosine and their kin, circular and hyperbolic. */

import type { DTypeName } from "../core/dtypes.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, subtract } from "./binary.ts";
import { constant } from "./constant.ts";
import type { TensorLike, TensorOf } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { floatsAndComplex } from "./dtype-lists.ts";
import { after, defineUnary } from "./elementwise.ts";
import { reciprocal, sqrt, square } from "./unary.ts";
import "./operators.ts";

const Sin = defineUnary("Sin", floatsAndComplex, "sin", ({ x, dy }) =>
  after(dy, () => dy.mul(cos(x))),
);

/** The sine element-wise. TensorFlow: `tf.sin`. */
export function sin<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function sin(x: TensorLike, options?: Named): Tensor;
export function sin(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Sin, [x], {}, name).output;
}

const Cos = defineUnary("Cos", floatsAndComplex, "cos", ({ x, dy }) =>
  after(dy, () => dy.neg().mul(sin(x))),
);

/** The cosine element-wise. TensorFlow: `tf.cos`. */
export function cos<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function cos(x: TensorLike, options?: Named): Tensor;
export function cos(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Cos, [x], {}, name).output;
}

// d tan(x) = dx / cos²(x)
const Tan = defineUnary("Tan", floatsAndComplex, "tan", ({ x, dy }) =>
  after(dy, () => square(reciprocal(cos(x))).mul(dy)),
);

/** The tangent element-wise. TensorFlow: `tf.tan`. */
export function tan<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function tan(x: TensorLike, options?: Named): Tensor;
export function tan(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Tan, [x], {}, name).output;
}

/** 1 / sqrt(1 - x²) */
function slopeOfArc(x: Tensor, dy: Tensor): Tensor {
  const x2 = square(x);
  const one = constant(1, { dtype: dy.dtype.base });
  return reciprocal(sqrt(subtract(one, x2)));
}

const Asin = defineUnary("Asin", floatsAndComplex, "asin", ({ x, dy }) =>
  after(dy, () => dy.mul(slopeOfArc(x, dy))),
);

/** The angle in [-π/2, π/2] whose sine is x. TensorFlow: `tf.asin`. */
export function asin<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function asin(x: TensorLike, options?: Named): Tensor;
export function asin(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Asin, [x], {}, name).output;
}

const Acos = defineUnary("Acos", floatsAndComplex, "acos", ({ x, dy }) =>
  after(dy, () => {
    const slope = slopeOfArc(x, dy);
    return dy.neg().mul(slope);
  }),
);

/** The angle in [0, π] whose cosine is x. TensorFlow: `tf.acos`. */
export function acos<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function acos(x: TensorLike, options?: Named): Tensor;
export function acos(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Acos, [x], {}, name).output;
}

// d atan(x) = dx / (1 + x²)
const Atan = defineUnary("Atan", floatsAndComplex, "atan", ({ x, dy }) =>
  after(dy, () => {
    const x2 = square(x);
    const one = constant(1, { dtype: dy.dtype.base });
    return dy.mul(reciprocal(add(one, x2)));
  }),
);

/** The angle in [-π/2, π/2] whose tangent is x. TensorFlow: `tf.atan`. */
export function atan<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function atan(x: TensorLike, options?: Named): Tensor;
export function atan(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Atan, [x], {}, name).output;
}

const Sinh = defineUnary("Sinh", floatsAndComplex, "sinh", ({ x, dy }) =>
  after(dy, () => dy.mul(cosh(x))),
);

/** The hyperbolic sine element-wise. TensorFlow: `tf.sinh`. */
export function sinh<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function sinh(x: TensorLike, options?: Named): Tensor;
export function sinh(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Sinh, [x], {}, name).output;
}

const Cosh = defineUnary("Cosh", floatsAndComplex, "cosh", ({ x, dy }) =>
  after(dy, () => dy.mul(sinh(x))),
);

/** The hyperbolic cosine element-wise. TensorFlow: `tf.cosh`. */
export function cosh<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function cosh(x: TensorLike, options?: Named): Tensor;
export function cosh(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Cosh, [x], {}, name).output;
}

const Asinh = defineUnary("Asinh", floatsAndComplex, "asinh", ({ y, dy }) =>
  after(dy, () => dy.truediv(cosh(y))),
);

/** The number whose hyperbolic sine is x. TensorFlow: `tf.asinh`. */
export function asinh<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function asinh(x: TensorLike, options?: Named): Tensor;
export function asinh(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Asinh, [x], {}, name).output;
}

const Acosh = defineUnary("Acosh", floatsAndComplex, "acosh", ({ y, dy }) =>
  after(dy, () => dy.truediv(sinh(y))),
);

/** The number, not negative, whose hyperbolic cosine is x. TensorFlow: `tf.acosh`. */
export function acosh<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function acosh(x: TensorLike, options?: Named): Tensor;
export function acosh(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Acosh, [x], {}, name).output;
}

// d atanh(x) = dx / (1 - x²)
const Atanh = defineUnary("Atanh", floatsAndComplex, "atanh", ({ x, dy }) =>
  after(dy, () => {
    const x2 = square(x);
    const one = constant(1, { dtype: dy.dtype.base });
    return dy.mul(reciprocal(subtract(one, x2)));
  }),
);

/** The number whose hyperbolic tangent is x. TensorFlow: `tf.atanh`. */
export function atanh<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function atanh(x: TensorLike, options?: Named): Tensor;
export function atanh(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Atanh, [x], {}, name).output;
}
