/** What a routine is: an opaque kernel over dense arrays, for work that loops cannot express. */

import type { NDArray } from "../core/ndarray.ts";

/** Fills `outputs` (allocated, dense, row-major, exact shapes) from `inputs`. */
export type RoutineKernel<P> = (
  inputs: readonly NDArray[],
  outputs: readonly NDArray[],
  params: P,
) => void;

/** Parameters of a routine that has none. */
export type NoParams = Readonly<Record<never, never>>;
