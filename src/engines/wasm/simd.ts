/** Small pieces of vector code that are needed in many places. */

import { type Code, f32x4, i8x16, type Local, type Operand, v128 } from "./assembler.ts";

/** A vector of equal lanes. */
export const splatBytes = (value: number, kind: "f32" | "f64" | "i32"): Code => {
  const view = new DataView(new ArrayBuffer(16));
  const size = kind === "f64" ? 8 : 4;
  for (let at = 0; at < 16; at += size) {
    if (kind === "f64") view.setFloat64(at, value, true);
    else if (kind === "f32") view.setFloat32(at, value, true);
    else view.setInt32(at, value, true);
  }
  return v128.const(Array.from(new Uint8Array(view.buffer)));
};

/** Lanes 2 and 3 as lanes 0 and 1. */
export function upperHalf(x: Local): Code {
  const lanes = [8, 9, 10, 11, 12, 13, 14, 15];
  return i8x16.shuffle([...lanes, ...lanes], x, x);
}

/** Two pairs of doubles as four float32. */
export function joinDoubles(low: Operand, high: Operand): Code {
  const lanes = [0, 1, 2, 3, 4, 5, 6, 7];
  return i8x16.shuffle(
    [...lanes, ...lanes.map((lane) => lane + 16)],
    f32x4.demote_f64x2_zero(low),
    f32x4.demote_f64x2_zero(high),
  );
}
