/** Checks that run with the graph, and printing. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { NDArray } from "../core/ndarray.ts";
import * as tf from "../index.ts";
import { formatGeneral, summarizeValue } from "./summarize.ts";

beforeEach(() => {
  tf.resetDefaultGraph();
});
afterEach(() => {
  tf.setPrintHandler(null);
});

test("a check that fails shows its data", () => {
  const x = tf.placeholder("float32", [2, 3]);
  const check = tf.Assert(tf.reduceAll(x.greater(0)), ["not positive:", x]);
  const y = tf.controlDependencies([check], () => tf.identity(x));
  const session = new tf.Session();
  expect(() =>
    session.runSync(y, [
      [
        x,
        [
          [1.5, -2, 3],
          [4, 5, 6],
        ],
      ],
    ]),
  ).toThrow("assertion failed: [not positive:] [[1.5 -2 3]...]");
});

test("what is known while building is checked at once", () => {
  const x = tf.constant([1, -1], { dtype: "int32" });
  expect(() => tf.debugging.assertPositive(x)).toThrow(
    "Condition x > 0 did not hold element-wise:\nx (Const:0) = \n[ 1 -1]",
  );
  expect(() => tf.debugging.assertRank(x, 2)).toThrow(
    "Tensor Const:0 must have rank 2.  Received rank 1, shape (2,)",
  );
});

test("numbers that are not finite are told apart", () => {
  const x = tf.placeholder("float32", [2]);
  const y = tf.checkNumerics(x, "loss");
  const session = new tf.Session();
  const at = (values: number[]) => () => session.runSync(y, [[x, values]]);
  expect(at([1, Number.NaN])).toThrow("loss : Tensor had NaN values");
  expect(at([1, Number.NEGATIVE_INFINITY])).toThrow("loss : Tensor had Inf values");
  expect(at([Number.NaN, Number.POSITIVE_INFINITY])).toThrow(
    "loss : Tensor had Inf and NaN values",
  );
  expect(at([1, 2])).not.toThrow();
});

test("Print hands its lines to the handler, as often as it may", () => {
  const lines: string[] = [];
  tf.setPrintHandler((text) => lines.push(text));
  const x = tf.placeholder("float32", [3]);
  const y = tf.Print(x, [x, tf.constant(["a", "b"])], { message: "x = ", firstN: 2, summarize: 2 });
  const session = new tf.Session();
  for (let i = 0; i < 3; i++) session.runSync(y, [[x, [i, 0.1, 1e-7]]]);
  expect(lines).toEqual(["x = [0 0.1...][a b]\n", "x = [1 0.1...][a b]\n"]);
});

test("tf.print writes text, tensors and structures of them, the ends of long axes only", () => {
  const printed: string[] = [];
  tf.setPrintHandler((text, stream) => printed.push(`${stream}: ${text}`));
  const x = tf.constant([
    [1.5, 2],
    [3, 4],
  ]);
  const first = tf.print(["x =", x, [x.slice(0, 0), "s"], { key: true }]);
  const second = tf.print([tf.range(9)], { summarize: 2, end: "!", outputStream: "stdout" });
  const session = new tf.Session();
  session.runSync(first);
  session.runSync(second);
  expect(printed).toEqual([
    "stderr: x = [[1.5 2]\n [3 4]] [1.5, 's'] {'key': True}\n",
    "stdout: [0 1 ... 7 8]!",
  ]);
});

test("elements are listed as the runtime lists them", () => {
  const cube = new NDArray(
    Int32Array.from({ length: 8 }, (_, i) => i),
    [2, 2, 2],
    "int32",
  );
  expect(summarizeValue(cube, 3)).toBe("[[0 1][2...]]...");
  expect(summarizeValue(cube, -1)).toBe("[[0 1][2 3]][[4 5][6 7]]");
  const floats = new NDArray(Float32Array.of(0.1, 1 / 3, 1e10, 123456789), [4], "float32");
  expect(summarizeValue(floats, -1)).toBe("0.1 0.333333343 1e+10 123456792");
  expect([formatGeneral(1e-7, 6), formatGeneral(-0.5, 6), formatGeneral(1234567, 6)]).toEqual([
    "1e-07",
    "-0.5",
    "1.23457e+06",
  ]);
});

test("a group over several devices has one node for each", () => {
  const a = tf.device("/cpu:0", () => tf.constant(1));
  const b = tf.device("/cpu:1", () => tf.constant(2));
  const all = tf.group(a, b, { name: "all" });
  const made = tf.getDefaultGraph().getOperations().slice(2);
  expect(made.map((op) => `${op.name} ${op.device}`)).toEqual([
    "all/NoOp /device:CPU:0",
    "all/NoOp_1 /device:CPU:1",
    "all ",
  ]);
  expect(all.controlInputs.map((op) => op.name)).toEqual(["all/NoOp", "all/NoOp_1"]);
  expect(() => tf.group(1)).toThrow(
    "'inputs' should be zero or more (nested) Tensors. Received '1'",
  );
  expect(() => tf.tuple([null])).toThrow(
    "'tensors' must have at least one Tensor. Received: [None].",
  );
});
