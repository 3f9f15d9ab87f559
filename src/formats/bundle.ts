/** Reads checkpoints of version 2: an index, which is a table of entries, and files of tensor bytes. */

import { allocate, type Storage } from "../core/dtypes.ts";
import { FailedPreconditionError } from "../core/errors.ts";
import { NDArray, sizeOf } from "../core/ndarray.ts";
import { ByteReader, ByteWriter, decodeText, encodeText } from "./bytes.ts";
import {
  assemble,
  type CheckpointFile,
  checkSlice,
  cutSlice,
  decodeMessage,
  dimsOf,
  missingTensor,
  storedDType,
  type TensorInfo,
} from "./checkpoint.ts";
import { currentData, dataPath, indexPath } from "./commit.ts";
import { crc32c, maskCrc } from "./crc32c.ts";
import { arrayFromBytes, stringElement, swapBytes } from "./elements.ts";
import { FormatError, readingIn } from "./errors.ts";
import { type FileSystem, fileSystem, type ReadableFile } from "./files.ts";
import {
  type BundleEntryProto,
  BundleEntryProtoSchema,
  BundleHeaderProtoSchema,
} from "./proto/index.ts";
import { isWhole, sliceFromProto, sliceKey, sliceShape, type TensorSlice } from "./slice.ts";
import { TableReader } from "./table.ts";

/** The newest version of the format that is known here. */
const knownVersion = 1;

/** Where a tensor, or a slice of one, is stored. */
export interface BundleEntry extends TensorInfo {
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  /** Masked. */
  readonly crc: number;
}

export interface BundleReaderOptions {
  readonly files?: FileSystem;
}

/** A checkpoint of version 2. Opening it reads the end of the index; listing reads the index; tensors come by range. */
export class BundleReader implements CheckpointFile {
  readonly path: string;
  readonly version = "V2";
  /** Number of data files. */
  readonly shards: number;
  readonly #files: FileSystem;
  readonly #table: TableReader;
  readonly #bigEndian: boolean;
  readonly #data = new Map<number, ReadableFile>();
  #all: Map<string, BundleEntry> | undefined;

  constructor(prefix: string, { files = fileSystem() }: BundleReaderOptions = {}) {
    this.path = prefix;
    this.#files = files;
    const file = indexPath(prefix);
    this.#table = new TableReader(files.open(file));
    try {
      const bytes = this.#table.get(new Uint8Array());
      if (!bytes)
        throw new FormatError("a table, but of no checkpoint: it has no header", {
          file,
          field: "header",
        });
      const header = decodeMessage(BundleHeaderProtoSchema, bytes, { file, field: "header" });
      this.shards = header.numShards;
      this.#bigEndian = header.endianness === 1;
      if (this.shards < 1) {
        throw new FormatError(`${this.shards} data files`, { file, field: "header.num_shards" });
      }
      const least = header.version?.minConsumer ?? 0;
      if (least > knownVersion) {
        throw new FormatError(`needs a reader of version ${least}, this one is ${knownVersion}`, {
          file,
          field: "header.version",
        });
      }
    } catch (error) {
      this.#table.close();
      throw error;
    }
  }

  names(): readonly string[] {
    return [...this.#entries().keys()];
  }

  info(name: string): BundleEntry | null {
    if (this.#all) return this.#all.get(name) ?? null;
    // The header has the empty name.
    const bytes = name === "" ? null : this.#table.get(encodeText(name));
    return bytes && this.#entry(name, bytes);
  }

  read(name: string): NDArray {
    const entry = this.#find(name);
    if (!entry.slices) return this.#load(entry);
    return this.#assemble(
      entry,
      entry.shape.map(() => ({ start: 0, length: null })),
    );
  }

  readSlice(name: string, slice: TensorSlice): NDArray {
    const entry = this.#find(name);
    checkSlice(entry, slice);
    if (entry.slices) return this.#assemble(entry, slice);
    return cutSlice(this.#load(entry), slice);
  }

  close(): void {
    this.#table.close();
    for (const file of this.#data.values()) file.close();
    this.#data.clear();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #find(name: string): BundleEntry {
    const entry = this.info(name);
    if (entry) return entry;
    throw missingTensor(name);
  }

  #entries(): Map<string, BundleEntry> {
    if (this.#all) return this.#all;
    const all = new Map<string, BundleEntry>();
    for (const { key, value } of this.#table.entries()) {
      // The header, and slices, which their tensor's entry names.
      if (key.length === 0 || key[0] === 0) continue;
      const name = decodeText(key);
      if (name === null) {
        throw new FormatError("a tensor's name is not UTF-8", { file: indexPath(this.path) });
      }
      all.set(name, this.#entry(name, value));
    }
    this.#all = all;
    return all;
  }

  #entry(name: string, bytes: Uint8Array): BundleEntry {
    const place = { file: indexPath(this.path), field: `entry of tensor ${name}` };
    const proto: BundleEntryProto = decodeMessage(BundleEntryProtoSchema, bytes, place);
    return readingIn(place, () => {
      const slices = proto.slices.map(sliceFromProto);
      const shape = dimsOf(proto.shape, { field: "shape" });
      if (slices.some((slice) => slice.length !== shape.length)) {
        throw new FormatError(`a slice is not of rank ${shape.length}`, { field: "slices" });
      }
      const offset = Number(proto.offset);
      const size = Number(proto.size);
      if (!(offset >= 0 && size >= 0 && Number.isSafeInteger(offset + size))) {
        throw new FormatError(`offset ${offset} and size ${size}`, { field: "offset" });
      }
      return {
        name,
        type: proto.dtype,
        shape,
        slices: slices.length > 0 ? slices : null,
        shard: proto.shardId,
        offset,
        size,
        crc: proto.crc32c,
      };
    });
  }

  #assemble(entry: BundleEntry, wanted: TensorSlice): NDArray {
    let available = 0;
    for (let shard = 0; shard < this.shards; shard++) available += this.#file(shard).size;
    return readingIn({ file: this.path }, () =>
      assemble(entry, wanted, available, (slice) => {
        const { name } = entry;
        const shape = sliceShape(slice, entry.shape);
        // A slice of everything is stored under the plain name, and that entry is this one.
        const bytes = isWhole(slice, entry.shape) ? null : this.#table.get(sliceKey(name, slice));
        if (!bytes)
          throw new FormatError("a slice that the entry names is missing", {
            field: `tensor ${name}`,
          });
        const part = this.#entry(name, bytes);
        if (part.type !== entry.type || String(part.shape) !== String(shape) || part.slices) {
          throw new FormatError("a slice is of another type or shape than the tensor", {
            field: `tensor ${name}`,
          });
        }
        return this.#load(part);
      }),
    );
  }

  #load(entry: BundleEntry): NDArray {
    const dtype = storedDType(entry);
    const file = this.#file(entry.shard);
    const field = `tensor ${entry.name}`;
    const place = { file: file.path, offset: entry.offset, field };
    const count = sizeOf(entry.shape);
    if (dtype.size > 0 && entry.size !== count * dtype.size) {
      throw new FormatError(`${entry.size} bytes are no ${count} elements of type ${dtype.name}`, {
        file: indexPath(this.path),
        field,
      });
    }
    if (entry.offset + entry.size > file.size) {
      throw new FormatError(`its ${entry.size} bytes end after the file's ${file.size}`, place);
    }
    const bytes = file.read(entry.offset, entry.size);
    if (bytes.length < entry.size) throw new FormatError("the file became shorter", place);
    if (dtype.baseName === "string") return readStrings(entry, bytes, file.path, this.#bigEndian);
    checkCrc(crc32c(bytes), entry, file.path);
    const array = arrayFromBytes(bytes, entry.shape, dtype);
    if (this.#bigEndian) {
      const { data } = array as { readonly data: Exclude<Storage, unknown[]> };
      swapBytes(new Uint8Array(data.buffer), dtype);
    }
    return array;
  }

  #file(shard: number): ReadableFile {
    if (!(shard >= 0 && shard < this.shards)) {
      throw new FormatError(`data file ${shard} of ${this.shards}`, { file: indexPath(this.path) });
    }
    let file = this.#data.get(shard);
    if (!file) {
      const path = dataPath(this.path, shard, this.shards);
      const current = currentData(this.#files, this.path, path);
      if (!this.#files.stat(current)) {
        throw new FailedPreconditionError(
          undefined,
          `The checkpoint ${this.path} is incomplete: ${path} is missing.`,
        );
      }
      file = this.#files.open(current);
      this.#data.set(shard, file);
    }
    return file;
  }
}

function checkCrc(computed: number, entry: BundleEntry, file: string): void {
  const masked = maskCrc(computed);
  if (masked === entry.crc) return;
  throw new FormatError(`checksum is ${masked}, stored is ${entry.crc}`, {
    file,
    offset: entry.offset,
    field: `tensor ${entry.name}`,
  });
}

/**
 * Lengths as varints, the masked checksum of the lengths as 32-bit words, then all elements. The entry's checksum covers
 * the words, the stored checksum and the elements.
 */
function readStrings(
  entry: BundleEntry,
  bytes: Uint8Array,
  file: string,
  bigEndian: boolean,
): NDArray {
  const field = `tensor ${entry.name}`;
  const count = sizeOf(entry.shape);
  const reader = new ByteReader(bytes, file, entry.offset);
  if (count > bytes.length) {
    throw reader.error(`${bytes.length} bytes cannot hold ${count} strings`, field);
  }
  const lengths = Array.from({ length: count }, () => reader.varint(field));
  let crc = crc32c(lengthWords(lengths));
  const at = reader.position;
  const checksum = reader.take(4, field).slice();
  if (bigEndian) checksum.reverse();
  const stored = new DataView(checksum.buffer).getUint32(0, true);
  if (stored !== maskCrc(crc)) {
    throw reader.error(
      `checksum of the lengths is ${maskCrc(crc)}, stored is ${stored}`,
      field,
      at,
    );
  }
  crc = crc32c(checksum, crc);
  const data = allocate(storedDType(entry), count) as Storage<"string">;
  for (const [i, length] of lengths.entries()) {
    const element = reader.take(length, field);
    crc = crc32c(element, crc);
    data[i] = stringElement(element);
  }
  if (reader.left > 0) throw reader.error(`${reader.left} bytes are left over`, field);
  checkCrc(crc, entry, file);
  return new NDArray(data, entry.shape, "string");
}

/** The lengths of strings as their checksum takes them: in 4 bytes, or in 8 where 4 do not do. */
export function lengthWords(lengths: readonly number[]): Uint8Array {
  const words = new ByteWriter(4 * lengths.length);
  for (const length of lengths) {
    if (length > 0xffffffff) words.uint64(length);
    else words.uint32(length);
  }
  return words.bytes;
}
