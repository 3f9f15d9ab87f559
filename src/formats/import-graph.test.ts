// Importing GraphDefs: names, devices, colocation, defaults, loops, unknown ops, and TensorFlow's words for failures.
import { create } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, test } from "vitest";
import { UnimplementedError, ValueError } from "../core/errors.ts";
import * as tf from "../index.ts";
import { graphDefOf } from "./graph-def.ts";
import { type ImportOptions, importGraphDef } from "./import-graph.ts";
import { type GraphDef, GraphDefSchema, type NodeDef, OpListSchema } from "./proto/index.ts";
import { fromText } from "./text.ts";

const graphDef = (text: string): GraphDef => fromText(GraphDefSchema, text);

const type = (name: string, value: string) => `attr { key: "${name}" value { type: ${value} } }`;
const node = (name: string, op: string, inputs: readonly string[] = [], rest = ""): string =>
  `node { name: "${name}" op: "${op}" ${inputs.map((input) => `input: "${input}"`).join(" ")} ${rest} }`;
const float = type("T", "DT_FLOAT");
const A = node("A", "Placeholder", [], type("dtype", "DT_FLOAT"));
const B = node("B", "Identity", ["A"], float);
const colocated = (name: string) => `attr { key: "_class" value { list { s: "loc:@${name}" } } }`;

let graph: tf.Graph;
beforeEach(() => {
  graph = new tf.Graph();
});
const load = (text: string, options?: ImportOptions): void => {
  graph.asDefault(() => {
    importGraphDef(graphDef(text), options);
  });
};
const names = (): string[] => graph.getOperations().map((op) => op.name);

describe("names", () => {
  test("get the prefix import/", () => {
    load(A + B);
    expect(names()).toEqual(["import/A", "import/B"]);
    expect(graph.getOperationByName("import/B").inputs[0]?.name).toBe("import/A:0");
  });
  test("get another prefix when import is a scope already", () => {
    graph.asDefault(() => tf.nameScope("import", () => tf.noOp()));
    load(A);
    expect(names()).toEqual(["import/NoOp", "import_1/A"]);
  });
  test("go into an existing scope when its slash is given", () => {
    graph.asDefault(() => tf.nameScope("import", () => tf.noOp()));
    load(A, { name: "import/" });
    expect(names()).toEqual(["import/NoOp", "import/A"]);
  });
  test("are made unique one by one without a prefix", () => {
    graph.asDefault(() => tf.placeholder(tf.float32, null, { name: "A" }));
    load(A + node("B", "Identity", ["A"], float + colocated("A")), { name: "" });
    expect(names()).toEqual(["A", "A_1", "B"]);
    expect(graph.getOperationByName("B").inputs[0]?.name).toBe("A_1:0");
    expect(graph.getOperationByName("B").colocationGroups()).toEqual(["loc:@A_1"]);
  });
  test("keep later operations from taking them", () => {
    load(A, { name: "" });
    graph.asDefault(() => tf.placeholder(tf.float32, null, { name: "A" }));
    expect(names()).toEqual(["A", "A_1"]);
  });
  test("of colocation groups get the prefix, too", () => {
    load(A + node("B", "Identity", ["A"], float + colocated("A")));
    expect(graph.getOperationByName("import/B").colocationGroups()).toEqual(["loc:@import/A"]);
  });
});

describe("scopes around the import", () => {
  test("add control inputs and devices", () => {
    const text = `${node("S", "NoOp", [], 'device: "/gpu:0"')}${node("T", "NoOp", [], `device: "/cpu:1" ${colocated("S")}`)}${A}${B}`;
    graph.asDefault(() => {
      const c = tf.constant(1);
      tf.device("/job:w", () =>
        tf.controlDependencies([c], () => tf.nameScope("sc", () => importGraphDef(graphDef(text)))),
      );
    });
    const shown = graph
      .getOperations()
      .slice(1)
      .map((op) => [op.name, op.device, op.controlInputs.map((control) => control.name)]);
    expect(shown).toEqual([
      ["sc/import/S", "/job:w/device:GPU:0", ["Const"]],
      ["sc/import/T", "/job:w/device:GPU:0", ["Const"]],
      ["sc/import/A", "/job:w", ["Const"]],
      ["sc/import/B", "/job:w", ["Const"]],
    ]);
  });
});

describe("the input map", () => {
  test("replaces tensors of the file, which are made all the same", () => {
    const [b] = graph.asDefault(() =>
      importGraphDef(graphDef(A + B), {
        inputMap: { "A:0": tf.constant(1.5) },
        returnElements: ["B:0"],
      }),
    ) as [tf.Tensor];
    expect(b.op.inputs[0]?.name).toBe("Const:0");
    expect(b.shape.toString()).toBe("()");
    expect(names()).toEqual(["Const", "import/A", "import/B"]);
  });
  test("takes values, which are converted inside the prefix", () => {
    load(A + B, { inputMap: new Map([["A", 2]]) });
    expect(names()).toEqual(["import/_inputs/Const", "import/A", "import/B"]);
  });
  test("needs a prefix for values", () => {
    expect(() => load(A + B, { inputMap: { A: 2 }, name: "" })).toThrow(
      "tf.import_graph_def() requires a non-empty `name` if `input_map` contains non-Tensor values.",
    );
  });
  test("complains of names that are not there, after importing", () => {
    expect(() => load(A + B, { inputMap: { "Q:0": 1, "A:1": 2 } })).toThrow(
      "Attempted to map inputs that were not found in graph_def: [A:1, Q:0]",
    );
    expect(names()).toContain("import/B");
  });
  test("is checked for types", () => {
    expect(() => load(A + B, { inputMap: { A: tf.constant("x") } })).toThrow(/^Input 0|same graph/);
    expect(() => load(A, { inputMap: [1] as never })).toThrow(
      "Argument `input_map` must be a dictionary. Obtained list",
    );
  });
});

describe("elements to return", () => {
  test("are operations and tensors", () => {
    const found = graph.asDefault(() =>
      importGraphDef(graphDef(A + B), { returnElements: ["A", "B:0"] }),
    );
    expect(found.map(String)[1]).toBe('Tensor("import/B:0", dtype=float32)');
    expect(found[0]).toBe(graph.getOperationByName("import/A"));
  });
  const failures: readonly [element: string, message: string][] = [
    ["Z", "Requested return node 'Z' not found in graph def"],
    ["Z:0", "Requested return tensor 'Z:0' not found in graph def"],
    ["A:2", "Invalid return output 2 of node 'A', which has 1 output(s)"],
    [
      "A:x",
      "Cannot convert 'A:x' to a tensor name. Second component of the name following the `:` should be an int. Got x.",
    ],
    [
      "A:1:2",
      "Cannot convert 'A:1:2' to a tensor name. Tensor names should not contain more than 1 `:`. Obtained 2",
    ],
  ];
  test.each(failures)(
    "%s that are not there are named, and nothing is left",
    (element, message) => {
      expect(() => load(A, { returnElements: [element] })).toThrow(new ValueError(message));
      expect(names()).toEqual([]);
    },
  );
});

describe("a graph that does not fit together", () => {
  const identity = "Op<name=Identity; signature=input:T -> output:T; attr=T:type>";
  const placeholder =
    "Op<name=Placeholder; signature= -> output:dtype; attr=dtype:type; attr=shape:shape,default=<unknown>>";
  const failures: readonly [what: string, text: string, message: string][] = [
    [
      "an unknown input",
      A + node("B", "Identity", ["C"], float),
      "Node 'B': Unknown input node 'C'",
    ],
    [
      "an unknown control input",
      A + node("B", "Identity", ["A", "^C"], float),
      "Node 'B': Unknown input node '^C'",
    ],
    [
      "a control input before others",
      A + node("B", "Identity", ["^A", "A"], float),
      "Node 'B': Control dependencies must come after regular dependencies",
    ],
    ["two nodes of one name", A + A, "Node 'A' is not unique"],
    [
      "an invalid name",
      node("_bad!", "NoOp"),
      "Node '_bad!': Node name contains invalid characters",
    ],
    ["a node without op", 'node { name: "x" }', "Node 'x' does not specify an operation"],
    [
      "an output that is not there",
      A + node("B", "Identity", ["A:3"], float),
      "Node 'B': Connecting to invalid output 3 of source node A which has 1 outputs.",
    ],
    [
      "an output before the first",
      A + node("B", "Identity", ["A:-1"], float),
      "Node 'B': Unknown input node 'A:-1'",
    ],
    [
      "an input of another type",
      A + node("B", "Identity", ["A"], type("T", "DT_INT32")),
      "Input 0 of node import/B was passed float from import/A:0 incompatible with expected int32.",
    ],
    [
      "an attribute that is missing",
      A + node("B", "Identity", ["A"]),
      `NodeDef missing attr 'T' from ${identity}; NodeDef: {{node import/B}}`,
    ],
    [
      "an attribute of another kind",
      node("A", "Placeholder", [], 'attr { key: "dtype" value { i: 1 } }'),
      `AttrValue had value with type 'int' when 'type' expected\n\t for attr 'dtype'\n\t; NodeDef: {{node import/A}}; ${placeholder}`,
    ],
    [
      "a type that an op does not take",
      node("A", "Placeholder", [], type("dtype", "DT_STRING")) +
        node("B", "Acos", ["A"], type("T", "DT_STRING")),
      "Value for attr 'T' of string is not in the list of allowed values: bfloat16, half, float, double, complex64, complex128\n\t; NodeDef: {{node import/B}}; Op<name=Acos; signature=x:T -> y:T; attr=T:type,allowed=[DT_BFLOAT16, DT_HALF, DT_FLOAT, DT_DOUBLE, DT_COMPLEX64, DT_COMPLEX128]>",
    ],
    [
      "too few inputs",
      node("B", "Identity", [], float),
      `NodeDef expected inputs 'float' do not match 0 inputs specified; ${identity}; NodeDef: {{node import/B}}`,
    ],
    [
      "a cycle",
      node("B", "Identity", ["C"], float) + node("C", "Identity", ["B"], float),
      "2 nodes in a cycle",
    ],
    [
      "colocation with nothing",
      A + node("B", "Identity", ["A"], float + colocated("Z")),
      "Node 'B' expects to be colocated with unknown node 'Z'",
    ],
    [
      "a file from the future",
      "versions { producer: 2474 min_consumer: 99999 }",
      "GraphDef min consumer version 99999 above current version 2474 for TensorFlow 2.21.0.  Please upgrade TensorFlow.",
    ],
    [
      "a file that shuns this version",
      "versions { producer: 10 bad_consumers: 2474 }",
      "GraphDef disallows consumer version 2474.  Please upgrade TensorFlow: this version is likely buggy.",
    ],
    [
      "a negative version",
      "versions { producer: -1 }",
      "GraphDef producer version -1 below min producer 0 supported by TensorFlow 2.21.0.  Please regenerate your graph.",
    ],
  ];
  test.each(failures)("because of %s is refused, and nothing is left", (_, text, message) => {
    expect(() => load(text)).toThrow(new ValueError(message));
    expect(names()).toEqual([]);
  });

  test("because of shapes is refused with the node and its inputs", () => {
    const shape = 'attr { key: "shape" value { shape { dim { size: 2 } dim { size: 3 } } } }';
    const text =
      node("S", "Placeholder", [], type("dtype", "DT_FLOAT") + shape) +
      `${node("M", "MatMul", ["S", "S"], float)} versions { producer: 2474 }`;
    expect(() => load(text)).toThrow(
      /^Dimensions must be equal, but are 3 and 2 for '\{\{node import\/M\}\} = MatMul/,
    );
    expect(names()).toEqual([]);
  });

  test("is no GraphDef", () => {
    expect(() => importGraphDef(5 as never)).toThrow(
      "Argument `graph_def` must be a GraphDef proto.",
    );
  });
});

describe("attributes", () => {
  test("that are left out have their defaults, and are left out again", () => {
    const text = node("S", "NoOp") + node("c", "MatMul", ["A", "A"], float) + A;
    load(text, { name: "" });
    expect(graph.getOperationByName("c").getAttr("transpose_a")).toBe(false);
    const written = graphDefOf(graph).node.find(({ name }) => name === "c");
    expect(Object.keys(written?.attr ?? {})).toEqual(["T"]);
  });
  test("that newer versions added with their default are dropped", () => {
    const producer = create(OpListSchema, {
      op: [
        {
          name: "NoOp",
          attr: [{ name: "later", type: "int", defaultValue: { value: { case: "i", value: 3n } } }],
        },
      ],
    });
    const text = node("S", "NoOp", [], 'attr { key: "later" value { i: 3 } }');
    load(text, { producerOpList: producer });
    expect([...graph.getOperationByName("import/S").attrs.keys()]).toEqual([]);
  });
  test("_output_shapes tells shapes and is no attribute of the operation", () => {
    const shapes = 'attr { key: "_output_shapes" value { list { shape { dim { size: 2 } } } } }';
    load(node("A", "Placeholder", [], type("dtype", "DT_FLOAT") + shapes) + B);
    const op = graph.getOperationByName("import/A");
    expect(op.attrs.has("_output_shapes")).toBe(false);
    expect(graph.getTensorByName("import/B:0").shape.toString()).toBe("(2,)");
  });
  test("_output_shapes that contradict an op are refused", () => {
    const shapes =
      'attr { key: "shape" value { shape { dim { size: 2 } dim { size: 3 } } } } attr { key: "_output_shapes" value { list { shape { dim { size: 5 } } } } }';
    expect(() =>
      load(
        `${node("S", "Placeholder", [], type("dtype", "DT_FLOAT") + shapes)} versions { producer: 30 }`,
      ),
    ).toThrow(
      "Node 'import/S' has an _output_shapes attribute inconsistent with the GraphDef for output #0: Shapes must be equal rank, but are 2 and 1",
    );
  });
  test("of a placeholder from before version 22 with no dimensions tell nothing", () => {
    const scalar = 'attr { key: "shape" value { shape { } } }';
    const text = node("S", "Placeholder", [], type("dtype", "DT_FLOAT") + scalar);
    load(`${text} versions { producer: 21 }`, { name: "old" });
    load(`${text} versions { producer: 22 }`, { name: "new" });
    expect(graph.getTensorByName("old/S:0").shape.toString()).toBe("<unknown>");
    expect(graph.getTensorByName("new/S:0").shape.toString()).toBe("()");
  });
});

describe("ops that are not known here", () => {
  test("of TensorFlow's list have the right outputs", () => {
    const text =
      node(
        "q",
        "FIFOQueueV2",
        [],
        'attr { key: "component_types" value { list { type: [DT_FLOAT, DT_STRING] } } }',
      ) +
      node(
        "d",
        "QueueDequeueV2",
        ["q"],
        'attr { key: "component_types" value { list { type: [DT_FLOAT, DT_STRING] } } }',
      );
    load(text, { name: "" });
    const [queue, dequeue] = graph.getOperations();
    expect(queue?.outputs.map((output) => output.dtype.name)).toEqual(["resource"]);
    expect(dequeue?.outputs.map((output) => output.dtype.name)).toEqual(["float32", "string"]);
    expect(queue?.getAttr("capacity")).toBe(-1);
  });
  test("that nobody knows have the outputs that others read", async () => {
    load(A + node("mine", "MyOwnOp", ["A"], float) + node("C", "Identity", ["mine:2"], float), {
      name: "",
    });
    expect(graph.getOperationByName("mine").outputs.length).toBe(3);
    expect(String(graph.getTensorByName("mine:2"))).toBe('Tensor("mine:2", dtype=float32)');
    expect(graphDefOf(graph).node.map(({ op }) => op)).toEqual([
      "Placeholder",
      "MyOwnOp",
      "Identity",
    ]);
    const session = new tf.Session("", { graph });
    const run = session.run("C:0", { "A:0": 1 });
    await expect(run).rejects.toThrow(UnimplementedError);
    await expect(session.run("C:0", { "A:0": 1 })).rejects.toThrow(/MyOwnOp/);
  });
  test("are known by the definitions that a file brings", () => {
    const producer = create(OpListSchema, {
      op: [
        {
          name: "MyOwnOp",
          outputArg: [
            { name: "y", type: 3 },
            { name: "z", type: 9 },
          ],
        },
      ],
    });
    load(node("mine", "MyOwnOp"), { name: "", producerOpList: producer });
    const [mine] = graph.getOperations();
    expect(mine?.outputs.map((output) => output.dtype.name)).toEqual(["int32", "int64"]);
  });
  test("are functions of the file's library, which is kept", () => {
    const library = `library { function { signature { name: "f" input_arg { name: "x" type: DT_FLOAT }
      output_arg { name: "y" type: DT_FLOAT } } ret { key: "y" value: "x" } } }`;
    load(A + node("call", "f", ["A"]) + library, { name: "" });
    expect(graph.getTensorByName("call:0").dtype.name).toBe("float32");
    expect([...graph.library.functions.keys()]).toEqual(["f"]);
    expect(graphDefOf(graph).library?.function.length).toBe(1);
  });
});

test("loops are closed by edges back to Merge", () => {
  const frame = 'attr { key: "frame_name" value { s: "loop" } }';
  load(
    A +
      node("enter", "Enter", ["A"], float + frame) +
      node("merge", "Merge", ["enter", "next"], `${float} attr { key: "N" value { i: 2 } }`) +
      node("next", "NextIteration", ["merge"], float),
    { name: "" },
  );
  const merge = graph.getOperationByName("merge");
  expect(merge.inputs.map((input) => input.name)).toEqual(["enter:0", "next:0"]);
  expect(graph.getTensorByName("next:0").consumers()).toEqual([merge]);
  expect(graph.getTensorByName("enter:0").consumers()).toEqual([merge]);
});

describe("exporting", () => {
  const build = (): tf.Graph => {
    const g = new tf.Graph();
    g.asDefault(() => {
      const x = tf.placeholder(tf.float32, [null, 2], { name: "x" });
      const w = tf.constant([[1], [2]], { name: "w" });
      tf.controlDependencies([w, x], () => tf.matmul(x, w, { name: "y" }));
    });
    return g;
  };
  test("gives the nodes in order, control inputs by name, with the version of TensorFlow 2.21", () => {
    const def = build().asGraphDef();
    expect(def.node.map(({ name, input }) => [name, input])).toEqual([
      ["x", []],
      ["w", []],
      ["y", ["x", "w"]],
    ]);
    expect(def.versions?.producer).toBe(2474);
    expect(def.library).toBeUndefined();
  });
  test("adds shapes on request", () => {
    const [x] = build().asGraphDef({ addShapes: true }).node as [NodeDef];
    const shapes = x.attr._output_shapes?.value;
    const dims =
      shapes?.case === "list" ? shapes.value.shape[0]?.dim.map(({ size }) => size) : null;
    expect(dims).toEqual([-1n, 2n]);
  });
  test("gives only what was made since a version", () => {
    const g = build();
    const { version } = g;
    g.asDefault(() => tf.noOp({ name: "late" }));
    expect(g.asGraphDef({ fromVersion: version }).node.map(({ name }) => name)).toEqual(["late"]);
  });
  test("keeps the least version of all that was imported", () => {
    load("versions { producer: 30 }");
    expect(graph.graphDefVersions.producer).toBe(30);
    load("versions { producer: 40 }");
    expect(graph.asGraphDef().versions?.producer).toBe(30);
  });
  test("keeps the order of the file where nodes came before their inputs", () => {
    load(B + A, { name: "" });
    expect(names()).toEqual(["A", "B"]);
    expect(graphDefOf(graph).node.map(({ name }) => name)).toEqual(["B", "A"]);
  });
});
