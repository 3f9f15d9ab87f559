// Tests of the graph core: names in scopes, control dependencies, devices, colocation, collections, lookup.
import { describe, expect, test } from "vitest";
import { float32 } from "./dtypes.ts";
import * as errors from "./errors.ts";
import { Graph, getDefaultGraph, hasDefaultGraph, resetDefaultGraph } from "./graph.ts";
import { scalarShape } from "./shape.ts";
import type { Operation, Tensor } from "./tensor.ts";

const add = (graph: Graph, name: string, inputs: readonly Tensor[] = []): Operation =>
  graph.createOp({ type: "Op", name, inputs, outputs: [{ dtype: float32, shape: scalarShape }] });

const out = (op: Operation): Tensor => op.output;

describe("name scopes", () => {
  test("prefix names, and get a number when entered again", () => {
    const g = new Graph();
    g.nameScope("bar", (scope) => {
      expect(scope).toBe("bar/");
      expect(add(g, "x").name).toBe("bar/x");
    });
    g.nameScope("bar", () => expect(add(g, "x").name).toBe("bar_1/x"));
    g.nameScope("Bar", () => expect(add(g, "x").name).toBe("Bar_2/x"));
    expect(add(g, "bar").name).toBe("bar_3");
  });

  test("a captured scope is entered again without a number", () => {
    const g = new Graph();
    const captured = g.nameScope("bar", (scope) => scope);
    g.nameScope("other", () =>
      g.nameScope(captured, () => {
        expect(g.getNameScope()).toBe("bar");
        expect(add(g, "x").name).toBe("bar/x");
      }),
    );
  });

  test("null and the empty string go to the root", () => {
    const g = new Graph();
    g.nameScope("a", () => {
      expect(g.nameScope(null, (scope) => [scope, add(g, "x").name])).toEqual(["", "x"]);
      expect(g.nameScope("", () => add(g, "y").name)).toBe("y");
    });
  });

  test("slashes inside are kept", () => {
    const g = new Graph();
    g.nameScope("s", () => {
      expect(g.nameScope("/", (scope) => scope)).toBe("/");
      expect(g.nameScope("foo5//", (scope) => scope)).toBe("foo5//");
      expect(g.nameScope("a//b/c", (scope) => scope)).toBe("s/a//b/c/");
    });
  });

  test("a name ending in a slash is taken as it is, and a second one of it is refused", () => {
    const g = new Graph();
    expect(add(g, "trailing/").name).toBe("trailing");
    expect(() => add(g, "trailing")).toThrow("Duplicate node name in graph: 'trailing'");
  });

  test("invalid names say which pattern they break", () => {
    const g = new Graph();
    expect(() => g.nameScope("_x")).toThrow(
      "'_x' is not a valid root scope name. A root scope name has to match the following pattern: ^[A-Za-z0-9.]",
    );
    g.nameScope("a", () => {
      expect(() => g.nameScope("x:y")).toThrow(
        "'x:y' is not a valid scope name. A scope name has to match",
      );
      g.nameScope("_x", (scope) => expect(scope).toBe("a/_x/"));
    });
    expect(() => add(g, "-/")).toThrow("`-` is not a valid node name.");
  });

  test("work with using, and print as their name", () => {
    const g = new Graph();
    {
      using scope = g.nameScope("block");
      expect(String(scope)).toBe("block/");
      expect(add(g, "x").name).toBe("block/x");
    }
    expect(g.getNameScope()).toBe("");
  });

  test("are left when the body throws", () => {
    const g = new Graph();
    expect(() =>
      g.nameScope("a", () => {
        throw new Error("stop");
      }),
    ).toThrow("stop");
    expect(g.getNameScope()).toBe("");
  });
});

describe("scopes that are not closed in order", () => {
  test("are refused, and what was open inside is closed too", () => {
    const g = new Graph();
    const outer = g.nameScope("outer");
    const inner = g.nameScope("inner");
    expect(() => outer[Symbol.dispose]()).toThrow(
      /Exiting nameScope 'outer' without proper scope nesting\.\nnameScope 'outer' \(opened at graph\.test\.ts:\d+\) was closed while nameScope 'inner'/,
    );
    expect(g.getNameScope()).toBe("");
    inner[Symbol.dispose]();
    expect(g.getNameScope()).toBe("");
  });

  test("a device scope has TensorFlow's text", () => {
    const g = new Graph();
    const device = g.device("/cpu:0");
    g.nameScope("x");
    expect(() => device.close()).toThrow("Exiting device scope without proper scope nesting.");
  });

  test("an async body is refused", () => {
    const g = new Graph();
    expect(() => g.nameScope("x", async () => 1)).toThrow(
      "The function given to nameScope returned a promise.",
    );
    expect(g.getNameScope()).toBe("");
  });
});

describe("control dependencies", () => {
  test("are left out where an input already depends on them", () => {
    const g = new Graph();
    const [a1, a2, a3, a4] = ["a1", "a2", "a3", "a4"].map((name) => add(g, name)) as [
      Operation,
      Operation,
      Operation,
      Operation,
    ];
    g.controlDependencies([a1], () => {
      const b1 = add(g, "b1", [out(a3), out(a4)]);
      expect(b1.controlInputs).toEqual([a1]);
      const c1 = add(g, "c1", [out(a1), out(b1)]);
      expect(c1.controlInputs).toEqual([]);
      g.controlDependencies([a2], () => {
        expect(add(g, "b2", [out(a3), out(a4)]).controlInputs).toEqual([a1, a2]);
        expect(add(g, "c2", [out(a1), out(b1)]).controlInputs).toEqual([a2]);
        expect(g.controlDependencies(null, () => add(g, "free")).controlInputs).toEqual([]);
      });
      expect(add(g, "same", [out(a1)]).controlInputs).toEqual([]);
    });
    expect(add(g, "after").controlInputs).toEqual([]);
  });

  test("take tensors and refuse anything else", () => {
    const g = new Graph();
    const a = add(g, "a");
    expect(g.controlDependencies([out(a)], () => add(g, "b")).controlInputs).toEqual([a]);
    expect(() => g.controlDependencies([3])).toThrow(
      "Can not convert a int into a Tensor or Operation.",
    );
  });
});

describe("devices", () => {
  const at = (g: Graph, ...devices: (string | null)[]): string => {
    const scopes = devices.map((device) => g.device(device));
    const { device } = add(g, "x");
    for (const scope of scopes.reverse()) scope.close();
    return device;
  };

  test("inner ones win, outer ones fill what is open", () => {
    const g = new Graph();
    expect(at(g, "/device:GPU:0", "/device:CPU:0")).toBe("/device:CPU:0");
    expect(at(g, "/job:worker/replica:2", "/task:1/cpu:0")).toBe(
      "/job:worker/replica:2/task:1/device:CPU:0",
    );
    expect(at(g, "/device:GPU:7", "/device:GPU:*")).toBe("/device:GPU:7");
    expect(at(g, "/gpu:1", "")).toBe("/device:GPU:1");
    expect(at(g, "/gpu:1", null)).toBe("");
    expect(at(g, "/job:a", null, "/cpu:0")).toBe("/device:CPU:0");
  });

  test("functions replace what inner scopes chose", () => {
    const g = new Graph();
    g.device(
      () => "/gpu:3",
      () => g.device("/cpu:0", () => expect(add(g, "x").device).toBe("/gpu:3")),
    );
  });

  test("an unknown field is named", () => {
    expect(() => new Graph().device("/jobb:x")).toThrow(
      "Unknown attribute 'jobb' is encountered while parsing the device spec: '/jobb:x'.",
    );
  });
});

describe("colocation", () => {
  test("names the group of the operation it follows", () => {
    const g = new Graph();
    const a = add(g, "a");
    const b = g.colocateWith(a, {}, () => add(g, "b"));
    expect(b.colocationGroups()).toEqual(["loc:@a"]);
    const c = g.colocateWith(b, {}, () => add(g, "c"));
    expect(c.colocationGroups()).toEqual(["loc:@a"]);
    expect(a.colocationGroups()).toEqual(["loc:@a"]);
  });

  test("hides the devices around it and takes the operation's", () => {
    const g = new Graph();
    const a = g.device("/cpu:0", () => add(g, "a"));
    g.device("/gpu:0", () => {
      expect(g.colocateWith(a, {}, () => add(g, "b")).device).toBe("/device:CPU:0");
    });
  });

  test("a reset must be asked for", () => {
    expect(() => new Graph().colocateWith(null)).toThrow(
      "Trying to reset colocation (op is None) but ignore_existing is not True",
    );
  });
});

describe("collections", () => {
  test("keep duplicates, and filter by the start of the name", () => {
    const g = new Graph();
    for (const name of ["a/x", "b/x", "a/y"]) g.addToCollection("k", add(g, name));
    g.addToCollection("k", 12);
    g.addToCollection("k", 12);
    expect(g.getCollection("k")).toHaveLength(5);
    expect(g.getCollection<Operation>("k", "a/").map((op) => op.name)).toEqual(["a/x", "a/y"]);
    expect(g.getCollection("k", "")).toHaveLength(3);
    expect(g.getCollection("missing")).toEqual([]);
  });

  test("several at once, each once", () => {
    const g = new Graph();
    g.addToCollections(["a", "b", "a"], 1);
    g.addToCollections("abc", 2);
    expect(g.getCollection("a")).toEqual([1]);
    expect(g.getCollection("abc")).toEqual([2]);
  });

  test("a copy is given, unless the live list is asked for", () => {
    const g = new Graph();
    g.getCollection("k").push(1);
    expect(g.getCollection("k")).toEqual([]);
    g.getCollectionRef("k").push(1);
    expect(g.getCollection("k")).toEqual([1]);
    g.clearCollection("k");
    expect(g.getCollection("k")).toEqual([]);
  });
});

describe("a finalized graph", () => {
  test("refuses changes and can be read", () => {
    const g = new Graph();
    const a = add(g, "a");
    g.finalize();
    for (const change of [
      () => add(g, "b"),
      () => g.addToCollection("k", 1),
      () => g.clearCollection("k"),
    ]) {
      expect(change).toThrow("Graph is finalized and cannot be modified.");
    }
    expect(g.getOperationByName("a")).toBe(a);
  });
});

describe("lookup by name", () => {
  const g = new Graph();
  const a = add(g, "scope/a");

  test("finds operations and tensors", () => {
    expect(g.getOperationByName("scope/a")).toBe(a);
    expect(g.getTensorByName("scope/a:0")).toBe(out(a));
    expect(g.asGraphElement("scope/a:0")).toBe(out(a));
  });

  test.each([
    [
      "x:0",
      "The name 'x:0' refers to a Tensor which does not exist. The operation, 'x', does not exist in the graph.",
    ],
    [
      "scope/a:3",
      "The name 'scope/a:3' refers to a Tensor which does not exist. The operation, 'scope/a', exists but only has 1 outputs.",
    ],
    [
      "a:b:c",
      "The name 'a:b:c' looks a like a Tensor name, but is not a valid one. Tensor names must be of the form",
    ],
    ["nothing", "The name 'nothing' refers to an Operation not in the graph."],
  ])("%s: %s", (name, text) => {
    expect(() => g.asGraphElement(name)).toThrow(text);
  });

  test("says when the other kind was meant", () => {
    expect(() => g.getOperationByName("scope/a:0")).toThrow(
      "Name 'scope/a:0' appears to refer to a Tensor, not a Operation.",
    );
    expect(() => g.getTensorByName("scope/a")).toThrow(
      "The name 'scope/a' refers to an Operation, not a Tensor. Tensor names must be of the form",
    );
    expect(() => g.getTensorByName("zzz")).toThrow(
      "looks like an (invalid) Operation name, not a Tensor.",
    );
    expect(() => g.asGraphElement("a", { allowTensor: false, allowOperation: false })).toThrow(
      "allow_tensor and allow_operation can't both be False.",
    );
  });

  test("suggests a name that ends alike", () => {
    expect(() => g.getOperationByName("a")).toThrow("Did you mean 'scope/a'?");
  });

  test("refuses elements of other graphs", () => {
    const foreign = out(add(new Graph(), "x"));
    expect(() => g.asGraphElement(foreign)).toThrow(
      'Tensor Tensor("x:0", shape=(), dtype=float32) is not an element of this graph.',
    );
    expect(() => add(g, "y", [foreign])).toThrow(errors.ValueError);
  });
});

describe("default graphs", () => {
  test("nest, by using or by a function", () => {
    const outer = getDefaultGraph();
    {
      using g = new Graph().asDefault();
      expect(getDefaultGraph()).toBe(g);
      expect(hasDefaultGraph()).toBe(true);
      new Graph().asDefault((inner) => expect(getDefaultGraph()).toBe(inner));
      expect(getDefaultGraph()).toBe(g);
      expect(() => resetDefaultGraph()).toThrow(
        "Do not use tf.reset_default_graph() to clear nested graphs.",
      );
    }
    expect(getDefaultGraph()).toBe(outer);
    expect(hasDefaultGraph()).toBe(false);
  });

  test("the global one is replaced on reset", () => {
    const before = getDefaultGraph();
    resetDefaultGraph();
    expect(getDefaultGraph()).not.toBe(before);
  });
});

describe("operations", () => {
  test("know the user's line that made them", () => {
    const op = add(new Graph(), "x");
    expect(op.trace.location).toMatch(/^graph\.test\.ts:\d+$/);
  });

  test("print as TensorFlow prints them", () => {
    const g = new Graph();
    const a = add(g, "a");
    const b = g.controlDependencies([add(g, "z")], () => add(g, "b", [out(a)]));
    expect(String(out(a))).toBe('Tensor("a:0", shape=(), dtype=float32)');
    expect(String(b)).toBe('name: "b"\nop: "Op"\ninput: "a"\ninput: "^z"\n');
    expect(() => b.getAttr("T")).toThrow("Operation 'b' has no attr named 'T'.");
  });

  test("count one consumer per use", () => {
    const g = new Graph();
    const a = add(g, "a");
    const b = add(g, "b", [out(a), out(a)]);
    expect(out(a).consumers()).toEqual([b, b]);
  });

  test("a gradient override is recorded", () => {
    const g = new Graph();
    g.gradientOverrideMap({ Op: "Mine" }, () => {
      expect(add(g, "x").getAttr("_gradient_op_type")).toBe("Mine");
    });
    expect(() => g.gradientOverrideMap({ Op: 3 } as never)).toThrow(
      "op_type_map must be a dictionary mapping strings to strings",
    );
  });
});

describe("static shapes", () => {
  test("merge, and refuse what contradicts them", () => {
    const t = new Graph().createOp({
      type: "Op",
      outputs: [{ dtype: float32, shape: scalarShape }],
    }).output;
    expect(() => t.setShape([2])).toThrow("Shapes must be equal rank, but are 0 and 1");
  });
});
