// Document 002, "collections": my_local, my_non_trainable, the list without b2, and a collection
// of one's own.
import * as tf from "tensorscope";

const myLocal = tf.getVariable("my_local", [], { collections: [tf.GraphKeys.LOCAL_VARIABLES] });
const _myNonTrainable = tf.getVariable("my_non_trainable", [], { trainable: false });
console.log(tf.getCollection(tf.GraphKeys.LOCAL_VARIABLES)); // added
console.log(tf.getCollection(tf.GraphKeys.GLOBAL_VARIABLES)); // added
console.log(tf.getCollection(tf.GraphKeys.TRAINABLE_VARIABLES)); // added

tf.addToCollection("my_collection_name", myLocal);
console.log(tf.getCollection("my_collection_name")); // added

tf.resetDefaultGraph(); // added: the next snippet is a program of its own
const _w1 = new tf.Variable(tf.randomNormal([784, 200], { stddev: 0.35 }), { name: "weights" });
const _b1 = new tf.Variable(tf.zeros([200]), { name: "biases" });
const _w2 = new tf.Variable(tf.randomNormal([784, 200], { stddev: 0.35 }), { name: "weights" });
const _b2 = new tf.Variable(tf.zeros([200]), { name: "biases", trainable: false });
console.log(tf.getCollection(tf.GraphKeys.TRAINABLE_VARIABLES));
