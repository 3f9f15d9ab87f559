/** Arrays joined along an axis, of every dtype that lies in memory. */

import { aroundAxis } from "../../routines/elements.ts";
import type { ConcatParams } from "../../routines/move.ts";
import { i32, type Local, type ModuleBuilder, memory } from "../assembler.ts";
import type { WasmKernel } from "../kernel.ts";
import type { WasmFunction } from "../webassembly.ts";
import { copyFloats } from "./image.ts";
import { advance, floatSize, repeatBetween } from "./partial.ts";

/** Longer rows are copied by the host. */
const longestInline = 512;
/** Bytes that a thread should copy at least. */
const grainBytes = 1 << 16;

export const concat: WasmKernel = (step, context) => {
  const [out] = step.outputs;
  if (!out || out.size === 0) return null;
  const { axis } = step.params as unknown as ConcatParams;
  const { outer, dim, inner } = aroundAxis(out.shape, axis);
  const { size } = out.dtype;
  let start = 0;
  const parts = step.inputs.map(({ shape }, i) => {
    const rowBytes = (shape[axis] ?? 1) * inner * size;
    const part = { i, rowBytes, start };
    start += rowBytes;
    return part;
  });
  const stride = dim * inner * size;
  const copies = parts
    .filter(({ rowBytes }) => rowBytes > 0)
    .map(({ i, rowBytes, start }) => {
      const key = JSON.stringify(["concat", rowBytes, stride]);
      const run = context.functions(key, (module) => define(module, rowBytes, stride))
        .run as WasmFunction;
      return { i, run, start, grain: Math.ceil(grainBytes / rowBytes) };
    });
  return (inputs, [to = 0]) => {
    for (const { i, run, start, grain } of copies)
      context.parallel(run, outer, grain, [inputs[i] as number, to + start]);
  };
};

/** Exports f(begin, end, from, to), which copies rows that lie `stride` bytes apart in the result. */
function define(module: ModuleBuilder, rowBytes: number, stride: number): void {
  module.function("run", ["i32", "i32", "i32", "i32"], [], (scope) => {
    const [row, end, x, out] = scope.params as [Local, Local, Local, Local];
    const [from, to, counter] = [scope.local("i32"), scope.local("i32"), scope.local("i32")];
    const isInline = rowBytes % floatSize === 0 && rowBytes <= longestInline;
    const copy = isInline
      ? [copyFloats(from, to, counter, rowBytes / floatSize), advance(to, stride - rowBytes)]
      : [memory.copy(to, from, i32.const(rowBytes)), advance(from, rowBytes), advance(to, stride)];
    return [
      from.set(i32.add(x, i32.mul(row, i32.const(rowBytes)))),
      to.set(i32.add(out, i32.mul(row, i32.const(stride)))),
      repeatBetween(row, end, copy),
    ];
  });
}
