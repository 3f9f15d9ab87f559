// Document 002, last paragraph: the statements that initialise all variables, new and old (their
// spelling corrected).
import * as tf from "tensorscope";

const v = tf.getVariable("v", [2], { initializer: tf.onesInitializer() }); // added
{
  using sess = tf.session();
  // added: what happens without it
  try {
    await sess.run(v);
  } catch (error) {
    console.log(String(error));
  }
  await tf.globalVariablesInitializer().run();
  console.log(String(await v.eval()));
}
{
  using _sess = tf.session();
  await tf.initializeAllVariables().run();
  console.log(String(await v.eval()));
}
