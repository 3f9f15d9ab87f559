/** `tf.train`: optimizers and what goes with training. */

export {
  CheckpointReader,
  listVariables,
  loadCheckpoint,
  loadVariable,
  NewCheckpointReader,
} from "./formats/checkpoint-reader.ts";
export { summaryIterator } from "./formats/events.ts";
export { writeGraph } from "./formats/graph-file.ts";
export {
  type AssignmentMap,
  type AssignmentTarget,
  initFromCheckpoint,
} from "./formats/init-from-checkpoint.ts";
export {
  type ExportMetaGraphOptions,
  exportMetaGraph,
  type ImportMetaGraphOptions,
  importMetaGraph,
} from "./formats/meta-graph.ts";
export type { Renames } from "./formats/renames.ts";
export type { Mismatch, RestoreReport } from "./formats/restore.ts";
export { SaveableObject, type SaveSpec, type VarList } from "./formats/saveable.ts";
export {
  type RestoreError,
  type RestoreOptions,
  type SaveOptions,
  Saver,
  type SaverOptions,
} from "./formats/saver.ts";
export {
  checkpointExists,
  generateCheckpointStateProto,
  getCheckpointMtimes,
  getCheckpointState,
  latestCheckpoint,
  type NewStateOptions,
  type StateOptions,
  updateCheckpointState,
} from "./formats/state-file.ts";
export { type WarmStartOptions, warmStart } from "./formats/warm-start.ts";
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
  type ClusterTasks,
  type ReplicaDeviceOptions,
  replicaDeviceSetter,
} from "./training/device-setter.ts";
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
