/** Const, and how JavaScript values become arrays of a dtype. */

import { attr } from "../core/attrs.ts";
import {
  asDType,
  bool,
  type DType,
  type DTypeLike,
  type DTypeName,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  type Scalar,
  string,
  type TypedArray,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import { brief, checkList, kindOf, mistakeHint } from "../core/kind.ts";
import {
  castArray,
  fromScalars,
  givenElements,
  NDArray,
  type Nested,
  noteGivenElements,
  sizeOf,
} from "../core/ndarray.ts";
import type { OptionsObject } from "../core/options.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import { asShape, TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { a, defineOp } from "./define.ts";

export { brief } from "../core/kind.ts";

/** A value that is no tensor yet: a scalar, nested arrays, a typed array, or an NDArray. */
export type ArrayLike = Nested | TypedArray | NDArray;

export const Const = defineOp({
  type: "Const",
  inputs: [],
  outputs: ["output: dtype"],
  attrs: { value: a.tensor(), dtype: a.type() },
  shape: ({ attrs }) => [attrs.value.shape],
  gradient: "none",
  lower: ({ attrs, k }) => [k.constant(attrs.value)],
});

/** The dtype a value has by itself, or null for an empty array. Plain numbers are float32. */
export function naturalDType(value: ArrayLike): DType | null {
  if (value instanceof NDArray) return value.dtype;
  if (ArrayBuffer.isView(value)) return typedArrayDType(value);
  if (Array.isArray(value)) {
    for (const item of value as readonly Nested[]) {
      const found = naturalDType(item);
      if (found) return found;
    }
    return null;
  }
  switch (typeof value) {
    case "number":
      return float32;
    case "bigint":
      return int64;
    case "boolean":
      return bool;
    case "string":
      return string;
    default:
      return null;
  }
}

function typedArrayDType(value: ArrayBufferView): DType {
  if (value instanceof Float32Array) return float32;
  if (value instanceof Float64Array) return float64;
  if (value instanceof Int32Array) return int32;
  if (value instanceof Uint8Array || value instanceof Uint8ClampedArray) return uint8;
  if (value instanceof Int8Array) return int8;
  if (value instanceof Int16Array) return int16;
  if (value instanceof Uint16Array) return uint16;
  if (value instanceof Uint32Array) return uint32;
  if (value instanceof BigInt64Array) return int64;
  if (value instanceof BigUint64Array) return uint64;
  throw new TypeError(`Failed to convert object of type ${value.constructor.name} to Tensor.`);
}

/** A value as an array. Without a dtype it keeps its own; plain values are checked against a given one. */
export function asArray(value: ArrayLike, dtype?: DType | null): NDArray {
  if (value === null || value === undefined) {
    throw new ValueError("None values not supported.", mistakeHint(value));
  }
  if (value instanceof NDArray) return dtype ? castChecked(value, dtype) : value;
  if (
    ArrayBuffer.isView(value) &&
    (dtype?.baseName !== "string" || !(value instanceof Uint8Array))
  ) {
    const array = new NDArray(value as TypedArray, [value.length], typedArrayDType(value));
    return dtype ? castArray(array, dtype) : array;
  }
  const shape = nestedShape(value);
  if (!dtype) checkConvertible(value);
  const target = dtype?.base ?? naturalDType(value) ?? float32;
  return fromScalars(leaves(value, target), shape, target);
}

function castChecked(array: NDArray, dtype: DType): NDArray {
  const isText = array.dtype.baseName === "string";
  if (isText !== (dtype.baseName === "string")) {
    throw new TypeError(
      `Expected ${dtype.base.name}, but got an array of dtype ${array.dtype.name} and shape ${new TensorShape(array.shape)}.`,
    );
  }
  return castArray(array, dtype);
}

/** Refuses what has no dtype of its own and is not empty either. */
function checkConvertible(value: unknown): void {
  let item = value;
  while (Array.isArray(item)) item = item[0];
  const isPlain = ["number", "bigint", "boolean", "string"].includes(typeof item);
  if (item === undefined || item === null || isPlain || ArrayBuffer.isView(item)) return;
  if (item instanceof NDArray) return;
  throw new TypeError(
    `Failed to convert elements of ${brief(value)} to Tensor. Consider casting elements to a supported type.`,
    mistakeHint(item),
  );
}

function nestedShape(value: ArrayLike): number[] {
  const shape: number[] = [];
  let level: unknown = value;
  while (Array.isArray(level) || isNumberList(level)) {
    shape.push(level.length);
    level = level[0];
  }
  if (level instanceof NDArray) shape.push(...level.shape);
  checkRegular(value, shape, 0, value);
  return shape;
}

function isNumberList(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function checkRegular(
  value: unknown,
  shape: readonly number[],
  depth: number,
  whole: unknown,
): void {
  const isList = Array.isArray(value) || isNumberList(value);
  const length = isList ? value.length : null;
  const expected = depth < shape.length ? (shape[depth] as number) : null;
  if (value instanceof NDArray) return;
  if (length !== expected) {
    const found = [...shape.slice(0, depth), ...(length === null ? [] : [length])];
    throw new ValueError(
      "setting an array element with a sequence. The requested array has an inhomogeneous shape " +
        `after ${depth} dimensions. The detected shape was ${new TensorShape(shape.slice(0, depth))} + inhomogeneous part.`,
      `Argument must be a dense tensor: ${brief(whole)} has [${found.join(", ")}] where [${shape.join(", ")}] was expected.`,
    );
  }
  if (Array.isArray(value)) for (const item of value) checkRegular(item, shape, depth + 1, whole);
}

function* leaves(value: unknown, dtype: DType): Generator<Scalar> {
  if (Array.isArray(value)) {
    for (const item of value) yield* leaves(item, dtype);
  } else if (value instanceof NDArray) {
    yield* value.values();
  } else if (isNumberList(value) && dtype.baseName !== "string") {
    for (let i = 0; i < value.length; i++) yield value[i] as Scalar;
  } else {
    checkElement(value, dtype);
    yield value as Scalar;
  }
}

function checkElement(value: unknown, dtype: DType): void {
  if (value === null || value === undefined) {
    throw new ValueError("None values not supported.", mistakeHint(value));
  }
  const fits =
    dtype.baseName === "string"
      ? typeof value === "string" || value instanceof Uint8Array
      : dtype.isBool
        ? typeof value === "boolean"
        : dtype.isInteger
          ? typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))
          : typeof value === "number" || typeof value === "bigint";
  if (!fits) {
    throw new TypeError(
      `Expected ${dtype.name}, but got ${typeof value === "string" ? value : brief(value)} of type '${kindOf(value)}'.`,
      mistakeHint(value),
    );
  }
  if (dtype.isInteger && !inRange(value as number | bigint, dtype)) {
    throw new TypeError(
      `Cannot convert ${value} to a tensor of dtype ${dtype.name}: the value is out of range.`,
    );
  }
}

function inRange(value: number | bigint, dtype: DType): boolean {
  const bits = BigInt(8 * dtype.size);
  const wide = BigInt(value);
  return dtype.isUnsigned
    ? wide >= 0n && wide < 1n << bits
    : wide >= -(1n << (bits - 1n)) && wide < 1n << (bits - 1n);
}

export interface ConstantOptions<D extends DTypeName = DTypeName> extends OptionsObject {
  readonly dtype?: DTypeLike<D> | undefined;
  readonly shape?: readonly number[] | undefined;
  readonly name?: string | undefined;
  readonly verifyShape?: boolean | undefined;
}

const optionNames: OptionNames<ConstantOptions> = {
  dtype: true,
  shape: true,
  name: true,
  verifyShape: true,
};

/**
 * A tensor with fixed elements.
 *
 * `shape` repeats the last element to fill up. Plain numbers are float32 unless `dtype` says otherwise; typed
 * arrays and NDArrays keep their own dtype. Throws TypeError for elements that do not fit the dtype and
 * ValueError for ragged arrays or too many elements. TensorFlow: `tf.constant`.
 */
export function constant<D extends DTypeName>(
  value: ArrayLike,
  options: ConstantOptions<D> & { readonly dtype: DTypeLike<D> },
): Tensor<D>;
export function constant(value: ArrayLike, options?: ConstantOptions): Tensor;
export function constant(value: ArrayLike, options: ConstantOptions = {}): Tensor {
  checkOptions(options, "constant", optionNames);
  const { dtype, shape, name = "Const", verifyShape = false } = options;
  let array = asArray(value, dtype === undefined ? null : asDType(dtype as DTypeLike));
  if (shape) checkList(shape, "The shape of a constant");
  if (shape) array = fitShape(array, shape, verifyShape);
  return constantNode(array, name);
}

/** One Const node holding a private copy of `array`. */
export function constantNode(array: NDArray, name: string): Tensor {
  const attrs = new Map([
    ["value", attr("tensor", noteGivenElements(array.copy(), givenElements(array)))],
    ["dtype", attr("type", array.dtype)],
  ]);
  return getDefaultGraph().createOp({
    type: "Const",
    name,
    attrs,
    outputs: [{ dtype: array.dtype, shape: new TensorShape(array.shape) }],
  }).output;
}

/** @internal The array in another shape, its last element repeated to fill up. */
export function fitShape(array: NDArray, shape: readonly number[], verify: boolean): NDArray {
  if (!asShape(shape).isFullyDefined) {
    throw new TypeError(`The shape of a constant must be known; got ${brief(shape)}.`);
  }
  const wanted = sizeOf(shape);
  const same =
    shape.length === array.shape.length && shape.every((dim, i) => dim === array.shape[i]);
  if (verify && !same) {
    throw new TypeError(
      `Expected Tensor's shape: ${new TensorShape(shape)}, but got ${new TensorShape(array.shape)}.`,
    );
  }
  if (array.size === wanted) return array.reshape(shape);
  if (array.size > wanted) {
    throw new ValueError(
      `Too many elements provided. Takes at most ${wanted}, but got ${array.size}.`,
    );
  }
  if (array.size === 0) throw new ValueError(`Cannot fill shape (${shape}) from no elements.`);
  const last = array.at(array.size - 1);
  const elements = Array.from({ length: wanted }, (_, i) => (i < array.size ? array.at(i) : last));
  return noteGivenElements(fromScalars(elements, shape, array.dtype), array.size);
}
