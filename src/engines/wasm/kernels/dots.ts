/**
 * Tiles for few columns: four elements of a sum at a time, where a vector of columns would be mostly empty. Both sides
 * must have the elements of a sum next to each other.
 */

import {
  type Code,
  type Func,
  f32x4,
  i8x16,
  i32,
  type Local,
  type ModuleBuilder,
  type Operand,
  v128,
} from "../assembler.ts";
import type { MultiplyAdd } from "./multiply-add.ts";
import type { Pack } from "./pack.ts";
import { advance, floatSize, loadFloats, repeat, repeatBetween } from "./partial.ts";
import { joined, overWalks, type Tile, unrolling, type Walk } from "./tile.ts";

/** Up to so many columns. */
const mostColumns = 3;
/** Shorter runs of elements would leave vectors mostly empty too. */
const shortestRun = 8;
export function isForDots(columns: number, walks: readonly Walk[]): boolean {
  const last = joined(walks).at(-1);
  return columns <= mostColumns && last?.step === floatSize && last.count >= shortestRun;
}

/** Defines f(left, right, out), which computes one tile; `rightStride` is what lies between columns. */
export function defineDots(module: ModuleBuilder, tile: Tile, madd: MultiplyAdd): Func {
  const { rows, columns, leftStride, rightStride, outStride } = tile;
  return module.function(null, ["i32", "i32", "i32"], [], (scope) => {
    const [left, right, out] = [scope.param(0), scope.param(1), scope.param(2)];
    const sums = Array.from({ length: rows }, () =>
      Array.from({ length: columns }, () => scope.local("v128")),
    );
    const across = Array.from({ length: columns }, () => scope.local("v128"));
    const down = scope.local("v128");
    const elements = (lanes: number, offset: number): Code => [
      across.map((vector, j) => vector.set(loadFloats(lanes, right, offset + j * rightStride))),
      sums.map((row, i) => [
        down.set(loadFloats(lanes, left, offset + i * leftStride)),
        row.map((sum, j) => sum.set(madd.write(down, across[j] as Local, sum))),
      ]),
    ];
    const several = (vectors: number): Code => [
      Array.from({ length: vectors }, (_, i) => elements(4, 16 * i)),
      advance(left, 16 * vectors),
      advance(right, 16 * vectors),
    ];
    const { several: unrolled } = unrolling(madd);
    const walk = ({ count }: Walk): Code => {
      const vectors = Math.floor(count / 4);
      const rest = count % 4;
      return [
        repeat(scope.local("i32"), Math.floor(vectors / unrolled), several(unrolled)),
        several(vectors % unrolled),
        rest > 0 ? elements(rest, 0) : [],
        advance(left, rest * floatSize),
        advance(right, rest * floatSize),
      ];
    };
    const store = (sum: Local, offset: number): Code => {
      const before = v128.load32_zero(out, offset);
      return [
        sum.set(f32x4.add(sum, i8x16.shuffle(upperHalf, sum, sum))),
        sum.set(f32x4.add(sum, i8x16.shuffle(second, sum, sum))),
        v128.store32_lane(0, out, tile.add ? f32x4.add(sum, before) : sum, offset),
      ];
    };
    return [
      overWalks(scope, tile.walks, left, walk),
      sums.map((row, i) => row.map((sum, j) => store(sum, i * outStride + j * floatSize))),
    ];
  });
}

const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const second = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11];

/** Exports f(begin, end, source, packed), which packs columns one after the other. */
export function defineDotPack(module: ModuleBuilder, name: string | null, pack: Pack): Func {
  const { blocks, depth, rowStride, columnStride } = pack;
  const length = blocks.length * depth * floatSize;
  return module.function(name, ["i32", "i32", "i32", "i32"], [], (scope) => {
    const [column, end, source, packed] = scope.params as [Local, Local, Local, Local];
    const [from, to, counter] = [scope.local("i32"), scope.local("i32"), scope.local("i32")];
    const start: Operand = i32.mul(
      column,
      i32.const(rowStride === null ? columnStride : floatSize),
    );
    return repeatBetween(column, end, [
      to.set(i32.add(packed, i32.mul(column, i32.const(length)))),
      blocks.map((offset) => [
        from.set(i32.add(source, i32.add(start, i32.const(offset)))),
        repeat(counter, depth, [
          i32.store(to, i32.load(from)),
          advance(from, rowStride ?? floatSize),
          advance(to, floatSize),
        ]),
      ]),
    ]);
  });
}
