/** Compiled loops, shared by all programs that have the same ones. */

import type { Loop, Value } from "../ir.ts";
import { childrenOf, type Expr } from "../ir.ts";
import { type LoopPlan, planLoop, writeLoop } from "./loop.ts";
import type { Modules } from "./modules.ts";
import type { WasmFunction } from "./webassembly.ts";

export interface LoopCode {
  readonly run: WasmFunction;
  /** What to call it with: [0, count), then the address of each value. */
  readonly count: number;
  /** How many of `count` are worth a thread. */
  readonly grain: number;
  readonly values: readonly Value[];
}

/** Functions kept for later programs; the one that was made first is dropped. */
const limit = 2048;
/** Work that is worth a thread: as many points of a loop that only copies. */
const workPerPiece = 65_536;

export class Loops {
  readonly #modules: Modules;
  readonly #known = new Map<string, WasmFunction>();

  constructor(modules: Modules) {
    this.#modules = modules;
  }

  /** A function for each nest of loops, which need not store `internal` values; all that are new become one module. */
  compile(nests: readonly (readonly Loop[])[], internal: ReadonlySet<Value>): LoopCode[] {
    const plans = nests.map((loops) => planLoop(loops, internal));
    const keys = plans.map(keyOf);
    const missing = new Map<string, LoopPlan>();
    plans.forEach((plan, i) => {
      const key = keys[i] as string;
      if (!this.#known.has(key)) missing.set(key, plan);
    });
    const made = new Map<string, WasmFunction>();
    if (missing.size > 0) {
      const names = [...missing.keys()];
      const { functions } = this.#modules.make((library) => {
        names.forEach((key, i) => {
          writeLoop(library, String(i), missing.get(key) as LoopPlan);
        });
      });
      names.forEach((key, i) => {
        made.set(key, functions[i] as WasmFunction);
      });
    }
    const codes = plans.map((plan, i) => {
      const key = keys[i] as string;
      const run = made.get(key) ?? (this.#known.get(key) as WasmFunction);
      return codeOf(plan, run);
    });
    for (const [key, run] of made) {
      if (this.#known.size >= limit) this.#known.delete(this.#known.keys().next().value as string);
      this.#known.set(key, run);
    }
    return codes;
  }
}

function codeOf({ nest, count, split, along, width }: LoopPlan, run: WasmFunction): LoopCode {
  const points = nest.dims.reduce((product, dim) => product * dim, 1);
  const work = nest.bodies.reduce((total, { expr }) => total + 1 + workOf(expr), 0) * points;
  const grain = Math.ceil((count * workPerPiece) / Math.max(work, 1));
  // Along the lanes, pieces are whole cache lines and whole rounds of vectors.
  const unit = width !== null && split === along ? 16 : 1;
  return { run, count, grain: Math.ceil(grain / unit) * unit, values: nest.values };
}

const light = /^(add|sub|mul|neg|abs|max|min|square|not|and|or|eq|ne|lt|le|gt|ge|bit.*)$/;

/** About how long the arithmetic of one point takes, where copying it takes 1. */
function workOf(expr: Expr): number {
  let own = 0;
  if (expr.kind === "unary" || expr.kind === "binary") {
    own = light.test(expr.op) ? 0.2 : /^(div|sqrt|rsqrt|reciprocal)$/.test(expr.op) ? 1 : 10;
  }
  return childrenOf(expr).reduce((total, child) => total + workOf(child), own);
}

/** Says everything that the code of a nest depends on. */
export function keyOf({ nest, width, along, split }: LoopPlan): string {
  const known = new Map<Expr, string>();
  const text = (expr: Expr): string => {
    let result = known.get(expr);
    if (result === undefined) {
      result = format(expr);
      known.set(expr, result);
    }
    return result;
  };
  const format = (expr: Expr): string => {
    const type = expr.dtype.baseName;
    switch (expr.kind) {
      case "load":
        return `%${nest.values.indexOf(expr.value)}:${type}[${expr.strides};${expr.offset}]`;
      case "const":
        return `${Object.is(expr.value, -0) ? "-0" : expr.value}:${type}`;
      case "index":
        return `i${expr.axis}:${type}`;
      default:
        return `${"op" in expr ? expr.op : expr.kind}:${type}(${childrenOf(expr).map(text).join()})`;
    }
  };
  const roots = nest.values.map((value) =>
    nest.values.findIndex(({ root }) => root === value.root),
  );
  const space = `[${nest.dims}] ${nest.outer} ${nest.reduce} ${width} ${along} ${split} ${roots}`;
  const sizes = nest.values.map(({ size }) => size);
  return `${space} ${sizes} ${nest.bodies.map(({ expr, out, isInternal }) => `${isInternal}:${out.dtype.baseName}=${text(expr)}`).join(" ")}`;
}
