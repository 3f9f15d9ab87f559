// getVariable: names, sharing, initial values, getters, creators, regularizers, and the errors' texts.
import { beforeEach, describe, expect, test } from "vitest";
import { bool, complex64, float32, float64, int32, string } from "../core/dtypes.ts";
import { getDefaultGraph, resetDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import type { multiply } from "../ops/binary.ts";
import { constant } from "../ops/constant.ts";
import { identity } from "../ops/identity.ts";
import { nameScope } from "../ops/scopes.ts";
import { Session } from "../session/session.ts";
import { variableCreatorScope } from "./creator.ts";
import { getLocalVariable, getVariable } from "./get-variable.ts";
import {
  constantInitializer,
  Initializer,
  onesInitializer,
  randomNormalInitializer,
  zerosInitializer,
} from "./initializers.ts";
import { contrib, noRegularizer } from "./regularizers.ts";
import { getVariableScope, variableScope } from "./scope.ts";
import { AUTO_REUSE, type CustomGetter, type VariableCreator } from "./types.ts";
import { Variable } from "./variable.ts";

beforeEach(() => resetDefaultGraph());

/** The nodes made so far, as `name : type`. */
function nodes(): string[] {
  return getDefaultGraph()
    .getOperations()
    .map(({ name, type }) => `${name} : ${type}`);
}

function valueOf(variable: Variable): unknown {
  const session = new Session();
  session.runSync(variable.initializer);
  return (session.runSync(variable) as { toArray(): unknown }).toArray();
}

describe("names", () => {
  test("come from variable scopes, not from name scopes", () => {
    expect(getVariable("w", [2, 3]).name).toBe("w:0");
    variableScope("a", () => {
      expect(nameScope("n", () => getVariable("w", [1]).name)).toBe("a/w:0");
      expect(nameScope("m", () => new Variable(0, { name: "v" }).name)).toBe("a/m/v:0");
      getVariable("b/c", [1]);
    });
    expect(variableScope("a/b", { reuse: true }, () => getVariable("c").name)).toBe("a/b/c:0");
  });

  test("a name that a plain variable took gets a suffix, the store does not", () => {
    new Variable(0, { name: "w" });
    const w = getVariable("w", []);
    expect(w.name).toBe("w_1:0");
    expect(variableScope("", { reuse: true }, () => getVariable("w", []))).toBe(w);
  });

  test("an empty name is the scope's own, as slots need", () => {
    const slot = () =>
      variableScope(null, { defaultName: "w/Adam" }, () => getVariable("", [2]).op.name);
    expect([slot(), slot()]).toEqual(["w/Adam", "w/Adam_1"]);
    expect(() => variableScope("w/Adam", () => getVariable("", [2]))).toThrow(
      "Variable w/Adam/ already exists, disallowed.",
    );
  });
});

describe("nodes", () => {
  test("of a reference variable", () => {
    getVariable("w", [2, 3]);
    expect(nodes()).toEqual([
      "w/Initializer/random_uniform/shape : Const",
      "w/Initializer/random_uniform/min : Const",
      "w/Initializer/random_uniform/max : Const",
      "w/Initializer/random_uniform/RandomUniform : RandomUniform",
      "w/Initializer/random_uniform/sub : Sub",
      "w/Initializer/random_uniform/mul : Mul",
      "w/Initializer/random_uniform : AddV2",
      "w : VariableV2",
      "w/Assign : Assign",
      "w/read : Identity",
    ]);
    const groups = getDefaultGraph().operations.map((op) => op.colocationGroups().join());
    expect(new Set(groups)).toEqual(new Set(["loc:@w"]));
  });

  test("of a resource variable", () => {
    getVariable("w", [2], { useResource: true, initializer: zerosInitializer() });
    expect(nodes()).toEqual([
      "w/Initializer/zeros : Const",
      "w : VarHandleOp",
      "w/IsInitialized/VarIsInitializedOp : VarIsInitializedOp",
      "w/Assign : AssignVariableOp",
      "w/Read/ReadVariableOp : ReadVariableOp",
    ]);
  });

  test("of a value together with its dtype: the value is converted once more", () => {
    expect(valueOf(getVariable("i", { initializer: 5, dtype: int32 }))).toBe(5);
    expect(nodes().slice(0, 2)).toEqual(["Const : Const", "i/initial_value : Const"]);
  });
});

describe("sharing", () => {
  test("a second variable of a name is refused, and the text shows where the first was made", () => {
    getVariable("v", [1]);
    expect(() => getVariable("v", [1])).toThrow(
      /^Variable v already exists, disallowed\. Did you mean to set reuse=True or reuse=tf\.AUTO_REUSE in VarScope\? Originally defined at:\n\n {2}File ".*get-variable\.test\.ts", line \d+, in .*\n {4}getVariable\("v", \[1\]\);\n/,
    );
    getVariable("r", [1], { useResource: true });
    expect(() => getVariable("r", [1])).toThrow(
      /^Variable r already exists, disallowed\. Did you mean to set reuse=True or reuse=tf\.AUTO_REUSE in VarScope\?$/,
    );
  });

  test("at most five frames are shown", () => {
    const deep = (depth: number): void => {
      if (depth === 0) getVariable("v", [1]);
      else deep(depth - 1);
    };
    deep(8);
    let message = "";
    try {
      deep(1);
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message.match(/ {2}File "/g)).toHaveLength(5);
  });

  test("reuse=true finds what exists and makes nothing", () => {
    const v = variableScope("a", () => getVariable("v", [1]));
    const before = nodes().length;
    variableScope("a", { reuse: true }, () => {
      expect(getVariable("v", [1])).toBe(v);
      expect(getVariable("v")).toBe(v);
      expect(getVariable("v", [null])).toBe(v);
      expect(() => getVariable("w", [1])).toThrow(
        "Variable a/w does not exist, or was not created with tf.get_variable(). Did you mean to set reuse=tf.AUTO_REUSE in VarScope?",
      );
      expect(() => getVariable("v", [2])).toThrow(
        "Trying to share variable a/v, but specified shape (2,) and found shape (1,).",
      );
      expect(() => getVariable("v", [1], { dtype: int32 })).toThrow(
        "Trying to share variable a/v, but specified dtype int32 and found dtype float32_ref.",
      );
    });
    expect(nodes()).toHaveLength(before);
  });

  test("AUTO_REUSE makes once and shares afterwards", () => {
    const make = () => variableScope("a", { reuse: AUTO_REUSE }, () => getVariable("v", [2]));
    expect(make()).toBe(make());
  });

  test("the seeds' image filter: two calls, four variables", () => {
    const layer = (kernel: number[], bias: number[]) => {
      getVariable("weights", kernel, { initializer: randomNormalInitializer() });
      getVariable("biases", bias, { initializer: constantInitializer(0) });
    };
    const filter = () => {
      variableScope("conv1", () => layer([5, 5, 1, 32], [32]));
      variableScope("conv2", () => layer([5, 5, 32, 32], [32]));
    };
    variableScope("image_filters", (scope) => {
      filter();
      expect(filter).toThrow("Variable image_filters/conv1/weights already exists, disallowed.");
      scope.reuseVariables();
      filter();
    });
    expect(getVariableScope().trainableVariables().map(String)).toEqual([
      "<tf.Variable 'image_filters/conv1/weights:0' shape=(5, 5, 1, 32) dtype=float32_ref>",
      "<tf.Variable 'image_filters/conv1/biases:0' shape=(32,) dtype=float32_ref>",
      "<tf.Variable 'image_filters/conv2/weights:0' shape=(5, 5, 32, 32) dtype=float32_ref>",
      "<tf.Variable 'image_filters/conv2/biases:0' shape=(32,) dtype=float32_ref>",
    ]);
  });
});

describe("initial values", () => {
  test("default by dtype", () => {
    expect(valueOf(getVariable("i", [2], { dtype: int32 }))).toEqual([0, 0]);
    expect(valueOf(getVariable("b", [2], { dtype: bool }))).toEqual([false, false]);
    expect(valueOf(getVariable("s", [1], { dtype: string }))).toEqual([""]);
    expect(() => getVariable("c", [1], { dtype: complex64 })).toThrow(
      "An initializer for variable c of <dtype: 'complex64'> is required",
    );
  });

  test("a number in place of a shape is a vector's length", () => {
    expect(getVariable("v", 3).shape.dims).toEqual([3]);
    expect(getVariable("w", { shape: [2] }).shape.dims).toEqual([2]);
  });

  test("plain functions, with and without the shape", () => {
    const twos = (shape: readonly number[]) => constant(2, { shape });
    expect(valueOf(getVariable("a", [2], { initializer: twos }))).toEqual([2, 2]);
    expect(valueOf(getVariable("b", { initializer: () => constant([1, 2]) }))).toEqual([1, 2]);
    expect(valueOf(getVariable("c", [2], { initializer: () => [3, 4] }))).toEqual([3, 4]);
    expect(() => getVariable("d", { initializer: twos })).toThrow(
      "The initializer passed is not valid. It should be a callable with no arguments and the shape should not be provided or an instance of `tf.keras.initializers.*' and `shape` should be fully defined.",
    );
  });

  test("classes and factories that were not called", () => {
    class Sevens extends Initializer {
      call(shape: readonly number[]) {
        return constant(7, { shape });
      }
    }
    expect(valueOf(getVariable("a", [2], { initializer: onesInitializer }))).toEqual([1, 1]);
    expect(valueOf(getVariable("b", [2], { initializer: Sevens }))).toEqual([7, 7]);
    expect(valueOf(getVariable("c", [1], { initializer: { call: () => [9] } }))).toEqual([9]);
  });

  test("errors", () => {
    expect(() => getVariable("a", [1], { initializer: 5 })).toThrow(
      "If initializer is a constant, do not specify shape.",
    );
    const wrong =
      "Initializer type '<dtype: 'float32'>' and explicit dtype '<dtype: 'float64'>' don't match.";
    expect(() => getVariable("b", { initializer: constant(1), dtype: float64 })).toThrow(wrong);
    expect(() => getVariable("c", { initializer: 1.5, dtype: int32 })).toThrow(
      "Initializer type '<dtype: 'float32'>' and explicit dtype '<dtype: 'int32'>' don't match.",
    );
    expect(() => getVariable("d")).toThrow(
      "Variable d did not get an initializer, so its `shape` argument must be specified.",
    );
    expect(() => getVariable("e", [1], { customGetter: 3 as never })).toThrow(
      "Passed a custom_getter which is not callable: 3",
    );
    expect(() => getVariable("f", [1], { partitioner: 3 as never })).toThrow(
      "Partitioner must be callable, but received: 3",
    );
    expect(() => getVariable("g", [1], { synchronization: 9 as never })).toThrow(
      "Invalid variable synchronization mode: 9 for variable: g",
    );
    expect(() => getVariable("h", [1], { aggregation: 9 as never })).toThrow(
      "Invalid variable aggregation mode: 9 for variable: h",
    );
    expect(() => getVariable("a b", [1])).toThrow("'a b' is not a valid");
  });

  test("a reference dtype stands for its base", () => {
    const v = getVariable("v", [1]);
    expect(getVariable("w", [1], { dtype: v.dtype }).dtype).toBe(float32.ref);
  });
});

describe("collections", () => {
  test("by default, of local variables and as given", () => {
    getVariable("a", [1]);
    getVariable("b", [1], { trainable: false });
    const mine = ["mine"];
    getLocalVariable("c", [1], { collections: mine });
    const graph = getDefaultGraph();
    const names = (key: string) => graph.getCollection<Variable>(key).map(({ name }) => name);
    expect(names(GraphKeys.GLOBAL_VARIABLES)).toEqual(["a:0", "b:0"]);
    expect(names(GraphKeys.TRAINABLE_VARIABLES)).toEqual(["a:0"]);
    expect(names(GraphKeys.LOCAL_VARIABLES)).toEqual(["c:0"]);
    expect(names("mine")).toEqual(["c:0"]);
    expect(mine).toEqual(["mine"]);
  });
});

describe("custom getters", () => {
  test("see the full name and may return something else", () => {
    const seen: string[] = [];
    const getter: CustomGetter = (next, name, options) => {
      seen.push(`${name} ${options.reuse} ${options.trainable}`);
      return identity(next(name, options), { name: "seen" });
    };
    const v = variableScope("a", { customGetter: getter }, () => getVariable("v", [1]));
    expect(v.name).toBe("seen:0");
    expect(seen).toEqual(["a/v false true"]);
  });

  test("of scopes within are asked first; one given to the call is asked alone", () => {
    const seen: string[] = [];
    const getter =
      (label: string): CustomGetter =>
      (next, name, options) => {
        seen.push(label);
        return next(name, options);
      };
    variableScope("a", { customGetter: getter("outer") }, () => {
      variableScope("b", { customGetter: getter("inner") }, () => getVariable("v", [1]));
      expect(seen.splice(0)).toEqual(["inner", "outer"]);
      getVariable("w", [1], { customGetter: getter("own") });
      expect(seen).toEqual(["own"]);
    });
  });
});

describe("variable creators", () => {
  test("the innermost is asked first and may change the options", () => {
    const seen: string[] = [];
    const creator =
      (label: string, change: object): VariableCreator =>
      (next, options) => {
        seen.push(label);
        return next({ ...options, ...change });
      };
    variableCreatorScope(creator("outer", { useResource: true }), () =>
      variableCreatorScope(creator("inner", { name: "renamed" }), () => {
        expect(new Variable(1, { name: "a" }).name).toBe("renamed:0");
        expect(getVariable("b", [1]).op.type).toBe("VarHandleOp");
      }),
    );
    expect(seen).toEqual(["inner", "outer", "inner", "outer"]);
  });
});

describe("regularizers", () => {
  test("add one loss per new variable, under its name and placed with it", () => {
    const regularizer = contrib.layers.l2Regularizer(0.5);
    nameScope("elsewhere", () =>
      variableScope("a", { regularizer, reuse: AUTO_REUSE }, () => {
        getVariable("w", [2], { initializer: constantInitializer(2) });
        getVariable("w", [2]);
        getVariable("b", [2], { regularizer: noRegularizer });
      }),
    );
    expect(nodes().filter((node) => node.includes("Regularizer"))).toEqual([
      "a/w/Regularizer/l2_regularizer/scale : Const",
      "a/w/Regularizer/l2_regularizer/L2Loss : L2Loss",
      "a/w/Regularizer/l2_regularizer : Mul",
    ]);
    const [loss, ...more] = getDefaultGraph().getCollection<ReturnType<typeof multiply>>(
      GraphKeys.REGULARIZATION_LOSSES,
    );
    expect(more).toEqual([]);
    expect(loss?.op.colocationGroups()).toEqual(["loc:@a/w"]);
    const session = new Session();
    for (const variable of getVariableScope().globalVariables())
      session.runSync(variable.initializer);
    expect((session.runSync(loss) as { item(): number }).item()).toBe(2); // 0.5 · (2² + 2²) / 2
  });

  test("of contrib check their scale", () => {
    expect(() => contrib.layers.l2Regularizer(-0.5)).toThrow(
      "Setting a scale less than 0 on a regularizer: -0.5.",
    );
    expect(contrib.layers.l1Regularizer(0)(getVariable("v", [1]))).toBeNull();
  });
});
