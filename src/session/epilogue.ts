/** Epilogues: a loop that alone reads a routine's result becomes a part of the routine, such as bias and activation. */

import {
  isDenseLoad,
  type Loop,
  loadsOf,
  type Program,
  type RoutineStep,
  readsOf,
  type Step,
  sameStorage,
  type Value,
  writesOf,
} from "../engines/ir.ts";
import { piecewise } from "../engines/routines/index.ts";
import { mayFail } from "./fuse.ts";
import { countWriters } from "./uses.ts";

export function epilogue(program: Program): Program {
  const readers = countReaders(program);
  const writers = countWriters(program);
  /** Routines whose result one loop may take over, by that result. */
  const waiting = new Map<Value, RoutineStep>();
  const taken = new Set<Step>();
  const steps: Step[] = [];
  for (const step of program.steps) {
    const routine = step.kind === "loop" ? routineOf(step, waiting) : undefined;
    if (routine && step.kind === "loop") {
      waiting.delete((routine.outputs[0] as Value).root);
      taken.add(routine);
      steps.push({ ...routine, epilogue: step });
    } else {
      steps.push(step);
    }
    // The routine moves to where the loop is, so nothing in between may change what it reads.
    for (const [result, { inputs }] of waiting) {
      const changed = writesOf(step).some((value) =>
        inputs.some((input) => sameStorage(input, value)),
      );
      if (changed) waiting.delete(result);
    }
    if (step.kind !== "routine" || !piecewise.has(step.name)) continue;
    const { root } = step.outputs[0] as Value;
    if (!root.state && writers.get(root) === 1 && readers.get(root) === 1) waiting.set(root, step);
  }
  return { ...program, steps: steps.filter((step) => !taken.has(step)) };
}

/** How many steps read each value that owns storage; being an output counts, too. */
function countReaders(program: Program): Map<Value, number> {
  const counts = new Map<Value, number>();
  const add = (values: readonly Value[]): void => {
    for (const root of new Set(values.map((value) => value.root)))
      counts.set(root, (counts.get(root) ?? 0) + 1);
  };
  for (const step of program.steps) add(readsOf(step));
  for (const value of program.outputs) add([value]);
  return counts;
}

/** The routine that came last of those that this loop may follow. */
function routineOf(loop: Loop, waiting: ReadonlyMap<Value, RoutineStep>): RoutineStep | undefined {
  if (loop.reduce || mayFail(loop.body)) return undefined;
  const loads = loadsOf(loop.body);
  const fits = ([result, { inputs }]: readonly [Value, RoutineStep]): boolean =>
    loads.some(({ value }) => value.root === result) &&
    !inputs.some((input) => sameStorage(input, loop.out)) &&
    loads
      .filter(({ value }) => value.root === result || sameStorage(value, loop.out))
      .every((load) => isDenseLoad(load, loop.dims));
  return [...waiting].findLast(fits)?.[1];
}
