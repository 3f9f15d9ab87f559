// A siamese network: two towers with the same variables learn which digits are alike
// (contrastive loss, Hadsell, Chopra and LeCun 2006). Options: --steps N.
import * as tf from "tensorscope";
import { batches } from "./support/batches.ts";
import { runExample } from "./support/command.ts";
import { builtinDigits } from "./support/digits.ts";

const BATCH = 100;

function dense(input: tf.Tensor, inputs: number, outputs: number): tf.Tensor {
  const biases = tf.getVariable("biases", [outputs], { initializer: tf.zerosInitializer() });
  return tf.matmul(input, tf.getVariable("weights", [inputs, outputs])).add(biases);
}

function tower(images: tf.Tensor): tf.Tensor {
  const flat = tf.reshape(images, [BATCH, 784]);
  const hidden = tf.variableScope("hidden", () => tf.nn.relu(dense(flat, 784, 64)));
  return tf.variableScope("place", () => dense(hidden, 64, 8));
}

await runExample(300, async (steps) => {
  tf.setRandomSeed(1);
  const left = tf.placeholder(tf.float32, [BATCH, 28, 28, 1], { name: "left" });
  const right = tf.placeholder(tf.float32, [BATCH, 28, 28, 1], { name: "right" });
  const leftLabels = tf.placeholder(tf.float32, [BATCH, 10], { name: "left_labels" });
  const rightLabels = tf.placeholder(tf.float32, [BATCH, 10], { name: "right_labels" });
  const [leftPlace, rightPlace] = tf.variableScope("towers", (scope) => {
    const first = tower(left);
    scope.reuseVariables();
    return [first, tower(right)] as const;
  });

  // 1 where both show the same digit, else 0.
  const alike = tf.reduceSum(leftLabels.mul(rightLabels), { axis: 1 });
  const other = tf.subtract(1, alike);
  const squared = tf.reduceSum(tf.square(leftPlace.sub(rightPlace)), { axis: 1 });
  const distance = tf.sqrt(squared.add(1e-6));
  const tooNear = tf.square(tf.nn.relu(tf.subtract(1, distance)));
  const loss = tf.reduceMean(alike.mul(squared).add(other.mul(tooNear)));
  const train = new tf.train.AdamOptimizer(0.002).minimize(loss);
  const meanDistance = (chosen: tf.Tensor) =>
    tf.reduceSum(distance.mul(chosen)).div(tf.reduceSum(chosen));
  const fetches = [train, meanDistance(alike), meanDistance(other)] as const;

  using sess = tf.session();
  await sess.run(tf.globalVariablesInitializer());
  console.log(`${tf.trainableVariables().length} variables, each read by both towers.`);

  const lefts = batches(builtinDigits(5000, 1), BATCH, 1);
  const rights = batches(builtinDigits(5000, 2), BATCH, 2);
  for (let step = 1; step <= steps; step++) {
    const [a, b] = [lefts.next().value, rights.next().value];
    const images = { "left:0": a.images, "right:0": b.images };
    const labels = { "left_labels:0": a.labels, "right_labels:0": b.labels };
    const [, near, far] = await sess.run(fetches, { ...images, ...labels });
    if (step % 50 !== 0 && step !== steps) continue;
    const [equal, others] = [near, far].map((mean) => Number(mean.item()).toFixed(2));
    console.log(`step ${step}: distance of equal digits ${equal}, of others ${others}`);
  }
});
