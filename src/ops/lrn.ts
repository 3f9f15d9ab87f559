/** Local response normalization (Krizhevsky et al. 2012): y_c = x_c / (bias + alpha Σ x_d²)^beta over near channels d. */

import type { DTypeName } from "../core/dtypes.ts";
import { bfloat16, type DType, float16, float32 } from "../core/dtypes.ts";
import { stridesOf } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import type { Expr, Value } from "../engines/ir.ts";
import type { TensorLike, TensorOf } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { mergeShapes, withRank } from "./merge.ts";

const narrow: readonly DType[] = [float16, bfloat16, float32];

const lrnAttrs = {
  depth_radius: a.int(5),
  bias: a.float(1),
  alpha: a.float(1),
  beta: a.float(0.5),
  T: a.type(narrow, float32),
};

/** For every channel the sum over the channels at most `radius` away. */
function sumNear(k: Builder, x: Value, radius: number): Value {
  const zeros = x.shape.map(() => 0);
  const around = [...zeros.slice(1), radius];
  const padded = k.pad(x, around, around, e.constant(0, x.dtype));
  const windows = k.view(padded, [...x.shape, 2 * radius + 1], [...stridesOf(padded.shape), 1]);
  return k.reduce("sum", windows, [x.shape.length]);
}

interface Norm {
  readonly depth_radius: number;
  readonly bias: number;
  readonly alpha: number;
}

/** bias + alpha Σ x². */
function normOf(k: Builder, x: Value, { depth_radius: radius, bias, alpha }: Norm): Value {
  const squares = k.unary("square", x);
  return k.map([sumNear(k, squares, radius)], (sum) => e.add(e.mul(sum as Expr, alpha), bias));
}

const LRN = defineOp({
  type: "LRN",
  inputs: ["input: T"],
  outputs: ["output: T"],
  attrs: lrnAttrs,
  shape: ({ inputs: [x] }) => [withRank(x.shape, 4)],
  gradient: ({ inputs: [x], outputs: [y], dy: [dy], attrs: { T: _, ...rest } }) => [
    createOp(LRNGrad, [dy, x, y], rest, undefined).output,
  ],
  lower: ({ inputs: [x], attrs, k }) => [
    k.map([x, normOf(k, x, attrs)], (value, norm) =>
      e.mul(value as Expr, e.pow(norm as Expr, -attrs.beta)),
    ),
  ],
});

// With n = bias + alpha Σ x²: dx_c = dy_c n_c^-beta - 2 alpha beta x_c Σ_d dy_d y_d / n_d over near channels d.
const LRNGrad = defineOp({
  type: "LRNGrad",
  inputs: ["input_grads: T", "input_image: T", "output_image: T"],
  outputs: ["output: T"],
  attrs: lrnAttrs,
  shape: ({ inputs: [dy, x, y] }) => [
    withRank(mergeShapes(mergeShapes(dy.shape, x.shape), y.shape), 4),
  ],
  gradient: "none",
  lower: ({ inputs: [dy, x, y], attrs, k }) => {
    const { alpha, beta, depth_radius: radius } = attrs;
    const norm = normOf(k, x, attrs);
    const shares = k.map([dy, y, norm], (g, out, n) =>
      e.div(e.mul(g as Expr, out as Expr), n as Expr),
    );
    const sums = sumNear(k, shares, radius);
    return [
      k.map([dy, x, norm, sums], (g, value, n, sum) => {
        const direct = e.mul(g as Expr, e.pow(n as Expr, -beta));
        return e.sub(direct, e.mul(e.mul(value as Expr, 2 * alpha * beta), sum as Expr));
      }),
    ];
  },
});

export interface LrnOptions extends Named {
  /** Channels on either side that count; 5 by default. */
  readonly depthRadius?: number | undefined;
  readonly bias?: number | undefined;
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
}

/** Divides every pixel of images [N, H, W, C] by a norm of its near channels. TensorFlow: `tf.nn.lrn`. */
export function localResponseNormalization<D extends DTypeName>(
  input: TensorOf<D>,
  options?: LrnOptions,
): Tensor<D>;
export function localResponseNormalization(input: TensorLike, options?: LrnOptions): Tensor;
export function localResponseNormalization(
  input: TensorLike,
  { depthRadius = 5, bias = 1, alpha = 1, beta = 0.5, name }: LrnOptions = {},
): Tensor {
  return createOp(LRN, [input], { depth_radius: depthRadius, bias, alpha, beta }, name).output;
}
