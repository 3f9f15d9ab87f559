/** What a parity scenario sees (`s`), and how our graph, values, prints and errors become a recording. */

import * as tf from "tensorscope";
import type { AttrValue } from "../../src/core/attrs.ts";

/** A node as the recordings keep it. */
export interface NodeRecord {
  readonly name: string;
  readonly op: string;
  readonly device?: string;
  readonly inputs?: readonly string[];
  readonly control?: readonly string[];
  readonly attrs?: Readonly<Record<string, string>>;
  readonly outputs?: readonly string[];
}

/** One array of a run; numbers that JSON has no word for are strings. */
export interface ArrayRecord {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string | boolean)[];
}

export type ValueRecord =
  | ArrayRecord
  | null
  | readonly ValueRecord[]
  | { readonly [key: string]: ValueRecord };

export interface RunRecord {
  readonly exact?: boolean;
  readonly fetched: Readonly<Record<string, ValueRecord>>;
}

export interface ErrorRecord {
  readonly type: string;
  readonly message: string;
  /** Nodes that the refused call left in TensorFlow's graph. */
  readonly leftNodes?: readonly string[];
}

/** All that a scenario showed. */
export interface Recording {
  readonly nodes: readonly NodeRecord[];
  readonly collections: Readonly<Record<string, readonly string[]>>;
  readonly values?: readonly RunRecord[];
  readonly prints?: readonly string[];
  readonly errors?: Readonly<Record<string, ErrorRecord>>;
}

export interface Tolerance {
  readonly rtol?: number;
  readonly atol?: number;
}

export interface Scenario {
  readonly name: string;
  readonly body: (s: Context) => void | Promise<void>;
  readonly tolerance: Tolerance;
}

const registered: Scenario[] = [];

/** Registers a scenario; its twin of the same name is in the `.py` file beside it. */
export function scenario(name: string, body: Scenario["body"], tolerance: Tolerance = {}): void {
  registered.push({ name, body, tolerance });
}

/** The scenarios registered since the last call. */
export function takeScenarios(): Scenario[] {
  return registered.splice(0);
}

type Nested = number | readonly Nested[];
type Feeds = Iterable<readonly [unknown, unknown]>;

interface ValuesOptions {
  readonly feeds?: Feeds;
  /** Run one by one before the fetches. */
  readonly after?: readonly unknown[];
  readonly exact?: boolean;
}

/** Collects what one scenario shows; the Python twin is `Context` in context.py. */
export class Context {
  readonly graph: tf.Graph;
  readonly runs: RunRecord[] = [];
  readonly prints: string[] = [];
  readonly errors: Record<string, ErrorRecord> = {};
  #session: tf.Session | undefined;

  constructor(graph: tf.Graph) {
    this.graph = graph;
  }

  get session(): tf.Session {
    this.#session ??= new tf.Session("", { graph: this.graph });
    return this.#session;
  }

  /** Later runs use a fresh session. */
  newSession(): void {
    this.close();
    this.#session = undefined;
  }

  close(): void {
    this.#session?.close();
  }

  /** Runs in the scenario's one session. */
  async run(fetches: unknown, feeds?: Feeds): Promise<unknown> {
    return this.session.run(fetches, feeds);
  }

  /** Runs the ops of `after` one by one, then fetches the object in one run and records the results. */
  async values(fetches: Record<string, unknown>, options: ValuesOptions = {}): Promise<void> {
    const { feeds, after = [], exact = false } = options;
    for (const op of after) await this.run(op);
    const results = await this.run(withoutNull(fetches), feeds);
    const fetched = recordValue(results) as RunRecord["fetched"];
    this.runs.push({ ...(exact ? { exact } : {}), fetched });
  }

  /** Runs `op` for some steps and records the fetches after each. */
  async train(
    op: unknown,
    fetches: Record<string, unknown>,
    steps: number,
    feeds?: Feeds,
  ): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.run(op, feeds);
      await this.values(fetches, feeds ? { feeds } : {});
    }
  }

  print(value: unknown): void {
    this.prints.push(printed(value));
  }

  /** Records the error that `body` throws, or that its promise rejects with. */
  error(name: string, body: () => Promise<unknown>): Promise<void>;
  error(name: string, body: () => unknown): void;
  error(name: string, body: () => unknown): void | Promise<void> {
    let result: unknown;
    try {
      result = body();
    } catch (error) {
      this.#recordError(name, error);
      return;
    }
    if (result instanceof Promise) {
      return result.then(
        () => this.#noError(name),
        (error: unknown) => this.#recordError(name, error),
      );
    }
    this.#noError(name);
  }

  #recordError(name: string, error: unknown): void {
    if (!(error instanceof Error))
      throw new Error(`error '${name}' is not an Error`, { cause: error });
    const foreign = error instanceof tf.errors.TensorscopeError ? "" : "JavaScript's ";
    this.errors[name] = { type: foreign + error.name, message: error.message };
  }

  #noError(name: string): void {
    this.errors[name] = { type: "none", message: "nothing was thrown" };
  }

  /** Whole numbers as int32; a plain number would become float32. */
  ints(value: number | readonly number[]): tf.NDArray<"int32"> {
    const flat = typeof value === "number" ? [value] : value;
    const shape = typeof value === "number" ? [] : [value.length];
    return new tf.NDArray(Int32Array.from(flat), shape, tf.int32);
  }

  /** Numbers for feeds and constants, the same on both sides: start + step * (7 i mod modulo). */
  data(shape: readonly number[], start = -1, step = 0.25, modulo = 11): tf.ArrayLike {
    let i = 0;
    const build = (axis: number): Nested =>
      axis === shape.length
        ? start + step * ((7 * i++) % modulo)
        : Array.from({ length: shape[axis] as number }, () => build(axis + 1));
    return build(0);
  }
}

/** Missing gradients are fetched as an empty object, which is recorded as null. */
function withoutNull(fetches: unknown): unknown {
  if (fetches === null || fetches === undefined) return {};
  if (Array.isArray(fetches)) return fetches.map(withoutNull);
  if (typeof fetches === "object" && Object.getPrototypeOf(fetches) === Object.prototype) {
    return Object.fromEntries(Object.entries(fetches).map(([k, v]) => [k, withoutNull(v)]));
  }
  return fetches;
}

function recordValue(value: unknown): ValueRecord {
  if (value === null || value === undefined) return null;
  if (value instanceof tf.NDArray) {
    return {
      dtype: value.dtype.name,
      shape: value.shape,
      data: Array.from(value.values(), element),
    };
  }
  if (Array.isArray(value)) return value.map(recordValue);
  if (typeof value === "object") {
    const entries = Object.entries(value).filter(([key]) => key !== "denseShape");
    if (entries.length === 0) return null;
    return Object.fromEntries(entries.map(([k, v]) => [k, recordValue(v)]));
  }
  throw new Error(`cannot record a ${typeof value}`);
}

function element(value: unknown): number | string | boolean {
  if (typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "bigint") {
    const small = value > -(2n ** 53n) && value < 2n ** 53n;
    return small ? Number(value) : String(value);
  }
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  const number = value as number;
  return Number.isFinite(number) ? number : String(number);
}

/** How `s.print` writes a thing; `printed` in context.py writes the same. */
function printed(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return `[${value.map(printed).join(", ")}]`;
  return String(value);
}

/** The canonical text of an attribute; record.py makes the same one. */
export function attrText(attr: AttrValue): string {
  switch (attr.kind) {
    case "type":
      return attr.value.name;
    case "shape":
      return shapeText(attr.value);
    case "int":
      return String(attr.value);
    case "float": {
      const text = floatText(Math.fround(attr.value), "float32");
      return /[.eNI]/.test(text) ? text : `${text}.0`;
    }
    case "bool":
      return String(attr.value);
    case "string":
      return JSON.stringify(element(attr.value));
    case "tensor":
      return tensorText(attr.value);
    case "func":
      return `func:${attr.value.name}`;
    case "opaque":
      return attr.value;
    case "list":
      return `[${attr.value.map(attrText).join(", ")}]`;
  }
}

function shapeText(shape: tf.TensorShape): string {
  return shape.dims ? `[${shape.dims.map((dim) => dim ?? "?").join(",")}]` : "<unknown>";
}

function tensorText(array: tf.NDArray): string {
  const dtype = array.dtype.name;
  const text = (i: number) => {
    const value = array.at(i);
    if (typeof value === "number" && array.dtype.isFloating) return floatText(value, dtype);
    if (typeof value === "string" || value instanceof Uint8Array)
      return JSON.stringify(element(value));
    return String(value);
  };
  const head = array.size <= 16 ? array.size : 4;
  const texts = Array.from({ length: head }, (_, i) => text(i));
  if (head < array.size) texts.push("...", text(array.size - 1));
  return `tensor<${dtype},[${array.shape.join(",")}]>:${texts.join(",")}`;
}

/** The fewest digits that give the same float of that dtype back. */
function floatText(value: number, dtype: string): string {
  if (!Number.isFinite(value) || dtype === "float64") return String(value);
  const round =
    dtype === "float32" ? Math.fround : (x: number) => roundToBits(x, dtype === "float16" ? 11 : 8);
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (round(short) === value) return String(short);
  }
  return String(value);
}

function roundToBits(value: number, bits: number): number {
  if (value === 0) return value;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - bits + 1);
  return Math.round(value / unit) * unit;
}

function nodeRecord(op: tf.Operation): NodeRecord {
  const byCode = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const attrs = [...op.attrs].sort(([a], [b]) => byCode(a, b));
  const control = op.controlInputs.map((input) => input.name).sort(byCode);
  return {
    name: op.name,
    op: op.type,
    ...(op.device ? { device: op.device } : {}),
    ...(op.inputs.length > 0 ? { inputs: op.inputs.map((input) => input.inputName) } : {}),
    ...(control.length > 0 ? { control } : {}),
    ...(attrs.length > 0
      ? { attrs: Object.fromEntries(attrs.map(([key, value]) => [key, attrText(value)])) }
      : {}),
    ...(op.outputs.length > 0
      ? { outputs: op.outputs.map((t) => t.dtype.name + shapeText(t.shape)) }
      : {}),
  };
}

function collectionsRecord(graph: tf.Graph): Record<string, string[]> {
  const hidden: readonly string[] = [tf.GraphKeys.COND_CONTEXT, tf.GraphKeys.WHILE_CONTEXT];
  const record: Record<string, string[]> = {};
  for (const key of graph.getAllCollectionKeys().sort()) {
    const items = graph.getCollection(key);
    if (items.length > 0 && !hidden.includes(key)) record[key] = items.map(itemText);
  }
  return record;
}

function itemText(item: unknown): string {
  const name = (item as { readonly name?: unknown } | null)?.name;
  return typeof name === "string" ? name : String(item);
}

/** Runs a scenario in a graph of its own. */
export async function replay(body: Scenario["body"]): Promise<Recording> {
  const graph = new tf.Graph();
  const s = new Context(graph);
  graph.asDefault();
  try {
    await body(s);
  } finally {
    s.close();
    closeQuietly(graph);
  }
  return {
    nodes: graph.getOperations().map(nodeRecord),
    collections: collectionsRecord(graph),
    values: s.runs,
    prints: s.prints,
    errors: s.errors,
  };
}

/** A scenario that failed inside a scope leaves it open; the failure itself is what to report. */
function closeQuietly(graph: tf.Graph): void {
  try {
    graph[Symbol.dispose]();
  } catch (error) {
    if (!(error instanceof tf.errors.TensorscopeError)) throw error;
  }
}
