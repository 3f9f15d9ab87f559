/** Operations on strings that graphs use to make file names: matching and joining. */

import { string } from "../core/dtypes.ts";
import { NDArray } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { mergeShapes } from "./merge.ts";

const decoder = new TextDecoder();

/** A string element as text. */
export function elementText(element: unknown): string {
  return element instanceof Uint8Array ? decoder.decode(element) : String(element);
}

function matches(input: NDArray, pattern: string): NDArray {
  // RE2 and JavaScript agree on what names of files need.
  const matcher = new RegExp(`^(?:${pattern})$`, "s");
  const found = Array.from(input.values(), (element) => matcher.test(elementText(element)));
  return new NDArray(Uint8Array.from(found, Number), input.shape, "bool");
}

const StaticRegexFullMatch = defineOp({
  type: "StaticRegexFullMatch",
  inputs: ["input: string"],
  outputs: ["output: bool"],
  attrs: { pattern: a.string() },
  shape: ({ inputs: [input] }) => [input.shape],
  gradient: "none",
  lower: "host",
  host: ([input], { attrs }) => [matches(input as NDArray, attrs.pattern)],
});

const RegexFullMatch = defineOp({
  type: "RegexFullMatch",
  inputs: ["input: string", "pattern: string"],
  outputs: ["output: bool"],
  attrs: {},
  shape: ({ inputs: [input] }) => [input.shape],
  gradient: "none",
  lower: "host",
  host: ([input, pattern]) => [matches(input as NDArray, elementText((pattern as NDArray).at(0)))],
});

/** Whether each element matches a regular expression from end to end. TensorFlow: `tf.strings.regex_full_match`. */
export function regexFullMatch(
  input: TensorLike,
  pattern: TensorLike,
  { name }: Named = {},
): Tensor {
  if (typeof pattern === "string") {
    return createOp(StaticRegexFullMatch, [input], { pattern }, name).output;
  }
  return createOp(RegexFullMatch, [input, pattern], {}, name).output;
}

const StringJoin = defineOp({
  type: "StringJoin",
  inputs: ["inputs: N * string"],
  outputs: ["output: string"],
  attrs: { N: a.int(undefined, 0), separator: a.string("") },
  shape: ({ inputs: [inputs] }) => {
    const [first, ...rest] = inputs.map(({ shape }) => shape).filter(({ rank }) => rank !== 0);
    if (!first) return [[]];
    return [rest.reduce((known, shape) => mergeShapes(known, shape), first)];
  },
  gradient: "none",
  lower: "host",
  host: (inputs, { attrs }) => {
    const whole = inputs.find(({ rank }) => rank > 0) ?? inputs[0];
    const joined = Array.from({ length: whole?.size ?? 1 }, (_, i) =>
      inputs.map((input) => elementText(input.at(input.rank === 0 ? 0 : i))).join(attrs.separator),
    );
    return [new NDArray(joined, whole?.shape ?? [], string)];
  },
});

export interface StringJoinOptions extends Named {
  readonly separator?: string | undefined;
}

/** Strings put together element by element; scalars go with every element. TensorFlow: `tf.strings.join`. */
export function stringJoin(
  inputs: readonly TensorLike[],
  { separator = "", name }: StringJoinOptions = {},
): Tensor {
  return createOp(StringJoin, [inputs], { separator }, name).output;
}
