/** Print: an identity that writes what passes through it. */

import type { NDArray } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { summarizeValue } from "./summarize.ts";

export type PrintHandler = (line: string) => void;

interface StandardError {
  readonly process?: { readonly stderr?: { write?(text: string): unknown } };
}

// TensorFlow's Print writes to standard error, and programs that use it count on the output being there. Browsers
// have none: nothing is written unless a handler is set.
const toStandardError: PrintHandler = (line) => {
  // console-boundary: the output is what the op is for
  (globalThis as StandardError).process?.stderr?.write?.(`${line}\n`);
};

let handler = toStandardError;

/** Decides where Print writes; null for standard error. Returns the former handler. */
export function setPrintHandler(listener: PrintHandler | null): PrintHandler {
  const former = handler;
  handler = listener ?? toStandardError;
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
        handler(
          message +
            values.map((value) => `[${summarizeValue(value as NDArray, summarize)}]`).join(""),
        );
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
export function print(
  input: TensorLike,
  data: readonly TensorLike[],
  { message = "", firstN = -1, summarize = 3, name }: PrintOptions = {},
): Tensor {
  return createOp(Print, [input, data], { message, first_n: firstN, summarize }, name).output;
}
