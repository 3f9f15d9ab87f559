/** Adding up the gradients that reach one tensor from several consumers. */

import { ValueError } from "../core/errors.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { addN } from "../ops/addn.ts";
import { concat } from "../ops/concat.ts";
import type { GradientResult } from "../ops/define.ts";
import { IndexedSlices } from "../ops/indexed-slices.ts";

/** How gradients of one tensor are summed. */
export const AggregationMethod = {
  ADD_N: 0,
  DEFAULT: 0,
  EXPERIMENTAL_TREE: 1,
  EXPERIMENTAL_ACCUMULATE_N: 2,
} as const;
export type AggregationMethodValue = (typeof AggregationMethod)[keyof typeof AggregationMethod];

export function checkAggregation(method: number): void {
  const valid: readonly number[] = [0, 1, 2];
  if (!valid.includes(method)) {
    throw new ValueError(
      `Invalid \`aggregation_method\` specified ${method}. Accepted values are [${valid.join(", ")}].`,
    );
  }
}

/** The sum of the gradients of one output of `op`. */
export function aggregate(
  op: Operation,
  grads: readonly GradientResult[],
  method: number,
): GradientResult {
  if (grads.length < 2) return grads[0] ?? null;
  const present = grads.filter((grad) => grad !== null);
  const dense = present.filter((grad) => !(grad instanceof IndexedSlices)) as Tensor[];
  if (dense.length === present.length) {
    return method === AggregationMethod.DEFAULT ? addPerDevice(dense) : addInTree(op, dense);
  }
  if (dense.length > 0) return addN(present);
  const slices = present as IndexedSlices[];
  return new IndexedSlices(
    concat(
      slices.map((slice) => slice.values),
      0,
    ),
    concat(
      slices.map((slice) => slice.indices),
      0,
    ),
    (slices[0] as IndexedSlices).denseShape,
  );
}

function addInTree(op: Operation, grads: readonly Tensor[]): Tensor {
  return op.graph.nameScope(`${op.name}_gradient_sum`, () =>
    grads.slice(1).reduce((sum, grad) => addN([sum, grad]), grads[0] as Tensor),
  );
}

/** First the gradients on each device among themselves, then across devices. */
function addPerDevice(grads: readonly Tensor[]): Tensor {
  const byDevice = new Map<string, Tensor[]>();
  for (const grad of grads) {
    const list = byDevice.get(grad.device);
    if (list) list.push(grad);
    else byDevice.set(grad.device, [grad]);
  }
  const sums = [...byDevice.keys()].sort().map((device) => {
    const list = byDevice.get(device) as Tensor[];
    const { graph, op } = list[0] as Tensor;
    return graph.inside(graph.colocationPatch(op, { ignoreExisting: true }), () => addN(list));
  });
  return addN(sums);
}
