/**
 * Exponentials and logarithms on four float32 at once, in float32 throughout: within 1.8 units in the last place for the
 * sigmoid, 1.4 for the others, and right at every limit. There is no fused multiply-add, so constants that must be
 * subtracted exactly come in parts short enough for exact products, and what rounding loses is carried along where it
 * would show.
 */

import type { BinaryName, UnaryName } from "../scalar.ts";
import {
  type Code,
  type FunctionScope,
  f32x4,
  i32,
  i32x4,
  Local,
  type Operand,
  v128,
} from "./assembler.ts";
import { splatBytes } from "./simd.ts";

/** What writes a function of a vector, with locals of its own, or null where there is none. */
export function floatBody(
  op: UnaryName | BinaryName,
): ((x: Operand, scope: FunctionScope) => Code) | null {
  const body = bodies[op];
  if (!body) return null;
  return (x, scope) => {
    const steps: Code[] = [];
    const keep: Keep = (value) => {
      const local = scope.local("v128");
      steps.push(local.set(value));
      return local;
    };
    const result = body(x instanceof Local ? x : keep(x), keep);
    return [steps, result];
  };
}

/** Computes a value now, for use several times. */
type Keep = (value: Operand) => Local;
type Body = (x: Local, keep: Keep) => Code;

const { add, sub, mul, div, abs, lt, eq } = f32x4;
const c = (value: number): Code => splatBytes(value, "f32");
const word = (value: number): Code => splatBytes(value, "i32");
const shifted = (x: Operand, by: number): Code => i32x4.shl(x, i32.const(by));
const limited = (x: Operand, low: number, high: number): Code => atMost(atLeast(x, low), high);
// Unlike min and max, one instruction each; NaN stays.
const atLeast = (x: Operand, low: number): Code => f32x4.pmax(x, c(low));
const atMost = (x: Operand, high: number): Code => f32x4.pmin(x, c(high));
/** Puts the sign of x on what has none, that of zero too. */
const withSign = (value: Operand, x: Local): Code => v128.or(value, v128.and(x, c(-0)));

/** c0 + c1 x + c2 x² + … */
function polynomial(x: Local, coefficients: readonly number[]): Code {
  return coefficients
    .slice(0, -1)
    .reduceRight((sum, each) => add(mul(sum, x), c(each)), c(coefficients.at(-1) as number));
}

/** ln 2 in two parts: the first times a whole number of 8 bits is exact. */
const ln2 = [0.693145751953125, 1.428606820309417e-6] as const;
/** Adding it leaves a whole number in the low bits of a float32. */
const wholeBits = 1.5 * 2 ** 23;
const exponentBits = 23;
/** The bits of 2^n. */
const powerBits = (n: number): number => (n + 127) << exponentBits;

/** x = n unit ln 2 + r, where n is whole; the low bits of `bits` are those of n + bias. */
function reduce(x: Local, unit: number, bias: number, keep: Keep) {
  const bits = keep(add(mul(x, c(Math.LOG2E / unit)), c(wholeBits + bias)));
  const n = keep(sub(bits, c(wholeBits + bias)));
  const near = keep(sub(x, mul(n, c(unit * ln2[0]))));
  const far = keep(mul(n, c(unit * ln2[1])));
  return { bits, near, far, r: keep(sub(near, far)) };
}
type Reduced = ReturnType<typeof reduce>;

/** What r lacks of its exact value. */
const lostBy = ({ near, far, r }: Reduced): Code => sub(sub(near, r), far);

type Five = readonly [number, number, number, number, number];
/** (e^r - 1 - r) / r² for r up to half of ln 2. */
const tail: Five = [
  0.4999999701976776, 0.1666654497385025, 0.04166746139526367, 0.008366432040929794,
  0.0013868435053154826,
];
/** The same of -r. */
const tailOfMinus: Five = [tail[0], -tail[1], tail[2], -tail[3], tail[4]];
/** (e^2r - 1 - 2r) / 2r² for r up to a quarter of ln 2. */
const doubleTail: Five = [
  0.9999998807907104, 0.6666608452796936, 0.33334630727767944, 0.1338992565870285,
  0.04422060400247574,
];
/** (tanh x - x) / x³ in x², for x up to 0.55. */
const tangentTail = [
  -0.3333294689655304, 0.1332072913646698, -0.05267200991511345, 0.01643787883222103,
];
/** (2 atanh s - 2s) / s³ in s², for (1 + s) / (1 - s) between √½ and √2. */
const logarithmTail = [0.6666678190231323, 0.39976829290390015, 0.2989143431186676];

/** (q0 + q1 x) + x² ((q2 + q3 x) + x² q4), which waits for fewer steps than one power after the other. */
function inPairs(x: Local, square: Local, [q0, q1, q2, q3, q4]: Five): Code {
  const high = add(line(x, q2, q3), mul(square, c(q4)));
  return add(line(x, q0, q1), mul(square, high));
}
const line = (x: Local, q0: number, q1: number): Code => add(mul(x, c(q1)), c(q0));

/** r² q(r) */
function squareTimes(r: Local, q: Five, keep: Keep): Code {
  const square = keep(mul(r, r));
  return mul(square, inPairs(r, square, q));
}

/** Beyond these, exponentials are 0 or infinite, also where they are rounded once to subnormal numbers. */
const [lowest, highest] = [-104, 88.75];
/** Keeps n + bias positive, and even, as n is halved. */
const halvingBias = 2 * 127;

/** 2^n as two factors that have an exponent each, so that products with them are rounded, or overflow, once. */
function powers({ bits }: Reduced, keep: Keep): readonly [Local, Local] {
  const half = keep(v128.and(shifted(bits, exponentBits - 1), word(-1 << exponentBits)));
  return [half, keep(i32x4.sub(shifted(bits, exponentBits), half))];
}

const exponential: Body = (x, keep) => {
  const reduced = reduce(keep(limited(x, lowest, highest)), 1, halvingBias, keep);
  const [first, second] = powers(reduced, keep);
  const beyond = add(reduced.r, squareTimes(reduced.r, tail, keep));
  return mul(mul(add(beyond, c(1)), first), second);
};

/** 2^n ((1 - 2^-n) + (e^r - 1)): nothing cancels. */
const exponentialMinusOne: Body = (x, keep) => {
  // Below, float32 sees -1.
  const reduced = reduce(keep(limited(x, -20, highest)), 1, 126, keep);
  const { bits, r } = reduced;
  const power = keep(shifted(bits, exponentBits));
  const inverse = i32x4.max_s(i32x4.sub(word(powerBits(126)), power), word(0));
  const rest = add(squareTimes(r, tail, keep), lostBy(reduced));
  const half = keep(add(add(sub(c(1), inverse), r), rest));
  return withSign(mul(add(half, half), power), x);
};

/** 2^m / (2^m + e^r) where x = m ln 2 - r. */
const sigmoid: Body = (x, keep) => {
  // Above, float32 sees 1.
  const reduced = reduce(keep(limited(x, lowest, 20)), 1, halvingBias, keep);
  const [first, second] = powers(reduced, keep);
  const { r } = reduced;
  const beyond = sub(squareTimes(r, tailOfMinus, keep), r);
  const power = keep(mul(first, second));
  const whole = keep(add(power, c(1)));
  const lost = sub(power, sub(whole, c(1)));
  return mul(div(first, add(whole, add(beyond, lost))), second);
};

/** 1 - 2 / (e^2x + 1), and a polynomial where that would cancel. */
const hyperbolicTangent: Body = (x, keep) => {
  // Above, float32 sees 1.
  const y = keep(atMost(abs(x), 10));
  const { bits, r } = reduce(y, -0.5, 126, keep);
  const half = keep(shifted(bits, exponentBits));
  const large = sub(
    c(1),
    div(add(half, half), add(add(half, c(0.5)), add(r, squareTimes(r, doubleTail, keep)))),
  );
  const z = keep(mul(y, y));
  const small = add(y, mul(y, mul(z, polynomial(z, tangentTail))));
  return withSign(v128.bitselect(small, large, lt(y, c(0.55))), x);
};

/** ln(m 2^k) + rest for the number that has these bits, where m is between √½ and √2; subnormal ones must come scaled. */
function logarithmOf(bits: Local, keep: Keep, scale?: Code, rest?: Code): Code {
  const k = keep(i32x4.shr_s(i32x4.sub(bits, word(0x3f3504f3)), i32.const(exponentBits)));
  const f = keep(sub(i32x4.sub(bits, shifted(k, exponentBits)), c(1)));
  const whole = f32x4.convert_i32x4_s(k);
  const n = keep(scale ? sub(whole, scale) : whole);
  const s = keep(div(f, add(f, c(2))));
  const z = keep(mul(s, s));
  const square = keep(mul(mul(f, c(0.5)), f));
  const far = mul(n, c(ln2[1]));
  const small = add(
    mul(s, add(mul(z, polynomial(z, logarithmTail)), square)),
    rest ? add(far, rest) : far,
  );
  return sub(mul(n, c(ln2[0])), sub(sub(square, small), f));
}

/** The limits of a logarithm: at 0 and infinity; negative numbers and NaN have none. */
function withLimits(value: Code, x: Local, zero: number): Code {
  const finite = v128.bitselect(value, x, lt(x, c(Number.POSITIVE_INFINITY)));
  const infinite = v128.bitselect(c(Number.NEGATIVE_INFINITY), finite, eq(x, c(zero)));
  return v128.or(infinite, lt(x, c(zero)));
}

const logarithm: Body = (x, keep) => {
  const isSmall = keep(lt(x, c(2 ** -126)));
  const bits = keep(v128.bitselect(mul(x, c(2 ** exponentBits)), x, isSmall));
  return withLimits(logarithmOf(bits, keep, v128.and(isSmall, c(exponentBits))), x, 0);
};

/** ln u + lost / u where u = 1 + x as rounded, and `lost` is what rounding took. */
const logarithmOnePlus: Body = (x, keep) => {
  const u = keep(add(x, c(1)));
  const part = keep(sub(u, x));
  const lost = keep(add(sub(c(1), part), sub(x, sub(u, part))));
  return withSign(withLimits(logarithmOf(u, keep, undefined, div(lost, u)), x, -1), x);
};

/** max(x, 0) + ln(1 + e^-|x|) */
const softplus: Body = (x, keep) => {
  const reduced = reduce(keep(atLeast(f32x4.neg(abs(x)), lowest)), 1, halvingBias, keep);
  const { r } = reduced;
  const [first, second] = powers(reduced, keep);
  const beyond = keep(add(r, add(squareTimes(r, tail, keep), lostBy(reduced))));
  const power = keep(add(beyond, c(1)));
  const scaled = (value: Operand): Code => mul(mul(value, first), second);
  const t = keep(scaled(power));
  const u = keep(add(t, c(1)));
  const lost = add(sub(t, sub(u, c(1))), scaled(sub(beyond, sub(power, c(1)))));
  return add(logarithmOf(u, keep, undefined, div(lost, u)), f32x4.pmax(x, c(0)));
};

const bodies: Partial<Record<string, Body>> = {
  exp: exponential,
  expm1: exponentialMinusOne,
  log: logarithm,
  log1p: logarithmOnePlus,
  sigmoid,
  tanh: hyperbolicTangent,
  softplus,
};
