/** createOp: how a call with mixed arguments becomes one node, as TensorFlow's generated wrappers do it. */

import { type AttrValue, summarizeAttr } from "../core/attrs.ts";
import { asDType, type DType, float32 } from "../core/dtypes.ts";
import { internal, TypeError, ValueError } from "../core/errors.ts";
import { type Graph, inGraph } from "../core/graph.ts";
import { checkList } from "../core/kind.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { OptionsObject } from "../core/options.ts";
import { asShape, type TensorShape, unknownOfRank, unknownShape } from "../core/shape.ts";
import type { Operation, OutputSpec, Tensor } from "../core/tensor.ts";
import { Tensor as TensorClass } from "../core/tensor.ts";
import { Trace } from "../core/trace.ts";
import { asArray, brief, naturalDType } from "./constant.ts";
import { constantShape, constantValue } from "./constant-value.ts";
import { convertToTensor, graphOf, isTensorConvertible, type TensorLike } from "./convert.ts";
import {
  type ArgSpec,
  type AttrSpecs,
  type AttrsOf,
  group,
  type OpDef,
  type ShapeContext,
  ShapeError,
  type ShapeInput,
  type TypedOpDef,
} from "./define.ts";
import { summarizeValue } from "./summarize.ts";

/** The `name` option that every op has. */
export interface Named extends OptionsObject {
  readonly name?: string | undefined;
}

/** One entry per declared input: a tensor-like, or an array of them for a list. */
export type OpInputs = readonly (TensorLike | readonly TensorLike[])[];

type Attrs = Record<string, unknown>;

/** State of one call while its inputs are converted. */
interface Call {
  readonly def: OpDef;
  readonly attrs: Attrs;
  /** The input each inferred attribute came from. */
  readonly inferredFrom: Map<string, string>;
  readonly tensors: Tensor[];
}

/**
 * Makes a node: opens the name scope, converts the inputs inside it, infers attributes, checks shapes.
 * Attributes that are not given are inferred from the inputs or take their defaults.
 */
export function createOp<A extends AttrSpecs>(
  def: TypedOpDef<A>,
  inputs: OpInputs,
  attrs: Partial<AttrsOf<A>>,
  name: string | undefined,
): Operation {
  const graph = graphOf(inputs);
  return inGraph(graph, () => {
    const { scope, yields } = graph.resolveNameScope(name || def.type);
    const saved = graph.scopes;
    graph.scopes = { ...saved, name: scope };
    try {
      const call: Call = { def, attrs: { ...attrs }, inferredFrom: new Map(), tensors: [] };
      for (const [i, arg] of def.inputs.entries()) convertInput(call, arg, inputs[i] as TensorLike);
      fillDefaults(call);
      colocateWithRefs(graph, call);
      return addNode(graph, call, yields);
    } finally {
      graph.scopes = saved;
    }
  });
}

function colocateWithRefs(graph: Graph, { def, tensors, attrs }: Call): void {
  const groups = group(def.inputs, tensors, attrs);
  def.inputs.forEach((arg, i) => {
    if (!arg.isRef) return;
    for (const tensor of [groups[i]].flat() as Tensor[]) {
      graph.scopes = { ...graph.scopes, ...graph.colocationPatch(tensor) };
    }
  });
}

function convertInput(call: Call, arg: ArgSpec, value: TensorLike): void {
  if (arg.number !== undefined || arg.isTypeList) {
    if (!Array.isArray(value)) {
      throw new TypeError(
        `Expected list for '${arg.name}' argument to '${call.def.type}' Op, not ${brief(value)}.`,
      );
    }
    convertList(call, arg, value as readonly TensorLike[]);
  } else {
    convertSingle(call, arg, value);
  }
}

/** The dtype an argument must have, as far as it is settled. */
function settledType(call: Call, arg: ArgSpec): DType | undefined {
  const spec = call.def.attrs[arg.type];
  if (!spec) return asDType(arg.type);
  const value = call.attrs[arg.type];
  return value === undefined || arg.isTypeList ? undefined : (value as DType);
}

function convertSingle(call: Call, arg: ArgSpec, value: TensorLike): void {
  const { def, attrs } = call;
  const settled = settledType(call, arg);
  const spec = def.attrs[arg.type];
  const isAttr = spec !== undefined;
  let tensor: Tensor;
  try {
    if (!settled) tryNatural(value, spec, arg.name);
    tensor = convertToTensor(value, {
      dtype: settled,
      name: arg.name,
      asRef: arg.isRef,
      preferredDtype: settled ? undefined : preferred(value, spec),
    });
  } catch (error) {
    throw conversionError(error, call, arg, value, settled);
  }
  const base = tensor.dtype.base;
  if (arg.isRef && !tensor.dtype.isRef) {
    throw new TypeError(
      `'${def.type}' Op requires that input '${arg.name}' be a mutable tensor (e.g.: a tf.Variable)`,
    );
  }
  if (isAttr && settled === undefined) {
    checkAllowed(base, spec.allowed, arg.name);
    attrs[arg.type] = base;
    call.inferredFrom.set(arg.type, arg.name);
  }
  call.tensors.push(tensor);
}

/**
 * An empty list is float32 by itself. Where that is not allowed TensorFlow has made the Const before it takes the
 * default, and leaves it in the graph.
 */
function tryNatural(value: TensorLike, spec: AttrSpecs[string] | undefined, name: string): void {
  if (!Array.isArray(value) || value.flat(Number.POSITIVE_INFINITY).length > 0) return;
  if (!spec?.defaultValue || !spec.allowed || spec.allowed.includes(float32)) return;
  convertToTensor(value, { name });
}

/** A value of the attribute's own choice keeps its dtype when it is allowed; else the default is tried. */
function preferred(value: TensorLike, spec: AttrSpecs[string] | undefined): DType | undefined {
  const fallback = spec?.defaultValue as DType | undefined;
  if (!fallback || value instanceof TensorClass || isTensorConvertible(value)) return undefined;
  if (!spec?.allowed || Array.isArray(value)) return fallback;
  const natural = naturalDType(value as never);
  return natural && spec.allowed.includes(natural) ? undefined : fallback;
}

function conversionError(
  error: unknown,
  call: Call,
  arg: ArgSpec,
  value: TensorLike,
  settled: DType | undefined,
): unknown {
  const { def, inferredFrom } = call;
  if (error instanceof TypeError && settled) {
    return new TypeError(
      `Expected ${settled.name} passed to parameter '${arg.name}' of op '${def.type}', got ${brief(value)} of type '${typeName(value)}' instead. Error: ${error.text}`,
      error.hint,
    );
  }
  if (!(error instanceof ValueError)) return error;
  const observed = observedType(value);
  if (observed === null) {
    return new ValueError(
      `Tried to convert '${arg.name}' to a tensor and failed. Error: ${error.text}`,
      error.hint,
    );
  }
  const prefix = `Input '${arg.name}' of '${def.type}' Op has type ${observed} that does not match`;
  const source = inferredFrom.get(arg.type);
  return new TypeError(
    source === undefined
      ? `${prefix} expected type of ${settled?.name}.`
      : `${prefix} type ${settled?.name} of argument '${source}'.`,
    "Use tf.cast to convert one of them.",
  );
}

function observedType(value: TensorLike): string | null {
  if (value instanceof TensorClass) return value.dtype.name;
  if (isTensorConvertible(value)) return (value as unknown as { dtype: DType }).dtype.name;
  try {
    return asArray(value as never).dtype.name;
  } catch {
    return null;
  }
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return "list";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  return (value as object | null)?.constructor?.name ?? "NoneType";
}

function convertList(call: Call, arg: ArgSpec, values: readonly TensorLike[]): void {
  const { def, attrs, inferredFrom } = call;
  let dtype = settledType(call, arg);
  if (!dtype && arg.number !== undefined) {
    const first = values.find((value) => value instanceof TensorClass);
    dtype = first instanceof TensorClass ? first.dtype.base : undefined;
  }
  let tensors: Tensor[];
  try {
    tensors = values.map((value, i) =>
      convertToTensor(value, { dtype, name: `${arg.name}_${i}`, asRef: arg.isRef }),
    );
    if (arg.number !== undefined && new Set(tensors.map((tensor) => tensor.dtype.base)).size > 1) {
      throw new TypeError(`Not all types matched for ${arg.name} for ${def.type}.`);
    }
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof ValueError)) throw error;
    const observed = values
      .map((value) => observedType(value) ?? "<NOT CONVERTIBLE TO TENSOR>")
      .join(", ");
    const prefix = `Tensors in list passed to '${arg.name}' of '${def.type}' Op have types [${observed}]`;
    if (arg.number === undefined)
      throw new TypeError(`${prefix} that are invalid. Tensors: ${brief(values)}`);
    if (!def.attrs[arg.type])
      throw new TypeError(`${prefix} that do not match expected type ${dtype?.name}.`);
    if (attrs[arg.type] !== undefined) {
      throw new TypeError(
        `${prefix} that do not match type ${dtype?.name} inferred from earlier arguments.`,
      );
    }
    throw new TypeError(`${prefix} that don't all match.`);
  }
  if (arg.isTypeList) {
    attrs[arg.type] = tensors.map((tensor) => tensor.dtype.base);
  } else {
    settleNumber(call, arg, tensors.length);
    const [first] = tensors;
    if (def.attrs[arg.type] && attrs[arg.type] === undefined && first) {
      checkAllowed(first.dtype.base, def.attrs[arg.type]?.allowed, arg.name);
      attrs[arg.type] = first.dtype.base;
      inferredFrom.set(arg.type, arg.name);
    }
  }
  call.tensors.push(...tensors);
}

function settleNumber({ def, attrs, inferredFrom }: Call, arg: ArgSpec, length: number): void {
  const name = arg.number as string;
  const known = attrs[name];
  if (known === undefined) {
    const minimum = def.attrs[name]?.minimum;
    if (minimum !== undefined && length < minimum) {
      throw new ValueError(
        `List argument '${arg.name}' to '${def.type}' Op with length ${length} shorter than minimum length ${minimum}.`,
      );
    }
    attrs[name] = length;
    inferredFrom.set(name, arg.name);
  } else if (known !== length) {
    throw new ValueError(
      `List argument '${arg.name}' to '${def.type}' Op with length ${length} must match length ${known} of argument '${inferredFrom.get(name)}'.`,
    );
  }
}

function checkAllowed(
  dtype: DType,
  allowed: readonly DType[] | undefined,
  parameter: string,
): void {
  if (!allowed || allowed.includes(dtype)) return;
  throw new TypeError(
    `Value passed to parameter '${parameter}' has DataType ${dtype.name} not in list of allowed values: ${allowed.map((type) => type.name).join(", ")}`,
  );
}

const attrTypes = { int: "number", float: "number", bool: "boolean", string: "string" } as const;

/** Refuses an attribute of the wrong kind, which only untyped code can give. */
function checkAttr(def: OpDef, name: string, spec: AttrSpecs[string], value: unknown): void {
  const { kind, list } = spec;
  if (kind === "type") {
    if (!list) checkAllowed(value as DType, spec.allowed, name);
    return;
  }
  if (kind === "shape" || kind === "tensor" || kind === "func") return;
  if (list) checkList(value, `The argument '${name}' of '${def.type}'`);
  for (const item of list ? (value as readonly unknown[]) : [value]) {
    const fits =
      typeof item === attrTypes[kind] ||
      (kind === "int" && typeof item === "bigint") ||
      (kind === "string" && item instanceof Uint8Array);
    if (!fits || (kind === "int" && typeof item === "number" && !Number.isInteger(item))) {
      throw new TypeError(`Expected ${kind} for argument '${name}' not ${brief(item)}.`);
    }
  }
  if (kind === "int" && !list && spec.minimum !== undefined && Number(value) < spec.minimum) {
    throw new ValueError(
      `Attr '${name}' of '${def.type}' Op passed ${value} less than minimum ${spec.minimum}.`,
    );
  }
}

function fillDefaults({ def, attrs }: Call): void {
  for (const [name, spec] of Object.entries(def.attrs)) {
    if (attrs[name] !== undefined) {
      checkAttr(def, name, spec, attrs[name]);
      continue;
    }
    if (spec.defaultValue === undefined) {
      throw new TypeError(`No argument found for attr ${name} for ${def.type}`);
    }
    attrs[name] = spec.defaultValue;
  }
}

function addNode(graph: Graph, { def, attrs, tensors }: Call, name: string): Operation {
  const encoded = new Map<string, AttrValue>();
  for (const [key, spec] of Object.entries(def.attrs)) {
    const isLeftOut = spec.isNew && String(attrs[key]) === String(spec.defaultValue);
    if (!isLeftOut) encoded.set(key, spec.encode(attrs[key]));
  }
  const dtypes = outputTypes(def, attrs);
  const shapes = nodeShapes(def, attrs, tensors, name);
  if (shapes.length !== dtypes.length) {
    throw internal(`${def.type} has ${dtypes.length} outputs but ${shapes.length} shapes`);
  }
  const outputs = dtypes.map(
    (dtype, i): OutputSpec => ({ dtype, shape: shapes[i] as TensorShape }),
  );
  return graph.createOp({
    type: def.type,
    name,
    inputs: tensors,
    attrs: encoded,
    outputs,
    stateful: def.traits.stateful ?? false,
  });
}

/** The dtypes of all outputs of a node with these attributes. */
export function outputTypes(def: OpDef, attrs: Readonly<Attrs>): DType[] {
  return def.outputs.flatMap((arg) => {
    if (arg.isTypeList) return [...(attrs[arg.type] as readonly DType[])];
    const type = def.attrs[arg.type] ? (attrs[arg.type] as DType) : asDType(arg.type);
    const dtype = arg.isRef ? type.ref : type.base;
    return arg.number === undefined
      ? [dtype]
      : new Array<DType>(Number(attrs[arg.number])).fill(dtype);
  });
}

/** Static shapes of the outputs from those of the inputs, with what constants are known. */
export function inferShapes(
  def: OpDef,
  attrs: Readonly<Attrs>,
  tensors: readonly Tensor[],
): TensorShape[] {
  return def.spec.shape(shapeContext(def, attrs, tensors)).map(asShape);
}

/** `inferShapes` for a node that is about to be made: failures name it, its attributes and inputs. */
export function nodeShapes(
  def: OpDef,
  attrs: Readonly<Attrs>,
  tensors: readonly Tensor[],
  name: string,
  inputNames: readonly string[] = tensors.map((tensor) => tensor.inputName),
): readonly TensorShape[] {
  try {
    return inferShapes(def, attrs, tensors);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    const early = earliestFailure(error, def, attrs, tensors);
    const all = Object.entries(def.attrs).map(
      ([key, spec]) => [key, spec.encode(attrs[key])] as const,
    );
    throw shapeFailure(early.error, def, new Map(all), { tensors, inputNames }, name, early.read);
  }
}

/** The elements of inputs that a shape function was given: messages show them. */
interface InputsRead {
  readonly arrays: Map<number, NDArray>;
  readonly shapes: Map<number, TensorShape>;
}

/**
 * TensorFlow asks a shape function first without elements, then with those it asked for, and so on: the message is of
 * the first time that it fails.
 */
function earliestFailure(
  error: ShapeError,
  def: OpDef,
  attrs: Readonly<Attrs>,
  tensors: readonly Tensor[],
): { readonly error: ShapeError; readonly read: InputsRead } {
  const given: InputsRead = { arrays: new Map(), shapes: new Map() };
  for (let pass = 0; pass <= 2 * tensors.length; pass++) {
    const wanted: (() => void)[] = [];
    const context = shapeContext(def, attrs, tensors);
    const staged: typeof context = {
      ...context,
      constant: (index) => {
        const known = given.arrays.get(index);
        const value = known ?? context.constant(index);
        if (!known && value) wanted.push(() => given.arrays.set(index, value));
        return known ?? null;
      },
      constantShape: (index) => {
        const known = given.shapes.get(index);
        if (known) return known;
        const value = context.constantShape(index);
        if (value.dims) wanted.push(() => given.shapes.set(index, value));
        const length = tensors[index]?.shape.rank === 1 ? tensors[index].shape.dim(0) : null;
        return length === null ? unknownShape : unknownOfRank(length);
      },
    };
    try {
      def.spec.shape(staged);
    } catch (failure) {
      if (failure instanceof ShapeError) return { error: failure, read: given };
      throw failure;
    }
    if (wanted.length === 0) break;
    for (const take of wanted) take();
  }
  return { error, read: given };
}

/** @internal */
export function shapeContext(
  def: OpDef,
  attrs: Readonly<Attrs>,
  tensors: readonly Tensor[],
): ShapeContext<readonly string[], AttrSpecs> {
  return {
    inputs: group<ShapeInput>(def.inputs, tensors, attrs) as readonly ShapeInput[],
    attrs: attrs as AttrsOf<AttrSpecs>,
    constant: (index) => constantValue(tensors[index] as Tensor),
    constantShape: (index) => constantShape(tensors[index] as Tensor),
  };
}

/** The text of TensorFlow's runtime for shapes that do not fit, and where the call was. */
function shapeFailure(
  error: ShapeError,
  def: OpDef,
  attrs: ReadonlyMap<string, AttrValue>,
  { tensors, inputNames }: { tensors: readonly Tensor[]; inputNames: readonly string[] },
  name: string,
  read: InputsRead,
): ValueError {
  const shown = [...attrs]
    .sort(([x], [y]) => (x < y ? -1 : 1))
    .map(([key, value]) => `${key}=${summarizeAttr(value)}`);
  const node = name.endsWith("/") ? name.slice(0, -1) : name;
  const inputs = inputNames.join(", ");
  const list = shown.length > 0 ? `[${shown.join(", ")}]` : "";
  const shapes = tensors.map((tensor) => tensor.shape.toRuntimeString()).join(", ");
  const where = Trace.here().location;
  return new ValueError(
    `${error.message} for '{{node ${node}}} = ${def.type}${list}(${inputs})' with input shapes: ${shapes}${describeRead(read)}.`,
    where && `Made at ${where}.`,
  );
}

function describeRead({ arrays, shapes }: InputsRead): string {
  const values = [...arrays]
    .sort(([one], [other]) => one - other)
    .filter(([index]) => !shapes.has(index))
    .map(([index, array]) => `input[${index}] = <${summarizeValue(array, 256)}>`);
  const partial = [...shapes].map(
    ([index, shape]) => `input[${index}] = ${shape.toRuntimeString()}`,
  );
  const computed =
    values.length > 0 ? ` and with computed input tensors: ${values.join(", ")}` : "";
  const asShapes =
    partial.length > 0
      ? ` and with input tensors computed as partial shapes: ${partial.join(", ")}`
      : "";
  return computed + asShapes;
}
