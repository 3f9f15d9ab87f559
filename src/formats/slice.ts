/** Slices of tensors as checkpoints name them: in text, in protobuf messages and in ordered keys. */

import { create } from "@bufbuild/protobuf";
import { InvalidArgumentError } from "../core/errors.ts";
import { ByteWriter, decodeText, encodeText } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import {
  type TensorSliceProto,
  TensorSliceProto_ExtentSchema,
  TensorSliceProtoSchema,
} from "./proto/index.ts";

/** Along one dimension: where a slice starts and how long it is; null for the whole dimension. */
export interface Extent {
  readonly start: number;
  readonly length: number | null;
}

export type TensorSlice = readonly Extent[];

/** A slice and the tensor it is cut from. */
export interface ShapeAndSlice {
  readonly shape: readonly number[];
  readonly slice: TensorSlice;
}

/** The slice that is the whole tensor. */
export function wholeSlice(rank: number): TensorSlice {
  return Array.from({ length: rank }, () => ({ start: 0, length: null }));
}

/** Whether a slice takes all of a tensor of this shape. */
export function isWhole(slice: TensorSlice, shape: readonly number[]): boolean {
  return slice.every(
    ({ start, length }, i) => start === 0 && (length === null || length === shape[i]),
  );
}

/** The slice's own shape. */
export function sliceShape(slice: TensorSlice, shape: readonly number[]): number[] {
  return slice.map(({ length }, i) => length ?? (shape[i] as number));
}

/** `"0,2:-"`: start and length per dimension, `-` for all of it. */
export function formatSlice(slice: TensorSlice): string {
  return slice.map(({ start, length }) => (length === null ? "-" : `${start},${length}`)).join(":");
}

/** Parses `"4 2 0,2:-"`: the whole shape, then the slice. Null for `""`, which is the whole tensor. */
export function parseShapeAndSlice(text: string): ShapeAndSlice | null {
  if (text === "") return null;
  const parts = text.trimEnd().split(" ");
  const slice = parseSlice(parts.pop() as string, text);
  const shape = parts.map((part) => {
    if (/^\d+$/.test(part) && Number.isSafeInteger(Number(part))) return Number(part);
    throw badSlice(text, `'${part}' is no dimension`);
  });
  if (shape.length !== slice.length) {
    throw badSlice(text, `the shape has ${shape.length} dimensions, the slice ${slice.length}`);
  }
  checkInside({ shape, slice }, text);
  return { shape, slice };
}

function parseSlice(text: string, whole: string): TensorSlice {
  if (text === "") return [];
  return text.split(":").map((part) => {
    if (part === "-") return { start: 0, length: null };
    const match = /^(\d+),(\d+)$/.exec(part);
    if (!match) throw badSlice(whole, `'${part}' is neither '-' nor 'start,length'`);
    return { start: Number(match[1]), length: Number(match[2]) };
  });
}

function checkInside({ shape, slice }: ShapeAndSlice, text: string): void {
  slice.forEach(({ start, length }, i) => {
    const dim = shape[i] as number;
    if (start + (length ?? dim) > dim) {
      throw badSlice(text, `dimension ${i} has ${dim} elements`);
    }
  });
}

function badSlice(text: string, problem: string): InvalidArgumentError {
  return new InvalidArgumentError(
    undefined,
    `Expected a shape and a slice such as "4 2 0,2:-", got "${text}": ${problem}`,
  );
}

// Messages

export function sliceToProto(slice: TensorSlice): TensorSliceProto {
  return create(TensorSliceProtoSchema, {
    extent: slice.map(({ start, length }) =>
      create(
        TensorSliceProto_ExtentSchema,
        length === null
          ? {}
          : { start: BigInt(start), hasLengthHack: { case: "length", value: BigInt(length) } },
      ),
    ),
  });
}

export function sliceFromProto(proto: TensorSliceProto): TensorSlice {
  return proto.extent.map(({ start, hasLengthHack }) => {
    const length = hasLengthHack.case === "length" ? Number(hasLengthHack.value) : -1;
    if (length === -1) return { start: 0, length: null };
    if (start < 0n || length < 0 || !Number.isSafeInteger(Number(start) + length)) {
      throw new FormatError(`start ${start} and length ${length} are no part of a dimension`, {
        field: "slice",
      });
    }
    return { start: Number(start), length };
  });
}

// Keys: their order as bytes is the order of what they encode.

/** The key of a tensor's slice. A whole dimension is start 0, length -1. */
export function sliceKey(name: string, slice: TensorSlice): Uint8Array {
  const key = new ByteWriter();
  putNumber(key, 0);
  putText(key, encodeText(name));
  putNumber(key, slice.length);
  for (const { start, length } of slice) {
    putSigned(key, start);
    putSigned(key, length ?? -1);
  }
  return key.bytes.slice();
}

/** The tensor's name in a slice key, null for another key. */
export function nameOfSliceKey(key: Uint8Array): string | null {
  if (key[0] !== 0) return null;
  const name: number[] = [];
  for (let i = 1; i + 1 < key.length; i++) {
    const byte = key[i] as number;
    if (byte !== 0 && byte !== 255) name.push(byte);
    else {
      i += 1;
      if (byte === 0 && key[i] === 1) return decodeText(Uint8Array.from(name));
      name.push(byte);
    }
  }
  return null;
}

/** The number of bytes, then these without leading zeros. */
function putNumber(key: ByteWriter, value: number): void {
  const bytes = bigEndian(BigInt(value));
  key.byte(bytes.length);
  key.put(Uint8Array.from(bytes));
}

function bigEndian(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 255n));
  return bytes;
}

function putText(key: ByteWriter, bytes: Uint8Array): void {
  for (const byte of bytes) {
    key.byte(byte);
    if (byte === 0) key.byte(255);
    else if (byte === 255) key.byte(0);
  }
  key.byte(0);
  key.byte(1);
}

/**
 * n bytes hold -2^(7n-1) to 2^(7n-1) - 1: big-endian two's complement, of which the n highest bits are exclusive-ored
 * with ones, so that longer numbers sort after shorter ones and negative ones before all.
 */
function putSigned(key: ByteWriter, value: number): void {
  const wide = BigInt(value);
  let count = 1;
  while (wide < -(1n << BigInt(7 * count - 1)) || wide >= 1n << BigInt(7 * count - 1)) count++;
  const bits = BigInt.asUintN(8 * count, wide);
  const bytes = Array.from({ length: count }, (_, i) =>
    Number((bits >> BigInt(8 * (count - 1 - i))) & 255n),
  );
  for (let bit = 0; bit < count; bit++) {
    const at = bit >> 3;
    bytes[at] = (bytes[at] as number) ^ (128 >> (bit & 7));
  }
  key.put(Uint8Array.from(bytes));
}
