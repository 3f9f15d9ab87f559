// Softmax and cross entropies: extreme values, labels out of range, and arguments that do not fit.
import { expect, test } from "vitest";
import * as tf from "../index.ts";

const inGraph = <R>(body: () => R): R => new tf.Graph().asDefault(() => body());
type Feeds = readonly (readonly [tf.Tensor, number[]])[];
const evaluate = (tensor: tf.Tensor, feeds: Feeds = []): number[] =>
  Array.from(new tf.Session().runSync(tensor, feeds).values(), Number);

test("softmax of large logits stays finite", () => {
  inGraph(() => {
    expect(evaluate(tf.nn.softmax([1000, 1000, -1000]))).toEqual([0.5, 0.5, 0]);
    expect(evaluate(tf.nn.logSoftmax([1000, 0]))).toEqual([0, -1000]);
  });
});

test("softmax along another axis sums to one there", () => {
  inGraph(() => {
    const y = tf.nn.softmax(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      { axis: 0 },
    );
    const sums = evaluate(tf.reduceSum(y, { axis: 0 }));
    for (const sum of sums) expect(sum).toBeCloseTo(1, 6);
    expect(() => tf.nn.softmax([[1]], { axis: 2 })).toThrow(
      "`dim` must be in the range [-2, 2) where 2 is the number of dimensions in the input. Received: dim=2",
    );
    expect(() => tf.nn.softmax(1)).toThrow(
      "Shape must be at least rank 1 but is rank 0 for '{{node Softmax",
    );
  });
});

test("a label out of range fails when run, and names the node", () => {
  inGraph(() => {
    const labels = tf.placeholder(tf.int32, [null]);
    const logits = tf.constant([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    const loss = tf.nn.sparseSoftmaxCrossEntropyWithLogits({ labels, logits, name: "loss" });
    const [first] = evaluate(loss, [[labels, [2, 0]]]);
    expect(first).toBeCloseTo(0.4076059, 6);
    expect(() => evaluate(loss, [[labels, [1, 9]]])).toThrow(
      "Received a label value of 9 which is outside the valid range of [0, 3).  Label values: 1 9",
    );
    expect(() => evaluate(loss, [[labels, [-1, 0]]])).toThrow(
      /label value of -1 [\s\S]*\{\{node loss\/loss\}\}/,
    );
    expect(() => evaluate(loss, [[labels, [1]]])).toThrow(
      "logits and labels must have the same first dimension, got logits shape [2,3] and labels shape [1]",
    );
  });
});

test("both cross entropies agree", () => {
  inGraph(() => {
    const logits = tf.constant([
      [0.3, -1, 2],
      [4, 0, 0.5],
    ]);
    const dense = tf.nn.softmaxCrossEntropyWithLogitsV2({
      labels: [
        [0, 1, 0],
        [0, 0, 1],
      ],
      logits,
    });
    const sparse = tf.nn.sparseSoftmaxCrossEntropyWithLogits({ labels: [1, 2], logits });
    const [a, b] = [evaluate(dense), evaluate(sparse)];
    a.forEach((value, i) => {
      expect(value).toBeCloseTo(b[i] as number, 5);
    });
  });
});

test("an impossible class costs nothing as a number, but spoils probabilities, as in TensorFlow", () => {
  inGraph(() => {
    const logits = tf.constant([[0, Number.NEGATIVE_INFINITY]]);
    expect(evaluate(tf.nn.sparseSoftmaxCrossEntropyWithLogits({ labels: [0], logits }))).toEqual([
      0,
    ]);
    const loss = tf.nn.softmaxCrossEntropyWithLogitsV2({ labels: [[1, 0]], logits });
    expect(evaluate(loss)).toEqual([Number.NaN]);
  });
});

test("gradients reach the labels of V2 only", () => {
  inGraph(() => {
    const labels = tf.constant([[0.2, 0.8]]);
    const logits = tf.constant([[1, 2]]);
    const v2 = tf.nn.softmaxCrossEntropyWithLogitsV2({ labels, logits });
    const v1 = tf.nn.softmaxCrossEntropyWithLogits({ labels, logits });
    expect(tf.gradients(v2, labels)[0]).not.toBeNull();
    expect(tf.gradients(v1, labels)[0]).toBeNull();
  });
});

test("shapes that do not fit are refused with the shapes", () => {
  inGraph(() => {
    const logits = tf.zeros([2, 4]);
    expect(() => tf.nn.sparseSoftmaxCrossEntropyWithLogits({ labels: [1, 2, 3], logits })).toThrow(
      "`labels.shape` must equal `logits.shape` except for the last dimension. Received: labels.shape=(3,) and logits.shape=(2, 4)",
    );
    expect(() => tf.nn.sparseSoftmaxCrossEntropyWithLogits({ labels: [[1], [2]], logits })).toThrow(
      "`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: labels.shape=(2, 1) of rank 2 and logits.shape=(2, 4) of rank 2",
    );
    expect(() =>
      tf.nn.softmaxCrossEntropyWithLogitsV2({ labels: tf.zeros([2, 3]), logits }),
    ).toThrow(
      "Dimensions must be equal, but are 4 and 3 for '{{node softmax_cross_entropy_with_logits}}",
    );
    const untyped = { labels: logits } as unknown as tf.nn.EntropyArguments;
    expect(() => tf.nn.softmaxCrossEntropyWithLogits(untyped)).toThrow(
      "Both `labels` and `logits` must be provided for softmax_cross_entropy_with_logits",
    );
  });
});
