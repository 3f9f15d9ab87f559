/**
 * Operations of the library side by side, each with one thread, on the threads of the wasm engine. The library has
 * threads of its own, but they and ours would keep each other from the processors: each kind looks out for its next
 * work for a while before it rests.
 */

import type { Heap } from "../wasm/heap.ts";
import type { Threads } from "../wasm/threads.ts";
import type { Ffi } from "./ffi.ts";
import type { OneDnn } from "./onednn.ts";
import type { Primitive } from "./primitive.ts";

/** Numbers per operation in the table that a job is posted with. */
const entry = 4;

/** What a thread runs: the operations of a table from one piece to another. */
const source = `
const { koffi, library, openMp } = data;
const native = require(koffi);
if (openMp) native.load(openMp).func("omp_set_num_threads", "void", ["int"])(1);
const run = native.load(library).func("dnnl_primitive_execute", "int", ["intptr_t", "intptr_t", "int", "intptr_t"]);
let numbers = new Float64Array(memory.buffer);
return (begin, end, table) => {
  if (numbers.buffer !== memory.buffer) numbers = new Float64Array(memory.buffer);
  const first = (table >>> 0) / 8;
  for (let i = first + ${entry} * begin; i < first + ${entry} * end; i += ${entry}) {
    if (run(numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3]) !== 0) throw new Error("refused");
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
    const run = (begin: number, end: number): undefined => {
      for (let i = begin; i < end; i++) (operations[i] as Primitive).runPlaced();
    };
    const threads = this.#threads;
    const count = operations.length;
    return threads ? () => threads.runLent(run, count, args) : () => run(0, count);
  }
}
