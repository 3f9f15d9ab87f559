/** Gradients of reductions, products of matrices, scans and segments (reference section 20.3). */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("reductions over everything", async (s) => {
  const x = tf.constant(s.data([2, 3], 0.5), { name: "x" });
  const ys: tf.Tensor[] = [];
  for (const f of [
    tf.reduceSum,
    tf.reduceMean,
    tf.reduceMax,
    tf.reduceMin,
    tf.reduceProd,
    tf.reduceLogsumexp,
  ]) {
    ys.push(f(x));
  }
  const gradients: unknown[] = [];
  for (const y of ys) {
    gradients.push(tf.gradients(y, x));
  }
  await s.values({ ys, gradients });
});

scenario("reductions over an axis", async (s) => {
  const x = tf.constant(s.data([2, 3, 2], 0.5), { name: "x" });
  const ys: tf.Tensor[] = [];
  for (const f of [
    tf.reduceSum,
    tf.reduceMean,
    tf.reduceMax,
    tf.reduceMin,
    tf.reduceProd,
    tf.reduceLogsumexp,
  ]) {
    ys.push(f(x, { axis: 1 }));
    ys.push(f(x, { axis: [0, 2] }));
    ys.push(f(x, { axis: -1, keepDims: true }));
  }
  const gradients: unknown[] = [];
  for (const y of ys) {
    gradients.push(tf.gradients(y, x));
  }
  await s.values({ ys, gradients });
});

scenario("reductions of unknown shapes", async (s) => {
  const x = tf.placeholder(tf.float32, [null, 3], { name: "x" });
  const u = tf.placeholder(tf.float32, null, { name: "u" });
  const ys = [
    tf.reduceSum(x),
    tf.reduceMean(x),
    tf.reduceSum(x, { axis: 0 }),
    tf.reduceMean(x, { axis: 1 }),
    tf.reduceMax(x, { axis: 0 }),
  ];
  const us = [tf.reduceSum(u), tf.reduceMean(u), tf.reduceSum(u, { axis: -1 })];
  const gradients: unknown[] = [];
  for (const y of ys) {
    gradients.push(tf.gradients(y, x));
  }
  for (const y of us) {
    gradients.push(tf.gradients(y, u));
  }
  await s.values(
    { ys, us, gradients },
    {
      feeds: [
        [x, s.data([2, 3])],
        [u, s.data([2, 2])],
      ],
    },
  );
});

scenario("reductions by a computed axis and of other dtypes", async (s) => {
  const x = tf.constant(s.data([2, 3]), { name: "x" });
  const axis = tf.placeholderWithDefault(s.ints(1), [], { name: "axis" });
  const y = tf.reduceSum(x, { axis });
  const z = tf.reduceMean(tf.constant([1, 2, 4], { name: "ints", dtype: tf.int32 }));
  const w = tf.reduceSum(tf.constant([1, 2, 4], { dtype: tf.int64, name: "longs" }));
  const v = tf.reduceMean(tf.constant([1, 2], { dtype: tf.float64, name: "doubles" }));
  await s.values({ y, dy: tf.gradients(y, x), z, w, v });
  await s.values({
    argmax: tf.argmax(x, { axis: 1 }),
    argmin: tf.argmin(x, { axis: 0 }),
    count: tf.countNonzero(x),
  });
});

scenario("norm", async (s) => {
  const x = tf.constant(s.data([2, 3]), { name: "x" });
  const a = tf.norm(x);
  const b = tf.norm(x, { axis: 1 });
  await s.values({ a, b, da: tf.gradients(a, x) });
});

scenario("matmul with all transposes", async (s) => {
  const a = tf.constant(s.data([2, 3]), { name: "a" });
  const b = tf.constant(s.data([3, 2], 0.5), { name: "b" });
  const at = tf.constant(s.data([3, 2]), { name: "at" });
  const bt = tf.constant(s.data([2, 3], 0.5), { name: "bt" });
  const c1 = tf.matmul(a, b);
  const c2 = tf.matmul(at, b, { transposeA: true });
  const c3 = tf.matmul(a, bt, { transposeB: true });
  const c4 = tf.matmul(at, bt, { transposeA: true, transposeB: true });
  await s.values({
    c: [c1, c2, c3, c4],
    d1: tf.gradients(c1, [a, b]),
    d2: tf.gradients(c2, [at, b]),
    d3: tf.gradients(c3, [a, bt]),
    d4: tf.gradients(c4, [at, bt]),
  });
});

scenario("batched matmul", async (s) => {
  const a = tf.constant(s.data([2, 2, 3]), { name: "a" });
  const b = tf.constant(s.data([2, 3, 2], 0.5), { name: "b" });
  const one = tf.constant(s.data([1, 3, 2], 0.5), { name: "one" });
  const x = tf.placeholder(tf.float32, [null, 2, 3], { name: "x" });
  const c1 = tf.matmul(a, b);
  const c2 = tf.matmul(a, a, { transposeB: true });
  const c3 = tf.matmul(a, one);
  const c4 = tf.matmul(x, one);
  await s.values({
    c: [c1, c2, c3],
    d1: tf.gradients(c1, [a, b]),
    d2: tf.gradients(c2, a),
    d3: tf.gradients(c3, [a, one]),
  });
  await s.values({ c4, d4: tf.gradients(c4, [x, one]) }, { feeds: [[x, s.data([2, 2, 3])]] });
});

scenario("tensordot, einsum and matrix functions", async (s) => {
  const a = tf.constant(s.data([2, 3]), { name: "a" });
  const b = tf.constant(s.data([3, 2], 0.5), { name: "b" });
  const t = tf.tensordot(a, b, 1);
  const d = tf.matrixDiagPart(tf.constant(s.data([3, 3]), { name: "m" }));
  const e = tf.eye(3);
  const g = tf.matrixDiag(tf.constant([1, 2], { name: "v" }));
  const h = tf.matrixTranspose(a);
  const tr = tf.trace(tf.constant(s.data([3, 3]), { name: "n" }));
  await s.values({ t, dt: tf.gradients(t, [a, b]), d, e, g, h, tr });
});

scenario("wrong shapes of matmul", (s) => {
  const a = tf.constant(s.data([2, 3]), { name: "a" });
  s.error("inner", () => tf.matmul(a, a));
  s.error("rank", () => tf.matmul(a, tf.constant([1, 2], { name: "v" })));
  s.error("add", () => tf.add(a, tf.constant([1, 2], { name: "w" })));
  s.error("operator", () => a.add(tf.constant([1, 2], { name: "u" })));
});

scenario("cumsum and cumprod", async (s) => {
  const x = tf.constant(s.data([2, 3], 0.5), { name: "x" });
  const a = tf.cumsum(x, { axis: 1 });
  const b = tf.cumsum(x, { axis: 0, exclusive: true });
  const c = tf.cumsum(x, { axis: 1, reverse: true });
  const d = tf.cumprod(x, { axis: 1 });
  await s.values({ a, b, c, d });
  await s.values({
    da: tf.gradients(a, x),
    db: tf.gradients(b, x),
    dc: tf.gradients(c, x),
    dd: tf.gradients(d, x),
  });
});

scenario("top_k", async (s) => {
  const x = tf.constant(
    [
      [0.1, 0.9, 0.3],
      [0.5, 0.2, 0.8],
    ],
    { name: "x" },
  );
  const { values, indices } = tf.nn.topK(x, { k: 2 });
  await s.values({ values, indices, dx: tf.gradients(values, x) });
});

scenario("in_top_k", async (s) => {
  const x = tf.constant(
    [
      [0.1, 0.9, 0.3],
      [0.5, 0.2, 0.8],
    ],
    { name: "x" },
  );
  await s.values({ hits: tf.nn.inTopK(x, [1, 0], 1) });
});

scenario("segments", async (s) => {
  const x = tf.constant(s.data([4, 2]), { name: "x" });
  const ids = tf.constant([0, 0, 1, 2], { name: "ids", dtype: tf.int32 });
  const a = tf.segmentSum(x, ids);
  const b = tf.unsortedSegmentSum(x, [2, 0, 2, 1], 3);
  const c = tf.segmentMean(x, ids);
  const d = tf.unsortedSegmentMax(x, [2, 0, 2, 1], 3);
  await s.values({ a, b, c, d });
  await s.values({ da: tf.gradients(a, x), db: tf.gradients(b, x), dc: tf.gradients(c, x) });
});

scenario("dynamic_stitch and dynamic_partition", async (s) => {
  const x = tf.constant(s.data([2, 2]), { name: "x" });
  const y = tf.constant(s.data([2, 2], 5), { name: "y" });
  const a = tf.dynamicStitch(
    [
      [0, 2],
      [1, 3],
    ],
    [x, y],
  );
  const [b, c] = tf.dynamicPartition(x, [1, 0], 2) as [tf.Tensor, tf.Tensor];
  await s.values({ a, b, c });
  await s.values({ da: tf.gradients(a, [x, y]), db: tf.gradients([b, c], x) });
});

scenario("softmax functions", async (s) => {
  const x = tf.constant(s.data([2, 3], 0.5), { name: "x" });
  const a = tf.nn.softmax(x);
  const b = tf.nn.logSoftmax(x);
  const c = tf.nn.softmax(x, { axis: 0 });
  const w = tf.constant(s.data([2, 3]), { name: "w" });
  await s.values({ a, b, c });
  await s.values({
    da: tf.gradients(a.mul(w), x),
    db: tf.gradients(b.mul(w), x),
    dc: tf.gradients(c.mul(w), x),
  });
});

scenario("softmax of unknown shapes", async (s) => {
  const x = tf.placeholder(tf.float32, [null, 3], { name: "x" });
  const a = tf.nn.softmax(x);
  const b = tf.nn.logSoftmax(x);
  await s.values(
    { a, b, da: tf.gradients(a.mul(a), x), db: tf.gradients(b, x) },
    { feeds: [[x, s.data([2, 3])]] },
  );
});

scenario("cross entropies", async (s) => {
  const logits = tf.constant(s.data([2, 3], 0.5), { name: "logits" });
  const labels = tf.constant(
    [
      [0, 1, 0],
      [0.2, 0.3, 0.5],
    ],
    { name: "labels" },
  );
  const a = tf.nn.softmaxCrossEntropyWithLogitsV2({ labels, logits });
  const b = tf.nn.sparseSoftmaxCrossEntropyWithLogits({ labels: [1, 2], logits });
  const c = tf.nn.sigmoidCrossEntropyWithLogits({ labels, logits });
  const d = tf.nn.weightedCrossEntropyWithLogits({ targets: labels, logits, posWeight: 2 });
  await s.values({ a, b, c, d });
  await s.values({ da: tf.gradients(a, [logits, labels]), db: tf.gradients(b, logits) });
  await s.values({ dc: tf.gradients(c, logits), dd: tf.gradients(d, logits) });
});

scenario("the old softmax cross entropy stops the labels", async (s) => {
  const logits = tf.constant(s.data([2, 3], 0.5), { name: "logits" });
  const labels = tf.constant(
    [
      [0, 1, 0],
      [0.2, 0.3, 0.5],
    ],
    { name: "labels" },
  );
  const a = tf.nn.softmaxCrossEntropyWithLogits({ labels, logits });
  await s.values({ a, da: tf.gradients(a, [logits, labels]) });
});

scenario("cross entropies of unknown batches", async (s) => {
  const logits = tf.placeholder(tf.float32, [null, 3], { name: "logits" });
  const onehot = tf.placeholder(tf.float32, [null, 3], { name: "onehot" });
  const ids = tf.placeholder(tf.int64, [null], { name: "ids" });
  const a = tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogitsV2({ labels: onehot, logits }));
  const b = tf.reduceMean(tf.nn.sparseSoftmaxCrossEntropyWithLogits({ labels: ids, logits }));
  const c = tf.reduceMean(tf.nn.sigmoidCrossEntropyWithLogits({ labels: onehot, logits }));
  const feeds = [
    [logits, s.data([2, 3])],
    [
      onehot,
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
    ],
    [ids, [1, 0]],
  ] as const;
  await s.values({ a, b, c }, { feeds });
  await s.values(
    { da: tf.gradients(a, logits), db: tf.gradients(b, logits), dc: tf.gradients(c, logits) },
    { feeds },
  );
});

scenario("norms and moments", async (s) => {
  const x = tf.constant(s.data([3, 2], 0.5), { name: "x" });
  const a = tf.nn.l2Loss(x);
  const b = tf.nn.l2Normalize(x, { axis: 1 });
  const [mean, variance] = tf.nn.moments(x, [0]);
  const [mean2, variance2] = tf.nn.moments(x, [0, 1], { keepDims: true });
  await s.values({ a, b, moments: [mean, variance, mean2, variance2] });
  await s.values({
    da: tf.gradients(a, x),
    db: tf.gradients(b, x),
    dv: tf.gradients([mean, variance], x),
  });
});
