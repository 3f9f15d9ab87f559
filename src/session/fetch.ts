/** Fetches: from the structure a user asks for to tensors, and back. */

import type { DType } from "../core/dtypes.ts";
import {
  InaccessibleTensorError,
  KeyError,
  TensorscopeError,
  TypeError,
  ValueError,
} from "../core/errors.ts";
import type { Graph } from "../core/graph.ts";
import { brief, kindOf, mistakeHint } from "../core/kind.ts";
import type { NDArray } from "../core/ndarray.ts";
import { type GraphElementLike, isGraphElementLike, Operation, Tensor } from "../core/tensor.ts";
import { IndexedSlices } from "../ops/indexed-slices.ts";

/** The value of a fetched IndexedSlices. */
export interface IndexedSlicesValue {
  readonly values: NDArray;
  readonly indices: NDArray;
  readonly denseShape: NDArray | null;
}

/** What may be fetched. */
export type Fetch =
  | Tensor
  | Operation
  | GraphElementLike
  | IndexedSlices
  | string
  | readonly Fetch[]
  | ReadonlyMap<unknown, Fetch>
  | { readonly [key: string]: Fetch };

/** The result of fetching `F`: the same structure, with arrays for tensors and null for operations. */
export type Fetched<F> =
  F extends Tensor<infer D>
    ? NDArray<D>
    : F extends Operation
      ? null
      : F extends IndexedSlices
        ? IndexedSlicesValue
        : F extends GraphElementLike
          ? F extends { readonly dtype: DType<infer D> }
            ? NDArray<D>
            : NDArray
          : F extends `${string}:${string}`
            ? NDArray
            : F extends string
              ? NDArray | null
              : F extends readonly unknown[]
                ? { [K in keyof F]: Fetched<F[K]> }
                : F extends ReadonlyMap<infer K, infer V>
                  ? Map<K, Fetched<V>>
                  : F extends object
                    ? { [K in keyof F]: Fetched<F[K]> }
                    : F extends null | undefined
                      ? never
                      : unknown;

export interface FetchPlan {
  readonly tensors: readonly Tensor[];
  readonly targets: readonly Operation[];
  /** Builds the result from the value of each tensor, which is handed over. */
  readonly build: (value: (tensor: Tensor) => NDArray) => unknown;
}

/** Resolves a structure of fetches against a graph. */
export function planFetches(graph: Graph, fetches: unknown): FetchPlan {
  const tensors = new Set<Tensor>();
  const targets = new Set<Operation>();
  type Build = FetchPlan["build"];

  const element = (fetch: unknown): Build => {
    const resolved = resolve(graph, fetch);
    if (!graph.isFetchable(resolved)) {
      const name = resolved instanceof Tensor ? resolved.op.name : resolved.name;
      throw new InaccessibleTensorError(
        `Operation ${name} has been marked as not fetchable. Typically this happens when it is defined in another function or code block. Use return values, explicit Python locals or TensorFlow collections to access it.`,
      );
    }
    if (resolved instanceof Operation) {
      targets.add(resolved);
      return () => null;
    }
    // Each has an array of its own.
    if (tensors.has(resolved)) return (value) => value(resolved).copy();
    tensors.add(resolved);
    return (value) => value(resolved);
  };

  const visit = (fetch: unknown): Build => {
    if (fetch === null || fetch === undefined) {
      throw new TypeError(
        'Argument `fetch` = None has invalid type "NoneType". Cannot be None',
        mistakeHint(fetch),
      );
    }
    if (fetch instanceof IndexedSlices) {
      const values = element(fetch.values);
      const indices = element(fetch.indices);
      const denseShape = fetch.denseShape && element(fetch.denseShape);
      return (value): IndexedSlicesValue => ({
        values: values(value) as NDArray,
        indices: indices(value) as NDArray,
        denseShape: denseShape && (denseShape(value) as NDArray),
      });
    }
    if (Array.isArray(fetch)) {
      const parts = fetch.map(visit);
      return (value) => parts.map((part) => part(value));
    }
    if (fetch instanceof Map) {
      const parts = [...fetch].map(([key, item]) => [key, visit(item)] as const);
      return (value) => new Map(parts.map(([key, part]) => [key, part(value)]));
    }
    if (isPlainObject(fetch)) {
      const parts = Object.entries(fetch).map(([key, item]) => [key, visit(item)] as const);
      return (value) => Object.fromEntries(parts.map(([key, part]) => [key, part(value)]));
    }
    return element(fetch);
  };

  const build = visit(fetches);
  return { tensors: [...tensors], targets: [...targets], build };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || isGraphElementLike(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function resolve(graph: Graph, fetch: unknown): Tensor | Operation {
  try {
    return graph.asGraphElement(fetch);
  } catch (error) {
    if (!(error instanceof TensorscopeError)) throw error;
    const inner = error instanceof KeyError ? `"${error.text}"` : error.text;
    if (error instanceof TypeError) {
      throw new TypeError(
        `Argument \`fetch\` = ${brief(fetch)} has invalid type "${kindOf(fetch)}" must be a string or Tensor. (${inner})`,
        mistakeHint(fetch),
      );
    }
    throw new ValueError(
      `Argument \`fetch\` = ${typeof fetch === "string" ? fetch : brief(fetch)} cannot be interpreted as a Tensor. (${inner})`,
      error.hint,
    );
  }
}
