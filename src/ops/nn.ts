/** Small functions of tf.nn that belong to no other family. */

import type { DType, DTypeName } from "../core/dtypes.ts";
import { float32, int32, int64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import type { Tensor } from "../core/tensor.ts";
import { maximum, multiply } from "./binary.ts";
import { cast } from "./cast.ts";
import { lessEqual, notEqual } from "./comparison.ts";
import { cond } from "./cond.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { zeros } from "./fill.ts";
import { identity } from "./identity.ts";
import "./operators.ts";
import { reduceSum } from "./reduce.ts";
import { size } from "./shape.ts";
import { opScope } from "./support.ts";
import { rsqrt, square } from "./unary.ts";

export interface L2NormalizeOptions extends Named {
  /** The axes that the norm is taken over: all by default. */
  readonly axis?: number | readonly number[] | undefined;
  /** The former name of `axis`. */
  readonly dim?: number | readonly number[] | undefined;
  /** The least square of a norm. */
  readonly epsilon?: number | undefined;
}

/** x / sqrt(max(Σ x², epsilon)). TensorFlow: `tf.nn.l2_normalize`. */
export function l2Normalize<D extends DTypeName>(
  x: TensorOf<D>,
  options?: L2NormalizeOptions,
): Tensor<D>;
export function l2Normalize(x: TensorLike, options?: L2NormalizeOptions): Tensor;
export function l2Normalize(
  x: TensorLike,
  { axis, dim, epsilon = 1e-12, name }: L2NormalizeOptions = {},
): Tensor {
  if (axis !== undefined && dim !== undefined)
    throw new ValueError("Cannot specify both 'dim' and 'axis'.");
  return opScope(name, "l2_normalize", [x], (scope) => {
    const value = convertToTensor(x, { name: "x" });
    const sum = reduceSum(square(value), { axis: axis ?? dim, keepDims: true });
    return multiply(value, rsqrt(maximum(sum, epsilon)), { name: scope });
  });
}

function countNonzero(value: Tensor, dtype: DType): Tensor {
  return opScope(undefined, "count_nonzero", [value], () => {
    const zero = zeros([], { dtype: value.dtype.base });
    return reduceSum(cast(notEqual(value, zero), dtype), { name: "nonzero_count" });
  });
}

/** The fraction of elements that are 0. TensorFlow: `tf.nn.zero_fraction`. */
export function zeroFraction(value: TensorLike, { name }: Named = {}): Tensor {
  return opScope(name, "zero_fraction", [value], () => {
    const x = convertToTensor(value, { name: "value" });
    const total = size(x, { outType: int64 });
    const nonzero = cond(
      lessEqual(total, 2 ** 31 - 1),
      () => cast(countNonzero(x, int32), int64),
      () => countNonzero(x, int64),
    );
    const fraction = getDefaultGraph().nameScope("counts_to_fraction", () => {
      const zerosFound = cast(total.sub(nonzero), float32);
      return zerosFound.div(cast(total, float32));
    });
    return identity(fraction, { name: "fraction" });
  });
}
