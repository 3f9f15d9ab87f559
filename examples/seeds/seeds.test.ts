// Runs the documents' snippets and compares what they print with what TensorFlow prints
// (expected/, by record.py).
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { format } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const examples = readdirSync(import.meta.dirname)
  .filter((file) => /^\d\d-.*\.ts$/.test(file))
  .map((file) => file.replace(/\.ts$/, ""));

/**
 * Normal distributions go through the host's logarithm, sine and cosine, which may round otherwise
 * in the last place; the orthogonal one sums in another order as well. All else must be equal.
 */
const withNormals = new Set([
  "12-reuse-variables",
  "14-simple-examples",
  "17-random",
  "18-variance-scaling",
  "19-orthogonal-glorot",
]);
const closeness = 2e-6;

let printed: string[] = [];
beforeEach(() => {
  printed = [];
  vi.spyOn(console, "log").mockImplementation((...values) => {
    printed.push(`${format(...values)}\n`);
  });
  // So that each run has its own default graph.
  vi.resetModules();
});
afterEach(() => vi.restoreAllMocks());

/** Python names the module as well, and 2.21 has a class of its own for the tensors of graphs. */
function classNames(text: string): string {
  return text.replace(/<class '[\w.]*?(\w+)'>/g, "$1").replace(/^SymbolicTensor$/gm, "Tensor");
}

/** The lines under "Originally defined at:" name files; record.py leaves them out, too. */
function stackFrames(text: string): string {
  return text.replace(/^( {2}File | {4}).*\n/gm, "");
}

/** console.log breaks long lists of objects, pads their brackets; Python's print does neither. */
function lists(text: string): string {
  return text
    .replace(/^\[\s+(?=[<'a])/gm, "[")
    .replace(/(?<=[>')])\s+\]$/gm, "]")
    .replace(/,\n +/g, ", ");
}

/** A scalar fetched in a list is a NumPy scalar there and an array without axes here. */
function scalars(text: string): string {
  return text.replace(/np\.\w+\((\S+?)\)/g, "$1").replace(/array\((\S+?), dtype=\w+\)/g, "$1");
}

/** Around a failed run's message: 2.21's prefix, the node that asked; our advice and line. */
function runErrors(text: string): string {
  return text
    .replace("Graph execution error:\n\n", "")
    .replace(/^\t \[\[\{\{node .*\n/gm, "")
    .replace(/^Run tf\.globalVariablesInitializer\(\) .*\n'.*' \(\w+\) was made at .*\n/gm, "");
}

const normalisations = [classNames, stackFrames, lists, scalars, runErrors];

function normalised(text: string): string[] {
  return normalisations.reduce((result, apply) => apply(result), text).split("\n");
}

const number = /[-+]?\d+\.\d*(?:e[-+]\d+)?/g;

/** A line without its decimal numbers, and without the spaces that NumPy aligns them with. */
function skeleton(line: string): string {
  return line.replace(number, "#").replace(/ +#/g, " #").replace(/ +\]/g, "]");
}

function expectClose(found: string[], wanted: string[]): void {
  expect(found.map(skeleton)).toEqual(wanted.map(skeleton));
  const numbers = (lines: string[]) => (lines.join("\n").match(number) ?? []).map(Number);
  const targets = numbers(wanted);
  for (const [i, value] of numbers(found).entries()) {
    const target = targets[i] as number;
    expect(Math.abs(value - target), `${value} for ${target}`).toBeLessThanOrEqual(closeness);
  }
}

test.each(examples)("%s prints what TensorFlow prints", async (name) => {
  await import(new URL(`./${name}.ts`, import.meta.url).href);
  const found = normalised(printed.join(""));
  const wanted = normalised(
    readFileSync(new URL(`./expected/${name}.txt`, import.meta.url), "utf8"),
  );
  if (withNormals.has(name)) expectClose(found, wanted);
  else expect(found).toEqual(wanted);
});

test("every example has its Python version and a recording, and the reverse", () => {
  for (const [folder, ending] of [
    ["python", ".py"],
    ["expected", ".txt"],
  ] as const) {
    const there = readdirSync(new URL(folder, import.meta.url)).filter((f) => f.endsWith(ending));
    expect(there.map((file) => file.slice(0, -ending.length)).sort()).toEqual(examples);
  }
  expect(existsSync(new URL("record.py", import.meta.url))).toBe(true);
});
