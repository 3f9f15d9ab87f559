// Compares the engines of this package on the work that training consists of, interleaved in one process.
// Part of `npm run bench`; prints medians in milliseconds and ratios to the first engine.
import { performance } from "node:perf_hooks";
import * as tf from "tensorscope";

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Reproducible numbers between -1 and 1. */
function numbers(shape, seed = 1) {
  const size = shape.reduce((product, dim) => product * dim, 1);
  let state = seed;
  const data = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
  return new tf.NDArray(data, shape, "float32");
}

function oneHot(count) {
  const data = new Float32Array(count * 10);
  for (let i = 0; i < count; i++) data[10 * i + ((i * 7) % 10)] = 1;
  return new tf.NDArray(data, [count, 10], "float32");
}

const variable = (name, shape, stddev = 0.1) =>
  tf.getVariable(name, shape, { initializer: tf.truncatedNormalInitializer({ stddev, seed: 1 }) });

const crossEntropy = (logits, labels) =>
  tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogitsV2({ labels, logits }));

/** Each builds a graph and says what one step runs, with which feeds. */
const works = {
  "MLP 784-200-10, batch 100, Adam step": () => {
    const x = tf.placeholder(tf.float32, [100, 784]);
    const labels = tf.placeholder(tf.float32, [100, 10]);
    const hidden = tf.nn.relu(tf.matmul(x, variable("w1", [784, 200])).add(variable("b1", [200])));
    const logits = tf.matmul(hidden, variable("w2", [200, 10])).add(variable("b2", [10]));
    const train = new tf.train.AdamOptimizer(0.001).minimize(crossEntropy(logits, labels));
    const feeds = [
      [x, numbers([100, 784])],
      [labels, oneHot(100)],
    ];
    return { train, feeds, rounds: 30 };
  },
  "chain of 8 ops over 10 M floats": () => {
    const x = variable("x", [10_000_000]);
    let y = x;
    for (let i = 0; i < 4; i++) y = y.mul(1.0009).add(0.01 * i);
    return { train: x.assign(y).op, feeds: [], rounds: 9 };
  },
  "Adam over 10 M parameters": () => {
    const x = variable("x", [10_000_000]);
    const gradient = variable("g", [10_000_000]);
    const train = new tf.train.AdamOptimizer(0.001).applyGradients([[gradient, x]]);
    return { train, feeds: [], rounds: 5 };
  },
  "CNN 5x5x32, 5x5x64, 1024, 10, batch 100, Adam step": () => {
    const image = tf.placeholder(tf.float32, [100, 28, 28, 1]);
    const labels = tf.placeholder(tf.float32, [100, 10]);
    const layer = (input, name, shape) => {
      const sum = tf.nn.conv2d(input, variable(`${name}w`, shape), [1, 1, 1, 1], "SAME");
      const active = tf.nn.relu(sum.add(variable(`${name}b`, [shape[3]])));
      return tf.nn.maxPool(active, [1, 2, 2, 1], [1, 2, 2, 1], "SAME");
    };
    const features = layer(layer(image, "c1", [5, 5, 1, 32]), "c2", [5, 5, 32, 64]);
    const flat = tf.reshape(features, [100, 3136]);
    const hidden = tf.nn.relu(
      tf.matmul(flat, variable("w3", [3136, 1024])).add(variable("b3", [1024])),
    );
    const logits = tf.matmul(hidden, variable("w4", [1024, 10])).add(variable("b4", [10]));
    const train = new tf.train.AdamOptimizer(0.001).minimize(crossEntropy(logits, labels));
    const feeds = [
      [image, numbers([100, 28, 28, 1])],
      [labels, oneHot(100)],
    ];
    return { train, feeds, rounds: 3 };
  },
  "GAN, batch 64, one step of both": () => gan(64),
  "feed, add, fetch": () => {
    const x = tf.placeholder(tf.float32, []);
    return {
      train: x.add(1),
      feeds: [[x, new tf.NDArray(new Float32Array([1]), [], "float32")]],
      rounds: 2000,
    };
  },
};

function gan(batch) {
  const channels = 24;
  const normalize = (input) => {
    const [mean, variance] = tf.nn.moments(input, [0, 1, 2]);
    const scale = variable("scale", [channels]);
    return tf.nn.batchNormalization(
      input,
      mean,
      variance,
      variable("offset", [channels]),
      scale,
      1e-5,
    );
  };
  const generator = (noise) =>
    tf.variableScope("generator", () => {
      const flat = tf.matmul(noise, variable("w1", [32, 49 * channels]));
      const grown = tf.nn.relu(normalize(tf.reshape(flat, [batch, 7, 7, channels])));
      const filters = variable("w2", [8, 8, 1, channels]);
      return tf.sigmoid(tf.nn.conv2dTranspose(grown, filters, [batch, 28, 28, 1], [1, 4, 4, 1]));
    });
  const discriminator = (images, reuse) =>
    tf.variableScope("discriminator", { reuse }, () => {
      const strokes = tf.nn.conv2d(
        images,
        variable("w1", [8, 8, 1, channels]),
        [1, 4, 4, 1],
        "SAME",
      );
      const seen = tf.nn.leakyRelu(strokes.add(variable("b1", [channels])));
      return tf.matmul(tf.reshape(seen, [-1, 49 * channels]), variable("w2", [49 * channels, 1]));
    });
  const loss = (logits, label) =>
    tf.reduceMean(
      tf.nn.sigmoidCrossEntropyWithLogits({ labels: tf.fill([batch, 1], label), logits }),
    );
  const real = tf.placeholder(tf.float32, [batch, 28, 28, 1]);
  const drawn = generator(tf.randomNormal([batch, 32], { seed: 1 }));
  const judgedReal = discriminator(real, false);
  const judgedDrawn = discriminator(drawn, true);
  const losses = {
    discriminator: loss(judgedReal, 0.9).add(loss(judgedDrawn, 0)),
    generator: loss(judgedDrawn, 1),
  };
  const steps = ["discriminator", "generator"].map((name) => {
    const adam = new tf.train.AdamOptimizer(0.003, { beta1: 0.5, name: `${name}_adam` });
    return adam.minimize(losses[name], { varList: tf.trainableVariables(name) });
  });
  return { train: tf.group(...steps), feeds: [[real, numbers([batch, 28, 28, 1])]], rounds: 9 };
}

const engines = ["javascript", "wasm"].filter((name) =>
  tf.engines().some((engine) => engine.name === name && engine.available),
);
const wanted = process.argv.slice(2);
console.log(["work".padEnd(52), ...engines.map((name) => name.padStart(12)), "ratio"].join(" "));
for (const [name, build] of Object.entries(works)) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  const graph = new tf.Graph();
  const { train, feeds, rounds } = graph.asDefault(build);
  const initialize = graph.asDefault(() => tf.globalVariablesInitializer());
  const sessions = engines.map((engine) => new tf.Session("", { graph, config: { engine } }));
  for (const session of sessions) {
    session.runSync(initialize);
    for (let i = 0; i < Math.min(3, rounds); i++) session.runSync(train, feeds);
  }
  const times = sessions.map(() => []);
  for (let round = 0; round < rounds; round++) {
    sessions.forEach((session, i) => {
      const started = performance.now();
      session.runSync(train, feeds);
      times[i].push(performance.now() - started);
    });
  }
  const medians = times.map(median);
  const columns = medians.map((value) => value.toFixed(3).padStart(12));
  console.log(
    [name.padEnd(52), ...columns, (medians[0] / medians[1]).toFixed(2).padStart(6)].join(" "),
  );
  for (const session of sessions) session.close();
}
