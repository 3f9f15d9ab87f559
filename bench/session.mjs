// Measures what a session adds to the steps of a program: the smallest run, compiling, memory over many steps and sessions.
// `node bench/session.mjs [number of training steps]`; prints medians.
import { performance } from "node:perf_hooks";
import * as tf from "tensorscope";

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const line = (name, value, goal) =>
  console.log(`${name.padEnd(52)} ${value.padStart(12)}   ${goal}`);

function numbers(shape) {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return new tf.NDArray(new Float32Array(size).fill(0.1), shape, "float32");
}
const variable = (name, shape) =>
  tf.getVariable(name, shape, { initializer: tf.randomUniformInitializer(-0.1, 0.1, 1) });
const crossEntropy = (logits, labels) =>
  tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogitsV2({ labels, logits }));

function cnn() {
  const image = tf.placeholder(tf.float32, [null, 784]);
  const labels = tf.placeholder(tf.float32, [null, 10]);
  const layer = (input, name, shape) => {
    const sum = tf.nn.conv2d(input, variable(`${name}w`, shape), [1, 1, 1, 1], "SAME");
    const active = tf.nn.relu(sum.add(variable(`${name}b`, [shape[3]])));
    return tf.nn.maxPool(active, [1, 2, 2, 1], [1, 2, 2, 1], "SAME");
  };
  const first = layer(tf.reshape(image, [-1, 28, 28, 1]), "c1", [5, 5, 1, 32]);
  const flat = tf.reshape(layer(first, "c2", [5, 5, 32, 64]), [-1, 3136]);
  const hidden = tf.nn.relu(
    tf.matmul(flat, variable("w3", [3136, 1024])).add(variable("b3", [1024])),
  );
  const kept = tf.nn.dropout(hidden, { rate: 0.5 });
  const logits = tf.matmul(kept, variable("w4", [1024, 10])).add(variable("b4", [10]));
  const train = new tf.train.AdamOptimizer(0.001).minimize(crossEntropy(logits, labels));
  const feeds = [
    [image, numbers([100, 784])],
    [labels, numbers([100, 10])],
  ];
  return { train, feeds, initialize: tf.globalVariablesInitializer() };
}

function mlp() {
  const x = tf.placeholder(tf.float32, [100, 784]);
  const labels = tf.placeholder(tf.float32, [100, 10]);
  const hidden = tf.nn.relu(tf.matmul(x, variable("w1", [784, 200])).add(variable("b1", [200])));
  const logits = tf.matmul(hidden, variable("w2", [200, 10])).add(variable("b2", [10]));
  const train = new tf.train.AdamOptimizer(0.001).minimize(crossEntropy(logits, labels));
  const feeds = [
    [x, numbers([100, 784])],
    [labels, numbers([100, 10])],
  ];
  return { train, feeds, initialize: tf.globalVariablesInitializer() };
}

const resident = () => process.memoryUsage().rss / 2 ** 20;

// The process is cold: nothing has been compiled before.
{
  const graph = new tf.Graph();
  const { train, feeds, initialize } = graph.asDefault(cnn);
  const session = new tf.Session("", { graph });
  session.runSync(initialize);
  const times = [];
  for (let i = 0; i < 3; i++) {
    const started = performance.now();
    session.runSync(train, feeds);
    times.push(performance.now() - started);
  }
  const compile = times[0] - Math.min(...times);
  line("CNN training program, first run less a later one", `${compile.toFixed(0)} ms`, "goal: 400");
  for (const { name, milliseconds } of session.explain(train, feeds)) {
    if (milliseconds > 1)
      line(`  pass ${name}, compiled once more`, `${milliseconds.toFixed(1)} ms`, "");
  }
  session.close();
}

{
  const graph = new tf.Graph();
  const [x, y] = graph.asDefault(() => {
    const input = tf.placeholder(tf.float32, []);
    return [input, input.add(1)];
  });
  const session = new tf.Session("", { graph });
  const value = numbers([]);
  const call = session.makeCallable(y, [x]);
  const works = {
    "feed, add, fetch: runSync": [() => session.runSync(y, [[x, value]]), "goal: 5"],
    "feed, add, fetch: run": [() => session.run(y, [[x, value]]), "goal: 20"],
    "feed, add, fetch: a callable": [() => call(value), ""],
    "feed, add, fetch: runSync by names": [
      () => session.runSync("add:0", { "Placeholder:0": 1 }),
      "",
    ],
  };
  for (const [name, [work, goal]] of Object.entries(works)) {
    const times = [];
    for (let round = 0; round < 2000; round++) {
      const started = performance.now();
      for (let i = 0; i < 10; i++) await work();
      times.push((performance.now() - started) / 10);
    }
    line(name, `${(1000 * median(times)).toFixed(2)} us`, goal);
  }
  session.close();
}

{
  const steps = Number(process.argv[2] ?? 5000);
  const graph = new tf.Graph();
  const { train, feeds, initialize } = graph.asDefault(mlp);
  const session = new tf.Session("", { graph });
  session.runSync(initialize);
  for (let i = 0; i < 1000; i++) session.runSync(train, feeds);
  const before = resident();
  for (let i = 1000; i < steps; i++) session.runSync(train, feeds);
  const growth = (100 * (resident() - before)) / before;
  line(`growth of memory after 1,000 of ${steps} MLP steps`, `${growth.toFixed(1)} %`, "goal: < 1");
  session.close();
  const sessions = [];
  for (let i = 0; i <= 600; i++) {
    const other = new tf.Session("", { graph });
    other.runSync(initialize);
    other.runSync(train, feeds);
    other.close();
    if (i % 200 === 0) sessions.push(resident().toFixed(0));
  }
  line("memory while 600 sessions come and go", `${sessions.join(", ")} MB`, "");
}
