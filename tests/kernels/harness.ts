/** Runs kernels outside of a program: for tests and benchmarks. */

import type { DType } from "../../src/core/dtypes.ts";
import { NDArray, sizeOf } from "../../src/core/ndarray.ts";
import { type RoutineStep, Value } from "../../src/engines/ir.ts";
import { Heap } from "../../src/engines/wasm/heap.ts";
import type { KernelContext, WasmKernel } from "../../src/engines/wasm/kernel.ts";
import { Modules } from "../../src/engines/wasm/modules.ts";
import {
  type WasmFunction,
  type WebAssemblyApi,
  webAssembly,
} from "../../src/engines/wasm/webassembly.ts";

export interface Placed {
  readonly arrays: readonly NDArray[];
  readonly addresses: readonly number[];
}

/** A memory of its own, with `threads` threads that take turns. */
export class Harness {
  readonly heap: Heap;
  readonly context: KernelContext;

  constructor(threads = 1) {
    const api = webAssembly as WebAssemblyApi;
    this.heap = new Heap(api, { shared: true, maximum: 16_384 });
    const modules = new Modules(api, this.heap);
    this.context = {
      threads,
      functions: (key, write) =>
        modules.shared(key, (library) => write(library.module, library)).functions,
      scratch: (bytes) => {
        const address = this.heap.allocate(bytes);
        this.heap.bytes(address, bytes).fill(0xa5);
        return address;
      },
      parallel: (run, count, grain, args) => inTurns(run, count, grain, args, threads),
    };
  }

  place(values: readonly Value[], fill: (index: number) => number): Placed {
    const addresses = values.map(({ dtype, shape }) =>
      this.heap.allocate(Math.max(1, sizeOf(shape) * dtype.size)),
    );
    const arrays = values.map(({ dtype, shape }, i) => {
      const view = this.heap.view(dtype, addresses[i] as number, sizeOf(shape));
      const data = view as Float32Array;
      for (let j = 0; j < data.length; j++) data[j] = fill(j);
      return new NDArray(view, shape, dtype);
    });
    return { arrays, addresses };
  }

  /** What the kernel gives for a step, or null where it leaves the step to the routine. */
  bind(kernel: WasmKernel, step: RoutineStep): ReturnType<WasmKernel> {
    return kernel(step, this.context);
  }
}

function inTurns(
  run: WasmFunction,
  count: number,
  grain: number,
  args: readonly number[],
  threads: number,
): void {
  const size = Math.max(grain, Math.ceil(count / threads));
  for (let begin = 0; begin < count; begin += size) {
    run(begin, Math.min(count, begin + size), ...args);
  }
}

let lastId = 0;

export function value(dtype: DType, ...shape: number[]): Value {
  return new Value(lastId++, dtype, shape);
}
