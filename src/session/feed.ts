/** Feeds: values for tensors, converted and checked. */

import type { DType } from "../core/dtypes.ts";
import { TensorscopeError, TypeError, ValueError } from "../core/errors.ts";
import type { Graph } from "../core/graph.ts";
import { brief } from "../core/kind.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { Feeds } from "../core/session.ts";
import { TensorShape } from "../core/shape.ts";
import { isGraphElementLike, Tensor } from "../core/tensor.ts";
import { type ArrayLike, asArray } from "../ops/constant.ts";
import { IndexedSlices } from "../ops/indexed-slices.ts";
import type { IndexedSlicesValue } from "./fetch.ts";

/** The arrays fed, by tensor. */
export function resolveFeeds(graph: Graph, feeds: Feeds | undefined): Map<Tensor, NDArray> {
  const result = new Map<Tensor, NDArray>();
  for (const [key, value] of pairsOf(feeds)) feedOne(graph, key, value, result);
  return result;
}

/** Makes feeds of values. */
export type Feeder = (values: readonly unknown[]) => Map<Tensor, NDArray>;

/** A function of the values for `keys`, in order, that need not resolve them again. */
export function feederOf(graph: Graph, keys: readonly unknown[]): Feeder {
  if (keys.some((key) => key instanceof IndexedSlices || Array.isArray(key))) {
    return (values) =>
      resolveFeeds(
        graph,
        keys.map((key, i) => [key, values[i]] as const),
      );
  }
  const tensors: Tensor[] = [];
  return (values) => {
    const result = new Map<Tensor, NDArray>();
    for (let i = 0; i < keys.length; i++) {
      const tensor = tensors[i] ?? resolveKey(graph, keys[i]);
      tensors[i] = tensor;
      result.set(tensor, feedValue(graph, tensor, keys[i], values[i]));
    }
    return result;
  };
}

function pairsOf(feeds: Feeds | null | undefined): Iterable<readonly [unknown, unknown]> {
  if (feeds === undefined || feeds === null) return [];
  if (typeof feeds !== "object" || feeds instanceof Tensor || isGraphElementLike(feeds)) {
    throw new TypeError(
      `Feeds are pairs of a tensor and its value, or an object keyed by tensor name; got ${brief(feeds)}.`,
      feedsHint,
    );
  }
  if (!(Symbol.iterator in feeds)) return Object.entries(feeds);
  const pairs: readonly unknown[] = Array.isArray(feeds)
    ? feeds
    : [...(feeds as Iterable<unknown>)];
  for (const pair of pairs) {
    if (Array.isArray(pair) && pair.length === 2) continue;
    throw new TypeError(
      `A feed is a pair of a tensor and its value; got ${brief(pair)}.`,
      feedsHint,
    );
  }
  return pairs as (readonly [unknown, unknown])[];
}

const feedsHint = 'For example: sess.run(y, [[x, value]]), or sess.run(y, { "x:0": value }).';

function feedOne(graph: Graph, key: unknown, value: unknown, result: Map<Tensor, NDArray>): void {
  if (key instanceof Tensor && key.graph === graph) {
    result.set(key, feedValue(graph, key, key, value));
    return;
  }
  if (key instanceof IndexedSlices) {
    if (typeof value !== "object" || value === null || !("values" in value && "indices" in value)) {
      throw new TypeError(
        `What is fed for IndexedSlices has values and indices; got ${brief(value)}.`,
      );
    }
    const slices = value as IndexedSlicesValue;
    feedOne(graph, key.values, slices.values, result);
    feedOne(graph, key.indices, slices.indices, result);
    if (key.denseShape) feedOne(graph, key.denseShape, slices.denseShape, result);
    return;
  }
  if (Array.isArray(key)) {
    if (!Array.isArray(value) || value.length !== key.length) {
      throw new ValueError(`A list of ${key.length} feed keys needs a list of as many values.`);
    }
    key.forEach((item, i) => {
      feedOne(graph, item, value[i], result);
    });
    return;
  }
  const tensor = resolveKey(graph, key);
  result.set(tensor, feedValue(graph, tensor, key, value));
}

function resolveKey(graph: Graph, key: unknown): Tensor {
  try {
    return graph.asGraphElement(key, { allowOperation: false }) as Tensor;
  } catch (error) {
    if (!(error instanceof TensorscopeError)) throw error;
    throw new TypeError(`Cannot interpret feed_dict key as Tensor: ${error.text}`, error.hint);
  }
}

function feedValue(graph: Graph, tensor: Tensor, key: unknown, value: unknown): NDArray {
  if (value instanceof Tensor) {
    throw new TypeError(
      `The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python scalars, strings, lists, numpy ndarrays, or TensorHandles. For reference, the tensor object was ${value} which was passed to the argument \`feed_dict\` with key ${key}.`,
      "Run the tensor first and feed its value, or build the graph with it instead of the placeholder.",
    );
  }
  const dtype = tensor.dtype.base;
  if (dtype.baseName === "resource" || dtype.baseName === "variant") {
    throw new TypeError(`Tensor ${tensor.name} of dtype ${dtype.name} cannot be fed.`);
  }
  const array = convert(value, dtype, tensor);
  if (!fits(tensor.shape.dims, array.shape)) {
    throw new ValueError(
      `Cannot feed value of shape ${new TensorShape(array.shape)} for Tensor ${tensor.name}, which has shape ${tensor.shape}`,
    );
  }
  if (!graph.isFeedable(tensor)) throw new ValueError(`Tensor ${tensor.name} may not be fed.`);
  return array;
}

function fits(dims: readonly (number | null)[] | null, shape: readonly number[]): boolean {
  if (!dims) return true;
  if (dims.length !== shape.length) return false;
  for (let i = 0; i < dims.length; i++) if (dims[i] !== null && dims[i] !== shape[i]) return false;
  return true;
}

function convert(value: unknown, dtype: DType, tensor: Tensor): NDArray {
  if (typeof value === "number" && dtype.isInteger && Number.isInteger(value)) {
    const bits = BigInt(8 * dtype.size);
    const least = dtype.isUnsigned ? 0n : -(1n << (bits - 1n));
    const beyond = dtype.isUnsigned ? 1n << bits : 1n << (bits - 1n);
    if (BigInt(value) < least || BigInt(value) >= beyond) {
      throw new TypeError(
        `Type of feed value ${value} with type <class 'int'> is not compatible with Tensor type ${dtype}. Try explicitly setting the type of the feed tensor to a larger type (e.g. int64).`,
      );
    }
  }
  try {
    return asArray(value as ArrayLike, dtype);
  } catch (error) {
    if (!(error instanceof TensorscopeError)) throw error;
    const Kind = error instanceof TypeError ? TypeError : ValueError;
    const where = `While converting the value fed for ${tensor.name}.`;
    throw new Kind(error.text, error.hint ? `${error.hint}\n${where}` : where);
  }
}
