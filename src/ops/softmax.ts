/** Softmax, its logarithm, and the cross entropies that are computed from logits. */

import type { DTypeName } from "../core/dtypes.ts";
import { bfloat16, type DType, float16, float32, float64, int32, int64 } from "../core/dtypes.ts";
import { InvalidArgumentError, ValueError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { Dim, TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { type Builder, broadcastShapes } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import type { Expr, Value } from "../engines/ir.ts";
import { assertEqual } from "./assert.ts";
import { subtract } from "./binary.ts";
import { cast } from "./cast.ts";
import { concat } from "./concat.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { broadcastShape } from "./elementwise.ts";
import { exp } from "./exponential.ts";
import { stopGradient } from "./identity.ts";
import { indexTensor } from "./index-tensor.ts";
import { matmul } from "./matmul.ts";
import { withRank, withRankAtLeast } from "./merge.ts";
import { range } from "./range.ts";
import { reduceSum } from "./reduce.ts";
import { expandDims, rank, reshape, shape, squeeze } from "./shape.ts";
import { slice } from "./slice.ts";
import { integers, mergeDims, opScope } from "./support.ts";
import { transpose } from "./transpose.ts";
import "./operators.ts";

const floats: readonly DType[] = [float16, bfloat16, float32, float64];

/** Loops over logits whose classes lie along the last axis. */
function classLoops(k: Builder, logits: Value) {
  const axes = [logits.shape.length - 1];
  const keepDims = { keepDims: true };
  const largest = k.reduce("max", logits, axes, keepDims);
  // Subtracting the maximum keeps e^x in range; the quotient stays the same.
  const shifted = k.map([logits, largest], (x, m) => e.sub(x as Expr, m as Expr));
  const powers = k.map([shifted], (x) => e.exp(x as Expr));
  const sums = k.reduce("sum", powers, axes, keepDims);
  return { axes, shifted, powers, sums };
}

const log = (x: Expr): Expr => e.unary("log", x);

const Softmax = defineOp({
  type: "Softmax",
  inputs: ["logits: T"],
  outputs: ["softmax: T"],
  attrs: { T: a.type(floats) },
  shape: ({ inputs: [x] }) => [withRankAtLeast(x.shape, 1)],
  // With y = softmax(x): dx = (dy - Σ dy y) y.
  gradient: ({ outputs: [y], dy: [dy] }) => {
    const sums = reduceSum(dy.mul(y), { axis: -1, keepDims: true });
    return [dy.sub(sums).mul(y)];
  },
  lower: ({ inputs: [x], k }) => {
    const { powers, sums } = classLoops(k, x);
    return [k.map([powers, sums], (power, sum) => e.div(power as Expr, sum as Expr))];
  },
});

const LogSoftmax = defineOp({
  type: "LogSoftmax",
  inputs: ["logits: T"],
  outputs: ["logsoftmax: T"],
  attrs: { T: a.type(floats) },
  shape: ({ inputs: [x] }) => [withRankAtLeast(x.shape, 1)],
  gradient: ({ outputs: [y], dy: [dy] }) => {
    const softmaxes = exp(y);
    return [dy.sub(reduceSum(dy, { axis: -1, keepDims: true }).mul(softmaxes))];
  },
  lower: ({ inputs: [x], k }) => {
    const { shifted, sums } = classLoops(k, x);
    return [k.map([shifted, sums], (s, sum) => e.sub(s as Expr, log(sum as Expr)))];
  },
});

export interface SoftmaxOptions extends Named {
  /** The axis of the classes: the last one by default. */
  readonly axis?: number | undefined;
}

/** e^x / Σ e^x along an axis. TensorFlow: `tf.nn.softmax`. */
export function softmax<D extends DTypeName>(
  logits: TensorOf<D>,
  options?: SoftmaxOptions,
): Tensor<D>;
export function softmax(logits: TensorLike, options?: SoftmaxOptions): Tensor;
export function softmax(logits: TensorLike, { axis = -1, name }: SoftmaxOptions = {}): Tensor {
  return alongLastAxis(logits, axis, name, (x, label) => createOp(Softmax, [x], {}, label).output);
}

/** log(softmax(x)) along an axis. TensorFlow: `tf.nn.log_softmax`. */
export function logSoftmax<D extends DTypeName>(
  logits: TensorOf<D>,
  options?: SoftmaxOptions,
): Tensor<D>;
export function logSoftmax(logits: TensorLike, options?: SoftmaxOptions): Tensor;
export function logSoftmax(logits: TensorLike, { axis = -1, name }: SoftmaxOptions = {}): Tensor {
  return alongLastAxis(
    logits,
    axis,
    name,
    (x, label) => createOp(LogSoftmax, [x], {}, label).output,
  );
}

/** Applies a function of the last axis to another one, by swapping the two before and after. */
function alongLastAxis(
  logits: TensorLike,
  axis: number,
  name: string | undefined,
  compute: (x: Tensor, name: string | undefined) => Tensor,
): Tensor {
  const x = convertToTensor(logits);
  const dims = x.shape.rank;
  if (axis === -1 || (dims !== null && axis === dims - 1)) return compute(x, name);
  if (dims !== null && (axis < -dims || axis >= dims)) {
    throw new InvalidArgumentError(
      undefined,
      `\`dim\` must be in the range [${-dims}, ${dims}) where ${dims} is the number of dimensions in the input. Received: dim=${axis}`,
    );
  }
  if (dims === null)
    throw new ValueError("The axis of a softmax over a tensor of unknown rank must be -1.");
  const count = rank(x);
  const counted = axis < 0 ? count.radd(axis) : null;
  const inputRank = rank(x);
  const chosen = counted ? counted.mod(dims) : axis;
  const swapped = swapAxes(x, chosen, subtract(inputRank, 1), undefined);
  const result = swapAxes(compute(swapped, undefined), chosen, subtract(inputRank, 1), name);
  result.setShape(x.shape);
  return result;
}

function swapAxes(
  x: Tensor,
  axis: number | Tensor,
  last: Tensor,
  name: string | undefined,
): Tensor {
  const before = range(axis);
  const between = range(typeof axis === "number" ? axis + 1 : axis.add(1), last);
  return transpose(x, { perm: concat([before, [last], between, [axis]], 0), name });
}

/** `vector` [N] times each row of `matrix` [N, C]. */
function scaleRows(vector: Tensor, matrix: Tensor): Tensor {
  return expandDims(vector, -1).mul(matrix);
}

/** Whether a gradient stands for an output that nothing uses. */
function isZeros(gradient: Tensor): boolean {
  return gradient.op.type === "ZerosLike";
}

interface EntropyGradient {
  readonly logits: Tensor;
  readonly backprop: Tensor;
  readonly dLoss: Tensor;
  readonly dBackprop: Tensor;
}

/** The gradient for the logits: that of the loss, and that of the backprop where something uses it. */
function logitsGradient({ logits, backprop, dLoss, dBackprop }: EntropyGradient): Tensor {
  const grad = scaleRows(dLoss, backprop);
  if (isZeros(dBackprop)) return grad;
  const y = createOp(Softmax, [logits], {}, undefined).output;
  const product = matmul(expandDims(dBackprop, 1), expandDims(y, 2));
  return grad.add(dBackprop.sub(squeeze(product, { axis: [1] })).mul(y));
}

const SoftmaxCrossEntropyWithLogits = defineOp({
  type: "SoftmaxCrossEntropyWithLogits",
  inputs: ["features: T", "labels: T"],
  outputs: ["loss: T", "backprop: T"],
  attrs: { T: a.type(floats) },
  shape: ({ inputs: [x, labels] }) => {
    const both = broadcastShape(x.shape, labels.shape);
    const isMatrix = x.shape.dims && labels.shape.dims;
    if (isMatrix && both.rank !== 2) {
      throw new ShapeError(`Shape must be broadcasted with rank 2, but is rank ${both.rank}`);
    }
    const merged = isMatrix ? both : withRank(merge2(x.shape, labels.shape), 2);
    return [[merged.dim(0)], merged];
  },
  gradient: ({ inputs: [logits], outputs: [, backprop], dy: [dLoss, dBackprop] }) => {
    const grad = logitsGradient({ logits, backprop, dLoss, dBackprop });
    return [grad, scaleRows(dLoss, createOp(LogSoftmax, [logits], {}, undefined).output.neg())];
  },
  // loss = Σ labels (log Σ e^x - x), backprop = softmax(x) - labels.
  lower: ({ inputs: [x, labels], k }) => {
    const full = commonShape(x.shape, labels.shape);
    const logits = full.every((dim, i) => dim === x.shape[i]) ? x : k.broadcastTo(x, full);
    const { axes, shifted, powers, sums } = classLoops(k, logits);
    const terms = k.map([labels, shifted, sums], (label, s, sum) =>
      e.mul(label as Expr, e.sub(log(sum as Expr), s as Expr)),
    );
    const backprop = k.map([powers, sums, labels], (power, sum, label) =>
      e.sub(e.div(power as Expr, sum as Expr), label as Expr),
    );
    return [k.reduce("sum", terms, axes), backprop];
  },
});

function commonShape(logits: readonly number[], labels: readonly number[]): number[] {
  try {
    return broadcastShapes([logits, labels]);
  } catch {
    throw new Error(
      `logits and labels must be broadcastable: logits_size=[${logits}] labels_size=[${labels}]`,
    );
  }
}

/** What two shapes that broadcast say together when one has unknown rank. */
function merge2(a: TensorShape, b: TensorShape): TensorShape {
  return a.dims ? a : b;
}

const SparseSoftmaxCrossEntropyWithLogits = defineOp({
  type: "SparseSoftmaxCrossEntropyWithLogits",
  inputs: ["features: T", "labels: Tlabels"],
  outputs: ["loss: T", "backprop: T"],
  attrs: { T: a.type(floats), Tlabels: a.type([int32, int64], int64) },
  shape: ({ inputs: [x, labels] }) => {
    const logits = withRank(x.shape, 2);
    const batch = mergeDims(logits.dim(0), withRank(labels.shape, 1).dim(0));
    return [[batch], [batch, logits.dim(1)]];
  },
  gradient: ({ inputs: [logits], outputs: [, backprop], dy: [dLoss, dBackprop] }) => [
    logitsGradient({ logits, backprop, dLoss, dBackprop }),
    null,
  ],
  lower: ({ inputs: [x, labels], k }) => {
    const classes = x.shape[1] as number;
    if (x.shape[0] !== labels.shape[0]) {
      throw new Error(
        `logits and labels must have the same first dimension, got logits shape [${x.shape}] and labels shape [${labels.shape}]`,
      );
    }
    const [checked] = k.host("check labels", [labels], [labels], ([from], [to]) => {
      copyLabels(from as NDArray, to as NDArray, classes);
    });
    const column = k.reshape(checked as Value, [labels.size, 1]);
    const isLabel = (label: Expr): Expr => e.eq(e.index(1, label.dtype), label);
    const { axes, shifted, powers, sums } = classLoops(k, x);
    const zero = e.constant(0, x.dtype);
    const terms = k.map([column, shifted, sums], (label, s, sum) =>
      e.select(isLabel(label as Expr), e.sub(log(sum as Expr), s as Expr), zero),
    );
    const backprop = k.map([powers, sums, column], (power, sum, label) => {
      const y = e.div(power as Expr, sum as Expr);
      return e.select(isLabel(label as Expr), e.sub(y, 1), y);
    });
    return [k.reduce("sum", terms, axes), backprop];
  },
});

function copyLabels(from: NDArray, to: NDArray, classes: number): void {
  const labels = from.data as Int32Array;
  for (let i = 0; i < labels.length; i++) {
    const label = Number(labels[i]);
    if (label < 0 || label >= classes) {
      throw new Error(
        `Received a label value of ${label} which is outside the valid range of [0, ${classes}).  Label values: ${labels.join(" ")}`,
      );
    }
  }
  (to.data as Int32Array).set(labels);
}

/** Labels and logits by name: TensorFlow forces keyword arguments too, since their order was mixed up often. */
export interface EntropyArguments extends Named {
  readonly labels: TensorLike;
  readonly logits: TensorLike;
}

export interface SoftmaxEntropyArguments extends EntropyArguments {
  /** The axis of the classes: the last one by default. */
  readonly axis?: number | undefined;
}

/** Refuses missing arguments, which only untyped code can leave out. */
export function ensureEntropyArguments(caller: string, args: EntropyArguments): void {
  const { labels, logits } = (args as EntropyArguments | null | undefined) ?? {};
  if (labels !== undefined && labels !== null && logits !== undefined && logits !== null) return;
  const shown = (value: TensorLike | undefined): string =>
    value === undefined || value === null ? "None" : String(value);
  throw new ValueError(
    `Both \`labels\` and \`logits\` must be provided for ${caller}Received: labels=${shown(labels)} and logits=${shown(logits)}`,
  );
}

/** All but the last dimension made one. */
function flattenOuterDims(logits: Tensor): Tensor {
  const dims = rank(logits);
  const lastDim = slice(shape(logits), [subtract(dims, 1)], [1]);
  const output = reshape(logits, concat([[-1], lastDim], 0));
  const known = logits.shape.dims;
  if (known?.slice(0, -1).every((dim) => dim !== null)) {
    const outer = (known.slice(0, -1) as number[]).reduce((product, dim) => product * dim, 1);
    output.setShape([outer, known.at(-1) as Dim]);
  }
  return output;
}

function moveToEnd(x: Tensor, axis: number, count: Tensor): Tensor {
  const order = concat([range(axis), range(axis + 1, count), [axis]], 0);
  return transpose(x, { perm: order });
}

/**
 * The cross entropy between probabilities `labels` and softmax(`logits`), per example. Gradients flow into both.
 * TensorFlow: `tf.nn.softmax_cross_entropy_with_logits_v2`.
 */
export function softmaxCrossEntropyWithLogitsV2(args: SoftmaxEntropyArguments): Tensor {
  ensureEntropyArguments("softmax_cross_entropy_with_logits", args);
  const { axis = -1, name } = args;
  const known = "softmax_cross_entropy_with_logits";
  return opScope(name, known, [args.logits, args.labels], (scope) => {
    const logits = convertToTensor(args.logits, { name: "logits" });
    const givenLabels = convertToTensor(args.labels, { name: "labels" });
    const dtype = logits.dtype.base;
    const isHalf = dtype === float16 || dtype === bfloat16;
    let precise = isHalf ? cast(logits, float32) : logits;
    let labels = cast(givenLabels, precise.dtype.base);
    const inputRank = rank(precise);
    if (axis !== -1) {
      precise = moveToEnd(precise, axis, inputRank);
      labels = moveToEnd(labels, axis, inputRank);
    }
    const inputShape = shape(precise);
    precise = flattenOuterDims(precise);
    labels = flattenOuterDims(labels);
    const { output } = createOp(SoftmaxCrossEntropyWithLogits, [precise, labels], {}, scope);
    const cost = reshape(output, slice(inputShape, [0], [subtract(inputRank, 1)]));
    const { dims } = logits.shape;
    if (dims) cost.setShape(dims.filter((_, i) => i !== (axis < 0 ? axis + dims.length : axis)));
    return isHalf ? cast(cost, dtype) : cost;
  });
}

/**
 * `softmaxCrossEntropyWithLogitsV2` without gradients for the labels. `dim` is the axis of the classes.
 * TensorFlow: `tf.nn.softmax_cross_entropy_with_logits`.
 */
export function softmaxCrossEntropyWithLogits(
  args: SoftmaxEntropyArguments & { readonly dim?: number | undefined },
): Tensor {
  ensureEntropyArguments("softmax_cross_entropy_with_logits", args);
  const { dim, axis = dim ?? -1, name, logits } = args;
  if (dim !== undefined && args.axis !== undefined) {
    throw new ValueError("Cannot specify both 'dim' and 'axis'.");
  }
  const fallback = "softmax_cross_entropy_with_logits_sg";
  let scope = "";
  const labels = opScope(name, fallback, [logits, args.labels], (inside) => {
    scope = inside;
    return stopGradient(args.labels, { name: "labels_stop_gradient" });
  });
  return softmaxCrossEntropyWithLogitsV2({ labels, logits, axis, name: scope });
}

/**
 * The cross entropy between classes given by number and softmax(`logits`): `labels` has the shape of `logits` without
 * its last dimension. Labels outside the classes fail when run.
 * TensorFlow: `tf.nn.sparse_softmax_cross_entropy_with_logits`.
 */
export function sparseSoftmaxCrossEntropyWithLogits(args: EntropyArguments): Tensor {
  ensureEntropyArguments("sparse_softmax_cross_entropy_with_logits", args);
  const { name } = args;
  return opScope(name, "SparseSoftmaxCrossEntropyWithLogits", [args.labels, args.logits], () => {
    const labels = convertToTensor(integers(args.labels));
    const logits = convertToTensor(args.logits);
    const isHalf = logits.dtype.base === float16;
    const precise = isHalf ? cast(logits, float32) : logits;
    const labelsShape = shape(labels);
    checkSparseShapes(labels, logits);
    const cost =
      logits.shape.rank === 2
        ? sparseEntropy(precise, labels, name)
        : sparseEntropyOfAnyRank({ labels, logits, precise, labelsShape, name });
    return isHalf ? cast(cost, float16) : cost;
  });
}

function sparseEntropy(logits: Tensor, labels: Tensor, name: string | undefined): Tensor {
  return createOp(SparseSoftmaxCrossEntropyWithLogits, [logits, labels], {}, name).output;
}

function isFullyShaped(labels: Tensor, logits: Tensor): boolean {
  const outer = logits.shape.slice(0, -1);
  return labels.shape.isFullyDefined && outer.isFullyDefined;
}

function checkSparseShapes(labels: Tensor, logits: Tensor): void {
  const [inner, outer] = [labels.shape, logits.shape];
  if (outer.rank === 0)
    throw new ValueError(`\`logits\` cannot be a scalar. Received logits=${logits}\``);
  if (outer.rank !== null && inner.rank !== null && inner.rank !== outer.rank - 1) {
    throw new ValueError(
      "`labels.shape.rank` must equal `logits.shape.rank - 1`. " +
        `Received: labels.shape=${inner} of rank ${inner.rank} and logits.shape=${outer} of rank ${outer.rank}`,
    );
  }
  if (isFullyShaped(labels, logits) && !inner.equals(outer.slice(0, -1))) {
    throw new ValueError(
      "`labels.shape` must equal `logits.shape` except for the last dimension. " +
        `Received: labels.shape=${inner} and logits.shape=${outer}`,
    );
  }
}

interface AnyRank {
  readonly labels: Tensor;
  readonly logits: Tensor;
  readonly precise: Tensor;
  readonly labelsShape: Tensor;
  readonly name: string | undefined;
}

/** Flattens to rows of logits and back. */
function sparseEntropyOfAnyRank({ labels, logits, precise, labelsShape, name }: AnyRank): Tensor {
  const checks = isFullyShaped(labels, logits)
    ? []
    : [assertEqual(shape(labels), indexTensor(shape(logits), [[null, -1]]))];
  return getDefaultGraph().controlDependencies(checks, () => {
    const classes = indexTensor(shape(logits), [rank(logits).sub(1)]);
    const rows = reshape(precise, [-1, classes]);
    const flat = reshape(labels, [-1]);
    const cost = reshape(sparseEntropy(rows, flat, name), labelsShape);
    cost.setShape(labels.shape);
    return cost;
  });
}
