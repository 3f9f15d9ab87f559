/**
 * Rows scattered and added up by index, float32. Each thread changes rows of its own, and looks at all indices for them:
 * so every row meets its updates in their order, however many threads there are.
 */

import { sizeOf } from "../../../core/ndarray.ts";
import type { Value } from "../../ir.ts";
import { positionText, shapeText } from "../../routines/elements.ts";
import type { ScatterKind, ScatterParams } from "../../routines/scatter.ts";
import { highest, lowest, type SegmentKind, type SegmentParams } from "../../routines/segment.ts";
import {
  brIf,
  type Code,
  f32,
  f32x4,
  f64,
  i32,
  i64,
  type Local,
  loop,
  type ModuleBuilder,
  type Operand,
  returns,
  v128,
  when,
} from "../assembler.ts";
import type { BoundKernel, KernelContext, WasmKernel } from "../kernel.ts";
import type { WasmFunction } from "../webassembly.ts";
import { advance, floatSize, loadFloats, repeat, repeatBetween, storeFloats } from "./partial.ts";
import { isFloat32 } from "./work.ts";

/** Elements that a thread should change at least. */
const leastElements = 1 << 15;

/** Index tuples and the rows that they point to. */
interface Positions {
  /** The dimensions that a tuple indexes. */
  readonly dims: readonly number[];
  readonly isBig: boolean;
  /** Negative indices are allowed, and point nowhere. */
  readonly skipsNegative: boolean;
}

const combining = {
  add: f32x4.add,
  sub: f32x4.sub,
  mul: f32x4.mul,
  div: f32x4.div,
  min: f32x4.min,
  max: f32x4.max,
  update: (_: Operand, update: Operand): Code => [update as Code],
} as const;

interface Rows {
  readonly kind: ScatterKind;
  /** Floats of a row. */
  readonly inner: number;
  /** One update is for all elements. */
  readonly isScalar: boolean;
  /** What rows hold at first; null: what is there already. */
  readonly start: number | null;
  /** The first update of a row replaces what it holds, so updates are counted. */
  readonly isSegment: boolean;
  /** Rows are divided by how many updates they got. */
  readonly isMean: boolean;
}

/** Exports place(0, count, indices, rows), the first tuple out of range or -1; and peek(indices, position). */
function definePlace(module: ModuleBuilder, { dims, isBig, skipsNegative }: Positions): void {
  const depth = dims.length;
  const size = isBig ? 8 : 4;
  module.function("peek", ["i32", "i32"], ["f64"], ({ params: [indices, position] }) => {
    const address = i32.add(indices as Local, i32.mul(position as Local, i32.const(size)));
    return isBig ? f64.convert_i64_s(i64.load(address)) : f64.convert_i32_s(i32.load(address));
  });
  module.function("place", ["i32", "i32", "i32", "i32"], ["i32"], (scope) => {
    const [unit, end, indices, rows] = scope.params as [Local, Local, Local, Local];
    const row = scope.local("i32");
    const isOutside = (dim: number, axis: number): Code =>
      isBig
        ? i64.ge_u(i64.load(indices, axis * size), i64.const(dim))
        : i32.ge_u(i32.load(indices, axis * size), i32.const(dim));
    const isNegative = isBig
      ? i64.lt_s(i64.load(indices), i64.const(0))
      : i32.lt_s(i32.load(indices), i32.const(0));
    const find = dims.map((dim, axis) => [
      when(isOutside(dim, axis), returns(unit)),
      row.set(i32.add(i32.mul(row, i32.const(dim)), i32.load(indices, axis * size))),
    ]);
    return [
      when(
        i32.lt_u(unit, end),
        loop((again) => [
          row.set(i32.const(0)),
          skipsNegative ? when(isNegative, row.set(i32.const(-1)), find) : find,
          i32.store(rows, row),
          advance(rows, 4),
          advance(indices, depth * size),
          advance(unit, 1),
          brIf(again, i32.lt_u(unit, end)),
        ]),
      ),
      i32.const(-1),
    ];
  });
}

const splat = (value: Operand): Code => f32x4.splat(value);

/** `body` for the vectors of a row: offset to the address of the vector, floats in it. */
function overRow(
  inner: number,
  counter: Local,
  moving: readonly Local[],
  body: (lanes: number) => Code,
): Code {
  const rest = inner % 4;
  const move = moving.map((pointer) => advance(pointer, 16));
  return [repeat(counter, Math.floor(inner / 4), [body(4), move]), rest > 0 ? body(rest) : []];
}

/** Exports apply(begin, end, count, rows, updates, out, counts) over rows of the output. */
function defineApply(module: ModuleBuilder, wanted: Rows): void {
  const { kind, inner, isScalar, start, isSegment, isMean } = wanted;
  const rowBytes = inner * floatSize;
  const params = ["i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
  module.function("apply", params, [], (scope) => {
    const [begin, end, count, rows, updates, out, counts] = scope.params as unknown as readonly [
      ...[Local, Local, Local, Local],
      ...[Local, Local, Local],
    ];
    const [index, row, to, from, counter, met] = Array.from({ length: 6 }, () =>
      scope.local("i32"),
    ) as unknown as readonly [Local, Local, Local, Local, Local, Local];
    const by = scope.local("v128");
    const rowAt = (at: Local): Code => i32.add(out, i32.mul(at, i32.const(rowBytes)));
    const countAt = (at: Local): Code => i32.add(counts, i32.shl(at, i32.const(2)));
    const update = (lanes: number): Code =>
      isScalar ? v128.load32_splat(from, 0) : loadFloats(lanes, from, 0);
    const moving = isScalar ? [to] : [to, from];
    const merge = (combine: (old: Code, update: Code) => Code): Code =>
      overRow(inner, counter, moving, (lanes) =>
        storeFloats(lanes, to, combine(loadFloats(lanes, to, 0), update(lanes)), 0),
      );
    const replace = merge((_, x) => x);
    const combine = kind === "update" ? replace : merge(combining[kind]);
    const prepare: Code =
      start === null
        ? []
        : [
            row.set(begin),
            to.set(rowAt(begin)),
            repeatBetween(row, end, [
              overRow(inner, counter, [to], (lanes) =>
                storeFloats(lanes, to, splat(f32.const(start)), 0),
              ),
              advance(to, (inner % 4) * floatSize),
              isSegment ? i32.store(countAt(row), i32.const(0)) : [],
            ]),
          ];
    const divide: Code = [
      row.set(begin),
      repeatBetween(row, end, [
        met.set(i32.load(countAt(row))),
        when(i32.ge_u(met, i32.const(2)), [
          to.set(rowAt(row)),
          by.set(splat(f32.convert_i32_s(met))),
          overRow(inner, counter, [to], (lanes) =>
            storeFloats(lanes, to, f32x4.div(loadFloats(lanes, to, 0), by), 0),
          ),
        ]),
      ]),
    ];
    const meet: Code = isSegment
      ? [
          met.set(i32.load(countAt(row))),
          i32.store(countAt(row), i32.add(met, i32.const(1))),
          when(met, combine, replace),
        ]
      : combine;
    return [
      prepare,
      index.set(i32.const(0)),
      repeatBetween(index, count, [
        row.set(i32.load(i32.add(rows, i32.shl(index, i32.const(2))))),
        when(i32.lt_u(i32.sub(row, begin), i32.sub(end, begin)), [
          to.set(rowAt(row)),
          from.set(isScalar ? updates : i32.add(updates, i32.mul(index, i32.const(rowBytes)))),
          meet,
        ]),
      ]),
      isMean ? divide : [],
    ];
  });
}

interface Scatter {
  readonly indices: Value;
  readonly out: Value;
  /** How many tuples there are. */
  readonly count: number;
  readonly positions: Positions;
  readonly rows: Rows;
  /** Throws the routine's error for tuple `at`. */
  readonly fail: (at: number, peek: (position: number) => number) => never;
}

/** Binds f(indices, updates, out). */
function bind(wanted: Scatter, context: KernelContext) {
  const { indices, out, count, positions, rows, fail } = wanted;
  const key = JSON.stringify(["scatter", positions, rows]);
  const functions = context.functions(key, (module) => {
    definePlace(module, positions);
    defineApply(module, rows);
  });
  const [place, peek, apply] = ["place", "peek", "apply"].map((name) => functions[name]) as [
    WasmFunction,
    WasmFunction,
    WasmFunction,
  ];
  const total = rows.inner > 0 ? out.size / rows.inner : 0;
  const placed = context.scratch(Math.max(16, 4 * count));
  const counts = rows.isSegment ? context.scratch(Math.max(16, 4 * total)) : 0;
  const work = (count + (rows.start === null ? 0 : total)) * rows.inner;
  const pieces = Math.max(1, Math.min(context.threads, Math.floor(work / leastElements)));
  const grain = Math.max(1, Math.ceil(total / pieces));
  return (positionsAt: number, updates: number, to: number): void => {
    const bad = place(0, count, positionsAt, placed) as number;
    if (bad >= 0) fail(bad, (position) => peek(positionsAt, position) as number);
    if (indices.size === 0 && rows.start === null) return;
    context.parallel(apply, total, grain, [count, placed, updates, to, counts]);
  };
}

const isIndex = ({ dtype }: Value): boolean =>
  dtype.baseName === "int32" || dtype.baseName === "int64";

function rowsOf(kind: ScatterKind, inner: number, updates: Value, start: number | null): Rows {
  const isScalar = updates.shape.length === 0;
  return { kind, inner, isScalar, start, isSegment: false, isMean: false };
}

const swapped =
  (run: (positions: number, updates: number, to: number) => void): BoundKernel =>
  ([positions = 0, updates = 0], [to = 0]) =>
    run(positions, updates, to);

export const scatterUpdate: WasmKernel = (step, context) => {
  const [indices, updates] = step.inputs;
  const [out] = step.outputs;
  if (!indices || !updates || !out || !isIndex(indices)) return null;
  if (!isFloat32(out) || !isFloat32(updates) || out.size === 0) return null;
  const { kind } = step.params as unknown as ScatterParams;
  const [dim = 0, ...rest] = out.shape;
  const run = bind(
    {
      indices,
      out,
      count: indices.size,
      positions: { dims: [dim], isBig: indices.dtype.isBig, skipsNegative: false },
      rows: rowsOf(kind, sizeOf(rest), updates, null),
      fail: (at, peek) => {
        const where = positionText(indices.shape, at);
        throw new RangeError(`indices${where} = ${peek(at)} is not in [0, ${dim})`);
      },
    },
    context,
  );
  return swapped(run);
};

const slices =
  (startsAtZero: boolean): WasmKernel =>
  (step, context) => {
    const [indices, updates] = step.inputs;
    const [out] = step.outputs;
    if (!indices || !updates || !out || !isIndex(indices)) return null;
    if (!isFloat32(out) || !isFloat32(updates) || out.size === 0) return null;
    const { kind } = step.params as unknown as ScatterParams;
    const depth = indices.shape.at(-1) ?? 0;
    const tuples = indices.shape.slice(0, -1);
    const start = startsAtZero ? 0 : null;
    const run = bind(
      {
        indices,
        out,
        count: sizeOf(tuples),
        positions: {
          dims: out.shape.slice(0, depth),
          isBig: indices.dtype.isBig,
          skipsNegative: false,
        },
        rows: rowsOf(startsAtZero ? "add" : kind, sizeOf(out.shape.slice(depth)), updates, start),
        fail: (at, peek) => {
          const tuple = Array.from({ length: depth }, (_, j) => peek(at * depth + j)).join(", ");
          const target = `shape ${shapeText(out.shape)}`;
          const where = positionText(tuples, at);
          throw new RangeError(`indices${where} = [${tuple}] does not index into ${target}`);
        },
      },
      context,
    );
    return swapped(run);
  };

export const scatterNd = slices(true);
export const scatterNdUpdate = slices(false);

const segmentKinds = { sum: "add", mean: "add", prod: "mul", max: "max", min: "min" } as const;

export const unsortedSegment: WasmKernel = (step, context) => {
  const [data, ids] = step.inputs;
  const [out] = step.outputs;
  if (!data || !ids || !out || !isIndex(ids)) return null;
  if (!isFloat32(data) || !isFloat32(out) || data.size === 0 || out.size === 0) return null;
  // The routine says what is wrong with shapes that do not fit.
  if (ids.shape.some((dim, axis) => data.shape[axis] !== dim)) return null;
  const { kind } = step.params as unknown as SegmentParams;
  const dim = out.shape[0] ?? 0;
  const run = bind(
    {
      indices: ids,
      out,
      count: ids.size,
      positions: { dims: [dim], isBig: ids.dtype.isBig, skipsNegative: true },
      rows: {
        kind: segmentKinds[kind],
        inner: out.size / dim,
        isScalar: false,
        start: emptySegment(kind, out),
        isSegment: true,
        isMean: kind === "mean",
      },
      fail: (at, peek) => {
        const where = positionText(ids.shape, at);
        throw new RangeError(`segment_ids${where} = ${peek(at)} is out of range [0, ${dim})`);
      },
    },
    context,
  );
  return ([values = 0, positions = 0], [to = 0]) => run(positions, values, to);
};

function emptySegment(kind: SegmentKind, { dtype }: Value): number {
  if (kind === "prod") return 1;
  if (kind === "max") return lowest(dtype);
  return kind === "min" ? highest(dtype) : 0;
}
