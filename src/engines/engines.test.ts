// Tests that the engines agree: random loops run on the interpreter and as printed JavaScript.
import { expect, test } from "vitest";
import {
  bool,
  type DType,
  float16,
  float32,
  float64,
  int8,
  int32,
  int64,
  uint8,
} from "../core/dtypes.ts";
import { fromScalars, type NDArray, sizeOf, stridesOf } from "../core/ndarray.ts";
import { programPasses } from "../session/passes.ts";
import { verifyProgram } from "../session/verify.ts";
import { Builder, load } from "./builder.ts";
import type { Engine } from "./engine.ts";
import * as e from "./expr.ts";
import { type Expr, formatProgram, type Program, type RunContext } from "./ir.ts";
import { javascriptEngine, mergeDims } from "./javascript.ts";
import { referenceEngine } from "./reference.ts";
import type { UnaryName } from "./scalar.ts";
import { wasmEngine } from "./wasm/engine.ts";

const context: RunContext = {
  cell: () => ({ array: null, initialized: false }),
  kernelState: (_, create) => create(),
};

const run = (engine: Engine, program: Program, inputs: readonly NDArray[] = []): NDArray[] =>
  engine.load(program).run(inputs, context);

/** A small generator of reproducible numbers (Mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Functions that all engines round alike. */
function unaryOf(dtype: DType): readonly UnaryName[] {
  if (!dtype.isFloating) return ["neg", "abs", "square"];
  if (dtype === float64) return ["neg", "abs", "ceil", "rint", "floor"];
  return ["neg", "abs", "sin", "cos", "floor"];
}

const types: readonly DType[] = [float32, float64, float16, int32, int8, uint8, int64];

function randomArray(shape: readonly number[], dtype: DType, next: () => number): NDArray {
  const value = (): number => (dtype.isFloating ? next() * 4 - 2 : Math.floor(next() * 50) + 1);
  return fromScalars(Array.from({ length: sizeOf(shape) }, value), shape, dtype);
}

function randomExpr(inputs: readonly Expr[], next: () => number, depth: number): Expr {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
  if (depth === 0 || next() < 0.2) return pick(inputs);
  const x = randomExpr(inputs, next, depth - 1);
  const choice = next();
  if (choice < 0.25) return e.unary(pick(unaryOf(x.dtype)), x);
  const y = randomExpr(inputs, next, depth - 1);
  if (choice < 0.8) return e.binary(pick(["add", "sub", "mul", "max", "min"]), x, y);
  if (choice < 0.9) return e.select(e.lt(x, y), x, y);
  return e.cast(e.cast(x, pick(types)), x.dtype);
}

test.each(Array.from({ length: 150 }, (_, seed) => seed))(
  "random program %i is the same on both engines and after all passes",
  (seed) => {
    const next = random(seed);
    const dtype = types[seed % types.length] as DType;
    const shape = Array.from(
      { length: 1 + Math.floor(next() * 3) },
      () => 1 + Math.floor(next() * 4),
    );
    const k = new Builder();
    const a = k.input(dtype, shape);
    const b = k.input(dtype, shape);
    let values = [a, b, k.broadcastTo(k.scalar(2, dtype), shape)];
    for (let i = 0; i < 3; i++) {
      const made = k.map([values.at(-1) as typeof a, a, b], (...xs) => randomExpr(xs, next, 3));
      values = [...values, made];
    }
    const last = values.at(-1) as typeof a;
    const axes = shape.map((_, axis) => axis).filter(() => next() < 0.5);
    const turned = k.transpose(last, shape.map((_, axis) => axis).reverse());
    const outputs = [
      last,
      k.reduce("sum", last, axes),
      k.reduce("max", turned, [0]),
      k.reshape(turned, [turned.size]),
    ];
    const program = k.program(outputs);
    const inputs = [randomArray(shape, dtype, next), randomArray(shape, dtype, next)];
    const expected = run(referenceEngine, program, inputs);
    let optimized = program;
    for (const pass of programPasses) {
      optimized = pass.run(optimized);
      verifyProgram(optimized, pass.name);
    }
    for (const [name, other] of [
      ["javascript", run(javascriptEngine, program, inputs)],
      ["reference, optimized", run(referenceEngine, optimized, inputs)],
      ["javascript, optimized", run(javascriptEngine, optimized, inputs)],
      ["wasm", run(wasmEngine, program, inputs)],
      ["wasm, optimized", run(wasmEngine, optimized, inputs)],
    ] as const) {
      other.forEach((array, i) => {
        const exact = (expected[i] as NDArray).values();
        if (i === 1 && dtype === float64 && name.startsWith("wasm")) {
          // Vectors add in another order: as many roundings, none larger than half a unit of the largest partial sum.
          for (const value of array.values()) {
            expect(value, `${name}, seed ${seed}`).toBeCloseTo(exact.next().value as number, 9);
          }
          return;
        }
        expect(
          Array.from(array.values()),
          `output ${i}, ${name}, seed ${seed}\n${formatProgram(program)}`,
        ).toEqual(Array.from((expected[i] as NDArray).values()));
      });
    }
  },
);

test("a select guards loads that would be out of bounds", () => {
  const k = new Builder();
  const x = k.constant(fromScalars([1, 2, 3], [3], float32));
  const padded = k.pad(x, [2], [1], e.constant(-1, float32));
  for (const engine of [referenceEngine, javascriptEngine, wasmEngine]) {
    expect(run(engine, k.program([padded]))[0]?.toArray()).toEqual([-1, -1, 1, 2, 3, -1]);
  }
});

test("slices may run backwards", () => {
  const k = new Builder();
  const x = k.constant(fromScalars([0, 1, 2, 3, 4, 5], [2, 3], int32));
  const reversed = k.slice(x, [1, 2], [2, 2], [-1, -2]);
  for (const engine of [referenceEngine, javascriptEngine, wasmEngine]) {
    expect(run(engine, k.program([reversed]))[0]?.toArray()).toEqual([
      [5, 3],
      [2, 0],
    ]);
  }
});

test("adjacent dimensions are walked as one where strides allow", () => {
  const k = new Builder();
  const x = k.input(float32, [4, 5, 6]);
  const loop = {
    kind: "loop",
    dims: [4, 5, 6],
    reduce: null,
    body: load(x, stridesOf([4, 5, 6])),
    out: x,
  } as const;
  expect(mergeDims(loop).dims).toEqual([120]);
  const folded = { ...loop, reduce: { op: "sum", axes: 2 } } as const;
  expect(mergeDims(folded)).toMatchObject({ dims: [4, 30], reduce: { op: "sum", axes: 1 } });
  const turned = { ...loop, body: load(x, [1, 4, 20]) };
  expect(mergeDims(turned).dims).toEqual([4, 5, 6]);
});

test("programs print as text", () => {
  const k = new Builder();
  const x = k.input(float32, [2, 3]);
  const y = k.reduce("sum", k.unary("exp", x), [1]);
  expect(formatProgram(k.program([y]))).toBe(
    [
      "inputs %0:float32[2,3]",
      "%1:float32[2,3] = loop[2,3] exp(%0[3*i0 + i1])",
      "%2:float32[2] = loop[2] sum[3] %1[3*i0 + i1]",
      "outputs %2:float32[2]",
    ].join("\n"),
  );
});

test("values whose lives do not overlap share storage, and results are the caller's to keep", () => {
  const k = new Builder();
  const x = k.input(float32, [2]);
  let y = x;
  for (let i = 0; i < 6; i++) y = k.unary("neg", y);
  const program = javascriptEngine.load(k.program([y]));
  const [first] = program.run([fromScalars([1, 2], [2], float32)], context);
  program.run([fromScalars([3, 4], [2], float32)], context);
  expect(first?.toArray()).toEqual([1, 2]);
});

test("bool results are 0 and 1", () => {
  const k = new Builder();
  const x = k.constant(fromScalars([1, 2, 3], [3], float64));
  const more = k.map([x], (v) => e.gt(v as Expr, 1));
  expect(more.dtype).toBe(bool);
  const [array] = run(javascriptEngine, k.program([more, k.reduce("any", more, [0])]));
  expect(array?.toArray()).toEqual([false, true, true]);
});
