/** OneHot: positions as vectors. */

import {
  asDType,
  type DType,
  type DTypeLike,
  float32,
  int8,
  int32,
  int64,
  uint8,
} from "../core/dtypes.ts";
import { TypeError } from "../core/errors.ts";
import { unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { loadBroadcast } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { integers, opScope } from "./support.ts";

const OneHot = defineOp({
  type: "OneHot",
  inputs: ["indices: TI", "depth: int32", "on_value: T", "off_value: T"],
  outputs: ["output: T"],
  attrs: { axis: a.int(-1), T: a.type(), TI: a.type([uint8, int8, int32, int64], int64) },
  shape: ({ inputs: [indices], attrs: { axis }, constant }) => {
    if (axis < -1) throw new ShapeError(`axis must be >= -1, but got ${axis}`);
    const depth = constant(1);
    const count = depth && Number(depth.at(0));
    if (count !== null && count < 0)
      throw new ShapeError(
        `Dimension size, given by scalar input 1, must be non-negative but is ${count}`,
      );
    const dims = indices.shape.dims;
    if (!dims) return [unknownShape];
    if (axis > dims.length)
      throw new ShapeError(`axis must be in the range [-1, ${dims.length + 1}), but got ${axis}`);
    return [dims.toSpliced(axis === -1 ? dims.length : axis, 0, count)];
  },
  gradient: "zero",
  lower: ({ inputs: [indices, , on, off], attrs: { axis, TI }, constant, k }) => {
    const depth = Number(constant(1).at(0));
    if (depth < 0) throw new Error(`depth must be non-negative, got: ${depth}`);
    const at = axis === -1 ? indices.shape.length : axis;
    const dims = indices.shape.toSpliced(at, 0, depth);
    const thin = k.reshape(indices, indices.shape.toSpliced(at, 0, 1));
    const isHot = e.eq(loadBroadcast(thin, dims), e.index(at, TI));
    return [k.loop(dims, e.select(isHot, loadBroadcast(on, dims), loadBroadcast(off, dims)))];
  },
});

export interface OneHotOptions extends Named {
  readonly onValue?: TensorLike | undefined;
  readonly offValue?: TensorLike | undefined;
  /** The new axis; the last by default. */
  readonly axis?: number | undefined;
  readonly dtype?: DTypeLike | undefined;
}

/** `onValue` (1) at each index along a new axis of size `depth`, `offValue` (0) elsewhere. TensorFlow: `tf.one_hot`. */
export function oneHot(
  indices: TensorLike,
  depth: TensorLike,
  { onValue, offValue, axis = -1, dtype, name }: OneHotOptions = {},
): Tensor {
  return opScope(name, "one_hot", [indices, depth, onValue, offValue], (scope) => {
    const wanted = dtype === undefined ? undefined : asDType(dtype);
    const hint = wanted ? { preferredDtype: wanted } : {};
    const given = {
      on: onValue === undefined ? null : convertToTensor(onValue, hint),
      off: offValue === undefined ? null : convertToTensor(offValue, hint),
    };
    const type = oneHotType(given.on?.dtype.base, given.off?.dtype.base, wanted);
    const on =
      given.on ?? convertToTensor(type.isBool ? true : 1, { dtype: type, name: "on_value" });
    const off =
      given.off ?? convertToTensor(type.isBool ? false : 0, { dtype: type, name: "off_value" });
    if (on.dtype.base !== off.dtype.base) {
      throw new TypeError(
        `dtype ${on.dtype.base} of on_value does not match dtype ${off.dtype.base} of off_value`,
      );
    }
    return createOp(OneHot, [integers(indices), integers(depth), on, off], { axis }, scope).output;
  });
}

function oneHotType(
  on: DType | undefined,
  off: DType | undefined,
  wanted: DType | undefined,
): DType {
  if (!on && !off) return wanted ?? float32;
  if (!wanted) return (on ?? off) as DType;
  if (on && on !== wanted) {
    throw new TypeError(`dtype ${on} of on_value does not match dtype parameter ${wanted}`);
  }
  if (off && off !== wanted) {
    throw new TypeError(`dtype ${off} of off_value does not match dtype parameter ${wanted}`);
  }
  return wanted;
}
