// Document 000, experiment 1: its four snippets (placeholder, Variable, getVariable,
// trainableVariables), one session.
import * as tf from "tensorscope";

const config = { gpuOptions: { allowGrowth: true } };
const sess = new tf.Session("", { config });

// 1. placeholder
let v1 = tf.placeholder(tf.float32, [2, 3, 4]);
console.log(v1.name);
v1 = tf.placeholder(tf.float32, [2, 3, 4], { name: "ph" });
console.log(v1.name);
v1 = tf.placeholder(tf.float32, [2, 3, 4], { name: "ph" });
console.log(v1.name);
console.log(v1.constructor.name);
console.log(String(v1));

// 2. new tf.Variable()
let v2 = new tf.Variable([1, 2], { dtype: tf.float32 });
console.log(v2.name);
v2 = new tf.Variable([1, 2], { dtype: tf.float32, name: "V" });
console.log(v2.name);
v2 = new tf.Variable([1, 2], { dtype: tf.float32, name: "V" });
console.log(v2.name);
console.log(v2.constructor.name);
console.log(String(v2));

// 3. tf.getVariable()
const v3 = tf.getVariable("gv", []);
console.log(v3.name);
try {
  const v4 = tf.getVariable("gv", [2]);
  console.log(v4.name);
} catch (error) {
  console.log(String(error));
}
console.log(v3.constructor.name);
console.log(String(v3));

const vs = tf.trainableVariables();
console.log(vs.length);
for (const v of vs) console.log(String(v));
sess.close();
