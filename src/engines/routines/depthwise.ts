/** Depthwise 2-D convolution and its gradients: every channel has filters of its own, [h, w, C, multiplier]. */

import type { NDArray } from "../../core/ndarray.ts";
import type { RoutineKernel } from "../routine.ts";
import { arrayAt, elements, viaFloat32 } from "./elements.ts";
import type { WindowParams } from "./window.ts";

/** Calls `visit` with the offsets of every pair of a pixel and a filter element, and of the output they meet in. */
function forEachTap(
  x: NDArray,
  filter: NDArray,
  y: NDArray,
  { strides, dilations, pads }: WindowParams,
  visit: (pixel: number, tap: number, result: number) => void,
): void {
  const [batch = 0, height = 0, width = 0, depth = 0] = x.shape;
  const [filterHeight = 0, filterWidth = 0, , multiplier = 0] = filter.shape;
  const [, outHeight = 0, outWidth = 0] = y.shape;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < outHeight; row++) {
      for (let column = 0; column < outWidth; column++) {
        const result = ((image * outHeight + row) * outWidth + column) * depth * multiplier;
        for (let ky = 0; ky < filterHeight; ky++) {
          const iy = row * strides[0] - pads[0][0] + ky * dilations[0];
          if (iy < 0 || iy >= height) continue;
          for (let kx = 0; kx < filterWidth; kx++) {
            const ix = column * strides[1] - pads[1][0] + kx * dilations[1];
            if (ix < 0 || ix >= width) continue;
            const pixel = ((image * height + iy) * width + ix) * depth;
            visit(pixel, (ky * filterWidth + kx) * depth * multiplier, result);
          }
        }
      }
    }
  }
}

/** x [N, H, W, C], filter [h, w, C, M]; output [N, H', W', C M]. */
export const depthwiseConv2d: RoutineKernel<WindowParams> = viaFloat32(
  (inputs, outputs, params) => {
    const [x, filter, y] = [arrayAt(inputs, 0), arrayAt(inputs, 1), arrayAt(outputs, 0)];
    const [image, weights, out] = [elements(x), elements(filter), elements(y)];
    const [, , depth = 0, multiplier = 0] = filter.shape;
    out.fill(0);
    forEachTap(x, filter, y, params, (pixel, tap, result) => {
      for (let c = 0; c < depth; c++) {
        const value = image[pixel + c] as number;
        for (let m = c * multiplier; m < (c + 1) * multiplier; m++) {
          out[result + m] = (out[result + m] as number) + value * (weights[tap + m] as number);
        }
      }
    });
  },
);

/** Inputs filter, dy; output dx in the shape of the forward x. */
export const depthwiseConv2dBackpropInput: RoutineKernel<WindowParams> = viaFloat32(
  (inputs, outputs, params) => {
    const [filter, dy, dx] = [arrayAt(inputs, 0), arrayAt(inputs, 1), arrayAt(outputs, 0)];
    const [weights, grad, out] = [elements(filter), elements(dy), elements(dx)];
    const [, , depth = 0, multiplier = 0] = filter.shape;
    out.fill(0);
    forEachTap(dx, filter, dy, params, (pixel, tap, result) => {
      for (let c = 0; c < depth; c++) {
        let sum = out[pixel + c] as number;
        for (let m = c * multiplier; m < (c + 1) * multiplier; m++) {
          sum += (grad[result + m] as number) * (weights[tap + m] as number);
        }
        out[pixel + c] = sum;
      }
    });
  },
);

/** Inputs x, dy; output the filter's gradient, in the filter's shape. */
export const depthwiseConv2dBackpropFilter: RoutineKernel<WindowParams> = viaFloat32(
  (inputs, outputs, params) => {
    const [x, dy, dfilter] = [arrayAt(inputs, 0), arrayAt(inputs, 1), arrayAt(outputs, 0)];
    const [image, grad, out] = [elements(x), elements(dy), elements(dfilter)];
    const [, , depth = 0, multiplier = 0] = dfilter.shape;
    out.fill(0);
    forEachTap(x, dfilter, dy, params, (pixel, tap, result) => {
      for (let c = 0; c < depth; c++) {
        const value = image[pixel + c] as number;
        for (let m = c * multiplier; m < (c + 1) * multiplier; m++) {
          out[tap + m] = (out[tap + m] as number) + value * (grad[result + m] as number);
        }
      }
    });
  },
);
