/** Functions whose result has as many elements as the data decides, so that they make their outputs themselves. */

import { allocate, type DType, int64, type Scalar } from "../../core/dtypes.ts";
import { NDArray, sizeOf } from "../../core/ndarray.ts";
import { constant, copyElements, elements, integers, positionText, shapeText } from "./elements.ts";

const utf8 = new TextEncoder();

/** A key that is the same for equal elements: text and its UTF-8 bytes are equal, NaN equals nothing. */
function keyOf(value: Scalar): unknown {
  if (typeof value !== "string" && !(value instanceof Uint8Array)) {
    return Number.isNaN(value) ? Symbol("NaN") : value;
  }
  const bytes = typeof value === "string" ? utf8.encode(value) : value;
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** The rows of `source` at `positions` as an array of their own. */
function takeRows(source: NDArray, positions: readonly number[]): NDArray {
  const rest = source.shape.slice(1);
  const inner = sizeOf(rest);
  const shape = [positions.length, ...rest];
  const taken = new NDArray(allocate(source.dtype, sizeOf(shape)), shape, source.dtype);
  positions.forEach((from, to) => {
    copyElements(source, from * inner, taken, to * inner, inner);
  });
  return taken;
}

function indexArray(values: readonly number[], dtype: DType): NDArray {
  const array = new NDArray(allocate(dtype, values.length), [values.length], dtype);
  const data = elements(array);
  values.forEach((value, i) => {
    data[i] = constant(dtype, value);
  });
  return array;
}

/** The different elements of a vector in order of appearance, which of them each element is, and how often each occurs. */
export function uniqueElements(
  x: NDArray,
  indexType: DType,
): { readonly values: NDArray; readonly indices: NDArray; readonly counts: NDArray } {
  if (x.rank !== 1) throw new RangeError("unique expects a 1D vector.");
  const known = new Map<unknown, number>();
  const firsts: number[] = [];
  const counts: number[] = [];
  const indices: number[] = [];
  for (let i = 0; i < x.size; i++) {
    const key = keyOf(x.at(i));
    let id = known.get(key);
    if (id === undefined) {
      id = firsts.length;
      known.set(key, id);
      firsts.push(i);
      counts.push(0);
    }
    counts[id] = (counts[id] as number) + 1;
    indices.push(id);
  }
  return {
    values: takeRows(x, firsts),
    indices: indexArray(indices, indexType),
    counts: indexArray(counts, indexType),
  };
}

/** The elements of vector x that y lacks, and their positions. */
export function listDifference(
  x: NDArray,
  y: NDArray,
  indexType: DType,
): { readonly values: NDArray; readonly indices: NDArray } {
  const excluded = new Set(Array.from(y.values(), keyOf));
  const kept: number[] = [];
  for (let i = 0; i < x.size; i++) if (!excluded.has(keyOf(x.at(i)))) kept.push(i);
  return { values: takeRows(x, kept), indices: indexArray(kept, indexType) };
}

/** The coordinates [count, rank] of all elements that are true or not 0, in row-major order. */
export function trueIndices(condition: NDArray): NDArray {
  if (condition.rank === 0) throw new RangeError("WhereOp : Unhandled input dimensions: 0");
  const found: number[] = [];
  for (let i = 0; i < condition.size; i++) {
    const value = condition.at(i);
    if (value !== 0 && value !== 0n && value !== false && value !== "") found.push(i);
  }
  const { rank, shape } = condition;
  const data = new BigInt64Array(found.length * rank);
  found.forEach((position, row) => {
    let rest = position;
    for (let axis = rank - 1; axis >= 0; axis--) {
      const dim = shape[axis] as number;
      data[row * rank + axis] = BigInt(rest % dim);
      rest = Math.floor(rest / dim);
    }
  });
  return new NDArray(data, [found.length, rank], int64);
}

/** Splits data by partitions, whose shape data's begins with; result i holds the rows whose partition is i. */
export function partitionRows(data: NDArray, partitions: NDArray, count: number): NDArray[] {
  const { shape } = partitions;
  if (shape.some((dim, axis) => data.shape[axis] !== dim)) {
    const shapes = `got data.shape = ${shapeText(data.shape)}, partitions.shape = ${shapeText(shape)}`;
    throw new RangeError(`data.shape must start with partitions.shape, ${shapes}`);
  }
  const rows = Array.from({ length: count }, (): number[] => []);
  const values = integers(partitions);
  for (let i = 0; i < values.length; i++) {
    const target = rows[values[i] as number];
    if (!target) {
      const position = positionText(shape, i);
      throw new RangeError(`partitions${position} = ${values[i]} is not in [0, ${count})`);
    }
    target.push(i);
  }
  const flat = data.reshape([values.length, ...data.shape.slice(shape.length)]);
  return rows.map((positions) => takeRows(flat, positions));
}
