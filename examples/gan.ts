// Trains a GAN on digits and shows who shares which variables: `npm start`, `npm start -- --help`.
//
// A generator draws digits from noise; ONE discriminator, applied to real and to drawn images through
// `variableScope(…, { reuse: true })`, tells them apart. Each learns from the other (Goodfellow et
// al. 2014), and both are told which digit is meant (Mirza and Osindero 2014).
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as tf from "tensorscope";
import { batches, oneHot } from "./support/batches.ts";
import { makeFolder, runProgram, textOptions, wholeNumber } from "./support/command.ts";
import { builtinDigits, type Digits } from "./support/digits.ts";
import { readIdxFolder } from "./support/idx.ts";
import { trainingProgress } from "./support/progress.ts";
import { contactSheet } from "./support/sheet.ts";
import { variableTable } from "./support/table.ts";

const help = `Trains a GAN on digits, writes samples.png and TensorBoard's files, and prints who shares which
variables.

  npm start -- [options]

  --data DIR   folder of MNIST's IDX files, gzip or plain (default: 10,000 built-in digits)
  --epochs N   how often every digit is seen (default: 2)
  --out DIR    where samples.png and TensorBoard's files are written (default: runs/gan)
  --seed N     another seed gives other samples (default: 1)
  --help       this text`;

const legend = `generator draws for training, generator_1 draws the samples;
discriminator sees the real digits, discriminator_1 the drawn ones.`;

const BATCH = 10;
const NOISE = 32;
const CHANNELS = 24;

const weights = (shape: number[]) =>
  tf.getVariable("weights", shape, { initializer: tf.randomNormalInitializer({ stddev: 0.02 }) });
const zeros = (name: string, size: number) =>
  tf.getVariable(name, [size], { initializer: tf.zerosInitializer() });

/** Normalises each channel over the batch, then scales and shifts it (Ioffe and Szegedy 2015). */
function batchNormalize(input: tf.Tensor): tf.Tensor {
  const [mean, variance] = tf.nn.moments(input, [0, 1, 2]);
  const scale = tf.getVariable("scale", [CHANNELS], { initializer: tf.onesInitializer() });
  return tf.nn.batchNormalization(input, mean, variance, zeros("offset", CHANNELS), scale, 1e-5);
}

/** Draws the wanted digits (one-hot, [count, 10]) as images [count, 28, 28, 1] from 0 to 1. */
function generator(noise: tf.Tensor, wanted: tf.Tensor, count: number, reuse = false): tf.Tensor {
  return tf.variableScope("generator", { reuse }, () => {
    const grown = tf.variableScope("grow", () => {
      const flat = tf.matmul(tf.concat([noise, wanted], 1), weights([NOISE + 10, 49 * CHANNELS]));
      return tf.nn.relu(batchNormalize(tf.reshape(flat, [count, 7, 7, CHANNELS])));
    });
    return tf.variableScope("draw", () => {
      const filters = weights([8, 8, 1, CHANNELS]);
      const drawn = tf.nn.conv2dTranspose(grown, filters, [count, 28, 28, 1], [1, 4, 4, 1]);
      return tf.sigmoid(drawn.add(zeros("biases", 1)));
    });
  });
}

/** Says for each image how much it looks like a real one of its digit: logits [batch]. */
function discriminator(images: tf.Tensor, digits: tf.Tensor, reuse = false): tf.Tensor {
  return tf.variableScope("discriminator", { reuse }, () => {
    const seen = tf.variableScope("look", () => {
      const strokes = tf.nn.conv2d(images, weights([8, 8, 1, CHANNELS]), [1, 4, 4, 1], "SAME");
      return tf.nn.leakyRelu(strokes.add(zeros("biases", CHANNELS)));
    });
    return tf.variableScope("judge", () => {
      const flat = tf.reshape(seen, [-1, 49 * CHANNELS]);
      const logits = tf.matmul(flat, weights([49 * CHANNELS, 10])).add(zeros("biases", 10));
      return tf.reduceSum(logits.mul(digits), { axis: 1 });
    });
  });
}

function meanCrossEntropy(logits: tf.Tensor, label: number): tf.Tensor {
  const labels = tf.fill([BATCH], label);
  return tf.reduceMean(tf.nn.sigmoidCrossEntropyWithLogits({ labels, logits }));
}

function buildGan() {
  const real = tf.placeholder(tf.float32, [BATCH, 28, 28, 1], { name: "real" });
  const digits = tf.placeholder(tf.float32, [BATCH, 10], { name: "digits" });
  const drawn = generator(tf.randomNormal([BATCH, NOISE]), digits, BATCH);
  const judgedReal = discriminator(real, digits);
  const judgedDrawn = discriminator(drawn, digits, true);

  // 0.9 instead of 1 keeps the discriminator from being too sure (Salimans et al. 2016).
  const losses = {
    discriminator: meanCrossEntropy(judgedReal, 0.9).add(meanCrossEntropy(judgedDrawn, 0)),
    generator: meanCrossEntropy(judgedDrawn, 1),
  };
  const dAdam = new tf.train.AdamOptimizer(0.003, { beta1: 0.5, name: "discriminator_adam" });
  const gAdam = new tf.train.AdamOptimizer(0.004, { beta1: 0.5, name: "generator_adam" });
  const dVariables = tf.trainableVariables("discriminator");
  const gVariables = tf.trainableVariables("generator");
  const dGradients = dAdam.computeGradients(losses.discriminator, { varList: dVariables });
  const gGradients = gAdam.computeGradients(losses.generator, { varList: gVariables });
  // All gradients before the first update: one run trains both on the same drawn images.
  const gradients = [...dGradients, ...gGradients].map(([gradient]) => gradient);
  const train = tf.controlDependencies(gradients, () =>
    tf.group(dAdam.applyGradients(dGradients), gAdam.applyGradients(gGradients)),
  );

  // Ten of each digit, from calmer noise than in training: less variety, clearer digits.
  const wanted = tf.constant(oneHot(Array.from({ length: 100 }, (_, i) => Math.floor(i / 10))));
  const noise = tf.randomNormal([100, NOISE], { stddev: 0.6 });
  const samples = tf.cast(generator(noise, wanted, 100, true).mul(255), tf.uint8);
  return { train, losses, samples, optimizers: [dAdam, gAdam], ...summarize(losses, samples) };
}

/** What TensorBoard shows: the losses as curves; the samples as one picture, and all weights. */
function summarize(losses: Record<string, tf.Tensor>, samples: tf.Tensor) {
  const curves = tf.nameScope("losses", () =>
    Object.entries(losses).map(([name, loss]) => tf.summary.scalar(name, loss)),
  );
  const rows = tf.transpose(tf.reshape(samples, [10, 10, 28, 28]), [0, 2, 1, 3]);
  const sheet = tf.summary.image("samples", tf.reshape(rows, [1, 280, 280, 1]), { maxOutputs: 1 });
  const histograms = tf.nameScope("values", () =>
    tf.trainableVariables().map((variable) => tf.summary.histogram(variable.op.name, variable)),
  );
  return { curves: tf.summary.merge(curves), pictures: tf.summary.merge([sheet, ...histograms]) };
}

async function trainGan(data: Digits, epochs: number, seed: number, out: string): Promise<void> {
  tf.setRandomSeed(seed);
  const gan = buildGan();
  using sess = tf.session();
  await sess.run(tf.globalVariablesInitializer());
  using writer = new tf.summary.FileWriter(out, sess.graph);
  // Of an earlier run in the same folder, TensorBoard shows nothing any more.
  writer.addSessionLog(tf.SessionLog({ status: tf.SessionLog.START }), 0);

  const steps = epochs * Math.floor(data.labels.length / BATCH);
  const source = batches(data, BATCH, seed);
  const progress = trainingProgress(steps);
  for (let step = 1; step <= steps; step++) {
    const { images, labels } = source.next().value;
    const feeds = { "real:0": images, "digits:0": labels };
    const { train, losses, curves } = gan;
    const results = await sess.run({ train, losses, curves }, feeds);
    progress.update(step, results.losses);
    const isLast = step === steps;
    if (step % 20 === 0 || isLast) writer.addSummary(results.curves, step);
    if (step % 500 === 0 || isLast) writer.addSummary(await sess.run(gan.pictures), step);
  }
  progress.stop();

  const samples = await sess.run(gan.samples);
  const file = join(out, "samples.png");
  writeFileSync(file, contactSheet(samples.data));
  console.log(`\n${variableTable(gan.optimizers)}\n\n${legend}\n\nSamples: ${resolve(file)}`);
  console.log(`Curves, weights and the graph: tensorboard --logdir ${out}`);
}

await runProgram(async () => {
  const given = textOptions(["data", "epochs", "out", "seed"], help);
  if (given === undefined) return;
  const epochs = wholeNumber("--epochs", given.epochs, { byDefault: 2, least: 1 });
  const seed = wholeNumber("--seed", given.seed, { byDefault: 1 });
  const data = given.data === undefined ? builtinDigits(10_000, seed) : readIdxFolder(given.data);
  const out = given.out ?? join("runs", "gan");
  makeFolder(out);
  const count = data.labels.length.toLocaleString("en-US");
  console.log(`${count} digits (${given.data ?? "built in"}), ${epochs} x, in batches of ${BATCH}`);
  await trainGan(data, epochs, seed, out);
});
