/** What kernels in WebAssembly are given, and what they give. */

import type { RoutineStep, Value } from "../ir.ts";
import type { ModuleBuilder } from "./assembler.ts";
import type { Epilogue } from "./epilogue.ts";
import type { Library } from "./library.ts";
import type { WasmFunction } from "./webassembly.ts";

export interface KernelContext {
  /** Functions of a module, made once per process and key, which says everything that the code depends on. */
  functions(
    key: string,
    write: (module: ModuleBuilder, library: Library) => void,
  ): Readonly<Record<string, WasmFunction>>;
  /**
   * The address of `bytes` bytes, aligned to 16, that belong to one step as long as its program lives. To be called
   * while binding, never per run.
   */
  scratch(bytes: number): number;
  /**
   * Calls `run(begin, end, ...args)` so that [0, count) is covered, in pieces of multiples of `grain`, on all threads
   * there are. The function comes from `functions` and imports nothing but the memory.
   */
  parallel(run: WasmFunction, count: number, grain: number, args: readonly number[]): void;
  /** How many pieces `parallel` may run at once. */
  readonly threads: number;
  /** Has something done when the step's program is given back. */
  whenReleased?(giveBack: () => void): void;
  /** Tells a number that changes whenever the elements of a value may have changed; null if any run may change them. */
  versionOf?(value: Value): (() => number) | null;
  /**
   * The loop that follows the step, for a kernel that finishes its result in pieces of multiples of `elements` elements;
   * null where there is none or it cannot be cut like that. A kernel that is given one has to run it over every piece.
   */
  epilogue?(elements: number): Epilogue | null;
}

/** Chosen when a program is loaded; null where the JavaScript routine is to run, for these dtypes or shapes. */
export type WasmKernel = (step: RoutineStep, context: KernelContext) => BoundKernel | null;

/** Runs once. Byte addresses, in the order of the step's inputs and outputs, and what the epilogue's function takes. */
export type BoundKernel = (
  inputs: readonly number[],
  outputs: readonly number[],
  epilogue?: readonly number[],
) => void;
