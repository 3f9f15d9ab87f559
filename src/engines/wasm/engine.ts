/** The wasm engine: loops compiled to WebAssembly with vectors, everything in one memory. */

import type { Engine } from "../engine.ts";
import { features } from "./features.ts";
import type { HeapOptions } from "./heap.ts";
import { wasmRoutines } from "./kernels/index.ts";
import { WasmProgram } from "./program.ts";
import { Runtime } from "./runtime.ts";
import { webAssembly } from "./webassembly.ts";

/** Why the engine cannot be used here; null if it can. */
export function whyNoWasm(): string | null {
  if (!webAssembly) return "this host has no WebAssembly";
  const { refusal, simd } = features();
  if (refusal !== null) return `this host does not compile WebAssembly: ${refusal}`;
  if (!simd) return "this host's WebAssembly has no vectors (SIMD)";
  return null;
}

/** What the engine has to do without here; null if nothing. */
export function whatWasmLacks(): string | null {
  if (features().shared) return null;
  return "it uses one thread, since this host has no shared memory (in browsers: SharedArrayBuffer, for pages that are cross-origin isolated)";
}

export interface WasmEngine extends Engine {
  /** Bytes of its memory, and how many of them are in use. */
  memory(): { readonly size: number; readonly used: number };
}

/** An engine with a memory of its own, which is made when the first program is loaded. */
export function makeWasmEngine(options: Partial<HeapOptions> = {}): WasmEngine {
  let runtime: Runtime | undefined;
  return {
    name: "wasm",
    memory: () => ({
      size: runtime?.heap.memory.buffer.byteLength ?? 0,
      used: runtime?.heap.used ?? 0,
    }),
    load: (program) => {
      runtime ??= start(options);
      return new WasmProgram(program, runtime);
    },
  };
}

function start(options: Partial<HeapOptions>): Runtime {
  const reason = whyNoWasm();
  if (reason || !webAssembly) throw new Error(`The wasm engine cannot run: ${reason}.`);
  return new Runtime(webAssembly, { shared: features().shared, ...options }, wasmRoutines);
}

/** The engine of this process: all its sessions share one memory. */
export const wasmEngine: WasmEngine = makeWasmEngine();
