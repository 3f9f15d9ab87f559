/** Joining tensors along a new axis and taking them apart again: Pack and Unpack. */

import { ValueError } from "../core/errors.ts";
import { checkList } from "../core/kind.ts";
import { type Dim, type TensorShape, unknownShape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import type { Value } from "../engines/ir.ts";
import { joinValues } from "./concat.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError, type ShapeInput } from "./define.ts";
import { mergeShapes } from "./merge.ts";
import { partsOf } from "./split.ts";
import { positiveAxis } from "./support.ts";

const Pack = defineOp({
  type: "Pack",
  inputs: ["values: N * T"],
  outputs: ["output: T"],
  attrs: { N: a.int(undefined, 1), T: a.type(), axis: a.int(0) },
  shape: ({ inputs: [values], attrs: { axis } }) => {
    let each: TensorShape = unknownShape;
    for (let i = values.length - 1; i >= 0; i--) {
      each = mergeOther(each, (values[i] as ShapeInput).shape, i);
    }
    if (!each.dims) return [unknownShape];
    const at = packAxis(axis, each.dims.length);
    return [each.dims.toSpliced(at, 0, values.length)];
  },
  partial: ({ inputs: [values], constantShape }) =>
    values.every((value) => value.shape.rank === 0)
      ? values.map((_, i) => constantShape(i).dims?.[0] ?? null)
      : null,
  gradient: ({ attrs: { N, axis }, dy: [dy] }) => [unstack(dy, { num: N, axis })],
  lower: ({ inputs: [values], attrs: { axis }, k }) => {
    const [first] = values as readonly [Value, ...Value[]];
    const at = positiveAxis(axis, first.shape.length + 1);
    values.forEach((value, i) => {
      if (
        value.shape.length === first.shape.length &&
        value.shape.every((dim, d) => dim === first.shape[d])
      )
        return;
      throw new Error(
        `Shapes of all inputs must match: values[0].shape = [${first.shape}] != values[${i}].shape = [${value.shape}]`,
      );
    });
    const thin = first.shape.toSpliced(at, 0, 1);
    if (values.length === 1) return [k.reshape(first, thin)];
    return [
      joinValues(
        k,
        values.map((value) => k.reshape(value, thin)),
        at,
      ),
    ];
  },
});

function mergeOther(known: TensorShape, next: TensorShape, position: number): TensorShape {
  try {
    return mergeShapes(next, known);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(`${error.message}\n\tFrom merging shape ${position} with other shapes.`);
  }
}

function packAxis(axis: number, size: number): number {
  if (axis < -size - 1 || axis > size) {
    throw new ShapeError(`Invalid axis: ${axis}. The axis must be in [${-size - 1}, ${size + 1})`);
  }
  return positiveAxis(axis, size + 1);
}

/** Makes one tensor of several of the same shape, along a new axis. TensorFlow: `tf.stack`. */
export function stack(
  values: readonly TensorLike[],
  { axis = 0, name = "stack" }: Named & { readonly axis?: number | undefined } = {},
): Tensor {
  checkList(values, "The tensors to stack");
  const packs = values.every((value) => value instanceof Tensor);
  if (axis === 0 && !packs) return convertToTensor(values, { name });
  if (axis !== 0) {
    const size = convertToTensor(values[0] as TensorLike, { name }).shape.rank;
    if (size !== null && (axis < -size - 1 || axis > size)) {
      throw new ValueError(`Argument \`axis\` = ${axis} not in range [${-size - 1}, ${size + 1})`);
    }
  }
  return createOp(Pack, [values], { axis }, name).output;
}

const Unpack = defineOp({
  type: "Unpack",
  inputs: ["value: T"],
  outputs: ["output: num * T"],
  attrs: { num: a.int(undefined, 0), T: a.type(), axis: a.int(0) },
  shape: ({ inputs: [value], attrs: { num, axis } }) => {
    const dims = value.shape.dims;
    if (!dims) return new Array<TensorShape>(num).fill(unknownShape);
    if (axis < -dims.length || axis >= dims.length) {
      throw new ShapeError(
        `Invalid axis: ${axis}. The axis must be in [${-dims.length}, ${dims.length})`,
      );
    }
    const at = positiveAxis(axis, dims.length);
    const dim = dims[at] as Dim;
    if (dim !== null && dim !== num) {
      throw new ShapeError(`Dimension must be ${num} but is ${dim}`);
    }
    return new Array<readonly Dim[]>(num).fill(dims.toSpliced(at, 1));
  },
  partial: ({ inputs: [value], constantShape }, output) =>
    value.shape.rank === 1 ? [constantShape(0).dims?.[output] ?? null] : null,
  gradient: ({ attrs: { axis }, dy: [dys] }) => [stack(dys, { axis })],
  lower: ({ inputs: [value], attrs: { num, axis }, k }) => {
    const at = positiveAxis(axis, value.shape.length);
    if (value.shape[at] !== num) {
      throw new Error(
        `Input shape axis ${at} must equal ${num}, got shape [${value.shape.join(",")}]`,
      );
    }
    const parts = partsOf(k, value, at, new Array<number>(num).fill(1));
    const thin = value.shape.toSpliced(at, 1);
    return parts.map((each) => k.reshape(each, thin));
  },
});

export interface UnstackOptions extends Named {
  readonly axis?: number | undefined;
  /** The number of parts; told from the shape when left out. */
  readonly num?: number | undefined;
}

/** Takes a tensor apart along an axis, which disappears. TensorFlow: `tf.unstack`. */
export function unstack(
  value: TensorLike,
  { axis = 0, num, name = "unstack" }: UnstackOptions = {},
): readonly Tensor[] {
  if (num !== undefined) return createOp(Unpack, [value], { num, axis }, name).outputs;
  const tensor = convertToTensor(value);
  const size = tensor.shape.rank;
  if (size !== null && (axis < -size || axis >= size)) {
    throw new ValueError(`Argument \`axis\` = ${axis} not in range [${-size}, ${size})`);
  }
  const count = size === null ? null : tensor.shape.dim(axis);
  if (count === null)
    throw new ValueError(`Cannot infer argument \`num\` from shape ${tensor.shape}`);
  return createOp(Unpack, [tensor], { num: count, axis }, name).outputs;
}
