/** Decompresses snappy's block format (github.com/google/snappy, format_description.txt): literals and copies. */

import { ByteReader } from "./bytes.ts";
import { FormatError, type FormatPlace } from "./errors.ts";

/** A copy of 3 bytes gives at most 64, so nothing gives more than this per compressed byte. */
const greatestRatio = 22;

export function decompressSnappy(
  compressed: Uint8Array,
  { file, offset = 0 }: FormatPlace = {},
): Uint8Array {
  const input = new ByteReader(compressed, file, offset);
  const length = input.varint("snappy length");
  if (length > greatestRatio * compressed.length) {
    throw input.error(`${compressed.length} bytes cannot give ${length}`, "snappy length", 0);
  }
  const output = new Uint8Array(length);
  let size = 0;
  const copy = (distance: number, count: number): void => {
    if (distance === 0 || distance > size || size + count > length) {
      throw input.error(
        `a copy of ${count} bytes from ${distance} before byte ${size} of ${length}`,
        "snappy copy",
      );
    }
    // Source and target may overlap: a byte at a time repeats what was just written.
    for (let i = 0; i < count; i++, size++) output[size] = output[size - distance] as number;
  };
  while (input.left > 0) {
    const tag = input.byte("snappy tag");
    switch (tag & 3) {
      case 0: {
        const count = literalLength(input, tag >>> 2);
        const literal = input.take(count, "snappy literal");
        if (size + count > length) throw input.error("more bytes than announced", "snappy literal");
        output.set(literal, size);
        size += count;
        break;
      }
      case 1:
        copy(((tag >>> 5) << 8) | input.byte("snappy copy"), ((tag >>> 2) & 7) + 4);
        break;
      case 2:
        copy(input.uint16("snappy copy"), (tag >>> 2) + 1);
        break;
      default:
        copy(input.uint32("snappy copy"), (tag >>> 2) + 1);
    }
  }
  if (size !== length) {
    throw new FormatError(`gives ${size} bytes, ${length} were announced`, {
      file,
      offset,
      field: "snappy block",
    });
  }
  return output;
}

function literalLength(input: ByteReader, code: number): number {
  if (code < 60) return code + 1;
  let length = 0;
  for (let i = 0; i < code - 59; i++) length += input.byte("snappy literal") * 256 ** i;
  return length + 1;
}
