/** Gradients of element-wise ops (reference section 20.3). */

import * as tf from "tensorscope";
import { type Context, scenario } from "../harness.ts";

/** Values and gradients of y = f(x) for each function, one after the other. */
async function unary(
  s: Context,
  functions: readonly ((x: tf.Tensor) => tf.Tensor)[],
  x: number[],
  dtype: tf.DType = tf.float32,
) {
  const t = tf.constant(x, { dtype, name: "x" });
  const ys: tf.Tensor[] = [];
  for (const f of functions) {
    ys.push(f(t));
  }
  const gradients: unknown[] = [];
  for (const y of ys) {
    gradients.push(tf.gradients(y, t));
  }
  await s.values({ ys, gradients });
}

scenario("exponentials and logarithms", async (s) => {
  await unary(
    s,
    [tf.exp, tf.log, tf.log1p, tf.expm1, tf.sqrt, tf.rsqrt, tf.square, tf.reciprocal],
    [0.1, 0.5, 1, 2.5],
  );
});

scenario("trigonometry", async (s) => {
  await unary(
    s,
    [tf.sin, tf.cos, tf.tan, tf.asin, tf.acos, tf.atan, tf.sinh, tf.cosh, tf.asinh, tf.atanh],
    [-0.9, -0.3, 0.2, 0.7],
  );
  const x = tf.constant([1.5, 2], { name: "above_one" });
  const y = tf.acosh(x);
  await s.values({ y, gradients: tf.gradients(y, x) });
});

scenario("activations", async (s) => {
  await unary(
    s,
    [
      tf.tanh,
      tf.sigmoid,
      tf.nn.relu,
      tf.nn.relu6,
      tf.nn.elu,
      tf.nn.selu,
      tf.nn.softplus,
      tf.nn.softsign,
      tf.nn.leakyRelu,
    ],
    [-3, -0.5, 0, 0.25, 2, 7],
  );
});

scenario("log_sigmoid", async (s) => {
  await unary(s, [tf.logSigmoid], [-3, 0, 2]);
});

scenario("absolute values, signs and rounding", async (s) => {
  await unary(
    s,
    [tf.abs, tf.negative, tf.sign, tf.floor, tf.ceil, tf.round, tf.rint, tf.identity],
    [-1.5, -0.5, 0, 0.5, 2.5],
  );
});

scenario("special functions", async (s) => {
  await unary(s, [tf.erf, tf.erfc, tf.lgamma, tf.digamma], [0.3, 0.5, 1, 2.5]);
});

scenario("unary functions in float64", async (s) => {
  await unary(
    s,
    [tf.exp, tf.log, tf.sqrt, tf.square, tf.tanh, tf.sigmoid, tf.sin, tf.abs],
    [0.1, 0.5, 1, 2.5],
    tf.float64,
  );
});

scenario("second derivatives", async (s) => {
  const x = tf.constant([0.1, 0.5, 1], { name: "x" });
  const seconds: unknown[] = [];
  for (const f of [
    tf.exp,
    tf.log,
    tf.sin,
    tf.tanh,
    tf.sigmoid,
    tf.square,
    tf.sqrt,
    tf.reciprocal,
  ]) {
    const [first] = tf.gradients(f(x), x) as [tf.Tensor];
    seconds.push(tf.gradients(first, x));
  }
  await s.values({ seconds });
});

function binary(
  functions: readonly ((x: tf.Tensor, y: tf.Tensor) => tf.Tensor)[],
  x: tf.Tensor,
  y: tf.Tensor,
) {
  const values: unknown[] = [];
  const gradients: unknown[] = [];
  for (const f of functions) {
    const z = f(x, y);
    values.push(z);
    gradients.push(tf.gradients(z, [x, y]));
  }
  return [values, gradients];
}

scenario("binary ops of equal shapes", async (s) => {
  const x = tf.constant(
    [
      [0.5, 1.5],
      [2, 3],
    ],
    { name: "x" },
  );
  const y = tf.constant(
    [
      [1.5, 0.5],
      [2, 4],
    ],
    { name: "y" },
  );
  const functions = [
    tf.add,
    tf.subtract,
    tf.multiply,
    tf.divide,
    tf.realdiv,
    tf.pow,
    tf.maximum,
    tf.minimum,
    tf.squaredDifference,
    tf.atan2,
    tf.floordiv,
    tf.mod,
    tf.div,
    tf.divNoNan,
  ];
  const [values, gradients] = binary(functions, x, y);
  await s.values({ values, gradients });
});

scenario("binary ops that broadcast known shapes", async (s) => {
  const x = tf.constant(
    [
      [0.5, 1.5, 2.5],
      [2, 3, 1],
    ],
    { name: "x" },
  );
  const y = tf.constant([1.5, 0.5, 2], { name: "y" });
  const z = tf.constant(2, { name: "z" });
  const w = tf.constant([[1], [2]], { name: "w" });
  const functions = [
    tf.add,
    tf.subtract,
    tf.multiply,
    tf.divide,
    tf.pow,
    tf.maximum,
    tf.minimum,
    tf.squaredDifference,
  ];
  const [values, gradients] = binary(functions, x, y);
  const [values2, gradients2] = binary(functions, z, x);
  const [values3, gradients3] = binary(functions, w, y);
  await s.values({ values, gradients });
  await s.values({ values: values2, gradients: gradients2 });
  await s.values({ values: values3, gradients: gradients3 });
});

scenario("binary ops that broadcast unknown shapes", async (s) => {
  const x = tf.placeholder(tf.float32, [null, 3], { name: "x" });
  const y = tf.placeholder(tf.float32, [null], { name: "y" });
  const u = tf.placeholder(tf.float32, null, { name: "u" });
  const functions = [
    tf.add,
    tf.subtract,
    tf.multiply,
    tf.divide,
    tf.pow,
    tf.maximum,
    tf.minimum,
    tf.squaredDifference,
  ];
  const [values, gradients] = binary(functions, x, y);
  const [values2, gradients2] = binary(functions, x, u);
  const feeds = [
    [
      x,
      [
        [0.5, 1.5, 2.5],
        [2, 3, 1],
      ],
    ],
    [y, [1.5, 0.5, 2]],
    [u, 2],
  ] as const;
  await s.values({ values, gradients }, { feeds });
  await s.values({ values: values2, gradients: gradients2 }, { feeds });
});

scenario("operators with a Python number have gradients", async (s) => {
  const x = tf.constant([0.5, 1.5], { name: "x" });
  const y = x.rmul(2).add(1);
  const z = y.rsub(1).truediv(x);
  const w = z.neg().pow(2).rtruediv(3);
  await s.values({ w, gradients: tf.gradients(w, [x, y, z]) });
});

scenario("the same operand twice", async (s) => {
  const x = tf.constant([1, 2, 3], { name: "x" });
  const y = x.mul(x).add(x.truediv(x)).sub(x);
  const z = tf.maximum(x, x).add(tf.pow(x, x));
  await s.values({ dy: tf.gradients(y, x), dz: tf.gradients(z, x) });
});

scenario("ties and zeros", async (s) => {
  const x = tf.constant([1, 2, 3], { name: "x" });
  const y = tf.constant([1, 3, 2], { name: "y" });
  const zero = tf.constant([0, 0, 1], { name: "zero" });
  await s.values({
    maximum: tf.gradients(tf.maximum(x, y), [x, y]),
    minimum: tf.gradients(tf.minimum(x, y), [x, y]),
    max: tf.gradients(tf.reduceMax(tf.constant([2, 2, 1], { name: "t" })), [x]),
    pow: tf.gradients(tf.pow(zero, 2), [zero]),
    pow_zero: tf.gradients(tf.pow(zero, x), [zero, x]),
    abs: tf.gradients(tf.abs(zero), [zero]),
    sqrt: tf.gradients(tf.sqrt(zero), [zero]),
    relu: tf.gradients(tf.nn.relu(zero), [zero]),
    div_no_nan: tf.gradients(tf.divNoNan(x, zero), [x, zero]),
  });
});

scenario("casts", async (s) => {
  const x = tf.constant([1.5, 2.5], { name: "x" });
  const y = tf.cast(x, tf.float64);
  const z = tf.cast(x, tf.int32);
  const w = tf.cast(z, tf.float32);
  await s.values({ y, z, dy: tf.gradients(y, x), dw: tf.gradients(w, x) });
  const b = tf.cast(tf.constant([true, false]), tf.float32);
  await s.values({ b, to_float: tf.toFloat(z), to_int32: tf.toInt32(x) });
});

scenario("add_n and accumulate", async (s) => {
  const x = tf.constant([1, 2], { name: "x" });
  const y = tf.constant([3, 4], { name: "y" });
  const z = tf.addN([x, y, x]);
  const one = tf.addN([x]);
  s.print(one === x);
  const named = tf.addN([x], { name: "named" });
  const acc = tf.accumulateN([x, y, x]);
  await s.values({ z, dz: tf.gradients(z, [x, y]), named, acc, dacc: tf.gradients(acc, [x, y]) });
});

scenario("selection: where and select", async (s) => {
  const c = tf.constant([true, false, true], { name: "c" });
  const x = tf.constant([1, 2, 3], { name: "x" });
  const y = tf.constant([10, 20, 30], { name: "y" });
  const a = tf.where(c, x, y);
  const b = tf.where(x.greater(1.5));
  const v = tf.whereV2(c, x, 5);
  const m = tf.constant(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    { name: "m" },
  );
  const d = tf.where(c, m, m.neg());
  await s.values({ a, b, v, d });
  await s.values({ da: tf.gradients(a, [x, y]), dv: tf.gradients(v, [x]), dd: tf.gradients(d, m) });
});

scenario("clipping", async (s) => {
  const x = tf.constant([-2, -0.5, 0.5, 2], { name: "x" });
  const a = tf.clipByValue(x, -1, 1);
  const b = tf.clipByNorm(x, 1);
  const m = tf.constant(
    [
      [3, 4],
      [0.3, 0.4],
    ],
    { name: "m" },
  );
  const c = tf.clipByNorm(m, 1, { axes: [1] });
  const [d, norm] = tf.clipByGlobalNorm([x, m], 1);
  const e = tf.clipByAverageNorm(x, 0.2);
  const g = tf.globalNorm([x, m]);
  await s.values({ a, b, c, d, norm, e, g });
  await s.values({ da: tf.gradients(a, x), db: tf.gradients(b, x), dc: tf.gradients(c, m) });
});

scenario("comparisons and logic", async (s) => {
  const x = tf.constant([1, 2, 3], { name: "x" });
  const y = tf.constant([3, 2, 1], { name: "y" });
  const p = tf.less(x, y);
  const q = tf.greaterEqual(x, y);
  await s.values({
    all: [p, q, tf.lessEqual(x, y), tf.greater(x, y), tf.equal(x, y), tf.notEqual(x, y)],
    logic: [tf.logicalAnd(p, q), tf.logicalOr(p, q), tf.logicalNot(p), tf.logicalXor(p, q)],
    tests: [tf.isNan(x), tf.isInf(x), tf.isFinite(x)],
    any: [tf.reduceAny(p), tf.reduceAll(p)],
  });
  await s.values({ dx: tf.gradients(tf.cast(p, tf.float32), x) });
});
