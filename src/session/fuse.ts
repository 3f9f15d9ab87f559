/** Fusing: loops are computed inside the loops that read them, also through views of what they compute. */

import { sizeOf, stridesOf } from "../core/ndarray.ts";
import {
  childrenOf,
  type Expr,
  isDenseLoad,
  type Load,
  type Loop,
  loadsOf,
  mapChildren,
  type Program,
  readsOf,
  type Step,
  sameStorage,
  type Value,
  writesOf,
} from "../engines/ir.ts";
import { mergeDims } from "../engines/javascript.ts";
import { piecewise } from "../engines/routines/index.ts";
import { simplifyExpr } from "./simplify.ts";
import { countUses, countWriters, note, storageOf, type Uses } from "./uses.ts";

/** Bodies beyond this many nodes are not grown further: they would be slow to compile. */
const largestBody = 200;
/** Work per element that may be done again for every reader rather than stored and loaded. */
const cheap = 2;
/** So much smaller than a result are operands that stay in the cache while it is computed. */
const small = 16;

/** A loop that may be computed inside its readers. */
interface Pending {
  readonly loop: Loop;
  /** The same loop over as few dimensions as possible. */
  readonly merged: Loop;
  readonly weight: number;
  readonly mayFail: boolean;
  /** Read by one load alone. */
  readonly alone: boolean;
  /** Read by loops alone, and no result of the program. */
  readonly inLoops: boolean;
  /** No dearer to compute than to load: a little work on what is walked through in order. */
  readonly isLight: boolean;
}

export function fuse(program: Program): Program {
  const writers = countWriters(program);
  const readers = countUses(program);
  const raw = rawResults(program, readers);
  const pending = new Map<Value, Pending>();
  /** Which pending loops read a storage: when it is written they stay where they are. */
  const reading = new Map<Value | string, Value[]>();
  const kept: Step[] = [];
  for (const step of program.steps) {
    const loop = step.kind === "loop" ? { ...step, body: inline(step, pending) } : null;
    kept.push(loop ?? step);
    for (const value of writesOf(step)) {
      for (const stale of reading.get(storageOf(value)) ?? []) pending.delete(stale);
    }
    if (!loop) continue;
    const { out } = loop;
    const uses = readers.get(out.root);
    if (!uses || loop.reduce || out.state || out.base || writers.get(out) !== 1) continue;
    if (bodySize(loop.body) >= largestBody) continue;
    for (const value of readsOf(loop)) {
      note(reading, storageOf(value), out);
    }
    pending.set(out, {
      loop,
      merged: mergeDims(withoutOnes(loop)),
      weight: weightOf(loop.body),
      mayFail: mayFail(loop.body),
      alone: uses.loads === 1 && uses.others === 0,
      inLoops: uses.others === 0,
      isLight: isLight(loop, raw),
    });
  }
  return { ...program, steps: kept };
}

function bodySize(expr: Expr): number {
  return childrenOf(expr).reduce((total, child) => total + bodySize(child), 1);
}

const light: ReadonlySet<string> = new Set([
  "add", "sub", "mul", "neg", "abs", "max", "min", "square", "not", "and", "or",
  "eq", "ne", "lt", "le", "gt", "ge", "bitAnd", "bitOr", "bitXor",
]); // biome-ignore format: a list

/** About how many cycles a body takes besides its loads. */
function weightOf(expr: Expr): number {
  const own =
    expr.kind === "unary" || expr.kind === "binary"
      ? light.has(expr.op)
        ? 1
        : 8
      : expr.kind === "select" || expr.kind === "cast"
        ? 1
        : 0;
  return childrenOf(expr).reduce((total, child) => total + weightOf(child), own);
}

/** Whether it may throw: integers divided by zero, or to a negative power. */
export function mayFail(expr: Expr): boolean {
  if (expr.kind === "binary" && expr.dtype.isInteger && /Div|Mod|pow/.test(expr.op)) return true;
  return childrenOf(expr).some(mayFail);
}

/** Dimensions of 1 go: their index is always 0. */
function withoutOnes(loop: Loop): Loop {
  const kept = loop.dims.map((_, axis) => axis).filter((axis) => loop.dims[axis] !== 1);
  if (kept.length === loop.dims.length) return loop;
  const rebuild = (expr: Expr): Expr => {
    if (expr.kind === "load")
      return { ...expr, strides: kept.map((axis) => expr.strides[axis] as number) };
    if (expr.kind === "index") {
      const axis = kept.indexOf(expr.axis);
      if (axis >= 0) return { ...expr, axis };
      return { kind: "const", dtype: expr.dtype, value: expr.dtype.isBig ? 0n : 0 };
    }
    return mapChildren(expr, rebuild);
  };
  return { ...loop, dims: kept.map((axis) => loop.dims[axis] as number), body: rebuild(loop.body) };
}

/** Replaces loads of pending loops by their bodies, where that is no loss. */
function inline(loop: Loop, pending: ReadonlyMap<Value, Pending>): Expr {
  const visit = (expr: Expr): Expr => {
    if (expr.kind !== "load") return mapChildren(expr, visit);
    const source = pending.get(expr.value.root);
    const body = source && bodyAt(source, expr, loop);
    return body && !readsAhead(body, loop) ? body : expr;
  };
  return simplifyExpr(visit(loop.body));
}

/** Whether a body would read at other points what the loop that it is put in overwrites. */
function readsAhead(body: Expr, { out, reduce, dims }: Loop): boolean {
  return loadsOf(body).some(
    (load) => sameStorage(load.value, out) && (reduce !== null || !isDenseLoad(load, dims)),
  );
}

/** The body of a pending loop at the points that a load reads; null where the load is to stay. */
function bodyAt(source: Pending, load: Load, loop: Loop): Expr | null {
  const { loop: producer, alone, inLoops, isLight, weight, mayFail: fails } = source;
  const sameDims = producer.dims.join() === loop.dims.join();
  if (alone && sameDims && isDenseLoad(load, loop.dims)) return producer.body;
  if (fails || !inLoops) return null;
  if (!alone && !isLight) return null;
  const again = sizeOf(loop.dims) > producer.out.size;
  if (again && weight > cheap) return null;
  return moved(source.merged, load, loop.dims);
}

/**
 * Whether several readers may each compute a loop for themselves. It must be cheap and load one large operand at most, and
 * views that jump through memory are worth a copy. What can be the epilogue of a routine is computed there.
 */
function isLight({ body, out }: Loop, raw: ReadonlySet<Value>): boolean {
  const loads = loadsOf(body);
  const large = new Set(
    loads.map(({ value }) => value.root).filter(({ size }) => size * small > out.size),
  );
  return (
    weightOf(body) <= cheap &&
    large.size <= 1 &&
    loads.every(({ value, strides }) => Math.abs(strides.at(-1) ?? 0) <= 1 && !raw.has(value.root))
  );
}

/** Results of routines that a loop may take over as their epilogue. */
function rawResults(program: Program, readers: ReadonlyMap<Value, Uses>): Set<Value> {
  const raw = new Set<Value>();
  for (const step of program.steps) {
    if (step.kind !== "routine" || !piecewise.has(step.name)) continue;
    for (const { root } of step.outputs) {
      const uses = readers.get(root);
      // The routine itself counts as one of the others.
      if (uses && uses.loads === 1 && uses.others === 1) raw.add(root);
    }
  }
  return raw;
}

/** For each dimension of the producer: its index as `base` plus a sum of the reader's indices times factors. */
interface Affine {
  readonly base: number;
  readonly factors: readonly number[];
}

/**
 * The producer's body over the indices of a reader. The load's address, over the producer's dense result, must
 * fall apart into indices of the producer that stay in range at every point.
 */
function moved(producer: Loop, load: Load, dims: readonly number[]): Expr | null {
  const map = decompose(producer.dims, load, dims);
  if (!map) return null;
  let fits = true;
  const rebuild = (expr: Expr): Expr => {
    if (expr.kind === "load") {
      const strides = dims.map((_, axis) =>
        map.reduce(
          (sum, { factors }, j) => sum + (factors[axis] as number) * (expr.strides[j] as number),
          0,
        ),
      );
      const offset = map.reduce(
        (sum, { base }, j) => sum + base * (expr.strides[j] as number),
        expr.offset,
      );
      return { ...expr, strides, offset };
    }
    if (expr.kind !== "index") return mapChildren(expr, rebuild);
    const { base, factors } = map[expr.axis] as Affine;
    const moving = factors.map((_, axis) => axis).filter((axis) => factors[axis] !== 0);
    const [axis] = moving;
    if (axis === undefined)
      return { kind: "const", dtype: expr.dtype, value: expr.dtype.isBig ? BigInt(base) : base };
    if (moving.length > 1 || base !== 0 || factors[axis] !== 1) fits = false;
    return { ...expr, axis };
  };
  const body = rebuild(producer.body);
  return fits ? body : null;
}

function decompose(
  producer: readonly number[],
  { strides, offset }: Load,
  dims: readonly number[],
): Affine[] | null {
  const dense = stridesOf(producer);
  const factors = producer.map(() => dims.map(() => 0));
  for (const [axis, dim] of dims.entries()) {
    const stride = strides[axis] as number;
    if (dim === 1 || stride === 0) continue;
    const j = dense.findIndex((step) => stride % step === 0);
    if (j < 0) return null;
    (factors[j] as number[])[axis] = stride / (dense[j] as number);
  }
  let rest = offset;
  const map: Affine[] = [];
  for (const [j, step] of dense.entries()) {
    const base = Math.floor(rest / step);
    rest -= base * step;
    let [low, high] = [base, base];
    for (const [axis, dim] of dims.entries()) {
      const reach = ((factors[j] as number[])[axis] as number) * (dim - 1);
      if (reach < 0) low += reach;
      else high += reach;
    }
    if (low < 0 || high >= (producer[j] as number)) return null;
    map.push({ base, factors: factors[j] as number[] });
  }
  return rest === 0 ? map : null;
}
