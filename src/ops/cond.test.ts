/** Conditionals: which side runs, what they refuse, and their gradients. */

import { beforeEach, describe, expect, test } from "vitest";
import * as tf from "../index.ts";

beforeEach(() => {
  tf.resetDefaultGraph();
});

const int = (value: number) => tf.constant(value, { dtype: "int32" });

describe("tf.cond", () => {
  test("only what the taken branch made has an effect", () => {
    const counter = new tf.Variable(0, { name: "counter" });
    const pred = tf.placeholder("bool", []);
    const result = tf.cond(
      pred,
      () => counter.assignAdd(1) as tf.Tensor,
      () => tf.identity(counter),
    );
    const session = new tf.Session();
    session.runSync(counter.initializer);
    const at = (value: boolean) => (session.runSync(result, [[pred, value]]) as tf.NDArray).item();
    expect([at(true), at(false), at(true), at(false)]).toEqual([1, 1, 2, 2]);
  });

  test("what lies outside comes in through one Switch per branch", () => {
    const x = tf.placeholder("float32", [], { name: "x" });
    tf.cond(
      x.greater(0),
      () => x.add(x),
      () => x,
    );
    const made = tf.getDefaultGraph().getOperations();
    expect(made.filter((op) => op.type === "Switch").map((op) => op.name)).toEqual([
      "cond/Switch",
      "cond/add/Switch",
      "cond/Switch_1",
    ]);
  });

  test("structures come back as they were, one element alone is unpacked", () => {
    const pred = tf.placeholder("bool", []);
    const { a, b } = tf.cond(
      pred,
      () => ({ a: tf.constant(1), b: [int(2)] as const }),
      () => ({ a: tf.constant(3), b: [int(4)] as const }),
    );
    const session = new tf.Session();
    const [first, second] = session.runSync([a, b[0]], [[pred, false]]);
    expect([first.item(), second.item()]).toEqual([3, 4]);
    const single: unknown = tf.cond(
      pred,
      () => [tf.constant(1)],
      () => [tf.constant(2)],
    );
    expect(single).toBeInstanceOf(tf.Tensor);
  });

  test("the gradient is that of the branch that ran, zero for what it did not use", () => {
    const x = tf.placeholder("float32", []);
    const y = tf.constant(2);
    const z = tf.cond(
      x.greater(0),
      () => x.mul(x).mul(y),
      () => y.mul(3),
    );
    const [dx, dy] = tf.gradients(z, [x, y]) as tf.Tensor[];
    const session = new tf.Session();
    const at = (value: number) =>
      (session.runSync([dx, dy] as tf.Tensor[], [[x, value]]) as tf.NDArray[]).map((v) => v.item());
    expect(at(3)).toEqual([12, 9]);
    expect(at(-3)).toEqual([0, 3]);
  });

  test("what a branch made cannot be fetched", () => {
    let inner: tf.Tensor | undefined;
    tf.cond(
      tf.constant(true),
      () => {
        inner = tf.constant(1);
        return inner;
      },
      () => tf.constant(2),
    );
    expect(() => new tf.Session().runSync(inner as tf.Tensor)).toThrow(
      "has been marked as not fetchable",
    );
  });

  test("refuses plain conditions, missing results, and results that differ", () => {
    const pred = tf.constant(true);
    const one = () => tf.constant(1);
    expect(() => tf.cond(true, one, one)).toThrow("'pred' must not be a Python bool.");
    expect(() => tf.cond(pred, () => null as never, one)).toThrow(
      "'true_fn' must have a return value.",
    );
    expect(() => tf.cond(pred, () => int(1), one)).toThrow(
      "Outputs of 'true_fn' and 'false_fn' must have the same type(s). Received int32 from 'true_fn' and float32 from 'false_fn'.",
    );
    expect(() => tf.cond(pred, one, () => [one(), one()])).toThrow(
      "The two structures don't have the same nested structure.",
    );
    expect(() => tf.cond(tf.constant([true]), one, one)).toThrow(
      "Shape must be rank 0 but is rank 1 for '{{node cond_4/Switch}}",
    );
  });
});

describe("tf.case", () => {
  const steps = (x: tf.Tensor, exclusive: boolean) =>
    tf.case(
      [
        [x.less(1), () => tf.constant(1)],
        [x.less(2), () => tf.constant(2)],
      ],
      { default: () => tf.constant(9), exclusive },
    ) as tf.Tensor;

  test("runs the first branch whose condition holds, else the default", () => {
    const x = tf.placeholder("float32", []);
    const result = steps(x, false);
    const session = new tf.Session();
    const at = (value: number) => (session.runSync(result, [[x, value]]) as tf.NDArray).item();
    expect([at(0), at(1.5), at(5)]).toEqual([1, 2, 9]);
  });

  test("exclusive branches may not hold together", () => {
    const x = tf.placeholder("float32", []);
    const result = steps(x, true);
    expect(() => new tf.Session().runSync(result, [[x, 0]])).toThrow(
      "Input error: exclusive=True: more than 1 conditions (Less:0, Less_1:0) evaluated as True:",
    );
  });
});
