/** What a Saver saves: under which name, from which tensor, and how it is put back. */

import { DeviceSpec } from "../core/device.ts";
import type { DType } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { inGraph } from "../core/graph.ts";
import { NDArray } from "../core/ndarray.ts";
import type { TensorShape } from "../core/shape.ts";
import { type Operation, Tensor } from "../core/tensor.ts";
import { convertToTensor, type TensorLike } from "../ops/convert.ts";
import { identity } from "../ops/identity.ts";
import { device } from "../ops/scopes.ts";
import { reshape } from "../ops/shape.ts";
import { assign, assignVariableOp } from "../ops/state.ts";
import { PartitionedVariable } from "../variables/partitioned.ts";
import { isVariable, type Variable } from "../variables/variable.ts";

/** The shape that a restored tensor takes: dimensions, or a tensor where they are not known. */
export type RestoredShape = readonly number[] | Tensor;

/** One entry of a checkpoint. */
export interface SaveSpec {
  readonly name: string;
  /** `""`, or which slice of which shape: `"4 2 0,2:0,2"`. */
  readonly sliceSpec: string;
  readonly dtype: DType;
  readonly device: string;
  readonly shape: TensorShape;
  /** What is saved. May make nodes each time. */
  tensor(): TensorLike;
}

/** Something that a Saver saves in one or more entries, and restores. */
export abstract class SaveableObject {
  readonly name: string;
  /** What stands for it: it may be saved once only. */
  readonly op: Variable | Tensor | Operation | null;
  readonly specs: readonly SaveSpec[];

  constructor(op: SaveableObject["op"], specs: readonly SaveSpec[], name: string) {
    this.op = op;
    this.specs = specs;
    this.name = name;
  }

  /** Makes the nodes that put tensors back, one per spec. Shapes are given where they are to be reshaped first. */
  abstract restore(
    tensors: readonly Tensor[],
    shapes: readonly RestoredShape[] | null,
  ): Operation | Tensor;
}

function reshaped(tensors: readonly Tensor[], shapes: readonly RestoredShape[] | null): Tensor {
  const [tensor] = tensors as readonly [Tensor];
  const [shape] = shapes ?? [];
  if (shape === undefined) return tensor;
  // Not a plain array: an empty one would be float32.
  const target =
    shape instanceof Tensor ? shape : new NDArray(Int32Array.from(shape), [shape.length], "int32");
  return reshape(tensor, target);
}

function isReference(value: Tensor | Variable): boolean {
  return value.dtype.isRef;
}

class ReferenceSaveable extends SaveableObject {
  readonly #target: Tensor;

  /** `source` is the reference itself, or for slices the variable, of which the snapshot is saved. */
  constructor(source: Tensor | Variable, sliceSpec: string, name: string) {
    const target = source instanceof Tensor ? source : source.handle;
    const { dtype, device: place } = target;
    super(
      source,
      [{ name, sliceSpec, dtype, device: place, shape: target.shape, tensor: () => source }],
      name,
    );
    this.#target = target;
  }

  override restore(tensors: readonly Tensor[], shapes: readonly RestoredShape[] | null): Tensor {
    const validateShape = shapes === null && this.#target.shape.isFullyDefined;
    return assign(this.#target, reshaped(tensors, shapes), { validateShape });
  }
}

class ResourceSaveable extends SaveableObject {
  readonly #handle: Tensor;
  readonly #device: string;
  readonly #shape: TensorShape;

  /** `source` is a read of the variable, or for slices the variable, which is read anew. */
  constructor(source: Tensor | Variable, sliceSpec: string, name: string) {
    const { dtype, shape } = source;
    const isRead = source instanceof Tensor;
    const handle = isRead ? (source.op.inputs[0] as Tensor) : source.handle;
    const place = isRead ? source.device : handle.device;
    const tensor = (): Tensor => (isRead ? source : readOnHost(source, place));
    super(source, [{ name, sliceSpec, dtype, device: place, shape, tensor }], name);
    this.#handle = handle;
    this.#device = place;
    this.#shape = shape;
  }

  override restore(tensors: readonly Tensor[], shapes: readonly RestoredShape[] | null): Operation {
    const value = reshaped(tensors, shapes);
    return device(this.#device, () => {
      const restored = identity(value);
      if (!this.#shape.isCompatibleWith(restored.shape)) {
        throw new ValueError(
          `Received incompatible tensor with shape ${restored.shape} when attempting to restore variable with shape ${this.#shape} and name ${this.name}.`,
        );
      }
      return assignVariableOp(this.#handle, restored);
    });
  }
}

function readOnHost(variable: Variable, place: string): Tensor {
  return device(place, () => {
    const value = variable.readValue();
    return device("/device:CPU:0", () => identity(value));
  });
}

function saveableOf(source: Tensor | Variable, sliceSpec: string, name: string): SaveableObject {
  return isReference(source)
    ? new ReferenceSaveable(source, sliceSpec, name)
    : new ResourceSaveable(source, sliceSpec, name);
}

/** The tensor that stands for a variable in a checkpoint: its reference, or the read that fetching it means. */
function elementOf(value: unknown): Tensor | null {
  const tensor = isVariable(value)
    ? isReference(value)
      ? value.handle
      : (value as unknown as { readonly element: Tensor }).element
    : convertToTensor(value as TensorLike, { asRef: true });
  return comesFromVariable(tensor) ? tensor : null;
}

/** References come from variables; other values when they are read from a handle. */
function comesFromVariable(tensor: Tensor): boolean {
  if (tensor.dtype.isRef) return tensor.op.inputs.length === 0;
  const [handle] = tensor.op.inputs;
  return (
    tensor.op.inputs.length === 1 &&
    handle?.dtype.baseName === "resource" &&
    tensor.op.type === "ReadVariableOp"
  );
}

// Names

/** Several variables under the names they have, or under others. */
export type VarList =
  | readonly unknown[]
  | ReadonlySet<unknown>
  | ReadonlyMap<string, unknown>
  | { readonly [name: string]: unknown };

/** What is to be saved, sorted by name. */
export function saveablesOf(list: VarList): SaveableObject[] {
  const named = isDictionary(list) ? dictionaryOf(list) : namesOf(list as readonly unknown[]);
  const found: SaveableObject[] = [];
  const seen = new Set<unknown>();
  for (const [name, value] of [...named].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const saveable of saveablesFor(name, value)) {
      if (saveable.op !== null && seen.has(saveable.op)) {
        throw new ValueError(`The same saveable will be restored with two names: ${saveable.name}`);
      }
      seen.add(saveable.op);
      found.push(saveable);
    }
  }
  return found;
}

function isDictionary(list: VarList): boolean {
  if (list instanceof Map) return true;
  if (typeof list !== "object" || list === null) return false;
  const prototype: unknown = Object.getPrototypeOf(list);
  return prototype === Object.prototype || prototype === null;
}

function dictionaryOf(list: VarList): Map<string, unknown> {
  return list instanceof Map ? list : new Map(Object.entries(list));
}

function flatten(items: Iterable<unknown>): unknown[] {
  const found: unknown[] = [];
  for (const item of items) {
    if (Array.isArray(item)) found.push(...flatten(item));
    else found.push(item);
  }
  return found;
}

interface Named {
  readonly name: string;
}

/** The names of variables in checkpoints: those of their nodes, or of what they are slices of. */
export function namesOf(list: unknown): Map<string, unknown> {
  if (!Array.isArray(list) && !(list instanceof Set)) {
    throw new TypeError(`Variables to save should be passed in a dict or a list. Got ${list}`);
  }
  const items = (flatten(list as Iterable<unknown>) as Named[]).sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
  const named = new Map<string, unknown>();
  const add = (name: string, value: unknown): void => {
    if (named.has(name)) {
      throw new ValueError(`At least two variables have the same name: ${name}`);
    }
    named.set(name, value);
  };
  for (const item of items) {
    if (item instanceof SaveableObject) named.set(item.name, item);
    else if (item instanceof PartitionedVariable) add(item.name, item);
    else if (isVariable(item) && item.saveSliceInfo) addSlice(named, item);
    else {
      const element = elementOf(item);
      if (!element) throw new TypeError(`Variable to save is not a Variable: ${item}`);
      add(isReference(element) ? element.op.name : (element.op.inputs[0]?.op.name ?? ""), element);
    }
  }
  return named;
}

function addSlice(named: Map<string, unknown>, part: Variable): void {
  const name = part.saveSliceInfo?.fullName ?? "";
  const known = named.get(name);
  if (known !== undefined && !Array.isArray(known)) {
    throw new ValueError(`Mixing slices and non-slices with the same name: ${name}`);
  }
  named.set(name, [...(known ?? []), part]);
}

/** What is saved under one name. */
export function saveablesFor(name: string, value: unknown): SaveableObject[] {
  if (value instanceof SaveableObject) return [value];
  if (value instanceof PartitionedVariable) return slices(name, [...value]);
  if (Array.isArray(value)) return slices(name, value);
  const element = elementOf(value);
  if (!element) {
    throw new TypeError(
      `names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a variable: ${convertToTensor(value as TensorLike)}`,
    );
  }
  return [saveableOf(element, "", name)];
}

function slices(name: string, parts: readonly unknown[]): SaveableObject[] {
  let whole: string | undefined;
  return parts.map((part) => {
    if (part instanceof SaveableObject) return part;
    if (!isVariable(part)) throw new ValueError(`Slices must all be Variables: ${part}`);
    const info = part.saveSliceInfo;
    if (!info) throw new ValueError(`Slices must all be slices: ${part}`);
    whole ??= info.fullName;
    if (whole !== info.fullName) {
      throw new ValueError(`Slices must all be from the same tensor: ${whole} != ${info.fullName}`);
    }
    return saveableOf(part, info.spec, name);
  });
}

// Devices

/** The first CPU beside a device. */
export function hostOf(place: string): string {
  return String(DeviceSpec.fromString(place).replace({ deviceType: "CPU", deviceIndex: 0 }));
}

/** Saveables by the device they are on, sorted by its name. */
export function byDevice(saveables: readonly SaveableObject[]): [string, SaveableObject[]][] {
  const found = new Map<string, SaveableObject[]>();
  for (const saveable of saveables) {
    const places = new Set(
      saveable.specs.map((spec) => String(DeviceSpec.fromString(spec.device))),
    );
    if (places.size !== 1) {
      throw new ValueError(
        `All tensors of a saveable object must be on the same device: ${saveable.name}`,
      );
    }
    const [place = ""] = places;
    const list = found.get(place);
    if (list) list.push(saveable);
    else found.set(place, [saveable]);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Runs `body` in the graph that saveables belong to. */
export function inGraphOf<R>(saveables: readonly SaveableObject[], body: () => R): R {
  const graph = saveables.find(({ op }) => op !== null)?.op?.graph;
  return graph ? inGraph(graph, body) : body();
}
