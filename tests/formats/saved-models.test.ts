/** SavedModels of strangers: every one of the corpus loads, and its signatures run as far as their ops are known here. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "tensorscope";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MemoryFileSystem, setFileSystem } from "../../src/formats/files.ts";
import { corpus, corpusAbsent } from "./artifacts.ts";

const given =
  process.env.TENSORSCOPE_FIXTURES ??
  fileURLToPath(new URL("../../../shared/fixtures", import.meta.url));

const files = new MemoryFileSystem();

/**
 * The folder of the corpus whose name begins with a number, as the SavedModel's folder that it came from. `variables` is
 * how the files of its variables are named.
 */
function modelOf(number: string, variables = "variables"): string {
  files.makeFolder(`${number}/variables`);
  const folder = readdirSync(corpus ?? "").find((name) => name.startsWith(number)) ?? "";
  for (const file of readdirSync(join(corpus ?? "", folder))) {
    const name = file.startsWith(`${variables}.`)
      ? `variables/${file.replace(variables, "variables")}`
      : file;
    const bytes = readFileSync(join(corpus ?? "", folder, file));
    files.write(`${number}/${name}`, new Uint8Array(bytes));
  }
  return number;
}

const values = (value: unknown): unknown => (value as tf.NDArray).toArray();
const newSession = (): tf.Session => new tf.Session("", { graph: new tf.Graph() });

describe.skipIf(corpus === null)(
  corpus === null ? corpusAbsent : "SavedModels of the corpus",
  () => {
    beforeAll(() => void setFileSystem(files));
    afterAll(() => void setFileSystem(null));

    test("095: signatures count up and reset", async () => {
      const session = newSession();
      const model = await tf.savedModel.load(session, ["serve"], modelOf("095"));
      const call = async (signature: string, inputs = {}) =>
        values((await tf.savedModel.runSignature(session, model, inputs, { signature })).output);
      expect(await call("get_counter")).toBe(0);
      expect(await call("incr_counter_by", { delta: 5 })).toBe(5);
      expect(await call("incr_counter")).toBe(6);
      expect(await call("reset_counter")).toBe(0);
    });

    test("096: signatures give x/2 + 2 and x/2 + 3; what parses tf.Example says that it cannot", async () => {
      const session = newSession();
      const model = await tf.savedModel.load(session, ["serve"], modelOf("096"));
      const x = [[1], [2]];
      const { y } = await tf.savedModel.runSignature(session, model, { x });
      expect(values(y)).toEqual([[2.5], [3]]);
      const { outputs } = await tf.savedModel.runSignature(
        session,
        model,
        { inputs: x },
        { signature: "regress_x2_to_y3" },
      );
      expect(values(outputs)).toEqual([[3.5], [4]]);
      for (const signature of ["classify_x_to_y", "regress_x_to_y", "regress_x_to_y2"]) {
        await expect(
          tf.savedModel.runSignature(session, model, { inputs: ["?"] }, { signature }),
        ).rejects.toThrow(
          "Op type not registered 'ParseExample': node 'ParseExample/ParseExample' cannot run",
        );
      }
    });

    test("052: a regression, with the variables of the checkpoint beside it", async () => {
      const session = newSession();
      const model = await tf.savedModel.load(session, ["serve"], modelOf("052", "model"));
      const { pred } = await tf.savedModel.runSignature(session, model, { X: 3 });
      // As TensorFlow 2.21 gives it.
      expect(values(pred)).toBeCloseTo(1.6914108, 6);
    });

    test("005: an autoencoder whose variables are not there says so, and runs once initialized", async () => {
      const session = newSession();
      await expect(tf.savedModel.load(session, ["serve"], modelOf("005"))).rejects.toThrow(
        "The passed save_path is not a valid checkpoint: 005/variables/variables",
      );
      const { graph } = session;
      await session.run(graph.asDefault(() => tf.globalVariablesInitializer()));
      const model = tf.savedModel.metaGraphWithTags(tf.savedModel.readSavedModel("005"), ["serve"]);
      const inputs = new tf.NDArray(new Float32Array(2 * 3952).fill(1), [2, 3952], tf.float32);
      const { ratings } = await tf.savedModel.runSignature(session, model, { inputs });
      expect((ratings as tf.NDArray).shape).toEqual([2, 3952]);
    });

    test("101: a session bundle, which came before SavedModel, gives x/2 + 2", async () => {
      const { graph } = newSession();
      const folder = modelOf("101");
      const saver = graph.asDefault(() => tf.train.importMetaGraph(`${folder}/export.meta`));
      const session = new tf.Session("", { graph });
      await saver?.restore(session, `${folder}/export`);
      const y = await session.run("Add:0", { "Placeholder:0": [[1], [2]] });
      expect(values(y)).toEqual([[2.5], [3]]);
    });
  },
);

test.skipIf(!existsSync(given))(
  existsSync(given)
    ? "the SavedModel of TensorFlow 2.21 runs, and its main op gets the asset"
    : "the fixtures are absent: TENSORSCOPE_FIXTURES names their folder (default ../shared/fixtures)",
  async () => {
    const session = newSession();
    const model = await tf.savedModel.load(session, ["serve"], join(given, "saved_model"));
    const { y } = await tf.savedModel.runSignature(session, model, {
      x: [
        [0, 0.125, 0.25, 0.375],
        [0.5, 0.625, 0.75, 0.875],
      ],
    });
    expect((values(y) as number[][]).flat().map((value) => value.toFixed(6))).toEqual([
      "0.200000",
      "0.200000",
      "1.000000",
      "1.000000",
    ]);
  },
);
