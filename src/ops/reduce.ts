/** Reductions along axes. */

import type { DTypeName } from "../core/dtypes.ts";
import { type DType, float32, int32, int64 } from "../core/dtypes.ts";
import { inGraph } from "../core/graph.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import { TensorShape, unknownOfRank, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import type { Expr, ReduceName, Value } from "../engines/ir.ts";
import {
  broadcastTo,
  concat,
  gather,
  invertPermutation,
  range,
  rank,
  reshape,
  shape,
  size,
  tile,
  transpose,
} from "./array.ts";
import { divide, truediv } from "./binary.ts";
import { cast } from "./cast.ts";
import { equal } from "./comparison.ts";
import { constant } from "./constant.ts";
import type { TensorOf } from "./convert.ts";

import { graphOf, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { type AttrSpec, a, defineOp, ShapeError, type TypedOpDef } from "./define.ts";
import { numbers, reals } from "./dtype-lists.ts";
import { listDiff } from "./dynamic.ts";
import { reducedShape, staticReduction } from "./reduced-shape.ts";
import { cumprod } from "./scan.ts";
import { numbersOf, staticValue } from "./support.ts";
import "./operators.ts";

/** The axes of a reduction: all of them when left out. */
export interface ReduceOptions extends Named {
  readonly axis?: TensorLike | null | undefined;
  /** Whether reduced axes stay, with size 1. */
  readonly keepDims?: boolean | undefined;
}

type ReduceAttrs = {
  readonly keep_dims: AttrSpec<boolean>;
  readonly Tidx: AttrSpec<DType>;
};
type ReduceDef = TypedOpDef<ReduceAttrs>;

interface ReduceGradient {
  readonly x: Tensor;
  readonly axes: Tensor;
  readonly y: Tensor;
  readonly dy: Tensor;
  readonly keepDims: boolean;
}

/** The static shape of a reduction over `axes`, null when they are not known. */
function reduceShape(
  input: TensorShape,
  axes: readonly number[] | null,
  keepDims: boolean,
): TensorShape {
  const { dims } = input;
  if (!dims) return unknownShape;
  if (!axes) return keepDims ? unknownOfRank(dims.length) : unknownShape;
  const reduced = new Set<number>();
  for (const axis of axes) {
    if (axis < -dims.length || axis >= dims.length) {
      throw new ShapeError(
        `Invalid reduction dimension ${axis} for input with ${dims.length} dimensions.`,
      );
    }
    reduced.add(axis < 0 ? axis + dims.length : axis);
  }
  return new TensorShape(
    keepDims
      ? dims.map((dim, axis) => (reduced.has(axis) ? 1 : dim))
      : dims.filter((_, axis) => !reduced.has(axis)),
  );
}

/** The axes to fold, none of them negative. Throws for axes that the input lacks or that are named twice. */
function foldedAxes(axes: readonly number[], inputRank: number): number[] {
  const found: number[] = [];
  for (const axis of axes) {
    if (axis < -inputRank || axis >= inputRank) {
      throw new Error(
        `Invalid reduction dimension (${axis} for input with ${inputRank} dimension(s)`,
      );
    }
    const positive = axis < 0 ? axis + inputRank : axis;
    if (found.includes(positive)) {
      throw new Error(
        `Invalid reduction arguments: Axes contains duplicate dimension: ${positive}`,
      );
    }
    found.push(positive);
  }
  return found;
}

type Fold = (k: Builder, x: Value, axes: readonly number[], keepDims: boolean) => Value;

function foldBy(op: ReduceName): Fold {
  return (k, x, axes, keepDims) => (axes.length === 0 ? x : k.reduce(op, x, axes, { keepDims }));
}

/** Sums of 16-bit floats are kept in float32. */
function wide(fold: Fold): Fold {
  return (k, x, axes, keepDims) => {
    const isNarrow = x.dtype.isFloating && x.dtype.size === 2;
    return isNarrow
      ? k.cast(fold(k, k.cast(x, float32), axes, keepDims), x.dtype)
      : fold(k, x, axes, keepDims);
  };
}

function foldMean(k: Builder, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  const sum = foldBy("sum")(k, x, axes, keepDims);
  if (count === 0 && x.dtype.isInteger) return sum;
  return k.map([sum], (element) => quotient(element as Expr, count));
}

function quotient(sum: Expr, count: number): Expr {
  return sum.dtype.isInteger
    ? e.binary("truncDiv", sum, e.constant(count, sum.dtype))
    : e.div(sum, count);
}

function foldNorm(k: Builder, x: Value, axes: readonly number[], keepDims: boolean): Value {
  return k.unary("sqrt", foldBy("sum")(k, k.unary("square", x), axes, keepDims));
}

function defineReduce(
  type: string,
  allowed: readonly DType[],
  fold: Fold,
  gradient: (values: ReduceGradient) => Tensor,
): TypedOpDef<ReduceAttrs & { readonly T: AttrSpec<DType> }> {
  return defineOp({
    type,
    inputs: ["input: T", "reduction_indices: Tidx"],
    outputs: ["output: T"],
    attrs: { keep_dims: a.bool(false), T: a.type(allowed), Tidx: a.type([int32, int64], int32) },
    traits: { reduction: true },
    shape: ({ inputs: [x], attrs, constant: known }) => {
      const axes = known(1);
      return [reduceShape(x.shape, axes && numbersOf(axes), attrs.keep_dims)];
    },
    gradient: ({ inputs: [x, axes], outputs: [y], dy: [dy], attrs }) => [
      gradient({ x, axes, y, dy, keepDims: attrs.keep_dims }),
      null,
    ],
    lower: ({ inputs: [x], attrs, k, constant: known }) => [
      fold(k, x, foldedAxes(numbersOf(known(1)), x.shape.length), attrs.keep_dims),
    ],
  });
}

function defineLogical(type: string, op: ReduceName): ReduceDef {
  return defineOp({
    type,
    inputs: ["input: bool", "reduction_indices: Tidx"],
    outputs: ["output: bool"],
    attrs: { keep_dims: a.bool(false), Tidx: a.type([int32, int64], int32) },
    traits: { reduction: true },
    shape: ({ inputs: [x], attrs, constant: known }) => {
      const axes = known(1);
      return [reduceShape(x.shape, axes && numbersOf(axes), attrs.keep_dims)];
    },
    gradient: "none",
    lower: ({ inputs: [x], attrs, k, constant: known }) => [
      foldBy(op)(k, x, foldedAxes(numbersOf(known(1)), x.shape.length), attrs.keep_dims),
    ],
  });
}

// Gradients

/** dy repeated along the reduced axes. */
function spread({ x, axes, dy, keepDims }: ReduceGradient): Tensor {
  const { dims } = x.shape;
  const known = dims && staticValue(axes);
  if (dims && known) {
    const list = numbersOf(known);
    const isWhole =
      known.rank === 1 && list.length === dims.length && list.every((axis, i) => axis === i);
    if (isWhole) {
      const flat = reshape(
        dy,
        dims.map(() => 1),
      );
      const target = x.shape.known;
      return tile(
        flat,
        target ? constant([...target], { dtype: int32, shape: [target.length] }) : shape(x),
      );
    }
    if (x.shape.known) {
      const { kept, tiling } = staticReduction(x.graph, x.shape.known, list);
      return tile(reshape(dy, [...kept]), [...tiling]);
    }
  }
  const inputShape = shape(x);
  if (keepDims) return broadcastTo(dy, inputShape);
  const { graph } = inputShape;
  const kept = graph.inside(graph.colocationPatch(inputShape), () =>
    reducedShape(inputShape, axes),
  );
  return broadcastTo(reshape(dy, kept), inputShape);
}

function meanGradient(values: ReduceGradient): Tensor {
  const { x, y, axes } = values;
  const sum = spread(values);
  if (x.shape.isFullyDefined && y.shape.isFullyDefined) {
    const count = Math.floor((x.shape.size as number) / Math.max(y.shape.size as number, 1));
    return truediv(sum, cast(constant(count, { dtype: sum.dtype.base }), sum.dtype));
  }
  const inputShape = shape(x);
  const inputRank = size(inputShape);
  const positive = cast(axes, inputRank.dtype).add(inputRank).mod(inputRank);
  const count = reduceProd(gather(inputShape, positive));
  return truediv(sum, cast(count, sum.dtype));
}

/** The gradient of Max and Min goes to the elements that were chosen, in equal parts. */
function extremeGradient({ x, axes, y, dy, keepDims }: ReduceGradient): Tensor {
  const inputShape = shape(x);
  const kept = keepDims ? shape(y) : reducedShape(inputShape, axes);
  const chosen = keepDims ? y : reshape(y, kept);
  const upstream = keepDims ? dy : reshape(dy, kept);
  const indicators = cast(equal(chosen, x), upstream.dtype);
  const count = reshape(reduceSum(indicators, { axis: axes }), kept);
  return divide(indicators, count).mul(upstream);
}

/**
 * The gradient for an element is dy times the product of all others: that of those before it times that of those
 * after it, which stays right where elements are 0.
 */
function prodGradient({ x, axes, dy, keepDims }: ReduceGradient): Tensor {
  const inputShape = shape(x);
  const flatAxes = reshape(axes, [-1]);
  const upstream = broadcastTo(
    keepDims ? dy : reshape(dy, reducedShape(inputShape, axes)),
    inputShape,
  );
  const { perm, reducedSize, otherSize } = x.graph.device("/cpu:0", () => {
    const inputRank = rank(x);
    const reduced = cast(flatAxes, inputRank.dtype).add(inputRank).mod(inputRank);
    const other = listDiff(range(0, inputRank), reduced, { outIdx: reduced.dtype })[0];
    const order = concat([reduced, other], 0);
    const reducedCount = reduceProd(gather(inputShape, reduced));
    return {
      perm: order,
      reducedSize: reducedCount,
      otherSize: reduceProd(gather(inputShape, other)),
    };
  });
  const permuted = transpose(x, { perm });
  const permutedShape = shape(permuted);
  const matrix = reshape(permuted, [reducedSize, otherSize]);
  const before = cumprod(matrix, { exclusive: true });
  const after = cumprod(matrix, { exclusive: true, reverse: true });
  const others = reshape(before.mul(after), permutedShape);
  return reshape(upstream.mul(transpose(others, { perm: invertPermutation(perm) })), inputShape);
}

/** d |x| / dx = x / |x| */
function normGradient({ x, axes, y, dy, keepDims }: ReduceGradient): Tensor {
  if (keepDims) return truediv(x, y.truediv(dy));
  const kept = reducedShape(shape(x), axes);
  const norm = reshape(y, kept);
  return truediv(x, norm.truediv(reshape(dy, kept)));
}

const Sum = defineReduce("Sum", numbers, wide(foldBy("sum")), spread);
const Mean = defineReduce("Mean", numbers, wide(foldMean), meanGradient);
const Prod = defineReduce("Prod", numbers, wide(foldBy("prod")), prodGradient);
const Max = defineReduce("Max", reals, foldBy("max"), extremeGradient);
const Min = defineReduce("Min", reals, foldBy("min"), extremeGradient);
const EuclideanNorm = defineReduce("EuclideanNorm", numbers, wide(foldNorm), normGradient);
const Any = defineLogical("Any", "any");
const All = defineLogical("All", "all");

/** The axes argument: all axes of `x` as a Const where its rank is known. */
function reductionAxes(x: TensorLike, axis: TensorLike | null | undefined): TensorLike {
  if (axis !== null && axis !== undefined) return axis;
  const inputRank = (x as { readonly shape?: TensorShape } | null | undefined)?.shape?.rank;
  return inGraph(graphOf([x]), () =>
    inputRank
      ? constant(
          Array.from({ length: inputRank }, (_, i) => i),
          { dtype: int32 },
        )
      : range(0, rank(x)),
  );
}

const optionNames: OptionNames<ReduceOptions> = { axis: true, keepDims: true, name: true };

function reduce(def: ReduceDef, x: TensorLike, options: ReduceOptions): Tensor {
  checkOptions(options, `reduce${def.type}`, optionNames);
  const { axis, keepDims = false, name } = options;
  const axes = reductionAxes(x, axis);
  const { output } = createOp(def, [x, axes], { keep_dims: keepDims }, name);
  const isWhole = axis === null || axis === undefined;
  if (isWhole && !keepDims && !output.shape.isFullyDefined) output.setShape([]);
  return output;
}

/** The sum of elements along axes. TensorFlow: `tf.reduce_sum`. */
export function reduceSum<D extends DTypeName>(x: TensorOf<D>, options?: ReduceOptions): Tensor<D>;
export function reduceSum(x: TensorLike, options?: ReduceOptions): Tensor;
export function reduceSum(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return reduce(Sum, x, options);
}
/** The mean of elements along axes. TensorFlow: `tf.reduce_mean`. */
export function reduceMean<D extends DTypeName>(x: TensorOf<D>, options?: ReduceOptions): Tensor<D>;
export function reduceMean(x: TensorLike, options?: ReduceOptions): Tensor;
export function reduceMean(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return reduce(Mean, x, options);
}
/** The product of elements along axes. TensorFlow: `tf.reduce_prod`. */
export function reduceProd<D extends DTypeName>(x: TensorOf<D>, options?: ReduceOptions): Tensor<D>;
export function reduceProd(x: TensorLike, options?: ReduceOptions): Tensor;
export function reduceProd(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return reduce(Prod, x, options);
}
/** The largest element along axes. TensorFlow: `tf.reduce_max`. */
export function reduceMax<D extends DTypeName>(x: TensorOf<D>, options?: ReduceOptions): Tensor<D>;
export function reduceMax(x: TensorLike, options?: ReduceOptions): Tensor;
export function reduceMax(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return reduce(Max, x, options);
}
/** The smallest element along axes. TensorFlow: `tf.reduce_min`. */
export function reduceMin<D extends DTypeName>(x: TensorOf<D>, options?: ReduceOptions): Tensor<D>;
export function reduceMin(x: TensorLike, options?: ReduceOptions): Tensor;
export function reduceMin(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return reduce(Min, x, options);
}
/** Whether any element along axes holds. TensorFlow: `tf.reduce_any`. */
export function reduceAny(x: TensorLike, options: ReduceOptions = {}): Tensor<"bool"> {
  return reduce(Any, x, options) as Tensor<"bool">;
}
/** Whether all elements along axes hold. TensorFlow: `tf.reduce_all`. */
export function reduceAll(x: TensorLike, options: ReduceOptions = {}): Tensor<"bool"> {
  return reduce(All, x, options) as Tensor<"bool">;
}
/** The square root of the sum of squares along axes. TensorFlow: `tf.math.reduce_euclidean_norm`. */
export function reduceEuclideanNorm(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return reduce(EuclideanNorm, x, options);
}
