/** The scopes of the default graph as public functions. */

import { TypeError, ValueError } from "../core/errors.ts";
import {
  type AttrScopeValue,
  type ColocateOptions,
  type DeviceLike,
  getDefaultGraph,
  NameScope,
  pushDefaultGraph,
} from "../core/graph.ts";
import type { OptionsObject } from "../core/options.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import { checkBody, type OpenScope, within } from "../core/scope.ts";
import type { Operation } from "../core/tensor.ts";
import { warn } from "../core/warn.ts";
import { graphOf } from "./convert.ts";

export interface NameScopeOptions extends OptionsObject {
  /** Used when the name is null. */
  readonly defaultName?: string | null | undefined;
  /** Tensors and variables whose graph becomes the default inside. */
  readonly values?: readonly unknown[] | null | undefined;
}

/**
 * Prefixes the names of operations made inside. A name ending in `/` re-enters that scope as it is; null or
 * `""` goes to the root. The body gets the scope's name with its slash. TensorFlow: `tf.name_scope`.
 */
export function nameScope(name: string | null, options?: NameScopeOptions): NameScope;
export function nameScope<R>(name: string | null, body: (scope: string) => R): R;
export function nameScope<R>(
  name: string | null,
  options: NameScopeOptions,
  body: (scope: string) => R,
): R;
export function nameScope<R>(
  name: string | null,
  optionsOrBody: NameScopeOptions | ((scope: string) => R) = {},
  bodyAfter?: (scope: string) => R,
): NameScope | R {
  const isBody = typeof optionsOrBody === "function";
  const options = isBody ? {} : optionsOrBody;
  const body = isBody ? optionsOrBody : bodyAfter;
  if (body !== undefined) checkBody(body, "nameScope");
  const scope = openNameScope(name, options);
  return body ? within(scope, "nameScope", () => body(scope.name)) : scope;
}

const optionNames: OptionNames<NameScopeOptions> = { defaultName: true, values: true };

function openNameScope(name: string | null, options: NameScopeOptions): NameScope {
  checkOptions(options, "nameScope", optionNames);
  const { defaultName, values } = options;
  if (defaultName !== null && defaultName !== undefined && typeof defaultName !== "string") {
    throw new TypeError(
      `\`default_name\` type (${typeof defaultName}) is not a string type. You likely meant to pass this into the \`values\` kwarg.`,
    );
  }
  const wanted = name ?? defaultName ?? null;
  if (wanted === null && values !== null && values !== undefined) {
    throw new ValueError("At least one of name (None) and default_name (None) must be provided.");
  }
  const current = getDefaultGraph();
  const graph = values && values.length > 0 ? graphOf(values) : current;
  if (graph === current) return graph.nameScope(wanted);
  const graphScope = pushDefaultGraph(graph);
  try {
    return new ForeignNameScope(graph.nameScope(wanted), graphScope);
  } catch (error) {
    graphScope.close();
    throw error;
  }
}

/** A name scope together with its graph as default. */
class ForeignNameScope extends NameScope {
  readonly #inner: NameScope;

  constructor(inner: NameScope, graphScope: OpenScope) {
    super(inner.name, graphScope);
    this.#inner = inner;
  }
  override [Symbol.dispose](): void {
    try {
      this.#inner[Symbol.dispose]();
    } finally {
      super[Symbol.dispose]();
    }
  }
}

/** Deprecated order of the arguments of `nameScope`. TensorFlow: `tf.op_scope`. */
export function opScope(
  values: readonly unknown[],
  name: string | null,
  defaultName?: string | null,
): NameScope;
export function opScope<R>(
  values: readonly unknown[],
  name: string | null,
  defaultName: string | null,
  body: (scope: string) => R,
): R;
export function opScope<R>(
  values: readonly unknown[],
  name: string | null,
  defaultName: string | null = null,
  body?: (scope: string) => R,
): NameScope | R {
  warn(
    "tf.op_scope(values, name, default_name) is deprecated, use tf.name_scope(name, default_name, values)",
  );
  const options = { defaultName, values };
  return body ? nameScope(name, options, body) : nameScope(name, options);
}

/** Operations made inside run after `inputs` did; null forgets outer ones. TensorFlow: `tf.control_dependencies`. */
export function controlDependencies(inputs: readonly unknown[] | null): OpenScope;
export function controlDependencies<R>(inputs: readonly unknown[] | null, body: () => R): R;
export function controlDependencies<R>(
  inputs: readonly unknown[] | null,
  body?: () => R,
): OpenScope | R {
  const graph = getDefaultGraph();
  return body ? graph.controlDependencies(inputs, body) : graph.controlDependencies(inputs);
}

/** Places operations made inside on a device. TensorFlow: `tf.device`. */
export function device(name: DeviceLike): OpenScope;
export function device<R>(name: DeviceLike, body: () => R): R;
export function device<R>(name: DeviceLike, body?: () => R): OpenScope | R {
  const graph = getDefaultGraph();
  return body ? graph.device(name, body) : graph.device(name);
}

/** Places operations made inside with `op`. TensorFlow: `tf.colocate_with`. */
export function colocateWith(op: unknown, options?: ColocateOptions): OpenScope;
export function colocateWith<R>(op: unknown, body: () => R): R;
export function colocateWith<R>(op: unknown, options: ColocateOptions, body: () => R): R;
export function colocateWith<R>(
  op: unknown,
  optionsOrBody: ColocateOptions | (() => R) = {},
  bodyAfter?: () => R,
): OpenScope | R {
  const graph = getDefaultGraph();
  if (typeof optionsOrBody === "function") return graph.colocateWith(op, {}, optionsOrBody);
  return bodyAfter
    ? graph.colocateWith(op, optionsOrBody, bodyAfter)
    : graph.colocateWith(op, optionsOrBody);
}

/** Names the container of stateful operations made inside. TensorFlow: `tf.container`. */
export function container(name: string): OpenScope;
export function container<R>(name: string, body: () => R): R;
export function container<R>(name: string, body?: () => R): OpenScope | R {
  const graph = getDefaultGraph();
  return body ? graph.container(name, body) : graph.container(name);
}

/** Uses other gradient functions for some op types inside. TensorFlow: `tf.Graph.gradient_override_map`. */
export function gradientOverrideMap(types: Readonly<Record<string, string>>): OpenScope;
export function gradientOverrideMap<R>(types: Readonly<Record<string, string>>, body: () => R): R;
export function gradientOverrideMap<R>(
  types: Readonly<Record<string, string>>,
  body?: () => R,
): OpenScope | R {
  const graph = getDefaultGraph();
  return body ? graph.gradientOverrideMap(types, body) : graph.gradientOverrideMap(types);
}

/**
 * Leaves control dependencies and control flow, so that what is made inside can run on its own.
 * TensorFlow: `tf.init_scope`.
 */
export function initScope(): OpenScope;
export function initScope<R>(body: () => R): R;
export function initScope<R>(body?: () => R): OpenScope | R {
  const graph = getDefaultGraph();
  const scope = graph.enter(graph.controlPatch(null), "initScope");
  return body ? within(scope, "initScope", body) : scope;
}

/** @internal Adds attributes to nodes made while `body` runs. */
export function withAttrs<R>(values: Readonly<Record<string, AttrScopeValue>>, body: () => R): R {
  const graph = getDefaultGraph();
  return graph.inside(graph.attrScopePatch(values), body);
}

/** @internal Calls `body` in a name scope of the default graph; cheaper than `nameScope`. */
export function inNameScope<R>(name: string | null, body: (scope: string) => R): R {
  const graph = getDefaultGraph();
  const { scope, yields } = graph.resolveNameScope(name);
  return graph.inside({ name: scope }, () => body(yields));
}

/** @internal Calls `body` colocated with `op`. */
export function inColocation<R>(op: Operation | null, options: ColocateOptions, body: () => R): R {
  const graph = getDefaultGraph();
  return graph.inside(graph.colocationPatch(op, options), body);
}

/** Appends to a collection of the default graph. TensorFlow: `tf.add_to_collection`. */
export function addToCollection(name: string, value: unknown): void {
  getDefaultGraph().addToCollection(name, value);
}
/** Appends to several collections of the default graph. TensorFlow: `tf.add_to_collections`. */
export function addToCollections(names: string | Iterable<string>, value: unknown): void {
  getDefaultGraph().addToCollections(names, value);
}
/** The items of a collection of the default graph. TensorFlow: `tf.get_collection`. */
export function getCollection<T = unknown>(name: string, scope?: string): T[] {
  return getDefaultGraph().getCollection<T>(name, scope);
}
/** The live list behind a collection of the default graph. TensorFlow: `tf.get_collection_ref`. */
export function getCollectionRef<T = unknown>(name: string): T[] {
  return getDefaultGraph().getCollectionRef<T>(name);
}
