/** Variable scopes: where getVariable looks for its name, its defaults and whether it may share. */

import { asDType, type DType, type DTypeLike, float32 } from "../core/dtypes.ts";
import { repr, TypeError, ValueError } from "../core/errors.ts";
import { type DeviceLike, type Graph, getDefaultGraph, pushDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import type { notOptions, OptionsObject } from "../core/options.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import { checkBody, type OpenScope, openScope, within } from "../core/scope.ts";
import { warn } from "../core/warn.ts";
import { graphOf } from "../ops/convert.ts";
import type { InitializerLike } from "./initializers.ts";
import {
  AUTO_REUSE,
  type Constraint,
  type CustomGetter,
  type Partitioner,
  type Regularizer,
  type Reuse,
} from "./types.ts";
import type { Variable } from "./variable.ts";

/** Defaults that a scope gives to the variables made in it; null leaves the enclosing scope's. */
export interface ScopeDefaults extends OptionsObject {
  readonly initializer?: InitializerLike | null | undefined;
  readonly regularizer?: Regularizer | null | undefined;
  readonly cachingDevice?: DeviceLike | undefined;
  readonly partitioner?: Partitioner | null | undefined;
  readonly customGetter?: CustomGetter | null | undefined;
  readonly dtype?: DTypeLike | null | undefined;
  readonly useResource?: boolean | null | undefined;
  /** Unlike the others, not inherited by scopes within. */
  readonly constraint?: Constraint | null | undefined;
}

export interface VariableScopeOptions extends ScopeDefaults {
  /** Used, made unique, when the name is null. */
  readonly defaultName?: string | null | undefined;
  /** Tensors and variables whose graph becomes the default inside. */
  readonly values?: readonly unknown[] | null | undefined;
  readonly reuse?: Reuse | undefined;
  /** False keeps the current name scope instead of opening one. */
  readonly auxiliaryNameScope?: boolean | undefined;
}

interface ScopeFields extends ScopeDefaults {
  readonly name?: string;
  readonly nameScope?: string;
}

/**
 * The naming and the defaults in force at a place in the program. Changes to it affect later `getVariable` calls
 * in its block and whoever re-enters it, not scopes already opened within. TensorFlow: `tf.VariableScope`.
 */
export class VariableScope implements Disposable {
  declare readonly [notOptions]: true;
  /** The prefix of variable names, without trailing slash; `""` is the root. */
  readonly name: string;
  /** The name scope that was opened with it, with slash. */
  readonly originalNameScope: string;
  #reuse: Reuse;
  #initializer: InitializerLike | null;
  #regularizer: Regularizer | null;
  #cachingDevice: DeviceLike;
  #partitioner: Partitioner | null;
  #customGetter: CustomGetter | null;
  #dtype: DType;
  #useResource: boolean | null;
  readonly #constraint: Constraint | null;
  #close: (() => void) | undefined;

  constructor(reuse: Reuse, fields: ScopeFields = {}) {
    this.name = fields.name ?? "";
    this.originalNameScope = fields.nameScope ?? "";
    this.#reuse = reuse;
    this.#initializer = fields.initializer ?? null;
    this.#regularizer = fields.regularizer ?? null;
    this.#cachingDevice = fields.cachingDevice ?? null;
    this.#partitioner = fields.partitioner ?? null;
    this.#customGetter = fields.customGetter ?? null;
    this.#dtype = asDType((fields.dtype ?? float32) as DTypeLike);
    this.#useResource = fields.useResource ?? null;
    this.#constraint = fields.constraint ?? null;
  }

  get reuse(): Reuse {
    return this.#reuse;
  }
  get initializer(): InitializerLike | null {
    return this.#initializer;
  }
  get regularizer(): Regularizer | null {
    return this.#regularizer;
  }
  get cachingDevice(): DeviceLike {
    return this.#cachingDevice;
  }
  get partitioner(): Partitioner | null {
    return this.#partitioner;
  }
  get customGetter(): CustomGetter | null {
    return this.#customGetter;
  }
  get dtype(): DType {
    return this.#dtype;
  }
  get useResource(): boolean | null {
    return this.#useResource;
  }
  get constraint(): Constraint | null {
    return this.#constraint;
  }

  /** From now on variables asked for here must exist. There is no way back on this object. */
  reuseVariables(): void {
    this.#reuse = true;
  }
  setInitializer(initializer: InitializerLike | null): void {
    this.#initializer = initializer;
  }
  setRegularizer(regularizer: Regularizer | null): void {
    this.#regularizer = regularizer;
  }
  setCachingDevice(device: DeviceLike): void {
    this.#cachingDevice = device;
  }
  setPartitioner(partitioner: Partitioner | null): void {
    this.#partitioner = partitioner;
  }
  setCustomGetter(getter: CustomGetter | null): void {
    this.#customGetter = getter;
  }
  setDtype(dtype: DTypeLike): void {
    this.#dtype = asDType(dtype);
  }
  setUseResource(useResource: boolean | null): void {
    this.#useResource = useResource;
  }

  /** The items of a collection whose names lie under this scope. */
  getCollection<T = unknown>(key: string): T[] {
    return getDefaultGraph().getCollection<T>(key, this.name ? `${this.name}/` : undefined);
  }
  trainableVariables(): Variable[] {
    return this.getCollection<Variable>(GraphKeys.TRAINABLE_VARIABLES);
  }
  globalVariables(): Variable[] {
    return this.getCollection<Variable>(GraphKeys.GLOBAL_VARIABLES);
  }
  localVariables(): Variable[] {
    return this.getCollection<Variable>(GraphKeys.LOCAL_VARIABLES);
  }

  /** @internal */
  onClose(close: () => void): this {
    this.#close = close;
    return this;
  }
  /** Leaves the scope, when it was opened with `using`. */
  [Symbol.dispose](): void {
    const close = this.#close;
    this.#close = undefined;
    close?.();
  }
  toString(): string {
    return `VariableScope(${repr(this.name)}, reuse=${String(this.#reuse)})`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** What a graph knows of its variable scopes. */
interface ScopeState {
  current: VariableScope;
  /** How often each full scope name was opened; makes default names unique. */
  counts: Map<string, number>;
}

const states = new WeakMap<Graph, ScopeState>();

function stateOf(graph: Graph): ScopeState {
  let state = states.get(graph);
  if (!state) {
    state = { current: new VariableScope(false), counts: new Map() };
    states.set(graph, state);
  }
  return state;
}

/** The innermost variable scope of the default graph. TensorFlow: `tf.get_variable_scope`. */
export function getVariableScope(): VariableScope {
  return stateOf(getDefaultGraph()).current;
}

/**
 * Opens a variable scope: variables asked for inside are named, shared and filled in by it.
 *
 * A string nests under the current scope and opens a name scope of that name. A `VariableScope` jumps to it,
 * whatever the current one is. With null, `defaultName` is made unique and used. Stays open until disposed
 * (`using scope = tf.variableScope("a")`), or while `body` runs. TensorFlow: `tf.variable_scope`.
 */
export function variableScope(
  nameOrScope: string | VariableScope | null,
  options?: VariableScopeOptions,
): VariableScope;
export function variableScope<R>(
  nameOrScope: string | VariableScope | null,
  body: (scope: VariableScope) => R,
): R;
export function variableScope<R>(
  nameOrScope: string | VariableScope | null,
  options: VariableScopeOptions,
  body: (scope: VariableScope) => R,
): R;
export function variableScope<R>(
  nameOrScope: string | VariableScope | null,
  optionsOrBody: VariableScopeOptions | ((scope: VariableScope) => R) = {},
  bodyAfter?: (scope: VariableScope) => R,
): VariableScope | R {
  const isBody = typeof optionsOrBody === "function";
  const options = isBody ? {} : optionsOrBody;
  const body = isBody ? optionsOrBody : bodyAfter;
  if (body !== undefined) checkBody(body, "variableScope");
  const scope = openVariableScope(nameOrScope, options);
  return body ? within(scope, "variableScope", () => body(scope)) : scope;
}

/** Deprecated order of the arguments of `variableScope`. TensorFlow: `tf.variable_op_scope`. */
export function variableOpScope(
  values: readonly unknown[],
  nameOrScope: string | VariableScope | null,
  defaultName?: string | null,
  options?: VariableScopeOptions,
): VariableScope;
export function variableOpScope<R>(
  values: readonly unknown[],
  nameOrScope: string | VariableScope | null,
  defaultName: string | null,
  body: (scope: VariableScope) => R,
): R;
export function variableOpScope<R>(
  values: readonly unknown[],
  nameOrScope: string | VariableScope | null,
  defaultName: string | null,
  options: VariableScopeOptions,
  body: (scope: VariableScope) => R,
): R;
export function variableOpScope<R>(
  values: readonly unknown[],
  nameOrScope: string | VariableScope | null,
  defaultName: string | null = null,
  optionsOrBody: VariableScopeOptions | ((scope: VariableScope) => R) = {},
  bodyAfter?: (scope: VariableScope) => R,
): VariableScope | R {
  warn(
    "tf.variable_op_scope(values, name, default_name) is deprecated, use tf.variable_scope(name, default_name, values)",
  );
  const isBody = typeof optionsOrBody === "function";
  const options = { ...(isBody ? {} : optionsOrBody), defaultName, values };
  const body = isBody ? optionsOrBody : bodyAfter;
  return body ? variableScope(nameOrScope, options, body) : variableScope(nameOrScope, options);
}

const optionNames: OptionNames<VariableScopeOptions> = {
  reuse: true,
  initializer: true,
  regularizer: true,
  cachingDevice: true,
  partitioner: true,
  customGetter: true,
  dtype: true,
  useResource: true,
  constraint: true,
  defaultName: true,
  values: true,
  auxiliaryNameScope: true,
};

function openVariableScope(
  nameOrScope: string | VariableScope | null,
  options: VariableScopeOptions,
): VariableScope {
  checkOptions(options, "variableScope", optionNames);
  const { defaultName = null, auxiliaryNameScope = true } = options;
  if (defaultName === null && (nameOrScope === null || nameOrScope === undefined)) {
    throw new TypeError("If default_name is None then name_or_scope is required");
  }
  const reuse = options.reuse || null;
  if (reuse !== true && reuse !== null && reuse !== AUTO_REUSE) {
    throw new ValueError("The reuse parameter must be True or False or None.");
  }
  const graph = graphOf(options.values ?? []);
  if (typeof auxiliaryNameScope !== "boolean") {
    throw new TypeError(
      `The auxiliary_name_scope must be \`True\` or \`False\`, while get ${String(auxiliaryNameScope)}`,
    );
  }
  const graphScope = graph === getDefaultGraph() ? undefined : pushDefaultGraph(graph);
  try {
    const entry = settle(graph, nameOrScope ?? null, {
      ...options,
      defaultName,
      auxiliaryNameScope,
      reuse,
    });
    return install(graph, entry, graphScope);
  } catch (error) {
    graphScope?.close();
    throw error;
  }
}

interface Entry {
  /** The name scope to be in, without slash; undefined leaves it as it is. */
  readonly nameScope: string | undefined;
  readonly target: string | VariableScope;
  readonly originalNameScope: string;
  readonly options: VariableScopeOptions;
}

function settle(
  graph: Graph,
  nameOrScope: string | VariableScope | null,
  options: VariableScopeOptions,
): Entry {
  const outer = graph.getNameScope();
  const kept = options.auxiliaryNameScope
    ? undefined
    : { scope: outer, yields: outer ? `${outer}/` : "" };
  if (nameOrScope === null) {
    if (options.reuse) throw new ValueError("reuse=True cannot be used without a name_or_scope");
    const prefix = options.defaultName as string;
    const opened = kept ?? graph.resolveNameScope(prefix);
    const target = uniqueVariableScope(prefix);
    return { nameScope: opened.scope, target, originalNameScope: opened.yields, options };
  }
  if (typeof nameOrScope !== "string" && !(nameOrScope instanceof VariableScope)) {
    throw new TypeError("VariableScope: name_or_scope must be a string or VariableScope.");
  }
  const isName = typeof nameOrScope === "string";
  const last = isName ? nameOrScope : nameOrScope.name.slice(nameOrScope.name.lastIndexOf("/") + 1);
  const opened = kept ?? (last ? graph.resolveNameScope(last) : undefined);
  return {
    nameScope: opened?.scope,
    target: nameOrScope,
    originalNameScope: isName ? (opened?.yields ?? nameOrScope) : nameOrScope.originalNameScope,
    options,
  };
}

/** Makes the scope of an entry current; closing it closes `graphScope` too. */
function install(graph: Graph, entry: Entry, graphScope?: OpenScope): VariableScope {
  const { nameScope, target, originalNameScope, options } = entry;
  const state = stateOf(graph);
  const outer = state.current;
  const isName = typeof target === "string";
  const name = isName ? joinScope(outer.name, target) : target.name;
  const base = isName ? outer : target;
  const scope = derive(base, name, originalNameScope, options);
  state.counts.set(name, (state.counts.get(name) ?? 0) + 1);
  const remembered = isName ? undefined : new Map(state.counts);
  const savedScopes = graph.scopes;
  if (nameScope !== undefined) graph.scopes = { ...savedScopes, name: nameScope };
  state.current = scope;
  const open = openScope(
    `variableScope ${repr(name)}`,
    () => {
      if (remembered) state.counts = remembered;
      else closeSubscopes(state.counts, name);
      state.current = outer;
      graph.scopes = savedScopes;
    },
    "Improper nesting of variable_scope.",
  );
  return scope.onClose(() => {
    try {
      open.close();
    } finally {
      graphScope?.close();
    }
  });
}

/** A new scope with the fields of `base` where the options say nothing. */
function derive(
  base: VariableScope,
  name: string,
  nameScope: string,
  options: VariableScopeOptions,
): VariableScope {
  const { customGetter } = options;
  return new VariableScope(options.reuse || base.reuse, {
    name,
    nameScope,
    initializer: options.initializer ?? base.initializer,
    regularizer: options.regularizer ?? base.regularizer,
    cachingDevice: options.cachingDevice ?? base.cachingDevice,
    partitioner: options.partitioner ?? base.partitioner,
    customGetter: customGetter ? chainGetters(customGetter, base.customGetter) : base.customGetter,
    dtype: options.dtype ?? base.dtype,
    useResource: options.useResource ?? base.useResource,
    constraint: options.constraint,
  });
}

function chainGetters(getter: CustomGetter, outer: CustomGetter | null): CustomGetter {
  if (!outer) return getter;
  return (innermost, name, options) =>
    getter((n, o = {}) => outer(innermost, n, o) as unknown as Variable, name, options);
}

/** Forgets how often the scopes within `name` were opened. */
function closeSubscopes(counts: Map<string, number>, name: string): void {
  const prefix = `${name}/`;
  for (const key of counts.keys()) if (key.startsWith(prefix)) counts.set(key, 0);
}

/** @internal `prefix`, or the first of `prefix_1`, `prefix_2`, … that is not open or used here. */
export function uniqueVariableScope(prefix: string): string {
  const { current, counts } = stateOf(getDefaultGraph());
  const name = joinScope(current.name, prefix);
  if (!counts.get(name)) return prefix;
  let suffix = 1;
  while (counts.get(`${name}_${suffix}`)) suffix += 1;
  return `${prefix}_${suffix}`;
}

/** @internal A variable scope that leaves the name scope alone. */
export function pureVariableScope<R>(
  name: string,
  options: VariableScopeOptions,
  body: (scope: VariableScope) => R,
): R {
  const graph = getDefaultGraph();
  const scope = install(graph, {
    nameScope: undefined,
    target: name,
    originalNameScope: name,
    options,
  });
  return within(scope, "variableScope", () => body(scope));
}

/** @internal */
export function joinScope(scope: string, name: string): string {
  return scope ? `${scope}/${name}` : name;
}
