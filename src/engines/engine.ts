/** What an engine is: something that makes a program runnable. It knows loops and routines, never ops. */

import type { NDArray } from "../core/ndarray.ts";
import type { Loop, Program, RoutineStep, RunContext } from "./ir.ts";

export interface Engine {
  readonly name: string;
  /** Makes a program ready to run, with all storage it needs. */
  load(program: Program): LoadedProgram;
}

export interface LoadedProgram {
  /**
   * Runs once. `inputs` are in the program's order and are only read; the results are the caller's to keep.
   *
   * With `until`, a time of `performance.now()`, the run is left after the first step that ends later, and the result is
   * null. Nothing else may run then until `resume` or `cancel`, and `inputs` are not read any more.
   */
  run(inputs: readonly NDArray[], context: RunContext): NDArray[];
  run(inputs: readonly NDArray[], context: RunContext, until: number): NDArray[] | null;
  /** Goes on with a run that was left. */
  resume(until: number): NDArray[] | null;
  /** Gives up a run that was left. */
  cancel(): void;
  /** Gives back its storage early; without it that happens when nobody has the program any more. */
  dispose?(): void;
}

/** How an engine of the JavaScript family runs one step on arrays: loads in the order of `readsOf`. */
export type CompiledStep = (reads: readonly NDArray[], writes: readonly NDArray[]) => void;

export interface StepCompiler {
  loop(loop: Loop): CompiledStep;
  routine(step: RoutineStep): CompiledStep;
}
