/** Running sums and products along an axis: lanes lie across it, and each lane runs along it in order. */

import { aroundAxis } from "../../routines/elements.ts";
import type { CumulativeParams } from "../../routines/scan.ts";
import {
  type Code,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
  when,
} from "../assembler.ts";
import type { WasmKernel } from "../kernel.ts";
import { splatBytes } from "../simd.ts";
import type { WasmFunction } from "../webassembly.ts";
import { advance, repeat, repeatBetween } from "./partial.ts";
import { copyGrain } from "./work.ts";

const types = {
  float32: { kind: "f32", size: 4, scalar: f32, vector: f32x4 },
  float64: { kind: "f64", size: 8, scalar: f64, vector: f64x2 },
  int32: { kind: "i32", size: 4, scalar: i32, vector: i32x4 },
} as const;

interface Scan {
  readonly type: keyof typeof types;
  readonly kind: CumulativeParams["kind"];
  readonly exclusive: boolean;
  readonly reverse: boolean;
  readonly dim: number;
  readonly inner: number;
}

export const cumulative: WasmKernel = (step, context) => {
  const [x] = step.inputs;
  const [out] = step.outputs;
  if (!x || !out || x.size === 0) return null;
  const type = x.dtype.baseName;
  if (type !== "float32" && type !== "float64" && type !== "int32") return null;
  const { kind, axis, exclusive, reverse } = step.params as unknown as CumulativeParams;
  const { outer, dim, inner } = aroundAxis(x.shape, axis);
  const scan: Scan = { type, kind, exclusive, reverse, dim, inner };
  const functions = context.functions(JSON.stringify(["scan", scan]), (module) => {
    define(module, scan);
  });
  const run = functions.run as WasmFunction;
  const { vectors, rest } = columnsOf(scan);
  const units = outer * (vectors + rest);
  const grain = copyGrain(x.size / units);
  return ([from = 0], [to = 0]) => context.parallel(run, units, grain, [from, to]);
};

/** What lies across the axis: whole vectors, and single elements behind them. */
function columnsOf({ type, inner }: Scan): { vectors: number; rest: number; lanes: number } {
  const lanes = 16 / types[type].size;
  return { vectors: Math.floor(inner / lanes), rest: inner % lanes, lanes };
}

/** Exports f(begin, end, x, out) over the columns. */
function define(module: ModuleBuilder, scan: Scan): void {
  const { kind, exclusive, reverse, dim, inner, type } = scan;
  const { kind: valueType, size, scalar, vector } = types[type];
  const { vectors, rest, lanes } = columnsOf(scan);
  const perOuter = vectors + rest;
  const first = kind === "sum" ? 0 : 1;
  module.function("run", ["i32", "i32", "i32", "i32"], [], (scope) => {
    const [unit, end, x, out] = scope.params as [Local, Local, Local, Local];
    const [column, offset, from, to, counter] = Array.from({ length: 5 }, () =>
      scope.local("i32"),
    ) as [Local, Local, Local, Local, Local];
    const [single, many] = [scope.local(valueType), scope.local("v128")];
    const old = { single: scope.local(valueType), many: scope.local("v128") };
    const op = kind === "sum" ? "add" : "mul";
    const step = (reverse ? -1 : 1) * inner * size;
    const along = (
      total: Local,
      value: Local,
      start: Code,
      load: Code,
      store: Code,
      combine: (x: Local, y: Local) => Code,
    ): Code => {
      const next = total.set(combine(total, value));
      return [
        total.set(start),
        repeat(counter, dim, [
          value.set(load),
          exclusive ? [store, next] : [next, store],
          advance(from, step),
          advance(to, step),
        ]),
      ];
    };
    const vectorScan = along(
      many,
      old.many,
      splatBytes(first, valueType),
      v128.load(from),
      v128.store(to, many),
      vector[op],
    );
    const scalarScan = along(
      single,
      old.single,
      scalar.const(first),
      scalar.load(from),
      scalar.store(to, single),
      scalar[op],
    );
    const isVector = i32.lt_u(column, i32.const(vectors));
    return repeatBetween(unit, end, [
      column.set(i32.rem_u(unit, i32.const(perOuter))),
      offset.set(
        i32.add(
          i32.mul(i32.div_u(unit, i32.const(perOuter)), i32.const(dim * inner * size)),
          i32.const(reverse ? (dim - 1) * inner * size : 0),
        ),
      ),
      // Vectors come first: column c of the rest is element lanes * vectors + c - vectors.
      offset.set(
        i32.add(
          offset,
          when(
            isVector,
            i32.mul(column, i32.const(16)),
            i32.mul(i32.add(column, i32.const((lanes - 1) * vectors)), i32.const(size)),
            "i32",
          ),
        ),
      ),
      from.set(i32.add(x, offset)),
      to.set(i32.add(out, offset)),
      vectors > 0 && rest > 0
        ? when(isVector, vectorScan, scalarScan)
        : vectors > 0
          ? vectorScan
          : scalarScan,
    ]);
  });
}
