/** Philox4x32-10, the counter-based random generator of Salmon et al. (2011), positioned as TensorFlow positions it. */

const word = 2 ** 32;

/**
 * Where a generator stands: `[k0, k1, c0, c1, c2, c3]`, key then 128-bit counter, least significant word first. One call
 * gives four words and moves the counter by one.
 */
export type PhiloxState = Uint32Array;

/** The state of a fresh op from its attributes `seed` and `seed2`, taken as unsigned 64-bit numbers. */
export function initialState(seed: bigint | number, seed2: bigint | number): PhiloxState {
  const key = BigInt.asUintN(64, BigInt(seed));
  const counter = BigInt.asUintN(64, BigInt(seed2));
  const low = (value: bigint) => Number(value & 0xffffffffn);
  return Uint32Array.of(low(key), low(key >> 32n), 0, 0, low(counter), low(counter >> 32n));
}

/** Moves a state forward by `calls` calls (below 2^53), in place. */
export function advance(state: PhiloxState, calls: number): void {
  let carry = calls;
  for (let i = 2; i < 6 && carry > 0; i++) {
    const sum = (state[i] as number) + (carry % word);
    state[i] = sum % word;
    carry = Math.floor(carry / word) + (sum >= word ? 1 : 0);
  }
}

export class Philox {
  /** The words of the last call. */
  readonly words = new Uint32Array(4);
  readonly #state: PhiloxState;
  #unread = 0;

  /** Starts at `state`, `calls` calls further on; the caller's array is left alone. */
  constructor(state: PhiloxState, calls = 0) {
    this.#state = state.slice();
    advance(this.#state, calls);
  }

  /** Puts the next four words into `words`. */
  next4(): void {
    tenRounds(this.#state, this.words);
    const state = this.#state;
    for (let i = 2; i < 6; i++) {
      state[i] = (state[i] as number) + 1;
      if (state[i] !== 0) break;
    }
  }

  /** Leaves out `calls` calls. */
  skip(calls: number): void {
    advance(this.#state, calls);
  }

  /** Words one at a time, four from each call. */
  nextWord(): number {
    if (this.#unread === 0) {
      this.next4();
      this.#unread = 4;
    }
    return this.words[4 - this.#unread--] as number;
  }
}

/** The upper 32 bits of a 64-bit product of unsigned words. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const cross = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middle = (cross & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(cross / 65536) + Math.floor(middle / 65536)) | 0;
}

function tenRounds(state: PhiloxState, out: Uint32Array): void {
  let k0 = state[0] as number;
  let k1 = state[1] as number;
  let c0 = state[2] as number;
  let c1 = state[3] as number;
  let c2 = state[4] as number;
  let c3 = state[5] as number;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
