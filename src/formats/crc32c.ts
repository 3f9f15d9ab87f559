/** CRC-32C (Castagnoli) eight bytes at a time, and the mask under which TensorFlow stores it. */

/** The Castagnoli polynomial, bits reversed. */
const polynomial = 0x82f63b78;

/** `tables[k][byte]` is the remainder of `byte` followed by k zero bytes ("slicing by 8"). */
const tables = makeTables();

function makeTables(): readonly Int32Array[] {
  const first = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) {
      remainder = remainder & 1 ? (remainder >>> 1) ^ polynomial : remainder >>> 1;
    }
    first[byte] = remainder;
  }
  const all = [first];
  for (let k = 1; k < 8; k++) {
    const previous = all[k - 1] as Int32Array;
    all.push(previous.map((value) => (value >>> 8) ^ (first[value & 255] as number)));
  }
  return all;
}

/** The CRC-32C of `bytes`, or of what gave `crc` followed by `bytes`. */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as unknown as readonly [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const at = (table: Int32Array, index: number): number => table[index] as number;
  let state = ~crc;
  let position = 0;
  const { length } = bytes;
  for (const end = length - 7; position < end; position += 8) {
    const low =
      state ^
      ((bytes[position] as number) |
        ((bytes[position + 1] as number) << 8) |
        ((bytes[position + 2] as number) << 16) |
        ((bytes[position + 3] as number) << 24));
    state =
      at(t7, low & 255) ^
      at(t6, (low >>> 8) & 255) ^
      at(t5, (low >>> 16) & 255) ^
      at(t4, low >>> 24) ^
      at(t3, bytes[position + 4] as number) ^
      at(t2, bytes[position + 5] as number) ^
      at(t1, bytes[position + 6] as number) ^
      at(t0, bytes[position + 7] as number);
  }
  for (; position < length; position++) {
    state = (state >>> 8) ^ at(t0, (state ^ (bytes[position] as number)) & 255);
  }
  return ~state >>> 0;
}

/** What is stored for a checksum: a checksum of bytes that hold checksums would otherwise be a weak one. */
export function maskCrc(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

export function unmaskCrc(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** The checksum of `bytes` as TensorFlow stores it. */
export function maskedCrc32c(bytes: Uint8Array): number {
  return maskCrc(crc32c(bytes));
}
