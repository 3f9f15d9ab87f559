/** MetaGraphDef: a graph with its collections, written by `exportMetaGraph` and made live again by `importMetaGraph`. */

import { clone, create, equals, isMessage } from "@bufbuild/protobuf";
import { NotFoundError, TypeError, ValueError } from "../core/errors.ts";
import { type Graph, getDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import { stripNameScope } from "../core/names.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import type { Variable } from "../variables/variable.ts";
import { decodeText } from "./bytes.ts";
import { collectionFromDef, collectionToDef, unboundPrefix } from "./collections.ts";
import { stringElement } from "./elements.ts";
import { readingIn } from "./errors.ts";
import { fileSystem, writeAtomically } from "./files.ts";
import { graphDefOf } from "./graph-def.ts";
import { type ImportOptions, importGraphDef } from "./import-graph.ts";
import { listedOp } from "./op-list.ts";
import {
  AttrValueSchema,
  decode,
  encodeSorted,
  type GraphDef,
  GraphDefSchema,
  type MetaGraphDef,
  type MetaGraphDef_MetaInfoDef,
  MetaGraphDef_MetaInfoDefSchema,
  MetaGraphDefSchema,
  type NodeDef,
  NodeDefSchema,
  type OpList,
  OpListSchema,
  type SaverDef,
  SaverDefSchema,
} from "./proto/index.ts";
import { onWriteMetaGraph, Saver } from "./saver.ts";
import { fromText, toText } from "./text.ts";

export interface MetaGraphOptions {
  readonly metaInfoDef?: MetaGraphDef_MetaInfoDef | null | undefined;
  /** In place of what the graph holds. */
  readonly graphDef?: GraphDef | null | undefined;
  readonly saverDef?: SaverDef | null | undefined;
  /** The collections to export; all by default. */
  readonly collectionList?: readonly string[] | null | undefined;
  readonly graph?: Graph | null | undefined;
  /** Exports only what is named in this scope, without the scope. */
  readonly exportScope?: string | null | undefined;
  readonly clearDevices?: boolean | undefined;
  /** Leaves out the nodes of savers other than that of `saverDef`. */
  readonly clearExtraneousSavers?: boolean | undefined;
  /** Leaves out attributes that have their default, so that older versions read the file. */
  readonly stripDefaultAttrs?: boolean | undefined;
  /** The collection that gets the names of inputs from outside of `exportScope`. */
  readonly unboundInputsColName?: string | null | undefined;
}

export interface ExportMetaGraphOptions extends MetaGraphOptions {
  /** Writes the file as text. */
  readonly asText?: boolean | undefined;
}

/** The version of TensorFlow whose files these are. */
const tensorflowVersion = "2.21.0";

/** A MetaGraphDef of a graph (the default graph), or of parts given. TensorFlow: `create_meta_graph_def`. */
export function createMetaGraphDef(
  options: MetaGraphOptions & { readonly exclude?: ReadonlySet<string> } = {},
): MetaGraphDef {
  const { saverDef, stripDefaultAttrs = false, clearExtraneousSavers = false } = options;
  const graph = options.graph ?? getDefaultGraph();
  const exportScope = options.exportScope ?? "";
  const graphDef = options.graphDef ?? graphDefOf(graph, { addShapes: true });
  const info = options.metaInfoDef
    ? clone(MetaGraphDef_MetaInfoDefSchema, options.metaInfoDef)
    : create(MetaGraphDef_MetaInfoDefSchema);
  info.tensorflowVersion = tensorflowVersion;
  info.tensorflowGitVersion = "tensorscope";
  if ((info.strippedOpList?.op.length ?? 0) === 0) info.strippedOpList = opsUsedBy(graphDef);
  const meta = create(MetaGraphDefSchema, { metaInfoDef: info, graphDef });
  if (stripDefaultAttrs) stripDefaults(meta);
  if (saverDef) meta.saverDef = clone(SaverDefSchema, saverDef);
  for (const key of options.collectionList ?? graph.getAllCollectionKeys()) {
    const replaced = clearExtraneousSavers && key === GraphKeys.SAVERS && saverDef;
    const def = collectionToDef(graph, key, {
      exportScope,
      exclude: options.exclude,
      ...(replaced ? { items: [Saver.fromProto(saverDef)] } : {}),
    });
    if (def !== undefined) meta.collectionDef[key] = def;
  }
  return meta;
}

/** The definitions of all ops in a graph and its functions, by name. */
export function opsUsedBy(graphDef: GraphDef): OpList {
  const functions = new Map(
    (graphDef.library?.function ?? []).map((fn) => [fn.signature?.name ?? "", fn]),
  );
  const used = new Set<string>();
  const note = (nodes: readonly NodeDef[]): void => {
    for (const node of nodes) {
      const called = Object.values(node.attr).flatMap(({ value }) =>
        value.case === "func" ? [value.value.name] : [],
      );
      for (const type of [node.op, ...called]) {
        if (used.has(type)) continue;
        used.add(type);
        note(functions.get(type)?.nodeDef ?? []);
      }
    }
  };
  note(graphDef.node);
  const op = [...used].sort().flatMap((type) => listedOp(type) ?? []);
  return create(OpListSchema, { op });
}

/** Removes attributes that have the defaults of their op definitions. */
function stripDefaults(meta: MetaGraphDef): void {
  const library = meta.graphDef?.library?.function ?? [];
  const names = new Set(library.map((fn) => fn.signature?.name));
  for (const node of [...(meta.graphDef?.node ?? []), ...library.flatMap((fn) => fn.nodeDef)]) {
    if (names.has(node.op)) continue;
    for (const { name, defaultValue } of listedOp(node.op)?.attr ?? []) {
      const value = node.attr[name];
      if (value && defaultValue && equals(AttrValueSchema, value, defaultValue)) {
        delete node.attr[name];
      }
    }
  }
  if (meta.metaInfoDef) meta.metaInfoDef.strippedDefaultAttrs = true;
}

/**
 * A graph with all its collections as a message, written to a file if one is named. `tf.train.importMetaGraph` and
 * TensorFlow make a live graph of it. TensorFlow: `tf.train.export_meta_graph`.
 */
export function exportMetaGraph(
  filename?: string | null,
  options: ExportMetaGraphOptions = {},
): MetaGraphDef {
  const graph = options.graph ?? getDefaultGraph();
  const { saverDef, clearDevices = false, clearExtraneousSavers = false } = options;
  const exportScope = options.exportScope ?? "";
  let { graphDef } = options;
  let exclude: ReadonlySet<string> | undefined;
  if (exportScope !== "" || clearExtraneousSavers || clearDevices) {
    const whole = graphDef ?? graphDefOf(graph, { addShapes: true });
    exclude = clearExtraneousSavers ? extraneousNodes(whole, saverDef) : undefined;
    const unbound: string[] = [];
    graphDef = create(GraphDefSchema, {
      ...whole,
      node: whole.node
        .filter(({ name }) => !exclude?.has(name) && isInScope(name, exportScope))
        .map((node) => scopedNode(node, exportScope, clearDevices, unbound)),
    });
    const { unboundInputsColName = "unbound_inputs" } = options;
    if (unboundInputsColName) {
      graph.clearCollection(unboundInputsColName);
      for (const name of unbound) graph.addToCollection(unboundInputsColName, name);
    }
  }
  const meta = createMetaGraphDef({ ...options, graph, graphDef, ...(exclude ? { exclude } : {}) });
  if (filename) {
    const bytes = options.asText
      ? new TextEncoder().encode(toText(MetaGraphDefSchema, meta))
      : encodeSorted(MetaGraphDefSchema, meta);
    writeAtomically(fileSystem(), filename, bytes);
  }
  return meta;
}

function isInScope(name: string, scope: string): boolean {
  return name.startsWith(unboundPrefix) || name.startsWith(scope);
}

/** A node without the scope in front of its names; inputs from outside of it are marked. */
function scopedNode(
  node: NodeDef,
  scope: string,
  clearDevices: boolean,
  unbound: string[],
): NodeDef {
  const copy = Object.assign(create(NodeDefSchema), node, { attr: { ...node.attr } });
  if (clearDevices) copy.device = "";
  if (scope === "") return copy;
  copy.name = stripNameScope(node.name, scope);
  copy.input = node.input.map((input) => {
    if (input.replace(/^\^/, "").startsWith(scope)) return stripNameScope(input, scope);
    const marked = input.replace(/^\^?/, (mark) => `${mark}${unboundPrefix}`);
    unbound.push(marked);
    return marked;
  });
  const groups = node.attr._class?.value;
  if (groups?.case === "list") {
    const s = groups.value.s
      .map((bytes) => String(stringElement(bytes)))
      .filter((group) => group.split("@")[1]?.startsWith(scope))
      .map((group) => new TextEncoder().encode(stripNameScope(group, scope)));
    copy.attr._class = create(AttrValueSchema, { value: { case: "list", value: { s } } } as never);
  }
  const frame = node.attr.frame_name?.value;
  if (frame?.case === "s" && (node.op === "Enter" || node.op === "RefEnter")) {
    const value = new TextEncoder().encode(
      stripNameScope(String(stringElement(frame.value)), scope),
    );
    copy.attr.frame_name = create(AttrValueSchema, { value: { case: "s", value } });
  }
  return copy;
}

const saverOps = new Set(
  ["Save", "Restore"].flatMap((kind) => [
    `${kind}V2`,
    kind,
    `${kind}Slice`,
    `Legacy${kind}`,
    `Legacy${kind}Slice`,
  ]),
);

/** The folder of a node's name, with its slash. */
function scopeOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/") + 1);
}

/** Nodes in the scopes of savers other than the one to keep. */
function extraneousNodes(graphDef: GraphDef, saverDef: SaverDef | null | undefined): Set<string> {
  const kept = new Set(
    saverDef
      ? [saverDef.saveTensorName, saverDef.restoreOpName].map((name) =>
          scopeOf(name.replace(/:\d+$/, "")),
        )
      : [],
  );
  const scopes = new Set(
    graphDef.node.filter(({ op }) => saverOps.has(op)).map(({ name }) => scopeOf(name)),
  );
  const others = [...scopes].filter((scope) => scope !== "" && !kept.has(scope));
  return new Set(
    graphDef.node
      .map(({ name }) => name)
      .filter((name) => others.some((scope) => name.startsWith(scope))),
  );
}

/** Reads a MetaGraphDef from a binary or text file. Throws FormatError where it is neither. */
export function readMetaGraph(path: string): MetaGraphDef {
  if (fileSystem().stat(path)?.kind !== "file") {
    throw new NotFoundError(undefined, `File does not exist. Received: ${path}.`);
  }
  const bytes = fileSystem().read(path);
  try {
    return decode(MetaGraphDefSchema, bytes, { file: path });
  } catch (error) {
    // Text cannot be mistaken for a message: the first byte of one is no letter or space.
    const text = decodeText(bytes.subarray(0, 1)) ?? "";
    const whole = /[\s#\w]/.test(text) ? decodeText(bytes) : null;
    if (whole === null) throw error;
    return fromText(MetaGraphDefSchema, whole, { file: path });
  }
}

export interface ImportMetaGraphOptions extends Pick<ImportOptions, "inputMap" | "returnElements"> {
  readonly clearDevices?: boolean | undefined;
  /** The scope to import into; the root by default. */
  readonly importScope?: string | null | undefined;
  readonly graph?: Graph | null | undefined;
  /** The collection that names inputs which `inputMap` must give. */
  readonly unboundInputsColName?: string | null | undefined;
  /** Says which collections to import; all by default. */
  readonly restoreCollectionsPredicate?: ((key: string) => boolean) | undefined;
}

export interface ImportedMetaGraph {
  /** The global variables by their names without `importScope`. */
  readonly variables: ReadonlyMap<string, Variable>;
  readonly elements: readonly (Operation | Tensor)[] | undefined;
}

function metaGraphOf(source: MetaGraphDef | Uint8Array | string): MetaGraphDef {
  if (typeof source === "string") return readMetaGraph(source);
  if (source instanceof Uint8Array) return decode(MetaGraphDefSchema, source);
  if (isMessage(source, MetaGraphDefSchema)) return source;
  throw new TypeError(
    "meta_graph_or_file must be a MetaGraphDef, its bytes or the name of a file.",
  );
}

/** Imports graph and collections. TensorFlow: `import_scoped_meta_graph`. */
export function importScopedMetaGraph(
  source: MetaGraphDef | Uint8Array | string,
  options: ImportMetaGraphOptions = {},
): ImportedMetaGraph {
  const file = typeof source === "string" ? source : undefined;
  const meta = metaGraphOf(source);
  const { unboundInputsColName = "unbound_inputs", restoreCollectionsPredicate = () => true } =
    options;
  const unbound = unboundInputsColName ? meta.collectionDef[unboundInputsColName] : undefined;
  if (unbound) checkUnbound(unbound.kind.value?.value ?? [], options.inputMap);
  const graph = options.graph ?? getDefaultGraph();
  return graph.asDefault(() => {
    const scope = graph.uniqueName(options.importScope ?? "", { markAsUsed: false });
    const elements = importGraphDef(withoutDevices(meta, options.clearDevices ?? false), {
      name: options.importScope || scope,
      inputMap: options.inputMap ?? null,
      returnElements: (options.returnElements ?? null) as readonly string[],
      producerOpList: meta.metaInfoDef?.strippedOpList,
    }) as readonly (Operation | Tensor)[] | undefined;
    const shared = {
      made: new Map<string, unknown>(),
      tellsTrainable: tellsTrainable(meta.metaInfoDef?.tensorflowVersion ?? ""),
    };
    const keys = Object.keys(meta.collectionDef).sort();
    const trainable = keys.filter((key) => key === GraphKeys.TRAINABLE_VARIABLES);
    const others = keys.filter((key) => key !== GraphKeys.TRAINABLE_VARIABLES);
    for (const key of [...trainable, ...others]) {
      const def = meta.collectionDef[key];
      if (!def || key === unboundInputsColName || !restoreCollectionsPredicate(key)) continue;
      readingIn({ file, field: `collection ${key}` }, () => {
        collectionFromDef(key, def, scope, shared);
      });
    }
    const variables = graph
      .getCollection<Variable>(GraphKeys.GLOBAL_VARIABLES)
      .filter(({ name }) => name.startsWith(scope))
      .map((variable) => [stripNameScope(variable.name, scope), variable] as const);
    return { variables: new Map(variables), elements };
  });
}

function checkUnbound(names: readonly unknown[], inputMap: ImportOptions["inputMap"]): void {
  const wanted = names.map((name) => String(stringElement(name as Uint8Array)));
  const given = inputMap instanceof Map ? [...inputMap.keys()] : Object.keys(inputMap ?? {});
  const missing = wanted.filter((name) => !given.includes(name));
  if (wanted.length === 0 || (missing.length === 0 && wanted.length === given.length)) return;
  throw new ValueError(
    `Graph contains unbound inputs: ${missing.join(",")}. Must provide these inputs through input_map.`,
  );
}

function withoutDevices(meta: MetaGraphDef, clear: boolean): GraphDef {
  const graphDef = meta.graphDef ?? create(GraphDefSchema);
  if (!clear) return graphDef;
  return create(GraphDefSchema, {
    ...graphDef,
    node: graphDef.node.map((node) => Object.assign(create(NodeDefSchema), node, { device: "" })),
  });
}

/** Before version 1.9 VariableDef did not say whether a variable is trainable. */
function tellsTrainable(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return version === "" || major > 1 || (major === 1 && minor >= 9);
}

/**
 * Makes the graph of a MetaGraphDef or of a `.meta` file in the default graph, with live variables and all
 * collections. Gives a Saver for the variables, null if there are none. TensorFlow: `tf.train.import_meta_graph`.
 */
export function importMetaGraph(
  source: MetaGraphDef | Uint8Array | string,
  options: ImportMetaGraphOptions = {},
): Saver | null {
  const meta = metaGraphOf(source);
  const graph = options.graph ?? getDefaultGraph();
  const file = typeof source === "string" ? source : undefined;
  const { variables } = readingIn({ file }, () =>
    importScopedMetaGraph(meta, { ...options, graph }),
  );
  return graph.asDefault(() => saverOf(meta, options.importScope ?? "", variables));
}

function saverOf(
  meta: MetaGraphDef,
  importScope: string,
  variables: ReadonlyMap<string, Variable>,
): Saver | null {
  if (meta.saverDef) {
    let scope = importScope;
    for (const [key, variable] of variables) {
      scope = variable.name.slice(0, variable.name.length - key.length);
      break;
    }
    return new Saver(null, { saverDef: meta.saverDef, name: scope });
  }
  return variables.size > 0 ? new Saver() : null;
}

onWriteMetaGraph((graph, { saverDef, stripDefaultAttrs }) =>
  encodeSorted(MetaGraphDefSchema, exportMetaGraph(null, { graph, saverDef, stripDefaultAttrs })),
);
