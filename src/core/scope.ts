/** Scopes that are opened and closed in order: the one frame of what is open now. */

import { RuntimeError, TypeError } from "./errors.ts";
import { kindOf } from "./kind.ts";
import { Trace } from "./trace.ts";

/** A scope that is open. `Symbol.dispose` closes it, so `using` works. */
export class OpenScope implements Disposable {
  readonly label: string;
  readonly #undo: () => void;
  readonly #orderError: string | undefined;
  readonly #trace = Trace.here();

  constructor(label: string, undo: () => void, orderError?: string) {
    this.label = label;
    this.#undo = undo;
    this.#orderError = orderError;
  }

  /** Closes the scope. Closing one that is not the innermost closes those within it too, and throws. */
  close(): void {
    const position = open.lastIndexOf(this);
    if (position < 0) return;
    const inner = open.splice(position).slice(1);
    for (const scope of inner.reverse()) scope.#undo();
    this.#undo();
    const [culprit] = inner;
    if (!culprit) return;
    throw new RuntimeError(
      this.#orderError ?? `Exiting ${this.label} without proper scope nesting.`,
      `${this} was closed while ${culprit} was still open. ` +
        "Scopes close in the reverse order of opening; do not await inside one.",
    );
  }

  [Symbol.dispose](): void {
    this.close();
  }

  toString(): string {
    const where = this.#trace.location;
    return where ? `${this.label} (opened at ${where})` : this.label;
  }
}

const open: OpenScope[] = [];

/** Records that a scope is open; `undo` restores what was before it. */
export function openScope(label: string, undo: () => void, orderError?: string): OpenScope {
  const scope = new OpenScope(label, undo, orderError);
  open.push(scope);
  return scope;
}

/**
 * Runs `body` inside a scope and closes it, whatever happens.
 * A body that returns a promise is refused: what it does after its first `await` would run outside.
 */
export function within<R>(scope: Disposable, label: string, body: () => R): R {
  let result: R;
  try {
    checkBody(body, label);
    result = body();
  } finally {
    scope[Symbol.dispose]();
  }
  if (isThenable(result)) {
    throw new RuntimeError(
      `The function given to ${label} returned a promise.`,
      "Scopes are synchronous: build the graph without await, and await only sess.run.",
    );
  }
  return result;
}

/** @internal Refuses what is no function. */
export function checkBody(body: unknown, label: string): void {
  if (typeof body === "function") return;
  throw new TypeError(`The last argument of ${label} is a function; got ${kindOf(body)}.`);
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}
