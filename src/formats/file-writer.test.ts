// FileWriter: what it puts into event files, from graphs, runs and messages made by hand.
import { create } from "@bufbuild/protobuf";
import * as tf from "tensorscope";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FileSystem, MemoryFileSystem, setFileSystem } from "./files.ts";
import { decode } from "./proto/codec.ts";
import { type Event, RunMetadataSchema, type Summary_Value } from "./proto/gen/event.ts";
import { GraphDefSchema } from "./proto/gen/graph.ts";
import { MetaGraphDefSchema } from "./proto/gen/model.ts";

let files: MemoryFileSystem;
let usual: FileSystem;
let warnings: string[];
let usualWarnings: tf.WarningHandler | null;
beforeEach(() => {
  files = new MemoryFileSystem();
  usual = setFileSystem(files);
  warnings = [];
  usualWarnings = tf.setWarningHandler((line) => warnings.push(line));
  tf.resetDefaultGraph();
});
afterEach(() => {
  setFileSystem(usual);
  tf.setWarningHandler(usualWarnings);
});

/** The events of a folder's files, without the first of each. */
function eventsOf(folder: string): Event[] {
  return files.list(folder).flatMap((name) => {
    const [version, ...events] = tf.train.summaryIterator(`${folder}/${name}`);
    expect(version?.what.value).toBe("brain.Event:2");
    return events;
  });
}
function valuesOf({ what }: Event): Summary_Value[] {
  return what.case === "summary" ? what.value.value : [];
}

describe("a graph", () => {
  test("given at first is written with shapes, and as a meta graph with its collections", () => {
    const x = tf.placeholder(tf.float32, [null, 3], { name: "x" });
    const w = tf.getVariable("w", [3, 2]);
    tf.summary.scalar("sum", tf.reduceSum(tf.matmul(x, w)));
    const graph = tf.getDefaultGraph();
    const names = graph.getOperations().map((op) => op.name);
    using writer = new tf.summary.FileWriter("runs", graph);
    writer.flush();
    const [first, second] = eventsOf("runs");
    expect(first?.what.case).toBe("graphDef");
    const def = decode(GraphDefSchema, first?.what.value as Uint8Array);
    expect(def.node.map(({ name }) => name)).toEqual(names);
    const shapes = def.node[0]?.attr._output_shapes?.value;
    expect(shapes?.case === "list" && shapes.value.shape[0]?.dim.map(({ size }) => size)).toEqual([
      -1n,
      3n,
    ]);
    const meta = decode(MetaGraphDefSchema, second?.what.value as Uint8Array);
    expect(meta.graphDef?.node.length).toBe(names.length);
    expect(Object.keys(meta.collectionDef).sort()).toEqual([
      "summaries",
      "trainable_variables",
      "variables",
    ]);
    expect(meta.metaInfoDef?.strippedOpList?.op.map(({ name }) => name)).toContain("ScalarSummary");
  });

  test("may come as an option, or later, or as a GraphDef with a warning", () => {
    tf.constant(1);
    const graph = tf.getDefaultGraph();
    using _first = new tf.summary.FileWriter("option", { graph, maxQueue: 1 });
    expect(eventsOf("option").map(({ what }) => what.case)).toEqual(["graphDef", "metaGraphDef"]);
    using second = new tf.summary.FileWriter("later", { maxQueue: 1 });
    second.addGraph(graph, { globalStep: 7 });
    const [event] = eventsOf("later");
    expect(event?.step).toBe(7n);
    const def = decode(GraphDefSchema, event?.what.value as Uint8Array);
    second.addGraph(def);
    second.addGraph(null, { graphDef: def });
    expect(eventsOf("later").length).toBe(3);
    expect(warnings[0]).toBe(
      "Passing a `GraphDef` to the SummaryWriter is deprecated. Pass a `Graph` object instead, such as `sess.graph`.",
    );
  });

  test("that is none, or given twice, is refused", () => {
    const graph = tf.getDefaultGraph();
    using writer = new tf.summary.FileWriter("runs");
    expect(() => writer.addGraph(3 as never)).toThrow(
      "The passed graph must be an instance of `Graph` or the deprecated `GraphDef`",
    );
    expect(() => writer.addGraph(graph, { graphDef: create(GraphDefSchema) })).toThrow(
      "Please pass only graph, or graph_def (deprecated), but not both.",
    );
    expect(() => writer.addMetaGraph(3 as never)).toThrow(
      "meta_graph_def must be type MetaGraphDef, saw type: Number",
    );
  });
});

describe("summaries", () => {
  test("come from runs, with the step they belong to", async () => {
    const x = tf.placeholder(tf.float32, [], { name: "x" });
    tf.summary.scalar("x", x);
    const step = tf.train.getOrCreateGlobalStep();
    const merged = tf.summary.mergeAll() as tf.Tensor;
    using sess = tf.session();
    await sess.run(tf.globalVariablesInitializer());
    using writer = new tf.summary.FileWriter("runs", { maxQueue: 1 });
    const before = Date.now() / 1000;
    writer.addSummary(await sess.run(merged, [[x, 0.5]]));
    writer.addSummary(await sess.run(merged, [[x, 1.5]]), 1);
    const fetched = await sess.run({ merged, step }, [[x, 2.5]]);
    writer.addSummary(fetched.merged, fetched.step as tf.NDArray);
    writer.addSummary(fetched.merged.item() as Uint8Array, 5n);
    const events = eventsOf("runs");
    expect(events.map((event) => [event.step, valuesOf(event)[0]?.value.value])).toEqual([
      [0n, 0.5],
      [1n, 1.5],
      [0n, 2.5],
      [5n, 2.5],
    ]);
    for (const { wallTime } of events) expect(wallTime).toBeGreaterThanOrEqual(before);
  });

  test("may be made by hand", () => {
    using writer = new tf.summary.FileWriter("runs", { maxQueue: 1 });
    const simpleValue = 0.25;
    writer.addSummary(
      tf.Summary({ value: [tf.Summary.Value({ tag: "accuracy", simpleValue })] }),
      3,
    );
    const [value] = valuesOf(eventsOf("runs")[0] as Event);
    expect(value?.tag).toBe("accuracy");
    expect(value?.value).toEqual({ case: "simpleValue", value: 0.25 });
  });

  test("keep their metadata with the first value of each tag only", async () => {
    const words = tf.summary.text("words", tf.constant(["a"]));
    const others = tf.summary.text("others", tf.constant(["b"]));
    using sess = tf.session();
    using writer = new tf.summary.FileWriter("runs", { maxQueue: 1 });
    const [first, second] = await sess.run([words, others]);
    for (const summary of [first, first, second]) writer.addSummary(summary as tf.NDArray);
    const kept = eventsOf("runs").map((event) => {
      const [value] = valuesOf(event);
      return [value?.tag, value?.metadata?.pluginData?.pluginName];
    });
    expect(kept).toEqual([
      ["words", "text"],
      ["words", undefined],
      ["others", "text"],
    ]);
  });

  test("that are none are refused", () => {
    using writer = new tf.summary.FileWriter("runs");
    expect(() => writer.addSummary("text" as never)).toThrow(
      "summary must be bytes or a Summary, saw type: String",
    );
    expect(() => writer.addSummary(new tf.NDArray(Float32Array.of(1), [], tf.float32))).toThrow(
      "A summary is a string, but this array holds float32",
    );
    expect(() => writer.addSummary(Uint8Array.of(0x0a, 5))).toThrow(
      "not a valid Summary: the field has 5 bytes, but only 0 are left",
    );
  });
});

describe("logs and statistics", () => {
  test("are written; a tag of run metadata only once", () => {
    using writer = new tf.summary.FileWriter("runs", { maxQueue: 1 });
    writer.addSessionLog(tf.SessionLog({ status: tf.SessionLog.START, msg: "begun" }), 2);
    const metadata = create(RunMetadataSchema, { stepStats: {} });
    writer.addRunMetadata(metadata, "step 1", 1);
    expect(() => writer.addRunMetadata(metadata, "step 1", 2)).toThrow(
      "The provided tag was already used for this event type",
    );
    writer.addEvent(tf.Event({ step: 9n, what: { case: "logMessage", value: { message: "m" } } }));
    expect(eventsOf("runs").map(({ step, what }) => [step, what.value])).toMatchObject([
      [2n, { status: 1, msg: "begun" }],
      [1n, { tag: "step 1", runMetadata: Uint8Array.of(0x0a, 0) }],
      [9n, { message: "m" }],
    ]);
  });
});

describe("closing", () => {
  const summary = tf.Summary({ value: [tf.Summary.Value({ tag: "a", simpleValue: 1 })] });

  test("a closed writer only warns; reopened, it writes a new file", () => {
    const writer = new tf.summary.FileWriter("runs/deep/er");
    expect(writer.getLogdir()).toBe("runs/deep/er");
    writer.addSummary(summary, 1);
    writer.close();
    writer.addSummary(summary, 2);
    writer.flush();
    const warning =
      "Attempting to use a closed FileWriter. The operation will be a noop unless the FileWriter is explicitly reopened.";
    expect(warnings).toEqual([warning, warning]);
    writer.reopen();
    writer.addSummary(summary, 3);
    writer.close();
    expect(files.list("runs/deep/er").length).toBe(2);
    expect(eventsOf("runs/deep/er").map(({ step }) => step)).toEqual([1n, 3n]);
  });

  test("`using` closes", () => {
    {
      using writer = new tf.summary.FileWriter("runs");
      writer.addSummary(summary, 1);
      writer.addSummary(summary, 2);
      expect(eventsOf("runs").length).toBe(1);
    }
    expect(eventsOf("runs").length).toBe(2);
  });

  test("writers of one session and folder share a file", () => {
    using sess = tf.session();
    const options = { session: sess, maxQueue: 1 };
    using first = new tf.summary.FileWriter("runs", options);
    using second = new tf.summary.FileWriter("runs", options);
    first.addSummary(summary, 1);
    second.addSummary(summary, 2);
    expect(files.list("runs").length).toBe(1);
    expect(files.list("runs")[0]).toMatch(/\.v2$/);
    expect(eventsOf("runs").map(({ step }) => step)).toEqual([1n, 2n]);
  });

  test("the cache has one writer per folder, with the default graph", () => {
    tf.constant(1);
    const writer = tf.summary.FileWriterCache.get("runs");
    expect(tf.summary.FileWriterCache.get("runs")).toBe(writer);
    expect(tf.summary.FileWriterCache.get("others")).not.toBe(writer);
    tf.summary.FileWriterCache.clear();
    expect(eventsOf("runs").map(({ what }) => what.case)).toEqual(["graphDef", "metaGraphDef"]);
    expect(tf.summary.FileWriterCache.get("runs")).not.toBe(writer);
    tf.summary.FileWriterCache.clear();
  });
});
