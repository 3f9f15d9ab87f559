/** BroadcastGradientArgs: the axes along which two shapes were repeated, found while running. */

import { type DType, int32, int64 } from "../core/dtypes.ts";
import { fromScalars, type NDArray } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import { IncompatibleShapes } from "../engines/builder.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";

const BroadcastGradientArgs = defineOp({
  type: "BroadcastGradientArgs",
  inputs: ["s0: T", "s1: T"],
  outputs: ["r0: T", "r1: T"],
  attrs: { T: a.type([int32, int64], int32) },
  shape: () => [[null], [null]],
  gradient: "zero",
  lower: ({ attrs, k, constant }) => {
    const [r0, r1] = repeatedAxes(constant(0), constant(1));
    return [k.constant(vector(r0, attrs.T)), k.constant(vector(r1, attrs.T))];
  },
});

function vector(values: readonly number[], dtype: DType): NDArray {
  return fromScalars(values, [values.length], dtype);
}

/** An axis where both sizes are 1 counts for both: summing over it changes nothing. */
function repeatedAxes(s0: NDArray, s1: NDArray): readonly [number[], number[]] {
  const shapes = [Array.from(s0.values(), Number), Array.from(s1.values(), Number)] as const;
  const [first, second] = shapes;
  const rank = Math.max(first.length, second.length);
  const r0: number[] = [];
  const r1: number[] = [];
  if (first.length === second.length && first.every((dim, i) => dim === second[i])) return [r0, r1];
  for (let axis = 0; axis < rank; axis++) {
    const dim0 = first[axis - rank + first.length] ?? 1;
    const dim1 = second[axis - rank + second.length] ?? 1;
    if (dim0 !== dim1 && dim0 !== 1 && dim1 !== 1) throw new IncompatibleShapes(shapes);
    if (dim0 === 1) r0.push(axis);
    if (dim1 === 1) r1.push(axis);
  }
  return [r0, r1];
}

/** The axes to sum over to get from the broadcast shape back to each of two shapes. */
export function broadcastGradientArgs(
  s0: TensorLike,
  s1: TensorLike,
  { name }: Named = {},
): readonly [Tensor, Tensor] {
  const { outputs } = createOp(BroadcastGradientArgs, [s0, s1], {}, name);
  return [outputs[0] as Tensor, outputs[1] as Tensor];
}
