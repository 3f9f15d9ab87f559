/** Loads SavedModels: a graph with its variables, files and signatures in one folder. */

import { create } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { NotFoundError, RuntimeError, ValueError } from "../core/errors.ts";
import { type Graph, inGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import type { NDArray } from "../core/ndarray.ts";
import { type Operation, Tensor } from "../core/tensor.ts";
import type { Session } from "../session/session.ts";
import { readingIn } from "./errors.ts";
import { type FileSystem, fileSystem, joinPath } from "./files.ts";
import { inlineCalls } from "./inline-calls.ts";
import { importMetaGraph } from "./meta-graph.ts";
import {
  type AssetFileDef,
  AssetFileDefSchema,
  decode,
  type MetaGraphDef,
  MetaGraphDefSchema,
  type SavedModel,
  SavedModelSchema,
  type SignatureDef,
  type TensorInfo,
} from "./proto/index.ts";
import {
  type FindOptions,
  getTensorFromTensorInfo,
  initOpKey,
  type SparseTensors,
  scopedName,
  signatureConstants,
  trainOpKey,
} from "./signatures.ts";
import { arrayFromTensor } from "./tensor.ts";
import { fromText } from "./text.ts";

/** Names in a SavedModel's folder, and keys of the collections in which its graphs keep what belongs to it. */
export const savedModelConstants = {
  SAVED_MODEL_SCHEMA_VERSION: 1n,
  SAVED_MODEL_FILENAME_PB: "saved_model.pb",
  SAVED_MODEL_FILENAME_PBTXT: "saved_model.pbtxt",
  ASSETS_DIRECTORY: "assets",
  ASSETS_KEY: "saved_model_assets",
  VARIABLES_DIRECTORY: "variables",
  VARIABLES_FILENAME: "variables",
  LEGACY_INIT_OP_KEY: "legacy_init_op",
  MAIN_OP_KEY: "saved_model_main_op",
  TRAIN_OP_KEY: "saved_model_train_op",
} as const;
const constants = savedModelConstants;

/** Whether a folder has the file that a SavedModel has. TensorFlow: `tf.saved_model.maybe_saved_model_directory`. */
export function maybeSavedModelDirectory(
  exportDir: string,
  files: FileSystem = fileSystem(),
): boolean {
  return [constants.SAVED_MODEL_FILENAME_PBTXT, constants.SAVED_MODEL_FILENAME_PB].some(
    (name) => files.stat(joinPath(exportDir, name)) !== null,
  );
}

/** The message of a SavedModel. Throws NotFoundError where there is none, FormatError where it is damaged. */
export function readSavedModel(exportDir: string, files: FileSystem = fileSystem()): SavedModel {
  const binary = joinPath(exportDir, constants.SAVED_MODEL_FILENAME_PB);
  if (files.stat(binary)) return decode(SavedModelSchema, files.read(binary), { file: binary });
  const text = joinPath(exportDir, constants.SAVED_MODEL_FILENAME_PBTXT);
  if (files.stat(text)) {
    const source = new TextDecoder().decode(files.read(text));
    return readingIn({ file: text }, () => fromText(SavedModelSchema, source));
  }
  throw new NotFoundError(
    undefined,
    `SavedModel file does not exist at: ${exportDir}/{${constants.SAVED_MODEL_FILENAME_PBTXT}|${constants.SAVED_MODEL_FILENAME_PB}}`,
  );
}

/** The graph with exactly these tags. */
export function metaGraphWithTags(model: SavedModel, tags: Iterable<string>): MetaGraphDef {
  const wanted = new Set(typeof tags === "string" ? [tags] : tags);
  const tagsOf = (graph: MetaGraphDef) => new Set(graph.metaInfoDef?.tags ?? []);
  const found = model.metaGraphs.find((graph) => {
    const own = tagsOf(graph);
    return own.size === wanted.size && [...own].every((tag) => wanted.has(tag));
  });
  if (found) return found;
  const shown = (set: ReadonlySet<string>) => [...set].map((tag) => `'${tag}'`).join(", ");
  const available = model.metaGraphs.map((graph) => `{${shown(tagsOf(graph))}}`).join(", ");
  throw new RuntimeError(
    `MetaGraphDef associated with tags ${shown(wanted)} could not be found in SavedModel, with available tags '[${available}]'. To inspect available tag-sets in the SavedModel, please use the SavedModel CLI: \`saved_model_cli\`.`,
  );
}

export interface LoadOptions {
  /** Is put in front of all names in the session's graph, not in the message that is returned. */
  readonly importScope?: string | null | undefined;
  readonly clearDevices?: boolean | undefined;
}

/**
 * Loads the graph with the given tags into the session's graph, restores its variables, and runs its init op with the
 * paths of its assets. The MetaGraphDef that is returned has the signatures. TensorFlow: `tf.saved_model.load`.
 */
export async function load(
  session: Session,
  tags: Iterable<string>,
  exportDir: string,
  { importScope, clearDevices = false }: LoadOptions = {},
): Promise<MetaGraphDef> {
  const { graph } = session;
  const metaGraph = metaGraphWithTags(readSavedModel(exportDir), tags);
  const saver = inGraph(graph, () =>
    importMetaGraph(withoutCalls(metaGraph), { importScope, clearDevices }),
  );
  if (saver) {
    await saver.restore(
      session,
      joinPath(exportDir, constants.VARIABLES_DIRECTORY, constants.VARIABLES_FILENAME),
    );
  } else if (hasVariables(graph, importScope)) {
    throw new ValueError(
      "No tf.train.Saver object was passed to the function `SavedModelLoader.restore_variables`. Since there are variables in the graph, a saver is required.",
    );
  }
  const init = getInitOp(metaGraph, { graph, importScope });
  if (init) {
    const assets = assetsOf(metaGraph).map(({ tensorName, filename }) => [
      graph.getTensorByName(scopedName(tensorName, importScope)),
      joinPath(exportDir, constants.ASSETS_DIRECTORY, filename),
    ]);
    await session.run([init], assets as [Tensor, string][]);
  }
  return metaGraph;
}

/** What TensorFlow 2 saves runs here once its functions are put where they are called. */
function withoutCalls(metaGraph: MetaGraphDef): MetaGraphDef {
  const { graphDef } = metaGraph;
  const inlined = graphDef && inlineCalls(graphDef);
  if (inlined === graphDef) return metaGraph;
  return create(MetaGraphDefSchema, { ...metaGraph, graphDef: inlined });
}

function hasVariables(graph: Graph, importScope: string | null | undefined): boolean {
  return [GraphKeys.GLOBAL_VARIABLES, GraphKeys.SAVEABLE_OBJECTS].some(
    (key) => graph.getCollection(key, importScope ?? undefined).length > 0,
  );
}

/** A file that belongs to a model, and the tensor that takes its path. */
export interface Asset {
  readonly tensorName: string;
  /** In the folder `assets`. */
  readonly filename: string;
}

/** The files of a model: listed in the message, or by TensorFlow 1 in a collection. */
export function assetsOf(metaGraph: MetaGraphDef): Asset[] {
  let defs: readonly AssetFileDef[] = metaGraph.assetFileDef;
  const kind = metaGraph.collectionDef[constants.ASSETS_KEY]?.kind;
  if (defs.length === 0 && kind?.case === "anyList") {
    defs = kind.value.value.flatMap((any) => {
      const asset = anyUnpack(any, AssetFileDefSchema);
      return asset ? [asset] : [];
    });
  }
  return defs.map(({ tensorInfo, filename }) => {
    const { encoding } = tensorInfo ?? {};
    return { tensorName: encoding?.case === "name" ? encoding.value : "", filename };
  });
}

/** The operation that a loaded graph wants to have run once its variables are restored; null if there is none. */
export function getInitOp(
  metaGraph: MetaGraphDef,
  options: FindOptions,
): Operation | Tensor | null {
  return (
    opOfSignature(metaGraph, initOpKey, options) ??
    opOfCollection(metaGraph, constants.MAIN_OP_KEY, options) ??
    opOfCollection(metaGraph, constants.LEGACY_INIT_OP_KEY, options)
  );
}

/** The operation that trains a loaded graph; null if there is none. */
export function getTrainOp(
  metaGraph: MetaGraphDef,
  options: FindOptions,
): Operation | Tensor | null {
  return (
    opOfSignature(metaGraph, trainOpKey, options) ??
    opOfCollection(metaGraph, constants.TRAIN_OP_KEY, options)
  );
}

function opOfSignature(
  metaGraph: MetaGraphDef,
  key: string,
  options: FindOptions,
): Operation | Tensor | null {
  const signature = metaGraph.signatureDef[key];
  if (!signature) return null;
  const encoding = signature.outputs[key]?.encoding;
  const found = encoding?.case === "name" ? elementOf(encoding.value, options) : null;
  if (found) return found;
  throw new NotFoundError(
    undefined,
    `The key "${key}" could not be found in the graph. Please make sure the SavedModel was created by the internal _SavedModelBuilder. If you are using the public API, please make sure the SignatureDef in the SavedModel does not contain the key "${key}".`,
  );
}

function opOfCollection(
  metaGraph: MetaGraphDef,
  key: string,
  options: FindOptions,
): Operation | Tensor | null {
  const kind = metaGraph.collectionDef[key]?.kind;
  if (!kind) return null;
  const names = kind.case === "nodeList" ? kind.value.value : [];
  const [name, ...more] = names;
  if (name === undefined || more.length > 0) {
    throw new RuntimeError(
      `Expected exactly one SavedModel init op. Found ${names.length}: [${names.map((one) => `'${one}'`).join(", ")}].`,
    );
  }
  return elementOf(name, options);
}

function elementOf(name: string, { graph, importScope }: FindOptions): Operation | Tensor | null {
  const full = scopedName(name, importScope);
  const op = graph?.findOperation(full.split(":")[0] ?? "");
  if (!op) return null;
  const [, index] = full.split(":");
  return index === undefined ? op : (op.outputs[Number(index)] ?? null);
}

// Signatures

/** A value of a signature: an array, three of them for a sparse tensor, several for a composite one. */
export type SignatureValue =
  | NDArray
  | SparseTensors<NDArray>
  | readonly (NDArray | SparseTensors<NDArray>)[];

export interface RunSignatureOptions {
  /** Which one; `serving_default`, or the only one there is, if not given. */
  readonly signature?: string | undefined;
  /** The scope that the model was loaded into. */
  readonly importScope?: string | null | undefined;
}

/**
 * Runs a signature of a loaded model: its outputs by name, for inputs by name. Inputs with a default may be left out.
 *
 *     const model = await tf.savedModel.load(sess, ["serve"], "export/1");
 *     const { y } = await tf.savedModel.runSignature(sess, model, { x: [1, 2] });
 */
export async function runSignature(
  session: Session,
  model: MetaGraphDef,
  inputs: Readonly<Record<string, unknown>>,
  { signature, importScope }: RunSignatureOptions = {},
): Promise<Record<string, SignatureValue>> {
  const key = signature ?? defaultSignature(model);
  const def = signatureOf(model, key);
  const find = (info: TensorInfo) =>
    getTensorFromTensorInfo(info, { graph: session.graph, importScope });
  const feeds: [Tensor, unknown][] = [];
  for (const [name, info] of Object.entries(def.inputs)) {
    const value = inputs[name];
    const fallback = def.defaults[name];
    if (value === undefined && !fallback) {
      throw new ValueError(
        `Signature '${key}' needs an input '${name}'; given are ${listed(Object.keys(inputs))}.`,
      );
    }
    const given = value ?? (fallback && arrayFromTensor(fallback, { field: `defaults.${name}` }));
    addFeeds(feeds, find(info), given, name);
  }
  const unknown = Object.keys(inputs).filter((name) => !(name in def.inputs));
  if (unknown.length > 0) {
    throw new ValueError(
      `Signature '${key}' has no inputs ${listed(unknown)}; it has ${listed(Object.keys(def.inputs))}.`,
    );
  }
  const fetches = Object.fromEntries(
    Object.entries(def.outputs).map(([name, info]) => [name, find(info)]),
  );
  return (await session.run(fetches, feeds)) as Record<string, SignatureValue>;
}

type Found = ReturnType<typeof getTensorFromTensorInfo>;

function addFeeds(feeds: [Tensor, unknown][], target: Found, value: unknown, name: string): void {
  if (target instanceof Tensor) feeds.push([target, value]);
  else if (Array.isArray(target)) {
    const parts = value as readonly unknown[];
    for (const [i, part] of target.entries()) addFeeds(feeds, part, parts[i], `${name}[${i}]`);
  } else {
    const { indices, values, denseShape } = (value ?? {}) as Partial<SparseTensors<unknown>>;
    if (indices === undefined || values === undefined || denseShape === undefined) {
      throw new ValueError(`Input '${name}' is sparse: give { indices, values, denseShape }.`);
    }
    const sparse = target as SparseTensors;
    feeds.push([sparse.indices, indices], [sparse.values, values]);
    feeds.push([sparse.denseShape, denseShape]);
  }
}

function defaultSignature(model: MetaGraphDef): string {
  const usual = signatureConstants.DEFAULT_SERVING_SIGNATURE_DEF_KEY;
  const keys = signatureKeys(model);
  return keys.length === 1 && keys[0] !== undefined ? keys[0] : usual;
}

function signatureOf(model: MetaGraphDef, key: string): SignatureDef {
  const found = model.signatureDef[key];
  if (found) return found;
  throw new ValueError(
    `The model has no signature '${key}'; it has ${listed(signatureKeys(model))}.`,
  );
}

function signatureKeys(model: MetaGraphDef): string[] {
  return Object.keys(model.signatureDef).filter((key) => key !== initOpKey && key !== trainOpKey);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.map((name) => `'${name}'`).join(", ");
}
