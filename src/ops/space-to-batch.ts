/** Moving blocks of space into the batch and back, which makes dilated windows out of plain ones. */

import { int32, int64 } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { sizeOf } from "../core/ndarray.ts";
import { type Dim, TensorShape, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import * as e from "../engines/expr.ts";
import { concat } from "./concat.ts";
import { brief, constant } from "./constant.ts";
import { constantValue } from "./constant-value.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { withRankAtLeast } from "./merge.ts";
import { stack } from "./stack.ts";
import "./operators.ts";
import { indexTensor } from "./index-tensor.ts";
import { type DataFormat, type Padding, paddingAttrs } from "./padding.ts";
import { shape } from "./shape.ts";
import { integers, numbersOf, opScope } from "./support.ts";

type Pairs = readonly (readonly [number, number])[];

function pairsOf(flat: readonly number[]): Pairs {
  return Array.from({ length: flat.length / 2 }, (_, i) => [
    flat[2 * i] as number,
    flat[2 * i + 1] as number,
  ]);
}

/** Dimensions after the batch that are cut into blocks; the others stay. */
function blockedShape(
  input: TensorShape,
  block: readonly number[] | null,
  resize: (dim: Dim, axis: number) => Dim,
  batch: (dim: number, blocks: number) => number,
): TensorShape {
  if (!block || !input.dims)
    return input.dims ? new TensorShape(input.dims.map(() => null)) : unknownShape;
  const { dims } = withRankAtLeast(input, block.length + 1);
  const known = dims as readonly Dim[];
  const first = known[0] ?? null;
  return new TensorShape([
    first === null ? null : batch(first, sizeOf(block)),
    ...known.slice(1, block.length + 1).map(resize),
    ...known.slice(block.length + 1),
  ]);
}

const SpaceToBatchND = defineOp({
  type: "SpaceToBatchND",
  inputs: ["input: T", "block_shape: Tblock_shape", "paddings: Tpaddings"],
  outputs: ["output: T"],
  attrs: {
    T: a.type(),
    Tblock_shape: a.type([int32, int64], int32),
    Tpaddings: a.type([int32, int64], int32),
  },
  shape: ({ inputs: [x], constant }) => {
    const block = constant(1) && numbersOf(constant(1) as never);
    const given = constant(2);
    const pads = given && pairsOf(numbersOf(given));
    const resize = (dim: Dim, axis: number): Dim => {
      const pair = pads?.[axis];
      const step = (block as readonly number[])[axis] as number;
      if (dim === null || !pair) return null;
      const padded = dim + pair[0] + pair[1];
      if (padded % step !== 0) {
        throw new ShapeError(`Dimension size must be evenly divisible by ${step} but is ${padded}`);
      }
      return padded / step;
    };
    return [blockedShape(x.shape, block, resize, (dim, blocks) => dim * blocks)];
  },
  gradient: ({ inputs: [, block, paddings], dy: [dy] }) => [
    batchToSpaceNd(dy, block, paddings),
    null,
    null,
  ],
  lower: ({ inputs: [x], constant, k }) => {
    const block = numbersOf(constant(1));
    const pads = pairsOf(numbersOf(constant(2)));
    const count = block.length;
    const rest = x.shape.slice(count + 1);
    const none = rest.map(() => 0);
    const padded = k.pad(
      x,
      [0, ...pads.map(([before]) => before), ...none],
      [0, ...pads.map(([, after]) => after), ...none],
      e.constant(0, x.dtype),
    );
    const batch = x.shape[0] as number;
    const cells = block.map((step, i) => {
      const dim = padded.shape[i + 1] as number;
      if (dim % step !== 0) {
        throw new Error(`padded_shape[${i}]=${dim} is not divisible by block_shape[${i}]=${step}`);
      }
      return dim / step;
    });
    const split = k.reshape(padded, [
      batch,
      ...block.flatMap((step, i) => [cells[i] as number, step]),
      ...rest,
    ]);
    const order = [
      ...block.map((_, i) => 2 * i + 2),
      0,
      ...block.map((_, i) => 2 * i + 1),
      ...rest.map((_, i) => 2 * count + 1 + i),
    ];
    return [k.reshape(k.transpose(split, order), [batch * sizeOf(block), ...cells, ...rest])];
  },
});

const BatchToSpaceND = defineOp({
  type: "BatchToSpaceND",
  inputs: ["input: T", "block_shape: Tblock_shape", "crops: Tcrops"],
  outputs: ["output: T"],
  attrs: {
    T: a.type(),
    Tblock_shape: a.type([int32, int64], int32),
    Tcrops: a.type([int32, int64], int32),
  },
  shape: ({ inputs: [x], constant }) => {
    const block = constant(1) && numbersOf(constant(1) as never);
    const given = constant(2);
    const crops = given && pairsOf(numbersOf(given));
    const resize = (dim: Dim, axis: number): Dim => {
      const pair = crops?.[axis];
      if (dim === null || !pair) return null;
      let left = dim * ((block as readonly number[])[axis] as number);
      for (const crop of pair) {
        if (left < crop) {
          throw new ShapeError(
            `Negative dimension size caused by subtracting ${crop} from ${left}`,
          );
        }
        left -= crop;
      }
      return left;
    };
    const batch = (dim: number, blocks: number): number => {
      if (dim % blocks === 0) return dim / blocks;
      throw new ShapeError(`Dimension size must be evenly divisible by ${blocks} but is ${dim}`);
    };
    return [blockedShape(x.shape, block, resize, batch)];
  },
  gradient: ({ inputs: [, block, crops], dy: [dy] }) => [
    spaceToBatchNd(dy, block, crops),
    null,
    null,
  ],
  lower: ({ inputs: [x], constant, k }) => {
    const block = numbersOf(constant(1));
    const crops = pairsOf(numbersOf(constant(2)));
    const count = block.length;
    const rest = x.shape.slice(count + 1);
    const cells = x.shape.slice(1, count + 1);
    const blocks = sizeOf(block);
    if ((x.shape[0] as number) % blocks !== 0) {
      throw new Error(
        `Input batch dimension (${x.shape[0]}) is not divisible by product of block sizes (${blocks})`,
      );
    }
    const batch = (x.shape[0] as number) / blocks;
    const split = k.reshape(x, [...block, batch, ...cells, ...rest]);
    const order = [
      count,
      ...block.flatMap((_, i) => [count + 1 + i, i]),
      ...rest.map((_, i) => 2 * count + 1 + i),
    ];
    const wide = block.map((step, i) => step * (cells[i] as number));
    const whole = k.reshape(k.transpose(split, order), [batch, ...wide, ...rest]);
    const begin = [0, ...crops.map(([before]) => before), ...rest.map(() => 0)];
    const size = [
      batch,
      ...wide.map((dim, i) => dim - sum(crops[i] as readonly number[])),
      ...rest,
    ];
    return [k.slice(whole, begin, size)];
  },
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Moves blocks of the dimensions after the batch into the batch. TensorFlow: `tf.space_to_batch_nd`. */
export function spaceToBatchNd(
  input: TensorLike,
  blockShape: TensorLike,
  paddings: TensorLike,
  { name }: Named = {},
): Tensor {
  return createOp(SpaceToBatchND, [input, integers(blockShape), integers(paddings)], {}, name)
    .output;
}

/** The inverse of `spaceToBatchNd`. TensorFlow: `tf.batch_to_space_nd`. */
export function batchToSpaceNd(
  input: TensorLike,
  blockShape: TensorLike,
  crops: TensorLike,
  { name }: Named = {},
): Tensor {
  return createOp(BatchToSpaceND, [input, integers(blockShape), integers(crops)], {}, name).output;
}

/** `spaceToBatchNd` of images with square blocks. TensorFlow: `tf.space_to_batch`. */
export function spaceToBatch(
  input: TensorLike,
  paddings: TensorLike,
  blockSize: number,
  options: Named = {},
): Tensor {
  return withRankFour(spaceToBatchNd(input, squareBlock(blockSize), paddings, options));
}

/** The inverse of `spaceToBatch`. TensorFlow: `tf.batch_to_space`. */
export function batchToSpace(
  input: TensorLike,
  crops: TensorLike,
  blockSize: number,
  options: Named = {},
): Tensor {
  return withRankFour(batchToSpaceNd(input, squareBlock(blockSize), crops, options));
}

function squareBlock(size: number): BigInt64Array {
  if (!Number.isInteger(size)) {
    throw new TypeError(`Expected int for argument 'block_size' not ${brief(size)}.`);
  }
  return BigInt64Array.of(BigInt(size), BigInt(size));
}

function withRankFour(images: Tensor): Tensor {
  images.setShape([null, null, null, null]);
  return images;
}

/** `t[from:to]` along the first dimension. */
function rows(tensor: Tensor, from: number, to: number): Tensor {
  return indexTensor(tensor, [[from, to]]);
}

/**
 * The paddings that make a shape divisible into blocks, after `basePaddings`, and the crops that undo the surplus.
 * TensorFlow: `tf.required_space_to_batch_paddings`.
 */
export function requiredSpaceToBatchPaddings(
  inputShape: TensorLike,
  blockShape: TensorLike,
  { basePaddings, name }: Named & { readonly basePaddings?: TensorLike | undefined } = {},
): [paddings: Tensor, crops: Tensor] {
  const scope = "required_space_to_batch_paddings";
  return opScope(name, scope, [inputShape, blockShape], () => {
    const input = convertToTensor(integers(inputShape), { dtype: int32, name: "input_shape" });
    const block = convertToTensor(integers(blockShape), { dtype: int32, name: "block_shape" });
    const count = block.shape.dim(0);
    if (block.shape.rank !== 1 || count === null) {
      throw new ValueError(`The shape of block_shape must be fully known, got ${block.shape}`);
    }
    const zeroPads = Array.from({ length: count }, () => [0, 0]);
    const base =
      basePaddings === undefined
        ? constant(zeroPads, { dtype: int32, name: "zeros" })
        : convertToTensor(integers(basePaddings), { dtype: int32, name: "base_paddings" });
    const known = [constantValue(block), constantValue(input), constantValue(base)] as const;
    const [blockSizes, sizes, pads] = known.map((value) => value && numbersOf(value));
    return blockSizes && sizes && pads
      ? knownPaddings(sizes, blockSizes, pairsOf(pads))
      : computedPaddings(input, block, base, count);
  });
}

function knownPaddings(
  sizes: readonly number[],
  block: readonly number[],
  pads: Pairs,
): [Tensor, Tensor] {
  const extra = pads.map(([before, after], i) => {
    const step = block[i] as number;
    return (step - (((sizes[i] as number) + before + after) % step)) % step;
  });
  const paddings = pads.map(([before, after], i) => [before, after + (extra[i] as number)]);
  const crops = extra.map((surplus) => [0, surplus]);
  return [
    constant(paddings, { dtype: int32, name: "paddings" }),
    constant(crops, { dtype: int32, name: "crops" }),
  ];
}

function computedPaddings(
  input: Tensor,
  block: Tensor,
  base: Tensor,
  count: number,
): [Tensor, Tensor] {
  const start = indexTensor(base, [null, 0]);
  const end = indexTensor(base, [null, 1]);
  const full = input.add(start).add(end);
  const extra = block.sub(full.mod(block)).mod(block);
  const paddedEnd = end.add(extra);
  const each = Array.from({ length: count }, (_, i) => i);
  const pads = each.map((i) => [indexTensor(start, [i]), indexTensor(paddedEnd, [i])]);
  const paddings = convertToTensor(pads, { name: "paddings" });
  const crops = each.map((i) => [0, indexTensor(extra, [i])]);
  return [paddings, convertToTensor(crops, { dtype: int32, name: "crops" })];
}

/** A window function applied between `spaceToBatchNd` and its inverse, which dilates its windows by `rate`. */
export function withSpaceToBatch(
  input: Tensor,
  filterShape: TensorLike,
  rate: readonly number[],
  padding: Padding,
  dataFormat: DataFormat | undefined,
  apply: (spread: Tensor, padding: Padding) => Tensor,
): Tensor {
  const steps = constant([...rate], { dtype: int32, name: "dilation_rate", shape: [rate.length] });
  if (rate.some((step) => step < 1)) {
    throw new ValueError(
      `\`dilation_rate\` must be positive. Received: dilation_rate=${brief(rate)}`,
    );
  }
  if (rate.every((step) => step === 1)) return apply(input, padding);
  const firstAxis = dataFormat?.startsWith("NC") ? 2 : 1;
  const base = basePaddings(filterShape, rate, padding, firstAxis);
  const spatial = rate.map((_, i) => i + firstAxis);
  const known = input.shape.dims && spatial.map((axis) => input.shape.dim(axis));
  const sizes = known?.every((dim) => dim !== null)
    ? (known as number[])
    : spatialShape(input, spatial);
  const [paddings, crops] = requiredSpaceToBatchPaddings(sizes, steps, { basePaddings: base });
  const blocks = [...new Array<number>(firstAxis - 1).fill(1), ...rate];
  const allPaddings = adjusted(paddings, firstAxis, rate.length);
  const allCrops = adjusted(crops, firstAxis, rate.length);
  const spread = spaceToBatchNd(input, blocks, allPaddings);
  return batchToSpaceNd(apply(spread, "VALID"), blocks, allCrops);
}

function spatialShape(input: Tensor, spatial: readonly number[]): Tensor {
  const whole = shape(input);
  return stack(spatial.map((axis) => indexTensor(whole, [axis])));
}

/** What a dilated window needs around the image, in the paddings of the outer operation. */
function basePaddings(
  filterShape: TensorLike,
  rate: readonly number[],
  padding: Padding,
  firstAxis: number,
): TensorLike {
  const { padding: kind, explicit_paddings: explicit } = paddingAttrs(padding);
  if (kind === "VALID") return rate.map(() => [0, 0]);
  if (kind === "EXPLICIT")
    return pairsOf(explicit)
      .slice(firstAxis, firstAxis + rate.length)
      .map((pair) => [...pair]);
  if (kind !== "SAME") {
    throw new ValueError(`\`padding\` must be one of 'SAME' or 'VALID'. Received: padding=${kind}`);
  }
  const filter = convertToTensor(integers(filterShape), { name: "filter_shape" });
  const known = constantValue(filter);
  if (!known) {
    throw new ValueError(
      "A dilated window with padding 'SAME' needs a filter whose shape is known.",
    );
  }
  const pads = rate.map((step, i) => {
    const extra = ((numbersOf(known)[i] as number) - 1) * step;
    return [Math.floor(extra / 2), extra - Math.floor(extra / 2)];
  });
  return constant(pads, { dtype: int32, name: "stack" });
}

/** Rows for the dimensions between batch and space, which are neither padded nor cropped. */
function adjusted(pairs: Tensor, firstAxis: number, count: number): TensorLike {
  const known = constantValue(pairs);
  const before = new Array<number[]>(firstAxis - 1).fill([0, 0]);
  if (known) return [...before, ...pairsOf(numbersOf(known)).map((pair) => [...pair])];
  const own = rows(pairs, 0, count);
  return concat(before.length > 0 ? [constant(before, { dtype: int32 }), own] : [own], 0);
}
