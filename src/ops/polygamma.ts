/** Derivatives of the digamma function, and the Hurwitz zeta function they are made of. */

import { float32, float64 } from "../core/dtypes.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import { broadcastShapes } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { digamma, lgamma } from "../engines/special.ts";
import { reshape, shape } from "./array.ts";
import { broadcastGradientArgs } from "./broadcast-gradient-args.ts";
import type { TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { createOp } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { after, broadcastShape, createBinary } from "./elementwise.ts";
import { reduceSum } from "./reduce.ts";
import "./operators.ts";

/**
 * Σ (q + k)^-x over k >= 0 for x > 1: some terms, then the rest by Euler and Maclaurin's formula.
 */
export function hurwitzZeta(x: number, q: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  if (x < 1) return Number.NaN;
  if (q <= 0) {
    // At the poles the sides agree in sign for even x only.
    if (Number.isInteger(q)) return x % 2 === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    if (!Number.isInteger(x)) return Number.NaN;
  }
  const terms = 12;
  let sum = 0;
  let at = q;
  for (let i = 0; i < terms || at < 10; i++, at += 1) sum += at ** -x;
  sum += at ** (1 - x) / (x - 1) + 0.5 * at ** -x;
  // Bernoulli numbers B2j / (2j)!
  const ratios = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000];
  let factor = x;
  let power = at ** (-x - 1);
  ratios.forEach((ratio, j) => {
    sum += ratio * factor * power;
    factor *= (x + 2 * j + 1) * (x + 2 * j + 2);
    power /= at * at;
  });
  return sum;
}

/** The n-th derivative of digamma: (-1)^(n+1) n! zeta(n + 1, x). */
export function polygammaOf(n: number, x: number): number {
  if (n === 0) return digamma(x);
  if (n < 0 || !Number.isInteger(n)) return Number.NaN;
  const factorial = Math.exp(lgamma(n + 1));
  return (n % 2 === 0 ? -1 : 1) * factorial * hurwitzZeta(n + 1, x);
}

function onHost(k: Builder, x: Value, y: Value, body: (x: number, y: number) => number): Value {
  const dims = broadcastShapes([x.shape, y.shape]);
  const [first, second] = [k.broadcastTo(x, dims), k.broadcastTo(y, dims)];
  const [made] = k.host(
    "special",
    [first, second],
    [{ dtype: x.dtype, shape: dims }],
    ([lhs, rhs], [out]) => {
      const target = (out as NDArray).data as Float64Array;
      for (let i = 0; i < target.length; i++) {
        target[i] = body((lhs as NDArray).at(i) as number, (rhs as NDArray).at(i) as number);
      }
    },
  );
  return made as Value;
}

const Polygamma = defineOp({
  type: "Polygamma",
  inputs: ["a: T", "x: T"],
  outputs: ["z: T"],
  attrs: { T: a.type([float32, float64]) },
  traits: { elementwise: true },
  shape: ({ inputs: [n, x] }) => [broadcastShape(n.shape, x.shape)],
  gradient: ({ inputs: [n, x], dy: [dz] }) => {
    const sn = shape(n);
    const sx = shape(x);
    const [, rx] = broadcastGradientArgs(sn, sx);
    return after(dz, () => {
      const partial = polygamma(n.add(1), x);
      return [null, reshape(reduceSum(partial.mul(dz), { axis: rx }), sx)];
    });
  },
  lower: ({ inputs: [n, x], k }) => [onHost(k, n, x, polygammaOf)],
});

/** The n-th derivative of digamma at x, element-wise. TensorFlow: `tf.polygamma`. */
export function polygamma(n: TensorLike, x: TensorLike, { name }: Named = {}): Tensor {
  return createBinary(Polygamma, n, x, name);
}

const Zeta = defineOp({
  type: "Zeta",
  inputs: ["x: T", "q: T"],
  outputs: ["z: T"],
  attrs: { T: a.type([float32, float64]) },
  traits: { elementwise: true },
  shape: ({ inputs: [x, q] }) => [broadcastShape(x.shape, q.shape)],
  gradient: ({ inputs: [x, q], dy: [dz] }) => {
    const sx = shape(x);
    const sq = shape(q);
    const [, rq] = broadcastGradientArgs(sx, sq);
    return after(dz, () => {
      const minusX = x.neg();
      const partial = minusX.mul(zeta(x.add(1), q)); // d zeta(x, q) / dq = -x zeta(x + 1, q)
      return [null, reshape(reduceSum(partial.mul(dz), { axis: rq }), sq)];
    });
  },
  lower: ({ inputs: [x, q], k }) => [onHost(k, x, q, hurwitzZeta)],
});

/** The Hurwitz zeta function element-wise. TensorFlow: `tf.zeta`. */
export function zeta(x: TensorLike, q: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Zeta, [x, q], {}, name).output;
}
