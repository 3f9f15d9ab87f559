/** Checks what every pass must keep true of a program. */

import { sizeOf } from "../core/ndarray.ts";
import {
  formatStep,
  type Group,
  isDenseLoad,
  type Loop,
  loadsOf,
  type Program,
  partsOf,
  type RoutineStep,
  readsOf,
  sameStorage,
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
    if (step.kind === "routine" && step.epilogue) checkEpilogue(step, step.epilogue, after);
    for (const part of partsOf(step)) {
      for (const value of readsOf(part)) check(value, text);
      if (part.kind === "loop") checkSize(part, after);
      for (const value of writesOf(part)) ready.add(value.root);
    }
    // What only the epilogue may read.
    if (step.kind === "routine" && step.epilogue) ready.delete((step.outputs[0] as Value).root);
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
  const isWritten = (root: Value): boolean => loops.some(({ out }) => out.root === root);
  for (const loop of loops) {
    const isAlike =
      loop.reduce?.op === first?.reduce?.op && loop.reduce?.axes === first?.reduce?.axes;
    const isOwn = !loop.reduce || !readsOf(loop).some(({ root }) => isWritten(root));
    if (isAlike && isOwn && loop.dims.join() === first?.dims.join()) continue;
    throw new Error(
      `internal: after ${after}, a group has loops that cannot run in one pass: ${formatStep(loop)}`,
    );
  }
}

/** An epilogue may run over parts of the result in any order, while other parts are still computed. */
function checkEpilogue(step: RoutineStep, { reduce, dims, body, out }: Loop, after: string): void {
  const [result] = step.outputs;
  const own = loadsOf(body).filter(({ value }) => value.root === result?.root);
  const atOwnPoint = loadsOf(body)
    .filter((load) => own.includes(load) || sameStorage(load.value, out))
    .every((load) => isDenseLoad(load, dims));
  const overwrites = step.inputs.some((input) => sameStorage(input, out));
  if (own.length > 0 && !reduce && atOwnPoint && !overwrites) return;
  throw new Error(
    `internal: after ${after}, a routine has an epilogue that cannot follow it piece by piece: ${formatStep(step)}`,
  );
}
