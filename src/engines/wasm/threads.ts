/**
 * Threads that run pieces of one function over the shared memory. The caller works too, and takes every piece that no
 * thread has taken, so nothing waits for threads to start.
 */

import { ResourceExhaustedError, UnavailableError, ValueError } from "../../core/errors.ts";
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
const PIECES = 4;
const PIECE_SIZE = 5;
const COUNT = 6;
const MODULE = 7;
const BYTES = 8;
const LENGTH = 9;
const FUNCTION = 10;
const ARGUMENTS = 11;
const FIRST_ARGUMENT = 12;
/** From here on, one word per thread tells what it does: nothing yet, waits, holds a piece. */
const words = 64;
const WAITS = 1;
const HOLDS = 2;
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
const start = ({ memory, control, state, patient, lent }) => {
  const words = new Int32Array(memory.buffer, control, state + 1);
  const modules = new Map();
  // Nothing is made anew for each piece, so that hardly anything is left behind.
  const args = [];
  const refuse = () => { throw new Error("not in a thread"); };
  const host = new Proxy({}, { get: () => refuse });
  const instantiate = (id) => {
    if (id === 0) return [new Function("require", "memory", "data", lent.source)(require, memory, lent.data)];
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
      const size = words[${PIECE_SIZE}] >>> 0, count = words[${COUNT}] >>> 0, index = words[${FUNCTION}], id = words[${MODULE}];
      args.length = Math.min(words[${ARGUMENTS}], ${mostArguments});
      for (let i = 0; i < args.length; i++) args[i] = words[${FIRST_ARGUMENT} + i];
      let functions = modules.get(id);
      if (!functions) {
        let made = null;
        try { made = instantiate(id); } catch {}
        if (Atomics.load(words, ${TICKET}) >>> 16 !== ticket >>> 16) continue;
        if (!made) return;
        if (modules.size >= ${modulesPerThread}) modules.delete(modules.keys().next().value);
        modules.set(id, made);
        functions = made;
        continue;
      }
      Atomics.store(words, state, ${HOLDS});
      if (Atomics.compareExchange(words, ${TICKET}, ticket, ticket + 1) !== ticket) {
        Atomics.store(words, state, ${WAITS});
        continue;
      }
      try { functions[index](piece * size, Math.min(count, (piece + 1) * size), ...args); }
      catch { Atomics.store(words, ${FAILED}, 1); }
      if (Atomics.add(words, ${DONE}, 1) + 1 === pieces) Atomics.notify(words, ${DONE});
      Atomics.store(words, state, ${WAITS});
    }
  };
  Atomics.store(words, state, ${WAITS});
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
interface NodePort {
  unref(): void;
  postMessage(data: unknown): unknown;
}
interface NodeWorkers {
  readonly Worker: new (
    source: string,
    options: object,
  ) => { unref(): void; on(event: string, listener: () => void): void };
  readonly MessageChannel: new () => { readonly port1: NodePort; readonly port2: NodePort };
  readonly receiveMessageOnPort: (port: NodePort) => unknown;
}
interface WebGlobals {
  readonly process?: NodeModules & { readonly env?: Readonly<Record<string, string | undefined>> };
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly Worker?: new (url: string) => { postMessage(data: unknown): void };
  readonly Blob?: new (parts: readonly string[], options: object) => object;
  readonly URL?: { createObjectURL(blob: object): string };
}
const host = globalThis as unknown as WebGlobals;

/** More threads than this are not started, whatever is asked for. */
const mostThreads = 64;

/** How many threads are worth having: what TENSORSCOPE_THREADS says, or one per processor. */
export function threadsWanted(): number {
  const asked = host.process?.env?.TENSORSCOPE_THREADS;
  if (asked) {
    const count = Number(asked);
    if (Number.isInteger(count) && count > 0) return Math.min(count, mostThreads);
    throw new ValueError(
      `TENSORSCOPE_THREADS is '${asked}', which is no number of threads.`,
      "Use a whole number from 1 on, or leave it out to have one thread per processor.",
    );
  }
  const os = host.process?.getBuiltinModule?.("node:os") as
    | { availableParallelism(): number }
    | undefined;
  return Math.min(os?.availableParallelism() ?? host.navigator?.hardwareConcurrency ?? 1, 16);
}

/** A function that is of no module: every thread makes one for itself. */
export interface Lent {
  /**
   * The body of a function of `require`, `memory` and `data`, which returns the function: it gets the first piece that
   * it is to run, the one behind the last, and what was given with the job.
   */
  readonly source: string;
  /** What can be posted to a worker. */
  readonly data: unknown;
}

/** A thread that was started, as far as the caller knows. */
interface Helper {
  /** Its word of the control block. */
  readonly state: number;
  /** Whether it has ended, as far as that can be found out while the caller does not return to the event loop. */
  hasEnded(): boolean;
}

export class Threads {
  /** The caller and its helpers. */
  readonly count: number;
  readonly #heap: Heap;
  readonly #modules: Modules;
  readonly #control: number;
  readonly #words: Int32Array;
  readonly #sent = new WeakMap<Exports, Sent>();
  readonly #posted = new WeakMap<WasmFunction, Posted>();
  #modulesSent = 0;
  /** Frees the bytes of modules that nobody has any more. */
  readonly #forgotten: FinalizationRegistry<number>;
  /** A job without progress for this long has lost a thread. In milliseconds. */
  readonly #patience: number;
  /** What threads can run besides functions of modules; to be set before the first job. */
  lent: Lent | null = null;
  #helpers: Helper[] = [];
  #started = false;
  #jobs = 0;
  #broken = false;

  constructor(heap: Heap, modules: Modules, count: number, patience = 30_000) {
    this.#patience = patience;
    this.#heap = heap;
    this.#modules = modules;
    this.#forgotten = new FinalizationRegistry((address) => heap.free(address));
    this.count = heap.shared ? count : 1;
    const length = words + this.count - 1;
    this.#control = heap.allocate(4 * length);
    this.#words = new Int32Array(heap.memory.buffer, this.#control, length);
    this.#words.fill(0);
  }

  /** Threads that take part by now. */
  get ready(): number {
    let ready = 0;
    for (const { state } of this.#helpers) if (Atomics.load(this.#words, state) !== 0) ready++;
    return ready;
  }

  /** Calls `run(begin, end, ...args)` for pieces of [0, count) of at least `grain`, and returns when all are done. */
  run(run: WasmFunction, count: number, grain: number, args: readonly number[]): void {
    const origin = this.#modules.origins.get(run);
    const size = this.#pieceSize(count, grain);
    if (size >= count || !origin || this.#broken || args.length > mostArguments) {
      run(0, count, ...args);
      return;
    }
    const posted = this.#hasHelpers() ? this.#send(run, origin) : null;
    if (posted === null) {
      run(0, count, ...args);
      return;
    }
    this.#post(posted, size, count, args);
    this.#share(run, size, count, args);
  }

  /**
   * Calls a function for single pieces below a count, as `run` does: `run` itself in this thread, and in others the lent
   * function, which does the same.
   */
  runLent(run: WasmFunction, count: number, args: readonly number[]): void {
    if (count > 1 && this.lent && !this.#broken && this.#hasHelpers()) {
      this.#post(theLent, 1, count, args);
      this.#share(run, 1, count, args);
      return;
    }
    run(0, count, ...args);
  }

  #hasHelpers(): boolean {
    if (!this.#started) this.#start();
    return this.ready > 0;
  }

  /** Does pieces of the present job until there are none, and waits for those that others have. */
  #share(run: WasmFunction, size: number, count: number, args: readonly number[]): void {
    const shared = this.#words;
    const pieces = Math.ceil(count / size);
    let failure: unknown;
    for (;;) {
      const ticket = Atomics.load(shared, TICKET);
      const piece = ticket & 0xffff;
      if (piece >= pieces) break;
      if (Atomics.compareExchange(shared, TICKET, ticket, ticket + 1) !== ticket) continue;
      try {
        run(piece * size, Math.min(count, (piece + 1) * size), ...args);
      } catch (error) {
        failure = error;
      }
      Atomics.add(shared, DONE, 1);
    }
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
    { id, address, length, index }: Posted,
    size: number,
    count: number,
    args: readonly number[],
  ): void {
    const shared = this.#words;
    this.#jobs = (this.#jobs + 1) & 0x7fff;
    Atomics.store(shared, TICKET, (this.#jobs << 16) | CLOSED);
    shared[DONE] = 0;
    shared[FAILED] = 0;
    shared[PIECES] = Math.ceil(count / size);
    shared[PIECE_SIZE] = size;
    shared[COUNT] = count;
    shared[MODULE] = id;
    shared[BYTES] = address;
    shared[LENGTH] = length;
    shared[FUNCTION] = index;
    shared[ARGUMENTS] = args.length;
    for (let i = 0; i < args.length; i++) shared[FIRST_ARGUMENT + i] = args[i] as number;
    Atomics.store(shared, TICKET, this.#jobs << 16);
    Atomics.add(shared, SIGNAL, 1);
    Atomics.notify(shared, SIGNAL);
  }

  #wait(pieces: number): void {
    const shared = this.#words;
    let spins = 10_000;
    let waited = 0;
    for (;;) {
      const done = Atomics.load(shared, DONE);
      if (done === pieces) return;
      if (spins-- > 0) continue;
      // Threads are asked for a sign of life at intervals that double, since asking leaves something behind.
      const nap = Math.min(Math.max(waited, firstDoubt), this.#patience - waited);
      if (sleep(shared, done, nap) !== "timed-out" || Atomics.load(shared, DONE) !== done) {
        waited = 0;
        continue;
      }
      waited += nap;
      this.#dropEnded();
      const isHeld = this.#helpers.some(({ state }) => Atomics.load(shared, state) === HOLDS);
      if (!isHeld && Atomics.load(shared, DONE) === done) {
        throw lost(
          `A thread of the wasm engine ended in the middle of a run; ${this.#helpers.length + 1} of ${this.count} threads go on.`,
        );
      }
      if (waited < this.#patience) continue;
      this.#broken = true;
      throw lost(
        "A thread of the wasm engine does not answer any more: this run is lost, and later ones use one thread.",
      );
    }
  }

  /** Leaves out threads that have ended; what they did not hold is done by the others. */
  #dropEnded(): void {
    this.#helpers = this.#helpers.filter((helper) => !helper.hasEnded());
  }

  /** What threads need to know of a function, whose module is copied to shared memory; null where there is no room for it. */
  #send(run: WasmFunction, { module, index }: Origin): Posted | null {
    const known = this.#posted.get(run);
    if (known) return known;
    const sent = this.#sent.get(module) ?? this.#copy(module);
    if (!sent) return null;
    const posted = { ...sent, length: module.bytes.length, index };
    this.#posted.set(run, posted);
    return posted;
  }

  #copy(module: Exports): Sent | null {
    let address: number;
    try {
      address = this.#heap.allocate(module.bytes.length);
    } catch (error) {
      if (error instanceof ResourceExhaustedError) return null;
      throw error;
    }
    this.#heap.bytes(address, module.bytes.length).set(module.bytes);
    this.#modulesSent += 1;
    const sent = { id: this.#modulesSent, address };
    this.#sent.set(module, sent);
    this.#forgotten.register(module, address);
    return sent;
  }

  #start(): void {
    this.#started = true;
    const { memory } = this.#heap;
    try {
      for (let state = words; state < words + this.count - 1; state++) {
        const data = { memory, control: this.#control, state, patient: 4000, lent: this.lent };
        const helper = startThread(data, () => this.#dropEnded());
        if (helper) this.#helpers.push(helper);
      }
    } catch {
      // No more threads here: the caller does all the work.
    }
  }
}

interface Sent {
  readonly id: number;
  readonly address: number;
}
/** The function of a job. */
interface Posted extends Sent {
  /** Bytes of its module. */
  readonly length: number;
  readonly index: number;
}
/** Modules count from 1. */
const theLent: Posted = { id: 0, address: 0, length: 0, index: 0 };

/** After so long without progress it is asked whether a thread has ended. In milliseconds. */
const firstDoubt = 500;

function lost(message: string): UnavailableError {
  return new UnavailableError(
    undefined,
    message,
    "Variables that this run was writing may be half written: restore them from a checkpoint, then go on.",
  );
}

/** Sleeps until another piece is done; spins where the host forbids sleeping. */
function sleep(shared: Int32Array, done: number, patience: number): string {
  try {
    return Atomics.wait(shared, DONE, done, patience);
  } catch {
    return "not allowed";
  }
}

interface ThreadData {
  readonly memory: WasmMemory;
  readonly control: number;
  readonly state: number;
  readonly patient: number;
  readonly lent: Lent | null;
}

/** Starts a thread where the host has any; `onEnd` is called after it has ended. */
function startThread(data: ThreadData, onEnd: () => void): Helper | null {
  const node = host.process?.getBuiltinModule?.("node:worker_threads") as NodeWorkers | undefined;
  if (node) return startNodeThread(node, data, onEnd);
  if (!host.Worker || !host.Blob || !host.URL) return null;
  const blob = new host.Blob([source], { type: "text/javascript" });
  new host.Worker(host.URL.createObjectURL(blob)).postMessage(data);
  return { state: data.state, hasEnded: () => false };
}

/**
 * A worker thread of Node. That it has ended is told by an event, which cannot come while the caller waits. But a
 * channel closes together with a thread that has its other end, and Node posts nothing to a closed one.
 */
function startNodeThread(node: NodeWorkers, data: ThreadData, onEnd: () => void): Helper {
  const { port1, port2 } = new node.MessageChannel();
  port1.unref();
  const worker = new node.Worker(source, {
    eval: true,
    workerData: { ...data, port: port2 },
    transferList: [port2],
    execArgv: [],
    env: {},
    // What little it leaves behind is cleared away soon.
    resourceLimits: { maxYoungGenerationSizeMb: 1 },
  });
  let ended = false;
  const end = () => {
    ended = true;
    onEnd();
  };
  worker.on("error", end);
  worker.on("exit", end);
  worker.unref();
  const isOpen = () => port1.postMessage(0) === true;
  const canTell = isOpen();
  const hasEnded = () => {
    if (ended || !canTell) return ended;
    node.receiveMessageOnPort(port1);
    return !isOpen();
  };
  return { state: data.state, hasEnded };
}
