/**
 * Transcendental functions on two doubles at once, to within 2 units in the last place. Reduction of arguments and
 * polynomials are those of fdlibm; its branches are choices between lanes.
 */

import type { UnaryName } from "../scalar.ts";
import {
  type Code,
  type Func,
  type FunctionScope,
  f64x2,
  i32,
  i64,
  i64x2,
  type Local,
  type Operand,
  v128,
} from "./assembler.ts";
import type { Library } from "./library.ts";
import { splatBytes } from "./simd.ts";

/** The function of a module for pairs of doubles, or null where there is none. */
export function doubleMath(library: Library, op: UnaryName): Func | null {
  const body = bodies[op];
  if (!body) return null;
  return library.get(`math64 ${op}`, (module) =>
    module.function(null, ["v128"], ["v128"], (f) => body(f.param(0), f)),
  );
}

type Body = (x: Local, scope: FunctionScope) => Code;

const { add, sub, mul, div, abs, lt, eq, max, min } = f64x2;
const d = (value: number): Code => splatBytes(value, "f64");

/** c0 + c1 x + c2 x² + … */
function polynomial(x: Local, coefficients: readonly number[]): Code {
  return coefficients
    .slice(0, -1)
    .reduceRight((sum, c) => add(d(c), mul(x, sum)), d(coefficients.at(-1) as number));
}

// ln 2 in two parts: products of the first with the exponents of doubles are exact.
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
/** Adding it leaves a whole number in the low bits of a double. */
const wholeBits = 1.5 * 2 ** 52;

/** 2^n for whole n that doubles have an exponent for. */
const power = (n: Operand): Code => i64x2.add(d(1), i64x2.shl(add(n, d(wholeBits)), i32.const(52)));

/** x = n ln 2 + (high - low) */
function reduce(x: Local, n: Local, high: Local, low: Local): Code {
  return [
    n.set(f64x2.nearest(mul(x, d(Math.LOG2E)))),
    high.set(sub(x, mul(n, d(ln2High)))),
    low.set(mul(n, d(ln2Low))),
  ];
}

const vectors = (f: FunctionScope, count: number): Local[] =>
  Array.from({ length: count }, () => f.local("v128"));

const exponentialTable = [
  0.16666666666666602, -0.0027777777777015593, 6.613756321437934e-5, -1.6533902205465252e-6,
  4.1381367970572385e-8,
];

/** Scaled in two steps, so that subnormal results are rounded once and large ones overflow at the end. */
function exponential(given: Operand, f: FunctionScope): Code {
  const [x, n, high, low, r, t, half] = vectors(f, 7) as [Local, Local, Local, Local, ...Three];
  return [
    x.set(max(min(given, d(710)), d(-746))),
    reduce(x, n, high, low),
    r.set(sub(high, low)),
    t.set(mul(r, r)),
    t.set(sub(r, mul(t, polynomial(t, exponentialTable)))),
    half.set(f64x2.floor(mul(n, d(0.5)))),
    r.set(sub(d(1), sub(sub(low, div(mul(r, t), sub(d(2), t))), high))),
    r.set(mul(mul(r, power(half)), power(sub(n, half)))),
    // The polynomial misses e itself by one unit.
    v128.bitselect(d(Math.E), r, eq(x, d(1))),
  ];
}

type Three = readonly [Local, Local, Local];

const minusOneTable = [
  1, -0.03333333333333313, 0.0015873015872548146, -7.93650757867488e-5, 4.008217827329362e-6,
  -2.0109921818362437e-7,
];

/** 2^n ((1 - 2^-n) + (e^r - 1)): nothing cancels. */
function exponentialMinusOne(given: Operand, f: FunctionScope): Code {
  const [x, n, high, low, r, c] = vectors(f, 6) as [Local, Local, Local, ...Three];
  const [half, square, p, t, e] = vectors(f, 5) as [Local, Local, ...Three];
  return [
    x.set(max(min(given, d(710)), d(-50))),
    reduce(x, n, high, low),
    r.set(sub(high, low)),
    c.set(sub(sub(high, r), low)),
    half.set(mul(d(0.5), r)),
    square.set(mul(r, half)),
    p.set(polynomial(square, minusOneTable)),
    t.set(sub(d(3), mul(p, half))),
    e.set(mul(square, div(sub(p, t), sub(d(6), mul(r, t))))),
    e.set(sub(sub(mul(r, sub(e, c)), c), square)),
    t.set(sub(d(1), power(f64x2.neg(min(n, d(60)))))),
    half.set(f64x2.floor(mul(n, d(0.5)))),
    mul(mul(sub(t, sub(e, r)), power(half)), power(sub(n, half))),
  ];
}

const logarithmTable = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784,
  0.1818357216161805, 0.15313837699209373, 0.14798198605116586,
];

/** ln m + n ln 2 where u = 2^n m, m between √½ and √2. */
function logarithm(given: Operand, f: FunctionScope): Code {
  const [x, u, n, m, s, z] = vectors(f, 6) as [Local, Local, Local, ...Three];
  const [square, small] = vectors(f, 2) as [Local, Local];
  return [
    x.set(given),
    // Subnormal numbers get an exponent.
    small.set(lt(x, d(2 ** -1022))),
    u.set(v128.bitselect(mul(x, d(2 ** 54)), x, small)),
    n.set(i64x2.shr_s(i64x2.sub(u, i64x2.splat(i64.const(0x3fe6a09e667f3bcdn))), i32.const(52))),
    m.set(sub(i64x2.sub(u, i64x2.shl(n, i32.const(52))), d(1))),
    n.set(sub(i64x2.add(n, d(wholeBits)), d(wholeBits))),
    n.set(sub(n, v128.and(small, d(54)))),
    s.set(div(m, add(d(2), m))),
    z.set(mul(s, s)),
    square.set(mul(mul(d(0.5), m), m)),
    z.set(mul(z, polynomial(z, logarithmTable))),
    z.set(add(mul(s, add(square, z)), mul(n, d(ln2Low)))),
    z.set(sub(mul(n, d(ln2High)), sub(sub(square, z), m))),
    z.set(v128.bitselect(d(Number.NEGATIVE_INFINITY), z, eq(x, d(0)))),
    z.set(v128.bitselect(x, z, eq(x, d(Number.POSITIVE_INFINITY)))),
    // Negative numbers and NaN have no logarithm.
    v128.bitselect(z, d(Number.NaN), f64x2.ge(x, d(0))),
  ];
}

/** ln u for u = 1 + x as rounded, and what rounding left out. */
function logarithmOnePlus(x: Local, f: FunctionScope): Code {
  const [u, rest, isUsual] = vectors(f, 3) as [Local, Local, Local];
  return [
    u.set(add(x, d(1))),
    isUsual.set(v128.and(lt(u, d(Number.POSITIVE_INFINITY)), f64x2.gt(u, d(0)))),
    // The part of the sum that was lost, as far as it can be seen beside u.
    rest.set(v128.bitselect(sub(d(1), sub(u, x)), sub(x, sub(u, d(1))), f64x2.gt(abs(x), d(1)))),
    rest.set(v128.and(div(rest, u), isUsual)),
    u.set(add(logarithm(u, f), rest)),
    u.get(),
  ];
}

/** Takes the sign, that of zero too, from x. */
const withSign = (value: Operand, x: Local): Code => v128.bitselect(x, value, d(-0));
/** Keeps the sign of zero. */
const keepZero = (value: Operand, x: Local): Code => v128.bitselect(x, value, eq(x, d(0)));

const bodies: Partial<Record<UnaryName, Body>> = {
  exp: exponential,
  expm1: (x, f) => keepZero(exponentialMinusOne(x, f), x),
  log: logarithm,
  log1p: (x, f) => keepZero(logarithmOnePlus(x, f), x),
  sigmoid: (x, f) => div(d(1), add(d(1), exponential(f64x2.neg(x), f))),
  tanh: (x, f) => {
    const [t, isLarge] = vectors(f, 2) as [Local, Local];
    return [
      isLarge.set(f64x2.ge(abs(x), d(1))),
      t.set(exponentialMinusOne(min(mul(abs(x), d(2)), d(50)), f)),
      withSign(
        v128.bitselect(sub(d(1), div(d(2), add(t, d(2)))), div(t, add(t, d(2))), isLarge),
        x,
      ),
    ];
  },
  softplus: (x, f) => {
    const t = f.local("v128");
    return [t.set(exponential(f64x2.neg(abs(x)), f)), add(logarithmOnePlus(t, f), max(x, d(0)))];
  },
};
