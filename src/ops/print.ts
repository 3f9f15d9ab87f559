/** Printing while a graph runs: Print, an identity that prints, and PrintV2 with StringFormat. */

import { type DType, string } from "../core/dtypes.ts";
import { repr, TypeError, ValueError } from "../core/errors.ts";
import { brief, checkList } from "../core/kind.ts";
import { type NDArray, writeElement } from "../core/ndarray.ts";
import { type Operation, Tensor } from "../core/tensor.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { describeValue, summarizeValue } from "./summarize.ts";
import { isTensorLike } from "./support.ts";

/** Gets what is printed, line ends included, and the stream that it is meant for. */
export type PrintHandler = (text: string, stream: string) => void;

interface Stream {
  write?(text: string): unknown;
}
interface Host {
  readonly process?: { readonly stderr?: Stream; readonly stdout?: Stream };
}

// TensorFlow's printing ops write to standard error: programs that use them count on the output going there. Browsers
// have no such stream, so nothing is written there unless a handler is set.
const toStream: PrintHandler = (text, stream) => {
  const { process } = globalThis as Host;
  // console-boundary: the output is what these ops are for
  const target = stream === "stdout" ? process?.stdout : process?.stderr;
  target?.write?.(text);
};

let handler = toStream;

/** Decides where printing ops write; null for the standard streams. Returns the former handler. */
export function setPrintHandler(listener: PrintHandler | null): PrintHandler {
  const former = handler;
  handler = listener ?? toStream;
  return former;
}

interface Counter {
  count: number;
}

const Print = defineOp({
  type: "Print",
  inputs: ["input: T", "data: U[]"],
  outputs: ["output: T"],
  attrs: {
    T: a.type(),
    U: a.types(),
    message: a.string(""),
    first_n: a.int(-1),
    summarize: a.int(3),
  },
  traits: { stateful: true, passesSlices: true },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: ({ inputs: [, data], dy: [dy] }) => [dy, data.map(() => null)],
  lower: ({ op, inputs: [x, data], attrs: { message, first_n, summarize }, k }) => {
    k.host(
      "print",
      data,
      [],
      (values, _, context) => {
        if (first_n >= 0) {
          const calls = context.kernelState<Counter>(op.name, () => ({ count: 0 }));
          if (calls.count >= first_n) return;
          calls.count += 1;
        }
        const shown = values.map((value) => `[${summarizeValue(value, summarize)}]`).join("");
        handler(`${message}${shown}\n`, "stderr");
      },
      { effect: true },
    );
    return [x];
  },
});

export interface PrintOptions extends Named {
  readonly message?: string | undefined;
  /** Prints only so many times; -1 for always. */
  readonly firstN?: number | undefined;
  /** How many elements of each tensor are shown. */
  readonly summarize?: number | undefined;
}

/**
 * `input`, and prints `data` whenever it is computed; where to is up to `setPrintHandler`. TensorFlow: `tf.Print`.
 */
export function printData(
  input: TensorLike,
  data: readonly TensorLike[],
  { message = "", firstN = -1, summarize = 3, name }: PrintOptions = {},
): Tensor {
  return createOp(Print, [input, data], { message, first_n: firstN, summarize }, name).output;
}

// Formatting

const StringFormat = defineOp({
  type: "StringFormat",
  inputs: ["inputs: T[]"],
  outputs: ["output: string"],
  attrs: {
    T: a.types(),
    template: a.string("%s"),
    placeholder: a.string("%s"),
    summarize: a.int(3),
  },
  shape: () => [[]],
  gradient: "none",
  lower: ({ inputs: [values], attrs: { template, placeholder, summarize }, k }) =>
    k.host("format", values, [{ dtype: string, shape: [] }], (arrays, [out]) => {
      const [first = "", ...others] = template.split(placeholder);
      let text = first;
      others.forEach((part, i) => {
        text += describeValue(arrays[i] as NDArray, summarize) + part;
      });
      writeElement((out as NDArray).data, string, 0, text);
    }),
});

export interface StringFormatOptions extends Named {
  /** What in the template stands for a tensor. */
  readonly placeholder?: string | undefined;
  /** How many elements are shown at both ends of each axis; -1 for all. */
  readonly summarize?: number | undefined;
}

/** A template with tensors filled in. TensorFlow: `tf.strings.format`. */
export function stringFormat(
  template: string,
  inputs: TensorLike | readonly TensorLike[],
  { placeholder = "{}", summarize = 3, name }: StringFormatOptions = {},
): Tensor<"string"> {
  const list = isTensorLike(inputs) ? [inputs] : (inputs as readonly TensorLike[]);
  if (typeof template !== "string") {
    throw new TypeError(`The template is a string; got ${brief(template)}.`);
  }
  checkList(list, "The tensors to fill in");
  const places = template.split(placeholder).length - 1;
  if (places !== list.length) {
    throw new ValueError(
      `The template expects ${places} tensors, but the inputs only has ${list.length}. Please ensure the number of placeholders in template matches inputs length.`,
    );
  }
  return createOp(StringFormat, [list], { template, placeholder, summarize }, name)
    .output as Tensor<"string">;
}

const PrintV2 = defineOp({
  type: "PrintV2",
  inputs: ["input: string"],
  outputs: [],
  attrs: { output_stream: a.string("stderr"), end: a.string("\n") },
  traits: { stateful: true },
  shape: ({ inputs: [text] }) => {
    if (text.shape.rank !== null && text.shape.rank !== 0) {
      throw new ShapeError(`Shape must be rank 0 but is rank ${text.shape.rank}`);
    }
    return [];
  },
  gradient: "none",
  lower: ({ inputs: [text], attrs: { output_stream, end }, k }) => {
    k.host(
      "print",
      [text],
      [],
      ([line]) => {
        const value = (line as NDArray).at(0);
        const shown = value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value);
        handler(shown + end, output_stream);
      },
      { effect: true },
    );
    return [];
  },
});

export interface PrintV2Options extends Named {
  /** "stderr" (the default) or "stdout". */
  readonly outputStream?: "stderr" | "stdout" | undefined;
  readonly summarize?: number | undefined;
  readonly sep?: string | undefined;
  readonly end?: string | undefined;
}

/** A value as Python's `pprint` writes it, with `{}` for each tensor, which is added to `found`. */
function template(value: unknown, placeholder: string, found: Tensor[]): string {
  if (isTensorLike(value)) {
    found.push(value);
    return placeholder;
  }
  if (typeof value === "string") return repr(value);
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) {
    return `[${value.map((item) => template(item, placeholder, found)).join(", ")}]`;
  }
  if (Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${entries.map(([key, item]) => `${repr(key)}: ${template(item, placeholder, found)}`).join(", ")}}`;
  }
  return String(value);
}

/**
 * An operation that prints `inputs`: text, tensors, and arrays and objects of them, separated by `sep`.
 * TensorFlow: `tf.print`.
 */
export function print(inputs: readonly unknown[], options: PrintV2Options = {}): Operation {
  checkList(inputs, "What is printed");
  const { outputStream = "stderr", summarize = 3, sep = " ", end = "\n", name } = options;
  const [only] = inputs;
  const isText =
    inputs.length === 1 &&
    only instanceof Tensor &&
    only.shape.rank === 0 &&
    only.dtype.base === (string as DType);
  let text: Tensor;
  if (isText) {
    text = only;
  } else {
    const found: Tensor[] = [];
    const parts = inputs.map((input) =>
      typeof input === "string" ? input : template(input, "{}", found),
    );
    const format = name === undefined ? undefined : `${name}_format`;
    text = stringFormat(parts.join(sep), found, { summarize, name: format });
  }
  return createOp(PrintV2, [text], { output_stream: outputStream, end }, name);
}
