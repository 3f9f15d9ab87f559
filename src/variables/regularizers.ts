/** Regularizers, and the initializers that users know from tf.contrib.layers. */

import type { DTypeLike } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { GraphKeys } from "../core/keys.ts";
import { checkList, kindOf } from "../core/kind.ts";
import type { Tensor } from "../core/tensor.ts";
import { addN } from "../ops/addn.ts";
import { multiply } from "../ops/binary.ts";
import { constant } from "../ops/constant.ts";
import { convertToTensor, type TensorLike } from "../ops/convert.ts";
import type { Named } from "../ops/create.ts";
import { l2Loss } from "../ops/loss.ts";
import { reduceSum } from "../ops/reduce.ts";
import { addToCollection, getCollection, nameScope } from "../ops/scopes.ts";
import { abs } from "../ops/unary.ts";
import { type Initializer, VarianceScaling } from "./initializers.ts";
import type { Regularizer } from "./types.ts";
import type { Variable } from "./variable.ts";

/** No loss; keeps the regularizer of the scope away from a variable. TensorFlow: `tf.no_regularizer`. */
export function noRegularizer(_variable: Variable): null {
  return null;
}

interface ScopeOption {
  /** The name scope of the nodes. */
  readonly scope?: string | undefined;
}

function checkScale(scale: number): void {
  if (Number.isInteger(scale) && scale !== 0 && scale !== 1) {
    throw new ValueError(`scale cannot be an integer: ${scale}`);
  }
  if (scale < 0) {
    throw new ValueError(`Setting a scale less than 0 on a regularizer: ${scale}.`);
  }
}

function scaled(scale: number, name: string, loss: (v: Variable) => Tensor): Regularizer {
  checkScale(scale);
  if (scale === 0) return () => null;
  return (variable) =>
    nameScope(name, {}, (inside) => {
      const factor = convertToTensor(scale, { dtype: variable.dtype.base, name: "scale" });
      return multiply(factor, loss(variable), { name: inside });
    });
}

/** scale · Σ|w|. TensorFlow: `tf.contrib.layers.l1_regularizer`. */
export function l1Regularizer(scale: number, { scope }: ScopeOption = {}): Regularizer {
  return scaled(scale, scope ?? "l1_regularizer", (variable) => reduceSum(abs(variable)));
}

/** scale · Σw² / 2. TensorFlow: `tf.contrib.layers.l2_regularizer`. */
export function l2Regularizer(scale: number, { scope }: ScopeOption = {}): Regularizer {
  return scaled(scale, scope ?? "l2_regularizer", (variable) => l2Loss(variable));
}

interface L1L2Options extends ScopeOption {
  readonly scaleL1?: number | undefined;
  readonly scaleL2?: number | undefined;
}
/** Both of them, added. TensorFlow: `tf.contrib.layers.l1_l2_regularizer`. */
export function l1L2Regularizer({
  scaleL1 = 1,
  scaleL2 = 1,
  scope,
}: L1L2Options = {}): Regularizer {
  return sumRegularizer([l1Regularizer(scaleL1), l2Regularizer(scaleL2)], {
    scope: scope ?? "l1_l2_regularizer",
  });
}

/** The sum of several. TensorFlow: `tf.contrib.layers.sum_regularizer`. */
export function sumRegularizer(
  regularizers: readonly (Regularizer | null | undefined)[],
  { scope }: ScopeOption = {},
): Regularizer {
  checkList(regularizers, "The regularizers");
  const present = regularizers.filter(
    (regularizer) => regularizer !== null && regularizer !== undefined,
  );
  return (variable) =>
    nameScope(scope ?? "sum_regularizer", {}, (inside) => {
      const losses = present.flatMap((regularizer) => regularizer(variable) ?? []);
      return losses.length > 0 ? addN(losses, { name: inside }) : null;
    });
}

/** Applies one regularizer to several weights; enters and returns the sum. */
export function applyRegularization(
  regularizer: Regularizer,
  weights: readonly Variable[] = getCollection<Variable>(GraphKeys.WEIGHTS),
): Tensor {
  checkList(weights, "The weights");
  if (typeof regularizer !== "function") {
    throw new TypeError(`A regularizer is a function; got ${kindOf(regularizer)}.`);
  }
  if (weights.length === 0) throw new ValueError("No weights to regularize.");
  return nameScope("get_regularization_penalty", {}, (inside) => {
    const penalties = weights.map((weight) => regularizer(weight) ?? constant(0));
    const sum = penalties.length > 1 ? addN(penalties, { name: inside }) : (penalties[0] as Tensor);
    addToCollection(GraphKeys.REGULARIZATION_LOSSES, sum);
    return sum;
  });
}

/** The sum of all regularization losses under a scope; 0 without any. TensorFlow: `tf.losses.get_regularization_loss`. */
export function getRegularizationLoss({
  scope,
  name = "total_regularization_loss",
}: Named & { readonly scope?: string | undefined } = {}): Tensor {
  const losses = getCollection<TensorLike>(GraphKeys.REGULARIZATION_LOSSES, scope);
  return losses.length > 0 ? addN(losses, { name }) : constant(0);
}

interface XavierOptions {
  readonly uniform?: boolean | undefined;
  readonly seed?: number | null | undefined;
  readonly dtype?: DTypeLike | undefined;
}
/** Glorot's initializer. TensorFlow: `tf.contrib.layers.xavier_initializer`. */
export function xavierInitializer({
  uniform = true,
  seed,
  dtype,
}: XavierOptions = {}): Initializer {
  const distribution = uniform ? "uniform" : "truncated_normal";
  return new VarianceScaling({ scale: 1, mode: "fan_avg", distribution, seed, dtype });
}

interface ContribScalingOptions extends XavierOptions {
  readonly factor?: number | undefined;
  readonly mode?: "FAN_IN" | "FAN_OUT" | "FAN_AVG" | undefined;
}
/** Variance scaling with factor 2 and fan in. TensorFlow: `tf.contrib.layers.variance_scaling_initializer`. */
export function contribVarianceScalingInitializer({
  factor = 2,
  mode = "FAN_IN",
  uniform = false,
  seed,
  dtype,
}: ContribScalingOptions = {}): Initializer {
  const lower = mode.toLowerCase() as "fan_in" | "fan_out" | "fan_avg";
  const distribution = uniform ? "uniform" : "truncated_normal";
  return new VarianceScaling({ scale: factor, mode: lower, distribution, seed, dtype });
}

/** What remains of `tf.contrib`. */
export const contrib = {
  layers: {
    applyRegularization,
    l1L2Regularizer,
    l1Regularizer,
    l2Regularizer,
    sumRegularizer,
    varianceScalingInitializer: contribVarianceScalingInitializer,
    xavierInitializer,
  },
} as const;
