// Tests of oneDNN's kernels. They need koffi and libdnnl, and say so where those are missing.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { expectLikeRoutine, integerOf, randomOf } from "../../../tests/kernels/check.ts";
import { type Conv, convStep, kinds, randomConv } from "../../../tests/kernels/convs.ts";
import { Harness, value } from "../../../tests/kernels/harness.ts";
import {
  batchedProducts,
  plainProduct,
  productStep,
  sides,
  stridedProducts,
} from "../../../tests/kernels/products.ts";
import { float32, float64 } from "../../core/dtypes.ts";
import * as tf from "../../index.ts";
import type { RoutineStep } from "../ir.ts";
import type { Heap } from "../wasm/heap.ts";
import { Crew } from "./crew.ts";
import { kernelsFor, whyNoNative } from "./engine.ts";
import { type Ffi, findFfi } from "./ffi.ts";
import { nativeKernels } from "./kernels.ts";
import { findOneDnn, type OneDnn } from "./onednn.ts";

const reason = whyNoNative();
/** Channels enough for the library's own orders. */
const conv: Conv = {
  x: [8, 14, 14, 16],
  filter: [3, 3],
  channels: 16,
  strides: [1, 1],
  dilations: [1, 1],
  pads: [
    [1, 1],
    [1, 1],
  ],
};

const where = reason ? ` (not run: ${reason})` : "";
const whole = (heap: Heap) =>
  kernelsFor(heap, null, { leastWork: 0, workOfPiece: Number.POSITIVE_INFINITY });
const divided = (heap: Heap) => kernelsFor(heap, null, { leastWork: 0, workOfPiece: 1 });
const expectBoth = (step: RoutineStep, seed: number): void => {
  for (const kernels of [whole, divided]) expectLikeRoutine({ step, seed, kernels });
};

describe.skipIf(reason !== null)(`kernels of oneDNN${where}`, () => {
  for (let seed = 1; seed <= 60; seed++) {
    const conv = randomConv(seed);
    test(`convolution and its gradients, seed ${seed}: ${JSON.stringify(conv)}`, () => {
      for (const kind of kinds) {
        expectBoth(convStep(kind, conv), seed);
      }
    });
  }

  for (let seed = 100; seed < 130; seed++) {
    const random = randomOf(seed);
    const [m, k, n] = [0, 0, 0].map(() => integerOf(random, 1, 90)) as [number, number, number];
    const side = sides[seed % 4];
    test(`product, seed ${seed}: ${m} x ${k} x ${n} ${JSON.stringify(side)}`, () => {
      expectBoth(plainProduct(m, k, n, side), seed);
    });
  }

  test("products in batches, and batches that broadcast", () => {
    batchedProducts.forEach((shape, i) => {
      expectBoth(productStep(shape), 300 + i);
    });
  });

  test("matrices inside other arrays", () => {
    stridedProducts().forEach((step, i) => {
      expectBoth(step, 400 + i);
    });
  });

  test("what WebAssembly does as well is left to it", () => {
    const harness = new Harness();
    const kernels = kernelsFor(harness.heap, null);
    const takes = (step: RoutineStep) => kernels[step.name]?.(step, harness.context) !== null;
    expect(takes(plainProduct(32, 32, 32))).toBe(true);
    expect(takes(plainProduct(8, 8, 8))).toBe(false);
    expect(takes(plainProduct(0, 3, 4))).toBe(false);
    expect(takes(plainProduct(200, 200, 1))).toBe(false);
    // A row whose elements are not neighbours: oneDNN 3.7 gives wrong products for it.
    const side = { offset: 0, batch: [], row: 1, column: 300 };
    const dense = { ...side, row: 300, column: 1 };
    const params = { batch: [], columns: 300, depth: 60, a: side, b: dense, out: dense };
    const of = (rows: number): RoutineStep => ({
      kind: "routine",
      name: "stridedMatmul",
      inputs: [value(float32, 60, 300), value(float32, 60, 300)],
      outputs: [value(float32, rows, 300)],
      params: { ...params, rows },
    });
    expect([of(1), of(2)].map(takes)).toEqual([false, true]);
    expect(takes(convStep("conv2d", conv))).toBe(true);
    expect(takes(convStep("conv2d", conv, float64))).toBe(false);
    expect(takes(convStep("conv2d", { ...conv, channels: 0 }))).toBe(false);
    expect(takes(convStep("conv2d", { ...conv, channels: 1 }))).toBe(false);
    expect(takes(convStep("conv2dBackpropInput", { ...conv, x: [8, 14, 14, 1] }))).toBe(false);
    expect(takes(convStep("conv2dBackpropFilter", { ...conv, x: [8, 14, 14, 1] }))).toBe(true);
  });
});

test.skipIf(reason !== null)(
  `what the library cannot bring into its order is left to WebAssembly${where}`,
  () => {
    const ffi = findFfi() as Ffi;
    const library = findOneDnn(ffi) as OneDnn;
    const harness = new Harness();
    const { heap, context } = harness;
    const base = ffi.addressOf(new Uint8Array(heap.memory.buffer));
    const shared = { base, crew: new Crew(ffi, library, heap, null), library };
    const kernels = nativeKernels(shared, { leastWork: 0, workOfPiece: 1 });
    const reorder = vi.spyOn(library, "reorder");
    const bound = (kind: (typeof kinds)[number]) => kernels[kind]?.(convStep(kind, conv), context);
    const ordering = kinds.filter((kind) => {
      reorder.mockClear();
      expect(bound(kind)).not.toBeNull();
      return reorder.mock.calls.length > 0;
    });
    expect(ordering).toContain("conv2d");
    expect(ordering).toContain("conv2dBackpropFilter");
    reorder.mockReturnValue(null);
    for (const kind of ordering) expect(bound(kind), kind).toBeNull();
  },
);

describe.skipIf(reason !== null)(`the native engine${where}`, () => {
  const random = randomOf(7);
  const numbers = (...shape: number[]): tf.NDArray => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const data = Float32Array.from({ length: size }, () => random() - 0.5);
    return new tf.NDArray(data, shape, "float32");
  };
  const image = numbers(4, 12, 12, 5);
  const filter = numbers(3, 3, 5, 8);
  const biases = numbers(8);
  const sessions: tf.Session[] = [];
  const open = (engine: string): tf.Session => {
    const session = new tf.Session("", { config: { engine } });
    sessions.push(session);
    return session;
  };
  beforeEach(() => tf.resetDefaultGraph());
  afterEach(() => {
    for (const session of sessions.splice(0)) session.close();
  });
  const near = (actual: tf.NDArray, wanted: tf.NDArray): void => {
    const values = wanted.data as Float32Array;
    expect(actual.shape).toEqual(wanted.shape);
    (actual.data as Float32Array).forEach((value, i) => {
      const want = values[i] as number;
      if (!(Object.is(value, want) || Math.abs(value - want) < 1e-5))
        expect.fail(`element ${i} is ${value}, wanted ${want}`);
    });
  };

  test("biases and activations after products and convolutions", () => {
    const x = tf.placeholder(tf.float32, [4, 12, 12, 5]);
    const sums = tf.nn.conv2d(x, filter, [1, 1, 1, 1], "SAME");
    const flat = tf.reshape(x, [48, 60]);
    const product = tf.matmul(flat, numbers(60, 8));
    const fetches = [sums, product].flatMap((y) => [
      y.add(biases),
      tf.nn.relu(y.add(biases)),
      tf.nn.relu(y),
      tf.nn.biasAdd(y, biases).mul(2),
      tf.nn.tanh(tf.add(biases, y)),
    ]);
    const feeds: [tf.Tensor, tf.NDArray][] = [[x, image]];
    const wanted = open("wasm").runSync(fetches, feeds);
    // Alone, each is the epilogue of its routine.
    const session = open("native");
    fetches.forEach((fetch, i) => {
      near(session.runSync(fetch, feeds), wanted[i] as tf.NDArray);
    });
  });

  test("an activation does not hide NaN", () => {
    const spoiled = image.copy();
    (spoiled.data as Float32Array)[300] = Number.NaN;
    const x = tf.placeholder(tf.float32, [4, 12, 12, 5]);
    const y = tf.nn.relu(tf.nn.conv2d(x, filter, [1, 1, 1, 1], "SAME").add(biases));
    const [wanted, actual] = ["wasm", "native"].map((engine) =>
      open(engine).runSync(y, [[x, spoiled]]),
    ) as [tf.NDArray, tf.NDArray];
    expect(Array.from(wanted.data as Float32Array).some(Number.isNaN)).toBe(true);
    near(actual, wanted);
  });

  test("filters that the library keeps in its own order follow every change of a variable", () => {
    const x = tf.placeholder(tf.float32, [4, 12, 12, 5]);
    const v = tf.getVariable("v", [3, 3, 5, 8], { initializer: tf.zerosInitializer() });
    const given = tf.placeholder(tf.float32, [3, 3, 5, 8]);
    const assigned = v.assign(given);
    const y = tf.nn.conv2d(x, v, [1, 1, 1, 1], "SAME");
    const dy = tf.gradients(y, [x])[0] as tf.Tensor;
    const z = tf.matmul(tf.reshape(x, [-1, 15]), tf.reshape(v, [15, 24]));
    const [wasm, native] = [open("wasm"), open("native")];
    const both = (fetches: tf.Tensor[], feeds: [tf.Tensor, tf.NDArray][]): tf.NDArray[] => {
      const wanted = wasm.runSync(fetches, feeds);
      const actual = native.runSync(fetches, feeds);
      actual.forEach((array, i) => {
        near(array, wanted[i] as tf.NDArray);
      });
      return actual;
    };
    for (const session of [wasm, native]) session.runSync(v.initializer);
    const [first] = both([y, dy, z], [[x, image]]) as [tf.NDArray];
    expect((first.data as Float32Array).every((value) => value === 0)).toBe(true);
    for (let round = 0; round < 3; round++) {
      const value = numbers(3, 3, 5, 8);
      for (const session of [wasm, native]) session.runSync(assigned.op, [[given, value]]);
      for (let again = 0; again < 2; again++) both([y, dy, z], [[x, image]]);
    }
    // Written and read in one run.
    const trained = tf.controlDependencies([assigned], () =>
      tf.nn.conv2d(x, v, [1, 1, 1, 1], "SAME"),
    );
    for (let round = 0; round < 3; round++) {
      both(
        [trained],
        [
          [x, image],
          [given, filter],
        ],
      );
      both([y], [[x, image]]);
    }
  });

  test("results are the same whichever threads there are", async () => {
    const x = tf.placeholder(tf.float32, [6, 24, 24, 16]);
    const kernel = numbers(3, 3, 16, 24);
    const y = tf.nn.conv2d(x, kernel, [1, 2, 2, 1], "SAME");
    const rows = tf.reshape(x, [-1, 144]);
    const product = tf.matmul(rows, rows, { transposeA: true });
    const wide = tf.matmul(tf.slice(rows, [0, 0], [16, 144]), numbers(144, 600)).add(numbers(600));
    const fetches = [
      y,
      ...tf.gradients(y, [x, y.op.inputs[1] as tf.Tensor]),
      product,
      wide,
    ] as tf.Tensor[];
    const feeds: [tf.Tensor, tf.NDArray][] = [[x, numbers(6, 24, 24, 16)]];
    const wanted = open("wasm").runSync(fetches, feeds);
    const session = open("native");
    const scaled = (array: tf.NDArray) =>
      new tf.NDArray(
        (array.data as Float32Array).map((value) => value / 100),
        array.shape,
        "float32",
      );
    // Threads start while runs go on without them.
    for (let round = 0; round < 40; round++) {
      session.runSync(fetches, feeds).forEach((array, i) => {
        near(scaled(array), scaled(wanted[i] as tf.NDArray));
      });
      await new Promise((done) => setTimeout(done, 5));
    }
  });

  test("programs give back what they hold of the library", () => {
    const x = tf.placeholder(tf.float32, [null, 12, 12, 5]);
    const y = tf.nn.conv2d(x, filter, [1, 1, 1, 1], "SAME");
    const session = open("native");
    // More shapes than programs are kept.
    for (let round = 0; round < 2; round++) {
      for (let images = 1; images < 40; images++) {
        expect(session.runSync(y, [[x, numbers(images, 12, 12, 5)]]).shape[0]).toBe(images);
      }
    }
  });
});
