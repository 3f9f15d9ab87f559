/** Grouping: neighbouring loops over one index space become one pass, such as the updates of a variable and its slots. */

import {
  type Group,
  isDenseLoad,
  type Loop,
  loadsOf,
  type Program,
  type Step,
  sameStorage,
} from "../engines/ir.ts";
import { mayFail } from "./fuse.ts";

/** More results at once would need more registers than there are. */
const mostLoops = 6;

export function group(program: Program): Program {
  const steps: Step[] = [];
  let open: Loop[] = [];
  const close = (): void => {
    if (open.length > 1) steps.push({ kind: "group", loops: open } satisfies Group);
    else steps.push(...open);
    open = [];
  };
  for (const step of program.steps) {
    if (step.kind !== "loop" || !isPlain(step)) {
      close();
      steps.push(step);
      continue;
    }
    if (open.length > 0 && !joins(open, step)) close();
    open.push(step);
  }
  close();
  return { ...program, steps };
}

/** Stores something at every point, and cannot fail halfway. */
function isPlain(loop: Loop): boolean {
  return !loop.reduce && loop.dims.length > 0 && !mayFail(loop.body);
}

function joins(loops: readonly Loop[], next: Loop): boolean {
  const [first] = loops;
  if (loops.length >= mostLoops || first?.dims.join() !== next.dims.join()) return false;
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
