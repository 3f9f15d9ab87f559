/** variable_scope: the table of reference section 8.5 row by row, objects, reuse, errors. */

import * as tf from "tensorscope";
import { type Context, scenario } from "../harness.ts";

/** Prints the variable scope, its original name scope and where an op lands. */
function here(s: Context, label: string, vs: tf.VariableScope) {
  const op = tf.noOp({ name: "n" });
  s.print([label, vs.name, vs.originalNameScope, op.name]);
}

scenario("the same scope twice", (s) => {
  const v = tf.variableScope("foo", (a) => {
    here(s, "first", a);
    const v = tf.getVariable("v", [1]);
    tf.variableScope("bar", (b) => {
      here(s, "inner", b);
    });
    return v;
  });
  const v2 = tf.variableScope("foo", { reuse: true }, (c) => {
    here(s, "second", c);
    return tf.getVariable("v", [1]);
  });
  s.print(v === v2);
  s.print(v2.name);
});

scenario("a scope whose name an op took", (s) => {
  tf.noOp({ name: "foo" });
  const v = tf.variableScope("foo", (a) => {
    here(s, "after an op", a);
    return tf.getVariable("v", [1]);
  });
  s.print(v.name);
  tf.getVariable("bar", [1]);
  tf.variableScope("bar", (b) => {
    here(s, "after a variable", b);
    s.print(tf.getVariable("v", [1]).name);
  });
});

scenario("a variable scope inside a name scope", (s) => {
  tf.nameScope("n", () => {
    tf.variableScope("t", (t) => {
      here(s, "inside", t);
      s.print(tf.getVariable("v", [1]).name);
      s.print(new tf.Variable(0, { name: "w" }).name);
    });
  });
  tf.variableScope("a", () => {
    tf.nameScope("n", () => {
      s.print(tf.getVariable("v", [1]).name);
      s.print(new tf.Variable(0, { name: "v" }).name);
    });
  });
});

scenario("default names count", (s) => {
  for (let i = 0; i < 3; i++) {
    tf.variableScope(null, { defaultName: "layer" }, (a) => {
      here(s, "default", a);
    });
  }
  tf.variableScope("layer_3", (b) => {
    here(s, "given", b);
  });
  tf.variableScope(null, { defaultName: "layer" }, (c) => {
    here(s, "after layer_3", c);
  });
  tf.variableScope("given", { defaultName: "ignored" }, (d) => {
    here(s, "both", d);
  });
});

scenario("default names and name scopes count apart", (s) => {
  tf.nameScope("layer", () => {
    tf.noOp({ name: "x" });
  });
  tf.variableScope(null, { defaultName: "layer" }, (a) => {
    here(s, "independent", a);
  });
  tf.variableScope(null, { defaultName: "defaultScope1" }, (b) => {
    here(s, "1", b);
  });
  tf.variableScope(null, { defaultName: "defaultScope" }, (c) => {
    here(s, "2", c);
  });
  tf.variableScope(null, { defaultName: "defaultScope" }, (d) => {
    here(s, "3", d);
  });
});

scenario("leaving a scope forgets the counts below it", (s) => {
  tf.variableScope("a", () => {
    tf.variableScope(null, { defaultName: "l" }, (x) => {
      here(s, "1", x);
    });
    tf.variableScope(null, { defaultName: "l" }, (y) => {
      here(s, "2", y);
    });
  });
  tf.variableScope("a", () => {
    tf.variableScope(null, { defaultName: "l" }, (z) => {
      here(s, "again", z);
    });
  });
});

scenario("scope objects are absolute", (s) => {
  const obj = tf.variableScope("x", () =>
    tf.variableScope("y", (obj) => {
      here(s, "first", obj);
      return obj;
    }),
  );
  tf.variableScope("z", () => {
    tf.variableScope(obj, (again) => {
      here(s, "in z", again);
      s.print(tf.getVariable("v", [1]).name);
    });
    tf.variableScope(obj, (again2) => {
      here(s, "in z again", again2);
    });
  });
  tf.variableScope(obj, { defaultName: "default" }, (again3) => {
    here(s, "with a default", again3);
  });
});

scenario("a scope object inside itself", (s) => {
  tf.variableScope("outer", (outer) => {
    tf.variableScope(outer, (a) => {
      here(s, "inside", a);
    });
    tf.variableScope(outer, (b) => {
      here(s, "inside again", b);
      tf.variableScope("child", (c) => {
        here(s, "child", c);
      });
    });
  });
});

scenario("the root scope object", (s) => {
  const root = tf.getVariableScope();
  s.print([root.name, root.originalNameScope, root.reuse]);
  tf.nameScope("n", () => {
    tf.variableScope(root, (a) => {
      here(s, "in a name scope", a);
    });
  });
  tf.variableScope("outer", () => {
    tf.variableScope(root, (b) => {
      here(s, "in outer", b);
      s.print(tf.getVariable("v", [1]).name);
    });
    tf.variableScope(root, { auxiliaryNameScope: false }, (c) => {
      here(s, "no name scope", c);
    });
  });
});

scenario("auxiliary_name_scope=False", (s) => {
  tf.variableScope("s", { auxiliaryNameScope: false }, (a) => {
    here(s, "at the root", a);
    s.print(tf.getVariable("w", [1]).name);
  });
  tf.noOp({ name: "s" });
  const sub = tf.variableScope("outer", () => {
    tf.variableScope("s", { auxiliaryNameScope: false }, (b) => {
      here(s, "in outer", b);
      s.print(tf.getVariable("w", [1]).name);
    });
    tf.variableScope(null, { defaultName: "d", auxiliaryNameScope: false }, (c) => {
      here(s, "default", c);
    });
    return tf.variableScope("sub", (sub) => {
      here(s, "sub", sub);
      return sub;
    });
  });
  tf.variableScope(sub, { auxiliaryNameScope: false }, (d) => {
    here(s, "object at the root", d);
    tf.nameScope(d.originalNameScope, () => {
      here(s, "continued", d);
    });
  });
});

scenario("empty scope names", (s) => {
  tf.variableScope("", (a) => {
    here(s, "root", a);
    s.print(tf.getVariable("v", [1]).name);
  });
  tf.variableScope("a", () => {
    tf.variableScope("", (b) => {
      here(s, "empty in a", b);
      s.print(tf.getVariable("v", [1]).name);
    });
  });
  tf.variableScope("outer", () => {
    tf.variableScope(null, { defaultName: "" }, (c) => {
      here(s, "empty default", c);
      s.print(tf.getVariable("dummy", [1]).name);
    });
  });
});

scenario("re-entering keeps the original name scope", (s) => {
  const tower = tf.variableScope("scope1", () =>
    tf.variableScope("tower", (tower) => {
      here(s, "first", tower);
      tf.getVariable("w", []);
      return tower;
    }),
  );
  tf.variableScope("scope2", () => {
    tf.variableScope(tower, (again) => {
      here(s, "again", again);
    });
    tf.variableScope(tower, { reuse: true }, (reused) => {
      here(s, "reused", reused);
      s.print(tf.getVariable("w", []).name);
    });
  });
});

scenario("jumping out keeps the numbering", (s) => {
  const defaultScope = tf.variableScope("default", (defaultScope) => {
    tf.variableScope(null, { defaultName: "layer" }, (a) => {
      here(s, "1", a);
    });
    tf.variableScope(null, { defaultName: "layer" }, (b) => {
      here(s, "2", b);
    });
    tf.variableScope(defaultScope, () => {
      tf.variableScope(null, { defaultName: "layer" }, (c) => {
        here(s, "inside", c);
      });
    });
    tf.variableScope(null, { defaultName: "layer" }, (d) => {
      here(s, "3", d);
    });
    return defaultScope;
  });
  tf.variableScope(defaultScope, () => {
    tf.variableScope(null, { defaultName: "layer" }, (e) => {
      here(s, "4", e);
    });
  });
});

scenario("reuse is inherited and never undone", (s) => {
  tf.variableScope("a", { reuse: true }, (a) => {
    s.print(a.reuse);
    tf.variableScope("b", (b) => {
      s.print(b.reuse);
    });
    tf.variableScope("b", { reuse: false }, (c) => {
      s.print(c.reuse);
    });
    tf.variableScope("b", { reuse: tf.AUTO_REUSE }, (d) => {
      s.print(d.reuse === tf.AUTO_REUSE);
    });
  });
  tf.variableScope("a", { reuse: tf.AUTO_REUSE }, (e) => {
    s.print(e.reuse === tf.AUTO_REUSE);
    tf.variableScope("b", { reuse: true }, (f) => {
      s.print(f.reuse);
    });
  });
  tf.variableScope("a", (g) => {
    s.print(g.reuse);
    g.reuseVariables();
    s.print(g.reuse);
    tf.variableScope("b", (h) => {
      s.print(h.reuse);
    });
  });
  tf.variableScope("a", (i) => {
    s.print(i.reuse);
  });
});

scenario("reuse through objects", (s) => {
  const reusing = tf.variableScope("a", { reuse: true }, (reusing) => reusing);
  const plain = tf.variableScope("b", (plain) => {
    tf.getVariable("v", [1]);
    return plain;
  });
  tf.variableScope(reusing, (x) => {
    s.print(x.reuse);
  });
  tf.variableScope(reusing, { reuse: false }, (y) => {
    s.print(y.reuse);
  });
  tf.variableScope(plain, { reuse: true }, (z) => {
    s.print(z.reuse);
    s.print(tf.getVariable("v", [1]).name);
  });
  tf.variableScope("c", { reuse: true }, () => {
    tf.variableScope(plain, (w) => {
      s.print(w.reuse);
    });
  });
});

scenario("AUTO_REUSE gets or creates", (s) => {
  for (let i = 0; i < 3; i++) {
    tf.variableScope("a", { reuse: tf.AUTO_REUSE }, () => {
      const v = tf.getVariable("v", [2]);
      s.print([v.name, tf.square(v).name]);
    });
  }
  s.print(tf.globalVariables().length);
});

scenario("scope defaults are inherited, except the constraint", async (s) => {
  function clip(x: tf.Tensor) {
    return tf.clipByValue(x, -1, 1);
  }

  const [v, w, x, y, z, a] = tf.variableScope(
    "a",
    { initializer: tf.constantInitializer(0.5), dtype: tf.float64, constraint: clip },
    (a) => {
      const v = tf.getVariable("v", [2]);
      s.print([v.dtype.name, v.constraint === clip]);
      const w = tf.variableScope("b", (b) => {
        const w = tf.getVariable("w", [2]);
        s.print([w.dtype.name, (w.constraint ?? null) === null, b.dtype.name]);
        return w;
      });
      const x = tf.getVariable("x", [2], { dtype: tf.float32, initializer: tf.zerosInitializer() });
      s.print(x.dtype.name);
      a.setInitializer(tf.onesInitializer());
      a.setDtype(tf.float32);
      const y = tf.getVariable("y", [2]);
      const z = tf.variableScope("c", () => tf.getVariable("z", [2]));
      return [v, w, x, y, z, a] as const;
    },
  );
  const u = tf.variableScope(a, () => tf.getVariable("u", [2]));
  await s.values({ v, w, x, y, z, u }, { after: [tf.globalVariablesInitializer()] });
});

scenario("use_resource of a scope", (s) => {
  const [v, w, x, y, z] = tf.variableScope("a", { useResource: true }, (a) => {
    const v = tf.getVariable("v", [1]);
    const w = new tf.Variable(1, { name: "w" });
    const [x, y] = tf.variableScope("b", () => {
      const x = tf.getVariable("x", [1]);
      const y = tf.getVariable("y", [1], { useResource: false });
      return [x, y] as const;
    });
    a.setUseResource(false);
    const z = tf.getVariable("z", [1]);
    return [v, w, x, y, z] as const;
  });
  for (const variable of [v, w, x, y, z]) {
    s.print(variable.op.type);
  }
});

scenario("a scope collects its own variables", (s) => {
  const a = tf.variableScope("a", (a) => {
    tf.getVariable("v", [1]);
    tf.getVariable("w", [1], { trainable: false });
    tf.variableScope("b", () => {
      tf.getVariable("x", [1]);
    });
    tf.getLocalVariable("local", [1]);
    s.print(a.trainableVariables().map((v) => v.name));
    s.print(a.globalVariables().map((v) => v.name));
    s.print(a.localVariables().map((v) => v.name));
    s.print(a.getCollection<tf.Variable>("variables").map((v) => v.name));
    return a;
  });
  tf.variableScope("ab", () => {
    tf.getVariable("y", [1]);
  });
  s.print(a.globalVariables().map((v) => v.name));
  s.print(
    tf
      .getVariableScope()
      .globalVariables()
      .map((v) => v.name),
  );
  s.print(tf.globalVariables("a/b").map((v) => v.name));
  s.print(tf.trainableVariables("ab").map((v) => v.name));
});

scenario("variable_op_scope has another order", (s) => {
  const a = tf.constant(1, { name: "a" });
  tf.variableOpScope([a], null, "mysum2", (x) => {
    here(s, "default", x);
    s.print(tf.getVariable("v", [1]).name);
    s.print(new tf.Variable([0], { name: "v2", dtype: tf.int32 }).name);
    tf.add(a, a);
  });
  tf.variableOpScope([a], "named", "mysum2", (y) => {
    here(s, "named", y);
  });
});

interface Opening {
  readonly defaultName?: string;
  readonly reuse?: unknown;
  readonly auxiliaryNameScope?: unknown;
}

/** Opens a scope with arguments of any type. */
function openScope(name: unknown, options: Opening = {}) {
  tf.variableScope(name as string, options as object, () => tf.noOp({ name: "never" }));
}
scenario("scope errors", (s) => {
  s.error("no name", () => openScope(null));
  s.error("default with reuse", () => openScope(null, { defaultName: "d", reuse: true }));
  s.error("default with AUTO_REUSE", () =>
    openScope(null, { defaultName: "d", reuse: tf.AUTO_REUSE }),
  );
  s.error("reuse yes", () => openScope("a", { reuse: "yes" }));
  s.error("a number", () => openScope(3));
  s.error("auxiliary", () => openScope("a", { auxiliaryNameScope: "x" }));
  s.error("bad root name", () => openScope("_"));
  s.error("bad name", () => openScope("a:b"));
  tf.noOp({ name: "n" });
});

scenario("scopes must close in order", (s) => {
  const a = tf.variableScope("a");
  tf.variableScope("b");
  s.error("a before b", () => a[Symbol.dispose]());
});

scenario("the seeds' image filter shared by a scope", async (s) => {
  function convRelu(x: tf.Tensor, kernelShape: number[], biasShape: number[]) {
    const weights = tf.getVariable("weights", kernelShape, {
      initializer: tf.randomNormalInitializer({ seed: 1 }),
    });
    const biases = tf.getVariable("biases", biasShape, { initializer: tf.constantInitializer(0) });
    const conv = tf.nn.conv2d(x, weights, [1, 1, 1, 1], "SAME");
    return tf.nn.relu(conv.add(biases));
  }

  function imageFilter(x: tf.Tensor) {
    const relu1 = tf.variableScope("conv1", () => convRelu(x, [5, 5, 1, 4], [4]));
    return tf.variableScope("conv2", () => convRelu(relu1, [5, 5, 4, 2], [2]));
  }

  const image1 = tf.placeholder(tf.float32, [null, 6, 6, 1], { name: "image1" });
  const image2 = tf.placeholder(tf.float32, [null, 6, 6, 1], { name: "image2" });
  const [result1, result2] = tf.variableScope("image_filters", (scope) => {
    const result1 = imageFilter(image1);
    s.error("under-sharing", () => imageFilter(image2));
    scope.reuseVariables();
    const result2 = imageFilter(image2);
    return [result1, result2] as const;
  });
  for (const v of tf.trainableVariables()) {
    s.print(v);
  }
  await s.values(
    { result1, result2 },
    {
      feeds: [
        [image1, s.data([1, 6, 6, 1])],
        [image2, s.data([1, 6, 6, 1])],
      ],
      after: [tf.globalVariablesInitializer()],
    },
  );
});

scenario("the seeds' test scope shares in both ways", async (s) => {
  function test(b: tf.Tensor) {
    const a = tf.getVariable("test", [2, 2], {
      initializer: tf.truncatedNormalInitializer({ stddev: 0.02, seed: 4 }),
    });
    return tf.matmul(b, a);
  }

  const [b, d, c, e] = tf.variableScope("test", (scope) => {
    const b = tf.constant([
      [1, 1],
      [2, 2],
    ]);
    const d = tf.constant([
      [1, 1],
      [2, 2],
    ]);
    const c = test(b);
    scope.reuseVariables();
    const e = test(d);
    return [b, d, c, e] as const;
  });
  const f = tf.variableScope("test", { reuse: true }, () => test(b));
  const h = tf.variableScope("test1", () => test(d));
  await s.values({ c, e, f, h }, { after: [tf.globalVariablesInitializer()] });
});
