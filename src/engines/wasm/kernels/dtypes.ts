/** What kernels ask about the values of a step. */

import type { Value } from "../../ir.ts";

export function isFloat32({ dtype }: Value): boolean {
  return dtype.baseName === "float32";
}
