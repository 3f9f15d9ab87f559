/** Philox4x32-10 on vectors: four calls at once, one in each lane. */

import {
  type Code,
  type FunctionScope,
  i8x16,
  i32,
  i32x4,
  i64,
  i64x2,
  type Local,
  type Operand,
  v128,
} from "../assembler.ts";

/** The words of four calls: the first word of each, the second, … */
export type Words = readonly [Local, Local, Local, Local];

const splat = (x: number): Code => i32x4.splat(i32.const(x));

/** The 32-bit lanes of two vectors at these positions, those of the second vector counted from 4. */
export function pick(lanes: readonly number[], x: Operand, y: Operand): Code {
  return i8x16.shuffle(
    lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
    x,
    y,
  );
}

export class Philox {
  readonly words: Words;
  readonly #scope: FunctionScope;
  readonly #state: Local;
  readonly #keys: readonly [Local, Local];

  /** `state` points to key and counter, which are left alone. */
  constructor(scope: FunctionScope, state: Local) {
    const vector = () => scope.local("v128");
    this.words = [vector(), vector(), vector(), vector()];
    this.#scope = scope;
    this.#state = state;
    this.#keys = [vector(), vector()];
  }

  /** To be run once, before any calls. */
  start(): Code {
    return this.#keys.map((key, i) => key.set(i32x4.splat(i32.load(this.#state, 4 * i))));
  }

  /** Fills `words` with those of the calls `first`, a 64-bit number, `first + apart`, and so on. */
  calls(first: Local, apart: number): Code {
    const [c0, c1, c2, c3] = this.words;
    const [low, high] = [this.#scope.local("i64"), this.#scope.local("i64")];
    const carry = this.#scope.local("v128");
    const upper = (x: Local) => i32.wrap_i64(i64.shr_u(x, i64.const(32)));
    const lower = (x: Local) => i32x4.splat(i32.wrap_i64(x));
    const steps = [0, 1, 2, 3].flatMap((lane) => {
      const bytes = new DataView(new ArrayBuffer(4));
      bytes.setUint32(0, lane * apart, true);
      return Array.from(new Uint8Array(bytes.buffer));
    });
    /** A carry is -1 in its lane, and goes on where the word became 0. */
    const carried = (word: Local, value: Code): Code => [
      word.set(i32x4.sub(value, carry)),
      carry.set(v128.and(carry, i32x4.eq(word, splat(0)))),
    ];
    return [
      low.set(i64.add(i64.load(this.#state, 8), first)),
      high.set(i64.add(i64.load(this.#state, 16), i64.extend_i32_u(i64.lt_u(low, first)))),
      c0.set(i32x4.add(lower(low), v128.const(steps))),
      carry.set(i32x4.lt_u(c0, lower(low))),
      carried(c1, i32x4.splat(upper(low))),
      carried(c2, lower(high)),
      carried(c3, i32x4.splat(upper(high))),
      this.#rounds(),
    ];
  }

  #rounds(): Code {
    const [c0, c1, c2, c3] = this.words;
    const vector = () => this.#scope.local("v128");
    const keys = this.#keys.map(vector) as [Local, Local];
    const [low0, high0, low1, high1] = [vector(), vector(), vector(), vector()];
    const product = (low: Local, high: Local, word: Local, factor: number): Code => [
      low.set(i64x2.extmul_low_i32x4_u(word, splat(factor | 0))),
      high.set(i64x2.extmul_high_i32x4_u(word, splat(factor | 0))),
    ];
    const lowest = (low: Local, high: Local) => pick([0, 2, 4, 6], low, high);
    const highest = (low: Local, high: Local) => pick([1, 3, 5, 7], low, high);
    const round: Code = [
      product(low0, high0, c0, 0xd2511f53),
      product(low1, high1, c2, 0xcd9e8d57),
      c0.set(v128.xor(v128.xor(highest(low1, high1), c1), keys[0])),
      c1.set(lowest(low1, high1)),
      c2.set(v128.xor(v128.xor(highest(low0, high0), c3), keys[1])),
      c3.set(lowest(low0, high0)),
    ];
    const nextKeys: Code = [
      keys[0].set(i32x4.add(keys[0], splat(0x9e3779b9 | 0))),
      keys[1].set(i32x4.add(keys[1], splat(0xbb67ae85 | 0))),
    ];
    return [
      keys.map((key, i) => key.set(this.#keys[i] as Local)),
      Array.from({ length: 10 }, (_, i) => [i === 0 ? [] : nextKeys, round]),
    ];
  }
}
