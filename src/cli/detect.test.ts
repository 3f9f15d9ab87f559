import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { fixtures, graphOf, node, saveCheckpoint } from "../../tests/formats/commands.ts";
import { NDArray } from "../core/ndarray.ts";
import { MemoryFileSystem, NodeFileSystem } from "../formats/files.ts";
import {
  encode,
  GraphDefSchema,
  MetaGraphDefSchema,
  SavedModelSchema,
} from "../formats/proto/index.ts";
import { encodeRecord } from "../formats/records.ts";
import { toText } from "../formats/text.ts";
import { detect, type Found } from "./detect.ts";

const graph = graphOf(node("x", "Placeholder"), node("y", "Identity", ["x"]));
const meta = create(MetaGraphDefSchema, {
  metaInfoDef: { metaGraphVersion: "1", tags: ["serve"], tensorflowVersion: "1.15.0" },
  graphDef: graph,
});
const model = create(SavedModelSchema, { savedModelSchemaVersion: 1n, metaGraphs: [meta] });

/** What a file of this content is, whatever its name. */
function detectContent(content: Uint8Array | string, name = "some.file"): Found {
  const files = new MemoryFileSystem();
  files.write(name, typeof content === "string" ? new TextEncoder().encode(content) : content);
  return detect(name, files);
}

describe("the content says what a file is, not its name", () => {
  test.each([
    ["a GraphDef", encode(GraphDefSchema, graph), { kind: "graph", text: false }],
    ["a GraphDef without nodes", encode(GraphDefSchema, graphOf()), { kind: "graph", text: false }],
    ["a GraphDef as text", toText(GraphDefSchema, graph), { kind: "graph", text: true }],
    ["a MetaGraphDef", encode(MetaGraphDefSchema, meta), { kind: "metagraph", text: false }],
    [
      "a MetaGraphDef without information",
      encode(MetaGraphDefSchema, create(MetaGraphDefSchema, { graphDef: graph })),
      { kind: "metagraph", text: false },
    ],
    ["a MetaGraphDef as text", toText(MetaGraphDefSchema, meta), { kind: "metagraph", text: true }],
    ["a SavedModel", encode(SavedModelSchema, model), { kind: "savedmodel", text: false }],
    ["a SavedModel as text", toText(SavedModelSchema, model), { kind: "savedmodel", text: true }],
    [
      "text with comments before it",
      `# made by hand\n\n${toText(GraphDefSchema, graph)}`,
      { kind: "graph", text: true },
    ],
    ["a state file", 'model_checkpoint_path: "m"\n', { kind: "state" }],
  ])("%s", (_, content, expected) => {
    expect(detectContent(content)).toMatchObject(expected);
  });

  test.each([
    ["ckpt_v2/model.ckpt-1", { kind: "checkpoint", version: "V2" }],
    ["ckpt_v2/model.ckpt-1.index", { kind: "checkpoint", version: "V2" }],
    ["ckpt_two_shards/m.data-00001-of-00002", { kind: "checkpoint", version: "V2" }],
    ["ckpt_v1/model.ckpt", { kind: "checkpoint", version: "V1" }],
    ["ckpt_v2/checkpoint", { kind: "state" }],
    ["ckpt_v2/model.ckpt-1.meta", { kind: "metagraph" }],
    ["events/events.out.tfevents.1795206864.vm.sfx", { kind: "events" }],
    ["saved_model/saved_model.pb", { kind: "savedmodel" }],
    ["saved_model", { kind: "folder" }],
  ])("%s", (path, expected) => {
    expect(detect(`${fixtures}/${path}`, new NodeFileSystem())).toMatchObject(expected);
  });

  test("a checkpoint is found by its prefix, its index and its data", () => {
    const files = new MemoryFileSystem();
    saveCheckpoint(files, "m", { w: new NDArray(Float32Array.of(1), [1], "float32") });
    for (const path of ["m", "m.index", "m.data-00000-of-00001"]) {
      expect(detect(path, files)).toEqual({ kind: "checkpoint", path: "m", version: "V2" });
    }
  });
});

describe("what is no file of TensorFlow is told apart", () => {
  test.each([
    ["nothing at all", "", "empty"],
    ["Keras weights", "\u0089HDF\r\n", "an HDF5 file"],
    ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"],
    ["TensorFlow.js", '{"format": "layers-model", "modelTopology": {}}', "a TensorFlow.js model"],
    ["other text", "Hello", "text, but not of a graph"],
  ])("%s", (_, content, seems) => {
    const bytes = Uint8Array.from(content, (character) => character.charCodeAt(0));
    const found = detectContent(bytes);
    expect(found).toMatchObject({ kind: "unknown", seems: expect.stringContaining(seems) });
  });

  test("a TFRecord file of something else than events", () => {
    expect(detectContent(encodeRecord(Uint8Array.of(10, 0)))).toMatchObject({
      seems: expect.stringContaining("TFRecord file whose records are no events"),
    });
  });

  test("the data of a checkpoint without its index", () => {
    expect(detectContent("abcd", "m.data-00000-of-00001")).toMatchObject({
      kind: "unknown",
      hint: "Put m.index beside it.",
    });
  });

  test("random bytes of any length are never mistaken, and never an error", () => {
    let state = 12345;
    const random = (): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state >>> 16;
    };
    for (let i = 0; i < 2000; i++) {
      const content = Uint8Array.from({ length: random() % 64 }, () => random() & 255);
      expect(["unknown", "npz"], `content ${i}`).toContain(detectContent(content).kind);
    }
  });
});

describe("a file that was cut off", () => {
  const files = new NodeFileSystem();
  const cut = (path: string, length: number): Found =>
    detectContent(files.read(`${fixtures}/${path}`).subarray(0, length));

  test.each([
    ["ckpt_v2/model.ckpt-1.meta", "metagraph"],
    ["saved_model/saved_model.pb", "savedmodel"],
  ])("is still what it was where its graph has begun: %s", (path, kind) => {
    for (const length of [15_000, 18_000]) expect(cut(path, length).kind).toBe(kind);
  });

  test.each(["ckpt_v2/model.ckpt-1.index", "ckpt_v1/model.ckpt"])(
    "is known by its beginning: %s",
    (path) => {
      expect(cut(path, 200)).toMatchObject({
        kind: "unknown",
        seems: "the index of a checkpoint, or a checkpoint of version 1, without its end",
      });
    },
  );

  test("that says nothing is held against its name", () => {
    expect(detectContent(Uint8Array.of(1, 2, 3), "graph.pb")).toMatchObject({
      hint: "Its name says otherwise: it may be damaged, or not what it is called.",
    });
  });
});

test("a missing file names what is near", () => {
  const files = new MemoryFileSystem();
  files.write("model.ckpt.meta", new Uint8Array(1));
  expect(detect("model.ckpt", files)).toMatchObject({
    kind: "missing",
    hint: "There is model.ckpt.meta.",
  });
});
