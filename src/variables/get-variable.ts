/** getVariable: asking the current variable scope for a variable by name. */

import { asDType, type DType, type DTypeLike, type DTypeName, float32 } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import { brief, mistakeHint } from "../core/kind.ts";
import { NDArray } from "../core/ndarray.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import { type ShapeLike, TensorShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import { Trace, tracedTo } from "../core/trace.ts";
import { type ArrayLike, asArray, naturalDType } from "../ops/constant.ts";
import { convertToTensor, isTensorConvertible, type TensorLike } from "../ops/convert.ts";
import { type InitializerLike, isCallable } from "./initializers.ts";
import { getPartitioned } from "./partition.ts";
import type { PartitionedVariable } from "./partitioned.ts";
import { getVariableScope, joinScope, type VariableScope } from "./scope.ts";
import { complete, defaultStore, getSingle, shapeOf, type VariableStore } from "./store.ts";
import type {
  CustomGetter,
  GetterOptions,
  GetVariableOptions,
  Partitioner,
  VariableGetter,
} from "./types.ts";
import { checkReplication, type Variable } from "./variable.ts";

type Partitioning = { readonly partitioner: Partitioner };

/**
 * The variable of this name in the current variable scope: made if the scope creates, shared if it reuses.
 *
 * `shape` may be left out when the initializer is a value or a function without arguments. Options that are not
 * given come from the scope; the default initializer is Glorot's uniform for floats and zeros otherwise. With a
 * partitioner the result is a `PartitionedVariable`; a custom getter may return anything.
 * Throws ValueError when the scope forbids what would be done, or when shape or dtype differ from the variable
 * found. TensorFlow: `tf.get_variable`.
 */
export function getVariable(
  name: string,
  shape: ShapeLike | number | undefined,
  options: GetVariableOptions & Partitioning,
): PartitionedVariable;
export function getVariable(
  name: string,
  options: GetVariableOptions & Partitioning,
): PartitionedVariable;
export function getVariable<D extends DTypeName = DTypeName>(
  name: string,
  shape?: ShapeLike | number,
  options?: GetVariableOptions<D>,
): Variable<D>;
export function getVariable<D extends DTypeName = DTypeName>(
  name: string,
  options: GetVariableOptions<D>,
): Variable<D>;
export function getVariable(
  name: string,
  shapeOrOptions?: ShapeLike | number | GetVariableOptions,
  options: GetVariableOptions = {},
): Variable | PartitionedVariable {
  checkArguments(name, shapeOrOptions, options, "getVariable");
  const given = isShape(shapeOrOptions)
    ? { ...options, shape: shapeOrOptions ?? options.shape }
    : { ...shapeOrOptions };
  return tracedTo(Trace.here(), () => getInScope(getVariableScope(), name, given));
}

const optionNames: OptionNames<GetVariableOptions> = {
  dtype: true,
  initializer: true,
  regularizer: true,
  trainable: true,
  collections: true,
  cachingDevice: true,
  partitioner: true,
  validateShape: true,
  useResource: true,
  customGetter: true,
  constraint: true,
  synchronization: true,
  aggregation: true,
  shape: true,
};

function checkArguments(
  name: unknown,
  shapeOrOptions: ShapeLike | number | GetVariableOptions | undefined,
  options: GetVariableOptions,
  caller: string,
): void {
  if (typeof name !== "string" && name !== null) {
    throw new TypeError(
      `The name of a variable is a string; got ${brief(name)}.`,
      mistakeHint(name),
    );
  }
  checkOptions(options, caller, optionNames);
  if (!isShape(shapeOrOptions)) checkOptions(shapeOrOptions, caller, optionNames);
}

function isShape(value: unknown): value is ShapeLike | number | undefined {
  if (value === undefined || value === null || typeof value === "number") return true;
  return Array.isArray(value) || value instanceof TensorShape;
}

/**
 * `getVariable` for variables that are neither trained nor saved: they go to the local variables.
 * TensorFlow: `tf.get_local_variable`.
 */
export function getLocalVariable<D extends DTypeName = DTypeName>(
  name: string,
  shape?: ShapeLike | number,
  options?: GetVariableOptions<D>,
): Variable<D>;
export function getLocalVariable<D extends DTypeName = DTypeName>(
  name: string,
  options: GetVariableOptions<D>,
): Variable<D>;
export function getLocalVariable(
  name: string,
  shapeOrOptions?: ShapeLike | number | GetVariableOptions,
  options: GetVariableOptions = {},
): Variable {
  checkArguments(name, shapeOrOptions, options, "getLocalVariable");
  const given = isShape(shapeOrOptions) ? { ...options, shape: shapeOrOptions } : shapeOrOptions;
  const collections = [...(given.collections ?? []), GraphKeys.LOCAL_VARIABLES];
  return getVariable(name, { ...given, collections, trainable: false });
}

/** Fills in what the scope says, then asks the store for the full name. */
function getInScope(
  scope: VariableScope,
  name: string,
  options: GetVariableOptions,
): Variable | PartitionedVariable {
  const graph = getDefaultGraph();
  const fullName = joinScope(scope.name, name);
  return graph.inside({ name: "" }, () => {
    const given = options.initializer ?? null;
    const initializer = given === null ? scope.initializer : checkedValue(given, options.dtype);
    const { customGetter, ...request } = {
      ...options,
      initializer,
      shape: shapeOf(options.shape),
      dtype: asDType((options.dtype ?? scope.dtype) as DTypeLike).base,
      regularizer: options.regularizer ?? scope.regularizer,
      cachingDevice: options.cachingDevice ?? scope.cachingDevice,
      partitioner: options.partitioner ?? scope.partitioner,
      customGetter: options.customGetter ?? scope.customGetter,
      reuse: scope.reuse,
      useResource: options.useResource ?? scope.useResource,
      constraint: options.constraint ?? scope.constraint,
      validateShape: options.validateShape ?? true,
    };
    return getByName(defaultStore(), fullName, request, customGetter);
  });
}

/** A value given together with a dtype must have that dtype; plain numbers take it. */
function checkedValue(
  initializer: InitializerLike,
  dtype: DTypeLike | null | undefined,
): InitializerLike {
  if (dtype === null || dtype === undefined || isCallable(initializer)) return initializer;
  const wanted = asDType(dtype);
  const value = plain(initializer as TensorLike)
    ? fitted(initializer as ArrayLike, wanted)
    : initializer;
  const found = convertToTensor(value as TensorLike).dtype.base;
  if (found !== wanted) throw mismatch(found, wanted);
  return value;
}

/** A value whose elements have no dtype of their own in JavaScript. */
function plain(value: TensorLike): value is ArrayLike {
  if (value instanceof Tensor || value instanceof NDArray || ArrayBuffer.isView(value))
    return false;
  if (isTensorConvertible(value)) return false;
  return !Array.isArray(value) || (value as readonly TensorLike[]).every(plain);
}

function fitted(value: ArrayLike, dtype: DType): NDArray {
  try {
    return asArray(value, dtype);
  } catch (error) {
    if (error instanceof TypeError) throw mismatch(naturalDType(value) ?? float32, dtype);
    throw error;
  }
}

function mismatch(found: DType, wanted: DType): ValueError {
  return new ValueError(`Initializer type '${found}' and explicit dtype '${wanted}' don't match.`);
}

/** Asks the custom getter if there is one, else the store. */
function getByName(
  store: VariableStore,
  name: string,
  options: GetterOptions,
  customGetter: CustomGetter | null,
): Variable | PartitionedVariable {
  if (customGetter !== null && typeof customGetter !== "function") {
    throw new ValueError(`Passed a custom_getter which is not callable: ${String(customGetter)}`);
  }
  const settled = { ...options, ...checkReplication(name, options) };
  const getter: VariableGetter = (asked, changed = {}) =>
    tracedTo(Trace.here(), () => getTruly(store, asked, changed)) as unknown as Variable;
  if (!customGetter) return getter(name, settled);
  return tracedTo(undefined, () => customGetter(getter, name, settled)) as Variable;
}

/** The getter that custom getters end at. */
function getTruly(
  store: VariableStore,
  name: string,
  options: GetterOptions,
): Variable | PartitionedVariable {
  const request = complete(options);
  const { partitioner, shape } = request;
  const isScalar = Array.isArray(shape) && shape.length === 0;
  if (partitioner !== null && !isScalar) {
    if (typeof partitioner !== "function") {
      throw new ValueError(`Partitioner must be callable, but received: ${String(partitioner)}`);
    }
    return getDefaultGraph().inside({ name: "" }, () => getPartitioned(store, name, request));
  }
  if (request.reuse === true && partitioner === null && store.partitioned.has(name)) {
    return getPartitioned(store, name, request);
  }
  if (store.variables.has(`${name}/part_0`)) {
    throw new ValueError(
      `No partitioner was provided, but a partitioned version of the variable was found: ${name}/part_0. Perhaps a variable of the same name was already created with partitioning?`,
    );
  }
  return getSingle(store, name, request);
}
