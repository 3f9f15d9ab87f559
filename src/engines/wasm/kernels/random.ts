/** Uniform and normal random numbers, float32: the same bits as the routines give, four numbers from each Philox call. */

import { sizeOf } from "../../../core/ndarray.ts";
import { inverses, logarithms, octaveStart } from "../../routines/float32math.ts";
import {
  type Code,
  type FunctionScope,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i32,
  i32x4,
  i64,
  i64x2,
  type Local,
  type ModuleBuilder,
  type Operand,
  v128,
  when,
} from "../assembler.ts";
import type { WasmKernel } from "../kernel.ts";
import type { WasmFunction } from "../webassembly.ts";
import { floatSize, repeatBetween } from "./partial.ts";
import { isFloat32 } from "./work.ts";

/** Philox calls that a thread should make at least. */
const grainCalls = 1 << 12;
const tableSize = 8 * inverses.length;

type Words = readonly [Local, Local, Local, Local];

/**
 * Exports f(begin, end, state, out, count, table): calls `begin` to `end` of a generator whose state (key, counter) is
 * left alone; each fills four of the `count` results.
 */
function defineFill(
  module: ModuleBuilder,
  write: (scope: FunctionScope, words: Words, table: Local) => Code,
): void {
  const params = ["i32", "i32", "i32", "i32", "i32", "i32"] as const;
  module.function("fill", params, [], (scope) => {
    const [index, end, state, out, count, table] = scope.params as readonly Local[] as Six;
    const words = Array.from({ length: 4 }, () => scope.local("i32")) as unknown as Words;
    const values = scope.local("v128");
    const to = scope.local("i32");
    const left = scope.local("i32");
    const some = (lanes: number): Code => [v128.store32_lane(lanes, to, values, lanes * floatSize)];
    return repeatBetween(index, end, [
      philox(scope, state, index, words),
      values.set(write(scope, words, table)),
      to.set(i32.add(out, i32.shl(index, i32.const(4)))),
      left.set(i32.sub(count, i32.shl(index, i32.const(2)))),
      when(i32.ge_s(left, i32.const(4)), v128.store(to, values), [
        some(0),
        when(i32.gt_s(left, i32.const(1)), some(1)),
        when(i32.gt_s(left, i32.const(2)), some(2)),
      ]),
    ]);
  });
}

type Six = [Local, Local, Local, Local, Local, Local];

/** The words of one call. */
function philox(scope: FunctionScope, state: Local, index: Local, words: Words): Code {
  const [c0, c1, c2, c3] = words;
  const [k0, k1] = [scope.local("i32"), scope.local("i32")];
  const [low, high, first, second] = Array.from({ length: 4 }, () => scope.local("i64")) as [
    Local,
    Local,
    Local,
    Local,
  ];
  const upper = (x: Local) => i32.wrap_i64(i64.shr_u(x, i64.const(32)));
  const product = (x: Local, factor: number) => i64.mul(i64.extend_i32_u(x), i64.const(factor));
  const round: Code = [
    first.set(product(c0, 0xd2511f53)),
    second.set(product(c2, 0xcd9e8d57)),
    c0.set(i32.xor(i32.xor(upper(second), c1), k0)),
    c1.set(i32.wrap_i64(second)),
    c2.set(i32.xor(i32.xor(upper(first), c3), k1)),
    c3.set(i32.wrap_i64(first)),
  ];
  const nextKey: Code = [
    k0.set(i32.add(k0, i32.const(0x9e3779b9))),
    k1.set(i32.add(k1, i32.const(0xbb67ae85))),
  ];
  return [
    k0.set(i32.load(state, 0)),
    k1.set(i32.load(state, 4)),
    // The 128-bit counter, moved by so many calls.
    low.set(i64.add(i64.load(state, 8), i64.extend_i32_u(index))),
    high.set(
      i64.add(i64.load(state, 16), i64.extend_i32_u(i64.lt_u(low, i64.extend_i32_u(index)))),
    ),
    c0.set(i32.wrap_i64(low)),
    c1.set(upper(low)),
    c2.set(i32.wrap_i64(high)),
    c3.set(upper(high)),
    Array.from({ length: 10 }, (_, i) => [i === 0 ? [] : nextKey, round]),
  ];
}

const splat = (x: number) => f64x2.splat(f64.const(x));
const splatInteger = (x: number) => i32x4.splat(i32.const(x));

/** Words as float32 in [0, 1), by their lower 23 bits. */
function uniform(words: Operand): Code {
  const integers = v128.and(words, splatInteger(0x7fffff));
  return f32x4.mul(f32x4.convert_i32x4_s(integers), f32x4.splat(f32.const(2 ** -23)));
}

function lanes(...words: readonly Local[]): Code {
  return words.reduce<Code>(
    (vector, word, lane) =>
      lane === 0 ? i32x4.splat(word) : i32x4.replace_lane(lane, vector, word),
    [],
  );
}

/** The four words of a call as two pairs, each giving two normals: see `normalPair32` of the routines. */
function normals(scope: FunctionScope, [w0, w1, w2, w3]: Words, table: Local): Code {
  const vector = () => scope.local("v128");
  const [radius, x, quadrant, sine, cosine, odd] = Array.from({ length: 6 }, vector) as Six;
  const smallest = f32x4.splat(f32.const(1e-7));
  const interleave = [0, 16, 4, 20].flatMap((start) => [0, 1, 2, 3].map((i) => start + i));
  const twice = [0, 0, 4, 4].flatMap((start) => [0, 1, 2, 3].map((i) => start + i));
  const sign = (quadrants: Code) =>
    v128.and(i64x2.shl(quadrants, i32.const(62)), i64x2.splat(i64.const(-(2n ** 63n))));
  const one = i64x2.splat(i64.const(1));
  return [
    radius.set(logarithm(scope, f32x4.max(uniform(lanes(w0, w2)), smallest), table)),
    radius.set(f32x4.sqrt(f32x4.mul(radius, f32x4.splat(f32.const(-2))))),
    x.set(f64x2.promote_low_f32x4(uniform(lanes(w1, w3)))),
    x.set(f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(f64x2.mul(splat(2 * Math.PI), x)))),
    quadrant.set(f64x2.floor(f64x2.add(f64x2.mul(x, splat(2 / Math.PI)), splat(0.5)))),
    x.set(f64x2.sub(x, f64x2.mul(quadrant, splat(Math.PI / 2)))),
    quadrant.set(i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(quadrant))),
    circular(scope, x, sine, cosine),
    odd.set(i64x2.shr_s(i64x2.shl(quadrant, i32.const(63)), i32.const(63))),
    f32x4.mul(
      i8x16.shuffle(
        interleave,
        f32x4.demote_f64x2_zero(v128.xor(v128.bitselect(cosine, sine, odd), sign(quadrant.get()))),
        f32x4.demote_f64x2_zero(
          v128.xor(v128.bitselect(sine, cosine, odd), sign(i64x2.add(quadrant, one))),
        ),
      ),
      i8x16.shuffle(twice, radius, radius),
    ),
  ];
}

/** log of the first two float32 lanes, by the same steps as `logFloat32`. */
function logarithm(scope: FunctionScope, value: Code, table: Local): Code {
  const vector = () => scope.local("v128");
  const [bits, offset, r, r2] = Array.from({ length: 4 }, vector) as Words4;
  const [entry0, entry1] = [scope.local("i32"), scope.local("i32")];
  const entry = (lane: number) =>
    i32.add(
      table,
      i32.shl(
        i32.and(i32.shr_s(i32x4.extract_lane(lane, offset), i32.const(19)), i32.const(15)),
        i32.const(3),
      ),
    );
  const gathered = (start: number) =>
    v128.load64_lane(1, entry1, v128.load64_zero(entry0, start), start);
  const exponent = f64x2.convert_low_i32x4_s(i32x4.shr_s(offset, i32.const(23)));
  const fraction = i32x4.sub(bits, v128.and(offset, splatInteger(0xff800000)));
  const base = f64x2.add(gathered(tableSize), f64x2.mul(exponent, splat(Math.LN2)));
  const tail = f64x2.add(
    f64x2.mul(splat(-0.25089342214237154), r2),
    f64x2.add(f64x2.mul(splat(0.333456765744066), r), splat(-0.4999997485802103)),
  );
  return [
    bits.set(value),
    offset.set(i32x4.sub(bits, splatInteger(octaveStart))),
    entry0.set(entry(0)),
    entry1.set(entry(1)),
    r.set(f64x2.sub(f64x2.mul(f64x2.promote_low_f32x4(fraction), gathered(0)), splat(1))),
    r2.set(f64x2.mul(r, r)),
    f32x4.demote_f64x2_zero(f64x2.add(f64x2.mul(tail, r2), f64x2.add(base, r))),
  ];
}

type Words4 = [Local, Local, Local, Local];

/** Sine and cosine of an angle within an eighth of a turn, by the same steps as `sincosFloat32`. */
function circular(scope: FunctionScope, x: Local, sine: Local, cosine: Local): Code {
  const [x2, x3, x4] = [scope.local("v128"), scope.local("v128"), scope.local("v128")];
  const { add, mul } = f64x2;
  return [
    x2.set(mul(x, x)),
    x4.set(mul(x2, x2)),
    x3.set(mul(x2, x)),
    sine.set(
      add(
        add(x, mul(x3, splat(-0.16666654943701084))),
        mul(mul(x3, x2), add(splat(0.008332178146138854), mul(x2, splat(-0.00019517298981385725)))),
      ),
    ),
    cosine.set(
      add(
        add(
          add(splat(1), mul(x2, splat(-0.49999999725108224))),
          mul(x4, splat(0.041666623324344516)),
        ),
        mul(mul(x4, x2), add(splat(-0.001388676379437604), mul(x2, splat(2.4390450703564542e-5)))),
      ),
    ),
  ];
}

function filling(
  name: string,
  write: (scope: FunctionScope, words: Words, table: Local) => Code,
): WasmKernel {
  return (step, context) => {
    const [out] = step.outputs;
    if (!out || !isFloat32(out)) return null;
    const count = sizeOf(out.shape);
    // Positions are 32-bit numbers.
    if (count >= 2 ** 30) return null;
    const functions = context.functions(name, (module) => {
      defineFill(module, write);
      module.function("put", ["i32", "f64"], [], ({ params: [address, value] }) =>
        f64.store(address as Local, value as Local),
      );
    });
    const table = context.scratch(2 * tableSize);
    [...inverses, ...logarithms].forEach((entry, i) => {
      functions.put?.(table + 8 * i, entry);
    });
    const fill = functions.fill as WasmFunction;
    const calls = Math.ceil(count / 4);
    return ([state = 0], [to = 0]) =>
      context.parallel(fill, calls, grainCalls, [state, to, count, table]);
  };
}

export const randomUniform = filling("randomUniform", (_, words) => uniform(lanes(...words)));
export const randomStandardNormal = filling("randomStandardNormal", normals);
