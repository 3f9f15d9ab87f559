/** Savers: the nodes they make, what they refuse, what a restore gives (reference section 23). */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "tensorscope";
import { afterAll } from "vitest";
import { type Context, scenario } from "../harness.ts";

const ones = tf.onesInitializer();
const zeros = tf.zerosInitializer();
const noMeta = { writeMetaGraph: false } as const;

const folders: string[] = [];
afterAll(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "savers-"));
  folders.push(path);
  return path;
}

function show(s: Context, saver: tf.train.Saver): void {
  const d = saver.saverDef!;
  s.print([
    d.filenameTensorName,
    d.saveTensorName,
    d.restoreOpName,
    d.maxToKeep,
    d.sharded,
    d.version,
  ]);
}

scenario("reference variables", async (s) => {
  const [w, b] = tf.variableScope("layer", () => [
    tf.getVariable("w", [2, 3], { initializer: ones }),
    tf.getVariable("b", [3], { initializer: zeros }),
  ]) as [tf.Variable, tf.Variable];
  const step = tf.train.createGlobalStep();
  const saver = new tf.train.Saver();
  const again = new tf.train.Saver([b, w], { name: "pair" });
  const third = new tf.train.Saver({ weights: w });
  for (const each of [saver, again, third]) show(s, each);
  await s.run(tf.globalVariablesInitializer());
  const path = join(folder(), "model");
  await saver.save(s.session, path, noMeta);
  const changes = [
    w.assign([
      [1, 2, 3],
      [1, 2, 3],
    ]),
    step.assign(s.ints(7) as never),
  ];
  await s.values({ w, b, step }, { after: changes });
  await saver.restore(s.session, path);
  await s.values({ w, b, step });
});

scenario("resource variables", async (s) => {
  const w = tf.getVariable("w", [2], { initializer: ones, useResource: true });
  const b = tf.getVariable("b", [], { initializer: zeros, useResource: true });
  const saver = new tf.train.Saver();
  new tf.train.Saver({ "x/w": w, "y/b": b }, { reshape: true });
  show(s, saver);
  await s.run(tf.globalVariablesInitializer());
  const path = join(folder(), "model");
  await saver.save(s.session, path, noMeta);
  const change = w.assign([5, 6]) as tf.Variable;
  await s.values({ w, b }, { after: [change.op] });
  await saver.restore(s.session, path);
  await s.values({ w, b });
});

scenario("both kinds, with slots", (s) => {
  const w = tf.getVariable("w", [2], { initializer: ones });
  const r = tf.getVariable("r", [2], { initializer: ones, useResource: true });
  new tf.train.AdamOptimizer().minimize(tf.reduceSum(w.mul(r)));
  show(s, new tf.train.Saver());
});

scenario("partitioned variables", async (s) => {
  const partitioner = tf.fixedSizePartitioner(2);
  type Parts = tf.PartitionedVariable;
  const v = tf.getVariable("v", [3, 2], { initializer: ones, partitioner }) as unknown as Parts;
  const r = tf.getVariable("r", [4], {
    initializer: zeros,
    partitioner,
    useResource: true,
  }) as unknown as Parts;
  const saver = new tf.train.Saver();
  new tf.train.Saver({ whole: v, parts: [...r] }, { reshape: true });
  new tf.train.Saver([v]);
  show(s, saver);
  await s.run(tf.globalVariablesInitializer());
  const path = join(folder(), "model");
  await saver.save(s.session, path, noMeta);
  for (const part of v) await s.run(part.assign(part.add(1)));
  for (const part of r) await s.run((part.assign(part.add(1)) as tf.Variable).op);
  await s.values({ v: [...v], r: [...r] });
  await saver.restore(s.session, path);
  await s.values({ v: [...v], r: [...r] });
});

scenario("names, filenames, order", () => {
  const w = tf.getVariable("w", [2], { initializer: ones });
  const B = tf.getVariable("B", [2], { initializer: ones });
  tf.nameScope("inside", () => {
    new tf.train.Saver([w, B], { filename: "some/model" });
  });
  new tf.train.Saver({ z: B, a: w }, { name: "named", restoreSequentially: true, maxToKeep: null });
  new tf.train.Saver({ t: w.handle, u: B }, { reshape: true });
  tf.controlDependencies([w.op], () => {
    new tf.train.Saver([w]);
  });
  tf.device("/device:CPU:1", () => {
    new tf.train.Saver([w]);
  });
});

scenario("a shape that is not known", () => {
  const x = tf.placeholderWithDefault([1, 2], [null]);
  const v = new tf.Variable(x, { validateShape: false, name: "v" });
  new tf.train.Saver([v], { reshape: true });
  new tf.train.Saver([v]);
});

scenario("sharded by device", async (s) => {
  const a = tf.device("/device:CPU:0", () => tf.getVariable("a", [2], { initializer: ones }));
  const [b, c] = tf.device("/device:CPU:1", () => [
    tf.getVariable("b", [2], { initializer: ones }),
    tf.getVariable("c", [2], { initializer: ones, useResource: true }),
  ]) as [tf.Variable, tf.Variable];
  const d = tf.getVariable("d", [2], { initializer: ones });
  const saver = new tf.train.Saver(null, { sharded: true });
  show(s, saver);
  await s.run(tf.globalVariablesInitializer());
  const at = folder();
  const path = join(at, "model");
  await saver.save(s.session, path, noMeta);
  s.print(readdirSync(at).sort());
  await s.values({ a, b }, { after: [a.assign([3, 4]), b.assign([3, 4])] });
  await saver.restore(s.session, path);
  await s.values({ a, b, c, d });
});

scenario("a variable on another job", () => {
  tf.device("/job:ps/task:1", () => {
    tf.getVariable("a", [2], { initializer: ones });
    tf.getVariable("b", [2], { initializer: ones, useResource: true });
  });
  new tf.train.Saver();
  new tf.train.Saver(null, { sharded: true });
});

scenario("version 1", async (s) => {
  const w = tf.getVariable("w", [2], { initializer: ones });
  const p = tf.getVariable("p", [4], {
    initializer: ones,
    partitioner: tf.fixedSizePartitioner(2),
  }) as unknown as tf.PartitionedVariable;
  const b = tf.device("/device:CPU:1", () => tf.getVariable("b", [2], { initializer: ones }));
  const saver = new tf.train.Saver(null, { writeVersion: 1 });
  const sharded = new tf.train.Saver(null, { sharded: true, writeVersion: 1 });
  show(s, saver);
  show(s, sharded);
  await s.run(tf.globalVariablesInitializer());
  const at = folder();
  const path = join(at, "whole");
  s.print((await saver.save(s.session, path, noMeta))!.replaceAll(at, "FOLDER"));
  const parts = (await sharded.save(s.session, join(at, "parts"), { globalStep: 1, ...noMeta }))!;
  s.print(parts.replaceAll(at, "FOLDER"));
  s.print(readdirSync(at).sort());
  s.print(readFileSync(join(at, "checkpoint"), "utf8").replaceAll(at, "FOLDER"));
  const after = [w.assign([3, 4]), b.assign([3, 4]), [...p][0]!.assign([3, 4])];
  await s.values({ w, b, p: [...p] }, { after });
  await saver.restore(s.session, path);
  await s.values({ w, b, p: [...p] }, { after });
  await sharded.restore(s.session, parts);
  await s.values({ w, b, p: [...p] });
  for (let step = 2; step < 8; step++) {
    await sharded.save(s.session, join(at, "parts"), { globalStep: step });
  }
  s.print(readdirSync(at).sort());
});

scenario("a saver of nothing", async (s) => {
  const empty = new tf.train.Saver(null, { allowEmpty: true });
  s.print(await empty.save(new tf.Session(), join(folder(), "model"), noMeta));
  s.print(await empty.restore(new tf.Session(), "nowhere"));
  s.error("empty", () => new tf.train.Saver());
  s.error("defer", () => new tf.train.Saver([new tf.Variable(1)], { deferBuild: true }));
  const saver = new tf.train.Saver(null, { deferBuild: true });
  await s.error("not built", () => saver.save(new tf.Session(), "model"));
  saver.build();
  saver.build();
  show(s, saver);
});

scenario("what may not be saved", (s) => {
  const partitioner = tf.fixedSizePartitioner(2);
  type Parts = tf.PartitionedVariable;
  const w = tf.getVariable("w", [2], { initializer: ones });
  const p = tf.getVariable("p", [4], { initializer: ones, partitioner }) as unknown as Parts;
  const q = tf.getVariable("q", [4], { initializer: ones, partitioner }) as unknown as Parts;
  const t = tf.constant(1);
  s.error("twice", () => new tf.train.Saver([w, w]));
  s.error("two names", () => new tf.train.Saver({ a: w, b: w }));
  s.error("a tensor", () => new tf.train.Saver([t]));
  s.error("a tensor by name", () => new tf.train.Saver({ t }));
  s.error("no list", () => new tf.train.Saver("w" as never));
  s.error("partitioned twice", () => new tf.train.Saver([p, p]));
  s.error("not a slice", () => new tf.train.Saver({ p: [[...p][0], w] }));
  s.error("slices of two", () => new tf.train.Saver({ p: [[...p][0], [...q][0]] }));
});

scenario("saving and restoring that is refused", async (s) => {
  const w = tf.getVariable("w", [2], { initializer: ones });
  const saver = new tf.train.Saver();
  const nodes = saver.saverDef!;
  await s.error("uninitialized", () => saver.save(new tf.Session(), join(folder(), "m"), noMeta));
  await s.run(w.initializer);
  await s.error("latest", () => saver.save(s.session, "m", { latestFilename: "a/b" }));
  await s.error("collides", () => saver.save(s.session, "checkpoint"));
  await s.error("session", () => saver.save(3 as never, "m"));
  await s.error("folder", () => saver.save(s.session, "no/such/folder/m", noMeta));
  await s.error("none", () => saver.restore(s.session, null));
  await s.error("nothing there", () => saver.restore(s.session, "no/such/m"));
  const path = join(folder(), "m");
  s.print((await saver.save(s.session, path, noMeta)) === path);
  const other = new tf.train.Saver({ v: w });
  await s.error("missing", () => other.restore(s.session, path));
  const x = tf.getVariable("x", [3], { initializer: ones });
  const shape = new tf.train.Saver({ w: x });
  await s.error("shape", () => shape.restore(s.session, path));
  const i = tf.getVariable("i", [2], { dtype: "int32", initializer: ones });
  const dtype = new tf.train.Saver({ w: i });
  await s.error("dtype", () => dtype.restore(s.session, path));
  const missing = { "save/Const:0": "no/such/folder/m" };
  const feeds = Object.entries(missing);
  await s.error("raw save", () => s.run(nodes.saveTensorName, feeds));
  await s.error("raw restore", () => s.run(nodes.restoreOpName, feeds));
});

scenario("reshape restores another shape of as many elements", async (s) => {
  const w = tf.getVariable("w", [2, 3], {
    initializer: tf.constantInitializer([1, 2, 3, 4, 5, 6]),
  });
  const f = tf.getVariable("f", [6], { initializer: zeros });
  const saver = new tf.train.Saver([w]);
  const flat = new tf.train.Saver({ w: f }, { reshape: true });
  await s.run(tf.globalVariablesInitializer());
  const path = join(folder(), "m");
  await saver.save(s.session, path, noMeta);
  await flat.restore(s.session, path);
  await s.values({ f });
});

/** Runs in a folder of its own, for paths that do not tell where that is. */
async function inFolder(body: () => Promise<void>): Promise<void> {
  const before = process.cwd();
  process.chdir(folder());
  try {
    await body();
  } finally {
    process.chdir(before);
  }
}

scenario("initial values from a checkpoint", (s) =>
  inFolder(async () => {
    {
      using graph = new tf.Graph().asDefault();
      tf.variableScope("old", () => {
        tf.getVariable("w", [2], { initializer: tf.constantInitializer([3, 4]) });
        tf.getVariable("b", [4], { initializer: tf.constantInitializer([1, 2, 3, 4]) });
      });
      tf.getVariable("root", [], { initializer: tf.constantInitializer(9) });
      const other = new tf.Session("", { graph });
      await other.run(tf.globalVariablesInitializer());
      await new tf.train.Saver().save(other, "m", noMeta);
    }
    const [w, b] = tf.variableScope("new", () => [
      tf.getVariable("w", [2], { initializer: zeros }),
      tf.getVariable("b", [4], {
        initializer: zeros,
        partitioner: tf.fixedSizePartitioner(2),
      }) as unknown as tf.PartitionedVariable,
    ]) as [tf.Variable, tf.PartitionedVariable];
    const x = tf.getVariable("x", [2], { initializer: zeros, useResource: true });
    const root = tf.getVariable("root", [], { initializer: zeros });
    const y = tf.getVariable("y", [2], { initializer: zeros });
    tf.train.initFromCheckpoint("m", { "old/": "new/" });
    tf.train.initFromCheckpoint("m", { "old/w": x, root: "root" });
    tf.train.initFromCheckpoint("m", [["old/w", "y"]]);
    await s.values({ w, b: [...b], x, root, y }, { after: [tf.globalVariablesInitializer()] });
    s.error("missing tensor", () => tf.train.initFromCheckpoint("m", { none: "root" }));
    s.error("shape", () => tf.train.initFromCheckpoint("m", { "old/b": "y" }));
    s.error("scope", () => tf.train.initFromCheckpoint("m", { "old/w": "nothing" }));
    s.error("missing in scope", () => tf.train.initFromCheckpoint("m", { "new/": "new/" }));
    s.print(tf.train.listVariables("m"));
    s.print(tf.train.loadVariable("m", "root:0").item());
    const reader = tf.train.NewCheckpointReader("m");
    s.print([reader.hasTensor("old/w"), reader.hasTensor("new/w")]);
    s.print(String(reader.getVariableToDtypeMap().get("old/w")));
    s.error("reader", () => reader.getTensor("none"));
    s.error("no checkpoint", () => tf.train.NewCheckpointReader("none"));
    mkdirSync("empty");
    s.error("no state", () => tf.train.listVariables("empty"));
  }),
);

scenario("warm starts", (s) =>
  inFolder(async () => {
    {
      using graph = new tf.Graph().asDefault();
      tf.getVariable("w", [2], { initializer: tf.constantInitializer([3, 4]) });
      tf.getVariable("p", [4], { initializer: tf.constantInitializer([1, 2, 3, 4]) });
      tf.getVariable("old/mean", [2], { initializer: tf.constantInitializer(7) });
      const other = new tf.Session("", { graph });
      await other.run(tf.globalVariablesInitializer());
      await new tf.train.Saver().save(other, "m", noMeta);
    }
    const w = tf.getVariable("w", [2], { initializer: zeros });
    const p = tf.getVariable("p", [4], {
      initializer: zeros,
      partitioner: tf.fixedSizePartitioner(2),
    }) as unknown as tf.PartitionedVariable;
    const mean = tf.getVariable("mean", [2], { initializer: zeros, trainable: false });
    tf.train.warmStart("m");
    const fetches = { w, p: [...p], mean };
    await s.values(fetches, { after: [tf.globalVariablesInitializer()] });
    tf.train.warmStart("m", {
      varsToWarmStart: ["mean"],
      varNameToPrevVarName: { mean: "old/mean" },
    });
    tf.train.warmStart("m", { varsToWarmStart: [w] });
    await s.values(fetches, { after: [tf.globalVariablesInitializer()] });
    s.error("unused", () =>
      tf.train.warmStart("m", { varsToWarmStart: "w", varNameToPrevVarName: { x: "y" } }),
    );
  }),
);

scenario("the state file", (s) =>
  inFolder(async () => {
    tf.getVariable("v", [], { initializer: zeros });
    const step = tf.train.createGlobalStep();
    await s.run(tf.globalVariablesInitializer());
    mkdirSync("d");
    const state = (): void => s.print(readFileSync("d/checkpoint", "utf8"));

    const saver = new tf.train.Saver(null, { maxToKeep: 2 });
    for (const globalStep of [1, 2, 3]) {
      s.print(await saver.save(s.session, "d/m", { globalStep, ...noMeta }));
    }
    state();
    s.print(readdirSync("d").sort());
    s.print(saver.lastCheckpoints);
    await saver.save(s.session, "d/m", { globalStep: 2, ...noMeta });
    state();
    await saver.save(s.session, "d/m", { globalStep: step, ...noMeta, writeState: false });
    s.print(readdirSync("d").sort());
    s.print(tf.train.latestCheckpoint("d"));
    const found = tf.train.getCheckpointState("d")!;
    s.print([found.modelCheckpointPath, found.allModelCheckpointPaths]);
    const padded = new tf.train.Saver(null, { padStepNumber: true, maxToKeep: 0 });
    const options = { globalStep: 12, ...noMeta, latestFilename: "other" };
    s.print(await padded.save(s.session, "d/p", options));
    s.print(readFileSync("d/other", "utf8"));
    s.print(padded.lastCheckpoints);
    s.print([tf.train.checkpointExists("d/m-3"), tf.train.checkpointExists("d/m-9")]);
    s.print(tf.train.latestCheckpoint("elsewhere"));
    s.print(tf.train.getCheckpointState("elsewhere"));
    tf.train.updateCheckpointState("d", "d/m-3", { allModelCheckpointPaths: ["d/m-2"] });
    state();
    tf.train.updateCheckpointState("d", '/abs/m "quoted"\n', {
      allModelCheckpointPaths: ["d/m-2", "/abs/é"],
    });
    state();
    await saver.save(s.session, "n", noMeta);
    s.print(readFileSync("checkpoint", "utf8"));
    s.error("own name", () => tf.train.updateCheckpointState("", "checkpoint"));
    writeFileSync("d/checkpoint", "all_model_checkpoint_paths: 'x'");
    s.error("no path", () => tf.train.getCheckpointState("d"));
  }),
);

scenario("relative and absolute paths", async (s) => {
  tf.getVariable("v", [], { initializer: zeros });
  await s.run(tf.globalVariablesInitializer());
  const at = folder();
  const state = (name: string): void =>
    s.print(readFileSync(join(at, name), "utf8").replaceAll(at, "FOLDER"));

  await new tf.train.Saver().save(s.session, join(at, "m"), noMeta);
  state("checkpoint");
  const saver = new tf.train.Saver(null, { saveRelativePaths: true });
  const options = { latestFilename: "relative", ...noMeta };
  await saver.save(s.session, join(at, "m"), { globalStep: 1, ...options });
  await saver.save(s.session, join(at, "m"), { globalStep: 2, ...options });
  state("relative");
  const latest = tf.train.latestCheckpoint(at, { latestFilename: "relative" });
  s.print(latest!.replaceAll(at, "FOLDER"));
});
