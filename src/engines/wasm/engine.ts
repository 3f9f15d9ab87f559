/** The wasm engine: loops compiled to WebAssembly with vectors, everything in one memory. */

import type { Engine } from "../engine.ts";
import { features } from "./features.ts";
import type { HeapOptions } from "./heap.ts";
import type { WasmKernel } from "./kernel.ts";
import { wasmRoutines } from "./kernels/index.ts";
import { WasmProgram } from "./program.ts";
import { type Routines, Runtime } from "./runtime.ts";
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

export interface WasmOptions extends Partial<HeapOptions> {
  readonly name?: string;
  /** Kernels that are asked before those in WebAssembly. */
  readonly kernels?: (runtime: Runtime) => Routines;
}

/** An engine with a memory of its own, which is made when the first program is loaded. */
export function makeWasmEngine(options: WasmOptions = {}): WasmEngine {
  let runtime: Runtime | undefined;
  return {
    name: options.name ?? "wasm",
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

function start({ name = "wasm", kernels, ...options }: WasmOptions): Runtime {
  const reason = whyNoWasm();
  if (reason || !webAssembly) throw new Error(`The ${name} engine cannot run: ${reason}.`);
  const heap = { shared: features().shared, ...options };
  return new Runtime(webAssembly, heap, (runtime) => {
    const routines: Record<string, WasmKernel> = { ...wasmRoutines };
    for (const [routine, kernel] of Object.entries(kernels?.(runtime) ?? {})) {
      const other = wasmRoutines[routine];
      routines[routine] = (step, context) =>
        kernel(step, context) ?? other?.(step, context) ?? null;
    }
    return routines;
  });
}

/** The engine of this process: all its sessions share one memory. */
export const wasmEngine: WasmEngine = makeWasmEngine();
