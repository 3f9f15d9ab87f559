/** Random tensors: TensorFlow's seeds, its Philox streams, and the distributions made from them. */

import * as dtypes from "../core/dtypes.ts";
import {
  asDType,
  bfloat16,
  type DType,
  type DTypeLike,
  float16,
  float32,
  float64,
  int32,
  int64,
  uint32,
} from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import { brief } from "../core/kind.ts";
import type { NDArray } from "../core/ndarray.ts";
import { type ShapeLike, TensorShape, unknownShape } from "../core/shape.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { initialState, type PhiloxState } from "../engines/philox.ts";
import { type RandomRoutine, reserve } from "../engines/routines/random.ts";
import { broadcastDynamicShape, broadcastTo, shape as shapeOp } from "./array.ts";
import { add, maximum, multiply, realdiv, subtract } from "./binary.ts";
import { type ArrayLike, naturalDType } from "./constant.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, type ShapeContext, ShapeError } from "./define.ts";
import { withRank } from "./merge.ts";
import { integers, isTensorLike, opScope } from "./support.ts";

// Seeds

/** The modulus of seeds: they are kept below 2^31 - 1. */
const maxInt32 = 2 ** 31 - 1;
/** Stands for the graph's seed when only an operation has one. */
const defaultGraphSeed = 87654321;

export type Seed = number | null | undefined;

function truncated(seed: number): number {
  return ((seed % maxInt32) + maxInt32) % maxInt32;
}

/**
 * The two seeds of a random operation, from the default graph's seed and its own; nulls when neither is set, which
 * makes every session draw other numbers. Without a seed of its own, an operation takes the next number of a count
 * that the graph keeps. TensorFlow: `tf.get_seed`.
 */
export function getSeed(opSeed?: Seed): readonly [number, number] | readonly [null, null] {
  const graph = getDefaultGraph();
  const own = opSeed ?? null;
  checkSeed(own);
  if (graph.seed === null) return own === null ? [null, null] : [defaultGraphSeed, truncated(own)];
  const seed = truncated(graph.seed);
  const seed2 = truncated(own ?? graph.randomOps++);
  // (0, 0) would mean "no seed" to the kernels.
  return seed === 0 && seed2 === 0 ? [0, maxInt32] : [seed, seed2];
}

function checkSeed(seed: number | bigint | null): void {
  if (seed === null || typeof seed === "bigint" || Number.isInteger(seed)) return;
  throw new TypeError(`Expected int for argument 'seed' not ${brief(seed)}.`);
}

function seedAttrs(opSeed: Seed): { readonly seed: number; readonly seed2: number } {
  const [seed, seed2] = getSeed(opSeed);
  return { seed: seed ?? 0, seed2: seed2 ?? 0 };
}

/** Sets the seed of the default graph; null takes it away. TensorFlow: `tf.set_random_seed`. */
export function setRandomSeed(seed: number | null): void {
  checkSeed(seed);
  getDefaultGraph().seed = seed;
}

// Streams

interface SeedAttrs {
  readonly seed: number;
  readonly seed2: number;
}

function freshState({ seed, seed2 }: SeedAttrs): PhiloxState {
  // Attributes of imported graphs may be bigints, so no strict comparison with 0.
  if (Number(seed) !== 0 || Number(seed2) !== 0) return initialState(seed, seed2);
  const [k0 = 0, k1 = 0, c2 = 0, c3 = 0] = globalThis.crypto.getRandomValues(new Uint32Array(4));
  return Uint32Array.of(k0, k1, 0, 0, c2, c3);
}

/**
 * The position in the op's stream where this run draws; the stream moves on behind what the run may need. Each session
 * has a stream of its own per op.
 */
function stream(
  k: Builder,
  op: Operation,
  attrs: SeedAttrs,
  routine: RandomRoutine,
  inputs: readonly Value[],
  shape: readonly number[],
): Value {
  const inputShapes = inputs.map((input) => input.shape);
  const [state] = k.host(
    "reserve",
    [],
    [{ dtype: uint32, shape: [6] }],
    (_, [out], context) => {
      const own = context.kernelState(op.name, () => freshState(attrs));
      const { data } = out as NDArray;
      (data as Uint32Array).set(reserve(own, routine, inputShapes, shape));
    },
    { effect: true },
  );
  return state as Value;
}

/** Draws with a routine whose inputs are the stream's position and `inputs`. */
function draw(
  { k, op, attrs }: { readonly k: Builder; readonly op: Operation; readonly attrs: SeedAttrs },
  routine: RandomRoutine,
  inputs: readonly Value[],
  { dtype, shape }: { readonly dtype: DType; readonly shape: readonly number[] },
  params: Readonly<Record<string, unknown>> = {},
): Value[] {
  const state = stream(k, op, attrs, routine, inputs, shape);
  return k.routine(routine, [state, ...inputs], [{ dtype, shape }], params);
}

/** The elements of a shape input at run time. */
function concreteShape(array: NDArray): number[] {
  const dims = Array.from(array.values(), Number);
  if (array.rank !== 1) {
    throw new Error(`shape must be a vector of {int32,int64}, got shape [${array.shape}]`);
  }
  const negative = dims.find((dim) => dim < 0);
  if (negative !== undefined) throw new Error(`Dimension ${negative} must be >= 0`);
  return dims;
}

/** The static shape that the first input tells. */
function shapeFromInput({ inputs, constant, constantShape }: AnyShapeContext): TensorShape {
  withRank((inputs[0] as { shape: TensorShape }).shape, 1);
  for (const dim of constant(0)?.values() ?? []) {
    if (Number(dim) < -1) throw new ValueError(`Invalid value in tensor used for shape: ${dim}`);
  }
  return constantShape(0);
}

type AnyShapeContext = Pick<
  ShapeContext<readonly ["shape: T"], never>,
  "constant" | "constantShape"
> & {
  readonly inputs: readonly unknown[];
};

const floats: readonly DType[] = [float16, bfloat16, float32, float64];
const indices: readonly DType[] = [int32, int64];
const seeds = { seed: a.int(0), seed2: a.int(0) } as const;

// Ops

function defineFloats<const N extends string>(type: N, routine: RandomRoutine) {
  return defineOp({
    type,
    inputs: ["shape: T"],
    outputs: ["output: dtype"],
    attrs: { ...seeds, dtype: a.type(floats), T: a.type(indices) },
    traits: { stateful: true },
    shape: (context) => [shapeFromInput(context)],
    gradient: "zero",
    lower: ({ attrs, k, op, constant }) =>
      draw({ k, op, attrs }, routine, [], {
        dtype: attrs.dtype,
        shape: concreteShape(constant(0)),
      }),
  });
}

const RandomUniform = defineFloats("RandomUniform", "randomUniform");
const RandomStandardNormal = defineFloats("RandomStandardNormal", "randomStandardNormal");
const TruncatedNormal = defineFloats("TruncatedNormal", "truncatedNormal");

const RandomUniformInt = defineOp({
  type: "RandomUniformInt",
  inputs: ["shape: T", "minval: Tout", "maxval: Tout"],
  outputs: ["output: Tout"],
  attrs: { ...seeds, Tout: a.type(indices), T: a.type(indices) },
  traits: { stateful: true },
  shape: (context) => {
    const [, minval, maxval] = context.inputs;
    for (const [name, { shape }] of [
      ["minval", minval],
      ["maxval", maxval],
    ] as const) {
      if (shape.rank !== null && shape.rank !== 0) {
        throw new ShapeError(
          `${name} must be a scalar; got a tensor of shape ${shape.toRuntimeString()}`,
        );
      }
    }
    return [shapeFromInput(context)];
  },
  gradient: "none",
  lower: ({ inputs: [, minval, maxval], attrs, k, op, constant }) => {
    const shape = concreteShape(constant(0));
    return draw({ k, op, attrs }, "randomUniformInt", [minval, maxval], {
      dtype: attrs.Tout,
      shape,
    });
  },
});

const RandomShuffle = defineOp({
  type: "RandomShuffle",
  inputs: ["value: T"],
  outputs: ["output: T"],
  attrs: { ...seeds, T: a.type() },
  traits: { stateful: true },
  shape: ({ inputs: [value] }) => [value.shape],
  gradient: "zero",
  lower: ({ inputs: [value], attrs, k, op }) =>
    draw({ k, op, attrs }, "randomShuffle", [value], value),
});

const Multinomial = defineOp({
  type: "Multinomial",
  inputs: ["logits: T", "num_samples: int32"],
  outputs: ["output: output_dtype"],
  attrs: {
    ...seeds,
    T: a.type([
      float32,
      float64,
      int32,
      dtypes.uint8,
      dtypes.int16,
      dtypes.int8,
      int64,
      bfloat16,
      dtypes.uint16,
      float16,
      uint32,
      dtypes.uint64,
    ]),
    output_dtype: a.type(indices, int64),
  },
  traits: { stateful: true },
  shape: ({ inputs: [logits, samples], constant }) => {
    const batch = withRank(logits.shape, 2).dim(0);
    withRank(samples.shape, 0);
    const count = constant(1);
    const dim = count && Number(count.at(0));
    if (dim !== null && dim < 0) {
      throw new ShapeError(
        `Dimension size, given by scalar input 1, must be non-negative but is ${dim}`,
      );
    }
    return [[batch, dim]];
  },
  gradient: "zero",
  lower: ({ inputs: [logits], attrs, k, op, constant }) => {
    const numSamples = Number(constant(1).at(0));
    if (numSamples < 0) throw new Error(`num_samples should be non-negative, got ${numSamples}`);
    const [batch = 0, classes = 0] = logits.shape;
    if (classes <= 0) throw new Error(`num_classes should be positive, got ${classes}`);
    const spec = { dtype: attrs.output_dtype, shape: [batch, numSamples] };
    return draw({ k, op, attrs }, "multinomial", [logits], spec, { numSamples });
  },
});

/** `shape` many draws for each element of a parameter. */
function sampledShape(
  context: AnyShapeContext & { readonly inputs: readonly [unknown, { shape: TensorShape }] },
) {
  const samples = shapeFromInput(context);
  const { shape } = context.inputs[1];
  return samples.dims && shape.dims ? samples.concatenate(shape) : unknownShape;
}

const RandomGamma = defineOp({
  type: "RandomGamma",
  inputs: ["shape: S", "alpha: T"],
  outputs: ["output: T"],
  attrs: { ...seeds, S: a.type(indices), T: a.type([float16, float32, float64]) },
  traits: { stateful: true },
  shape: (context) => [sampledShape(context)],
  gradient: "none",
  lower: ({ inputs: [, alpha], attrs, k, op, constant }) => {
    const shape = [...concreteShape(constant(0)), ...alpha.shape];
    return draw({ k, op, attrs }, "randomGamma", [alpha], { dtype: attrs.T, shape });
  },
});

const counts: readonly DType[] = [float16, float32, float64, int32, int64];

const RandomPoissonV2 = defineOp({
  type: "RandomPoissonV2",
  inputs: ["shape: S", "rate: R"],
  outputs: ["output: dtype"],
  attrs: {
    ...seeds,
    S: a.type(indices),
    R: a.type(counts, float64),
    dtype: a.type(counts, int64),
  },
  traits: { stateful: true },
  shape: (context) => [sampledShape(context)],
  gradient: "zero",
  lower: ({ inputs: [, rate], attrs, k, op, constant }) => {
    const shape = [...concreteShape(constant(0)), ...rate.shape];
    return draw({ k, op, attrs }, "randomPoisson", [rate], { dtype: attrs.dtype, shape });
  },
});

// Public functions

/** A shape as these functions take it: dimensions, or a tensor of them. */
export type ShapeInput = ShapeLike | TensorLike;

/** The shape as a node named `shape`; plain numbers become int32. */
function shapeTensor(shape: ShapeInput): Tensor {
  const given = shape instanceof TensorShape ? shape.asList() : shape;
  return convertToTensor(integers(given as TensorLike), { name: "shape", preferredDtype: int32 });
}

export interface SeedOptions extends Named {
  readonly seed?: Seed;
}

export interface NormalOptions extends SeedOptions {
  readonly mean?: TensorLike | undefined;
  readonly stddev?: TensorLike | undefined;
  readonly dtype?: DTypeLike | undefined;
}

function normal(
  def: typeof RandomStandardNormal,
  fallback: string,
  shape: ShapeInput,
  { mean = 0, stddev = 1, dtype = float32, seed, name }: NormalOptions,
): Tensor {
  const type = asDType(dtype as DTypeLike);
  return opScope(name, fallback, [shape, mean, stddev], (scope) => {
    const dims = shapeTensor(shape);
    const meanTensor = convertToTensor(mean, { dtype: type, name: "mean" });
    const stddevTensor = convertToTensor(stddev, { dtype: type, name: "stddev" });
    const drawn = createOp(def, [dims], { dtype: type, ...seedAttrs(seed) }, undefined).output;
    const scaled = multiply(drawn, stddevTensor, { name: "mul" });
    return add(scaled, meanTensor, { name: scope });
  });
}

/** Normally distributed values. TensorFlow: `tf.random_normal`. */
export function randomNormal(shape: ShapeInput, options: NormalOptions = {}): Tensor {
  return normal(RandomStandardNormal, "random_normal", shape, options);
}

/** Normally distributed values, drawn again beyond two standard deviations. TensorFlow: `tf.truncated_normal`. */
export function truncatedNormal(shape: ShapeInput, options: NormalOptions = {}): Tensor {
  return normal(TruncatedNormal, "truncated_normal", shape, options);
}

export interface UniformOptions extends SeedOptions {
  /** 0 when not given. The plain number 0 makes fewer nodes, as Python's int 0 does; give an NDArray for its 0.0. */
  readonly minval?: TensorLike | undefined;
  /** 1 when not given; integer dtypes need one. */
  readonly maxval?: TensorLike | null | undefined;
  readonly dtype?: DTypeLike | undefined;
}

const uniformTypes: readonly DType[] = [float16, bfloat16, float32, float64, int32, int64];

/** Uniformly distributed values in [minval, maxval). TensorFlow: `tf.random_uniform`. */
export function randomUniform(shape: ShapeInput, options: UniformOptions = {}): Tensor {
  const { minval = 0, seed, name } = options;
  const dtype = asDType((options.dtype ?? float32) as DTypeLike);
  if (!uniformTypes.includes(dtype)) {
    const accepted = uniformTypes.map((type) => `tf.${type.name}`).join(", ");
    throw new ValueError(
      `Argument \`dtype\` got invalid value ${dtype}. Accepted dtypes are (${accepted}).`,
    );
  }
  const given = options.maxval ?? null;
  if (given === null && dtype.isInteger) {
    throw new ValueError(`Must specify maxval for integer dtype tf.${dtype.name}`);
  }
  const maxval = given ?? 1;
  return opScope(name, "random_uniform", [shape, minval, maxval], (scope) => {
    const dims = shapeTensor(shape);
    const fromZero = minval === 0;
    const isUnit = fromZero && maxval === 1 && !dtype.isInteger;
    const bounds = isUnit ? null : convertBounds(minval, maxval, dtype);
    const attrs = seedAttrs(seed);
    if (dtype.isInteger && bounds) {
      return createOp(RandomUniformInt, [dims, ...bounds], attrs, scope).output;
    }
    const drawn = createOp(RandomUniform, [dims], { dtype, ...attrs }, undefined).output;
    if (!bounds) return drawn;
    const [low, high] = bounds;
    if (fromZero) return multiply(drawn, high);
    const range = subtract(high, low, { name: "sub" });
    return add(multiply(drawn, range, { name: "mul" }), low, { name: scope });
  });
}

function convertBounds(
  minval: TensorLike,
  maxval: TensorLike,
  dtype: DType,
): readonly [Tensor, Tensor] {
  const low = convertToTensor(minval, { dtype, name: "min" });
  return [low, convertToTensor(maxval, { dtype, name: "max" })];
}

/** The rows of `value` in random order. TensorFlow: `tf.random_shuffle`. */
export function randomShuffle(value: TensorLike, { seed, name }: SeedOptions = {}): Tensor {
  return createOp(RandomShuffle, [value], seedAttrs(seed), name).output;
}

export interface MultinomialOptions extends SeedOptions {
  readonly outputDtype?: DTypeLike | undefined;
}

/** Classes drawn by unnormalised log-probabilities `logits` [batch, classes]. TensorFlow: `tf.multinomial`. */
export function multinomial(
  logits: TensorLike,
  numSamples: TensorLike,
  { outputDtype, seed, name }: MultinomialOptions = {},
): Tensor {
  return opScope(name, "multinomial", [logits], () =>
    categories(logits, numSamples, outputDtype, seed),
  );
}

export interface CategoricalOptions extends SeedOptions {
  readonly dtype?: DTypeLike | undefined;
}

/** What `multinomial` does, under its later name. TensorFlow: `tf.random.categorical`. */
export function categorical(
  logits: TensorLike,
  numSamples: TensorLike,
  { dtype, seed, name }: CategoricalOptions = {},
): Tensor {
  return opScope(name, "categorical", [logits], () => categories(logits, numSamples, dtype, seed));
}

function categories(
  logits: TensorLike,
  numSamples: TensorLike,
  dtype: DTypeLike | undefined,
  seed: Seed,
): Tensor {
  const converted = convertToTensor(logits, { name: "logits" });
  const outputDtype = asDType((dtype ?? int64) as DTypeLike);
  if (!indices.includes(outputDtype)) {
    throw new ValueError(
      `Argument \`dtype\` got invalid value ${outputDtype}. Accepted dtypes are (tf.int32, tf.int64).`,
    );
  }
  const attrs = { output_dtype: outputDtype, ...seedAttrs(seed) };
  return createOp(Multinomial, [converted, numSamples], attrs, undefined).output;
}

export interface GammaOptions extends SeedOptions {
  /** The inverse scale; 1 when not given. */
  readonly beta?: TensorLike | null | undefined;
  readonly dtype?: DTypeLike | undefined;
}

/** The least positive normal number, which stands for draws that round to 0. */
const tiny: Readonly<Record<string, number>> = {
  float16: 2 ** -14,
  float32: 2 ** -126,
  float64: 2 ** -1022,
};

/** `shape` draws for each pair of `alpha` and `beta`. TensorFlow: `tf.random_gamma`. */
export function randomGamma(
  shape: ShapeInput,
  alpha: TensorLike,
  { beta, dtype = float32, seed, name }: GammaOptions = {},
): Tensor {
  const type = asDType(dtype as DTypeLike);
  return opScope(name, "random_gamma", [shape, alpha, beta], () => {
    const dims = shapeTensor(shape);
    const alphaTensor = convertToTensor(alpha, { dtype: type, name: "alpha" });
    const betaTensor = convertToTensor(beta ?? 1, { dtype: type, name: "beta" });
    const common = broadcastDynamicShape(shapeOp(alphaTensor), shapeOp(betaTensor));
    const alphas = broadcastTo(alphaTensor, common);
    const drawn = createOp(RandomGamma, [dims, alphas], seedAttrs(seed), undefined).output;
    const scaled = realdiv(drawn, betaTensor, { name: "truediv" });
    return maximum(tiny[type.baseName] as number, scaled);
  });
}

export interface PoissonOptions extends SeedOptions {
  readonly dtype?: DTypeLike | undefined;
}

/** `shape` draws for each rate in `lam`. TensorFlow: `tf.random_poisson`. */
export function randomPoisson(
  lam: TensorLike,
  shape: ShapeInput,
  { dtype = float32, seed, name }: PoissonOptions = {},
): Tensor {
  return opScope(name, "random_poisson", [lam, shape], () => {
    const dims = shapeTensor(shape);
    const natural = isTensorLike(lam) ? undefined : (naturalDType(lam as ArrayLike) ?? float32);
    const attrs = {
      dtype: asDType(dtype as DTypeLike),
      ...seedAttrs(seed),
      ...(natural && { R: natural }),
    };
    return createOp(RandomPoissonV2, [dims, lam], attrs, undefined).output;
  });
}
