/** Names of a graph under which a checkpoint has them: maps, and how they are guessed. */

/**
 * Names with other names. A key that ends with `/` is a scope and stands for all names in it; `"/"` is the root. The
 * name itself comes before its scopes, an inner scope before outer ones.
 */
export type Renames = Readonly<Record<string, string>>;

/** The name under which `name` is stored. */
export function renamed(name: string, renames: Renames): string {
  const exact = renames[name];
  if (exact !== undefined) return exact;
  for (let end = name.lastIndexOf("/"); end >= 0; end = name.lastIndexOf("/", end - 1)) {
    const scope = renames[name.slice(0, end + 1)];
    if (scope !== undefined) return prefixOf(scope) + name.slice(end + 1);
    if (end === 0) break;
  }
  const root = renames["/"];
  return root === undefined ? name : prefixOf(root) + name;
}

function prefixOf(scope: string): string {
  return scope === "/" ? "" : scope;
}

function scopeOf(prefix: string): string {
  return prefix === "" ? "/" : prefix;
}

/** A name that is missing, and whether what is stored under another one would do. */
export interface WantedName {
  readonly name: string;
  fits(stored: string): boolean;
}

/** A scope of the graph that may be another one in the checkpoint. */
interface Candidate {
  readonly from: string;
  readonly to: string;
  votes: number;
}

/** At so many stored names with the same ending a guess says nothing. */
const tooCommon = 200;
const rounds = 30;

/**
 * The renamed scopes that explain most of the missing names: a missing and an unexpected name that end alike vote for the
 * scopes before; the scope that most names follow is taken, and so on with the rest. Null when nothing was found.
 */
export function suggestRenames(
  wanted: readonly WantedName[],
  unexpected: readonly string[],
  fitting: readonly string[],
): Renames | null {
  let open = [...wanted];
  const free = new Set(unexpected);
  const found: Record<string, string> = {};
  for (let round = 0; round < rounds && open.length > 0 && free.size > 0; round++) {
    const best = bestCandidate(open, free);
    if (!best) break;
    const taken = follow(best, open, free);
    const [only] = taken;
    // A scope also moves the names in it that fit as they are; then each name is given by itself.
    const movesOthers =
      fitting.some((name) => name.startsWith(best.from)) ||
      open.some((one) => one.name.startsWith(best.from) && !taken.includes(one));
    if (taken.length === 1 && only) found[only.name] = best.to + only.name.slice(best.from.length);
    else if (movesOthers) {
      for (const { name } of taken) found[name] = best.to + name.slice(best.from.length);
    } else found[scopeOf(best.from)] = scopeOf(best.to);
    for (const { name } of taken) free.delete(best.to + name.slice(best.from.length));
    open = open.filter((one) => !taken.includes(one));
  }
  return Object.keys(found).length > 0 ? found : null;
}

/** The missing names that a candidate explains. */
function follow(
  { from, to }: Candidate,
  open: readonly WantedName[],
  free: ReadonlySet<string>,
): WantedName[] {
  return open.filter((one) => {
    if (!one.name.startsWith(from)) return false;
    const stored = to + one.name.slice(from.length);
    return free.has(stored) && one.fits(stored);
  });
}

function bestCandidate(open: readonly WantedName[], free: ReadonlySet<string>): Candidate | null {
  const byEnding = endings(free);
  const candidates = new Map<string, Candidate>();
  for (const one of open) {
    const start = endingStarts(one.name).find((at) => byEnding.has(one.name.slice(at)));
    if (start === undefined) continue;
    const ending = one.name.slice(start);
    const stored = (byEnding.get(ending) ?? []).filter((name) => one.fits(name));
    if (stored.length > tooCommon) continue;
    for (const name of stored) {
      const from = one.name.slice(0, start);
      const to = name.slice(0, name.length - ending.length);
      const key = `${from}\u0000${to}`;
      const known = candidates.get(key);
      if (known) known.votes += 1;
      else candidates.set(key, { from, to, votes: 1 });
    }
  }
  const ranked = [...candidates.values()].sort((a, b) => b.votes - a.votes).slice(0, 20);
  const scored = ranked.map((candidate) => ({
    candidate,
    score: follow(candidate, open, free).length,
  }));
  scored.sort((a, b) => b.score - a.score);
  // Two scopes that explain as much: there is no telling which is meant.
  const clear = scored.find(({ candidate, score }) =>
    scored.every(
      (other) =>
        other.candidate === candidate ||
        other.candidate.from !== candidate.from ||
        other.score < score,
    ),
  );
  return clear && clear.score > 0 ? clear.candidate : null;
}

/** Where the endings of a name start, the longest first: the whole name, then after each `/`. */
function endingStarts(name: string): number[] {
  const starts = [0];
  for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) starts.push(at + 1);
  return starts;
}

/** Stored names by everything they end with. */
function endings(names: ReadonlySet<string>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of names) {
    for (const start of endingStarts(name)) {
      const ending = name.slice(start);
      const list = found.get(ending);
      if (!list) found.set(ending, [name]);
      else if (list.length <= tooCommon) list.push(name);
    }
  }
  return found;
}
