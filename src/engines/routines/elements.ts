/** What routines share: access to elements as numbers, and the outer × axis × inner view of a shape. */

import type { DType } from "../../core/dtypes.ts";
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from "../../core/half.ts";
import { NDArray, sizeOf } from "../../core/ndarray.ts";
import type { RoutineKernel } from "../routine.ts";

/**
 * Elements that arithmetic may be done on. The operators of JavaScript act alike on numbers and bigints as long as they
 * are not mixed, so 64-bit integers hide behind this type too; constants to mix with them come from `constant`.
 */
export type Elements = Float32Array;

/** The elements of an array; not for 16-bit floats, whose bits they would be (see `viaFloat32`). */
export function elements(array: NDArray): Elements {
  return array.data as unknown as Elements;
}

/** A small integer as an element of a dtype. */
export function constant(dtype: DType, value: number): number {
  return (dtype.isBig ? BigInt(value) : value) as number;
}

/** The array at a position of a routine's inputs or outputs. */
export function arrayAt(arrays: readonly NDArray[], index: number): NDArray {
  const array = arrays[index];
  if (!array) throw new RangeError(`internal: a routine got only ${arrays.length} arrays`);
  return array;
}

const isHalf = (array: NDArray) =>
  array.dtype.baseName === "float16" || array.dtype.baseName === "bfloat16";

function widened(array: NDArray): NDArray {
  if (!isHalf(array)) return array;
  const decode = array.dtype.baseName === "float16" ? decodeFloat16 : decodeBfloat16;
  return new NDArray(Float32Array.from(array.data as Uint16Array, decode), array.shape, "float32");
}

/** The same kernel for 16-bit floats too: it computes in float32 and rounds what it leaves in its outputs. */
export function viaFloat32<P>(kernel: RoutineKernel<P>): RoutineKernel<P> {
  return (inputs, outputs, params) => {
    if (!outputs.some(isHalf) && !inputs.some(isHalf)) {
      kernel(inputs, outputs, params);
      return;
    }
    const wide = outputs.map(widened);
    kernel(inputs.map(widened), wide, params);
    outputs.forEach((output, i) => {
      if (!isHalf(output)) return;
      const encode = output.dtype.baseName === "float16" ? encodeFloat16 : encodeBfloat16;
      const values = (wide[i] as NDArray).data as Float32Array;
      const target = output.data as Uint16Array;
      for (let j = 0; j < target.length; j++) target[j] = encode(values[j] as number);
    });
  };
}

/** int32 or int64 elements as plain numbers. */
export function integers(array: NDArray): ArrayLike<number> {
  if (!array.dtype.isBig) return array.data as Int32Array;
  return Float64Array.from(array.data as BigInt64Array, Number);
}

/** A shape seen as [outer, dim, inner] around one axis. */
export interface AxisView {
  readonly outer: number;
  readonly dim: number;
  readonly inner: number;
}

export function aroundAxis(shape: readonly number[], axis: number): AxisView {
  return {
    outer: sizeOf(shape.slice(0, axis)),
    dim: shape[axis] ?? 1,
    inner: sizeOf(shape.slice(axis + 1)),
  };
}

/** A shape as TensorFlow's error texts print it: `[3,2]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(",")}]`;
}

/** The coordinates of a flat position: `[1,2]`, nothing for a scalar. */
export function positionText(shape: readonly number[], position: number): string {
  if (shape.length === 0) return "";
  const coordinates: number[] = [];
  let rest = position;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const dim = shape[axis] as number;
    coordinates.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return shapeText(coordinates);
}

/** Copies `count` elements of any dtype, strings included. */
export function copyElements(
  source: NDArray,
  from: number,
  target: NDArray,
  to: number,
  count: number,
): void {
  const parts = source.dtype.isComplex ? 2 : 1;
  const start = from * parts;
  const end = start + count * parts;
  if (count > 32 && !Array.isArray(source.data)) {
    elements(target).set(elements(source).subarray(start, end), to * parts);
    return;
  }
  const data = source.data as ArrayLike<unknown>;
  const out = target.data as unknown as unknown[];
  const shift = to * parts - start;
  for (let i = start; i < end; i++) out[i + shift] = data[i];
}
