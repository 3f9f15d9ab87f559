// MetaGraphDefs: exported and imported graphs train on, with their variables, collections and control flow.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NotFoundError } from "../core/errors.ts";
import * as tf from "../index.ts";
import { FormatError } from "./errors.ts";
import { type FileSystem, MemoryFileSystem, setFileSystem } from "./files.ts";
import { readGraph } from "./graph-file.ts";
import { exportMetaGraph, importMetaGraph, importScopedMetaGraph } from "./meta-graph.ts";
import {
  decode,
  encode,
  type MetaGraphDef,
  MetaGraphDefSchema,
  QueueRunnerDefSchema,
  VariableDefSchema,
} from "./proto/index.ts";

let files: MemoryFileSystem;
let former: FileSystem;
let graph: tf.Graph;
beforeEach(() => {
  files = new MemoryFileSystem();
  former = setFileSystem(files);
  graph = new tf.Graph();
});
afterEach(() => {
  setFileSystem(former);
});

/** A model of two layers, one of which is a conditional; it trains. */
function build(): void {
  const x = tf.placeholder(tf.float32, [null, 3], { name: "x" });
  const flag = tf.placeholder(tf.bool, [], { name: "flag" });
  const w = tf.getVariable("w", [3, 2], { initializer: tf.constantInitializer(0.5) });
  const b = tf.getVariable("b", [2], { initializer: tf.zerosInitializer(), useResource: true });
  const y = tf.cond(
    flag,
    () => tf.matmul(x, w).add(b),
    () => tf.zeros([1, 2]),
  );
  const loss = tf.reduceMean(tf.square(y), { name: "loss" });
  const globalStep = tf.train.getOrCreateGlobalStep();
  const train = new tf.train.AdamOptimizer(0.1).minimize(loss, { globalStep, name: "train" });
  const g = tf.getDefaultGraph();
  g.clearCollection("train_op");
  g.addToCollection("train_op", train);
  tf.addToCollection("losses", loss);
}

/** The losses of three steps of training a graph made by `build`, whichever way it came to be. */
async function train(live: tf.Graph, prefix: string): Promise<number[]> {
  const init = live.asDefault(() => tf.globalVariablesInitializer());
  const session = new tf.Session("", { graph: live });
  await session.run(init);
  const feeds = { [`${prefix}x:0`]: [[1, 2, 3]], [`${prefix}flag:0`]: true };
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    const [loss] = await session.run([`${prefix}loss:0`, `${prefix}train`], feeds);
    losses.push(Number(loss?.item()));
  }
  return losses;
}

describe("a graph that was exported and imported", () => {
  test("trains as the one it came from", async () => {
    graph.asDefault(build);
    const meta = graph.asDefault(() => exportMetaGraph("model.meta"));
    const copy = new tf.Graph();
    const again = copy.asDefault(() => {
      importScopedMetaGraph("model.meta");
      return exportMetaGraph();
    });
    expect(again).toEqual(meta);
    expect(await train(copy, "")).toEqual(await train(graph, ""));
  });

  test("has live variables, of which each is one object", () => {
    graph.asDefault(build);
    const meta = graph.asDefault(() => exportMetaGraph());
    new tf.Graph().asDefault(() => {
      importMetaGraph(meta);
      expect(tf.globalVariables().map((v) => v.name)).toEqual(
        graph.asDefault(() => tf.globalVariables().map((v) => v.name)),
      );
      const [w] = tf.trainableVariables();
      expect(w).toBe(tf.globalVariables().find((v) => v.name === "w:0"));
      expect(tf.trainableVariables().map(String)).toEqual([
        "<tf.Variable 'w:0' shape=(3, 2) dtype=float32_ref>",
        "<tf.Variable 'b:0' shape=(2,) dtype=float32>",
      ]);
      expect(tf.train.getGlobalStep()?.name).toBe("global_step:0");
    });
  });

  test("has branches through which gradients flow", () => {
    graph.asDefault(build);
    const meta = graph.asDefault(() => exportMetaGraph());
    new tf.Graph().asDefault(() => {
      importMetaGraph(meta);
      const [loss] = tf.getCollection("losses") as [tf.Tensor];
      const gradients = tf.gradients(loss, tf.trainableVariables() as never);
      expect(gradients.map(String)).toEqual([
        'Tensor("gradients/cond/MatMul/Switch_1_grad/cond_grad_1:0", shape=(3, 2), dtype=float32)',
        'Tensor("gradients/cond/add/ReadVariableOp/Switch_grad/cond_grad_1:0", shape=(2,), dtype=float32)',
      ]);
    });
  });

  test("goes into a scope, and out of it", async () => {
    graph.asDefault(build);
    const meta = graph.asDefault(() => exportMetaGraph());
    const copy = new tf.Graph();
    const { variables } = copy.asDefault(() => importScopedMetaGraph(meta, { importScope: "in" }));
    expect([...variables.keys()].slice(0, 2)).toEqual(["w:0", "b:0"]);
    expect(variables.get("w:0")?.name).toBe("in/w:0");
    expect(await train(copy, "in/")).toEqual(await train(graph, ""));
    const inner = copy.asDefault(() => exportMetaGraph(null, { exportScope: "in" }));
    const names = ({ graphDef }: MetaGraphDef) =>
      graphDef?.node.map(({ name, input }) => [name, input]);
    const made = names(meta)?.length;
    expect(names(inner)?.slice(0, made)).toEqual(names(meta));
    expect(inner.collectionDef.variables).toEqual(meta.collectionDef.variables);
  });

  test("names the inputs that its scope takes from outside", () => {
    graph.asDefault(() => {
      const x = tf.constant(1, { name: "x" });
      tf.nameScope("s", () => tf.negative(x, { name: "y" }));
    });
    const meta = graph.asDefault(() => exportMetaGraph(null, { exportScope: "s" }));
    expect(meta.graphDef?.node.map(({ name, input }) => [name, input])).toEqual([
      ["y", ["$unbound_inputs_x"]],
    ]);
    const copy = new tf.Graph();
    copy.asDefault(() => {
      expect(() => importScopedMetaGraph(meta, { importScope: "t" })).toThrow(
        "Graph contains unbound inputs: $unbound_inputs_x. Must provide these inputs through input_map.",
      );
      importScopedMetaGraph(meta, {
        importScope: "t",
        inputMap: { $unbound_inputs_x: tf.constant(2) },
      });
      expect(copy.getOperationByName("t/y").inputs[0]?.name).toBe("Const:0");
    });
  });
});

describe("collections", () => {
  const roundTrip = (key: string, items: readonly unknown[]) => {
    const kinds: unknown[] = [];
    for (const item of items) graph.addToCollection(key, item);
    let meta = graph.asDefault(() => exportMetaGraph());
    kinds.push(meta.collectionDef[key]?.kind.case);
    const copy = new tf.Graph();
    copy.asDefault(() => {
      importMetaGraph(meta);
      meta = exportMetaGraph();
    });
    kinds.push(meta.collectionDef[key]?.kind.case);
    return [copy.getCollection(key), ...kinds];
  };
  test("of whole numbers, other numbers, texts and bytes keep their kinds", () => {
    expect(roundTrip("a", [1, 2n ** 60n, true])).toEqual([
      [1, 2n ** 60n, 1],
      "int64List",
      "int64List",
    ]);
    expect(roundTrip("b", [1.5, 2])).toEqual([[1.5, 2], "floatList", "floatList"]);
    expect(roundTrip("c", ["x", Uint8Array.of(255)])).toEqual([
      ["x", Uint8Array.of(255)],
      "bytesList",
      "bytesList",
    ]);
  });
  test("of floats stay floats where all of them are whole", () => {
    const meta = graph.asDefault(() => {
      graph.addToCollection("f", 1.5);
      return exportMetaGraph();
    });
    const kind = meta.collectionDef.f?.kind;
    if (kind?.case === "floatList") kind.value.value = [1, 2];
    new tf.Graph().asDefault(() => {
      importMetaGraph(meta);
      expect(exportMetaGraph().collectionDef.f?.kind.case).toBe("floatList");
    });
  });
  test("of nodes and tensors are lists of names", () => {
    graph.asDefault(() => {
      const c = tf.constant(1, { name: "c" });
      graph.addToCollection("n", c);
      graph.addToCollection("n", c.op);
      const { kind } = exportMetaGraph().collectionDef.n ?? {};
      expect(kind?.value?.value).toEqual(["c:0", "c"]);
    });
  });
  test("of things that have no form in files are left out with a warning", () => {
    const warnings: string[] = [];
    const before = tf.setWarningHandler((text) => warnings.push(text));
    graph.addToCollection("odd", { some: "object" });
    const meta = graph.asDefault(() => exportMetaGraph());
    tf.setWarningHandler(before);
    expect(meta.collectionDef.odd).toBeUndefined();
    expect(warnings.join()).toContain("Issue encountered when serializing odd.");
  });
  test("can be chosen", () => {
    graph.addToCollection("a", 1);
    graph.addToCollection("b", 2);
    const meta = graph.asDefault(() => exportMetaGraph(null, { collectionList: ["b"] }));
    expect(Object.keys(meta.collectionDef)).toEqual(["b"]);
  });
  test("of queue runners are kept, in the scope of the import", () => {
    const def = encode(QueueRunnerDefSchema, {
      $typeName: "tensorflow.QueueRunnerDef",
      queueName: "q",
      enqueueOpName: ["e"],
      closeOpName: "c",
      cancelOpName: "k",
      queueClosedExceptionTypes: [11],
    });
    const meta = graph.asDefault(() => exportMetaGraph());
    meta.collectionDef.queue_runners = {
      $typeName: "tensorflow.CollectionDef",
      kind: {
        case: "bytesList",
        value: { $typeName: "tensorflow.CollectionDef.BytesList", value: [def] },
      },
    };
    const copy = new tf.Graph();
    copy.asDefault(() => importScopedMetaGraph(meta, { importScope: "in" }));
    const [runner] = copy.getCollection<{ name: string }>("queue_runners");
    expect(runner?.name).toBe("in/q");
    const again = copy.asDefault(() => exportMetaGraph(null, { exportScope: "in" }));
    const kind = again.collectionDef.queue_runners?.kind;
    const [bytes] = kind?.case === "bytesList" ? kind.value.value : [];
    expect(bytes && decode(QueueRunnerDefSchema, bytes).enqueueOpName).toEqual(["e"]);
  });
  test("of partitioned variables say which part each is", () => {
    graph.asDefault(() => {
      tf.variableScope("s", () =>
        tf.getVariable("p", [4, 2], {
          initializer: tf.onesInitializer(),
          partitioner: tf.fixedSizePartitioner(2),
        }),
      );
      const meta = exportMetaGraph();
      const kind = meta.collectionDef.variables?.kind;
      const [first, second] = kind?.case === "bytesList" ? kind.value.value : [];
      expect(first && decode(VariableDefSchema, first).variableName).toBe("s/p/part_0:0");
      expect(second && decode(VariableDefSchema, second).saveSliceInfoDef).toMatchObject({
        fullName: "s/p",
        fullShape: [4n, 2n],
        varOffset: [2n, 0n],
        varShape: [2n, 2n],
      });
    });
  });
});

describe("options", () => {
  test("leave out devices and defaults", () => {
    graph.asDefault(() => tf.device("/cpu:0", () => tf.matmul(tf.ones([1, 1]), tf.ones([1, 1]))));
    const meta = graph.asDefault(() =>
      exportMetaGraph(null, { clearDevices: true, stripDefaultAttrs: true }),
    );
    const matmul = meta.graphDef?.node.at(-1);
    expect(matmul?.device).toBe("");
    expect(Object.keys(matmul?.attr ?? {}).sort()).toEqual(["T", "_output_shapes"]);
    expect(meta.metaInfoDef?.strippedDefaultAttrs).toBe(true);
    expect(graph.getOperationByName("MatMul").device).toBe("/device:CPU:0");
    const copy = new tf.Graph();
    copy.asDefault(() =>
      importMetaGraph(
        graph.asDefault(() => exportMetaGraph()),
        { clearDevices: true },
      ),
    );
    expect(copy.getOperationByName("MatMul").device).toBe("");
  });
  test("write a text file, which is read as such", () => {
    graph.asDefault(() => {
      tf.constant(1, { name: "c" });
      exportMetaGraph("m.meta.txt", { asText: true });
    });
    const text = new TextDecoder().decode(files.read("m.meta.txt"));
    expect(text).toContain('tensorflow_version: "2.21.0"');
    const copy = new tf.Graph();
    copy.asDefault(() => importMetaGraph("m.meta.txt"));
    expect(copy.getOperations().map(({ name }) => name)).toEqual(["c"]);
  });
  test("leave out the nodes of other savers", () => {
    graph.asDefault(() => {
      tf.getVariable("v", [1]);
      const kept = new tf.train.Saver(null, { name: "kept" });
      new tf.train.Saver(null, { name: "other" });
      const meta = exportMetaGraph(null, {
        saverDef: kept.saverDef,
        clearExtraneousSavers: true,
      });
      const scopes = new Set(meta.graphDef?.node.map(({ name }) => name.split("/")[0]));
      expect([...scopes]).toEqual(["v", "kept"]);
      expect(meta.saverDef?.restoreOpName).toBe("kept/restore_all");
    });
  });
});

describe("a graph in a file of its own", () => {
  test("is written as text or binary, and read as what it is", () => {
    graph.asDefault(build);
    const def = graph.asGraphDef();
    for (const [name, asText] of [
      ["graph.pbtxt", true],
      ["graph.pb", false],
    ] as const) {
      expect(tf.train.writeGraph(graph, "logs", name, { asText })).toBe(`logs/${name}`);
      expect(readGraph(`logs/${name}`)).toEqual(def);
    }
    expect(new TextDecoder().decode(files.read("logs/graph.pbtxt"))).toMatch(
      /^node \{\n {2}name: "x"/,
    );
  });
});

describe("the saver of an imported graph", () => {
  test("restores what was saved with the graph", async () => {
    const saver = graph.asDefault(() => {
      tf.getVariable("v", [2], { initializer: tf.constantInitializer(3) });
      return new tf.train.Saver();
    });
    const session = new tf.Session("", { graph });
    await session.run(graph.asDefault(() => tf.globalVariablesInitializer()));
    await saver.save(session, "model");
    const copy = new tf.Graph();
    const restored = copy.asDefault(() => importMetaGraph("model.meta"));
    const other = new tf.Session("", { graph: copy });
    await restored?.restore(other, "model");
    expect([...((await other.run("v:0")) as tf.NDArray).data]).toEqual([3, 3]);
  });
  test("is null where there are no variables", () => {
    const meta = graph.asDefault(() => exportMetaGraph());
    expect(new tf.Graph().asDefault(() => importMetaGraph(meta))).toBeNull();
  });
});

describe("files that are not what they should be", () => {
  test("are named when they are missing", () => {
    expect(() => importMetaGraph("none.meta")).toThrow(NotFoundError);
    expect(() => importMetaGraph("none.meta")).toThrow("File does not exist. Received: none.meta.");
  });
  test("say where they are damaged", () => {
    const bytes = encode(
      MetaGraphDefSchema,
      graph.asDefault(() => exportMetaGraph()),
    );
    files.write("cut.meta", bytes.subarray(0, bytes.length - 3));
    expect(() => graph.asDefault(() => importMetaGraph("cut.meta"))).toThrow(FormatError);
    expect(() => graph.asDefault(() => importMetaGraph("cut.meta"))).toThrow(
      /^cut\.meta: .*at byte \d+/,
    );
    files.write("odd.meta", new TextEncoder().encode("graph_def {\n  nodes {} }"));
    expect(() => graph.asDefault(() => importMetaGraph("odd.meta"))).toThrow(
      'odd.meta: line 2: GraphDef has no field "nodes"',
    );
  });
});
