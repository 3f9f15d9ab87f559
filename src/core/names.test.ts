// Tests of the name algorithm, with the corners that TensorFlow's own tests show.
import { expect, test } from "vitest";
import { NameTable, prependNameScope, stripNameScope } from "./names.ts";

const names = (...requests: string[]): string[] => {
  const table = new NameTable();
  return requests.map((name) => table.unique(name));
};

test("a name that is taken gets a number", () => {
  expect(names("foo", "foo", "foo")).toEqual(["foo", "foo_1", "foo_2"]);
});

test("a number that was asked for is skipped", () => {
  expect(names("foo_2", "foo", "foo", "foo")).toEqual(["foo_2", "foo", "foo_1", "foo_3"]);
});

test("numbers are added to names that end in numbers", () => {
  expect(names("foo", "foo", "foo", "foo_1", "foo_1", "foo_1_2")).toEqual([
    "foo",
    "foo_1",
    "foo_2",
    "foo_1_1",
    "foo_1_2",
    "foo_1_2_1",
  ]);
});

test("names that differ only in case collide, and keep the case asked for", () => {
  expect(names("foo", "Foo", "FOO")).toEqual(["foo", "Foo_1", "FOO_2"]);
});

test("asking without marking gives the next name and takes nothing", () => {
  const table = new NameTable();
  table.unique("x");
  expect(table.unique("x", false)).toBe("x_1");
  expect(table.unique("x")).toBe("x_1");
});

test("scopes are stripped and prepended behind ^ and loc:@", () => {
  expect(stripNameScope("^a/b/c", "a/b")).toBe("^c");
  expect(stripNameScope("loc:@a//x", "a/")).toBe("loc:@x");
  expect(stripNameScope("ab/x", "a")).toBe("ab/x");
  expect(prependNameScope("^x", "a/b/")).toBe("^a/b/x");
  expect(prependNameScope("x", "")).toBe("x");
});
