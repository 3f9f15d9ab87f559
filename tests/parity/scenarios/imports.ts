/** Importing GraphDefs and MetaGraphDefs: names, scopes, devices, input maps, collections, failures (reference section 24). */

import * as tf from "tensorscope";
import { fromText, type GraphDef, GraphDefSchema } from "tensorscope/formats";
import { scenario } from "../harness.ts";

const parse = (text: string): GraphDef => fromText(GraphDefSchema, text);

interface HasName {
  readonly name: string;
}
const names = (items: readonly HasName[]): string[] => items.map((item) => item.name);

function layer(): [tf.Tensor, tf.Tensor] {
  const x = tf.placeholder(tf.float32, [null, 3], { name: "x" });
  const [w, b] = tf.variableScope("layer", () => [
    tf.getVariable("w", [3, 2], { initializer: tf.constantInitializer(0.5) }),
    tf.getVariable("b", [2], { initializer: tf.zerosInitializer(), useResource: true }),
  ]) as [tf.Variable, tf.Variable];
  const y = tf.nn.relu(tf.matmul(x, w).add(b), { name: "y" });
  return [x, y];
}

const A = 'node { name: "A" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } } ';
const FLOAT = 'attr { key: "T" value { type: DT_FLOAT } } ';

function node(name: string, op: string, inputs: readonly string[], rest = ""): string {
  const lines = inputs.map((input) => `input: "${input}"`).join(" ");
  return `node { name: "${name}" op: "${op}" ${lines} ${rest} } `;
}

scenario("a copy under a prefix, twice", (s) => {
  layer();
  const d = tf.getDefaultGraph().asGraphDef();
  tf.importGraphDef(d);
  const found = tf.importGraphDef(d, { returnElements: ["x", "y:0", "layer/w"], name: "second" });
  s.print(names(found));
  tf.nameScope("outer", () => s.print(names(tf.importGraphDef(d, { returnElements: ["y"] }))));
  s.print(
    names([
      tf.placeholder(tf.float32, null, { name: "import" }),
      tf.placeholder(tf.float32, null, { name: "import/x" }),
    ]),
  );
});

scenario("names that are taken", (s) => {
  layer();
  const d = tf.getDefaultGraph().asGraphDef();
  const returnElements = ["x", "layer/w", "layer/w/read", "y:0"];
  s.print(names(tf.importGraphDef(d, { name: "", returnElements })));
  tf.placeholder(tf.float32, null, { name: "x" });
  tf.importGraphDef(parse(node("layer", "NoOp", []) + node("y", "NoOp", ["^layer"])), { name: "" });
  tf.importGraphDef(parse(node("z", "NoOp", [])), { name: "layer/" });
});

scenario("input maps", (s) => {
  layer();
  const d = tf.getDefaultGraph().asGraphDef();
  const c = tf.constant([[1, 2, 3]], { name: "c" });
  let found = tf.importGraphDef(d, {
    inputMap: { "x:0": c },
    returnElements: ["y:0", "x"],
    name: "mapped",
  });
  s.print(names(found));
  s.print([(found[0] as tf.Tensor).shape]);
  const both = { x: [[1, 1, 1]], "layer/w/read:0": tf.identity(c, { name: "e" }) };
  s.error("shapes", () => tf.importGraphDef(d, { inputMap: both, name: "values" }));
  found = tf.importGraphDef(d, {
    inputMap: { x: [[1, 1, 1]] },
    returnElements: ["y:0"],
    name: "values",
  });
  s.print(names(found));
  s.error("value at the root", () => tf.importGraphDef(d, { inputMap: { x: 1 }, name: "" }));
  s.error("unknown", () => tf.importGraphDef(parse(A), { inputMap: { "Q:0": c } }));
  s.error("type", () =>
    tf.importGraphDef(d, {
      inputMap: { x: tf.constant([[1]], { dtype: tf.int32 }) },
      name: "typed",
    }),
  );
});

scenario("scopes around an import", () => {
  const text =
    node("S", "NoOp", [], 'device: "/gpu:0"') +
    node(
      "T",
      "NoOp",
      [],
      'device: "/cpu:1" attr { key: "_class" value { list { s: "loc:@S" } } }',
    ) +
    A +
    node("B", "Identity", ["A", "^S"], FLOAT);
  const c = tf.constant(1);
  tf.device("/job:w", () =>
    tf.controlDependencies([c], () => tf.nameScope("sc", () => tf.importGraphDef(parse(text)))),
  );
  tf.colocateWith(c, {}, () => tf.importGraphDef(parse(A), { name: "near" }));
});

scenario("older files", (s) => {
  const scalar = 'attr { key: "shape" value { shape { } } }';
  const text = `node { name: "P" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } ${scalar} } ${node(
    "M",
    "MatMul",
    ["P", "P"],
    FLOAT,
  )}${node("N", "Neg", ["M"], FLOAT)}`;
  tf.importGraphDef(parse(`${text}versions { producer: 15 }`), { name: "old" });
  const shapes =
    'attr { key: "_output_shapes" value { list { shape { dim { size: 4 } dim { size: -1 } } } } }';
  const shaped = A.replace("} } }", `} } ${shapes}}`) + node("B", "Neg", ["A"], FLOAT);
  tf.importGraphDef(parse(shaped), { name: "shaped" });
  s.print([tf.getDefaultGraph().asGraphDef().versions?.producer]);
  tf.importGraphDef(parse(node("B", "Neg", ["A"], FLOAT) + A), { name: "reordered" });
});

scenario("files that do not fit together", (s) => {
  const int = 'attr { key: "T" value { type: DT_INT32 } }';
  const ints = (key: string) => `attr { key: "${key}" value { list { i: [1, 1, 1, 1] } } }`;
  const cases: Readonly<Record<string, string>> = {
    input: A + node("B", "Identity", ["C"], FLOAT),
    "control input": A + node("B", "Identity", ["A", "^C"], FLOAT),
    order: A + node("B", "Identity", ["^A", "A"], FLOAT),
    twice: A + A,
    name: 'node { name: "_bad!" op: "NoOp" }',
    "no op": 'node { name: "x" }',
    output: A + node("B", "Identity", ["A:3"], FLOAT),
    "negative output": A + node("B", "Identity", ["A:-1"], FLOAT),
    type: A + node("B", "Identity", ["A"], int),
    attribute: A + node("B", "Identity", ["A"]),
    kind: 'node { name: "A" op: "Placeholder" attr { key: "dtype" value { i: 1 } } }',
    allowed:
      A.replace("FLOAT", "STRING") + node("B", "Acos", ["A"], FLOAT.replace("FLOAT", "STRING")),
    padding:
      A +
      node(
        "B",
        "MaxPool",
        ["A"],
        `${FLOAT}attr { key: "padding" value { s: "FULL" } } ${ints("ksize")} ${ints("strides")}`,
      ),
    few: node("B", "Identity", [], FLOAT),
    many: A + node("B", "Identity", ["A", "A"], FLOAT),
    cycle: node("B", "Identity", ["C"], FLOAT) + node("C", "Identity", ["B"], FLOAT),
    "back edge": node("B", "Add", ["A", "C"], FLOAT) + A + node("C", "NextIteration", ["B"], FLOAT),
    colocation:
      A +
      node("B", "Identity", ["A"], `${FLOAT}attr { key: "_class" value { list { s: "loc:@Z" } } }`),
    consumer: "versions { producer: 2474 min_consumer: 99999 }",
    "bad consumer": "versions { producer: 10 bad_consumers: 2474 }",
    producer: "versions { producer: -1 }",
  };
  for (const [name, text] of Object.entries(cases)) {
    s.error(name, () => tf.importGraphDef(parse(text)));
  }
  for (const element of ["Z", "Z:0", "A:2", "A:x", "A:1:2"]) {
    s.error(`return ${element}`, () => tf.importGraphDef(parse(A), { returnElements: [element] }));
  }
  s.error("no GraphDef", () => tf.importGraphDef(5 as never));
});

scenario("a meta graph goes on training", async (s) => {
  const [x, y] = layer();
  const flag = tf.placeholder(tf.bool, [], { name: "flag" });
  const z = tf.cond(
    flag,
    () => y.mul(2),
    () => tf.zeros([1, 2]),
  );
  const loss = tf.reduceMean(tf.square(z), { name: "loss" });
  const globalStep = tf.train.createGlobalStep();
  const train = new tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, {
    globalStep,
    name: "train",
  });
  tf.addToCollection("losses", loss);
  tf.addToCollection("nums", 3);
  const meta = tf.train.exportMetaGraph();
  s.print(Object.keys(meta.collectionDef).sort());
  tf.train.importMetaGraph(meta, { importScope: "copy" });
  const g = tf.getDefaultGraph();
  s.print(names(tf.globalVariables()));
  s.print(tf.trainableVariables().map((v) => v.dtype.name));
  const again = g.getOperationByName("copy/train");
  const feeds = [
    [x, [[1, 2, 3]]],
    [flag, true],
    [g.getTensorByName("copy/x:0"), [[1, 2, 3]]],
    [g.getTensorByName("copy/flag:0"), true],
  ] as const;
  await s.run(tf.globalVariablesInitializer());
  const fetches = { loss, copy: g.getTensorByName("copy/loss:0") };
  await s.train([train, again] as never, fetches, 3, feeds as never);
  await s.values({
    w: g.getTensorByName("layer/w/read:0"),
    copy: g.getTensorByName("copy/layer/w/read:0"),
    step: g.getTensorByName("copy/global_step:0"),
  });
  const [grad] = tf.gradients(g.getTensorByName("copy/loss:0"), [
    tf.trainableVariables().at(-1) as tf.Variable,
  ]);
  await s.values({ grad: grad as tf.Tensor }, { feeds: feeds as never });
});

scenario("a scope is exported and imported elsewhere", async (s) => {
  const c = tf.constant(2, { name: "c" });
  const y = tf.nameScope("part", () => {
    const v = new tf.Variable([1, 2], { name: "v" });
    return tf.multiply(v, c, { name: "y" });
  });
  const meta = tf.train.exportMetaGraph(null, { exportScope: "part" });
  s.print(meta.graphDef?.node.map(({ name }) => name));
  s.print(meta.graphDef?.node.map(({ input }) => [...input]));
  s.error("unbound", () => tf.train.importMetaGraph(meta, { importScope: "new" }));
  tf.train.importMetaGraph(meta, { importScope: "new", inputMap: { $unbound_inputs_c: c } });
  s.print(names(tf.globalVariables()));
  await s.run(tf.globalVariablesInitializer());
  await s.values({ y, new: tf.getDefaultGraph().getTensorByName("new/y:0") });
});
