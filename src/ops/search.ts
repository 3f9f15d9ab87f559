/** Searching sorted rows: LowerBound, UpperBound, tf.searchsorted. */

import { asDType, type DType, type DTypeLike, int32, int64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { type NDArray, writeElement } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { withRank } from "./merge.ts";
import { reshape, shapeInternal } from "./shape.ts";

const attrs = { T: a.type(), out_type: a.type([int32, int64], int32) } as const;

/** The first place in each sorted row where a value could go: before equal ones, or `after` them. */
function places(k: Builder, sorted: Value, values: Value, dtype: DType, after: boolean): Value {
  const [rows, width] = sorted.shape as readonly [number, number];
  const count = values.shape[1] as number;
  const [out] = k.host(
    "search",
    [sorted, values],
    [{ dtype, shape: values.shape }],
    ([line, wanted], [found]) => {
      for (let row = 0; row < rows; row++) {
        for (let i = row * count; i < (row + 1) * count; i++) {
          const value = (wanted as NDArray).at(i);
          let [low, high] = [0, width];
          while (low < high) {
            const middle = (low + high) >> 1;
            const other = (line as NDArray).at(row * width + middle);
            if (other < value || (after && other === value)) low = middle + 1;
            else high = middle;
          }
          writeElement((found as NDArray).data, dtype, i, low);
        }
      }
    },
  );
  return out as Value;
}

const LowerBound = defineOp({
  type: "LowerBound",
  inputs: ["sorted_inputs: T", "values: T"],
  outputs: ["output: out_type"],
  attrs,
  shape: ({ inputs: [, values] }) => [withRank(values.shape, 2)],
  gradient: "none",
  lower: ({ inputs: [sorted, values], attrs: { out_type }, k }) => [
    places(k, sorted, values, out_type, false),
  ],
});

const UpperBound = defineOp({
  type: "UpperBound",
  inputs: ["sorted_inputs: T", "values: T"],
  outputs: ["output: out_type"],
  attrs,
  shape: ({ inputs: [, values] }) => [withRank(values.shape, 2)],
  gradient: "none",
  lower: ({ inputs: [sorted, values], attrs: { out_type }, k }) => [
    places(k, sorted, values, out_type, true),
  ],
});

export interface SearchOptions extends Named {
  /** "left" (the default) finds the place before equal elements, "right" that behind them. */
  readonly side?: "left" | "right" | undefined;
  readonly outType?: DTypeLike | undefined;
}

/** Where values would go in sorted rows (the last axis). TensorFlow: `tf.searchsorted`. */
export function searchsorted(
  sortedSequence: TensorLike,
  values: TensorLike,
  { side = "left", outType = int32, name }: SearchOptions = {},
): Tensor {
  const sequence = convertToTensor(sortedSequence);
  const wanted = convertToTensor(values);
  const width = shapeInternal(sequence).slice(-1);
  const count = shapeInternal(wanted).slice(-1);
  const rows = reshape(sequence, [-1, width]);
  const lines = reshape(wanted, [-1, count]);
  if (side !== "left" && side !== "right") {
    throw new ValueError(
      `Argument \`side\` must be either 'right' or 'left'. Received: \`side\` = '${side}'.`,
    );
  }
  const def = side === "right" ? UpperBound : LowerBound;
  const found = createOp(def, [rows, lines], { out_type: asDType(outType) }, name).output;
  return reshape(found, shapeInternal(wanted));
}
