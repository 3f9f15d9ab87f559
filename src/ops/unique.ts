/** The different elements of a vector. */

import { asDType, type DType, type DTypeLike, int32, int64 } from "../core/dtypes.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { uniqueElements } from "../engines/routines/dynamic.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { withRank } from "./merge.ts";

const attrs = { T: a.type(), out_idx: a.type([int32, int64], int32) } as const;

function indexShape(x: TensorShape): TensorShape {
  withRank(x, 1);
  return x;
}

const Unique = defineOp({
  type: "Unique",
  inputs: ["x: T"],
  outputs: ["y: T", "idx: out_idx"],
  attrs,
  shape: ({ inputs: [x] }) => [[null], indexShape(x.shape)],
  gradient: "none",
  lower: "host",
  host: ([x], context) => {
    const { values, indices } = uniqueElements(x as NDArray, context.attrs.out_idx);
    return [values, indices];
  },
});

const UniqueWithCounts = defineOp({
  type: "UniqueWithCounts",
  inputs: ["x: T"],
  outputs: ["y: T", "idx: out_idx", "count: out_idx"],
  attrs,
  shape: ({ inputs: [x] }) => [[null], indexShape(x.shape), [null]],
  gradient: "none",
  lower: "host",
  host: ([x], context) => {
    const { values, indices, counts } = uniqueElements(x as NDArray, context.attrs.out_idx);
    return [values, indices, counts];
  },
});

export interface UniqueOptions extends Named {
  /** int32 (the default) or int64. */
  readonly outIdx?: DTypeLike | undefined;
}

export interface UniqueResult {
  /** The different elements in order of appearance. */
  readonly y: Tensor;
  /** Which of them each element of x is. */
  readonly idx: Tensor;
}

export interface UniqueCounts extends UniqueResult {
  /** How often each occurs. */
  readonly count: Tensor;
}

function indexType(outIdx: DTypeLike | undefined): DType {
  return outIdx === undefined ? int32 : asDType(outIdx);
}

/** The different elements of a vector, and which of them each element is. TensorFlow: `tf.unique`. */
export function unique(x: TensorLike, { outIdx, name }: UniqueOptions = {}): UniqueResult {
  const { outputs } = createOp(Unique, [x], { out_idx: indexType(outIdx) }, name);
  const [y, idx] = outputs as readonly [Tensor, Tensor];
  return { y, idx };
}

/** As `unique`, and how often each element occurs. TensorFlow: `tf.unique_with_counts`. */
export function uniqueWithCounts(
  x: TensorLike,
  { outIdx, name }: UniqueOptions = {},
): UniqueCounts {
  const { outputs } = createOp(UniqueWithCounts, [x], { out_idx: indexType(outIdx) }, name);
  const [y, idx, count] = outputs as readonly [Tensor, Tensor, Tensor];
  return { y, idx, count };
}
