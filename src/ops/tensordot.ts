/** Contraction of two tensors over chosen axes, as one matrix product. */

import { int32 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { brief } from "../core/kind.ts";
import type { Dim } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import {
  concat,
  gather,
  indexTensor,
  range,
  rank,
  reshape,
  shape,
  stack,
  transpose,
  where,
} from "./array.ts";
import { greaterEqual } from "./comparison.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { listDiff } from "./dynamic.ts";
import { matmul } from "./matmul.ts";
import { reduceProd } from "./reduce.ts";
import { opScope } from "./support.ts";
import "./operators.ts";

/** How many trailing axes of `a` meet the first ones of `b`, or the axes of each that meet. */
export type TensordotAxes =
  | number
  | readonly [number, number]
  | readonly [readonly number[], readonly number[]]
  | Tensor;

type Axes = readonly number[] | Tensor;

interface Matrix {
  readonly matrix: Tensor;
  readonly freeDims: readonly number[] | Tensor;
  readonly staticFreeDims: readonly Dim[] | null;
}

/** Moves the contracted axes together and flattens: to [free, contracted], or the other way around when flipped. */
function asMatrix(a: Tensor, axes: Axes, flipped: boolean): Matrix {
  const { known } = a.shape;
  return known && !(axes instanceof Tensor)
    ? staticMatrix(a, known, axes, flipped)
    : dynamicMatrix(a, axes, flipped);
}

function product(dims: readonly number[]): number {
  return dims.reduce((total, dim) => total * dim, 1);
}

function split(axes: readonly number[], count: number): { chosen: number[]; free: number[] } {
  const chosen = axes.map((axis) => (axis >= 0 ? axis : axis + count));
  const free = Array.from({ length: count }, (_, i) => i).filter((axis) => !chosen.includes(axis));
  return { chosen, free };
}

function staticMatrix(
  a: Tensor,
  dims: readonly number[],
  axes: readonly number[],
  flipped: boolean,
): Matrix {
  const { chosen, free } = split(axes, dims.length);
  const freeDims = free.map((axis) => dims[axis] as number);
  const freeSize = product(freeDims);
  const chosenSize = product(chosen.map((axis) => dims[axis] as number));
  const perm = flipped ? [...chosen, ...free] : [...free, ...chosen];
  const target = flipped ? [chosenSize, freeSize] : [freeSize, chosenSize];
  const moved = perm.some((axis, i) => axis !== i) ? transpose(a, { perm }) : a;
  const matrix = moved.shape.equals(target) ? moved : reshape(moved, target);
  return { matrix, freeDims, staticFreeDims: freeDims };
}

function dynamicMatrix(a: Tensor, axes: Axes, flipped: boolean): Matrix {
  const { chosen, free, dims, staticFreeDims } = dynamicAxes(a, axes);
  const freeDims = gather(dims, free);
  const chosenDims = gather(dims, chosen);
  const freeSize = reduceProd(freeDims);
  const chosenSize = reduceProd(chosenDims);
  const perm = concat(flipped ? [chosen, free] : [free, chosen], 0);
  const target = stack(flipped ? [chosenSize, freeSize] : [freeSize, chosenSize]);
  return { matrix: reshape(transpose(a, { perm }), target), freeDims, staticFreeDims };
}

function dynamicAxes(a: Tensor, axes: Axes) {
  const known = a.shape.dims;
  if (known && !(axes instanceof Tensor)) {
    const { chosen, free } = split(axes, known.length);
    const chosenAxes = convertToTensor(chosen, { dtype: int32, name: "axes" });
    return {
      chosen: chosenAxes,
      free: convertToTensor(free, { dtype: int32, name: "free" }),
      dims: shape(a),
      staticFreeDims: free.map((axis) => known[axis] as Dim),
    };
  }
  const dims = shape(a);
  const count = rank(a);
  const given = convertToTensor(axes, { dtype: int32, name: "axes" });
  const isPositive = greaterEqual(given, 0);
  const chosen = where(isPositive, given, given.add(count));
  const [free] = listDiff(range(count), chosen);
  return { chosen, free, dims, staticFreeDims: null };
}

function contractedAxes(a: Tensor, axes: TensordotAxes): readonly [Axes, Axes] {
  if (axes instanceof Tensor) return [indexTensor(axes, [0]), indexTensor(axes, [1])];
  if (typeof axes === "number") return countedAxes(a, axes);
  if (!Array.isArray(axes) || axes.length !== 2) {
    throw new ValueError(`\`axes\` must be an integer or have length 2. Received ${brief(axes)}.`);
  }
  const [left, right] = axes.map((side) => (typeof side === "number" ? [side] : side));
  if (left?.length !== right?.length) {
    throw new ValueError(
      `Different number of contraction axes \`a\` and \`b\`, ${left?.length} != ${right?.length}.`,
    );
  }
  return [left as readonly number[], right as readonly number[]];
}

function countedAxes(a: Tensor, count: number): readonly [Axes, Axes] {
  if (count < 0) throw new ValueError(`\`axes\` must be at least 0. Received: ${count}.`);
  const known = a.shape.rank;
  if (known === null) {
    const size = rank(a);
    const first = range(size.sub(count), size, { dtype: int32 });
    return [first, range(count, { dtype: int32 })];
  }
  if (count > known) {
    throw new ValueError(
      `\`axes\` must not be larger than the number of dimensions of tensor ${a}.  Received ${count}, vs tensor dimensions ${known}.`,
    );
  }
  const indices = Array.from({ length: count }, (_, i) => i);
  return [indices.map((i) => known - count + i), indices];
}

/**
 * The sum of products of `a` and `b` over pairs of axes: the free axes of `a`, then those of `b` stay.
 * TensorFlow: `tf.tensordot`.
 */
export function tensordot(
  a: TensorLike,
  b: TensorLike,
  axes: TensordotAxes,
  { name }: Named = {},
): Tensor {
  return opScope(name, "Tensordot", [a, b, axes], (scope) => {
    const left = convertToTensor(a, { name: "a" });
    const right = convertToTensor(b, { name: "b" });
    const [leftAxes, rightAxes] = contractedAxes(left, axes);
    const first = asMatrix(left, leftAxes, false);
    const second = asMatrix(right, rightAxes, true);
    const flat = matmul(first.matrix, second.matrix);
    if (!(first.freeDims instanceof Tensor) && !(second.freeDims instanceof Tensor)) {
      const dims = [...first.freeDims, ...second.freeDims];
      return flat.shape.equals(dims) ? flat : reshape(flat, dims, { name: scope });
    }
    const leftDims = convertToTensor(first.freeDims, { dtype: int32 });
    const rightDims = convertToTensor(second.freeDims, { dtype: int32 });
    const result = reshape(flat, concat([leftDims, rightDims], 0), { name: scope });
    if (first.staticFreeDims && second.staticFreeDims) {
      result.setShape([...first.staticFreeDims, ...second.staticFreeDims]);
    }
    return result;
  });
}
