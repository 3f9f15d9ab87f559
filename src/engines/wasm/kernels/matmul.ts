/** Matrix products of float32, batched, with either side transposed. */

import { sizeOf } from "../../../core/ndarray.ts";
import {
  batchOffsets,
  type MatmulParams,
  type StridedMatmulParams,
  stridedOffsets,
} from "../../routines/matmul.ts";
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
import type { BoundKernel, KernelContext, WasmKernel } from "../kernel.ts";
import type { WasmFunction } from "../webassembly.ts";
import { bindColumns, isByColumns } from "./columns.ts";
import { defineDotPack, isForDots } from "./dots.ts";
import { multiplyAdd } from "./multiply-add.ts";
import {
  definePack,
  defineTranspose,
  type Pack,
  packedSize,
  panelRow,
  panelsOf,
  turnedRows,
} from "./pack.ts";
import { floatSize, repeatBetween } from "./partial.ts";
import { defineStrips, panelWidth, type Strips, splitRows, tallest, widthFor } from "./strip.ts";
import { copyGrain, grainOf, isFloat32 } from "./work.ts";

/** The longest sums that are made in one go: a panel of the right side stays in the first-level cache. */
const longest = 384;
/** So few strips do not pay for packing. */
const fewRows = 8;

export interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly batch: number;
}

export const matmul: WasmKernel = (step, context) => {
  const [a, b] = step.inputs;
  const [out] = step.outputs;
  if (!a || !b || !out || ![a, b, out].every(isFloat32)) return null;
  const { transposeA, transposeB } = step.params as unknown as MatmulParams;
  const batchShape = out.shape.slice(0, -2);
  let rows = out.shape.at(-2) as number;
  let batch = sizeOf(batchShape);
  const columns = out.shape.at(-1) as number;
  const depth = a.shape.at(transposeA ? -2 : -1) as number;
  let leftOffsets = batchOffsets(a.shape, batchShape);
  let rightOffsets = batchOffsets(b.shape, batchShape);
  const isOneRight = sizeOf(b.shape.slice(0, -2)) === 1;
  if (batch > 1 && isOneRight && !transposeA && sizeOf(a.shape.slice(0, -2)) === batch) {
    rows *= batch;
    batch = 1;
    leftOffsets = [0];
    rightOffsets = [0];
  }
  // One row of results is one column of the transposed product, in the same order of elements.
  const isSwapped = transposeB ? rows === 1 : columns === 1 && transposeA;
  if (isSwapped) {
    const shape = { rows: columns, columns: rows, depth, batch };
    const sides = denseSides(shape, { transposeA: false, transposeB }, rightOffsets, leftOffsets);
    const run = bindProduct(shape, sides, context);
    return ([left = 0, right = 0], outputs, then) => run([right, left], outputs, then);
  }
  const shape = { rows, columns, depth, batch };
  const sides = denseSides(shape, { transposeA, transposeB }, leftOffsets, rightOffsets);
  return bindProduct(shape, sides, context);
};

export const stridedMatmul: WasmKernel = (step, context) => {
  if (![...step.inputs, ...step.outputs].every(isFloat32)) return null;
  const { batch, rows, columns, depth, a, b, out } = step.params as unknown as StridedMatmulParams;
  if (out.column !== 1 || (b.column !== 1 && b.row !== 1)) return null;
  const shape = { rows, columns, depth, batch: sizeOf(batch) };
  const [left, right, to] = [a, b, out].map(
    (side): Side => ({ row: side.row, column: side.column, offsets: stridedOffsets(side, batch) }),
  ) as [Side, Side, Side];
  return bindProduct(shape, { left, right, out: to }, context);
};

/** Matrices whose strides are in elements. */
interface Side {
  readonly row: number;
  readonly column: number;
  /** Where the matrix of each batch position starts. */
  readonly offsets: readonly number[];
}

/** Left [rows, depth], right [depth, columns] with neighbours in columns or in rows, and the result [rows, columns]. */
export interface Sides {
  readonly left: Side;
  readonly right: Side;
  readonly out: Side;
}

/** The sides where matrices have no gaps. */
export function denseSides(
  { rows, columns, depth, batch }: Shape,
  { transposeA, transposeB }: MatmulParams,
  leftOffsets: readonly number[] = [0],
  rightOffsets: readonly number[] = [0],
): Sides {
  const side = (
    row: number,
    column: number,
    isTurned: boolean,
    offsets: readonly number[],
  ): Side => (isTurned ? { row: 1, column: row, offsets } : { row: column, column: 1, offsets });
  return {
    left: side(rows, depth, transposeA, leftOffsets),
    right: side(depth, columns, transposeB, rightOffsets),
    out: side(
      rows,
      columns,
      false,
      Array.from({ length: batch }, (_, i) => i * rows * columns),
    ),
  };
}

function isDense({ out }: Sides, { rows, columns }: Shape): boolean {
  return out.row === columns && out.offsets.every((offset, i) => offset === i * rows * columns);
}

/** How the sides of a product are brought to the tiles. */
export interface Plan {
  /** The left side is transposed into a copy first. */
  readonly isTurned: boolean;
  /** Bytes between the rows of the left side, and between its columns. */
  readonly leftStride: number;
  readonly leftStep: number;
  readonly isDots: boolean;
  readonly isPacked: boolean;
  readonly rightStride: number;
  /** Bytes that the right side moves with each element of a sum. */
  readonly rightStep: number;
  readonly pack: Pack;
}

function planOf({ rows, columns, depth }: Shape, { left, right }: Sides): Plan {
  const isTurned =
    left.row === 1 && left.column === rows && columns > 2 * panelWidth && isCrowded(rows, depth);
  const leftStride = (isTurned ? depth : left.row) * floatSize;
  const leftStep = (isTurned ? 1 : left.column) * floatSize;
  const isDots = isForDots(columns, [{ count: depth, step: leftStep }]);
  const isLarge = rows > fewRows && columns > 2 * panelWidth;
  const isAcross = right.row === 1 && right.column !== 1;
  const isPacked = isDots ? !isAcross : isAcross || isLarge;
  const pack = {
    columns,
    blocks: [0],
    depth,
    rowStride: isAcross ? null : right.row * floatSize,
    columnStride: right.column * floatSize,
  };
  const rightStep = isDots ? floatSize : isPacked ? panelRow : right.row * floatSize;
  const rightStride = isDots ? (isPacked ? depth : right.column) * floatSize : rightStep;
  return { isTurned, leftStride, leftStep, isDots, isPacked, rightStride, rightStep, pack };
}

/** Whether columns of a matrix [depth, rows] meet in few sets of the first-level cache: 64 sets of lines of 64 bytes. */
function isCrowded(rows: number, depth: number): boolean {
  if (rows % 16 !== 0) return false;
  let sets = 64;
  for (let lines = rows / 16; lines % 2 === 0 && sets > 1; lines /= 2) sets /= 2;
  return Math.min(depth, longest) > 8 * sets;
}

export function bindProduct(shape: Shape, sides: Sides, context: KernelContext): BoundKernel {
  const { rows, columns, depth, batch } = shape;
  const plan = planOf(shape, sides);
  const { isTurned, leftStep, isDots, isPacked, rightStep, pack } = plan;
  const pieces = depth === 0 ? [{ start: 0, size: 0 }] : piecesOf(depth);
  if (isByColumns(shape, plan)) return bindColumns(shape, sides, plan, pieces, context);
  const madd = multiplyAdd();
  const { count: strips } = splitRows(rows, tallest(madd, isDots ? columns : null));
  const epilogue = isDense(sides, shape) ? (context.epilogue?.(columns) ?? null) : null;
  const matrices = [...new Set(sides.right.offsets)];
  const key = JSON.stringify([
    "matmul",
    shape,
    plan,
    sides.out.row,
    matrices.length,
    madd.fused,
    epilogue?.key,
  ]);
  const functions = context.functions(key, (module, library) => {
    const known = new Map<string, Func>();
    for (const piece of pieces) {
      const { start, size } = piece;
      const name = nameOf(piece, depth);
      if (known.has(name)) continue;
      const strip = defineStrips(module, stripsOf(shape, plan, sides, piece), madd, known);
      const then = epilogue && start + size === depth ? epilogue.define(library) : null;
      known.set(name, defineUnits(module, name, shape, strip, then));
    }
    if (isPacked) {
      const one = (isDots ? defineDotPack : definePack)(module, null, pack);
      definePackAll(module, one, isDots ? columns : panelsOf(columns), packedSize(pack));
    }
    if (isTurned) defineTranspose(module, "turn", depth, rows);
    definePut(module);
  });
  const matrixBytes = packedSize(pack);
  const packed = isPacked ? context.scratch(matrices.length * matrixBytes) : 0;
  const lefts = [...new Set(sides.left.offsets)];
  const turned = isTurned ? context.scratch((Math.max(...lefts) + rows * depth) * floatSize) : 0;
  const rightAt = (offset: number) =>
    isPacked ? matrices.indexOf(offset) * matrixBytes : offset * floatSize;
  const put = functions.put as WasmFunction;
  /** A list of numbers in memory. */
  const listed = (values: readonly number[]): number => {
    const address = context.scratch(Math.max(16, floatSize * values.length));
    for (const [i, value] of values.entries()) put(address + floatSize * i, value);
    return address;
  };
  const sources = isPacked ? listed(matrices.map((offset) => offset * floatSize)) : 0;
  const table = listed(
    Array.from({ length: batch }, (_, i) => [
      (sides.left.offsets[i] as number) * floatSize,
      rightAt(sides.right.offsets[i] as number),
      (sides.out.offsets[i] as number) * floatSize,
    ]).flat(),
  );
  const grain = grainOf((rows * columns * depth) / Math.max(1, strips));
  const packGrain = copyGrain(depth * (isDots ? 1 : panelWidth));
  const panels = isDots ? columns : panelsOf(columns);
  const runs = pieces.map((piece) => ({
    run: functions[nameOf(piece, depth)] as WasmFunction,
    leftOffset: piece.start * leftStep,
    rightOffset: piece.start * rightStep,
  }));
  const packRun = functions.pack as WasmFunction;
  const turnRun = functions.turn as WasmFunction;
  return ([left = 0, right = 0], [out = 0], then = []) => {
    if (isPacked)
      context.parallel(packRun, matrices.length * panels, packGrain, [right, packed, sources]);
    if (isTurned) {
      for (const offset of lefts) {
        const bytes = offset * floatSize;
        context.parallel(turnRun, rows / turnedRows, packGrain, [left + bytes, turned + bytes]);
      }
    }
    for (const { run, leftOffset, rightOffset } of runs) {
      const from = (isTurned ? turned : left) + leftOffset;
      const across = (isPacked ? packed : right) + rightOffset;
      context.parallel(run, batch * strips, grain, [from, across, out, table, ...then]);
    }
  };
}

function stripsOf(
  { rows, columns, depth }: Shape,
  plan: Plan,
  { out }: Sides,
  { start, size }: Piece,
): Strips {
  const { leftStride, leftStep, isDots, isPacked, rightStride } = plan;
  const width = isPacked ? panelWidth : widthFor(rows);
  return {
    rows,
    columns,
    width,
    leftStride,
    walks: [{ count: size, step: leftStep }],
    rightStride,
    rightPadded: isPacked,
    isDots,
    panelStep: isPacked ? depth * panelRow : width * floatSize,
    outStride: out.row * floatSize,
    add: start > 0,
  };
}

export interface Piece {
  readonly start: number;
  readonly size: number;
}

/** Long sums in pieces of about equal length. */
function piecesOf(depth: number): Piece[] {
  const { count, taller, height } = splitRows(depth, longest);
  return Array.from({ length: count }, (_, i) => ({
    start: i * height + Math.min(i, taller),
    size: height + (i < taller ? 1 : 0),
  }));
}

/** What only the last piece does is in a function of its own. */
const nameOf = ({ start, size }: Piece, depth: number) =>
  `${start > 0 ? "add" : "set"}${size}${start + size === depth ? "last" : ""}`;

/**
 * Exports f(begin, end, left, right, out, table, addresses of the epilogue): strips, counted through all batch
 * positions, each with its part of the epilogue.
 */
function defineUnits(
  module: ModuleBuilder,
  name: string,
  { rows, columns }: Shape,
  strip: ReturnType<typeof defineStrips>,
  epilogue: EpilogueCode | null,
): Func {
  const { count } = strip.split;
  const params = new Array<ValueType>(6 + (epilogue?.addresses ?? 0)).fill("i32");
  return module.function(name, params, [], (scope) => {
    const [unit, end, left, right, out, table] = scope.params as unknown as Six;
    const then = (index: Local, rowsBefore: Operand): Code => {
      if (!epilogue) return [];
      const begin = i32.add(rowsBefore, strip.rowOf(index));
      const until = i32.add(rowsBefore, strip.rowOf(i32.add(index, i32.const(1))));
      return follow(epilogue, begin, until, columns, scope.params.slice(6));
    };
    const entry = scope.local("i32");
    const index = scope.local("i32");
    const [from, across, to] = [scope.local("i32"), scope.local("i32"), scope.local("i32")];
    const position = scope.local("i32");
    return repeatBetween(unit, end, [
      position.set(i32.div_u(unit, i32.const(count))),
      entry.set(i32.add(table, i32.mul(position, i32.const(3 * floatSize)))),
      from.set(i32.add(left, i32.load(entry))),
      across.set(i32.add(right, i32.load(entry, 4))),
      to.set(i32.add(out, i32.load(entry, 8))),
      index.set(i32.sub(unit, i32.mul(position, i32.const(count)))),
      strip.at(index, from, across, to),
      then(index, i32.mul(position, i32.const(rows))),
    ]);
  });
}

type Six = readonly [Local, Local, Local, Local, Local, Local];

/** Exports pack(begin, end, right, packed, list of offsets): panels, counted through all matrices. */
function definePackAll(
  module: ModuleBuilder,
  one: Func,
  panels: number,
  matrixBytes: number,
): void {
  module.function("pack", ["i32", "i32", "i32", "i32", "i32"], [], (scope) => {
    const [unit, end, right, packed, list] = scope.params as Five;
    const [matrix, panel] = [scope.local("i32"), scope.local("i32")];
    const offset = i32.load(i32.add(list, i32.mul(matrix, i32.const(floatSize))));
    return repeatBetween(unit, end, [
      matrix.set(i32.div_u(unit, i32.const(panels))),
      panel.set(i32.sub(unit, i32.mul(matrix, i32.const(panels)))),
      call(
        one,
        panel,
        i32.add(panel, i32.const(1)),
        i32.add(right, offset),
        i32.add(packed, i32.mul(matrix, i32.const(matrixBytes))),
      ),
    ]);
  });
}

type Five = readonly [Local, Local, Local, Local, Local];

function definePut(module: ModuleBuilder): void {
  module.function("put", ["i32", "i32"], [], ({ params: [address, value] }) =>
    i32.store(address as Local, value as Local),
  );
}
