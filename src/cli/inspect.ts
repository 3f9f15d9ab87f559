// `tensorscope inspect`: what is in a file or a folder.
import { TensorscopeError } from "../core/errors.ts";
import { BundleReader } from "../formats/bundle.ts";
import { baseName, type FileSystem, folderOf, joinPath, relativePath } from "../formats/files.ts";
import { detect, kindNames } from "./detect.ts";
import { CommandError } from "./errors.ts";
import { type EventsReport, eventsReport, eventsSummary, printEvents } from "./events-report.ts";
import {
  type GraphReport,
  graphReport,
  isFrozen,
  printGraph,
  type ReportOptions,
} from "./graph-report.ts";
import {
  loadGraphs,
  loadState,
  missingData,
  openTensors,
  type StatedCheckpoint,
  statedCheckpoint,
} from "./load.ts";
import { type Known, known } from "./resolve.ts";
import { printTensors, type TensorReport, tensorReports, tensorTotal } from "./tensors-report.ts";
import { bytes, counted, type Paint, printable, someOf, table } from "./text.ts";

export interface InspectOptions extends ReportOptions {
  /** Whether tensors are read to tell the range of their values. */
  readonly values: boolean;
}

/** What is told of one thing. The printed form and --json are made of it. */
export type Report =
  | {
      readonly kind: "graph" | "metagraph" | "savedmodel";
      readonly path: string;
      readonly bytes: number;
      readonly form: "binary" | "text";
      readonly graphs: readonly GraphReport[];
    }
  | {
      readonly kind: "checkpoint" | "npz" | "safetensors";
      readonly path: string;
      readonly version: string | null;
      /** Data files, of which those may be missing. */
      readonly shards: number;
      readonly missing: readonly string[];
      readonly bytes: number;
      readonly tensors: readonly TensorReport[];
    }
  | {
      readonly kind: "state";
      readonly path: string;
      readonly latest: StatedCheckpoint | null;
      readonly all: readonly StatedCheckpoint[];
      readonly checkpoint: Report | null;
    }
  | ({
      readonly kind: "events";
      readonly path: string;
      readonly files: readonly string[];
      readonly bytes: number;
    } & EventsReport)
  | {
      readonly kind: "folder";
      readonly path: string;
      readonly items: readonly Item[];
      readonly others: readonly string[];
      readonly reports: readonly Report[];
    };

/** One thing of a folder. */
export interface Item {
  readonly kind: Exclude<Report["kind"], "folder">;
  readonly path: string;
  readonly summary: string;
  /** Whether it could not be read; the summary says why. */
  readonly damaged: boolean;
}

/** Throws CommandError for what is not known, and the readers' errors for what is damaged. */
export function inspect(path: string, options: InspectOptions, files: FileSystem): Report {
  const report = reportOf(known(detect(path, files)), options, files);
  if (options.scope !== "" && isEmpty(report)) {
    const whole = reportOf(known(detect(path, files)), { ...options, scope: "", depth: 1 }, files);
    const scopes = [...new Set(topScopes(whole))];
    throw new CommandError(
      `${path} has nothing in a scope ${options.scope}.`,
      scopes.length > 0 ? `Its scopes are ${someOf(scopes, 12)}.` : "It has no scopes.",
    );
  }
  return report;
}

/** Whether the scope that is asked for leaves nothing. */
function isEmpty(report: Report): boolean {
  switch (report.kind) {
    case "graph":
    case "metagraph":
    case "savedmodel":
      return report.graphs.every(({ nodes }) => nodes === 0);
    case "checkpoint":
    case "npz":
    case "safetensors":
      return report.tensors.length === 0;
    case "state":
      return report.checkpoint === null || isEmpty(report.checkpoint);
    case "events":
      return report.tags.length === 0;
    case "folder":
      return report.reports.every(isEmpty);
    default:
      throw report satisfies never;
  }
}

function topScopes(report: Report): string[] {
  const ofNames = (names: readonly string[]): string[] =>
    names.filter((name) => name.includes("/")).map((name) => name.slice(0, name.indexOf("/")));
  switch (report.kind) {
    case "graph":
    case "metagraph":
    case "savedmodel":
      return report.graphs.flatMap(({ scopes }) => scopes.scopes.map(({ scope }) => scope));
    case "checkpoint":
    case "npz":
    case "safetensors":
      return ofNames(report.tensors.map(({ name }) => name));
    case "state":
      return report.checkpoint ? topScopes(report.checkpoint) : [];
    case "events":
      return ofNames(report.tags.map(({ tag }) => tag));
    case "folder":
      return report.reports.flatMap(topScopes);
    default:
      throw report satisfies never;
  }
}

function reportOf(found: Known, options: InspectOptions, files: FileSystem): Report {
  switch (found.kind) {
    case "graph":
    case "metagraph":
    case "savedmodel": {
      const { kind, path, size, text, graphs } = loadGraphs(found, files);
      const form = text ? "text" : "binary";
      return {
        kind,
        path,
        bytes: size,
        form,
        graphs: graphs.map((graph) => graphReport(graph, options)),
      };
    }
    case "checkpoint":
    case "npz":
    case "safetensors": {
      using file = openTensors(found, files);
      const shards = file instanceof BundleReader ? file.shards : 0;
      const missing = missingData(file.path, shards, files);
      return {
        kind: found.kind,
        path: found.path,
        version: found.kind === "checkpoint" ? found.version : null,
        shards,
        missing: missing.map(baseName),
        bytes: files.stat(found.path)?.size ?? 0,
        tensors: tensorReports(file, options, options.values && missing.length === 0),
      };
    }
    case "state":
      return stateReport(found.path, options, files);
    case "events": {
      const size = files.stat(found.path)?.size ?? 0;
      const report = eventsReport([found.path], options, files);
      return {
        kind: "events",
        path: found.path,
        files: [baseName(found.path)],
        bytes: size,
        ...report,
      };
    }
    case "folder":
      return inspectFolder(found.path, options, files);
    default:
      throw found satisfies never;
  }
}

function stateReport(path: string, options: InspectOptions, files: FileSystem): Report {
  const state = loadState(path, files);
  const find = (stated: string): StatedCheckpoint => statedCheckpoint(stated, path, files);
  const latest = state.modelCheckpointPath === "" ? null : find(state.modelCheckpointPath);
  const checkpoint =
    latest?.path == null ? null : reportOf(known(detect(latest.path, files)), options, files);
  return { kind: "state", path, latest, all: state.allModelCheckpointPaths.map(find), checkpoint };
}

// Folders

const mostFiles = 5000;
const deepestFolder = 4;

function filesBelow(folder: string, files: FileSystem, depth = 0): string[] {
  if (depth > deepestFolder) return [];
  return files.list(folder).flatMap((name) => {
    if (name.startsWith(".") || name === "node_modules") return [];
    const path = joinPath(folder, name);
    const kind = files.stat(path)?.kind;
    if (kind === "folder") return filesBelow(path, files, depth + 1);
    return kind === "file" ? [path] : [];
  });
}

function inspectFolder(path: string, options: InspectOptions, files: FileSystem): Report {
  const paths = filesBelow(path, files);
  if (paths.length > mostFiles) {
    throw new CommandError(
      `${path} has ${paths.length} files; at most ${mostFiles} are looked at.`,
      "Name a folder inside it.",
    );
  }
  const others: string[] = [];
  const found = new Map<string, Exclude<Known, { readonly kind: "folder" }>[]>();
  for (const file of paths) {
    const what = detect(file, files);
    if (what.kind === "unknown" || what.kind === "missing" || what.kind === "folder") {
      others.push(relativePath(file, path));
      continue;
    }
    // The files of a checkpoint are one thing, and the event files of a folder are one run.
    const key =
      what.kind === "events" ? `events\0${folderOf(what.path)}` : `${what.kind}\0${what.path}`;
    found.set(key, [...(what.kind === "events" ? (found.get(key) ?? []) : []), what]);
  }
  if (found.size === 0) {
    throw new CommandError(
      `${path} holds no file that is known here (${counted(paths.length, "file")}).`,
      "Known are GraphDef, MetaGraphDef, SavedModel, checkpoints, event files, npz and safetensors.",
    );
  }
  const entries = [...found.values()].map((group) => {
    const first = group[0] as (typeof group)[number];
    const isRun = first.kind === "events" && group.length > 1;
    const shown = isRun ? folderOf(first.path) : first.path;
    const item = { kind: first.kind, path: relativePath(shown, path) };
    try {
      const report =
        first.kind === "events"
          ? runReport(
              group.map((event) => event.path),
              shown,
              options,
              files,
            )
          : reportOf(first, options, files);
      return { item: { ...item, summary: summaryOf(report), damaged: false }, report };
    } catch (error) {
      if (!(error instanceof TensorscopeError)) throw error;
      return { item: { ...item, summary: error.message, damaged: true }, report: null };
    }
  });
  const items = entries.map(({ item }) => item);
  const read = entries.flatMap(({ report }) => report ?? []);
  return { kind: "folder", path, items, others, reports: oneOfEach(read, options) };
}

function runReport(
  paths: readonly string[],
  path: string,
  options: InspectOptions,
  files: FileSystem,
): Report {
  const size = paths.reduce((sum, file) => sum + (files.stat(file)?.size ?? 0), 0);
  const report = eventsReport(paths, options, files);
  return { kind: "events", path, files: paths.map(baseName), bytes: size, ...report };
}

const order = [
  "savedmodel",
  "metagraph",
  "graph",
  "checkpoint",
  "npz",
  "safetensors",
  "events",
] as const;

/** Of each kind the one that counts most: the latest. */
function oneOfEach(all: readonly Report[], { all: isAll, scope }: InspectOptions): Report[] {
  const reports = scope === "" ? all : all.filter((report) => !isEmpty(report));
  if (isAll) return [...reports];
  const latest = reports.flatMap((report) =>
    report.kind === "state" ? (report.latest?.path ?? []) : [],
  )[0];
  const stepOf = ({ path }: Report): number => Number(/-(\d+)(\.\w+)?$/.exec(path)?.[1] ?? -1);
  return order.flatMap((kind) => {
    const some = reports.filter((report) => report.kind === kind);
    const stated = some.find(({ path }) => path === latest || path === `${latest}.meta`);
    return stated ?? some.sort((a, b) => stepOf(a) - stepOf(b)).at(-1) ?? [];
  });
}

// Printing

function summaryOf(report: Report): string {
  switch (report.kind) {
    case "graph":
    case "metagraph":
    case "savedmodel": {
      const parts = report.graphs.map((graph) => {
        const made = graph.tensorflow === null ? "" : `, TensorFlow ${printable(graph.tensorflow)}`;
        const tags = graph.tags.length > 0 ? `${printable(graph.tags.join(", "))}: ` : "";
        const frozen = isFrozen(graph) && graph.constants.values > 0 ? ", frozen" : "";
        const variables =
          graph.variables.length > 0 ? `, ${counted(graph.variables.length, "variable")}` : "";
        return `${tags}${counted(graph.nodes, "node")} of ${counted(Object.keys(graph.ops).length, "op type")}${variables}${frozen}${made}`;
      });
      return parts.join("; ") || "no graph";
    }
    case "checkpoint":
    case "npz":
    case "safetensors":
      return tensorTotal(report.tensors) + (report.missing.length > 0 ? ", without its data" : "");
    case "state":
      return report.latest === null
        ? "names no checkpoint"
        : `latest is ${printable(report.latest.stated)}${report.latest.path === null ? ", which is not here" : ""}`;
    case "events":
      return eventsSummary(report);
    case "folder":
      return counted(report.items.length, "thing");
    default:
      throw report satisfies never;
  }
}

const itemNames: Readonly<Record<Item["kind"], readonly [one: string, many: string]>> = {
  graph: ["graph", "graphs"],
  metagraph: ["meta graph", "meta graphs"],
  savedmodel: ["SavedModel", "SavedModels"],
  checkpoint: ["checkpoint", "checkpoints"],
  state: ["state file", "state files"],
  events: ["run of events", "runs of events"],
  npz: ["npz archive", "npz archives"],
  safetensors: ["safetensors file", "safetensors files"],
};

export function printReport(report: Report, options: InspectOptions, paint: Paint): string {
  return blocksOf(report, options, paint).join("\n\n");
}

function title(path: string, text: string, paint: Paint): string {
  return `${paint.bold(printable(path))}: ${text}`;
}

function blocksOf(report: Report, options: InspectOptions, paint: Paint): string[] {
  switch (report.kind) {
    case "graph":
    case "metagraph":
    case "savedmodel": {
      const head = title(
        report.path,
        `${kindNames[report.kind]}, ${bytes(report.bytes)}, ${report.form}`,
        paint,
      );
      const several = report.graphs.length > 1;
      const blocks = report.graphs.flatMap((graph, i) => {
        const printed = printGraph(graph, options, paint);
        return several
          ? [paint.bold(`Graph ${i + 1} of ${report.graphs.length}`), ...printed]
          : printed;
      });
      if (blocks.length === 0) return [`${head}\n  without a graph`];
      return several ? [head, ...blocks] : [`${head}\n${blocks[0]}`, ...blocks.slice(1)];
    }
    case "checkpoint":
    case "npz":
    case "safetensors":
      return tensorBlocks(report, options, paint);
    case "state":
      return stateBlocks(report, options, paint);
    case "events": {
      const several =
        report.files.length > 1 ? `${report.files.length} event files` : "an event file";
      const head = title(report.path, `${several}, ${bytes(report.bytes)}`, paint);
      const [first, ...rest] = printEvents(report, options, paint);
      return [`${head}\n${first}`, ...rest];
    }
    case "folder":
      return folderBlocks(report, options, paint);
    default:
      throw report satisfies never;
  }
}

function tensorBlocks(
  report: Extract<Report, { readonly kind: "checkpoint" | "npz" | "safetensors" }>,
  options: InspectOptions,
  paint: Paint,
): string[] {
  const text =
    report.version === null
      ? `${kindNames[report.kind]}, ${bytes(report.bytes)}`
      : `a checkpoint, ${report.version}${report.shards > 1 ? `, ${report.shards} data files` : ""}`;
  const lines = [title(report.path, text, paint), `  ${tensorTotal(report.tensors)}`];
  if (report.missing.length > 0) {
    const names = someOf(report.missing, 3);
    lines.push(
      `  ${paint.yellow(`${printable(names)} is missing: only names, types and shapes are known`)}`,
    );
  }
  return [lines.join("\n"), ...printTensors(report.tensors, options, paint)];
}

function stateBlocks(
  report: Extract<Report, { readonly kind: "state" }>,
  options: InspectOptions,
  paint: Paint,
): string[] {
  const { latest, all, checkpoint } = report;
  const rows = all.map(({ stated, path }) => [
    printable(stated),
    path === null
      ? { text: "is not here", paint: paint.yellow }
      : path === stated
        ? "is there"
        : `is at ${printable(path)}`,
    stated === latest?.stated ? "latest" : "",
  ]);
  const blocks = [
    title(report.path, `${kindNames.state}, of ${counted(all.length, "checkpoint")}`, paint),
  ];
  if (rows.length > 0) blocks[0] += `\n${table(["checkpoint", "", ""], rows, paint)}`;
  if (checkpoint) blocks.push(...blocksOf(checkpoint, options, paint));
  return blocks;
}

function folderBlocks(
  report: Extract<Report, { readonly kind: "folder" }>,
  options: InspectOptions,
  paint: Paint,
): string[] {
  const { items, others, reports } = report;
  const kinds = [...new Set(items.map(({ kind }) => kind))].map((kind) => {
    const times = items.filter((item) => item.kind === kind).length;
    return counted(times, ...itemNames[kind]);
  });
  const rest = others.length > 0 ? ` and ${counted(others.length, "other file")}` : "";
  const rows = items.map(({ kind, path, summary, damaged }) => [
    printable(path),
    itemNames[kind][0],
    damaged ? { text: printable(summary), paint: paint.red } : summary,
  ]);
  const head = title(report.path, `a folder with ${kinds.join(", ")}${rest}`, paint);
  const blocks = [`${head}\n${table(["what", "kind", "in short"], rows, paint)}`];
  for (const one of reports) blocks.push(...blocksOf(one, options, paint));
  const left =
    items.filter(({ damaged, kind }) => !damaged && kind !== "state").length - reports.length;
  if (left > 0) {
    blocks.push(
      paint.dim(
        `${counted(left, "more thing is", "more things are")} told only in short: name one, or use --all.`,
      ),
    );
  }
  return blocks;
}

/** Whether everything could be read. */
export function isSound(report: Report): boolean {
  return report.kind !== "folder" || report.items.every(({ damaged }) => !damaged);
}
