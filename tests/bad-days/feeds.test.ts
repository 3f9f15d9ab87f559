// Values that cannot be fed: each error names the tensor, shows the value and says what is expected.
import { beforeEach, expect, test } from "vitest";
import * as tf from "../../src/index.ts";

beforeEach(() => tf.resetDefaultGraph());

const expected = (dtype: string, value: string, type: string, name: string) =>
  `Expected ${dtype}, but got ${value} of type '${type}'.\nWhile converting the value fed for ${name}:0.`;
const range = (value: unknown, dtype: string, name: string) =>
  `Cannot convert ${value} to a tensor of dtype ${dtype}: the value is out of range.\nWhile converting the value fed for ${name}:0.`;
const ragged =
  "setting an array element with a sequence. The requested array has an inhomogeneous shape after 1 dimensions. The detected shape was (2,) + inhomogeneous part.";

test.each<[string, tf.DTypeLike, (number | null)[] | null, unknown, string]>([
  ["NaN as an integer", "int32", [], Number.NaN, expected("int32", "NaN", "float", "x")],
  ["NaN among integers", "int64", [null], [1, Number.NaN], expected("int64", "NaN", "float", "x")],
  [
    "infinity as an integer",
    "int32",
    [],
    Number.POSITIVE_INFINITY,
    expected("int32", "Infinity", "float", "x"),
  ],
  ["a fraction as an integer", "int32", [], 1.5, expected("int32", "1.5", "float", "x")],
  [
    "an integer that is too large",
    "int32",
    [],
    2 ** 40,
    "Type of feed value 1099511627776 with type <class 'int'> is not compatible with Tensor type <dtype: 'int32'>. Try explicitly setting the type of the feed tensor to a larger type (e.g. int64).",
  ],
  [
    "integers of which one is too large",
    "int32",
    [null],
    [1, 2 ** 40],
    range(2 ** 40, "int32", "x"),
  ],
  ["a bigint that is too large", "int64", [], 2n ** 70n, range(2n ** 70n, "int64", "x")],
  ["a byte that is too large", "uint8", [null], [1, 300], range(300, "uint8", "x")],
  ["a negative byte", "uint8", [null], [-1], range(-1, "uint8", "x")],
  ["text as a number", "float32", [2], ["1", "2"], expected("float32", "1", "str", "x")],
  ["a number as text", "string", [null], [1], expected("string", "1", "int", "x")],
  ["a number as a boolean", "bool", [], 2, expected("bool", "2", "int", "x")],
  ["an object", "float32", [], { a: 1 }, expected("float32", "{…}", "Object", "x")],
  ["lists of different lengths", "float32", [null, null], [[1, 2], [3]], ragged],
  ["lists of different depths", "float32", null, [[1, 2], 3], ragged],
  ["null", "float32", [], null, "None values not supported."],
  [
    "undefined",
    "float32",
    [3],
    undefined,
    "The value is undefined: a variable without value, or a missing return?",
  ],
  ["a list with a hole", "float32", [3], [1, undefined, 2], "None values not supported."],
  [
    "a function",
    "float32",
    [],
    () => 1,
    "The value is a function: call it, or pass what it returns.",
  ],
  ["a promise", "float32", [], Promise.resolve(1), "The value is a promise: await it first."],
  [
    "an array of another rank",
    "float32",
    [3],
    new Float64Array(4),
    "Cannot feed value of shape (4,) for Tensor x:0, which has shape (3,)",
  ],
])("%s", (_, dtype, shape, value, message) => {
  const x = tf.placeholder(dtype, shape, { name: "x" });
  const y = tf.identity(x);
  const sess = new tf.Session();
  expect(() => sess.runSync(y, [[x, value]])).toThrow(message);
  // The session goes on.
  expect(sess.runSync(tf.constant(1)).item()).toBe(1);
});

test("keys that are no tensors, or cannot be fed", () => {
  const x = tf.placeholder(tf.float32, [], { name: "x" });
  const c = tf.constant(1, { name: "c" });
  const r = tf.getVariable("r", [2], { useResource: true });
  tf.getDefaultGraph().preventFeeding(c);
  const sess = new tf.Session();
  const fed = (key: unknown) => () => sess.runSync(x, [[key, 1]]);
  expect(fed(c)).toThrow("Tensor c:0 may not be fed.");
  expect(fed(r.handle)).toThrow("Tensor r:0 of dtype resource cannot be fed.");
  const key = "Cannot interpret feed_dict key as Tensor: ";
  expect(fed(x.op)).toThrow(`${key}Can not convert a Operation into a Tensor.`);
  expect(fed(3)).toThrow(`${key}Can not convert a int into a Tensor.`);
  expect(fed(null)).toThrow(`${key}Can not convert a NoneType into a Tensor.`);
  expect(fed(new tf.Graph().asDefault(() => tf.constant(1)))).toThrow(
    `${key}Tensor Tensor("Const:0", shape=(), dtype=float32) is not an element of this graph.`,
  );
  expect(() => sess.runSync(x, 3 as never)).toThrow(
    "Feeds are pairs of a tensor and its value, or an object keyed by tensor name; got 3.",
  );
  expect(() => sess.runSync(x, [1] as never)).toThrow(
    "A feed is a pair of a tensor and its value; got 1.",
  );
});

test("fetches that are none", () => {
  const x = tf.constant(1, { name: "x" });
  tf.getDefaultGraph().preventFetching(x.op);
  const sess = new tf.Session();
  const fetched = (fetch: unknown) => () => sess.runSync(fetch as tf.Tensor);
  expect(fetched(x)).toThrow("Operation x has been marked as not fetchable.");
  expect(fetched([null])).toThrow(
    'Argument `fetch` = None has invalid type "NoneType". Cannot be None',
  );
  expect(fetched({ a: 3.5 })).toThrow(
    'Argument `fetch` = 3.5 has invalid type "float" must be a string or Tensor. (Can not convert a float into a Tensor or Operation.)',
  );
  expect(fetched("")).toThrow(
    "Argument `fetch` =  cannot be interpreted as a Tensor. (\"The name '' refers to an Operation not in the graph.\")",
  );
  expect(fetched("x:1")).toThrow(
    "Argument `fetch` = x:1 cannot be interpreted as a Tensor. (\"The name 'x:1' refers to a Tensor which does not exist. The operation, 'x', exists but only has 1 outputs.\")",
  );
});
