/** For tests: a kernel must give what the JavaScript routine gives. */

import { expect } from "vitest";
import type { NDArray } from "../../src/core/ndarray.ts";
import type { RoutineStep } from "../../src/engines/ir.ts";
import type { RoutineKernel } from "../../src/engines/routine.ts";
import { routines } from "../../src/engines/routines/index.ts";
import type { Heap } from "../../src/engines/wasm/heap.ts";
import { wasmRoutines } from "../../src/engines/wasm/kernels/index.ts";
import type { Routines } from "../../src/engines/wasm/runtime.ts";
import { Harness } from "./harness.ts";

/** A small generator of numbers in [0, 1), so that a printed seed is enough to repeat a case. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An integer from `low` to `high`. */
export function integerOf(random: () => number, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

export interface Checked {
  readonly step: RoutineStep;
  readonly seed: number;
  readonly threads?: number;
  /** Relative to the largest element; 0 where bits must agree. */
  readonly tolerance?: number;
  readonly fill?: (index: number) => number;
  /** The kernels of another engine, for a memory. */
  readonly kernels?: (heap: Heap) => Routines;
}

/** Runs a step both ways, twice each, on memory that holds other numbers before. */
export function expectLikeRoutine(checked: Checked): void {
  const { step, seed, threads = 1, tolerance = 1e-5 } = checked;
  const random = randomOf(seed);
  const harness = new Harness(threads);
  const inputs = harness.place(step.inputs, checked.fill ?? (() => random() * 2 - 1));
  const outputs = harness.place(step.outputs, () => Number.NaN);
  const wanted = new Harness().place(step.outputs, () => 0).arrays;
  const routine = (routines as Record<string, RoutineKernel<never>>)[step.name];
  routine?.(inputs.arrays, wanted, step.params as never);
  const kernel = (checked.kernels?.(harness.heap) ?? wasmRoutines)[step.name];
  const bound = kernel ? harness.bind(kernel, step) : null;
  expect(bound, `${step.name} has a kernel`).not.toBeNull();
  for (let run = 0; run < 2; run++) {
    for (const { data } of outputs.arrays) (data as Float32Array).fill(Number.NaN);
    bound?.(inputs.addresses, outputs.addresses);
    outputs.arrays.forEach((array, i) => {
      expectNear(array, wanted[i] as NDArray, tolerance, `seed ${seed}, run ${run}`);
    });
  }
}

function expectNear(actual: NDArray, wanted: NDArray, tolerance: number, where: string): void {
  const values = actual.data as Float32Array;
  const expected = wanted.data as Float32Array;
  const scale = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  for (let i = 0; i < values.length; i++) {
    const [value, want] = [values[i] as number, expected[i] as number];
    if (Object.is(value, want) || Math.abs(value - want) <= tolerance * scale) continue;
    expect.fail(`${where}: element ${i} is ${value}, the routine gives ${want}`);
  }
}
