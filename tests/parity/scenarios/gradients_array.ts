/** Gradients of array ops, and the options of tf.gradients (reference sections 20.1, 20.2 and 20.4). */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("reshape, expand_dims, squeeze and flatten", async (s) => {
  const x = tf.constant(s.data([2, 3]), { name: "x" });
  const a = tf.reshape(x, [3, 2]);
  const b = tf.reshape(x, [-1]);
  const c = tf.expandDims(x, 1);
  const d = tf.squeeze(c);
  const e = tf.expandDims(x, -1);
  const f = tf.squeeze(e, { axis: [2] });
  s.print([a, b, c, d, e, f].map((t) => String(t.shape)));
  await s.values({ all: [a, b, c, d, e, f], dx: tf.gradients([a, b, d, f], x) });
});

scenario("reshape of unknown shapes", async (s) => {
  const x = tf.placeholder(tf.float32, [null, 2, 3], { name: "x" });
  const a = tf.reshape(x, [-1, 6]);
  const b = tf.reshape(x, tf.shape(x).slice([0, 1]).mul(6));
  const n = tf.shape(x).slice(0);
  const c = tf.reshape(x, [n, 3, 2]);
  s.print([a, b, c].map((t) => String(t.shape)));
  await s.values(
    { a, b, c, dx: tf.gradients([a.mul(a), c], x) },
    { feeds: [[x, s.data([2, 2, 3])]] },
  );
});

scenario("transpose", async (s) => {
  const x = tf.constant(s.data([2, 3, 2]), { name: "x" });
  const a = tf.transpose(x);
  const b = tf.transpose(x, { perm: [1, 0, 2] });
  const w = tf.constant(s.data([3, 2, 2]), { name: "w" });
  const u = tf.placeholder(tf.float32, null, { name: "u" });
  const c = tf.transpose(u);
  await s.values({ a, b, c, dx: tf.gradients(b.mul(w), x) }, { feeds: [[u, [[1, 2]]]] });
});

scenario("concat, split, stack and unstack", async (s) => {
  const x = tf.constant(s.data([2, 2]), { name: "x" });
  const y = tf.constant(s.data([2, 3], 1), { name: "y" });
  const a = tf.concat([x, y], 1);
  const [b1, b2] = tf.split(tf.constant(s.data([2, 4]), { name: "z" }), 2, { axis: 1 }) as [
    tf.Tensor,
    tf.Tensor,
  ];
  const [c1, c2] = tf.split(y, [1, 2], { axis: 1 }) as [tf.Tensor, tf.Tensor];
  const d = tf.stack([x, x.mul(2)]);
  const e = tf.stack([x, x], { axis: 1 });
  const [f1, f2] = tf.unstack(x) as [tf.Tensor, tf.Tensor];
  const g = tf.concat([x], 0);
  await s.values({ all: [a, b1, b2, c1, c2, d, e, f1, f2, g] });
  await s.values({
    da: tf.gradients(a.mul(a), [x, y]),
    dc: tf.gradients(c1, y),
    dd: tf.gradients([d, e, f1], x),
  });
});

scenario("concat of unknown shapes", async (s) => {
  const x = tf.placeholder(tf.float32, [null, 2], { name: "x" });
  const y = tf.placeholder(tf.float32, [null, 2], { name: "y" });
  const a = tf.concat([x, y], 0);
  const b = tf.concat([x, y], 1);
  await s.values(
    { a, b, d: tf.gradients([a.mul(a), b], [x, y]) },
    {
      feeds: [
        [x, s.data([2, 2])],
        [y, s.data([2, 2], 3)],
      ],
    },
  );
});

scenario("slice and pad", async (s) => {
  const x = tf.constant(s.data([3, 4]), { name: "x" });
  const a = tf.slice(x, [1, 0], [2, 3]);
  const b = tf.slice(x, [0, 1], [-1, 2]);
  const c = tf.pad(x, [
    [1, 0],
    [0, 2],
  ]);
  const d = tf.pad(
    x,
    [
      [1, 1],
      [2, 2],
    ],
    { mode: "REFLECT" },
  );
  const e = tf.pad(
    x,
    [
      [1, 0],
      [0, 2],
    ],
    { constantValues: 9 },
  );
  await s.values({
    all: [a, b, c, d, e],
    da: tf.gradients(a, x),
    dc: tf.gradients(c.mul(c), x),
    dd: tf.gradients(d, x),
  });
});

scenario("tile, gather and gather_nd", async (s) => {
  const x = tf.constant(s.data([3, 2]), { name: "x" });
  const a = tf.tile(x, [2, 1]);
  const b = tf.gather(x, [2, 0, 2]);
  const c = tf.gatherNd(x, [
    [0, 1],
    [2, 0],
  ]);
  const d = tf.gather(x, [1, 0], { axis: 1 });
  await s.values({ a, b, c, d });
  await s.values({
    da: tf.gradients(a, x),
    db: tf.gradients(b, x),
    dc: tf.gradients(c, x),
    dd: tf.gradients(d, x),
  });
});

scenario("indices of gradients as a dense tensor", async (s) => {
  const x = tf.constant(s.data([3, 2]), { name: "x" });
  const b = tf.gather(x, [2, 0, 2]);
  const [slices] = tf.gradients(tf.reduceSum(b.mul(b)), x) as [tf.Tensor];
  const dense = tf.convertToTensor(slices);
  const both = tf.gradients(tf.reduceSum(b.mul(b)).add(tf.reduceSum(x)), x);
  const twice = tf.gradients(tf.reduceSum(b).add(tf.reduceSum(tf.gather(x, [1]))), x);
  await s.values({ dense, both, twice });
});

scenario("reverse, range, linspace, one_hot and meshes", async (s) => {
  const x = tf.constant(s.data([2, 3]), { name: "x" });
  const a = tf.reverse(x, [1]);
  await s.values({
    a,
    da: tf.gradients(a.mul(a), x),
    range: [
      tf.range(5, { dtype: tf.int32 }),
      tf.range(2, 9, 3, { dtype: tf.int32 }),
      tf.range(0, 1, 0.25, { dtype: tf.float32 }),
    ],
    linspace: tf.linspace(0, 1, 5),
    mask: tf.booleanMask(x, [true, false]),
  });
});

scenario("sequence_mask", async (s) => {
  await s.values({
    sequence: tf.sequenceMask(tf.constant([1, 3, 2], { dtype: tf.int32 }), { maxlen: 4 }),
  });
});

scenario("shapes as tensors", async (s) => {
  const x = tf.placeholder(tf.float32, [null, 3], { name: "x" });
  const k = tf.constant(s.data([2, 3]), { name: "k" });
  const known = [
    tf.shape(k),
    tf.size(k),
    tf.rank(k),
    tf.shape(k, { outType: tf.int64 }),
    tf.zerosLike(k),
    tf.onesLike(k),
  ];
  const dynamic = [
    tf.shape(x),
    tf.size(x),
    tf.rank(x),
    tf.zerosLike(x),
    tf.onesLike(x),
    tf.fill(tf.shape(x), 7),
  ];
  const zeros = tf.zeros(tf.shape(x));
  const b = tf.broadcastTo(tf.constant([1, 2, 3]), [2, 3]);
  await s.values({ known, dynamic, zeros, b }, { feeds: [[x, s.data([2, 3])]] });
});

scenario("space, depth and batch", async (s) => {
  const x = tf.constant(s.data([1, 4, 4, 1]), { name: "x" });
  const a = tf.spaceToDepth(x, 2);
  const b = tf.depthToSpace(a, 2);
  await s.values({ a, b, da: tf.gradients(a.mul(a), x) });
});

scenario("sum of a square, the reference's example", async (s) => {
  const x = tf.placeholder(tf.float32, [3], { name: "x" });
  const y = tf.reduceSum(tf.square(x));
  await s.values({ dx: tf.gradients(y, x) }, { feeds: [[x, [1, 2, 3]]] });
});

scenario("several ys and xs", async (s) => {
  const x = tf.constant([1, 2], { name: "x" });
  const y = tf.constant([3, 4], { name: "y" });
  const a = x.mul(y);
  const b = tf.exp(a);
  const c = tf.square(x);
  await s.values({ g: tf.gradients([a, b, c], [x, y, a]) });
  await s.values({
    self: tf.gradients(x, x),
    down: tf.gradients(b, [a, x]),
    name: tf.gradients(b, x, { name: "mine" }),
  });
});

scenario("grad_ys", async (s) => {
  const x = tf.constant([1, 2], { name: "x" });
  const y = tf.square(x);
  const z = tf.exp(x);
  const w = tf.constant([0.5, 2], { name: "w" });
  await s.values({
    one: tf.gradients(y, x, { gradYs: w }),
    list: tf.gradients([y, z], x, { gradYs: [w, null] }),
    value: tf.gradients(y, x, { gradYs: [[1, 10]] }),
  });
  s.error("lengths", () => tf.gradients([y, z], x, { gradYs: [w] }));
  s.error("dtype", () =>
    tf.gradients(y, x, { gradYs: [tf.constant([1, 2], { dtype: tf.int32 })] }),
  );
});

scenario("stop_gradients and stop_gradient", async (s) => {
  const x = tf.constant(2, { name: "x" });
  const y = x.mul(3);
  const z = x.mul(y);
  await s.values({
    all: tf.gradients(z, [x, y]),
    stopped: tf.gradients(z, [x, y], { stopGradients: [y] }),
    both: tf.gradients(z, [x, y], { stopGradients: [x, y] }),
    op: tf.gradients(tf.stopGradient(y).mul(x), x),
    nothing: tf.gradients(tf.stopGradient(y), x),
  });
});

scenario("unconnected gradients", async (s) => {
  const x = tf.constant([1, 2], { name: "x" });
  const y = tf.constant([3, 4], { name: "y" });
  const i = tf.constant([3, 4], { name: "i", dtype: tf.int32 });
  const v = new tf.Variable([1, 2], { name: "v" });
  const r = new tf.Variable([1, 2], { name: "r", useResource: true });
  const z = tf.square(x);
  await s.values({ none: tf.gradients(z, [x, y, i, v, r]) });
  const zero = tf.UnconnectedGradients.ZERO;
  await s.values({ zero: tf.gradients(z, [x, y, v, r], { unconnectedGradients: zero }) });
  s.error("unknown", () => tf.gradients(z, x, { unconnectedGradients: "no" as never }));
});

scenario("aggregation methods", async (s) => {
  const x = tf.constant([1, 2], { name: "x" });
  const y = x.mul(x).add(tf.exp(x)).add(tf.sin(x));
  const m = tf.AggregationMethod;
  await s.values({
    default: tf.gradients(y, x),
    add_n: tf.gradients(y, x, { aggregationMethod: m.ADD_N }),
    tree: tf.gradients(y, x, { aggregationMethod: m.EXPERIMENTAL_TREE }),
    accumulate: tf.gradients(y, x, { aggregationMethod: m.EXPERIMENTAL_ACCUMULATE_N }),
  });
  s.error("invalid", () => tf.gradients(y, x, { aggregationMethod: 9 as never }));
});

scenario("gate_gradients", async (s) => {
  const x = tf.constant([[1, 2]], { name: "x" });
  const w = tf.constant([[1], [2]], { name: "w" });
  const b = tf.constant([1], { name: "b" });
  const y = tf.tanh(tf.matmul(x, w).add(b));
  await s.values({ g: tf.gradients(y, [x, w, b], { gateGradients: true }) });
});

scenario("gradients colocated with ops", async (s) => {
  const [x, y] = tf.device("/device:CPU:1", () => {
    const x = tf.constant([1, 2], { name: "x" });
    const y = tf.square(x);
    return [x, y] as const;
  });
  const z = tf.device("/device:CPU:2", () => tf.exp(x).add(y));
  await s.values({
    g: tf.gradients(z, x, { colocateGradientsWithOps: true }),
    plain: tf.gradients(z, x),
  });
});

scenario("gradients inside scopes and of scoped ops", async (s) => {
  const [x, y] = tf.nameScope("a", () => {
    const x = tf.constant([1, 2], { name: "x" });
    const y = tf.nameScope("b", () => tf.square(x));
    return [x, y] as const;
  });
  const [g, h] = tf.nameScope("train", () => {
    const g = tf.gradients(y, x);
    const n = tf.noOp({ name: "n" });
    const h = tf.controlDependencies([n], () => tf.gradients(y, x));
    return [g, h] as const;
  });
  await s.values({ g, h });
});

scenario("gradients of variables", async (s) => {
  const v = new tf.Variable([1, 2], { name: "v" });
  const r = new tf.Variable([3, 4], { name: "r", useResource: true });
  const y = tf.reduceSum(v.mul(r).add(tf.square(v)).add(tf.exp(r)));
  await s.values(
    { g: tf.gradients(y, [v, r]), read: tf.gradients(y, [v.value()]) },
    { after: [tf.globalVariablesInitializer()] },
  );
});

scenario("gradient errors", async (s) => {
  const x = tf.constant([1, 2], { name: "x" });
  const i = tf.constant([1, 2], { name: "i", dtype: tf.int32 });
  const y = tf
    .getDefaultGraph()
    .gradientOverrideMap({ Square: "NotRegistered" }, () => tf.square(x));
  s.error("override", () => tf.gradients(y, x));
  await s.values({
    integers: tf.gradients(i.mul(i), i),
    round: tf.gradients(tf.cast(tf.cast(x, tf.int32), tf.float32), x),
  });
});

scenario("a registered gradient overrides", async (s) => {
  tf.RegisterGradient("ParityClipped")((_op, grad) => tf.clipByValue(grad!.mul(100), -1, 1));
  const x = tf.constant([1, 2], { name: "x" });
  const y = tf
    .getDefaultGraph()
    .gradientOverrideMap({ Identity: "ParityClipped" }, () => tf.identity(x));
  await s.values({ g: tf.gradients(y.mul(y), x) });
});

scenario("hessians", async (s) => {
  const x = tf.constant([1, 2], { name: "x" });
  const y = tf.reduceSum(x.mul(x).mul(x));
  const [first] = tf.gradients(y, x) as [tf.Tensor];
  const [second] = tf.gradients(first, x) as [tf.Tensor];
  await s.values({ first, second });
});
