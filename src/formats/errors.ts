/** FormatError: a file that is not what it should be, with where and in what. */

import { DataLossError } from "../core/errors.ts";

/** Where reading failed. */
export interface FormatPlace {
  /** The file's path, or what stands for it. */
  readonly file?: string | undefined;
  /** The byte at which reading failed. */
  readonly offset?: number | undefined;
  /** What was being read: a field of a message, a tensor, a block. */
  readonly field?: string | undefined;
}

/** A malformed, truncated or damaged file. Its text names the file, the offset and the field. */
export class FormatError extends DataLossError implements FormatPlace {
  readonly file: string | undefined;
  readonly offset: number | undefined;
  readonly field: string | undefined;
  /** The message without the place. */
  readonly problem: string;

  constructor(problem: string, { file, offset, field }: FormatPlace = {}, hint?: string) {
    const where = [
      offset === undefined ? "" : `at byte ${offset}`,
      field === undefined ? "" : `in ${field}`,
    ].filter((part) => part !== "");
    const place = where.length > 0 ? ` (${where.join(", ")})` : "";
    super(undefined, `${file === undefined ? "" : `${file}: `}${problem}${place}`, hint);
    this.problem = problem;
    this.file = file;
    this.offset = offset;
    this.field = field;
  }

  /** The same problem, seen from further out: what is already known of the place stays. */
  within({ file, offset, field }: FormatPlace): FormatError {
    const fields = [field, this.field].filter((part) => part !== undefined);
    return new FormatError(
      this.problem,
      {
        file: this.file ?? file,
        offset: this.offset ?? offset,
        field: fields.length > 0 ? fields.join(".") : undefined,
      },
      this.hint,
    );
  }
}

/** Runs a reader; its FormatErrors get the place they lack. */
export function readingIn<T>(place: FormatPlace, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof FormatError ? error.within(place) : error;
  }
}
