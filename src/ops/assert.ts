/** Checks that run with the graph: Assert, CheckNumerics, tf.debugging.assert…. */

import type { DTypeName, Storage } from "../core/dtypes.ts";
import { bfloat16, float16, float32, float64, int32, string } from "../core/dtypes.ts";
import { repr } from "../core/errors.ts";
import { checkList } from "../core/kind.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { cond } from "./cond.ts";
import { noOp } from "./control.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { summarizeValue } from "./summarize.ts";
import { opScope } from "./support.ts";

const Assert = defineOp({
  type: "Assert",
  inputs: ["condition: bool", "data: T[]"],
  outputs: [],
  attrs: { T: a.types(), summarize: a.int(3) },
  traits: { stateful: true },
  shape: ({ inputs: [condition] }) => {
    if (condition.shape.rank !== null && condition.shape.rank !== 0) {
      throw new ShapeError(`Shape must be rank 0 but is rank ${condition.shape.rank}`);
    }
    return [];
  },
  gradient: "zero",
  lower: ({ inputs: [condition, data], attrs: { summarize }, k }) => {
    k.host(
      "assert",
      [condition, ...data],
      [],
      ([test, ...values]) => {
        if ((test as NDArray).at(0) === true) return;
        const shown = values.map((value) => `[${summarizeValue(value, summarize)}]`).join(" ");
        throw new Error(`assertion failed: ${shown}`);
      },
      { effect: true },
    );
    return [];
  },
});

export interface AssertOptions extends Named {
  /** How many elements of each tensor the message shows. */
  readonly summarize?: number | undefined;
}

/**
 * An operation that fails unless `condition` holds; the message shows `data`. TensorFlow: `tf.Assert`.
 */
export function assertOp(
  condition: TensorLike,
  data: readonly TensorLike[],
  { summarize = 3, name }: AssertOptions = {},
): Operation {
  checkList(data, "The data that the message shows");
  return opScope(name, "Assert", [condition, data], () => {
    const values = data.map((value) => convertToTensor(value));
    const node = (test: TensorLike) => createOp(Assert, [test, data], { summarize }, "Assert");
    if (values.every(({ dtype }) => dtype.base === string || dtype.base === int32)) {
      return node(condition);
    }
    // What is shown is computed only when the check fails.
    const test = convertToTensor(condition, { name: "Condition" });
    const guarded = cond(
      test,
      () => noOp(),
      () => node(test),
      { name: "AssertGuard" },
    );
    return guarded.op;
  });
}

const CheckNumerics = defineOp({
  type: "CheckNumerics",
  inputs: ["tensor: T"],
  outputs: ["output: T"],
  attrs: { T: a.type([bfloat16, float16, float32, float64]), message: a.string() },
  traits: { stateful: true, aliases: true },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: ({ attrs: { message }, dy: [dy] }) => [
    checkNumerics(
      dy,
      // Python prints the attribute as bytes, and so the recorded nodes have it.
      `Not a number (NaN) or infinity (Inf) values detected in gradient. b${repr(message)}`,
    ),
  ],
  lower: ({ inputs: [x], attrs: { message }, k }) => {
    k.host(
      "checkNumerics",
      [x],
      [],
      ([values]) => {
        const found = strangers(values as NDArray);
        if (found) throw new Error(`${message} : Tensor had ${found} values`);
      },
      { effect: true },
    );
    return [x];
  },
});

/** Whether numbers are finite for sure; what else has elements is looked at one by one. */
function allFinite(data: Storage): boolean {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return false;
  // x - x is 0 for finite numbers only, and what is not finite stays so in sums.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i] as number) - (data[i] as number);
  return sum === 0;
}

/** What is not finite in an array, in words; null when all is. */
function strangers(array: NDArray): string | null {
  if (allFinite(array.data)) return null;
  let [hasNan, hasInf] = [false, false];
  for (let i = 0; i < array.size; i++) {
    const value = array.at(i) as number;
    if (Number.isNaN(value)) hasNan = true;
    else if (!Number.isFinite(value)) hasInf = true;
  }
  if (hasInf && hasNan) return "Inf and NaN";
  return hasInf ? "Inf" : hasNan ? "NaN" : null;
}

/** The same tensor; fails when it has NaN or infinite elements. TensorFlow: `tf.debugging.check_numerics`. */
export function checkNumerics<D extends DTypeName>(
  tensor: TensorOf<D>,
  message: string,
  options?: Named,
): Tensor<D>;
export function checkNumerics(tensor: TensorLike, message: string, options?: Named): Tensor;
export function checkNumerics(tensor: TensorLike, message: string, { name }: Named = {}): Tensor {
  return createOp(CheckNumerics, [tensor], { message }, name).output;
}
export { assertEqual } from "./debugging.ts";
