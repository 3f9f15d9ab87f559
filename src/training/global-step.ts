/** The global step: the one variable per graph that counts training steps. */

import { int64 } from "../core/dtypes.ts";
import { KeyError, TypeError, ValueError } from "../core/errors.ts";
import { Graph, getDefaultGraph, inGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import { brief } from "../core/kind.ts";
import type { NDArray } from "../core/ndarray.ts";
import { Tensor } from "../core/tensor.ts";
import { warn } from "../core/warn.ts";
import { getVariable } from "../variables/get-variable.ts";
import { zerosInitializer } from "../variables/initializers.ts";
import { VariableAggregation } from "../variables/types.ts";
import { isVariable, type Variable } from "../variables/variable.ts";

/** What counts steps: normally a variable. */
export type GlobalStep = Variable | Tensor;

/** What `globalStep` needs of a session. */
export interface StepReader {
  run(fetch: GlobalStep): Promise<unknown>;
}

/** The value of the global step in a session. TensorFlow: `tf.train.global_step`. */
export async function globalStep(session: StepReader, step: GlobalStep): Promise<number> {
  return Number(((await session.run(step)) as NDArray).item());
}

/**
 * The global step of a graph: what is in its GLOBAL_STEP collection, else the tensor `global_step:0`, else null.
 * Throws TypeError when that is no integer scalar. TensorFlow: `tf.train.get_global_step`.
 */
export function getGlobalStep(graph: Graph = getDefaultGraph()): GlobalStep | null {
  if (!(graph instanceof Graph)) {
    throw new TypeError(`A graph is needed to look for its global step; got ${brief(graph)}.`);
  }
  const found = graph.getCollection<GlobalStep>(GraphKeys.GLOBAL_STEP);
  if (found.length > 1) {
    warn("Multiple tensors in global_step collection.");
    return null;
  }
  const step = found[0] ?? stepByName(graph);
  if (step) assertGlobalStep(step);
  return step;
}

function stepByName(graph: Graph): Tensor | null {
  try {
    return graph.getTensorByName("global_step:0");
  } catch (error) {
    if (error instanceof KeyError) return null;
    throw error;
  }
}

/** Makes the global step. Throws ValueError when there is one. TensorFlow: `tf.train.create_global_step`. */
export function createGlobalStep(graph: Graph = getDefaultGraph()): Variable {
  if (getGlobalStep(graph) !== null) throw new ValueError('"global_step" already exists.');
  return inGraph(graph, () =>
    graph.inside({ name: "" }, () =>
      getVariable(GraphKeys.GLOBAL_STEP, {
        shape: [],
        dtype: int64,
        initializer: zerosInitializer(),
        trainable: false,
        aggregation: VariableAggregation.ONLY_FIRST_REPLICA,
        collections: [GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
      }),
    ),
  );
}

/** The global step, made when there is none. TensorFlow: `tf.train.get_or_create_global_step`. */
export function getOrCreateGlobalStep(graph: Graph = getDefaultGraph()): GlobalStep {
  return getGlobalStep(graph) ?? createGlobalStep(graph);
}

/** Throws TypeError unless `step` is an integer scalar. TensorFlow: `tf.train.assert_global_step`. */
export function assertGlobalStep(step: unknown): asserts step is GlobalStep {
  if (!(isVariable(step) || step instanceof Tensor)) {
    throw new TypeError(`Existing "global_step" must be a Variable or Tensor: ${step}.`);
  }
  if (!step.dtype.base.isInteger) {
    throw new TypeError(`Existing "global_step" does not have integer type: ${step.dtype}`);
  }
  if (step.shape.known && step.shape.rank !== 0) {
    throw new TypeError(`Existing "global_step" is not scalar: ${step.shape}`);
  }
}
