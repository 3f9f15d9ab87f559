/** Tensors of one value: Fill, ZerosLike, OnesLike. */

import {
  allocate,
  asDType,
  bfloat16,
  bool,
  complex64,
  complex128,
  type DType,
  type DTypeLike,
  type DTypeName,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  type Scalar,
  string,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../core/dtypes.ts";
import { NDArray, noteGivenElements, sizeOf, writeElement } from "../core/ndarray.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import { TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { asArray, constant, constantNode } from "./constant.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { reduceSum } from "./reduce.ts";
import { reshape, shapeConstant, shapeInternal } from "./shape.ts";
import { integers, isTensorLike, knownNumbers, move, numbersOf, opScope } from "./support.ts";

const indexTypes = [int32, int64];

const Fill = defineOp({
  type: "Fill",
  inputs: ["dims: index_type", "value: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(), index_type: a.type(indexTypes, int32) },
  shape: ({ inputs: [dims, value], constant, constantShape }) => {
    if (dims.shape.rank !== null && dims.shape.rank !== 1) {
      throw new ShapeError(`Shape must be rank 1 but is rank ${dims.shape.rank}`);
    }
    if (value.shape.rank !== null && value.shape.rank !== 0) {
      throw new ShapeError(`Shape must be rank 0 but is rank ${value.shape.rank}`);
    }
    const negative = (knownNumbers(constant(0)) ?? []).some((dim) => dim < 0);
    if (negative) throw new ShapeError("Fill dimensions must be >= 0");
    return [constantShape(0)];
  },
  gradient: ({ dy: [dy] }) => [null, reduceSum(dy)],
  lower: ({ inputs: [, value], constant, k }) => {
    const dims = numbersOf(constant(0));
    const negative = dims.findIndex((dim) => dim < 0);
    if (negative >= 0) {
      throw new Error(`Dimension ${dims[negative]} must be >= 0`);
    }
    return [
      move(
        k,
        value,
        dims,
        dims.map(() => 0),
      ),
    ];
  },
});

/** A tensor of shape `dims` whose elements are all `value`. TensorFlow: `tf.fill`. */
export function fill(dims: TensorLike, value: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Fill, [integers(dims), value], {}, name).output;
}

export interface FillOptions<D extends DTypeName> extends Named {
  readonly dtype?: DTypeLike<D> | undefined;
}

/** What may be given where a shape is asked for, to be used when run. */
export type ShapeArgument = TensorLike | TensorShape;

/** A shape that is no tensor: its dimensions when all are plain numbers. */
function plainDims(shape: ShapeArgument): readonly number[] | null {
  if (shape instanceof TensorShape) return shape.known;
  if (typeof shape === "number") return [shape];
  if (shape instanceof NDArray || ArrayBuffer.isView(shape)) return numbersOf(asArray(shape));
  if (!Array.isArray(shape)) return null;
  return shape.every((dim) => typeof dim === "number" || typeof dim === "bigint")
    ? shape.map(Number)
    : null;
}

const fillOptionNames: OptionNames<FillOptions<DTypeName>> = { dtype: true, name: true };

function filled(
  value: 0 | 1,
  shape: ShapeArgument,
  fallback: string,
  options: FillOptions<DTypeName>,
): Tensor {
  checkOptions(options, fallback, fillOptionNames);
  const { dtype = float32, name } = options;
  const type = asDType(dtype as DTypeLike).base;
  const element = type.isBool ? value === 1 : type === (string as DType) ? "" : value;
  return opScope(name, fallback, [shape], (scope) => {
    const plain = isTensorLike(shape) ? null : plainDims(shape);
    const dims = plain?.some((dim) => dim < 0) ? null : plain;
    const isList = typeof shape !== "number";
    if (dims && isList && sizeOf(dims) < 1000)
      return constantNode(uniform(element, dims, type), scope);
    let vector = dims
      ? shapeConstant(dims)
      : convertToTensor(shape as TensorLike, isTensorLike(shape) ? {} : { dtype: int32 });
    if (!vector.shape.rank) vector = reshape(vector, [-1]);
    return fill(vector, constant(element, { dtype: type }), { name: scope });
  });
}

function uniform(value: Scalar, shape: readonly number[], dtype: DType): NDArray {
  const data = allocate(dtype, sizeOf(shape));
  if (dtype.isComplex)
    for (let i = 0; i < data.length; i += 2) (data as Float32Array)[i] = Number(value);
  else for (let i = 0; i < data.length; i++) writeElement(data, dtype, i, value);
  return noteGivenElements(new NDArray(data, shape, dtype), 1);
}

/**
 * Zeros (false, or empty strings): a Const for fewer than 1000 elements, else a Fill.
 * TensorFlow: `tf.zeros`.
 */
export function zeros<D extends DTypeName = "float32">(
  shape: ShapeArgument,
  options: FillOptions<D> = {},
): Tensor<D> {
  return filled(0, shape, "zeros", options) as Tensor<D>;
}

/** Ones: a Const for fewer than 1000 elements, else a Fill. TensorFlow: `tf.ones`. */
export function ones<D extends DTypeName = "float32">(
  shape: ShapeArgument,
  options: FillOptions<D> = {},
): Tensor<D> {
  return filled(1, shape, "ones", options) as Tensor<D>;
}

const ZerosLike = defineOp({
  type: "ZerosLike",
  inputs: ["x: T"],
  outputs: ["y: T"],
  attrs: { T: a.type() },
  traits: { shapeOnly: true },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: "zero",
  lower: ({ inputs: [x], k }) => [same(k, x, 0)],
});

const OnesLike = defineOp({
  type: "OnesLike",
  inputs: ["x: T"],
  outputs: ["y: T"],
  attrs: {
    T: a.type([
      bfloat16,
      float16,
      float32,
      float64,
      int8,
      uint8,
      int16,
      uint16,
      int32,
      uint32,
      int64,
      uint64,
      complex64,
      complex128,
      bool,
    ]),
  },
  traits: { shapeOnly: true },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: "zero",
  lower: ({ inputs: [x], k }) => [same(k, x, 1)],
});

function same(k: Builder, x: Value, value: 0 | 1): Value {
  const { dtype } = x;
  if (dtype.baseName !== "string" && !dtype.isComplex) return k.fill(x.shape, value, dtype);
  return k.constant(uniform(dtype.baseName === "string" ? "" : value, x.shape, dtype));
}

export interface LikeOptions<D extends DTypeName> extends FillOptions<D> {
  /** Whether a fully known shape is used as it is. */
  readonly optimize?: boolean | undefined;
}

/** Zeros of the shape and dtype of `tensor`. TensorFlow: `tf.zeros_like`. */
export function zerosLike<D extends DTypeName = DTypeName>(
  tensor: TensorLike,
  { dtype, name, optimize = true }: LikeOptions<D> = {},
): Tensor<D> {
  return opScope(name, "zeros_like", [tensor], (scope) => {
    // A variable is asked for its shape only: that must not read it.
    const like = isDescribed(tensor) ? tensor : convertToTensor(tensor, { name: "tensor" });
    const own = like.dtype.base;
    const wanted = dtype === undefined ? own : asDType(dtype as DTypeLike).base;
    if (optimize && like.shape.isFullyDefined && own.baseName !== "variant") {
      return zeros(like.shape, { dtype: wanted, name: scope });
    }
    if (wanted !== own && wanted.baseName !== "variant") {
      return zeros(shapeInternal(like as TensorLike, { optimize }), { dtype: wanted, name: scope });
    }
    return createOp(ZerosLike, [like as TensorLike], {}, scope).output;
  }) as Tensor<D>;
}

interface Described {
  readonly shape: TensorShape;
  readonly dtype: DType;
}

function isDescribed(value: unknown): value is Described {
  return (
    isTensorLike(value) && (value as unknown as Partial<Described>).shape instanceof TensorShape
  );
}

/** Ones of the shape and dtype of `tensor`. TensorFlow: `tf.ones_like`. */
export function onesLike<D extends DTypeName = DTypeName>(
  tensor: TensorLike,
  { dtype, name, optimize = true }: LikeOptions<D> = {},
): Tensor<D> {
  return opScope(name, "ones_like", [tensor], (scope) => {
    const like = convertToTensor(tensor, { name: "tensor" });
    const type = dtype === undefined ? like.dtype.base : asDType(dtype as DTypeLike);
    const result = ones(shapeInternal(like, { optimize }), { dtype: type, name: scope });
    result.setShape(like.shape);
    return result;
  }) as Tensor<D>;
}

/** The OnesLike op. TensorFlow: `gen_array_ops.ones_like`. */
export function onesLikeOp(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(OnesLike, [x], {}, name).output;
}

/** The ZerosLike op. TensorFlow: `gen_array_ops.zeros_like`. */
export function zerosLikeOp(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(ZerosLike, [x], {}, name).output;
}
