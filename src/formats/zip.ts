/** Zip archives (APPNOTE.TXT), as far as .npz needs them: entries that are stored or deflated. */

import { UnimplementedError } from "../core/errors.ts";
import { ByteReader, ByteWriter, concatBytes, decodeText, encodeText } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { inflate } from "./inflate.ts";

const localMark = 0x04034b50;
const centralMark = 0x02014b50;
const endMark = 0x06054b50;
const end64Mark = 0x06064b50;
const endSize = 22;
const stored = 0;
const deflated = 8;
/** What stands where the 64-bit field has the value. */
const in64 = 0xffffffff;

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++)
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});

function crc32(bytes: Uint8Array): number {
  let state = -1;
  for (const byte of bytes) state = (state >>> 8) ^ (crcTable[(state ^ byte) & 255] as number);
  return ~state >>> 0;
}

interface Zlib {
  deflateRawSync(bytes: Uint8Array): Uint8Array;
  inflateRawSync(bytes: Uint8Array, options: { readonly maxOutputLength: number }): Uint8Array;
}

function zlib(): Zlib | undefined {
  const { process } = globalThis as {
    readonly process?: { getBuiltinModule?(name: string): unknown };
  };
  return process?.getBuiltinModule?.("node:zlib") as Zlib | undefined;
}

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

/** The files of an archive by name, in order. */
export function readZip(bytes: Uint8Array, file?: string): Map<string, Uint8Array> {
  const entries = directory(bytes, file);
  const files = new Map<string, Uint8Array>();
  // Entries lie behind each other; ones that overlap could make a small archive endless.
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    if (entry.offset < end) {
      throw new FormatError("entries overlap", { file, offset: entry.offset, field: entry.name });
    }
    const reader = new ByteReader(bytes, file);
    reader.position = entry.offset;
    const field = `entry ${entry.name}`;
    if (reader.uint32(field) !== localMark)
      throw reader.error("no entry starts here", field, entry.offset);
    reader.take(22, field);
    const skip = reader.uint16(field) + reader.uint16(field);
    reader.take(skip, field);
    const start = reader.position;
    const packed = reader.take(entry.packed, field);
    end = reader.position;
    const content = unpack(packed, entry, { file, offset: start, field });
    const crc = crc32(content);
    if (crc !== entry.crc)
      throw reader.error(`checksum is ${crc}, stored is ${entry.crc}`, field, start);
    files.set(entry.name, content);
  }
  return new Map(entries.map(({ name }) => [name, files.get(name) as Uint8Array]));
}

type Place = { readonly file: string | undefined; readonly offset: number; readonly field: string };

function unpack(packed: Uint8Array, { method, size }: Entry, place: Place): Uint8Array {
  if (method === stored) {
    if (packed.length === size) return packed;
    throw new FormatError(`${packed.length} bytes stored, ${size} were announced`, place);
  }
  if (method !== deflated) {
    throw new UnimplementedError(
      undefined,
      `${place.file ?? "zip"}: ${place.field} is compressed by method ${method}, which cannot be read.`,
    );
  }
  const host = size > 0 ? zlib() : undefined;
  if (!host) return inflate(packed, size, place);
  let content: Uint8Array;
  try {
    content = host.inflateRawSync(packed, { maxOutputLength: size });
  } catch (error) {
    throw new FormatError(`cannot be decompressed: ${(error as Error).message}`, place);
  }
  if (content.length === size) return content;
  throw new FormatError(`gives ${content.length} bytes, ${size} were announced`, place);
}

function directory(bytes: Uint8Array, file: string | undefined): Entry[] {
  const { count, offset } = findEnd(bytes, file);
  const reader = new ByteReader(bytes, file);
  reader.take(offset, "directory");
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    const field = `directory entry ${i}`;
    const at = reader.position;
    if (reader.uint32(field) !== centralMark)
      throw reader.error("no directory entry starts here", field, at);
    reader.take(4, field);
    const flags = reader.uint16(field);
    if (flags & 1) throw reader.error("encrypted", field, at);
    const method = reader.uint16(field);
    reader.take(4, field);
    const crc = reader.uint32(field);
    const packed = reader.uint32(field);
    const size = reader.uint32(field);
    const nameLength = reader.uint16(field);
    const extraLength = reader.uint16(field);
    const commentLength = reader.uint16(field);
    reader.take(8, field);
    const start = reader.uint32(field);
    const name = decodeText(reader.take(nameLength, field));
    if (name === null) throw reader.error("the name is not UTF-8", field, at);
    const extra = new ByteReader(
      reader.take(extraLength, field),
      file,
      reader.position - extraLength,
    );
    reader.take(commentLength, field);
    entries.push({ name, method, crc, ...wide(extra, { size, packed, offset: start }, field) });
  }
  return entries;
}

/** Sizes that do not fit into 32 bits are in an extra field, in this order. */
function wide(
  extra: ByteReader,
  known: Pick<Entry, "size" | "packed" | "offset">,
  field: string,
): Pick<Entry, "size" | "packed" | "offset"> {
  while (extra.left >= 4) {
    const tag = extra.uint16(field);
    const length = extra.uint16(field);
    const body = new ByteReader(extra.take(length, field), extra.file, extra.start);
    if (tag !== 1) continue;
    const value = (short: number): number => (short === in64 ? body.uint64(field) : short);
    const size = value(known.size);
    const packed = value(known.packed);
    return { size, packed, offset: value(known.offset) };
  }
  return known;
}

function findEnd(
  bytes: Uint8Array,
  file: string | undefined,
): { readonly count: number; readonly offset: number } {
  const reader = new ByteReader(bytes, file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  // A comment of up to 65535 bytes may follow.
  const first = Math.max(0, bytes.length - endSize - 65_535);
  for (let at = bytes.length - endSize; at >= first; at--) {
    if (view.getUint32(at, true) !== endMark) continue;
    reader.position = at + 10;
    const count = reader.uint16("end of directory");
    reader.take(4, "end of directory");
    const offset = reader.uint32("end of directory");
    if (count < 0xffff && offset < in64) return { count, offset };
    return findEnd64(reader, at);
  }
  throw reader.error(
    "not a zip archive: its directory is missing",
    "end of directory",
    bytes.length,
  );
}

function findEnd64(
  reader: ByteReader,
  end: number,
): { readonly count: number; readonly offset: number } {
  const field = "64-bit end of directory";
  reader.position = Math.max(0, end - 20) + 8;
  reader.position = Math.min(reader.uint64(field), reader.bytes.length);
  const at = reader.position;
  if (reader.uint32(field) !== end64Mark)
    throw reader.error("no 64-bit directory ends here", field, at);
  reader.take(28, field);
  const count = reader.uint64(field);
  reader.take(8, field);
  return { count, offset: reader.uint64(field) };
}

export interface ZipOptions {
  /** Deflates what gets smaller by it; only where zlib is available. */
  readonly compress?: boolean;
}

/** An archive. The same files give the same bytes: every entry is of the first moment that zip knows. */
export function writeZip(
  files: Iterable<readonly [name: string, content: Uint8Array]>,
  { compress = false }: ZipOptions = {},
): Uint8Array {
  const parts: Uint8Array[] = [];
  const central = new ByteWriter();
  let offset = 0;
  let count = 0;
  for (const [name, content] of files) {
    const deflater = compress ? zlib() : undefined;
    const smaller = deflater?.deflateRawSync(content);
    const isSmaller = smaller !== undefined && smaller.length < content.length;
    const packed = isSmaller ? smaller : content;
    const bytes = encodeText(name);
    if (offset + packed.length + content.length >= in64) {
      throw new UnimplementedError(
        undefined,
        "Archives of 4 GiB or more are not written.",
        "Use safetensors or a checkpoint.",
      );
    }
    const header = new ByteWriter();
    header.uint16(20);
    // Names are UTF-8.
    header.uint16(0x0800);
    header.uint16(isSmaller ? deflated : stored);
    header.uint16(0);
    header.uint16(0x21);
    header.uint32(crc32(content));
    header.uint32(packed.length);
    header.uint32(content.length);
    header.uint16(bytes.length);
    header.uint16(0);
    const local = new ByteWriter();
    local.uint32(localMark);
    local.put(header.bytes);
    local.put(bytes);
    parts.push(local.bytes, packed);
    central.uint32(centralMark);
    central.uint16(20);
    central.put(header.bytes);
    central.put(new Uint8Array(10));
    central.uint32(offset);
    central.put(bytes);
    offset += local.size + packed.length;
    count += 1;
  }
  if (count >= 0xffff)
    throw new UnimplementedError(undefined, `Archives of ${count} entries are not written.`);
  const end = new ByteWriter();
  end.uint32(endMark);
  end.uint32(0);
  end.uint16(count);
  end.uint16(count);
  end.uint32(central.size);
  end.uint32(offset);
  end.uint16(0);
  return concatBytes([...parts, central.bytes, end.bytes]);
}
