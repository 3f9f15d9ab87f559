/** What checkpoints of both versions have in common: named tensors, stored whole or in slices, read when asked for. */

import { fromBinary, type Message } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { allocate, type DType } from "../core/dtypes.ts";
import { InvalidArgumentError, NotFoundError, UnimplementedError } from "../core/errors.ts";
import { NDArray, sizeOf } from "../core/ndarray.ts";
import { copyRegion, dtypeOf, hasElements, nameOfType } from "./elements.ts";
import { FormatError, type FormatPlace } from "./errors.ts";
import type { TensorShapeProto } from "./proto/index.ts";
import { formatSlice, isWhole, sliceShape, type TensorSlice } from "./slice.ts";

/** What a checkpoint knows of a tensor without reading it. */
export interface TensorInfo {
  readonly name: string;
  /** DataType number. */
  readonly type: number;
  readonly shape: readonly number[];
  /** The slices it is stored in, null when it is stored whole. */
  readonly slices: readonly TensorSlice[] | null;
}

/** An open checkpoint. Nothing is read until it is asked for. */
export interface CheckpointFile extends Disposable {
  readonly path: string;
  readonly version: "V1" | "V2";
  /** Names of all tensors, in order of their bytes. */
  names(): readonly string[];
  /** Null when there is no such tensor. */
  info(name: string): TensorInfo | null;
  /** A whole tensor, put together where it is stored in slices. */
  read(name: string): NDArray;
  /** A part of a tensor, however it is stored. */
  readSlice(name: string, slice: TensorSlice): NDArray;
  close(): void;
}

/** Decodes a message; a malformed one is a FormatError. */
export function decodeMessage<T extends Message>(
  schema: GenMessage<T>,
  bytes: Uint8Array,
  place: FormatPlace,
): T {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    throw new FormatError(`not a ${schema.typeName}: ${(error as Error).message}`, place);
  }
}

/** The dimensions of a message's shape, which must be known. */
export function dimsOf(shape: TensorShapeProto | undefined, place: FormatPlace): number[] {
  if (!shape || shape.unknownRank) throw new FormatError("the shape is missing", place);
  const dims = shape.dim.map(({ size }) => Number(size));
  let count = 1;
  for (const dim of dims) count *= dim;
  if (dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0) && Number.isSafeInteger(count)) {
    return dims;
  }
  throw new FormatError(`[${dims}] is no shape of a stored tensor`, place);
}

export function missingTensor(name: string): NotFoundError {
  return new NotFoundError(undefined, `Key ${name} not found in checkpoint`);
}

/** The dtype of a stored tensor's elements. */
export function storedDType(info: TensorInfo): DType {
  if (hasElements(info.type)) return dtypeOf(info.type);
  throw new UnimplementedError(
    undefined,
    `Tensor ${info.name} is of type ${nameOfType(info.type)}, whose elements cannot be read.`,
  );
}

/** Checks that a slice fits a tensor. */
export function checkSlice(info: TensorInfo, slice: TensorSlice): void {
  const fits =
    slice.length === info.shape.length &&
    slice.every(({ start, length }, i) => {
      const dim = info.shape[i] as number;
      return start >= 0 && start + (length ?? dim) <= dim;
    });
  if (fits) return;
  throw new InvalidArgumentError(
    undefined,
    `Slice ${formatSlice(slice)} does not fit into tensor ${info.name} of shape [${info.shape}]`,
  );
}

/**
 * Puts a slice of a tensor together from the stored slices that meet it. `available` bounds the elements there can be
 * in the files, so that a shape that promises more is refused before memory is taken.
 */
export function assemble(
  info: TensorInfo,
  wanted: TensorSlice,
  available: number,
  readPart: (slice: TensorSlice) => NDArray,
): NDArray {
  const dtype = storedDType(info);
  const parts = info.slices ?? [];
  const exact = parts.find((part) => isSame(part, wanted, info.shape));
  if (exact) return readPart(exact);
  const shape = sliceShape(wanted, info.shape);
  const size = sizeOf(shape);
  const overlaps = parts.flatMap((part) => overlap(part, wanted, info.shape) ?? []);
  let found = 0;
  for (const { shape: common } of overlaps) found += sizeOf(common);
  if (found < size || size > available) {
    throw new FormatError(
      `the ${parts.length} slices stored do not cover ${formatSlice(wanted)} of shape [${info.shape}]`,
      { field: `tensor ${info.name}` },
    );
  }
  const target = new NDArray(allocate(dtype, size), shape, dtype);
  for (const { part, from, to, shape: common } of overlaps) {
    copyRegion(readPart(part), target, { from, to, shape: common });
  }
  return target;
}

function isSame(lhs: TensorSlice, rhs: TensorSlice, shape: readonly number[]): boolean {
  return lhs.every(({ start, length }, i) => {
    const other = rhs[i];
    return start === other?.start && (length ?? shape[i]) === (other.length ?? shape[i]);
  });
}

interface Overlap {
  readonly part: TensorSlice;
  /** Where the common box starts in the stored part, and in the wanted slice. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly shape: readonly number[];
}

function overlap(part: TensorSlice, wanted: TensorSlice, whole: readonly number[]): Overlap | null {
  const from: number[] = [];
  const to: number[] = [];
  const shape: number[] = [];
  for (const [i, dim] of whole.entries()) {
    const stored = part[i] as TensorSlice[number];
    const asked = wanted[i] as TensorSlice[number];
    const start = Math.max(stored.start, asked.start);
    const end = Math.min(
      stored.start + (stored.length ?? dim),
      asked.start + (asked.length ?? dim),
    );
    if (end <= start) return null;
    from.push(start - stored.start);
    to.push(start - asked.start);
    shape.push(end - start);
  }
  return { part, from, to, shape };
}

/** A part of an array that is stored whole. */
export function cutSlice(array: NDArray, slice: TensorSlice): NDArray {
  if (isWhole(slice, array.shape)) return array;
  const shape = sliceShape(slice, array.shape);
  const target = new NDArray(allocate(array.dtype, sizeOf(shape)), shape, array.dtype);
  const to = shape.map(() => 0);
  copyRegion(array, target, { from: slice.map(({ start }) => start), to, shape });
  return target;
}
