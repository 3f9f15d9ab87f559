/** Calls what a case names, in a graph of its own. */

import * as tf from "tensorscope";
import { isTensorConvertible } from "../../src/core/convertible.ts";
import { createOp } from "../../src/ops/create.ts";
import { type AttrSpecs, opDef, type TypedOpDef } from "../../src/ops/define.ts";
import { IndexedSlices } from "../../src/ops/indexed-slices.ts";
import { arrayOf, data, type Json, type JsonObject, type Mode, type Row } from "./table.ts";

/** What a case built. */
export interface Built {
  readonly graph: tf.Graph;
  readonly outputs: readonly tf.Tensor[];
  readonly targets: readonly tf.Operation[];
  readonly variables: readonly tf.Variable[];
  /** Values fed, by placeholder. */
  readonly feeds: ReadonlyMap<tf.Tensor, tf.NDArray>;
  /** Types of the nodes, without those of the values. */
  readonly types: string;
}

/** Builds a case in a new graph. */
export function build(row: Row, mode: Mode): Built {
  const { call, args = [], kwargs = {} } = row.entry;
  const graph = new tf.Graph();
  return graph.asDefault(() => {
    const arguments_ = new Arguments(row, mode);
    const positional = args.map((arg) => arguments_.resolve(arg));
    const named = Object.entries(kwargs).map(
      ([key, arg]) => [key, arguments_.resolve(arg)] as const,
    );
    const start = graph.getOperations().length;
    const result = call.startsWith("raw:")
      ? rawCall(call.slice("raw:".length), Object.fromEntries(named))
      : publicCall(call, positional, named);
    const found = flatten(result);
    return {
      graph,
      outputs: found.filter((item) => item instanceof tf.Tensor),
      targets: found.filter((item) => item instanceof tf.Operation),
      variables: arguments_.variables,
      feeds: arguments_.feeds,
      types: typesSince(graph, start),
    };
  });
}

/** Turns the values of a case into tensors, in the order they are written. */
class Arguments {
  readonly feeds = new Map<tf.Tensor, tf.NDArray>();
  readonly variables: tf.Variable[] = [];
  readonly #row: Row;
  readonly #mode: Mode;
  #count = 0;

  constructor(row: Row, mode: Mode) {
    this.#row = row;
    this.#mode = mode;
  }

  resolve(value: Json): unknown {
    if (Array.isArray(value)) return value.map((item: Json) => this.resolve(item));
    if (value === null || typeof value !== "object") return value;
    const spec = value as JsonObject;
    if (spec.type) return spec.type === "case" ? this.#row.dtype : tf.asDType(spec.type as string);
    this.#count++;
    const array = arrayOf(spec, this.#row.dtype, this.#count);
    if (spec.const !== undefined) return tf.constant(array);
    if (spec.variable !== undefined) return this.#variable(array, spec);
    if (this.#mode === "constant") return tf.constant(array);
    const placeholder = tf.placeholder(array.dtype, this.#shape(array));
    this.feeds.set(placeholder, array);
    return placeholder;
  }

  #shape({ shape }: tf.NDArray): tf.ShapeLike {
    if (this.#mode === "dynamic") return null;
    return this.#mode === "ranked" ? shape.map(() => null) : shape;
  }

  #variable(array: tf.NDArray, { resource }: JsonObject): unknown {
    const options = { dtype: array.dtype, useResource: resource === true, trainable: false };
    const variable = new tf.Variable(array, options);
    this.variables.push(variable);
    return this.#row.entry.call.startsWith("raw:") ? variable.handle : variable;
  }
}

function camelCase(text: string): string {
  return text.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

type Callable = (...args: unknown[]) => unknown;

function publicCall(
  path: string,
  args: readonly unknown[],
  kwargs: readonly (readonly [string, unknown])[],
): unknown {
  let target: unknown = tf;
  for (const part of path.split(".").slice(1)) {
    target = (target as Record<string, unknown>)[camelCase(part)];
    if (target === undefined) throw new Error(`${path} does not exist here`);
  }
  const options = kwargs.map(([key, value]) => [camelCase(key), value] as const);
  const last = options.length > 0 ? [Object.fromEntries(options)] : [];
  return (target as Callable)(...args, ...last);
}

/** Inputs that `tf.raw_ops` calls otherwise than the op definitions do. */
const renamed: Readonly<Record<string, string>> = { reduction_indices: "axis" };

/** A node of a type, from inputs and attributes by name, as `tf.raw_ops` makes it. */
function rawCall(type: string, kwargs: Readonly<Record<string, unknown>>): unknown {
  const def = opDef(type) as TypedOpDef<AttrSpecs> | undefined;
  if (!def) throw new Error(`op type ${type} does not exist here`);
  const names = def.inputs.map(({ name }) => renamed[name] ?? name);
  const inputs = names.map((name) => kwargs[name] as tf.TensorLike);
  const attrs = Object.entries(kwargs).filter(([name]) => !names.includes(name));
  const op = createOp(def, inputs, Object.fromEntries(attrs), undefined);
  return op.outputs.length > 0 ? op.outputs : op;
}

function flatten(value: unknown): (tf.Tensor | tf.Operation)[] {
  if (value === null || value === undefined) return [];
  if (value instanceof tf.Tensor || value instanceof tf.Operation) return [value];
  if (value instanceof IndexedSlices || isTensorConvertible(value))
    return [tf.convertToTensor(value)];
  if (Array.isArray(value)) return value.flatMap(flatten);
  if (typeof value === "object") return Object.values(value).flatMap(flatten);
  throw new Error(`a case gave a ${typeof value}`);
}

/** Types of the nodes from a place on, in order of creation. */
export function typesSince(graph: tf.Graph, start: number): string {
  const types = graph.getOperations().slice(start);
  return types.map((op) => op.type).join(" ");
}

/** What the gradients of values are: numbers that record.py makes too. */
export function weightsFor(values: readonly tf.NDArray[], seed: number): tf.NDArray[] {
  return values.map((value, i) => {
    const exact = data(value.shape, tf.float64, { seed: seed + i });
    return new tf.NDArray(exact.data, exact.shape, tf.float64);
  });
}

/** The outputs that are differentiated, by position. */
export function differentiatedOutputs({ entry }: Row, { outputs }: Built): readonly number[] {
  return entry.ys ?? [...outputs.keys()].filter((i) => outputs[i]?.dtype.isFloating);
}

/** The placeholders that a case is differentiated by. */
export function differentiated({ entry }: Row, { feeds }: Built): tf.Tensor[] {
  const inputs = [...feeds.keys()];
  if (Array.isArray(entry.grad)) return entry.grad.map((i: number) => inputs[i] as tf.Tensor);
  return inputs.filter((input) => input.dtype.isFloating);
}

export interface Derived {
  readonly gradients: readonly (tf.Tensor | null)[];
  readonly types: string;
}

/** Gradients of ys, weighted, by xs; sparse ones are made dense. */
export function derive(
  graph: tf.Graph,
  ys: readonly tf.Tensor[],
  xs: readonly tf.Tensor[],
  weights: readonly tf.NDArray[],
): Derived {
  return graph.asDefault(() => {
    const gradYs = ys.map((y, i) => {
      const { data: elements, shape } = weights[i] as tf.NDArray;
      return tf.constant(Array.from(elements as Float64Array), { dtype: y.dtype, shape });
    });
    const start = graph.getOperations().length;
    const gradients = tf
      .gradients(ys, xs, { gradYs })
      .map((gradient) => (gradient === null ? null : tf.convertToTensor(gradient)));
    return { gradients, types: typesSince(graph, start) };
  });
}
