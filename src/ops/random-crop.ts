/** randomCrop: a composite of its own, because it needs checks and slices besides random numbers. */

import { int32 } from "../core/dtypes.ts";
import type { Tensor } from "../core/tensor.ts";
import { shape as shapeOp, slice } from "./array.ts";
import { assertOp } from "./assert.ts";
import { withDependencies } from "./control.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { randomUniform, type SeedOptions } from "./random.ts";
import { reduceAll } from "./reduce.ts";
import { integers, opScope } from "./support.ts";

/** A part of `value` of shape `size` at a random place. TensorFlow: `tf.random_crop`. */
export function randomCrop(
  value: TensorLike,
  size: TensorLike,
  { seed, name }: SeedOptions = {},
): Tensor {
  return opScope(name, "random_crop", [value, size], (scope) => {
    const whole = convertToTensor(value, { name: "value" });
    const part = convertToTensor(integers(size), { dtype: int32, name: "size" });
    const wholeShape = shapeOp(whole);
    const check = assertOp(
      reduceAll(wholeShape.greaterEqual(part)),
      ["Need value.shape >= size, got ", wholeShape, part],
      { summarize: 1000 },
    );
    const checked = withDependencies([check], wholeShape);
    const limit = checked.sub(part).add(1);
    const drawn = randomUniform(shapeOp(checked), { dtype: int32, maxval: 2 ** 31 - 1, seed });
    return slice(whole, drawn.mod(limit), part, { name: scope });
  });
}
