// Tests of the import cycle check.
import { expect, test } from "vitest";
import { checkCycles } from "./cycles.mjs";
import { repository } from "./fixture.mjs";

const check = (files) => checkCycles(repository(files));

test("a diamond is no cycle", () => {
  const problems = check({
    "src/core/top.ts": 'import "./left.ts"; import "./right.ts";',
    "src/core/left.ts": 'import "./bottom.ts";',
    "src/core/right.ts": 'import "./bottom.ts";',
    "src/core/bottom.ts": "export {};",
  });
  expect(problems).toEqual([]);
});

test("a cycle is shown as the shortest way round", () => {
  const problems = check({
    "src/core/a.ts": 'import "./b.ts";',
    "src/core/b.ts": 'import "./c.ts"; import "./d.ts";',
    "src/core/c.ts": 'import { A } from "./a.ts";',
    "src/core/d.ts": 'import "./c.ts";',
    "src/core/self.ts": 'export * from "./self.ts";',
  });
  expect(problems).toEqual([
    "import cycle: src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts",
    "import cycle: src/core/self.ts -> src/core/self.ts",
  ]);
});

test("two files may know each other's types", () => {
  const problems = check({
    "src/core/graph.ts": 'import { Tensor } from "./tensor.ts"; export class Graph {}',
    "src/core/tensor.ts": 'import type { Graph } from "./graph.ts"; export class Tensor {}',
  });
  expect(problems).toEqual([]);
});

test("op families may import each other as long as they load in any order", () => {
  const math = `
    import { where } from "./select.ts";
    export type Options = object;
    export interface Named { name?: string }
    const floating = ["float32"];
    defineOp({ type: "Exp" });
    export function exp() { return where(floating); }
    export { exp as exponential };`;
  const select = `
    import { exp } from "./math.ts";
    let calls = 0;
    export class Select extends Base {}
    register(exp);
    if (calls) exp();
    export function where() { calls++; }`;
  const problem =
    "in an import cycle, so its top level may hold only imports, exports, functions, " +
    "classes that extend nothing, types, constants and define…(…) or install…(…) calls";
  expect(check({ "src/ops/math.ts": math, "src/ops/select.ts": select })).toEqual(
    [3, 4, 5, 6].map((line) => `src/ops/select.ts:${line}: ${problem}`),
  );
});

test("a cycle that leaves src/ops is reported", () => {
  const problems = check({
    "src/ops/math.ts": 'import "../core/graph.ts";',
    "src/core/graph.ts": 'import { exp } from "../ops/math.ts";',
  });
  expect(problems).toEqual([
    "import cycle: src/core/graph.ts -> src/ops/math.ts -> src/core/graph.ts",
  ]);
});
