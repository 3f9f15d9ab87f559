/** 2-D convolution, its two gradients, and the functions built on them. */

import type { DTypeName } from "../core/dtypes.ts";
import { bfloat16, type DType, float16, float32, float64, int32 } from "../core/dtypes.ts";
import { UnimplementedError, ValueError } from "../core/errors.ts";
import { type Dim, TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import type { TensorOf } from "./convert.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { type AttrsOf, a, defineOp, ShapeError } from "./define.ts";
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
  type WindowSize,
  windowSizes,
} from "./padding.ts";
import { expandDims, shape, shapeN, squeeze } from "./shape.ts";
import { withSpaceToBatch } from "./space-to-batch.ts";
import { integers, mergeDims, numbersOf, opScope } from "./support.ts";

const floats: readonly DType[] = [float16, bfloat16, float32, float64];

const convAttrs = {
  T: a.type([...floats, int32]),
  strides: a.ints(),
  use_cudnn_on_gpu: a.bool(true),
  padding: a.string(),
  explicit_paddings: a.ints([]),
  data_format: a.string("NHWC"),
  dilations: a.ints([1, 1, 1, 1]),
};

type ConvAttrs = AttrsOf<typeof convAttrs>;

/** The attributes of a convolution that its gradients take over. */
function sameWindow({ T: _, ...rest }: ConvAttrs): Omit<ConvAttrs, "T"> {
  return rest;
}

function checkWindow(type: string, { strides, dilations, data_format: format }: ConvAttrs): void {
  if (dilations.length !== 4) {
    throw new ShapeError(
      `${type} requires the dilation attribute to contain 4 values, but got: ${dilations.length}`,
    );
  }
  if (strides.length !== 4) {
    throw new ShapeError(
      `${type} on data format ${format} requires the stride attribute to contain 4 values, but got: ${strides.length}`,
    );
  }
}

/** A filter may see fewer channels than there are, in groups that divide both depths. */
function checkGroups(depth: Dim, filter: TensorShape): void {
  const perGroup = filter.dim(2);
  const outDepth = filter.dim(3);
  if (depth === null || perGroup === null || perGroup === 0) return;
  if (depth % perGroup !== 0) {
    throw new ShapeError(
      `Depth of input (${depth}) is not a multiple of input depth of filter (${perGroup})`,
    );
  }
  const groups = depth / perGroup;
  if (outDepth !== null && groups > 0 && outDepth % groups !== 0) {
    throw new ShapeError(
      `Depth of output (${outDepth}) is not a multiple of the number of groups (${groups})`,
    );
  }
}

/** Window, strides and padding of a convolution of images of a known size, as routines take them. */
function windowParams(attrs: WindowAttrs, image: readonly number[], filter: readonly number[]) {
  const layout = layoutOf(attrs.data_format);
  const sizes = spatialPair(image, layout);
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

const Conv2D = defineOp({
  type: "Conv2D",
  inputs: ["input: T", "filter: T"],
  outputs: ["output: T"],
  attrs: convAttrs,
  shape: ({ inputs: [x, w], attrs }) => {
    const image = withRank(x.shape, 4);
    const filter = withRank(w.shape, 4);
    checkWindow("Conv2D", attrs);
    const layout = layoutOf(attrs.data_format);
    checkGroups(image.dim(layout.channel), filter);
    const [rows, columns] = extentsOf(
      attrs,
      [image.dim(layout.rows), image.dim(layout.columns)],
      [filter.dim(0), filter.dim(1)],
    );
    const spatial = [outputDim(rows), outputDim(columns)] as const;
    return [imageShape(attrs.data_format, image.dim(0), spatial, filter.dim(3))];
  },
  gradient: ({ inputs: [x, w], dy: [dy], attrs }) => {
    const [xShape, wShape] = shapeN([x, w]) as [Tensor, Tensor];
    const rest = sameWindow(attrs);
    return [backpropInput(xShape, w, dy, rest), backpropFilter(x, wShape, dy, rest)];
  },
  lower: ({ inputs: [x, w], attrs, k }) => {
    const { data_format: format } = attrs;
    const { params, out } = windowParams(attrs, x.shape, w.shape);
    const image = toChannelsLast(k, x, format);
    const [batch = 0, , , depth = 0] = image.shape;
    const shape = [batch, ...out, w.shape[3] as number];
    const groups = groupCount(depth, w.shape, attrs);
    const y =
      groups === 1
        ? (k.routine("conv2d", [image, w], [{ dtype: x.dtype, shape }], params)[0] as Value)
        : groupedConvolution(k, image, w, { groups, shape, params });
    return [fromChannelsLast(k, y, format)];
  },
});

/** The number of groups of channels when everything is known. */
function groupCount(
  depth: number,
  filter: readonly number[],
  { strides, data_format: format }: ConvAttrs,
): number {
  const [, , perGroup = 0, outDepth = 0] = filter;
  if (perGroup === 0 || depth % perGroup !== 0) {
    throw new Error(
      `input depth must be evenly divisible by filter depth: ${depth} vs ${perGroup}`,
    );
  }
  const groups = depth / perGroup;
  if (groups > 0 && outDepth % groups !== 0) {
    throw new Error(
      `output depth must be evenly divisible by number of groups: ${outDepth} vs ${groups}`,
    );
  }
  if (strides[0] !== 1 || strides[layoutOf(format).channel] !== 1) {
    throw new UnimplementedError(
      undefined,
      "Current implementation does not yet support strides in the batch and depth dimensions.",
    );
  }
  return Math.max(1, groups);
}

interface Grouped {
  readonly groups: number;
  readonly shape: readonly number[];
  readonly params: Readonly<Record<string, unknown>>;
}

/** Each group of channels has filters of its own; its results are padded with zeros and added up. */
function groupedConvolution(k: Builder, image: Value, filter: Value, grouped: Grouped): Value {
  const { groups, shape, params } = grouped;
  const [batch = 0, height = 0, width = 0] = image.shape;
  const [rows = 0, columns = 0, depth = 0, outDepth = 0] = filter.shape;
  const share = outDepth / groups;
  const parts = Array.from({ length: groups }, (_, group) => {
    const x = k.slice(image, [0, 0, 0, group * depth], [batch, height, width, depth]);
    const w = k.slice(filter, [0, 0, 0, group * share], [rows, columns, depth, share]);
    const part = { dtype: image.dtype, shape: [...shape.slice(0, 3), share] };
    return k.routine("conv2d", [x, w], [part], params)[0] as Value;
  });
  return concatChannels(k, parts);
}

/** Joins values along their last axis. */
function concatChannels(k: Builder, parts: readonly Value[]): Value {
  const total = parts.reduce((sum, part) => sum + (part.shape.at(-1) as number), 0);
  let before = 0;
  let joined: Value | null = null;
  for (const part of parts) {
    const depth = part.shape.at(-1) as number;
    const zeros = part.shape.slice(0, -1).map(() => 0);
    const after = total - before - depth;
    const wide = k.pad(part, [...zeros, before], [...zeros, after], {
      kind: "const",
      dtype: part.dtype,
      value: 0,
    });
    joined = joined ? k.binary("add", joined, wide) : wide;
    before += depth;
  }
  return joined as Value;
}

const Conv2DBackpropInput = defineOp({
  type: "Conv2DBackpropInput",
  inputs: ["input_sizes: int32", "filter: T", "out_backprop: T"],
  outputs: ["output: T"],
  attrs: convAttrs,
  shape: ({ inputs: [sizes, w, dy], attrs, constantShape }) => {
    withRank(sizes.shape, 1);
    const filter = withRank(w.shape, 4);
    const grad = withRank(dy.shape, 4);
    const length = sizes.shape.dim(0);
    if (length !== null && length !== 4 && length !== 2) {
      throw new ShapeError(
        `Conv2DBackpropInput requires input_sizes to contain 4 values or 2 values, but got: ${length}`,
      );
    }
    const layout = layoutOf(attrs.data_format);
    mergeDims(grad.dim(layout.channel), filter.dim(3));
    const wanted = constantShape(0);
    if (!wanted.dims) return [new TensorShape([grad.dim(0), null, null, null])];
    if (wanted.dims.length === 2) {
      const [rows, columns] = wanted.dims as [Dim, Dim];
      return [imageShape(attrs.data_format, grad.dim(0), [rows, columns], filter.dim(2))];
    }
    const [batch, ...rest] = wanted.dims as [Dim, ...Dim[]];
    return [new TensorShape([batch ?? grad.dim(0), ...rest])];
  },
  gradient: ({ inputs: [, w, dy], dy: [ddx], attrs }) => {
    const rest = sameWindow(attrs);
    const dw = backpropFilter(ddx, shape(w), dy, rest);
    return [null, dw, convolve(ddx, w, rest)];
  },
  lower: ({ inputs: [, w, dy], attrs, k, constant }) => {
    const { data_format: format } = attrs;
    const image = fullSizes(numbersOf(constant(0)), dy.shape, w.shape, format);
    const { params, out } = windowParams(attrs, image, w.shape);
    const grad = toChannelsLast(k, dy, format);
    const target = channelsLastShape(image, format);
    checkBackprop(
      "Conv2DCustomBackpropInput",
      { grad: grad.shape, image: target, filter: w.shape, out },
      attrs,
    );
    if (groupCount(target[3] as number, w.shape, attrs) !== 1) throw groupedGradient(attrs);
    const spec = { dtype: dy.dtype, shape: target };
    const [dx] = k.routine("conv2dBackpropInput", [w, grad], [spec], params);
    return [fromChannelsLast(k, dx as Value, format)];
  },
});

/** `input_sizes` may be rows and columns only. */
function fullSizes(
  sizes: readonly number[],
  dy: readonly number[],
  filter: readonly number[],
  format: string,
): readonly number[] {
  if (sizes.length !== 2) return sizes;
  const [rows, columns] = sizes as [number, number];
  return imageShape(format, dy[0] as number, [rows, columns], filter[2] as number).dims as number[];
}

/** Shapes with channels last, and the size that the output must have. */
interface BackpropSizes {
  readonly grad: readonly number[];
  readonly image: readonly number[];
  readonly filter: readonly number[];
  readonly out: readonly [number, number];
}

function checkBackprop(
  label: string,
  { grad, image, filter, out }: BackpropSizes,
  attrs: ConvAttrs,
): void {
  const layout = layoutOf(attrs.data_format);
  const strides = spatialPair(attrs.strides, layout);
  const dilations = spatialPair(attrs.dilations, layout);
  for (const axis of [0, 1] as const) {
    const actual = grad[axis + 1];
    if (actual === out[axis]) continue;
    throw new Error(
      `${label}: Size of out_backprop doesn't match computed: actual = ${actual}, ` +
        `computed = ${out[axis]} spatial_dim: ${axis + 1} input: ${image[axis + 1]} ` +
        `filter: ${filter[axis]} output: ${actual} stride: ${strides[axis]} dilation: ${dilations[axis]}`,
    );
  }
}

function groupedGradient({ data_format: format }: ConvAttrs): Error {
  return new Error(`The gradient of a grouped convolution (${format}) is not supported`);
}

const Conv2DBackpropFilter = defineOp({
  type: "Conv2DBackpropFilter",
  inputs: ["input: T", "filter_sizes: int32", "out_backprop: T"],
  outputs: ["output: T"],
  attrs: { ...convAttrs, T: a.type(floats) },
  shape: ({ constantShape }) => [withRank(constantShape(1), 4)],
  gradient: ({ inputs: [x, , dy], dy: [ddw], attrs }) => {
    const rest = sameWindow(attrs);
    const dx = backpropInput(shape(x), ddw, dy, rest);
    return [dx, null, convolve(x, ddw, rest)];
  },
  lower: ({ inputs: [x, , dy], attrs, k, constant }) => {
    const { data_format: format } = attrs;
    const filter = numbersOf(constant(1));
    const { params, out } = windowParams(attrs, x.shape, filter);
    const image = toChannelsLast(k, x, format);
    const grad = toChannelsLast(k, dy, format);
    checkBackprop(
      "Conv2DCustomBackpropFilter",
      { grad: grad.shape, image: image.shape, filter, out },
      attrs,
    );
    if (groupCount(image.shape[3] as number, filter, attrs) !== 1) throw groupedGradient(attrs);
    return k.routine(
      "conv2dBackpropFilter",
      [image, grad],
      [{ dtype: x.dtype, shape: filter }],
      params,
    );
  },
});

type Rest = Partial<Omit<ConvAttrs, "T">>;

function convolve(x: TensorLike, filter: TensorLike, attrs: Rest, name?: string): Tensor {
  return createOp(Conv2D, [x, filter], attrs, name).output;
}

function backpropInput(
  sizes: TensorLike,
  filter: TensorLike,
  dy: TensorLike,
  attrs: Rest,
  name?: string,
): Tensor {
  return createOp(Conv2DBackpropInput, [integers(sizes), filter, dy], attrs, name).output;
}

function backpropFilter(
  x: TensorLike,
  sizes: TensorLike,
  dy: TensorLike,
  attrs: Rest,
  name?: string,
): Tensor {
  return createOp(Conv2DBackpropFilter, [x, integers(sizes), dy], attrs, name).output;
}

export interface Conv2dOptions extends Named {
  readonly dataFormat?: DataFormat | undefined;
  /** Steps between the elements of a filter. */
  readonly dilations?: WindowSize | undefined;
  readonly useCudnnOnGpu?: boolean | undefined;
}

const formats = ["NHWC", "NCHW"];
const paddings = ["SAME", "VALID", "EXPLICIT"];

function conv2dAttrs(
  type: string,
  strides: WindowSize,
  padding: Padding | string,
  { dataFormat = "NHWC", dilations, useCudnnOnGpu = true }: Conv2dOptions,
) {
  const padded = paddingAttrs(padding);
  const attrs = {
    ...padded,
    strides: windowSizes(strides, { format: dataFormat, name: "strides" }),
    use_cudnn_on_gpu: useCudnnOnGpu,
    data_format: dataFormat,
    dilations: windowSizes(dilations, { format: dataFormat, name: "dilations" }),
  };
  checkChoice(type, "padding", padded.padding, paddings);
  checkChoice(type, "data_format", dataFormat, formats);
  return attrs;
}

/**
 * Slides filters [h, w, C, D] over images [N, H, W, C]; the result is [N, H', W', D].
 *
 * `padding` is `"SAME"` (H' = ⌈H / stride⌉), `"VALID"` (only whole windows), or rows [before, after] per dimension.
 * Filters over fewer channels than the images have make groups. Throws ValueError for shapes that do not fit.
 * TensorFlow: `tf.nn.conv2d`.
 */
export function conv2d<D extends DTypeName>(
  input: TensorOf<D>,
  filter: TensorLike,
  strides: WindowSize,
  padding: Padding,
  options?: Conv2dOptions,
): Tensor<D>;
export function conv2d(
  input: TensorLike,
  filter: TensorLike,
  strides: WindowSize,
  padding: Padding,
  options?: Conv2dOptions,
): Tensor;
export function conv2d(
  input: TensorLike,
  filter: TensorLike,
  strides: WindowSize,
  padding: Padding,
  options: Conv2dOptions = {},
): Tensor {
  const attrs = conv2dAttrs("Conv2D", strides, padding, options);
  return convolve(input, filter, attrs, options.name);
}

/** The gradient of `conv2d` for its input, of shape `inputSizes`. TensorFlow: `tf.nn.conv2d_backprop_input`. */
export function conv2dBackpropInput(
  inputSizes: TensorLike,
  filter: TensorLike,
  outBackprop: TensorLike,
  strides: WindowSize,
  padding: Padding,
  options: Conv2dOptions = {},
): Tensor {
  const attrs = conv2dAttrs("Conv2DBackpropInput", strides, padding, options);
  return backpropInput(inputSizes, filter, outBackprop, attrs, options.name);
}

/** The gradient of `conv2d` for its filter, of shape `filterSizes`. TensorFlow: `tf.nn.conv2d_backprop_filter`. */
export function conv2dBackpropFilter(
  input: TensorLike,
  filterSizes: TensorLike,
  outBackprop: TensorLike,
  strides: WindowSize,
  padding: Padding,
  options: Conv2dOptions = {},
): Tensor {
  const attrs = conv2dAttrs("Conv2DBackpropFilter", strides, padding, options);
  return backpropFilter(input, filterSizes, outBackprop, attrs, options.name);
}

export interface Conv2dTransposeOptions extends Conv2dOptions {
  /** `"SAME"` by default. */
  readonly padding?: Padding | undefined;
}

/**
 * The transpose of `conv2d`: from [N, H', W', D] with filters [h, w, C, D] to `outputShape` [N, H, W, C].
 * TensorFlow: `tf.nn.conv2d_transpose`.
 */
export function conv2dTranspose<D extends DTypeName>(
  value: TensorOf<D>,
  filter: TensorLike,
  outputShape: TensorLike,
  strides: WindowSize,
  options?: Conv2dTransposeOptions,
): Tensor<D>;
export function conv2dTranspose(
  value: TensorLike,
  filter: TensorLike,
  outputShape: TensorLike,
  strides: WindowSize,
  options?: Conv2dTransposeOptions,
): Tensor;
export function conv2dTranspose(
  value: TensorLike,
  filter: TensorLike,
  outputShape: TensorLike,
  strides: WindowSize,
  { padding = "SAME", name, ...options }: Conv2dTransposeOptions = {},
): Tensor {
  return opScope(name, "conv2d_transpose", [value, filter, outputShape], (scope) =>
    conv2dBackpropInput(outputShape, filter, value, strides, padding, { ...options, name: scope }),
  );
}

export interface Conv1dOptions extends Named {
  readonly dataFormat?: "NWC" | "NCW" | undefined;
  readonly dilations?: WindowSize | undefined;
}

/** Slides filters [w, C, D] over sequences [N, W, C]. TensorFlow: `tf.nn.conv1d`. */
export function conv1d(
  value: TensorLike,
  filters: TensorLike,
  stride: WindowSize,
  padding: "SAME" | "VALID",
  { dataFormat = "NWC", dilations, name }: Conv1dOptions = {},
): Tensor {
  return opScope(name, "conv1d", [value, filters], (scope) => {
    if (dataFormat !== "NWC" && dataFormat !== "NCW") {
      throw new ValueError(
        `\`data_format\` must be 'NWC' or 'NCW'. Received: data_format=${dataFormat}`,
      );
    }
    const format = dataFormat === "NWC" ? "NHWC" : "NCHW";
    const row = dataFormat === "NWC" ? -3 : -2;
    const sizes = (size: WindowSize | undefined, label: string): number[] => [
      1,
      ...windowSizes(size, { spatial: 1, format, name: label }),
    ];
    const attrs = { strides: sizes(stride, "stride"), dilations: sizes(dilations, "dilations") };
    const images = expandDims(value, row);
    const kernels = expandDims(filters, 0);
    const result = convolve(images, kernels, { ...attrs, padding, data_format: format }, scope);
    return squeeze(result, { axis: [row] });
  });
}

export interface ConvolutionOptions extends Named {
  readonly strides?: WindowSize | undefined;
  /** Steps between the elements of a filter. */
  readonly dilationRate?: WindowSize | undefined;
  readonly dataFormat?: DataFormat | undefined;
}

/** Convolution of images with strides or dilation. TensorFlow: `tf.nn.convolution`, for two dimensions. */
export function convolution(
  input: TensorLike,
  filter: TensorLike,
  padding: "SAME" | "VALID",
  { strides, dilationRate, dataFormat = "NHWC", name }: ConvolutionOptions = {},
): Tensor {
  const dilations = windowSizes(dilationRate, { format: dataFormat, name: "dilations" });
  const steps = windowSizes(strides, { format: dataFormat, name: "strides" });
  return opScope(name, "convolution", [input, filter], (scope) => {
    const attrs = { strides: steps, padding, data_format: dataFormat };
    if (dilations.every((step) => step === 1)) {
      return convolve(input, filter, { ...attrs, dilations }, scope);
    }
    const images = convertToTensor(input, { name: "input" });
    const kernels = convertToTensor(filter, { name: "filters" });
    const layout = layoutOf(dataFormat);
    const rate = spatialPair(dilations, layout);
    const known = kernels.shape.known ?? shape(kernels);
    return withSpaceToBatch(images, known, rate, padding, dataFormat, (spread, inner) =>
      convolve(spread, kernels, { ...attrs, ...paddingAttrs(inner) }, scope),
    );
  });
}

/** Convolution with holes: `convolution` with the same dilation in both directions. TensorFlow: `tf.nn.atrous_conv2d`. */
export function atrousConv2d<D extends DTypeName>(
  value: TensorOf<D>,
  filters: TensorLike,
  rate: number,
  padding: "SAME" | "VALID",
  options?: Named,
): Tensor<D>;
export function atrousConv2d(
  value: TensorLike,
  filters: TensorLike,
  rate: number,
  padding: "SAME" | "VALID",
  options?: Named,
): Tensor;
export function atrousConv2d(
  value: TensorLike,
  filters: TensorLike,
  rate: number,
  padding: "SAME" | "VALID",
  { name }: Named = {},
): Tensor {
  return convolution(value, filters, padding, { dilationRate: [rate, rate], name });
}
