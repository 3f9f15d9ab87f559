/** tf.gradients: reverse-mode differentiation by adding nodes to the graph. */

import { type DType, int32 } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { type Graph, inGraph } from "../core/graph.ts";
import type { OptionsObject } from "../core/options.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { ones, shape, zeros, zerosLike } from "../ops/array.ts";
import { constant } from "../ops/constant.ts";
import { tuple } from "../ops/control.ts";
import { convertToTensor, graphOf, type TensorLike } from "../ops/convert.ts";
import type { GradientResult } from "../ops/define.ts";
import { identity } from "../ops/identity.ts";
import { IndexedSlices } from "../ops/indexed-slices.ts";
import { variableShape } from "../ops/state.ts";
import { switchZeros } from "../ops/switch.ts";
import { type AggregationMethodValue, aggregate, checkAggregation } from "./aggregate.ts";
import { gradientOf } from "./registry.ts";

/** What `gradients` gives for an x that no y depends on: null, or zeros. */
export const UnconnectedGradients = { NONE: "none", ZERO: "zero" } as const;

export interface GradientsOptions extends OptionsObject {
  /** The gradient of the sum of ys w.r.t. each y; null for ones. */
  readonly gradYs?: readonly (TensorLike | IndexedSlices | null)[] | TensorLike | undefined;
  readonly name?: string | undefined;
  /** Places gradient nodes with the nodes they belong to. */
  readonly colocateGradientsWithOps?: boolean | undefined;
  /** The gradients of one node's inputs become available together. */
  readonly gateGradients?: boolean | undefined;
  readonly aggregationMethod?: AggregationMethodValue | undefined;
  /** Tensors not to differentiate through. */
  readonly stopGradients?: readonly Tensor[] | Tensor | undefined;
  readonly unconnectedGradients?: "none" | "zero" | undefined;
}

const optionNames: OptionNames<GradientsOptions> = {
  gradYs: true,
  name: true,
  colocateGradientsWithOps: true,
  gateGradients: true,
  aggregationMethod: true,
  stopGradients: true,
  unconnectedGradients: true,
};

/** A list, also of one. */
type OneOrMore<T> = T | readonly T[];

/**
 * Adds nodes that compute the derivative of the sum of `ys` with respect to each of `xs`.
 *
 * One entry per x: a Tensor of its shape, IndexedSlices when only rows are touched, or null when no y depends
 * on it. Throws LookupError for an operation without gradient on the way. TensorFlow: `tf.gradients`.
 */
export function gradients(
  ys: OneOrMore<TensorLike>,
  xs: OneOrMore<TensorLike>,
  options: GradientsOptions = {},
): GradientResult[] {
  checkOptions(options, "gradients", optionNames);
  const yList = asList(ys);
  const xList = asList(xs);
  const stops = options.stopGradients === undefined ? [] : asList<Tensor>(options.stopGradients);
  const gradYs: readonly (TensorLike | IndexedSlices | null)[] =
    options.gradYs === undefined ? yList.map(() => null) : asList(options.gradYs as TensorLike);
  const unconnected = options.unconnectedGradients ?? "none";
  if (unconnected !== "none" && unconnected !== "zero") {
    throw new ValueError(`Unknown value for unconnected_gradients: '${unconnected}'`);
  }
  checkAggregation(options.aggregationMethod ?? 0);
  const graph = graphOf([...yList, ...xList, ...stops, ...gradYs]);
  return inGraph(graph, () => {
    const yTensors = yList.map((y) => convertToTensor(y));
    const results = graph.nameScope(options.name ?? "gradients", () => {
      graph.uniqueName("uid");
      const xTensors = xList.map((x) => convertToTensor(x, { name: "x", asRef: true }));
      const found = new Backpropagation(graph, yTensors, xTensors, stops, options).run(gradYs);
      return xTensors.map((x, i) => [x, found[i] ?? null] as const);
    });
    return results.map(([x, grad]) =>
      grad === null && unconnected === "zero" ? zerosFor(x) : grad,
    );
  });
}

function asList<T>(value: OneOrMore<T>): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** Types that gradients flow through. */
export function isTrainable({ dtype }: { readonly dtype: DType }): boolean {
  const { base } = dtype;
  return (
    base.isFloating || base.isComplex || base.baseName === "resource" || base.baseName === "variant"
  );
}

class Backpropagation {
  readonly #graph: Graph;
  readonly #ys: readonly Tensor[];
  readonly #xs: readonly Tensor[];
  readonly #options: GradientsOptions;
  /** Gradients received so far, by tensor. */
  readonly #received = new Map<Tensor, GradientResult[]>();
  /** Sums of them, once the operation was reached. */
  readonly #summed = new Map<Tensor, GradientResult>();
  readonly #between = new Set<Operation>();
  /** Consumers, per use, whose gradients are still to come. */
  readonly #pending = new Map<Operation, number>();
  readonly #stops = new Set<Operation>();

  constructor(
    graph: Graph,
    ys: readonly Tensor[],
    xs: readonly Tensor[],
    stops: readonly Tensor[],
    options: GradientsOptions,
  ) {
    this.#graph = graph;
    this.#ys = ys;
    this.#xs = xs;
    this.#options = options;
    this.#findPaths();
    for (const { op } of xs) {
      const isFrontier = op.inputs.every((input) => (this.#pending.get(input.op) ?? 0) === 0);
      if (isFrontier) this.#stops.add(op);
    }
    for (const { op } of stops) this.#stops.add(op);
  }

  /** Operations on a path from some x to some y, and how often each is read on such paths. */
  #findPaths(): void {
    const reached = new Set<Operation>();
    const forward = this.#xs.map((x) => x.op);
    for (let op = forward.pop(); op; op = forward.pop()) {
      if (reached.has(op)) continue;
      reached.add(op);
      for (const output of op.outputs) if (isTrainable(output)) forward.push(...output.consumers());
    }
    const backward = this.#ys.map((y) => y.op);
    for (let op = backward.pop(); op; op = backward.pop()) {
      if (!reached.has(op) || this.#between.has(op)) continue;
      this.#between.add(op);
      for (const input of op.inputs) backward.push(input.op);
    }
    for (const op of this.#between) {
      for (const { op: source } of op.inputs) {
        if (this.#between.has(source))
          this.#pending.set(source, (this.#pending.get(source) ?? 0) + 1);
      }
    }
  }

  run(gradYs: readonly (TensorLike | IndexedSlices | null)[]): GradientResult[] {
    const initial = this.#initialGradients(gradYs);
    this.#ys.forEach((y, i) => {
      this.#add(y, initial[i] as GradientResult);
    });
    const ready = new Set<Operation>();
    for (const { op } of this.#ys) {
      if ((this.#pending.get(op) ?? 0) === 0 && this.#between.has(op)) ready.add(op);
    }
    const queue = [...ready];
    for (let op = queue.shift(); op; op = queue.shift()) {
      const node = op;
      this.#colocated(node, () => {
        this.#visit(node);
      });
      for (const { op: source } of node.inputs) {
        const left = (this.#pending.get(source) ?? 0) - 1;
        this.#pending.set(source, left);
        if (left === 0) queue.push(source);
      }
    }
    return this.#xs.map((x) => this.#summed.get(x) ?? null);
  }

  #colocated(op: Operation, body: () => void): void {
    if (!this.#options.colocateGradientsWithOps) body();
    else this.#graph.inside(this.#graph.colocationPatch(op), body);
  }

  #add(tensor: Tensor, grad: GradientResult): void {
    const list = this.#received.get(tensor);
    if (list) list.push(grad);
    else this.#received.set(tensor, [grad]);
  }

  /** Ones for each y, unless given. */
  #initialGradients(gradYs: readonly (TensorLike | IndexedSlices | null)[]): GradientResult[] {
    if (gradYs.length !== this.#ys.length) {
      throw new ValueError(
        `Length mismatch. Passed ${gradYs.length} grad_ys for ${this.#ys.length} ys`,
      );
    }
    const given = gradYs.map((grad, i) =>
      grad === null || grad instanceof IndexedSlices
        ? grad
        : convertToTensor(grad, { name: `grad_y_${i}` }),
    );
    return this.#ys.map((y, i) => {
      let result: GradientResult = null;
      this.#colocated(y.op, () => {
        result = initialGradient(y, given[i] ?? null, `grad_ys_${i}`);
      });
      return result;
    });
  }

  #visit(op: Operation): void {
    const method = this.#options.aggregationMethod ?? 0;
    const dy = op.outputs.map((output) => {
      const sum = aggregate(op, this.#received.get(output) ?? [], method);
      this.#summed.set(output, sum);
      return sum;
    });
    if (dy.every((grad) => grad === null) || this.#stops.has(op)) return;
    const gradient = gradientOf(op);
    if (!gradient) return;
    op.outputs.forEach((output, i) => {
      if (dy[i] === null && isTrainable(output)) dy[i] = zerosLikeOutput(output);
    });
    const results = this.#graph.nameScope(`${op.name}_grad`, () =>
      this.#graph.inside({ originalOp: op }, () =>
        this.#inputGradients(op, gradient.passesSlices, dy, gradient.run),
      ),
    );
    results.forEach((grad, i) => {
      if (grad !== null) this.#deliver(op, i, grad);
    });
  }

  #inputGradients(
    op: Operation,
    passesSlices: boolean,
    dy: readonly GradientResult[],
    run: (dy: readonly (Tensor | null)[]) => readonly GradientResult[],
  ): readonly GradientResult[] {
    const dense = dy.map((grad) =>
      grad instanceof IndexedSlices && !passesSlices
        ? convertToTensor(grad)
        : (grad as Tensor | null),
    );
    const results = run(dense);
    if (results.length !== op.inputs.length) {
      throw new ValueError(
        `Num gradients ${results.length} generated for op ${op} do not match num inputs ${op.inputs.length}`,
      );
    }
    const count = results.filter((grad) => grad !== null).length;
    if (!this.#options.gateGradients || count < 2) return results;
    const unplaced = this.#graph.colocationPatch(null, { ignoreExisting: true });
    return this.#graph.inside(unplaced, () => tuple(results));
  }

  #deliver(op: Operation, index: number, grad: Tensor | IndexedSlices): void {
    const input = op.inputs[index] as Tensor;
    if (!(grad instanceof IndexedSlices) && input.dtype.baseName !== "resource") {
      if (!grad.shape.isCompatibleWith(input.shape)) {
        throw new ValueError(
          `Incompatible shapes between op input and calculated input gradient. Forward operation: ${op.name}. Input index: ${index}. Original input shape: ${input.shape}. Calculated input gradient shape: ${grad.shape}`,
        );
      }
      grad.setShape(input.shape);
    }
    this.#add(input, grad);
  }
}

function initialGradient(
  y: Tensor,
  given: Tensor | IndexedSlices | null,
  name: string,
): GradientResult {
  if (given === null) {
    if (y.dtype.isComplex) {
      throw new TypeError(
        `Gradients of complex tensors (${y}) must set grad_ys (y.dtype = ${y.dtype.name})`,
      );
    }
    return ones(shape(y), { dtype: y.dtype, name });
  }
  const numeric = (dtype: DType): boolean => dtype.isFloating || dtype.isInteger;
  if (numeric(y.dtype) && !numeric(given.dtype)) {
    throw new TypeError(
      `Gradient type ${given.dtype.name} generated for real or integer-valued tensor ${y} with type ${y.dtype.name} must be real or integer`,
    );
  }
  if (!numeric(y.dtype) && !y.dtype.isComplex && y.dtype.baseName !== "resource") {
    throw new TypeError(
      `Tensor ${y} with type ${y.dtype.name} must be numeric to obtain a default gradient`,
    );
  }
  if (!(given instanceof IndexedSlices)) return identity(given, { name });
  const indices = identity(given.indices, { name: `${name}_indices` });
  const values = identity(given.values, { name: `${name}_values` });
  const denseShape = given.denseShape && identity(given.denseShape, { name: `${name}_shape` });
  return new IndexedSlices(values, indices, denseShape);
}

function zerosLikeOutput(output: Tensor): Tensor {
  const guarded = switchZeros(output);
  if (guarded) return guarded;
  if (output.dtype.baseName === "resource") return zerosFor(output);
  return zerosLike(output, { optimize: false });
}

/** Zeros of a tensor's shape; of the variable's for a handle. */
function zerosFor(tensor: Tensor): Tensor {
  if (tensor.dtype.baseName !== "resource") return zerosLike(tensor);
  const known = tensor.handle?.shape.known;
  const dims = known ? constant(known, { dtype: int32 }) : variableShape(tensor);
  return zeros(dims, { dtype: tensor.handle?.dtype });
}
