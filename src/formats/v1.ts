/** Reads checkpoints of version 1: tables of slices, each tensor in a protobuf message. */

import { allocate, type Storage } from "../core/dtypes.ts";
import { NDArray, sizeOf, writeElement } from "../core/ndarray.ts";
import {
  assemble,
  type CheckpointFile,
  checkSlice,
  decodeMessage,
  dimsOf,
  missingTensor,
  storedDType,
  type TensorInfo,
} from "./checkpoint.ts";
import { stringElement } from "./elements.ts";
import { FormatError, readingIn } from "./errors.ts";
import { type FileSystem, fileSystem } from "./files.ts";
import { matchingFiles } from "./glob.ts";
import { type SavedSlice, SavedTensorSlicesSchema, type TensorProto } from "./proto/index.ts";
import {
  isWhole,
  sliceFromProto,
  sliceKey,
  sliceShape,
  type TensorSlice,
  wholeSlice,
} from "./slice.ts";
import { TableReader } from "./table.ts";

interface Stored extends TensorInfo {
  /** The table each slice is in. */
  readonly tables: TableReader[];
  readonly slices: TensorSlice[];
}

/** A checkpoint of version 1: one file, or several that a pattern such as `model-?????-of-00002` names. */
export class V1Reader implements CheckpointFile {
  readonly path: string;
  readonly version = "V1";
  readonly #tensors = new Map<string, Stored>();
  readonly #tables: TableReader[] = [];
  #bytes = 0;

  constructor(pattern: string, { files = fileSystem() }: { readonly files?: FileSystem } = {}) {
    this.path = pattern;
    try {
      for (const path of matchingFiles(files, pattern)) this.#open(files, path);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #open(files: FileSystem, path: string): void {
    const file = files.open(path);
    this.#bytes += file.size;
    const table = new TableReader(file);
    this.#tables.push(table);
    const bytes = table.get(new Uint8Array());
    const place = { file: path, field: "meta" };
    if (!bytes)
      throw new FormatError("a table, but of no checkpoint: it has no list of tensors", place);
    const { meta } = decodeMessage(SavedTensorSlicesSchema, bytes, place);
    for (const { name, shape: proto, type, slice } of meta?.tensor ?? []) {
      readingIn({ ...place, field: `tensor ${name}` }, () => {
        const shape = dimsOf(proto, { field: "shape" });
        const known = this.#tensors.get(name);
        if (known && (known.type !== type || String(known.shape) !== String(shape))) {
          throw new FormatError("its parts are of several types or shapes");
        }
        const stored = known ?? { name, type, shape, slices: [], tables: [] };
        if (!known) this.#tensors.set(name, stored);
        for (const part of slice.map(sliceFromProto)) {
          checkSlice(stored, part);
          stored.slices.push(part);
          stored.tables.push(table);
        }
      });
    }
  }

  names(): readonly string[] {
    return [...this.#tensors.keys()].sort();
  }

  info(name: string): TensorInfo | null {
    const stored = this.#tensors.get(name);
    if (!stored) return null;
    const { type, shape, slices } = stored;
    const whole = slices.length === 1 && isWhole(slices[0] as TensorSlice, shape);
    return { name, type, shape, slices: whole ? null : slices };
  }

  read(name: string): NDArray {
    const stored = this.#find(name);
    return this.#read(stored, wholeSlice(stored.shape.length));
  }

  readSlice(name: string, slice: TensorSlice): NDArray {
    const stored = this.#find(name);
    checkSlice(stored, slice);
    return this.#read(stored, slice);
  }

  close(): void {
    for (const table of this.#tables) table.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #find(name: string): Stored {
    const stored = this.#tensors.get(name);
    if (stored) return stored;
    throw missingTensor(name);
  }

  #read(stored: Stored, wanted: TensorSlice): NDArray {
    // Integers take a byte at least, and strings their tag and length.
    return readingIn({ file: this.path, field: `tensor ${stored.name}` }, () =>
      assemble(stored, wanted, this.#bytes, (slice) => this.#part(stored, slice)),
    );
  }

  #part(stored: Stored, slice: TensorSlice): NDArray {
    const table = stored.tables[stored.slices.indexOf(slice)] as TableReader;
    const bytes = table.get(sliceKey(stored.name, slice));
    if (!bytes) throw new FormatError("a slice that the list of tensors names is missing");
    const { data } = decodeMessage(SavedTensorSlicesSchema, bytes, {});
    return sliceArray(stored, sliceShape(slice, stored.shape), data);
  }
}

/** The elements of a slice, which are always in the list of their type. */
function sliceArray(
  info: TensorInfo,
  shape: readonly number[],
  saved: SavedSlice | undefined,
): NDArray {
  const dtype = storedDType(info);
  const size = sizeOf(shape);
  const lanes = dtype.isComplex ? 2 : 1;
  const values = saved?.data ? valuesOf(saved.data, dtype.baseName) : [];
  if (values.length !== size * lanes) {
    throw new FormatError(`${values.length} values for ${size} elements of type ${dtype.name}`);
  }
  const data = allocate(dtype, size);
  if (dtype.baseName === "string") {
    const strings = data as Storage<"string">;
    for (const [i, element] of (values as Uint8Array[]).entries())
      strings[i] = stringElement(element);
  } else if (dtype.baseName === "float16" || dtype.baseName === "bfloat16") {
    // The bits, not the numbers.
    (data as Uint16Array).set(values as number[]);
  } else {
    for (const [i, value] of values.entries()) writeElement(data, dtype, i, value);
  }
  return new NDArray(data, shape, dtype);
}

type Values = readonly (number | bigint | boolean | Uint8Array)[];

function valuesOf(proto: TensorProto, type: string): Values {
  switch (type) {
    case "float32":
      return proto.floatVal;
    case "float64":
      return proto.doubleVal;
    case "float16":
    case "bfloat16":
      return proto.halfVal;
    case "int64":
      return proto.int64Val;
    case "uint64":
      return proto.uint64Val;
    case "uint32":
      return proto.uint32Val;
    case "bool":
      return proto.boolVal;
    case "string":
      return proto.stringVal;
    case "complex64":
      return proto.scomplexVal;
    case "complex128":
      return proto.dcomplexVal;
    default:
      return proto.intVal;
  }
}
