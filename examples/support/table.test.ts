// The table of who shares which variables.
import * as tf from "tensorscope";
import { expect, test } from "vitest";
import { variableTable } from "./table.ts";

test("the table names each variable's readers in the model and adds up what optimizers own", () => {
  using _graph = new tf.Graph().asDefault();
  const input = tf.placeholder(tf.float32, [2, 3]);
  const layer = () => tf.matmul(input, tf.getVariable("w", [3, 4]));
  const outputs = tf.variableScope("layer", (scope) => {
    const first = layer();
    scope.reuseVariables();
    return [first, tf.nameScope("again", layer)] as const;
  });
  tf.getVariable("unused", []);
  const adam = new tf.train.AdamOptimizer();
  adam.minimize(tf.reduceSum(outputs[0].add(outputs[1])), {
    varList: tf.trainableVariables("layer"),
  });

  expect(variableTable([adam]).split("\n")).toEqual([
    "variable             shape   parameters  read by",
    "layer/w              3x4             12  layer, layer/again",
    "unused               scalar           1  -",
    "all of the model                     13",
    "4 variables of Adam                  26  its updates",
  ]);
});
