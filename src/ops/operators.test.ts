/** Operators as methods, and arithmetic with its error texts. */

import { beforeEach, expect, test } from "vitest";
import * as tf from "../index.ts";

beforeEach(() => {
  tf.resetDefaultGraph();
});

/** `name: type(inputs)` of every node but placeholders. */
function nodes(): string[] {
  return tf
    .getDefaultGraph()
    .getOperations()
    .filter(({ type }) => type !== "Placeholder")
    .map(
      ({ name, type, inputs }) => `${name}: ${type}(${inputs.map((x) => x.inputName).join(", ")})`,
    );
}

function run(fetch: tf.Tensor, feeds: Iterable<readonly [tf.Tensor, unknown]> = []): unknown {
  const session = new tf.Session();
  return session.runSync(fetch, feeds as never).toArray();
}

test("an operator makes one node named after it, and its plain operand a Const inside", () => {
  const x = tf.placeholder(tf.float32, [2], { name: "x" });
  x.add(1);
  x.rsub(1);
  x.div(2);
  x.pow(2);
  x.less(3);
  x.neg();
  expect(nodes()).toEqual([
    "add/y: Const()",
    "add: AddV2(x, add/y)",
    "sub/x: Const()",
    "sub: Sub(sub/x, x)",
    "truediv/y: Const()",
    "truediv: RealDiv(x, truediv/y)",
    "pow/y: Const()",
    "pow: Pow(x, pow/y)",
    "Less/y: Const()",
    "Less: Less(x, Less/y)",
    "Neg: Neg(x)",
  ]);
});

test("logical operators of truth values are logical, those of integers bitwise", () => {
  const b = tf.placeholder(tf.bool, [2], { name: "b" });
  const i = tf.placeholder(tf.int32, [2], { name: "i" });
  b.and(b);
  b.xor(b);
  i.or(4);
  expect(nodes()).toEqual([
    "and: LogicalAnd(b, b)",
    "xor/LogicalOr: LogicalOr(b, b)",
    "xor/LogicalAnd: LogicalAnd(b, b)",
    "xor/LogicalNot: LogicalNot(xor/LogicalAnd)",
    "xor: LogicalAnd(xor/LogicalOr, xor/LogicalNot)",
    "or/BitwiseOr/y: Const()",
    "or/BitwiseOr: BitwiseOr(i, or/BitwiseOr/y)",
  ]);
});

test("integers divide to float64", () => {
  const i = tf.constant([7, 8], { dtype: tf.int32 });
  expect(i.div(2).dtype).toBe(tf.float64);
  expect(run(i.div(2))).toEqual([3.5, 4]);
  expect(run(i.floordiv(2))).toEqual([3, 4]);
  expect(run(i.neg().mod(5))).toEqual([3, 2]);
});

test("a fraction does not become an integer silently", () => {
  const i = tf.placeholder(tf.int32, [2]);
  expect(() => i.mul(2.5)).toThrow(
    "Expected int32 passed to parameter 'y' of op 'Mul', got 2.5 of type 'float' instead. Error: Expected int32, but got 2.5 of type 'float'.",
  );
  expect(() => tf.add(i, 2.5)).toThrow(
    "Input 'y' of 'AddV2' Op has type float32 that does not match type int32 of argument 'x'.",
  );
});

test("tensors of two dtypes do not mix", () => {
  const x = tf.placeholder(tf.float32, [2]);
  const i = tf.placeholder(tf.int32, [2]);
  expect(() => x.add(i)).toThrow(
    "Input 'y' of 'AddV2' Op has type int32 that does not match type float32 of argument 'x'.",
  );
  expect(() => x.div(i)).toThrow(
    "`x` and `y` must have the same dtype, got tf.float32 != tf.int32.",
  );
});

test("a plain first operand takes the dtype of the tensor that follows", () => {
  const d = tf.placeholder(tf.float64, [2]);
  expect(tf.subtract(1, d).dtype).toBe(tf.float64);
  expect(tf.maximum(0, d).dtype).toBe(tf.float64);
  expect(tf.divide(1, d).dtype).toBe(tf.float64);
});

test("shapes that do not broadcast are refused with the runtime's text", () => {
  const x = tf.placeholder(tf.float32, [2, 3], { name: "x" });
  const y = tf.placeholder(tf.float32, [3, 2], { name: "y" });
  expect(() => tf.add(x, y)).toThrow(
    "Dimensions must be equal, but are 2 and 3 for '{{node Add}} = AddV2[T=DT_FLOAT](x, y)' with input shapes: [2,3], [3,2].",
  );
});

test("shapes known only when run are checked then", () => {
  const x = tf.placeholder(tf.float32, null);
  const sum = x.add(tf.constant([1, 2, 3]));
  expect(() => run(sum, [[x, [1, 2]]])).toThrow("Incompatible shapes: [2] vs. [3]");
});

test("dividing integers by zero names the node", () => {
  const i = tf.placeholder(tf.int32, []);
  const quotient = i.rfloordiv(1);
  expect(() => run(quotient, [[i, 0]])).toThrow(
    "Integer division by zero\n\t [[{{node floordiv}}]]",
  );
});

test("powers follow C: 1 to the NaN is 1", () => {
  expect(run(tf.pow([1, -1, 2], [Number.NaN, Number.POSITIVE_INFINITY, 3]))).toEqual([1, 1, 8]);
});

test("shifts move by at most all but one bit", () => {
  const i = tf.constant([1, -5, 7], { dtype: tf.int32 });
  expect(run(tf.bitwise.leftShift(i, [33, 1, -1]))).toEqual([-2147483648, -10, 7]);
  expect(run(tf.bitwise.rightShift(i, [33, 1, -1]))).toEqual([0, -3, 7]);
});

test("strings are joined and compared", () => {
  const s = tf.constant(["a", "b"]);
  expect(run(s.add("c"))).toEqual(["ac", "bc"]);
  expect(run(tf.equal(s, "b"))).toEqual([false, true]);
});

test("the gradient of a broadcast operand is summed to its shape", () => {
  const x = tf.placeholder(tf.float32, [2, 3]);
  const open = tf.placeholder(tf.float32, [null, 3]);
  const bias = tf.constant([1, 2, 3]);
  const [known] = tf.gradients(x.mul(bias), [bias]);
  const [later] = tf.gradients(open.mul(bias), [bias]);
  const value = [
    [1, 2, 3],
    [10, 20, 30],
  ];
  expect(run(known as tf.Tensor, [[x, value]])).toEqual([11, 22, 33]);
  expect(run(later as tf.Tensor, [[open, value]])).toEqual([11, 22, 33]);
});

test("casting follows the processor where a number does not fit", () => {
  const x = tf.constant([1e20, Number.NaN, 300.7, -1.5]);
  expect(run(tf.cast(x, tf.int32))).toEqual([-2147483648, -2147483648, 300, -1]);
  expect(run(tf.cast(x, tf.uint8))).toEqual([0, 0, 44, 255]);
  expect(run(tf.saturateCast(x, tf.uint8))).toEqual([255, 0, 255, 0]);
});

test("casting to the same dtype makes no node", () => {
  const x = tf.placeholder(tf.float32, [2]);
  expect(tf.cast(x, tf.float32)).toBe(x);
  expect(nodes()).toEqual([]);
});

test("bitcast folds or unfolds the last dimension", () => {
  const x = tf.constant([1, -2]);
  expect(tf.bitcast(x, tf.float64).shape.dims).toEqual([]);
  expect(run(tf.bitcast(tf.bitcast(x, tf.uint8), tf.float32))).toEqual([1, -2]);
});
