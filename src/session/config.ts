/** How a session runs: which engine, which passes. */

import { ValueError } from "../core/errors.ts";
import type { Engine } from "../engines/engine.ts";
import { javascriptEngine, whyNoJavascript } from "../engines/javascript.ts";
import { nativeEngine, whatNativeUses, whyNoNative } from "../engines/native/engine.ts";
import { referenceEngine } from "../engines/reference.ts";
import { wasmEngine, whatWasmLacks, whyNoWasm } from "../engines/wasm/engine.ts";

export interface SessionConfig {
  /**
   * `native`, `wasm`, `javascript` or `reference`; by default the first that can run here. The environment variable
   * TENSORSCOPE_ENGINE changes the default.
   */
  readonly engine?: string | undefined;
  /** Leaves out the optional passes of the compiler. */
  readonly optimize?: boolean | undefined;
  /** Checks the program after every pass. */
  readonly verify?: boolean | undefined;
  /** Accepted for compatibility with TensorFlow's ConfigProto; without effect. */
  readonly gpuOptions?: { readonly allowGrowth?: boolean } | undefined;
}

interface Choice {
  readonly engine: Engine;
  readonly whyNot: () => string | null;
  readonly note: () => string | null;
}

const nothing = () => null;
/** In the order of preference. */
const all: readonly Choice[] = [
  { engine: nativeEngine, whyNot: whyNoNative, note: whatNativeUses },
  { engine: wasmEngine, whyNot: whyNoWasm, note: whatWasmLacks },
  { engine: javascriptEngine, whyNot: whyNoJavascript, note: nothing },
  { engine: referenceEngine, whyNot: nothing, note: nothing },
];

/** An engine as `tf.engines()` shows it. */
export interface EngineInfo {
  readonly name: string;
  readonly available: boolean;
  /** Why it cannot be used here. */
  readonly reason: string | null;
  /** What it uses, or has to do without, here. */
  readonly note: string | null;
}

/** The engines there are. Where one cannot run, sessions use the first in the list that can. */
export function engines(): EngineInfo[] {
  return all.map(({ engine, whyNot, note }) => {
    const reason = whyNot();
    const available = reason === null;
    return { name: engine.name, available, reason, note: available ? note() : null };
  });
}

interface Environment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

function environment(name: string): string | undefined {
  return (globalThis as Environment).process?.env?.[name];
}

/** The engine a session uses; the first that can run where the one that is asked for cannot. */
export function engineFor(config: SessionConfig): Engine {
  const fromOutside = environment("TENSORSCOPE_ENGINE");
  const name = config.engine ?? (fromOutside || "native");
  const found = all.find(({ engine }) => engine.name === name);
  if (!found) {
    throw new ValueError(
      `Unknown engine '${name}'${config.engine === undefined ? " in TENSORSCOPE_ENGINE" : ""}.`,
      `Engines here: ${all.map(({ engine }) => engine.name).join(", ")}.`,
    );
  }
  if (found.whyNot() === null) return found.engine;
  return all.find(({ whyNot }) => whyNot() === null)?.engine ?? referenceEngine;
}

export function optimizes(config: SessionConfig): boolean {
  return config.optimize ?? environment("TENSORSCOPE_OPTIMIZE") !== "0";
}

export function verifies(config: SessionConfig): boolean {
  return config.verify ?? environment("TENSORSCOPE_VERIFY") === "1";
}
