/** Memory planning: values whose lives do not overlap share a buffer. */

import type { DType } from "../core/dtypes.ts";
import {
  isDenseLoad,
  loadsOf,
  type Program,
  readsOf,
  type Step,
  type Value,
  writesOf,
} from "./ir.ts";

export interface MemoryPlan {
  /** Which buffer each value that owns storage lies in. */
  readonly slots: ReadonlyMap<Value, number>;
  readonly buffers: readonly { readonly dtype: DType; readonly size: number }[];
}

/** Gives each written value a buffer from its first write to its last use; outputs keep theirs to the end. */
export function planMemory(program: Program): MemoryPlan {
  const lastUse = new Map<Value, number>();
  program.steps.forEach((step, i) => {
    for (const value of [...readsOf(step), ...writesOf(step)]) lastUse.set(value.root, i);
  });
  for (const value of program.outputs) lastUse.set(value.root, program.steps.length);

  const slots = new Map<Value, number>();
  const buffers: { dtype: DType; size: number }[] = [];
  const free = new Map<DType, number[]>();
  const expiring = new Map<number, Value[]>();

  const claim = (value: Value, step: Step, i: number): void => {
    const inherited = inPlace(value, step).find(
      (root) => slots.has(root) && lastUse.get(root) === i,
    );
    if (inherited) {
      const list = expiring.get(i) as Value[];
      list.splice(list.indexOf(inherited), 1);
      occupy(value, slots.get(inherited) as number);
      return;
    }
    const available = free.get(value.dtype) ?? [];
    const fit = available.findIndex((slot) => {
      const size = (buffers[slot] as { size: number }).size;
      return size >= value.size && size <= 2 * value.size;
    });
    const slot = fit >= 0 ? (available.splice(fit, 1)[0] as number) : buffers.length;
    if (fit < 0) buffers.push({ dtype: value.dtype, size: value.size });
    occupy(value, slot);
  };
  const occupy = (value: Value, slot: number): void => {
    slots.set(value, slot);
    const end = lastUse.get(value) as number;
    const list = expiring.get(end);
    if (list) list.push(value);
    else expiring.set(end, [value]);
  };

  program.steps.forEach((step, i) => {
    for (const { root } of writesOf(step)) {
      if (!root.state && !root.constant && !slots.has(root)) claim(root, step, i);
    }
    if (step.kind === "routine" && step.epilogue) {
      // The loop reads each element before it stores one in its place.
      const raw = (step.outputs[0] as Value).root;
      const { root, dtype } = step.epilogue.out;
      const slot = dtype === raw.dtype && root.size === raw.size ? slots.get(root) : undefined;
      lastUse.set(raw, i);
      if (slot === undefined) claim(raw, step, i);
      else slots.set(raw, slot);
    }
    for (const value of expiring.get(i) ?? []) {
      const slot = slots.get(value) as number;
      const list = free.get(value.dtype);
      if (list) list.push(slot);
      else free.set(value.dtype, [slot]);
    }
  });
  return { slots, buffers };
}

/** Values that a loop's result may overwrite: each point is read before it is written, and at no other time. */
function inPlace({ dtype, size }: Value, step: Step): Value[] {
  if (step.kind !== "loop" || step.reduce) return [];
  const { dims } = step;
  const dense = new Map<Value, boolean>();
  for (const load of loadsOf(step.body)) {
    const { root } = load.value;
    const fits = root.dtype === dtype && root.size === size && isDenseLoad(load, dims);
    dense.set(root, fits && dense.get(root) !== false);
  }
  return [...dense.keys()].filter((root) => dense.get(root));
}
