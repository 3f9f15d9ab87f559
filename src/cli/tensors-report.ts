// What `inspect` tells of named tensors: of checkpoints, npz archives and safetensors files.
import type { NDArray } from "../core/ndarray.ts";
import { nameOfType } from "../formats/elements.ts";
import { formatSlice } from "../formats/slice.ts";
import { isSlot, isWithin, longTable, type ReportOptions, slotsOf } from "./graph-report.ts";
import { byteSize, elements } from "./graphs.ts";
import { readParts, type TensorFile } from "./load.ts";
import { bytes, count, counted, type Paint, printable, shapeText, short } from "./text.ts";

export interface TensorReport {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: number;
  readonly bytes: number;
  readonly slices: readonly string[] | null;
  readonly range?: ValueRange | undefined;
}

export interface ValueRange {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Values that are not finite. */
  readonly special: number;
}

export function tensorReports(
  file: TensorFile,
  { scope }: ReportOptions,
  readsValues: boolean,
): TensorReport[] {
  return file
    .names()
    .filter((name) => isWithin(name, scope))
    .map((name) => {
      const info = file.info(name);
      const [type, shape] = [info?.type ?? 0, info?.shape ?? []];
      return {
        name,
        dtype: nameOfType(type),
        shape,
        values: elements(shape) ?? 0,
        bytes: byteSize(type, shape),
        slices: info?.slices?.map(formatSlice) ?? null,
        ...(readsValues ? { range: rangeOf(readParts(file, name)) } : {}),
      };
    });
}

/** Smallest, largest and mean of the finite values; undefined for what is not numbers, or empty. */
function rangeOf(parts: readonly NDArray[]): ValueRange | undefined {
  let [min, max, sum, finite, size] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (const part of parts) {
    if (part.dtype.baseName === "string" || part.dtype.isComplex) return undefined;
    size += part.size;
    for (const element of part.values()) {
      const value = Number(element);
      if (!Number.isFinite(value)) continue;
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
      finite += 1;
    }
  }
  return size === 0 ? undefined : { min, max, mean: sum / finite, special: size - finite };
}

export function tensorTotal(tensors: readonly TensorReport[]): string {
  const values = tensors.reduce((sum, tensor) => sum + tensor.values, 0);
  const size = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  return `${counted(tensors.length, "tensor")}: ${counted(values, "value")} (${bytes(size)})`;
}

export function printTensors(
  tensors: readonly TensorReport[],
  options: ReportOptions,
  paint: Paint,
): string[] {
  if (tensors.length === 0) return [];
  const sliced = tensors.some(({ slices }) => slices !== null);
  const ranged = tensors.some(({ range }) => range !== undefined);
  const slots = options.all || ranged ? new Map<string, string[]>() : slotsOf(tensors);
  const shown = tensors.filter(({ name }) => !isSlot(name, slots));
  const rows = shown.map(({ name, dtype, shape, values, bytes: size, slices, range }) => [
    printable(name),
    dtype,
    shapeText(shape),
    count(values),
    dtype === "string" ? "?" : bytes(size),
    ...(sliced ? [slices === null ? "" : slicesText(slices)] : []),
    ...(slots.size > 0 ? [printable((slots.get(name) ?? []).join(", "))] : []),
    ...(ranged ? rangeTexts(range) : []),
  ]);
  const headings = ["name", "dtype", "shape", " values", " size"];
  if (sliced) headings.push("stored as");
  if (slots.size > 0) headings.push("slots");
  if (ranged) headings.push(" min", " max", " mean", "");
  const scopes = scopeTotals(tensors, options);
  const blocks = [`${paint.bold("Tensors")}\n${longTable(headings, rows, options, paint)}`];
  if (scopes.length > 1) {
    const heads = ["scope", " tensors", " values", " size"];
    blocks.unshift(`${paint.bold("Scopes")}\n${longTable(heads, scopes, options, paint)}`);
  }
  return blocks;
}

function slicesText(slices: readonly string[]): string {
  const few = slices.slice(0, 3).join(" and ");
  return slices.length > 3
    ? `${counted(slices.length, "slice")}`
    : `${counted(slices.length, "slice")} ${few}`;
}

function rangeTexts(range: ValueRange | undefined): string[] {
  if (!range) return ["", "", "", ""];
  const { min, max, mean, special } = range;
  const texts = Number.isNaN(mean) ? ["", "", ""] : [short(min), short(max), short(mean)];
  return [...texts, special > 0 ? `${count(special)} not finite` : ""];
}

/** Totals by scope, down to the depth that is shown. */
function scopeTotals(
  tensors: readonly TensorReport[],
  { depth, scope }: ReportOptions,
): string[][] {
  const totals = new Map<string, { tensors: number; values: number; bytes: number }>();
  const base = scope === "" ? 0 : scope.split("/").length;
  const names = new Set(tensors.map(({ name }) => name));
  for (const tensor of tensors) {
    const parts = tensor.name.split("/").slice(0, -1);
    for (let level = base + 1; level <= Math.min(parts.length, base + depth); level++) {
      const path = parts.slice(0, level).join("/");
      // Below a variable are its slots, and it is no scope.
      if (names.has(path)) break;
      const total = totals.get(path) ?? { tensors: 0, values: 0, bytes: 0 };
      totals.set(path, {
        tensors: total.tensors + 1,
        values: total.values + tensor.values,
        bytes: total.bytes + tensor.bytes,
      });
    }
  }
  // A scope of one tensor tells nothing that the tensor does not.
  return [...totals]
    .filter(([, total]) => total.tensors > 1)
    .sort(([a], [b]) => compareParts(a, b))
    .map(([path, total]) => {
      const level = path.split("/").length - base - 1;
      const name = path.slice(path.lastIndexOf("/") + 1);
      return [
        `${"  ".repeat(level)}${printable(name)}`,
        count(total.tensors),
        count(total.values),
        bytes(total.bytes),
      ];
    });
}

/** Scopes before what is in them, whatever other characters names have. */
function compareParts(a: string, b: string): number {
  const [lhs, rhs] = [a.split("/"), b.split("/")];
  for (let i = 0; i < Math.min(lhs.length, rhs.length); i++) {
    const [x, y] = [lhs[i] as string, rhs[i] as string];
    if (x !== y) return x < y ? -1 : 1;
  }
  return lhs.length - rhs.length;
}
