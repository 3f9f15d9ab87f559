/** defineOp: everything there is to know about an op type, in one place. */

import type { AttrKind, AttrKinds, AttrValue } from "../core/attrs.ts";
import { attrList, attr as attrValue } from "../core/attrs.ts";
import type { DType } from "../core/dtypes.ts";
import type { NDArray } from "../core/ndarray.ts";
import type { Dim, ShapeLike, TensorShape } from "../core/shape.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { RunContext, Value } from "../engines/ir.ts";
import type { IndexedSlices } from "./indexed-slices.ts";

// Attributes

type ListKind = "type" | "shape" | "int" | "float" | "bool" | "string";

/** How one attribute is declared. `T` is what op functions see. */
export interface AttrSpec<T> {
  readonly kind: ListKind | "tensor" | "func";
  readonly list: boolean;
  readonly defaultValue: T | undefined;
  /** The dtypes a type attribute may take. */
  readonly allowed: readonly DType[] | undefined;
  /** The least length of a list or value of a number. */
  readonly minimum: number | undefined;
  /** TensorFlow 1.15 did not have it: nodes carry it only where it differs from its default. */
  readonly isNew?: boolean;
  readonly encode: (value: T) => AttrValue;
  readonly decode: (value: AttrValue) => T;
}

function single<K extends keyof AttrKinds, T extends AttrKinds[K]>(
  kind: K & (ListKind | "tensor" | "func"),
  defaultValue: T | undefined,
  extra: { readonly allowed?: readonly DType[]; readonly minimum?: number } = {},
): AttrSpec<T> {
  return {
    kind,
    list: false,
    defaultValue,
    allowed: extra.allowed,
    minimum: extra.minimum,
    encode: (value) => attrValue<AttrKind>(kind, value),
    decode: (value) => value.value as T,
  };
}

function list<K extends ListKind, T extends AttrKinds[K]>(
  kind: K,
  defaultValue: readonly T[] | undefined,
  allowed?: readonly DType[],
): AttrSpec<readonly T[]> {
  return {
    kind,
    list: true,
    defaultValue,
    allowed,
    minimum: undefined,
    encode: (values) => attrList(kind, values),
    decode: (value) => (value.kind === "list" ? value.value.map((item) => item.value as T) : []),
  };
}

/** An attribute that came after TensorFlow 1.15, with a default. */
export function later<T>(spec: AttrSpec<T>): AttrSpec<T> {
  return { ...spec, isNew: true };
}

/** Declarations of attributes, for the `attrs` of defineOp. */
export const a = {
  /** A dtype, usually inferred from the inputs; `allowed` limits it. */
  type: (allowed?: readonly DType[], defaultValue?: DType): AttrSpec<DType> =>
    single("type", defaultValue, allowed ? { allowed } : {}),
  shape: (defaultValue?: TensorShape): AttrSpec<TensorShape> => single("shape", defaultValue),
  int: (defaultValue?: number, minimum?: number): AttrSpec<number> =>
    single<"int", number>("int", defaultValue, minimum === undefined ? {} : { minimum }),
  float: (defaultValue?: number): AttrSpec<number> =>
    single<"float", number>("float", defaultValue),
  bool: (defaultValue?: boolean): AttrSpec<boolean> => single("bool", defaultValue),
  string: (defaultValue?: string): AttrSpec<string> =>
    single<"string", string>("string", defaultValue),
  tensor: (): AttrSpec<NDArray> => single("tensor", undefined),
  ints: (defaultValue?: readonly number[]): AttrSpec<readonly number[]> =>
    list<"int", number>("int", defaultValue),
  floats: (defaultValue?: readonly number[]): AttrSpec<readonly number[]> =>
    list<"float", number>("float", defaultValue),
  strings: (defaultValue?: readonly string[]): AttrSpec<readonly string[]> =>
    list<"string", string>("string", defaultValue),
  types: (
    allowed?: readonly DType[],
    defaultValue?: readonly DType[],
  ): AttrSpec<readonly DType[]> => list("type", defaultValue, allowed),
  shapes: (defaultValue?: readonly TensorShape[]): AttrSpec<readonly TensorShape[]> =>
    list("shape", defaultValue),
} as const;

// biome-ignore lint/suspicious/noExplicitAny: any-boundary: the registry stores specs of every attribute type
export type AttrSpecs = Readonly<Record<string, AttrSpec<any>>>;
export type AttrsOf<A extends AttrSpecs> = {
  readonly [K in keyof A]: A[K] extends AttrSpec<infer T> ? T : never;
};

// Arguments: "x: T", "values: N * T", "data: T[]" (a list of types), "ref: Ref(T)", "shape: int32"

/** One value per plain argument, an array per list argument. */
export type Grouped<I extends readonly string[], T> = {
  readonly [K in keyof I]: I[K] extends `${string}*${string}` | `${string}[]` ? readonly T[] : T;
};

/** What shape functions see of an input. */
export interface ShapeInput {
  readonly shape: TensorShape;
  readonly dtype: DType;
  /** Of a resource handle: what it refers to. */
  readonly handle?: { readonly dtype: DType; readonly shape: TensorShape } | undefined;
}

export interface ShapeContext<I extends readonly string[], A extends AttrSpecs> {
  readonly inputs: Grouped<I, ShapeInput>;
  readonly attrs: AttrsOf<A>;
  /** The value of the n-th input (counting list elements) if it can be known now. */
  constant(index: number): NDArray | null;
  /** The n-th input read as a shape, with unknown dimensions where they are not known. */
  constantShape(index: number): TensorShape;
}

export interface GradientContext<
  I extends readonly string[],
  O extends readonly string[],
  A extends AttrSpecs,
> {
  readonly op: Operation;
  readonly inputs: Grouped<I, Tensor>;
  readonly outputs: Grouped<O, Tensor>;
  /** Gradients of the outputs; null for outputs of integer or string type. */
  readonly dy: Grouped<O, Tensor>;
  readonly attrs: AttrsOf<A>;
}

export interface LowerContext<I extends readonly string[], A extends AttrSpecs> {
  readonly op: Operation;
  readonly inputs: Grouped<I, Value>;
  readonly attrs: AttrsOf<A>;
  readonly k: Builder;
  /**
   * The elements of the n-th input (counting list elements), which must be known to go on.
   * When they are not, what comes before runs first, and the rest is compiled for the value found.
   */
  constant(index: number): NDArray;
}

export interface HostContext<A extends AttrSpecs> {
  readonly op: Operation;
  readonly attrs: AttrsOf<A>;
  readonly context: RunContext;
}

/** Marks an output that is not computed in this run, in the branch of a conditional that is not taken. */
export const dead: unique symbol = Symbol("dead");

/** Properties that the compiler and tf.gradients ask for; they never ask for an op's name. */
export interface Traits {
  /** Keeps state or has an effect: never folded, shared or dropped while something needs it. */
  readonly stateful?: boolean;
  /** Each output element depends on the input elements at the same place. */
  readonly elementwise?: boolean;
  readonly commutative?: boolean;
  readonly reduction?: boolean;
  /** The first output has the storage of the first input. */
  readonly aliases?: boolean;
  /** The result depends on the shapes of the inputs only. */
  readonly shapeOnly?: boolean;
  /** Inputs (by position) whose state is written. */
  readonly writes?: readonly number[];
  /** Runs also when some inputs are dead, and takes those that are alive. */
  readonly merges?: boolean;
  /** The gradient function takes IndexedSlices as they are. */
  readonly passesSlices?: boolean;
  /** A reference input need not be initialized. */
  readonly allowsUninitialized?: boolean;
  /** A node that must be fed, so its own lowering says what is missing. */
  readonly placeholder?: boolean;
}

export type GradientResult = Tensor | IndexedSlices | null;

export interface OpSpec<
  I extends readonly string[],
  O extends readonly string[],
  A extends AttrSpecs,
> {
  readonly type: string;
  readonly inputs: I;
  readonly outputs: O;
  readonly attrs: A;
  readonly traits?: Traits;
  /** Static shapes of the outputs, list elements counted. Throws ShapeError when inputs do not fit. */
  readonly shape: (context: ShapeContext<I, A>) => readonly ShapeLike[];
  /** The elements of an output, an integer vector or scalar, as far as they are known. */
  readonly partial?: (context: ShapeContext<I, A>, output: number) => readonly Dim[] | null;
  /** One gradient per input; "none" when TensorFlow has none, "zero" when it is known to be null. */
  readonly gradient:
    | "none"
    | "zero"
    | ((context: GradientContext<I, O, A>) => Grouped<I, GradientResult>);
  /** Loops and routines for concrete shapes; "host" when `host` computes it, "none" when it cannot run here. */
  readonly lower:
    | "host"
    | "none"
    | ((context: LowerContext<I, A>) => readonly (Value | typeof dead)[]);
  /** Computes all outputs in JavaScript, for ops whose output shapes depend on data and for effects. */
  readonly host?: (inputs: readonly NDArray[], context: HostContext<A>) => readonly NDArray[];
}

/** An input or output as parsed from its declaration. */
export interface ArgSpec {
  readonly name: string;
  /** An attribute's name or a dtype's. */
  readonly type: string;
  readonly isRef: boolean;
  /** The attribute that holds the number of elements of a list. */
  readonly number: string | undefined;
  /** Each element has its own type, kept in a list attribute. */
  readonly isTypeList: boolean;
}

/** A definition as the rest of the library uses it, with types erased. */
export interface OpDef {
  readonly type: string;
  readonly inputs: readonly ArgSpec[];
  readonly outputs: readonly ArgSpec[];
  readonly attrs: AttrSpecs;
  readonly traits: Traits;
  readonly spec: ErasedSpec;
}

type ErasedSpec = OpSpec<readonly string[], readonly string[], AttrSpecs>;

const registry = new Map<string, OpDef>();

/** The definition of an op type, if it is known here. */
export function opDef(type: string): OpDef | undefined {
  return registry.get(type);
}

/** All op types known here, sorted. */
export function opTypes(): string[] {
  return [...registry.keys()].sort();
}

function parseArg(text: string): ArgSpec {
  const match = /^(\w+): (?:(\w+) \* )?(?:Ref\((\w+)\)|(\w+))(\[\])?$/.exec(text);
  if (!match) throw new Error(`internal: malformed argument declaration "${text}"`);
  const [, name = "", number, ref, plain, brackets] = match;
  return {
    name,
    type: (ref ?? plain) as string,
    isRef: ref !== undefined,
    number,
    isTypeList: brackets !== undefined,
  };
}

/** Registers an op type. Returns its definition, which `createOp` takes. */
export function defineOp<
  const I extends readonly string[],
  const O extends readonly string[],
  A extends AttrSpecs,
>(spec: OpSpec<I, O, A>): TypedOpDef<A> {
  if (registry.has(spec.type)) throw new Error(`internal: op ${spec.type} is defined twice`);
  const def: TypedOpDef<A> = {
    type: spec.type,
    inputs: spec.inputs.map(parseArg),
    outputs: spec.outputs.map(parseArg),
    attrs: spec.attrs,
    traits: spec.traits ?? {},
    spec: spec as unknown as ErasedSpec,
  };
  registry.set(spec.type, def);
  return def;
}

/** A definition that remembers the types of its attributes. */
export interface TypedOpDef<A extends AttrSpecs> extends OpDef {
  readonly attrs: A;
}

/** The attributes of a node as its op's functions see them; absent ones take their defaults. */
export function attrsOf(
  def: OpDef,
  attrs: ReadonlyMap<string, AttrValue>,
): Readonly<Record<string, unknown>> {
  const decoded: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(def.attrs)) {
    const value = attrs.get(name);
    decoded[name] = value ? spec.decode(value) : spec.defaultValue;
  }
  return decoded;
}

/** Puts a flat list of per-input things into the groups that op functions see. */
export function group<T>(
  args: readonly ArgSpec[],
  flat: readonly T[],
  attrs: Readonly<Record<string, unknown>>,
): (T | readonly T[])[] {
  let position = 0;
  return args.map((arg) => {
    const length = listLength(arg, attrs);
    if (length === null) return flat[position++] as T;
    position += length;
    return flat.slice(position - length, position);
  });
}

/** The number of elements of a list argument, null for a plain one. */
export function listLength(arg: ArgSpec, attrs: Readonly<Record<string, unknown>>): number | null {
  if (arg.number !== undefined) return Number(attrs[arg.number]);
  if (arg.isTypeList) return (attrs[arg.type] as readonly DType[]).length;
  return null;
}

/** Static shapes that do not fit together. `createOp` adds which node and which shapes. */
export class ShapeError extends Error {}
