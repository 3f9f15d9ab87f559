/** Options objects: what may stand last in a call, and how mistakes in them are told. */

import { TypeError } from "./errors.ts";
import { brief, kindOf } from "./kind.ts";

/** Classes whose instances have a name, as options do, but are none. */
export const notOptions: unique symbol = Symbol("notOptions");

/**
 * Base of options interfaces. A tensor, variable, dtype or function also has a `name`, so without this
 * `tf.ones([2], tf.int32)` would compile, and name the node "int32".
 */
export interface OptionsObject {
  /** @internal */
  readonly [notOptions]?: never;
  /** @internal */
  readonly [Symbol.hasInstance]?: never;
}

/** The names of all options of an interface. */
export type OptionNames<O> = Readonly<Record<Extract<keyof O, string>, true>>;

/**
 * Refuses what is no options object, and options that do not exist: compile errors in TypeScript, silent mistakes
 * otherwise.
 */
export function checkOptions<O extends object>(
  options: O | null | undefined,
  caller: string,
  names: OptionNames<O>,
): void {
  if (options === undefined || options === null) return;
  const prototype: unknown = typeof options === "object" ? Object.getPrototypeOf(options) : null;
  if (typeof options !== "object" || (prototype !== Object.prototype && prototype !== null)) {
    const first = Object.keys(names)[0] ?? "name";
    throw new TypeError(
      `${caller}() takes its options as one object; got ${brief(options)} of type '${kindOf(options)}'.`,
      `For example { ${first}: … }. Its options are ${Object.keys(names).join(", ")}.`,
    );
  }
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(names, key)) continue;
    throw new TypeError(
      `${caller}() got an unexpected keyword argument '${key}'`,
      similar(key, Object.keys(names)),
    );
  }
}

function similar(key: string, names: readonly string[]): string {
  const plain = (name: string) => name.replace(/_/g, "").toLowerCase();
  const found =
    names.find((name) => plain(name) === plain(key)) ??
    names.find((name) => distance(plain(name), plain(key)) <= 2);
  return found ? `Did you mean '${found}'?` : `Its options are ${names.join(", ")}.`;
}

/** The number of letters to insert, delete or replace to get from one word to another. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
