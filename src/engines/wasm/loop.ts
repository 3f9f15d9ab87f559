/** Loops as functions of WebAssembly: nested loops over pointers, with bodies on vectors where all lanes may run. */

import { type DType, float64, int32 } from "../../core/dtypes.ts";
import { sizeOf } from "../../core/ndarray.ts";
import {
  childrenOf,
  type Expr,
  type Load,
  type Loop,
  loadsOf,
  type ReduceName,
  sameStorage,
  type Value,
} from "../ir.ts";
import {
  type Code,
  type Func,
  type FunctionScope,
  i32,
  type Local,
  type ValueType,
  when,
  whileLoop,
} from "./assembler.ts";
import { margin } from "./heap.ts";
import type { Library } from "./library.ts";
import { floatBody } from "./math32.ts";
import { type Body, type Nest, nestOf, Sharing, staysInside, type Walk } from "./nest.ts";
import { ScalarWriter, typeOf } from "./scalar.ts";
import { isWide, ScalarTotal, VectorTotal } from "./total.ts";
import { VectorWriter, type Width, widthOf } from "./vector.ts";

/** How a nest is run. */
export interface LoopPlan {
  readonly nest: Nest;
  /** Lanes of vectors; null: one scalar after the other. */
  readonly width: Width | null;
  /** The dimension that lanes lie along. */
  readonly along: number;
  /** The dimension whose part [begin, end) one call does; -1: a call does everything. */
  readonly split: number;
  /** Length of that dimension. */
  readonly count: number;
}

/** Dimensions shorter than this are not the first choice to be split among threads. */
const worthSplitting = 16;

export function planLoop(
  loops: readonly Loop[],
  internal: ReadonlySet<Value> = new Set(),
): LoopPlan {
  const nest = nestOf(loops, internal);
  const { dims, outer, bodies } = nest;
  let width = staysInside(nest, margin) ? widthOf(bodies.map(({ expr }) => expr)) : null;
  const along = nest.reduce && width !== null ? reduceAxis(nest) : outer - 1;
  if (along < 0 || along >= dims.length) width = null;
  const outerDims = dims.slice(0, outer);
  const first = outerDims.findIndex((dim) => dim >= worthSplitting);
  const split = first >= 0 ? first : outerDims.indexOf(Math.max(...outerDims));
  return { nest, width, along, split, count: split < 0 ? 1 : (dims[split] as number) };
}

/** Whether loops run on vectors when they run together; where they do not, each is better alone. */
export function isVector(loops: readonly Loop[]): boolean {
  return planLoop(loops).width !== null;
}

/** Lanes lie where memory is contiguous: along the last reduced dimension, or the last that is kept. */
function reduceAxis({ dims, outer, walks, bodies }: Nest): number {
  const last = dims.length - 1;
  const reads = walks.filter((walk) => walk.slot >= bodies.length);
  const contiguous = (axis: number): number =>
    reads.filter(({ strides }) => strides[axis] === 1).length;
  if (last < outer) return outer - 1;
  if (outer > 0 && contiguous(outer - 1) > contiguous(last) && (dims[outer - 1] as number) >= 4)
    return outer - 1;
  return last;
}

/** For loops that read across memory: the dimension along which what they read is contiguous. */
function tileAxis({ nest, along, width }: LoopPlan): number {
  const { dims, outer, walks, bodies, reduce } = nest;
  if (reduce || (dims[along] as number) < 4 * (width as Width)) return -1;
  const across = walks.find(
    ({ slot, strides }) => slot >= bodies.length && Math.abs(strides[along] as number) > 1,
  );
  if (!across) return -1;
  return dims.findIndex(
    (dim, axis) =>
      axis < outer && axis !== along && dim >= 8 && Math.abs(across.strides[axis] as number) === 1,
  );
}

/** Adds a function (begin, end, address of each value) to a module; it is exported under a name. */
export function writeLoop(library: Library, name: string | null, plan: LoopPlan): Func {
  const params = new Array<ValueType>(2 + plan.nest.values.length).fill("i32");
  library.usesHost = false;
  const func = library.module.function(name, params, [], (scope) =>
    new LoopWriter(library, scope, plan).write(),
  );
  if (library.usesHost && name !== null) library.bound.add(name);
  return func;
}

/** How one evaluation of a body reads: so many lanes, so many elements behind the pointers. */
interface Lanes {
  /** 1 with vectors means that only the first lane counts. */
  readonly count: number;
  readonly shift: number;
  /** So many elements further along the last dimension, which is another than that of the lanes. */
  readonly ahead?: number;
}

/** Vector bodies of at most this many nodes are written several times per round. */
const unrolledBody = 24;
/** Elements that are added to each total before it goes back to memory. */
const [leastBlock, mostBlock] = [4, 8];
/** Vectors of totals that are kept at once: more would not stay in registers. */
const mostTotals = 8;

/** Code that computes values before a loop, and where they are then. */
interface Hoisted {
  readonly code: Code;
  readonly kept: readonly (readonly [number, { readonly local: Local; readonly expr: Expr }])[];
}

const nothing: Hoisted = { code: [], kept: [] };

/** Where totals of lanes are stored: pointer, dtype, offset in bytes, lanes. */
type Place = readonly [pointer: Local, out: DType, offset: number, lanes: number];

class LoopWriter {
  readonly #plan: LoopPlan;
  readonly #nest: Nest;
  readonly #scope: FunctionScope;
  readonly #scalar: ScalarWriter;
  readonly #vector: VectorWriter | null;
  /** The dimension that is walked inside blocks of lanes, because memory is contiguous along it; -1: none. */
  readonly #tile: number;
  readonly #sharing = new Sharing();
  readonly #pointers = new Map<Walk, Local>();
  readonly #counters = new Map<number, Local>();
  /** Values that were computed already, by number; those of the current evaluation last. */
  readonly #kept = new Map<number, { readonly local: Local; readonly expr: Expr }>();

  constructor(library: Library, scope: FunctionScope, plan: LoopPlan) {
    this.#plan = plan;
    this.#nest = plan.nest;
    this.#scope = scope;
    this.#scalar = new ScalarWriter(library, scope);
    this.#vector = plan.width === null ? null : new VectorWriter(plan.width, this.#scalar);
    this.#tile = this.#vector ? tileAxis(plan) : -1;
    for (const { expr } of this.#nest.bodies) this.#sharing.count(expr);
  }

  get #last(): number {
    return this.#nest.dims.length - 1;
  }

  write(): Code {
    const { walks, reduce, outer, dims } = this.#nest;
    const start: Code[] = walks.map((walk) => {
      const base = this.#scope.param(2 + walk.slot);
      if (walk.offset === 0) {
        this.#pointers.set(walk, base);
        return [];
      }
      const pointer = this.#scope.local("i32");
      this.#pointers.set(walk, pointer);
      return pointer.set(i32.add(base, i32.const(walk.offset * walk.dtype.size)));
    });
    if (sizeOf(dims.slice(0, outer)) === 0) return [];
    if (!reduce) return [start, this.#walk(0, outer, () => this.#map())];
    return [
      start,
      this.#vector && this.#plan.along < outer ? this.#reduceAcross() : this.#reduceAlong(),
    ];
  }

  // Walking

  /** Loops over the dimensions [from, to) except the one that lanes lie along, then `body`. */
  #walk(from: number, to: number, body: () => Code): Code {
    if (from >= to) return body();
    if (this.#vector && (from === this.#plan.along || from === this.#tile))
      return this.#walk(from + 1, to, body);
    return this.#axis(from, 1, () => this.#walk(from + 1, to, body));
  }

  /** Rounds of `step` elements along one dimension. */
  #axis(axis: number, step: number, body: () => Code): Code {
    const { start, moves, restore, counter, end } = this.#enter(axis);
    const inner = body();
    const next = [counter.set(i32.add(counter, i32.const(step))), moves(step)];
    const within = i32.le_s(i32.add(counter, i32.const(step)), end);
    const code: Code = [start, whileLoop(within, [inner, next])];
    restore();
    return code;
  }

  /** Own pointers and a counter for a dimension; `restore` gives back those of the dimensions around it. */
  #enter(axis: number): {
    start: Code;
    moves: (steps: number) => Code;
    restore: () => void;
    counter: Local;
    end: Code;
  } {
    const isSplit = axis === this.#plan.split;
    const before = new Map(this.#pointers);
    const counter = this.#scope.local("i32");
    const start: Code[] = [counter.set(isSplit ? this.#scope.param(0) : i32.const(0))];
    const moving = this.#nest.walks.filter(({ strides }) => strides[axis] !== 0);
    for (const walk of moving) {
      const own = this.#scope.local("i32");
      const bytes = (walk.strides[axis] as number) * walk.dtype.size;
      const old = before.get(walk) as Local;
      start.push(own.set(isSplit ? i32.add(old, i32.mul(counter, i32.const(bytes))) : old));
      this.#pointers.set(walk, own);
    }
    const outerCounter = this.#counters.get(axis);
    this.#counters.set(axis, counter);
    return {
      start,
      counter,
      end: isSplit ? this.#scope.param(1).get() : i32.const(this.#nest.dims[axis] as number),
      moves: (steps) =>
        moving.map((walk) => {
          const pointer = this.#pointers.get(walk) as Local;
          const bytes = steps * (walk.strides[axis] as number) * walk.dtype.size;
          return pointer.set(i32.add(pointer, i32.const(bytes)));
        }),
      restore: () => {
        for (const [walk, pointer] of before) this.#pointers.set(walk, pointer);
        if (outerCounter) this.#counters.set(axis, outerCounter);
        else this.#counters.delete(axis);
      },
    };
  }

  /** Runs along the lanes' dimension: in rounds of several vectors, of one, and of single elements for what is left. */
  #lanes(unroll: number, body: (lanes: readonly Lanes[]) => Code): Code {
    const width = this.#plan.width as Width;
    const { along, split } = this.#plan;
    const { start, moves, restore, counter, end } = this.#enter(along);
    const length = along === split ? null : (this.#nest.dims[along] as number);
    // Across a reduction what is fixed along the lanes may change from one element to the next.
    const isAcross = this.#nest.reduce !== null && along < this.#nest.outer;
    const hoisted = isAcross
      ? nothing
      : this.#hoist((axis) => axis === along, { count: 1, shift: 0 });
    this.#keep(hoisted);
    const code: Code[] = [start, hoisted.code];
    const rounds = (lanes: readonly Lanes[], step: number): void => {
      const within = i32.le_s(i32.add(counter, i32.const(step)), end);
      const inner = body(lanes);
      const round = [inner, counter.set(i32.add(counter, i32.const(step))), moves(step)];
      code.push(whileLoop(within, round));
    };
    let least = length ?? Number.POSITIVE_INFINITY;
    if (unroll > 1 && least >= width * unroll) {
      const lanes = Array.from({ length: unroll }, (_, i) => ({ count: width, shift: i * width }));
      rounds(lanes, width * unroll);
      if (length !== null) least = length % (width * unroll);
    }
    if (least >= width) {
      rounds([{ count: width, shift: 0 }], width);
      if (length !== null) least = length % width;
    }
    if (least > 0) rounds([{ count: 1, shift: 0 }], 1);
    this.#forget(hoisted);
    restore();
    return code;
  }

  // Loops that store every point

  #map(): Code {
    if (!this.#vector) return this.#storeAll({ count: 1, shift: 0 });
    if (this.#tile >= 0) return this.#tiled();
    // All vectors of a round before the first is stored, so that their instructions can lie side by side.
    return this.#lanes(this.#unroll(), (lanes) => {
      const parts = lanes.map((each) => this.#computeAll(each));
      return [parts.map(({ values }) => values), parts.map(({ stores }) => stores)];
    });
  }

  /**
   * Blocks of a cache line's width: each line that a transposed load touches is used for all its elements before it
   * leaves the cache.
   */
  #tiled(): Code {
    const width = this.#plan.width as Width;
    const { start, moves, restore, counter, end } = this.#enter(this.#plan.along);
    const round = (vectors: number, count: number): Code => {
      const step = vectors * count;
      const body = this.#axis(this.#tile, 1, () =>
        Array.from({ length: vectors }, (_, i) => this.#storeAll({ count, shift: i * count })),
      );
      const within = i32.le_s(i32.add(counter, i32.const(step)), end);
      return whileLoop(within, [body, counter.set(i32.add(counter, i32.const(step))), moves(step)]);
    };
    const code = [start, round(4, width), round(1, 1)];
    restore();
    return code;
  }

  #unroll(): number {
    const size = this.#nest.bodies.reduce((total, { expr }) => total + loadsOf(expr).length, 0);
    const nodes = this.#nest.bodies.reduce((total, { expr }) => total + nodeCount(expr), 0);
    return size > 0 && nodes <= unrolledBody ? 4 : 1;
  }

  #storeAll(lanes: Lanes): Code {
    const { values, stores } = this.#computeAll(lanes);
    return [values, stores];
  }

  /** Computes all bodies into locals, and stores them: what they write, they read at the same point only. */
  #computeAll(lanes: Lanes): { readonly values: Code; readonly stores: Code } {
    const before = new Set(this.#kept.keys());
    const { bodies, values: all } = this.#nest;
    const vector = this.#vector;
    const parts = bodies.map(({ expr, out, isInternal }, i) => {
      const pointer = this.#pointers.get(out) as Local;
      const offset = lanes.shift * out.dtype.size;
      const local = this.#scope.local(vector ? "v128" : typeOf(out.dtype));
      const value = local.set(this.#value(expr, lanes));
      const store = vector
        ? vector.store(out.dtype, pointer, local, offset, lanes.count)
        : this.#scalar.store(out.dtype, pointer, local, offset);
      this.#noteStored(all[out.slot] as Value, local, bodies.slice(i + 1), before);
      return { value, store: isInternal ? [] : store };
    });
    for (const id of this.#kept.keys()) if (!before.has(id)) this.#kept.delete(id);
    return { values: parts.map(({ value }) => value), stores: parts.map(({ store }) => store) };
  }

  /** Later bodies that read what was stored take it from the local; what was computed from the old value is no more. */
  #noteStored(
    stored: Value,
    local: Local,
    later: readonly Body[],
    hoisted: ReadonlySet<number>,
  ): void {
    for (const [id, { expr }] of this.#kept) {
      const isStale = loadsOf(expr).some((load) => sameStorage(load.value, stored));
      if (isStale && !hoisted.has(id)) this.#kept.delete(id);
    }
    for (const load of later.flatMap(({ expr }) => loadsOf(expr))) {
      if (sameStorage(load.value, stored))
        this.#kept.set(this.#sharing.id(load), { local, expr: load });
    }
  }

  // Evaluation

  /** The value of an expression: a vector, or a scalar in scalar loops. Values that are used again stay in locals. */
  #value(expr: Expr, lanes: Lanes): Code {
    const id = this.#sharing.id(expr);
    const kept = this.#kept.get(id);
    if (kept) return kept.local.get();
    const code = this.#compute(expr, lanes);
    if (expr.kind === "const" || !this.#sharing.isShared(expr)) return code;
    const local = this.#scope.local(this.#vector ? "v128" : typeOf(expr.dtype));
    this.#kept.set(id, { local, expr });
    return local.tee(code);
  }

  #compute(expr: Expr, lanes: Lanes): Code {
    const vector = this.#vector;
    const writer = vector ?? this.#scalar;
    switch (expr.kind) {
      case "const":
        return writer.constant(expr.value, expr.dtype);
      case "index":
        return this.#index(expr.axis, expr.dtype, lanes);
      case "load":
        return this.#load(expr, lanes);
      case "unary":
        return writer.unary(expr.op, expr.x.dtype, this.#value(expr.x, lanes));
      case "binary": {
        const lhs = this.#value(expr.lhs, lanes);
        return writer.binary(expr.op, expr.lhs.dtype, lhs, this.#value(expr.rhs, lanes));
      }
      case "cast":
        return writer.cast(expr.x.dtype, expr.dtype, this.#value(expr.x, lanes));
      case "select":
        return vector ? this.#selectLanes(expr, lanes, vector) : this.#selectSide(expr, lanes);
      default:
        return expr satisfies never;
    }
  }

  #selectLanes(expr: Expr & { kind: "select" }, lanes: Lanes, vector: VectorWriter): Code {
    // In the order in which the operands lie on the stack, since the first to be evaluated fills shared locals.
    const yes = this.#value(expr.yes, lanes);
    const no = this.#value(expr.no, lanes);
    return vector.select(this.#value(expr.cond, lanes), yes, no);
  }

  /** Only one side is run, so what it keeps is not there for others. */
  #selectSide(expr: Expr & { kind: "select" }, lanes: Lanes): Code {
    const cond = this.#value(expr.cond, lanes);
    const side = (value: Expr): Code => {
      const before = new Set(this.#kept.keys());
      const code = this.#value(value, lanes);
      for (const id of this.#kept.keys()) if (!before.has(id)) this.#kept.delete(id);
      return code;
    };
    return when(cond, side(expr.yes), side(expr.no), typeOf(expr.dtype));
  }

  #index(axis: number, dtype: DType, { count, shift, ahead = 0 }: Lanes): Code {
    const counter = this.#counters.get(axis) as Local;
    if (!this.#vector) {
      const type = typeOf(dtype);
      if (type === "i32") return this.#scalar.wrap(dtype, counter.get());
      return this.#scalar.cast(int32, dtype, counter);
    }
    const isAlong = axis === this.#plan.along;
    const behind = isAlong ? shift : axis === this.#last ? ahead : 0;
    const first = behind > 0 ? i32.add(counter, i32.const(behind)) : counter;
    return this.#vector.index(first, dtype, !isAlong || count === 1);
  }

  #load(expr: Load, { count, shift, ahead = 0 }: Lanes): Code {
    const walk = this.#nest.walkOf(expr);
    const pointer = this.#pointers.get(walk) as Local;
    if (!this.#vector) return this.#scalar.load(walk.dtype, pointer);
    const stride = walk.strides[this.#plan.along] as number;
    const elements = shift * stride + ahead * (walk.strides[this.#last] ?? 0);
    const bytes = elements * walk.dtype.size;
    const address = bytes < 0 ? i32.add(pointer, i32.const(bytes)) : pointer;
    return this.#vector.load(walk.dtype, address, Math.max(bytes, 0), count === 1 ? 0 : stride);
  }

  /** Computes what does not change along some dimensions before the loops over them. */
  #hoist(isAlong: (axis: number) => boolean, lanes: Lanes): Hoisted {
    const written = this.#nest.bodies.map(({ out }) => this.#nest.values[out.slot] as Value);
    const isFixed = (expr: Expr): boolean => {
      if (expr.kind === "index") return !isAlong(expr.axis);
      if (expr.kind === "load")
        return (
          this.#nest.walkOf(expr).strides.every((stride, axis) => stride === 0 || !isAlong(axis)) &&
          !written.some((value) => sameStorage(value, expr.value))
        );
      if (expr.kind === "const") return true;
      return childrenOf(expr).every(isFixed);
    };
    const code: Code[] = [];
    const before = new Set(this.#kept.keys());
    const visit = (expr: Expr): void => {
      if (expr.kind === "const") return;
      const id = this.#sharing.id(expr);
      if (this.#kept.has(id)) return;
      if (!isFixed(expr)) {
        for (const child of childrenOf(expr)) visit(child);
        return;
      }
      const local = this.#scope.local("v128");
      code.push(local.set(this.#compute(expr, lanes)));
      this.#kept.set(id, { local, expr });
    };
    if (this.#vector) for (const { expr } of this.#nest.bodies) visit(expr);
    const kept = [...this.#kept].filter(([id]) => !before.has(id));
    const hoisted = { code, kept };
    this.#forget(hoisted);
    return hoisted;
  }

  #keep({ kept }: Hoisted): void {
    for (const [id, value] of kept) this.#kept.set(id, value);
  }

  #forget({ kept }: Hoisted): void {
    for (const [id] of kept) this.#kept.delete(id);
  }

  /** One evaluation of the bodies of a reduction, forgetting what it kept. */
  #evaluate(lanes: Lanes, use: (total: number, value: Code) => Code): Code {
    const before = new Set(this.#kept.keys());
    const code = this.#nest.bodies.map(({ expr }, i) => use(i, this.#value(expr, lanes)));
    for (const id of this.#kept.keys()) if (!before.has(id)) this.#kept.delete(id);
    return code;
  }

  // Reductions

  /** What is reduced to, one for each body. */
  get #reduced(): readonly { op: ReduceName; dtype: DType; out: Walk }[] {
    const { reduce, bodies } = this.#nest;
    if (!reduce) throw new Error("internal: not a reduction");
    return bodies.map(({ expr, out }) => ({ op: reduce, dtype: expr.dtype, out }));
  }

  #vectorTotals(): VectorTotal[] {
    const vector = this.#vector as VectorWriter;
    return this.#reduced.map(({ op, dtype }) => new VectorTotal(op, dtype, vector, this.#scope));
  }

  /** Each result in turn: lanes of partial results along the last reduced dimension, joined at the end. */
  #reduceAlong(): Code {
    const { dims, outer } = this.#nest;
    const reduced = this.#reduced;
    const singles = reduced.map(
      ({ op, dtype }) => new ScalarTotal(op, dtype, this.#scalar, this.#scope),
    );
    const single = (i: number) => singles[i] as ScalarTotal;
    return this.#walk(0, outer, () => {
      const code: Code[] = singles.map((total) => total.start());
      const vector = this.#vector;
      if (!vector) {
        code.push(
          this.#walk(outer, dims.length, () =>
            this.#evaluate({ count: 1, shift: 0 }, (i, value) => single(i).add(value)),
          ),
        );
      } else {
        const unroll = this.#unroll() > 1 ? 2 : 1;
        const totals = Array.from({ length: unroll }, () => this.#vectorTotals());
        const total = (round: number, i: number) => totals[round]?.[i] as VectorTotal;
        code.push(totals.flat().map((each) => each.start()));
        const add = (lanes: Lanes, round: number): Code =>
          this.#evaluate(lanes, (i, value) =>
            lanes.count === 1
              ? single(i).add(vector.lane(0, (reduced[i] as { dtype: DType }).dtype, value))
              : total(round, i).add(value),
          );
        code.push(this.#walk(outer, dims.length, () => this.#lanes(unroll, (all) => all.map(add))));
        const [first = [], ...others] = totals;
        const beside = (i: number) => others.map((round) => round[i] as VectorTotal);
        code.push(first.map((each, i) => each.fold(single(i), beside(i))));
      }
      code.push(
        reduced.map(({ out }, i) => single(i).store(this.#pointers.get(out) as Local, out.dtype)),
      );
      return code;
    });
  }

  /**
   * Neighbouring results side by side in lanes, each element added to all of them. Where totals can wait in memory, a few
   * elements of all results are added before the next few, so that memory is read in its order.
   */
  #reduceAcross(): Code {
    const { dims, outer } = this.#nest;
    const last = this.#last;
    const block = this.#blockOfReduced();
    if (block === 0)
      return this.#walk(0, outer, () =>
        this.#across(
          (total) => total.start(),
          (add) => this.#walk(outer, dims.length, () => add(0)),
        ),
      );
    const ahead = Array.from({ length: block }, (_, i) => i);
    const blocks = () =>
      this.#axis(last, block, () =>
        this.#across(
          (total, ...place) => total.resume(...place),
          (add) => ahead.map(add),
        ),
      );
    return this.#walk(0, outer, () => [
      this.#across(
        (total) => total.start(),
        () => [],
      ),
      this.#walk(outer, last, blocks),
    ]);
  }

  /** Elements along the last dimension that are added at once; 0 where the results are no places for totals. */
  #blockOfReduced(): number {
    const { dims, outer } = this.#nest;
    const length = dims[this.#last] as number;
    const isPlace = this.#reduced.every(({ op, dtype, out }) =>
      isWide(op, dtype) ? out.dtype === float64 : out.dtype === dtype,
    );
    // All results of one round of lanes: nothing is to be read in another order.
    if (!isPlace || dims.length === outer || (dims[outer - 1] as number) <= 16) return 0;
    for (let block = leastBlock; block <= mostBlock; block++)
      if (length % block === 0) return block;
    return 0;
  }

  /** For each few results: `begin` of their totals, then `inner` around what adds one element, then they are stored. */
  #across(
    begin: (total: VectorTotal, ...place: Place) => Code,
    inner: (add: (ahead: number) => Code) => Code,
  ): Code {
    const reduced = this.#reduced;
    const registers = this.#vectorTotals().reduce((sum, { vectors }) => sum + vectors, 0);
    const rounds = Math.max(1, Math.min(4, Math.floor(mostTotals / registers)));
    return this.#lanes(rounds, (all) => {
      const totals = all.map(() => this.#vectorTotals());
      const total = (round: number, i: number) => totals[round]?.[i] as VectorTotal;
      const each = (use: (total: VectorTotal, ...place: Place) => Code): Code =>
        all.map(({ shift, count }, round) =>
          reduced.map(({ out }, i) => {
            const pointer = this.#pointers.get(out) as Local;
            return use(total(round, i), pointer, out.dtype, shift * out.dtype.size, count);
          }),
        );
      const fixed = all.map((lanes) => this.#hoist((axis) => axis >= this.#nest.outer, lanes));
      const add = (ahead: number): Code =>
        all.map((lanes, round) => {
          this.#keep(fixed[round] as Hoisted);
          const code = this.#evaluate({ ...lanes, ahead }, (i, value) =>
            total(round, i).add(value),
          );
          this.#forget(fixed[round] as Hoisted);
          return code;
        });
      return [
        fixed.map(({ code }) => code),
        each(begin),
        inner(add),
        each((each, ...place) => each.store(...place)),
      ];
    });
  }
}

/** Functions that are written into the loop count for several nodes. */
function nodeCount(expr: Expr): number {
  const own = expr.kind === "unary" && floatBody(expr.op) ? 6 : 1;
  return childrenOf(expr).reduce((total, child) => total + nodeCount(child), own);
}
