/** Pooling, its gradients, and local response normalization. */

import type { DTypeName } from "../core/dtypes.ts";
import {
  bfloat16,
  type DType,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
} from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import type { TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import { brief } from "./constant.ts";
import type { TensorLike, TensorOf } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, later, ShapeError } from "./define.ts";
import { reals } from "./dtype-lists.ts";
import { zerosLike } from "./fill.ts";
import { stopGradient } from "./identity.ts";
import { mergeShapes, withRank } from "./merge.ts";
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
  type WindowSize,
  windowSizes,
} from "./padding.ts";
import { shape } from "./shape.ts";
import { numbersOf, opScope } from "./support.ts";

const floats: readonly DType[] = [float16, bfloat16, float32, float64];
const maxPooled: readonly DType[] = [...floats, int32, int64, uint8, int16, int8, uint16];

const windowSpecs = {
  ksize: a.ints(),
  strides: a.ints(),
  padding: a.string(),
  data_format: a.string("NHWC"),
};
const explicitPaddings = later(a.ints([]));
const noPaddings: readonly number[] = [];

interface PoolAttrs {
  readonly ksize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: string;
  readonly data_format: string;
  readonly explicit_paddings?: readonly number[];
}

/** The attributes that gradients take over. */
function sameWindow({ ksize, strides, padding, data_format }: PoolAttrs) {
  return { ksize, strides, padding, data_format };
}

function pooledShape(type: string, input: TensorShape, attrs: PoolAttrs): TensorShape {
  const image = withRank(input, 4);
  const { ksize, strides, data_format: format } = attrs;
  for (const [name, sizes] of [
    ["ksize", ksize],
    ["stride", strides],
  ] as const) {
    if (sizes.length === 4) continue;
    throw new ShapeError(
      `${type} requires the ${name} attribute to contain 4 values, but got: ${sizes.length}`,
    );
  }
  const layout = layoutOf(format);
  const window = { ...attrs, explicit_paddings: attrs.explicit_paddings ?? noPaddings };
  const sizes = [image.dim(layout.rows), image.dim(layout.columns)] as const;
  const [rows, columns] = extentsOf(window, sizes, spatialPair(ksize, layout));
  const spatial = [outputDim(rows), outputDim(columns)] as const;
  const depth = image.dim(layout.channel);
  const perChannel = ksize[layout.channel] as number;
  const outDepth =
    depth === null
      ? null
      : Math.floor((depth - perChannel) / (strides[layout.channel] as number)) + 1;
  return imageShape(format, image.dim(0), spatial, outDepth);
}

/** Window, strides and padding over images of a known size, as routines take them. */
function poolParams(attrs: PoolAttrs, image: readonly number[]) {
  const { ksize, strides, data_format: format } = attrs;
  const layout = layoutOf(format);
  if (
    ksize[layout.channel] !== 1 ||
    strides[layout.channel] !== 1 ||
    ksize[0] !== 1 ||
    strides[0] !== 1
  ) {
    throw new Error("Pooling is not yet supported on the batch or depth dimension.");
  }
  const window = { ...attrs, explicit_paddings: attrs.explicit_paddings ?? noPaddings };
  const size = spatialPair(ksize, layout);
  const [rows, columns] = extentsOf(window, spatialPair(image, layout), size);
  return {
    params: {
      ksize: size,
      strides: [rows.stride, columns.stride],
      pads: [padsOf(rows), padsOf(columns)],
    },
    out: [outputDim(rows) as number, outputDim(columns) as number] as const,
  };
}

/** Pools an image batch with a routine. */
function pool(k: Builder, routine: string, x: Value, attrs: PoolAttrs): Value {
  const { data_format: format } = attrs;
  const { params, out } = poolParams(attrs, x.shape);
  const image = toChannelsLast(k, x, format);
  const [batch = 0, , , depth = 0] = image.shape;
  const spec = { dtype: x.dtype, shape: [batch, ...out, depth] };
  const [y] = k.routine(routine, [image], [spec], params);
  return fromChannelsLast(k, y as Value, format);
}

/** Runs a routine on image batches whose first one has the forward input's shape. */
function poolGradient(
  k: Builder,
  routine: string,
  inputs: readonly Value[],
  like: Value,
  attrs: PoolAttrs,
): Value {
  const { data_format: format } = attrs;
  const { params } = poolParams(attrs, (inputs[0] as Value).shape);
  const spec = { dtype: like.dtype, shape: channelsLastShape(like.shape, format) };
  const images = inputs.map((input) => toChannelsLast(k, input, format));
  const [result] = k.routine(routine, images, [spec], params);
  return fromChannelsLast(k, result as Value, format);
}

const MaxPool = defineOp({
  type: "MaxPool",
  inputs: ["input: T"],
  outputs: ["output: T"],
  attrs: { T: a.type(maxPooled, float32), ...windowSpecs, explicit_paddings: explicitPaddings },
  shape: ({ inputs: [x], attrs }) => [pooledShape("MaxPool", x.shape, attrs)],
  gradient: ({ inputs: [x], outputs: [y], dy: [dy], attrs }) => [
    createOp(
      MaxPoolGrad,
      [x, y, dy],
      { ...sameWindow(attrs), explicit_paddings: attrs.explicit_paddings },
      undefined,
    ).output,
  ],
  lower: ({ inputs: [x], attrs, k }) => [pool(k, "maxPool", x, attrs)],
});

const MaxPoolGrad = defineOp({
  type: "MaxPoolGrad",
  inputs: ["orig_input: T", "orig_output: T", "grad: T"],
  outputs: ["output: T"],
  attrs: { ...windowSpecs, explicit_paddings: explicitPaddings, T: a.type(reals, float32) },
  shape: ({ inputs: [x] }) => [withRank(x.shape, 4)],
  gradient: ({ inputs: [x, y], dy: [ddx], attrs }) => [
    zerosLike(x),
    zerosLike(y),
    maxPoolGradGrad(x, y, ddx, sameWindow(attrs)),
  ],
  lower: ({ inputs: [x, y, dy], attrs, k }) => [
    poolGradient(k, "maxPoolGrad", [x, y, dy], x, attrs),
  ],
});

const MaxPoolGradGrad = defineOp({
  type: "MaxPoolGradGrad",
  inputs: ["orig_input: T", "orig_output: T", "grad: T"],
  outputs: ["output: T"],
  attrs: { ...windowSpecs, T: a.type(reals) },
  shape: ({ inputs: [x, y, ddx], attrs }) => {
    const pooled = pooledShape("MaxPoolGradGrad", mergeShapes(x.shape, ddx.shape), attrs);
    return [mergeShapes(pooled, y.shape)];
  },
  gradient: ({ inputs: [x, y], dy: [dy], attrs }) => [
    zerosLike(x),
    zerosLike(y),
    maxPoolGrad(x, y, dy, sameWindow(attrs)),
  ],
  lower: ({ inputs: [x, y, ddx], attrs, k }) => [
    poolGradient(k, "maxPoolGradGrad", [x, y, ddx], y, attrs),
  ],
});

function maxPoolGrad(x: Tensor, y: Tensor, dy: Tensor, attrs: PoolAttrs): Tensor {
  return createOp(MaxPoolGrad, [x, y, dy], attrs, undefined).output;
}

function maxPoolGradGrad(x: Tensor, y: Tensor, ddx: Tensor, attrs: PoolAttrs): Tensor {
  return createOp(MaxPoolGradGrad, [x, y, ddx], attrs, undefined).output;
}

const AvgPool = defineOp({
  type: "AvgPool",
  inputs: ["value: T"],
  outputs: ["output: T"],
  attrs: { ...windowSpecs, T: a.type(floats) },
  shape: ({ inputs: [x], attrs }) => [pooledShape("AvgPool", x.shape, attrs)],
  gradient: ({ inputs: [x], dy: [dy], attrs }) => [
    createOp(AvgPoolGrad, [shape(x), dy], sameWindow(attrs), undefined).output,
  ],
  lower: ({ inputs: [x], attrs, k }) => [pool(k, "avgPool", x, attrs)],
});

const AvgPoolGrad = defineOp({
  type: "AvgPoolGrad",
  inputs: ["orig_input_shape: int32", "grad: T"],
  outputs: ["output: T"],
  attrs: { ...windowSpecs, T: a.type(floats) },
  shape: ({ constantShape }) => [withRank(constantShape(0), 4)],
  gradient: ({ inputs: [sizes], dy: [ddx], attrs }) => [
    stopGradient(sizes),
    avgPoolNode(ddx, sameWindow(attrs)),
  ],
  lower: ({ inputs: [, dy], attrs, k, constant }) => {
    const { data_format: format } = attrs;
    const sizes = numbersOf(constant(0));
    const { params } = poolParams(attrs, sizes);
    const spec = { dtype: dy.dtype, shape: channelsLastShape(sizes, format) };
    const [dx] = k.routine("avgPoolGrad", [toChannelsLast(k, dy, format)], [spec], params);
    return [fromChannelsLast(k, dx as Value, format)];
  },
});

function avgPoolNode(x: TensorLike, attrs: PoolAttrs, name?: string): Tensor {
  return createOp(AvgPool, [x], attrs, name).output;
}

export interface PoolOptions extends Named {
  readonly dataFormat?: DataFormat | undefined;
}

function poolAttrs(
  type: string,
  ksize: WindowSize,
  strides: WindowSize,
  { dataFormat: format = "NHWC" }: PoolOptions,
) {
  checkChoice(type, "data_format", format, ["NHWC", "NCHW"]);
  return {
    ksize: windowSizes(ksize, { format, name: "ksize" }),
    strides: windowSizes(strides, { format, name: "strides" }),
    data_format: format,
  };
}

/**
 * The maximum over windows of images [N, H, W, C]. `ksize` and `strides` are one number, two, or one per dimension.
 * TensorFlow: `tf.nn.max_pool`.
 */
export function maxPool<D extends DTypeName>(
  value: TensorOf<D>,
  ksize: WindowSize,
  strides: WindowSize,
  padding: Padding,
  options?: PoolOptions,
): Tensor<D>;
export function maxPool(
  value: TensorLike,
  ksize: WindowSize,
  strides: WindowSize,
  padding: Padding,
  options?: PoolOptions,
): Tensor;
export function maxPool(
  value: TensorLike,
  ksize: WindowSize,
  strides: WindowSize,
  padding: Padding,
  options: PoolOptions = {},
): Tensor {
  return opScope(options.name, "MaxPool", [value], (scope) => {
    const attrs = { ...poolAttrs("MaxPool", ksize, strides, options), ...paddingAttrs(padding) };
    checkChoice("MaxPool", "padding", attrs.padding, ["SAME", "VALID", "EXPLICIT"]);
    if (attrs.ksize.includes(0)) {
      throw new ValueError(`\`ksize\` cannot be zero. Received: ksize=${brief(attrs.ksize)}`);
    }
    return createOp(MaxPool, [value], attrs, scope).output;
  });
}

/** `maxPool` under its other name; nodes are called `MaxPool2d`. TensorFlow: `tf.nn.max_pool2d`. */
export function maxPool2d(
  input: TensorLike,
  ksize: WindowSize,
  strides: WindowSize,
  padding: Padding,
  options: PoolOptions = {},
): Tensor {
  return opScope(options.name, "MaxPool2d", [input], (scope) =>
    maxPool(input, ksize, strides, padding, { ...options, name: scope }),
  );
}

/**
 * The mean over windows of images [N, H, W, C]; padding does not count.
 * TensorFlow: `tf.nn.avg_pool`.
 */
export function avgPool<D extends DTypeName>(
  value: TensorOf<D>,
  ksize: WindowSize,
  strides: WindowSize,
  padding: "SAME" | "VALID",
  options?: PoolOptions,
): Tensor<D>;
export function avgPool(
  value: TensorLike,
  ksize: WindowSize,
  strides: WindowSize,
  padding: "SAME" | "VALID",
  options?: PoolOptions,
): Tensor;
export function avgPool(
  value: TensorLike,
  ksize: WindowSize,
  strides: WindowSize,
  padding: "SAME" | "VALID",
  options: PoolOptions = {},
): Tensor {
  return opScope(options.name, "AvgPool", [value], (scope) => {
    checkChoice("AvgPool", "padding", padding, ["SAME", "VALID"]);
    return avgPoolNode(value, { ...poolAttrs("AvgPool", ksize, strides, options), padding }, scope);
  });
}
