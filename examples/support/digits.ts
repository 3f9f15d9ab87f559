// Draws handwriting-like digits, so that the examples run without any download.

/** Grey images (0 black, 255 white) of 28x28 bytes, one after the other, and the digit that each shows. */
export interface Digits {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

type Point = readonly [x: number, y: number];
type Stroke = readonly Point[];

/** Part of an ellipse; angles in degrees, 0 is right and 90 is down. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): Stroke {
  const pieces = Math.max(2, Math.ceil(Math.abs(to - from) / 24));
  return Array.from({ length: pieces + 1 }, (_, i): Point => {
    const angle = ((from + ((to - from) * i) / pieces) * Math.PI) / 180;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  });
}

/** The pieces drawn without lifting the pen, with straight lines cut so that they can bend. */
function pen(...pieces: readonly Stroke[]): Stroke {
  const corners = pieces.flat();
  return corners.flatMap((to, i): Point[] => {
    const from = corners[i - 1];
    if (from === undefined) return [to];
    const cuts = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / 0.25));
    return Array.from({ length: cuts }, (_, k): Point => {
      const t = (k + 1) / cuts;
      return [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t];
    });
  });
}

/** Several ways to write each digit, in a box from (0, 0), top left, to (1, 1), bottom right. */
// biome-ignore format: one way of writing per line
const waysToWrite: readonly (readonly (readonly Stroke[])[])[] = [
  [
    [pen(arc(0.5, 0.5, 0.45, 0.5, -100, 265))],
    [pen(arc(0.5, 0.5, 0.34, 0.5, -70, 300))],
  ],
  [
    [pen([[0.5, 0], [0.5, 1]])],
    [pen([[0.5, 0], [0.47, 1]])],
    [pen([[0.28, 0.2], [0.52, 0], [0.52, 1]])],
  ],
  [
    [pen(arc(0.47, 0.28, 0.4, 0.28, -160, 35), [[0.05, 1], [0.95, 0.97]])],
    [pen(arc(0.47, 0.28, 0.38, 0.28, -150, 45), [[0.25, 0.83]], arc(0.18, 0.9, 0.13, 0.1, -60, -330), [[0.6, 0.96], [0.95, 0.92]])],
  ],
  [
    [pen(arc(0.42, 0.25, 0.4, 0.25, -150, 80), arc(0.42, 0.74, 0.46, 0.26, -85, 150))],
    [pen(arc(0.45, 0.27, 0.36, 0.27, -140, 60), [[0.4, 0.48]], arc(0.45, 0.74, 0.42, 0.26, -75, 155))],
  ],
  [
    [pen([[0.6, 0], [0.06, 0.64], [0.96, 0.62]]), pen([[0.7, 0.28], [0.62, 1]])],
    [pen([[0.15, 0.02], [0.1, 0.5], [0.88, 0.46]]), pen([[0.82, 0], [0.7, 1]])],
    [pen([[0.18, 0.05]], arc(0.42, 0.3, 0.32, 0.25, 170, 40), [[0.85, 0.4]]), pen([[0.86, 0], [0.72, 1]])],
  ],
  [
    [pen([[0.9, 0], [0.25, 0.02], [0.16, 0.46]], arc(0.42, 0.69, 0.44, 0.31, -115, 145))],
    [pen([[0.22, 0.06], [0.18, 0.45]], arc(0.42, 0.7, 0.4, 0.3, -110, 140)), pen([[0.22, 0.04], [0.88, 0]])],
  ],
  [
    [pen(arc(0.85, 0.62, 0.78, 0.62, -105, -180), arc(0.45, 0.71, 0.38, 0.28, 175, -190))],
    [pen([[0.62, 0], [0.22, 0.45]], arc(0.48, 0.71, 0.36, 0.27, 190, -185))],
  ],
  [
    [pen([[0.06, 0.06], [0.92, 0.03], [0.4, 1]])],
    [pen([[0.06, 0.1], [0.5, 0.02], [0.92, 0.06]], [[0.6, 0.5], [0.45, 1]])],
    [pen([[0.06, 0.05], [0.92, 0.03], [0.36, 1]]), pen([[0.3, 0.52], [0.82, 0.48]])],
  ],
  [
    [pen(arc(0.5, 0.25, 0.33, 0.25, 90, -270), arc(0.5, 0.75, 0.4, 0.25, -90, 270))],
    [pen(arc(0.52, 0.24, 0.33, 0.24, -20, -235), [[0.72, 0.62]], arc(0.48, 0.77, 0.32, 0.23, -20, 215), [[0.78, 0.2]])],
  ],
  [
    [pen(arc(0.47, 0.29, 0.38, 0.28, -20, -365), [[0.82, 0.4], [0.72, 1]])],
    [pen(arc(0.47, 0.27, 0.36, 0.27, 0, -350), [[0.83, 0.3]], arc(0.4, 0.5, 0.43, 0.49, 0, 110))],
  ],
];

/** A small repeatable generator (mulberry32): uniform numbers in [0, 1). */
export function uniforms(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes the strokes by an unsteady hand: bent, slanted, turned, scaled and centred, in pixels. */
function write(strokes: readonly Stroke[], random: () => number): Point[][] {
  // About normal, deviation 1.
  const jitter = () => (random() + random() + random() + random() - 2) * 1.73;
  const bend = Array.from({ length: 18 }, () => 0.055 * jitter());
  const height = 19 + 0.8 * jitter();
  const width = height * (0.7 + 0.06 * jitter());
  const slant = 0.14 + 0.17 * jitter();
  const turn = 0.07 * jitter();

  const placed = strokes.map((stroke) =>
    stroke.map(([x, y]): Point => {
      const dx = bilinear(bend, 0, x, y) + 0.008 * jitter();
      const dy = bilinear(bend, 9, x, y) + 0.008 * jitter();
      const up = (0.5 - y - dy) * height;
      const right = (x + dx - 0.5) * width + slant * up;
      return [
        right * Math.cos(turn) + up * Math.sin(turn),
        right * Math.sin(turn) - up * Math.cos(turn),
      ];
    }),
  );
  const [left, right] = extent(placed, 0);
  const [top, bottom] = extent(placed, 1);
  const fit = Math.min(1, 21 / Math.max(right - left, bottom - top));
  const moveX = SIDE / 2 + random() - 0.5;
  const moveY = SIDE / 2 + random() - 0.5;
  return placed.map((stroke) =>
    stroke.map(
      ([x, y]): Point => [
        fit * (x - (left + right) / 2) + moveX,
        fit * (y - (top + bottom) / 2) + moveY,
      ],
    ),
  );
}

function extent(strokes: readonly Stroke[], axis: 0 | 1): [least: number, most: number] {
  const values = strokes.flatMap((stroke) => stroke.map((point) => point[axis]));
  return [Math.min(...values), Math.max(...values)];
}

/** The 3x3 grid of values from `start`, spread over the unit square, between its nodes at (x, y). */
function bilinear(grid: readonly number[], start: number, x: number, y: number): number {
  const column = Math.min(1, Math.max(0, Math.floor(2 * x)));
  const row = Math.min(1, Math.max(0, Math.floor(2 * y)));
  const at = (r: number, c: number) => grid[start + 3 * (row + r) + column + c] ?? 0;
  const u = 2 * x - column;
  const v = 2 * y - row;
  return (1 - v) * ((1 - u) * at(0, 0) + u * at(0, 1)) + v * ((1 - u) * at(1, 0) + u * at(1, 1));
}

/** Draws a line with round ends into `image`: each pixel gets the share of it that is covered. */
function ink(image: Uint8Array, [x0, y0]: Point, [x1, y1]: Point, radius: number): void {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length2 = dx * dx + dy * dy || 1;
  const reach = radius + 1;
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
  const bottom = Math.min(SIDE - 1, Math.ceil(Math.max(y0, y1) + reach));
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
  const right = Math.min(SIDE - 1, Math.ceil(Math.max(x0, x1) + reach));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const [x, y] = [column + 0.5 - x0, row + 0.5 - y0];
      const along = Math.min(1, Math.max(0, (x * dx + y * dy) / length2));
      const distance = Math.hypot(x - along * dx, y - along * dy);
      // The edge is 1.4 pixels wide, as soft as that of scanned and reduced handwriting.
      const covered = Math.min(1, Math.max(0, (radius - distance) / 1.4 + 0.5));
      const at = row * SIDE + column;
      image[at] = Math.max(image[at] ?? 0, Math.round(255 * covered));
    }
  }
}

/** Makes `count` digits, all ten about equally often; the same seed gives the same digits. */
export function builtinDigits(count: number, seed = 1): Digits {
  const random = uniforms(seed);
  const images = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const digit = Math.floor(random() * 10);
    const ways = waysToWrite[digit] ?? [];
    const strokes = ways[Math.floor(random() * ways.length)] ?? [];
    const radius = 0.95 + 0.75 * random();
    const image = images.subarray(i * PIXELS, (i + 1) * PIXELS);
    for (const stroke of write(strokes, random)) {
      stroke.slice(1).forEach((to, k) => {
        ink(image, stroke[k] ?? to, to, radius);
      });
    }
    labels[i] = digit;
  }
  return { images, labels };
}
