/** TensorProto from and to arrays, in all the ways in which TensorFlow stores elements. */

import { create } from "@bufbuild/protobuf";
import { allocate, asDType, type DType, type DTypeLike, type Storage } from "../core/dtypes.ts";
import { UnimplementedError } from "../core/errors.ts";
import { givenElements, NDArray } from "../core/ndarray.ts";
import { type ArrayLike, asArray, fitShape } from "../ops/constant.ts";
import { bytesOf, hasElements, nameOfType, stringBytes, stringElement } from "./elements.ts";
import { FormatError, type FormatPlace } from "./errors.ts";
import {
  type TensorProto,
  TensorProtoSchema,
  type TensorShapeProto,
  TensorShapeProto_DimSchema,
  TensorShapeProtoSchema,
} from "./proto/index.ts";

/** A few stored elements may stand for a large array; this many bytes at most. */
const largestFill = 1 << 28;

/** The shape message of known dimensions. */
export function shapeProto(dims: readonly number[]): TensorShapeProto {
  return create(TensorShapeProtoSchema, {
    dim: dims.map((size) => create(TensorShapeProto_DimSchema, { size: BigInt(size) })),
  });
}

/** The dimensions of a stored array. */
export function dimsOf(
  shape: TensorShapeProto | undefined,
  place: FormatPlace = {},
): readonly number[] {
  if (shape?.unknownRank) throw new FormatError("an array of unknown rank", place);
  return (shape?.dim ?? []).map(({ size }) => {
    const dim = Number(size);
    if (dim >= 0 && Number.isSafeInteger(dim)) return dim;
    throw new FormatError(`an array with a dimension of ${size}`, place);
  });
}

/**
 * The array that a message holds. Where it has fewer elements than its shape the last one is repeated. Throws
 * FormatError when elements and shape do not fit, UnimplementedError for types that have no elements here.
 */
export function arrayFromTensor(proto: TensorProto, place: FormatPlace = {}): NDArray {
  const dims = dimsOf(proto.tensorShape, within(place, "tensor_shape"));
  if (!hasElements(proto.dtype)) {
    throw new UnimplementedError(
      undefined,
      `an array of ${nameOfType(proto.dtype)} cannot be read here`,
    );
  }
  const dtype = asDType(proto.dtype);
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (!Number.isSafeInteger(size)) throw new FormatError(`an array of ${size} elements`, place);
  const data =
    proto.tensorContent.length > 0
      ? fromContent(proto.tensorContent, dtype, size, within(place, "tensor_content"))
      : fromList(proto, dtype, size, place);
  return new NDArray(data, dims, dtype);
}

function within(place: FormatPlace, field: string): FormatPlace {
  return { ...place, field: place.field === undefined ? field : `${place.field}.${field}` };
}

function fromContent(bytes: Uint8Array, dtype: DType, size: number, place: FormatPlace): Storage {
  if (dtype.baseName === "string") return stringsOf(bytes, size, place);
  if (bytes.length !== size * dtype.size) {
    throw new FormatError(
      `${bytes.length} bytes for ${size} elements of ${dtype.name}, which take ${size * dtype.size}`,
      place,
    );
  }
  const data = allocate(dtype, size) as Exclude<Storage, unknown[]>;
  new Uint8Array(data.buffer).set(bytes);
  return data;
}

/** Strings packed into one field: all lengths as varints, then all bytes. */
function stringsOf(bytes: Uint8Array, size: number, place: FormatPlace): Storage {
  let at = 0;
  const readLength = () => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new FormatError("the lengths of the strings are cut short", place);
  };
  if (size > bytes.length) throw new FormatError(`${size} strings in ${bytes.length} bytes`, place);
  const lengths = Array.from({ length: size }, readLength);
  return lengths.map((length) => {
    if (at + length > bytes.length) throw new FormatError("a string is cut short", place);
    at += length;
    return stringElement(bytes.subarray(at - length, at));
  });
}

type Stored = readonly (number | bigint | boolean | Uint8Array)[];

/** The list that holds elements of a type, and its name. */
function listOf(proto: TensorProto, dtype: DType): readonly [name: string, list: Stored] {
  switch (dtype.baseName) {
    case "float32":
      return ["float_val", proto.floatVal];
    case "float64":
      return ["double_val", proto.doubleVal];
    case "float16":
    case "bfloat16":
      return ["half_val", proto.halfVal];
    case "complex64":
      return ["scomplex_val", proto.scomplexVal];
    case "complex128":
      return ["dcomplex_val", proto.dcomplexVal];
    case "int64":
      return ["int64_val", proto.int64Val];
    case "uint64":
      return ["uint64_val", proto.uint64Val];
    case "uint32":
      return ["uint32_val", proto.uint32Val];
    case "bool":
      return ["bool_val", proto.boolVal];
    case "string":
      return ["string_val", proto.stringVal];
    case "float8_e5m2":
    case "float8_e4m3fn":
    case "float8_e4m3fnuz":
    case "float8_e4m3b11fnuz":
    case "float8_e5m2fnuz":
    case "float4_e2m1fn":
      return ["float8_val", [...proto.float8Val]];
    default:
      return ["int_val", proto.intVal];
  }
}

function fromList(proto: TensorProto, dtype: DType, size: number, place: FormatPlace): Storage {
  const [name, list] = listOf(proto, dtype);
  const lanes = dtype.isComplex ? 2 : 1;
  const stored = Math.floor(list.length / lanes);
  const field = within(place, name);
  if (stored > size) {
    throw new FormatError(`${stored} elements where the shape has ${size}`, field);
  }
  if (size > stored && size * Math.max(dtype.size, 8) > largestFill) {
    throw new FormatError(`${size} elements of which only ${stored} are stored`, field);
  }
  if (dtype.baseName === "string") {
    const strings = (list as readonly Uint8Array[]).map(stringElement);
    const last = strings.at(-1) ?? "";
    return Array.from({ length: size }, (_, i) => strings[i] ?? last);
  }
  const data = allocate(dtype, size) as unknown as (number | bigint)[] & Float32Array;
  for (let i = 0; i < stored * lanes; i++) {
    const element = list[i] as number | bigint | boolean;
    data[i] = (typeof element === "boolean" ? Number(element) : element) as number;
  }
  if (stored === 0 || stored === size) return data;
  if (lanes === 1) data.fill(data[stored - 1] as number, stored);
  else {
    for (let i = stored * lanes; i < data.length; i++) data[i] = data[i - lanes] as number;
  }
  return data;
}

/** Types whose elements TensorFlow stores as raw bytes where there is more than one. */
const rawTypes = new Set(
  ["float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64"]
    .concat(["uint8", "uint32", "uint64", "qint8", "quint8", "qint16", "quint16", "qint32"])
    .concat(["float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz"])
    .concat(["float8_e5m2fnuz", "float4_e2m1fn"]),
);

/** The message of an array, stored as TensorFlow's Python stores it. */
export function tensorFromArray(array: NDArray): TensorProto {
  const { dtype } = array;
  const proto = create(TensorProtoSchema, {
    dtype: dtype.base.enum,
    tensorShape: shapeProto(array.shape),
  });
  const stored = Math.min(givenElements(array) ?? array.size, array.size);
  if (stored === array.size && stored > 1 && rawTypes.has(dtype.baseName)) {
    proto.tensorContent = bytesOf(array).slice();
    return proto;
  }
  const lanes = dtype.isComplex ? 2 : 1;
  const values = Array.from({ length: stored * lanes }, (_, i) => array.data[i]);
  switch (dtype.baseName) {
    case "string":
      proto.stringVal = (values as (string | Uint8Array)[]).map(stringBytes);
      break;
    case "bool":
      proto.boolVal = values.map((value) => value !== 0);
      break;
    case "int64":
      proto.int64Val = values as bigint[];
      break;
    case "uint64":
      proto.uint64Val = values as bigint[];
      break;
    case "float8_e5m2":
    case "float8_e4m3fn":
    case "float8_e4m3fnuz":
    case "float8_e4m3b11fnuz":
    case "float8_e5m2fnuz":
    case "float4_e2m1fn":
      proto.float8Val = Uint8Array.from(values as number[]);
      break;
    default: {
      const [name] = listOf(proto, dtype);
      const field = TensorProtoSchema.fields.find((one) => one.name === name);
      (proto as unknown as Record<string, unknown>)[field?.localName as string] = values;
    }
  }
  return proto;
}

export interface MakeTensorOptions {
  readonly dtype?: DTypeLike | undefined;
  /** The last element is repeated to fill it up. */
  readonly shape?: readonly number[] | undefined;
}

/** Values as a TensorProto. TensorFlow: `tf.make_tensor_proto`. */
export function makeTensorProto(
  values: ArrayLike,
  { dtype, shape }: MakeTensorOptions = {},
): TensorProto {
  const array = asArray(values, dtype === undefined ? null : asDType(dtype));
  return tensorFromArray(shape === undefined ? array : fitShape(array, shape, false));
}
