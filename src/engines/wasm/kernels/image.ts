/** Images with the padding that windows reach into: copies whose borders are cleared once. */

import {
  type Code,
  type FunctionScope,
  i32,
  type Local,
  type ModuleBuilder,
  memory,
  v128,
} from "../assembler.ts";
import { advance, floatSize, loadFloats, repeat, storeFloats } from "./partial.ts";

/** A part of an image [height, width, depth] that may reach beyond it: zeros there. */
export interface Region {
  readonly height: number;
  readonly width: number;
  readonly depth: number;
  /** First row and column, negative where they lie before the image. */
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
}

/** Whether the region lies inside the image, so that it can be read in place. */
export function isInside({ height, width, top, left, rows, columns }: Region): boolean {
  return top >= 0 && left >= 0 && top + rows <= height && left + columns <= width;
}

/** Bytes of a copy of the region. */
export function regionSize({ rows, columns, depth }: Region): number {
  return rows * columns * depth * floatSize;
}

/** Bytes from one row to the next: of the image itself, or of the copy. */
export function rowBytes(region: Region): number {
  return (isInside(region) ? region.width : region.columns) * region.depth * floatSize;
}

/** Copies what of the image lies in the region; the rest of the copy is left alone. */
export function copyRegion(scope: FunctionScope, region: Region, image: Local, copy: Local): Code {
  const { height, width, depth, top, left, rows, columns } = region;
  const firstRow = Math.max(0, top);
  const firstColumn = Math.max(0, left);
  const copiedRows = Math.min(height, top + rows) - firstRow;
  const copiedColumns = Math.min(width, left + columns) - firstColumn;
  if (copiedRows <= 0 || copiedColumns <= 0) return [];
  const pixel = depth * floatSize;
  const [from, to, row, column] = ["i32", "i32", "i32", "i32"].map((type) =>
    scope.local(type as "i32"),
  ) as [Local, Local, Local, Local];
  const line = copiedColumns * depth;
  return [
    from.set(i32.add(image, i32.const((firstRow * width + firstColumn) * pixel))),
    to.set(i32.add(copy, i32.const(((firstRow - top) * columns + (firstColumn - left)) * pixel))),
    repeat(row, copiedRows, [
      copyFloats(from, to, column, line),
      advance(from, (width - copiedColumns) * pixel),
      advance(to, (columns - copiedColumns) * pixel),
    ]),
  ];
}

/** Copies `count` floats and moves both pointers behind them. */
export function copyFloats(from: Local, to: Local, counter: Local, count: number): Code {
  const four = (vectors: number): Code => [
    Array.from({ length: vectors }, (_, i) => v128.store(to, v128.load(from, 16 * i), 16 * i)),
    advance(from, 16 * vectors),
    advance(to, 16 * vectors),
  ];
  const rest = count % 4;
  return [
    repeat(counter, Math.floor(count / 16), four(4)),
    four(Math.floor((count % 16) / 4)),
    rest === 0
      ? []
      : [
          storeFloats(rest, to, loadFloats(rest, from, 0), 0),
          advance(from, rest * floatSize),
          advance(to, rest * floatSize),
        ],
  ];
}

/** Exports clear(address, bytes), which fills with zeros. */
export function defineClear(module: ModuleBuilder): void {
  module.function("clear", ["i32", "i32"], [], ({ params: [address, bytes] }) =>
    memory.fill(address as Local, i32.const(0), bytes as Local),
  );
}
