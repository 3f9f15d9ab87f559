/** tf.repeat and tf.meshgrid: spreading elements along axes. */

import { int32 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { maximum } from "./binary.ts";
import { castNode } from "./cast.ts";
import { concat } from "./concat.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { ones } from "./fill.ts";
import { broadcastTo, tile } from "./pad.ts";
import { rangeOp } from "./range.ts";
import { reduceMax, reduceSum } from "./reduce.ts";
import { allDimensions, sequenceMask } from "./sequence-mask.ts";
import { expandDims, rank, reshape, shape, size } from "./shape.ts";
import { stack } from "./stack.ts";
import { integers, isTensorLike, opScope } from "./support.ts";
import { booleanMask } from "./where.ts";

export interface RepeatOptions extends Named {
  /** Along which axis; the flattened tensor when left out. */
  readonly axis?: number | undefined;
}

/** Repeats each element, or each slice along an axis, so many times. TensorFlow: `tf.repeat`. */
export function repeat(
  input: TensorLike,
  repeats: TensorLike,
  { axis, name }: RepeatOptions = {},
): Tensor {
  const data = axis === undefined ? reshape(input, [-1]) : input;
  return repeatAlong(data, repeats, axis ?? 0, name);
}

function positive(axis: number, count: number | null): number {
  if (count === null) {
    if (axis >= 0) return axis;
    throw new ValueError(`axis=${axis} may only be negative if rank(data) is statically known.`);
  }
  if (axis < -count || axis >= count) {
    throw new ValueError(`axis=${axis} out of bounds: expected ${-count}<=axis<${count}`);
  }
  return axis < 0 ? axis + count : axis;
}

function withSomeRank(data: Tensor): Tensor {
  if (data.shape.rank === 0) return stack([data]);
  if (data.shape.rank !== null) return data;
  const sizes = shape(data);
  return reshape(data, concat([integers([1]), sizes], 0).slice([rank(data).neg(), null]));
}

function repeatAlong(
  input: TensorLike,
  repeats: TensorLike,
  axis: number,
  name: string | undefined,
): Tensor {
  return opScope(name, "Repeat", [input, repeats], () => {
    const given = convertToTensor(input, { name: "data" });
    const counts = castNode(convertToTensor(integers(repeats), { name: "repeats" }), int32);
    if (counts.shape.rank !== null && counts.shape.rank > 1) {
      throw new ValueError(`Shape ${counts.shape} must have rank at most 1`);
    }
    const data = withSomeRank(given);
    const sizes = shape(data, { outType: counts.dtype.base });
    const at = positive(axis, data.shape.rank);
    if (counts.shape.size === 1) return repeatAll(data, reshape(counts, []), sizes, at);
    return repeatEach(data, counts, sizes, at);
  });
}

/** Every slice the same number of times. */
function repeatAll(data: Tensor, count: Tensor, sizes: Tensor, axis: number): Tensor {
  const tiled = tileAxis(expandDims(data, axis + 1), axis + 1, count);
  const before = sizes.slice([null, axis]);
  const width = count.mul(sizes.slice(axis));
  const result = concat([before, [width], sizes.slice([axis + 1, null])], 0);
  return reshape(tiled, result);
}

function tileAxis(data: Tensor, axis: number, count: Tensor): Tensor {
  const dims = data.shape.rank;
  if (dims !== null) {
    const multiples: (number | Tensor)[] = new Array<number>(dims).fill(1);
    multiples[axis] = count;
    return tile(data, multiples);
  }
  const all = ones(rank(data), { dtype: int32 });
  return tile(data, concat([all.slice([null, axis]), [count], all.slice([axis + 1, null])], 0));
}

/** Each slice its own number of times: all as often as the most, then those too many masked out. */
function repeatEach(data: Tensor, counts: Tensor, sizes: Tensor, axis: number): Tensor {
  const perSlice = broadcastTo(counts, [sizes.slice(axis)]);
  let spread = perSlice;
  if (perSlice.shape.rank !== axis + 1) {
    const ownShape = shape(perSlice);
    const ownRank = rank(perSlice);
    const leading = sizes.slice([null, ownRank.rsub(axis + 1)]);
    spread = broadcastTo(perSlice, concat([leading, ownShape], 0));
    spread.setShape(new TensorShape(new Array<null>(axis + 1).fill(null)));
  }
  const most = reduceMax(spread, { axis: allDimensions(spread) });
  const limit = maximum(convertToTensor(0, { name: "zero", dtype: most.dtype.base }), most);
  const mask = sequenceMask(spread, { maxlen: limit });
  const tiled = tileAxis(expandDims(data, axis + 1), axis + 1, limit);
  const masked = booleanMask(tiled, mask);
  let result = masked;
  if (axis > 0) {
    const total = reduceSum(perSlice, { axis: rangeOp(integers(0), rank(perSlice), integers(1)) });
    const target = concat([sizes.slice([null, axis]), [total], sizes.slice([axis + 1, null])], 0);
    result = reshape(masked, target);
  }
  if (data.shape.rank !== null) {
    const open = spread.shape.dim(0) === 0 ? 0 : null;
    result.setShape(
      data.shape
        .slice(0, axis)
        .concatenate([open])
        .concatenate(data.shape.slice(axis + 1)),
    );
  }
  return result;
}

export interface MeshgridOptions extends Named {
  /** "xy" (the default) swaps the first two axes, as images are addressed; "ij" keeps them. */
  readonly indexing?: "xy" | "ij" | undefined;
}

/** Vectors broadcast against each other, one tensor per axis. TensorFlow: `tf.meshgrid`. */
export function meshgrid(
  args: readonly TensorLike[],
  { indexing = "xy", name = "meshgrid" }: MeshgridOptions = {},
): readonly Tensor[] {
  if (indexing !== "xy" && indexing !== "ij") {
    throw new ValueError(
      `Argument \`indexing\` parameter must be either 'xy' or 'ij', got '${indexing}'`,
    );
  }
  return opScope(name, "meshgrid", args, () => {
    const count = args.length;
    const [first] = args;
    if (first === undefined) return [];
    const output = args.map((x, i) => {
      const target = new Array<number>(count).fill(1).with(i, -1);
      return reshape(isTensorLike(x) ? x : convertToTensor(x, { name: "stack" }), target);
    });
    const sizes: TensorLike[] = args.map((x) => size(x));
    const dtype = convertToTensor(first).dtype.base;
    if (indexing === "xy" && count > 1) {
      const tail = new Array<number>(count - 2).fill(1);
      output[0] = reshape(output[0] as Tensor, [1, -1, ...tail]);
      output[1] = reshape(output[1] as Tensor, [-1, 1, ...tail]);
      [sizes[0], sizes[1]] = [sizes[1] as TensorLike, sizes[0] as TensorLike];
    }
    const factor = ones(sizes, { dtype });
    return output.map((x) => x.mul(factor));
  });
}
