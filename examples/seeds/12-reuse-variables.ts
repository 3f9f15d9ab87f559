// Document 002, the snippet after the refused call: test() twice in one scope, with
// scope.reuseVariables().
import * as tf from "tensorscope";

tf.setRandomSeed(1); // added: so that the numbers can be compared

function test(b: tf.Tensor) {
  let a: tf.TensorLike = tf.getVariable("test", [2, 2], {
    initializer: tf.truncatedNormalInitializer({ stddev: 0.02 }),
  });
  a = tf.matmul(b, a);
  return a;
}

const [c, d] = tf.variableScope("test", (scope) => {
  const b = tf.constant([
    [1.0, 1.0],
    [2.0, 2.0],
  ]);
  let d = tf.constant([
    [1.0, 1.0],
    [2.0, 2.0],
  ]);
  const c = test(b);
  scope.reuseVariables();
  d = test(d);
  return [c, d];
});

using sess = tf.session();
const init = tf.globalVariablesInitializer();
await sess.run(init);
console.log(String(await sess.run(c)));
console.log(String(await sess.run(d)));
