// The text form of messages: what Python prints, and all that may be written.
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import {
  AttrValueSchema,
  CheckpointStateSchema,
  CollectionDefSchema,
  GraphDefSchema,
  NodeDefSchema,
  TensorProtoSchema,
} from "./proto/index.ts";
import { fromText, toText } from "./text.ts";

test("a node prints as Python's text_format prints it", () => {
  const node = create(NodeDefSchema, {
    name: 'a"b',
    op: "Const",
    attr: {
      value: {
        value: {
          case: "tensor",
          value: create(TensorProtoSchema, {
            dtype: 1,
            tensorShape: {},
            floatVal: [0.1, 1, 1e-5, 123456792, Number.NaN, Number.NEGATIVE_INFINITY].map(
              Math.fround,
            ),
            tensorContent: Uint8Array.from([0, 255, 65, 39, 10]),
          }),
        },
      },
      dtype: { value: { case: "type", value: 1 } },
    },
  });
  expect(toText(NodeDefSchema, node)).toBe(`name: "a\\"b"
op: "Const"
attr {
  key: "dtype"
  value {
    type: DT_FLOAT
  }
}
attr {
  key: "value"
  value {
    tensor {
      dtype: DT_FLOAT
      tensor_shape {
      }
      tensor_content: "\\000\\377A\\'\\n"
      float_val: 0.1
      float_val: 1.0
      float_val: 1e-05
      float_val: 123456790.0
      float_val: nan
      float_val: -inf
    }
  }
}
`);
});

describe("reading text", () => {
  const tensor = (text: string) => fromText(TensorProtoSchema, text);

  test("takes lists, separators, comments and either kind of bracket", () => {
    const message = fromText(
      GraphDefSchema,
      `node { name: "a" op: 'NoOp', input: ["x", "y"]; }  # a comment
       node: < name: "b" >
       versions { bad_consumers: [1, 0x10, 010] producer: -1 }`,
    );
    expect(message.node.map(({ name, input }) => [name, input])).toEqual([
      ["a", ["x", "y"]],
      ["b", []],
    ]);
    expect(message.versions).toMatchObject({ badConsumers: [1, 16, 8], producer: -1 });
  });

  test("takes numbers in every form", () => {
    const { floatVal, doubleVal } = tensor(
      "float_val: [1, -2.5, .5, 3f, 1.5e3F, inf, -inf, nan, -Infinity] double_val: 1e300",
    );
    const inf = Number.POSITIVE_INFINITY;
    expect(floatVal).toEqual([1, -2.5, 0.5, 3, 1500, inf, -inf, Number.NaN, -inf]);
    expect(doubleVal).toEqual([1e300]);
    expect(tensor("int64_val: [-9223372036854775808, 9223372036854775807]").int64Val).toEqual([
      -(2n ** 63n),
      2n ** 63n - 1n,
    ]);
  });

  test("takes truth values and names of enums, or their numbers", () => {
    const { boolVal, dtype } = tensor("bool_val: [true, false, t, 0, True] dtype: DT_HALF");
    expect(boolVal).toEqual([true, false, true, false, true]);
    expect(dtype).toBe(19);
    expect(tensor("dtype: 77").dtype).toBe(77);
  });

  test("takes strings in pieces, with escapes", () => {
    const { stringVal } = tensor(String.raw`string_val: "a\n\x41\101\377" 'b"' "é\u00e9"`);
    expect(Buffer.from(stringVal[0] as Uint8Array).toString("latin1")).toBe(
      'a\nAA\xffb"\xc3\xa9\xc3\xa9',
    );
  });

  test("takes entries of maps and the last of several values", () => {
    const { attr } = fromText(
      NodeDefSchema,
      'attr { key: "T" value { type: DT_INT32 } } attr { value { i: 3 } key: "n" } attr { key: "e" }',
    );
    expect(attr.T?.value).toEqual({ case: "type", value: 3 });
    expect(attr.n?.value).toEqual({ case: "i", value: 3n });
    expect(attr.e?.value.case).toBeUndefined();
  });

  test("takes what google.protobuf.Any holds, spelt out", () => {
    const text = `any_list {
  value {
    [type.googleapis.com/tensorflow.NodeDef] {
      name: "inner"
    }
  }
}
`;
    expect(toText(CollectionDefSchema, fromText(CollectionDefSchema, text))).toBe(text);
  });

  test("reads the state file of checkpoints", () => {
    const state = fromText(
      CheckpointStateSchema,
      'model_checkpoint_path: "m-2"\nall_model_checkpoint_paths: "m-1"\nall_model_checkpoint_paths: "m-2"\n',
    );
    expect(state.allModelCheckpointPaths).toEqual(["m-1", "m-2"]);
  });

  const failures: readonly [text: string, message: string][] = [
    [
      'nod { name: "a" }',
      'graph.pbtxt: line 1: GraphDef has no field "nod" (at byte 0, in GraphDef)',
    ],
    [
      "node {\n  name: 5\n}",
      'graph.pbtxt: line 2: expected a string, found "5" (at byte 15, in GraphDef.node.name)',
    ],
    ["node {", 'graph.pbtxt: line 1: the text ends before "}" (at byte 6, in GraphDef.node)'],
    [
      'node { name: "a }',
      "graph.pbtxt: line 1: a string that does not end on its line (at byte 13, in GraphDef.node.name)",
    ],
    [
      "versions { producer: 3000000000 }",
      "graph.pbtxt: line 1: 3000000000 is not between -2147483648 and 2147483647 (at byte 21, in GraphDef.versions.producer)",
    ],
    [
      "versions { producer: [1] }",
      "graph.pbtxt: line 1: a list where one value belongs (at byte 21, in GraphDef.versions.producer)",
    ],
  ];
  test.each(failures)("%j is refused with its line, byte and field", (text, message) => {
    expect(() => fromText(GraphDefSchema, text, { file: "graph.pbtxt" })).toThrow(message);
  });

  test("unknown values of enums are refused by name", () => {
    expect(() => fromText(AttrValueSchema, "type: DT_FLOTA")).toThrow(
      'DataType has no value "DT_FLOTA"',
    );
  });
});
