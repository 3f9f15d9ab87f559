// Random routines against values drawn by TensorFlow, recorded by tests/record/random_vectors.py.
import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { allocate, asDType, type DTypeName, int32, uint32 } from "../../core/dtypes.ts";
import { NDArray, sizeOf } from "../../core/ndarray.ts";
import { initialState } from "../philox.ts";
import {
  multinomial,
  type RandomRoutine,
  randomShuffle,
  randomStandardNormal,
  randomUniform,
  randomUniformInt,
  reserve,
  truncatedNormal,
} from "./random.ts";
import { randomGamma, randomPoisson } from "./rejection.ts";

interface Recorded {
  readonly dtype: DTypeName;
  readonly shape: number[];
  readonly values: (number | string)[];
}

interface Case {
  readonly routine: RandomRoutine;
  readonly seed: string;
  readonly seed2: string;
  readonly dtype: DTypeName;
  readonly shape: number[];
  readonly inputs: Recorded[];
  readonly params: { numSamples: number };
  readonly runs: { head: (number | string)[]; tail: (number | string)[]; crc: number }[];
}

const cases = JSON.parse(
  readFileSync(new URL("../../../tests/recordings/random.json", import.meta.url), "utf8"),
) as Case[];

const kernels = {
  randomUniform,
  randomUniformInt,
  randomStandardNormal,
  truncatedNormal,
  multinomial,
  randomShuffle,
  randomGamma,
  randomPoisson,
};

function arrayOf({ dtype, shape, values }: Recorded): NDArray {
  const array = emptyArray(dtype, shape);
  const special: Record<string, number> = { inf: Infinity, "-inf": -Infinity };
  values.forEach((value, i) => {
    const data = array.data as unknown as (number | bigint)[];
    data[i] = array.dtype.isBig ? BigInt(value) : (special[value] ?? Number(value));
  });
  return array;
}

function emptyArray(name: DTypeName, shape: readonly number[]): NDArray {
  const dtype = asDType(name);
  return new NDArray(allocate(dtype, sizeOf(shape)), shape, dtype);
}

/** Elements as the recording writes them: bits of the 16-bit floats, text of int64. */
function plain(array: NDArray, from: number, to: number): (number | string)[] {
  const raw = Array.from(array.data as unknown as ArrayLike<number | bigint>).slice(from, to);
  return raw.map((value) => (typeof value === "bigint" ? String(value) : value));
}

/** float64 logarithms, sines and powers differ between C libraries in the last bit. */
const inexact = (c: Case) =>
  c.dtype === "float64" &&
  ["randomStandardNormal", "truncatedNormal", "randomGamma"].includes(c.routine);

describe("random routines draw TensorFlow's numbers", () => {
  for (const [number, c] of cases.entries()) {
    test(`${number}: ${c.routine} ${c.dtype}[${c.shape}] seeds ${c.seed}, ${c.seed2}`, () => {
      const state = initialState(BigInt(c.seed), BigInt(c.seed2));
      const inputs = c.inputs.map(arrayOf);
      for (const run of c.runs) {
        const shapes = inputs.map((array) => array.shape);
        const start = reserve(state, c.routine, shapes, c.shape);
        const output = emptyArray(c.dtype, c.shape);
        kernels[c.routine]([new NDArray(start, [6], uint32), ...inputs], [output], c.params);
        const head = plain(output, 0, run.head.length);
        const tail = plain(output, output.size - run.tail.length, output.size);
        if (inexact(c)) {
          [...head, ...tail].forEach((value, i) => {
            const wanted = [...run.head, ...run.tail][i] as number;
            expect(Math.abs((value as number) - wanted)).toBeLessThanOrEqual(
              1e-14 * Math.abs(wanted),
            );
          });
        } else {
          expect(head).toEqual(run.head);
          expect(tail).toEqual(run.tail);
          expect(crc32(new Uint8Array((output.data as Float32Array).buffer))).toBe(run.crc);
        }
      }
    });
  }
});

describe("randomUniformInt refuses", () => {
  const state = new NDArray(initialState(1, 2), [6], uint32);
  const bound = (value: number, shape: number[] = []) =>
    new NDArray(Int32Array.of(value), shape, int32);
  const draw = (low: NDArray, high: NDArray) =>
    randomUniformInt([state, low, high], [emptyArray("int32", [2])], {});

  test("an empty range", () => {
    expect(() => draw(bound(5), bound(5))).toThrow("Need minval < maxval, got 5 >= 5");
  });
  test("bounds that are not scalars", () => {
    expect(() => draw(bound(5, [1]), bound(5))).toThrow("minval must be 0-D, got shape [1]");
    expect(() => draw(bound(5), bound(5, [1, 1]))).toThrow("maxval must be 0-D, got shape [1,1]");
  });
});
