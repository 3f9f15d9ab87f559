/** Compares what we did with what TensorFlow did. Every tolerated difference is a named rule of rules.json. */

import type {
  ArrayRecord,
  ErrorRecord,
  NodeRecord,
  Recording,
  RunRecord,
  Tolerance,
  ValueRecord,
} from "./harness.ts";
import rules from "./rules.json" with { type: "json" };

type Differences = string[];

/** Everything in which the two differ, for people; empty when they agree. */
export function compare(
  id: string,
  ours: Recording,
  theirs: Recording,
  tolerance: Tolerance,
): Differences {
  return [
    ...compareNodes(ours, theirs, id),
    ...compareCollections(ours.collections, theirs.collections),
    ...comparePrints(ours.prints ?? [], theirs.prints ?? []),
    ...compareErrors(ours.errors ?? {}, theirs.errors ?? {}),
    ...compareRuns(ours.values ?? [], theirs.values ?? [], tolerance),
  ];
}

interface RegularizerRule {
  readonly drop: readonly string[];
  readonly rename: Readonly<Record<string, string>>;
}

/** The rule `refusedCalls`: nodes that neither side needs. */
function leftByErrors(theirs: Recording): ReadonlySet<string> {
  return new Set(Object.values(theirs.errors ?? {}).flatMap((e) => e.leftNodes ?? []));
}

/** The rule `regularizerOnce`, applied to TensorFlow's nodes. */
function regularizeOnce(nodes: readonly NodeRecord[], id: string): readonly NodeRecord[] {
  const table = rules.regularizerOnce.scenarios as Readonly<Record<string, RegularizerRule>>;
  const rule = table[id];
  if (!rule) return nodes;
  const patterns = rule.drop.map((source) => new RegExp(`^(?:${source})$`));
  return nodes
    .filter((node) => !patterns.some((pattern) => pattern.test(node.name)))
    .map((node) =>
      node.inputs ? { ...node, inputs: node.inputs.map((i) => rule.rename[i] ?? i) } : node,
    );
}

/** The rule `opsAfter1.15`, applied to TensorFlow's nodes. */
function withoutNewOps(nodes: readonly NodeRecord[]): readonly NodeRecord[] {
  const { ops } = rules["opsAfter1.15"];
  return nodes.filter((node) => !ops.includes(node.op));
}

/** The rule `attrsAfter1.15`; and `x:0`, which TensorFlow writes for rerouted inputs, is the same as `x`. */
function normalized(node: NodeRecord): NodeRecord {
  const table = rules["attrsAfter1.15"].attrs as Readonly<Record<string, readonly string[]>>;
  const dropped = new Set([...(table["*"] ?? []), ...(table[node.op] ?? [])]);
  const attrs = Object.entries(node.attrs ?? {}).filter(([key]) => !dropped.has(key));
  const inputs = node.inputs?.map((input) => input.replace(/:0$/, ""));
  return { ...node, ...(inputs ? { inputs } : {}), attrs: Object.fromEntries(attrs) };
}

function compareNodes(ours: Recording, theirs: Recording, id: string): Differences {
  const left = leftByErrors(theirs);
  const prepare = (nodes: readonly NodeRecord[]) =>
    nodes.filter((node) => !left.has(node.name)).map(normalized);
  const a = prepare(ours.nodes);
  const b = prepare(regularizeOnce(withoutNewOps(theirs.nodes), id));
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const fields = differingFields(a[i], b[i]);
    if (fields.length === 0) continue;
    return [
      `node ${i} differs in ${fields.join(", ")}\n` +
        `  TensorFlow: ${brief(b[i])}\n  ours:       ${brief(a[i])}\n` +
        `  before it:          ${around(b, i - 3, i)}\n` +
        `  TensorFlow goes on: ${around(b, i + 1, i + 5)}\n  we go on:           ${around(a, i + 1, i + 5)}`,
    ];
  }
  return [];
}

function brief(node: NodeRecord | undefined): string {
  return node ? JSON.stringify(node) : "nothing";
}

function around(nodes: readonly NodeRecord[], from: number, to: number): string {
  const some = nodes.slice(Math.max(from, 0), to).map((node) => `${node.name}:${node.op}`);
  return some.join(" ") || "nothing";
}

function differingFields(a: NodeRecord | undefined, b: NodeRecord | undefined): string[] {
  if (!a || !b) return ["existence"];
  const fields = ["name", "op", "device", "inputs", "control"] as const;
  const found: string[] = fields.filter((field) => !same(a[field], b[field]));
  if (!outputsAgree(a.outputs ?? [], b.outputs ?? [])) found.push("outputs");
  const keys = new Set([...Object.keys(a.attrs ?? {}), ...Object.keys(b.attrs ?? {})]);
  for (const key of keys) {
    const [mine, other] = [a.attrs?.[key], b.attrs?.[key]];
    if (mine !== other) found.push(`attr ${key} (TensorFlow ${other}, ours ${mine})`);
  }
  return found;
}

/** The rule `knownShapes`: `float32[2,3]` of ours agrees with TensorFlow's `float32[?,3]` and `float32<unknown>`. */
function outputsAgree(ours: readonly string[], theirs: readonly string[]): boolean {
  return (
    ours.length === theirs.length &&
    theirs.every((output, i) => {
      const [dtype = "", dims] = output.replace("]", "").split(/\[|<unknown>/);
      const known = output.endsWith("<unknown>") ? null : (dims ?? "").split(",");
      const mine = ours[i] as string;
      if (!known) return mine.startsWith(dtype) && /^[[<]/.test(mine.slice(dtype.length));
      const pattern = known.map((dim) => (dim === "?" ? "(\\?|\\d+)" : dim)).join(",");
      return new RegExp(`^${dtype}\\[${pattern}\\]$`).test(mine);
    })
  );
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function compareCollections(
  ours: Recording["collections"],
  theirs: Recording["collections"],
): Differences {
  const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...keys]
    .filter((key) => !same(ours[key], theirs[key]))
    .map(
      (key) =>
        `collection ${key}: TensorFlow ${JSON.stringify(theirs[key])}, ours ${JSON.stringify(ours[key])}`,
    );
}

function comparePrints(ours: readonly string[], theirs: readonly string[]): Differences {
  const found: string[] = [];
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    if (ours[i] !== theirs[i]) found.push(`print ${i}: TensorFlow ${theirs[i]}, ours ${ours[i]}`);
  }
  return found.slice(0, 5);
}

/** The rule `errorText`. */
function plainText(message: string): string {
  return rules.errorText.replace.reduce(
    (text, [pattern, replacement]) =>
      text.replace(new RegExp(pattern as string, "g"), replacement as string),
    message,
  );
}

function compareErrors(
  ours: Readonly<Record<string, ErrorRecord>>,
  theirs: Readonly<Record<string, ErrorRecord>>,
): Differences {
  const found: string[] = [];
  for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const [mine, other] = [ours[name], theirs[name]];
    // Our own line and hint follow TensorFlow's text.
    const agree =
      mine &&
      other &&
      mine.type === other.type &&
      plainText(mine.message).startsWith(plainText(other.message).trimEnd());
    if (agree) continue;
    const text = (error: ErrorRecord | undefined) =>
      error ? `${error.type}: ${error.message}` : "none";
    found.push(`error '${name}'\n  TensorFlow: ${text(other)}\n  ours:       ${text(mine)}`);
  }
  return found;
}

function compareRuns(
  ours: readonly RunRecord[],
  theirs: readonly RunRecord[],
  tolerance: Tolerance,
): Differences {
  if (ours.length !== theirs.length) {
    return [`TensorFlow recorded ${theirs.length} runs, we ${ours.length}`];
  }
  const found: string[] = [];
  theirs.forEach((run, i) => {
    const limits = run.exact ? { rtol: 0, atol: 0 } : tolerance;
    compareValues(ours[i]?.fetched ?? null, run.fetched, `run ${i}`, limits, found);
  });
  return found.slice(0, 8);
}

function isArrayRecord(value: ValueRecord): value is ArrayRecord {
  return typeof value === "object" && value !== null && "dtype" in value && "data" in value;
}

function compareValues(
  a: ValueRecord,
  b: ValueRecord,
  path: string,
  limits: Tolerance,
  found: string[],
): void {
  if (a === null || b === null || isArrayRecord(a) !== isArrayRecord(b)) {
    if (a !== b) found.push(`${path}: TensorFlow ${JSON.stringify(b)}, ours ${JSON.stringify(a)}`);
    return;
  }
  if (isArrayRecord(a) && isArrayRecord(b)) {
    const difference = compareArrays(a, b, limits);
    if (difference) found.push(`${path}: ${difference}`);
    return;
  }
  const [mine, other] = [a, b] as unknown as readonly Readonly<Record<string, ValueRecord>>[];
  if (!mine || !other) return;
  for (const key of new Set([...Object.keys(mine), ...Object.keys(other)])) {
    compareValues(mine[key] ?? null, other[key] ?? null, `${path}.${key}`, limits, found);
  }
}

/** Defaults by dtype; whole numbers, booleans and strings must be equal. */
function limitsFor(
  dtype: string,
  { rtol, atol }: Tolerance,
): { readonly rtol: number; readonly atol: number } {
  if (dtype === "float64") return { rtol: rtol ?? 1e-9, atol: atol ?? 1e-12 };
  if (dtype === "float32") return { rtol: rtol ?? 2e-5, atol: atol ?? 1e-6 };
  return { rtol: 0, atol: 0 };
}

function compareArrays(
  ours: ArrayRecord,
  theirs: ArrayRecord,
  tolerance: Tolerance,
): string | undefined {
  if (ours.dtype !== theirs.dtype || !same(ours.shape, theirs.shape)) {
    return `TensorFlow ${theirs.dtype}[${theirs.shape}], ours ${ours.dtype}[${ours.shape}]`;
  }
  const { rtol, atol } = limitsFor(ours.dtype, tolerance);
  const round = ours.dtype === "float32" ? Math.fround : (x: number) => x;
  for (let i = 0; i < theirs.data.length; i++) {
    const [mine, other] = [ours.data[i], theirs.data[i]];
    if (typeof mine === "number" && typeof other === "number") {
      const expected = round(other);
      if (Math.abs(mine - expected) <= atol + rtol * Math.abs(expected)) continue;
    } else if (mine === other) continue;
    return `element ${i} of [${theirs.shape}]: TensorFlow ${other}, ours ${mine}\n    TensorFlow ${head(theirs)}\n    ours       ${head(ours)}`;
  }
  return undefined;
}

function head(array: ArrayRecord): string {
  return array.data.slice(0, 8).join(" ") + (array.data.length > 8 ? " …" : "");
}
