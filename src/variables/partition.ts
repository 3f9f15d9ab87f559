/** Cutting a variable into parts: partitioners, and getVariable for them. */

import { asDType, type DType, type DTypeLike, float32 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import { checkList } from "../core/kind.ts";
import type { OptionsObject } from "../core/options.ts";
import { asShape, type ShapeLike, TensorShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import { brief } from "../ops/constant.ts";
import { convertToTensor, type TensorLike } from "../ops/convert.ts";
import { inNameScope } from "../ops/scopes.ts";
import { slice } from "../ops/slice.ts";
import { type InitializerLike, isCallable } from "./initializers.ts";
import { PartitionedVariable } from "./partitioned.ts";
import { getVariableScope, variableScope } from "./scope.ts";
import { PartitionInfo, SaveSliceInfo } from "./slices.ts";
import {
  complete,
  defaultInitializer,
  defaultStore,
  getSingle,
  type Request,
  type VariableStore,
} from "./store.ts";
import type { Partitioner, Reuse } from "./types.ts";
import type { Variable } from "./variable.ts";

/** @internal The partitioned variable of a name, made or shared as `request.reuse` says. */
export function getPartitioned(
  store: VariableStore,
  name: string,
  request: Request,
): PartitionedVariable {
  const { initializer, partitioner, reuse, dtype } = request;
  if (store.variables.has(name)) {
    throw new ValueError(
      `A partitioner was provided, but an unpartitioned version of the variable was found: ${name}.  Perhaps a variable of the same name was already created without partitioning?`,
    );
  }
  let shape = asShape(request.shape ?? null);
  if (initializer instanceof Tensor) shape = shape.mergeWith(initializer.shape);
  const partitions = !reuse || partitioner ? callPartitioner(partitioner, shape, dtype) : null;
  const found = store.partitioned.get(name);
  if (found) return shared(found, name, shape, partitions, request);
  if (reuse === true) {
    throw new ValueError(
      `PartitionedVariable ${name} does not exist, or was not created with tf.get_variable(). Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in VarScope?`,
    );
  }
  const made = makeParts(store, name, shape, partitions as readonly number[], request);
  store.partitioned.set(name, made);
  return made;
}

function shared(
  found: PartitionedVariable,
  name: string,
  shape: TensorShape,
  partitions: readonly number[] | null,
  { reuse, dtype }: Request,
): PartitionedVariable {
  if (reuse === false) {
    throw new ValueError(
      `Partitioned variable with name ${name} already exists. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in VarScope?`,
    );
  }
  const trying = `Trying to reuse partitioned variable ${name}, but specified`;
  if (!shape.isCompatibleWith(found.shape)) {
    throw new ValueError(`${trying} shape ${shape} and found shape ${found.shape}.`);
  }
  if (!dtype.isCompatibleWith(found.dtype)) {
    throw new ValueError(`${trying} dtype ${dtype.name} and found dtype ${found.dtype.name}.`);
  }
  if (partitions && brief(partitions) !== brief(found.partitions)) {
    throw new ValueError(
      `${trying} partitions ${brief(partitions)} and found partitions ${brief(found.partitions)}.`,
    );
  }
  return found;
}

function callPartitioner(
  partitioner: Partitioner | null,
  shape: TensorShape,
  dtype: DType,
): readonly number[] {
  if (!shape.isFullyDefined) {
    throw new ValueError(
      `Shape of a new partitioned variable must be fully defined, but instead was ${shape}.`,
    );
  }
  if (shape.rank === 0) {
    throw new ValueError(`A partitioned Variable must have rank at least 1, shape: ${shape}`);
  }
  const partitions: unknown = (partitioner as Partitioner)(shape, dtype);
  if (!Array.isArray(partitions)) {
    throw new ValueError(`Partitioner must return a sequence, but saw: ${brief(partitions)}`);
  }
  const counts = partitions as readonly number[];
  if (counts.length !== shape.rank) {
    throw new ValueError(
      `Partitioner returned a partition list that does not match the Variable's rank: ${brief(counts)} vs. ${shape}`,
    );
  }
  if (counts.some((count) => count < 1)) {
    throw new ValueError(`Partitioner returned zero partitions for some axes: ${brief(counts)}`);
  }
  if (counts.filter((count) => count > 1).length > 1) {
    throw new ValueError(
      `Can only slice a variable along one dimension: shape: ${shape}, partitioning: ${brief(counts)}`,
    );
  }
  return counts;
}

/** One part: where it begins and how large it is. */
interface Part {
  readonly offset: readonly number[];
  readonly shape: readonly number[];
}

/** Parts whose lengths differ by one at most, the longer ones first. */
function cut(full: readonly number[], axis: number, count: number): Part[] {
  const dim = full[axis] as number;
  const least = Math.floor(dim / count);
  const parts: Part[] = [];
  let begin = 0;
  for (let i = 0; i < count; i++) {
    const length = least + (i < dim % count ? 1 : 0);
    parts.push({
      offset: full.map((_, j) => (j === axis ? begin : 0)),
      shape: full.map((other, j) => (j === axis ? length : other)),
    });
    begin += length;
  }
  return parts;
}

function makeParts(
  store: VariableStore,
  name: string,
  shape: TensorShape,
  partitions: readonly number[],
  request: Request,
): PartitionedVariable {
  const axis = Math.max(
    partitions.findIndex((count) => count > 1),
    0,
  );
  const count = partitions[axis] as number;
  checkFormerParts(store, name, count);
  const full = shape.known as readonly number[];
  let { dtype } = request;
  const variables = cut(full, axis, count).map((part, i): Variable => {
    const partName = `${name}/part_${i}`;
    const info = new PartitionInfo(full, part.offset);
    const own = inNameScope(`${partName}/PartitionedInitializer`, () =>
      partInitializer(name, part, request, dtype),
    );
    dtype = own.dtype;
    const variable = getDefaultGraph().inside({ name: "" }, () =>
      getSingle(store, partName, { ...request, ...own, partitioner: null }, info),
    );
    variable.saveSliceInfo = new SaveSliceInfo(name, full, part.offset, part.shape);
    return variable;
  });
  return new PartitionedVariable({ name, shape, dtype, variables, partitions });
}

function checkFormerParts(store: VariableStore, name: string, count: number): void {
  if (!store.variables.has(`${name}/part_0`)) return;
  const differs = `Partitioner returned a different partitioning than what was already found.  Partitioner returned ${count} shards, and shard ${name}/part_0 was found, but`;
  if (!store.variables.has(`${name}/part_${count - 1}`)) {
    throw new ValueError(`${differs} ${name}/part_${count - 1} was not.`);
  }
  if (store.variables.has(`${name}/part_${count}`)) {
    throw new ValueError(`${differs} so was the extra shard ${name}/part_${count}.`);
  }
}

interface PartRequest {
  readonly initializer: InitializerLike;
  readonly shape: ShapeLike | undefined;
  readonly dtype: DType;
}

/** A value is cut; an initializer that is called gets the shape of the part. */
function partInitializer(
  name: string,
  part: Part,
  { initializer }: Request,
  dtype: DType,
): PartRequest {
  if (initializer === null) {
    return { initializer: defaultInitializer(name, dtype), shape: part.shape, dtype };
  }
  if (isCallable(initializer)) return { initializer, shape: part.shape, dtype };
  if (initializer instanceof Tensor) {
    const piece = slice(initializer, part.offset, part.shape);
    return { initializer: piece, shape: undefined, dtype: piece.dtype.base };
  }
  const whole = convertToTensor(initializer as TensorLike, { dtype });
  return { initializer: slice(whole, part.offset, part.shape), shape: undefined, dtype };
}

export interface CreatePartitionedOptions extends OptionsObject {
  readonly dtype?: DTypeLike | undefined;
  readonly trainable?: boolean | undefined;
  readonly collections?: readonly string[] | null | undefined;
  readonly name?: string | null | undefined;
  readonly reuse?: Reuse | undefined;
}

/**
 * Deprecated: the parts of a new variable that is cut as `slicing` says, in a variable scope of its own.
 * Use `getVariable` with a partitioner. TensorFlow: `tf.create_partitioned_variables`.
 */
export function createPartitionedVariables(
  shape: readonly number[],
  slicing: readonly number[],
  initializer: InitializerLike | null,
  options: CreatePartitionedOptions = {},
): Variable[] {
  checkList(shape, "The shape of a partitioned variable");
  checkList(slicing, "The slicing of a partitioned variable");
  if (shape.length !== slicing.length) {
    throw new ValueError(
      `The 'shape' and 'slicing' of a partitioned Variable must have the length: shape: ${brief(shape)}, slicing: ${brief(slicing)}`,
    );
  }
  if (shape.length < 1) {
    throw new ValueError(
      `A partitioned Variable must have rank at least 1: shape: ${brief(shape)}`,
    );
  }
  const { name = null, reuse, dtype = float32, trainable = true, collections } = options;
  return variableScope(name, { defaultName: "PartitionedVariable", reuse }, (scope) => {
    if (scope.customGetter) {
      throw new ValueError(
        `Private access to _get_partitioned_variable is not allowed when a custom getter is set.  Current custom getter: ${scope.customGetter.name}.  It is likely that you're using create_partitioned_variables.  If so, consider instead using get_variable with a non-empty partitioner parameter instead.`,
      );
    }
    const request = complete({
      shape,
      dtype: asDType(dtype as DTypeLike),
      initializer: initializer ?? scope.initializer,
      regularizer: scope.regularizer,
      constraint: scope.constraint,
      cachingDevice: scope.cachingDevice,
      useResource: scope.useResource,
      reuse: scope.reuse,
      trainable,
      collections,
      partitioner: () => slicing,
    });
    return getDefaultGraph().inside({ name: "" }, () => [
      ...getPartitioned(defaultStore(), getVariableScope().name, request),
    ]);
  });
}

export interface FixedSizeOptions extends OptionsObject {
  readonly axis?: number | undefined;
}
/** At most `numShards` parts along an axis. TensorFlow: `tf.fixed_size_partitioner`. */
export function fixedSizePartitioner(
  numShards: number,
  { axis = 0 }: FixedSizeOptions = {},
): Partitioner {
  return (shape) => alongAxis(shape, axis, Math.min(numShards, shape.dim(axis) ?? 1));
}

function alongAxis(shape: TensorShape, axis: number, count: number): number[] {
  const counts = new Array<number>(shape.rank ?? 0).fill(1);
  counts[axis < 0 ? counts.length + axis : axis] = count;
  return counts;
}

function elementBytes(dtype: DType, bytesPerString: number): number {
  return dtype.baseName === "string" ? bytesPerString : dtype.size;
}

export interface AxisSizeOptions extends OptionsObject {
  readonly axis?: number | undefined;
  readonly bytesPerStringElement?: number | undefined;
  readonly maxShards?: number | null | undefined;
}
/** Parts of at most `maxShardBytes` bytes. TensorFlow: `tf.variable_axis_size_partitioner`. */
export function variableAxisSizePartitioner(
  maxShardBytes: number,
  { axis = 0, bytesPerStringElement = 16, maxShards = null }: AxisSizeOptions = {},
): Partitioner {
  if (maxShardBytes < 1 || bytesPerStringElement < 1) {
    throw new ValueError(
      `Both max_shard_bytes and bytes_per_string_element must be positive. Currently, max_shard_bytes is ${maxShardBytes} andbytes_per_string_element is ${bytesPerStringElement}`,
    );
  }
  if (maxShards !== null && maxShards !== 0 && maxShards < 1) {
    throw new ValueError("max_shards must be positive.");
  }
  return (shape, dtype) => {
    if (!(shape instanceof TensorShape))
      throw new ValueError(`shape is not a TensorShape: ${brief(shape)}`);
    const { size } = shape;
    if (size === null) throw new ValueError(`shape is not fully defined: ${shape}`);
    const dim = shape.dim(axis) as number;
    const sliceBytes = (size / dim) * elementBytes(dtype, bytesPerStringElement);
    const slicesPerShard = Math.max(1, Math.floor(maxShardBytes / sliceBytes));
    const shards = Math.ceil(dim / slicesPerShard);
    return alongAxis(shape, axis, maxShards ? Math.min(maxShards, shards) : shards);
  };
}

export interface MinMaxOptions extends OptionsObject {
  readonly maxPartitions?: number | undefined;
  readonly axis?: number | undefined;
  /** Bytes that a part should have at least. */
  readonly minSliceSize?: number | undefined;
  readonly bytesPerStringElement?: number | undefined;
}
/** As many parts as keep each at `minSliceSize` bytes or more. TensorFlow: `tf.min_max_variable_partitioner`. */
export function minMaxVariablePartitioner({
  maxPartitions = 1,
  axis = 0,
  minSliceSize = 256 << 10,
  bytesPerStringElement = 16,
}: MinMaxOptions = {}): Partitioner {
  return (shape, dtype) => {
    if (axis >= (shape.rank ?? 0)) {
      throw new ValueError(
        `Cannot partition variable along axis ${axis} when shape is only ${shape}`,
      );
    }
    const bytes = (shape.size ?? 0) * elementBytes(dtype, bytesPerStringElement);
    const parts = Math.min(
      shape.dim(axis) as number,
      maxPartitions,
      Math.ceil(bytes / minSliceSize),
    );
    return alongAxis(shape, axis, Math.max(1, parts));
  };
}
