/** What people do wrong, as JavaScript lets them: every mistake is told in words that help. */

import * as typed from "tensorscope";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

// Mistakes that TypeScript finds are made on purpose here.
// biome-ignore lint/suspicious/noExplicitAny: any-boundary: untyped calls are what is tested
const tf: any = typed;

let graph: typed.Graph;
beforeEach(() => {
  graph = new typed.Graph().asDefault();
});
afterEach(() => {
  graph[Symbol.dispose]();
});

const pair = () => tf.constant([1, 2]);
const scalar = () => tf.placeholder(tf.float32, [], { name: "x" });
const feed = (dtype: typed.DType, value: unknown) => {
  const x = tf.placeholder(dtype, null, { name: "x" });
  return new typed.Session().runSync(x, [[x, value]]);
};
const sgd = () => new tf.train.GradientDescentOptimizer(0.1);

/** What is done, the class of the error, and a part of its message. */
type Case = readonly [what: string, call: () => unknown, kind: string, text: string];

function cases(table: readonly Case[]): void {
  test.each(table)("%s", (_, call, kind, text) => {
    let error: unknown;
    try {
      call();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(typed.errors.TensorscopeError);
    expect((error as Error).name).toBe(kind);
    expect((error as Error).message).toContain(text);
  });
}

describe("options", () => {
  const asObject = (caller: string, shown: string) =>
    `${caller}() takes its options as one object; got ${shown}`;
  cases([
    [
      "a dtype in their place",
      () => tf.constant(1, tf.int32),
      "TypeError",
      asObject("constant", "<dtype: 'int32'>"),
    ],
    ["of ones", () => tf.ones([2], tf.int32), "TypeError", asObject("ones", "<dtype: 'int32'>")],
    [
      "of getVariable",
      () => tf.getVariable("w", [2], tf.float32),
      "TypeError",
      asObject("getVariable", "<dtype: 'float32'>"),
    ],
    [
      "an initializer in their place",
      () => tf.getVariable("w", [2], tf.zerosInitializer()),
      "TypeError",
      "getVariable() takes its options as one object",
    ],
    [
      "an axis in their place",
      () => tf.reduceSum(pair(), 0),
      "TypeError",
      "reduceSum() takes its options as one object; got 0 of type 'int'.\nFor example { axis: … }.",
    ],
    [
      "a name in their place",
      () => tf.placeholder(tf.float32, [2], "x"),
      "TypeError",
      asObject("placeholder", "'x'"),
    ],
    [
      "a session in their place",
      () => pair().evalSync(new tf.Session()),
      "TypeError",
      "evalSync() takes its options as one object",
    ],
    [
      "a global step in their place",
      () => sgd().minimize(tf.square(new tf.Variable(1)), tf.train.createGlobalStep()),
      "TypeError",
      "minimize() takes its options as one object",
    ],
    [
      "misspelt",
      () => tf.getVariable("w", [2], { intializer: null }),
      "TypeError",
      "getVariable() got an unexpected keyword argument 'intializer'\nDid you mean 'initializer'?",
    ],
    [
      "in Python's spelling",
      () => new tf.Variable(1, { use_resource: true }),
      "TypeError",
      "Variable() got an unexpected keyword argument 'use_resource'\nDid you mean 'useResource'?",
    ],
    [
      "of a session",
      () => new tf.Session("", { engine: "wasm" }),
      "TypeError",
      "Session() got an unexpected keyword argument 'engine'",
    ],
    [
      "a configuration that is none",
      () => new tf.Session("", { config: 5 }),
      "TypeError",
      'Argument `config` must be a tf.ConfigProto, but got "int"',
    ],
  ]);
});

describe("tensors that are none", () => {
  const none = "None values not supported.";
  cases([
    ["undefined", () => tf.exp(undefined), "ValueError", `${none}\nThe value is undefined`],
    [
      "a missing gradient",
      () => tf.clipByValue(null, 0, 1),
      "ValueError",
      `${none}\nThe value is null: tf.gradients gives null where nothing depends on x.`,
    ],
    ["undefined to reduce", () => tf.reduceMean(undefined), "ValueError", none],
    ["a hole in a list", () => tf.constant([1, undefined]), "ValueError", none],
    [
      "a promise",
      () => tf.add(pair(), Promise.resolve(1)),
      "TypeError",
      "The value is a promise: await it first.",
    ],
    [
      "a function",
      () => tf.exp(() => 1),
      "TypeError",
      "The value is a function: call it, or pass what it returns.",
    ],
    [
      "an object",
      () => tf.constant({ a: 1 }),
      "TypeError",
      "Failed to convert elements of {…} to Tensor. Consider casting elements to a supported type.",
    ],
    [
      "an operation",
      () => pair().add(tf.noOp()),
      "TypeError",
      "can't convert Operation 'NoOp' to Tensor\nUse one of its outputs: op.outputs[0].",
    ],
    [
      "a value where a variable is needed",
      () => tf.assign(pair(), [1, 2]),
      "TypeError",
      "A variable is needed to write to, got Tensor(",
    ],
    [
      "nothing where a variable is needed",
      () => tf.scatterAdd(undefined, [0], [1]),
      "TypeError",
      "A variable is needed to write to, got None.",
    ],
    [
      "a single tensor to stack",
      () => tf.stack(pair()),
      "TypeError",
      "The tensors to stack must be a list; got Tensor(",
    ],
  ]);
});

describe("names, shapes, dtypes", () => {
  const dim = "Dimension value must be integer or None or have an __index__ method, got value";
  cases([
    ["a number as name", () => tf.exp(1, { name: 5 }), "TypeError", "A name is a string; got 5"],
    ["no name of a variable", () => tf.getVariable(), "TypeError", "The name of a variable is a"],
    [
      "-1 for an unknown dimension",
      () => tf.placeholder(tf.float32, [-1, 2]),
      "ValueError",
      "Dimension -1 must be >= 0\nAn unknown dimension is null.",
    ],
    [
      "undefined for an unknown dimension",
      () => tf.placeholder(tf.float32, [undefined, 2]),
      "TypeError",
      `${dim} 'None' with type '<class 'NoneType'>'\nAn unknown dimension is null.`,
    ],
    ["NaN", () => tf.getVariable("w", NaN), "TypeError", `${dim} 'NaN'`],
    ["text in a shape", () => tf.getVariable("w", ["2"]), "TypeError", `${dim} ''2''`],
    [
      "a text as shape",
      () => tf.placeholder(tf.float32, "2"),
      "TypeError",
      "A shape is a list of dimensions, or null; got '2' of type 'str'.",
    ],
    [
      "no dtype",
      () => tf.placeholder(),
      "TypeError",
      "Cannot convert the argument `type_value`: None to a TensorFlow DType.",
    ],
    [
      "a class as dtype",
      () => tf.cast(pair(), Float32Array),
      "TypeError",
      "to a TensorFlow DType.\nA dtype is one of tf.float32, tf.int32, … or its name.",
    ],
    [
      "padding in lower case",
      () => tf.nn.conv2d(tf.zeros([1, 2, 2, 1]), tf.zeros([1, 1, 1, 1]), 1, "same"),
      "ValueError",
      "Attr 'padding' of 'Conv2D' Op passed string 'same' not in: \"SAME\", \"VALID\", \"EXPLICIT\".",
    ],
    [
      "a text as seed",
      () => tf.setRandomSeed("1"),
      "TypeError",
      "Expected int for argument 'seed' not '1'.",
    ],
    [
      "less than one part",
      () => tf.split(tf.zeros([4]), 0),
      "ValueError",
      "Attr 'num_split' of 'Split' Op passed 0 less than minimum 1.",
    ],
    [
      "parts that are no whole number",
      () => tf.split(tf.zeros([4]), 1.5),
      "TypeError",
      "Expected int for argument 'num_split' not 1.5.",
    ],
    [
      "a scope that is no regular expression",
      () => tf.globalVariables("a("),
      "ValueError",
      "The scope 'a(' is not a valid regular expression.",
    ],
    [
      "two device types",
      () => tf.device("/cpu:0/gpu:1", () => tf.noOp()),
      "ValueError",
      "Multiple device types are not allowed while parsing the device spec: /cpu:0/gpu:1.",
    ],
    [
      "a device without number",
      () => tf.device("/cpu:a", () => tf.noOp()),
      "ValueError",
      "invalid literal for int() with base 10: 'a'",
    ],
    [
      "a device that is a number",
      () => tf.device(0, () => tf.noOp()),
      "TypeError",
      "A device is a name, a tf.DeviceSpec, a function of the operation, or null; got int.",
    ],
  ]);
});

describe("functions that are none", () => {
  cases([
    [
      "a regularizer",
      () => tf.getVariable("w", [2], { regularizer: 0.1 }),
      "TypeError",
      "A regularizer is a function of the variable; got 0.1.",
    ],
    [
      "a constraint",
      () => tf.getVariable("w", [2], { constraint: 1 }),
      "ValueError",
      "The `constraint` argument must be a callable.",
    ],
    [
      "a template's",
      () => tf.makeTemplate("t", 5),
      "TypeError",
      "A template is made of a function; got 5.",
    ],
    [
      "a variable creator",
      () => tf.variableCreatorScope(5, () => 0),
      "TypeError",
      "A variable creator is a function; got 5.",
    ],
    [
      "the body of a scope",
      () => tf.nameScope("a", {}, 5),
      "TypeError",
      "The last argument of nameScope is a function; got int.",
    ],
    ["a gradient", () => tf.RegisterGradient("A")(1), "TypeError", "A gradient is a function"],
  ]);
});

describe("training", () => {
  cases([
    [
      "a loss that is no tensor",
      () => sgd().minimize(5),
      "TypeError",
      "A tensor or variable is needed to differentiate; got 5 of type 'int'.",
    ],
    [
      "a forgotten loss",
      () => sgd().minimize(undefined),
      "TypeError",
      "got None of type 'NoneType'.\nThe value is undefined",
    ],
    [
      "gradients and variables that are not paired",
      () => sgd().applyGradients([pair(), new tf.Variable(1)]),
      "TypeError",
      "Gradients are applied as pairs of a gradient and its variable; got Tensor(",
    ],
    [
      "no learning rate",
      () => new tf.train.GradientDescentOptimizer().minimize(tf.square(new tf.Variable(1))),
      "ValueError",
      "None values not supported.",
    ],
    [
      "a single variable to average",
      () => new tf.train.ExponentialMovingAverage(0.9).apply(new tf.Variable(1)),
      "TypeError",
      "What to average is given as a list",
    ],
    [
      "a single variable to initialize",
      () => tf.variablesInitializer(new tf.Variable(1)),
      "TypeError",
      "Put brackets around a single one.",
    ],
    [
      "a single control input",
      () => tf.controlDependencies(tf.noOp(), () => 0),
      "TypeError",
      "Control inputs are a list of operations and tensors; got Operation.",
    ],
    [
      "values that are no gradients' list",
      () => tf.clipByGlobalNorm(pair(), 1),
      "TypeError",
      "`t_list` should be a sequence of tensors. Received <class 'Tensor'>.",
    ],
  ]);
});

describe("sessions", () => {
  const run = (fetches: unknown, feeds?: unknown) =>
    (new tf.Session() as typed.Session).runSync(fetches, feeds as typed.Feeds);
  const pairs = "Feeds are pairs of a tensor and its value, or an object keyed by tensor name; got";
  cases([
    [
      "a promise as fetch",
      () => run([pair(), Promise.resolve(1)]),
      "TypeError",
      "(Can not convert a Promise into a Tensor or Operation.)\nThe value is a promise",
    ],
    [
      "a gradient that is missing",
      () => run([pair(), null]),
      "TypeError",
      'Argument `fetch` = None has invalid type "NoneType". Cannot be None\nThe value is null',
    ],
    [
      "a pair in place of a list of pairs",
      () => {
        const x = scalar();
        run(x, [x, 5]);
      },
      "TypeError",
      "A feed is a pair of a tensor and its value; got Tensor(",
    ],
    ["a number as feeds", () => run(scalar(), 5), "TypeError", `${pairs} 5.`],
    ["a name without index", () => run(scalar(), { x: 5 }), "TypeError", "Did you mean 'x:0'?"],
    ["undefined", () => feed(tf.float32, undefined), "ValueError", "None values not supported."],
    ["a promise", () => feed(tf.float32, Promise.resolve(1)), "TypeError", "await it first"],
    ["text for a number", () => feed(tf.float32, "5"), "TypeError", "Expected float32, but got 5"],
    [
      "an array of text for numbers",
      () => feed(tf.float32, new tf.NDArray(["a"], [1], "string")),
      "TypeError",
      "Expected float32, but got an array of dtype string and shape (1,).",
    ],
    [
      "a fraction for an integer",
      () => feed(tf.int32, 1.5),
      "TypeError",
      "Expected int32, but got 1.5 of type 'float'.\nWhile converting the value fed for x:0.",
    ],
    [
      "the handle of a variable",
      () => {
        const v = new tf.Variable(1, { useResource: true });
        run(v, [[v.handle, 1]]);
      },
      "TypeError",
      "Tensor Variable:0 of dtype resource cannot be fed.",
    ],
  ]);

  test("what is not a number becomes the least integer, as in C", () => {
    const fed = feed(typed.int64, new Float32Array([Number.NaN, 1])) as typed.NDArray;
    expect([...fed.values()]).toEqual([-(2n ** 63n), 1n]);
  });

  test("null stands for no feeds", () => {
    expect((run(pair(), null) as typed.NDArray).toArray()).toEqual([1, 2]);
  });
});

describe("arrays", () => {
  cases([
    [
      "with too few elements",
      () => new tf.NDArray(new Float32Array(3), [2, 2], "float32"),
      "ValueError",
      "cannot reshape array of size 3 into shape (2,2)",
    ],
    [
      "of a shape that is none",
      () => new tf.NDArray(new Float32Array(3), [-3], "float32"),
      "ValueError",
      "The shape of an NDArray is a list of whole numbers; got [-3].",
    ],
    [
      "without data",
      () => new tf.NDArray(undefined, [1], "float32"),
      "TypeError",
      "The data of an NDArray is a typed array or an array of strings; got NoneType.",
    ],
    [
      "reshaped to another size",
      () => new tf.NDArray(new Float32Array(2), [2], "float32").reshape([3]),
      "ValueError",
      "cannot reshape array of size 2 into shape (3)",
    ],
  ]);
});

test("a shape that cannot be computed is found when it is run, not while building", () => {
  const shape = tf.broadcastDynamicShape([2], [3]);
  const x = tf.zeros(shape);
  expect(x.shape.rank).toBe(1);
  expect(() => new typed.Session().runSync(x)).toThrow("Incompatible shapes");
});
