/** Where the user's code stood: captured cheaply when something is made, formatted only when somebody asks. */

/** One line of a stack, the innermost first. */
export interface Frame {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly function: string;
}

interface StackHolder {
  stack?: string;
}

interface Capturing {
  captureStackTrace?(target: object): void;
  stackTraceLimit?: number;
}

const capturing = Error as Capturing;

/** Whether a file is one of the library's, as stacks name it, which source maps decide; so it is read from a stack. */
let isLibrary: ((file: string) => boolean) | undefined;
/** Deep enough for the library's own frames above the user's. */
const depth = 24;

let shared: Trace | undefined;

/** A point in the program. Making one costs a microsecond or two; reading it formats the stack. */
export class Trace {
  readonly #holder: StackHolder;
  #frames: readonly Frame[] | undefined;

  constructor() {
    const limit = capturing.stackTraceLimit;
    capturing.stackTraceLimit = depth;
    if (capturing.captureStackTrace) {
      this.#holder = {};
      capturing.captureStackTrace(this.#holder);
    } else {
      this.#holder = new Error("trace");
    }
    if (limit !== undefined) capturing.stackTraceLimit = limit;
  }

  /** This point in the program, or the point that `tracedTo` says. */
  static here(): Trace {
    return shared ?? new Trace();
  }

  /** The frames outside the library, innermost first. */
  get frames(): readonly Frame[] {
    this.#frames ??= parseStack(this.#holder.stack ?? "").filter(isUserFrame);
    return this.#frames;
  }

  /** `model.ts:41`, or undefined when no frame of the user's is known. */
  get location(): string | undefined {
    const [frame] = this.frames;
    return frame && `${baseName(frame.file)}:${frame.line}`;
  }
}

/**
 * @internal What `body` makes is taken to be made at `trace`: one capture for many nodes, and no library frames to
 * see past. Undefined for the user's own functions within.
 */
export function tracedTo<R>(trace: Trace | undefined, body: () => R): R {
  const outer = shared;
  shared = trace;
  try {
    return body();
  } finally {
    shared = outer;
  }
}

function isUserFrame(frame: Frame): boolean {
  if (frame.file.startsWith("node:")) return false;
  isLibrary ??= findLibrary();
  return !isLibrary(frame.file) || /\.test\.[cm]?[jt]sx?$/.test(frame.file);
}

/** Files of the package, as scripts/bundle.mjs names them. */
const packaged = /^(?:index|formats|cli|tensorscope-[^/]*)\.js$/;

/** This file's own frame leads to the folder above `core/`, to the package's files, or to a bundle that somebody made. */
function findLibrary(): (file: string) => boolean {
  const own = parseStack(new Error("trace").stack ?? "")[0]?.file;
  if (own === undefined) return () => true;
  const [, sources] = /^(.*)core\/trace\.[jt]s.*$/.exec(own) ?? [];
  if (sources !== undefined) return (file) => file.startsWith(sources);
  const folder = own.slice(0, own.lastIndexOf("/") + 1);
  if (!packaged.test(own.slice(folder.length))) return (file) => file === own;
  return (file) => file.startsWith(folder) && packaged.test(file.slice(folder.length));
}

function parseStack(stack: string): Frame[] {
  const frames: Frame[] = [];
  for (const line of stack.split("\n")) {
    // V8 writes "at f (file:1:2)" or "at file:1:2"; Firefox and Safari write "f@file:1:2".
    const match =
      /^\s*at (?:async )?(?:(.*?) \()?(.+?):(\d+):(\d+)\)?$/.exec(line) ??
      /^(.*?)@(.+?):(\d+):(\d+)$/.exec(line);
    if (!match) continue;
    const [, name, file, row, column] = match;
    frames.push({
      file: (file ?? "").replace(/^file:\/\//, ""),
      line: Number(row),
      column: Number(column),
      function: name || "<module>",
    });
  }
  return frames;
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/\?.*$/, "");
}

interface FileReader {
  readFileSync(path: string, encoding: "utf8"): string;
}

/** The text of one source line, where the runtime can read files. */
function sourceLine(frame: Frame): string | undefined {
  const host = globalThis as {
    process?: { getBuiltinModule?(name: "fs"): FileReader | undefined };
  };
  try {
    const text = host.process?.getBuiltinModule?.("fs")?.readFileSync(frame.file, "utf8");
    return text?.split("\n")[frame.line - 1]?.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Frames as TensorFlow lists them under "Originally defined at:". */
export function formatFrames(frames: readonly Frame[]): string {
  let text = "";
  for (const frame of frames) {
    text += `  File "${frame.file}", line ${frame.line}, in ${frame.function}\n`;
    const source = sourceLine(frame);
    if (source) text += `    ${source}\n`;
  }
  return text;
}
