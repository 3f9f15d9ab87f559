// Tests of the functions on float32 vectors: dense samples against double precision.
import { expect, test } from "vitest";
import { float32 } from "../../core/dtypes.ts";
import { NDArray } from "../../core/ndarray.ts";
import { Builder } from "../builder.ts";
import * as e from "../expr.ts";
import type { Expr } from "../ir.ts";
import { binaryFloat, type UnaryName, unaryFloat } from "../scalar.ts";
import { wasmEngine } from "./engine.ts";

const context = {
  cell: () => ({ array: null, initialized: false }),
  kernelState: <T>(_: string, create: () => T) => create(),
};

const floats = new Float32Array(1);
const words = new Int32Array(floats.buffer);

/** Every float32 whose bits are a multiple of a step: all magnitudes, both signs, infinities, NaN. */
function everyFloat(step: number): Float32Array {
  const count = Math.ceil(2 ** 32 / step);
  const bits = Int32Array.from({ length: count }, (_, i) => (i * step) | 0);
  return new Float32Array(bits.buffer);
}

function between(from: number, to: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

function joined(...parts: Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** How many float32 lie between two. */
function distance(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  const place = (x: number): number => {
    floats[0] = x;
    const word = words[0] as number;
    return word >= 0 ? word : -(word & 0x7fffffff);
  };
  return Number.isNaN(a) || Number.isNaN(b)
    ? Number.POSITIVE_INFINITY
    : Math.abs(place(a) - place(b));
}

function evaluate(inputs: readonly Float32Array[], body: (...xs: Expr[]) => Expr): Float32Array {
  const k = new Builder();
  const arrays = inputs.map((data) => new NDArray(data, [data.length], float32));
  const values = arrays.map((array) => k.input(float32, array.shape));
  const program = wasmEngine.load(k.program([k.map(values, body)]));
  const [result] = program.run(arrays, context);
  program.dispose?.();
  return (result as NDArray<"float32">).data;
}

/** The largest distance, and for how many arguments the result is not the rounded one. */
function worst(
  xs: Float32Array,
  results: Float32Array,
  exact: (x: number, i: number) => number,
): { most: number; at: number; wrong: number } {
  let [most, at, wrong] = [0, 0, 0];
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i] as number;
    const far = distance(results[i] as number, Math.fround(exact(x, i)));
    if (far > 0) wrong += 1;
    if (far > most) [most, at] = [far, x];
  }
  return { most, at, wrong };
}

/** How far a float32 is from a number, in units of its last place; zeros, infinities and NaN must be met. */
function unitsOff(result: number, exact: number): number {
  const nearest = Math.fround(exact);
  if (nearest === 0 || !Number.isFinite(nearest) || !Number.isFinite(result))
    return Object.is(result, nearest) ? 0 : Number.POSITIVE_INFINITY;
  const exponent = Math.floor(Math.log2(Math.abs(exact)));
  return Math.abs(result - exact) / 2 ** Math.max(exponent - 23, -149);
}

const rounded: readonly UnaryName[] = ["erf", "sin", "cos", "rsqrt"];

test.each(rounded)("%s is the rounded result, or its neighbour", (name) => {
  const step = name === "erf" ? 100_003 : 10_007;
  const xs = joined(everyFloat(step), between(-12, 12, 50_001), between(0.5, 2, 20_001));
  const results = evaluate([xs], (x) => e.unary(name, x as Expr));
  const { most, at, wrong } = worst(xs, results, unaryFloat[name]);
  expect(most, `at ${at}`).toBeLessThanOrEqual(1);
  expect(wrong / xs.length).toBeLessThan(1e-4);
});

const single: readonly UnaryName[] = [
  "exp", "expm1", "log", "log1p", "tanh", "sigmoid", "softplus",
]; // biome-ignore format: a list

test.each(single)("%s is within 2 units in the last place", (name) => {
  const xs = joined(
    everyFloat(10_007),
    between(-105, 90, 100_001),
    between(-12, 12, 50_001),
    between(0.5, 2, 20_001),
  );
  const results = evaluate([xs], (x) => e.unary(name, x as Expr));
  let [most, at] = [0, 0];
  xs.forEach((x, i) => {
    const far = unitsOff(results[i] as number, unaryFloat[name](x));
    if (far > most) [most, at] = [far, x];
  });
  expect(most, `at ${at}`).toBeLessThanOrEqual(2);
});

/** The last float32 whose exponential is finite, and the first whose is not; the same around the smallest result. */
const ends = [88.72283172607422, 88.72283935546875, -103.97207641601562, -103.97208404541016];
const [least, infinity] = [2 ** -149, Number.POSITIVE_INFINITY];

test.each(single)("%s is the rounded result at its limits", (name) => {
  const magnitudes = [0, least, 5 * least, 2 ** -126, 1e-30, 3.4028234663852886e38, infinity];
  const xs = new Float32Array([
    ...magnitudes.flatMap((x) => [x, -x]),
    ...(/log/.test(name) ? [1, -1, 2] : ends),
    ...(/exp|log/.test(name) ? [] : [17.5, 25]),
    Number.NaN,
  ]);
  const results = evaluate([xs], (x) => e.unary(name, x as Expr));
  xs.forEach((x, i) => {
    expect(results[i], `${name} of ${x}`).toBe(Math.fround(unaryFloat[name](x)));
  });
});

test("every lane is its own", () => {
  const xs = new Float32Array([Number.NaN, 1, -infinity, -1, 0, 100, -100, 1e-40, infinity]);
  const each = (all: Float32Array, name: UnaryName) =>
    evaluate([all], (x) => e.unary(name, x as Expr));
  for (const name of single) {
    const alone = Array.from(xs, (x) => each(new Float32Array([x]), name)[0]);
    expect(Array.from(each(xs, name)), name).toEqual(alone);
  }
});

test("pow is the rounded result, or its neighbour", () => {
  const xs = joined(everyFloat(300_007), between(-3, 3, 4001), between(0.9, 1.1, 4001));
  for (const y of [0.5, 2, -1.5, 3, 0, 17.25, -0.0001, Number.POSITIVE_INFINITY, Number.NaN]) {
    const ys = new Float32Array(xs.length).fill(y);
    const results = evaluate([xs, ys], (a, b) => e.binary("pow", a as Expr, b as Expr));
    const { most, at } = worst(xs, results, (x) => binaryFloat.pow(x, Math.fround(y)));
    expect(most, `${at} to the ${y}`).toBeLessThanOrEqual(1);
  }
});
