// Document 004, fifth answer, second snippet: the same names with nameScope and variableScope.
import { strict as assert } from "node:assert";
import * as tf from "tensorscope";

new tf.Graph().asDefault(() =>
  tf.nameScope("name_scope", () => {
    const v = tf.getVariable("v", [1]);
    const op = tf.add(v, v);
    const v2 = new tf.Variable([0], { dtype: tf.int32, name: "v2" });
    assert(v.name === "v:0", v.name);
    assert(op.name === "name_scope/Add:0", op.name);
    assert(v2.name === "name_scope/v2:0", v2.name);
    console.log(v.name, op.name, v2.name); // added
  }),
);

new tf.Graph().asDefault(() =>
  tf.variableScope("name_scope", () => {
    const v = tf.getVariable("v", [1]);
    const op = tf.add(v, v);
    const v2 = new tf.Variable([0], { dtype: tf.int32, name: "v2" });
    assert(v.name === "name_scope/v:0", v.name);
    assert(op.name === "name_scope/Add:0", op.name);
    assert(v2.name === "name_scope/v2:0", v2.name);
    console.log(v.name, op.name, v2.name); // added
  }),
);
