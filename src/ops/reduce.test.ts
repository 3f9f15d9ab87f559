/** Reductions, running sums, segments. */

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

test("without axes everything is reduced, also when the rank is known only when run", () => {
  const x = tf.placeholder(tf.float32, null);
  const sum = tf.reduceSum(x);
  expect(sum.shape.dims).toEqual([]);
  expect(run(sum, [[x, matrix]])).toBe(21);
});

test("keepDims keeps reduced axes with size 1", () => {
  const mean = tf.reduceMean(tf.constant(matrix), { axis: -1, keepDims: true });
  expect(mean.shape.dims).toEqual([2, 1]);
  expect(run(mean)).toEqual([[2], [5]]);
});

test("means of integers are cut off towards zero", () => {
  const x = tf.constant([-3, 2, -1, 7, -8], { dtype: tf.int32 });
  expect(run(tf.reduceMean(x))).toBe(0);
});

test("an axis that the input lacks is refused with its value", () => {
  const x = tf.placeholder(tf.float32, [2, 3], { name: "x" });
  expect(() => tf.reduceSum(x, { axis: 3 })).toThrow(
    "Invalid reduction dimension 3 for input with 2 dimensions. for '{{node Sum}} = Sum[T=DT_FLOAT, Tidx=DT_INT32, keep_dims=false](x, Sum/reduction_indices)' with input shapes: [2,3], [] and with computed input tensors: input[1] = <3>.",
  );
  expect(() => run(tf.reduceSum(x, { axis: [0, -2] }), [[x, matrix]])).toThrow(
    "Invalid reduction arguments: Axes contains duplicate dimension: 0",
  );
});

test("an empty list of axes reduces nothing and leaves TensorFlow's stray Const", () => {
  const x = tf.constant(matrix);
  const sum = tf.reduceSum(x, { axis: [] });
  expect(run(sum)).toEqual(matrix);
  expect(sum.op.inputs[1]?.op.name).toBe("Sum/reduction_indices_1");
});

test("reducing nothing gives the unit", () => {
  const empty = tf.constant(new Float32Array(0));
  expect(run(tf.reduceMax(empty))).toBe(Number.NEGATIVE_INFINITY);
  expect(run(tf.reduceProd(empty))).toBe(1);
  expect(run(tf.reduceMean(empty))).toBe(Number.NaN);
});

test("the gradient of a maximum is shared by equal elements", () => {
  const x = tf.constant([1, 3, 3]);
  const [dx] = tf.gradients(tf.reduceMax(x), [x]);
  expect(run(dx as tf.Tensor)).toEqual([0, 0.5, 0.5]);
});

test("the gradient of a product does not divide by zero", () => {
  const x = tf.constant([2, 0, 5]);
  const [dx] = tf.gradients(tf.reduceProd(x), [x]);
  expect(run(dx as tf.Tensor)).toEqual([0, 10, 0]);
});

test("two gradients over the same axes compute the tiling once", () => {
  const x = tf.placeholder(tf.float32, [2, 3]);
  tf.gradients(tf.reduceSum(x, { axis: 1 }), [x]);
  tf.gradients(tf.reduceSum(x, { axis: 1 }), [x]);
  const graph = tf.getDefaultGraph();
  const found = graph.getOperations().filter(({ type }) => type === "FloorDiv");
  expect(found.map(({ name }) => name)).toEqual(["gradients/Sum_grad/floordiv"]);
});

test("reduceLogsumexp does not overflow", () => {
  expect(run(tf.reduceLogsumexp([1000, 1000]))).toBeCloseTo(1000 + Math.log(2), 3);
  expect(run(tf.reduceLogsumexp([Number.NEGATIVE_INFINITY]))).toBe(Number.NEGATIVE_INFINITY);
});

test("countNonzero counts truth values and numbers", () => {
  expect(
    run(
      tf.countNonzero(
        [
          [0, 1],
          [2, 3],
        ],
        { axis: 1 },
      ),
    ),
  ).toEqual([1n, 2n]);
  expect(run(tf.countNonzero([true, false], { dtype: tf.int32 }))).toBe(1);
});

test("argmax takes the first of equals and skips NaN", () => {
  expect(run(tf.argmax([1, 3, 3]))).toBe(1n);
  expect(run(tf.argmax([Number.NaN, 1, 2], { outputType: tf.int32 }))).toBe(2);
  expect(() => tf.argmax(tf.constant(matrix), { axis: 3 })).toThrow(
    "Dimension (3) must be in the range [-2, 2), where 2 is the number of dimensions in the input.",
  );
});

test("running sums can leave each element out and start from the end", () => {
  const options = { axis: 1, exclusive: true, reverse: true };
  expect(run(tf.cumsum(matrix, options))).toEqual([
    [5, 3, 0],
    [11, 6, 0],
  ]);
  expect(run(tf.cumprod([1, 2, 3]))).toEqual([1, 2, 6]);
});

test("segments are reduced by id", () => {
  const ids = tf.constant([0, 0, 2], { dtype: tf.int32 });
  expect(run(tf.segmentMean([1, 3, 5], ids))).toEqual([2, 0, 5]);
  expect(run(tf.unsortedSegmentSum([1, 3, 5], [1, -1, 1], 3))).toEqual([0, 6, 0]);
  expect(run(tf.unsortedSegmentMean([1, 3, 5], [1, 1, 0], 2))).toEqual([5, 2]);
});

test("ids that do not fit name the offender", () => {
  const data = tf.constant([1, 3]);
  expect(() => run(tf.segmentSum(data, [1, 0]))).toThrow("segment ids are not increasing");
  expect(() => run(tf.unsortedSegmentSum(data, [1, 5], 2))).toThrow(
    "segment_ids[1] = 5 is out of range [0, 2)",
  );
});
