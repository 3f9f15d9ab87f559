/** Operation and Tensor: the nodes of a graph and what flows between them. */

import {
  type AttrKind,
  type AttrKinds,
  type AttrValue,
  attr,
  attrList,
  formatAttr,
} from "./attrs.ts";
import type { DType, DTypeName } from "./dtypes.ts";
import { ValueError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { validOpName } from "./names.ts";
import type { NDArray } from "./ndarray.ts";
import { checkOptions, type notOptions, type OptionNames, type OptionsObject } from "./options.ts";
import { type Feeds, type RunnableSession, resolveSession } from "./session.ts";
import { asShape, type ShapeLike, type TensorShape } from "./shape.ts";
import { Trace } from "./trace.ts";

/** One output of an operation: a value that exists once the graph runs. */
export class Tensor<D extends DTypeName = DTypeName> {
  declare readonly [notOptions]: true;
  readonly op: Operation;
  /** Which output of `op` this is. */
  readonly valueIndex: number;
  readonly dtype: DType<D>;
  #shape: TensorShape;
  /** @internal Operations that read this tensor, one entry per use. */
  readonly uses: Operation[] = [];
  /** @internal Of a resource handle: the type and shape of what it refers to. */
  handle: HandleData | undefined;

  constructor(op: Operation, index: number, dtype: DType<D>, shape: TensorShape) {
    this.op = op;
    this.valueIndex = index;
    this.dtype = dtype;
    this.#shape = shape;
  }

  /** `node:index`, as in `"w/read:0"`. */
  get name(): string {
    return `${this.op.name}:${this.valueIndex}`;
  }
  get graph(): Graph {
    return this.op.graph;
  }
  get device(): string {
    return this.op.device;
  }
  /** What is known of the shape before running. */
  get shape(): TensorShape {
    return this.#shape;
  }
  /** Adds knowledge about the shape. Throws ValueError when it contradicts what is known. */
  setShape(shape: ShapeLike): void {
    const given = asShape(shape);
    const conflict = this.#shape.conflictWith(given);
    if (conflict) throw new ValueError(conflict, `The tensor is ${this.name}.`);
    this.#shape = this.#shape.mergeWith(given);
  }
  /** The operations that read this tensor, one entry per use. */
  consumers(): Operation[] {
    return [...this.uses];
  }
  /** How GraphDef names this tensor as an input: the index 0 is left out. */
  get inputName(): string {
    return this.valueIndex === 0 ? this.op.name : this.name;
  }
  /** Runs what this tensor needs and returns its value. */
  async eval(options: EvalOptions = {}): Promise<NDArray<D>> {
    checkOptions(options, "eval", evalOptionNames);
    const { feeds, session } = options;
    const runner = resolveSession(this.graph, session, "tensor");
    return (await runner.run(this, feeds)) as NDArray<D>;
  }
  /** `eval` for engines that can block. */
  evalSync(options: EvalOptions = {}): NDArray<D> {
    checkOptions(options, "evalSync", evalOptionNames);
    const { feeds, session } = options;
    return resolveSession(this.graph, session, "tensor").runSync(this, feeds) as NDArray<D>;
  }
  toString(): string {
    const shape = this.shape.dims ? `, shape=${this.shape}` : "";
    const device = this.device ? `, device=${this.device}` : "";
    return `Tensor("${this.name}"${shape}, dtype=${this.dtype.name}${device})`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `<tf.Tensor '${this.name}' shape=${this.shape} dtype=${this.dtype.name}>`;
  }
}

export interface HandleData {
  readonly dtype: DType;
  readonly shape: TensorShape;
}

const evalOptionNames: OptionNames<EvalOptions> = { feeds: true, session: true };

export interface EvalOptions extends OptionsObject {
  readonly feeds?: Feeds | undefined;
  readonly session?: RunnableSession | undefined;
}

/** Everything needed to make a node; names and scopes are already settled. */
export interface OperationSpec {
  readonly graph: Graph;
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly inputs: readonly Tensor[];
  readonly controlInputs: readonly Operation[];
  readonly attrs: ReadonlyMap<string, AttrValue>;
  readonly outputs: readonly OutputSpec[];
}

export interface OutputSpec {
  readonly dtype: DType;
  readonly shape: TensorShape;
}

/** A node of a graph. */
export class Operation {
  declare readonly [notOptions]: true;
  readonly graph: Graph;
  /** Position in the order of creation, from 1. */
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly outputs: readonly Tensor[];
  /** Where the user's code made this node. */
  readonly trace = Trace.here();
  /** The forward operation that a gradient operation belongs to. */
  readonly originalOp: Operation | undefined;
  /** The control-flow context this node is inside of, if any. Conditionals take nodes in after they were made. */
  controlFlow: unknown;
  #device = "";
  readonly #inputs: Tensor[];
  readonly #controlInputs: Operation[];
  readonly #attrs: Map<string, AttrValue>;

  constructor(spec: OperationSpec, originalOp: Operation | undefined, controlFlow: unknown) {
    if (!validOpName.test(spec.name)) {
      throw new ValueError(
        `\`${spec.name}\` is not a valid node name. Accepted names conform to Regex /${validOpName.source}/`,
      );
    }
    this.graph = spec.graph;
    this.id = spec.id;
    this.name = spec.name;
    this.type = spec.type;
    this.originalOp = originalOp;
    this.controlFlow = controlFlow;
    this.#inputs = [...spec.inputs];
    this.#controlInputs = [...new Set(spec.controlInputs)];
    this.#attrs = new Map(spec.attrs);
    this.outputs = spec.outputs.map(({ dtype, shape }, i) => new Tensor(this, i, dtype, shape));
    for (const input of this.#inputs) input.uses.push(this);
  }

  get inputs(): readonly Tensor[] {
    return this.#inputs;
  }
  get controlInputs(): readonly Operation[] {
    return this.#controlInputs;
  }
  get attrs(): ReadonlyMap<string, AttrValue> {
    return this.#attrs;
  }
  get device(): string {
    return this.#device;
  }
  /** The first output. */
  get output(): Tensor {
    const [first] = this.outputs;
    if (!first)
      throw new ValueError(`Operation '${this.name}' (type ${this.type}) has no outputs.`);
    return first;
  }
  /** The value of an attribute. Throws ValueError when there is none of that name. */
  getAttr(name: string): AttrKinds[AttrKind] {
    const value = this.#attrs.get(name);
    if (!value) throw new ValueError(`Operation '${this.name}' has no attr named '${name}'.`);
    return value.value;
  }
  /** The groups this operation must share a device with: its own when it names none. */
  colocationGroups(): string[] {
    const value = this.#attrs.get("_class");
    const groups = value?.kind === "list" ? value.value.map((item) => String(item.value)) : [];
    const named = groups.filter((group) => group.startsWith("loc:@"));
    return named.length > 0 ? named : [`loc:@${this.name}`];
  }
  /** Runs this operation. */
  async run(options: EvalOptions = {}): Promise<void> {
    checkOptions(options, "run", evalOptionNames);
    const { feeds, session } = options;
    await resolveSession(this.graph, session, "operation").run(this, feeds);
  }
  /** `run` for engines that can block. */
  runSync(options: EvalOptions = {}): void {
    checkOptions(options, "runSync", evalOptionNames);
    const { feeds, session } = options;
    resolveSession(this.graph, session, "operation").runSync(this, feeds);
  }

  /** @internal */
  setAttr(name: string, value: AttrValue): void {
    this.#attrs.set(name, value);
  }
  /** @internal */
  setClass(groups: readonly string[]): void {
    this.#attrs.set("_class", attrList("string", groups));
  }
  /** @internal */
  setStringAttr(name: string, value: string): void {
    this.#attrs.set(name, attr("string", value));
  }
  /** @internal Kept as it is given: device functions may use short forms. */
  setDevice(device: string): void {
    this.#device = device;
  }
  /** @internal Reroutes one input. */
  updateInput(index: number, tensor: Tensor): void {
    const old = this.#inputs[index];
    if (old) old.uses.splice(old.uses.indexOf(this), 1);
    this.#inputs[index] = tensor;
    tensor.uses.push(this);
  }
  /** @internal */
  addControlInputs(ops: Iterable<Operation>): void {
    for (const op of ops) {
      if (!this.#controlInputs.includes(op)) this.#controlInputs.push(op);
    }
  }
  /** @internal Drops all control inputs and returns them. */
  removeControlInputs(): Operation[] {
    return this.#controlInputs.splice(0);
  }

  /** NodeDef in text form. */
  toString(): string {
    let text = `name: "${this.name}"\nop: "${this.type}"\n`;
    for (const input of this.#inputs) text += `input: "${input.inputName}"\n`;
    for (const name of this.#controlInputs.map((op) => op.name).sort())
      text += `input: "^${name}"\n`;
    if (this.device) text += `device: "${this.device}"\n`;
    for (const [key, value] of [...this.#attrs].sort(([a], [b]) => (a < b ? -1 : 1))) {
      text += `attr {\n  key: "${key}"\n  value {\n${formatAttr(value, "    ")}  }\n}\n`;
    }
    return text;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `<tf.Operation '${this.name}' type=${this.type}>`;
  }
}

/** @internal Objects that stand for a node or tensor, such as variables, give it under this key. */
export const graphElement: unique symbol = Symbol("graphElement");

/** Something that stands for a graph element. */
export interface GraphElementLike {
  [graphElement](): Tensor | Operation | string;
}

export function isGraphElementLike(value: unknown): value is GraphElementLike {
  return typeof value === "object" && value !== null && graphElement in value;
}

/** A tensor whose shape is told rather than inferred. */
export function outputSpec(dtype: DType, shape: ShapeLike): OutputSpec {
  return { dtype, shape: asShape(shape) };
}
