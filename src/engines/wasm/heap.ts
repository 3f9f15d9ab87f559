/** The memory that everything of the wasm engine lies in, and who has which part of it. */

import type { DType, Storage, TypedArray } from "../../core/dtypes.ts";
import { ResourceExhaustedError } from "../../core/errors.ts";
import type { MemoryImport } from "./assembler.ts";
import { pageSize, type WasmMemory, type WebAssemblyApi } from "./webassembly.ts";

export interface HeapOptions {
  /** Shared memory grows without moving, and threads can use it. */
  readonly shared: boolean;
  /** In pages of 64 KiB. */
  readonly maximum?: number;
  /** How many threads may work; by default as many as there are processors. */
  readonly threads?: number;
}

/** Blocks start at cache lines, and none shares one with another. */
const alignment = 64;
/**
 * Bytes at both ends that are never given away: a vector may read this far beyond a value, where a select is going to
 * throw away what it read.
 */
export const margin = 1 << 17;
/** Growing takes at least this many bytes at once. */
const leastGrowth = 4 << 20;

/** What a block is for, as far as errors tell. */
export interface Described {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

interface Block {
  start: number;
  size: number;
}

/** A growing memory with an allocator of aligned blocks: first fit, neighbours joined when freed. */
export class Heap {
  readonly memory: WasmMemory;
  readonly importSpec: MemoryImport;
  readonly shared: boolean;
  /** Changes whenever growing has detached all views, which shared memory never does. */
  generation = 0;
  readonly #maximum: number;
  /** Sorted by address. */
  readonly #free: Block[] = [];
  readonly #used = new Map<number, number>();
  #end = margin;

  constructor(api: WebAssemblyApi, { shared, maximum = 65_536 }: HeapOptions) {
    this.shared = shared;
    const made = reserve(api, shared, maximum);
    this.#maximum = made.maximum;
    this.importSpec = { shared, initial: 1, maximum: made.maximum };
    this.memory = made.memory;
  }

  /** Bytes in blocks that are in use. */
  get used(): number {
    let total = 0;
    for (const size of this.#used.values()) total += size;
    return total;
  }

  /** The address of a block of at least `bytes` bytes, for a tensor maybe; its contents are arbitrary. */
  allocate(bytes: number, tensor?: Described): number {
    const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
    const fit = this.#free.findIndex((block) => block.size >= size);
    let start: number;
    if (fit >= 0) {
      const block = this.#free[fit] as Block;
      start = block.start;
      block.start += size;
      block.size -= size;
      if (block.size === 0) this.#free.splice(fit, 1);
    } else {
      start = this.#extend(size, tensor);
    }
    this.#used.set(start, size);
    return start;
  }

  #extend(size: number, tensor: Described | undefined): number {
    const last = this.#free.at(-1);
    const start = last && last.start + last.size === this.#end ? last.start : this.#end;
    const end = start + size;
    const missing = end + margin - this.memory.buffer.byteLength;
    if (missing > 0) this.#grow(missing, size, tensor);
    if (start !== this.#end) this.#free.pop();
    this.#end = end;
    return start;
  }

  #grow(missing: number, asked: number, tensor: Described | undefined): void {
    const left = this.#maximum - this.memory.buffer.byteLength / pageSize;
    const least = Math.ceil(missing / pageSize);
    const eighth = Math.ceil(this.memory.buffer.byteLength / 8 / pageSize);
    for (const wish of [Math.max(least, eighth, leastGrowth / pageSize), least]) {
      const pages = Math.min(wish, left);
      if (pages < least) break;
      try {
        this.memory.grow(pages);
        if (!this.shared) this.generation += 1;
        return;
      } catch {
        // The host has no more; the smaller wish may still be possible.
      }
    }
    const what = tensor ? `tensor with shape[${tensor.shape}] and type ${tensor.dtype.name}: ` : "";
    throw new ResourceExhaustedError(
      undefined,
      `OOM when allocating ${what}${asked} bytes; ${this.used} bytes are in use, and the memory of the wasm engine ends at ${this.#maximum * pageSize} bytes.`,
      "Use smaller batches, or close sessions that are no longer needed.",
    );
  }

  free(address: number): void {
    const size = this.#used.get(address);
    if (size === undefined) return;
    this.#used.delete(address);
    let at = this.#free.findIndex((block) => block.start > address);
    if (at < 0) at = this.#free.length;
    const before = this.#free[at - 1];
    const after = this.#free[at];
    const joinsBefore = before !== undefined && before.start + before.size === address;
    const joinsAfter = after !== undefined && address + size === after.start;
    if (joinsBefore && joinsAfter) {
      before.size += size + after.size;
      this.#free.splice(at, 1);
    } else if (joinsBefore) {
      before.size += size;
    } else if (joinsAfter) {
      after.start = address;
      after.size += size;
    } else {
      this.#free.splice(at, 0, { start: address, size });
    }
  }

  /** A view of elements; until the next generation. */
  view(dtype: DType, address: number, size: number): Storage {
    return viewOf(this.memory.buffer, dtype, address, size);
  }
  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }
}

/** A memory that may grow to `maximum` pages, or to fewer where the host has not as many addresses. */
function reserve(
  api: WebAssemblyApi,
  shared: boolean,
  maximum: number,
): { memory: WasmMemory; maximum: number } {
  try {
    return { memory: new api.Memory({ initial: 1, maximum, shared }), maximum };
  } catch (error) {
    if (maximum < 64) {
      throw new ResourceExhaustedError(
        undefined,
        `This host gives the wasm engine no memory: ${(error as Error).message}.`,
        "Choose another engine: TENSORSCOPE_ENGINE=javascript, or config: { engine: 'javascript' }.",
      );
    }
    return reserve(api, shared, Math.floor(maximum / 2));
  }
}

/** Whether elements of a dtype can lie in memory; strings and handles cannot. */
export function isStorable(dtype: DType): boolean {
  return dtype.size > 0;
}

function viewOf(
  buffer: ArrayBuffer | SharedArrayBuffer,
  dtype: DType,
  address: number,
  size: number,
): TypedArray {
  switch (dtype.baseName) {
    case "float32":
      return new Float32Array(buffer, address, size);
    case "float64":
      return new Float64Array(buffer, address, size);
    case "float16":
    case "bfloat16":
    case "uint16":
      return new Uint16Array(buffer, address, size);
    case "int8":
      return new Int8Array(buffer, address, size);
    case "int16":
      return new Int16Array(buffer, address, size);
    case "int32":
      return new Int32Array(buffer, address, size);
    case "uint8":
    case "bool":
      return new Uint8Array(buffer, address, size);
    case "uint32":
      return new Uint32Array(buffer, address, size);
    case "int64":
      return new BigInt64Array(buffer, address, size);
    case "uint64":
      return new BigUint64Array(buffer, address, size);
    case "complex64":
      return new Float32Array(buffer, address, 2 * size);
    case "complex128":
      return new Float64Array(buffer, address, 2 * size);
    default:
      throw new Error(`internal: elements of ${dtype.name} do not lie in memory`);
  }
}
