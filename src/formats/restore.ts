/** What restoring needs, whether a checkpoint has it, and what would make it fit. */

import type { DType } from "../core/dtypes.ts";
import { sizeOf } from "../core/ndarray.ts";
import type { TensorShape } from "../core/shape.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { constantValue } from "../ops/constant-value.ts";
import { opDef } from "../ops/define.ts";
import { elementText } from "../ops/filename-strings.ts";
import type { CheckpointFile, TensorInfo } from "./checkpoint.ts";
import { nameOfType } from "./elements.ts";
import { type Renames, renamed, suggestRenames } from "./renames.ts";
import { parseShapeAndSlice } from "./slice.ts";

/** One tensor that a graph restores. */
export interface RestoreRequest {
  /** Its name in the checkpoint. */
  readonly key: string;
  readonly sliceSpec: string;
  readonly dtype: DType;
  /** The output of the node that reads it. */
  readonly tensor: Tensor;
  /** The node that puts it into a variable. */
  readonly write: Operation | null;
  /** The variable's shape, null where any will do. */
  readonly shape: TensorShape | null;
  /** It takes the variable's shape, so only the number of elements must fit. */
  readonly reshapes: boolean;
}

/** A tensor that is in the checkpoint, but does not fit. */
export interface Mismatch {
  readonly name: string;
  readonly kind: "shape" | "dtype";
  /** In the graph. */
  readonly expected: string;
  /** In the checkpoint. */
  readonly found: string;
  /** The node that reads it, or would put it into its variable. */
  readonly op: Operation;
}

/** How a checkpoint fits a graph. */
export interface RestoreReport {
  readonly path: string;
  /** Names that fit, and were restored if anything was. */
  readonly restored: readonly string[];
  /** Names that the graph has and the checkpoint has not. */
  readonly missing: readonly string[];
  /** Names that the checkpoint has and the graph has not. These do no harm. */
  readonly unexpected: readonly string[];
  readonly mismatched: readonly Mismatch[];
  /**
   * What makes missing names fit: names of the graph with names of the checkpoint, or scopes (`"a/"`, `"/"` for the root)
   * with scopes. `saver.restore(session, path, { rename })` takes it. Null when nothing was found.
   */
  readonly rename: Renames | null;
}

/** Names that tools put into checkpoints beside variables. */
const bookkeeping = /^_CHECKPOINTABLE_OBJECT_GRAPH$|^_tensorscope\//;

/** The tensors that an operation restores when it runs, from the nodes it needs. */
export function restoreRequests(restoreOp: Operation): RestoreRequest[] {
  const needed = new Set([restoreOp]);
  for (const op of needed) {
    for (const input of op.inputs) needed.add(input.op);
    for (const input of op.controlInputs) needed.add(input);
  }
  return [...needed]
    .filter((op) => /^Restore(V2|Slice)?$/.test(op.type))
    .sort((a, b) => a.id - b.id)
    .flatMap((op) => requestsOf(op, needed));
}

function requestsOf(op: Operation, needed: ReadonlySet<Operation>): RestoreRequest[] {
  const [, names, slices] = op.inputs;
  const keys = textsOf(names);
  const specs = textsOf(slices);
  return op.outputs.map((tensor, i) => ({
    key: keys[i] ?? "",
    sliceSpec: specs[i] ?? "",
    dtype: tensor.dtype.base,
    tensor,
    ...destination(tensor, needed),
  }));
}

function textsOf(tensor: Tensor | undefined): string[] {
  const value = tensor && constantValue(tensor);
  return value ? Array.from(value.values(), elementText) : [];
}

/** Follows a restored tensor to the variable that it goes into. */
function destination(
  tensor: Tensor,
  needed: ReadonlySet<Operation>,
): Pick<RestoreRequest, "write" | "shape" | "reshapes"> {
  let reshapes = false;
  let value: Tensor | undefined = tensor;
  while (value) {
    const user: Operation | undefined = value.consumers().find((op) => needed.has(op));
    if (!user) break;
    if (opDef(user.type)?.traits.writes?.includes(0)) {
      const [target] = user.inputs;
      const anyShape = user.attrs.get("validate_shape")?.value === false && target?.dtype.isRef;
      const known = target?.dtype.isRef ? target.shape : (target?.handle?.shape ?? null);
      const isFree = anyShape && !reshapes;
      return { write: user, shape: isFree ? null : (known ?? null), reshapes };
    }
    if (user.inputs[0] !== value || user.inputs.length > 2) break;
    if (user.inputs.length === 2) reshapes = true;
    value = user.outputs[0];
  }
  return { write: null, shape: null, reshapes };
}

/** Compares what a graph asks for with what a checkpoint has. */
export function compareCheckpoint(
  requests: readonly RestoreRequest[],
  checkpoint: CheckpointFile,
  renames: Renames,
): RestoreReport {
  const byKey = new Map<string, RestoreRequest[]>();
  for (const request of requests) {
    const list = byKey.get(request.key);
    if (list) list.push(request);
    else byKey.set(request.key, [request]);
  }
  const restored: string[] = [];
  const missing: RestoreRequest[] = [];
  const mismatched: Mismatch[] = [];
  const used = new Set<string>();
  for (const [key, list] of byKey) {
    const stored = renamed(key, renames);
    used.add(stored);
    const info = checkpoint.info(stored);
    const problem = info && list.map((one) => misfit(one, info)).find((found) => found !== null);
    if (!info) missing.push(list[0] as RestoreRequest);
    else if (problem) mismatched.push(problem);
    else restored.push(key);
  }
  const unexpected = checkpoint
    .names()
    .filter((name) => !used.has(name) && !bookkeeping.test(name));
  const wanted = missing.map((one) => ({
    name: one.key,
    fits: (name: string) => {
      const info = checkpoint.info(name);
      return info !== null && misfit(one, info) === null;
    },
  }));
  return {
    path: checkpoint.path,
    restored,
    missing: missing.map(({ key }) => key),
    unexpected,
    mismatched,
    rename: suggestRenames(wanted, unexpected, [
      ...restored,
      ...mismatched.map(({ name }) => name),
    ]),
  };
}

function misfit(request: RestoreRequest, info: TensorInfo): Mismatch | null {
  const { key: name, dtype, tensor, write } = request;
  const type = nameOfType(info.type);
  if (type !== dtype.name) {
    return { name, kind: "dtype", expected: dtype.name, found: type, op: tensor.op };
  }
  const part = parseShapeAndSlice(request.sliceSpec);
  const expected = part ? `[${part.shape.join(",")}]` : request.shape?.toRuntimeString();
  const fits = part ? String(part.shape) === String(info.shape) : shapeFits(request, info.shape);
  if (fits || expected === undefined) return null;
  const op = part ? tensor.op : (write ?? tensor.op);
  return { name, kind: "shape", expected, found: `[${info.shape.join(",")}]`, op };
}

function shapeFits({ shape, reshapes }: RestoreRequest, stored: readonly number[]): boolean {
  if (!shape) return true;
  if (!reshapes) return shape.isCompatibleWith(stored);
  return shape.size === null || shape.size === sizeOf(stored);
}

// Text

/** Longer lists are cut in texts; reports have all names. */
const shownNames = 100;

function list(title: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, shownNames).map((name) => `  ${name}`);
  const rest = names.length - shown.length;
  return [`${title} (${names.length}):`, ...shown, ...(rest > 0 ? [`  and ${rest} more`] : [])];
}

/** All that does not fit, and the map that would make it fit. */
export function formatReport(report: RestoreReport): string {
  const { missing, mismatched, unexpected, rename, path, restored } = report;
  const lines = [
    ...list(`Missing from ${path}`, missing),
    ...list(
      "Of another shape or type there",
      mismatched.map(({ name, kind, expected, found }) =>
        kind === "shape"
          ? `${name}: the graph has shape ${expected}, the checkpoint ${found}`
          : `${name}: the graph has type ${expected}, the checkpoint ${found}`,
      ),
    ),
    ...list("In the checkpoint, but not asked for", unexpected),
  ];
  if (rename) {
    const scopes = Object.entries(rename);
    const fixed = missing.filter((name) => renamed(name, rename) !== name).length;
    lines.push(
      `${fixed === missing.length ? "All" : `${fixed} of the`} missing names are there under other names. This map makes them fit:`,
      `  saver.restore(session, path, { rename: {${scopes.map(([from, to]) => ` ${JSON.stringify(from)}: ${JSON.stringify(to)}`).join(",")} } })`,
    );
  }
  lines.push(
    `${restored.length} names fit. { strict: false } restores these and returns the report.`,
  );
  return lines.join("\n");
}
