/** Sums of several tensors of one shape. */

import { asDType, type DType, type DTypeLike, variant } from "../core/dtypes.ts";
import { TypeError, ValueError } from "../core/errors.ts";
import { asShape, type ShapeLike, type TensorShape, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import * as e from "../engines/expr.ts";
import type { Expr } from "../engines/ir.ts";
import { identity } from "./array.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { numbers } from "./dtype-lists.ts";
import { IndexedSlices } from "./indexed-slices.ts";

const AddN = defineOp({
  type: "AddN",
  inputs: ["inputs: N * T"],
  outputs: ["sum: T"],
  attrs: { N: a.int(undefined, 1), T: a.type([...numbers, variant]) },
  traits: { elementwise: true },
  shape: ({ inputs: [xs] }) => [commonShape(xs.map(({ shape }) => shape))],
  gradient: ({ inputs: [xs], dy: [dy] }) => [xs.map(() => dy)],
  lower: ({ inputs: [xs], k, op }) => {
    const { shape } = xs[0] as { readonly shape: readonly number[] };
    xs.forEach((x, i) => {
      if (!asShape(x.shape).equals(shape)) {
        throw new Error(
          `Inputs to operation ${op.name} of type AddN must have the same size and shape.  Input 0: [${shape}] != input ${i}: [${x.shape}]`,
        );
      }
    });
    return [
      k.map(
        xs,
        (...elements) => elements.reduce((sum, x) => e.add(sum as Expr, x as Expr)) as Expr,
      ),
    ];
  },
});

function commonShape(shapes: readonly TensorShape[]): TensorShape {
  let common = unknownShape;
  // From the last to the first, so that messages name the same pair as TensorFlow's.
  for (let i = shapes.length - 1; i >= 0; i--) common = mergeShape(shapes, common, i);
  return common;
}

function mergeShape(shapes: readonly TensorShape[], common: TensorShape, i: number): TensorShape {
  const shape = shapes[i] as TensorShape;
  const from = `From merging shape ${i} with other shapes.`;
  if (common.dims && shape.dims) {
    if (common.rank !== shape.rank) {
      throw new ShapeError(
        `Shapes must be equal rank, but are ${shape.rank} and ${common.rank}\n\t${from}`,
      );
    }
    shape.dims.forEach((dim, axis) => {
      const other = common.dims?.[axis] ?? null;
      if (dim !== null && other !== null && dim !== other) {
        throw new ShapeError(
          `Dimension ${axis} in both shapes must be equal, but are ${dim} and ${other}. Shapes are ${shape.toRuntimeString()} and ${common.toRuntimeString()}.\n\t${from}`,
        );
      }
    });
  }
  return common.mergeWith(shape);
}

const inputError =
  "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape.";

/** The sum of tensors of the same shape and dtype; IndexedSlices become dense. TensorFlow: `tf.add_n`. */
export function addN(inputs: readonly TensorLike[], { name }: Named = {}): Tensor {
  if (!Array.isArray(inputs) || inputs.length === 0) throw new ValueError(inputError);
  const tensors = (inputs as readonly TensorLike[]).map((input) =>
    (input as unknown) instanceof IndexedSlices ? input : convertToTensor(input),
  );
  if (tensors.length > 1) return createOp(AddN, [tensors], {}, name).output;
  const only = convertToTensor(tensors[0] as TensorLike);
  return name ? identity(only, { name }) : only;
}

export interface AccumulateOptions extends Named {
  readonly shape?: ShapeLike | undefined;
  readonly tensorDtype?: DTypeLike | undefined;
}

/** The sum of tensors of the same shape and dtype. TensorFlow: `tf.accumulate_n`. */
export function accumulateN(
  inputs: readonly TensorLike[],
  { shape, tensorDtype, name }: AccumulateOptions = {},
): Tensor {
  const text = "inputs must be a list of at least one Tensor with the same dtype and shape";
  if (!Array.isArray(inputs) || inputs.length === 0) throw new ValueError(text);
  const tensors = (inputs as readonly TensorLike[]).map((input) => convertToTensor(input));
  const { dtype } = tensors[0] as Tensor;
  if (tensors.some((tensor) => tensor.dtype !== dtype)) throw new ValueError(text);
  let common = shape === undefined ? unknownShape : asShape(shape);
  for (const tensor of tensors) common = common.mergeWith(tensor.shape);
  const wanted: DType | undefined =
    tensorDtype === undefined ? undefined : asDType(tensorDtype as DTypeLike);
  if (wanted && wanted !== dtype) {
    throw new TypeError(
      `The \`tensor_dtype\` argument is ${wanted}, but \`input\` is of type ${dtype}. These must be equal. Try casting the input to the desired type.`,
    );
  }
  return addN(tensors, { name });
}
