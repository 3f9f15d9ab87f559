/** Depthwise convolution of NHWC images, float32, and its gradients: channels side by side in lanes. */

import type { RoutineStep, Value } from "../../ir.ts";
import type { WindowParams } from "../../routines/window.ts";
import {
  type Code,
  choose,
  type FunctionScope,
  f32,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  type Operand,
  v128,
  when,
  whileLoop,
} from "../assembler.ts";
import type { BoundKernel, KernelContext, WasmKernel } from "../kernel.ts";
import type { WasmFunction } from "../webassembly.ts";
import { type MultiplyAdd, multiplyAdd } from "./multiply-add.ts";
import {
  advance,
  floatSize,
  lanesOf,
  loadFloats,
  repeat,
  repeatBetween,
  storeFloats,
} from "./partial.ts";
import { grainOf, isFloat32 } from "./work.ts";

/** Totals that are kept in vectors at once. */
const mostVectors = 4;

interface Depthwise extends WindowParams {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly depth: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly multiplier: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

function shapeOf(
  step: RoutineStep,
  x: Value | undefined,
  filter: Value | undefined,
  y: Value | undefined,
): Depthwise | null {
  if (!x || !filter || !y || ![x, filter, y].every(isFloat32)) return null;
  if ([x, filter, y].some(({ size }) => size === 0)) return null;
  const imageShape = x.shape as [number, number, number, number];
  const [images, height, width, depth] = imageShape;
  const [filterHeight, filterWidth, , multiplier] = filter.shape as typeof imageShape;
  const [, outHeight, outWidth] = y.shape as typeof imageShape;
  if (multiplier > 4 * mostVectors) return null;
  const { strides, dilations, pads } = step.params as unknown as WindowParams;
  return {
    images,
    height,
    width,
    depth,
    filterHeight,
    filterWidth,
    multiplier,
    outHeight,
    outWidth,
    strides,
    dilations,
    pads,
  };
}

/** Neighbouring results that are computed together: channels, or all results of one channel. */
interface Block {
  /** Channels of the image. */
  readonly channels: number;
  /** Channels of the result. */
  readonly results: number;
  readonly vectors: number;
}

function blockOf(channels: number, multiplier: number): Block {
  const results = channels * multiplier;
  return { channels, results, vectors: Math.ceil(results / 4) };
}

/** Blocks of one size, and perhaps a smaller one behind them. */
function blocksOf({ depth, multiplier }: Depthwise): {
  full: Block;
  count: number;
  rest: Block | null;
} {
  const channels = multiplier === 1 ? Math.min(depth, 4 * mostVectors) : 1;
  const left = depth % channels;
  return {
    full: blockOf(channels, multiplier),
    count: Math.floor(depth / channels),
    rest: left > 0 ? blockOf(left, multiplier) : null,
  };
}

/** `body` for each block in order. */
function overBlocks(shape: Depthwise, counter: Local, body: (block: Block) => Code): Code {
  const { full, count, rest } = blocksOf(shape);
  return [repeat(counter, count, body(full)), rest ? body(rest) : []];
}

/** Pixels of the image as lanes of a vector of results: one for each, or one for all. */
function loadPixels(shape: Depthwise, lanes: number, address: Local, vector: number): Code {
  return shape.multiplier === 1
    ? loadFloats(lanes, address, 16 * vector)
    : v128.load32_splat(address, 0);
}

const lanesIn = ({ results }: Block, vector: number): number => lanesOf(results, vector);
const zeros = (totals: readonly Local[]): Code =>
  totals.map((total) => total.set(f32x4.splat(f32.const(0))));
const times = (x: Operand, factor: number): Code => i32.mul(x, i32.const(factor));

/** The part [from, to) of 0 … count - 1 where start + i * step lies in [0, limit), given -start. */
function clip(from: Local, to: Local, before: Code, step: number, limit: number, count: number) {
  const zero = i32.const(0);
  const up = (x: Operand): Code => i32.div_u(i32.add(x, i32.const(step - 1)), i32.const(step));
  return [
    from.set(before),
    to.set(i32.add(from, i32.const(limit))),
    from.set(up(choose(from, zero, i32.gt_s(from, zero)))),
    to.set(up(choose(to, zero, i32.gt_s(to, zero)))),
    to.set(choose(to, i32.const(count), i32.lt_s(to, i32.const(count)))),
  ];
}

type Five = readonly [Local, Local, Local, Local, Local];
const fiveInts = ["i32", "i32", "i32", "i32", "i32"] as const;
const integersOf = (scope: FunctionScope, count: number): Local[] =>
  Array.from({ length: count }, () => scope.local("i32"));
const vectorsOf = (scope: FunctionScope): Local[] =>
  Array.from({ length: mostVectors }, () => scope.local("v128"));

/** Exports f(begin, end, x, filter, y) over rows of y. */
function defineForward(module: ModuleBuilder, shape: Depthwise, madd: MultiplyAdd): void {
  const { height, width, depth, filterHeight, filterWidth, multiplier, outHeight, outWidth } =
    shape;
  const { strides, dilations, pads } = shape;
  const pixel = depth * floatSize;
  const tap = pixel * multiplier;
  module.function("run", fiveInts, [], (scope) => {
    const [unit, end, x, filter, y] = scope.params as unknown as Five;
    const totals = vectorsOf(scope);
    const [row, image, out, column, block, ky, kx, kyFrom, kyTo, kxFrom, kxTo] = integersOf(
      scope,
      11,
    ) as unknown as readonly [...Five, ...Five, Local];
    const [pixels, taps, pixelRow, tapRow, at, weight] = integersOf(
      scope,
      6,
    ) as unknown as readonly [...Five, Local];
    const write = (own: Block): Code => {
      const used = totals.slice(0, own.vectors);
      return [
        zeros(used),
        pixelRow.set(pixels),
        tapRow.set(taps),
        ky.set(kyFrom),
        whileLoop(i32.lt_s(ky, kyTo), [
          at.set(pixelRow),
          weight.set(tapRow),
          kx.set(kxFrom),
          whileLoop(i32.lt_s(kx, kxTo), [
            used.map((total, i) => {
              const lanes = lanesIn(own, i);
              const value = loadPixels(shape, lanes, at, i);
              return total.set(madd.write(value, loadFloats(lanes, weight, 16 * i), total));
            }),
            advance(at, dilations[1] * pixel),
            advance(weight, tap),
            advance(kx, 1),
          ]),
          advance(pixelRow, dilations[0] * width * pixel),
          advance(tapRow, filterWidth * tap),
          advance(ky, 1),
        ]),
        used.map((total, i) => storeFloats(lanesIn(own, i), out, total, 16 * i)),
        advance(out, own.results * floatSize),
        advance(pixels, own.channels * floatSize),
        advance(taps, own.results * floatSize),
      ];
    };
    const start = (position: Local, first: Local, axis: 0 | 1): Code =>
      i32.add(
        i32.sub(times(position, strides[axis]), i32.const(pads[axis][0])),
        times(first, dilations[axis]),
      );
    const before = (position: Local, axis: 0 | 1): Code =>
      i32.sub(i32.const(pads[axis][0]), times(position, strides[axis]));
    return repeatBetween(unit, end, [
      row.set(i32.rem_u(unit, i32.const(outHeight))),
      image.set(i32.add(x, times(i32.div_u(unit, i32.const(outHeight)), height * width * pixel))),
      out.set(i32.add(y, times(unit, outWidth * tap))),
      clip(kyFrom, kyTo, before(row, 0), dilations[0], height, filterHeight),
      repeat(column, outWidth, [
        clip(kxFrom, kxTo, before(column, 1), dilations[1], width, filterWidth),
        pixels.set(
          i32.add(
            image,
            times(i32.add(times(start(row, kyFrom, 0), width), start(column, kxFrom, 1)), pixel),
          ),
        ),
        taps.set(i32.add(filter, times(i32.add(times(kyFrom, filterWidth), kxFrom), tap))),
        overBlocks(shape, block, write),
      ]),
    ]);
  });
}

/** Exports f(begin, end, filter, dy, dx) over rows of dx. */
function defineBackInput(module: ModuleBuilder, shape: Depthwise, madd: MultiplyAdd): void {
  const { height, width, depth, filterHeight, filterWidth, multiplier, outHeight, outWidth } =
    shape;
  const { strides, dilations, pads } = shape;
  const tap = depth * multiplier * floatSize;
  module.function("run", fiveInts, [], (scope) => {
    const [unit, end, filter, dy, dx] = scope.params as unknown as Five;
    const totals = vectorsOf(scope);
    const [row, image, out, column, block, ky, kx, oy, ox, shift] = integersOf(
      scope,
      10,
    ) as unknown as readonly [...Five, ...Five];
    const [grad, weight] = integersOf(scope, 2) as [Local, Local];
    /** `body` where the tap reaches the pixel from a result, whose position is then `found`. */
    const whereReached = (
      found: Local,
      position: Local,
      k: Local,
      axis: 0 | 1,
      limit: number,
      body: Code,
    ): Code => {
      const step = i32.const(strides[axis]);
      const distance = i32.sub(
        i32.add(position, i32.const(pads[axis][0])),
        times(k, dilations[axis]),
      );
      // Negative distances are large numbers without a sign.
      const divides = strides[axis] === 1 ? i32.const(1) : i32.eqz(i32.rem_u(distance, step));
      return when(divides, [
        found.set(i32.div_u(distance, step)),
        when(i32.lt_u(found, i32.const(limit)), body),
      ]);
    };
    const write = (own: Block): Code => {
      const used = totals.slice(0, own.vectors);
      const inner: Code = [
        grad.set(i32.add(i32.add(image, shift), times(i32.add(times(oy, outWidth), ox), tap))),
        weight.set(
          i32.add(i32.add(filter, shift), times(i32.add(times(ky, filterWidth), kx), tap)),
        ),
        used.map((total, i) => {
          const lanes = lanesIn(own, i);
          const [g, w] = [loadFloats(lanes, grad, 16 * i), loadFloats(lanes, weight, 16 * i)];
          return total.set(madd.write(g, w, total));
        }),
      ];
      const columns = repeat(kx, filterWidth, whereReached(ox, column, kx, 1, outWidth, inner));
      const all = used.flatMap((total) => [0, 1, 2, 3].map((i) => f32x4.extract_lane(i, total)));
      return [
        zeros(used),
        repeat(ky, filterHeight, whereReached(oy, row, ky, 0, outHeight, columns)),
        multiplier === 1
          ? used.map((total, i) => storeFloats(lanesIn(own, i), out, total, 16 * i))
          : f32.store(
              out,
              all.reduce((sum, lane) => f32.add(sum, lane)),
            ),
        advance(out, own.channels * floatSize),
        advance(shift, own.results * floatSize),
      ];
    };
    return repeatBetween(unit, end, [
      row.set(i32.rem_u(unit, i32.const(height))),
      image.set(i32.add(dy, times(i32.div_u(unit, i32.const(height)), outHeight * outWidth * tap))),
      out.set(i32.add(dx, times(unit, width * depth * floatSize))),
      repeat(column, width, [shift.set(i32.const(0)), overBlocks(shape, block, write)]),
    ]);
  });
}

/** Exports f(begin, end, x, dy, dfilter) over the blocks of each tap. Rows are added up apart, then to each other. */
function defineBackFilter(module: ModuleBuilder, shape: Depthwise, madd: MultiplyAdd): void {
  const { images, height, width, depth, filterWidth, multiplier, outHeight, outWidth } = shape;
  const { strides, dilations, pads } = shape;
  const { full, count, rest } = blocksOf(shape);
  const perTap = count + (rest ? 1 : 0);
  const pixel = depth * floatSize;
  const tap = pixel * multiplier;
  module.function("run", fiveInts, [], (scope) => {
    const [unit, end, x, dy, dfilter] = scope.params as unknown as Five;
    const [totals, sums] = [vectorsOf(scope), vectorsOf(scope)];
    const [block, ky, kx, image, oy, ox, yFrom, yTo, xFrom, xTo] = integersOf(
      scope,
      10,
    ) as unknown as readonly [...Five, ...Five];
    const [out, at, grad, pixels, grads] = integersOf(scope, 5) as unknown as Five;
    const before = (k: Local, axis: 0 | 1): Code =>
      i32.sub(i32.const(pads[axis][0]), times(k, dilations[axis]));
    const start = (position: Local, k: Local, axis: 0 | 1): Code =>
      i32.sub(times(position, strides[axis]), before(k, axis));
    const write = (own: Block): Code => {
      const [used, row] = [totals.slice(0, own.vectors), sums.slice(0, own.vectors)];
      return [
        zeros(used),
        repeat(image, images, [
          oy.set(yFrom),
          whileLoop(i32.lt_s(oy, yTo), [
            ox.set(xFrom),
            at.set(
              i32.add(
                pixels,
                times(i32.add(times(start(oy, ky, 0), width), start(ox, kx, 1)), pixel),
              ),
            ),
            grad.set(i32.add(grads, times(i32.add(times(oy, outWidth), ox), tap))),
            zeros(row),
            whileLoop(i32.lt_s(ox, xTo), [
              row.map((sum, i) => {
                const lanes = lanesIn(own, i);
                const value = loadPixels(shape, lanes, at, i);
                return sum.set(madd.write(value, loadFloats(lanes, grad, 16 * i), sum));
              }),
              advance(at, strides[1] * pixel),
              advance(grad, tap),
              advance(ox, 1),
            ]),
            used.map((total, i) => total.set(f32x4.add(total, row[i] as Local))),
            advance(oy, 1),
          ]),
          advance(pixels, height * width * pixel),
          advance(grads, outHeight * outWidth * tap),
        ]),
        used.map((total, i) => storeFloats(lanesIn(own, i), out, total, 16 * i)),
      ];
    };
    const shiftOf = (channels: number): Code => times(block, channels * floatSize);
    return repeatBetween(unit, end, [
      kx.set(i32.div_u(unit, i32.const(perTap))),
      block.set(i32.rem_u(unit, i32.const(perTap))),
      out.set(i32.add(dfilter, i32.add(times(kx, tap), shiftOf(full.results)))),
      pixels.set(i32.add(x, shiftOf(full.channels))),
      grads.set(i32.add(dy, shiftOf(full.results))),
      ky.set(i32.div_u(kx, i32.const(filterWidth))),
      kx.set(i32.rem_u(kx, i32.const(filterWidth))),
      clip(yFrom, yTo, before(ky, 0), strides[0], height, outHeight),
      clip(xFrom, xTo, before(kx, 1), strides[1], width, outWidth),
      rest ? when(i32.lt_u(block, i32.const(count)), write(full), write(rest)) : write(full),
    ]);
  });
}

function bind(
  name: string,
  shape: Depthwise,
  context: KernelContext,
  units: number,
  define: (module: ModuleBuilder, shape: Depthwise, madd: MultiplyAdd) => void,
): BoundKernel {
  const madd = multiplyAdd();
  const functions = context.functions(JSON.stringify([name, shape, madd.fused]), (module) => {
    define(module, shape, madd);
  });
  const run = functions.run as WasmFunction;
  const { images, outHeight, outWidth, filterHeight, filterWidth, depth, multiplier } = shape;
  const results = images * outHeight * outWidth * depth * multiplier;
  const grain = grainOf((results * filterHeight * filterWidth) / units);
  return ([a = 0, b = 0], [out = 0]) => context.parallel(run, units, grain, [a, b, out]);
}

export const depthwiseConv2d: WasmKernel = (step, context) => {
  const [x, filter] = step.inputs;
  const shape = shapeOf(step, x, filter, step.outputs[0]);
  if (!shape) return null;
  return bind("depthwise", shape, context, shape.images * shape.outHeight, defineForward);
};

export const depthwiseConv2dBackpropInput: WasmKernel = (step, context) => {
  const [filter, dy] = step.inputs;
  const shape = shapeOf(step, step.outputs[0], filter, dy);
  if (!shape) return null;
  return bind("depthwise input", shape, context, shape.images * shape.height, defineBackInput);
};

export const depthwiseConv2dBackpropFilter: WasmKernel = (step, context) => {
  const [x, dy] = step.inputs;
  const shape = shapeOf(step, x, step.outputs[0], dy);
  if (!shape) return null;
  const { count, rest } = blocksOf(shape);
  const units = shape.filterHeight * shape.filterWidth * (count + (rest ? 1 : 0));
  return bind("depthwise filter", shape, context, units, defineBackFilter);
};
