/** What can be known of a tensor's elements while the graph is built. */

import { fromScalars, type NDArray } from "../core/ndarray.ts";
import { type Dim, TensorShape, unknownOfRank, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { shapeContext } from "./create.ts";
import { attrsOf, opDef } from "./define.ts";
import { evaluateNode } from "./evaluate.ts";

/** Larger results are not computed while building. */
const limit = 10_000;

const cache = new WeakMap<Tensor, NDArray | null>();

/** The elements of a tensor that depends on constants and static shapes only; null when they are not known. */
export function constantValue(tensor: Tensor): NDArray | null {
  const known = cache.get(tensor);
  if (known !== undefined) return known;
  const value = compute(tensor);
  // What is not known yet may become known: a shape can be set later.
  if (value) cache.set(tensor, value);
  return value;
}

function compute(tensor: Tensor): NDArray | null {
  const { op } = tensor;
  const value = op.attrs.get("value");
  if (op.inputs.length === 0 && value?.kind === "tensor") return value.value;
  const def = opDef(op.type);
  if (
    !def ||
    def.traits.stateful ||
    def.traits.merges ||
    def.spec.lower === "none" ||
    op.inputs.length === 0
  )
    return null;
  const { size } = tensor.shape;
  if (size !== null && size > limit) return null;
  if (op.inputs.some((input) => input.dtype.isRef || input.dtype.baseName === "resource"))
    return null;
  const inputs: (NDArray | readonly number[])[] = [];
  for (const input of op.inputs) {
    const known = (def.traits.shapeOnly ? input.shape.known : null) ?? constantValue(input);
    if (!known) return scalarValue(tensor);
    inputs.push(known);
  }
  try {
    return evaluateNode(op, def, inputs)?.[tensor.valueIndex] ?? null;
  } catch (error) {
    // What cannot be computed fails when it is run, not while something else is built from it.
    if (error instanceof Error && error.message.startsWith("internal:")) throw error;
    return null;
  }
}

/** A scalar such as one dimension of a shape may be known although the rest of the shape is not. */
function scalarValue(tensor: Tensor): NDArray | null {
  if (tensor.shape.rank !== 0 || !tensor.dtype.isInteger) return null;
  // TensorFlow looks no further than for an element of a Shape at an index that is a constant itself.
  const { type, inputs } = tensor.op;
  const isAboutShape = (name: string | undefined) => opDef(name ?? "")?.traits.shapeOnly === true;
  if (!isAboutShape(type) && !isAboutShape(inputs[0]?.op.type)) return null;
  if (inputs.slice(1).some((input) => input.op.inputs.length > 0)) return null;
  const value = partialElements(tensor)?.[0] ?? null;
  return value === null ? null : fromScalars([value], [], tensor.dtype.base);
}

/** A tensor read as a shape: -1 and unknown elements are null; unknown rank when not even the length is known. */
export function constantShape(tensor: Tensor): TensorShape {
  // As in TensorFlow, what the ops about shapes tell goes before what computing them would give.
  const partial = partialElements(tensor);
  if (partial) return new TensorShape(partial.map((dim) => (dim !== null && dim < 0 ? null : dim)));
  const value = constantValue(tensor);
  if (value) {
    const dims = Array.from(value.values(), (dim) => (Number(dim) < 0 ? null : Number(dim)));
    return value.rank === 0 && dims[0] === null ? unknownShape : new TensorShape(dims);
  }
  const length = tensor.shape.dims?.length === 1 ? tensor.shape.dim(0) : null;
  return length === null ? unknownShape : unknownOfRank(length);
}

/** The elements of an integer vector or scalar as far as they are known; null when nothing is. */
export function partialValue(tensor: Tensor): readonly Dim[] | null {
  const value = constantValue(tensor);
  return value ? Array.from(value.values(), Number) : partialElements(tensor);
}

function partialElements(tensor: Tensor): readonly Dim[] | null {
  const def = opDef(tensor.op.type);
  if (!def?.spec.partial) return null;
  return def.spec.partial(
    shapeContext(def, attrsOf(def, tensor.op.attrs), tensor.op.inputs),
    tensor.valueIndex,
  );
}
