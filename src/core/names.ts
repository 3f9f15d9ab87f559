/** How operations get their names: TensorFlow's rules for uniqueness and validity. */

/** A node may not start with `_`, `-` or `/`. */
export const validOpName = /^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$/;
/** Inside another scope any leading character will do. */
export const validScopeName = /^[A-Za-z0-9_.\\/>-]*$/;

/** The names in use in one graph. Two names that differ only in case collide. */
export class NameTable {
  readonly #used = new Map<string, number>();

  /** `name`, or `name_1`, `name_2`, …: the first that is free. Marking it keeps it from others. */
  unique(name: string, markAsUsed = true): string {
    const base = name.toLowerCase();
    let count = this.#used.get(base) ?? 0;
    if (markAsUsed) this.#used.set(base, count + 1);
    if (count === 0) return name;
    let key = base;
    while (this.#used.has(key)) {
      key = `${base}_${count}`;
      count += 1;
    }
    if (markAsUsed) this.#used.set(key, 1);
    return `${name}_${count - 1}`;
  }

  /** Records a name that was given from outside, such as an imported node's. */
  reserve(name: string): void {
    const key = name.toLowerCase();
    if (!this.#used.has(key)) this.#used.set(key, 1);
  }
}

/** Removes one leading `scope/`, also behind `^` or `loc:@`. */
export function stripNameScope(name: string, scope: string): string {
  const clean = scope.replace(/\/+$/, "");
  if (!clean) return name;
  const escaped = clean.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return name.replace(new RegExp(`^(\\^|loc:@|)${escaped}/+`), "$1");
}

/** Puts `scope/` in front, behind an optional `^` or `loc:@`. */
export function prependNameScope(name: string, scope: string): string {
  const clean = scope.replace(/\/+$/, "");
  if (!clean) return name;
  return name.replace(/^(\^|loc:@|)/, `$1${clean.replaceAll("$", "$$$$")}/`);
}
