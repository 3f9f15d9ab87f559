// Document 000, experiment 2, second group: the same with tf.getVariable and
// scope.reuseVariables().
import * as tf from "tensorscope";

function convRelu(kernelShape: number[], biasShape: number[]) {
  // Create variable named "weights".
  const _weights = tf.getVariable("weights", kernelShape, {
    initializer: tf.randomNormalInitializer(),
  });
  // Create variable named "biases".
  const _biases = tf.getVariable("biases", biasShape, { initializer: tf.constantInitializer(0.0) });
  return null;
}

function myImageFilter() {
  // Variables created here will be named "conv1/weights", "conv1/biases".
  const _relu1 = tf.variableScope("conv1", () => convRelu([5, 5, 32, 32], [32]));
  // Variables created here will be named "conv2/weights", "conv2/biases".
  return tf.variableScope("conv2", () => convRelu([5, 5, 32, 32], [32]));
}

tf.variableScope("image_filters", (scope) => {
  const _result1 = myImageFilter();
  scope.reuseVariables();
  const _result2 = myImageFilter();
});

const vs = tf.trainableVariables();
console.log(`There are ${vs.length} train_able_variables in the Graph: `);
for (const v of vs) console.log(String(v));
