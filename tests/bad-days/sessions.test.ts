// Sessions used in ways that are easy to get wrong: after they were closed, several runs at once, runs inside of runs.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as tf from "../../src/index.ts";

beforeEach(() => tf.resetDefaultGraph());
afterEach(() => {
  tf.setPrintHandler(null);
  expect(tf.getDefaultSession()).toBeNull();
});

const closed = "Attempted to use a closed Session.";
const zero = { initializer: tf.zerosInitializer() };

describe("a closed session", () => {
  test("refuses every kind of run, and may be closed again", async () => {
    const x = tf.placeholder(tf.float32, []);
    const y = tf.add(x, 1);
    const sess = new tf.Session();
    const call = sess.makeCallable(y, [x]);
    expect(call(1).item()).toBe(2);
    sess.close();
    sess.close();
    expect(() => sess.runSync(y, [[x, 1]])).toThrow(closed);
    await expect(sess.run(y, [[x, 1]])).rejects.toThrow(closed);
    expect(() => call(1)).toThrow(closed);
    expect(() => sess.makeCallable(y, [x])).toThrow(closed);
    expect(() => sess.explain(y, [[x, 1]])).toThrow(closed);
    expect(() => sess.setRandomStates(new Map())).toThrow(closed);
    await expect(y.eval({ session: sess })).rejects.toThrow(closed);
  });

  test("inside its own `using` is left as usual", async () => {
    const x = tf.constant(1);
    {
      using sess = tf.session();
      sess.close();
      expect(tf.getDefaultSession()).toBe(sess);
      await expect(x.eval()).rejects.toThrow(closed);
    }
    expect(tf.getDefaultSession()).toBeNull();
    using next = tf.session();
    expect((await next.run(x)).item()).toBe(1);
  });

  test("refuses runs that were asked for before, and not begun yet", async () => {
    const v = tf.getVariable("v", [], zero);
    const add = v.assignAdd(1);
    const sess = new tf.Session();
    sess.runSync(v.initializer);
    const runs = [sess.run(add), sess.run(add)];
    sess.close();
    for (const result of await Promise.allSettled(runs)) {
      // Either it was done in time, or it says why not; nothing is left hanging.
      if (result.status === "rejected") expect(result.reason).toMatchObject({ message: closed });
      else expect(result.value.item()).toBeGreaterThan(0);
    }
  });

  test("leaves other sessions of the graph alone", () => {
    const v = tf.getVariable("v", [3], zero);
    const add = v.assignAdd([1, 1, 1]);
    const [one, two] = [new tf.Session(), new tf.Session()];
    for (const sess of [one, two]) sess.runSync(v.initializer);
    two.runSync(add);
    one.close();
    expect(two.runSync(add).toArray()).toEqual([2, 2, 2]);
    two.close();
  });
});

describe("several runs at once", () => {
  test("give what they give one after the other, in the order of the calls", async () => {
    const v = tf.getVariable("v", [1000], zero);
    const x = tf.placeholder(tf.float32, []);
    const update = v.assign(tf.add(tf.multiply(v, 2), x));
    using sess = tf.session();
    await sess.run(v.initializer);
    const given = [3, 1, 4, 1, 5, 9, 2, 6];
    const results = await Promise.all(
      given.map((value, i) => (i % 3 === 2 ? sess.run(v) : sess.run(update, [[x, value]]))),
    );
    let expected = 0;
    given.forEach((value, i) => {
      if (i % 3 !== 2) expected = 2 * expected + value;
      expect(results[i]?.at(999)).toBe(expected);
    });
  });

  test("of which one fails do not disturb the others", async () => {
    const v = tf.getVariable("v", [], zero);
    const x = tf.placeholder(tf.float32, [], { name: "x" });
    const add = v.assignAdd(tf.checkNumerics(x, "x"));
    using sess = tf.session();
    await sess.run(v.initializer);
    const results = await Promise.allSettled(
      [1, Number.NaN, 10, "no number", 100].map((value) => sess.run(add, [[x, value]])),
    );
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect((results[1] as PromiseRejectedResult).reason.message).toContain(
      "x : Tensor had NaN values",
    );
    expect(sess.runSync(v).item()).toBe(111);
  });

  test("of two sessions do not mix", async () => {
    const v = tf.getVariable("v", [100], zero);
    const add = v.assignAdd(tf.ones([100]));
    const sessions = [new tf.Session(), new tf.Session()];
    for (const sess of sessions) sess.runSync(v.initializer);
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => (sessions[i % 3 === 0 ? 0 : 1] as tf.Session).run(add)),
    );
    expect(sessions.map((sess) => sess.runSync(v).at(50))).toEqual([10, 20]);
    for (const sess of sessions) sess.close();
  });
});

describe("inside of a run", () => {
  /** Runs something that calls `inside` in the middle, and adds 1 to `v` before and after it. */
  function whileRunning(v: tf.Variable, inside: () => void): tf.Tensor {
    const message = tf.Print(tf.constant(1), [tf.constant("now")]);
    tf.setPrintHandler(inside);
    const one = tf.ones(v.shape);
    const first = v.assignAdd(one);
    const printed = tf.controlDependencies([first], () => tf.identity(message));
    return tf.controlDependencies([printed], () => tf.identity(v.assignAdd(one)));
  }

  test("runSync of the same session is refused with what to do, and the run goes on", () => {
    const v = tf.getVariable("v", [], zero);
    const sess = new tf.Session();
    sess.runSync(v.initializer);
    const messages: string[] = [];
    const y = whileRunning(v, () => {
      try {
        sess.runSync(v);
      } catch (error) {
        messages.push((error as Error).message);
      }
    });
    expect(sess.runSync(y).item()).toBe(2);
    expect(messages).toEqual([
      "A run of this session is going on, and another one was asked for inside of it.\nUse `session.run` there: it runs as soon as this run has ended.",
    ]);
    expect(sess.runSync(y).item()).toBe(4);
    sess.close();
  });

  test("run of the same session waits until it has ended", async () => {
    const v = tf.getVariable("v", [], zero);
    const sess = new tf.Session();
    sess.runSync(v.initializer);
    let later: Promise<tf.NDArray> | undefined;
    const y = whileRunning(v, () => {
      later = sess.run(v);
    });
    expect((await sess.run(y)).item()).toBe(2);
    expect((await later)?.item()).toBe(2);
    sess.close();
  });

  test("another session may run", () => {
    const v = tf.getVariable("v", [], zero);
    const [sess, other] = [new tf.Session(), new tf.Session()];
    for (const each of [sess, other]) each.runSync(v.initializer);
    const seen: unknown[] = [];
    const y = whileRunning(v, () => {
      seen.push(other.runSync(v).item());
    });
    expect(sess.runSync(y).item()).toBe(2);
    expect(seen).toEqual([0]);
    for (const each of [sess, other]) each.close();
  });

  test("an error of the callback is an error of the run, and later runs work", () => {
    const v = tf.getVariable("v", [], zero);
    const sess = new tf.Session();
    sess.runSync(v.initializer);
    const y = whileRunning(v, () => {
      throw new Error("no paper");
    });
    expect(() => sess.runSync(y)).toThrow(/^no paper\n\t \[\[\{\{node Print\}\}\]\]/);
    tf.setPrintHandler(() => undefined);
    sess.runSync(v.initializer);
    expect(sess.runSync(y).item()).toBe(2);
    sess.close();
  });

  test("closing cancels it", () => {
    const v = tf.getVariable("v", [1000], zero);
    const sess = new tf.Session();
    sess.runSync(v.initializer);
    const y = whileRunning(v, () => sess.close());
    expect(() => sess.runSync(y)).toThrow("Session has been closed.");
    expect(() => sess.runSync(y)).toThrow(closed);
  });
});
