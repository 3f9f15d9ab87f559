/**
 * Transcendental functions of four float32 at once that need more than float32. They compute on two pairs of doubles, to
 * about 1e-14, and round once: so results are those of correctly rounded functions but for one in some million arguments.
 */

import type { BinaryName, UnaryName } from "../scalar.ts";
import { erf } from "../special.ts";
import {
  type Code,
  call,
  type Func,
  type FunctionScope,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  i64,
  i64x2,
  type Local,
  type ModuleBuilder,
  type Operand,
  v128,
  when,
} from "./assembler.ts";
import type { Library } from "./library.ts";
import { floatBody } from "./math32.ts";
import { joinDoubles, splatBytes, upperHalf } from "./simd.ts";

/** The function of a module for vectors of float32, or null where there is none. */
export function floatMath(library: Library, op: UnaryName | BinaryName): Func | null {
  const single = floatBody(op);
  if (single) {
    return library.get(`math ${op}`, (module) =>
      module.function(null, ["v128"], ["v128"], (f) => single(f.param(0), f)),
    );
  }
  if (op === "erf") return library.get("math erf", defineError);
  if (op !== "sin" && op !== "cos" && op !== "pow") return null;
  // For arguments that are out of the ordinary.
  library.usesHost = true;
  if (op === "sin" || op === "cos")
    return library.get(`math ${op}`, () => defineCircular(library, op));
  return library.get("math pow", () => definePower(library));
}

/** Writes a function of doubles: gets locals, may make more. */
type Body = (x: Local, scope: FunctionScope) => Code;

function halves(f: FunctionScope, body: Body): Code {
  const x = f.param(0);
  const [low, high] = [f.local("v128"), f.local("v128")];
  return [
    low.set(f64x2.promote_low_f32x4(x)),
    high.set(f64x2.promote_low_f32x4(upperHalf(x))),
    joinDoubles(body(low, f), body(high, f)),
  ];
}

const d = (value: number): Code => splatBytes(value, "f64");
const bits = (value: bigint): Code => i64x2.splat(i64.const(value));
const { add, sub, mul, div, abs, lt, eq, max, min } = f64x2;

/** c[0] + c[1] x + c[2] x² + … by Horner's rule. */
function polynomial(x: Local, coefficients: readonly number[]): Code {
  let code = d(coefficients.at(-1) as number);
  for (let i = coefficients.length - 2; i >= 0; i--)
    code = add(mul(code, x), d(coefficients[i] as number));
  return code;
}

/** Adding it leaves a whole number in the low bits of a double. */
const wholeBits = 1.5 * 2 ** 52;

/** Beyond this, exponentials are 0 or infinite as float32. */
const exponentLimit = 160;
const limited = (x: Operand): Code => min(max(x, d(-exponentLimit)), d(exponentLimit));

/** e^x for x within the limit: 2^n e^r where n = round(x / ln 2). */
function exponential(x: Operand, f: FunctionScope): Code {
  const [n, r] = [f.local("v128"), f.local("v128")];
  return [
    r.set(x),
    n.set(f64x2.nearest(mul(r, d(Math.LOG2E)))),
    r.set(sub(r, mul(n, d(Math.LN2)))),
    i64x2.add(polynomial(r, table("exponential")), i64x2.shl(add(n, d(wholeBits)), i32.const(52))),
  ];
}

/** 2 atanh(s) + e ln 2 where u = 2^e m, m between √½ and √2, and s = (m - 1) / (m + 1). */
function logarithm(u: Local, f: FunctionScope): Code {
  const [e, s, z] = [f.local("v128"), f.local("v128"), f.local("v128")];
  return [
    e.set(i64x2.shr_s(i64x2.sub(u, bits(0x3fe6a09e667f3bcdn)), i32.const(52))),
    s.set(sub(i64x2.sub(u, i64x2.shl(e, i32.const(52))), d(1))),
    e.set(sub(i64x2.add(e, d(wholeBits)), d(wholeBits))),
    s.set(div(s, add(s, d(2)))),
    z.set(mul(s, s)),
    z.set(add(mul(s, polynomial(z, table("logarithm"))), mul(e, d(Math.LN2)))),
    z.set(v128.bitselect(d(Number.NEGATIVE_INFINITY), z, eq(u, d(0)))),
    z.set(v128.bitselect(u, z, eq(u, d(Number.POSITIVE_INFINITY)))),
    // Negative numbers and NaN have no logarithm.
    v128.bitselect(z, d(Number.NaN), f64x2.ge(u, d(0))),
  ];
}

const defineError = (module: ModuleBuilder): Func =>
  module.function(null, ["v128"], ["v128"], (f) => halves(f, errorFunction));

/** erf(a) / a as a polynomial in a² up to 2; erf itself as one up to 4, from where on float32 sees 1. */
function errorFunction(x: Local, f: FunctionScope): Code {
  const [a, u] = [f.local("v128"), f.local("v128")];
  const small = f.local("v128");
  return [
    a.set(min(abs(x), d(4))),
    u.set(sub(mul(mul(a, a), d(0.5)), d(1))),
    small.set(mul(a, polynomial(u, table("smallError")))),
    u.set(sub(a, d(3))),
    small.set(v128.bitselect(small, polynomial(u, table("largeError")), lt(a, d(2)))),
    // Takes the sign, that of zero too, from x.
    v128.bitselect(x, small, d(-0)),
  ];
}

/** The powers of x in the polynomial that agrees with a function at Chebyshev's points between two numbers. */
function approximate(
  run: (x: number) => number,
  from: number,
  to: number,
  degree: number,
): number[] {
  const inU = chebyshev((u) => run(from + ((to - from) * (u + 1)) / 2), degree);
  // u = slope x + shift
  const slope = 2 / (to - from);
  const shift = -1 - slope * from;
  const result = new Array<number>(degree + 1).fill(0);
  let power = [1];
  for (const c of inU) {
    power.forEach((factor, k) => {
      result[k] = (result[k] as number) + c * factor;
    });
    const next = new Array<number>(power.length + 1).fill(0);
    power.forEach((factor, k) => {
      next[k] = (next[k] as number) + factor * shift;
      next[k + 1] = (next[k + 1] as number) + factor * slope;
    });
    power = next;
  }
  return result;
}

/** The powers of u, -1 to 1, in the polynomial that agrees with a function at Chebyshev's points. */
function chebyshev(run: (u: number) => number, degree: number): number[] {
  const count = degree + 1;
  const angles = Array.from({ length: count }, (_, i) => (Math.PI * (i + 0.5)) / count);
  const values = angles.map((angle) => run(Math.cos(angle)));
  const result = new Array<number>(count).fill(0);
  // T(k) by powers of u: T(k+1) = 2u T(k) - T(k-1).
  let previous: number[] = [];
  let current: number[] = [1];
  for (let k = 0; k < count; k++) {
    const sum = angles.reduce(
      (total, angle, i) => total + (values[i] as number) * Math.cos(k * angle),
      0,
    );
    const weight = ((k === 0 ? 1 : 2) / count) * sum;
    current.forEach((c, power) => {
      result[power] = (result[power] as number) + weight * c;
    });
    const next = [0, ...current.map((c) => (k === 0 ? c : 2 * c))];
    previous.forEach((c, power) => {
      next[power] = (next[power] as number) - c;
    });
    [previous, current] = [current, next];
  }
  return result;
}

/** The first terms of a power series: coefficient k from coefficient k - 1. */
function series(first: number, ratio: (k: number) => number): (x: number) => number {
  return (x) => {
    let term = first;
    let sum = first;
    for (let k = 1; k < 40; k++) {
      term *= ratio(k) * x;
      sum += term;
    }
    return sum;
  };
}

const halfLn2 = Math.LN2 / 2;
/** Coefficients, made when first needed. */
const tables = {
  exponential: () => approximate(Math.exp, -halfLn2, halfLn2, 8),
  /** 2 atanh(s) / s in s² */
  logarithm: () =>
    approximate(
      (z) => (z < 1e-12 ? 2 : (2 * Math.atanh(Math.sqrt(z))) / Math.sqrt(z)),
      0,
      0.02945,
      6,
    ),
  /** sin(r) / r in r² */
  sine: () =>
    approximate(
      series(1, (k) => -1 / (2 * k * (2 * k + 1))),
      0,
      (Math.PI / 4) ** 2,
      6,
    ),
  /** cos(r) in r² */
  cosine: () =>
    approximate(
      series(1, (k) => -1 / (2 * k * (2 * k - 1))),
      0,
      (Math.PI / 4) ** 2,
      7,
    ),
  /** erf(a) / a in a² / 2 - 1, for a up to 2 */
  smallError: () =>
    chebyshev((u) => {
      const a = Math.sqrt(2 * (u + 1));
      return a < 1e-8 ? 2 / Math.sqrt(Math.PI) : erf(a) / a;
    }, 18),
  /** erf(a) in a - 3, for a from 2 to 4 */
  largeError: () => chebyshev((u) => erf(u + 3), 18),
} as const;
const made = new Map<string, readonly number[]>();

function table(name: keyof typeof tables): readonly number[] {
  let coefficients = made.get(name);
  if (!coefficients) {
    coefficients = tables[name]();
    made.set(name, coefficients);
  }
  return coefficients;
}

/** The host's function on each lane. */
function byHost(library: Library, op: UnaryName | BinaryName, operands: readonly Local[]): Code {
  const host = library.host(op, operands.length as 1 | 2);
  const lane = (i: number): Code =>
    f32.demote_f64(call(host, ...operands.map((x) => f64.promote_f32(f32x4.extract_lane(i, x)))));
  let code = f32x4.splat(lane(0));
  for (let i = 1; i < 4; i++) code = f32x4.replace_lane(i, code, lane(i));
  return code;
}

// π/2 in parts of 33 bits, so that products with whole numbers below 2^20 are exact.
const halfPi = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21];
/** Larger arguments go to the host. */
const circularLimit = 1e6;

function defineCircular(library: Library, op: "sin" | "cos"): Func {
  const body: Body = (x, f) => {
    const [n, r, z, quadrant] = [
      f.local("v128"),
      f.local("v128"),
      f.local("v128"),
      f.local("v128"),
    ];
    const isOdd = i64x2.shr_s(i64x2.shl(quadrant, i32.const(63)), i32.const(63));
    const flip = i64x2.shl(
      i64x2.shr_u(i64x2.shl(quadrant, i32.const(62)), i32.const(63)),
      i32.const(63),
    );
    return [
      n.set(f64x2.nearest(mul(x, d(2 / Math.PI)))),
      r.set(x),
      halfPi.map((part) => r.set(sub(r, mul(n, d(part))))),
      quadrant.set(add(n, d(wholeBits))),
      op === "cos" ? quadrant.set(i64x2.add(quadrant, bits(1n))) : [],
      z.set(mul(r, r)),
      v128.xor(
        v128.bitselect(polynomial(z, table("cosine")), mul(r, polynomial(z, table("sine"))), isOdd),
        flip,
      ),
    ];
  };
  const finish = (value: Code, x: Local): Code =>
    op === "sin" ? v128.bitselect(x, value, f32x4.eq(x, splatBytes(0, "f32"))) : value;
  return library.module.function(null, ["v128"], ["v128"], (f) => {
    const x = f.param(0);
    const isLarge = v128.any_true(f32x4.gt(f32x4.abs(x), splatBytes(circularLimit, "f32")));
    return when(isLarge, byHost(library, op, [x]), finish(halves(f, body), x), "v128");
  });
}

/** e^(y ln x) for positive finite x and finite y; everything else goes to the host. */
function definePower(library: Library): Func {
  return library.module.function(null, ["v128", "v128"], ["v128"], (f) => {
    const [x, y] = [f.param(0), f.param(1)];
    const infinity = splatBytes(Number.POSITIVE_INFINITY, "f32");
    const usual = v128.and(
      v128.and(f32x4.gt(x, splatBytes(0, "f32")), f32x4.lt(x, infinity)),
      f32x4.lt(f32x4.abs(y), infinity),
    );
    const [u, exponent] = [f.local("v128"), f.local("v128")];
    const half = (take: (from: Local) => Code): Code => [
      u.set(f64x2.promote_low_f32x4(take(x))),
      exponent.set(mul(logarithm(u, f), f64x2.promote_low_f32x4(take(y)))),
      exponential(limited(exponent), f),
    ];
    const direct = joinDoubles(
      half((from) => from.get()),
      half(upperHalf),
    );
    const isUsual = i32.eq(i32x4.bitmask(usual), i32.const(15));
    return when(isUsual, direct, byHost(library, "pow", [x, y]), "v128");
  });
}
