/** Writes checkpoints of version 1: a table of slices, each in a protobuf message, byte for byte as TensorFlow does. */

import { create, toBinary } from "@bufbuild/protobuf";
import type { Storage } from "../core/dtypes.ts";
import { InvalidArgumentError, UnimplementedError } from "../core/errors.ts";
import type { NDArray } from "../core/ndarray.ts";
import { compareBytes, encodeText } from "./bytes.ts";
import { temporaryPath } from "./commit.ts";
import { stringBytes } from "./elements.ts";
import { type FileSystem, fileSystem } from "./files.ts";
import {
  type SavedSliceMeta,
  SavedSliceMetaSchema,
  type SavedTensorSlices,
  SavedTensorSlicesSchema,
  type TensorProto,
  TensorProtoSchema,
} from "./proto/index.ts";
import { sliceKey, sliceToProto, type TensorSlice, wholeSlice } from "./slice.ts";
import { TableWriter } from "./table.ts";
import { shapeProto } from "./tensor.ts";

/** A file of tensors. It appears under its path when `finish` is called, whole. */
export class V1Writer {
  readonly path: string;
  readonly #files: FileSystem;
  readonly #meta = new Map<string, SavedSliceMeta>();
  readonly #entries: { readonly key: Uint8Array; readonly value: Uint8Array }[] = [];

  constructor(path: string, { files = fileSystem() }: { readonly files?: FileSystem } = {}) {
    this.path = path;
    this.#files = files;
  }

  /** Adds a whole tensor. */
  add(name: string, array: NDArray): void {
    this.addSlice(name, array.shape, wholeSlice(array.rank), array);
  }

  /** Adds a slice of a tensor of `shape`. */
  addSlice(name: string, shape: readonly number[], slice: TensorSlice, array: NDArray): void {
    const proto = sliceToProto(slice);
    const type = array.dtype.enum;
    const known = this.#meta.get(name);
    const meta = known ?? create(SavedSliceMetaSchema, { name, shape: shapeProto(shape), type });
    const dims = (meta.shape?.dim ?? []).map(({ size }) => Number(size));
    if (meta.type !== type || String(dims) !== String(shape)) {
      throw new InvalidArgumentError(
        undefined,
        `Slices of tensor ${name} are of several types or shapes`,
      );
    }
    meta.slice.push(proto);
    this.#meta.set(name, meta);
    const data = { name, slice: proto, data: elementsOf(name, array) };
    this.#entries.push({
      key: sliceKey(name, slice),
      value: encode(create(SavedTensorSlicesSchema, { data })),
    });
  }

  /** Completes the file and puts it in its place. */
  finish(): void {
    const temporary = temporaryPath(this.path);
    const file = this.#files.create(temporary);
    try {
      const table = new TableWriter(file);
      const meta = { tensor: [...this.#meta.values()], versions: { producer: 1 } };
      table.add(encodeText(""), encode(create(SavedTensorSlicesSchema, { meta })));
      this.#entries.sort((a, b) => compareBytes(a.key, b.key));
      for (const { key, value } of this.#entries) table.add(key, value);
      table.finish();
      file.sync();
    } finally {
      file.close();
    }
    this.#files.rename(temporary, this.path);
  }
}

function encode(message: SavedTensorSlices): Uint8Array {
  return toBinary(SavedTensorSlicesSchema, message);
}

/** The elements in the list of their type, without type and shape. */
function elementsOf(name: string, { data, dtype }: NDArray): TensorProto {
  const numbers = (): number[] => Array.from(data as ArrayLike<number>);
  const bigs = (): bigint[] => Array.from(data as ArrayLike<bigint>);
  switch (dtype.baseName) {
    case "float32":
      return create(TensorProtoSchema, { floatVal: numbers() });
    case "float64":
      return create(TensorProtoSchema, { doubleVal: numbers() });
    case "float16":
    case "bfloat16":
      return create(TensorProtoSchema, { halfVal: numbers() });
    case "int64":
      return create(TensorProtoSchema, { int64Val: bigs() });
    case "uint64":
      return create(TensorProtoSchema, { uint64Val: bigs() });
    case "uint32":
      return create(TensorProtoSchema, { uint32Val: numbers() });
    case "bool":
      return create(TensorProtoSchema, { boolVal: numbers().map((value) => value !== 0) });
    case "complex64":
      return create(TensorProtoSchema, { scomplexVal: numbers() });
    case "complex128":
      return create(TensorProtoSchema, { dcomplexVal: numbers() });
    case "string":
      return create(TensorProtoSchema, { stringVal: (data as Storage<"string">).map(stringBytes) });
    case "resource":
    case "variant":
      throw new UnimplementedError(
        undefined,
        `Tensor ${name} is of type ${dtype.name}, which cannot be stored.`,
      );
    // Small and quantized integers.
    default:
      return create(TensorProtoSchema, { intVal: numbers() });
  }
}
