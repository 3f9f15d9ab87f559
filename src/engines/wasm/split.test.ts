// Tests of divided reductions: the values of the reference, the same bits for any number of threads.
import { describe, expect, test } from "vitest";
import { bool, type DType, float32, float64, int32 } from "../../core/dtypes.ts";
import { NDArray } from "../../core/ndarray.ts";
import { Builder } from "../builder.ts";
import type { Engine } from "../engine.ts";
import * as e from "../expr.ts";
import {
  type Expr,
  type Group,
  type Load,
  type Loop,
  mapChildren,
  type Program,
  type ReduceName,
} from "../ir.ts";
import { referenceEngine } from "../reference.ts";
import { wasmEngine } from "./engine.ts";
import { splitReductions } from "./split.ts";

const context = {
  cell: () => ({ array: null, initialized: false }),
  kernelState: <T>(_: string, create: () => T) => create(),
};

const loops = ({ steps }: Program): number => steps.filter(({ kind }) => kind === "loop").length;

function program(op: ReduceName, shape: readonly number[], axes: readonly number[], dtype: DType) {
  const k = new Builder();
  const x = k.input(dtype, shape);
  return k.program([k.reduce(op, x, axes)]);
}

describe("what is divided", () => {
  test.each([
    [[1 << 18], [0], 2],
    [[64, 32, 32, 24], [0, 1, 2], 2],
    [[1, 512, 512], [0, 1, 2], 2],
    // Too few points, enough results for threads, no equal parts.
    [[1 << 16], [0], 1],
    [[2048, 4096], [1], 1],
    [[524_287], [0], 1],
  ])("the sum of %s along %s is %i loops", (shape, axes, count) => {
    expect(loops(splitReductions(program("sum", shape, axes, float32)))).toBe(count);
  });

  test("a program without large reductions stays as it is", () => {
    const small = program("sum", [10, 10], [0], float32);
    expect(splitReductions(small)).toBe(small);
  });
});

describe("divided reductions give what the reference gives", () => {
  const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
    [[3 * 87_381], [0]],
    [
      [40, 90, 71],
      [0, 1],
    ],
    [
      [40, 90, 71],
      [0, 1, 2],
    ],
    [[3, 9000, 10], [1]],
    [[5, 40_000], [1]],
  ];
  const kinds: readonly (readonly [ReduceName, DType])[] = [
    ["sum", float32],
    ["sum", float64],
    ["sum", int32],
    ["prod", float32],
    ["max", float32],
    ["min", float64],
    ["max", int32],
    ["any", bool],
    ["all", bool],
  ];
  for (const [op, dtype] of kinds) {
    test.each(shapes)(`${op} of ${dtype.name}, %s along %s`, (shape, axes) => {
      const divided = program(op, shape, axes, dtype);
      expect(loops(splitReductions(divided))).toBe(2);
      const size = shape.reduce((a, b) => a * b, 1);
      const near = op === "prod" ? 1 : 0;
      const data = Float64Array.from({ length: size }, (_, i) => {
        const wave = Math.sin(i * 0.7) + ((i * 7919) % 13) * 0.1;
        if (dtype === bool) return op === "any" ? Number(i === size - 2) : Number(i !== 5);
        if (dtype === int32) return Math.round(wave * 1000);
        return near ? 1 + wave * 1e-6 : wave;
      });
      const typed =
        dtype === float64
          ? data
          : dtype === int32
            ? Int32Array.from(data)
            : dtype === bool
              ? Uint8Array.from(data)
              : Float32Array.from(data);
      const input = new NDArray(typed as Float32Array, shape, dtype);
      const numbers = (engine: Engine): number[] =>
        Array.from((engine.load(divided).run([input], context)[0] as NDArray).values(), Number);
      const expected = numbers(referenceEngine);
      const actual = numbers(wasmEngine);
      const relative = dtype === float64 ? 1e-13 : dtype === float32 ? 1.2e-7 : 0;
      expected.forEach((value, i) => {
        const far = Math.abs((actual[i] as number) - value);
        expect(far, `${actual[i]} for ${value}`).toBeLessThanOrEqual(relative * Math.abs(value));
      });
    });
  }

  test("indices of the divided axis go on", () => {
    const k = new Builder();
    const x = k.input(float32, [300_000]);
    const weighted = k.map([x], (value) => e.mul(value as Expr, e.index(0, float32)));
    const divided = k.program([k.reduce("max", weighted, [0])]);
    const data = new Float32Array(300_000).fill(1);
    const [result] = wasmEngine.load(divided).run([new NDArray(data, [300_000], float32)], context);
    expect(result?.at(0)).toBe(299_999);
  });

  test.each([24, 19, 64])("indices of the divided axis go on for %i results", (results) => {
    const k = new Builder();
    const x = k.input(float32, [12_000, results]);
    const weighted = k.map([x], (value) => e.mul(value as Expr, e.index(0, float32)));
    const divided = k.program([k.reduce("sum", weighted, [0])]);
    const data = Float32Array.from({ length: 12_000 * results }, (_, i) => i % results);
    const input = new NDArray(data, [12_000, results], float32);
    const [result] = wasmEngine.load(divided).run([input], context);
    const sum = (12_000 * 11_999) / 2;
    expect([...(result as NDArray).values()]).toEqual(
      Array.from({ length: results }, (_, i) => Math.fround(i * sum)),
    );
  });

  test.each([64, 20, 10])("of several reductions in one pass, to %i results", (results) => {
    const k = new Builder();
    const [x, y] = [k.input(float32, [120, 125, results]), k.input(float32, [120, 125, results])];
    const center = k.input(float32, [results]);
    const products = k.map([x, y, center], (a, b, c) =>
      e.mul(a as Expr, e.sub(b as Expr, c as Expr)),
    );
    const outs = [k.reduce("sum", products, [0, 1]), k.reduce("sum", y, [0, 1])];
    const { steps, ...rest } = k.program(outs);
    const [product, ...reductions] = steps as Loop[];
    const [first, second] = reductions as [Loop, Loop];
    const body = (product as Loop).body;
    const transposed = first.body as Load;
    const moved = (expr: Expr): Expr =>
      expr.kind === "load"
        ? {
            ...expr,
            strides: expr.value === center ? [1, 0, 0] : transposed.strides,
          }
        : mapChildren(expr, moved);
    const group: Group = { kind: "group", loops: [{ ...first, body: moved(body) }, second] };
    const together: Program = { ...rest, steps: [group] };
    const divided = splitReductions(together).steps;
    expect(divided.map(({ kind }) => kind)).toEqual(["group", "group"]);
    const fill = (shape: readonly number[], seed: number) =>
      new NDArray(
        Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
          Math.sin(i * 0.37 + seed),
        ),
        shape,
        float32,
      );
    const inputs = [fill(x.shape, 1), fill(y.shape, 2), fill(center.shape, 3)];
    const expected = referenceEngine.load(together).run(inputs, context);
    const actual = wasmEngine.load(together).run(inputs, context);
    expected.forEach((array, i) => {
      [...array.values()].forEach((value, j) => {
        expect(actual[i]?.at(j)).toBeCloseTo(value as number, 4);
      });
    });
  });
});
