/** Resizing images by the nearest pixel or by linear interpolation. */

import {
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
import { type Dim, TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError } from "./define.ts";
import { shape } from "./shape.ts";
import { numbersOf } from "./support.ts";

const pixelTypes = [int8, uint8, int16, uint16, int32, int64, float16, float32, float64] as const;
const centers = { align_corners: a.bool(false), half_pixel_centers: a.bool(false) };

export interface ResizeOptions extends Named {
  /** The centres of the corner pixels stay where they are. */
  readonly alignCorners?: boolean | undefined;
  /** Pixels have their value at their centre, half a pixel in. */
  readonly halfPixelCenters?: boolean | undefined;
}

interface Centers {
  readonly align_corners: boolean;
  readonly half_pixel_centers: boolean;
}

/** [batch, height, width, channels] with the size given as second input. */
function resized(images: TensorShape, size: TensorShape): TensorShape {
  if (images.rank !== null && images.rank !== 4) {
    throw new ShapeError(`Shape must be rank 4 but is rank ${images.rank}`);
  }
  const [height = null, width = null]: readonly Dim[] = size.dims ?? [];
  return new TensorShape([images.dim(0), height, width, images.dim(3)]);
}

function lowerResize(
  k: Builder,
  name: "resize" | "resizeGrad",
  method: "nearest" | "bilinear",
  x: Value,
  [height, width]: readonly number[],
  dtype: DType,
  attrs: Centers,
): Value {
  const [batch = 0, , , channels = 0] = x.shape;
  const dims = [batch, height as number, width as number, channels];
  const [y] = k.routine(name, [x], [{ dtype, shape: dims }], {
    method,
    alignCorners: attrs.align_corners,
    halfPixelCenters: attrs.half_pixel_centers,
  });
  return y as Value;
}

const ResizeNearestNeighbor = defineOp({
  type: "ResizeNearestNeighbor",
  inputs: ["images: T", "size: int32"],
  outputs: ["resized_images: T"],
  attrs: { T: a.type(pixelTypes), ...centers },
  shape: ({ inputs: [images], constantShape }) => [resized(images.shape, constantShape(1))],
  gradient: ({ inputs: [images], dy: [dy], attrs }) => {
    const known = images.shape.slice(1, 3).known;
    const size = known ?? shape(images).slice([1, 3]);
    return [
      createOp(
        ResizeNearestNeighborGrad,
        [dy, size],
        { align_corners: attrs.align_corners, half_pixel_centers: attrs.half_pixel_centers },
        undefined,
      ).output,
      null,
    ];
  },
  lower: ({ inputs: [images], attrs, k, constant }) => [
    lowerResize(k, "resize", "nearest", images, numbersOf(constant(1)), images.dtype, attrs),
  ],
});

const ResizeNearestNeighborGrad = defineOp({
  type: "ResizeNearestNeighborGrad",
  inputs: ["grads: T", "size: int32"],
  outputs: ["output: T"],
  attrs: { T: a.type([uint8, int8, int32, float16, float32, float64]), ...centers },
  shape: ({ inputs: [grads], constantShape }) => [resized(grads.shape, constantShape(1))],
  gradient: "none",
  lower: ({ inputs: [grads], attrs, k, constant }) => [
    lowerResize(k, "resizeGrad", "nearest", grads, numbersOf(constant(1)), grads.dtype, attrs),
  ],
});

const ResizeBilinear = defineOp({
  type: "ResizeBilinear",
  inputs: ["images: T", "size: int32"],
  outputs: ["resized_images: float32"],
  attrs: { T: a.type(pixelTypes), ...centers },
  shape: ({ inputs: [images], constantShape }) => [resized(images.shape, constantShape(1))],
  gradient: ({ inputs: [images], dy: [dy], attrs }) => [
    createOp(
      ResizeBilinearGrad,
      [dy, images],
      { align_corners: attrs.align_corners, half_pixel_centers: attrs.half_pixel_centers },
      undefined,
    ).output,
    null,
  ],
  lower: ({ inputs: [images], attrs, k, constant }) => [
    lowerResize(
      k,
      "resize",
      "bilinear",
      k.cast(images, float32),
      numbersOf(constant(1)),
      float32,
      attrs,
    ),
  ],
});

const ResizeBilinearGrad = defineOp({
  type: "ResizeBilinearGrad",
  inputs: ["grads: float32", "original_image: T"],
  outputs: ["output: T"],
  attrs: { T: a.type([float32, float16, float64]), ...centers },
  shape: ({ inputs: [, image] }) => [image.shape],
  gradient: "none",
  lower: ({ inputs: [grads, image], attrs, k }) => {
    const dx = lowerResize(
      k,
      "resizeGrad",
      "bilinear",
      grads,
      image.shape.slice(1, 3),
      float32,
      attrs,
    );
    return [k.cast(dx, image.dtype)];
  },
});

/** Images [batch, height, width, channels] at another size, each pixel taken from the nearest one. */
export function resizeNearestNeighbor(
  images: TensorLike,
  size: TensorLike,
  { alignCorners = false, halfPixelCenters = false, name }: ResizeOptions = {},
): Tensor {
  const attrs = { align_corners: alignCorners, half_pixel_centers: halfPixelCenters };
  return createOp(ResizeNearestNeighbor, [images, size], attrs, name).output;
}

/** Images [batch, height, width, channels] at another size, interpolated; float32. */
export function resizeBilinear(
  images: TensorLike,
  size: TensorLike,
  { alignCorners = false, halfPixelCenters = false, name }: ResizeOptions = {},
): Tensor {
  const attrs = { align_corners: alignCorners, half_pixel_centers: halfPixelCenters };
  return createOp(ResizeBilinear, [images, size], attrs, name).output;
}
