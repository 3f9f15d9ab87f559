// Tests of the functions on float64 vectors: samples of all magnitudes against the host, which is good to one unit.
import { expect, test } from "vitest";
import { float64 } from "../../core/dtypes.ts";
import { NDArray } from "../../core/ndarray.ts";
import { Builder } from "../builder.ts";
import * as e from "../expr.ts";
import type { Expr } from "../ir.ts";
import { type UnaryName, unaryFloat } from "../scalar.ts";
import { wasmEngine } from "./engine.ts";

const context = {
  cell: () => ({ array: null, initialized: false }),
  kernelState: <T>(_: string, create: () => T) => create(),
};

const doubles = new Float64Array(1);
const words = new BigInt64Array(doubles.buffer);

/** How many doubles lie between two. */
function distance(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.POSITIVE_INFINITY;
  const place = (x: number): bigint => {
    doubles[0] = x;
    const word = words[0] as bigint;
    return word >= 0n ? word : -(word & (2n ** 63n - 1n));
  };
  const far = Number(place(a) - place(b));
  return far === 0 ? Number.POSITIVE_INFINITY : Math.abs(far);
}

const special = [
  ...[0, -0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ...[Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE, 2 ** -1022],
  ...[709.782712893384, 709.7827128933841, -745.1332191019411, -745.1332191019412, -708.4],
  ...[Number.EPSILON, -Number.EPSILON / 2, -1 + Number.EPSILON / 2, 1 + Number.EPSILON, 22, 37],
];

/** Doubles of all magnitudes and both signs, and dense ranges. */
function samples(): Float64Array {
  const words = BigInt64Array.from({ length: 60_000 }, (_, i) =>
    BigInt.asIntN(64, BigInt(i) * 307_445_734_561_825n + 12_345n),
  );
  const between = (from: number, to: number): number[] =>
    Array.from({ length: 40_001 }, (_, i) => from + ((to - from) * i) / 40_000);
  const ranges = [between(-760, 720), between(-40, 40), between(-2, 2), between(0.5, 1.5)];
  return Float64Array.from([...special, ...new Float64Array(words.buffer), ...ranges.flat()]);
}

const xs = samples();
const names: readonly UnaryName[] = ["exp", "expm1", "log", "log1p", "tanh", "sigmoid", "softplus"];

test.each(names)("%s of doubles is within few units of the host's", (name) => {
  const k = new Builder();
  const x = k.input(float64, [xs.length]);
  const program = k.program([k.map([x], (value) => e.unary(name, value as Expr))]);
  const [result] = wasmEngine.load(program).run([new NDArray(xs, [xs.length], float64)], context);
  const values = (result as NDArray<"float64">).data;
  let [most, at] = [0, 0];
  xs.forEach((x, i) => {
    const far = distance(values[i] as number, unaryFloat[name](x));
    if (far > most) [most, at] = [far, x];
  });
  // The host's tanh is itself off by more than one unit in places.
  expect(most, `at ${at}`).toBeLessThanOrEqual(name === "tanh" ? 3 : 2);
});
