/** Pooling over windows of NHWC images, and its gradients. Padding takes no part in maxima or means. */

import { allocate } from "../../core/dtypes.ts";
import type { NDArray } from "../../core/ndarray.ts";
import type { RoutineKernel } from "../routine.ts";
import { arrayAt, type Elements, elements, viaFloat32 } from "./elements.ts";
import type { Pair } from "./window.ts";

export interface PoolParams {
  /** Rows and columns of a window. */
  readonly ksize: Pair;
  readonly strides: Pair;
  /** [[top, bottom], [left, right]]. */
  readonly pads: readonly [Pair, Pair];
}

interface Window {
  /** Offset of the window's result. */
  readonly result: number;
  /** Offset of the image's first pixel. */
  readonly image: number;
  readonly rows: Pair;
  readonly columns: Pair;
}

function* windowsOf(
  x: NDArray,
  y: NDArray,
  { ksize, strides, pads }: PoolParams,
): Generator<Window> {
  const [batch = 0, height = 0, width = 0, depth = 0] = x.shape;
  const [, outHeight = 0, outWidth = 0] = y.shape;
  const clip = (start: number, size: number, limit: number): Pair => [
    Math.max(0, start),
    Math.min(limit, start + size),
  ];
  let result = 0;
  for (let n = 0; n < batch; n++) {
    const image = n * height * width * depth;
    for (let row = 0; row < outHeight; row++) {
      const rows = clip(row * strides[0] - pads[0][0], ksize[0], height);
      for (let column = 0; column < outWidth; column++) {
        const columns = clip(column * strides[1] - pads[1][0], ksize[1], width);
        yield { result, image, rows, columns };
        result += depth;
      }
    }
  }
}

/** Calls `visit` with the offset of every pixel of a window, row by row. */
function forEachPixel(window: Window, x: NDArray, visit: (offset: number) => void): void {
  const [, , width = 0, depth = 0] = x.shape;
  for (let row = window.rows[0]; row < window.rows[1]; row++) {
    const line = window.image + row * width * depth;
    for (let column = window.columns[0]; column < window.columns[1]; column++) {
      visit(line + column * depth);
    }
  }
}

/** x [N, H, W, C]; output [N, H', W', C]. */
export const maxPool: RoutineKernel<PoolParams> = viaFloat32((inputs, outputs, params) => {
  const [x, y] = [arrayAt(inputs, 0), arrayAt(outputs, 0)];
  const [source, out] = [elements(x), elements(y)];
  const depth = x.shape[3] ?? 0;
  for (const window of windowsOf(x, y, params)) {
    let isFirst = true;
    forEachPixel(window, x, (pixel) => {
      for (let c = 0; c < depth; c++) {
        const value = source[pixel + c] as number;
        if (isFirst || value > (out[window.result + c] as number)) out[window.result + c] = value;
      }
      isFirst = false;
    });
  }
});

/** For each result of a max pooling the offset of the first pixel that has the maximum, -1 for an empty window. */
function firstMaxima(x: NDArray, y: NDArray, params: PoolParams): Int32Array {
  const source = elements(x);
  const depth = x.shape[3] ?? 0;
  const found = new Int32Array(y.size).fill(-1);
  for (const window of windowsOf(x, y, params)) {
    forEachPixel(window, x, (pixel) => {
      for (let c = 0; c < depth; c++) {
        const best = found[window.result + c] as number;
        if (best < 0 || (source[pixel + c] as number) > (source[best] as number)) {
          found[window.result + c] = pixel + c;
        }
      }
    });
  }
  return found;
}

/** Inputs x, y, dy; output dx: each dy goes to the first pixel of its window that has the maximum. */
export const maxPoolGrad: RoutineKernel<PoolParams> = viaFloat32((inputs, outputs, params) => {
  const [x, y, dy] = [arrayAt(inputs, 0), arrayAt(inputs, 1), arrayAt(inputs, 2)];
  const [grad, dx] = [elements(dy), elements(arrayAt(outputs, 0))];
  dx.fill(0);
  firstMaxima(x, y, params).forEach((pixel, result) => {
    if (pixel >= 0) dx[pixel] = (dx[pixel] as number) + (grad[result] as number);
  });
});

/** Inputs x, y, and a gradient in the shape of x; output in the shape of y: what each window's maximum gets. */
export const maxPoolGradGrad: RoutineKernel<PoolParams> = viaFloat32((inputs, outputs, params) => {
  const [x, y, ddx] = [arrayAt(inputs, 0), arrayAt(inputs, 1), arrayAt(inputs, 2)];
  const [grad, out] = [elements(ddx), elements(arrayAt(outputs, 0))];
  firstMaxima(x, y, params).forEach((pixel, result) => {
    out[result] = pixel >= 0 ? (grad[pixel] as number) : 0;
  });
});

function countOf({ rows, columns }: Window): number {
  return Math.max(0, rows[1] - rows[0]) * Math.max(0, columns[1] - columns[0]);
}

/** x [N, H, W, C]; output the means of the pixels inside the image. */
export const avgPool: RoutineKernel<PoolParams> = viaFloat32((inputs, outputs, params) => {
  const [x, y] = [arrayAt(inputs, 0), arrayAt(outputs, 0)];
  const [source, out] = [elements(x), elements(y)];
  const depth = x.shape[3] ?? 0;
  out.fill(0);
  for (const window of windowsOf(x, y, params)) {
    forEachPixel(window, x, (pixel) => {
      addTo(out, window.result, source, pixel, depth);
    });
    const count = countOf(window);
    for (let c = 0; c < depth; c++) {
      out[window.result + c] = (out[window.result + c] as number) / count;
    }
  }
});

function addTo(out: Elements, to: number, source: Elements, from: number, count: number): void {
  for (let i = 0; i < count; i++) {
    out[to + i] = (out[to + i] as number) + (source[from + i] as number);
  }
}

/** Input dy; output dx in the shape of the forward x: each dy is shared by the pixels of its window. */
export const avgPoolGrad: RoutineKernel<PoolParams> = viaFloat32((inputs, outputs, params) => {
  const [dy, x] = [arrayAt(inputs, 0), arrayAt(outputs, 0)];
  const [grad, dx] = [elements(dy), elements(x)];
  const depth = x.shape[3] ?? 0;
  const share = allocate(dy.dtype, depth) as Elements;
  dx.fill(0);
  for (const window of windowsOf(x, dy, params)) {
    const count = countOf(window);
    for (let c = 0; c < depth; c++) share[c] = (grad[window.result + c] as number) / count;
    forEachPixel(window, x, (pixel) => {
      addTo(dx, pixel, share, 0, depth);
    });
  }
});
