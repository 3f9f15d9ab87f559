/** Batch normalization (Ioffe and Szegedy 2015): the fused ops in their three versions, and the composite. */

import { bfloat16, type DType, float16, float32 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { type Dim, TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import type { Expr, Value } from "../engines/ir.ts";
import { secondGradient, type Upstream } from "./batch-norm-gradient.ts";
import { cast } from "./cast.ts";
import { constant } from "./constant.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, later, type ShapeInput } from "./define.ts";
import { withRank } from "./merge.ts";
import "./operators.ts";
import { isTensorLike, mergeDims, opScope } from "./support.ts";
import { transpose } from "./transpose.ts";
import { rsqrt } from "./unary.ts";

const narrow: readonly DType[] = [float16, bfloat16, float32];

/** 0.0001 in float32, the default of the op definitions. */
const defaultEpsilon = Math.fround(0.0001);

const normSpecs = {
  epsilon: a.float(defaultEpsilon),
  data_format: a.string("NHWC"),
  is_training: a.bool(true),
};
const factorSpec = { exponential_avg_factor: later(a.float(1)) };

interface NormAttrs {
  readonly epsilon: number;
  readonly data_format: string;
  readonly is_training: boolean;
  readonly exponential_avg_factor?: number;
}

function channelAxis(format: string): number {
  return format.startsWith("NC") ? 1 : format.length - 1;
}

function reducedAxes(format: string): number[] {
  const channel = channelAxis(format);
  return Array.from({ length: format.length }, (_, axis) => axis).filter(
    (axis) => axis !== channel,
  );
}

/** What the shapes of an image batch and of vectors say about the images and the number of channels. */
function normShape(
  x: ShapeInput,
  vectors: readonly ShapeInput[],
  { data_format: format }: NormAttrs,
): { readonly image: TensorShape; readonly channels: Dim } {
  const image = withRank(x.shape, format.length);
  const axis = channelAxis(format);
  let channels = image.dim(axis);
  for (const vector of vectors) channels = mergeDims(channels, withRank(vector.shape, 1).dim(0));
  const dims: Dim[] = [...(image.dims as readonly Dim[])];
  dims[axis] = channels;
  return { image: new TensorShape(dims), channels };
}

type Inputs<T> = readonly [x: T, scale: T, offset: T, mean: T, variance: T];

function forwardShapes([x, scale, offset, mean, variance]: Inputs<ShapeInput>, attrs: NormAttrs) {
  const readsMoments = !attrs.is_training || (attrs.exponential_avg_factor ?? 1) !== 1;
  const vectors = readsMoments ? [scale, offset, mean, variance] : [scale, offset];
  const { image, channels } = normShape(x, vectors, attrs);
  return [image, [channels], [channels], [channels], [channels]] as const;
}

/** Loops over image batches: statistics per channel, and maps with a vector element per channel. */
class ChannelLoops {
  readonly #k: Builder;
  readonly #axes: readonly number[];
  readonly #spread: readonly number[];
  /** Elements per channel. */
  readonly count: number;

  constructor(k: Builder, x: Value, format: string) {
    this.#k = k;
    this.#axes = reducedAxes(format);
    const channel = channelAxis(format);
    this.#spread = x.shape.map((dim, axis) => (axis === channel ? dim : 1));
    this.count = this.#axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  }
  /** A vector as the shape that broadcasts over images. */
  spread(vector: Value): Value {
    return this.#k.reshape(vector, this.#spread);
  }
  sum(x: Value): Value {
    return this.#k.reduce("sum", x, this.#axes);
  }
  mean(x: Value): Value {
    return this.share(this.sum(x));
  }
  /** The mean that belongs to a sum. */
  share(sum: Value): Value {
    return this.#k.map([sum], (total) => e.div(total as Expr, this.count));
  }
}

/** 1 / sqrt(variance + epsilon). */
function inverseDeviation(k: Builder, variance: Value, epsilon: number): Value {
  return k.map([variance], (v) => e.rsqrt(e.add(v as Expr, epsilon)));
}

/**
 * y = (x - mean) scale / sqrt(variance + epsilon) + offset. Outputs y, the mean and variance to keep (that of a
 * training batch with Bessel's correction), and the mean and variance that the gradient needs.
 */
function normalize(k: Builder, inputs: Inputs<Value>, attrs: NormAttrs): Value[] {
  const [given, scale, offset, oldMean, oldVariance] = inputs;
  const x = k.cast(given, float32);
  const { data_format: format, is_training: isTraining, epsilon } = attrs;
  const loops = new ChannelLoops(k, x, format);
  let mean = oldMean;
  let variance = oldVariance;
  let kept = [oldMean, oldVariance];
  if (isTraining) {
    mean = loops.mean(x);
    const squares = k.map([x, loops.spread(mean)], (value, m) =>
      e.square(e.sub(value as Expr, m as Expr)),
    );
    variance = loops.mean(squares);
    const bessel = loops.count / Math.max(1, loops.count - 1);
    const unbiased = k.map([variance], (v) => e.mul(v as Expr, bessel));
    const factor = attrs.exponential_avg_factor ?? 1;
    const average = (batch: Value, old: Value): Value =>
      factor === 1
        ? batch
        : k.map([batch, old], (now, before) =>
            e.add(e.mul(before as Expr, 1 - factor), e.mul(now as Expr, factor)),
          );
    kept = [average(mean, oldMean), average(unbiased, oldVariance)];
  }
  const slope = k.map([scale, inverseDeviation(k, variance, epsilon)], (s, inverse) =>
    e.mul(s as Expr, inverse as Expr),
  );
  const columns = [mean, slope, offset].map((vector) => loops.spread(vector));
  const y = k.map([x, ...columns], (value, m, s, o) =>
    e.add(e.mul(e.sub(value as Expr, m as Expr), s as Expr), o as Expr),
  );
  return [k.cast(y, given.dtype), ...kept, mean, variance];
}

type GradInputs<T> = readonly [dy: T, x: T, scale: T, mean: T, variance: T];

/**
 * With x̂ = (x - mean) / sqrt(variance + epsilon): dscale = Σ dy x̂, doffset = Σ dy, and
 * dx = scale / sqrt(variance + epsilon) (dy - mean(dy) - x̂ mean(dy x̂)) where the statistics are the batch's own;
 * given ones do not depend on x, and only dy stays in the parentheses.
 */
function backprop(k: Builder, inputs: GradInputs<Value>, attrs: NormAttrs): Value[] {
  const [givenDy, givenX, scale, mean, variance] = inputs;
  const [dy, x] = [k.cast(givenDy, float32), k.cast(givenX, float32)];
  const { data_format: format, is_training: isTraining, epsilon } = attrs;
  const loops = new ChannelLoops(k, x, format);
  const inverse = loops.spread(inverseDeviation(k, variance, epsilon));
  const xHat = k.map([x, loops.spread(mean), inverse], (value, m, i) =>
    e.mul(e.sub(value as Expr, m as Expr), i as Expr),
  );
  const dscale = loops.sum(k.binary("mul", dy, xHat));
  const doffset = loops.sum(dy);
  const slope = k.binary("mul", inverse, loops.spread(scale));
  // Loops of their own, so that nobody divides once per pixel.
  const means = [doffset, dscale].map((sum) => loops.spread(loops.share(sum)));
  const dx = isTraining
    ? k.map([dy, xHat, slope, ...means], (g, h, s, mean, product) => {
        const shared = e.add(mean as Expr, e.mul(h as Expr, product as Expr));
        return e.mul(s as Expr, e.sub(g as Expr, shared));
      })
    : k.map([dy, slope], (g, s) => e.mul(g as Expr, s as Expr));
  const none = (): Value => k.fill([0], 0, float32);
  return [k.cast(dx, givenX.dtype), dscale, doffset, none(), none()];
}

const vectors = ["batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"] as const;

const _FusedBatchNorm = defineOp({
  type: "FusedBatchNorm",
  inputs: ["x: T", "scale: T", "offset: T", "mean: T", "variance: T"],
  outputs: ["y: T", `${vectors[0]}: T`, `${vectors[1]}: T`, `${vectors[2]}: T`, `${vectors[3]}: T`],
  attrs: { T: a.type([float32]), ...normSpecs, ...factorSpec },
  shape: ({ inputs, attrs }) => forwardShapes(inputs, attrs),
  gradient: ({ inputs, outputs: [, , , mean, variance], dy: [dy], attrs }) =>
    gradientOf(inputs, dy, [mean, variance], attrs, fusedBatchNormGrad),
  lower: ({ inputs, attrs, k }) => normalize(k, inputs, attrs),
});

const _FusedBatchNormV2 = defineOp({
  type: "FusedBatchNormV2",
  inputs: ["x: T", "scale: U", "offset: U", "mean: U", "variance: U"],
  outputs: ["y: T", `${vectors[0]}: U`, `${vectors[1]}: U`, `${vectors[2]}: U`, `${vectors[3]}: U`],
  attrs: { T: a.type(narrow), U: a.type([float32]), ...normSpecs, ...factorSpec },
  shape: ({ inputs, attrs }) => forwardShapes(inputs, attrs),
  gradient: ({ inputs, outputs: [, , , mean, variance], dy: [dy], attrs }) =>
    gradientOf(inputs, dy, [mean, variance], attrs, fusedBatchNormGradV2),
  lower: ({ inputs, attrs, k }) => normalize(k, inputs, attrs),
});

const FusedBatchNormV3 = defineOp({
  type: "FusedBatchNormV3",
  inputs: ["x: T", "scale: U", "offset: U", "mean: U", "variance: U"],
  outputs: [
    "y: T",
    `${vectors[0]}: U`,
    `${vectors[1]}: U`,
    `${vectors[2]}: U`,
    `${vectors[3]}: U`,
    "reserve_space_3: U",
  ],
  attrs: { T: a.type(narrow), U: a.type([bfloat16, float32]), ...normSpecs, ...factorSpec },
  shape: ({ inputs, attrs }) => [...forwardShapes(inputs, attrs), null],
  gradient: ({ inputs, outputs: [, , , mean, variance, third], dy: [dy], attrs }) =>
    gradientOf(inputs, dy, [mean, variance, third], attrs, fusedBatchNormGradV3),
  // The third reserve is cuDNN's.
  lower: ({ inputs, attrs, k }) => [...normalize(k, inputs, attrs), k.fill([], 0, float32)],
});

type Backprop = (
  inputs: GradInputs<Tensor>,
  third: Tensor | undefined,
  attrs: NormAttrs,
) => readonly Tensor[];

type Grads = readonly [Tensor, Tensor, Tensor, null, null];

function gradientOf(
  [x, scale, , givenMean, givenVariance]: Inputs<Tensor>,
  dy: Tensor,
  [mean, variance, third]: readonly [Tensor, Tensor, Tensor?],
  { epsilon, data_format: format, is_training: isTraining }: NormAttrs,
  grad: Backprop,
): Grads {
  const attrs = { epsilon, data_format: format, is_training: isTraining };
  if (isTraining) {
    const [dx, dscale, doffset] = grad([dy, x, scale, mean, variance], third, attrs) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    return [dx, dscale, doffset, null, null];
  }
  const isFirst = format.startsWith("NC");
  const rank = format.length;
  const axes = Array.from({ length: rank - 2 }, (_, i) => i);
  const toLast = [0, ...axes.map((axis) => axis + 2), 1];
  const toFirst = [0, rank - 1, ...axes.map((axis) => axis + 1)];
  const lastX = isFirst ? transpose(x, { perm: toLast }) : x;
  const lastDy = isFirst ? transpose(dy, { perm: toLast }) : dy;
  const last = { ...attrs, data_format: rank === 4 ? "NHWC" : "NDHWC" };
  const grads = grad([lastDy, lastX, scale, givenMean, givenVariance], third, last);
  const [dx, dscale, doffset] = grads as [Tensor, Tensor, Tensor];
  return [isFirst ? transpose(dx, { perm: toFirst }) : dx, dscale, doffset, null, null];
}

function gradShapes([dy, x, scale, mean, variance]: GradInputs<ShapeInput>, attrs: NormAttrs) {
  const first = normShape(dy, [], attrs);
  const { image, channels } = normShape(x, [scale, mean, variance], attrs);
  mergeDims(first.channels, channels);
  return [image, [channels], [channels], [0], [0]] as const;
}

const FusedBatchNormGrad = defineOp({
  type: "FusedBatchNormGrad",
  inputs: ["y_backprop: T", "x: T", "scale: T", "reserve_space_1: T", "reserve_space_2: T"],
  outputs: [
    "x_backprop: T",
    "scale_backprop: T",
    "offset_backprop: T",
    "reserve_space_3: T",
    "reserve_space_4: T",
  ],
  attrs: { T: a.type([float32]), ...normSpecs },
  shape: ({ inputs, attrs }) => gradShapes(inputs, attrs),
  gradient: ({ inputs, dy: [ddx, ddscale, ddoffset], attrs }) =>
    gradientOfGradient(inputs, { ddx, ddscale, ddoffset }, attrs),
  lower: ({ inputs, attrs, k }) => backprop(k, inputs, attrs),
});

const FusedBatchNormGradV2 = defineOp({
  type: "FusedBatchNormGradV2",
  inputs: ["y_backprop: T", "x: T", "scale: float32", "reserve_space_1: U", "reserve_space_2: U"],
  outputs: [
    "x_backprop: T",
    "scale_backprop: U",
    "offset_backprop: U",
    "reserve_space_3: U",
    "reserve_space_4: U",
  ],
  attrs: { T: a.type(narrow), U: a.type([float32]), ...normSpecs },
  shape: ({ inputs, attrs }) => gradShapes(inputs, attrs),
  gradient: ({ inputs, dy: [ddx, ddscale, ddoffset], attrs }) =>
    gradientOfGradient(inputs, { ddx, ddscale, ddoffset }, attrs),
  lower: ({ inputs, attrs, k }) => backprop(k, inputs, attrs),
});

const FusedBatchNormGradV3 = defineOp({
  type: "FusedBatchNormGradV3",
  inputs: [
    "y_backprop: T",
    "x: T",
    "scale: float32",
    "reserve_space_1: U",
    "reserve_space_2: U",
    "reserve_space_3: U",
  ],
  outputs: [
    "x_backprop: T",
    "scale_backprop: U",
    "offset_backprop: U",
    "reserve_space_4: U",
    "reserve_space_5: U",
  ],
  attrs: { T: a.type(narrow), U: a.type([float32]), ...normSpecs },
  shape: ({ inputs: [dy, x, scale, mean, variance], attrs }) =>
    gradShapes([dy, x, scale, mean, variance], attrs),
  gradient: ({ inputs: [dy, x, scale, mean, variance], dy: [ddx, ddscale, ddoffset], attrs }) => [
    ...gradientOfGradient([dy, x, scale, mean, variance], { ddx, ddscale, ddoffset }, attrs),
    null,
  ],
  lower: ({ inputs: [dy, x, scale, mean, variance], attrs, k }) =>
    backprop(k, [dy, x, scale, mean, variance], attrs),
});

function gradientOfGradient(
  [dy, x, scale, mean, variance]: GradInputs<Tensor>,
  upstream: Upstream,
  { epsilon, data_format: format, is_training: isTraining }: NormAttrs,
): Grads {
  const forward = { dy, x, scale, mean, variance, epsilon, format, isTraining };
  return [...secondGradient(forward, upstream), null, null];
}

function fusedBatchNormGrad(
  inputs: GradInputs<Tensor>,
  _: Tensor | undefined,
  attrs: NormAttrs,
): readonly Tensor[] {
  return createOp(FusedBatchNormGrad, inputs, attrs, undefined).outputs;
}

function fusedBatchNormGradV2(
  inputs: GradInputs<Tensor>,
  _: Tensor | undefined,
  attrs: NormAttrs,
): readonly Tensor[] {
  return createOp(FusedBatchNormGradV2, inputs, attrs, undefined).outputs;
}

function fusedBatchNormGradV3(
  inputs: GradInputs<Tensor>,
  third: Tensor | undefined,
  attrs: NormAttrs,
): readonly Tensor[] {
  return createOp(FusedBatchNormGradV3, [...inputs, third as Tensor], attrs, undefined).outputs;
}

export interface FusedBatchNormOptions extends Named {
  /** Given statistics [C]: needed when not training, or with an `exponentialAvgFactor`. */
  readonly mean?: TensorLike | undefined;
  readonly variance?: TensorLike | undefined;
  /** Added to the variance; 0.001 by default. */
  readonly epsilon?: number | undefined;
  readonly dataFormat?: "NHWC" | "NCHW" | "NDHWC" | "NCDHW" | undefined;
  /** Whether the statistics are those of the batch (the default) or the given ones. */
  readonly isTraining?: boolean | undefined;
  /** The weight of the batch in the statistics that come out; 1 by default. */
  readonly exponentialAvgFactor?: number | undefined;
}

/**
 * Normalizes images [N, H, W, C] per channel, then scales and shifts. Results: the images, and the mean and variance to
 * keep for later, which in training are the batch's (the variance with Bessel's correction).
 * TensorFlow: `tf.nn.fused_batch_norm`.
 */
export function fusedBatchNorm(
  x: TensorLike,
  scale: TensorLike,
  offset: TensorLike,
  options: FusedBatchNormOptions = {},
): [y: Tensor, mean: Tensor, variance: Tensor] {
  const {
    mean,
    variance,
    epsilon = 0.001,
    dataFormat = "NHWC",
    isTraining = true,
    exponentialAvgFactor = 1,
    name,
  } = options;
  if (
    (!isTraining || exponentialAvgFactor !== 1) &&
    (mean === undefined || variance === undefined)
  ) {
    const shown = (value: TensorLike | undefined): string =>
      value === undefined ? "None" : String(value);
    throw new ValueError(
      "Both `mean` and `variance` must be a 1D tensor when `is_training` is False or `exponential_avg_factor` != 1.0. " +
        `Received: \`mean\` ${shown(mean)} and \`variance\` ${shown(variance)}`,
    );
  }
  const images = convertToTensor(x, { name: "input" });
  const factors = convertToTensor(scale, { name: "scale" });
  const shifts = convertToTensor(offset, { name: "offset" });
  const oldMean = mean ?? constant([], { dtype: float32 });
  const oldVariance = variance ?? constant([], { dtype: float32 });
  const attrs = {
    epsilon,
    data_format: dataFormat,
    is_training: isTraining,
    exponential_avg_factor: exponentialAvgFactor,
  };
  const inputs = [images, factors, shifts, oldMean, oldVariance];
  const { outputs } = createOp(FusedBatchNormV3, inputs, attrs, name);
  return [outputs[0] as Tensor, outputs[1] as Tensor, outputs[2] as Tensor];
}

/**
 * scale (x - mean) / sqrt(variance + varianceEpsilon) + offset, made of element-wise nodes. `offset` and `scale` may be
 * null. TensorFlow: `tf.nn.batch_normalization`.
 */
export function batchNormalization(
  x: TensorLike,
  mean: TensorLike,
  variance: TensorLike,
  offset: TensorLike | null,
  scale: TensorLike | null,
  varianceEpsilon: number,
  { name }: Named = {},
): Tensor {
  const values = [x, mean, variance, scale, offset];
  return opScope(name, "batchnorm", values, () => {
    let inverse = rsqrt(asTensor(variance).add(varianceEpsilon));
    if (scale !== null) inverse = inverse.mul(scale);
    const images = asTensor(x);
    const dtype = images.dtype.base;
    const scaled = images.mul(cast(inverse, dtype));
    const center = asTensor(mean);
    const shift =
      offset === null ? center.neg().mul(inverse) : difference(offset, center.mul(inverse));
    return scaled.add(cast(shift, dtype));
  });
}

/** x - y as Python's operator makes it. */
function difference(x: TensorLike, y: Tensor): Tensor {
  return isTensorLike(x) ? asTensor(x).sub(y) : y.rsub(x);
}

function asTensor(value: TensorLike): Tensor {
  return convertToTensor(value);
}

/** `batchNormalization` of old code; `gamma` counts only when `scaleAfterNormalization`. */
export function batchNormWithGlobalNormalization(
  t: TensorLike,
  m: TensorLike,
  v: TensorLike,
  beta: TensorLike,
  gamma: TensorLike,
  varianceEpsilon: number,
  scaleAfterNormalization: boolean,
  options: Named = {},
): Tensor {
  return batchNormalization(
    t,
    m,
    v,
    beta,
    scaleAfterNormalization ? gamma : null,
    varianceEpsilon,
    options,
  );
}
