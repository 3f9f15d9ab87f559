/** Resource variables: a handle, and a read wherever the value is used. */

import { attrList } from "../core/attrs.ts";
import type { DType, DTypeName } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { type Graph, inGraph, placedBy } from "../core/graph.ts";
import { asShape, type ShapeLike, type TensorShape } from "../core/shape.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { brief } from "../ops/constant.ts";
import {
  type ConversionOptions,
  convertToTensor,
  type TensorLike,
  toTensor,
} from "../ops/convert.ts";
import type { Named } from "../ops/create.ts";
import { identity } from "../ops/identity.ts";
import type { IndexedSlices } from "../ops/indexed-slices.ts";
import {
  resourceGather,
  resourceGatherNd,
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
import { inNameScope } from "../ops/scopes.ts";
import {
  assignAddVariableOp,
  assignSubVariableOp,
  assignVariableOp,
  countUpTo,
  type ResourceLike,
  readVariableOp,
  varHandleOp,
  varIsInitializedOp,
  variableShape,
} from "../ops/state.ts";
import { guardInitialValue } from "./guard.ts";
import type { CreatorOptions, InitialValue } from "./types.ts";
import { VariableAggregation, VariableSynchronization } from "./types.ts";
import {
  type AssignOptions,
  checkCollections,
  checkReplication,
  checkSlices,
  initialTensor,
  inVariable,
  pythonClass,
  scopeName,
  VariableBase,
  type VariableDef,
  type VariableTraits,
} from "./variable.ts";

type NoRead = AssignOptions & { readonly readValue: false };
/** The form that the scatter functions have for resource variables. */
type Scatter = <R>(
  ref: ResourceLike<R>,
  indices: TensorLike,
  updates: TensorLike,
  options?: Named,
) => R;

/** What both the variable itself and the results of assignments can do. */
abstract class ResourceBase<D extends DTypeName = DTypeName>
  extends VariableBase<D>
  implements ResourceLike<UnreadVariable<D>>
{
  readonly handle: Tensor;
  readonly dtype: DType<D>;
  #shape: TensorShape;

  constructor(traits: VariableTraits, handle: Tensor, dtype: DType<D>, shape: TensorShape) {
    super(traits);
    this.handle = handle;
    this.dtype = dtype;
    this.#shape = shape;
  }
  get shape(): TensorShape {
    return this.#shape;
  }
  setShape(shape: ShapeLike): void {
    this.#shape = this.#shape.mergeWith(shape);
  }

  /** A new node that reads the value. */
  protected read(): Tensor<D> {
    return readVariableOp(this.handle, this.dtype) as Tensor<D>;
  }
  /** Runs what makes nodes on this variable where it belongs. */
  protected inside<R>(body: () => R): R {
    return inGraph(this.graph, body);
  }
  lazyRead(op: Operation): UnreadVariable<D> {
    return new UnreadVariable(this.handle, this.dtype, this.#shape, op);
  }

  readValue(): Tensor<D> {
    return this.inside(() => identity<D>(inNameScope("Read", () => this.read())));
  }
  /** Rows of the value, without reading all of it. */
  sparseRead(indices: TensorLike, { name }: Named = {}): Tensor<D> {
    return this.inside(() =>
      inNameScope(name ?? "Gather", (scope) =>
        resourceGather(this.handle, indices, this.dtype, { name: scope }),
      ),
    ) as Tensor<D>;
  }
  /** Slices of the value at index tuples. */
  gatherNd(indices: TensorLike, { name }: Named = {}): Tensor<D> {
    return this.inside(() =>
      identity(
        inNameScope(name ?? "GatherNd", (scope) =>
          resourceGatherNd(this.handle, indices, this.dtype, { name: scope }),
        ),
      ),
    ) as Tensor<D>;
  }
  /** The shape of the value as a tensor. */
  shapeTensor({ name }: Named = {}): Tensor {
    return variableShape(this.handle, { name });
  }
  isInitialized({ name }: Named = {}): Tensor {
    return varIsInitializedOp(this.handle, { name });
  }

  assign(value: TensorLike, options: NoRead): Operation;
  assign(value: TensorLike, options?: AssignOptions): UnreadVariable<D>;
  assign(value: TensorLike, options: AssignOptions = {}): UnreadVariable<D> | Operation {
    return this.inside(() => {
      const tensor = convertToTensor(value, { dtype: this.dtype });
      if (!this.shape.isCompatibleWith(tensor.shape)) {
        throw new ValueError(
          `Cannot assign value to variable ' ${this.name}': Shape mismatch.The variable shape ${this.shape}, and the assigned value shape ${tensor.shape} are incompatible.`,
        );
      }
      return this.#assigned(assignVariableOp(this.handle, tensor, options), options);
    });
  }
  assignAdd(delta: TensorLike, options: NoRead): Operation;
  assignAdd(delta: TensorLike, options?: AssignOptions): UnreadVariable<D>;
  assignAdd(delta: TensorLike, options: AssignOptions = {}): UnreadVariable<D> | Operation {
    return this.inside(() => {
      const tensor = convertToTensor(delta, { dtype: this.dtype });
      return this.#assigned(assignAddVariableOp(this.handle, tensor, options), options);
    });
  }
  assignSub(delta: TensorLike, options: NoRead): Operation;
  assignSub(delta: TensorLike, options?: AssignOptions): UnreadVariable<D>;
  assignSub(delta: TensorLike, options: AssignOptions = {}): UnreadVariable<D> | Operation {
    return this.inside(() => {
      const tensor = convertToTensor(delta, { dtype: this.dtype });
      return this.#assigned(assignSubVariableOp(this.handle, tensor, options), options);
    });
  }
  #assigned(op: Operation, { readValue = true }: AssignOptions): UnreadVariable<D> | Operation {
    return readValue ? this.lazyRead(op) : op;
  }

  scatterAdd(delta: IndexedSlices, options?: AssignOptions): UnreadVariable<D> {
    return this.#scatter(scatterAdd, delta, options);
  }
  scatterSub(delta: IndexedSlices, options?: AssignOptions): UnreadVariable<D> {
    return this.#scatter(scatterSub, delta, options);
  }
  scatterMul(delta: IndexedSlices, options?: AssignOptions): UnreadVariable<D> {
    return this.#scatter(scatterMul, delta, options);
  }
  scatterDiv(delta: IndexedSlices, options?: AssignOptions): UnreadVariable<D> {
    return this.#scatter(scatterDiv, delta, options);
  }
  scatterMax(delta: IndexedSlices, options?: AssignOptions): UnreadVariable<D> {
    return this.#scatter(scatterMax, delta, options);
  }
  scatterMin(delta: IndexedSlices, options?: AssignOptions): UnreadVariable<D> {
    return this.#scatter(scatterMin, delta, options);
  }
  scatterUpdate(delta: IndexedSlices, options?: AssignOptions): UnreadVariable<D> {
    return this.#scatter(scatterUpdate, delta, options);
  }
  scatterNdAdd(indices: TensorLike, updates: TensorLike, options?: Named): UnreadVariable<D> {
    return this.#scatterNd(scatterNdAdd, indices, updates, options);
  }
  scatterNdSub(indices: TensorLike, updates: TensorLike, options?: Named): UnreadVariable<D> {
    return this.#scatterNd(scatterNdSub, indices, updates, options);
  }
  scatterNdUpdate(indices: TensorLike, updates: TensorLike, options?: Named): UnreadVariable<D> {
    return this.#scatterNd(scatterNdUpdate, indices, updates, options);
  }
  #target(): ResourceLike<UnreadVariable<D>> {
    return this;
  }
  #scatterNd(
    scatter: Scatter,
    indices: TensorLike,
    updates: TensorLike,
    options?: Named,
  ): UnreadVariable<D> {
    return this.inside(() => scatter(this.#target(), indices, updates, options));
  }
  #scatter(
    scatter: Scatter,
    delta: IndexedSlices,
    { name }: AssignOptions = {},
  ): UnreadVariable<D> {
    const { indices, values } = checkSlices(
      delta,
      (shown) => `Argument \`sparse_delta\` must be a \`tf.IndexedSlices\`. Received arg: ${shown}`,
    );
    return this.inside(() => scatter(this.#target(), indices, values, { name }));
  }
  countUpTo(limit: number): Tensor {
    return countUpTo<UnreadVariable<D>>(this.#target(), limit);
  }

  [toTensor]({ dtype, asRef }: ConversionOptions): Tensor {
    if (dtype && !dtype.isCompatibleWith(this.dtype)) {
      throw new ValueError(
        `Incompatible type conversion requested to type ${dtype.name} for \`tf.Variable of type ${this.dtype.name}. (Variable: ${this})`,
      );
    }
    return asRef ? this.handle : this.value();
  }
}

/** The nodes of a resource variable. */
interface Parts<D extends DTypeName = DTypeName> {
  readonly handle: Tensor;
  readonly dtype: DType<D>;
  readonly shape: TensorShape;
  readonly initialValue: Tensor<D>;
  readonly initializer: Operation;
  /** The read that fetching the variable means. */
  readonly element: Tensor<D>;
  /** The copy on the caching device, which then is the value. */
  readonly cached: Tensor<D> | null;
}

export class ResourceVariable<D extends DTypeName = DTypeName> extends ResourceBase<D> {
  #parts: Parts<D>;
  readonly #cachingDevice: CreatorOptions["cachingDevice"];

  /** Made by `new tf.Variable` and `tf.getVariable`. @internal */
  constructor(
    traits: VariableTraits,
    parts: Parts<D>,
    cachingDevice?: CreatorOptions["cachingDevice"],
  ) {
    super(traits, parts.handle, parts.dtype, parts.shape);
    this.#parts = parts;
    this.#cachingDevice = cachingDevice;
  }
  get name(): string {
    return this.handle.name;
  }
  get op(): Operation {
    return this.handle.op;
  }
  get element(): Tensor<D> {
    return this.#parts.element;
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

  /** A new read; with a caching device the shared copy there. */
  value(): Tensor<D> {
    const { cached } = this.#parts;
    if (cached) return cached;
    return this.inside(() => withoutPlacement(this.graph, () => this.read()));
  }
  protected override read(): Tensor<D> {
    const place = this.#cachingDevice;
    if (place === null || place === undefined) return super.read();
    return withoutPlacement(this.graph, () => this.graph.device(place, () => super.read()));
  }

  toDef(): VariableDef {
    const { handle, initialValue, initializer, element, cached } = this.#parts;
    return {
      variableName: handle.name,
      initialValueName: initialValue?.name ?? "",
      initializerName: initializer.name,
      snapshotName: (cached ?? element).name,
      isResource: true,
      trainable: this.trainable,
      synchronization: this.synchronization,
      aggregation: this.aggregation,
      saveSliceInfo: this.saveSliceInfo,
    };
  }
}

function withoutPlacement<R>(graph: Graph, body: () => R): R {
  return graph.inside(graph.colocationPatch(null, { ignoreExisting: true }), body);
}

const resultTraits: VariableTraits = {
  trainable: false,
  synchronization: VariableSynchronization.AUTO,
  aggregation: VariableAggregation.NONE,
  constraint: null,
};

/** A resource variable right after an operation changed it: every read waits for that. */
export class UnreadVariable<D extends DTypeName = DTypeName> extends ResourceBase<D> {
  readonly #parent: Operation;
  readonly #element: Tensor<D>;

  /** @internal */
  constructor(handle: Tensor, dtype: DType<D>, shape: TensorShape, parent: Operation) {
    super(resultTraits, handle, dtype, shape);
    this.#parent = parent;
    this.#element = this.read();
  }
  protected override inside<R>(body: () => R): R {
    const { graph } = this;
    return inGraph(graph, () => graph.inside(graph.controlPatch([this.#parent]), body));
  }
  protected override read(): Tensor<D> {
    return this.inside(() => super.read());
  }
  get name(): string {
    return this.#parent.name;
  }
  /** The operation that made the change. */
  get op(): Operation {
    return this.#parent;
  }
  get element(): Tensor<D> {
    return this.#element;
  }
  get initializer(): Operation {
    throw new ValueError(`${this} is the result of an assignment and has no initializer.`);
  }
  get initialValue(): Tensor<D> {
    throw new ValueError(`${this} is the result of an assignment and has no initial value.`);
  }
  value(): Tensor<D> {
    return this.read();
  }
  override readValue(): Tensor<D> {
    return this.read();
  }
  override [placedBy](): Operation {
    return this.#parent;
  }
  /** Runs the operation. */
  async run(options: Parameters<Operation["run"]>[0] = {}): Promise<void> {
    await this.#parent.run(options);
  }
  toDef(): VariableDef {
    throw new ValueError(`${this} is the result of an assignment and not stored in a graph.`);
  }
}

/** @internal Makes the nodes of a resource variable and enters it in its collections. */
export function newResourceVariable(options: CreatorOptions): ResourceVariable {
  const { initialValue, constraint, name } = options;
  const replication = checkReplication(name, options);
  if (initialValue === null || initialValue === undefined) {
    throw new ValueError(
      "The `initial_value` arg to `tf.Variable` must be specified except when you are not providing a `variable_def`. You provided neither.",
    );
  }
  const collections = checkCollections(options.collections, replication.trainable);
  if (constraint !== null && constraint !== undefined && typeof constraint !== "function") {
    throw new ValueError(
      `Argument \`constraint\` must be None or a callable. a callable. Got a ${pythonClass(constraint)}:  ${String(constraint)}`,
    );
  }
  const traits = { ...replication, constraint: constraint ?? null };
  return inVariable(name, initialValue, (graph, scope) => {
    const parts = makeParts(graph, scope, initialValue, options);
    const variable = new ResourceVariable(traits, parts, options.cachingDevice);
    graph.addToCollections(collections, variable);
    return variable;
  });
}

function makeParts(
  graph: Graph,
  scope: string,
  initialValue: InitialValue,
  options: CreatorOptions,
): Parts {
  const own = attrList("string", [`loc:@${scopeName(scope)}`]);
  const { handle, initial, shape } = graph.inside(graph.attrScopePatch({ _class: own }), () => {
    const tensor = initialTensor(graph, initialValue, options.dtype);
    const known = options.shape === undefined ? tensor.shape : explicitShape(tensor, options.shape);
    const node = varHandleOp(known, tensor.dtype.base, {
      name: scope,
      sharedName: scopeName(scope),
    });
    return { initial: tensor, shape: known, handle: node };
  });
  if (initial.op.controlFlow) {
    throw new ValueError(
      `The \`initial_value\` passed to \`tf.Variable\` ${scope} is from inside a control-flow  construct, such as a loop or conditional. When creating a \`tf.Variable\` inside a loop or conditional, use a lambda as the \`initial_value\`. Got: initial_value=(${initial})`,
    );
  }
  inNameScope("IsInitialized", () => varIsInitializedOp(handle));
  const initializer = inNameScope("Assign", (inside) =>
    withoutPlacement(graph, () =>
      graph.device(handle.device, () =>
        assignVariableOp(handle, guardInitialValue(scope, initial), { name: inside }),
      ),
    ),
  );
  const dtype = initial.dtype.base;
  return {
    handle,
    dtype,
    shape,
    initialValue: initial,
    initializer,
    ...inNameScope("Read", () => makeReads(graph, handle, dtype, options)),
  };
}

function explicitShape(initial: Tensor, shape: ShapeLike): TensorShape {
  const known = asShape(shape);
  if (initial.shape.isCompatibleWith(known)) return known;
  throw new ValueError(
    `In this \`tf.Variable\` creation, the initial value's shape (${initial.shape}) is not compatible with the explicitly supplied \`shape\` argument (${Array.isArray(shape) ? brief(shape) : known}).`,
  );
}

function makeReads(graph: Graph, handle: Tensor, dtype: DType, { cachingDevice }: CreatorOptions) {
  const element = graph.device(handle.device, () => readVariableOp(handle, dtype));
  if (cachingDevice === null || cachingDevice === undefined) return { element, cached: null };
  const cached = withoutPlacement(graph, () =>
    graph.device(cachingDevice, () => identity(element)),
  );
  return { element, cached };
}
