/** Running programs over JavaScript arrays: storage is planned once, steps are bound to it, then only called. */

import { allocate, type Storage } from "../core/dtypes.ts";
import { ResourceExhaustedError } from "../core/errors.ts";
import { NDArray } from "../core/ndarray.ts";
import type { CompiledStep, Engine, LoadedProgram, StepCompiler } from "./engine.ts";
import {
  type Group,
  type Program,
  partsOf,
  type RunContext,
  readsOf,
  type StateCell,
  type StateKey,
  type Step,
  type Value,
  writesOf,
} from "./ir.ts";
import { planMemory } from "./plan.ts";

/** An engine made of functions that compile single steps. */
export function arrayEngine(name: string, compiler: StepCompiler): Engine {
  return { name, load: (program) => new ArrayProgram(program, compiler) };
}

interface BoundStep {
  readonly step: Exclude<Step, Group>;
  readonly run: CompiledStep | null;
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
}

/** A step that failed, for the session to say which node it belongs to. */
export class StepError extends Error {
  readonly step: Step;
  constructor(step: Step, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.step = step;
  }
}

/** Where a run was left. */
interface Left {
  readonly at: number;
  readonly context: RunContext;
}

/** Whether a time has come; those that never ask do not pay for the clock. */
export function isOver(until: number): boolean {
  return until !== Number.POSITIVE_INFINITY && performance.now() >= until;
}

/** Does something that needs memory, again when there was too little and room could be made. */
export function withRoom<T>(run: () => T, makeRoom: (() => boolean) | undefined): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ResourceExhaustedError) || !makeRoom?.()) throw error;
    return run();
  }
}

/** Does something for a value; what goes wrong belongs to the step that writes it, or to the first that reads it. */
export function atStepOf<T>(program: Program, value: Value | undefined, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const touches = (values: readonly Value[]) => values.some(({ root }) => root === value?.root);
    const step =
      program.steps.find((step) => touches(writesOf(step))) ??
      program.steps.find((step) => touches(readsOf(step)));
    throw step && !(error instanceof StepError) ? new StepError(step, error) : error;
  }
}

class ArrayProgram implements LoadedProgram {
  readonly #program: Program;
  readonly #steps: readonly BoundStep[];
  /** Storage by value; inputs and state are rebound at each run. */
  readonly #arrays = new Map<Value, NDArray>();
  readonly #states = new Map<string, { readonly key: StateKey; readonly values: Value[] }>();
  readonly #views: Value[] = [];
  #left: Left | null = null;

  constructor(program: Program, compiler: StepCompiler) {
    const steps = program.steps.flatMap(partsOf);
    this.#program = { ...program, steps };
    this.#steps = steps.map((step) => ({
      step,
      run:
        step.kind === "loop"
          ? compiler.loop(step)
          : step.kind === "routine"
            ? compiler.routine(step)
            : null,
      reads: step.kind === "loop" ? readsOf(step) : step.inputs,
      writes: writesOf(step),
    }));
    this.#allocate();
  }

  #allocate(): void {
    const plan = planMemory(this.#program);
    const owners = new Map(Array.from(plan.slots, ([value, slot]) => [slot, value]));
    const buffers = plan.buffers.map(({ dtype, size }, slot) =>
      atStepOf(this.#program, owners.get(slot), () => allocate(dtype, size)),
    );
    for (const value of valuesOf(this.#program)) {
      const { root } = value;
      if (value.constant) this.#arrays.set(value, value.constant);
      else if (root.state) this.#addState(value, root.state);
      else if (this.#program.inputs.includes(root)) this.#views.push(value);
      else {
        const slot = plan.slots.get(root);
        if (slot === undefined) throw new Error(`internal: ${root} is read but never written`);
        const buffer = buffers[slot] as Float32Array;
        const data = buffer.length === root.size ? buffer : buffer.subarray(0, root.size);
        this.#arrays.set(value, new NDArray(data, value.shape, value.dtype));
      }
    }
  }

  #addState(value: Value, key: StateKey): void {
    const name = `${key.container}\u0000${key.name}`;
    const entry = this.#states.get(name) ?? { key, values: [] };
    entry.values.push(value);
    this.#states.set(name, entry);
  }

  run(inputs: readonly NDArray[], context: RunContext): NDArray[];
  run(inputs: readonly NDArray[], context: RunContext, until: number): NDArray[] | null;
  run(
    inputs: readonly NDArray[],
    context: RunContext,
    until = Number.POSITIVE_INFINITY,
  ): NDArray[] | null {
    this.#bindInputs(inputs);
    for (const { key, values } of this.#states.values())
      bindState(key, values, this.#arrays, context);
    const results = this.#advance(0, context, until);
    // The caller goes on with its own arrays while the run waits.
    if (!results) this.#bindInputs(inputs.map((array) => array.copy()));
    return results;
  }

  resume(until: number): NDArray[] | null {
    const { at, context } = this.#left as Left;
    return this.#advance(at, context, until);
  }

  cancel(): void {
    this.#left = null;
  }

  #bindInputs(inputs: readonly NDArray[]): void {
    const arrays = this.#arrays;
    for (const [i, value] of this.#program.inputs.entries())
      arrays.set(value, inputs[i] as NDArray);
    for (const value of this.#views) {
      const root = arrays.get(value.root) as NDArray;
      if (value !== value.root) arrays.set(value, new NDArray(root.data, value.shape, value.dtype));
    }
  }

  #advance(from: number, context: RunContext, until: number): NDArray[] | null {
    const arrays = this.#arrays;
    this.#left = null;
    for (let at = from; at < this.#steps.length; at++) {
      if (at > from && isOver(until)) {
        this.#left = { at, context };
        return null;
      }
      const { step, run, reads, writes } = this.#steps[at] as BoundStep;
      const sources = reads.map((value) => arrays.get(value) as NDArray);
      const targets = writes.map((value) => arrays.get(value) as NDArray);
      try {
        if (run) run(sources, targets);
        else if (step.kind === "host") step.run(sources, targets, context);
      } catch (error) {
        throw new StepError(step, error);
      }
    }
    return this.#program.outputs.map((value) => (arrays.get(value) as NDArray).copy());
  }
}

/** State of the right shape is used where it lies; otherwise it gets new storage, not yet initialized. */
function bindState(
  key: StateKey,
  values: readonly Value[],
  arrays: Map<Value, NDArray>,
  context: RunContext,
): void {
  const cell = context.cell(key);
  const storage = new Map<Value, Storage>();
  for (const value of values) {
    const { root } = value;
    let data = storage.get(root);
    if (!data) {
      data = claim(cell, root);
      storage.set(root, data);
    }
    arrays.set(value, new NDArray(data, value.shape, value.dtype));
  }
}

function claim(cell: StateCell, { dtype, shape, size }: Value): Storage {
  const { array } = cell;
  if (array && array.shape.join() !== shape.join()) cell.reshaped = true;
  if (array?.size !== size || array.dtype !== dtype) {
    cell.array = new NDArray(allocate(dtype, size), shape, dtype);
  } else if (cell.reshaped) {
    cell.array = new NDArray(array.data, shape, dtype);
  }
  return (cell.array as NDArray).data;
}

function valuesOf(program: Program): Set<Value> {
  const values = new Set<Value>(program.inputs);
  for (const step of program.steps) {
    for (const value of readsOf(step)) values.add(value);
    for (const value of writesOf(step)) values.add(value);
  }
  for (const value of program.outputs) values.add(value);
  for (const value of [...values]) values.add(value.root);
  return values;
}
