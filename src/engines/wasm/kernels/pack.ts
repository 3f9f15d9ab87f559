/** Copies of the right side of a product in panels of eight columns, padded with zeros: what tiles read fastest. */

import {
  type Code,
  type Func,
  type FunctionScope,
  i8x16,
  i32,
  type Local,
  type ModuleBuilder,
  type Operand,
  v128,
  when,
} from "../assembler.ts";
import { advance, floatSize, lanesOf, loadFloats, repeat, repeatBetween } from "./partial.ts";
import { panelWidth } from "./strip.ts";

/** Bytes of one row of a panel. */
export const panelRow = panelWidth * floatSize;

export interface Pack {
  readonly columns: number;
  /** Where blocks of rows start in the source, in bytes, in the order in which they are packed. */
  readonly blocks: readonly number[];
  /** Rows of each block. */
  readonly depth: number;
  /** Bytes from one row to the next where columns are neighbours; null where rows are. */
  readonly rowStride: number | null;
  /** Bytes from one column to the next where rows are neighbours. */
  readonly columnStride: number;
}

export function panelsOf(columns: number): number {
  return Math.ceil(columns / panelWidth);
}

/** Bytes of all panels. */
export function packedSize({
  columns,
  blocks,
  depth,
}: Omit<Pack, "rowStride" | "columnStride">): number {
  return panelsOf(columns) * blocks.length * depth * panelRow;
}

/** Exports f(begin, end, source, packed), which packs panels. */
export function definePack(module: ModuleBuilder, name: string | null, pack: Pack): Func {
  const { columns, blocks, depth, rowStride, columnStride } = pack;
  const rest = columns % panelWidth;
  const full = Math.floor(columns / panelWidth);
  return module.function(name, ["i32", "i32", "i32", "i32"], [], (scope) => {
    const [panel, end, source] = [scope.param(0), scope.param(1), scope.param(2)];
    const to = scope.local("i32");
    const from = scope.local("i32");
    const counter = scope.local("i32");
    const bytes = panelWidth * (rowStride === null ? columnStride : floatSize);
    const block = (width: number): Code =>
      rowStride === null
        ? transposed(scope, { from, to, counter }, depth, columnStride, width)
        : straight({ from, to, counter }, depth, rowStride, width);
    const all = (width: number): Code =>
      blocks.map((offset) => [
        from.set(i32.add(source, i32.add(i32.mul(panel, i32.const(bytes)), i32.const(offset)))),
        block(width),
      ]);
    return repeatBetween(panel, end, [
      to.set(i32.add(scope.param(3), i32.mul(panel, i32.const(blocks.length * depth * panelRow)))),
      full === 0
        ? all(rest)
        : rest === 0
          ? all(panelWidth)
          : when(i32.lt_u(panel, i32.const(full)), all(panelWidth), all(rest)),
    ]);
  });
}

interface Moving {
  readonly from: Local;
  readonly to: Local;
  readonly counter: Local;
}

function straight(
  { from, to, counter }: Moving,
  depth: number,
  stride: number,
  width: number,
): Code {
  return repeat(counter, depth, [
    [0, 1].map((j) => {
      const count = lanesOf(width, j);
      const value = count <= 0 ? zeros : loadFloats(count, from, 16 * j);
      return v128.store(to, value, 16 * j);
    }),
    advance(from, stride),
    advance(to, panelRow),
  ]);
}

const zeros = v128.const(new Array<number>(16).fill(0));

/** Blocks of four rows and four columns are turned by shuffles, what is left over goes lane by lane. */
function transposed(
  scope: FunctionScope,
  { from, to, counter }: Moving,
  depth: number,
  stride: number,
  width: number,
): Code {
  const row = (): Code =>
    [0, 1].map((j) => {
      const count = lanesOf(width, j);
      let value = count <= 0 ? zeros : v128.load32_zero(from, 4 * j * stride);
      for (let lane = 1; lane < count; lane++) {
        value = v128.load32_lane(lane, from, value, (4 * j + lane) * stride);
      }
      return v128.store(to, value, 16 * j);
    });
  const one = [row(), advance(from, floatSize), advance(to, panelRow)];
  if (width < panelWidth) return repeat(counter, depth, one);
  const vectors = [0, 1, 2, 3].map(() => scope.local("v128"));
  const turned = [0, 1].map((j) => [
    vectors.map((vector, i) => vector.set(v128.load(from, (4 * j + i) * stride))),
    turn(vectors).map((value, p) => v128.store(to, value, p * panelRow + 16 * j)),
  ]);
  const code = [
    repeat(counter, Math.floor(depth / 4), [
      turned,
      advance(from, 4 * floatSize),
      advance(to, 4 * panelRow),
    ]),
    repeat(counter, depth % 4, one),
  ];
  for (const vector of vectors) scope.release(vector);
  return code;
}

/** Rows of the transpose that are written at once. */
export const turnedRows = 8;

/**
 * Exports f(begin, end, source, out): the transpose of a matrix [depth, rows], in steps of eight of its rows, of which
 * there must be a multiple.
 */
export function defineTranspose(
  module: ModuleBuilder,
  name: string,
  depth: number,
  rows: number,
): Func {
  return module.function(name, ["i32", "i32", "i32", "i32"], [], (scope) => {
    const [step, end, source, out] = scope.params as [Local, Local, Local, Local];
    const [from, to, counter] = [scope.local("i32"), scope.local("i32"), scope.local("i32")];
    const vectors = [0, 1, 2, 3].map(() => scope.local("v128"));
    const one = vectors[0] as Local;
    const halves = [0, 1];
    return repeatBetween(step, end, [
      from.set(i32.add(source, i32.mul(step, i32.const(turnedRows * floatSize)))),
      to.set(i32.add(out, i32.mul(step, i32.const(turnedRows * depth * floatSize)))),
      repeat(counter, Math.floor(depth / 4), [
        halves.map((half) => [
          vectors.map((vector, i) => vector.set(v128.load(from, i * rows * floatSize + 16 * half))),
          turn(vectors).map((value, i) =>
            v128.store(to, value, (4 * half + i) * depth * floatSize),
          ),
        ]),
        advance(from, 4 * rows * floatSize),
        advance(to, 4 * floatSize),
      ]),
      repeat(counter, depth % 4, [
        halves.map((half) => [
          one.set(v128.load(from, 16 * half)),
          [0, 1, 2, 3].map((i) =>
            v128.store32_lane(i, to, one, (4 * half + i) * depth * floatSize),
          ),
        ]),
        advance(from, rows * floatSize),
        advance(to, floatSize),
      ]),
    ]);
  });
}

const lanes = (indices: readonly number[]): number[] =>
  indices.flatMap((index) => [0, 1, 2, 3].map((byte) => 4 * index + byte));

/** The columns of the matrix whose rows are the four vectors. */
function turn(vectors: readonly Local[]): Code[] {
  const [a, b, c, d] = vectors as [Local, Local, Local, Local];
  const low = (x: Operand, y: Operand) => i8x16.shuffle(lanes([0, 4, 1, 5]), x, y);
  const high = (x: Operand, y: Operand) => i8x16.shuffle(lanes([2, 6, 3, 7]), x, y);
  const first = (x: Operand, y: Operand) => i8x16.shuffle(lanes([0, 1, 4, 5]), x, y);
  const second = (x: Operand, y: Operand) => i8x16.shuffle(lanes([2, 3, 6, 7]), x, y);
  return [
    first(low(a, b), low(c, d)),
    second(low(a, b), low(c, d)),
    first(high(a, b), high(c, d)),
    second(high(a, b), high(c, d)),
  ];
}
