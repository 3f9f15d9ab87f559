// Lists of variables, and the operations that initialize them or report on them.
import { beforeEach, expect, test } from "vitest";
import { getDefaultGraph, resetDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import type { NDArray } from "../core/ndarray.ts";
import { setWarningHandler } from "../core/warn.ts";
import { Session } from "../session/session.ts";
import { getLocalVariable, getVariable } from "./get-variable.ts";
import {
  allVariables,
  assertVariablesInitialized,
  globalVariables,
  globalVariablesInitializer,
  initializeAllVariables,
  localVariables,
  localVariablesInitializer,
  reportUninitializedVariables,
  trainableVariables,
  variablesInitializer,
} from "./lists.ts";
import { Variable } from "./variable.ts";

beforeEach(() => resetDefaultGraph());

test("collections by prefix", () => {
  getVariable("a", [1]);
  getVariable("b/c", [1], { trainable: false });
  getLocalVariable("d", [1]);
  const names = (variables: readonly Variable[]) => variables.map(({ name }) => name);
  expect(names(globalVariables())).toEqual(["a:0", "b/c:0"]);
  expect(names(globalVariables("b/"))).toEqual(["b/c:0"]);
  expect(names(trainableVariables())).toEqual(["a:0"]);
  expect(names(localVariables())).toEqual(["d:0"]);
  expect(getDefaultGraph().getCollection(GraphKeys.VARIABLES)).toHaveLength(2);
});

test("an initializer runs all, and exists without variables too", () => {
  expect(globalVariablesInitializer().type).toBe("NoOp");
  const a = new Variable(1, { name: "a" });
  const b = new Variable(2, { name: "b", useResource: true });
  const init = globalVariablesInitializer();
  expect([init.name, init.type]).toEqual(["init_1", "NoOp"]);
  expect(init.controlInputs.map(({ name }) => name)).toEqual(["a/Assign", "b/Assign"]);
  expect(variablesInitializer([b], { name: "some" }).controlInputs).toEqual([b.initializer]);
  expect(localVariablesInitializer().controlInputs).toEqual([]);
  const session = new Session();
  session.runSync(init);
  expect([a.evalSync({ session }).item(), b.evalSync({ session }).item()]).toEqual([1, 2]);
});

test("deprecated names still work and warn", () => {
  const warnings: string[] = [];
  const former = setWarningHandler((message) => warnings.push(message));
  new Variable(1);
  expect(allVariables()).toHaveLength(1);
  expect(initializeAllVariables().controlInputs).toHaveLength(1);
  setWarningHandler(former);
  expect(warnings).toEqual([
    "tf.all_variables is deprecated, use tf.global_variables instead.",
    "tf.initialize_all_variables is deprecated, use tf.global_variables_initializer instead.",
  ]);
});

test("what is not initialized is reported", () => {
  const a = new Variable(1, { name: "a" });
  getVariable("b", [2], { useResource: true });
  getLocalVariable("c", []);
  const report = reportUninitializedVariables();
  const session = new Session();
  const names = () => (session.runSync(report) as NDArray).toArray();
  expect(names()).toEqual(["a", "b", "c"]);
  session.runSync(a.initializer);
  expect(names()).toEqual(["b", "c"]);
});

test("an assertion fails until all are initialized; there is none without variables", () => {
  expect(assertVariablesInitialized()).toBeNull();
  const a = new Variable(1, { name: "a" });
  const check = assertVariablesInitialized();
  const session = new Session();
  expect(() => session.runSync(check)).toThrow("Attempting to use uninitialized value a");
  session.runSync(a.initializer);
  session.runSync(check);
});
