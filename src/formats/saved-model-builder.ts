/** Writes SavedModels that TensorFlow and TensorFlow Serving load. */

import { clone, create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { AssertionError, TypeError, ValueError } from "../core/errors.ts";
import { type Graph, getDefaultGraph, inGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import { Operation, Tensor } from "../core/tensor.ts";
import { elementText } from "../ops/filename-strings.ts";
import type { Session } from "../session/session.ts";
import { baseName, type FileSystem, fileSystem, joinPath, writeAtomically } from "./files.ts";
import { exportMetaGraph } from "./meta-graph.ts";
import {
  AssetFileDefSchema,
  encodeSorted,
  MetaGraphDef_MetaInfoDefSchema,
  type SavedModel,
  SavedModelSchema,
  type SignatureDef,
  SignatureDefSchema,
  TensorInfoSchema,
} from "./proto/index.ts";
import { savedModelConstants } from "./saved-model.ts";
import { Saver } from "./saver.ts";
import {
  checkSignatures,
  type NamedTensors,
  predictSignatureDef,
  signatureConstants,
  tagConstants,
} from "./signatures.ts";
import { toText } from "./text.ts";

export interface AddMetaGraphOptions {
  /** What the model offers, by name; `serving_default` is what is served if nothing else is asked for. */
  readonly signatureDefMap?: Readonly<Record<string, SignatureDef>> | null | undefined;
  /** Scalar string constants with paths of files: the files are copied into the model, loading gives their new paths. */
  readonly assetsCollection?: readonly unknown[] | null | undefined;
  /** Runs after the variables are restored, with the assets. */
  readonly mainOp?: Operation | null | undefined;
  /** The older name of `mainOp`. */
  readonly legacyInitOp?: Operation | null | undefined;
  readonly clearDevices?: boolean | undefined;
  /** Leaves out attributes that have their default, so that older versions can read the graph. */
  readonly stripDefaultAttrs?: boolean | undefined;
  /** What saves the variables; a sharded Saver of all of them if not given. */
  readonly saver?: Saver | null | undefined;
}

/**
 * Builds a SavedModel in a new or empty folder: first a graph with variables, then graphs that share them, then `save`.
 * TensorFlow: `tf.saved_model.Builder`.
 */
export class Builder {
  readonly #exportDir: string;
  readonly #files: FileSystem;
  readonly #model: SavedModel;
  readonly #copied = new Set<string>();
  #hasVariables = false;

  constructor(exportDir: string) {
    this.#exportDir = exportDir;
    this.#files = fileSystem();
    this.#model = create(SavedModelSchema, {
      savedModelSchemaVersion: savedModelConstants.SAVED_MODEL_SCHEMA_VERSION,
    });
    if (this.#files.stat(exportDir) === null) this.#files.makeFolder(exportDir);
    else if (this.#files.list(exportDir).length > 0) {
      throw new AssertionError(
        `Export directory ${exportDir} already exists, and isn't empty. Please choose a different export directory, or delete all the contents of the specified directory.`,
      );
    }
  }

  /** Adds the session's graph and saves its variables. Once only, and first. */
  async addMetaGraphAndVariables(
    session: Session,
    tags: Iterable<string>,
    options: AddMetaGraphOptions = {},
  ): Promise<void> {
    if (this.#hasVariables) {
      throw new AssertionError(
        "Graph state including variables and assets has already been saved. Please invoke `add_meta_graph()` instead.",
      );
    }
    const { graph } = session;
    const saver = inGraph(graph, () => this.#prepare(graph, options));
    const { VARIABLES_DIRECTORY, VARIABLES_FILENAME } = savedModelConstants;
    const folder = joinPath(this.#exportDir, VARIABLES_DIRECTORY);
    this.#files.makeFolder(folder);
    await saver.save(session, joinPath(folder, VARIABLES_FILENAME), {
      writeMetaGraph: false,
      writeState: false,
    });
    this.#add(graph, saver, tags, options);
    this.#hasVariables = true;
  }

  /** Adds the default graph, whose variables are among those that are saved already. */
  addMetaGraph(tags: Iterable<string>, options: AddMetaGraphOptions = {}): void {
    if (!this.#hasVariables) {
      throw new AssertionError(
        "Graph state including variables and assets has not been saved yet. Please invoke `add_meta_graph_and_variables()` first.",
      );
    }
    const graph = getDefaultGraph();
    this.#add(graph, this.#prepare(graph, options), tags, options);
  }

  /** Writes the file that makes the folder a SavedModel, and returns its path. */
  save({ asText = false }: { readonly asText?: boolean | undefined } = {}): string {
    const { SAVED_MODEL_FILENAME_PB, SAVED_MODEL_FILENAME_PBTXT } = savedModelConstants;
    this.#files.makeFolder(this.#exportDir);
    const path = joinPath(
      this.#exportDir,
      asText ? SAVED_MODEL_FILENAME_PBTXT : SAVED_MODEL_FILENAME_PB,
    );
    const bytes = asText
      ? new TextEncoder().encode(toText(SavedModelSchema, this.#model))
      : encodeSorted(SavedModelSchema, this.#model);
    writeAtomically(this.#files, path, bytes);
    return path;
  }

  /** Checks everything, notes assets and main op in the graph, and makes the Saver's nodes. */
  #prepare(graph: Graph, options: AddMetaGraphOptions): Saver {
    checkSignatures(options.signatureDefMap ?? {});
    this.#addAssets(graph, options.assetsCollection ?? []);
    addMainOp(graph, options.mainOp ?? options.legacyInitOp ?? null);
    return options.saver ?? new Saver(null, { sharded: true, allowEmpty: true });
  }

  #add(
    graph: Graph,
    saver: Saver,
    tags: Iterable<string>,
    { signatureDefMap, clearDevices = false, stripDefaultAttrs = false }: AddMetaGraphOptions,
  ): void {
    const { saverDef } = saver;
    const metaGraph = exportMetaGraph(null, { graph, saverDef, clearDevices, stripDefaultAttrs });
    metaGraph.metaInfoDef ??= create(MetaGraphDef_MetaInfoDefSchema);
    metaGraph.metaInfoDef.tags.push(...(typeof tags === "string" ? [tags] : tags));
    for (const [key, signature] of Object.entries(signatureDefMap ?? {})) {
      metaGraph.signatureDef[key] = clone(SignatureDefSchema, signature);
    }
    this.#model.metaGraphs.push(metaGraph);
  }

  #addAssets(graph: Graph, tensors: readonly unknown[]): void {
    const { ASSETS_DIRECTORY, ASSETS_KEY } = savedModelConstants;
    const sources = new Map<string, string>();
    for (const tensor of tensors) {
      const source = assetPath(tensor);
      if (source === "") throw new ValueError(`Asset filepath tensor ${tensor} in is invalid.`);
      const filename = this.#assetName(source, sources);
      const asset = create(AssetFileDefSchema, {
        filename,
        tensorInfo: create(TensorInfoSchema, {
          encoding: { case: "name", value: (tensor as Tensor).name },
        }),
      });
      graph.addToCollection(ASSETS_KEY, anyPack(AssetFileDefSchema, asset));
      sources.set(filename, source);
    }
    if (sources.size === 0) return;
    const folder = joinPath(this.#exportDir, ASSETS_DIRECTORY);
    this.#files.makeFolder(folder);
    for (const [filename, source] of sources) {
      const target = joinPath(folder, filename);
      if (source === target || this.#copied.has(target) || !this.#files.stat(source)) continue;
      this.#files.write(target, this.#files.read(source));
      this.#copied.add(target);
    }
  }

  /** The name of the file alone, with a number where another file has that name. */
  #assetName(source: string, sources: ReadonlyMap<string, string>): string {
    const name = baseName(source);
    const other = sources.get(name);
    if (other === undefined || other === source || this.#isSame(source, other)) return name;
    let unique = name;
    for (let n = 1; sources.has(unique); n++) unique = `${name}_${n}`;
    return unique;
  }

  #isSame(a: string, b: string): boolean {
    const first = this.#files.read(a);
    const second = this.#files.read(b);
    return first.length === second.length && first.every((byte, i) => byte === second[i]);
  }
}

function assetPath(tensor: unknown): string {
  if (!(tensor instanceof Tensor)) {
    throw new TypeError(`Asset path tensor ${tensor} must be a Tensor.`);
  }
  const { type, attrs } = tensor.op;
  if (type !== "Const") {
    throw new TypeError(
      `Asset path tensor ${tensor} must be of type constant.Has type ${type} instead.`,
    );
  }
  if (tensor.dtype.baseName !== "string") {
    throw new TypeError(
      `Asset path tensor ${tensor}\` must be of dtype string.Has type ${tensor.dtype} instead.`,
    );
  }
  const value = attrs.get("value");
  if (value?.kind !== "tensor" || value.value.size !== 1) {
    throw new TypeError(`Asset path tensor ${tensor} must be a scalar.`);
  }
  return elementText(value.value.data[0]);
}

function addMainOp(graph: Graph, op: unknown): void {
  if (op === null) return;
  if (!(op instanceof Operation)) {
    throw new TypeError(`Expected ${op} to be an Operation but got type ${typeof op} instead.`);
  }
  const { MAIN_OP_KEY, LEGACY_INIT_OP_KEY } = savedModelConstants;
  for (const key of [MAIN_OP_KEY, LEGACY_INIT_OP_KEY]) {
    if (graph.getCollection(key).length > 0) {
      throw new ValueError(
        `Graph already contains one or more main ops under the collection ${key}.`,
      );
    }
  }
  graph.addToCollection(MAIN_OP_KEY, op);
}

/**
 * Saves the session's graph and variables for serving: one signature, `serving_default`, with these inputs and outputs.
 * Files of the collection `asset_filepaths` go along. TensorFlow: `tf.saved_model.simple_save`.
 */
export async function simpleSave(
  session: Session,
  exportDir: string,
  inputs: NamedTensors,
  outputs: NamedTensors,
  { legacyInitOp = null }: { readonly legacyInitOp?: Operation | null | undefined } = {},
): Promise<void> {
  const signature = predictSignatureDef(inputs, outputs);
  const builder = new Builder(exportDir);
  await builder.addMetaGraphAndVariables(session, [tagConstants.SERVING], {
    signatureDefMap: { [signatureConstants.DEFAULT_SERVING_SIGNATURE_DEF_KEY]: signature },
    assetsCollection: session.graph.getCollection(GraphKeys.ASSET_FILEPATHS),
    mainOp: legacyInitOp,
    clearDevices: true,
  });
  builder.save();
}
