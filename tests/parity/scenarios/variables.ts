/** tf.Variable, reference and resource, and the helpers around them (reference sections 12 to 14). */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("tf.Variable makes these nodes", (s) => {
  new tf.Variable(1);
  new tf.Variable([1, 2], { dtype: tf.int32 });
  new tf.Variable(tf.zeros([2]), { name: "from_tensor" });
  new tf.Variable(() => 1, { name: "from_thunk" });
  new tf.Variable(() => tf.ones([2]), { name: "tensor_thunk" });
  new tf.Variable([1, 2], { dtype: tf.float64, name: "typed" });
  new tf.Variable(1, { trainable: false, name: "frozen" });
  new tf.Variable(1, { collections: ["mine"], name: "collected" });
  tf.nameScope("n", () => {
    new tf.Variable(true, { name: "flag" });
  });
  new tf.Variable("text", { name: "text" });
  new tf.Variable(tf.randomNormal([2, 2], { stddev: 0.35, seed: 1 }), { name: "weights" });
  for (const v of tf.globalVariables()) {
    s.print(v);
  }
});

scenario("resource variables make these nodes", (s) => {
  new tf.Variable(1, { useResource: true });
  new tf.Variable([1, 2], { useResource: true, dtype: tf.int32 });
  new tf.Variable(tf.zeros([2]), { name: "from_tensor", useResource: true });
  new tf.Variable(() => 1, { name: "from_thunk", useResource: true });
  new tf.Variable([1, 2], { dtype: tf.float64, name: "typed", useResource: true });
  new tf.Variable(1, { trainable: false, name: "frozen", useResource: true });
  tf.nameScope("n", () => {
    new tf.Variable(true, { name: "flag", useResource: true });
  });
  for (const v of tf.globalVariables()) {
    s.print(v);
  }
});

scenario("the parts of a variable", (s) => {
  const v = new tf.Variable([[1, 2]], { name: "v" });
  const r = new tf.Variable([[1, 2]], { name: "r", useResource: true });
  s.print([
    v.name,
    v.op.name,
    v.op.type,
    v.dtype.name,
    String(v.shape),
    v.initializer.name,
    v.initialValue.name,
  ]);
  s.print([
    r.name,
    r.op.name,
    r.op.type,
    r.dtype.name,
    String(r.shape),
    r.initializer.name,
    r.initialValue.name,
  ]);
  s.print(v.value().name);
  s.print(r.value().name);
  s.print(v.readValue().name);
  s.print(v.readValue().name);
  s.print(r.readValue().name);
  s.print(r.handle.name);
  s.print([v.trainable, r.trainable]);
  s.print(v.device);
});

scenario("assignments to a reference variable", async (s) => {
  const v = new tf.Variable([1, 2], { name: "v" });
  const a = v.assign([3, 4]);
  const b = v.assignAdd([1, 1]);
  const c = v.assignSub([0.5, 0.5], { name: "minus" });
  const d = tf.assign(v, [7, 8]);
  const e = tf.assignAdd(v, [1, 2], { name: "plus" });
  const f = tf.assignSub(v, [1, 2]);
  const g = v.assign([9, 9], { readValue: false });
  s.print([a.name, b.name, c.name, d.name, e.name, f.name, g.name]);
  s.print(a.dtype.name);
  await s.run(v.initializer);
  for (const t of [a, b, c, d, e, f]) {
    await s.values({ result: t });
  }
  await s.values({ v }, { after: [g] });
});

scenario("assignments to a resource variable", async (s) => {
  const v = new tf.Variable([1, 2], { name: "v", useResource: true });
  const a = v.assign([3, 4]);
  const b = v.assignAdd([1, 1]);
  const c = v.assignSub([0.5, 0.5], { name: "minus" });
  const d = tf.assign(v, [7, 8]);
  const e = tf.assignAdd(v, [1, 2], { name: "plus" });
  const f = tf.assignSub(v, [1, 2]);
  const g = v.assign([9, 9], { readValue: false });
  await s.run(v.initializer);
  for (const t of [a, b, c, d, e, f]) {
    await s.values({ result: t });
  }
  await s.values({ v }, { after: [g] });
  s.error("shape", () => v.assign([1]));
});

scenario("a variable as an operand", async (s) => {
  const v = new tf.Variable([1, 2], { name: "v" });
  const r = new tf.Variable([3, 4], { name: "r", useResource: true });
  const a = v.add(1);
  const b = v.rmul(2);
  const c = v.mul(r);
  const d = r.sub(1);
  const e = r.rtruediv(1);
  const f = tf.multiply(r, v);
  const g = tf.reduceSum(r);
  const h = tf.convertToTensor(r);
  const i = tf.convertToTensor(v);
  const j = tf.stack([v, r]);
  const k = v.neg();
  const m = tf.identity(v);
  await s.values(
    { a, b, c, d, e, f, g, h, i, j, k, m },
    { after: [tf.globalVariablesInitializer()] },
  );
  s.error("wrong dtype", () => tf.convertToTensor(v, { dtype: tf.int32 }));
  s.error("wrong dtype of a resource", () => tf.convertToTensor(r, { dtype: tf.int32 }));
});

scenario("initialized_value and is_variable_initialized", async (s) => {
  const v = new tf.Variable([1, 2], { name: "v" });
  const flag = tf.isVariableInitialized(v);
  const init = v.initializedValue();
  const again = v.initializedValue();
  const w = new tf.Variable(init.mul(2), { name: "w" });
  s.print(init.name);
  await s.values({ flag, init, again });
  await s.values({ flag, w }, { after: [tf.globalVariablesInitializer()] });
  const r = new tf.Variable(1, { name: "r", useResource: true });
  await s.values({ r: tf.isVariableInitialized(r) });
});

scenario("a variable initialized from another is guarded", async (s) => {
  const a = new tf.Variable(2, { name: "a" });
  const b = new tf.Variable(a.mul(3), { name: "b" });
  const c = new tf.Variable(a.value(), { name: "c" });
  const d = new tf.Variable(b.add(c), { name: "d" });
  s.print(b.initialValue.name);
  await s.values({ b }, { after: [b.initializer] });
  await s.values({ a, b, c, d }, { after: [a.initializer, c.initializer, d.initializer] });
});

scenario("a resource variable initialized from another is guarded", async (s) => {
  const a = new tf.Variable(2, { name: "a", useResource: true });
  const b = new tf.Variable(a.mul(3), { name: "b", useResource: true });
  await s.values({ b }, { after: [a.initializer, b.initializer] });
});

scenario("init_scope leaves control dependencies", (s) => {
  const n = tf.noOp({ name: "n" });
  tf.nameScope("scope", () => {
    tf.controlDependencies([n], () => {
      tf.initScope(() => {
        tf.noOp({ name: "free" });
      });
      tf.noOp({ name: "waits" });
    });
  });
  s.print(tf.getDefaultGraph().getNameScope());
});

scenario("initializer ops", async (s) => {
  const a = new tf.Variable(1, { name: "a" });
  const b = tf.getVariable("b", [2], { initializer: tf.onesInitializer() });
  const c = tf.getLocalVariable("c", [], { initializer: tf.constantInitializer(4) });
  const d = new tf.Variable(2, { name: "d", useResource: true });
  const init = tf.globalVariablesInitializer();
  const local = tf.localVariablesInitializer();
  tf.variablesInitializer([a, d], { name: "some" });
  tf.variablesInitializer([]);
  tf.initializers.globalVariables();
  s.print([init.name, local.name]);
  await s.values({ a, b, c, d }, { after: [init, local] });
});

scenario("report_uninitialized_variables", async (s) => {
  const a = new tf.Variable(1, { name: "a" });
  tf.getVariable("b", [2]);
  tf.getLocalVariable("c", []);
  const report = tf.reportUninitializedVariables();
  const some = tf.reportUninitializedVariables([a], { name: "some" });
  await s.values({ report, some });
  await s.values({ report, some }, { after: [a.initializer] });
  await s.values(
    { report },
    { after: [tf.globalVariablesInitializer(), tf.localVariablesInitializer()] },
  );
});

scenario("nothing to report", async (s) => {
  const report = tf.reportUninitializedVariables();
  await s.values({ report });
  tf.globalVariablesInitializer();
  s.print(tf.assertVariablesInitialized());
});

scenario("reading an uninitialized variable", async (s) => {
  const a = new tf.Variable(1, { name: "a" });
  const b = a.add(1);
  await s.error("read", () => s.run(b));
  await s.error("itself", () => s.run(a));
  await s.error("assign_add", () => s.run(a.assignAdd(1)));
  await s.error("assert", () => s.run(tf.assertVariablesInitialized()));
});

scenario("scatter updates", async (s) => {
  const v = new tf.Variable(s.data([4, 2]), { name: "v" });
  const r = new tf.Variable(s.data([4, 2]), { name: "r", useResource: true });
  const a = tf.scatterAdd(
    v,
    [0, 2, 0],
    [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
  );
  const b = tf.scatterSub(v, [1], [[1, 1]]);
  const c = tf.scatterUpdate(v, [3], [[9, 9]]);
  const d = tf.scatterMul(v, [0], [[2, 3]]);
  const e = tf.scatterAdd(
    r,
    [0, 2, 0],
    [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
  );
  const f = tf.scatterUpdate(r, [3], [[9, 9]]);
  await s.run(tf.globalVariablesInitializer());
  for (const t of [a, b, c, d, e, f]) {
    await s.values({ result: t });
  }
});

scenario("reading through control dependencies", async (s) => {
  const v = new tf.Variable(1, { name: "v" });
  const add = v.assignAdd(10);
  const [cached, fresh, more] = tf.controlDependencies([add], () => {
    const cached = tf.identity(v.value(), { name: "cached" });
    const fresh = v.readValue();
    const more = v.mul(2);
    return [cached, fresh, more] as const;
  });
  await s.values({ cached, fresh, more }, { after: [v.initializer] });
});

scenario("count_up_to and load", async (s) => {
  const v = new tf.Variable(0, { name: "v", dtype: tf.int32 });
  const c = v.countUpTo(2);
  await s.values({ v }, { after: [v.initializer] });
  await s.values({ c });
  await s.values({ c });
  await s.error("limit", () => s.run(c));
  v.load(7, s.session);
  await s.values({ v });
});

scenario("the seeds' weights and biases", async (s) => {
  const w1 = new tf.Variable(tf.randomNormal([4, 3], { stddev: 0.35, seed: 1 }), {
    name: "weights",
  });
  const b1 = new tf.Variable(tf.zeros([3]), { name: "biases" });
  const w2 = new tf.Variable(tf.randomNormal([4, 3], { stddev: 0.35, seed: 2 }), {
    name: "weights",
  });
  const b2 = new tf.Variable(tf.zeros([3]), { name: "biases", trainable: false });
  for (const v of [w1, b1, w2, b2]) {
    s.print([v.name, String(v.shape)]);
  }
  for (const v of tf.getCollection(tf.GraphKeys.TRAINABLE_VARIABLES)) {
    s.print(v);
  }
  const myLocal = tf.getVariable("my_local", [], { collections: [tf.GraphKeys.LOCAL_VARIABLES] });
  tf.addToCollection("my_collection_name", myLocal);
  await s.values({ w1, b2 }, { after: [tf.globalVariablesInitializer()] });
});
