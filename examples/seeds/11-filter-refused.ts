// Document 002, "variable_scope and get_variable": convRelu, myImageFilter, and the second call
// that is refused.
import * as tf from "tensorscope";

function convRelu(input: tf.Tensor, kernelShape: number[], biasShape: number[]) {
  const weights = tf.getVariable("weights", kernelShape, {
    initializer: tf.randomNormalInitializer(),
  });
  const biases = tf.getVariable("biases", biasShape, { initializer: tf.constantInitializer(0.0) });
  const conv = tf.nn.conv2d(input, weights, [1, 1, 1, 1], "SAME");
  return tf.nn.relu(conv.add(biases));
}

function myImageFilter(inputImages: tf.Tensor) {
  const relu1 = tf.variableScope("conv1", () => convRelu(inputImages, [5, 5, 32, 32], [32]));
  return tf.variableScope("conv2", () => convRelu(relu1, [5, 5, 32, 32], [32]));
}

const image1 = tf.placeholder(tf.float32, [1, 10, 10, 32]); // added
const image2 = tf.placeholder(tf.float32, [1, 20, 20, 32]); // added
const result1 = myImageFilter(image1);
console.log(String(result1)); // added
try {
  const _result2 = myImageFilter(image2);
  // Raises ValueError(... conv1/weights already exists ...)
} catch (error) {
  console.log(String(error));
}
for (const v of tf.trainableVariables()) console.log(v.name); // added
