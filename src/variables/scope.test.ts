// Variable scopes: the table of §8.5 of the semantics reference, row by row, and how scopes open and close.
import { beforeEach, describe, expect, test } from "vitest";
import { float64 } from "../core/dtypes.ts";
import { Graph, getDefaultGraph, resetDefaultGraph } from "../core/graph.ts";
import { setWarningHandler } from "../core/warn.ts";
import { constant } from "../ops/constant.ts";
import { nameScope } from "../ops/scopes.ts";
import "./creator.ts";
import { getVariable } from "./get-variable.ts";
import { constantInitializer, onesInitializer } from "./initializers.ts";
import {
  getVariableScope,
  type VariableScope,
  type VariableScopeOptions,
  variableOpScope,
  variableScope,
} from "./scope.ts";
import { AUTO_REUSE } from "./types.ts";
import { Variable } from "./variable.ts";

beforeEach(() => resetDefaultGraph());

/** The name of a variable, the name scope of operations, and the original name scope at this place. */
function here(): [variable: string, ops: string, original: string] {
  const { name, originalNameScope } = getVariableScope();
  const scope = getDefaultGraph().getNameScope();
  return [name, scope && `${scope}/`, originalNameScope];
}

function openAs(nameOrScope: string | VariableScope | null, options: VariableScopeOptions = {}) {
  return variableScope(nameOrScope, options, here);
}

describe("names", () => {
  test("the same name twice is the same variable scope and two name scopes", () => {
    expect(openAs("foo")).toEqual(["foo", "foo/", "foo/"]);
    expect(openAs("foo")).toEqual(["foo", "foo_1/", "foo_1/"]);
  });

  test("an operation of that name moves the name scope only", () => {
    constant(1, { name: "foo" });
    expect(openAs("foo")).toEqual(["foo", "foo_1/", "foo_1/"]);
  });

  test("name scopes do not prefix variables", () => {
    expect(nameScope("n", () => openAs("t"))).toEqual(["t", "n/t/", "n/t/"]);
  });

  test("default names count by themselves", () => {
    nameScope("layer", () => undefined);
    expect(openAs(null, { defaultName: "layer" })).toEqual(["layer", "layer_1/", "layer_1/"]);
    expect(openAs(null, { defaultName: "layer" })).toEqual(["layer_1", "layer_2/", "layer_2/"]);
    expect(openAs("given", { defaultName: "layer" })[0]).toBe("given");
  });

  test("default names that only share a prefix do not interfere", () => {
    expect(openAs(null, { defaultName: "scope1" })[0]).toBe("scope1");
    expect(openAs(null, { defaultName: "scope" })[0]).toBe("scope");
  });

  test("leaving a scope forgets the default names used in it", () => {
    const layers = () => [1, 2].map(() => openAs(null, { defaultName: "l" }));
    expect(variableScope("a", layers)).toEqual([
      ["a/l", "a/l/", "a/l/"],
      ["a/l_1", "a/l_1/", "a/l_1/"],
    ]);
    expect(variableScope("a", layers)[0]).toEqual(["a/l", "a_1/l/", "a_1/l/"]);
  });

  test("a scope object jumps to its name and opens its last part as a name scope", () => {
    const inner = variableScope("x", () => variableScope("y", (scope) => scope));
    expect(variableScope("z", () => openAs(inner))).toEqual(["x/y", "z/y/", "x/y/"]);
    expect(openAs(inner, { defaultName: "ignored" })[0]).toBe("x/y");
  });

  test("a scope object inside itself nests the name scope only", () => {
    const found = variableScope("outer", (outer) => [openAs(outer), openAs(outer)]);
    expect(found).toEqual([
      ["outer", "outer/outer/", "outer/"],
      ["outer", "outer/outer_1/", "outer/"],
    ]);
  });

  test("the root object opens no name scope", () => {
    const root = getVariableScope();
    expect(nameScope("n", () => openAs(root))).toEqual(["", "n/", ""]);
    const kept = variableScope("outer", () => openAs(root, { auxiliaryNameScope: false }));
    expect(kept).toEqual(["", "outer/", ""]);
  });

  test("without auxiliary name scope the current one stays and no name is used up", () => {
    expect(openAs("s", { auxiliaryNameScope: false })).toEqual(["s", "", ""]);
    expect(constant(1, { name: "s" }).name).toBe("s:0");
    const nested = variableScope("outer", () => openAs("s", { auxiliaryNameScope: false }));
    expect(nested).toEqual(["outer/s", "outer/", "outer/"]);
  });

  test("the original name scope continues a scope without a new suffix", () => {
    const foo = variableScope("foo", (scope) => scope);
    const found = variableScope(foo, { auxiliaryNameScope: false }, (scope) =>
      nameScope(scope.originalNameScope, () => constant(1, { name: "c" }).name),
    );
    expect(found).toBe("foo/c:0");
  });

  test("empty names", () => {
    expect(openAs("")).toEqual(["", "", ""]);
    expect(variableScope("a", () => openAs(""))).toEqual(["a/", "a/", ""]);
    expect(variableScope("a", () => variableScope("", () => getVariable("v", [1]).name))).toBe(
      "a//v:0",
    );
    expect(variableScope("o", () => openAs(null, { defaultName: "" }))).toEqual(["o/", "", ""]);
  });

  test("the original name scope survives entering again", () => {
    const tower = variableScope("scope1", () => variableScope("tower", (scope) => scope));
    expect(variableScope("scope2", () => openAs(tower))).toEqual([
      "scope1/tower",
      "scope2/tower/",
      "scope1/tower/",
    ]);
  });

  test("jumping to a scope object keeps the numbering", () => {
    const outer = variableScope("default", (scope) => {
      expect(openAs(null, { defaultName: "layer" })[0]).toBe("default/layer");
      expect(openAs(null, { defaultName: "layer" })[0]).toBe("default/layer_1");
      variableScope(scope, () => undefined);
      expect(openAs(null, { defaultName: "layer" })[0]).toBe("default/layer_2");
      return scope;
    });
    expect(variableScope(outer, () => openAs(null, { defaultName: "layer" })[0])).toBe(
      "default/layer",
    );
  });

  test("values settle the graph", () => {
    const other = new Graph();
    const a = other.asDefault(() => constant(1, { name: "a" }));
    variableScope("s", { values: [a] }, () => {
      expect(getDefaultGraph()).toBe(other);
      expect(getVariable("v", [1]).graph).toBe(other);
    });
    expect(getDefaultGraph()).not.toBe(other);
  });
});

describe("reuse", () => {
  test("is inherited and never undone", () => {
    variableScope("a", { reuse: true }, () => {
      expect(variableScope("b", (b) => b.reuse)).toBe(true);
      expect(variableScope("b", { reuse: false }, (b) => b.reuse)).toBe(true);
      expect(variableScope("b", { reuse: AUTO_REUSE }, (b) => b.reuse)).toBe(AUTO_REUSE);
    });
    variableScope("a", (a) => {
      expect(a.reuse).toBe(false);
      a.reuseVariables();
      expect(variableScope("b", (b) => b.reuse)).toBe(true);
    });
  });

  test("of an object is its own, whatever the current scope says", () => {
    const reusing = variableScope("a", { reuse: true }, (scope) => scope);
    const plain = variableScope("b", (scope) => scope);
    expect(variableScope(reusing, (scope) => scope.reuse)).toBe(true);
    expect(variableScope(reusing, { reuse: false }, (scope) => scope.reuse)).toBe(true);
    expect(variableScope(plain, { reuse: true }, (scope) => scope.reuse)).toBe(true);
    expect(variableScope("c", { reuse: true }, () => variableScope(plain, (s) => s.reuse))).toBe(
      false,
    );
  });
});

describe("defaults", () => {
  test("go to scopes within, except the constraint", () => {
    const constraint = (value: unknown) => value as never;
    const options = { initializer: onesInitializer(), dtype: float64, constraint };
    variableScope("a", options, (a) => {
      expect(getVariable("v", [1]).constraint).toBe(constraint);
      variableScope("b", (b) => {
        expect(b.dtype).toBe(float64);
        expect(b.constraint).toBeNull();
        expect(getVariable("v", [1]).initialValue.op.name).toBe("a/b/v/Initializer/ones");
      });
      a.setInitializer(constantInitializer(2));
      expect(getVariable("w", [1]).initialValue.op.name).toBe("a/w/Initializer/Const");
    });
  });
});

describe("opening and closing", () => {
  test("a scope that is disposed ends", () => {
    {
      using scope = variableScope("a");
      expect(scope.name).toBe("a");
      using inner = variableScope("b", { reuse: true });
      expect(inner.name).toBe("a/b");
    }
    expect(here()).toEqual(["", "", ""]);
  });

  test("closing the outer scope first is an error that names both, and closes both", () => {
    const a = variableScope("a");
    variableScope("b");
    expect(() => a[Symbol.dispose]()).toThrow(
      /^Improper nesting of variable_scope\.\nvariableScope 'a' .*scope\.test\.ts:\d+\) was closed while variableScope 'a\/b' .*still open/,
    );
    expect(here()).toEqual(["", "", ""]);
  });

  test("a promise out of the body is refused", () => {
    expect(() => variableScope("a", async () => 1)).toThrow(
      "The function given to variableScope returned a promise.",
    );
  });

  test("a failing body closes the scope", () => {
    const fail = () =>
      variableScope("a", () => {
        throw new Error("stop");
      });
    expect(fail).toThrow("stop");
    expect(here()).toEqual(["", "", ""]);
  });

  test("each graph has scopes of its own", () => {
    variableScope("a", () => {
      new Graph().asDefault(() => expect(getVariableScope().name).toBe(""));
      expect(getVariableScope().name).toBe("a");
    });
  });

  test("it prints", () => {
    expect(String(variableScope("a", (scope) => scope))).toBe("VariableScope('a', reuse=false)");
  });
});

describe("errors", () => {
  const open = variableScope as (...args: unknown[]) => unknown;
  test.each([
    [[null], "If default_name is None then name_or_scope is required"],
    [
      [null, { defaultName: "d", reuse: true }],
      "reuse=True cannot be used without a name_or_scope",
    ],
    [
      [null, { defaultName: "d", reuse: AUTO_REUSE }],
      "reuse=True cannot be used without a name_or_scope",
    ],
    [["a", { reuse: "yes" }], "The reuse parameter must be True or False or None."],
    [[3], "VariableScope: name_or_scope must be a string or VariableScope."],
    [
      ["a", { auxiliaryNameScope: "x" }],
      "The auxiliary_name_scope must be `True` or `False`, while get x",
    ],
    [["_"], "'_' is not a valid root scope name."],
  ])("%j: %s", (args, message) => {
    expect(() => open(...args)).toThrow(message);
    expect(here()).toEqual(["", "", ""]);
  });
});

describe("variableOpScope", () => {
  test("takes the values first and warns", () => {
    const warnings: string[] = [];
    const former = setWarningHandler((message) => warnings.push(message));
    const a = constant(1);
    expect(variableOpScope([a], null, "mysum2", () => getVariable("v", [1]).name)).toBe(
      "mysum2/v:0",
    );
    expect(variableOpScope([a], "named", "mysum2", { reuse: AUTO_REUSE }, here)[0]).toBe("named");
    setWarningHandler(former);
    expect(warnings[0]).toBe(
      "tf.variable_op_scope(values, name, default_name) is deprecated, use tf.variable_scope(name, default_name, values)",
    );
  });
});

describe("what a scope holds", () => {
  test("its variables by name", () => {
    const a = variableScope("a", (scope) => {
      getVariable("v", [1]);
      getVariable("w", [1], { trainable: false });
      variableScope("b", () => getVariable("x", [1]));
      return scope;
    });
    getVariable("ab", [1]);
    new Variable(1, { name: "a/plain", trainable: false });
    const names = ["a/v:0", "a/w:0", "a/b/x:0", "a/plain:0"];
    expect(a.globalVariables().map(({ name }) => name)).toEqual(names);
    expect(a.trainableVariables().map(({ name }) => name)).toEqual(["a/v:0", "a/b/x:0"]);
    expect(getVariableScope().globalVariables()).toHaveLength(5);
  });
});
