// Tests of the checks on single files.
import { expect, test } from "vitest";
import { repository } from "./fixture.mjs";
import { checkAny, checkLength, checkSilence } from "./text.mjs";

test("code files end at 800 lines; recorded data may be longer", () => {
  const root = repository({
    "src/core/fits.ts": "//\n".repeat(800),
    "src/core/long.ts": "//\n".repeat(801),
    "tests/parity/record.py": "#\n".repeat(900),
    "tests/parity/gan.json": "1\n".repeat(900),
  });
  expect(checkLength(root)).toEqual([
    "src/core/long.ts: 801 lines, more than 800; split it",
    "tests/parity/record.py: 900 lines, more than 800; split it",
  ]);
});

test("the library prints only where the code says why", () => {
  const root = repository({
    "src/core/graph.ts": [
      'console.log("a"); // console.log in a comment is fine',
      'globalThis.console.warn("console.log in a text is fine");',
      'process.stdout.write("b");',
      "// console-boundary: tf.print prints",
      'console.error("c");',
    ].join("\n"),
    "src/core/graph.test.ts": 'console.log("a");',
    "src/cli/main.ts": 'process.stdout.write("a");\nconsole.log("b");',
    "examples/gan.ts": 'console.log("a");',
  });
  expect(checkSilence(root)).toEqual([
    "src/cli/main.ts:2: the library prints with console.log",
    "src/core/graph.ts:1: the library prints with console.log",
    "src/core/graph.ts:2: the library prints with console.warn",
    "src/core/graph.ts:3: the library prints with process.stdout",
  ]);
});

test("any and silenced compile errors need a reason", () => {
  const root = repository({
    "src/core/graph.ts": [
      "export const any = 1; // any in a comment is fine",
      "export function f(x: any[]) {}",
      "// @ts-ignore",
      "f(1);",
      "/* @ts-expect-error */ f(1);",
      "// any-boundary: the registry's storage",
      "export type Stored = any;",
    ].join("\n"),
    "src/core/graph.test.ts": "// @ts-expect-error the shape must be a list\nf(1 as any);",
  });
  const hint =
    "if it must be, put above it " +
    "// biome-ignore lint/suspicious/noExplicitAny: any-boundary: <reason>";
  expect(checkAny(root)).toEqual([
    `src/core/graph.test.ts:2: any; ${hint}`,
    `src/core/graph.ts:3: @ts-ignore; ${hint}`,
    `src/core/graph.ts:5: @ts-expect-error; ${hint}`,
    `src/core/graph.ts:2: any; ${hint}`,
  ]);
});
