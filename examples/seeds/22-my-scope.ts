// Document 004, first answer: its three snippets (nameScope, variableScope, one variable from
// two name scopes).
import { strict as assert } from "node:assert";
import * as tf from "tensorscope";

tf.nameScope("my_scope", () => {
  const v1 = tf.getVariable("var1", [1], { dtype: tf.float32 });
  const v2 = new tf.Variable(1, { name: "var2", dtype: tf.float32 });
  const a = tf.add(v1, v2);
  console.log(v1.name); // var1:0
  console.log(v2.name); // my_scope/var2:0
  console.log(a.name); // my_scope/Add:0
});

tf.resetDefaultGraph(); // added: the next snippet is a program of its own
tf.variableScope("my_scope", () => {
  const v1 = tf.getVariable("var1", [1], { dtype: tf.float32 });
  const v2 = new tf.Variable(1, { name: "var2", dtype: tf.float32 });
  const a = tf.add(v1, v2);
  console.log(v1.name); // my_scope/var1:0
  console.log(v2.name); // my_scope/var2:0
  console.log(a.name); // my_scope/Add:0
});

tf.resetDefaultGraph(); // added
const v = tf.nameScope("foo", () =>
  tf.variableScope("var_scope", () => tf.getVariable("var", [1])),
);
const v1 = tf.nameScope("bar", () =>
  tf.variableScope("var_scope", { reuse: true }, () => tf.getVariable("var", [1])),
);
assert(v1 === v);
console.log(v.name); // var_scope/var:0
console.log(v1.name); // var_scope/var:0
