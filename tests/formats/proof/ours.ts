/** Tensorscope's side of the proof: writes what TensorFlow shall read, and reads what TensorFlow wrote. */

import { existsSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import * as tf from "tensorscope";
import {
  CollectionDefSchema,
  encode,
  type NodeDef,
  NodeDefSchema,
} from "../../../src/formats/proto/index.ts";
import { batch, build, saved, scoresOf, steps, train } from "./model.ts";

const vocabulary = "one\ntwo\nthree\n";

/** One line of the table. */
export interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

interface Expected {
  readonly losses: readonly number[];
  readonly savedScores: unknown;
  readonly endScores: unknown;
}

/** Trains, and writes checkpoint, MetaGraph and SavedModels into the working folder. */
async function write(): Promise<void> {
  writeFileSync("vocabulary.txt", vocabulary);
  const graph = new tf.Graph();
  const model = graph.asDefault(() => build("vocabulary.txt"));
  const saver = graph.asDefault(() => new tf.train.Saver());
  const session = new tf.Session("", { graph });
  await session.run(model.init);
  const losses = await train(session, 0, saved);
  await saver.save(session, "model.ckpt", { globalStep: "global_step:0" });
  const savedScores = await scoresOf(session);
  for (const name of ["saved_model", "saved_model_text"]) {
    for (const key of ["saved_model_assets", "saved_model_main_op"]) graph.clearCollection(key);
    if (!name.endsWith("text")) {
      const { images, scores, mainOp } = model;
      await tf.savedModel.simpleSave(
        session,
        name,
        { images },
        { scores },
        { legacyInitOp: mainOp },
      );
      continue;
    }
    const builder = new tf.savedModel.Builder(name);
    await builder.addMetaGraphAndVariables(session, ["serve"], {
      signatureDefMap: {
        serving_default: tf.savedModel.predictSignatureDef(
          { images: model.images },
          { scores: model.scores },
        ),
      },
      assetsCollection: graph.getCollection(tf.GraphKeys.ASSET_FILEPATHS),
      mainOp: model.mainOp,
    });
    builder.save({ asText: true });
  }
  losses.push(...(await train(session, saved, steps)));
  const expected: Expected = { losses, savedScores, endScores: await scoresOf(session) };
  unlinkSync("vocabulary.txt");
  writeFileSync("expected.json", JSON.stringify(expected));
}

/** What the variables of a model are. */
export type Kind = "reference" | "resource";

/** Calls `body` with variables of a kind. */
async function withVariables<R>(kind: Kind, body: () => Promise<R>): Promise<R> {
  const before = tf.resourceVariablesEnabled();
  if (kind === "resource") tf.enableResourceVariables();
  else tf.disableResourceVariables();
  try {
    return await body();
  } finally {
    if (before) tf.enableResourceVariables();
    else tf.disableResourceVariables();
  }
}

/** Writes into a new folder. */
export async function writeTo(folder: string, kind: Kind = "reference"): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const before = process.cwd();
  process.chdir(folder);
  try {
    await withVariables(kind, write);
  } finally {
    process.chdir(before);
  }
}

/** The largest difference between two nested lists. */
function difference(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return Math.abs(a - b);
  const [left, right] = [a, b] as [readonly unknown[], readonly unknown[]];
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return Infinity;
  return Math.max(0, ...left.map((item, i) => difference(item, right[i])));
}

/** Reads what TensorFlow wrote into a folder. */
export async function check(folder: string, kind: Kind = "reference"): Promise<Check[]> {
  return withVariables(kind, () => checkAll(folder));
}

async function checkAll(folder: string): Promise<Check[]> {
  const checks: Check[] = [];
  const report = (name: string, ok: boolean, detail: string) =>
    checks.push({ check: name, ok, detail });
  const compare = (name: string, a: unknown, b: unknown, tolerance: number) => {
    const largest = difference(a, b);
    report(name, largest <= tolerance, `largest difference ${largest.toExponential(1)}`);
  };
  const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Expected;
  const goesOn = async (name: string, session: tf.Session) => {
    const losses = await train(session, saved, steps);
    compare(`${name}: trains on with the same losses`, losses, expected.losses.slice(saved), 1e-4);
    compare(
      `${name}: ends with the same scores`,
      await scoresOf(session),
      expected.endScores,
      1e-3,
    );
  };

  const prefix = tf.train.latestCheckpoint(folder) ?? "";
  report(
    "the state file names the checkpoint",
    prefix.endsWith(`model.ckpt-${saved}`),
    prefix.replace(folder, "."),
  );
  const own = new tf.Graph();
  const saver = own.asDefault(() => {
    build("vocabulary.txt");
    return new tf.train.Saver();
  });
  {
    const shapes = own
      .getCollection<tf.Variable>(tf.GraphKeys.GLOBAL_VARIABLES)
      .map(({ op, shape }) => `${op.name} [${shape.dims}]`)
      .sort();
    const stored = tf.train.listVariables(prefix).map(([name, shape]) => `${name} [${shape}]`);
    report(
      "the checkpoint has names and shapes of its own graph",
      shapes.join() === stored.sort().join(),
      `${stored.length} variables`,
    );
    const session = new tf.Session("", { graph: own });
    await saver.restore(session, prefix);
    const name = "the checkpoint in its own graph";
    compare(`${name}: same scores`, await scoresOf(session), expected.savedScores, 1e-5);
    await goesOn(name, session);
  }
  {
    const graph = new tf.Graph();
    const imported = graph.asDefault(() => tf.train.importMetaGraph(`${prefix}.meta`));
    const nodes = graph.asGraphDef().node;
    const mine = new Set(own.asGraphDef().node.map(nodeText));
    const differing = nodes.filter((node) => !mine.has(nodeText(node)));
    const names = differing.slice(0, 3).map(({ name }) => name);
    report(
      "the MetaGraph has the nodes that it makes itself",
      differing.length === 0 && nodes.length === mine.size,
      `${nodes.length} nodes${names.map((name) => `, ${name} differs`).join("")}`,
    );
    const collections = collectionsOf(graph);
    const ownCollections = collectionsOf(own);
    const keys = [...new Set([...collections.keys(), ...ownCollections.keys()])].sort();
    const others = keys.filter((key) => collections.get(key) !== ownCollections.get(key));
    report(
      "the MetaGraph has the collections that it makes itself",
      others.length === 0,
      `${keys.length} collections${others.map((key) => `, ${key} differs`).join("")}`,
    );
    const session = new tf.Session("", { graph });
    await imported?.restore(session, prefix);
    const name = "the MetaGraph";
    compare(`${name}: same scores`, await scoresOf(session), expected.savedScores, 1e-5);
    await goesOn(name, session);
  }
  for (const name of ["saved_model", "saved_model_text"]) {
    if (!existsSync(join(folder, name))) continue;
    const session = new tf.Session("", { graph: new tf.Graph() });
    const model = await tf.savedModel.load(session, ["serve"], join(folder, name));
    const { images } = batch(100);
    const { scores } = await tf.savedModel.runSignature(session, model, { images });
    const got = (scores as tf.NDArray).toArray();
    compare(`${name}: its signature gives the same scores`, got, expected.savedScores, 1e-5);
    const path = String(((await session.run("found_vocabulary:0")) as tf.NDArray).item());
    const text = readFileSync(path, "utf8");
    report(`${name}: its main op finds the asset`, text === vocabulary, path.replace(folder, "."));
    await goesOn(name, session);
  }
  return checks;
}

/** Runs the SavedModel of objects and functions that TensorFlow 2 wrote. */
export async function checkObjects(folder: string): Promise<Check[]> {
  const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
    readonly scores: unknown;
    readonly classes: unknown;
  };
  const session = new tf.Session("", { graph: new tf.Graph() });
  const model = await tf.savedModel.load(session, ["serve"], folder);
  const { images } = batch(100);
  const { scores, classes } = await tf.savedModel.runSignature(session, model, { images });
  const largest = difference((scores as tf.NDArray).toArray(), expected.scores);
  const found = Array.from((classes as tf.NDArray).data, Number);
  const counts: number[] = [];
  for (const by of [2, 3]) {
    const { calls } = await tf.savedModel.runSignature(
      session,
      model,
      { by },
      { signature: "count" },
    );
    counts.push(Number((calls as tf.NDArray).item()));
  }
  const name = "a model of objects and functions";
  return [
    {
      check: `${name}: same scores`,
      ok: largest <= 1e-5,
      detail: `largest difference ${largest.toExponential(1)}`,
    },
    {
      check: `${name}: same classes`,
      ok: difference(found, expected.classes) === 0,
      detail: found.join(" "),
    },
    {
      check: `${name}: a signature counts in a variable`,
      ok: counts.join() === "2,5",
      detail: counts.join(" "),
    },
  ];
}

/** Every collection as it is written. */
function collectionsOf(graph: tf.Graph): Map<string, string> {
  const { collectionDef } = tf.train.exportMetaGraph(null, { graph });
  return new Map(
    Object.entries(collectionDef).map(([key, def]) => [
      key,
      Buffer.from(encode(CollectionDefSchema, def)).toString("base64"),
    ]),
  );
}

/** Attributes that came after TensorFlow 1.15, by op: they are not made here. */
const rules = readFileSync(new URL("../../parity/rules.json", import.meta.url), "utf8");
const later = (
  JSON.parse(rules) as { "attrsAfter1.15": { attrs: Record<string, readonly string[]> } }
)["attrsAfter1.15"].attrs;

/** A node as text, without inferred shapes and later attributes. */
function nodeText({ name, op, input, device, attr }: NodeDef): string {
  const ignored = new Set(["_output_shapes", ...(later["*"] ?? []), ...(later[op] ?? [])]);
  const attrs = Object.entries(attr).filter(([key]) => !ignored.has(key));
  const copy = create(NodeDefSchema, { name, op, input, device, attr: Object.fromEntries(attrs) });
  return Buffer.from(encode(NodeDefSchema, copy)).toString("base64");
}
