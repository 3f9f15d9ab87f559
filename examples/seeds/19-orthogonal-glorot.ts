// Document 002, initializers: its snippet of orthogonalInitializer and the two of Glorot.
import * as tf from "tensorscope";

tf.setRandomSeed(1); // added: so that the numbers can be compared
const initOrthogonal = tf.orthogonalInitializer({ gain: 1.0, seed: null, dtype: tf.float32 });
const initGlorotUniform = tf.glorotUniformInitializer();
const initGlorotNormal = tf.glorotNormalInitializer();
using _sess = tf.session();
const x = tf.getVariable("x", [4, 4], { initializer: initOrthogonal });
const y = tf.getVariable("y", [10], { initializer: initGlorotUniform });
const z = tf.getVariable("z", [10], { initializer: initGlorotNormal });
await x.initializer.run();
await y.initializer.run();
await z.initializer.run();
console.log(String(await x.eval()));
console.log(String(await y.eval()));
console.log(String(await z.eval()));
