// Tests of layouts: products that read and write through transposes, and that results stay the same.
import { expect, test } from "vitest";
import { counted, matmul, throughPasses } from "../../tests/kernels/programs.ts";
import { float32 } from "../core/dtypes.ts";
import { Builder } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import type { Expr, Program, Value } from "../engines/ir.ts";

/** The steps after all passes; every engine computes the same with and without them. */
function stepsOf(program: Program): string[] {
  const inputs = program.inputs.map(({ shape }) => counted(shape));
  const passed = throughPasses(program, inputs, () => counted([4, 5]));
  return passed.steps.map((step) => {
    if (step.kind !== "routine") return step.kind;
    const { transposeA, transposeB } = step.params;
    const flags = `${transposeA ? " A" : ""}${transposeB ? " B" : ""}`;
    return `${step.name}${flags}${step.epilogue ? " then loop" : ""}`;
  });
}

test("a transposed operand becomes a flag of the product", () => {
  const k = new Builder();
  const [x, w] = [k.input(float32, [6, 5]), k.input(float32, [4, 5])];
  expect(stepsOf(k.program([matmul(k, x, k.transpose(w, [1, 0]))]))).toEqual(["matmul B"]);
  const j = new Builder();
  const [y, v] = [j.input(float32, [5, 6]), j.input(float32, [4, 5])];
  expect(stepsOf(j.program([matmul(j, j.transpose(y, [1, 0]), v, "B")]))).toEqual(["matmul A B"]);
});

test("heads are read and written where they lie", () => {
  const [batch, tokens, heads, size] = [2, 6, 3, 4];
  const k = new Builder();
  const inputs = [0, 1, 2].map(() => k.input(float32, [batch * tokens, heads * size]));
  const [q, key, v] = inputs.map((flat) => {
    const split = k.reshape(flat, [batch, tokens, heads, size]);
    return k.transpose(split, [0, 2, 1, 3]);
  }) as [Value, Value, Value];
  const scores = k.map([matmul(k, q, key, "B")], (s) => e.mul(s as Expr, 0.5));
  const mixed = k.transpose(matmul(k, scores, v), [0, 2, 1, 3]);
  const joined = k.reshape(mixed, [batch * tokens, heads * size]);
  const out = matmul(k, joined, k.input(float32, [heads * size, 5]));
  expect(stepsOf(k.program([out]))).toEqual(["stridedMatmul then loop", "stridedMatmul", "matmul"]);
});

test("slices are read in place, and one matrix serves a whole batch", () => {
  const k = new Builder();
  const [x, w] = [k.input(float32, [3, 4, 5]), k.input(float32, [9, 8])];
  const part = k.slice(w, [2, 1], [5, 6]);
  expect(stepsOf(k.program([matmul(k, x, part)]))).toEqual(["stridedMatmul"]);
});

test("operands without neighbours in either direction are copied", () => {
  const k = new Builder();
  const [x, w] = [k.input(float32, [6, 5]), k.input(float32, [5, 4, 3])];
  const every = k.view(w, [5, 4], [12, 3]);
  expect(stepsOf(k.program([matmul(k, x, every)]))).toEqual(["loop", "matmul"]);
});

test("a transpose that others read, too, stays", () => {
  const k = new Builder();
  const [x, w] = [k.input(float32, [6, 5]), k.input(float32, [4, 5])];
  const turned = k.transpose(w, [1, 0]);
  expect(stepsOf(k.program([matmul(k, x, turned), turned]))).toEqual(["loop", "matmul"]);
});

test("a transposed variable that is written in between is copied before", () => {
  for (const isWritten of [false, true]) {
    const k = new Builder();
    const x = k.input(float32, [6, 5]);
    const w = k.state({ container: "", name: "w" }, { dtype: float32, shape: [4, 5] });
    const turned = k.transpose(w, [1, 0]);
    if (isWritten) k.storeMap(w, [w], (a) => e.neg(a as Expr));
    const program = k.program([matmul(k, x, turned)]);
    expect(stepsOf(program)).toEqual(isWritten ? ["loop", "loop", "matmul"] : ["matmul B"]);
  }
});

test("a transposed result is written as it is wanted, unless its rows are torn apart", () => {
  const k = new Builder();
  const x = k.input(float32, [2, 3, 4]);
  const y = k.transpose(matmul(k, x, x, "B"), [1, 0, 2]);
  expect(stepsOf(k.program([y]))).toEqual(["stridedMatmul"]);
  const j = new Builder();
  const z = j.input(float32, [2, 3, 4]);
  const torn = j.transpose(matmul(j, z, z, "B"), [0, 2, 1]);
  expect(stepsOf(j.program([torn]))).toEqual(["matmul B", "loop"]);
});
