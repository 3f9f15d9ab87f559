/** Sorting along an axis, made of TopKV2. */

import { int64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { constant } from "./constant.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { indexTensor } from "./index-tensor.ts";
import { rank, shape } from "./shape.ts";
import { integers, opScope } from "./support.ts";
import { topK } from "./topk.ts";
import { transpose } from "./transpose.ts";

export interface SortOptions extends Named {
  /** The last one by default. */
  readonly axis?: number | undefined;
  /** `"ASCENDING"` by default. */
  readonly direction?: "ASCENDING" | "DESCENDING" | undefined;
}

type Part = "values" | "indices";

/** The elements in order along an axis. TensorFlow: `tf.sort`. */
export function sort(values: TensorLike, options: SortOptions = {}): Tensor {
  return opScope(options.name, "sort", [], () => sorted(values, options, "values"));
}

/** The indices that put the elements in order along an axis. TensorFlow: `tf.argsort`. */
export function argsort(values: TensorLike, options: SortOptions = {}): Tensor {
  return opScope(options.name, "argsort", [], () => sorted(values, options, "indices"));
}

function sorted(
  given: TensorLike,
  { axis = -1, direction = "ASCENDING" }: SortOptions,
  part: Part,
): Tensor {
  if (direction !== "ASCENDING" && direction !== "DESCENDING") {
    throw new ValueError(
      `Argument \`direction\` should be one of ASCENDING, DESCENDING. Received: direction=${direction}`,
    );
  }
  convertToTensor(integers(axis), { name: "axis" });
  const values = convertToTensor(given, { name: "values" });
  if (direction === "DESCENDING") return descending(values, axis, part);
  // Turned around so that the largest comes first; n -> -n - 1 fits the range of integers, -n does not.
  const { isInteger } = values.dtype;
  const found = descending(isInteger ? values.neg().sub(1) : values.neg(), axis, part);
  if (part === "indices") return found;
  return isInteger ? found.neg().sub(1) : found.neg();
}

function descending(values: Tensor, axis: number, part: Part): Tensor {
  const known = values.shape.rank;
  const k = indexTensor(shape(values), [axis]);
  rank(values);
  if (axis === -1 || axis + 1 === known) return topK(values, { k })[part];
  if (known === null) {
    throw new ValueError("Sorting along another axis than the last needs a known rank.");
  }
  const place = axis < 0 ? axis + known : axis;
  const order = Array.from({ length: known }, (_, i) => i);
  order[place] = known - 1;
  order[known - 1] = place;
  const swap = constant(order, { dtype: int64, name: "transposition" });
  return transpose(topK(transpose(values, swap), { k })[part], swap);
}
