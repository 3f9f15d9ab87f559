/** The shape that a reduction leaves when reduced axes stay with size 1. */

import { int32, int64 } from "../core/dtypes.ts";
import type { Graph } from "../core/graph.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import { ones, range, shape, size } from "./array.ts";
import { maximum } from "./binary.ts";
import { cast } from "./cast.ts";
import { asArray } from "./constant.ts";

import { dynamicStitch } from "./dynamic.ts";
import { numbersOf, staticValue } from "./support.ts";
import "./operators.ts";

/** The elements of `inputShape` with 1 at `axes`: known numbers, or nodes that compute them. */
export function reducedShape(inputShape: Tensor, axes: Tensor): NDArray | Tensor {
  const knownShape = staticValue(inputShape);
  const knownAxes = knownShape && staticValue(axes);
  if (knownAxes) return asArray(keptDims(numbersOf(knownShape), numbersOf(knownAxes)), int32);
  // TensorFlow refuses axes of 64 bits here.
  const narrow = axes.dtype.base === int64 ? cast(axes, int32) : axes;
  const inputRank = size(inputShape, { outType: narrow.dtype.base });
  const positive = narrow.add(inputRank).mod(inputRank);
  const axesShape = shape(positive);
  return dynamicStitch(
    [range(inputRank), positive],
    [inputShape, ones(axesShape, { dtype: inputShape.dtype })],
  );
}

function keptDims(dims: readonly number[], axes: readonly number[]): number[] {
  const kept = [...dims];
  for (const axis of axes) kept[axis < 0 ? axis + dims.length : axis] = 1;
  return kept;
}

interface StaticReduction {
  readonly kept: readonly number[];
  /** How often the reduced tensor repeats along each axis to fill the input again. */
  readonly tiling: readonly number[];
}

const reductions = new WeakMap<Graph, Map<string, StaticReduction>>();

/**
 * `kept` and `tiling` for static shapes. TensorFlow computes the tiling by nodes that it evaluates at once and leaves
 * in the graph, one pair for each (shape, axes); they are made here too, so that later names agree.
 */
export function staticReduction(
  graph: Graph,
  dims: readonly number[],
  axes: readonly number[],
): StaticReduction {
  let known = reductions.get(graph);
  if (!known) {
    known = new Map();
    reductions.set(graph, known);
  }
  const key = `${dims}:${axes}`;
  const found = known.get(key);
  if (found) return found;
  const kept = keptDims(dims, axes);
  maximum(asArray(kept, int32), 1).rfloordiv(asArray([...dims], int32));
  const tiling = dims.map((dim, axis) => Math.floor(dim / Math.max(kept[axis] as number, 1)));
  const made = { kept, tiling };
  known.set(key, made);
  return made;
}
