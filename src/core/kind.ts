/** How error messages speak of values of the wrong kind. */

import { repr, TypeError } from "./errors.ts";

/** The kind of a value as Python would call it: `int`, `NoneType`, or the name of its class. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  switch (typeof value) {
    case "object":
      return value.constructor?.name ?? "object";
    case "number":
      return Number.isInteger(value) ? "int" : "float";
    case "bigint":
      return "int";
    case "boolean":
      return "bool";
    case "string":
      return "str";
    default:
      return typeof value;
  }
}

/** A value in a message: strings quoted, lists shortened. Never fails. */
export function brief(value: unknown): string {
  if (typeof value === "string") return repr(value);
  if (Array.isArray(value)) {
    const shown = value.slice(0, 6).map(brief).join(", ");
    return `[${shown}${value.length > 6 ? ", …" : ""}]`;
  }
  if (value === null || value === undefined) return "None";
  try {
    const text = String(value);
    return text === "[object Object]" ? "{…}" : text;
  } catch {
    return kindOf(value);
  }
}

/** What may have gone wrong in JavaScript terms, as the hint of an error; undefined when nothing is known. */
export function mistakeHint(value: unknown): string | undefined {
  if (value === undefined)
    return "The value is undefined: a variable without value, or a missing return?";
  if (value === null)
    return "The value is null: tf.gradients gives null where nothing depends on x.";
  if (typeof value === "object" && typeof (value as { then?: unknown }).then === "function") {
    return "The value is a promise: await it first.";
  }
  if (typeof value === "function")
    return "The value is a function: call it, or pass what it returns.";
  return undefined;
}

/** Refuses what is no list. `what` begins the sentence: "The values". */
export function checkList(value: unknown, what: string): asserts value is readonly unknown[] {
  if (Array.isArray(value)) return;
  throw new TypeError(
    `${what} must be a list; got ${brief(value)} of type '${kindOf(value)}'.`,
    mistakeHint(value),
  );
}
