// Tests of what is kept between runs: executables are found again, bounded in number, and give back their memory.
import { beforeEach, describe, expect, test } from "vitest";
import { wasmEngine } from "../engines/wasm/engine.ts";
import * as tf from "../index.ts";
import { type CacheKey, ExecutableCache } from "./cache.ts";

beforeEach(() => tf.resetDefaultGraph());

class Fake {
  isDisposed = false;
  dispose(): void {
    this.isDisposed = true;
  }
}

describe("the table of executables", () => {
  const x = tf.placeholder(tf.float32);
  const y = tf.add(x, 1);
  const key = (shape: readonly number[], others: Partial<CacheKey> = {}): CacheKey => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const fed = new Map([[x, new tf.NDArray(new Float32Array(size), shape, "float32")]]);
    return { version: 1, fetches: [y], targets: [], fed, states: "", ...others } as CacheKey;
  };

  test("compares versions, fetches, targets, feeds, shapes and states", () => {
    const cache = new ExecutableCache<Fake>(10);
    const one = new Fake();
    cache.add(key([2]), one);
    expect(cache.find(key([2]))).toBe(one);
    for (const other of [
      key([3]),
      key([2, 1]),
      key([]),
      key([2], { version: 2 }),
      key([2], { fetches: [x] }),
      key([2], { fetches: [y, y] }),
      key([2], { targets: [y.op] }),
      key([2], { fed: new Map() }),
      key([2], { fed: new Map([[y, new tf.NDArray(new Float32Array(2), [2], "float32")]]) }),
      key([2], { states: "v[3]" }),
    ]) {
      expect(cache.find(other)).toBeUndefined();
    }
  });

  test("keeps its shapes when the caller changes those of what it fed", () => {
    const cache = new ExecutableCache<Fake>(10);
    const shape = [2];
    cache.add(key(shape), new Fake());
    shape[0] = 3;
    expect(cache.find(key([3]))).toBeUndefined();
    expect(cache.find(key([2]))).toBeDefined();
  });

  test("drops what was not used for longest", () => {
    const cache = new ExecutableCache<Fake>(2);
    const all = [1, 2, 3].map((size) => ({ key: key([size]), executable: new Fake() }));
    const [a, b, c] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0]];
    cache.add(a.key, a.executable);
    cache.add(b.key, b.executable);
    expect(cache.find(a.key)).toBe(a.executable);
    cache.add(c.key, c.executable);
    expect(all.map(({ executable }) => executable.isDisposed)).toEqual([false, true, false]);
    expect(cache.size).toBe(2);
    cache.clear();
    expect(all.every(({ executable }) => executable.isDisposed)).toBe(true);
    expect(cache.size).toBe(0);
  });
});

describe("the memory of the wasm engine", () => {
  const used = (): number => wasmEngine.memory().used;
  const config = { engine: "wasm" };

  test("is given back for executables that are dropped, and by closing", () => {
    const x = tf.placeholder(tf.float32);
    const y = tf.sigmoid(tf.multiply(x, 3));
    const session = new tf.Session("", { config });
    // The same number of bytes for every shape.
    const run = (n: number): void => {
      const shape = [...new Array<number>(n).fill(1), 4];
      session.runSync(y, [[x, new tf.NDArray(new Float32Array(4), shape, "float32")]]);
    };
    run(0);
    const before = used();
    run(1);
    const each = used() - before;
    expect(each).toBeGreaterThan(0);
    for (let n = 2; n < 300; n++) run(n);
    expect(used()).toBe(before + 255 * each);
    session.close();
    expect(used()).toBe(before - each);
  });

  const layers = (): { train: tf.Operation; initialize: tf.Operation; feeds: tf.Feeds } => {
    const x = tf.placeholder(tf.float32, [8, 16]);
    const labels = tf.placeholder(tf.float32, [8, 4]);
    const hidden = tf.nn.relu(tf.matmul(x, new tf.Variable(tf.ones([16, 12])).value()));
    const logits = tf.matmul(hidden, new tf.Variable(tf.ones([12, 4])).value());
    const losses = tf.nn.softmaxCrossEntropyWithLogitsV2({ labels, logits });
    const train = new tf.train.AdamOptimizer(0.01).minimize(tf.reduceMean(losses));
    const array = (shape: readonly number[]): tf.NDArray => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      return new tf.NDArray(new Float32Array(size).fill(0.1), shape, "float32");
    };
    const feeds = [
      [x, array([8, 16])],
      [labels, array([8, 4])],
    ] as const;
    return { train, initialize: tf.globalVariablesInitializer(), feeds };
  };

  test("does not grow while training goes on", async () => {
    const { train, initialize, feeds } = layers();
    const session = new tf.Session("", { config });
    session.runSync(initialize);
    for (let i = 0; i < 10; i++) session.runSync(train, feeds);
    const before = wasmEngine.memory();
    for (let i = 0; i < 2000; i++) session.runSync(train, feeds);
    for (let i = 0; i < 100; i++) await session.run(train, feeds);
    expect(wasmEngine.memory()).toEqual(before);
    session.close();
  });

  test("does not grow while sessions come and go", () => {
    const { train, initialize, feeds } = layers();
    const live = (): void => {
      const session = new tf.Session("", { config });
      session.runSync(initialize);
      session.runSync(train, feeds);
      session.close();
    };
    live();
    const before = wasmEngine.memory();
    for (let i = 0; i < 100; i++) live();
    expect(wasmEngine.memory()).toEqual(before);
  });

  test("is given back by a run that is cancelled", async () => {
    const { train, initialize, feeds } = layers();
    const before = used();
    const session = new tf.Session("", { config });
    session.runSync(initialize);
    const runs = [session.run(train, feeds), session.run(train, feeds)];
    session.close();
    await Promise.allSettled(runs);
    expect(used()).toBe(before);
  });
});
