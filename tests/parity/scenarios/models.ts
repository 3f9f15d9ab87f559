/** Whole models: sharing, two optimizers, batch normalization, the seeds' networks. */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

/** A fully connected layer by hand. */
function dense(
  x: tf.Tensor,
  units: number,
  name: string,
  activation?: (x: tf.Tensor) => tf.Tensor,
) {
  return tf.variableScope(name, () => {
    const w = tf.getVariable("w", [x.shape.asList()[1]!, units], {
      initializer: tf.glorotUniformInitializer(),
    });
    const b = tf.getVariable("b", [units], { initializer: tf.zerosInitializer() });
    const y = tf.matmul(x, w).add(b);
    return activation ? activation(y) : y;
  });
}

function discriminator(x: tf.Tensor, reuse?: boolean) {
  return tf.variableScope("discriminator", { reuse }, () => {
    const h = dense(x, 4, "hidden", tf.nn.relu);
    return dense(h, 1, "logits");
  });
}

function generator(z: tf.Tensor) {
  return tf.variableScope("generator", () => {
    const h = dense(z, 4, "hidden", tf.nn.relu);
    return dense(h, 2, "out", tf.tanh);
  });
}

function sigmoidLoss(logits: tf.Tensor, value: number) {
  const labels = value === 1 ? tf.onesLike(logits) : tf.zerosLike(logits);
  return tf.reduceMean(tf.nn.sigmoidCrossEntropyWithLogits({ labels, logits }));
}

scenario("a GAN with a shared discriminator", async (s) => {
  tf.setRandomSeed(1);
  const real = tf.placeholder(tf.float32, [null, 2], { name: "real" });
  const z = tf.placeholder(tf.float32, [null, 3], { name: "z" });
  const fake = generator(z);
  const onReal = discriminator(real);
  const onFake = discriminator(fake, true);
  const lossD = sigmoidLoss(onReal, 1).add(sigmoidLoss(onFake, 0));
  const lossG = sigmoidLoss(onFake, 1);
  const varsD = tf.trainableVariables("discriminator");
  const varsG = tf.trainableVariables("generator");
  s.print(varsD.map((v) => v.name));
  s.print(varsG.map((v) => v.name));
  const trainD = new tf.train.AdamOptimizer({ learningRate: 0.01, beta1: 0.5 }).minimize(lossD, {
    varList: varsD,
  });
  const trainG = new tf.train.AdamOptimizer({ learningRate: 0.01, beta1: 0.5 }).minimize(lossG, {
    varList: varsG,
  });
  await s.run(tf.globalVariablesInitializer());
  const feeds = [
    [real, s.data([4, 2])],
    [z, s.data([4, 3], 0.5)],
  ] as const;
  for (let step = 0; step < 3; step++) {
    await s.train(trainD, { loss_d: lossD, loss_g: lossG }, 1, feeds);
    await s.train(trainG, { loss_d: lossD, loss_g: lossG, variables: [varsD, varsG] }, 1, feeds);
  }
});

scenario("a GAN that forgets reuse", (s) => {
  const real = tf.placeholder(tf.float32, [null, 2], { name: "real" });
  discriminator(real);
  s.error("forgotten", () => discriminator(real));
  s.error("misnamed", () => dense(real, 4, "discriminator/hidden", tf.nn.relu));
});

scenario("a siamese network with a contrastive loss", async (s) => {
  tf.setRandomSeed(2);
  const left = tf.placeholder(tf.float32, [null, 3], { name: "left" });
  const right = tf.placeholder(tf.float32, [null, 3], { name: "right" });
  const same = tf.placeholder(tf.float32, [null], { name: "same" });
  function embed(x: tf.Tensor) {
    return dense(dense(x, 4, "fc1", tf.nn.relu), 2, "fc2");
  }

  const [a, b] = tf.variableScope("siamese", (scope) => {
    const a = embed(left);
    scope.reuseVariables();
    const b = embed(right);
    return [a, b] as const;
  });
  const distance = tf.sqrt(tf.reduceSum(tf.square(a.sub(b)), { axis: 1 }).add(1e-6));
  const loss = tf.reduceMean(
    same.mul(tf.square(distance)).add(same.rsub(1).mul(tf.square(tf.maximum(distance.rsub(1), 0)))),
  );
  const train = new tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss);
  s.print(tf.trainableVariables().map((v) => v.name));
  await s.run(tf.globalVariablesInitializer());
  const feeds = [
    [left, s.data([3, 3])],
    [right, s.data([3, 3], 0.5)],
    [same, [1, 0, 1]],
  ] as const;
  await s.train(train, { loss, distance }, 3, feeds);
});

scenario("composite batch normalization with moving averages", async (s) => {
  const x = tf.placeholder(tf.float32, [null, 3], { name: "x" });
  const [gamma, beta, movingMean, movingVariance, y] = tf.variableScope("bn", () => {
    const gamma = tf.getVariable("gamma", [3], { initializer: tf.onesInitializer() });
    const beta = tf.getVariable("beta", [3], { initializer: tf.zerosInitializer() });
    const movingMean = tf.getVariable("moving_mean", [3], {
      initializer: tf.zerosInitializer(),
      trainable: false,
    });
    const movingVariance = tf.getVariable("moving_variance", [3], {
      initializer: tf.onesInitializer(),
      trainable: false,
    });
    const [mean, variance] = tf.nn.moments(x, [0]);
    tf.addToCollection(
      tf.GraphKeys.UPDATE_OPS,
      tf.assign(movingMean, movingMean.mul(0.9).add(mean.mul(0.1))),
    );
    tf.addToCollection(
      tf.GraphKeys.UPDATE_OPS,
      tf.assignSub(movingVariance, movingVariance.sub(variance).mul(0.1)),
    );
    const y = tf.nn.batchNormalization(x, mean, variance, beta, gamma, 0.001);
    return [gamma, beta, movingMean, movingVariance, y] as const;
  });
  const loss = tf.reduceMean(tf.square(y.sub(1)));
  const train = tf.controlDependencies(tf.getCollection(tf.GraphKeys.UPDATE_OPS), () =>
    new tf.train.GradientDescentOptimizer(0.1).minimize(loss),
  );
  await s.run(tf.globalVariablesInitializer());
  await s.train(train, { loss, gamma, beta, mean: movingMean, variance: movingVariance }, 3, [
    [x, s.data([4, 3], 0.5)],
  ]);
});

scenario("fused batch normalization with moving averages", async (s) => {
  const x = tf.placeholder(tf.float32, [null, 2, 2, 2], { name: "x" });
  const gamma = tf.getVariable("gamma", [2], { initializer: tf.onesInitializer() });
  const beta = tf.getVariable("beta", [2], { initializer: tf.zerosInitializer() });
  const movingMean = tf.getVariable("moving_mean", [2], {
    initializer: tf.zerosInitializer(),
    trainable: false,
  });
  const [y, mean, variance] = tf.nn.fusedBatchNorm(x, gamma, beta, { epsilon: 0.001 });
  tf.addToCollection(tf.GraphKeys.UPDATE_OPS, movingMean.assignSub(movingMean.sub(mean).mul(0.1)));
  const loss = tf.reduceMean(tf.square(y.sub(1)).mul(s.data([2, 2, 2])));
  const train = tf.controlDependencies(tf.getCollection(tf.GraphKeys.UPDATE_OPS), () =>
    new tf.train.GradientDescentOptimizer(0.1).minimize(loss),
  );
  await s.run(tf.globalVariablesInitializer());
  await s.train(train, { loss, gamma, beta, mean: movingMean, variance }, 3, [
    [x, s.data([2, 2, 2, 2], 0.5)],
  ]);
});

scenario("the seeds' two-layer CNN", async (s) => {
  tf.setRandomSeed(3);
  const x = tf.placeholder(tf.float32, [null, 8, 8, 1], { name: "x" });
  const y = tf.placeholder(tf.float32, [null, 3], { name: "y" });
  function convRelu(t: tf.Tensor, kernelShape: number[], biasShape: number[]) {
    const weights = tf.getVariable("weights", kernelShape, {
      initializer: tf.randomNormalInitializer({ stddev: 0.1 }),
    });
    const biases = tf.getVariable("biases", biasShape, { initializer: tf.constantInitializer(0) });
    const conv = tf.nn.conv2d(t, weights, [1, 1, 1, 1], "SAME");
    return tf.nn.relu(conv.add(biases));
  }

  const pool1 = tf.variableScope("conv1", () =>
    tf.nn.maxPool(convRelu(x, [5, 5, 1, 4], [4]), [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
  );
  const pool2 = tf.variableScope("conv2", () =>
    tf.nn.maxPool(convRelu(pool1, [5, 5, 4, 8], [8]), [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
  );
  const flat = tf.reshape(pool2, [-1, 32]);
  const logits = dense(flat, 3, "logits");
  const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogitsV2({ labels: y, logits }));
  const train = new tf.train.AdamOptimizer({ learningRate: 0.01 }).minimize(loss);
  const right = tf.equal(tf.argmax(logits, { axis: 1 }), tf.argmax(y, { axis: 1 }));
  const accuracy = tf.reduceMean(tf.cast(right, tf.float32));
  await s.run(tf.globalVariablesInitializer());
  const feeds = [
    [x, s.data([2, 8, 8, 1])],
    [
      y,
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
    ],
  ] as const;
  await s.train(train, { loss, logits, accuracy }, 3, feeds);
});

scenario("towers share variables and average gradients", (s) => {
  tf.setRandomSeed(4);
  const x = tf.placeholder(tf.float32, [4, 3], { name: "x" });
  const y = tf.placeholder(tf.float32, [4, 1], { name: "y" });
  const xs = tf.split(x, 2);
  const ys = tf.split(y, 2);
  const optimizer = new tf.train.GradientDescentOptimizer(0.1);
  const towerGradients: tf.train.GradientAndVariable[][] = [];
  const losses: tf.Tensor[] = [];
  const scope = tf.variableScope("", { reuse: tf.AUTO_REUSE }, (scope) => {
    for (let i = 0; i < 2; i++) {
      tf.device(`/device:CPU:${i}`, () => {
        tf.nameScope(`tower_${i}`, () => {
          const out = dense(dense(xs[i]!, 4, "fc1", tf.nn.relu), 1, "fc2");
          const loss = tf.reduceMean(tf.square(out.sub(ys[i]!)));
          losses.push(loss);
          towerGradients.push(optimizer.computeGradients(loss));
        });
      });
    }
    return scope;
  });
  s.print(scope.name);
  const average: [tf.Tensor, tf.Variable][] = [];
  for (let i = 0; i < towerGradients[0]!.length; i++) {
    const both = tf.stack([towerGradients[0]![i]![0]!, towerGradients[1]![i]![0]!]);
    average.push([tf.reduceMean(both, { axis: 0 }), towerGradients[0]![i]![1]!]);
  }
  const train = optimizer.applyGradients(average);
  s.print(tf.globalVariables().map((v) => v.name));
  s.print(train.name);
});

scenario("an autoencoder with tied weights", async (s) => {
  tf.setRandomSeed(5);
  const x = tf.placeholder(tf.float32, [null, 4], { name: "x" });
  const w = tf.getVariable("w", [4, 2]);
  const b1 = tf.getVariable("b1", [2], { initializer: tf.zerosInitializer() });
  const b2 = tf.getVariable("b2", [4], { initializer: tf.zerosInitializer() });
  const h = tf.sigmoid(tf.matmul(x, w).add(b1));
  const out = tf.matmul(h, w, { transposeB: true }).add(b2);
  const loss = tf.reduceMean(tf.squaredDifference(out, x));
  const train = new tf.train.RMSPropOptimizer(0.01).minimize(loss);
  await s.run(tf.globalVariablesInitializer());
  await s.train(train, { loss, w }, 3, [[x, s.data([3, 4])]]);
});

scenario("a recurrent network unrolled with shared weights", async (s) => {
  tf.setRandomSeed(6);
  const x = tf.placeholder(tf.float32, [null, 3, 2], { name: "x" });
  const y = tf.placeholder(tf.float32, [null, 1], { name: "y" });
  let state: tf.Tensor = tf.zeros([tf.shape(x).slice(0), 4]);
  tf.variableScope("rnn", (scope) => {
    for (let i = 0; i < 3; i++) {
      if (i > 0) scope.reuseVariables();
      const w = tf.getVariable("w", [6, 4]);
      const b = tf.getVariable("b", [4], { initializer: tf.zerosInitializer() });
      state = tf.tanh(tf.matmul(tf.concat([x.slice(null, i), state], 1), w).add(b));
    }
  });
  const out = dense(state, 1, "out");
  const loss = tf.reduceMean(tf.square(out.sub(y)));
  const variables = tf.trainableVariables();
  const gradients = tf.gradients(loss, variables);
  const [clipped, norm] = tf.clipByGlobalNorm(gradients, 1);
  const optimizer = new tf.train.AdamOptimizer({ learningRate: 0.01 });
  const train = optimizer.applyGradients(clipped.map((g, i) => [g, variables[i]!] as const));
  await s.run(tf.globalVariablesInitializer());
  await s.train(train, { loss, norm }, 3, [
    [x, s.data([2, 3, 2])],
    [y, [[1], [0]]],
  ]);
});

scenario("an embedding model with dropout", async (s) => {
  tf.setRandomSeed(7);
  const ids = tf.placeholder(tf.int32, [null, 2], { name: "ids" });
  const y = tf.placeholder(tf.int32, [null], { name: "y" });
  const table = tf.getVariable("table", [5, 3], {
    initializer: tf.randomUniformInitializer({ minval: -1, maxval: 1 }),
  });
  const x = tf.reshape(tf.nn.embeddingLookup(table, ids), [-1, 6]);
  const h = tf.nn.dropout(dense(x, 4, "h", tf.nn.relu), { keepProb: 0.8 });
  const logits = dense(h, 2, "logits");
  const loss = tf.reduceMean(tf.nn.sparseSoftmaxCrossEntropyWithLogits({ labels: y, logits }));
  const train = new tf.train.AdagradOptimizer(0.1).minimize(loss);
  await s.run(tf.globalVariablesInitializer());
  const feeds = [
    [
      ids,
      [
        [0, 1],
        [3, 1],
        [4, 4],
      ],
    ],
    [y, [0, 1, 1]],
  ] as const;
  await s.run(train, feeds);
  await s.values({ table }, { feeds });
  await s.values({ loss }, { feeds });
});

scenario("a model of resource variables", async (s) => {
  tf.setRandomSeed(8);
  const x = tf.placeholder(tf.float32, [null, 2], { name: "x" });
  const y = tf.placeholder(tf.float32, [null, 1], { name: "y" });
  const out = tf.variableScope("net", { useResource: true }, () =>
    dense(dense(x, 3, "fc1", tf.nn.relu), 1, "fc2"),
  );
  const loss = tf.reduceMean(tf.square(out.sub(y)));
  const step = tf.train.getOrCreateGlobalStep();
  const train = new tf.train.AdamOptimizer({ learningRate: 0.01 }).minimize(loss, {
    globalStep: step,
  });
  await s.run(tf.globalVariablesInitializer());
  await s.train(train, { loss, step }, 3, [
    [x, s.data([4, 2])],
    [y, s.data([4, 1])],
  ]);
});
