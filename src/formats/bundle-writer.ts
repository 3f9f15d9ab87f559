/** Writes checkpoints of version 2, byte for byte as TensorFlow does, and merges those of several devices into one. */

import { create, toBinary } from "@bufbuild/protobuf";
import type { Storage } from "../core/dtypes.ts";
import { InvalidArgumentError, NotFoundError, UnimplementedError } from "../core/errors.ts";
import { type NDArray, sizeOf } from "../core/ndarray.ts";
import { lengthWords } from "./bundle.ts";
import { ByteWriter, compareBytes, encodeText } from "./bytes.ts";
import { decodeMessage } from "./checkpoint.ts";
import { commit, dataPath, indexPath, recover, temporaryPath } from "./commit.ts";
import { crc32c, maskCrc } from "./crc32c.ts";
import { bytesOf, stringBytes } from "./elements.ts";
import { FormatError } from "./errors.ts";
import { type FileSystem, fileSystem, folderOf, type WritableFile } from "./files.ts";
import {
  type BundleEntryProto,
  BundleEntryProtoSchema,
  BundleHeaderProtoSchema,
  type TensorShapeProto,
  TensorShapeProtoSchema,
} from "./proto/index.ts";
import { formatSlice, isWhole, sliceKey, sliceToProto, type TensorSlice } from "./slice.ts";
import { TableReader, TableWriter } from "./table.ts";

export interface BundleWriterOptions {
  readonly files?: FileSystem;
  /** Every tensor is followed by zeros up to a multiple of this. */
  readonly alignment?: number;
}

/**
 * A checkpoint that is being written. It appears under its prefix when `finish` is called, whole; until then what was
 * there before stays.
 */
export class BundleWriter {
  readonly prefix: string;
  readonly #files: FileSystem;
  readonly #alignment: number;
  readonly #data: WritableFile;
  readonly #entries = new EntryTable();
  #offset = 0;
  #isOpen = true;

  constructor(prefix: string, { files = fileSystem(), alignment = 1 }: BundleWriterOptions = {}) {
    this.prefix = prefix;
    this.#files = files;
    this.#alignment = alignment;
    makeParent(files, prefix);
    recover(files, prefix);
    this.#data = files.create(temporaryPath(dataPath(prefix, 0, 1)));
  }

  /** Adds a whole tensor. */
  add(name: string, array: NDArray): void {
    this.#store(encodeText(name), name, array);
  }

  /** Adds a slice of a tensor of `shape`. */
  addSlice(name: string, shape: readonly number[], slice: TensorSlice, array: NDArray): void {
    if (isWhole(slice, shape)) {
      this.add(name, array);
      return;
    }
    this.#entries.addSlice(name, shape, array.dtype.enum, slice);
    this.#store(sliceKey(name, slice), `${name} (${formatSlice(slice)})`, array);
  }

  /** Completes the checkpoint and puts it in its place. */
  finish(): void {
    this.#data.sync();
    this.#data.close();
    this.#isOpen = false;
    this.#entries.write(this.#files, this.prefix, 1);
    const path = dataPath(this.prefix, 0, 1);
    commit(this.#files, this.prefix, [[temporaryPath(path), path]]);
  }

  /** Gives up: removes what was written, unless it is finished. */
  abandon(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#data.close();
    this.#files.remove(this.#data.path);
  }

  #store(key: Uint8Array, shown: string, array: NDArray): void {
    const { dtype, shape } = array;
    const isString = dtype.baseName === "string";
    if (dtype.size === 0 && !isString) {
      throw new UnimplementedError(
        undefined,
        `Tensor ${shown} is of type ${dtype.name}, which cannot be stored.`,
      );
    }
    const { size, crc } = isString ? this.#putStrings(array) : this.#put(bytesOf(array));
    this.#entries.add(key, shown, {
      type: dtype.enum,
      shape,
      offset: this.#offset,
      size,
      crc: maskCrc(crc),
    });
    this.#offset += size;
    const padding = (this.#alignment - (this.#offset % this.#alignment)) % this.#alignment;
    if (padding > 0) this.#data.write(new Uint8Array(padding));
    this.#offset += padding;
  }

  #put(bytes: Uint8Array): Stored {
    this.#data.write(bytes);
    return { size: bytes.length, crc: crc32c(bytes) };
  }

  #putStrings(array: NDArray): Stored {
    const elements = (array.data as Storage<"string">)
      .slice(0, sizeOf(array.shape))
      .map(stringBytes);
    const lengths = elements.map((element) => element.length);
    let crc = crc32c(lengthWords(lengths));
    const output = new ByteWriter();
    for (const length of lengths) output.varint(length);
    const checksum = new ByteWriter(4);
    checksum.uint32(maskCrc(crc));
    output.put(checksum.bytes);
    crc = crc32c(checksum.bytes, crc);
    for (const element of elements) {
      output.put(element);
      crc = crc32c(element, crc);
    }
    this.#data.write(output.bytes);
    return { size: output.size, crc };
  }
}

/** The folder of a checkpoint is made when the one above it is there. */
function makeParent(files: FileSystem, prefix: string): void {
  const folder = folderOf(prefix);
  if (folder === "" || files.stat(folder)) return;
  if (files.stat(folderOf(folder) || ".")?.kind !== "folder") {
    throw new NotFoundError(undefined, `${folder}; No such file or directory`);
  }
  files.makeFolder(folder);
}

interface Stored {
  readonly size: number;
  readonly crc: number;
}

interface StoredEntry extends Stored {
  readonly type: number;
  readonly shape: readonly number[];
  readonly offset: number;
}

function shapeProto(shape: readonly number[]): TensorShapeProto {
  return create(TensorShapeProtoSchema, { dim: shape.map((size) => ({ size: BigInt(size) })) });
}

/** The entries of an index, by key. */
class EntryTable {
  readonly #entries = new Map<
    string,
    { readonly key: Uint8Array; readonly entry: BundleEntryProto }
  >();

  add(key: Uint8Array, shown: string, { type, shape, offset, size, crc }: StoredEntry): void {
    const entry = create(BundleEntryProtoSchema, {
      dtype: type,
      shape: shapeProto(shape),
      offset: BigInt(offset),
      size: BigInt(size),
      crc32c: crc,
    });
    if (this.#get(key)) throw duplicate(shown);
    this.set(key, entry);
  }

  addSlice(name: string, shape: readonly number[], type: number, slice: TensorSlice): void {
    const key = encodeText(name);
    const whole = this.#get(key);
    if (!whole) {
      this.set(
        key,
        create(BundleEntryProtoSchema, {
          dtype: type,
          shape: shapeProto(shape),
          slices: [sliceToProto(slice)],
        }),
      );
      return;
    }
    if (whole.slices.length === 0) throw duplicate(name);
    checkSameTensor(name, whole, { type, shape });
    whole.slices.push(sliceToProto(slice));
  }

  /** Takes over an entry of another index, with the data file's new number. */
  merge(key: Uint8Array, entry: BundleEntryProto): void {
    const known = this.#get(key);
    if (!known) {
      this.set(key, entry);
      return;
    }
    const name = new TextDecoder().decode(key);
    if (known.slices.length === 0 || entry.slices.length === 0) throw duplicate(name);
    checkSameTensor(name, known, {
      type: entry.dtype,
      shape: (entry.shape?.dim ?? []).map(({ size }) => Number(size)),
    });
    known.slices.push(...entry.slices);
  }

  set(key: Uint8Array, entry: BundleEntryProto): void {
    this.#entries.set(keyText(key), { key, entry });
  }

  /** Writes the index under its temporary name. */
  write(files: FileSystem, prefix: string, shards: number): void {
    const file = files.create(temporaryPath(indexPath(prefix)));
    try {
      const table = new TableWriter(file);
      const header = create(BundleHeaderProtoSchema, {
        numShards: shards,
        version: { producer: 1 },
      });
      table.add(new Uint8Array(), toBinary(BundleHeaderProtoSchema, header));
      const sorted = [...this.#entries.values()].sort((a, b) => compareBytes(a.key, b.key));
      for (const { key, entry } of sorted) table.add(key, toBinary(BundleEntryProtoSchema, entry));
      table.finish();
      file.sync();
    } finally {
      file.close();
    }
  }

  #get(key: Uint8Array): BundleEntryProto | undefined {
    return this.#entries.get(keyText(key))?.entry;
  }
}

/** A key as a map's key: one character per byte. */
function keyText(key: Uint8Array): string {
  let text = "";
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}

function duplicate(name: string): InvalidArgumentError {
  return new InvalidArgumentError(undefined, `Adding duplicate key: ${name}`);
}

function checkSameTensor(
  name: string,
  whole: BundleEntryProto,
  { type, shape }: { readonly type: number; readonly shape: readonly number[] },
): void {
  const known = (whole.shape?.dim ?? []).map(({ size }) => Number(size));
  if (whole.dtype === type && String(known) === String(shape)) return;
  throw new InvalidArgumentError(
    undefined,
    `Slices of tensor ${name} disagree: type ${whole.dtype} and shape [${known}], type ${type} and shape [${shape}]`,
  );
}

export interface MergeOptions {
  readonly files?: FileSystem;
  /** Removes the folders that the parts were in, when nothing else is in them. */
  readonly deleteOldFolders?: boolean;
  /** Parts that are not there are left out. */
  readonly allowMissing?: boolean;
}

/** Makes one checkpoint of several: their data files are renamed, their indexes become one. */
export function mergeBundles(
  prefixes: readonly string[],
  merged: string,
  { files = fileSystem(), deleteOldFolders = true, allowMissing = false }: MergeOptions = {},
): void {
  recover(files, merged);
  const parts = allowMissing
    ? prefixes.filter((prefix) => files.stat(indexPath(prefix)))
    : prefixes;
  const entries = new EntryTable();
  const sources: string[] = [];
  for (const prefix of parts) {
    const file = indexPath(prefix);
    using table = new TableReader(files.open(file));
    const first = sources.length;
    for (const { key, value } of table.entries()) {
      if (key.length === 0) {
        const { numShards } = decodeMessage(BundleHeaderProtoSchema, value, {
          file,
          field: "header",
        });
        if (numShards < 1 || numShards > files.list(folderOf(prefix)).length) {
          throw new FormatError(`${numShards} data files`, { file, field: "header.num_shards" });
        }
        for (let shard = 0; shard < numShards; shard++)
          sources.push(dataPath(prefix, shard, numShards));
        continue;
      }
      const entry = decodeMessage(BundleEntryProtoSchema, value, { file });
      if (entry.slices.length === 0) entry.shardId += first;
      entries.merge(key, entry);
    }
  }
  entries.write(files, merged, sources.length);
  commit(
    files,
    merged,
    sources.map((from, shard) => [from, dataPath(merged, shard, sources.length)] as const),
  );
  for (const prefix of parts) files.remove(indexPath(prefix));
  if (deleteOldFolders) removeEmptied(files, parts, merged);
}

function removeEmptied(files: FileSystem, parts: readonly string[], merged: string): void {
  for (const folder of new Set(parts.map(folderOf))) {
    if (folder === folderOf(merged) || !files.stat(folder || ".")) continue;
    if (files.list(folder).length === 0) files.remove(folder);
  }
}
