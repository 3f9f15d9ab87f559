/** FileWriter: puts summaries, graphs and logs of runs into event files. */

import { create, isMessage } from "@bufbuild/protobuf";
import { TypeError, ValueError } from "../core/errors.ts";
import { Graph, getDefaultGraph } from "../core/graph.ts";
import { NDArray } from "../core/ndarray.ts";
import { warn } from "../core/warn.ts";
import type { Session } from "../session/session.ts";
import { stringBytes } from "./elements.ts";
import { EventFileWriter, type EventWriterOptions } from "./events.ts";
import { graphDefOf } from "./graph-def.ts";
import { createMetaGraphDef } from "./meta-graph.ts";
import { decode, encode } from "./proto/codec.ts";
import {
  type Event,
  EventSchema,
  type RunMetadata,
  RunMetadataSchema,
  type SessionLog,
  type Summary,
  SummarySchema,
} from "./proto/gen/event.ts";
import { type GraphDef, GraphDefSchema } from "./proto/gen/graph.ts";
import { type MetaGraphDef, MetaGraphDefSchema } from "./proto/gen/model.ts";

/** A step of training: a number, or the fetched value of the global step. */
export type Step = number | bigint | NDArray;

export interface FileWriterOptions extends EventWriterOptions {
  /** Written at once, together with its collections. */
  readonly graph?: Graph | GraphDef | null | undefined;
  /** Deprecated: use `graph`. */
  readonly graphDef?: GraphDef | null | undefined;
  /** Writers with the same session and folder share one file. */
  readonly session?: Session | null | undefined;
}

/** The files that sessions share, by folder. */
const shared = new WeakMap<Session, Map<string, EventFileWriter>>();

function eventWriterFor(logdir: string, options: FileWriterOptions): EventFileWriter {
  const { session } = options;
  if (!session) return new EventFileWriter(logdir, options);
  let writers = shared.get(session);
  if (!writers) {
    writers = new Map();
    shared.set(session, writers);
  }
  let writer = writers.get(logdir);
  if (!writer || writer.closed) {
    writer = new EventFileWriter(logdir, {
      ...options,
      filenameSuffix: options.filenameSuffix || ".v2",
    });
    writers.set(logdir, writer);
  }
  return writer;
}

/**
 * Writes event files for TensorBoard into a folder. Call `close()`, or declare it with `using`: events wait in memory
 * until there are `maxQueue` of them or `flushSecs` have passed. TensorFlow: `tf.summary.FileWriter`.
 *
 *     using writer = new tf.summary.FileWriter("runs/first", sess.graph);
 *     writer.addSummary(await sess.run(tf.summary.mergeAll()), step);
 */
export class FileWriter implements Disposable {
  readonly #events: EventFileWriter;
  readonly #runTags = new Set<string>();
  readonly #seenTags = new Set<string>();
  #closed = false;

  constructor(logdir: string, options?: FileWriterOptions);
  constructor(logdir: string, graph: Graph | GraphDef | null, options?: FileWriterOptions);
  constructor(
    logdir: string,
    graphOrOptions: Graph | GraphDef | FileWriterOptions | null = null,
    optionsAfter: FileWriterOptions = {},
  ) {
    const isGraph = graphOrOptions instanceof Graph || isMessage(graphOrOptions, GraphDefSchema);
    const options = isGraph || graphOrOptions === null ? optionsAfter : graphOrOptions;
    const graph = (isGraph ? graphOrOptions : (options as FileWriterOptions).graph) ?? null;
    const { graphDef = null } = options as FileWriterOptions;
    this.#events = eventWriterFor(logdir, options as FileWriterOptions);
    if (graph === null && graphDef === null) return;
    const def = definitionOf(graph as Graph | null, graphDef);
    this.#addGraphDef(def, null);
    const owner = graph instanceof Graph ? graph : null;
    this.addMetaGraph(createMetaGraphDef({ graph: owner, graphDef: def }));
  }

  getLogdir(): string {
    return this.#events.logdir;
  }

  /**
   * Adds what a summary operation gave, or a Summary made by hand. Metadata is kept with the first value of each tag
   * only, as TensorBoard reads it.
   */
  addSummary(summary: Summary | Uint8Array | NDArray, globalStep?: Step | null): void {
    const given = summaryOf(summary);
    const value = given.value.map((each) => {
      const isKnown = this.#seenTags.has(each.tag);
      this.#seenTags.add(each.tag);
      return isKnown && each.metadata ? { ...each, metadata: undefined } : each;
    });
    this.#add({ case: "summary", value: create(SummarySchema, { ...given, value }) }, globalStep);
  }
  /** Adds a graph, with the shapes of its tensors. */
  addGraph(
    graph: Graph | GraphDef | null,
    {
      globalStep,
      graphDef = null,
    }: { readonly globalStep?: Step | null; readonly graphDef?: GraphDef | null } = {},
  ): void {
    this.#addGraphDef(definitionOf(graph, graphDef), globalStep);
  }
  addMetaGraph(metaGraphDef: MetaGraphDef, globalStep?: Step | null): void {
    if (!isMessage(metaGraphDef, MetaGraphDefSchema)) {
      throw new TypeError(
        `meta_graph_def must be type MetaGraphDef, saw type: ${kindOf(metaGraphDef)}`,
      );
    }
    const value = encode(MetaGraphDefSchema, metaGraphDef);
    this.#add({ case: "metaGraphDef", value }, globalStep);
  }
  addSessionLog(sessionLog: SessionLog, globalStep?: Step | null): void {
    this.#add({ case: "sessionLog", value: sessionLog }, globalStep);
  }
  /** Adds statistics of one run under a tag that this writer has not used yet. */
  addRunMetadata(runMetadata: RunMetadata, tag: string, globalStep?: Step | null): void {
    if (this.#runTags.has(tag)) {
      throw new ValueError("The provided tag was already used for this event type");
    }
    this.#runTags.add(tag);
    const value = {
      $typeName: "tensorflow.TaggedRunMetadata" as const,
      tag,
      runMetadata: encode(RunMetadataSchema, runMetadata),
    };
    this.#add({ case: "taggedRunMetadata", value }, globalStep);
  }
  /** Adds an event as it is. */
  addEvent(event: Event): void {
    this.#warnIfClosed();
    this.#events.addEvent(event);
  }
  /** Writes what waits. */
  flush(): void {
    this.#warnIfClosed();
    this.#events.flush();
  }
  close(): void {
    this.#events.close();
    this.#closed = true;
  }
  /** After `close()`: further events go into a new file. */
  reopen(): void {
    this.#events.reopen();
    this.#closed = false;
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #addGraphDef(def: GraphDef, step: Step | null | undefined): void {
    this.#add({ case: "graphDef", value: encode(GraphDefSchema, def) }, step);
  }
  #add(what: Event["what"], step: Step | null | undefined): void {
    const event = create(EventSchema, { wallTime: Date.now() / 1000, what });
    if (step !== null && step !== undefined) event.step = stepOf(step);
    this.addEvent(event);
  }
  #warnIfClosed(): void {
    if (!this.#closed) return;
    warn(
      "Attempting to use a closed FileWriter. The operation will be a noop unless the FileWriter is explicitly reopened.",
    );
  }
}

/** What is written of a graph, given in either way. */
function definitionOf(graph: Graph | GraphDef | null, graphDef: GraphDef | null): GraphDef {
  if (graph !== null && graphDef !== null) {
    throw new ValueError("Please pass only graph, or graph_def (deprecated), but not both.");
  }
  const given = graph ?? graphDef;
  if (given instanceof Graph) return graphDefOf(given, { addShapes: true });
  if (isMessage(given, GraphDefSchema)) {
    warn(
      "Passing a `GraphDef` to the SummaryWriter is deprecated. Pass a `Graph` object instead, such as `sess.graph`.",
    );
    return given;
  }
  throw new TypeError(
    "The passed graph must be an instance of `Graph` or the deprecated `GraphDef`",
  );
}

function kindOf(value: unknown): string {
  const message = (value as { readonly $typeName?: string } | null)?.$typeName;
  return message ?? (value as object | null)?.constructor?.name ?? String(value);
}

function stepOf(step: Step): bigint {
  const value = step instanceof NDArray ? step.item() : step;
  return typeof value === "bigint" ? value : BigInt(Math.trunc(Number(value)));
}

function summaryOf(summary: Summary | Uint8Array | NDArray): Summary {
  if (summary instanceof NDArray) {
    const element = summary.item() as unknown;
    if (typeof element !== "string" && !(element instanceof Uint8Array)) {
      throw new TypeError(
        `A summary is a string, but this array holds ${summary.dtype.name}`,
        "Fetch the summary operation itself: sess.run(tf.summary.mergeAll()).",
      );
    }
    return decode(SummarySchema, stringBytes(element));
  }
  if (summary instanceof Uint8Array) return decode(SummarySchema, summary);
  if (isMessage(summary, SummarySchema)) return summary;
  throw new TypeError(`summary must be bytes or a Summary, saw type: ${kindOf(summary)}`);
}

/** One FileWriter per folder, each with the default graph. TensorFlow: `tf.summary.FileWriterCache`. */
export const FileWriterCache = {
  get(logdir: string): FileWriter {
    let writer = cached.get(logdir);
    if (!writer) {
      writer = new FileWriter(logdir, getDefaultGraph());
      cached.set(logdir, writer);
    }
    return writer;
  },
  /** Closes all of them. */
  clear(): void {
    for (const writer of cached.values()) writer.close();
    cached.clear();
  },
};

const cached = new Map<string, FileWriter>();
