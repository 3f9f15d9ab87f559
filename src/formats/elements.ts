/** Elements of arrays as little-endian bytes, and copies between parts of arrays. */

import { allocate, asDType, type DType, type Storage } from "../core/dtypes.ts";
import { UnimplementedError } from "../core/errors.ts";
import { NDArray, sizeOf, stridesOf } from "../core/ndarray.ts";
import { decodeText, encodeText } from "./bytes.ts";

/** TensorFlow's name of a DataType number, known here or not. */
export function nameOfType(number: number): string {
  try {
    return asDType(number).name;
  } catch {
    return `type ${number}`;
  }
}

/** The dtype of a DataType number. Throws TypeError for one that is not known here. */
export function dtypeOf(number: number): DType {
  return asDType(number);
}

/** Whether arrays of a DataType can be read and written. */
export function hasElements(number: number): boolean {
  try {
    const dtype = asDType(number);
    return !dtype.isRef && (dtype.size > 0 || dtype.baseName === "string");
  } catch {
    return false;
  }
}

/** The bytes of an array of a dtype of fixed size: a view of the array's memory. */
export function bytesOf(array: NDArray): Uint8Array {
  const { data } = array;
  if (Array.isArray(data)) {
    throw new UnimplementedError(
      undefined,
      `elements of type ${array.dtype.name} have no fixed size`,
    );
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** An array of its own from its bytes. */
export function arrayFromBytes(bytes: Uint8Array, shape: readonly number[], dtype: DType): NDArray {
  const data = allocate(dtype, sizeOf(shape)) as Exclude<Storage, unknown[]>;
  new Uint8Array(data.buffer).set(bytes);
  return new NDArray(data, shape, dtype);
}

/** Reverses the bytes of every number in place; a complex element is two numbers. */
export function swapBytes(bytes: Uint8Array, dtype: DType): void {
  const width = dtype.isComplex ? dtype.size / 2 : dtype.size;
  if (width < 2) return;
  for (let at = 0; at + width <= bytes.length; at += width)
    bytes.subarray(at, at + width).reverse();
}

/** A string element as bytes. */
export function stringBytes(element: string | Uint8Array): Uint8Array {
  return typeof element === "string" ? encodeText(element) : element;
}

/** Bytes of a file as a string element: text where they are UTF-8. */
export function stringElement(bytes: Uint8Array): string | Uint8Array {
  return decodeText(bytes) ?? bytes.slice();
}

/** A box of elements: where it starts in each of two arrays, and its shape. */
export interface Region {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly shape: readonly number[];
}

/** Copies a box of elements from one array into another of the same dtype. */
export function copyRegion(source: NDArray, target: NDArray, { from, to, shape }: Region): void {
  const lanes = source.dtype.isComplex ? 2 : 1;
  const sourceSteps = stridesOf(source.shape);
  const targetSteps = stridesOf(target.shape);
  const offset = (start: readonly number[], steps: readonly number[]): number =>
    start.reduce((sum, position, axis) => sum + position * (steps[axis] as number), 0);
  const copyRow = (at: number, into: number, count: number): void => {
    const { data } = source;
    if (Array.isArray(data)) {
      const strings = target.data as Storage<"string">;
      for (let i = 0; i < count; i++) strings[into + i] = data[at + i] as string;
    } else {
      const row = data.subarray(at * lanes, (at + count) * lanes);
      (target.data as { set(values: typeof row, offset: number): void }).set(row, into * lanes);
    }
  };
  const walk = (axis: number, at: number, into: number): void => {
    const count = shape[axis] ?? 1;
    if (axis >= shape.length - 1) {
      copyRow(at, into, count);
      return;
    }
    for (let i = 0; i < count; i++) {
      walk(
        axis + 1,
        at + i * (sourceSteps[axis] as number),
        into + i * (targetSteps[axis] as number),
      );
    }
  };
  if (sizeOf(shape) > 0) walk(0, offset(from, sourceSteps), offset(to, targetSteps));
}
