/** The scalar functions of loops as WebAssembly: the meaning that the reference engine gives them, for every dtype. */

import type { DType } from "../../core/dtypes.ts";
import { type BinaryName, type Raw, type UnaryName, wrapper } from "../scalar.ts";
import {
  type Code,
  call,
  choose,
  type FunctionScope,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i64,
  Local,
  type Operand,
  type ValueType,
  valueOf,
} from "./assembler.ts";
import type { Library } from "./library.ts";
import { floatMath } from "./math.ts";
import { doubleMath } from "./math64.ts";

/** What a value of a dtype is while it is computed: 16-bit floats are float32, small integers and bool int32. */
export function typeOf(dtype: DType): ValueType {
  if (dtype.baseName === "float64") return "f64";
  if (dtype.isFloating) return "f32";
  return dtype.isBig ? "i64" : "i32";
}

/** Writes scalar code into one function. */
export class ScalarWriter {
  readonly library: Library;
  readonly scope: FunctionScope;
  constructor(library: Library, scope: FunctionScope) {
    this.library = library;
    this.scope = scope;
  }

  /** Evaluates code once, for a use in several places of `body`. */
  #once(x: Operand, type: ValueType, body: (x: Local) => Code): Code {
    if (x instanceof Local) return body(x);
    const local = this.scope.local(type);
    return [local.set(x), body(local)];
  }
  #both(x: Operand, y: Operand, type: ValueType, body: (x: Local, y: Local) => Code): Code {
    const [a, b] = [this.scope.local(type), this.scope.local(type)];
    return [valueOf(x), valueOf(y), b.set([]), a.set([]), body(a, b)];
  }

  constant(value: Raw, dtype: DType): Code {
    const wrapped = wrapper(dtype)(value);
    switch (typeOf(dtype)) {
      case "i64":
        return i64.const(wrapped as bigint);
      case "f64":
        return f64.const(wrapped as number);
      case "f32":
        return f32.const(wrapped as number);
      default:
        return i32.const(Number(wrapped));
    }
  }

  load(dtype: DType, address: Operand, offset = 0): Code {
    switch (dtype.baseName) {
      case "float32":
        return f32.load(address, offset);
      case "float64":
        return f64.load(address, offset);
      case "float16":
        return this.library.decodeFloat16(i32.load16_u(address, offset));
      case "bfloat16":
        return this.library.decodeBfloat16(i32.load16_u(address, offset));
      case "int64":
      case "uint64":
        return i64.load(address, offset);
      case "int8":
        return i32.load8_s(address, offset);
      case "int16":
        return i32.load16_s(address, offset);
      case "uint16":
        return i32.load16_u(address, offset);
      case "uint8":
        return i32.load8_u(address, offset);
      case "bool":
        return i32.ne(i32.load8_u(address, offset), i32.const(0));
      default:
        return i32.load(address, offset);
    }
  }

  store(dtype: DType, address: Operand, value: Operand, offset = 0): Code {
    switch (dtype.baseName) {
      case "float32":
        return f32.store(address, value, offset);
      case "float64":
        return f64.store(address, value, offset);
      case "float16":
        return i32.store16(address, this.library.encodeFloat16(value), offset);
      case "bfloat16":
        return i32.store16(address, this.library.encodeBfloat16(value), offset);
      case "int64":
      case "uint64":
        return i64.store(address, value, offset);
      case "int8":
      case "uint8":
      case "bool":
        return i32.store8(address, value, offset);
      case "int16":
      case "uint16":
        return i32.store16(address, value, offset);
      default:
        return i32.store(address, value, offset);
    }
  }

  /** Rounds a float32 to a 16-bit float, or wraps an int32 to a smaller integer. */
  wrap(dtype: DType, x: Code): Code {
    switch (dtype.baseName) {
      case "float16":
        return this.library.decodeFloat16(this.library.encodeFloat16(x));
      case "bfloat16":
        return this.library.decodeBfloat16(this.library.encodeBfloat16(x));
      case "int8":
        return i32.extend8_s(x);
      case "int16":
        return i32.extend16_s(x);
      case "uint8":
        return i32.and(x, i32.const(0xff));
      case "uint16":
        return i32.and(x, i32.const(0xffff));
      default:
        return x;
    }
  }

  unary(op: UnaryName, dtype: DType, x: Operand): Code {
    const native =
      typeOf(dtype) === "f64"
        ? (this.#float(f64, "f64", op, x) ?? this.#float64(op, x))
        : typeOf(dtype) === "f32"
          ? (this.#float(f32, "f32", op, x) ?? this.#float32(op, x))
          : typeOf(dtype) === "i64"
            ? this.#big(op, dtype, x)
            : this.#integer(op, dtype, x);
    if (native) return isTest(op) ? native : this.wrap(dtype, native);
    return this.#host(op, dtype, [x]);
  }

  #float(t: typeof f32 | typeof f64, type: "f32" | "f64", op: UnaryName, x: Operand): Code | null {
    const zero = t.const(0);
    const infinity = t.const(Number.POSITIVE_INFINITY);
    switch (op) {
      case "neg":
      case "abs":
      case "sqrt":
      case "floor":
      case "ceil":
        return t[op](x);
      case "rint":
        return t.nearest(x);
      case "square":
        return this.#once(x, type, (a) => t.mul(a, a));
      case "reciprocal":
        return t.div(t.const(1), x);
      case "sign":
        return this.#once(x, type, (a) =>
          choose(t.copysign(t.const(1), a), a, t.gt(t.abs(a), zero)),
        );
      case "isNan":
        return this.#once(x, type, (a) => t.ne(a, a));
      case "isInf":
        return t.eq(t.abs(x), infinity);
      case "isFinite":
        return t.lt(t.abs(x), infinity);
      case "not":
        return t.eq(x, zero);
      case "rsqrt":
        return type === "f64" ? f64.div(f64.const(1), f64.sqrt(x)) : null;
      default:
        return null;
    }
  }

  /** In double precision, then rounded once; the same code as in vectors, so that both round alike. */
  #float32(op: UnaryName, x: Operand): Code | null {
    if (op === "rsqrt") return f32.demote_f64(f64.div(f64.const(1), f64.sqrt(f64.promote_f32(x))));
    const math = floatMath(this.library, op);
    return math && f32x4.extract_lane(0, call(math, f32x4.splat(x)));
  }

  /** The same code as in vectors, so that both round alike. */
  #float64(op: UnaryName, x: Operand): Code | null {
    const math = doubleMath(this.library, op);
    return math && f64x2.extract_lane(0, call(math, f64x2.splat(x)));
  }

  #integer(op: UnaryName, dtype: DType, x: Operand): Code | null {
    const zero = i32.const(0);
    switch (op) {
      case "neg":
        return i32.sub(zero, x);
      case "abs":
        return dtype.isUnsigned
          ? valueOf(x)
          : this.#once(x, "i32", (a) => choose(a, i32.sub(zero, a), i32.ge_s(a, zero)));
      case "sign":
        return dtype.isUnsigned
          ? i32.ne(x, zero)
          : this.#once(x, "i32", (a) => i32.sub(i32.gt_s(a, zero), i32.lt_s(a, zero)));
      case "square":
        return this.#once(x, "i32", (a) => i32.mul(a, a));
      case "not":
        return i32.eqz(x);
      case "invert":
        return i32.xor(x, i32.const(-1));
      case "floor":
      case "ceil":
      case "rint":
        return valueOf(x);
      case "isNan":
      case "isInf":
        return [valueOf(x), 0x1a, i32.const(0)];
      case "isFinite":
        return [valueOf(x), 0x1a, i32.const(1)];
      default:
        return null;
    }
  }

  #big(op: UnaryName, dtype: DType, x: Operand): Code | null {
    const zero = i64.const(0);
    switch (op) {
      case "neg":
        return i64.sub(zero, x);
      case "abs":
        return dtype.isUnsigned
          ? valueOf(x)
          : this.#once(x, "i64", (a) => choose(a, i64.sub(zero, a), i64.ge_s(a, zero)));
      case "square":
        return this.#once(x, "i64", (a) => i64.mul(a, a));
      case "invert":
        return i64.xor(x, i64.const(-1));
      case "floor":
      case "ceil":
      case "rint":
        return valueOf(x);
      default:
        return null;
    }
  }

  binary(op: BinaryName, dtype: DType, x: Operand, y: Operand): Code {
    const type = typeOf(dtype);
    const native =
      type === "f64" || type === "f32"
        ? this.#floatPair(type === "f64" ? f64 : f32, op, x, y)
        : type === "i64"
          ? this.#bigPair(op, dtype, x, y)
          : this.#integerPair(op, dtype, x, y);
    if (native) return isComparison(op) ? native : this.wrap(dtype, native);
    if (type === "f32") {
      const math = floatMath(this.library, op);
      if (math) {
        const result = call(math, f32x4.splat(x), f32x4.splat(y));
        return this.wrap(dtype, f32x4.extract_lane(0, result));
      }
    }
    return this.#host(op, dtype, [x, y]);
  }

  #floatPair(t: typeof f32 | typeof f64, op: BinaryName, x: Operand, y: Operand): Code | null {
    const zero = t.const(0);
    switch (op) {
      case "add":
      case "sub":
      case "mul":
      case "div":
      case "max":
      case "min":
      case "eq":
      case "ne":
      case "lt":
      case "le":
      case "gt":
      case "ge":
        return t[op](x, y);
      case "and":
        return i32.and(t.ne(x, zero), t.ne(y, zero));
      case "or":
        return i32.or(t.ne(x, zero), t.ne(y, zero));
      case "floorDiv":
        return t === f64
          ? f64.floor(f64.div(x, y))
          : f32.demote_f64(f64.floor(f64.div(f64.promote_f32(x), f64.promote_f32(y))));
      default:
        return null;
    }
  }

  #integerPair(op: BinaryName, dtype: DType, x: Operand, y: Operand): Code | null {
    const u = dtype.isUnsigned && dtype.size === 4;
    const zero = i32.const(0);
    switch (op) {
      case "add":
      case "sub":
      case "mul":
      case "eq":
      case "ne":
        return i32[op](x, y);
      case "lt":
      case "le":
      case "gt":
      case "ge":
        return i32[`${op}_${u ? "u" : "s"}`](x, y);
      case "max":
        return this.#both(x, y, "i32", (a, b) => choose(a, b, u ? i32.gt_u(a, b) : i32.gt_s(a, b)));
      case "min":
        return this.#both(x, y, "i32", (a, b) => choose(a, b, u ? i32.lt_u(a, b) : i32.lt_s(a, b)));
      case "and":
        return i32.and(i32.ne(x, zero), i32.ne(y, zero));
      case "or":
        return i32.or(i32.ne(x, zero), i32.ne(y, zero));
      case "bitAnd":
        return i32.and(x, y);
      case "bitOr":
        return i32.or(x, y);
      case "bitXor":
        return i32.xor(x, y);
      case "shiftLeft":
        return i32.shl(x, y);
      case "shiftRight":
        return u ? i32.shr_u(x, y) : i32.shr_s(x, y);
      default:
        return null;
    }
  }

  #bigPair(op: BinaryName, dtype: DType, x: Operand, y: Operand): Code | null {
    const u = dtype.isUnsigned;
    switch (op) {
      case "add":
      case "sub":
      case "mul":
      case "eq":
      case "ne":
        return i64[op](x, y);
      case "lt":
      case "le":
      case "gt":
      case "ge":
        return i64[`${op}_${u ? "u" : "s"}`](x, y);
      case "max":
        return this.#both(x, y, "i64", (a, b) => choose(a, b, u ? i64.gt_u(a, b) : i64.gt_s(a, b)));
      case "min":
        return this.#both(x, y, "i64", (a, b) => choose(a, b, u ? i64.lt_u(a, b) : i64.lt_s(a, b)));
      case "bitAnd":
        return i64.and(x, y);
      case "bitOr":
        return i64.or(x, y);
      case "bitXor":
        return i64.xor(x, y);
      default:
        return null;
    }
  }

  /** Any other function is the reference's own, on doubles or 64-bit integers. */
  #host(op: UnaryName | BinaryName, dtype: DType, operands: readonly Operand[]): Code {
    const func = this.library.host(op, operands.length as 1 | 2, dtype);
    const given = operands.map((x) => this.#toDouble(dtype, x));
    return this.#fromDouble(dtype, call(func, ...given));
  }

  #toDouble(dtype: DType, x: Operand): Code {
    switch (typeOf(dtype)) {
      case "f32":
        return f64.promote_f32(x);
      case "i32":
        return dtype.isUnsigned ? f64.convert_i32_u(x) : f64.convert_i32_s(x);
      default:
        return valueOf(x);
    }
  }
  #fromDouble(dtype: DType, x: Code): Code {
    switch (typeOf(dtype)) {
      case "f32":
        return f32.demote_f64(x);
      case "i32":
        return dtype.isUnsigned ? i32.trunc_sat_f64_u(x) : i32.trunc_sat_f64_s(x);
      default:
        return x;
    }
  }

  cast(from: DType, to: DType, x: Operand): Code {
    const [source, target] = [typeOf(from), typeOf(to)];
    if (to.isBool) return this.#isNotZero(source, x);
    if (to.isFloating) {
      const double = this.#asFloat(from, target as "f32" | "f64", x);
      return this.wrap(to, double);
    }
    if (from.isFloating) return this.wrap(to, this.#truncate(source as "f32" | "f64", to, x));
    if (target === "i64") {
      if (source === "i64") return valueOf(x);
      return from.isUnsigned ? i64.extend_i32_u(x) : i64.extend_i32_s(x);
    }
    return this.wrap(to, source === "i64" ? i32.wrap_i64(x) : valueOf(x));
  }

  #isNotZero(source: ValueType, x: Operand): Code {
    switch (source) {
      case "f32":
        return f32.ne(x, f32.const(0));
      case "f64":
        return f64.ne(x, f64.const(0));
      case "i64":
        return i64.ne(x, i64.const(0));
      default:
        return i32.ne(x, i32.const(0));
    }
  }

  #asFloat(from: DType, target: "f32" | "f64", x: Operand): Code {
    const u = from.isUnsigned;
    switch (typeOf(from)) {
      case "f32":
        return target === "f32" ? valueOf(x) : f64.promote_f32(x);
      case "f64":
        return target === "f64" ? valueOf(x) : f32.demote_f64(x);
      case "i64": {
        // Through double, as the reference does: rounded twice on the way to float32.
        const double = u ? f64.convert_i64_u(x) : f64.convert_i64_s(x);
        return target === "f64" ? double : f32.demote_f64(double);
      }
      default:
        if (target === "f64") return u ? f64.convert_i32_u(x) : f64.convert_i32_s(x);
        return u ? f32.convert_i32_u(x) : f32.convert_i32_s(x);
    }
  }

  /** Towards zero; what does not fit becomes the lowest number, as processors do it. */
  #truncate(source: "f32" | "f64", to: DType, x: Operand): Code {
    const double = source === "f64" ? valueOf(x) : f64.promote_f32(x);
    return this.#once(double, "f64", (a) => {
      const within = (limit: number): Code => f64.lt(f64.abs(a), f64.const(limit));
      const wide = choose(i64.trunc_sat_f64_s(a), i64.const(-(2n ** 63n)), within(2 ** 63));
      if (to.isBig) {
        if (!to.isUnsigned) return wide;
        const above = i32.and(f64.ge(a, f64.const(2 ** 63)), f64.lt(a, f64.const(2 ** 64)));
        return choose(i64.trunc_sat_f64_u(a), wide, above);
      }
      if (to.isUnsigned && to.size === 4) return i32.wrap_i64(wide);
      return choose(i32.trunc_sat_f64_s(a), i32.const(-(2 ** 31)), within(2 ** 31));
    });
  }
}

const isTest = (op: UnaryName): boolean =>
  op === "isNan" || op === "isInf" || op === "isFinite" || op === "not";

const comparisons: ReadonlySet<string> = new Set(["eq", "ne", "lt", "le", "gt", "ge", "and", "or"]);
const isComparison = (op: BinaryName): boolean => comparisons.has(op);
