/**
 * Grouping: loops over one index space become one pass, such as the updates of a variable and its slots, or several sums
 * over the same elements.
 */

import {
  type Group,
  isDenseLoad,
  type Loop,
  loadsOf,
  type Program,
  readsOf,
  type Step,
  sameStorage,
  type Value,
  writesOf,
} from "../engines/ir.ts";
import { mayFail } from "./fuse.ts";

/** More results at once would need more registers than there are. */
const mostLoops = 6;
/** Totals are wider than what is stored. */
const mostReductions = 3;
/** So many steps back a loop looks for others to join. */
const reach = 12;

export function group(program: Program): Program {
  const entries: (Step | Loop[])[] = [];
  for (const step of program.steps) {
    if (step.kind !== "loop" || !isPlain(step)) {
      entries.push(step);
      continue;
    }
    const open = openFor(step, entries);
    if (open) open.push(step);
    else entries.push([step]);
  }
  const steps = entries.map((entry): Step => {
    if (!Array.isArray(entry)) return entry;
    const [first, ...others] = entry as [Loop, ...Loop[]];
    return others.length === 0 ? first : ({ kind: "group", loops: entry } satisfies Group);
  });
  return { ...program, steps };
}

/** Stores something, and cannot fail halfway. */
function isPlain(loop: Loop): boolean {
  return loop.dims.length > (loop.reduce?.axes ?? 0) && !mayFail(loop.body);
}

/** The last loops that a loop may join, without passing a step that it depends on or that depends on it. */
function openFor(loop: Loop, entries: readonly (Step | Loop[])[]): Loop[] | null {
  for (const entry of entries.slice(-reach).reverse()) {
    if (Array.isArray(entry)) {
      if (joins(entry, loop)) return entry;
      if (entry.some((other) => collide(other, loop))) return null;
    } else if (collide(entry, loop)) {
      return null;
    }
  }
  return null;
}

/** Whether two steps have to keep their order. */
function collide(before: Step, loop: Loop): boolean {
  // What fails is to fail before variables change.
  if (before.kind === "host" && before.effect && loop.out.state) return true;
  const touches = (values: readonly Value[], value: Value): boolean =>
    values.some((other) => sameStorage(other, value));
  const written = writesOf(before);
  return (
    touches(written, loop.out) ||
    touches(readsOf(before), loop.out) ||
    readsOf(loop).some((value) => touches(written, value))
  );
}

function joins(loops: readonly Loop[], next: Loop): boolean {
  const [first] = loops as [Loop];
  const most = next.reduce ? mostReductions : mostLoops;
  if (loops.length >= most || first.dims.join() !== next.dims.join()) return false;
  if (first.reduce?.op !== next.reduce?.op || first.reduce?.axes !== next.reduce?.axes)
    return false;
  if (next.reduce && loops.some((loop) => collide(loop, next))) return false;
  const reads = loadsOf(next.body);
  let related = false;
  for (const loop of loops) {
    if (sameStorage(loop.out, next.out)) return false;
    for (const load of reads) {
      if (!sameStorage(load.value, loop.out)) continue;
      if (!isDenseLoad(load, next.dims)) return false;
      related = true;
    }
    for (const load of loadsOf(loop.body)) {
      if (sameStorage(load.value, next.out) && !isDenseLoad(load, loop.dims)) return false;
      related ||= load.value.size > 1 && reads.some(({ value }) => sameStorage(value, load.value));
    }
  }
  return related;
}
