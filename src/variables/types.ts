/** The function types and options that the variable system passes around. */

import type { DType, DTypeLike, DTypeName } from "../core/dtypes.ts";
import type { DeviceLike } from "../core/graph.ts";
import type { OptionsObject } from "../core/options.ts";
import type { ShapeLike, TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { TensorLike } from "../ops/convert.ts";
import type { InitializerLike } from "./initializers.ts";
import type { Variable } from "./variable.ts";

class AutoReuse {
  readonly name = "AUTO_REUSE";
  toString(): string {
    return "_ReuseMode.AUTO_REUSE";
  }
}

/** Create the variable if it is missing, share it if it is there. TensorFlow: `tf.AUTO_REUSE`. */
export const AUTO_REUSE = new AutoReuse();

/** true: must exist; false: must not; AUTO_REUSE: either; null: as the enclosing scope says. */
export type Reuse = boolean | null | AutoReuse;

/** When replicas of a variable are brought together. */
export const VariableSynchronization = { AUTO: 0, NONE: 1, ON_WRITE: 2, ON_READ: 3 } as const;
export type VariableSynchronization =
  (typeof VariableSynchronization)[keyof typeof VariableSynchronization];

/** How replicas of a variable are combined. */
export const VariableAggregation = { NONE: 0, SUM: 1, MEAN: 2, ONLY_FIRST_REPLICA: 3 } as const;
export type VariableAggregation = (typeof VariableAggregation)[keyof typeof VariableAggregation];

/** Maps a new variable to a scalar loss, or to null for none. */
export type Regularizer = (variable: Variable) => Tensor | null;
/** Projects a value back after an optimizer changed it. */
export type Constraint = (value: Tensor) => TensorLike;
/** The number of parts along each axis; at most one may be above 1. */
export type Partitioner = (shape: TensorShape, dtype: DType) => readonly number[];

/** Everything that can be said about a variable that is asked for by name. */
export interface GetVariableOptions<D extends DTypeName = DTypeName> extends OptionsObject {
  readonly shape?: ShapeLike | number | undefined;
  readonly dtype?: DTypeLike<D> | null | undefined;
  readonly initializer?: InitializerLike | null | undefined;
  readonly regularizer?: Regularizer | null | undefined;
  readonly trainable?: boolean | null | undefined;
  readonly collections?: readonly string[] | null | undefined;
  readonly cachingDevice?: DeviceLike | undefined;
  readonly partitioner?: Partitioner | null | undefined;
  readonly validateShape?: boolean | undefined;
  readonly useResource?: boolean | null | undefined;
  readonly customGetter?: CustomGetter | null | undefined;
  readonly constraint?: Constraint | null | undefined;
  readonly synchronization?: VariableSynchronization | null | undefined;
  readonly aggregation?: VariableAggregation | null | undefined;
}

/** What a getter is called with: the options of `getVariable`, scope defaults filled in, and the effective reuse. */
export interface GetterOptions extends Omit<GetVariableOptions, "customGetter"> {
  readonly reuse?: Reuse | undefined;
}

/** Makes or finds the variable of a full name. */
export type VariableGetter = (name: string, options?: GetterOptions) => Variable;
/** Stands between `getVariable` and `getter`: may change the arguments, and return anything. */
export type CustomGetter = (
  getter: VariableGetter,
  name: string,
  options: GetterOptions,
) => TensorLike;

/** What `tf.Variable` is made from. */
export interface VariableOptions<D extends DTypeName = DTypeName> extends OptionsObject {
  readonly trainable?: boolean | null | undefined;
  readonly collections?: readonly string[] | ReadonlySet<string> | null | undefined;
  readonly validateShape?: boolean | undefined;
  readonly cachingDevice?: DeviceLike | undefined;
  readonly name?: string | null | undefined;
  readonly dtype?: DTypeLike<D> | null | undefined;
  /** Ignored, as in TensorFlow. */
  readonly expectedShape?: ShapeLike | undefined;
  readonly constraint?: Constraint | null | undefined;
  readonly useResource?: boolean | null | undefined;
  readonly synchronization?: VariableSynchronization | null | undefined;
  readonly aggregation?: VariableAggregation | null | undefined;
  /** Overrides the static shape taken from the initial value; `null` dimensions are unknown. */
  readonly shape?: ShapeLike | undefined;
}

/** A value, or a function that makes it. */
export type InitialValue = TensorLike | (() => TensorLike);

/** Everything a variable creator may look at or change. */
export interface CreatorOptions extends VariableOptions {
  readonly initialValue: InitialValue | null | undefined;
}
/** Makes a variable, usually by calling `next`. */
export type VariableCreator = (
  next: (options: CreatorOptions) => Variable,
  options: CreatorOptions,
) => Variable;
