// Document 004, fifth answer, first snippet: opScope and variableOpScope.
import { strict as assert } from "node:assert";
import * as tf from "tensorscope";

function mysum(a: tf.Variable, b: tf.Variable, name: string | null = null) {
  return tf.opScope([a, b], name, "mysum", () => {
    const v = tf.getVariable("v", 1);
    const v2 = new tf.Variable([0], { dtype: tf.int32, name: "v2" });
    assert(v.name === "v:0", v.name);
    assert(v2.name === "mysum/v2:0", v2.name);
    return tf.add(a, b);
  });
}

function mysum2(a: tf.Variable, b: tf.Variable, name: string | null = null) {
  return tf.variableOpScope([a, b], name, "mysum2", () => {
    const v = tf.getVariable("v", 1);
    const v2 = new tf.Variable([0], { dtype: tf.int32, name: "v2" });
    assert(v.name === "mysum2/v:0", v.name);
    assert(v2.name === "mysum2/v2:0", v2.name);
    return tf.add(a, b);
  });
}

new tf.Graph().asDefault(() => {
  const whole = { dtype: tf.int32 };
  const op = mysum(new tf.Variable(1, whole), new tf.Variable(2, whole));
  const op2 = mysum2(new tf.Variable(1, whole), new tf.Variable(2, whole));
  assert(op.name === "mysum/Add:0", op.name);
  assert(op2.name === "mysum2/Add:0", op2.name);
  for (const v of tf.globalVariables()) console.log(String(v)); // added
  console.log(String(op), String(op2)); // added
});
