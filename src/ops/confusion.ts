/** Confusion matrices: how often which label was predicted as which. */

import { type DType, type DTypeLike, int32, int64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { maximum } from "./binary.ts";
import { cast } from "./cast.ts";
import { withDependencies } from "./control.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { assertLess, assertNonNegative } from "./debugging.ts";
import { onesLike } from "./fill.ts";
import { scatterNd } from "./gather-nd.ts";
import { reduceMax } from "./reduce.ts";
import { squeeze } from "./shape.ts";
import { stack } from "./stack.ts";
import { integers, opScope } from "./support.ts";

export interface ConfusionMatrixOptions extends Named {
  /** Found from labels and predictions when it is left out. */
  readonly numClasses?: number | undefined;
  /** int32 by default. */
  readonly dtype?: DTypeLike | undefined;
  /** What each pair counts; 1 by default. */
  readonly weights?: TensorLike | undefined;
}

/** Takes off a last dimension of 1 that one of the two has and the other has not. */
function sameRank(labels: Tensor, predictions: Tensor): readonly [Tensor, Tensor] {
  return opScope(undefined, "remove_squeezable_dimensions", [labels, predictions], () => {
    const [ours, theirs] = [labels.shape.rank, predictions.shape.rank];
    if (ours === null || theirs === null) {
      throw new ValueError("Labels and predictions need a known rank.");
    }
    if (theirs === ours + 1) return [labels, squeeze(predictions, { axis: [-1] })];
    if (ours === theirs + 1) return [squeeze(labels, { axis: [-1] }), predictions];
    return [labels, predictions];
  });
}

/**
 * The matrix whose row is the label, whose column the prediction, and whose element counts the pairs.
 * TensorFlow: `tf.math.confusion_matrix`.
 */
export function confusionMatrix(
  labels: TensorLike,
  predictions: TensorLike,
  { numClasses, dtype = int32 as DType, weights, name }: ConfusionMatrixOptions = {},
): Tensor {
  return opScope(name, "confusion_matrix", [predictions, labels, numClasses, weights], () => {
    const [first, second] = sameRank(
      convertToTensor(integers(labels), { name: "labels" }),
      convertToTensor(integers(predictions), { name: "predictions" }),
    );
    let columns: Tensor = cast(second, int64);
    let rows: Tensor = cast(first, int64);
    const among = (x: Tensor, what: string): Tensor =>
      withDependencies(
        [assertNonNegative(x, { message: `\`${what}\` contains negative values` })],
        x,
      );
    rows = among(rows, "labels");
    columns = among(columns, "predictions");
    let count: TensorLike;
    if (numClasses === undefined) {
      count = maximum(reduceMax(columns), reduceMax(rows)).add(1);
    } else {
      const limit: Tensor = cast(integers(numClasses), int64);
      const below = (x: Tensor, what: string): Tensor =>
        withDependencies([assertLess(x, limit, { message: `\`${what}\` out of bound` })], x);
      rows = below(rows, "labels");
      columns = below(columns, "predictions");
      count = numClasses;
    }
    const given =
      weights === undefined ? null : cast(convertToTensor(weights, { name: "weights" }), dtype);
    const dims = stack([count, count].map((n) => integers(n)));
    const indices = stack([rows, columns], { axis: 1 });
    const values = given ?? onesLike(columns, { dtype });
    return scatterNd(indices, values, cast(dims, int64));
  });
}
