/** The javascript engine: loops printed as JavaScript and compiled by the host's own compiler. */

import type { DType } from "../core/dtypes.ts";
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from "../core/half.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { CompiledStep } from "./engine.ts";
import { arrayEngine } from "./executor.ts";
import { type Expr, formatAddress, type Loop, readsOf, type Value } from "./ir.ts";
import { foldOf, runRoutine } from "./reference.ts";
import { binaryFunction, caster, type Raw, unaryFunction, wrapper } from "./scalar.ts";

/** Functions that printed code refers to by position. */
type Helper = (...values: never[]) => unknown;

/** What a loop prints as: source text, and the functions it calls. */
interface Printer {
  readonly slots: ReadonlyMap<Value, number>;
  readonly helpers: Helper[];
}

function helper(printer: Printer, run: Helper): string {
  const known = printer.helpers.indexOf(run);
  if (known >= 0) return `h${known}`;
  printer.helpers.push(run);
  return `h${printer.helpers.length - 1}`;
}

/** Rounding of a printed double or int to a dtype. */
function rounded(text: string, dtype: DType, printer: Printer): string {
  switch (dtype.baseName) {
    case "float32":
      return `fround(${text})`;
    case "int32":
      return `(${text} | 0)`;
    case "float64":
    case "bool":
      return text;
    default:
      return `${helper(printer, memo(wrappers, dtype, wrapper))}(${text})`;
  }
}

const wrappers = new Map<DType, (value: Raw) => Raw>();

function memo<K, V>(cache: Map<K, V>, key: K, make: (key: K) => V): V {
  let value = cache.get(key);
  if (value === undefined) {
    value = make(key);
    cache.set(key, value);
  }
  return value;
}

const infix: Readonly<Record<string, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
};
const compare: Readonly<Record<string, string>> = {
  eq: "===",
  ne: "!==",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
};
const mathFunctions: ReadonlySet<string> = new Set([
  "abs",
  "sqrt",
  "exp",
  "log",
  "sin",
  "cos",
  "tanh",
  "floor",
  "ceil",
]);

function printExpr(expr: Expr, printer: Printer): string {
  switch (expr.kind) {
    case "const":
      return printNumber(wrapper(expr.dtype)(expr.value));
    case "index":
      return expr.dtype.isBig ? `BigInt(i${expr.axis})` : `i${expr.axis}`;
    case "load": {
      const element = `a${printer.slots.get(expr.value)}[${formatAddress(expr.strides, expr.offset)}]`;
      if (expr.dtype.baseName === "float16") return `${helper(printer, decodeFloat16)}(${element})`;
      if (expr.dtype.baseName === "bfloat16")
        return `${helper(printer, decodeBfloat16)}(${element})`;
      return element;
    }
    case "unary":
      return rounded(printUnary(expr, printer), expr.dtype, printer);
    case "binary":
      return printBinary(expr, printer);
    case "select": {
      const [cond, yes, no] = [expr.cond, expr.yes, expr.no].map((child) =>
        printExpr(child, printer),
      );
      return `(${cond} ? ${yes} : ${no})`;
    }
    case "cast": {
      const convert = helper(printer, caster(expr.x.dtype, expr.dtype) as Helper);
      return `${convert}(${printExpr(expr.x, printer)})`;
    }
    default:
      return expr satisfies never;
  }
}

function printUnary(expr: Expr & { readonly kind: "unary" }, printer: Printer): string {
  const x = printExpr(expr.x, printer);
  if (expr.op === "neg") return `(-${x})`;
  if (!expr.x.dtype.isBig && mathFunctions.has(expr.op)) return `Math.${expr.op}(${x})`;
  return `${helper(printer, unaryFunction(expr.op, expr.x.dtype) as Helper)}(${x})`;
}

function printBinary(expr: Expr & { readonly kind: "binary" }, printer: Printer): string {
  const operand = expr.lhs.dtype;
  const lhs = printExpr(expr.lhs, printer);
  const rhs = printExpr(expr.rhs, printer);
  const comparison = compare[expr.op];
  if (comparison) return `(${lhs} ${comparison} ${rhs} ? 1 : 0)`;
  const operator = infix[expr.op];
  // Products of 32-bit integers need more than a double's 53 bits; integers do not divide with "/".
  const exact = operand.isFloating || operand.isBig || expr.op === "add" || expr.op === "sub";
  if (operator && exact && (expr.op !== "div" || operand.isFloating)) {
    return rounded(`(${lhs} ${operator} ${rhs})`, expr.dtype, printer);
  }
  if ((expr.op === "max" || expr.op === "min") && !operand.isBig)
    return `Math.${expr.op}(${lhs}, ${rhs})`;
  const call = `${helper(printer, binaryFunction(expr.op, operand) as Helper)}(${lhs}, ${rhs})`;
  return rounded(call, expr.dtype, printer);
}

function printNumber(value: Raw): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  return value < 0 ? `(${value})` : String(value);
}

/** Adjacent dimensions that every load walks as one become one. */
export function mergeDims(loop: Loop): Loop {
  const outer = loop.dims.length - (loop.reduce?.axes ?? 0);
  const indexed = new Set<number>();
  const loads: (Expr & { readonly kind: "load" })[] = [];
  const visit = (expr: Expr): void => {
    if (expr.kind === "index") indexed.add(expr.axis);
    else if (expr.kind === "load") loads.push(expr);
    else if (expr.kind === "unary" || expr.kind === "cast") visit(expr.x);
    else if (expr.kind === "binary") [expr.lhs, expr.rhs].forEach(visit);
    else if (expr.kind === "select") [expr.cond, expr.yes, expr.no].forEach(visit);
  };
  visit(loop.body);

  /** For each new dimension, the old one whose index and stride it keeps. */
  const groups: { size: number; last: number }[] = [];
  let axes = 0;
  loop.dims.forEach((dim, axis) => {
    const previous = groups.at(-1);
    const mergeable =
      previous !== undefined &&
      axis !== outer &&
      !indexed.has(axis) &&
      !indexed.has(axis - 1) &&
      loads.every(({ strides }) => strides[axis - 1] === (strides[axis] as number) * dim);
    if (mergeable) {
      previous.size *= dim;
      previous.last = axis;
    } else {
      groups.push({ size: dim, last: axis });
      if (axis >= outer) axes += 1;
    }
  });
  if (groups.length === loop.dims.length) return loop;
  const renumber = new Map(groups.map(({ last }, axis) => [last, axis]));
  const rebuild = (expr: Expr): Expr => {
    if (expr.kind === "load")
      return { ...expr, strides: groups.map(({ last }) => expr.strides[last] as number) };
    if (expr.kind === "index") return { ...expr, axis: renumber.get(expr.axis) as number };
    if (expr.kind === "unary" || expr.kind === "cast") return { ...expr, x: rebuild(expr.x) };
    if (expr.kind === "binary") return { ...expr, lhs: rebuild(expr.lhs), rhs: rebuild(expr.rhs) };
    if (expr.kind === "select") {
      return { ...expr, cond: rebuild(expr.cond), yes: rebuild(expr.yes), no: rebuild(expr.no) };
    }
    return expr;
  };
  return {
    ...loop,
    dims: groups.map(({ size }) => size),
    reduce: loop.reduce && { op: loop.reduce.op, axes },
    body: rebuild(loop.body),
  };
}

/** The source of a function that runs a loop on `reads` and `writes`. */
function printLoop(original: Loop, printer: Printer): string {
  const loop = mergeDims(original);
  const outer = loop.dims.length - (loop.reduce?.axes ?? 0);
  const lines = ["const out = writes[0].data;"];
  for (const slot of printer.slots.values()) lines.push(`const a${slot} = reads[${slot}].data;`);
  lines.push("let p = 0;");
  const open = (axis: number): string =>
    `for (let i${axis} = 0; i${axis} < ${loop.dims[axis]}; i${axis}++) {`;
  for (let axis = 0; axis < outer; axis++) lines.push(open(axis));
  const body = printExpr(loop.body, printer);
  if (loop.reduce) {
    const { op } = loop.reduce;
    const { start, step } = foldOf(op, loop.out.dtype);
    lines.push(`let t = ${printNumber(start)};`);
    for (let axis = outer; axis < loop.dims.length; axis++) lines.push(open(axis));
    const plain = loop.out.dtype.isFloating && (op === "sum" || op === "prod");
    lines.push(
      plain
        ? `t ${op === "sum" ? "+=" : "*="} ${body};`
        : `t = ${helper(printer, step as Helper)}(t, ${body});`,
    );
    for (let axis = outer; axis < loop.dims.length; axis++) lines.push("}");
  }
  lines.push(`out[p++] = ${encoded(loop.reduce ? "t" : body, loop.out.dtype, printer)};`);
  for (let axis = 0; axis < outer; axis++) lines.push("}");
  return lines.join("\n");
}

function encoded(text: string, dtype: DType, printer: Printer): string {
  if (dtype.baseName === "float16") return `${helper(printer, encodeFloat16)}(${text})`;
  if (dtype.baseName === "bfloat16") return `${helper(printer, encodeBfloat16)}(${text})`;
  return text;
}

export function compileLoop(loop: Loop): CompiledStep {
  const slots = new Map(readsOf(loop).map((value, i) => [value, i]));
  const printer: Printer = { slots, helpers: [] };
  const source = printLoop(loop, printer);
  const names = printer.helpers.map((_, i) => `h${i}`);
  const make = new Function(
    "fround",
    ...names,
    `"use strict"; return function run(reads, writes) {\n${source}\n};`,
  ) as (...helpers: unknown[]) => (reads: readonly NDArray[], writes: readonly NDArray[]) => void;
  return make(Math.fround, ...printer.helpers);
}

let refusal: string | null | undefined;

/** Why the engine cannot be used here; null if it can. A page may forbid making functions of text. */
export function whyNoJavascript(): string | null {
  if (refusal === undefined) {
    try {
      new Function("");
      refusal = null;
    } catch (error) {
      refusal = `this host does not compile text: ${(error as Error).message}`;
    }
  }
  return refusal;
}

export const javascriptEngine = arrayEngine("javascript", {
  loop: compileLoop,
  routine: runRoutine,
});
