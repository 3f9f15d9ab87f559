/** The threads of the library's OpenMP runtime, which work where the engine's own threads cannot share an operation. */

import { type Ffi, platform } from "./ffi.ts";

/** Names of the runtime whose threads the library uses, for setting their number. */
const openMp: Readonly<Record<string, readonly string[]>> = {
  linux: ["libgomp.so.1", "libiomp5.so", "libomp.so.5"],
  darwin: ["libomp.dylib"],
  win32: ["libiomp5md.dll"],
};

/** Multiply-adds that a second thread should have: the two wait for each other. */
const workOfThread = 1 << 19;

/** How the threads of the library's OpenMP runtime are told to work. */
export class Team {
  /** The runtime's file. */
  readonly path: string;
  readonly #set: (count: number) => void;
  /** The most that work together. */
  #most = 1;
  #now = 0;

  constructor(path: string, set: (count: number) => void) {
    this.path = path;
    this.#set = set;
  }
  limit(count: number): void {
    this.#most = count;
  }
  /** How many should share so much work. */
  for(work: number): number {
    return Math.max(1, Math.min(this.#most, Math.floor(work / workOfThread)));
  }
  use(count: number): void {
    if (count === this.#now) return;
    this.#set(count);
    this.#now = count;
  }
}

/** The runtime that the library has brought along. */
export function findTeam(ffi: Ffi): Team | null {
  for (const name of openMp[platform()] ?? []) {
    try {
      const set = ffi.open(name).func("omp_set_num_threads", "void", ["int"]);
      return new Team(name, (count) => void set(count));
    } catch {
      // Another runtime may be there.
    }
  }
  return null;
}

/**
 * Threads of OpenMP do not spin for long after their work: what comes next are our own threads on the same cores. The
 * runtime reads this when it is loaded.
 */
export const calm = { GOMP_SPINCOUNT: "5000", KMP_BLOCKTIME: "0" };
