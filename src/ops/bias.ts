/** Adding a bias to every channel, and what is built on that. */

import type { DType, DTypeName } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { type Dim, TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import * as e from "../engines/expr.ts";
import type { Expr } from "../engines/ir.ts";
import { relu } from "./activation.ts";
import { concat } from "./concat.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { numbers } from "./dtype-lists.ts";
import { onesLike } from "./fill.ts";
import { indexTensor } from "./index-tensor.ts";
import { matmul } from "./matmul.ts";
import { withRank, withRankAtLeast } from "./merge.ts";
import { tile } from "./pad.ts";
import { range } from "./range.ts";
import { reduceSum } from "./reduce.ts";
import { rank, reshape, shape } from "./shape.ts";
import { mergeDims, opScope } from "./support.ts";

const biased: readonly DType[] = numbers;

/** The position of the channels. */
function channelAxis(format: string, rankOf: number): number {
  return format === "NCHW" ? 1 : rankOf - 1;
}

/** A bias vector as the shape that broadcasts over an array of `rankOf` dimensions. */
function biasShape(format: string, rankOf: number, channels: number): number[] {
  const dims = new Array<number>(rankOf).fill(1);
  dims[channelAxis(format, rankOf)] = channels;
  return dims;
}

const BiasAdd = defineOp({
  type: "BiasAdd",
  inputs: ["value: T", "bias: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(biased), data_format: a.string("NHWC") },
  traits: { elementwise: true },
  shape: ({ inputs: [x, bias], attrs }) => {
    const value = withRankAtLeast(x.shape, attrs.data_format === "NCHW" ? 3 : 2);
    const vector = withRank(bias.shape, 1);
    if (!value.dims) return [value];
    const axis = channelAxis(attrs.data_format, value.dims.length);
    const dims: Dim[] = [...value.dims];
    dims[axis] = mergeDims(dims[axis] as Dim, vector.dim(0));
    return [new TensorShape(dims)];
  },
  gradient: ({ dy: [dy], attrs }) => [dy, biasAddGrad(dy, attrs.data_format)],
  lower: ({ inputs: [x, bias], attrs, k }) => {
    const channels = bias.shape[0] as number;
    const axis = channelAxis(attrs.data_format, x.shape.length);
    if (x.shape[axis] !== channels) {
      throw new Error(
        `Must provide as many biases as the last dimension of the input tensor: [${channels}] vs. [${x.shape}]`,
      );
    }
    const spread = k.reshape(bias, biasShape(attrs.data_format, x.shape.length, channels));
    return [k.map([x, spread], (value, b) => e.add(value as Expr, b as Expr))];
  },
});

const BiasAddGrad = defineOp({
  type: "BiasAddGrad",
  inputs: ["out_backprop: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(biased), data_format: a.string("NHWC") },
  traits: { reduction: true },
  shape: ({ inputs: [dy], attrs }) => {
    const value = withRankAtLeast(dy.shape, attrs.data_format === "NCHW" ? 3 : 2);
    return [[value.dims ? value.dim(channelAxis(attrs.data_format, value.dims.length)) : null]];
  },
  gradient: ({ inputs: [dy], dy: [ddb], attrs }) => {
    const whole = shape(dy);
    const channels = shape(ddb);
    const [wide, repeats] =
      attrs.data_format === "NCHW"
        ? [
            concat(
              [
                onesLike(indexTensor(whole, [[null, 1]])),
                channels,
                onesLike(indexTensor(whole, [[2]])),
              ],
              0,
            ),
            concat([indexTensor(whole, [[null, 1]]), [1], indexTensor(whole, [[2]])], 0),
          ]
        : [
            concat([onesLike(indexTensor(whole, [[null, -1]])), channels], 0),
            concat([indexTensor(whole, [[null, -1]]), [1]], 0),
          ];
    return [tile(reshape(ddb, wide), repeats)];
  },
  lower: ({ inputs: [dy], attrs, k }) => {
    const axis = channelAxis(attrs.data_format, dy.shape.length);
    return [
      k.reduce(
        "sum",
        dy,
        dy.shape.map((_, i) => i).filter((i) => i !== axis),
      ),
    ];
  },
});

function biasAddGrad(dy: Tensor, format: string): Tensor {
  return createOp(BiasAddGrad, [dy], { data_format: format }, undefined).output;
}

/** The op of the oldest graphs, without a layout. */
const BiasAddV1 = defineOp({
  type: "BiasAddV1",
  inputs: ["value: T", "bias: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(biased) },
  traits: { elementwise: true },
  shape: ({ inputs: [x] }) => [withRankAtLeast(x.shape, 2)],
  gradient: ({ dy: [dy] }) => [dy, reduceSum(dy, { axis: range(rank(dy).sub(1)) })],
  lower: ({ inputs: [x, bias], k }) => [k.binary("add", x, bias)],
});

export interface BiasAddOptions extends Named {
  /** `"N...C"` for channels last, which is the default, or `"NC..."`. */
  readonly dataFormat?: string | undefined;
}

function layoutAttr(format: string | undefined): { readonly data_format?: string } {
  if (format === undefined) return {};
  if (format.startsWith("NC")) return { data_format: "NCHW" };
  if (format.startsWith("N") && format.endsWith("C")) return { data_format: "NHWC" };
  throw new ValueError(
    `\`data_format\` must be of the form \`N...C\` or \`NC...\`. Received: data_format=${format}`,
  );
}

/** Adds a vector to every position, channel by channel. TensorFlow: `tf.nn.bias_add`. */
export function biasAdd<D extends DTypeName>(
  value: TensorOf<D>,
  bias: TensorLike,
  options?: BiasAddOptions,
): Tensor<D>;
export function biasAdd(value: TensorLike, bias: TensorLike, options?: BiasAddOptions): Tensor;
export function biasAdd(
  value: TensorLike,
  bias: TensorLike,
  { dataFormat, name }: BiasAddOptions = {},
): Tensor {
  return opScope(name, "BiasAdd", [value, bias], (scope) => {
    const attrs = layoutAttr(dataFormat);
    const x = convertToTensor(value, { name: "input" });
    const b = convertToTensor(bias, { name: "bias", dtype: x.dtype.base });
    return createOp(BiasAdd, [x, b], attrs, scope).output;
  });
}

/** @internal The node of `tf.nn.bias_add_v1`. */
export function biasAddV1(value: TensorLike, bias: TensorLike, { name }: Named = {}): Tensor {
  return opScope(name, "BiasAddV1", [value, bias], (scope) => {
    const x = convertToTensor(value, { name: "input" });
    const b = convertToTensor(bias, { name: "bias", dtype: x.dtype.base });
    return createOp(BiasAddV1, [x, b], {}, scope).output;
  });
}

/** x [N, I] times weights [I, O] plus biases [O]. TensorFlow: `tf.nn.xw_plus_b`. */
export function xwPlusB(
  x: TensorLike,
  weights: TensorLike,
  biases: TensorLike,
  { name }: Named = {},
): Tensor {
  return opScope(name, "xw_plus_b", [x, weights, biases], (scope) => {
    const rows = convertToTensor(x, { name: "x" });
    const matrix = convertToTensor(weights, { name: "weights" });
    const vector = convertToTensor(biases, { name: "biases" });
    return biasAdd(matmul(rows, matrix), vector, { name: scope });
  });
}

/** relu of `xwPlusB`. TensorFlow: `tf.nn.relu_layer`. */
export function reluLayer(
  x: TensorLike,
  weights: TensorLike,
  biases: TensorLike,
  { name }: Named = {},
): Tensor {
  return opScope(name, "relu_layer", [x, weights, biases], (scope) => {
    const rows = convertToTensor(x, { name: "x" });
    const matrix = convertToTensor(weights, { name: "weights" });
    const vector = convertToTensor(biases, { name: "biases" });
    return relu(biasAdd(matmul(rows, matrix), vector), { name: scope });
  });
}
