/** Program passes: from the loops and routines that ops were lowered to, to fewer and larger ones. */

import {
  type Expr,
  formatExpr,
  formatStep,
  type Loop,
  mapChildren,
  type Program,
  readsOf,
  type Step,
  type Value,
  writesOf,
} from "../engines/ir.ts";
import { epilogue } from "./epilogue.ts";
import { fuse } from "./fuse.ts";
import { group } from "./group.ts";
import { join } from "./join.ts";
import { layout } from "./layout.ts";
import { narrow } from "./narrow.ts";
import { simplify } from "./simplify.ts";
import { countWriters, note, storageOf } from "./uses.ts";

export interface ProgramPass {
  readonly name: string;
  /** Results are the same with and without it, but for the order in which many are added. */
  readonly optional: boolean;
  readonly run: (program: Program) => Program;
}

// shared subexpressions

/** Steps that compute what an earlier step computed are dropped; their readers read the earlier one. */
function share(program: Program): Program {
  const known = new Map<string, readonly Value[]>();
  /** Keys of what was computed from a storage: when it is written they stand for something else. */
  const computedFrom = new Map<Value | string, string[]>();
  const replaced = new Map<Value, Value>();
  const writers = countWriters(program);
  const steps: Step[] = [];
  for (const original of program.steps) {
    const step = replaceReads(original, replaced);
    const outputs = writesOf(step);
    for (const value of outputs) {
      for (const stale of computedFrom.get(storageOf(value)) ?? []) known.delete(stale);
    }
    const pure =
      step.kind !== "host" &&
      outputs.every((value) => !value.state && writers.get(value.root) === 1);
    if (pure) {
      const key = stepKey(step);
      const earlier = known.get(key);
      if (earlier) {
        for (const [i, value] of outputs.entries()) replaced.set(value, earlier[i] as Value);
        continue;
      }
      known.set(key, outputs);
      for (const value of readsOf(step)) {
        note(computedFrom, storageOf(value), key);
      }
    }
    steps.push(step);
  }
  const outputs = program.outputs.map((value) => replaced.get(value) ?? value);
  return finishReplacing({ ...program, steps, outputs }, replaced);
}

function stepKey(step: Step): string {
  if (step.kind === "loop") {
    const fold = step.reduce ? `${step.reduce.op}${step.reduce.axes}` : "";
    return `loop ${step.dims} ${fold} ${step.out.dtype.name} ${step.out.shape} ${formatExpr(step.body)}`;
  }
  if (step.kind === "group") return formatStep(step);
  const params = step.kind === "routine" ? JSON.stringify(step.params) : "";
  const shapes = step.outputs.map((value) => `${value.dtype.name}${value.shape}`).join(";");
  return `${step.name} ${step.inputs.map((value) => `${value.id}[${value.shape}]`)} ${params} ${shapes}`;
}

/** Values under other shapes keep reading what they read, so a replaced base keeps its step. */
function finishReplacing(program: Program, replaced: ReadonlyMap<Value, Value>): Program {
  if (replaced.size === 0) return program;
  const missing = new Map<Value, Value>();
  const check = (value: Value): void => {
    if (value.base && replaced.has(value.root))
      missing.set(value.root, replaced.get(value.root) as Value);
  };
  for (const step of program.steps) readsOf(step).forEach(check);
  program.outputs.forEach(check);
  if (missing.size === 0) return program;
  const steps: Step[] = [];
  for (const step of program.steps) {
    steps.push(step);
    for (const [value, source] of missing) {
      if (writesOf(step).includes(source.root)) steps.push(copyStep(source, value));
    }
  }
  return { ...program, steps };
}

function copyStep(source: Value, out: Value): Loop {
  return {
    kind: "loop",
    dims: [source.size],
    reduce: null,
    body: { kind: "load", dtype: source.dtype, value: source, strides: [1], offset: 0 },
    out,
  };
}

function replaceReads(step: Step, replaced: ReadonlyMap<Value, Value>): Step {
  if (replaced.size === 0) return step;
  const swap = (value: Value): Value => replaced.get(value) ?? value;
  if (step.kind === "group") return step;
  if (step.kind !== "loop") return { ...step, inputs: step.inputs.map(swap) };
  const visit = (expr: Expr): Expr =>
    expr.kind === "load" ? { ...expr, value: swap(expr.value) } : mapChildren(expr, visit);
  return { ...step, body: visit(step.body) };
}

// sweep

/** Drops steps whose results nobody reads and that have no effect. */
function sweep(program: Program): Program {
  const needed = new Set(program.outputs.map((value) => value.root));
  const kept: Step[] = [];
  for (const step of program.steps.toReversed()) {
    const effect = step.kind === "host" && step.effect;
    const used = writesOf(step).some((value) => value.state || needed.has(value.root));
    if (!effect && !used) continue;
    for (const value of readsOf(step)) needed.add(value.root);
    // A routine that changes part of a value also reads the rest of it.
    kept.push(step);
  }
  return { ...program, steps: kept.reverse() };
}

/** The passes over a program, in their order. */
export const programPasses: readonly ProgramPass[] = [
  { name: "simplify", optional: true, run: simplify },
  { name: "share", optional: true, run: share },
  // Before fusing, too: what nobody needs would count as a reader.
  { name: "sweep", optional: true, run: sweep },
  // While every slice is a loop of its own.
  { name: "narrow", optional: true, run: narrow },
  { name: "fuse", optional: true, run: fuse },
  // When sums are single loops, and before products have layouts and epilogues.
  { name: "join", optional: true, run: join },
  { name: "layout", optional: true, run: layout },
  { name: "sweep", optional: true, run: sweep },
  { name: "epilogue", optional: true, run: epilogue },
  { name: "group", optional: true, run: group },
];
