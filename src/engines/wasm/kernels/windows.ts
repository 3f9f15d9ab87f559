/**
 * Products of windows of an image with a filter, without unrolling the windows: the tiles' constant strides walk over
 * the image itself, or over one padded copy for each thread. Convolution is one such product; the gradient of its input
 * is one for each phase of the strides.
 */

import {
  type Code,
  call,
  type Func,
  i32,
  type Local,
  type ModuleBuilder,
  type Operand,
  type ValueType,
} from "../assembler.ts";
import { type EpilogueCode, follow } from "../epilogue.ts";
import type { KernelContext } from "../kernel.ts";
import type { WasmFunction } from "../webassembly.ts";
import { defineDotPack, isForDots } from "./dots.ts";
import { copyRegion, defineClear, isInside, type Region, regionSize } from "./image.ts";
import { type MultiplyAdd, multiplyAdd } from "./multiply-add.ts";
import { definePack, type Pack, packedSize, panelRow, panelsOf } from "./pack.ts";
import { advance, floatSize, repeat, repeatBetween } from "./partial.ts";
import { defineStrips, panelWidth, type Strips } from "./strip.ts";
import type { Walk } from "./tile.ts";
import { copyGrain, partsOf } from "./work.ts";

/** Parts that images are divided into: more than one for each thread, so that none waits long for another. */
const slotsPerThread = 3;

/** Results [rows, columns] on a grid of the output, each a sum over a window of the region. Offsets are in bytes. */
export interface Phase {
  readonly rows: number;
  readonly columns: number;
  /** Where the first window starts in the region, and how far it moves with each row and column of results. */
  readonly start: number;
  readonly rowStep: number;
  readonly columnStep: number;
  readonly walks: readonly Walk[];
  readonly pack: Pack;
  /** Where the results lie in an image of the output. */
  readonly out: number;
  readonly outRowStep: number;
  readonly outColumnStep: number;
}

export interface Windows {
  readonly images: number;
  readonly region: Region;
  readonly phases: readonly Phase[];
  /** Columns of the right side: channels of the output. */
  readonly channels: number;
  /** Bytes of an image of the output. */
  readonly outSize: number;
}

/** Whether few columns are computed as dot products. */
function usesDots({ channels, phases }: Windows): boolean {
  return phases.every(({ walks, pack }) => pack.blocks.length === 0 || isForDots(channels, walks));
}

/** Multiply-adds for one image. */
function workOf({ channels, phases }: Windows): number {
  return phases.reduce(
    (sum, { rows, columns, pack }) =>
      sum + rows * columns * channels * pack.blocks.length * pack.depth,
    0,
  );
}

/** Whether the results of the one phase there is fill the output in order. */
function isInOrder({ phases, channels }: Windows): boolean {
  const [phase, ...others] = phases;
  if (!phase || others.length > 0 || phase.out !== 0) return false;
  const { columns, outRowStep, outColumnStep } = phase;
  return outColumnStep === channels * floatSize && outRowStep === columns * outColumnStep;
}

/** Elements of the pieces that are finished one after the other: pixels, rows, or images. */
function pieceOf(windows: Windows): number {
  const [phase] = windows.phases;
  if (!phase || !isInOrder(windows)) return windows.outSize / floatSize;
  return isJoined(phase) ? windows.channels : phase.columns * windows.channels;
}

/** Rows of windows that lie one behind the other are one long row. */
function isJoined({ rowStep, columns, columnStep, outRowStep, outColumnStep }: Phase): boolean {
  return rowStep === columns * columnStep && outRowStep === columns * outColumnStep;
}

/** Binds f(image, filter, out, addresses of the epilogue). */
export function bindWindows(
  name: string,
  windows: Windows,
  context: KernelContext,
): (image: number, filter: number, out: number, then: readonly number[]) => void {
  const { images, region, phases } = windows;
  const madd = multiplyAdd();
  const most = context.threads === 1 ? 1 : slotsPerThread * context.threads;
  const limit = Math.min(images, most, partsOf(images * workOf(windows)));
  const slots = evenSlots(images, context.threads, limit);
  const epilogue = context.epilogue?.(pieceOf(windows)) ?? null;
  const key = JSON.stringify([name, windows, slots, madd.fused, epilogue?.key]);
  const functions = context.functions(key, (module, library) => {
    define(module, windows, slots, madd, epilogue?.define(library) ?? null);
  });
  const sizes = phases.map(({ pack }) => packedSize(pack));
  const packed = context.scratch(sizes.reduce((sum, size) => sum + size, 16));
  const starts = sizes.map((_, i) => packed + sizes.slice(0, i).reduce((a, b) => a + b, 0));
  const copy = copies(region, slots, functions, context);
  const run = functions.run as WasmFunction;
  return (image, filter, out, then) => {
    for (let i = 0; i < starts.length; i++) {
      const { columns } = (phases[i] as Phase).pack;
      const pack = functions[`pack${i}`] as WasmFunction;
      const pieces = usesDots(windows) ? columns : panelsOf(columns);
      const grain = copyGrain((sizes[i] as number) / floatSize / pieces);
      context.parallel(pack, pieces, grain, [filter, starts[i] as number]);
    }
    context.parallel(run, slots, 1, [image, packed, out, copy, ...then]);
  };
}

/** The number of parts, up to a limit, that lets threads end at the same time; the most of those that are as good. */
function evenSlots(images: number, threads: number, limit: number): number {
  let best = limit;
  let shortest = Number.POSITIVE_INFINITY;
  for (let slots = Math.min(threads, limit); slots <= limit; slots++) {
    const ends = new Array<number>(threads).fill(0);
    for (let slot = 0; slot < slots; slot++) {
      const size = Math.floor(((slot + 1) * images) / slots) - Math.floor((slot * images) / slots);
      const first = ends.indexOf(Math.min(...ends));
      ends[first] = (ends[first] as number) + size;
    }
    const span = Math.max(...ends);
    if (span > shortest) continue;
    best = slots;
    shortest = span;
  }
  return best;
}

/** Cleared memory for a copy of the region in each slot, or nothing where none is needed. */
export function copies(
  region: Region,
  slots: number,
  functions: Readonly<Record<string, WasmFunction>>,
  context: KernelContext,
): number {
  if (isInside(region)) return 0;
  const bytes = slots * regionSize(region);
  const address = context.scratch(Math.max(16, bytes));
  functions.clear?.(address, bytes);
  return address;
}

type Six = readonly [Local, Local, Local, Local, Local, Local];

function define(
  module: ModuleBuilder,
  windows: Windows,
  slots: number,
  madd: MultiplyAdd,
  epilogue: EpilogueCode | null,
): void {
  const { images, region, phases, outSize } = windows;
  const known = new Map<string, Func>();
  defineClear(module);
  phases.forEach(({ pack }, i) => {
    if (usesDots(windows)) defineDotPack(module, `pack${i}`, pack);
    else definePack(module, `pack${i}`, pack);
  });
  const byPieces = epilogue && isInOrder(windows) ? epilogue : null;
  const rowFunctions = phases.map((phase) =>
    definePhase(module, windows, phase, madd, known, byPieces),
  );
  const imageBytes = region.height * region.width * region.depth * floatSize;
  const inPlace = isInside(region);
  const corner = (region.top * region.width + region.left) * region.depth * floatSize;
  const addresses = new Array<ValueType>(epilogue?.addresses ?? 0).fill("i32");
  module.function("run", ["i32", "i32", "i32", "i32", "i32", "i32", ...addresses], [], (scope) => {
    const [slot, end, image, packed, out, copy] = scope.params as unknown as Six;
    const rest = scope.params.slice(6);
    const [index, limit, from, to, source, right] = Array.from({ length: 6 }, () =>
      scope.local("i32"),
    ) as unknown as Six;
    let packedOffset = 0;
    const products = phases.map(({ pack, start, out: outStart }, i) => {
      const code = [
        right.set(i32.add(packed, i32.const(packedOffset))),
        call(
          rowFunctions[i] as Func,
          i32.add(source, i32.const(start)),
          right,
          i32.add(to, i32.const(outStart)),
          ...(byPieces ? [index, ...rest] : []),
        ),
      ];
      packedOffset += packedSize(pack);
      return code;
    });
    const each = [
      from.set(i32.add(image, i32.mul(index, i32.const(imageBytes)))),
      to.set(i32.add(out, i32.mul(index, i32.const(outSize)))),
      inPlace
        ? source.set(i32.add(from, i32.const(corner)))
        : [
            source.set(i32.add(copy, i32.mul(slot, i32.const(regionSize(region))))),
            copyRegion(scope, region, from, source),
          ],
      products,
      epilogue && !byPieces
        ? follow(epilogue, index, i32.add(index, i32.const(1)), outSize / floatSize, rest)
        : [],
    ];
    return repeatBetween(slot, end, [
      index.set(sliceStart(slot, 0, images, slots)),
      limit.set(sliceStart(slot, 1, images, slots)),
      repeatBetween(index, limit, each),
    ]);
  });
}

/** Where the part of `slot` + `next` starts when `count` is divided among slots. */
export function sliceStart(slot: Local, next: number, count: number, slots: number) {
  const position = next === 0 ? slot.get() : i32.add(slot, i32.const(next));
  return i32.div_u(i32.mul(position, i32.const(count)), i32.const(slots));
}

/**
 * f(source, right, out): all rows of a phase in one image. With an epilogue it also takes the number of the image and
 * the epilogue's addresses.
 */
function definePhase(
  module: ModuleBuilder,
  windows: Windows,
  phase: Phase,
  madd: MultiplyAdd,
  known: Map<string, Func>,
  epilogue: EpilogueCode | null,
): Func {
  const { rows, columns, rowStep, columnStep, walks, pack, outRowStep, outColumnStep } = phase;
  const depth = pack.blocks.length * pack.depth;
  const isDots = usesDots(windows);
  const joined = isJoined(phase);
  const strips: Strips = {
    rows: joined ? rows * columns : columns,
    columns: windows.channels,
    isDots,
    leftStride: columnStep,
    walks,
    rightStride: isDots ? depth * floatSize : panelRow,
    rightPadded: true,
    outStride: outColumnStep,
    width: panelWidth,
    panelStep: depth * panelRow,
    add: false,
  };
  const code = defineStrips(module, strips, madd, known);
  const size = pieceOf(windows);
  const params = new Array<ValueType>(epilogue ? 4 + epilogue.addresses : 3).fill("i32");
  return module.function(null, params, [], (scope) => {
    const [source, right, out] = [scope.param(0), scope.param(1), scope.param(2)];
    const [row, strip] = [scope.local("i32"), scope.local("i32")];
    const next = (index: Local): Code => i32.add(index, i32.const(1));
    /** The epilogue over pieces [begin, end) of an image that has so many of them. */
    const then = (begin: Operand, end: Operand, pieces: number): Code => {
      if (!epilogue) return [];
      const before = i32.mul(scope.param(3), i32.const(pieces));
      const addresses = scope.params.slice(4);
      return follow(epilogue, i32.add(before, begin), i32.add(before, end), size, addresses);
    };
    return repeat(row, joined ? 1 : rows, [
      repeat(strip, code.split.count, [
        code.at(strip, source, right, out),
        joined ? then(code.rowOf(strip), code.rowOf(next(strip)), rows * columns) : [],
      ]),
      joined ? [] : then(row, next(row), rows),
      advance(source, rowStep),
      advance(out, outRowStep),
    ]);
  });
}
