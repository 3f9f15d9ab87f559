/** Adding up what parts of a work gave. */

import { f32x4, i32, type Local, type ModuleBuilder, v128, when } from "../assembler.ts";
import { repeatBetween, storeFloats } from "./partial.ts";

/** Exports f(begin, end, parts, out): sums of parts, four elements at a time, the parts added in order. */
export function defineTotal(module: ModuleBuilder, slots: number, elements: number): void {
  const partBytes = Math.ceil(elements / 4) * 16;
  const rest = elements % 4;
  const last = Math.floor(elements / 4);
  module.function("total", ["i32", "i32", "i32", "i32"], [], (scope) => {
    const [index, end, parts, out] = scope.params as [Local, Local, Local, Local];
    const [from, to] = [scope.local("i32"), scope.local("i32")];
    const sum = scope.local("v128");
    return repeatBetween(index, end, [
      from.set(i32.add(parts, i32.shl(index, i32.const(4)))),
      to.set(i32.add(out, i32.shl(index, i32.const(4)))),
      sum.set(v128.load(from)),
      Array.from({ length: slots - 1 }, (_, i) =>
        sum.set(f32x4.add(sum, v128.load(from, (i + 1) * partBytes))),
      ),
      rest === 0
        ? v128.store(to, sum)
        : when(i32.eq(index, i32.const(last)), storeFloats(rest, to, sum, 0), v128.store(to, sum)),
    ]);
  });
}
