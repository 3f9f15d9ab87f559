/** Making scalar expressions. */

import { bool, type DType } from "../core/dtypes.ts";
import type { Expr } from "./ir.ts";
import type { BinaryName, UnaryName } from "./scalar.ts";

const comparisons: ReadonlySet<string> = new Set(["eq", "ne", "lt", "le", "gt", "ge", "and", "or"]);
const tests: ReadonlySet<string> = new Set(["isNan", "isInf", "isFinite", "not"]);

export function constant(value: number | bigint, dtype: DType): Expr {
  return { kind: "const", dtype, value: dtype.isBig ? BigInt(value) : Number(value) };
}
export function index(axis: number, dtype: DType): Expr {
  return { kind: "index", dtype, axis };
}
export function unary(op: UnaryName, x: Expr): Expr {
  return { kind: "unary", dtype: tests.has(op) ? bool : x.dtype, op, x };
}
export function binary(op: BinaryName, lhs: Expr, rhs: Expr): Expr {
  if (lhs.dtype !== rhs.dtype)
    throw new Error(`internal: ${op} of ${lhs.dtype.name} and ${rhs.dtype.name}`);
  return { kind: "binary", dtype: comparisons.has(op) ? bool : lhs.dtype, op, lhs, rhs };
}
export function select(cond: Expr, yes: Expr, no: Expr): Expr {
  return { kind: "select", dtype: yes.dtype, cond, yes, no };
}
export function cast(x: Expr, dtype: DType): Expr {
  return x.dtype === dtype ? x : { kind: "cast", dtype, x };
}

type Operand = Expr | number;

/** `x` as an expression of the dtype of `like`. */
function operand(x: Operand, like: Expr): Expr {
  return typeof x === "number" ? constant(x, like.dtype) : x;
}

function pair(op: BinaryName) {
  return (lhs: Operand, rhs: Operand): Expr => {
    if (typeof lhs === "number") {
      if (typeof rhs === "number") throw new Error(`internal: ${op} of two plain numbers`);
      return binary(op, operand(lhs, rhs), rhs);
    }
    return binary(op, lhs, operand(rhs, lhs));
  };
}

/** Arithmetic on expressions; a plain number takes the other side's dtype. */
export const add = pair("add");
export const sub = pair("sub");
export const mul = pair("mul");
export const div = pair("div");
export const max = pair("max");
export const min = pair("min");
export const pow = pair("pow");
export const eq = pair("eq");
export const ne = pair("ne");
export const lt = pair("lt");
export const le = pair("le");
export const gt = pair("gt");
export const ge = pair("ge");
export const and = pair("and");
export const or = pair("or");
export const neg = (x: Expr): Expr => unary("neg", x);
export const sqrt = (x: Expr): Expr => unary("sqrt", x);
export const rsqrt = (x: Expr): Expr => unary("rsqrt", x);
export const exp = (x: Expr): Expr => unary("exp", x);
export const abs = (x: Expr): Expr => unary("abs", x);
export const sign = (x: Expr): Expr => unary("sign", x);
export const square = (x: Expr): Expr => unary("square", x);
