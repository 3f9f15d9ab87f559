// Summary operations against what TensorFlow's gave (tests/formats/record_summaries.py), and tf.summary's functions.
import { create } from "@bufbuild/protobuf";
import { decode as decodePng } from "fast-png";
import * as tf from "tensorscope";
import { describe, expect, test } from "vitest";
import recordings from "../../tests/formats/recordings/summaries.json" with { type: "json" };
import type { Scalar } from "../core/dtypes.ts";
import { fromScalars } from "../core/ndarray.ts";
import { createOp } from "../ops/create.ts";
import { type AttrSpecs, opDef, type TypedOpDef } from "../ops/define.ts";
import * as summary from "../summary.ts";
import { decode } from "./proto/codec.ts";
import { type Summary, SummaryMetadataSchema, SummarySchema } from "./proto/gen/event.ts";

interface ArrayRecord {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly (string | number)[];
}
interface Recording {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly ArrayRecord[];
  readonly attrs?: Readonly<Record<string, number | ArrayRecord>>;
  readonly summary?: string;
  readonly images?: readonly object[];
  readonly error?: string;
}

function arrayOf({ dtype, shape, data }: ArrayRecord): tf.NDArray {
  const type = tf.asDType(dtype);
  const elements = data.map((element): Scalar => {
    if (type === tf.string) return Uint8Array.from(element as string, (c) => c.charCodeAt(0));
    if (type === tf.bool) return element === "True" || element === "1";
    if (type.baseName === "int64") return BigInt(element);
    return Number(String(element).replace("inf", "Infinity"));
  });
  return fromScalars(elements, shape, type);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function run({ op, inputs, attrs = {} }: Recording): Uint8Array {
  return new tf.Graph().asDefault(() => {
    const arrays = inputs.map((input) => tf.constant(arrayOf(input)));
    const given = Object.entries(attrs).map(([key, value]) => [
      key,
      typeof value === "number" ? value : arrayOf(value),
    ]);
    const def = opDef(op) as TypedOpDef<AttrSpecs>;
    const args = op === "MergeSummary" ? [arrays] : arrays;
    const node = createOp(def, args, Object.fromEntries(given) as never, "node");
    return new tf.Session().runSync(node.output).item() as Uint8Array;
  });
}

describe("a summary operation gives TensorFlow's bytes, pixels or error", () => {
  test.each(recordings as unknown as Recording[])("$name", (recording) => {
    if (recording.error !== undefined) {
      const failed = expect(() => run(recording));
      failed.toThrow(tf.errors.InvalidArgumentError);
      expect(() => run(recording)).toThrow(recording.error);
    } else if (recording.images) {
      const { value } = decode(SummarySchema, run(recording));
      const images = value.map(({ tag, value: { value } }) => {
        const image = value as { height: number; width: number; colorspace: number };
        const { height, width, colorspace } = image;
        const png = decodePng((value as { encodedImageString: Uint8Array }).encodedImageString);
        return { tag, height, width, colorspace, pixels: hex(Uint8Array.from(png.data)) };
      });
      expect(images).toEqual(recording.images);
    } else expect(hex(run(recording))).toBe(recording.summary);
  });
});

const valuesOf = (fetched: tf.NDArray): Summary["value"] =>
  decode(SummarySchema, fetched.item() as Uint8Array).value;

describe("tf.summary", () => {
  test("mergeAll takes the summaries of the default graph, or those of one scope", () => {
    new tf.Graph().asDefault(() => {
      expect(summary.mergeAll()).toBeNull();
      tf.nameScope("train", () => {
        summary.scalar("loss", 1);
        summary.scalar("loss", 2);
        summary.scalar("rate", 3, { family: "optimizer" });
      });
      summary.scalar("kept apart", 4, { collections: ["mine"] });
      const all = summary.mergeAll() as tf.Tensor;
      const train = summary.mergeAll({ scope: "train/loss" }) as tf.Tensor;
      const mine = summary.mergeAll({ key: "mine", name: "mine" }) as tf.Tensor;
      const sess = new tf.Session();
      const tags = (tensor: tf.Tensor) =>
        valuesOf(sess.runSync(tensor)).map(({ tag, value }) => [tag, value.value]);
      expect(tags(all)).toEqual([
        ["train/loss", 1],
        ["train/loss_1", 2],
        ["optimizer/train/optimizer/rate", 3],
      ]);
      expect(tags(train)).toEqual([
        ["train/loss", 1],
        ["train/loss_1", 2],
      ]);
      expect(tags(mine)).toEqual([["kept_apart", 4]]);
      expect([all.name, train.name, mine.name]).toEqual([
        "Merge/MergeSummary:0",
        "Merge_1/MergeSummary:0",
        "mine/mine:0",
      ]);
    });
  });

  test("characters that no node may have are replaced, with a warning", () => {
    const warnings: string[] = [];
    const former = tf.setWarningHandler((line) => warnings.push(line));
    try {
      new tf.Graph().asDefault(() => {
        expect(summary.scalar("//my loss: 5%", 1).name).toBe("my_loss__5_:0");
        expect(summary.scalar("plain/name-1.5", 1).name).toBe("plain/name-1.5:0");
        expect(summary.merge([summary.scalar("x", 1)], { name: "a b" }).name).toBe("a_b/a_b:0");
      });
    } finally {
      tf.setWarningHandler(former);
    }
    expect(warnings).toEqual([
      "Summary name //my loss: 5% is illegal; using my_loss__5_ instead.",
      "Summary name a b is illegal; using a_b instead.",
    ]);
  });

  test("a name that no scope may have is refused", () => {
    new tf.Graph().asDefault(() => {
      expect(() => summary.scalar("_x", 1)).toThrow("'_x' is not a valid");
      expect(() => summary.scalar("x/", 1) && summary.scalar("x/", 1)).toThrow(
        "Duplicate node name in graph: 'x'",
      );
    });
  });

  test("wrong types and numbers are refused when the graph is built", () => {
    new tf.Graph().asDefault(() => {
      expect(() => summary.scalar("a", true)).toThrow(
        "Value passed to parameter 'values' has DataType bool not in list of allowed values: float32, float64, int32",
      );
      expect(() => summary.text("t", tf.constant(1, { name: "one" }))).toThrow(
        "Expected tensor one:0 to have dtype string, got <dtype: 'float32'>",
      );
      expect(() => summary.image("i", tf.zeros([1, 2, 2, 1]), { maxOutputs: 0 })).toThrow(
        "Attr 'max_images' of 'ImageSummary' Op passed 0 less than minimum 1.",
      );
      expect(() => summary.audio("i", tf.zeros([1, 2]), 8000, { maxOutputs: 0 })).toThrow(
        "Attr 'max_outputs' of 'AudioSummaryV2' Op passed 0 less than minimum 1.",
      );
      expect(() => summary.merge([])).toThrow(
        "List argument 'inputs' to 'MergeSummary' Op with length 0 shorter than minimum length 1.",
      );
    });
  });

  test("an error of a run names the node and the line that made it", () => {
    new tf.Graph().asDefault(() => {
      const weights = summary.histogram("weights", tf.log([-1, 1]));
      expect(() => new tf.Session().runSync(weights)).toThrow(
        /Nan in summary histogram for: weights\n\t \[\[\{\{node weights\}\}\]\]\n.*summaries\.test\.ts/,
      );
    });
  });

  test("the summary is in the graph of its tensor", () => {
    const graph = new tf.Graph();
    const x = graph.asDefault(() => tf.constant(1));
    const made = summary.scalar("x", x);
    expect(made.graph).toBe(graph);
    expect(graph.getCollection(tf.GraphKeys.SUMMARIES)).toEqual([made]);
  });

  test("text and tensor summaries carry metadata for their plugin", () => {
    new tf.Graph().asDefault(() => {
      const pluginData = { pluginName: "mine", content: Uint8Array.of(1, 2) };
      const made = summary.merge([
        summary.text("words", ["a", "b"]),
        summary.tensorSummary("numbers", tf.constant([1, 2], { dtype: tf.int32 }), {
          summaryMetadata: create(SummaryMetadataSchema, { pluginData, displayName: "replaced" }),
          displayName: "Numbers",
          summaryDescription: "two of them",
        }),
      ]);
      const [words, numbers] = valuesOf(new tf.Session().runSync(made));
      expect(words?.metadata?.pluginData?.pluginName).toBe("text");
      expect(numbers?.metadata).toMatchObject({
        pluginData,
        displayName: "Numbers",
        summaryDescription: "two of them",
      });
      expect(numbers?.value.value).toMatchObject({
        dtype: tf.int32.enum,
        tensorContent: Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0),
      });
    });
  });
});
