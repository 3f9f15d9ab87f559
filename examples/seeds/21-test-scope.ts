// Document 003: its three one-line snippets (nameScope, variableScope, reuse).
import * as tf from "tensorscope";

tf.nameScope("test_scope", () => {
  const test1 = tf.getVariable("test1", [1], { dtype: tf.float32 });
  const test2 = new tf.Variable(1, { name: "test2", dtype: tf.float32 });
  const a = tf.add(test1, test2);
  console.log(test1.name); // the document says test_scope/test1:0
  console.log(test2.name); // test_scope/test2:0
  console.log(a.name); // test_scope/Add:0
});

tf.resetDefaultGraph(); // added: the next snippet is a program of its own
tf.variableScope("test_scope", () => {
  const test1 = tf.getVariable("test1", [1], { dtype: tf.float32 });
  const test2 = new tf.Variable(1, { name: "test2", dtype: tf.float32 });
  const a = tf.add(test1, test2);
  console.log(test1.name); // test_scope/test1:0
  console.log(test2.name); // test_scope/test2:0
  console.log(a.name); // test_scope/Add:0
});

tf.resetDefaultGraph(); // added
const share = tf.variableScope("share", () => tf.getVariable("share_variable", [1]));
tf.variableScope("share", { reuse: true }, () => {
  const shareTest = tf.getVariable("share_variable", [1]);
  console.log(share.name); // share/share_variable:0
  console.log(shareTest.name); // share/share_variable:0
});
