/**
 * The gradient of a convolution's filter: for each of its elements the product of a pixel and a channel of dy, summed
 * over all positions. The rows of the tiles are neighbours in the image, the sums run over positions.
 */

import {
  type Code,
  call,
  type Func,
  i32,
  type Local,
  type ModuleBuilder,
  memory,
} from "../assembler.ts";
import type { BoundKernel, KernelContext } from "../kernel.ts";
import type { WasmFunction } from "../webassembly.ts";
import type { ConvShape } from "./conv.ts";
import { copyRegion, defineClear, isInside, type Region, regionSize, rowBytes } from "./image.ts";
import { isStrict, type MultiplyAdd, multiplyAdd } from "./multiply-add.ts";
import { definePack, packedSize, panelRow, panelsOf } from "./pack.ts";
import { advance, floatSize, repeat, repeatBetween } from "./partial.ts";
import { defineTotal } from "./parts.ts";
import { defineStrips, panelWidth, splitRows } from "./strip.ts";
import { copies, sliceStart } from "./windows.ts";
import { copyGrain, partsOf } from "./work.ts";

/** Positions that are summed before the sums go back to memory: what they read stays in the first-level cache. */
const blockPositions = 256;
/** Strict mode sums in this many parts, however many threads there are. */
const strictSlots = 4;

export function bindFilterGradient(
  shape: ConvShape,
  region: Region,
  context: KernelContext,
): BoundKernel {
  const madd = multiplyAdd();
  const work = filterElements(shape) * shape.images * shape.outHeight * shape.outWidth;
  const most = isStrict() ? strictSlots : Math.min(context.threads, partsOf(work));
  const slots = Math.min(shape.images, most);
  const filterBytes = filterElements(shape) * floatSize;
  const key = JSON.stringify(["filterGradient", shape, slots, madd.fused]);
  const functions = context.functions(key, (module) => {
    define(module, shape, region, slots, madd);
  });
  const copy = copies(region, slots, functions, context);
  const packed = context.scratch(slots * packedBytes(shape));
  // Whole vectors are added up, so the parts end at one.
  const partBytes = Math.ceil(filterBytes / 16) * 16;
  const parts = slots > 1 ? context.scratch(slots * partBytes) : 0;
  const run = functions.run as WasmFunction;
  const total = functions.total as WasmFunction;
  return ([x = 0, dy = 0], [filter = 0]) => {
    context.parallel(run, slots, 1, [x, dy, slots > 1 ? parts : filter, copy, packed]);
    if (slots > 1)
      context.parallel(total, Math.ceil(filterElements(shape) / 4), copyGrain(4 * slots), [
        parts,
        filter,
      ]);
  };
}

function filterElements({ filterHeight, filterWidth, depth, outDepth }: ConvShape): number {
  return filterHeight * filterWidth * depth * outDepth;
}

/** Rows of dy in each block. */
function rowBlocks({ outHeight, outWidth }: ConvShape) {
  return splitRows(outHeight, Math.max(1, Math.floor(blockPositions / outWidth)));
}

function packedBytes(shape: ConvShape): number {
  const { height, taller } = rowBlocks(shape);
  const depth = (height + (taller > 0 ? 1 : 0)) * shape.outWidth;
  return packedSize({ columns: shape.outDepth, blocks: [0], depth });
}

type Seven = readonly [Local, Local, Local, Local, Local, Local, Local];

function define(
  module: ModuleBuilder,
  shape: ConvShape,
  region: Region,
  slots: number,
  madd: MultiplyAdd,
): void {
  const { images, height, width, depth, outHeight, outWidth, outDepth, strides } = shape;
  const filterBytes = filterElements(shape) * floatSize;
  const partBytes = Math.ceil(filterBytes / 16) * 16;
  const blocks = rowBlocks(shape);
  const known = new Map<string, Func>();
  defineClear(module);
  const low = defineBlock(module, shape, region, blocks.height, madd, known);
  const high =
    blocks.taller > 0 ? defineBlock(module, shape, region, blocks.height + 1, madd, known) : low;
  const params = ["i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
  module.function("run", params, [], (scope) => {
    const [slot, end, x, dy, parts, copy, packed] = scope.params as unknown as Seven;
    const [index, limit, from, source, grad, sums, space] = Array.from({ length: 7 }, () =>
      scope.local("i32"),
    ) as unknown as Seven;
    const counter = scope.local("i32");
    const corner = (region.top * width + region.left) * depth * floatSize;
    const inBlocks = (func: Func, count: number, rows: number): Code =>
      repeat(counter, count, [
        call(func, source, grad, sums, space),
        advance(source, rows * strides[0] * rowBytes(region)),
        advance(grad, rows * outWidth * outDepth * floatSize),
      ]);
    const each = [
      from.set(i32.add(x, i32.mul(index, i32.const(height * width * depth * floatSize)))),
      grad.set(i32.add(dy, i32.mul(index, i32.const(outHeight * outWidth * outDepth * floatSize)))),
      isInside(region)
        ? source.set(i32.add(from, i32.const(corner)))
        : [
            source.set(i32.add(copy, i32.mul(slot, i32.const(regionSize(region))))),
            copyRegion(scope, region, from, source),
          ],
      inBlocks(high, blocks.taller, blocks.height + 1),
      inBlocks(low, blocks.count - blocks.taller, blocks.height),
    ];
    return repeatBetween(slot, end, [
      sums.set(i32.add(parts, i32.mul(slot, i32.const(partBytes)))),
      space.set(i32.add(packed, i32.mul(slot, i32.const(packedBytes(shape))))),
      memory.fill(sums, i32.const(0), i32.const(slots > 1 ? partBytes : filterBytes)),
      index.set(sliceStart(slot, 0, images, slots)),
      limit.set(sliceStart(slot, 1, images, slots)),
      repeatBetween(index, limit, each),
    ]);
  });
  defineTotal(module, slots, filterElements(shape));
}

/** f(source, dy, sums, packed): adds what some rows of dy give to all elements of the filter. */
function defineBlock(
  module: ModuleBuilder,
  shape: ConvShape,
  region: Region,
  rows: number,
  madd: MultiplyAdd,
  known: Map<string, Func>,
): Func {
  const { depth, filterHeight, filterWidth, outWidth, outDepth, strides, dilations } = shape;
  const row = rowBytes(region);
  const pixel = depth * floatSize;
  const channels = outDepth * floatSize;
  // Columns of a filter that is not dilated are neighbours in the image, as they are in the filter.
  const runs = dilations[1] === 1 ? 1 : filterWidth;
  const runRows = (filterWidth / runs) * depth;
  const positions = rows * outWidth;
  const pack = definePack(module, null, {
    columns: outDepth,
    blocks: [0],
    depth: positions,
    rowStride: channels,
    columnStride: 0,
  });
  const code = defineStrips(
    module,
    {
      rows: runRows,
      columns: outDepth,
      leftStride: floatSize,
      walks: [
        { count: rows, step: strides[0] * row },
        { count: outWidth, step: strides[1] * pixel },
      ],
      rightStride: panelRow,
      rightPadded: true,
      isDots: false,
      width: panelWidth,
      panelStep: positions * panelRow,
      outStride: channels,
      add: true,
    },
    madd,
    known,
  );
  return module.function(null, ["i32", "i32", "i32", "i32"], [], (scope) => {
    const [source, dy, sums, packed] = scope.params as [Local, Local, Local, Local];
    const [ky, kx, strip] = [scope.local("i32"), scope.local("i32"), scope.local("i32")];
    const forward = dilations[1] * pixel;
    return [
      call(pack, i32.const(0), i32.const(panelsOf(outDepth)), dy, packed),
      repeat(ky, filterHeight, [
        repeat(kx, runs, [
          repeat(strip, code.split.count, code.at(strip, source, packed, sums)),
          advance(source, forward),
          advance(sums, runRows * channels),
        ]),
        advance(source, dilations[0] * row - runs * forward),
      ]),
    ];
  });
}
