/** Tensorscope: TensorFlow-1 graphs in TypeScript. Use as `import * as tf from "tensorscope"`. */

export {
  controlFlowV2Enabled,
  disableControlFlowV2,
  disableEagerExecution,
  disableTensorEquality,
  disableV2Behavior,
  enableEagerExecution,
  executingEagerly,
} from "./core/behavior.ts";
// devices, checks, sorting, custom gradients
export { type DeviceFields, DeviceSpec } from "./core/device.ts";
export {
  asDType,
  bfloat16,
  bool,
  complex64,
  complex128,
  DType,
  type DTypeLike,
  type DTypeName,
  float16,
  float16 as half,
  float32,
  float64,
  float64 as double,
  int8,
  int16,
  int32,
  int64,
  resource,
  string,
  uint8,
  uint16,
  uint32,
  uint64,
  variant,
} from "./core/dtypes.ts";
export * as errors from "./core/errors.ts";
export type { DeviceFunction, DeviceLike } from "./core/graph.ts";
export {
  Graph,
  getDefaultGraph,
  hasDefaultGraph,
  NameScope,
  resetDefaultGraph,
} from "./core/graph.ts";
export { GraphKeys } from "./core/keys.ts";
export { NDArray } from "./core/ndarray.ts";
// scopes of the default graph, warnings
export { OpenScope } from "./core/scope.ts";
export { type Feeds, getDefaultSession } from "./core/session.ts";
export { type Dim, type ShapeLike, TensorShape } from "./core/shape.ts";
export { Operation, Tensor } from "./core/tensor.ts";
export { setWarningHandler, type WarningHandler } from "./core/warn.ts";
// ops: control
export * as debugging from "./debugging.ts";
export * as dtypes from "./dtypes.ts";
export type { GraphDefOptions } from "./formats/graph-def.ts";
export { type ImportOptions, importGraphDef } from "./formats/import-graph.ts";
export {
  Event,
  HistogramProto,
  RunMetadata,
  SessionLog,
  Summary,
  SummaryMetadata,
} from "./formats/messages.ts";
export type {
  GraphDef,
  MetaGraphDef,
  NodeDef,
  TensorProto,
} from "./formats/proto/index.ts";
export {
  arrayFromTensor as makeNdarray,
  type MakeTensorOptions,
  makeTensorProto,
} from "./formats/tensor.ts";
// gradients
export { AggregationMethod } from "./gradients/aggregate.ts";
export { type CustomGradientFunction, customGradient } from "./gradients/custom.ts";
export { type GradientsOptions, gradients, UnconnectedGradients } from "./gradients/gradients.ts";
export {
  type GradientFunction,
  NotDifferentiable,
  NotDifferentiable as NoGradient,
  NotDifferentiable as noGradient,
  RegisterGradient,
} from "./gradients/registry.ts";
// variables
export * as image from "./image.ts";
export * as initializers from "./initializers.ts";
// ops: random, state, linear algebra
export * as linalg from "./linalg.ts";
// ops: math
export * as math from "./math.ts";
export * as nn from "./nn.ts";
export { accumulateN, addN } from "./ops/addn.ts";
export { assertOp as Assert, checkNumerics } from "./ops/assert.ts";
export {
  add,
  atan2,
  div,
  divide,
  divNoNan,
  floorDiv,
  floordiv,
  floormod,
  maximum,
  minimum,
  mod,
  multiply,
  pow,
  realdiv,
  scalarMul,
  squaredDifference,
  subtract,
  truediv,
  truncatediv,
  truncatemod,
} from "./ops/binary.ts";
export * as bitwise from "./ops/bitwise.ts";
export { type CaseOptions, type CasePair, caseOf as case } from "./ops/case.ts";
export {
  bitcast,
  cast,
  saturateCast,
  toBfloat16,
  toDouble,
  toFloat,
  toInt32,
  toInt64,
} from "./ops/cast.ts";
export {
  clipByAverageNorm,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  globalNorm,
} from "./ops/clip.ts";
export {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
} from "./ops/comparison.ts";
// ops: array
export { concat } from "./ops/concat.ts";
export { type BranchResult, type CondOptions, cond, type Merged } from "./ops/cond.ts";
export { CondContext } from "./ops/cond-context.ts";
export { type ConfusionMatrixOptions, confusionMatrix } from "./ops/confusion.ts";
// ops: constants and conversion
export { type ArrayLike, type ConstantOptions, constant } from "./ops/constant.ts";
export { group, noOp, tuple } from "./ops/control.ts";
export { convertToTensor, type TensorLike, type TensorOf } from "./ops/convert.ts";
export {
  assertEqual,
  assertGreater,
  assertGreaterEqual,
  assertLess,
  assertLessEqual,
  assertNegative,
  assertNoneEqual,
  assertNonNegative,
  assertNonPositive,
  assertPositive,
  assertRank,
  assertRankAtLeast,
  assertScalar,
  assertType,
} from "./ops/debugging.ts";
export {
  assertInteger,
  assertNear,
  assertRankIn,
  assertSameFloatDtype,
} from "./ops/debugging-types.ts";
export { depthToSpace, spaceToDepth } from "./ops/depth.ts";
export { dynamicStitch, setdiff1d } from "./ops/dynamic.ts";
export {
  digamma,
  erf,
  erfc,
  exp,
  expm1,
  lgamma,
  log,
  log1p,
  logSigmoid,
  sigmoid,
  tanh,
} from "./ops/exponential.ts";
export { stringJoin } from "./ops/filename-strings.ts";
export { fill, ones, onesLike, zeros, zerosLike } from "./ops/fill.ts";
export { gather } from "./ops/gather.ts";
export {
  gatherNd,
  scatterNd,
  tensorScatterAdd,
  tensorScatterAdd as tensorScatterNdAdd,
  tensorScatterUpdate,
  tensorScatterUpdate as tensorScatterNdUpdate,
} from "./ops/gather-nd.ts";
export {
  ensureShape,
  identity,
  identityN,
  placeholder,
  placeholderWithDefault,
  stopGradient,
} from "./ops/identity.ts";
export { type IndexRange, type IndexSpec, indexTensor, newaxis } from "./ops/index-tensor.ts";
export { IndexedSlices } from "./ops/indexed-slices.ts";
export {
  cholesky,
  matrixDeterminant,
  matrixInverse,
  matrixSolve,
  matrixTriangularSolve,
  qr,
} from "./ops/linalg.ts";
export { type MatmulOptions, matmul } from "./ops/matmul.ts";
export {
  diag,
  diagPart,
  eye,
  matrixBandPart,
  matrixDiag,
  matrixDiagPart,
  matrixSetDiag,
  trace,
} from "./ops/matrix.ts";
export { isNonDecreasing, isStrictlyIncreasing } from "./ops/monotonic.ts";
export { type NormOptions, norm } from "./ops/norm.ts";
export { addCheckNumericsOps, assertAllFinite as verifyTensorAllFinite } from "./ops/numerics.ts";
export { oneHot } from "./ops/one-hot.ts";
export type { Operators } from "./ops/operators.ts";
export { broadcastDynamicShape, broadcastStaticShape, broadcastTo, pad, tile } from "./ops/pad.ts";
export { dynamicPartition } from "./ops/partition.ts";
export { polygamma, zeta } from "./ops/polygamma.ts";
export {
  type PrintHandler,
  print,
  printData as Print,
  setPrintHandler,
} from "./ops/print.ts";
export {
  getSeed,
  multinomial,
  randomGamma,
  randomNormal,
  randomPoisson,
  randomShuffle,
  randomUniform,
  setRandomSeed,
  truncatedNormal,
} from "./ops/random.ts";
export { randomCrop } from "./ops/random-crop.ts";
export { linspace, linspace as linSpace, range } from "./ops/range.ts";
export {
  type ReduceOptions,
  reduceAll,
  reduceAny,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
} from "./ops/reduce.ts";
export { meshgrid, repeat } from "./ops/repeat.ts";
export { type ArgOptions, argmax, argmin, cumprod, cumsum, type ScanOptions } from "./ops/scan.ts";
export {
  scatterAdd,
  scatterDiv,
  scatterMax,
  scatterMin,
  scatterMul,
  scatterNdAdd,
  scatterNdSub,
  scatterNdUpdate,
  scatterSub,
  scatterUpdate,
} from "./ops/scatter.ts";
export {
  addToCollection,
  addToCollections,
  colocateWith,
  container,
  controlDependencies,
  device,
  getCollection,
  getCollectionRef,
  gradientOverrideMap,
  initScope,
  type NameScopeOptions,
  nameScope,
  opScope,
} from "./ops/scopes.ts";
export { searchsorted } from "./ops/search.ts";
export {
  segmentMax,
  segmentMean,
  segmentMin,
  segmentProd,
  segmentSum,
  unsortedSegmentMax,
  unsortedSegmentMean,
  unsortedSegmentMin,
  unsortedSegmentProd,
  unsortedSegmentSqrtN,
  unsortedSegmentSum,
} from "./ops/segment.ts";
export { sequenceMask } from "./ops/sequence-mask.ts";
export { expandDims, rank, reshape, shape, shapeN, size, squeeze } from "./ops/shape.ts";
export { slice, stridedSlice } from "./ops/slice.ts";
export { argsort, type SortOptions, sort } from "./ops/sort.ts";
export {
  batchToSpace,
  batchToSpaceNd,
  requiredSpaceToBatchPaddings,
  spaceToBatch,
  spaceToBatchNd,
} from "./ops/space-to-batch.ts";
export {
  type SparseSegmentOptions,
  sparseSegmentMean,
  sparseSegmentSqrtN,
  sparseSegmentSum,
} from "./ops/sparse-segment.ts";
export { split } from "./ops/split.ts";
export { stack, unstack } from "./ops/stack.ts";
export { assign, assignAdd, assignSub, countUpTo, isVariableInitialized } from "./ops/state.ts";
export { type CountNonzeroOptions, countNonzero, reduceLogsumexp } from "./ops/statistics.ts";
export { asString, stringLength, stringStrip, stringToNumber } from "./ops/strings.ts";
export { type TensordotAxes, tensordot } from "./ops/tensordot.ts";
export {
  invertPermutation,
  matrixTranspose,
  reverse,
  reverse as reverseV2,
  reverseSequence,
  transpose,
} from "./ops/transpose.ts";
export {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  cos,
  cosh,
  sin,
  sinh,
  tan,
} from "./ops/trigonometric.ts";
export {
  abs,
  ceil,
  floor,
  isFinite,
  isInf,
  isNan,
  negative,
  reciprocal,
  rint,
  round,
  rsqrt,
  sign,
  sqrt,
  square,
} from "./ops/unary.ts";
export { unique, uniqueWithCounts } from "./ops/unique.ts";
export { booleanMask, where, whereV2 } from "./ops/where.ts";
export * as random from "./random.ts";
export * as savedModel from "./saved-model.ts";
// session
export { engines, type SessionConfig } from "./session/config.ts";
export type { Fetch, Fetched } from "./session/fetch.ts";
export { InteractiveSession, Session, type SessionOptions, session } from "./session/session.ts";
export * as strings from "./strings.ts";
// summaries
export * as summary from "./summary.ts";
// training
export * as train from "./train.ts";
export {
  disableResourceVariables,
  enableResourceVariables,
  resourceVariablesEnabled,
  variableCreatorScope,
} from "./variables/creator.ts";
export { getLocalVariable, getVariable } from "./variables/get-variable.ts";
export {
  constantInitializer,
  glorotNormalInitializer,
  glorotUniformInitializer,
  Initializer,
  type InitializerCall,
  type InitializerFunction,
  type InitializerLike,
  type InitializerObject,
  onesInitializer,
  orthogonalInitializer,
  randomNormalInitializer,
  randomUniformInitializer,
  truncatedNormalInitializer,
  uniformUnitScalingInitializer,
  varianceScalingInitializer,
  zerosInitializer,
} from "./variables/initializers.ts";
export {
  allVariables,
  assertVariablesInitialized,
  globalVariables,
  globalVariablesInitializer,
  initializeAllVariables,
  initializeLocalVariables,
  initializeVariables,
  localVariables,
  localVariablesInitializer,
  modelVariables,
  movingAverageVariables,
  reportUninitializedVariables,
  trainableVariables,
  variablesInitializer,
} from "./variables/lists.ts";
export {
  createPartitionedVariables,
  fixedSizePartitioner,
  minMaxVariablePartitioner,
  variableAxisSizePartitioner,
} from "./variables/partition.ts";
export { PartitionedVariable } from "./variables/partitioned.ts";
export { contrib, noRegularizer } from "./variables/regularizers.ts";
export {
  getVariableScope,
  VariableScope,
  type VariableScopeOptions,
  variableOpScope,
  variableScope,
} from "./variables/scope.ts";
export { PartitionInfo, SaveSliceInfo } from "./variables/slices.ts";
export { makeTemplate, type Template, type TemplateOptions } from "./variables/template.ts";
export {
  AUTO_REUSE,
  type Constraint,
  type CreatorOptions,
  type CustomGetter,
  type GetterOptions,
  type GetVariableOptions,
  type InitialValue,
  type Partitioner,
  type Regularizer,
  type Reuse,
  VariableAggregation,
  type VariableCreator,
  type VariableGetter,
  type VariableOptions,
  VariableSynchronization,
} from "./variables/types.ts";
export { Variable } from "./variables/variable.ts";
