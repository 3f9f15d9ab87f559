/** Everything that programs of the wasm engine share: memory, compiled functions, state. */

import { Cells } from "./cells.ts";
import { Heap, type HeapOptions } from "./heap.ts";
import type { KernelContext, WasmKernel } from "./kernel.ts";
import { Loops } from "./loops.ts";
import { Modules } from "./modules.ts";
import { Threads, threadsWanted } from "./threads.ts";
import type { WebAssemblyApi } from "./webassembly.ts";

export class Runtime {
  readonly heap: Heap;
  readonly modules: Modules;
  readonly loops: Loops;
  readonly cells: Cells;
  readonly threads: Threads;
  readonly routines: Readonly<Record<string, WasmKernel>>;
  readonly kernels: Omit<KernelContext, "scratch" | "epilogue">;
  readonly #forgotten: FinalizationRegistry<number[]>;

  constructor(
    api: WebAssemblyApi,
    options: HeapOptions,
    routines: Readonly<Record<string, WasmKernel>>,
  ) {
    this.heap = new Heap(api, options);
    this.modules = new Modules(api, this.heap);
    this.loops = new Loops(this.modules);
    this.cells = new Cells(this.heap);
    this.routines = routines;
    this.threads = new Threads(this.heap, this.modules, options.threads ?? threadsWanted());
    this.#forgotten = new FinalizationRegistry((blocks) => this.#free(blocks));
    this.kernels = {
      functions: (key, write) =>
        this.modules.shared(key, (library) => write(library.module, library)).functions,
      parallel: (run, count, grain, args) => this.threads.run(run, count, grain, args),
      threads: this.threads.count,
    };
  }

  /** A list of blocks that are freed when their owner is forgotten, or by `release`. */
  ownBlocks(owner: object): number[] {
    const blocks: number[] = [];
    this.#forgotten.register(owner, blocks, owner);
    return blocks;
  }
  release(owner: object, blocks: number[]): void {
    this.#forgotten.unregister(owner);
    this.#free(blocks);
  }
  #free(blocks: number[]): void {
    for (const address of blocks.splice(0)) this.heap.free(address);
  }
}
