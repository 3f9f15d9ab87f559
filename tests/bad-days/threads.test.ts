// Threads that end: really ended ones, while they work, while they wait, before they start.
import { afterEach, expect, test } from "vitest";
import { i32 as int, whileLoop } from "../../src/engines/wasm/assembler.ts";
import { Runtime } from "../../src/engines/wasm/runtime.ts";
import { Threads, threadsWanted } from "../../src/engines/wasm/threads.ts";
import {
  type WasmFunction,
  type WebAssemblyApi,
  webAssembly,
} from "../../src/engines/wasm/webassembly.ts";
import * as tf from "../../src/index.ts";

interface Worker {
  terminate(): Promise<number>;
}
type WorkerClass = new (source: string, options: object) => Worker;
const workers = process.getBuiltinModule("node:worker_threads") as unknown as {
  Worker: WorkerClass;
};
const Original = workers.Worker;
const threadsBefore = process.env.TENSORSCOPE_THREADS;

afterEach(() => {
  workers.Worker = Original;
  if (threadsBefore === undefined) delete process.env.TENSORSCOPE_THREADS;
  else process.env.TENSORSCOPE_THREADS = threadsBefore;
});

const sleep = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

interface Stage {
  readonly runtime: Runtime;
  readonly threads: Threads;
  readonly workers: readonly Worker[];
  readonly words: Int32Array;
  readonly address: number;
  readonly increment: WasmFunction;
}

/** Threads whose workers are known, and a function that adds one to each of [begin, end) words. */
async function stage(count: number): Promise<Stage> {
  const started: Worker[] = [];
  workers.Worker = class extends Original {
    constructor(source: string, options: object) {
      super(source, options);
      started.push(this);
    }
  };
  const runtime = new Runtime(webAssembly as WebAssemblyApi, { shared: true, threads: 1 }, {});
  const threads = new Threads(runtime.heap, runtime.modules, count, 60_000);
  const { increment } = runtime.kernels.functions("increment", (m) => {
    m.function("increment", ["i32", "i32", "i32"], [], (f) => {
      const [i, end, words] = [f.param(0), f.param(1), f.param(2)];
      const address = int.add(words, int.shl(i, int.const(2)));
      return whileLoop(int.lt_s(i, end), [
        int.store(address, int.add(int.load(address), int.const(1))),
        i.set(int.add(i, int.const(1))),
      ]);
    });
  });
  if (!increment) throw new Error("no function");
  const address = runtime.heap.allocate(4000);
  const words = new Int32Array(runtime.heap.memory.buffer, address, 1000).fill(0);
  threads.run(increment, 1000, 1, [address]);
  for (let i = 0; i < 500 && threads.ready < started.length; i++) await sleep(10);
  words.fill(0);
  return { runtime, threads, workers: started, words, address, increment };
}

/** Counts the words some times; all pieces are done, by whoever is left. */
function expectWork({ threads, words, address, increment }: Stage): void {
  words.fill(0);
  for (let i = 0; i < 20; i++) threads.run(increment, 1000, 1, [address]);
  expect(words.every((word) => word === 20)).toBe(true);
}

/** A job in which every helper that takes a piece keeps it until word 0 changes, and the caller does `meanwhile`. */
function holdingJob({ runtime, threads, address }: Stage, meanwhile: () => void): () => void {
  const { hold } = runtime.kernels.functions("hold", (m) => {
    m.function("hold", ["i32", "i32", "i32"], [], (f) => {
      const [begin, , word] = [f.param(0), f.param(1), f.param(2)];
      return [
        int.store(int.add(word, int.shl(begin, int.const(2))), int.const(1), 400),
        whileLoop(int.eqz(int.load(word)), []),
      ];
    });
  });
  const origin = hold && runtime.modules.origins.get(hold);
  if (!origin) throw new Error("no function");
  let isFirst = true;
  const run: WasmFunction = () => {
    if (isFirst) meanwhile();
    isFirst = false;
    return undefined;
  };
  runtime.modules.origins.set(run, origin);
  return () => threads.run(run, 3, 1, [address]);
}

/** Waits, without returning to the event loop, until helpers hold so many pieces. */
function untilHeld(words: Int32Array, count: number): void {
  const end = performance.now() + 10_000;
  while (performance.now() < end) {
    if (words.subarray(100, 103).reduce((a, b) => a + b) >= count) return;
    Atomics.wait(words, 999, 0, 1);
  }
  throw new Error("No thread took a piece.");
}

test("a thread that is ended while it holds a piece is an error of the run at once, and the others go on", async () => {
  const all = await stage(3);
  const { threads, words } = all;
  expect(threads.ready).toBe(2);
  const [first] = all.workers as [Worker];
  let ended: Promise<number> | undefined;
  const job = holdingJob(all, () => {
    untilHeld(words, 2);
    ended = first.terminate();
    // The other one finishes its piece a little later.
    Atomics.wait(words, 999, 0, 1500);
    Atomics.store(words, 0, 1);
  });
  // The patience with a thread that only takes long is longer than this test may take.
  expect(job).toThrow(
    "A thread of the wasm engine ended in the middle of a run; 2 of 3 threads go on.\nVariables that this run was writing may be half written: restore them from a checkpoint, then go on.",
  );
  expect(threads.ready).toBe(1);
  expectWork(all);
  await ended;
  expectWork(all);
});

test("threads that are ended while they wait are left out", async () => {
  const all = await stage(4);
  expect(all.threads.ready).toBe(3);
  await all.workers[0]?.terminate();
  await all.workers[2]?.terminate();
  expectWork(all);
  expect(all.threads.ready).toBe(1);
  await all.workers[1]?.terminate();
  expectWork(all);
  expect(all.threads.ready).toBe(0);
});

test("threads that are ended without the caller hearing of it take nothing away", async () => {
  const all = await stage(3);
  const ended = all.workers.map((worker) => worker.terminate());
  // No event comes before this returns.
  Atomics.wait(all.words, 999, 0, 300);
  expectWork(all);
  await Promise.all(ended);
});

/** A function that keeps how many points each call had, with a module that no thread can make. */
function counter(runtime: Runtime): { readonly ran: number[]; readonly add: WasmFunction } {
  const ran: number[] = [];
  const add: WasmFunction = (begin, end) => {
    ran.push(end - begin);
    return undefined;
  };
  const module = { functions: {}, bytes: new Uint8Array(8) };
  runtime.modules.origins.set(add, { module, index: 0 });
  return { ran, add };
}

test("threads that fail when they start leave all work to the caller", async () => {
  workers.Worker = class extends Original {
    constructor(_: string, options: object) {
      super("throw new Error('no start');", options);
    }
  };
  const runtime = new Runtime(webAssembly as WebAssemblyApi, { shared: true, threads: 1 }, {});
  const threads = new Threads(runtime.heap, runtime.modules, 3);
  const { ran, add } = counter(runtime);
  threads.run(add, 100, 1, []);
  await sleep(300);
  threads.run(add, 100, 1, []);
  expect(ran.reduce((a, b) => a + b)).toBe(200);
  expect(threads.ready).toBe(0);
});

test("threads that run out of memory of their own are left out", async () => {
  workers.Worker = class extends Original {
    constructor(source: string, options: object) {
      super(`const hoard = []; for (;;) hoard.push(new Array(1e5).fill(hoard.length)); ${source}`, {
        ...options,
        resourceLimits: { maxOldGenerationSizeMb: 8 },
      });
    }
  };
  const runtime = new Runtime(webAssembly as WebAssemblyApi, { shared: true, threads: 1 }, {});
  const threads = new Threads(runtime.heap, runtime.modules, 2);
  const { ran, add } = counter(runtime);
  threads.run(add, 100, 1, []);
  await sleep(500);
  threads.run(add, 100, 1, []);
  expect(ran.reduce((a, b) => a + b)).toBe(200);
  expect(threads.ready).toBe(0);
});

test("where threads cannot be started, the caller does all the work", () => {
  workers.Worker = class {
    constructor() {
      throw new Error("Access to this API has been restricted");
    }
  } as unknown as WorkerClass;
  const runtime = new Runtime(webAssembly as WebAssemblyApi, { shared: true, threads: 4 }, {});
  const { ran, add } = counter(runtime);
  runtime.threads.run(add, 100, 1, []);
  expect(ran).toEqual([100]);
});

test("a memory without room for the threads' code does the work with one", async () => {
  const all = await stage(2);
  const { runtime, threads, words, address } = all;
  const { other } = runtime.kernels.functions("other", (m) => {
    m.function("other", ["i32", "i32", "i32"], [], (f) => {
      const [i, end, words] = [f.param(0), f.param(1), f.param(2)];
      return whileLoop(int.lt_s(i, end), [
        int.store(int.add(words, int.shl(i, int.const(2))), int.const(5)),
        i.set(int.add(i, int.const(1))),
      ]);
    });
  });
  runtime.heap.allocate = () => {
    throw new tf.errors.ResourceExhaustedError(undefined, "OOM");
  };
  threads.run(other as WasmFunction, 1000, 1, [address]);
  expect(words.every((word) => word === 5)).toBe(true);
});

test.each(["abc", "0", "-1", "2.5", " "])("TENSORSCOPE_THREADS=%s is refused", (text) => {
  process.env.TENSORSCOPE_THREADS = text;
  expect(() => threadsWanted()).toThrow(
    `TENSORSCOPE_THREADS is '${text}', which is no number of threads.\nUse a whole number from 1 on, or leave it out to have one thread per processor.`,
  );
});

test("TENSORSCOPE_THREADS is taken as far as it makes sense", () => {
  process.env.TENSORSCOPE_THREADS = "3";
  expect(threadsWanted()).toBe(3);
  process.env.TENSORSCOPE_THREADS = "1000";
  expect(threadsWanted()).toBe(64);
  process.env.TENSORSCOPE_THREADS = "";
  expect(threadsWanted()).toBeGreaterThan(0);
});

test("runs while threads are ended give right results or say that they are lost, and later runs are right", async () => {
  process.env.TENSORSCOPE_THREADS = "4";
  const started: Worker[] = [];
  workers.Worker = class extends Original {
    constructor(source: string, options: object) {
      super(source, options);
      started.push(this);
    }
  };
  const x = tf.placeholder(tf.float32, [null, 1000], { name: "x" });
  const y = tf.reduceSum(tf.tanh(tf.exp(tf.negative(x)), { name: "chain" }), { axis: 1 });
  const sess = new tf.Session("", { config: { engine: "wasm" } });
  const data = Float32Array.from({ length: 500_000 }, (_, i) => (i % 977) / 100);
  const feeds = [[x, new tf.NDArray(data, [500, 1000], tf.float32)]] as const;
  const right = sess.runSync(y, feeds).toArray();
  await sleep(300);
  expect(started).toHaveLength(3);
  for (const worker of started) {
    const ended = worker.terminate();
    for (let i = 0; i < 3; i++) {
      try {
        expect(sess.runSync(y, feeds).toArray()).toEqual(right);
      } catch (error) {
        if (!(error instanceof tf.errors.UnavailableError)) throw error;
        expect(error.message).toMatch(
          /^A thread of the wasm engine ended in the middle of a run; \d of 4 threads go on\.\n\t \[\[\{\{node \w+\}\}\]\]\nVariables/,
        );
      }
    }
    await ended;
    expect(sess.runSync(y, feeds).toArray()).toEqual(right);
  }
  sess.close();
});
