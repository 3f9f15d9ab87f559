// Savers beyond what the parity scenarios show: reports, renamed scopes, retention, random streams, atomicity.
import { readdirSync, readFileSync } from "node:fs";
import * as tf from "tensorscope";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type FileSystem, MemoryFileSystem, setFileSystem, type WritableFile } from "./files.ts";
import { renamed, suggestRenames } from "./renames.ts";
import { formatReport } from "./restore.ts";

let former: FileSystem;
let files: MemoryFileSystem;
beforeEach(() => {
  files = new MemoryFileSystem();
  former = setFileSystem(files);
});
afterEach(() => {
  setFileSystem(former);
  vi.useRealTimers();
});

const noMeta = { writeMetaGraph: false } as const;
const at = (value: number) => ({ initializer: tf.constantInitializer(value) });

/** Builds in a graph of its own; the session closes with the test. */
async function session(build: () => void): Promise<tf.Session> {
  const graph = new tf.Graph();
  graph.asDefault(build);
  const made = new tf.Session("", { graph });
  await made.run(graph.asDefault(() => tf.globalVariablesInitializer()));
  return made;
}

function saverOf(made: tf.Session, options: tf.train.SaverOptions = {}): tf.train.Saver {
  return made.graph.asDefault(() => new tf.train.Saver(null, options));
}

async function save(path: string, build: () => void): Promise<void> {
  const made = await session(build);
  await saverOf(made).save(made, path, noMeta);
}

async function failure(promise: Promise<unknown>): Promise<tf.train.RestoreError> {
  return promise.then(
    () => expect.unreachable("it did not fail"),
    (error) => error,
  );
}

test("a restore that does not fit lists everything at once, and the map that fixes it", async () => {
  await save("old", () => {
    tf.variableScope("net", () => {
      tf.getVariable("w", [2, 2], at(1));
      tf.getVariable("b", [2], at(2));
      tf.variableScope("inner", () => tf.getVariable("w", [3], at(3)));
    });
    tf.getVariable("same", [2], at(4));
    tf.getVariable("wide", [5], at(5));
    tf.getVariable("extra", [], at(6));
  });
  const made = await session(() => {
    tf.variableScope("model", () =>
      tf.variableScope("renamed", () => {
        tf.getVariable("w", [2, 2], at(0));
        tf.getVariable("b", [2], at(0));
        tf.variableScope("inner", () => tf.getVariable("w", [3], at(0)));
      }),
    );
    tf.getVariable("same", [2], at(0));
    tf.getVariable("wide", [4], at(0));
    tf.getVariable("nowhere", [7], at(0));
  });
  const saver = saverOf(made);
  const error = await failure(saver.restore(made, "old"));
  expect(error).toBeInstanceOf(tf.errors.NotFoundError);
  const { report } = error;
  expect(report.missing).toEqual([
    "model/renamed/b",
    "model/renamed/inner/w",
    "model/renamed/w",
    "nowhere",
  ]);
  expect(report.mismatched).toMatchObject([
    { name: "wide", kind: "shape", expected: "[4]", found: "[5]" },
  ]);
  expect(report.unexpected).toEqual(["extra", "net/b", "net/inner/w", "net/w"]);
  expect(report.restored).toEqual(["same"]);
  expect(report.rename).toEqual({ "model/renamed/": "net/" });
  expect(error.message).toContain(formatReport(report));
  expect(formatReport(report)).toMatchInlineSnapshot(`
    "Missing from old (4):
      model/renamed/b
      model/renamed/inner/w
      model/renamed/w
      nowhere
    Of another shape or type there (1):
      wide: the graph has shape [4], the checkpoint [5]
    In the checkpoint, but not asked for (4):
      extra
      net/b
      net/inner/w
      net/w
    3 of the missing names are there under other names. This map makes them fit:
      saver.restore(session, path, { rename: { "model/renamed/": "net/" } })
    1 names fit. { strict: false } restores these and returns the report."
  `);

  const { rename } = report as { rename: Readonly<Record<string, string>> };
  const second = await saver.restore(made, "old", { strict: false, rename });
  expect(second?.missing).toEqual(["nowhere"]);
  expect((await made.run("model/renamed/inner/w:0")).toArray()).toEqual([3, 3, 3]);
  expect((await made.run("same:0")).toArray()).toEqual([4, 4]);
  expect((await made.run("wide:0")).toArray()).toEqual([0, 0, 0, 0]);
});

test("a prefix that was added or dropped is found", async () => {
  const build = () => {
    tf.variableScope("conv1", () => tf.getVariable("w", [2], at(1)));
    tf.variableScope("conv2", () => tf.getVariable("w", [2], at(2)));
  };
  await save("plain", build);
  await save("prefixed", () => tf.variableScope("tower", build));
  const plain = await session(build);
  const dropped = await failure(saverOf(plain).restore(plain, "prefixed"));
  expect(dropped.report.rename).toEqual({ "/": "tower/" });
  const prefixed = await session(() => tf.variableScope("tower", build));
  const saver = saverOf(prefixed);
  const added = await failure(saver.restore(prefixed, "plain"));
  expect(added.report.rename).toEqual({ "tower/": "/" });
  await saver.restore(prefixed, "plain", { rename: { "tower/": "/" } });
  expect((await prefixed.run("tower/conv2/w:0")).toArray()).toEqual([2, 2]);
});

test("{ strict: false } restores what fits and returns the report", async () => {
  await save("m", () => {
    tf.getVariable("a", [], at(1));
    tf.getVariable("b", [], { dtype: tf.float64, initializer: tf.onesInitializer() });
  });
  const made = await session(() => {
    tf.getVariable("a", [], at(0));
    tf.getVariable("b", [], at(0));
    tf.getVariable("c", [], { ...at(0), useResource: true });
  });
  const report = await saverOf(made).restore(made, "m", { strict: false });
  expect(report?.restored).toEqual(["a"]);
  expect(report?.missing).toEqual(["c"]);
  expect(report?.mismatched).toMatchObject([
    { name: "b", kind: "dtype", expected: "float32", found: "float64" },
  ]);
  expect([await made.run("a:0"), await made.run("b:0")].map((x) => x.item())).toEqual([1, 0]);
});

test("names are mapped exactly, by the innermost scope, or from the root", () => {
  const map = { "a/": "x/", "a/b/": "/", "a/c": "c", "/": "root/" };
  expect(["a/d", "a/b/d", "a/c", "q"].map((name) => renamed(name, map))).toEqual([
    "x/d",
    "d",
    "c",
    "root/q",
  ]);
  expect(renamed("q", {})).toBe("q");
});

test("what may be meant in two ways is not suggested", () => {
  const wanted = [{ name: "a/w", fits: () => true }];
  expect(suggestRenames(wanted, ["b/w", "c/w"], [])).toBe(null);
  expect(suggestRenames(wanted, ["b/w", "c/x"], [])).toEqual({ "a/w": "b/w" });
});

test("old checkpoints go, one in so many hours stays for good", async () => {
  vi.useFakeTimers({ now: 0 });
  const made = await session(() => tf.getVariable("v", [], at(0)));
  const saver = saverOf(made, { maxToKeep: 2, keepCheckpointEveryNHours: 1 });
  for (let step = 0; step < 8; step++) {
    vi.setSystemTime(step * 30 * 60 * 1000);
    await saver.save(made, "m", { globalStep: step });
  }
  const kept = files.list("").filter((name) => name.endsWith(".index"));
  // Written after 1, 2 and 3 hours: kept for good. The newest two: kept for now.
  expect(kept).toEqual(["m-3.index", "m-5.index", "m-6.index", "m-7.index"]);
  expect(files.list("").filter((name) => name.endsWith(".meta")).length).toBe(4);
  expect(saver.lastCheckpoints).toEqual(["m-6", "m-7"]);

  const next = saverOf(made, { maxToKeep: 2 });
  next.recoverLastCheckpoints(["m-1", "m-6", "m-7"]);
  expect(next.lastCheckpoints).toEqual(["m-6", "m-7"]);
  await next.save(made, "m", { globalStep: 8, ...noMeta });
  expect(files.stat("m-6.index")).toBe(null);
  next.setLastCheckpoints(["m-7", "m-8"]);
  await next.save(made, "m", { globalStep: 9, ...noMeta });
  expect(files.stat("m-7.index")).not.toBe(null);
});

test("random streams go on where they were, when that is asked for", async () => {
  const build = () => {
    tf.getVariable("v", [], at(0));
    tf.randomNormal([3], { name: "drawn" });
    tf.randomUniform([2], { name: "seeded", seed: 3 });
  };
  const draw = async (from: tf.Session) =>
    (await from.run(["drawn:0", "seeded/RandomUniform:0"])).map((array) => array.toArray());
  const made = await session(build);
  await draw(made);
  const saver = saverOf(made, { saveRandomState: true });
  await saver.save(made, "m", noMeta);
  expect(files.list("")).toEqual([
    "checkpoint",
    "m.data-00000-of-00002",
    "m.data-00001-of-00002",
    "m.index",
  ]);
  const expected = [await draw(made), await draw(made)];
  const again = await session(build);
  await draw(again);
  const report = await saverOf(again, { saveRandomState: true }).restore(again, "m");
  expect(report?.unexpected).toEqual([]);
  expect([await draw(again), await draw(again)]).toEqual(expected);
  const other = await session(build);
  await saverOf(other).restore(other, "m");
  expect(await draw(other)).not.toEqual(expected[0]);
});

test("a checkpoint of version 1 that TensorFlow wrote is restored", async () => {
  const root = new URL("../../tests/formats/fixtures/ckpt_v1/", import.meta.url);
  for (const name of readdirSync(root)) files.write(name, readFileSync(new URL(name, root)));
  const made = await session(() => {
    tf.variableScope("m", () => tf.getVariable("w", [2, 3], at(0)));
    tf.train.createGlobalStep();
  });
  const report = await saverOf(made).restore(made, "model.ckpt");
  expect(report?.unexpected).toEqual(["strs"]);
  expect((await made.run("global_step:0")).item()).toBe(2n);
});

test("a folder that was moved still has its latest checkpoint", async () => {
  files.makeFolder("/first");
  const made = await session(() => tf.getVariable("v", [], at(0)));
  await saverOf(made).save(made, "/first/m", noMeta);
  files.makeFolder("/second");
  for (const name of files.list("/first")) files.rename(`/first/${name}`, `/second/${name}`);
  expect(tf.train.latestCheckpoint("/second")).toBe("/second/m");
});

/** Files of which everything fails after so many changes, as if the process had ended. */
class Failing extends MemoryFileSystem {
  left = Number.POSITIVE_INFINITY;
  #spend(): void {
    if (this.left <= 0) throw new Error("the process ended");
    this.left -= 1;
  }
  override create(path: string, options?: { readonly append?: boolean }): WritableFile {
    this.#spend();
    const file = super.create(path, options);
    const write = (bytes: Uint8Array): void => {
      this.#spend();
      file.write(bytes);
    };
    return { ...file, path, write };
  }
  override rename(from: string, to: string): void {
    this.#spend();
    super.rename(from, to);
  }
  override remove(path: string): void {
    this.#spend();
    super.remove(path);
  }
}

test.each([
  ["under the same path", {}, false],
  ["under a new path", { globalStep: 2 }, false],
  ["of several parts", {}, true],
])(
  "a save %s that ends after any change leaves a whole checkpoint",
  async (_, step, saveRandomState) => {
    const made = await session(() => {
      tf.getVariable("v", [3], at(1));
      tf.getVariable("u", [2], at(1));
    });
    const change = made.graph.asDefault(() =>
      tf.group(
        ...tf.globalVariables().map((variable) => variable.assignAdd(tf.onesLike(variable))),
      ),
    );
    let outcomes = "";
    for (let allowed = 0; ; allowed++) {
      const failing = new Failing();
      setFileSystem(failing);
      const saver = saverOf(made, { saveRandomState });
      await saver.save(made, "m", noMeta);
      const before = (await made.run("v:0")).toArray();
      await made.run(change);
      failing.left = allowed;
      const ended = await saver.save(made, "m", { ...step, ...noMeta }).then(
        () => false,
        () => true,
      );
      failing.left = Number.POSITIVE_INFINITY;
      const path = tf.train.latestCheckpoint("") as string;
      const reader = tf.train.NewCheckpointReader(path);
      const [v, u] = ["v", "u"].map((name) => reader.getTensor(name).toArray() as number[]);
      // Either all of the old or all of the new.
      expect(u?.[0]).toBe(v?.[0]);
      const isOld = String(v) === String(before);
      expect(isOld || String(v) === String((await made.run("v:0")).toArray())).toBe(true);
      outcomes += isOld ? "o" : "n";
      // The next save cleans up what is left.
      await saver.save(made, "m", noMeta);
      expect(failing.list("").filter((name) => name.endsWith(".previous"))).toEqual([]);
      if (!ended) break;
    }
    expect(outcomes).toMatch(/^o{5,}n+$/);
  },
);
