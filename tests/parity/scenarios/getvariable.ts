/** get_variable: options, reuse errors, custom getters, creators, regularizers, constraints (sections 9 and 11). */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("get_variable makes these nodes", async (s) => {
  tf.setRandomSeed(1);
  const w = tf.getVariable("w", [2, 3]);
  const [b, c] = tf.variableScope("a", () => {
    const b = tf.nameScope("n", () =>
      tf.getVariable("b", [3], { initializer: tf.zerosInitializer() }),
    );
    const c = tf.getVariable("c/d", [3], { initializer: tf.onesInitializer() });
    return [b, c] as const;
  });
  const c2 = tf.variableScope("a/c", { reuse: true }, () => tf.getVariable("d"));
  s.print([w.name, b.name, c.name, c2.name]);
  s.print(c === c2);
  await s.values({ w, b, c }, { after: [tf.globalVariablesInitializer()] });
});

scenario("get_variable with resource variables makes these nodes", async (s) => {
  tf.setRandomSeed(1);
  const w = tf.getVariable("w", [2, 3], { useResource: true });
  const b = tf.getVariable("b", [3], { initializer: tf.zerosInitializer(), useResource: true });
  const y = tf.matmul(tf.ones([1, 2]), w).add(b);
  s.print(w);
  s.print(b.dtype.name);
  await s.values({ w, y }, { after: [tf.globalVariablesInitializer()] });
});

scenario("default initializers by dtype", async (s) => {
  const a = tf.getVariable("a", [2], { dtype: tf.int32 });
  const b = tf.getVariable("b", [2], { dtype: tf.bool });
  const c = tf.getVariable("c", [2], { dtype: tf.int64 });
  const e = tf.getVariable("e", [2, 2], { dtype: tf.float64 });
  s.print([e.name, e.dtype.name]);
  await s.values({ a, b, c }, { after: [a.initializer, b.initializer, c.initializer] });
  s.error("complex", () => tf.getVariable("z", [2], { dtype: tf.complex64 }));
});

scenario("constant initializers give shape and dtype", async (s) => {
  const a = tf.getVariable("a", { initializer: 5 });
  const b = tf.getVariable("b", { initializer: s.ints([1, 2, 3]) });
  const c = tf.getVariable("c", { initializer: tf.constant([1, 2]) });
  const d = tf.getVariable("d", { initializer: 1.5, dtype: tf.float32 });
  const e = tf.getVariable("e", { initializer: () => tf.constant([[1]]) });
  const f = tf.getVariable("f", { initializer: () => 2.5 });
  for (const v of [a, b, c, d, e, f]) {
    s.print(v);
  }
  await s.values({ a, b, c, d, e, f }, { after: [tf.globalVariablesInitializer()] });
  s.error("shape too", () => tf.getVariable("g", [1], { initializer: 5 }));
  s.error("another dtype", () =>
    tf.getVariable("h", { initializer: tf.constant(1, { dtype: tf.int32 }), dtype: tf.float64 }),
  );
  s.error("no shape", () => tf.getVariable("i"));
  s.error("unknown shape", () => tf.getVariable("j", [null, 2]));
});

scenario("reuse errors", (s) => {
  tf.getVariable("v", [1]);
  tf.getVariable("r", [1], { useResource: true });
  s.error("already exists", () => tf.getVariable("v", [1]));
  s.error("resource already exists", () => tf.getVariable("r", [1]));
  tf.variableScope("a", () => {
    tf.getVariable("v", [1]);
    s.error("already exists in a scope", () => tf.getVariable("v", [1]));
  });
  tf.variableScope("a", { reuse: true }, () => {
    s.error("does not exist", () => tf.getVariable("w", [1]));
    s.error("shape", () => tf.getVariable("v", [2]));
    s.error("dtype", () => tf.getVariable("v", [1], { dtype: tf.int32 }));
    s.print(tf.getVariable("v").name);
    s.print(tf.getVariable("v", [null]).name);
  });
  tf.variableScope("", { reuse: true }, () => {
    s.error("resource dtype", () => tf.getVariable("r", [1], { dtype: tf.int32 }));
  });
  tf.variableScope("", { reuse: tf.AUTO_REUSE }, () => {
    s.error("shape with AUTO_REUSE", () => tf.getVariable("v", [2, 2]));
  });
  new tf.Variable(1, { name: "plain" });
  tf.variableScope("", { reuse: true }, () => {
    s.error("not made by get_variable", () => tf.getVariable("plain", []));
  });
});

scenario("variables and taken names", (s) => {
  new tf.Variable(0, { name: "w" });
  const a = tf.getVariable("w", []);
  tf.nameScope("x", () => {
    tf.noOp({ name: "n" });
  });
  const b = tf.getVariable("x", []);
  const c = tf.variableScope("", { reuse: true }, () => tf.getVariable("x", []));
  s.print([a.name, b.name, c.name]);
  s.error("a space", () => tf.getVariable("a b", []));
  s.error("a colon", () => tf.getVariable("a:b", []));
});

scenario("trainable and collections", (s) => {
  tf.getVariable("a", [1]);
  tf.getVariable("b", [1], { trainable: false });
  tf.getVariable("c", [1], { collections: ["mine"] });
  tf.getVariable("d", [1], { trainable: false, collections: ["mine", "variables"] });
  tf.getVariable("e", [1], { collections: [tf.GraphKeys.LOCAL_VARIABLES] });
  tf.getLocalVariable("f", [1]);
  tf.getLocalVariable("g", [1], { collections: ["mine"] });
  for (const v of tf.getCollection("mine")) {
    s.print(v);
  }
  s.print(tf.trainableVariables().map((v) => v.name));
  s.print(tf.globalVariables().map((v) => v.trainable));
});

scenario("a custom getter wraps the variable", async (s) => {
  const getter: tf.CustomGetter = (next, name, options) => {
    s.print(["called", name]);
    return tf.identity(next(name, options), { name: "seen" });
  };
  const [v, w] = tf.variableScope("a", { customGetter: getter }, () => {
    const v = tf.getVariable("v", [2], { initializer: tf.onesInitializer() });
    const w = tf.variableScope("b", () =>
      tf.getVariable("w", [2], { initializer: tf.zerosInitializer() }),
    );
    return [v, w] as const;
  });
  const u = tf.variableScope("a", { customGetter: getter, reuse: true }, () =>
    tf.getVariable("v", [2]),
  );
  s.print([v.name, w.name, u.name]);
  await s.values({ v, w }, { after: [tf.globalVariablesInitializer()] });
});

scenario("custom getters chain through scopes", async (s) => {
  const outer: tf.CustomGetter = (next, name, options) => {
    s.print(["outer", name]);
    return next(name, options).mul(2);
  };
  const inner: tf.CustomGetter = (next, name, options) => {
    s.print(["inner", name]);
    return next(name, options).add(1);
  };
  const initializer = tf.constantInitializer(3);
  const [v, w] = tf.variableScope("a", { customGetter: outer }, () => {
    const v = tf.variableScope("b", { customGetter: inner }, () =>
      tf.getVariable("v", [], { initializer }),
    );
    const w = tf.getVariable("w", [], { initializer, customGetter: inner });
    return [v, w] as const;
  });
  await s.values({ v, w }, { after: [tf.globalVariablesInitializer()] });
});

scenario("a custom getter renames and shares", (s) => {
  const same: tf.CustomGetter = (next, name, options) => next(`shared/${name}`, options);
  const a = tf.variableScope("x", { customGetter: same }, () => tf.getVariable("v", [1]));
  const b = tf.variableScope("x", { customGetter: same, reuse: true }, () =>
    tf.getVariable("v", [1]),
  );
  s.print([a.name, b.name]);
  s.print(a === b);
});

scenario("variable creators", (s) => {
  const rename: tf.VariableCreator = (next, options) => {
    s.print("rename");
    return next({ ...options, name: "renamed" });
  };
  const resource: tf.VariableCreator = (next, options) => {
    s.print("resource");
    return next({ ...options, useResource: true });
  };
  const [a, b] = tf.variableCreatorScope(resource, () =>
    tf.variableCreatorScope(rename, () => {
      const a = new tf.Variable(1, { name: "a" });
      const b = tf.getVariable("b", [1]);
      return [a, b] as const;
    }),
  );
  s.print([a.name, b.name]);
  s.print([a.op.type, b.op.type]);
});

scenario("a regularizer adds a loss per new variable", async (s) => {
  function regularizer(v: tf.Variable) {
    return tf.multiply(0.5, tf.nn.l2Loss(v), { name: "my_loss" });
  }

  const a = tf.variableScope("a", { regularizer }, () => {
    const a = tf.getVariable("w", [2], { initializer: tf.constantInitializer(2) });
    tf.getVariable("b", [2], { regularizer: tf.noRegularizer });
    return a;
  });
  tf.variableScope("a", { regularizer, reuse: true }, () => {
    tf.getVariable("w", [2]);
  });
  tf.getVariable("c", [1], { regularizer: () => null });
  const losses = tf.getCollection<tf.Tensor>(tf.GraphKeys.REGULARIZATION_LOSSES);
  s.print(losses.length);
  const total = tf.addN([...losses, tf.constant(1)]);
  await s.values({ total }, { after: [a.initializer] });
});

scenario("a constraint is applied after the update", async (s) => {
  function clip(x: tf.Tensor) {
    return tf.clipByValue(x, 0, 1);
  }

  const w = tf.getVariable("w", [2], {
    initializer: tf.constantInitializer(0.5),
    constraint: clip,
  });
  const r = tf.getVariable("r", [2], {
    initializer: tf.constantInitializer(0.5),
    constraint: clip,
    useResource: true,
  });
  const loss = tf.reduceSum(w.mul([1, -1])).add(tf.reduceSum(r.mul([-1, 1])));
  const train = new tf.train.GradientDescentOptimizer(0.3).minimize(loss);
  await s.run(tf.globalVariablesInitializer());
  await s.train(train, { w, r }, 3);
});

scenario("caching devices", async (s) => {
  const a = tf.getVariable("a", [2], { cachingDevice: "/cpu:0" });
  const [c, e] = tf.variableScope("s", { cachingDevice: "/device:CPU:0" }, () => {
    const b = tf.getVariable("b", [2], { initializer: tf.onesInitializer() });
    const c = tf.getVariable("c", [2], { initializer: tf.onesInitializer(), cachingDevice: "" });
    const d = tf.getVariable("d", [2], { initializer: tf.onesInitializer(), useResource: true });
    const e = b.add(d);
    return [c, e] as const;
  });
  const f = new tf.Variable(1, { name: "f", cachingDevice: "/cpu:0" });
  s.print([a.name, c.name, f.name]);
  await s.values({ e }, { after: [tf.globalVariablesInitializer()] });
});

scenario("get_variable under devices, colocation and control dependencies", () => {
  const n = tf.noOp({ name: "n" });
  tf.device("/device:CPU:0", () => {
    tf.controlDependencies([n], () => {
      tf.getVariable("a", [2]);
      tf.getVariable("b", [2], { useResource: true });
      new tf.Variable(tf.zeros([2]), { name: "c" });
    });
  });
});

scenario("validate_shape and dynamic initial values", async (s) => {
  const x = tf.placeholderWithDefault([1, 2], [null], { name: "x" });
  const v = tf.getVariable("v", { initializer: x, validateShape: false });
  s.print(v.shape);
  const w = new tf.Variable(x, { validateShape: false, name: "w" });
  s.print(w);
  s.error("unknown shape", () => new tf.Variable(x, { name: "u" }));
  await s.values({ v, w }, { after: [tf.globalVariablesInitializer()] });
});

scenario("global_step", async (s) => {
  s.print(tf.train.getGlobalStep());
  const step = tf.train.getOrCreateGlobalStep() as tf.Variable;
  s.print(step);
  s.print(tf.train.getGlobalStep() === step);
  s.print(tf.train.getOrCreateGlobalStep() === step);
  s.error("twice", () => tf.train.createGlobalStep());
  await s.values({ step }, { after: [step.initializer, step.assignAdd(2)] });
  s.print(await tf.train.globalStep(s.session, step));
});

scenario("wrong arguments of get_variable", (s) => {
  s.error("getter", () => tf.getVariable("a", [1], { customGetter: 3 as never }));
  s.error("partitioner", () => tf.getVariable("b", [1], { partitioner: 3 as never }));
  s.error("initializer", () => tf.getVariable("c", [1], { initializer: "no" }));
  s.error("constraint", () => tf.getVariable("d", [1], { constraint: 3 as never }));
  s.error("empty initial value", () => new tf.Variable(undefined as never));
  s.error("collections", () => new tf.Variable(1, { collections: "a" as never }));
  s.error("constraint of Variable", () => new tf.Variable(1, { constraint: 3 as never }));
});
