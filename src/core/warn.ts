/** Warnings about deprecated calls: silent unless somebody listens. */

export type WarningHandler = (message: string) => void;

let handler: WarningHandler | null = null;

/** Calls `listener` with every warning from now on; null silences them again. Returns the former one. */
export function setWarningHandler(listener: WarningHandler | null): WarningHandler | null {
  const former = handler;
  handler = listener;
  return former;
}

/** @internal */
export function warn(message: string): void {
  handler?.(message);
}
