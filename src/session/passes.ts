/** Program passes: from the loops and routines that ops were lowered to, to fewer and larger ones. */

import * as e from "../engines/expr.ts";
import {
  childrenOf,
  type Expr,
  formatExpr,
  isDenseLoad,
  type Loop,
  mapChildren,
  type Program,
  readsOf,
  type Step,
  type Value,
  writesOf,
} from "../engines/ir.ts";
import { wrapper } from "../engines/scalar.ts";

export interface ProgramPass {
  readonly name: string;
  /** Results are the same with and without it. */
  readonly optional: boolean;
  readonly run: (program: Program) => Program;
}

// simplify

const isConstant = (expr: Expr, value: number): boolean =>
  expr.kind === "const" && Number(expr.value) === value && !Object.is(expr.value, -0);

interface Rule {
  readonly name: string;
  readonly apply: (expr: Expr) => Expr | null;
}

/** Identities that hold for every value, NaN, infinities and -0 included. */
export const simplifyRules: readonly Rule[] = [
  {
    name: "x * 1 -> x",
    apply: (x) => (x.kind === "binary" && x.op === "mul" && isConstant(x.rhs, 1) ? x.lhs : null),
  },
  {
    name: "1 * x -> x",
    apply: (x) => (x.kind === "binary" && x.op === "mul" && isConstant(x.lhs, 1) ? x.rhs : null),
  },
  {
    name: "x / 1 -> x",
    apply: (x) => (x.kind === "binary" && x.op === "div" && isConstant(x.rhs, 1) ? x.lhs : null),
  },
  {
    name: "x - 0 -> x",
    apply: (x) => (x.kind === "binary" && x.op === "sub" && isConstant(x.rhs, 0) ? x.lhs : null),
  },
  {
    name: "-(-x) -> x",
    apply: (x) =>
      x.kind === "unary" && x.op === "neg" && x.x.kind === "unary" && x.x.op === "neg"
        ? x.x.x
        : null,
  },
  {
    name: "cast to the same type -> x",
    apply: (x) => (x.kind === "cast" && x.x.dtype === x.dtype ? x.x : null),
  },
  {
    name: "select of a constant",
    apply: (x) =>
      x.kind === "select" && x.cond.kind === "const" ? (x.cond.value ? x.yes : x.no) : null,
  },
];

/** A load of a constant scalar becomes the constant; then the rules, from the leaves up. */
function simplifyExpr(expr: Expr): Expr {
  const inner = mapChildren(expr, simplifyExpr);
  if (inner.kind === "load" && inner.value.constant && inner.value.size === 1) {
    const element = inner.value.constant.at(0);
    if (
      typeof element === "number" ||
      typeof element === "bigint" ||
      typeof element === "boolean"
    ) {
      return e.constant(
        wrapper(inner.dtype)(typeof element === "boolean" ? Number(element) : element),
        inner.dtype,
      );
    }
  }
  for (const rule of simplifyRules) {
    const result = rule.apply(inner);
    if (result) return result;
  }
  return inner;
}

function simplify(program: Program): Program {
  const steps = program.steps.map((step) =>
    step.kind === "loop" ? { ...step, body: simplifyExpr(step.body) } : step,
  );
  return { ...program, steps };
}

// shared subexpressions

/** State that is written somewhere in a program: what is read of it depends on when. */
function writtenState(program: Program): Set<string> {
  const written = new Set<string>();
  for (const step of program.steps) {
    for (const { state } of writesOf(step)) if (state) written.add(stateName(state));
  }
  return written;
}

function stateName(state: { readonly container: string; readonly name: string }): string {
  return `${state.container}\u0000${state.name}`;
}

/** Steps that compute what an earlier step computed are dropped; their readers read the earlier one. */
function share(program: Program): Program {
  const written = writtenState(program);
  const known = new Map<string, readonly Value[]>();
  const replaced = new Map<Value, Value>();
  const writers = countWriters(program);
  const steps: Step[] = [];
  for (const original of program.steps) {
    const step = replaceReads(original, replaced);
    const outputs = writesOf(step);
    const pure =
      step.kind !== "host" &&
      outputs.every((value) => !value.state && writers.get(value.root) === 1) &&
      readsOf(step).every((value) => !value.state || !written.has(stateName(value.state)));
    if (pure) {
      const key = stepKey(step);
      const earlier = known.get(key);
      if (earlier) {
        for (const [i, value] of outputs.entries()) replaced.set(value, earlier[i] as Value);
        continue;
      }
      known.set(key, outputs);
    }
    steps.push(step);
  }
  const outputs = program.outputs.map((value) => replaced.get(value) ?? value);
  return finishReplacing({ ...program, steps, outputs }, replaced);
}

function countWriters(program: Program): Map<Value, number> {
  const counts = new Map<Value, number>();
  for (const step of program.steps) {
    for (const { root } of writesOf(step)) counts.set(root, (counts.get(root) ?? 0) + 1);
  }
  return counts;
}

function stepKey(step: Step): string {
  if (step.kind === "loop") {
    const fold = step.reduce ? `${step.reduce.op}${step.reduce.axes}` : "";
    return `loop ${step.dims} ${fold} ${step.out.dtype.name} ${step.out.shape} ${formatExpr(step.body)}`;
  }
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
  if (step.kind !== "loop") return { ...step, inputs: step.inputs.map(swap) };
  const visit = (expr: Expr): Expr =>
    expr.kind === "load" ? { ...expr, value: swap(expr.value) } : mapChildren(expr, visit);
  return { ...step, body: visit(step.body) };
}

// fuse

/** Bodies beyond this many nodes are not grown further: they would be slow to compile. */
const largestBody = 200;

/** A loop that is read once, densely, by a later loop is computed inside that one. */
function fuse(program: Program): Program {
  const written = writtenState(program);
  const readers = new Map<Value, number>();
  const count = (value: Value): void => {
    readers.set(value.root, (readers.get(value.root) ?? 0) + 1);
  };
  for (const step of program.steps) {
    if (step.kind === "loop") countLoads(step.body, count);
    else step.inputs.forEach(count);
  }
  program.outputs.forEach(count);
  const writers = countWriters(program);

  /** Loops that may still be folded into their reader. */
  const pending = new Map<Value, Loop>();
  const kept: Step[] = [];
  for (const step of program.steps) {
    if (step.kind !== "loop") {
      kept.push(step);
      continue;
    }
    const loop = { ...step, body: inline(step, pending) };
    kept.push(loop);
    const alone = readers.get(loop.out) === 1 && writers.get(loop.out.root) === 1 && !loop.out.base;
    const movable = readsOf(loop).every(
      (value) =>
        writersAreUnique(value, writers) && (!value.state || !written.has(stateName(value.state))),
    );
    if (alone && movable && !loop.reduce && !loop.out.state && bodySize(loop.body) < largestBody) {
      pending.set(loop.out, loop);
    }
  }
  return { ...program, steps: kept };
}

function writersAreUnique(value: Value, writers: ReadonlyMap<Value, number>): boolean {
  return (writers.get(value.root) ?? 0) <= 1;
}

function countLoads(expr: Expr, count: (value: Value) => void): void {
  if (expr.kind === "load") count(expr.value);
  for (const child of childrenOf(expr)) countLoads(child, count);
}

function bodySize(expr: Expr): number {
  return childrenOf(expr).reduce((total, child) => total + bodySize(child), 1);
}

/** Replaces dense loads of pending loops by their bodies. */
function inline(loop: Loop, pending: ReadonlyMap<Value, Loop>): Expr {
  const visit = (expr: Expr): Expr => {
    if (expr.kind !== "load") return mapChildren(expr, visit);
    const source = pending.get(expr.value);
    if (!source || !sameSpace(source.dims, loop.dims) || !isDenseLoad(expr, loop.dims)) return expr;
    return source.body;
  };
  return visit(loop.body);
}

function sameSpace(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
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
  { name: "fuse", optional: true, run: fuse },
  { name: "sweep", optional: true, run: sweep },
];
