/** Names: unique names, name scopes, op_scope (reference sections 2 and 3). */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("unique names follow the order of requests", (s) => {
  for (const name of [
    "foo",
    "foo",
    "foo_1",
    "foo_1_2",
    "foo",
    "foo_1",
    "foo_2",
    "Foo",
    "FOO",
    "bar_2",
    "bar",
    "bar",
    "bar",
  ]) {
    tf.noOp({ name });
  }
  const g = tf.getDefaultGraph();
  s.print(g.uniqueName("foo", { markAsUsed: false }));
  s.print(g.uniqueName("foo", { markAsUsed: false }));
  s.print(g.uniqueName("foo"));
  s.print(g.uniqueName("foo"));
  s.print(g.uniqueName("Bar"));
  tf.noOp({ name: "foo" });
});

scenario("scope names and op names share one counter", (s) => {
  tf.noOp({ name: "x" });
  tf.nameScope("x", (a) => {
    s.print(a);
    tf.noOp({ name: "y" });
  });
  tf.noOp({ name: "x" });
  tf.nameScope("z", () => {
    tf.noOp({ name: "z" });
  });
  tf.noOp({ name: "z" });
  tf.noOp({ name: "a/b" });
  tf.noOp({ name: "a" });
  tf.nameScope("A", (b) => {
    s.print(b);
  });
  tf.nameScope("a/b", (c) => {
    s.print(c);
    tf.noOp({ name: "c" });
  });
});

scenario("a trailing slash makes an absolute name", (s) => {
  tf.nameScope("outer", () => {
    tf.noOp({ name: "inner/" });
    tf.noOp({ name: "deep/er/" });
  });
  s.error("a name that an absolute one took", () => tf.noOp({ name: "inner" }));
  tf.noOp({ name: "inner" });
  tf.nameScope("bar", (first) => {
    tf.constant(1, { name: first });
  });
  tf.nameScope("bar", (second) => {
    tf.constant(1, { name: second });
    tf.constant(2, { name: "c" });
  });
  s.error("duplicate", () => tf.noOp({ name: "bar/" }));
});

scenario("name scopes nest, reset and re-enter", (s) => {
  const g = tf.getDefaultGraph();
  s.print(g.getNameScope());
  tf.nameScope("a", (a) => {
    s.print(a);
    tf.noOp({ name: "n" });
    const b = tf.nameScope("b", (b) => {
      s.print(b);
      tf.noOp({ name: "n" });
      s.print(g.getNameScope());
      tf.nameScope(null, (none) => {
        s.print(none);
        tf.noOp({ name: "n" });
      });
      tf.nameScope("", (empty) => {
        s.print(empty);
        tf.noOp({ name: "n" });
      });
      tf.nameScope(a, (again) => {
        s.print(again);
        tf.noOp({ name: "n" });
        tf.nameScope("b", (b2) => {
          s.print(b2);
          tf.noOp({ name: "n" });
        });
      });
      return b;
    });
    tf.nameScope(b, () => {
      tf.noOp({ name: "n" });
    });
  });
  tf.nameScope("a", (a2) => {
    s.print(a2);
    tf.noOp({ name: "n" });
  });
  tf.nameScope("A", (a3) => {
    s.print(a3);
    tf.noOp({ name: "n" });
  });
});

scenario("odd scope names", (s) => {
  tf.nameScope("foo", () => {
    tf.nameScope("/", (a) => {
      s.print(a);
    });
    tf.nameScope("//", (b) => {
      s.print(b);
    });
    tf.nameScope("foo5//", (c) => {
      s.print(c);
      tf.nameScope("foo6", (d) => {
        s.print(d);
      });
    });
    tf.nameScope("_x", (e) => {
      s.print(e);
      tf.noOp({ name: "y" });
    });
    tf.nameScope("-x", (f) => {
      s.print(f);
      tf.noOp({ name: "y" });
    });
  });
  tf.nameScope("a//b/c", (h) => {
    s.print(h);
    tf.noOp({ name: "y" });
  });
  tf.nameScope("1.2.3-x_y", (i) => {
    s.print(i);
    tf.noOp({ name: "y" });
  });
  tf.noOp({ name: ".dot" });
  tf.noOp({ name: "9lives" });
});

function scopeOf(name: string) {
  tf.nameScope(name, () => {
    tf.noOp({ name: "never" });
  });
}

function scopeInside(name: string) {
  tf.nameScope("ok", () => {
    tf.nameScope(name, () => {
      tf.noOp({ name: "never" });
    });
  });
}

scenario("bad names are refused", (s) => {
  s.error("scope _x at the root", () => scopeOf("_x"));
  s.error("scope with a colon", () => scopeOf("a:b"));
  s.error("scope with a space", () => scopeOf("a b"));
  s.error("inner scope with a colon", () => scopeInside("a:b"));
  s.error("scope -", () => scopeOf("-"));
  s.error("node _x", () => tf.noOp({ name: "_x" }));
  s.error("node with a space", () => tf.noOp({ name: "a b" }));
  s.error("node with a colon", () => tf.noOp({ name: "a:0" }));
  s.error("node -x", () => tf.constant(1, { name: "-x" }));
  s.error("scope > at the root", () => scopeOf(">x"));
  tf.noOp({ name: "a>b" });
  tf.noOp({ name: "ok" });
});

scenario("name_scope with a default name and values", (s) => {
  const a = tf.constant(1, { name: "a" });
  tf.nameScope(null, { defaultName: "default", values: [a] }, (d) => {
    s.print(d);
    tf.identity(a);
  });
  tf.nameScope("given", { defaultName: "default", values: [a] }, (d2) => {
    s.print(d2);
    tf.identity(a);
  });
  tf.nameScope("", { defaultName: "default", values: [a] }, (d3) => {
    s.print(d3);
    tf.identity(a);
  });
  tf.nameScope(null, { defaultName: "default" }, (d4) => {
    s.print(d4);
    tf.identity(a);
  });
  function neither() {
    tf.nameScope(null, { values: [a] }, () => {});
  }

  s.error("neither name nor default", neither);
});

scenario("op_scope is name_scope with another order", (s) => {
  const a = tf.constant(1, { name: "a" });
  tf.opScope([a], null, "mysum", (x) => {
    s.print(x);
    tf.identity(a);
  });
  tf.opScope([a], "named", "mysum", (y) => {
    s.print(y);
    tf.identity(a);
  });
});

scenario("composite functions end on the scope's own name", () => {
  const a = tf.constant([1, 2], { name: "a" });
  tf.group(a, { name: "g" });
  tf.tuple([a, a], { name: "t" });
  tf.zeros([2]);
  tf.ones([2, 2]);
  tf.zerosLike(a);
  tf.onesLike(a);
  tf.fill([2], 3);
  tf.zeros([2], { name: "mine" });
  tf.ones([1001]);
  tf.zeros([40, 25]);
  tf.ones([3], { dtype: tf.int32 });
  tf.zeros([2], { dtype: tf.bool });
  tf.zeros([2], { dtype: tf.string });
});

scenario("default names of generated ops", () => {
  const a = tf.constant([1, 2]);
  const b = tf.constant([3, 4]);
  tf.add(a, b);
  tf.add(a, b);
  tf.subtract(a, b);
  tf.multiply(a, b);
  tf.divide(a, b);
  tf.square(a);
  tf.exp(a);
  tf.exp(a, { name: "e" });
  tf.exp(a, { name: "e" });
  tf.add(a, 1);
  tf.add(a, 1, { name: "named" });
  tf.maximum(a, 0.5);
  tf.identity(a);
  tf.shape(a);
  tf.size(a);
  tf.rank(a);
  tf.cast(a, tf.int32);
  tf.cast(a, tf.float32);
  tf.addN([a, b]);
  tf.noOp();
  tf.stopGradient(a);
  tf.less(a, b);
  tf.negative(a);
});

scenario("the seeds' first experiment: three ways to a name", (s) => {
  s.print(tf.placeholder(tf.float32, [2, 3, 4]).name);
  s.print(tf.placeholder(tf.float32, [2, 3, 4], { name: "ph" }).name);
  s.print(tf.placeholder(tf.float32, [2, 3, 4], { name: "ph" }));
  s.print(new tf.Variable([1, 2], { dtype: tf.float32 }).name);
  s.print(new tf.Variable([1, 2], { dtype: tf.float32, name: "V" }).name);
  s.print(new tf.Variable([1, 2], { dtype: tf.float32, name: "V" }));
  s.print(tf.getVariable("gv", []).name);
  s.error("gv again", () => tf.getVariable("gv", [2]));
  for (const v of tf.trainableVariables()) {
    s.print(v);
  }
});

scenario("the seeds' second experiment: name scope and variable scope together", async (s) => {
  const [v1, v2, v3] = tf.nameScope("nsc1", () => {
    const v1 = new tf.Variable([1], { name: "v1", dtype: tf.int32 });
    const [v2, v3] = tf.variableScope("vsc1", () => {
      const v2 = new tf.Variable([1], { name: "v2", dtype: tf.int32 });
      const v3 = tf.getVariable("v3", []);
      return [v2, v3] as const;
    });
    return [v1, v2, v3] as const;
  });
  s.print([v1.name, v2.name, v3.name]);
  const v4 = tf.nameScope("nsc1", () => new tf.Variable([1], { name: "v4", dtype: tf.int32 }));
  s.print(v4.name);
  const v = tf.nameScope("foo", () => {
    return tf.variableScope("var_scope", () => tf.getVariable("var", [1]));
  });
  const vAgain = tf.nameScope("bar", () => {
    return tf.variableScope("var_scope", { reuse: true }, () => tf.getVariable("var", [1]));
  });
  s.print(v === vAgain);
  s.print([v.name, vAgain.name]);
  const d = tf.variableScope("scope", () => {
    const a = new tf.Variable(1, { name: "a", dtype: tf.int32 });
    const b = tf.getVariable("b", { initializer: s.ints(2) });
    const c = tf.constant(3, { name: "c", dtype: tf.int32 });
    return tf.variableScope("res", () => tf.add(a.mul(b), c, { name: "res" }));
  });
  const [x, x2] = tf.nameScope("foo2", () => {
    const [x, x2] = tf.variableScope("bar2", () => {
      const x = tf.getVariable("x", []);
      const x2 = tf.square(x.pow(2), { name: "x2" });
      return [x, x2] as const;
    });
    return [x, x2] as const;
  });
  s.print([x.name, x2.name]);
  const [y, z] = tf.variableScope("foo3", () => {
    const y = tf.getVariable("v", [1]).radd(1);
    const z = tf.nameScope("bar3", () => tf.getVariable("v2", [1]).radd(1));
    return [y, z] as const;
  });
  s.print([y.op.name, z.op.name]);
  await s.values({ d }, { after: [tf.globalVariablesInitializer()] });
});
