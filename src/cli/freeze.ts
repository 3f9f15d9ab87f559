// Freezes a graph: variables become constants with the values of a checkpoint, and only what the outputs need stays.
import { clone, create } from "@bufbuild/protobuf";
import { NDArray } from "../core/ndarray.ts";
import { decodeText } from "../formats/bytes.ts";
import {
  type AttrValue,
  AttrValueSchema,
  type GraphDef,
  GraphDefSchema,
  type NodeDef,
  NodeDefSchema,
  type TensorProto,
} from "../formats/proto/index.ts";
import { tensorFromArray } from "../formats/tensor.ts";
import { CommandError } from "./errors.ts";
import { type GraphVariable, type GraphView, isVariableNode, nodeOfInput } from "./graphs.ts";
import { counted } from "./text.ts";

/** DataType numbers. */
const int32Type = 3;
const resourceType = 20;

export interface Frozen {
  readonly graph: GraphDef;
  readonly variables: readonly GraphVariable[];
}

/** Ops on references have counterparts on values. */
const valueOps: Readonly<Record<string, string>> = {
  RefEnter: "Enter",
  RefExit: "Exit",
  RefIdentity: "Identity",
  RefMerge: "Merge",
  RefNextIteration: "NextIteration",
  RefSelect: "Select",
  RefSwitch: "Switch",
};

/** Ops that hand a variable's handle on. */
const passingOps = new Set(["Identity", "Enter", "Switch", "Merge", "Exit", "NextIteration"]);

/** The variables that outputs need, in the order of the graph. */
export function neededVariables(view: GraphView, nodes: readonly NodeDef[]): GraphVariable[] {
  const names = new Set(nodes.filter(isVariableNode).map(({ name }) => name));
  return view.variables().filter(({ name }) => names.has(name));
}

/**
 * The part of a graph that `outputs` need, with constants for variables. `valueOf` reads a variable. `missing` makes the
 * error for an output that is not in the graph.
 */
export function freeze(
  view: GraphView,
  outputs: readonly string[],
  valueOf: (variable: GraphVariable) => NDArray,
  missing: (name: string) => Error,
): Frozen {
  const nodes = view.needed(outputs, missing);
  const variables = neededVariables(view, nodes);
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  const handles = handleSources(view, nodes);
  refuseWriters(nodes, byName, handles);
  const kept = new Set(nodes.map(({ name }) => name));
  const values = new Map(variables.map((variable) => [variable.name, valueOf(variable)]));
  const typeOf = (input: string | undefined): number => {
    const source = handles.get(nodeOfInput(input ?? ""));
    return values.get(source ?? "")?.dtype.enum ?? 0;
  };
  const graph = create(GraphDefSchema, {
    node: nodes.flatMap((node) => {
      const value = values.get(node.name);
      const made = value ? [constNode(node.name, value, node)] : frozenNodes(node, handles, typeOf);
      return made.map((one) => withoutLostColocation(one, kept));
    }),
  });
  if (view.def.versions) graph.versions = view.def.versions;
  if (view.def.library && callsFunctions(graph, view.def)) graph.library = view.def.library;
  return { graph, variables };
}

/** Where the handles that nodes pass on come from: the name of the variable by the name of the node. */
function handleSources(view: GraphView, nodes: readonly NodeDef[]): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const node of nodes) {
    let source: NodeDef | undefined = node;
    const seen = new Set<NodeDef>();
    while (source && !seen.has(source) && passingOps.has(source.op) && isHandle(source)) {
      seen.add(source);
      source = view.producer(source.input[0]);
    }
    if (source?.op === "VarHandleOp") sources.set(node.name, source.name);
  }
  return sources;
}

function isHandle(node: NodeDef): boolean {
  const value = node.attr.T?.value;
  return value?.case === "type" && value.value === resourceType;
}

/** Ops that only read the variable whose handle they get, and what becomes of them. */
const readers = new Set([
  "ReadVariableOp",
  "ResourceGather",
  "ResourceGatherNd",
  "VariableShape",
  "VarIsInitializedOp",
]);

function refuseWriters(
  nodes: readonly NodeDef[],
  variables: ReadonlyMap<string, GraphVariable>,
  handles: ReadonlyMap<string, string>,
): void {
  const writers = nodes.filter(({ op, input }) => {
    const first = nodeOfInput(input[0] ?? "");
    if (/^(Assign|Scatter(?!Nd$)|CountUpTo|Apply|SparseApply)/.test(op) && variables.has(first))
      return true;
    if (readers.has(op) || passingOps.has(op)) return false;
    return input.some((name) => !name.startsWith("^") && handles.has(nodeOfInput(name)));
  });
  const [first] = writers;
  if (!first) return;
  const others = writers.length > 1 ? ` and ${counted(writers.length - 1, "more node")}` : "";
  throw new CommandError(
    `The outputs need what changes variables, or might: ${first.name} (${first.op})${others}.`,
    "Freeze outputs of the model itself, such as its logits, not of its training.",
  );
}

function type(value: number): AttrValue {
  return create(AttrValueSchema, { value: { case: "type", value } });
}

function constNode(name: string, array: NDArray, origin?: NodeDef): NodeDef {
  const value: TensorProto = tensorFromArray(array);
  const node = create(NodeDefSchema, {
    name,
    op: "Const",
    device: origin?.device ?? "",
    // A constant has no inputs but what it must wait for.
    input: origin?.input.filter((input) => input.startsWith("^")) ?? [],
    attr: { dtype: type(array.dtype.enum) },
  });
  node.attr.value = create(AttrValueSchema, { value: { case: "tensor", value } });
  return node;
}

/** What a node becomes when the handles among its inputs are values. */
function frozenNodes(
  node: NodeDef,
  handles: ReadonlyMap<string, string>,
  typeOf: (input: string | undefined) => number,
): NodeDef[] {
  const [first] = node.input;
  const make = (op: string, attrs: Readonly<Record<string, AttrValue | undefined>>): NodeDef => {
    const made = clone(NodeDefSchema, node);
    made.op = op;
    const extra = Object.entries(node.attr).filter(([name]) => name.startsWith("_"));
    made.attr = Object.fromEntries(extra);
    for (const [name, value] of Object.entries(attrs)) if (value) made.attr[name] = value;
    return made;
  };
  switch (node.op) {
    case "ReadVariableOp":
      return [make("Identity", { T: type(typeOf(first)) })];
    case "VariableShape":
      return [make("Shape", { T: type(typeOf(first)), out_type: node.attr.out_type })];
    case "ResourceGatherNd":
      return [make("GatherNd", { Tparams: type(typeOf(first)), Tindices: node.attr.Tindices })];
    case "ResourceGather": {
      // Gathering goes on after the batch dimensions.
      const batch = node.attr.batch_dims?.value;
      const dims = batch?.case === "i" ? Number(batch.value) : 0;
      const axis = constNode(`${node.name}/axis`, new NDArray(Int32Array.of(dims), [], "int32"));
      const gather = make("GatherV2", {
        Tparams: type(typeOf(first)),
        Tindices: node.attr.Tindices,
        Taxis: type(int32Type),
        batch_dims: node.attr.batch_dims,
      });
      gather.input.splice(2, 0, axis.name);
      return [axis, gather];
    }
    case "VarIsInitializedOp":
    case "IsVariableInitialized":
      return [constNode(node.name, new NDArray(Uint8Array.of(1), [], "bool"), node)];
    default: {
      const op = valueOps[node.op];
      const source = handles.get(node.name);
      if (!op && !source) return [node];
      const made = clone(NodeDefSchema, node);
      if (op) made.op = op;
      if (source) {
        made.attr.T = type(typeOf(node.name));
        // That of the handle, which is a scalar.
        delete made.attr._output_shapes;
      }
      return [made];
    }
  }
}

/** Drops colocation with nodes that are gone: importing such a graph would fail. */
function withoutLostColocation(node: NodeDef, kept: ReadonlySet<string>): NodeDef {
  const value = node.attr._class?.value;
  if (value?.case !== "list") return node;
  const left = value.value.s.filter((item) => {
    const text = decodeText(item) ?? "";
    return !text.startsWith("loc:@") || kept.has(text.slice("loc:@".length));
  });
  if (left.length === value.value.s.length) return node;
  const made = clone(NodeDefSchema, node);
  if (left.length === 0) delete made.attr._class;
  else {
    const list = { case: "list", value: { s: left } } as const;
    made.attr._class = create(AttrValueSchema, { value: list });
  }
  return made;
}

function callsFunctions(graph: GraphDef, origin: GraphDef): boolean {
  const names = new Set(origin.library?.function.map(({ signature }) => signature?.name));
  return graph.node.some(
    ({ op, attr }) =>
      names.has(op) ||
      Object.values(attr).some(
        ({ value }) =>
          value.case === "func" || (value.case === "list" && value.value.func.length > 0),
      ),
  );
}
