// Tests of fusing and grouping: what is computed inside what, through which views, and that results stay the same.
import { expect, test } from "vitest";
import { float32, int32 } from "../core/dtypes.ts";
import { fromScalars, type NDArray, sizeOf } from "../core/ndarray.ts";
import { Builder, load } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import {
  type Expr,
  formatProgram,
  type Program,
  type RunContext,
  type StateCell,
  type Step,
  type Value,
} from "../engines/ir.ts";
import { javascriptEngine } from "../engines/javascript.ts";
import { referenceEngine } from "../engines/reference.ts";
import { wasmEngine } from "../engines/wasm/engine.ts";
import { programPasses } from "./passes.ts";
import { verifyProgram } from "./verify.ts";

function contextOf(cells = new Map<string, StateCell>()): RunContext {
  return {
    cell: ({ name }) => {
      const cell = cells.get(name) ?? { array: null, initialized: false };
      cells.set(name, cell);
      return cell;
    },
    kernelState: (_, create) => create(),
  };
}

const counted = (shape: readonly number[], dtype = float32): NDArray =>
  fromScalars(
    Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 29) % 17) - 8),
    shape,
    dtype as typeof float32,
  );

/** The program after all passes, which computes the same on every engine. */
function optimized(program: Program): Program {
  let result = program;
  for (const pass of programPasses) {
    result = pass.run(result);
    verifyProgram(result, pass.name);
  }
  const inputs = program.inputs.map(({ shape, dtype }) => counted(shape, dtype as typeof float32));
  const expected = referenceEngine.load(program).run(inputs, contextOf());
  for (const engine of [referenceEngine, javascriptEngine, wasmEngine]) {
    engine
      .load(result)
      .run(inputs, contextOf())
      .forEach((array, i) => {
        expect([...array.values()], `${engine.name}\n${formatProgram(result)}`).toEqual([
          ...(expected[i] as NDArray).values(),
        ]);
      });
  }
  return result;
}

const kinds = (program: Program): Step["kind"][] => program.steps.map((step) => step.kind);

test("a chain is one loop", () => {
  const k = new Builder();
  const x = k.input(float32, [3, 4]);
  const y = k.unary(
    "abs",
    k.unary(
      "neg",
      k.map([x], (a) => e.add(a as Expr, 1)),
    ),
  );
  expect(kinds(optimized(k.program([y])))).toEqual(["loop"]);
});

test("loops fold into the loops that read them transposed, sliced, reversed, or as one row", () => {
  const views: ((k: Builder, x: Value) => Value)[] = [
    (k, x) => k.transpose(k.unary("square", x), [1, 0]),
    (k, x) => k.slice(k.unary("neg", x), [4, 5], [3, 2], [-1, -3]),
    (k, x) => k.reshape(k.unary("abs", k.reshape(k.unary("neg", x), [30])), [2, 15]),
  ];
  for (const view of views) {
    const k = new Builder();
    const out = view(k, k.input(float32, [5, 6]));
    const program = optimized(k.program([k.map([out], (a) => e.add(a as Expr, 1))]));
    expect(kinds(program), formatProgram(program)).toEqual(["loop"]);
  }
});

test("loops fold into reductions along any axis", () => {
  for (const axes of [[0], [1], [0, 2], [0, 1, 2]]) {
    const k = new Builder();
    const x = k.input(float32, [3, 5, 4]);
    const y = k.reduce(
      "sum",
      k.map([x], (a) => e.mul(a as Expr, 2)),
      axes,
    );
    expect(kinds(optimized(k.program([y])))).toEqual(["loop"]);
  }
});

test("what is dear is not computed again for each row it is broadcast to", () => {
  const k = new Builder();
  const [row, x] = [k.input(float32, [4]), k.input(float32, [3, 4])];
  const dear = optimized(k.program([k.binary("add", x, k.unary("tanh", row))]));
  expect(kinds(dear)).toEqual(["loop", "loop"]);
  const light = optimized(k.program([k.binary("add", x, k.unary("neg", row))]));
  expect(kinds(light)).toEqual(["loop"]);
});

test("a reader that goes beyond what was computed does not fold it", () => {
  const k = new Builder();
  const x = k.input(float32, [4]);
  const padded = k.pad(k.unary("neg", x), [1], [1], e.constant(0, float32));
  expect(kinds(optimized(k.program([padded])))).toEqual(["loop", "loop"]);
});

test("indices fold where they stay indices", () => {
  const k = new Builder();
  const steps = k.iota([4], 0, int32);
  const table = k.broadcastTo(steps, [3, 4]);
  expect(kinds(optimized(k.program([table])))).toEqual(["loop"]);
  const reversed = k.slice(k.iota([4], 0, int32), [3], [4], [-1]);
  expect(kinds(optimized(k.program([reversed])))).toEqual(["loop", "loop"]);
});

test("a divisor that may be zero is not looked at less often than it was", () => {
  const k = new Builder();
  const x = k.input(int32, [4]);
  const quotient = k.map([x], (a) => e.binary("truncDiv", e.constant(7, int32), a as Expr));
  const [first] = [k.slice(quotient, [0], [1])];
  const program = k.program([first]);
  const passed = programPasses.reduce((result, pass) => pass.run(result), program);
  for (const engine of [referenceEngine, javascriptEngine, wasmEngine]) {
    const input = fromScalars([1, 0, 1, 1], [4], int32);
    expect(() => engine.load(passed).run([input], contextOf())).toThrow("Integer division by zero");
  }
});

test("the updates of a variable and its slots are one pass, each seeing what those before it stored", () => {
  const size = 37;
  const k = new Builder();
  const gradient = k.input(float32, [size]);
  const spec = { dtype: float32, shape: [size] };
  const [m, v, x] = ["m", "v", "x"].map((name) => k.state({ container: "", name }, spec));
  if (!m || !v || !x) throw new Error("three states were made");
  k.storeMap(m, [m, gradient], (a, g) => e.add(e.mul(a as Expr, 0.5), g as Expr));
  k.storeMap(v, [v, gradient], (a, g) => e.add(a as Expr, e.square(g as Expr)));
  k.storeMap(x, [x, m, v], (a, b, c) =>
    e.sub(a as Expr, e.div(b as Expr, e.add(e.sqrt(c as Expr), 0.25))),
  );
  const program = k.program([]);
  const passed = programPasses.reduce((result, pass) => pass.run(result), program);
  verifyProgram(passed, "all");
  expect(
    formatProgram(passed)
      .split("\n")
      .map((line) => line.slice(0, 22)),
  ).toEqual([
    "inputs %0:float32[37]",
    "together {",
    "  %1:float32[37] = loo",
    "  %2:float32[37] = loo",
    "  %3:float32[37] = loo",
    "}",
    "outputs ",
  ]);
  const results = [referenceEngine, javascriptEngine, wasmEngine].map((engine) => {
    const cells = new Map<string, StateCell>();
    const loaded = engine.load(engine === referenceEngine ? program : passed);
    const context = contextOf(cells);
    for (let i = 0; i < 3; i++) loaded.run([counted([size])], context);
    return Array.from(cells, ([name, cell]) => [name, cell.array?.toArray()]).sort();
  });
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});

test("several reductions over the same elements are one pass, whatever axes they fold", () => {
  for (const [shape, axes] of [
    [
      [3, 5, 64],
      [0, 1],
    ],
    [[7, 10], [0]],
    [[6, 33], [1]],
    [
      [2, 3, 4, 5],
      [1, 3],
    ],
  ] as const) {
    const k = new Builder();
    const [x, y] = [k.input(float32, shape), k.input(float32, shape)];
    const product = k.binary("mul", x, y);
    const outputs = [x, product, y].map((value) => k.reduce("sum", value, axes));
    const most = k.reduce("max", x, axes);
    const program = optimized(k.program([...outputs, most]));
    expect(kinds(program), formatProgram(program)).toEqual(["group", "loop"]);
  }
});

test("a reduction that reads another's result, or folds other elements, is a pass of its own", () => {
  const k = new Builder();
  const x = k.input(float32, [4, 6]);
  const mean = k.reduce("sum", x, [0], { keepDims: true });
  const squares = k.reduce(
    "sum",
    k.map([x, mean], (a, b) => e.square(e.sub(a as Expr, b as Expr))),
    [0],
  );
  const rows = k.reduce("sum", x, [1]);
  expect(kinds(optimized(k.program([squares, rows])))).toEqual(["loop", "loop", "loop"]);
});

test("loops find each other across steps that have nothing to do with them", () => {
  const k = new Builder();
  const [x, y] = [k.input(float32, [4, 6]), k.input(float32, [9])];
  const first = k.reduce("sum", x, [0]);
  const other = k.reduce("max", y, [0]);
  const second = k.reduce("sum", k.unary("square", x), [0]);
  expect(kinds(optimized(k.program([first, other, second])))).toEqual(["group", "loop"]);
});

test("cheap loops over one operand are computed by each of their readers", () => {
  const k = new Builder();
  const [x, y, mean] = [
    k.input(float32, [32, 40]),
    k.input(float32, [32, 40]),
    k.input(float32, [40]),
  ];
  const centered = k.binary("sub", x, mean);
  const sum = k.reduce("sum", k.binary("mul", centered, y), [0]);
  const program = optimized(k.program([sum, k.binary("add", centered, y)]));
  expect(kinds(program), formatProgram(program)).toEqual(["loop", "loop"]);
});

test("loops that read each other's results elsewhere than at the same point stay apart", () => {
  const k = new Builder();
  const x = k.input(float32, [6]);
  const [a, b] = ["a", "b"].map((name) =>
    k.state({ container: "", name }, { dtype: float32, shape: [6] }),
  );
  if (!a || !b) throw new Error("two states were made");
  k.storeMap(a, [x], (element) => element as Expr);
  k.steps.push({ kind: "loop", dims: [6], reduce: null, body: load(a, [-1], 5), out: b });
  const passed = programPasses.reduce((result, pass) => pass.run(result), k.program([]));
  expect(kinds(passed)).toEqual(["loop", "loop"]);
});

test("a loop over a variable moves into its reader as long as nothing is written in between", () => {
  const spec = { dtype: float32, shape: [6] };
  for (const [isWritten, expected] of [
    [false, ["loop", "loop"]],
    [true, ["loop", "loop", "loop", "loop"]],
  ] as const) {
    const k = new Builder();
    const x = k.input(float32, [6]);
    const w = k.state({ container: "", name: "w" }, spec);
    const v = k.state({ container: "", name: "v" }, spec);
    k.store(w, x);
    const doubled = k.map([w], (a) => e.mul(a as Expr, 2));
    if (isWritten) k.storeMap(w, [w], (a) => e.add(a as Expr, 1));
    k.storeMap(v, [doubled], (a) => e.neg(a as Expr));
    const passed = programPasses
      .filter(({ name }) => name !== "group")
      .reduce((result, pass) => pass.run(result), k.program([]));
    expect(kinds(passed), formatProgram(passed)).toEqual(expected);
    const cells = new Map<string, StateCell>();
    wasmEngine.load(passed).run([counted([6])], contextOf(cells));
    expect(cells.get("v")?.array?.toArray()).toEqual(
      (counted([6]).toArray() as number[]).map((element) => -2 * element),
    );
  }
});

test("a loop does not move into one that overwrites what it reads elsewhere", () => {
  const k = new Builder();
  const w = k.state({ container: "", name: "w" }, { dtype: float32, shape: [6] });
  k.store(w, k.slice(w, [5], [6], [-1]));
  const passed = programPasses.reduce((result, pass) => pass.run(result), k.program([]));
  expect(kinds(passed), formatProgram(passed)).toEqual(["loop", "loop"]);
});

test("arithmetic of constants is done while compiling, rounded as it would be", () => {
  const k = new Builder();
  const x = k.input(float32, [2]);
  const y = k.map([x], (a) =>
    e.mul(a as Expr, e.sub(e.constant(1, float32), e.constant(0.9, float32))),
  );
  expect(formatProgram(optimized(k.program([y])))).toContain(
    "mul(%0[i0], 0.10000002384185791:float32)",
  );
});
