/** Summaries: names, tags, families, collections, merging (reference section 25). */

import * as tf from "tensorscope";
import { scenario } from "../harness.ts";

scenario("each kind of summary", (s) => {
  const x = tf.placeholder(tf.float32, [2, 4, 4, 1], { name: "x" });
  tf.summary.scalar("loss", tf.reduceMean(x));
  tf.summary.histogram("values", x);
  tf.summary.image("pictures", x, { maxOutputs: 1 });
  tf.summary.audio("sounds", tf.reshape(x, [2, 16]), 8000, { maxOutputs: 2 });
  tf.summary.text("words", tf.constant(["a", "b"]));
  tf.summary.tensorSummary("tensor", x, {
    summaryDescription: "four by four",
    displayName: "Tensor",
  });
  s.print(tf.summary.mergeAll()?.name);
});

scenario("names and tags follow the scopes", (s) => {
  const x = tf.constant(1, { name: "x" });
  tf.nameScope("train", () => {
    for (const [name, family] of [
      ["loss"],
      ["loss"],
      ["b", "f"],
      ["b", "f"],
      ["my loss"],
      ["a/b", "c/d"],
      ["/slash"],
      ["loss", "loss"],
    ] as const) {
      s.print(tf.summary.scalar(name, x, { family }).name);
    }
  });
  tf.nameScope("train", () => {
    s.print(tf.summary.scalar("loss", x).name);
  });
  tf.variableScope("train", () => {
    s.print(tf.summary.scalar("loss", x).name);
  });
  s.print(tf.summary.scalar("train", x).name);
  s.print(tf.summary.scalar("loss: 5%", x).name);
  s.print(tf.summary.histogram(null, x).name);
  s.print(tf.summary.scalar("", x).name);
});

scenario("values that are no tensors yet", (s) => {
  tf.summary.scalar("number", 1);
  tf.summary.scalar("whole", s.ints(3));
  tf.summary.histogram("list", [1, 2]);
  const v = tf.getVariable("v", [3], { initializer: tf.zerosInitializer() });
  tf.summary.histogram("variable", v);
  const rate = tf.placeholder(tf.float32, [], { name: "rate" });
  tf.summary.audio("sound", [[0, 0.5]], rate);
});

scenario("collections and merging", (s) => {
  s.print(tf.summary.mergeAll());
  const a = tf.summary.scalar("a", 1, { collections: ["mine", "yours"] });
  const b = tf.summary.scalar("b", 2);
  const c = tf.summary.histogram("scope/c", [3]);
  tf.summary.scalar("nowhere", 4, { collections: [] });
  tf.summary.merge([a, b]);
  tf.summary.merge([a, b], { collections: ["merged"], name: "named" });
  tf.summary.merge([c], { name: "with space" });
  tf.summary.merge([c], { name: "" });
  s.print(tf.summary.mergeAll()?.name);
  s.print(tf.summary.mergeAll({ key: "mine" })?.name);
  s.print(tf.summary.mergeAll({ scope: "scope/", name: "some" })?.name);
  s.print(tf.summary.mergeAll({ scope: "other/" }));
});

scenario("in the graph of the tensor", (s) => {
  const x = tf.constant(1);
  new tf.Graph().asDefault((graph) => {
    tf.summary.scalar("x", x);
    s.print(graph.getOperations().length);
  });
  tf.summary.merge([tf.getCollection(tf.GraphKeys.SUMMARIES)[0] as tf.Tensor]);
});

scenario("refused", (s) => {
  const x = tf.constant(1);
  s.error("a bool", () => tf.summary.scalar("s", true));
  s.error("a string", () => tf.summary.scalar("s", "text"));
  s.error("a list of bools", () => tf.summary.histogram("h", tf.constant([true, false])));
  s.error("an image of whole numbers", () =>
    tf.summary.image("i", tf.zeros([1, 2, 2, 1], { dtype: tf.int32 })),
  );
  s.error("text that is a number", () => tf.summary.text("t", x));
  s.error("nothing to merge", () => tf.summary.merge([]));
  s.error("merging numbers", () => tf.summary.merge([x]));
  s.error("a name that starts with an underscore", () => tf.summary.scalar("_x", x));
});

scenario("failing runs", async (s) => {
  const x = tf.placeholder(tf.float32, null, { name: "x" });
  const scalar = tf.summary.scalar("a", x);
  const histogram = tf.summary.histogram("h", x);
  const image = tf.summary.image("i", x);
  const audio = tf.summary.audio("s", x, 8000);
  const merged = tf.summary.merge([scalar, scalar]);
  await s.error("a vector", () => s.run(scalar, [[x, [1, 2]]]));
  await s.error("NaN", () => s.run(histogram, [[x, Number.NaN]]));
  await s.error("infinity", () => s.run(histogram, [[x, Number.POSITIVE_INFINITY]]));
  await s.error("no image", () => s.run(image, [[x, [1, 2]]]));
  await s.error("no sound", () => s.run(audio, [[x, 1]]));
  await s.error("the same tag twice", () => s.run(merged, [[x, 1]]));
});
