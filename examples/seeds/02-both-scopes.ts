// Document 000, experiment 2: its first two snippets (a variable scope in a name scope; the name
// scope again).
import * as tf from "tensorscope";

const { v1, v2, v3 } = tf.nameScope("nsc1", () => {
  const v1 = new tf.Variable([1], { dtype: tf.int32, name: "v1" });
  return tf.variableScope("vsc1", () => {
    const v2 = new tf.Variable([1], { dtype: tf.int32, name: "v2" });
    const v3 = tf.getVariable("v3", []);
    return { v1, v2, v3 };
  });
});
console.log("v1.name: ", v1.name);
console.log("v2.name: ", v2.name);
console.log("v3.name: ", v3.name);

const v4 = tf.nameScope("nsc1", () => new tf.Variable([1], { dtype: tf.int32, name: "v4" }));
console.log("v4.name: ", v4.name);
