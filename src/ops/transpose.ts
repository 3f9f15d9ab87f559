/** Reordering axes and reversing along them. */

import type { DTypeName } from "../core/dtypes.ts";
import {
  bfloat16,
  bool,
  complex64,
  complex128,
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
import { ValueError } from "../core/errors.ts";
import { stridesOf } from "../core/ndarray.ts";
import { type Dim, unknownOfRank, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { concat } from "./concat.ts";
import { asArray } from "./constant.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { rangeOp } from "./range.ts";
import { rank, rankOp } from "./shape.ts";
import { integers, mergeDims, move, numbersOf, opScope, positiveAxis } from "./support.ts";

const indexTypes = [int32, int64];

const Transpose = defineOp({
  type: "Transpose",
  inputs: ["x: T", "perm: Tperm"],
  outputs: ["y: T"],
  attrs: { T: a.type(), Tperm: a.type(indexTypes, int32) },
  shape: ({ inputs: [x, perm], constant }) => {
    const order = constant(1);
    const size = x.shape.rank ?? perm.shape.dim(0) ?? order?.size ?? null;
    if (size === null) return [unknownShape];
    if (perm.shape.rank !== null && perm.shape.rank !== 1 && size > 1) {
      throw new ShapeError(`Shape must be rank 1 but is rank ${perm.shape.rank}`);
    }
    const length = perm.shape.dim(0);
    if (x.shape.rank !== null && length !== null && length !== x.shape.rank) {
      throw new ShapeError(`Dimension must be ${x.shape.rank} but is ${length}`);
    }
    if (!order) return [unknownOfRank(size)];
    return [permutation(numbersOf(order), size).map((axis) => x.shape.dims?.[axis] ?? null)];
  },
  gradient: ({ inputs: [, perm], dy: [dy] }) => [
    transpose(dy, { perm: invertPermutation(perm) }),
    null,
  ],
  lower: ({ inputs: [x], constant, k }) => {
    const order = numbersOf(constant(1)).map((axis) => positiveAxis(axis, x.shape.length));
    if (order.length !== x.shape.length) {
      throw new Error(
        `transpose expects a vector of size ${x.shape.length}. But input(1) is a vector of size ${order.length}`,
      );
    }
    checkPermutation(order);
    if (order.every((axis, i) => axis === i)) return [x];
    const strides = stridesOf(x.shape);
    return [
      move(
        k,
        x,
        order.map((axis) => x.shape[axis] as number),
        order.map((axis) => strides[axis] as number),
      ),
    ];
  },
});

function checkPermutation(order: readonly number[]): void {
  const beyond = order.find((axis) => axis < 0 || axis >= order.length);
  if (beyond !== undefined) throw new Error(`${beyond} is out of range [0 .. ${order.length})`);
  const missing = order.findIndex((_, axis) => !order.includes(axis));
  if (missing >= 0) throw new Error(`${missing} is missing from {${order}}.`);
}

function permutation(order: readonly number[], size: number): readonly number[] {
  for (const axis of order) {
    if (axis < -size || axis >= size) {
      throw new ShapeError(`perm dim ${axis} is out of range of input rank ${size}`);
    }
  }
  return order.map((axis) => positiveAxis(axis, size));
}

export interface TransposeOptions extends Named {
  /** Axis `perm[i]` of the input becomes axis i; the reverse order when left out. */
  readonly perm?: TensorLike | undefined;
}

/**
 * Reorders the axes of a tensor; without `perm`, reverses them. TensorFlow: `tf.transpose`, where `perm` may also be
 * given by position, as it mostly is.
 */
export function transpose<D extends DTypeName>(
  x: TensorOf<D>,
  options?: TransposeOptions,
): Tensor<D>;
export function transpose<D extends DTypeName>(
  x: TensorOf<D>,
  perm: TensorLike,
  options?: Named,
): Tensor<D>;
export function transpose(x: TensorLike, options?: TransposeOptions): Tensor;
export function transpose(x: TensorLike, perm: TensorLike, options?: Named): Tensor;
export function transpose(
  x: TensorLike,
  permOrOptions: TensorLike | TransposeOptions = {},
  named: Named = {},
): Tensor {
  const isOptions = isPlainObject(permOrOptions);
  const perm = isOptions ? permOrOptions.perm : permOrOptions;
  const name = isOptions ? permOrOptions.name : named.name;
  return opScope(name, "transpose", [x], (scope) => {
    const tensor = convertToTensor(x, { name: "a" });
    const order = perm === undefined ? reversed(tensor) : integers(perm);
    return createOp(Transpose, [tensor, order], {}, scope).output;
  });
}

function isPlainObject(value: TensorLike | TransposeOptions): value is TransposeOptions {
  return typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
}

function reversed(x: Tensor): TensorLike {
  const size = x.shape.rank;
  if (size === null) return rangeOp(rankOp(x).sub(1), integers(-1), integers(-1));
  return asArray(
    Array.from({ length: size }, (_, i) => size - 1 - i),
    int32,
  );
}

/** Swaps the last two axes. TensorFlow: `tf.linalg.transpose`, `tf.matrix_transpose`. */
export function matrixTranspose<D extends DTypeName>(x: TensorOf<D>, options?: Named): Tensor<D>;
export function matrixTranspose(x: TensorLike, options?: Named): Tensor;
export function matrixTranspose(x: TensorLike, { name = "matrix_transpose" }: Named = {}): Tensor {
  return opScope(name, "matrix_transpose", [x], () => {
    const tensor = convertToTensor(x, { name: "a" });
    const size = tensor.shape.rank;
    if (size === null) {
      const count = rank(tensor);
      const rest = rangeOp(integers(0), count.sub(2), integers(1));
      return transpose(tensor, { perm: concat([rest, [count.sub(1), count.sub(2)]], 0) });
    }
    if (size < 2) {
      throw new ValueError(
        `Argument \`a\` should be a (batch) matrix with rank >= 2.  Received \`a\` = ${tensor} with shape: ${tensor.shape}`,
      );
    }
    const perm = Array.from({ length: size }, (_, axis) => axis);
    return transpose(tensor, { perm: [...perm.slice(0, -2), size - 1, size - 2] });
  });
}

const InvertPermutation = defineOp({
  type: "InvertPermutation",
  inputs: ["x: T"],
  outputs: ["y: T"],
  attrs: { T: a.type(indexTypes, int32) },
  shape: ({ inputs: [x] }) => {
    if (x.shape.rank !== null && x.shape.rank !== 1) {
      throw new ShapeError(`Shape must be rank 1 but is rank ${x.shape.rank}`);
    }
    return [x.shape.rank === null ? [null] : x.shape];
  },
  gradient: "zero",
  lower: ({ inputs: [x], k }) => k.routine("invertPermutation", [x], [x]),
});

/** y with y[x[i]] = i. TensorFlow: `tf.invert_permutation`. */
export function invertPermutation(x: TensorLike, { name }: Named = {}): Tensor {
  return createOp(InvertPermutation, [integers(x)], {}, name).output;
}

// Reversing

const ReverseV2 = defineOp({
  type: "ReverseV2",
  inputs: ["tensor: T", "axis: Tidx"],
  outputs: ["output: T"],
  attrs: {
    Tidx: a.type(indexTypes, int32),
    T: a.type([
      uint8,
      int8,
      uint16,
      int16,
      int32,
      uint32,
      int64,
      uint64,
      bool,
      bfloat16,
      float16,
      float32,
      float64,
      complex64,
      complex128,
      string,
    ]),
  },
  shape: ({ inputs: [x], constant }) => {
    const axes = constant(1);
    if (axes && x.shape.rank !== null) {
      reversedAxes(numbersOf(axes), x.shape.rank, (text) => new ShapeError(text));
    }
    return [x.shape];
  },
  gradient: ({ inputs: [, axis], dy: [dy] }) => [reverse(dy, axis), null],
  lower: ({ inputs: [x], constant, k }) => {
    const axes = reversedAxes(numbersOf(constant(1)), x.shape.length, (text) => new Error(text));
    const strides = stridesOf(x.shape);
    if (x.size === 0) return [x];
    const offset = axes.reduce(
      (sum, axis) => sum + ((x.shape[axis] as number) - 1) * (strides[axis] as number),
      0,
    );
    const signed = strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride));
    return [move(k, x, x.shape, signed, offset)];
  },
});

function reversedAxes(
  axes: readonly number[],
  size: number,
  failure: (text: string) => Error,
): readonly number[] {
  const chosen: number[] = [];
  axes.forEach((axis, i) => {
    const at = positiveAxis(axis, size);
    if (at < 0 || at >= size) {
      throw failure(`'axis'[${i}] = ${axis} is out of valid range [0, ${size - 1}`);
    }
    if (chosen.includes(at)) throw failure(`axis ${at} specified more than once.`);
    chosen.push(at);
  });
  return chosen;
}

/** Reverses the order of elements along some axes. TensorFlow: `tf.reverse`. */
export function reverse<D extends DTypeName>(
  tensor: TensorOf<D>,
  axis: TensorLike,
  options?: Named,
): Tensor<D>;
export function reverse(tensor: TensorLike, axis: TensorLike, options?: Named): Tensor;
export function reverse(tensor: TensorLike, axis: TensorLike, { name }: Named = {}): Tensor {
  return createOp(ReverseV2, [tensor, integers(axis)], {}, name).output;
}

const ReverseSequence = defineOp({
  type: "ReverseSequence",
  inputs: ["input: T", "seq_lengths: Tlen"],
  outputs: ["output: T"],
  attrs: { seq_dim: a.int(), batch_dim: a.int(0), T: a.type(), Tlen: a.type(indexTypes, int64) },
  shape: ({ inputs: [x, lengths], attrs: { seq_dim, batch_dim } }) => {
    if (lengths.shape.rank !== null && lengths.shape.rank !== 1) {
      throw new ShapeError(`Shape must be rank 1 but is rank ${lengths.shape.rank}`);
    }
    const dims = x.shape.dims;
    if (!dims) return [unknownShape];
    if (batch_dim >= dims.length) {
      throw new ShapeError(`batch_dim must be < input rank: ${batch_dim} vs. ${dims.length}`);
    }
    if (seq_dim >= dims.length) {
      throw new ShapeError(`seq_dim must be < input rank: ${seq_dim} vs. ${dims.length}`);
    }
    const batch = mergeDims(dims[batch_dim] as Dim, lengths.shape.dim(0));
    return [dims.with(batch_dim, batch)];
  },
  gradient: ({ inputs: [, lengths], attrs: { seq_dim, batch_dim }, dy: [dy] }) => [
    reverseSequence(dy, lengths, { seqAxis: seq_dim, batchAxis: batch_dim }),
    null,
  ],
  lower: ({ inputs: [x, lengths], attrs: { seq_dim, batch_dim }, k }) =>
    k.routine("reverseSequence", [x, lengths], [x], { seqAxis: seq_dim, batchAxis: batch_dim }),
});

export interface ReverseSequenceOptions extends Named {
  readonly seqAxis: number;
  readonly batchAxis?: number | undefined;
}

/** Reverses the first `seqLengths[i]` steps of each sequence. TensorFlow: `tf.reverse_sequence`. */
export function reverseSequence<D extends DTypeName>(
  input: TensorOf<D>,
  seqLengths: TensorLike,
  options: ReverseSequenceOptions,
): Tensor<D>;
export function reverseSequence(
  input: TensorLike,
  seqLengths: TensorLike,
  options: ReverseSequenceOptions,
): Tensor;
export function reverseSequence(
  input: TensorLike,
  seqLengths: TensorLike,
  { seqAxis, batchAxis = 0, name }: ReverseSequenceOptions,
): Tensor {
  const attrs = { seq_dim: seqAxis, batch_dim: batchAxis };
  return createOp(ReverseSequence, [input, integers(seqLengths)], attrs, name).output;
}
