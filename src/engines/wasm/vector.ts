/** Loop bodies on vectors of 128 bits: four lanes of 32 bits or two of 64; bool is a mask of all ones or all zeros. */

import type { DType } from "../../core/dtypes.ts";
import type { Expr } from "../ir.ts";
import { type BinaryName, type Raw, type UnaryName, wrapper } from "../scalar.ts";
import {
  type Code,
  call,
  f32x4,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64,
  i64x2,
  Local,
  type Operand,
  v128,
  valueOf,
} from "./assembler.ts";
import { floatMath } from "./math.ts";
import { floatBody } from "./math32.ts";
import { doubleMath } from "./math64.ts";
import type { ScalarWriter } from "./scalar.ts";
import { joinDoubles, splatBytes, upperHalf } from "./simd.ts";

/** Four lanes of 32 bits, or two of 64. */
export type Width = 2 | 4;

/** The lanes a loop over expressions of these dtypes may have; null when they do not agree or cannot be vectors. */
export function widthOf(exprs: readonly Expr[]): Width | null {
  let width: Width | null = null;
  const seen = new Set<Expr>();
  const visit = (expr: Expr): boolean => {
    if (seen.has(expr)) return true;
    seen.add(expr);
    const own = laneWidth(expr);
    if (own === null) return false;
    if (own !== "any") {
      if (width !== null && width !== own) return false;
      width = own;
    }
    switch (expr.kind) {
      case "unary":
        return visit(expr.x) && isVectorUnary(expr.op, expr.x.dtype);
      case "cast":
        return visit(expr.x) && isVectorCast(expr.x.dtype, expr.dtype);
      case "binary":
        return visit(expr.lhs) && visit(expr.rhs) && isVectorBinary(expr.op, expr.lhs.dtype);
      case "select":
        return visit(expr.cond) && visit(expr.yes) && visit(expr.no);
      case "index":
        return expr.dtype.baseName !== "bool";
      default:
        return true;
    }
  };
  return exprs.every((expr) => visit(expr) && !isByte(expr.dtype)) ? (width ?? 4) : null;
}

const isByte = (dtype: DType): boolean => dtype.baseName === "uint8";

function laneWidth({ dtype, kind }: Expr): Width | "any" | null {
  switch (dtype.baseName) {
    // Bytes are read into lanes of 32 bits, to be cast or compared; arithmetic would have to wrap.
    case "uint8":
      return kind === "load" || kind === "const" ? 4 : null;
    case "float32":
    case "int32":
    case "uint32":
      return 4;
    case "float64":
      return 2;
    case "bool":
      return "any";
    default:
      return null;
  }
}

const integerUnary: ReadonlySet<string> = new Set([
  "neg",
  "abs",
  "sign",
  "square",
  "invert",
  "not",
  "floor",
  "ceil",
  "rint",
]);
const integerBinary: ReadonlySet<string> = new Set([
  "add",
  "sub",
  "mul",
  "max",
  "min",
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "and",
  "or",
  "bitAnd",
  "bitOr",
  "bitXor",
]);
const maskBinary: ReadonlySet<string> = new Set(["eq", "ne", "and", "or"]);

function isVectorUnary(op: UnaryName, dtype: DType): boolean {
  if (dtype.isBool) return op === "not";
  return dtype.isFloating || integerUnary.has(op);
}
/** Integer division is not: it may fail, and a select must be able to guard it. */
function isVectorBinary(op: BinaryName, dtype: DType): boolean {
  if (dtype.isBool) return maskBinary.has(op);
  return dtype.isFloating
    ? !op.startsWith("bit") && !op.startsWith("shift")
    : integerBinary.has(op);
}
function isVectorCast(from: DType, to: DType): boolean {
  return !(from.isFloating && to.baseName === "uint32");
}

export class VectorWriter {
  readonly width: Width;
  readonly #scalar: ScalarWriter;
  constructor(width: Width, scalar: ScalarWriter) {
    this.width = width;
    this.#scalar = scalar;
  }

  #local(): Local {
    return this.#scalar.scope.local("v128");
  }
  #once(x: Operand, body: (x: Local) => Code): Code {
    if (x instanceof Local) return body(x);
    const local = this.#local();
    return [local.set(x), body(local)];
  }

  constant(value: Raw, dtype: DType): Code {
    const wrapped = Number(wrapper(dtype)(value));
    if (dtype.isBool) return splatBytes(wrapped ? -1 : 0, "i32");
    if (dtype.isFloating) return splatBytes(wrapped, this.width === 2 ? "f64" : "f32");
    return splatBytes(wrapped | 0, "i32");
  }

  /** The index of the first lane, and of the others behind it unless all lanes are alike. */
  index(counter: Operand, dtype: DType, alike: boolean): Code {
    const lanes = [0, 1, 2, 3];
    const first = i32x4.splat(counter);
    const all = alike
      ? first
      : i32x4.add(first, v128.const(lanes.flatMap((lane) => [lane, 0, 0, 0])));
    if (!dtype.isFloating) return all;
    return this.width === 2 ? f64x2.convert_low_i32x4_s(all) : f32x4.convert_i32x4_s(all);
  }

  /** Loads lanes that lie `stride` elements apart, from `address + offset` bytes on. */
  load(dtype: DType, address: Operand, offset: number, stride: number): Code {
    if (dtype.isBool) return this.#loadMask(address, offset, stride);
    if (isByte(dtype)) return this.#loadBytes(address, offset, stride);
    const size = dtype.size;
    if (stride === 1) return v128.load(address, offset);
    if (stride === 0)
      return size === 8 ? v128.load64_splat(address, offset) : v128.load32_splat(address, offset);
    const at = addresses(address, offset, stride * size, this.width);
    let code = size === 8 ? v128.load64_zero(...at(0)) : v128.load32_zero(...at(0));
    for (let lane = 1; lane < this.width; lane++) {
      const [from, shift] = at(lane);
      code =
        size === 8
          ? this.#loadLane64(lane, from, code, shift)
          : this.#loadLane32(lane, from, code, shift);
    }
    return code;
  }
  // The operands of these instructions are the address, then the vector: so the vector is made first, in a local.
  #loadLane32(lane: number, address: Operand, vector: Code, offset: number): Code {
    return this.#once(vector, (x) => v128.load32_lane(lane, address, x, offset));
  }
  #loadLane64(lane: number, address: Operand, vector: Code, offset: number): Code {
    return this.#once(vector, (x) => v128.load64_lane(lane, address, x, offset));
  }

  #loadMask(address: Operand, offset: number, stride: number): Code {
    const zero = splatBytes(0, "i32");
    if (this.width === 4 || stride === 0)
      return i32x4.ne(this.#loadBytes(address, offset, stride), zero);
    const at = addresses(address, offset, stride, this.width);
    const lane = (i: number): Code => i64.extend_i32_u(i32.load8_u(...at(i)));
    return i64x2.ne(i64x2.replace_lane(1, i64x2.splat(lane(0)), lane(1)), zero);
  }

  /** Bytes in lanes of 32 bits. */
  #loadBytes(address: Operand, offset: number, stride: number): Code {
    if (stride === 0) return i32x4.splat(i32.load8_u(address, offset));
    if (stride === 1) {
      const bytes = v128.load32_zero(address, offset);
      return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
    }
    const at = addresses(address, offset, stride, this.width);
    let code = i32x4.splat(i32.load8_u(...at(0)));
    for (let i = 1; i < 4; i++) code = i32x4.replace_lane(i, code, i32.load8_u(...at(i)));
    return code;
  }

  /** Stores all lanes one behind the other, or only the first. */
  store(dtype: DType, address: Operand, value: Operand, offset: number, lanes: number): Code {
    if (dtype.isBool) return this.#storeMask(address, value, offset, lanes);
    if (lanes === this.width) return v128.store(address, value, offset);
    return this.width === 2
      ? v128.store64_lane(0, address, value, offset)
      : v128.store32_lane(0, address, value, offset);
  }

  #storeMask(address: Operand, value: Operand, offset: number, lanes: number): Code {
    if (this.width === 4 && lanes === 4) {
      return this.#once(value, (x) => {
        const words = i16x8.narrow_i32x4_s(x, x);
        const bytes = this.#once(words, (w) => i8x16.narrow_i16x8_s(w, w));
        const ones = v128.and(bytes, i8x16.splat(i32.const(1)));
        return v128.store32_lane(0, address, ones, offset);
      });
    }
    const bits = this.#scalar.scope.local("i32");
    return [
      bits.set(this.width === 2 ? i64x2.bitmask(value) : i32x4.bitmask(value)),
      i32.store8(address, i32.and(bits, i32.const(1)), offset),
      lanes === 2 ? i32.store8(address, i32.shr_u(bits, i32.const(1)), offset + 1) : [],
    ];
  }

  select(cond: Operand, yes: Operand, no: Operand): Code {
    // bitselect takes the mask last, but the order of evaluation does not matter: nothing here has an effect.
    return v128.bitselect(yes, no, cond);
  }

  unary(op: UnaryName, dtype: DType, x: Operand): Code {
    if (dtype.isBool) return v128.not(x);
    if (!dtype.isFloating) return this.#integer(op, dtype, x);
    const t = this.width === 2 ? f64x2 : f32x4;
    const constant = (value: number): Code => this.constant(value, dtype);
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
        return this.#once(x, (a) => t.mul(a, a));
      case "reciprocal":
        return t.div(constant(1), x);
      case "rsqrt":
        return this.width === 2
          ? f64x2.div(constant(1), f64x2.sqrt(x))
          : this.inDoubles([x], ([a]) => f64x2.div(splatBytes(1, "f64"), f64x2.sqrt(a as Operand)));
      case "sign":
        return this.#once(x, (a) =>
          v128.bitselect(
            v128.bitselect(a, constant(1), constant(-0)),
            a,
            t.gt(t.abs(a), constant(0)),
          ),
        );
      case "isNan":
        return this.#once(x, (a) => t.ne(a, a));
      case "isInf":
        return t.eq(t.abs(x), constant(Number.POSITIVE_INFINITY));
      case "isFinite":
        return t.lt(t.abs(x), constant(Number.POSITIVE_INFINITY));
      case "not":
        return t.eq(x, constant(0));
      default: {
        const single = this.width === 4 ? floatBody(op) : null;
        if (single) return single(x, this.#scalar.scope);
        const mathOf = this.width === 4 ? floatMath : doubleMath;
        const math = mathOf(this.#scalar.library, op);
        return math
          ? call(math, x)
          : this.#lanewise([x], ([a]) => this.#scalar.unary(op, dtype, a as Operand));
      }
    }
  }

  #integer(op: UnaryName, dtype: DType, x: Operand): Code {
    const zero = splatBytes(0, "i32");
    switch (op) {
      case "neg":
        return i32x4.neg(x);
      case "abs":
        return dtype.isUnsigned ? valueOf(x) : i32x4.abs(x);
      case "square":
        return this.#once(x, (a) => i32x4.mul(a, a));
      case "sign":
        return this.#once(x, (a) =>
          dtype.isUnsigned
            ? i32x4.neg(i32x4.ne(a, zero))
            : i32x4.sub(i32x4.lt_s(a, zero), i32x4.gt_s(a, zero)),
        );
      case "invert":
        return v128.not(x);
      case "not":
        return i32x4.eq(x, zero);
      default:
        return valueOf(x);
    }
  }

  binary(op: BinaryName, dtype: DType, x: Operand, y: Operand): Code {
    if (dtype.isBool) {
      if (op === "and") return v128.and(x, y);
      if (op === "or") return v128.or(x, y);
      return op === "ne" ? v128.xor(x, y) : v128.not(v128.xor(x, y));
    }
    return dtype.isFloating ? this.#floatPair(op, dtype, x, y) : this.#integerPair(op, dtype, x, y);
  }

  #floatPair(op: BinaryName, dtype: DType, x: Operand, y: Operand): Code {
    const t = this.width === 2 ? f64x2 : f32x4;
    const zero = this.constant(0, dtype);
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
        return v128.and(t.ne(x, zero), t.ne(y, zero));
      case "or":
        return v128.or(t.ne(x, zero), t.ne(y, zero));
      case "floorDiv":
        return this.width === 2
          ? f64x2.floor(f64x2.div(x, y))
          : this.inDoubles([x, y], ([a, b]) => f64x2.floor(f64x2.div(a as Operand, b as Operand)));
      default: {
        const math = this.width === 4 ? floatMath(this.#scalar.library, op) : null;
        return math
          ? call(math, x, y)
          : this.#lanewise([x, y], ([a, b]) =>
              this.#scalar.binary(op, dtype, a as Operand, b as Operand),
            );
      }
    }
  }

  #integerPair(op: BinaryName, dtype: DType, x: Operand, y: Operand): Code {
    const u = dtype.isUnsigned ? "u" : "s";
    const zero = splatBytes(0, "i32");
    switch (op) {
      case "add":
      case "sub":
      case "mul":
      case "eq":
      case "ne":
        return i32x4[op](x, y);
      case "lt":
      case "le":
      case "gt":
      case "ge":
      case "max":
      case "min":
        return i32x4[`${op}_${u}`](x, y);
      case "and":
        return v128.and(i32x4.ne(x, zero), i32x4.ne(y, zero));
      case "or":
        return v128.or(i32x4.ne(x, zero), i32x4.ne(y, zero));
      case "bitAnd":
        return v128.and(x, y);
      case "bitOr":
        return v128.or(x, y);
      case "bitXor":
        return v128.xor(x, y);
      default:
        throw new Error(`internal: ${op} has no vector form`);
    }
  }

  cast(from: DType, to: DType, x: Operand): Code {
    const one = (kind: "f32" | "f64" | "i32"): Code => splatBytes(1, kind);
    if (from.isBool) {
      if (to.isBool) return valueOf(x);
      return v128.and(x, one(to.isFloating ? (this.width === 2 ? "f64" : "f32") : "i32"));
    }
    if (to.isBool) {
      const zero = splatBytes(0, "i32");
      if (from.isFloating) return (this.width === 2 ? f64x2 : f32x4).ne(x, zero);
      return i32x4.ne(x, zero);
    }
    if (from.isFloating === to.isFloating) return valueOf(x);
    if (to.isFloating) return f32x4[`convert_i32x4_${from.isUnsigned ? "u" : "s"}`](x);
    return this.#once(x, (a) =>
      v128.bitselect(
        i32x4.trunc_sat_f32x4_s(a),
        splatBytes(-(2 ** 31), "i32"),
        f32x4.lt(f32x4.abs(a), splatBytes(2 ** 31, "f32")),
      ),
    );
  }

  /** Computes on the lower and the upper pair of lanes in double precision, and rounds once. */
  inDoubles(operands: readonly Operand[], body: (operands: readonly Operand[]) => Code): Code {
    const locals = operands.map(() => this.#local());
    return [
      operands.map(valueOf),
      locals.toReversed().map((local) => local.set([])),
      joinDoubles(
        body(locals.map((local) => f64x2.promote_low_f32x4(local))),
        body(locals.map((local) => f64x2.promote_low_f32x4(upperHalf(local)))),
      ),
    ];
  }

  /** The scalar function on each lane. */
  #lanewise(operands: readonly Operand[], body: (operands: readonly Operand[]) => Code): Code {
    const lanes = this.width === 2 ? f64x2 : f32x4;
    const locals = operands.map(() => this.#local());
    const result = this.#local();
    const steps: Code[] = [];
    for (let lane = 0; lane < this.width; lane++) {
      const value = body(locals.map((local) => lanes.extract_lane(lane, local)));
      steps.push(
        result.set(lane === 0 ? lanes.splat(value) : lanes.replace_lane(lane, result, value)),
      );
    }
    return [
      operands.map(valueOf),
      locals.toReversed().map((local) => local.set([])),
      steps,
      result.get(),
    ];
  }

  /** A lane as a scalar; 0 or 1 for bool. */
  lane(index: number, dtype: DType, x: Operand): Code {
    if (dtype.isBool)
      return i32.and(i32x4.extract_lane(this.width === 2 ? 2 * index : index, x), i32.const(1));
    if (!dtype.isFloating) return i32x4.extract_lane(index, x);
    return this.width === 2 ? f64x2.extract_lane(index, x) : f32x4.extract_lane(index, x);
  }
}

/** Address and offset of each lane; offsets of instructions cannot be negative. */
function addresses(address: Operand, offset: number, step: number, width: Width) {
  return (lane: number): [Operand, number] => {
    if (lane >= width) throw new Error("internal: there is no such lane");
    const at = offset + lane * step;
    return at >= 0 ? [address, at] : [i32.add(address, i32.const(at)), 0];
  };
}
