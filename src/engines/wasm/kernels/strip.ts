/** Strips of tiles: all columns of a few rows, and rows split into strips of about equal height. */

import {
  type Code,
  call,
  choose,
  type Func,
  i32,
  type Local,
  type ModuleBuilder,
  type Operand,
  when,
} from "../assembler.ts";
import { defineDots } from "./dots.ts";
import type { MultiplyAdd } from "./multiply-add.ts";
import { advance, floatSize, repeat } from "./partial.ts";
import { defineTile, type Tile } from "./tile.ts";

/** Columns of a tile: two vectors. */
export const panelWidth = 8;
/**
 * Rows of a tile. There are 15 registers: for two sums a row, the two vectors of the right side, and what the left side is
 * spread to, once where products are added in one instruction, otherwise once a row (see `unrolling`). Dot products have
 * one sum for each column.
 */
export function tallest({ fused }: MultiplyAdd, dotColumns: number | null): number {
  if (dotColumns !== null) return Math.floor((fused ? 12 : 8) / dotColumns);
  return fused ? 6 : 4;
}

/** Columns of a tile of so few rows: enough sums that do not wait for each other, as far as registers go. */
export function widthFor(rows: number): number {
  return [panelWidth, 24, 16, 12][rows] ?? panelWidth;
}

export interface Strips extends Omit<Tile, "rows" | "columns"> {
  /** Rows of all strips together. */
  readonly rows: number;
  readonly columns: number;
  /** Columns of a panel, and bytes from one panel of the right side to the next. */
  readonly width: number;
  readonly panelStep: number;
  /** The right side is packed for dot products; its stride is then that between columns. */
  readonly isDots: boolean;
}

interface Split {
  readonly count: number;
  /** The first `taller` strips have one row more than `height`. */
  readonly taller: number;
  readonly height: number;
}

/** Rows in strips of at most `most`, none more than one row lower than another. */
export function splitRows(rows: number, most: number): Split {
  const count = Math.ceil(rows / most);
  const height = count === 0 ? 0 : Math.floor(rows / count);
  return { count, height, taller: rows - count * height };
}

interface StripCode {
  readonly split: Split;
  /** The first row of strip number `index`. */
  rowOf(index: Operand): Code;
  /** Computes strip number `index`; left and out are where all strips start. */
  at(index: Local, left: Local, right: Local, out: Local): Code;
}

/** Defines the functions for strips; the tiles that they need are shared by all strips of `known`. */
export function defineStrips(
  module: ModuleBuilder,
  strips: Strips,
  madd: MultiplyAdd,
  known: Map<string, Func>,
): StripCode {
  const split = splitRows(strips.rows, tallest(madd, strips.isDots ? strips.columns : null));
  const { count, height, taller } = split;
  const low = taller < count ? defineStrip(module, strips, height, madd, known) : null;
  const high = taller > 0 ? defineStrip(module, strips, height + 1, madd, known) : null;
  const limit = i32.const(taller);
  const rowOf = (index: Operand): Code =>
    i32.add(i32.mul(index, i32.const(height)), choose(index, limit, i32.lt_u(index, limit)));
  const at = (index: Local, left: Local, right: Local, out: Local): Code => {
    const row = rowOf(index);
    const from = i32.add(left, i32.mul(row, i32.const(strips.leftStride)));
    const to = i32.add(out, i32.mul(row, i32.const(strips.outStride)));
    const lower = low ? call(low, from, right, to) : [];
    const higher = high ? call(high, from, right, to) : [];
    if (!low) return higher;
    if (!high) return lower;
    return when(i32.lt_u(index, limit), higher, lower);
  };
  return { split, rowOf, at };
}

/** f(left, right, out) for one strip. */
function defineStrip(
  module: ModuleBuilder,
  { columns, width, panelStep, isDots, ...strips }: Strips,
  rows: number,
  madd: MultiplyAdd,
  known: Map<string, Func>,
): Func {
  if (isDots) {
    const tile = { ...strips, rows, columns };
    return remembered(known, `dots ${JSON.stringify(tile)}`, () => defineDots(module, tile, madd));
  }
  const tileOf = (some: number): Func => {
    const tile = { ...strips, rows, columns: some };
    return remembered(known, `tile ${JSON.stringify(tile)}`, () => defineTile(module, tile, madd));
  };
  const panels = Math.floor(columns / width);
  const rest = columns % width;
  if (panels === 0) return tileOf(rest);
  const key = `strip ${JSON.stringify({ ...strips, columns, width, panelStep, rows })}`;
  return remembered(known, key, () =>
    module.function(null, ["i32", "i32", "i32"], [], (scope) => {
      const [left, right, out] = [scope.param(0), scope.param(1), scope.param(2)];
      const counter = scope.local("i32");
      return [
        repeat(counter, panels, [
          call(tileOf(width), left, right, out),
          advance(right, panelStep),
          advance(out, width * floatSize),
        ]),
        rest > 0 ? call(tileOf(rest), left, right, out) : [],
      ];
    }),
  );
}

function remembered(known: Map<string, Func>, key: string, make: () => Func): Func {
  let func = known.get(key);
  if (!func) {
    func = make();
    known.set(key, func);
  }
  return func;
}
