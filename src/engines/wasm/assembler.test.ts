// Tests of the assembler: modules are written, compiled by the host, and run.
import { expect, test } from "vitest";
import {
  block,
  br,
  brIf,
  type Code,
  call,
  choose,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i32,
  i32x4,
  i64,
  i64x2,
  loop,
  ModuleBuilder,
  memory,
  type Operand,
  type ValueType,
  v128,
  when,
  whileLoop,
} from "./assembler.ts";
import * as instructions from "./instructions.ts";
import { type WasmFunction, type WebAssemblyApi, webAssembly } from "./webassembly.ts";

const api = webAssembly as WebAssemblyApi;

function instantiate(
  module: ModuleBuilder,
  imports: Record<string, Record<string, never>> = {},
): Readonly<Record<string, WasmFunction>> {
  return new api.Instance(new api.Module(module.bytes()), imports).exports;
}

const sharedMemory = () => new api.Memory({ initial: 1, maximum: 1, shared: true });

test("arithmetic on scalars", () => {
  const m = new ModuleBuilder();
  m.function("hypotenuse", ["f64", "f64"], ["f64"], ({ params: [x, y] }) =>
    f64.sqrt(f64.add(f64.mul(x as Operand, x as Operand), f64.mul(y as Operand, y as Operand))),
  );
  expect(instantiate(m).hypotenuse?.(3, 4)).toBe(5);
});

test("constants of every size survive their encoding", () => {
  const m = new ModuleBuilder();
  const values = [0, 1, -1, 63, 64, -64, -65, 127, 128, 2 ** 31 - 1, -(2 ** 31), 123456789];
  values.forEach((value, i) => {
    m.function(`i32_${i}`, [], ["i32"], () => i32.const(value));
    m.function(`f32_${i}`, [], ["f32"], () => f32.const(value + 0.5));
    m.function(`i64_${i}`, [], ["f64"], () => f64.convert_i64_s(i64.const(value * 2 ** 20)));
  });
  const run = instantiate(m);
  values.forEach((value, i) => {
    expect(run[`i32_${i}`]?.()).toBe(value);
    expect(run[`f32_${i}`]?.()).toBe(Math.fround(value + 0.5));
    expect(run[`i64_${i}`]?.()).toBe(value * 2 ** 20);
  });
});

test("loops, blocks, conditions and branches find their labels", () => {
  const m = new ModuleBuilder();
  m.function("factorial", ["i32"], ["i32"], (f) => {
    const n = f.param(0);
    const result = f.local("i32");
    return [
      result.set(i32.const(1)),
      block((done) => [
        loop((again) => [
          brIf(done, i32.le_s(n, i32.const(1))),
          result.set(i32.mul(result, n)),
          n.set(i32.sub(n, i32.const(1))),
          br(again),
        ]),
      ]),
      result.get(),
    ];
  });
  m.function("sign", ["i32"], ["i32"], (f) =>
    when(
      i32.lt_s(f.param(0), i32.const(0)),
      i32.const(-1),
      choose(i32.const(1), i32.const(0), f.param(0)),
      "i32",
    ),
  );
  m.function("log2", ["i32"], ["i32"], (f) => {
    const count = f.local("i32");
    const n = f.param(0);
    return [
      whileLoop(i32.gt_u(n, i32.const(1)), [
        n.set(i32.shr_u(n, i32.const(1))),
        count.set(i32.add(count, i32.const(1))),
      ]),
      count.get(),
    ];
  });
  const run = instantiate(m);
  expect(run.factorial?.(6)).toBe(720);
  expect([-7, 0, 9].map((x) => run.sign?.(x))).toEqual([-1, 0, 1]);
  expect([1, 2, 1000].map((x) => run.log2?.(x))).toEqual([0, 1, 9]);
});

test("functions call each other and the host", () => {
  const m = new ModuleBuilder();
  const power = m.import("math", "pow", ["f64", "f64"], ["f64"]);
  const square = m.function(null, ["f64"], ["f64"], (f) => call(power, f.param(0), f64.const(2)));
  m.function("fourth", ["f64"], ["f64"], (f) => call(square, call(square, f.param(0))));
  expect(instantiate(m, { math: { pow: Math.pow as never } }).fourth?.(3)).toBe(81);
});

test("vectors load, multiply and store in shared memory", () => {
  const m = new ModuleBuilder({ shared: true, initial: 1, maximum: 1 });
  m.function("scale", ["i32", "f32"], [], (f) => {
    const [x, by] = [f.param(0), f.param(1)];
    const all = f.local("v128");
    return [
      all.set(f32x4.splat(by)),
      v128.store(x, f32x4.mul(v128.load(x), all)),
      v128.store(x, f32x4.mul(v128.load(x, 16), all), 16),
      v128.store32_lane(2, x, all, 32),
      memory.copy(i32.const(40), x, i32.const(8)),
      memory.fill(i32.const(48), i32.const(1), i32.const(4)),
    ];
  });
  const buffer = sharedMemory();
  const view = new Float32Array(buffer.buffer);
  view.set([1, 2, 3, 4, 5, 6, 7, 8]);
  instantiate(m, { env: { memory: buffer as never } }).scale?.(0, 3);
  expect([...view.subarray(0, 9)]).toEqual([3, 6, 9, 12, 15, 18, 21, 24, 3]);
  expect([...view.subarray(10, 12)]).toEqual([3, 6]);
  expect(new Int32Array(buffer.buffer)[12]).toBe(0x01010101);
});

test("lanes are picked, shuffled and chosen by masks", () => {
  const m = new ModuleBuilder();
  m.function("lanes", ["f32", "f32"], ["f32"], (f) => {
    const x = f32x4.replace_lane(2, f32x4.splat(f.param(0)), f.param(1));
    const turned = i8x16.shuffle([8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15], x, x);
    const larger = v128.bitselect(
      turned,
      f32x4.neg(turned),
      f32x4.gt(turned, f32x4.splat(f32.const(5))),
    );
    return f32.add(f32x4.extract_lane(0, larger), f32x4.extract_lane(1, larger));
  });
  expect(instantiate(m).lanes?.(2, 10)).toBe(8);
});

test("released locals are used again", () => {
  const m = new ModuleBuilder();
  m.function("f", [], ["i32"], (f) => {
    const a = f.local("i32");
    f.release(a);
    const b = f.local("i32");
    expect(b).toBe(a);
    return b.get();
  });
  expect(instantiate(m).f?.()).toBe(0);
});

test("mistakes of the writer are named", () => {
  const other = new ModuleBuilder().import("a", "b", []);
  const m = new ModuleBuilder();
  m.function(null, [], [], () => call(other));
  expect(() => m.bytes()).toThrow("a function of another module is called");
  let outside: Code = [];
  block((label) => {
    outside = br(label);
    return [];
  });
  const wrong = new ModuleBuilder();
  wrong.function(null, [], [], () => outside);
  expect(() => wrong.bytes()).toThrow("a branch to a label that is not open");
});

/** For each namespace, the type of its values and of what comparisons and tests of it leave. */
const operands: Readonly<Record<string, ValueType>> = {
  i32: "i32",
  i64: "i64",
  f32: "f32",
  f64: "f64",
  v128: "v128",
  i8x16: "v128",
  i16x8: "v128",
  i32x4: "v128",
  i64x2: "v128",
  f32x4: "v128",
  f64x2: "v128",
};
const laneTypes: Readonly<Record<string, ValueType>> = {
  i8x16: "i32",
  i16x8: "i32",
  i32x4: "i32",
  i64x2: "i64",
  f32x4: "f32",
  f64x2: "f64",
};
const zero: Readonly<Record<ValueType, Code>> = {
  i32: i32.const(0),
  i64: i64.const(0),
  f32: f32.const(0),
  f64: f64.const(0),
  v128: v128.const(new Array<number>(16).fill(0)),
};

/** The types of an instruction's operands and result, from its name. */
function typesOf(space: string, name: string): { params: ValueType[]; result: ValueType | null } {
  const own = operands[space] as ValueType;
  const scalar = laneTypes[space];
  const from = name.match(/_(i32|i64|f32|f64)(_[su])?$/)?.[1] as ValueType | undefined;
  const test = /^(eqz?|ne|[lg][te])(_[su])?$/.test(name);
  if (name === "splat") return { params: [scalar as ValueType], result: own };
  if (name.startsWith("extract_lane")) return { params: [own], result: scalar as ValueType };
  if (name === "replace_lane") return { params: [own, scalar as ValueType], result: own };
  if (/^(all_true|any_true|bitmask)$/.test(name)) return { params: [own], result: "i32" };
  if (/^load.*_lane$/.test(name)) return { params: ["i32", own], result: own };
  if (/^store/.test(name)) return { params: ["i32", own], result: null };
  if (name.startsWith("load")) return { params: ["i32"], result: own };
  if (scalar && /^sh[lr]/.test(name)) return { params: [own, "i32"], result: own };
  if (from && !scalar) return { params: [from], result: own };
  const result = test && own !== "v128" ? "i32" : own;
  if (name === "bitselect" || name.startsWith("relaxed"))
    return { params: [own, own, own], result };
  const single =
    /^(eqz|abs|neg|sqrt|ceil|floor|trunc|nearest|not|clz|ctz|popcnt|extend|trunc_|convert_|demote_|promote_)/;
  return { params: single.test(name) ? [own] : [own, own], result };
}

test("every instruction is accepted with the operands that its name tells", () => {
  const { memory: _, signed: __, unsigned: ___, ...spaces } = instructions;
  for (const [space, table] of Object.entries(spaces)) {
    for (const [name, make] of Object.entries(table) as [string, (...xs: unknown[]) => Code][]) {
      if (name === "const" || name.startsWith("relaxed")) continue;
      const { params, result } = typesOf(space, name);
      const values: unknown[] = params.map((type) => zero[type]);
      if (name === "shuffle") values.unshift([...Array(16).keys()]);
      if (/(extract|replace|load\d+|store\d+)_lane/.test(name)) values.unshift(0);
      const m = new ModuleBuilder({ shared: true, initial: 1, maximum: 1 });
      m.function("f", [], result ? [result] : [], () => make(...values));
      expect(api.validate(m.bytes()), `${space}.${name}`).toBe(true);
    }
  }
});

test("64-bit lanes", () => {
  const m = new ModuleBuilder();
  m.function("f", ["f64"], ["f64"], (f) =>
    f64x2.extract_lane(
      1,
      f64x2.mul(f64x2.splat(f.param(0)), f64x2.convert_low_i32x4_s(i32x4.splat(i32.const(-3)))),
    ),
  );
  m.function("g", [], ["i32"], () =>
    i32.wrap_i64(
      i64x2.extract_lane(0, i64x2.add(i64x2.splat(i64.const(5)), i64x2.splat(i64.const(2)))),
    ),
  );
  const run = instantiate(m);
  expect([run.f?.(2), run.g?.()]).toEqual([-6, 7]);
});
