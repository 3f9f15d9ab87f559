/** Executables by what they were compiled for. */

import type { NDArray } from "../core/ndarray.ts";
import type { Operation, Tensor } from "../core/tensor.ts";

/** What an executable depends on. Everything is compared by identity, shapes by their dimensions. */
export interface CacheKey {
  readonly version: number;
  readonly fetches: readonly Tensor[];
  readonly targets: readonly Operation[];
  readonly fed: ReadonlyMap<Tensor, NDArray>;
  /** Shapes of variables that need not have their static shape. */
  readonly states: string;
}

interface Entry<E> {
  readonly key: Omit<CacheKey, "fed">;
  readonly feeds: readonly (readonly [Tensor, readonly number[]])[];
  readonly executable: E;
}

/** A bounded table, the entry used last at its front; the one not used for longest is disposed of. */
export class ExecutableCache<E extends { dispose(): void }> {
  readonly #limit: number;
  #entries: Entry<E>[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.length;
  }

  find(key: CacheKey): E | undefined {
    const entries = this.#entries;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry<E>;
      if (!fits(entry, key)) continue;
      if (i > 0) {
        entries.splice(i, 1);
        entries.unshift(entry);
      }
      return entry.executable;
    }
    return undefined;
  }

  add({ fed, ...key }: CacheKey, executable: E): void {
    const feeds = Array.from(fed, ([tensor, { shape }]) => [tensor, [...shape]] as const);
    this.#entries.unshift({ key, feeds, executable });
    if (this.#entries.length > this.#limit) this.#entries.pop()?.executable.dispose();
  }

  /** Disposes of all but the `count` used last; whether there were any. */
  keep(count: number): boolean {
    const dropped = this.#entries.splice(count);
    for (const { executable } of dropped) executable.dispose();
    return dropped.length > 0;
  }

  clear(): void {
    this.keep(0);
  }
}

function fits<E>({ key, feeds }: Entry<E>, asked: CacheKey): boolean {
  if (key.version !== asked.version || feeds.length !== asked.fed.size) return false;
  if (!same(key.targets, asked.targets) || !same(key.fetches, asked.fetches)) return false;
  for (const [tensor, shape] of feeds) {
    const array = asked.fed.get(tensor);
    if (!array || !same(shape, array.shape)) return false;
  }
  return key.states === asked.states;
}

function same<T>(a: readonly T[], b: readonly T[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
