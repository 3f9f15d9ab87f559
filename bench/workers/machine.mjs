// What the machine can do, measured beside the works: copying memory, and multiplying and adding in WebAssembly.
// Every thread works on memory of its own, so that copying is the C library's plain memmove.
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { serve } from "./lines.mjs";

const threads = Number(process.env.BENCH_THREADS);
const copied = 10_000_000;
const loops = 200_000;
const chains = 12;

/** A function of a count: that many times, `chains` independent vectors are multiplied and added to. */
function multiplyAdds(isRelaxed) {
  const number = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...number(n >>> 7)]);
  const get = (i) => [0x20, i];
  const set = (i) => [0x21, i];
  const simd = (code) => [0xfd, ...number(code)];
  const factor = chains + 1;
  const step = (i) =>
    isRelaxed
      ? [...get(i), ...get(factor), ...get(factor), ...simd(0x105), ...set(i)]
      : [...get(i), ...get(factor), ...simd(0xe6), ...get(factor), ...simd(0xe4), ...set(i)];
  const body = [
    ...[1, ...number(chains + 1), 0x7b],
    ...[0x43, 0, 0, 0, 0x3f, ...simd(0x13), ...set(factor)],
    ...[0x03, 0x40],
    ...Array.from({ length: chains }, (_, i) => step(i + 1)).flat(),
    ...[...get(0), 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b],
    ...Array.from({ length: chains }, (_, i) => get(i + 1)).flat(),
    ...Array.from({ length: chains - 1 }, () => simd(0xe4)).flat(),
    ...[...simd(0x1f), 0, 0x0b],
  ];
  const section = (id, bytes) => [id, ...number(bytes.length), ...bytes];
  const bytes = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7d]),
    ...section(3, [1, 0]),
    ...section(7, [1, 1, 0x66, 0, 0]),
    ...section(10, [1, ...number(body.length), ...body]),
  ]);
  if (!WebAssembly.validate(bytes)) return undefined;
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f;
}

const source = new Float32Array(copied / threads).fill(1);
const target = new Float32Array(copied / threads);
const jobs = [() => target.set(source)];
for (const isRelaxed of [false, true]) {
  const run = multiplyAdds(isRelaxed);
  jobs.push(run && (() => run(loops)));
}

if (!isMainThread) {
  const words = new Int32Array(workerData);
  for (let seen = 0; ; seen++) {
    while (Atomics.load(words, 0) === seen) Atomics.wait(words, 0, seen);
    jobs[Atomics.load(words, 1)]();
    Atomics.add(words, 2, 1);
    Atomics.notify(words, 2);
  }
}

const words = new Int32Array(new SharedArrayBuffer(12));
for (let i = 1; i < threads; i++) {
  new Worker(new URL(import.meta.url), { workerData: words.buffer }).unref();
}

/** Runs a job on all threads, and waits until all are done. */
function together(job) {
  Atomics.store(words, 1, job);
  Atomics.store(words, 2, 0);
  Atomics.add(words, 0, 1);
  Atomics.notify(words, 0);
  jobs[job]();
  for (;;) {
    const done = Atomics.load(words, 2);
    if (done === threads - 1) return;
    Atomics.wait(words, 2, done, 1);
  }
}

const rate = (job) => () => {
  if (!jobs[job]) throw new Error("this runtime has no relaxed SIMD");
  return { step: () => together(job), checks: [], flops: threads * loops * chains * 8 };
};
await serve(
  { library: "machine" },
  {
    chain: { copy: () => ({ step: () => together(0), checks: [], bytes: 8 * copied }) },
    matmul: { "WebAssembly multiply, add": rate(1), "WebAssembly relaxed": rate(2) },
  },
);
