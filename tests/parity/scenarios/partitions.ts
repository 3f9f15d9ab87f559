/** Partitioned variables and templates (reference sections 10 and 19). */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("a partitioned variable makes these nodes", async (s) => {
  const p = tf.fixedSizePartitioner(2);
  const v = tf.getVariable("v", [5, 2], { initializer: tf.onesInitializer(), partitioner: p });
  s.print(v.name);
  s.print([...v].length);
  s.print([...v].map((part) => part.name));
  const t = v.asTensor();
  const u = tf.identity(v, { name: "again" });
  await s.values({ t, u }, { after: [tf.globalVariablesInitializer()] });
});

scenario("partitioners by axis", async (s) => {
  const [a, scalar] = tf.variableScope(
    "s",
    { partitioner: tf.fixedSizePartitioner(3, { axis: 1 }) },
    () => {
      const a = tf.getVariable("a", [2, 4], {
        initializer: tf.randomUniformInitializer({ seed: 1 }),
      }) as unknown as tf.PartitionedVariable;
      const scalar = tf.getVariable("scalar", [], { initializer: tf.zerosInitializer() });
      return [a, scalar] as const;
    },
  );
  const b = tf.getVariable("b", [3], {
    initializer: tf.zerosInitializer(),
    partitioner: tf.fixedSizePartitioner(1),
  });
  const c = tf.getVariable("c", [8, 2], {
    initializer: tf.zerosInitializer(),
    partitioner: tf.variableAxisSizePartitioner(16),
  });
  const d = tf.getVariable("d", [9], {
    initializer: tf.zerosInitializer(),
    partitioner: tf.minMaxVariablePartitioner({ maxPartitions: 3, minSliceSize: 8 }),
  });
  for (const v of [a, b, c, d]) {
    s.print([...v].map((part) => part.name));
    s.print([...v].map((part) => String(part.shape)));
  }
  s.print(scalar.name);
  await s.values({ a: a.asTensor() }, { after: [tf.globalVariablesInitializer()], exact: true });
});

scenario("partition_info reaches the initializer", (s) => {
  const initializer: tf.InitializerFunction = (shape, { dtype, partitionInfo } = {}) => {
    s.print([shape, partitionInfo!.fullShape, partitionInfo!.varOffset]);
    return tf.zeros(shape, { dtype: dtype ?? tf.float32 });
  };
  tf.getVariable("v", [4, 3], { initializer, partitioner: tf.fixedSizePartitioner(2) });
});

scenario("constant initializers are sliced", async (s) => {
  const v = tf.getVariable("v", undefined, {
    initializer: tf.constant([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    partitioner: tf.fixedSizePartitioner(2),
  });
  await s.values({ v: v.asTensor() }, { after: [tf.globalVariablesInitializer()] });
});

scenario("save slice infos", (s) => {
  const v = tf.getVariable("v", [2, 4], {
    initializer: tf.zerosInitializer(),
    partitioner: tf.fixedSizePartitioner(2, { axis: 1 }),
  });
  for (const part of v) {
    s.print(part.saveSliceInfo?.spec);
  }
});

scenario("partitioned variables and reuse", (s) => {
  const p = tf.fixedSizePartitioner(2);
  const p3 = tf.fixedSizePartitioner(3);
  const v = tf.variableScope("a", () => {
    const v = tf.getVariable("v", [6], { initializer: tf.zerosInitializer(), partitioner: p });
    tf.getVariable("plain", [6]);
    s.error("already exists", () => tf.getVariable("v", [6], { partitioner: p }));
    s.error("plain exists", () => tf.getVariable("plain", [6], { partitioner: p }));
    s.error("without a partitioner", () => tf.getVariable("v", [6]));
    return v;
  });
  tf.variableScope("a", { reuse: true }, () => {
    const w = tf.getVariable("v", [6], { partitioner: p });
    const x = tf.getVariable("v", [6]);
    s.print(v === w);
    s.print((v as unknown) === x);
    s.error("shape", () => tf.getVariable("v", [4], { partitioner: p }));
    s.error("dtype", () => tf.getVariable("v", [6], { dtype: tf.float64, partitioner: p }));
    s.error("partitions", () => tf.getVariable("v", [6], { partitioner: p3 }));
    s.error("does not exist", () => tf.getVariable("u", [6], { partitioner: p }));
  });
});

scenario("partitioner results are checked", (s) => {
  s.error("unknown shape", () =>
    tf.getVariable("a", [null, 2], { partitioner: tf.fixedSizePartitioner(2) }),
  );
  s.error("rank", () => tf.getVariable("b", [2, 2], { partitioner: () => [1] }));
  s.error("zero", () => tf.getVariable("c", [2, 2], { partitioner: () => [0, 1] }));
  s.error("two axes", () => tf.getVariable("d", [2, 2], { partitioner: () => [2, 2] }));
  s.error("not a list", () => tf.getVariable("e", [2, 2], { partitioner: () => 3 as never }));
  s.error("max_shard_bytes", () => tf.variableAxisSizePartitioner(0));
  s.error("axis", () =>
    tf.getVariable("f", [2], { partitioner: tf.minMaxVariablePartitioner({ axis: 1 }) }),
  );
});

scenario("create_partitioned_variables", (s) => {
  const a = tf.createPartitionedVariables([4, 2], [2, 1], tf.onesInitializer());
  const b = tf.createPartitionedVariables([4, 2], [1, 2], tf.onesInitializer(), { name: "named" });
  s.print([...a].map((part) => part.name));
  s.print([...b].map((part) => part.name));
  s.error("lengths", () => tf.createPartitionedVariables([4], [1, 2], tf.onesInitializer()));
});

scenario("regularizers and collections of the parts", (s) => {
  tf.getVariable("v", [4], {
    initializer: tf.onesInitializer(),
    partitioner: tf.fixedSizePartitioner(2),
    regularizer: (v) => tf.reduceSum(v, { name: "r" }),
    collections: ["mine"],
  });
  s.print(tf.getCollection("regularization_losses").length);
});

scenario("training a partitioned variable", async (s) => {
  const v = tf.getVariable("v", [3], {
    initializer: tf.onesInitializer(),
    partitioner: tf.fixedSizePartitioner(2),
  });
  const loss = tf.reduceSum(tf.square(v));
  const train = new tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss);
  await s.run(tf.globalVariablesInitializer());
  await s.train(train, { loss, v: v.asTensor() }, 2);
});

scenario("a template shares its variables", async (s) => {
  function scale(x: number) {
    const w = tf.getVariable("w", [], { initializer: tf.constantInitializer(3) });
    return tf.multiply(x, w, { name: "times" });
  }

  const template = tf.makeTemplate("scale", scale);
  s.print(template.variableScope);
  const a = template(2);
  const b = template(5);
  const c = tf.nameScope("elsewhere", () => template(7));
  const other = tf.makeTemplate("scale", scale);
  const d = other(1);
  s.print(template.variableScope?.name);
  s.print(template.variableScopeName);
  s.print(template.name);
  s.print(template.variables.map((v) => v.name));
  s.print(other.trainableVariables.map((v) => v.name));
  s.print([a.name, b.name, c.name, d.name]);
  await s.values({ a, b, c, d }, { after: [tf.globalVariablesInitializer()] });
});

scenario("a template whose scope is created at once", (s) => {
  function dummy() {
    const v = tf.getVariable("dummy", [1], { initializer: tf.zerosInitializer() });
    return tf.identity(v, { name: "out" });
  }

  const a = tf.makeTemplate("foo", dummy, { createScopeNow: true });
  const b = tf.makeTemplate("foo", dummy, { createScopeNow: true });
  s.print([a.variableScope?.name, b.variableScope?.name]);
  s.print([b().name, a().name, b().name, a().name]);
});

scenario("templates inside scopes", (s) => {
  function dummy() {
    return tf.getVariable("dummy", [1], { initializer: tf.zerosInitializer() });
  }

  const t1 = tf.makeTemplate("s1", dummy);
  const t2 = tf.makeTemplate("s1", dummy);
  const t3 = tf.makeTemplate("s1", dummy);
  tf.variableScope("scope", () => {
    s.print(t1().name);
  });
  s.print(t2().name);
  s.print(t3().name);
  tf.variableScope("other", () => {
    s.print(t1().name);
  });
  const u1 = tf.makeTemplate("x", dummy, { uniqueName: "unique" });
  const u2 = tf.makeTemplate("x", dummy, { uniqueName: "unique" });
  s.print(u1().name);
  s.error("same unique name", () => u2());
  s.error("no name", () => tf.makeTemplate(null as never, dummy));
});

scenario("a template may not create a trainable variable later", (s) => {
  function bad() {
    return new tf.Variable(1, { name: "v" });
  }

  const t = tf.makeTemplate("t", bad);
  s.print(t().name);
  s.error("second call", () => t());
});

scenario("templates with a custom getter and nested templates", async (s) => {
  const customGetter: tf.CustomGetter = (next, name, options) => next(name, options).mul(2);
  const inner = tf.makeTemplate("inner", () =>
    tf.getVariable("v", [], { initializer: tf.constantInitializer(4) }),
  );
  const outer = () =>
    inner().add(tf.getVariable("u", [], { initializer: tf.constantInitializer(1) }));
  const t = tf.makeTemplate("outer", outer, { customGetter });
  const a = t();
  const b = t();
  s.print(t.variables.map((v) => v.name));
  await s.values({ a, b }, { after: [tf.globalVariablesInitializer()] });
});
