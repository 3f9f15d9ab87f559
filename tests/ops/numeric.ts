/** Gradients against central differences of our own forward, in float64. */

import * as tf from "tensorscope";
import { writeElement } from "../../src/core/ndarray.ts";
import { build, derive, differentiated, differentiatedOutputs, weightsFor } from "./call.ts";
import type { Row } from "./table.ts";

/** Largest difference between gradient and differences, relative to the gradient's size, by dtype. */
const allowed: Readonly<Record<string, { readonly step: number; readonly tolerance: number }>> = {
  float64: { step: 1e-5, tolerance: 1e-6 },
  float32: { step: 1e-2, tolerance: 2e-2 },
};

/** What is wrong with the gradients of a case; cases of other dtypes are compared with TensorFlow only. */
export function checkNumerically(row: Row): string[] {
  const limits = allowed[row.dtype.name];
  if (!limits) return [];
  // Differences in float32 are coarse: they serve where float64 is not to be had.
  if (row.dtype === tf.float32 && row.entry.dtypes?.includes("float64")) return [];
  const built = build(row, "static");
  const { graph, outputs, feeds, variables } = built;
  const session = new tf.Session("", { graph });
  if (variables.length > 0) {
    session.runSync(graph.asDefault(() => tf.variablesInitializer(variables)));
  }
  const xs = differentiated(row, built);
  let ys: readonly tf.Tensor[] = differentiatedOutputs(row, built).map(
    (i) => outputs[i] as tf.Tensor,
  );
  const problems: string[] = [];
  for (const key of row.entry.second ? ["gradient", "second gradient"] : ["gradient"]) {
    const values = session.runSync(ys, feeds) as tf.NDArray[];
    const weights = weightsFor(values, 300);
    const { gradients } = derive(graph, ys, xs, weights);
    const known = gradients.filter((gradient) => gradient !== null);
    const analytic = session.runSync(known, feeds) as tf.NDArray[];
    const total = (fed: ReadonlyMap<tf.Tensor, tf.NDArray>): number =>
      dot(session.runSync(ys, fed) as tf.NDArray[], weights);
    let next = 0;
    xs.forEach((x, i) => {
      const ours = gradients[i] ? (analytic[next++] as tf.NDArray) : null;
      const problem = compareWithDifferences(ours, x, feeds, total, limits);
      if (problem) problems.push(`${key} of input ${i}: ${problem}`);
    });
    ys = known;
  }
  session.close();
  return problems;
}

function dot(values: readonly tf.NDArray[], weights: readonly tf.NDArray[]): number {
  let sum = 0;
  values.forEach((value, i) => {
    for (let j = 0; j < value.size; j++) sum += Number(value.at(j)) * Number(weights[i]?.at(j));
  });
  return sum;
}

function compareWithDifferences(
  ours: tf.NDArray | null,
  x: tf.Tensor,
  feeds: ReadonlyMap<tf.Tensor, tf.NDArray>,
  total: (fed: ReadonlyMap<tf.Tensor, tf.NDArray>) => number,
  { step, tolerance }: { readonly step: number; readonly tolerance: number },
): string | undefined {
  const point = feeds.get(x) as tf.NDArray;
  for (let j = 0; j < point.size; j++) {
    const at = (delta: number): number => {
      const moved = point.copy();
      writeElement(moved.data, moved.dtype, j, Number(point.at(j)) + delta);
      return total(new Map([...feeds, [x, moved]]));
    };
    const numeric = (at(step) - at(-step)) / (2 * step);
    const mine = Number(ours?.at(j) ?? 0);
    if (Math.abs(mine - numeric) <= tolerance * Math.max(1, Math.abs(numeric))) continue;
    return `element ${j} is ${mine}, differences give ${numeric}`;
  }
  return undefined;
}
