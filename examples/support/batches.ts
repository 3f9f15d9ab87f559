// Deals digits out in batches, as the values that are fed to a graph.
import * as tf from "tensorscope";
import { UserError } from "./command.ts";
import { type Digits, PIXELS, SIDE, uniforms } from "./digits.ts";

export interface Batch {
  /** [size, 28, 28, 1], from 0 (black) to 1 (white). */
  readonly images: tf.NDArray<"float32">;
  /** [size, 10], one-hot. */
  readonly labels: tf.NDArray<"float32">;
}

/**
 * Batches without end: each epoch deals out all digits in a new order, less the rest that fills no
 * batch.
 */
export function batches(digits: Digits, size: number, seed = 1): Iterator<Batch, never> {
  const count = digits.labels.length;
  if (count < size) throw new UserError(`A batch needs ${size} digits; there are only ${count}.`);
  return deal(digits, size, uniforms(seed));
}

function* deal(digits: Digits, size: number, random: () => number): Generator<Batch, never> {
  const order = Array.from(digits.labels.keys());
  for (;;) {
    shuffle(order, random);
    for (let start = 0; start + size <= order.length; start += size) {
      yield batchOf(digits, order.slice(start, start + size));
    }
  }
}

/** The digits at these places. */
export function batchOf(digits: Digits, places: readonly number[]): Batch {
  const images = new Float32Array(places.length * PIXELS);
  places.forEach((place, row) => {
    for (let at = 0; at < PIXELS; at++) {
      images[row * PIXELS + at] = (digits.images[place * PIXELS + at] ?? 0) / 255;
    }
  });
  return {
    images: new tf.NDArray(images, [places.length, SIDE, SIDE, 1], "float32"),
    labels: oneHot(places.map((place) => digits.labels[place] ?? 0)),
  };
}

/** For each label a row of ten: 1 in its column, else 0. */
export function oneHot(labels: readonly number[]): tf.NDArray<"float32"> {
  const rows = new Float32Array(labels.length * 10);
  labels.forEach((label, row) => {
    rows[row * 10 + label] = 1;
  });
  return new tf.NDArray(rows, [labels.length, 10], "float32");
}

function shuffle(order: number[], random: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
}
