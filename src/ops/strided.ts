/** What begin, end, strides and masks of StridedSlice mean for a shape. Learned from `strided_slice_op.cc`. */

import type { Dim } from "../core/shape.ts";

export interface SliceMasks {
  readonly begin_mask: number;
  readonly end_mask: number;
  readonly ellipsis_mask: number;
  readonly new_axis_mask: number;
  readonly shrink_axis_mask: number;
}

/** One row per index as written; begin and end are null when they are not known yet. */
export interface SliceSpec extends SliceMasks {
  readonly begin: readonly number[] | null;
  readonly end: readonly number[] | null;
  readonly strides: readonly number[];
}

/** What is taken of one dimension of the input. Unknown numbers are null. */
export interface AxisSlice {
  readonly begin: Dim;
  readonly size: Dim;
  readonly stride: number;
}

export interface Sliced {
  /** One entry per dimension of the input. */
  readonly axes: readonly AxisSlice[];
  /** The result's dimensions: new ones added, indexed ones dropped. */
  readonly shape: readonly Dim[];
}

interface DenseAxis {
  readonly begin: Dim;
  readonly end: Dim;
  readonly stride: number;
  readonly beginMasked: boolean;
  readonly endMasked: boolean;
  readonly shrink: boolean;
}

const whole: DenseAxis = {
  begin: 0,
  end: 0,
  stride: 1,
  beginMasked: true,
  endMasked: true,
  shrink: false,
};

/** Where a dimension of the result comes from: a dimension of the input, or nowhere. */
type Source = number | "new";

/** Spreads the indices over the dimensions of the input; an ellipsis takes what the others leave. */
function densify(
  spec: SliceSpec,
  rank: number,
  failure: (text: string) => Error,
): { readonly axes: DenseAxis[]; readonly sources: Source[] } {
  const count = spec.strides.length;
  const bit = (mask: number, i: number) => ((mask >> i) & 1) === 1;
  const axes: DenseAxis[] = [];
  const sources: Source[] = [];
  const takeWhole = (until: number) => {
    while (axes.length < until) {
      sources.push(axes.length);
      axes.push(whole);
    }
  };
  let seenEllipsis = false;
  for (let i = 0; i < count; i++) {
    if (bit(spec.ellipsis_mask, i)) {
      if (seenEllipsis) throw failure("Multiple ellipses in slice spec not allowed");
      seenEllipsis = true;
      let consuming = 0;
      for (let j = i + 1; j < count; j++) if (!bit(spec.new_axis_mask, j)) consuming++;
      takeWhole(Math.max(axes.length, rank - consuming));
    } else if (bit(spec.new_axis_mask, i)) {
      sources.push("new");
    } else {
      if (axes.length === rank) {
        throw failure(
          `Index out of range using input dim ${axes.length}; input has only ${rank} dims`,
        );
      }
      const shrink = bit(spec.shrink_axis_mask, i);
      if (!shrink) sources.push(axes.length);
      axes.push({
        begin: spec.begin ? (spec.begin[i] as number) : null,
        end: spec.end ? (spec.end[i] as number) : null,
        stride: spec.strides[i] as number,
        beginMasked: bit(spec.begin_mask, i),
        endMasked: bit(spec.end_mask, i),
        shrink,
      });
    }
  }
  takeWhole(rank);
  return { axes, sources };
}

/** Brings an index into the valid range of its side; masked ones are the range's end. */
function canonical(
  index: number,
  masked: boolean,
  side: 0 | 1,
  stride: number,
  dim: number,
): number {
  const range = stride > 0 ? ([0, dim] as const) : ([-1, dim - 1] as const);
  if (masked) return stride > 0 ? range[side] : range[side === 0 ? 1 : 0];
  const forward = index < 0 ? dim + index : index;
  return Math.min(Math.max(forward, range[0]), range[1]);
}

function sliceAxis(
  axis: DenseAxis,
  dim: Dim,
  position: number,
  failure: (text: string) => Error,
): AxisSlice {
  const { stride, shrink } = axis;
  if (stride === 0) throw failure(`strides[${position}] must be non-zero`);
  if (shrink && stride <= 0) throw failure("only stride 1 allowed on non-range indexing.");
  const masked = axis.beginMasked && axis.endMasked;
  if (dim === null) {
    if (shrink)
      return { begin: axis.begin !== null && axis.begin >= 0 ? axis.begin : null, size: 1, stride };
    return { begin: null, size: null, stride };
  }
  if (shrink) {
    if (axis.begin === null) return { begin: null, size: 1, stride };
    const begin = axis.begin < 0 ? dim + axis.begin : axis.begin;
    if (begin < 0 || begin >= dim) {
      throw failure(`slice index ${axis.begin} of dimension ${position} out of bounds.`);
    }
    return { begin, size: 1, stride };
  }
  const knowsBegin = axis.begin !== null || axis.beginMasked;
  const knowsEnd = axis.end !== null || axis.endMasked;
  const begin = knowsBegin ? canonical(axis.begin ?? 0, axis.beginMasked, 0, stride, dim) : null;
  if (begin === null || !knowsEnd) {
    if (!masked) return { begin, size: null, stride };
  }
  const end = canonical(axis.end ?? 0, axis.endMasked, 1, stride, dim);
  const length = end - (begin as number);
  const size = length === 0 || length < 0 !== stride < 0 ? 0 : Math.ceil(length / stride);
  return { begin, size, stride };
}

/** What a slice takes of an input of known rank. `failure` makes the errors of wrong indices. */
export function sliceOf(
  spec: SliceSpec,
  dims: readonly Dim[],
  failure: (text: string) => Error,
): Sliced {
  const { axes, sources } = densify(spec, dims.length, failure);
  const taken = axes.map((axis, i) => sliceAxis(axis, dims[i] as Dim, i, failure));
  const shape = sources.map((source) => (source === "new" ? 1 : (taken[source] as AxisSlice).size));
  return { axes: taken, shape };
}
