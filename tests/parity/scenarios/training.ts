/** Learning-rate decays, moving averages and slots (reference section 22). */

import * as tf from "tensorscope";
import { type Context, scenario } from "../harness.ts";

/** Records a decayed rate at several steps. */
async function overSteps(s: Context, make: (x: tf.Tensor) => tf.Tensor, steps: number[]) {
  const step = tf.placeholderWithDefault(s.ints(0), [], { name: "step" });
  const rate = make(step);
  for (const value of steps) {
    await s.values({ rate }, { feeds: [[step, value]] });
  }
}

scenario("exponential decay", async (s) => {
  await overSteps(s, (step) => tf.train.exponentialDecay(0.1, step, 10, 0.96), [0, 5, 10, 25]);
});

scenario("staircase exponential decay", async (s) => {
  await overSteps(
    s,
    (step) => tf.train.exponentialDecay(0.1, step, 10, 0.96, { staircase: true }),
    [0, 5, 10, 25],
  );
});

scenario("piecewise constant", async (s) => {
  await overSteps(
    s,
    (step) => tf.train.piecewiseConstant(step, [5, 10], [1, 0.5, 0.1]),
    [0, 5, 6, 10, 11],
  );
});

scenario("polynomial decay", async (s) => {
  await overSteps(
    s,
    (step) => tf.train.polynomialDecay(0.1, step, 10, { endLearningRate: 0.01, power: 0.5 }),
    [0, 5, 20],
  );
});

scenario("cycling polynomial decay", async (s) => {
  await overSteps(
    s,
    (step) => tf.train.polynomialDecay(0.1, step, 10, { cycle: true }),
    [0, 5, 12],
  );
});

scenario("natural exp decay", async (s) => {
  await overSteps(s, (step) => tf.train.naturalExpDecay(0.1, step, 10, 0.5), [0, 5, 12]);
});

scenario("inverse time decay", async (s) => {
  await overSteps(s, (step) => tf.train.inverseTimeDecay(0.1, step, 10, 0.5), [0, 5, 12]);
});

scenario("staircase inverse time decay", async (s) => {
  await overSteps(
    s,
    (step) => tf.train.inverseTimeDecay(0.1, step, 10, 0.5, { staircase: true }),
    [0, 5, 12],
  );
});

scenario("cosine decay", async (s) => {
  await overSteps(s, (step) => tf.train.cosineDecay(0.1, step, 10, { alpha: 0.1 }), [0, 5, 20]);
});

scenario("cosine decay with restarts", async (s) => {
  await overSteps(s, (step) => tf.train.cosineDecayRestarts(0.1, step, 10), [0, 5, 12]);
});

scenario("linear cosine decay", async (s) => {
  await overSteps(s, (step) => tf.train.linearCosineDecay(0.1, step, 10), [0, 5, 12]);
});

scenario("a decayed rate trains", async (s) => {
  const w = new tf.Variable([1, 2], { name: "w" });
  const step = tf.train.getOrCreateGlobalStep();
  const rate = tf.train.exponentialDecay(0.5, step, 1, 0.5);
  const train = new tf.train.GradientDescentOptimizer(rate).minimize(tf.reduceSum(w), {
    globalStep: step,
  });
  await s.run(tf.globalVariablesInitializer());
  await s.train(train, { w, rate, step }, 3);
});

scenario("moving averages of variables", async (s) => {
  const w = new tf.Variable([1, 2], { name: "w" });
  const b = tf.getVariable("b", [1], { initializer: tf.onesInitializer() });
  const frozen = new tf.Variable(1, { trainable: false, name: "frozen" });
  const ema = new tf.train.ExponentialMovingAverage(0.9);
  const update = ema.apply();
  s.print(update.name);
  s.print([ema.average(w)!.name, ema.averageName(w)]);
  s.print(ema.average(frozen));
  s.print(ema.averageName(frozen));
  s.print(tf.movingAverageVariables().map((v) => v.name));
  const change = tf.group(w.assignAdd([1, 1]), b.assign([5]));
  await s.run(tf.globalVariablesInitializer());
  await s.run(change);
  await s.train(update, { w: ema.average(w), b: ema.average(b) }, 2);
});

scenario("moving averages with num_updates", async (s) => {
  const w = new tf.Variable([1, 2], { name: "w" });
  const step = new tf.Variable(3, { trainable: false, name: "step", dtype: tf.int32 });
  const ema = new tf.train.ExponentialMovingAverage(0.99, { numUpdates: step });
  const update = ema.apply([w]);
  await s.run(tf.globalVariablesInitializer());
  await s.run(w.assign([10, 20]));
  await s.train(update, { w: ema.average(w) }, 2);
});

scenario("moving averages of tensors", async (s) => {
  const x = tf.placeholderWithDefault([1, 2], [2], { name: "x" });
  const y = tf.multiply(x, 2, { name: "y" });
  const ema = new tf.train.ExponentialMovingAverage(0.5);
  const update = ema.apply([y]);
  const debiased = new tf.train.ExponentialMovingAverage(0.5, {
    zeroDebias: true,
    name: "debiased",
  });
  const update2 = debiased.apply([y]);
  s.print([ema.average(y)!.name, debiased.average(y)!.name]);
  await s.run(tf.globalVariablesInitializer());
  await s.train(update, { average: ema.average(y) }, 2);
  await s.train(update2, { average: debiased.average(y) }, 2, [[x, [4, 8]]]);
  s.error("integers", () => ema.apply([tf.constant(1, { name: "i", dtype: tf.int32 })]));
});

scenario("moving averages and training in one op", async (s) => {
  const w = new tf.Variable([1, 2], { name: "w" });
  const train = new tf.train.GradientDescentOptimizer(0.5).minimize(tf.reduceSum(w));
  const ema = new tf.train.ExponentialMovingAverage(0.5);
  const update = tf.controlDependencies([train], () => ema.apply([w]));
  const restore = ema.variablesToRestore();
  s.print([...restore.keys()].sort());
  await s.run(tf.globalVariablesInitializer());
  await s.train(update, { w, average: ema.average(w) }, 3);
});

scenario("moving averages of resource variables", async (s) => {
  const w = new tf.Variable([1, 2], { name: "w", useResource: true });
  const ema = new tf.train.ExponentialMovingAverage(0.5);
  const update = ema.apply([w]);
  const change = w.assignAdd([1, 1]);
  await s.run(tf.globalVariablesInitializer());
  await s.run(change);
  await s.train(update, { average: ema.average(w) }, 2);
});

scenario("assign_moving_average", async (s) => {
  const [a, b] = tf.variableScope("model", () => {
    const a = tf.getVariable("a", [2], { initializer: tf.zerosInitializer() });
    const b = tf.getVariable("b", [2], { initializer: tf.zerosInitializer() });
    return [a, b] as const;
  });
  const value = tf.placeholderWithDefault([1, 2], [2], { name: "value" });
  const plain = tf.train.assignMovingAverage(a, value, 0.9, { zeroDebias: false });
  const debiased = tf.train.assignMovingAverage(b, value, 0.9);
  await s.run(tf.globalVariablesInitializer());
  await s.train(plain, { a }, 2);
  await s.train(debiased, { b }, 2, [[value, [4, 8]]]);
});

scenario("beta powers of one optimizer are shared", async (s) => {
  const w = new tf.Variable([1], { name: "w" });
  const v = new tf.Variable([1], { name: "v" });
  const adam = new tf.train.AdamOptimizer({ learningRate: 0.1 });
  const a = adam.minimize(tf.reduceSum(w), { varList: [w] });
  const b = adam.minimize(tf.reduceSum(v), { varList: [v] });
  s.print(adam.variables().map((x) => x.name));
  await s.run(tf.globalVariablesInitializer());
  await s.train(a, { w, v }, 1);
  await s.train(b, { w, v }, 1);
});

scenario("linear regression", async (s) => {
  const x = tf.placeholder(tf.float32, [null, 1], { name: "x" });
  const y = tf.placeholder(tf.float32, [null, 1], { name: "y" });
  const w = new tf.Variable(tf.zeros([1, 1]), { name: "w" });
  const b = new tf.Variable(tf.zeros([1]), { name: "b" });
  const loss = tf.reduceMean(tf.square(tf.matmul(x, w).add(b).sub(y)));
  const train = new tf.train.GradientDescentOptimizer(0.1).minimize(loss);
  await s.run(tf.globalVariablesInitializer());
  const feeds = [
    [x, [[1], [2], [3]]],
    [y, [[3], [5], [7]]],
  ] as const;
  await s.train(train, { loss, w, b }, 5, feeds);
});

scenario("logistic regression with l2 and seeds", async (s) => {
  tf.setRandomSeed(42);
  const x = tf.placeholder(tf.float32, [null, 3], { name: "x" });
  const y = tf.placeholder(tf.int64, [null], { name: "y" });
  const w = tf.getVariable("w", [3, 2]);
  const b = tf.getVariable("b", [2], { initializer: tf.zerosInitializer() });
  const logits = tf.matmul(x, w).add(b);
  const entropy = tf.nn.sparseSoftmaxCrossEntropyWithLogits({ labels: y, logits });
  const loss = tf.reduceMean(entropy).add(tf.nn.l2Loss(w).rmul(0.01));
  const train = new tf.train.AdamOptimizer({ learningRate: 0.1 }).minimize(loss);
  const accuracy = tf.reduceMean(tf.cast(tf.equal(tf.argmax(logits, { axis: 1 }), y), tf.float32));
  await s.run(tf.globalVariablesInitializer());
  const feeds = [
    [x, s.data([4, 3])],
    [y, [0, 1, 1, 0]],
  ] as const;
  await s.train(train, { loss, w, b, accuracy }, 3, feeds);
});
