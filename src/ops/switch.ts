/** Switch and Merge: what conditionals are made of. One output of a Switch is dead, a Merge takes what is alive. */

import { type DType, int32 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { type TensorShape, unknownOfRank, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Value } from "../engines/ir.ts";
import { cast } from "./cast.ts";
import { equal } from "./comparison.ts";
import { CondContext } from "./cond-context.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, dead, defineOp, type GradientResult, ShapeError } from "./define.ts";
import { zeros, zerosLike } from "./fill.ts";
import { identity } from "./identity.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { range } from "./range.ts";
import { shape } from "./shape.ts";
import { variableShape } from "./state.ts";
import { opScope } from "./support.ts";

type Branches<T> = readonly [whenFalse: T, whenTrue: T];

function switched(data: { readonly shape: TensorShape }, pred: { readonly shape: TensorShape }) {
  if (pred.shape.rank !== null && pred.shape.rank !== 0) {
    throw new ShapeError(`Shape must be rank 0 but is rank ${pred.shape.rank}`);
  }
  return [data.shape, data.shape] as const;
}

function chosen(x: Value, pred: boolean): readonly (Value | typeof dead)[] {
  return pred ? [dead, x] : [x, dead];
}

const Switch = defineOp({
  type: "Switch",
  inputs: ["data: T", "pred: bool"],
  outputs: ["output_false: T", "output_true: T"],
  attrs: { T: a.type() },
  traits: { passesSlices: true },
  shape: ({ inputs: [data, pred] }) => switched(data, pred),
  gradient: ({ op, inputs: [, pred], dy: [whenFalse, whenTrue] }) => [
    switchGradient(op.controlFlow, pred, [whenFalse, whenTrue]),
    null,
  ],
  lower: ({ inputs: [x], constant }) => chosen(x, constant(1).at(0) === true),
});

const RefSwitch = defineOp({
  type: "RefSwitch",
  inputs: ["data: Ref(T)", "pred: bool"],
  outputs: ["output_false: Ref(T)", "output_true: Ref(T)"],
  attrs: { T: a.type() },
  traits: { passesSlices: true, allowsUninitialized: true },
  shape: ({ inputs: [data, pred] }) => switched(data, pred),
  gradient: ({ op, inputs: [, pred], dy: [whenFalse, whenTrue] }) => [
    switchGradient(op.controlFlow, pred, [whenFalse, whenTrue]),
    null,
  ],
  lower: ({ inputs: [x], constant }) => chosen(x, constant(1).at(0) === true),
});

function switchGradient(
  context: unknown,
  pred: Tensor,
  dy: Branches<Tensor | null>,
): GradientResult {
  if (context instanceof CondContext) {
    const { branch } = context;
    const taken = dy[branch];
    const other = dy[1 - branch];
    // The other branch has no gradient at all: neither has what comes before the conditional.
    if (!other && taken?.dtype.baseName !== "resource") return null;
    return merge([dy[0] ?? taken, dy[1] ?? taken], {
      name: other ? "cond_grad" : "cond_resource_grad",
    })[0];
  }
  const whenFalse = switchOp(dy[0] as Tensor, pred)[0];
  const whenTrue = switchOp(dy[1] as Tensor, pred)[1];
  return merge([whenFalse, whenTrue])[0];
}

/**
 * Hands `data` to one of two outputs, and leaves the other dead. TensorFlow: `control_flow_ops.switch`.
 */
export function switchOp(
  data: TensorLike,
  pred: TensorLike,
  { name }: Named = {},
): Branches<Tensor> {
  return opScope(name, "Switch", [data, pred], (scope) => {
    const x = convertToTensor(data, { name: "data", asRef: true });
    const test = convertToTensor(pred, { name: "pred" });
    const { outputs } = createOp(Switch, [x, test], {}, scope);
    for (const output of outputs) output.handle = x.handle;
    return pair(outputs);
  });
}

function pair(outputs: readonly Tensor[]): Branches<Tensor> {
  return [outputs[0] as Tensor, outputs[1] as Tensor];
}

/** A Switch placed with its data, which may be a reference or IndexedSlices. */
export function switchRefOrTensor(data: Tensor, pred: Tensor, options?: Named): Branches<Tensor>;
export function switchRefOrTensor(
  data: Tensor | IndexedSlices,
  pred: Tensor,
  options?: Named,
): Branches<Tensor | IndexedSlices>;
export function switchRefOrTensor(
  data: Tensor | IndexedSlices,
  pred: Tensor,
  { name = "Switch" }: Named = {},
): Branches<Tensor | IndexedSlices> {
  const { graph } = pred;
  return graph.inside(graph.colocationPatch(data, { ignoreExisting: true }), () => {
    if (data instanceof IndexedSlices) return switchSlices(data, pred, name);
    if (!data.dtype.isRef) return switchOp(data, pred, { name });
    return pair(createOp(RefSwitch, [data, pred], {}, name).outputs);
  });
}

function switchSlices(data: IndexedSlices, pred: Tensor, name: string): Branches<IndexedSlices> {
  return opScope(name, "Switch", [data, pred], () => {
    const values = switchOp(data.values, pred);
    const indices = switchOp(data.indices, pred);
    const sizes = data.denseShape ? switchOp(data.denseShape, pred) : null;
    const part = (i: 0 | 1) => new IndexedSlices(values[i], indices[i], sizes?.[i] ?? null);
    return [part(0), part(1)] as const;
  });
}

// Merge

function mergedShape(inputs: readonly { readonly shape: TensorShape }[]): TensorShape {
  const [first, ...others] = inputs.map((input) => input.shape);
  let result = first as TensorShape;
  for (const other of others) {
    if (!result.dims || !other.dims || result.rank !== other.rank) return unknownShape;
    const { dims } = result;
    const theirs = other.dims;
    result = unknownOfRank(dims.length).mergeWith(
      dims.map((dim, axis) => (dim === theirs[axis] ? dim : null)),
    );
  }
  return result;
}

/** The first input that is alive, and which one that is. */
function alive(inputs: readonly Value[]): number {
  return (inputs as readonly (Value | typeof dead)[]).findIndex((input) => input !== dead);
}

const Merge = defineOp({
  type: "Merge",
  inputs: ["inputs: N * T"],
  outputs: ["output: T", "value_index: int32"],
  attrs: { N: a.int(undefined, 1), T: a.type() },
  traits: { merges: true, passesSlices: true },
  shape: ({ inputs: [values] }) => [mergedShape(values), []],
  gradient: ({ op, dy: [dy] }) => [mergeGradient(op.inputs, op.outputs[1] as Tensor, dy)],
  lower: ({ inputs: [values], k }) => {
    const found = alive(values);
    return found < 0 ? [dead, dead] : [values[found] as Value, k.scalar(found, int32)];
  },
});

const RefMerge = defineOp({
  type: "RefMerge",
  inputs: ["inputs: N * Ref(T)"],
  outputs: ["output: Ref(T)", "value_index: int32"],
  attrs: { N: a.int(undefined, 1), T: a.type() },
  traits: { merges: true, passesSlices: true, allowsUninitialized: true },
  shape: ({ inputs: [values] }) => [mergedShape(values), []],
  gradient: ({ op, dy: [dy] }) => [mergeGradient(op.inputs, op.outputs[1] as Tensor, dy)],
  lower: ({ inputs: [values], k }) => {
    const found = alive(values);
    return found < 0 ? [dead, dead] : [values[found] as Value, k.scalar(found, int32)];
  },
});

function mergeGradient(
  inputs: readonly Tensor[],
  index: Tensor,
  dy: Tensor | IndexedSlices,
): readonly (Tensor | IndexedSlices)[] {
  const context = inputs[0]?.op.controlFlow;
  if (context instanceof CondContext)
    return switchRefOrTensor(dy, context.pred, { name: "cond_grad" });
  const tests = inputs.map((_, i) => equal(index, i));
  return tests.map((test) => switchRefOrTensor(dy, test)[1]);
}

type Mergeable = Tensor | IndexedSlices;

/**
 * The input that is alive, and its position. TensorFlow: `control_flow_ops.merge`.
 */
export function merge(
  inputs: readonly (Mergeable | null | undefined)[],
  { name }: Named = {},
): readonly [Mergeable, Tensor] {
  if (inputs.some((input) => input === null || input === undefined)) {
    throw new ValueError(`At least one of the merge inputs is None: [${inputs.join(", ")}]`);
  }
  const given = inputs as readonly Mergeable[];
  return opScope(name, "Merge", given, (scope) => {
    if (given.some((input) => input instanceof IndexedSlices))
      return mergeSlices(given.map(asSlices));
    const isRef = (given as readonly Tensor[]).every((input) => input.dtype.isRef);
    return pair(
      createOp(isRef ? RefMerge : Merge, [given as readonly Tensor[]], {}, scope).outputs,
    );
  });
}

function asSlices(value: Mergeable): IndexedSlices {
  if (value instanceof IndexedSlices) return value;
  const sizes = shape(value, { optimize: false });
  return new IndexedSlices(value, range(0, sizes.slice(0)), sizes);
}

function mergeSlices(slices: readonly IndexedSlices[]): readonly [IndexedSlices, Tensor] {
  const dtypes = new Set<DType>(slices.map(({ indices }) => indices.dtype.base));
  const wide = dtypes.size > 1;
  const indices = slices.map((each) => (wide ? cast(each.indices, "int64") : each.indices));
  const part = (tensors: readonly Tensor[]) =>
    pair(createOp(Merge, [tensors], {}, undefined).outputs);
  const [values, index] = part(slices.map((each) => each.values));
  const [places] = part(indices);
  const sizes = slices.map((each) => each.denseShape);
  const [whole] = sizes.includes(null) ? [null] : part(sizes as readonly Tensor[]);
  return [new IndexedSlices(values, places, whole), index];
}

/**
 * @internal Zeros for an output of a Switch that got no gradient, made only in the branch that is taken; null when
 * the tensor is no output of a Switch.
 */
export function switchZeros(output: Tensor): Tensor | null {
  const { op } = output;
  if (op.type !== "Switch" && op.type !== "RefSwitch") return null;
  const context = op.controlFlow;
  if (!(context instanceof CondContext)) return zerosLike(output, { optimize: false });
  const other = (1 - context.branch) as 0 | 1;
  const value = switchOp(op.inputs[0] as Tensor, context.pred)[other];
  const pivot = identity(value);
  const { graph } = op;
  const inside = <R>(body: () => R): R => graph.inside(graph.controlPatch([pivot]), body);
  if (output.dtype.baseName === "resource") {
    return inside(() => zeros(variableShape(value), { dtype: value.handle?.dtype }));
  }
  const sizes = shape(value, { optimize: false });
  return inside(() => zeros(sizes, { dtype: output.dtype.base }));
}
