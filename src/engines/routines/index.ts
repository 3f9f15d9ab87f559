/** The table of routines: what an engine must be able to run, by name. */

import type { RoutineKernel } from "../routine.ts";
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from "./conv.ts";
import {
  depthwiseConv2d,
  depthwiseConv2dBackpropFilter,
  depthwiseConv2dBackpropInput,
} from "./depthwise.ts";
import { gather, gatherNd } from "./gather.ts";
import {
  cholesky,
  matrixDeterminant,
  matrixInverse,
  matrixSolve,
  matrixTriangularSolve,
  qr,
} from "./linalg.ts";
import { matmul, stridedMatmul } from "./matmul.ts";
import {
  concat,
  dynamicStitch,
  invertPermutation,
  matrixBandPart,
  mirrorPad,
  mirrorPadGrad,
  reverseSequence,
} from "./move.ts";
import { avgPool, avgPoolGrad, maxPool, maxPoolGrad, maxPoolGradGrad } from "./pool.ts";
import {
  multinomial,
  randomShuffle,
  randomStandardNormal,
  randomUniform,
  randomUniformInt,
  truncatedNormal,
} from "./random.ts";
import { randomGamma, randomPoisson } from "./rejection.ts";
import { resize, resizeGrad } from "./resize.ts";
import { argReduce, cumulative, topK } from "./scan.ts";
import { scatterNd, scatterNdUpdate, scatterUpdate } from "./scatter.ts";
import { segment, unsortedSegment } from "./segment.ts";

export const routines = {
  argReduce,
  avgPool,
  avgPoolGrad,
  cholesky,
  concat,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  cumulative,
  depthwiseConv2d,
  depthwiseConv2dBackpropFilter,
  depthwiseConv2dBackpropInput,
  dynamicStitch,
  gather,
  gatherNd,
  invertPermutation,
  matmul,
  matrixBandPart,
  matrixDeterminant,
  matrixInverse,
  matrixSolve,
  matrixTriangularSolve,
  maxPool,
  maxPoolGrad,
  maxPoolGradGrad,
  mirrorPad,
  mirrorPadGrad,
  multinomial,
  qr,
  randomGamma,
  randomPoisson,
  randomShuffle,
  randomStandardNormal,
  randomUniform,
  randomUniformInt,
  resize,
  resizeGrad,
  reverseSequence,
  scatterNd,
  scatterNdUpdate,
  scatterUpdate,
  segment,
  stridedMatmul,
  topK,
  truncatedNormal,
  unsortedSegment,
} as const satisfies Record<string, RoutineKernel<never>>;

export type RoutineName = keyof typeof routines;

/** Routines that finish their only output piece by piece, so that a loop over it may follow while a piece is at hand. */
export const piecewise: ReadonlySet<string> = new Set<RoutineName>([
  "avgPool",
  "avgPoolGrad",
  "conv2d",
  "conv2dBackpropInput",
  "depthwiseConv2d",
  "depthwiseConv2dBackpropInput",
  "matmul",
  "maxPool",
  "maxPoolGrad",
  "stridedMatmul",
]);

/** Given parameters and the rank of the result: an axis of the first operand and one of the second, or null. */
export type SummedAxes = (
  params: Readonly<Record<string, unknown>>,
  rank: number,
) => readonly [number, number] | null;

/**
 * Routines whose result is a sum over an axis that both operands have: the sum of two results is the result of operands
 * joined along it.
 */
export const summed: ReadonlyMap<string, SummedAxes> = new Map<RoutineName, SummedAxes>([
  [
    "matmul",
    ({ transposeA, transposeB }, rank) =>
      rank === 2 ? [transposeA ? 0 : 1, transposeB ? 1 : 0] : null,
  ],
  ["conv2dBackpropFilter", () => [0, 0]],
  ["depthwiseConv2dBackpropFilter", () => [0, 0]],
]);

/** The parameters of a routine. */
export type RoutineParams<N extends RoutineName> = Parameters<(typeof routines)[N]>[2];
