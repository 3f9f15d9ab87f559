/** Running totals of reductions. Floating sums and products are kept in double precision and rounded once. */

import { type DType, float64 } from "../../core/dtypes.ts";
import type { ReduceName } from "../ir.ts";
import { highest, lowest } from "../reference.ts";
import type { Raw } from "../scalar.ts";
import {
  type Code,
  type FunctionScope,
  f32x4,
  f64,
  f64x2,
  i32,
  type Local,
  type Operand,
  v128,
  valueOf,
} from "./assembler.ts";
import { Extreme, isExtreme } from "./extreme.ts";
import { type ScalarWriter, typeOf } from "./scalar.ts";
import { joinDoubles, splatBytes, upperHalf } from "./simd.ts";
import type { VectorWriter } from "./vector.ts";

/** Whether totals are doubles. */
export const isWide = (op: ReduceName, dtype: DType): boolean =>
  dtype.isFloating && (op === "sum" || op === "prod");

function identity(op: ReduceName, dtype: DType): Raw {
  switch (op) {
    case "sum":
    case "any":
      return 0;
    case "prod":
    case "all":
      return 1;
    case "max":
      return lowest(dtype);
    case "min":
      return highest(dtype);
    default:
      return op satisfies never;
  }
}

const combining = { sum: "add", prod: "mul", max: "max", min: "min" } as const;

/** The total of one result. */
export class ScalarTotal {
  readonly #op: ReduceName;
  readonly #dtype: DType;
  readonly #scalar: ScalarWriter;
  readonly #total: Local;

  constructor(op: ReduceName, dtype: DType, scalar: ScalarWriter, scope: FunctionScope) {
    this.#op = op;
    this.#dtype = dtype;
    this.#scalar = scalar;
    this.#total = scope.local(isWide(op, dtype) ? "f64" : typeOf(dtype));
  }

  start(): Code {
    const start = identity(this.#op, this.#dtype);
    if (isWide(this.#op, this.#dtype)) return this.#total.set(f64.const(Number(start)));
    const raw = this.#dtype.isBig ? BigInt(start) : start;
    return this.#total.set(this.#scalar.constant(raw, this.#dtype));
  }

  add(value: Operand): Code {
    const [op, dtype, total] = [this.#op, this.#dtype, this.#total];
    if (isWide(op, dtype)) return this.addDouble(this.#scalar.cast(dtype, float64, value));
    if (op === "any") return total.set(i32.or(total, i32.ne(value, i32.const(0))));
    if (op === "all") return total.set(i32.and(total, i32.ne(value, i32.const(0))));
    return total.set(this.#scalar.binary(combining[op], dtype, total, value));
  }

  /** Adds a value that has not been rounded to the dtype; for sums and products of floats. */
  addDouble(value: Operand): Code {
    const combine = this.#op === "prod" ? f64.mul : f64.add;
    return this.#total.set(combine(this.#total, value));
  }

  /** As an element of the result, which may be wider or narrower than what was added. */
  store(pointer: Operand, out: DType): Code {
    const value = isWide(this.#op, this.#dtype)
      ? this.#scalar.cast(float64, out, this.#total)
      : this.#total;
    return this.#scalar.store(out, pointer, value);
  }
}

/** A total in each lane. */
export class VectorTotal {
  readonly #op: ReduceName;
  readonly #dtype: DType;
  readonly #vector: VectorWriter;
  readonly #scope: FunctionScope;
  /** Two pairs of doubles for float32, else one vector. */
  readonly #totals: readonly Local[];
  /** What there is instead for maxima and minima of floats. */
  readonly #extreme: Extreme | null;

  constructor(op: ReduceName, dtype: DType, vector: VectorWriter, scope: FunctionScope) {
    this.#op = op;
    this.#dtype = dtype;
    this.#vector = vector;
    this.#scope = scope;
    this.#extreme = isExtreme(op, dtype) ? new Extreme(op, vector.width, scope) : null;
    const count = this.#extreme ? 0 : isWide(op, dtype) && vector.width === 4 ? 2 : 1;
    this.#totals = Array.from({ length: count }, () => scope.local("v128"));
  }

  /** Vectors that it takes. */
  get vectors(): number {
    return this.#extreme?.vectors ?? this.#totals.length;
  }

  start(): Code {
    const start = identity(this.#op, this.#dtype);
    const wide = isWide(this.#op, this.#dtype);
    const code = wide
      ? splatBytes(Number(start), "f64")
      : this.#vector.constant(start, this.#dtype);
    if (this.#extreme) return this.#extreme.start(code);
    return this.#totals.map((total) => total.set(code));
  }

  add(value: Operand): Code {
    const [op, dtype, vector] = [this.#op, this.#dtype, this.#vector];
    const [total, high] = this.#totals as [Local, Local | undefined];
    if (this.#extreme) return this.#extreme.add(value);
    if (op === "any") return total.set(v128.or(total, value));
    if (op === "all") return total.set(v128.and(total, value));
    if (!high) return total.set(vector.binary(combining[op], dtype, total, value));
    const combine = op === "prod" ? f64x2.mul : f64x2.add;
    const x = this.#scope.local("v128");
    return [
      x.set(value),
      total.set(combine(total, f64x2.promote_low_f32x4(x))),
      high.set(combine(high, f64x2.promote_low_f32x4(upperHalf(x)))),
    ];
  }

  /** Goes on from totals that were stored as they are. */
  resume(pointer: Local, out: DType, offset: number, lanes: number): Code {
    const [total, high] = this.#totals as [Local, Local | undefined];
    // A lane that does not count may have any value.
    if (high) return [total, high].map((x, i) => x.set(v128.load(pointer, offset + 16 * i)));
    const stored = this.#vector.load(out, pointer, offset, lanes === 1 ? 0 : 1);
    return this.#extreme?.resume(stored) ?? total.set(stored);
  }

  /** All lanes, or only the first, as elements of the result, which may be wider or narrower than what was added. */
  store(pointer: Local, out: DType, offset: number, lanes: number): Code {
    const [first, high] = this.#totals as [Local, Local | undefined];
    const total = this.#extreme?.result() ?? first;
    if (high && out === float64) {
      if (lanes === 1) return v128.store64_lane(0, pointer, total, offset);
      return [v128.store(pointer, total, offset), v128.store(pointer, high, offset + 16)];
    }
    if (this.#dtype === float64 && out !== float64) {
      const value = f32x4.demote_f64x2_zero(total);
      return lanes === 1
        ? v128.store32_lane(0, pointer, value, offset)
        : v128.store64_lane(0, pointer, value, offset);
    }
    const value = high ? joinDoubles(total, high) : valueOf(total);
    return this.#vector.store(out, pointer, value, offset, lanes);
  }

  /** Adds all lanes, and those of others, to one total. */
  fold(into: ScalarTotal, others: readonly VectorTotal[]): Code {
    const extreme = this.#extreme;
    if (!extreme) return [this, ...others].map((each) => each.#foldLanes(into));
    const first = this.#vector.lane(0, this.#dtype, extreme.result());
    return [extreme.fold(others.map((each) => each.#extreme as Extreme)), into.add(first)];
  }

  #foldLanes(into: ScalarTotal): Code {
    if (isWide(this.#op, this.#dtype)) {
      return this.#totals.map((total) =>
        [0, 1].map((lane) => into.addDouble(f64x2.extract_lane(lane, total))),
      );
    }
    const [total] = this.#totals as [Local];
    return Array.from({ length: this.#vector.width }, (_, lane) =>
      into.add(this.#vector.lane(lane, this.#dtype, total)),
    );
  }
}
