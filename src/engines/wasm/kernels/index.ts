/** The routines that have a kernel in WebAssembly; all others run as JavaScript on the same memory. */

import type { WasmKernel } from "../kernel.ts";
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput } from "./conv.ts";
import { gather } from "./gather.ts";
import { matmul, stridedMatmul } from "./matmul.ts";
import { avgPool, avgPoolGrad, maxPool, maxPoolGrad } from "./pool.ts";
import { randomStandardNormal, randomUniform } from "./random.ts";

export const wasmRoutines: Readonly<Record<string, WasmKernel>> = {
  avgPool,
  avgPoolGrad,
  conv2d,
  conv2dBackpropFilter,
  conv2dBackpropInput,
  gather,
  matmul,
  maxPool,
  maxPoolGrad,
  randomStandardNormal,
  randomUniform,
  stridedMatmul,
};
