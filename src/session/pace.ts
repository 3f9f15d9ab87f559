/** Runs share the thread with everything else: they hold it for a while, then let other events through. */

interface Host {
  readonly setImmediate?: (callback: () => void) => unknown;
  readonly setTimeout: (callback: () => void, milliseconds: number) => unknown;
}
const { setImmediate, setTimeout } = globalThis as unknown as Host;

/** Milliseconds that runs may hold the thread. */
const longestHold = 40;
/** When the present hold is over; 0 when nothing holds the thread. */
let end = 0;
/** What goes on in turns of its own, one per turn, so that sessions take turns. */
const waiting: (() => void)[] = [];
let isScheduled = false;

/** The time until which runs may go on: counted from the first run after other events were let through. */
export function holdUntil(): number {
  if (end === 0) {
    end = performance.now() + longestHold;
    schedule();
  }
  return end;
}

/** Calls back when other events have been let through. */
export function afterOthers(callback: () => void): void {
  waiting.push(callback);
  schedule();
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  if (setImmediate) setImmediate(turn);
  else setTimeout(turn, 0);
}

function turn(): void {
  isScheduled = false;
  end = 0;
  waiting.shift()?.();
  if (waiting.length > 0) schedule();
}
