/** Optimizers: nodes, slots and three steps of each (reference section 21). */

import * as tf from "tensorscope";
import { type Context, scenario } from "../harness.ts";

/** Three steps of the reference's numeric example: w = [1, 2] with the constant gradient [0.1, -0.2]. */
async function trainDense(s: Context, optimizer: tf.train.Optimizer, useResource = false) {
  const w = new tf.Variable([1, 2], { name: "w", useResource });
  const loss = tf.reduceSum(w.mul([0.1, -0.2]));
  const train = optimizer.minimize(loss);
  await s.run(tf.globalVariablesInitializer());
  const slots: unknown[] = [];
  for (const name of optimizer.getSlotNames()) {
    slots.push(optimizer.getSlot(w, name));
  }
  s.print(optimizer.getName());
  s.print(optimizer.getSlotNames());
  s.print(optimizer.variables().map((v) => v.name));
  await s.train(train, { w, slots }, 3);
}

scenario("gradient descent", async (s) => {
  await trainDense(s, new tf.train.GradientDescentOptimizer(3));
});

scenario("momentum", async (s) => {
  await trainDense(s, new tf.train.MomentumOptimizer(2, 0.9));
});

scenario("nesterov momentum", async (s) => {
  await trainDense(s, new tf.train.MomentumOptimizer(2, 0.9, { useNesterov: true }));
});

scenario("adam", async (s) => {
  await trainDense(s, new tf.train.AdamOptimizer());
});

scenario("adam with its own numbers", async (s) => {
  await trainDense(
    s,
    new tf.train.AdamOptimizer({ learningRate: 0.1, beta1: 0.5, beta2: 0.9, epsilon: 0.01 }),
  );
});

scenario("rmsprop", async (s) => {
  await trainDense(s, new tf.train.RMSPropOptimizer(2));
});

scenario("rmsprop with momentum", async (s) => {
  await trainDense(s, new tf.train.RMSPropOptimizer(2, { decay: 0.9, momentum: 0.5 }));
});

scenario("centered rmsprop", async (s) => {
  await trainDense(s, new tf.train.RMSPropOptimizer(2, { decay: 0.9, centered: true }));
});

scenario("adagrad", async (s) => {
  await trainDense(s, new tf.train.AdagradOptimizer(3));
});

scenario("adadelta", async (s) => {
  await trainDense(s, new tf.train.AdadeltaOptimizer({ learningRate: 1, rho: 0.95 }));
});

scenario("ftrl", async (s) => {
  await trainDense(s, new tf.train.FtrlOptimizer(3));
});

scenario("ftrl with l1 and l2", async (s) => {
  await trainDense(
    s,
    new tf.train.FtrlOptimizer(3, { l1RegularizationStrength: 0.001, l2RegularizationStrength: 2 }),
  );
});

scenario("ftrl with shrinkage", async (s) => {
  await trainDense(
    s,
    new tf.train.FtrlOptimizer(3, {
      l1RegularizationStrength: 0.001,
      l2RegularizationStrength: 2,
      l2ShrinkageRegularizationStrength: 0.1,
    }),
  );
});

scenario("proximal gradient descent", async (s) => {
  await trainDense(
    s,
    new tf.train.ProximalGradientDescentOptimizer(3, {
      l1RegularizationStrength: 0.01,
      l2RegularizationStrength: 0.02,
    }),
  );
});

scenario("gradient descent of a resource variable", async (s) => {
  await trainDense(s, new tf.train.GradientDescentOptimizer(3), true);
});

scenario("momentum of a resource variable", async (s) => {
  await trainDense(s, new tf.train.MomentumOptimizer(2, 0.9), true);
});

scenario("adam of a resource variable", async (s) => {
  await trainDense(s, new tf.train.AdamOptimizer(), true);
});

scenario("rmsprop of a resource variable", async (s) => {
  await trainDense(s, new tf.train.RMSPropOptimizer(2), true);
});

scenario("adagrad of a resource variable", async (s) => {
  await trainDense(s, new tf.train.AdagradOptimizer(3), true);
});

scenario("ftrl of a resource variable", async (s) => {
  await trainDense(s, new tf.train.FtrlOptimizer(3), true);
});

scenario("adadelta of a resource variable", async (s) => {
  await trainDense(s, new tf.train.AdadeltaOptimizer({ learningRate: 1, rho: 0.95 }), true);
});

scenario("proximal gradient descent of a resource variable", async (s) => {
  await trainDense(
    s,
    new tf.train.ProximalGradientDescentOptimizer(3, { l1RegularizationStrength: 0.01 }),
    true,
  );
});

scenario("centered rmsprop of a resource variable", async (s) => {
  await trainDense(s, new tf.train.RMSPropOptimizer(2, { momentum: 0.5, centered: true }), true);
});

/** Three steps with gradients of some rows, one of them twice. */
async function trainSparse(s: Context, optimizer: tf.train.Optimizer, useResource = false) {
  const w = new tf.Variable(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    { name: "w", useResource },
  );
  const rows = tf.gather(w, [0, 2, 0]);
  const loss = tf.reduceSum(rows.mul(rows));
  const train = optimizer.minimize(loss);
  await s.run(tf.globalVariablesInitializer());
  await s.train(train, { w, loss }, 3);
}

scenario("sparse gradient descent", async (s) => {
  await trainSparse(s, new tf.train.GradientDescentOptimizer(0.1));
});

scenario("sparse momentum", async (s) => {
  await trainSparse(s, new tf.train.MomentumOptimizer(0.1, 0.9));
});

scenario("sparse adam", async (s) => {
  await trainSparse(s, new tf.train.AdamOptimizer({ learningRate: 0.1 }));
});

scenario("sparse rmsprop", async (s) => {
  await trainSparse(s, new tf.train.RMSPropOptimizer(0.1));
});

scenario("sparse adagrad", async (s) => {
  await trainSparse(s, new tf.train.AdagradOptimizer(0.1));
});

scenario("sparse adadelta", async (s) => {
  await trainSparse(s, new tf.train.AdadeltaOptimizer({ learningRate: 1 }));
});

scenario("sparse ftrl", async (s) => {
  await trainSparse(s, new tf.train.FtrlOptimizer(0.1));
});

scenario("sparse proximal gradient descent", async (s) => {
  await trainSparse(
    s,
    new tf.train.ProximalGradientDescentOptimizer(0.1, { l1RegularizationStrength: 0.01 }),
  );
});

scenario("sparse momentum of a resource variable", async (s) => {
  await trainSparse(s, new tf.train.MomentumOptimizer(0.1, 0.9), true);
});

scenario("sparse rmsprop of a resource variable", async (s) => {
  await trainSparse(s, new tf.train.RMSPropOptimizer(0.1), true);
});

scenario("sparse gradient descent of a resource variable", async (s) => {
  await trainSparse(s, new tf.train.GradientDescentOptimizer(0.1), true);
});

scenario("sparse adam of a resource variable", async (s) => {
  await trainSparse(s, new tf.train.AdamOptimizer({ learningRate: 0.1 }), true);
});

scenario("sparse adagrad of a resource variable", async (s) => {
  await trainSparse(s, new tf.train.AdagradOptimizer(0.1), true);
});

scenario("a global step counts", async (s) => {
  const w = new tf.Variable([1, 2], { name: "w" });
  const step = tf.train.getOrCreateGlobalStep();
  const resourceStep = new tf.Variable(0, {
    name: "resource_step",
    trainable: false,
    useResource: true,
    dtype: tf.int32,
  });
  const loss = tf.reduceSum(tf.square(w));
  const train = new tf.train.GradientDescentOptimizer(0.1).minimize(loss, { globalStep: step });
  const again = new tf.train.AdamOptimizer().minimize(loss, { globalStep: step, name: "mine" });
  const third = new tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, {
    globalStep: resourceStep,
  });
  s.print([train.name, again.name, third.name]);
  await s.run(tf.globalVariablesInitializer());
  await s.train(train, { w, step }, 2);
  await s.train(again, { w, step }, 1);
  await s.train(third, { w, step, resource_step: resourceStep }, 1);
});

scenario("a second adam has its own names", async (s) => {
  const w = new tf.Variable([1, 2], { name: "w" });
  const b = new tf.Variable([1], { name: "b" });
  const loss = tf.reduceSum(tf.square(w)).add(tf.reduceSum(b));
  const first = new tf.train.AdamOptimizer({ learningRate: 0.1 });
  const second = new tf.train.AdamOptimizer({ learningRate: 0.2 });
  const train1 = first.minimize(loss);
  const train2 = second.minimize(loss);
  const train3 = first.minimize(loss);
  s.print(first.variables().map((v) => v.name));
  s.print(second.variables().map((v) => v.name));
  await s.run(tf.globalVariablesInitializer());
  for (const train of [train1, train2, train3]) {
    await s.train(train, { w, b }, 1);
  }
});

scenario("re-entering a scope forgets slot names", (s) => {
  const w = tf.variableScope("foo", () =>
    tf.getVariable("w", [2], { initializer: tf.onesInitializer() }),
  );
  const loss = tf.reduceSum(tf.square(w));
  new tf.train.AdamOptimizer({ learningRate: 0.1 }).minimize(loss);
  tf.variableScope("foo", () => {
    tf.noOp({ name: "n" });
  });
  s.error("collision", () => new tf.train.AdamOptimizer({ learningRate: 0.1 }).minimize(loss));
});

scenario("optimizers inside scopes", async (s) => {
  const [w, loss] = tf.variableScope("model", () => {
    const w = tf.getVariable("w", [2], { initializer: tf.onesInitializer() });
    const loss = tf.reduceSum(tf.square(w));
    return [w, loss] as const;
  });
  const train = tf.nameScope("train", () =>
    new tf.train.AdamOptimizer({ learningRate: 0.1 }).minimize(loss),
  );
  const train2 = tf.variableScope("other", () =>
    new tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss),
  );
  await s.run(tf.globalVariablesInitializer());
  await s.train(train, { w }, 1);
  await s.train(train2, { w }, 1);
});

scenario("two losses over two sets of variables", async (s) => {
  const g = tf.variableScope("g", () =>
    tf.getVariable("w", [2], { initializer: tf.onesInitializer() }),
  );
  const d = tf.variableScope("d", () =>
    tf.getVariable("w", [2], { initializer: tf.onesInitializer() }),
  );
  const lossD = tf.reduceSum(tf.square(d.sub(g)));
  const lossG = tf.reduceSum(g.mul(d));
  const trainD = new tf.train.AdamOptimizer({ learningRate: 0.1 }).minimize(lossD, {
    varList: tf.trainableVariables("d"),
  });
  const trainG = new tf.train.AdamOptimizer({ learningRate: 0.1 }).minimize(lossG, {
    varList: tf.trainableVariables("g"),
  });
  await s.run(tf.globalVariablesInitializer());
  await s.train(trainD, { d, g }, 1);
  await s.train(trainG, { d, g }, 1);
});

scenario("clipped gradients are applied", async (s) => {
  const w = new tf.Variable([3, 4], { name: "w" });
  const b = new tf.Variable([10], { name: "b" });
  const unused = new tf.Variable([1], { name: "unused" });
  const loss = tf.reduceSum(tf.square(w)).add(tf.reduceSum(tf.square(b)));
  const optimizer = new tf.train.GradientDescentOptimizer(0.1);
  const gradsAndVars = optimizer.computeGradients(loss);
  s.print(gradsAndVars.map(([_, v]) => v.name));
  s.print(gradsAndVars.map(([g, _]) => (g ?? null) === null));
  const gradients = tf.gradients(loss, [w, b]);
  const [clipped, norm] = tf.clipByGlobalNorm(gradients, 5);
  const train = optimizer.applyGradients(
    [
      [clipped[0]!, w],
      [clipped[1]!, b],
      [null, unused],
    ],
    { name: "clip" },
  );
  await s.run(tf.globalVariablesInitializer());
  await s.train(train, { w, b, norm }, 2);
});

scenario("gates of compute_gradients", (s) => {
  const w = new tf.Variable([[1], [2]], { name: "w" });
  const b = new tf.Variable([1], { name: "b" });
  const loss = tf.reduceSum(tf.tanh(tf.matmul([[1, 2]], w).add(b)));
  const optimizer = new tf.train.GradientDescentOptimizer(0.1);
  optimizer.computeGradients(loss, { gateGradients: tf.train.Optimizer.GATE_NONE });
  optimizer.computeGradients(loss, { gateGradients: tf.train.Optimizer.GATE_OP });
  optimizer.computeGradients(loss, { gateGradients: tf.train.Optimizer.GATE_GRAPH });
  optimizer.computeGradients(loss, { gradLoss: tf.constant(2) });
  optimizer.computeGradients(loss, { colocateGradientsWithOps: true });
  s.error("gate", () => optimizer.computeGradients(loss, { gateGradients: 7 }));
});

scenario("learning rates that are tensors and float64 variables", async (s) => {
  const rate = tf.placeholderWithDefault(0.5, [], { name: "rate" });
  const w = new tf.Variable([1, 2], { dtype: tf.float64, name: "w" });
  const v = new tf.Variable([1, 2], { name: "v" });
  const lossW = tf.reduceSum(tf.square(w));
  const lossV = tf.reduceSum(tf.square(v));
  const trainW = new tf.train.AdamOptimizer({ learningRate: 0.1 }).minimize(lossW, {
    varList: [w],
  });
  const trainV = new tf.train.MomentumOptimizer(rate, 0.9).minimize(lossV, { varList: [v] });
  const trainD = new tf.train.GradientDescentOptimizer(rate).minimize(lossW, { varList: [w] });
  await s.run(tf.globalVariablesInitializer());
  await s.train(trainW, { w }, 2);
  await s.train(trainV, { v }, 2, [[rate, 0.25]]);
  await s.train(trainD, { w }, 1);
});

scenario("optimizer errors", async (s) => {
  const optimizer = new tf.train.GradientDescentOptimizer(0.1);
  const c = tf.constant(1, { name: "c" });
  s.error("no variables", () => optimizer.minimize(c));
  const w = new tf.Variable([1], { name: "w" });
  const i = new tf.Variable([1], { name: "i", dtype: tf.int32 });
  s.error("no gradients", () => optimizer.minimize(c, { varList: [w] }));
  s.error("integers", () => optimizer.minimize(c, { varList: [i] }));
  s.error("nothing to apply", () => optimizer.applyGradients([]));
  s.error("all none", () => optimizer.applyGradients([[null, w]]));
  s.error("a tensor", () => optimizer.minimize(c, { varList: [c] }));
  s.error("no name", () => new tf.train.GradientDescentOptimizer(0.1, { name: "" }));
  s.error("adagrad", () => new tf.train.AdagradOptimizer(0.1, { initialAccumulatorValue: -1 }));
  s.error("ftrl power", () => new tf.train.FtrlOptimizer(0.1, { learningRatePower: 1 }));
  s.error("ftrl l1", () => new tf.train.FtrlOptimizer(0.1, { l1RegularizationStrength: -1 }));
  const train = optimizer.minimize(tf.reduceSum(w));
  await s.error("uninitialized", () => s.run(train));
});
