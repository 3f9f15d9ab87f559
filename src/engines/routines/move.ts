/** Routines that only move elements. */

import type { NDArray } from "../../core/ndarray.ts";
import { sizeOf, stridesOf } from "../../core/ndarray.ts";
import type { NoParams, RoutineKernel } from "../routine.ts";
import {
  aroundAxis,
  arrayAt,
  constant,
  copyElements,
  elements,
  integers,
  shapeText,
  viaFloat32,
} from "./elements.ts";
import type { Pair } from "./window.ts";

export interface ConcatParams {
  readonly axis: number;
}

/** Any number of arrays, joined along an axis; of any dtype. */
export const concat: RoutineKernel<ConcatParams> = (inputs, outputs, { axis }) => {
  const output = arrayAt(outputs, 0);
  const { outer, dim, inner } = aroundAxis(output.shape, axis);
  let start = 0;
  for (const input of inputs) {
    const width = (input.shape[axis] ?? 1) * inner;
    for (let o = 0; o < outer; o++) {
      copyElements(input, o * width, output, o * dim * inner + start, width);
    }
    start += width;
  }
};

export interface ReverseSequenceParams {
  readonly seqAxis: number;
  readonly batchAxis: number;
}

/** x, lengths [x.shape[batchAxis]]; reverses the first elements of each sequence, as many as its length says. */
export const reverseSequence: RoutineKernel<ReverseSequenceParams> = (
  inputs,
  outputs,
  { seqAxis, batchAxis },
) => {
  const [x, output] = [arrayAt(inputs, 0), arrayAt(outputs, 0)];
  const lengths = integers(arrayAt(inputs, 1));
  const batch = x.shape[batchAxis] as number;
  const steps = x.shape[seqAxis] as number;
  if (lengths.length !== batch) {
    const sizes = `(${lengths.length} vs. ${batch})`;
    throw new RangeError(`Length of seq_lengths != input.dims(${batchAxis}), ${sizes}`);
  }
  for (let i = 0; i < batch; i++) {
    const length = lengths[i] as number;
    if (length < 0) throw new RangeError(`seq_lens(${i}) < 0`);
    if (length > steps) throw new RangeError(`seq_lens(${i}) > input.dims(${seqAxis})`);
  }
  const strides = stridesOf(x.shape);
  const [seqStride, batchStride] = [strides[seqAxis] as number, strides[batchAxis] as number];
  const run = Math.min(seqStride, batchStride);
  for (let at = 0; at < x.size; at += run) {
    const step = Math.floor(at / seqStride) % steps;
    const length = lengths[Math.floor(at / batchStride) % batch] as number;
    const from = step < length ? at + (length - 1 - 2 * step) * seqStride : at;
    copyElements(x, from, output, at, run);
  }
};

export interface MirrorPadParams {
  /** REFLECT leaves out the border elements, SYMMETRIC repeats them. */
  readonly mode: "REFLECT" | "SYMMETRIC";
  /** Elements before and after, for each axis. */
  readonly paddings: readonly Pair[];
}

/** For each element of the padded array the flat position it comes from. */
function mirrorSources(shape: readonly number[], { mode, paddings }: MirrorPadParams): Int32Array {
  const skip = mode === "REFLECT" ? 1 : 0;
  const strides = stridesOf(shape);
  let sources = Int32Array.of(0);
  shape.forEach((dim, axis) => {
    const [before, after] = paddings[axis] as Pair;
    checkMirror(before, after, dim, mode);
    const line = Int32Array.from({ length: before + dim + after }, (_, i) => {
      const at = i - before;
      const inside = at < 0 ? -at - 1 + skip : at >= dim ? 2 * dim - 1 - skip - at : at;
      return inside * (strides[axis] as number);
    });
    const next = new Int32Array(sources.length * line.length);
    sources.forEach((base, i) => {
      for (let j = 0; j < line.length; j++) next[i * line.length + j] = base + (line[j] as number);
    });
    sources = next;
  });
  return sources;
}

function checkMirror(before: number, after: number, dim: number, mode: string): void {
  if (before < 0 || after < 0) {
    throw new RangeError(`paddings must be non-negative: ${before} ${after}`);
  }
  if (mode === "REFLECT" && (before >= dim || after >= dim)) {
    const sizes = `${before}, ${after} not less than ${dim}`;
    throw new RangeError(`paddings must be less than the dimension size: ${sizes}`);
  }
  if (before > dim || after > dim) {
    const sizes = `${before}, ${after} greater than ${dim}`;
    throw new RangeError(`paddings must be no greater than the dimension size: ${sizes}`);
  }
}

/** Pads with the elements mirrored at the borders. */
export const mirrorPad: RoutineKernel<MirrorPadParams> = (inputs, outputs, params) => {
  const [x, output] = [arrayAt(inputs, 0), arrayAt(outputs, 0)];
  mirrorSources(x.shape, params).forEach((from, to) => {
    copyElements(x, from, output, to, 1);
  });
};

/** Input dy in the padded shape; output dx: each element collects what its copies got. */
export const mirrorPadGrad: RoutineKernel<MirrorPadParams> = viaFloat32(
  (inputs, outputs, params) => {
    const dx = arrayAt(outputs, 0);
    const [grad, out] = [elements(arrayAt(inputs, 0)), elements(dx)];
    out.fill(constant(dx.dtype, 0));
    mirrorSources(dx.shape, params).forEach((to, from) => {
      out[to] = (out[to] as number) + (grad[from] as number);
    });
  },
);

export interface MatrixBandPartParams {
  /** Diagonals kept below and above the main one; negative keeps all. */
  readonly numLower: number;
  readonly numUpper: number;
}

/** Copies the diagonals in the band and leaves zeros elsewhere. */
export const matrixBandPart: RoutineKernel<MatrixBandPartParams> = (
  inputs,
  outputs,
  { numLower, numUpper },
) => {
  const [x, output] = [arrayAt(inputs, 0), arrayAt(outputs, 0)];
  const rows = x.shape[x.rank - 2] as number;
  const columns = x.shape[x.rank - 1] as number;
  elements(output).fill(constant(output.dtype, 0));
  for (let line = 0; line < x.size / columns; line++) {
    const row = line % rows;
    const from = numLower < 0 ? 0 : Math.max(0, row - numLower);
    const to = numUpper < 0 ? columns : Math.min(columns, row + numUpper + 1);
    if (from < to) copyElements(x, line * columns + from, output, line * columns + from, to - from);
  }
};

/** Rows of the output of `dynamicStitch`: one more than the largest index. */
export function stitchRows(indices: readonly NDArray[]): number {
  let rows = 0;
  for (const array of indices) {
    const values = integers(array);
    for (let i = 0; i < values.length; i++) rows = Math.max(rows, (values[i] as number) + 1);
  }
  return rows;
}

/** Inputs n index arrays, then n data arrays; data row j of array i goes to output row indices[i][j], the last one wins. */
export const dynamicStitch: RoutineKernel<NoParams> = (inputs, outputs) => {
  const output = arrayAt(outputs, 0);
  const count = inputs.length / 2;
  const rows = output.shape[0] ?? 0;
  const inner = sizeOf(output.shape.slice(1));
  if (!Array.isArray(output.data)) elements(output).fill(constant(output.dtype, 0));
  for (let n = 0; n < count; n++) {
    const [indices, data] = [arrayAt(inputs, n), arrayAt(inputs, count + n)];
    if (indices.shape.some((dim, axis) => data.shape[axis] !== dim)) {
      const shapes = `indices[${n}].shape = ${shapeText(indices.shape)}`;
      const text = shapeText(data.shape);
      throw new RangeError(`data[${n}].shape = ${text} does not start with ${shapes}`);
    }
    const to = integers(indices);
    for (let i = 0; i < to.length; i++) {
      const row = to[i] as number;
      if (row < 0 || row >= rows) throw new RangeError(`indices[${i}] is out of range`);
      copyElements(data, i * inner, output, row * inner, inner);
    }
  }
};

/** y[x[i]] = i of a permutation x. */
export const invertPermutation: RoutineKernel<NoParams> = (inputs, outputs) => {
  const output = arrayAt(outputs, 0);
  const values = integers(arrayAt(inputs, 0));
  const out = elements(output);
  const seen = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < 0 || value >= values.length) {
      throw new RangeError(`${value} is not between 0 and ${values.length}`);
    }
    if (seen[value]) throw new RangeError(`${value} is duplicated in the input.`);
    seen[value] = 1;
    out[value] = constant(output.dtype, i);
  }
};
