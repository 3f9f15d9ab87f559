/** What every op is lowered to: values, loops over strided views, routines, and steps on the host. */

import type { DType } from "../core/dtypes.ts";
import { type NDArray, sizeOf, stridesOf } from "../core/ndarray.ts";
import type { BinaryName, UnaryName } from "./scalar.ts";

/** Names the state of a session that a value lives in, such as a variable's buffer. */
export interface StateKey {
  readonly container: string;
  readonly name: string;
}

/** A dense array that exists while a program runs. */
export class Value {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Elements known when compiling. */
  readonly constant: NDArray | undefined;
  /** The state this value is the buffer of; reading it sees earlier writes of the same run. */
  readonly state: StateKey | undefined;
  /** The value whose elements these are, under another shape. */
  readonly base: Value | undefined;

  constructor(
    id: number,
    dtype: DType,
    shape: readonly number[],
    origin: { readonly constant?: NDArray; readonly state?: StateKey; readonly base?: Value } = {},
  ) {
    this.id = id;
    this.dtype = dtype;
    this.shape = shape;
    this.constant = origin.constant;
    this.state = origin.state ?? origin.base?.state;
    this.base = origin.base;
  }
  get size(): number {
    return sizeOf(this.shape);
  }
  /** The value that owns the storage. */
  get root(): Value {
    return this.base?.root ?? this;
  }
  toString(): string {
    return `%${this.id}:${this.dtype.name}[${this.shape.join(",")}]`;
  }
}

/** A scalar computed at each point of a loop's index space. Arithmetic is rounded to `dtype` at every node. */
export type Expr =
  | {
      readonly kind: "load";
      readonly dtype: DType;
      readonly value: Value;
      readonly strides: readonly number[];
      readonly offset: number;
    }
  | { readonly kind: "const"; readonly dtype: DType; readonly value: number | bigint }
  | { readonly kind: "index"; readonly dtype: DType; readonly axis: number }
  | { readonly kind: "unary"; readonly dtype: DType; readonly op: UnaryName; readonly x: Expr }
  | {
      readonly kind: "binary";
      readonly dtype: DType;
      readonly op: BinaryName;
      readonly lhs: Expr;
      readonly rhs: Expr;
    }
  /** Only the chosen side is evaluated, so it may guard a load that would be out of bounds. */
  | {
      readonly kind: "select";
      readonly dtype: DType;
      readonly cond: Expr;
      readonly yes: Expr;
      readonly no: Expr;
    }
  | { readonly kind: "cast"; readonly dtype: DType; readonly x: Expr };

export type Load = Expr & { readonly kind: "load" };

export type ReduceName = "sum" | "prod" | "max" | "min" | "any" | "all";

/** Evaluates `body` at each point of `dims`; the trailing `reduce.axes` dimensions are folded into one element. */
export interface Loop {
  readonly kind: "loop";
  readonly dims: readonly number[];
  readonly reduce: { readonly op: ReduceName; readonly axes: number } | null;
  readonly body: Expr;
  /** Written densely in row-major order of the dimensions that are not reduced. */
  readonly out: Value;
}

/**
 * Loops over one index space, run in one pass: at each point the loops in order. What a loop reads of another's result it
 * reads at the same point. Either none reduces, or all do alike and read nothing of each other's results.
 */
export interface Group {
  readonly kind: "group";
  readonly loops: readonly Loop[];
}

/** An opaque computation that engines know by name. */
export interface RoutineStep {
  readonly kind: "routine";
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly params: Readonly<Record<string, unknown>>;
  /**
   * A loop without reduction over the elements of the first output, in their order: each is loaded at its own point. Then
   * that output is seen by nobody else, and the step writes the loop's result in its place.
   */
  readonly epilogue?: Loop;
}

/** Storage of one piece of session state. */
export interface StateCell {
  array: NDArray | null;
  initialized: boolean;
  /** Its shape was changed by an assignment, so it need not be the static one. */
  reshaped?: boolean;
  /** Counts the runs that may have changed its elements. */
  version?: number;
  /** Gives back what an engine holds for it; the value is lost. */
  release?: (() => void) | undefined;
}

/** What steps on the host may reach of the session that runs them. */
export interface RunContext {
  cell(key: StateKey): StateCell;
  /** An object that lives as long as the session, one per node: random generators, counters. */
  kernelState<T>(node: string, create: () => T): T;
  /** Frees memory that is not needed now; whether there was any. */
  readonly makeRoom?: () => boolean;
}

/** A computation in JavaScript with outputs of known shape: it fills `outputs`. */
export interface HostStep {
  readonly kind: "host";
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Has an effect beyond its outputs, so it stays and keeps its place. */
  readonly effect: boolean;
  readonly run: (
    inputs: readonly NDArray[],
    outputs: readonly NDArray[],
    context: RunContext,
  ) => void;
}

export type Step = Loop | Group | RoutineStep | HostStep;

/** A flat list of steps: given its inputs, it computes its outputs and updates state. */
export interface Program {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly steps: readonly Step[];
}

/** The values a step reads, each once. */
export function readsOf(step: Step): Value[] {
  const found = new Set<Value>();
  if (step.kind === "loop") collectLoads(step.body, found);
  else if (step.kind === "group") for (const { body } of step.loops) collectLoads(body, found);
  else {
    for (const value of step.inputs) found.add(value);
    if (step.kind === "routine" && step.epilogue) {
      for (const value of readsOf(step.epilogue)) {
        if (value.root !== step.outputs[0]?.root) found.add(value);
      }
    }
  }
  return [...found];
}

/** The values a step writes. */
export function writesOf(step: Step): readonly Value[] {
  if (step.kind === "group") return step.loops.map(({ out }) => out);
  if (step.kind === "loop") return [step.out];
  if (step.kind !== "routine" || !step.epilogue) return step.outputs;
  return [step.epilogue.out, ...step.outputs.slice(1)];
}

/** The single steps that a step stands for, in order: loops of a group, a routine and its epilogue. */
export function partsOf(step: Step): readonly Exclude<Step, Group>[] {
  if (step.kind === "group") return step.loops;
  if (step.kind !== "routine" || !step.epilogue) return [step];
  const { epilogue, ...routine } = step;
  return [routine, epilogue];
}

/** An id that no value of a program has; nor do those above it. */
export function freeId({ inputs, outputs, steps }: Program): number {
  let most = -1;
  const see = (values: readonly Value[]): void => {
    for (const { id, root } of values) most = Math.max(most, id, root.id);
  };
  for (const values of [inputs, outputs]) see(values);
  for (const step of steps.flatMap(partsOf))
    for (const values of [readsOf(step), writesOf(step)]) see(values);
  return most + 1;
}

/** The loads of an expression, from left to right. */
export function loadsOf(expr: Expr, found: Load[] = []): Load[] {
  if (expr.kind === "load") found.push(expr);
  for (const child of childrenOf(expr)) loadsOf(child, found);
  return found;
}

/** Whether two values lie in the same memory. */
export function sameStorage(a: Value, b: Value): boolean {
  if (a.root === b.root) return true;
  return (
    a.state !== undefined &&
    a.state.name === b.state?.name &&
    a.state.container === b.state.container
  );
}

function collectLoads(expr: Expr, found: Set<Value>): void {
  if (expr.kind === "load") found.add(expr.value);
  for (const child of childrenOf(expr)) collectLoads(child, found);
}

export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "load":
    case "const":
    case "index":
      return [];
    case "unary":
    case "cast":
      return [expr.x];
    case "binary":
      return [expr.lhs, expr.rhs];
    case "select":
      return [expr.cond, expr.yes, expr.no];
    default:
      return expr satisfies never;
  }
}

/** The same expression over other children, in the order of `childrenOf`. */
export function mapChildren(expr: Expr, change: (child: Expr) => Expr): Expr {
  switch (expr.kind) {
    case "load":
    case "const":
    case "index":
      return expr;
    case "unary":
    case "cast":
      return { ...expr, x: change(expr.x) };
    case "binary":
      return { ...expr, lhs: change(expr.lhs), rhs: change(expr.rhs) };
    case "select":
      return { ...expr, cond: change(expr.cond), yes: change(expr.yes), no: change(expr.no) };
    default:
      return expr satisfies never;
  }
}

/** Whether a load reads a value in the order in which a loop over `dims` runs. */
export function isDenseLoad(expr: Load, dims: readonly number[]): boolean {
  if (expr.offset !== 0 || expr.value.size !== sizeOf(dims)) return false;
  const dense = stridesOf(dims);
  return dims.every((dim, i) => dim === 1 || expr.strides[i] === dense[i]);
}

export function formatExpr(expr: Expr): string {
  switch (expr.kind) {
    case "load":
      return `%${expr.value.id}[${formatAddress(expr.strides, expr.offset)}]`;
    case "const":
      return `${Object.is(expr.value, -0) ? "-0" : expr.value}:${expr.dtype.name}`;
    case "index":
      return `i${expr.axis}`;
    case "unary":
      return `${expr.op}(${formatExpr(expr.x)})`;
    case "binary":
      return `${expr.op}(${formatExpr(expr.lhs)}, ${formatExpr(expr.rhs)})`;
    case "select":
      return `select(${formatExpr(expr.cond)}, ${formatExpr(expr.yes)}, ${formatExpr(expr.no)})`;
    case "cast":
      return `${expr.dtype.name}(${formatExpr(expr.x)})`;
    default:
      return expr satisfies never;
  }
}

/** `3*i0 + i2 + 5` for an address over loop indices. */
export function formatAddress(strides: readonly number[], offset: number): string {
  const terms: string[] = [];
  strides.forEach((stride, axis) => {
    if (stride === 1) terms.push(`i${axis}`);
    else if (stride !== 0) terms.push(`${stride}*i${axis}`);
  });
  if (offset !== 0 || terms.length === 0) terms.push(String(offset));
  return terms.join(" + ");
}

export function formatStep(step: Step): string {
  if (step.kind === "group") {
    const lines = step.loops.map((loop) => `  ${formatStep(loop)}`);
    return ["together {", ...lines, "}"].join("\n");
  }
  if (step.kind === "loop") {
    const outer = step.dims.length - (step.reduce?.axes ?? 0);
    const space = `[${step.dims.slice(0, outer).join(",")}]`;
    const folded = step.reduce ? ` ${step.reduce.op}[${step.dims.slice(outer).join(",")}]` : "";
    return `${step.out} = loop${space}${folded} ${formatExpr(step.body)}`;
  }
  const inputs = step.inputs.map((value) => `%${value.id}`).join(", ");
  const name = step.kind === "host" ? `host ${step.name}` : step.name;
  const params =
    step.kind === "routine" && Object.keys(step.params).length > 0
      ? ` ${JSON.stringify(step.params)}`
      : "";
  const line = `${step.outputs.join(", ") || "()"} = ${name}(${inputs})${params}`;
  if (step.kind !== "routine" || !step.epilogue) return line;
  return `${line}\n  then ${formatStep(step.epilogue)}`;
}

export function formatProgram(program: Program): string {
  const lines = [`inputs ${program.inputs.join(", ")}`];
  for (const step of program.steps) lines.push(formatStep(step));
  lines.push(`outputs ${program.outputs.join(", ")}`);
  return lines.join("\n");
}
