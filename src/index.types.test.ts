/** What TypeScript knows of the public functions, and which mistakes it refuses. */

import * as tf from "tensorscope";
import { describe, expectTypeOf, test } from "vitest";

/** Nothing here runs: the calls are only type-checked. */
function never(_body: () => unknown): void {}

type Float = tf.Tensor<"float32">;

describe("run gives the structure that was asked for", () => {
  test("of typed tensors, variables and operations", () => {
    never(async () => {
      const sess = new tf.Session();
      const x = tf.placeholder(tf.float32, [2]);
      const v = tf.getVariable("v", [2], { dtype: tf.float64 });
      const op = tf.noOp();
      expectTypeOf(await sess.run(x)).toEqualTypeOf<tf.NDArray<"float32">>();
      expectTypeOf(await sess.run(v)).toEqualTypeOf<tf.NDArray<"float64">>();
      expectTypeOf(await sess.run(op)).toEqualTypeOf<null>();
      expectTypeOf(sess.runSync(x)).toEqualTypeOf<tf.NDArray<"float32">>();
      const [a, b, c] = await sess.run([x, v, op]);
      expectTypeOf(a).toEqualTypeOf<tf.NDArray<"float32">>();
      expectTypeOf(b).toEqualTypeOf<tf.NDArray<"float64">>();
      expectTypeOf(c).toEqualTypeOf<null>();
      const { loss, parts } = await sess.run({ loss: x, parts: { v, op } });
      expectTypeOf(loss).toEqualTypeOf<tf.NDArray<"float32">>();
      expectTypeOf(parts.v).toEqualTypeOf<tf.NDArray<"float64">>();
      expectTypeOf(parts.op).toEqualTypeOf<null>();
    });
  });

  test("of names, lists and maps", () => {
    never(async () => {
      const sess = new tf.Session();
      const list: tf.Tensor[] = [];
      expectTypeOf(await sess.run("x:0")).toEqualTypeOf<tf.NDArray>();
      expectTypeOf(await sess.run("train")).toEqualTypeOf<tf.NDArray | null>();
      expectTypeOf(await sess.run(list)).toEqualTypeOf<tf.NDArray[]>();
      const map = await sess.run(new Map([["a", tf.placeholder(tf.int32, [])]]));
      expectTypeOf(map).toEqualTypeOf<Map<string, tf.NDArray<"int32">>>();
    });
  });

  test("of gradients, none of which is unknown", () => {
    never(async () => {
      const x = tf.placeholder(tf.float32, []);
      const [value] = await new tf.Session().run(tf.gradients(tf.square(x), [x]));
      expectTypeOf(value).not.toBeUnknown();
      expectTypeOf(value).not.toBeAny();
    });
  });

  test("of callables and eval", () => {
    never(async () => {
      const x = tf.placeholder(tf.float32, []);
      const call = new tf.Session().makeCallable([x], [x]);
      expectTypeOf(call(1)[0]).toEqualTypeOf<tf.NDArray<"float32">>();
      expectTypeOf(await x.eval()).toEqualTypeOf<tf.NDArray<"float32">>();
      expectTypeOf((await x.eval()).item()).toEqualTypeOf<number>();
      expectTypeOf((await tf.placeholder("int64", []).eval()).item()).toEqualTypeOf<bigint>();
      expectTypeOf((await x.less(1).eval()).item()).toEqualTypeOf<boolean>();
    });
  });
});

describe("the dtype goes through a model", () => {
  test("so that a layer can be assigned to what it was made of", () => {
    never(() => {
      let h = tf.placeholder(tf.float32, [null, 4]);
      h = tf.nn.relu(tf.matmul(h, tf.getVariable("w", [4, 4])));
      h = tf.nn.dropout(h.add(tf.getVariable("b", [4])).mul(2), { rate: 0.5 });
      h = tf.reshape(tf.transpose(tf.identity(h)), [-1]);
      const loss = tf.reduceMean(tf.square(tf.clipByValue(h, 0, 1)));
      expectTypeOf(h).toEqualTypeOf<Float>();
      expectTypeOf(loss).toEqualTypeOf<Float>();
      expectTypeOf(tf.cast(loss, tf.int32)).toEqualTypeOf<tf.Tensor<"int32">>();
      expectTypeOf(loss.truediv(2)).toEqualTypeOf<Float>();
      expectTypeOf(tf.cast(loss, tf.int32).truediv(2)).toEqualTypeOf<tf.Tensor>();
      expectTypeOf(loss.greater(0)).toEqualTypeOf<tf.Tensor<"bool">>();
    });
  });

  test("and a typed tensor is a tensor, but not the other way round", () => {
    expectTypeOf<Float>().toExtend<tf.Tensor>();
    expectTypeOf<tf.Tensor>().not.toExtend<Float>();
    expectTypeOf<Float>().not.toExtend<tf.Tensor<"int32">>();
    expectTypeOf<tf.Variable<"float32">>().toExtend<tf.Variable>();
    expectTypeOf<(x: tf.Tensor) => tf.Tensor>().toExtend<(x: Float) => tf.Tensor>();
    expectTypeOf<Float>().toExtend<tf.TensorLike>();
    expectTypeOf<tf.Variable>().toExtend<tf.TensorLike>();
  });

  test("from constants that say it, zeros and variables", () => {
    never(() => {
      expectTypeOf(tf.constant(1, { dtype: "int32" })).toEqualTypeOf<tf.Tensor<"int32">>();
      expectTypeOf(tf.constant([1, 2])).toEqualTypeOf<tf.Tensor>();
      expectTypeOf(tf.zeros([2])).toEqualTypeOf<Float>();
      expectTypeOf(tf.ones([2], { dtype: tf.bool })).toEqualTypeOf<tf.Tensor<"bool">>();
      const v = tf.getVariable("v", { initializer: 1, dtype: tf.float64 });
      expectTypeOf(v).toEqualTypeOf<tf.Variable<"float64">>();
      expectTypeOf(v.add(1)).toEqualTypeOf<tf.Tensor<"float64">>();
      expectTypeOf(tf.exp(v)).toEqualTypeOf<tf.Tensor<"float64">>();
    });
  });
});

describe("scopes give what their body gives", () => {
  test("or stay open without one", () => {
    never(() => {
      expectTypeOf(tf.variableScope("a", (scope) => scope.name)).toEqualTypeOf<string>();
      expectTypeOf(tf.variableScope("a", { reuse: true }, () => 5)).toEqualTypeOf<number>();
      expectTypeOf(tf.variableScope("a")).toEqualTypeOf<tf.VariableScope>();
      expectTypeOf(tf.nameScope("a", (name) => name)).toEqualTypeOf<string>();
      expectTypeOf(tf.device("/cpu:0", () => tf.noOp())).toEqualTypeOf<tf.Operation>();
      expectTypeOf(tf.controlDependencies([], () => 1)).toEqualTypeOf<number>();
    });
  });

  test("a partitioner gives a partitioned variable", () => {
    never(() => {
      const partitioner = tf.fixedSizePartitioner(2);
      const v = tf.getVariable("v", [4], { partitioner });
      expectTypeOf(v).toEqualTypeOf<tf.PartitionedVariable>();
    });
  });
});

describe("mistakes that do not compile", () => {
  test("a dtype, an initializer, a tensor or a step where options are", () => {
    never(() => {
      const x = tf.placeholder(tf.float32, []);
      // @ts-expect-error a dtype is an option
      tf.constant(1, tf.int32);
      // @ts-expect-error a dtype is an option
      tf.ones([2], tf.int32);
      // @ts-expect-error a dtype is an option
      tf.getVariable("w", [2], tf.float32);
      // @ts-expect-error an initializer is an option
      tf.getVariable("w", [2], tf.zerosInitializer());
      // @ts-expect-error an axis is an option
      tf.reduceSum(x, 1);
      // @ts-expect-error a name is an option
      tf.placeholder(tf.float32, [], "x");
      // @ts-expect-error exp has one operand
      tf.exp(x, x);
      // @ts-expect-error the step is an option
      new tf.train.AdamOptimizer(0.1).minimize(x, tf.train.getOrCreateGlobalStep());
    });
  });

  test("options that do not exist, dtypes that do not exist", () => {
    never(() => {
      // @ts-expect-error misspelt
      tf.getVariable("w", [2], { intializer: tf.zerosInitializer() });
      // @ts-expect-error Python's spelling
      new tf.Variable(1, { use_resource: true });
      // @ts-expect-error no such dtype
      tf.placeholder("flaot32", []);
      // @ts-expect-error an unknown dimension is null
      tf.placeholder(tf.float32, [undefined]);
      // @ts-expect-error reuse is true, false, null or AUTO_REUSE
      tf.variableScope("a", { reuse: "yes" });
    });
  });

  test("values that are no tensors", () => {
    never(() => {
      const x = tf.placeholder(tf.float32, []);
      // @ts-expect-error await it first
      x.add(Promise.resolve(1));
      // @ts-expect-error an operation has outputs, but is no tensor
      x.add(tf.noOp());
      // @ts-expect-error a gradient may be missing
      tf.exp(tf.gradients(x, [x])[0]);
      // @ts-expect-error nothing
      tf.exp(undefined);
    });
  });
});
