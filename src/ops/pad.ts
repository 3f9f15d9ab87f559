/** Growing tensors: Pad, MirrorPad, Tile, BroadcastTo. */

import type { DTypeName } from "../core/dtypes.ts";
import { int32, int64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { fromScalars, type NDArray, stridesOf } from "../core/ndarray.ts";
import {
  asShape,
  broadcastStatic,
  type Dim,
  type ShapeLike,
  TensorShape,
  unknownOfRank,
  unknownShape,
} from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { type Builder, broadcastShapes, load } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { broadcastGradientArgs } from "./broadcast-gradient-args.ts";
import { cast } from "./cast.ts";
import { concat } from "./concat.ts";
import { constantNode } from "./constant.ts";
import { constantValue } from "./constant-value.ts";
import type { TensorLike, TensorOf } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { range } from "./range.ts";
import { reduceSum } from "./reduce.ts";
import { unsortedSegmentSum } from "./segment.ts";
import { rank, reshape, shape, size } from "./shape.ts";
import { slice } from "./slice.ts";
import { stack } from "./stack.ts";
import { integers, move, numbersOf } from "./support.ts";
import { transpose } from "./transpose.ts";

const indexTypes = [int32, int64];

// Pad

type Amount = readonly [before: number, after: number];

function amountsOf(paddings: NDArray): Amount[] {
  const flat = numbersOf(paddings);
  return Array.from({ length: flat.length / 2 }, (_, i) => [
    flat[2 * i] as number,
    flat[2 * i + 1] as number,
  ]);
}

function paddedShape(x: TensorShape, paddings: TensorShape, known: NDArray | null): TensorShape {
  if (paddings.rank !== null && paddings.rank !== 2) {
    throw new ShapeError(`Shape must be rank 2 but is rank ${paddings.rank}`);
  }
  const columns = paddings.dim(1);
  if (columns !== null && columns !== 2)
    throw new ShapeError(`Dimension must be 2 but is ${columns}`);
  const count = paddings.dim(0);
  if (x.rank !== null && count !== null && count !== x.rank && !(x.rank === 0 && count === 1)) {
    throw new ShapeError(`Shape must be rank ${count} but is rank ${x.rank}`);
  }
  if (!known) {
    const rank = x.rank ?? count;
    return rank === null ? unknownShape : unknownOfRank(rank);
  }
  const amounts = amountsOf(known);
  return new TensorShape(
    amounts.map(([before, after], axis) => {
      if (before < 0 || after < 0) throw new ShapeError("Paddings must be non-negative");
      const dim = x.dims ? (x.dims[axis] as Dim) : null;
      return dim === null ? null : before + dim + after;
    }),
  );
}

function padGradient(x: Tensor, paddings: Tensor, dy: Tensor): Tensor {
  const before = slice(paddings, [0, 0], stack([rank(x), integers(1)]));
  const begin = reshape(before, [-1]);
  return slice(dy, begin, shape(x, { outType: begin.dtype.base }));
}

function checkAmounts(x: Value, paddings: NDArray): Amount[] {
  const amounts = amountsOf(paddings);
  if (amounts.length !== x.shape.length) {
    throw new Error(
      `The first dimension of paddings must be the rank of inputs[${paddings.shape.join(",")}] [${x.shape.join(",")}]`,
    );
  }
  for (const [before, after] of amounts) {
    if (before < 0 || after < 0)
      throw new Error(`Paddings must be non-negative: ${before} ${after}`);
  }
  return amounts;
}

/** Surrounds `x` with the scalar `value`. */
function surround(k: Builder, x: Value, paddings: NDArray, value: Value): Value {
  const amounts = checkAmounts(x, paddings);
  const before = amounts.map(([low]) => low);
  const after = amounts.map(([, high]) => high);
  return k.pad(x, before, after, load(value, new Array<number>(x.shape.length).fill(0)));
}

const Pad = defineOp({
  type: "Pad",
  inputs: ["input: T", "paddings: Tpaddings"],
  outputs: ["output: T"],
  attrs: { T: a.type(), Tpaddings: a.type(indexTypes, int32) },
  shape: ({ inputs: [x, paddings], constant }) => [
    paddedShape(x.shape, paddings.shape, constant(1)),
  ],
  gradient: ({ inputs: [x, paddings], dy: [dy] }) => [padGradient(x, paddings, dy), null],
  lower: ({ inputs: [x], constant, k }) => [surround(k, x, constant(1), k.scalar(0, x.dtype))],
});

const PadV2 = defineOp({
  type: "PadV2",
  inputs: ["input: T", "paddings: Tpaddings", "constant_values: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(), Tpaddings: a.type(indexTypes, int32) },
  shape: ({ inputs: [x, paddings], constant }) => [
    paddedShape(x.shape, paddings.shape, constant(1)),
  ],
  gradient: ({ inputs: [x, paddings], dy: [dy] }) => [padGradient(x, paddings, dy), null, null],
  lower: ({ inputs: [x, , value], constant, k }) => [surround(k, x, constant(1), value)],
});

const mirrorAttrs = {
  T: a.type(),
  Tpaddings: a.type(indexTypes, int32),
  mode: a.string(),
} as const;

function mirrorMode(mode: string): "REFLECT" | "SYMMETRIC" {
  if (mode === "REFLECT" || mode === "SYMMETRIC") return mode;
  throw new ValueError(
    `Value for attr 'mode' of "${mode}" is not in the list of allowed values: "REFLECT", "SYMMETRIC"`,
  );
}

const MirrorPad = defineOp({
  type: "MirrorPad",
  inputs: ["input: T", "paddings: Tpaddings"],
  outputs: ["output: T"],
  attrs: mirrorAttrs,
  shape: ({ inputs: [x, paddings], constant }) => [
    paddedShape(x.shape, paddings.shape, constant(1)),
  ],
  gradient: ({ inputs: [, paddings], attrs: { mode }, dy: [dy] }) => [
    mirrorPadGrad(dy, paddings, mode),
    null,
  ],
  lower: ({ inputs: [x], attrs: { mode }, constant, k }) => {
    const paddings = checkAmounts(x, constant(1));
    const shape = x.shape.map((dim, axis) => {
      const [before, after] = paddings[axis] as Amount;
      return before + dim + after;
    });
    return k.routine("mirrorPad", [x], [{ dtype: x.dtype, shape }], {
      mode: mirrorMode(mode),
      paddings,
    });
  },
});

const MirrorPadGrad = defineOp({
  type: "MirrorPadGrad",
  inputs: ["input: T", "paddings: Tpaddings"],
  outputs: ["output: T"],
  attrs: mirrorAttrs,
  shape: ({ inputs: [x, paddings], constant }) => {
    const known = constant(1);
    if (!known || !x.shape.dims) {
      const size = x.shape.rank ?? paddings.shape.dim(0);
      return [size === null ? unknownShape : unknownOfRank(size)];
    }
    const amounts = amountsOf(known);
    return [
      x.shape.dims.map((dim, axis) => {
        const [before, after] = amounts[axis] as Amount;
        return dim === null ? null : dim - before - after;
      }),
    ];
  },
  gradient: ({ inputs: [, paddings], attrs: { mode }, dy: [dy] }) => [
    mirrorPad(dy, paddings, mode, undefined),
    null,
  ],
  lower: ({ inputs: [x], attrs: { mode }, constant, k }) => {
    const paddings = checkAmounts(x, constant(1));
    const shape = x.shape.map((dim, axis) => {
      const [before, after] = paddings[axis] as Amount;
      return dim - before - after;
    });
    return k.routine("mirrorPadGrad", [x], [{ dtype: x.dtype, shape }], {
      mode: mirrorMode(mode),
      paddings,
    });
  },
});

function mirrorPad(
  x: TensorLike,
  paddings: TensorLike,
  mode: string,
  name: string | undefined,
): Tensor {
  return createOp(MirrorPad, [x, paddings], { mode }, name).output;
}

function mirrorPadGrad(dy: Tensor, paddings: Tensor, mode: string): Tensor {
  return createOp(MirrorPadGrad, [dy, paddings], { mode }, undefined).output;
}

export interface PadOptions extends Named {
  /** CONSTANT (the default), REFLECT or SYMMETRIC; in either case. */
  readonly mode?: string | undefined;
  /** What CONSTANT pads with: 0 by default. */
  readonly constantValues?: TensorLike | undefined;
}

/**
 * Surrounds a tensor: `paddings[i]` is how many elements go before and after along axis i.
 * TensorFlow: `tf.pad`.
 */
export function pad<D extends DTypeName>(
  tensor: TensorOf<D>,
  paddings: TensorLike,
  options?: PadOptions,
): Tensor<D>;
export function pad(tensor: TensorLike, paddings: TensorLike, options?: PadOptions): Tensor;
export function pad(
  tensor: TensorLike,
  paddings: TensorLike,
  { mode = "CONSTANT", constantValues = 0, name }: PadOptions = {},
): Tensor {
  return padNode(tensor, integers(paddings), mode, constantValues, name);
}

function padNode(
  tensor: TensorLike,
  paddings: TensorLike,
  mode: string,
  value: TensorLike,
  name: string | undefined,
): Tensor {
  switch (mode.toUpperCase()) {
    case "CONSTANT":
      return value === 0 || value === 0n || value === false
        ? createOp(Pad, [tensor, paddings], {}, name).output
        : createOp(PadV2, [tensor, paddings, value], {}, name).output;
    case "REFLECT":
    case "SYMMETRIC":
      return mirrorPad(tensor, paddings, mode.toUpperCase(), name);
    default:
      throw new ValueError(
        `Value of argument \`mode\` expected to be one of "CONSTANT", "REFLECT", or "SYMMETRIC". Received \`mode\` = ${mode.toUpperCase()}`,
      );
  }
}

// Tile

const Tile = defineOp({
  type: "Tile",
  inputs: ["input: T", "multiples: Tmultiples"],
  outputs: ["output: T"],
  attrs: { T: a.type(), Tmultiples: a.type(indexTypes, int32) },
  traits: { passesSlices: true },
  shape: ({ inputs: [x, multiples], constantShape }) => {
    if (multiples.shape.rank !== null && multiples.shape.rank !== 1) {
      throw new ShapeError(`Shape must be rank 1 but is rank ${multiples.shape.rank}`);
    }
    const times = constantShape(1).dims;
    const count = times?.length ?? multiples.shape.dim(0);
    if (x.shape.rank === null && count === null) return [unknownShape];
    const dims = x.shape.dims ?? new Array<Dim>(count as number).fill(null);
    if (count !== null && count !== dims.length) {
      throw new ShapeError(`Shape must be rank ${dims.length} but is rank ${count}`);
    }
    return [
      dims.map((dim, axis) => {
        const repeat = times?.[axis] ?? null;
        if (repeat === 0) return 0;
        return dim === null || repeat === null ? null : dim * repeat;
      }),
    ];
  },
  gradient: ({ inputs: [x, multiples], dy: [dy] }) => {
    const inputShape = shape(x, { outType: multiples.dtype.base });
    let splitShape = reshape(transpose(stack([multiples, inputShape])), [-1]);
    const axes = range(0, size(splitShape), 2);
    const slices: unknown = dy;
    let gradient = dy;
    if (slices instanceof IndexedSlices) {
      const rows = cast(inputShape.slice(0), slices.indices.dtype.base);
      gradient = unsortedSegmentSum(slices.values, slices.indices.mod(rows), rows);
      splitShape = concat([integers([1]), splitShape.slice([1, null])], 0);
    }
    const result = reduceSum(reshape(gradient, splitShape), { axis: axes });
    result.setShape(x.shape);
    return [result, null];
  },
  lower: ({ inputs: [x], constant, k }) => {
    const times = numbersOf(constant(1));
    if (times.length !== x.shape.length) {
      throw new Error(
        `Expected multiples argument to be a vector of length ${x.shape.length} but got length ${times.length}`,
      );
    }
    const negative = times.findIndex((repeat) => repeat < 0);
    if (negative >= 0)
      throw new Error(`Expected multiples[${negative}] >= 0, but got ${times[negative]}`);
    if (times.every((repeat) => repeat === 1)) return [x];
    // [a, b] tiled is [times, a, times, b] read with no step along the new axes.
    const strides = stridesOf(x.shape);
    const spread = x.shape.flatMap((dim, axis) => [times[axis] as number, dim]);
    const wide = move(
      k,
      x,
      spread,
      strides.flatMap((stride) => [0, stride]),
    );
    return [
      k.reshape(
        wide,
        x.shape.map((dim, axis) => dim * (times[axis] as number)),
      ),
    ];
  },
});

/** Repeats a tensor `multiples[i]` times along axis i. TensorFlow: `tf.tile`. */
export function tile<D extends DTypeName>(
  input: TensorOf<D>,
  multiples: TensorLike,
  options?: Named,
): Tensor<D>;
export function tile(input: TensorLike, multiples: TensorLike, options?: Named): Tensor;
export function tile(input: TensorLike, multiples: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Tile, [input, integers(multiples)], {}, name).output;
}

// Broadcasting

const BroadcastTo = defineOp({
  type: "BroadcastTo",
  inputs: ["input: T", "shape: Tidx"],
  outputs: ["output: T"],
  attrs: { T: a.type(), Tidx: a.type(indexTypes, int32) },
  shape: ({ inputs: [x], constantShape }) => {
    const target = constantShape(1);
    if (x.shape.rank !== null && target.rank !== null) {
      if (x.shape.rank > target.rank) {
        throw new ShapeError(
          `Shape must be at most rank ${target.rank} but is rank ${x.shape.rank}`,
        );
      }
      const both = broadcastStatic(x.shape, target);
      if (!both) {
        const { dims } = x.shape;
        const skip = target.rank - x.shape.rank;
        const axis = (dims as readonly Dim[]).findIndex((dim, i) => {
          const wanted = target.dims?.[i + skip] ?? null;
          return dim !== null && wanted !== null && dim !== 1 && dim !== wanted;
        });
        throw new ShapeError(
          `Dimensions must be equal, but are ${dims?.[axis]} and ${target.dims?.[axis + skip]}`,
        );
      }
    }
    if (!target.dims || !x.shape.dims) return [target];
    const skip = target.dims.length - x.shape.dims.length;
    const own = x.shape.dims;
    return [
      target.dims.map(
        (dim, axis) => dim ?? (own[axis - skip] === 1 ? null : (own[axis - skip] ?? null)),
      ),
    ];
  },
  gradient: ({ inputs: [x, target], dy: [dy] }) => {
    const dtype = target.dtype.base;
    const inputShape = shape(x, { outType: dtype });
    const known = constantValue(target);
    const wanted = known ? constantNode(known, "Const") : target;
    const [, axes] = broadcastGradientArgs(wanted, inputShape);
    return [reshape(reduceSum(dy, { axis: axes, keepDims: true }), inputShape), null];
  },
  lower: ({ inputs: [x], constant, k }) => {
    const target = numbersOf(constant(1));
    const skip = target.length - x.shape.length;
    const fits =
      skip >= 0 && x.shape.every((dim, axis) => dim === 1 || dim === target[axis + skip]);
    if (!fits) {
      throw new Error(`Incompatible shapes: [${x.shape.join(",")}] vs. [${target.join(",")}]`);
    }
    const strides = stridesOf(x.shape);
    return [
      move(
        k,
        x,
        target,
        target.map((_, axis) =>
          axis < skip || x.shape[axis - skip] === 1 ? 0 : (strides[axis - skip] as number),
        ),
      ),
    ];
  },
});

/** Repeats a tensor along axes of size 1 to reach a shape. TensorFlow: `tf.broadcast_to`. */
export function broadcastTo<D extends DTypeName>(
  input: TensorOf<D>,
  shape: TensorLike,
  options?: Named,
): Tensor<D>;
export function broadcastTo(input: TensorLike, shape: TensorLike, options?: Named): Tensor;
export function broadcastTo(input: TensorLike, shape: TensorLike, { name }: Named = {}): Tensor {
  return createOp(BroadcastTo, [input, integers(shape)], {}, name).output;
}

const BroadcastArgs = defineOp({
  type: "BroadcastArgs",
  inputs: ["s0: T", "s1: T"],
  outputs: ["r0: T"],
  attrs: { T: a.type(indexTypes, int32) },
  shape: ({ inputs: [s0, s1] }) => {
    const [first, second] = [s0.shape.dim(0), s1.shape.dim(0)];
    return [[first === null || second === null ? null : Math.max(first, second)]];
  },
  gradient: "zero",
  lower: ({ attrs: { T }, constant, k }) => {
    const result = broadcastShapes([numbersOf(constant(0)), numbersOf(constant(1))]);
    return [k.constant(fromScalars(result, [result.length], T))];
  },
});

/** The shape of two broadcast operands, found when run. TensorFlow: `tf.broadcast_dynamic_shape`. */
export function broadcastDynamicShape(
  shapeX: TensorLike,
  shapeY: TensorLike,
  { name }: Named = {},
): Tensor {
  return createOp(BroadcastArgs, [integers(shapeX), integers(shapeY)], {}, name).output;
}

/** The shape of two broadcast operands, as far as it is known. TensorFlow: `tf.broadcast_static_shape`. */
export function broadcastStaticShape(shapeX: ShapeLike, shapeY: ShapeLike): TensorShape {
  const both = broadcastStatic(asShape(shapeX), asShape(shapeY));
  if (both) return both;
  throw new ValueError(
    `Incompatible shapes for broadcasting. Two shapes are compatible if for each dimension pair they are either equal or one of them is 1. Received: ${shapeX} and ${shapeY}.`,
  );
}
