/** Initializers: how a variable of a given shape gets its first value. */

import { asDType, type DType, type DTypeLike, float32 } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { NDArray } from "../core/ndarray.ts";
import { TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { tracedTo } from "../core/trace.ts";
import { matrixTranspose, ones, reshape, slice, zeros } from "../ops/array.ts";
import { type ArrayLike, brief, constant } from "../ops/constant.ts";
import type { TensorLike } from "../ops/convert.ts";
import { qr } from "../ops/linalg.ts";
import { diagPart, eye } from "../ops/matrix.ts";
import { randomNormal, randomUniform, truncatedNormal } from "../ops/random.ts";
import { sign } from "../ops/unary.ts";
import type { PartitionInfo } from "./slices.ts";

/** What an initializer is told besides the shape. */
export interface InitializerCall {
  readonly dtype?: DTypeLike | null | undefined;
  /** Set when the variable is one part of a larger one. */
  readonly partitionInfo?: PartitionInfo | null | undefined;
}

/** Anything with a `call` of this form can be given as an initializer. */
export interface InitializerObject {
  call(shape: readonly number[], options?: InitializerCall): TensorLike;
}
export type InitializerFunction = (
  shape: readonly number[],
  options: InitializerCall,
) => TensorLike;
/** A class or one of the factories, given without calling it. */
export type InitializerClass = new () => InitializerObject;

/** What may be given where an initializer is asked for; a value initializes to itself. */
export type InitializerLike =
  | InitializerObject
  | InitializerFunction
  | InitializerClass
  | Factory
  | TensorLike;

const factoryOf: unique symbol = Symbol("initializerFactory");

/** Stands for the initializer that it makes when called without arguments. */
interface Factory {
  readonly [factoryOf]: () => Initializer;
}
/** Makes initializers; stands for one with default settings when given as it is. */
export type InitializerFactory<A extends readonly unknown[]> = Factory &
  ((...args: A) => Initializer);

/** What configs are made of. */
export type InitializerConfig = Readonly<Record<string, unknown>>;

/** Initializers are functions too: `tf.zerosInitializer()([2])` is the same as `.call([2])`. */
export interface Initializer {
  (shape: ShapeArgument, options?: InitializerCall): Tensor;
  readonly length: number;
}

/** Base of all initializers. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor returns what the interface says
export abstract class Initializer implements InitializerObject {
  constructor() {
    const self = (shape: ShapeArgument, options?: InitializerCall): Tensor =>
      ready.call(shape, options);
    const ready: this = Object.setPrototypeOf(self, new.target.prototype);
    // biome-ignore lint/correctness/noConstructorReturn: the instance is that function
    return ready;
  }
  abstract call(shape: ShapeArgument, options?: InitializerCall): Tensor;

  /** The settings that make an equal one. */
  getConfig(): InitializerConfig {
    return {};
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const config = Object.entries(this.getConfig()).map(
      ([key, value]) => `${key}: ${String(value)}`,
    );
    return `${this.constructor.name} { ${config.join(", ")} }`;
  }
}

export type ShapeArgument = readonly number[] | TensorShape;

/** @internal */
export function known(shape: ShapeArgument): readonly number[] {
  if (!(shape instanceof TensorShape)) return shape;
  return shape.known ?? (shape.asList() as number[]);
}

/** @internal */
export function chosen(options: InitializerCall | undefined, own: DType): DType {
  return asDType((options?.dtype ?? own) as DTypeLike);
}

/** @internal */
export function floating(dtype: DTypeLike): DType {
  const resolved = asDType(dtype);
  if (!resolved.isFloating) {
    throw new ValueError(
      `Argument \`dtype\` is expected to be floating point. Received: ${resolved}.`,
    );
  }
  return resolved;
}

/** The shape to scale by: of the whole variable when this is a part of it. */
function scaleShape(
  shape: readonly number[],
  options: InitializerCall | undefined,
): readonly number[] {
  return options?.partitionInfo?.fullShape ?? shape;
}

export interface DTypeOption {
  readonly dtype?: DTypeLike | undefined;
}
export interface SeedOptions extends DTypeOption {
  readonly seed?: number | null | undefined;
}
export interface ConstantInitializerOptions extends DTypeOption {
  readonly verifyShape?: boolean | undefined;
}
export interface UniformOptions extends SeedOptions {
  readonly minval?: TensorLike | undefined;
  readonly maxval?: TensorLike | null | undefined;
}
export interface NormalOptions extends SeedOptions {
  readonly mean?: TensorLike | undefined;
  readonly stddev?: TensorLike | undefined;
}
export interface UnitScalingOptions extends SeedOptions {
  readonly factor?: number | undefined;
}
export interface VarianceScalingOptions extends SeedOptions {
  readonly scale?: number | undefined;
  readonly mode?: "fan_in" | "fan_out" | "fan_avg" | undefined;
  readonly distribution?:
    | "normal"
    | "uniform"
    | "truncated_normal"
    | "untruncated_normal"
    | undefined;
}
export interface OrthogonalOptions extends SeedOptions {
  readonly gain?: number | undefined;
}
export interface IdentityOptions extends DTypeOption {
  readonly gain?: number | undefined;
}

/** All zeros; false and `""` for bool and string. */
export class Zeros extends Initializer {
  readonly dtype: DType;
  constructor({ dtype = float32 }: DTypeOption = {}) {
    super();
    this.dtype = asDType(dtype as DTypeLike);
  }
  call(shape: ShapeArgument, options?: InitializerCall): Tensor {
    return zeros(known(shape), { dtype: chosen(options, this.dtype) });
  }
  override getConfig(): InitializerConfig {
    return { dtype: this.dtype.name };
  }
}

/** All ones. */
export class Ones extends Initializer {
  readonly dtype: DType;
  constructor({ dtype = float32 }: DTypeOption = {}) {
    super();
    this.dtype = asDType(dtype as DTypeLike);
  }
  call(shape: ShapeArgument, options?: InitializerCall): Tensor {
    return ones(known(shape), { dtype: chosen(options, this.dtype) });
  }
  override getConfig(): InitializerConfig {
    return { dtype: this.dtype.name };
  }
}

/** Fixed elements; the last one repeats until the shape is full. */
export class Constant extends Initializer {
  readonly value: ArrayLike;
  readonly dtype: DType;
  readonly verifyShape: boolean;
  constructor(
    value: ArrayLike = 0,
    { dtype = float32, verifyShape = false }: ConstantInitializerOptions = {},
  ) {
    super();
    if (!isArrayLike(value)) {
      throw new TypeError(
        `Invalid type for initial value=${brief(value)} of type: ${kindName(value)}. Expected Python scalar, list or tuple of values, or numpy.ndarray.`,
      );
    }
    this.value = value;
    this.dtype = asDType(dtype as DTypeLike);
    this.verifyShape = verifyShape;
  }
  call(shape: ShapeArgument, options?: InitializerCall): Tensor {
    return constant(this.value, {
      dtype: chosen(options, this.dtype),
      shape: known(shape),
      verifyShape: this.verifyShape,
    });
  }
  override getConfig(): InitializerConfig {
    return { value: this.value, dtype: this.dtype.name };
  }
}

function isArrayLike(value: unknown): boolean {
  if (Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof NDArray) return true;
  return ["number", "bigint", "boolean", "string"].includes(typeof value);
}

function kindName(value: unknown): string {
  return (value as object | null)?.constructor?.name ?? "NoneType";
}

/** Python's 0.0, for which TensorFlow makes the node that it leaves out for the whole number 0. */
const floatZero = new NDArray(new Float32Array(1), [], float32);

/** Uniform in [minval, maxval). Integer dtypes need a maxval. */
export class RandomUniform extends Initializer {
  readonly minval: TensorLike;
  readonly maxval: TensorLike | null;
  readonly seed: number | null;
  readonly dtype: DType;
  constructor({
    minval = floatZero,
    maxval = null,
    seed = null,
    dtype = float32,
  }: UniformOptions = {}) {
    super();
    this.minval = minval;
    this.maxval = maxval;
    this.seed = seed;
    this.dtype = asDType(dtype as DTypeLike);
  }
  call(shape: ShapeArgument, options?: InitializerCall): Tensor {
    return randomUniform(known(shape), {
      minval: this.minval,
      maxval: this.maxval ?? undefined,
      dtype: chosen(options, this.dtype),
      seed: this.seed ?? undefined,
    });
  }
  override getConfig(): InitializerConfig {
    return { minval: this.minval, maxval: this.maxval, seed: this.seed, dtype: this.dtype.name };
  }
}

/** Normal with a mean and a standard deviation. */
export class RandomNormal extends Initializer {
  readonly mean: TensorLike;
  readonly stddev: TensorLike;
  readonly seed: number | null;
  readonly dtype: DType;
  constructor({ mean = 0, stddev = 1, seed = null, dtype = float32 }: NormalOptions = {}) {
    super();
    this.mean = mean;
    this.stddev = stddev;
    this.seed = seed;
    this.dtype = floating(dtype as DTypeLike);
  }
  call(shape: ShapeArgument, options?: InitializerCall): Tensor {
    const { mean, stddev, seed } = this;
    return randomNormal(known(shape), {
      mean,
      stddev,
      dtype: chosen(options, this.dtype),
      seed: seed ?? undefined,
    });
  }
  override getConfig(): InitializerConfig {
    return { mean: this.mean, stddev: this.stddev, seed: this.seed, dtype: this.dtype.name };
  }
}

/** Normal, with values more than two standard deviations off drawn again. */
export class TruncatedNormal extends Initializer {
  readonly mean: TensorLike;
  readonly stddev: TensorLike;
  readonly seed: number | null;
  readonly dtype: DType;
  constructor({ mean = 0, stddev = 1, seed = null, dtype = float32 }: NormalOptions = {}) {
    super();
    this.mean = mean;
    this.stddev = stddev;
    this.seed = seed;
    this.dtype = floating(dtype as DTypeLike);
  }
  call(shape: ShapeArgument, options?: InitializerCall): Tensor {
    const { mean, stddev, seed } = this;
    return truncatedNormal(known(shape), {
      mean,
      stddev,
      dtype: chosen(options, this.dtype),
      seed: seed ?? undefined,
    });
  }
  override getConfig(): InitializerConfig {
    return { mean: this.mean, stddev: this.stddev, seed: this.seed, dtype: this.dtype.name };
  }
}

/** Uniform in ±factor·√(3 / n), n the product of all dimensions but the last. */
export class UniformUnitScaling extends Initializer {
  readonly factor: number;
  readonly seed: number | null;
  readonly dtype: DType;
  constructor({ factor = 1, seed = null, dtype = float32 }: UnitScalingOptions = {}) {
    super();
    this.factor = factor;
    this.seed = seed;
    this.dtype = floating(dtype as DTypeLike);
  }
  call(shape: ShapeArgument, options?: InitializerCall): Tensor {
    const dims = known(shape);
    const inputs = scaleShape(dims, options)
      .slice(0, -1)
      .reduce((product, dim) => product * dim, 1);
    const limit = Math.sqrt(3 / Math.max(inputs, 1)) * this.factor;
    return randomUniform(dims, {
      minval: -limit,
      maxval: limit,
      dtype: chosen(options, this.dtype),
      seed: this.seed ?? undefined,
    });
  }
  override getConfig(): InitializerConfig {
    return { factor: this.factor, seed: this.seed, dtype: this.dtype.name };
  }
}

/** The standard deviation of a unit normal truncated to (-2, 2). */
const truncatedDeviation = 0.87962566103423978;

/** Scales so that the variance of the output (fan_in) or of the gradient (fan_out) stays at `scale`. */
export class VarianceScaling extends Initializer {
  readonly scale: number;
  readonly mode: "fan_in" | "fan_out" | "fan_avg";
  readonly distribution: "normal" | "uniform" | "truncated_normal" | "untruncated_normal";
  readonly seed: number | null;
  readonly dtype: DType;
  constructor(options: VarianceScalingOptions = {}) {
    super();
    const { scale = 1, mode = "fan_in", seed = null, dtype = float32 } = options;
    if (scale <= 0) {
      throw new ValueError(
        `Argument \`scale\` must be a positive float. Received: ${Number.isInteger(scale) ? scale.toFixed(1) : scale}`,
      );
    }
    if (!["fan_in", "fan_out", "fan_avg"].includes(mode)) {
      throw new ValueError(
        `Argument \`mode\` should be one of ('fan_in', 'fan_out', 'fan_avg'). Received: ${mode}`,
      );
    }
    const distribution = (options.distribution ?? "truncated_normal").toLowerCase();
    if (!["normal", "uniform", "truncated_normal", "untruncated_normal"].includes(distribution)) {
      throw new ValueError(
        `Argument \`distribution\` should be one of ('normal', uniform', 'truncated_normal', 'untruncated_normal'). Received: ${distribution}`,
      );
    }
    this.scale = scale;
    this.mode = mode;
    this.distribution = distribution as VarianceScaling["distribution"];
    this.seed = seed;
    this.dtype = floating(dtype as DTypeLike);
  }
  call(shape: ShapeArgument, options?: InitializerCall): Tensor {
    const dims = known(shape);
    const { fanIn, fanOut } = fans(scaleShape(dims, options));
    const fan = { fan_in: fanIn, fan_out: fanOut, fan_avg: (fanIn + fanOut) / 2 }[this.mode];
    const variance = this.scale / Math.max(1, fan);
    const common = { dtype: chosen(options, this.dtype), seed: this.seed ?? undefined };
    switch (this.distribution) {
      case "uniform": {
        const limit = Math.sqrt(3 * variance); // a uniform ±l has variance l²/3
        return randomUniform(dims, { minval: -limit, maxval: limit, ...common });
      }
      case "untruncated_normal":
        return randomNormal(dims, { mean: 0, stddev: Math.sqrt(variance), ...common });
      default:
        return truncatedNormal(dims, {
          mean: 0,
          stddev: Math.sqrt(variance) / truncatedDeviation,
          ...common,
        });
    }
  }
  override getConfig(): InitializerConfig {
    const { scale, mode, distribution, seed, dtype } = this;
    return { scale, mode, distribution, seed, dtype: dtype.name };
  }
}

/** How many inputs an output element depends on, and the reverse, for a kernel of this shape. */
function fans(shape: readonly number[]): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length === 0) return { fanIn: 1, fanOut: 1 };
  const [first = 1, second = 1] = shape;
  if (shape.length === 1) return { fanIn: first, fanOut: first };
  if (shape.length === 2) return { fanIn: first, fanOut: second };
  const field = shape.slice(0, -2).reduce((product, dim) => product * dim, 1);
  return { fanIn: (shape.at(-2) as number) * field, fanOut: (shape.at(-1) as number) * field };
}

/** Uniform after Glorot and Bengio 2010: ±√(6 / (fan in + fan out)). The default of `getVariable`. */
export class GlorotUniform extends VarianceScaling {
  /** The dtype option is ignored, as in TensorFlow; the call's decides. */
  constructor({ seed = null }: SeedOptions = {}) {
    super({ scale: 1, mode: "fan_avg", distribution: "uniform", seed });
  }
  override getConfig(): InitializerConfig {
    return { seed: this.seed, dtype: this.dtype.name };
  }
}

/** Truncated normal of standard deviation √(2 / (fan in + fan out)). */
export class GlorotNormal extends VarianceScaling {
  /** The dtype option is ignored, as in TensorFlow; the call's decides. */
  constructor({ seed = null }: SeedOptions = {}) {
    super({ scale: 1, mode: "fan_avg", distribution: "truncated_normal", seed });
  }
  override getConfig(): InitializerConfig {
    return { seed: this.seed, dtype: this.dtype.name };
  }
}

/** @internal A uniformly random orthogonal matrix: Q of the QR decomposition of a normal one, signs fixed by R. */
export function orthogonalMatrix(
  shape: readonly number[],
  dtype: DType,
  seed: number | null,
): Tensor {
  const normal = randomNormal(shape, { dtype, seed: seed ?? undefined });
  const { q, r } = qr(normal, { fullMatrices: false });
  return q.mul(sign(diagPart(r)));
}

/** Orthogonal rows or columns, whichever are fewer; leading dimensions count as rows. */
export class Orthogonal extends Initializer {
  readonly gain: number;
  readonly seed: number | null;
  readonly dtype: DType;
  constructor({ gain = 1, seed = null, dtype = float32 }: OrthogonalOptions = {}) {
    super();
    this.gain = gain;
    this.dtype = floating(dtype as DTypeLike);
    this.seed = seed;
  }
  call(shape: ShapeArgument, options?: InitializerCall): Tensor {
    const dims = known(shape);
    if (dims.length < 2) {
      throw new ValueError(
        `The tensor to initialize, specified by argument \`shape\` must be at least two-dimensional. Received shape=${brief(dims)}`,
      );
    }
    const rows = dims.slice(0, -1).reduce((product, dim) => product * dim, 1);
    const columns = dims.at(-1) as number;
    const wide = rows < columns;
    const dtype = chosen(options, this.dtype);
    const square = orthogonalMatrix(wide ? [columns, rows] : [rows, columns], dtype, this.seed);
    return reshape(wide ? matrixTranspose(square) : square, dims).rmul(this.gain);
  }
  override getConfig(): InitializerConfig {
    return { gain: this.gain, seed: this.seed, dtype: this.dtype.name };
  }
}

/** Ones on the diagonal, times `gain`. For matrices only. */
export class Identity extends Initializer {
  readonly gain: number;
  readonly dtype: DType;
  constructor({ gain = 1, dtype = float32 }: IdentityOptions = {}) {
    super();
    this.gain = gain;
    this.dtype = floating(dtype as DTypeLike);
  }
  call(shape: ShapeArgument, options?: InitializerCall): Tensor {
    const dims = known(shape);
    const part = options?.partitionInfo;
    const full = part?.fullShape ?? dims;
    if (full.length !== 2) {
      throw new ValueError(
        `The tensor to initialize, specified by argument \`shape\` must be at least two-dimensional. Received shape=${brief(dims)}`,
      );
    }
    const [rows = 0, columns = 0] = full;
    const matrix = eye(rows, { numColumns: columns, dtype: chosen(options, this.dtype) });
    return (part ? slice(matrix, part.varOffset, dims) : matrix).rmul(this.gain);
  }
  override getConfig(): InitializerConfig {
    return { gain: this.gain, dtype: this.dtype.name };
  }
}

/** @internal */
export function factory<A extends readonly unknown[]>(
  make: (...args: A) => Initializer,
): InitializerFactory<A> {
  return Object.assign((...args: A) => make(...args), {
    [factoryOf]: make as unknown as () => Initializer,
  });
}

/** All zeros. TensorFlow: `tf.zeros_initializer`. */
export const zerosInitializer = factory((options?: DTypeOption) => new Zeros(options));
/** All ones. TensorFlow: `tf.ones_initializer`. */
export const onesInitializer = factory((options?: DTypeOption) => new Ones(options));
/** Fixed elements, the last one repeated. TensorFlow: `tf.constant_initializer`. */
export const constantInitializer = factory(
  (value?: ArrayLike, options?: ConstantInitializerOptions) => new Constant(value, options),
);
/** Uniform in [minval, maxval). TensorFlow: `tf.random_uniform_initializer`. */
export const randomUniformInitializer = factory(
  (options?: UniformOptions) => new RandomUniform(options),
);
/** Normal. TensorFlow: `tf.random_normal_initializer`. */
export const randomNormalInitializer = factory(
  (options?: NormalOptions) => new RandomNormal(options),
);
/** Normal within two standard deviations. TensorFlow: `tf.truncated_normal_initializer`. */
export const truncatedNormalInitializer = factory(
  (options?: NormalOptions) => new TruncatedNormal(options),
);
/** Uniform ±factor·√(3/n). TensorFlow: `tf.uniform_unit_scaling_initializer`. */
export const uniformUnitScalingInitializer = factory(
  (options?: UnitScalingOptions) => new UniformUnitScaling(options),
);
/** Scaled by the number of inputs or outputs. TensorFlow: `tf.variance_scaling_initializer`. */
export const varianceScalingInitializer = factory(
  (options?: VarianceScalingOptions) => new VarianceScaling(options),
);
/** Orthogonal. TensorFlow: `tf.orthogonal_initializer`. */
export const orthogonalInitializer = factory(
  (options?: OrthogonalOptions) => new Orthogonal(options),
);
/** The identity matrix. TensorFlow: `tf.initializers.identity`. */
export const identityInitializer = factory((options?: IdentityOptions) => new Identity(options));
/** Uniform after Glorot. TensorFlow: `tf.glorot_uniform_initializer`. */
export const glorotUniformInitializer = factory(
  (options?: SeedOptions) => new GlorotUniform(options),
);
/** Truncated normal after Glorot. TensorFlow: `tf.glorot_normal_initializer`. */
export const glorotNormalInitializer = factory(
  (options?: SeedOptions) => new GlorotNormal(options),
);
/** Truncated normal of variance 1 / fan in. TensorFlow: `tf.initializers.lecun_normal`. */
export const lecunNormal = factory(
  ({ seed }: SeedOptions = {}) =>
    new VarianceScaling({ scale: 1, mode: "fan_in", distribution: "truncated_normal", seed }),
);
/** Uniform of variance 1 / fan in. TensorFlow: `tf.initializers.lecun_uniform`. */
export const lecunUniform = factory(
  ({ seed }: SeedOptions = {}) =>
    new VarianceScaling({ scale: 1, mode: "fan_in", distribution: "uniform", seed }),
);
/** Truncated normal of variance 2 / fan in. TensorFlow: `tf.initializers.he_normal`. */
export const heNormal = factory(
  ({ seed }: SeedOptions = {}) =>
    new VarianceScaling({ scale: 2, mode: "fan_in", distribution: "truncated_normal", seed }),
);
/** Uniform of variance 2 / fan in. TensorFlow: `tf.initializers.he_uniform`. */
export const heUniform = factory(
  ({ seed }: SeedOptions = {}) =>
    new VarianceScaling({ scale: 2, mode: "fan_in", distribution: "uniform", seed }),
);

/** @internal */
export function isCallable(initializer: InitializerLike): boolean {
  if (typeof initializer === "function") return true;
  return typeof (initializer as { readonly call?: unknown } | null)?.call === "function";
}

/** @internal Calls `initializer` for a shape; classes and factories are instantiated first. */
export function callInitializer(initializer: InitializerLike): InitializerFunction {
  const ready = instantiate(initializer);
  if (!isFunction(ready)) return (shape, options) => ready.call(shape, options);
  return (shape, options) => tracedTo(undefined, () => ready(shape, options));
}

/** @internal The zero-argument form of an initializer, or null when it needs a shape. */
export function asThunk(initializer: InitializerLike): (() => TensorLike) | null {
  const ready = instantiate(initializer);
  if (!isFunction(ready) || ready.length > 0) return null;
  return () => tracedTo(undefined, ready as () => TensorLike);
}

function isFunction(ready: InitializerFunction | InitializerObject): ready is InitializerFunction {
  return typeof ready === "function" && !(ready instanceof Initializer);
}

function instantiate(initializer: InitializerLike): InitializerFunction | InitializerObject {
  if (typeof initializer !== "function" || initializer instanceof Initializer) {
    return initializer as InitializerObject;
  }
  if (factoryOf in initializer) return (initializer as Factory)[factoryOf]();
  const isClass = /^class\b/.test(Function.prototype.toString.call(initializer));
  return isClass ? new (initializer as InitializerClass)() : (initializer as InitializerFunction);
}
