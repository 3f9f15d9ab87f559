/**
 * Layout: products of matrices read their operands where a transpose or slice would take them from, and write where a
 * transpose would put them.
 */

import { sizeOf, stridesOf } from "../core/ndarray.ts";
import {
  type Load,
  type Loop,
  loadsOf,
  type Program,
  type RoutineStep,
  readsOf,
  type Step,
  type Value,
  writesOf,
} from "../engines/ir.ts";
import type { MatmulParams, Strided, StridedMatmulParams } from "../engines/routines/matmul.ts";
import { countWriters, note, storageOf } from "./uses.ts";

/** A loop that only copies. */
interface Copy {
  readonly loop: Loop;
  readonly load: Load;
}

/** An array as a product sees it: elements of `value`, a stride for each dimension of `shape`. */
interface Operand {
  readonly value: Value;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export function layout(program: Program): Program {
  return writeThrough(readThrough(program));
}

const isProduct = (step: Step): step is RoutineStep =>
  step.kind === "routine" && step.name === "matmul" && !step.epilogue;

function copyOf(step: Step, writers: ReadonlyMap<Value, number>): Copy | null {
  if (step.kind !== "loop" || step.reduce || step.body.kind !== "load") return null;
  const { out } = step;
  if (out.state || out.base || writers.get(out) !== 1) return null;
  return { loop: step, load: step.body };
}

// What products read

function readThrough(program: Program): Program {
  const writers = countWriters(program);
  const readers = new Readers(program);
  const copies = new Map<Value, Copy>();
  /** Which copies read a storage: when it is written they are not what lies there any more. */
  const reading = new Map<Value | string, Value[]>();
  const steps = program.steps.map((step): Step => {
    const result = isProduct(step) ? withOperands(step, copies) : step;
    for (const value of writesOf(step)) {
      for (const stale of reading.get(storageOf(value)) ?? []) copies.delete(stale);
    }
    const copy = copyOf(step, writers);
    if (copy && readers.areProducts(copy.loop.out)) {
      copies.set(copy.loop.out, copy);
      note(reading, storageOf(copy.load.value), copy.loop.out);
    }
    return result;
  });
  return { ...program, steps };
}

function withOperands(step: RoutineStep, copies: ReadonlyMap<Value, Copy>): RoutineStep {
  const [left, right] = step.inputs as [Value, Value];
  const { transposeA, transposeB } = step.params as unknown as MatmulParams;
  const read = (value: Value): Operand => {
    const copy = copies.get(value.root);
    return (copy && operandOf(value, copy)) ?? whole(value);
  };
  const out = step.outputs[0] as Value;
  const side = (value: Value, isTurned: boolean): { operand: Operand; view: Strided } => {
    for (const operand of [read(value), whole(value)]) {
      const view = matricesOf(operand, isTurned, out.shape.slice(0, -2));
      if (view.row === 1 || view.column === 1) return { operand, view };
    }
    throw new Error("internal: a dense matrix has no neighbours");
  };
  const a = side(left, transposeA);
  const b = side(right, transposeB);
  if (a.operand.value === left && b.operand.value === right) return step;
  const plain = plainProduct(step, a.operand, b.operand);
  if (plain) return plain;
  const params: StridedMatmulParams = {
    ...sizesOf(step),
    a: a.view,
    b: b.view,
    out: matricesOf(whole(out), false, out.shape.slice(0, -2)),
  };
  const inputs = [a.operand.value, b.operand.value];
  return { ...step, name: "stridedMatmul", inputs, params: { ...params } };
}

function sizesOf(
  step: RoutineStep,
): Pick<StridedMatmulParams, "batch" | "rows" | "columns" | "depth"> {
  const [left] = step.inputs as [Value];
  const { shape } = step.outputs[0] as Value;
  const { transposeA } = step.params as unknown as MatmulParams;
  return {
    batch: shape.slice(0, -2),
    rows: shape.at(-2) as number,
    columns: shape.at(-1) as number,
    depth: left.shape.at(transposeA ? -2 : -1) as number,
  };
}

/** The product without strides, where operands are whole arrays, turned or not. */
function plainProduct(step: RoutineStep, a: Operand, b: Operand): RoutineStep | null {
  const { transposeA, transposeB } = step.params as unknown as MatmulParams;
  const [turnedA, turnedB] = [isTurned(a), isTurned(b)];
  if (turnedA === null || turnedB === null) return null;
  const params = { transposeA: transposeA !== turnedA, transposeB: transposeB !== turnedB };
  return { ...step, inputs: [a.value, b.value], params };
}

/** Whether an operand is its value with the last two dimensions exchanged; null where it is neither that nor the value. */
function isTurned({ value, offset, shape, strides }: Operand): boolean | null {
  if (offset !== 0) return null;
  const dense = stridesOf(value.shape);
  const equal = (axes: readonly number[]): boolean =>
    value.shape.length === shape.length &&
    axes.every((from, to) => value.shape[from] === shape[to] && dense[from] === strides[to]);
  const axes = shape.map((_, axis) => axis);
  if (equal(axes)) return false;
  const turned = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
  return equal(turned) ? true : null;
}

const whole = (value: Value): Operand => ({
  value,
  offset: 0,
  shape: value.shape,
  strides: stridesOf(value.shape),
});

/** A value under the shape of a copy, or another one, read from where the copy takes it. */
function operandOf({ shape }: Value, { loop, load }: Copy): Operand | null {
  const strides = follow(shape, stridesOf(shape), stridesOf(loop.dims), load.strides, loop.dims);
  return strides && { value: load.value, offset: load.offset, shape, strides };
}

/** For each dimension with a stride among `from`, the stride that the same dimension of a loop has among `to`. */
function follow(
  shape: readonly number[],
  strides: readonly number[],
  from: readonly number[],
  to: readonly number[],
  dims: readonly number[],
): number[] | null {
  const found: number[] = [];
  for (const [axis, dim] of shape.entries()) {
    const other = dims.findIndex((size, i) => size === dim && from[i] === strides[axis]);
    if (dim !== 1 && other < 0) return null;
    found.push(dim === 1 ? 1 : (to[other] as number));
  }
  return found;
}

function matricesOf(
  { offset, shape, strides }: Operand,
  isTurned: boolean,
  batchShape: readonly number[],
): Strided {
  const skip = batchShape.length - (shape.length - 2);
  const batch = batchShape.map((_, axis) =>
    axis < skip || shape[axis - skip] === 1 ? 0 : (strides[axis - skip] as number),
  );
  const [row, column] = strides.slice(-2) as [number, number];
  return { offset, batch, row: isTurned ? column : row, column: isTurned ? row : column };
}

// What products write

function writeThrough(program: Program): Program {
  const writers = countWriters(program);
  const readers = new Readers(program);
  /** Copies that alone read something. */
  const copies = new Map<Value, Copy>();
  for (const step of program.steps) {
    const copy = copyOf(step, writers);
    if (copy && readers.isAlone(copy.load.value) && readers.isRead(copy.loop.out))
      copies.set(copy.load.value.root, copy);
  }
  const gone = new Set<Step>();
  const steps = program.steps.map((step): Step => {
    const [out] = isProduct(step) || isStrided(step) ? step.outputs : [];
    const copy = out && writers.get(out.root) === 1 ? copies.get(out.root) : undefined;
    const moved = out && copy && withResult(step as RoutineStep, out, copy);
    if (!moved) return step;
    gone.add(copy.loop);
    return moved;
  });
  return { ...program, steps: steps.filter((step) => !gone.has(step)) };
}

const isStrided = (step: Step): step is RoutineStep =>
  step.kind === "routine" && step.name === "stridedMatmul";

function withResult(step: RoutineStep, out: Value, { loop, load }: Copy): RoutineStep | null {
  const { shape } = out;
  if (load.offset !== 0 || sizeOf(loop.dims) !== out.size) return null;
  const strides = follow(shape, stridesOf(shape), load.strides, stridesOf(loop.dims), loop.dims);
  if (strides?.at(-1) !== 1) return null;
  const view = { value: loop.out, offset: 0, shape, strides };
  const batch = shape.slice(0, -2);
  const params = isStrided(step) ? step.params : stridedParams(step);
  return {
    ...step,
    name: "stridedMatmul",
    outputs: [loop.out],
    params: { ...params, out: matricesOf(view, false, batch) },
  };
}

function stridedParams(step: RoutineStep): Omit<StridedMatmulParams, "out"> {
  const [left, right] = step.inputs as [Value, Value];
  const { transposeA, transposeB } = step.params as unknown as MatmulParams;
  const sizes = sizesOf(step);
  return {
    ...sizes,
    a: matricesOf(whole(left), transposeA, sizes.batch),
    b: matricesOf(whole(right), transposeB, sizes.batch),
  };
}

/** Who reads the values that own storage. */
class Readers {
  readonly #products = new Map<Value, number>();
  readonly #loads = new Map<Value, number>();
  readonly #others = new Map<Value, number>();

  constructor(program: Program) {
    const add = (counts: Map<Value, number>, { root }: Value): void => {
      counts.set(root, (counts.get(root) ?? 0) + 1);
    };
    for (const step of program.steps) {
      if (step.kind === "loop") for (const { value } of loadsOf(step.body)) add(this.#loads, value);
      else {
        const counts = isProduct(step) || isStrided(step) ? this.#products : this.#others;
        for (const value of readsOf(step)) add(counts, value);
      }
    }
    for (const value of program.outputs) add(this.#others, value);
  }

  /** Whether only products read a value, which somebody does. */
  areProducts({ root }: Value): boolean {
    return this.#products.has(root) && !this.#loads.has(root) && !this.#others.has(root);
  }
  /** Whether one load is all that reads a value. */
  isAlone({ root }: Value): boolean {
    return this.#loads.get(root) === 1 && !this.#products.has(root) && !this.#others.has(root);
  }
  isRead({ root }: Value): boolean {
    return this.#products.has(root) || this.#loads.has(root) || this.#others.has(root);
  }
}
