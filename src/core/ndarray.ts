/** NDArray: the dense, row-major values that are fed and fetched. */

import {
  allocate,
  asDType,
  type DType,
  type DTypeLike,
  type DTypeName,
  type Scalar,
  type Storage,
} from "./dtypes.ts";
import { TypeError, ValueError } from "./errors.ts";
import { formatArray } from "./format.ts";
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from "./half.ts";
import { brief, kindOf } from "./kind.ts";

/** Nested arrays of scalars, all of the same length at each level. */
export type Nested = Scalar | readonly Nested[];

/** A value of known shape: `data` holds the elements of `shape` in row-major order. */
export class NDArray<D extends DTypeName = DTypeName> {
  readonly data: Storage<D>;
  readonly shape: readonly number[];
  readonly dtype: DType<D>;

  constructor(data: Storage<D>, shape: readonly number[], dtype: DTypeLike<D>) {
    this.data = data;
    this.shape = shape;
    this.dtype = asDType(dtype);
    this.#check();
  }

  #check(): void {
    const { data, shape } = this;
    if (!Array.isArray(data) && !ArrayBuffer.isView(data)) {
      throw new TypeError(
        `The data of an NDArray is a typed array or an array of strings; got ${kindOf(data)}.`,
        "Nested arrays become tensors by tf.constant, and may be fed as they are.",
      );
    }
    if (!Array.isArray(shape) || !shape.every((dim) => Number.isInteger(dim) && dim >= 0)) {
      throw new ValueError(
        `The shape of an NDArray is a list of whole numbers; got ${brief(shape)}.`,
      );
    }
    const size = this.size * (this.dtype.isComplex ? 2 : 1);
    if (data.length !== size) {
      throw new ValueError(`cannot reshape array of size ${data.length} into shape (${shape})`);
    }
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }
  get rank(): number {
    return this.shape.length;
  }
  /** The element at a flat, row-major position. */
  at(index: number): Scalar {
    return readElement(this.data, this.dtype, index);
  }
  /** The only element of an array of size 1. */
  item(): D extends "string"
    ? string | Uint8Array
    : D extends "bool"
      ? boolean
      : D extends "int64" | "uint64"
        ? bigint
        : number;
  item(): Scalar {
    if (this.size !== 1) {
      throw new TypeError(
        `can only convert an array of size 1 to a scalar, this one has shape (${this.shape})`,
      );
    }
    return this.at(0);
  }
  /** Nested JavaScript arrays; a scalar for shape `[]`. */
  toArray(): Nested {
    let position = 0;
    const build = (axis: number): Nested => {
      if (axis === this.shape.length) return this.at(position++);
      return Array.from({ length: this.shape[axis] as number }, () => build(axis + 1));
    };
    return build(0);
  }
  /** The same elements under another shape of the same size. */
  reshape(shape: readonly number[]): NDArray<D> {
    if (sizeOf(shape) !== this.size) {
      throw new ValueError(`cannot reshape array of size ${this.size} into shape (${shape})`);
    }
    return new NDArray(this.data, shape, this.dtype);
  }
  /** An array of its own with the same elements. */
  copy(): NDArray<D> {
    return new NDArray(this.data.slice() as Storage<D>, this.shape, this.dtype);
  }
  /** All elements as JavaScript scalars in row-major order. */
  *values(): Generator<Scalar> {
    for (let i = 0; i < this.size; i++) yield this.at(i);
  }
  /** NumPy's `str`. */
  toString(): string {
    return formatArray(this, "str");
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return formatArray(this, "repr");
  }
}

const given = new WeakMap<NDArray, number>();

/** @internal Notes that only the first `count` elements were given; the rest repeats the last of them. */
export function noteGivenElements<D extends DTypeName>(
  array: NDArray<D>,
  count: number | undefined,
): NDArray<D> {
  if (count !== undefined) given.set(array as NDArray, count);
  return array;
}

/** @internal How many elements were given where the rest repeats the last: files store no more than those. */
export function givenElements(array: NDArray): number | undefined {
  return given.get(array);
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dim of shape) size *= dim;
  return size;
}

/** Row-major strides of a shape, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
}

/** One element of a storage as a JavaScript scalar. */
export function readElement(data: Storage, dtype: DType, index: number): Scalar {
  const raw = (data as ArrayLike<Scalar>)[index];
  if (raw === undefined)
    throw new ValueError(`index ${index} is out of bounds for an array of ${data.length} elements`);
  switch (dtype.baseName) {
    case "bool":
      return raw !== 0;
    case "float16":
      return decodeFloat16(raw as number);
    case "bfloat16":
      return decodeBfloat16(raw as number);
    default:
      return raw;
  }
}

/** Stores a scalar, rounded or wrapped to the dtype as a C cast would. */
export function writeElement(data: Storage, dtype: DType, index: number, value: Scalar): void {
  const target = data as Scalar[];
  switch (dtype.baseName) {
    case "string":
      target[index] = value instanceof Uint8Array ? value : String(value);
      return;
    case "bool":
      target[index] = value === true || (value !== false && Number(value) !== 0) ? 1 : 0;
      return;
    case "float16":
      target[index] = encodeFloat16(Number(value));
      return;
    case "bfloat16":
      target[index] = encodeBfloat16(Number(value));
      return;
    case "int64":
    case "uint64":
      target[index] = typeof value === "bigint" ? value : wideInteger(Number(value));
      return;
    default:
      target[index] = Number(value);
  }
}

/** What a C cast on x86 gives: the least integer for what no integer is. */
function wideInteger(value: number): bigint {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : -(2n ** 63n);
}

/** An array of `shape` filled from scalars in row-major order. */
export function fromScalars<D extends DTypeName>(
  values: Iterable<Scalar>,
  shape: readonly number[],
  dtype: DType<D>,
): NDArray<D> {
  const data = allocate(dtype, sizeOf(shape)) as Storage<D>;
  let index = 0;
  for (const value of values) writeElement(data, dtype, index++, value);
  return new NDArray(data, shape, dtype);
}

/** The same elements in another dtype, converted as `tf.cast` converts. */
export function castArray<D extends DTypeName>(array: NDArray, dtype: DType<D>): NDArray<D> {
  if ((array.dtype as DType) === (dtype as DType)) return array as NDArray as NDArray<D>;
  return fromScalars(array.values(), array.shape, dtype);
}
