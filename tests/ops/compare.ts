/** Compares arrays with what TensorFlow showed, and gradients with numeric ones. */

import type * as tf from "tensorscope";
import type { ArrayRecord, StaticShape } from "./table.ts";

export interface Limits {
  readonly rtol: number;
  readonly atol: number;
}

const limits: Readonly<Record<string, Limits>> = {
  float64: { rtol: 1e-9, atol: 1e-11 },
  float32: { rtol: 2e-5, atol: 2e-6 },
  float16: { rtol: 2e-3, atol: 1e-3 },
  bfloat16: { rtol: 1.6e-2, atol: 4e-3 },
};
const exact: Limits = { rtol: 0, atol: 0 };

/** What differs, or undefined when nothing does. */
export function compareArrays(
  ours: tf.NDArray | undefined,
  theirs: ArrayRecord,
  tolerance: Partial<Limits> = {},
): string | undefined {
  const [dtype, shape, elements] = theirs;
  if (ours?.dtype.name !== dtype || String(ours.shape) !== String(shape)) {
    return `TensorFlow ${dtype}[${shape}], ours ${ours?.dtype.name}[${ours?.shape}]`;
  }
  const allowed = dtype in limits ? { ...(limits[dtype] as Limits), ...tolerance } : exact;
  for (const [i, other] of elements.entries()) {
    const mine = plain(ours.at(i));
    if (agree(mine, other, allowed)) continue;
    const show = (values: readonly unknown[]) =>
      `[${values.slice(0, 12).join(", ")}${values.length > 12 ? ", …" : ""}]`;
    return `element ${i} of ${dtype}[${shape}]: TensorFlow ${other}, ours ${mine}\n    TensorFlow ${show(elements)}\n    ours       ${show(Array.from(ours.values(), plain))}`;
  }
  return undefined;
}

/** An element as recordings keep it. */
function plain(value: unknown): number | string | boolean {
  if (typeof value === "bigint") {
    return value > -(2n ** 53n) && value < 2n ** 53n ? Number(value) : String(value);
  }
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return value as number | string | boolean;
}

function agree(mine: unknown, other: unknown, { rtol, atol }: Limits): boolean {
  if (typeof mine !== "number" || typeof other !== "number") return mine === other;
  return mine === other || Math.abs(mine - other) <= atol + rtol * Math.abs(other);
}

/** What is wrong with a static shape, given the real one and TensorFlow's static one. */
export function checkShape(
  { shape }: tf.Tensor,
  real: readonly number[],
  theirs: StaticShape | undefined,
): string | undefined {
  if (!shape.isCompatibleWith(real)) return `static shape ${shape}, but it has ${real}`;
  const known =
    !theirs ||
    (shape.dims !== null && theirs.every((dim, i) => dim === null || shape.dims?.[i] !== null));
  return known ? undefined : `static shape ${shape}, TensorFlow knows [${theirs}]`;
}
