// `tensorscope ops`: which ops a graph needs, and which of them run here.
import type { FileSystem } from "../formats/files.ts";
import { listedOp } from "../formats/op-list.ts";
import type { NodeDef } from "../formats/proto/index.ts";
import { opDef } from "../ops/define.ts";
import { CommandError } from "./errors.ts";
import { GraphView } from "./graphs.ts";
import type { LoadedGraph } from "./load.ts";
import { resolveGraph } from "./resolve.ts";
import { count, counted, type Paint, printable, table } from "./text.ts";

/**
 * - `runs`: computed here;
 * - `imports`: known, so a graph with it can be imported and exported, but not run here;
 * - `function`: calls a function that the file holds, whose ops are counted too;
 * - `unknown`: an op that TensorFlow 2.21 does not have: one of a plug-in, or a removed one. It is imported as it is.
 */
export type OpStatus = "runs" | "imports" | "function" | "unknown";

export interface OpUse {
  readonly op: string;
  readonly count: number;
  readonly status: OpStatus;
  /** The first node of this op. */
  readonly example: string;
}

export interface OpsReport {
  readonly path: string;
  readonly outputs: readonly string[];
  readonly nodes: number;
  readonly ops: readonly OpUse[];
  /** How many op types there are of each status, and how many nodes. */
  readonly totals: Readonly<Record<OpStatus, { readonly ops: number; readonly nodes: number }>>;
}

/** The ops of all graphs of a file, or of what `outputs` need. All ops must have been defined. */
export function opsReport(path: string, outputs: readonly string[], files: FileSystem): OpsReport {
  const file = resolveGraph(path, files);
  const uses = new Map<string, { count: number; example: string }>();
  const functions = new Set<string>();
  let nodes = 0;
  const add = (some: readonly NodeDef[], within: string): void => {
    nodes += some.length;
    for (const { op, name } of some) {
      const use = uses.get(op) ?? { count: 0, example: within + name };
      use.count += 1;
      uses.set(op, use);
    }
  };
  for (const { graph, nodes: some } of neededNodes(file.graphs, outputs, file.path)) {
    add(some, "");
    for (const { signature, nodeDef } of graph.library?.function ?? []) {
      const name = signature?.name ?? "";
      functions.add(name);
      add(nodeDef, `${name}: `);
    }
  }
  const ops = [...uses].map(([op, use]) => ({ op, ...use, status: statusOf(op, functions) }));
  ops.sort((a, b) => b.count - a.count || (a.op < b.op ? -1 : 1));
  const total = (status: OpStatus): OpsReport["totals"][OpStatus] => {
    const some = ops.filter((use) => use.status === status);
    return { ops: some.length, nodes: some.reduce((sum, use) => sum + use.count, 0) };
  };
  const totals = {
    runs: total("runs"),
    imports: total("imports"),
    function: total("function"),
    unknown: total("unknown"),
  };
  return { path: file.path, outputs, nodes, ops, totals };
}

function neededNodes(
  graphs: readonly LoadedGraph[],
  outputs: readonly string[],
  path: string,
): { readonly graph: LoadedGraph["graph"]; readonly nodes: readonly NodeDef[] }[] {
  if (outputs.length === 0) return graphs.map(({ graph }) => ({ graph, nodes: graph.node }));
  // Of several graphs, those count that have the outputs.
  const views = graphs.map(({ graph, meta }) => new GraphView(graph, meta));
  const having = views.filter((view) => outputs.every((output) => view.producer(output)));
  if (having.length === 0) {
    const lost = outputs.find((output) => !views.some((view) => view.producer(output)));
    throw noNode(lost ?? (outputs[0] as string), path, views);
  }
  return having.map((view) => ({
    graph: view.def,
    nodes: view.needed(outputs, (name) => noNode(name, path, views)),
  }));
}

/** The error for a node that is not in the graph, with names that are close to it. */
export function noNode(name: string, path: string, views: readonly GraphView[]): CommandError {
  const last = name.slice(name.lastIndexOf("/") + 1).toLowerCase();
  const near = views
    .flatMap((view) => [...view.nodes.keys()])
    .filter((other) =>
      other
        .slice(other.lastIndexOf("/") + 1)
        .toLowerCase()
        .startsWith(last),
    );
  const ends = views.flatMap((view) => view.outputs().map((node) => node.name));
  const some = near.length > 0 ? near : ends;
  return new CommandError(
    `${path} has no node ${name}.`,
    some.length > 0
      ? `${near.length > 0 ? "Did you mean" : "Used by no other node are"} ${some.slice(0, 5).join(", ")}?`.replace(
          /^(Used.*)\?$/,
          "$1.",
        )
      : undefined,
  );
}

function statusOf(op: string, functions: ReadonlySet<string>): OpStatus {
  if (functions.has(op)) return "function";
  const def = opDef(op);
  if (def && def.spec.lower !== "none") return "runs";
  return def || listedOp(op) ? "imports" : "unknown";
}

const statusTexts: Readonly<Record<OpStatus, string>> = {
  runs: "runs",
  imports: "imports, cannot run",
  function: "function of the file",
  unknown: "not of TensorFlow",
};

export function printOps(report: OpsReport, paint: Paint): string {
  const { totals, nodes, ops, outputs } = report;
  const paints: Readonly<Record<OpStatus, (text: string) => string>> = {
    runs: paint.green,
    imports: paint.yellow,
    function: paint.dim,
    unknown: paint.red,
  };
  const what = outputs.length > 0 ? ` for ${printable(outputs.join(", "))}` : "";
  const lines = [
    `${paint.bold(printable(report.path))}: ${counted(nodes, "node")} of ${counted(ops.length, "op type")}${what}`,
  ];
  const ways = (Object.keys(statusTexts) as OpStatus[]).filter((status) => totals[status].ops > 0);
  const rows = ways.map((status) => [
    { text: statusTexts[status], paint: paints[status] },
    count(totals[status].ops),
    count(totals[status].nodes),
  ]);
  lines.push(table(["", " op types", " nodes"], rows, paint));
  if (totals.imports.ops + totals.unknown.ops === 0 && ops.length > 0) {
    lines.push(`  ${paint.green("All of its ops run here.")}`);
  }
  const someFail = totals.runs.ops < ops.length;
  const uses = [...ops].sort((a, b) => Number(a.status === "runs") - Number(b.status === "runs"));
  const cells = uses.map(({ op, count: times, status, example }) => [
    printable(op),
    count(times),
    { text: statusTexts[status], paint: paints[status] },
    status === "runs" ? "" : printable(example),
  ]);
  return `${lines.join("\n")}\n\n${table(["op", " nodes", "", someFail ? "first node" : ""], cells, paint)}`;
}
