/** Images of summaries: numbers scaled to 8 bits per channel, and PNG files of them. */

import { encode } from "fast-png";
import { decodeFloat16, encodeFloat16 } from "../core/half.ts";
import type { NDArray } from "../core/ndarray.ts";

/** Below this the largest value of an image counts as zero. */
const zeroThreshold = Math.fround(1e-6);

export interface PixelShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * One image of a batch as bytes. `uint8` stays as it is. Other values are scaled so that the largest becomes 255, or
 * with negative ones, that 0 becomes 128 and the largest magnitude fits. A pixel that is not finite gets
 * `badColor`. TensorFlow: `SummaryImageOp`.
 */
export function pixelsOf(
  images: NDArray,
  index: number,
  { height, width, channels }: PixelShape,
  badColor: NDArray,
): Uint8Array {
  const size = height * width * channels;
  const pixels = new Uint8Array(size);
  const at = (i: number): number => images.at(index * size + i) as number;
  if (images.dtype.baseName === "uint8") return pixels.map((_, i) => at(i));

  const isFinite = (pixel: number): boolean => {
    for (let c = 0; c < channels; c++) if (!Number.isFinite(at(pixel + c))) return false;
    return true;
  };
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let pixel = 0; pixel < size; pixel += channels) {
    if (!isFinite(pixel)) continue;
    for (let c = 0; c < channels; c++) {
      min = Math.min(min, Math.fround(at(pixel + c)));
      max = Math.max(max, Math.fround(at(pixel + c)));
    }
  }
  const round = rounding(images.dtype.baseName);
  const [target, largest, offset] =
    min < 0 ? [127, Math.max(Math.abs(min), Math.abs(max)), 128] : [255, max, 0];
  const scale = round(largest < zeroThreshold ? 0 : Math.fround(target / largest));
  for (let pixel = 0; pixel < size; pixel += channels) {
    const finite = isFinite(pixel);
    for (let c = 0; c < channels; c++) {
      pixels[pixel + c] = finite
        ? Math.trunc(round(round(at(pixel + c) * scale) + offset))
        : (badColor.at(c) as number);
    }
  }
  return pixels;
}

/** Rounds the result of one operation to a dtype. */
function rounding(dtype: string): (value: number) => number {
  if (dtype === "float64") return (value) => value;
  if (dtype === "float16") return (value) => decodeFloat16(encodeFloat16(Math.fround(value)));
  return Math.fround;
}

/** A PNG file of 8 bits per channel: grey, grey and alpha, RGB, or RGBA. */
export function encodePng(data: Uint8Array, { height, width, channels }: PixelShape): Uint8Array {
  return encode({ width, height, data, depth: 8, channels });
}
