/** customGradient: a part of the graph with a gradient of the user's own. */

import { TypeError } from "../core/errors.ts";
import { brief } from "../core/kind.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { convertToTensor, type TensorLike } from "../ops/convert.ts";
import type { GradientResult } from "../ops/define.ts";
import { identityN } from "../ops/identity.ts";
import { gradientOverrideMap } from "../ops/scopes.ts";
import { RegisterGradient } from "./registry.ts";

/** Gradients of the arguments, from those of the results. */
export type CustomGradientFunction = (
  ...dy: Tensor[]
) => GradientResult | readonly GradientResult[];

/** A result, or several, and how to differentiate them. */
export type WithGradient<R extends Tensor | readonly Tensor[]> = readonly [
  result: R,
  gradient: CustomGradientFunction,
];

let count = 0;

/**
 * A function like `f`, whose results have the gradient that `f` returns beside them. Variables must be arguments.
 *
 *     const clipped = tf.customGradient((x) => [tf.identity(x), (dy) => tf.clipByNorm(dy, 1)]);
 *
 * TensorFlow: `tf.custom_gradient`.
 */
export function customGradient<
  A extends readonly TensorLike[],
  R extends Tensor | readonly Tensor[],
>(f: (...args: { [K in keyof A]: Tensor }) => WithGradient<R>): (...args: A) => R {
  if (typeof f !== "function") {
    throw new TypeError(`customGradient takes a function; got ${brief(f)}.`);
  }
  return (...args) => {
    const type = `CustomGradient-${++count}`;
    const inputs = args.map((arg) => convertToTensor(arg));
    const returned: unknown = f(...(inputs as unknown as { [K in keyof A]: Tensor }));
    if (!Array.isArray(returned) || returned.length !== 2 || typeof returned[1] !== "function") {
      throw new TypeError(
        `The function given to customGradient returns [result, gradient]; got ${brief(returned)}.`,
      );
    }
    const [result, gradient] = returned as unknown as WithGradient<R>;
    const results: readonly Tensor[] = Array.isArray(result) ? result : [result as Tensor];
    refuseVariables(results, inputs);
    RegisterGradient(type)((_op, ...dy) => {
      const found = gradient(...(dy.slice(0, results.length) as Tensor[]));
      const list = Array.isArray(found) ? (found as readonly GradientResult[]) : [found];
      return [...results.map(() => null), ...(list as readonly GradientResult[])];
    });
    const all = gradientOverrideMap({ IdentityN: type }, () => identityN([...results, ...inputs]));
    return (Array.isArray(result) ? all.slice(0, results.length) : all[0]) as R;
  };
}

/** A variable that is read inside would get no gradient. */
function refuseVariables(results: readonly Tensor[], inputs: readonly Tensor[]): void {
  const seen = new Set<Operation>(inputs.map(({ op }) => op));
  const open = results.map(({ op }) => op).filter((op) => !seen.has(op));
  for (let op = open.pop(); op; op = open.pop()) {
    if (seen.has(op)) continue;
    seen.add(op);
    if (["VarHandleOp", "VariableV2", "Variable"].includes(op.type)) {
      throw new TypeError(
        `@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function uses variables: ['${op.name}']`,
        "Pass the variables as arguments of the function.",
      );
    }
    open.push(...op.inputs.map((input) => input.op));
  }
}
