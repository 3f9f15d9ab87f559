/** Lowering: operations, in order, become a program for concrete shapes; constants are folded on the way. */

import type { DType } from "../core/dtypes.ts";
import {
  FailedPreconditionError,
  InvalidArgumentError,
  ResourceExhaustedError,
  TensorscopeError,
  UnimplementedError,
} from "../core/errors.ts";
import { type NDArray, sizeOf } from "../core/ndarray.ts";
import { TensorShape } from "../core/shape.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { Builder } from "../engines/builder.ts";
import { StepError } from "../engines/executor.ts";
import {
  type HostStep,
  type Loop,
  readsOf,
  type StateKey,
  type Step,
  type Value,
  writesOf,
} from "../engines/ir.ts";
import { attrsOf, dead, group, type OpDef, opDef } from "../ops/define.ts";
import { evaluateNode } from "../ops/evaluate.ts";
import type { Plan } from "./plan.ts";

/** What is known of a tensor that was computed (or fed) before this stretch. */
export interface Known {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Elements, when compiled for them. */
  readonly constant?: NDArray | undefined;
  /** The buffer it is, when it is a variable's. */
  readonly state?: StateKey | undefined;
}

export type Binding = Known | typeof dead;

/** Why a program ends before the last operation. */
export type Boundary =
  /** The elements of a tensor decide what comes next. */
  | { readonly kind: "value"; readonly tensor: Tensor }
  /** An operation whose output shapes depend on data. */
  | { readonly kind: "host"; readonly op: Operation };

/** Whose step it is: known by the values that are written, or by the function of a step on the host. */
export type Owned = Step | Value | HostStep["run"];

export interface Lowered {
  readonly k: Builder;
  /** Tensors that the program takes, in the order of the builder's inputs. */
  readonly inputs: readonly Tensor[];
  readonly values: ReadonlyMap<Tensor, Value | typeof dead>;
  readonly deadOps: ReadonlySet<Operation>;
  readonly owners: ReadonlyMap<Owned, Operation>;
  /** Where to go on, when not at the end. */
  readonly next: { readonly position: number; readonly boundary: Boundary } | null;
}

/** Results larger than this are computed when running, not when compiling. */
const foldLimit = 100_000;

class NeedsValue extends Error {
  readonly index: number;
  constructor(index: number) {
    super("internal: a value is needed");
    this.index = index;
  }
}

/** The shape a variable has now where that is not its static shape for sure; null where it is. */
export type StateShapes = (key: StateKey, declared: TensorShape) => readonly number[] | null;

export class Lowering {
  readonly #plan: Plan;
  readonly #known: ReadonlyMap<Tensor, Binding>;
  readonly #stateShapes: StateShapes;
  readonly #k = new Builder();
  readonly #inputs: Tensor[] = [];
  readonly #values = new Map<Tensor, Value | typeof dead>();
  readonly #deadOps: Set<Operation>;
  readonly #owners = new Map<Owned, Operation>();
  /** State known to be initialized at this point of the program. */
  readonly #checked = new Set<string>();

  constructor(
    plan: Plan,
    known: ReadonlyMap<Tensor, Binding>,
    deadOps: ReadonlySet<Operation>,
    stateShapes: StateShapes,
  ) {
    this.#plan = plan;
    this.#known = known;
    this.#deadOps = new Set(deadOps);
    this.#stateShapes = stateShapes;
  }

  /** Lowers from `start` to the end or to the first boundary. */
  run(start: number): Lowered {
    const { ops } = this.#plan;
    for (let position = start; position < ops.length; position++) {
      const op = ops[position] as Operation;
      const boundary = this.#lowerOp(op);
      if (boundary) return this.#finish({ position, boundary });
    }
    return this.#finish(null);
  }

  #finish(next: Lowered["next"]): Lowered {
    return {
      k: this.#k,
      inputs: this.#inputs,
      values: this.#values,
      deadOps: this.#deadOps,
      owners: this.#owners,
      next,
    };
  }

  /** The value of a tensor, from this program or from before it. */
  value(tensor: Tensor): Value | typeof dead {
    const found = this.#values.get(tensor);
    if (found !== undefined) return found;
    const known = this.#known.get(tensor);
    if (known === undefined)
      throw new Error(`internal: ${tensor.name} is read before it is computed`);
    const value = known === dead ? dead : this.#bind(tensor, known);
    this.#values.set(tensor, value);
    return value;
  }

  #bind(tensor: Tensor, known: Known): Value {
    if (known.constant) return this.#k.constant(known.constant);
    if (known.state) return this.#k.state(known.state, known);
    this.#inputs.push(tensor);
    return this.#k.input(known.dtype, known.shape);
  }

  #lowerOp(op: Operation): Boundary | null {
    const { fed } = this.#plan;
    if (op.outputs.length > 0 && op.outputs.every((output) => fed.has(output))) return null;
    const def = opDef(op.type);
    if (!def) throw this.#unsupported(op, "it is not known here");
    const inputs = op.inputs.map((input) => this.value(input));
    const isDead =
      (!def.traits.merges && inputs.includes(dead)) ||
      (def.traits.merges && inputs.length > 0 && inputs.every((input) => input === dead)) ||
      op.controlInputs.some((control) => this.#deadOps.has(control) && !def.traits.merges);
    if (isDead) {
      this.#deadOps.add(op);
      for (const output of op.outputs) if (!fed.has(output)) this.#values.set(output, dead);
      return null;
    }
    const before = this.#k.steps.length;
    let outputs: readonly (Value | typeof dead)[] | Boundary;
    try {
      this.#checkInitialized(op, def, inputs);
      outputs = this.#outputsOf(op, def, inputs as readonly Value[]);
    } catch (error) {
      if (error instanceof NeedsValue) {
        this.#k.steps.length = before;
        return { kind: "value", tensor: op.inputs[error.index] as Tensor };
      }
      throw lowerError(error, op);
    }
    for (const step of this.#k.steps.slice(before)) {
      if (step.kind === "loop" && isComplex(step)) {
        throw this.#unsupported(op, "loops over complex numbers are not there yet");
      }
      this.#own(step, op);
      for (const value of writesOf(step)) this.#owners.set(value, op);
    }
    if ("kind" in outputs) return outputs;
    if (outputs.length !== op.outputs.length) {
      throw new Error(
        `internal: ${op.type} was lowered to ${outputs.length} of ${op.outputs.length} outputs`,
      );
    }
    op.outputs.forEach((output, i) => {
      const value = (outputs as readonly (Value | typeof dead)[])[i] as Value | typeof dead;
      if (!fed.has(output)) this.#values.set(output, value);
    });
    if (op.outputs.length > 0 && outputs.every((value) => value === dead)) this.#deadOps.add(op);
    this.#noteWrites(op, def, inputs as readonly Value[], outputs);
    return null;
  }

  #outputsOf(
    op: Operation,
    def: OpDef,
    inputs: readonly Value[],
  ): readonly (Value | typeof dead)[] | Boundary {
    const attrs = attrsOf(def, op.attrs);
    const { lower } = def.spec;
    if (lower === "none") throw this.#unsupported(op, "it cannot run here yet");
    if (lower === "host") return this.#hostStep(op, def, inputs, attrs);
    const state = this.#openState(op, attrs);
    if (state) return [state];
    const folded = this.#fold(op, def, inputs);
    if (folded) return folded;
    return lower({
      op,
      inputs: group<Value>(def.inputs, inputs, attrs) as readonly Value[],
      attrs: attrs as never,
      k: this.#k,
      constant: (index) => {
        const constant = inputs[index]?.constant;
        if (!constant) throw new NeedsValue(index);
        return constant;
      },
    });
  }

  /** A variable that need not have its static shape has the shape it has in the session. */
  #openState(op: Operation, attrs: Readonly<Record<string, unknown>>): Value | null {
    const [output] = op.outputs;
    const { shape, dtype } = attrs;
    if (!(shape instanceof TensorShape) || !output || op.inputs.length > 0) return null;
    if (!output.dtype.isRef && output.dtype.baseName !== "resource") return null;
    const key = stateKeyOf(op, attrs);
    const now = this.#stateShapes(key, shape);
    return now && this.#k.state(key, { dtype: dtype as DType, shape: now });
  }

  #fold(op: Operation, def: OpDef, inputs: readonly Value[]): readonly Value[] | null {
    const { stateful, merges } = def.traits;
    if (inputs.length === 0 || stateful || merges || op.outputs.length === 0) return null;
    if (inputs.some((input) => input.root.state)) return null;
    if ([...op.inputs, ...op.outputs].some(({ dtype }) => dtype.base.isComplex)) return null;
    if (!def.traits.shapeOnly && !inputs.every((input) => input.constant)) return null;
    if (op.outputs.some((output) => (output.shape.size ?? 0) > foldLimit)) return null;
    if (op.outputs.some(({ shape }) => shape.size === null) && isLarge(op, def, inputs))
      return null;
    if (inputs.some((input) => input.size > foldLimit) && !def.traits.shapeOnly) return null;
    const known = inputs.map((input) =>
      def.traits.shapeOnly ? input.shape : (input.constant as NDArray),
    );
    const results = evaluateNode(op, def, known);
    return results?.map((result) => this.#k.constant(result)) ?? null;
  }

  #hostStep(
    op: Operation,
    def: OpDef,
    inputs: readonly Value[],
    attrs: Readonly<Record<string, unknown>>,
  ): readonly Value[] | Boundary {
    const { host } = def.spec;
    if (!host) throw new Error(`internal: ${op.type} has no host function`);
    const shapes = concreteShapes(def, attrs, inputs);
    if (shapes.some((shape) => shape === null)) return { kind: "host", op };
    const specs = op.outputs.map((output, i) => ({
      dtype: output.dtype.base,
      shape: shapes[i] as readonly number[],
    }));
    return this.#k.host(
      op.type,
      inputs,
      specs,
      (arrays, outputs, context) => {
        const results = host(arrays, { op, attrs: attrs as never, context });
        results.forEach((result, i) => {
          copyInto(result, outputs[i] as NDArray);
        });
      },
      { effect: def.traits.stateful ?? false },
    );
  }

  #own(step: Step, op: Operation): void {
    this.#owners.set(step.kind === "host" ? step.run : step, op);
  }

  /** Reading a variable that holds nothing yet is an error, whoever reads it. */
  #checkInitialized(op: Operation, def: OpDef, inputs: readonly (Value | typeof dead)[]): void {
    op.inputs.forEach((input, i) => {
      const value = inputs[i];
      if (!input.dtype.isRef || value === dead || !value?.state) return;
      const allowed = def.traits.allowsUninitialized && i === 0;
      if (!allowed) this.checkState(value.state, op);
    });
  }

  /** Adds a step that fails while the state is not initialized. */
  checkState(state: StateKey, reader: Operation): void {
    const name = `${state.container}\u0000${state.name}`;
    if (this.#checked.has(name)) return;
    this.#checked.add(name);
    this.#k.host(
      "checkInitialized",
      [],
      [],
      (_inputs, _outputs, context) => {
        if (context.cell(state).initialized) return;
        throw new FailedPreconditionError(
          reader,
          `Attempting to use uninitialized value ${state.name}`,
          "Run tf.globalVariablesInitializer() in this session first.",
        );
      },
      { effect: true },
    );
    const step = this.#k.steps.at(-1);
    if (step) this.#own(step, reader);
  }

  /** After a write, the state is initialized, and everything that is its buffer has its new shape. */
  #noteWrites(
    op: Operation,
    def: OpDef,
    inputs: readonly Value[],
    outputs: readonly (Value | typeof dead)[],
  ): void {
    for (const index of def.traits.writes ?? []) {
      const state = inputs[index]?.state;
      if (!state) continue;
      if (op.inputs[index]?.dtype.isRef) this.#checked.add(`${state.container}\u0000${state.name}`);
      const [result] = outputs;
      if (!result || result === dead || !result.state) continue;
      for (const [tensor, value] of this.#values) {
        if (value === dead || value.state !== state || value.size === result.size) continue;
        this.#values.set(tensor, result);
      }
    }
  }

  #unsupported(op: Operation, why: string): UnimplementedError {
    return new UnimplementedError(
      op,
      `Op type not registered '${op.type}': node '${op.name}' cannot run because ${why}.`,
    );
  }
}

function stateKeyOf(op: Operation, attrs: Readonly<Record<string, unknown>>): StateKey {
  return { container: String(attrs.container ?? ""), name: String(attrs.shared_name || op.name) };
}

/** Loops take one number per element. */
function isComplex(loop: Loop): boolean {
  return [...readsOf(loop), loop.out].some(({ dtype }) => dtype.isComplex);
}

/** Whether outputs of no static shape are too large to be folded. Where shapes are wrong, lowering says so. */
function isLarge(op: Operation, def: OpDef, inputs: readonly Value[]): boolean {
  try {
    const shapes = concreteShapes(def, attrsOf(def, op.attrs), inputs);
    return shapes.some((shape) => shape !== null && sizeOf(shape) > foldLimit);
  } catch {
    return false;
  }
}

/** The shape function on concrete shapes; null for outputs that depend on data. */
function concreteShapes(
  def: OpDef,
  attrs: Readonly<Record<string, unknown>>,
  inputs: readonly Value[],
): (readonly number[] | null)[] {
  const described = inputs.map((value) => ({
    shape: new TensorShape(value.shape),
    dtype: value.dtype,
  }));
  const shapes = def.spec.shape({
    inputs: group(def.inputs, described, attrs) as never,
    attrs: attrs as never,
    constant: (index) => inputs[index]?.constant ?? null,
    constantShape: (index) => {
      const constant = inputs[index]?.constant;
      if (!constant) return new TensorShape(null);
      return new TensorShape(
        Array.from(constant.values(), (dim) => (Number(dim) < 0 ? null : Number(dim))),
      );
    },
  });
  return shapes.map(
    (shape) => (shape instanceof TensorShape ? shape : new TensorShape(shape)).known,
  );
}

function copyInto(source: NDArray, target: NDArray): void {
  const to = target.data as unknown[];
  for (let i = 0; i < source.size; i++) to[i] = source.data[i];
}

/** Names the node in whatever went wrong with it. Our own mistakes pass as they are. */
export function lowerError(error: unknown, op: Operation): unknown {
  // From the program of a node that was computed while compiling.
  if (error instanceof StepError) return lowerError(error.cause, op);
  if (!(error instanceof Error) || error.message.startsWith("internal:")) return error;
  // The language's own complaints are our mistakes, not the graph's.
  if (error instanceof TypeError || error instanceof ReferenceError) return error;
  const where = op.trace.location;
  const suffix = `\n\t [[{{node ${op.name}}}]]`;
  const hint = where && `'${op.name}' (${op.type}) was made at ${where}.`;
  if (error instanceof TensorscopeError) {
    if ("op" in error && error.op instanceof Object && error.message.includes("[[{{node"))
      return error;
    if ("errorCode" in error) {
      const Kind = error.constructor as new (
        op: Operation,
        message: string,
        hint?: string,
      ) => Error;
      const text = error.hint ? error.message.slice(0, -error.hint.length - 1) : error.message;
      return new Kind(
        op,
        text + suffix,
        [error.hint, hint].filter(Boolean).join("\n") || undefined,
      );
    }
    return error;
  }
  // So the language says that an array cannot be made.
  if (error instanceof RangeError && /allocation|array length/i.test(error.message)) {
    const text = `OOM when allocating an array: ${error.message}${suffix}`;
    return new ResourceExhaustedError(op, text, hint);
  }
  return new InvalidArgumentError(op, error.message + suffix, hint);
}
