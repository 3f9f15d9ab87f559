/** Event files, which TensorBoard shows: their names, a writer and a reader. */

import { create } from "@bufbuild/protobuf";
import { concatBytes } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { type FileSystem, fileSystem, joinPath, type WritableFile } from "./files.ts";
import { decode, encode } from "./proto/codec.ts";
import { type Event, EventSchema } from "./proto/gen/event.ts";
import { encodeRecord, RecordReader } from "./records.ts";

/** The version of the format that TensorFlow has written since 2015. */
export const fileVersion = "brain.Event:2";

export interface EventWriterOptions {
  /** How many events wait at most before they are written; 10 by default. */
  readonly maxQueue?: number | undefined;
  /** After how many seconds waiting events are written; 120 by default. */
  readonly flushSecs?: number | undefined;
  /** Appended to the file's name. */
  readonly filenameSuffix?: string | undefined;
  readonly files?: FileSystem | undefined;
}

interface NodeOs {
  hostname(): string;
}

/** The machine's name, which is part of the names of event files; `localhost` in browsers. */
function hostName(): string {
  const { process } = globalThis as {
    readonly process?: { getBuiltinModule?(name: string): unknown };
  };
  return (process?.getBuiltinModule?.("node:os") as NodeOs | undefined)?.hostname() ?? "localhost";
}

/**
 * Appends events to a new file of a folder. The file appears with the first event, since a second writer of a
 * folder is often made only to be closed again; its first record says which version of the format it has.
 */
export class EventFileWriter {
  readonly logdir: string;
  readonly #files: FileSystem;
  readonly #maxQueue: number;
  readonly #flushSecs: number;
  readonly #suffix: string;
  #file: WritableFile | undefined;
  #path: string | undefined;
  #queue: Uint8Array[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    logdir: string,
    { maxQueue = 10, flushSecs = 120, filenameSuffix = "", files }: EventWriterOptions = {},
  ) {
    this.logdir = logdir;
    this.#files = files ?? fileSystem();
    this.#maxQueue = maxQueue;
    this.#flushSecs = flushSecs;
    this.#suffix = filenameSuffix;
    this.#files.makeFolder(logdir);
    if (filenameSuffix !== "") this.#open();
  }

  get closed(): boolean {
    return this.#closed;
  }
  /** The file that is being written, undefined before the first event. */
  get path(): string | undefined {
    return this.#path;
  }

  addEvent(event: Event): void {
    if (this.#closed) return;
    const isFirst = !this.#file;
    if (isFirst) this.#open();
    this.#queue.push(encodeRecord(encode(EventSchema, event)));
    // Whoever watches the folder sees at once that a run began.
    if (isFirst || this.#queue.length >= Math.max(1, this.#maxQueue)) this.#write();
    else this.#schedule();
  }
  /** Writes what waits. */
  flush(): void {
    if (!this.#closed) this.#write();
  }
  close(): void {
    if (this.#closed) return;
    this.#write();
    this.#file?.close();
    this.#file = undefined;
    this.#closed = true;
  }
  /** After `close`: the next event begins a new file. */
  reopen(): void {
    this.#closed = false;
  }

  #open(): void {
    let seconds = Math.floor(Date.now() / 1000);
    // Two writers in one second would write into the same file.
    const pathAt = (time: number): string =>
      joinPath(
        this.logdir,
        `events.out.tfevents.${String(time).padStart(10, "0")}.${hostName()}${this.#suffix}`,
      );
    while (this.#files.stat(pathAt(seconds))) seconds += 1;
    this.#path = pathAt(seconds);
    this.#file = this.#files.create(this.#path);
    const first = create(EventSchema, {
      wallTime: seconds,
      what: { case: "fileVersion", value: fileVersion },
      sourceMetadata: { writer: "tensorflow.core.util.events_writer" },
    });
    this.#file.write(encodeRecord(encode(EventSchema, first)));
  }
  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#queue.length === 0) return;
    const bytes = concatBytes(this.#queue);
    this.#queue = [];
    this.#file?.write(bytes);
  }
  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#write(), this.#flushSecs * 1000);
    // Waiting events do not keep a program alive.
    (this.#timer as { unref?(): void }).unref?.();
  }
}

/**
 * The events of a file, in order. At the end of the file, or before a record that is not complete yet, it is done;
 * if the file grows, `next()` goes on. A damaged record throws FormatError with its place.
 * TensorFlow: `tf.train.summary_iterator`.
 */
export function summaryIterator(
  path: string,
  { files }: { readonly files?: FileSystem | undefined } = {},
): IterableIterator<Event, undefined> {
  return new SummaryIterator(new RecordReader(path, files ?? fileSystem()));
}

class SummaryIterator implements IterableIterator<Event, undefined> {
  readonly #records: RecordReader;

  constructor(records: RecordReader) {
    this.#records = records;
  }
  [Symbol.iterator](): this {
    return this;
  }
  next(): IteratorResult<Event, undefined> {
    const { done, value } = this.#records.next();
    if (done) return { done: true, value: undefined };
    const place = { file: this.#records.path, offset: value.offset + 12 };
    return { done: false, value: decode(EventSchema, value.data, place) };
  }
}

/** Whether bytes begin as an event file does: a record whose event says which version of the format it has. */
export function isEventFile(path: string, files: FileSystem = fileSystem()): boolean {
  try {
    const first = new RecordReader(path, files).next().value;
    return first !== undefined && decode(EventSchema, first.data).what.case === "fileVersion";
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
