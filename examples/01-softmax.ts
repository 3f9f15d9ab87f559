// The smallest classifier: one matrix, softmax, gradient descent. Options: --steps N.
import * as tf from "tensorscope";
import { batches, batchOf } from "./support/batches.ts";
import { runExample } from "./support/command.ts";
import { builtinDigits } from "./support/digits.ts";

await runExample(300, async (steps) => {
  tf.setRandomSeed(1);
  const images = tf.placeholder(tf.float32, [null, 28, 28, 1], { name: "images" });
  const labels = tf.placeholder(tf.float32, [null, 10], { name: "labels" });

  const weights = tf.getVariable("weights", [784, 10], { initializer: tf.zerosInitializer() });
  const biases = tf.getVariable("biases", [10], { initializer: tf.zerosInitializer() });
  const logits = tf.matmul(tf.reshape(images, [-1, 784]), weights).add(biases);

  const loss = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogitsV2({ labels, logits }));
  const train = new tf.train.GradientDescentOptimizer(0.2).minimize(loss);
  const right = tf.equal(tf.argmax(logits, { axis: 1 }), tf.argmax(labels, { axis: 1 }));
  const accuracy = tf.reduceMean(tf.cast(right, tf.float32));

  using sess = tf.session();
  await sess.run(tf.globalVariablesInitializer());

  const source = batches(builtinDigits(5000, 1), 100);
  const unseen = batchOf(builtinDigits(1000, 2), [...Array(1000).keys()]);
  for (let step = 1; step <= steps; step++) {
    const batch = source.next().value;
    const [, trained] = await sess.run(
      [train, loss],
      [
        [images, batch.images],
        [labels, batch.labels],
      ],
    );
    if (step % 50 !== 0 && step !== steps) continue;
    const [reached] = await sess.run(
      [accuracy],
      [
        [images, unseen.images],
        [labels, unseen.labels],
      ],
    );
    const percent = (100 * Number(reached.item())).toFixed(1);
    console.log(
      `step ${step}: loss ${Number(trained.item()).toFixed(3)}, unseen digits right: ${percent} %`,
    );
  }
});
