// Messages from and to bytes. The protobuf library decodes; when it fails, the bytes are walked again by the
// schema to say at which byte and in which field.
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { FormatPlace } from "../errors.ts";
import { FormatError } from "../errors.ts";
import { sortMaps } from "./maps.ts";

/** Messages nested deeper than this are refused, as in protobuf's other runtimes. */
const deepest = 100;

/**
 * Decodes a message; throws FormatError with the offset and the field where the bytes are damaged. `place` says
 * which file this is and at which of its bytes the message begins.
 */
export function decode<D extends DescMessage>(
  schema: D,
  bytes: Uint8Array,
  place: FormatPlace = {},
): MessageShape<D> {
  try {
    return fromBinary(schema, bytes, { recursionLimit: deepest });
  } catch (error) {
    const { offset = 0, ...rest } = place;
    const damage = locate(schema, bytes) ?? { problem: reasonOf(error), at: 0, field: "" };
    const field = [rest.field, damage.field].filter(Boolean).join(".");
    throw new FormatError(
      `not a valid ${schema.typeName.replace("tensorflow.", "")}: ${damage.problem}`,
      { ...rest, offset: offset + damage.at, field: field === "" ? undefined : field },
    );
  }
}

/** Encodes a message: fields by number, map entries in the order in which they are there, unknown fields last. */
export function encode<D extends DescMessage>(schema: D, message: MessageShape<D>): Uint8Array {
  return toBinary(schema, message);
}

/** Encodes a message with map entries in the order of their keys, so that equal messages have equal bytes. */
export function encodeSorted<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
): Uint8Array {
  return toBinary(schema, sortMaps(schema, message));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface Damage {
  readonly problem: string;
  readonly at: number;
  readonly field: string;
}

/** The first damage of a message, or undefined if the walk finds none. */
export function locate(schema: DescMessage, bytes: Uint8Array): Damage | undefined {
  try {
    new Walk(bytes).message(schema, 0, bytes.length, schema.name, 0);
    return undefined;
  } catch (error) {
    if (error instanceof Found) return error.damage;
    throw error;
  }
}

/** Carries damage out of the walk. */
class Found extends Error {
  readonly damage: Damage;

  constructor(damage: Damage) {
    super(damage.problem);
    this.damage = damage;
  }
}

const wireNames = ["varint", "64-bit", "length-delimited", "group", "end of group", "32-bit"];

class Walk {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  message(schema: DescMessage, start: number, end: number, path: string, depth: number): void {
    if (depth >= deepest) this.#fail(`messages are nested more than ${deepest} deep`, start, path);
    this.#at = start;
    const fields = fieldsOf(schema);
    while (this.#at < end) {
      const at = this.#at;
      const tag = this.#varint(end, path);
      const wire = Number(tag & 7n);
      const number = Number(tag >> 3n);
      if (number === 0 || tag > 0xffffffffn) this.#fail("an invalid field tag", at, path);
      const field = fields.get(number);
      const name = field === undefined ? `${path}.${number}` : `${path}.${field.name}`;
      switch (wire) {
        case 0:
          this.#varint(end, name);
          break;
        case 1:
          this.#skip(8, end, name);
          break;
        case 5:
          this.#skip(4, end, name);
          break;
        case 2: {
          const length = this.#varint(end, name);
          if (length > BigInt(end - this.#at)) {
            const text = `the field has ${length} bytes, but only ${end - this.#at} are left`;
            this.#fail(text, at, name);
          }
          const stop = this.#at + Number(length);
          if (field?.message !== undefined && field.fieldKind !== "map") {
            this.message(field.message, this.#at, stop, name, depth + 1);
          } else if (field?.fieldKind === "map") {
            this.#entry(field, this.#at, stop, name, depth + 1);
          } else if (isText(field)) this.#utf8(this.#at, stop, name);
          this.#at = stop;
          break;
        }
        default:
          this.#fail(`unexpected ${wireNames[wire] ?? `wire type ${wire}`}`, at, name);
      }
      if (field !== undefined && !allowed(field, wire)) {
        this.#fail(`a ${wireNames[wire]} value where none belongs`, at, name);
      }
    }
  }

  #entry(field: Field, start: number, end: number, path: string, depth: number): void {
    this.#at = start;
    while (this.#at < end) {
      const at = this.#at;
      const tag = Number(this.#varint(end, path));
      if ((tag & 7) === 2) {
        const length = this.#varint(end, path);
        if (length > BigInt(end - this.#at)) {
          const text = `the field has ${length} bytes, but only ${end - this.#at} are left`;
          this.#fail(text, at, path);
        }
        const stop = this.#at + Number(length);
        if (tag >> 3 === 2 && field.message !== undefined) {
          this.message(field.message, this.#at, stop, path, depth);
        }
        this.#at = stop;
      } else if ((tag & 7) === 0) this.#varint(end, path);
      else if ((tag & 7) === 1) this.#skip(8, end, path);
      else if ((tag & 7) === 5) this.#skip(4, end, path);
      else this.#fail(`unexpected ${wireNames[tag & 7] ?? `wire type ${tag & 7}`}`, at, path);
    }
  }

  #varint(end: number, path: string): bigint {
    const start = this.#at;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.#at >= end) this.#fail("the bytes end inside a number", start, path);
      const byte = this.#bytes[this.#at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return this.#fail("a number of more than ten bytes", start, path);
  }

  #skip(count: number, end: number, path: string): void {
    if (this.#at + count > end) this.#fail("the bytes end inside a number", this.#at, path);
    this.#at += count;
  }

  #utf8(start: number, end: number, path: string): void {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(this.#bytes.subarray(start, end));
    } catch {
      this.#fail("the text is not UTF-8", start, path);
    }
  }

  #fail(problem: string, at: number, field: string): never {
    throw new Found({ problem, at, field });
  }
}

type Field = DescMessage["fields"][number];

const fieldTables = new WeakMap<DescMessage, ReadonlyMap<number, Field>>();

function fieldsOf(schema: DescMessage): ReadonlyMap<number, Field> {
  let table = fieldTables.get(schema);
  if (table === undefined) {
    table = new Map(schema.fields.map((field) => [field.number, field]));
    fieldTables.set(schema, table);
  }
  return table;
}

/** protobuf's number for the scalar type `string`. */
const textType = 9;

function isText(field: Field | undefined): boolean {
  return field !== undefined && "scalar" in field && field.scalar === textType;
}

/** Wire types of protobuf's scalar types by their numbers: double, float, fixed64, fixed32 and so on. */
const fixed64 = new Set([1, 6, 16]);
const fixed32 = new Set([2, 7, 15]);
const delimited = new Set([9, 12]);

/** Whether a value of this field may come with the wire type; repeated numbers may also be packed. */
function allowed(field: Field, wire: number): boolean {
  if (field.message !== undefined || field.fieldKind === "map") return wire === 2;
  const scalar = "scalar" in field && field.scalar !== undefined ? Number(field.scalar) : 0;
  if (delimited.has(scalar)) return wire === 2;
  if (field.fieldKind === "list" && wire === 2) return true;
  return wire === (fixed64.has(scalar) ? 1 : fixed32.has(scalar) ? 5 : 0);
}
