// Tests of the convolution kernels against the JavaScript routines.
import { describe, expect, test, vi } from "vitest";
import { expectLikeRoutine, randomOf } from "../../../../tests/kernels/check.ts";
import {
  type Conv,
  kinds,
  randomConv,
  convStep as stepOf,
} from "../../../../tests/kernels/convs.ts";
import { Harness } from "../../../../tests/kernels/harness.ts";
import { float64 } from "../../../core/dtypes.ts";
import type { WasmKernel } from "../kernel.ts";
import { conv2d } from "./conv.ts";
import { wasmRoutines } from "./index.ts";

const plain = { strides: [1, 1], dilations: [1, 1] } as const;
const none = [
  [0, 0],
  [0, 0],
] as const;
const all = (pad: number) =>
  [
    [pad, pad],
    [pad, pad],
  ] as const;

describe("convolution and its gradients", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const conv = randomConv(seed);
    test(`random shapes, seed ${seed}: ${JSON.stringify(conv)}`, () => {
      for (const kind of kinds) {
        expectLikeRoutine({ step: stepOf(kind, conv), seed, threads: 1 + (seed % 3) });
      }
    });
  }

  const named: Record<string, Conv> = {
    "one by one": { ...plain, x: [2, 9, 7, 12], filter: [1, 1], channels: 21, pads: none },
    "one by one with strides": {
      ...plain,
      x: [2, 9, 7, 12],
      filter: [1, 1],
      channels: 9,
      pads: none,
      strides: [2, 2],
    },
    "five by five, padded": {
      ...plain,
      x: [3, 28, 28, 1],
      filter: [5, 5],
      channels: 32,
      pads: all(2),
    },
    "three by three, deep": {
      ...plain,
      x: [1, 14, 14, 40],
      filter: [3, 3],
      channels: 40,
      pads: all(1),
    },
    "to one channel, as generators do": {
      ...plain,
      x: [3, 28, 28, 1],
      filter: [8, 8],
      channels: 18,
      pads: all(2),
      strides: [4, 4],
    },
    "to three channels": { ...plain, x: [2, 11, 9, 3], filter: [3, 5], channels: 13, pads: all(1) },
    "from many to two channels": {
      ...plain,
      x: [2, 11, 9, 14],
      filter: [3, 5],
      channels: 2,
      pads: all(1),
    },
    "the window is the image": {
      ...plain,
      x: [5, 4, 4, 8],
      filter: [4, 4],
      channels: 16,
      pads: none,
    },
    "more padding than image": {
      ...plain,
      x: [1, 2, 2, 3],
      filter: [3, 3],
      channels: 4,
      pads: all(4),
    },
    "strides beyond the filter": {
      ...plain,
      x: [2, 13, 13, 3],
      filter: [2, 2],
      channels: 5,
      pads: none,
      strides: [4, 4],
    },
  };
  for (const [name, conv] of Object.entries(named)) {
    test(name, () => {
      for (const kind of kinds) expectLikeRoutine({ step: stepOf(kind, conv), seed: 1000 });
    });
  }

  test("images divided among threads", () => {
    const shape = { ...plain, x: [11, 30, 26, 5], filter: [3, 3], channels: 19 } as const;
    const convs: Conv[] = [
      { ...shape, pads: all(1) },
      { ...shape, pads: none, strides: [2, 2] },
      { ...shape, x: [11, 30, 26, 13], channels: 3, pads: all(2) },
    ];
    for (const [i, conv] of convs.entries()) {
      for (const kind of kinds) {
        for (const threads of [2, 3]) {
          expectLikeRoutine({ step: stepOf(kind, conv), seed: 2000 + i, threads });
        }
      }
    }
  });

  test("strict mode gives the same bits for every number of threads", () => {
    vi.stubEnv("TENSORSCOPE_STRICT", "1");
    const conv: Conv = { ...plain, x: [7, 13, 11, 6], filter: [3, 3], channels: 9, pads: all(1) };
    for (const kind of kinds) {
      const step = stepOf(kind, conv);
      const results = [1, 2, 5].map((threads) => {
        const random = randomOf(5);
        const harness = new Harness(threads);
        const inputs = harness.place(step.inputs, () => random() - 0.5);
        const outputs = harness.place(step.outputs, () => 0);
        harness.bind(wasmRoutines[kind] as WasmKernel, step)?.(inputs.addresses, outputs.addresses);
        return outputs.arrays.map(({ data }) => Array.from(data as Float32Array));
      });
      expect(results[1]).toEqual(results[0]);
      expect(results[2]).toEqual(results[0]);
    }
    vi.unstubAllEnvs();
  });

  test("empty images, float64, and very long strides are left to the routine", () => {
    const conv: Conv = { ...plain, x: [1, 30, 30, 2], filter: [3, 3], channels: 4, pads: none };
    const harness = new Harness();
    expect(harness.bind(conv2d, stepOf("conv2d", conv, float64))).toBeNull();
    expect(harness.bind(conv2d, stepOf("conv2d", { ...conv, x: [0, 30, 30, 2] }))).toBeNull();
    expect(harness.bind(conv2d, stepOf("conv2d", { ...conv, channels: 0 }))).toBeNull();
  });
});
