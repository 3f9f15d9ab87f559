// Document 000, experiment 2, first group: a function that makes its variables with tf.Variable,
// called twice.
import * as tf from "tensorscope";

function myImageFilter() {
  const _conv1Weights = new tf.Variable(tf.randomNormal([5, 5, 32, 32]), { name: "conv1_weights" });
  const _conv1Biases = new tf.Variable(tf.zeros([32]), { name: "conv1_biases" });
  const _conv2Weights = new tf.Variable(tf.randomNormal([5, 5, 32, 32]), { name: "conv2_weights" });
  const _conv2Biases = new tf.Variable(tf.zeros([32]), { name: "conv2_biases" });
  return null;
}

// First call creates one set of 4 variables.
const _result1 = myImageFilter();
// Another set of 4 variables is created in the second call.
const _result2 = myImageFilter();
const vs = tf.trainableVariables();
console.log(`There are ${vs.length} train_able_variables in the Graph: `);
for (const v of vs) console.log(String(v));
