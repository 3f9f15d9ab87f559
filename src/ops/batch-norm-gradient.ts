/** The gradient of the gradient of fused batch normalization, made of element-wise nodes and sums. */

import { float32 } from "../core/dtypes.ts";
import type { Tensor } from "../core/tensor.ts";
import { multiply } from "./binary.ts";
import { cast } from "./cast.ts";
import "./operators.ts";
import { reduceMean, reduceSum } from "./reduce.ts";
import { reshape } from "./shape.ts";
import { rsqrt, square } from "./unary.ts";

/** What the gradient op read. */
export interface NormGradient {
  readonly dy: Tensor;
  readonly x: Tensor;
  readonly scale: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly epsilon: number;
  readonly format: string;
  readonly isTraining: boolean;
}

/** The gradients of what the gradient op gave: those of dx, dscale and doffset. */
export interface Upstream {
  readonly ddx: Tensor;
  readonly ddscale: Tensor;
  readonly ddoffset: Tensor;
}

/**
 * With r = 1 / sqrt(variance + epsilon), x̂ = (x - mean) r and P(a) = a - mean(a) - x̂ mean(a x̂), the op computes
 * dx = scale r P(dy), dscale = Σ dy x̂, doffset = Σ dy. P is its own adjoint, which gives the gradient for dy; x acts
 * through x̂ and through r, and ∂x̂ and ∂r lead to x by r P(∂x̂) and -r² x̂ ∂r / N. Given statistics are constant: then
 * P(a) = a, and x acts through x̂ alone.
 */
export function secondGradient(
  forward: NormGradient,
  upstream: Upstream,
): readonly [Tensor, Tensor, Tensor] {
  const { format, isTraining, epsilon } = forward;
  const dtype = forward.x.dtype.base;
  const [dy, x, ddx] = [forward.dy, forward.x, upstream.ddx].map((value) =>
    cast(value, float32),
  ) as [Tensor, Tensor, Tensor];
  const isFirst = format.startsWith("NC");
  const rank = format.length;
  const channel = isFirst ? 1 : rank - 1;
  const axis = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== channel);
  const wide = axis.reduce<number[]>(
    (dims, i) => dims.with(i, 1),
    new Array<number>(rank).fill(-1),
  );
  const spread = (vector: Tensor): Tensor => (isFirst ? reshape(vector, wide) : vector);
  const mean = (value: Tensor): Tensor => reduceMean(value, { axis, keepDims: true });
  const total = (value: Tensor): Tensor => reduceSum(value, { axis });

  const r = rsqrt(spread(forward.variance).add(epsilon));
  const xHat = x.sub(spread(forward.mean)).mul(r);
  const slope = spread(forward.scale).mul(r);
  const [ddscale, ddoffset] = [spread(upstream.ddscale), spread(upstream.ddoffset)];
  const direct = ddscale.mul(xHat).add(ddoffset);
  if (!isTraining) {
    const forDy = slope.mul(ddx).add(direct);
    const forX = ddscale.mul(dy).mul(r);
    return [cast(forDy, dtype), cast(forX, dtype), total(ddx.mul(dy).mul(r))];
  }
  const project = (value: Tensor): Tensor =>
    value.sub(mean(value)).sub(xHat.mul(mean(value.mul(xHat))));
  const projected = project(dy);
  const forDy = slope.mul(project(ddx)).add(direct);
  const product = ddx.mul(projected);
  const cross = ddx.mul(mean(dy.mul(xHat))).add(dy.mul(mean(ddx.mul(xHat))));
  const forXHat = ddscale.mul(dy).sub(slope.mul(cross));
  const throughR = multiply(spread(forward.scale), mean(product)).mul(square(r)).mul(xHat);
  const forX = r.mul(project(forXHat)).sub(throughR);
  return [cast(forDy, dtype), cast(forX, dtype), total(product.mul(r))];
}
