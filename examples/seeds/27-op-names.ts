// Document 004, last answer: its two snippets (names of ops in a variable scope), and its
// closing remark.
import { strict as assert } from "node:assert";
import * as tf from "tensorscope";

{
  const x = tf.variableScope("foo", () => tf.getVariable("v", [1]).radd(1.0));
  assert(x.op.name === "foo/add");
  console.log(x.op.name); // added
}

tf.resetDefaultGraph(); // added: the next snippet is a program of its own
tf.variableScope("foo", () =>
  tf.nameScope("bar", () => {
    const v = tf.getVariable("v", [1]);
    const x = v.radd(1.0);
    assert(v.name === "foo/v:0");
    assert(x.op.name === "foo/bar/add");
    console.log(v.name, x.op.name); // added
  }),
);

// added: the remark says that a captured scope does not change the name scope of ops
tf.resetDefaultGraph();
const fooScope = tf.variableScope("foo", (scope) => scope);
tf.nameScope("bar", () =>
  tf.variableScope(fooScope, () => {
    const v = tf.getVariable("v", [1]);
    const x = v.radd(1.0);
    console.log(v.name, x.op.name);
  }),
);
