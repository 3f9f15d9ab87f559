/** Initial values made from other variables: read so that the order of initializers does not matter. */

import type { Graph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import type { TensorShape } from "../core/shape.ts";
import type { Operation, OutputSpec, Tensor } from "../core/tensor.ts";
import { inferShapes, outputTypes } from "../ops/create.ts";
import { attrsOf, opDef } from "../ops/define.ts";
import type { Variable } from "./variable.ts";

/** Left as they are: they need no value, or read one that need not be there. */
const untouched = new Set(["IsVariableInitialized", "VarIsInitializedOp", "ReadVariableOp", "If"]);
const holders = new Set(["Variable", "VariableV2", "VarHandleOp"]);

/**
 * The initial value with every variable in it replaced by its initialized value.
 * Operations between are made again, named after the new variable's `scope`. Values from loops stay as they are.
 */
export function guardInitialValue(scope: string, initialValue: Tensor): Tensor {
  if (!dependsOnVariable(initialValue.op)) return initialValue;
  return safeTensor(scope, initialValue, new Map());
}

/** Whether a variable is among the inputs, direct or not. False too when there is a cycle. */
function dependsOnVariable(start: Operation): boolean {
  const done = new Set<Operation>();
  const active = new Set<Operation>();
  let found = false;
  const path: { readonly op: Operation; readonly rest: Operation[] }[] = [];
  const enter = (op: Operation) => {
    active.add(op);
    found ||= holders.has(op.type);
    path.push({ op, rest: [...op.inputs.map((input) => input.op), ...op.controlInputs] });
  };
  enter(start);
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const next = top.rest.pop();
    if (!next) {
      path.pop();
      active.delete(top.op);
      done.add(top.op);
    } else if (active.has(next)) {
      return false;
    } else if (!done.has(next)) {
      enter(next);
    }
  }
  return found;
}

function safeTensor(scope: string, tensor: Tensor, cache: Map<Operation, Operation>): Tensor {
  let op = cache.get(tensor.op);
  if (!op) {
    op = safeOp(scope, tensor.op, cache);
    cache.set(tensor.op, op);
  }
  return op.outputs[tensor.valueIndex] as Tensor;
}

function safeOp(scope: string, op: Operation, cache: Map<Operation, Operation>): Operation {
  if (untouched.has(op.type)) return op;
  if (holders.has(op.type)) return findVariable(op)?.initializedValue().op ?? op;
  const inputs = op.inputs.map((input) => safeTensor(scope, input, cache));
  const changed = inputs.some((input, i) => input !== op.inputs[i]);
  return changed ? copyOp(op, inputs, `${op.name}_${scope}`.replaceAll(":", "_")) : op;
}

function copyOp(op: Operation, inputs: readonly Tensor[], name: string): Operation {
  const type = op.type === "RefSwitch" ? "Switch" : op.type;
  return op.graph.createOp({
    type,
    name,
    inputs,
    attrs: op.attrs,
    outputs: outputsOf(type, op, inputs),
  });
}

function outputsOf(type: string, op: Operation, inputs: readonly Tensor[]): OutputSpec[] {
  const def = opDef(type);
  if (!def) return op.outputs.map(({ dtype, shape }) => ({ dtype: dtype.base, shape }));
  const attrs = attrsOf(def, op.attrs);
  const shapes = inferShapes(def, attrs, inputs);
  return outputTypes(def, attrs).map((dtype, i) => ({ dtype, shape: shapes[i] as TensorShape }));
}

function findVariable(op: Operation): Variable | undefined {
  const graph: Graph = op.graph;
  const names = [op.name, `${op.name}:0`];
  for (const key of [GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES]) {
    const found = graph
      .getCollection<Variable>(key)
      .find((variable) => names.includes(variable.name));
    if (found) return found;
  }
  return undefined;
}
