/** Reductions that are made of several nodes. */

import type { DTypeName } from "../core/dtypes.ts";
import { bool, type DTypeLike, int64 } from "../core/dtypes.ts";
import { TypeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { reshape, shape, stopGradient, whereV2, zeros } from "./array.ts";
import { add, subtract } from "./binary.ts";
import { cast } from "./cast.ts";
import { notEqual } from "./comparison.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { exp, log } from "./exponential.ts";
import { type ReduceOptions, reduceMax, reduceMean, reduceSum } from "./reduce.ts";
import { opScope } from "./support.ts";
import { isFinite, sqrt, square } from "./unary.ts";
import "./operators.ts";

/**
 * log Σ e^x along axes, without overflow: the largest element is taken out of the sum.
 * TensorFlow: `tf.reduce_logsumexp`.
 */
export function reduceLogsumexp<D extends DTypeName>(
  x: TensorOf<D>,
  options?: ReduceOptions,
): Tensor<D>;
export function reduceLogsumexp(x: TensorLike, options?: ReduceOptions): Tensor;
export function reduceLogsumexp(
  x: TensorLike,
  { axis, keepDims = false, name }: ReduceOptions = {},
): Tensor {
  return opScope(name, "ReduceLogSumExp", [x], (scope) => {
    const largest = reduceMax(x, { axis, keepDims: true });
    const shift = stopGradient(whereV2(isFinite(largest), largest, 0));
    const sum = log(reduceSum(exp(subtract(x, shift)), { axis, keepDims }));
    const back = keepDims ? shift : reshape(shift, shape(sum, { optimize: false }));
    const result = add(sum, back, { name: scope });
    const isWhole = axis === null || axis === undefined;
    if (isWhole && !keepDims && !result.shape.isFullyDefined) result.setShape([]);
    return result;
  });
}

/** The variance along axes: the mean of squared differences from the mean. TensorFlow: `tf.math.reduce_variance`. */
export function reduceVariance(
  x: TensorLike,
  { axis, keepDims = false, name }: ReduceOptions = {},
): Tensor {
  return opScope(name, "reduce_variance", [x], () => {
    const value = convertToTensor(x);
    const means = reduceMean(value, { axis, keepDims: true });
    if (means.dtype.isInteger) {
      throw new TypeError(
        `Input must be either real or complex. Received integer type ${means.dtype}.`,
      );
    }
    return reduceMean(square(value.sub(means)), { axis, keepDims });
  });
}

/** The standard deviation along axes. TensorFlow: `tf.math.reduce_std`. */
export function reduceStd(x: TensorLike, { axis, keepDims, name }: ReduceOptions = {}): Tensor {
  return opScope(name, "reduce_std", [x], () =>
    sqrt(reduceVariance(convertToTensor(x), { axis, keepDims })),
  );
}

export interface CountNonzeroOptions extends ReduceOptions {
  /** int64 by default. */
  readonly dtype?: DTypeLike | undefined;
}

/** How many elements along axes are not 0. TensorFlow: `tf.count_nonzero`. */
export function countNonzero(
  input: TensorLike,
  { axis, keepDims, dtype = int64, name }: CountNonzeroOptions = {},
): Tensor {
  return opScope(name, "count_nonzero", [input], () => {
    const value = convertToTensor(input, { name: "input" });
    const predicate =
      value.dtype.base === bool ? value : notEqual(value, zeros([], { dtype: value.dtype.base }));
    return cast(reduceSum(cast(predicate, int64), { axis, keepDims }), dtype);
  });
}
