/** tf.case: the first of several branches whose condition holds. */

import { bool, int32 } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { checkList } from "../core/kind.ts";
import { type Operation, Tensor } from "../core/tensor.ts";
import { assertOp } from "./assert.ts";
import { cast } from "./cast.ts";
import { lessEqual } from "./comparison.ts";
import { type BranchResult, cond, type Merged } from "./cond.ts";
import { constant } from "./constant.ts";
import type { Named } from "./create.ts";
import { reduceSum } from "./reduce.ts";
import { stack } from "./stack.ts";
import { opScope } from "./support.ts";

export interface CaseOptions<R extends BranchResult> extends Named {
  /** Runs when no condition holds; without it the last pair does, after a check. */
  readonly default?: (() => R) | undefined;
  /** Whether more than one condition that holds is an error. */
  readonly exclusive?: boolean | undefined;
  readonly strict?: boolean | undefined;
}

/** A condition and what it chooses. */
export type CasePair<R extends BranchResult> = readonly [pred: Tensor, fn: () => R];

function atMost(predicates: readonly Tensor[], count: number, message: string): Operation {
  const all = stack(predicates, { name: "preds_c" });
  const total = reduceSum(cast(all, int32), { name: "num_true_conds" });
  const fits = lessEqual(total, constant(count, { dtype: int32, name: "n_true_conds" }));
  const names = predicates.map((predicate) => predicate.name).join(", ");
  const text = `${message}: more than ${count} conditions (${names}) evaluated as True:`;
  return assertOp(fits, [text, all], { summarize: predicates.length });
}

/** The last branch, guarded: it runs only if its own condition holds and no other does. */
function guardedLast<R extends BranchResult>(pairs: readonly CasePair<R>[]): () => R {
  const [predicate, action] = pairs.at(-1) as CasePair<R>;
  const predicates = pairs.map(([each]) => each);
  return () => {
    const message = `Implementation error: selected default action #${pairs.length - 1} was called, but some of other predicates are True: `;
    const missing = [
      "Input error: None of conditions evaluated as True:",
      stack(predicates, { name: "preds_c" }),
    ];
    const { graph } = predicate;
    const checks = [atMost(predicates.slice(0, -1), 0, message), assertOp(predicate, missing)];
    return graph.inside(graph.controlPatch(checks), action);
  };
}

/**
 * Runs the function of the first pair whose condition holds, else `default`. TensorFlow: `tf.case`.
 */
export function caseOf<R extends BranchResult>(
  predFnPairs: readonly CasePair<R>[],
  { default: fallback, exclusive = false, strict = false, name = "case" }: CaseOptions<R> = {},
): Merged<R> {
  checkList(predFnPairs, "The pairs of a condition and a function");
  if (predFnPairs.length === 0 && !fallback) {
    throw new ValueError("Need at least one pair of a condition and a function, or a default.");
  }
  for (const pair of predFnPairs) {
    checkList(pair, "A pair of a condition and a function");
    const [pred, fn] = pair;
    if (!(pred instanceof Tensor)) throw new TypeError(`pred must be a Tensor, got: ${pred}`);
    if (pred.dtype.base !== bool)
      throw new TypeError(`pred must be Tensor of type bool: ${pred.name}`);
    if (typeof fn !== "function") throw new TypeError(`fn for pred ${pred.name} must be callable.`);
  }
  return opScope(
    name,
    "case",
    predFnPairs.map(([pred]) => pred),
    () => {
      const pairs = fallback ? predFnPairs : predFnPairs.slice(0, -1);
      let run: () => R = fallback ?? guardedLast(predFnPairs);
      for (const [pred, fn] of pairs.toReversed()) {
        const otherwise = run;
        run = () => cond(pred, fn, otherwise, { strict }) as unknown as R;
      }
      if (!exclusive) return run() as unknown as Merged<R>;
      const predicates = pairs.map(([pred]) => pred);
      const check = atMost(predicates, 1, "Input error: exclusive=True");
      const { graph } = check;
      return graph.inside(graph.controlPatch([check]), run) as unknown as Merged<R>;
    },
  );
}
