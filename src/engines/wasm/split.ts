/**
 * Reductions of many elements to few results, in two steps that threads can share: parts of a length that only the shape
 * decides, then the totals of the parts. So results do not depend on how many threads there are.
 */

import { type DType, float64 } from "../../core/dtypes.ts";
import { sizeOf, stridesOf } from "../../core/ndarray.ts";
import {
  childrenOf,
  type Expr,
  freeId,
  type Loop,
  mapChildren,
  type Program,
  type Step,
  Value,
} from "../ir.ts";
import { merge } from "./nest.ts";
import { isWide } from "./total.ts";

/** Points that a reduction should have to be divided. */
const leastPoints = 1 << 17;
/** Elements that each result should be made of. */
const leastReduced = 1 << 11;
/** More results are divided among threads as they are. */
const mostResults = 1024;
const leastParts = 4;
/** Points of a part: what it reads stays in the nearest cache while lanes of results take turns. */
const pointsOfPart = 1 << 12;
/** Shorter parts have totals that weigh too much. */
const leastLength = 32;

type Reduction = Loop & { readonly reduce: NonNullable<Loop["reduce"]> };

/** The program with large reductions divided; the program itself where it has none. */
export function splitReductions(program: Program): Program {
  let next = -1;
  const temporary = (dtype: DType, shape: readonly number[]): Value => {
    if (next < 0) next = freeId(program);
    return new Value(next++, dtype, shape);
  };
  const steps = program.steps.flatMap((step): readonly Step[] => {
    if (step.kind !== "loop" && step.kind !== "group") return [step];
    return split(step.kind === "group" ? step.loops : [step], temporary) ?? [step];
  });
  return next < 0 ? program : { ...program, steps };
}

/** One reduction, or several that run in one pass and then go on to do so. */
function split(
  loops: readonly Loop[],
  temporary: (dtype: DType, shape: readonly number[]) => Value,
): readonly Step[] | null {
  if (!loops.every(canBeDivided)) return null;
  const [{ dims: given, reduce }] = loops as readonly [Reduction];
  const { dims, outer, bodies } = merge(
    given,
    given.length - reduce.axes,
    loops.map(({ body }) => body),
  );
  const kept = dims.slice(0, outer);
  const results = sizeOf(kept);
  if (results > mostResults || sizeOf(dims) < results * leastReduced) return null;
  const lengths = dims.map((dim, i) => (i < outer ? dim : lengthOfParts(dim, results)));
  const axis = lengths.findIndex((length, i) => length * leastParts <= (dims[i] as number));
  if (axis < 0) return null;
  const length = lengths[axis] as number;
  const parts = (dims[axis] as number) / length;
  const divided = loops.map((loop, i): readonly [Loop, Loop] => {
    const body = bodies[i] as Expr;
    const dtype = isWide(reduce.op, body.dtype) ? float64 : body.dtype;
    const totals = temporary(dtype, [parts, ...kept]);
    const axes = dims.length - outer;
    return [
      {
        kind: "loop",
        dims: [parts, ...dims.slice(0, axis), length, ...dims.slice(axis + 1)],
        reduce: { op: reduce.op, axes },
        body: inParts(body, axis, length),
        out: totals,
      },
      {
        kind: "loop",
        dims: [...kept, parts],
        reduce: { op: reduce.op, axes: 1 },
        body: {
          kind: "load",
          dtype,
          value: totals,
          strides: [...stridesOf(kept), results],
          offset: 0,
        },
        out: loop.out,
      },
    ];
  });
  return [
    together(divided.map(([partial]) => partial)),
    together(divided.map(([, joining]) => joining)),
  ];
}

function canBeDivided({ dims, reduce, body, out }: Loop): boolean {
  if (!reduce || sizeOf(dims) < leastPoints || body.dtype !== out.dtype) return false;
  // Vectors do not store 16-bit floats.
  return !(body.dtype.isFloating && body.dtype.size === 2) && !mayFail(body);
}

const together = (loops: readonly Loop[]): Step =>
  loops.length === 1 ? (loops[0] as Loop) : { kind: "group", loops };

/** The length of equal parts with about as many points as a part should have. */
function lengthOfParts(dim: number, results: number): number {
  const wanted = Math.max(leastLength, Math.floor(pointsOfPart / results));
  for (let length = wanted; length >= leastLength; length--) if (dim % length === 0) return length;
  for (let length = wanted; length * leastParts <= dim; length++)
    if (dim % length === 0) return length;
  return dim;
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
