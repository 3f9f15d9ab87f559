/** The namespace tf.nn: building blocks of neural networks. */

export {
  crelu,
  elu,
  gelu,
  leakyRelu,
  relu,
  relu6,
  selu,
  softplus,
  softsign,
  swish,
  swish as silu,
} from "./ops/activation.ts";
export {
  batchNormalization,
  batchNormWithGlobalNormalization,
  type FusedBatchNormOptions,
  fusedBatchNorm,
} from "./ops/batch-norm.ts";
export { type BiasAddOptions, biasAdd, reluLayer, xwPlusB } from "./ops/bias.ts";
export {
  atrousConv2d,
  type Conv1dOptions,
  type Conv2dOptions,
  type Conv2dTransposeOptions,
  type ConvolutionOptions,
  conv1d,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  conv2dTranspose,
  convolution,
} from "./ops/conv.ts";
export { depthToSpace, spaceToDepth } from "./ops/depth.ts";
export {
  type DepthwiseOptions,
  depthwiseConv2d,
  depthwiseConv2dNative,
  separableConv2d,
} from "./ops/depthwise.ts";
export { type DropoutOptions, dropout } from "./ops/dropout.ts";
export { type EmbeddingOptions, embeddingLookup } from "./ops/embedding.ts";
export { sigmoid, tanh } from "./ops/exponential.ts";
export {
  l2Loss,
  logPoissonLoss,
  sigmoidCrossEntropyWithLogits,
  type WeightedEntropyArguments,
  weightedCrossEntropyWithLogits,
} from "./ops/loss.ts";
export {
  type LrnOptions,
  localResponseNormalization,
  localResponseNormalization as lrn,
} from "./ops/lrn.ts";
export {
  type MomentsOptions,
  moments,
  normalizeMoments,
  type Statistics,
  type StatisticsOptions,
  sufficientStatistics,
  weightedMoments,
} from "./ops/moments.ts";
export { type L2NormalizeOptions, l2Normalize, zeroFraction } from "./ops/nn.ts";
export type { DataFormat, Padding, WindowSize } from "./ops/padding.ts";
export {
  avgPool,
  avgPool as avgPool2d,
  maxPool,
  maxPool2d,
  type PoolOptions,
} from "./ops/pool.ts";
export {
  type EntropyArguments,
  logSoftmax,
  type SoftmaxEntropyArguments,
  type SoftmaxOptions,
  softmax,
  softmaxCrossEntropyWithLogits,
  softmaxCrossEntropyWithLogitsV2,
  sparseSoftmaxCrossEntropyWithLogits,
} from "./ops/softmax.ts";
export { spaceToBatch } from "./ops/space-to-batch.ts";
export { inTopK, type TopKOptions, topK } from "./ops/topk.ts";
