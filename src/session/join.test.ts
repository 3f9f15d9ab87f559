// Tests of joining: which sums of products become one product, and that results stay the same.
import { expect, test } from "vitest";
import { counted, matmul, throughPasses } from "../../tests/kernels/programs.ts";
import { float32, int32 } from "../core/dtypes.ts";
import { fromScalars, sizeOf } from "../core/ndarray.ts";
import { Builder } from "../engines/builder.ts";
import * as e from "../engines/expr.ts";
import type { Expr, Program, Value } from "../engines/ir.ts";

/** The steps after all passes; every engine computes the same with and without them. */
function stepsOf(program: Program): string[] {
  const inputs = program.inputs.map(({ shape, dtype }, i) => counted(shape, i, dtype));
  const passed = throughPasses(program, inputs, (name) => {
    const shape = name.split("x").map(Number);
    return fromScalars(new Array(sizeOf(shape)).fill(2), shape, float32);
  });
  return passed.steps.map((step) => {
    if (step.kind !== "routine") return step.kind;
    const axis = step.name === "concat" ? ` ${step.params.axis}` : "";
    const then = step.epilogue ? " then loop" : "";
    return `${step.name}${axis} of ${step.inputs.map(({ shape }) => shape.join("x"))}${then}`;
  });
}

const plus = (...terms: Expr[]): Expr => terms.reduce((sum, term) => e.add(sum, term));

/** Operands for a result of 6 by 5, as long as each of `depths`. */
function pairs(k: Builder, depths: readonly number[], sides: string): [Value, Value][] {
  return depths.map((depth) => [
    k.input(float32, sides.includes("A") ? [depth, 6] : [6, depth]),
    k.input(float32, sides.includes("B") ? [5, depth] : [depth, 5]),
  ]);
}

test("a sum of products is one product of joined operands, whichever way they lie", () => {
  for (const [sides, expected] of [
    ["", ["concat 1 of 6x1,6x2,6x1", "concat 0 of 1x5,2x5,1x5", "matmul of 6x4,4x5"]],
    ["A", ["concat 0 of 1x6,2x6,1x6", "concat 0 of 1x5,2x5,1x5", "matmul of 4x6,4x5"]],
    ["B", ["concat 1 of 6x1,6x2,6x1", "concat 1 of 5x1,5x2,5x1", "matmul of 6x4,5x4"]],
    ["AB", ["concat 0 of 1x6,2x6,1x6", "concat 1 of 5x1,5x2,5x1", "matmul of 4x6,5x4"]],
  ] as const) {
    const k = new Builder();
    const products = pairs(k, [1, 2, 1], sides).map(([a, b]) => matmul(k, a, b, sides));
    expect(stepsOf(k.program([k.map(products, plus)])), sides).toEqual(expected);
  }
});

test("other terms of the sum stay, and what is made of it follows the product", () => {
  const k = new Builder();
  const c = k.input(float32, [6, 5]);
  const [p, q] = pairs(k, [1, 1], "A").map(([a, b]) => matmul(k, a, b, "A")) as [Value, Value];
  const y = k.map([p, c, q], (x, y, z) => e.square(e.add(plus(x as Expr, y as Expr), z as Expr)));
  expect(stepsOf(k.program([y]))).toEqual([
    "concat 0 of 1x6,1x6",
    "concat 0 of 1x5,1x5",
    "matmul of 2x6,2x5 then loop",
  ]);
});

test("products whose operands are larger than their results stay apart", () => {
  const k = new Builder();
  const products = pairs(k, [9, 9], "A").map(([a, b]) => matmul(k, a, b, "A"));
  expect(stepsOf(k.program([k.map(products, plus)]))).toEqual([
    "matmul of 9x6,9x5",
    "matmul of 9x6,9x5 then loop",
  ]);
});

test("products that others read, that lie otherwise, or that are of integers, stay apart", () => {
  const k = new Builder();
  const [p, q] = pairs(k, [1, 1], "A").map(([a, b]) => matmul(k, a, b, "A")) as [Value, Value];
  expect(stepsOf(k.program([k.map([p, q], plus), p, q]))).toHaveLength(3);
  const j = new Builder();
  const mixed = ["A", "B"].flatMap((sides) =>
    pairs(j, [1], sides).map(([a, b]) => matmul(j, a, b, sides)),
  );
  expect(stepsOf(j.program([j.map(mixed, plus)]))).toHaveLength(2);
  const i = new Builder();
  const whole = [0, 1].map(() => matmul(i, i.input(int32, [6, 1]), i.input(int32, [1, 5])));
  expect(stepsOf(i.program([i.map(whole, plus)]))).toHaveLength(2);
});

test("operands that a variable holds are not joined, for they may change in between", () => {
  const k = new Builder();
  const w = k.state({ container: "", name: "1x5" }, { dtype: float32, shape: [1, 5] });
  const first = matmul(k, k.input(float32, [6, 1]), w);
  k.storeMap(w, [w], (x) => e.neg(x as Expr));
  const second = matmul(k, k.input(float32, [6, 1]), w);
  expect(stepsOf(k.program([k.map([first, second], plus)]))).toEqual([
    "matmul of 6x1,1x5",
    "loop",
    "matmul of 6x1,1x5 then loop",
  ]);
});

test("the gradient of a bias is summed over the operands that the gradient of its weight joined", () => {
  const k = new Builder();
  const terms = pairs(k, [2, 1, 1], "A").map(([x, dy]) => {
    const dz = k.map([dy], (d) => e.mul(d as Expr, 2));
    return [matmul(k, x, dz, "A"), k.reduce("sum", dz, [0])] as const;
  });
  const weights = k.map(
    terms.map(([product]) => product),
    plus,
  );
  const bias = k.map(
    terms.map(([, sum]) => sum),
    plus,
  );
  expect(stepsOf(k.program([bias, weights]))).toEqual([
    "concat 0 of 2x6,1x6,1x6",
    "loop",
    "loop",
    "loop",
    "concat 0 of 2x5,1x5,1x5",
    "matmul of 4x6,4x5",
    "loop",
  ]);
});

test("sums over only some of the joined operands stay apart", () => {
  const k = new Builder();
  const given = pairs(k, [1, 1, 1], "A");
  const weights = k.map(
    given.map(([x, dy]) => matmul(k, x, dy, "A")),
    plus,
  );
  const bias = k.map(
    given.slice(1).map(([, dy]) => k.reduce("sum", dy, [0])),
    plus,
  );
  const steps = stepsOf(k.program([bias, weights]));
  expect(steps.filter((step) => step === "loop")).toHaveLength(3);
});

test("gradients of a filter are those of the joined images", () => {
  const pads = [
    [0, 0],
    [0, 0],
  ];
  for (const [name, filter] of [
    ["conv2dBackpropFilter", [3, 3, 2, 4]],
    ["depthwiseConv2dBackpropFilter", [3, 3, 2, 2]],
  ] as const) {
    const k = new Builder();
    const gradients = [1, 2].map((batch) => {
      const x = k.input(float32, [batch, 3, 3, 2]);
      const dy = k.input(float32, [batch, 1, 1, 4]);
      const params = { strides: [1, 1], dilations: [1, 1], pads };
      const spec = [{ dtype: float32, shape: filter }];
      return k.routine(name, [x, dy], spec, params)[0] as Value;
    });
    const steps = stepsOf(k.program([k.map(gradients, plus)]));
    expect(steps).toEqual([
      "concat 0 of 1x3x3x2,2x3x3x2",
      "concat 0 of 1x1x1x4,2x1x1x4",
      `${name} of 3x3x3x2,3x1x1x4`,
    ]);
  }
});
