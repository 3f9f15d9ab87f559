/** Whether elements, in row-major order, only grow. */

import { bool } from "../core/dtypes.ts";
import { TypeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { greater, greaterEqual, less } from "./comparison.ts";
import { cond } from "./cond.ts";
import { constant } from "./constant.ts";
import type { TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { reduceAll } from "./reduce.ts";
import { reshape, shape, size } from "./shape.ts";
import { stridedSlice } from "./slice.ts";
import { opScope } from "./support.ts";

function allNeighbours(
  x: TensorLike,
  compare: (right: Tensor, left: Tensor) => Tensor,
): Tensor<"bool"> {
  const flat: Tensor = reshape(x, [-1]);
  if (flat.dtype.isBool || flat.dtype.baseName === "string") {
    throw new TypeError(`Expected x to be numeric, instead found: ${flat}`);
  }
  const isShort = less(size(flat), 2);
  const steps = shape(flat).sub(1);
  const compared = cond(
    isShort,
    () => constant([], { dtype: bool }),
    () => {
      const right = stridedSlice(flat, [1], steps.radd([1]));
      return compare(right, stridedSlice(flat, [0], steps));
    },
  );
  return reduceAll(compared as Tensor);
}

/** Whether no element is below the one before it. TensorFlow: `tf.math.is_non_decreasing`. */
export function isNonDecreasing(x: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return opScope(name, "is_non_decreasing", [x], () => allNeighbours(x, greaterEqual));
}

/** Whether every element is above the one before it. TensorFlow: `tf.math.is_strictly_increasing`. */
export function isStrictlyIncreasing(x: TensorLike, { name }: Named = {}): Tensor<"bool"> {
  return opScope(name, "is_strictly_increasing", [x], () => allNeighbours(x, greater));
}
