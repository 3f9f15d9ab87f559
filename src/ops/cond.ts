/** tf.cond: runs one of two branches. */

import { RuntimeError, TypeError, ValueError } from "../core/errors.ts";
import { GraphKeys } from "../core/keys.ts";
import { Operation, type Tensor } from "../core/tensor.ts";
import { CondContext } from "./cond-context.ts";
import { withDependencies } from "./control.ts";
import { convertToTensor, isTensorConvertible, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { identity } from "./identity.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { opScope } from "./support.ts";
import { merge, switchOp } from "./switch.ts";

/** What a branch may return: tensors, operations, and arrays and plain objects of them. */
export type BranchResult =
  | TensorLike
  | Operation
  | readonly BranchResult[]
  | { readonly [key: string]: BranchResult };

/** The same structure with the value of whichever branch ran. */
export type Merged<R> =
  R extends Tensor<infer D>
    ? Tensor<D>
    : R extends Operation | number | bigint | boolean | string | { readonly graph: unknown }
      ? Tensor
      : R extends readonly unknown[]
        ? { readonly [K in keyof R]: Merged<R[K]> }
        : R extends object
          ? { readonly [K in keyof R]: Merged<R[K]> }
          : Tensor;

export interface CondOptions extends Named {
  /** Keeps arrays of one element as they are. */
  readonly strict?: boolean | undefined;
}

/**
 * What `trueFn` returns if `pred` holds when run, else what `falseFn` returns. Both are called now and must return
 * the same structure and dtypes; of what they make inside only one side runs. An array of one element is unpacked
 * unless `strict`. TensorFlow: `tf.cond`.
 */
export function cond<R extends BranchResult>(
  pred: TensorLike,
  trueFn: () => R,
  falseFn: () => BranchResult,
  { strict = false, name }: CondOptions = {},
): Merged<R> {
  if (trueFn === undefined) throw new TypeError("cond(): 'true_fn' argument required");
  if (falseFn === undefined) throw new TypeError("cond(): 'false_fn' argument required");
  if (typeof trueFn !== "function") throw new TypeError("'true_fn' must be callable.");
  if (typeof falseFn !== "function") throw new TypeError("'false_fn' must be callable.");
  return opScope(name, "cond", [pred], () => {
    if (typeof pred === "boolean") throw new TypeError("'pred' must not be a Python bool.");
    const [whenFalse, whenTrue] = switchOp(pred, pred);
    const pivotTrue = identity(whenTrue, { name: "switch_t" });
    const pivotFalse = identity(whenFalse, { name: "switch_f" });
    const test = identity(pred, { name: "pred_id" });
    for (const tensor of [whenTrue, whenFalse, pivotTrue, pivotFalse, test]) {
      tensor.graph.preventFetching(tensor.op);
    }
    const yes = buildBranch(new CondContext(test, pivotTrue, 1), trueFn, "true_fn", strict);
    const no = buildBranch(new CondContext(test, pivotFalse, 0), falseFn, "false_fn", strict);
    checkSameStructure(yes.structure, no.structure);
    if (yes.tensors.length === 0) {
      throw new ValueError("'true_fn' and 'false_fn' must return at least one result.");
    }
    yes.tensors.forEach((tensor, i) => {
      const other = no.tensors[i] as Tensor;
      if (tensor.dtype.base === other.dtype.base) return;
      throw new ValueError(
        `Outputs of 'true_fn' and 'false_fn' must have the same type(s). Received ${tensor.dtype.name} from 'true_fn' and ${other.dtype.name} from 'false_fn'.`,
      );
    });
    const merged = yes.tensors.map((tensor, i) => merge([no.tensors[i] as Tensor, tensor])[0]);
    if (yes.context.outer === null) {
      test.graph.addToCollection(GraphKeys.COND_CONTEXT, yes.context);
      test.graph.addToCollection(GraphKeys.COND_CONTEXT, no.context);
    }
    return pack(yes.structure, merged.values()) as Merged<R>;
  });
}

interface Branch {
  readonly context: CondContext;
  readonly structure: unknown;
  /** The leaves of the structure, as tensors of the branch. */
  readonly tensors: readonly Tensor[];
}

function buildBranch(
  context: CondContext,
  body: () => unknown,
  argument: string,
  strict: boolean,
): Branch {
  return context.inside(() => {
    const returned = body();
    if (returned === null || returned === undefined) {
      throw new ValueError(`'${argument}' must have a return value.`);
    }
    if (typeof (returned as { then?: unknown }).then === "function") {
      throw new RuntimeError(
        `'${argument}' returned a promise.`,
        "Branches are synchronous: build the graph without await, and await only sess.run.",
      );
    }
    const read = mapLeaves(returned, (leaf) =>
      leaf instanceof Operation
        ? leaf
        : isTensorConvertible(leaf) && !(leaf instanceof IndexedSlices)
          ? convertToTensor(leaf)
          : leaf,
    );
    const structure = mapLeaves(read, (leaf) =>
      leaf instanceof Operation
        ? withDependencies([leaf], context.pivot)
        : context.result(convertToTensor(leaf as TensorLike)),
    );
    const tensors = leavesOf(structure) as Tensor[];
    context.exit(tensors);
    const isSingle = !strict && Array.isArray(structure) && structure.length === 1;
    return { context, structure: isSingle ? structure[0] : structure, tensors };
  });
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

function mapLeaves(structure: unknown, change: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(structure)) return structure.map((item) => mapLeaves(item, change));
  if (isPlainObject(structure)) {
    return Object.fromEntries(
      Object.entries(structure).map(([key, item]) => [key, mapLeaves(item, change)]),
    );
  }
  return change(structure);
}

function leavesOf(structure: unknown): unknown[] {
  const found: unknown[] = [];
  mapLeaves(structure, (leaf) => found.push(leaf));
  return found;
}

function pack(structure: unknown, tensors: Iterator<unknown>): unknown {
  return mapLeaves(structure, () => tensors.next().value);
}

function sketch(structure: unknown): string {
  if (Array.isArray(structure)) return `[${structure.map(sketch).join(", ")}]`;
  if (isPlainObject(structure)) {
    return `{${Object.entries(structure)
      .map(([key, item]) => `'${key}': ${sketch(item)}`)
      .join(", ")}}`;
  }
  return ".";
}

function checkSameStructure(yes: unknown, no: unknown): void {
  const [first, second] = [sketch(yes), sketch(no)];
  if (first === second) return;
  throw new ValueError(
    `The two structures don't have the same nested structure.\n\nFirst structure: ${first}\n\nSecond structure: ${second}`,
  );
}
