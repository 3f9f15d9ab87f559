// Document 002, "understanding variable_scope": its four snippets, and its last remark (a
// variable needs a name).
import { strict as assert } from "node:assert";
import * as tf from "tensorscope";

{
  const v = tf.variableScope("foo", () => tf.getVariable("v", [1]));
  assert(v.name === "foo/v:0");
  console.log(v.name); // added
}

tf.resetDefaultGraph(); // added: the next snippet is a program of its own
{
  const v = tf.variableScope("foo", () => tf.getVariable("v", [1]));
  const v1 = tf.variableScope("foo", { reuse: true }, () => tf.getVariable("v", [1]));
  assert(v1 === v);
  console.log(v1.name); // added
}

tf.resetDefaultGraph(); // added
{
  const v = tf.variableScope("foo", () => tf.variableScope("bar", () => tf.getVariable("v", [1])));
  assert(v.name === "foo/bar/v:0");
  console.log(v.name); // added
}

tf.resetDefaultGraph(); // added
tf.variableScope("foo", () => {
  const v = tf.getVariable("v", [1]);
  tf.getVariableScope().reuseVariables();
  const v1 = tf.getVariable("v", [1]);
  assert(v1 === v);
  console.log(v1.name); // added
});

tf.resetDefaultGraph(); // added: what the remark seems to have called
try {
  tf.getVariable(String(tf.truncatedNormal([2, 3])));
} catch (error) {
  console.log(String(error));
}
