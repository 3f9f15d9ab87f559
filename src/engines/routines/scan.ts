/** Work along one axis: positions of extremes, running sums and products, the largest elements. */

import type { RoutineKernel } from "../routine.ts";
import { binaryFunction } from "../scalar.ts";
import { aroundAxis, arrayAt, constant, elements, shapeText, viaFloat32 } from "./elements.ts";

export interface ArgReduceParams {
  readonly kind: "max" | "min";
  readonly axis: number;
}

/** The first position of the largest or smallest element along an axis, NaN left out; output int32 or int64. */
export const argReduce: RoutineKernel<ArgReduceParams> = viaFloat32(
  (inputs, outputs, { kind, axis }) => {
    const [input, output] = [arrayAt(inputs, 0), arrayAt(outputs, 0)];
    const { outer, dim, inner } = aroundAxis(input.shape, axis);
    if (dim === 0 && output.size > 0) {
      const shape = shapeText(input.shape);
      throw new RangeError(`Reduction axis ${axis} is empty in shape ${shape}`);
    }
    const [data, out] = [elements(input), elements(output)];
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const start = o * dim * inner + i;
        let found = 0;
        let best = kind === "max" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
        for (let d = 0; d < dim; d++) {
          const value = data[start + d * inner] as number;
          if (kind === "max" ? value > best : value < best) {
            best = value;
            found = d;
          }
        }
        out[o * inner + i] = constant(output.dtype, found);
      }
    }
  },
);

export interface CumulativeParams {
  readonly kind: "sum" | "prod";
  readonly axis: number;
  /** Each element leaves itself out. */
  readonly exclusive: boolean;
  /** From the end. */
  readonly reverse: boolean;
}

/** Running sums or products along an axis. */
export const cumulative: RoutineKernel<CumulativeParams> = viaFloat32(
  (inputs, outputs, { kind, axis, exclusive, reverse }) => {
    const [input, output] = [arrayAt(inputs, 0), arrayAt(outputs, 0)];
    const { outer, dim, inner } = aroundAxis(input.shape, axis);
    const [data, out] = [elements(input), elements(output)];
    const combine = binaryFunction(kind === "sum" ? "add" : "mul", input.dtype) as (
      x: number,
      y: number,
    ) => number;
    const unit = constant(input.dtype, kind === "sum" ? 0 : 1);
    const step = reverse ? -inner : inner;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let at = (o * dim + (reverse ? dim - 1 : 0)) * inner + i;
        for (let d = 0; d < dim; d++, at += step) {
          const before = d === 0 ? unit : (out[at - step] as number);
          if (!exclusive) out[at] = combine(before, data[at] as number);
          else out[at] = d === 0 ? unit : combine(before, data[at - step] as number);
        }
      }
    }
  },
);

export interface TopKParams {
  readonly k: number;
  /** TensorFlow leaves the order of unsorted results open; here they are sorted all the same. */
  readonly sorted: boolean;
}

/** The k largest elements of the last axis, largest first, lower positions first among equals, and their positions. */
export const topK: RoutineKernel<TopKParams> = viaFloat32((inputs, outputs, { k }) => {
  const input = arrayAt(inputs, 0);
  const [values, positions] = [arrayAt(outputs, 0), arrayAt(outputs, 1)];
  if (k < 0) throw new RangeError(`Need k >= 0, got ${k}`);
  const columns = input.shape[input.rank - 1];
  if (columns === undefined) {
    throw new RangeError(`input must be >= 1-D, got shape ${shapeText(input.shape)}`);
  }
  if (columns < k) {
    throw new RangeError(`input must have at least k columns. Had ${columns}, needed ${k}`);
  }
  const [data, out, indices] = [elements(input), elements(values), elements(positions)];
  const order = new Int32Array(columns);
  const rows = columns === 0 ? 0 : input.size / columns;
  for (let row = 0; row < rows; row++) {
    const line = data.subarray(row * columns, (row + 1) * columns);
    for (let i = 0; i < columns; i++) order[i] = i;
    order.sort((a, b) => {
      const [x, y] = [line[a] as number, line[b] as number];
      // NaN comes after all numbers, so that the order is total.
      const nan = Number(Number.isNaN(x)) - Number(Number.isNaN(y));
      return nan || (x > y ? -1 : x < y ? 1 : a - b);
    });
    for (let j = 0; j < k; j++) {
      const from = order[j] as number;
      out[row * k + j] = line[from] as number;
      indices[row * k + j] = constant(positions.dtype, from);
    }
  }
});
