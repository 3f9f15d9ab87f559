/** Norms of vectors and matrices. */

import { NotImplementedError, ValueError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { squeeze } from "./array.ts";
import { pow } from "./binary.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { reduceMax, reduceSum } from "./reduce.ts";
import { opScope } from "./support.ts";
import { abs, sqrt } from "./unary.ts";
import "./operators.ts";

export interface NormOptions extends Named {
  /** "euclidean" (the default), "fro", or a positive number, which may be infinite. */
  readonly ord?: "euclidean" | "fro" | number | undefined;
  /** An axis for norms of vectors, two for norms of matrices; by default one norm of all elements. */
  readonly axis?: number | readonly [number, number] | null | undefined;
  /** Whether reduced axes stay, with size 1. */
  readonly keepDims?: boolean | undefined;
}

function checkMatrix(axes: readonly number[], ord: NormOptions["ord"]): void {
  if (axes.some((axis) => !Number.isInteger(axis)) || axes[0] === axes[1]) {
    throw new ValueError(
      `'axis' must be None, an integer, or a tuple of 2 unique integers, got (${axes.join(", ")})`,
    );
  }
  const supported: readonly unknown[] = ["euclidean", "fro", 1, 2, Number.POSITIVE_INFINITY];
  if (!supported.includes(ord)) {
    throw new ValueError(
      `'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, inf], got ${ord}`,
    );
  }
  if (ord === 2) {
    throw new NotImplementedError("The 2-norm of matrices needs their singular values.");
  }
}

function checkVector(axis: unknown, ord: NormOptions["ord"]): void {
  if (axis !== null && !Number.isInteger(axis)) {
    const text = Array.isArray(axis) ? `[${axis.join(", ")}]` : String(axis);
    throw new ValueError(
      `'axis' must be None, an integer, or a tuple of 2 unique integers, got ${text}`,
    );
  }
  if (typeof ord === "number" ? !(ord > 0) : ord !== "euclidean") {
    throw new ValueError(`'ord' must be a supported vector norm, got ${ord}`);
  }
}

/** The norm along kept axes. */
function keptNorm(x: Tensor, ord: NormOptions["ord"], axes: readonly number[] | null): Tensor {
  if (ord === "fro" || ord === "euclidean" || ord === 2) {
    return sqrt(reduceSum(x.mul(x), { axis: axes, keepDims: true }));
  }
  const size = abs(x);
  const isMatrix = axes?.length === 2;
  if (ord === 1) {
    const columns = reduceSum(size, { axis: axes?.[0], keepDims: true });
    return isMatrix ? reduceMax(columns, { axis: axes[1], keepDims: true }) : columns;
  }
  if (ord === Number.POSITIVE_INFINITY) {
    const rows = isMatrix ? reduceSum(size, { axis: axes[1], keepDims: true }) : size;
    return reduceMax(rows, { axis: axes?.[0], keepDims: true });
  }
  const exponent = ord as number;
  return pow(reduceSum(pow(size, exponent), { axis: axes, keepDims: true }), 1 / exponent);
}

/**
 * The p-norm of vectors along `axis`, or of matrices along two axes. Throws ValueError for an order that has no norm
 * and NotImplementedError for the 2-norm of matrices. TensorFlow: `tf.norm`.
 */
export function norm(
  tensor: TensorLike,
  { ord = "euclidean", axis = null, keepDims = false, name }: NormOptions = {},
): Tensor {
  const isMatrix = Array.isArray(axis) && axis.length === 2;
  if (isMatrix) checkMatrix(axis, ord);
  else checkVector(axis, ord);
  const axes = axis === null ? null : ([axis].flat() as number[]);
  return opScope(name, "norm", [tensor], () => {
    const result = keptNorm(convertToTensor(tensor), ord, axes);
    return keepDims ? result : squeeze(result, axes ? { axis: axes } : {});
  });
}
