// The worker for jax-js on its wasm device, which has one thread where there is no Worker, as in Node.

import { serve } from "./lines.mjs";
import { load, versionOf } from "./package.mjs";

console.log = console.info = console.warn = console.error;
const jax = await load("@jax-js/jax", "dist/index.js");
const { numpy: np, nn, random, jit, valueAndGrad } = jax;
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

async function mlp(read) {
  const names = ["w1", "b1", "w2", "b2"];
  let v = names.map((name) => array(read(name)));
  let m = v.map((w) => np.zerosLike(w.ref));
  let s = v.map((w) => np.zerosLike(w.ref));
  const x = array(read("x"));
  const labels = array(read("labels"));
  const loss = ([w1, b1, w2, b2], x, labels) => {
    const hidden = nn.relu(np.matmul(x, w1).add(b1));
    const logs = nn.logSoftmax(np.matmul(hidden, w2).add(b2));
    return np.mean(np.sum(labels.mul(logs), 1)).neg();
  };
  const update = jit((v, m, s, rate, x, labels) => {
    const [value, gradients] = valueAndGrad(loss)(
      v.map((w) => w.ref),
      x,
      labels,
    );
    const updated = v.map((w, i) => adamUpdate(w, gradients[i], m[i], s[i], rate.ref));
    rate.dispose();
    return [value, ...[0, 1, 2].map((part) => updated.map((arrays) => arrays[part]))];
  });
  let count = 0;
  const step = async () => {
    let value;
    [value, v, m, s] = update(v, m, s, adamRate(++count), x.ref, labels.ref);
    await jax.blockUntilReady([...v, ...m, ...s]);
    return (await value.data())[0];
  };
  return { checks: [await step(), await step(), await step()], step };
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

const works = { mlp: { jit: mlp }, matmul: { jit: matmul }, chain: { jit: chain } };
works.smallest = { jit: smallest };
works.normal = { jit: normal };
await serve({ library: "jax-js", version: versionOf("@jax-js/jax") }, works);
