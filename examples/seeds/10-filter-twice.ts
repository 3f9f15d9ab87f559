// Document 002, "shared variables": myImageFilter with tf.Variable, and its two calls.
import * as tf from "tensorscope";

function myImageFilter(inputImages: tf.Tensor) {
  const conv1Weights = new tf.Variable(tf.randomNormal([5, 5, 32, 32]), { name: "conv1_weights" });
  const conv1Biases = new tf.Variable(tf.zeros([32]), { name: "conv1_biases" });
  const conv1 = tf.nn.conv2d(inputImages, conv1Weights, [1, 1, 1, 1], "SAME");
  const relu1 = tf.nn.relu(conv1.add(conv1Biases));

  const conv2Weights = new tf.Variable(tf.randomNormal([5, 5, 32, 32]), { name: "conv2_weights" });
  const conv2Biases = new tf.Variable(tf.zeros([32]), { name: "conv2_biases" });
  const conv2 = tf.nn.conv2d(relu1, conv2Weights, [1, 1, 1, 1], "SAME");
  return tf.nn.relu(conv2.add(conv2Biases));
}

const image1 = tf.placeholder(tf.float32, [1, 10, 10, 32]); // added
const image2 = tf.placeholder(tf.float32, [1, 20, 20, 32]); // added
// The document says that a ValueError follows: it does not, since tf.Variable never shares.
try {
  const result1 = myImageFilter(image1);
  const result2 = myImageFilter(image2);
  console.log(String(result1), String(result2)); // added
} catch (error) {
  console.log(String(error));
}
for (const v of tf.trainableVariables()) console.log(v.name); // added
