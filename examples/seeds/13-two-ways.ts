// Document 002, "two ways to share": method 1 and method 2.
import * as tf from "tensorscope";

function convRelu(input: tf.Tensor, kernelShape: number[], biasShape: number[]) {
  const initializer = tf.randomNormalInitializer();
  const weights = tf.getVariable("weights", kernelShape, { initializer });
  const biases = tf.getVariable("biases", biasShape, { initializer: tf.constantInitializer(0.0) });
  const conv = tf.nn.conv2d(input, weights, [1, 1, 1, 1], "SAME");
  return tf.nn.relu(conv.add(biases));
}

function myImageFilter(inputImages: tf.Tensor) {
  const relu1 = tf.variableScope("conv1", () => convRelu(inputImages, [5, 5, 32, 32], [32]));
  return tf.variableScope("conv2", () => convRelu(relu1, [5, 5, 32, 32], [32]));
}

// added: each method is a program of its own
function inputs() {
  tf.resetDefaultGraph();
  const shape = [1, 10, 10, 32];
  return [
    tf.placeholder(tf.float32, shape, { name: "input1" }),
    tf.placeholder(tf.float32, shape, { name: "input2" }),
  ] as const;
}

// added
function show(...outputs: tf.Tensor[]) {
  for (const v of tf.trainableVariables()) console.log(String(v));
  for (const output of outputs) console.log(String(output));
}

{
  const [input1, input2] = inputs();
  tf.variableScope("model", (scope) => {
    const output1 = myImageFilter(input1);
    scope.reuseVariables();
    const output2 = myImageFilter(input2);
    show(output1, output2);
  });
}
{
  const [input1, input2] = inputs();
  const output1 = tf.variableScope("model", () => myImageFilter(input1));
  const output2 = tf.variableScope("model", { reuse: true }, () => myImageFilter(input2));
  show(output1, output2);
}
