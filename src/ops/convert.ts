/** Turning what users pass into tensors. */

import { isTensorConvertible, type TensorConvertible, toTensor } from "../core/convertible.ts";
import { asDType, type DType, type DTypeLike, type DTypeName } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { type Graph, getDefaultGraph } from "../core/graph.ts";
import { checkList } from "../core/kind.ts";
import type { OptionsObject } from "../core/options.ts";
import { Operation, Tensor } from "../core/tensor.ts";
import { stack } from "./array.ts";
import { type ArrayLike, asArray, constantNode } from "./constant.ts";

export {
  type ConversionOptions,
  isTensorConvertible,
  type TensorConvertible,
  toTensor,
} from "../core/convertible.ts";

/** Everything that can stand for a tensor; arrays may contain tensors. */
export type TensorLike = Tensor | TensorConvertible | ArrayLike | readonly TensorLike[];

/** A tensor or variable of a known dtype. */
export type TensorOf<D extends DTypeName> =
  | Tensor<D>
  | (TensorConvertible & { readonly dtype: DType<D> });

export interface ConvertOptions extends OptionsObject {
  readonly dtype?: DTypeLike | undefined;
  readonly name?: string | undefined;
  /** Used when the value does not say which dtype it wants, and it fits. */
  readonly preferredDtype?: DTypeLike | undefined;
  readonly asRef?: boolean | undefined;
}

/**
 * The tensor that `value` stands for: itself, the read of a variable, a new Const, or a Pack of a list with tensors.
 * Throws ValueError when a tensor has another dtype than the requested one.
 */
export function convertToTensor<D extends DTypeName = DTypeName>(
  value: TensorLike,
  { dtype, name, preferredDtype, asRef }: ConvertOptions = {},
): Tensor<D> {
  const wanted = dtype === undefined ? undefined : asDType(dtype as DTypeLike);
  if (value instanceof Tensor) return checkDType(value, wanted) as Tensor<D>;
  if (isTensorConvertible(value)) {
    return value[toTensor]({ dtype: wanted, name, asRef }) as Tensor<D>;
  }
  if ((value as unknown) instanceof Operation) {
    const op = value as unknown as Operation;
    throw new TypeError(
      `can't convert Operation '${op.name}' to Tensor`,
      "Use one of its outputs: op.outputs[0].",
    );
  }
  if (Array.isArray(value) && containsTensor(value)) {
    return packed(value, wanted, name) as Tensor<D>;
  }
  const array = arrayPreferring(value as ArrayLike, wanted, preferredDtype);
  return constantNode(array, name ?? "Const") as Tensor<D>;
}

function checkDType(tensor: Tensor, wanted: DType | undefined): Tensor {
  if (wanted && !wanted.isCompatibleWith(tensor.dtype)) {
    throw new ValueError(
      `Tensor conversion requested dtype ${wanted.name} for Tensor with dtype ${tensor.dtype.name}: <tf.Tensor '${tensor.name}' shape=${tensor.shape} dtype=${tensor.dtype.name}>`,
    );
  }
  return tensor;
}

function arrayPreferring(
  value: ArrayLike,
  wanted: DType | undefined,
  preferred: DTypeLike | undefined,
) {
  if (wanted || preferred === undefined) return asArray(value, wanted ?? null);
  try {
    return asArray(value, asDType(preferred));
  } catch (error) {
    if (error instanceof TypeError || error instanceof ValueError) return asArray(value);
    throw error;
  }
}

function containsTensor(value: readonly unknown[]): boolean {
  return value.some(
    (item) =>
      item instanceof Tensor ||
      isTensorConvertible(item) ||
      (Array.isArray(item) && containsTensor(item)),
  );
}

/** A list with tensors in it becomes a Pack; plain elements take the dtype of the first tensor. */
function packed(
  value: readonly TensorLike[],
  wanted: DType | undefined,
  name: string | undefined,
): Tensor {
  const dtype = wanted ?? firstTensorDType(value);
  const scope = name ?? "packed";
  const graph = getDefaultGraph();
  return graph.nameScope(scope, (inside) => {
    // Lists without tensors use up a name as well.
    const items = value.map((item, i) => {
      if (!Array.isArray(item)) return item;
      if (containsTensor(item)) return packed(item, dtype, String(i));
      graph.resolveNameScope(String(i));
      return item;
    });
    const tensors = items.map((item, i) => convertToTensor(item, { dtype, name: String(i) }));
    return stack(tensors, { name: inside });
  });
}

function firstTensorDType(value: readonly TensorLike[]): DType | undefined {
  for (const item of value) {
    if (item instanceof Tensor) return item.dtype.base;
    if (isTensorConvertible(item)) return (item as unknown as { dtype: DType }).dtype.base;
    if (Array.isArray(item)) {
      const found = firstTensorDType(item as readonly TensorLike[]);
      if (found) return found;
    }
  }
  return undefined;
}

/** The graph that all tensors and variables among `values` belong to, or the default graph. */
export function graphOf(values: readonly unknown[]): Graph {
  let graph: Graph | undefined;
  let first: unknown;
  checkList(values, "The values of a scope");
  for (const value of values.flat(8) as unknown[]) {
    if (!(value instanceof Tensor || value instanceof Operation || isTensorConvertible(value)))
      continue;
    if (!graph) {
      graph = value.graph;
      first = value;
    } else if (graph !== value.graph) {
      throw new ValueError(`${value} must be from the same graph as ${first}.`);
    }
  }
  return graph ?? getDefaultGraph();
}
