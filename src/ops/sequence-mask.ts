/** sequence_mask: which steps of padded sequences are real. */

import { asDType, bool, type DTypeLike, int32 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { fromScalars } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import { maximum } from "./binary.ts";
import { castNode } from "./cast.ts";
import { constant, constantNode } from "./constant.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { rangeOp } from "./range.ts";
import { reduceMax } from "./reduce.ts";
import { expandDims, rank } from "./shape.ts";
import { integers, opScope } from "./support.ts";

/** All axes of a tensor: a Const where the rank is known. */
export function allDimensions(x: Tensor): Tensor {
  const count = x.shape.rank;
  if (count === null) return rangeOp(integers(0), rank(x), integers(1));
  const axes = Array.from({ length: count }, (_, axis) => axis);
  return constantNode(fromScalars(axes, [count], int32), "Const");
}

export interface SequenceMaskOptions extends Named {
  /** The size of the new axis; the longest length when left out. */
  readonly maxlen?: TensorLike | undefined;
  /** bool by default. */
  readonly dtype?: DTypeLike | undefined;
}

/** For each length a row that is true for so many steps, then false. TensorFlow: `tf.sequence_mask`. */
export function sequenceMask(
  lengths: TensorLike,
  { maxlen, dtype = bool, name }: SequenceMaskOptions = {},
): Tensor {
  return opScope(name, "SequenceMask", [lengths, maxlen], () => {
    const counts = convertToTensor(integers(lengths));
    const limit = maxlen === undefined ? longest(counts) : convertToTensor(integers(maxlen));
    if (limit.shape.rank !== null && limit.shape.rank !== 0) {
      throw new ValueError(
        `Argument \`maxlen\` must be scalar for sequence_mask, received \`maxlen\` = ${limit} with shape '${limit.shape}' instead`,
      );
    }
    const type = limit.dtype.base;
    const row = rangeOp(constant(0, { dtype: type }), limit, constant(1, { dtype: type }));
    const result = row.less(castNode(expandDims(counts, -1), type));
    const wanted = asDType(dtype);
    return wanted === bool ? result : castNode(result, wanted);
  });
}

function longest(lengths: Tensor): Tensor {
  const most = reduceMax(lengths, { axis: allDimensions(lengths) });
  return maximum(constant(0, { dtype: most.dtype.base }), most);
}
