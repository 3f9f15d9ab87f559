/** What lets objects such as variables stand for tensors. */

import type { DType } from "./dtypes.ts";
import type { Graph } from "./graph.ts";
import type { Tensor } from "./tensor.ts";

/** Under this key, objects such as variables say how they become a tensor. */
export const toTensor: unique symbol = Symbol("toTensor");

export interface ConversionOptions {
  readonly dtype?: DType | undefined;
  readonly name?: string | undefined;
  /** The reference or handle itself is wanted, to write to it. */
  readonly asRef?: boolean | undefined;
}

export interface TensorConvertible {
  readonly graph: Graph;
  [toTensor](options: ConversionOptions): Tensor;
}

export function isTensorConvertible(value: unknown): value is TensorConvertible {
  return typeof value === "object" && value !== null && toTensor in value;
}
