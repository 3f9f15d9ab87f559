import { create } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, test } from "vitest";
import { fixtures, graphOf, node, run, saveCheckpoint } from "../../tests/formats/commands.ts";
import { NDArray } from "../core/ndarray.ts";
import { MemoryFileSystem } from "../formats/files.ts";
import {
  decode,
  encode,
  GraphDefSchema,
  MetaGraphDefSchema,
  SavedModelSchema,
} from "../formats/proto/index.ts";

const float = { type: 1 };
const floats = (shape: readonly number[], ...values: number[]) =>
  new NDArray(Float32Array.from(values), shape, "float32");

const graph = graphOf(
  node("x", "Placeholder", [], { dtype: float, shape: [2, 3] }),
  node("layer/w", "VariableV2", [], { dtype: float, shape: [3] }),
  node("layer/w/read", "Identity", ["layer/w"], { T: float }),
  node("layer/mul", "Mul", ["x", "layer/w/read"], { T: float }),
  node("layer/odd", "DecodeWav", ["layer/mul"]),
  node("out", "MyOwnOp", ["layer/odd"]),
);

let files: MemoryFileSystem;
beforeEach(() => {
  files = new MemoryFileSystem();
  files.write("graph.pb", encode(GraphDefSchema, graph));
});

const ok = async (...args: string[]): Promise<string> => {
  const { exitCode, out, error } = await run(args, files);
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: "" });
  return out;
};

const fails = async (...args: string[]): Promise<string> => {
  const { exitCode, out, error } = await run(args, files);
  expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
  return error;
};

describe("inspect", () => {
  test("tells of a graph its inputs, scopes, ops and variables", async () => {
    expect(await ok("inspect", "graph.pb")).toBe(`graph.pb: a graph (GraphDef), 259 B, binary
  6 nodes of 6 op types
  made by a producer of version 24
  1 variable: 3 values (12 B)

Inputs
  name  dtype    shape
  x     float32  [2, 3]

Scopes
  scope      nodes  variables  parameters  ops
  layer          4          1           3  DecodeWav 1, Identity 1, Mul 1, VariableV2 1
  (outside)      2                         MyOwnOp 1, Placeholder 1

Ops
  DecodeWav 1, Identity 1, Mul 1, MyOwnOp 1, Placeholder 1, VariableV2 1

Variables
  name     dtype    shape  values  size
  layer/w  float32  [3]         3  12 B
`);
  });

  test("tells the same as JSON", async () => {
    const report = JSON.parse(await ok("inspect", "graph.pb", "--json"));
    expect(report).toMatchObject({
      kind: "graph",
      path: "graph.pb",
      form: "binary",
      graphs: [{ nodes: 6, ops: { Mul: 1 }, variables: [{ name: "layer/w", shape: [3] }] }],
    });
  });

  test("shows the part of one scope", async () => {
    expect(await ok("inspect", "graph.pb", "--scope", "layer/")).toContain(
      "4 nodes of 4 op types in scope layer",
    );
    expect(await fails("inspect", "graph.pb", "--scope", "lair")).toBe(
      "error: graph.pb has nothing in a scope lair.\n  Its scopes are layer.\n",
    );
  });

  test("tells of a folder what is in it, and of each kind the latest", async () => {
    const { out, exitCode } = await run(["inspect", `${fixtures}/ckpt_v2`]);
    expect(exitCode).toBe(0);
    expect(out).toContain("a folder with 1 state file, 2 checkpoints, 2 meta graphs");
    expect(out).toContain("ckpt_v2/model.ckpt-2: a checkpoint, V2");
    expect(out).not.toContain("ckpt_v2/model.ckpt-1: a checkpoint");
    expect(out).toContain("2 more things are told only in short");
  });

  test("finds checkpoints of a state file that has moved", async () => {
    const { out } = await run(["inspect", `${fixtures}/ckpt_v2/checkpoint`, "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      kind: "state",
      latest: { stated: "/home/user/run/model.ckpt-2", path: `${fixtures}/ckpt_v2/model.ckpt-2` },
      checkpoint: { kind: "checkpoint", version: "V2" },
    });
  });

  test("tells of a checkpoint its tensors, with slots beside their variable", async () => {
    const { out } = await run(["inspect", `${fixtures}/ckpt_v2/model.ckpt-1`]);
    expect(out).toContain("13 tensors: 54 values (201 B)");
    expect(out).toMatch(/ {2}m\/w +float32 +\[2, 3\] +6 +24 B +Adam, Adam_1\n/);
    expect(out).toMatch(/ {2}part .* 2 slices 0,2:0,2 and 2,2:0,2 +Adam, Adam_1\n/);
  });

  test("reads values where it is asked to", async () => {
    saveCheckpoint(files, "m", { w: floats([4], -1, 3, Number.NaN, 1) });
    expect(await ok("inspect", "m", "--values")).toMatch(/w .* -1 +3 +1 +1 not finite\n/);
  });

  test("tells a checkpoint without its data by names and shapes", async () => {
    saveCheckpoint(files, "m", { w: floats([1], 1) });
    files.remove("m.data-00000-of-00001");
    const out = await ok("inspect", "m.index", "--values");
    expect(out).toContain(
      "m.data-00000-of-00001 is missing: only names, types and shapes are known",
    );
    expect(out).toMatch(/w +float32 +\[1\]/);
  });

  test("tells of an event file its tags with counts, steps and values", async () => {
    const path = `${fixtures}/events/events.out.tfevents.1795206864.vm.sfx`;
    const { out } = await run(["inspect", path]);
    expect(out).toContain("7 events, 7 tags, steps 0 to 1");
    expect(out).toMatch(/loss_1 +scalar +2 +0 to 1 +1\.75 +2 +1\.75\n/);
    expect(out).toMatch(/txt +tensor \(text\) +2 +0 to 1\n/);
  });

  test("tells of a cut event file what is there, and where it ends", async () => {
    const path = `${fixtures}/events/events.out.tfevents.1795206864.vm.sfx`;
    const { read } = await import("node:fs").then(({ readFileSync }) => ({ read: readFileSync }));
    files.write("cut", new Uint8Array(read(path).subarray(0, 33000)));
    expect(await ok("inspect", "cut")).toContain("is not complete");
  });

  test("tells of a SavedModel its signatures", async () => {
    const { out } = await run(["inspect", `${fixtures}/saved_model/saved_model.pb`]);
    expect(out).toContain("Signature serving_default (tensorflow/serving/predict)");
    expect(out).toMatch(/input +x +float32 +\[\?, 4\] +x:0\n/);
    expect(out).toContain("Assets\n  vocab.txt");
  });

  test("names the file, the byte and the field of what is damaged", async () => {
    const bytes = encode(GraphDefSchema, graph);
    files.write("cut.pb", bytes.subarray(0, bytes.length - 3));
    expect(await fails("inspect", "cut.pb")).toMatch(/error: cut\.pb: .*at byte \d+.*in GraphDef/);
  });

  test("tells of a folder also where a file in it is damaged, and ends with code 1", async () => {
    const bytes = encode(GraphDefSchema, graph);
    files.makeFolder("run");
    files.write("run/cut.pb", bytes.subarray(0, bytes.length - 3));
    files.write("run/good.pb", bytes);
    const { exitCode, out } = await run(["inspect", "run"], files);
    expect(exitCode).toBe(1);
    expect(out).toContain("run/good.pb: a graph (GraphDef)");
    expect(out).toMatch(/cut\.pb +graph +run\/cut\.pb: not a valid GraphDef/);
  });
});

describe("diff", () => {
  beforeEach(() => {
    saveCheckpoint(files, "a", { "gen/b": floats([], 1), "gen/w": floats([2], 1, 2) });
  });

  test("of equal checkpoints says so", async () => {
    saveCheckpoint(files, "b", { "gen/b": floats([], 1), "gen/w": floats([2], 1, 2) });
    expect(await ok("diff", "a", "b", "--exit-code")).toBe(`A  a: a checkpoint, 2 names
B  b: a checkpoint, 2 names

2 names fit, all with equal values.

Nothing differs.
`);
  });

  test("shows other values, shapes and names", async () => {
    saveCheckpoint(files, "b", {
      "gen/w": floats([2], 1, 2.5),
      "gen/b": floats([1], 1),
      c: floats([], 1),
    });
    const { exitCode, out } = await run(["diff", "a", "b", "--exit-code"], files);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/gen\/b +float32 scalar +float32 \[1\]/);
    expect(out).toContain("Only in B (1)\n  c\n");
    expect(out).toMatch(/gen\/w +\[2\] +1 of 2 +0\.5\n/);
  });

  test("finds a renamed scope, and prints the map", async () => {
    saveCheckpoint(files, "b", { "net/G/b": floats([], 1), "net/G/w": floats([2], 1, 2) });
    const out = await ok("diff", "a", "b");
    expect(out).toContain("2 names fit, all under other names, all with equal values.");
    expect(out).toContain('saver.restore(session, path, { rename: { "gen/": "net/G/" } })');
  });

  test("of a graph and a checkpoint maps from the graph's names, on whichever side it is", async () => {
    saveCheckpoint(files, "m", { "old/layer/w": floats([3], 1, 2, 3) });
    const map = '{ rename: { "layer/w": "old/layer/w" } }';
    expect(await ok("diff", "graph.pb", "m")).toContain(map);
    const report = JSON.parse(await ok("diff", "m", "graph.pb", "--json"));
    expect(report.renamed).toEqual([{ a: "old/layer/w", b: "layer/w" }]);
    expect(await ok("diff", "m", "graph.pb")).toContain(map);
  });

  test("uses the names under which a graph's saver saves", async () => {
    const meta = `${fixtures}/ckpt_v2/model.ckpt-1.meta`;
    const { out } = await run(["diff", meta, `${fixtures}/ckpt_v2/model.ckpt-1`]);
    expect(out).toContain("13 names fit.\n\nThe checkpoint fits the graph.");
  });

  test("of two graphs compares nodes", async () => {
    const other = graphOf(...graph.node.slice(1), node("new", "NoOp"));
    files.write("other.pb", encode(GraphDefSchema, other));
    const out = await ok("diff", "graph.pb", "other.pb");
    expect(out).toContain("5 nodes are the same in both graphs.");
    expect(out).toContain("Nodes only in A (1)\n  x");
    expect(out).toContain("Nodes only in B (1)\n  new");
  });

  test("refuses what has no names to compare", async () => {
    const path = `${fixtures}/events/events.out.tfevents.1795206864.vm.sfx`;
    const { exitCode, error } = await run(["diff", path, path]);
    expect(exitCode).toBe(1);
    expect(error).toContain("is an event file, which cannot be compared.");
  });
});

describe("convert", () => {
  test("a graph to text and back gives the same bytes", async () => {
    expect(await ok("convert", "graph.pb", "graph.pbtxt")).toMatch(
      /^graph\.pbtxt: a graph \(GraphDef\) as text \(\d+ B\)\n$/,
    );
    await ok("convert", "graph.pbtxt", "again.pb");
    expect(files.read("again.pb")).toEqual(files.read("graph.pb"));
  });

  test("a meta graph stays one, unless only its graph is wanted", async () => {
    const meta = create(MetaGraphDefSchema, { metaInfoDef: { tags: ["t"] }, graphDef: graph });
    files.write("m.meta", encode(MetaGraphDefSchema, meta));
    await ok("convert", "m.meta", "m.pbtxt");
    await ok("convert", "m.pbtxt", "m2.meta");
    expect(files.read("m2.meta")).toEqual(files.read("m.meta"));
    await ok("convert", "m.meta", "only.pb", "--graph-only");
    expect(files.read("only.pb")).toEqual(files.read("graph.pb"));
  });

  test("a SavedModel, given by its folder", async () => {
    const model = create(SavedModelSchema, { metaGraphs: [{ graphDef: graph }] });
    files.makeFolder("model");
    files.write("model/saved_model.pb", encode(SavedModelSchema, model));
    await ok("convert", "model", "model.pbtxt");
    expect(new TextDecoder().decode(files.read("model.pbtxt"))).toMatch(/^meta_graphs \{/);
  });

  test("freezes a graph with the values of a checkpoint", async () => {
    saveCheckpoint(files, "m", { "layer/w": floats([3], 1, 2, 3) });
    expect(
      await ok("convert", "graph.pb", "f.pb", "--freeze", "m", "--outputs", "layer/mul"),
    ).toMatch(/^f\.pb: a frozen graph: 4 of 6 nodes, 1 variable as constants \(\d+ B\)\n$/);
    const frozen = decode(GraphDefSchema, files.read("f.pb"));
    expect(frozen.node.map(({ op }) => op)).toEqual(["Placeholder", "Const", "Identity", "Mul"]);
    // Which is the graph and which the checkpoint tells their content.
    await ok("convert", "m", "g.pb", "--freeze", "graph.pb", "-o", "layer/mul");
    expect(files.read("g.pb")).toEqual(files.read("f.pb"));
  });

  test("tells all variables that a checkpoint does not fill", async () => {
    saveCheckpoint(files, "m", { "layer/w": floats([2], 1, 2) });
    expect(await fails("convert", "graph.pb", "f.pb", "--freeze", "m", "-o", "out")).toBe(
      "error: m does not fit the graph: 1 variable cannot be filled.\n" +
        "  layer/w has shape [2] there, and [3] in the graph\n" +
        "  tensorscope diff GRAPH CHECKPOINT shows all that differs, and whether names were changed.\n",
    );
  });

  test("needs outputs to freeze, and knows which there are", async () => {
    saveCheckpoint(files, "m", { "layer/w": floats([3], 1, 2, 3) });
    const { exitCode, error } = await run(["convert", "graph.pb", "f.pb", "--freeze", "m"], files);
    expect(exitCode).toBe(2);
    expect(error).toContain("Used by no other node are out.");
    expect(await fails("convert", "graph.pb", "f.pb", "--freeze", "m", "-o", "mul")).toContain(
      "graph.pb has no node mul.\n  Did you mean layer/mul?",
    );
  });

  test("keeps a file that is there, unless it is told to replace it", async () => {
    expect(await fails("convert", "graph.pb", "graph.pb")).toContain("is the input itself");
    files.write("there.pbtxt", new Uint8Array());
    expect(await fails("convert", "graph.pb", "there.pbtxt")).toContain(
      "there.pbtxt is there already.",
    );
    await ok("convert", "graph.pb", "there.pbtxt", "--force");
  });

  test("says what cannot become what", async () => {
    expect(await fails("convert", "graph.pb", "w.npz")).toContain(
      "graph.pb is a graph (GraphDef), which cannot become an npz archive.",
    );
    saveCheckpoint(files, "m", { w: floats([1], 1) });
    expect(await fails("convert", "m", "g.pb")).toContain(
      "m is a checkpoint, which cannot become a binary protobuf file.",
    );
  });

  test("a checkpoint to npz, to safetensors, and back", async () => {
    saveCheckpoint(files, "m", { "a/w": floats([2, 1], 1, 2), b: floats([], 3) });
    expect(await ok("convert", "m", "m.npz")).toMatch(/^m\.npz: an npz archive with 2 tensors/);
    await ok("convert", "m.npz", "m.safetensors");
    expect(await ok("convert", "m.safetensors", "copy.ckpt")).toMatch(
      /^copy\.ckpt: a checkpoint with 2 tensors/,
    );
    expect(files.read("copy.ckpt.index")).toEqual(files.read("m.index"));
    expect(files.read("copy.ckpt.data-00000-of-00001")).toEqual(
      files.read("m.data-00000-of-00001"),
    );
    for (const path of ["m", "m.npz", "m.safetensors"]) {
      expect(await ok("inspect", path)).toMatch(/a\/w +float32 +\[2, 1\] +2 +8 B\n/);
      expect(await ok("diff", "m", path)).toContain("Nothing differs.");
    }
  });
});

test("convert to safetensors names what has no type there, and leaves out what it is told", async () => {
  const words = new NDArray(["a"], [1], "string");
  saveCheckpoint(files, "m", { w: floats([1], 1), words });
  expect(await fails("convert", "m", "m.safetensors")).toBe(
    "error: safetensors has no type for words (string).\n" +
      "  Convert to npz, or leave them out: --skip words\n",
  );
  expect(await ok("convert", "m", "m.safetensors", "--skip", "words")).toContain("with 1 tensor ");
  expect(await fails("convert", "m", "n.npz", "--skip", "word")).toContain("m has no tensor word");
});

describe("ops", () => {
  test("tells which ops run here, which only import, and which are nobody's", async () => {
    const out = await ok("ops", "graph.pb");
    expect(out).toMatch(
      / {2}runs +4 +4\n {2}imports, cannot run +1 +1\n {2}not of TensorFlow +1 +1\n/,
    );
    expect(out).toMatch(/DecodeWav +1 +imports, cannot run +layer\/odd\n/);
  });

  test("counts what outputs need", async () => {
    const report = JSON.parse(await ok("ops", "graph.pb", "--outputs", "layer/mul", "--json"));
    expect(report).toMatchObject({ nodes: 4, totals: { runs: { ops: 4 }, unknown: { ops: 0 } } });
    expect(await ok("ops", "graph.pb", "-o", "layer/mul")).toContain("All of its ops run here.");
  });

  test("takes the graph of an event file", async () => {
    const events = `${fixtures}/events/events.out.tfevents.1795206864.vm.sfx`;
    const { exitCode, out } = await run(["ops", events]);
    expect(exitCode).toBe(0);
    expect(out).toContain("MergeSummary");
  });

  test("takes the meta graph beside a checkpoint", async () => {
    const { out } = await run(["ops", `${fixtures}/ckpt_v2/model.ckpt-1`]);
    expect(out).toContain("model.ckpt-1.meta: ");
    saveCheckpoint(files, "m", { w: floats([1], 1) });
    expect(await fails("ops", "m")).toContain("There is no m.meta beside it");
  });
});

describe("the program", () => {
  test("without a command shows its help, as wrong usage", async () => {
    const { exitCode, error } = await run([]);
    expect(exitCode).toBe(2);
    expect(error).toContain("Usage: tensorscope [options] [command]");
  });

  test.each(["inspect", "diff", "convert", "ops"])("%s --help has an example", async (command) => {
    const { exitCode, out } = await run([command, "--help"]);
    expect(exitCode).toBe(0);
    expect(out).toContain(`$ tensorscope ${command} `);
  });

  test("refuses unknown commands and options with code 2", async () => {
    for (const args of [
      ["inspct", "x"],
      ["inspect"],
      ["inspect", "x", "--deep"],
      ["inspect", "x", "--depth", "a"],
    ]) {
      const { exitCode, error } = await run(args, files);
      expect({ args, exitCode }).toEqual({ args, exitCode: 2 });
      expect(error).toMatch(/^error: /);
    }
  });

  test("prints its version", async () => {
    expect((await run(["--version"])).out).toBe("1.2.3\n");
  });

  test("a missing file ends with code 1 and a hint", async () => {
    expect(await fails("inspect", "graph")).toBe(
      "error: graph: there is no such file.\n  There is graph.pb.\n",
    );
  });

  test("has colours only where it is told that they are wanted", async () => {
    const { out } = await run(["inspect", "graph.pb"], files, { colors: true });
    expect(out).toContain("\u001b[1mgraph.pb\u001b[22m: a graph");
    expect(await ok("inspect", "graph.pb")).not.toContain("\u001b");
  });

  test("does not let names in files control the terminal", async () => {
    files.write(
      "evil.pb",
      encode(GraphDefSchema, graphOf(node("a", "Op"), node("\u001b[2Jx", "\u001b]0;y"))),
    );
    for (const command of ["inspect", "ops"]) {
      expect(await ok(command, "evil.pb")).not.toContain("\u001b");
    }
  });
});
