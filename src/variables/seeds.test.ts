// What tutorials about variable sharing show, as they show it.
import { beforeEach, expect, test } from "vitest";
import * as tf from "../index.ts";

beforeEach(() => tf.resetDefaultGraph());

test("three ways to make variables, and what is trainable", () => {
  tf.placeholder(tf.float32, [2, 3, 4], { name: "ph" });
  expect(tf.placeholder(tf.float32, [2, 3, 4], { name: "ph" }).name).toBe("ph_1:0");
  new tf.Variable([1, 2], { dtype: tf.float32 });
  new tf.Variable([1, 2], { dtype: tf.float32, name: "V" });
  expect(new tf.Variable([1, 2], { dtype: tf.float32, name: "V" }).name).toBe("V_1:0");
  expect(tf.getVariable("gv", []).name).toBe("gv:0");
  expect(() => tf.getVariable("gv", [2])).toThrow("Variable gv already exists, disallowed.");
  const names = tf.trainableVariables().map((v) => v.value().name);
  expect(names).toEqual(["Variable/read:0", "V/read:0", "V_1/read:0", "gv/read:0"]);
});

test("name scopes do not reach getVariable, variable scopes reach everything", () => {
  tf.nameScope("nsc1", () => {
    expect(new tf.Variable([1], { name: "v1" }).name).toBe("nsc1/v1:0");
    tf.variableScope("vsc1", () => {
      expect(new tf.Variable([1], { name: "v2" }).name).toBe("nsc1/vsc1/v2:0");
      expect(tf.getVariable("v3", []).name).toBe("vsc1/v3:0");
    });
  });
  expect(tf.nameScope("nsc1", () => new tf.Variable([1], { name: "v4" }).name)).toBe("nsc1_1/v4:0");
});

test("one function under both kinds of scope", () => {
  type Scope = <R>(name: string, body: () => R) => R;
  const scoping = (scope: Scope, first: string, second: string) =>
    scope(first, () => {
      const a = new tf.Variable(1, { name: "a" });
      const b = tf.getVariable("b", { initializer: 2 });
      const c = tf.constant(3, { name: "c" });
      const d = scope(second, () => tf.add(a.mul(b), c, { name: "res" }));
      return [a, b, c, d].map(({ name }) => name);
    });
  expect(scoping((name, body) => tf.variableScope(name, body), "scope_vars", "res")).toEqual([
    "scope_vars/a:0",
    "scope_vars/b:0",
    "scope_vars/c:0",
    "scope_vars/res/res:0",
  ]);
  expect(scoping((name, body) => tf.nameScope(name, body), "scope_name", "res")).toEqual([
    "scope_name/a:0",
    "b:0",
    "scope_name/c:0",
    "scope_name/res/res:0",
  ]);
});

test("opScope and variableOpScope differ in what they do to getVariable", () => {
  const sum = (a: tf.Variable, b: tf.Variable) => {
    const v2 = new tf.Variable([0], { name: "v2" });
    return [tf.getVariable("v", 1).name, v2.name, tf.add(a, b).op.name];
  };
  const one = new tf.Variable(1);
  const two = new tf.Variable(2);
  expect(tf.opScope([one, two], null, "mysum", () => sum(one, two))).toEqual([
    "v:0",
    "mysum/v2:0",
    "mysum/Add",
  ]);
  expect(tf.variableOpScope([one, two], null, "mysum2", () => sum(one, two))).toEqual([
    "mysum2/v:0",
    "mysum2/v2:0",
    "mysum2/Add",
  ]);
});

test("sharing across name scopes", () => {
  const first = tf.nameScope("foo", () =>
    tf.variableScope("var_scope", () => tf.getVariable("var", [1])),
  );
  const second = tf.nameScope("bar", () =>
    tf.variableScope("var_scope", { reuse: true }, () => tf.getVariable("var", [1])),
  );
  expect(second).toBe(first);
  expect(first.name).toBe("var_scope/var:0");
});

test("a scope names the operations on what it shares", () => {
  tf.variableScope("foo", () => {
    expect(tf.getVariable("v", [1]).radd(1).op.name).toBe("foo/add");
    expect(tf.nameScope("bar", () => tf.getVariable("w", [1]).radd(1).op.name)).toBe("foo/bar/add");
  });
});

test("every initializer of the tutorial runs, given with or without parentheses", async () => {
  const variables = [
    tf.getVariable("x", [8], { initializer: tf.constantInitializer([0, 1, 2, 3, 4, 5, 6, 7]) }),
    tf.getVariable("zeros", [8], { initializer: tf.zerosInitializer() }),
    tf.getVariable("ones", [8], { initializer: tf.onesInitializer }),
    tf.getVariable("normal", [10], {
      initializer: tf.randomNormalInitializer({ mean: 0, stddev: 1 }),
    }),
    tf.getVariable("truncated", [10], { initializer: tf.truncatedNormalInitializer() }),
    tf.getVariable("uniform", [10], {
      initializer: tf.randomUniformInitializer({ minval: 0, maxval: 10 }),
    }),
    tf.getVariable("unit", [10], { initializer: tf.uniformUnitScalingInitializer({ factor: 1 }) }),
    tf.getVariable("scaled", [10], {
      initializer: tf.varianceScalingInitializer({ mode: "fan_in", distribution: "normal" }),
    }),
    tf.getVariable("orthogonal", [4, 4], { initializer: tf.orthogonalInitializer() }),
    tf.getVariable("glorot_u", [10], { initializer: tf.glorotUniformInitializer() }),
    tf.getVariable("glorot_n", [10], { initializer: tf.glorotNormalInitializer() }),
  ];
  using session = tf.session();
  for (const variable of variables) await variable.initializer.run();
  expect((await (variables[0] as tf.Variable).eval()).toArray()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect((await (variables[2] as tf.Variable).eval()).toArray()).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  await session.run(tf.initializeAllVariables());
});
