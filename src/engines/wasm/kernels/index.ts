/** The routines that have a kernel in WebAssembly; all others run as JavaScript on the same memory. */

import type { WasmKernel } from "../kernel.ts";
import { concat } from "./concat.ts";
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from "./conv.ts";
import {
  depthwiseConv2d,
  depthwiseConv2dBackpropFilter,
  depthwiseConv2dBackpropInput,
} from "./depthwise.ts";
import { gather } from "./gather.ts";
import { matmul, stridedMatmul } from "./matmul.ts";
import { avgPool, avgPoolGrad, maxPool, maxPoolGrad } from "./pool.ts";
import { randomStandardNormal, randomUniform, truncatedNormal } from "./random.ts";
import { cumulative } from "./scan.ts";
import { scatterNd, scatterNdUpdate, scatterUpdate, unsortedSegment } from "./scatter.ts";
import { topK } from "./topk.ts";

export const wasmRoutines: Readonly<Record<string, WasmKernel>> = {
  avgPool,
  avgPoolGrad,
  concat,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  cumulative,
  depthwiseConv2d,
  depthwiseConv2dBackpropFilter,
  depthwiseConv2dBackpropInput,
  gather,
  matmul,
  maxPool,
  maxPoolGrad,
  randomStandardNormal,
  randomUniform,
  scatterNd,
  scatterNdUpdate,
  scatterUpdate,
  stridedMatmul,
  topK,
  truncatedNormal,
  unsortedSegment,
};
