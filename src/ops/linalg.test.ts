// Linear algebra: values, gradients and what is refused.
import { expect, test } from "vitest";
import { Graph } from "../core/graph.ts";
import { NDArray } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import { gradients } from "../gradients/gradients.ts";
import { Session } from "../session/session.ts";
import { constant } from "./constant.ts";
import type { TensorLike } from "./convert.ts";
import {
  cholesky,
  matrixDeterminant,
  matrixInverse,
  matrixSolve,
  matrixTriangularSolve,
  qr,
} from "./linalg.ts";
import {
  diag,
  diagPart,
  eye,
  matrixBandPart,
  matrixDiag,
  matrixDiagPart,
  matrixSetDiag,
  trace,
} from "./matrix.ts";

function inSession(body: (run: (fetch: Tensor) => number[]) => void): void {
  const graph = new Graph();
  graph.asDefault(() => {
    const session = new Session("", { graph });
    body((fetch) => Array.from((session.runSync(fetch) as NDArray).values(), Number));
  });
}

function expectClose(values: readonly number[], expected: readonly number[]): void {
  expect(values.length).toBe(expected.length);
  values.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] as number, 4);
  });
}

const square = [
  [4, 1],
  [2, 3],
];

const cases: readonly {
  readonly name: string;
  readonly build: (a: Tensor) => Tensor;
  readonly value: readonly number[];
  readonly gradient: readonly number[];
}[] = [
  {
    name: "matrixInverse",
    build: (a) => matrixInverse(a),
    value: [0.3, -0.1, -0.2, 0.4],
    gradient: [-0.02, -0.02, -0.06, -0.06],
  },
  {
    name: "matrixDeterminant",
    build: (a) => matrixDeterminant(a),
    value: [10],
    gradient: [3, -2, -1, 4],
  },
  {
    name: "cholesky",
    build: (a) => cholesky(a),
    value: [2, 0, 1, Math.SQRT2],
    gradient: [0.21338835, 0.07322331, 0.07322331, 0.35355335],
  },
  {
    name: "matrixSolve",
    build: (a) => matrixSolve(a, [[1], [2]]),
    value: [0.1, 0.6],
    gradient: [-0.01, -0.06, -0.03, -0.18],
  },
  {
    name: "matrixTriangularSolve",
    build: (a) => matrixTriangularSolve(a, [[1], [2]]),
    value: [0.25, 0.5],
    gradient: [-0.02083333, 0, -0.08333334, -0.16666667],
  },
];

for (const { name, build, value, gradient } of cases) {
  test(`${name} and its gradient give TensorFlow's values`, () => {
    inSession((run) => {
      const a = constant(square);
      const y = build(a);
      expectClose(run(y), value);
      expectClose(run(gradients(y, [a])[0] as Tensor), gradient);
    });
  });
}

test("qr has LAPACK's signs and a gradient through both factors", () => {
  inSession((run) => {
    const a = constant(square);
    const { q, r } = qr(a);
    expectClose(run(q), [-0.89442706, -0.4472136, -0.4472136, 0.8944272]);
    expectClose(run(r), [-4.472136, -2.236068, 0, 2.236068]);
    expectClose(
      run(gradients([q, r], [a])[0] as Tensor),
      [-0.26832807, -1.3416406, -1.6994117, 0.44721362],
    );
  });
});

test("diagonals are taken, made and replaced", () => {
  inSession((run) => {
    const wide: TensorLike = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect(run(matrixDiagPart(wide))).toEqual([1, 5]);
    expect(run(matrixDiagPart(wide, { k: 1 }))).toEqual([2, 6]);
    expect(run(matrixDiag([1, 2]))).toEqual([1, 0, 0, 2]);
    expect(run(matrixDiag([1], { k: -1, paddingValue: 7 }))).toEqual([7, 7, 1, 7]);
    expect(run(matrixSetDiag(wide, [9, 8]))).toEqual([9, 2, 3, 4, 8, 6]);
    expect(run(matrixBandPart(wide, 0, 1))).toEqual([1, 2, 0, 0, 5, 6]);
    expect(run(diagPart(diag([3, 4])))).toEqual([3, 4]);
    expect(run(trace(square))).toEqual([7]);
    expect(run(eye(2, { numColumns: 3 }))).toEqual([1, 0, 0, 0, 1, 0]);
  });
});

test("matrices that do not fit are refused", () => {
  inSession((run) => {
    const ones = new NDArray(new Float32Array(6).fill(1), [2, 3], "float32");
    expect(() => matrixInverse(ones)).toThrow(
      "Dimensions must be equal, but are 2 and 3 for '{{node MatrixInverse}} = MatrixInverse[T=DT_FLOAT, adjoint=false](MatrixInverse/input)' with input shapes: [2,3].",
    );
    expect(() => matrixInverse([1, 2])).toThrow("Shape must be at least rank 2 but is rank 1");
    const zeros = new NDArray(new Float32Array(4), [2, 2], "float32");
    expect(() => run(matrixInverse(zeros))).toThrow("Input is not invertible.");
    expect(() => run(matrixSolve(zeros, zeros))).toThrow("Input matrix is not invertible.");
    expect(() => run(matrixBandPart(zeros, 5, 0))).toThrow(
      "num_lower must be negative or less or equal to number of rows (2) got: 5",
    );
    expect(() => matrixDiagPart(zeros, { k: 3 })).toThrow("lower_diag_index is out of bound.");
  });
});
