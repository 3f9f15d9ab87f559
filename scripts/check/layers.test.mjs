// Tests of the layer check.
import { expect, test } from "vitest";
import { repository } from "./fixture.mjs";
import { checkLayers } from "./layers.mjs";

const check = (files) => checkLayers(repository(files));

test("imports within a layer, down, and by tests are fine", () => {
  const problems = check({
    "src/index.ts": 'export * from "./training/adam.ts";',
    "src/core/graph.ts": 'import type { Tensor } from "./tensor.ts";',
    "src/core/tensor.ts": "export type Tensor = object;",
    "src/core/graph.test.ts": 'import "../ops/math.ts"; import { test } from "vitest";',
    "src/ops/math.ts": 'import "../core/graph.ts";',
    "src/training/adam.ts": 'import "../variables/variable.ts"; import "../gradients/grad.ts";',
    "src/variables/variable.ts": 'import "../gradients/grad.ts";',
    "src/gradients/grad.ts": "export {};",
    "tests/all.test.ts": 'import "../src/ops/math.ts"; import * as tf from "tensorscope";',
  });
  expect(problems).toEqual([]);
});

test("an upward import is named with its line, however it is written", () => {
  const upward = (path) => `imports ${path} from a higher layer; imports point down only`;
  const problems = check({
    "src/ops/math.ts": "export {};",
    "src/core/a.ts": '\nimport { exp } from "../ops/math.ts";',
    "src/core/b.ts": 'import type { exp } from "../ops/math.ts";',
    "src/core/c.ts": 'export * from "../ops/math.ts";',
    "src/core/d.ts": 'export const load = () => import("../ops/math.ts");',
    "src/core/e.ts": 'export type E = import("../ops/math.ts").E;',
    "src/gradients/f.ts": 'export { v } from "../variables/v.ts";',
    "src/core/g.ts": 'import "../index.ts";',
  });
  expect(problems).toEqual([
    `src/core/a.ts:2: ${upward("src/ops/math.ts")}`,
    ...["b", "c", "d", "e"].map((name) => `src/core/${name}.ts:1: ${upward("src/ops/math.ts")}`),
    `src/core/g.ts:1: ${upward("src/index.ts")}`,
    `src/gradients/f.ts:1: ${upward("src/variables/v.ts")}`,
  ]);
});

test("a folder without a place among the layers is reported", () => {
  expect(check({ "src/helpers/text.ts": "export {};" })).toEqual([
    "src/helpers/text.ts: helpers is no layer; give it a place in scripts/check/layers.mjs",
  ]);
});

test("nobody imports a test file", () => {
  const problems = check({
    "src/core/graph.test.ts": "export const x = 1;",
    "src/core/graph.ts": 'export * from "./graph.test.ts";',
    "tests/more.test.ts": 'import "../src/core/graph.test.ts";',
  });
  expect(problems).toEqual([
    "src/core/graph.ts:1: imports the test file src/core/graph.test.ts",
    "tests/more.test.ts:1: imports the test file src/core/graph.test.ts",
  ]);
});

test("the library imports neither itself by name nor anything outside src", () => {
  const problems = check({
    "src/core/graph.ts": 'import "tensorscope";\nimport "../../tests/support.ts";',
  });
  expect(problems).toEqual([
    "src/core/graph.ts:1: the library imports itself by name",
    "src/core/graph.ts:2: the library imports tests/support.ts from outside src",
  ]);
});

test("loading the entry point may load no Node module; import() inside a function is fine", () => {
  const problems = check({
    "src/index.ts": 'export * from "./core/files.ts";\nimport type {} from "./formats/node.ts";',
    "src/core/files.ts": 'import "fs";\nexport const load = () => import("node:os");',
    "src/formats/node.ts": 'import "node:fs";',
  });
  expect(problems).toEqual(["src/core/files.ts:1: src/index.ts would load the Node module fs"]);
});
