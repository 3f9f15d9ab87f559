/**
 * Uniform, normal and truncated normal random numbers, float32: the same bits as the routines give. Four Philox calls at
 * a time, each of which gives four numbers.
 */

import { sizeOf } from "../../../core/ndarray.ts";
import { inverses, logarithms, octaveStart } from "../../routines/float32math.ts";
import { callsPerOutput } from "../../routines/random.ts";
import {
  brIf,
  type Code,
  choose,
  type FunctionScope,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  i64,
  type Local,
  loop,
  memory,
  type Operand,
  v128,
  when,
} from "../assembler.ts";
import type { WasmKernel } from "../kernel.ts";
import { upperHalf } from "../simd.ts";
import type { WasmFunction } from "../webassembly.ts";
import { advance, floatSize, repeatBetween } from "./partial.ts";
import { Philox, pick, type Words } from "./philox.ts";
import { isFloat32 } from "./work.ts";

/** Numbers that one round gives, and how many calls of Philox it makes. */
const roundSize = 16;
const callsPerRound = 4;
/** Rounds whose words wait in the nearest cache. */
const roundsOfBlock = 64;
/** Rounds that a thread should make at least. */
const grainRounds = 1 << 10;
const tableSize = 8 * inverses.length;

/** Four vectors, each with the four numbers of a call. */
type Vectors = Words;

/** What a round fills: [index, end, state, out, count, table], the parameters of every function here. */
type Six = [Local, Local, Local, Local, Local, Local];

/**
 * Rounds `begin` to `end`: each fills sixteen of the `count` results from the next four calls of the generator. The words
 * of a block come first and numbers are made of them where they lie, since either alone leaves processors no gaps.
 */
function fill(scope: FunctionScope, draw: Draw): Code {
  const [begin, end, state, out, count, table] = scope.params as readonly Local[] as Six;
  const philox = new Philox(scope, state);
  const [words, values] = [vectors(scope), vectors(scope)];
  const calls = scope.local("i64");
  const [index, blockEnd, to] = [scope.local("i32"), scope.local("i32"), scope.local("i32")];
  const bytes = i32.mul(index, i32.const(roundSize * floatSize));
  const isLast = i32.gt_u(i32.mul(i32.add(index, i32.const(1)), i32.const(roundSize)), count);
  // What reaches beyond the results is made behind the table.
  const place = to.set(
    choose(i32.add(table, i32.const(2 * tableSize)), i32.add(out, bytes), isLast),
  );
  const rounds = (body: Code): Code => [
    index.set(begin),
    repeatBetween(index, blockEnd, [place, body]),
  ];
  return [
    philox.start(),
    when(
      i32.lt_u(begin, end),
      loop((again) => [
        blockEnd.set(i32.add(begin, i32.const(roundsOfBlock))),
        blockEnd.set(choose(blockEnd, end, i32.lt_u(blockEnd, end))),
        rounds([
          calls.set(i64.mul(i64.extend_i32_u(index), i64.const(callsPerRound))),
          philox.calls(calls, 1),
          philox.words.map((word, i) => v128.store(to, word, 16 * i)),
        ]),
        rounds([
          words.map((word, i) => word.set(v128.load(to, 16 * i))),
          draw(scope, words, values, table),
          values.map((value, i) => v128.store(to, value, 16 * i)),
          when(
            isLast,
            memory.copy(
              i32.add(out, bytes),
              to,
              i32.sub(i32.mul(count, i32.const(floatSize)), bytes),
            ),
          ),
        ]),
        begin.set(blockEnd),
        brIf(again, i32.lt_u(begin, end)),
      ]),
    ),
  ];
}

/** Numbers of four calls, of which only those within `limit` count: each four results have calls of their own. */
function fillWithin(scope: FunctionScope, draw: Draw, limit: number): Code {
  const [index, end, state, out, count, table] = scope.params as readonly Local[] as Six;
  const philox = new Philox(scope, state);
  const values = vectors(scope);
  const calls = scope.local("i64");
  const accepted = scope.local("i32");
  const [last, first] = [scope.local("i32"), scope.local("i32")];
  const places = values.map(() => ({ to: scope.local("i32"), end: scope.local("i32") }));
  const append = (value: Local, { to, end }: { to: Local; end: Local }): Code => [
    accepted.set(i32x4.bitmask(f32x4.lt(f32x4.abs(value), f32x4.splat(f32.const(limit))))),
    when(
      i32.and(i32.eq(accepted, i32.const(15)), i32.eq(i32.sub(end, to), i32.const(16))),
      [v128.store(to, value), to.set(end)],
      [0, 1, 2, 3].map((lane) =>
        when(i32.and(i32.lt_u(to, end), i32.shr_u(accepted, i32.const(lane))), [
          v128.store32_lane(lane, to, value),
          advance(to, floatSize),
        ]),
      ),
    ),
  ];
  const missing = places
    .map(({ to, end }) => i32.lt_u(to, end))
    .reduce((some, one) => i32.or(some, one));
  return [
    philox.start(),
    last.set(i32.add(out, i32.mul(count, i32.const(floatSize)))),
    repeatBetween(index, end, [
      calls.set(i64.mul(i64.extend_i32_u(index), i64.const(callsPerRound * callsPerOutput))),
      first.set(i32.add(out, i32.mul(index, i32.const(roundSize * floatSize)))),
      places.map(({ to, end }, i) => [
        to.set(i32.add(first, i32.const(16 * i))),
        end.set(i32.add(first, i32.const(16 * (i + 1)))),
        end.set(choose(end, last, i32.lt_u(end, last))),
      ]),
      loop((again) => [
        philox.calls(calls, callsPerOutput),
        draw(scope, philox.words, values, table),
        values.map((value, i) => append(value, places[i] as { to: Local; end: Local })),
        calls.set(i64.add(calls, i64.const(1))),
        brIf(again, missing),
      ]),
    ]),
  ];
}

/** Makes numbers of the words of four calls, those of a call side by side. */
type Draw = (scope: FunctionScope, words: Words, out: Vectors, table: Local) => Code;

const splat = (x: number) => f64x2.splat(f64.const(x));
const splatInteger = (x: number) => i32x4.splat(i32.const(x));

function vectors(scope: FunctionScope): Vectors {
  const vector = () => scope.local("v128");
  return [vector(), vector(), vector(), vector()];
}

/** Rows of lanes become columns. */
function transpose(scope: FunctionScope, [a, b, c, d]: Vectors, out: Vectors): Code {
  const [ab, abHigh, cd, cdHigh] = vectors(scope);
  const [low, high] = [
    [0, 4, 1, 5],
    [2, 6, 3, 7],
  ] as const;
  return [
    ab.set(pick(low, a, b)),
    abHigh.set(pick(high, a, b)),
    cd.set(pick(low, c, d)),
    cdHigh.set(pick(high, c, d)),
    out[0].set(pick([0, 1, 4, 5], ab, cd)),
    out[1].set(pick([2, 3, 6, 7], ab, cd)),
    out[2].set(pick([0, 1, 4, 5], abHigh, cdHigh)),
    out[3].set(pick([2, 3, 6, 7], abHigh, cdHigh)),
  ];
}

/** Words as float32 in [0, 1), by their lower 23 bits. */
function uniform(words: Operand): Code {
  const integers = v128.and(words, splatInteger(0x7fffff));
  return f32x4.mul(f32x4.convert_i32x4_s(integers), f32x4.splat(f32.const(2 ** -23)));
}

const uniforms: Draw = (scope, words, out) => [
  words.map((word) => word.set(uniform(word))),
  transpose(scope, words, out),
];

const normals: Draw = (scope, words, out, table) => {
  const [w0, w1, w2, w3] = words;
  return [pair(scope, w0, w1, table), pair(scope, w2, w3, table), transpose(scope, words, out)];
};

/** Puts two normals in place of the two words that they are made of, in every lane: see `normalPair32` of the routines. */
function pair(scope: FunctionScope, w0: Local, w1: Local, table: Local): Code {
  const vector = () => scope.local("v128");
  const [radius, angle, sine, cosine] = vectors(scope);
  const halves = [0, 1].map(() => ({ sine: vector(), cosine: vector(), quadrant: vector() }));
  const [low, high] = halves as [Circular, Circular];
  const [quadrant, odd] = [vector(), vector()];
  const smallest = f32x4.splat(f32.const(1e-7));
  const sign = (quadrants: Operand) =>
    v128.and(i32x4.shl(quadrants, i32.const(30)), splatInteger(-(2 ** 31)));
  return [
    logarithm(scope, f32x4.max(uniform(w0), smallest), table, radius),
    radius.set(f32x4.sqrt(f32x4.mul(radius, f32x4.splat(f32.const(-2))))),
    angle.set(uniform(w1)),
    circular(scope, angle, low),
    circular(scope, upperHalf(angle), high),
    sine.set(pick([0, 1, 4, 5], low.sine, high.sine)),
    cosine.set(pick([0, 1, 4, 5], low.cosine, high.cosine)),
    quadrant.set(pick([0, 2, 4, 6], low.quadrant, high.quadrant)),
    odd.set(i32x4.shr_s(i32x4.shl(quadrant, i32.const(31)), i32.const(31))),
    w0.set(f32x4.mul(v128.xor(v128.bitselect(cosine, sine, odd), sign(quadrant)), radius)),
    quadrant.set(i32x4.add(quadrant, splatInteger(1))),
    w1.set(f32x4.mul(v128.xor(v128.bitselect(sine, cosine, odd), sign(quadrant)), radius)),
  ];
}

/** Of two angles within an eighth of a turn, as float32, and the quadrants to turn them to: the low words of 64-bit lanes. */
interface Circular {
  readonly sine: Local;
  readonly cosine: Local;
  readonly quadrant: Local;
}

/** log of float32 lanes, by the same steps as `logFloat32`. */
function logarithm(scope: FunctionScope, value: Code, table: Local, out: Local): Code {
  const vector = () => scope.local("v128");
  const [bits, offset, entries, fraction, exponent] = [0, 1, 2, 3, 4].map(vector) as Five;
  const [r, r2] = [vector(), vector()];
  const results = [vector(), vector()] as const;
  const [entry0, entry1] = [scope.local("i32"), scope.local("i32")];
  const gathered = (start: number) =>
    v128.load64_lane(1, entry1, v128.load64_zero(entry0, start), start);
  const tail = f64x2.add(
    f64x2.mul(splat(-0.25089342214237154), r2),
    f64x2.add(f64x2.mul(splat(0.333456765744066), r), splat(-0.4999997485802103)),
  );
  const base = (exponents: Operand) =>
    f64x2.add(
      gathered(tableSize),
      f64x2.mul(f64x2.convert_low_i32x4_s(exponents), splat(Math.LN2)),
    );
  const half = (of: (x: Local) => Operand, lane: number, result: Local): Code => [
    entry0.set(i32x4.extract_lane(lane, entries)),
    entry1.set(i32x4.extract_lane(lane + 1, entries)),
    r.set(f64x2.sub(f64x2.mul(f64x2.promote_low_f32x4(of(fraction)), gathered(0)), splat(1))),
    r2.set(f64x2.mul(r, r)),
    result.set(
      f32x4.demote_f64x2_zero(f64x2.add(f64x2.mul(tail, r2), f64x2.add(base(of(exponent)), r))),
    ),
  ];
  return [
    bits.set(value),
    offset.set(i32x4.sub(bits, splatInteger(octaveStart))),
    entries.set(
      i32x4.add(
        i32x4.splat(table),
        v128.and(i32x4.shr_u(offset, i32.const(16)), splatInteger(15 << 3)),
      ),
    ),
    fraction.set(i32x4.sub(bits, v128.and(offset, splatInteger(0xff800000)))),
    exponent.set(i32x4.shr_s(offset, i32.const(23))),
    half((x) => x, 0, results[0]),
    half(upperHalf, 2, results[1]),
    out.set(pick([0, 1, 4, 5], ...results)),
  ];
}

type Five = [Local, Local, Local, Local, Local];

/** Sine and cosine of the first two lanes, which are parts of a turn, by the same steps as `sincosFloat32`. */
function circular(scope: FunctionScope, turn: Operand, out: Circular): Code {
  const vector = () => scope.local("v128");
  const [x, x2, x3, x4, quadrant] = [0, 1, 2, 3, 4].map(vector) as Five;
  const { add, mul } = f64x2;
  const angle = f32x4.demote_f64x2_zero(mul(splat(2 * Math.PI), f64x2.promote_low_f32x4(turn)));
  const sine = add(
    add(x, mul(x3, splat(-0.16666654943701084))),
    mul(mul(x3, x2), add(splat(0.008332178146138854), mul(x2, splat(-0.00019517298981385725)))),
  );
  const cosine = add(
    add(add(splat(1), mul(x2, splat(-0.49999999725108224))), mul(x4, splat(0.041666623324344516))),
    mul(mul(x4, x2), add(splat(-0.001388676379437604), mul(x2, splat(2.4390450703564542e-5)))),
  );
  return [
    x.set(f64x2.promote_low_f32x4(angle)),
    quadrant.set(f64x2.floor(add(mul(x, splat(2 / Math.PI)), splat(0.5)))),
    x.set(f64x2.sub(x, mul(quadrant, splat(Math.PI / 2)))),
    // Beside this number a small integer lies in the lowest bits.
    out.quadrant.set(add(quadrant, splat(2 ** 52))),
    x2.set(mul(x, x)),
    x4.set(mul(x2, x2)),
    x3.set(mul(x2, x)),
    out.sine.set(f32x4.demote_f64x2_zero(sine)),
    out.cosine.set(f32x4.demote_f64x2_zero(cosine)),
  ];
}

function filling(name: string, write: (scope: FunctionScope) => Code): WasmKernel {
  return (step, context) => {
    const [out] = step.outputs;
    if (!out || !isFloat32(out)) return null;
    const count = sizeOf(out.shape);
    // Positions are 32-bit numbers.
    if (count >= 2 ** 30) return null;
    const functions = context.functions(name, (module) => {
      module.function("fill", new Array<"i32">(6).fill("i32"), [], write);
      module.function("put", ["i32", "f64"], [], ({ params: [address, value] }) =>
        f64.store(address as Local, value as Local),
      );
    });
    const table = context.scratch(2 * tableSize + roundSize * floatSize);
    [...inverses, ...logarithms].forEach((entry, i) => {
      functions.put?.(table + 8 * i, entry);
    });
    const run = functions.fill as WasmFunction;
    const rounds = Math.ceil(count / roundSize);
    return ([state = 0], [to = 0]) =>
      context.parallel(run, rounds, grainRounds, [state, to, count, table]);
  };
}

export const randomUniform = filling("randomUniform", (scope) => fill(scope, uniforms));
export const randomStandardNormal = filling("randomStandardNormal", (scope) =>
  fill(scope, normals),
);
export const truncatedNormal = filling("truncatedNormal", (scope) => fillWithin(scope, normals, 2));
