// Messages as text (.pbtxt), printed as TensorFlow's Python prints them.
import type { DescEnum, DescField, DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { decode } from "./proto/codec.ts";
import { registry } from "./proto/index.ts";
import { compareText } from "./proto/maps.ts";

export { fromText } from "./text-parser.ts";

/** The text form of a message: fields by number, map entries by key. Unknown fields are left out. */
export function toText<D extends DescMessage>(schema: D, message: MessageShape<D>): string {
  const lines: string[] = [];
  new Printer(lines).body(schema, message, "");
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

const byNumber = new WeakMap<DescMessage, readonly DescField[]>();

function sortedFields(schema: DescMessage): readonly DescField[] {
  let fields = byNumber.get(schema);
  if (fields === undefined) {
    fields = [...schema.fields].sort((a, b) => a.number - b.number);
    byNumber.set(schema, fields);
  }
  return fields;
}

class Printer {
  readonly #lines: string[];

  constructor(lines: string[]) {
    this.#lines = lines;
  }

  body(schema: DescMessage, message: Message, indent: string): void {
    if (schema.typeName === "google.protobuf.Any" && this.#any(message, indent)) return;
    const values = message as unknown as Record<string, unknown>;
    for (const field of sortedFields(schema)) {
      const value = valueOf(values, field);
      if (value === undefined) continue;
      if (field.fieldKind === "list") {
        for (const item of value as unknown[]) this.#single(field, item, indent);
      } else if (field.fieldKind === "map") {
        this.#map(field, value as Record<string, unknown>, indent);
      } else this.#single(field, value, indent);
    }
  }

  #single(field: DescField, value: unknown, indent: string): void {
    if (field.message !== undefined) {
      this.#message(field.name, field.message, unwrapped(field.message, value), indent);
    } else this.#lines.push(`${indent}${field.name}: ${this.#scalar(field, value)}`);
  }

  #message(name: string, schema: DescMessage, value: Message, indent: string): void {
    this.#lines.push(`${indent}${name} {`);
    this.body(schema, value, `${indent}  `);
    this.#lines.push(`${indent}}`);
  }

  #map(
    field: DescField & { fieldKind: "map" },
    map: Record<string, unknown>,
    indent: string,
  ): void {
    const isText = field.mapKey === ScalarType.STRING;
    const keys = Object.keys(map).sort(isText ? compareText : (a, b) => Number(a) - Number(b));
    for (const key of keys) {
      this.#lines.push(`${indent}${field.name} {`);
      this.#lines.push(`${indent}  key: ${isText ? quoteText(key) : key}`);
      if (field.message !== undefined) {
        this.#message("value", field.message, map[key] as Message, `${indent}  `);
      } else this.#lines.push(`${indent}  value: ${this.#scalar(field, map[key])}`);
      this.#lines.push(`${indent}}`);
    }
  }

  #scalar(field: DescField, value: unknown): string {
    if (field.enum !== undefined) return enumName(field.enum, value as number);
    switch ("scalar" in field ? field.scalar : undefined) {
      case ScalarType.STRING:
        return quoteText(value as string);
      case ScalarType.BYTES:
        return quoteBytes(value as Uint8Array);
      case ScalarType.FLOAT:
        return pythonFloat(shortest(value as number));
      case ScalarType.DOUBLE:
        return pythonFloat(value as number);
      default:
        return String(value);
    }
  }

  /** `[type.googleapis.com/name] { … }` for a value of a type known here. */
  #any(message: Message, indent: string): boolean {
    const { typeUrl, value } = message as unknown as { typeUrl: string; value: Uint8Array };
    const schema = registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf("/") + 1));
    if (schema === undefined) return false;
    try {
      this.#message(`[${typeUrl}]`, schema, decode(schema, value), indent);
      return true;
    } catch {
      return false;
    }
  }
}

/** The value of a field, or undefined where it is not written. */
function valueOf(values: Record<string, unknown>, field: DescField): unknown {
  if (field.oneof !== undefined) {
    const oneof = values[field.oneof.localName] as { case?: string; value?: unknown };
    return oneof.case === field.localName ? oneof.value : undefined;
  }
  const value = values[field.localName];
  if (field.fieldKind === "list" || field.fieldKind === "map" || field.message !== undefined) {
    return value;
  }
  const isZero =
    value === 0
      ? !Object.is(value, -0)
      : value === 0n || value === "" || value === false || (value as Uint8Array).length === 0;
  return isZero ? undefined : value;
}

/** Wrapper messages are kept as their values. */
function unwrapped(schema: DescMessage, value: unknown): Message {
  if (schema.typeName !== "google.protobuf.BoolValue" || typeof value !== "boolean") {
    return value as Message;
  }
  return { $typeName: schema.typeName, value } as Message;
}

function enumName(schema: DescEnum, number: number): string {
  return schema.value[number]?.name ?? String(number);
}

const escapes: Readonly<Record<number, string>> = {
  9: "\\t",
  10: "\\n",
  13: "\\r",
  34: '\\"',
  39: "\\'",
  92: "\\\\",
};

function escapeByte(byte: number): string {
  const known = escapes[byte];
  if (known !== undefined) return known;
  return byte >= 32 && byte < 127
    ? String.fromCharCode(byte)
    : `\\${byte.toString(8).padStart(3, "0")}`;
}

function quoteText(text: string): string {
  // Most names need no escapes.
  if (/^[\w./:^@ -]*$/.test(text)) return `"${text}"`;
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    out += code < 128 ? escapeByte(code) : char;
  }
  return `"${out}"`;
}

function quoteBytes(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) out += escapeByte(byte);
  return `"${out}"`;
}

/** The decimal number with the fewest digits, at least six, that rounds to the same 32-bit float. */
function shortest(value: number): number {
  if (!Number.isFinite(value)) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** A number as Python's `repr` writes a float. */
function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa = "", exponent = ""] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  // JavaScript writes all digits from 1e-6 on and below 1e21.
  const plain = String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}
