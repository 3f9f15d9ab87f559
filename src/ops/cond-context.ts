/** CondContext: takes what is made in a branch of `cond` into the branch, with a Switch for each outside tensor. */

import { type ControlFlowContext, getDefaultGraph } from "../core/graph.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { switchRefOrTensor } from "./switch.ts";

/** A context that outside tensors must be brought into. */
export interface ValueContext extends ControlFlowContext {
  /** The tensor that stands for `value` inside of this context. */
  addValue(value: Tensor): Tensor;
  /** Names of the tensors that are inside, or stand for outside ones. */
  readonly values: Set<string>;
}

function isValueContext(context: ControlFlowContext | null): context is ValueContext {
  return context !== null && "addValue" in context;
}

/** @internal What a branch knew when it was exported. */
export interface RestoredValues {
  readonly values: Iterable<string>;
  readonly externalValues: ReadonlyMap<string, Tensor>;
}

/** One branch of a conditional. */
export class CondContext implements ValueContext {
  readonly name: string;
  readonly outer: ControlFlowContext | null;
  /** The condition, as all Switches of the branch read it. */
  readonly pred: Tensor;
  /** Exists only when the branch is taken. */
  readonly pivot: Tensor;
  /** 1 for the branch of true, 0 for that of false. */
  readonly branch: 0 | 1;
  readonly values = new Set<string>();
  /** What stands for outside tensors in here, by their names. */
  readonly externalValues = new Map<string, Tensor>();
  /** Conditionals within this branch. */
  readonly nested: CondContext[] = [];

  constructor(
    pred: Tensor,
    pivot: Tensor,
    branch: 0 | 1,
    name = "cond_text",
    restored?: RestoredValues,
  ) {
    const graph = getDefaultGraph();
    const unique = graph.uniqueName(restored ? "cond_text" : name);
    this.name = restored ? name : unique;
    this.outer = graph.scopes.controlFlow;
    if (this.outer instanceof CondContext) this.outer.nested.push(this);
    this.pred = pred;
    this.pivot = pivot;
    this.branch = branch;
    if (restored) {
      this.#restore(restored);
      return;
    }
    this.values.add(pred.name);
    this.externalValues.set(pred.name, pred);
    this.values.add(pivot.name);
    pivot.op.controlFlow = this;
  }

  #restore({ values, externalValues }: RestoredValues): void {
    for (const [name, tensor] of externalValues) this.externalValues.set(name, tensor);
    for (const name of values) {
      this.values.add(name);
      if (externalValues.has(name)) continue;
      this.pred.graph.getOperationByName(name.replace(/:\d+$/, "")).controlFlow = this;
    }
  }

  /** Runs `body` inside this branch. */
  inside<R>(body: () => R): R {
    return this.pred.graph.inside({ controlFlow: this }, body);
  }

  addValue(value: Tensor): Tensor {
    if (this.values.has(value.name)) return this.externalValues.get(value.name) ?? value;
    this.values.add(value.name);
    const outside = this.#fromOuter(value);
    const { graph } = value;
    const result = graph.inside(graph.controlPatch(null), () => this.#choose(outside));
    graph.preventFetching(result.op);
    result.op.controlFlow = this;
    this.#note(result.name);
    this.externalValues.set(value.name, result);
    return result;
  }

  #fromOuter(value: Tensor): Tensor {
    if (!isValueContext(this.outer)) return value;
    const result = this.outer.addValue(value);
    this.values.add(result.name);
    this.externalValues.set(result.name, result);
    return result;
  }

  #choose(value: Tensor): Tensor {
    return switchRefOrTensor(value, this.pred)[this.branch];
  }

  #note(name: string): void {
    let context: ControlFlowContext | null = this;
    while (isValueContext(context)) {
      context.values.add(name);
      context = context.outer;
    }
  }

  addOp(op: Operation): void {
    if (op.inputs.length === 0) {
      const waits = op.controlInputs.some((input) => contains(input.controlFlow, this));
      if (!waits) op.addControlInputs([this.pivot.op]);
    }
    op.inputs.forEach((input, i) => {
      const inner = this.addValue(input);
      if (inner !== input) op.updateInput(i, inner);
    });
    for (const output of op.outputs) this.#note(output.name);
    op.graph.preventFetching(op);
  }

  /** A result of the branch as a tensor of the branch. */
  result(value: Tensor): Tensor {
    if (this.values.has(value.name)) return this.externalValues.get(value.name) ?? value;
    this.values.add(value.name);
    const chosen = this.#choose(this.#fromOuter(value));
    this.externalValues.set(value.name, chosen);
    return chosen;
  }

  /** Tells the outer context what came out of the branch. */
  exit(results: readonly Tensor[]): void {
    if (!isValueContext(this.outer)) return;
    for (const { name } of results) this.outer.values.add(name);
  }

  toString(): string {
    return this.name;
  }
}

/** Whether `context` is `outer` or lies within it. */
function contains(context: unknown, outer: CondContext): boolean {
  for (let at = context; at; at = (at as ControlFlowContext).outer) if (at === outer) return true;
  return false;
}
