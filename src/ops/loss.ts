/** Losses per element, from logits and other raw predictions. */

import type { DTypeName } from "../core/dtypes.ts";
import { bfloat16, type DType, float16, float32, float64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import * as e from "../engines/expr.ts";
import type { Expr } from "../engines/ir.ts";
import { relu } from "./activation.ts";
import { add } from "./binary.ts";
import { greaterEqual, lessEqual, logicalAnd } from "./comparison.ts";
import { constant } from "./constant.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { exp, log, log1p } from "./exponential.ts";
import { onesLike, zerosLike } from "./fill.ts";
import "./operators.ts";
import { type EntropyArguments, ensureEntropyArguments } from "./softmax.ts";
import { opScope } from "./support.ts";
import { abs } from "./unary.ts";
import { where } from "./where.ts";

const floats: readonly DType[] = [float16, bfloat16, float32, float64];

const L2Loss = defineOp({
  type: "L2Loss",
  inputs: ["t: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(floats) },
  traits: { reduction: true },
  shape: () => [[]],
  gradient: ({ inputs: [x], dy: [dy] }) => [x.mul(dy)],
  lower: ({ inputs: [x], k }) => {
    const axes = x.shape.map((_, axis) => axis);
    const sum = k.reduce("sum", k.unary("square", x), axes);
    return [k.map([sum], (total) => e.mul(total as Expr, 0.5))];
  },
});

/** Half the sum of squares, Σ t² / 2. TensorFlow: `tf.nn.l2_loss`. */
export function l2Loss<D extends DTypeName>(t: TensorOf<D>, options?: Named): Tensor<D>;
export function l2Loss(t: TensorLike, options?: Named): Tensor;
export function l2Loss(t: TensorLike, { name }: Named = {}): Tensor {
  return createOp(L2Loss, [t], {}, name).output;
}

/** Logits and labels as tensors of one shape. */
function sameShape(
  logits: TensorLike,
  labels: TensorLike,
): readonly [logits: Tensor, labels: Tensor] {
  const x = convertToTensor(logits, { name: "logits" });
  const z = convertToTensor(labels, { name: "labels" });
  if (!x.shape.isCompatibleWith(z.shape)) {
    throw new ValueError(
      `\`logits\` and \`labels\` must have the same shape, received (${x.shape} vs ${z.shape}).`,
    );
  }
  return [x, z];
}

/**
 * The cross entropy between probabilities `labels` and sigmoid(`logits`), element-wise, for classes that do not exclude
 * each other: max(x, 0) - x z + log(1 + e^-|x|). TensorFlow: `tf.nn.sigmoid_cross_entropy_with_logits`.
 */
export function sigmoidCrossEntropyWithLogits(args: EntropyArguments): Tensor {
  ensureEntropyArguments("sigmoid_cross_entropy_with_logits", args);
  return opScope(args.name, "logistic_loss", [args.logits, args.labels], (scope) => {
    const [logits, labels] = sameShape(args.logits, args.labels);
    const zeros = zerosLike(logits);
    const isPositive = greaterEqual(logits, zeros);
    const positive = where(isPositive, logits, zeros);
    const negativeAbs = where(isPositive, logits.neg(), logits);
    const linear = positive.sub(logits.mul(labels));
    return add(linear, log1p(exp(negativeAbs)), { name: scope });
  });
}

export interface WeightedEntropyArguments extends Named {
  readonly labels?: TensorLike | undefined;
  /** The former name of `labels`. */
  readonly targets?: TensorLike | undefined;
  readonly logits: TensorLike;
  /** What an error on a positive example costs. */
  readonly posWeight: TensorLike;
}

/**
 * `sigmoidCrossEntropyWithLogits` with a weight for positive examples: with l = 1 + (posWeight - 1) z,
 * (1 - z) x + l (log(1 + e^-|x|) + max(-x, 0)). TensorFlow: `tf.nn.weighted_cross_entropy_with_logits`.
 */
export function weightedCrossEntropyWithLogits(args: WeightedEntropyArguments): Tensor {
  const { labels: first, targets: second } = (args as Partial<WeightedEntropyArguments>) ?? {};
  ensureEntropyArguments("weighted_cross_entropy_with_logits", {
    ...args,
    labels: (first ?? second) as TensorLike,
  });
  if (args.labels !== undefined && args.targets !== undefined) {
    throw new ValueError("Cannot specify both 'targets' and 'labels'.");
  }
  const given = (args.labels ?? args.targets) as TensorLike;
  const { posWeight } = args;
  return opScope(args.name, "logistic_loss", [args.logits, given], (scope) => {
    const [logits, labels] = sameShape(args.logits, given);
    const factor =
      typeof posWeight === "number"
        ? labels.rmul(posWeight - 1)
        : convertToTensor(posWeight, { dtype: labels.dtype.base }).sub(1).mul(labels);
    const weight = factor.radd(1);
    const linear = labels.rsub(1).mul(logits);
    const softplus = log1p(exp(abs(logits).neg()));
    return add(linear, weight.mul(softplus.add(relu(logits.neg()))), { name: scope });
  });
}

/**
 * The negative log likelihood of counts `targets` under Poisson rates e^`logInput`: e^c - z c, to which
 * `computeFullLoss` adds Stirling's approximation of log z!. TensorFlow: `tf.nn.log_poisson_loss`.
 */
export function logPoissonLoss(
  targets: TensorLike,
  logInput: TensorLike,
  {
    computeFullLoss = false,
    name,
  }: Named & { readonly computeFullLoss?: boolean | undefined } = {},
): Tensor {
  return opScope(name, "log_poisson_loss", [logInput, targets], () => {
    const rates = convertToTensor(logInput, { name: "log_input" });
    const counts = convertToTensor(targets, { name: "targets" });
    if (!counts.shape.isCompatibleWith(rates.shape)) {
      throw new ValueError(
        `\`log_input\` and \`targets\` must have the same shape, received (${rates.shape} vs ${counts.shape}).`,
      );
    }
    const loss = exp(rates).sub(rates.mul(counts));
    if (!computeFullLoss) return loss;
    const dtype = counts.dtype.base;
    const half = constant(0.5, { dtype });
    const twoPi = constant(2 * Math.PI, { dtype });
    const main = counts.mul(log(counts)).sub(counts);
    const stirling = main.add(half.mul(log(twoPi.mul(counts))));
    const zeros = zerosLike(counts);
    const ones = onesLike(counts);
    const isSmall = logicalAnd(greaterEqual(counts, zeros), lessEqual(counts, ones));
    return loss.add(where(isSmall, zeros, stirling));
  });
}
