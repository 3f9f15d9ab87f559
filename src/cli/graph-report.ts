// What `inspect` tells of a graph: collected first, so that --json and the printed form say the same.
import {
  AssetFileDefSchema,
  decode,
  type MetaGraphDef,
  type SignatureDef,
  type TensorInfo,
} from "../formats/proto/index.ts";
import {
  byCount,
  byteSize,
  type Dims,
  dims,
  elements,
  type GraphTensor,
  type GraphVariable,
  GraphView,
  type Scope,
  scopeTree,
  tensorAttr,
  typeName,
} from "./graphs.ts";
import type { LoadedGraph } from "./load.ts";
import { bytes, count, counted, type Paint, printable, shapeText, someOf, table } from "./text.ts";

export interface ReportOptions {
  /** Levels of scopes that are shown. */
  readonly depth: number;
  /** Only what is in this scope; `""` for everything. */
  readonly scope: string;
  /** Whether long lists are shown to their end. */
  readonly all: boolean;
}

export interface ScopeReport {
  readonly scope: string;
  readonly nodes: number;
  readonly variables: number;
  readonly parameters: number;
  readonly ops: Readonly<Record<string, number>>;
  readonly scopes: readonly ScopeReport[];
}

export interface SignatureReport {
  readonly name: string;
  readonly method: string;
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly SignatureTensor[];
}

interface SignatureTensor extends GraphTensor {
  /** The tensor of the graph. */
  readonly tensor: string;
}

export interface GraphReport {
  readonly tensorflow: string | null;
  readonly producer: number;
  readonly tags: readonly string[];
  readonly nodes: number;
  readonly ops: Readonly<Record<string, number>>;
  readonly functions: readonly string[];
  readonly constants: { readonly nodes: number; readonly values: number; readonly bytes: number };
  readonly inputs: readonly GraphTensor[];
  readonly outputs: readonly { readonly name: string; readonly op: string }[];
  readonly scopes: ScopeReport;
  readonly variables: readonly GraphVariable[];
  readonly collections: Readonly<Record<string, number>>;
  readonly signatures: readonly SignatureReport[];
  readonly assets: readonly string[];
  readonly saver: string | null;
  readonly isTensorFlow2: boolean;
}

/** Whether a name is in a scope, or is its name. */
export function isWithin(name: string, scope: string): boolean {
  return scope === "" || name === scope || name.startsWith(`${scope}/`);
}

export function graphReport(
  { graph, meta }: LoadedGraph,
  { depth, scope }: ReportOptions,
): GraphReport {
  const view = new GraphView(graph, meta);
  const nodes = graph.node.filter(({ name }) => isWithin(name, scope));
  let tree = scopeTree(view, nodes);
  for (const part of scope === "" ? [] : scope.split("/")) tree = tree.children.get(part) ?? tree;
  const ops = new Map<string, number>();
  for (const { op } of nodes) ops.set(op, (ops.get(op) ?? 0) + 1);
  const constants = nodes.flatMap((node) => tensorAttr(node) ?? []);
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  const info = meta?.metaInfoDef;
  return {
    tensorflow: info?.tensorflowVersion || null,
    producer: graph.versions?.producer ?? graph.version,
    tags: info?.tags ?? [],
    nodes: nodes.length,
    ops: Object.fromEntries(byCount(ops)),
    functions: (graph.library?.function ?? []).map(({ signature }) => signature?.name ?? ""),
    constants: {
      nodes: constants.length,
      values: sum(constants.map(({ tensorShape }) => elements(dims(tensorShape)) ?? 0)),
      bytes: sum(constants.map(({ dtype, tensorShape }) => byteSize(dtype, dims(tensorShape)))),
    },
    inputs: view.inputs().filter(({ name }) => isWithin(name, scope)),
    outputs: view
      .outputs()
      .filter(({ name }) => isWithin(name, scope))
      .map(({ name, op }) => ({ name, op })),
    scopes: scopeReport(tree, depth),
    variables: view.variables().filter(({ name }) => isWithin(name, scope)),
    collections: collectionSizes(meta),
    signatures: Object.entries(meta?.signatureDef ?? {}).map(signatureReport),
    assets: assetNames(meta),
    saver: saverText(meta),
    isTensorFlow2: meta?.objectGraphDef !== undefined,
  };
}

function scopeReport(scope: Scope, depth: number): ScopeReport {
  return {
    scope: scope.path,
    nodes: scope.nodes,
    variables: scope.variables,
    parameters: scope.parameters,
    ops: Object.fromEntries(byCount(scope.ops)),
    scopes:
      depth === 0 ? [] : [...scope.children.values()].map((child) => scopeReport(child, depth - 1)),
  };
}

function collectionSizes(meta: MetaGraphDef | undefined): Record<string, number> {
  return Object.fromEntries(
    Object.entries(meta?.collectionDef ?? {}).map(([name, { kind }]) => [
      name,
      kind.case === undefined ? 0 : kind.value.value.length,
    ]),
  );
}

function signatureReport([name, signature]: [string, SignatureDef]): SignatureReport {
  const tensors = (infos: Readonly<Record<string, TensorInfo>>): SignatureTensor[] =>
    Object.entries(infos)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { dtype, tensorShape, encoding }]) => ({
        name: key,
        dtype: typeName(dtype),
        shape: dims(tensorShape),
        tensor: tensorOf(encoding),
      }));
  return {
    name,
    method: signature.methodName,
    inputs: tensors(signature.inputs),
    outputs: tensors(signature.outputs),
  };
}

function tensorOf(encoding: TensorInfo["encoding"]): string {
  switch (encoding.case) {
    case "name":
      return encoding.value;
    case "cooSparse":
      return `sparse (values ${encoding.value.valuesTensorName})`;
    case "compositeTensor":
      return `composite of ${encoding.value.components.length}`;
    default:
      return "";
  }
}

/** TensorFlow 1 keeps assets in a collection, TensorFlow 2 in a field of their own. */
function assetNames(meta: MetaGraphDef | undefined): string[] {
  const kind = meta?.collectionDef.saved_model_assets?.kind;
  const kept = kind?.case === "anyList" ? kind.value.value : [];
  const defs = kept.map(({ value }) =>
    decode(AssetFileDefSchema, value, { field: "collection saved_model_assets" }),
  );
  return [...new Set([...(meta?.assetFileDef ?? []), ...defs].map(({ filename }) => filename))];
}

function saverText(meta: MetaGraphDef | undefined): string | null {
  const saver = meta?.saverDef;
  if (!saver) return null;
  const format = saver.version === 2 ? "V2" : "V1";
  return `writes ${format}${saver.sharded ? ", sharded" : ""}, keeps ${saver.maxToKeep || "all"}`;
}

// Printing

/** Rows of a list that is not shown to its end. */
const fewRows = 40;

export function printGraph(report: GraphReport, options: ReportOptions, paint: Paint): string[] {
  const { variables, constants } = report;
  const lines = [
    `${counted(report.nodes, "node")} of ${counted(Object.keys(report.ops).length, "op type")}` +
      (report.functions.length > 0 ? `, ${counted(report.functions.length, "function")}` : "") +
      (options.scope === "" ? "" : ` in scope ${printable(options.scope)}`),
  ];
  if (report.tensorflow !== null) {
    lines.push(`made by TensorFlow ${printable(report.tensorflow)} (producer ${report.producer})`);
  } else if (report.producer > 0) lines.push(`made by a producer of version ${report.producer}`);
  if (report.isTensorFlow2) lines.push("holds an object graph of TensorFlow 2");
  if (report.tags.length > 0) lines.push(`tags: ${printable(report.tags.join(", "))}`);
  if (report.saver !== null) lines.push(`its saver ${report.saver}`);
  if (variables.length > 0) lines.push(variableTotal(variables));
  else if (constants.values > 0) {
    const held = `${count(constants.values)} values (${bytes(constants.bytes)})`;
    lines.push(`no variables: ${counted(constants.nodes, "constant")} hold ${held}`);
  }
  const blocks = [lines.map((line) => `  ${line}`).join("\n")];
  blocks.push(...report.signatures.map((signature) => signatureBlock(signature, paint)));
  if (report.assets.length > 0) {
    blocks.push(`${paint.bold("Assets")}\n  ${printable(someOf(report.assets, 10))}`);
  }
  if (report.inputs.length > 0 && report.signatures.length === 0) {
    blocks.push(`${paint.bold("Inputs")}\n${tensorTable(report.inputs, options, paint)}`);
  }
  if (isFrozen(report) && report.outputs.length > 0) {
    const rows = report.outputs.map(({ name, op }) => [printable(name), printable(op)]);
    blocks.push(
      `${paint.bold("Outputs")} (used by no other node)\n${longTable(["name", "op"], rows, options, paint)}`,
    );
  }
  blocks.push(`${paint.bold("Scopes")}\n${scopeTable(report.scopes, options, paint)}`);
  blocks.push(`${paint.bold("Ops")}\n${opList(report.ops, options)}`);
  if (variables.length > 0) {
    blocks.push(`${paint.bold("Variables")}\n${variableTable(variables, options, paint)}`);
  }
  const collections = Object.entries(report.collections);
  if (collections.length > 0 && options.scope === "") {
    const texts = collections.map(([name, size]) => `${printable(name)} ${count(size)}`);
    blocks.push(`${paint.bold("Collections")}\n${wrap(texts)}`);
  }
  if (report.functions.length > 0) {
    const names = report.functions.map(printable);
    blocks.push(`${paint.bold("Functions")}\n${wrap(options.all ? names : firstOf(names, 8))}`);
  }
  return blocks;
}

export function isFrozen(report: GraphReport): boolean {
  return report.variables.length === 0 && report.signatures.length === 0;
}

function firstOf(texts: readonly string[], most: number): string[] {
  const rest = texts.length - most;
  return rest > 1 ? [...texts.slice(0, most), `and ${count(rest)} more (--all)`] : [...texts];
}

/** Texts with commas, in lines of 100 characters. */
function wrap(texts: readonly string[]): string {
  const lines: string[] = [];
  let line = " ";
  for (const [i, text] of texts.entries()) {
    const part = i < texts.length - 1 ? `${text},` : text;
    if (line.length + part.length + 1 > 100 && line !== " ") {
      lines.push(line);
      line = " ";
    }
    line += ` ${part}`;
  }
  return [...lines, line].join("\n");
}

function variableTotal(variables: readonly GraphVariable[]): string {
  const total = (some: readonly GraphVariable[]): [values: number, size: number] => [
    some.reduce((sum, { shape }) => sum + (elements(shape) ?? 0), 0),
    some.reduce((sum, { dtype, shape }) => sum + byteSize(dtype, shape), 0),
  ];
  const [values, size] = total(variables);
  const trainable = variables.filter((variable) => variable.trainable);
  const text = `${counted(variables.length, "variable")}: ${counted(values, "value")} (${bytes(size)})`;
  if (variables.every((variable) => variable.trainable === null)) return text;
  return `${text}; trainable are ${counted(trainable.length, "variable")} with ${counted(total(trainable)[0], "value")}`;
}

export function longTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { all }: ReportOptions,
  paint: Paint,
): string {
  const isLong = !all && rows.length > fewRows + 1;
  const text = table(headings, isLong ? rows.slice(0, fewRows) : rows, paint);
  return isLong ? `${text}\n  … and ${count(rows.length - fewRows)} more (--all)` : text;
}

function tensorTable(
  tensors: readonly GraphTensor[],
  options: ReportOptions,
  paint: Paint,
): string {
  const rows = tensors.map(({ name, dtype, shape }) => [printable(name), dtype, shapeText(shape)]);
  return longTable(["name", "dtype", "shape"], rows, options, paint);
}

function signatureBlock(signature: SignatureReport, paint: Paint): string {
  const method = signature.method === "" ? "" : ` (${printable(signature.method)})`;
  const rows = (
    [
      ["input", signature.inputs],
      ["output", signature.outputs],
    ] as const
  ).flatMap(([way, tensors]) =>
    tensors.map(({ name, dtype, shape, tensor }) => [
      way,
      printable(name),
      dtype,
      shapeText(shape),
      printable(tensor),
    ]),
  );
  const headings = ["", "name", "dtype", "shape", "tensor"];
  return `${paint.bold(`Signature ${printable(signature.name)}`)}${method}\n${table(headings, rows, paint)}`;
}

function opList(ops: Readonly<Record<string, number>>, { all }: ReportOptions): string {
  const texts = Object.entries(ops).map(([type, times]) => `${printable(type)} ${count(times)}`);
  return wrap(all ? texts : firstOf(texts, 30));
}

function variableTable(
  variables: readonly GraphVariable[],
  options: ReportOptions,
  paint: Paint,
): string {
  const slots = options.all ? new Map<string, string[]>() : slotsOf(variables);
  const shown = variables.filter(({ name }) => !isSlot(name, slots));
  // A slot is saved next to its variable, so only what is shown can have a name of its own.
  const hasKeys = shown.some(({ name, key, slice }) => key !== name || slice !== null);
  const rows = shown.map(({ name, dtype, shape, trainable, key, slice }) => [
    printable(name),
    dtype,
    shapeText(shape),
    count(elements(shape) ?? 0),
    bytesText(dtype, shape),
    trainable ? "trainable" : "",
    ...(slots.size > 0 ? [printable((slots.get(name) ?? []).join(", "))] : []),
    ...(hasKeys ? [key === name && slice === null ? "" : printable(savedAs(key, slice))] : []),
  ]);
  const headings = ["name", "dtype", "shape", " values", " size", ""];
  if (slots.size > 0) headings.push("slots");
  if (hasKeys) headings.push("saved as");
  return longTable(headings, rows, options, paint);
}

/**
 * What optimizers keep for a variable, by its name: variables of the same type and shape that are named below it, such
 * as `w/Adam` of `w`.
 */
export function slotsOf(
  variables: readonly (GraphTensor & { readonly slices?: readonly string[] | null })[],
): Map<string, string[]> {
  const kindOf = ({ dtype, shape, slices }: (typeof variables)[number]): string =>
    `${dtype} ${shape} ${slices}`;
  const kinds = new Map(variables.map((variable) => [variable.name, kindOf(variable)]));
  const slots = new Map<string, string[]>();
  for (const variable of variables) {
    const end = variable.name.lastIndexOf("/");
    const owner = variable.name.slice(0, Math.max(0, end));
    if (end <= 0 || kinds.get(owner) !== kindOf(variable)) continue;
    slots.set(owner, [...(slots.get(owner) ?? []), variable.name.slice(end + 1)]);
  }
  return slots;
}

export function isSlot(name: string, slots: ReadonlyMap<string, readonly string[]>): boolean {
  const end = name.lastIndexOf("/");
  return end > 0 && slots.get(name.slice(0, end))?.includes(name.slice(end + 1)) === true;
}

function savedAs(key: string, slice: string | null): string {
  return slice === null ? key : `${key}, slice ${slice.split(" ").at(-1)}`;
}

function bytesText(dtype: string, shape: Dims): string {
  return dtype === "string" || elements(shape) === null ? "?" : bytes(byteSize(dtype, shape));
}

// Scopes

interface Row {
  readonly label: string;
  readonly depth: number;
  readonly nodes: number;
  readonly variables: number;
  readonly parameters: number;
  readonly ops: ReadonlyMap<string, number>;
}

function scopeTable(root: ScopeReport, options: ReportOptions, paint: Paint): string {
  const rows: Row[] = [];
  const visit = (scope: ScopeReport, depth: number): void => {
    for (const { label, scopes } of options.all ? unfolded(scope.scopes) : folded(scope.scopes)) {
      rows.push(rowOf(label, depth, scopes));
      if (scopes.length === 1) visit(scopes[0] as ScopeReport, depth + 1);
    }
    const own = ownNodes(scope);
    if (scope.scopes.length > 0 && own.nodes > 0) {
      rows.push(
        rowOf(depth === 0 && options.scope === "" ? "(outside)" : "(itself)", depth, [own]),
      );
    }
  };
  visit(root, 0);
  if (rows.length === 0) rows.push(rowOf("(all)", 0, [root]));
  const hasVariables = rows.some(({ variables }) => variables > 0);
  const texts = rows.map(({ label, depth, nodes, variables, parameters, ops }) => [
    `${"  ".repeat(depth)}${printable(label)}`,
    count(nodes),
    ...(hasVariables
      ? [variables > 0 ? count(variables) : "", variables > 0 ? count(parameters) : ""]
      : []),
    byCount(ops)
      .slice(0, 4)
      .map(([type, times]) => `${printable(type)} ${count(times)}`)
      .join(", ") + (ops.size > 4 ? ", …" : ""),
  ]);
  const headings = hasVariables
    ? ["scope", " nodes", " variables", " parameters", "ops"]
    : ["scope", " nodes", "ops"];
  return longTable(headings, texts, options, paint);
}

function rowOf(label: string, depth: number, scopes: readonly Omit<ScopeReport, "scopes">[]): Row {
  const ops = new Map<string, number>();
  const [row] = [{ label, depth, nodes: 0, variables: 0, parameters: 0, ops }];
  for (const scope of scopes) {
    row.nodes += scope.nodes;
    row.variables += scope.variables;
    row.parameters += scope.parameters;
    for (const [type, times] of Object.entries(scope.ops))
      ops.set(type, (ops.get(type) ?? 0) + times);
  }
  return row;
}

/** What of a scope is in none of its scopes. */
function ownNodes(scope: ScopeReport): Omit<ScopeReport, "scopes"> {
  const ops = new Map(Object.entries(scope.ops));
  let { nodes, variables, parameters } = scope;
  for (const child of scope.scopes) {
    nodes -= child.nodes;
    variables -= child.variables;
    parameters -= child.parameters;
    for (const [type, times] of Object.entries(child.ops)) {
      const left = (ops.get(type) ?? 0) - times;
      if (left > 0) ops.set(type, left);
      else ops.delete(type);
    }
  }
  return { scope: scope.scope, nodes, variables, parameters, ops: Object.fromEntries(ops) };
}

interface ScopeRow {
  readonly label: string;
  readonly scopes: readonly ScopeReport[];
}

const lastPart = ({ scope }: ScopeReport): string => scope.slice(scope.lastIndexOf("/") + 1);

function unfolded(scopes: readonly ScopeReport[]): ScopeRow[] {
  return scopes.map((scope) => ({ label: lastPart(scope), scopes: [scope] }));
}

const manySiblings = 4;
const manyScopes = 8;
const fewNodes = 10;

/**
 * Siblings that differ only in their number, such as `gradients_2`, become one row when they are many; so do scopes that
 * hold next to nothing where there are many scopes.
 */
function folded(scopes: readonly ScopeReport[]): ScopeRow[] {
  const isSmall = (scope: ScopeReport): boolean =>
    scopes.length > manyScopes && scope.nodes <= fewNodes && scope.variables === 0;
  const small = scopes.filter(isSmall);
  const large = small.length < 2 ? scopes : scopes.filter((scope) => !isSmall(scope));
  const stemOf = (scope: ScopeReport): string => lastPart(scope).replace(/_\d+$/, "");
  const families = new Map<string, ScopeReport[]>();
  for (const scope of large) {
    const stem = stemOf(scope);
    families.set(stem, [...(families.get(stem) ?? []), scope]);
  }
  const rows = large.flatMap((scope) => {
    const stem = stemOf(scope);
    const family = families.get(stem) as ScopeReport[];
    if (family.length < manySiblings) return unfolded([scope]);
    return family[0] === scope
      ? [{ label: `${stem}_* (${count(family.length)})`, scopes: family }]
      : [];
  });
  if (small.length < 2) return rows;
  return [...rows, { label: `(${count(small.length)} small scopes)`, scopes: small }];
}
