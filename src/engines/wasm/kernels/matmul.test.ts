// Tests of the matrix product kernel against the JavaScript routine.
import { describe, expect, test } from "vitest";
import { expectLikeRoutine, integerOf, randomOf } from "../../../../tests/kernels/check.ts";
import { Harness, value } from "../../../../tests/kernels/harness.ts";
import {
  batchedProducts,
  plainProduct as plain,
  sides,
  productStep as stepOf,
  stridedProducts,
} from "../../../../tests/kernels/products.ts";
import { float64, int32 } from "../../../core/dtypes.ts";
import { matmul } from "./matmul.ts";

describe("matmul", () => {
  test("small shapes of all sizes", () => {
    let seed = 1;
    for (const m of [1, 2, 3, 5, 6, 7, 13]) {
      for (const k of [1, 3, 12, 13, 16, 31]) {
        for (const n of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 27, 50]) {
          expectLikeRoutine({ step: plain(m, k, n, sides[seed % 4]), seed: seed++ });
        }
      }
    }
  });

  test("few rows, many columns, on all sides, in sums of one piece and of several", () => {
    let seed = 50;
    for (const [m, k, n] of [
      [9, 50, 130],
      [33, 400, 128],
      [100, 800, 203],
      [128, 1, 160],
    ] as const) {
      for (const side of sides) {
        expectLikeRoutine({ step: plain(m, k, n, side), seed: seed++, threads: 1 + (seed % 3) });
      }
    }
  });

  test("matrices inside other arrays", () => {
    for (const [i, step] of stridedProducts().entries()) {
      expectLikeRoutine({ step, seed: 80 + i, threads: 1 + i });
    }
  });

  for (let seed = 100; seed < 130; seed++) {
    const random = randomOf(seed);
    const [m, k, n] = [0, 0, 0].map(() => integerOf(random, 1, 90)) as [number, number, number];
    const side = sides[seed % 4];
    test(`random shapes, seed ${seed}: ${m} x ${k} x ${n} ${JSON.stringify(side)}`, () => {
      expectLikeRoutine({ step: plain(m, k, n, side), seed, threads: 1 + (seed % 3) });
    });
  }

  test("long sums in several pieces", () => {
    for (const [i, side] of sides.entries()) {
      expectLikeRoutine({ step: plain(17, 1001, 21, side), seed: 200 + i });
      expectLikeRoutine({ step: plain(3, 385, 10, side), seed: 210 + i, threads: 2 });
    }
  });

  test("one row or one column of results", () => {
    for (const [i, side] of sides.entries()) {
      for (const [m, k, n] of [
        [1, 40, 37],
        [37, 40, 1],
        [1, 401, 1],
        [3, 9, 2],
        [30, 401, 3],
      ] as const) {
        expectLikeRoutine({ step: plain(m, k, n, side), seed: 220 + i, threads: 2 });
      }
    }
    const batched = { a: [4, 12, 7], b: [2, 1, 12, 1], out: [2, 4, 7, 1], transposeA: true };
    expectLikeRoutine({ step: stepOf(batched), seed: 230 });
    const across = { a: [4, 1, 12], b: [2, 1, 9, 12], out: [2, 4, 1, 9], transposeB: true };
    expectLikeRoutine({ step: stepOf(across), seed: 231 });
  });

  test("transposed left sides whose rows are a power of two apart", () => {
    expectLikeRoutine({ step: plain(1024, 43, 30, sides[1]), seed: 240 });
    expectLikeRoutine({ step: plain(512, 130, 20, sides[3]), seed: 241, threads: 3 });
    const batched = {
      a: [3, 130, 256],
      b: [2, 1, 130, 24],
      out: [2, 3, 256, 24],
      transposeA: true,
    };
    expectLikeRoutine({ step: stepOf(batched), seed: 242, threads: 2 });
  });

  test("batches, and batches that broadcast", () => {
    batchedProducts.forEach((shape, i) => {
      expectLikeRoutine({ step: stepOf(shape), seed: 300 + i, threads: 1 + (i % 2) });
    });
  });

  test("empty sums are zero", () => {
    expectLikeRoutine({ step: plain(7, 0, 20), seed: 400 });
    expectLikeRoutine({ step: plain(20, 0, 20, sides[3]), seed: 401 });
  });

  test("nothing to compute", () => {
    expectLikeRoutine({ step: plain(0, 3, 4), seed: 402 });
    expectLikeRoutine({ step: plain(4, 3, 0), seed: 403 });
    expectLikeRoutine({
      step: stepOf({ a: [0, 2, 3], b: [0, 3, 4], out: [0, 2, 4] }),
      seed: 404,
    });
  });

  test("other dtypes are left to the routine", () => {
    for (const dtype of [float64, int32]) {
      const step = {
        ...plain(2, 2, 2),
        inputs: [value(dtype, 2, 2), value(dtype, 2, 2)],
        outputs: [value(dtype, 2, 2)],
      };
      expect(new Harness().bind(matmul, step)).toBeNull();
    }
  });
});
