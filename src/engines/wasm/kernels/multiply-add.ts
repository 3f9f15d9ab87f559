/** How kernels compute x * y + z: rounded twice, or fused where the runtime can and nobody asked for equal bits. */

import { type Code, f32, f32x4, ModuleBuilder, type Operand } from "../assembler.ts";
import { webAssembly } from "../webassembly.ts";

export interface MultiplyAdd {
  readonly fused: boolean;
  readonly write: (x: Operand, y: Operand, z: Operand) => Code;
}

const rounded: MultiplyAdd = {
  fused: false,
  write: (x, y, z) => f32x4.add(z, f32x4.mul(x, y)),
};
const relaxed: MultiplyAdd = { fused: true, write: f32x4.relaxed_madd };

let supported: boolean | undefined;

/** Whether the runtime has relaxed SIMD; early versions of it took the operands in another order. */
function hasRelaxedSimd(): boolean {
  supported ??= probe();
  return supported;
}

function probe(): boolean {
  const module = new ModuleBuilder();
  const splat = (x: number) => f32x4.splat(f32.const(x));
  module.function("f", [], ["f32"], () =>
    f32x4.extract_lane(0, f32x4.relaxed_madd(splat(2), splat(3), splat(5))),
  );
  const bytes = module.bytes();
  if (!webAssembly?.validate(bytes)) return false;
  const { exports } = new webAssembly.Instance(new webAssembly.Module(bytes), {});
  return exports.f?.() === 11;
}

/** `TENSORSCOPE_STRICT=1` asks for the same bits on every machine. */
export function isStrict(): boolean {
  const host = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return host.process?.env?.TENSORSCOPE_STRICT === "1";
}

export function multiplyAdd(): MultiplyAdd {
  return !isStrict() && hasRelaxedSimd() ? relaxed : rounded;
}
