/** Who writes what in a program. */

import { type Program, type StateKey, type Value, writesOf } from "../engines/ir.ts";

export function stateName(state: StateKey): string {
  return `${state.container}\u0000${state.name}`;
}

/** What equal values share: the state they are, or the value that owns their elements. */
export function storageOf(value: Value): Value | string {
  return value.state ? stateName(value.state) : value.root;
}

/** Adds to the list of a key. */
export function note<K, V>(lists: Map<K, V[]>, key: K, item: V): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** How many steps write each value that owns storage. */
export function countWriters(program: Program): Map<Value, number> {
  const counts = new Map<Value, number>();
  for (const step of program.steps) {
    for (const { root } of writesOf(step)) counts.set(root, (counts.get(root) ?? 0) + 1);
  }
  return counts;
}
