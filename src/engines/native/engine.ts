/** The native engine: the wasm engine with kernels of oneDNN, where that library is installed. */

import { makeWasmEngine, type WasmEngine, whyNoWasm } from "../wasm/engine.ts";
import { features } from "../wasm/features.ts";
import type { Heap } from "../wasm/heap.ts";
import { isStrict } from "../wasm/kernels/multiply-add.ts";
import type { Routines } from "../wasm/runtime.ts";
import type { Threads } from "../wasm/threads.ts";
import { Crew } from "./crew.ts";
import { type Ffi, findFfi } from "./ffi.ts";
import { nativeKernels, type Thresholds } from "./kernels.ts";
import { findOneDnn, type OneDnn } from "./onednn.ts";

interface Found {
  readonly ffi: Ffi;
  readonly library: OneDnn;
}

let found: Found | string | undefined;

/** Looks for the library when it is first asked for. */
function find(): Found | string {
  if (found !== undefined) return found;
  const ffi = findFfi();
  if (typeof ffi === "string") {
    found = ffi;
  } else {
    const library = findOneDnn(ffi);
    found = typeof library === "string" ? library : { ffi, library };
  }
  return found;
}

/** Why the engine cannot be used here; null if it can. */
export function whyNoNative(): string | null {
  const reason = whyNoWasm();
  if (reason !== null) return reason;
  if (!features().shared) return "the memory of WebAssembly may move here";
  if (isStrict())
    return "results of native libraries are not the same bits everywhere, as TENSORSCOPE_STRICT=1 asks";
  const native = find();
  return typeof native === "string" ? native : null;
}

/** Which library it uses. */
export function whatNativeUses(): string | null {
  const native = find();
  if (typeof native === "string") return null;
  const { version, threads } = native.library;
  const many = threads ? "" : ", with as many threads as it likes";
  return `matrix products and convolutions by oneDNN ${version}${many}`;
}

/** The kernels of the library for a memory, on threads that have not worked yet. */
export function kernelsFor(heap: Heap, threads: Threads | null, thresholds?: Thresholds): Routines {
  const native = find();
  if (typeof native === "string") throw new Error(`The native engine cannot run: ${native}.`);
  // Shared memory never moves.
  const base = native.ffi.addressOf(new Uint8Array(heap.memory.buffer));
  const { ffi, library } = native;
  library.threads?.limit(threads?.count ?? 1);
  const crew = new Crew(ffi, library, heap, threads);
  return nativeKernels({ library, crew, base }, thresholds);
}

/** The engine of this process: all its sessions share one memory. */
export const nativeEngine: WasmEngine = makeWasmEngine({
  name: "native",
  kernels: ({ heap, threads }) => kernelsFor(heap, threads),
});
