/** Loads and stores of the first one to four floats of a vector, which touch no other memory. */

import { brIf, type Code, i32, type Local, loop, type Operand, v128, when } from "../assembler.ts";

/** Bytes of a float32. */
export const floatSize = 4;

/** `count` floats, zeros behind them. */
export function loadFloats(count: number, address: Local, offset: number): Code {
  switch (count) {
    case 1:
      return v128.load32_zero(address, offset);
    case 2:
      return v128.load64_zero(address, offset);
    case 3:
      return v128.load32_lane(2, address, v128.load64_zero(address, offset), offset + 8);
    default:
      return v128.load(address, offset);
  }
}

export function storeFloats(count: number, address: Local, value: Operand, offset: number): Code {
  switch (count) {
    case 1:
      return v128.store32_lane(0, address, value, offset);
    case 2:
      return v128.store64_lane(0, address, value, offset);
    case 3:
      return [
        v128.store64_lane(0, address, value, offset),
        v128.store32_lane(2, address, value, offset + 8),
      ];
    default:
      return v128.store(address, value, offset);
  }
}

/** How many floats of the vector at position `vector` take part, of `count` in a row. */
export function lanesOf(count: number, vector: number): number {
  return Math.min(4, count - 4 * vector);
}

/** Adds a constant to a local. */
export function advance(local: Local, bytes: number): Code {
  return bytes === 0 ? [] : local.set(i32.add(local, i32.const(bytes)));
}

/** `body` a known number of times; `counter` is 0, 1, … in it. */
export function repeat(counter: Local, count: number, body: Code): Code {
  if (count <= 0) return [];
  return [
    counter.set(i32.const(0)),
    loop((again) => [
      body,
      counter.set(i32.add(counter, i32.const(1))),
      brIf(again, i32.lt_u(counter, i32.const(count))),
    ]),
  ];
}

/** `body` for `from`, `from` + 1, … below `to`; `from` counts. */
export function repeatBetween(from: Local, to: Local, body: Code): Code {
  return when(
    i32.lt_u(from, to),
    loop((again) => [body, from.set(i32.add(from, i32.const(1))), brIf(again, i32.lt_u(from, to))]),
  );
}
