/** Exponential moving averages of variables and tensors. */

import { bfloat16, type DType, float16, float32, float64 } from "../core/dtypes.ts";
import { TypeError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import { brief, mistakeHint } from "../core/kind.ts";
import { type Operation, Tensor } from "../core/tensor.ts";
import { minimum, pow } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { group } from "../ops/control.ts";
import { convertToTensor, type TensorLike } from "../ops/convert.ts";
import type { Named } from "../ops/create.ts";
import { addToCollection, device, initScope, nameScope } from "../ops/scopes.ts";
import { assign, assignSub } from "../ops/state.ts";
import { getVariable } from "../variables/get-variable.ts";
import { zerosInitializer } from "../variables/initializers.ts";
import { getVariableScope, variableScope } from "../variables/scope.ts";
import { type Assigned, isVariable, Variable } from "../variables/variable.ts";
import { colocatedVariables, createSlot, createZerosSlot } from "./slots.ts";

/** What may be averaged. */
export type Averaged = Variable | Tensor;

export interface ExponentialMovingAverageOptions extends Named {
  /** A count of updates so far; while it is small the decay is at most `(1 + n) / (10 + n)`. */
  readonly numUpdates?: TensorLike | null | undefined;
  /** Corrects averages of tensors, which start at zero, for their start. */
  readonly zeroDebias?: boolean | undefined;
}

const averagedTypes: readonly DType[] = [bfloat16, float16, float32, float64];

function listOf(varList: Iterable<unknown> | undefined): Iterable<unknown> {
  if (varList === undefined) return [];
  if (typeof (varList as Iterable<unknown> | null)?.[Symbol.iterator] === "function")
    return varList;
  throw new TypeError(
    `What to average is given as a list; got ${brief(varList)}.`,
    "Put brackets around a single one.",
  );
}

/**
 * Keeps averages that follow values slowly: `avg ← decay avg + (1 - decay) value` at each run of what `apply` returns.
 *
 *     const ema = new tf.train.ExponentialMovingAverage(0.999);
 *     const step = tf.controlDependencies([train], () => ema.apply([w]));
 *     const smooth = ema.average(w);
 *
 * Averages of variables start at the variable's value, those of tensors at zero.
 * TensorFlow: `tf.train.ExponentialMovingAverage`.
 */
export class ExponentialMovingAverage {
  readonly #decay: TensorLike;
  readonly #numUpdates: TensorLike | null;
  readonly #zeroDebias: boolean;
  readonly #name: string;
  readonly #averages = new Map<Averaged, Variable>();

  constructor(
    decay: TensorLike,
    {
      numUpdates = null,
      zeroDebias = false,
      name = "ExponentialMovingAverage",
    }: ExponentialMovingAverageOptions = {},
  ) {
    this.#decay = decay;
    this.#numUpdates = numUpdates;
    this.#zeroDebias = zeroDebias;
    this.#name = name;
  }

  get name(): string {
    return this.#name;
  }

  /**
   * Makes an average for each of `varList` (all trainable variables by default) that has none yet. Returns the
   * operation that updates them. Throws TypeError for what is not floating point.
   */
  apply(varList?: Iterable<Averaged>): Operation {
    const graph = getDefaultGraph();
    for (const value of listOf(varList)) {
      if (isVariable(value) || value instanceof Tensor) continue;
      throw new TypeError(
        `A variable or tensor is needed to average; got ${brief(value)}.`,
        mistakeHint(value),
      );
    }
    const values = [...(varList ?? graph.getCollection<Variable>(GraphKeys.TRAINABLE_VARIABLES))];
    const debiased = new Set<Variable>();
    for (const value of values) {
      if (!averagedTypes.includes(value.dtype.base as DType)) {
        throw new TypeError(`The variables must be half, float, or double: ${value.name}`);
      }
      if (this.#averages.has(value)) continue;
      const average = initScope(() => this.#shadow(value));
      if (this.#zeroDebias && !isVariable(value)) debiased.add(average);
      this.#averages.set(value, average);
    }
    return nameScope(this.#name, (scope) => {
      const decay = this.#effectiveDecay();
      const updates = values.map((value) => {
        const average = this.#averages.get(value) as Variable;
        return assignMovingAverage(average, value, decay, { zeroDebias: debiased.has(average) });
      });
      return group(...updates, { name: scope });
    });
  }

  #shadow(value: Averaged): Variable {
    if (!isVariable(value)) {
      const colocateWithPrimary = ["Variable", "VariableV2", "VarHandleOp"].includes(value.op.type);
      return createZerosSlot(value, this.#name, { colocateWithPrimary });
    }
    const start = device(value.device, () => value.initializedValue());
    const average = createSlot(value, start, this.#name);
    addToCollection(GraphKeys.MOVING_AVERAGE_VARIABLES, value);
    return average;
  }

  #effectiveDecay(): Tensor {
    const decay = convertToTensor(this.#decay, { dtype: float32, name: "decay" });
    if (this.#numUpdates === null) return decay;
    const count = cast(this.#numUpdates, float32, { name: "num_updates" });
    return minimum(decay, count.radd(1).truediv(count.radd(10)));
  }

  /** The variable that holds the average, or null before `apply` was called for it. */
  average(value: Averaged): Variable | null {
    return this.#averages.get(value) ?? null;
  }

  /** The name of the variable that holds the average, or that it would get now. */
  averageName(value: Averaged): string {
    const average = this.#averages.get(value);
    if (average) return average.op.name;
    return getDefaultGraph().uniqueName(`${nodeName(value)}/${this.#name}`, { markAsUsed: false });
  }

  /**
   * What a Saver needs to load averages in place of the variables: a map from names in the checkpoint to variables.
   * Trainable and averaged variables (or `movingAverageVariables`) go by the name of their average, others by their own.
   */
  variablesToRestore(movingAverageVariables?: Iterable<Variable>): Map<string, Variable> {
    const graph = getDefaultGraph();
    const averaged = new Set(
      movingAverageVariables ?? [
        ...graph.getCollection<Variable>(GraphKeys.TRAINABLE_VARIABLES),
        ...graph.getCollection<Variable>(GraphKeys.MOVING_AVERAGE_VARIABLES),
      ],
    );
    const byName = new Map(
      [...averaged].map((variable) => [this.averageName(variable), variable] as const),
    );
    const names = new Set([...averaged].map((variable) => variable.name));
    for (const variable of new Set(graph.getCollection<Variable>(GraphKeys.GLOBAL_VARIABLES))) {
      if (!names.has(variable.name) && !byName.has(variable.op.name))
        byName.set(variable.op.name, variable);
    }
    return byName;
  }
}

/** A tensor's or variable's name without `:0`. */
function nodeName({ name }: Averaged): string {
  return name.slice(0, -":0".length);
}

export interface AssignMovingAverageOptions extends Named {
  /** True by default: divides by `1 - decayⁿ`, as if the average had not started at zero. */
  readonly zeroDebias?: boolean | undefined;
}

/**
 * Moves `variable` towards `value`: `variable -= (1 - decay) (variable - value)`. Debiased, the plain average and
 * the count n are kept in `{variable}/biased` and `{variable}/local_step`.
 * TensorFlow: `moving_averages.assign_moving_average`.
 */
export function assignMovingAverage(
  variable: Variable,
  value: TensorLike,
  decay: TensorLike,
  { zeroDebias = true, name }: AssignMovingAverageOptions = {},
): Assigned {
  if (!(variable instanceof Variable)) {
    throw new TypeError(`A variable is needed to hold the average; got ${brief(variable)}.`);
  }
  return nameScope(
    name ?? null,
    { defaultName: "AssignMovingAvg", values: [variable, value, decay] },
    (scope) => {
      const rate = rateOf(decay, variable.dtype.base);
      if (zeroDebias) return assignDebiased(variable, value, rate);
      return assignSub(variable, variable.value().sub(value).mul(rate), { name: scope });
    },
  );
}

/** 1 - decay */
function rateOf(decay: TensorLike, dtype: DType): Tensor {
  const rest = typeof decay === "number" ? 1 - decay : convertToTensor(decay).rsub(1);
  const rate = convertToTensor(rest, { name: "decay" });
  return rate.dtype.base === dtype ? rate : cast(rate, dtype);
}

function assignDebiased(unbiased: Variable, value: TensorLike, rate: Tensor): Assigned {
  const values = [unbiased, value, rate];
  const [biased, localStep] = variableScope(nodeName(unbiased), { values }, () =>
    colocatedVariables(unbiased, () => {
      const options = {
        dtype: unbiased.dtype.base,
        initializer: zerosInitializer(),
        trainable: false,
      };
      return [
        getVariable(freeName("biased"), { ...options, shape: unbiased.shape }),
        getVariable(freeName("local_step"), { ...options, shape: [] }),
      ] as const;
    }),
  );
  const newBiased = assignSub(biased, biased.value().sub(value).mul(rate));
  const newStep = localStep.assignAdd(1);
  const correction = pow(rate.rsub(1), newStep).rsub(1);
  const debiased = convertToTensor(newBiased).truediv(correction);
  return assign(unbiased, debiased, { name: `${getDefaultGraph().getNameScope()}/` });
}

/** `name`, or the first of `name_1`, `name_2`, … that no variable of the current scope has. */
function freeName(name: string): string {
  const scope = getVariableScope();
  if (scope.reuse) return name;
  const taken = new Set(scope.globalVariables().map((variable) => variable.op.name));
  const isTaken = (candidate: string) => taken.has(`${scope.name}/${candidate}`);
  if (!isTaken(name)) return name;
  let suffix = 1;
  while (isTaken(`${name}_${suffix}`)) suffix += 1;
  return `${name}_${suffix}`;
}
