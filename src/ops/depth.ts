/** SpaceToDepth and DepthToSpace: blocks of pixels as channels and back. */

import type { DTypeName } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { type Dim, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { TensorLike, TensorOf } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { withRank } from "./merge.ts";

const attrs = {
  T: a.type(),
  block_size: a.int(undefined, 2),
  data_format: a.string("NHWC"),
} as const;

type Attrs = { readonly block_size: number; readonly data_format: string };

/** Positions of height, width and channels. */
function axesOf(format: string): readonly [number, number, number] {
  if (format === "NHWC") return [1, 2, 3];
  if (format === "NCHW") return [2, 3, 1];
  throw new ValueError(
    `Value for attr 'data_format' of "${format}" is not supported here: NHWC or NCHW`,
  );
}

function divide(dim: Dim, by: number): Dim {
  if (dim === null) return null;
  if (dim % by !== 0)
    throw new ShapeError(`Dimension size must be evenly divisible by ${by} but is ${dim}`);
  return dim / by;
}

const times = (dim: Dim, by: number): Dim => (dim === null ? null : dim * by);

function toDepthShape(
  dims: readonly Dim[],
  { block_size: block, data_format }: Attrs,
): readonly Dim[] {
  const [h, w, c] = axesOf(data_format);
  return dims
    .with(h, divide(dims[h] as Dim, block))
    .with(w, divide(dims[w] as Dim, block))
    .with(c, times(dims[c] as Dim, block * block));
}

function toSpaceShape(
  dims: readonly Dim[],
  { block_size: block, data_format }: Attrs,
): readonly Dim[] {
  const [h, w, c] = axesOf(data_format);
  return dims
    .with(h, times(dims[h] as Dim, block))
    .with(w, times(dims[w] as Dim, block))
    .with(c, divide(dims[c] as Dim, block * block));
}

const SpaceToDepth = defineOp({
  type: "SpaceToDepth",
  inputs: ["input: T"],
  outputs: ["output: T"],
  attrs,
  shape: ({ inputs: [x], attrs: own }) => {
    const { dims } = withRank(x.shape, 4);
    return [dims ? toDepthShape(dims, own) : unknownShape];
  },
  gradient: ({ attrs: own, dy: [dy] }) => [
    depthToSpace(dy, own.block_size, { dataFormat: own.data_format }),
  ],
  lower: ({ inputs: [x], attrs: own, k }) => {
    const [h, w] = axesOf(own.data_format);
    const [height, width] = [x.shape[h] as number, x.shape[w] as number];
    if (height % own.block_size !== 0 || width % own.block_size !== 0) {
      throw new Error(
        `Image width ${width} and height ${height} should be divisible by block_size: ${own.block_size}`,
      );
    }
    const result = toDepthShape(x.shape, own) as readonly number[];
    const block = own.block_size;
    const isLast = own.data_format === "NHWC";
    const [n, d1, d2, d3] = result as readonly [number, number, number, number];
    const channels = (isLast ? d3 : d1) / (block * block);
    const split = isLast
      ? [n, d1, block, d2, block, channels]
      : [n, channels, d2, block, d3, block];
    const perm = isLast ? [0, 1, 3, 2, 4, 5] : [0, 3, 5, 1, 2, 4];
    return [k.reshape(k.transpose(k.reshape(x, split), perm), result)];
  },
});

const DepthToSpace = defineOp({
  type: "DepthToSpace",
  inputs: ["input: T"],
  outputs: ["output: T"],
  attrs,
  shape: ({ inputs: [x], attrs: own }) => {
    const { dims } = withRank(x.shape, 4);
    return [dims ? toSpaceShape(dims, own) : unknownShape];
  },
  gradient: ({ attrs: own, dy: [dy] }) => [
    spaceToDepth(dy, own.block_size, { dataFormat: own.data_format }),
  ],
  lower: ({ inputs: [x], attrs: own, k }) => {
    const depth = x.shape[axesOf(own.data_format)[2]] as number;
    const area = own.block_size * own.block_size;
    if (depth % area !== 0) {
      throw new Error(`Input depth dimension ${depth} should be divisible by: ${area}`);
    }
    const result = toSpaceShape(x.shape, own) as readonly number[];
    const block = own.block_size;
    const isLast = own.data_format === "NHWC";
    const [n, d1, d2, d3] = x.shape as readonly [number, number, number, number];
    const channels = (isLast ? d3 : d1) / (block * block);
    const split = isLast
      ? [n, d1, d2, block, block, channels]
      : [n, block, block, channels, d2, d3];
    const perm = isLast ? [0, 1, 3, 2, 4, 5] : [0, 3, 4, 1, 5, 2];
    return [k.reshape(k.transpose(k.reshape(x, split), perm), result)];
  },
});

export interface DepthOptions extends Named {
  /** NHWC (the default) or NCHW. */
  readonly dataFormat?: string | undefined;
}

/** Blocks of `blockSize`² pixels become channels. TensorFlow: `tf.space_to_depth`. */
export function spaceToDepth<D extends DTypeName>(
  input: TensorOf<D>,
  blockSize: number,
  options?: DepthOptions,
): Tensor<D>;
export function spaceToDepth(input: TensorLike, blockSize: number, options?: DepthOptions): Tensor;
export function spaceToDepth(
  input: TensorLike,
  blockSize: number,
  { dataFormat = "NHWC", name }: DepthOptions = {},
): Tensor {
  return createOp(SpaceToDepth, [input], { block_size: blockSize, data_format: dataFormat }, name)
    .output;
}

/** Channels become blocks of `blockSize`² pixels. TensorFlow: `tf.depth_to_space`. */
export function depthToSpace<D extends DTypeName>(
  input: TensorOf<D>,
  blockSize: number,
  options?: DepthOptions,
): Tensor<D>;
export function depthToSpace(input: TensorLike, blockSize: number, options?: DepthOptions): Tensor;
export function depthToSpace(
  input: TensorLike,
  blockSize: number,
  { dataFormat = "NHWC", name }: DepthOptions = {},
): Tensor {
  return createOp(DepthToSpace, [input], { block_size: blockSize, data_format: dataFormat }, name)
    .output;
}
