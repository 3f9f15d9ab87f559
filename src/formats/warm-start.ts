/** warmStart: a model that begins with the weights of another one. */

import { ValueError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import { brief } from "../ops/constant.ts";
import { isVariable, type Variable } from "../variables/variable.ts";
import { checkpointPath, type ReadOptions } from "./checkpoint-reader.ts";
import { fileSystem } from "./files.ts";
import { initFromCheckpoint } from "./init-from-checkpoint.ts";
import { objectNames } from "./object-graph.ts";
import { openCheckpoint } from "./open.ts";
import { namesOf } from "./saveable.ts";

export interface WarmStartOptions extends ReadOptions {
  /**
   * A regular expression for names of trainable variables, `.*` if not given; a list of those for names of global
   * variables; or the variables.
   */
  readonly varsToWarmStart?: string | readonly string[] | readonly Variable[] | undefined;
  /** Names of variables with what they are called in the checkpoint, where that differs. */
  readonly varNameToPrevVarName?: Readonly<Record<string, string>> | undefined;
}

/**
 * Makes variables take their initial values from a checkpoint, or from the newest one of a folder. Vocabularies that changed
 * are not remapped. TensorFlow: `tf.train.warm_start`.
 */
export function warmStart(
  ckptToInitializeFrom: string,
  { varsToWarmStart = ".*", varNameToPrevVarName, files = fileSystem() }: WarmStartOptions = {},
): void {
  const named = namesOf(variablesOf(varsToWarmStart)) as ReadonlyMap<string, unknown>;
  const given = varNameToPrevVarName ?? {};
  const unused = Object.keys(given).filter((name) => !named.has(name));
  if (unused.length > 0) {
    throw new ValueError(
      `You provided the following variables in var_name_to_prev_var_name that were not used: {${brief(unused).slice(1, -1)}}.  Perhaps you misspelled them?  Here is the list of viable variable names: ${brief([...named.keys()])}`,
    );
  }
  const stored = Object.keys(given).length > 0 ? given : keysOfObjects(ckptToInitializeFrom, files);
  const variables = new Map(variablesOf(varsToWarmStart).map((one) => [keyOf(one), one]));
  for (const [name, value] of named) {
    const target = Array.isArray(value) ? (value as Variable[]) : variables.get(name);
    if (target)
      initFromCheckpoint(ckptToInitializeFrom, [[stored[name] ?? name, target]], { files });
  }
}

function keyOf(variable: Variable): string {
  return variable.saveSliceInfo?.fullName ?? variable.op.name;
}

function keysOfObjects(path: string, files: NonNullable<ReadOptions["files"]>) {
  using checkpoint = openCheckpoint(checkpointPath(path, files) ?? path, { files });
  return objectNames(checkpoint) ?? {};
}

function variablesOf(chosen: NonNullable<WarmStartOptions["varsToWarmStart"]>): Variable[] {
  const graph = getDefaultGraph();
  if (typeof chosen === "string") {
    return graph.getCollection<Variable>(GraphKeys.TRAINABLE_VARIABLES, chosen);
  }
  const list = chosen as readonly (string | Variable)[];
  if (list.every((item) => typeof item === "string")) {
    const found = list.flatMap((scope) =>
      graph.getCollection<Variable>(GraphKeys.GLOBAL_VARIABLES, scope),
    );
    return [...new Set(found)];
  }
  if (list.every(isVariable)) return [...list];
  throw new ValueError(
    `If \`vars_to_warm_start\` is a list, it must be all \`Variable\` or all \`str\`.  Given types are ${brief(list.map((item) => typeof item))}`,
  );
}
