/** Session: runs a graph and keeps the state of its variables. */

import { RuntimeError, TypeError, ValueError } from "../core/errors.ts";
import { Graph, getDefaultGraph, pushDefaultGraph } from "../core/graph.ts";
import { kindOf } from "../core/kind.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { OptionsObject } from "../core/options.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import type { OpenScope } from "../core/scope.ts";
import { within } from "../core/scope.ts";
import { type Feeds, pushDefaultSession, type RunnableSession } from "../core/session.ts";
import type { Tensor } from "../core/tensor.ts";
import { withRoom } from "../engines/executor.ts";
import type { Program, RunContext, StateCell, StateKey } from "../engines/ir.ts";
import type { dead } from "../ops/define.ts";
import { engineFor, optimizes, type SessionConfig, verifies } from "./config.ts";
import { type CompileOptions, Executable } from "./executable.ts";
import { resolveFeeds } from "./feed.ts";
import { type Fetched, type FetchPlan, planFetches } from "./fetch.ts";
import type { Known } from "./lower.ts";
import { type Plan, planRun } from "./plan.ts";

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
  readonly #executables = new Map<string, Executable>();
  readonly #cells = new Map<string, StateCell>();
  readonly #kernels = new Map<string, unknown>();
  readonly #context: RunContext;
  #closed = false;
  #isRunning = false;
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
      makeRoom: () => this.#dropExecutables(1),
    };
  }

  /**
   * Runs what the fetches need and returns their values in the same structure: arrays for tensors and variables,
   * null for operations. Feeds are pairs of tensor and value, or an object keyed by tensor name.
   */
  async run<const F>(fetches: F, feeds?: Feeds): Promise<Fetched<F>> {
    await breathe();
    return this.runSync(fetches, feeds);
  }

  /** `run` for engines that can block. */
  runSync<const F>(fetches: F, feeds?: Feeds): Fetched<F> {
    this.#checkOpen();
    if (this.graph.version === 0) {
      throw new RuntimeError(
        "The Session graph is empty. Add operations to the graph before calling run().",
      );
    }
    const fed = resolveFeeds(this.graph, feeds);
    return this.#runPlanned(planFetches(this.graph, fetches), fed) as Fetched<F>;
  }

  #runPlanned(plan: FetchPlan, fed: Map<Tensor, NDArray>): unknown {
    const computed = plan.tensors.filter((tensor) => !fed.has(tensor));
    const arrays = new Map(fed);
    if (computed.length > 0 || plan.targets.length > 0) {
      this.#runAlone(() => this.#executable(plan, computed, fed).run(arrays, this.#context));
    }
    return plan.build((tensor) => {
      const array = arrays.get(tensor);
      if (array) return array.copy();
      throw new ValueError(
        `Retval[0] does not have value: '${tensor.name}' is inside a branch that was not taken.`,
      );
    });
  }

  /** A program is not made for being run inside of itself, nor for losing its memory meanwhile. */
  #runAlone(run: () => void): void {
    if (this.#isRunning) {
      throw new RuntimeError(
        "A run of this session is going on, and another one was asked for inside of it.",
        "Use `session.run` there: it runs as soon as this run has ended.",
      );
    }
    this.#isRunning = true;
    try {
      run();
    } finally {
      this.#isRunning = false;
      if (this.#closed) this.#free();
    }
  }

  #executable(
    plan: FetchPlan,
    fetches: readonly Tensor[],
    fed: ReadonlyMap<Tensor, NDArray>,
  ): Executable {
    const key = requestKey(this.graph, plan, fetches, fed, (open) => this.#shapesNow(open));
    let executable = this.#executables.get(key);
    if (executable) {
      this.#executables.delete(key);
    } else {
      if (this.#executables.size >= executableLimit) {
        const [oldest, dropped] = this.#executables.entries().next().value as [string, Executable];
        this.#executables.delete(oldest);
        dropped.dispose();
      }
      const needed = planRun({ fetches, targets: plan.targets, fed: new Set(fed.keys()) });
      executable = withRoom(
        () => this.#compile(needed, fed),
        () => this.#dropExecutables(0),
      );
    }
    this.#executables.set(key, executable);
    return executable;
  }

  /** Gives back the memory of programs, which are made again when needed, but for those used last. */
  #dropExecutables(kept: number): boolean {
    const dropped = [...this.#executables].slice(0, this.#executables.size - kept);
    for (const [key, executable] of dropped) {
      executable.dispose();
      this.#executables.delete(key);
    }
    return dropped.length > 0;
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

  /** A function of the values of `feedList`, in order, that runs `fetches`. */
  makeCallable<const F>(
    fetches: F,
    feedList: readonly unknown[] = [],
  ): (...values: unknown[]) => Fetched<F> {
    if (!Array.isArray(feedList)) {
      throw new TypeError(
        `Argument \`feed_list\` must be a list or tuple. Received: feed_list=${feedList}`,
      );
    }
    this.#checkOpen();
    return (...values) => {
      if (values.length !== feedList.length) {
        throw new ValueError(`Expected ${feedList.length} feed values, got ${values.length}.`);
      }
      return this.runSync(
        fetches,
        feedList.map((key, i) => [key, values[i]] as const),
      );
    };
  }

  /** Shapes of the variables that need not have their static shape, as part of an executable's key. */
  #shapesNow(open: readonly string[]): string {
    let text = open.map((name) => `${name}[${this.#cells.get(name)?.array?.shape ?? ""}]`).join();
    for (const [name, { array, reshaped }] of this.#cells) {
      if (reshaped) text += `;${name}[${array?.shape}]`;
    }
    return text;
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

  /** Frees the values of variables, after the run that is going on if there is one. Later runs fail. */
  close(): void {
    this.#closed = true;
    if (!this.#isRunning) this.#free();
  }

  #free(): void {
    for (const executable of this.#executables.values()) executable.dispose();
    this.#executables.clear();
    for (const cell of this.#cells.values()) cell.release?.();
    this.#cells.clear();
    this.#kernels.clear();
  }

  #checkOpen(): void {
    if (this.#closed) throw new RuntimeError("Attempted to use a closed Session.");
  }
}

/** Milliseconds that runs may follow each other without letting anything else happen. */
const longestHold = 40;
let lastBreath = 0;

/** Lets timers, signals and events through now and then; a run itself holds the thread. */
async function breathe(): Promise<void> {
  if (performance.now() - lastBreath < longestHold) return;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, 0);
  });
  lastBreath = performance.now();
}

function requestKey(
  graph: Graph,
  plan: FetchPlan,
  fetches: readonly Tensor[],
  fed: ReadonlyMap<Tensor, NDArray>,
  shapesNow: (open: readonly string[]) => string,
): string {
  const id = (tensor: Tensor): string => `${tensor.op.id}:${tensor.valueIndex}`;
  const feeds = Array.from(fed, ([tensor, { shape }]) => `${id(tensor)}[${shape}]`);
  const targets = plan.targets.map((op) => op.id);
  return `${graph.version}|${fetches.map(id)}|${targets}|${feeds}|${shapesNow(openStates(graph))}`;
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
