/** Sessions: feeds, fetches and their errors (reference section 24). */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("forms of fetches", async (s) => {
  const a = tf.constant(1, { name: "a" });
  const b = tf.constant([2, 3], { name: "b", dtype: tf.int32 });
  const n = tf.noOp({ name: "n" });
  const v = new tf.Variable(4, { name: "v" });
  await s.run(v.initializer);
  await s.values({
    tensor: a,
    op: n,
    variable: v,
    name: "a:0",
    op_name: "n",
    list: [a, [b, a]],
    dict: { x: a, y: b },
  });
  await s.values({ empty: [], strings: tf.constant(["p", "q"]), bool: tf.constant([true]) });
  await s.values({
    slices: new tf.IndexedSlices(tf.constant([[1]]), tf.constant([2], { dtype: tf.int32 })),
  });
});

scenario("forms of feeds", async (s) => {
  const x = tf.placeholder(tf.float32, [null], { name: "x" });
  const y = tf.placeholder(tf.int32, [2, 2], { name: "y" });
  const u = tf.placeholder(tf.float32, null, { name: "u" });
  const z = x.mul(2);
  await s.values({ z }, { feeds: [[x, [1, 2]]] });
  await s.values({ z }, { feeds: [["x:0", [3]]] });
  await s.values(
    { x, y },
    {
      feeds: [
        [x, [1, 2]],
        [
          y,
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ],
    },
  );
  await s.values({ z }, { feeds: [[z, [10, 20, 30]]] });
  await s.values({ w: z.add(1) }, { feeds: [[z, [10]]] });
  await s.values({ u: u.mul(2) }, { feeds: [[u, 3]] });
  await s.values({ u: u.mul(2) }, { feeds: [[u, [[3]]]] });
});

scenario("feed errors", async (s) => {
  const x = tf.placeholder(tf.float32, [3], { name: "x" });
  const y = tf.placeholder(tf.float32, [null, 3], { name: "y" });
  const u = tf.placeholder(tf.int32, [], { name: "u" });
  await s.error("missing", () => s.run(x));
  await s.error("missing with unknown", () => s.run(y));
  await s.error("missing scalar", () => s.run(u));
  await s.error("wrong shape", () => s.run(x, [[x, [1, 2]]]));
  await s.error("wrong rank", () => s.run(y, [[y, [1, 2]]]));
  await s.error("a tensor as value", () => s.run(x, [[x, x]]));
  await s.error("unknown name", () => s.run(x, [["nothing:0", [1]]]));
  await s.error("an op's name", () => s.run(x, [["x", [1, 2, 3]]]));
});

scenario("fetch errors", async (s) => {
  tf.constant(1, { name: "a" });
  const other = new tf.Graph();
  const b = other.asDefault(() => tf.constant(1, { name: "b" }));
  await s.error("none", () => s.run(null));
  await s.error("nested none", () => s.run([null]));
  await s.error("a number", () => s.run(3));
  await s.error("unknown name", () => s.run("nothing:0"));
  await s.error("unknown op", () => s.run("nothing"));
  await s.error("another graph", () => s.run(b));
});

scenario("only what is needed runs, once", async (s) => {
  const v = new tf.Variable(0, { name: "v" });
  const x = tf.placeholder(tf.float32, [], { name: "never_fed" });
  const add = v.assignAdd(1);
  const a = add.add(0);
  const b = add.add(0);
  const c = v.add(x);
  s.print(c.name);
  await s.values({ a, b }, { after: [v.initializer] });
  await s.values({ v });
  await s.values({ a, again: a, b });
});

scenario("two sessions have their own values", async (s) => {
  const v = new tf.Variable(1, { name: "v" });
  const add = v.assignAdd(1);
  await s.values({ v }, { after: [v.initializer, add, add] });
  s.newSession();
  await s.error("uninitialized", () => s.run(v));
  await s.values({ v }, { after: [v.initializer] });
});

scenario("a graph grows between runs", async (s) => {
  const a = tf.constant(1, { name: "a" });
  await s.values({ a });
  const b = a.add(1);
  await s.values({ b });
  const v = new tf.Variable(b, { name: "v" });
  await s.values({ v }, { after: [v.initializer] });
});

scenario("running by name and eval", async (s) => {
  const a = tf.constant(2, { name: "a" });
  await s.error("eval without session", () => a.eval());
  await s.error("run without session", () => tf.noOp({ name: "n" }).run());
});

scenario("an empty graph refuses to run", async (s) => {
  await s.error("empty", () => s.run([]));
});

scenario("errors while running", async (s) => {
  const x = tf.placeholder(tf.float32, null, { name: "x" });
  const y = tf.placeholder(tf.float32, null, { name: "y" });
  const z = tf.matmul(x, y);
  const g = tf.gather([1, 2], [5]);
  const r = tf.reshape(x, [4]);
  const d = tf
    .constant(1, { dtype: tf.int32 })
    .floordiv(tf.placeholderWithDefault(s.ints(0), [], { name: "zero" }));
  await s.error("matmul", () =>
    s.run(z, [
      [x, [[1, 2]]],
      [y, [[1, 2]]],
    ]),
  );
  await s.error("add", () =>
    s.run(x.add(y), [
      [x, [1, 2]],
      [y, [1, 2, 3]],
    ]),
  );
  await s.error("gather", () => s.run(g));
  await s.error("reshape", () => s.run(r, [[x, [1, 2]]]));
  await s.error("division", () => s.run(d));
});

scenario("make_callable", async (s) => {
  const x = tf.placeholder(tf.float32, [], { name: "x" });
  const y = x.mul(2);
  await s.run(y, [[x, 1]]);
  const f = s.session.makeCallable(y, [x]);
  s.print(f(4).item());
});

scenario("closed sessions refuse to run", async (s) => {
  const a = tf.constant(1, { name: "a" });
  await s.values({ a });
  s.session.close();
  await s.error("closed", () => s.run(a));
});
