/** Checks what every pass must keep true of a program. */

import { sizeOf } from "../core/ndarray.ts";
import {
  formatStep,
  type Group,
  type Loop,
  type Program,
  readsOf,
  type Value,
  writesOf,
} from "../engines/ir.ts";

/** Throws when a value is read before it is written, or a loop writes another number of elements than it has. */
export function verifyProgram(program: Program, after: string): void {
  const ready = new Set<Value>(program.inputs);
  const check = (value: Value, where: string): void => {
    const { root } = value;
    if (root.constant || value.constant || root.state || ready.has(root)) return;
    throw new Error(`internal: after ${after}, ${value} is read before it is written, in ${where}`);
  };
  for (const step of program.steps) {
    const text = formatStep(step);
    if (step.kind === "group") checkGroup(step, after);
    for (const part of step.kind === "group" ? step.loops : [step]) {
      for (const value of readsOf(part)) check(value, text);
      if (part.kind === "loop") checkSize(part, after);
      for (const value of writesOf(part)) ready.add(value.root);
    }
  }
  for (const value of program.outputs) check(value, "outputs");
}

function checkSize(loop: Loop, after: string): void {
  const outer = loop.dims.slice(0, loop.dims.length - (loop.reduce?.axes ?? 0));
  if (sizeOf(outer) === loop.out.size) return;
  throw new Error(
    `internal: after ${after}, a loop over [${outer}] writes ${loop.out}: ${formatStep(loop)}`,
  );
}

function checkGroup({ loops }: Group, after: string): void {
  const [first] = loops;
  for (const loop of loops) {
    if (!loop.reduce && loop.dims.join() === first?.dims.join()) continue;
    throw new Error(
      `internal: after ${after}, a group has loops over different spaces: ${formatStep(loop)}`,
    );
  }
}
