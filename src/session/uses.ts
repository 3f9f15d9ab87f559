/** Who writes and reads what in a program. */

import {
  loadsOf,
  type Program,
  readsOf,
  type StateKey,
  type Value,
  writesOf,
} from "../engines/ir.ts";

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

/** By how much a value that owns storage is used. */
export interface Uses {
  /** Loads in loops. */
  loads: number;
  /** Steps that are no loops, and being an output. */
  others: number;
}

/** Uses of each value that owns storage. The routine that writes a value counts, for it may read the rest of it. */
export function countUses(program: Program): Map<Value, Uses> {
  const all = new Map<Value, Uses>();
  const usesOf = ({ root }: Value): Uses => {
    let uses = all.get(root);
    if (!uses) {
      uses = { loads: 0, others: 0 };
      all.set(root, uses);
    }
    return uses;
  };
  for (const step of program.steps) {
    if (step.kind === "loop") for (const { value } of loadsOf(step.body)) usesOf(value).loads += 1;
    else for (const value of [...readsOf(step), ...writesOf(step)]) usesOf(value).others += 1;
  }
  for (const value of program.outputs) usesOf(value).others += 1;
  return all;
}
