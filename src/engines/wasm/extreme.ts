/**
 * Running maxima and minima of floats in lanes. The instructions that heed NaN and the sign of zero take eight times as
 * long as those that do not, so both are kept apart until the end: a maximum has the sign that all have in common, a
 * minimum that of any, and one NaN makes the result NaN.
 */

import type { DType } from "../../core/dtypes.ts";
import {
  type Code,
  type FunctionScope,
  f32x4,
  f64x2,
  i8x16,
  type Local,
  type Operand,
  v128,
} from "./assembler.ts";
import { splatBytes } from "./simd.ts";

/** Whether this is the way to reduce. */
export const isExtreme = (op: string, dtype: DType): op is "max" | "min" =>
  dtype.isFloating && (op === "max" || op === "min");

export class Extreme {
  /** Vectors that it takes. */
  readonly vectors = 3;
  readonly #op: "max" | "min";
  readonly #width: 2 | 4;
  readonly #scope: FunctionScope;
  readonly #value: Local;
  readonly #signs: Local;
  readonly #isNan: Local;

  constructor(op: "max" | "min", width: 2 | 4, scope: FunctionScope) {
    this.#op = op;
    this.#width = width;
    this.#scope = scope;
    this.#value = scope.local("v128");
    this.#signs = scope.local("v128");
    this.#isNan = scope.local("v128");
  }

  /** Begins with an infinite number. */
  start(value: Code): Code {
    return [
      this.#value.set(value),
      this.#signs.set(splatBytes(this.#op === "max" ? -1 : 0, "i32")),
      this.#isNan.set(splatBytes(0, "i32")),
    ];
  }

  /** Goes on from a result. */
  resume(result: Operand): Code {
    const value = this.#value;
    const { ne } = this.#width === 2 ? f64x2 : f32x4;
    return [value.set(result), this.#signs.set(value), this.#isNan.set(ne(value, value))];
  }

  add(value: Operand): Code {
    const x = this.#scope.local("v128");
    const { ne } = this.#width === 2 ? f64x2 : f32x4;
    return [x.set(value), this.#combine(x, x, ne(x, x))];
  }

  #combine(value: Operand, signs: Operand, isNan: Operand): Code {
    const { pmax, pmin } = this.#width === 2 ? f64x2 : f32x4;
    const [combine, join] = this.#op === "max" ? [pmax, v128.and] : [pmin, v128.or];
    return [
      // NaN in second place leaves the first.
      this.#value.set(combine(this.#value, value)),
      this.#signs.set(join(this.#signs, signs)),
      this.#isNan.set(v128.or(this.#isNan, isNan)),
    ];
  }

  /** The result in each lane. */
  result(): Code {
    const sign = splatBytes(-0, this.#width === 2 ? "f64" : "f32");
    return v128.or(v128.bitselect(this.#signs, this.#value, sign), this.#isNan);
  }

  /** Adds what others have, and all lanes to the first. */
  fold(others: readonly Extreme[]): Code {
    const turned = (x: Local, bytes: number): Code =>
      i8x16.shuffle(
        Array.from({ length: 16 }, (_, i) => (i + bytes) % 16),
        x,
        x,
      );
    const halves = this.#width === 2 ? [8] : [8, 4];
    return [
      others.map((other) => this.#combine(other.#value, other.#signs, other.#isNan)),
      halves.map((bytes) =>
        this.#combine(
          turned(this.#value, bytes),
          turned(this.#signs, bytes),
          turned(this.#isNan, bytes),
        ),
      ),
    ];
  }
}
