/** What the host's WebAssembly can do, found by asking whether it accepts tiny modules. */

import { f32x4, ModuleBuilder, v128 } from "./assembler.ts";
import { type WebAssemblyApi, webAssembly } from "./webassembly.ts";

export interface Features {
  /** Why nothing can be compiled; null where it can. */
  readonly refusal: string | null;
  /** Vectors of 128 bits. */
  readonly simd: boolean;
  /** Fused multiply-add, rounded as the machine likes best. */
  readonly relaxed: boolean;
  /** Memory that threads may share, and that grows without moving. */
  readonly shared: boolean;
}

let found: Features | undefined;

export function features(): Features {
  found ??= probe();
  return found;
}

function probe(): Features {
  if (!webAssembly) return { refusal: "there is none", simd: false, relaxed: false, shared: false };
  const accepts = (module: ModuleBuilder): boolean => {
    try {
      return webAssembly?.validate(module.bytes()) ?? false;
    } catch {
      return false;
    }
  };
  const zero = v128.const(new Array<number>(16).fill(0));
  const simd = new ModuleBuilder();
  simd.function("f", [], ["v128"], () => f32x4.add(zero, zero));
  const relaxed = new ModuleBuilder();
  relaxed.function("f", [], ["v128"], () => f32x4.relaxed_madd(zero, zero, zero));
  return {
    refusal: refusalOf(webAssembly),
    simd: accepts(simd),
    relaxed: accepts(relaxed),
    shared: canShare(),
  };
}

/** A page may forbid compiling by its Content Security Policy. */
function refusalOf(api: WebAssemblyApi): string | null {
  try {
    new api.Module(new ModuleBuilder().bytes());
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function canShare(): boolean {
  if (typeof SharedArrayBuffer === "undefined" || !webAssembly) return false;
  try {
    const memory = new webAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return memory.buffer instanceof SharedArrayBuffer;
  } catch {
    return false;
  }
}
