/** Gradients of broadcasting ops: summing a gradient over the axes along which an operand was repeated. */

import type { Tensor } from "../core/tensor.ts";
import { reshape, shape } from "./array.ts";
import { broadcastGradientArgs } from "./broadcast-gradient-args.ts";
import { reduceSum } from "./reduce.ts";

/** Whether all three have the same fully known shape: then nothing was broadcast. */
export function shapesFullySpecifiedAndEqual(x: Tensor, y: Tensor, grad: Tensor): boolean {
  return x.shape.isFullyDefined && x.shape.equals(y.shape) && x.shape.equals(grad.shape);
}

interface Reduction {
  readonly shape: Tensor;
  /** The axes along which the operand was repeated, when static shapes tell. */
  readonly axes: readonly number[] | Tensor;
  readonly mustReduce: boolean;
}

/** How the gradients of two broadcast operands must be reduced. TensorFlow: `SmartBroadcastGradientArgs`. */
export function smartBroadcastGradientArgs(x: Tensor, y: Tensor): readonly [Reduction, Reduction] {
  const xShape = shape(x);
  const yShape = shape(y);
  const known = inferReductionAxes(x, y);
  if (!known) {
    const [xAxes, yAxes] = broadcastGradientArgs(xShape, yShape);
    return [
      { shape: xShape, axes: xAxes, mustReduce: true },
      { shape: yShape, axes: yAxes, mustReduce: true },
    ];
  }
  const [xAxes, yAxes] = known;
  const xRank = x.shape.rank as number;
  const yRank = y.shape.rank as number;
  return [
    { shape: xShape, axes: xAxes, mustReduce: xAxes.length > 0 || xRank < yRank },
    { shape: yShape, axes: yAxes, mustReduce: yAxes.length > 0 || yRank < xRank },
  ];
}

/** The repeated axes of both operands; null when that depends on sizes known only later. */
function inferReductionAxes(x: Tensor, y: Tensor): readonly [number[], number[]] | null {
  const xDims = x.shape.dims;
  const yDims = y.shape.dims;
  if (!xDims || !yDims) return null;
  const rank = Math.max(xDims.length, yDims.length);
  const xAxes: number[] = [];
  const yAxes: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const xAxis = axis - (rank - xDims.length);
    const yAxis = axis - (rank - yDims.length);
    const xDim = xAxis < 0 ? 1 : xDims[xAxis];
    const yDim = yAxis < 0 ? 1 : yDims[yAxis];
    if (xDim === 1 && yDim !== 1) xAxes.push(axis);
    else if (yDim === 1 && xDim !== 1) yAxes.push(axis);
    else if (xDim === null || yDim === null) return null;
  }
  return [xAxes, yAxes];
}

function reduceGradientArg(
  grad: Tensor | null,
  { shape: target, axes, mustReduce }: Reduction,
): Tensor | null {
  if (!grad || !mustReduce) return grad;
  return reshape(reduceSum(grad, { axis: axes, keepDims: true }), target);
}

/**
 * Brings the gradients of two broadcast operands to the shapes of `x` and `y`.
 * TensorFlow: `_ReduceGradientArgs`.
 */
export function reduceGradientArgs(
  x: Tensor,
  y: Tensor,
  gx: Tensor | null,
  gy: Tensor | null,
): readonly [Tensor | null, Tensor | null] {
  if (!gx && !gy) return [gx, gy];
  const [forX, forY] = smartBroadcastGradientArgs(x, y);
  return [reduceGradientArg(gx, forX), reduceGradientArg(gy, forY)];
}
