/** Optimizers as rules: an apply op, the hyper-parameters and slots it takes, and one body for all of them. */

import type { DType } from "../core/dtypes.ts";
import { internal } from "../core/errors.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { cast } from "../ops/cast.ts";
import { convertToTensor, type TensorLike } from "../ops/convert.ts";
import { createOp } from "../ops/create.ts";
import { type OpDef, opDef } from "../ops/define.ts";
import type { IndexedSlices } from "../ops/indexed-slices.ts";
import { type TrainingOpOptions, trainingOp } from "../ops/training-ops.ts";
import type { DenseOnly, RuleName } from "../ops/training-rules.ts";
import type { InitializerLike } from "../variables/initializers.ts";
import { isVariable, type Variable } from "../variables/variable.ts";
import {
  called,
  type HyperParameter,
  Optimizer,
  type OptimizerOptions,
  type Update,
} from "./optimizer.ts";
import { isResourceVariable } from "./slots.ts";

/** How a slot comes about. */
export interface SlotRule {
  /** The name for `getSlot`. */
  readonly name: string;
  /** What its variable is named after, instead of the optimizer. */
  readonly opName?: string | undefined;
  /** What it starts as; zeros when absent. */
  readonly initial?: (variable: Variable) => InitializerLike;
}

/** An optimizer in terms of the inputs of its apply op. */
export interface Rule {
  /** `"Momentum"` for ApplyMomentum, SparseApplyMomentum, ResourceApplyMomentum, ResourceSparseApplyMomentum. */
  readonly type: RuleName;
  /** By the input they are for, in the order in which their constants are made: the constant's name and the value. */
  readonly hyper: Readonly<Record<string, readonly [name: string, value: HyperParameter]>>;
  /** By the input they are for, in the order in which they are made. */
  readonly slots?: Readonly<Record<string, SlotRule>>;
  readonly attrs?: Pick<TrainingOpOptions, "useNesterov" | "updateSlots">;
}

/** The gradient under all names that apply ops have for it, and more inputs that come with it. */
export type Given = Readonly<Record<string, TensorLike>>;

/** An optimizer whose updates are single apply ops. */
export abstract class RuleOptimizer extends Optimizer {
  readonly #rule: Rule;
  /** Hyper-parameters by input, as of the latest `prepare`. */
  #hyper: ReadonlyMap<string, Tensor> = new Map();

  constructor(rule: Rule, options: OptimizerOptions) {
    super(options);
    this.#rule = rule;
  }

  protected override createSlots(variables: readonly Variable[]): void {
    for (const variable of variables) {
      const made = Object.values(this.#rule.slots ?? {}).map(
        (slot) => [slot, slot.initial?.(variable)] as const,
      );
      for (const [{ name, opName }, initial] of made) {
        if (initial === undefined) this.zerosSlot(variable, name, opName);
        else
          this.initializedSlot(
            variable,
            initial,
            variable.shape,
            variable.dtype.base,
            name,
            opName,
          );
      }
    }
  }

  protected override prepare(): void {
    const entries = Object.entries(this.#rule.hyper);
    this.#hyper = new Map(
      entries.map(
        ([input, [name, value]]) => [input, convertToTensor(called(value), { name })] as const,
      ),
    );
  }

  /** A hyper-parameter in the dtype of a variable. */
  protected hyper(input: string, dtype: DType): Tensor {
    return cast(this.hyperTensor(input), dtype.base);
  }
  /** A hyper-parameter as it was given. */
  protected hyperTensor(input: string): Tensor {
    const tensor = this.#hyper.get(input);
    if (!tensor) throw internal(`${this.#rule.type} has no hyper-parameter '${input}'`);
    return tensor;
  }

  /** Inputs of the apply op that are neither hyper-parameters nor slots; made anew for each variable. */
  protected more(_variable: Variable): Given {
    return {};
  }

  protected override applyDense(grad: Tensor, variable: Variable): Update {
    return this.#apply("", variable, { grad, delta: grad });
  }

  protected override applySparse({ values, indices }: IndexedSlices, variable: Variable): Update {
    return this.#apply("Sparse", variable, { grad: values, indices });
  }

  #apply(form: "" | "Sparse", variable: Variable, gradient: Given): Update {
    const { type: rule, slots = {}, attrs } = this.#rule;
    const isResource = isResourceVariable(variable);
    const type =
      `${isResource ? "Resource" : ""}${form}Apply${rule as Exclude<RuleName, DenseOnly>}` as const;
    const given: Given = { ...gradient, ...this.more(variable) };
    const inputs = definition(type).inputs.map(({ name, type: declared }): TensorLike => {
      if (name === "var") return written(variable);
      const slot = slots[name];
      if (slot) return written(this.getSlot(variable, slot.name) as Variable);
      const value = given[name] ?? this.hyperTensor(name);
      return declared === "T" ? inType(value, variable.dtype.base) : value;
    });
    return trainingOp(type, inputs, { ...attrs, useLocking: this.useLocking });
  }
}

function definition(type: string): OpDef {
  const def = opDef(type);
  if (!def) throw internal(`there is no op ${type}`);
  return def;
}

/** Adds rows to a resource variable, without reading it after that. */
export function resourceScatterAdd(
  variable: Variable,
  indices: Tensor,
  updates: Tensor,
): Operation {
  return createOp(
    definition("ResourceScatterAdd"),
    [variable.handle, indices, updates],
    {},
    undefined,
  );
}

/** What an op takes that writes to a variable. */
function written(variable: Variable): TensorLike {
  return isResourceVariable(variable) ? variable.handle : variable;
}

/** A resource variable of the right dtype is left for the op to read, as in TensorFlow. */
function inType(value: TensorLike, dtype: DType): TensorLike {
  if (isVariable(value) && value.dtype === dtype) return value;
  return cast(value, dtype);
}
