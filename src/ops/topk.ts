/** The largest elements: TopKV2, InTopK. */

import {
  bfloat16,
  bool,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../core/dtypes.ts";
import type { NDArray } from "../core/ndarray.ts";
import { type Dim, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { cast } from "./cast.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, later, ShapeError, type ShapeInput } from "./define.ts";
import { zeros } from "./fill.ts";
import { gather } from "./gather.ts";
import { scatterNd } from "./gather-nd.ts";
import { withRank, withRankAtLeast } from "./merge.ts";
import { range } from "./range.ts";
import { reduceProd } from "./reduce.ts";
import { expandDims, reshape, shape, size } from "./shape.ts";
import { stack } from "./stack.ts";
import { integers, mergeDims, opScope } from "./support.ts";

const TopKV2 = defineOp({
  type: "TopKV2",
  inputs: ["input: T", "k: Tk"],
  outputs: ["values: T", "indices: index_type"],
  attrs: {
    sorted: a.bool(true),
    T: a.type([
      float32,
      float64,
      int32,
      uint8,
      int16,
      int8,
      int64,
      bfloat16,
      uint16,
      float16,
      uint32,
      uint64,
    ]),
    Tk: later(a.type([int16, int32, int64], int32)),
    index_type: later(a.type([int16, int32, int64], int32)),
  },
  shape: ({ inputs: [x], constant }) => {
    withRankAtLeast(x.shape, 1);
    const k = constant(1);
    const count = k && Number(k.at(0));
    if (count !== null && count < 0) {
      throw new ShapeError(
        `Dimension size, given by scalar input 1, must be non-negative but is ${count}`,
      );
    }
    const dims = x.shape.dims;
    if (!dims) return [unknownShape, unknownShape];
    const last = dims.at(-1) as Dim;
    if (last !== null && count !== null && last < count) {
      throw new ShapeError(`input must have last dimension >= k = ${count} but is ${last}`);
    }
    const result = dims.with(-1, count);
    return [result, result];
  },
  gradient: ({ inputs: [x], outputs: [, indices], dy: [dy] }) => {
    const inShape = shape(x);
    const indexShape = shape(indices);
    const lastOf = (sizes: Tensor) => gather(cast(sizes, int64), size(sizes).sub(1));
    const flatIndices = reshape(indices, stack([integers(-1, int64), lastOf(indexShape)]));
    const width = lastOf(inShape);
    const rows = shape(flatIndices).slice(0);
    const starts = cast(expandDims(range(0, cast(rows, int64).mul(width), width), -1), int32);
    const places = reshape(flatIndices.add(starts), [-1]);
    const spread = scatterNd(expandDims(places, -1), reshape(dy, [-1]), [reduceProd(inShape)]);
    return [reshape(spread, inShape), zeros([], { dtype: int32 })];
  },
  lower: ({ inputs: [x], attrs: { sorted, index_type }, constant, k }) => {
    const count = Number(constant(1).at(0));
    const columns = x.shape.at(-1);
    if (count < 0) throw new Error(`Need k >= 0, got ${count}`);
    if (columns === undefined)
      throw new Error(`input must be >= 1-D, got shape [${x.shape.join(",")}]`);
    if (columns < count)
      throw new Error(`input must have at least k columns. Had ${columns}, needed ${count}`);
    const result = x.shape.with(-1, count);
    const outputs = [
      { dtype: x.dtype, shape: result },
      { dtype: index_type, shape: result },
    ];
    return k.routine("topK", [x], outputs, { k: count, sorted });
  },
});

export interface TopKOptions extends Named {
  /** How many; 1 by default. */
  readonly k?: TensorLike | undefined;
  readonly sorted?: boolean | undefined;
}

export interface TopKResult {
  readonly values: Tensor;
  readonly indices: Tensor;
}

/**
 * The k largest elements of the last axis and their positions, largest first. TensorFlow: `tf.nn.top_k`.
 */
export function topK(
  input: TensorLike,
  { k = 1, sorted = true, name }: TopKOptions = {},
): TopKResult {
  const { outputs } = createOp(TopKV2, [input, integers(k)], { sorted }, name);
  const [values, indices] = outputs as readonly [Tensor, Tensor];
  return { values, indices };
}

function inTopShape(predictions: ShapeInput, targets: ShapeInput) {
  const rows = withRank(predictions.shape, 2).dim(0);
  const count = withRank(targets.shape, 1).dim(0);
  return [mergeDims(rows, count)];
}

/** Whether fewer than k predictions of a row are above the one of its target; false where that is not a number. */
function inTop(k: Builder, predictions: Value, targets: Value, count: number): Value {
  const [rows, classes] = predictions.shape as readonly [number, number];
  const spec = { dtype: bool, shape: [rows] };
  const [out] = k.host("inTopK", [predictions, targets], [spec], ([scores, labels], [result]) => {
    const values = (scores as NDArray).data as Float32Array;
    const found = (result as NDArray).data as Uint8Array;
    for (let row = 0; row < rows; row++) {
      const target = Number((labels as NDArray).at(row));
      const line = values.subarray(row * classes, (row + 1) * classes);
      const score = line[target];
      let above = 0;
      let known = score !== undefined && Number.isFinite(score);
      for (const other of line) {
        if (!Number.isFinite(other)) known = false;
        else if (score !== undefined && other > score) above += 1;
      }
      found[row] = known && above < count ? 1 : 0;
    }
  });
  return out as Value;
}

const InTopK = defineOp({
  type: "InTopK",
  inputs: ["predictions: float32", "targets: T"],
  outputs: ["precision: bool"],
  attrs: { k: a.int(), T: a.type([int32, int64], int32) },
  shape: ({ inputs: [predictions, targets] }) => [inTopShape(predictions, targets)],
  gradient: "none",
  lower: ({ inputs: [predictions, targets], attrs, k }) => [
    inTop(k, predictions, targets, attrs.k),
  ],
});

/** The InTopK op of old graphs, whose k is an attribute. TensorFlow: `gen_nn_ops.in_top_k`. */
export function inTopKV1(
  predictions: TensorLike,
  targets: TensorLike,
  k: number,
  { name }: Named = {},
): Tensor {
  return createOp(InTopK, [predictions, integers(targets)], { k }, name).output;
}

const InTopKV2 = defineOp({
  type: "InTopKV2",
  inputs: ["predictions: float32", "targets: T", "k: T"],
  outputs: ["precision: bool"],
  attrs: { T: a.type([int32, int64], int32) },
  shape: ({ inputs: [predictions, targets] }) => [inTopShape(predictions, targets)],
  gradient: "none",
  lower: ({ inputs: [predictions, targets], constant, k }) => [
    inTop(k, predictions, targets, Number(constant(2).at(0))),
  ],
});

/** Whether each target is among the k largest predictions of its row. TensorFlow: `tf.nn.in_top_k`. */
export function inTopK(
  predictions: TensorLike,
  targets: TensorLike,
  k: TensorLike,
  { name }: Named = {},
): Tensor {
  return opScope(
    undefined,
    "in_top_k",
    [],
    () => createOp(InTopKV2, [predictions, integers(targets), k], {}, name).output,
  );
}
