/** PartitionedVariable: several variables that together are one tensor. */

import type { DType, DTypeName } from "../core/dtypes.ts";
import { NotImplementedError, TypeError, ValueError } from "../core/errors.ts";
import { type Graph, inGraph } from "../core/graph.ts";
import type { notOptions } from "../core/options.ts";
import type { TensorShape } from "../core/shape.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { concat } from "../ops/concat.ts";
import { brief } from "../ops/constant.ts";
import {
  type ConversionOptions,
  type TensorConvertible,
  type TensorLike,
  toTensor,
} from "../ops/convert.ts";
import { identity } from "../ops/identity.ts";
import { inNameScope } from "../ops/scopes.ts";
import { split } from "../ops/split.ts";
import type { SaveSliceInfo } from "./slices.ts";
import type { Assigned, AssignOptions, Variable } from "./variable.ts";

export interface PartitionedFields {
  readonly name: string;
  readonly shape: TensorShape;
  readonly dtype: DType;
  readonly variables: readonly Variable[];
  /** The number of parts along each axis. */
  readonly partitions: readonly number[];
}

/** What may be assigned: the whole, one value per part, or another variable of the same parts. */
export type PartitionedValue = TensorLike | readonly TensorLike[] | PartitionedVariable;

/** Parts of one large tensor, each a variable. Converts to the whole. TensorFlow: `PartitionedVariable`. */
export class PartitionedVariable<D extends DTypeName = DTypeName>
  implements TensorConvertible, Iterable<Variable<D>>
{
  declare readonly [notOptions]: true;
  /** Without output index. */
  readonly name: string;
  readonly shape: TensorShape;
  readonly dtype: DType<D>;
  readonly partitions: readonly number[];
  /** The parts in order of their offsets. */
  readonly variables: readonly Variable<D>[];

  constructor({ name, shape, dtype, variables, partitions }: PartitionedFields) {
    check(shape, variables, partitions);
    this.name = name;
    this.shape = shape;
    this.dtype = dtype as DType<D>;
    this.partitions = partitions;
    this.variables = [...variables].sort(byOffset) as Variable<D>[];
  }

  get graph(): Graph {
    return (this.variables[0] as Variable).graph;
  }
  get length(): number {
    this.#axis((count) => `Cannot get a length for ${count} > 1 partition axes`);
    return this.variables.length;
  }
  [Symbol.iterator](): Iterator<Variable<D>> {
    return this.variables[Symbol.iterator]();
  }

  /** The parts joined. Waits for nothing that the surrounding scopes ask to wait for. */
  asTensor(): Tensor<D> {
    const { graph, variables } = this;
    return inGraph(graph, () =>
      graph.inside(graph.controlPatch(null), () => {
        const whole = (value: TensorLike) =>
          inNameScope(null, () => identity(value, { name: this.name }) as Tensor<D>);
        if (variables.length === 1) return whole(variables[0] as Variable);
        const axis = this.#axis(() => "");
        return whole(inNameScope(`${this.name}/ConcatPartitions/`, () => concat(variables, axis)));
      }),
    );
  }
  [toTensor]({ dtype, asRef }: ConversionOptions): Tensor {
    if (dtype && !dtype.isCompatibleWith(this.dtype)) {
      throw new ValueError(
        `Incompatible type conversion requested to type '${dtype.name}' for variable of type '${this.dtype.name}'`,
      );
    }
    if (asRef) {
      throw new NotImplementedError(
        "PartitionedVariable doesn't support being used as a reference.",
      );
    }
    return this.asTensor();
  }

  /** Assigns to every part; one result per part. */
  assign(value: PartitionedValue, options?: AssignOptions): (Assigned | Operation)[] {
    return this.#eachPart(value, (part, piece) => part.assign(piece, options));
  }
  assignAdd(value: PartitionedValue, options?: AssignOptions): (Assigned | Operation)[] {
    return this.#eachPart(value, (part, piece) => part.assignAdd(piece, options));
  }
  assignSub(value: PartitionedValue, options?: AssignOptions): (Assigned | Operation)[] {
    return this.#eachPart(value, (part, piece) => part.assignSub(piece, options));
  }
  #eachPart<R>(value: PartitionedValue, apply: (part: Variable, piece: TensorLike) => R): R[] {
    const pieces = this.#pieces(value);
    return this.variables.map((part, i) => apply(part, pieces[i] as TensorLike));
  }
  #pieces(value: PartitionedValue): readonly TensorLike[] {
    const axis = this.#axis(
      (_, axes) =>
        `Cannot do assign action along more than one dimension: ${brief(axes)}.  Multi-axis partition assign action is not supported `,
    );
    if (value instanceof PartitionedVariable) return value.variables;
    if (Array.isArray(value)) {
      if (value.length === this.variables.length) return value as readonly TensorLike[];
      throw new ValueError(
        `Expected one value for each of the ${this.variables.length} parts of ${this.name}, got ${value.length}.`,
      );
    }
    const sizes = this.variables.map((part) => part.shape.dim(axis) as number);
    return split(value as TensorLike, sizes, { axis });
  }

  /** The axis that is cut; the first when none is. */
  #axis(tooMany: (count: number, axes: readonly number[]) => string): number {
    const axes = [...this.partitions.keys()].filter(
      (axis) => (this.partitions[axis] as number) > 1,
    );
    if (axes.length > 1) throw new ValueError(tooMany(axes.length, axes));
    return axes[0] ?? 0;
  }

  toString(): string {
    return `<tf.PartitionedVariable '${this.name}' shape=${this.shape} dtype=${this.dtype.name} parts=${this.variables.length}>`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

function check(
  shape: TensorShape,
  variables: readonly Variable[],
  partitions: readonly number[],
): void {
  if (!Array.isArray(variables))
    throw new TypeError(`variable_list is not a list or tuple: ${brief(variables)}`);
  if (!Array.isArray(partitions))
    throw new TypeError(`partitions is not a list or tuple: ${brief(partitions)}`);
  if (partitions.some((count) => count < 1)) {
    throw new ValueError(`partition values must be positive: ${brief(partitions)}`);
  }
  if (variables.length === 0) throw new ValueError("variable_list may not be empty");
  for (const variable of variables as readonly Variable[]) {
    const slice = variable.saveSliceInfo;
    if (!slice) {
      const names = (variables as readonly Variable[]).map(({ name }) => name);
      throw new ValueError(`All variables must have a save_slice_info available: ${brief(names)}`);
    }
    if (shape.rank !== partitions.length) {
      throw new ValueError(`len(shape) != len(partitions): ${shape} vs. ${brief(partitions)}`);
    }
    if (!shape.equals(slice.fullShape)) {
      throw new ValueError(
        `All variables' full shapes must match shape: ${shape}; but full shapes were: ${brief([slice.fullShape])}`,
      );
    }
  }
}

function byOffset(a: Variable, b: Variable): number {
  const theirs = (b.saveSliceInfo as SaveSliceInfo).varOffset;
  const own = (a.saveSliceInfo as SaveSliceInfo).varOffset;
  const axis = own.findIndex((offset, i) => offset !== theirs[i]);
  return axis < 0 ? 0 : (own[axis] as number) - (theirs[axis] as number);
}
