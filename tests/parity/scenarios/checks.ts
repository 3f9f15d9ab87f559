/** Training and checks in combinations that the other groups do not have. */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("moving averages of resource variables inside control dependencies", async (s) => {
  const v = new tf.Variable(1, { name: "v", useResource: true });
  const u = new tf.Variable([1, 2], { name: "u", useResource: true });
  const ema = new tf.train.ExponentialMovingAverage(0.9, { zeroDebias: true });
  const upd = v.assignAdd(1);
  const op = tf.controlDependencies([upd], () => ema.apply([v, u, tf.square(u)]));
  const out = tf.controlDependencies([op], () => tf.identity(ema.average(v)!));
  s.print([ema.averageName(v), ema.averageName(u)]);
  const vr = ema.variablesToRestore();
  s.print((vr instanceof Map ? [...vr.keys()] : Object.keys(vr)).sort());
  await s.values({ out }, { after: [tf.globalVariablesInitializer()] });
  await s.values({ out, a: ema.average(u) }, { after: [op] });
});

scenario("sparse and dense gradients of one variable, nesterov", async (s) => {
  for (const useResource of [false, true]) {
    const w = new tf.Variable(tf.ones([4, 2]), { name: "w", useResource });
    const loss = tf.reduceSum(tf.square(tf.gather(w, s.ints([0, 2, 0]))));
    const opt = new tf.train.MomentumOptimizer(0.1, 0.9, { useNesterov: true });
    const op = opt.minimize(loss, { varList: [w] });
    const loss2 = loss.add(tf.reduceSum(w.mul(w)));
    const op2 = new tf.train.AdamOptimizer(0.1).minimize(loss2, { varList: [w] });
    await s.run(tf.globalVariablesInitializer());
    await s.train(op, { w }, 2);
    await s.train(op2, { w }, 2);
  }
});

scenario("clipping with missing and sparse gradients", async (s) => {
  const v = (n: string, sh: number[]) =>
    tf.getVariable(n, sh, { initializer: tf.onesInitializer() });
  const w = v("w", [4, 2]),
    u = v("u", [2]),
    z = v("z", [2]);
  const loss = tf.reduceSum(tf.square(tf.gather(w, s.ints([0, 2, 0])))).add(tf.reduceSum(u.mul(3)));
  const grads = tf.gradients(loss, [w, u, z]);
  const [clipped, norm] = tf.clipByGlobalNorm(grads, 2);
  const op = new tf.train.GradientDescentOptimizer(0.1).applyGradients(
    clipped.map((g, i) => [g, [w, u, z][i] as tf.Variable] as const),
  );
  const n2 = tf.globalNorm([null, u]);
  const c2 = tf.clipByNorm(grads[0] as tf.IndexedSlices, 1);
  const c3 = tf.clipByGlobalNorm([u, null], 2, { useNorm: tf.constant(8) })[0];
  const c4 = tf.clipByNorm(w, 1, { axes: [1] });
  const c5 = tf.clipByAverageNorm(u, 0.5);
  const c6 = tf.clipByValue(grads[0] as tf.IndexedSlices, -0.5, 0.5);
  await s.values(
    { norm, c: clipped, n2, c2, c3: c3[0], c4, c5, c6 },
    { after: [tf.globalVariablesInitializer()] },
  );
  await s.values({ w, u }, { after: [op] });
  s.error("not a list", () => tf.clipByGlobalNorm(u as never, 2));
  s.error("norm not a list", () => tf.globalNorm(u as never));
});

scenario("decays with tensors and their errors", async (s) => {
  const gs = tf.train.getOrCreateGlobalStep();
  const a = tf.train.exponentialDecay(0.1, gs, 3, 0.5, { staircase: true });
  const b = tf.train.piecewiseConstant(gs, [2, 4], [1, 0.5, 0.1]);
  const c = tf.train.piecewiseConstant(tf.cast(gs, tf.float32), [2, 4], [1, 0.5, 0.1]);
  const d = tf.train.polynomialDecay(tf.constant(0.1, { dtype: tf.float64 }), gs, 5, { power: 2 });
  const e = tf.train.linearCosineDecay(0.1, gs, 5);
  const f = tf.train.piecewiseConstant(gs, [2], [s.ints(1), s.ints(5)]);
  s.error("no step", () => tf.train.exponentialDecay(0.1, null as never, 3, 0.5));
  s.error("piecewise types", () => tf.train.piecewiseConstant(gs, [2.5, 4], [1, 0.5, 0.1]));
  s.error("piecewise values", () =>
    tf.train.piecewiseConstant(gs, [2, 4], [1, tf.constant(s.ints(1)), 0.1]),
  );
  s.error("piecewise none", () => tf.train.piecewiseConstant(gs, null as never, [1]));
  s.error("cosine", () => tf.train.cosineDecay(0.1, null as never, 5));
  const op = tf.assignAdd(gs, 1);
  await s.run(tf.globalVariablesInitializer());
  for (let i = 0; i < 6; i++) {
    await s.values({ a, b, c, d, e, f });
    await s.run(op);
  }
});

scenario("learning rates that are callables", async (s) => {
  const w = new tf.Variable([1], { name: "w" });
  const v = new tf.Variable([1], { name: "v", useResource: true });
  const loss = tf.reduceSum(w.mul(w).mul(v));
  const op = new tf.train.AdamOptimizer(() => 0.5, { beta1: () => 0.8 }).minimize(loss);
  const op2 = new tf.train.MomentumOptimizer(
    () => tf.constant(0.1),
    () => 0.5,
  ).minimize(loss);
  await s.run(tf.globalVariablesInitializer());
  await s.train(op, { w, v }, 1);
  await s.train(op2, { w, v }, 1);
});

scenario("random seeds with resource variables and dropout", async (s) => {
  tf.setRandomSeed(7);
  const v = tf.getVariable("v", [3], {
    initializer: tf.randomNormalInitializer(),
    useResource: true,
  });
  const w = tf.getVariable("w", [3], {
    initializer: tf.truncatedNormalInitializer({ seed: 3 }),
    useResource: true,
  });
  const o = tf.getVariable("o", [3, 5], { initializer: tf.orthogonalInitializer({ seed: 1 }) });
  const o2 = tf.getVariable("o2", [5, 3], { initializer: tf.orthogonalInitializer({ gain: 2 }) });
  const o3 = tf.getVariable("o3", [2, 2, 3], { initializer: tf.orthogonalInitializer() });
  const d = tf.nn.dropout(tf.ones([10]), { rate: 0.5 });
  const d2 = tf.nn.dropout(tf.ones([10]), { keepProb: 0.25, seed: 9 });
  const d3 = tf.nn.dropout(tf.ones([2, 4]), { rate: 0.5, noiseShape: [2, 1] });
  const kp = tf.placeholderWithDefault(0.5, []);
  const d4 = tf.nn.dropout(tf.ones([4]), { keepProb: kp, name: "dd" });
  tf.gradients(d4, kp);
  const r = tf.randomUniform([3], { minval: 0, maxval: 10, dtype: tf.int64 });
  const m = tf.multinomial(tf.log([[0.2, 0.3, 0.5]]), 5);
  const sh = tf.randomShuffle(tf.range(6));
  await s.values({ v, w, o, o2, o3 }, { after: [tf.globalVariablesInitializer()] });
  await s.values({ d, d2, d3, d4, r, m, sh });
  await s.values({ d, d2, r, m, sh });
});

scenario("gradients colocation of slots and names", (s) => {
  const w = tf.device("/job:ps/task:0", () =>
    tf.getVariable("w", [2], { initializer: tf.onesInitializer() }),
  );
  const r = tf.device("/job:ps/task:1", () =>
    tf.getVariable("r", [2], { initializer: tf.onesInitializer(), useResource: true }),
  );
  tf.variableScope("train", () =>
    tf.device("/job:worker", () => {
      new tf.train.RMSPropOptimizer(0.1, { momentum: 0.9 }).minimize(tf.reduceSum(w.mul(r)));
      new tf.train.ExponentialMovingAverage(0.5).apply([w, r]);
    }),
  );
  s.print(tf.globalVariables().map((v) => v.name));
  s.print(tf.globalVariables().map((v) => v.device));
});

scenario("numbers of the whole graph are checked", async (s) => {
  const x = tf.placeholder(tf.float32, [2], { name: "x" });
  const y = tf.verifyTensorAllFinite(x, "not finite");
  const w = tf.log(y);
  const z = tf.reduceSum(w.mul(2));
  const op = tf.addCheckNumericsOps();
  await s.values({ z }, { feeds: [[x, [1, 2]]] });
  await s.run(op, [[x, [1, 2]]]);
  await s.error("log", () => s.run(op, [[x, [0, 1]]]));
  await s.error("verify", () => s.run(y, [[x, [Infinity, 1]]]));
  tf.cond(
    x.slice(0).greater(0),
    () => x,
    () => x.neg(),
  );
  s.error("cond", () => tf.addCheckNumericsOps());
});

scenario("numbers of a network in training are checked", async (s) => {
  const x = tf.placeholder(tf.float32, [2, 2], { name: "x" });
  const w = tf.getVariable("w", [2, 1], { initializer: tf.onesInitializer() });
  const r = tf.getVariable("r", [1], { initializer: tf.zerosInitializer(), useResource: true });
  tf.cast(tf.constant(s.ints(3)), tf.float64, { name: "double" });
  const loss = tf.reduceMean(tf.log(tf.matmul(x, w).add(r)), { name: "loss" });
  const train = new tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss);
  const checks = tf.addCheckNumericsOps();
  const rows = (a: number, b: number) =>
    [
      [
        x,
        [
          [a, b],
          [3, 4],
        ],
      ],
    ] as const;
  await s.run(tf.globalVariablesInitializer());
  await s.run([train, checks], rows(1, 2));
  await s.values({ w, r });
  await s.error("nan", () => s.run(checks, rows(-1, -2)));
  await s.error("inf", () => s.run(checks, rows(Number.POSITIVE_INFINITY, 2)));
  await s.error("both", () => s.run(checks, rows(Number.POSITIVE_INFINITY, Number.NaN)));
  const guarded = tf.checkNumerics(loss, "the loss", { name: "guard" });
  const safe = tf.controlDependencies([guarded], () =>
    new tf.train.GradientDescentOptimizer(0.1).minimize(loss),
  );
  await s.error("guard", () => s.run(safe, rows(-1, -2)));
  await s.values({ after: w, "r after": r });
});

scenario("checks of closeness, integers, ranks and order", async (s) => {
  const x = tf.placeholder(tf.float32, [null], { name: "x" });
  const u = tf.placeholder(tf.float32, null, { name: "u" });
  const near = tf.assertNear(x, [1, 2]);
  const near2 = tf.assertNear(x, x.mul(1.001), {
    rtol: 0.01,
    atol: 0,
    message: "close",
    name: "n",
  });
  const i = tf.assertInteger(tf.constant(s.ints([1, 2])));
  const r = tf.assertRankIn(x, [1, 2]);
  const ru = tf.assertRankIn(u, [0, 1], { message: "mine" });
  const nd = tf.isNonDecreasing(x);
  const si = tf.isStrictlyIncreasing(x);
  s.print(tf.assertSameFloatDtype([x, tf.constant(1)]));
  s.error("integer", () => tf.assertInteger(x));
  s.error("rank", () => tf.assertRankIn(x, [0, 2]));
  s.error("float", () => tf.assertSameFloatDtype([tf.constant(s.ints(1))]));
  s.error("same", () => tf.assertSameFloatDtype([x, tf.constant(1, { dtype: tf.float64 })]));
  await s.values({ nd, si }, { feeds: [[x, [1, 2, 2]]] });
  await s.values({ nd, si }, { feeds: [[x, [1, 2, 3]]] });
  await s.values({ nd, si }, { feeds: [[x, [3, 2]]] });
  await s.values({ nd, si }, { feeds: [[x, [3]]] });
  await s.run(
    [near2, i, r, ru],
    [
      [x, [1, 2]],
      [u, 1],
    ],
  );
  await s.run(near, [[x, [1, 2]]]);
  await s.error("near", () => s.run(near, [[x, [1, 2.1]]]));
  await s.error("ranks", () => s.run(ru, [[u, [[1]]]]));
});

scenario("sorting and confusion matrices", async (s) => {
  const x = tf.placeholder(tf.float32, [2, 3]);
  const n = tf.constant(
    [
      [3, 1, 2],
      [-5, 7, 0],
    ],
    { dtype: tf.int32 },
  );
  const vals = {
    sort: tf.sort(x),
    desc: tf.sort(x, { direction: "DESCENDING" }),
    axis: tf.sort(x, { axis: 0 }),
    arg: tf.argsort(x),
    ints: tf.sort(n),
    arg0: tf.argsort(n, { axis: 0, direction: "DESCENDING", name: "a" }),
    cm: tf.confusionMatrix([1, 2, 4], [2, 2, 4]),
    cm5: tf.confusionMatrix([1, 2, 0], [2, 2, 0], { numClasses: 3 }),
    w: tf.math.confusionMatrix([1, 0], [1, 1], { weights: [0.5, 2], dtype: tf.float32 }),
  };
  s.error("direction", () => tf.sort(x, { direction: "UP" as never }));
  const g = tf.gradients(vals.axis.mul(x), x);
  await s.values(vals, { feeds: [[x, s.data([2, 3])]] });
  await s.values({ g }, { feeds: [[x, s.data([2, 3])]] });
});

scenario("texts in messages are escaped", async (s) => {
  for (const [i, t] of ['q"q', "it's", "a\nb\tc\\d", "ü", "\x01\x7f"].entries())
    await s.error(String(i), () =>
      s.run(tf.Assert(tf.constant(false), [tf.constant(t as string), 1.5])),
    );
});
