/** Limiting elements and norms. */

import type { DTypeName } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { kindOf } from "../core/kind.ts";
import type { TensorShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import * as e from "../engines/expr.ts";
import type { Expr } from "../engines/ir.ts";
import {
  identity,
  onesLike,
  range,
  rank,
  reshape,
  shape,
  size,
  stack,
  where,
  zeros,
} from "./array.ts";
import { maximum, minimum } from "./binary.ts";
import { broadcastGradientArgs } from "./broadcast-gradient-args.ts";
import { cast } from "./cast.ts";
import { greater, less, logicalOr } from "./comparison.ts";
import { constant } from "./constant.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { numbers } from "./dtype-lists.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { l2Loss } from "./loss.ts";
import { reduceSum } from "./reduce.ts";
import { opScope } from "./support.ts";
import { rsqrt, sqrt } from "./unary.ts";
import "./operators.ts";

const ClipByValue = defineOp({
  type: "ClipByValue",
  inputs: ["t: T", "clip_value_min: T", "clip_value_max: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(numbers) },
  traits: { elementwise: true },
  shape: ({ inputs: [t] }) => [t.shape],
  gradient: ({ inputs: [x, low, high], dy: [dy] }) => {
    const [sx, sLow, sHigh] = [shape(x), shape(low), shape(high)];
    const zero = zeros(shape(dy), { dtype: dy.dtype.base });
    const isLow = less(x, low);
    const isHigh = greater(x, high);
    const [, rLow] = broadcastGradientArgs(sx, sLow);
    const [, rHigh] = broadcastGradientArgs(sx, sHigh);
    const dx = where(logicalOr(isLow, isHigh), zero, dy);
    const dLow = where(isLow, dy, zero);
    const dHigh = where(isHigh, dy, zero);
    const gLow = reshape(reduceSum(dLow, { axis: rLow }), sLow);
    return [dx, gLow, reshape(reduceSum(dHigh, { axis: rHigh }), sHigh)];
  },
  lower: ({ inputs: [t, low, high], k }) => {
    const shapes = [t, low, high].map(({ shape: dims }) => `[${dims.join(",")}]`);
    if (shapes.slice(1).some((bound) => bound !== "[]" && bound !== shapes[0])) {
      throw new Error(
        `clip_value_min and clip_value_max must be either of the same shape as input, or a scalar. input shape: ${shapes[0]}clip_value_min shape: ${shapes[1]}clip_value_max shape: ${shapes[2]}`,
      );
    }
    const clipped = k.map([t, low, high], (x, least, most) =>
      e.max(e.min(x as Expr, most as Expr), least as Expr),
    );
    return [clipped];
  },
});

/** @internal One ClipByValue node; `tf.clip_by_value` makes a Minimum and a Maximum. */
export function clipByValueNode(t: Tensor, low: Tensor, high: Tensor, name: string): Tensor {
  return createOp(ClipByValue, [t, low, high], {}, name).output;
}

/** The values of a gradient, sparse or dense, as a tensor. */
function valuesOf(t: TensorLike | IndexedSlices, name: string): Tensor {
  return convertToTensor(t instanceof IndexedSlices ? t.values : t, { name });
}

/** The result for the values of `t`, sparse again when `t` was. */
function like<T extends TensorLike | IndexedSlices>(t: T, values: Tensor): Tensor | IndexedSlices {
  return t instanceof IndexedSlices ? new IndexedSlices(values, t.indices, t.denseShape) : values;
}

function assertCompatible(shape: TensorShape, result: TensorShape): void {
  if (!shape.isCompatibleWith(result)) {
    throw new ValueError(`Shapes ${shape} and ${result} are incompatible`);
  }
}

/** `t` with elements below `clipValueMin` or above `clipValueMax` set to these. TensorFlow: `tf.clip_by_value`. */
export function clipByValue(
  t: IndexedSlices,
  clipValueMin: TensorLike,
  clipValueMax: TensorLike,
  options?: Named,
): IndexedSlices;
export function clipByValue<D extends DTypeName>(
  t: TensorOf<D>,
  clipValueMin: TensorLike,
  clipValueMax: TensorLike,
  options?: Named,
): Tensor<D>;
export function clipByValue(
  t: TensorLike,
  clipValueMin: TensorLike,
  clipValueMax: TensorLike,
  options?: Named,
): Tensor;
export function clipByValue(
  t: TensorLike | IndexedSlices,
  clipValueMin: TensorLike,
  clipValueMax: TensorLike,
  { name }: Named = {},
): Tensor | IndexedSlices {
  return opScope(name, "clip_by_value", [t, clipValueMin, clipValueMax], (scope) => {
    const values = valuesOf(t, "t");
    const limited = minimum(values, clipValueMax);
    assertCompatible(values.shape, limited.shape);
    const clipped = maximum(limited, clipValueMin, { name: scope });
    assertCompatible(values.shape, clipped.shape);
    return like(t, clipped);
  });
}

export interface ClipByNormOptions extends Named {
  /** The axes that one norm extends over; all by default. */
  readonly axes?: TensorLike | undefined;
}

/**
 * `t` scaled down so that its L2 norm over `axes` is at most `clipNorm`. TensorFlow: `tf.clip_by_norm`.
 */
export function clipByNorm(
  t: IndexedSlices,
  clipNorm: TensorLike,
  options?: ClipByNormOptions,
): IndexedSlices;
export function clipByNorm<D extends DTypeName>(
  t: TensorOf<D>,
  clipNorm: TensorLike,
  options?: ClipByNormOptions,
): Tensor<D>;
export function clipByNorm(
  t: TensorLike,
  clipNorm: TensorLike,
  options?: ClipByNormOptions,
): Tensor;
export function clipByNorm(
  t: TensorLike | IndexedSlices,
  clipNorm: TensorLike,
  { axes, name }: ClipByNormOptions = {},
): Tensor | IndexedSlices {
  return opScope(name, "clip_by_norm", [t, clipNorm], (scope) => {
    const values = valuesOf(t, "t");
    const limit =
      typeof clipNorm === "number"
        ? Math.max(clipNorm, 0)
        : cast(maximum(clipNorm, 0), values.dtype.base);
    const sum = reduceSum(values.mul(values), { axis: axes, keepDims: true });
    // The square root has no gradient at 0.
    const isPositive = sum.greater(0);
    const safe = where(isPositive, sum, onesLike(sum));
    const norm = where(isPositive, sqrt(safe), sum);
    const scaled = values.mul(limit);
    assertCompatible(values.shape, scaled.shape);
    return like(t, identity(scaled.truediv(maximum(norm, limit)), { name: scope }));
  });
}

/** Gradients as optimizers pass them: null for variables without one. */
export type GradientList = readonly (TensorLike | IndexedSlices | null)[];

function checkList(list: GradientList): void {
  if (!Array.isArray(list)) {
    throw new TypeError(
      `\`t_list\` should be a sequence of tensors. Received <class '${kindOf(list)}'>.`,
    );
  }
}

/** The square root of the sum of squares of all elements of all tensors; nulls are left out. TensorFlow: `tf.global_norm`. */
export function globalNorm(tList: GradientList, { name }: Named = {}): Tensor {
  checkList(tList);
  return opScope(name, "global_norm", present(tList), () => {
    const values = tList.map((t, i) => (t === null ? null : valuesOf(t, `t_${i}`)));
    const halves = values
      .filter((value) => value !== null)
      .map((value) => value.graph.inside(value.graph.colocationPatch(value), () => l2Loss(value)));
    const half = reduceSum(stack(halves));
    return sqrt(half.mul(constant(2, { dtype: half.dtype.base })), { name: "global_norm" });
  });
}

function present(list: GradientList): readonly (TensorLike | IndexedSlices)[] {
  return list.filter((t) => t !== null);
}

export interface ClipByGlobalNormOptions extends Named {
  /** The norm, when it is known already. */
  readonly useNorm?: Tensor | undefined;
}

/**
 * All tensors scaled down by the same factor, so that their global norm is at most `clipNorm`; and that norm.
 * An infinite norm makes them NaN. TensorFlow: `tf.clip_by_global_norm`.
 */
export function clipByGlobalNorm(
  tList: GradientList,
  clipNorm: number | Tensor,
  { useNorm, name }: ClipByGlobalNormOptions = {},
): [clipped: (Tensor | IndexedSlices | null)[], globalNorm: Tensor] {
  checkList(tList);
  const norm = useNorm ?? globalNorm(tList, { name });
  const clipped = opScope(name, "clip_by_global_norm", [...present(tList), clipNorm], (scope) => {
    const inverse = norm.rtruediv(1);
    const one = constant(1, { dtype: norm.dtype.base });
    const smaller = minimum(inverse, one.truediv(clipNorm));
    const finite = clipNorm instanceof Tensor ? clipNorm.mul(smaller) : smaller.rmul(clipNorm);
    const scale = finite.add(norm.sub(norm));
    const values = tList.map((t, i) => (t === null ? null : valuesOf(t, `t_${i}`)));
    return values.map((value, i) => {
      if (!value) return null;
      const { graph } = value;
      const result = graph.inside(graph.colocationPatch(value), () =>
        identity(value.mul(cast(scale, value.dtype.base)), { name: `${scope}_${i}` }),
      );
      return like(tList[i] as TensorLike, result);
    });
  });
  return [clipped, norm];
}

/** `t` scaled down so that its L2 norm per element is at most `clipNorm`. TensorFlow: `tf.clip_by_average_norm`. */
export function clipByAverageNorm(
  t: TensorLike,
  clipNorm: TensorLike,
  { name }: Named = {},
): Tensor {
  return opScope(name, "clip_by_average_norm", [t, clipNorm], (scope) => {
    const values = convertToTensor(t, { name: "t" });
    const count = cast(size(values), "float32");
    const inverse = rsqrt(reduceSum(values.mul(values), { axis: range(rank(values)) }));
    const scaled = values.mul(clipNorm);
    const average = inverse.mul(count);
    const limit = constant(1).truediv(clipNorm);
    return identity(scaled.mul(minimum(average, limit)), { name: scope });
  });
}
