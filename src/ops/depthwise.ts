/** Depthwise convolution, where every channel has filters of its own, and separable convolution. */

import type { DTypeName } from "../core/dtypes.ts";
import { bfloat16, type DType, float16, float32, float64 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import type { TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Value } from "../engines/ir.ts";
import { conv2d } from "./conv.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { type AttrsOf, a, defineOp, later, ShapeError } from "./define.ts";
import { withRank } from "./merge.ts";
import {
  channelsLastShape,
  checkChoice,
  type DataFormat,
  extentsOf,
  fromChannelsLast,
  imageShape,
  layoutOf,
  outputDim,
  type Padding,
  paddingAttrs,
  padsOf,
  spatialPair,
  toChannelsLast,
  type WindowAttrs,
} from "./padding.ts";
import { shape } from "./shape.ts";
import { withSpaceToBatch } from "./space-to-batch.ts";
import { integers, mergeDims, numbersOf, opScope } from "./support.ts";

const floats: readonly DType[] = [float16, bfloat16, float32, float64];

const depthwiseAttrs = {
  T: a.type(floats),
  strides: a.ints(),
  padding: a.string(),
  explicit_paddings: later(a.ints([])),
  data_format: a.string("NHWC"),
  dilations: a.ints([1, 1, 1, 1]),
};

type DepthwiseAttrs = AttrsOf<typeof depthwiseAttrs>;

function sameWindow({ T: _, ...rest }: DepthwiseAttrs): Omit<DepthwiseAttrs, "T"> {
  return rest;
}

function windowParams(attrs: WindowAttrs, image: readonly number[], filter: readonly number[]) {
  const sizes = spatialPair(image, layoutOf(attrs.data_format));
  const [rows, columns] = extentsOf(attrs, sizes, [filter[0] as number, filter[1] as number]);
  return {
    params: {
      strides: [rows.stride, columns.stride],
      dilations: [rows.dilation, columns.dilation],
      pads: [padsOf(rows), padsOf(columns)],
    },
    out: [outputDim(rows) as number, outputDim(columns) as number] as const,
  };
}

const DepthwiseConv2dNative = defineOp({
  type: "DepthwiseConv2dNative",
  inputs: ["input: T", "filter: T"],
  outputs: ["output: T"],
  attrs: depthwiseAttrs,
  shape: ({ inputs: [x, w], attrs }) => {
    const image = withRank(x.shape, 4);
    const filter = withRank(w.shape, 4);
    if (attrs.strides.length !== 4) {
      throw new ShapeError(
        `DepthwiseConv2D requires the stride attribute to contain 4 values, but got: ${attrs.strides.length}`,
      );
    }
    if (attrs.dilations.length !== 4) {
      throw new ShapeError(
        `DepthwiseConv2D requires the dilations attribute to contain 4 values, but got: ${attrs.dilations.length}`,
      );
    }
    const layout = layoutOf(attrs.data_format);
    const depth = mergeDims(image.dim(layout.channel), filter.dim(2));
    const multiplier = filter.dim(3);
    const [rows, columns] = extentsOf(
      attrs,
      [image.dim(layout.rows), image.dim(layout.columns)],
      [filter.dim(0), filter.dim(1)],
    );
    const outDepth = depth === null || multiplier === null ? null : depth * multiplier;
    const spatial = [outputDim(rows), outputDim(columns)] as const;
    return [imageShape(attrs.data_format, image.dim(0), spatial, outDepth)];
  },
  gradient: ({ inputs: [x, w], dy: [dy], attrs }) => {
    const rest = sameWindow(attrs);
    const dx = backpropInput(shape(x), w, dy, rest);
    return [dx, backpropFilter(x, shape(w), dy, rest)];
  },
  lower: ({ inputs: [x, w], attrs, k }) => {
    const { data_format: format } = attrs;
    const { params, out } = windowParams(attrs, x.shape, w.shape);
    const image = toChannelsLast(k, x, format);
    const [, , depth = 0, multiplier = 0] = w.shape;
    if (image.shape[3] !== depth) {
      throw new Error(
        `input depth must be evenly divisible by filter depth: ${image.shape[3]} vs ${depth}`,
      );
    }
    const target = [image.shape[0] as number, ...out, depth * multiplier];
    const [y] = k.routine(
      "depthwiseConv2d",
      [image, w],
      [{ dtype: x.dtype, shape: target }],
      params,
    );
    return [fromChannelsLast(k, y as Value, format)];
  },
});

const BackpropInput = defineOp({
  type: "DepthwiseConv2dNativeBackpropInput",
  inputs: ["input_sizes: int32", "filter: T", "out_backprop: T"],
  outputs: ["output: T"],
  attrs: depthwiseAttrs,
  shape: ({ constantShape }) => [withRank(constantShape(0), 4)],
  gradient: ({ inputs: [, w, dy], dy: [ddx], attrs }) => {
    const rest = sameWindow(attrs);
    const dw = backpropFilter(ddx, shape(w), dy, rest);
    return [null, dw, native(ddx, w, rest)];
  },
  lower: ({ inputs: [, w, dy], attrs, k, constant }) => {
    const { data_format: format } = attrs;
    const sizes = numbersOf(constant(0));
    const { params } = windowParams(attrs, sizes, w.shape);
    const spec = { dtype: dy.dtype, shape: channelsLastShape(sizes, format) };
    const inputs = [w, toChannelsLast(k, dy, format)];
    const [dx] = k.routine("depthwiseConv2dBackpropInput", inputs, [spec], params);
    return [fromChannelsLast(k, dx as Value, format)];
  },
});

const BackpropFilter = defineOp({
  type: "DepthwiseConv2dNativeBackpropFilter",
  inputs: ["input: T", "filter_sizes: int32", "out_backprop: T"],
  outputs: ["output: T"],
  attrs: depthwiseAttrs,
  shape: ({ constantShape }) => [withRank(constantShape(1), 4)],
  gradient: ({ inputs: [x, , dy], dy: [ddw], attrs }) => {
    const rest = sameWindow(attrs);
    const dx = backpropInput(shape(x), ddw, dy, rest);
    return [dx, null, native(x, ddw, rest)];
  },
  lower: ({ inputs: [x, , dy], attrs, k, constant }) => {
    const { data_format: format } = attrs;
    const filter = numbersOf(constant(1));
    const { params } = windowParams(attrs, x.shape, filter);
    const inputs = [toChannelsLast(k, x, format), toChannelsLast(k, dy, format)];
    return k.routine(
      "depthwiseConv2dBackpropFilter",
      inputs,
      [{ dtype: x.dtype, shape: filter }],
      params,
    );
  },
});

type Rest = Partial<Omit<DepthwiseAttrs, "T">>;

function native(x: TensorLike, filter: TensorLike, attrs: Rest, name?: string): Tensor {
  return createOp(DepthwiseConv2dNative, [x, filter], attrs, name).output;
}

function backpropInput(
  sizes: TensorLike,
  filter: TensorLike,
  dy: TensorLike,
  attrs: Rest,
  name?: string,
): Tensor {
  return createOp(BackpropInput, [integers(sizes), filter, dy], attrs, name).output;
}

function backpropFilter(
  x: TensorLike,
  sizes: TensorLike,
  dy: TensorLike,
  attrs: Rest,
  name?: string,
): Tensor {
  return createOp(BackpropFilter, [x, integers(sizes), dy], attrs, name).output;
}

interface NativeOptions extends Named {
  readonly dataFormat?: DataFormat | undefined;
  readonly dilations?: readonly number[] | undefined;
}

/** One node, with strides and dilations per dimension. TensorFlow: `tf.nn.depthwise_conv2d_native`. */
export function depthwiseConv2dNative<D extends DTypeName>(
  input: TensorOf<D>,
  filter: TensorLike,
  strides: readonly number[],
  padding: Padding,
  options?: NativeOptions,
): Tensor<D>;
export function depthwiseConv2dNative(
  input: TensorLike,
  filter: TensorLike,
  strides: readonly number[],
  padding: Padding,
  options?: NativeOptions,
): Tensor;
export function depthwiseConv2dNative(
  input: TensorLike,
  filter: TensorLike,
  strides: readonly number[],
  padding: Padding,
  { dataFormat = "NHWC", dilations = [1, 1, 1, 1], name }: NativeOptions = {},
): Tensor {
  const padded = paddingAttrs(padding);
  checkChoice("DepthwiseConv2dNative", "padding", padded.padding, ["SAME", "VALID", "EXPLICIT"]);
  checkChoice("DepthwiseConv2dNative", "data_format", dataFormat, ["NHWC", "NCHW"]);
  return native(input, filter, { ...padded, strides, dilations, data_format: dataFormat }, name);
}

export interface DepthwiseOptions extends Named {
  /** Steps between the elements of a filter, for rows and columns; other than 1 they need strides of 1. */
  readonly rate?: readonly number[] | undefined;
  readonly dilations?: readonly number[] | undefined;
  readonly dataFormat?: DataFormat | undefined;
}

function rateOf({ rate, dilations }: DepthwiseOptions): readonly number[] {
  if (rate !== undefined && dilations !== undefined) {
    throw new ValueError("Cannot specify both 'rate' and 'dilations'.");
  }
  return rate ?? dilations ?? [1, 1];
}

/**
 * Slides filters [h, w, C, M] over images [N, H, W, C], M for each channel; the result is [N, H', W', C M].
 * TensorFlow: `tf.nn.depthwise_conv2d`.
 */
export function depthwiseConv2d<D extends DTypeName>(
  input: TensorOf<D>,
  filter: TensorLike,
  strides: readonly number[],
  padding: Padding,
  options?: DepthwiseOptions,
): Tensor<D>;
export function depthwiseConv2d(
  input: TensorLike,
  filter: TensorLike,
  strides: readonly number[],
  padding: Padding,
  options?: DepthwiseOptions,
): Tensor;
export function depthwiseConv2d(
  input: TensorLike,
  filter: TensorLike,
  strides: readonly number[],
  padding: Padding,
  options: DepthwiseOptions = {},
): Tensor {
  const { dataFormat, name } = options;
  const rate = rateOf(options);
  return opScope(name, "depthwise", [input, filter], (scope) => {
    const images = convertToTensor(input, { name: "tensor_in" });
    const kernels = convertToTensor(filter, { name: "filter_in" });
    return withSpaceToBatch(images, shape(kernels), rate, padding, dataFormat, (spread, inner) =>
      depthwiseConv2dNative(spread, kernels, strides, inner, { dataFormat, name: scope }),
    );
  });
}

/**
 * `depthwiseConv2d`, then a 1x1 convolution with `pointwiseFilter` [1, 1, C M, D] that mixes the channels.
 * TensorFlow: `tf.nn.separable_conv2d`.
 */
export function separableConv2d<D extends DTypeName>(
  input: TensorOf<D>,
  depthwiseFilter: TensorLike,
  pointwiseFilter: TensorLike,
  strides: readonly number[],
  padding: Padding,
  options?: DepthwiseOptions,
): Tensor<D>;
export function separableConv2d(
  input: TensorLike,
  depthwiseFilter: TensorLike,
  pointwiseFilter: TensorLike,
  strides: readonly number[],
  padding: Padding,
  options?: DepthwiseOptions,
): Tensor;
export function separableConv2d(
  input: TensorLike,
  depthwiseFilter: TensorLike,
  pointwiseFilter: TensorLike,
  strides: readonly number[],
  padding: Padding,
  options: DepthwiseOptions = {},
): Tensor {
  const { dataFormat, name } = options;
  const rate = rateOf(options);
  const values = [input, depthwiseFilter, pointwiseFilter];
  return opScope(name, "separable_conv2d", values, (scope) => {
    const images = convertToTensor(input, { name: "tensor_in" });
    const kernels = convertToTensor(depthwiseFilter, { name: "depthwise_filter" });
    const mixer = convertToTensor(pointwiseFilter, { name: "pointwise_filter" });
    checkPointwise(mixer.shape);
    const depthwise = withSpaceToBatch(
      images,
      shape(kernels),
      rate,
      padding,
      dataFormat,
      (spread, inner) =>
        depthwiseConv2dNative(spread, kernels, strides, inner, { dataFormat, name: "depthwise" }),
    );
    return conv2d(depthwise, mixer, [1, 1, 1, 1], "VALID", { dataFormat, name: scope });
  });
}

function checkPointwise(filter: TensorShape): void {
  if (filter.rank !== null && filter.rank !== 4)
    throw new ValueError(`Shape ${filter} must have rank 4`);
  for (const dim of [filter.dim(0), filter.dim(1)]) {
    if (dim !== null && dim !== 1)
      throw new ValueError(`Dimensions ${dim} and 1 are not compatible`);
  }
}
