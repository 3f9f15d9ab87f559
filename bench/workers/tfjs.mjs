// The worker for TensorFlow.js: its wasm backend, and its plain JavaScript backend for what that one cannot train.
import { createRequire } from "node:module";
import { serve } from "./lines.mjs";
import { packagesOf } from "./package.mjs";

const { folderOf, versionOf } = packagesOf("tfjs");
const require = createRequire(import.meta.url);
console.log = console.info = console.warn = console.error;
// The backend's own copy of the core registers its kernels for tfjs only if both are loaded the same way.
const tf = require(`${folderOf("@tensorflow/tfjs")}/dist/tf.node.js`);
const wasm = require(`${folderOf("@tensorflow/tfjs-backend-wasm")}/dist/tf-backend-wasm.node.js`);
wasm.setWasmPaths(`${folderOf("@tensorflow/tfjs-backend-wasm")}/dist/`);
wasm.setThreadsCount(Number(process.env.BENCH_THREADS));

const tensor = ({ data, shape }) => tf.tensor(data, shape);

/** Arrays by name, made when first asked for, and kept when that is inside a step. */
function reader(read) {
  const made = {};
  return new Proxy(made, {
    get: (_, name) => {
      made[name] ??= tf.keep(tensor(read(name)));
      return made[name];
    },
  });
}

/** Backends are chosen before each use: one process serves both. */
const on = (backend, prepare) => async (read) => {
  await tf.setBackend(backend);
  await tf.ready();
  const { step, ...facts } = await prepare(read);
  const guarded = () => {
    if (tf.getBackend() !== backend) tf.setBackend(backend);
    return step();
  };
  return { step: guarded, ...facts };
};

function training(model, variables) {
  return (read) => {
    const arrays = reader(read);
    const v = Object.fromEntries(variables.map((name) => [name, tf.variable(arrays[name])]));
    const adam = tf.train.adam(0.001);
    const step = () => {
      const loss = adam.minimize(() => model(v, arrays), true, Object.values(v));
      const value = loss.dataSync()[0];
      loss.dispose();
      return value;
    };
    return { checks: [step(), step(), step()], step };
  };
}

const dense = (x, w, b) => tf.add(tf.matMul(x, w), b);

function mlp(v, x) {
  const hidden = tf.relu(dense(x.x, v.w1, v.b1));
  return tf.losses.softmaxCrossEntropy(x.labels, dense(hidden, v.w2, v.b2));
}

function cnn(v, x) {
  const layer = (y, w, b) =>
    tf.maxPool(tf.relu(tf.add(tf.conv2d(y, w, 1, "same"), b)), 2, 2, "same");
  const features = layer(layer(x.x, v.c1w, v.c1b), v.c2w, v.c2b);
  const hidden = tf.relu(dense(tf.reshape(features, [100, 3136]), v.w3, v.b3));
  return tf.losses.softmaxCrossEntropy(x.labels, dense(hidden, v.w4, v.b4));
}

function lstm(v, x) {
  let h = tf.zeros([32, 128]);
  let c = tf.zeros([32, 128]);
  for (const part of tf.unstack(x.x)) {
    const [add, keep, value, show] = tf.split(dense(tf.concat([part, h], 1), v.w, v.b), 4, 1);
    c = tf.add(tf.mul(c, tf.sigmoid(keep)), tf.mul(tf.sigmoid(add), tf.tanh(value)));
    h = tf.mul(tf.tanh(c), tf.sigmoid(show));
  }
  return tf.losses.softmaxCrossEntropy(x.labels, dense(h, v.wo, v.bo));
}

/** A block's gradients for an upstream gradient: those of x and of the weights. */
function block(model, names) {
  return (read) => {
    const arrays = reader(read);
    const weights = names.map((name) => arrays[name]);
    const gradients = tf.valueAndGrads((x, ...weights) => model(x, weights));
    const meanSquare = (x) => tf.mean(tf.square(x)).dataSync()[0];
    const step = (checksOf = () => {}) =>
      tf.tidy(() => {
        const { value, grads } = gradients([arrays.x, ...weights], arrays.dy);
        const inner = meanSquare(grads[0]); // Waits for what was computed.
        return checksOf(value, inner, grads.slice(1));
      });
    const checks = step((y, inner, grads) => [meanSquare(y), inner, ...grads.map(meanSquare)]);
    return { checks, step: () => step() };
  };
}

function resnet(x, [w1, scale1, offset1, w2, scale2, offset2]) {
  const normalized = (x, filters, scale, offset) => {
    const sums = tf.conv2d(x, filters, 1, "same");
    const { mean, variance } = tf.moments(sums, [0, 1, 2]);
    return tf.batchNorm(sums, mean, variance, offset, scale, 0.001);
  };
  const inside = tf.relu(normalized(x, w1, scale1, offset1));
  return tf.relu(tf.add(normalized(inside, w2, scale2, offset2), x));
}

function attention(x, [wq, wk, wv, wo]) {
  const flat = tf.reshape(x, [1024, 256]);
  const heads = (w) => tf.transpose(tf.reshape(tf.matMul(flat, w), [8, 128, 8, 32]), [0, 2, 1, 3]);
  const [q, k, v] = [wq, wk, wv].map(heads);
  const weight = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(32)));
  const seen = tf.transpose(tf.matMul(weight, v), [0, 2, 1, 3]);
  return tf.reshape(tf.matMul(tf.reshape(seen, [1024, 256]), wo), [8, 128, 256]);
}

function gan(read) {
  const arrays = reader(read);
  const names = ["gw1", "gscale", "goffset", "gw2", "gb2", "dw1", "db1", "dw2", "db2"];
  const v = Object.fromEntries(names.map((name) => [name, tf.variable(arrays[name])]));
  const of = (letter) => names.filter((name) => name[0] === letter).map((name) => v[name]);
  const adams = { d: tf.train.adam(0.003, 0.5), g: tf.train.adam(0.004, 0.5) };
  const judge = (images) => {
    const seen = tf.leakyRelu(tf.add(tf.conv2d(images, v.dw1, 4, "same"), v.db1), 0.2);
    const logits = dense(tf.reshape(seen, [-1, 1176]), v.dw2, v.db2);
    return tf.sum(tf.mul(logits, arrays.digits), 1);
  };
  const draw = (noise) => {
    const flat = tf.matMul(tf.concat([noise, arrays.digits], 1), v.gw1);
    const grown = tf.reshape(flat, [64, 7, 7, 24]);
    const { mean, variance } = tf.moments(grown, [0, 1, 2]);
    const normalized = tf.batchNorm(grown, mean, variance, v.goffset, v.gscale, 1e-5);
    const drawn = tf.conv2dTranspose(tf.relu(normalized), v.gw2, [64, 28, 28, 1], 4, "same");
    return tf.sigmoid(tf.add(drawn, v.gb2));
  };
  const loss = (logits, label) => tf.losses.sigmoidCrossEntropy(tf.fill([64], label), logits);
  const step = (fed) =>
    tf.tidy(() => {
      const noise = fed ?? tf.randomNormal([64, 32]);
      const d = tf.variableGrads(
        () => tf.add(loss(judge(arrays.real), 0.9), loss(judge(draw(noise)), 0)),
        of("d"),
      );
      const g = tf.variableGrads(() => loss(judge(draw(noise)), 1), of("g"));
      adams.d.applyGradients(d.grads);
      adams.g.applyGradients(g.grads);
      return [d.value.dataSync()[0], g.value.dataSync()[0]];
    });
  const checks = [1, 2, 3].flatMap(() => step(arrays.noise));
  return { checks, step: () => step() };
}

function matmul(read) {
  const { a, b } = reader(read);
  // Its own mean of a million floats is off by 5e-4.
  const values = tf.tidy(() => tf.matMul(a, b).dataSync());
  const check = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  return { checks: [check], step: () => tf.tidy(() => void tf.matMul(a, b)) };
}

function chain(read) {
  const { x } = reader(read);
  const run = () => {
    let y = x;
    for (let i = 1; i <= 4; i++) y = tf.add(tf.mul(y, 1.0009), 0.01 * i);
    return y;
  };
  const values = tf.tidy(() => run().dataSync());
  return { checks: [values[12345], values.at(-1)], step: () => tf.tidy(() => void run()) };
}

function smallest(read) {
  const { data, shape } = read("x");
  const step = () => tf.tidy(() => tf.add(tf.tensor(data, shape), 1).dataSync()[0]);
  return { checks: [step()], step };
}

function adam(read) {
  const { x, gradient } = reader(read);
  const weights = tf.variable(x);
  const optimizer = tf.train.adam(0.001, 0.9, 0.999, 1e-8);
  const element = () => tf.tidy(() => tf.slice(weights, 12345, 1).dataSync()[0]);
  const step = () => {
    optimizer.applyGradients({ [weights.name]: gradient });
    return element(); // Waits for what was computed.
  };
  const checks = [element(), step(), step()];
  return { checks, step };
}

const normal = () => ({ checks: [], step: () => tf.tidy(() => void tf.randomNormal([1_000_000])) });

const cnnNames = ["c1w", "c1b", "c2w", "c2b", "w3", "b3", "w4", "b4"];
const resnetNames = ["w1", "scale1", "offset1", "w2", "scale2", "offset2"];
const works = {
  mlp: { wasm: on("wasm", training(mlp, ["w1", "b1", "w2", "b2"])) },
  cnn: { wasm: on("wasm", training(cnn, cnnNames)) },
  gan: { wasm: on("wasm", gan), JavaScript: on("cpu", gan) },
  lstm: { wasm: on("wasm", training(lstm, ["w", "b", "wo", "bo"])) },
  resnet: { wasm: on("wasm", block(resnet, resnetNames)) },
  attention: { wasm: on("wasm", block(attention, ["wq", "wk", "wv", "wo"])) },
  adam: { wasm: on("wasm", adam) },
  matmul: { wasm: on("wasm", matmul) },
  chain: { wasm: on("wasm", chain) },
  smallest: { wasm: on("wasm", smallest) },
  normal: { wasm: on("wasm", normal) },
};
await serve({ library: "TensorFlow.js", version: versionOf("@tensorflow/tfjs") }, works);
