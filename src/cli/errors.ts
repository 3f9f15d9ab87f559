// Errors of the command line: what went wrong, and what to do about it.

/** The user, or a file, is to blame; the message is all that they need to see. Ends with exit code 1. */
export class CommandError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = "CommandError";
    this.hint = hint;
  }
}

/** The command was called wrongly. Ends with exit code 2. */
export class UsageError extends CommandError {
  constructor(message: string, hint?: string) {
    super(message, hint);
    this.name = "UsageError";
  }
}
