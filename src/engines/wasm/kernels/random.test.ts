// Tests of the random kernels, which must give the same bits as the JavaScript routines.
import { describe, expect, test } from "vitest";
import { expectLikeRoutine, randomOf } from "../../../../tests/kernels/check.ts";
import { Harness, value } from "../../../../tests/kernels/harness.ts";
import { float32, float64, uint32 } from "../../../core/dtypes.ts";
import type { RoutineStep } from "../../ir.ts";
import { randomUniform } from "./random.ts";

function stepOf(name: string, size: number): RoutineStep {
  const [inputs, outputs] = [[value(uint32, 6)], [value(float32, size)]];
  return { kind: "routine", name, inputs, outputs, params: {} };
}

describe("random numbers", () => {
  for (const name of ["randomUniform", "randomStandardNormal", "truncatedNormal"]) {
    test(`${name} has the routine's bits`, () => {
      [0, 1, 2, 3, 4, 5, 7, 8, 1001, 40_000].forEach((size, seed) => {
        const random = randomOf(seed);
        const fill = () => Math.floor(random() * 2 ** 32);
        const step = stepOf(name, size);
        expectLikeRoutine({ step, seed, threads: 1 + (seed % 3), tolerance: 0, fill });
      });
    });

    test(`${name} carries through all words of the counter`, () => {
      for (const state of [
        [1, 2, 0xfffffffe, 0, 3, 4],
        [1, 2, 0xffffffff, 0xffffffff, 3, 4],
        [1, 2, 0xfffffffd, 0xffffffff, 0xffffffff, 4],
        [1, 2, 0xfffffffd, 0xffffffff, 0xffffffff, 0xffffffff],
      ]) {
        const fill = (index: number) => state[index] as number;
        expectLikeRoutine({ step: stepOf(name, 50), seed: 0, tolerance: 0, fill });
      }
    });
  }

  test("float64 is left to the routine", () => {
    const step = { ...stepOf("randomUniform", 3), outputs: [value(float64, 3)] };
    expect(new Harness().bind(randomUniform, step)).toBeNull();
  });
});
