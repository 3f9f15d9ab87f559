/** Decompositions of matrices and systems of linear equations, batched over leading dimensions. */

import {
  bfloat16,
  complex64,
  complex128,
  type DType,
  float16,
  float32,
  float64,
} from "../core/dtypes.ts";
import { NotImplementedError } from "../core/errors.ts";
import { type Dim, type TensorShape, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { broadcastShapes } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { concat, indexTensor, matrixTranspose, reshape, shape as shapeOp } from "./array.ts";
import { broadcastGradientArgs } from "./broadcast-gradient-args.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, type ShapeInput } from "./define.ts";
import { broadcastShape } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { eye, matrixBandPart, matrixDiagPart, matrixSetDiag } from "./matrix.ts";
import { mergeShapes, withRankAtLeast } from "./merge.ts";
import { reduceSum } from "./reduce.ts";
import { mergeDims, opScope } from "./support.ts";

const kinds: readonly DType[] = [float64, float32, float16, complex64, complex128];

/** Batch and the two dimensions of matrices; null when the rank is unknown. */
interface Matrices {
  readonly batch: TensorShape;
  readonly rows: Dim;
  readonly columns: Dim;
}

function matrices({ shape }: ShapeInput): Matrices | null {
  withRankAtLeast(shape, 2);
  if (!shape.dims) return null;
  return { batch: shape.slice(0, -2), rows: shape.dim(-2), columns: shape.dim(-1) };
}

/** The shape of square matrices. */
function square(input: ShapeInput): TensorShape {
  const found = matrices(input);
  if (!found) return unknownShape;
  const dim = mergeDims(found.rows, found.columns);
  return found.batch.concatenate([dim, dim]);
}

function requireSquare(value: Value): void {
  const { shape } = value;
  if (shape.length < 2 || shape.at(-1) !== shape.at(-2))
    throw new Error("Input matrix must be square.");
}

/** The conjugate transpose, in TensorFlow's scopes. */
function adjointOf(x: Tensor): Tensor {
  return opScope(undefined, "adjoint", [x], () => matrixTranspose(x));
}

const Cholesky = defineOp({
  type: "Cholesky",
  inputs: ["input: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(kinds) },
  shape: ({ inputs: [input] }) => [square(input)],
  // With A = L Lᵀ and Φ(X) the lower triangle of X, its diagonal halved: dA = ½ (S + Sᵀ), S = L⁻ᵀ Φ(Lᵀ dL) L⁻¹.
  gradient: ({ outputs: [lower], dy: [dy] }) => {
    const rows = indexTensor(shapeOp(lower), [-1]);
    const batch = indexTensor(shapeOp(lower), [[null, -2]]);
    const identity = eye(rows, { batchShape: batch, dtype: lower.dtype });
    const inverse = matrixTriangularSolve(lower, identity);
    let middle = matmul(lower, dy, { adjointA: true });
    middle = matrixSetDiag(middle, matrixDiagPart(middle).rmul(0.5));
    middle = matrixBandPart(middle, -1, 0);
    const half = matmul(matmul(inverse, middle, { adjointA: true }), inverse);
    return [half.add(adjointOf(half)).mul(0.5)];
  },
  lower: ({ inputs: [input], k }) => {
    requireSquare(input);
    return k.routine("cholesky", [input], [input]);
  },
});

/** Lower triangular L with L Lᵀ = `input`. TensorFlow: `tf.cholesky`. */
export function cholesky(input: TensorLike, { name }: Named = {}): Tensor {
  return createOp(Cholesky, [input], {}, name).output;
}

const Qr = defineOp({
  type: "Qr",
  inputs: ["input: T"],
  outputs: ["q: T", "r: T"],
  attrs: { full_matrices: a.bool(false), T: a.type(kinds) },
  shape: ({ inputs: [input], attrs }) => {
    const found = matrices(input);
    if (!found) return [null, null];
    const { batch, rows, columns } = found;
    const least = rows === null || columns === null ? null : Math.min(rows, columns);
    const inner = attrs.full_matrices ? rows : least;
    return [batch.concatenate([rows, inner]), batch.concatenate([inner, columns])];
  },
  gradient: ({ inputs: [input], outputs: [q, r], dy: [dq, dr] }) => [
    qrGradient(input, q, r, dq, dr),
  ],
  lower: ({ inputs: [input], attrs, k }) => {
    const { dtype, shape } = input;
    const [rows = 0, columns = 0] = shape.slice(-2);
    const inner = attrs.full_matrices ? rows : Math.min(rows, columns);
    const batch = shape.slice(0, -2);
    const outputs = [
      { dtype, shape: [...batch, rows, inner] },
      { dtype, shape: [...batch, inner, columns] },
    ];
    return k.routine("qr", [input], outputs, { fullMatrices: attrs.full_matrices });
  },
});

/** Roberts and Roberts, "QR and LQ Decomposition Matrix Backpropagation Algorithms" (2020). */
function qrGradient(input: Tensor, q: Tensor, r: Tensor, dq: Tensor, dr: Tensor): Tensor {
  const rows = r.shape.dim(-2);
  const columns = r.shape.dim(-1);
  if (rows === null || columns === null) {
    throw new NotImplementedError(
      `QrGrad not implemented with dynamic shapes. Received r.shape: ${r.shape}`,
    );
  }
  if (rows > columns && q.shape.dim(-2) === q.shape.dim(-1)) {
    throw new NotImplementedError(
      `QrGrad not implemented when nrows > ncols and full_matrices is true. Received r.shape=${r.shape} with nrows=${rows}and ncols=${columns}.`,
    );
  }
  const height = q.shape.dim(-2);
  if (height === null || height >= columns) return deepQrGradient(q, r, dq, dr);
  // A wide matrix is [x y] with r = [u v]: x has the gradient of the square case, y = q v.
  const y = indexTensor(input, ["...", [null, null], [height, null]]);
  const u = indexTensor(r, ["...", [null, null], [null, height]]);
  const dv = indexTensor(dr, ["...", [null, null], [height, null]]);
  const du = indexTensor(dr, ["...", [null, null], [null, height]]);
  const dy = matmul(q, dv);
  const dx = deepQrGradient(q, u, dq.add(matmul(y, dv, { adjointB: true })), du);
  return concat([dx, dy], -1);
}

/** At least as many rows as columns, and q of the shape of the matrix. */
function deepQrGradient(q: Tensor, r: Tensor, dq: Tensor, dr: Tensor): Tensor {
  /** x r⁻ᵀ for the upper triangular r. */
  const solve = (x: Tensor): Tensor =>
    adjointOf(matrixTriangularSolve(r, adjointOf(x), { lower: false, adjoint: false }));
  const qdq = matmul(q, dq, { adjointA: true });
  const qdqSkew = qdq.sub(adjointOf(qdq));
  const rdr = matmul(r, dr, { adjointB: true });
  const rdrSkew = rdr.sub(adjointOf(rdr));
  const lower = matrixBandPart(qdqSkew.add(rdrSkew), -1, 0);
  const inside = matmul(q, dr.add(solve(lower)));
  const outside = solve(dq.sub(matmul(q, qdq)));
  return inside.add(outside);
}

export interface QrOptions extends Named {
  readonly fullMatrices?: boolean | undefined;
}

/** Orthogonal q and upper triangular r with q r = `input`. TensorFlow: `tf.qr`. */
export function qr(
  input: TensorLike,
  { fullMatrices = false, name }: QrOptions = {},
): { readonly q: Tensor; readonly r: Tensor } {
  const { outputs } = createOp(Qr, [input], { full_matrices: fullMatrices }, name);
  return { q: outputs[0] as Tensor, r: outputs[1] as Tensor };
}

const MatrixInverse = defineOp({
  type: "MatrixInverse",
  inputs: ["input: T"],
  outputs: ["output: T"],
  attrs: { adjoint: a.bool(false), T: a.type(kinds) },
  shape: ({ inputs: [input] }) => [square(input)],
  // d A⁻¹ = -A⁻¹ dA A⁻¹
  gradient: ({ outputs: [inverse], dy: [dy], attrs: { adjoint } }) => [
    matmul(inverse, matmul(dy, inverse, { adjointA: adjoint, adjointB: !adjoint }), {
      adjointA: !adjoint,
    }).neg(),
  ],
  lower: ({ inputs: [input], attrs: { adjoint }, k }) => {
    requireSquare(input);
    return k.routine("matrixInverse", [input], [input], { adjoint });
  },
});

export interface AdjointOptions extends Named {
  /** Use the conjugate transpose. */
  readonly adjoint?: boolean | undefined;
}

/** TensorFlow: `tf.matrix_inverse`. */
export function matrixInverse(
  input: TensorLike,
  { adjoint = false, name }: AdjointOptions = {},
): Tensor {
  return createOp(MatrixInverse, [input], { adjoint }, name).output;
}

const MatrixDeterminant = defineOp({
  type: "MatrixDeterminant",
  inputs: ["input: T"],
  outputs: ["output: T"],
  attrs: { T: a.type([float16, float32, float64, complex64, complex128]) },
  shape: ({ inputs: [input] }) => {
    const found = matrices(input);
    if (!found) return [null];
    mergeDims(found.columns, found.rows);
    return [found.batch];
  },
  // d det A = det A · tr(A⁻¹ dA)
  gradient: ({ inputs: [input], outputs: [determinant], dy: [dy] }) => {
    const inverse = matrixInverse(input, { adjoint: true });
    const scaled = dy.mul(determinant);
    const factors = reshape(scaled, concat([shapeOp(determinant), Int32Array.of(1, 1)], 0));
    return [factors.mul(inverse)];
  },
  lower: ({ inputs: [input], k }) => {
    requireSquare(input);
    return k.routine(
      "matrixDeterminant",
      [input],
      [{ dtype: input.dtype, shape: input.shape.slice(0, -2) }],
    );
  },
});

/** TensorFlow: `tf.matrix_determinant`. */
export function matrixDeterminant(input: TensorLike, { name }: Named = {}): Tensor {
  return createOp(MatrixDeterminant, [input], {}, name).output;
}

/** The shape of X in A X = B. */
function solutionShape(matrix: ShapeInput, rhs: ShapeInput): TensorShape {
  const lhsShape = square(matrix);
  withRankAtLeast(rhs.shape, 2);
  if (!lhsShape.dims || !rhs.shape.dims) return unknownShape;
  const batch = mergeShapes(lhsShape.slice(0, -2), rhs.shape.slice(0, -2));
  return batch.concatenate([mergeDims(lhsShape.dim(-1), rhs.shape.dim(-2)), rhs.shape.dim(-1)]);
}

const MatrixSolve = defineOp({
  type: "MatrixSolve",
  inputs: ["matrix: T", "rhs: T"],
  outputs: ["output: T"],
  attrs: { adjoint: a.bool(false), T: a.type(kinds) },
  shape: ({ inputs: [matrix, rhs] }) => [solutionShape(matrix, rhs)],
  gradient: ({ inputs: [matrix], outputs: [x], dy: [dy], attrs: { adjoint } }) => {
    const dRhs = matrixSolve(matrix, dy, { adjoint: !adjoint });
    return [outerGradient(x, dRhs, adjoint), dRhs];
  },
  lower: ({ inputs: [matrix, rhs], attrs: { adjoint }, k }) => {
    requireSquare(matrix);
    return k.routine("matrixSolve", [matrix, rhs], [rhs], { adjoint });
  },
});

/** dA of A x = b is -db xᵀ. */
function outerGradient(x: Tensor, dRhs: Tensor, adjoint: boolean): Tensor {
  return adjoint
    ? matmul(x, dRhs, { adjointB: true }).neg()
    : matmul(dRhs, x, { adjointB: true }).neg();
}

/** X with `matrix` X = `rhs`. TensorFlow: `tf.matrix_solve`. */
export function matrixSolve(
  matrix: TensorLike,
  rhs: TensorLike,
  { adjoint = false, name }: AdjointOptions = {},
): Tensor {
  return createOp(MatrixSolve, [matrix, rhs], { adjoint }, name).output;
}

const MatrixTriangularSolve = defineOp({
  type: "MatrixTriangularSolve",
  inputs: ["matrix: T", "rhs: T"],
  outputs: ["output: T"],
  attrs: {
    lower: a.bool(true),
    adjoint: a.bool(false),
    T: a.type([bfloat16, ...kinds]),
  },
  shape: ({ inputs: [matrix, rhs] }) => [triangularShape(matrix, rhs)],
  gradient: ({ inputs: [matrix, rhs], outputs: [x], dy: [dy], attrs: { lower, adjoint } }) => {
    const dRhs = matrixTriangularSolve(matrix, dy, { lower, adjoint: !adjoint });
    const outer = outerGradient(x, dRhs, adjoint);
    const dMatrix = lower ? matrixBandPart(outer, -1, 0) : matrixBandPart(outer, 0, -1);
    const batches = [matrix.shape, rhs.shape].map(
      (shape) => shape.isFullyDefined && shape.slice(0, -2),
    );
    const [left, right] = batches;
    if (left && right && left.equals(right)) return [dMatrix, dRhs];
    const matrixShape = shapeOp(matrix);
    const rhsShape = shapeOp(rhs);
    const [matrixAxes, rhsAxes] = broadcastGradientArgs(
      indexTensor(matrixShape, [[null, -2]]),
      indexTensor(rhsShape, [[null, -2]]),
    );
    return [
      reshape(reduceSum(dMatrix, { axis: matrixAxes }), matrixShape),
      reshape(reduceSum(dRhs, { axis: rhsAxes }), rhsShape),
    ];
  },
  lower: ({ inputs: [matrix, rhs], attrs: { lower, adjoint }, k }) => {
    requireSquare(matrix);
    const batch = commonBatch(matrix, rhs);
    const spread = (value: Value): Value => {
      const shape = [...batch, ...value.shape.slice(-2)];
      return value.shape.join() === shape.join() ? value : k.broadcastTo(value, shape);
    };
    const wide = spread(rhs);
    return k.routine("matrixTriangularSolve", [spread(matrix), wide], [wide], { lower, adjoint });
  },
});

function triangularShape(matrix: ShapeInput, rhs: ShapeInput): TensorShape {
  const lhs = square(matrix);
  withRankAtLeast(rhs.shape, 2);
  if (!lhs.dims || !rhs.shape.dims) return unknownShape;
  const rows = mergeDims(lhs.dim(-1), rhs.shape.dim(-2));
  const batch = broadcastShape(lhs.slice(0, -2), rhs.shape.slice(0, -2));
  return batch.concatenate([rows, rhs.shape.dim(-1)]);
}

function commonBatch(matrix: Value, rhs: Value): readonly number[] {
  return broadcastShapes([matrix.shape.slice(0, -2), rhs.shape.slice(0, -2)]);
}

export interface TriangularSolveOptions extends AdjointOptions {
  /** Which triangle of the matrix is read; the lower one when not given. */
  readonly lower?: boolean | undefined;
}

/** X with T X = `rhs`, T being one triangle of `matrix`. TensorFlow: `tf.matrix_triangular_solve`. */
export function matrixTriangularSolve(
  matrix: TensorLike,
  rhs: TensorLike,
  { lower = true, adjoint = false, name }: TriangularSolveOptions = {},
): Tensor {
  return opScope(
    name,
    "triangular_solve",
    [matrix, rhs],
    () => createOp(MatrixTriangularSolve, [matrix, rhs], { lower, adjoint }, undefined).output,
  );
}
