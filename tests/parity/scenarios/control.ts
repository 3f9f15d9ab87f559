/** Control dependencies, devices, colocation, collections, lookups, finalize (reference sections 1, 5 and 6). */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("control dependencies: the domination example", () => {
  const a1 = tf.constant(1, { name: "a1" });
  const a2 = tf.constant(2, { name: "a2" });
  const a3 = tf.constant(3, { name: "a3" });
  const a4 = tf.constant(4, { name: "a4" });
  tf.controlDependencies([a1], () => {
    const b1 = tf.multiply(a3, a4, { name: "b1" });
    tf.controlDependencies([a2], () => {
      tf.multiply(a3, a4, { name: "b2" });
      tf.multiply(b1, a4, { name: "b3" });
    });
    tf.multiply(a1, b1, { name: "c1" });
    tf.identity(a1, { name: "i1" });
    tf.controlDependencies([a2], () => {
      tf.multiply(a1, b1, { name: "c2" });
    });
  });
  tf.multiply(a1, a2, { name: "outside" });
});

scenario("control dependencies: constants, None, tensors, ops and variables", (s) => {
  const a = tf.constant(1, { name: "a" });
  const n = tf.noOp({ name: "n" });
  const v = new tf.Variable(2, { name: "v" });
  const r = new tf.Variable(2, { name: "r", useResource: true });
  tf.controlDependencies([a, n, v, r], () => {
    tf.constant(3, { name: "const" });
    tf.noOp({ name: "last" });
    tf.controlDependencies(null, () => {
      tf.noOp({ name: "free" });
      tf.controlDependencies([n], () => {
        tf.noOp({ name: "again" });
      });
    });
    tf.controlDependencies([n], () => {
      tf.noOp({ name: "no_duplicates" });
    });
    tf.controlDependencies([], () => {
      tf.noOp({ name: "empty" });
    });
    new tf.Variable(5, { name: "inside" });
    tf.getVariable("inside_too", [2], { initializer: tf.zerosInitializer() });
  });
  s.error("a number", () => tf.controlDependencies([3]));
});

scenario("control inputs are sorted in the graph definition", (s) => {
  const z = tf.noOp({ name: "z" });
  const b = tf.noOp({ name: "b" });
  const m = tf.noOp({ name: "m" });
  const [c, d] = tf.controlDependencies([z, b, m], () => {
    const c = tf.constant(1, { name: "c" });
    const d = tf.noOp({ name: "d" });
    return [c, d] as const;
  });
  s.print(d.controlInputs.map((o) => o.name));
  s.print(c.op.controlInputs.map((o) => o.name));
});

scenario("assignments ordered by control dependencies", async (s) => {
  const v = new tf.Variable(1, { name: "v" });
  const r = new tf.Variable(1, { name: "r", useResource: true });
  const [a, b, c, d] = tf.controlDependencies([v.assignAdd(1), r.assignAdd(1)], () => {
    const a = tf.identity(v);
    const b = v.readValue();
    const c = r.readValue();
    const d = tf.multiply(r, 10);
    return [a, b, c, d] as const;
  });
  const [e, f] = tf.controlDependencies([a, b, c, d], () => {
    const e = v.assign(v.mul(3));
    const f = r.assign(r.mul(3), { readValue: false });
    return [e, f] as const;
  });
  const [g, h] = tf.controlDependencies([e, f], () => {
    const g = tf.identity(v);
    const h = r.readValue();
    return [g, h] as const;
  });
  await s.values({ a, b, c, d, g, h }, { after: [tf.globalVariablesInitializer()] });
  await s.values({ a, g, h });
  await s.values({ v, r });
});

scenario("devices merge field by field", () => {
  tf.device("/device:GPU:0", () => {
    tf.noOp({ name: "gpu" });
    tf.device("/device:CPU:0", () => {
      tf.noOp({ name: "cpu" });
    });
    tf.device("/job:worker", () => {
      tf.noOp({ name: "job_gpu" });
    });
    tf.device(null, () => {
      tf.noOp({ name: "none" });
    });
    tf.device("", () => {
      tf.noOp({ name: "empty" });
    });
  });
  tf.device("/job:ps/task:3", () => {
    tf.device("/gpu:7", () => {
      tf.noOp({ name: "legacy" });
      tf.device("/replica:2", () => {
        tf.noOp({ name: "replica" });
      });
    });
    tf.device("/job:other", () => {
      tf.noOp({ name: "other_job" });
    });
    new tf.Variable(1, { name: "v" });
    tf.getVariable("w", [2, 2]);
  });
  tf.device("/device:GPU:7", () => {
    tf.device("/device:GPU:*", () => {
      tf.noOp({ name: "star" });
    });
  });
  tf.device("/cpu:0", () => {
    tf.constant(1, { name: "lower" });
  });
});

scenario("device functions overwrite", () => {
  const onGpuForConst = (op: tf.Operation) =>
    op.type === "Const" ? "/device:GPU:1" : "/device:CPU:0";
  tf.device(onGpuForConst, () => {
    tf.constant(1, { name: "c" });
    tf.noOp({ name: "n" });
    tf.device("/device:GPU:5", () => {
      tf.constant(1, { name: "c2" });
    });
  });
  tf.device("/job:worker/device:GPU:5", () => {
    tf.device(onGpuForConst, () => {
      tf.constant(1, { name: "c3" });
    });
  });
});

scenario("colocation", (s) => {
  const g = tf.getDefaultGraph();
  const a = tf.device("/device:CPU:3", () => tf.constant(1, { name: "a" }));
  const b = tf.constant(2, { name: "b" });
  const c = g.colocateWith(a.op, {}, () => {
    const c = tf.constant(3, { name: "c" });
    tf.device("/device:GPU:0", () => {
      tf.constant(3, { name: "device_inside" });
    });
    g.colocateWith(b.op, {}, () => {
      tf.constant(4, { name: "both" });
    });
    g.colocateWith(b.op, { ignoreExisting: true }, () => {
      tf.constant(5, { name: "only_b" });
    });
    return c;
  });
  g.colocateWith(c.op, {}, () => {
    tf.constant(6, { name: "chain" });
  });
  const v = new tf.Variable(1, { name: "v" });
  g.colocateWith(v.op, {}, () => {
    tf.constant(7, { name: "with_v" });
    tf.getVariable("w", [2], { initializer: tf.zerosInitializer() });
  });
  const r = new tf.Variable(1, { name: "r", useResource: true });
  g.colocateWith(r.op, {}, () => {
    tf.constant(8, { name: "with_r" });
  });
  s.print(a.op.colocationGroups());
  s.print(c.op.colocationGroups());
});

scenario("collections and their scopes", (s) => {
  const a = tf.constant(1, { name: "a" });
  const [b, op] = tf.nameScope("scope", () => {
    const b = tf.constant(1, { name: "b" });
    const op = tf.noOp({ name: "op" });
    return [b, op] as const;
  });
  const c = tf.nameScope("my.scope", () => tf.constant(1, { name: "c" }));
  for (const item of [a, b, op, c, b]) {
    tf.addToCollection("mine", item);
  }
  tf.addToCollection("mine", "a string");
  tf.addToCollections(["one", "two", "one"], a);
  tf.addToCollections("single", a);
  s.print(tf.getCollection("mine").length);
  s.print(tf.getCollection<tf.Tensor>("mine", "scope").map((t) => t.name));
  s.print(tf.getCollection<tf.Tensor>("mine", "cope").map((t) => t.name));
  s.print(tf.getCollection<tf.Tensor>("mine", "my.sc").map((t) => t.name));
  s.print(tf.getCollection<tf.Tensor>("mine", ".*/c").map((t) => t.name));
  s.print(tf.getCollection<tf.Tensor>("mine", "").map((t) => t.name));
  s.print(tf.getCollection("absent").length);
  const copy = tf.getCollection("one");
  copy.push(b);
  s.print(tf.getCollection("one").length);
  tf.getCollectionRef("one").push(b);
  s.print(tf.getCollection("one").length);
  tf.getDefaultGraph().clearCollection("two");
  s.print(tf.getCollection("two").length);
});

scenario("the values of GraphKeys", (s) => {
  const k = tf.GraphKeys;
  for (const key of [
    k.GLOBAL_VARIABLES,
    k.LOCAL_VARIABLES,
    k.METRIC_VARIABLES,
    k.MODEL_VARIABLES,
    k.TRAINABLE_VARIABLES,
    k.SUMMARIES,
    k.QUEUE_RUNNERS,
    k.TABLE_INITIALIZERS,
    k.ASSET_FILEPATHS,
    k.MOVING_AVERAGE_VARIABLES,
    k.REGULARIZATION_LOSSES,
    k.CONCATENATED_VARIABLES,
    k.SAVERS,
    k.WEIGHTS,
    k.BIASES,
    k.ACTIVATIONS,
    k.UPDATE_OPS,
    k.LOSSES,
    k.SAVEABLE_OBJECTS,
    k.RESOURCES,
    k.LOCAL_RESOURCES,
    k.TRAINABLE_RESOURCE_VARIABLES,
    k.INIT_OP,
    k.LOCAL_INIT_OP,
    k.READY_OP,
    k.READY_FOR_LOCAL_INIT_OP,
    k.SUMMARY_OP,
    k.GLOBAL_STEP,
    k.EVAL_STEP,
    k.TRAIN_OP,
    k.COND_CONTEXT,
    k.WHILE_CONTEXT,
  ]) {
    s.print(key);
  }
});

scenario("looking things up by name", (s) => {
  const g = tf.getDefaultGraph();
  const a = tf.constant(1, { name: "a" });
  tf.noOp({ name: "n" });
  s.print(g.getTensorByName("a:0") === a);
  s.print(g.getOperationByName("a") === a.op);
  s.print(g.asGraphElement("a:0") === a);
  s.error("unknown tensor", () => g.getTensorByName("foo:0"));
  s.error("index out of range", () => g.getTensorByName("a:1"));
  s.error("no outputs", () => g.getTensorByName("n:0"));
  s.error("not a tensor name", () => g.getTensorByName("a"));
  s.error("invalid op name as tensor", () => g.getTensorByName("b"));
  s.error("bad form", () => g.getTensorByName("a:0:0"));
  s.error("tensor as op", () => g.getOperationByName("a:0"));
  s.error("unknown op", () => g.getOperationByName("foo"));
  s.error("neither allowed", () =>
    g.asGraphElement("a", { allowTensor: false, allowOperation: false }),
  );
  s.error("a number", () => g.asGraphElement(3));
  s.error("attr", () => a.op.getAttr("missing"));
  s.print(g.getOperations().length);
});

scenario("tensors of another graph are refused", (s) => {
  const other = new tf.Graph();
  const b = other.asDefault(() => tf.constant(1, { name: "b" }));
  const a = tf.constant(1, { name: "a" });
  s.error("two graphs in one op", () => tf.add(a, b));
  s.error("element of another graph", () => tf.getDefaultGraph().asGraphElement(b));
});

scenario("default graphs nest", (s) => {
  const first = tf.getDefaultGraph();
  const second = new tf.Graph();
  second.asDefault(() => {
    s.print(tf.getDefaultGraph() === second);
    tf.noOp({ name: "in_second" });
    first.asDefault(() => {
      tf.noOp({ name: "in_first" });
    });
  });
  s.print(tf.getDefaultGraph() === first);
  s.print(second.getOperations().map((op) => op.name));
  s.error("reset inside", () => tf.resetDefaultGraph());
});

scenario("a finalized graph refuses changes", async (s) => {
  const g = tf.getDefaultGraph();
  const a = tf.constant(1, { name: "a" });
  s.print(g.finalized);
  g.finalize();
  s.print(g.finalized);
  s.error("new op", () => tf.noOp({ name: "n" }));
  s.error("add to collection", () => g.addToCollection("c", a));
  s.error("clear collection", () => g.clearCollection("c"));
  await s.values({ a });
});

scenario("gradient override and container", () => {
  const g = tf.getDefaultGraph();
  const a = tf.constant(1, { name: "a" });
  g.gradientOverrideMap({ Square: "MySquare" }, () => {
    tf.square(a);
    tf.exp(a);
  });
  g.container("box", () => {
    new tf.Variable(1, { name: "v" });
    new tf.Variable(1, { name: "r", useResource: true });
  });
  new tf.Variable(1, { name: "w" });
});

scenario("groups and tuples", (s) => {
  const a = tf.constant(1, { name: "a" });
  const b = tf.constant([2], { name: "b" });
  const n = tf.noOp({ name: "n" });
  tf.group(a, b, n);
  tf.group({ name: "nothing" });
  tf.group([a, [b]], { name: "nested" });
  const c = tf.device("/device:CPU:1", () => tf.noOp({ name: "c" }));
  const d = tf.device("/device:CPU:2", () => tf.noOp({ name: "d" }));
  tf.group(c, d, a, { name: "devices" });
  const [x, y] = tf.tuple([a, b]) as [tf.Tensor, tf.Tensor];
  tf.tuple([a, null, b], { name: "t", controlInputs: [n] });
  s.print([x.name, y.name]);
  s.error("not a tensor", () => tf.group(3));
  s.error("nothing to join", () => tf.tuple([null, null]));
});

scenario("operations describe themselves", (s) => {
  const a = tf.placeholder(tf.float32, [null, 3], { name: "a" });
  const b = tf.constant(2, { name: "b" });
  const c = tf.multiply(a, b, { name: "c" });
  const d = tf.add(c, c, { name: "d" });
  s.print(c.op.type);
  s.print(c.op.name);
  s.print(c.op.inputs.map((t) => t.name));
  s.print(c.op.outputs.map((t) => t.name));
  s.print(c.consumers().map((o) => o.name));
  s.print(d.consumers().map((o) => o.name));
  s.print(c.dtype.name);
  s.print(c.shape);
  s.print(c.device);
  s.print(c.valueIndex);
});
