/** The scalar functions that loops are made of: their names, their meaning, and how results round. */

import type { DType } from "../core/dtypes.ts";
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from "../core/half.ts";
import { digamma, erf, erfc, lgamma } from "./special.ts";

/** Functions of one number in double precision; the caller rounds. */
export const unaryFloat = {
  neg: (x: number) => -x,
  abs: Math.abs,
  sign: Math.sign,
  square: (x: number) => x * x,
  sqrt: Math.sqrt,
  rsqrt: (x: number) => 1 / Math.sqrt(x),
  reciprocal: (x: number) => 1 / x,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  softplus: (x: number) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))),
  erf,
  erfc,
  lgamma,
  digamma,
  floor: Math.floor,
  ceil: Math.ceil,
  /** To the nearest integer, halves to the even one. */
  rint: (x: number) => {
    const down = Math.floor(x);
    const rest = x - down;
    const up = rest > 0.5 || (rest === 0.5 && down % 2 !== 0);
    const whole = up ? down + 1 : down;
    return whole === 0 && (x < 0 || Object.is(x, -0)) ? -0 : whole;
  },
  isNan: (x: number) => (Number.isNaN(x) ? 1 : 0),
  isInf: (x: number) => (x === Number.POSITIVE_INFINITY || x === Number.NEGATIVE_INFINITY ? 1 : 0),
  isFinite: (x: number) => (Number.isFinite(x) ? 1 : 0),
  not: (x: number) => (x === 0 ? 1 : 0),
  invert: (x: number) => ~x,
} as const;

export type UnaryName = keyof typeof unaryFloat;

/** Integers wrap, so a product of large ones must not pass through a double. */
const unaryInt: Partial<Record<UnaryName, (x: number) => number>> = {
  square: (x) => Math.imul(x, x),
};

const unaryBig: Partial<Record<UnaryName, (x: bigint) => bigint>> = {
  neg: (x) => -x,
  abs: (x) => (x < 0n ? -x : x),
  sign: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  square: (x) => x * x,
  invert: (x) => ~x,
  floor: (x) => x,
  ceil: (x) => x,
  rint: (x) => x,
};

/** Thrown by a loop; the session turns it into an InvalidArgumentError that names the node. */
export class ArithmeticError extends Error {}

function divisor(y: number): number {
  if (y === 0) throw new ArithmeticError("Integer division by zero");
  return y;
}
function bigDivisor(y: bigint): bigint {
  if (y === 0n) throw new ArithmeticError("Integer division by zero");
  return y;
}

type Binary = (x: number, y: number) => number;
const flag = (value: boolean): number => (value ? 1 : 0);

/** C's pow: unlike JavaScript's, 1 to any power is 1, and so is -1 to an infinite one. */
function power(x: number, y: number): number {
  return x === 1 || (x === -1 && (y === Number.POSITIVE_INFINITY || y === Number.NEGATIVE_INFINITY))
    ? 1
    : x ** y;
}

/** Functions of two numbers in double precision; comparisons give 0 or 1. */
export const binaryFloat = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  /** Integer division towards zero. */
  truncDiv: (x, y) => Math.trunc(x / divisor(y)),
  floorDiv: (x, y) => Math.floor(x / y),
  /** Sign of the divisor. */
  floorMod: (x, y) => {
    const rest = x % y;
    return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
  },
  /** Sign of the dividend. */
  truncMod: (x, y) => x % y,
  pow: power,
  max: Math.max,
  min: Math.min,
  atan2: Math.atan2,
  eq: (x, y) => flag(x === y),
  ne: (x, y) => flag(x !== y),
  lt: (x, y) => flag(x < y),
  le: (x, y) => flag(x <= y),
  gt: (x, y) => flag(x > y),
  ge: (x, y) => flag(x >= y),
  and: (x, y) => flag(x !== 0 && y !== 0),
  or: (x, y) => flag(x !== 0 || y !== 0),
  bitAnd: (x, y) => x & y,
  bitOr: (x, y) => x | y,
  bitXor: (x, y) => x ^ y,
  shiftLeft: (x, y) => x << y,
  /** Keeps the sign; numbers above the range of int32 are unsigned. */
  shiftRight: (x, y) => (x > 0x7fffffff ? x >>> y : x >> y),
} as const satisfies Record<string, Binary>;

export type BinaryName = keyof typeof binaryFloat;

const binaryInt: Partial<Record<BinaryName, Binary>> = {
  mul: Math.imul,
  floorDiv: (x, y) => Math.floor(x / divisor(y)),
  floorMod: (x, y) => binaryFloat.floorMod(x, divisor(y)),
  truncMod: (x, y) => x % divisor(y),
  pow: (x, y) => {
    if (y < 0) throw new ArithmeticError("Integers to negative integer powers are not allowed");
    let result = 1;
    for (let base = x, left = y; left > 0; left = Math.floor(left / 2)) {
      if (left % 2 === 1) result = Math.imul(result, base);
      base = Math.imul(base, base);
    }
    return result;
  },
};

const bigFlag = (value: boolean): number => (value ? 1 : 0);

const binaryBig: Partial<Record<BinaryName, (x: bigint, y: bigint) => bigint | number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  truncDiv: (x, y) => x / bigDivisor(y),
  floorDiv: (x, y) => {
    const quotient = x / bigDivisor(y);
    return x % y !== 0n && x < 0n !== y < 0n ? quotient - 1n : quotient;
  },
  floorMod: (x, y) => {
    const rest = x % bigDivisor(y);
    return rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest;
  },
  truncMod: (x, y) => x % bigDivisor(y),
  pow: (x, y) => {
    if (y < 0n) throw new ArithmeticError("Integers to negative integer powers are not allowed");
    return x ** y;
  },
  // biome-ignore lint/complexity/useMathMinMax: Math.max takes no bigints
  max: (x, y) => (x > y ? x : y),
  // biome-ignore lint/complexity/useMathMinMax: Math.min takes no bigints
  min: (x, y) => (x < y ? x : y),
  eq: (x, y) => bigFlag(x === y),
  ne: (x, y) => bigFlag(x !== y),
  lt: (x, y) => bigFlag(x < y),
  le: (x, y) => bigFlag(x <= y),
  gt: (x, y) => bigFlag(x > y),
  ge: (x, y) => bigFlag(x >= y),
  bitAnd: (x, y) => x & y,
  bitOr: (x, y) => x | y,
  bitXor: (x, y) => x ^ y,
  shiftLeft: (x, y) => x << y,
  shiftRight: (x, y) => x >> y,
};

/** A raw element: bool is 0 or 1, 16-bit floats are decoded, 64-bit integers are bigints. */
export type Raw = number | bigint;

/** Rounds or wraps a result to a dtype. */
export function wrapper(dtype: DType): (value: Raw) => Raw {
  switch (dtype.baseName) {
    case "float32":
      return (value) => Math.fround(value as number);
    case "float16":
      return (value) => decodeFloat16(encodeFloat16(value as number));
    case "bfloat16":
      return (value) => decodeBfloat16(encodeBfloat16(value as number));
    case "int32":
      return (value) => (value as number) | 0;
    case "uint32":
      return (value) => (value as number) >>> 0;
    case "int16":
      return (value) => ((value as number) << 16) >> 16;
    case "int8":
      return (value) => ((value as number) << 24) >> 24;
    case "uint16":
      return (value) => (value as number) & 0xffff;
    case "uint8":
      return (value) => (value as number) & 0xff;
    case "int64":
      return (value) => BigInt.asIntN(64, value as bigint);
    case "uint64":
      return (value) => BigInt.asUintN(64, value as bigint);
    default:
      return (value) => value;
  }
}

/** The meaning of a unary function on operands of a dtype, before rounding. */
export function unaryFunction(op: UnaryName, operand: DType): (x: Raw) => Raw {
  const found = operand.isBig
    ? unaryBig[op]
    : operand.isInteger
      ? (unaryInt[op] ?? unaryFloat[op])
      : unaryFloat[op];
  if (!found) throw new Error(`internal: no ${op} for ${operand.name}`);
  return found as (x: Raw) => Raw;
}

/** The meaning of a binary function on operands of a dtype, before rounding. */
export function binaryFunction(op: BinaryName, operand: DType): (x: Raw, y: Raw) => Raw {
  const found = operand.isBig
    ? binaryBig[op]
    : operand.isInteger
      ? (binaryInt[op] ?? binaryFloat[op])
      : binaryFloat[op];
  if (!found) throw new Error(`internal: no ${op} for ${operand.name}`);
  return found as (x: Raw, y: Raw) => Raw;
}

/** Converts between dtypes as C does: floats truncate towards zero, anything but 0 is true. */
export function caster(from: DType, to: DType): (value: Raw) => Raw {
  if (to.isBool) return (value) => (value === 0 || value === 0n ? 0 : 1);
  const wrap = wrapper(to);
  if (to.isBig) {
    if (from.isBig) return wrap;
    const limit = to.isUnsigned ? 2 ** 64 : 2 ** 63;
    return (value) => {
      const whole = Math.trunc(value as number);
      return wrap(whole >= -(2 ** 63) && whole < limit ? BigInt(whole) : -(2n ** 63n));
    };
  }
  if (from.isBig) {
    return to.isInteger
      ? (value) => wrap(Number(BigInt.asIntN(32, value as bigint)))
      : (value) => wrap(Number(value));
  }
  if (!from.isFloating || !to.isInteger) return wrap;
  // What does not fit the register that processors convert in becomes its lowest number; uint32 uses a wider one.
  const limit = to.isUnsigned && to.size === 4 ? 2 ** 63 : 2 ** 31;
  return (value) => {
    const whole = Math.trunc(value as number);
    return wrap(whole >= -limit && whole < limit ? whole : -limit);
  };
}
