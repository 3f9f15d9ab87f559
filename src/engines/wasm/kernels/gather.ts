/** Rows gathered by index, of every dtype that lies in memory, with the errors of the routine. */

import { sizeOf } from "../../../core/ndarray.ts";
import { positionText } from "../../routines/elements.ts";
import type { GatherParams } from "../../routines/gather.ts";
import {
  brIf,
  type Func,
  f64,
  i32,
  i64,
  type Local,
  loop,
  type ModuleBuilder,
  memory,
  returns,
  when,
} from "../assembler.ts";
import type { WasmKernel } from "../kernel.ts";
import type { WasmFunction } from "../webassembly.ts";
import { copyFloats } from "./image.ts";
import { advance, floatSize, repeatBetween } from "./partial.ts";

/** Longer rows are copied by the host. */
const longestInline = 512;
/** Bytes that a thread should copy at least. */
const grainBytes = 1 << 16;

interface Rows {
  readonly batch: number;
  readonly outer: number;
  /** Rows to choose from. */
  readonly dim: number;
  readonly rowBytes: number;
  /** Indices in each batch position. */
  readonly perBatch: number;
  readonly isBig: boolean;
}

export const gather: WasmKernel = (step, context) => {
  const [params, indices] = step.inputs;
  const [out] = step.outputs;
  if (!params || !indices || !out || params.dtype.size === 0) return null;
  const { axis, batchDims } = step.params as unknown as GatherParams;
  const batch = sizeOf(params.shape.slice(0, batchDims));
  const rows: Rows = {
    batch,
    outer: sizeOf(params.shape.slice(batchDims, axis)),
    dim: params.shape[axis] ?? 0,
    rowBytes: sizeOf(params.shape.slice(axis + 1)) * params.dtype.size,
    perBatch: sizeOf(indices.shape) / Math.max(1, batch),
    isBig: indices.dtype.isBig,
  };
  const isIndex = indices.dtype.baseName === "int32" || indices.dtype.baseName === "int64";
  if (!isIndex || rows.rowBytes === 0 || batch === 0) return null;
  const functions = context.functions(JSON.stringify(["gather", rows]), (module) => {
    defineFind(module, rows);
    defineCopy(module, rows);
  });
  const [find, peek, copy] = ["find", "peek", "copy"].map((name) => functions[name]) as [
    WasmFunction,
    WasmFunction,
    WasmFunction,
  ];
  const count = sizeOf(indices.shape);
  const units = rows.batch * rows.outer * rows.perBatch;
  const grain = Math.ceil(grainBytes / rows.rowBytes);
  return ([source = 0, positions = 0], [to = 0]) => {
    const bad = find(0, count, positions) as number;
    if (bad >= 0) {
      const where = positionText(indices.shape, bad);
      const value = peek(positions, bad);
      throw new RangeError(`indices${where} = ${value} is not in [0, ${rows.dim})`);
    }
    context.parallel(copy, units, grain, [source, positions, to]);
  };
};

/** Exports f(begin, end, indices), the first position whose index is out of range or -1; and peek(indices, position). */
function defineFind(module: ModuleBuilder, { dim, isBig }: Rows): Func {
  const shift = i32.const(isBig ? 3 : 2);
  module.function("peek", ["i32", "i32"], ["f64"], ({ params: [indices, position] }) => {
    const address = i32.add(indices as Local, i32.shl(position as Local, shift));
    return isBig ? f64.convert_i64_s(i64.load(address)) : f64.convert_i32_s(i32.load(address));
  });
  return module.function("find", ["i32", "i32", "i32"], ["i32"], (scope) => {
    const [position, end, indices] = scope.params as [Local, Local, Local];
    const address = i32.add(indices, i32.shl(position, shift));
    const isOutside = isBig
      ? i64.ge_u(i64.load(address), i64.const(dim))
      : i32.ge_u(i32.load(address), i32.const(dim));
    return [
      when(
        i32.lt_u(position, end),
        loop((again) => [
          when(isOutside, returns(position)),
          advance(position, 1),
          brIf(again, i32.lt_u(position, end)),
        ]),
      ),
      i32.const(-1),
    ];
  });
}

/** Exports f(begin, end, params, indices, out) over rows of the result. */
function defineCopy(module: ModuleBuilder, rows: Rows): Func {
  const { outer, dim, rowBytes, perBatch, isBig } = rows;
  return module.function("copy", ["i32", "i32", "i32", "i32", "i32"], [], (scope) => {
    const [unit, end, params, indices, out] = scope.params as [Local, Local, Local, Local, Local];
    const [group, index, from, to, counter] = Array.from({ length: 5 }, () =>
      scope.local("i32"),
    ) as [Local, Local, Local, Local, Local];
    const inGroup = i32.sub(unit, i32.mul(group, i32.const(perBatch)));
    const inBatch = i32.mul(i32.div_u(group, i32.const(outer)), i32.const(perBatch));
    const position = i32.add(inBatch, inGroup);
    const address = i32.add(indices, i32.shl(position, i32.const(isBig ? 3 : 2)));
    const isInline = rowBytes % floatSize === 0 && rowBytes <= longestInline;
    return repeatBetween(unit, end, [
      group.set(i32.div_u(unit, i32.const(perBatch))),
      index.set(i32.load(address)),
      from.set(
        i32.add(
          params,
          i32.mul(i32.add(i32.mul(group, i32.const(dim)), index), i32.const(rowBytes)),
        ),
      ),
      to.set(i32.add(out, i32.mul(unit, i32.const(rowBytes)))),
      isInline
        ? copyFloats(from, to, counter, rowBytes / floatSize)
        : memory.copy(to, from, i32.const(rowBytes)),
    ]);
  });
}
