/** What the array ops share: scopes of composite functions, integer arguments, axes, moving elements of any dtype. */

import { type DType, int32 } from "../core/dtypes.ts";
import { inGraph } from "../core/graph.ts";
import { NDArray, sizeOf } from "../core/ndarray.ts";
import type { Dim, TensorShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { type ArrayLike, asArray } from "./constant.ts";
import { constantValue } from "./constant-value.ts";
import { graphOf, isTensorConvertible, type TensorLike } from "./convert.ts";
import { ShapeError } from "./define.ts";

/** Runs `body` in the graph of `values`, inside the scope `name`, or `fallback` when no name is given. */
export function opScope<R>(
  name: string | undefined,
  fallback: string,
  values: readonly unknown[],
  body: (scope: string) => R,
): R {
  const graph = graphOf(values);
  return inGraph(graph, () => {
    const { scope, yields } = graph.resolveNameScope(name || fallback);
    return graph.inside({ name: scope }, () => body(yields));
  });
}

export function isTensorLike(value: unknown): value is Tensor {
  return value instanceof Tensor || isTensorConvertible(value);
}

function hasTensor(value: unknown): boolean {
  return isTensorLike(value) || (Array.isArray(value) && value.some(hasTensor));
}

/**
 * An argument that holds integers: plain numbers become int32; what has a dtype of its own keeps it, and an empty
 * list is left to the op's own default.
 */
export function integers(value: TensorLike, dtype: DType = int32): TensorLike {
  if (hasTensor(value) || value instanceof NDArray || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value) && value.length === 0) return value;
  return asArray(value as ArrayLike, dtype);
}

/** The elements of an integer array as plain numbers. */
export function numbersOf(array: NDArray): number[] {
  return Array.from(array.values(), Number);
}

/** A shape function's view of an integer vector: what is known of its elements, null when not even how many. */
export function knownNumbers(array: NDArray | null): number[] | null {
  return array && numbersOf(array);
}

/** A negative axis counted from the end. */
export function positiveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

export function withRankAtMost(shape: TensorShape, rank: number): TensorShape {
  if (shape.rank !== null && shape.rank > rank) {
    throw new ShapeError(`Shape must be at most rank ${rank} but is rank ${shape.rank}`);
  }
  return shape;
}

/** Two dimensions that must be equal. */
export function mergeDims(a: Dim, b: Dim): Dim {
  if (a !== null && b !== null && a !== b) {
    throw new ShapeError(`Dimensions must be equal, but are ${a} and ${b}`);
  }
  return a ?? b;
}

/** Loops compute numbers only: other elements are moved on the host. */
function isPlain(dtype: DType): boolean {
  return dtype.baseName !== "string" && !dtype.isComplex;
}

/** `k.view` for elements of any dtype. */
export function move(
  k: Builder,
  x: Value,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): Value {
  if (isPlain(x.dtype)) return k.view(x, shape, strides, offset);
  return gatherBy(k, x, shape, "view", (write) => {
    const point = new Array<number>(shape.length).fill(0);
    const size = sizeOf(shape);
    for (let i = 0; i < size; i++) {
      let address = offset;
      for (let axis = 0; axis < shape.length; axis++) {
        address += (point[axis] as number) * (strides[axis] as number);
      }
      write(i, address);
      advance(point, shape);
    }
  });
}

/** Steps a point through a shape in row-major order. */
export function advance(point: number[], shape: readonly number[]): void {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const next = (point[axis] as number) + 1;
    if (next < (shape[axis] as number)) {
      point[axis] = next;
      return;
    }
    point[axis] = 0;
  }
}

/** A host step whose element `to` is element `from` of `x`, for each pair that `plan` writes. */
export function gatherBy(
  k: Builder,
  x: Value,
  shape: readonly number[],
  name: string,
  plan: (write: (to: number, from: number) => void) => void,
): Value {
  const [made] = k.host(name, [x], [{ dtype: x.dtype, shape }], ([src], [out]) => {
    const copy = copier(src as NDArray, out as NDArray);
    plan(copy);
  });
  return made as Value;
}

/** Copies single elements of any dtype between arrays of the same dtype. */
export function copier(src: NDArray, out: NDArray): (to: number, from: number) => void {
  const source = src.data as ArrayLike2;
  const target = out.data as ArrayLike2;
  if (!src.dtype.isComplex) {
    return (to, from) => {
      target[to] = source[from];
    };
  }
  return (to, from) => {
    target[2 * to] = source[2 * from];
    target[2 * to + 1] = source[2 * from + 1];
  };
}

type ArrayLike2 = { [index: number]: unknown };

/** Op types that TensorFlow's Python layer computes while building. */
const readable: ReadonlySet<string> = new Set([
  "Cast",
  "CheckNumericsV2",
  "Concat",
  "ConcatV2",
  "Const",
  "DebugIdentityV2",
  "Equal",
  "Fill",
  "Identity",
  "NotEqual",
  "Pack",
  "Range",
  "Rank",
  "Shape",
  "Size",
  "Split",
  "StopGradient",
  "Unpack",
]);
const shapeReaders: ReadonlySet<string> = new Set(["Shape", "Size", "Rank"]);

function isReadable(tensor: Tensor): boolean {
  const { type, inputs } = tensor.op;
  if (!readable.has(type)) return false;
  return shapeReaders.has(type) || inputs.every(isReadable);
}

/**
 * The value of a tensor where TensorFlow's Python layer knows it: less than shape inference does, so that the same
 * nodes are made as there. TensorFlow: `tensor_util.constant_value`.
 */
export function staticValue(tensor: Tensor): NDArray | null {
  const value = isReadable(tensor) ? constantValue(tensor) : null;
  if (value) tensor.graph.preventFeeding(tensor);
  return value;
}
