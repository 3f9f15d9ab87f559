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
    const w = new Writer(scope, steps);
    const result = body(x instanceof Local ? x : w.keep(x), w);
    return [steps, result];
  };
}

/** Writes one function of one vector. */
class Writer {
  readonly #scope: FunctionScope;
  readonly #steps: Code[];
  constructor(scope: FunctionScope, steps: Code[]) {
    this.#scope = scope;
    this.#steps = steps;
  }
  /** Computes a value now, for use several times. */
  keep(value: Operand): Local {
    const local = this.#scope.local("v128");
    this.#steps.push(local.set(value));
    return local;
  }
  c(value: number): Local {
    const name = Object.is(value, -0) ? "-0" : String(value);
    return this.#scope.constant(`f32 ${name}`, "v128", () => splatBytes(value, "f32"));
  }
  word(value: number): Local {
    return this.#scope.constant(`i32 ${value}`, "v128", () => splatBytes(value, "i32"));
  }
}
type Body = (x: Local, w: Writer) => Code;

const { add, sub, mul, div, abs, lt, eq } = f32x4;
const shifted = (x: Operand, by: number): Code => i32x4.shl(x, i32.const(by));
const limited = (x: Operand, low: number, high: number, w: Writer): Code =>
  atMost(atLeast(x, low, w), high, w);
// Unlike min and max, one instruction each; NaN stays.
const atLeast = (x: Operand, low: number, w: Writer): Code => f32x4.pmax(x, w.c(low));
const atMost = (x: Operand, high: number, w: Writer): Code => f32x4.pmin(x, w.c(high));
/** Puts the sign of x on what has none, that of zero too. */
const withSign = (value: Operand, x: Local, w: Writer): Code =>
  v128.or(value, v128.and(x, w.c(-0)));

/** c0 + c1 x + c2 x² + … */
function polynomial(x: Local, coefficients: readonly number[], w: Writer): Code {
  return coefficients
    .slice(0, -1)
    .reduceRight<Code>(
      (sum, each) => add(mul(sum, x), w.c(each)),
      w.c(coefficients.at(-1) as number).get(),
    );
}

/** ln 2 in two parts: the first times a whole number of 8 bits is exact. */
const ln2 = [0.693145751953125, 1.428606820309417e-6] as const;
/** Adding it leaves a whole number in the low bits of a float32. */
const wholeBits = 1.5 * 2 ** 23;
const exponentBits = 23;
/** The bits of 2^n. */
const powerBits = (n: number): number => (n + 127) << exponentBits;

/** x = n unit ln 2 + r, where n is whole; the low bits of `bits` are those of n + bias. */
function reduce(x: Local, unit: number, bias: number, w: Writer) {
  const bits = w.keep(add(mul(x, w.c(Math.LOG2E / unit)), w.c(wholeBits + bias)));
  const n = w.keep(sub(bits, w.c(wholeBits + bias)));
  const near = w.keep(sub(x, mul(n, w.c(unit * ln2[0]))));
  const far = w.keep(mul(n, w.c(unit * ln2[1])));
  return { bits, near, far, r: w.keep(sub(near, far)) };
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
function inPairs(x: Local, square: Local, [q0, q1, q2, q3, q4]: Five, w: Writer): Code {
  const high = add(line(x, q2, q3, w), mul(square, w.c(q4)));
  return add(line(x, q0, q1, w), mul(square, high));
}
const line = (x: Local, q0: number, q1: number, w: Writer): Code => add(mul(x, w.c(q1)), w.c(q0));

/** r² q(r) */
function squareTimes(r: Local, q: Five, w: Writer): Code {
  const square = w.keep(mul(r, r));
  return mul(square, inPairs(r, square, q, w));
}

/** Beyond these, exponentials are 0 or infinite, also where they are rounded once to subnormal numbers. */
const [lowest, highest] = [-104, 88.75];
/** Keeps n + bias positive, and even, as n is halved. */
const halvingBias = 2 * 127;

/** 2^n as two factors that have an exponent each, so that products with them are rounded, or overflow, once. */
function powers({ bits }: Reduced, w: Writer): readonly [Local, Local] {
  const half = w.keep(v128.and(shifted(bits, exponentBits - 1), w.word(-1 << exponentBits)));
  return [half, w.keep(i32x4.sub(shifted(bits, exponentBits), half))];
}

const exponential: Body = (x, w) => {
  const reduced = reduce(w.keep(limited(x, lowest, highest, w)), 1, halvingBias, w);
  const [first, second] = powers(reduced, w);
  const beyond = add(reduced.r, squareTimes(reduced.r, tail, w));
  return mul(mul(add(beyond, w.c(1)), first), second);
};

/** 2^n ((1 - 2^-n) + (e^r - 1)): nothing cancels. */
const exponentialMinusOne: Body = (x, w) => {
  // Below, float32 sees -1.
  const reduced = reduce(w.keep(limited(x, -20, highest, w)), 1, 126, w);
  const { bits, r } = reduced;
  const power = w.keep(shifted(bits, exponentBits));
  const inverse = i32x4.max_s(i32x4.sub(w.word(powerBits(126)), power), w.word(0));
  const rest = add(squareTimes(r, tail, w), lostBy(reduced));
  const half = w.keep(add(add(sub(w.c(1), inverse), r), rest));
  return withSign(mul(add(half, half), power), x, w);
};

/** 2^m / (2^m + e^r) where x = m ln 2 - r. */
const sigmoid: Body = (x, w) => {
  // Above, float32 sees 1.
  const reduced = reduce(w.keep(limited(x, lowest, 20, w)), 1, halvingBias, w);
  const [first, second] = powers(reduced, w);
  const { r } = reduced;
  const beyond = sub(squareTimes(r, tailOfMinus, w), r);
  const power = w.keep(mul(first, second));
  const whole = w.keep(add(power, w.c(1)));
  const lost = sub(power, sub(whole, w.c(1)));
  return mul(div(first, add(whole, add(beyond, lost))), second);
};

/** 1 - 2 / (e^2x + 1), and a polynomial where that would cancel. */
const hyperbolicTangent: Body = (x, w) => {
  // Above, float32 sees 1.
  const y = w.keep(atMost(abs(x), 10, w));
  const { bits, r } = reduce(y, -0.5, 126, w);
  const half = w.keep(shifted(bits, exponentBits));
  const large = sub(
    w.c(1),
    div(add(half, half), add(add(half, w.c(0.5)), add(r, squareTimes(r, doubleTail, w)))),
  );
  const z = w.keep(mul(y, y));
  const small = add(y, mul(y, mul(z, polynomial(z, tangentTail, w))));
  return withSign(v128.bitselect(small, large, lt(y, w.c(0.55))), x, w);
};

/** ln(m 2^k) + rest for the number that has these bits, where m is between √½ and √2; subnormal ones must come scaled. */
function logarithmOf(bits: Local, w: Writer, scale?: Code, rest?: Code): Code {
  const k = w.keep(i32x4.shr_s(i32x4.sub(bits, w.word(0x3f3504f3)), i32.const(exponentBits)));
  const f = w.keep(sub(i32x4.sub(bits, shifted(k, exponentBits)), w.c(1)));
  const whole = f32x4.convert_i32x4_s(k);
  const n = w.keep(scale ? sub(whole, scale) : whole);
  const s = w.keep(div(f, add(f, w.c(2))));
  const z = w.keep(mul(s, s));
  const square = w.keep(mul(mul(f, w.c(0.5)), f));
  const far = mul(n, w.c(ln2[1]));
  const small = add(
    mul(s, add(mul(z, polynomial(z, logarithmTail, w)), square)),
    rest ? add(far, rest) : far,
  );
  return sub(mul(n, w.c(ln2[0])), sub(sub(square, small), f));
}

/** The limits of a logarithm: at 0 and infinity; negative numbers and NaN have none. */
function withLimits(value: Code, x: Local, zero: number, w: Writer): Code {
  const finite = v128.bitselect(value, x, lt(x, w.c(Number.POSITIVE_INFINITY)));
  const infinite = v128.bitselect(w.c(Number.NEGATIVE_INFINITY), finite, eq(x, w.c(zero)));
  return v128.or(infinite, lt(x, w.c(zero)));
}

const logarithm: Body = (x, w) => {
  const isSmall = w.keep(lt(x, w.c(2 ** -126)));
  const bits = w.keep(v128.bitselect(mul(x, w.c(2 ** exponentBits)), x, isSmall));
  return withLimits(logarithmOf(bits, w, v128.and(isSmall, w.c(exponentBits))), x, 0, w);
};

/** ln u + lost / u where u = 1 + x as rounded, and `lost` is what rounding took. */
const logarithmOnePlus: Body = (x, w) => {
  const u = w.keep(add(x, w.c(1)));
  const part = w.keep(sub(u, x));
  const lost = w.keep(add(sub(w.c(1), part), sub(x, sub(u, part))));
  return withSign(withLimits(logarithmOf(u, w, undefined, div(lost, u)), x, -1, w), x, w);
};

/** max(x, 0) + ln(1 + e^-|x|) */
const softplus: Body = (x, w) => {
  const reduced = reduce(w.keep(atLeast(f32x4.neg(abs(x)), lowest, w)), 1, halvingBias, w);
  const { r } = reduced;
  const [first, second] = powers(reduced, w);
  const beyond = w.keep(add(r, add(squareTimes(r, tail, w), lostBy(reduced))));
  const power = w.keep(add(beyond, w.c(1)));
  const scaled = (value: Operand): Code => mul(mul(value, first), second);
  const t = w.keep(scaled(power));
  const u = w.keep(add(t, w.c(1)));
  const lost = add(sub(t, sub(u, w.c(1))), scaled(sub(beyond, sub(power, w.c(1)))));
  return add(logarithmOf(u, w, undefined, div(lost, u)), f32x4.pmax(x, w.c(0)));
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
