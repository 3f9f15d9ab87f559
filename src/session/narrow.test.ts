// Tests of narrowing: products of which a part is read compute that part, from parts of their operands.
import { expect, test } from "vitest";
import { counted, matmul } from "../../tests/kernels/programs.ts";
import { float32 } from "../core/dtypes.ts";
import { Builder } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import {
  type Expr,
  formatProgram,
  type Program,
  type RunContext,
  type Value,
} from "../engines/ir.ts";
import { javascriptEngine } from "../engines/javascript.ts";
import { referenceEngine } from "../engines/reference.ts";
import { wasmEngine } from "../engines/wasm/engine.ts";
import { narrow } from "./narrow.ts";
import { programPasses } from "./passes.ts";
import { verifyProgram } from "./verify.ts";

const context: RunContext = {
  cell: () => {
    throw new Error("there is no state");
  },
  kernelState: (_, create) => create(),
};

/** The shapes of the products after narrowing; every engine computes the same after it and after all passes. */
function productsOf(program: Program): string[] {
  const inputs = program.inputs.map(({ shape }, i) => counted(shape, i));
  const resultsOf = (run: Program, engine = referenceEngine): unknown =>
    engine
      .load(run)
      .run(inputs, context)
      .map((array) => array.toArray());
  const expected = resultsOf(program);
  const narrowed = narrow(program);
  verifyProgram(narrowed, "narrow");
  expect(resultsOf(narrowed), formatProgram(narrowed)).toEqual(expected);
  const passed = programPasses.reduce((before, pass) => pass.run(before), program);
  for (const engine of [referenceEngine, javascriptEngine, wasmEngine])
    expect(resultsOf(passed, engine), formatProgram(passed)).toEqual(expected);
  return narrowed.steps.flatMap((step) =>
    step.kind === "routine" ? [`${step.inputs.map(({ shape }) => shape.join("x"))}`] : [],
  );
}

test("only the columns and rows that are read are computed, whichever way operands lie", () => {
  for (const sides of ["", "A", "B", "AB"]) {
    const k = new Builder();
    const a = k.input(float32, sides.includes("A") ? [4, 6] : [6, 4]);
    const b = k.input(float32, sides.includes("B") ? [8, 4] : [4, 8]);
    const columns = k.slice(matmul(k, a, b, sides), [0, 3], [6, 5]);
    const both = k.slice(matmul(k, a, b, sides), [1, 2], [2, 3]);
    const y = k.map([columns], (x) => e.square(x as Expr));
    const shapes = (rows: number, count: number) => [
      sides.includes("A") ? `4x${rows}` : `${rows}x4`,
      sides.includes("B") ? `${count}x4` : `4x${count}`,
    ];
    const expected = [shapes(6, 5).join(), shapes(2, 3).join()];
    expect(productsOf(k.program([both, y])), sides).toEqual(expected);
  }
});

test("every batch position is narrowed alike, and one matrix serves them all", () => {
  const k = new Builder();
  const [a, b] = [k.input(float32, [3, 6, 4]), k.input(float32, [4, 8])];
  const part = k.slice(matmul(k, a, b), [0, 2, 4], [3, 1, 4]);
  expect(productsOf(k.program([part]))).toEqual(["3x1x4,4x4"]);
});

test("a part that is read transposed is a part", () => {
  const k = new Builder();
  const [a, b] = [k.input(float32, [6, 4]), k.input(float32, [4, 8])];
  const turned = k.view(matmul(k, a, b), [5, 6], [1, 8], 3);
  expect(productsOf(k.program([turned]))).toEqual(["6x4,4x5"]);
});

test("products stay whole where all is read, where others read, and where rows are left out", () => {
  const k = new Builder();
  const [a, b] = [k.input(float32, [6, 4]), k.input(float32, [4, 8])];
  const [all, read, every] = [0, 1, 2].map(() => matmul(k, a, b)) as [Value, Value, Value];
  const views = [
    k.transpose(all, [1, 0]),
    k.slice(read, [0, 3], [6, 5]),
    k.slice(read, [0, 0], [6, 3]),
    k.slice(every, [0, 0], [3, 8], [2, 1]),
  ];
  expect(productsOf(k.program(views))).toEqual(["6x4,4x8", "6x4,4x8", "6x4,4x8"]);
});
