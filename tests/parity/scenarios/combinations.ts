/** Combinations of features that found mistakes, or might have: scopes, devices, gradients, optimizers, checks. */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

const variable = (value: tf.ArrayLike, name: string, useResource = false) =>
  new tf.Variable(value, { name, useResource });
const wholes = (shape: number[], ...data: number[]) =>
  new tf.NDArray(Int32Array.from(data), shape, tf.int32);

scenario("reuse with partitioned variables", async (s) => {
  const v = tf.variableScope("a", { partitioner: tf.fixedSizePartitioner(3) }, () =>
    tf.getVariable("v", [4], { initializer: tf.zerosInitializer() }),
  );
  tf.variableScope("a", { reuse: true }, () => {
    s.print(tf.getVariable("v", [4]) === v);
    s.print(tf.getVariable("v") === v);
    s.error("shape", () => tf.getVariable("v", [5]));
    s.error("dtype", () => tf.getVariable("v", [4], { dtype: tf.int32 }));
    s.print(tf.getVariable("v/part_0", [2]).name);
  });
  const reget = (kw: tf.VariableScopeOptions = {}) =>
    tf.variableScope("a", kw, () =>
      tf.getVariable("v", [4], { initializer: tf.zerosInitializer() }),
    );
  s.error("create", () => reget());
  s.error("auto", () => reget({ reuse: tf.AUTO_REUSE }));
  s.error("two", () => reget({ reuse: true, partitioner: tf.fixedSizePartitioner(2) }));
  s.print(reget({ reuse: tf.AUTO_REUSE, partitioner: tf.fixedSizePartitioner(3) }) === v);
  s.error("creating partitioned again", () => reget({ partitioner: tf.fixedSizePartitioner(3) }));
  tf.getVariable("w", [4]);
  s.error("unpartitioned", () =>
    tf.variableScope("", { reuse: tf.AUTO_REUSE, partitioner: tf.fixedSizePartitioner(2) }, () =>
      tf.getVariable("w", [4]),
    ),
  );
});

scenario("AUTO_REUSE inside True and back", async (s) => {
  let e!: tf.VariableScope;
  let x!: tf.Variable;
  let a!: tf.VariableScope;
  tf.variableScope("a", { reuse: tf.AUTO_REUSE }, (a_) => {
    a = a_;
    x = tf.getVariable("x", [1]);
    tf.variableScope("b", { reuse: true }, (b) => {
      s.print(b.reuse);
      s.error("missing", () => tf.getVariable("x", [1]));
      tf.variableScope("c", { reuse: tf.AUTO_REUSE }, (c) => {
        s.print(c.reuse);
        tf.getVariable("x", [1]);
        tf.variableScope("d", { reuse: false }, (d) => {
          s.print(d.reuse);
          tf.getVariable("x", [1]);
        });
        tf.variableScope(a, (aa) => {
          s.print(aa.reuse);
          s.print(tf.getVariable("x", [1]) === x);
        });
      });
    });
    tf.variableScope("e", { reuse: false }, (e_) => {
      e = e_;
      s.print(e.reuse);
      e.reuseVariables();
      s.print(e.reuse);
      tf.variableScope("f", (f) => {
        s.print(f.reuse);
      });
    });
  });
  tf.variableScope(e, (e2) => {
    s.print(e2.reuse);
  });
  tf.variableScope(tf.getVariableScope(), { reuse: true }, (r) => {
    s.print([r.name, r.reuse]);
    s.print(tf.getVariable("a/x", [1]) === x);
    tf.variableScope(a, () => {
      tf.getVariable("new", [1]);
    });
  });
  s.print(tf.globalVariables().map((v) => v.name));
});

scenario("captured scopes without auxiliary name scope", async (s) => {
  const no = { auxiliaryNameScope: false };
  let a!: tf.VariableScope;
  let b!: tf.VariableScope;
  let c!: tf.VariableScope;
  const k = (name: string) => tf.constant(1, { name });
  tf.variableScope("a", (a_) => {
    a = a_;
    k("x");
    tf.variableScope("b", (b_) => {
      b = b_;
      k("y");
    });
  });
  tf.nameScope("n", () => {
    tf.variableScope(a, no, (a1) => {
      k("x");
      s.print([a1.name, a1.originalNameScope]);
      tf.nameScope(a1.originalNameScope, () => {
        k("x");
      });
      tf.variableScope("c", no, (c_) => {
        c = c_;
        s.print([c.name, c.originalNameScope]);
        tf.getVariable("v", [1], { initializer: tf.onesInitializer() });
        new tf.Variable(1, { name: "u" });
      });
    });
    tf.variableScope(b, no, (b1) => {
      tf.nameScope(b1.originalNameScope, () => {
        k("y");
        tf.variableScope("d", (d) => {
          s.print([d.name, d.originalNameScope]);
          k("z");
        });
        tf.variableScope(null, { defaultName: "def", ...no }, (e) => {
          s.print([e.name, e.originalNameScope]);
          k("z");
        });
        tf.variableScope(null, { defaultName: "def", ...no }, (e) => {
          s.print([e.name, e.originalNameScope]);
        });
      });
    });
  });
  tf.variableScope(c, no, (c1) => {
    s.print([c1.name, c1.originalNameScope]);
  });
  tf.variableScope("", no, (c1) => {
    s.print([c1.name, c1.originalNameScope]);
    k("z");
  });
});

scenario("templates with custom getters, nested", async (s) => {
  const getter: tf.CustomGetter = (next, name, o) => {
    s.print(name);
    return tf.convertToTensor(next(name, o)).rmul(2);
  };
  const f = (n: string) => (x: tf.Tensor) =>
    x.mul(tf.getVariable(n, [2], { initializer: tf.onesInitializer() }));
  const t = tf.makeTemplate("t", f("w"), { customGetter: getter });
  const inner = tf.makeTemplate("inner", f("q"));
  const o = tf.makeTemplate("o", (x: tf.Tensor) => inner(t(x)));
  const y1 = o(tf.constant([1, 2]));
  const y2 = o(tf.constant([3, 4]));
  const y3 = t(tf.constant([5, 6]));
  s.print(tf.globalVariables().map((v) => v.name));
  s.print(o.variableScopeName);
  s.print(o.variables.map((v) => v.name));
  s.print(t.trainableVariables.map((v) => v.name));
  s.print(t.name);
  const y4 = tf.variableScope("sc", () => t(tf.constant([5, 6])));
  const t2 = tf.makeTemplate("t", f("w"), { uniqueName: "uu" });
  const y5 = tf.nameScope("nn", () => t2(tf.constant([5, 6])));
  t2(tf.constant([5, 6]));
  s.error("unique with create now", () => {
    tf.makeTemplate("t3", () => tf.getVariable("z", [2], { trainable: true }))();
    const q = tf.makeTemplate("t4", (n: string) => tf.getVariable(n, [2], { trainable: true }));
    q("a");
    q("b");
  });
  await s.values({ y1, y2, y3, y4, y5 }, { after: [tf.globalVariablesInitializer()] });
});

scenario("scatter functions of resource variables", async (s) => {
  const v = tf.getVariable("v", [4], { initializer: tf.constantInitializer(2), useResource: true });
  const r = tf.getVariable("r", [4], {
    initializer: tf.constantInitializer(2),
    useResource: false,
  });
  const ops: unknown[] = [];
  const nd = (i: number) => new tf.NDArray(Int32Array.of(i), [1, 1], tf.int32);
  for (const x of [v, r]) {
    const i = (n: number) => s.ints([n]);
    ops.push(
      tf.scatterSub(x, i(0), [1]),
      tf.scatterMul(x, i(1), [3]),
      tf.scatterDiv(x, i(2), [4]),
      tf.scatterMax(x, i(3), [7]),
      tf.scatterMin(x, i(0), [-3]),
    );
    ops.push(
      tf.scatterNdUpdate(x, nd(1), [5]),
      tf.scatterNdAdd(x, nd(2), [5]),
      tf.scatterNdSub(x, nd(3), [5]),
    );
    ops.push(x.scatterNdAdd(nd(0), [2]), x.scatterNdUpdate(nd(0), [2]), x.scatterNdSub(nd(0), [2]));
    const sl = new tf.IndexedSlices(tf.constant([1]), tf.constant(i(1)));
    ops.push(
      x.scatterAdd(sl),
      x.scatterSub(sl),
      x.scatterUpdate(sl),
      x.scatterMax(sl),
      x.scatterMin(sl),
      x.scatterMul(sl),
      x.scatterDiv(sl),
    );
  }
  await s.values({ v, r }, { after: [tf.globalVariablesInitializer(), ...ops] });
});

scenario("assignments inside control dependencies of both kinds", async (s) => {
  let v!: tf.Variable;
  let w!: tf.Variable;
  for (const useResource of [false, true]) {
    v = new tf.Variable([1, 2], { name: "v", useResource });
    w = new tf.Variable([1, 2], { name: "w", useResource });
    const [y, z] = tf.controlDependencies([v.assign([5, 6])], () => {
      const x = w.assign(v.mul(2));
      return tf.controlDependencies([x], () => {
        const y = w.add(v);
        return [y, w.assignAdd(y, { useLocking: true })];
      });
    });
    await s.values({ y }, { after: [tf.globalVariablesInitializer()] });
    await s.values({ w }, { after: [z] });
  }
  tf.controlDependencies([w, v], () => tf.noOp({ name: "n" }));
  const sl = new tf.IndexedSlices(
    tf.constant([1]),
    tf.constant(s.ints([0])),
    tf.constant(s.ints([2])),
  );
  tf.controlDependencies([sl], () => tf.noOp({ name: "n2" }));
});

scenario("assigning other shapes and types", async (s) => {
  for (const useResource of [false, true]) {
    const t = useResource ? "True" : "False";
    const v = new tf.Variable([1, 2], { name: "v", useResource });
    s.error(`shape ${t}`, () => v.assign([1, 2, 3]));
    s.error(`dtype ${t}`, () => v.assign(tf.constant(s.ints([1, 2]))));
    s.error(`add shape ${t}`, () => v.assignAdd([1, 2, 3]));
    s.error(`text ${t}`, () => v.assign(["a", "b"]));
    s.error(`none ${t}`, () => v.assign(null as never));
  }
  const u = new tf.Variable(tf.zeros([2]), { validateShape: false, name: "u", useResource: false });
  s.print(u);
  const c = tf.assign(u, [1, 2, 3], { validateShape: false });
  await s.values({ c }, { after: [tf.globalVariablesInitializer()] });
  await s.values({ c: u });
});

scenario("gradients through cond", async (s) => {
  const x = tf.placeholder(tf.float32, [2]);
  const w = variable([1, 2], "w");
  const r = variable([3, 4], "r", true);
  const p = tf.reduceSum(x).greater(0);
  const y = tf.cond(
    p,
    () => x.mul(w).mul(r),
    () => tf.square(w).add(x),
  );
  const z = tf.cond(
    p,
    () => y.mul(2),
    () => tf.identity(w),
  );
  const [gx, gw, gr] = tf.gradients(z, [x, w, r]);
  await s.run(tf.globalVariablesInitializer());
  await s.values({ gx, gw, gr }, { feeds: [[x, [1, 2]]] });
  await s.values({ gx, gw, gr }, { feeds: [[x, [-1, -2]]] });
});

scenario("cond of several outputs and nested", async (s) => {
  const a = tf.placeholder(tf.bool, []);
  const b = tf.placeholder(tf.bool, []);
  const x = tf.constant([1, 2]);
  const inner = () =>
    tf.cond(
      b,
      () => x.add(1),
      () => x.sub(1),
    );
  const out = tf.cond(
    a,
    () => [inner(), tf.constant(s.ints(1))],
    () => [x, tf.constant(s.ints(2))],
  );
  const g = tf.gradients(out[0] as tf.Tensor, x)[0];
  const d = tf.cond(
    a,
    () => ({ p: x }),
    () => ({ p: x.mul(2) }),
  );
  const v = variable(0, "v");
  const up = tf.cond(
    a,
    () => tf.group(v.assignAdd(1)),
    () => tf.noOp(),
  );
  await s.run(tf.globalVariablesInitializer());
  for (const p of [true, false])
    for (const q of [true, false])
      await s.values(
        { o: out[0], n: out[1], g, d: d.p },
        {
          feeds: [
            [a, p],
            [b, q],
          ],
        },
      );
  await s.values({ v });
  await s.run(up, [[a, true]]);
  await s.values({ v });
  await s.run(up, [[a, false]]);
  await s.values({ v });
});

scenario("gradients through where, gather_nd and strided slices", async (s) => {
  const x = tf.placeholder(tf.float32, [3, 4]);
  const c = x.greater(0);
  const a = tf.where(c, x.mul(2), tf.exp(x));
  const b = tf.gatherNd(x, wholes([3, 2], 0, 1, 2, 3, 0, 1));
  const d = x.slice([null, null, -1], tf.newaxis, [1, 4, 2]);
  const e = x.slice("...", -1);
  const f = x.slice(-1, [null, null, -2]);
  const g = x.slice([1, null], [null, 2]).slice(tf.newaxis, 0);
  const h = tf.where(tf.constant([true, false, true]), x, tf.zerosLike(x));
  const ys = [a, b, d, e, f, g, h];
  const grads = ys.map((y) => tf.gradients(y, x)[0]);
  const both = tf.gradients(ys, x)[0];
  await s.values({ g: grads, b: both, y: ys }, { feeds: [[x, s.data([3, 4])]] });
});

scenario("gradients of gradients of layers", async (s) => {
  const x = tf.placeholder(tf.float32, [2, 3]);
  const w = tf.getVariable("w", [3, 2], {
    initializer: tf.constantInitializer([0.5, -1, 2, 0.25, 1, -0.5]),
  });
  const y = tf.nn.softmax(tf.nn.tanh(tf.matmul(x, w)));
  const g1 = tf.gradients(tf.reduceSum(tf.square(y)), [w])[0] as tf.Tensor;
  const g2 = tf.gradients(tf.reduceSum(tf.square(g1)), [w])[0] as tf.Tensor;
  const sg = tf.gradients(
    tf.nn.sigmoidCrossEntropyWithLogits({ labels: tf.ones([2, 2]), logits: tf.matmul(x, w) }),
    [x],
  )[0] as tf.Tensor;
  const pen = tf.reduceMean(tf.square(tf.sqrt(tf.reduceSum(tf.square(sg), { axis: 1 })).sub(1)));
  const [g3] = tf.gradients(pen, [w]);
  await s.values(
    { g1, g2, g3 },
    { feeds: [[x, s.data([2, 3])]], after: [tf.globalVariablesInitializer()] },
  );
});

scenario("colocated gradients under devices", async (s) => {
  const w = tf.device("/cpu:1", () =>
    tf.getVariable("w", [2], { initializer: tf.onesInitializer() }),
  );
  const [x, y] = tf.device(
    (op: tf.Operation) => (op.type === "MatMul" ? "/cpu:2" : "/cpu:0"),
    () => {
      const x = tf.constant([[1, 2]]);
      return [x, tf.matmul(x, tf.reshape(w, [2, 1])).mul(2)] as const;
    },
  );
  tf.device("/job:worker", () => {
    tf.gradients(y, [w], { colocateGradientsWithOps: true, name: "g1" });
    tf.device("/device:CPU:3", () => {
      tf.gradients(y, [w, x], { colocateGradientsWithOps: true, gateGradients: true });
    });
  });
  const opt = new tf.train.AdamOptimizer(0.1);
  tf.device("/cpu:3", () => {
    opt.minimize(tf.reduceSum(y), {
      colocateGradientsWithOps: true,
      globalStep: tf.train.getOrCreateGlobalStep(),
    });
  });
  s.print(opt.getSlot(w, "m")!.device);
});

scenario("device functions and specs", (s) => {
  const seen: string[][] = [];
  const f = (op: tf.Operation) => {
    seen.push([op.name, op.device]);
    return op.type === "VariableV2" ? "/job:ps/task:1" : op.device;
  };
  let v!: tf.Variable;
  const rest: (tf.Tensor | tf.Operation)[] = [];
  tf.device("/job:worker/task:3", () => {
    tf.device(f, () => {
      tf.device("/gpu:0", () => {
        v = tf.getVariable("v", [1]);
        rest.push(tf.constant(1));
      });
      tf.device(null, () => {
        rest.push(tf.constant(1));
      });
      tf.device("", () => {
        rest.push(tf.constant(1));
      });
    });
    tf.colocateWith(v, () => {
      rest.push(tf.constant(2));
    });
    tf.colocateWith(v.op, () => {
      tf.device("/cpu:2", () => {
        rest.push(tf.constant(2));
      });
    });
    tf.device("/device:GPU:*", () => {
      rest.push(tf.noOp());
    });
    tf.device("gpu:1", () => {
      rest.push(tf.noOp());
    });
    tf.device("/replica:2/cpu:0", () => {
      rest.push(tf.noOp());
    });
  });
  s.print(seen);
  s.print([v, ...rest].map((o) => o.device));
  s.error("bad", () => tf.device("/foo:1", () => tf.noOp()));
  s.error("bad2", () => tf.device("/cpu:a", () => tf.noOp()));
  s.error("bad3", () => tf.device("cpu:0/cpu:1", () => tf.noOp()));
});

scenario("names that differ by case", (s) => {
  const k = (name: string) => tf.constant(1, { name });
  tf.nameScope("Foo", () => {
    k("A");
    k("a");
  });
  tf.nameScope("foo", () => {
    k("A");
  });
  k("FOO");
  tf.getVariable("V", [1]);
  const w = tf.getVariable("v", [1]);
  tf.variableScope("foo", () => {
    tf.getVariable("b", [1]);
  });
  tf.variableScope("FOO", () => {
    tf.getVariable("b", [1]);
  });
  tf.variableScope("v", () => {
    tf.getVariable("v", [1]);
    tf.add(w, w);
  });
  new tf.train.GradientDescentOptimizer(0.1, { name: "v" }).minimize(tf.reduceSum(w));
  s.print(tf.globalVariables().map((x) => x.name));
});

scenario("groups and tuples under devices", async (s) => {
  const a = tf.device("/cpu:0", () => tf.constant(1));
  const [b, n] = tf.device("/cpu:1", () => [tf.constant(2), tf.noOp()] as const);
  const c = tf.constant(3);
  const g = tf.group(a, b, c, n, { name: "g" });
  const g2 = tf.device("/cpu:2", () => tf.group(a, b));
  const t = tf.tuple([a, null, b], { controlInputs: [n], name: "t" });
  const v = new tf.Variable(1, { name: "v" });
  tf.tuple([v, new tf.IndexedSlices(a, b)]);
  tf.controlDependencies([v], () => tf.noOp());
  const d = tf.controlDependencies([g], () =>
    tf.controlDependencies(null, () => tf.controlDependencies([a], () => tf.identity(b))),
  );
  await s.values({ t, d }, { after: [g, g2] });
});

scenario("a device setter for replicas", (s) => {
  const made: (tf.Tensor | tf.Variable)[] = [];
  tf.device(tf.train.replicaDeviceSetter({ psTasks: 2 }), () => {
    made.push(tf.getVariable("a", [1]));
    made.push(tf.getVariable("b", [1], { useResource: true }));
    tf.device("/cpu:0", () => {
      made.push(tf.getVariable("c", [1]), tf.constant(1));
    });
    tf.device("/job:other/task:3", () => {
      made.push(tf.getVariable("e", [1]));
    });
  });
  const cluster = { ps: ["x:1", "y:2", "z:3"], worker: ["w:1"] };
  tf.device(
    tf.train.replicaDeviceSetter({
      cluster,
      workerDevice: "/job:worker/task:1",
      psStrategy: () => 2,
    }),
    () => {
      made.push(tf.getVariable("f", [1]), tf.constant(1));
    },
  );
  s.print(made.map((v) => v.device));
  s.print(tf.train.replicaDeviceSetter());
  const spec = new tf.DeviceSpec({ job: "ps", task: 1, deviceType: "gpu", deviceIndex: 0 });
  s.print(spec);
  s.print(tf.DeviceSpec.fromString("/job:w/replica:2/device:CPU:*").replace({ job: "x" }));
  tf.device(spec, () =>
    tf.device("/task:3", () => {
      s.print(tf.noOp().device);
    }),
  );
});

scenario("gradients of more functions, second order", async (s) => {
  const x = tf.placeholder(tf.float32, [2, 3]);
  const i = s.ints;
  const fs: ((t: tf.Tensor) => tf.Tensor)[] = [
    (t) => tf.nn.elu(t),
    (t) => tf.nn.selu(t),
    (t) => tf.nn.leakyRelu(t),
    (t) => tf.erf(t),
    (t) => tf.atan(t),
    (t) => tf.sinh(t),
    (t) => tf.pow(tf.abs(t).add(1), t),
    (t) => tf.maximum(t, t.mul(t)),
    (t) => tf.nn.logSoftmax(t),
    (t) => tf.nn.l2Normalize(t, { axis: 1 }),
    (t) => tf.cumsum(t.mul(t), { axis: 1 }),
    (t) => tf.reduceLogsumexp(t, { axis: 1 }),
    (t) => tf.reduceProd(t, { axis: i(1) }),
    (t) => tf.norm(t, { axis: 1 }),
    (t) => tf.rsqrt(tf.square(t).add(1)),
    (t) => tf.truediv(t, tf.square(t).add(2)),
    (t) => tf.expm1(t),
    (t) => tf.log1p(tf.square(t)),
    (t) => tf.lgamma(tf.square(t).add(1)),
    (t) => tf.atan2(t, t.mul(t).add(1)),
    (t) => tf.squaredDifference(t, tf.sin(t)),
    (t) => tf.gather(t, i([0, 0]), { axis: 1 }),
    (t) => tf.reverse(t, [1]),
    (t) => tf.floormod(t, 0.7),
    (t) => tf.clipByNorm(t, 1),
    (t) => tf.matrixDiag(t),
    (t) => tf.unstack(t, { axis: 1 })[1] as tf.Tensor,
    (t) => tf.tile(t, [1, 2]),
    (t) =>
      tf.pad(
        t,
        [
          [1, 0],
          [0, 1],
        ],
        { mode: "REFLECT" },
      ),
    (t) => tf.nn.moments(t, [0])[1],
  ];
  const outs: unknown[] = [];
  for (const f of fs) {
    const y = f(x);
    const [g] = tf.gradients(tf.reduceSum(tf.sin(y)), [x]);
    const [h] = tf.gradients(tf.reduceSum((g as tf.Tensor).mul(g as tf.Tensor)), [x]);
    outs.push([g, h]);
  }
  await s.values({ o: outs }, { feeds: [[x, s.data([2, 3], -0.9, 0.3)]] });
});

scenario("variables and assignments inside conditionals", async (s) => {
  const p = tf.placeholder(tf.bool, []);
  const outer = new tf.Variable(2, { name: "outer" });
  const res = new tf.Variable(3, { name: "res", useResource: true });
  const yes = () => {
    const v = tf.getVariable("inside", [], { initializer: tf.onesInitializer() });
    const w = new tf.Variable(5, { name: "plain" });
    return tf.controlDependencies([outer.assignAdd(1), res.assignAdd(10)], () =>
      tf.identity(v.add(w)),
    );
  };
  const no = () => {
    const v = tf.variableScope("", { reuse: true }, () => tf.getVariable("inside", []));
    return v.mul(2).add(res);
  };
  const y = tf.cond(p, yes, no, { name: "c" });
  const g = tf.gradients(y, [res, tf.globalVariables()[2] as tf.Variable]);
  s.print(tf.globalVariables().map((v) => v.name));
  await s.run(tf.globalVariablesInitializer());
  await s.values({ y }, { feeds: [[p, true]] });
  await s.values({ o: outer, r: res });
  await s.values({ y, g: g[0] }, { feeds: [[p, false]] });
  await s.values({ o: outer, r: res });
  await s.error("fetch", () => s.run(tf.getDefaultGraph().getTensorByName("c/add:0"), [[p, true]]));
});

scenario("embeddings in parts", async (s) => {
  const parts = [
    tf.constant(s.data([2, 2])),
    tf.constant(s.data([2, 2], 5)),
    tf.constant(s.data([1, 2], 9)),
  ];
  const ids = tf.constant(
    [
      [0, 4],
      [3, 1],
    ],
    { dtype: tf.int32 },
  );
  const vals = {
    mod: tf.nn.embeddingLookup(parts, ids),
    div: tf.nn.embeddingLookup(parts, ids, { partitionStrategy: "div" }),
    norm: tf.nn.embeddingLookup(parts, ids, { maxNorm: 1 }),
  };
  await s.values(vals);
  s.error("strategy", () => tf.nn.embeddingLookup(parts, ids, { partitionStrategy: "x" as never }));
  s.error("none", () => tf.nn.embeddingLookup(null as never, ids));
});
