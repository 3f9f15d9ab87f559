// Tests of the memory: blocks do not overlap, what is freed is used again, and programs and states give everything back.
import { expect, test } from "vitest";
import { float32 } from "../../core/dtypes.ts";
import { fromScalars, NDArray } from "../../core/ndarray.ts";
import { Builder } from "../builder.ts";
import * as e from "../expr.ts";
import type { Expr, Program, RunContext, StateCell } from "../ir.ts";
import { Heap } from "./heap.ts";
import { WasmProgram } from "./program.ts";
import { Runtime } from "./runtime.ts";
import { type WebAssemblyApi, webAssembly } from "./webassembly.ts";

const api = webAssembly as WebAssemblyApi;

test("blocks are aligned, apart from each other, and joined again when freed", () => {
  const heap = new Heap(api, { shared: true });
  const blocks = [100, 1, 64, 5000, 0].map((bytes) => ({ bytes, at: heap.allocate(bytes) }));
  blocks.forEach(({ at, bytes }, i) => {
    expect(at % 64).toBe(0);
    const next = blocks[i + 1];
    if (next) expect(next.at).toBeGreaterThanOrEqual(at + bytes);
  });
  for (const i of [1, 3, 0, 2, 4]) heap.free((blocks[i] as { at: number }).at);
  expect(heap.used).toBe(0);
  expect(heap.allocate(5300)).toBe(blocks[0]?.at);
  heap.free(12345);
});

test("memory grows, and views of shared memory stay valid", () => {
  const heap = new Heap(api, { shared: true });
  const first = heap.view(float32, heap.allocate(16), 4) as Float32Array;
  first[0] = 7;
  const size = 20_000_000;
  const large = heap.view(float32, heap.allocate(4 * size), size) as Float32Array;
  large[size - 1] = 1;
  expect([first[0], large[size - 1], heap.generation]).toEqual([7, 1, 0]);
});

test("where the host has fewer addresses than asked for, the memory is smaller", () => {
  class Memory extends (api.Memory as new (options: { maximum: number }) => object) {
    constructor(options: { readonly maximum: number }) {
      if (options.maximum > 20_000) throw new RangeError("could not allocate memory");
      super(options);
    }
  }
  const heap = new Heap({ ...api, Memory: Memory as never }, { shared: true });
  expect(heap.importSpec.maximum).toBe(16_384);
});

/** x += feed, on state x. */
function accumulation(shape: readonly number[]): Program {
  const k = new Builder();
  const input = k.input(float32, shape);
  const x = k.state({ container: "", name: "x" }, { dtype: float32, shape });
  k.storeMap(x, [x, input], (a, b) => e.add(a as Expr, b as Expr));
  return k.program([x]);
}

function contextOf(cell: StateCell): RunContext {
  return { cell: () => cell, kernelState: (_, create) => create() };
}

test("a program and its state give back what they took, and running takes nothing", () => {
  const runtime = new Runtime(api, { shared: true, threads: 1 }, {});
  const before = runtime.heap.used;
  const cell: StateCell = { array: null, initialized: false };
  const program = new WasmProgram(accumulation([1000]), runtime);
  const input = fromScalars(new Array<number>(1000).fill(1), [1000], float32);
  program.run([input], contextOf(cell));
  const during = runtime.heap.used;
  for (let i = 1; i < 100; i++) program.run([input], contextOf(cell));
  expect(cell.array?.at(999)).toBe(100);
  expect(runtime.heap.used).toBe(during);
  program.dispose();
  cell.release?.();
  expect(runtime.heap.used).toBe(before);
  expect(cell.array).toBeNull();
});

test("state from elsewhere moves in, and programs follow state that was given other storage", () => {
  const runtime = new Runtime(api, { shared: true, threads: 1 }, {});
  const cell: StateCell = {
    array: new NDArray(Float32Array.of(1, 2), [2], float32),
    initialized: true,
  };
  const small = new WasmProgram(accumulation([2]), runtime);
  const large = new WasmProgram(accumulation([3]), runtime);
  const context = contextOf(cell);
  const two = fromScalars([1, 1], [2], float32);
  expect(small.run([two], context)[0]?.toArray()).toEqual([2, 3]);
  expect(small.run([two], context)[0]?.toArray()).toEqual([3, 4]);
  // Another size: the state is new.
  const three = fromScalars([1, 1, 1], [3], float32);
  expect(large.run([three], context)[0]?.toArray()).toEqual([1, 1, 1]);
  expect(small.run([two], context)[0]?.toArray()).toEqual([1, 1]);
  cell.array = new NDArray(Float32Array.of(10, 20), [2], float32);
  expect(small.run([two], context)[0]?.toArray()).toEqual([11, 21]);
});

test("two sessions run one after the other on the same program without mixing their state", () => {
  const runtime = new Runtime(api, { shared: true, threads: 1 }, {});
  const program = new WasmProgram(accumulation([1]), runtime);
  const contexts = [0, 1].map(() => contextOf({ array: null, initialized: false }));
  const one = fromScalars([1], [1], float32);
  const sums = [0, 0, 1, 0, 1].map((i) =>
    program.run([one], contexts[i] as RunContext)[0]?.toArray(),
  );
  expect(sums).toEqual([[1], [2], [1], [3], [2]]);
});
