/** What kernels ask about the values of a step, and how work is divided among threads. */

import type { Value } from "../../ir.ts";

export function isFloat32({ dtype }: Value): boolean {
  return dtype.baseName === "float32";
}

/** Multiply-adds that a thread should have at least: waking it costs some microseconds. */
const leastWork = 1 << 18;
/** Elements that a thread should copy or fill at least. */
const leastCopies = 1 << 15;

/** How many units of so many multiply-adds each a piece should have. */
export function grainOf(workOfUnit: number): number {
  return Math.max(1, Math.ceil(leastWork / Math.max(1, workOfUnit)));
}

/** How many units of so many copied elements each a piece should have. */
export function copyGrain(elementsOfUnit: number): number {
  return Math.max(1, Math.ceil(leastCopies / Math.max(1, elementsOfUnit)));
}

/** How many parts so much work should have at most. */
export function partsOf(work: number): number {
  return Math.max(1, Math.floor(work / leastWork));
}
