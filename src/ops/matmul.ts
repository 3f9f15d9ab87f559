/** Matrix products, plain and batched. */

import type { DTypeName } from "../core/dtypes.ts";
import {
  bfloat16,
  complex64,
  complex128,
  type DType,
  float16,
  float32,
  float64,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { broadcastStatic, type Dim, TensorShape, unknownShape } from "../core/shape.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { expandDims, indexTensor, reshape, shape, squeeze } from "./array.ts";
import { broadcastGradientArgs } from "./broadcast-gradient-args.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { plainDType } from "./elementwise.ts";
import { withRank } from "./merge.ts";
import { reduceSum } from "./reduce.ts";
import { mergeDims, opScope } from "./support.ts";

const matmulTypes: readonly DType[] = [
  bfloat16,
  float16,
  float32,
  float64,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  complex64,
  complex128,
];

interface Flips {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const MatMul = defineOp({
  type: "MatMul",
  inputs: ["a: T", "b: T"],
  outputs: ["product: T"],
  attrs: { transpose_a: a.bool(false), transpose_b: a.bool(false), T: a.type(matmulTypes) },
  shape: ({ inputs: [left, right], attrs }) => {
    const [rows, depth] = matrixDims(withRank(left.shape, 2), attrs.transpose_a);
    const [inner, columns] = matrixDims(withRank(right.shape, 2), attrs.transpose_b);
    mergeDims(depth, inner);
    return [[rows, columns]];
  },
  gradient: ({ inputs: [left, right], dy: [dy], attrs }) => {
    const product = (x: Tensor, y: Tensor, transposeA: boolean, transposeB: boolean): Tensor =>
      createOp(MatMul, [x, y], { transpose_a: transposeA, transpose_b: transposeB }, undefined)
        .output;
    return factors(left, right, dy, attrs.transpose_a, attrs.transpose_b, product);
  },
  lower: ({ op, inputs: [left, right], attrs, k }) => [
    multiply(op, k, left, right, { transposeA: attrs.transpose_a, transposeB: attrs.transpose_b }),
  ],
});

/** Rows and columns as the product sees them. */
function matrixDims(shape: TensorShape, transposed: boolean): readonly [Dim, Dim] {
  const [rows, columns] = [shape.dim(-2), shape.dim(-1)];
  return transposed ? [columns, rows] : [rows, columns];
}

type Product = (x: Tensor, y: Tensor, flipX: boolean, flipY: boolean) => Tensor;

/**
 * The gradients of a product C = A B: dA = dC Bᵀ and dB = Aᵀ dC, with the flips of A and B worked into the order
 * and flips of those products.
 */
function factors(
  x: Tensor,
  y: Tensor,
  dy: Tensor,
  flipX: boolean,
  flipY: boolean,
  product: Product,
): readonly [Tensor, Tensor] {
  if (!flipX) {
    const dx = product(dy, y, false, !flipY);
    return [dx, flipY ? product(dy, x, true, false) : product(x, dy, true, false)];
  }
  const dx = product(y, dy, flipY, true);
  return [dx, flipY ? product(dy, x, true, true) : product(x, dy, false, false)];
}

/** The product as a routine, after a check that the sizes of a run fit. */
function multiply(
  op: Operation,
  k: Builder,
  left: Value,
  right: Value,
  { transposeA, transposeB }: Flips,
): Value {
  const isPlain = op.type === "MatMul";
  for (const [i, { shape: dims }] of [left, right].entries()) {
    if (dims.length < 2)
      throw new Error(`In[${i}] ndims must be >= 2${isPlain ? "" : `: ${dims.length}`}`);
  }
  const [first, second] = [left.shape, right.shape].map((dims) => `[${dims.join(",")}]`);
  const [rows, depth] = lastTwo(left.shape, transposeA);
  const [inner, columns] = lastTwo(right.shape, transposeB);
  const batch = commonBatch(left.shape, right.shape);
  if (!batch) {
    throw new Error(
      `In[0] and In[1] must have compatible batch dimensions: ${first} vs. ${second}`,
    );
  }
  if (depth !== inner) {
    throw new Error(`Matrix size-incompatible: In[0]: ${first}, In[1]: ${second}`);
  }
  const dims = [...batch, rows, columns];
  const [product] = k.routine("matmul", [left, right], [{ dtype: left.dtype, shape: dims }], {
    transposeA,
    transposeB,
  });
  return product as Value;
}

function commonBatch(left: readonly number[], right: readonly number[]): readonly number[] | null {
  const [x, y] = [new TensorShape(left.slice(0, -2)), new TensorShape(right.slice(0, -2))];
  return broadcastStatic(x, y)?.known ?? null;
}

function lastTwo(dims: readonly number[], transposed: boolean): readonly [number, number] {
  const [rows, columns] = dims.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

function batchProductShape(
  left: TensorShape,
  right: TensorShape,
  adjX: boolean,
  adjY: boolean,
  batchShape: (x: TensorShape, y: TensorShape) => TensorShape,
): TensorShape {
  for (const { rank } of [left, right]) {
    if (rank !== null && rank < 2)
      throw new ShapeError(`Shape must be at least rank 2 but is rank ${rank}`);
  }
  if (!left.dims || !right.dims) return unknownShape;
  const [rows, depth] = matrixDims(left, adjX);
  const [inner, columns] = matrixDims(right, adjY);
  const batch = batchShape(left.slice(0, -2), right.slice(0, -2));
  mergeDims(depth, inner);
  return batch.concatenate([rows, columns]);
}

function broadcastBatch(x: TensorShape, y: TensorShape): TensorShape {
  const batch = broadcastStatic(x, y);
  if (batch) return batch;
  const rank = Math.max(x.rank ?? 0, y.rank ?? 0);
  for (let i = 1; i <= rank; i++) {
    const [left, right] = [x.dims?.at(-i) ?? 1, y.dims?.at(-i) ?? 1];
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(`Dimensions must be equal, but are ${left} and ${right}`);
    }
  }
  return unknownShape;
}

function sameBatch(x: TensorShape, y: TensorShape): TensorShape {
  if (!x.isCompatibleWith(y)) {
    throw new ShapeError(
      `Shapes must be equal, but are ${x.toRuntimeString()} and ${y.toRuntimeString()}`,
    );
  }
  return x.mergeWith(y);
}

function batchGradients(
  x: Tensor,
  y: Tensor,
  dy: Tensor,
  adjX: boolean,
  adjY: boolean,
): readonly [Tensor, Tensor] {
  return factors(x, y, dy, adjX, adjY, (first, second, adjointA, adjointB) =>
    matmul(first, second, { adjointA, adjointB }),
  );
}

/** @internal Batches of equal shape, only in graphs made elsewhere. */
export const BatchMatMul = defineOp({
  type: "BatchMatMul",
  inputs: ["x: T", "y: T"],
  outputs: ["output: T"],
  attrs: {
    T: a.type([bfloat16, float16, float32, float64, int32, int64, complex64, complex128]),
    adj_x: a.bool(false),
    adj_y: a.bool(false),
  },
  shape: ({ inputs: [x, y], attrs }) => [
    batchProductShape(x.shape, y.shape, attrs.adj_x, attrs.adj_y, sameBatch),
  ],
  gradient: ({ inputs: [x, y], dy: [dy], attrs }) =>
    batchGradients(x, y, dy, attrs.adj_x, attrs.adj_y),
  lower: ({ op, inputs: [x, y], attrs, k }) => [
    multiply(op, k, x, y, { transposeA: attrs.adj_x, transposeB: attrs.adj_y }),
  ],
});

const BatchMatMulV2 = defineOp({
  type: "BatchMatMulV2",
  inputs: ["x: T", "y: T"],
  outputs: ["output: T"],
  attrs: {
    T: a.type([
      bfloat16,
      float16,
      float32,
      float64,
      int16,
      int32,
      int64,
      uint8,
      uint16,
      uint32,
      uint64,
      complex64,
      complex128,
    ]),
    adj_x: a.bool(false),
    adj_y: a.bool(false),
  },
  shape: ({ inputs: [x, y], attrs }) => [
    batchProductShape(x.shape, y.shape, attrs.adj_x, attrs.adj_y, broadcastBatch),
  ],
  gradient: ({ inputs: [x, y], dy: [dy], attrs }) => {
    const [dx, dz] = batchGradients(x, y, dy, attrs.adj_x, attrs.adj_y);
    return unbroadcastBatches(x, y, dx, dz);
  },
  lower: ({ op, inputs: [x, y], attrs, k }) => [
    multiply(op, k, x, y, { transposeA: attrs.adj_x, transposeB: attrs.adj_y }),
  ],
});

/** Sums gradients over the batch axes along which an operand was repeated. */
function unbroadcastBatches(
  x: Tensor,
  y: Tensor,
  dx: Tensor,
  dy: Tensor,
): readonly [Tensor, Tensor] {
  const isBatched = [x, y].some(({ shape: { rank } }) => rank === null || rank > 2);
  const [batchX, batchY] = [x.shape.slice(0, -2), y.shape.slice(0, -2)];
  const sameBatches = batchX.isFullyDefined && batchY.isFullyDefined && batchX.equals(batchY);
  if (!isBatched || sameBatches) return [dx, dy];
  const sx = shape(x);
  const sy = shape(y);
  const first = indexTensor(sx, [[null, -2]]);
  const [rx, ry] = broadcastGradientArgs(first, indexTensor(sy, [[null, -2]]));
  const gx = reshape(reduceSum(dx, { axis: rx }), sx);
  return [gx, reshape(reduceSum(dy, { axis: ry }), sy)];
}

export interface MatmulOptions extends Named {
  readonly transposeA?: boolean | undefined;
  readonly transposeB?: boolean | undefined;
  /** Transposed and conjugated. */
  readonly adjointA?: boolean | undefined;
  readonly adjointB?: boolean | undefined;
  /** Accepted for TensorFlow's sake: a hint that `a` has many zeros. */
  readonly aIsSparse?: boolean | undefined;
  readonly bIsSparse?: boolean | undefined;
}

/**
 * The matrix product of the last two dimensions of `a` and `b`; those before are batches and broadcast.
 * Throws ValueError when sizes do not fit, or when an operand is to be both transposed and adjoint.
 * TensorFlow: `tf.matmul`.
 */
export function matmul<D extends DTypeName>(
  a: TensorOf<D>,
  b: TensorLike,
  options?: MatmulOptions,
): Tensor<D>;
export function matmul(a: TensorLike, b: TensorLike, options?: MatmulOptions): Tensor;
export function matmul(
  a: TensorLike,
  b: TensorLike,
  {
    transposeA = false,
    transposeB = false,
    adjointA = false,
    adjointB = false,
    name,
  }: MatmulOptions = {},
): Tensor {
  return opScope(name, "MatMul", [a, b], (scope) => {
    refuseBoth("a", transposeA, adjointA);
    refuseBoth("b", transposeB, adjointB);
    const left = convertToTensor(a, { name: "a", dtype: plainDType(a, b) });
    const right = convertToTensor(b, { name: "b", preferredDtype: left.dtype.base });
    const flipA = transposeA || adjointA;
    const flipB = transposeB || adjointB;
    const isBatched = [left, right].some(({ shape: { rank } }) => rank === null || rank > 2);
    return isBatched
      ? createOp(BatchMatMulV2, [left, right], { adj_x: flipA, adj_y: flipB }, scope).output
      : createOp(MatMul, [left, right], { transpose_a: flipA, transpose_b: flipB }, scope).output;
  });
}

function refuseBoth(operand: "a" | "b", transpose: boolean, adjoint: boolean): void {
  if (!transpose || !adjoint) return;
  throw new ValueError(
    `Only one of \`transpose_${operand}\` and \`adjoint_${operand}\` can be True. Received \`transpose_${operand}\`=True, \`adjoint_${operand}\`=True.`,
  );
}

/** The product of matrices and vectors: `b` is taken as a column. TensorFlow: `tf.linalg.matvec`. */
export function matvec(
  a: TensorLike,
  b: TensorLike,
  { transposeA, adjointA, name }: Pick<MatmulOptions, "transposeA" | "adjointA" | "name"> = {},
): Tensor {
  return opScope(name, "MatVec", [a, b], () => {
    const product = matmul(a, expandDims(b, -1), { transposeA, adjointA });
    return squeeze(product, { axis: [-1] });
  });
}
