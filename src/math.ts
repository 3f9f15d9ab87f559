/** The namespace tf.math: element-wise functions, reductions, segments. */

export { softplus, softsign } from "./ops/activation.ts";
export { accumulateN, addN } from "./ops/addn.ts";
export {
  add,
  atan2,
  divide,
  divNoNan as divideNoNan,
  floordiv,
  floormod,
  floormod as mod,
  maximum,
  minimum,
  multiply,
  multiplyNoNan,
  pow,
  reciprocalNoNan,
  scalarMul,
  squaredDifference,
  subtract,
  truediv,
} from "./ops/binary.ts";
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
export { confusionMatrix } from "./ops/confusion.ts";
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
export { xdivy, xlog1py, xlogy } from "./ops/guarded.ts";
export { isNonDecreasing, isStrictlyIncreasing } from "./ops/monotonic.ts";
export { l2Normalize, zeroFraction } from "./ops/nn.ts";
export { polygamma, zeta } from "./ops/polygamma.ts";
export {
  reduceAll,
  reduceAny,
  reduceEuclideanNorm,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
} from "./ops/reduce.ts";
export { argmax, argmin, cumprod, cumsum } from "./ops/scan.ts";
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
export { logSoftmax, softmax } from "./ops/softmax.ts";
export { countNonzero, reduceLogsumexp, reduceStd, reduceVariance } from "./ops/statistics.ts";
export { inTopK, topK } from "./ops/topk.ts";
export { invertPermutation } from "./ops/transpose.ts";
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
