// Trains a small network with batch normalization, dropout and Adam: 200 steps at once, and 100 steps, a checkpoint, and
// 100 steps in another process. All variables must be the same, bit for bit.
//
// Usage: node tests/formats/resume.mjs
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const script = fileURLToPath(import.meta.url);
const steps = 200;
const batch = 16;

function network(tf, useResource) {
  tf.setRandomSeed(7);
  const x = tf.placeholder(tf.float32, [batch, 12], { name: "x" });
  const labels = tf.placeholder(tf.int32, [batch], { name: "labels" });
  const optionsOf = (initializer) => ({ initializer, useResource });
  const dense = (input, units) => {
    const inputs = input.shape.dim(1);
    const w = tf.getVariable("w", [inputs, units], optionsOf(tf.glorotUniformInitializer()));
    const b = tf.getVariable("b", [units], optionsOf(tf.zerosInitializer()));
    return tf.matmul(input, w).add(b);
  };
  const updates = [];
  const hidden = tf.variableScope("hidden", () => {
    const linear = dense(x, 24);
    const [mean, variance] = tf.nn.moments(linear, [0]);
    for (const [name, value] of [
      ["moving_mean", mean],
      ["moving_variance", variance],
    ]) {
      const average = tf.getVariable(name, [24], {
        ...optionsOf(tf.zerosInitializer()),
        trainable: false,
      });
      updates.push(tf.train.assignMovingAverage(average, value, 0.99));
    }
    const offset = tf.getVariable("beta", [24], optionsOf(tf.zerosInitializer()));
    const scale = tf.getVariable("gamma", [24], optionsOf(tf.onesInitializer()));
    const normal = tf.nn.batchNormalization(linear, mean, variance, offset, scale, 1e-3);
    return tf.nn.dropout(tf.nn.relu(normal), { keepProb: 0.7 });
  });
  const logits = tf.variableScope("output", () => dense(hidden, 4));
  const losses = tf.nn.sparseSoftmaxCrossEntropyWithLogits({ labels, logits });
  const loss = tf.reduceMean(losses);
  const globalStep = tf.train.getOrCreateGlobalStep();
  const train = new tf.train.AdamOptimizer(0.01).minimize(loss, { globalStep });
  return { x, labels, loss, globalStep, step: tf.group(train, ...updates) };
}

/** The batch of a step, from its number alone. */
function batchOf(step) {
  const x = Float32Array.from({ length: batch * 12 }, (_, i) => Math.sin(step * 31 + i * 7.3));
  const labels = Int32Array.from({ length: batch }, (_, i) => (step * 5 + i * 3) % 4);
  return { x, labels };
}

/** Trains until step `last`; from `restore` if given; leaves a checkpoint at `save` if given. */
async function train(library, useResource, last, { restore, save, saveRandomState }) {
  const tf = await import(pathToFileURL(library).href);
  const { x, labels, globalStep, step } = network(tf, useResource);
  const saver = new tf.train.Saver(null, { saveRandomState });
  const session = new tf.Session();
  if (restore) await saver.restore(session, restore);
  else await session.run(tf.globalVariablesInitializer());
  let count = Number((await session.run(globalStep)).item());
  for (; count < last; count++) {
    const now = batchOf(count);
    await session.run(step, [
      [x, new tf.NDArray(now.x, [batch, 12], "float32")],
      [labels, new tf.NDArray(now.labels, [batch], "int32")],
    ]);
  }
  if (save) await saver.save(session, save);
  const hash = createHash("sha256");
  const variables = tf.globalVariables();
  for (const array of await session.run(variables)) hash.update(new Uint8Array(array.data.buffer));
  return { names: variables.map(({ name }) => name), hash: hash.digest("hex") };
}

function inProcess(library, useResource, last, options) {
  const call = JSON.stringify([library, useResource, last, options]);
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, "train", call], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`training ended with status ${status}:\n${stderr}`);
  return JSON.parse(stdout);
}

/** Hashes of all variables after training at once, in two processes, and in two without the random streams. */
export function resume(library, useResource) {
  const folder = mkdtempSync(join(tmpdir(), "resume-"));
  try {
    const half = join(folder, "half");
    const whole = inProcess(library, useResource, steps, {});
    inProcess(library, useResource, steps / 2, { save: half, saveRandomState: true });
    const rest = { restore: half, saveRandomState: true };
    const resumed = inProcess(library, useResource, steps, rest);
    const reseeded = inProcess(library, useResource, steps, { restore: half });
    return { whole, resumed, reseeded };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [, main, mode, call] = process.argv;
if (main === script && mode === "train") {
  console.log(JSON.stringify(await train(...JSON.parse(call))));
} else if (main === script) {
  const { bundleLibrary } = await import("./library.mjs");
  const { library, remove } = await bundleLibrary();
  try {
    for (const useResource of [false, true]) {
      const { whole, resumed, reseeded } = resume(library, useResource);
      console.log(useResource ? "resource variables" : "reference variables", whole.names.length);
      console.log("  at once        ", whole.hash);
      console.log("  in two         ", resumed.hash);
      console.log("  other streams  ", reseeded.hash);
      if (whole.hash !== resumed.hash) process.exitCode = 1;
    }
  } finally {
    remove();
  }
}
