/** TFRecord files: byte strings one after another, each with its length and the checksums of both. */

import { ByteWriter } from "./bytes.ts";
import { maskedCrc32c } from "./crc32c.ts";
import { FormatError } from "./errors.ts";
import { type FileSystem, fileSystem } from "./files.ts";

/** Length (8 bytes) and its checksum (4). */
const headerSize = 12;
/** The checksum of the data. */
const footerSize = 4;
/** As much as one read takes. */
const chunkSize = 1 << 20;

/** A record as it is in the file. */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const out = new ByteWriter(headerSize + data.length + footerSize);
  out.uint64(data.length);
  out.uint32(maskedCrc32c(out.bytes));
  out.put(data);
  out.uint32(maskedCrc32c(data));
  return out.bytes;
}

/** A record's data and the byte of the file at which the record begins. */
export interface FileRecord {
  readonly data: Uint8Array;
  readonly offset: number;
}

/**
 * Reads a file's records in order. The file may still be growing: at its end, and where the last record is not
 * complete yet, `next()` is done, and a later `next()` goes on from there. Wrong checksums throw FormatError; after
 * wrong data the following record can still be read.
 */
export class RecordReader implements IterableIterator<FileRecord> {
  readonly path: string;
  readonly #files: FileSystem;
  #chunk: Uint8Array = new Uint8Array(0);
  #chunkStart = 0;
  #offset = 0;

  constructor(path: string, files: FileSystem = fileSystem()) {
    this.path = path;
    this.#files = files;
  }

  /** Where the next record begins. */
  get offset(): number {
    return this.#offset;
  }
  [Symbol.iterator](): this {
    return this;
  }
  next(): IteratorResult<FileRecord, undefined> {
    const offset = this.#offset;
    const header = this.#bytes(offset, headerSize);
    if (!header) return { done: true, value: undefined };
    const fields = new DataView(header.buffer, header.byteOffset, headerSize);
    if (fields.getUint32(8, true) !== maskedCrc32c(header.subarray(0, 8))) {
      throw this.#damaged("length", offset, offset === 0 ? "Is this a TFRecord file?" : undefined);
    }
    const length = fields.getUint32(4, true) * 2 ** 32 + fields.getUint32(0, true);
    const rest = this.#bytes(offset + headerSize, length + footerSize);
    if (!rest) return { done: true, value: undefined };
    this.#offset = offset + headerSize + length + footerSize;
    const data = rest.subarray(0, length);
    const stored = new DataView(rest.buffer, rest.byteOffset + length, footerSize);
    if (stored.getUint32(0, true) !== maskedCrc32c(data)) throw this.#damaged("data", offset);
    return { done: false, value: { data, offset } };
  }

  #damaged(field: string, offset: number, hint?: string): FormatError {
    const problem = `corrupted record: the checksum of its ${field} does not fit`;
    return new FormatError(problem, { file: this.path, offset, field }, hint);
  }

  /** Bytes of the file; null where it has fewer. No more than the file's size is ever allocated. */
  #bytes(offset: number, length: number): Uint8Array | null {
    const start = offset - this.#chunkStart;
    if (start < 0 || start + length > this.#chunk.length) {
      using file = this.#files.open(this.path);
      if (offset + length > file.size) return null;
      this.#chunk = file.read(offset, Math.max(length, chunkSize));
      this.#chunkStart = offset;
      if (this.#chunk.length < length) return null;
      return this.#chunk.subarray(0, length);
    }
    return this.#chunk.subarray(start, start + length);
  }
}
