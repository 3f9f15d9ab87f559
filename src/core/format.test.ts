// Arrays print as NumPy prints them; recorded by tests/record/format_vectors.py.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { asDType, complex64, float32, int64, string } from "./dtypes.ts";
import { formatArray, formatScalar } from "./format.ts";
import { fromScalars, NDArray } from "./ndarray.ts";

interface Case {
  dtype: string;
  shape: number[];
  values: (number | string | boolean)[];
  str: string;
  repr: string;
}

const cases = JSON.parse(
  readFileSync(new URL("../../tests/recordings/format.json", import.meta.url), "utf8"),
) as Case[];

function arrayOf({ dtype: name, shape, values }: Case): NDArray {
  const dtype = asDType(name);
  if (dtype.isComplex) {
    const parts = values.map(Number);
    return new NDArray(
      dtype === complex64 ? Float32Array.from(parts) : Float64Array.from(parts),
      shape,
      dtype,
    );
  }
  const special: Record<string, number> = {
    "-0.0": -0,
    nan: Number.NaN,
    inf: Infinity,
    "-inf": -Infinity,
  };
  const scalars = values.map((value) => {
    if (dtype === string) return Uint8Array.from(String(value), (char) => char.charCodeAt(0));
    if (dtype.isBig) return BigInt(value as string);
    return typeof value === "string" ? (special[value] ?? Number(value)) : value;
  });
  return fromScalars(scalars, shape, dtype);
}

describe("formatArray", () => {
  for (const recorded of cases) {
    const title = recorded.str.length < 60 ? recorded.str : `${recorded.str.slice(0, 60)}…`;
    test(`${recorded.dtype}[${recorded.shape}] ${title}`, () => {
      const array = arrayOf(recorded);
      expect(formatArray(array, "str")).toBe(recorded.str);
      expect(formatArray(array, "repr")).toBe(recorded.repr);
    });
  }

  test("text elements print as their UTF-8 bytes", () => {
    expect(formatArray(fromScalars(["é"], [1], string), "str")).toBe("[b'\\xc3\\xa9']");
  });
});

describe("formatScalar", () => {
  test("prints the shortest digits of the dtype", () => {
    expect(formatScalar(Math.fround(0.1), float32)).toBe("0.1");
    expect(formatScalar(1, float32)).toBe("1.0");
    expect(formatScalar(12n, int64)).toBe("12");
    expect(formatScalar(true, asDType("bool"))).toBe("True");
    expect(formatScalar("it's", string)).toBe('b"it\'s"');
  });
});
