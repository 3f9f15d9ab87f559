/** Narrowing: where only a slice of a product of matrices is read, only that is computed, from slices of its operands. */

import { sizeOf, stridesOf } from "../core/ndarray.ts";
import {
  freeId,
  type Load,
  type Loop,
  type Program,
  type RoutineStep,
  type Step,
  Value,
} from "../engines/ir.ts";
import type { MatmulParams } from "../engines/routines/matmul.ts";
import { countUses, countWriters } from "./uses.ts";

/** From where, and how many, along each axis. */
interface Box {
  readonly begin: readonly number[];
  readonly size: readonly number[];
}

export function narrow(program: Program): Program {
  const uses = countUses(program);
  const writers = countWriters(program);
  /** Slices that alone read something. */
  const slices = new Map<Value, Loop & { readonly body: Load }>();
  for (const step of program.steps) {
    if (step.kind !== "loop" || step.reduce || step.body.kind !== "load") continue;
    const { root } = step.body.value;
    const { loads = 0, others = 0 } = uses.get(root) ?? {};
    // The product itself counts as one of the others.
    if (loads === 1 && others === 1) slices.set(root, { ...step, body: step.body });
  }
  let next = freeId(program);
  const fresh = ({ dtype }: Value, shape: readonly number[]) => new Value(next++, dtype, shape);
  const changed = new Map<Value, Loop>();
  const steps = program.steps.flatMap((step): readonly Step[] => {
    if (step.kind === "loop") return [changed.get(step.out) ?? step];
    if (step.kind !== "routine" || step.name !== "matmul" || step.epilogue) return [step];
    const [out] = step.outputs as [Value];
    const slice = out.state || out.base || writers.get(out) !== 1 ? undefined : slices.get(out);
    const box = slice && boxOf(slice.body, slice.dims, out.shape);
    if (
      !box ||
      sizeOf(box.size) === 0 ||
      sizeOf(box.size) >= out.size ||
      writers.get(slice.out.root) !== 1
    )
      return [step];
    const product = productOf(step, box, fresh);
    const [made] = (product.at(-1) as RoutineStep).outputs as [Value];
    const [before, after] = [stridesOf(out.shape), stridesOf(made.shape)];
    const strides = slice.body.strides.map((stride, i) =>
      slice.dims[i] === 1 ? 0 : (after[before.indexOf(stride)] as number),
    );
    changed.set(slice.out, { ...slice, body: { ...slice.body, value: made, strides, offset: 0 } });
    return product;
  });
  return { ...program, steps };
}

/** What a load reads of an array, if that is a box that is whole in all but the last two dimensions. */
function boxOf(
  { strides, offset }: Load,
  dims: readonly number[],
  shape: readonly number[],
): Box | null {
  const dense = stridesOf(shape);
  const size = shape.map(() => 1);
  for (const [i, dim] of dims.entries()) {
    if (dim === 1) continue;
    const axis = dense.findIndex((stride, at) => stride === strides[i] && shape[at] !== 1);
    if (axis < 0 || size[axis] !== 1) return null;
    size[axis] = dim;
  }
  let rest = offset;
  const begin = dense.map((stride) => {
    const at = Math.floor(rest / stride);
    rest -= at * stride;
    return at;
  });
  const fits = shape.every((dim, axis) => {
    const [from, count] = [begin[axis] as number, size[axis] as number];
    return axis < shape.length - 2 ? count === dim : from >= 0 && from + count <= dim;
  });
  return fits && rest === 0 ? { begin, size } : null;
}

/** The slices of the operands, where they are not whole, and their product. */
function productOf(
  step: RoutineStep,
  { begin, size }: Box,
  fresh: (like: Value, shape: readonly number[]) => Value,
): readonly Step[] {
  const steps: Step[] = [];
  const { transposeA, transposeB } = step.params as unknown as MatmulParams;
  const sides = [transposeA ? -1 : -2, transposeB ? -2 : -1];
  const inputs = step.inputs.map((input, i) => {
    const axis = input.shape.length + (sides[i] as number);
    const from = begin.at(i - 2) as number;
    const count = size.at(i - 2) as number;
    if (count === input.shape[axis]) return input;
    const shape = input.shape.map((dim, at) => (at === axis ? count : dim));
    const strides = stridesOf(input.shape);
    const offset = from * (strides[axis] as number);
    const body: Load = { kind: "load", dtype: input.dtype, value: input, strides, offset };
    const out = fresh(input, shape);
    steps.push({ kind: "loop", dims: shape, reduce: null, body, out });
    return out;
  });
  return [...steps, { ...step, inputs, outputs: [fresh(step.outputs[0] as Value, size)] }];
}
