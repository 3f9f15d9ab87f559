// Dropout, embeddings, losses and norms: what is special about each.
import { expect, test } from "vitest";
import * as tf from "../index.ts";

const inGraph = <R>(body: () => R): R => new tf.Graph().asDefault(() => body());
const evaluate = (tensor: tf.Tensor): number[] =>
  Array.from(new tf.Session().runSync(tensor).values(), Number);

test("dropout scales what stays, and drops whole rows when told so", () => {
  inGraph(() => {
    const kept = evaluate(tf.nn.dropout(tf.ones([1000]), { rate: 0.25, seed: 1 }));
    expect(new Set(kept.map((value) => value.toFixed(4)))).toEqual(new Set(["0.0000", "1.3333"]));
    expect(kept.filter((value) => value > 0).length / 1000).toBeCloseTo(0.75, 1);
    const rows = evaluate(
      tf.nn.dropout(tf.ones([50, 2]), { keepProb: 0.5, noiseShape: [null, 1], seed: 1 }),
    );
    for (let i = 0; i < 50; i++) expect(rows[2 * i]).toBe(rows[2 * i + 1]);
  });
});

test("dropout without a rate, with two, or with an impossible one is refused", () => {
  inGraph(() => {
    const x = tf.ones([2]);
    expect(tf.nn.dropout(x, { rate: 0 })).toBe(x);
    expect(() => tf.nn.dropout(x)).toThrow("`rate` must be provided. Received: rate=None");
    expect(() => tf.nn.dropout(x, { rate: 0.5, keepProb: 0.5 })).toThrow(
      "Cannot specify both 'keep_prob' and 'rate'.",
    );
    expect(() => tf.nn.dropout(x, { keepProb: 0 })).toThrow(
      "`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate=1.0",
    );
    expect(() => tf.nn.dropout(tf.constant([1], { dtype: "int32" }), { rate: 0.5 })).toThrow(
      "`x.dtype` must be a floating point tensor as `x` will be scaled. Received: x_dtype=<dtype: 'int32'>",
    );
  });
});

test("an embedding in parts finds the rows that one table has", () => {
  inGraph(() => {
    const row = (i: number): number[] => [i, 10 * i];
    const whole = tf.constant([0, 1, 2, 3, 4].map(row));
    const ids = [
      [4, 0],
      [3, 1],
    ];
    const byMod = tf.nn.embeddingLookup(
      [tf.constant([0, 2, 4].map(row)), tf.constant([1, 3].map(row))],
      ids,
    );
    const byDiv = tf.nn.embeddingLookup(
      [tf.constant([0, 1, 2].map(row)), tf.constant([3, 4].map(row))],
      ids,
      {
        partitionStrategy: "div",
      },
    );
    const expected = evaluate(tf.nn.embeddingLookup(whole, ids));
    expect(expected).toEqual([4, 40, 0, 0, 3, 30, 1, 10]);
    expect(evaluate(byMod)).toEqual(expected);
    expect(evaluate(byDiv)).toEqual(expected);
    expect(byDiv.shape.toString()).toBe("(2, 2, 2)");
    expect(() => tf.nn.embeddingLookup([], ids)).toThrow("Need at least one param.");
  });
});

test("long rows of an embedding are scaled down to the greatest norm", () => {
  inGraph(() => {
    const found = evaluate(
      tf.nn.embeddingLookup(
        tf.constant([
          [3, 4],
          [0.3, 0.4],
        ]),
        [0, 1],
        { maxNorm: 1 },
      ),
    );
    [0.6, 0.8, 0.3, 0.4].forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 6);
    });
  });
});

test("the logistic loss of sure logits is finite", () => {
  inGraph(() => {
    const labels = [1, 0, 1, 0];
    const logits = [1000, 1000, -1000, -1000];
    expect(evaluate(tf.nn.sigmoidCrossEntropyWithLogits({ labels, logits }))).toEqual([
      0, 1000, 1000, 0,
    ]);
    const weighted = tf.nn.weightedCrossEntropyWithLogits({ labels, logits, posWeight: 3 });
    expect(evaluate(weighted)).toEqual([0, 1000, 3000, 0]);
    expect(() => tf.nn.sigmoidCrossEntropyWithLogits({ labels: [1], logits })).toThrow(
      "`logits` and `labels` must have the same shape, received ((4,) vs (1,)).",
    );
  });
});

test("the fraction of zeros counts them", () => {
  inGraph(() => {
    expect(evaluate(tf.nn.zeroFraction([0, 1, 0, 0]))).toEqual([0.75]);
  });
});

test("response normalization reaches only near channels", () => {
  inGraph(() => {
    const x = tf.constant([[[[1, 2, 3, 4]]]]);
    const found = evaluate(tf.nn.lrn(x, { depthRadius: 1, bias: 1, alpha: 1, beta: 1 }));
    const squares = [5, 14, 29, 25];
    found.forEach((value, i) => {
      expect(value).toBeCloseTo((i + 1) / (1 + (squares[i] as number)), 6);
    });
  });
});

test("moving space into the batch and back changes nothing", () => {
  inGraph(() => {
    const x = tf.reshape(tf.range(24), [1, 4, 6, 1]);
    const spread = tf.spaceToBatchNd(
      x,
      [2, 3],
      [
        [0, 0],
        [1, 2],
      ],
    );
    expect(spread.shape.toString()).toBe("(6, 2, 3, 1)");
    expect(
      evaluate(
        tf.batchToSpaceNd(
          spread,
          [2, 3],
          [
            [0, 0],
            [1, 2],
          ],
        ),
      ),
    ).toEqual(evaluate(x));
    expect(() =>
      tf.spaceToBatchNd(
        x,
        [3, 1],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    ).toThrow("Dimension size must be evenly divisible by 3 but is 4");
  });
});
