/** Variables: the ops that hold state, read it and overwrite it, for references and for resource handles. */

import { bool, type DType, int32, int64 } from "../core/dtypes.ts";
import {
  FailedPreconditionError,
  NotFoundError,
  OutOfRangeError,
  TypeError,
} from "../core/errors.ts";
import { brief, mistakeHint } from "../core/kind.ts";
import { fromScalars, type NDArray, writeElement } from "../core/ndarray.ts";
import { scalarShape, type TensorShape, unknownShape } from "../core/shape.ts";
import { type Operation, Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import type { HostStep, RunContext, StateKey, Value } from "../engines/ir.ts";
import type { TensorConvertible, TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError, type ShapeInput } from "./define.ts";
import { numbers } from "./dtype-lists.ts";
import { mergeShapes, withRank } from "./merge.ts";

// What a session knows of a variable

/** The containers that hold a resource in this session; TensorFlow's texts tell them from missing ones. */
function containers(context: RunContext): Set<string> {
  return context.kernelState("/containers", () => new Set<string>());
}

function containerOf(key: StateKey): string {
  return key.container || "localhost";
}

function stateOf(value: Value): StateKey {
  if (!value.state) throw new Error(`internal: ${value} is no variable`);
  return value.state;
}

/** Adds a step with an effect that writes `outputs`, values which exist already. */
export function hostInto(
  k: Builder,
  name: string,
  inputs: readonly Value[],
  outputs: readonly Value[],
  run: HostStep["run"],
): void {
  k.steps.push({ kind: "host", name, inputs, outputs, effect: true, run });
}

/** From here on the variable counts as initialized. */
export function markInitialized(k: Builder, variable: Value): void {
  const key = stateOf(variable);
  hostInto(k, "markInitialized", [], [], (_, __, context) => {
    context.cell(key).initialized = true;
    containers(context).add(containerOf(key));
  });
}

function missing(key: StateKey, context: RunContext, type = "N10tensorflow3VarE"): string {
  const container = containerOf(key);
  return containers(context).has(container)
    ? `Resource ${container}/${key.name}/${type} does not exist.`
    : `Container ${container} does not exist. (Could not find resource: ${container}/${key.name})`;
}

/** Adds a step that fails unless the resource variable was assigned before. */
export function requireResource(k: Builder, op: Operation, variable: Value): void {
  const key = stateOf(variable);
  const isRead = op.type === "ReadVariableOp";
  hostInto(k, "requireInitialized", [], [], (_, __, context) => {
    if (context.cell(key).initialized) return;
    const status = missing(key, context);
    if (!isRead) throw new NotFoundError(op, status);
    throw new FailedPreconditionError(
      op,
      `Could not find variable ${key.name}. This could mean that the variable has been deleted. In TF1, it can also mean the variable is uninitialized. Debug info: container=${containerOf(key)}, status error message=${status}`,
    );
  });
}

/** Shape and dtype behind a handle, checked against the dtype that an op works on. */
export function handleShape(resource: ShapeInput, dtype: DType): TensorShape {
  const { handle } = resource;
  if (!handle) return unknownShape;
  if (handle.dtype.base !== dtype.base) {
    throw new ShapeError(
      `Trying to read variable with wrong dtype. Expected ${runtimeName(handle.dtype)} got ${runtimeName(dtype)}`,
    );
  }
  return handle.shape;
}

/** A dtype as TensorFlow's runtime names it. */
export function runtimeName({ baseName }: DType): string {
  if (baseName === "float32") return "float";
  if (baseName === "float64") return "double";
  return baseName === "float16" ? "half" : baseName;
}

// Making variables

interface VariableAttrs {
  readonly shape: TensorShape;
  readonly dtype: DType;
  readonly container: string;
  readonly shared_name: string;
}

function stateValue(k: Builder, op: Operation, attrs: VariableAttrs): Value {
  const shape = attrs.shape.known;
  if (!shape)
    throw new Error(`internal: the session must tell the shape of ${op.type} '${op.name}'`);
  const key = { container: attrs.container, name: attrs.shared_name || op.name };
  return k.state(key, { dtype: attrs.dtype.base, shape });
}

const variableAttrs = {
  shape: a.shape(),
  dtype: a.type(),
  container: a.string(""),
  shared_name: a.string(""),
} as const;

defineOp({
  type: "Variable",
  inputs: [],
  outputs: ["ref: Ref(dtype)"],
  attrs: variableAttrs,
  traits: { stateful: true },
  // Scalars could not be told from unknown shapes when this op was made.
  shape: ({ attrs }) => [attrs.shape.dims?.length === 0 ? unknownShape : attrs.shape],
  gradient: "none",
  lower: ({ attrs, k, op }) => [stateValue(k, op, attrs)],
});

const VariableV2 = defineOp({
  type: "VariableV2",
  inputs: [],
  outputs: ["ref: Ref(dtype)"],
  attrs: variableAttrs,
  traits: { stateful: true },
  shape: ({ attrs }) => [attrs.shape],
  gradient: "none",
  lower: ({ attrs, k, op }) => [stateValue(k, op, attrs)],
});

export interface VariableOpOptions extends Named {
  readonly container?: string | undefined;
  readonly sharedName?: string | undefined;
}

/** The node of a reference variable. TensorFlow: `gen_state_ops.variable_v2`. */
export function variableV2(
  shape: TensorShape,
  dtype: DType,
  { container, sharedName, name }: VariableOpOptions = {},
): Tensor {
  const attrs = { shape, dtype, container: container ?? "", shared_name: sharedName ?? "" };
  return createOp(VariableV2, [], attrs, name).output;
}

const VarHandleOp = defineOp({
  type: "VarHandleOp",
  inputs: [],
  outputs: ["resource: resource"],
  attrs: variableAttrs,
  traits: { stateful: true },
  shape: () => [scalarShape],
  gradient: "none",
  lower: ({ attrs, k, op }) => [stateValue(k, op, attrs)],
});

/** The handle of a resource variable. TensorFlow: `gen_resource_variable_ops.var_handle_op`. */
export function varHandleOp(
  shape: TensorShape,
  dtype: DType,
  { container, sharedName, name }: VariableOpOptions = {},
): Tensor {
  const attrs = { shape, dtype, container: container ?? "", shared_name: sharedName ?? "" };
  const { output } = createOp(VarHandleOp, [], attrs, name);
  output.handle = { dtype, shape };
  return output;
}

// Assigning to references

const refTraits = { stateful: true, aliases: true, writes: [0] } as const;

const Assign = defineOp({
  type: "Assign",
  inputs: ["ref: Ref(T)", "value: T"],
  outputs: ["output_ref: Ref(T)"],
  attrs: { T: a.type(), validate_shape: a.bool(true), use_locking: a.bool(true) },
  traits: { ...refTraits, allowsUninitialized: true },
  shape: ({ inputs: [ref, value], attrs }) => [
    attrs.validate_shape ? mergeShapes(ref.shape, value.shape) : value.shape,
  ],
  gradient: "zero",
  lower: ({ inputs: [ref, value], attrs, k }) => {
    const matches = sameShape(ref, value);
    if (!matches && attrs.validate_shape) {
      throw new Error(
        `Assign requires shapes of both tensors to match. lhs shape= [${ref.shape}] rhs shape= [${value.shape}]`,
      );
    }
    const target = matches ? ref : k.state(stateOf(ref), value);
    k.store(target, value);
    markInitialized(k, target);
    return [target];
  },
});

function sameShape(lhs: Value, rhs: Value): boolean {
  return lhs.shape.length === rhs.shape.length && lhs.shape.every((dim, i) => dim === rhs.shape[i]);
}

/** Adds `value` to a variable in place, or subtracts it. */
function accumulate(k: Builder, kind: "add" | "sub", variable: Value, value: Value): void {
  k.storeMap(variable, [variable, value], (old, update) =>
    e.binary(kind, old as never, update as never),
  );
}

function defineRefUpdate<const N extends string>(type: N, kind: "add" | "sub") {
  return defineOp({
    type,
    inputs: ["ref: Ref(T)", "value: T"],
    outputs: ["output_ref: Ref(T)"],
    attrs: { T: a.type(numbers), use_locking: a.bool(false) },
    traits: refTraits,
    shape: ({ inputs: [ref, value] }) => [mergeShapes(ref.shape, value.shape)],
    gradient: "zero",
    lower: ({ inputs: [ref, value], k }) => {
      if (!sameShape(ref, value)) throw new Error("Parameters and update must be the same size");
      accumulate(k, kind, ref, value);
      return [ref];
    },
  });
}

const AssignAdd = defineRefUpdate("AssignAdd", "add");
const AssignSub = defineRefUpdate("AssignSub", "sub");

const IsVariableInitialized = defineOp({
  type: "IsVariableInitialized",
  inputs: ["ref: Ref(dtype)"],
  outputs: ["is_initialized: bool"],
  attrs: { dtype: a.type() },
  traits: { stateful: true, allowsUninitialized: true },
  shape: () => [scalarShape],
  gradient: "none",
  lower: ({ inputs: [ref], k }) => [initializedFlag(k, ref)],
});

function initializedFlag(k: Builder, variable: Value): Value {
  const key = stateOf(variable);
  const out = k.make(bool, []);
  hostInto(k, "isInitialized", [], [out], (_, [flag], context) => {
    const { data, dtype } = flag as NDArray;
    writeElement(data, dtype, 0, context.cell(key).initialized);
  });
  return out;
}

// Resource variables

const ReadVariableOp = defineOp({
  type: "ReadVariableOp",
  inputs: ["resource: resource"],
  outputs: ["value: dtype"],
  attrs: { dtype: a.type() },
  traits: { stateful: true },
  shape: ({ inputs: [resource], attrs }) => [handleShape(resource, attrs.dtype)],
  gradient: ({ dy: [dy] }) => [dy],
  lower: ({ inputs: [variable], k, op }) => {
    requireResource(k, op, variable);
    return [k.copy(variable)];
  },
});

/** The value of a resource variable as it is when this runs. */
export function readVariableOp(handle: Tensor, dtype: DType, { name }: Named = {}): Tensor {
  return createOp(ReadVariableOp, [handle], { dtype }, name).output;
}

const AssignVariableOp = defineOp({
  type: "AssignVariableOp",
  inputs: ["resource: resource", "value: dtype"],
  outputs: [],
  attrs: { dtype: a.type() },
  traits: { stateful: true, writes: [0] },
  shape: ({ inputs: [resource, value], attrs }) => {
    mergeShapes(handleShape(resource, attrs.dtype), value.shape);
    return [];
  },
  gradient: "none",
  lower: ({ inputs: [variable, value], k, op }) => {
    const matches = sameShape(variable, value);
    if (!matches && op.inputs[0]?.handle?.shape.isFullyDefined) {
      throw new Error(
        `Trying to assign to variable with tensor with wrong shape. Expected [${variable.shape}] got [${value.shape}]`,
      );
    }
    const target = matches ? variable : k.state(stateOf(variable), value);
    k.store(target, value);
    markInitialized(k, target);
    return [];
  },
});

/** Overwrites a resource variable. */
export function assignVariableOp(
  handle: Tensor,
  value: TensorLike,
  { name }: Named = {},
): Operation {
  return createOp(AssignVariableOp, [handle, value], {}, name);
}

function defineResourceUpdate<const N extends string>(type: N, kind: "add" | "sub") {
  return defineOp({
    type,
    inputs: ["resource: resource", "value: dtype"],
    outputs: [],
    attrs: { dtype: a.type() },
    traits: { stateful: true, writes: [0] },
    shape: ({ inputs: [resource, value], attrs }) => {
      mergeShapes(handleShape(resource, attrs.dtype), value.shape);
      return [];
    },
    gradient: "none",
    lower: ({ inputs: [variable, value], k, op }) => {
      requireResource(k, op, variable);
      if (!sameShape(variable, value)) {
        throw new Error(
          `Cannot update variable with shape [${variable.shape}] using a Tensor with shape [${value.shape}], shapes must be equal.`,
        );
      }
      accumulate(k, kind, variable, value);
      return [];
    },
  });
}

const AssignAddVariableOp = defineResourceUpdate("AssignAddVariableOp", "add");
const AssignSubVariableOp = defineResourceUpdate("AssignSubVariableOp", "sub");

export function assignAddVariableOp(
  handle: Tensor,
  value: TensorLike,
  { name }: Named = {},
): Operation {
  return createOp(AssignAddVariableOp, [handle, value], {}, name);
}
export function assignSubVariableOp(
  handle: Tensor,
  value: TensorLike,
  { name }: Named = {},
): Operation {
  return createOp(AssignSubVariableOp, [handle, value], {}, name);
}

const VarIsInitializedOp = defineOp({
  type: "VarIsInitializedOp",
  inputs: ["resource: resource"],
  outputs: ["is_initialized: bool"],
  attrs: {},
  traits: { stateful: true },
  shape: () => [scalarShape],
  gradient: "zero",
  lower: ({ inputs: [variable], k }) => [initializedFlag(k, variable)],
});

export function varIsInitializedOp(handle: Tensor, { name }: Named = {}): Tensor {
  return createOp(VarIsInitializedOp, [handle], {}, name).output;
}

const DestroyResourceOp = defineOp({
  type: "DestroyResourceOp",
  inputs: ["resource: resource"],
  outputs: [],
  attrs: { ignore_lookup_error: a.bool(true) },
  traits: { stateful: true, writes: [0] },
  shape: () => [],
  gradient: "none",
  lower: ({ inputs: [variable], attrs, k, op }) => {
    const key = stateOf(variable);
    hostInto(k, "destroy", [], [], (_, __, context) => {
      const cell = context.cell(key);
      if (!cell.initialized && !attrs.ignore_lookup_error) {
        const container = containerOf(key);
        const text = containers(context).has(container)
          ? `Resource ${container}/${key.name}/<unknown> does not exist.`
          : `Container ${container} does not exist.`;
        throw new NotFoundError(op, text);
      }
      cell.initialized = false;
    });
    return [];
  },
});

/** Forgets the value of a resource variable. */
export function destroyResourceOp(
  handle: Tensor,
  { ignoreLookupError = true, name }: Named & { readonly ignoreLookupError?: boolean } = {},
): Operation {
  return createOp(DestroyResourceOp, [handle], { ignore_lookup_error: ignoreLookupError }, name);
}

const VariableShape = defineOp({
  type: "VariableShape",
  inputs: ["input: resource"],
  outputs: ["output: out_type"],
  attrs: { out_type: a.type([int32, int64], int32) },
  traits: { stateful: true },
  shape: ({ inputs: [input] }) => [[input.handle?.shape.rank ?? null]],
  partial: ({ inputs: [input] }) => input.handle?.shape.dims ?? null,
  gradient: "zero",
  lower: ({ inputs: [variable], attrs, k, op }) => {
    // A static shape is known whether the variable holds a value or not.
    if (!op.inputs[0]?.handle?.shape.isFullyDefined) requireResource(k, op, variable);
    return [k.constant(fromScalars(variable.shape, [variable.shape.length], attrs.out_type))];
  },
});

/** The shape of a resource variable's value. */
export function variableShape(
  handle: Tensor,
  { outType, name }: Named & { readonly outType?: DType } = {},
): Tensor {
  return createOp(VariableShape, [handle], { out_type: outType ?? int32 }, name).output;
}

// Counting

function countStep(k: Builder, op: Operation, variable: Value, limit: number): Value {
  const out = k.make(variable.dtype, []);
  hostInto(k, "countUpTo", [variable], [variable, out], (_, [counter, before]) => {
    const { data, dtype } = counter as NDArray;
    const count = Number((counter as NDArray).at(0));
    if (count >= limit) throw new OutOfRangeError(op, `Reached limit of ${limit}`);
    writeElement((before as NDArray).data, dtype, 0, count);
    writeElement(data, dtype, 0, count + 1);
  });
  return out;
}

const CountUpTo = defineOp({
  type: "CountUpTo",
  inputs: ["ref: Ref(T)"],
  outputs: ["output: T"],
  attrs: { limit: a.int(), T: a.type([int32, int64]) },
  traits: { stateful: true, writes: [0] },
  shape: ({ inputs: [ref] }) => [withRank(ref.shape, 0)],
  gradient: "none",
  lower: ({ inputs: [ref], attrs, k, op }) => [countStep(k, op, ref, attrs.limit)],
});

const ResourceCountUpTo = defineOp({
  type: "ResourceCountUpTo",
  inputs: ["resource: resource"],
  outputs: ["output: T"],
  attrs: { limit: a.int(), T: a.type([int32, int64]) },
  traits: { stateful: true, writes: [0] },
  shape: ({ inputs: [resource], attrs }) => [withRank(handleShape(resource, attrs.T), 0)],
  gradient: "none",
  lower: ({ inputs: [variable], attrs, k, op }) => {
    requireResource(k, op, variable);
    return [countStep(k, op, variable, attrs.limit)];
  },
});

// Public functions

export interface AssignOptions extends Named {
  readonly useLocking?: boolean | undefined;
}

/** A reference variable: it converts to its reference. */
export interface RefLike extends TensorConvertible {
  readonly dtype: DType;
}

/** What these functions ask of a resource variable. */
export interface ResourceLike<R> extends TensorConvertible {
  readonly dtype: DType;
  readonly handle: Tensor;
  assign(value: TensorLike, options?: AssignOptions): R;
  assignAdd(value: TensorLike, options?: AssignOptions): R;
  assignSub(value: TensorLike, options?: AssignOptions): R;
  isInitialized(options?: Named): Tensor;
  /** The value after `op` ran. */
  lazyRead(op: Operation): R;
}

/** What may be written to: a reference, or a variable of either kind. */
export type Writable<R> = Tensor | RefLike | ResourceLike<R>;

/** A resource variable as such; null when `ref` is written through its reference. */
export function asResource<R>(ref: Writable<R>): ResourceLike<R> | null {
  const given: { readonly dtype?: DType } | null | undefined = ref;
  if (given?.dtype?.isRef) return null;
  if (ref instanceof Tensor || typeof ref !== "object" || !ref || !("handle" in ref)) {
    throw new TypeError(
      `A variable is needed to write to, got ${brief(ref)}.`,
      ref instanceof Tensor ? "Pass the variable itself rather than its value." : mistakeHint(ref),
    );
  }
  return ref;
}

/**
 * Overwrites a variable with `value`; the result is the variable after that. TensorFlow: `tf.assign`.
 * With `validateShape: false` a reference variable takes the shape of the value.
 */
export function assign(
  ref: Tensor | RefLike,
  value: TensorLike,
  options?: RefAssignOptions,
): Tensor;
export function assign<R>(ref: ResourceLike<R>, value: TensorLike, options?: RefAssignOptions): R;
export function assign<R>(
  ref: Writable<R>,
  value: TensorLike,
  { validateShape, useLocking, name }: RefAssignOptions = {},
): Tensor | R {
  const resource = asResource(ref);
  if (resource) return resource.assign(value, { name });
  const attrs = { validate_shape: validateShape ?? true, use_locking: useLocking ?? true };
  return createOp(Assign, [ref, value], attrs, name).output;
}

export interface RefAssignOptions extends AssignOptions {
  readonly validateShape?: boolean | undefined;
}

/** Adds `value` to a variable; the result is the variable after that. TensorFlow: `tf.assign_add`. */
export function assignAdd(
  ref: Tensor | RefLike,
  value: TensorLike,
  options?: AssignOptions,
): Tensor;
export function assignAdd<R>(ref: ResourceLike<R>, value: TensorLike, options?: AssignOptions): R;
export function assignAdd<R>(
  ref: Writable<R>,
  value: TensorLike,
  { useLocking, name }: AssignOptions = {},
): Tensor | R {
  const resource = asResource(ref);
  if (resource) return resource.assignAdd(value);
  return createOp(AssignAdd, [ref, value], { use_locking: useLocking ?? false }, name).output;
}

/** Subtracts `value` from a variable; the result is the variable after that. TensorFlow: `tf.assign_sub`. */
export function assignSub(
  ref: Tensor | RefLike,
  value: TensorLike,
  options?: AssignOptions,
): Tensor;
export function assignSub<R>(ref: ResourceLike<R>, value: TensorLike, options?: AssignOptions): R;
export function assignSub<R>(
  ref: Writable<R>,
  value: TensorLike,
  { useLocking, name }: AssignOptions = {},
): Tensor | R {
  const resource = asResource(ref);
  if (resource) return resource.assignSub(value);
  return createOp(AssignSub, [ref, value], { use_locking: useLocking ?? false }, name).output;
}

/** Whether a variable has a value. TensorFlow: `tf.is_variable_initialized`. */
export function isVariableInitialized<R>(ref: Writable<R>, { name }: Named = {}): Tensor {
  const resource = asResource(ref);
  if (resource) return resource.isInitialized({ name });
  return createOp(IsVariableInitialized, [ref], {}, name).output;
}

/** Adds 1 to a scalar and gives what it was; fails with OutOfRangeError at `limit`. TensorFlow: `tf.count_up_to`. */
export function countUpTo<R>(ref: Writable<R>, limit: number, { name }: Named = {}): Tensor {
  const resource = asResource(ref);
  if (!resource) return createOp(CountUpTo, [ref], { limit }, name).output;
  return createOp(ResourceCountUpTo, [resource.handle], { limit, T: resource.dtype }, name).output;
}
