import { describe, expect, test } from "vitest";
import { ansiPaint, bytes, count, jsonText, plainPaint, printable, short, table } from "./text.ts";

describe("numbers", () => {
  test("are grouped by thousands", () => {
    expect([0, 999, 1000, 1234567].map(count)).toEqual(["0", "999", "1,000", "1,234,567"]);
  });

  test("of bytes have three digits and a unit", () => {
    expect([0, 999, 1000, 1864836, 999_999, 4.12e8].map(bytes)).toEqual([
      "0 B",
      "999 B",
      "1 kB",
      "1.86 MB",
      "1 MB",
      "412 MB",
    ]);
  });

  test("of values have six digits", () => {
    expect([0, 0.1 + 0.2, 1 / 3, -2.5e-7, Number.NaN].map(short)).toEqual([
      "0",
      "0.3",
      "0.333333",
      "-2.5e-7",
      "NaN",
    ]);
  });
});

test("control characters of files do not reach the terminal", () => {
  expect(printable("a\u001b[31mb\nc")).toBe("a\\x1b[31mb\\x0ac");
});

test("a table aligns columns, those with a leading space to the right", () => {
  expect(
    table(
      ["name", " size", "what"],
      [
        ["w", "10", ""],
        ["weights", "2", "x"],
      ],
      plainPaint,
    ),
  ).toBe(["  name     size  what", "  w          10", "  weights     2  x"].join("\n"));
});

test("colours do not change the width of columns", () => {
  const rows = (paint: (text: string) => string) => [
    [{ text: "ab", paint }, "c"],
    ["abcd", "d"],
  ];
  const painted = table(["x", ""], rows(ansiPaint.red), ansiPaint);
  expect(painted).toContain("\u001b[31mab  \u001b[39m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours
  const plain = painted.replace(/\u001b\[\d+m/g, "");
  expect(plain).toBe(
    table(
      ["x", ""],
      rows((text) => text),
      plainPaint,
    ),
  );
});

test("JSON has int64 as numbers where they fit, and what JSON lacks as text", () => {
  expect(JSON.parse(jsonText([1n, 2n ** 60n, Number.NaN, Number.POSITIVE_INFINITY]))).toEqual([
    1,
    "1152921504606846976",
    "NaN",
    "Infinity",
  ]);
});
