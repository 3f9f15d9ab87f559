// Addresses above 2 GiB, where a signed number would be negative, and the end of the memory at 4 GiB. Blocks that are
// only reserved take no memory of the machine.
import { beforeEach, expect, test, vi } from "vitest";
import type { Runtime } from "../../src/engines/wasm/runtime.ts";
import * as tf from "../../src/index.ts";

const engine = vi.hoisted(() => ({ runtime: undefined as Runtime | undefined }));

// The engine of this file has given away the lower half of its memory.
vi.mock(import("../../src/engines/wasm/engine.ts"), async (load) => {
  const original = await load();
  const [{ Runtime }, { WasmProgram }, { webAssembly }, { wasmRoutines }] = await Promise.all([
    import("../../src/engines/wasm/runtime.ts"),
    import("../../src/engines/wasm/program.ts"),
    import("../../src/engines/wasm/webassembly.ts"),
    import("../../src/engines/wasm/kernels/index.ts"),
  ]);
  const wasmEngine: typeof original.wasmEngine = {
    ...original.wasmEngine,
    load: (program) => {
      if (!webAssembly) throw new Error("no WebAssembly");
      if (!engine.runtime) {
        engine.runtime = new Runtime(webAssembly, { shared: true, threads: 2 }, wasmRoutines);
        engine.runtime.heap.allocate(2.2 * 2 ** 30);
      }
      return new WasmProgram(program, engine.runtime);
    },
  };
  return { ...original, wasmEngine };
});

beforeEach(() => tf.resetDefaultGraph());

/** The losses of some steps of a small network, and its weights. */
function train(name: string): number[] {
  return new tf.Graph().asDefault(() => {
    tf.setRandomSeed(3);
    const x = tf.placeholder(tf.float32, [null, 8, 8, 3]);
    const labels = tf.placeholder(tf.int32, [null]);
    const weights = (at: string, shape: number[]) => tf.getVariable(at, shape);
    const conv = tf.nn.relu(tf.nn.conv2d(x, weights("k", [3, 3, 3, 8]), [1, 1, 1, 1], "SAME"));
    const pooled = tf.nn.maxPool(conv, [1, 2, 2, 1], [1, 2, 2, 1], "SAME");
    const logits = tf.matmul(tf.reshape(pooled, [-1, 128]), weights("w", [128, 5]));
    const rows = tf.gather(weights("e", [5, 5]), labels);
    const loss = tf.reduceMean(
      tf.nn
        .sparseSoftmaxCrossEntropyWithLogits({ labels, logits: tf.add(logits, rows) })
        .add(tf.reduceSum(tf.nn.topK(logits, { k: 2 }).values)),
    );
    const step = new tf.train.AdamOptimizer(0.01).minimize(loss);
    const sess = new tf.Session("", { config: { engine: name } });
    sess.runSync(tf.globalVariablesInitializer());
    const images = Float32Array.from({ length: 16 * 192 }, (_, i) => ((i * 7919) % 101) / 50 - 1);
    const feeds = [
      [x, new tf.NDArray(images, [16, 8, 8, 3], tf.float32)],
      [labels, Array.from({ length: 16 }, (_, i) => i % 5)],
    ] as const;
    const losses = Array.from({ length: 5 }, () => sess.runSync([loss, step], feeds)[0].item());
    sess.close();
    return losses as number[];
  });
}

test("a network trains above 2 GiB as it does elsewhere", () => {
  const high = train("wasm");
  for (const [i, loss] of train("javascript").entries()) expect(high[i]).toBeCloseTo(loss, 4);
  expect(new Set(high).size).toBe(5);
  // It was there indeed.
  const address = engine.runtime?.heap.allocate(4) as number;
  expect(address).toBeGreaterThan(2 ** 31);
  engine.runtime?.heap.free(address);
});

test("large loops above 2 GiB are split among threads", () => {
  const x = tf.placeholder(tf.float32, [null]);
  const sess = new tf.Session("", { config: { engine: "wasm" } });
  const run = () => sess.runSync(tf.tanh(x), [[x, new Float32Array(1_000_000).fill(0.5)]]);
  for (let i = 0; i < 3; i++) {
    const { data } = run();
    const [value = 0, ...others] = new Set(data as Float32Array);
    expect(value).toBeCloseTo(Math.tanh(0.5), 6);
    expect(others).toEqual([]);
  }
  sess.close();
});

test("what does not fit below 4 GiB says so", () => {
  const n = tf.placeholder(tf.int32, [], { name: "n" });
  const total = tf.cumsum(tf.fill(tf.stack([n, 1000]), 1), { name: "total" });
  const sess = new tf.Session("", { config: { engine: "wasm" } });
  const before = engine.runtime?.heap.used;
  expect(() => sess.runSync(total, [[n, 500_000]])).toThrow(
    /^OOM when allocating tensor with shape\[500000,1000\] and type float32: 2000000000 bytes; \d+ bytes are in use, and the memory of the wasm engine ends at 4294967296 bytes\.\n\t \[\[\{\{node \w+\}\}\]\]/,
  );
  expect(sess.runSync(total, [[n, 1]]).at(0)).toBe(1);
  sess.close();
  expect(engine.runtime?.heap.used).toBe(before);
});

test("tensors with more elements than loops can count are refused", () => {
  const n = tf.placeholder(tf.int32, [], { name: "n" });
  const bytes = tf.cast(tf.fill(tf.stack([n, 1000]), 1), tf.uint8, { name: "bytes" });
  const sess = new tf.Session("", { config: { engine: "wasm" } });
  expect(() => sess.runSync(bytes, [[n, 2_300_000]])).toThrow(
    /^The wasm engine has no tensors and loops of more than 2147483647 elements: shape\[2300000,1000\]\.\n\t \[\[\{\{node \w+\}\}\]\]\nWork on parts of it\.\n/,
  );
  expect(sess.runSync(bytes, [[n, 1]]).size).toBe(1000);
  sess.close();
});
