/**
 * Operations of the library side by side, each with one thread, on the threads of the wasm engine. The library has
 * threads of its own, but they and ours would keep each other from the processors: each kind looks out for its next
 * work for a while before it rests.
 */

import type { Heap } from "../wasm/heap.ts";
import type { Threads } from "../wasm/threads.ts";
import type { Ffi } from "./ffi.ts";
import type { OneDnn, Primitive } from "./onednn.ts";

/** Numbers per operation in the table that a job is posted with. */
const entry = 4;

/** What a thread runs: the operations of a table from one piece to another. */
const source = `
const { koffi, library, openMp } = data;
const native = require(koffi);
if (openMp) native.load(openMp).func("omp_set_num_threads", "void", ["int"])(1);
const run = native.load(library).func("dnnl_primitive_execute", "int", ["intptr_t", "intptr_t", "int", "intptr_t"]);
return (begin, end, table) => {
  const calls = new Float64Array(memory.buffer, table >>> 0, ${entry} * end);
  for (let i = ${entry} * begin; i < calls.length; i += ${entry}) {
    if (run(calls[i], calls[i + 1], calls[i + 2], calls[i + 3]) !== 0) throw new Error("refused");
  }
};
`;

export class Crew {
  /** How many operations run at once at most. */
  readonly count: number;
  readonly #heap: Heap;
  readonly #threads: Threads | null;

  /** Of the engine's threads, which have not worked yet; without any, operations run one after the other. */
  constructor(ffi: Ffi, library: OneDnn, heap: Heap, threads: Threads | null) {
    this.#heap = heap;
    this.#threads = threads;
    this.count = library.canShare ? (threads?.count ?? 2) : 1;
    const openMp = library.threads?.path ?? null;
    if (threads)
      threads.lent = { source, data: { koffi: ffi.path, library: library.path, openMp } };
  }

  /** Bytes of the table of so many operations. */
  bytes(operations: number): number {
    return 8 * entry * operations;
  }

  /** Runs operations that were placed; the table is a block of this engine's memory for them alone. */
  together(operations: readonly Primitive[], table: number): () => void {
    const calls = operations.flatMap(({ call }) => call);
    new Float64Array(this.#heap.memory.buffer, table, calls.length).set(calls);
    const args = [table];
    const run = (piece: number) => (operations[piece] as Primitive).runPlaced();
    const threads = this.#threads;
    return () => {
      if (threads) threads.runLent(run, operations.length, args);
      else for (let i = 0; i < operations.length; i++) run(i);
    };
  }
}
