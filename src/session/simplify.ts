/** Simplifying: expressions by rules that hold for every value. */

import * as e from "../engines/expr.ts";
import { type Expr, mapChildren, type Program } from "../engines/ir.ts";
import { binaryFunction, caster, unaryFunction, wrapper } from "../engines/scalar.ts";

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
  { name: "arithmetic of constants", apply: foldConstants },
  {
    name: "select of a constant",
    apply: (x) =>
      x.kind === "select" && x.cond.kind === "const" ? (x.cond.value ? x.yes : x.no) : null,
  },
];

/** What is known already, as the reference computes it; failures are left for the run. */
function foldConstants(x: Expr): Expr | null {
  try {
    const known = (operand: Expr & { kind: "const" }) => wrapper(operand.dtype)(operand.value);
    const rounded = wrapper(x.dtype);
    if (x.kind === "unary" && x.x.kind === "const") {
      return e.constant(rounded(unaryFunction(x.op, x.x.dtype)(known(x.x))), x.dtype);
    }
    if (x.kind === "binary" && x.lhs.kind === "const" && x.rhs.kind === "const") {
      const run = binaryFunction(x.op, x.lhs.dtype);
      return e.constant(rounded(run(known(x.lhs), known(x.rhs))), x.dtype);
    }
    if (x.kind === "cast" && x.x.kind === "const") {
      return e.constant(caster(x.x.dtype, x.dtype)(known(x.x)), x.dtype);
    }
  } catch {
    return null;
  }
  return null;
}

/** A load of a constant scalar becomes the constant; then the rules, from the leaves up. */
export function simplifyExpr(expr: Expr): Expr {
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

export function simplify(program: Program): Program {
  const steps = program.steps.map((step) =>
    step.kind === "loop" ? { ...step, body: simplifyExpr(step.body) } : step,
  );
  return { ...program, steps };
}
