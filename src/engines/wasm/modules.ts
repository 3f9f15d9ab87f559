/** Modules that were compiled, by what they do: programs that need the same function share it. */

import { ModuleBuilder } from "./assembler.ts";
import type { Heap } from "./heap.ts";
import { hostFunction, Library } from "./library.ts";
import type { HostFunction, WasmFunction, WebAssemblyApi } from "./webassembly.ts";

/** Modules kept for later programs; the one that was made first is dropped. */
const moduleLimit = 1024;

export interface Exports {
  readonly functions: Readonly<Record<string, WasmFunction>>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Origin {
  readonly module: Exports;
  readonly index: number;
}

export class Modules {
  readonly #api: WebAssemblyApi;
  readonly #heap: Heap;
  readonly #known = new Map<string, Exports>();
  /** For threads: where each function that they may run comes from, as a position among the exports. */
  readonly origins = new WeakMap<WasmFunction, Origin>();

  constructor(api: WebAssemblyApi, heap: Heap) {
    this.#api = api;
    this.#heap = heap;
  }

  /** The exports of the module that `write` fills, made once per key. */
  shared(key: string, write: (library: Library) => void): Exports {
    let made = this.#known.get(key);
    if (!made) {
      made = this.make(write);
      if (this.#known.size >= moduleLimit) {
        this.#known.delete(this.#known.keys().next().value as string);
      }
      this.#known.set(key, made);
    }
    return made;
  }

  /** The exports of the module that `write` fills; it lives as long as one of its functions. */
  make(write: (library: Library) => void): Exports {
    const module = new ModuleBuilder(this.#heap.importSpec);
    const library = new Library(module);
    write(library);
    const bytes = module.bytes();
    const host: Record<string, HostFunction> = {};
    for (const name of library.hostNames) host[name] = hostFunction(name);
    const compiled = new this.#api.Module(bytes);
    const instance = new this.#api.Instance(compiled, { env: { memory: this.#heap.memory }, host });
    const made = { functions: instance.exports, bytes };
    Object.entries(instance.exports).forEach(([name, run], index) => {
      if (!library.bound.has(name)) this.origins.set(run, { module: made, index });
    });
    return made;
  }
}
