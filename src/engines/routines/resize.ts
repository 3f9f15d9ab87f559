/** Resizing images [batch, height, width, channels] by the nearest pixel or by linear interpolation, and the gradients. */

import type { NDArray } from "../../core/ndarray.ts";
import type { RoutineKernel } from "../routine.ts";

export interface ResizeParams {
  readonly method: "nearest" | "bilinear";
  /** The centres of the corner pixels stay where they are. */
  readonly alignCorners: boolean;
  /** Pixels have their value at their centre, half a pixel in. */
  readonly halfPixelCenters: boolean;
}

/** Where one output row or column comes from: two neighbours and how far it is from the first to the second. */
interface Source {
  readonly low: number;
  readonly high: number;
  readonly share: number;
}

const { fround } = Math;

function sourcesOf(inSize: number, outSize: number, params: ResizeParams): Source[] {
  const { method, alignCorners, halfPixelCenters } = params;
  const scale = fround(
    alignCorners && outSize > 1 ? (inSize - 1) / (outSize - 1) : inSize / outSize,
  );
  return Array.from({ length: outSize }, (_, i) => {
    if (method === "nearest") {
      const position = fround((halfPixelCenters ? i + 0.5 : i) * scale);
      const nearest = alignCorners ? Math.floor(position + 0.5) : Math.floor(position);
      const low = Math.min(nearest, inSize - 1);
      return { low, high: low, share: 0 };
    }
    const position = halfPixelCenters ? fround(fround((i + 0.5) * scale) - 0.5) : fround(i * scale);
    const low = Math.floor(position);
    return {
      low: Math.max(low, 0),
      high: Math.min(low + 1, inSize - 1),
      share: fround(position - low),
    };
  });
}

type Numbers = Float32Array | Float64Array;

/** Calls `visit` with the four neighbours (flat positions in the small image) of each element of the resized one. */
function eachElement(
  small: readonly number[],
  large: readonly number[],
  params: ResizeParams,
  visit: (
    element: number,
    corners: readonly [number, number, number, number],
    y: number,
    x: number,
  ) => void,
): void {
  const [batch = 0, inHeight = 0, inWidth = 0, channels = 0] = small;
  const [, outHeight = 0, outWidth = 0] = large;
  const rows = sourcesOf(inHeight, outHeight, params);
  const columns = sourcesOf(inWidth, outWidth, params);
  let element = 0;
  for (let n = 0; n < batch; n++) {
    for (const row of rows) {
      const top = (n * inHeight + row.low) * inWidth;
      const bottom = (n * inHeight + row.high) * inWidth;
      for (const column of columns) {
        for (let c = 0; c < channels; c++) {
          const corners = [
            (top + column.low) * channels + c,
            (top + column.high) * channels + c,
            (bottom + column.low) * channels + c,
            (bottom + column.high) * channels + c,
          ] as const;
          visit(element++, corners, row.share, column.share);
        }
      }
    }
  }
}

export const resize: RoutineKernel<ResizeParams> = ([x], [y], params) => {
  const from = (x as NDArray).data as Numbers;
  const to = (y as NDArray).data as Numbers;
  const round = (y as NDArray).dtype.baseName === "float32" ? fround : (value: number) => value;
  const at = (index: number): number => from[index] as number;
  eachElement(
    (x as NDArray).shape,
    (y as NDArray).shape,
    params,
    (i, [a, b, c, d], down, right) => {
      if (params.method === "nearest") {
        to[i] = at(a);
        return;
      }
      const top = round(at(a) + round(round(at(b) - at(a)) * right));
      const bottom = round(at(c) + round(round(at(d) - at(c)) * right));
      to[i] = top + round(round(bottom - top) * down);
    },
  );
};

/** dy -> dx: each element gives its share back to the pixels it came from. */
export const resizeGrad: RoutineKernel<ResizeParams> = ([dy], [dx], params) => {
  const from = (dy as NDArray).data as Numbers;
  const to = (dx as NDArray).data as Numbers;
  to.fill(0);
  const give = (index: number, amount: number): void => {
    to[index] = (to[index] as number) + amount;
  };
  eachElement(
    (dx as NDArray).shape,
    (dy as NDArray).shape,
    params,
    (i, [a, b, c, d], down, right) => {
      const amount = from[i] as number;
      if (params.method === "nearest") {
        give(a, amount);
        return;
      }
      give(a, amount * (1 - down) * (1 - right));
      give(b, amount * (1 - down) * right);
      give(c, amount * down * (1 - right));
      give(d, amount * down * right);
    },
  );
};
