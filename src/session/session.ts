/** Session: runs a graph and keeps the state of its variables. */

import { CancelledError, RuntimeError, TypeError, ValueError } from "../core/errors.ts";
import { Graph, getDefaultGraph, pushDefaultGraph } from "../core/graph.ts";
import { kindOf } from "../core/kind.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { OptionsObject } from "../core/options.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import type { OpenScope } from "../core/scope.ts";
import { within } from "../core/scope.ts";
import { type Feeds, pushDefaultSession, type RunnableSession } from "../core/session.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { isOver, withRoom } from "../engines/executor.ts";
import type { Program, RunContext, StateCell, StateKey } from "../engines/ir.ts";
import type { dead } from "../ops/define.ts";
import { ExecutableCache } from "./cache.ts";
import { engineFor, optimizes, type SessionConfig, verifies } from "./config.ts";
import { type CompileOptions, Executable, Run } from "./executable.ts";
import { type Feeder, feederOf, resolveFeeds } from "./feed.ts";
import { type Fetched, type FetchPlan, planFetches } from "./fetch.ts";
import type { Known } from "./lower.ts";
import { holdUntil } from "./pace.ts";
import { type Plan, planRun } from "./plan.ts";
import { Queue, type Task } from "./queue.ts";

export interface SessionOptions extends OptionsObject {
  readonly graph?: Graph | undefined;
  readonly config?: SessionConfig | undefined;
}

const optionNames: OptionNames<SessionOptions> = { graph: true, config: true };

/** Executables kept per session; the one not used for longest is dropped. */
const executableLimit = 256;

/**
 * Runs parts of a graph. Variables have values of their own in every session.
 *
 * `using sess = tf.session()` makes it the default and closes it at the end of the block.
 */
export class Session implements RunnableSession, Disposable {
  readonly target: string;
  readonly graph: Graph;
  readonly #config: SessionConfig;
  readonly #executables = new ExecutableCache<Executable>(executableLimit);
  readonly #queue = new Queue();
  readonly #cells = new Map<string, StateCell>();
  readonly #kernels = new Map<string, unknown>();
  readonly #context: RunContext;
  #closed = false;
  /** A run is on the stack: what asks for another one is a step of it. */
  #isBusy = false;
  #entered: OpenScope[] = [];

  constructor(target = "", options: SessionOptions = {}) {
    checkOptions(options, "Session", optionNames);
    const { graph, config = {} } = options;
    if (typeof target !== "string") {
      throw new TypeError(
        `Argument \`target\` must be a string, but got "${kindOf(target)}".`,
        "Pass the configuration as an option: new tf.Session('', { config }).",
      );
    }
    if (target !== "") {
      throw new ValueError(
        `No session can be opened at target '${target}': only '' (this process) is known.`,
      );
    }
    if (graph !== undefined && !(graph instanceof Graph)) {
      throw new TypeError(`Argument \`graph\` must be a tf.Graph, but got "${kindOf(graph)}"`);
    }
    if (typeof config !== "object" || config === null) {
      throw new TypeError(
        `Argument \`config\` must be a tf.ConfigProto, but got "${kindOf(config)}"`,
        "For example { engine: 'javascript' }.",
      );
    }
    this.target = target;
    this.graph = graph ?? getDefaultGraph();
    this.#config = config;
    this.#context = {
      cell: (key) => this.#cell(key),
      kernelState: <T>(node: string, create: () => T): T => {
        if (!this.#kernels.has(node)) this.#kernels.set(node, create());
        return this.#kernels.get(node) as T;
      },
      // The program that runs was used last.
      makeRoom: () => this.#executables.keep(1),
    };
  }

  /**
   * Runs what the fetches need and returns their values in the same structure: arrays for tensors and variables,
   * null for operations. Feeds are pairs of tensor and value, or an object keyed by tensor name.
   *
   * Results are as if runs of a session happened one after the other, in the order of the calls. A run starts at once when
   * none is under way. One that takes long lets timers and other events through about every 40 milliseconds, between two
   * steps; runs asked for meanwhile wait, `runSync` finishes all that wait first, and other sessions take turns. Closing
   * the session makes runs that are not finished fail with a CancelledError.
   */
  async run<const F>(fetches: F, feeds?: Feeds): Promise<Fetched<F>> {
    this.#checkReady();
    const fed = resolveFeeds(this.graph, feeds);
    const plan = planFetches(this.graph, fetches);
    const until = holdUntil();
    let run: Run | undefined;
    if (!this.#isBusy && this.#queue.isEmpty && !isOver(until)) {
      run = this.#begin(plan, fed);
      if (this.#advance(run, until)) return valuesOf(plan, run) as Fetched<F>;
    }
    // From here on, the caller may change what it has fed.
    if (run) run.keepFeeds();
    else for (const [tensor, array] of fed) fed.set(tensor, array.copy());
    let waiting = run;
    const task: Task = {
      advance: (end) => {
        waiting ??= this.#begin(plan, fed);
        return this.#advance(waiting, end);
      },
      cancel: () => waiting?.cancel(),
    };
    await this.#queue.add(task, run !== undefined);
    return valuesOf(plan, waiting as Run) as Fetched<F>;
  }

  /** `run` that holds the thread until the result is there. */
  runSync<const F>(fetches: F, feeds?: Feeds): Fetched<F> {
    this.#checkReady();
    const fed = resolveFeeds(this.graph, feeds);
    return this.#runNow(planFetches(this.graph, fetches), fed) as Fetched<F>;
  }

  #runNow(plan: FetchPlan, fed: Map<Tensor, NDArray>): unknown {
    // A program is not made for being run inside of itself, nor for losing its memory meanwhile.
    if (this.#isBusy) {
      throw new RuntimeError(
        "A run of this session is going on, and another one was asked for inside of it.",
        "Use `session.run` there: it runs as soon as this run has ended.",
      );
    }
    this.#settle();
    const run = this.#begin(plan, fed);
    this.#advance(run, Number.POSITIVE_INFINITY);
    return valuesOf(plan, run);
  }

  /** Finishes what waits, unless called from inside a run. */
  #settle(): void {
    if (!this.#isBusy && !this.#queue.isEmpty) this.#queue.advance();
  }

  #begin(plan: FetchPlan, fed: Map<Tensor, NDArray>): Run {
    const { tensors, targets } = plan;
    const fetches = fed.size > 0 ? tensors.filter((tensor) => !fed.has(tensor)) : tensors;
    const isNeeded = fetches.length > 0 || targets.length > 0;
    return new Run(isNeeded ? this.#executable(fetches, targets, fed) : null, fed, this.#context);
  }

  #advance(run: Run, until: number): boolean {
    const outer = this.#isBusy;
    this.#isBusy = true;
    let isDone: boolean;
    try {
      isDone = run.advance(until);
    } finally {
      this.#isBusy = outer;
      if (this.#closed && !outer) this.#free();
    }
    if (this.#closed) {
      run.cancel();
      throw closedError();
    }
    return isDone;
  }

  #executable(
    fetches: readonly Tensor[],
    targets: readonly Operation[],
    fed: ReadonlyMap<Tensor, NDArray>,
  ): Executable {
    const key = { version: this.graph.version, fetches, targets, fed, states: this.#shapesNow() };
    let executable = this.#executables.find(key);
    if (!executable) {
      const needed = planRun({ fetches, targets, fed: new Set(fed.keys()) });
      executable = withRoom(
        () => this.#compile(needed, fed),
        () => this.#executables.keep(0),
      );
      this.#executables.add(key, executable);
    }
    return executable;
  }

  #compile(
    plan: Plan,
    fed: ReadonlyMap<Tensor, NDArray>,
    onPass?: CompileOptions["onPass"],
  ): Executable {
    const known = new Map<Tensor, Known | typeof dead>();
    for (const [tensor, { dtype, shape }] of fed) known.set(tensor, { dtype, shape });
    return new Executable(plan, known, new Set(), 0, {
      engine: engineFor(this.#config),
      optimize: optimizes(this.#config),
      verify: verifies(this.#config),
      onPass,
      stateShapes: (key, declared) => {
        const { array, reshaped } = this.#cell(key);
        if (declared.isFullyDefined && !reshaped) return null;
        return array?.shape ?? (declared.dims ?? []).map((dim) => dim ?? 0);
      },
    });
  }

  /** The program for a run as each pass leaves it, with the time each pass took. Nothing is run. */
  explain(
    fetches: unknown,
    feeds?: Feeds,
  ): { name: string; program: Program; milliseconds: number }[] {
    this.#checkOpen();
    this.#settle();
    const fed = resolveFeeds(this.graph, feeds);
    const { tensors, targets } = planFetches(this.graph, fetches);
    const stages: { name: string; program: Program; milliseconds: number }[] = [];
    const plan = planRun({
      fetches: tensors.filter((t) => !fed.has(t)),
      targets,
      fed: new Set(fed.keys()),
    });
    this.#compile(plan, fed, (name, program, milliseconds) => {
      stages.push({ name, program, milliseconds });
    }).dispose();
    return stages;
  }

  /**
   * A function of the values of `feedList`, in order, that runs `fetches` as `runSync` does. What names stand for is found
   * once: without a list of feeds now, otherwise by the first call.
   */
  makeCallable<const F>(
    fetches: F,
    feedList?: readonly unknown[],
  ): (...values: unknown[]) => Fetched<F> {
    if (feedList !== undefined && !Array.isArray(feedList)) {
      throw new TypeError(
        `Argument \`feed_list\` must be a list or tuple. Received: feed_list=${feedList}`,
      );
    }
    this.#checkOpen();
    const keys: readonly unknown[] = [...(feedList ?? [])];
    let feeder: Feeder | undefined;
    let plan = feedList ? undefined : planFetches(this.graph, fetches);
    return (...values) => {
      if (values.length !== keys.length) {
        throw new ValueError(`Expected ${keys.length} feed values, got ${values.length}.`);
      }
      this.#checkReady();
      feeder ??= feederOf(this.graph, keys);
      const fed = feeder(values);
      plan ??= planFetches(this.graph, fetches);
      return this.#runNow(plan, fed) as Fetched<F>;
    };
  }

  /** Shapes of the variables that need not have their static shape, as part of an executable's key. */
  #shapesNow(): string {
    let text = "";
    for (const name of openStates(this.graph)) {
      text += `${name}[${this.#cells.get(name)?.array?.shape ?? ""}],`;
    }
    // Hardly ever there is one; entries would be made anew for each run.
    for (const { reshaped } of this.#cells.values()) {
      if (reshaped) return text + this.#reshaped();
    }
    return text;
  }

  #reshaped(): string {
    const cells = [...this.#cells].filter(([, { reshaped }]) => reshaped);
    return cells.map(([name, { array }]) => `;${name}[${array?.shape}]`).join("");
  }

  #cell(key: StateKey): StateCell {
    const name = `${key.container}\u0000${key.name}`;
    let cell = this.#cells.get(name);
    if (!cell) {
      cell = { array: null, initialized: false };
      this.#cells.set(name, cell);
    }
    return cell;
  }

  /** Where the stream of each random operation stands, by node; those that have not run yet are not in it. */
  randomStates(): Map<string, Uint32Array> {
    this.#settle();
    const states = new Map<string, Uint32Array>();
    for (const [node, state] of this.#kernels) {
      if (state instanceof Uint32Array) states.set(node, state.slice());
    }
    return states;
  }
  /** Puts all streams where they stood. */
  setRandomStates(states: ReadonlyMap<string, Uint32Array>): void {
    this.#checkOpen();
    for (const node of this.randomStates().keys()) this.#kernels.delete(node);
    for (const [node, state] of states) this.#kernels.set(node, state.slice());
  }

  /** Makes this the default session (its graph is left alone): until the scope closes, or while `body` runs. */
  asDefault(): OpenScope;
  asDefault<R>(body: () => R): R;
  asDefault<R>(body?: () => R): OpenScope | R {
    const scope = pushDefaultSession(this);
    return body ? within(scope, "session.asDefault", body) : scope;
  }

  /** Makes this session and its graph the default until it is disposed, which closes it. */
  enter(): this {
    if (this.#entered.length > 0) {
      throw new RuntimeError(
        "Session context managers are not re-entrant. Use `Session.as_default()` if you want to enter a session multiple times.",
      );
    }
    this.#entered = [pushDefaultGraph(this.graph), pushDefaultSession(this)];
    return this;
  }
  [Symbol.dispose](): void {
    this.close();
    const [graph, session] = this.#entered;
    this.#entered = [];
    session?.close();
    graph?.close();
  }

  /** Frees the values of variables. Runs that are not finished are cancelled, later ones fail. */
  close(): void {
    this.#closed = true;
    this.#queue.cancel(closedError());
    // What a run is using is freed when it ends.
    if (!this.#isBusy) this.#free();
  }

  #free(): void {
    this.#executables.clear();
    for (const cell of this.#cells.values()) cell.release?.();
    this.#cells.clear();
    this.#kernels.clear();
  }

  #checkReady(): void {
    this.#checkOpen();
    if (this.graph.version === 0) {
      throw new RuntimeError(
        "The Session graph is empty. Add operations to the graph before calling run().",
      );
    }
  }
  #checkOpen(): void {
    if (this.#closed) throw new RuntimeError("Attempted to use a closed Session.");
  }
}

const closedError = (): CancelledError => new CancelledError(undefined, "Session has been closed.");

function valuesOf(plan: FetchPlan, run: Run): unknown {
  return plan.build((tensor) => {
    const array = run.value(tensor);
    if (array) return array;
    throw new ValueError(
      `Retval[0] does not have value: '${tensor.name}' is inside a branch that was not taken.`,
    );
  });
}

/** Names of state in a graph whose static shape is not fully known, found once per graph version. */
const openStateCache = new WeakMap<Graph, { version: number; names: string[] }>();

function openStates(graph: Graph): readonly string[] {
  const cached = openStateCache.get(graph);
  if (cached?.version === graph.version) return cached.names;
  const names: string[] = [];
  for (const op of graph.operations) {
    const shape = op.attrs.get("shape");
    const [output] = op.outputs;
    if (shape?.kind !== "shape" || shape.value.isFullyDefined || !output) continue;
    if (!output.dtype.isRef && output.dtype.baseName !== "resource") continue;
    const text = (key: string): string => String(op.attrs.get(key)?.value ?? "");
    names.push(`${text("container")}\u0000${text("shared_name") || op.name}`);
  }
  openStateCache.set(graph, { version: graph.version, names });
  return names;
}

/** A session that is the default, and whose graph is, until it is disposed: `using sess = tf.session()`. */
export function session(options: SessionOptions & { readonly target?: string } = {}): Session {
  const { target = "", ...others } = options;
  return new Session(target, others).enter();
}

/** A session that installs itself as default when made and stays so until closed. */
export class InteractiveSession extends Session {
  readonly #default: OpenScope;

  constructor(target = "", options: SessionOptions = {}) {
    super(target, options);
    this.#default = this.asDefault();
  }
  override close(): void {
    super.close();
    this.#default.close();
  }
}
