/** Reductions of the rows that share a segment id. */

import type { DType } from "../../core/dtypes.ts";
import type { NDArray } from "../../core/ndarray.ts";
import type { RoutineKernel } from "../routine.ts";
import { binaryFunction } from "../scalar.ts";
import {
  arrayAt,
  constant,
  elements,
  integers,
  positionText,
  shapeText,
  viaFloat32,
} from "./elements.ts";

export type SegmentKind = "sum" | "mean" | "prod" | "max" | "min";

export interface SegmentParams {
  readonly kind: SegmentKind;
}

interface Start {
  /** What a segment without rows gets. */
  readonly empty: number;
}

type Combine = (accumulated: number, value: number) => number;

const combiners = { sum: "add", mean: "add", prod: "mul", max: "max", min: "min" } as const;

function reduceRows(
  data: NDArray,
  ids: ArrayLike<number>,
  output: NDArray,
  kind: SegmentKind,
  empty: number,
): void {
  const [source, out] = [elements(data), elements(output)];
  const inner = output.size / Math.max(1, output.shape[0] ?? 1);
  const combine = binaryFunction(combiners[kind], output.dtype) as Combine;
  const counts = new Int32Array(output.shape[0] ?? 0);
  out.fill(empty);
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row] as number;
    if (id < 0) continue;
    const isFirst = counts[id] === 0;
    counts[id] = (counts[id] as number) + 1;
    for (let j = 0; j < inner; j++) {
      const value = source[row * inner + j] as number;
      const to = id * inner + j;
      out[to] = isFirst ? value : combine(out[to] as number, value);
    }
  }
  if (kind !== "mean") return;
  counts.forEach((count, id) => {
    if (count < 2) return;
    const by = constant(output.dtype, count);
    for (let j = id * inner; j < (id + 1) * inner; j++) out[j] = (out[j] as number) / by;
  });
}

/** Rows of the output of `segment`: one more than the last id. */
export function segmentRows(ids: NDArray): number {
  return ids.size === 0 ? 0 : Number(ids.at(ids.size - 1)) + 1;
}

/** data [n, ...], ids [n] in increasing order; output [last id + 1, ...]. Empty segments are 0, or 1 for products. */
export const segment: RoutineKernel<SegmentParams> = viaFloat32((inputs, outputs, { kind }) => {
  const [data, output] = [arrayAt(inputs, 0), arrayAt(outputs, 0)];
  const ids = integers(arrayAt(inputs, 1));
  if (ids.length !== (data.shape[0] ?? 0)) {
    throw new RangeError("segment_ids should be the same size as dimension 0 of input.");
  }
  const rows = output.shape[0] ?? 0;
  for (let i = 1; i < ids.length; i++) {
    if ((ids[i] as number) < (ids[i - 1] as number)) {
      throw new RangeError("segment ids are not increasing");
    }
  }
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (id < 0 || id >= rows) {
      throw new RangeError(
        `Segment id ${id} out of range [0, ${rows}), possibly because 'segment_ids' input is not sorted.`,
      );
    }
  }
  reduceRows(data, ids, output, kind, constant(output.dtype, kind === "prod" ? 1 : 0));
});

const reduceUnsorted = viaFloat32<SegmentParams & Start>((inputs, outputs, { kind, empty }) => {
  const [data, segmentIds, output] = [arrayAt(inputs, 0), arrayAt(inputs, 1), arrayAt(outputs, 0)];
  const { shape } = segmentIds;
  if (shape.some((dim, axis) => data.shape[axis] !== dim)) {
    const shapes = `segment_ids.shape = ${shapeText(shape)}`;
    throw new RangeError(`data.shape = ${shapeText(data.shape)} does not start with ${shapes}`);
  }
  const ids = integers(segmentIds);
  const rows = output.shape[0] ?? 0;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    if (id >= rows) {
      const position = positionText(shape, i);
      throw new RangeError(`segment_ids${position} = ${id} is out of range [0, ${rows})`);
    }
  }
  reduceRows(data, ids, output, kind, empty);
});

/** data ids.shape + rest, ids in any order, negative ones left out; output [segments] + rest. */
export const unsortedSegment: RoutineKernel<SegmentParams> = (inputs, outputs, { kind }) => {
  const { dtype } = arrayAt(outputs, 0);
  reduceUnsorted(inputs, outputs, { kind, empty: emptyValue(kind, dtype) });
};

function emptyValue(kind: SegmentKind, dtype: DType): number {
  if (kind === "prod") return constant(dtype, 1);
  if (kind === "max") return lowest(dtype);
  return kind === "min" ? highest(dtype) : constant(dtype, 0);
}

/** The largest finite number of a dtype. */
export function highest(dtype: DType): number {
  switch (dtype.baseName) {
    case "float64":
      return Number.MAX_VALUE;
    case "float32":
      return (2 - 2 ** -23) * 2 ** 127;
    case "float16":
      return 65504;
    case "bfloat16":
      return (2 - 2 ** -7) * 2 ** 127;
    default: {
      const bits = BigInt(dtype.size * 8 - (dtype.isUnsigned ? 0 : 1));
      const value = (1n << bits) - 1n;
      return (dtype.isBig ? value : Number(value)) as number;
    }
  }
}

/** The smallest finite number of a dtype. */
export function lowest(dtype: DType): number {
  if (dtype.isUnsigned) return constant(dtype, 0);
  return dtype.isInteger ? -highest(dtype) - constant(dtype, 1) : -highest(dtype);
}
