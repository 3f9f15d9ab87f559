/** float16 and bfloat16 as bits: rounding to nearest even on the way in, exact on the way out. */

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

/** The float16 nearest to `value`, as 16 bits. */
export function encodeFloat16(value: number): number {
  floats[0] = value;
  const word = bits[0] as number;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude >= 0x47800000) {
    // Beyond 65536: infinity, or a quiet NaN.
    return magnitude > 0x7f800000 ? sign | 0x7e00 : sign | 0x7c00;
  }
  if (magnitude < 0x38800000) {
    // Subnormal: steps of 2^-24.
    return sign | roundEven(Math.abs(floats[0] as number) * 2 ** 24);
  }
  const mantissaOdd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + mantissaOdd) >>> 13);
}

/** The value of 16 bits of float16. */
export function decodeFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const mantissa = half & 0x3ff;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** The bfloat16 nearest to `value`, as 16 bits. */
export function encodeBfloat16(value: number): number {
  floats[0] = value;
  const word = bits[0] as number;
  if ((word & 0x7fffffff) > 0x7f800000) return 0x7fc0;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The value of 16 bits of bfloat16. */
export function decodeBfloat16(half: number): number {
  bits[0] = half << 16;
  return floats[0] as number;
}

function roundEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest > 0.5 || (rest === 0.5 && low % 2 === 1)) return low + 1;
  return low;
}
