/** Who writes what in a program. */

import { type Program, type StateKey, type Value, writesOf } from "../engines/ir.ts";

export function stateName(state: StateKey): string {
  return `${state.container}\u0000${state.name}`;
}

/** State that is written somewhere in a program: what is read of it depends on when. */
export function writtenState(program: Program): Set<string> {
  const written = new Set<string>();
  for (const step of program.steps) {
    for (const { state } of writesOf(step)) if (state) written.add(stateName(state));
  }
  return written;
}

/** How many steps write each value that owns storage. */
export function countWriters(program: Program): Map<Value, number> {
  const counts = new Map<Value, number>();
  for (const step of program.steps) {
    for (const { root } of writesOf(step)) counts.set(root, (counts.get(root) ?? 0) + 1);
  }
  return counts;
}
