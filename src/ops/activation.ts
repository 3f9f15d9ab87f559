/** Activation functions and the ops that compute their gradients. */

import type { DTypeName } from "../core/dtypes.ts";
import { bfloat16, type DType, float16, float32, float64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import * as e from "../engines/expr.ts";
import type { Expr } from "../engines/ir.ts";
import { pow } from "./binary.ts";
import { cast } from "./cast.ts";
import { less } from "./comparison.ts";
import { concat } from "./concat.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { type AttrSpecs, a, defineOp } from "./define.ts";
import { reals } from "./dtype-lists.ts";
import { after } from "./elementwise.ts";
import { erfc, exp, sigmoid, tanh } from "./exponential.ts";
import { zerosLike } from "./fill.ts";
import { mergeShapes } from "./merge.ts";
import { opScope } from "./support.ts";
import "./operators.ts";
import { where } from "./where.ts";

const floats: readonly DType[] = [float16, bfloat16, float32, float64];
type Gradient = (values: {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly dy: Tensor;
  readonly attrs: { readonly alpha?: number };
}) => Tensor;

interface Attrs {
  readonly alpha?: number;
}

/** An op from features to activations. */
function defineActivation<A extends AttrSpecs>(
  type: string,
  attrs: A,
  body: (x: Expr, attrs: Attrs) => Expr,
  gradient: Gradient,
) {
  return defineOp({
    type,
    inputs: ["features: T"],
    outputs: ["activations: T"],
    attrs,
    traits: { elementwise: true },
    shape: ({ inputs: [x] }) => [x.shape],
    gradient: ({ inputs: [x], outputs: [y], dy: [dy], attrs }) => [gradient({ x, y, dy, attrs })],
    lower: ({ inputs: [x], attrs, k }) => [k.map([x], (element) => body(element as Expr, attrs))],
  });
}

type GradientOfGradient = (values: {
  readonly dy: Tensor;
  /** The features or the activations, whichever the op reads. */
  readonly seen: Tensor;
  readonly ddx: Tensor;
  readonly attrs: Attrs;
}) => readonly [Tensor, Tensor];

/** The op from gradients and features (or outputs) to backprops. */
function defineBackprop<A extends AttrSpecs>(
  type: string,
  attrs: A,
  seen: "features: T" | "outputs: T",
  body: (dy: Expr, seen: Expr, attrs: Attrs) => Expr,
  gradient: "none" | GradientOfGradient,
) {
  return defineOp({
    type,
    inputs: ["gradients: T", seen],
    outputs: ["backprops: T"],
    attrs,
    traits: { elementwise: true },
    shape: ({ inputs: [dy, x] }) => [mergeShapes(dy.shape, x.shape)],
    gradient:
      gradient === "none"
        ? "none"
        : ({ inputs: [dy, x], dy: [ddx], attrs }) => gradient({ dy, seen: x, ddx, attrs }),
    lower: ({ inputs: [dy, x], attrs, k }) => [
      k.map([dy, x], (g, element) => body(g as Expr, element as Expr, attrs)),
    ],
  });
}

/** `dy` where the condition holds, else 0 dy: NaN stays NaN. */
const only = (cond: Expr, dy: Expr): Expr =>
  e.mul(dy, e.select(cond, e.constant(1, dy.dtype), e.constant(0, dy.dtype)));

/** e^x - 1 as TensorFlow computes it here: 0 where x is so small that e^x rounds to 1, which decides gradients. */
function lessOne(x: Expr): Expr {
  return e.sub(e.unary("exp", x), 1);
}

// Relu and its kin

const Relu = defineActivation(
  "Relu",
  { T: a.type(reals) },
  (x) => e.max(x, 0),
  ({ y, dy }) => reluGrad(dy, y),
);

const ReluGrad = defineBackprop(
  "ReluGrad",
  { T: a.type(reals) },
  "features: T",
  (dy, x) => only(e.gt(x, 0), dy),
  ({ seen, ddx }) => [reluGrad(ddx, seen), zerosLike(seen)],
);

/** max(x, 0). TensorFlow: `tf.nn.relu`. */
export function relu<D extends DTypeName>(features: TensorOf<D>, options?: Named): Tensor<D>;
export function relu(features: TensorLike, options?: Named): Tensor;
export function relu(features: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Relu, [features], {}, name).output;
}

function reluGrad(gradients: Tensor, features: Tensor): Tensor {
  return createOp(ReluGrad, [gradients, features], {}, undefined).output;
}

const Relu6 = defineActivation(
  "Relu6",
  { T: a.type(reals) },
  (x) => e.min(e.max(x, 0), 6),
  ({ y, dy }) => relu6Grad(dy, y),
);

const Relu6Grad = defineBackprop(
  "Relu6Grad",
  { T: a.type(reals) },
  "features: T",
  (dy, x) => only(e.and(e.gt(x, 0), e.lt(x, 6)), dy),
  ({ seen, ddx }) => [relu6Grad(ddx, seen), zerosLike(seen)],
);

/** min(max(x, 0), 6). TensorFlow: `tf.nn.relu6`. */
export function relu6<D extends DTypeName>(features: TensorOf<D>, options?: Named): Tensor<D>;
export function relu6(features: TensorLike, options?: Named): Tensor;
export function relu6(features: TensorLike, { name }: Named = {}): Tensor {
  return opScope(name, "Relu6", [features], (scope) => {
    const x = convertToTensor(features, { name: "features" });
    return createOp(Relu6, [x], {}, scope).output;
  });
}

function relu6Grad(gradients: Tensor, features: Tensor): Tensor {
  return createOp(Relu6Grad, [gradients, features], {}, undefined).output;
}

const leakyAttrs = { alpha: a.float(Math.fround(0.2)), T: a.type(floats, float32) };
/** The attribute is a float32, also where the elements are float64. */
const slope = (attrs: Attrs): number => Math.fround(attrs.alpha as number);

const LeakyRelu = defineActivation(
  "LeakyRelu",
  leakyAttrs,
  (x, attrs) => e.select(e.gt(x, 0), x, e.mul(x, slope(attrs))),
  ({ x, dy, attrs }) => leakyReluGrad(dy, x, slope(attrs)),
);

const LeakyReluGrad = defineBackprop(
  "LeakyReluGrad",
  leakyAttrs,
  "features: T",
  (dy, x, attrs) => e.select(e.gt(x, 0), dy, e.mul(dy, slope(attrs))),
  ({ seen, ddx, attrs }) => [leakyReluGrad(ddx, seen, slope(attrs)), zerosLike(seen)],
);

/** x where positive, `alpha` x (default 0.2) elsewhere. TensorFlow: `tf.nn.leaky_relu`. */
export function leakyRelu<D extends DTypeName>(
  features: TensorOf<D>,
  options?: Named & { readonly alpha?: number | undefined },
): Tensor<D>;
export function leakyRelu(
  features: TensorLike,
  options?: Named & { readonly alpha?: number | undefined },
): Tensor;
export function leakyRelu(
  features: TensorLike,
  { alpha = 0.2, name }: Named & { readonly alpha?: number | undefined } = {},
): Tensor {
  return opScope(name, "LeakyRelu", [features], (scope) => {
    let x = convertToTensor(features, { name: "features" });
    if (x.dtype.isInteger) x = cast(x, float32);
    return createOp(LeakyRelu, [x], { alpha }, scope).output;
  });
}

function leakyReluGrad(gradients: Tensor, features: Tensor, alpha: number): Tensor {
  return createOp(LeakyReluGrad, [gradients, features], { alpha }, undefined).output;
}

/** [relu(x), relu(-x)] along an axis. TensorFlow: `tf.nn.crelu`. */
export function crelu<D extends DTypeName>(
  features: TensorOf<D>,
  options?: Named & { readonly axis?: number | undefined },
): Tensor<D>;
export function crelu(
  features: TensorLike,
  options?: Named & { readonly axis?: number | undefined },
): Tensor;
export function crelu(
  features: TensorLike,
  { axis = -1, name }: Named & { readonly axis?: number | undefined } = {},
): Tensor {
  return opScope(name, "CRelu", [features], (scope) => {
    const x = convertToTensor(features, { name: "features" });
    return relu(concat([x, x.neg()], axis, { name: scope }));
  });
}

// Exponential units

const Elu = defineActivation(
  "Elu",
  { T: a.type(floats) },
  (x) => e.select(e.lt(x, 0), lessOne(x), x),
  ({ y, dy }) => eluGrad(dy, y),
);

// d elu(x) = e^x dx = (y + 1) dx where x < 0.
const EluGrad = defineBackprop(
  "EluGrad",
  { T: a.type(floats) },
  "outputs: T",
  (dy, y) => e.select(e.lt(y, 0), e.mul(e.add(y, 1), dy), dy),
  ({ dy, seen, ddx }) => [eluGrad(ddx, seen), where(less(seen, 0), ddx.mul(dy), zerosLike(seen))],
);

/** e^x - 1 where x is negative, x elsewhere. TensorFlow: `tf.nn.elu`. */
export function elu<D extends DTypeName>(features: TensorOf<D>, options?: Named): Tensor<D>;
export function elu(features: TensorLike, options?: Named): Tensor;
export function elu(features: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Elu, [features], {}, name).output;
}

function eluGrad(gradients: Tensor, outputs: Tensor): Tensor {
  return createOp(EluGrad, [gradients, outputs], {}, undefined).output;
}

/** The fixed point of self-normalizing networks (Klambauer et al. 2017). */
const seluScale = 1.0507009873554805;
const seluScaleAlpha = 1.7580993408473768;

const Selu = defineActivation(
  "Selu",
  { T: a.type(floats) },
  (x) => e.select(e.lt(x, 0), e.mul(lessOne(x), seluScaleAlpha), e.mul(x, seluScale)),
  ({ y, dy }) => seluGrad(dy, y),
);

const SeluGrad = defineBackprop(
  "SeluGrad",
  { T: a.type(floats) },
  "outputs: T",
  (dy, y) => e.select(e.lt(y, 0), e.mul(e.add(y, seluScaleAlpha), dy), e.mul(dy, seluScale)),
  ({ dy, seen, ddx }) => [seluGrad(ddx, seen), where(less(seen, 0), ddx.mul(dy), zerosLike(seen))],
);

/** The self-normalizing exponential unit. TensorFlow: `tf.nn.selu`. */
export function selu<D extends DTypeName>(features: TensorOf<D>, options?: Named): Tensor<D>;
export function selu(features: TensorLike, options?: Named): Tensor;
export function selu(features: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Selu, [features], {}, name).output;
}

function seluGrad(gradients: Tensor, outputs: Tensor): Tensor {
  return createOp(SeluGrad, [gradients, outputs], {}, undefined).output;
}

// Smooth units

const Softplus = defineActivation(
  "Softplus",
  { T: a.type(floats) },
  (x) => e.unary("softplus", x),
  ({ x, dy }) => dy.mul(sigmoid(x)),
);

// d softplus(x) = dx / (1 + e^-x), and its derivative is dx / (e^-x + 2 + e^x).
const SoftplusGrad = defineBackprop(
  "SoftplusGrad",
  { T: a.type(floats) },
  "features: T",
  (dy, x) => e.div(dy, e.add(e.exp(e.neg(x)), 1)),
  ({ dy, seen, ddx }) =>
    after(ddx, () => {
      const ddy = softplusGrad(ddx, seen);
      const numerator = ddx.mul(dy);
      return [ddy, numerator.div(exp(seen.neg()).add(2).add(exp(seen)))];
    }),
);

function softplusGrad(gradients: Tensor, features: Tensor): Tensor {
  return createOp(SoftplusGrad, [gradients, features], {}, undefined).output;
}

/** log(1 + e^x). TensorFlow: `tf.nn.softplus`. */
export function softplus<D extends DTypeName>(features: TensorOf<D>, options?: Named): Tensor<D>;
export function softplus(features: TensorLike, options?: Named): Tensor;
export function softplus(features: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Softplus, [features], {}, name).output;
}

const Softsign = defineActivation(
  "Softsign",
  { T: a.type(floats) },
  (x) => e.div(x, e.add(e.abs(x), 1)),
  ({ x, dy }) => softsignGrad(dy, x),
);

const SoftsignGrad = defineBackprop(
  "SoftsignGrad",
  { T: a.type(floats) },
  "features: T",
  (dy, x) => e.div(dy, e.square(e.add(e.abs(x), 1))),
  "none",
);

function softsignGrad(gradients: Tensor, features: Tensor): Tensor {
  return createOp(SoftsignGrad, [gradients, features], {}, undefined).output;
}

/** x / (1 + |x|). TensorFlow: `tf.nn.softsign`. */
export function softsign<D extends DTypeName>(features: TensorOf<D>, options?: Named): Tensor<D>;
export function softsign(features: TensorLike, options?: Named): Tensor;
export function softsign(features: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Softsign, [features], {}, name).output;
}

/** x sigmoid(beta x). TensorFlow: `tf.nn.swish`, `tf.nn.silu`. */
export function swish(
  features: TensorLike,
  { beta = 1 }: { readonly beta?: TensorLike | undefined } = {},
): Tensor {
  const x = convertToTensor(features, { name: "features" });
  const factor = cast(convertToTensor(beta, { name: "beta" }), x.dtype.base);
  return x.mul(sigmoid(factor.mul(x)));
}

/**
 * x Φ(x), with Φ the distribution function of the standard normal; `approximate` uses a tanh instead.
 * TensorFlow: `tf.nn.gelu`.
 */
export function gelu(
  features: TensorLike,
  { approximate = false, name }: Named & { readonly approximate?: boolean | undefined } = {},
): Tensor {
  return opScope(name, "Gelu", [features], () => {
    const x = convertToTensor(features, { name: "features" });
    const dtype = x.dtype.base;
    if (!dtype.isFloating) {
      throw new ValueError(
        `\`features.dtype\` must be a floating point tensor.Received:features.dtype=${dtype}`,
      );
    }
    if (!approximate) {
      const half = x.rmul(0.5);
      return half.mul(erfc(x.neg().mul(cast(Math.SQRT1_2, dtype))));
    }
    const coefficient = cast(0.044715, dtype);
    const half = x.rmul(0.5);
    const inner = x.add(coefficient.mul(pow(x, 3)));
    return half.mul(tanh(inner.rmul(0.7978845608028654)).radd(1));
  });
}
