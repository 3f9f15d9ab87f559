// Tests of compiled loops against the reference engine: every function on every dtype, odd sizes, views, reductions.
import { describe, expect, test } from "vitest";
import {
  bfloat16,
  bool,
  type DType,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
} from "../../core/dtypes.ts";
import { fromScalars, NDArray, sizeOf } from "../../core/ndarray.ts";
import { Builder } from "../builder.ts";
import type { Engine } from "../engine.ts";
import * as e from "../expr.ts";
import type { Expr, Program, ReduceName, RunContext, Value } from "../ir.ts";
import { referenceEngine } from "../reference.ts";
import { type BinaryName, binaryFloat, type UnaryName, unaryFloat } from "../scalar.ts";
import { makeWasmEngine, wasmEngine } from "./engine.ts";
import { isVector } from "./loop.ts";

const context: RunContext = {
  cell: () => ({ array: null, initialized: false }),
  kernelState: (_, create) => create(),
};
const run = (engine: Engine, program: Program, inputs: readonly NDArray[] = []): NDArray[] =>
  engine.load(program).run(inputs, context);

const floats = [float32, float64, float16, bfloat16] as const;
const integers = [int8, int16, int32, int64, uint8, uint16, uint32, uint64] as const;

/** What is interesting of a dtype: signs, limits, halves, and what is no number. */
function samples(dtype: DType): (number | bigint)[] {
  if (dtype.isBool) return [0, 1, 1, 0, 1];
  if (dtype.isFloating) {
    return [
      0, -0, 0.5, -0.5, 1, -1, 1.5, 2.5, -2.5, 3, 0.1, -0.7, 7.25, -9.75, 100, 1e-6, 250, -300,
      Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 65504, 3e9, -3e9, 2 ** 63,
    ]; // biome-ignore format: one line per kind
  }
  const bits = BigInt(8 * dtype.size);
  const least = dtype.isUnsigned ? 0n : -(1n << (bits - 1n));
  const most = (1n << (dtype.isUnsigned ? bits : bits - 1n)) - 1n;
  const all = [0n, 1n, 2n, 3n, 5n, 7n, 31n, 100n, least, least + 1n, most, most - 1n, most / 3n];
  const signed = dtype.isUnsigned ? [] : [-1n, -2n, -3n, -7n, -100n];
  return [...all, ...signed].map((x) => (dtype.isBig ? x : Number(x)));
}

const arrayOf = (values: readonly (number | bigint)[], dtype: DType): NDArray =>
  fromScalars(
    values.map((value) => (dtype.isBool ? value !== 0 : value)),
    [values.length],
    dtype,
  );

const list = (array: NDArray | undefined): unknown[] => Array.from((array as NDArray).values());

const shared = ["exp", "expm1", "log", "log1p", "tanh", "sigmoid", "softplus"];
/** Functions that the engine computes in its own way, by the dtype of the result; all others give the same bits. */
const approximated: Readonly<Record<string, ReadonlySet<string>>> = {
  float32: new Set([...shared, "erf", "sin", "cos", "pow"]),
  float64: new Set(shared),
};

/** Both engines on a loop of one body; an error counts as a result. */
function compare(name: string, inputs: readonly NDArray[], body: (...xs: Expr[]) => Expr): void {
  const k = new Builder();
  const values = inputs.map((array) => k.input(array.dtype, array.shape));
  const out = k.map(values, body);
  const attempt = (engine: Engine): unknown => {
    try {
      return list(run(engine, k.program([out]), inputs)[0]);
    } catch (error) {
      return String((error as { cause?: unknown }).cause ?? error);
    }
  };
  const expected = attempt(referenceEngine);
  if (String(expected).includes("internal:")) return;
  const actual = attempt(wasmEngine);
  const isNear = approximated[out.dtype.name]?.has(name);
  if (Array.isArray(expected) && isNear) expectClose(name, actual, expected, inputs);
  else expect(actual, name).toEqual(expected);
}

const floatBits = new Float32Array(1);
const intBits = new Int32Array(floatBits.buffer);
const doubleBits = new Float64Array(1);
const longBits = new BigInt64Array(doubleBits.buffer);
/** Positions on the line of all numbers of a type, so that neighbours differ by one. */
const order = {
  float32: (x: number): number => {
    floatBits[0] = x;
    const bits = intBits[0] as number;
    return bits >= 0 ? bits : -(bits & 0x7fffffff);
  },
  float64: (x: number): bigint => {
    doubleBits[0] = x;
    const bits = longBits[0] as bigint;
    return bits >= 0n ? bits : -(bits & (2n ** 63n - 1n));
  },
};

/** How many numbers lie between two, which are both NaN or none. */
function distance(a: number, b: number, dtype: DType | undefined): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.POSITIVE_INFINITY;
  if (dtype === float64) return Math.abs(Number(order.float64(a) - order.float64(b)));
  return Math.abs(order.float32(a) - order.float32(b));
}

function expectClose(
  name: string,
  actual: unknown,
  expected: readonly unknown[],
  inputs: readonly NDArray[],
): void {
  expect(Array.isArray(actual), `${name}: ${actual}`).toBe(true);
  expected.forEach((value, i) => {
    const got = (actual as number[])[i] as number;
    const where = `${name} of ${inputs.map((input) => input.at(i))}: ${got} for ${value}`;
    if (Object.is(got, value)) return;
    const isDouble = inputs[0]?.dtype === float64;
    const far = distance(got, value as number, inputs[0]?.dtype);
    expect(far, where).toBeLessThanOrEqual(isDouble ? 2 : 1);
  });
}

describe("every unary function means what the reference says", () => {
  for (const dtype of [...floats, ...integers, bool]) {
    test.each(Object.keys(unaryFloat) as UnaryName[])(`%s of ${dtype.name}`, (op) => {
      // Functions of integers that are no integers belong behind a cast.
      const whole = /^(neg|abs|sign|square|floor|ceil|rint|not|invert)$/.test(op);
      if (!dtype.isFloating && !whole) return;
      if (dtype.isBool !== (op === "not") && !dtype.isFloating) return;
      if (dtype.isFloating && op === "invert") return;
      compare(op, [arrayOf(samples(dtype), dtype)], (x) => e.unary(op, x as Expr));
    });
  }
});

describe("every binary function means what the reference says", () => {
  for (const dtype of [...floats, ...integers, bool]) {
    test.each(Object.keys(binaryFloat) as BinaryName[])(`%s of ${dtype.name}`, (op) => {
      if (dtype.isFloating && /^(bit|shift|truncDiv)/.test(op)) return;
      if (!dtype.isFloating && /^(div|atan2)$/.test(op)) return;
      if (dtype.isBool && !/^(eq|ne|and|or)$/.test(op)) return;
      const all = samples(dtype);
      const pairs = all.flatMap((x) => all.map((y) => [x, y] as const));
      // Where integers fail, all results are lost: so zero and negative powers come alone.
      const risky = !dtype.isFloating && /(Div|Mod|pow)/.test(op);
      const isRisk = ([, y]: readonly [unknown, number | bigint]) => y <= 0;
      const isHuge = ([, y]: readonly [unknown, number | bigint]) => op === "pow" && y > 40;
      const shifts = op.startsWith("shift");
      const kept = pairs.filter(
        (pair) =>
          !(risky && isRisk(pair)) &&
          !(risky && isHuge(pair)) &&
          !(shifts && (pair[1] < 0 || pair[1] > 63)),
      );
      const body = (x?: Expr, y?: Expr) => e.binary(op, x as Expr, y as Expr);
      const columns = (rows: readonly (readonly [number | bigint, number | bigint])[]) => [
        arrayOf(rows.map(([x]) => x), dtype),
        arrayOf(rows.map(([, y]) => y), dtype),
      ]; // biome-ignore format: pairs of columns
      compare(op, columns(kept), body);
      if (risky) for (const pair of pairs.filter(isRisk)) compare(op, columns([pair]), body);
    });
  }
});

test.each(
  [...floats, ...integers, bool].flatMap((from) =>
    [...floats, ...integers, bool].map((to) => [from.name, to.name, from, to] as const),
  ),
)("casts from %s to %s", (_from, _to, from, to) => {
  compare("cast", [arrayOf(samples(from), from)], (x) => e.cast(x as Expr, to));
});

/** Numbers that repeat after a prime, so that no lane looks like another. */
function filled(shape: readonly number[], dtype: DType): NDArray {
  const value = (i: number): number =>
    dtype.isFloating ? ((i * 37) % 101) / 8 - 6 : ((i * 37) % 101) - 50;
  return fromScalars(
    Array.from({ length: sizeOf(shape) }, (_, i) => (dtype.isBool ? value(i) > 0 : value(i))),
    shape,
    dtype,
  );
}

function sameOnBoth(program: Program, inputs: readonly NDArray[], engine = wasmEngine): void {
  const expected = run(referenceEngine, program, inputs);
  run(engine, program, inputs).forEach((array, i) => {
    expect(list(array)).toEqual(list(expected[i]));
  });
}

const kinds: readonly DType[] = [float32, float64, int32, bool, uint8];

describe.each(kinds.map((dtype) => [dtype.name, dtype] as const))("loops over %s", (_, dtype) => {
  const combine = (x: Expr, y: Expr): Expr =>
    dtype.isBool ? e.and(x, y) : e.add(x, e.binary("max", x, y));

  test.each([0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 100])("of %i elements", (size) => {
    const k = new Builder();
    const [a, b] = [k.input(dtype, [size]), k.input(dtype, [size])];
    const out = k.map([a, b], (x, y) => combine(x as Expr, y as Expr));
    sameOnBoth(k.program([out]), [filled([size], dtype), filled([size], dtype)]);
  });

  test("with broadcasts along rows and columns, transposes and reversed slices", () => {
    const k = new Builder();
    const a = k.input(dtype, [7, 18]);
    const row = k.input(dtype, [18]);
    const column = k.input(dtype, [7, 1]);
    const outs = [
      k.map([a, row], (x, y) => combine(x as Expr, y as Expr)),
      k.map([a, column], (x, y) => combine(x as Expr, y as Expr)),
      k.map([row, column], (x, y) => combine(x as Expr, y as Expr)),
      k.transpose(a, [1, 0]),
      k.slice(a, [6, 17], [4, 9], [-1, -2]),
      k.broadcastTo(row, [5, 3, 18]),
    ];
    sameOnBoth(
      k.program(outs),
      [[7, 18], [18], [7, 1]].map((shape) => filled(shape, dtype)),
    );
  });

  const folds: readonly ReduceName[] = dtype.isBool ? ["any", "all"] : ["sum", "max", "min"];
  test.each(folds)("%s over rows, columns, both, and none of a tensor", (op) => {
    const k = new Builder();
    const a = k.input(dtype, [5, 19, 6]);
    const axes = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]];
    const outs: Value[] = axes.map((each) => k.reduce(op, a, each));
    const empty = k.reduce(op, k.input(dtype, [3, 0]), [1]);
    sameOnBoth(k.program([...outs, empty]), [filled([5, 19, 6], dtype), filled([3, 0], dtype)]);
  });
});

test("indices, alone and among arithmetic", () => {
  const k = new Builder();
  const a = k.input(float32, [6, 21]);
  const outs = [
    k.iota([6, 21], 0, int32),
    k.iota([6, 21], 1, float32),
    k.iota([5], 0, int64),
    k.loop(
      [6, 21],
      e.select(
        e.lt(e.index(1, int32), e.index(0, int32)),
        e.constant(1, float32),
        e.constant(2, float32),
      ),
    ),
    k.map([a], (x) => e.mul(x as Expr, e.index(1, float32))),
  ];
  sameOnBoth(k.program(outs), [filled([6, 21], float32)]);
});

test("transposes larger than a block, alone and with what lies straight", () => {
  for (const dtype of [float32, float64, bool, int32]) {
    const k = new Builder();
    const a = k.input(dtype, [19, 3, 37]);
    const outs = [
      [2, 1, 0],
      [1, 2, 0],
      [2, 0, 1],
      [0, 2, 1],
    ].map((perm) => {
      const turned = k.transpose(a, perm);
      const straight = k.input(dtype, turned.shape);
      return k.map([turned, straight], (x, y) =>
        e.select(e.eq(x as Expr, y as Expr), x as Expr, y as Expr),
      );
    });
    const program = k.program(outs);
    sameOnBoth(
      program,
      program.inputs.map(({ shape }) => filled(shape, dtype)),
    );
  }
});

test("padding on all sides, of values that lie anywhere", () => {
  const k = new Builder();
  const inputs = [
    [5, 19],
    [3, 4, 6],
    [100, 100],
  ].map((shape) => k.input(float32, shape));
  const outs = inputs.map((input, i) => {
    const around = input.shape.map((_, axis) => (axis * 3 + i) % 5);
    return k.pad(input, around, around.toReversed(), e.constant(-1, float32));
  });
  sameOnBoth(
    k.program(outs),
    inputs.map(({ shape }) => filled(shape, float32)),
  );
});

test("a memory that is not shared moves when it grows, and programs follow", () => {
  const engine = makeWasmEngine({ shared: false });
  const program = (size: number) => {
    const k = new Builder();
    const a = k.input(float32, [size]);
    return k.program([k.unary("neg", a)]);
  };
  const small = engine.load(program(10));
  expect(list(small.run([filled([10], float32)], context)[0])[3]).toBe(4.75);
  for (const size of [2_000_000, 5_000_000]) {
    engine.load(program(size));
    expect(list(small.run([filled([10], float32)], context)[0])[3]).toBe(4.75);
  }
});

test("memory that is used up is an error that says so, and nothing is lost", () => {
  const engine = makeWasmEngine({ maximum: 8 });
  const k = new Builder();
  const a = k.input(float32, [100_000]);
  const program = k.program([k.unary("neg", a)]);
  expect(() => engine.load(program)).toThrow(
    "OOM when allocating tensor with shape[100000] and type float32: 400000 bytes; 320 bytes are in use, and the memory of the wasm engine ends at 524288 bytes.",
  );
  const small = new Builder();
  const out = small.unary("neg", small.input(float32, [1]));
  expect(list(run(engine, small.program([out]), [filled([1], float32)])[0])).toEqual([6]);
});

test("an integer division by zero in a loop is the error of the reference", () => {
  const k = new Builder();
  const a = k.input(int32, [3]);
  const out = k.map([a], (x) => e.binary("truncDiv", e.constant(6, int32), x as Expr));
  expect(() => run(wasmEngine, k.program([out]), [arrayOf([3, 0, 1], int32)])).toThrow(
    "Integer division by zero",
  );
});

test.each([float32, int32, bool])("bytes become %s in a loop with floats", (dtype) => {
  const k = new Builder();
  const [x, y] = [k.input(uint8, [5, 37]), k.input(float32, [5, 37])];
  const cast = (value: Expr): Expr => e.cast(e.cast(value, dtype), float32);
  const across: Expr = { kind: "load", dtype: uint8, value: x, strides: [1, 37], offset: 0 };
  const program = k.program([
    k.map([x, y], (a, b) => e.add(cast(a as Expr), b as Expr)),
    k.map([x, y], (a, b) => e.select(e.gt(a as Expr, 100), b as Expr, cast(a as Expr))),
    k.loop([37, 5], e.mul(cast(across), 0.5)),
    k.reduce(
      "sum",
      k.map([x], (a) => cast(a as Expr)),
      [0],
    ),
  ]);
  const bytes = new NDArray(
    Uint8Array.from({ length: 185 }, (_, i) => i * 37),
    [5, 37],
    uint8,
  );
  const floats = new NDArray(
    Float32Array.from({ length: 185 }, (_, i) => i / 7),
    [5, 37],
    float32,
  );
  const expected = run(referenceEngine, program, [bytes, floats]);
  run(wasmEngine, program, [bytes, floats]).forEach((array, i) => {
    expect(list(array)).toEqual(list(expected[i]));
  });
  expect(program.steps.every((step) => step.kind === "loop" && isVector([step]))).toBe(true);
});
