/** Gradients of convolutions, pooling and normalization (reference section 20.3). */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("conv2d", async (s) => {
  const x = tf.constant(s.data([1, 5, 5, 2]), { name: "x" });
  const k = tf.constant(s.data([3, 3, 2, 2], -0.5), { name: "k" });
  const a = tf.nn.conv2d(x, k, [1, 1, 1, 1], "SAME");
  const b = tf.nn.conv2d(x, k, [1, 1, 1, 1], "VALID");
  const c = tf.nn.conv2d(x, k, [1, 2, 2, 1], "SAME", { name: "strided" });
  await s.values({ a, b, c });
  await s.values({
    da: tf.gradients(a, [x, k]),
    db: tf.gradients(b, [x, k]),
    dc: tf.gradients(c, [x, k]),
  });
});

scenario("conv2d of an unknown batch", async (s) => {
  const x = tf.placeholder(tf.float32, [null, 4, 4, 1], { name: "x" });
  const k = tf.constant(s.data([2, 2, 1, 3], -0.5), { name: "k" });
  const bias = tf.constant([0.1, 0.2, 0.3], { name: "bias" });
  const a = tf.nn.relu(tf.nn.biasAdd(tf.nn.conv2d(x, k, [1, 2, 2, 1], "SAME"), bias));
  await s.values({ a, da: tf.gradients(a, [x, k, bias]) }, { feeds: [[x, s.data([2, 4, 4, 1])]] });
});

scenario("conv2d with dilation and explicit padding", async (s) => {
  const x = tf.constant(s.data([1, 5, 5, 1]), { name: "x" });
  const k = tf.constant(s.data([2, 2, 1, 1], -0.5), { name: "k" });
  const a = tf.nn.conv2d(x, k, [1, 1, 1, 1], "VALID", { dilations: [1, 2, 2, 1] });
  const b = tf.nn.conv2d(
    x,
    k,
    [1, 1, 1, 1],
    [
      [0, 0],
      [1, 1],
      [0, 1],
      [0, 0],
    ],
  );
  tf.gradients(a, [x, k]);
  await s.values({ a, b, db: tf.gradients(b, [x, k]) });
});

scenario("depthwise convolution", async (s) => {
  const x = tf.constant(s.data([1, 4, 4, 2]), { name: "x" });
  const k = tf.constant(s.data([3, 3, 2, 2], -0.5), { name: "k" });
  const a = tf.nn.depthwiseConv2d(x, k, [1, 1, 1, 1], "SAME");
  const p = tf.constant(s.data([1, 1, 4, 3], -0.5), { name: "p" });
  const b = tf.nn.separableConv2d(x, k, p, [1, 1, 1, 1], "VALID");
  await s.values({ a, b, da: tf.gradients(a, [x, k]), db: tf.gradients(b, [x, k, p]) });
});

scenario("transposed convolution", async (s) => {
  const x = tf.constant(s.data([1, 2, 2, 2]), { name: "x" });
  const k = tf.constant(s.data([3, 3, 1, 2], -0.5), { name: "k" });
  const a = tf.nn.conv2dTranspose(x, k, [1, 4, 4, 1], [1, 2, 2, 1], { padding: "SAME" });
  await s.values({ a, da: tf.gradients(a, [x, k]) });
});

scenario("pooling", async (s) => {
  const x = tf.constant(s.data([1, 4, 4, 2], -1, 0.25, 31), { name: "x" });
  const a = tf.nn.maxPool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME");
  const b = tf.nn.avgPool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME");
  const c = tf.nn.maxPool(x, [1, 3, 3, 1], [1, 1, 1, 1], "VALID");
  const d = tf.nn.avgPool(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME");
  await s.values({ a, b, c, d });
  await s.values({
    da: tf.gradients(a, x),
    db: tf.gradients(b, x),
    dc: tf.gradients(c, x),
    dd: tf.gradients(d, x),
  });
});

scenario("bias_add", async (s) => {
  const x = tf.constant(s.data([2, 3]), { name: "x" });
  const y = tf.constant(s.data([1, 2, 2, 3]), { name: "y" });
  const bias = tf.constant([1, 2, 3], { name: "bias" });
  const a = tf.nn.biasAdd(x, bias);
  const b = tf.nn.biasAdd(y, bias);
  const c = tf.nn.xwPlusB(x, tf.constant(s.data([3, 3]), { name: "w" }), bias);
  await s.values({ a, b, c, da: tf.gradients(a, [x, bias]), db: tf.gradients(b, [y, bias]) });
});

scenario("composite batch normalization", async (s) => {
  const x = tf.constant(s.data([4, 2], 0.5), { name: "x" });
  const [mean, variance] = tf.nn.moments(x, [0]);
  const scale = tf.constant([1.5, 0.5], { name: "scale" });
  const offset = tf.constant([0.1, 0.2], { name: "offset" });
  const a = tf.nn.batchNormalization(x, mean, variance, offset, scale, 0.001);
  const b = tf.nn.batchNormalization(x, mean, variance, null, null, 0.001);
  const w = tf.constant(s.data([4, 2]), { name: "weights" });
  await s.values({ a, b, da: tf.gradients(a.mul(w), [x, scale, offset]) });
});

scenario("fused batch normalization", async (s) => {
  const x = tf.constant(s.data([2, 2, 2, 3], 0.5), { name: "x" });
  const scale = tf.constant([1.5, 0.5, 1], { name: "scale" });
  const offset = tf.constant([0.1, 0.2, 0.3], { name: "offset" });
  const mean = tf.constant([0.1, 0.2, 0.3], { name: "mean" });
  const variance = tf.constant([1, 2, 3], { name: "variance" });
  const [y, batchMean, batchVariance] = tf.nn.fusedBatchNorm(x, scale, offset);
  const [z, sameMean, sameVariance] = tf.nn.fusedBatchNorm(x, scale, offset, {
    mean,
    variance,
    isTraining: false,
  });
  const w = tf.constant(s.data([2, 2, 2, 3]), { name: "weights" });
  await s.values({
    y,
    batch_mean: batchMean,
    batch_variance: batchVariance,
    z,
    same_mean: sameMean,
    same_variance: sameVariance,
  });
  await s.values({
    dy: tf.gradients(y.mul(w), [x, scale, offset]),
    dz: tf.gradients(z.mul(w), [x, scale, offset]),
  });
});

scenario("local response normalization", async (s) => {
  const x = tf.constant(s.data([1, 2, 2, 4], 0.5), { name: "x" });
  const a = tf.nn.lrn(x, { depthRadius: 2, bias: 1, alpha: 0.1, beta: 0.75 });
  await s.values({ a, da: tf.gradients(a, x) });
});

scenario("embeddings", async (s) => {
  const table = new tf.Variable(s.data([5, 2]), { name: "table" });
  const resource = new tf.Variable(s.data([5, 2]), { name: "resource", useResource: true });
  const ids = tf.constant(
    [
      [1, 3],
      [1, 0],
    ],
    { name: "ids", dtype: tf.int32 },
  );
  const a = tf.nn.embeddingLookup(table, ids);
  const b = tf.nn.embeddingLookup(resource, ids);
  await s.values(
    { a, b, da: tf.gradients(a, table), db: tf.gradients(b, resource) },
    { after: [tf.globalVariablesInitializer()] },
  );
});

scenario("one_hot and losses by hand", async (s) => {
  const labels = tf.oneHot([0, 2, 1], 3);
  const other = tf.oneHot([0, 2], 3, { onValue: 5, offValue: -1, axis: 0 });
  const x = tf.constant(s.data([3, 3], 0.5), { name: "x" });
  const p = tf.nn.softmax(x);
  const loss = tf.reduceMean(tf.reduceSum(labels.mul(tf.log(p)), { axis: 1 })).neg();
  const mse = tf.reduceMean(tf.square(p.sub(labels)));
  const right = tf.equal(tf.argmax(p, { axis: 1 }), tf.argmax(labels, { axis: 1 }));
  const accuracy = tf.reduceMean(tf.cast(right, tf.float32));
  await s.values({ labels, other, loss, mse, accuracy });
  await s.values({ dloss: tf.gradients(loss, x), dmse: tf.gradients(mse, x) });
});

scenario("crelu, dropout-free towers and layers by hand", async (s) => {
  const x = tf.constant(s.data([2, 3]), { name: "x" });
  const a = tf.nn.crelu(x);
  const b = tf.nn.reluLayer(
    x,
    tf.constant(s.data([3, 2]), { name: "w" }),
    tf.constant([0.1, 0.2], { name: "b" }),
  );
  await s.values({ a, b, da: tf.gradients(a, x), db: tf.gradients(b, x) });
});

scenario("resizing images", async (s) => {
  const x = tf.constant(s.data([1, 2, 2, 1]), { name: "x" });
  const a = tf.image.resizeNearestNeighbor(x, [4, 4]);
  const b = tf.image.resizeBilinear(x, [3, 3]);
  await s.values({ a, b, da: tf.gradients(a, x), db: tf.gradients(b, x) });
});
