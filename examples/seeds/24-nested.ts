// Document 004: the snippet of the third answer ("ns", "vs") and of the fourth ("foo", "bar").
import * as tf from "tensorscope";

tf.nameScope("ns", () =>
  // scope creation
  tf.variableScope("vs", () => {
    const v1 = tf.getVariable("v1", [1.0]); // v1.name = 'vs/v1:0'
    const v2 = new tf.Variable([2.0], { name: "v2" }); // v2.name= 'ns/vs/v2:0'
    const v3 = v1.add(v2); // v3.name = 'ns/vs/add:0'
    console.log(v1.name, v2.name, v3.name); // added
  }),
);

tf.resetDefaultGraph(); // added: the next snippet is a program of its own
tf.nameScope("foo", () =>
  tf.variableScope("bar", () => {
    const x = tf.getVariable("x", []);
    const x2 = tf.square(x.pow(2), { name: "x2" });
    console.log(x.name);
    // bar/x:0
    console.log(x2.name);
    // foo/bar/x2:0
  }),
);
