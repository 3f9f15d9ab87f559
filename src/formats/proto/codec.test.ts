// Decoding, encoding, and what damaged bytes say of themselves.
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { FormatError } from "../errors.ts";
import {
  decode,
  encode,
  encodeSorted,
  GraphDefSchema,
  MetaGraphDefSchema,
  NodeDefSchema,
  TensorProtoSchema,
} from "./index.ts";

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function failureOf(run: () => unknown): FormatError {
  try {
    run();
  } catch (error) {
    return error as FormatError;
  }
  throw new Error("nothing was thrown");
}

const node = create(NodeDefSchema, { name: "a", op: "NoOp", input: ["x", "^y"] });
const graph = create(GraphDefSchema, { node: [node, node], versions: { producer: 7 } });

test("a message survives encoding", () => {
  expect(decode(GraphDefSchema, encode(GraphDefSchema, graph))).toEqual(graph);
});

test("fields that are not known are kept", () => {
  // Field 99 with a number and field 98 with bytes, after the name.
  const bytes = bytesOf(`0a0161${"9806"}05${"9206"}03010203`);
  expect(hexOf(encode(NodeDefSchema, decode(NodeDefSchema, bytes)))).toBe(hexOf(bytes));
});

test("packed and unpacked numbers are both read", () => {
  const packed = decode(TensorProtoSchema, bytesOf("08033a03010203"));
  const unpacked = decode(TensorProtoSchema, bytesOf("08033a01013802380338".replace(/38$/, "")));
  expect(packed.intVal).toEqual([1, 2, 3]);
  expect(unpacked.intVal).toEqual([1, 2, 3]);
});

test("map entries keep their order, or are sorted by key", () => {
  const message = create(NodeDefSchema, { attr: { b: {}, a: {}, "a/b": {} } });
  const keys = (bytes: Uint8Array) => Object.keys(decode(NodeDefSchema, bytes).attr);
  expect(keys(encode(NodeDefSchema, message))).toEqual(["b", "a", "a/b"]);
  expect(keys(encodeSorted(NodeDefSchema, message))).toEqual(["a", "a/b", "b"]);
});

describe("damaged bytes", () => {
  const whole = encode(GraphDefSchema, graph);

  test("that end too early name the file, the byte and the field", () => {
    const error = failureOf(() =>
      decode(GraphDefSchema, whole.subarray(0, 12), { file: "graph.pb" }),
    );
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toBe(
      "graph.pb: not a valid GraphDef: the field has 16 bytes, but only 10 are left (at byte 0, in GraphDef.node)",
    );
  });

  test("name the field inside of other messages", () => {
    const bytes = whole.slice();
    // The length of the op's name.
    bytes[6] = 0x7f;
    const error = failureOf(() => decode(GraphDefSchema, bytes, { file: "graph.pb" }));
    expect(error.message).toBe(
      "graph.pb: not a valid GraphDef: the field has 127 bytes, but only 11 are left (at byte 5, in GraphDef.node.op)",
    );
    expect(error).toMatchObject({ file: "graph.pb", offset: 5, field: "GraphDef.node.op" });
  });

  test("count from where the message begins in its file", () => {
    const error = failureOf(() =>
      decode(GraphDefSchema, whole.subarray(0, 12), { file: "events", offset: 100 }),
    );
    expect(error.offset).toBe(100);
  });

  test("that are no text are no text", () => {
    const error = failureOf(() => decode(NodeDefSchema, bytesOf("0a02ff41")));
    expect(error.message).toContain("the text is not UTF-8 (at byte 2, in NodeDef.name)");
  });

  test("with messages nested without end are refused", () => {
    const wrap = (tag: number, inner: readonly number[]): number[] => {
      const size = inner.length;
      return [tag, ...(size < 128 ? [size] : [(size & 127) | 128, size >> 7]), ...inner];
    };
    let args: number[] = [];
    for (let i = 0; i < 120; i++) args = wrap(0x12, args);
    const bytes = Uint8Array.from(wrap(0x3a, args));
    const error = failureOf(() => decode(NodeDefSchema, bytes));
    expect(error.message).toMatch(
      /^not a valid NodeDef: messages are nested more than 100 deep \(at byte \d+, in NodeDef\.experimental_type\.args/,
    );
    expect(error).toBeInstanceOf(FormatError);
  });

  test("of a length that a number cannot hold are refused", () => {
    const error = failureOf(() => decode(MetaGraphDefSchema, bytesOf("12ffffffffffffffffff01")));
    expect(error.message).toContain("but only 0 are left (at byte 0, in MetaGraphDef.graph_def)");
  });
});
