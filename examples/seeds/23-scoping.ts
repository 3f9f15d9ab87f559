// Document 004, second answer: the scoping function, run with both kinds of scope, and the graph
// written for TensorBoard.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "tensorscope";

type Scope = <R>(name: string, body: () => R) => R;

function scoping(fn: Scope, scope1: string, scope2: string, vals: [number, number, number]) {
  return fn(scope1, () => {
    const a = new tf.Variable(vals[0], { dtype: tf.int32, name: "a" });
    const b = tf.getVariable("b", { dtype: tf.int32, initializer: vals[1] });
    const c = tf.constant(vals[2], { dtype: tf.int32, name: "c" });
    const d = fn(scope2, () => tf.add(a.mul(b), c, { name: "res" }));

    console.log([scope1, a.name, b.name, c.name, d.name].join("\n "), "\n");
    return d;
  });
}

const d1 = scoping(tf.variableScope, "scope_vars", "res", [1, 2, 3]);
const d2 = scoping(tf.nameScope, "scope_name", "res", [1, 2, 3]);

using sess = tf.session();
using _writer = new tf.summary.FileWriter(mkdtempSync(join(tmpdir(), "logs-")), sess.graph);
await sess.run(tf.globalVariablesInitializer());
console.log(await sess.run([d1, d2]));
