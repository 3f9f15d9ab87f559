/** GraphDef from a graph, and what a graph keeps of files: versions, functions, parts of nodes without meaning here. */

import { clone, create } from "@bufbuild/protobuf";
import type { AttrValue } from "../core/attrs.ts";
import { Graph } from "../core/graph.ts";
import type { TensorShape } from "../core/shape.ts";
import type { Operation } from "../core/tensor.ts";
import { attrToProto, shapeToProto } from "./attrs.ts";
import {
  type AttrValue as AttrProto,
  AttrValueSchema,
  type FunctionDef,
  FunctionDefLibrarySchema,
  type GradientDef,
  type GraphDef,
  GraphDefSchema,
  type NodeDef,
  NodeDefSchema,
  type RegisteredGradient,
  type VersionDef,
  VersionDefSchema,
} from "./proto/index.ts";
import { compareText } from "./proto/maps.ts";

/** The version of GraphDef that TensorFlow 2.21 writes, and that graphs made here follow. */
export const graphDefVersion = 2474;

export interface GraphDefOptions {
  /** Adds what is known of the shapes of outputs, as attribute `_output_shapes`. */
  readonly addShapes?: boolean | undefined;
  /** Only the operations made since `graph.version` had this value. */
  readonly fromVersion?: number | undefined;
}

/** The functions of a graph. */
export interface FunctionLibrary {
  /** By name. */
  readonly functions: Map<string, FunctionDef>;
  readonly gradients: GradientDef[];
  readonly registeredGradients: RegisteredGradient[];
}

interface FromFiles {
  versions: VersionDef;
  readonly library: FunctionLibrary;
  /** The operations of each imported file, in the order of the file. */
  readonly imports: (readonly Operation[])[];
  /** Collections of numbers that are floats even where all of them are whole. */
  readonly floatCollections: Set<string>;
  /** Whether a file said that there is a library, though it may be empty. */
  hasLibrary: boolean;
}

const graphs = new WeakMap<Graph, FromFiles>();

/** @internal What a graph keeps of the files it was imported from. */
export function fromFiles(graph: Graph): FromFiles {
  let known = graphs.get(graph);
  if (known === undefined) {
    known = {
      versions: create(VersionDefSchema, { producer: graphDefVersion }),
      library: { functions: new Map(), gradients: [], registeredGradients: [] },
      imports: [],
      floatCollections: new Set(),
      hasLibrary: false,
    };
    graphs.set(graph, known);
  }
  return known;
}

/** What a NodeDef of a file says beyond what its operation shows. */
interface NodeRest {
  readonly node: NodeDef;
  /** The device that the operation got on import; as long as it keeps it, the device of the file is written. */
  readonly device: string;
  /** The same for the shapes of its outputs. */
  readonly shapes: readonly TensorShape[];
}

const rests = new WeakMap<Operation, NodeRest>();
const defaults = new WeakSet<AttrValue>();

/** @internal Remembers the NodeDef that an operation was made from. */
export function keepNode(op: Operation, node: NodeDef): void {
  rests.set(op, { node, device: op.device, shapes: op.outputs.map(({ shape }) => shape) });
}

/** @internal Notes an attribute that a file leaves at its default: it is not written, so that older readers understand. */
export function noteDefault(value: AttrValue): AttrValue {
  defaults.add(value);
  return value;
}

/**
 * The graph as a message. Attributes that an imported file left out because they have their default are left out again.
 * TensorFlow: `graph.as_graph_def`.
 */
export function graphDefOf(
  graph: Graph,
  { addShapes = false, fromVersion = 0 }: GraphDefOptions = {},
): GraphDef {
  const { versions, library, hasLibrary } = fromFiles(graph);
  const nodes = inFileOrder(graph).filter((op) => op.id > fromVersion);
  const message = create(GraphDefSchema, {
    node: nodes.map((op) => nodeDefOf(op, { addShapes })),
    versions: clone(VersionDefSchema, versions),
  });
  if (hasLibrary || library.functions.size > 0) {
    message.library = create(FunctionDefLibrarySchema, {
      function: [...library.functions.values()],
      gradient: library.gradients,
      registeredGradients: library.registeredGradients,
    });
  }
  return message;
}

/** Operations of files come in the order of the file, which need not be one in which they can be made. */
function inFileOrder(graph: Graph): readonly Operation[] {
  const { imports } = fromFiles(graph);
  if (imports.length === 0) return graph.operations;
  const ops = [...graph.operations];
  const positions = new Map(ops.map((op, i) => [op, i]));
  for (const batch of imports) {
    const slots = batch.map((op) => positions.get(op) as number).sort((a, b) => a - b);
    for (const [i, op] of batch.entries()) ops[slots[i] as number] = op;
  }
  return ops;
}

/** One node as a message: attributes by name, control inputs after the others, by name or as in the file. */
export function nodeDefOf(
  op: Operation,
  { addShapes = false }: Pick<GraphDefOptions, "addShapes"> = {},
): NodeDef {
  const rest = rests.get(op);
  const node = create(NodeDefSchema, { name: op.name, op: op.type });
  node.device = rest?.device === op.device ? rest.node.device : op.device;
  for (const input of op.inputs) node.input.push(input.inputName);
  const controls = op.controlInputs.map((control) => control.name);
  if (rest === undefined) controls.sort(compareText);
  for (const name of controls) node.input.push(`^${name}`);
  const attrs: [string, AttrProto][] = [];
  for (const [name, value] of op.attrs) {
    if (!defaults.has(value)) attrs.push([name, attrToProto(value)]);
  }
  if (addShapes && op.outputs.length > 0) {
    const stored = rest?.node.attr._output_shapes;
    const isSame = rest?.shapes.every((shape, i) => shape === op.outputs[i]?.shape);
    attrs.push(["_output_shapes", stored && isSame ? stored : outputShapes(op)]);
  }
  attrs.sort(([a], [b]) => compareText(a, b));
  for (const [name, value] of attrs) node.attr[name] = value;
  if (rest !== undefined) {
    const { experimentalDebugInfo, experimentalType, $unknown } = rest.node;
    if (experimentalDebugInfo) node.experimentalDebugInfo = experimentalDebugInfo;
    if (experimentalType) node.experimentalType = experimentalType;
    if ($unknown) node.$unknown = $unknown;
  }
  return node;
}

function outputShapes(op: Operation): AttrProto {
  const shape = op.outputs.map((output) => shapeToProto(output.shape));
  return create(AttrValueSchema, { value: { case: "list", value: { shape } } } as never);
}

declare module "../core/graph.ts" {
  interface Graph {
    /** The graph as a GraphDef. TensorFlow: `as_graph_def`. */
    asGraphDef(options?: GraphDefOptions): GraphDef;
    /** The versions that GraphDefs of this graph carry. TensorFlow: `graph_def_versions`. */
    readonly graphDefVersions: VersionDef;
    /** The functions that nodes of this graph may call. */
    readonly library: FunctionLibrary;
  }
}

Object.defineProperties(Graph.prototype, {
  asGraphDef: {
    value(this: Graph, options?: GraphDefOptions) {
      return graphDefOf(this, options);
    },
    writable: true,
    configurable: true,
  },
  graphDefVersions: {
    get(this: Graph) {
      return fromFiles(this).versions;
    },
    configurable: true,
  },
  library: {
    get(this: Graph) {
      return fromFiles(this).library;
    },
    configurable: true,
  },
});
