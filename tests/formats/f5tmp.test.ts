import * as tf from "tensorscope";
import { test } from "vitest";

test("x", async () => {
  const session = new tf.Session("", { graph: new tf.Graph() });
  try {
    const m = await tf.savedModel.load(session, ["serve"], "/tmp/f5w/tf2model");
    console.log(await tf.savedModel.runSignature(session, m, { x: [1] }));
  } catch (e) {
    console.log((e as Error).stack);
  }
  console.log(
    session.graph.operations
      .map(
        (o) =>
          o.name +
          " " +
          o.type +
          " " +
          o.inputs.map((i) => i.name) +
          " ^" +
          o.controlInputs.map((i) => i.name),
      )
      .join("\n"),
  );
});
