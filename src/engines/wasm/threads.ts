/**
 * Threads that run pieces of one function over the shared memory. The caller works too, and takes every piece that no
 * thread has taken, so nothing waits for threads to start.
 */

import type { Heap } from "./heap.ts";
import type { Exports, Modules, Origin } from "./modules.ts";
import type { WasmFunction, WasmMemory } from "./webassembly.ts";

// The control block: words of 32 bits in the shared memory.
/** Counts jobs in its upper half; its lower half is the next piece to be taken. */
const TICKET = 0;
/** Changes with each job; threads sleep on it. */
const SIGNAL = 1;
/** Pieces that are done. */
const DONE = 2;
/** Set by a piece that failed. */
const FAILED = 3;
/** Threads that have started. */
const READY = 4;
const PIECES = 5;
const PIECE_SIZE = 6;
const COUNT = 7;
const MODULE = 8;
const BYTES = 9;
const LENGTH = 10;
const FUNCTION = 11;
const ARGUMENTS = 12;
const FIRST_ARGUMENT = 13;
const words = 64;
const mostArguments = words - FIRST_ARGUMENT;
/** Modules that a thread keeps; the one that it made first is dropped, and made again when needed. */
const modulesPerThread = 1024;
/** The lower half of a ticket while a job is being written. */
const CLOSED = 0xffff;

/**
 * What a thread runs. It is text since it must be a program of its own: in Node it is given to a worker thread, in
 * browsers to a Web Worker. A module comes as bytes in the shared memory, because a thread that waits gets no messages.
 */
const source = `
const start = ({ memory, control, patient }) => {
  const words = new Int32Array(memory.buffer, control, ${words});
  const modules = new Map();
  const refuse = () => { throw new Error("not in a thread"); };
  const host = new Proxy({}, { get: () => refuse });
  const instantiate = () => {
    const bytes = new Uint8Array(memory.buffer, words[${BYTES}] >>> 0, words[${LENGTH}]).slice();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory }, host });
    return Object.values(instance.exports);
  };
  const work = () => {
    for (;;) {
      const ticket = Atomics.load(words, ${TICKET});
      const piece = ticket & 0xffff;
      const pieces = words[${PIECES}];
      if (piece >= pieces) return;
      const size = words[${PIECE_SIZE}], count = words[${COUNT}], index = words[${FUNCTION}], id = words[${MODULE}];
      const args = Array.from(words.subarray(${FIRST_ARGUMENT}, ${FIRST_ARGUMENT} + words[${ARGUMENTS}]));
      let functions = modules.get(id);
      if (!functions) {
        let made = null;
        try { made = instantiate(); } catch {}
        if (Atomics.load(words, ${TICKET}) >>> 16 !== ticket >>> 16) continue;
        if (!made) return;
        if (modules.size >= ${modulesPerThread}) modules.delete(modules.keys().next().value);
        modules.set(id, made);
        functions = made;
        continue;
      }
      if (Atomics.compareExchange(words, ${TICKET}, ticket, ticket + 1) !== ticket) continue;
      try { functions[index](piece * size, Math.min(count, (piece + 1) * size), ...args); }
      catch { Atomics.store(words, ${FAILED}, 1); }
      if (Atomics.add(words, ${DONE}, 1) + 1 === pieces) Atomics.notify(words, ${DONE});
    }
  };
  Atomics.add(words, ${READY}, 1);
  for (;;) {
    const signal = Atomics.load(words, ${SIGNAL});
    work();
    let spins = patient;
    while (spins-- > 0 && Atomics.load(words, ${SIGNAL}) === signal);
    Atomics.wait(words, ${SIGNAL}, signal);
  }
};
if (typeof require === "function") start(require("node:worker_threads").workerData);
else onmessage = ({ data }) => start(data);
`;

interface NodeModules {
  readonly getBuiltinModule?: (name: string) => unknown;
}
interface NodeWorkers {
  readonly Worker: new (
    source: string,
    options: object,
  ) => { unref(): void; on(event: string, listener: () => void): void };
}
interface WebGlobals {
  readonly process?: NodeModules & { readonly env?: Readonly<Record<string, string | undefined>> };
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly Worker?: new (url: string) => { postMessage(data: unknown): void };
  readonly Blob?: new (parts: readonly string[], options: object) => object;
  readonly URL?: { createObjectURL(blob: object): string };
}
const host = globalThis as unknown as WebGlobals;

/** How many threads are worth having: what TENSORSCOPE_THREADS says, or one per processor. */
export function threadsWanted(): number {
  const asked = Number(host.process?.env?.TENSORSCOPE_THREADS ?? Number.NaN);
  if (Number.isInteger(asked) && asked > 0) return asked;
  const os = host.process?.getBuiltinModule?.("node:os") as
    | { availableParallelism(): number }
    | undefined;
  return Math.min(os?.availableParallelism() ?? host.navigator?.hardwareConcurrency ?? 1, 16);
}

export class Threads {
  /** The caller and its helpers. */
  readonly count: number;
  readonly #heap: Heap;
  readonly #modules: Modules;
  readonly #control: number;
  readonly #words: Int32Array;
  readonly #sent = new WeakMap<Exports, { readonly id: number; readonly address: number }>();
  #modulesSent = 0;
  /** Frees the bytes of modules that nobody has any more. */
  readonly #forgotten: FinalizationRegistry<number>;
  /** A job without progress for this long has lost a thread. In milliseconds. */
  readonly #patience: number;
  #started = false;
  #jobs = 0;
  #broken = false;

  constructor(heap: Heap, modules: Modules, count: number, patience = 30_000) {
    this.#patience = patience;
    this.#heap = heap;
    this.#modules = modules;
    this.#forgotten = new FinalizationRegistry((address) => heap.free(address));
    this.count = heap.shared ? count : 1;
    this.#control = heap.allocate(4 * words);
    this.#words = new Int32Array(heap.memory.buffer, this.#control, words);
    this.#words.fill(0);
  }

  /** Threads that take part by now. */
  get ready(): number {
    return Atomics.load(this.#words, READY);
  }

  /** Calls `run(begin, end, ...args)` for pieces of [0, count) of at least `grain`, and returns when all are done. */
  run(run: WasmFunction, count: number, grain: number, args: readonly number[]): void {
    const origin = this.#modules.origins.get(run);
    const size = this.#pieceSize(count, grain);
    if (size >= count || !origin || this.#broken || args.length > mostArguments) {
      run(0, count, ...args);
      return;
    }
    if (!this.#started) this.#start();
    const ready = Atomics.load(this.#words, READY);
    if (ready === 0) {
      run(0, count, ...args);
      return;
    }
    const pieces = Math.ceil(count / size);
    this.#post(origin, pieces, size, count, args);
    let failure: unknown;
    this.#work(pieces, (piece) => {
      try {
        run(piece * size, Math.min(count, (piece + 1) * size), ...args);
      } catch (error) {
        failure = error;
      }
    });
    this.#wait(pieces);
    if (failure !== undefined) throw failure;
    if (Atomics.load(this.#words, FAILED) !== 0)
      throw new Error("internal: a piece of a parallel function failed");
  }

  /** Some pieces per thread, so that a thread that is late does not keep the others waiting; multiples of `grain`. */
  #pieceSize(count: number, grain: number): number {
    const share = Math.ceil(count / (3 * this.count));
    return Math.ceil(Math.max(1, share, Math.ceil(count / (CLOSED - 1))) / grain) * grain;
  }

  #post(
    origin: Origin,
    pieces: number,
    size: number,
    count: number,
    args: readonly number[],
  ): void {
    const { id, address } = this.#send(origin.module);
    const shared = this.#words;
    this.#jobs = (this.#jobs + 1) & 0x7fff;
    Atomics.store(shared, TICKET, (this.#jobs << 16) | CLOSED);
    shared[DONE] = 0;
    shared[FAILED] = 0;
    shared[PIECES] = pieces;
    shared[PIECE_SIZE] = size;
    shared[COUNT] = count;
    shared[MODULE] = id;
    shared[BYTES] = address;
    shared[LENGTH] = origin.module.bytes.length;
    shared[FUNCTION] = origin.index;
    shared[ARGUMENTS] = args.length;
    args.forEach((value, i) => {
      shared[FIRST_ARGUMENT + i] = value;
    });
    Atomics.store(shared, TICKET, this.#jobs << 16);
    Atomics.add(shared, SIGNAL, 1);
    Atomics.notify(shared, SIGNAL);
  }

  #work(pieces: number, run: (piece: number) => void): void {
    const shared = this.#words;
    for (;;) {
      const ticket = Atomics.load(shared, TICKET);
      const piece = ticket & 0xffff;
      if (piece >= pieces) return;
      if (Atomics.compareExchange(shared, TICKET, ticket, ticket + 1) !== ticket) continue;
      run(piece);
      Atomics.add(shared, DONE, 1);
    }
  }

  #wait(pieces: number): void {
    const shared = this.#words;
    let spins = 10_000;
    for (;;) {
      const done = Atomics.load(shared, DONE);
      if (done === pieces) return;
      if (spins-- > 0) continue;
      if (sleep(shared, done, this.#patience) !== "timed-out") continue;
      if (Atomics.load(shared, DONE) !== done) continue;
      this.#broken = true;
      throw new Error(
        "A thread of the wasm engine does not answer any more: this run is lost, and later ones use one thread.",
      );
    }
  }

  /** The bytes of a module in shared memory, where threads find them. */
  #send(module: Exports): { readonly id: number; readonly address: number } {
    let sent = this.#sent.get(module);
    if (!sent) {
      const address = this.#heap.allocate(module.bytes.length);
      this.#heap.bytes(address, module.bytes.length).set(module.bytes);
      this.#modulesSent += 1;
      sent = { id: this.#modulesSent, address };
      this.#sent.set(module, sent);
      this.#forgotten.register(module, address);
    }
    return sent;
  }

  #start(): void {
    this.#started = true;
    const data = { memory: this.#heap.memory, control: this.#control, patient: 4000 };
    try {
      for (let i = 1; i < this.count; i++) startThread(data);
    } catch {
      // No threads here: the caller does all the work.
    }
  }
}

/** Sleeps until another piece is done; spins where the host forbids sleeping. */
function sleep(shared: Int32Array, done: number, patience: number): string {
  try {
    return Atomics.wait(shared, DONE, done, patience);
  } catch {
    return "not allowed";
  }
}

function startThread(data: { memory: WasmMemory; control: number; patient: number }): void {
  const node = host.process?.getBuiltinModule?.("node:worker_threads") as NodeWorkers | undefined;
  if (node) {
    const worker = new node.Worker(source, { eval: true, workerData: data, execArgv: [], env: {} });
    // A thread that fails takes no more pieces; the others and the caller do.
    worker.on("error", () => undefined);
    worker.unref();
    return;
  }
  if (!host.Worker || !host.Blob || !host.URL) return;
  const blob = new host.Blob([source], { type: "text/javascript" });
  new host.Worker(host.URL.createObjectURL(blob)).postMessage(data);
}
