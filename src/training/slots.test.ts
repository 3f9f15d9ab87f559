/** Slots and the global step. */

import { describe, expect, test } from "vitest";
import * as tf from "../index.ts";

function inGraph(body: () => void): void {
  new tf.Graph().asDefault(body);
}

describe("slots", () => {
  test("are named after the primary, within the variable scope, and placed with it", () => {
    inGraph(() => {
      const w = tf.getVariable("w", [2]);
      tf.variableScope("scope", () => {
        const slot = tf.train.createSlot(w, tf.constant([1, 2]), "slot");
        const zeros = tf.train.createZerosSlot(w, "z", { dtype: tf.float64 });
        const ones = tf.train.createSlotWithInitializer(
          w,
          tf.onesInitializer(),
          [3],
          tf.float32,
          "o",
          {
            colocateWithPrimary: false,
          },
        );
        expect([slot.name, zeros.name, ones.name]).toEqual([
          "scope/w/slot:0",
          "scope/w/z:0",
          "scope/w/o:0",
        ]);
        expect(zeros.dtype.base).toBe(tf.float64);
        expect(slot.op.colocationGroups()).toEqual(["loc:@w"]);
        expect(ones.op.colocationGroups()).toEqual(["loc:@scope/w/o"]);
        expect(tf.trainableVariables()).toEqual([w]);
      });
    });
  });

  test("a name that is used gets a number", () => {
    inGraph(() => {
      const w = tf.getVariable("w", [2]);
      const names = [1, 2].map(() => tf.train.createZerosSlot(w, "slot").name);
      expect(names).toEqual(["w/slot:0", "w/slot_1:0"]);
    });
  });

  test("of parts are parts of the whole variable's slot", () => {
    inGraph(() => {
      const w = tf.getVariable("w", [4, 2], { partitioner: tf.fixedSizePartitioner(2) });
      const optimizer = new tf.train.AdamOptimizer(0.1);
      optimizer.minimize(tf.reduceSum(w));
      const infos = optimizer
        .variables()
        .map(({ name, saveSliceInfo }) => [
          name,
          saveSliceInfo && `${saveSliceInfo.fullName} ${saveSliceInfo.spec}`,
        ]);
      expect(infos).toEqual([
        ["beta1_power:0", null],
        ["beta2_power:0", null],
        ["w/part_0/Adam:0", "w/Adam 4 2 0,2:0,2"],
        ["w/part_0/Adam_1:0", "w/Adam_1 4 2 0,2:0,2"],
        ["w/part_1/Adam:0", "w/Adam 4 2 2,2:0,2"],
        ["w/part_1/Adam_1:0", "w/Adam_1 4 2 2,2:0,2"],
      ]);
    });
  });

  test("of a variable without static shape take the shape it has when they start", () => {
    inGraph(() => {
      const start = tf.placeholderWithDefault([1, 2], null);
      const w = new tf.Variable(start, { name: "w", validateShape: false });
      const slot = tf.train.createZerosSlot(w, "slot");
      const session = new tf.Session();
      session.runSync(tf.globalVariablesInitializer());
      expect((session.runSync(slot) as tf.NDArray).toArray()).toEqual([0, 0]);
    });
  });
});

describe("the global step", () => {
  test("is made once, in the variable scope but not in the name scope", () => {
    inGraph(() => {
      const step = tf.nameScope("x", () =>
        tf.variableScope("y", () => tf.train.createGlobalStep()),
      );
      expect(step.name).toBe("y/global_step:0");
      expect(step.initialValue.op.name).toBe("y/global_step/Initializer/zeros");
      expect(tf.train.getGlobalStep()).toBe(step);
      expect(tf.train.getOrCreateGlobalStep()).toBe(step);
      expect(() => tf.train.createGlobalStep()).toThrow('"global_step" already exists.');
    });
  });

  test("is null when there is none, and found by name", () => {
    inGraph(() => {
      expect(tf.train.getGlobalStep()).toBeNull();
      const step = new tf.Variable(0, { name: "global_step", dtype: tf.int64, trainable: false });
      expect((tf.train.getGlobalStep() as tf.Tensor).op).toBe(step.op);
    });
  });

  test("must be an integer scalar", () => {
    inGraph(() => {
      expect(() => tf.train.assertGlobalStep(tf.constant(1))).toThrow(
        `Existing "global_step" does not have integer type: <dtype: 'float32'>`,
      );
      expect(() => tf.train.assertGlobalStep(tf.constant([1], { dtype: tf.int32 }))).toThrow(
        `Existing "global_step" is not scalar: (1,)`,
      );
      expect(() => tf.train.assertGlobalStep("a")).toThrow(
        'Existing "global_step" must be a Variable or Tensor: a.',
      );
    });
  });

  test("reads as a number", async () => {
    const graph = new tf.Graph();
    const [step, init] = graph.asDefault(
      () => [tf.train.getOrCreateGlobalStep(), tf.globalVariablesInitializer()] as const,
    );
    const session = new tf.Session("", { graph });
    await session.run(init);
    expect(await tf.train.globalStep(session, step)).toBe(0);
  });
});
