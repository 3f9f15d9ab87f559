/** Changing the dtype of elements. */

import {
  asDType,
  bfloat16,
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
  string,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../core/dtypes.ts";
import { UnimplementedError } from "../core/errors.ts";
import { fromScalars, type NDArray } from "../core/ndarray.ts";
import { type Dim, TensorShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import { highest, lowest } from "../engines/routines/segment.ts";
import { clipByValueNode } from "./clip.ts";
import { constant } from "./constant.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { runtimeName } from "./identity.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { opScope } from "./support.ts";

const Cast = defineOp({
  type: "Cast",
  inputs: ["x: SrcT"],
  outputs: ["y: DstT"],
  attrs: { SrcT: a.type(), DstT: a.type(), Truncate: a.bool(false) },
  traits: { elementwise: true },
  shape: ({ inputs: [x] }) => [x.shape],
  partial: ({ constantShape, attrs }) => (attrs.DstT.isInteger ? constantShape(0).dims : null),
  gradient: ({ inputs: [x], dy: [dy] }) => {
    const isContinuous = ({ isFloating, isComplex }: DType): boolean => isFloating || isComplex;
    return [isContinuous(x.dtype) && isContinuous(dy.dtype) ? cast(dy, x.dtype.base) : null];
  },
  lower: ({ inputs: [x], attrs, k }) => {
    if (x.dtype !== attrs.DstT && (x.dtype === string || attrs.DstT === string)) {
      const [from, to] = [runtimeName(x.dtype), runtimeName(attrs.DstT)];
      throw new UnimplementedError(undefined, `Cast ${from} to ${to} is not supported`);
    }
    return [k.cast(x, attrs.DstT)];
  },
});

/** @internal Makes a Cast node even when the dtype stays the same. */
export function castNode(x: TensorLike, dtype: DType, name?: string): Tensor {
  return createOp(Cast, [x], { DstT: dtype.base }, name).output;
}

/**
 * `x` with elements of another dtype: floats are cut off towards zero, anything but 0 is true. What has the dtype
 * already is returned as it is. TensorFlow: `tf.cast`.
 */
export function cast<D extends DTypeName>(
  x: IndexedSlices,
  dtype: DTypeLike<D>,
  options?: Named,
): IndexedSlices;
export function cast<D extends DTypeName>(
  x: TensorLike,
  dtype: DTypeLike<D>,
  options?: Named,
): Tensor<D>;
export function cast(
  x: TensorLike | IndexedSlices,
  dtype: DTypeLike,
  { name }: Named = {},
): Tensor | IndexedSlices {
  const { base } = asDType(dtype);
  if (x instanceof Tensor && x.dtype === base) return x;
  return opScope(name, "Cast", [x], (scope) => {
    if (x instanceof IndexedSlices) {
      return new IndexedSlices(cast(x.values, base, { name: scope }), x.indices, x.denseShape);
    }
    const value = convertToTensor(x, { name: "x" });
    return value.dtype === base ? value : castNode(value, base, scope);
  });
}

/** `x` as float32. TensorFlow: `tf.to_float`. */
export function toFloat(x: TensorLike, { name = "ToFloat" }: Named = {}): Tensor<"float32"> {
  return cast(x, float32, { name });
}
/** `x` as float64. TensorFlow: `tf.to_double`. */
export function toDouble(x: TensorLike, { name = "ToDouble" }: Named = {}): Tensor<"float64"> {
  return cast(x, float64, { name });
}
/** `x` as int32. TensorFlow: `tf.to_int32`. */
export function toInt32(x: TensorLike, { name = "ToInt32" }: Named = {}): Tensor<"int32"> {
  return cast(x, int32, { name });
}
/** `x` as int64. TensorFlow: `tf.to_int64`. */
export function toInt64(x: TensorLike, { name = "ToInt64" }: Named = {}): Tensor<"int64"> {
  return cast(x, int64, { name });
}
/** `x` as bfloat16. TensorFlow: `tf.to_bfloat16`. */
export function toBfloat16(x: TensorLike, { name = "ToBFloat16" }: Named = {}): Tensor<"bfloat16"> {
  return cast(x, bfloat16, { name });
}

/**
 * `value` in another dtype, where numbers out of its range become its least or greatest.
 * TensorFlow: `tf.saturate_cast`.
 */
export function saturateCast<D extends DTypeName>(
  value: TensorLike,
  dtype: DTypeLike<D>,
  { name }: Named = {},
): Tensor<D> {
  return opScope(name, "saturate_cast", [value], (scope) => {
    const x = convertToTensor(value, { name: "value" });
    const source = x.dtype.base;
    const [low, high] = commonRange(source, asDType(dtype as DTypeLike).base);
    const least = constant(low, { dtype: source });
    const clamped = clipByValueNode(x, least, constant(high, { dtype: source }), "clamp");
    return cast(clamped, dtype, { name: scope });
  });
}

type Bound = number | bigint;

/** The least and greatest numbers of `source` that `target` can hold. */
function commonRange(source: DType, target: DType): readonly [Bound, Bound] {
  const low = larger(lowest(source), lowest(target));
  const high =
    larger(highest(target), highest(source)) === highest(source)
      ? highest(target)
      : highest(source);
  if (source.isInteger) return [low, high];
  return [inside(low, lowest(target), source), inside(high, highest(target), source)];
}

function larger(x: Bound, y: Bound): Bound {
  return x > y ? x : y;
}

/** `bound` rounded to a float dtype, one step towards zero when that would leave the range of the target. */
function inside(bound: Bound, limit: Bound, dtype: DType): number {
  const rounded = roundTo(Number(bound), dtype);
  const isOutside =
    Math.abs(rounded) > 2 ** 53
      ? beyond(rounded, limit)
      : Math.abs(rounded) > Math.abs(Number(limit));
  if (!isOutside) return rounded;
  const precision = { float64: 53, float32: 24, float16: 11 }[dtype.baseName as string] ?? 8;
  return rounded - Math.sign(rounded) * 2 ** (Math.floor(Math.log2(Math.abs(rounded))) - precision);
}

function beyond(value: number, limit: Bound): boolean {
  if (!Number.isFinite(value) || typeof limit === "number")
    return Math.abs(value) > Math.abs(Number(limit));
  const whole = BigInt(value);
  return whole > 0n ? whole > limit : whole < limit;
}

function roundTo(value: number, dtype: DType): number {
  return fromScalars([value], [], dtype).item() as number;
}

const bitTypes: readonly DType[] = [
  bfloat16,
  float16,
  float32,
  float64,
  int64,
  int32,
  uint8,
  uint16,
  uint32,
  uint64,
  int8,
  int16,
  complex64,
  complex128,
];

const Bitcast = defineOp({
  type: "Bitcast",
  inputs: ["input: T"],
  outputs: ["output: type"],
  attrs: { T: a.type(bitTypes), type: a.type(bitTypes) },
  shape: ({ inputs: [x], attrs }) => [bitcastShape(x.shape, attrs.T, attrs.type)],
  gradient: "none",
  lower: ({ inputs: [x], attrs, k }) => {
    const dtype = attrs.type;
    if (attrs.T.size < dtype.size && x.shape.at(-1) !== dtype.size / attrs.T.size) {
      throw new Error(`Cannot bitcast from ${attrs.T.enum} to ${dtype.enum}`);
    }
    const shape = bitcastShape(new TensorShape(x.shape), attrs.T, dtype).known as readonly number[];
    return k.host("bitcast", [x], [{ dtype, shape }], ([src], [out]) => {
      const from = (src as NDArray).data as Uint8Array;
      const to = (out as NDArray).data as Uint8Array;
      new Uint8Array(to.buffer, to.byteOffset, to.byteLength).set(
        new Uint8Array(from.buffer, from.byteOffset, from.byteLength),
      );
    });
  },
});

/** A wider dtype takes up the last dimension, a narrower one adds one. */
function bitcastShape(shape: TensorShape, from: DType, to: DType): TensorShape {
  if (!shape.dims || from.size === to.size) return shape;
  if (from.size > to.size) return shape.concatenate([from.size / to.size]);
  const ratio = to.size / from.size;
  const last: Dim | undefined = shape.dims.at(-1);
  if (last === undefined || (last !== null && last !== ratio)) {
    throw new ShapeError(
      last === undefined
        ? "Shape must be at least rank 1 but is rank 0"
        : `Cannot bitcast due to shape. ${last} does not match ${ratio}`,
    );
  }
  return shape.slice(0, -1);
}

/** The same bits read as another dtype. TensorFlow: `tf.bitcast`. */
export function bitcast<D extends DTypeName>(
  input: TensorLike,
  type: DTypeLike<D>,
  { name }: Named = {},
): Tensor<D> {
  return createOp(Bitcast, [input], { type: asDType(type as DTypeLike) }, name).output as Tensor<D>;
}
