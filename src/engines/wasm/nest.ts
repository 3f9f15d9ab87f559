/** What is done to loops before they become code: dimensions are merged, bodies get one table of what they read. */

import type { DType } from "../../core/dtypes.ts";
import { sizeOf, stridesOf } from "../../core/ndarray.ts";
import {
  childrenOf,
  type Expr,
  type Load,
  type Loop,
  loadsOf,
  mapChildren,
  type ReduceName,
  readsOf,
  type Value,
} from "../ir.ts";

/** A way to walk through a value: its address is that of the value plus an affine function of the indices. */
export interface Walk {
  /** Position among the values of a nest. */
  readonly slot: number;
  readonly dtype: DType;
  /** In elements, for each dimension of the nest; 0 for those that are reduced away in a result. */
  readonly strides: readonly number[];
  readonly offset: number;
}

export interface Body {
  readonly expr: Expr;
  readonly out: Walk;
  /** Nobody but later bodies of the nest reads the result, so it need not be stored. */
  readonly isInternal: boolean;
}

/** One or more loops over the same index space, run in one pass. */
export interface Nest {
  readonly dims: readonly number[];
  /** How many leading dimensions are not reduced. */
  readonly outer: number;
  readonly reduce: ReduceName | null;
  readonly bodies: readonly Body[];
  /** What the nest writes, one for each body, then what it reads. */
  readonly values: readonly Value[];
  readonly walkOf: (load: Load) => Walk;
  readonly walks: readonly Walk[];
}

export function nestOf(loops: readonly Loop[], internal: ReadonlySet<Value>): Nest {
  const [first] = loops;
  if (!first) throw new Error("internal: a nest of no loops");
  const outs = loops.map((loop) => loop.out);
  const values = [...outs];
  for (const loop of loops) {
    for (const value of readsOf(loop)) if (!values.includes(value)) values.push(value);
  }
  const outer = first.dims.length - (first.reduce?.axes ?? 0);
  const merged = merge(
    first.dims,
    outer,
    loops.map((loop) => loop.body),
  );
  const dense = stridesOf(merged.dims.slice(0, merged.outer));
  const strides = merged.dims.map((_, axis) => dense[axis] ?? 0);
  const walks: Walk[] = [];
  const intern = (walk: Walk): Walk => {
    const same = walks.find(
      (other) =>
        other.slot === walk.slot &&
        other.offset === walk.offset &&
        other.strides.join() === walk.strides.join(),
    );
    if (same) return same;
    walks.push(walk);
    return walk;
  };
  const bodies = merged.bodies.map((expr, i) => ({
    expr,
    out: intern({ slot: i, dtype: (outs[i] as Value).dtype, strides, offset: 0 }),
    isInternal: internal.has((outs[i] as Value).root),
  }));
  const known = new Map<Load, Walk>();
  const walkOf = (load: Load): Walk => {
    let walk = known.get(load);
    if (!walk) {
      const { value, dtype, offset } = load;
      walk = intern({ slot: values.indexOf(value), dtype, strides: load.strides, offset });
      known.set(load, walk);
    }
    return walk;
  };
  for (const expr of merged.bodies) for (const load of loadsOf(expr)) walkOf(load);
  return {
    dims: merged.dims,
    outer: merged.outer,
    reduce: first.reduce?.op ?? null,
    bodies,
    values,
    walkOf,
    walks,
  };
}

function indexedBy(expr: Expr, found: Set<number>): void {
  if (expr.kind === "index") found.add(expr.axis);
  for (const child of childrenOf(expr)) indexedBy(child, found);
}

/** Dimensions of 1 go, and adjacent ones that every load walks as one become one. */
export function merge(
  dims: readonly number[],
  outer: number,
  bodies: readonly Expr[],
): { dims: number[]; outer: number; bodies: Expr[] } {
  const loads = bodies.flatMap((body) => loadsOf(body));
  const indexed = new Set<number>();
  for (const body of bodies) indexedBy(body, indexed);
  /** Old axes of each new one; the last gives index and strides. */
  const groups: { size: number; last: number; isOuter: boolean; isIndexed: boolean }[] = [];
  dims.forEach((dim, axis) => {
    if (dim === 1) return;
    const previous = groups.at(-1);
    const isOuter = axis < outer;
    const joins =
      previous !== undefined &&
      previous.isOuter === isOuter &&
      !previous.isIndexed &&
      !indexed.has(axis) &&
      loads.every(({ strides }) => strides[previous.last] === (strides[axis] as number) * dim);
    if (joins) {
      previous.size *= dim;
      previous.last = axis;
    } else {
      groups.push({ size: dim, last: axis, isOuter, isIndexed: indexed.has(axis) });
    }
  });
  const renumbered = new Map(groups.map(({ last }, axis) => [last, axis]));
  const rebuild = (expr: Expr): Expr => {
    if (expr.kind === "load")
      return { ...expr, strides: groups.map(({ last }) => expr.strides[last] as number) };
    if (expr.kind === "index") {
      const axis = renumbered.get(expr.axis);
      if (axis !== undefined) return { ...expr, axis };
      return { kind: "const", dtype: expr.dtype, value: expr.dtype.isBig ? 0n : 0 };
    }
    return mapChildren(expr, rebuild);
  };
  return {
    dims: groups.map(({ size }) => size),
    outer: groups.filter(({ isOuter }) => isOuter).length,
    bodies: bodies.map(rebuild),
  };
}

/**
 * Whether every load stays inside its value at every point, or leaves it by no more than `margin` bytes, so that it may be
 * done unconditionally: loads outside are always guarded by a select.
 */
export function staysInside(nest: Nest, margin: number): boolean {
  if (sizeOf(nest.dims) === 0) return true;
  return nest.walks.every(({ slot, dtype, strides, offset }) => {
    let low = offset;
    let high = offset;
    strides.forEach((stride, axis) => {
      const reach = stride * ((nest.dims[axis] as number) - 1);
      if (reach < 0) low += reach;
      else high += reach;
    });
    const beyond = margin / dtype.size;
    return low >= -beyond && high < (nest.values[slot] as Value).size + beyond;
  });
}

/** Numbers equal expressions alike, and counts how often each is evaluated when none is kept. */
export class Sharing {
  readonly #ids = new Map<string, number>();
  readonly #known = new Map<Expr, number>();
  readonly #uses: number[] = [];

  id(expr: Expr): number {
    let id = this.#known.get(expr);
    if (id === undefined) {
      const key = this.#key(expr);
      id = this.#ids.get(key);
      if (id === undefined) {
        id = this.#ids.size;
        this.#ids.set(key, id);
        this.#uses.push(0);
      }
      this.#known.set(expr, id);
    }
    return id;
  }

  #key(expr: Expr): string {
    const { dtype } = expr;
    switch (expr.kind) {
      case "load":
        return `load ${expr.value.id} ${expr.strides} ${expr.offset}`;
      case "const":
        return `const ${Object.is(expr.value, -0) ? "-0" : expr.value} ${dtype.name}`;
      case "index":
        return `index ${expr.axis} ${dtype.name}`;
      default: {
        const op = "op" in expr ? expr.op : "";
        return `${expr.kind} ${op} ${dtype.name} ${childrenOf(expr).map((child) => this.id(child))}`;
      }
    }
  }

  /** Notes that an expression is evaluated; what is below it counts once. */
  count(expr: Expr): void {
    const id = this.id(expr);
    this.#uses[id] = (this.#uses[id] as number) + 1;
    if (this.#uses[id] === 1) for (const child of childrenOf(expr)) this.count(child);
  }
  isShared(expr: Expr): boolean {
    return (this.#uses[this.id(expr)] ?? 0) > 1;
  }
}
