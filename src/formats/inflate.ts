/** Decompresses DEFLATE (RFC 1951), for places that have no zlib. */

import { FormatError, type FormatPlace } from "./errors.ts";

const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
];
const lengthExtra = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
const distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** In this order the lengths of the code that encodes code lengths come. */
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const longestCode = 15;

/** A canonical Huffman code: how many codes there are of each length, and the symbols in order of their codes. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function makeCode(lengths: ArrayLike<number>): Code {
  const counts = new Uint16Array(longestCode + 1);
  for (let i = 0; i < lengths.length; i++)
    counts[lengths[i] as number] = (counts[lengths[i] as number] as number) + 1;
  counts[0] = 0;
  const starts = new Uint16Array(longestCode + 2);
  for (let length = 1; length <= longestCode; length++) {
    starts[length + 1] = (starts[length] as number) + (counts[length] as number);
  }
  const symbols = new Uint16Array(lengths.length);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number;
    if (length === 0) continue;
    symbols[starts[length] as number] = symbol;
    starts[length] = (starts[length] as number) + 1;
  }
  return { counts, symbols };
}

const fixedLiterals = makeCode(
  Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
);
const fixedDistances = makeCode(new Array<number>(30).fill(5));

/** Decompresses to exactly `size` bytes. */
export function inflate(input: Uint8Array, size: number, place: FormatPlace = {}): Uint8Array {
  return new Inflater(input, size, place).run();
}

class Inflater {
  readonly #input: Uint8Array;
  readonly #output: Uint8Array;
  readonly #place: FormatPlace;
  #position = 0;
  #written = 0;
  #bits = 0;
  #bitCount = 0;

  constructor(input: Uint8Array, size: number, place: FormatPlace) {
    this.#input = input;
    this.#place = place;
    // One bit gives at most 258 bytes or so: a size beyond that is a lie.
    if (size > 1040 * (input.length + 1))
      throw this.#error(`${input.length} bytes cannot give ${size}`);
    this.#output = new Uint8Array(size);
  }

  run(): Uint8Array {
    let isLast = false;
    while (!isLast) {
      isLast = this.#take(1) === 1;
      const kind = this.#take(2);
      if (kind === 0) this.#stored();
      else if (kind === 1) this.#block(fixedLiterals, fixedDistances);
      else if (kind === 2) this.#dynamic();
      else throw this.#error("a block of an unknown kind");
    }
    if (this.#written !== this.#output.length) {
      throw this.#error(`gives ${this.#written} bytes, ${this.#output.length} were announced`);
    }
    return this.#output;
  }

  #take(count: number): number {
    while (this.#bitCount < count) {
      const byte = this.#input[this.#position++];
      if (byte === undefined) throw this.#error("ends early");
      this.#bits |= byte << this.#bitCount;
      this.#bitCount += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  #symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= longestCode; length++) {
      code |= this.#take(1);
      const count = counts[length] as number;
      if (code - count < first) return symbols[index + code - first] as number;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw this.#error("a code that stands for nothing");
  }

  #stored(): void {
    this.#bits = 0;
    this.#bitCount = 0;
    const length = this.#take(16);
    if (this.#take(16) !== (length ^ 0xffff))
      throw this.#error("the length of a stored block is damaged");
    const bytes = this.#input.subarray(this.#position, this.#position + length);
    if (bytes.length < length || this.#written + length > this.#output.length)
      throw this.#error("a stored block does not fit");
    this.#output.set(bytes, this.#written);
    this.#written += length;
    this.#position += length;
  }

  #dynamic(): void {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const codes = this.#take(4) + 4;
    const order = new Uint8Array(19);
    for (let i = 0; i < codes; i++) order[codeLengthOrder[i] as number] = this.#take(3);
    const lengthCode = makeCode(order);
    const lengths = new Uint8Array(literals + distances);
    for (let at = 0; at < lengths.length; ) {
      const symbol = this.#symbol(lengthCode);
      if (symbol < 16) {
        lengths[at++] = symbol;
        continue;
      }
      const previous = symbol === 16 ? lengths[at - 1] : 0;
      const repeat =
        symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      if (previous === undefined || at + repeat > lengths.length)
        throw this.#error("code lengths do not fit");
      lengths.fill(previous, at, at + repeat);
      at += repeat;
    }
    this.#block(makeCode(lengths.subarray(0, literals)), makeCode(lengths.subarray(literals)));
  }

  #block(literals: Code, distances: Code): void {
    const output = this.#output;
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        if (this.#written >= output.length) throw this.#error("more bytes than announced");
        output[this.#written++] = symbol;
        continue;
      }
      const length = this.#number(symbol - 257, lengthBase, lengthExtra);
      const distance = this.#number(this.#symbol(distances), distanceBase, distanceExtra);
      if (distance > this.#written || this.#written + length > output.length)
        throw this.#error("a copy does not fit");
      for (let i = 0; i < length; i++, this.#written++)
        output[this.#written] = output[this.#written - distance] as number;
    }
  }

  #number(index: number, base: readonly number[], extra: readonly number[]): number {
    const least = base[index];
    if (least === undefined) throw this.#error("a copy of an unknown length");
    return least + this.#take(extra[index] as number);
  }

  #error(problem: string): FormatError {
    const { file, field, offset = 0 } = this.#place;
    return new FormatError(problem, { file, field, offset: offset + this.#position });
  }
}
