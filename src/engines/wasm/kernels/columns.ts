/**
 * Products with few rows: panels of columns are the units of work. Each is packed just before all rows are multiplied with
 * it, so the right side is read once, and nothing of it waits in memory.
 */

import { type Code, call, type Func, i32, type Local, when } from "../assembler.ts";
import type { BoundKernel, KernelContext } from "../kernel.ts";
import type { WasmFunction } from "../webassembly.ts";
import type { Piece, Plan, Shape, Sides } from "./matmul.ts";
import { multiplyAdd } from "./multiply-add.ts";
import { definePack, panelRow, panelsOf } from "./pack.ts";
import { floatSize, repeat, repeatBetween } from "./partial.ts";
import { defineStrips, panelWidth } from "./strip.ts";
import { grainOf } from "./work.ts";

/** More rows than this gain from being split among threads, too. */
const mostRows = 128;
/** Fewer panels than this would leave threads idle. */
const fewestPanels = 16;

/** Shorter sums take less time than an epilogue that does not follow by pieces. */
const shortestSum = 64;

/** Whether a product is better done by panels than by strips of rows. */
export function isByColumns({ rows, columns, depth, batch }: Shape, plan: Plan): boolean {
  const { isPacked, isDots, isTurned } = plan;
  return (
    batch === 1 &&
    isPacked &&
    !isDots &&
    !isTurned &&
    rows <= mostRows &&
    depth >= shortestSum &&
    panelsOf(columns) >= fewestPanels
  );
}

export function bindColumns(
  shape: Shape,
  { left, right, out }: Sides,
  { leftStride, leftStep, pack }: Plan,
  pieces: readonly Piece[],
  context: KernelContext,
): BoundKernel {
  const { rows, columns, depth } = shape;
  const madd = multiplyAdd();
  const panels = panelsOf(columns);
  const rest = columns % panelWidth;
  const space = Math.max(...pieces.map(({ size }) => size)) * panelRow;
  const rightStep = right.row * floatSize;
  const key = JSON.stringify(["columns", shape, leftStride, leftStep, pack, out.row, madd.fused]);
  const functions = context.functions(key, (module) => {
    const known = new Map<string, Func>();
    const packs = new Map<number, Func>();
    const packOf = (size: number): Func => {
      const func = packs.get(size) ?? definePack(module, null, { ...pack, depth: size });
      packs.set(size, func);
      return func;
    };
    module.function("run", ["i32", "i32", "i32", "i32", "i32", "i32"], [], (scope) => {
      const [panel, end, from, across, to, packed] = scope.params as unknown as Six;
      const [strip, source, target, room] = Array.from({ length: 4 }, () =>
        scope.local("i32"),
      ) as unknown as Four;
      const products = ({ start, size }: Piece, width: number): Code => {
        const strips = {
          rows,
          columns: width,
          width: panelWidth,
          leftStride,
          walks: [{ count: size, step: leftStep }],
          rightStride: panelRow,
          rightPadded: true,
          isDots: false,
          panelStep: 0,
          outStride: out.row * floatSize,
          add: start > 0,
        };
        const code = defineStrips(module, strips, madd, known);
        return repeat(strip, code.split.count, code.at(strip, source, room, target));
      };
      const steps = pieces.map((piece): Code => {
        const { start, size } = piece;
        // The function for packing counts panels in both places; here each goes to the same one.
        const place = i32.sub(room, i32.mul(panel, i32.const(size * panelRow)));
        const whole = products(piece, panelWidth);
        const isFull = i32.lt_u(panel, i32.const(Math.floor(columns / panelWidth)));
        return [
          source.set(i32.add(across, i32.const(start * rightStep))),
          call(packOf(size), panel, i32.add(panel, i32.const(1)), source, place),
          source.set(i32.add(from, i32.const(start * leftStep))),
          rest === 0 ? whole : when(isFull, whole, products(piece, rest)),
        ];
      });
      return [
        // Calls that run at the same time start at different panels.
        room.set(i32.add(packed, i32.mul(panel, i32.const(space)))),
        repeatBetween(panel, end, [
          target.set(i32.add(to, i32.mul(panel, i32.const(panelWidth * floatSize)))),
          steps,
        ]),
      ];
    });
  });
  const packed = context.scratch(Math.max(16, panels * space));
  const run = functions.run as WasmFunction;
  const grain = grainOf(rows * panelWidth * depth);
  const [leftOffset, rightOffset, outOffset] = [left, right, out].map(
    ({ offsets }) => (offsets[0] as number) * floatSize,
  ) as [number, number, number];
  return ([a = 0, b = 0], [y = 0]) => {
    context.parallel(run, panels, grain, [a + leftOffset, b + rightOffset, y + outOffset, packed]);
  };
}

type Four = readonly [Local, Local, Local, Local];
type Six = readonly [Local, Local, Local, Local, Local, Local];
