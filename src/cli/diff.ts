// `tensorscope diff`: compares the variables of graphs and the tensors of checkpoints, also under other names.
import { equals } from "@bufbuild/protobuf";
import { FailedPreconditionError } from "../core/errors.ts";
import type { NDArray } from "../core/ndarray.ts";
import { nameOfType } from "../formats/elements.ts";
import { FormatError } from "../formats/errors.ts";
import type { FileSystem } from "../formats/files.ts";
import { NodeDefSchema } from "../formats/proto/index.ts";
import { type Renames, renamed, suggestRenames } from "../formats/renames.ts";
import { parseShapeAndSlice } from "../formats/slice.ts";
import { detect, kindNames } from "./detect.ts";
import { CommandError } from "./errors.ts";
import { longTable } from "./graph-report.ts";
import { type Dims, GraphView } from "./graphs.ts";
import { type GraphFile, loadGraphs, openTensors, readParts, type TensorFile } from "./load.ts";
import { isGraph, known, tensorsOf } from "./resolve.ts";
import { type Cell, count, counted, type Paint, printable, shapeText, short } from "./text.ts";

export interface DiffOptions {
  /** Whether values are compared where both sides have them. */
  readonly values: boolean;
  readonly all: boolean;
}

interface Named {
  readonly dtype: string;
  readonly shape: Dims;
}

/** One of the two things that are compared. */
interface Side {
  readonly path: string;
  readonly kind: string;
  readonly names: ReadonlyMap<string, Named>;
  readonly graph: GraphFile | null;
  readonly tensors: TensorFile | null;
}

export interface ValueChange {
  readonly name: string;
  /** Its name in B where that is another. */
  readonly other: string;
  readonly shape: Dims;
  /** Elements that differ. */
  readonly changed: number;
  readonly values: number;
  /** The largest difference of two numbers; null for strings. */
  readonly largest: number | null;
}

export interface DiffReport {
  readonly a: { readonly path: string; readonly kind: string; readonly names: number };
  readonly b: { readonly path: string; readonly kind: string; readonly names: number };
  /** Names, as A has them, that fit; among them those under another name in B. */
  readonly fitting: number;
  readonly renamed: readonly { readonly a: string; readonly b: string }[];
  readonly onlyInA: readonly string[];
  readonly onlyInB: readonly string[];
  readonly mismatched: readonly { readonly name: string; readonly a: Named; readonly b: Named }[];
  /** From the names of A, or of the graph, to those of B, or of the checkpoint; null where no renaming was found. */
  readonly rename: Renames | null;
  /** Null where values were not compared. */
  readonly changes: readonly ValueChange[] | null;
  /** Why no values were compared. */
  readonly unread: string | null;
  /** Tensors whose values could not be read, and why. */
  readonly unreadable: readonly { readonly name: string; readonly why: string }[];
  readonly nodes: NodeDiff | null;
  readonly same: boolean;
}

export interface NodeDiff {
  readonly onlyInA: readonly string[];
  readonly onlyInB: readonly string[];
  /** Nodes of both whose op, inputs or attributes differ. */
  readonly changed: readonly string[];
  readonly equal: number;
}

export function diff(a: string, b: string, options: DiffOptions, files: FileSystem): DiffReport {
  const [lhs, rhs] = [openSide(a, files), openSide(b, files)];
  try {
    return compare(lhs, rhs, options);
  } finally {
    lhs.tensors?.close();
    rhs.tensors?.close();
  }
}

function openSide(path: string, files: FileSystem): Side {
  const found = known(detect(path, files));
  const tensors = isGraph(found) ? null : tensorsOf(found, files);
  if (tensors) {
    const file = openTensors(tensors, files);
    const names = file.names().map((name) => {
      const info = file.info(name);
      return [name, { dtype: nameOfType(info?.type ?? 0), shape: info?.shape ?? [] }] as const;
    });
    const kind = kindNames[tensors.kind];
    return { path: tensors.path, kind, names: new Map(names), graph: null, tensors: file };
  }
  if (!isGraph(found)) {
    throw new CommandError(
      `${path} is ${kindNames[found.kind]}, which cannot be compared.`,
      "Give two checkpoints, or a graph and a checkpoint.",
    );
  }
  const graph = loadGraphs(found, files);
  return {
    path: found.path,
    kind: kindNames[found.kind],
    names: savedNames(graph),
    graph,
    tensors: null,
  };
}

/** What the graph's savers save, or all of its variables where it has none, by the name in checkpoints. */
function savedNames(file: GraphFile): Map<string, Named> {
  const names = new Map<string, Named>();
  for (const { graph, meta } of file.graphs) {
    for (const { key, slice, dtype, shape, saved } of new GraphView(graph, meta).variables()) {
      if (saved === false) continue;
      names.set(key, {
        dtype,
        shape: slice === null ? shape : (parseShapeAndSlice(slice)?.shape ?? shape),
      });
    }
  }
  return names;
}

function fits(a: Named | undefined, b: Named | undefined): boolean {
  if (!a || !b || a.dtype !== b.dtype) return false;
  if (a.shape === null || b.shape === null) return true;
  const other = b.shape;
  return (
    a.shape.length === other.length &&
    a.shape.every((dim, i) => dim === null || other[i] === null || dim === other[i])
  );
}

function compare(a: Side, b: Side, options: DiffOptions): DiffReport {
  // The map goes from the graph's names to the checkpoint's, as restoring takes it.
  const flipped = b.graph !== null && a.graph === null;
  const [from, to] = flipped ? [b, a] : [a, b];
  const shared = [...from.names.keys()].filter((name) => to.names.has(name));
  const [fit, unfit] = [
    shared.filter((name) => fits(from.names.get(name), to.names.get(name))),
    shared.filter((name) => !fits(from.names.get(name), to.names.get(name))),
  ];
  const wanted = [...from.names].filter(([name]) => !to.names.has(name));
  const extra = [...to.names.keys()].filter((name) => !from.names.has(name));
  const rename = suggestRenames(
    wanted.map(([name, one]) => ({ name, fits: (other) => fits(one, to.names.get(other)) })),
    extra,
    shared,
  );
  const pairs = wanted.flatMap(([name, one]) => {
    const other = rename ? renamed(name, rename) : name;
    return other !== name && fits(one, to.names.get(other)) ? [{ from: name, to: other }] : [];
  });
  const moved = new Set(pairs.flatMap((pair) => [pair.from, pair.to]));
  const onlyFrom = wanted.map(([name]) => name).filter((name) => !moved.has(name));
  const onlyTo = extra.filter((name) => !moved.has(name));
  const all = [...fit.map((name) => ({ from: name, to: name })), ...pairs];
  const { changes, unread, unreadable } = compareValues(
    a,
    b,
    flipped ? all.map(flip) : all,
    options,
  );
  const nodes = a.graph && b.graph ? compareNodes(a.graph, b.graph) : null;
  const side = ({ path, kind, names }: Side) => ({ path, kind, names: names.size });
  const report = {
    a: side(a),
    b: side(b),
    fitting: all.length,
    renamed: pairs.map((pair) =>
      flipped ? { a: pair.to, b: pair.from } : { a: pair.from, b: pair.to },
    ),
    onlyInA: flipped ? onlyTo : onlyFrom,
    onlyInB: flipped ? onlyFrom : onlyTo,
    mismatched: unfit.map((name) => ({
      name,
      a: a.names.get(name) as Named,
      b: b.names.get(name) as Named,
    })),
    rename,
    changes,
    unread,
    unreadable,
    nodes,
  };
  const differences = [
    report.renamed,
    report.onlyInA,
    report.onlyInB,
    report.mismatched,
    changes ?? [],
    unreadable,
  ];
  const nodeDifferences = nodes ? [nodes.onlyInA, nodes.onlyInB, nodes.changed] : [];
  return {
    ...report,
    same: [...differences, ...nodeDifferences].every((list) => list.length === 0),
  };
}

interface Pair {
  readonly from: string;
  readonly to: string;
}

function flip({ from, to }: Pair): Pair {
  return { from: to, to: from };
}

// Values

function compareValues(
  a: Side,
  b: Side,
  pairs: readonly Pair[],
  { values }: DiffOptions,
): Pick<DiffReport, "changes" | "unread" | "unreadable"> {
  const [lhs, rhs] = [a.tensors, b.tensors];
  if (!lhs || !rhs) return { changes: null, unread: null, unreadable: [] };
  if (!values) return { changes: null, unread: "not asked for", unreadable: [] };
  const unreadable: { name: string; why: string }[] = [];
  const changes: ValueChange[] = [];
  for (const { from, to } of pairs) {
    let change: Counted;
    try {
      change = compareTensors(lhs, from, rhs, to);
    } catch (error) {
      if (isIncomplete(error)) return { changes: null, unread: error.message, unreadable: [] };
      if (!(error instanceof FormatError)) throw error;
      unreadable.push({ name: from, why: error.message });
      continue;
    }
    if (change.changed > 0)
      changes.push({ name: from, other: to, shape: lhs.info(from)?.shape ?? [], ...change });
  }
  return { changes, unread: null, unreadable };
}

/** Whether the data files of a checkpoint are missing: names and shapes can be compared without them. */
function isIncomplete(error: unknown): error is FailedPreconditionError {
  return error instanceof FailedPreconditionError;
}

type Counted = Pick<ValueChange, "changed" | "values" | "largest">;

/** Slice by slice where both are stored in the same slices. */
function compareTensors(lhs: TensorFile, from: string, rhs: TensorFile, to: string): Counted {
  const slicesOf = (file: TensorFile, name: string): string =>
    JSON.stringify(file.info(name)?.slices ?? null);
  if (slicesOf(lhs, from) !== slicesOf(rhs, to)) return compareArrays(lhs.read(from), rhs.read(to));
  const others = readParts(rhs, to);
  const parts = readParts(lhs, from).map((part, i) => compareArrays(part, others[i] as NDArray));
  const sum = (of: (part: Counted) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  const isText = parts.some(({ largest }) => largest === null);
  return {
    changed: sum(({ changed }) => changed),
    values: sum(({ values }) => values),
    largest: isText ? null : Math.max(0, ...parts.map(({ largest }) => largest ?? 0)),
  };
}

function compareArrays(a: NDArray, b: NDArray): Counted {
  const [x, y] = [a.data as ArrayLike<unknown>, b.data as ArrayLike<unknown>];
  if (x instanceof Float32Array && y instanceof Float32Array) return compareNumbers(x, y, a.size);
  let [changed, largest] = [0, 0];
  const isText = a.dtype.baseName === "string";
  if (a.dtype.isComplex)
    return compareNumbers(x as ArrayLike<number>, y as ArrayLike<number>, a.size);
  for (let i = 0; i < a.size; i++) {
    const [lhs, rhs] = [a.at(i), b.at(i)];
    if (String(lhs) === String(rhs)) continue;
    changed += 1;
    if (!isText) largest = Math.max(largest, distance(Number(lhs), Number(rhs)));
  }
  return { changed, values: a.size, largest: isText ? null : largest };
}

function compareNumbers(x: ArrayLike<number>, y: ArrayLike<number>, values: number): Counted {
  let [changed, largest] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    const [lhs, rhs] = [x[i] as number, y[i] as number];
    if (lhs === rhs || (Number.isNaN(lhs) && Number.isNaN(rhs))) continue;
    changed += 1;
    largest = Math.max(largest, distance(lhs, rhs));
  }
  return { changed: Math.min(changed, values), values, largest };
}

/** Between a number and none the distance is infinite. */
function distance(x: number, y: number): number {
  const difference = Math.abs(x - y);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}

// Nodes

function compareNodes(a: GraphFile, b: GraphFile): NodeDiff {
  const nodesOf = ({ graphs }: GraphFile) =>
    new Map(graphs.flatMap(({ graph }) => graph.node.map((node) => [node.name, node] as const)));
  const [lhs, rhs] = [nodesOf(a), nodesOf(b)];
  const shared = [...lhs].flatMap(([name, node]) => {
    const other = rhs.get(name);
    return other ? [{ name, equal: equals(NodeDefSchema, node, other) }] : [];
  });
  return {
    onlyInA: [...lhs.keys()].filter((name) => !rhs.has(name)),
    onlyInB: [...rhs.keys()].filter((name) => !lhs.has(name)),
    changed: shared.filter(({ equal }) => !equal).map(({ name }) => name),
    equal: shared.filter(({ equal }) => equal).length,
  };
}

// Printing

export function printDiff(report: DiffReport, { all }: DiffOptions, paint: Paint): string {
  const { a, b, changes, rename, nodes } = report;
  const listing = { all, depth: 0, scope: "" };
  const bothGraphs = nodes !== null;
  const things = bothGraphs ? ["variable", "variables"] : ["name", "names"];
  const counting = (value: number): string => counted(value, things[0] as string, things[1]);
  const lines = [
    `${paint.bold("A")}  ${printable(a.path)}: ${a.kind}, ${counting(a.names)}`,
    `${paint.bold("B")}  ${printable(b.path)}: ${b.kind}, ${counting(b.names)}`,
  ];
  const blocks = [lines.join("\n")];
  const summary = [
    report.fitting === 0
      ? "Nothing fits."
      : `${counting(report.fitting)} ${report.fitting === 1 ? "fits" : "fit"}` +
        renamedText(report) +
        `${valuesText(report)}.`,
  ];
  if (report.unread !== null && report.unread !== "not asked for") {
    summary.push(paint.yellow(`Values were not compared: ${printable(report.unread)}`));
  }
  blocks.push(summary.join("\n"));
  const list = (title: string, names: readonly string[]): void => {
    if (names.length === 0) return;
    const rows = names.map((name) => [printable(name)]);
    blocks.push(`${paint.bold(title)} (${count(names.length)})\n${listText(rows, all)}`);
  };
  if (report.mismatched.length > 0) {
    const text = ({ dtype, shape }: Named): string => `${dtype} ${shapeText(shape)}`;
    const rows = report.mismatched.map(({ name, a: lhs, b: rhs }) => [
      printable(name),
      text(lhs),
      text(rhs),
    ]);
    const title = `${paint.bold("Of another shape or type")} (${count(rows.length)})`;
    blocks.push(`${title}\n${longTable(["name", "A", "B"], rows, listing, paint)}`);
  }
  list("Only in A", report.onlyInA);
  list("Only in B", report.onlyInB);
  if (rename) blocks.push(renameBlock(report, rename, paint));
  if (changes && changes.length > 0) {
    const rows = changes.map(({ name, shape, changed, values, largest }) => [
      printable(name),
      shapeText(shape),
      `${count(changed)} of ${count(values)}`,
      largest === null ? "" : short(largest),
    ]);
    const heads = ["name", "shape", " values", " largest difference"];
    blocks.push(
      `${paint.bold("Other values")} (${count(rows.length)})\n${longTable(heads, rows, listing, paint)}`,
    );
  }
  if (report.unreadable.length > 0) {
    const rows = report.unreadable.map(({ name, why }) => [printable(name), printable(why)]);
    const title = `${paint.bold("Values that cannot be read")} (${count(rows.length)})`;
    blocks.push(`${title}\n${longTable(["name", "why"], rows, listing, paint)}`);
  }
  if (nodes) {
    blocks.push(
      `${counted(nodes.equal, "node")} ${nodes.equal === 1 ? "is" : "are"} the same in both graphs.`,
    );
    list("Nodes only in A", nodes.onlyInA);
    list("Nodes only in B", nodes.onlyInB);
    list("Nodes with another op, other inputs or attributes", nodes.changed);
  }
  if (report.same) blocks.push(paint.green(sameText(report)));
  return blocks.join("\n\n");
}

function renamedText({ renamed, fitting }: DiffReport): string {
  if (renamed.length === 0) return "";
  if (renamed.length < fitting) return `, ${count(renamed.length)} of them under another name`;
  return fitting === 1 ? ", under another name" : ", all under other names";
}

function valuesText({ changes, fitting, unreadable }: DiffReport): string {
  if (changes === null) return "";
  const equal = fitting - changes.length - unreadable.length;
  if (equal === fitting) return equal === 1 ? ", with equal values" : ", all with equal values";
  return `: ${count(equal)} with equal values, ${count(changes.length)} with others`;
}

function sameText({ changes, nodes, unread }: DiffReport): string {
  if (changes !== null) return "Nothing differs.";
  if (nodes) return "The graphs are the same.";
  return unread === null
    ? "The checkpoint fits the graph."
    : "Names, shapes and types do not differ.";
}

function listText(rows: readonly (readonly Cell[])[], all: boolean): string {
  const most = 30;
  const isLong = !all && rows.length > most + 1;
  const shown = (isLong ? rows.slice(0, most) : rows).map(([cell]) => `  ${cell}`);
  return [...shown, ...(isLong ? [`  … and ${count(rows.length - most)} more (--all)`] : [])].join(
    "\n",
  );
}

function renameBlock(report: DiffReport, rename: Renames, paint: Paint): string {
  const entries = Object.entries(rename);
  const map = entries.map(([from, to]) =>
    printable(`${JSON.stringify(from)}: ${JSON.stringify(to)}`),
  );
  const isGraphB =
    report.b.kind !== report.a.kind && !/checkpoint|npz|safetensors/.test(report.b.kind);
  const heads = isGraphB ? ["in B", "in A"] : ["in A", "in B"];
  const rows = entries.map(([from, to]) => [printable(from), printable(to)]);
  const one = `  saver.restore(session, path, { rename: { ${map.join(", ")} } })`;
  const many = `  saver.restore(session, path, { rename: {\n    ${map.join(",\n    ")},\n  } })`;
  return [
    `${paint.bold("Renamed")} (${counted(report.renamed.length, "name")})`,
    longTable(heads, rows, { all: true, depth: 0, scope: "" }, paint),
    `${entries.some(([from]) => from.endsWith("/")) ? "  A scope, with / at its end, stands for all names in it." : " "} To restore under these names:`,
    one.length <= 100 ? one : many,
  ].join("\n");
}
