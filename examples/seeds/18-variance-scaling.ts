// Document 002, initializers: its snippet of varianceScalingInitializer.
import * as tf from "tensorscope";

tf.setRandomSeed(1); // added: so that the numbers can be compared
const initVarianceScalingNormal = tf.varianceScalingInitializer({
  scale: 1.0,
  mode: "fan_in",
  distribution: "normal",
  seed: null,
  dtype: tf.float32,
});
const initVarianceScalingUniform = tf.varianceScalingInitializer({
  scale: 1.0,
  mode: "fan_in",
  distribution: "uniform",
  seed: null,
  dtype: tf.float32,
});
using _sess = tf.session();
const x = tf.getVariable("x", [10], { initializer: initVarianceScalingNormal });
const y = tf.getVariable("y", [10], { initializer: initVarianceScalingUniform });
await x.initializer.run();
await y.initializer.run();
console.log(String(await x.eval()));
console.log(String(await y.eval()));
