// Random programs of products, views, loops, reductions and variables: the passes change nothing of what they compute.
import { expect, test } from "vitest";
import { randomOf } from "../../tests/kernels/check.ts";
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

/** Small whole numbers, and every step keeps them small, so that sums are exact in every order. */
const counted = (shape: readonly number[], seed: number): NDArray =>
  fromScalars(
    Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 29 + seed) % 5) - 2),
    shape,
    float32,
  );

function contextOf(): RunContext & { readonly cells: Map<string, StateCell> } {
  const cells = new Map<string, StateCell>();
  return {
    cells,
    cell: ({ name }) => {
      const shape = name.split("x").map(Number);
      const cell = cells.get(name) ?? { array: counted(shape, 3), initialized: true };
      cells.set(name, cell);
      return cell;
    },
    kernelState: (_, create) => create(),
  };
}

/** Values of magnitude at most 2. */
const clipped = (x: Expr): Expr => e.max(e.min(x, 2), -2);

class Maker {
  readonly k = new Builder();
  readonly #random: () => number;
  readonly #values: Value[] = [];
  readonly #states: Value[];

  constructor(seed: number) {
    this.#random = randomOf(seed);
    for (const shape of [[6, 8], [8, 6], [2, 3, 8], [8], [2, 3, 4, 2]]) {
      this.#values.push(this.k.input(float32, shape));
    }
    this.#states = [
      [6, 8],
      [8, 6],
    ].map((shape) =>
      this.k.state({ container: "", name: shape.join("x") }, { dtype: float32, shape }),
    );
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
  #pick(fits: (value: Value) => boolean = () => true): Value | undefined {
    const found = [...this.#states, ...this.#values].filter(fits);
    // Later ones more often.
    return found[Math.max(this.#below(found.length), this.#below(found.length))];
  }

  step(): void {
    const { k } = this;
    const x = this.#pick() as Value;
    const made = [
      () => this.#product(x),
      () => this.#product(x),
      () => this.#transposed(x),
      () => k.map([x], (a) => clipped(e.sub(a as Expr, 1))),
      () => this.#part(x),
      () => this.#outer(x),
      () => this.#sum(x),
      () => this.#chained(x),
      () => this.#store(x),
      () => k.reshape(x, [x.size]),
    ][this.#below(10)]?.();
    if (made) this.#values.push(made);
  }

  #product(given: Value): Value | undefined {
    // Often an operand that nobody else reads, so that it may be read through.
    const x = (this.#random() < 0.6 && this.#transposed(given)) || given;
    const [rows, depth] = x.shape.slice(-2) as [number, number];
    const isTurned = this.#random() < 0.5;
    const y = this.#pick(
      ({ shape }) =>
        shape.length >= 2 &&
        shape.at(isTurned ? -1 : -2) === depth &&
        (shape.length === 2 || shape.slice(0, -2).join() === x.shape.slice(0, -2).join()),
    );
    if (x.shape.length < 2 || !y) return undefined;
    const columns = y.shape.at(isTurned ? -2 : -1) as number;
    const spec = { dtype: float32, shape: [...x.shape.slice(0, -2), rows, columns] };
    const params = { transposeA: false, transposeB: isTurned };
    const [out] = this.k.routine("matmul", [x, y], [spec], params) as [Value];
    const kept = this.#random() < 0.4 && this.#transposed(out);
    return this.k.map([kept || out], (a) => clipped(a as Expr));
  }

  /** A part of a product. */
  #part(x: Value): Value | undefined {
    const { k } = this;
    const [rows, columns] = x.shape as [number, number];
    if (x.shape.length !== 2 || rows < 2 || columns < 2) return undefined;
    const params = { transposeA: true, transposeB: false };
    const spec = { dtype: float32, shape: [columns, columns] };
    const [out] = k.routine("matmul", [x, x], [spec], params) as [Value];
    const begin = [this.#below(2), this.#below(2)];
    const part = k.slice(out, begin, [columns - 1, columns - this.#below(2) - 1]);
    return k.map([part], (a) => clipped(a as Expr));
  }

  /** The sum of products of a few rows. */
  #outer(x: Value): Value | undefined {
    const { k } = this;
    const [rows, columns] = x.shape as [number, number];
    const y = this.#pick(({ shape }) => shape.length === 2 && shape[0] === rows) as Value;
    if (x.shape.length !== 2) return undefined;
    const terms = Array.from({ length: 1 + this.#below(Math.min(rows, 3)) }, (_, i) => {
      const [a, b] = [x, y].map((z) => k.slice(z, [i, 0], [1, z.shape[1] as number]));
      const spec = { dtype: float32, shape: [columns, y.shape[1] as number] };
      const params = { transposeA: true, transposeB: false };
      return k.routine("matmul", [a as Value, b as Value], [spec], params)[0] as Value;
    });
    return k.map(terms, (...all) => clipped(all.reduce((sum, term) => e.add(sum, term))));
  }

  #transposed(x: Value): Value | undefined {
    const { length } = x.shape;
    if (length < 2) return undefined;
    const perm = x.shape.map((_, axis) => axis);
    const [a, b] = [this.#below(length), this.#below(length)];
    [perm[a], perm[b]] = [perm[b] as number, perm[a] as number];
    return this.k.transpose(x, perm);
  }

  #sum(x: Value): Value {
    const axis = this.#below(x.shape.length);
    const sum = this.k.reduce("sum", x, [axis], { keepDims: true });
    return this.k.map([x, sum], (a, b) => clipped(e.add(a as Expr, b as Expr)));
  }

  #chained(x: Value): Value | undefined {
    const y = this.#pick(({ shape }) => shape.join() === x.shape.join());
    return y && this.k.map([x, y], (a, b) => clipped(e.add(a as Expr, e.mul(b as Expr, 2))));
  }

  #store(x: Value): undefined {
    const state = this.#states.find(({ shape }) => shape.join() === x.shape.join());
    if (state) {
      this.k.storeMap(state, [state, x], (a, b) => clipped(e.sub(b as Expr, a as Expr)));
    }
    return undefined;
  }

  program(): Program {
    return this.k.program(this.#values.filter((value) => !value.state && this.#random() < 0.15));
  }
}

const kinds = new Set<string>();

for (let seed = 1; seed <= 200; seed++) {
  test(`random program ${seed}`, () => {
    const maker = new Maker(seed);
    for (let i = 0; i < 20; i++) maker.step();
    const program = maker.program();
    let passed = program;
    for (const pass of programPasses) {
      passed = pass.run(passed);
      verifyProgram(passed, pass.name);
    }
    for (const step of passed.steps) {
      kinds.add(step.kind === "routine" ? `${step.name}${step.epilogue ? "+" : ""}` : step.kind);
    }
    const inputs = program.inputs.map(({ shape }, i) => counted(shape, i));
    const results = (run: Program, engine: Engine): unknown => {
      const context = contextOf();
      // What nobody needs may not touch a variable.
      for (const name of ["6x8", "8x6"]) context.cell({ container: "", name });
      const outputs = engine.load(run).run(inputs, context);
      const states = Array.from(context.cells, ([name, { array }]) => [name, array?.toArray()]);
      return [outputs.map((array) => array.toArray()), states.sort()];
    };
    const expected = results(program, referenceEngine);
    for (const engine of [referenceEngine, javascriptEngine, wasmEngine]) {
      const text = `${engine.name}\n${formatProgram(program)}\n${formatProgram(passed)}`;
      expect(results(passed, engine), text).toEqual(expected);
    }
  });
}

test("the programs had all kinds of steps", () => {
  expect([...kinds].sort()).toEqual([
    "concat",
    "group",
    "loop",
    "matmul",
    "matmul+",
    "stridedMatmul",
    "stridedMatmul+",
  ]);
});
