/** Looking up rows of tables that may be split over several variables. */

import { type DType, int32 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { getDefaultGraph, inGraph } from "../core/graph.ts";
import { mistakeHint } from "../core/kind.ts";
import { type Dim, type TensorShape, unknownShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { maximum } from "./binary.ts";
import { cast } from "./cast.ts";
import { clipByNorm } from "./clip.ts";
import { less } from "./comparison.ts";
import { concat } from "./concat.ts";
import { constant } from "./constant.ts";
import { convertToTensor, isTensorConvertible, type TensorLike } from "./convert.ts";
import type { Named } from "./create.ts";
import { gather } from "./gather.ts";
import { identity } from "./identity.ts";
import { range } from "./range.ts";
import { stack } from "./stack.ts";
import "./operators.ts";
import { indexTensor } from "./index-tensor.ts";
import { dynamicPartition, parallelDynamicStitch } from "./partition.ts";
import { reduceSum } from "./reduce.ts";
import { rank, reshape, shape, size } from "./shape.ts";
import { integers, isTensorLike, opScope } from "./support.ts";
import { where } from "./where.ts";

export interface EmbeddingOptions extends Named {
  /** How rows are split over several tables: row i in table i mod n, or in contiguous blocks. */
  readonly partitionStrategy?: "mod" | "div" | undefined;
  /** Rows longer than this are scaled down to it. */
  readonly maxNorm?: number | undefined;
}

/** A table: a tensor or variable of rows, or the values of one. */
type Table = TensorLike & { readonly shape?: TensorShape };

/**
 * Rows `ids` of a table [rows, ...], or of tables that together hold the rows. The result has the shape of `ids`
 * followed by that of a row. TensorFlow: `tf.nn.embedding_lookup`.
 */
export function embeddingLookup(
  params: TensorLike | readonly TensorLike[],
  ids: TensorLike,
  { partitionStrategy = "mod", maxNorm, name }: EmbeddingOptions = {},
): Tensor {
  if (params === null || params === undefined) {
    throw new ValueError("params must be specified", mistakeHint(params));
  }
  if (partitionStrategy !== "mod" && partitionStrategy !== "div") {
    throw new ValueError(
      `Unrecognized partition strategy: ${partitionStrategy}.Must be one of either \`mod\` or \`div\`.`,
    );
  }
  const tables = tablesOf(params);
  if (tables.length === 0)
    throw new ValueError("Length of params is currently 0. Need at least one param.");
  return opScope(name, "embedding_lookup", [...tables, ids], (scope) => {
    const isResource = tables.some(readsSparsely);
    const rows = isResource
      ? tables
      : tables.map((table, i) => convertToTensor(table, { name: `params_${i}` }) as Table);
    const places = convertToTensor(integers(ids), { name: "ids" });
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) {
      const found = colocated(only, () =>
        clipped(gather(only, places, { name: scope }), places, maxNorm),
      );
      return identity(found);
    }
    const result = lookUpParts(rows, places, partitionStrategy, scope);
    return clipped(result, places, maxNorm);
  });
}

function tablesOf(params: TensorLike | readonly TensorLike[]): readonly Table[] {
  if (isPartitioned(params)) return [...params];
  const isList = Array.isArray(params) && params.every((item) => isTensorLike(item));
  return (isList ? params : [params]) as readonly Table[];
}

/** A variable in parts iterates over its parts. */
function isPartitioned(params: unknown): params is Iterable<Table> {
  return (
    typeof params === "object" &&
    params !== null &&
    !Array.isArray(params) &&
    !ArrayBuffer.isView(params) &&
    Symbol.iterator in params
  );
}

/** Whether single rows can be read without reading the table, as from a resource variable. */
function readsSparsely(table: Table): boolean {
  return isTensorConvertible(table) && "handle" in table;
}

function colocated<R>(table: Table, body: () => R): R {
  const graph = getDefaultGraph();
  return inGraph(graph, () => graph.colocateWith(table, {}, body));
}

function shapeOf(table: Table): TensorShape {
  return table.shape ?? unknownShape;
}

/** Rows no longer than `maxNorm`. */
function clipped(found: Tensor, ids: Tensor, maxNorm: number | undefined): Tensor {
  if (maxNorm === undefined) return found;
  const outer = ids.shape.rank;
  const whole = found.shape.rank;
  const axes =
    outer && whole
      ? Array.from({ length: whole - outer }, (_, i) => outer + i)
      : range(outer || rank(ids), whole || rank(found));
  return clipByNorm(found, maxNorm, { axes });
}

function lookUpParts(
  tables: readonly Table[],
  ids: Tensor,
  strategy: "mod" | "div",
  scope: string,
): Tensor {
  const count = tables.length;
  const flat = reshape(ids, [-1]);
  const original = range(size(flat));
  const [part, place] =
    strategy === "mod" ? [flat.mod(count), flat.floordiv(count)] : blocks(tables, flat);
  const assignments = cast(part, int32);
  const places = dynamicPartition(place, assignments, count);
  const positions = dynamicPartition(original, assignments, count);
  const found = tables.map((table, i) =>
    colocated(table, () => gather(table, places[i] as Tensor)),
  );
  const joined = parallelDynamicStitch(positions, found, { name: scope });
  const first = tables[0] as Table;
  const row = tables
    .slice(1)
    .reduce((merged, table) => merged.mergeWith(shapeOf(table).slice(1)), shapeOf(first).slice(1));
  const rowShape: TensorLike =
    row.known ??
    indexTensor(
      colocated(first, () => shape(first)),
      [[1]],
    );
  const result = reshape(joined, concat([shape(ids), rowShape], 0));
  result.setShape(ids.shape.concatenate(row));
  return result;
}

/** The part and the place in it of every id when the rows are split into contiguous blocks, larger ones first. */
function blocks(tables: readonly Table[], ids: Tensor): readonly [part: Tensor, place: Tensor] {
  const count = tables.length;
  const dtype = ids.dtype.base;
  const total = totalRows(tables, dtype);
  const perBlock = total.floordiv(count);
  const extras = total.mod(count);
  const inLarge = ids.floordiv(perBlock.add(1));
  const part = maximum(inLarge, ids.sub(extras).floordiv(perBlock));
  const isLarge = less(part, extras);
  const placeInLarge = ids.mod(perBlock.add(1));
  return [part, where(isLarge, placeInLarge, ids.sub(extras).mod(perBlock))];
}

function totalRows(tables: readonly Table[], dtype: DType): Tensor {
  const known = tables.map((table): Dim => shapeOf(table).dim(0));
  if (known.every((dim) => dim !== null)) {
    return constant(
      (known as number[]).reduce((sum, dim) => sum + dim, 0),
      { dtype },
    );
  }
  const sizes = tables.map(
    (table, i): TensorLike => known[i] ?? colocated(table, () => indexTensor(shape(table), [0])),
  );
  return reduceSum(cast(stack(sizes), dtype));
}
