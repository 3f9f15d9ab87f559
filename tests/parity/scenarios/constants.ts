/** Constants and conversion, operators, printing (reference sections 1.4 and 4). */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("constants of Python values", (s) => {
  tf.constant(1, { dtype: tf.int32 });
  tf.constant(1);
  tf.constant(true);
  tf.constant("text");
  tf.constant([1, 2, 3], { dtype: tf.int32 });
  tf.constant([1.5, 2]);
  tf.constant(
    [
      [1, 2],
      [3, 4],
    ],
    { name: "matrix", dtype: tf.int32 },
  );
  tf.constant([1, 2.5]);
  tf.constant(["a", "bc"]);
  tf.constant([]);
  tf.constant([[], []]);
  tf.constant(3000000000n);
  tf.constant([true, false]);
  tf.constant(1e30);
  tf.constant(-0.1);
  for (const op of tf.getDefaultGraph().getOperations()) {
    s.print(op.outputs[0]!);
  }
});

scenario("constants with a dtype", (s) => {
  tf.constant(1, { dtype: tf.float32 });
  tf.constant(1, { dtype: tf.float64 });
  tf.constant(1, { dtype: tf.int64 });
  tf.constant(1, { dtype: tf.uint8 });
  tf.constant(0.5, { dtype: tf.float16 });
  tf.constant(0.1, { dtype: tf.float64 });
  tf.constant([1, 0], { dtype: tf.int8 });
  tf.constant([], { dtype: tf.int32 });
  s.error("float as int", () => tf.constant(1.5, { dtype: tf.int32 }));
  s.error("text as float", () => tf.constant("a", { dtype: tf.float32 }));
  s.error("number as text", () => tf.constant(1, { dtype: tf.string }));
  s.error("none", () => tf.constant(null as never));
  s.error("ragged", () => tf.constant([[1, 2], [3]], { dtype: tf.int32 }));
});

scenario("constants with a shape", async (s) => {
  const a = tf.constant(7, { shape: [2, 2], dtype: tf.int32 });
  const b = tf.constant([1, 2, 3], { shape: [3], dtype: tf.int32 });
  const c = tf.constant([1, 2, 3, 4], { shape: [2, 2], dtype: tf.int32 });
  const d = tf.constant([1, 2], { shape: [2, 3] });
  const e = tf.constant(0.5, { shape: [] });
  const f = tf.constant(0, { shape: [20, 30] });
  await s.values({ a, b, c, d, e, f: tf.shape(f) });
  s.error("too many", () => tf.constant([1, 2, 3], { shape: [2], dtype: tf.int32 }));
  s.error("verify", () => tf.constant(1, { shape: [2], verifyShape: true, dtype: tf.int32 }));
});

scenario("conversions", async (s) => {
  const a = tf.convertToTensor([1, 2], { dtype: tf.int32 });
  const b = tf.convertToTensor(1.5, { name: "given" });
  const c = tf.convertToTensor([1, 2], { dtype: tf.float32 });
  const d = tf.convertToTensor([a, a]);
  const e = tf.convertToTensor([
    [b, 2],
    [3, b],
  ]);
  const f = tf.convertToTensor(a);
  s.print(f === a);
  s.print([a, b, c, d, e].map((t) => t.name));
  await s.values({ d, e });
  s.error("wrong dtype", () => tf.convertToTensor(a, { dtype: tf.float32 }));
  s.error("an operation", () => tf.convertToTensor(a.op as never));
  s.error("none", () => tf.convertToTensor(null as never));
});

scenario("inputs of ops are converted inside their scope", (s) => {
  const x = tf.placeholder(tf.float32, [2], { name: "x" });
  const i = tf.placeholder(tf.int32, [2], { name: "i" });
  tf.add(x, 1);
  tf.add(1, x);
  tf.multiply(x, [1, 2]);
  tf.maximum(i, 3);
  tf.concat([x, [5]], 0);
  tf.stack([x, [1, 2]]);
  tf.matmul([[1, 2]], [[3], [4]]);
  tf.reshape(x, [1, 2]);
  tf.pow(x, 2);
  tf.placeholderWithDefault([1], [null]);
  tf.less(x, 0.5);
  tf.where(i.greater(0), x, [0, 0]);
  s.error("dtypes", () => tf.add(x, i));
  s.error("operator dtypes", () => x.add(i));
  s.error("int with a float", () => i.add(1.5));
  s.error("text", () => tf.add(x, "a"));
  s.error("bool", () => tf.exp(i));
  s.error("matmul bool", () => tf.matmul([[true]], [[true]]));
});

scenario("operators between tensors", async (s) => {
  const a = tf.constant([1, 2, 5], { name: "a" });
  const b = tf.constant([3, 2, 4], { name: "b" });
  await s.values({
    arithmetic: [
      a.add(b),
      a.sub(b),
      a.mul(b),
      a.truediv(b),
      a.floordiv(b),
      a.mod(b),
      a.pow(b),
      a.neg(),
      a.abs(),
    ],
    comparison: [a.less(b), a.lessEqual(b), a.greater(b), a.greaterEqual(b)],
  });
  const p = a.less(b);
  const q = a.greater(1.5);
  await s.values({ logic: [p.and(q), p.or(q), p.xor(q), p.invert()] });
});

scenario("operators with numbers on either side", async (s) => {
  const a = tf.constant([1, 2, 5], { name: "a" });
  await s.values({
    right: [a.add(2), a.sub(2), a.mul(2), a.truediv(2), a.floordiv(2), a.mod(2), a.pow(2)],
    left: [a.radd(2), a.rsub(2), a.rmul(2), a.rtruediv(2), a.rfloordiv(2), a.rmod(2), a.rpow(2)],
    ints: [a.add(1), a.rsub(3), a.mul([1, 2, 3])],
    compare: [a.less(2), a.lessEqual(2), a.greater(2), a.greaterEqual(2)],
  });
});

scenario("integer division and remainders", async (s) => {
  const a = tf.constant([7, -7, 7, -7], { name: "a", dtype: tf.int32 });
  const b = tf.constant([2, 2, -2, -2], { name: "b", dtype: tf.int32 });
  const c = tf.constant([7, -7], { dtype: tf.int64, name: "c" });
  const f = tf.constant([7.5, -7.5], { name: "f" });
  await s.values({
    ints: [
      a.floordiv(b),
      a.mod(b),
      a.truediv(b),
      tf.div(a, b),
      tf.truncatediv(a, b),
      tf.truncatemod(a, b),
      tf.floormod(a, b),
    ],
    longs: [c.floordiv(2), c.mod(3), c.truediv(2), c.rfloordiv(15)],
    floats: [f.floordiv(2), f.mod(2), f.truediv(2)],
  });
});

scenario("matrix operators", async (s) => {
  const a = tf.constant(
    [
      [1, 2],
      [3, 4],
    ],
    { name: "a" },
  );
  const b = tf.constant([[1], [1]], { name: "b" });
  const c = tf.matmul(a, b);
  await s.values({ c });
});

scenario("slicing", async (s) => {
  const a = tf.constant(s.data([4, 3, 2]), { name: "a" });
  await s.values({
    first: a.slice(0),
    negative: a.slice(-1),
    range: a.slice([1, 3]),
    from: a.slice([2, null]),
    to: a.slice([null, 2]),
    step: a.slice([null, null, 2]),
    two: a.slice(1, 2),
    mixed: a.slice([1, 3], 0),
    ellipsis: a.slice("...", 0),
    newaxis: a.slice(null, tf.newaxis, 0),
    backwards: a.slice([null, null, -1]),
    middle: a.slice(0, "...", 1),
  });
  await s.values({ d: tf.gradients(a.slice([1, 3], 0), a) });
});

scenario("slicing by tensors", async (s) => {
  const a = tf.constant(s.data([4, 3]), { name: "a" });
  const i = tf.placeholderWithDefault(s.ints(2), [], { name: "i" });
  await s.values({ at: a.slice(i), until: a.slice([null, i]), both: a.slice([1, i], 0) });
  const x = tf.placeholder(tf.float32, [null, 3], { name: "x" });
  s.print(x.slice([null, 2]));
  s.print(x.slice(0));
  s.print(x.slice(null, 1));
});

scenario("how tensors print", (s) => {
  s.print(tf.placeholder(tf.float32));
  s.print(tf.placeholder(tf.float32, []));
  s.print(tf.placeholder(tf.int32, [3]));
  s.print(tf.placeholder(tf.float64, [null, 3], { name: "x" }));
  s.print(tf.placeholder(tf.bool, [null]));
  s.print(tf.constant("a"));
  tf.device("/device:CPU:0", () => {
    s.print(tf.constant(1, { name: "placed" }));
  });
  const v = new tf.Variable([[1]], { name: "v" });
  s.print(v);
  s.print(v.value());
  s.print(v.op.outputs[0]!);
  s.print(new tf.Variable(1, { name: "r", useResource: true, dtype: tf.int32 }));
  s.print(tf.float32);
  s.print(tf.float32.name);
  s.print(tf.placeholder(tf.float32, [null, 2]).shape);
  s.print(tf.placeholder(tf.float32).shape);
  s.print(tf.constant(1).shape);
});

scenario("dtypes", (s) => {
  for (const d of [
    tf.float16,
    tf.float32,
    tf.float64,
    tf.int8,
    tf.int16,
    tf.int32,
    tf.int64,
    tf.uint8,
    tf.bool,
    tf.string,
  ]) {
    s.print([d.name, d.isFloating, d.isInteger, d.isComplex, d.size]);
  }
  s.print(tf.asDType("float32") === tf.float32);
  s.print(tf.float32.base.name);
  s.error("unknown", () => tf.asDType("float31"));
});

scenario("static shapes", (s) => {
  const x = tf.placeholder(tf.float32, [null, 3], { name: "x" });
  s.print(x.shape.asList());
  s.print(x.shape.rank);
  x.setShape([2, null]);
  s.print(x.shape);
  s.error("incompatible", () => x.setShape([3, 3]));
  const u = tf.placeholder(tf.float32, null, { name: "u" });
  s.print(u.shape.rank);
  s.error("rank of unknown", () => u.shape.asList());
  u.setShape([null, 4]);
  s.print(u);
  s.print(x.shape.isFullyDefined);
  s.print(x.shape.isCompatibleWith([null, 3]));
  s.print(x.shape.size);
});

scenario("placeholders", async (s) => {
  const x = tf.placeholder(tf.float32, [null, 2]);
  const y = tf.placeholder(tf.int32, [], { name: "y" });
  const z = tf.placeholderWithDefault([1, 2], [null], { name: "z" });
  const w = tf.placeholderWithDefault(tf.constant(3), []);
  await s.values(
    { x, y, z, w },
    {
      feeds: [
        [x, [[1, 2]]],
        [y, 4],
      ],
    },
  );
  await s.values(
    { z, w },
    {
      feeds: [
        [z, [5]],
        [w, 9],
      ],
    },
  );
});
