/** importGraphDef: the nodes of a GraphDef become operations of the default graph. */

import { equals, isMessage } from "@bufbuild/protobuf";
import { type AttrValue, attrList } from "../core/attrs.ts";
import { DeviceSpec } from "../core/device.ts";
import { type DType, variant } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { type Graph, getDefaultGraph } from "../core/graph.ts";
import { scalarShape, type TensorShape, unknownShape } from "../core/shape.ts";
import { type Operation, type OutputSpec, Tensor } from "../core/tensor.ts";
import { Trace, tracedTo } from "../core/trace.ts";
import { convertToTensor, type TensorLike } from "../ops/convert.ts";
import { nodeShapes } from "../ops/create.ts";
import { attrsOf, opDef } from "../ops/define.ts";
import { fromFiles, keepNode } from "./graph-def.ts";
import {
  checkVersions,
  type InputName,
  indexNodes,
  orderNodes,
  type PlannedNode,
} from "./import-plan.ts";
import { listedOp } from "./op-list.ts";
import { argTypes, nodeAttrs, runtimeName, summarizeOp } from "./op-signature.ts";
import {
  AttrValueSchema,
  decode,
  type GraphDef,
  GraphDefSchema,
  type NodeDef,
  type OpDef,
  type OpList,
} from "./proto/index.ts";

export interface ImportOptions {
  /** Tensors to use in place of tensors of the GraphDef, by their names there. */
  readonly inputMap?: Readonly<Record<string, TensorLike>> | ReadonlyMap<string, TensorLike> | null;
  /** Names in the GraphDef of operations (`"a"`) and tensors (`"a:0"`) to return. */
  readonly returnElements?: readonly string[] | null;
  /** Put in front of all names; `"import"` by default, `""` for none. */
  readonly name?: string | null | undefined;
  /** Definitions of the ops that the file was written with, as MetaInfoDef keeps them. */
  readonly producerOpList?: OpList | null | undefined;
}

/**
 * Makes the nodes of a GraphDef (or of its bytes) in the default graph. Ops that are not known here are imported too;
 * they fail when they are run. Throws ValueError, and leaves the graph as it was, where the GraphDef does not fit
 * together. TensorFlow: `tf.import_graph_def`.
 */
export function importGraphDef(
  graphDef: GraphDef | Uint8Array,
  options: ImportOptions & { readonly returnElements: readonly string[] },
): (Operation | Tensor)[];
export function importGraphDef(graphDef: GraphDef | Uint8Array, options?: ImportOptions): undefined;
export function importGraphDef(
  graphDef: GraphDef | Uint8Array,
  options: ImportOptions = {},
): (Operation | Tensor)[] | undefined {
  const def = graphDef instanceof Uint8Array ? decode(GraphDefSchema, graphDef) : graphDef;
  if (!isMessage(def, GraphDefSchema)) {
    throw new TypeError("Argument `graph_def` must be a GraphDef proto.");
  }
  return tracedTo(Trace.here(), () => importInto(getDefaultGraph(), def, options));
}

function importInto(
  graph: Graph,
  def: GraphDef,
  { inputMap, returnElements, name, producerOpList }: ImportOptions,
): (Operation | Tensor)[] | undefined {
  const mapEntries = checkInputMap(inputMap);
  const wanted = checkReturnElements(returnElements);
  const { scope } = graph.resolveNameScope(name ?? "import");
  const inputs = graph.inside({ name: scope }, () => convertMapped(graph, mapEntries, name));
  const before = graph.operations.length;
  const importer = new Importer(graph, def, { prefix: scope, inputs, producerOpList });
  let results: (Operation | Tensor)[];
  try {
    importer.run();
    results = wanted.map((element) => importer.resultOf(element));
  } catch (error) {
    graph.forgetOperations(before);
    throw error;
  }
  importer.finish(before);
  const unused = importer.unusedKeys();
  if (unused.length > 0) {
    throw new ValueError(
      `Attempted to map inputs that were not found in graph_def: [${unused.join(", ")}]`,
    );
  }
  return returnElements ? results : undefined;
}

function checkInputMap(inputMap: ImportOptions["inputMap"]): [string, TensorLike][] {
  if (inputMap === null || inputMap === undefined) return [];
  if (typeof inputMap !== "object" || Array.isArray(inputMap)) {
    const found = Array.isArray(inputMap) ? "list" : typeof inputMap;
    throw new TypeError(`Argument \`input_map\` must be a dictionary. Obtained ${found}`);
  }
  const entries: [unknown, TensorLike][] =
    inputMap instanceof Map ? [...inputMap] : Object.entries(inputMap);
  if (entries.some(([key]) => typeof key !== "string")) {
    throw new TypeError(
      `All keys for argument \`input_map\` must be strings. Obtained keys: [${entries.map(([key]) => key).join(", ")}]`,
    );
  }
  return entries as [string, TensorLike][];
}

/** The name of an output of a node as users give it. */
function parseTensorName(text: string): InputName {
  const parts = text.split(":");
  const [node = "", index = "0"] = parts;
  if (parts.length > 2) {
    throw new ValueError(
      `Cannot convert '${text}' to a tensor name. Tensor names should not contain more than 1 \`:\`. Obtained ${parts.length - 1}`,
    );
  }
  if (!/^-?\d+$/.test(index)) {
    throw new ValueError(
      `Cannot convert '${text}' to a tensor name. Second component of the name following the \`:\` should be an int. Got ${index}.`,
    );
  }
  return { node, index: Number(index) };
}

interface Wanted {
  readonly text: string;
  readonly isTensor: boolean;
  readonly name: InputName;
}

function checkReturnElements(elements: readonly string[] | null | undefined): Wanted[] {
  if (elements === null || elements === undefined) return [];
  if (!Array.isArray(elements) || elements.some((element) => typeof element !== "string")) {
    throw new TypeError(
      `Argument \`return_elements\` must be a list of strings. Obtained ${Array.isArray(elements) ? `[${elements.join(", ")}]` : String(elements)}.`,
    );
  }
  return elements.map((text: string) => {
    const isTensor = text.includes(":");
    return { text, isTensor, name: isTensor ? parseTensorName(text) : { node: text, index: 0 } };
  });
}

function convertMapped(
  graph: Graph,
  entries: readonly [string, TensorLike][],
  name: string | null | undefined,
): Map<string, Tensor> {
  const isReady = entries.every(([, value]) => value instanceof Tensor);
  if (!isReady && name === "") {
    throw new ValueError(
      "tf.import_graph_def() requires a non-empty `name` if `input_map` contains non-Tensor values. Try calling tf.convert_to_tensor() on `input_map` values before calling tf.import_graph_def().",
    );
  }
  const convert = () =>
    entries.map(([key, value]) => {
      const { node, index } = parseTensorName(key);
      return [keyOf(node, index), convertToTensor(value)] as const;
    });
  return new Map(isReady ? convert() : graph.nameScope("_inputs", convert));
}

const keyOf = (node: string, index: number): string => `${node}:${index}`;

interface ImporterOptions {
  /** Without slash. */
  readonly prefix: string;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly producerOpList: OpList | null | undefined;
}

interface BackEdge {
  readonly op: Operation;
  readonly at: number;
  readonly from: InputName;
}

class Importer {
  readonly #graph: Graph;
  readonly #def: GraphDef;
  readonly #options: ImporterOptions;
  readonly #index: ReadonlyMap<string, PlannedNode>;
  /** Made operations by their names in the file. */
  readonly #made = new Map<string, Operation>();
  readonly #backEdges: BackEdge[] = [];
  readonly #usedKeys = new Set<string>();
  readonly #producer: ReadonlyMap<string, OpDef>;
  readonly #functions: ReadonlyMap<string, OpDef>;
  /** Names of nodes and scopes that were there before. */
  readonly #taken = new Set<string>();
  /** Names in the graph of nodes that have others in the file. */
  readonly #renamed = new Map<string, string>();
  readonly #outputsRead = new Map<string, number>();

  constructor(graph: Graph, def: GraphDef, options: ImporterOptions) {
    this.#graph = graph;
    this.#def = def;
    this.#options = options;
    checkVersions(def.versions);
    this.#index = indexNodes(def);
    this.#producer = new Map((options.producerOpList?.op ?? []).map((op) => [op.name, op]));
    this.#functions = new Map(
      [...(def.library?.function ?? []), ...fromFiles(graph).library.functions.values()].flatMap(
        ({ signature }) => (signature ? [[signature.name, signature] as const] : []),
      ),
    );
    for (const op of graph.operations) {
      for (let name = op.name; !this.#taken.has(name); ) {
        this.#taken.add(name);
        const slash = name.lastIndexOf("/");
        if (slash < 0) break;
        name = name.slice(0, slash);
      }
    }
  }

  run(): void {
    for (const name of this.#index.keys()) {
      const unique = this.#uniqueName(this.#prefixed(name));
      if (unique !== name) this.#renamed.set(name, unique);
    }
    const order = orderNodes(this.#index, (input) => this.#mapped(input) !== undefined);
    for (const { inputs } of order) {
      for (const { node, index } of inputs) {
        if (index >= (this.#outputsRead.get(node) ?? 0)) this.#outputsRead.set(node, index + 1);
      }
    }
    for (const planned of order) this.#makeNode(planned);
    for (const { op, at, from } of this.#backEdges) {
      const tensor = this.#output(op.name, from);
      this.#checkType(op, at, tensor, op.inputs[at]?.dtype);
      op.updateInput(at, tensor);
    }
  }

  #mapped({ node, index }: InputName): Tensor | undefined {
    return index < 0 ? undefined : this.#options.inputs.get(keyOf(node, index));
  }

  #makeNode({ node, inputs }: PlannedNode): void {
    const name = this.#renamed.get(node.name) ?? node.name;
    this.#checkColocation(node);
    const found: (Tensor | undefined)[] = [];
    const controls: Operation[] = [];
    for (const input of inputs) {
      const mapped = this.#mapped(input);
      if (mapped !== undefined) {
        this.#usedKeys.add(keyOf(input.node, input.index));
        found.push(mapped);
      } else if (input.index < 0) controls.push(this.#made.get(input.node) as Operation);
      else found.push(this.#made.has(input.node) ? this.#output(node.name, input) : undefined);
    }
    const { def, isKnown } = this.#definitionOf(node);
    const attrs = nodeAttrs(node, def, name);
    if (isKnown) this.#dropProducerDefaults(node, def as OpDef, attrs);
    this.#prefixColocation(attrs);
    const outputShapes = attrs.get("_output_shapes");
    attrs.delete("_output_shapes");
    const forward = found.find((tensor) => tensor !== undefined);
    // A loop is closed when all nodes are made; until then the input from outside stands in for the others.
    const tensors = found.map((tensor) => tensor ?? (forward as Tensor));
    const dtypes = this.#outputTypes(node, def, attrs, outputShapes);
    if (def !== undefined) checkInputs(def, attrs, tensors, found, name, this.#checkType);
    const isOpen = found.includes(undefined);
    const shapes = isOpen
      ? dtypes.map((_, i) => (i === 0 ? unknownShape : scalarShape))
      : this.#isOldPlaceholder(node.op, attrs)
        ? [unknownShape]
        : inferShapes(node.op, attrs, tensors, name, {
            count: dtypes.length,
            // TensorFlow writes the names of what an input map gives in full.
            names: tensors.map((tensor, i) =>
              this.#mapped(inputs[i] as InputName) ? tensor.name : tensor.inputName,
            ),
          });
    const op = this.#create(node, {
      name: `${name}/`,
      inputs: tensors,
      attrs,
      outputs: dtypes.map((dtype, i): OutputSpec => ({ dtype, shape: shapes[i] ?? unknownShape })),
      stateful: def?.isStateful ?? false,
    });
    op.addControlInputs(controls);
    this.#made.set(node.name, op);
    describeHandles(op);
    refineShapes(op, outputShapes);
    for (const [at, tensor] of found.entries()) {
      const from = inputs[at] as InputName;
      if (tensor === undefined) this.#backEdges.push({ op, at, from });
    }
  }

  #create(
    node: NodeDef,
    spec: {
      readonly name: string;
      readonly inputs: readonly Tensor[];
      readonly attrs: ReadonlyMap<string, AttrValue>;
      readonly outputs: readonly OutputSpec[];
      readonly stateful: boolean;
    },
  ): Operation {
    const graph = this.#graph;
    const { controls, devices } = graph.scopes;
    const isColocated = colocatedWith(spec.name.slice(0, -1), spec.attrs).length > 0;
    // Colocated nodes get the device of what they are placed with; others fill in what their own leaves open.
    const own = node.device === "" || isColocated ? [] : [DeviceSpec.fromString(node.device)];
    const patch = { controls: [], devices: isColocated ? [] : [...devices, ...own] };
    const op = graph.inside(patch, () => graph.createOp({ type: node.op, ...spec }));
    // TensorFlow does not ask here whether inputs wait for the same already.
    for (const block of controls) {
      op.addControlInputs(block.inputs);
      block.seen.add(op);
    }
    graph.reserveName(op.name);
    return op;
  }

  #uniqueName(name: string): string {
    let unique = name;
    const { prefix } = this.#options;
    const inFile = (full: string) =>
      this.#index.has(prefix === "" ? full : full.slice(prefix.length + 1));
    for (let n = 1; this.#taken.has(unique) || (unique !== name && inFile(unique)); n++) {
      unique = `${name}_${n}`;
    }
    return unique;
  }

  #output(reader: string, { node, index }: InputName): Tensor {
    const source = this.#made.get(node) as Operation;
    const tensor = source.outputs[index];
    if (tensor !== undefined) return tensor;
    throw new ValueError(
      `Node '${reader}': Connecting to invalid output ${index} of source node ${node} which has ${source.outputs.length} outputs.`,
    );
  }

  /** The definition of a node's op: TensorFlow's, a function's, or the one that the file brings. */
  #definitionOf(node: NodeDef): { readonly def: OpDef | undefined; readonly isKnown: boolean } {
    const listed = listedOp(node.op);
    if (listed !== undefined) return { def: listed, isKnown: true };
    const def = this.#functions.get(node.op) ?? this.#producer.get(node.op);
    return { def, isKnown: false };
  }

  /** Removes attributes that came after the ops known here, where they say nothing but their default. */
  #dropProducerDefaults(node: NodeDef, def: OpDef, attrs: Map<string, AttrValue>): void {
    const producer = this.#producer.get(node.op);
    if (producer === undefined) return;
    for (const [key, value] of Object.entries(node.attr)) {
      if (def.attr.some((attr) => attr.name === key)) continue;
      const fallback = producer.attr.find((attr) => attr.name === key)?.defaultValue;
      if (fallback !== undefined && equals(AttrValueSchema, value, fallback)) attrs.delete(key);
    }
  }

  #outputTypes(
    node: NodeDef,
    def: OpDef | undefined,
    attrs: ReadonlyMap<string, AttrValue>,
    outputShapes: AttrValue | undefined,
  ): readonly DType[] {
    const known = def === undefined ? null : argTypes(def.outputArg, attrs);
    if (known !== null) return known;
    // Nobody knows this op: it has as many outputs as others read of it, or as it has shapes.
    const listed = outputShapes?.kind === "list" ? outputShapes.value.length : 0;
    const count = Math.max(this.#outputsRead.get(node.name) ?? 0, listed);
    const guess = ["dtype", "T", "out_type", "Tout", "output_type"]
      .map((key) => attrs.get(key))
      .find((value) => value?.kind === "type");
    const dtype = guess?.kind === "type" ? guess.value : variant;
    return Array.from({ length: Math.min(count, 1e5) }, () => dtype);
  }

  /** Before version 22 the shape of a scalar stood for an unknown one. */
  #isOldPlaceholder(type: string, attrs: ReadonlyMap<string, AttrValue>): boolean {
    const shape = attrs.get("shape");
    const isScalar = shape?.kind === "shape" && (shape.value.rank ?? 0) === 0;
    return type === "Placeholder" && isScalar && (this.#def.versions?.producer ?? 0) < 22;
  }

  #checkColocation(node: NodeDef): void {
    const value = node.attr._class?.value;
    if (value?.case !== "list") return;
    for (const bytes of value.value.s) {
      const group = new TextDecoder().decode(bytes);
      if (!group.startsWith("loc:@") || this.#index.has(group.slice(5))) continue;
      throw new ValueError(
        `Node '${node.name}' expects to be colocated with unknown node '${group.slice(5)}'`,
      );
    }
  }

  #prefixColocation(attrs: Map<string, AttrValue>): void {
    const value = attrs.get("_class");
    if (value?.kind !== "list") return;
    const groups = value.value.map((item) => String(item.value));
    const renamed = groups.map((group) => {
      if (!group.startsWith("loc:@")) return group;
      const name = group.slice(5);
      return `loc:@${this.#renamed.get(name) ?? name}`;
    });
    if (renamed.some((group, i) => group !== groups[i])) {
      attrs.set("_class", attrList("string", renamed));
    }
  }

  #prefixed(name: string): string {
    const { prefix } = this.#options;
    return prefix === "" ? name : `${prefix}/${name}`;
  }

  readonly #checkType = (
    reader: { readonly name: string } | string,
    at: number,
    tensor: Tensor,
    expected: DType | undefined,
  ): void => {
    if (expected === undefined || fits(tensor.dtype, expected)) return;
    const name = typeof reader === "string" ? reader : reader.name;
    throw new ValueError(
      `Input ${at} of node ${name} was passed ${runtimeName(tensor.dtype)} from ${tensor.name} incompatible with expected ${runtimeName(expected)}.`,
    );
  };

  /** The operation or tensor of the graph that a name in the file means. */
  resultOf({ text, isTensor, name }: Wanted): Operation | Tensor {
    const mapped = isTensor ? this.#mapped(name) : undefined;
    if (mapped !== undefined) {
      this.#usedKeys.add(keyOf(name.node, name.index));
      return mapped;
    }
    const op = this.#made.get(name.node);
    if (op === undefined) {
      throw new ValueError(
        `Requested return ${isTensor ? "tensor" : "node"} '${text}' not found in graph def`,
      );
    }
    if (!isTensor) return op;
    const tensor = op.outputs[name.index];
    if (tensor !== undefined) return tensor;
    throw new ValueError(
      `Invalid return output ${name.index} of node '${name.node}', which has ${op.outputs.length} output(s)`,
    );
  }

  /** Keys of the input map that name nothing in the file. */
  unusedKeys(): string[] {
    return [...this.#options.inputs.keys()]
      .filter((key) => {
        if (this.#usedKeys.has(key)) return false;
        const { node, index } = parseTensorName(key);
        return (this.#made.get(node)?.outputs.length ?? 0) <= index;
      })
      .sort();
  }

  /** What concerns the graph as a whole, once nothing can fail any more. */
  finish(before: number): void {
    const graph = this.#graph;
    for (const op of graph.operations.slice(before)) {
      for (const name of colocatedWith(op.name, op.attrs)) {
        const device = graph.findOperation(name)?.device;
        if (!device) continue;
        op.setDevice(device);
        break;
      }
    }
    const kept = fromFiles(graph);
    const { versions, library } = this.#def;
    const batch = this.#def.node.map((node) => this.#made.get(node.name) as Operation);
    for (const [i, op] of batch.entries()) keepNode(op, this.#def.node[i] as NodeDef);
    kept.imports.push(batch);
    kept.versions.producer = Math.min(kept.versions.producer, versions?.producer ?? 0);
    kept.versions.minConsumer = Math.max(kept.versions.minConsumer, versions?.minConsumer ?? 0);
    const bad = new Set([...kept.versions.badConsumers, ...(versions?.badConsumers ?? [])]);
    kept.versions.badConsumers = [...bad];
    if (library !== undefined) kept.hasLibrary = true;
    for (const fn of library?.function ?? []) {
      if (fn.signature) kept.library.functions.set(fn.signature.name, fn);
    }
    kept.library.gradients.push(...(library?.gradient ?? []));
    kept.library.registeredGradients.push(...(library?.registeredGradients ?? []));
  }
}

type CheckType = (reader: string, at: number, tensor: Tensor, expected: DType | undefined) => void;

function checkInputs(
  def: OpDef,
  attrs: ReadonlyMap<string, AttrValue>,
  tensors: readonly Tensor[],
  found: readonly (Tensor | undefined)[],
  name: string,
  check: CheckType,
): void {
  const expected = argTypes(def.inputArg, attrs);
  if (expected === null) return;
  if (expected.length !== tensors.length) {
    throw new ValueError(
      `NodeDef expected inputs '${expected.map(runtimeName).join(", ")}' do not match ${tensors.length} inputs specified; ${summarizeOp(def)}; NodeDef: {{node ${name}}}`,
    );
  }
  for (const [at, tensor] of found.entries()) {
    if (tensor !== undefined) check(name, at, tensor, expected[at]);
  }
}

/** A value may be read where its type is asked for, a reference also where its value is. */
function fits(given: DType, expected: DType): boolean {
  return given === expected || (given.isRef && given.base === expected);
}

function inferShapes(
  type: string,
  attrs: ReadonlyMap<string, AttrValue>,
  inputs: readonly Tensor[],
  name: string,
  { count, names }: { readonly count: number; readonly names: readonly string[] },
): readonly TensorShape[] {
  const def = opDef(type);
  if (def === undefined) return [];
  const shapes = nodeShapes(def, attrsOf(def, attrs), inputs, name, names);
  return shapes.length === count ? shapes : [];
}

/** Outputs whose shapes older versions told otherwise; they are only handed on to gradients. */
const changedOutputs = new Map([
  ["FusedBatchNormGrad", 3],
  ["FusedBatchNormGradV2", 3],
  ["FusedBatchNormGradV3", 3],
]);

/** Adds the shapes that the file says outputs have. */
function refineShapes(op: Operation, shapes: AttrValue | undefined): void {
  if (shapes?.kind !== "list" || shapes.value.length !== op.outputs.length) return;
  for (const [i, output] of op.outputs.entries()) {
    const item = shapes.value[i];
    if (item?.kind !== "shape" || i >= (changedOutputs.get(op.type) ?? Infinity)) continue;
    const conflict = output.shape.conflictWith(item.value);
    if (conflict !== null) {
      throw new ValueError(
        `Node '${op.name}' has an _output_shapes attribute inconsistent with the GraphDef for output #${i}: ${conflict}`,
      );
    }
    output.setShape(item.value);
  }
}

/** Handles tell what they refer to: those of variables by their attributes, others by what they pass on. */
function describeHandles(op: Operation): void {
  const output = op.outputs.find(({ dtype }) => dtype.baseName === "resource");
  if (output === undefined || output.handle !== undefined) return;
  const dtype = op.attrs.get("dtype");
  const shape = op.attrs.get("shape");
  if (dtype?.kind === "type" && shape?.kind === "shape") {
    output.handle = { dtype: dtype.value, shape: shape.value };
  } else {
    const handle = op.inputs.find((input) => input.handle !== undefined)?.handle;
    if (handle !== undefined) for (const one of op.outputs) one.handle = handle;
  }
}

/** Other nodes that a node is to share a device with. */
function colocatedWith(name: string, attrs: ReadonlyMap<string, AttrValue>): string[] {
  const value = attrs.get("_class");
  if (value?.kind !== "list") return [];
  return value.value
    .map((item) => String(item.value))
    .filter((group) => group.startsWith("loc:@") && group.slice(5) !== name)
    .map((group) => group.slice(5));
}
