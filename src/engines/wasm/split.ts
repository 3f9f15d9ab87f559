/**
 * Reductions of many elements to few results, in two steps that threads can share: parts of a length that only the shape
 * decides, then the totals of the parts. So results do not depend on how many threads there are.
 */

import { float64 } from "../../core/dtypes.ts";
import { sizeOf, stridesOf } from "../../core/ndarray.ts";
import {
  childrenOf,
  type Expr,
  type Loop,
  mapChildren,
  type Program,
  partsOf,
  readsOf,
  type Step,
  Value,
  writesOf,
} from "../ir.ts";
import { isWide } from "./total.ts";

/** Points that a reduction should have to be divided. */
const leastPoints = 1 << 17;
/** Elements that each result should be made of. */
const leastReduced = 1 << 11;
/** More results are divided among threads as they are. */
const mostResults = 1024;
const leastParts = 4;
const mostParts = 64;

/** The program with large reductions divided; the program itself where it has none. */
export function splitReductions(program: Program): Program {
  let next = -1;
  const temporary = (loop: Loop, shape: readonly number[]): Value => {
    if (next < 0) next = firstFree(program);
    const { dtype } = loop.body;
    return new Value(next++, isWide(loop.reduce?.op ?? "sum", dtype) ? float64 : dtype, shape);
  };
  const steps = program.steps.flatMap((step): readonly Step[] =>
    step.kind === "loop" ? (split(step, temporary) ?? [step]) : [step],
  );
  return next < 0 ? program : { ...program, steps };
}

function firstFree({ inputs, outputs, steps }: Program): number {
  const parts = steps.flatMap(partsOf);
  const values = [inputs, outputs, ...parts.flatMap((step) => [readsOf(step), writesOf(step)])];
  return 1 + values.flat().reduce((most, { id, root }) => Math.max(most, id, root.id), 0);
}

function split(
  loop: Loop,
  temporary: (loop: Loop, shape: readonly number[]) => Value,
): readonly Loop[] | null {
  const { dims, reduce, body, out } = loop;
  if (!reduce || sizeOf(dims) < leastPoints || body.dtype !== out.dtype) return null;
  // Vectors do not store 16-bit floats.
  if (body.dtype.isFloating && body.dtype.size === 2) return null;
  const outer = dims.length - reduce.axes;
  const kept = dims.slice(0, outer);
  const results = sizeOf(kept);
  if (results > mostResults || sizeOf(dims) < results * leastReduced || mayFail(body)) return null;
  const axis = dims.findIndex((dim, i) => i >= outer && countOfParts(dim) >= leastParts);
  if (axis < 0) return null;
  const parts = countOfParts(dims[axis] as number);
  const length = (dims[axis] as number) / parts;
  const totals = temporary(loop, [parts, ...kept]);
  const partial: Loop = {
    ...loop,
    dims: [parts, ...dims.slice(0, axis), length, ...dims.slice(axis + 1)],
    body: inParts(body, axis, length),
    out: totals,
  };
  const load: Expr = {
    kind: "load",
    dtype: totals.dtype,
    value: totals,
    strides: [...stridesOf(kept), results],
    offset: 0,
  };
  const joining: Loop = {
    kind: "loop",
    dims: [...kept, parts],
    reduce: { op: reduce.op, axes: 1 },
    body: load,
    out,
  };
  return [partial, joining];
}

/** The largest number of equal parts. */
function countOfParts(dim: number): number {
  for (let parts = Math.min(dim, mostParts); parts > 1; parts--)
    if (dim % parts === 0) return parts;
  return 1;
}

/** The body where a new first index says which part of an axis it is about. */
function inParts(expr: Expr, axis: number, length: number): Expr {
  if (expr.kind === "load") {
    const stride = expr.strides[axis] as number;
    return { ...expr, strides: [stride * length, ...expr.strides] };
  }
  if (expr.kind === "index") {
    const { dtype } = expr;
    const index: Expr = { ...expr, axis: expr.axis + 1 };
    if (expr.axis !== axis) return index;
    const size: Expr = { kind: "const", dtype, value: dtype.isBig ? BigInt(length) : length };
    const part: Expr = { kind: "index", dtype, axis: 0 };
    const start: Expr = { kind: "binary", dtype, op: "mul", lhs: part, rhs: size };
    return { kind: "binary", dtype, op: "add", lhs: start, rhs: index };
  }
  return mapChildren(expr, (child) => inParts(child, axis, length));
}

/** Errors name the step that fails, which has to be one of the program's own. */
function mayFail(expr: Expr): boolean {
  if (expr.kind === "binary" && !expr.dtype.isFloating && /Div|Mod|pow/.test(expr.op)) return true;
  return childrenOf(expr).some(mayFail);
}
