/** Epilogues as functions that kernels call for the pieces of a result that they have just finished. */

import type { Loop, Value } from "../ir.ts";
import { type Code, call, type Func, i32, ModuleBuilder, type Operand } from "./assembler.ts";
import { Library } from "./library.ts";
import { type LoopPlan, planLoop, writeLoop } from "./loop.ts";
import { keyOf } from "./loops.ts";

export class Epilogue {
  /** Says everything that its code depends on. */
  readonly key: string;
  /** Whose addresses its function takes. */
  readonly values: readonly Value[];
  /** Elements of the result that one step along the loop's first dimension covers. */
  readonly elements: number;
  readonly #plan: LoopPlan;

  private constructor(plan: LoopPlan) {
    const { dims } = plan.nest;
    this.#plan = plan;
    this.key = keyOf(plan);
    this.values = plan.nest.values;
    this.elements = dims.slice(1).reduce((product, dim) => product * dim, 1);
  }

  /** Null where the loop cannot be run in pieces of so many elements, or not by every thread. */
  static of(loop: Loop, elements: number): Epilogue | null {
    const plan = planLoop([loop]);
    const [count] = plan.nest.dims;
    if (count === undefined || plan.width === null) return null;
    const epilogue = new Epilogue({ ...plan, split: 0, count });
    if (elements % epilogue.elements !== 0) return null;
    const trial = new Library(new ModuleBuilder());
    writeLoop(trial, null, epilogue.#plan);
    return trial.usesHost ? null : epilogue;
  }

  /** Adds its function to a module. */
  define(library: Library): EpilogueCode {
    const func = writeLoop(library, null, this.#plan);
    return { func, elements: this.elements, addresses: this.values.length };
  }
}

export interface EpilogueCode {
  readonly func: Func;
  readonly elements: number;
  /** How many addresses the function takes. */
  readonly addresses: number;
}

/** Runs an epilogue over the pieces [begin, end) of a result, each of `size` elements. */
export function follow(
  { func, elements }: EpilogueCode,
  begin: Operand,
  end: Operand,
  size: number,
  addresses: readonly Operand[],
): Code {
  const steps = i32.const(size / elements);
  return call(func, i32.mul(begin, steps), i32.mul(end, steps), ...addresses);
}
