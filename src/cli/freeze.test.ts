import { describe, expect, test } from "vitest";
import { graphOf, node } from "../../tests/formats/commands.ts";
import { NDArray } from "../core/ndarray.ts";
import type { GraphDef } from "../formats/proto/index.ts";
import { freeze } from "./freeze.ts";
import { type GraphVariable, GraphView } from "./graphs.ts";

const float = { type: 1 };
const int32 = { type: 3 };
const resource = { type: 20 };

const value = (...numbers: number[]) =>
  new NDArray(Float32Array.from(numbers), [numbers.length], "float32");

function frozen(
  graph: GraphDef,
  outputs: readonly string[],
  valueOf: (variable: GraphVariable) => NDArray = () => value(1, 2),
): GraphDef {
  const missing = (name: string) => new Error(`no node ${name}`);
  return freeze(new GraphView(graph), outputs, valueOf, missing).graph;
}

/** Nodes as `name: Op(inputs)`. */
const lines = (graph: GraphDef) =>
  graph.node.map(({ name, op, input }) => `${name}: ${op}(${input.join(", ")})`);

const typeOf = (graph: GraphDef, name: string, attr: string) =>
  graph.node.find((one) => one.name === name)?.attr[attr]?.value.value;

describe("a frozen graph", () => {
  const graph = graphOf(
    node("x", "Placeholder", [], { dtype: float }),
    node("w", "VariableV2", [], { dtype: float, shape: [2] }),
    node("w/init", "Const", [], { dtype: float, value: value(0, 0) }),
    node("w/Assign", "Assign", ["w", "w/init"]),
    node("w/read", "Identity", ["w"], { T: float }),
    node("y", "Mul", ["x", "w/read"], { T: float }),
    node("loss", "Sum", ["y", "y"]),
  );

  test("has constants for variables, and only what the outputs need, in order", () => {
    expect(lines(frozen(graph, ["y"]))).toEqual([
      "x: Placeholder()",
      "w: Const()",
      "w/read: Identity(w)",
      "y: Mul(x, w/read)",
    ]);
  });

  test("asks for each variable that is needed, once", () => {
    const asked: string[] = [];
    frozen(graph, ["y:0", "x"], ({ key }) => {
      asked.push(key);
      return value(1, 2);
    });
    expect(asked).toEqual(["w"]);
  });

  test("keeps the versions of the graph", () => {
    expect(frozen(graph, ["y"]).versions?.producer).toBe(24);
  });

  test("is refused where the outputs change variables", () => {
    const training = graphOf(...graph.node, node("train", "NoOp", ["^w/Assign"]));
    expect(() => frozen(training, ["train"])).toThrow(
      "The outputs need what changes variables, or might: w/Assign (Assign).",
    );
  });

  test("is refused for an output that is not there", () => {
    expect(() => frozen(graph, ["z"])).toThrow("no node z");
  });
});

test("resource variables: what reads a handle takes the value", () => {
  const graph = graphOf(
    node("ids", "Placeholder", [], { dtype: int32 }),
    node("v", "VarHandleOp", [], { dtype: float, shape: [2] }),
    node("enter", "Enter", ["v"], { T: resource, frame_name: "loop" }),
    node("read", "ReadVariableOp", ["enter", "^ids"], { dtype: float }),
    node("rows", "ResourceGather", ["v", "ids"], { dtype: float, Tindices: int32, batch_dims: 0 }),
    node("size", "VariableShape", ["v"], { out_type: int32 }),
    node("made", "VarIsInitializedOp", ["v"]),
    node("all", "NoOp", ["^read", "^rows", "^size", "^made"]),
  );
  const result = frozen(graph, ["all"]);
  expect(lines(result)).toEqual([
    "ids: Placeholder()",
    "v: Const()",
    "enter: Enter(v)",
    "read: Identity(enter, ^ids)",
    "rows/axis: Const()",
    "rows: GatherV2(v, ids, rows/axis)",
    "size: Shape(v)",
    "made: Const()",
    "all: NoOp(^read, ^rows, ^size, ^made)",
  ]);
  expect(typeOf(result, "enter", "T")).toBe(1);
  expect(typeOf(result, "read", "T")).toBe(1);
  expect(typeOf(result, "rows", "Tparams")).toBe(1);
});

test("a handle that goes to another op is refused by the op's name", () => {
  const graph = graphOf(
    node("v", "VarHandleOp", [], { dtype: float, shape: [2] }),
    node("call", "StatefulPartitionedCall", ["v"]),
  );
  expect(() => frozen(graph, ["call"])).toThrow("call (StatefulPartitionedCall)");
});

test("ops on references become ops on values", () => {
  const graph = graphOf(
    node("p", "Placeholder", [], { dtype: { type: 10 } }),
    node("w", "Variable", [], { dtype: float, shape: [2] }),
    node("switch", "RefSwitch", ["w", "p"], { T: float }),
    node("merge", "RefMerge", ["switch", "switch:1"], { T: float, N: 2 }),
  );
  expect(frozen(graph, ["merge"]).node.map(({ op }) => op)).toEqual([
    "Placeholder",
    "Const",
    "Switch",
    "Merge",
  ]);
});
