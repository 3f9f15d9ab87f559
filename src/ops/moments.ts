/** Mean and variance, and the sums they are made from. */

import { float16, float32 } from "../core/dtypes.ts";
import { checkList } from "../core/kind.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, divNoNan, multiply, squaredDifference, subtract } from "./binary.ts";
import { cast } from "./cast.ts";
import { constant } from "./constant.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { zerosLike } from "./fill.ts";
import { gather } from "./gather.ts";
import { stopGradient } from "./identity.ts";
import "./operators.ts";
import { reduceMean, reduceProd, reduceSum } from "./reduce.ts";
import { rank, shape, squeeze } from "./shape.ts";
import { opScope } from "./support.ts";
import { reciprocal, square } from "./unary.ts";

export interface MomentsOptions extends Named {
  /** Keeps the reduced dimensions with size 1. */
  readonly keepDims?: boolean | undefined;
}

/**
 * Mean and variance over some axes. The variance counts its mean as constant in gradients, which does not change them.
 * TensorFlow: `tf.nn.moments`.
 */
export function moments(
  x: TensorLike,
  axes: readonly number[],
  { keepDims = false, name }: MomentsOptions = {},
): [mean: Tensor, variance: Tensor] {
  return opScope(name, "moments", [x], () => {
    const given = convertToTensor(x);
    const isHalf = given.dtype.base === float16;
    const y = isHalf ? cast(given, float32) : given;
    let mean = reduceMean(y, { axis: axes, keepDims: true, name: "mean" });
    const squares = squaredDifference(y, stopGradient(mean));
    let variance = reduceMean(squares, { axis: axes, keepDims: true, name: "variance" });
    if (!keepDims) {
      mean = squeeze(mean, { axis: axes });
      variance = squeeze(variance, { axis: axes });
    }
    return isHalf ? [cast(mean, float16), cast(variance, float16)] : [mean, variance];
  });
}

/** Mean and variance with a weight for every element. TensorFlow: `tf.nn.weighted_moments`. */
export function weightedMoments(
  x: TensorLike,
  axes: readonly number[],
  frequencyWeights: TensorLike,
  { keepDims = false, name }: MomentsOptions = {},
): [mean: Tensor, variance: Tensor] {
  return opScope(name, "weighted_moments", [x, frequencyWeights], () => {
    let value = convertToTensor(x, { name: "x" });
    let weights = convertToTensor(frequencyWeights, { name: "frequency_weights" });
    const isHalf = value.dtype.base === float16;
    if (isHalf) value = cast(value, float32);
    if (weights.dtype.base !== value.dtype.base) weights = cast(weights, value.dtype.base);
    const kept = { axis: axes, keepDims: true };
    const inputSum = reduceSum(weights.mul(value), { ...kept, name: "weighted_input_sum" });
    const broadcast = weights.add(zerosLike(value));
    const weightSum = reduceSum(broadcast, { ...kept, name: "sum_of_weights" });
    let mean = divNoNan(inputSum, weightSum);
    const squares = weights.mul(squaredDifference(value, mean));
    const distances = reduceSum(squares, { ...kept, name: "weighted_distsq" });
    let variance = divNoNan(distances, weightSum);
    if (!keepDims) {
      mean = squeeze(mean, { axis: axes });
      variance = squeeze(variance, { axis: axes });
    }
    return isHalf ? [cast(mean, float16), cast(variance, float16)] : [mean, variance];
  });
}

export interface StatisticsOptions extends MomentsOptions {
  /** Subtracted first, which keeps sums of values far from 0 accurate. */
  readonly shift?: TensorLike | undefined;
}

export type Statistics = [
  count: Tensor,
  meanSum: Tensor,
  varianceSum: Tensor,
  shift: Tensor | null,
];

/** The count, the sum and the sum of squares over some axes. TensorFlow: `tf.nn.sufficient_statistics`. */
export function sufficientStatistics(
  x: TensorLike,
  axes: readonly number[],
  { shift, keepDims = false, name }: StatisticsOptions = {},
): Statistics {
  checkList(axes, "The axes");
  const unique = [...new Set(axes)].sort((first, second) => first - second);
  return opScope(name, "sufficient_statistics", [x, shift], () => {
    const value = convertToTensor(x, { name: "x" });
    const counts = countOver(value, unique);
    const center = shift === undefined ? null : convertToTensor(shift, { name: "shift" });
    const terms = center ? subtract(value, center) : value;
    const squares = center ? squaredDifference(value, center) : square(value);
    const options = { axis: unique, keepDims };
    const meanSum = reduceSum(terms, { ...options, name: "mean_ss" });
    const varianceSum = reduceSum(squares, { ...options, name: "var_ss" });
    return [counts, meanSum, varianceSum, center];
  });
}

function countOver(x: Tensor, axes: readonly number[]): Tensor {
  const dtype = x.dtype.base;
  const dims = x.shape.dims && axes.map((axis) => x.shape.dim(axis));
  if (dims?.every((dim) => dim !== null)) {
    return constant(
      dims.reduce((product, dim) => product * dim, 1),
      { dtype },
    );
  }
  const count = rank(x);
  const positive = axes.map((axis) => (axis < 0 ? count.radd(axis) : axis));
  const sizes = gather(cast(shape(x), dtype), positive);
  return reduceProd(sizes, { name: "count" });
}

/** Mean and variance from the sums of `sufficientStatistics`. TensorFlow: `tf.nn.normalize_moments`. */
export function normalizeMoments(
  counts: TensorLike,
  meanSum: TensorLike,
  varianceSum: TensorLike,
  shift: TensorLike | null,
  { name }: Named = {},
): [mean: Tensor, variance: Tensor] {
  return opScope(name, "normalize", [counts, meanSum, varianceSum, shift], () => {
    const divisor = reciprocal(counts, { name: "divisor" });
    const shifted = multiply(meanSum, divisor, { name: shift === null ? "mean" : "shifted_mean" });
    const mean = shift === null ? shifted : add(shifted, shift, { name: "mean" });
    const variance = subtract(multiply(varianceSum, divisor), square(shifted), {
      name: "variance",
    });
    return [mean, variance];
  });
}
