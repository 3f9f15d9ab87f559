/** Which kind of variable is made, and who may interfere. */

import { asDType } from "../core/dtypes.ts";
import { KeyError, TypeError } from "../core/errors.ts";
import { type Graph, getDefaultGraph } from "../core/graph.ts";
import { brief } from "../core/kind.ts";
import { prependNameScope } from "../core/names.ts";
import { type OpenScope, openScope, within } from "../core/scope.ts";
import { asShape } from "../core/shape.ts";
import { Operation, Tensor } from "../core/tensor.ts";
import { Trace, tracedTo } from "../core/trace.ts";
import { newRefVariable, RefVariable } from "./ref.ts";
import { newResourceVariable, ResourceVariable } from "./resource.ts";
import { getVariableScope } from "./scope.ts";
import type { CreatorOptions, VariableCreator } from "./types.ts";
import { onNewVariable, type Variable, type VariableDef } from "./variable.ts";

let resourceByDefault = false;

/** Makes resource variables wherever nothing else is said. TensorFlow: `tf.enable_resource_variables`. */
export function enableResourceVariables(): void {
  resourceByDefault = true;
}
/** Makes reference variables wherever nothing else is said. TensorFlow: `tf.disable_resource_variables`. */
export function disableResourceVariables(): void {
  resourceByDefault = false;
}
/** TensorFlow: `tf.resource_variables_enabled`. */
export function resourceVariablesEnabled(): boolean {
  return resourceByDefault;
}

const creators = new WeakMap<Graph, readonly VariableCreator[]>();

/**
 * Lets `creator` make the variables made inside: it may change what it is given and calls `next` to go on.
 * The innermost creator is asked first. TensorFlow: `tf.variable_creator_scope`.
 */
export function variableCreatorScope(creator: VariableCreator): OpenScope;
export function variableCreatorScope<R>(creator: VariableCreator, body: () => R): R;
export function variableCreatorScope<R>(creator: VariableCreator, body?: () => R): OpenScope | R {
  if (typeof creator !== "function") {
    throw new TypeError(`A variable creator is a function; got ${brief(creator)}.`);
  }
  const graph = getDefaultGraph();
  const outer = creators.get(graph) ?? [];
  creators.set(graph, [...outer, creator]);
  const scope = openScope(
    "variableCreatorScope",
    () => creators.set(graph, outer),
    "Exiting variable_creator_scope without proper nesting.",
  );
  return body ? within(scope, "variableCreatorScope", body) : scope;
}

/** @internal Makes a variable of the kind in force, through the creators in force. */
export function createVariable(options: CreatorOptions): Variable {
  let next = createDefault;
  for (const creator of creators.get(getDefaultGraph()) ?? []) {
    const inner = next;
    const go = (changed: CreatorOptions) => tracedTo(Trace.here(), () => inner(changed));
    next = (asked) => tracedTo(undefined, () => creator(go, asked));
  }
  return next(options);
}

function createDefault(options: CreatorOptions): Variable {
  const asked = options.useResource ?? getVariableScope().useResource ?? resourceByDefault;
  return asked ? newResourceVariable(options) : newRefVariable(options);
}

onNewVariable(createVariable);

/**
 * @internal A variable whose nodes are in the default graph already, as a VariableDef names them.
 * `importScope` is put in front of the names. Throws KeyError when a node is missing.
 */
export function variableFromDef(def: VariableDef, importScope = ""): Variable {
  const graph = getDefaultGraph();
  const find = (name: string) => graph.asGraphElement(prependNameScope(name, importScope));
  const tensor = (name: string) => {
    const found = find(name);
    if (found instanceof Tensor) return found;
    return found.output;
  };
  const initializer = find(def.initializerName);
  const traits = {
    trainable: def.trainable,
    synchronization: def.synchronization,
    aggregation: def.aggregation,
    constraint: null,
  };
  const holder = tensor(def.variableName);
  const common = {
    initialValue: (def.initialValueName ? tensor(def.initialValueName) : undefined) as Tensor,
    initializer: initializer instanceof Operation ? initializer : initializer.op,
  };
  const variable = def.isResource
    ? new ResourceVariable(traits, { ...common, ...resourceParts(graph, holder, def, tensor) })
    : new RefVariable(traits, { ...common, ref: holder, snapshot: tensor(def.snapshotName) });
  variable.saveSliceInfo = def.saveSliceInfo;
  return variable;
}

function resourceParts(
  graph: Graph,
  handle: Tensor,
  def: VariableDef,
  tensor: (name: string) => Tensor,
) {
  const dtype = asDType(handle.op.getAttr("dtype") as never);
  const shape = asShape(handle.op.getAttr("shape") as never);
  handle.handle ??= { dtype, shape };
  if (!def.snapshotName) {
    const element = graph.getTensorByName(`${handle.op.name}/Read/ReadVariableOp:0`);
    return { handle, dtype, shape, element, cached: null };
  }
  const snapshot = tensor(def.snapshotName);
  let element = snapshot;
  while (element.op.type !== "ReadVariableOp") {
    const [source] = element.op.inputs;
    if (!source)
      throw new KeyError(`'${snapshot.name}' is no read of the variable '${handle.name}'.`);
    element = source;
  }
  return { handle, dtype, shape, element, cached: element === snapshot ? null : snapshot };
}
