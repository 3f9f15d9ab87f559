// Tests of threads: pieces cover everything exactly once, results do not depend on them.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { float32 } from "../../core/dtypes.ts";
import { NDArray } from "../../core/ndarray.ts";
import { Builder } from "../builder.ts";
import * as e from "../expr.ts";
import type { Expr } from "../ir.ts";
import { i32 as int, when, whileLoop } from "./assembler.ts";
import { makeWasmEngine } from "./engine.ts";
import type { Library } from "./library.ts";
import { Runtime } from "./runtime.ts";
import { Threads } from "./threads.ts";
import { type WasmFunction, type WebAssemblyApi, webAssembly } from "./webassembly.ts";

const sleep = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

async function started(runtime: Runtime, helpers: number): Promise<void> {
  for (let i = 0; i < 500 && runtime.threads.ready < helpers; i++) await sleep(10);
  expect(runtime.threads.ready).toBe(helpers);
}

/** A function that adds one to each of [begin, end) words from an address on. */
function counting(runtime: Runtime) {
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
  return increment;
}

test("every point of a job is done once, by whichever thread", async () => {
  const runtime = new Runtime(webAssembly as WebAssemblyApi, { shared: true, threads: 4 }, {});
  const increment = counting(runtime);
  const count = 100_000;
  const address = runtime.heap.allocate(4 * count);
  const words = new Int32Array(runtime.heap.memory.buffer, address, count).fill(0);
  runtime.kernels.parallel(increment, count, 1, [address]);
  await started(runtime, 3);
  const jobs = 300;
  for (let i = 1; i < jobs; i++)
    runtime.kernels.parallel(increment, count, 1 + (i % 7) * 500, [address]);
  expect(words.every((word) => word === jobs)).toBe(true);
});

test("results are the same with one thread and with many", async () => {
  const size = 1_000_000;
  const k = new Builder();
  const x = k.input(float32, [1000, 1000]);
  const row = k.input(float32, [1000]);
  const y = k.map([x, row], (a, b) => e.unary("tanh", e.mul(a as Expr, b as Expr)));
  const program = k.program([
    y,
    k.reduce("sum", y, [0]),
    k.reduce("max", y, [1]),
    k.reduce("sum", y, [0, 1]),
  ]);
  const data = Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 1013) / 300 - 1.5);
  const inputs = [
    new NDArray(data, [1000, 1000], float32),
    new NDArray(data.slice(0, 1000), [1000], float32),
  ];
  const context = {
    cell: () => ({ array: null, initialized: false }),
    kernelState: <T>(_: string, create: () => T) => create(),
  };
  const one = makeWasmEngine({ threads: 1 }).load(program).run(inputs, context);
  const many = makeWasmEngine({ threads: 4 }).load(program);
  for (let round = 0; round < 5; round++) {
    const results = many.run(inputs, context);
    results.forEach((array, i) => {
      const alone = one[i]?.data as Float32Array;
      expect((array.data as Float32Array).every((x, j) => x === alone[j])).toBe(true);
    });
    await sleep(40);
  }
});

test("what threads were sent of a function is freed when nobody has the function", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const runtime = new Runtime(webAssembly as WebAssemblyApi, { shared: true, threads: 2 }, {});
  const count = 10_000;
  const address = runtime.heap.allocate(4 * count);
  const addTo = (library: Library): void => {
    library.module.function("run", ["i32", "i32", "i32"], [], (f) => [
      int.store(f.param(2), int.add(int.load(f.param(2)), int.const(1))),
    ]);
  };
  const use = (): void => {
    const { run } = runtime.modules.make(addTo).functions;
    runtime.kernels.parallel(run as WasmFunction, count, 1, [address]);
  };
  use();
  await started(runtime, 1);
  const before = runtime.heap.used;
  for (let i = 0; i < 20; i++) use();
  expect(runtime.heap.used).toBeGreaterThanOrEqual(before + 20 * 64);
  for (let i = 0; i < 100 && runtime.heap.used > before; i++) {
    collect();
    await sleep(10);
  }
  expect(runtime.heap.used).toBeLessThanOrEqual(before);
});

/** Adds one to words from an address on, in the caller and, as a lent function, in other threads. */
function lentCounting(runtime: Runtime, data: unknown = 1) {
  const { threads, heap } = runtime;
  const source = `return (begin, end, words) => {
    const all = new Int32Array(memory.buffer, words);
    for (let i = begin; i < end; i++) {
      if (data === null) throw new Error("refused");
      all[i] += data;
      Atomics.add(all, 1000, 1);
    }
  };`;
  threads.lent = { source, data };
  const address = heap.allocate(4 * 1001);
  const words = new Int32Array(heap.memory.buffer, address, 1001).fill(0);
  const run = (begin: number, end: number): undefined => {
    for (let piece = begin; piece < end; piece++) words[piece] = (words[piece] as number) + 1;
    const until = performance.now() + 0.2;
    while (performance.now() < until);
  };
  return { words, run: (pieces: number) => threads.runLent(run, pieces, [address]) };
}

test("pieces of a lent function are done once each, by whichever thread", async () => {
  const runtime = new Runtime(webAssembly as WebAssemblyApi, { shared: true, threads: 3 }, {});
  const { words, run } = lentCounting(runtime);
  run(3);
  await started(runtime, 2);
  const jobs = 40;
  for (let i = 1; i < jobs; i++) run(3 + (i % 5));
  expect([...words.subarray(0, 3)]).toEqual([jobs, jobs, jobs]);
  expect([...words.subarray(3, 9)]).toEqual([32, 24, 16, 8, 0, 0]);
  // On a busy machine it may take a while until another thread comes in time.
  for (let i = 0; i < 20_000 && words[1000] === 0; i++) run(3);
  expect(words[1000]).toBeGreaterThan(0);
});

test("a lent function that fails in a thread is an error of the job", async () => {
  const runtime = new Runtime(webAssembly as WebAssemblyApi, { shared: true, threads: 2 }, {});
  const { run } = lentCounting(runtime, null);
  run(2);
  await started(runtime, 1);
  const many = () => {
    for (let i = 0; i < 20_000; i++) run(4);
  };
  expect(many).toThrow("a piece of a parallel function failed");
});

test("without threads that can make a lent function, the caller does all pieces", async () => {
  const runtime = new Runtime(webAssembly as WebAssemblyApi, { shared: true, threads: 2 }, {});
  const { words, run } = lentCounting(runtime);
  runtime.threads.lent = { source: "return null.function;", data: 1 };
  run(4);
  await started(runtime, 1);
  for (let i = 0; i < 10; i++) run(4);
  expect([...words.subarray(0, 4)]).toEqual([11, 11, 11, 11]);
});

test("memory that is not shared has one thread", () => {
  const runtime = new Runtime(webAssembly as WebAssemblyApi, { shared: false, threads: 4 }, {});
  expect(runtime.threads.count).toBe(1);
  const address = runtime.heap.allocate(40);
  runtime.heap.bytes(address, 40).fill(0);
  runtime.kernels.parallel(counting(runtime), 10, 1, [address]);
  expect(runtime.heap.bytes(address, 5)).toEqual(Uint8Array.from([1, 0, 0, 0, 1]));
});

test("a piece that fails is an error of the job, and threads go on working", async () => {
  const runtime = new Runtime(webAssembly as WebAssemblyApi, { shared: true, threads: 3 }, {});
  const { fail } = runtime.kernels.functions("fail", (m) => {
    m.function("fail", ["i32", "i32"], [], (f) => [
      int.store(int.const(-4), int.div_s(f.param(0), int.const(0))),
    ]);
  });
  if (!fail) throw new Error("no function");
  expect(() => runtime.kernels.parallel(fail, 100, 1, [])).toThrow(/divide by zero/);
  await started(runtime, 2);
  expect(() => runtime.kernels.parallel(fail, 100, 1, [])).toThrow();
  const address = runtime.heap.allocate(400);
  runtime.heap.bytes(address, 400).fill(0);
  runtime.kernels.parallel(counting(runtime), 100, 1, [address]);
  expect(new Int32Array(runtime.heap.memory.buffer, address, 100).every((x) => x === 1)).toBe(true);
});

test("a thread that is lost is an error of the run, and later runs do without threads", async () => {
  const runtime = new Runtime(webAssembly as WebAssemblyApi, { shared: true, threads: 1 }, {});
  const threads = new Threads(runtime.heap, runtime.modules, 3, 200);
  const increment = counting(runtime);
  // The first piece waits until the two others were taken; they wait for a word to change. Neither waits for ever.
  const [lineBytes, patience] = [128, int.const(-100)];
  const { hang } = runtime.kernels.functions("hang", (m) => {
    m.function("hang", ["i32", "i32", "i32"], [], (f) => {
      const [begin, word, i] = [f.param(0), f.param(2), f.local("i32")];
      const waitFor = (offset: number) =>
        whileLoop(int.and(int.eqz(int.load(word, offset)), int.lt_u(i, patience)), [
          i.set(int.add(i, int.const(1))),
        ]);
      const own = int.add(word, int.mul(begin, int.const(lineBytes)));
      return when(
        begin,
        [int.store(own, int.const(1)), waitFor(0)],
        [waitFor(lineBytes), waitFor(2 * lineBytes)],
      );
    });
  });
  if (!hang) throw new Error("no function");
  const address = runtime.heap.allocate(4 * lineBytes);
  const words = new Int32Array(runtime.heap.memory.buffer, address, lineBytes).fill(0);
  threads.run(increment, 9, 1, [address]);
  for (let i = 0; i < 500 && threads.ready < 2; i++) await sleep(10);
  words.fill(0);
  // One piece per thread: the caller has the first.
  expect(() => threads.run(hang, 3, 1, [address])).toThrow(
    "A thread of the wasm engine does not answer any more",
  );
  words.fill(0, 2);
  threads.run(increment, 8, 1, [address + 16]);
  expect([...words.subarray(4, 12)]).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  words[0] = 1;
});
