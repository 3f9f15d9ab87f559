// Reads what was detected: graphs as messages, checkpoints and archives as named tensors.
import type { NDArray } from "../core/ndarray.ts";
import { decodeText } from "../formats/bytes.ts";
import {
  type CheckpointFile,
  checkSlice,
  cutSlice,
  missingTensor,
  type TensorInfo,
} from "../formats/checkpoint.ts";
import { dataPath } from "../formats/commit.ts";
import { FormatError } from "../formats/errors.ts";
import { type FileSystem, folderOf, joinPath } from "../formats/files.ts";
import { readNpz } from "../formats/npz.ts";
import { openCheckpoint } from "../formats/open.ts";
import {
  type CheckpointState,
  CheckpointStateSchema,
  decode,
  EventSchema,
  type GraphDef,
  GraphDefSchema,
  type MetaGraphDef,
  MetaGraphDefSchema,
  type SavedModel,
  SavedModelSchema,
} from "../formats/proto/index.ts";
import { RecordReader } from "../formats/records.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import type { TensorSlice } from "../formats/slice.ts";
import { fromText } from "../formats/text.ts";
import { detect, type Found, kindNames } from "./detect.ts";
import { CommandError } from "./errors.ts";

export type GraphFound = Extract<Found, { readonly kind: "graph" | "metagraph" | "savedmodel" }>;

/** A graph of a file; of a SavedModel there may be several. */
export interface LoadedGraph {
  readonly graph: GraphDef;
  readonly meta: MetaGraphDef | undefined;
}

export type GraphFile = {
  readonly path: string;
  readonly size: number;
  readonly text: boolean;
  readonly graphs: readonly LoadedGraph[];
} & (
  | { readonly kind: "graph"; readonly message: GraphDef }
  | { readonly kind: "metagraph"; readonly message: MetaGraphDef }
  | { readonly kind: "savedmodel"; readonly message: SavedModel }
);

export function loadGraphs(found: GraphFound, files: FileSystem): GraphFile {
  const { path, text } = found;
  const bytes = files.read(path);
  const place = { file: path };
  const base = { path, size: bytes.length, text };
  const parse = <T>(binary: () => T, fromPbtxt: (content: string) => T): T => {
    if (!text) return binary();
    const content = decodeText(bytes);
    if (content === null) throw new FormatError("the text is not UTF-8", place);
    return fromPbtxt(content);
  };
  switch (found.kind) {
    case "graph": {
      const message = parse(
        () => decode(GraphDefSchema, bytes, place),
        (content) => fromText(GraphDefSchema, content, place),
      );
      return { ...base, kind: "graph", message, graphs: [{ graph: message, meta: undefined }] };
    }
    case "metagraph": {
      const message = parse(
        () => decode(MetaGraphDefSchema, bytes, place),
        (content) => fromText(MetaGraphDefSchema, content, place),
      );
      return { ...base, kind: "metagraph", message, graphs: graphsOf([message]) };
    }
    case "savedmodel": {
      const message = parse(
        () => decode(SavedModelSchema, bytes, place),
        (content) => fromText(SavedModelSchema, content, place),
      );
      return { ...base, kind: "savedmodel", message, graphs: graphsOf(message.metaGraphs) };
    }
    default:
      throw found.kind satisfies never;
  }
}

function graphsOf(metas: readonly MetaGraphDef[]): LoadedGraph[] {
  return metas.flatMap((meta) => (meta.graphDef ? [{ graph: meta.graphDef, meta }] : []));
}

/** The last graph that an event file has, which TensorBoard shows; null where there is none. */
export function loggedGraph(path: string, files: FileSystem): GraphFile | null {
  let last: { readonly bytes: Uint8Array; readonly offset: number } | undefined;
  for (const { data, offset } of new RecordReader(path, files)) {
    const { what } = decode(EventSchema, data, { file: path, offset: offset + 12 });
    if (what.case === "graphDef") last = { bytes: what.value, offset };
  }
  if (!last) return null;
  const { bytes, offset } = last;
  const message = decode(GraphDefSchema, bytes, {
    file: path,
    field: `graph of the event at byte ${offset}`,
  });
  const graphs = [{ graph: message, meta: undefined }];
  return { path, size: bytes.length, text: false, kind: "graph", message, graphs };
}

export function loadState(path: string, files: FileSystem): CheckpointState {
  const content = decodeText(files.read(path));
  if (content === null) throw new FormatError("the text is not UTF-8", { file: path });
  return fromText(CheckpointStateSchema, content, { file: path });
}

/** A checkpoint that a state file names, as it is found from where the file is now. */
export interface StatedCheckpoint {
  /** As the file has it. */
  readonly stated: string;
  /** Where it is; null if it is not there any more. */
  readonly path: string | null;
}

/** State files keep absolute paths of the machine they were written on: the file's own folder counts too. */
export function statedCheckpoint(
  stated: string,
  statePath: string,
  files: FileSystem,
): StatedCheckpoint {
  const folder = folderOf(statePath);
  const near = joinPath(folder, stated.split(/[\\/]/).at(-1) as string);
  for (const path of [joinPath(folder, stated), near]) {
    if (detect(path, files).kind === "checkpoint") return { stated, path };
  }
  return { stated, path: null };
}

/** Named tensors of a file: of a checkpoint, an npz archive or a safetensors file. */
export type TensorFile = CheckpointFile;

/** Data files of a checkpoint that are missing. */
export function missingData(prefix: string, shards: number, files: FileSystem): string[] {
  return Array.from({ length: shards }, (_, shard) => dataPath(prefix, shard, shards)).filter(
    (path) => !files.stat(path),
  );
}

export function openTensors(found: Found, files: FileSystem): TensorFile {
  const { path } = found;
  switch (found.kind) {
    case "checkpoint":
      return openCheckpoint(path, { files });
    case "npz":
      return new Arrays(path, readNpz(files.read(path), path));
    case "safetensors":
      return new Arrays(path, readSafetensors(files.read(path), path).tensors);
    default:
      throw new CommandError(`${path} is ${kindNames[found.kind]}, which holds no tensors.`);
  }
}

/** Arrays that are in memory, as a checkpoint has them. */
class Arrays implements TensorFile {
  readonly path: string;
  readonly version = "V2";
  readonly #arrays: ReadonlyMap<string, NDArray>;

  constructor(path: string, arrays: ReadonlyMap<string, NDArray>) {
    this.path = path;
    this.#arrays = arrays;
  }

  names(): readonly string[] {
    return [...this.#arrays.keys()];
  }
  info(name: string): TensorInfo | null {
    const array = this.#arrays.get(name);
    return array ? { name, type: array.dtype.enum, shape: array.shape, slices: null } : null;
  }
  read(name: string): NDArray {
    const array = this.#arrays.get(name);
    if (array) return array;
    throw missingTensor(name);
  }
  readSlice(name: string, slice: TensorSlice): NDArray {
    const array = this.read(name);
    const { type, shape } = this.info(name) as TensorInfo;
    checkSlice({ name, type, shape, slices: null }, slice);
    return cutSlice(array, slice);
  }
  close(): void {}
  [Symbol.dispose](): void {}
}

/** A tensor as it is stored: whole, or its slices, which need not cover all of it. */
export function readParts(file: TensorFile, name: string): NDArray[] {
  const slices = file.info(name)?.slices;
  return slices ? slices.map((slice) => file.readSlice(name, slice)) : [file.read(name)];
}
