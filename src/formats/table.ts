/**
 * Sorted-string tables, the container of checkpoint indexes: LevelDB's table format
 * (github.com/google/leveldb, doc/table_format.md), written with the policy of TensorFlow's table builder.
 */

import { ByteReader, ByteWriter, compareBytes } from "./bytes.ts";
import { crc32c, maskCrc, maskedCrc32c } from "./crc32c.ts";
import { FormatError } from "./errors.ts";
import type { ReadableFile } from "./files.ts";
import { decompressSnappy } from "./snappy.ts";

const footerSize = 48;
const magic = [0x8b80fb57, 0xdb477524] as const;
/** Compression byte and checksum, after every block. */
const trailerSize = 5;
const noCompression = 0;
const snappyCompression = 1;

export interface TableEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

// Reading

interface Handle {
  readonly offset: number;
  readonly size: number;
}

function readHandle(reader: ByteReader, field: string): Handle {
  return { offset: reader.varint(field), size: reader.varint(field) };
}

/** Entries of one block, decoded as they are asked for. */
class Block {
  readonly #reader: ByteReader;
  readonly #end: number;
  readonly #restarts: number;

  constructor(bytes: Uint8Array, file: string, offset: number) {
    this.#reader = new ByteReader(bytes, file, offset);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const count = bytes.length < 4 ? 0 : view.getUint32(bytes.length - 4, true);
    this.#restarts = count;
    this.#end = bytes.length - 4 * (count + 1);
    if (bytes.length < 4 || this.#end < 0) {
      throw this.#reader.error(`${count} restarts do not fit into ${bytes.length} bytes`, "block");
    }
  }

  *entries(): Generator<TableEntry> {
    yield* this.#entriesFrom(0);
  }

  /** The first entry whose key is `target` or after it. */
  seek(target: Uint8Array): TableEntry | null {
    let low = 0;
    let high = Math.max(0, this.#restarts - 1);
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const [entry] = this.#entriesFrom(this.#restart(middle));
      if (entry && compareBytes(entry.key, target) < 0) low = middle;
      else high = middle - 1;
    }
    for (const entry of this.#entriesFrom(this.#restart(low))) {
      if (compareBytes(entry.key, target) >= 0) return entry;
    }
    return null;
  }

  #restart(index: number): number {
    if (this.#restarts === 0) return 0;
    const { bytes } = this.#reader;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const position = this.#end + 4 * index;
    const restart = view.getUint32(position, true);
    if (restart <= this.#end) return restart;
    throw this.#reader.error(
      `restart ${index} is at ${restart}, after the entries`,
      "block",
      position,
    );
  }

  *#entriesFrom(start: number): Generator<TableEntry> {
    const reader = new ByteReader(
      this.#reader.bytes.subarray(0, this.#end),
      this.#reader.file,
      this.#reader.start,
    );
    reader.position = start;
    let key: Uint8Array = new Uint8Array();
    while (reader.left > 0) {
      const at = reader.position;
      const shared = reader.varint("entry");
      const added = reader.varint("entry");
      const length = reader.varint("entry");
      if (shared > key.length) {
        throw reader.error(`takes ${shared} bytes of a key of ${key.length}`, "entry", at);
      }
      const rest = reader.take(added, "key");
      const next = new Uint8Array(shared + added);
      next.set(key.subarray(0, shared));
      next.set(rest, shared);
      key = next;
      yield { key, value: reader.take(length, "value") };
    }
  }
}

/** Reads a table block by block: neither listing nor looking up needs the whole file. */
export class TableReader implements Disposable {
  readonly #file: ReadableFile;
  readonly #index: Block;
  #last: { readonly offset: number; readonly block: Block } | undefined;

  /** Takes over the file: closing the table closes it. */
  constructor(file: ReadableFile) {
    this.#file = file;
    try {
      this.#index = this.#readBlock(this.#readFooter(), "index block");
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #readFooter(): Handle {
    const { path, size } = this.#file;
    const start = size - footerSize;
    if (start < 0) {
      throw new FormatError(`${size} bytes are too few for a table`, {
        file: path,
        offset: size,
        field: "footer",
      });
    }
    const reader = new ByteReader(this.#file.read(start, footerSize), path, start);
    if (reader.left < footerSize) throw reader.error("the file became shorter", "footer");
    reader.position = 40;
    if (reader.uint32("footer") !== magic[0] || reader.uint32("footer") !== magic[1]) {
      throw reader.error("not a table: the magic number is missing at its end", "footer", 40);
    }
    reader.position = 0;
    readHandle(reader, "footer");
    return readHandle(reader, "footer");
  }

  #readBlock({ offset, size }: Handle, field: string): Block {
    const { path: file } = this.#file;
    if (offset + size + trailerSize > this.#file.size) {
      throw new FormatError(
        `${size} bytes and their checksum end after the file's ${this.#file.size}`,
        { file, offset, field },
      );
    }
    const bytes = this.#file.read(offset, size + trailerSize);
    if (bytes.length < size + trailerSize) {
      throw new FormatError("the file became shorter", { file, offset, field });
    }
    const trailer = new ByteReader(bytes, file, offset);
    trailer.position = size;
    const compression = trailer.byte(field);
    const stored = trailer.uint32(field);
    const computed = maskedCrc32c(bytes.subarray(0, size + 1));
    if (stored !== computed) {
      throw trailer.error(
        `checksum is ${hex(computed)}, stored is ${hex(stored)}`,
        field,
        size + 1,
      );
    }
    const payload = bytes.subarray(0, size);
    if (compression === noCompression) return new Block(payload, file, offset);
    if (compression === snappyCompression) {
      return new Block(decompressSnappy(payload, { file, offset }), file, offset);
    }
    throw trailer.error(`compression ${compression} is unknown`, field, size);
  }

  #dataBlock(entry: TableEntry): { readonly block: Block; readonly handle: Handle } {
    const handle = readHandle(new ByteReader(entry.value, this.#file.path), "block handle");
    if (this.#last?.offset !== handle.offset) {
      this.#last = { offset: handle.offset, block: this.#readBlock(handle, "data block") };
    }
    return { block: this.#last.block, handle };
  }

  /** The value of a key, null when the table has none. */
  get(key: Uint8Array): Uint8Array | null {
    const place = this.#index.seek(key);
    const found = place && this.#dataBlock(place).block.seek(key);
    return found && compareBytes(found.key, key) === 0 ? found.value : null;
  }

  /** All entries in order of their keys. */
  *entries(): Generator<TableEntry> {
    let previous: Uint8Array | undefined;
    // Blocks follow each other: an index that says otherwise could make a small file endless.
    let end = 0;
    for (const place of this.#index.entries()) {
      const { block, handle } = this.#dataBlock(place);
      if (handle.offset < end) {
        throw new FormatError("blocks overlap or are out of order", {
          file: this.#file.path,
          offset: handle.offset,
          field: "index block",
        });
      }
      end = handle.offset + handle.size;
      for (const entry of block.entries()) {
        if (previous && compareBytes(previous, entry.key) >= 0) {
          throw new FormatError("keys are out of order", {
            file: this.#file.path,
            offset: handle.offset,
            field: "data block",
          });
        }
        previous = entry.key;
        yield entry;
      }
    }
  }

  close(): void {
    this.#file.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

// Writing

/** Collects the entries of one block. */
class BlockBuilder {
  readonly #interval: number;
  readonly #buffer = new ByteWriter(4096);
  #restarts = [0];
  #count = 0;
  #last: Uint8Array = new Uint8Array();

  constructor(interval: number) {
    this.#interval = interval;
  }

  get isEmpty(): boolean {
    return this.#buffer.size === 0;
  }
  /** Bytes of the block if it ended here. */
  get size(): number {
    return this.#buffer.size + 4 * this.#restarts.length + 4;
  }

  add(key: Uint8Array, value: Uint8Array): void {
    let shared = 0;
    if (this.#count < this.#interval) {
      const limit = Math.min(key.length, this.#last.length);
      while (shared < limit && key[shared] === this.#last[shared]) shared++;
    } else {
      this.#restarts.push(this.#buffer.size);
      this.#count = 0;
    }
    this.#buffer.varint(shared);
    this.#buffer.varint(key.length - shared);
    this.#buffer.varint(value.length);
    this.#buffer.put(key.subarray(shared));
    this.#buffer.put(value);
    this.#last = key;
    this.#count += 1;
  }

  /** The finished block; the builder starts anew. */
  finish(): Uint8Array {
    for (const restart of this.#restarts) this.#buffer.uint32(restart);
    this.#buffer.uint32(this.#restarts.length);
    const bytes = this.#buffer.bytes.slice();
    this.#buffer.clear();
    this.#restarts = [0];
    this.#count = 0;
    this.#last = new Uint8Array();
    return bytes;
  }
}

/** What a table is written to. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
}

/** Writes a table. Keys must come in strictly ascending order. */
export class TableWriter {
  readonly #sink: ByteSink;
  readonly #blockSize: number;
  readonly #data = new BlockBuilder(16);
  readonly #index = new BlockBuilder(1);
  #offset = 0;
  #last: Uint8Array | undefined;
  /** A block that was written and is not yet in the index: its key depends on what follows. */
  #pending: Handle | undefined;

  constructor(sink: ByteSink, { blockSize = 262_144 }: { readonly blockSize?: number } = {}) {
    this.#sink = sink;
    this.#blockSize = blockSize;
  }

  add(key: Uint8Array, value: Uint8Array): void {
    if (this.#last && compareBytes(this.#last, key) >= 0) {
      throw new FormatError(
        `keys must ascend: "${decodeKey(key)}" follows "${decodeKey(this.#last)}"`,
      );
    }
    if (key.length + value.length >= 2 * this.#blockSize) this.#flush();
    if (this.#pending) {
      this.#indexPending(shortestSeparator(this.#last as Uint8Array, key));
    }
    this.#data.add(key, value);
    this.#last = key;
    if (this.#data.size >= this.#blockSize) this.#flush();
  }

  /** Writes what is left. */
  finish(): void {
    this.#flush();
    const empty = this.#write(new BlockBuilder(1).finish());
    if (this.#pending) this.#indexPending(shortSuccessor(this.#last as Uint8Array));
    const index = this.#write(this.#index.finish());
    const footer = new ByteWriter(footerSize);
    for (const { offset, size } of [empty, index]) {
      footer.varint(offset);
      footer.varint(size);
    }
    while (footer.size < 40) footer.byte(0);
    for (const word of magic) footer.uint32(word);
    this.#sink.write(footer.bytes);
    this.#offset += footerSize;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#offset;
  }

  #flush(): void {
    if (this.#data.isEmpty) return;
    this.#pending = this.#write(this.#data.finish());
  }

  #indexPending(key: Uint8Array): void {
    const { offset, size } = this.#pending as Handle;
    const value = new ByteWriter(20);
    value.varint(offset);
    value.varint(size);
    this.#index.add(key, value.bytes);
    this.#pending = undefined;
  }

  #write(payload: Uint8Array): Handle {
    const handle = { offset: this.#offset, size: payload.length };
    const type = Uint8Array.of(noCompression);
    const trailer = new ByteWriter(trailerSize);
    trailer.put(type);
    trailer.uint32(maskCrc(crc32c(type, crc32c(payload))));
    this.#sink.write(payload);
    this.#sink.write(trailer.bytes);
    this.#offset += payload.length + trailerSize;
    return handle;
  }
}

function decodeKey(key: Uint8Array): string {
  return new TextDecoder().decode(key);
}

/** A key k with `from` <= k < `to`, as short as it is easily found. */
function shortestSeparator(from: Uint8Array, to: Uint8Array): Uint8Array {
  let at = 0;
  while (at < from.length && at < to.length && from[at] === to[at]) at++;
  const byte = from[at];
  const next = to[at];
  if (byte === undefined || next === undefined || byte === 255 || byte + 1 >= next) return from;
  const key = from.slice(0, at + 1);
  key[at] = byte + 1;
  return key;
}

/** A short key at or after `from`. */
function shortSuccessor(from: Uint8Array): Uint8Array {
  const at = from.findIndex((byte) => byte !== 255);
  if (at < 0) return from;
  const key = from.slice(0, at + 1);
  key[at] = (from[at] as number) + 1;
  return key;
}
