/** For tests of passes: programs must compute on every engine, after all passes, what they computed before. */

import { expect } from "vitest";
import { type DType, float32 } from "../../src/core/dtypes.ts";
import { fromScalars, type NDArray, sizeOf } from "../../src/core/ndarray.ts";
import type { Builder } from "../../src/engines/builder.ts";
import type { Engine } from "../../src/engines/engine.ts";
import {
  formatProgram,
  type Program,
  type RunContext,
  type StateCell,
  type Value,
} from "../../src/engines/ir.ts";
import { javascriptEngine } from "../../src/engines/javascript.ts";
import { referenceEngine } from "../../src/engines/reference.ts";
import { wasmEngine } from "../../src/engines/wasm/engine.ts";
import { programPasses } from "../../src/session/passes.ts";
import { verifyProgram } from "../../src/session/verify.ts";

/** Small whole numbers, so that sums are exact in every order. */
export const counted = (shape: readonly number[], seed = 0, dtype: DType = float32): NDArray =>
  fromScalars(
    Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 29 + seed) % 7) - 3),
    shape,
    dtype,
  );

/** Cells that are made when they are first asked for. */
export function contextOf(
  arrayOf: (name: string) => NDArray,
): RunContext & { readonly cells: Map<string, StateCell> } {
  const cells = new Map<string, StateCell>();
  return {
    cells,
    cell: ({ name }) => {
      const cell = cells.get(name) ?? { array: arrayOf(name), initialized: true };
      cells.set(name, cell);
      return cell;
    },
    kernelState: (_, create) => create(),
  };
}

/** The program after all passes, when every engine gives and leaves what the program did before. */
export function throughPasses(
  program: Program,
  inputs: readonly NDArray[],
  stateOf: (name: string) => NDArray,
): Program {
  let passed = program;
  for (const pass of programPasses) {
    passed = pass.run(passed);
    verifyProgram(passed, pass.name);
  }
  const results = (run: Program, engine: Engine): unknown => {
    const context = contextOf(stateOf);
    const outputs = engine.load(run).run(inputs, context);
    const left = Array.from(context.cells, ([name, { array }]) => [name, array?.toArray()]);
    return [outputs.map((array) => array.toArray()), left.sort()];
  };
  const expected = results(program, referenceEngine);
  for (const engine of [referenceEngine, javascriptEngine, wasmEngine]) {
    expect(results(passed, engine), `${engine.name}\n${formatProgram(passed)}`).toEqual(expected);
  }
  return passed;
}

/** A product whose `sides` are transposed: "", "A", "B" or "AB". */
export function matmul(k: Builder, a: Value, b: Value, sides = ""): Value {
  const [transposeA, transposeB] = [sides.includes("A"), sides.includes("B")];
  const rows = a.shape.at(transposeA ? -1 : -2) as number;
  const columns = b.shape.at(transposeB ? -2 : -1) as number;
  const shape = [...a.shape.slice(0, -2), rows, columns];
  const params = { transposeA, transposeB };
  return k.routine("matmul", [a, b], [{ dtype: a.dtype, shape }], params)[0] as Value;
}
