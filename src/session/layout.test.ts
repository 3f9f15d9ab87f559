// Tests of layouts: products that read and write through transposes, and that results stay the same.
import { expect, test } from "vitest";
import { float32 } from "../core/dtypes.ts";
import { fromScalars, type NDArray, sizeOf } from "../core/ndarray.ts";
import { Builder } from "../engines/builder.ts";
import type { Engine } from "../engines/engine.ts";
import * as e from "../engines/expr.ts";
import {
  type Expr,
  formatProgram,
  type Program,
  type RunContext,
  type StateCell,
  type Value,
} from "../engines/ir.ts";
import { javascriptEngine } from "../engines/javascript.ts";
import { referenceEngine } from "../engines/reference.ts";
import { wasmEngine } from "../engines/wasm/engine.ts";
import { programPasses } from "./passes.ts";
import { verifyProgram } from "./verify.ts";

const counted = (shape: readonly number[]): NDArray =>
  fromScalars(
    Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 29) % 7) - 3),
    shape,
    float32,
  );

function contextOf(): RunContext {
  const cells = new Map<string, StateCell>();
  return {
    cell: ({ name }) => {
      const cell = cells.get(name) ?? { array: counted([4, 5]), initialized: true };
      cells.set(name, cell);
      return cell;
    },
    kernelState: (_, create) => create(),
  };
}

/** The steps after all passes; every engine computes the same with and without them. */
function stepsOf(program: Program): string[] {
  let passed = program;
  for (const pass of programPasses) {
    passed = pass.run(passed);
    verifyProgram(passed, pass.name);
  }
  const inputs = program.inputs.map(({ shape }) => counted(shape));
  const results = (run: Program, engine: Engine): unknown =>
    engine
      .load(run)
      .run(inputs, contextOf())
      .map((array) => array.toArray());
  const expected = results(program, referenceEngine);
  for (const engine of [referenceEngine, javascriptEngine, wasmEngine]) {
    expect(results(passed, engine), `${engine.name}\n${formatProgram(passed)}`).toEqual(expected);
  }
  return passed.steps.map((step) => {
    if (step.kind !== "routine") return step.kind;
    const { transposeA, transposeB } = step.params;
    const flags = `${transposeA ? " A" : ""}${transposeB ? " B" : ""}`;
    return `${step.name}${flags}${step.epilogue ? " then loop" : ""}`;
  });
}

function matmul(k: Builder, a: Value, b: Value, sides = ""): Value {
  const [transposeA, transposeB] = [sides.includes("A"), sides.includes("B")];
  const rows = a.shape.at(transposeA ? -1 : -2) as number;
  const columns = b.shape.at(transposeB ? -2 : -1) as number;
  const shape = [...a.shape.slice(0, -2), rows, columns];
  const params = { transposeA, transposeB };
  return k.routine("matmul", [a, b], [{ dtype: float32, shape }], params)[0] as Value;
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
