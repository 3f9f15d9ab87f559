/** Executables: compiled programs, one after the other where data decides how to go on. */

import { TypeError } from "../core/errors.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import type { Engine, LoadedProgram } from "../engines/engine.ts";
import { StepError, withRoom } from "../engines/executor.ts";
import {
  formatProgram,
  type Program,
  type RunContext,
  type Value,
  writesOf,
} from "../engines/ir.ts";
import { attrsOf, dead, opDef } from "../ops/define.ts";
import {
  type Binding,
  type Boundary,
  Lowering,
  lowerError,
  type Owned,
  type StateShapes,
} from "./lower.ts";
import { programPasses } from "./passes.ts";
import type { Plan } from "./plan.ts";
import { verifyProgram } from "./verify.ts";

export interface CompileOptions {
  readonly engine: Engine;
  readonly optimize: boolean;
  readonly verify: boolean;
  /** Called with the program after each pass. */
  readonly onPass?: ((name: string, program: Program, milliseconds: number) => void) | undefined;
  readonly stateShapes: StateShapes;
}

/** Continuations kept per stretch; the oldest is dropped. */
const continuationLimit = 64;

/** One stretch of compiled operations, and the stretches that may follow it. */
export class Executable {
  readonly #plan: Plan;
  readonly #options: CompileOptions;
  readonly #known: ReadonlyMap<Tensor, Binding>;
  readonly #deadOps: ReadonlySet<Operation>;
  readonly #owners: ReadonlyMap<Owned, Operation>;
  readonly #inputs: readonly Tensor[];
  readonly #outputs: readonly Tensor[];
  readonly #next: { readonly position: number; readonly boundary: Boundary } | null;
  readonly #program: Program;
  readonly #loaded: LoadedProgram;
  readonly #following = new Map<string, Executable>();

  constructor(
    plan: Plan,
    known: ReadonlyMap<Tensor, Binding>,
    deadOps: ReadonlySet<Operation>,
    start: number,
    options: CompileOptions,
  ) {
    this.#plan = plan;
    this.#options = options;
    const lowering = new Lowering(plan, known, deadOps, options.stateShapes);
    const lowered = lowering.run(start);
    this.#next = lowered.next;
    const wanted = wantedAfter(plan, lowered.next);
    const bindings = new Map<Tensor, Binding>();
    const outputs: Tensor[] = [];
    for (const tensor of wanted) {
      if (!known.has(tensor) && !lowered.values.has(tensor)) continue;
      const value = lowering.value(tensor);
      if (value === dead) {
        bindings.set(tensor, dead);
        continue;
      }
      const { dtype, shape, constant, state } = value;
      const fetchedNow = lowered.next === null;
      if (state && fetchedNow && tensor.dtype.isRef) lowering.checkState(state, tensor.op);
      bindings.set(tensor, { dtype, shape, constant, state: value.root.state });
      const carried = known.get(tensor);
      const isCarried =
        carried !== undefined && carried !== dead && !carried.state && !carried.constant;
      if (!constant && (!state || fetchedNow) && !isCarried) outputs.push(tensor);
    }
    this.#known = bindings;
    this.#deadOps = lowered.deadOps;
    this.#owners = lowered.owners;
    this.#inputs = lowered.inputs;
    this.#outputs = outputs;
    this.#program = this.#compile(
      lowered.k.program(outputs.map((tensor) => lowering.value(tensor) as Value)),
    );
    try {
      this.#loaded = options.engine.load(this.#program);
    } catch (error) {
      throw this.#nameNode(error);
    }
  }

  #compile(lowered: Program): Program {
    const { optimize, verify, onPass } = this.#options;
    let program = lowered;
    onPass?.("lower", program, 0);
    if (verify) verifyProgram(program, "lower");
    for (const pass of programPasses) {
      if (pass.optional && !optimize) continue;
      const started = performance.now();
      program = pass.run(program);
      onPass?.(pass.name, program, performance.now() - started);
      if (verify) verifyProgram(program, pass.name);
    }
    return program;
  }

  /** Runs this stretch and what follows. `arrays` holds what was fed, and collects what was computed. */
  run(arrays: Map<Tensor, NDArray>, context: RunContext): void {
    const inputs = this.#inputs.map((tensor) => arrays.get(tensor) as NDArray);
    let results: NDArray[];
    try {
      results = this.#loaded.run(inputs, context);
    } catch (error) {
      throw this.#nameNode(error);
    }
    for (const [i, tensor] of this.#outputs.entries()) arrays.set(tensor, results[i] as NDArray);
    for (const [tensor, known] of this.#known) {
      if (known !== dead && known.constant) arrays.set(tensor, known.constant);
    }
    if (this.#next) this.#follow(arrays, context);
  }

  #nameNode(error: unknown): unknown {
    if (!(error instanceof StepError)) return error;
    const { step } = error;
    const [output] = writesOf(step);
    const op =
      this.#owners.get(step.kind === "host" ? step.run : step) ??
      (output && this.#owners.get(output));
    return op ? lowerError(error.cause, op) : error.cause;
  }

  #follow(arrays: Map<Tensor, NDArray>, context: RunContext): void {
    const { position, boundary } = this.#next as { position: number; boundary: Boundary };
    const known = new Map(this.#known);
    let key: string;
    let start = position;
    if (boundary.kind === "value") {
      const array = arrays.get(boundary.tensor) as NDArray;
      key = `${array.shape}:${Array.from(array.values()).join()}`;
      known.set(boundary.tensor, { dtype: array.dtype, shape: array.shape, constant: array });
    } else {
      const outputs = runOnHost(boundary.op, arrays, context);
      key = outputs.map((array) => array.shape.join()).join(";");
      boundary.op.outputs.forEach((tensor, i) => {
        const array = outputs[i] as NDArray;
        if (this.#plan.fed.has(tensor)) return;
        arrays.set(tensor, array);
        known.set(tensor, { dtype: array.dtype, shape: array.shape });
      });
      start += 1;
    }
    let following = this.#following.get(key);
    if (!following) {
      following = withRoom(
        () => new Executable(this.#plan, known, this.#deadOps, start, this.#options),
        context.makeRoom,
      );
      if (this.#following.size >= continuationLimit) {
        const [oldest, dropped] = this.#following.entries().next().value as [string, Executable];
        this.#following.delete(oldest);
        dropped.dispose();
      }
      this.#following.set(key, following);
    }
    following.run(arrays, context);
  }

  /** Gives back the storage of this stretch and of those that follow; it cannot run any more. */
  dispose(): void {
    this.#loaded.dispose?.();
    for (const following of this.#following.values()) following.dispose();
    this.#following.clear();
  }

  /** The program of this stretch; those that follow are made when they are first needed. */
  toString(): string {
    return formatProgram(this.#program);
  }
}

/** Tensors that are still read after a stretch, by the operations to come or as fetches. */
function wantedAfter(
  plan: Plan,
  next: { readonly position: number; readonly boundary: Boundary } | null,
): Set<Tensor> {
  const wanted = new Set<Tensor>(plan.fetches);
  if (!next) return wanted;
  for (const op of plan.ops.slice(next.position)) for (const input of op.inputs) wanted.add(input);
  if (next.boundary.kind === "value") wanted.add(next.boundary.tensor);
  return wanted;
}

function runOnHost(
  op: Operation,
  arrays: ReadonlyMap<Tensor, NDArray>,
  context: RunContext,
): readonly NDArray[] {
  const def = opDef(op.type);
  const host = def?.spec.host;
  if (!def || !host) throw new TypeError(`internal: ${op.type} has no host function`);
  const inputs = op.inputs.map((input) => arrays.get(input) as NDArray);
  try {
    return host(inputs, { op, attrs: attrsOf(def, op.attrs) as never, context });
  } catch (error) {
    throw lowerError(error, op);
  }
}
