// Document 002, "tf.Variable": its first two numbered snippets (names and shapes; the collection
// of trainables).
import * as tf from "tensorscope";

{
  const w1 = new tf.Variable(tf.randomNormal([784, 200], { stddev: 0.35 }), { name: "weights" });
  const b1 = new tf.Variable(tf.zeros([200]), { name: "biases" });
  const w2 = new tf.Variable(tf.randomNormal([784, 200], { stddev: 0.35 }), { name: "weights" });
  const b2 = new tf.Variable(tf.zeros([200]), { name: "biases" });
  console.log(w1.name, String(w1.shape));
  console.log(b1.name, String(b1.shape));
  console.log(w2.name, String(w2.shape));
  console.log(b2.name, String(b2.shape));
}

tf.resetDefaultGraph(); // added: the next snippet is a program of its own
{
  const _w1 = new tf.Variable(tf.randomNormal([784, 200], { stddev: 0.35 }), { name: "weights" });
  const _b1 = new tf.Variable(tf.zeros([200]), { name: "biases" });
  const _w2 = new tf.Variable(tf.randomNormal([784, 200], { stddev: 0.35 }), { name: "weights" });
  const _b2 = new tf.Variable(tf.zeros([200]), { name: "biases" });
  console.log(tf.getCollection(tf.GraphKeys.TRAINABLE_VARIABLES));
}
