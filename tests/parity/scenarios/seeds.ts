/** Seeds and random ops (reference sections 16.3, 17 and 18). */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("op seeds without a graph seed", async (s) => {
  const a = tf.randomUniform([6], { seed: 1234 });
  const b = tf.randomUniform([6], { seed: 1234 });
  const c = tf.randomUniform([6], { seed: 0 });
  const d = tf.randomUniform([3], { seed: 2147483647 });
  tf.randomUniform([2]);
  await s.values({ a, b, c, d }, { exact: true });
  await s.values({ a, b, c, d }, { exact: true });
});

scenario("a graph seed without op seeds counts", async (s) => {
  tf.setRandomSeed(1);
  const a = tf.randomUniform([3]);
  tf.constant(1);
  tf.noOp();
  const b = tf.randomUniform([3]);
  const c = tf.randomUniform([3], { minval: -1, maxval: 1 });
  const d = tf.randomUniform([3], { minval: 0, maxval: 10, dtype: tf.int32 });
  const e = tf.randomShuffle(tf.constant([0, 1, 2, 3, 4, 5, 6, 7], { dtype: tf.int32 }));
  const f = tf.randomUniform([3]);
  await s.values({ a, b, c, d, e, f }, { exact: true });
});

scenario("a graph seed with op seeds", async (s) => {
  tf.setRandomSeed(7);
  const a = tf.randomUniform([3], { seed: 5 });
  const b = tf.randomUniform([3]);
  const c = tf.randomUniform([3], { seed: 5 });
  await s.values({ a, b, c }, { exact: true });
  await s.values({ a, c }, { exact: true });
});

scenario("the seed table", () => {
  for (const [graphSeed, opSeed] of [
    [0, 0],
    [1, 1],
    [2147483647, 0],
    [0, 2147483647],
    [-1, -5],
    [1, 2147483648],
  ] as const) {
    tf.setRandomSeed(graphSeed);
    tf.randomUniform([1], { seed: opSeed });
  }
  tf.setRandomSeed(3);
  tf.randomUniform([1]);
  tf.setRandomSeed(4);
  tf.randomUniform([1]);
  tf.randomNormal([1]);
  tf.truncatedNormal([1]);
});

scenario("seeds of variables' initializers", async (s) => {
  tf.setRandomSeed(1);
  const w = tf.getVariable("w", [2, 3]);
  const u = tf.getVariable("u", [2, 3], {
    initializer: tf.truncatedNormalInitializer({ stddev: 0.1 }),
  });
  const v = tf.getVariable("v", [4], { initializer: tf.randomNormalInitializer({ seed: 3 }) });
  await s.values({ w, u, v }, { after: [tf.globalVariablesInitializer()] });
});

scenario("random_uniform in all forms", async (s) => {
  const n = tf.placeholderWithDefault(s.ints([2, 3]), [2], { name: "n" });
  const a = tf.randomUniform([2, 2], { seed: 1 });
  const b = tf.randomUniform([2, 2], { minval: -2, maxval: 3, seed: 1 });
  const c = tf.randomUniform([2, 2], { maxval: 3, seed: 1 });
  const d = tf.randomUniform(n, { seed: 1, name: "dynamic" });
  const e = tf.randomUniform([], { seed: 1 });
  const f = tf.randomUniform([0], { seed: 1 });
  const g = tf.randomUniform([4], { dtype: tf.float64, seed: 1 });
  const h = tf.randomUniform([4], { minval: -1, maxval: 1, dtype: tf.float64, seed: 1 });
  await s.values({ a, b, c, d, e, f, g, h }, { exact: true });
  await s.values({ a, b, g }, { exact: true });
  s.error("no maxval", () => tf.randomUniform([2], { dtype: tf.int32 }));
  s.error("bad dtype", () => tf.randomUniform([2], { maxval: 2, dtype: tf.bool }));
});

scenario("random integers", async (s) => {
  const a = tf.randomUniform([10], { minval: 0, maxval: 10, dtype: tf.int32, seed: 1234 });
  const b = tf.randomUniform([8], { minval: -5, maxval: 5, dtype: tf.int32, seed: 1234 });
  const c = tf.randomUniform([6], { minval: 0, maxval: 1000, dtype: tf.int64, seed: 1234 });
  const d = tf.randomUniform([5], { maxval: 7, dtype: tf.int32, seed: 1234 });
  await s.values({ a, b, c, d }, { exact: true });
  await s.values({ a, b, c, d }, { exact: true });
});

scenario("random_normal", async (s) => {
  const a = tf.randomNormal([2, 3], { seed: 1234 });
  const b = tf.randomNormal([5], { mean: 1, stddev: 0.5, seed: 1234 });
  const c = tf.randomNormal([4], { dtype: tf.float64, seed: 1234 });
  const d = tf.randomNormal([], { seed: 1234 });
  await s.values({ a, b, c, d });
  await s.values({ a, b, c, d });
});

scenario("truncated_normal", async (s) => {
  const a = tf.truncatedNormal([10], { seed: 1234 });
  const b = tf.truncatedNormal([2, 5], { mean: 1, stddev: 0.1, seed: 1234 });
  const c = tf.truncatedNormal([5], { dtype: tf.float64, seed: 1234 });
  await s.values({ a, b, c });
  await s.values({ a, b, c });
});

scenario("random_shuffle", async (s) => {
  const a = tf.randomShuffle(tf.constant([0, 1, 2, 3, 4, 5, 6, 7], { dtype: tf.int32 }), {
    seed: 1234,
  });
  const b = tf.randomShuffle(
    tf.constant(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      { dtype: tf.int32 },
    ),
    { seed: 134 },
  );
  const c = tf.randomShuffle([[1, 2]], { seed: 134 });
  const d = tf.randomShuffle(tf.range(20, { dtype: tf.int32 }), { seed: 2, name: "deck" });
  await s.values({ a, b, c, d }, { exact: true });
  await s.values({ a, b, c, d }, { exact: true });
});

scenario("multinomial with one row", async (s) => {
  const logits = tf.constant([[0.1, 1, 2, 0.5]]);
  const a = tf.multinomial(logits, 10, { seed: 1234 });
  const b = tf.multinomial(logits, 3, { seed: 7, name: "m" });
  const c = tf.multinomial(logits, 5, { seed: 7, outputDtype: tf.int32 });
  await s.values({ a, b, c }, { exact: true });
  await s.values({ a, b, c }, { exact: true });
});

scenario("dropout", async (s) => {
  const x = tf.constant(s.data([4, 4], 1, 0.5), { name: "x" });
  const keep = tf.placeholderWithDefault(0.5, [], { name: "keep" });
  const a = tf.nn.dropout(x, { keepProb: 0.5, seed: 3 });
  const b = tf.nn.dropout(x, { rate: 0.25, seed: 3, name: "by_rate" });
  const c = tf.nn.dropout(x, { keepProb: keep, seed: 3, name: "dynamic" });
  const d = tf.nn.dropout(x, { keepProb: 0.5, noiseShape: [4, 1], seed: 3, name: "noise" });
  const e = tf.nn.dropout(x, { rate: 0, name: "all" });
  const gradients = tf.gradients([a, b, c, d], x);
  await s.values({ a, b, c, d, e, gradients });
  await s.values({ c }, { feeds: [[keep, 1]] });
});

scenario("a new run continues the stream, equal seeds give equal streams", async (s) => {
  tf.setRandomSeed(12);
  const a = tf.randomUniform([2], { seed: 1, name: "a" });
  const b = tf.randomUniform([2], { seed: 1, name: "b" });
  const w = tf.getVariable("w", [2], {
    initializer: tf.randomUniformInitializer({ minval: -1, maxval: 1, seed: 1 }),
  });
  await s.values({ a }, { exact: true });
  await s.values({ a }, { exact: true });
  await s.values({ a, b }, { exact: true });
  await s.values({ w }, { after: [w.initializer], exact: true });
  await s.values({ w }, { after: [w.initializer], exact: true });
});

scenario("random_crop makes these nodes", (s) => {
  const x = tf.constant(s.data([4, 4]), { name: "x" });
  tf.randomCrop(x, [2, 2], { seed: 1 });
});

scenario("get_seed", (s) => {
  s.print(tf.getSeed(null));
  s.print(tf.getSeed(1));
  tf.setRandomSeed(5);
  s.print(tf.getSeed(9));
  s.print(tf.getSeed(null));
  s.print(tf.getSeed(null));
  tf.setRandomSeed(null);
  s.print(tf.getSeed(null));
});
