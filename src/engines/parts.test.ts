// Tests of runs that are left between steps: going on gives what running at once gives.
import { describe, expect, test } from "vitest";
import { float32, string } from "../core/dtypes.ts";
import { fromScalars, type NDArray } from "../core/ndarray.ts";
import { Builder } from "./builder.ts";
import type { Engine, LoadedProgram } from "./engine.ts";
import { StepError } from "./executor.ts";
import * as e from "./expr.ts";
import type { Expr, Program, RunContext, StateCell } from "./ir.ts";
import { javascriptEngine } from "./javascript.ts";
import { referenceEngine } from "./reference.ts";
import { makeWasmEngine, wasmEngine } from "./wasm/engine.ts";

function contextOf(cell: StateCell = { array: null, initialized: false }): RunContext {
  return { cell: () => cell, kernelState: (_, create) => create() };
}
const two = (a: number, b: number): NDArray => fromScalars([a, b], [2], float32);

/** x = 2 (x + a), and a host step that shows what it is given, then fails if asked to. */
function program(seen: unknown[], fails = false): Program {
  const k = new Builder();
  const a = k.input(float32, [2]);
  const text = k.input(string, []);
  const x = k.state({ container: "", name: "x" }, { dtype: float32, shape: [2] });
  k.storeMap(x, [x, a], (left, right) => e.add(left as Expr, right as Expr));
  const [copy] = k.host(
    "look",
    [x, text],
    [{ dtype: float32, shape: [2] }],
    (inputs, [out]) => {
      seen.push(inputs.map((array) => array.toArray()));
      if (fails) throw new Error("as asked");
      (out as NDArray<"float32">).data.fill(7);
    },
    { effect: true },
  ) as [never];
  k.storeMap(x, [x], (value) => e.mul(value as Expr, e.constant(2, float32)));
  return k.program([
    x,
    k.map([x, a, copy], (...all) => e.add(e.add(all[0] as Expr, all[1] as Expr), all[2] as Expr)),
  ]);
}

/** Leaves the run after every step; `between` is called each time. */
function inParts(
  loaded: LoadedProgram,
  inputs: readonly NDArray[],
  context: RunContext,
  between: () => void,
): NDArray[] {
  let results = loaded.run(inputs, context, 0);
  while (!results) {
    between();
    results = loaded.resume(0);
  }
  return results;
}

const engines: readonly (readonly [string, () => Engine])[] = [
  ["reference", () => referenceEngine],
  ["javascript", () => javascriptEngine],
  ["wasm", () => wasmEngine],
  ["wasm with memory that moves", () => makeWasmEngine({ shared: false })],
];

describe.each(engines)("%s", (_, make) => {
  const text = (): NDArray => fromScalars(["hello"], [], string);

  test("a run in parts", () => {
    const engine = make();
    const cell: StateCell = { array: two(1, 2), initialized: true };
    const seen: unknown[] = [];
    const loaded = engine.load(program(seen));
    const context = contextOf(cell);
    let parts = 0;
    for (const total of [
      [4, 6],
      [10, 14],
    ]) {
      const inputs = [two(1, 1), text()];
      const [x, sum] = inParts(loaded, inputs, context, () => {
        parts += 1;
        // The caller's arrays are its own again, and other programs need so much memory that it may have to move.
        (inputs[0] as NDArray<"float32">).data.fill(100);
        (inputs[1] as NDArray).data[0] = "changed";
        const k = new Builder();
        const other = k.program([k.unary("neg", k.input(float32, [2_000_000 * parts]))]);
        engine.load(other).dispose?.();
      });
      expect(x?.toArray()).toEqual(total);
      expect(sum?.toArray()).toEqual([(total[0] as number) + 8, (total[1] as number) + 8]);
      expect(cell.array?.toArray()).toEqual(total);
    }
    expect(parts).toBeGreaterThanOrEqual(6);
    expect(seen).toEqual([
      [[2, 3], "hello"],
      [[5, 7], "hello"],
    ]);
  });

  test("an error in a later part says which step it was, and the program can run again", () => {
    const loaded = make().load(program([], true));
    const inputs = [two(1, 1), text()];
    for (let i = 0; i < 2; i++) {
      try {
        inParts(loaded, inputs, contextOf(), () => undefined);
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(StepError);
        expect((error as StepError).step).toMatchObject({ kind: "host", name: "look" });
      }
    }
  });

  test("a run that was cancelled leaves nothing behind", () => {
    const loaded = make().load(program([]));
    const context = contextOf({ array: two(0, 0), initialized: true });
    expect(loaded.run([two(1, 1), text()], context, 0)).toBeNull();
    loaded.cancel();
    const [x] = loaded.run([two(1, 1), text()], context);
    // One sum was done before.
    expect(x?.toArray()).toEqual([4, 4]);
  });
});
