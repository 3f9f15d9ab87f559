/** Convolution of NHWC images with HWIO filters, float32, and its two gradients. */

import type { RoutineStep, Value } from "../../ir.ts";
import type { WindowParams } from "../../routines/window.ts";
import type { WasmKernel } from "../kernel.ts";
import { bindFilterGradient } from "./filter-gradient.ts";
import { type Region, rowBytes } from "./image.ts";
import { bindProduct, denseSides } from "./matmul.ts";
import { floatSize } from "./partial.ts";
import { bindWindows, type Phase } from "./windows.ts";
import { isFloat32 } from "./work.ts";

/** More phases than this (strides multiplied) would make too much code. */
const mostPhases = 16;

export interface ConvShape extends WindowParams {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly depth: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outDepth: number;
}

function shapeOf(x?: Value, filter?: Value, y?: Value, step?: RoutineStep): ConvShape | null {
  if (!x || !filter || !y || !step || ![x, filter, y].every(isFloat32)) return null;
  const [images, height, width, depth] = x.shape as [number, number, number, number];
  const [filterHeight, filterWidth] = filter.shape as [number, number];
  const [, outHeight, outWidth, outDepth] = y.shape as [number, number, number, number];
  const { strides, dilations, pads } = step.params as unknown as WindowParams;
  const image = { images, height, width, depth, filterHeight, filterWidth };
  // Nothing to compute, or grouped channels.
  if ([...x.shape, ...filter.shape, ...y.shape].includes(0)) return null;
  if (filter.shape[2] !== depth) return null;
  return { ...image, outHeight, outWidth, outDepth, strides, dilations, pads };
}

/** What of the image all windows together cover. */
function coveredRegion(shape: ConvShape): Region {
  const { height, width, depth, filterHeight, filterWidth, outHeight, outWidth } = shape;
  const { strides, dilations, pads } = shape;
  return {
    height,
    width,
    depth,
    top: 0 - pads[0][0],
    left: 0 - pads[1][0],
    rows: (outHeight - 1) * strides[0] + (filterHeight - 1) * dilations[0] + 1,
    columns: (outWidth - 1) * strides[1] + (filterWidth - 1) * dilations[1] + 1,
  };
}

/** Whether the windows are the pixels, so that the convolution is one product. */
function isPointwise({ filterHeight, filterWidth, strides, pads }: ConvShape): boolean {
  const sizes = [filterHeight, filterWidth, ...strides];
  return sizes.every((size) => size === 1) && pads.flat().every((pad) => pad === 0);
}

export const conv2d: WasmKernel = (step, context) => {
  const shape = shapeOf(step.inputs[0], step.inputs[1], step.outputs[0], step);
  if (!shape) return null;
  const { images, depth, filterHeight, filterWidth, outHeight, outWidth, outDepth } = shape;
  const { strides, dilations } = shape;
  if (isPointwise(shape)) {
    const rows = images * outHeight * outWidth;
    const product = { rows, columns: outDepth, depth, batch: 1 };
    const sides = denseSides(product, { transposeA: false, transposeB: false });
    return bindProduct(product, sides, context);
  }
  const region = coveredRegion(shape);
  const row = rowBytes(region);
  const pixel = depth * floatSize;
  const channels = outDepth * floatSize;
  const phase: Phase = {
    rows: outHeight,
    columns: outWidth,
    start: 0,
    rowStep: strides[0] * row,
    columnStep: strides[1] * pixel,
    walks: [
      { count: filterHeight, step: dilations[0] * row },
      { count: filterWidth, step: dilations[1] * pixel },
      { count: depth, step: floatSize },
    ],
    pack: {
      columns: outDepth,
      blocks: [0],
      depth: filterHeight * filterWidth * depth,
      rowStride: channels,
      columnStride: 0,
    },
    out: 0,
    outRowStep: outWidth * channels,
    outColumnStep: channels,
  };
  const outSize = outHeight * outWidth * channels;
  const run = bindWindows(
    "conv2d",
    { images, region, phases: [phase], channels: outDepth, outSize },
    context,
  );
  return ([x = 0, filter = 0], [y = 0], then = []) => run(x, filter, y, then);
};

/** The elements of a filter that meet a phase along one dimension, in the order of the dy that they meet. */
interface Taps {
  readonly phase: number;
  /** Results of the phase along this dimension. */
  readonly size: number;
  readonly taps: readonly number[];
  /** Position in dy of the first tap for the first result, and the distance between taps. */
  readonly first: number;
  readonly step: number;
}

function tapsOf(
  phase: number,
  size: number,
  filterSize: number,
  stride: number,
  dilation: number,
  pad: number,
): Taps {
  const position = (tap: number) => (phase + pad - tap * dilation) / stride;
  const taps = Array.from({ length: filterSize }, (_, i) => filterSize - 1 - i).filter((tap) =>
    Number.isInteger(position(tap)),
  );
  const [one, two] = taps;
  const first = one === undefined ? 0 : position(one);
  const step = two === undefined ? 0 : position(two) - first;
  return { phase, size: Math.max(0, Math.ceil((size - phase) / stride)), taps, first, step };
}

/** The range of dy, which may reach beyond its ends, that the phases along one dimension read. */
function rangeOf(phases: readonly Taps[]): { readonly start: number; readonly size: number } {
  const read = phases.filter(({ size, taps }) => size > 0 && taps.length > 0);
  if (read.length === 0) return { start: 0, size: 0 };
  const start = Math.min(...read.map(({ first }) => first));
  const ends = read.map(({ size, taps, first, step }) => first + size + (taps.length - 1) * step);
  return { start, size: Math.max(...ends) - start };
}

/** dx is a convolution of dy with the turned filter: one for each phase of the strides, over every so manieth tap. */
export const conv2dBackpropInput: WasmKernel = (step, context) => {
  const shape = shapeOf(step.outputs[0], step.inputs[0], step.inputs[1], step);
  if (!shape) return null;
  const { images, height, width, depth, filterHeight, filterWidth } = shape;
  const { outHeight, outWidth, outDepth, strides, dilations, pads } = shape;
  if (strides[0] * strides[1] > mostPhases) return null;
  if (isPointwise(shape)) {
    const rows = images * height * width;
    const product = { rows, columns: depth, depth: outDepth, batch: 1 };
    const sides = denseSides(product, { transposeA: false, transposeB: true });
    const run = bindProduct(product, sides, context);
    return ([filter = 0, dy = 0], outputs, then) => run([dy, filter], outputs, then);
  }
  const down = Array.from({ length: strides[0] }, (_, phase) =>
    tapsOf(phase, height, filterHeight, strides[0], dilations[0], pads[0][0]),
  );
  const across = Array.from({ length: strides[1] }, (_, phase) =>
    tapsOf(phase, width, filterWidth, strides[1], dilations[1], pads[1][0]),
  );
  const rows = rangeOf(down);
  const columns = rangeOf(across);
  const region: Region = {
    height: outHeight,
    width: outWidth,
    depth: outDepth,
    top: rows.start,
    left: columns.start,
    rows: rows.size,
    columns: columns.size,
  };
  const row = rowBytes(region);
  const pixel = outDepth * floatSize;
  const channels = depth * floatSize;
  const phases = down.flatMap((y) =>
    across.map((x): Phase => {
      const taps = y.taps.flatMap((ky) => x.taps.map((kx) => ky * filterWidth + kx));
      return {
        rows: y.size,
        columns: x.size,
        start:
          taps.length === 0 ? 0 : (y.first - rows.start) * row + (x.first - columns.start) * pixel,
        rowStep: row,
        columnStep: pixel,
        walks: [
          { count: y.taps.length, step: y.step * row },
          { count: x.taps.length, step: x.step * pixel },
          { count: outDepth, step: floatSize },
        ],
        pack: {
          columns: depth,
          blocks: taps.map((tap) => tap * channels * outDepth),
          depth: outDepth,
          rowStride: null,
          columnStride: pixel,
        },
        out: (y.phase * width + x.phase) * channels,
        outRowStep: strides[0] * width * channels,
        outColumnStep: strides[1] * channels,
      };
    }),
  );
  const run = bindWindows(
    "conv2dBackpropInput",
    { images, region, phases, channels: depth, outSize: height * width * channels },
    context,
  );
  return ([filter = 0, dy = 0], [dx = 0], then = []) => run(dy, filter, dx, then);
};

export const conv2dBackpropFilter: WasmKernel = (step, context) => {
  const shape = shapeOf(step.inputs[0], step.outputs[0], step.inputs[1], step);
  return shape && bindFilterGradient(shape, coveredRegion(shape), context);
};
