/** The optimizers whose updates are single ops, each as a rule; update equations are those of the apply ops. */

import { ValueError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import type { Tensor } from "../core/tensor.ts";
import { fill, identity, ones, onesLike, shape as shapeOf } from "../ops/array.ts";
import { maximum } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { constant } from "../ops/constant.ts";
import { IndexedSlices } from "../ops/indexed-slices.ts";
import { device } from "../ops/scopes.ts";
import {
  constantInitializer,
  type InitializerFunction,
  type InitializerLike,
  onesInitializer,
} from "../variables/initializers.ts";
import type { Variable } from "../variables/variable.ts";
import type { GlobalStep } from "./global-step.ts";
import { called, type HyperParameter, type OptimizerOptions, type Update } from "./optimizer.ts";
import { type Given, RuleOptimizer, resourceScatterAdd } from "./rule.ts";
import { isResourceVariable } from "./slots.ts";

/** Plain gradient descent: `w -= lr * g`. TensorFlow: `tf.train.GradientDescentOptimizer`. */
export class GradientDescentOptimizer extends RuleOptimizer {
  constructor(learningRate: HyperParameter, options: OptimizerOptions = {}) {
    const hyper = { alpha: ["learning_rate", learningRate] } as const;
    super({ type: "GradientDescent", hyper }, { name: "GradientDescent", ...options });
  }

  /** Subtracting is linear, so rows that are named twice need not be summed first. */
  protected override applySparseDuplicateIndices(grad: IndexedSlices, variable: Variable): Update {
    const { values, indices, denseShape } = grad;
    if (isResourceVariable(variable)) {
      const delta = values.neg().mul(this.hyper("alpha", values.dtype));
      return resourceScatterAdd(variable, indices, delta);
    }
    const delta = values.mul(this.hyper("alpha", variable.dtype));
    return variable.scatterSub(new IndexedSlices(delta, indices, denseShape), {
      useLocking: this.useLocking,
    });
  }
}

export interface MomentumOptions extends OptimizerOptions {
  /** Uses the gradient as it will be after the momentum's step (Sutskever et al. 2013). */
  readonly useNesterov?: boolean | undefined;
}

/** `a = momentum * a + g`, `w -= lr * a`. Slot: `momentum`. TensorFlow: `tf.train.MomentumOptimizer`. */
export class MomentumOptimizer extends RuleOptimizer {
  constructor(
    learningRate: HyperParameter,
    momentum: HyperParameter,
    { useNesterov = false, ...options }: MomentumOptions = {},
  ) {
    super(
      {
        type: "Momentum",
        hyper: { lr: ["learning_rate", learningRate], momentum: ["momentum", momentum] },
        slots: { accum: { name: "momentum" } },
        attrs: { useNesterov },
      },
      { name: "Momentum", ...options },
    );
  }
}

export interface RMSPropOptions extends OptimizerOptions {
  /** How slowly the average of squared gradients forgets; 0.9 by default. */
  readonly decay?: HyperParameter | undefined;
  readonly momentum?: HyperParameter | undefined;
  /** Keeps the divisor from zero; 1e-10 by default. */
  readonly epsilon?: HyperParameter | undefined;
  /** Divides by the estimated variance rather than by the second moment. */
  readonly centered?: boolean | undefined;
}

/**
 * Divides gradients by a running average of their magnitude (Tieleman and Hinton 2012).
 * Slots: `rms`, `momentum`, and `mg` when centered. TensorFlow: `tf.train.RMSPropOptimizer`.
 */
export class RMSPropOptimizer extends RuleOptimizer {
  constructor(
    learningRate: HyperParameter,
    {
      decay = 0.9,
      momentum = 0,
      epsilon = 1e-10,
      centered = false,
      ...options
    }: RMSPropOptions = {},
  ) {
    super(
      {
        type: centered ? "CenteredRMSProp" : "RMSProp",
        hyper: {
          lr: ["learning_rate", learningRate],
          rho: ["decay", decay],
          momentum: ["momentum", momentum],
          epsilon: ["epsilon", epsilon],
        },
        slots: {
          ms: { name: "rms", initial: allOnes },
          ...(centered && { mg: { name: "mg" } }),
          mom: { name: "momentum" },
        },
      },
      { name: "RMSProp", ...options },
    );
  }
}

function allOnes(variable: Variable): InitializerLike {
  return variable.shape.known
    ? onesInitializer({ dtype: variable.dtype.base })
    : onesLike(variable);
}

export interface AdagradOptions extends OptimizerOptions {
  /** Must be positive; 0.1 by default. */
  readonly initialAccumulatorValue?: number | undefined;
}

/**
 * `a += g²`, `w -= lr * g / √a` (Duchi et al. 2011). Slot: `accumulator`.
 * Throws ValueError unless the accumulator starts positive. TensorFlow: `tf.train.AdagradOptimizer`.
 */
export class AdagradOptimizer extends RuleOptimizer {
  constructor(
    learningRate: HyperParameter,
    { initialAccumulatorValue = 0.1, ...options }: AdagradOptions = {},
  ) {
    checkPositive("initial_accumulator_value", initialAccumulatorValue);
    const initial = (variable: Variable): InitializerLike => {
      const dtype = variable.dtype.base;
      if (variable.shape.known) return constantInitializer(initialAccumulatorValue, { dtype });
      return () => cast(fill(shapeOf(variable), initialAccumulatorValue), dtype);
    };
    super(
      {
        type: "Adagrad",
        hyper: { lr: ["learning_rate", learningRate] },
        slots: { accum: { name: "accumulator", initial } },
      },
      { name: "Adagrad", ...options },
    );
  }
}

export interface AdadeltaOptions extends OptimizerOptions {
  /** 0.001 by default. */
  readonly learningRate?: HyperParameter | undefined;
  /** How slowly both averages forget; 0.95 by default. */
  readonly rho?: HyperParameter | undefined;
  /** 1e-8 by default. */
  readonly epsilon?: HyperParameter | undefined;
}

/**
 * Steps as large as recent steps were, relative to recent gradients (Zeiler 2012). The learning rate may come first or
 * be among the options. Slots: `accum`, `accum_update`. TensorFlow: `tf.train.AdadeltaOptimizer`.
 */
export class AdadeltaOptimizer extends RuleOptimizer {
  constructor(learningRate: HyperParameter, options?: AdadeltaOptions);
  constructor(options?: AdadeltaOptions);
  constructor(first?: HyperParameter | AdadeltaOptions, second?: AdadeltaOptions) {
    const {
      learningRate = 0.001,
      rho = 0.95,
      epsilon = 1e-8,
      ...options
    } = withLearningRate(first, second);
    super(
      {
        type: "Adadelta",
        hyper: { lr: ["lr", learningRate], rho: ["rho", rho], epsilon: ["epsilon", epsilon] },
        slots: { accum: { name: "accum" }, accum_update: { name: "accum_update" } },
      },
      { name: "Adadelta", ...options },
    );
  }
}

/** The options of a constructor whose learning rate may come first. */
export function withLearningRate<O extends { readonly learningRate?: HyperParameter | undefined }>(
  first: HyperParameter | O | undefined,
  second: O | undefined,
): Partial<O> {
  if (first === undefined) return second ?? {};
  if (isOptions(first)) return first as O;
  return { ...second, learningRate: first } as Partial<O>;
}

function isOptions(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

export interface ProximalOptions extends OptimizerOptions {
  /** Pulls weights to exactly zero; 0 by default. */
  readonly l1RegularizationStrength?: HyperParameter | undefined;
  /** Shrinks weights; 0 by default. */
  readonly l2RegularizationStrength?: HyperParameter | undefined;
}

/** Gradient descent, then the proximal step of L1 and L2. TensorFlow: `tf.train.ProximalGradientDescentOptimizer`. */
export class ProximalGradientDescentOptimizer extends RuleOptimizer {
  constructor(
    learningRate: HyperParameter,
    {
      l1RegularizationStrength = 0,
      l2RegularizationStrength = 0,
      ...options
    }: ProximalOptions = {},
  ) {
    super(
      {
        type: "ProximalGradientDescent",
        hyper: {
          alpha: ["learning_rate", learningRate],
          l1: ["l1_regularization_strength", l1RegularizationStrength],
          l2: ["l2_regularization_strength", l2RegularizationStrength],
        },
      },
      { name: "ProximalGradientDescent", ...options },
    );
  }
}

export interface ProximalAdagradOptions extends ProximalOptions, AdagradOptions {}

/** Adagrad, then the proximal step of L1 and L2. Slot: `accumulator`. TensorFlow: `tf.train.ProximalAdagradOptimizer`. */
export class ProximalAdagradOptimizer extends RuleOptimizer {
  constructor(
    learningRate: HyperParameter,
    {
      initialAccumulatorValue = 0.1,
      l1RegularizationStrength = 0,
      l2RegularizationStrength = 0,
      ...options
    }: ProximalAdagradOptions = {},
  ) {
    checkPositive("initial_accumulator_value", initialAccumulatorValue);
    super(
      {
        type: "ProximalAdagrad",
        hyper: {
          lr: ["learning_rate", learningRate],
          l1: ["l1_regularization_strength", l1RegularizationStrength],
          l2: ["l2_regularization_strength", l2RegularizationStrength],
        },
        slots: { accum: { name: "accumulator", initial: constantLike(initialAccumulatorValue) } },
      },
      { name: "ProximalAdagrad", ...options },
    );
  }
}

/** A constant of the variable's shape, placed with it. */
function constantLike(value: number): (variable: Variable) => Tensor {
  return (variable) =>
    getDefaultGraph().colocateWith(variable, {}, () =>
      constant(value, { shape: variable.shape.asList() as number[], dtype: variable.dtype.base }),
    );
}

export interface AdagradDAOptions extends ProximalOptions {
  /** Must be positive; 0.1 by default. */
  readonly initialGradientSquaredAccumulatorValue?: number | undefined;
}

/**
 * Adagrad with dual averaging, for large sparse linear models (Duchi et al. 2011): weights are computed from all
 * gradients so far, so L1 leaves many at zero. Slots: `gradient_accumulator`, `gradient_squared_accumulator`.
 * TensorFlow: `tf.train.AdagradDAOptimizer`.
 */
export class AdagradDAOptimizer extends RuleOptimizer {
  readonly #globalStep: GlobalStep;
  readonly #l1: HyperParameter;
  readonly #l2: HyperParameter;
  /** The number of the step being made, from 1; as of the latest `prepare`. */
  #step: Tensor | undefined;

  constructor(
    learningRate: HyperParameter,
    globalStep: GlobalStep,
    {
      initialGradientSquaredAccumulatorValue = 0.1,
      l1RegularizationStrength = 0,
      l2RegularizationStrength = 0,
      ...options
    }: AdagradDAOptions = {},
  ) {
    checkPositive(
      "initial_gradient_squared_accumulator_value",
      initialGradientSquaredAccumulatorValue,
    );
    super(
      {
        type: "AdagradDA",
        hyper: { lr: ["learning_rate", learningRate] },
        slots: {
          gradient_accumulator: { name: "gradient_accumulator", initial: constantLike(0) },
          gradient_squared_accumulator: {
            name: "gradient_squared_accumulator",
            initial: constantLike(initialGradientSquaredAccumulatorValue),
          },
        },
      },
      { name: "AdagradDA", ...options },
    );
    this.#globalStep = globalStep;
    this.#l1 = l1RegularizationStrength;
    this.#l2 = l2RegularizationStrength;
  }

  protected override prepare(): void {
    super.prepare();
    this.#step = getDefaultGraph().colocateWith(this.hyperTensor("lr"), {}, () =>
      identity(this.#globalStep).add(1),
    );
  }

  protected override more(variable: Variable): Given {
    const step = device(variable.device, () => identity(this.#step as Tensor));
    return { global_step: step, l1: called(this.#l1), l2: called(this.#l2) };
  }
}

export interface FtrlOptions extends OptimizerOptions {
  /** At most 0; -0.5 by default. 0 keeps the learning rate as it is. */
  readonly learningRatePower?: number | undefined;
  /** At least 0; 0.1 by default. */
  readonly initialAccumulatorValue?: number | undefined;
  readonly l1RegularizationStrength?: number | undefined;
  readonly l2RegularizationStrength?: number | undefined;
  /** Unlike L2, penalizes the size of the weights in each step; they stay where no gradient is. */
  readonly l2ShrinkageRegularizationStrength?: number | undefined;
  /** Added to the divisor of the learning rate, as in the paper; 0 by default. */
  readonly beta?: number | undefined;
  /** What the slots' variables are named after, instead of the optimizer. */
  readonly accumName?: string | undefined;
  readonly linearName?: string | undefined;
}

/**
 * Follow the regularized leader (McMahan et al. 2013), for large sparse linear models. Slots: `accum`, `linear`.
 * Throws ValueError for settings out of range. TensorFlow: `tf.train.FtrlOptimizer`.
 */
export class FtrlOptimizer extends RuleOptimizer {
  constructor(learningRate: HyperParameter, settings: FtrlOptions = {}) {
    const {
      learningRatePower = -0.5,
      initialAccumulatorValue = 0.1,
      l1RegularizationStrength: l1 = 0,
      l2RegularizationStrength: l2 = 0,
      l2ShrinkageRegularizationStrength: shrinkage = 0,
      beta = 0,
      accumName,
      linearName,
      ...options
    } = settings;
    checkSign("initial_accumulator_value", initialAccumulatorValue, 1);
    checkSign("learning_rate_power", learningRatePower, -1);
    checkSign("l1_regularization_strength", l1, 1);
    checkSign("l2_regularization_strength", l2, 1);
    checkSign("l2_shrinkage_regularization_strength", shrinkage, 1);
    // The op divides by lr where the paper has (beta + √n) / lr; its L2 counts twice: l2 + beta / (2 lr).
    const adjustedL2 = (): Tensor =>
      maximum(called(learningRate), 1e-36).rmul(2).rtruediv(beta).radd(l2);
    const filled: InitializerFunction = (shape, { dtype }) =>
      ones(shape, { dtype: dtype ?? undefined }).mul(initialAccumulatorValue);
    super(
      {
        type: shrinkage > 0 ? "FtrlV2" : "Ftrl",
        hyper: {
          lr: ["learning_rate", learningRate],
          l1: ["l1_regularization_strength", l1],
          l2: ["adjusted_l2_regularization_strength", adjustedL2],
          beta: ["beta", beta],
          l2_shrinkage: ["l2_shrinkage_regularization_strength", shrinkage],
          lr_power: ["learning_rate_power", learningRatePower],
        },
        slots: {
          accum: { name: "accum", opName: accumName, initial: () => filled },
          linear: { name: "linear", opName: linearName },
        },
      },
      { name: "Ftrl", ...options },
    );
  }
}

/** `sign` 1: must not be negative; -1: must not be positive. */
function checkSign(name: string, value: number, sign: 1 | -1): void {
  if (value * sign >= 0) return;
  const wanted = sign > 0 ? "positive" : "negative";
  throw new ValueError(`${name} ${value.toFixed(6)} needs to be ${wanted} or zero`);
}

function checkPositive(name: string, value: number): void {
  if (value > 0) return;
  throw new ValueError(
    `${name} must be positive: ${Number.isInteger(value) ? value.toFixed(1) : value}`,
  );
}
