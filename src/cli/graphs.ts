// Reads graphs as messages, without building them: op counts by scope, inputs, outputs, variables and their names in
// checkpoints. So every graph can be looked at, whatever its ops.
import { decodeText } from "../formats/bytes.ts";
import { dtypeOf, nameOfType } from "../formats/elements.ts";
import {
  type AttrValue,
  decode,
  type GraphDef,
  type MetaGraphDef,
  type NodeDef,
  type TensorProto,
  type TensorShapeProto,
  VariableDefSchema,
} from "../formats/proto/index.ts";

/** Dimensions of which some may be unknown; null without a known rank. */
export type Dims = readonly (number | null)[] | null;

export interface GraphTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Dims;
}

export interface GraphVariable extends GraphTensor {
  /** The op that holds it. */
  readonly op: string;
  /** Its name in checkpoints, as the graph's own saver has it. */
  readonly key: string;
  /** Which part of the tensor `key` it is, as savers write it: `4 2 0,2:-`. Null for all of it. */
  readonly slice: string | null;
  /** Whether the graph's savers save it; null where it has none. */
  readonly saved: boolean | null;
  /** Null where the file does not say. */
  readonly trainable: boolean | null;
}

const variableOps = new Set(["Variable", "VariableV2", "VarHandleOp"]);

export function isVariableNode(node: NodeDef): boolean {
  return variableOps.has(node.op);
}

/** A graph whose nodes are found by name. */
export class GraphView {
  readonly def: GraphDef;
  readonly nodes: ReadonlyMap<string, NodeDef>;
  readonly #meta: MetaGraphDef | undefined;
  #variables: readonly GraphVariable[] | undefined;

  constructor(def: GraphDef, meta?: MetaGraphDef) {
    this.def = def;
    this.nodes = new Map(def.node.map((node) => [node.name, node]));
    this.#meta = meta;
  }

  /** The node that an input comes from. */
  producer(input: string | undefined): NodeDef | undefined {
    return input === undefined ? undefined : this.nodes.get(nodeOfInput(input));
  }

  variables(): readonly GraphVariable[] {
    if (this.#variables) return this.#variables;
    const keys = savedKeys(this);
    const defs = variableDefs(this.#meta);
    const trainable = this.#meta?.collectionDef.trainable_variables
      ? new Set(variableDefs(this.#meta, ["trainable_variables"]).keys())
      : null;
    this.#variables = this.def.node.filter(isVariableNode).map((node) => {
      const known = keys.get(node.name) ?? defs.get(node.name);
      return {
        name: node.name,
        op: node.op,
        dtype: typeName(typeAttr(node, "dtype")),
        shape: shapeAttr(node, "shape"),
        key: known?.key ?? node.name,
        slice: known?.slice ?? null,
        saved: keys.size > 0 ? keys.has(node.name) : null,
        trainable: trainable?.has(node.name) ?? null,
      };
    });
    return this.#variables;
  }

  /** What has to be fed. */
  inputs(): readonly GraphTensor[] {
    return this.def.node
      .filter(
        ({ op }) =>
          op === "Placeholder" || op === "PlaceholderV2" || op === "PlaceholderWithDefault",
      )
      .map((node) => ({
        name: node.name,
        dtype: typeName(typeAttr(node, "dtype")),
        shape: outputShape(node) ?? shapeAttr(node, "shape"),
      }));
  }

  /** Nodes that no other node needs and that do more than save, initialize or check something, but no gradients. */
  outputs(): readonly NodeDef[] {
    const used = new Set(this.def.node.flatMap(({ input }) => input.map(nodeOfInput)));
    return this.def.node.filter(
      ({ name, op }) =>
        !used.has(name) &&
        !/(^|\/)gradients(_\d+)?\//.test(name) &&
        !/^(NoOp|Const|Assert|(Var)?Is\w*Initialized\w*|.*Summary.*|Save\w*|Restore\w*|Assign\w*|.*Placeholder.*|VarHandleOp|Variable(V2)?)$/.test(
          op,
        ),
    );
  }

  /** The nodes that the named outputs need, in the order of the graph. Throws the first name that is missing. */
  needed(outputs: readonly string[], missing: (name: string) => Error): NodeDef[] {
    const wanted = new Set<string>();
    const queue = outputs.map(nodeOfInput);
    for (const name of queue) {
      if (wanted.has(name)) continue;
      const node = this.nodes.get(name);
      if (!node) throw missing(name);
      wanted.add(name);
      queue.push(...node.input.map(nodeOfInput));
    }
    return this.def.node.filter(({ name }) => wanted.has(name));
  }
}

/** `a` of `a`, `a:1` and `^a`. */
export function nodeOfInput(input: string): string {
  return input.replace(/^\^/, "").replace(/:\d+$/, "");
}

// Attributes

export function typeAttr(node: NodeDef, name: string): number {
  const value: AttrValue["value"] | undefined = node.attr[name]?.value;
  return value?.case === "type" ? value.value : 0;
}

export function tensorAttr(node: NodeDef | undefined): TensorProto | undefined {
  const value = node?.op === "Const" ? node.attr.value?.value : undefined;
  return value?.case === "tensor" ? value.value : undefined;
}

function shapeAttr(node: NodeDef, name: string): Dims {
  const value = node.attr[name]?.value;
  return value?.case === "shape" ? dims(value.value) : null;
}

function outputShape(node: NodeDef): Dims | undefined {
  const value = node.attr._output_shapes?.value;
  const first = value?.case === "list" ? value.value.shape[0] : undefined;
  return first && dims(first);
}

export function dims(shape: TensorShapeProto | undefined): Dims {
  if (!shape || shape.unknownRank) return null;
  return shape.dim.map(({ size }) => (size < 0n ? null : Number(size)));
}

/** The name of a DataType, of a reference that of its base. */
export function typeName(type: number): string {
  if (type === 0) return "?";
  return nameOfType(type > 100 ? type - 100 : type);
}

/** Elements of a shape, null when they are not known. */
export function elements(shape: Dims): number | null {
  let size = 1;
  for (const dim of shape ?? [null]) {
    if (dim === null) return null;
    size *= dim;
  }
  return size;
}

/** Bytes that a tensor takes; 0 for strings, whose size is nowhere told. */
export function byteSize(type: string | number, shape: Dims): number {
  try {
    const dtype = typeof type === "number" ? dtypeOf(type > 100 ? type - 100 : type) : undefined;
    return (dtype ? dtype.size : (sizes[type] ?? 0)) * (elements(shape) ?? 0);
  } catch {
    return 0;
  }
}

const sizes: Readonly<Record<string, number>> = Object.fromEntries(
  Array.from({ length: 33 }, (_, i) => i + 1).flatMap((type) => {
    try {
      return [[nameOfType(type), dtypeOf(type).size]];
    } catch {
      return [];
    }
  }),
);

// Names in checkpoints

interface SavedAs {
  readonly key: string;
  readonly slice: string | null;
}

const passing = new Set(["Identity", "ReadVariableOp", "RefIdentity"]);

/** The variables that the graph's save nodes write, with the names and slices that these give them. */
function savedKeys(view: GraphView): Map<string, SavedAs> {
  const keys = new Map<string, SavedAs>();
  for (const node of view.def.node) {
    const first = node.op === "SaveV2" || node.op === "SaveSlices" ? 3 : node.op === "Save" ? 2 : 0;
    if (first === 0) continue;
    const names = stringsOf(view.producer(node.input[1]));
    const slices = first === 3 ? stringsOf(view.producer(node.input[2])) : [];
    const tensors = node.input.slice(first).filter((input) => !input.startsWith("^"));
    for (const [i, input] of tensors.entries()) {
      let source = view.producer(input);
      for (let steps = 0; source && passing.has(source.op) && steps < 10; steps++) {
        source = view.producer(source.input[0]);
      }
      const key = names[i] ?? (names.length > 0 ? names.at(-1) : undefined);
      if (!source || key === undefined || !isVariableNode(source) || keys.has(source.name))
        continue;
      keys.set(source.name, { key, slice: (slices[i] ?? slices.at(-1)) || null });
    }
  }
  return keys;
}

/** The elements of a constant of strings, as far as they are listed. */
function stringsOf(node: NodeDef | undefined): string[] {
  return (tensorAttr(node)?.stringVal ?? []).map((bytes) => decodeText(bytes) ?? "");
}

/** Variables as the collections of a meta graph describe them, by the name of their node. */
function variableDefs(
  meta: MetaGraphDef | undefined,
  collections = ["variables", "global_variables", "trainable_variables", "local_variables"],
): Map<string, SavedAs> {
  const found = new Map<string, SavedAs>();
  for (const collection of collections) {
    const kind = meta?.collectionDef[collection]?.kind;
    if (kind?.case !== "bytesList") continue;
    for (const bytes of kind.value.value) {
      const def = decode(VariableDefSchema, bytes, { field: `collection ${collection}` });
      const name = nodeOfInput(def.variableName);
      const part = def.saveSliceInfoDef;
      if (part?.fullName) {
        const slice = part.varOffset.map((offset, i) => `${offset},${part.varShape[i]}`).join(":");
        found.set(name, { key: part.fullName, slice: `${part.fullShape.join(" ")} ${slice}` });
      } else found.set(name, { key: name, slice: null });
    }
  }
  return found;
}

// Scopes

export interface Scope {
  /** The last part of its path. */
  readonly name: string;
  readonly path: string;
  /** Nodes in it and below. */
  nodes: number;
  variables: number;
  /** Values of its variables. */
  parameters: number;
  readonly ops: Map<string, number>;
  readonly children: Map<string, Scope>;
}

function newScope(name: string, path: string): Scope {
  return { name, path, nodes: 0, variables: 0, parameters: 0, ops: new Map(), children: new Map() };
}

/** Nodes counted by scope. A node that has the name of a scope, as variables have, belongs to it. */
export function scopeTree(view: GraphView, nodes: readonly NodeDef[]): Scope {
  const parents = new Set<string>();
  for (const { name } of nodes) {
    for (let end = name.indexOf("/"); end >= 0; end = name.indexOf("/", end + 1)) {
      parents.add(name.slice(0, end));
    }
  }
  const variables = new Map(view.variables().map((variable) => [variable.name, variable]));
  const root = newScope("", "");
  for (const node of nodes) {
    const parts = node.name.split("/");
    // A variable's own scope holds how it is read and initialized: it is part of the variable.
    const within = parts.findIndex((_, i) => variables.has(parts.slice(0, i + 1).join("/")));
    const own =
      within >= 0 ? parts.slice(0, within) : parents.has(node.name) ? parts : parts.slice(0, -1);
    const variable = variables.get(node.name);
    let scope = root;
    const add = (): void => {
      scope.nodes += 1;
      scope.ops.set(node.op, (scope.ops.get(node.op) ?? 0) + 1);
      if (!variable) return;
      scope.variables += 1;
      scope.parameters += elements(variable.shape) ?? 0;
    };
    add();
    for (const [i, name] of own.entries()) {
      const path = own.slice(0, i + 1).join("/");
      let child = scope.children.get(name);
      if (!child) {
        child = newScope(name, path);
        scope.children.set(name, child);
      }
      scope = child;
      add();
    }
  }
  return root;
}

/** The most frequent first, then by name. */
export function byCount(ops: ReadonlyMap<string, number>): [type: string, times: number][] {
  return [...ops].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}
