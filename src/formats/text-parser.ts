// Reads the text form of protobuf messages; errors name the line, the byte and the field.
import type { DescEnum, DescField, DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { create, ScalarType } from "@bufbuild/protobuf";
import { decodeText, encodeText } from "./bytes.ts";
import type { FormatPlace } from "./errors.ts";
import { FormatError } from "./errors.ts";
import { encode } from "./proto/codec.ts";
import { registry } from "./proto/index.ts";

/** Messages nested deeper than this are refused, as in the binary form. */
const deepest = 100;

/** Reads a message from text. Throws FormatError with the byte and the field where the text is wrong. */
export function fromText<D extends DescMessage>(
  schema: D,
  text: string,
  place: FormatPlace = {},
): MessageShape<D> {
  const parser = new Parser(text, place);
  const message = create(schema);
  parser.body(schema, message, undefined, schema.name, 0);
  return message;
}

type Fields = Record<string, unknown>;

interface Token {
  readonly kind: "name" | "number" | "string" | "symbol" | "end";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const spaces = /(?:\s+|#[^\n]*)*/y;
const words = /[A-Za-z_][\w.]*/y;
const numbers = /0[xX][\dA-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?/y;

class Parser {
  readonly #text: string;
  readonly #place: FormatPlace;
  #token: Token;

  constructor(text: string, place: FormatPlace) {
    this.#text = text;
    this.#place = place;
    this.#token = this.#scan(0);
  }

  /** Fields up to the closing bracket, or to the end of the text. */
  body(
    schema: DescMessage,
    message: Message,
    close: string | undefined,
    path: string,
    depth: number,
  ): void {
    if (depth >= deepest) this.#fail(`messages are nested more than ${deepest} deep`, path);
    while (!this.#isClosed(close, path)) {
      const { kind, text } = this.#token;
      if (kind === "symbol" && text === "[") this.#any(schema, message, path, depth);
      else if (kind !== "name")
        this.#fail(`expected the name of a field, found ${this.#shown()}`, path);
      else {
        const field = fieldOf(schema, text);
        if (field === undefined) {
          this.#fail(`${schema.typeName.replace("tensorflow.", "")} has no field "${text}"`, path);
        }
        this.#next(path);
        this.#field(field, message as unknown as Fields, `${path}.${field.name}`, depth);
      }
      if (this.#isSymbol(",") || this.#isSymbol(";")) this.#next(path);
    }
  }

  #isClosed(close: string | undefined, path: string): boolean {
    if (this.#token.kind === "end") {
      if (close === undefined) return true;
      this.#fail(`the text ends before "${close}"`, path);
    }
    if (close === undefined || !this.#isSymbol(close)) return false;
    this.#next(path);
    return true;
  }

  #field(field: DescField, values: Fields, path: string, depth: number): void {
    const hasColon = this.#isSymbol(":");
    if (hasColon) this.#next(path);
    if (field.message === undefined && field.fieldKind !== "map" && !hasColon) {
      this.#fail(`expected ":", found ${this.#shown()}`, path);
    }
    if (!this.#isSymbol("[")) {
      this.#value(field, values, path, depth);
      return;
    }
    if (field.fieldKind !== "list" && field.fieldKind !== "map") {
      this.#fail("a list where one value belongs", path);
    }
    this.#next(path);
    if (this.#isSymbol("]")) {
      this.#next(path);
      return;
    }
    for (;;) {
      this.#value(field, values, path, depth);
      if (this.#isSymbol("]")) break;
      if (!this.#isSymbol(",")) this.#fail(`expected "," or "]", found ${this.#shown()}`, path);
      this.#next(path);
    }
    this.#next(path);
  }

  #value(field: DescField, values: Fields, path: string, depth: number): void {
    if (field.fieldKind === "map") {
      const [key, value] = this.#entry(field, path, depth);
      Object.defineProperty(values[field.localName], key, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    } else if (field.fieldKind === "list") {
      const list = values[field.localName] as unknown[];
      list.push(this.#item(field, undefined, path, depth));
    } else if (field.oneof === undefined) {
      values[field.localName] = this.#item(field, values[field.localName], path, depth);
    } else {
      const { localName } = field.oneof;
      const known = values[localName] as { case?: string; value?: unknown };
      const old = known.case === field.localName ? known.value : undefined;
      values[localName] = { case: field.localName, value: this.#item(field, old, path, depth) };
    }
  }

  /** One value; a message named twice is merged into the first. */
  #item(field: DescField, old: unknown, path: string, depth: number): unknown {
    if (field.message === undefined) return this.#scalar(field, path);
    const wraps = field.message.typeName === "google.protobuf.BoolValue";
    const message = wraps || old === undefined ? create(field.message) : (old as Message);
    this.#nested(field.message, message, path, depth);
    return wraps && field.fieldKind === "message"
      ? (message as unknown as { value: boolean }).value
      : message;
  }

  #nested(schema: DescMessage, message: Message, path: string, depth: number): void {
    const close = this.#isSymbol("{") ? "}" : this.#isSymbol("<") ? ">" : undefined;
    if (close === undefined) this.#fail(`expected "{", found ${this.#shown()}`, path);
    this.#next(path);
    this.body(schema, message, close, path, depth + 1);
  }

  #entry(field: DescField & { fieldKind: "map" }, path: string, depth: number): [string, unknown] {
    const close = this.#isSymbol("{") ? "}" : this.#isSymbol("<") ? ">" : undefined;
    if (close === undefined) this.#fail(`expected "{", found ${this.#shown()}`, path);
    this.#next(path);
    let key: unknown = field.mapKey === ScalarType.STRING ? "" : 0;
    let value: unknown = field.message === undefined ? undefined : create(field.message);
    while (!this.#isClosed(close, path)) {
      const part = this.#token.text;
      if (part !== "key" && part !== "value") {
        this.#fail(`expected "key" or "value", found ${this.#shown()}`, path);
      }
      this.#next(path);
      const hasColon = this.#isSymbol(":");
      if (hasColon) this.#next(path);
      if (part === "key") key = this.#ofType(field.mapKey, path);
      else if (field.message !== undefined) {
        this.#nested(field.message, value as Message, `${path}["${key}"]`, depth);
      } else value = this.#scalar(field, path);
      if (this.#isSymbol(",") || this.#isSymbol(";")) this.#next(path);
    }
    if (value === undefined) value = field.mapKind === "scalar" ? zeroOf(field.scalar) : 0;
    return [String(key), value];
  }

  #any(schema: DescMessage, message: Message, path: string, depth: number): void {
    if (schema.typeName !== "google.protobuf.Any") {
      this.#fail(`expected the name of a field, found ${this.#shown()}`, path);
    }
    const close = this.#text.indexOf("]", this.#token.start);
    if (close < 0) this.#fail('the text ends before "]"', path);
    const typeUrl = this.#text.slice(this.#token.start + 1, close).trim();
    const inner = registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf("/") + 1));
    if (inner === undefined) this.#fail(`the type ${typeUrl} is not known here`, path);
    this.#token = this.#scan(close + 1);
    if (this.#isSymbol(":")) this.#next(path);
    const value = create(inner);
    this.#nested(inner, value, path, depth);
    Object.assign(message, { typeUrl, value: encode(inner, value) });
  }

  #scalar(field: DescField, path: string): unknown {
    if (field.enum !== undefined) return this.#enum(field.enum, path);
    return this.#ofType("scalar" in field ? field.scalar : undefined, path);
  }

  #ofType(type: ScalarType | undefined, path: string): unknown {
    switch (type) {
      case ScalarType.STRING:
        return this.#decoded(this.#string(path), path);
      case ScalarType.BYTES:
        return this.#string(path);
      case ScalarType.BOOL:
        return this.#bool(path);
      case ScalarType.FLOAT:
        return Math.fround(this.#float(path));
      case ScalarType.DOUBLE:
        return this.#float(path);
      case ScalarType.INT64:
      case ScalarType.SINT64:
      case ScalarType.SFIXED64:
        return this.#integer(-(1n << 63n), (1n << 63n) - 1n, path);
      case ScalarType.UINT64:
      case ScalarType.FIXED64:
        return this.#integer(0n, (1n << 64n) - 1n, path);
      case ScalarType.UINT32:
      case ScalarType.FIXED32:
        return Number(this.#integer(0n, (1n << 32n) - 1n, path));
      default:
        return Number(this.#integer(-(1n << 31n), (1n << 31n) - 1n, path));
    }
  }

  #decoded(bytes: Uint8Array, path: string): string {
    const text = decodeText(bytes);
    if (typeof text !== "string") this.#fail("the text is not UTF-8", path);
    return text;
  }

  #enum(schema: DescEnum, path: string): number {
    const { kind, text } = this.#token;
    if (kind === "name") {
      const found = schema.values.find((value) => value.name === text);
      if (found === undefined) this.#fail(`${schema.name} has no value "${text}"`, path);
      this.#next(path);
      return found.number;
    }
    return Number(this.#integer(-(1n << 31n), (1n << 31n) - 1n, path));
  }

  #bool(path: string): boolean {
    const { text } = this.#token;
    const value = ["true", "True", "t", "1"].includes(text);
    if (!value && !["false", "False", "f", "0"].includes(text)) {
      this.#fail(`expected true or false, found ${this.#shown()}`, path);
    }
    this.#next(path);
    return value;
  }

  #sign(path: string): boolean {
    if (!this.#isSymbol("-")) return false;
    this.#next(path);
    return true;
  }

  #integer(least: bigint, most: bigint, path: string): bigint {
    const isNegative = this.#sign(path);
    const { kind, text } = this.#token;
    if (kind !== "number" || !/^(?:0[xX][\dA-Fa-f]+|\d+)$/.test(text)) {
      this.#fail(`expected an integer, found ${this.#shown()}`, path);
    }
    if (text.length > 40) this.#fail("an integer of more than 40 digits", path);
    const octal = /^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text;
    const value = isNegative ? -BigInt(octal) : BigInt(octal);
    if (value < least || value > most) {
      this.#fail(`${value} is not between ${least} and ${most}`, path);
    }
    this.#next(path);
    return value;
  }

  #float(path: string): number {
    const isNegative = this.#sign(path);
    const { kind, text } = this.#token;
    const word = text.toLowerCase();
    let value: number;
    if (kind === "number")
      value = word.startsWith("0x") ? Number(word) : Number(word.replace(/f$/, ""));
    else if (word === "inf" || word === "infinity" || word === "inff")
      value = Number.POSITIVE_INFINITY;
    else if (word === "nan" || word === "nanf") value = Number.NaN;
    else this.#fail(`expected a number, found ${this.#shown()}`, path);
    this.#next(path);
    return isNegative ? -value : value;
  }

  /** The bytes of one string, or of several that follow each other. */
  #string(path: string): Uint8Array {
    const parts: number[] = [];
    if (this.#token.kind !== "string")
      this.#fail(`expected a string, found ${this.#shown()}`, path);
    while (this.#token.kind === "string") {
      unescape(this.#token.text, parts, () => this.#fail("an invalid escape in a string", path));
      this.#next(path);
    }
    return Uint8Array.from(parts);
  }

  #isSymbol(symbol: string): boolean {
    return this.#token.kind === "symbol" && this.#token.text === symbol;
  }

  #next(path: string): void {
    this.#token = this.#scan(this.#token.end, path);
  }

  #scan(from: number, path?: string): Token {
    const text = this.#text;
    spaces.lastIndex = from;
    spaces.test(text);
    const start = Math.max(spaces.lastIndex, from);
    if (start >= text.length) return { kind: "end", text: "", start, end: start };
    const first = text.charAt(start);
    for (const [kind, pattern] of [
      ["name", words],
      ["number", numbers],
    ] as const) {
      pattern.lastIndex = start;
      if (pattern.test(text)) {
        const end = pattern.lastIndex;
        return { kind, text: text.slice(start, end), start, end };
      }
    }
    if (first !== '"' && first !== "'") {
      return { kind: "symbol", text: first, start, end: start + 1 };
    }
    let end = start + 1;
    while (end < text.length && text[end] !== first && text[end] !== "\n") {
      end += text[end] === "\\" ? 2 : 1;
    }
    if (text[end] !== first) {
      this.#token = { kind: "symbol", text: first, start, end };
      this.#fail("a string that does not end on its line", path);
    }
    return { kind: "string", text: text.slice(start + 1, end), start, end: end + 1 };
  }

  #shown(): string {
    const { kind, text } = this.#token;
    if (kind === "end") return "the end of the text";
    return text.length > 40 ? `"${text.slice(0, 40)}…"` : `"${text}"`;
  }

  #fail(problem: string, field: string | undefined): never {
    const before = this.#text.slice(0, this.#token.start);
    const line = before.split("\n").length;
    const offset = (this.#place.offset ?? 0) + encodeText(before).length;
    throw new FormatError(`line ${line}: ${problem}`, { ...this.#place, offset, field });
  }
}

const fieldTables = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>();

function fieldOf(schema: DescMessage, name: string): DescField | undefined {
  let table = fieldTables.get(schema);
  if (table === undefined) {
    table = new Map(schema.fields.map((field) => [field.name, field]));
    fieldTables.set(schema, table);
  }
  return table.get(name);
}

function zeroOf(type: ScalarType): unknown {
  if (type === ScalarType.STRING) return "";
  if (type === ScalarType.BYTES) return new Uint8Array();
  if (type === ScalarType.BOOL) return false;
  const big = [ScalarType.INT64, ScalarType.UINT64, ScalarType.FIXED64, ScalarType.SFIXED64];
  return big.includes(type) || type === ScalarType.SINT64 ? 0n : 0;
}

const simple: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  "\\": 92,
  "'": 39,
  '"': 34,
  "?": 63,
};

/** Appends the bytes of a string literal between its quotes. */
function unescape(text: string, out: number[], fail: () => never): void {
  const plain = (from: number, to: number) => {
    const part = text.slice(from, to);
    for (let i = 0; i < part.length; i++) {
      if (part.charCodeAt(i) >= 128) {
        for (const byte of encodeText(part.slice(i))) out.push(byte);
        return;
      }
      out.push(part.charCodeAt(i));
    }
  };
  let at = 0;
  for (;;) {
    const slash = text.indexOf("\\", at);
    plain(at, slash < 0 ? text.length : slash);
    if (slash < 0) return;
    const rest = text.slice(slash + 1, slash + 10);
    const digits = /^(?:([0-7]{1,3})|[xX]([\dA-Fa-f]{1,2})|u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8}))/.exec(
      rest,
    );
    if (digits !== null) {
      const [all, octal, hex, short, long] = digits;
      const point = short ?? long;
      if (point !== undefined) {
        const code = Number.parseInt(point, 16);
        if (code > 0x10ffff) fail();
        for (const byte of encodeText(String.fromCodePoint(code))) out.push(byte);
      } else
        out.push((octal ? Number.parseInt(octal, 8) : Number.parseInt(hex as string, 16)) & 255);
      at = slash + 1 + all.length;
    } else {
      const code = simple[rest.charAt(0)];
      if (code === undefined) fail();
      out.push(code as number);
      at = slash + 2;
    }
  }
}
