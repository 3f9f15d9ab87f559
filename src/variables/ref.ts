/** Reference variables: a node that holds the value, and one read of it that everybody shares. */

import { attrList } from "../core/attrs.ts";
import type { DType, DTypeName } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import type { Graph } from "../core/graph.ts";
import { asShape, type ShapeLike, type TensorShape, unknownShape } from "../core/shape.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { type ConversionOptions, type TensorLike, toTensor } from "../ops/convert.ts";
import type { Named } from "../ops/create.ts";
import { identity } from "../ops/identity.ts";
import type { IndexedSlices } from "../ops/indexed-slices.ts";
import {
  scatterAdd,
  scatterDiv,
  scatterMax,
  scatterMin,
  scatterMul,
  scatterNdAdd,
  scatterNdSub,
  scatterNdUpdate,
  scatterSub,
  scatterUpdate,
} from "../ops/scatter.ts";
import { assign, assignAdd, assignSub, countUpTo, variableV2 } from "../ops/state.ts";
import { guardInitialValue } from "./guard.ts";
import type { CreatorOptions, VariableOptions } from "./types.ts";
import {
  type AssignOptions,
  asTensor,
  checkCollections,
  checkReplication,
  checkSlices,
  initialTensor,
  inVariable,
  scopeName,
  VariableBase,
  type VariableDef,
  type VariableTraits,
} from "./variable.ts";

/** The nodes of a reference variable. */
interface Parts<D extends DTypeName = DTypeName> {
  readonly ref: Tensor<D>;
  readonly initialValue: Tensor<D>;
  readonly initializer: Operation;
  readonly snapshot: Tensor<D>;
}

export class RefVariable<D extends DTypeName = DTypeName> extends VariableBase<D> {
  #parts: Parts<D>;

  /** Made by `new tf.Variable` and `tf.getVariable`. @internal */
  constructor(traits: VariableTraits, parts: Parts<D>) {
    super(traits);
    this.#parts = parts;
  }

  /** The reference that is written to. */
  get ref(): Tensor<D> {
    return this.#parts.ref;
  }
  get handle(): Tensor<D> {
    return this.#parts.ref;
  }
  get element(): Tensor<D> {
    return this.#parts.ref;
  }
  get name(): string {
    return this.ref.name;
  }
  get op(): Operation {
    return this.ref.op;
  }
  get dtype(): DType<D> {
    return this.ref.dtype;
  }
  get shape(): TensorShape {
    return this.ref.shape;
  }
  get initializer(): Operation {
    return this.#parts.initializer;
  }
  get initialValue(): Tensor<D> {
    return this.#parts.initialValue;
  }
  override replaceInitializer(initializer: Operation, initialValue: Tensor): void {
    this.#parts = { ...this.#parts, initializer, initialValue: initialValue as Tensor<D> };
  }

  value(): Tensor<D> {
    return this.#parts.snapshot;
  }
  readValue(): Tensor<D> {
    return identity(this.ref, { name: "read" });
  }
  setShape(shape: ShapeLike): void {
    this.ref.setShape(shape);
    this.value().setShape(shape);
  }

  assign(value: TensorLike, options: AssignOptions & { readonly readValue: false }): Operation;
  assign(value: TensorLike, options?: AssignOptions): Tensor<D>;
  assign(value: TensorLike, options: AssignOptions = {}): Tensor<D> | Operation {
    return result(
      assign(this.ref, value, { ...options, useLocking: options.useLocking ?? false }),
      options,
    );
  }
  assignAdd(delta: TensorLike, options: AssignOptions & { readonly readValue: false }): Operation;
  assignAdd(delta: TensorLike, options?: AssignOptions): Tensor<D>;
  assignAdd(delta: TensorLike, options: AssignOptions = {}): Tensor<D> | Operation {
    return result(assignAdd(this.ref, delta, options), options);
  }
  assignSub(delta: TensorLike, options: AssignOptions & { readonly readValue: false }): Operation;
  assignSub(delta: TensorLike, options?: AssignOptions): Tensor<D>;
  assignSub(delta: TensorLike, options: AssignOptions = {}): Tensor<D> | Operation {
    return result(assignSub(this.ref, delta, options), options);
  }

  scatterAdd(delta: IndexedSlices, options?: AssignOptions): Tensor<D> {
    return this.#scatter(scatterAdd, delta, options);
  }
  scatterSub(delta: IndexedSlices, options?: AssignOptions): Tensor<D> {
    return this.#scatter(scatterSub, delta, options);
  }
  scatterMul(delta: IndexedSlices, options?: AssignOptions): Tensor<D> {
    return this.#scatter(scatterMul, delta, options);
  }
  scatterDiv(delta: IndexedSlices, options?: AssignOptions): Tensor<D> {
    return this.#scatter(scatterDiv, delta, options);
  }
  scatterMax(delta: IndexedSlices, options?: AssignOptions): Tensor<D> {
    return this.#scatter(scatterMax, delta, options);
  }
  scatterMin(delta: IndexedSlices, options?: AssignOptions): Tensor<D> {
    return this.#scatter(scatterMin, delta, options);
  }
  scatterUpdate(delta: IndexedSlices, options?: AssignOptions): Tensor<D> {
    return this.#scatter(scatterUpdate, delta, options);
  }
  scatterNdAdd(indices: TensorLike, updates: TensorLike, { name }: Named = {}): Tensor<D> {
    return scatterNdAdd(this.ref, indices, updates, { useLocking: true, name }) as Tensor<D>;
  }
  scatterNdSub(indices: TensorLike, updates: TensorLike, { name }: Named = {}): Tensor<D> {
    return scatterNdSub(this.ref, indices, updates, { useLocking: true, name }) as Tensor<D>;
  }
  scatterNdUpdate(indices: TensorLike, updates: TensorLike, { name }: Named = {}): Tensor<D> {
    return scatterNdUpdate(this.ref, indices, updates, { useLocking: true, name }) as Tensor<D>;
  }
  #scatter(
    scatter: typeof scatterAdd,
    delta: IndexedSlices,
    { useLocking = false, name }: AssignOptions = {},
  ): Tensor<D> {
    const { indices, values } = checkSlices(
      delta,
      (shown) => `sparse_delta is not IndexedSlices: ${shown}`,
    );
    return scatter(this.ref, indices, values, { useLocking, name }) as Tensor<D>;
  }
  countUpTo(limit: number): Tensor {
    return countUpTo(this.ref, limit);
  }

  [toTensor]({ dtype, asRef }: ConversionOptions): Tensor {
    if (dtype && !dtype.isCompatibleWith(this.dtype)) {
      throw new ValueError(
        `Incompatible type conversion requested to type '${dtype.name}' for variable of type '${this.dtype.name}'`,
      );
    }
    return asRef ? this.ref : this.value();
  }

  toDef(): VariableDef {
    const { ref, initialValue, initializer, snapshot } = this.#parts;
    return {
      variableName: ref.name,
      initialValueName: initialValue?.name ?? "",
      initializerName: initializer.name,
      snapshotName: snapshot.name,
      isResource: false,
      trainable: this.trainable,
      synchronization: this.synchronization,
      aggregation: this.aggregation,
      saveSliceInfo: this.saveSliceInfo,
    };
  }
}

function result<D extends DTypeName>(
  assigned: Tensor,
  { readValue = true }: AssignOptions,
): Tensor<D> | Operation {
  return readValue ? (assigned as Tensor<D>) : assigned.op;
}

/** @internal Makes the nodes of a reference variable and enters it in its collections. */
export function newRefVariable(options: CreatorOptions): RefVariable {
  const { initialValue, constraint, name } = options;
  if (initialValue === null || initialValue === undefined) {
    throw new ValueError("initial_value must be specified.");
  }
  checkCollections(options.collections, false);
  if (constraint !== null && constraint !== undefined && typeof constraint !== "function") {
    throw new ValueError("The `constraint` argument must be a callable.");
  }
  const traits = { ...checkReplication(name, options), constraint: constraint ?? null };
  const collections = checkCollections(options.collections, traits.trainable);
  return inVariable(name, initialValue, (graph, scope) => {
    const { ref, initial } = makeHolder(graph, scope, options);
    const parts = {
      ref,
      initialValue: initial,
      initializer: makeInitializer(scope, ref, initial, options),
      snapshot: makeSnapshot(graph, ref, options),
    };
    const variable = new RefVariable(traits, parts);
    graph.addToCollections(collections, variable);
    return variable;
  });
}

interface Holder {
  readonly ref: Tensor;
  readonly initial: Tensor;
}

function makeHolder(graph: Graph, scope: string, options: CreatorOptions): Holder {
  const { dtype } = options;
  const initialValue = options.initialValue as TensorLike | (() => TensorLike);
  if (typeof initialValue === "function") {
    const own = attrList("string", [`loc:@${scopeName(scope)}`]);
    return graph.inside(graph.attrScopePatch({ _class: own }), () => {
      const initial = initialTensor(graph, initialValue, dtype);
      return { initial, ref: holderNode(scope, initial, options) };
    });
  }
  const initial = asTensor(initialValue, dtype);
  if (initial.op.controlFlow) {
    throw new ValueError(
      `Initializer for variable ${scope} is from inside a control-flow construct, such as a loop or conditional. When creating a variable inside a loop or conditional, use a lambda as the initializer.`,
    );
  }
  return { initial, ref: holderNode(scope, initial, options) };
}

function holderNode(
  scope: string,
  initial: Tensor,
  { shape, validateShape = true }: VariableOptions,
): Tensor {
  const known =
    shape === undefined ? (validateShape ? initial.shape : unknownShape) : asShape(shape);
  return variableV2(known, initial.dtype.base, { name: scope });
}

function makeInitializer(
  scope: string,
  ref: Tensor,
  initial: Tensor,
  { validateShape = true }: VariableOptions,
): Operation {
  if (validateShape && !initial.shape.isFullyDefined) {
    throw new ValueError(`initial_value must have a shape specified: ${initial}`);
  }
  return assign(ref, guardInitialValue(scope, initial), { validateShape }).op;
}

function makeSnapshot(graph: Graph, ref: Tensor, { cachingDevice }: VariableOptions): Tensor {
  const read = () => identity(ref, { name: "read" });
  if (cachingDevice !== null && cachingDevice !== undefined)
    return graph.device(cachingDevice, read);
  return graph.inside(graph.colocationPatch(ref.op), read);
}
