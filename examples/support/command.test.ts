// What the examples say about options that they cannot use.
import { expect, test } from "vitest";
import { UserError, wholeNumber } from "./command.ts";

test("a whole number is read, and the default stands for an absent one", () => {
  expect(wholeNumber("--epochs", "12", { byDefault: 2 })).toBe(12);
  expect(wholeNumber("--epochs", undefined, { byDefault: 2 })).toBe(2);
});

test.each(["", "2.5", "-1", "two", "0", "99999999999"])("--epochs %j is refused", (text) => {
  const read = () => wholeNumber("--epochs", text, { byDefault: 2, least: 1 });
  expect(read).toThrow(UserError);
  expect(read).toThrow(`--epochs ${text}: expected a whole number from 1 to 2147483647`);
});
