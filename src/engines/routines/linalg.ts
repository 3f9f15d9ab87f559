/** Decompositions and solutions of small dense matrices, batched over leading dimensions, computed in float64. */

import type { NDArray } from "../../core/ndarray.ts";
import type { NoParams, RoutineKernel } from "../routine.ts";
import { arrayAt, elements } from "./elements.ts";

/** A dense row-major matrix. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

function matrixOf(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float64Array(rows * columns) };
}

function dimsOf(array: NDArray): [number, number] {
  return [array.shape[array.rank - 2] as number, array.shape[array.rank - 1] as number];
}

function readMatrix(array: NDArray, batch: number): Matrix {
  const [rows, columns] = dimsOf(array);
  const size = rows * columns;
  const data = Float64Array.from(elements(array).subarray(batch * size, (batch + 1) * size));
  return { rows, columns, data };
}

function writeMatrix(matrix: Matrix, array: NDArray, batch: number): void {
  elements(array).set(matrix.data, batch * matrix.data.length);
}

function batchesOf(array: NDArray): number {
  const [rows, columns] = dimsOf(array);
  return rows * columns === 0 ? 0 : array.size / (rows * columns);
}

function transposed({ rows, columns, data }: Matrix): Matrix {
  const result = matrixOf(columns, rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result.data[j * rows + i] = data[i * columns + j] as number;
  }
  return result;
}

/** Runs `solve` on the matrices at each batch position of the inputs and stores what it gives. */
function eachMatrix(
  inputs: readonly NDArray[],
  outputs: readonly NDArray[],
  solve: (...matrices: Matrix[]) => readonly Matrix[],
): void {
  const batches = batchesOf(arrayAt(inputs, 0));
  for (let batch = 0; batch < batches; batch++) {
    const results = solve(...inputs.map((array) => readMatrix(array, batch)));
    results.forEach((result, i) => {
      writeMatrix(result, arrayAt(outputs, i), batch);
    });
  }
}

/** Lower L with L Lᵀ = A; only A's lower triangle is read. NaN where A is not positive definite, as in TensorFlow 2. */
export const cholesky: RoutineKernel<NoParams> = (inputs, outputs) => {
  eachMatrix(inputs, outputs, (a) => {
    const matrix = a as Matrix;
    const n = matrix.rows;
    const lower = matrixOf(n, n);
    const l = lower.data;
    let isPositive = true;
    for (let j = 0; j < n; j++) {
      for (let i = j; i < n; i++) {
        let sum = matrix.data[i * n + j] as number;
        for (let p = 0; p < j; p++) sum -= (l[i * n + p] as number) * (l[j * n + p] as number);
        if (i > j) {
          l[i * n + j] = sum / (l[j * n + j] as number);
        } else {
          isPositive &&= sum > 0;
          l[i * n + j] = Math.sqrt(sum);
        }
      }
    }
    if (!isPositive) {
      for (let i = 0; i < n; i++) l.fill(Number.NaN, i * n, i * n + i + 1);
    }
    return [lower];
  });
};

interface Factors {
  /** L below the diagonal (its own is 1), U on and above it. */
  readonly lu: Matrix;
  /** Row i of LU is row order[i] of the matrix. */
  readonly order: readonly number[];
  /** 1 or -1: the parity of `order`. */
  readonly sign: number;
}

/** Gaussian elimination with partial pivoting. */
function factor(matrix: Matrix): Factors {
  const n = matrix.rows;
  const lu = { ...matrix, data: matrix.data.slice() };
  const { data } = lu;
  const order = Array.from({ length: n }, (_, i) => i);
  let sign = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(data[i * n + k] as number) > Math.abs(data[pivot * n + k] as number)) pivot = i;
    }
    if (pivot !== k) {
      sign = -sign;
      [order[k], order[pivot]] = [order[pivot] as number, order[k] as number];
      for (let j = 0; j < n; j++) {
        const swap = data[k * n + j] as number;
        data[k * n + j] = data[pivot * n + j] as number;
        data[pivot * n + j] = swap;
      }
    }
    const diagonal = data[k * n + k] as number;
    if (diagonal === 0) continue;
    for (let i = k + 1; i < n; i++) {
      const ratio = (data[i * n + k] as number) / diagonal;
      data[i * n + k] = ratio;
      for (let j = k + 1; j < n; j++) {
        data[i * n + j] = (data[i * n + j] as number) - ratio * (data[k * n + j] as number);
      }
    }
  }
  return { lu, order, sign };
}

type Triangle = "lower" | "upper";

/** Solves T x = b in place for each column of b, T being one triangle of `matrix`. */
function substitute(matrix: Matrix, b: Matrix, triangle: Triangle, diagonal: "own" | "unit"): void {
  const n = matrix.rows;
  const width = b.columns;
  for (let step = 0; step < n; step++) {
    const i = triangle === "lower" ? step : n - 1 - step;
    const from = triangle === "lower" ? 0 : i + 1;
    const to = triangle === "lower" ? i : n;
    const divisor = diagonal === "unit" ? 1 : (matrix.data[i * n + i] as number);
    for (let column = 0; column < width; column++) {
      let sum = b.data[i * width + column] as number;
      for (let j = from; j < to; j++) {
        sum -= (matrix.data[i * n + j] as number) * (b.data[j * width + column] as number);
      }
      b.data[i * width + column] = sum / divisor;
    }
  }
}

function solveWith({ lu, order }: Factors, b: Matrix, error: string): Matrix {
  const n = lu.rows;
  for (let i = 0; i < n; i++) if (lu.data[i * n + i] === 0) throw new RangeError(error);
  const x = matrixOf(b.rows, b.columns);
  order.forEach((from, to) => {
    x.data.set(b.data.subarray(from * b.columns, (from + 1) * b.columns), to * b.columns);
  });
  substitute(lu, x, "lower", "unit");
  substitute(lu, x, "upper", "own");
  return x;
}

function identity(n: number): Matrix {
  const result = matrixOf(n, n);
  for (let i = 0; i < n; i++) result.data[i * n + i] = 1;
  return result;
}

export interface AdjointParams {
  /** Use the transposed matrix. */
  readonly adjoint: boolean;
}

export const matrixInverse: RoutineKernel<AdjointParams> = (inputs, outputs, { adjoint }) => {
  eachMatrix(inputs, outputs, (a) => {
    const matrix = adjoint ? transposed(a as Matrix) : (a as Matrix);
    return [solveWith(factor(matrix), identity(matrix.rows), "Input is not invertible.")];
  });
};

/** A [..., n, n]; output [...]. */
export const matrixDeterminant: RoutineKernel<NoParams> = (inputs, outputs) => {
  const output = arrayAt(outputs, 0);
  // The determinant of a matrix without elements is 1.
  elements(output).fill(1);
  eachMatrix(inputs, outputs, (a) => {
    const { lu, sign } = factor(a as Matrix);
    let product = sign;
    for (let i = 0; i < lu.rows; i++) product *= lu.data[i * lu.rows + i] as number;
    return [{ rows: 1, columns: 1, data: Float64Array.of(product) }];
  });
};

/** A [..., n, n], B [..., n, k]; output X with A X = B. */
export const matrixSolve: RoutineKernel<AdjointParams> = (inputs, outputs, { adjoint }) => {
  eachMatrix(inputs, outputs, (a, b) => {
    const matrix = adjoint ? transposed(a as Matrix) : (a as Matrix);
    return [solveWith(factor(matrix), b as Matrix, "Input matrix is not invertible.")];
  });
};

export interface TriangularSolveParams extends AdjointParams {
  /** Which triangle of the matrix is read. */
  readonly lower: boolean;
}

/** As `matrixSolve`, for a triangular A. */
export const matrixTriangularSolve: RoutineKernel<TriangularSolveParams> = (
  inputs,
  outputs,
  { lower, adjoint },
) => {
  eachMatrix(inputs, outputs, (a, b) => {
    const matrix = adjoint ? transposed(a as Matrix) : (a as Matrix);
    substitute(matrix, b as Matrix, lower !== adjoint ? "lower" : "upper", "own");
    return [b as Matrix];
  });
};

export interface QrParams {
  /** Q is square; otherwise it has as many columns as min(rows, columns). */
  readonly fullMatrices: boolean;
}

/** Q R = A by Householder reflections, with LAPACK's signs; outputs Q, R. */
export const qr: RoutineKernel<QrParams> = (inputs, outputs, { fullMatrices }) => {
  eachMatrix(inputs, outputs, (a) => decompose(a as Matrix, fullMatrices));
};

function decompose(matrix: Matrix, fullMatrices: boolean): [Matrix, Matrix] {
  const { rows, columns } = matrix;
  const steps = Math.min(rows, columns);
  const r = { ...matrix, data: matrix.data.slice() };
  const q = identity(rows);
  for (let k = 0; k < steps; k++) {
    const vector = new Float64Array(rows);
    let tail = 0;
    for (let i = k + 1; i < rows; i++) {
      vector[i] = r.data[i * columns + k] as number;
      tail += (vector[i] as number) ** 2;
    }
    if (tail === 0) continue;
    // H = I - v vᵀ 2/|v|² maps the column to β e, β of the opposite sign to avoid cancellation.
    const head = r.data[k * columns + k] as number;
    const norm = Math.sqrt(head * head + tail);
    const beta = head >= 0 ? -norm : norm;
    vector[k] = head - beta;
    const scale = 2 / (tail + (vector[k] as number) ** 2);
    reflectRows(r, vector, scale, k);
    reflectColumns(q, vector, scale, k);
    for (let i = k + 1; i < rows; i++) r.data[i * columns + k] = 0;
  }
  return fullMatrices ? [q, r] : [leading(q, rows, steps), leading(r, steps, columns)];
}

/** M := H M. */
function reflectRows(
  { rows, columns, data }: Matrix,
  v: Float64Array,
  scale: number,
  from: number,
): void {
  for (let j = 0; j < columns; j++) {
    let dot = 0;
    for (let i = from; i < rows; i++) dot += (v[i] as number) * (data[i * columns + j] as number);
    for (let i = from; i < rows; i++) {
      data[i * columns + j] = (data[i * columns + j] as number) - scale * dot * (v[i] as number);
    }
  }
}

/** M := M H. */
function reflectColumns(
  { rows, columns, data }: Matrix,
  v: Float64Array,
  scale: number,
  from: number,
): void {
  for (let i = 0; i < rows; i++) {
    let dot = 0;
    for (let j = from; j < columns; j++)
      dot += (v[j] as number) * (data[i * columns + j] as number);
    for (let j = from; j < columns; j++) {
      data[i * columns + j] = (data[i * columns + j] as number) - scale * dot * (v[j] as number);
    }
  }
}

function leading(matrix: Matrix, rows: number, columns: number): Matrix {
  const result = matrixOf(rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      result.data[i * columns + j] = matrix.data[i * matrix.columns + j] as number;
    }
  }
  return result;
}
