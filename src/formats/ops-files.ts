/** Operations of a graph that write and read checkpoints. */

import { type DType, string } from "../core/dtypes.ts";
import { DataLossError, InvalidArgumentError } from "../core/errors.ts";
import { NDArray } from "../core/ndarray.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import type { TensorLike } from "../ops/convert.ts";
import { createOp, type Named } from "../ops/create.ts";
import { a, defineOp } from "../ops/define.ts";
import { elementText } from "../ops/filename-strings.ts";
import { runtimeName } from "../ops/state.ts";
import { BundleWriter, mergeBundles } from "./bundle-writer.ts";
import { storedDType } from "./checkpoint.ts";
import { FormatError } from "./errors.ts";
import { fileSystem } from "./files.ts";
import { openCheckpoint } from "./open.ts";
import { parseShapeAndSlice, sliceShape } from "./slice.ts";
import { V1Writer } from "./v1-writer.ts";

function texts(array: NDArray): string[] {
  return Array.from(array.values(), elementText);
}

/** A failure of the file itself is one of the operation: the session adds the node. */
function asOpError<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof FormatError) throw new DataLossError(undefined, error.message);
    throw error;
  }
}

function checkCounts(names: readonly string[], slices: readonly string[], tensors: number): void {
  for (const [what, count] of [
    ["tensor_names", names.length],
    ["shape_and_slices", slices.length],
  ] as const) {
    if (count === tensors) continue;
    throw new InvalidArgumentError(
      undefined,
      `Number of elements in ${what} and the number of tensors should match: ${count} vs ${tensors}`,
    );
  }
}

// Writing

const SaveV2 = defineOp({
  type: "SaveV2",
  inputs: [
    "prefix: string",
    "tensor_names: string",
    "shape_and_slices: string",
    "tensors: dtypes[]",
  ],
  outputs: [],
  attrs: { dtypes: a.types() },
  traits: { stateful: true },
  shape: () => [],
  gradient: "none",
  lower: ({ inputs: [prefix, names, slices, tensors], k }) => {
    k.host("save", [prefix, names, slices, ...tensors], [], save, { effect: true });
    return [];
  },
});

function save([prefix, names, slices, ...tensors]: readonly NDArray[]): void {
  const keys = texts(names as NDArray);
  const specs = texts(slices as NDArray);
  checkCounts(keys, specs, tensors.length);
  const writer = new BundleWriter(elementText((prefix as NDArray).at(0)));
  try {
    for (const [i, tensor] of tensors.entries()) {
      addTensor(writer, keys[i] as string, specs[i] as string, tensor);
    }
    asOpError(() => writer.finish());
  } finally {
    writer.abandon();
  }
}

function addTensor(
  writer: BundleWriter | V1Writer,
  name: string,
  spec: string,
  tensor: NDArray,
): void {
  const part = parseShapeAndSlice(spec);
  if (!part) {
    writer.add(name, tensor);
    return;
  }
  const shape = sliceShape(part.slice, part.shape);
  if (String(shape) !== String(tensor.shape)) {
    throw new InvalidArgumentError(
      undefined,
      `Slice in shape_and_slice specification does not match the shape of the tensor to save: ${spec}, tensor: [${tensor.shape}]`,
    );
  }
  writer.addSlice(name, part.shape, part.slice, tensor);
}

/** Writes tensors, or slices of tensors (`"4 2 0,2:-"`), into a checkpoint. TensorFlow: `SaveV2`. */
export function saveV2(
  prefix: TensorLike,
  tensorNames: readonly string[],
  shapeAndSlices: readonly string[],
  tensors: readonly TensorLike[],
  { name }: Named = {},
): Operation {
  return createOp(SaveV2, [prefix, tensorNames, shapeAndSlices, tensors], {}, name);
}

const ShardedFilename = defineOp({
  type: "ShardedFilename",
  inputs: ["basename: string", "shard: int32", "num_shards: int32"],
  outputs: ["filename: string"],
  attrs: {},
  shape: () => [[]],
  gradient: "none",
  lower: "host",
  host: (inputs) => {
    const [base, shard, count] = inputs.map((input) => elementText(input.at(0)));
    const digits = (value = ""): string => value.padStart(5, "0");
    return [new NDArray([`${base}-${digits(shard)}-of-${digits(count)}`], [], string)];
  },
});

/** `base-00001-of-00003`. */
export function shardedFilename(
  basename: TensorLike,
  shard: TensorLike,
  numShards: TensorLike,
  { name }: Named = {},
): Tensor {
  return createOp(ShardedFilename, [basename, shard, numShards], {}, name).output;
}

const MergeV2Checkpoints = defineOp({
  type: "MergeV2Checkpoints",
  inputs: ["checkpoint_prefixes: string", "destination_prefix: string"],
  outputs: [],
  attrs: { delete_old_dirs: a.bool(true), allow_missing_files: a.bool(false) },
  traits: { stateful: true },
  shape: () => [],
  gradient: "none",
  lower: ({ inputs: [prefixes, destination], attrs, k }) => {
    const options = {
      deleteOldFolders: attrs.delete_old_dirs,
      allowMissing: attrs.allow_missing_files,
    };
    k.host(
      "merge",
      [prefixes, destination],
      [],
      ([parts, merged]) => {
        const target = elementText((merged as NDArray).at(0));
        asOpError(() => mergeBundles(texts(parts as NDArray), target, options));
      },
      { effect: true },
    );
    return [];
  },
});

/** Makes one checkpoint of the parts that several devices wrote. */
export function mergeV2Checkpoints(
  checkpointPrefixes: TensorLike,
  destinationPrefix: TensorLike,
  { name }: Named = {},
): Operation {
  return createOp(MergeV2Checkpoints, [checkpointPrefixes, destinationPrefix], {}, name);
}

// Reading

const RestoreV2 = defineOp({
  type: "RestoreV2",
  inputs: ["prefix: string", "tensor_names: string", "shape_and_slices: string"],
  outputs: ["tensors: dtypes[]"],
  attrs: { dtypes: a.types() },
  traits: { stateful: true },
  shape: ({ attrs, constant }) => {
    const specs = constant(2);
    return attrs.dtypes.map((_, i) => {
      const part = specs && i < specs.size ? parseShapeAndSlice(elementText(specs.at(i))) : null;
      return part && sliceShape(part.slice, part.shape);
    });
  },
  gradient: "none",
  lower: "host",
  host: ([prefix, names, slices], { attrs }) => {
    const keys = texts(names as NDArray);
    const specs = texts(slices as NDArray);
    checkCounts(keys, specs, attrs.dtypes.length);
    const path = elementText((prefix as NDArray).at(0));
    return restore(
      path,
      attrs.dtypes.map((dtype, i) => ({ name: keys[i] ?? "", spec: specs[i] ?? "", dtype })),
    );
  },
});

interface Wanted {
  readonly name: string;
  readonly spec: string;
  readonly dtype: DType;
}

function restore(path: string, wanted: readonly Wanted[]): NDArray[] {
  return asOpError(() => {
    using checkpoint = openCheckpoint(path, { files: fileSystem() });
    return wanted.map(({ name, spec, dtype }) => {
      const info = checkpoint.info(name);
      const stored = info && storedDType(info);
      if (stored && stored !== dtype) {
        throw new InvalidArgumentError(
          undefined,
          `tensor_name = ${name}; expected dtype ${runtimeName(dtype)} does not equal original dtype ${runtimeName(stored)}`,
        );
      }
      const part = parseShapeAndSlice(spec);
      if (!part || !info) return checkpoint.read(name);
      if (String(part.shape) !== String(info.shape)) {
        throw new InvalidArgumentError(
          undefined,
          `tensor_name = ${name}; shape in shape_and_slice spec [${part.shape}] does not match the shape stored in checkpoint: [${info.shape}]`,
        );
      }
      return checkpoint.readSlice(name, part.slice);
    });
  });
}

/** Reads tensors, or slices of tensors, from a checkpoint of either version. TensorFlow: `RestoreV2`. */
export function restoreV2(
  prefix: TensorLike,
  tensorNames: readonly string[],
  shapeAndSlices: readonly string[],
  dtypes: readonly DType[],
  { name }: Named = {},
): readonly Tensor[] {
  const attrs = { dtypes: dtypes.map((dtype) => dtype.base) };
  return createOp(RestoreV2, [prefix, tensorNames, shapeAndSlices], attrs, name).outputs;
}

defineOp({
  type: "Restore",
  inputs: ["file_pattern: string", "tensor_name: string"],
  outputs: ["tensor: dt"],
  attrs: { dt: a.type(), preferred_shard: a.int(-1) },
  traits: { stateful: true },
  shape: () => [null],
  gradient: "none",
  lower: "host",
  host: ([pattern, name], { attrs }) => {
    const [path, key] = [pattern, name].map((input) => elementText((input as NDArray).at(0)));
    return restore(path ?? "", [{ name: key ?? "", spec: "", dtype: attrs.dt }]);
  },
});

defineOp({
  type: "RestoreSlice",
  inputs: ["file_pattern: string", "tensor_name: string", "shape_and_slice: string"],
  outputs: ["tensor: dt"],
  attrs: { dt: a.type(), preferred_shard: a.int(-1) },
  traits: { stateful: true },
  shape: ({ attrs: _, constant }) => {
    const spec = constant(2);
    const part = spec && parseShapeAndSlice(elementText(spec.at(0)));
    return [part ? sliceShape(part.slice, part.shape) : null];
  },
  gradient: "none",
  lower: "host",
  host: ([pattern, name, slice], { attrs }) => {
    const [path, key, spec] = [pattern, name, slice].map((input) =>
      elementText((input as NDArray).at(0)),
    );
    return restore(path ?? "", [{ name: key ?? "", spec: spec ?? "", dtype: attrs.dt }]);
  },
});

// Version 1

const versionOne = { T: a.types() } as const;

defineOp({
  type: "Save",
  inputs: ["filename: string", "tensor_names: string", "data: T[]"],
  outputs: [],
  attrs: versionOne,
  traits: { stateful: true },
  shape: () => [],
  gradient: "none",
  lower: ({ inputs: [file, names, data], k }) => {
    const run = ([path, keys, ...tensors]: readonly NDArray[]): void =>
      saveV1(path as NDArray, keys as NDArray, null, tensors);
    k.host("save", [file, names, ...data], [], run, { effect: true });
    return [];
  },
});

const SaveSlices = defineOp({
  type: "SaveSlices",
  inputs: ["filename: string", "tensor_names: string", "shapes_and_slices: string", "data: T[]"],
  outputs: [],
  attrs: versionOne,
  traits: { stateful: true },
  shape: () => [],
  gradient: "none",
  lower: ({ inputs: [file, names, slices, data], k }) => {
    const run = ([path, keys, specs, ...tensors]: readonly NDArray[]): void =>
      saveV1(path as NDArray, keys as NDArray, specs as NDArray, tensors);
    k.host("save", [file, names, slices, ...data], [], run, { effect: true });
    return [];
  },
});

function saveV1(
  path: NDArray,
  names: NDArray,
  slices: NDArray | null,
  tensors: readonly NDArray[],
): void {
  const keys = texts(names);
  const specs = slices ? texts(slices) : keys.map(() => "");
  checkCounts(keys, specs, tensors.length);
  const writer = new V1Writer(elementText(path.at(0)));
  for (const [i, tensor] of tensors.entries()) {
    addTensor(writer, keys[i] as string, specs[i] as string, tensor);
  }
  asOpError(() => writer.finish());
}

/** Writes tensors, or slices of tensors, into a checkpoint of version 1. TensorFlow: `SaveSlices`. */
export function saveSlices(
  filename: TensorLike,
  tensorNames: readonly string[],
  shapesAndSlices: readonly string[],
  tensors: readonly TensorLike[],
  { name }: Named = {},
): Operation {
  return createOp(SaveSlices, [filename, tensorNames, shapesAndSlices, tensors], {}, name);
}

const ShardedFilespec = defineOp({
  type: "ShardedFilespec",
  inputs: ["basename: string", "num_shards: int32"],
  outputs: ["filename: string"],
  attrs: {},
  shape: () => [[]],
  gradient: "none",
  lower: "host",
  host: ([base, count]) => {
    const digits = elementText((count as NDArray).at(0)).padStart(5, "0");
    const pattern = `${elementText((base as NDArray).at(0))}-?????-of-${digits}`;
    return [new NDArray([pattern], [], string)];
  },
});

/** `base-?????-of-00003`: all files of a sharded checkpoint of version 1. */
export function shardedFilespec(
  basename: TensorLike,
  numShards: TensorLike,
  { name }: Named = {},
): Tensor {
  return createOp(ShardedFilespec, [basename, numShards], {}, name).output;
}
