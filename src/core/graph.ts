/** Graph: nodes in order of creation, their names, the scopes they are made in, and collections. */

import type { AttrValue } from "./attrs.ts";
import { DeviceSpec } from "./device.ts";
import { AssertionError, KeyError, RuntimeError, repr, TypeError, ValueError } from "./errors.ts";
import { brief, kindOf } from "./kind.ts";
import { NameTable, validOpName, validScopeName } from "./names.ts";
import type { notOptions, OptionsObject } from "./options.ts";
import { type OpenScope, openScope, within } from "./scope.ts";
import { graphElement, isGraphElementLike, Operation, type OutputSpec, Tensor } from "./tensor.ts";

/** A device given by name, as a function of the operation, or null to stop outer ones. */
export type DeviceLike = string | DeviceSpec | DeviceFunction | null;
export type DeviceFunction = (op: Operation) => string | DeviceSpec | null;

/** One `controlDependencies` block: what it waits for, and what was made inside it. */
interface ControlBlock {
  readonly inputs: readonly Operation[];
  readonly seen: Set<Operation>;
}

/** Takes part in making nodes inside `cond` and loops. */
export interface ControlFlowContext {
  readonly outer: ControlFlowContext | null;
  addOp(op: Operation): void;
}

export type AttrScopeValue = AttrValue | ((op: Operation) => AttrValue | null) | null;

/** The state of all scopes of one graph. Entering a scope replaces it; leaving puts the old one back. */
export interface GraphScopes {
  /** The current name scope without trailing slash; `""` is the root. */
  readonly name: string;
  readonly controls: readonly ControlBlock[];
  /** Innermost last; strings are parsed. */
  readonly devices: readonly (DeviceSpec | DeviceFunction | null)[];
  /** Innermost last. */
  readonly colocations: readonly Operation[];
  readonly attrs: ReadonlyMap<string, AttrScopeValue>;
  readonly gradientOverrides: ReadonlyMap<string, string>;
  readonly kernelLabels: ReadonlyMap<string, string>;
  readonly container: string;
  readonly controlFlow: ControlFlowContext | null;
  readonly originalOp: Operation | undefined;
}

const rootScopes: GraphScopes = {
  name: "",
  controls: [],
  devices: [],
  colocations: [],
  attrs: new Map(),
  gradientOverrides: new Map(),
  kernelLabels: new Map(),
  container: "",
  controlFlow: null,
  originalOp: undefined,
};

/** What a new node consists of. `name` is as requested: see `Graph.createOp`. */
export interface NodeSpec {
  readonly type: string;
  readonly name?: string | undefined;
  readonly inputs?: readonly Tensor[];
  readonly attrs?: ReadonlyMap<string, AttrValue>;
  readonly outputs?: readonly OutputSpec[];
  /** Whether the op type keeps state, which makes it take the graph's container. */
  readonly stateful?: boolean;
}

export type GraphElement = Tensor | Operation;

interface ElementKinds {
  readonly allowTensor?: boolean;
  readonly allowOperation?: boolean;
}

/** A dataflow graph: create operations in it, then run them in a session. */
export class Graph implements Disposable {
  readonly #operations: Operation[] = [];
  readonly #byName = new Map<string, Operation>();
  readonly #names = new NameTable();
  readonly #collections = new Map<string, unknown[]>();
  readonly #unfeedable = new Set<Tensor>();
  readonly #unfetchable = new Set<Operation>();
  readonly #defaults: OpenScope[] = [];
  #lastId = 0;
  #finalized = false;
  /** The graph-level random seed; null when none was set. */
  seed: number | null = null;
  /** Random operations made so far without a seed of their own (decides their default seed). */
  randomOps = 0;
  /** @internal */
  scopes: GraphScopes = rootScopes;

  /** The largest operation id so far; 0 for an empty graph. */
  get version(): number {
    return this.#lastId;
  }
  get finalized(): boolean {
    return this.#finalized;
  }

  /** Makes this graph the default: until disposed (`using`), or while `body` runs. */
  asDefault(): this;
  asDefault<R>(body: (graph: this) => R): R;
  asDefault<R>(body?: (graph: this) => R): this | R {
    const scope = pushDefaultGraph(this);
    if (body) return within(scope, "graph.asDefault", () => body(this));
    this.#defaults.push(scope);
    return this;
  }
  /** Ends the latest `asDefault()`. */
  [Symbol.dispose](): void {
    this.#defaults.pop()?.close();
  }

  /** Refuses all further changes. */
  finalize(): void {
    this.#finalized = true;
  }
  /** @internal */
  unsafeUnfinalize(): void {
    this.#finalized = false;
  }

  /**
   * Adds a node. The name is made unique within the current name scope, unless it ends in `/`:
   * then the rest of it is taken as it is.
   */
  createOp(spec: NodeSpec): Operation {
    this.#checkNotFinalized();
    this.#lastId += 1;
    const requested = spec.name ?? spec.type;
    checkName(requested);
    const name = requested.endsWith("/") ? requested.slice(0, -1) : this.uniqueName(requested);
    if (this.#byName.has(name)) throw new ValueError(`Duplicate node name in graph: '${name}'`);
    const inputs = spec.inputs ?? [];
    for (const input of inputs) this.#checkOwn(input);
    const scopes = this.scopes;
    const op = new Operation(
      {
        graph: this,
        id: this.#lastId,
        name,
        type: spec.type,
        inputs,
        controlInputs: this.#controlInputsFor(inputs),
        attrs: spec.attrs ?? new Map(),
        outputs: spec.outputs ?? [],
      },
      scopes.originalOp,
      scopes.controlFlow,
    );
    this.#operations.push(op);
    this.#byName.set(name, op);
    scopes.controlFlow?.addOp(op);
    this.#applyScopes(op, spec.stateful ?? false);
    return op;
  }

  #controlInputsFor(inputs: readonly Tensor[]): Operation[] {
    const found: Operation[] = [];
    for (const block of this.scopes.controls) {
      if (inputs.some((input) => block.seen.has(input.op))) continue;
      for (const op of block.inputs) {
        if (!inputs.some((input) => input.op === op)) found.push(op);
      }
    }
    return found;
  }

  #applyScopes(op: Operation, stateful: boolean): void {
    const { attrs, kernelLabels, gradientOverrides, controls, colocations, container } =
      this.scopes;
    for (const [key, value] of attrs) {
      if (op.attrs.has(key)) continue;
      const resolved = typeof value === "function" ? value(op) : value;
      if (resolved) op.setAttr(key, resolved);
    }
    const label = kernelLabels.get(op.type);
    if (label !== undefined) op.setStringAttr("_kernel", label);
    const override = gradientOverrides.get(op.type);
    if (override !== undefined) op.setStringAttr("_gradient_op_type", override);
    for (const block of controls) block.seen.add(op);
    this.#applyDevices(op);
    if (colocations.length > 0) this.#applyColocation(op);
    const own = op.attrs.get("container");
    if (container && stateful && own?.kind === "string" && own.value === "") {
      op.setStringAttr("container", container);
    }
  }

  #applyDevices(op: Operation): void {
    for (const device of this.scopes.devices.toReversed()) {
      if (device === null) return;
      if (typeof device === "function") op.setDevice(String(device(op) ?? ""));
      else op.setDevice(device.makeMergedSpec(DeviceSpec.fromString(op.device)).toString());
    }
  }

  #applyColocation(op: Operation): void {
    const { colocations } = this.scopes;
    const groups = new Set(colocations.flatMap((other) => other.colocationGroups()));
    const placed = colocations.toReversed().find((other) => other.device !== "");
    if (placed) op.setDevice(placed.device);
    op.setClass([...groups].sort());
  }

  /** Nodes in order of creation. */
  getOperations(): Operation[] {
    return [...this.#operations];
  }
  /** @internal The live list. */
  get operations(): readonly Operation[] {
    return this.#operations;
  }

  /** `name` under the current scope, with a suffix when it is taken. */
  uniqueName(name: string, { markAsUsed = true }: { readonly markAsUsed?: boolean } = {}): string {
    checkName(name);
    const scope = this.scopes.name;
    return this.#names.unique(scope ? `${scope}/${name}` : name, markAsUsed);
  }
  /** @internal Records a name given from outside. */
  reserveName(name: string): void {
    this.#names.reserve(name);
  }

  /** The current name scope, without trailing slash. */
  getNameScope(): string {
    return this.scopes.name;
  }

  /**
   * @internal Settles what a `nameScope(name)` call refers to: the scope to be in, and the string it yields.
   */
  resolveNameScope(name: string | null): { readonly scope: string; readonly yields: string } {
    if (name === null || name === undefined || name === "") return { scope: "", yields: "" };
    checkName(name);
    const inside = this.scopes.name !== "";
    const pattern = inside ? validScopeName : validOpName;
    if (!pattern.test(name)) {
      const kind = inside ? "scope" : "root scope";
      throw new ValueError(
        `'${name}' is not a valid ${kind} name. A ${kind} name has to match the following pattern: ${pattern.source}`,
      );
    }
    const scope = name.endsWith("/") ? name.slice(0, -1) : this.uniqueName(name);
    return { scope, yields: `${scope}/` };
  }

  /**
   * Prefixes the names of operations made inside. A name ending in `/` re-enters that scope as it is; null or
   * `""` goes to the root. The body gets the scope's name with its slash.
   */
  nameScope(name: string | null): NameScope;
  nameScope<R>(name: string | null, body: (scope: string) => R): R;
  nameScope<R>(name: string | null, body?: (scope: string) => R): NameScope | R {
    const { scope, yields } = this.resolveNameScope(name);
    const open = this.enter({ name: scope }, `nameScope ${repr(name ?? "")}`);
    const handle = new NameScope(yields, open);
    return body ? within(handle, "nameScope", () => body(yields)) : handle;
  }

  /** @internal Replaces part of the scope state until the returned scope closes. */
  enter(patch: Partial<GraphScopes>, label: string, orderError?: string): OpenScope {
    const saved = this.scopes;
    this.scopes = { ...saved, ...patch };
    return openScope(
      label,
      () => {
        this.scopes = saved;
      },
      orderError,
    );
  }

  /** @internal `enter` for the time of a function; cheaper, for the library's own use. */
  inside<R>(patch: Partial<GraphScopes>, body: () => R): R {
    const saved = this.scopes;
    this.scopes = { ...saved, ...patch };
    try {
      return body();
    } finally {
      this.scopes = saved;
    }
  }

  /** Operations made inside run after `inputs` did. `null` forgets all outer ones. */
  controlDependencies(inputs: readonly unknown[] | null): OpenScope;
  controlDependencies<R>(inputs: readonly unknown[] | null, body: () => R): R;
  controlDependencies<R>(inputs: readonly unknown[] | null, body?: () => R): OpenScope | R {
    const scope = this.enter(this.controlPatch(inputs), "controlDependencies");
    return body ? within(scope, "controlDependencies", body) : scope;
  }

  /** @internal */
  controlPatch(inputs: readonly unknown[] | null): Partial<GraphScopes> {
    if (inputs === null) return { controls: [], controlFlow: null };
    if (!Array.isArray(inputs)) {
      throw new TypeError(
        `Control inputs are a list of operations and tensors; got ${kindOf(inputs)}.`,
        "Put brackets around a single one.",
      );
    }
    const { controls } = this.scopes;
    const current = new Set(controls.flatMap((block) => block.inputs));
    const added: Operation[] = [];
    for (const input of inputs) {
      const element = this.asGraphElement(controlElement(input));
      const op = element instanceof Tensor ? element.op : element;
      if (current.has(op)) continue;
      current.add(op);
      added.push(op);
    }
    return { controls: [...controls, { inputs: added, seen: new Set() }] };
  }

  /** Places operations made inside on a device. Outer devices fill what inner ones leave open. */
  device(device: DeviceLike): OpenScope;
  device<R>(device: DeviceLike, body: () => R): R;
  device<R>(device: DeviceLike, body?: () => R): OpenScope | R {
    const entry = deviceEntry(device);
    // A device that says nothing is left out: it would rewrite what functions return.
    const isOpen = entry instanceof DeviceSpec && entry.toString() === "";
    const scope = this.enter(
      isOpen ? {} : { devices: [...this.scopes.devices, entry] },
      "device scope",
      "Exiting device scope without proper scope nesting.",
    );
    return body ? within(scope, "device", body) : scope;
  }

  /** Places operations made inside with `op` (an operation, tensor or variable). */
  colocateWith(op: unknown, options?: ColocateOptions): OpenScope;
  colocateWith<R>(op: unknown, options: ColocateOptions, body: () => R): R;
  colocateWith<R>(op: unknown, options: ColocateOptions = {}, body?: () => R): OpenScope | R {
    const scope = this.enter(this.colocationPatch(op, options), "colocateWith");
    return body ? within(scope, "colocateWith", body) : scope;
  }

  /** @internal */
  colocationPatch(
    target: unknown,
    { ignoreExisting = false }: ColocateOptions = {},
  ): Partial<GraphScopes> {
    if (target === null || target === undefined) {
      if (!ignoreExisting) {
        throw new ValueError(
          "Trying to reset colocation (op is None) but ignore_existing is not True",
        );
      }
      return { colocations: [], devices: [] };
    }
    const element = this.asGraphElement(colocationElement(target));
    const op = element instanceof Tensor ? element.op : element;
    return { colocations: ignoreExisting ? [op] : [...this.scopes.colocations, op], devices: [] };
  }

  /** @internal Adds attributes to nodes made inside that do not carry them already. */
  attrScopePatch(values: Readonly<Record<string, AttrScopeValue>>): Partial<GraphScopes> {
    const attrs = new Map(this.scopes.attrs);
    for (const [key, value] of Object.entries(values)) {
      if (value === null) attrs.delete(key);
      else attrs.set(key, value);
    }
    return { attrs };
  }

  /** Uses another gradient function for operations of some types made inside. */
  gradientOverrideMap(types: Readonly<Record<string, string>>): OpenScope;
  gradientOverrideMap<R>(types: Readonly<Record<string, string>>, body: () => R): R;
  gradientOverrideMap<R>(types: Readonly<Record<string, string>>, body?: () => R): OpenScope | R {
    const isMap = typeof types === "object" && types !== null;
    if (!isMap || Object.values(types).some((type) => typeof type !== "string")) {
      throw new TypeError("op_type_map must be a dictionary mapping strings to strings");
    }
    const merged = new Map([...this.scopes.gradientOverrides, ...Object.entries(types)]);
    const scope = this.enter({ gradientOverrides: merged }, "gradientOverrideMap");
    return body ? within(scope, "gradientOverrideMap", body) : scope;
  }

  /** Names the container that stateful operations made inside keep their state in. */
  container(name: string): OpenScope;
  container<R>(name: string, body: () => R): R;
  container<R>(name: string, body?: () => R): OpenScope | R {
    const scope = this.enter({ container: name }, "container");
    return body ? within(scope, "container", body) : scope;
  }

  addToCollection(name: string, value: unknown): void {
    this.#checkNotFinalized();
    this.getCollectionRef(name).push(value);
  }
  /** Adds to several collections; one named twice gets the value once. */
  addToCollections(names: string | Iterable<string>, value: unknown): void {
    if (typeof (names as Iterable<string> | null)?.[Symbol.iterator] !== "function") {
      throw new TypeError(`Names of collections are a string or a list; got ${brief(names)}.`);
    }
    for (const name of typeof names === "string" ? [names] : new Set(names)) {
      this.addToCollection(name, value);
    }
  }
  /** A copy of a collection; with `scope`, the items whose name matches that regular expression at its start. */
  getCollection<T = unknown>(name: string, scope?: string): T[] {
    const items = (this.#collections.get(name) ?? []) as T[];
    if (scope === undefined) return [...items];
    const pattern = scopePattern(scope);
    return items.filter((item) => {
      const itemName = (item as { readonly name?: unknown } | null)?.name;
      return typeof itemName === "string" && pattern.test(itemName);
    });
  }
  /** The live list of a collection, made when there is none. */
  getCollectionRef<T = unknown>(name: string): T[] {
    let items = this.#collections.get(name);
    if (!items) {
      items = [];
      this.#collections.set(name, items);
    }
    return items as T[];
  }
  getAllCollectionKeys(): string[] {
    return [...this.#collections.keys()];
  }
  clearCollection(name: string): void {
    this.#checkNotFinalized();
    this.#collections.delete(name);
  }

  getOperationByName(name: string): Operation {
    if (typeof name !== "string") {
      throw new TypeError(`Operation names are strings (or similar), not ${typeof name}.`);
    }
    return this.asGraphElement(name, { allowTensor: false }) as Operation;
  }
  getTensorByName(name: string): Tensor {
    if (typeof name !== "string") {
      throw new TypeError(`Tensor names are strings (or similar), not ${typeof name}.`);
    }
    return this.asGraphElement(name, { allowOperation: false }) as Tensor;
  }

  /** The node or tensor of this graph that `value` (an element, a name, a variable) stands for. */
  asGraphElement(
    value: unknown,
    { allowTensor = true, allowOperation = true }: ElementKinds = {},
  ): GraphElement {
    const kinds = [...(allowTensor ? ["Tensor"] : []), ...(allowOperation ? ["Operation"] : [])];
    if (kinds.length === 0) {
      throw new ValueError("allow_tensor and allow_operation can't both be False.");
    }
    const element = isGraphElementLike(value) ? value[graphElement]() : value;
    if (typeof element === "string") return this.#byString(element, allowTensor, allowOperation);
    if (element instanceof Tensor && allowTensor) {
      if (element.graph !== this)
        throw new ValueError(`Tensor ${element} is not an element of this graph.`);
      return element;
    }
    if (element instanceof Operation && allowOperation) {
      if (element.graph !== this) {
        throw new ValueError(`Operation ${element} is not an element of this graph.`);
      }
      return element;
    }
    throw new TypeError(`Can not convert a ${kindOf(element)} into a ${kinds.join(" or ")}.`);
  }

  #byString(name: string, allowTensor: boolean, allowOperation: boolean): GraphElement {
    const quoted = repr(name);
    const form = 'Tensor names must be of the form "<op_name>:<output_index>".';
    if (name.includes(":") && allowTensor) {
      const [opName = "", index = "", ...rest] = name.split(":");
      if (rest.length > 0 || !/^-?\d+$/.test(index)) {
        throw new ValueError(
          `The name ${quoted} looks a like a Tensor name, but is not a valid one. ${form}`,
        );
      }
      const missing = `The name ${quoted} refers to a Tensor which does not exist. The operation, ${repr(opName)},`;
      const op = this.#byName.get(opName);
      if (!op) throw new KeyError(`${missing} does not exist in the graph.`, this.#similar(opName));
      const tensor = op.outputs.at(Number(index));
      if (!tensor)
        throw new KeyError(`${missing} exists but only has ${op.outputs.length} outputs.`);
      return tensor;
    }
    if (name.includes(":")) {
      throw new ValueError(`Name ${quoted} appears to refer to a Tensor, not a Operation.`);
    }
    const op = this.#byName.get(name);
    if (allowOperation) {
      if (!op)
        throw new KeyError(
          `The name ${quoted} refers to an Operation not in the graph.`,
          this.#similar(name),
        );
      return op;
    }
    throw new ValueError(
      op
        ? `The name ${quoted} refers to an Operation, not a Tensor. ${form}`
        : `The name ${quoted} looks like an (invalid) Operation name, not a Tensor. ${form}`,
      op ? `Did you mean ${repr(`${name}:0`)}?` : this.#similar(name),
    );
  }

  #similar(name: string): string | undefined {
    const last = name.slice(name.lastIndexOf("/") + 1);
    const close = this.#operations.filter((op) => op.name.endsWith(last)).slice(0, 3);
    return close.length > 0
      ? `Did you mean ${close.map((op) => repr(op.name)).join(", ")}?`
      : undefined;
  }

  /** @internal */
  findOperation(name: string): Operation | undefined {
    return this.#byName.get(name);
  }

  /** @internal Takes back the newest operations, so that `count` are left. */
  forgetOperations(count: number): void {
    while (this.#operations.length > count) {
      const op = this.#operations.pop() as Operation;
      this.#byName.delete(op.name);
      for (const input of op.inputs) input.uses.splice(input.uses.lastIndexOf(op), 1);
    }
  }

  preventFeeding(tensor: Tensor): void {
    this.#unfeedable.add(tensor);
  }
  preventFetching(op: Operation): void {
    this.#unfetchable.add(op);
  }
  isFeedable(tensor: Tensor): boolean {
    return !this.#unfeedable.has(tensor);
  }
  isFetchable(element: GraphElement): boolean {
    return !this.#unfetchable.has(element instanceof Tensor ? element.op : element);
  }

  #checkOwn(input: Tensor): void {
    if (input.graph !== this) {
      throw new ValueError(`${input} must be from the same graph as the operation that reads it.`);
    }
  }
  #checkNotFinalized(): void {
    if (this.#finalized) throw new RuntimeError("Graph is finalized and cannot be modified.");
  }
}

export interface ColocateOptions extends OptionsObject {
  /** Hides the outer colocation. */
  readonly ignoreExisting?: boolean;
}

/** A name scope that is open. Prints as its name with the trailing slash. */
export class NameScope implements Disposable {
  declare readonly [notOptions]: true;
  readonly name: string;
  readonly #open: OpenScope;

  constructor(name: string, open: OpenScope) {
    this.name = name;
    this.#open = open;
  }
  [Symbol.dispose](): void {
    this.#open.close();
  }
  toString(): string {
    return this.name;
  }
}

/** @internal Variables name here the operation they are placed by, which need not be what they fetch. */
export const placedBy: unique symbol = Symbol("placedBy");

function checkName(name: unknown): asserts name is string {
  if (typeof name === "string") return;
  throw new TypeError(`A name is a string; got ${brief(name)} of type '${kindOf(name)}'.`);
}

function scopePattern(scope: string): RegExp {
  try {
    return new RegExp(`^(?:${scope})`);
  } catch {
    throw new ValueError(`The scope ${repr(scope)} is not a valid regular expression.`);
  }
}

function deviceEntry(device: DeviceLike): DeviceSpec | DeviceFunction | null {
  if (typeof device === "string") return DeviceSpec.fromString(device);
  if (device === null || typeof device === "function" || device instanceof DeviceSpec)
    return device;
  throw new TypeError(
    `A device is a name, a tf.DeviceSpec, a function of the operation, or null; got ${kindOf(device)}.`,
  );
}

function colocationElement(value: unknown): unknown {
  return hasPlacedBy(value) ? value[placedBy]() : value;
}

/** IndexedSlices wait for their operation, resource variables for their handle (so that nothing is read). */
function controlElement(value: unknown): unknown {
  if (hasPlacedBy(value)) return value[placedBy]();
  const op = (value as { readonly op?: unknown } | null)?.op;
  return !(value instanceof Tensor) && op instanceof Operation ? op : value;
}

function hasPlacedBy(value: unknown): value is { [placedBy](): Operation } {
  return typeof value === "object" && value !== null && placedBy in value;
}

const graphs: Graph[] = [];
let globalGraph: Graph | undefined;

/** The innermost default graph, or the global one, made when first asked for. */
export function getDefaultGraph(): Graph {
  const top = graphs.at(-1);
  if (top) return top;
  globalGraph ??= new Graph();
  return globalGraph;
}

/** Whether a graph was made default explicitly. */
export function hasDefaultGraph(): boolean {
  return graphs.length > 0;
}

/** Replaces the global graph by a new one. Not possible while another graph is default. */
export function resetDefaultGraph(): void {
  if (graphs.length > 0) {
    throw new AssertionError(
      "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, exit the nesting and create a new graph.",
    );
  }
  globalGraph = new Graph();
}

/** @internal */
export function pushDefaultGraph(graph: Graph): OpenScope {
  const depth = graphs.length;
  graphs.push(graph);
  return openScope(
    "the default graph",
    () => {
      graphs.length = depth;
    },
    "Nesting violated for default stack of <class 'tensorflow.python.framework.ops.Graph'> objects",
  );
}

/** @internal Runs `body` with `graph` as default; cheap when it already is. */
export function inGraph<R>(graph: Graph, body: () => R): R {
  if (getDefaultGraph() === graph) return body();
  const depth = graphs.length;
  graphs.push(graph);
  try {
    return body();
  } finally {
    graphs.length = depth;
  }
}
