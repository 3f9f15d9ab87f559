/** The variables of a graph by full name: made when they are missing, shared when that is allowed. */

import { asDType, type DType, type DTypeLike, float32 } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { type DeviceLike, type Graph, getDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import { brief } from "../core/kind.ts";
import { asShape, type ShapeLike, type TensorShape } from "../core/shape.ts";
import { formatFrames, tracedTo } from "../core/trace.ts";
import type { TensorLike } from "../ops/convert.ts";
import { createVariable, resourceVariablesEnabled } from "./creator.ts";
import {
  asThunk,
  callInitializer,
  glorotUniformInitializer,
  type InitializerLike,
  isCallable,
  zerosInitializer,
} from "./initializers.ts";
import type { PartitionedVariable } from "./partitioned.ts";
import { ResourceVariable } from "./resource.ts";
import type { PartitionInfo } from "./slices.ts";
import type {
  Constraint,
  GetterOptions,
  InitialValue,
  Partitioner,
  Regularizer,
  Reuse,
  VariableAggregation,
  VariableSynchronization,
} from "./types.ts";
import type { Variable } from "./variable.ts";

/** The variables of one graph that were made by name. */
export interface VariableStore {
  readonly variables: Map<string, Variable>;
  readonly partitioned: Map<string, PartitionedVariable>;
}

const stores = new WeakMap<Graph, VariableStore>();

/** @internal */
export function defaultStore(): VariableStore {
  const graph = getDefaultGraph();
  let store = stores.get(graph);
  if (!store) {
    store = { variables: new Map(), partitioned: new Map() };
    stores.set(graph, store);
  }
  return store;
}

/** What a getter was asked for, with nothing left open. */
export interface Request {
  readonly shape: ShapeLike | undefined;
  readonly dtype: DType;
  readonly initializer: InitializerLike | null;
  readonly regularizer: Regularizer | null;
  readonly reuse: Reuse;
  readonly trainable: boolean | null;
  readonly collections: readonly string[] | null;
  readonly cachingDevice: DeviceLike;
  readonly partitioner: Partitioner | null;
  readonly validateShape: boolean;
  readonly useResource: boolean | null;
  readonly constraint: Constraint | null;
  readonly synchronization: VariableSynchronization | null;
  readonly aggregation: VariableAggregation | null;
}

/** @internal A single number is a vector's length. */
export function shapeOf(shape: ShapeLike | number | undefined): ShapeLike | undefined {
  if (typeof shape === "number") return [shape];
  return shape ?? undefined;
}

/** @internal */
export function complete(options: GetterOptions): Request {
  return {
    shape: shapeOf(options.shape),
    dtype: asDType((options.dtype ?? float32) as DTypeLike).base,
    initializer: options.initializer ?? null,
    regularizer: options.regularizer ?? null,
    reuse: options.reuse ?? null,
    trainable: options.trainable ?? null,
    collections: options.collections ?? null,
    cachingDevice: options.cachingDevice ?? null,
    partitioner: options.partitioner ?? null,
    validateShape: options.validateShape ?? true,
    useResource: options.useResource ?? null,
    constraint: options.constraint ?? null,
    synchronization: options.synchronization ?? null,
    aggregation: options.aggregation ?? null,
  };
}

/** @internal One variable that is stored by itself; `partition` when it is part of another. */
export function getSingle(
  store: VariableStore,
  name: string,
  request: Request,
  partition: PartitionInfo | null = null,
): Variable {
  const { initializer, reuse } = request;
  const isValue = initializer !== null && !isCallable(initializer);
  if (isValue && request.shape !== undefined) {
    throw new ValueError("If initializer is a constant, do not specify shape.");
  }
  const shape = request.shape === undefined ? undefined : asShape(request.shape);
  const found = store.variables.get(name);
  if (found) return shared(found, name, shape, request);
  if (reuse === true) {
    throw new ValueError(
      `Variable ${name} does not exist, or was not created with tf.get_variable(). Did you mean to set reuse=tf.AUTO_REUSE in VarScope?`,
    );
  }
  const chosen = initializer ?? defaultFor(name, shape, request.dtype);
  const { initialValue, dtype } = isValue
    ? { initialValue: chosen as TensorLike, dtype: undefined }
    : bind(chosen, shape, request.dtype, partition);
  const variable = createVariable({
    initialValue,
    dtype,
    shape,
    name,
    trainable: request.trainable,
    collections: request.collections,
    cachingDevice: request.cachingDevice,
    validateShape: request.validateShape,
    constraint: request.constraint,
    useResource: request.useResource ?? resourceVariablesEnabled(),
    synchronization: request.synchronization,
    aggregation: request.aggregation,
  });
  store.variables.set(name, variable);
  regularize(name, variable, request.regularizer);
  return variable;
}

/** A variable that exists, if it may be shared and is what was asked for. */
function shared(
  found: Variable,
  name: string,
  shape: TensorShape | undefined,
  { reuse, dtype }: Request,
): Variable {
  if (reuse === false) {
    const text = `Variable ${name} already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in VarScope?`;
    if (found instanceof ResourceVariable) throw new ValueError(text);
    const frames = found.op.trace.frames.slice(0, 5);
    throw new ValueError(`${text} Originally defined at:\n\n${formatFrames(frames)}`);
  }
  const trying = `Trying to share variable ${name}, but specified`;
  if (shape && !shape.isCompatibleWith(found.shape)) {
    throw new ValueError(`${trying} shape ${shape} and found shape ${found.shape}.`);
  }
  if (!dtype.isCompatibleWith(found.dtype)) {
    throw new ValueError(`${trying} dtype ${dtype.name} and found dtype ${found.dtype.name}.`);
  }
  return found;
}

function defaultFor(name: string, shape: TensorShape | undefined, dtype: DType): InitializerLike {
  if (!shape) {
    throw new ValueError(
      `Variable ${name} did not get an initializer, so its \`shape\` argument must be specified.`,
    );
  }
  return defaultInitializer(name, dtype);
}

/** @internal */
export function defaultInitializer(name: string, dtype: DType): InitializerLike {
  if (dtype.isFloating) return glorotUniformInitializer();
  if (dtype.isInteger || dtype.isBool || dtype.baseName === "string") return zerosInitializer();
  throw new ValueError(`An initializer for variable ${name} of ${dtype.base} is required`);
}

/** What an initializer that is called makes of shape and dtype. */
function bind(
  initializer: InitializerLike,
  shape: TensorShape | undefined,
  dtype: DType,
  partitionInfo: PartitionInfo | null,
): { readonly initialValue: InitialValue; readonly dtype: DType | undefined } {
  const dims = shape?.known;
  if (dims) {
    const call = callInitializer(initializer);
    return { initialValue: () => call(dims, { dtype, partitionInfo }), dtype: dtype.base };
  }
  const thunk = asThunk(initializer);
  if (thunk) return { initialValue: thunk, dtype: undefined };
  throw new ValueError(
    "The initializer passed is not valid. It should be a callable with no arguments and the shape should not be provided or an instance of `tf.keras.initializers.*' and `shape` should be fully defined.",
  );
}

/** Enters the loss that a regularizer makes of a new variable, once. */
function regularize(name: string, variable: Variable, regularizer: Regularizer | null): void {
  if (!regularizer) return;
  if (typeof regularizer !== "function") {
    throw new TypeError(`A regularizer is a function of the variable; got ${brief(regularizer)}.`);
  }
  const { graph } = variable;
  const place = graph.colocationPatch(variable);
  const { scope } = graph.resolveNameScope(`${name}/Regularizer/`);
  const patch = { ...place, ...graph.controlPatch(null), name: scope };
  const loss = graph.inside(patch, () => tracedTo(undefined, () => regularizer(variable)));
  if (loss !== null && loss !== undefined) {
    graph.addToCollection(GraphKeys.REGULARIZATION_LOSSES, loss);
  }
}
