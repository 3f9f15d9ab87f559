/** Checks what every pass must keep true of a program. */

import { sizeOf } from "../core/ndarray.ts";
import { formatStep, type Program, readsOf, type Value, writesOf } from "../engines/ir.ts";

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
    for (const value of readsOf(step)) check(value, text);
    if (step.kind === "loop") {
      const outer = step.dims.slice(0, step.dims.length - (step.reduce?.axes ?? 0));
      if (sizeOf(outer) !== step.out.size) {
        throw new Error(
          `internal: after ${after}, a loop over [${outer}] writes ${step.out}: ${text}`,
        );
      }
    }
    for (const value of writesOf(step)) ready.add(value.root);
  }
  for (const value of program.outputs) check(value, "outputs");
}
