/** NumPy's .npy and .npz files (numpy.lib.format). */

import { allocate, asDType, type DType, type DTypeName, type Storage } from "../core/dtypes.ts";
import { UnimplementedError, ValueError } from "../core/errors.ts";
import { NDArray, sizeOf, stridesOf } from "../core/ndarray.ts";
import { ByteReader, ByteWriter, concatBytes, encodeText } from "./bytes.ts";
import { arrayFromBytes, bytesOf, stringBytes, stringElement, swapBytes } from "./elements.ts";
import type { FormatError } from "./errors.ts";
import { readZip, writeZip } from "./zip.ts";

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** NumPy's codes without byte order. bfloat16 is what ml_dtypes makes of it: two opaque bytes. */
const codes: Readonly<Partial<Record<DTypeName, string>>> = {
  float32: "f4",
  float64: "f8",
  float16: "f2",
  bfloat16: "V2",
  int8: "i1",
  int16: "i2",
  int32: "i4",
  int64: "i8",
  uint8: "u1",
  uint16: "u2",
  uint32: "u4",
  uint64: "u8",
  bool: "b1",
  complex64: "c8",
  complex128: "c16",
};

const dtypes = new Map(Object.entries(codes).map(([name, code]) => [code, asDType(name)]));

// Reading

interface Header {
  readonly order: string;
  readonly code: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** The array of a .npy file. */
export function readNpy(bytes: Uint8Array, file?: string): NDArray {
  const reader = new ByteReader(bytes, file);
  const { order, code, fortran, shape } = readHeader(reader);
  const start = reader.position;
  const content = reader.take(reader.left, "elements");
  const size = sizeOf(shape);
  const text = /^([SU])(\d+)$/.exec(code);
  const dtype = dtypes.get(code);
  if (!text && !dtype) {
    throw new UnimplementedError(
      undefined,
      `${file ?? "npy"}: elements of NumPy's type '${order}${code}' cannot be read.`,
      code === "O"
        ? "Object arrays are pickled Python objects: save them as another type."
        : undefined,
    );
  }
  const width = text ? Number(text[2]) * (text[1] === "U" ? 4 : 1) : (dtype as DType).size;
  if (!Number.isSafeInteger(size * width) || content.length !== size * width) {
    throw reader.error(
      `${content.length} bytes are no ${size} elements of ${width} bytes`,
      "elements",
      start,
    );
  }
  const array = text
    ? strings(content, { size, width, wide: text[1] === "U", big: order === ">" }, shape)
    : numbers(content, shape, dtype as DType, order === ">");
  return fortran && shape.length > 1 ? fromFortran(array) : array;
}

function readHeader(reader: ByteReader): Header {
  const mark = reader.take(6, "magic");
  if (magic.some((byte, i) => mark[i] !== byte)) throw reader.error("not a .npy file", "magic", 0);
  const major = reader.byte("version");
  reader.byte("version");
  if (major < 1 || major > 3) throw reader.error(`version ${major} is unknown`, "version", 6);
  const length = major === 1 ? reader.uint16("header length") : reader.uint32("header length");
  const start = reader.position;
  const text = new TextDecoder(major < 3 ? "latin1" : "utf-8").decode(
    reader.take(length, "header"),
  );
  const fail = (what: string): FormatError =>
    reader.error(`no ${what} in ${text.trim().slice(0, 200)}`, "header", start);
  const descr = /'descr':\s*'([<>|=]?)([a-zA-Z]\d*)'/.exec(text);
  if (!descr) throw fail("plain 'descr'");
  const fortran = /'fortran_order':\s*(True|False)/.exec(text);
  if (!fortran) throw fail("'fortran_order'");
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text);
  if (!shape) throw fail("'shape'");
  const dims = (shape[1] as string)
    .split(",")
    .map((part) => part.replace("L", "").trim())
    .filter((part) => part !== "")
    .map(Number);
  if (!dims.every(Number.isSafeInteger)) throw fail("possible 'shape'");
  return {
    order: descr[1] as string,
    code: descr[2] as string,
    fortran: fortran[1] === "True",
    shape: dims,
  };
}

function numbers(
  content: Uint8Array,
  shape: readonly number[],
  dtype: DType,
  big: boolean,
): NDArray {
  const array = arrayFromBytes(content, shape, dtype);
  if (big) swapBytes(bytesOf(array), dtype);
  return array;
}

interface StringLayout {
  readonly size: number;
  readonly width: number;
  /** Elements are code points of four bytes. */
  readonly wide: boolean;
  readonly big: boolean;
}

/** Strings of fixed width, filled up with zeros. */
function strings(
  content: Uint8Array,
  { size, width, wide, big }: StringLayout,
  shape: readonly number[],
): NDArray {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const elements = Array.from({ length: size }, (_, i) => {
    const bytes = content.subarray(i * width, (i + 1) * width);
    if (!wide) {
      let end = bytes.length;
      while (end > 0 && bytes[end - 1] === 0) end--;
      return stringElement(bytes.subarray(0, end));
    }
    let text = "";
    for (let at = 0; at < width; at += 4) {
      const point = view.getUint32(i * width + at, !big);
      text += point <= 0x10ffff ? String.fromCodePoint(point) : "\ufffd";
    }
    return text.replace(/\0+$/, "");
  });
  return new NDArray(elements, shape, "string");
}

/** The same elements with the last dimension running fastest. */
function fromFortran(array: NDArray): NDArray {
  const { shape, dtype } = array;
  const data = allocate(dtype, array.size) as unknown[];
  const source = array.data as ArrayLike<unknown>;
  const steps = stridesOf([...shape].reverse()).reverse();
  const lanes = dtype.isComplex ? 2 : 1;
  const point = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < array.size; i++) {
    const from = point.reduce((sum, at, axis) => sum + at * (steps[axis] as number), 0);
    for (let lane = 0; lane < lanes; lane++) data[i * lanes + lane] = source[from * lanes + lane];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      point[axis] = (point[axis] as number) + 1;
      if ((point[axis] as number) < (shape[axis] as number)) break;
      point[axis] = 0;
    }
  }
  return new NDArray(data as Storage, shape, dtype);
}

/** The arrays of an .npz archive, by name. */
export function readNpz(bytes: Uint8Array, file?: string): Map<string, NDArray> {
  const arrays = new Map<string, NDArray>();
  for (const [name, content] of readZip(bytes, file)) {
    if (!name.endsWith(".npy")) continue;
    arrays.set(
      name.slice(0, -".npy".length),
      readNpy(content, file === undefined ? name : `${file}/${name}`),
    );
  }
  return arrays;
}

// Writing

/** A .npy file, as `numpy.save` writes it. */
export function writeNpy(array: NDArray): Uint8Array {
  const { descr, content } = encodeElements(array);
  const dims = array.shape.length === 1 ? `${array.shape[0]},` : array.shape.join(", ");
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }`;
  // The elements start at a multiple of 64 bytes.
  const used = magic.length + 4 + header.length + 1;
  const padded = `${header}${" ".repeat((64 - (used % 64)) % 64)}\n`;
  if (padded.length > 0xffff)
    throw new ValueError(`an array of rank ${array.rank} does not fit into a .npy file`);
  const start = new ByteWriter();
  start.put(Uint8Array.from([...magic, 1, 0]));
  start.uint16(padded.length);
  start.put(encodeText(padded));
  return concatBytes([start.bytes, content]);
}

function encodeElements(array: NDArray): { readonly descr: string; readonly content: Uint8Array } {
  const { dtype } = array;
  if (dtype.baseName === "string") return encodeStrings(array);
  const code = codes[dtype.baseName];
  if (code === undefined)
    throw new UnimplementedError(undefined, `NumPy has no type for ${dtype.name}.`);
  const order = dtype.size === 1 ? "|" : "<";
  return { descr: order + code, content: bytesOf(array) };
}

function encodeStrings(array: NDArray): { readonly descr: string; readonly content: Uint8Array } {
  const elements = (array.data as Storage<"string">).map(stringBytes);
  if (elements.some((bytes) => bytes.at(-1) === 0)) {
    throw new ValueError("NumPy drops zeros at the end of strings; this array has such strings.");
  }
  const width = elements.reduce((widest, bytes) => Math.max(widest, bytes.length), 1);
  const content = new Uint8Array(width * elements.length);
  for (const [i, bytes] of elements.entries()) content.set(bytes, i * width);
  return { descr: `|S${width}`, content };
}

export interface NpzOptions {
  /** As `numpy.savez_compressed`; only where zlib is available. */
  readonly compress?: boolean;
}

/** An .npz archive, which `numpy.load` reads. */
export function writeNpz(
  arrays: Iterable<readonly [name: string, array: NDArray]>,
  options: NpzOptions = {},
): Uint8Array {
  const files = Array.from(arrays, ([name, array]) => [`${name}.npy`, writeNpy(array)] as const);
  return writeZip(files, options);
}
