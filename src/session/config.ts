/** How a session runs: which engine, which passes. */

import { ValueError } from "../core/errors.ts";
import type { Engine } from "../engines/engine.ts";
import { javascriptEngine } from "../engines/javascript.ts";
import { referenceEngine } from "../engines/reference.ts";

export interface SessionConfig {
  /** `javascript` (default) or `reference`; the environment variable TENSORSCOPE_ENGINE changes the default. */
  readonly engine?: string | undefined;
  /** Leaves out the optional passes of the compiler. */
  readonly optimize?: boolean | undefined;
  /** Checks the program after every pass. */
  readonly verify?: boolean | undefined;
  /** Accepted for compatibility with TensorFlow's ConfigProto; without effect. */
  readonly gpuOptions?: { readonly allowGrowth?: boolean } | undefined;
}

const engines: ReadonlyMap<string, Engine> = new Map(
  [javascriptEngine, referenceEngine].map((engine) => [engine.name, engine]),
);

interface Environment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

function environment(name: string): string | undefined {
  return (globalThis as Environment).process?.env?.[name];
}

/** The engine a session uses. */
export function engineFor(config: SessionConfig): Engine {
  const name = config.engine ?? environment("TENSORSCOPE_ENGINE") ?? "javascript";
  const engine = engines.get(name);
  if (!engine) {
    throw new ValueError(
      `Unknown engine '${name}'.`,
      `Engines here: ${[...engines.keys()].join(", ")}.`,
    );
  }
  return engine;
}

export function optimizes(config: SessionConfig): boolean {
  return config.optimize ?? environment("TENSORSCOPE_OPTIMIZE") !== "0";
}

export function verifies(config: SessionConfig): boolean {
  return config.verify ?? environment("TENSORSCOPE_VERIFY") === "1";
}
