// A network used twice with one set of variables: for training, and for digits that it has not seen.
// TensorFlow's own introduction to `variable_scope`, grown into a classifier. Options: --steps N.
import * as tf from "tensorscope";
import { batches, batchOf } from "./support/batches.ts";
import { runExample } from "./support/command.ts";
import { builtinDigits } from "./support/digits.ts";

const initializer = tf.randomNormalInitializer({ stddev: 0.1 });

function convRelu(input: tf.Tensor, kernelShape: number[], biasShape: number[]): tf.Tensor {
  const weights = tf.getVariable("weights", kernelShape, { initializer });
  const biases = tf.getVariable("biases", biasShape, { initializer: tf.constantInitializer(0) });
  return tf.nn.relu(tf.nn.conv2d(input, weights, [1, 2, 2, 1], "SAME").add(biases));
}

/** Logits [batch, 10] for images [batch, 28, 28, 1]. */
function imageFilter(images: tf.Tensor): tf.Tensor {
  const relu1 = tf.variableScope("conv1", () => convRelu(images, [5, 5, 1, 8], [8]));
  const relu2 = tf.variableScope("conv2", () => convRelu(relu1, [5, 5, 8, 16], [16]));
  const flat = tf.reshape(relu2, [-1, 784]);
  return tf.matmul(flat, tf.getVariable("decide", [784, 10], { initializer }));
}

await runExample(100, async (steps) => {
  tf.setRandomSeed(1);
  const image1 = tf.placeholder(tf.float32, [null, 28, 28, 1], { name: "image1" });
  const image2 = tf.placeholder(tf.float32, [null, 28, 28, 1], { name: "image2" });
  const labels = tf.placeholder(tf.float32, [null, 10], { name: "labels" });
  const [result1, result2] = tf.variableScope("image_filters", (scope) => {
    const first = imageFilter(image1);
    scope.reuseVariables();
    return [first, imageFilter(image2)] as const;
  });
  console.log(`Two uses of ${tf.trainableVariables().length} variables:`);
  for (const variable of tf.trainableVariables()) console.log(`  ${variable}`);

  const losses = tf.nn.softmaxCrossEntropyWithLogitsV2({ labels, logits: result1 });
  const train = new tf.train.AdamOptimizer(0.002).minimize(tf.reduceMean(losses));
  using sess = tf.session();
  await sess.run(tf.globalVariablesInitializer());
  const source = batches(builtinDigits(5000, 1), 50);
  for (let step = 1; step <= steps; step++) {
    const batch = source.next().value;
    await sess.run(train, [
      [image1, batch.images],
      [labels, batch.labels],
    ]);
  }

  const unseen = batchOf(builtinDigits(500, 2), [...Array(500).keys()]);
  const right = tf.equal(tf.argmax(result2, { axis: 1 }), tf.argmax(labels, { axis: 1 }));
  const accuracy = tf.reduceMean(tf.cast(right, tf.float32));
  const feeds = { "image2:0": unseen.images, "labels:0": unseen.labels };
  const percent = 100 * Number((await sess.run(accuracy, feeds)).item());
  console.log(
    `After ${steps} steps the second use gets ${percent.toFixed(1)} % of new digits right.`,
  );
});
