// Numbers that are not finite in training: which check says so, and what variables hold afterwards.
import { beforeEach, describe, expect, test } from "vitest";
import * as tf from "../../src/index.ts";

beforeEach(() => tf.resetDefaultGraph());

/** A network whose loss is NaN when its input is negative. */
function network() {
  const x = tf.placeholder(tf.float32, [null, 2], { name: "x" });
  const w = tf.getVariable("w", [2, 1], { initializer: tf.onesInitializer() });
  const logits = tf.variableScope("net", () => tf.log(tf.matmul(x, w), { name: "log" }));
  const loss = tf.reduceMean(logits, { name: "loss" });
  return { x, w, loss };
}

const good = [[1, 2]];
const bad = [[-1, -2]];

describe.each(["wasm", "javascript", "reference"])("with the engine %s", (engine) => {
  const config = { engine };

  test("updates that wait for a check of the loss do not happen", async () => {
    const { x, w, loss } = network();
    const checked = tf.checkNumerics(loss, "the loss");
    const step = tf.controlDependencies([checked], () =>
      new tf.train.AdamOptimizer(0.1).minimize(loss),
    );
    using sess = tf.session({ config });
    await sess.run(tf.globalVariablesInitializer());
    await sess.run(step, [[x, good]]);
    const variables = tf.globalVariables();
    const before = sess.runSync(variables).map((array) => array.toArray());
    await expect(sess.run(step, [[x, bad]])).rejects.toThrow(
      /^the loss : Tensor had NaN values\n\t \[\[\{\{node CheckNumerics\}\}\]\]\n'CheckNumerics' \(CheckNumerics\) was made at numbers\.test\.ts:\d+\.$/,
    );
    expect(sess.runSync(variables).map((array) => array.toArray())).toEqual(before);
    await sess.run(step, [[x, good]]);
    expect(sess.runSync(w).toArray()).not.toEqual(before[0]);
  });

  test("checks of the whole graph name the first tensor that went wrong", () => {
    const { x, loss } = network();
    const checks = tf.addCheckNumericsOps();
    const sess = new tf.Session("", { config });
    sess.runSync(tf.globalVariablesInitializer());
    expect(sess.runSync([loss, checks], [[x, good]])[0].item()).toBeCloseTo(Math.log(3));
    expect(() => sess.runSync([loss, checks], [[x, bad]])).toThrow(
      /^net\/log:0 : Tensor had NaN values\n\t \[\[\{\{node CheckNumerics_\d+\}\}\]\]/,
    );
    expect(() => sess.runSync(checks, [[x, [[0, 0]]]])).toThrow(
      "net/log:0 : Tensor had Inf values",
    );
  });

  test("what a run did before the check failed stays done, what comes after is not", () => {
    const { x, loss } = network();
    const [before, after] = ["before", "after"].map((name) =>
      tf.getVariable(name, [], { initializer: tf.zerosInitializer() }),
    ) as [tf.Variable, tf.Variable];
    const steps = [before.assignAdd(1), tf.checkNumerics(loss, "loss"), after.assignAdd(1)];
    const sess = new tf.Session("", { config });
    sess.runSync(tf.globalVariablesInitializer());
    expect(() => sess.runSync(steps, [[x, bad]])).toThrow("loss : Tensor had NaN values");
    expect(sess.runSync([before, after]).map((array) => array.item())).toEqual([1, 0]);
  });

  test.each([tf.float16, tf.float32, tf.float64, tf.bfloat16])("%s is checked", (dtype) => {
    const x = tf.placeholder(dtype, [40]);
    const y = tf.checkNumerics(x, "y");
    const sess = new tf.Session("", { config });
    const withLast = (last: number) => [[x, [...new Array(39).fill(1), last]]] as const;
    expect(() => sess.runSync(y, withLast(Number.NaN))).toThrow("y : Tensor had NaN values");
    expect(() => sess.runSync(y, withLast(Number.POSITIVE_INFINITY))).toThrow(
      "y : Tensor had Inf values",
    );
    expect(sess.runSync(y, withLast(2)).at(39)).toBe(2);
  });
});

test("graphs with conditionals cannot be checked as a whole", () => {
  const x = tf.placeholder(tf.float32, []);
  tf.cond(
    tf.greater(x, 0),
    () => tf.square(x),
    () => tf.negative(x),
  );
  expect(() => tf.addCheckNumericsOps()).toThrow(
    "`tf.add_check_numerics_ops() is not compatible with TensorFlow control flow operations such as `tf.cond()` or `tf.while_loop()`.",
  );
});
