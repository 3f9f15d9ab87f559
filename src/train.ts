/** `tf.train`: optimizers and what goes with training. */

export { AdamOptimizer, type AdamOptions } from "./training/adam.ts";
export {
  type CosineDecayOptions,
  type CosineDecayRestartsOptions,
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  type LinearCosineDecayOptions,
  linearCosineDecay,
  type NoisyLinearCosineDecayOptions,
  naturalExpDecay,
  noisyLinearCosineDecay,
  type PolynomialDecayOptions,
  piecewiseConstant,
  piecewiseConstant as piecewiseConstantDecay,
  polynomialDecay,
  type StaircaseOptions,
} from "./training/decay.ts";
export {
  assertGlobalStep,
  createGlobalStep,
  type GlobalStep,
  getGlobalStep,
  getOrCreateGlobalStep,
  globalStep,
} from "./training/global-step.ts";
export {
  type AssignMovingAverageOptions,
  assignMovingAverage,
  ExponentialMovingAverage,
  type ExponentialMovingAverageOptions,
} from "./training/moving-average.ts";
export {
  type ApplyGradientsOptions,
  type ComputeGradientsOptions,
  type GradientAndVariable,
  type HyperParameter,
  type MinimizeOptions,
  Optimizer,
  type OptimizerOptions,
} from "./training/optimizer.ts";
export {
  AdadeltaOptimizer,
  type AdadeltaOptions,
  AdagradDAOptimizer,
  type AdagradDAOptions,
  AdagradOptimizer,
  type AdagradOptions,
  FtrlOptimizer,
  type FtrlOptions,
  GradientDescentOptimizer,
  MomentumOptimizer,
  type MomentumOptions,
  ProximalAdagradOptimizer,
  type ProximalAdagradOptions,
  ProximalGradientDescentOptimizer,
  type ProximalOptions,
  RMSPropOptimizer,
  type RMSPropOptions,
} from "./training/optimizers.ts";
export { createSlot, createSlotWithInitializer, createZerosSlot } from "./training/slots.ts";
