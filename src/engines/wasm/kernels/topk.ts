/**
 * The largest elements of rows. An element becomes a number of 64 bits that is ordered as results are: above, its value
 * turned around, with NaN behind all others; below, its position, so that equals keep their order.
 */

import type { TopKParams } from "../../routines/scan.ts";
import {
  block,
  brIf,
  type Code,
  choose,
  type FunctionScope,
  f32,
  i32,
  i64,
  type Local,
  type ModuleBuilder,
  memory,
  type Operand,
  when,
  whileLoop,
} from "../assembler.ts";
import type { WasmKernel } from "../kernel.ts";
import type { WasmFunction } from "../webassembly.ts";
import { advance, floatSize, repeat, repeatBetween } from "./partial.ts";
import { sliceStart } from "./windows.ts";
import { partsOf } from "./work.ts";

const keySize = 8;
/** Up to so many results each element is put among the largest so far; for more, all are sorted. */
const fewResults = 16;
/** Rows up to this length are sorted by insertion, too. */
const shortRow = 48;
/** Sorting goes by digits of eight bits. */
const [digits, buckets] = [4, 256];

interface Ranking {
  readonly isFloat: boolean;
  readonly isBig: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly k: number;
  readonly slots: number;
}

export const topK: WasmKernel = (step, context) => {
  const [x] = step.inputs;
  const [values, positions] = step.outputs;
  if (!x || !values || !positions || values.size === 0) return null;
  const [type, index] = [x.dtype.baseName, positions.dtype.baseName];
  if ((type !== "float32" && type !== "int32") || (index !== "int32" && index !== "int64"))
    return null;
  const { k } = step.params as unknown as TopKParams;
  const columns = x.shape.at(-1) as number;
  const rows = x.size / columns;
  // Sorting an element takes as long as some dozen multiply-adds.
  const slots = Math.min(rows, context.threads, partsOf(32 * x.size));
  const ranking = {
    isFloat: type === "float32",
    isBig: index === "int64",
    rows,
    columns,
    k,
    slots,
  };
  const functions = context.functions(JSON.stringify(["topK", ranking]), (module) => {
    define(module, ranking);
  });
  const run = functions.run as WasmFunction;
  const space = context.scratch(slots * spaceOf(ranking));
  return ([from = 0], [to = 0, at = 0]) => {
    context.parallel(run, slots, 1, [from, to, at, space]);
  };
};

const isByInsertion = ({ columns, k }: Ranking): boolean => k <= fewResults || columns <= shortRow;

/** Bytes that a slot needs: the largest so far, or all numbers twice and how many have each digit. */
function spaceOf(ranking: Ranking): number {
  const { columns, k } = ranking;
  return isByInsertion(ranking) ? keySize * k : 2 * keySize * columns + 4 * digits * buckets;
}

/** Exports f(begin, end, x, values, positions, space) over slots, which share the rows. */
function define(module: ModuleBuilder, ranking: Ranking): void {
  const { isBig, rows, columns, k, slots } = ranking;
  module.function("run", ["i32", "i32", "i32", "i32", "i32", "i32"], [], (scope) => {
    const [slot, end, x, values, positions, space] = scope.params as [
      Local, Local, Local, Local, Local, Local,
    ]; // biome-ignore format: a list
    const locals = Array.from({ length: 7 }, () => scope.local("i32"));
    const [row, limit, from, keys, rank, index, to] = locals as [
      Local, Local, Local, Local, Local, Local, Local,
    ]; // biome-ignore format: a list
    const rankAll = isByInsertion(ranking) ? byInsertion : byDigits;
    const result = i32.mul(i32.add(i32.mul(row, i32.const(k)), rank), i32.const(isBig ? 8 : 4));
    return repeatBetween(slot, end, [
      keys.set(i32.add(space, i32.mul(slot, i32.const(spaceOf(ranking))))),
      row.set(sliceStart(slot, 0, rows, slots)),
      limit.set(sliceStart(slot, 1, rows, slots)),
      repeatBetween(row, limit, [
        from.set(i32.add(x, i32.mul(row, i32.const(columns * floatSize)))),
        rankAll(scope, ranking, from, keys),
        to.set(i32.add(values, i32.mul(row, i32.const(k * floatSize)))),
        repeat(rank, k, [
          index.set(i32.load(i32.add(keys, i32.shl(rank, i32.const(3))))),
          i32.store(to, i32.load(i32.add(from, i32.shl(index, i32.const(2))))),
          isBig
            ? i64.store(i32.add(positions, result), i64.extend_i32_u(index))
            : i32.store(i32.add(positions, result), index),
          advance(to, floatSize),
        ]),
      ]),
    ]);
  });
}

/** The number for the element at an address. */
function keyOf(scope: FunctionScope, isFloat: boolean, at: Local, index: Local): Code {
  const bits = scope.local("i32");
  let order: Code;
  if (isFloat) {
    const value = scope.local("f32");
    // Adding zero makes both zeros equal. The order of numbers is that of their bits, turned around below zero.
    const ascending = i32.xor(
      bits,
      i32.or(i32.shr_s(bits, i32.const(31)), i32.const(-0x8000_0000)),
    );
    order = [
      value.set(f32.add(f32.load(at), f32.const(0))),
      bits.set(i32.reinterpret_f32(value)),
      bits.set(choose(i32.const(-1), i32.xor(ascending, i32.const(-1)), f32.ne(value, value))),
    ];
  } else {
    order = bits.set(i32.xor(i32.load(at), i32.const(0x7fff_ffff)));
  }
  const high = i64.shl(i64.extend_i32_u(bits), i64.const(32));
  return [order, i64.or(high, i64.extend_i32_u(index))];
}

type Rank = (scope: FunctionScope, ranking: Ranking, from: Local, keys: Local) => Code;

/** The smallest numbers so far are kept in order. */
const byInsertion: Rank = (scope, { isFloat, columns, k }, from, keys) => {
  const [index, held, at, place] = Array.from({ length: 4 }, () => scope.local("i32")) as [
    Local, Local, Local, Local,
  ]; // biome-ignore format: a list
  const [key, other] = [scope.local("i64"), scope.local("i64")];
  const full = i32.add(keys, i32.const(keySize * k));
  return [
    at.set(from),
    held.set(keys),
    repeat(index, columns, [
      key.set(keyOf(scope, isFloat, at, index)),
      advance(at, floatSize),
      block((next) => [
        when(
          i32.lt_u(held, full),
          [place.set(held), advance(held, keySize)],
          [
            place.set(i32.sub(held, i32.const(keySize))),
            brIf(next, i64.ge_u(key, i64.load(place))),
          ],
        ),
        block((found) =>
          whileLoop(i32.gt_u(place, keys), [
            other.set(i64.load(i32.sub(place, i32.const(keySize)))),
            brIf(found, i64.ge_u(key, other)),
            i64.store(place, other),
            advance(place, -keySize),
          ]),
        ),
        i64.store(place, key),
      ]),
    ]),
  ];
};

/** Digit by digit of the upper halves, the lowest first, each time keeping the order of equals. */
const byDigits: Rank = (scope, { isFloat, columns }, from, keys) => {
  const [index, at, to, count, sum, digit, bucket] = Array.from({ length: 7 }, () =>
    scope.local("i32"),
  ) as [Local, Local, Local, Local, Local, Local, Local];
  const key = scope.local("i64");
  const half = keySize * columns;
  const tableBytes = 4 * buckets;
  const digitOf = (d: number): Operand =>
    i32.and(i32.wrap_i64(i64.shr_u(key, i64.const(32 + 8 * d))), i32.const(buckets - 1));
  const bucketOf = (d: number): Code => [
    bucket.set(
      i32.add(
        keys,
        i32.add(i32.const(2 * half + d * tableBytes), i32.shl(digitOf(d), i32.const(2))),
      ),
    ),
  ];
  const counted = Array.from({ length: digits }, (_, d) => [
    bucketOf(d),
    i32.store(bucket, i32.add(i32.load(bucket), i32.const(1))),
  ]);
  const pass = (d: number): Code => {
    const [source, target] = d % 2 === 0 ? [0, half] : [half, 0];
    return [
      // How many come before each digit.
      sum.set(i32.const(0)),
      bucket.set(i32.add(keys, i32.const(2 * half + d * tableBytes))),
      repeat(digit, buckets, [
        count.set(i32.load(bucket)),
        i32.store(bucket, sum),
        sum.set(i32.add(sum, count)),
        advance(bucket, 4),
      ]),
      at.set(i32.add(keys, i32.const(source))),
      repeat(index, columns, [
        key.set(i64.load(at)),
        bucketOf(d),
        sum.set(i32.load(bucket)),
        i32.store(bucket, i32.add(sum, i32.const(1))),
        to.set(i32.add(i32.add(keys, i32.const(target)), i32.shl(sum, i32.const(3)))),
        i64.store(to, key),
        advance(at, keySize),
      ]),
    ];
  };
  return [
    memory.fill(i32.add(keys, i32.const(2 * half)), i32.const(0), i32.const(digits * tableBytes)),
    at.set(from),
    to.set(keys),
    repeat(index, columns, [
      key.set(keyOf(scope, isFloat, at, index)),
      i64.store(to, key),
      counted,
      advance(at, floatSize),
      advance(to, keySize),
    ]),
    Array.from({ length: digits }, (_, d) => pass(d)),
  ];
};
