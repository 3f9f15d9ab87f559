// Puts many small images on one sheet, as a PNG file.
import { encode } from "fast-png";
import { PIXELS, SIDE } from "./digits.ts";

const MARGIN = 2;
const PAPER = 64;

export interface SheetOptions {
  readonly columns?: number;
  /** Screen pixels per image pixel. */
  readonly scale?: number;
}

/** The PNG file's bytes: the 28x28 images of `images`, row by row, with margins between them. */
export function contactSheet(
  images: Uint8Array,
  { columns = 10, scale = 2 }: SheetOptions = {},
): Uint8Array {
  const count = images.length / PIXELS;
  const rows = Math.ceil(count / columns);
  const width = scale * (columns * (SIDE + MARGIN) + MARGIN);
  const height = scale * (rows * (SIDE + MARGIN) + MARGIN);
  const data = new Uint8Array(width * height).fill(PAPER);
  for (let i = 0; i < count; i++) {
    const left = MARGIN + (i % columns) * (SIDE + MARGIN);
    const top = MARGIN + Math.floor(i / columns) * (SIDE + MARGIN);
    for (let y = 0; y < SIDE * scale; y++) {
      for (let x = 0; x < SIDE * scale; x++) {
        const from = i * PIXELS + Math.floor(y / scale) * SIDE + Math.floor(x / scale);
        data[(top * scale + y) * width + left * scale + x] = images[from] ?? 0;
      }
    }
  }
  return encode({ width, height, data, depth: 8, channels: 1 });
}
