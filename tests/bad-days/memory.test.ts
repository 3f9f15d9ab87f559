// Memory that does not suffice: what the error says, and that nothing is lost but the run.
import { beforeEach, describe, expect, test, vi } from "vitest";
import * as tf from "../../src/index.ts";

const engine = vi.hoisted(() => ({ memory: () => ({ used: 0 }) }));

// The engine of this file has 100 pages of 64 KiB, and its memory can be looked at.
vi.mock(import("../../src/engines/wasm/engine.ts"), async (load) => {
  const original = await load();
  const wasmEngine = original.makeWasmEngine({ maximum: 100, threads: 1 });
  engine.memory = wasmEngine.memory;
  return { ...original, wasmEngine };
});

const used = () => engine.memory().used;
// Without fusion, programs need more and fail elsewhere.
const config = { engine: "wasm", optimize: true };
const errorOf = (run: () => unknown): tf.errors.ResourceExhaustedError => {
  try {
    run();
  } catch (error) {
    if (error instanceof tf.errors.ResourceExhaustedError) return error;
    throw error;
  }
  throw new Error("It did not fail.");
};

beforeEach(() => tf.resetDefaultGraph());

describe("a program that does not fit", () => {
  test("is refused with the node, the shape, the bytes and what to do", () => {
    const x = tf.placeholder(tf.float32, [null], { name: "x" });
    const y = tf.nameScope("big", () =>
      tf.cumsum(tf.add(tf.expandDims(x, 0), tf.expandDims(x, 1))),
    );
    const sess = new tf.Session("", { config });
    sess.runSync(y, [[x, [1, 2]]]);
    const before = used();
    const error = errorOf(() => sess.runSync(y, [[x, new Float32Array(2000)]]));
    expect(error.text).toMatch(
      /^OOM when allocating tensor with shape\[2000,2000\] and type float32: 16000000 bytes; \d+ bytes are in use, and the memory of the wasm engine ends at 6553600 bytes\.\n\t \[\[\{\{node big\/(add|Add|Cumsum)\}\}\]\]$/,
    );
    expect(error.hint).toMatch(
      /^Use smaller batches, or close sessions that are no longer needed\.\n'big\/\w+' \(\w+\) was made at memory\.test\.ts:\d+\.$/,
    );
    expect(error.errorCode).toBe(8);
    expect(used()).toBeLessThanOrEqual(before as number);
    expect(sess.runSync(y, [[x, [1, 2]]]).toArray()).toEqual([
      [2, 3],
      [5, 7],
    ]);
    sess.close();
  });

  test("leaves variables as they were, and its session usable", async () => {
    const v = new tf.Variable(tf.ones([300, 300]), { name: "v" });
    const n = tf.placeholder(tf.int32, [], { name: "n" });
    const step = v.assignAdd(tf.fill([300, 300], 1));
    const large = tf.controlDependencies([step], () =>
      tf.cumsum(tf.fill(tf.stack([n, n]), 2), { name: "large" }),
    );
    using sess = new tf.Session("", { config });
    sess.runSync(v.initializer);
    expect(sess.runSync(large, [[n, 2]]).at(0)).toBe(2);
    await expect(sess.run(large, [[n, 5000]])).rejects.toThrow("OOM when allocating");
    // The program is refused before any of it runs, or where it goes on for the value of n.
    const value = sess.runSync(v).at(0) as number;
    sess.runSync(step);
    expect(sess.runSync(v).at(0)).toBe(value + 1);
  });

  test("is made after all where programs of earlier runs can go", () => {
    const x = tf.placeholder(tf.float32, [null], { name: "x" });
    const y = tf.cumsum(tf.multiply(x, 2));
    const sess = new tf.Session("", { config });
    // Each length has a program of its own, and all together are too large.
    for (let length = 100_000; length < 100_040; length++) {
      const result = sess.runSync(y, [[x, new Float32Array(length).fill(1)]]);
      expect(result.at(length - 1)).toBe(2 * length);
    }
    sess.close();
  });
});

describe("a variable that does not fit", () => {
  test("names its initializer, gives back what was taken, and others keep their values", () => {
    const small = new tf.Variable(tf.fill([10], 3), { name: "small" });
    const sess = new tf.Session("", { config });
    sess.runSync(small.initializer);
    const before = used();
    const large = new tf.Variable(tf.zeros([1000, 2000]), { name: "layer/w" });
    const error = errorOf(() => sess.runSync(large.initializer));
    expect(error.message).toMatch(
      /^OOM when allocating tensor with shape\[1000,2000\] and type float32: 8000000 bytes; .*\n\t \[\[\{\{node layer\/w\/Assign\}\}\]\]\n/,
    );
    expect(error.message).toContain("'layer/w/Assign' (Assign) was made at memory.test.ts:");
    expect(used()).toBeLessThanOrEqual(before as number);
    expect(sess.runSync(small).toArray()).toEqual(new Array(10).fill(3));
    sess.close();
  });

  test("among several gives back those that fitted", () => {
    const all = [1, 2, 3].map((i) => new tf.Variable(tf.fill([800, 1000], i), { name: `v${i}` }));
    const sess = new tf.Session("", { config });
    const before = used() as number;
    expect(() => sess.runSync(all.map((v) => v.initializer))).toThrow(
      /\{\{node v[123]\/Assign\}\}/,
    );
    expect(used()).toBeLessThanOrEqual(before);
    sess.runSync((all[1] as tf.Variable).initializer);
    expect(sess.runSync(tf.reduceMax(all[1] as tf.Variable)).item()).toBe(2);
    sess.close();
    expect(used()).toBeLessThanOrEqual(before);
  });

  test("in a new shape keeps its old value", () => {
    const v = new tf.Variable([1, 2], { name: "v" });
    const grown = tf.assign(v, tf.zeros([3000, 1000]), { validateShape: false });
    const sess = new tf.Session("", { config });
    sess.runSync(v.initializer);
    expect(() => sess.runSync(grown)).toThrow("shape[3000,1000]");
    expect(sess.runSync(v).toArray()).toEqual([1, 2]);
    sess.close();
  });
});

test("a run that fails before a variable gets a new shape leaves its value", () => {
  const v = new tf.Variable([1, 2], { name: "v" });
  const x = tf.placeholder(tf.float32, []);
  const grown = tf.controlDependencies([tf.checkNumerics(x, "x")], () =>
    tf.assign(v, tf.fill([3], 7), { validateShape: false }),
  );
  const sess = new tf.Session("", { config });
  sess.runSync(v.initializer);
  expect(() => sess.runSync(grown, [[x, Number.NaN]])).toThrow("x : Tensor had NaN values");
  expect(sess.runSync(v).toArray()).toEqual([1, 2]);
  sess.runSync(grown, [[x, 1]]);
  expect(sess.runSync(v).toArray()).toEqual([7, 7, 7]);
  sess.close();
});

test("closing sessions gives back everything", () => {
  const x = tf.placeholder(tf.float32, [null]);
  const v = new tf.Variable(tf.zeros([1000]));
  const y = tf.add(tf.reduceSum(x), v);
  const round = () => {
    const sess = new tf.Session("", { config });
    sess.runSync(v.initializer);
    for (const length of [1, 10, 100]) sess.runSync(y, [[x, new Float32Array(length)]]);
    sess.close();
    return used();
  };
  const first = round();
  for (let i = 0; i < 5; i++) expect(round()).toBe(first);
});

test.each(["javascript", "reference"])(
  "arrays that the host cannot make are an error of their node (%s)",
  (name) => {
    const n = tf.placeholder(tf.int32, [], { name: "n" });
    const y = tf.fill(tf.stack([n, n]), 2, { name: "huge" });
    const sess = new tf.Session("", { config: { engine: name } });
    expect(errorOf(() => sess.runSync(y, [[n, 1_000_000]])).message).toMatch(
      /^OOM when allocating an array: \w.*\n\t \[\[\{\{node huge\}\}\]\]\n'huge' \(Fill\) was made at memory\.test\.ts:\d+\.$/,
    );
    expect(sess.runSync(y, [[n, 1]]).toArray()).toEqual([[2]]);
  },
);
