// Tests of the documentation check.
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkDocs } from "./docs.mjs";
import { repository } from "./fixture.mjs";

const home = join(import.meta.dirname, "../..");

/** Checks a README against a built package with one function, `tf.double`. */
function check(readme, docs = {}) {
  const root = repository({
    "package.json": JSON.stringify({
      name: "tensorscope",
      type: "module",
      exports: { ".": { types: "./dist/src/index.d.ts", default: "./dist/src/index.js" } },
    }),
    "tsconfig.json": JSON.stringify({ extends: join(home, "tsconfig.json") }),
    "dist/src/index.d.ts": "export declare function double(x: number): number;",
    "dist/src/index.js": "export function double(x) { return 2 * x; }",
    "README.md": readme.join("\n"),
    ...docs,
  });
  symlinkSync(join(home, "node_modules"), join(root, "node_modules"), "junction");
  return checkDocs(root);
}

const load = 'import * as tf from "tensorscope";';

test("programs that compile, run and print what is said pass", async () => {
  const readme = [
    "```ts",
    load,
    "const x: number = tf.double(2);",
    "console.log(x);",
    "```",
    "prints",
    "```text output",
    "4",
    "```",
    "```ts continued",
    "console.log(await Promise.resolve([tf.double(x)]));",
    "```",
    "```text output",
    "[ 8 ]",
    "```",
    "```ts no-run",
    load,
    "throw new Error(String(tf.double(1)));",
    "```",
    "```sh",
    "npm start",
    "```",
  ];
  expect(await check(readme)).toEqual([]);
});

test("type errors are reported at the document's line, also in blocks that do not run", async () => {
  const readme = ["# Title", "```ts no-run", load, 'tf.double("2");', "```"];
  const guide = ["", "```ts", load, "tf.triple(2);", "```"].join("\n");
  expect(await check(readme, { "docs/guide/start.md": guide })).toEqual([
    expect.stringMatching(
      /^README.md:4: error TS2345: Argument of type 'string' is not assignable/,
    ),
    expect.stringMatching(
      /^docs\/guide\/start.md:4: error TS2339: Property 'triple' does not exist/,
    ),
  ]);
});

test("a program that throws is reported with the error and its line in the document", async () => {
  const [problem, ...rest] = await check(["", "```ts", "", 'throw new Error("no data");', "```"]);
  expect(rest).toEqual([]);
  expect(problem).toContain("README.md:2: the program failed:");
  expect(problem).toContain("Error: no data");
  expect(problem).toContain("README-md-2.ts:4:");
});

test("other output than said is reported", async () => {
  const readme = ["```ts", "console.log(1);", "```", "```text output", "2", "```"];
  expect(await check(readme)).toEqual(["README.md:1: the program printed\n1\nand not\n2"]);
});

test("marks that mean nothing are reported", async () => {
  const readme = ["```text output", "2", "```", "```ts norun", "export {};", "```"];
  expect(await check(readme)).toEqual([
    "README.md:1: the output of no program: the block before it is not a ts block that runs",
    'README.md:4: unknown word "norun" after ts',
  ]);
});
