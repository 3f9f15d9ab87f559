/** Reading and writing parts of variables: gathers from handles, scatters into references and handles. */

import { bfloat16, type DType, float16, float32, float64, int32, int64 } from "../core/dtypes.ts";
import { type TensorShape, unknownShape } from "../core/shape.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import type { Value } from "../engines/ir.ts";
import type { RoutineParams } from "../engines/routines/index.ts";
import { concat, expandDims, indexTensor, reshape, scatterNd, size, squeeze } from "./array.ts";
import { constant } from "./constant.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp, ShapeError, type ShapeInput, type TypedOpDef } from "./define.ts";
import { numbers } from "./dtype-lists.ts";
import { IndexedSlices } from "./indexed-slices.ts";
import { mergeShapes, withRankAtLeast } from "./merge.ts";
import {
  type AssignOptions,
  asResource,
  handleShape,
  type RefLike,
  type ResourceLike,
  requireResource,
  variableShape,
  type Writable,
} from "./state.ts";
import { integers } from "./support.ts";

const ordered: readonly DType[] = [float16, bfloat16, float32, float64, int32, int64];

type Kind = RoutineParams<"scatterUpdate">["kind"];

// Rows

/** Updates are a scalar, or one row per index. */
function checkRows(variable: TensorShape, indices: TensorShape, updates: TensorShape): void {
  if (updates.rank === 0 || variable.rank === null || variable.rank === 0) return;
  mergeShapes(updates, indices.concatenate(variable.slice(1)));
}

function isScalarOrRows(variable: Value, indices: Value, updates: Value): boolean {
  if (updates.shape.length === 0) return true;
  const expected = [...indices.shape, ...variable.shape.slice(1)];
  return (
    expected.length === updates.shape.length && expected.every((dim, i) => dim === updates.shape[i])
  );
}

function defineRefScatter<const N extends string>(
  type: N,
  kind: Kind,
  allowed: readonly DType[] | undefined,
  gradient: "zero" | "none",
) {
  return defineOp({
    type,
    inputs: ["ref: Ref(T)", "indices: Tindices", "updates: T"],
    outputs: ["output_ref: Ref(T)"],
    attrs: {
      T: a.type(allowed),
      Tindices: a.type([int32, int64]),
      use_locking: a.bool(kind === "update"),
    },
    traits: { stateful: true, aliases: true, writes: [0] },
    shape: ({ inputs: [ref, indices, updates] }) => {
      checkRows(ref.shape, indices.shape, updates.shape);
      return [ref.shape];
    },
    gradient,
    lower: ({ inputs: [ref, indices, updates], k }) => {
      if (ref.shape.length === 0) {
        throw new Error(`params must be at least 1-D, got shape []`);
      }
      if (!isScalarOrRows(ref, indices, updates)) {
        throw new Error(
          `Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got updates.shape [${updates.shape}], indices.shape [${indices.shape}], params.shape [${ref.shape}]`,
        );
      }
      k.routineInto("scatterUpdate", [indices, updates], [ref], { kind });
      return [ref];
    },
  });
}

function defineResourceScatter<const N extends string>(
  type: N,
  kind: Kind,
  allowed: readonly DType[] | undefined,
) {
  return defineOp({
    type,
    inputs: ["resource: resource", "indices: Tindices", "updates: dtype"],
    outputs: [],
    attrs: { dtype: a.type(allowed), Tindices: a.type([int32, int64]) },
    traits: { stateful: true, writes: [0] },
    shape: ({ inputs: [resource, indices, updates], attrs }) => {
      checkRows(handleShape(resource, attrs.dtype), indices.shape, updates.shape);
      return [];
    },
    gradient: "none",
    lower: ({ inputs: [variable, indices, updates], k, op }) => {
      requireResource(k, op, variable);
      if (!isScalarOrRows(variable, indices, updates)) {
        throw new Error(
          `The shape of indices ([${indices.shape}]) must be a prefix of the shape of updates ([${updates.shape}])`,
        );
      }
      k.routineInto("scatterUpdate", [indices, updates], [variable], { kind });
      return [];
    },
  });
}

const ScatterUpdate = defineRefScatter("ScatterUpdate", "update", undefined, "none");
const ScatterAdd = defineRefScatter("ScatterAdd", "add", numbers, "zero");
const ScatterSub = defineRefScatter("ScatterSub", "sub", numbers, "zero");
const ScatterMul = defineRefScatter("ScatterMul", "mul", numbers, "zero");
const ScatterDiv = defineRefScatter("ScatterDiv", "div", numbers, "zero");
const ScatterMin = defineRefScatter("ScatterMin", "min", ordered, "none");
const ScatterMax = defineRefScatter("ScatterMax", "max", ordered, "none");
const ResourceScatterUpdate = defineResourceScatter("ResourceScatterUpdate", "update", undefined);
const ResourceScatterAdd = defineResourceScatter("ResourceScatterAdd", "add", numbers);
const ResourceScatterSub = defineResourceScatter("ResourceScatterSub", "sub", numbers);
const ResourceScatterMul = defineResourceScatter("ResourceScatterMul", "mul", numbers);
const ResourceScatterDiv = defineResourceScatter("ResourceScatterDiv", "div", numbers);
const ResourceScatterMin = defineResourceScatter("ResourceScatterMin", "min", numbers);
const ResourceScatterMax = defineResourceScatter("ResourceScatterMax", "max", numbers);

// Slices at index tuples

/** Leading dimensions of indices and updates agree, and what is left of updates are slices of the variable. */
function checkSlices(variable: TensorShape, indices: TensorShape, updates: TensorShape): void {
  withRankAtLeast(variable, 1);
  withRankAtLeast(indices, 1);
  withRankAtLeast(updates, 1);
  if (!indices.dims || !updates.dims) return;
  const outer = indices.dims.length - 1;
  dimensionsMatch(["indices", indices, 0, outer], ["updates", updates, 0, outer]);
  const depth = indices.dim(-1);
  if (depth === null || !variable.dims) return;
  dimensionsMatch(
    ["input", variable, depth, variable.dims.length],
    ["updates", updates, outer, updates.dims.length],
  );
}

type Range = readonly [what: string, shape: TensorShape, begin: number, end: number];

function dimensionsMatch(left: Range, right: Range): void {
  const [lhs, rhs] = [left, right].map(([, shape, begin, end]) => shape.slice(begin, end)) as [
    TensorShape,
    TensorShape,
  ];
  try {
    mergeShapes(lhs, rhs);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    const show = ([what, shape, begin, end]: Range, part: TensorShape) =>
      `imensions [${begin},${end}) of ${what}[shape=${shape.toRuntimeString()}] = ${part.toRuntimeString()}`;
    throw new ShapeError(`D${show(left, lhs)} must match d${show(right, rhs)}: ${error.message}`);
  }
}

/** The same check on shapes at run time, whose text shows single dimensions. */
function checkSlicesAtRun(variable: Value, indices: Value, updates: Value): void {
  const outer = indices.shape.length - 1;
  const depth = indices.shape[outer] ?? 0;
  if (depth > variable.shape.length) {
    throw new Error(
      `The inner most dimension of indices must be <= params rank; saw: ${depth} vs. ${variable.shape.length}`,
    );
  }
  const show = (what: string, { shape }: Value, axis: number) =>
    `imensions [${axis},${axis + 1}) of ${what}[shape=[${shape}]] = ${shape[axis]}`;
  for (let axis = 0; axis < outer; axis++) {
    if (indices.shape[axis] !== updates.shape[axis]) {
      throw new Error(
        `D${show("indices", indices, axis)} must match d${show("updates", updates, axis)}`,
      );
    }
  }
  for (let axis = depth; axis < variable.shape.length; axis++) {
    if (variable.shape[axis] !== updates.shape[outer + axis - depth]) {
      throw new Error(
        `D${show("input", variable, axis)} must match d${show("updates", updates, outer + axis - depth)}`,
      );
    }
  }
}

function defineRefScatterNd<const N extends string>(
  type: N,
  kind: Kind,
  gradient: "zero" | "none",
) {
  return defineOp({
    type,
    inputs: ["ref: Ref(T)", "indices: Tindices", "updates: T"],
    outputs: ["output_ref: Ref(T)"],
    attrs: {
      T: a.type(kind === "update" ? undefined : numbers),
      Tindices: a.type([int32, int64]),
      use_locking: a.bool(kind === "update"),
    },
    traits: { stateful: true, aliases: true, writes: [0] },
    shape: ({ inputs: [ref, indices, updates] }) => {
      checkSlices(ref.shape, indices.shape, updates.shape);
      return [ref.shape];
    },
    gradient,
    lower: ({ inputs: [ref, indices, updates], k }) => {
      checkSlicesAtRun(ref, indices, updates);
      k.routineInto("scatterNdUpdate", [indices, updates], [ref], { kind });
      return [ref];
    },
  });
}

function defineResourceScatterNd<const N extends string>(type: N, kind: Kind) {
  return defineOp({
    type,
    inputs: ["ref: resource", "indices: Tindices", "updates: T"],
    outputs: [],
    attrs: { T: a.type(), Tindices: a.type([int32, int64]), use_locking: a.bool(true) },
    traits: { stateful: true, writes: [0] },
    shape: ({ inputs: [ref, indices, updates], attrs }) => {
      checkSlices(handleShape(ref, attrs.T), indices.shape, updates.shape);
      return [];
    },
    gradient: "none",
    lower: ({ inputs: [variable, indices, updates], k, op }) => {
      requireResource(k, op, variable);
      checkSlicesAtRun(variable, indices, updates);
      k.routineInto("scatterNdUpdate", [indices, updates], [variable], { kind });
      return [];
    },
  });
}

const ScatterNdUpdate = defineRefScatterNd("ScatterNdUpdate", "update", "zero");
const ScatterNdAdd = defineRefScatterNd("ScatterNdAdd", "add", "zero");
const ScatterNdSub = defineRefScatterNd("ScatterNdSub", "sub", "zero");
const ResourceScatterNdUpdate = defineResourceScatterNd("ResourceScatterNdUpdate", "update");
const ResourceScatterNdAdd = defineResourceScatterNd("ResourceScatterNdAdd", "add");
const ResourceScatterNdSub = defineResourceScatterNd("ResourceScatterNdSub", "sub");

// Gathering from handles

const ResourceGather = defineOp({
  type: "ResourceGather",
  inputs: ["resource: resource", "indices: Tindices"],
  outputs: ["output: dtype"],
  attrs: {
    batch_dims: a.int(0),
    validate_indices: a.bool(true),
    dtype: a.type(),
    Tindices: a.type([int32, int64]),
  },
  traits: { stateful: true },
  shape: ({ inputs: [resource, indices], attrs }) => {
    const params = withRankAtLeast(handleShape(resource, attrs.dtype), attrs.batch_dims + 1);
    if (params.rank === null || indices.shape.rank === null) return [unknownShape];
    return [
      params
        .slice(0, attrs.batch_dims)
        .concatenate(indices.shape.slice(attrs.batch_dims))
        .concatenate(params.slice(attrs.batch_dims + 1)),
    ];
  },
  // The rows that were read get the gradient of what was made of them.
  gradient: ({ inputs: [handle, indices], dy: [dy] }) => {
    const shape = handle.handle?.shape.known;
    const paramsShape = shape ? constant(shape, { dtype: int32 }) : variableShape(handle);
    const count = expandDims(size(indices), 0);
    const rest = indexTensor(paramsShape, [[1, null]]);
    const values = reshape(dy, concat([count, rest], 0));
    return [new IndexedSlices(values, reshape(indices, count), paramsShape), null];
  },
  lower: ({ inputs: [variable, indices], attrs, k, op }) => {
    requireResource(k, op, variable);
    const batchDims = attrs.batch_dims;
    const shape = [
      ...variable.shape.slice(0, batchDims),
      ...indices.shape.slice(batchDims),
      ...variable.shape.slice(batchDims + 1),
    ];
    const params = { axis: batchDims, batchDims };
    return k.routine("gather", [variable, indices], [{ dtype: variable.dtype, shape }], params);
  },
});

/** Rows of a resource variable, without reading all of it. */
export function resourceGather(
  handle: Tensor,
  indices: TensorLike,
  dtype: DType,
  {
    batchDims = 0,
    validateIndices = true,
    name,
  }: Named & {
    readonly batchDims?: number;
    readonly validateIndices?: boolean;
  } = {},
): Tensor {
  const attrs = { dtype, batch_dims: batchDims, validate_indices: validateIndices };
  return createOp(ResourceGather, [handle, integers(indices)], attrs, name).output;
}

const ResourceGatherNd = defineOp({
  type: "ResourceGatherNd",
  inputs: ["resource: resource", "indices: Tindices"],
  outputs: ["output: dtype"],
  attrs: { dtype: a.type(), Tindices: a.type([int32, int64]) },
  traits: { stateful: true },
  shape: ({ inputs: [resource, indices], attrs }) => {
    const params = handleShape(resource, attrs.dtype);
    return [gatheredShape(params, indices)];
  },
  gradient: ({ inputs: [handle, indices], dy: [dy], attrs }) => {
    const shape = variableShape(handle, { outType: attrs.Tindices });
    const isColumn = indices.shape.rank === 2 && indices.shape.dim(-1) === 1;
    return isColumn
      ? [new IndexedSlices(dy, squeeze(indices, { axis: -1 }), shape), null]
      : [scatterNd(indices, dy, shape), null];
  },
  lower: ({ inputs: [variable, indices], k, op }) => {
    requireResource(k, op, variable);
    const depth = indices.shape.at(-1) ?? 0;
    const shape = [...indices.shape.slice(0, -1), ...variable.shape.slice(depth)];
    return k.routine("gatherNd", [variable, indices], [{ dtype: variable.dtype, shape }]);
  },
});

function gatheredShape(params: TensorShape, indices: ShapeInput): TensorShape {
  withRankAtLeast(indices.shape, 1);
  const depth = indices.shape.dim(-1);
  if (depth === null || params.rank === null) return unknownShape;
  if (depth > params.rank) {
    throw new ShapeError(
      `indices.shape[-1] must be <= params.rank, but saw indices shape: ${indices.shape.toRuntimeString()} and params shape: ${params.toRuntimeString()}`,
    );
  }
  return indices.shape.slice(0, -1).concatenate(params.slice(depth));
}

/** Slices of a resource variable at index tuples. */
export function resourceGatherNd(
  handle: Tensor,
  indices: TensorLike,
  dtype: DType,
  { name }: Named = {},
): Tensor {
  return createOp(ResourceGatherNd, [handle, integers(indices)], { dtype }, name).output;
}

// Public functions

/** What scattering asks of a resource variable. */
type Target<R> = Writable<R>;
type RefScatter = TypedOpDef<ReturnType<typeof defineRefScatter>["attrs"]>;
type ResourceScatter = TypedOpDef<ReturnType<typeof defineResourceScatter>["attrs"]>;
type RefScatterNd = TypedOpDef<ReturnType<typeof defineRefScatterNd>["attrs"]>;
type ResourceScatterNd = TypedOpDef<ReturnType<typeof defineResourceScatterNd>["attrs"]>;

/** A function that changes the rows `indices` of a variable and gives the variable after that. */
interface Scatter {
  (
    ref: Tensor | RefLike,
    indices: TensorLike,
    updates: TensorLike,
    options?: AssignOptions,
  ): Tensor;
  <R>(ref: ResourceLike<R>, indices: TensorLike, updates: TensorLike, options?: AssignOptions): R;
}

function scatter(
  onRef: RefScatter | RefScatterNd,
  onResource: ResourceScatter | ResourceScatterNd,
  locked: boolean,
): Scatter {
  function run<R>(
    ref: Target<R>,
    indices: TensorLike,
    updates: TensorLike,
    { useLocking = locked, name }: AssignOptions = {},
  ): Tensor | R {
    const resource = asResource(ref);
    if (!resource) {
      return createOp(onRef, [ref, integers(indices), updates], { use_locking: useLocking }, name)
        .output;
    }
    const converted = convertToTensor(updates, { dtype: resource.dtype });
    const inputs = [resource.handle, integers(indices), converted];
    const op: Operation = createOp(onResource as ResourceScatter, inputs, {}, name);
    return resource.lazyRead(op);
  }
  return run as Scatter;
}

/** Overwrites the rows `indices` of a variable. TensorFlow: `tf.scatter_update`. */
export const scatterUpdate = scatter(ScatterUpdate, ResourceScatterUpdate, true);
/** Adds to the rows `indices` of a variable; repeated indices add up. TensorFlow: `tf.scatter_add`. */
export const scatterAdd = scatter(ScatterAdd, ResourceScatterAdd, false);
/** Subtracts from the rows `indices` of a variable. TensorFlow: `tf.scatter_sub`. */
export const scatterSub = scatter(ScatterSub, ResourceScatterSub, false);
/** Multiplies the rows `indices` of a variable. TensorFlow: `tf.scatter_mul`. */
export const scatterMul = scatter(ScatterMul, ResourceScatterMul, false);
/** Divides the rows `indices` of a variable. TensorFlow: `tf.scatter_div`. */
export const scatterDiv = scatter(ScatterDiv, ResourceScatterDiv, false);
/** The smaller of row and update at the rows `indices`. TensorFlow: `tf.scatter_min`. */
export const scatterMin = scatter(ScatterMin, ResourceScatterMin, false);
/** The larger of row and update at the rows `indices`. TensorFlow: `tf.scatter_max`. */
export const scatterMax = scatter(ScatterMax, ResourceScatterMax, false);
/** Overwrites the slices at index tuples `indices[..., :]`. TensorFlow: `tf.scatter_nd_update`. */
export const scatterNdUpdate = scatter(ScatterNdUpdate, ResourceScatterNdUpdate, true);
/** Adds to the slices at index tuples. TensorFlow: `tf.scatter_nd_add`. */
export const scatterNdAdd = scatter(ScatterNdAdd, ResourceScatterNdAdd, false);
/** Subtracts from the slices at index tuples. TensorFlow: `tf.scatter_nd_sub`. */
export const scatterNdSub = scatter(ScatterNdSub, ResourceScatterNdSub, false);
