// tf.Variable of both kinds: nodes, members, assignment, operators, guards, and the errors' texts.
import { beforeEach, describe, expect, test } from "vitest";
import { float32, float64, int32 } from "../core/dtypes.ts";
import { Graph, getDefaultGraph, resetDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import type { NDArray } from "../core/ndarray.ts";
import { Tensor } from "../core/tensor.ts";
import { cond } from "../ops/cond.ts";
import { constant } from "../ops/constant.ts";
import { noOp } from "../ops/control.ts";
import { convertToTensor } from "../ops/convert.ts";
import { identity, placeholder } from "../ops/identity.ts";
import { IndexedSlices } from "../ops/indexed-slices.ts";
import { controlDependencies, device, nameScope } from "../ops/scopes.ts";
import { Session } from "../session/session.ts";
import {
  disableResourceVariables,
  enableResourceVariables,
  resourceVariablesEnabled,
  variableFromDef,
} from "./creator.ts";
import { getVariable } from "./get-variable.ts";
import { onesInitializer } from "./initializers.ts";
import { RefVariable } from "./ref.ts";
import { ResourceVariable } from "./resource.ts";
import { variableScope } from "./scope.ts";
import { Variable } from "./variable.ts";

beforeEach(() => resetDefaultGraph());

function nodes(from = 0): string[] {
  return getDefaultGraph()
    .getOperations()
    .slice(from)
    .map(({ name, type }) => `${name} : ${type}`);
}

function values(session: Session, fetch: unknown): unknown {
  return (session.runSync(fetch as Tensor) as NDArray).toArray();
}

describe("construction", () => {
  test("from a value, a function and a tensor", () => {
    new Variable(1);
    new Variable(() => 1, { name: "v" });
    new Variable(constant([1, 2]), { name: "t" });
    expect(nodes()).toEqual([
      "Variable/initial_value : Const",
      "Variable : VariableV2",
      "Variable/Assign : Assign",
      "Variable/read : Identity",
      "v/Initializer/initial_value : Const",
      "v : VariableV2",
      "v/Assign : Assign",
      "v/read : Identity",
      "Const : Const",
      "t : VariableV2",
      "t/Assign : Assign",
      "t/read : Identity",
    ]);
  });

  test("of a resource variable", () => {
    new Variable(1, { useResource: true });
    expect(nodes()).toEqual([
      "Variable/Initializer/initial_value : Const",
      "Variable : VarHandleOp",
      "Variable/IsInitialized/VarIsInitializedOp : VarIsInitializedOp",
      "Variable/Assign : AssignVariableOp",
      "Variable/Read/ReadVariableOp : ReadVariableOp",
    ]);
    expect(getDefaultGraph().getOperationByName("Variable").getAttr("shared_name")).toBe(
      "Variable",
    );
  });

  test("gives the kind in force, and all are tf.Variable", () => {
    const ref = new Variable(1);
    const resource = variableScope("s", { useResource: true }, () => new Variable(1));
    expect(ref).toBeInstanceOf(RefVariable);
    expect(resource).toBeInstanceOf(ResourceVariable);
    for (const variable of [ref, resource, getVariable("g", [1])]) {
      expect(variable).toBeInstanceOf(Variable);
    }
    enableResourceVariables();
    expect(resourceVariablesEnabled()).toBe(true);
    expect(new Variable(1)).toBeInstanceOf(ResourceVariable);
    disableResourceVariables();
    expect(new Variable(1)).toBeInstanceOf(RefVariable);
  });

  test("prefixes with name scopes, and makes names unique", () => {
    expect(nameScope("n", () => new Variable(1, { name: "v" }).name)).toBe("n/v:0");
    expect(new Variable(1, { name: "v" }).name).toBe("v:0");
    expect(new Variable(1, { name: "v" }).name).toBe("v_1:0");
  });

  test("stays outside of control dependencies", () => {
    controlDependencies([noOp()], () => new Variable(1));
    expect(getDefaultGraph().operations.every((op) => op.controlInputs.length === 0)).toBe(true);
  });

  test("enters the collections that are named", () => {
    const graph = getDefaultGraph();
    new Variable(1, { name: "a", trainable: false });
    new Variable(1, { name: "b", collections: ["mine"] });
    const names = (key: string) => graph.getCollection<Variable>(key).map(({ name }) => name);
    expect(names(GraphKeys.GLOBAL_VARIABLES)).toEqual(["a:0"]);
    expect(names(GraphKeys.TRAINABLE_VARIABLES)).toEqual(["b:0"]);
    expect(names("mine")).toEqual(["b:0"]);
  });

  test("in a branch takes functions and refuses tensors of the branch", () => {
    const flag = placeholder("bool", []);
    cond(
      flag,
      () => new Variable(() => constant(1), { name: "fine" }).value(),
      () => constant(0),
    );
    const bad = () => {
      const inside = constant(1);
      new Variable(inside, { name: "bad" });
      return inside;
    };
    expect(() => cond(flag, bad, () => constant(0))).toThrow(
      "Initializer for variable cond_1/bad/ is from inside a control-flow construct, such as a loop or conditional. When creating a variable inside a loop or conditional, use a lambda as the initializer.",
    );
  });

  test("errors", () => {
    const make = Variable as new (...args: unknown[]) => Variable;
    expect(() => new make()).toThrow("initial_value must be specified.");
    expect(() => new make(1, { collections: "a" })).toThrow(
      "collections argument to Variable constructor must be a list, tuple, or set. Got a of type <class 'str'>",
    );
    expect(() => new make(1, { constraint: 3 })).toThrow(
      "The `constraint` argument must be a callable.",
    );
    expect(() => new make(placeholder(float32, [null], { name: "x" }))).toThrow(
      'initial_value must have a shape specified: Tensor("x:0", shape=(?,), dtype=float32)',
    );
    expect(() => new make([1, 2], { shape: [3], useResource: true })).toThrow(
      "In this `tf.Variable` creation, the initial value's shape ((2,)) is not compatible with the explicitly supplied `shape` argument ([3]).",
    );
  });
});

describe.each([false, true])("members with useResource=%s", (useResource) => {
  test("name, dtype, shape, graph and printing", () => {
    const v = new Variable([[1, 2, 3]], { name: "w", useResource });
    expect([v.name, v.op.name, v.initializer.name]).toEqual(["w:0", "w", "w/Assign"]);
    expect(v.dtype).toBe(useResource ? float32 : float32.ref);
    expect(v.shape.dims).toEqual([1, 3]);
    expect(v.graph).toBe(getDefaultGraph());
    expect(String(v)).toBe(
      `<tf.Variable 'w:0' shape=(1, 3) dtype=float32${useResource ? "" : "_ref"}>`,
    );
    expect(v.initialValue.name).toBe(
      useResource ? "w/Initializer/initial_value:0" : "w/initial_value:0",
    );
    expect(v.trainable).toBe(true);
  });

  test("assignments change the value", () => {
    const v = new Variable([1, 2], { name: "v", useResource });
    const session = new Session();
    session.runSync(v.initializer);
    expect(values(session, v.assign([3, 4]))).toEqual([3, 4]);
    expect(values(session, v.assignAdd([1, 1]))).toEqual([4, 5]);
    expect(values(session, v.assignSub([2, 2]))).toEqual([2, 3]);
    session.runSync(v.assign([7, 8], { readValue: false }));
    expect(values(session, v)).toEqual([7, 8]);
  });

  test("scatter methods take IndexedSlices", () => {
    const v = new Variable([1, 2, 3], { name: "v", useResource });
    const session = new Session();
    session.runSync(v.initializer);
    const slices = new IndexedSlices(constant([10]), constant([1], { dtype: int32 }));
    expect(values(session, v.scatterAdd(slices))).toEqual([1, 12, 3]);
    expect(values(session, v.scatterSub(slices))).toEqual([1, 2, 3]);
    expect(values(session, v.scatterUpdate(slices))).toEqual([1, 10, 3]);
    expect(values(session, v.scatterNdAdd([[0]], [5]))).toEqual([6, 10, 3]);
    expect(() => v.scatterAdd(3 as never)).toThrow(
      useResource
        ? "Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: 3"
        : "sparse_delta is not IndexedSlices: 3",
    );
  });

  test("operators, indexing and conversion act on the value", () => {
    const v = new Variable([1, 2], { name: "v", useResource });
    const session = new Session();
    session.runSync(v.initializer);
    expect(values(session, v.add(1))).toEqual([2, 3]);
    expect(values(session, v.rsub(1))).toEqual([0, -1]);
    expect(values(session, v.slice(1))).toBe(2);
    expect(values(session, identity(v))).toEqual([1, 2]);
    expect(values(session, v.readValue())).toEqual([1, 2]);
    expect(convertToTensor(v)).toBeInstanceOf(Tensor);
    expect(() => convertToTensor(v, { dtype: int32 })).toThrow(
      "Incompatible type conversion requested to type",
    );
  });

  test("load and eval use the given or the default session", async () => {
    const v = new Variable([1, 2], { name: "v", useResource });
    expect(() => v.loadSync([1, 2])).toThrow(
      "Either session argument should be provided or default session should be established",
    );
    const session = new Session();
    v.loadSync([5, 6], session);
    expect(v.evalSync({ session }).toArray()).toEqual([5, 6]);
    await v.load([7, 8], session);
    expect((await v.eval({ session })).toArray()).toEqual([7, 8]);
  });

  test("countUpTo stops at the limit", () => {
    const v = new Variable(0, { name: "v", dtype: int32, useResource });
    const next = v.countUpTo(1);
    const session = new Session();
    session.runSync(v.initializer);
    expect(values(session, next)).toBe(0);
    expect(() => session.runSync(next)).toThrow("Reached limit of 1");
  });

  test("comes back from its definition", () => {
    const v = new Variable([1, 2], { name: "v", trainable: false, useResource }) as RefVariable;
    const def = v.toDef();
    const again = variableFromDef(def);
    expect([again.name, again.trainable, again.shape.dims]).toEqual(["v:0", false, [2]]);
    expect((again as RefVariable).toDef()).toEqual(def);
    expect(() => variableFromDef(def, "other")).toThrow("The name 'other/v");
  });
});

describe("reference variables", () => {
  test("share one read, place assignments with themselves", () => {
    const v = new Variable([1, 2], { name: "v" });
    expect(v.value().name).toBe("v/read:0");
    expect(v.value()).toBe(v.value());
    expect(v.readValue().name).toBe("read:0");
    const assigned = v.assign([1, 1]) as Tensor;
    expect([assigned.name, assigned.dtype.name]).toEqual(["Assign:0", "float32_ref"]);
    expect(assigned.op.colocationGroups()).toEqual(["loc:@v"]);
    expect(v.assign([1, 1], { name: "other", readValue: false }).name).toBe("other");
  });

  test("setShape tells both the reference and the read", () => {
    const v = new Variable(placeholder(float32, null), { validateShape: false });
    v.setShape([2]);
    expect([v.shape.dims, v.value().shape.dims]).toEqual([[2], [2]]);
  });

  test("a caching device places the read", () => {
    const v = device("/gpu:0", () => new Variable(1, { cachingDevice: "/cpu:0" }));
    expect([v.device, v.value().device]).toEqual(["/device:GPU:0", "/device:CPU:0"]);
  });
});

describe("resource variables", () => {
  test("read anew wherever they are used", () => {
    const r = new Variable([1, 2], { name: "r", useResource: true });
    const before = getDefaultGraph().operations.length;
    r.add(1);
    identity(r, { name: "copy" });
    expect(nodes(before)).toEqual([
      "ReadVariableOp : ReadVariableOp",
      "add/y : Const",
      "add : AddV2",
      "copy/ReadVariableOp : ReadVariableOp",
      "copy : Identity",
    ]);
  });

  test("what an assignment returns waits for it", () => {
    const r = new Variable(1, { name: "r", useResource: true }) as ResourceVariable;
    const after = r.assignAdd(1);
    expect(after.name).toBe("AssignAddVariableOp");
    expect(after.op.type).toBe("AssignAddVariableOp");
    expect(after.value().op.controlInputs).toEqual([after.op]);
    const waits = controlDependencies([after], () => noOp());
    expect(waits.controlInputs).toEqual([after.op]);
    const session = new Session();
    session.runSync(r.initializer);
    expect(values(session, after.assignAdd(5))).toBe(7);
  });

  test("check the shape of what is assigned", () => {
    const r = new Variable([1, 2], { name: "v", useResource: true });
    expect(() => r.assign([1])).toThrow(
      "Cannot assign value to variable ' v:0': Shape mismatch.The variable shape (2,), and the assigned value shape (1,) are incompatible.",
    );
  });

  test("rows can be read without the rest", () => {
    const r = new Variable([[1], [2], [3]], { name: "r", useResource: true }) as ResourceVariable;
    const rows = r.sparseRead([2, 0]);
    expect(rows.op.type).toBe("ResourceGather");
    const session = new Session();
    session.runSync(r.initializer);
    expect(values(session, rows)).toEqual([[3], [1]]);
    expect(values(session, r.gatherNd([[1]]))).toEqual([[2]]);
    expect(values(session, r.isInitialized())).toBe(true);
  });
});

describe("initial values that depend on variables", () => {
  test("use what the other variable is initialized with, whatever the order", () => {
    const a = new Variable(2, { name: "a" });
    const b = new Variable(a.mul(3), { name: "b" });
    expect(b.initialValue.name).toBe("mul:0");
    expect(nodes().filter((node) => node.includes("_b"))).toEqual([
      "a/read_b : Identity",
      "mul_b : Mul",
    ]);
    const session = new Session();
    session.runSync(b.initializer);
    expect(values(session, b)).toBe(6);
  });

  test("take the value when there is one", () => {
    const a = new Variable(2, { name: "a" });
    const b = new Variable(a.initializedValue().add(1), { name: "b" });
    const session = new Session();
    session.runSync(a.initializer);
    session.runSync(a.assign(10));
    session.runSync(b.initializer);
    expect(values(session, b)).toBe(11);
  });

  test("initializedValue makes a conditional", () => {
    const w = getVariable("w", [1], { initializer: onesInitializer() });
    const before = getDefaultGraph().operations.length;
    expect(w.initializedValue().name).toBe("cond/Merge:0");
    expect(nodes(before)).toEqual([
      "IsVariableInitialized : IsVariableInitialized",
      "cond/Switch : Switch",
      "cond/switch_t : Identity",
      "cond/switch_f : Identity",
      "cond/pred_id : Identity",
      "cond/read : Identity",
      "cond/read/Switch : RefSwitch",
      "cond/Switch_1 : Switch",
      "cond/Merge : Merge",
    ]);
  });
});

test("a variable of another graph is made where its initial value is", () => {
  const other = new Graph();
  const value = other.asDefault(() => constant([1, 2]));
  expect(new Variable(value).graph).toBe(other);
});

test("a finalized graph takes no variables", () => {
  getDefaultGraph().finalize();
  expect(() => new Variable(1)).toThrow("Graph is finalized and cannot be modified.");
});

test("the dtype option converts", () => {
  expect(new Variable(1, { dtype: float64 }).dtype).toBe(float64.ref);
  expect(new Variable([1, 2], { dtype: "int32" }).value().dtype).toBe(int32);
});
