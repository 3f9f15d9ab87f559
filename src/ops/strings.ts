/** Ops on strings: writing and reading numbers, changing case. They run on the host. */

import {
  asDType,
  bfloat16,
  bool,
  complex64,
  complex128,
  type DType,
  type DTypeLike,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  type Scalar,
  string,
  uint8,
  uint16,
  uint32,
  uint64,
  variant,
} from "../core/dtypes.ts";
import { type NDArray, writeElement } from "../core/ndarray.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Builder } from "../engines/builder.ts";
import type { Value } from "../engines/ir.ts";
import type { TensorLike } from "./convert.ts";
import { createOp, type Named } from "./create.ts";
import { a, defineOp } from "./define.ts";
import { elementText } from "./filename-strings.ts";
import { formatGeneral, scientific } from "./summarize.ts";

const encoder = new TextEncoder();

/** A host step that makes each element from the one at the same place. */
function eachElement(k: Builder, x: Value, dtype: DType, body: (element: Scalar) => Scalar): Value {
  const [made] = k.host("strings", [x], [{ dtype, shape: x.shape }], ([from], [to]) => {
    const source = from as NDArray;
    const { data } = to as NDArray;
    for (let i = 0; i < source.size; i++) writeElement(data, dtype, i, body(source.at(i)));
  });
  return made as Value;
}

// Numbers as text

interface NumberFormat {
  readonly precision: number;
  readonly scientific: boolean;
  readonly shortest: boolean;
  readonly width: number;
  readonly fill: string;
}

/** C's `%.{digits}f`, where halves go to the even digit. */
function toFixed(value: number, digits: number): string {
  // The decimals of a double end: so many show whether this is a tie.
  const exact = value.toFixed(Math.min(100, digits + 54));
  const point = exact.indexOf(".") + 1 + digits;
  const isTie = /^50*$/.test(exact.slice(point));
  const lastDigit = exact.slice(0, point).replace(".", "").at(-1);
  if (!isTie || Number(lastDigit) % 2 !== 0) return value.toFixed(digits);
  return exact.slice(0, digits === 0 ? point - 1 : point);
}

/** C's `%.{digits}e`. */
function toScientific(value: number, digits: number): string {
  const [mantissa, exponent] = scientific(value, digits);
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function formatFloat(value: number, { precision, scientific, shortest }: NumberFormat): string {
  if (!Number.isFinite(value)) return formatGeneral(value, 6);
  const digits = precision < 0 ? 6 : precision;
  if (scientific) return toScientific(value, digits);
  if (shortest) return formatGeneral(value, Math.max(1, digits));
  return toFixed(value, digits);
}

function padded(text: string, { width, fill }: NumberFormat): string {
  const signed = fill === "+" && !text.startsWith("-") ? `+${text}` : text;
  if (fill === "-") return signed.padEnd(width);
  if (fill !== "0") return signed.padStart(width);
  const sign = /^[+-]/.exec(signed)?.[0] ?? "";
  return sign + signed.slice(sign.length).padStart(width - sign.length, "0");
}

const AsString = defineOp({
  type: "AsString",
  inputs: ["input: T"],
  outputs: ["output: string"],
  attrs: {
    T: a.type([
      float32,
      float64,
      int32,
      uint8,
      int16,
      int8,
      int64,
      bfloat16,
      uint16,
      float16,
      uint32,
      uint64,
      complex64,
      complex128,
      bool,
      variant,
      string,
    ]),
    precision: a.int(-1),
    scientific: a.bool(false),
    shortest: a.bool(false),
    width: a.int(-1),
    fill: a.string(""),
  },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: "none",
  lower: ({ inputs: [x], attrs, k }) => {
    if (x.dtype === (string as DType)) return [x];
    const isFloat = x.dtype.isFloating;
    const format = (value: Scalar) =>
      padded(isFloat ? formatFloat(value as number, attrs) : String(value), attrs);
    return [eachElement(k, x, string, format)];
  },
});

export interface AsStringOptions extends Named {
  /** Digits after the point; 6 by default. */
  readonly precision?: number | undefined;
  /** With an exponent. */
  readonly scientific?: boolean | undefined;
  /** With or without an exponent, whichever is shorter. */
  readonly shortest?: boolean | undefined;
  readonly width?: number | undefined;
  /** How to reach the width: "0", " ", "-" for left-aligned, "+" for a sign. */
  readonly fill?: string | undefined;
}

/** Numbers and truth values as text. TensorFlow: `tf.strings.as_string`. */
export function asString(input: TensorLike, options: AsStringOptions = {}): Tensor<"string"> {
  const { precision = -1, scientific = false, shortest = false, width = -1, fill = "" } = options;
  const attrs = { precision, scientific, shortest, width, fill };
  return createOp(AsString, [input], attrs, options.name).output as Tensor<"string">;
}

const StringToNumber = defineOp({
  type: "StringToNumber",
  inputs: ["string_tensor: string"],
  outputs: ["output: out_type"],
  attrs: { out_type: a.type([float32, float64, int32, int64, uint32, uint64], float32) },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: "none",
  lower: ({ inputs: [x], attrs: { out_type }, k }) => [
    eachElement(k, x, out_type, (text) => parseNumber(elementText(text), out_type)),
  ],
});

function parseNumber(text: string, dtype: DType): Scalar {
  const trimmed = text.trim();
  const isWhole = /^[+-]?\d+$/.test(trimmed);
  if (dtype.isBig && isWhole) return BigInt(trimmed);
  const written = trimmed.replace(/^([+-]?)inf(inity)?$/i, "$1Infinity");
  const value = written === "" ? Number.NaN : Number(written);
  const isNan = /^[+-]?nan$/i.test(trimmed);
  if ((Number.isNaN(value) && !isNan) || (dtype.isInteger && !isWhole)) {
    throw new Error(`StringToNumberOp could not correctly convert string: ${text}`);
  }
  return value;
}

export interface StringToNumberOptions extends Named {
  readonly outType?: DTypeLike | undefined;
}

/** Numbers read from text. TensorFlow: `tf.strings.to_number`. */
export function stringToNumber(
  input: TensorLike,
  { outType = float32, name }: StringToNumberOptions = {},
): Tensor {
  return createOp(StringToNumber, [input], { out_type: asDType(outType) }, name).output;
}

// Letters

/** Without an encoding only the letters A to Z change. */
function changeCase(text: string, encoding: string, change: (part: string) => string): string {
  return encoding === "utf-8" ? change(text) : text.replace(/[A-Za-z]+/g, change);
}

const StringLower = defineOp({
  type: "StringLower",
  inputs: ["input: string"],
  outputs: ["output: string"],
  attrs: { encoding: a.string("") },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: "none",
  lower: ({ inputs: [x], attrs: { encoding }, k }) => [
    eachElement(k, x, string, (text) =>
      changeCase(elementText(text), encoding, (part) => part.toLowerCase()),
    ),
  ],
});

const StringUpper = defineOp({
  type: "StringUpper",
  inputs: ["input: string"],
  outputs: ["output: string"],
  attrs: { encoding: a.string("") },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: "none",
  lower: ({ inputs: [x], attrs: { encoding }, k }) => [
    eachElement(k, x, string, (text) =>
      changeCase(elementText(text), encoding, (part) => part.toUpperCase()),
    ),
  ],
});

export interface CaseOptions extends Named {
  /** "utf-8" for all letters; without it only A to Z change. */
  readonly encoding?: "" | "utf-8" | undefined;
}

/** Lower-case text. TensorFlow: `tf.strings.lower`. */
export function stringLower(
  input: TensorLike,
  { encoding = "", name }: CaseOptions = {},
): Tensor<"string"> {
  return createOp(StringLower, [input], { encoding }, name).output as Tensor<"string">;
}

/** Upper-case text. TensorFlow: `tf.strings.upper`. */
export function stringUpper(
  input: TensorLike,
  { encoding = "", name }: CaseOptions = {},
): Tensor<"string"> {
  return createOp(StringUpper, [input], { encoding }, name).output as Tensor<"string">;
}

const StringStrip = defineOp({
  type: "StringStrip",
  inputs: ["input: string"],
  outputs: ["output: string"],
  attrs: {},
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: "none",
  lower: ({ inputs: [x], k }) => [eachElement(k, x, string, (text) => elementText(text).trim())],
});

/** Text without white space around it. TensorFlow: `tf.strings.strip`. */
export function stringStrip(input: TensorLike, { name }: Named = {}): Tensor<"string"> {
  return createOp(StringStrip, [input], {}, name).output as Tensor<"string">;
}

const StringLength = defineOp({
  type: "StringLength",
  inputs: ["input: string"],
  outputs: ["output: int32"],
  attrs: { unit: a.string("BYTE") },
  shape: ({ inputs: [x] }) => [x.shape],
  gradient: "none",
  lower: ({ inputs: [x], attrs: { unit }, k }) => [
    eachElement(k, x, int32, (text) => {
      if (unit === "UTF8_CHAR") return [...elementText(text)].length;
      return text instanceof Uint8Array ? text.length : encoder.encode(String(text)).length;
    }),
  ],
});

export interface StringLengthOptions extends Named {
  /** What is counted: bytes (the default) or characters. */
  readonly unit?: "BYTE" | "UTF8_CHAR" | undefined;
}

/** The lengths of strings. TensorFlow: `tf.strings.length`. */
export function stringLength(
  input: TensorLike,
  { unit = "BYTE", name }: StringLengthOptions = {},
): Tensor<"int32"> {
  return createOp(StringLength, [input], { unit }, name).output as Tensor<"int32">;
}
