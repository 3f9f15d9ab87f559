/** Learning rates that depend on the step: scalars to give to an optimizer. */

import { type DType, int32, int64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { checkList } from "../core/kind.ts";
import { fromScalars } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, divide, minimum, multiply, pow } from "../ops/binary.ts";
import { caseOf } from "../ops/case.ts";
import { cast } from "../ops/cast.ts";
import { equal } from "../ops/comparison.ts";
import { cond } from "../ops/cond.ts";
import { constant } from "../ops/constant.ts";
import { convertToTensor, type TensorLike } from "../ops/convert.ts";
import type { Named } from "../ops/create.ts";
import { exp, log } from "../ops/exponential.ts";
import { randomNormal } from "../ops/random.ts";
import { nameScope } from "../ops/scopes.ts";
import { cos } from "../ops/trigonometric.ts";
import { ceil, floor, negative, sqrt } from "../ops/unary.ts";
import { whereV2 } from "../ops/where.ts";

/** Whole numbers are int32, as the integers of Python are, so that the graph is the same. */
function whole(value: TensorLike): TensorLike {
  return typeof value === "number" && Number.isInteger(value)
    ? fromScalars([value], [], int32)
    : value;
}

/** What most decays start with: the scope, the initial rate, and numbers in its dtype. */
function inDecay(
  name: string,
  learningRate: TensorLike,
  body: (rate: Tensor, convert: (value: TensorLike) => Tensor, scope: string) => Tensor,
): Tensor {
  return nameScope(name, (scope) => {
    const rate = convertToTensor(learningRate, { name: "initial_learning_rate" });
    const dtype = rate.dtype.base;
    return body(rate, (value) => cast(value, dtype), scope);
  });
}

export interface StaircaseOptions extends Named {
  /** Changes the rate only at multiples of the decay steps. */
  readonly staircase?: boolean | undefined;
}

/** `learningRate * decayRate ^ (globalStep / decaySteps)`. TensorFlow: `tf.train.exponential_decay`. */
export function exponentialDecay(
  learningRate: TensorLike,
  globalStep: TensorLike,
  decaySteps: TensorLike,
  decayRate: TensorLike,
  { staircase = false, name = "ExponentialDecay" }: StaircaseOptions = {},
): Tensor {
  return inDecay(name, learningRate, (rate, convert, scope) => {
    const steps = convert(whole(decaySteps));
    const base = convert(decayRate);
    const exponent = convert(globalStep).truediv(steps);
    return multiply(rate, pow(base, staircase ? floor(exponent) : exponent), { name: scope });
  });
}

/** `learningRate * exp(-decayRate * globalStep / decaySteps)`. TensorFlow: `tf.train.natural_exp_decay`. */
export function naturalExpDecay(
  learningRate: TensorLike,
  globalStep: TensorLike,
  decaySteps: TensorLike,
  decayRate: TensorLike,
  options: StaircaseOptions = {},
): Tensor {
  return exponentialDecay(learningRate, globalStep, decaySteps, exp(negative(decayRate)), options);
}

/** `learningRate / (1 + decayRate * globalStep / decaySteps)`. TensorFlow: `tf.train.inverse_time_decay`. */
export function inverseTimeDecay(
  learningRate: TensorLike,
  globalStep: TensorLike,
  decaySteps: TensorLike,
  decayRate: TensorLike,
  { staircase = false, name = "InverseTimeDecay" }: StaircaseOptions = {},
): Tensor {
  return inDecay(name, learningRate, (rate, convert, scope) => {
    const steps = convert(whole(decaySteps));
    const factor = convert(decayRate);
    const exact = convert(globalStep).truediv(steps);
    const periods = staircase ? floor(exact) : exact;
    const one = convert(constant(1, { dtype: int32 }));
    return divide(rate, add(one, multiply(factor, periods)), { name: scope });
  });
}

export interface PolynomialDecayOptions extends Named {
  /** The rate from `decaySteps` on; 0.0001 by default. */
  readonly endLearningRate?: TensorLike | undefined;
  /** 1 by default: linear. */
  readonly power?: TensorLike | undefined;
  /** Starts again, over as many steps more, whenever the end is reached. */
  readonly cycle?: boolean | undefined;
}

/**
 * From `learningRate` to the end rate: `(start - end) (1 - globalStep / decaySteps) ^ power + end`.
 * TensorFlow: `tf.train.polynomial_decay`.
 */
export function polynomialDecay(
  learningRate: TensorLike,
  globalStep: TensorLike,
  decaySteps: TensorLike,
  {
    endLearningRate = 0.0001,
    power = 1,
    cycle = false,
    name = "PolynomialDecay",
  }: PolynomialDecayOptions = {},
): Tensor {
  return inDecay(name, learningRate, (rate, convert, scope) => {
    const end = convert(endLearningRate);
    const exponent = convert(power);
    let step = convert(globalStep);
    let steps = convert(whole(decaySteps));
    if (cycle) {
      // The first multiple of decaySteps that is not before the step, and not 0.
      const cycles = whereV2(equal(step, 0), 1, ceil(step.truediv(decaySteps)));
      steps = multiply(steps, cycles);
    } else {
      step = minimum(step, steps);
    }
    const done = divide(step, steps);
    const left = multiply(rate.sub(end), pow(done.rsub(1), exponent));
    return add(left, end, { name: scope });
  });
}

/**
 * `values[0]` up to and including step `boundaries[0]`, then `values[1]` up to `boundaries[1]`, and so on.
 *
 * Whole boundaries become integers when the step is one. Throws ValueError when boundaries and step, or the values,
 * differ in dtype, or unless there is one value more than boundaries.
 * TensorFlow: `tf.train.piecewise_constant`.
 */
export function piecewiseConstant(
  x: TensorLike,
  boundaries: readonly TensorLike[],
  values: readonly TensorLike[],
  { name = "PiecewiseConstant" }: Named = {},
): Tensor {
  if (boundaries === null || boundaries === undefined || !values || x === null || x === undefined) {
    throw new ValueError("None values not supported.");
  }
  checkList(boundaries, "The boundaries");
  checkList(values, "The values");
  const isInteger = dtypeOf(x)?.isInteger ?? false;
  const given = boundaries.map((bound) => convertToTensor(isInteger ? whole(bound) : bound));
  const choices = values.map((value) => convertToTensor(value));
  const dtype = convertToTensor(x).dtype.base;
  const bounds = given.map((bound) => {
    const own = bound.dtype.base;
    if (own === dtype) return bound;
    if (own === int32 && dtype === int64) return cast(bound, dtype);
    throw new ValueError(`Boundaries (${own}) must have the same dtype as x (${dtype}).`);
  });
  const [first] = choices;
  for (const value of choices) {
    if (value.dtype.base === first?.dtype.base) continue;
    throw new ValueError(
      `Values must have elements all with the same dtype (${first?.dtype.base} vs ${value.dtype.base}).`,
    );
  }
  if (bounds.length !== choices.length - 1) {
    throw new ValueError("The length of boundaries should be 1 less than the length of values");
  }
  return nameScope(name, () => choose(convertToTensor(x), bounds, choices));
}

function dtypeOf(value: TensorLike): DType | undefined {
  const { dtype } = value as { readonly dtype?: DType };
  return dtype?.base;
}

function choose(step: Tensor, bounds: readonly Tensor[], values: readonly Tensor[]): Tensor {
  const firstValue = values[0] as Tensor;
  const lastBound = bounds.at(-1);
  if (!lastBound) throw new ValueError("boundaries must not be empty");
  const pairs: [Tensor, () => Tensor][] = [
    [step.lessEqual(bounds[0] as Tensor), () => firstValue],
    [step.greater(lastBound), () => values.at(-1) as Tensor],
  ];
  for (const [i, high] of bounds.slice(1).entries()) {
    const low = bounds[i] as Tensor;
    pairs.push([step.greater(low).and(step.lessEqual(high)), () => values[i + 1] as Tensor]);
  }
  return caseOf(pairs, { default: () => firstValue, exclusive: true }) as Tensor;
}

/** `(1 + cos(π x)) / 2` times `scale`: from 1 at 0 down to 0 at 1. */
function halfCosine(x: Tensor, scale?: Tensor): Tensor {
  const factor = scale?.rmul(0.5);
  const raised = cos(constant(Math.PI).mul(x)).radd(1);
  return factor ? factor.mul(raised) : raised.rmul(0.5);
}

export interface CosineDecayOptions extends Named {
  /** The rate at the end, as a fraction of the initial one; 0 by default. */
  readonly alpha?: number | undefined;
}

/** Half a cosine wave from `learningRate` down (Loshchilov and Hutter 2017). TensorFlow: `tf.train.cosine_decay`. */
export function cosineDecay(
  learningRate: TensorLike,
  globalStep: TensorLike,
  decaySteps: TensorLike,
  { alpha = 0, name = "CosineDecay" }: CosineDecayOptions = {},
): Tensor {
  return inDecay(name, learningRate, (rate, convert) => {
    const steps = convert(whole(decaySteps));
    const done = minimum(convert(globalStep), steps).truediv(steps);
    const decayed = halfCosine(done)
      .rmul(1 - alpha)
      .add(alpha);
    return multiply(rate, decayed);
  });
}

export interface CosineDecayRestartsOptions extends Named {
  /** How many times longer each period is than the one before; 2 by default. */
  readonly tMul?: TensorLike | undefined;
  /** How many times higher each period starts; 1 by default. */
  readonly mMul?: TensorLike | undefined;
  readonly alpha?: TensorLike | undefined;
}

/** Cosine decay that restarts, with longer periods each time. TensorFlow: `tf.train.cosine_decay_restarts`. */
export function cosineDecayRestarts(
  learningRate: TensorLike,
  globalStep: TensorLike,
  firstDecaySteps: TensorLike,
  { tMul = 2, mMul = 1, alpha = 0, name = "SGDRDecay" }: CosineDecayRestartsOptions = {},
): Tensor {
  return inDecay(name, learningRate, (rate, convert, scope) => {
    const firstSteps = convert(whole(firstDecaySteps));
    const least = convert(alpha);
    const longer = convert(tMul);
    const higher = convert(mMul);
    const done = convert(globalStep).truediv(firstSteps);
    const [restarts, fraction] = cond(
      equal(longer, 1),
      () => {
        const whole = floor(done);
        return [whole, done.sub(whole)];
      },
      () => inGeometricPeriods(done, longer),
    ) as readonly [Tensor, Tensor];
    const height = higher.pow(restarts);
    const cosine = halfCosine(fraction, height);
    const decayed = least.rsub(1).mul(cosine).add(least);
    return multiply(rate, decayed, { name: scope });
  });
}

/** With periods of length 1, t, t², …: how many are complete, and how far the current one is. */
function inGeometricPeriods(done: Tensor, t: Tensor): Tensor[] {
  const complete = floor(log(done.mul(t.rsub(1)).rsub(1)).truediv(log(t)));
  const begin = t.pow(complete).rsub(1).truediv(t.rsub(1));
  const fraction = done.sub(begin).truediv(t.pow(complete));
  return [complete, fraction];
}

export interface LinearCosineDecayOptions extends Named {
  /** Periods of the cosine within the decay; 0.5 by default. */
  readonly numPeriods?: TensorLike | undefined;
  /** Added to the linear part; 0 by default. */
  readonly alpha?: TensorLike | undefined;
  /** Added to the product; 0.001 by default. */
  readonly beta?: TensorLike | undefined;
}

/** A line times a cosine (Bello et al. 2017). TensorFlow: `tf.train.linear_cosine_decay`. */
export function linearCosineDecay(
  learningRate: TensorLike,
  globalStep: TensorLike,
  decaySteps: TensorLike,
  {
    numPeriods = 0.5,
    alpha = 0,
    beta = 0.001,
    name = "LinearCosineDecay",
  }: LinearCosineDecayOptions = {},
): Tensor {
  return inDecay(name, learningRate, (rate, convert, scope) => {
    const steps = convert(whole(decaySteps));
    const periods = convert(numPeriods);
    const offset = convert(alpha);
    const base = convert(beta);
    const step = minimum(convert(globalStep), steps);
    const line = steps.sub(step).truediv(steps);
    return multiply(rate, lineTimesCosine(line, step.truediv(steps), periods, offset, base), {
      name: scope,
    });
  });
}

function lineTimesCosine(
  line: Tensor,
  done: Tensor,
  periods: Tensor,
  alpha: Tensor,
  beta: Tensor,
): Tensor {
  const cosine = halfCosine(periods.rmul(2).mul(done));
  return alpha.add(line).mul(cosine).add(beta);
}

export interface NoisyLinearCosineDecayOptions extends LinearCosineDecayOptions {
  /** Variance of the noise on the line at the first step; 1 by default. */
  readonly initialVariance?: TensorLike | undefined;
  /** The variance falls as `(1 + globalStep) ^ -varianceDecay`; 0.55 by default. */
  readonly varianceDecay?: TensorLike | undefined;
}

/** Linear cosine decay with noise on the line. TensorFlow: `tf.train.noisy_linear_cosine_decay`. */
export function noisyLinearCosineDecay(
  learningRate: TensorLike,
  globalStep: TensorLike,
  decaySteps: TensorLike,
  {
    initialVariance = 1,
    varianceDecay = 0.55,
    numPeriods = 0.5,
    alpha = 0,
    beta = 0.001,
    name = "NoisyLinearCosineDecay",
  }: NoisyLinearCosineDecayOptions = {},
): Tensor {
  return inDecay(name, learningRate, (rate, convert, scope) => {
    const steps = convert(whole(decaySteps));
    const startVariance = convert(initialVariance);
    const exponent = convert(varianceDecay);
    const periods = convert(numPeriods);
    const offset = convert(alpha);
    const base = convert(beta);
    const step = minimum(convert(globalStep), steps);
    const line = steps.sub(step).truediv(steps);
    const deviation = sqrt(startVariance.truediv(pow(step.radd(1), exponent)));
    const noisy = line.add(randomNormal(line.shape, { stddev: deviation }));
    return multiply(rate, lineTimesCosine(noisy, step.truediv(steps), periods, offset, base), {
      name: scope,
    });
  });
}
