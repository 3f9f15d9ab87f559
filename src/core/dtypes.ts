/** The element types of tensors, with TensorFlow's names and wire numbers. */

import { internal, TypeError } from "./errors.ts";
import { brief } from "./kind.ts";
import type { notOptions } from "./options.ts";

export type FloatName = "float32" | "float64" | "float16" | "bfloat16";
export type IntName = "int8" | "int16" | "int32" | "uint8" | "uint16" | "uint32";
export type BigIntName = "int64" | "uint64";
/** Types that graphs may name and files may hold, but nothing here computes with. */
export type StoredName =
  | "qint8"
  | "quint8"
  | "qint16"
  | "quint16"
  | "qint32"
  | "float8_e5m2"
  | "float8_e4m3fn"
  | "float8_e4m3fnuz"
  | "float8_e4m3b11fnuz"
  | "float8_e5m2fnuz"
  | "int4"
  | "uint4"
  | "int2"
  | "uint2"
  | "float4_e2m1fn";
export type DTypeName =
  | FloatName
  | IntName
  | BigIntName
  | "bool"
  | "string"
  | "complex64"
  | "complex128"
  | "resource"
  | "variant"
  | StoredName;

/** What one element looks like in JavaScript. A string element is text or raw bytes. */
export type Scalar = number | bigint | boolean | string | Uint8Array;

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

export type StringData = (string | Uint8Array)[];

interface StorageMap
  extends Record<StoredName, Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array> {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  string: StringData;
  complex64: Float32Array;
  complex128: Float64Array;
  resource: never;
  variant: never;
}

/** The JavaScript array that holds elements of a dtype: bits for the 16-bit floats, 0 and 1 for bool. */
export type Storage<D extends DTypeName = DTypeName> = StorageMap[D];

type Kind = "float" | "int" | "uint" | "bool" | "string" | "complex" | "handle" | "stored";

interface Spec {
  readonly number: number;
  readonly kind: Kind;
  /** Bytes per element; 0 when elements are not of fixed size. */
  readonly size: number;
}

const specs: Readonly<Record<DTypeName, Spec>> = {
  float32: { number: 1, kind: "float", size: 4 },
  float64: { number: 2, kind: "float", size: 8 },
  int32: { number: 3, kind: "int", size: 4 },
  uint8: { number: 4, kind: "uint", size: 1 },
  int16: { number: 5, kind: "int", size: 2 },
  int8: { number: 6, kind: "int", size: 1 },
  string: { number: 7, kind: "string", size: 0 },
  complex64: { number: 8, kind: "complex", size: 8 },
  int64: { number: 9, kind: "int", size: 8 },
  bool: { number: 10, kind: "bool", size: 1 },
  bfloat16: { number: 14, kind: "float", size: 2 },
  uint16: { number: 17, kind: "uint", size: 2 },
  complex128: { number: 18, kind: "complex", size: 16 },
  float16: { number: 19, kind: "float", size: 2 },
  resource: { number: 20, kind: "handle", size: 0 },
  variant: { number: 21, kind: "handle", size: 0 },
  uint32: { number: 22, kind: "uint", size: 4 },
  uint64: { number: 23, kind: "uint", size: 8 },
  qint8: { number: 11, kind: "stored", size: 1 },
  quint8: { number: 12, kind: "stored", size: 1 },
  qint32: { number: 13, kind: "stored", size: 4 },
  qint16: { number: 15, kind: "stored", size: 2 },
  quint16: { number: 16, kind: "stored", size: 2 },
  float8_e5m2: { number: 24, kind: "stored", size: 1 },
  float8_e4m3fn: { number: 25, kind: "stored", size: 1 },
  float8_e4m3fnuz: { number: 26, kind: "stored", size: 1 },
  float8_e4m3b11fnuz: { number: 27, kind: "stored", size: 1 },
  float8_e5m2fnuz: { number: 28, kind: "stored", size: 1 },
  int4: { number: 29, kind: "stored", size: 1 },
  uint4: { number: 30, kind: "stored", size: 1 },
  int2: { number: 31, kind: "stored", size: 1 },
  uint2: { number: 32, kind: "stored", size: 1 },
  float4_e2m1fn: { number: 33, kind: "stored", size: 1 },
};

const refOffset = 100;

/** An element type. Compare with `===`: there is one object per type, and one per reference type. */
export class DType<D extends DTypeName = DTypeName> {
  declare readonly [notOptions]: true;
  /** The name of the base type, such as `float32`. */
  readonly baseName: D;
  readonly isRef: boolean;
  readonly #spec: Spec;
  #other: DType<D> | undefined;

  constructor(baseName: D, isRef = false) {
    this.baseName = baseName;
    this.isRef = isRef;
    this.#spec = specs[baseName];
  }

  /** `float32`, or `float32_ref` for a reference. */
  get name(): string {
    return this.isRef ? `${this.baseName}_ref` : this.baseName;
  }
  /** The number of DataType in GraphDef. */
  get enum(): number {
    return this.#spec.number + (this.isRef ? refOffset : 0);
  }
  /** Bytes per element, 0 when not of fixed size. */
  get size(): number {
    return this.#spec.size;
  }
  get isFloating(): boolean {
    return this.#spec.kind === "float";
  }
  /** Signed and unsigned integers, as TensorFlow's `is_integer`. */
  get isInteger(): boolean {
    return this.#spec.kind === "int" || this.#spec.kind === "uint";
  }
  get isUnsigned(): boolean {
    return this.#spec.kind === "uint";
  }
  get isBool(): boolean {
    return this.#spec.kind === "bool";
  }
  get isComplex(): boolean {
    return this.#spec.kind === "complex";
  }
  /** Elements are JavaScript bigints. */
  get isBig(): boolean {
    return this.isInteger && this.#spec.size === 8;
  }
  /** The same type without reference. */
  get base(): DType<D> {
    return this.isRef ? this.#pair() : this;
  }
  /** The reference to this type. */
  get ref(): DType<D> {
    return this.isRef ? this : this.#pair();
  }
  /** Whether a value of `other` may be used where this type is asked for; a reference gives its base. */
  isCompatibleWith(other: DType): boolean {
    return (this as DType) === other || (this as DType) === other.base;
  }
  toString(): string {
    return `<dtype: '${this.name}'>`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `tf.${this.name}`;
  }
  #pair(): DType<D> {
    if (!this.#other) {
      this.#other = new DType(this.baseName, !this.isRef);
      this.#other.#other = this;
    }
    return this.#other;
  }
}

export const float32 = new DType("float32");
export const float64 = new DType("float64");
export const float16 = new DType("float16");
export const bfloat16 = new DType("bfloat16");
export const int8 = new DType("int8");
export const int16 = new DType("int16");
export const int32 = new DType("int32");
export const int64 = new DType("int64");
export const uint8 = new DType("uint8");
export const uint16 = new DType("uint16");
export const uint32 = new DType("uint32");
export const uint64 = new DType("uint64");
export const bool = new DType("bool");
export const string = new DType("string");
export const complex64 = new DType("complex64");
export const complex128 = new DType("complex128");
export const resource = new DType("resource");
export const variant = new DType("variant");
export const qint8 = new DType("qint8");
export const quint8 = new DType("quint8");
export const qint16 = new DType("qint16");
export const quint16 = new DType("quint16");
export const qint32 = new DType("qint32");

const all: Readonly<Record<DTypeName, DType>> = {
  float32,
  float64,
  float16,
  bfloat16,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  bool,
  string,
  complex64,
  complex128,
  resource,
  variant,
  qint8,
  quint8,
  qint16,
  quint16,
  qint32,
  float8_e5m2: new DType("float8_e5m2"),
  float8_e4m3fn: new DType("float8_e4m3fn"),
  float8_e4m3fnuz: new DType("float8_e4m3fnuz"),
  float8_e4m3b11fnuz: new DType("float8_e4m3b11fnuz"),
  float8_e5m2fnuz: new DType("float8_e5m2fnuz"),
  int4: new DType("int4"),
  uint4: new DType("uint4"),
  int2: new DType("int2"),
  uint2: new DType("uint2"),
  float4_e2m1fn: new DType("float4_e2m1fn"),
};

const byNumber = new Map<number, DType>();
for (const type of Object.values(all)) {
  byNumber.set(type.enum, type);
  byNumber.set(type.ref.enum, type.ref);
}

const aliases: Readonly<Record<string, DTypeName>> = {
  half: "float16",
  float: "float32",
  double: "float64",
};

/** What may be given where a dtype is asked for. */
export type DTypeLike<D extends DTypeName = DTypeName> = DType<D> | D;

/** The dtype of a name (`"float32"`, `"float32_ref"`), a DataType number, or a dtype itself. */
export function asDType<D extends DTypeName>(value: DTypeLike<D>): DType<D>;
export function asDType(value: DTypeLike | string | number): DType;
export function asDType(value: DTypeLike | string | number): DType {
  if (value instanceof DType) return value;
  const found = typeof value === "number" ? byNumber.get(value) : byName(value);
  if (!found) {
    throw new TypeError(
      `Cannot convert the argument \`type_value\`: ${brief(value)} to a TensorFlow DType.`,
      "A dtype is one of tf.float32, tf.int32, … or its name.",
    );
  }
  return found;
}

function byName(name: string): DType | undefined {
  if (typeof name !== "string") return undefined;
  const isRef = name.endsWith("_ref");
  const base = isRef ? name.slice(0, -4) : name;
  const known = Object.hasOwn(all, base) ? (base as DTypeName) : aliases[base];
  if (!known) return undefined;
  return isRef ? all[known].ref : all[known];
}

/** A zeroed array for `length` elements of a dtype; strings start empty. */
export function allocate(dtype: DType, length: number): Storage {
  switch (dtype.baseName) {
    case "float32":
      return new Float32Array(length);
    case "float64":
      return new Float64Array(length);
    case "float16":
    case "bfloat16":
    case "uint16":
    case "quint16":
      return new Uint16Array(length);
    case "int8":
    case "qint8":
    case "int4":
    case "int2":
      return new Int8Array(length);
    case "int16":
    case "qint16":
      return new Int16Array(length);
    case "int32":
    case "qint32":
      return new Int32Array(length);
    case "uint8":
    case "bool":
    case "quint8":
    case "uint4":
    case "uint2":
    case "float8_e5m2":
    case "float8_e4m3fn":
    case "float8_e4m3fnuz":
    case "float8_e4m3b11fnuz":
    case "float8_e5m2fnuz":
    case "float4_e2m1fn":
      return new Uint8Array(length);
    case "uint32":
      return new Uint32Array(length);
    case "int64":
      return new BigInt64Array(length);
    case "uint64":
      return new BigUint64Array(length);
    case "string":
      return new Array<string>(length).fill("");
    case "complex64":
      return new Float32Array(2 * length);
    case "complex128":
      return new Float64Array(2 * length);
    case "resource":
    case "variant":
      throw internal(`a tensor of dtype ${dtype.name} has no elements to store`);
  }
}
