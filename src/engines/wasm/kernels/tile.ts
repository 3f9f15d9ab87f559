/**
 * The innermost part of products: a tile of sums held in registers. Strides are constants of the code, so that one
 * pointer serves all rows of the left side, wherever it lies: a matrix, its transpose, or the windows of an image.
 */

import {
  brIf,
  type Code,
  type Func,
  type FunctionScope,
  f32x4,
  i32,
  type Local,
  loop,
  type ModuleBuilder,
  v128,
} from "../assembler.ts";
import type { MultiplyAdd } from "./multiply-add.ts";
import { advance, floatSize, lanesOf, loadFloats, repeat, storeFloats } from "./partial.ts";

/** One of the nested loops that make up a sum: how often, and by how many bytes the left side moves. */
export interface Walk {
  readonly count: number;
  readonly step: number;
}

export interface Tile {
  readonly rows: number;
  readonly columns: number;
  /** Bytes from one row of the left side to the next. */
  readonly leftStride: number;
  /** How the sums run over the left side, the outermost loop first. */
  readonly walks: readonly Walk[];
  /** Bytes between the rows of the right side, which is read straight through. */
  readonly rightStride: number;
  /** Whether a whole vector may be read where fewer columns are wanted. */
  readonly rightPadded: boolean;
  /** Bytes between the rows of the result. */
  readonly outStride: number;
  /** Whether the sums are added to what the result holds. */
  readonly add: boolean;
}

/**
 * Elements of a sum that are written out one after the other, and up to how many the whole sum is. Compilers load
 * everything at the beginning of a block: with two instructions for each product, registers suffice for one element.
 */
export const unrolling = (madd: MultiplyAdd): { several: number; whole: number } =>
  madd.fused ? { several: 4, whole: 12 } : { several: 1, whole: 1 };

/** Defines f(left, right, out), which computes one tile. */
export function defineTile(module: ModuleBuilder, tile: Tile, madd: MultiplyAdd): Func {
  return module.function(null, ["i32", "i32", "i32"], [], (scope) => {
    const vectors = Math.ceil(tile.columns / 4);
    const sums = Array.from({ length: tile.rows }, () =>
      Array.from({ length: vectors }, () => scope.local("v128")),
    );
    return [sumUp(scope, tile, sums, madd), leave(scope, tile, sums)];
  });
}

function sumUp(
  scope: FunctionScope,
  tile: Tile,
  sums: readonly (readonly Local[])[],
  madd: MultiplyAdd,
): Code {
  const { columns, leftStride, rightStride, rightPadded } = tile;
  const left = scope.param(0);
  const right = scope.param(1);
  const across = (sums[0] ?? []).map(() => scope.local("v128"));
  const down = scope.local("v128");
  /** One element of the sums, so many bytes from where the pointers stand. */
  const element = (leftOffset: number, rightOffset: number): Code => [
    across.map((vector, j) => {
      const count = rightPadded ? 4 : lanesOf(columns, j);
      return vector.set(loadFloats(count, right, rightOffset + 16 * j));
    }),
    sums.map((row, i) => [
      down.set(v128.load32_splat(left, leftOffset + i * leftStride)),
      row.map((sum, j) => sum.set(madd.write(down, across[j] as Local, sum))),
    ]),
  ];
  const several = (count: number, step: number): Code => [
    Array.from({ length: count }, (_, p) => element(p * step, p * rightStride)),
    advance(right, count * rightStride),
  ];
  const { several: unrolled, whole } = unrolling(madd);
  return overWalks(scope, tile.walks, left, ({ count, step }) => {
    if (count <= whole) return [several(count, step), advance(left, count * step)];
    const rounds = Math.floor(count / unrolled);
    const end = scope.local("i32");
    const rest = count - rounds * unrolled;
    return [
      end.set(i32.add(right, i32.const(rounds * unrolled * rightStride))),
      loop((again) => [
        several(unrolled, step),
        advance(left, unrolled * step),
        brIf(again, i32.ne(right, end)),
      ]),
      several(rest, step),
      advance(left, rest * step),
    ];
  });
}

/** Code for nested walks. `innermost` moves `left` by all the steps of its walk. */
export function overWalks(
  scope: FunctionScope,
  walks: readonly Walk[],
  left: Local,
  innermost: (walk: Walk) => Code,
): Code {
  const nest = ([first, ...inner]: readonly Walk[]): Code => {
    if (!first) return [];
    const next = inner[0];
    if (!next) return innermost(first);
    const moved = next.count * next.step;
    return repeat(scope.local("i32"), first.count, [
      nest(inner),
      advance(left, first.step - moved),
    ]);
  };
  return walks.some(({ count }) => count === 0) ? [] : nest(joined(walks));
}

/** Walks of one step are left out; those that go on where the inner one ends are joined with it. */
export function joined(walks: readonly Walk[]): Walk[] {
  const result: Walk[] = [];
  for (const { count, step } of walks.filter((walk) => walk.count !== 1).reverse()) {
    const inner = result[0];
    if (inner && step === inner.count * inner.step) {
      result[0] = { count: inner.count * count, step: inner.step };
    } else {
      result.unshift({ count, step });
    }
  }
  return result.length > 0 ? result : [{ count: 1, step: floatSize }];
}

function leave(
  scope: FunctionScope,
  { columns, outStride, add }: Tile,
  sums: readonly (readonly Local[])[],
): Code {
  const out = scope.param(2);
  return sums.map((row, i) =>
    row.map((sum, j) => {
      const offset = i * outStride + 16 * j;
      const count = lanesOf(columns, j);
      const value = add ? f32x4.add(loadFloats(count, out, offset), sum) : sum;
      return storeFloats(count, out, value, offset);
    }),
  );
}
