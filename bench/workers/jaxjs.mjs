// The worker for jax-js on its wasm device, which has one thread where there is no Worker, as in Node.

import { serve } from "./lines.mjs";
import { packagesOf } from "./package.mjs";

console.log = console.info = console.warn = console.error;
const { load, versionOf } = packagesOf("jaxjs");
const jax = await load("@jax-js/jax", "dist/index.js");
const { numpy: np, nn, random, jit, tree, valueAndGrad, vjp } = jax;
await jax.init("wasm");
jax.defaultDevice("wasm");

const array = ({ data, shape }) => np.array(data).reshape(shape);

/** Runs a step that gives an array, and waits for its value. */
const forced = (run) => async () => {
  const y = run();
  await jax.blockUntilReady(y);
  y.dispose();
};

function adamUpdate(v, g, m, s, rate) {
  const m1 = m.mul(0.9).add(g.ref.mul(0.1));
  const s1 = s.mul(0.999).add(np.square(g).mul(0.001));
  const v1 = v.sub(rate.mul(m1.ref).div(np.sqrt(s1.ref).add(1e-8)));
  return [v1, m1, s1];
}

function adamRate(count) {
  return np.array((0.001 * Math.sqrt(1 - 0.999 ** count)) / (1 - 0.9 ** count));
}

/** Functions take over the arrays they get, so that what is used again is given as `.ref`. */
const refs = (arrays) => tree.map((array) => array.ref, arrays);
const arraysOf = (read, names) =>
  Object.fromEntries(names.map((name) => [name, array(read(name))]));
/** Axis by axis, since a sum of millions of floats in a row is off by too much. */
function meanSquare(x) {
  let mean = np.square(x);
  while (mean.ndim > 0) mean = np.mean(mean, -1);
  return mean;
}

function crossEntropy(logits, labels) {
  return np.mean(np.sum(labels.mul(nn.logSoftmax(logits)), 1)).neg();
}

function training(loss, names, inputs) {
  return async (read) => {
    let v = arraysOf(read, names);
    let m = tree.map((w) => np.zerosLike(w.ref), v);
    let s = tree.map((w) => np.zerosLike(w.ref), v);
    const x = arraysOf(read, inputs);
    const update = jit((v, m, s, rate, x) => {
      const [value, gradients] = valueAndGrad((v) => loss(v, x))(refs(v));
      const updated = names.map((name) =>
        adamUpdate(v[name], gradients[name], m[name], s[name], rate.ref),
      );
      rate.dispose();
      const part = (i) => Object.fromEntries(names.map((name, n) => [name, updated[n][i]]));
      return [value, part(0), part(1), part(2)];
    });
    let count = 0;
    const step = async () => {
      let value;
      [value, v, m, s] = update(v, m, s, adamRate(++count), refs(x));
      await jax.blockUntilReady([v, m, s]);
      return (await value.data())[0];
    };
    return { checks: [await step(), await step(), await step()], step };
  };
}

function mlp({ w1, b1, w2, b2 }, { x, labels }) {
  const hidden = nn.relu(np.matmul(x, w1).add(b1));
  return crossEntropy(np.matmul(hidden, w2).add(b2), labels);
}

function lstm({ w, b, wo, bo }, { x, labels }) {
  let h = np.zeros([32, 128]);
  let c = np.zeros([32, 128]);
  for (const part of np.split(x, 20, 0)) {
    const both = np.concatenate([part.reshape([32, 128]), h], 1);
    const [add, keep, value, show] = np.split(np.matmul(both, w.ref).add(b.ref), 4, 1);
    c = c.mul(nn.sigmoid(keep)).add(nn.sigmoid(add).mul(np.tanh(value)));
    h = np.tanh(c.ref).mul(nn.sigmoid(show));
  }
  for (const array of [c, w, b]) array.dispose();
  return crossEntropy(np.matmul(h, wo).add(bo), labels);
}

function block(model, names) {
  return (read) => {
    const weights = arraysOf(read, names);
    const { x, dy } = arraysOf(read, ["x", "dy"]);
    const run = jit((weights, x, dy) => {
      const [y, back] = vjp(model, [weights, x]);
      const [gradients, dx] = back(dy);
      back.dispose();
      return [meanSquare(y), meanSquare(dx), ...names.map((name) => gradients[name])];
    });
    const all = () => run(refs(weights), x.ref, dy.ref);
    const [y, dx, ...gradients] = all();
    const checks = [y, dx, ...gradients.map(meanSquare)].map((value) => value.dataSync()[0]);
    const step = async () => {
      const results = all();
      await jax.blockUntilReady(results);
      for (const result of results) result.dispose();
    };
    return { checks, step };
  };
}

function attention({ wq, wk, wv, wo }, x) {
  const flat = x.reshape([1024, 256]);
  const heads = (w) => np.transpose(np.matmul(flat.ref, w).reshape([8, 128, 8, 32]), [0, 2, 1, 3]);
  const [q, k, v] = [wq, wk, wv].map(heads);
  flat.dispose();
  const weight = nn.softmax(np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul(1 / Math.sqrt(32)));
  const seen = np.transpose(np.matmul(weight, v), [0, 2, 1, 3]);
  return np.matmul(seen.reshape([1024, 256]), wo).reshape([8, 128, 256]);
}

async function adam(read) {
  let v = array(read("x"));
  const gradient = array(read("gradient"));
  let m = np.zerosLike(v.ref);
  let s = np.zerosLike(v.ref);
  const update = jit((v, g, m, s, rate) => adamUpdate(v, g, m, s, rate));
  let count = 0;
  const step = async () => {
    [v, m, s] = update(v, gradient.ref, m, s, adamRate(++count));
    await jax.blockUntilReady([v, m, s]);
  };
  const checks = [];
  for (let i = 0; i < 3; i++) {
    checks.push(v.ref.dataSync()[12345]);
    await step();
  }
  return { checks, step };
}

function matmul(read) {
  const a = array(read("a"));
  const b = array(read("b"));
  const run = jit((a, b) => np.matmul(a, b));
  const values = run(a.ref, b.ref).dataSync();
  const check = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  return { checks: [check], step: forced(() => run(a.ref, b.ref)) };
}

function chain(read) {
  const x = array(read("x"));
  const run = jit((x) => {
    let y = x;
    for (let i = 1; i <= 4; i++) y = y.mul(1.0009).add(0.01 * i);
    return y;
  });
  const values = run(x.ref).dataSync();
  return { checks: [values[12345], values.at(-1)], step: forced(() => run(x.ref)) };
}

function smallest(read) {
  const { data, shape } = read("x");
  const run = jit((x) => x.add(1));
  const step = () => run(np.array(data).reshape(shape)).dataSync()[0];
  return { checks: [step()], step };
}

function normal() {
  let seed = 0;
  const run = jit((key) => random.normal(key, [1_000_000]));
  return { checks: [], step: forced(() => run(random.key(seed++))) };
}

/** Shown in the table instead of a time. */
function convolutions() {
  throw new Error(
    "left out: of the CNN's step, the second convolution alone takes over 90 s with its gradients",
  );
}

const inputs = ["x", "labels"];
const works = {
  mlp: { jit: training(mlp, ["w1", "b1", "w2", "b2"], inputs) },
  cnn: { jit: convolutions },
  gan: { jit: convolutions },
  resnet: { jit: convolutions },
  lstm: { jit: training(lstm, ["w", "b", "wo", "bo"], inputs) },
  attention: { jit: block(attention, ["wq", "wk", "wv", "wo"]) },
  matmul: { jit: matmul },
  chain: { jit: chain },
  smallest: { jit: smallest },
  normal: { jit: normal },
  adam: { jit: adam },
};
await serve({ library: "jax-js", version: versionOf("@jax-js/jax") }, works);
