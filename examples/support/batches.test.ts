// Dealing digits out in batches.
import { expect, test } from "vitest";
import { batches, batchOf, oneHot } from "./batches.ts";
import { builtinDigits } from "./digits.ts";

const digits = builtinDigits(10, 1);

test("an epoch deals out every digit once, less the rest that fills no batch", () => {
  const source = batches(digits, 5, 3);
  const dealt = [source.next().value, source.next().value].flatMap(({ labels }) =>
    labels.toArray(),
  );
  const all = oneHot([...digits.labels]).toArray();
  expect([dealt].flat().map(String).sort()).toEqual([all].flat().map(String).sort());
});

test("the same seed deals the same batches, the next epoch others", () => {
  const [one, other] = [batches(digits, 10, 3), batches(digits, 10, 3)];
  const first = one.next().value;
  expect(other.next().value).toEqual(first);
  expect(one.next().value).not.toEqual(first);
});

test("a batch has images from 0 to 1 and one-hot labels", () => {
  const { images, labels } = batchOf(digits, [4, 7]);
  expect(images.shape).toEqual([2, 28, 28, 1]);
  expect(Math.max(...images.data)).toBe(1);
  expect(labels.shape).toEqual([2, 10]);
  expect(labels.data[10 + (digits.labels[7] ?? 0)]).toBe(1);
});

test("too few digits for one batch are refused at once", () => {
  expect(() => batches(digits, 11)).toThrow("A batch needs 11 digits; there are only 10.");
});
