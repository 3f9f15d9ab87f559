import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import * as tf from "../index.ts";
import { inlineCalls } from "./inline-calls.ts";
import { type GraphDef, GraphDefSchema } from "./proto/index.ts";
import { fromText } from "./text.ts";

const placeholder = `node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }`;

/** Calls `f` as node `call`, with x; `f` has a parameter T. */
function callOf(nodes: string, rest = ""): GraphDef {
  return fromText(
    GraphDefSchema,
    `${placeholder}
    node { name: "before" op: "NoOp" }
    node {
      name: "call" op: "PartitionedCall" input: "x" input: "^before"
      attr { key: "f" value { func { name: "f" attr { key: "T" value { type: DT_FLOAT } } } } }
      attr { key: "Tin" value { list { type: DT_FLOAT } } }
      attr { key: "Tout" value { list { type: DT_FLOAT type: DT_INT32 } } }
    }
    library { function {
      signature {
        name: "f"
        input_arg { name: "a" type_attr: "T" }
        output_arg { name: "least" type_attr: "T" }
        output_arg { name: "where" type: DT_INT32 }
      }
      ${nodes}
      ret { key: "least" value: "twice:z:0" }
      ret { key: "where" value: "top:indices:0" }
      control_ret { key: "told" value: "note" }
    } ${rest} }`,
  );
}

const body = `
  node_def { name: "note" op: "NoOp" }
  node_def { name: "k" op: "Const"
    attr { key: "dtype" value { type: DT_INT32 } }
    attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 1 } } } }
  node_def { name: "twice" op: "Add" input: "a" input: "a" input: "^note"
    attr { key: "T" value { placeholder: "T" } } }
  node_def { name: "top" op: "TopKV2" input: "twice:z:0" input: "k:output:0"
    attr { key: "T" value { placeholder: "T" } } attr { key: "sorted" value { b: true } } }`;

test("a call becomes the nodes of its function and an IdentityN of the results", async () => {
  const graphDef = inlineCalls(callOf(body));
  expect(graphDef.node.map(({ name, op, input }) => `${name} ${op}(${input.join(", ")})`)).toEqual([
    "x Placeholder()",
    "before NoOp()",
    "call/note NoOp(^before)",
    "call/k Const(^before)",
    "call/twice Add(x, x, ^call/note, ^before)",
    "call/top TopKV2(call/twice, call/k, ^before)",
    "call IdentityN(call/twice, call/top:1, ^call/note, ^before)",
  ]);
  using graph = new tf.Graph().asDefault();
  tf.importGraphDef(graphDef, { name: "" });
  using session = tf.session();
  const [twice, where] = await session.run(["call:0", "call:1"], { "x:0": [3, 7, 5] });
  expect([(twice as tf.NDArray).toArray(), (where as tf.NDArray).toArray()]).toEqual([
    [6, 14, 10],
    [1],
  ]);
  expect(graph.getOperationByName("call/twice").type).toBe("Add");
});

test("a graph without calls stays the same object", () => {
  const graph = create(GraphDefSchema);
  expect(inlineCalls(graph)).toBe(graph);
});

test("functions that call themselves are refused", () => {
  const again = `node_def { name: "again" op: "f" input: "a" }`;
  expect(() => inlineCalls(callOf(again.repeat(1) + body))).toThrow(
    "functions that call each other without end (in call/again/again",
  );
  const twice = `${again} node_def { name: "more" op: "f" input: "a" }`;
  expect(() => inlineCalls(callOf(twice + body))).toThrow("functions that call each other");
});

test("what a function reads and does not have is named, and so is a call that does not fit", () => {
  const missing = body.replace(`input: "twice:z:0"`, `input: "gone:z:0"`);
  expect(() => inlineCalls(callOf(missing))).toThrow(
    "f reads 'gone:z:0', which it does not have (in call)",
  );
  const graph = callOf(body);
  graph.node[2]?.input.unshift("x");
  expect(() => inlineCalls(graph)).toThrow("a call of f with 2 inputs; it takes 1 (in call)");
});
