// Document 001, section 2: its four one-line snippets (myImageFilter, and three ways to share
// its variables).
import * as tf from "tensorscope";

function convRelu(input: tf.Tensor, kernelShape: number[], biasShape: number[]) {
  const initializer = tf.randomNormalInitializer();
  const weights = tf.getVariable("weights", kernelShape, { initializer });
  const biases = tf.getVariable("biases", biasShape, { initializer: tf.constantInitializer(0.0) });
  const conv = tf.nn.conv2d(input, weights, [1, 1, 1, 1], "SAME");
  return tf.nn.relu(conv.add(biases));
}

function myImageFilter(inputImages: tf.Tensor) {
  // Variables created here will be named "conv1/weights", "conv1/biases".
  const relu1 = tf.variableScope("conv1", () => convRelu(inputImages, [5, 5, 1, 32], [32]));
  // Variables created here will be named "conv2/weights", "conv2/biases".
  return tf.variableScope("conv2", () => convRelu(relu1, [5, 5, 32, 32], [32]));
}

// added: each snippet is a program of its own
function inputs() {
  tf.resetDefaultGraph();
  return [tf.randomNormal([1, 10, 10, 32]), tf.randomNormal([1, 20, 20, 32])] as const;
}

// added
function show(...outputs: tf.Tensor[]) {
  console.log(tf.trainableVariables().map((v) => v.name));
  for (const output of outputs) console.log(String(output));
}

{
  const [input1, input2] = inputs();
  const output1 = tf.variableScope("model", () => myImageFilter(input1));
  const output2 = tf.variableScope("model", { reuse: true }, () => myImageFilter(input2));
  show(output1, output2);
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
  const [scope, output1] = tf.variableScope("model", (scope) => [scope, myImageFilter(input1)]);
  const output2 = tf.variableScope(scope, { reuse: true }, () => myImageFilter(input2));
  show(output1, output2);
}
