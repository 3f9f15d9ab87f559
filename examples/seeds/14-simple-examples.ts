// Document 002, "a few simple examples": all three (two scopes, reuse true, reuse false).
import * as tf from "tensorscope";

tf.setRandomSeed(1); // added: so that the numbers can be compared

function test(b: tf.Tensor) {
  const initializer = tf.truncatedNormalInitializer({ stddev: 0.02 });
  const a = tf.getVariable("test", [2, 2], { initializer });
  return tf.matmul(b, a);
}

// biome-ignore format: as the document writes it
const ones = () => tf.constant([[1.0, 1.0], [2.0, 2.0]]);

async function show(c: tf.Tensor, d: tf.Tensor) {
  {
    using sess = tf.session();
    const init = tf.globalVariablesInitializer();
    await sess.run(init);
    console.log(String(await sess.run(c)));
    console.log(String(await sess.run(d)));
  }
  tf.resetDefaultGraph(); // added: the next snippet is a program of its own
  tf.setRandomSeed(1); // added
}

{
  const c = tf.variableScope("test", () => test(ones()));
  const d = tf.variableScope("test1", () => test(ones()));
  await show(c, d);
}
{
  const c = tf.variableScope("test", () => test(ones()));
  const d = tf.variableScope("test", { reuse: true }, () => test(ones()));
  await show(c, d);
}
{
  const c = tf.variableScope("test", () => test(ones()));
  // This one fails.
  try {
    const d = tf.variableScope("test", { reuse: false }, () => test(ones()));
    await show(c, d);
  } catch (error) {
    console.log(String(error));
  }
}
