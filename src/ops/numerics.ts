/** Checks that numbers are finite, on one tensor or on the whole graph. */

import { float16, float32, float64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import type { Operation } from "../core/tensor.ts";
import { checkNumerics } from "./assert.ts";
import { group, withDependencies } from "./control.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { opScope } from "./support.ts";

/** The tensor; fails with `message` when it holds NaN or infinity. TensorFlow: `tf.debugging.assert_all_finite`. */
export function assertAllFinite(x: TensorLike, message: string, { name }: Named = {}) {
  return opScope(name, "VerifyFinite", [x], () => {
    const tensor = convertToTensor(x, { name: "x" });
    const { graph } = tensor;
    return graph.inside(graph.colocationPatch(tensor), () =>
      withDependencies([checkNumerics(tensor, message)], tensor),
    );
  });
}

const checkedTypes: readonly unknown[] = [float16, float32, float64];

/**
 * An operation that fails when any floating-point tensor of the graph, as it is now, holds NaN or infinity; each
 * is checked before those computed from it. Not for graphs with conditionals. TensorFlow: `tf.add_check_numerics_ops`.
 */
export function addCheckNumericsOps(): Operation {
  const graph = getDefaultGraph();
  let last: Operation[] = [];
  for (const op of graph.getOperations()) {
    for (const output of op.outputs) {
      if (!checkedTypes.includes(output.dtype)) continue;
      if (op.controlFlow) {
        throw new ValueError(
          "`tf.add_check_numerics_ops() is not compatible with TensorFlow control flow operations such as `tf.cond()` or `tf.while_loop()`.",
        );
      }
      const check = () => checkNumerics(output, `${op.name}:${output.valueIndex}`);
      last = [graph.inside(graph.controlPatch(last), check).op];
    }
  }
  return group(...last);
}
