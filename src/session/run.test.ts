// Tests of runs that take long: they let other events through, and nobody can tell from the results.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as tf from "../index.ts";

/** Time passes whenever somebody looks, so that every step takes long. */
const makeTimeFly = (milliseconds = 15): void => {
  let now = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += milliseconds;
    return now;
  });
};

beforeEach(async () => {
  vi.restoreAllMocks();
  tf.resetDefaultGraph();
  await turns(2);
});
afterEach(() => vi.restoreAllMocks());

/** Products, which no pass joins: `count` steps. */
function chain(x: tf.Tensor, count = 30): tf.Tensor {
  const turn = tf.constant([
    [0, 1],
    [1, 0],
  ]);
  let y = x;
  for (let i = 0; i < count; i++) y = tf.matmul(y, turn);
  return y;
}
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((done) => setImmediate(done));
};

describe.each(["wasm", "javascript", "reference"])("a run of many steps with %s", (engine) => {
  const open = (): tf.Session => new tf.Session("", { config: { engine } });

  test("lets other events through and gives the same result", async () => {
    const x = tf.placeholder(tf.float32, [1, 2]);
    const y = chain(x);
    const session = open();
    const expected = session.runSync(y, [[x, [[1, 2]]]]).toArray();
    makeTimeFly();
    let events = 0;
    let isDone = false;
    const count = (): void => {
      events += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const result = await session.run(y, [[x, [[1, 2]]]]);
    isDone = true;
    expect(events).toBeGreaterThan(3);
    expect(result.toArray()).toEqual(expected);
    session.close();
  });

  test("does not see what the caller does to its feeds", async () => {
    const x = tf.placeholder(tf.float32, [1, 2]);
    const y = tf.add(chain(x), x);
    const session = open();
    makeTimeFly();
    const fed = new tf.NDArray(new Float32Array([1, 2]), [1, 2], "float32");
    const first = session.run([y, x], [[x, fed]]);
    const second = session.run([y, x], [[x, fed]]);
    fed.data.fill(9);
    for (const result of [first, second]) {
      const [sum, given] = await result;
      expect([sum.toArray(), given.toArray()]).toEqual([[[2, 4]], [[1, 2]]]);
    }
    session.close();
  });

  test("is finished before a later run of its session, in order", async () => {
    const v = new tf.Variable([[1, 2]], { dtype: tf.float32, name: "v" });
    const product = chain(v.value());
    const doubled = v.assign(tf.controlDependencies([product], () => tf.multiply(v, 2)));
    const plusOne = v.assignAdd([[1, 1]]);
    const session = open();
    session.runSync(tf.globalVariablesInitializer());
    makeTimeFly();
    const results = await Promise.all([
      session.run(doubled),
      session.run(plusOne),
      session.run(product),
      session.run(doubled),
    ]);
    expect(results.map((array) => array.toArray())).toEqual([
      [[2, 4]],
      [[3, 5]],
      [[3, 5]],
      [[6, 10]],
    ]);
    session.close();
  });

  test("is finished by runSync, which comes after it", async () => {
    const v = new tf.Variable([[1, 2]], { dtype: tf.float32, name: "v" });
    const product = chain(v.value());
    const doubled = v.assign(tf.controlDependencies([product], () => tf.multiply(v, 2)));
    const session = open();
    session.runSync(tf.globalVariablesInitializer());
    makeTimeFly();
    const waiting = [session.run(doubled), session.run(doubled)];
    expect(session.runSync(v).toArray()).toEqual([[4, 8]]);
    expect((await Promise.all(waiting)).map((array) => array.toArray())).toEqual([
      [[2, 4]],
      [[4, 8]],
    ]);
    session.close();
  });

  test("takes turns with runs of other sessions", async () => {
    const v = new tf.Variable([[1, 2]], { dtype: tf.float32, name: "v" });
    const doubled = v.assign(tf.multiply(chain(v.value()), 2));
    const sessions = [open(), open(), open()];
    for (const session of sessions) session.runSync(tf.globalVariablesInitializer());
    sessions[1]?.runSync(doubled);
    makeTimeFly();
    const results = await Promise.all(sessions.map((session) => session.run(doubled)));
    expect(results.map((array) => array.toArray())).toEqual([[[2, 4]], [[4, 8]], [[2, 4]]]);
    for (const session of sessions) session.close();
  });

  test("goes on where values decide what comes next", async () => {
    const x = tf.placeholder(tf.float32, [null, 2]);
    const shape = tf.placeholder(tf.int32, [null]);
    const positive = tf.booleanMask(tf.reshape(chain(x), shape), [true, false, true, true]);
    const y = tf.reduceSum(chain(tf.reshape(tf.concat([positive, [1]], 0), [2, 2])));
    const session = open();
    makeTimeFly();
    const feeds = [
      [
        x,
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [shape, [4]],
    ] as const;
    const [one, two] = await Promise.all([session.run(y, feeds), session.run([y, x], feeds)]);
    expect([one.item(), two[0].item()]).toEqual([9, 9]);
    session.close();
  });

  test("may change the shape of a variable", async () => {
    const v = new tf.Variable([1, 2], { name: "v", dtype: tf.float32 });
    const before = tf.reshape(chain(tf.reshape(v.value(), [1, 2])), [2]);
    const longer = tf.controlDependencies([before], () =>
      tf.assign(v, tf.concat([before, [3]], 0), { validateShape: false }),
    );
    const session = open();
    session.runSync(tf.globalVariablesInitializer());
    makeTimeFly();
    const [first, second] = await Promise.all([session.run(longer), session.run(v)]);
    expect([first.toArray(), second.toArray()]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    session.close();
  });

  test("that fails names the node and leaves the session usable", async () => {
    const x = tf.placeholder(tf.float32, [1, 2]);
    const zero = tf.cast(tf.reduceSum(tf.multiply(chain(x), 0)), tf.int32);
    const ratio = tf.floordiv(tf.constant(1, { dtype: tf.int32 }), zero, { name: "ratio" });
    const y = [chain(x), ratio];
    const session = open();
    makeTimeFly();
    const feeds = [[x, [[1, 2]]]] as const;
    const results = await Promise.allSettled([session.run(y, feeds), session.run(x, feeds)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(String((results[0] as PromiseRejectedResult).reason)).toMatch(
      /Integer division by zero\n\t \[\[\{\{node ratio\}\}\]\]/,
    );
    expect((await session.run(chain(x), feeds)).toArray()).toEqual([[1, 2]]);
    session.close();
  });

  test("is cancelled when the session is closed, with all that wait", async () => {
    const x = tf.placeholder(tf.float32, [1, 2]);
    const y = chain(x);
    const session = open();
    makeTimeFly();
    const runs = [session.run(y, [[x, [[1, 2]]]]), session.run(x, [[x, [[1, 2]]]])];
    session.close();
    for (const run of runs) {
      await expect(run).rejects.toThrow("Session has been closed.");
      await expect(run).rejects.toBeInstanceOf(tf.errors.CancelledError);
    }
    await expect(session.run(y)).rejects.toThrow("Attempted to use a closed Session.");
  });

  test("is cancelled when one of its steps closes the session", async () => {
    const x = tf.placeholder(tf.float32, [1, 2]);
    const y = chain(tf.Print(chain(x), [x]));
    for (const isLong of [true, false]) {
      const session = open();
      const former = tf.setPrintHandler(() => session.close());
      if (isLong) makeTimeFly();
      const runs = [session.run(y, [[x, [[1, 2]]]]), session.run(y, [[x, [[1, 2]]]])];
      for (const run of isLong ? runs : runs.slice(0, 1)) {
        await expect(run).rejects.toThrow("Session has been closed.");
      }
      await Promise.allSettled(runs);
      tf.setPrintHandler(former);
      vi.restoreAllMocks();
      await turns(2);
    }
  });

  test("does not disturb runs that its own steps ask for", async () => {
    const x = tf.placeholder(tf.float32, [1, 2]);
    const shown = tf.Print(chain(x), [x], { message: "x: " });
    const other = tf.constant(7);
    const session = open();
    const asked: Promise<tf.NDArray>[] = [];
    const former = tf.setPrintHandler(() => {
      asked.push(session.run(other));
    });
    makeTimeFly();
    const [result] = await Promise.all([
      session.run(chain(shown), [[x, [[1, 2]]]]),
      session.run(other),
    ]);
    tf.setPrintHandler(former);
    expect(result.toArray()).toEqual([[1, 2]]);
    const seen = await Promise.all(asked);
    expect(seen.map((value) => value.item())).toEqual([7]);
    session.close();
  });

  test("ends before the runs that its own steps ask for", async () => {
    const v = new tf.Variable(0, { name: "v" });
    const session = open();
    session.runSync(v.initializer);
    const first = v.assignAdd(1);
    const shown = tf.controlDependencies([first], () => tf.Print(tf.constant(1), [first]));
    const second = tf.controlDependencies([shown], () => tf.identity(v.assignAdd(1)));
    const asked: Promise<tf.NDArray>[] = [];
    const former = tf.setPrintHandler(() => {
      asked.push(session.run(v));
    });
    session.runSync(second);
    session.runSync(v.initializer);
    asked.length = 0;
    // So that it is left after the step that asks.
    makeTimeFly(12);
    expect((await session.run(second)).item()).toBe(2);
    tf.setPrintHandler(former);
    const seen = await Promise.all(asked);
    expect(seen.map((value) => value.item())).toEqual([2]);
    session.close();
  });
});

test("a short run is done when run returns", async () => {
  const v = new tf.Variable(1, { name: "v" });
  const session = new tf.Session();
  session.runSync(tf.globalVariablesInitializer());
  await new Promise((done) => setImmediate(done));
  const result = session.run(v.assignAdd(1));
  session.runSync(v.assignAdd(10));
  expect((await result).item()).toBe(2);
});

test("streams of random numbers are read and set between runs", async () => {
  const x = tf.randomUniform([1, 2], { seed: 3 });
  const y = chain(x);
  const session = new tf.Session();
  const first = session.runSync(y).toArray();
  const states = session.randomStates();
  makeTimeFly();
  const second = session.run(y);
  expect(session.randomStates()).not.toEqual(states);
  session.setRandomStates(states);
  expect((await session.run(y)).toArray()).toEqual((await second).toArray());
  expect((await second).toArray()).not.toEqual(first);
});
