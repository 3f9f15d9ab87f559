/** Moving averages: values, names, and what they refuse. */

import { describe, expect, test } from "vitest";
import * as tf from "../index.ts";

function inGraph(body: () => void): void {
  new tf.Graph().asDefault(body);
}

function numbers(value: unknown): number[] {
  return ((value as tf.NDArray).toArray() as number[]).map((x) => Number(x.toPrecision(5)));
}

const kinds = [
  ["reference", false],
  ["resource", true],
] as const;

describe("values", () => {
  for (const [kind, useResource] of kinds) {
    test(`the average of a ${kind} variable starts at its value and follows it`, () => {
      inGraph(() => {
        const w = new tf.Variable([1, 2], { name: "w", useResource });
        const ema = new tf.train.ExponentialMovingAverage(0.9);
        const update = ema.apply([w]);
        const session = new tf.Session();
        session.runSync(tf.globalVariablesInitializer());
        const average = ema.average(w) as tf.Variable;
        expect(numbers(session.runSync(average))).toEqual([1, 2]);
        session.runSync(w.assign([11, 12]));
        session.runSync(update);
        expect(numbers(session.runSync(average))).toEqual([2, 3]);
        session.runSync(update);
        expect(numbers(session.runSync(average))).toEqual([2.9, 3.9]);
      });
    });
  }

  test("few updates so far make the decay smaller", () => {
    inGraph(() => {
      const w = new tf.Variable([0], { name: "w" });
      const ema = new tf.train.ExponentialMovingAverage(0.99, {
        numUpdates: tf.constant(8, { dtype: tf.int32 }),
      });
      const update = ema.apply([w]);
      const session = new tf.Session();
      session.runSync(tf.globalVariablesInitializer());
      session.runSync(w.assign([1]));
      session.runSync(update);
      // decay (1 + 8) / (10 + 8)
      expect(numbers(session.runSync(ema.average(w) as tf.Variable))).toEqual([0.5]);
    });
  });

  test("the average of a tensor starts at zero, which debiasing corrects", () => {
    inGraph(() => {
      const x = tf.constant([4, 8], { name: "x" });
      const plain = new tf.train.ExponentialMovingAverage(0.5);
      const debiased = new tf.train.ExponentialMovingAverage(0.5, {
        zeroDebias: true,
        name: "Debiased",
      });
      const updates = tf.group(plain.apply([x]), debiased.apply([x]));
      const session = new tf.Session();
      session.runSync(tf.globalVariablesInitializer());
      session.runSync(updates);
      expect(numbers(session.runSync(plain.average(x) as tf.Variable))).toEqual([2, 4]);
      expect(numbers(session.runSync(debiased.average(x) as tf.Variable))).toEqual([4, 8]);
      session.runSync(updates);
      expect(numbers(session.runSync(plain.average(x) as tf.Variable))).toEqual([3, 6]);
      expect(numbers(session.runSync(debiased.average(x) as tf.Variable))).toEqual([4, 8]);
    });
  });

  for (const [kind, useResource] of kinds) {
    test(`assignMovingAverage debiases a ${kind} variable`, () => {
      inGraph(() => {
        const w = tf.getVariable("w", [1], { initializer: tf.zerosInitializer(), useResource });
        const update = tf.train.assignMovingAverage(w, [6], 0.9);
        const session = new tf.Session();
        session.runSync(tf.globalVariablesInitializer());
        expect(numbers(session.runSync(update))).toEqual([6]);
        expect(tf.globalVariables().map((variable) => variable.name)).toEqual([
          "w:0",
          "w/biased:0",
          "w/local_step:0",
        ]);
      });
    });
  }
});

describe("names", () => {
  test("average_name predicts the name without taking it", () => {
    inGraph(() => {
      const w = new tf.Variable([1], { name: "w" });
      const ema = new tf.train.ExponentialMovingAverage(0.9);
      expect(ema.average(w)).toBeNull();
      expect(ema.averageName(w)).toBe("w/ExponentialMovingAverage");
      const update = ema.apply();
      expect(update.name).toBe("ExponentialMovingAverage");
      expect(ema.average(w)?.name).toBe("w/ExponentialMovingAverage:0");
      expect(ema.averageName(w)).toBe("w/ExponentialMovingAverage");
      expect(tf.movingAverageVariables()).toEqual([w]);
    });
  });

  test("variablesToRestore maps averages to variables and leaves others as they are", () => {
    inGraph(() => {
      const w = new tf.Variable([1], { name: "w" });
      const step = new tf.Variable(0, { name: "step", trainable: false });
      const ema = new tf.train.ExponentialMovingAverage(0.9);
      ema.apply([w]);
      const map = ema.variablesToRestore();
      expect(map.get("w/ExponentialMovingAverage")).toBe(w);
      expect(map.get("step")).toBe(step);
      expect(map.has("w")).toBe(false);
    });
  });
});

test("integers are refused", () => {
  inGraph(() => {
    const i = tf.constant([1], { name: "i", dtype: tf.int32 });
    expect(() => new tf.train.ExponentialMovingAverage(0.9).apply([i])).toThrow(
      "The variables must be half, float, or double: i:0",
    );
  });
});
