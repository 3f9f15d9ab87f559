// The works as graphs of this package. A model gets `variable(name)` and `input(name)` and returns what a step runs:
// `train` and `losses` if it trains, otherwise `fetches` and the `checks` that every system must agree on.
import * as tf from "tensorscope";

const crossEntropy = (logits, labels) =>
  tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogitsV2({ labels, logits }));
const meanSquare = (x) => tf.reduceMean(tf.square(x));

const dense = (x, weights, biases) => tf.matmul(x, weights).add(biases);

function mlp({ variable, input }) {
  const hidden = tf.nn.relu(dense(input("x"), variable("w1"), variable("b1")));
  const loss = crossEntropy(dense(hidden, variable("w2"), variable("b2")), input("labels"));
  return { train: new tf.train.AdamOptimizer(0.001).minimize(loss), losses: [loss] };
}

function cnn({ variable, input }) {
  const layer = (x, weights, biases) => {
    const sums = tf.nn.conv2d(x, weights, [1, 1, 1, 1], "SAME").add(biases);
    return tf.nn.maxPool(tf.nn.relu(sums), [1, 2, 2, 1], [1, 2, 2, 1], "SAME");
  };
  const first = layer(input("x"), variable("c1w"), variable("c1b"));
  const second = layer(first, variable("c2w"), variable("c2b"));
  const flat = tf.reshape(second, [100, 3136]);
  const hidden = tf.nn.relu(dense(flat, variable("w3"), variable("b3")));
  const loss = crossEntropy(dense(hidden, variable("w4"), variable("b4")), input("labels"));
  return { train: new tf.train.AdamOptimizer(0.001).minimize(loss), losses: [loss] };
}

/** The networks and losses of examples/gan.ts. */
function gan({ variable, input }) {
  const batch = 64;
  const names = ["gw1", "gscale", "goffset", "gw2", "gb2", "dw1", "db1", "dw2", "db2"];
  const v = Object.fromEntries(names.map((name) => [name, variable(name)]));
  const digits = input("digits");
  const noise = tf.randomNormal([batch, 32]);
  const grown = tf.reshape(tf.matmul(tf.concat([noise, digits], 1), v.gw1), [batch, 7, 7, 24]);
  const [mean, variance] = tf.nn.moments(grown, [0, 1, 2]);
  const normalized = tf.nn.batchNormalization(grown, mean, variance, v.goffset, v.gscale, 1e-5);
  const drawn = tf.nn.conv2dTranspose(
    tf.nn.relu(normalized),
    v.gw2,
    [batch, 28, 28, 1],
    [1, 4, 4, 1],
  );
  const judge = (images) => {
    const strokes = tf.nn.conv2d(images, v.dw1, [1, 4, 4, 1], "SAME").add(v.db1);
    const flat = tf.reshape(tf.nn.leakyRelu(strokes), [-1, 1176]);
    return tf.reduceSum(dense(flat, v.dw2, v.db2).mul(digits), { axis: 1 });
  };
  const loss = (logits, label) =>
    tf.reduceMean(tf.nn.sigmoidCrossEntropyWithLogits({ labels: tf.fill([batch], label), logits }));
  const judgedReal = judge(input("real"));
  const judgedDrawn = judge(tf.sigmoid(drawn.add(v.gb2)));
  const dLoss = loss(judgedReal, 0.9).add(loss(judgedDrawn, 0));
  const gLoss = loss(judgedDrawn, 1);
  const dAdam = new tf.train.AdamOptimizer(0.003, { beta1: 0.5, name: "d_adam" });
  const gAdam = new tf.train.AdamOptimizer(0.004, { beta1: 0.5, name: "g_adam" });
  const of = (letter) => names.filter((name) => name[0] === letter).map((name) => v[name]);
  const dGradients = dAdam.computeGradients(dLoss, { varList: of("d") });
  const gGradients = gAdam.computeGradients(gLoss, { varList: of("g") });
  const gradients = [...dGradients, ...gGradients].map(([gradient]) => gradient);
  const train = tf.controlDependencies(gradients, () =>
    tf.group(dAdam.applyGradients(dGradients), gAdam.applyGradients(gGradients)),
  );
  return { train, losses: [dLoss, gLoss], noise };
}

/** The gradients of a block: those of its weights as they are, that of its input as the mean of its squares. */
function blockGradients(y, x, dy, weights) {
  const [dx, ...gradients] = tf.gradients(y, [x, ...weights], { gradYs: [dy] });
  const inner = meanSquare(dx);
  return {
    fetches: [inner, ...gradients],
    checks: [meanSquare(y), inner, ...gradients.map(meanSquare)],
  };
}

function resnet({ variable, input }) {
  const names = ["w1", "scale1", "offset1", "w2", "scale2", "offset2"];
  const weights = names.map(variable);
  const [w1, scale1, offset1, w2, scale2, offset2] = weights;
  const normalized = (x, filters, scale, offset) => {
    const sums = tf.nn.conv2d(x, filters, [1, 1, 1, 1], "SAME");
    return tf.nn.fusedBatchNorm(sums, scale, offset, { epsilon: 0.001 })[0];
  };
  const x = input("x");
  const inside = tf.nn.relu(normalized(x, w1, scale1, offset1));
  const y = tf.nn.relu(normalized(inside, w2, scale2, offset2).add(x));
  return blockGradients(y, x, input("dy"), weights);
}

/** The cell of BasicLSTMCell, with its gates in the order input, forget, new value, output. */
function lstm({ variable, input }) {
  const w = variable("w");
  const b = variable("b");
  let h = tf.zeros([32, 128]);
  let c = tf.zeros([32, 128]);
  for (const x of tf.unstack(input("x"))) {
    const gates = tf.split(dense(tf.concat([x, h], 1), w, b), 4, { axis: 1 });
    const [add, keep, value, show] = gates;
    c = c.mul(tf.sigmoid(keep)).add(tf.sigmoid(add).mul(tf.tanh(value)));
    h = tf.tanh(c).mul(tf.sigmoid(show));
  }
  const loss = crossEntropy(dense(h, variable("wo"), variable("bo")), input("labels"));
  return { train: new tf.train.AdamOptimizer(0.001).minimize(loss), losses: [loss] };
}

function attention({ variable, input }) {
  const weights = ["wq", "wk", "wv", "wo"].map(variable);
  const x = input("x");
  const flat = tf.reshape(x, [1024, 256]);
  const heads = (w) => tf.transpose(tf.reshape(tf.matmul(flat, w), [8, 128, 8, 32]), [0, 2, 1, 3]);
  const [q, k, v] = weights.slice(0, 3).map(heads);
  const weight = tf.nn.softmax(tf.matmul(q, k, { transposeB: true }).mul(1 / Math.sqrt(32)));
  const seen = tf.transpose(tf.matmul(weight, v), [0, 2, 1, 3]);
  const y = tf.reshape(tf.matmul(tf.reshape(seen, [1024, 256]), weights[3]), [8, 128, 256]);
  return blockGradients(y, x, input("dy"), weights);
}

/** A variable for results, since a step's result has to be somewhere when the step is over. */
const place = (shape) =>
  tf.getVariable("result", shape, { initializer: tf.zerosInitializer(), trainable: false });

function matmul({ variable }) {
  const product = tf.matmul(variable("a"), variable("b"));
  const fetches = place([1024, 1024]).assign(product).op;
  return { fetches, checks: [meanSquare(product)] };
}

function chain({ variable }) {
  const x = variable("x");
  let y = x;
  for (let i = 1; i <= 4; i++) y = y.mul(1.0009).add(0.01 * i);
  return { fetches: place([10_000_000]).assign(y).op, checks: [y.slice(12345), y.slice(-1)] };
}

function normal() {
  const values = tf.randomNormal([1_000_000]);
  return { fetches: place([1_000_000]).assign(values).op };
}

function adam({ variable }) {
  const x = variable("x");
  const element = x.slice(12345); // Before the update, since operations run in the order of their creation.
  const optimizer = new tf.train.AdamOptimizer(0.001);
  const train = optimizer.applyGradients([[variable("gradient"), x]]);
  return { train, losses: [element] };
}

mlp.trains = cnn.trains = gan.trains = lstm.trains = adam.trains = true;
export const models = { mlp, cnn, gan, resnet, lstm, attention, matmul, chain, normal, adam };
