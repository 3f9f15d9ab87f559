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
  readonly #constants: readonly (readonly [Tensor, NDArray])[];
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
    this.#constants = [...bindings].flatMap(([tensor, known]) =>
      known !== dead && known.constant ? [[tensor, known.constant] as const] : [],
    );
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

  /** Runs this stretch, or goes on with it; false if it was left because `until` has come. */
  advance(
    arrays: Map<Tensor, NDArray>,
    context: RunContext,
    until: number,
    goOn: boolean,
  ): boolean {
    let results: NDArray[] | null;
    try {
      results = goOn
        ? this.#loaded.resume(until)
        : this.#loaded.run(
            this.#inputs.map((tensor) => arrays.get(tensor) as NDArray),
            context,
            until,
          );
    } catch (error) {
      throw this.#nameNode(error);
    }
    if (!results) return false;
    for (let i = 0; i < results.length; i++) {
      arrays.set(this.#outputs[i] as Tensor, results[i] as NDArray);
    }
    for (const [tensor, constant] of this.#constants) arrays.set(tensor, constant);
    return true;
  }

  get fed(): ReadonlySet<Tensor> {
    return this.#plan.fed;
  }

  /** Gives up a run of this stretch that was left. */
  cancel(): void {
    this.#loaded.cancel();
  }

  /** Whether this stretch has just computed a tensor, so that nobody else has the array. */
  computes(tensor: Tensor): boolean {
    return this.#outputs.includes(tensor);
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

  /** The stretch that follows this one for the values it has computed; null at the end. */
  following(arrays: Map<Tensor, NDArray>, context: RunContext): Executable | null {
    if (!this.#next) return null;
    const { position, boundary } = this.#next;
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
    return following;
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

/** One run: stretch after stretch, in as many parts as its caller likes. */
export class Run {
  /** What was fed, and what was computed so far. */
  readonly #arrays: Map<Tensor, NDArray>;
  readonly #context: RunContext;
  #stretch: Executable | null;
  #isLeft = false;

  /** Without an executable, values are those fed. */
  constructor(executable: Executable | null, fed: Map<Tensor, NDArray>, context: RunContext) {
    this.#stretch = executable;
    this.#arrays = fed;
    this.#context = context;
  }

  /** Runs until the end, or until the first step that ends after `until`; true at the end. */
  advance(until: number): boolean {
    for (let stretch = this.#stretch; stretch; ) {
      this.#stretch = stretch;
      const goOn = this.#isLeft;
      this.#isLeft = false;
      if (!stretch.advance(this.#arrays, this.#context, until, goOn)) {
        this.#isLeft = true;
        return false;
      }
      stretch = stretch.following(this.#arrays, this.#context);
    }
    return true;
  }

  /** Makes the caller's arrays its own again. */
  keepFeeds(): void {
    for (const tensor of this.#stretch?.fed ?? []) {
      this.#arrays.set(tensor, (this.#arrays.get(tensor) as NDArray).copy());
    }
  }

  /** Gives up the rest. */
  cancel(): void {
    if (this.#isLeft) this.#stretch?.cancel();
  }

  /** The value of a tensor at the end, for the caller to keep; undefined when no branch has computed it. */
  value(tensor: Tensor): NDArray | undefined {
    const array = this.#arrays.get(tensor);
    return array && !this.#stretch?.computes(tensor) ? array.copy() : array;
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
