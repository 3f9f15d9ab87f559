// The public functions for the scopes of the default graph.
import { beforeEach, expect, test } from "vitest";
import { Graph, getDefaultGraph, resetDefaultGraph } from "../core/graph.ts";
import { setWarningHandler } from "../core/warn.ts";
import { constant } from "./constant.ts";
import { noOp } from "./control.ts";
import {
  addToCollections,
  controlDependencies,
  device,
  getCollection,
  initScope,
  nameScope,
  opScope,
} from "./scopes.ts";

beforeEach(() => resetDefaultGraph());

test("nameScope nests, resets and enters again", () => {
  nameScope("a", (a) => {
    expect(a).toBe("a/");
    expect(nameScope("b", (b) => b)).toBe("a/b/");
    expect(nameScope("b", (b) => b)).toBe("a/b_1/");
    expect(nameScope(null, () => noOp({ name: "n" }).name)).toBe("n");
    expect(nameScope("a/b/", () => noOp({ name: "n" }).name)).toBe("a/b/n");
  });
  using scope = nameScope("a");
  expect(String(scope)).toBe("a_1/");
});

test("a null name takes the default name, an empty one goes to the root", () => {
  expect(nameScope(null, { defaultName: "d" }, (d) => d)).toBe("d/");
  expect(nameScope("a", () => nameScope("", { defaultName: "d" }, (d) => d))).toBe("");
});

test("wrong default names and missing names are refused", () => {
  expect(() => nameScope(null, { defaultName: 3 as never })).toThrow(
    "is not a string type. You likely meant to pass this into the `values` kwarg.",
  );
  expect(() => nameScope(null, { values: [] })).toThrow(
    "At least one of name (None) and default_name (None) must be provided.",
  );
});

test("values make their graph the default, and may not disagree", () => {
  const other = new Graph();
  const a = other.asDefault(() => constant(1, { name: "a" }));
  nameScope("s", { values: [a] }, () => expect(getDefaultGraph()).toBe(other));
  expect(getDefaultGraph()).not.toBe(other);
  expect(() => nameScope("s", { values: [a, constant(1)] })).toThrow(
    "must be from the same graph as",
  );
});

test("opScope takes the values first and warns", () => {
  const warnings: string[] = [];
  const former = setWarningHandler((message) => warnings.push(message));
  expect(opScope([constant(1)], null, "mysum", (scope) => scope)).toBe("mysum/");
  setWarningHandler(former);
  expect(warnings).toEqual([
    "tf.op_scope(values, name, default_name) is deprecated, use tf.name_scope(name, default_name, values)",
  ]);
});

test("initScope leaves control dependencies but not the name scope", () => {
  const first = noOp({ name: "first" });
  nameScope("s", () =>
    controlDependencies([first], () => {
      const free = initScope(() => noOp({ name: "free" }));
      expect(free.controlInputs).toEqual([]);
      expect(free.name).toBe("s/free");
      expect(noOp({ name: "waits" }).controlInputs).toEqual([first]);
    }),
  );
});

test("device and collections act on the default graph", () => {
  device("/cpu:0", () => expect(noOp().device).toBe("/device:CPU:0"));
  addToCollections(["x", "x", "y"], 1);
  expect(getCollection("x")).toEqual([1]);
  expect(getCollection("y")).toEqual([1]);
});
