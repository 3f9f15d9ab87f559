/** customGradient: gradients of the user's own. */

import * as tf from "tensorscope";
import { afterEach, beforeEach, expect, test } from "vitest";

let graph: tf.Graph;
beforeEach(() => {
  graph = new tf.Graph().asDefault();
});
afterEach(() => {
  graph[Symbol.dispose]();
});

const run = (fetch: unknown, feeds?: tf.Feeds) =>
  (new tf.Session().runSync(fetch, feeds) as tf.NDArray).toArray();

test("replaces the gradient of what is computed inside", () => {
  const x = tf.constant([1, 100]);
  const log1pexp = tf.customGradient((t) => {
    const e = tf.exp(t);
    return [tf.log(e.add(1)), (dy) => dy.mul(tf.sigmoid(t))];
  });
  const y = log1pexp(x);
  const [usual] = tf.gradients(tf.log(tf.exp(x).add(1)), x);
  const [own] = tf.gradients(y, x);
  expect(run(usual)).toEqual([expect.closeTo(0.731, 3), Number.NaN]);
  expect(run(own)).toEqual([expect.closeTo(0.731, 3), 1]);
  expect(y.op.type).toBe("IdentityN");
});

test("takes several arguments and results", () => {
  const [x, y] = [tf.constant([1, 2]), tf.constant([3, 4])];
  const swap = tf.customGradient((a, b) => [
    [tf.identity(b), tf.identity(a)] as const,
    (da, db) => [db.mul(10), da.mul(100)],
  ]);
  const [first, second] = swap(x, y);
  expect(run(first)).toEqual([3, 4]);
  const [dx, dy] = tf.gradients([first.mul(2), second.mul(3)], [x, y]);
  expect(run(dx)).toEqual([30, 30]);
  expect(run(dy)).toEqual([200, 200]);
});

test("refuses variables that are no arguments, and functions without gradient", () => {
  const v = new tf.Variable([1, 2], { name: "v" });
  const scaled = tf.customGradient((x) => [x.mul(v), (dy) => dy]);
  expect(() => scaled(tf.constant([1, 2]))).toThrow(
    "since function uses variables: ['v']\nPass the variables as arguments of the function.",
  );
  const bare = tf.customGradient(((x: tf.Tensor) => tf.exp(x)) as never);
  expect(() => bare(tf.constant(1))).toThrow(
    "The function given to customGradient returns [result, gradient]; got Tensor(",
  );
});
