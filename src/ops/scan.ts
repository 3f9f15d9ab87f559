/** Running sums and products, and positions of extremes, along one axis. */

import type { DTypeName } from "../core/dtypes.ts";
import {
  asDType,
  bool,
  type DType,
  type DTypeLike,
  int16,
  int32,
  int64,
  uint16,
} from "../core/dtypes.ts";
import { TypeError } from "../core/errors.ts";
import type { NDArray } from "../core/ndarray.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import { scalarShape, TensorShape, unknownOfRank, unknownShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import { divNoNan } from "./binary.ts";
import { cast } from "./cast.ts";
import type { TensorLike, TensorOf } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { numbers, reals } from "./dtype-lists.ts";
import "./operators.ts";

function scanAxis(value: NDArray, rank: number): number {
  if (value.rank !== 0) throw new Error(`ScanOp: axis must be a scalar, not [${value.shape}]`);
  const axis = Number(value.item());
  if (axis < -rank || axis >= rank) {
    throw new Error(`ScanOp: Expected scan axis in the range [${-rank}, ${rank}), but got ${axis}`);
  }
  return axis < 0 ? axis + rank : axis;
}

const Cumsum = defineOp({
  type: "Cumsum",
  inputs: ["x: T", "axis: Tidx"],
  outputs: ["out: T"],
  attrs: {
    exclusive: a.bool(false),
    reverse: a.bool(false),
    T: a.type(numbers),
    Tidx: a.type([int32, int64], int32),
  },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: ({ inputs: [, axis], dy: [dy], attrs: { exclusive, reverse } }) => [
    cumsum(dy, { axis, exclusive, reverse: !reverse }),
    null,
  ],
  lower: ({ inputs: [x], attrs: { exclusive, reverse }, k, constant }) => {
    const axis = scanAxis(constant(1), x.shape.length);
    return k.routine("cumulative", [x], [x], { kind: "sum", axis, exclusive, reverse });
  },
});

const Cumprod = defineOp({
  type: "Cumprod",
  inputs: ["x: T", "axis: Tidx"],
  outputs: ["out: T"],
  attrs: {
    exclusive: a.bool(false),
    reverse: a.bool(false),
    T: a.type(numbers),
    Tidx: a.type([int32, int64], int32),
  },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: ({ inputs: [x, axis], dy: [dy], attrs: { exclusive, reverse } }) => {
    const products = cumprod(x, { axis, exclusive, reverse });
    const sums = cumsum(products.mul(dy), { axis, exclusive, reverse: !reverse });
    return [divNoNan(sums, x), null];
  },
  lower: ({ inputs: [x], attrs: { exclusive, reverse }, k, constant }) => {
    const axis = scanAxis(constant(1), x.shape.length);
    return k.routine("cumulative", [x], [x], { kind: "prod", axis, exclusive, reverse });
  },
});

export interface ScanOptions extends Named {
  /** 0 by default. */
  readonly axis?: TensorLike | undefined;
  /** Whether each element leaves itself out. */
  readonly exclusive?: boolean | undefined;
  /** Whether to start from the end. */
  readonly reverse?: boolean | undefined;
}

/** Running sums along an axis. TensorFlow: `tf.cumsum`. */
export function cumsum<D extends DTypeName>(x: TensorOf<D>, options?: ScanOptions): Tensor<D>;
export function cumsum(x: TensorLike, options?: ScanOptions): Tensor;
export function cumsum(
  x: TensorLike,
  { axis = 0, exclusive = false, reverse = false, name }: ScanOptions = {},
): Tensor {
  return createOp(Cumsum, [x, axis], { exclusive, reverse }, name).output;
}

/** Running products along an axis. TensorFlow: `tf.cumprod`. */
export function cumprod<D extends DTypeName>(x: TensorOf<D>, options?: ScanOptions): Tensor<D>;
export function cumprod(x: TensorLike, options?: ScanOptions): Tensor;
export function cumprod(
  x: TensorLike,
  { axis = 0, exclusive = false, reverse = false, name }: ScanOptions = {},
): Tensor {
  return createOp(Cumprod, [x, axis], { exclusive, reverse }, name).output;
}

function defineArg(
  type: "ArgMax" | "ArgMin",
  kind: "max" | "min",
  axisTypes: readonly DType[],
  outputTypes: readonly DType[],
) {
  return defineOp({
    type,
    inputs: ["input: T", "dimension: Tidx"],
    outputs: ["output: output_type"],
    attrs: {
      T: a.type([...reals, bool]),
      Tidx: a.type(axisTypes, int32),
      output_type: a.type(outputTypes, int64),
    },
    shape: ({ inputs: [x, dimension], constant }) => {
      if ((dimension.shape.rank ?? 0) !== 0) {
        throw new ShapeError(`Shape must be rank 0 but is rank ${dimension.shape.rank}`);
      }
      const axis = constant(1);
      return [argShape(x.shape, axis && Number(axis.item()))];
    },
    gradient: "zero",
    lower: ({ inputs: [x], attrs, k, constant }) => {
      const rank = x.shape.length;
      const given = Number(constant(1).item());
      if (given < -rank || given >= rank) {
        throw new Error(`Expected dimension in the range [${-rank}, ${rank}), but got ${given}`);
      }
      const axis = given < 0 ? given + rank : given;
      const shape = x.shape.filter((_, i) => i !== axis);
      return k.routine("argReduce", [x], [{ dtype: attrs.output_type, shape }], { kind, axis });
    },
  });
}

function argShape(input: TensorShape, axis: number | null): TensorShape {
  const { dims } = input;
  if (!dims) return unknownShape;
  if (dims.length <= 1) return scalarShape;
  if (axis === null) return unknownOfRank(dims.length - 1);
  if (axis < -dims.length || axis >= dims.length) {
    throw new ShapeError(
      `Dimension (${axis}) must be in the range [${-dims.length}, ${dims.length}), where ${dims.length} is the number of dimensions in the input.`,
    );
  }
  const positive = axis < 0 ? axis + dims.length : axis;
  return new TensorShape(dims.filter((_, i) => i !== positive));
}

const ArgMax = defineArg("ArgMax", "max", [int16, int32, int64], [int16, uint16, int32, int64]);
const ArgMin = defineArg("ArgMin", "min", [int32, int64], [int32, int64]);

export interface ArgOptions extends Named {
  /** 0 by default. */
  readonly axis?: number | Tensor | null | undefined;
  /** int64 by default. */
  readonly outputType?: DTypeLike | undefined;
}

const argOptionNames: OptionNames<ArgOptions> = { axis: true, outputType: true, name: true };

/** The position of the largest element along an axis, the first among equals. TensorFlow: `tf.argmax`. */
export function argmax(input: TensorLike, options: ArgOptions = {}): Tensor {
  checkOptions(options, "argmax", argOptionNames);
  const { axis, outputType = int64, name } = options;
  const output_type = asDType(outputType as DTypeLike);
  return createOp(ArgMax, [input, argAxis(axis ?? 0)], { output_type }, name).output;
}

/** The position of the smallest element along an axis, the first among equals. TensorFlow: `tf.argmin`. */
export function argmin(input: TensorLike, options: ArgOptions = {}): Tensor {
  checkOptions(options, "argmin", argOptionNames);
  const { axis, outputType = int64, name } = options;
  const output_type = asDType(outputType as DTypeLike);
  return createOp(ArgMin, [input, axis ?? 0], { output_type }, name).output;
}

function argAxis(axis: number | Tensor): number | Tensor {
  if (!(axis instanceof Tensor)) return axis;
  const { base } = axis.dtype;
  if (
    !base.isInteger ||
    base.size > 8 ||
    base.baseName === "uint32" ||
    base.baseName === "uint64"
  ) {
    throw new TypeError(`axis tensor dtypes ${base} is not supported`);
  }
  return base.size <= 2 ? cast(axis, int32) : axis;
}
