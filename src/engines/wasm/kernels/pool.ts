/** Maxima and means over windows of NHWC images, float32, and their gradients: four channels at a time. */

import type { RoutineStep, Value } from "../../ir.ts";
import type { PoolParams } from "../../routines/pool.ts";
import {
  brIf,
  type Code,
  choose,
  type FunctionScope,
  f32,
  f32x4,
  i32,
  i32x4,
  type Local,
  loop,
  type ModuleBuilder,
  memory,
  type Operand,
  type ValueType,
  v128,
} from "../assembler.ts";
import { type EpilogueCode, follow } from "../epilogue.ts";
import type { KernelContext, WasmKernel } from "../kernel.ts";
import type { WasmFunction } from "../webassembly.ts";
import { advance, floatSize, loadFloats, repeat, repeatBetween, storeFloats } from "./partial.ts";
import { copyGrain, isFloat32 } from "./work.ts";

/** Windows of at most so many pixels, none of which is cut off at a border, are written out. */
const mostUnrolled = 9;

interface PoolShape extends PoolParams {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly depth: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

function shapeOf(x: Value | undefined, y: Value | undefined, step: RoutineStep): PoolShape | null {
  if (!x || !y || ![...step.inputs, ...step.outputs].every(isFloat32)) return null;
  const [images, height, width, depth] = x.shape as [number, number, number, number];
  const [, outHeight, outWidth] = y.shape as [number, number, number, number];
  const { ksize, strides, pads } = step.params as unknown as PoolParams;
  if ([...x.shape, ...y.shape].includes(0)) return null;
  const shape = { images, height, width, depth, outHeight, outWidth, ksize, strides, pads };
  return hasEmptyWindow(shape) ? null : shape;
}

/** First and last but one position of the windows along a dimension, not clipped. */
function reach(shape: PoolShape, axis: 0 | 1): readonly (readonly [number, number])[] {
  const count = axis === 0 ? shape.outHeight : shape.outWidth;
  return Array.from({ length: count }, (_, i) => {
    const start = i * shape.strides[axis] - shape.pads[axis][0];
    return [start, start + shape.ksize[axis]];
  });
}

const limitOf = ({ height, width }: PoolShape, axis: 0 | 1) => (axis === 0 ? height : width);

function hasEmptyWindow(shape: PoolShape): boolean {
  return ([0, 1] as const).some((axis) =>
    reach(shape, axis).some(([start, end]) => end <= 0 || start >= limitOf(shape, axis)),
  );
}

function isNeverClipped(shape: PoolShape): boolean {
  return ([0, 1] as const).every((axis) =>
    reach(shape, axis).every(([start, end]) => start >= 0 && end <= limitOf(shape, axis)),
  );
}

/** Whether every pixel belongs to exactly one window. */
function isTiled(shape: PoolShape): boolean {
  return ([0, 1] as const).every((axis) => {
    const count = axis === 0 ? shape.outHeight : shape.outWidth;
    const { ksize, strides, pads } = shape;
    const covered = count * strides[axis] === limitOf(shape, axis);
    return ksize[axis] === strides[axis] && pads[axis][0] === 0 && covered;
  });
}

/** Rows of windows that share no pixels are images of their own, which leaves less to wait for in the cache. */
function inBands(shape: PoolShape): PoolShape {
  if (!isTiled(shape)) return shape;
  const images = shape.images * shape.outHeight;
  return { ...shape, images, height: shape.ksize[0], outHeight: 1 };
}

/** The pixels of one window, four or fewer channels of each. */
interface Window {
  /** Channels at hand: a whole vector or the rest. */
  readonly lanes: number;
  /** Pixels, as a float32 splat to all lanes. */
  readonly count: Code;
  /** `body` for each pixel in order; `at` is the address of its channels, `offset` to be added. */
  each(body: (offset: number) => Code): Code;
  /** The address that `each` sets. */
  readonly at: Local;
  /** The address of the first pixel. */
  readonly first: Local;
}

/**
 * Code for all windows of a row of results. `pixels` is where the image starts whose pixels are visited; `results`
 * points to the row of results and is moved along.
 */
function overRow(
  scope: FunctionScope,
  shape: PoolShape,
  row: Local,
  pixels: Local,
  results: Local,
  body: (window: Window) => Code,
): Code {
  const { height, width, depth, outWidth, ksize, strides, pads } = shape;
  const local = () => scope.local("i32");
  const [at, start, column, channel] = [local(), local(), local(), local()];
  const [rowFrom, rowTo, columnFrom, columnTo] = [local(), local(), local(), local()];
  const [r, c] = [local(), local()];
  const pixel = depth * floatSize;
  const isUnrolled = ksize[0] * ksize[1] <= mostUnrolled && isNeverClipped(shape);
  const clip = (from: Local, to: Local, index: Local, axis: 0 | 1): Code => {
    const limit = i32.const(axis === 0 ? height : width);
    const zero = i32.const(0);
    return [
      from.set(i32.sub(i32.mul(index, i32.const(strides[axis])), i32.const(pads[axis][0]))),
      to.set(i32.add(from, i32.const(ksize[axis]))),
      from.set(choose(zero, from, i32.lt_s(from, zero))),
      to.set(choose(limit, to, i32.gt_s(to, limit))),
    ];
  };
  const unrolled = (each: (offset: number) => Code): Code => [
    at.set(start),
    Array.from({ length: ksize[0] * ksize[1] }, (_, i) => {
      const [y, x] = [Math.floor(i / ksize[1]), i % ksize[1]];
      return each((y * width + x) * pixel);
    }),
  ];
  const looped = (each: (offset: number) => Code): Code => [
    at.set(start),
    r.set(i32.sub(rowTo, rowFrom)),
    loop((nextRow) => [
      c.set(i32.sub(columnTo, columnFrom)),
      loop((nextColumn) => [
        each(0),
        advance(at, pixel),
        c.set(i32.sub(c, i32.const(1))),
        brIf(nextColumn, c),
      ]),
      at.set(
        i32.add(
          at,
          i32.sub(
            i32.const(width * pixel),
            i32.mul(i32.sub(columnTo, columnFrom), i32.const(pixel)),
          ),
        ),
      ),
      r.set(i32.sub(r, i32.const(1))),
      brIf(nextRow, r),
    ]),
  ];
  const count = isUnrolled
    ? f32x4.splat(f32.const(ksize[0] * ksize[1]))
    : f32x4.splat(
        f32.convert_i32_s(i32.mul(i32.sub(rowTo, rowFrom), i32.sub(columnTo, columnFrom))),
      );
  const window = (lanes: number): Window => ({
    lanes,
    count,
    at,
    first: start,
    each: isUnrolled ? unrolled : looped,
  });
  const some = (lanes: number): Code => [
    body(window(lanes)),
    advance(start, lanes * floatSize),
    advance(results, lanes * floatSize),
  ];
  return [
    clip(rowFrom, rowTo, row, 0),
    repeat(column, outWidth, [
      clip(columnFrom, columnTo, column, 1),
      start.set(
        i32.add(
          pixels,
          i32.mul(i32.add(i32.mul(rowFrom, i32.const(width)), columnFrom), i32.const(pixel)),
        ),
      ),
      repeat(channel, Math.floor(depth / 4), some(4)),
      depth % 4 === 0 ? [] : some(depth % 4),
    ]),
  ];
}

const zeros = v128.const(new Array<number>(16).fill(0));

type Write = (module: ModuleBuilder, shape: PoolShape, epilogue: EpilogueCode | null) => void;

/** Defines run(begin, end, so many addresses, those of the epilogue), with the epilogue over each unit of so many elements. */
function overUnits(
  module: ModuleBuilder,
  addresses: number,
  elements: number,
  epilogue: EpilogueCode | null,
  write: (scope: FunctionScope) => Code,
): void {
  const count = 2 + addresses;
  const params = new Array<ValueType>(count + (epilogue?.addresses ?? 0)).fill("i32");
  module.function("run", params, [], (scope) => {
    const unit = scope.param(0);
    const next = i32.add(unit, i32.const(1));
    return repeatBetween(unit, scope.param(1), [
      write(scope),
      epilogue ? follow(epilogue, unit, next, elements, scope.params.slice(count)) : [],
    ]);
  });
}

/** Exports f(begin, end, x, y) over rows of results; `pool` leaves the result of a window in a local. */
function forward(pool: (window: Window, result: Local) => Code): Write {
  return (module, shape, epilogue) => {
    const { depth, outHeight, outWidth } = shape;
    overUnits(module, 2, outWidth * depth, epilogue, (scope) => {
      const [unit, , x, y] = scope.params as unknown as Four;
      const [image, row, pixels, to] = locals(scope, 4) as Four;
      const result = scope.local("v128");
      return [
        image.set(i32.div_u(unit, i32.const(outHeight))),
        row.set(i32.sub(unit, i32.mul(image, i32.const(outHeight)))),
        pixels.set(i32.add(x, i32.mul(image, i32.const(imageBytes(shape))))),
        to.set(i32.add(y, i32.mul(unit, i32.const(outWidth * depth * floatSize)))),
        overRow(scope, shape, row, pixels, to, (window) => [
          pool(window, result),
          storeFloats(window.lanes, to, result, 0),
        ]),
      ];
    });
  };
}

/** The greatest value of a window; like the routine, what is not a number stays only where it comes first. */
function greatest({ each, at, first, lanes }: Window, result: Local): Code {
  return [
    result.set(loadFloats(lanes, first, 0)),
    each((offset) => result.set(f32x4.pmax(result, loadFloats(lanes, at, offset)))),
  ];
}

function mean({ each, at, lanes, count }: Window, result: Local): Code {
  return [
    result.set(zeros),
    each((offset) => result.set(f32x4.add(result, loadFloats(lanes, at, offset)))),
    result.set(f32x4.div(result, count)),
  ];
}

/** Exports f(begin, end, x, dy, dx) over images: each dy goes to the first pixel that has its window's maximum. */
function maximumGradient(
  module: ModuleBuilder,
  shape: PoolShape,
  epilogue: EpilogueCode | null,
): void {
  overUnits(module, 3, imageBytes(shape) / floatSize, epilogue, (scope) => {
    const [image, , x, dy, dx] = scope.params as unknown as Five;
    const [row, pixels, grads, shift, target] = locals(scope, 5) as Five;
    const [most, grad, open, hit] = Array.from({ length: 4 }, () => scope.local("v128")) as Four;
    return [
      pixels.set(i32.add(x, i32.mul(image, i32.const(imageBytes(shape))))),
      target.set(i32.add(dx, i32.mul(image, i32.const(imageBytes(shape))))),
      grads.set(i32.add(dy, i32.mul(image, i32.const(resultBytes(shape))))),
      shift.set(i32.sub(dx, x)),
      cleared(shape, target),
      repeat(
        row,
        shape.outHeight,
        overRow(scope, shape, row, pixels, grads, (window) => [
          greatest(window, most),
          grad.set(loadFloats(window.lanes, grads, 0)),
          open.set(i32x4.eq(most, most)),
          window.each((offset) => [
            hit.set(v128.and(open, i32x4.eq(most, loadFloats(window.lanes, window.at, offset)))),
            open.set(v128.andnot(open, hit)),
            target.set(i32.add(window.at, shift)),
            addTo(shape, target, v128.and(grad, hit), window.lanes, offset),
          ]),
        ]),
      ),
    ];
  });
}

/** Exports f(begin, end, dy, dx) over images: each dy is shared by the pixels of its window. */
function meanGradient(
  module: ModuleBuilder,
  shape: PoolShape,
  epilogue: EpilogueCode | null,
): void {
  overUnits(module, 2, imageBytes(shape) / floatSize, epilogue, (scope) => {
    const [image, , dy, dx] = scope.params as unknown as Four;
    const [row, pixels, grads] = locals(scope, 3) as [Local, Local, Local];
    const share = scope.local("v128");
    return [
      pixels.set(i32.add(dx, i32.mul(image, i32.const(imageBytes(shape))))),
      grads.set(i32.add(dy, i32.mul(image, i32.const(resultBytes(shape))))),
      cleared(shape, pixels),
      repeat(
        row,
        shape.outHeight,
        overRow(scope, shape, row, pixels, grads, ({ at, count, lanes, each }) => [
          share.set(f32x4.div(loadFloats(lanes, grads, 0), count)),
          each((offset) => addTo(shape, at, share, lanes, offset)),
        ]),
      ),
    ];
  });
}

/** What is added to begins with zeros, unless everything in it is written once. */
function cleared(shape: PoolShape, image: Local): Code {
  return isTiled(shape) ? [] : memory.fill(image, i32.const(0), i32.const(imageBytes(shape)));
}

function addTo(
  shape: PoolShape,
  address: Local,
  value: Operand,
  lanes: number,
  offset: number,
): Code {
  // Added to zero, -0 becomes 0.
  const before = isTiled(shape) ? zeros : loadFloats(lanes, address, offset);
  return storeFloats(lanes, address, f32x4.add(before, value), offset);
}

type Four = [Local, Local, Local, Local];
type Five = [Local, Local, Local, Local, Local];

function locals(scope: FunctionScope, count: number): Local[] {
  return Array.from({ length: count }, () => scope.local("i32"));
}

const imageBytes = ({ height, width, depth }: PoolShape) => height * width * depth * floatSize;
const resultBytes = (shape: PoolShape) =>
  shape.outHeight * shape.outWidth * shape.depth * floatSize;

/** The function over units of so many elements of the result each. */
function functionOf(
  name: string,
  shape: PoolShape,
  write: Write,
  elements: number,
  context: KernelContext,
) {
  const epilogue = context.epilogue?.(elements) ?? null;
  const key = JSON.stringify([name, shape, epilogue?.key]);
  const functions = context.functions(key, (module, library) => {
    write(module, shape, epilogue?.define(library) ?? null);
  });
  return functions.run as WasmFunction;
}

function pooling(name: string, pool: (window: Window, result: Local) => Code): WasmKernel {
  const write = forward(pool);
  return (step, context) => {
    const shape = shapeOf(step.inputs[0], step.outputs[0], step);
    if (!shape) return null;
    const run = functionOf(name, shape, write, shape.outWidth * shape.depth, context);
    const rows = shape.images * shape.outHeight;
    const grain = copyGrain(shape.outWidth * shape.depth * shape.ksize[0] * shape.ksize[1]);
    return ([x = 0], [y = 0], then = []) => context.parallel(run, rows, grain, [x, y, ...then]);
  };
}

export const maxPool = pooling("maxPool", greatest);
export const avgPool = pooling("avgPool", mean);

export const maxPoolGrad: WasmKernel = (step, context) => {
  const whole = shapeOf(step.inputs[0], step.inputs[2], step);
  if (!whole) return null;
  const shape = inBands(whole);
  const elements = imageBytes(shape) / floatSize;
  const run = functionOf("maxPoolGrad", shape, maximumGradient, elements, context);
  const grain = copyGrain(elements);
  return ([x = 0, , dy = 0], [dx = 0], then = []) =>
    context.parallel(run, shape.images, grain, [x, dy, dx, ...then]);
};

export const avgPoolGrad: WasmKernel = (step, context) => {
  const whole = shapeOf(step.outputs[0], step.inputs[0], step);
  if (!whole) return null;
  const shape = inBands(whole);
  const elements = imageBytes(shape) / floatSize;
  const run = functionOf("avgPoolGrad", shape, meanGradient, elements, context);
  const grain = copyGrain(elements);
  return ([dy = 0], [dx = 0], then = []) =>
    context.parallel(run, shape.images, grain, [dy, dx, ...then]);
};
