// makeTemplate: variables made once, scopes of templates, and the errors' texts.
import { beforeEach, expect, test } from "vitest";
import { getDefaultGraph, resetDefaultGraph } from "../core/graph.ts";
import { identity } from "../ops/identity.ts";
import "./creator.ts";
import { getVariable } from "./get-variable.ts";
import { zerosInitializer } from "./initializers.ts";
import { variableScope } from "./scope.ts";
import { makeTemplate } from "./template.ts";
import { AUTO_REUSE } from "./types.ts";
import { Variable } from "./variable.ts";

beforeEach(() => resetDefaultGraph());

const dummy = () => getVariable("dummy", [1], { initializer: zerosInitializer() });

test("calls share their variables", () => {
  const template = makeTemplate("t", (x: number) => dummy().add(x));
  expect(template.variableScope).toBeNull();
  expect(template.variables).toEqual([]);
  template(1);
  const before = getDefaultGraph().operations.length;
  template(2);
  expect(getDefaultGraph().operations.length - before).toBe(2);
  expect(template.variables.map(({ name }) => name)).toEqual(["t/dummy:0"]);
  expect(template.trainableVariables).toEqual(template.globalVariables);
  expect(template.nonTrainableVariables).toEqual([]);
  expect([template.name, template.variableScopeName]).toEqual(["t", "t/"]);
});

test("names are made unique under the scope of the first call", () => {
  const a = makeTemplate("s1", dummy);
  const b = makeTemplate("s1", dummy);
  const c = makeTemplate("s1", dummy);
  expect([a().name, b().name]).toEqual(["s1/dummy:0", "s1_1/dummy:0"]);
  expect(variableScope("scope", () => c().name)).toBe("scope/s1/dummy:0");
  expect(variableScope("other", () => c().name)).toBe("scope/s1/dummy:0");
});

test("a unique name is used as it is", () => {
  const make = () => makeTemplate("x", dummy, { uniqueName: "u" });
  expect(make()().name).toBe("u/dummy:0");
  expect(() => make()()).toThrow(
    /^Variable u\/dummy already exists, disallowed\.[\s\S]*\n\noriginally defined at:\n {2}File ".*template\.test\.ts"/,
  );
  expect(variableScope("", { reuse: AUTO_REUSE }, () => make()().name)).toBe("u/dummy:0");
});

test("a scope made at once opens a fresh name scope per call", () => {
  const out = () => identity(dummy(), { name: "out" }).name;
  const a = makeTemplate("foo", out, { createScopeNow: true });
  const b = makeTemplate("foo", out, { createScopeNow: true });
  expect([a.variableScope?.name, b.variableScope?.name]).toEqual(["foo", "foo_1"]);
  expect([a(), a(), b(), b()]).toEqual([
    "foo/out:0",
    "foo_1/out:0",
    "foo_1_1/out:0",
    "foo_1_2/out:0",
  ]);
});

test("a failing first call can be repeated", () => {
  let fail = true;
  const template = makeTemplate(
    "t",
    () => {
      if (fail) throw new Error("stop");
      return dummy();
    },
    { createScopeNow: true },
  );
  expect(template).toThrow("stop");
  fail = false;
  expect(template().name).toBe("t/dummy:0");
});

test("a later call may not make trainable variables", () => {
  const template = makeTemplate("t", () => new Variable(1, { name: "v" }).name);
  expect(template()).toBe("t/v:0");
  expect(template).toThrow(
    "Trainable variable created when calling a template after the first time, perhaps you used tf.Variable when you meant tf.get_variable: [<tf.Variable 't_1/v:0' shape=() dtype=float32_ref>]",
  );
});

test("a name is required", () => {
  expect(() => makeTemplate(null as never, dummy)).toThrow("name cannot be None.");
});
