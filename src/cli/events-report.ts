// What `inspect` tells of event files: tags with their counts, steps and values; graphs and runs that are logged.
import { FormatError } from "../formats/errors.ts";
import type { FileSystem } from "../formats/files.ts";
import { decode, type Event, EventSchema, type Summary_Value } from "../formats/proto/index.ts";
import { RecordReader } from "../formats/records.ts";
import { isWithin, longTable, type ReportOptions } from "./graph-report.ts";
import { count, counted, type Paint, printable, short } from "./text.ts";

export interface TagReport {
  readonly tag: string;
  readonly kind: string;
  readonly count: number;
  readonly firstStep: number;
  readonly lastStep: number;
  /** Of scalars the values, of histograms the smallest and largest value they counted. */
  readonly min: number | null;
  readonly max: number | null;
  readonly last: number | null;
}

export interface EventsReport {
  readonly events: number;
  readonly version: string | null;
  /** Seconds since 1970. */
  readonly firstTime: number | null;
  readonly lastTime: number | null;
  readonly firstStep: number | null;
  readonly lastStep: number | null;
  readonly graphs: number;
  readonly metaGraphs: number;
  readonly runs: readonly string[];
  readonly sessions: readonly string[];
  readonly tags: readonly TagReport[];
  /** Where reading ended early, and why. */
  readonly damage: readonly string[];
}

interface Span {
  firstTime: number | null;
  lastTime: number | null;
  firstStep: number | null;
  lastStep: number | null;
}

interface Tag {
  readonly tag: string;
  readonly kind: string;
  count: number;
  firstStep: number;
  lastStep: number;
  min: number | null;
  max: number | null;
  last: number | null;
}

/** Reads all events of the files of a run. A damaged file is reported as far as it goes. */
export function eventsReport(
  paths: readonly string[],
  { scope }: ReportOptions,
  files: FileSystem,
): EventsReport {
  const tags = new Map<string, Tag>();
  const runs: string[] = [];
  const sessions: string[] = [];
  let [events, graphs, metaGraphs] = [0, 0, 0];
  const span: Span = { firstTime: null, lastTime: null, firstStep: null, lastStep: null };
  let version: string | null = null;
  const damage: string[] = [];
  const read = (path: string): void => {
    const records = new RecordReader(path, files);
    for (const { data, offset } of records) {
      const event: Event = decode(EventSchema, data, { file: path, offset: offset + 12 });
      const step = Number(event.step);
      events += 1;
      span.firstTime = Math.min(span.firstTime ?? event.wallTime, event.wallTime);
      span.lastTime = Math.max(span.lastTime ?? event.wallTime, event.wallTime);
      const { what } = event;
      if (what.case === "fileVersion") version = what.value;
      else if (what.case === "graphDef") graphs += 1;
      else if (what.case === "metaGraphDef") metaGraphs += 1;
      else if (what.case === "taggedRunMetadata") runs.push(what.value.tag);
      else if (what.case === "sessionLog") {
        sessions.push(`${sessionNames[what.value.status] ?? what.value.status} at step ${step}`);
      } else if (what.case === "summary") {
        span.firstStep = Math.min(span.firstStep ?? step, step);
        span.lastStep = Math.max(span.lastStep ?? step, step);
        for (const value of what.value.value) addValue(tags, value, step);
      }
    }
    const { size } = files.stat(path) ?? { size: records.offset };
    if (size > records.offset) {
      const left = counted(size - records.offset, "byte");
      damage.push(
        `${path}: the last record, at byte ${records.offset}, is not complete (${left} of it): ` +
          "the file was cut off, or is still being written",
      );
    }
  };
  for (const path of paths) {
    try {
      read(path);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      damage.push(error.message);
    }
  }
  return {
    events,
    version,
    ...span,
    graphs,
    metaGraphs,
    runs,
    sessions,
    tags: [...tags.values()].filter(({ tag }) => isWithin(tag, scope)),
    damage,
  };
}

const sessionNames: Readonly<Record<number, string>> = { 1: "start", 2: "stop", 3: "checkpoint" };

function addValue(tags: Map<string, Tag>, value: Summary_Value, step: number): void {
  // Of the values of a tag only the first says which plugin it is for.
  const key = `${value.tag}\0${value.value.case}`;
  let tag = tags.get(key);
  if (!tag) {
    const [min, max, last] = [null, null, null];
    const range = { count: 0, firstStep: step, lastStep: step, min, max, last };
    tag = { tag: value.tag, kind: kindOf(value), ...range };
    tags.set(key, tag);
  }
  tag.count += 1;
  tag.firstStep = Math.min(tag.firstStep, step);
  tag.lastStep = Math.max(tag.lastStep, step);
  const [low, high] = valuesOf(value);
  if (low !== null && !Number.isNaN(low)) tag.min = Math.min(tag.min ?? low, low);
  if (high !== null && !Number.isNaN(high)) tag.max = Math.max(tag.max ?? high, high);
  if (value.value.case === "simpleValue") tag.last = value.value.value;
}

function kindOf({ value, metadata }: Summary_Value): string {
  switch (value.case) {
    case "simpleValue":
      return "scalar";
    case "histo":
    case "obsoleteOldStyleHistogram":
      return "histogram";
    case "image":
      return "image";
    case "audio":
      return "audio";
    case "tensor": {
      const plugin = metadata?.pluginData?.pluginName;
      return plugin ? `tensor (${plugin})` : "tensor";
    }
    default:
      return "empty";
  }
}

function valuesOf({ value }: Summary_Value): [low: number | null, high: number | null] {
  if (value.case === "simpleValue") return [value.value, value.value];
  if (value.case === "histo" && value.value.num > 0) return [value.value.min, value.value.max];
  return [null, null];
}

// Printing

export function eventsSummary(report: EventsReport): string {
  const { events, tags, firstStep, lastStep } = report;
  const steps =
    firstStep === null ? "" : `, steps ${count(firstStep)} to ${count(lastStep ?? firstStep)}`;
  return `${counted(events, "event")}, ${counted(tags.length, "tag")}${steps}`;
}

export function printEvents(report: EventsReport, options: ReportOptions, paint: Paint): string[] {
  const lines = [eventsSummary(report)];
  if (report.firstTime !== null && report.lastTime !== null) {
    lines.push(
      `from ${timeText(report.firstTime)} on, for ${duration(report.lastTime - report.firstTime)}`,
    );
  }
  if (report.graphs > 0) lines.push(`holds ${counted(report.graphs, "graph")}`);
  if (report.metaGraphs > 0) lines.push(`holds ${counted(report.metaGraphs, "meta graph")}`);
  if (report.runs.length > 0) {
    lines.push(`holds statistics of runs: ${printable(report.runs.slice(0, 8).join(", "))}`);
  }
  if (report.sessions.length > 0)
    lines.push(`session log: ${report.sessions.slice(0, 8).join(", ")}`);
  lines.push(...report.damage.map((text) => paint.yellow(printable(text))));
  const blocks = [lines.map((line) => `  ${line}`).join("\n")];
  const { tags } = report;
  if (tags.length > 0) {
    const number = (value: number | null): string => (value === null ? "" : short(value));
    const rows = tags.map(({ tag, kind, count: times, firstStep, lastStep, min, max, last }) => [
      printable(tag),
      printable(kind),
      count(times),
      firstStep === lastStep ? count(firstStep) : `${count(firstStep)} to ${count(lastStep)}`,
      number(min),
      number(max),
      number(last),
    ]);
    const headings = ["tag", "kind", " count", "steps", " min", " max", " last"];
    blocks.push(`${paint.bold("Tags")}\n${longTable(headings, rows, options, paint)}`);
  }
  return blocks;
}

/** Seconds since 1970 as a date; what is out of the calendar as it is. */
function timeText(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `${seconds} s since 1970`;
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const units = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
  ] as const;
  const [size, name] = units.find(([unit]) => seconds >= unit) ?? [60, "min"];
  return `${Number((seconds / size).toFixed(1))} ${name}`;
}
