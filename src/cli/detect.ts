// Tells by its content what a file is. Names count only for files whose content says nothing: the data of checkpoints.
import { decodeText } from "../formats/bytes.ts";
import { maskedCrc32c } from "../formats/crc32c.ts";
import { isEventFile } from "../formats/events.ts";
import {
  baseName,
  type FileSystem,
  folderOf,
  joinPath,
  type ReadableFile,
} from "../formats/files.ts";
import { TableReader } from "../formats/table.ts";

/** What a path leads to. */
export type Found =
  | {
      readonly kind: "graph" | "metagraph" | "savedmodel";
      readonly path: string;
      readonly text: boolean;
    }
  | { readonly kind: "checkpoint"; readonly path: string; readonly version: "V1" | "V2" }
  | { readonly kind: "state" | "events" | "npz" | "safetensors"; readonly path: string }
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "missing"; readonly path: string; readonly hint: string }
  | {
      readonly kind: "unknown";
      readonly path: string;
      /** What it seems to be, as "it is …" goes on. */
      readonly seems: string;
      readonly hint: string;
    };

export type Kind = Found["kind"];

/** Names of the kinds, as sentences need them. */
export const kindNames: Readonly<Record<Kind, string>> = {
  graph: "a graph (GraphDef)",
  metagraph: "a meta graph (MetaGraphDef)",
  savedmodel: "a SavedModel",
  checkpoint: "a checkpoint",
  state: "a checkpoint state file",
  events: "an event file",
  npz: "an npz archive",
  safetensors: "a safetensors file",
  folder: "a folder",
  missing: "nothing",
  unknown: "no file that is known here",
};

/** The path of a checkpoint is its prefix, which is no file of version 2. */
export function detect(given: string, files: FileSystem): Found {
  const path = given.length > 1 ? given.replace(/\/+$/, "") || "/" : given;
  const stat = files.stat(path);
  if (stat?.kind === "folder") return { kind: "folder", path };
  if (!stat) return detectPrefix(path, files);
  const part = /^(.+)\.data-\d{5,}-of-\d{5,}$/.exec(path);
  if (part) {
    const prefix = part[1] as string;
    if (files.stat(`${prefix}.index`)) return { kind: "checkpoint", path: prefix, version: "V2" };
    return unknown(
      path,
      "the data of a checkpoint, which cannot be read without its index",
      `Put ${baseName(prefix)}.index beside it.`,
    );
  }
  using file = files.open(path);
  return detectFile(file, files);
}

function unknown(path: string, seems: string, hint: string): Found {
  return { kind: "unknown", path, seems, hint };
}

/** A path that is no file: the prefix of a checkpoint, or a mistake. */
function detectPrefix(path: string, files: FileSystem): Found {
  if (files.stat(`${path}.index`)) return { kind: "checkpoint", path, version: "V2" };
  const folder = folderOf(path) || ".";
  const names = files.stat(folder)?.kind === "folder" ? files.list(folder) : [];
  const name = baseName(path);
  const shard = names.find(
    (other) => other.startsWith(`${name}-`) && /^-\d{5,}-of-\d{5,}$/.test(other.slice(name.length)),
  );
  if (shard) {
    const total = shard.slice(shard.lastIndexOf("-of-"));
    return { kind: "checkpoint", path: `${path}-?????${total}`, version: "V1" };
  }
  const near = names
    .filter((other) => other.startsWith(name))
    .map((other) => joinPath(folder === "." ? "" : folder, other));
  const hint =
    near.length > 0
      ? `There is ${near.slice(0, 4).join(", ")}.`
      : files.stat(folder)
        ? "Check the path; a checkpoint is named by its prefix, without .index."
        : `There is no folder ${folder} either.`;
  return { kind: "missing", path, hint };
}

/** Bytes that are read to tell what a file is. */
const headSize = 4096;

function detectFile(file: ReadableFile, files: FileSystem): Found {
  const { path, size } = file;
  if (size === 0)
    return unknown(path, "empty", "It may have been cut off when it was written or copied.");
  const head = file.read(0, Math.min(size, headSize));
  if (isTable(file)) return detectTable(path, files);
  if (isTableStart(head)) {
    const seems = "the index of a checkpoint, or a checkpoint of version 1, without its end";
    return unknown(path, seems, "It was cut off when it was written or copied; fetch it again.");
  }
  const foreign = foreignKind(head);
  if (foreign) return unknown(path, ...foreign);
  if (startsWith(head, [0x50, 0x4b, 3, 4]) || startsWith(head, [0x50, 0x4b, 5, 6])) {
    return detectZip(path, head);
  }
  if (isRecordFile(head)) {
    if (isEventFile(path, files)) return { kind: "events", path };
    return unknown(
      path,
      "a TFRecord file whose records are no events (training data, probably)",
      "Only event files, which TensorBoard shows, can be inspected.",
    );
  }
  if (isSafetensors(head, size)) return { kind: "safetensors", path };
  const message = binaryMessage(file);
  if (message) return { kind: message, path, text: false };
  return detectText(path, head, size);
}

function startsWith(head: Uint8Array, wanted: readonly number[]): boolean {
  return wanted.every((byte, i) => head[i] === byte);
}

// Tables

const tableMagic = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];

function isTable(file: ReadableFile): boolean {
  return file.size >= 48 && startsWith(file.read(file.size - 8, 8), tableMagic);
}

/** The first entry of both versions has an empty key, and as value a message that begins with field 1. */
function isTableStart(head: Uint8Array): boolean {
  const first = head[head[2] !== undefined && head[2] >= 128 ? 4 : 3];
  return head[0] === 0 && head[1] === 0 && (first === 0x08 || first === 0x0a);
}

/** Both versions keep what is known of the whole under the empty key; of version 1 it is a message in field 1. */
function detectTable(path: string, files: FileSystem): Found {
  const table = new TableReader(files.open(path));
  let first: Uint8Array | null;
  try {
    first = table.get(new Uint8Array());
  } finally {
    table.close();
  }
  if (!first || first.length === 0) {
    const seems = "a LevelDB table, but of no checkpoint";
    return unknown(path, seems, "Only tables that are indexes of checkpoints are known here.");
  }
  if (first[0] === 0x0a) return { kind: "checkpoint", path, version: "V1" };
  if (path.endsWith(".index")) {
    return { kind: "checkpoint", path: path.slice(0, -".index".length), version: "V2" };
  }
  const seems = "the index of a checkpoint under a name that does not end in .index";
  return unknown(
    path,
    seems,
    `Rename it to ${baseName(path)}.index, so that its data is found by its name.`,
  );
}

// Archives and records

function detectZip(path: string, head: Uint8Array): Found {
  const name = decodeText(head.subarray(30, 30 + (head[26] ?? 0) + 256 * (head[27] ?? 0)));
  if (name === null || name === "" || name.endsWith(".npy")) return { kind: "npz", path };
  return unknown(
    path,
    `a zip archive (of ${name} and more)`,
    "Unpack it, and inspect what is inside.",
  );
}

function isRecordFile(head: Uint8Array): boolean {
  if (head.length < 12) return false;
  const stored = new DataView(head.buffer, head.byteOffset).getUint32(8, true);
  return stored === maskedCrc32c(head.subarray(0, 8));
}

/** A length, then that many bytes of a JSON object. */
function isSafetensors(head: Uint8Array, size: number): boolean {
  if (head.length < 10) return false;
  const length = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
  return head[8] === 0x7b && length >= 2 && length + 8 <= size;
}

/** Files people are likely to try that belong to others. */
function foreignKind(head: Uint8Array): readonly [seems: string, hint: string] | null {
  const ascii = String.fromCharCode(...head.subarray(0, 16));
  if (ascii.startsWith("\x89HDF")) {
    const hint = "Save the model with tf.saved_model or a Saver, or its weights as npz.";
    return ["an HDF5 file (Keras weights, probably)", hint];
  }
  if (ascii.slice(4, 8) === "TFL3") {
    return ["a TensorFlow Lite model", "Inspect the SavedModel or frozen graph it was made from."];
  }
  if (ascii.startsWith("\x93NUMPY")) {
    return [
      "a single NumPy array (npy)",
      "Put it into an npz archive: numpy.savez(file, name=array).",
    ];
  }
  if (ascii.startsWith("\x1f\x8b"))
    return ["compressed with gzip", "Unpack it first: gunzip FILE."];
  if (ascii.startsWith("\x80\x02") || ascii.startsWith("\x80\x04")) {
    return ["a Python pickle", "Convert it to npz where Python is: numpy.savez(file, **arrays)."];
  }
  if (ascii.startsWith("\x89PNG")) return ["a PNG image", "Nothing of TensorFlow is in it."];
  return null;
}

// Protobuf messages

interface WireField {
  readonly number: number;
  readonly wire: number;
  /** Where the content is, of fields that have a length. */
  readonly start: number;
  readonly end: number;
}

/**
 * The fields of a message between two offsets, as far as they are well formed; null where they are not. The last one may
 * be cut off, as the file may be: it is for the reader to say so.
 */
function* fieldsOf(file: ReadableFile, from: number, to: number): Generator<WireField | null> {
  for (let at = from; at < to; ) {
    const header = file.read(at, Math.min(20, to - at));
    let position = 0;
    const varint = (): number | null => {
      let value = 0;
      for (let scale = 1; position < header.length && scale < 2 ** 64; scale *= 128) {
        const byte = header[position++] as number;
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }
      return null;
    };
    const tag = varint();
    if (tag === null || tag < 8 || tag > 2 ** 32) return yield null;
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    let end: number;
    let start = at + position;
    if (wire === 0) {
      if (varint() === null) return yield null;
      end = at + position;
    } else if (wire === 2) {
      const length = varint();
      if (length === null) return yield null;
      start = at + position;
      end = start + length;
    } else if (wire === 1 || wire === 5) end = start + (wire === 1 ? 8 : 4);
    else return yield null;
    if (end > to && wire !== 2) return yield null;
    yield { number, wire, start, end: Math.min(end, to) };
    at = end;
  }
}

/** Enough fields to tell messages apart. */
const fewFields = 40;

/** The first fields of a message; null when they are not well formed. */
function firstFields(file: ReadableFile, from: number, to: number): WireField[] | null {
  const fields: WireField[] = [];
  for (const field of fieldsOf(file, from, to)) {
    if (field === null) return null;
    fields.push(field);
    if (fields.length >= fewFields) break;
  }
  return fields;
}

function binaryMessage(file: ReadableFile): "graph" | "metagraph" | "savedmodel" | null {
  if (isGraph(file, 0, file.size)) return "graph";
  if (isMetaGraph(file, 0, file.size)) return "metagraph";
  if (isSavedModel(file)) return "savedmodel";
  return null;
}

function textIn(file: ReadableFile, field: WireField | undefined, pattern: RegExp): boolean {
  if (field?.wire !== 2 || field.end === field.start || field.end - field.start > headSize)
    return false;
  const text = decodeText(file.read(field.start, field.end - field.start));
  return text !== null && pattern.test(text);
}

/** GraphDef: nodes first, each with a name and an op. One without nodes has versions at least. */
function isGraph(file: ReadableFile, from: number, to: number): boolean {
  const first = fieldsOf(file, from, to).next().value;
  if (!first) return false;
  if (first.number === 1 && first.wire === 2) {
    const node = firstFields(file, first.start, first.end);
    return (
      textIn(
        file,
        node?.find(({ number }) => number === 1),
        /^[A-Za-z0-9._][\w.\-/>\\]*$/,
      ) &&
      textIn(
        file,
        node?.find(({ number }) => number === 2),
        /^[A-Za-z_][\w.\-/>]*$/,
      )
    );
  }
  const fields = firstFields(file, from, to);
  const versions = fields?.find(({ number, wire }) => number === 4 && wire === 2);
  return (
    fields?.every(({ number, wire }) => (number === 3 ? wire === 0 : number <= 5 && wire === 2)) ===
      true &&
    versions !== undefined &&
    firstFields(file, versions.start, versions.end)?.every(
      ({ number, wire }) => number <= 3 && (wire === 0 || number === 3),
    ) === true
  );
}

/** MetaGraphDef: information once, then a graph. */
function isMetaGraph(file: ReadableFile, from: number, to: number): boolean {
  const fields = firstFields(file, from, to);
  if (!fields?.every(({ number, wire }) => number <= 7 && wire === 2)) return false;
  if (fields.filter(({ number }) => number === 1).length > 1) return false;
  const graph = fields.find(({ number }) => number === 2);
  return (
    graph !== undefined && (graph.start === graph.end || isGraph(file, graph.start, graph.end))
  );
}

/** SavedModel: the version of its schema, then meta graphs. */
function isSavedModel(file: ReadableFile): boolean {
  const fields = firstFields(file, 0, file.size);
  const graph = fields?.find(({ number }) => number === 2);
  return (
    fields?.every(({ number, wire }) =>
      number === 1 ? wire === 0 : number === 2 && wire === 2,
    ) === true &&
    graph !== undefined &&
    isMetaGraph(file, graph.start, graph.end)
  );
}

// Text

const fieldKinds: Readonly<Record<string, "graph" | "metagraph" | "savedmodel" | "state">> = {
  node: "graph",
  library: "graph",
  versions: "graph",
  version: "graph",
  meta_info_def: "metagraph",
  graph_def: "metagraph",
  saver_def: "metagraph",
  collection_def: "metagraph",
  signature_def: "metagraph",
  asset_file_def: "metagraph",
  object_graph_def: "metagraph",
  saved_model_schema_version: "savedmodel",
  meta_graphs: "savedmodel",
  model_checkpoint_path: "state",
  all_model_checkpoint_paths: "state",
};

function detectText(path: string, head: Uint8Array, size: number): Found {
  const text = textOf(head, size);
  if (text === null) {
    const isNamed =
      /\.(pb|meta|index|npz|safetensors)$/.test(path) || /tfevents/.test(baseName(path));
    return unknown(
      path,
      "binary data of a kind that is not known here",
      isNamed
        ? "Its name says otherwise: it may be damaged, or not what it is called."
        : "Known are GraphDef, MetaGraphDef, SavedModel, checkpoints, event files, npz and safetensors.",
    );
  }
  const field = /^(?:\s|#.*\n)*([a-z_]\w*)\s*[:{<]/.exec(text)?.[1] ?? "";
  const kind = Object.hasOwn(fieldKinds, field) ? fieldKinds[field] : undefined;
  if (kind === "state") return { kind, path };
  if (kind) return { kind, path, text: true };
  if (text.startsWith("version https://git-lfs")) {
    return unknown(path, "a Git LFS pointer, not the file itself", "Fetch the file: git lfs pull.");
  }
  if (/^\s*[{[]/.test(text)) {
    const seems = text.includes("modelTopology") ? "a TensorFlow.js model" : "JSON";
    return unknown(
      path,
      seems,
      "Known texts are those of protobuf (pbtxt) and checkpoint state files.",
    );
  }
  return unknown(path, "text, but not of a graph or a checkpoint state", "Is it the right file?");
}

/** The head as text, null when it is none. The end of the head may cut a character. */
function textOf(head: Uint8Array, size: number): string | null {
  for (let cut = 0; cut < (head.length < size ? 4 : 1); cut++) {
    const text = decodeText(head.subarray(0, head.length - cut));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: texts have none of these
    if (text !== null) return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? null : text;
  }
  return null;
}
