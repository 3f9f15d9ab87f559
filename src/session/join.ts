/**
 * Joining: a sum of products becomes one product of joined operands. The gradient of a weight that is used in many places
 * is such a sum, with a product for each place. Sums of reductions over the same operands are joined with them: gradients
 * of biases.
 */

import { sizeOf } from "../core/ndarray.ts";
import {
  type Expr,
  freeId,
  isDenseLoad,
  type Load,
  type Loop,
  mapChildren,
  type Program,
  type RoutineStep,
  type Step,
  Value,
  writesOf,
} from "../engines/ir.ts";
import { summed } from "../engines/routines/index.ts";
import { countUses, countWriters, note } from "./uses.ts";

/** Steps whose results may be added by one step instead. */
interface Kind {
  /** What steps must have in common to be joined; null for other steps. */
  readonly keyOf: (step: Step) => string | null;
  /** The step that computes the sum of their results in place of the last of them; null where that is no gain. */
  readonly join: (steps: readonly Step[]) => Step | null;
}

export function join(program: Program): Program {
  const operands = new Operands(program);
  const products = joinSums(program, {
    keyOf: (step) => productKey(step, operands),
    join: (steps) => joinProducts(steps as readonly RoutineStep[], operands),
  });
  if (operands.all.length === 0) return program;
  const joined = joinSums(products, {
    keyOf: (step) => reductionKey(step, operands),
    join: (steps) => joinReductions(steps as readonly Loop[], operands),
  });
  return operands.insertInto(joined);
}

// Sums

function joinSums(program: Program, kind: Kind): Program {
  const terms = termsOf(program, kind);
  const gone = new Set<Step>();
  const changed = new Map<Step, readonly Step[]>();
  for (const step of program.steps) {
    if (step.kind !== "loop") continue;
    const made: Step[] = [];
    const body = withoutTerms(step.body, terms, (steps) => {
      const one = kind.join(steps);
      if (!one) return false;
      made.push(one);
      for (const each of steps) gone.add(each);
      return true;
    });
    if (made.length > 0) changed.set(step, stored(made, { ...step, body }));
  }
  const steps = program.steps.filter((step) => !gone.has(step));
  return { ...program, steps: steps.flatMap((step) => changed.get(step) ?? [step]) };
}

interface Term {
  readonly step: Step;
  readonly key: string;
}

/** Steps whose result one load alone reads, by that result. */
function termsOf(program: Program, { keyOf }: Kind): Map<Value, Term> {
  const uses = countUses(program);
  const writers = countWriters(program);
  const terms = new Map<Value, Term>();
  for (const step of program.steps) {
    const [out] = writesOf(step);
    // 16-bit floats are rounded after each addition, and integers wrap.
    if (!out?.dtype.isFloating || out.dtype.size < 4) continue;
    if (out.state || out.base || writers.get(out) !== 1) continue;
    const { loads, others } = uses.get(out) ?? { loads: 0, others: 0 };
    const key = loads === 1 && others === (step.kind === "loop" ? 0 : 1) ? keyOf(step) : null;
    if (key !== null) terms.set(out, { step, key });
  }
  return terms;
}

type Sum = Expr & { readonly kind: "binary" };

const isSum = (expr: Expr): expr is Sum => expr.kind === "binary" && expr.op === "add";

/** A body whose sums have one term for all that `join` accepts, which is the last of them. */
function withoutTerms(
  body: Expr,
  terms: ReadonlyMap<Value, Term>,
  join: (steps: readonly Step[]) => boolean,
): Expr {
  const visit = (expr: Expr): Expr => {
    if (!isSum(expr)) return mapChildren(expr, visit);
    const alike = new Map<string, Load[]>();
    for (const leaf of leavesOf(expr)) {
      const term = leaf.kind === "load" ? terms.get(leaf.value.root) : undefined;
      if (term && leaf.kind === "load")
        note(alike, `${term.key} ${leaf.strides} ${leaf.offset}`, leaf);
    }
    const dropped = new Set<Expr>();
    for (const loads of alike.values()) {
      const steps = loads.map(({ value }) => (terms.get(value.root) as Term).step);
      if (steps.length < 2 || !join(steps)) continue;
      for (const load of loads.slice(0, -1)) dropped.add(load);
    }
    const rebuild = (part: Expr): Expr | null => {
      if (!isSum(part)) return dropped.has(part) ? null : visit(part);
      const [lhs, rhs] = [rebuild(part.lhs), rebuild(part.rhs)];
      return lhs && rhs ? { ...part, lhs, rhs } : (lhs ?? rhs);
    };
    return rebuild(expr) as Expr;
  };
  return visit(body);
}

function leavesOf(expr: Expr, found: Expr[] = []): Expr[] {
  if (isSum(expr)) for (const side of [expr.lhs, expr.rhs]) leavesOf(side, found);
  else found.push(expr);
  return found;
}

/** The steps and the loop that reads them; if all that it does is to copy, the step stores the result itself. */
function stored(made: readonly Step[], loop: Loop): readonly Step[] {
  const { body, out, reduce, dims } = loop;
  const [step] = made as [Step];
  const [from] = writesOf(step) as [Value];
  const isCopy = body.kind === "load" && !reduce && isDenseLoad(body, dims);
  if (made.length > 1 || !isCopy || body.value.root !== from || out.state || out.base)
    return [...made, loop];
  if (step.kind === "loop") return [{ ...step, out }];
  return step.kind === "routine" && out.shape.join() === from.shape.join()
    ? [{ ...step, outputs: [out] }]
    : [step, loop];
}

// Operands

/** Arrays joined along an axis. */
interface Joined {
  readonly parts: readonly Value[];
  readonly axis: number;
  readonly out: Value;
}

class Operands {
  readonly all: Joined[] = [];
  readonly #writers: ReadonlyMap<Value, number>;
  /** Which step writes a value. */
  readonly #positions = new Map<Value, number>();
  /** What comes after the step that writes a value; at the beginning for values that no step writes. */
  readonly #after = new Map<Value | null, Step[]>();
  #next: number;

  constructor(program: Program) {
    this.#writers = countWriters(program);
    this.#next = freeId(program);
    program.steps.forEach((step, i) => {
      for (const { root } of writesOf(step)) this.#positions.set(root, i);
    });
  }

  /** Whether a value is the same wherever it is read. */
  isFixed({ root }: Value): boolean {
    return !root.state && (this.#writers.get(root) ?? 0) <= 1;
  }

  join(parts: readonly Value[], axis: number): Value {
    const known = this.all.find(
      (each) => each.axis === axis && each.parts.every((part, i) => part === parts[i]),
    );
    if (known?.parts.length === parts.length) return known.out;
    const [first] = parts as [Value];
    const shape = [...first.shape];
    shape[axis] = parts.reduce((total, part) => total + (part.shape[axis] as number), 0);
    const out = new Value(this.#next++, first.dtype, shape);
    this.all.push({ parts, axis, out });
    const at = ({ root }: Value): number => this.#positions.get(root) ?? -1;
    const last = parts.reduce((latest, part) => (at(part) > at(latest) ? part : latest));
    const step: Step = {
      kind: "routine",
      name: "concat",
      inputs: parts,
      outputs: [out],
      params: { axis },
    };
    note(this.#after, at(last) < 0 ? null : last.root, step);
    return out;
  }

  insertInto(program: Program): Program {
    const steps = [...(this.#after.get(null) ?? [])];
    for (const step of program.steps) {
      steps.push(step);
      for (const { root } of writesOf(step)) steps.push(...(this.#after.get(root) ?? []));
    }
    return { ...program, steps };
  }
}

// Products

function axesOf(step: Step): readonly [number, number] | null {
  if (step.kind !== "routine" || step.epilogue) return null;
  const rank = step.outputs[0]?.shape.length as number;
  return summed.get(step.name)?.(step.params, rank) ?? null;
}

function productKey(step: Step, operands: Operands): string | null {
  const axes = axesOf(step);
  if (step.kind !== "routine" || !axes || !step.inputs.every((x) => operands.isFixed(x)))
    return null;
  const shapes = step.inputs.map(({ shape }, i) =>
    shape.map((dim, axis) => (axis === axes[i] ? "joined" : dim)),
  );
  const [out] = step.outputs as [Value];
  return JSON.stringify([step.name, step.params, shapes, out.shape, out.dtype.name]);
}

function joinProducts(steps: readonly RoutineStep[], operands: Operands): Step | null {
  const last = steps.at(-1) as RoutineStep;
  const axes = axesOf(last) as readonly [number, number];
  // Operands are copied so that results need not be stored and added.
  const copied = steps.flatMap(({ inputs }) => inputs).reduce((total, { size }) => total + size, 0);
  if (copied >= steps.length * (last.outputs[0] as Value).size) return null;
  const inputs = axes.map((axis, i) =>
    operands.join(
      steps.map((step) => step.inputs[i] as Value),
      axis,
    ),
  );
  return { ...last, inputs };
}

// Reductions

interface Reduction {
  readonly of: Joined;
  /** The dimension of the loop that walks along the joined axis. */
  readonly along: number;
}

/** A loop that sums one of the operands that were joined, over the joined axis at least. */
function reductionOf(step: Step, operands: Operands): Reduction | null {
  if (step.kind !== "loop" || step.reduce?.op !== "sum" || step.body.kind !== "load") return null;
  const { dims, reduce, body } = step;
  if (body.offset !== 0) return null;
  for (const of of operands.all) {
    const part = of.parts.find(({ root }) => root === body.value.root);
    if (!part || sizeOf(of.out.shape.slice(0, of.axis)) !== 1) continue;
    const inner = sizeOf(of.out.shape.slice(of.axis + 1));
    const along = dims.findIndex(
      (dim, i) =>
        i >= dims.length - reduce.axes && dim === part.shape[of.axis] && body.strides[i] === inner,
    );
    let reach = 0;
    for (const [i, dim] of dims.entries()) {
      if (i !== along) reach += (dim - 1) * (body.strides[i] as number);
    }
    if (along >= 0 && reach < inner && body.strides.every((stride) => stride >= 0))
      return { of, along };
  }
  return null;
}

function reductionKey(step: Step, operands: Operands): string | null {
  const reduction = reductionOf(step, operands);
  if (!reduction || step.kind !== "loop") return null;
  const { of, along } = reduction;
  const dims = step.dims.map((dim, i) => (i === along ? "joined" : dim));
  const { strides } = step.body as Load;
  return JSON.stringify([of.out.id, dims, step.reduce?.axes, strides, step.out.shape]);
}

function joinReductions(steps: readonly Loop[], operands: Operands): Step | null {
  const last = steps.at(-1) as Loop;
  const { of, along } = reductionOf(last, operands) as Reduction;
  const idsOf = (values: readonly Value[]): string =>
    values
      .map(({ root }) => root.id)
      .sort((a, b) => a - b)
      .join();
  if (idsOf(steps.map(({ body }) => (body as Load).value)) !== idsOf(of.parts)) return null;
  const dims = last.dims.map((dim, i) => (i === along ? (of.out.shape[of.axis] as number) : dim));
  return { ...last, dims, body: { ...(last.body as Load), value: of.out } };
}
