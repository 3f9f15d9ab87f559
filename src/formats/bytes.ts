/** Bytes written into a growing array, and read back with every failure placed. */

import { FormatError } from "./errors.ts";

const utf8 = new TextEncoder();
const utf8Strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function encodeText(text: string): Uint8Array {
  return utf8.encode(text);
}

/** The text of UTF-8 bytes, null when they are none. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return utf8Strict.decode(bytes);
  } catch {
    return null;
  }
}

/** Orders as unsigned bytes, a prefix first. */
export function compareBytes(lhs: Uint8Array, rhs: Uint8Array): number {
  const length = Math.min(lhs.length, rhs.length);
  for (let i = 0; i < length; i++) {
    const difference = (lhs[i] as number) - (rhs[i] as number);
    if (difference !== 0) return difference;
  }
  return lhs.length - rhs.length;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const whole = new Uint8Array(size);
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

/** A growing array of bytes. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #size = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get size(): number {
    return this.#size;
  }
  /** What was written: a view that the next write may make stale. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }
  clear(): void {
    this.#size = 0;
  }

  byte(value: number): void {
    // Making room may replace the array, so it comes first.
    const position = this.#room(1);
    this.#bytes[position] = value;
  }
  put(bytes: Uint8Array): void {
    const position = this.#room(bytes.length);
    this.#bytes.set(bytes, position);
  }
  uint16(value: number): void {
    const position = this.#room(2);
    this.#view.setUint16(position, value, true);
  }
  uint32(value: number): void {
    const position = this.#room(4);
    this.#view.setUint32(position, value, true);
  }
  /** A non-negative integer below 2^53 as 8 bytes. */
  uint64(value: number): void {
    this.uint32(value % 0x1_0000_0000);
    this.uint32(Math.floor(value / 0x1_0000_0000));
  }
  /** A non-negative integer below 2^53, seven bits per byte, lowest first. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  #room(count: number): number {
    const position = this.#size;
    this.#size += count;
    if (this.#size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#size, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, position));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return position;
  }
}

/** Reads from a place in a file. What is missing or too large is a FormatError at its offset. */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** The file offset of the first byte. */
  readonly start: number;
  readonly file: string | undefined;
  position = 0;

  constructor(bytes: Uint8Array, file?: string, start = 0) {
    this.bytes = bytes;
    this.file = file;
    this.start = start;
  }

  get left(): number {
    return this.bytes.length - this.position;
  }

  take(count: number, field: string): Uint8Array {
    if (!(count >= 0 && count <= this.left)) {
      throw this.error(`ends after ${this.left} of ${count} bytes`, field);
    }
    this.position += count;
    return this.bytes.subarray(this.position - count, this.position);
  }
  byte(field: string): number {
    return this.take(1, field)[0] as number;
  }
  uint16(field: string): number {
    const bytes = this.take(2, field);
    return (bytes[0] as number) | ((bytes[1] as number) << 8);
  }
  uint32(field: string): number {
    const bytes = this.take(4, field);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  }
  uint64(field: string): number {
    const low = this.uint32(field);
    const value = this.uint32(field) * 0x1_0000_0000 + low;
    if (Number.isSafeInteger(value)) return value;
    throw this.error("a size of 2^53 or more", field);
  }
  varint(field: string): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.byte(field);
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte >= 128) continue;
      if (Number.isSafeInteger(value)) return value;
      throw this.error("a number of 2^53 or more", field);
    }
    throw this.error("a number of more than 10 bytes", field);
  }

  error(problem: string, field: string, position = this.position): FormatError {
    return new FormatError(problem, { file: this.file, offset: this.start + position, field });
  }
}
