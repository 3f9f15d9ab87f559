// Document 002, initializers: its snippets of constantInitializer, and of zerosInitializer and
// onesInitializer.
import * as tf from "tensorscope";

const value = [0, 1, 2, 3, 4, 5, 6, 7];
const init = tf.constantInitializer(value);
{
  using _sess = tf.session();
  const x = tf.getVariable("x", [8], { initializer: init });
  await x.initializer.run();
  console.log(String(await x.eval()));
}

tf.resetDefaultGraph(); // added: the next snippet is a program of its own
const initZeros = tf.zerosInitializer();
const initOnes = tf.onesInitializer;
{
  using _sess = tf.session();
  const x = tf.getVariable("x", [8], { initializer: initZeros });
  const y = tf.getVariable("y", [8], { initializer: initOnes });
  await x.initializer.run();
  await y.initializer.run();
  console.log(String(await x.eval()));
  console.log(String(await y.eval()));
}
