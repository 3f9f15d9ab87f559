// Document 002, initializers: its snippets of the two normal ones, randomUniform and
// uniformUnitScaling.
import * as tf from "tensorscope";

tf.setRandomSeed(1); // added: so that the numbers can be compared
const normal = { mean: 0.0, stddev: 1.0, seed: null, dtype: tf.float32 };
const initRandom = tf.randomNormalInitializer(normal);
const initTruncated = tf.truncatedNormalInitializer(normal);
{
  using _sess = tf.session();
  const x = tf.getVariable("x", [10], { initializer: initRandom });
  const y = tf.getVariable("y", [10], { initializer: initTruncated });
  await x.initializer.run();
  await y.initializer.run();
  console.log(String(await x.eval()));
  console.log(String(await y.eval()));
}

tf.resetDefaultGraph(); // added: the next snippet is a program of its own
tf.setRandomSeed(1); // added
const uniform = { minval: 0, maxval: 10, seed: null, dtype: tf.float32 };
const initUniform = tf.randomUniformInitializer(uniform);
{
  using _sess = tf.session();
  const x = tf.getVariable("x", [10], { initializer: initUniform });
  await x.initializer.run();
  console.log(String(await x.eval()));
}

tf.resetDefaultGraph(); // added
tf.setRandomSeed(1); // added
const unit = { factor: 1.0, seed: null, dtype: tf.float32 };
const initUniformUnit = tf.uniformUnitScalingInitializer(unit);
{
  using _sess = tf.session();
  const x = tf.getVariable("x", [10], { initializer: initUniformUnit });
  await x.initializer.run();
  console.log(String(await x.eval()));
}
