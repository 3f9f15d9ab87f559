/** Variable: tensors that keep their value between runs. The base of reference and resource variables. */

import { asDType, type DType, type DTypeLike, type DTypeName } from "../core/dtypes.ts";
import { NotImplementedError, TypeError, ValueError } from "../core/errors.ts";
import { type Graph, inGraph, placedBy } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { notOptions } from "../core/options.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import { getDefaultSession, type RunnableSession } from "../core/session.ts";
import type { ShapeLike, TensorShape } from "../core/shape.ts";
import {
  type EvalOptions,
  type GraphElementLike,
  graphElement,
  type Operation,
  Tensor,
} from "../core/tensor.ts";
import { Trace, tracedTo } from "../core/trace.ts";
import { cond } from "../ops/cond.ts";
import { brief } from "../ops/constant.ts";
import {
  type ConversionOptions,
  convertToTensor,
  graphOf,
  type TensorConvertible,
  type TensorLike,
  toTensor,
} from "../ops/convert.ts";
import type { Named } from "../ops/create.ts";
import { type IndexSpec, indexTensor } from "../ops/index-tensor.ts";
import { IndexedSlices } from "../ops/indexed-slices.ts";
import { installOperators, type Operators } from "../ops/operators.ts";
import { initScope } from "../ops/scopes.ts";
import { isVariableInitialized } from "../ops/state.ts";
import type { SaveSliceInfo } from "./slices.ts";
import {
  type Constraint,
  type CreatorOptions,
  type InitialValue,
  VariableAggregation,
  type VariableOptions,
  VariableSynchronization,
} from "./types.ts";

export interface AssignOptions extends Named {
  readonly useLocking?: boolean | undefined;
  /** False returns the operation instead of the new value. */
  readonly readValue?: boolean | undefined;
}
type WithoutRead = AssignOptions & { readonly readValue: false };

/** Names of the nodes a variable consists of, as VariableDef of MetaGraphDef keeps them. */
export interface VariableDef {
  readonly variableName: string;
  readonly initialValueName: string;
  readonly initializerName: string;
  readonly snapshotName: string;
  readonly isResource: boolean;
  readonly trainable: boolean;
  readonly synchronization: VariableSynchronization;
  readonly aggregation: VariableAggregation;
  readonly saveSliceInfo: SaveSliceInfo | null;
}

/** What both kinds share once their arguments are checked. */
export interface VariableTraits {
  readonly trainable: boolean;
  readonly synchronization: VariableSynchronization;
  readonly aggregation: VariableAggregation;
  readonly constraint: Constraint | null;
}

type Make = (options: CreatorOptions) => VariableBase;
let make: Make | undefined;

/** @internal Says what `new tf.Variable(…)` does. */
export function onNewVariable(maker: Make): void {
  make = maker;
}

/** Whatever an assignment gives: something that has the new value. */
export type Assigned<D extends DTypeName = DTypeName> = Tensor<D> | VariableBase<D>;

/** Operators on a variable act on its value. */
export interface VariableBase<D extends DTypeName = DTypeName> extends Operators<D> {
  /** @internal Ties the dtype of both declarations together. */
  readonly dtype: DType<D>;
}

const optionNames: OptionNames<VariableOptions> = {
  name: true,
  trainable: true,
  dtype: true,
  collections: true,
  validateShape: true,
  cachingDevice: true,
  expectedShape: true,
  constraint: true,
  useResource: true,
  synchronization: true,
  aggregation: true,
  shape: true,
};

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: installOperators adds what the interface says
export abstract class VariableBase<D extends DTypeName = DTypeName>
  implements TensorConvertible, GraphElementLike
{
  declare readonly [notOptions]: true;
  readonly trainable!: boolean;
  readonly synchronization!: VariableSynchronization;
  readonly aggregation!: VariableAggregation;
  /** What optimizers project the value with after changing it. */
  readonly constraint!: Constraint | null;
  /** @internal Which part of a larger variable this is. */
  saveSliceInfo: SaveSliceInfo | null = null;

  /** @internal */
  constructor(traits: VariableTraits, options?: VariableOptions) {
    if (new.target === (VariableBase as unknown)) {
      checkOptions(options, "Variable", optionNames);
      // biome-ignore lint/correctness/noConstructorReturn: `new tf.Variable` gives the kind that is in force
      return newVariable(traits as unknown as InitialValue, options) as unknown as this;
    }
    this.trainable = traits.trainable;
    this.synchronization = traits.synchronization;
    this.aggregation = traits.aggregation;
    this.constraint = traits.constraint;
  }

  /** `w:0` */
  abstract get name(): string;
  /** The node that holds the value. */
  abstract get op(): Operation;
  /** The element type; of reference variables the reference type. */
  abstract get dtype(): DType<D>;
  abstract get shape(): TensorShape;
  /** The operation that gives the variable its first value. */
  abstract get initializer(): Operation;
  /** The value that the initializer assigns, as it was given. */
  abstract get initialValue(): Tensor<D>;
  /** @internal Takes its first value from elsewhere from now on. */
  replaceInitializer(_initializer: Operation, _initialValue: Tensor): void {
    throw new NotImplementedError(`${this} has no initializer to replace.`);
  }
  /** The handle of a resource variable, the reference of a reference variable. */
  abstract get handle(): Tensor;
  /** The value as operations read it by default. */
  abstract value(): Tensor<D>;
  /** A new read of the value, in the current scopes. */
  abstract readValue(): Tensor<D>;
  abstract assign(value: TensorLike, options: WithoutRead): Operation;
  abstract assign(value: TensorLike, options?: AssignOptions): Assigned<D>;
  abstract assignAdd(delta: TensorLike, options: WithoutRead): Operation;
  abstract assignAdd(delta: TensorLike, options?: AssignOptions): Assigned<D>;
  abstract assignSub(delta: TensorLike, options: WithoutRead): Operation;
  abstract assignSub(delta: TensorLike, options?: AssignOptions): Assigned<D>;
  /** Adds rows to this variable; rows named twice add up. */
  abstract scatterAdd(delta: IndexedSlices, options?: AssignOptions): Assigned<D>;
  abstract scatterSub(delta: IndexedSlices, options?: AssignOptions): Assigned<D>;
  abstract scatterMul(delta: IndexedSlices, options?: AssignOptions): Assigned<D>;
  abstract scatterDiv(delta: IndexedSlices, options?: AssignOptions): Assigned<D>;
  abstract scatterMax(delta: IndexedSlices, options?: AssignOptions): Assigned<D>;
  abstract scatterMin(delta: IndexedSlices, options?: AssignOptions): Assigned<D>;
  /** Overwrites rows of this variable. */
  abstract scatterUpdate(delta: IndexedSlices, options?: AssignOptions): Assigned<D>;
  abstract scatterNdAdd(indices: TensorLike, updates: TensorLike, options?: Named): Assigned<D>;
  abstract scatterNdSub(indices: TensorLike, updates: TensorLike, options?: Named): Assigned<D>;
  abstract scatterNdUpdate(indices: TensorLike, updates: TensorLike, options?: Named): Assigned<D>;
  /** Adds 1 and gives the value before; fails at `limit`. */
  abstract countUpTo(limit: number): Tensor;
  /** Adds knowledge about the shape. */
  abstract setShape(shape: ShapeLike): void;
  /** @internal */
  abstract toDef(): VariableDef;
  /** @internal The tensor that fetching and feeding this variable means. */
  abstract get element(): Tensor<D>;

  abstract [toTensor](options: ConversionOptions): Tensor;
  /** @internal */
  [graphElement](): Tensor {
    return this.element;
  }
  /** @internal */
  [placedBy](): Operation {
    return this.op;
  }

  get graph(): Graph {
    return this.handle.graph;
  }
  get device(): string {
    return this.handle.device;
  }

  /** A part of the value, as Python's `v[specs]`. */
  slice(...specs: IndexSpec[]): Tensor {
    return indexTensor(this.value(), specs);
  }

  /** The value if there is one, else the initial value. */
  initializedValue(): Tensor<D> {
    return inGraph(this.graph, () =>
      initScope(
        () =>
          cond(
            isVariableInitialized(this),
            () => this.readValue(),
            () => this.initialValue,
          ) as Tensor<D>,
      ),
    );
  }

  /** Runs in a session and gives the value. */
  async eval(options: EvalOptions = {}): Promise<NDArray<D>> {
    return this.element.eval(options);
  }
  /** `eval` for engines that can block. */
  evalSync(options: EvalOptions = {}): NDArray<D> {
    return this.element.evalSync(options);
  }

  /** Sets the value in a session: runs the initializer with `value` in place of the initial value. */
  async load(value: unknown, session?: RunnableSession): Promise<void> {
    await sessionToLoad(session).run(this.initializer, [[this.#loaded(), value]]);
  }
  /** `load` for engines that can block. */
  loadSync(value: unknown, session?: RunnableSession): void {
    sessionToLoad(session).runSync(this.initializer, [[this.#loaded(), value]]);
  }
  #loaded(): Tensor {
    return this.initializer.inputs[1] as Tensor;
  }

  toString(): string {
    return `<tf.Variable '${this.name}' shape=${this.shape} dtype=${this.dtype.name}>`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

installOperators<VariableBase>(VariableBase.prototype, (variable) => variable.value());

function sessionToLoad(given: RunnableSession | undefined): RunnableSession {
  const session = given ?? getDefaultSession();
  if (session) return session;
  throw new ValueError(
    "Either session argument should be provided or default session should be established",
  );
}

/** A tensor that keeps its value between the runs of a session. TensorFlow: `tf.Variable`. */
export type Variable<D extends DTypeName = DTypeName> = VariableBase<D>;

interface VariableConstructor {
  /**
   * Makes a variable named in the current name scope, of the kind that is in force: a resource variable when the
   * `useResource` option, the variable scope or `enableResourceVariables` says so, else a reference variable.
   * Throws ValueError for an initial value that is missing or of unknown shape.
   */
  new <D extends DTypeName = DTypeName>(
    initialValue: InitialValue,
    options?: VariableOptions<D>,
  ): Variable<D>;
  readonly prototype: Variable;
}

export const Variable = VariableBase as unknown as VariableConstructor;

function newVariable(
  initialValue: InitialValue,
  options: VariableOptions | undefined,
): VariableBase {
  if (!make) throw new NotImplementedError("internal: no kind of variable is installed");
  const maker = make;
  const value =
    typeof initialValue === "function" ? () => tracedTo(undefined, initialValue) : initialValue;
  return tracedTo(Trace.here(), () => maker({ ...options, initialValue: value }));
}

/** @internal Whether a value is a variable of either kind. */
export function isVariable(value: unknown): value is Variable {
  return value instanceof VariableBase;
}

/** @internal Settles the options that only say how replicas are kept. */
export function checkReplication(
  name: string | null | undefined,
  {
    synchronization,
    aggregation,
    trainable,
  }: Pick<VariableOptions, "synchronization" | "aggregation" | "trainable">,
): Omit<VariableTraits, "constraint"> {
  const combine = aggregation ?? VariableAggregation.NONE;
  if (!Object.values(VariableAggregation).includes(combine)) {
    throw new ValueError(
      `Invalid variable aggregation mode: ${combine} for variable: ${name ?? "None"}`,
    );
  }
  const when = synchronization ?? VariableSynchronization.AUTO;
  if (!Object.values(VariableSynchronization).includes(when)) {
    throw new ValueError(
      `Invalid variable synchronization mode: ${when} for variable: ${name ?? "None"}`,
    );
  }
  return {
    synchronization: when,
    aggregation: combine,
    trainable: trainable ?? when !== VariableSynchronization.ON_READ,
  };
}

/** @internal The collections a new variable goes to. */
export function checkCollections(
  collections: CreatorOptions["collections"],
  trainable: boolean,
): readonly string[] {
  const given: unknown = collections ?? [GraphKeys.GLOBAL_VARIABLES];
  if (!Array.isArray(given) && !(given instanceof Set)) {
    throw new ValueError(
      `collections argument to Variable constructor must be a list, tuple, or set. Got ${given} of type ${pythonClass(given)}`,
    );
  }
  const names = [...given] as string[];
  const missing = trainable && !names.includes(GraphKeys.TRAINABLE_VARIABLES);
  return missing ? [...names, GraphKeys.TRAINABLE_VARIABLES] : names;
}

/** @internal */
export function pythonClass(value: unknown): string {
  const names: Readonly<Record<string, string>> = {
    string: "str",
    number: "int",
    boolean: "bool",
    object: "dict",
  };
  return `<class '${names[typeof value] ?? typeof value}'>`;
}

/** @internal Runs `body` in the name scope of a new variable, outside of control dependencies and control flow. */
export function inVariable<R>(
  name: string | null | undefined,
  initialValue: InitialValue,
  body: (graph: Graph, scope: string) => R,
): R {
  const graph = graphOf(typeof initialValue === "function" ? [] : [initialValue]);
  return inGraph(graph, () => {
    const { scope, yields } = graph.resolveNameScope(name ?? "Variable");
    return graph.inside({ ...graph.controlPatch(null), name: scope }, () => body(graph, yields));
  });
}

/** @internal Makes the initial value of a callable or a value under `Initializer`, on no particular device. */
export function initialTensor(
  graph: Graph,
  initialValue: InitialValue,
  dtype: DTypeLike | null | undefined,
): Tensor {
  const { scope } = graph.resolveNameScope("Initializer");
  return graph.inside({ name: scope, devices: [...graph.scopes.devices, null] }, () =>
    asTensor(typeof initialValue === "function" ? initialValue() : initialValue, dtype),
  );
}

/** @internal */
export function asTensor(value: TensorLike, dtype: DTypeLike | null | undefined): Tensor {
  const wanted = dtype === null || dtype === undefined ? undefined : asDType(dtype).base;
  return convertToTensor(value, { name: "initial_value", dtype: wanted });
}

/** @internal Rows to scatter; anything else is refused with the text of the kind of variable. */
export function checkSlices(delta: unknown, message: (shown: string) => string): IndexedSlices {
  if (delta instanceof IndexedSlices) return delta;
  throw new TypeError(message(delta instanceof Tensor ? String(delta) : brief(delta)));
}

/** @internal A scope's name without its slash. */
export function scopeName(scope: string): string {
  return scope.endsWith("/") ? scope.slice(0, -1) : scope;
}
