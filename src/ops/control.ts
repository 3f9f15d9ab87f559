/** Ordering without data: NoOp, group, tuple, with_dependencies. */

import { TypeError, ValueError } from "../core/errors.ts";
import type { Graph } from "../core/graph.ts";
import { brief, checkList, kindOf } from "../core/kind.ts";
import { isGraphElementLike, Operation, Tensor } from "../core/tensor.ts";
import { convertToTensor, graphOf, isTensorConvertible, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { defineOp } from "./define.ts";
import { identity, refIdentity } from "./identity.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { isTensorLike, opScope } from "./support.ts";

const NoOp = defineOp({
  type: "NoOp",
  inputs: [],
  outputs: [],
  attrs: {},
  shape: () => [],
  gradient: "none",
  lower: () => [],
});

/** Does nothing; useful to hang control dependencies on. TensorFlow: `tf.no_op`. */
export function noOp({ name }: Named = {}): Operation {
  return createOp(NoOp, [], {}, name);
}

const ControlTrigger = defineOp({
  type: "ControlTrigger",
  inputs: [],
  outputs: [],
  attrs: {},
  shape: () => [],
  gradient: "none",
  lower: () => [],
});

/** Does nothing, after dead control inputs too. TensorFlow: `gen_control_flow_ops.control_trigger`. */
export function controlTrigger({ name }: Named = {}): Operation {
  return createOp(ControlTrigger, [], {}, name);
}

/** What can be waited for. */
interface Placed {
  readonly device: string;
}

function isPlaced(value: unknown): value is Placed {
  return typeof (value as Partial<Placed> | null | undefined)?.device === "string";
}

function isOptions(value: unknown): value is Named {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

function flatten(value: unknown, found: unknown[] = []): unknown[] {
  if (Array.isArray(value)) for (const item of value) flatten(item, found);
  else if (isOptions(value)) for (const item of Object.values(value)) flatten(item, found);
  else found.push(value);
  return found;
}

/** A NoOp on a device that waits for `inputs`; null leaves the device open. */
function waitFor(
  graph: Graph,
  inputs: readonly unknown[],
  device: string | null,
  name: string | undefined,
): Operation {
  return graph.inside(graph.controlPatch(inputs), () => {
    if (device === null) return noOp({ name });
    return graph.device(device, () => noOp({ name }));
  });
}

/**
 * An operation that has finished when all `inputs` (operations, tensors, variables, in arrays too) have. The last
 * argument may be `{ name }`. TensorFlow: `tf.group`.
 */
export function group(...args: readonly unknown[]): Operation {
  const last = args.at(-1);
  const named = isOptions(last) && Object.keys(last).every((key) => key === "name") ? last : {};
  const inputs = flatten(named === last ? args.slice(0, -1) : args);
  for (const input of inputs) {
    if (isPlaced(input)) continue;
    throw new TypeError(
      `'inputs' should be zero or more (nested) Tensors. Received '${brief(input)}' with type '${kindOf(input)}'.`,
    );
  }
  const graph = graphOf(inputs);
  return opScope(named.name, "group_deps", inputs, (scope) => {
    if (inputs.length === 0) return noOp({ name: scope });
    const byDevice = new Map<string, unknown[]>();
    for (const input of inputs as readonly Placed[]) {
      const list = byDevice.get(input.device);
      if (list) list.push(input);
      else byDevice.set(input.device, [input]);
    }
    const devices = [...byDevice.keys()].sort();
    const [only] = devices;
    if (devices.length === 1) return waitFor(graph, inputs, only as string, scope);
    const parts = devices.map((device) =>
      waitFor(graph, byDevice.get(device) as unknown[], device, undefined),
    );
    return waitFor(graph, parts, null, scope);
  });
}

/**
 * `output` as it is after `dependencies` ran. TensorFlow: `control_flow_ops.with_dependencies`.
 */
export function withDependencies<T extends TensorLike | IndexedSlices>(
  dependencies: readonly unknown[],
  output: T,
  { name }: Named = {},
): T extends IndexedSlices ? IndexedSlices : Tensor {
  type Result = T extends IndexedSlices ? IndexedSlices : Tensor;
  const values = [...dependencies, output];
  const graph = graphOf(values);
  return opScope(name, "control_dependency", values, (scope) =>
    graph.inside(graph.colocationPatch(output instanceof IndexedSlices ? output.op : output), () =>
      graph.inside(graph.controlPatch(dependencies), (): Result => {
        if (output instanceof IndexedSlices) {
          const after = sameValue(output.values, scope);
          return new IndexedSlices(after, output.indices, output.denseShape) as Result;
        }
        return sameValue(convertToTensor(output as TensorLike), scope) as Result;
      }),
    ),
  );
}

function sameValue(tensor: Tensor, name: string): Tensor {
  return tensor.dtype.isRef ? refIdentity(tensor, { name }) : identity(tensor, { name });
}

export interface TupleOptions extends Named {
  /** More to wait for. */
  readonly controlInputs?: readonly (Tensor | Operation)[] | undefined;
}

/** What `tuple` takes, and gives back in the same places. */
export type TupleItem = Tensor | IndexedSlices | Operation | null;

/**
 * The same tensors, none of which can be used before all of them are computed. Throws ValueError when there is
 * none. TensorFlow: `tf.tuple`.
 */
export function tuple<T extends TensorLike | IndexedSlices | Operation | null>(
  tensors: readonly T[],
  { name, controlInputs = [] }: TupleOptions = {},
): (T extends TensorLike ? (T extends IndexedSlices ? T : Tensor) : T)[] {
  type Item = T extends TensorLike ? (T extends IndexedSlices ? T : Tensor) : T;
  checkList(tensors, "The tensors of a tuple");
  const given: readonly unknown[] = tensors;
  return opScope(name, "tuple", [...tensors], () => {
    const items = given.map((item) =>
      item === null ||
      item instanceof Operation ||
      item instanceof IndexedSlices ||
      isTensorLike(item)
        ? item
        : convertToTensor(item as TensorLike),
    );
    const gates = new Set<Operation>();
    for (const item of [...items, ...controlInputs])
      if (item !== null) gates.add(operationOf(item));
    if (gates.size === 0) {
      throw new ValueError(
        `'tensors' must have at least one Tensor. Received: [${given.map((item) => item ?? "None").join(", ")}].`,
      );
    }
    const gate = group(...[...gates].sort((one, other) => one.id - other.id));
    return items.map((item) => {
      if (item === null) return null;
      if (!(item instanceof Operation)) return withDependencies([gate], item as Tensor);
      return gate.graph.inside(gate.graph.controlPatch([gate]), () => group(item));
    }) as Item[];
  });
}

function operationOf(item: unknown): Operation {
  if (item instanceof Operation) return item;
  if (item instanceof Tensor || item instanceof IndexedSlices) return item.op;
  if (isGraphElementLike(item) || isTensorConvertible(item)) {
    const { op } = item as { readonly op?: unknown };
    if (op instanceof Operation) return op;
  }
  throw new TypeError(
    `'control_inputs' must only contain Operation or Tensor. Received: ${typeof item}`,
  );
}
