// Document 001, section 1: its two one-line snippets (convRelu; calling it twice fails).
import * as tf from "tensorscope";

function convRelu(input: tf.Tensor, kernelShape: number[], biasShape: number[]) {
  // Create variable named "weights".
  const weights = tf.getVariable("weights", kernelShape, {
    initializer: tf.randomNormalInitializer(),
  });
  // Create variable named "biases".
  const biases = tf.getVariable("biases", biasShape, { initializer: tf.constantInitializer(0.0) });
  const conv = tf.nn.conv2d(input, weights, [1, 1, 1, 1], "SAME");
  return tf.nn.relu(conv.add(biases));
}

const input1 = tf.randomNormal([1, 10, 10, 32]);
const _input2 = tf.randomNormal([1, 20, 20, 32]);
let x = convRelu(input1, [5, 5, 1, 32], [32]);
console.log(String(x)); // added
try {
  x = convRelu(x, [5, 5, 32, 32], [32]); // This fails.
} catch (error) {
  console.log(String(error));
}
