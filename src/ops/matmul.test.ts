/** Matrix products, contraction, and limiting of norms. */

import { beforeEach, expect, test } from "vitest";
import * as tf from "../index.ts";

beforeEach(() => {
  tf.resetDefaultGraph();
});

function run(fetch: tf.Tensor, feeds: Iterable<readonly [tf.Tensor, unknown]> = []): unknown {
  const session = new tf.Session();
  return session.runSync(fetch, feeds as never).toArray();
}

const matrix = [
  [1, 2, 3],
  [4, 5, 6],
];

test("two matrices make a MatMul, more dimensions or unknown rank a batched one", () => {
  const x = tf.constant(matrix);
  const open = tf.placeholder(tf.float32, null);
  expect(tf.matmul(x, x, { transposeB: true }).op.type).toBe("MatMul");
  expect(tf.matmul(open, x).op.type).toBe("BatchMatMulV2");
  expect(tf.matmul(tf.zeros([4, 5, 2]), x).shape.dims).toEqual([4, 5, 3]);
});

test("transposed operands", () => {
  const x = tf.constant(matrix);
  expect(run(tf.matmul(x, x, { transposeB: true }))).toEqual([
    [14, 32],
    [32, 77],
  ]);
  expect(run(tf.matmul(x, [[1], [1]], { transposeA: true }))).toEqual([[5], [7], [9]]);
});

test("batches broadcast", () => {
  const pair = tf.constant([[[1, 0, 0]], [[0, 0, 1]]]);
  const column = tf.constant([[2], [3], [5]]);
  expect(run(tf.matmul(pair, column))).toEqual([[[2]], [[5]]]);
});

test("sizes that do not fit are refused", () => {
  const x = tf.placeholder(tf.float32, [2, 3], { name: "x" });
  expect(() => tf.matmul(x, x)).toThrow(
    "Dimensions must be equal, but are 3 and 2 for '{{node MatMul}} = MatMul[T=DT_FLOAT, transpose_a=false, transpose_b=false](x, x)' with input shapes: [2,3], [2,3].",
  );
  expect(() => tf.matmul(x, tf.constant([1, 2, 3]))).toThrow("Shape must be rank 2 but is rank 1");
  expect(() => tf.matmul(x, x, { transposeA: true, adjointA: true })).toThrow(
    "Only one of `transpose_a` and `adjoint_a` can be True. Received `transpose_a`=True, `adjoint_a`=True.",
  );
});

test("sizes known only when run are checked then", () => {
  const x = tf.placeholder(tf.float32, null);
  expect(() => run(tf.matmul(x, x), [[x, matrix]])).toThrow(
    "Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]",
  );
});

test.each([
  [false, false],
  [false, true],
  [true, false],
  [true, true],
])("the gradient with transposeA=%s, transposeB=%s is that of the plain product", (a, b) => {
  const x = tf.constant(matrix);
  const y = tf.constant([
    [1, -1],
    [2, 0],
    [0, 3],
  ]);
  const weights = tf.constant([
    [1, 2],
    [3, 5],
  ]);
  const plain = tf.gradients(tf.matmul(x, y).mul(weights), [x, y]) as tf.Tensor[];
  const left = a ? tf.transpose(x) : x;
  const right = b ? tf.transpose(y) : y;
  const product = tf.matmul(left, right, { transposeA: a, transposeB: b });
  const flipped = tf.gradients(product.mul(weights), [x, y]) as tf.Tensor[];
  expect(flipped.map((dx) => run(dx))).toEqual(plain.map((dx) => run(dx)));
});

test("tensordot contracts pairs of axes", () => {
  expect(
    run(
      tf.tensordot(matrix, matrix, [
        [0, 1],
        [0, 1],
      ]),
    ),
  ).toBe(91);
  expect(run(tf.tensordot(matrix, [1, 1, 1], 1))).toEqual([6, 15]);
  const open = tf.placeholder(tf.float32, [null, 3]);
  const product = tf.tensordot(open, [1, 1, 1], 1);
  expect(product.shape.dims).toEqual([null]);
  expect(run(product, [[open, matrix]])).toEqual([6, 15]);
});

test("clipByValue is a Minimum and a Maximum", () => {
  const clipped = tf.clipByValue(tf.constant([-3, 0.5, 3]), -1, 1);
  expect(clipped.op.name).toBe("clip_by_value");
  expect(clipped.op.inputs[0]?.op.name).toBe("clip_by_value/Minimum");
  expect(run(clipped)).toEqual([-1, 0.5, 1]);
});

test("clipByNorm has a gradient at zero", () => {
  const x = tf.constant([0, 0]);
  const [dx] = tf.gradients(tf.clipByNorm(x, 1), [x]);
  expect(run(dx as tf.Tensor)).toEqual([1, 1]);
});

test("clipByGlobalNorm scales all tensors by the same factor and leaves nulls", () => {
  const [clipped, norm] = tf.clipByGlobalNorm([tf.constant([3]), null, tf.constant([4])], 1);
  expect(run(norm)).toBe(5);
  expect(clipped[1]).toBeNull();
  expect(run(clipped[0] as tf.Tensor)).toEqual([Math.fround(0.6)]);
});

test("addN refuses shapes that differ and an empty list", () => {
  expect(() => tf.addN([])).toThrow(
    "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape.",
  );
  expect(() => tf.addN([tf.zeros([2, 3]), tf.zeros([1, 3])])).toThrow(
    "Dimension 0 in both shapes must be equal, but are 2 and 1. Shapes are [2,3] and [1,3].\n\tFrom merging shape 0 with other shapes.",
  );
});
