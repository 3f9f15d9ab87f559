/** The variables of a graph by collection, and the operations that initialize them or ask whether they are. */

import { string } from "../core/dtypes.ts";
import { TypeError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import { brief, kindOf, mistakeHint } from "../core/kind.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { warn } from "../core/warn.ts";
import { stack } from "../ops/array.ts";
import { logicalNot } from "../ops/comparison.ts";
import { constant } from "../ops/constant.ts";
import { group, noOp } from "../ops/control.ts";
import type { Named } from "../ops/create.ts";
import { inNameScope } from "../ops/scopes.ts";
import { rank } from "../ops/shape.ts";
import { isVariableInitialized } from "../ops/state.ts";
import { booleanMask } from "../ops/where.ts";
import { Variable } from "./variable.ts";

function collection(key: string, scope: string | undefined): Variable[] {
  return getDefaultGraph().getCollection<Variable>(key, scope);
}

/** All variables that are shared and saved; with `scope`, those whose names match it at the start. */
export function globalVariables(scope?: string): Variable[] {
  return collection(GraphKeys.GLOBAL_VARIABLES, scope);
}
/** Variables of this process that are not saved. */
export function localVariables(scope?: string): Variable[] {
  return collection(GraphKeys.LOCAL_VARIABLES, scope);
}
/** Variables that inference needs, as layers enter them. */
export function modelVariables(scope?: string): Variable[] {
  return collection(GraphKeys.MODEL_VARIABLES, scope);
}
/** Variables that optimizers change by default. */
export function trainableVariables(scope?: string): Variable[] {
  return collection(GraphKeys.TRAINABLE_VARIABLES, scope);
}
/** Variables that have a moving average. */
export function movingAverageVariables(scope?: string): Variable[] {
  return collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope);
}
/** Deprecated name of `globalVariables`. */
export function allVariables(): Variable[] {
  warn("tf.all_variables is deprecated, use tf.global_variables instead.");
  return globalVariables();
}

/** Refuses what is no list of variables (or of references, which stand for themselves). */
function checkVariables(variables: Iterable<unknown>): void {
  const isList = typeof variables === "object" && variables !== null;
  if (!isList || !(Symbol.iterator in variables) || variables instanceof Variable) {
    throw new TypeError(
      `Variables are given as a list; got ${brief(variables)}.`,
      variables instanceof Variable ? "Put brackets around a single one." : mistakeHint(variables),
    );
  }
  for (const variable of variables) {
    const isHolder = variable instanceof Variable || (variable as Tensor | null)?.dtype?.isRef;
    if (isHolder) continue;
    throw new TypeError(
      `A variable is needed; got ${brief(variable)} of type '${kindOf(variable)}'.`,
      mistakeHint(variable),
    );
  }
}

/** One operation that runs the initializers of `variables`. TensorFlow: `tf.variables_initializer`. */
export function variablesInitializer(
  variables: Iterable<Variable>,
  { name = "init" }: Named = {},
): Operation {
  checkVariables(variables);
  const initializers = Array.from(variables, ({ initializer }) => initializer);
  return initializers.length > 0 ? group(...initializers, { name }) : noOp({ name });
}
/** One operation that initializes all global variables. TensorFlow: `tf.global_variables_initializer`. */
export function globalVariablesInitializer(): Operation {
  return variablesInitializer(globalVariables());
}
/** One operation that initializes all local variables. TensorFlow: `tf.local_variables_initializer`. */
export function localVariablesInitializer(): Operation {
  return variablesInitializer(localVariables());
}
/** Deprecated name of `variablesInitializer`. */
export function initializeVariables(variables: Iterable<Variable>, options?: Named): Operation {
  warn("tf.initialize_variables is deprecated, use tf.variables_initializer instead.");
  return variablesInitializer(variables, options);
}
/** Deprecated name of `globalVariablesInitializer`. */
export function initializeAllVariables(): Operation {
  warn("tf.initialize_all_variables is deprecated, use tf.global_variables_initializer instead.");
  return globalVariablesInitializer();
}
/** Deprecated name of `localVariablesInitializer`. */
export function initializeLocalVariables(): Operation {
  warn("tf.initialize_local_variables is deprecated, use tf.local_variables_initializer instead.");
  return localVariablesInitializer();
}

/** What can be asked whether it is initialized: a variable, or the reference of one without. */
type Holder = Variable | Tensor;

function allHolders(given: readonly Holder[] | undefined): readonly Holder[] {
  if (given) return given;
  const known = [...globalVariables(), ...localVariables()];
  return known.length > 0 ? known : bareReferences();
}

function bareReferences(): Tensor[] {
  const types = ["Variable", "VariableV2", "AutoReloadVariable"];
  return getDefaultGraph()
    .operations.filter((op) => types.includes(op.type))
    .map((op) => op.output);
}

/**
 * A tensor of the names of variables without value; empty when all have one. Default: global and local ones.
 * TensorFlow: `tf.report_uninitialized_variables`.
 */
export function reportUninitializedVariables(
  variables?: readonly Variable[],
  { name = "report_uninitialized_variables" }: Named = {},
): Tensor<"string"> {
  if (variables) checkVariables(variables);
  const holders = variables ? [...variables] : allHolders(undefined);
  return inNameScope(name, () => {
    const flags = holders.map((holder) => isVariableInitialized(holder));
    return getDefaultGraph().device("/cpu:0", () => {
      if (flags.length === 0) return constant([], { dtype: string });
      const missing = logicalNot(stack(flags));
      const names = constant(holders.map((holder) => holder.op.name));
      return booleanMask(names, missing) as Tensor<"string">;
    });
  });
}

/**
 * Deprecated: a tensor that fails to be computed unless the variables are initialized; null without variables.
 * TensorFlow: `tf.assert_variables_initialized`.
 */
export function assertVariablesInitialized(variables?: readonly Variable[]): Tensor | null {
  if (variables) checkVariables(variables);
  const given = variables && variables.length > 0 ? variables : undefined;
  const holders = given ?? (variables ? bareReferences() : allHolders(undefined));
  const graph = getDefaultGraph();
  const ranks = holders.map((holder) =>
    graph.inside(graph.colocationPatch(holder.op), () => rank(holder, { optimize: false })),
  );
  if (ranks.length === 0) return null;
  return ranks.length === 1 ? (ranks[0] as Tensor) : stack(ranks);
}
