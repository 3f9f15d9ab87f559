/** Programs in the memory of the wasm engine: planned and bound once, so that a run only copies feeds and calls steps. */

import { allocate, type TypedArray } from "../../core/dtypes.ts";
import { ResourceExhaustedError } from "../../core/errors.ts";
import { NDArray, sizeOf } from "../../core/ndarray.ts";
import type { CompiledStep, LoadedProgram } from "../engine.ts";
import { atStepOf, isOver, StepError, withRoom } from "../executor.ts";
import {
  type Loop,
  type Program,
  partsOf,
  type RunContext,
  readsOf,
  type StateCell,
  type StateKey,
  type Step,
  type Value,
  writesOf,
} from "../ir.ts";
import { compileLoop, whyNoJavascript } from "../javascript.ts";
import { planMemory } from "../plan.ts";
import { interpretLoop, runRoutine } from "../reference.ts";
import type { Move } from "./cells.ts";
import { Epilogue } from "./epilogue.ts";
import { type Described, type Heap, isStorable } from "./heap.ts";
import type { BoundKernel, KernelContext, WasmKernel } from "./kernel.ts";
import { isVector } from "./loop.ts";
import type { LoopCode } from "./loops.ts";
import type { Owned, Runtime } from "./runtime.ts";
import { splitReductions } from "./split.ts";
import type { WasmFunction } from "./webassembly.ts";

/** How a step runs, before it knows addresses. */
type Runner =
  | { readonly kind: "loop"; readonly code: LoopCode }
  | { readonly kind: "kernel"; readonly run: BoundKernel; readonly epilogue: readonly Value[] }
  | { readonly kind: "arrays"; readonly run: CompiledStep }
  | { readonly kind: "host" };

/** A step as it runs; loops get their runners together. */
interface Prepared {
  readonly step: Step;
  readonly runner: Runner | null;
}

interface State {
  readonly key: StateKey;
  readonly values: readonly Value[];
  /** All values have one shape; otherwise the state changes its storage within a run. */
  readonly isUniform: boolean;
  readonly isWritten: boolean;
}

/** Where the values of a program lie, states included. */
interface Placed {
  readonly arrays: ReadonlyMap<Value, NDArray>;
  readonly addresses: ReadonlyMap<Value, number>;
}

export class WasmProgram implements LoadedProgram {
  readonly #program: Program;
  readonly #runtime: Runtime;
  readonly #heap: Heap;
  readonly #steps: readonly Step[];
  readonly #runners: readonly Runner[];
  readonly #states: readonly State[];
  /** Where values that own storage lie, states excepted. */
  readonly #addresses = new Map<Value, number>();
  /** Arrays of JavaScript, for what cannot lie in memory. */
  readonly #outside = new Map<Value, NDArray>();
  /** Everything to be given back with the program. */
  readonly #owned: Owned;
  readonly #hasOutsideInputs: boolean;

  // What follows depends on addresses, and is made anew when those change.
  #context: RunContext | null = null;
  #generation = -1;
  #placed: Placed = { arrays: new Map(), addresses: new Map() };
  /** Inputs that cannot lie in memory, by position. */
  #inputs: readonly NDArray[] = [];
  #cells: StateCell[] = [];
  #written: StateCell[] = [];
  #stateData: unknown[] = [];
  #calls: (() => void)[] = [];
  #inputViews: (TypedArray | null)[] = [];
  #outputs: NDArray[] = [];

  /** The step that a run was left before. */
  #at = 0;
  /** States that got another place for the present run. */
  readonly #moves: Move[] = [];

  constructor(given: Program, runtime: Runtime) {
    const program = splitReductions(given);
    this.#program = program;
    this.#runtime = runtime;
    this.#heap = runtime.heap;
    this.#owned = runtime.own(this);
    this.#hasOutsideInputs = program.inputs.some(({ dtype }) => !isStorable(dtype));
    this.#states = statesOf(program);
    try {
      this.#place();
      const prepared = program.steps.flatMap((step) => ofStep(step, () => this.#prepare(step)));
      this.#steps = prepared.map(({ step }) => step);
      this.#runners = this.#compile(prepared);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Frees the memory of the program, which cannot run any more. */
  dispose(): void {
    this.#runtime.release(this, this.#owned);
  }

  #allocate(bytes: number, tensor?: Described): number {
    const address = this.#heap.allocate(bytes, tensor);
    this.#owned.blocks.push(address);
    return address;
  }

  #place(): void {
    for (const step of this.#program.steps) for (const part of partsOf(step)) checkSizes(part);
    const plan = planMemory(this.#program);
    // A buffer is made for the largest value in it, which is what errors name.
    const largest = new Map<number, Value>();
    for (const [value, slot] of plan.slots) {
      if (value.size > (largest.get(slot)?.size ?? -1)) largest.set(slot, value);
    }
    const slots = plan.buffers.map(({ dtype, size }, slot) =>
      isStorable(dtype)
        ? this.#atStepOf(largest.get(slot), (value) => this.#allocate(dtype.size * size, value))
        : -1,
    );
    for (const { root } of valuesOf(this.#program)) {
      this.#atStepOf(root, () => this.#placeOne(root, plan.slots, slots));
    }
  }

  #atStepOf<T>(value: Value | undefined, run: (value: Value | undefined) => T): T {
    return atStepOf(this.#program, value, () => run(value));
  }

  #placeOne(root: Value, planned: ReadonlyMap<Value, number>, slots: readonly number[]): void {
    if (root.state || this.#addresses.has(root) || this.#outside.has(root)) return;
    const storable = isStorable(root.dtype);
    if (root.constant) {
      if (!storable) this.#outside.set(root, root.constant);
      else this.#addresses.set(root, this.#store(root.constant));
      return;
    }
    if (this.#program.inputs.includes(root)) {
      if (storable) this.#addresses.set(root, this.#allocate(root.dtype.size * root.size, root));
      return;
    }
    const slot = planned.get(root);
    if (slot === undefined) throw new Error(`internal: ${root} is read but never written`);
    if (storable) this.#addresses.set(root, slots[slot] as number);
    else
      this.#outside.set(root, new NDArray(allocate(root.dtype, root.size), root.shape, root.dtype));
  }

  #store(array: NDArray): number {
    const address = this.#allocate(array.dtype.size * array.size, array);
    const view = this.#heap.view(array.dtype, address, array.size) as TypedArray;
    copyElements(array.data as TypedArray, view);
    return address;
  }

  /** Finds kernels. Groups that gain nothing fall apart, as do routines whose kernels do not run their epilogues. */
  #prepare(step: Step): readonly Prepared[] {
    if (step.kind === "host") return [{ step, runner: { kind: "host" } }];
    if (step.kind === "loop") return [{ step, runner: null }];
    const whole = partsOf(step).every(inMemory);
    if (step.kind === "group") {
      const steps = whole && isVector(step.loops) ? [step] : step.loops;
      return steps.map((each) => ({ step: each, runner: null }));
    }
    let epilogue: Epilogue | null = null;
    const context: KernelContext = {
      ...this.#runtime.kernels,
      scratch: (bytes) => this.#allocate(bytes),
      whenReleased: (giveBack) => this.#owned.others.push(giveBack),
      versionOf: (value) => this.#versionOf(value),
      epilogue: (elements) => {
        epilogue ??= step.epilogue && whole ? Epilogue.of(step.epilogue, elements) : null;
        return epilogue;
      },
    };
    const kernel: WasmKernel | undefined = this.#runtime.routines[step.name];
    const run = kernel && partsOf(step).slice(0, 1).every(inMemory) ? kernel(step, context) : null;
    const values = (epilogue as Epilogue | null)?.values ?? [];
    const runner: Runner = run
      ? { kind: "kernel", run, epilogue: values }
      : { kind: "arrays", run: runRoutine(step) };
    if (values.length > 0 || !step.epilogue) return [{ step, runner }];
    const [routine, loop] = partsOf(step) as [Step, Step];
    return [
      { step: routine, runner },
      { step: loop, runner: null },
    ];
  }

  #versionOf({ root }: Value): (() => number) | null {
    if (root.constant) return () => 0;
    const at = this.#states.findIndex(({ values }) => values.includes(root));
    if (at < 0 || this.#states[at]?.isWritten) return null;
    return () => this.#cells[at]?.version ?? 0;
  }

  #compile(prepared: readonly Prepared[]): Runner[] {
    const nests = this.#steps.filter((step) => step.kind === "loop" || step.kind === "group");
    const compiled = nests.filter(inMemory);
    const code = this.#runtime.loops.compile(
      compiled.map(loopsOf),
      internalValues(this.#program, this.#steps),
    );
    const codeOf = new Map<Step, LoopCode>(compiled.map((step, i) => [step, code[i] as LoopCode]));
    return prepared.map(({ step, runner }): Runner => {
      if (runner) return runner;
      const loop = codeOf.get(step);
      if (loop) return { kind: "loop", code: loop };
      if (step.kind === "loop") {
        const compile = whyNoJavascript() === null ? compileLoop : interpretLoop;
        return { kind: "arrays", run: ofStep(step, () => compile(step)) };
      }
      throw new Error(`internal: a ${step.kind} that does not lie in memory`);
    });
  }

  run(inputs: readonly NDArray[], context: RunContext): NDArray[];
  run(inputs: readonly NDArray[], context: RunContext, until: number): NDArray[] | null;
  run(
    inputs: readonly NDArray[],
    context: RunContext,
    until = Number.POSITIVE_INFINITY,
  ): NDArray[] | null {
    try {
      if (this.#isStale(context) || this.#hasOutsideInputs) this.#bind(inputs, context);
      const views = this.#inputViews;
      for (let i = 0; i < views.length; i++) {
        const view = views[i];
        if (view) copyElements((inputs[i] as NDArray).data as TypedArray, view);
      }
      for (let i = 0; i < this.#written.length; i++) {
        const cell = this.#written[i] as StateCell;
        cell.version = (cell.version ?? 0) + 1;
      }
      const results = this.#advance(0, until);
      if (!results && this.#hasOutsideInputs) this.#connect(inputs.map((array) => array.copy()));
      return results;
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  resume(until: number): NDArray[] | null {
    try {
      // Another program may have let the memory grow, which detaches views where it is not shared.
      if (this.#generation !== this.#heap.generation) this.#connect(this.#inputs);
      return this.#advance(this.#at, until);
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  cancel(): void {
    this.#settle(true);
  }

  #settle(failed: boolean): void {
    if (this.#moves.length > 0) this.#runtime.cells.settle(this.#moves.splice(0), failed);
  }

  #advance(from: number, until: number): NDArray[] | null {
    const steps = this.#calls;
    let at = from;
    try {
      for (; at < steps.length; at++) {
        if (at > from && isOver(until)) {
          this.#at = at;
          return null;
        }
        (steps[at] as () => void)();
      }
    } catch (error) {
      throw new StepError(this.#steps[at] as Step, error);
    }
    const results = this.#outputs.map((array, i) =>
      this.#atStepOf(this.#program.outputs[i], () => array.copy()),
    );
    this.#settle(false);
    return results;
  }

  /** Whether states lie elsewhere than when steps were bound. */
  #isStale(context: RunContext): boolean {
    if (this.#context !== context || this.#generation !== this.#heap.generation) return true;
    return this.#states.some(({ values, isUniform }, i) => {
      const array = this.#cells[i]?.array ?? null;
      const [value] = values as [Value];
      if (!isUniform || array === null || array.data !== this.#stateData[i]) return true;
      return !sameShape(array.shape, value.shape);
    });
  }

  /** Finds places for states, then binds all steps to addresses. */
  #bind(inputs: readonly NDArray[], context: RunContext): void {
    // Binding may fail half way.
    this.#generation = -1;
    const arrays = new Map<Value, NDArray>(this.#outside);
    const addresses = new Map<Value, number>(this.#addresses);
    // A session keeps its cells for life.
    this.#cells = this.#states.map(({ key }) => context.cell(key));
    this.#written = this.#cells.filter((_, i) => this.#states[i]?.isWritten);
    this.#states.forEach(({ values }, i) => {
      const cell = this.#cells[i] as StateCell;
      for (const value of values) {
        this.#atStepOf(value, () => this.#bindState(value, cell, context, arrays, addresses));
      }
    });
    this.#context = context;
    this.#placed = { arrays, addresses };
    this.#connect(inputs);
  }

  /** Binds the steps to views of the memory as it is now. */
  #connect(inputs: readonly NDArray[]): void {
    const { arrays: outside, addresses } = this.#placed;
    const context = this.#context as RunContext;
    const arrays = new Map<Value, NDArray>(outside);
    this.#inputs = this.#hasOutsideInputs ? inputs : [];
    for (const cell of this.#cells) this.#runtime.cells.refresh(cell);
    this.#stateData = this.#cells.map(({ array }) => array?.data);
    this.#program.inputs.forEach((value, i) => {
      if (!isStorable(value.dtype)) arrays.set(value, inputs[i] as NDArray);
    });
    const arrayOf = (value: Value): NDArray => {
      let array = arrays.get(value);
      if (!array) {
        const { root, dtype, shape } = value;
        const data = isStorable(dtype)
          ? this.#heap.view(dtype, addresses.get(root) as number, root.size)
          : (arrays.get(root) as NDArray).data;
        array = new NDArray(data, shape, dtype);
        arrays.set(value, array);
      }
      return array;
    };
    const addressOf = (value: Value): number => addresses.get(value.root) as number;
    this.#calls = this.#steps.map((step, i) =>
      bindStep(step, this.#runners[i] as Runner, {
        arrayOf,
        addressOf,
        context,
        runtime: this.#runtime,
      }),
    );
    this.#inputViews = this.#program.inputs.map((value) =>
      isStorable(value.dtype) ? (arrayOf(value).data as TypedArray) : null,
    );
    this.#outputs = this.#program.outputs.map(arrayOf);
    this.#generation = this.#heap.generation;
  }

  /** State of the right size in our memory is used where it lies; otherwise it gets new storage. */
  #bindState(
    value: Value,
    cell: StateCell,
    context: RunContext,
    arrays: Map<Value, NDArray>,
    addresses: Map<Value, number>,
  ): void {
    const { root } = value;
    const { array } = cell;
    if (array && !sameShape(array.shape, root.shape)) cell.reshaped = true;
    const fits = array?.size === root.size && array.dtype === root.dtype;
    if (!isStorable(root.dtype)) {
      if (!fits) cell.array = new NDArray(allocate(root.dtype, root.size), root.shape, root.dtype);
      else if (cell.reshaped) cell.array = new NDArray(array.data, root.shape, root.dtype);
      arrays.set(root, cell.array as NDArray);
      return;
    }
    const address = withRoom(
      () => this.#runtime.cells.claim(cell, root, fits, this.#moves),
      context.makeRoom,
    );
    addresses.set(root, address);
  }
}

interface Binding {
  readonly arrayOf: (value: Value) => NDArray;
  readonly addressOf: (value: Value) => number;
  readonly context: RunContext;
  readonly runtime: Runtime;
}

function bindStep(step: Step, runner: Runner, binding: Binding): () => void {
  const { arrayOf, addressOf, context, runtime } = binding;
  switch (runner.kind) {
    case "loop": {
      const { run, count, grain, values } = runner.code;
      const args = values.map(addressOf);
      return grain < count && runtime.kernels.threads > 1
        ? () => runtime.kernels.parallel(run, count, grain, args)
        : bindCall(run, count, args);
    }
    case "kernel": {
      const { inputs, outputs } = step as { inputs: readonly Value[]; outputs: readonly Value[] };
      const from = inputs.map(addressOf);
      const to = outputs.map(addressOf);
      const then = runner.epilogue.map(addressOf);
      return () => runner.run(from, to, then);
    }
    case "arrays": {
      const reads = (step.kind === "routine" ? step.inputs : readsOf(step)).map(arrayOf);
      const writes = writesOf(step).map(arrayOf);
      return () => runner.run(reads, writes);
    }
    case "host": {
      if (step.kind !== "host") throw new Error("internal: not a host step");
      const reads = step.inputs.map(arrayOf);
      const writes = step.outputs.map(arrayOf);
      return () => step.run(reads, writes, context);
    }
    default:
      return runner satisfies never;
  }
}

/** A call without making a list of arguments each time. */
function bindCall(run: WasmFunction, count: number, args: readonly number[]): () => void {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
  switch (args.length) {
    case 1:
      return () => run(0, count, a);
    case 2:
      return () => run(0, count, a, b);
    case 3:
      return () => run(0, count, a, b, c);
    case 4:
      return () => run(0, count, a, b, c, d);
    case 5:
    case 6:
      // WebAssembly ignores arguments beyond its parameters.
      return () => run(0, count, a, b, c, d, e, f);
    default:
      return () => run(0, count, ...args);
  }
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a === b || (a.length === b.length && a.every((dim, i) => dim === b[i]));

/** Does something for a step, to which what goes wrong belongs. */
function ofStep<T>(step: Step, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new StepError(step, error);
  }
}

/** Counters of loops are signed. */
const mostElements = 2 ** 31 - 1;

function checkSizes(step: Step): void {
  const values = [...readsOf(step), ...writesOf(step)];
  const spaces = [...values.map(({ shape }) => shape), ...loopsOf(step).map(({ dims }) => dims)];
  const tooLarge = spaces.find((dims) => sizeOf(dims) > mostElements);
  if (!tooLarge) return;
  const error = new ResourceExhaustedError(
    undefined,
    `The wasm engine has no tensors and loops of more than ${mostElements} elements: shape[${tooLarge}].`,
    "Work on parts of it.",
  );
  throw new StepError(step, error);
}

/** What only the group that computes it reads. */
function internalValues(program: Program, steps: readonly Step[]): Set<Value> {
  const internal = new Set<Value>();
  for (const step of steps) {
    if (step.kind !== "group") continue;
    for (const { out } of step.loops.slice(0, -1)) if (!out.root.state) internal.add(out.root);
  }
  for (const step of steps) {
    const own = new Set(step.kind === "group" ? step.loops.map(({ out }) => out.root) : []);
    for (const { root } of readsOf(step)) if (!own.has(root)) internal.delete(root);
  }
  for (const { root } of program.outputs) internal.delete(root);
  return internal;
}

function loopsOf(step: Step): readonly Loop[] {
  if (step.kind === "group") return step.loops;
  return step.kind === "loop" ? [step] : [];
}

/** Whether everything that a step touches can lie in memory as numbers of one part. */
function inMemory(step: Step): boolean {
  const values = [...readsOf(step), ...writesOf(step)];
  return values.every(({ dtype }) => isStorable(dtype) && !dtype.isComplex);
}

function statesOf(program: Program): State[] {
  const states = new Map<string, { key: StateKey; values: Value[] }>();
  const written = new Set(
    program.steps.flatMap(partsOf).flatMap((step) => writesOf(step).map(({ root }) => root)),
  );
  for (const { root } of valuesOf(program)) {
    if (!root.state) continue;
    const name = `${root.state.container}\u0000${root.state.name}`;
    const entry = states.get(name) ?? { key: root.state, values: [] };
    if (!entry.values.includes(root)) entry.values.push(root);
    states.set(name, entry);
  }
  return Array.from(states.values(), ({ key, values }) => {
    const [first] = values as [Value];
    const isUniform = values.every(
      ({ shape, dtype }) => sameShape(shape, first.shape) && dtype === first.dtype,
    );
    return { key, values, isUniform, isWritten: values.some((value) => written.has(value)) };
  });
}

function valuesOf(program: Program): Set<Value> {
  const values = new Set<Value>(program.inputs);
  for (const step of program.steps) {
    for (const part of partsOf(step)) {
      for (const value of readsOf(part)) values.add(value);
      for (const value of writesOf(part)) values.add(value);
    }
  }
  for (const value of program.outputs) values.add(value);
  return values;
}

/** Copies between arrays of the same element type. */
function copyElements(from: TypedArray, to: TypedArray): void {
  (to as Float32Array).set(from as Float32Array);
}
