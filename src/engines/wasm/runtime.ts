/** Everything that programs of the wasm engine share: memory, compiled functions, state. */

import { Cells } from "./cells.ts";
import { Heap, type HeapOptions } from "./heap.ts";
import type { KernelContext, WasmKernel } from "./kernel.ts";
import { Loops } from "./loops.ts";
import { Modules } from "./modules.ts";
import { Threads, threadsWanted } from "./threads.ts";
import type { WebAssemblyApi } from "./webassembly.ts";

/** Kernels by the names of routines. */
export type Routines = Readonly<Record<string, WasmKernel>>;

export class Runtime {
  readonly heap: Heap;
  readonly modules: Modules;
  readonly loops: Loops;
  readonly cells: Cells;
  readonly threads: Threads;
  readonly routines: Routines;
  readonly kernels: Pick<KernelContext, "functions" | "parallel" | "threads">;
  readonly #forgotten: FinalizationRegistry<Owned>;

  constructor(
    api: WebAssemblyApi,
    options: HeapOptions,
    routines: Routines | ((runtime: Runtime) => Routines),
  ) {
    this.heap = new Heap(api, options);
    this.modules = new Modules(api, this.heap);
    this.loops = new Loops(this.modules);
    this.cells = new Cells(this.heap);
    this.threads = new Threads(this.heap, this.modules, options.threads ?? threadsWanted());
    this.#forgotten = new FinalizationRegistry((owned) => this.#free(owned));
    this.kernels = {
      functions: (key, write) =>
        this.modules.shared(key, (library) => write(library.module, library)).functions,
      parallel: (run, count, grain, args) => this.threads.run(run, count, grain, args),
      threads: this.threads.count,
    };
    this.routines = typeof routines === "function" ? routines(this) : routines;
  }

  /** What is given back when its owner is forgotten, or by `release`. */
  own(owner: object): Owned {
    const owned: Owned = { blocks: [], others: [] };
    this.#forgotten.register(owner, owned, owner);
    return owned;
  }
  release(owner: object, owned: Owned): void {
    this.#forgotten.unregister(owner);
    this.#free(owned);
  }
  #free({ blocks, others }: Owned): void {
    for (const giveBack of others.splice(0)) giveBack();
    for (const address of blocks.splice(0)) this.heap.free(address);
  }
}

/** What a program holds. */
export interface Owned {
  /** Blocks of the heap. */
  readonly blocks: number[];
  /** How to give back everything else. */
  readonly others: (() => void)[];
}
