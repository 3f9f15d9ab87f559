/** Builder: what `lower` functions write their loops and routines with. */

import { type DType, int32 } from "../core/dtypes.ts";
import { fromScalars, type NDArray, sizeOf, stridesOf } from "../core/ndarray.ts";
import * as e from "./expr.ts";
import {
  type Expr,
  type HostStep,
  type Program,
  type ReduceName,
  type StateKey,
  type Step,
  Value,
} from "./ir.ts";
import type { BinaryName, UnaryName } from "./scalar.ts";

/** The type and shape of a result. */
export interface ValueSpec {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Collects the steps of one program. Values are dense; every method that makes one adds a step. */
export class Builder {
  readonly steps: Step[] = [];
  readonly inputs: Value[] = [];
  #count = 0;

  /** A value given from outside when the program runs. */
  input(dtype: DType, shape: readonly number[]): Value {
    const value = new Value(this.#count++, dtype, shape);
    this.inputs.push(value);
    return value;
  }
  /** Elements that are known now. */
  constant(array: NDArray): Value {
    return new Value(this.#count++, array.dtype, array.shape, { constant: array });
  }
  scalar(value: number | bigint | boolean, dtype: DType): Value {
    return this.constant(fromScalars([value], [], dtype));
  }
  /** The buffer of a piece of session state. */
  state(key: StateKey, { dtype, shape }: ValueSpec): Value {
    return new Value(this.#count++, dtype, shape, { state: key });
  }
  /** A value to be written by the step that is added next. */
  make(dtype: DType, shape: readonly number[]): Value {
    return new Value(this.#count++, dtype, shape);
  }
  program(outputs: readonly Value[]): Program {
    return { inputs: this.inputs, outputs, steps: this.steps };
  }

  // Loops

  /** A loop over `shape`: `body` gives the element at each point. */
  loop(shape: readonly number[], body: Expr): Value {
    const out = this.make(body.dtype, shape);
    this.steps.push({ kind: "loop", dims: shape, reduce: null, body, out });
    return out;
  }
  /** One loop over the broadcast shape of `inputs`; `body` gets an element of each. */
  map(inputs: readonly Value[], body: (...elements: Expr[]) => Expr): Value {
    const shape = broadcastShapes(inputs.map((input) => input.shape));
    return this.loop(shape, body(...inputs.map((input) => loadBroadcast(input, shape))));
  }
  unary(op: UnaryName, x: Value): Value {
    return this.map([x], (element) => e.unary(op, element));
  }
  binary(op: BinaryName, a: Value, b: Value): Value {
    return this.map([a, b], (x, y) => e.binary(op, x as Expr, y as Expr));
  }
  cast(x: Value, dtype: DType): Value {
    return x.dtype === dtype ? x : this.map([x], (element) => e.cast(element, dtype));
  }
  select(cond: Value, yes: Value, no: Value): Value {
    return this.map([cond, yes, no], (c, y, n) => e.select(c as Expr, y as Expr, n as Expr));
  }
  fill(shape: readonly number[], value: number | bigint | boolean, dtype: DType): Value {
    return this.loop(shape, e.constant(Number(value), dtype));
  }
  /** The index along one axis of `shape`. */
  iota(shape: readonly number[], axis: number, dtype: DType): Value {
    return this.loop(shape, e.index(axis, dtype));
  }

  /** Folds `axes` (not negative, each once). */
  reduce(op: ReduceName, x: Value, axes: readonly number[], { keepDims = false } = {}): Value {
    const all = stridesOf(x.shape);
    const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const order = [...kept, ...[...axes].sort((a, b) => a - b)];
    const body = load(
      x,
      order.map((axis) => all[axis] as number),
    );
    const shape = keepDims
      ? x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
      : kept.map((axis) => x.shape[axis] as number);
    const out = this.make(x.dtype, shape);
    const dims = order.map((axis) => x.shape[axis] as number);
    this.steps.push({ kind: "loop", dims, reduce: { op, axes: axes.length }, body, out });
    return out;
  }

  // Views: each copies; the fuser may read through the copy.

  /** Reads `x` through strides: element i of the result is `x[offset + i · strides]`. */
  view(x: Value, shape: readonly number[], strides: readonly number[], offset = 0): Value {
    return this.loop(shape, load(x, strides, offset));
  }
  /** The same elements under another shape: no copy. */
  reshape(x: Value, shape: readonly number[]): Value {
    if (sizeOf(shape) !== x.size) {
      throw new Error(`internal: reshape of [${x.shape}] to [${shape}]`);
    }
    const origin = x.constant ? { base: x, constant: x.constant.reshape(shape) } : { base: x };
    return new Value(this.#count++, x.dtype, shape, origin);
  }
  transpose(x: Value, perm: readonly number[]): Value {
    const strides = stridesOf(x.shape);
    return this.view(
      x,
      perm.map((axis) => x.shape[axis] as number),
      perm.map((axis) => strides[axis] as number),
    );
  }
  broadcastTo(x: Value, shape: readonly number[]): Value {
    return this.loop(shape, loadBroadcast(x, shape));
  }
  /** `size[i]` elements from `begin[i]` in steps of `steps[i]`, which may be negative. */
  slice(
    x: Value,
    begin: readonly number[],
    size: readonly number[],
    steps: readonly number[] = size.map(() => 1),
  ): Value {
    const strides = stridesOf(x.shape);
    const offset = begin.reduce((sum, start, axis) => sum + start * (strides[axis] as number), 0);
    return this.view(
      x,
      size,
      strides.map((stride, axis) => stride * (steps[axis] as number)),
      offset,
    );
  }
  /** Surrounds `x` with `value`; `before[i]` elements in front and `after[i]` behind. */
  pad(x: Value, before: readonly number[], after: readonly number[], value: Expr): Value {
    const strides = stridesOf(x.shape);
    const shape = x.shape.map(
      (dim, axis) => (before[axis] as number) + dim + (after[axis] as number),
    );
    const offset = strides.reduce(
      (sum, stride, axis) => sum - stride * (before[axis] as number),
      0,
    );
    let body: Expr = load(x, strides, offset);
    x.shape.forEach((dim, axis) => {
      const low = before[axis] as number;
      if ((after[axis] as number) > 0)
        body = e.select(e.lt(e.index(axis, int32), low + dim), body, value);
      if (low > 0) body = e.select(e.ge(e.index(axis, int32), low), body, value);
    });
    return this.loop(shape, body);
  }

  // Everything else

  /** A copy with storage of its own. */
  copy(x: Value): Value {
    return x.dtype.baseName === "string"
      ? (this.host("copy", [x], [x], ([src], [out]) =>
          copyElements(src as NDArray, out as NDArray),
        )[0] as Value)
      : this.view(x, x.shape, stridesOf(x.shape));
  }
  routine(
    name: string,
    inputs: readonly Value[],
    outputs: readonly ValueSpec[],
    params: Readonly<Record<string, unknown>> = {},
  ): Value[] {
    const made = outputs.map(({ dtype, shape }) => this.make(dtype, shape));
    this.steps.push({ kind: "routine", name, inputs, outputs: made, params });
    return made;
  }
  /** A routine that changes existing values, such as scattering into a variable. */
  routineInto(
    name: string,
    inputs: readonly Value[],
    outputs: readonly Value[],
    params: Readonly<Record<string, unknown>> = {},
  ): void {
    this.steps.push({ kind: "routine", name, inputs, outputs, params });
  }
  /** JavaScript with outputs of known shape. */
  host(
    name: string,
    inputs: readonly Value[],
    outputs: readonly ValueSpec[],
    run: HostStep["run"],
    { effect = false } = {},
  ): Value[] {
    const made = outputs.map(({ dtype, shape }) => this.make(dtype, shape));
    this.steps.push({ kind: "host", name, inputs, outputs: made, effect, run });
    return made;
  }
  /** Overwrites the elements of `target` (usually state) with `source` of the same size. */
  store(target: Value, source: Value): void {
    if (target.dtype.baseName === "string") {
      this.steps.push({
        kind: "host",
        name: "store",
        inputs: [source],
        outputs: [target],
        effect: true,
        run: ([src], [out]) => copyElements(src as NDArray, out as NDArray),
      });
      return;
    }
    const body = load(source, stridesOf(source.shape));
    this.steps.push({ kind: "loop", dims: source.shape, reduce: null, body, out: target });
  }
  /** Overwrites `target` with a loop over its shape. `body` gets an element of each input, broadcast. */
  storeMap(target: Value, inputs: readonly Value[], body: (...elements: Expr[]) => Expr): void {
    const elements = inputs.map((input) => loadBroadcast(input, target.shape));
    this.steps.push({
      kind: "loop",
      dims: target.shape,
      reduce: null,
      body: body(...elements),
      out: target,
    });
  }
}

/** The element of `value` at an affine function of the loop's indices. */
export function load(value: Value, strides: readonly number[], offset = 0): Expr {
  return { kind: "load", dtype: value.dtype, value, strides, offset };
}

/** The element of `value` that broadcasting over `shape` reads. */
export function loadBroadcast(value: Value, shape: readonly number[]): Expr {
  const own = stridesOf(value.shape);
  const skip = shape.length - value.shape.length;
  const strides = shape.map((_, axis) =>
    axis < skip || value.shape[axis - skip] === 1 ? 0 : (own[axis - skip] as number),
  );
  return load(value, strides);
}

/** The common shape of operands under NumPy's broadcasting. Throws when they do not fit. */
export function broadcastShapes(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    shape.forEach((dim, i) => {
      const axis = rank - shape.length + i;
      const known = result[axis] as number;
      if (dim === known || dim === 1) return;
      if (known !== 1) throw new IncompatibleShapes(shapes);
      result[axis] = dim;
    });
  }
  return result;
}

/** Shapes met at run time that do not broadcast; the session names the node. */
export class IncompatibleShapes extends Error {
  constructor(shapes: readonly (readonly number[])[]) {
    super(`Incompatible shapes: ${shapes.map((shape) => `[${shape.join(",")}]`).join(" vs. ")}`);
  }
}

function copyElements(src: NDArray, out: NDArray): void {
  const from = src.data as unknown[];
  const to = out.data as unknown[];
  for (let i = 0; i < src.size; i++) to[i] = from[i];
}
