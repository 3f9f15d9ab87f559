// Tests of epilogues: which loops become a part of the routine before them, and that results stay the same.
import { expect, test } from "vitest";
import { counted, throughPasses } from "../../tests/kernels/programs.ts";
import { float32 } from "../core/dtypes.ts";
import { Builder, load } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import { type Expr, formatProgram, type Program, type Value } from "../engines/ir.ts";
import { planMemory } from "../engines/plan.ts";
import { programPasses } from "./passes.ts";
import { verifyProgram } from "./verify.ts";

/** What steps there are after all passes, where every engine gives and leaves what the program did before. */
function stepsOf(program: Program): string[] {
  const inputs = program.inputs.map(({ shape }) => counted(shape));
  const passed = throughPasses(program, inputs, () => counted([6, 6]));
  return passed.steps.map((step) => {
    if (step.kind !== "routine") return step.kind;
    return step.epilogue ? `${step.name} then loop` : step.name;
  });
}

const plain = { transposeA: false, transposeB: false };

function matmul(k: Builder, a: Value, b: Value, params = plain): Value {
  const rows = a.shape.at(params.transposeA ? -1 : -2) as number;
  const columns = b.shape.at(params.transposeB ? -2 : -1) as number;
  const shape = [...a.shape.slice(0, -2), rows, columns];
  return k.routine("matmul", [a, b], [{ dtype: float32, shape }], params)[0] as Value;
}

const relu = (x?: Expr): Expr => e.max(x as Expr, 0);
const plus = (x?: Expr, y?: Expr): Expr => e.add(x as Expr, y as Expr);

test("bias and activation follow a product of matrices, whatever its shape", () => {
  for (const [rows, columns, depth] of [
    [1, 1, 1],
    [7, 5, 3],
    [64, 40, 500],
    [33, 70, 9],
    [1, 90, 20],
    [90, 1, 20],
    [13, 2, 30],
  ] as const) {
    const k = new Builder();
    const x = k.input(float32, [rows, depth]);
    const [w, b] = [k.input(float32, [depth, columns]), k.input(float32, [columns])];
    const y = k.map([k.map([matmul(k, x, w), b], plus)], relu);
    expect(stepsOf(k.program([y])), `${rows} ${columns} ${depth}`).toEqual(["matmul then loop"]);
  }
});

test("every batch position of a product has its part of the loop", () => {
  for (const params of [plain, { transposeA: true, transposeB: true }]) {
    const k = new Builder();
    const [a, b, c] = [0, 1, 2].map(() => k.input(float32, [3, 2, 20, 20])) as [
      Value,
      Value,
      Value,
    ];
    const y = k.map([matmul(k, a, b, params), c], (p, q) => e.sub(p as Expr, q as Expr));
    expect(stepsOf(k.program([y]))).toEqual(["matmul then loop"]);
  }
});

test("a loop that differs between batch positions follows the whole product", () => {
  const k = new Builder();
  const [a, b] = [k.input(float32, [3, 8, 8]), k.input(float32, [3, 8, 8])];
  const scale = k.input(float32, [3, 1, 1]);
  const y = k.map([matmul(k, a, b), scale], (p, q) => e.mul(p as Expr, q as Expr));
  expect(stepsOf(k.program([y]))).toEqual(["matmul then loop"]);
});

test("loops follow convolutions and the gradients of their inputs", () => {
  for (const [size, depth, stride] of [
    [9, 5, 1],
    [12, 3, 2],
    [6, 1, 4],
  ] as const) {
    const small = Math.ceil(size / stride);
    const before = Math.floor(Math.max(0, (small - 1) * stride + 3 - size) / 2);
    const after = Math.max(0, (small - 1) * stride + 3 - size) - before;
    const params = {
      strides: [stride, stride],
      dilations: [1, 1],
      pads: [
        [before, after],
        [before, after],
      ],
    };
    const k = new Builder();
    const x = k.input(float32, [3, size, size, depth]);
    const filter = k.input(float32, [3, 3, depth, 8]);
    const bias = k.input(float32, [8]);
    const spec = (shape: readonly number[]) => [{ dtype: float32, shape }];
    const [raw] = k.routine("conv2d", [x, filter], spec([3, small, small, 8]), params) as [Value];
    const y = k.map([raw, bias], (a, b) => relu(plus(a, b)));
    const [dx] = k.routine("conv2dBackpropInput", [filter, y], spec(x.shape), params) as [Value];
    const masked = k.map([dx, x], (d, a) =>
      e.select(e.gt(a as Expr, 0), d as Expr, e.constant(0, float32)),
    );
    expect(stepsOf(k.program([masked])), `${size} ${depth} ${stride}`).toEqual([
      "conv2d then loop",
      "conv2dBackpropInput then loop",
    ]);
  }
});

test("loops follow pooling and its gradients", () => {
  for (const [kind, depth] of [
    ["max", 5],
    ["avg", 8],
  ] as const) {
    const params = {
      ksize: [2, 2],
      strides: [2, 2],
      pads: [
        [0, 0],
        [0, 0],
      ],
    };
    const k = new Builder();
    const x = k.input(float32, [3, 6, 8, depth]);
    const bias = k.input(float32, [depth]);
    const spec = (shape: readonly number[]) => [{ dtype: float32, shape }];
    const [raw] = k.routine(`${kind}Pool`, [x], spec([3, 3, 4, depth]), params) as [Value];
    const y = k.map([raw, bias], plus);
    const inputs = kind === "max" ? [x, raw, y] : [y];
    const [dx] = k.routine(`${kind}PoolGrad`, inputs, spec(x.shape), params) as [Value];
    const masked = k.map([dx, x], (d, a) =>
      e.select(e.gt(a as Expr, 0), d as Expr, e.constant(0, float32)),
    );
    const first = kind === "max" ? ["maxPool", "loop"] : ["avgPool then loop"];
    expect(stepsOf(k.program([masked]))).toEqual([...first, `${kind}PoolGrad then loop`]);
  }
});

test("a loop over two products follows the later one", () => {
  const k = new Builder();
  const [a, b, c] = [0, 1, 2].map(() => k.input(float32, [6, 6])) as [Value, Value, Value];
  const y = k.map([matmul(k, a, b), matmul(k, a, c)], plus);
  expect(stepsOf(k.program([y]))).toEqual(["matmul", "matmul then loop"]);
});

test("results that others read, too, stay as they are", () => {
  const k = new Builder();
  const a = k.input(float32, [6, 6]);
  const product = matmul(k, a, a);
  expect(stepsOf(k.program([product, k.map([product], relu)]))).toEqual(["matmul", "loop"]);
});

test("a loop that reads the product transposed, or reduces it, stays apart", () => {
  const k = new Builder();
  const a = k.input(float32, [6, 6]);
  const turned = k.transpose(matmul(k, a, a), [1, 0]);
  const sum = k.reduce("sum", matmul(k, a, k.map([a], relu)), [0]);
  expect(stepsOf(k.program([turned, sum]))).toEqual(["matmul", "loop", "loop", "matmul", "loop"]);
});

test("a variable is updated while its gradient is computed, unless that reads the variable", () => {
  const spec = { dtype: float32, shape: [6, 6] };
  for (const [reads, expected] of [
    [false, ["matmul then loop"]],
    [true, ["matmul", "loop"]],
  ] as const) {
    const k = new Builder();
    const w = k.state({ container: "", name: "w" }, spec);
    const a = k.input(float32, [6, 6]);
    const gradient = matmul(k, a, reads ? w : a);
    k.storeMap(w, [w, gradient], (x, d) => e.sub(x as Expr, e.mul(d as Expr, 0.5)));
    expect(stepsOf(k.program([]))).toEqual(expected);
  }
});

test("a routine does not move behind a write to what it reads", () => {
  const spec = { dtype: float32, shape: [6, 6] };
  const k = new Builder();
  const w = k.state({ container: "", name: "w" }, spec);
  const a = k.input(float32, [6, 6]);
  const product = matmul(k, a, w);
  k.storeMap(w, [a], (x) => e.neg(x as Expr));
  const y = k.map([product, w], plus);
  expect(stepsOf(k.program([y]))).toEqual(["matmul", "group"]);
});

test("the result and what the loop makes of it share memory, and the printed form shows both", () => {
  const k = new Builder();
  const a = k.input(float32, [2, 2]);
  const y = k.map([matmul(k, a, a)], relu);
  const passed = programPasses.reduce((program, pass) => pass.run(program), k.program([y]));
  expect(formatProgram(passed)).toBe(
    [
      "inputs %0:float32[2,2]",
      '%1:float32[2,2] = matmul(%0, %0) {"transposeA":false,"transposeB":false}',
      "  then %2:float32[2,2] = loop[2,2] max(%1[2*i0 + i1], 0:float32)",
      "outputs %2:float32[2,2]",
    ].join("\n"),
  );
  const { buffers, slots } = planMemory(passed);
  expect(buffers).toHaveLength(1);
  expect([...slots.values()]).toEqual([0, 0]);
});

test("an epilogue that reads elsewhere is refused by verification", () => {
  const k = new Builder();
  const a = k.input(float32, [2, 2]);
  matmul(k, a, a);
  const [step] = k.steps;
  if (step?.kind !== "routine") throw new Error("one routine was made");
  const out = k.make(float32, [4]);
  const body = load(step.outputs[0] as Value, [-1], 3);
  const epilogue = { kind: "loop", dims: [4], reduce: null, body, out } as const;
  const program = { ...k.program([out]), steps: [{ ...step, epilogue }] };
  expect(() => verifyProgram(program, "test")).toThrow(
    "internal: after test, a routine has an epilogue that cannot follow it piece by piece: ",
  );
});
