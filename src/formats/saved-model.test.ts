import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as tf from "../index.ts";
import { MemoryFileSystem, setFileSystem } from "./files.ts";
import { SignatureDefSchema } from "./proto/index.ts";

let files: MemoryFileSystem;
beforeEach(() => {
  files = new MemoryFileSystem([["data/vocab.txt", new TextEncoder().encode("a\nb\n")]]);
  setFileSystem(files);
  tf.resetDefaultGraph();
});
afterEach(() => void setFileSystem(null));

const values = (value: unknown): unknown => (value as tf.NDArray).toArray();
const newSession = (): tf.Session => new tf.Session("", { graph: new tf.Graph() });

/** y = w * x + b, with the path of an asset in a variable. */
function linear() {
  const x = tf.placeholder(tf.float32, [null], { name: "x" });
  const w = tf.getVariable("w", [], { initializer: tf.constantInitializer(2) });
  const b = tf.getVariable("b", [], { initializer: tf.constantInitializer(1) });
  const y = tf.add(w.mul(x), b, { name: "y" });
  const path = tf.constant("data/vocab.txt", { name: "path" });
  const place = tf.getVariable("place", [], {
    dtype: tf.string,
    initializer: tf.constantInitializer("?"),
    trainable: false,
  });
  const mainOp = tf.assign(place, path, { name: "find" }).op;
  return { x, y, w, path, mainOp };
}

async function startedSession(): Promise<tf.Session> {
  const init = tf.globalVariablesInitializer();
  const session = new tf.Session();
  await session.run(init);
  return session;
}

describe("simpleSave and load", () => {
  test("a model comes back with its variables, signature, asset and main op", async () => {
    const { x, y, path, mainOp } = linear();
    tf.addToCollection(tf.GraphKeys.ASSET_FILEPATHS, path);
    const session = await startedSession();
    await tf.savedModel.simpleSave(session, "export/1", { x }, { y }, { legacyInitOp: mainOp });
    expect(files.list("export/1")).toEqual(["assets", "saved_model.pb", "variables"]);
    expect(files.list("export/1/variables")).toEqual([
      "variables.data-00000-of-00001",
      "variables.index",
    ]);
    expect(tf.savedModel.maybeSavedModelDirectory("export/1")).toBe(true);

    const loaded = newSession();
    const model = await tf.savedModel.load(loaded, ["serve"], "export/1");
    const outputs = await tf.savedModel.runSignature(loaded, model, { x: [1, 2] });
    expect(values(outputs.y)).toEqual([3, 5]);
    expect(values(await loaded.run("place:0"))).toBe("export/1/assets/vocab.txt");
    expect(tf.savedModel.assetsOf(model)).toEqual([
      { tensorName: "path:0", filename: "vocab.txt" },
    ]);
  });

  test("importScope puts everything below a scope, and the signature is found there", async () => {
    const { x, y, path, mainOp } = linear();
    tf.addToCollection(tf.GraphKeys.ASSET_FILEPATHS, path);
    const session = await startedSession();
    await tf.savedModel.simpleSave(session, "export", { x }, { y }, { legacyInitOp: mainOp });
    const loaded = newSession();
    const importScope = "tower";
    const model = await tf.savedModel.loader.load(loaded, ["serve"], "export", { importScope });
    expect(loaded.graph.operations.every(({ name }) => name.startsWith("tower/"))).toBe(true);
    const { y: got } = await tf.savedModel.runSignature(loaded, model, { x: [1] }, { importScope });
    expect(values(got)).toEqual([3]);
    expect(values(await loaded.run("tower/place:0"))).toBe("export/assets/vocab.txt");
  });

  test("a graph without variables is saved and loaded without a checkpoint", async () => {
    const x = tf.placeholder(tf.float32, [], { name: "x" });
    const y = tf.square(x, { name: "y" });
    await tf.savedModel.simpleSave(new tf.Session(), "export", { x }, { y });
    const loaded = newSession();
    const model = await tf.savedModel.load(loaded, ["serve"], "export");
    expect(values((await tf.savedModel.runSignature(loaded, model, { x: 3 })).y)).toBe(9);
  });

  test("tags must be exactly those of a graph", async () => {
    const { x, y } = linear();
    await tf.savedModel.simpleSave(await startedSession(), "export", { x }, { y });
    await expect(tf.savedModel.load(newSession(), ["train"], "export")).rejects.toThrow(
      "MetaGraphDef associated with tags 'train' could not be found in SavedModel, with available tags '[{'serve'}]'.",
    );
  });

  test("a folder without a model is named", async () => {
    expect(tf.savedModel.maybeSavedModelDirectory("data")).toBe(false);
    await expect(tf.savedModel.load(newSession(), ["serve"], "data")).rejects.toThrow(
      "SavedModel file does not exist at: data/{saved_model.pbtxt|saved_model.pb}",
    );
  });

  test("a damaged file is named, with the byte and the field", () => {
    files.write("data/saved_model.pb", new Uint8Array([8, 1, 18, 200, 1]));
    expect(() => tf.savedModel.readSavedModel("data")).toThrow(
      "data/saved_model.pb: not a valid SavedModel: the field has 200 bytes, but only 0 are left (at byte 2, in SavedModel.meta_graphs)",
    );
  });
});

describe("Builder", () => {
  test("several graphs share the variables of the first; text is read back", async () => {
    const { x, y } = linear();
    const session = await startedSession();
    const builder = new tf.savedModel.Builder("export");
    await builder.addMetaGraphAndVariables(session, ["serve"], {
      signatureDefMap: { run: tf.savedModel.predictSignatureDef({ x }, { y }) },
    });
    const other = new tf.Graph();
    other.asDefault(() => {
      const w = tf.getVariable("w", []);
      const z = w.neg();
      const signature = tf.savedModel.predictSignatureDef({ unused: w }, { z });
      builder.addMetaGraph(["serve", "gpu"], { signatureDefMap: { run: signature } });
    });
    expect(builder.save({ asText: true })).toBe("export/saved_model.pbtxt");
    const loaded = newSession();
    const model = await tf.savedModel.load(loaded, ["gpu", "serve"], "export");
    const [z] = Object.values(model.signatureDef.run?.outputs ?? {});
    const name = z?.encoding.value as string;
    expect(values(await loaded.run(name))).toBe(-2);
    const first = await tf.savedModel.load(newSession(), ["serve"], "export");
    expect(Object.keys(first.signatureDef)).toEqual(["run"]);
  });

  test("a folder in use is refused", () => {
    expect(() => new tf.savedModel.Builder("data")).toThrow(
      "Export directory data already exists, and isn't empty. Please choose a different export directory",
    );
  });

  test("variables come first, and once", async () => {
    linear();
    const session = await startedSession();
    const builder = new tf.savedModel.Builder("export");
    expect(() => builder.addMetaGraph(["serve"])).toThrow(
      "Graph state including variables and assets has not been saved yet.",
    );
    await builder.addMetaGraphAndVariables(session, ["serve"]);
    await expect(builder.addMetaGraphAndVariables(session, ["serve"])).rejects.toThrow(
      "Graph state including variables and assets has already been saved.",
    );
  });

  test("assets of one name and different content get a number", async () => {
    files.makeFolder("more");
    files.write("more/vocab.txt", new TextEncoder().encode("c\n"));
    const paths = ["data/vocab.txt", "more/vocab.txt", "data/vocab.txt"];
    const builder = new tf.savedModel.Builder("export");
    await builder.addMetaGraphAndVariables(new tf.Session(), ["serve"], {
      assetsCollection: paths.map((path) => tf.constant(path)),
    });
    builder.save();
    expect(files.list("export/assets")).toEqual(["vocab.txt", "vocab.txt_1"]);
    const [graph] = tf.savedModel.readSavedModel("export").metaGraphs;
    expect(graph && tf.savedModel.assetsOf(graph).map(({ filename }) => filename)).toEqual([
      "vocab.txt",
      "vocab.txt_1",
      "vocab.txt",
    ]);
  });

  test("assets are scalar string constants, and there is one main op", async () => {
    const builder = new tf.savedModel.Builder("export");
    const { x, mainOp } = linear();
    const session = await startedSession();
    const add = (options: tf.savedModel.AddMetaGraphOptions) =>
      builder.addMetaGraphAndVariables(session, ["serve"], options);
    await expect(add({ assetsCollection: [x] })).rejects.toThrow(
      "must be of type constant.Has type Placeholder instead.",
    );
    await expect(add({ assetsCollection: [tf.constant(1)] })).rejects.toThrow(
      "must be of dtype string.Has type",
    );
    await expect(add({ assetsCollection: ["data/vocab.txt"] })).rejects.toThrow(
      "Asset path tensor data/vocab.txt must be a Tensor.",
    );
    tf.addToCollection("legacy_init_op", mainOp);
    await expect(add({ mainOp })).rejects.toThrow(
      "Graph already contains one or more main ops under the collection legacy_init_op.",
    );
  });

  test("signatures that nobody could run are refused", async () => {
    const { x, y } = linear();
    const session = await startedSession();
    const builder = new tf.savedModel.Builder("export");
    const add = (name: string, signature: ReturnType<typeof tf.savedModel.predictSignatureDef>) =>
      builder.addMetaGraphAndVariables(session, ["serve"], {
        signatureDefMap: { [name]: signature },
      });
    const good = tf.savedModel.predictSignatureDef({ x }, { y });
    await expect(add("__saved_model_init_op", good)).rejects.toThrow(
      'SignatureDef map key "__saved_model_init_op" is reserved for initialization.',
    );
    const bad = tf.savedModel.predictSignatureDef({ x }, { y });
    (bad.inputs.x as { dtype: number }).dtype = 0;
    await expect(add("run", bad)).rejects.toThrow("must have the dtype field set.");
  });
});

describe("runSignature", () => {
  test("says which inputs and signatures there are", async () => {
    const { x, y } = linear();
    await tf.savedModel.simpleSave(await startedSession(), "export", { x }, { y });
    const session = newSession();
    const model = await tf.savedModel.load(session, ["serve"], "export");
    const { runSignature } = tf.savedModel;
    await expect(runSignature(session, model, {})).rejects.toThrow(
      "Signature 'serving_default' needs an input 'x'; given are none.",
    );
    await expect(runSignature(session, model, { x: [1], z: 1 })).rejects.toThrow(
      "Signature 'serving_default' has no inputs 'z'; it has 'x'.",
    );
    await expect(runSignature(session, model, {}, { signature: "other" })).rejects.toThrow(
      "The model has no signature 'other'; it has 'serving_default'.",
    );
  });

  test("an input with a default may be left out", async () => {
    const { x, y } = linear();
    const session = await startedSession();
    const { buildSignatureDef, buildTensorInfo, Builder } = tf.savedModel;
    const signature = buildSignatureDef({
      inputs: { x: buildTensorInfo(x) },
      outputs: { y: buildTensorInfo(y) },
      methodName: tf.savedModel.signatureConstants.PREDICT_METHOD_NAME,
      defaults: { x: tf.constant([10, 20]) },
    });
    const builder = new Builder("export");
    await builder.addMetaGraphAndVariables(session, ["serve"], { signatureDefMap: { signature } });
    builder.save();
    const loaded = newSession();
    const model = await tf.savedModel.load(loaded, ["serve"], "export");
    const outputs = await tf.savedModel.runSignature(loaded, model, {});
    expect(values(outputs.y)).toEqual([21, 41]);
    expect(() => buildSignatureDef({ defaults: { x } })).toThrow("Unable to convert object");
  });
});

describe("signatures", () => {
  const text = () => tf.placeholder(tf.string, [null], { name: "examples" });
  const number = () => tf.placeholder(tf.float32, [null, 2], { name: "numbers" });

  test("are of the kinds that TensorFlow Serving serves", () => {
    const { classificationSignatureDef, isValidSignature, regressionSignatureDef } = tf.savedModel;
    const [examples, scores] = [text(), number()];
    expect(isValidSignature(regressionSignatureDef(examples, scores))).toBe(true);
    const both = classificationSignatureDef(examples, text(), scores);
    expect(Object.keys(both.outputs)).toEqual(["classes", "scores"]);
    expect(both.methodName).toBe("tensorflow/serving/classify");
    expect(isValidSignature(both)).toBe(true);
    expect(isValidSignature(tf.savedModel.predictSignatureDef({ examples }, { scores }))).toBe(
      true,
    );
    expect(isValidSignature(create(SignatureDefSchema))).toBe(false);
    expect(isValidSignature(null)).toBe(false);
  });

  test("refuse tensors of the wrong type", () => {
    const { classificationSignatureDef, predictSignatureDef, regressionSignatureDef } =
      tf.savedModel;
    const [examples, scores] = [text(), number()];
    expect(() => regressionSignatureDef(scores, scores)).toThrow(
      "Regression input tensors must be of type string. Found tensors with type float32.",
    );
    expect(() => regressionSignatureDef(examples, examples)).toThrow(
      "Regression output tensors must be of type float. Found tensors with type string.",
    );
    expect(() => classificationSignatureDef(examples, null, null)).toThrow(
      "Classification `classes` and `scores` cannot both be None.",
    );
    expect(() => classificationSignatureDef(examples, scores, null)).toThrow(
      "Classification classes must be of type string Tensor. Found tensors of type float32.",
    );
    expect(() => classificationSignatureDef(examples, null, examples)).toThrow(
      "Classification scores must be a float Tensor.",
    );
    expect(() => predictSignatureDef({}, { scores })).toThrow(
      "Prediction `inputs` cannot be None or empty.",
    );
  });

  test("find their tensors again", () => {
    const tensor = number();
    const info = tf.savedModel.buildTensorInfo(tensor);
    expect(tf.savedModel.getTensorFromTensorInfo(info)).toBe(tensor);
    expect(info.tensorShape?.dim.map(({ size }) => size)).toEqual([-1n, 2n]);
  });
});
