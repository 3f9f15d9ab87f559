/** Indexing as Python's brackets do it. */

import { type DType, int16, int32, int64 } from "../core/dtypes.ts";
import { TypeError } from "../core/errors.ts";
import { checkList } from "../core/kind.ts";
import { Tensor } from "../core/tensor.ts";
import { cast } from "./cast.ts";
import { type ArrayLike, asArray, constant, constantNode } from "./constant.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { stridedSliceNode } from "./slice.ts";
import { opScope } from "./support.ts";
import { booleanMask } from "./where.ts";

/** Adds a dimension of size 1 in an index. TensorFlow: `tf.newaxis`. */
export const newaxis: unique symbol = Symbol("newaxis");

/** A place in a dimension. */
export type Index = number | Tensor;

/** `begin:end:stride` as Python writes it; null leaves a part out. */
export type IndexRange = readonly [
  begin: Index | null | undefined,
  end?: Index | null | undefined,
  stride?: Index | null | undefined,
];

/** One index: a place, a range, null for all, "..." for all dimensions that are not named, or a new one. */
export type IndexSpec = Index | IndexRange | "..." | typeof newaxis | null | undefined;

function indexType(range: IndexRange): DType | undefined {
  checkList(range, "A range of indices");
  const dtypes = range.flatMap((part) => (part instanceof Tensor ? [part.dtype.base] : []));
  return [int64, int32, int16].find((dtype) => dtypes.includes(dtype as never));
}

function checkIndex(index: Index): void {
  const fits =
    typeof index === "number"
      ? Number.isInteger(index)
      : [int16, int32, int64].includes(index.dtype.base as never) && index.shape.rank !== 1;
  if (fits) return;
  throw new TypeError(
    `Only integers, slices (\`:\`), ellipsis (\`...\`), tf.newaxis (\`None\`) and scalar tf.int32/tf.int64 tensors are valid indices, got ${index}`,
  );
}

class IndexBuilder {
  readonly begin: Index[] = [];
  readonly end: Index[] = [];
  readonly strides: Index[] = [];
  beginMask = 0;
  endMask = 0;
  ellipsisMask = 0;
  newAxisMask = 0;
  shrinkAxisMask = 0;

  add(spec: IndexSpec): void {
    const bit = 1 << this.begin.length;
    if (spec === "...") {
      this.ellipsisMask |= bit;
      this.#push(0, 0, 1);
    } else if (spec === newaxis) {
      this.newAxisMask |= bit;
      this.#push(0, 0, 1);
    } else if (typeof spec === "number" || spec instanceof Tensor) {
      this.#addPlace(spec, bit);
    } else {
      this.#addRange(spec ?? [null], bit);
    }
  }
  #push(begin: Index, end: Index, stride: Index): void {
    this.begin.push(begin);
    this.end.push(end);
    this.strides.push(stride);
  }
  #addPlace(place: Index, bit: number): void {
    checkIndex(place);
    this.shrinkAxisMask |= bit;
    const wide =
      place instanceof Tensor && place.dtype.base !== int32 ? place.dtype.base : undefined;
    const end = place instanceof Tensor ? place.add(1) : place + 1;
    this.#push(place, end, wide ? constant(1, { dtype: wide }) : 1);
  }
  #addRange(range: IndexRange, bit: number): void {
    const dtype = indexType(range);
    const part = (index: Index | null | undefined, missing: number): Index => {
      if (index === null || index === undefined) {
        return dtype ? constant(missing, { dtype }) : missing;
      }
      checkIndex(index);
      return index;
    };
    const [begin, end, stride] = range;
    if (begin === null || begin === undefined) this.beginMask |= bit;
    if (end === null || end === undefined) this.endMask |= bit;
    this.#push(part(begin, 0), part(end, 0), part(stride, 1));
  }
}

/** A vector of places: a Const when all are numbers. */
function packed(indices: readonly Index[], name: string): Tensor {
  const plain = indices.every((index) => typeof index === "number");
  return plain
    ? constantNode(asArray(indices as ArrayLike, int32), name)
    : convertToTensor(indices, { name });
}

/**
 * A part of a tensor, as Python's `t[specs]`: `indexTensor(t, [0, [1, 3], "..."])` is `t[0, 1:3, ...]`.
 * A tensor of booleans as the only index picks where it is true.
 */
export function indexTensor(
  tensor: TensorLike,
  specs: readonly IndexSpec[],
  { name }: Named = {},
): Tensor {
  const input = convertToTensor(tensor);
  checkList(specs, "The indices");
  const [only] = specs;
  if (specs.length === 1 && only instanceof Tensor && only.dtype.base.isBool) {
    return booleanMask(input, only);
  }
  const index = new IndexBuilder();
  for (const spec of specs) index.add(spec);
  const { begin, end, strides } = index;
  return opScope(name, "strided_slice", [input, ...begin, ...end, ...strides], (scope) => {
    const attrs = {
      begin_mask: index.beginMask,
      end_mask: index.endMask,
      ellipsis_mask: index.ellipsisMask,
      new_axis_mask: index.newAxisMask,
      shrink_axis_mask: index.shrinkAxisMask,
    };
    return stridedSliceNode([input, ...bounds(begin, end, strides)], attrs, scope);
  });
}

function bounds(
  begin: readonly Index[],
  end: readonly Index[],
  strides: readonly Index[],
): readonly Tensor[] {
  if (begin.length === 0) {
    const none = constant([], { dtype: int32, shape: [0] });
    return [none, none, none];
  }
  const vectors = [packed(begin, "stack"), packed(end, "stack"), packed(strides, "stack")];
  const dtypes = vectors.map((vector) => vector.dtype.base);
  if (!dtypes.includes(int64 as never)) return vectors;
  return vectors.map((vector) =>
    vector.dtype.base === (int64 as DType) ? vector : cast(vector, int64),
  );
}

declare module "../core/tensor.ts" {
  interface Tensor {
    /** A part of this tensor: `t.slice(0, [1, 3])` is Python's `t[0, 1:3]`; see `indexTensor`. */
    slice(...specs: IndexSpec[]): Tensor;
  }
}

function installSlice(prototype: Tensor): void {
  prototype.slice = function (this: Tensor, ...specs: IndexSpec[]): Tensor {
    return indexTensor(this, specs);
  };
}

installSlice(Tensor.prototype);
