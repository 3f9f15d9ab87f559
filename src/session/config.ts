/** How a session runs: which engine, which passes. */

import { ValueError } from "../core/errors.ts";
import type { Engine } from "../engines/engine.ts";
import { javascriptEngine } from "../engines/javascript.ts";
import { referenceEngine } from "../engines/reference.ts";
import { wasmEngine, whyNoWasm } from "../engines/wasm/engine.ts";

export interface SessionConfig {
  /** `wasm` (default), `javascript` or `reference`; the environment variable TENSORSCOPE_ENGINE changes the default. */
  readonly engine?: string | undefined;
  /** Leaves out the optional passes of the compiler. */
  readonly optimize?: boolean | undefined;
  /** Checks the program after every pass. */
  readonly verify?: boolean | undefined;
  /** Accepted for compatibility with TensorFlow's ConfigProto; without effect. */
  readonly gpuOptions?: { readonly allowGrowth?: boolean } | undefined;
}

const all: readonly { readonly engine: Engine; readonly whyNot: () => string | null }[] = [
  { engine: wasmEngine, whyNot: whyNoWasm },
  { engine: javascriptEngine, whyNot: () => null },
  { engine: referenceEngine, whyNot: () => null },
];

/** The engines there are; `reason` says why one cannot be used here. */
export function engines(): { name: string; available: boolean; reason: string | null }[] {
  return all.map(({ engine, whyNot }) => {
    const reason = whyNot();
    return { name: engine.name, available: reason === null, reason };
  });
}

interface Environment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

function environment(name: string): string | undefined {
  return (globalThis as Environment).process?.env?.[name];
}

/** The engine a session uses; `javascript` where the one that is asked for cannot run. */
export function engineFor(config: SessionConfig): Engine {
  const name = config.engine ?? environment("TENSORSCOPE_ENGINE") ?? "wasm";
  const found = all.find(({ engine }) => engine.name === name);
  if (!found) {
    throw new ValueError(
      `Unknown engine '${name}'.`,
      `Engines here: ${all.map(({ engine }) => engine.name).join(", ")}.`,
    );
  }
  return found.whyNot() === null ? found.engine : javascriptEngine;
}

export function optimizes(config: SessionConfig): boolean {
  return config.optimize ?? environment("TENSORSCOPE_OPTIMIZE") !== "0";
}

export function verifies(config: SessionConfig): boolean {
  return config.verify ?? environment("TENSORSCOPE_VERIFY") === "1";
}
