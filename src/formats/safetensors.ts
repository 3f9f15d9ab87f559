/** safetensors (github.com/huggingface/safetensors): a header in JSON, then the bytes of all tensors. */

import { asDType, type DType, type DTypeName } from "../core/dtypes.ts";
import { UnimplementedError } from "../core/errors.ts";
import { type NDArray, sizeOf } from "../core/ndarray.ts";
import { ByteReader, ByteWriter, concatBytes, decodeText, encodeText } from "./bytes.ts";
import { arrayFromBytes, bytesOf } from "./elements.ts";
import { FormatError } from "./errors.ts";

/** Names of types, in the order in which the reference writer sorts them, from last to first. */
const types: readonly (readonly [name: string, dtype: DTypeName])[] = [
  ["BOOL", "bool"],
  ["U8", "uint8"],
  ["I8", "int8"],
  ["I16", "int16"],
  ["U16", "uint16"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["I32", "int32"],
  ["U32", "uint32"],
  ["F32", "float32"],
  ["C64", "complex64"],
  ["F64", "float64"],
  ["I64", "int64"],
  ["U64", "uint64"],
];
const byName = new Map(types.map(([name, dtype]) => [name, asDType(dtype)]));
const nameOf = new Map(types.map(([name, dtype], rank) => [dtype, { name, rank }]));

/** The format's own limit. */
const longestHeader = 100_000_000;

export interface Safetensors {
  readonly tensors: Map<string, NDArray>;
  readonly metadata: ReadonlyMap<string, string>;
}

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** The tensors of a file, by name in order of the header. */
export function readSafetensors(bytes: Uint8Array, file?: string): Safetensors {
  const reader = new ByteReader(bytes, file);
  const length = reader.uint64("header length");
  if (length > longestHeader) throw reader.error(`a header of ${length} bytes`, "header length", 0);
  const text = decodeText(reader.take(length, "header"));
  const header = text === null ? null : parseObject(text);
  if (!header) throw reader.error("the header is no JSON object", "header", 8);
  const { __metadata__: meta, ...rest } = header;
  const start = reader.position;
  const entries = Object.entries(rest).map(([name, value]) =>
    entryOf(name, value, { file, offset: 8 }),
  );
  checkLayout(entries, reader.left, { file, offset: start });
  const tensors = new Map(
    entries.map(({ name, dtype, shape, start: from, end }) => [
      name,
      arrayFromBytes(bytes.subarray(start + from, start + end), shape, dtype),
    ]),
  );
  const metadata = new Map(
    Object.entries((meta ?? {}) as Record<string, unknown>).map(([key, value]) => [
      key,
      String(value),
    ]),
  );
  return { tensors, metadata };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

interface Place {
  readonly file: string | undefined;
  readonly offset: number;
}

function entryOf(name: string, value: unknown, place: Place): Entry {
  const field = `tensor ${name}`;
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const counts = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((item) => Number.isSafeInteger(item) && item >= 0);
  if (typeof dtype !== "string" || !counts(shape) || !counts(offsets) || offsets.length !== 2) {
    throw new FormatError("no dtype, shape and data_offsets", { ...place, field });
  }
  const known = byName.get(dtype);
  if (!known) {
    throw new UnimplementedError(
      undefined,
      `${place.file ?? "safetensors"}: tensor ${name} is of type ${dtype}, which cannot be read.`,
    );
  }
  const [start, end] = offsets as [number, number];
  if (end - start !== sizeOf(shape) * known.size) {
    throw new FormatError(`${end - start} bytes for shape [${shape}] of ${dtype}`, {
      ...place,
      field,
    });
  }
  return { name, dtype: known, shape, start, end };
}

/** Tensors lie behind each other without gaps and fill the file. */
function checkLayout(entries: readonly Entry[], size: number, place: Place): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (entry.start !== end || entry.end > size) {
      throw new FormatError(
        `lies at ${entry.start} to ${entry.end}; ${end} was expected, of ${size}`,
        {
          ...place,
          field: `tensor ${entry.name}`,
        },
      );
    }
    end = entry.end;
  }
  if (end !== size)
    throw new FormatError(`${size - end} bytes belong to no tensor`, {
      file: place.file,
      offset: place.offset + end,
    });
}

export interface SafetensorsOptions {
  /** Texts that are kept with the tensors. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A file, as the reference implementation writes it. Strings and complex128 have no type there. */
export function writeSafetensors(
  tensors: Iterable<readonly [name: string, array: NDArray]>,
  { metadata }: SafetensorsOptions = {},
): Uint8Array {
  const items = Array.from(tensors, ([name, array]) => {
    const type = nameOf.get(array.dtype.baseName);
    if (type) return { name, array, type };
    throw new UnimplementedError(
      undefined,
      `safetensors has no type for ${array.dtype.name}, of which tensor ${name} is.`,
    );
  });
  items.sort((a, b) => b.type.rank - a.type.rank || (a.name < b.name ? -1 : 1));
  const entries: string[] = [];
  if (metadata) entries.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let offset = 0;
  const parts = items.map(({ name, array, type }) => {
    const bytes = bytesOf(array);
    const offsets = [offset, offset + bytes.length];
    offset += bytes.length;
    entries.push(
      `${JSON.stringify(name)}:{"dtype":"${type.name}","shape":[${array.shape}],"data_offsets":[${offsets}]}`,
    );
    return bytes;
  });
  const header = encodeText(`{${entries.join(",")}}`);
  const padding = (8 - (header.length % 8)) % 8;
  const start = new ByteWriter();
  start.uint64(header.length + padding);
  start.put(header);
  for (let i = 0; i < padding; i++) start.byte(0x20);
  return concatBytes([start.bytes, ...parts]);
}
