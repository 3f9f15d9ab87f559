/** Optimizer: the base of all optimizers. Computes gradients, applies them, and keeps slots. */

import { bfloat16, type DType, type DTypeLike, float16, float32, float64 } from "../core/dtypes.ts";
import { NotImplementedError, RuntimeError, repr, TypeError, ValueError } from "../core/errors.ts";
import { type Graph, getDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import { brief, kindOf, mistakeHint } from "../core/kind.ts";
import type { OptionsObject } from "../core/options.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import type { ShapeLike } from "../core/shape.ts";
import { type Operation, Tensor } from "../core/tensor.ts";
import type { AggregationMethodValue } from "../gradients/aggregate.ts";
import { gradients } from "../gradients/gradients.ts";
import { shape } from "../ops/array.ts";
import { group, tuple } from "../ops/control.ts";
import { convertToTensor, type TensorLike } from "../ops/convert.ts";
import type { GradientResult } from "../ops/define.ts";
import { indexTensor } from "../ops/index-tensor.ts";
import { IndexedSlices } from "../ops/indexed-slices.ts";
import { controlDependencies, initScope, nameScope } from "../ops/scopes.ts";
import { unsortedSegmentSum } from "../ops/segment.ts";
import { assignAdd, assignAddVariableOp } from "../ops/state.ts";
import { unique } from "../ops/unique.ts";
import type { InitializerLike } from "../variables/initializers.ts";
import type { InitialValue } from "../variables/types.ts";
import { type Assigned, isVariable, Variable } from "../variables/variable.ts";
import type { GlobalStep } from "./global-step.ts";
import {
  colocatedVariables,
  createSlot,
  createSlotWithInitializer,
  createZerosSlot,
  isResourceVariable,
} from "./slots.ts";

/** A setting of an optimizer. A function is called each time gradients are applied. */
export type HyperParameter = TensorLike | (() => TensorLike);

/** Options of every optimizer. */
export interface OptimizerOptions extends OptionsObject {
  /** Makes updates exclude each other where TensorFlow runs the graph. */
  readonly useLocking?: boolean | undefined;
  readonly name?: string | undefined;
}

/** What gradients are taken with respect to. Plain tensors have gradients but cannot be updated. */
export type Target = Variable | Tensor;
/** One or more, nested in any way. */
export type Nest<T> = T | readonly Nest<T>[];

export interface ComputeGradientsOptions<V extends Target = Variable> {
  /** Default: all trainable variables of the graph. */
  readonly varList?: Nest<V> | undefined;
  /** `Optimizer.GATE_OP` by default: how many gradients must be there before one is used. */
  readonly gateGradients?: number | undefined;
  readonly aggregationMethod?: AggregationMethodValue | undefined;
  readonly colocateGradientsWithOps?: boolean | undefined;
  /** The gradient of something else with respect to the loss. */
  readonly gradLoss?: Tensor | undefined;
}

export interface ApplyGradientsOptions extends OptionsObject {
  /** Incremented after the variables were updated. */
  readonly globalStep?: GlobalStep | null | undefined;
  /** Name of the returned operation; the optimizer's by default. */
  readonly name?: string | undefined;
}

export interface MinimizeOptions extends ComputeGradientsOptions<Target>, ApplyGradientsOptions {}

/** The gradient of the loss with respect to a variable, or null, and the variable. */
export type GradientAndVariable<V extends Target = Variable> = readonly [GradientResult, V];

/** What updating one variable gives; running it does the update. */
export type Update = Operation | Assigned;

const optimizerOptionNames: OptionNames<OptimizerOptions> = { name: true, useLocking: true };
const applyOptionNames: OptionNames<ApplyGradientsOptions> = { globalStep: true, name: true };
const computeOptionNames: OptionNames<ComputeGradientsOptions> = {
  varList: true,
  gateGradients: true,
  aggregationMethod: true,
  colocateGradientsWithOps: true,
  gradLoss: true,
};
const minimizeOptionNames: OptionNames<MinimizeOptions> = {
  ...computeOptionNames,
  ...applyOptionNames,
};

const trainableTypes: readonly DType[] = [float32, float64, float16, bfloat16];

/**
 * Base class of optimizers.
 *
 * `minimize` adds the operations that compute gradients and apply them once; each run of the operation it returns is
 * one training step. To look at gradients or change them in between, call `computeGradients` and
 * `applyGradients`. An optimizer of your own implements `applyDense`, `applySparse`, and where needed `createSlots`
 * and `prepare`. TensorFlow: `tf.train.Optimizer`.
 */
export abstract class Optimizer {
  /** Gradients are used as soon as they are there. */
  static readonly GATE_NONE = 0;
  /** The gradients of all inputs of an operation are there before any of them is used. */
  static readonly GATE_OP = 1;
  /** All gradients are there before any is used. */
  static readonly GATE_GRAPH = 2;

  protected readonly useLocking: boolean;
  readonly #name: string;
  /** By slot name, then by the node of the variable a slot belongs to. */
  readonly #slots = new Map<string, Map<Operation, Variable>>();
  readonly #nonSlots = new Map<Graph, Map<string, Variable>>();

  constructor(options: OptimizerOptions) {
    checkOptions(options, new.target.name, optimizerOptionNames);
    const { useLocking = false, name } = (options as OptimizerOptions | undefined) ?? {};
    if (!name) throw new ValueError("Must specify the optimizer name");
    this.useLocking = useLocking;
    this.#name = name;
  }

  getName(): string {
    return this.#name;
  }

  /**
   * Adds operations that make `loss` smaller by changing the variables. Returns the one to run for a step.
   * Throws ValueError when no variable has a gradient.
   */
  minimize(loss: Target, minimizeOptions: MinimizeOptions = {}): Operation {
    checkOptions(minimizeOptions, "minimize", minimizeOptionNames);
    const { globalStep, name, ...options } = minimizeOptions;
    const gradsAndVars = this.computeGradients(loss, options);
    if (gradsAndVars.every(([grad]) => grad === null)) {
      throw new ValueError(
        `No gradients provided for any variable, check your graph for ops that do not support gradients, between variables ${shown(gradsAndVars)} and loss ${loss}.`,
      );
    }
    return this.applyGradients(gradsAndVars, { globalStep, name });
  }

  /**
   * The gradients of `loss` with respect to variables, paired with them; null where the loss does not depend on one.
   * The first part of `minimize`.
   */
  computeGradients<V extends Target = Variable>(
    loss: Target,
    options: ComputeGradientsOptions<V> = {},
  ): GradientAndVariable<V>[] {
    checkOptions(options, "computeGradients", computeOptionNames);
    const {
      varList,
      gateGradients = Optimizer.GATE_OP,
      aggregationMethod,
      colocateGradientsWithOps,
      gradLoss,
    } = options;
    if (!gates.includes(gateGradients)) {
      throw new ValueError(
        `gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, Optimizer.GATE_GRAPH.  Not ${gateGradients}`,
      );
    }
    checkTypes([loss, ...(gradLoss ? [gradLoss] : [])]);
    const targets = varList === undefined ? (defaultVariables() as V[]) : flatten(varList);
    targets.push(...getDefaultGraph().getCollection<V>(GraphKeys._STREAMING_MODEL_PORTS));
    for (const target of targets) checkTarget(target);
    if (targets.length === 0) throw new ValueError("No variables to optimize.");
    const found = gradients(loss, targets, {
      gradYs: gradLoss,
      gateGradients: gateGradients === Optimizer.GATE_OP,
      aggregationMethod,
      colocateGradientsWithOps,
    });
    const grads = gateGradients === Optimizer.GATE_GRAPH ? tuple(found) : found;
    const pairs = targets.map((target, i) => [grads[i] as GradientResult, target] as const);
    checkTypes(pairs.flatMap(([grad, target]) => (grad === null ? [] : [target])));
    return pairs;
  }

  /**
   * Adds operations that change variables by their gradients. Returns the one to run for a step; it is also in the
   * TRAIN_OP collection. Pairs whose gradient is null are left out. The second part of `minimize`.
   */
  applyGradients(
    gradsAndVars: Iterable<readonly [TensorLike | IndexedSlices | null | undefined, Target]>,
    options: ApplyGradientsOptions = {},
  ): Operation {
    checkOptions(options, "applyGradients", applyOptionNames);
    const { globalStep, name } = options;
    const pairs = pairsOf(gradsAndVars).map(
      ([grad, target]) => [asGradient(grad), checkTarget(target)] as const,
    );
    if (pairs.length === 0) throw new ValueError("No variables provided.");
    const updated = pairs.filter(
      (pair): pair is readonly [Tensor | IndexedSlices, Target] => pair[0] !== null,
    );
    if (updated.length === 0) {
      throw new ValueError(`No gradients provided for any variable: ${shown(pairs)}.`);
    }
    // A plain tensor is refused below, when its turn comes.
    initScope(() => {
      this.createSlots(updated.map(([, variable]) => variable as Variable));
    });
    return nameScope(name ?? null, { defaultName: this.#name }, (scope) => {
      this.prepare();
      const updates = updated.map(([grad, target]) => this.#placedUpdate(grad, target));
      const op = globalStep
        ? this.#countStep(globalStep, this.finish(updates, "update"), scope)
        : this.finish(updates, scope);
      const trainOps = getDefaultGraph().getCollectionRef<Operation>(GraphKeys.TRAIN_OP);
      if (!trainOps.includes(op)) trainOps.push(op);
      return op;
    });
  }

  #placedUpdate(grad: Tensor | IndexedSlices, target: Target): Update {
    return nameScope(`update_${target.op.name}`, () =>
      getDefaultGraph().colocateWith(target, {}, () => {
        if (!isVariable(target)) {
          throw new NotImplementedError(`('Trying to update a Tensor ', ${inspected(target)})`);
        }
        return this.#update(grad, target);
      }),
    );
  }

  #update(grad: Tensor | IndexedSlices, variable: Variable): Update {
    const { constraint } = variable;
    if (grad instanceof IndexedSlices) {
      if (constraint)
        throw new RuntimeError("Cannot use a constraint function on a sparse variable.");
      return this.applySparseDuplicateIndices(grad, variable);
    }
    const update = this.applyDense(grad, variable);
    if (!constraint) return update;
    return controlDependencies([update], () => variable.assign(constraint(variable as never)));
  }

  #countStep(step: GlobalStep, updates: Operation, name: string): Operation {
    const graph = getDefaultGraph();
    return controlDependencies([updates], () =>
      graph.colocateWith(step, {}, () => {
        if (isVariable(step) && isResourceVariable(step)) {
          return assignAddVariableOp(step.handle, convertToTensor(1, { dtype: step.dtype }), {
            name,
          });
        }
        return assignAdd(step as Tensor, 1, { name }).op;
      }),
    );
  }

  /** The slot of a variable, or null when it has none of that name. */
  getSlot(variable: Target, name: string): Variable | null {
    return this.#slots.get(name)?.get(variable.op) ?? null;
  }
  /** Names for `getSlot`, sorted. */
  getSlotNames(): string[] {
    return [...this.#slots.keys()].sort();
  }
  /** All variables that this optimizer made in the default graph, sorted by name. */
  variables(): Variable[] {
    const graph = getDefaultGraph();
    const slots = [...this.#slots.values()].flatMap((byVariable) => [...byVariable.values()]);
    return [...(this.#nonSlots.get(graph)?.values() ?? []), ...slots]
      .filter((variable) => variable.graph === graph)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  // What subclasses define

  /** Makes the slots that the variables need, outside of control flow and of the scope of the update. */
  protected createSlots(_variables: readonly Variable[]): void {}
  /** Makes what all updates share, such as the constants of hyper-parameters. */
  protected prepare(): void {}
  /** Adds the operations that change a variable by its gradient. */
  protected abstract applyDense(grad: Tensor, variable: Variable): Update;
  /** The same for the gradient of some rows, each of which is named once. */
  protected abstract applySparse(grad: IndexedSlices, variable: Variable): Update;
  /** The same for rows that may be named more than once; sums them unless a subclass knows better. */
  protected applySparseDuplicateIndices(grad: IndexedSlices, variable: Variable): Update {
    const { y: indices, idx: segments } = unique(grad.indices);
    const values = unsortedSegmentSum(grad.values, segments, indexTensor(shape(indices), [0]));
    return this.applySparse(new IndexedSlices(values, indices, grad.denseShape), variable);
  }
  /** Puts the updates together in one operation of that name. */
  protected finish(updates: readonly Update[], name: string): Operation {
    return group(...updates, { name });
  }

  // Help for subclasses

  /** The slot of a variable that starts as zeros, made when there is none. */
  protected zerosSlot(variable: Variable, slotName: string, opName: string = this.#name): Variable {
    return this.#slot(variable, slotName, () => createZerosSlot(variable, opName));
  }
  /** The slot of a variable that starts as `value`, made when there is none. */
  protected valueSlot(
    variable: Variable,
    value: Tensor,
    slotName: string,
    opName: string = this.#name,
  ): Variable {
    return this.#slot(variable, slotName, () => createSlot(variable, value, opName));
  }
  /** The slot of a variable with an initializer, made when there is none. */
  protected initializedSlot(
    variable: Variable,
    initializer: InitializerLike,
    shape: ShapeLike,
    dtype: DTypeLike,
    slotName: string,
    opName: string = this.#name,
  ): Variable {
    return this.#slot(variable, slotName, () =>
      createSlotWithInitializer(variable, initializer, shape, dtype, opName),
    );
  }

  #slot(variable: Variable, slotName: string, make: () => Variable): Variable {
    const known = this.#slots.get(slotName);
    const found = known?.get(variable.op);
    if (found) return found;
    const slot = make();
    if (known) known.set(variable.op, slot);
    else this.#slots.set(slotName, new Map([[variable.op, slot]]));
    return slot;
  }

  /** A variable of the optimizer itself: one of that name per graph, placed with another variable when made. */
  protected nonSlot(initialValue: InitialValue, name: string, colocateWith: Variable): Variable {
    const { graph } = colocateWith;
    const known = this.#nonSlots.get(graph) ?? new Map<string, Variable>();
    this.#nonSlots.set(graph, known);
    const found = known.get(name);
    if (found) return found;
    const useResource = isResourceVariable(colocateWith);
    const variable = colocatedVariables(
      colocateWith,
      () => new Variable(initialValue, { name, trainable: false, useResource }),
    );
    known.set(name, variable);
    return variable;
  }
  /** One that `nonSlot` made in the default graph. */
  protected getNonSlot(name: string): Variable {
    const variable = this.#nonSlots.get(getDefaultGraph())?.get(name);
    if (!variable)
      throw new ValueError(
        `The optimizer '${this.#name}' has no variable '${name}' in this graph.`,
      );
    return variable;
  }
}

/** The value of a hyper-parameter at this moment. */
export function called(value: HyperParameter): TensorLike {
  return typeof value === "function" ? value() : value;
}

function defaultVariables(): Variable[] {
  const graph = getDefaultGraph();
  return [
    ...graph.getCollection<Variable>(GraphKeys.TRAINABLE_VARIABLES),
    ...graph.getCollection<Variable>(GraphKeys.TRAINABLE_RESOURCE_VARIABLES),
  ];
}

/** The values of `gateGradients`. */
const gates: readonly number[] = [0, 1, 2];

function flatten<T>(nest: Nest<T>): T[] {
  return Array.isArray(nest)
    ? (nest as readonly Nest<T>[]).flatMap((item) => flatten(item))
    : [nest as T];
}

function checkTarget<V>(target: V): V {
  if (isVariable(target) || target instanceof Tensor) return target;
  throw new NotImplementedError(`('Trying to optimize unsupported type ', ${brief(target)})`);
}

/** The pairs that `applyGradients` takes; anything else is refused. */
function pairsOf<G, T>(given: Iterable<readonly [G, T]>): (readonly [G, T])[] {
  const isList = typeof given === "object" && given !== null && Symbol.iterator in given;
  const pairs = isList ? [...given] : [given as unknown as readonly [G, T]];
  for (const pair of pairs) {
    if (Array.isArray(pair) && pair.length === 2) continue;
    throw new TypeError(
      `Gradients are applied as pairs of a gradient and its variable; got ${brief(pair)}.`,
      "For example: optimizer.applyGradients([[gradient, variable]]).",
    );
  }
  return pairs;
}

function checkTypes(values: readonly Target[]): void {
  for (const value of values) {
    if (!isVariable(value) && !(value instanceof Tensor)) {
      throw new TypeError(
        `A tensor or variable is needed to differentiate; got ${brief(value)} of type '${kindOf(value)}'.`,
        mistakeHint(value),
      );
    }
    const { dtype, name } = value;
    const { base } = dtype as DType;
    if (trainableTypes.includes(base)) continue;
    const expected = trainableTypes.map((type) => `tf.${type.name}`).join(", ");
    throw new ValueError(`Invalid type tf.${base.name} for ${name}, expected: [${expected}].`);
  }
}

function asGradient(
  grad: TensorLike | IndexedSlices | null | undefined,
): Tensor | IndexedSlices | null {
  if (grad === null || grad === undefined) return null;
  if (grad instanceof IndexedSlices) return grad;
  try {
    return convertToTensor(grad);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(
      `Gradient must be convertible to a Tensor or IndexedSlices, or None: ${String(grad)}`,
    );
  }
}

/** The variables as Python prints a list of their texts. */
function shown(pairs: Iterable<readonly [unknown, Target]>): string {
  return `[${[...pairs].map(([, target]) => repr(String(target))).join(", ")}]`;
}

function inspected({ name, shape: { dims }, dtype }: Tensor): string {
  const shape = dims
    ? `(${dims.map((dim) => dim ?? "None").join(", ")}${dims.length === 1 ? "," : ""})`
    : "<unknown>";
  return `<tf.Tensor '${name}' shape=${shape} dtype=${dtype.name}>`;
}
