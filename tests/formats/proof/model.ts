/** The network of the proof: the same as in model.py. A CNN with batch norm, trained with Adam. */

import * as tf from "tensorscope";

/** Steps before the checkpoint, and steps in all. */
export const saved = 6;
export const steps = 16;
const batchSize = 8;

/** Images [8, 8, 8, 1] and labels [8], of numbers that float32 holds exactly. */
export function batch(step: number): { images: tf.NDArray; labels: tf.NDArray } {
  const images = new Float32Array(batchSize * 64);
  for (let n = 0; n < batchSize; n++) {
    for (let h = 0; h < 8; h++) {
      for (let w = 0; w < 8; w++) {
        images[(n * 8 + h) * 8 + w] = ((n * 31 + h * 17 + w * 13 + step * 7 + n * h * w) % 64) / 64;
      }
    }
  }
  const labels = Int32Array.from({ length: batchSize }, (_, n) => (n * 5 + step) % 3);
  return {
    images: new tf.NDArray(images, [batchSize, 8, 8, 1], tf.float32),
    labels: new tf.NDArray(labels, [batchSize], tf.int32),
  };
}

/** Initial weights between -0.25 and 0.25. */
function pattern(shape: readonly number[]): tf.InitializerLike {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const values = Float64Array.from({ length: size }, (_, i) => (((i * 53) % 97) - 48) / 192);
  return tf.constantInitializer(new tf.NDArray(values, shape, tf.float64));
}

function variable(
  name: string,
  shape: readonly number[],
  initializer: tf.InitializerLike,
  trainable = true,
): tf.Variable {
  return tf.getVariable(name, shape, { initializer, trainable });
}

function convBlock(input: tf.Tensor, channels: number, isTraining: boolean): tf.Tensor {
  const shape = [3, 3, input.shape.dims?.[3] ?? 0, channels];
  const kernel = variable("kernel", shape, pattern(shape));
  const x = tf.nn.conv2d(input, kernel, [1, 1, 1, 1], "SAME");
  const gamma = variable("gamma", [channels], tf.onesInitializer());
  const beta = variable("beta", [channels], tf.zerosInitializer());
  const movingMean = variable("moving_mean", [channels], tf.zerosInitializer(), false);
  const movingVariance = variable("moving_variance", [channels], tf.onesInitializer(), false);
  let normalized: tf.Tensor;
  if (isTraining) {
    const [y, mean, variance] = tf.nn.fusedBatchNorm(x, gamma, beta);
    normalized = y;
    for (const [moving, now] of [
      [movingMean, mean],
      [movingVariance, variance],
    ] as const) {
      const update = tf.assignSub(moving, moving.sub(now).mul(0.1));
      tf.addToCollection(tf.GraphKeys.UPDATE_OPS, update);
    }
  } else {
    [normalized] = tf.nn.fusedBatchNorm(x, gamma, beta, {
      mean: movingMean,
      variance: movingVariance,
      isTraining: false,
    });
  }
  return tf.nn.maxPool(tf.nn.relu(normalized), [1, 2, 2, 1], [1, 2, 2, 1], "SAME");
}

function network(images: tf.Tensor, isTraining: boolean): tf.Tensor {
  const first = tf.variableScope("conv1", () => convBlock(images, 4, isTraining));
  const second = tf.variableScope("conv2", () => convBlock(first, 6, isTraining));
  return tf.variableScope("dense", () => {
    const x = tf.reshape(second, [-1, 24]);
    const weights = variable("weights", [24, 3], pattern([24, 3]));
    const biases = variable("biases", [3], tf.zerosInitializer());
    return tf.nn.biasAdd(tf.matmul(x, weights), biases);
  });
}

export interface Model {
  readonly images: tf.Tensor;
  readonly scores: tf.Tensor;
  readonly mainOp: tf.Operation;
  readonly init: tf.Operation;
}

/** Makes the graph. Tensors and operations that are wanted later are in collections. */
export function build(vocabulary: string): Model {
  const images = tf.placeholder(tf.float32, [null, 8, 8, 1], { name: "images" });
  const labels = tf.placeholder(tf.int32, [null], { name: "labels" });
  const trained = tf.variableScope("net", () => network(images, true));
  const logits = tf.variableScope("net", { reuse: true }, () =>
    tf.identity(network(images, false), { name: "logits" }),
  );
  const scores = tf.nn.softmax(logits, { name: "scores" });
  const losses = tf.nn.sparseSoftmaxCrossEntropyWithLogits({ labels, logits: trained });
  const loss = tf.reduceMean(losses, { name: "loss" });
  const globalStep = tf.train.createGlobalStep();
  const train = tf.controlDependencies(tf.getCollection(tf.GraphKeys.UPDATE_OPS), () =>
    new tf.train.AdamOptimizer(0.01).minimize(loss, { globalStep, name: "train" }),
  );
  tf.addToCollection("train_op", train);
  // Where the vocabulary is: set by the main op when a SavedModel is loaded.
  const asset = tf.constant(vocabulary, { name: "vocabulary" });
  tf.addToCollection(tf.GraphKeys.ASSET_FILEPATHS, asset);
  const place = tf.getVariable("vocabulary_path", [], {
    dtype: tf.string,
    initializer: tf.constantInitializer("unset"),
    trainable: false,
  });
  const found = tf.assign(place, asset, { name: "find_vocabulary" });
  tf.identity(place, { name: "found_vocabulary" });
  return { images, scores, mainOp: found.op, init: tf.globalVariablesInitializer() };
}

function feeds(step: number): Record<string, tf.NDArray> {
  const { images, labels } = batch(step);
  return { "images:0": images, "labels:0": labels };
}

/** The loss at each of the steps. */
export async function train(session: tf.Session, from: number, to: number): Promise<number[]> {
  const [trainOp] = session.graph.getCollection<tf.Operation>("train_op");
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    const [loss] = await session.run(["loss:0", trainOp], feeds(step));
    losses.push(Number((loss as tf.NDArray).item()));
  }
  return losses;
}

export async function scoresOf(session: tf.Session, name = "scores:0"): Promise<unknown> {
  const result = (await session.run(name, { "images:0": batch(100).images })) as tf.NDArray;
  return result.toArray();
}
