/** The reference engine: a plain interpreter. It defines what loops mean; it is never made fast. */

import type { DType } from "../core/dtypes.ts";
import type { NDArray } from "../core/ndarray.ts";
import { readElement, sizeOf, writeElement } from "../core/ndarray.ts";
import type { CompiledStep } from "./engine.ts";
import { arrayEngine } from "./executor.ts";
import { type Expr, type Loop, type ReduceName, type RoutineStep, readsOf } from "./ir.ts";
import type { RoutineKernel } from "./routine.ts";
import { routines } from "./routines/index.ts";
import { binaryFunction, caster, type Raw, unaryFunction, wrapper } from "./scalar.ts";

/** Computes an expression at a point of the index space. */
type Evaluate = (point: readonly number[], reads: readonly NDArray[]) => Raw;

function evaluator(expr: Expr, order: ReadonlyMap<unknown, number>): Evaluate {
  switch (expr.kind) {
    case "const": {
      const value = wrapper(expr.dtype)(expr.value);
      return () => value;
    }
    case "index": {
      const { axis, dtype } = expr;
      return (point) => (dtype.isBig ? BigInt(point[axis] as number) : (point[axis] as number));
    }
    case "load": {
      const { strides, offset } = expr;
      const slot = order.get(expr.value) as number;
      return (point, reads) => {
        let address = offset;
        for (let axis = 0; axis < strides.length; axis++) {
          address += (strides[axis] as number) * (point[axis] as number);
        }
        const array = reads[slot] as NDArray;
        const value = readElement(array.data, array.dtype, address);
        return typeof value === "boolean" ? Number(value) : (value as Raw);
      };
    }
    case "unary": {
      const x = evaluator(expr.x, order);
      const run = unaryFunction(expr.op, expr.x.dtype);
      const wrap = wrapper(expr.dtype);
      return (point, reads) => wrap(run(x(point, reads)));
    }
    case "binary": {
      const lhs = evaluator(expr.lhs, order);
      const rhs = evaluator(expr.rhs, order);
      const run = binaryFunction(expr.op, expr.lhs.dtype);
      const wrap = wrapper(expr.dtype);
      return (point, reads) => wrap(run(lhs(point, reads), rhs(point, reads)));
    }
    case "select": {
      const cond = evaluator(expr.cond, order);
      const yes = evaluator(expr.yes, order);
      const no = evaluator(expr.no, order);
      return (point, reads) => (cond(point, reads) ? yes(point, reads) : no(point, reads));
    }
    case "cast": {
      const x = evaluator(expr.x, order);
      const convert = caster(expr.x.dtype, expr.dtype);
      return (point, reads) => convert(x(point, reads));
    }
    default:
      return expr satisfies never;
  }
}

interface Fold {
  readonly start: Raw;
  readonly step: (total: Raw, next: Raw) => Raw;
}

/** Floating sums and products are kept in double precision and rounded once. */
export function foldOf(op: ReduceName, dtype: DType): Fold {
  const big = dtype.isBig;
  const number = (value: number): Raw => (big ? BigInt(value) : value);
  const wrap = dtype.isFloating ? (value: Raw) => value : wrapper(dtype);
  const combine = (name: "add" | "mul" | "max" | "min") => {
    const run = binaryFunction(name, dtype);
    return (total: Raw, next: Raw) => wrap(run(total, next));
  };
  switch (op) {
    case "sum":
      return { start: number(0), step: combine("add") };
    case "prod":
      return { start: number(1), step: combine("mul") };
    case "max":
      return { start: lowest(dtype), step: combine("max") };
    case "min":
      return { start: highest(dtype), step: combine("min") };
    case "any":
      return { start: 0, step: (total, next) => (total || next ? 1 : 0) };
    case "all":
      return { start: 1, step: (total, next) => (total && next ? 1 : 0) };
    default:
      return op satisfies never;
  }
}

/** The identity of max. */
export function lowest(dtype: DType): Raw {
  if (dtype.isFloating) return Number.NEGATIVE_INFINITY;
  if (dtype.isBig) return dtype.isUnsigned ? 0n : -(2n ** 63n);
  return dtype.isUnsigned ? 0 : -(2 ** (8 * dtype.size - 1));
}

/** The identity of min. */
export function highest(dtype: DType): Raw {
  if (dtype.isFloating) return Number.POSITIVE_INFINITY;
  if (dtype.isBig) return dtype.isUnsigned ? 2n ** 64n - 1n : 2n ** 63n - 1n;
  return 2 ** (8 * dtype.size - (dtype.isUnsigned ? 0 : 1)) - 1;
}

/** Steps a point through an index space in row-major order. */
function advance(point: number[], dims: readonly number[], from: number, to: number): void {
  for (let axis = to - 1; axis >= from; axis--) {
    const next = (point[axis] as number) + 1;
    if (next < (dims[axis] as number)) {
      point[axis] = next;
      return;
    }
    point[axis] = 0;
  }
}

/** A loop by walking its expression at every point. */
export function interpretLoop(loop: Loop): CompiledStep {
  const order = new Map(readsOf(loop).map((value, i) => [value, i]));
  const body = evaluator(loop.body, order);
  const { dims, reduce, out } = loop;
  const outer = dims.length - (reduce?.axes ?? 0);
  const outerSize = sizeOf(dims.slice(0, outer));
  const innerSize = sizeOf(dims.slice(outer));
  const fold = reduce && foldOf(reduce.op, out.dtype);
  return (reads, [target]) => {
    const { data, dtype } = target as NDArray;
    const point = new Array<number>(dims.length).fill(0);
    for (let i = 0; i < outerSize; i++) {
      let value: Raw;
      if (fold) {
        value = fold.start;
        for (let j = 0; j < innerSize; j++) {
          value = fold.step(value, body(point, reads));
          advance(point, dims, outer, dims.length);
        }
      } else {
        value = body(point, reads);
      }
      writeElement(data, dtype, i, value);
      advance(point, dims, 0, outer);
    }
  };
}

/** Routines have one implementation in JavaScript, which every engine of this family uses. */
export function runRoutine(step: RoutineStep): CompiledStep {
  const kernel = (routines as Readonly<Record<string, RoutineKernel<never>>>)[step.name];
  if (!kernel) throw new Error(`internal: there is no routine ${step.name}`);
  const params = step.params as never;
  return (reads, writes) => kernel(reads, writes, params);
}

export const referenceEngine = arrayEngine("reference", {
  loop: interpretLoop,
  routine: runRoutine,
});
