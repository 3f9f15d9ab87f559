/** NumPy-style printing of arrays and scalars: what `str()` and `repr()` of an ndarray give (NumPy 2.4 defaults). */

import type { DType, Scalar, Storage } from "./dtypes.ts";
import { decodeFloat16, encodeFloat16 } from "./half.ts";

/** What printing needs to know of an NDArray. */
interface Printable {
  readonly data: Storage;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly size: number;
  readonly rank: number;
  at(index: number): Scalar;
}

const lineWidth = 75;
const summaryThreshold = 1000;
const edgeItems = 3;
const maxPrecision = 8;

type FloatKind = "float64" | "float32" | "float16";

interface FloatLayout {
  /** Bits of the significand, the hidden one included. */
  readonly bits: number;
  /** Exponent of the last bit of the smallest number. */
  readonly minExponent: number;
  /** Magnitudes from here on print with an exponent, in arrays and as scalars. */
  readonly arrayLimit: number;
  readonly scalarLimit: number;
}

const layouts: Readonly<Record<FloatKind, FloatLayout>> = {
  float64: { bits: 53, minExponent: -1074, arrayLimit: 1e8, scalarLimit: 1e16 },
  float32: { bits: 24, minExponent: -149, arrayLimit: 1e6, scalarLimit: 1e6 },
  float16: { bits: 11, minExponent: -24, arrayLimit: 1e3, scalarLimit: 1e3 },
};

/** NumPy compares in the array's own precision. */
const rounding: Readonly<Record<FloatKind, (value: number) => number>> = {
  float64: (value) => value,
  float32: Math.fround,
  float16: (value) => decodeFloat16(encodeFloat16(value)),
};

/** Where digits stop: after so many of them, or so many places behind the point; `least` asks for more than needed. */
interface Cutoff {
  readonly least?: number;
  readonly total?: number;
  readonly fraction?: number;
}

/** Decimal digits `d1 d2 …` of d1.d2… × 10^exponent. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

/**
 * The digits of a positive number: the fewest that no neighbouring number of the same kind shares (`unique`), or all,
 * rounded half to even at the cutoff. Steele and White's Dragon4 over exact integers.
 */
function digitsOf(value: number, kind: FloatKind, cutoff: Cutoff, unique = true): Decimal {
  const { bits, minExponent } = layouts[kind];
  const exponent = Math.max(binaryExponent(value) - bits + 1, minExponent);
  const mantissa = BigInt(scaleByPowerOfTwo(value, -exponent));
  const isEven = mantissa % 2n === 0n;
  // Below a power of two the neighbours are twice as near as above it.
  const unequal = mantissa === 1n << BigInt(bits - 1) && exponent > minExponent;
  const shift = BigInt(Math.abs(exponent));
  const unit = exponent > 0 ? 1n << shift : 1n;
  const factor = unequal ? 4n : 2n;
  let rest = factor * mantissa * unit;
  let scale = exponent > 0 ? factor : factor << shift;
  let marginLow = unit;
  let marginHigh = unequal ? 2n * unit : unit;

  let digitExponent = Math.floor(Math.log10(value));
  [rest, scale, marginLow, marginHigh] = scaleByTen(
    rest,
    scale,
    marginLow,
    marginHigh,
    digitExponent,
  );
  if (rest >= 10n * scale) {
    digitExponent++;
    scale *= 10n;
  } else if (rest < scale) {
    digitExponent--;
    rest *= 10n;
    marginLow *= 10n;
    marginHigh *= 10n;
  }
  const last =
    cutoff.total !== undefined
      ? digitExponent - cutoff.total + 1
      : cutoff.fraction !== undefined
        ? Math.min(-cutoff.fraction, digitExponent)
        : Number.NEGATIVE_INFINITY;

  const digits: number[] = [];
  let low = false;
  let high = false;
  for (let place = digitExponent; ; place--) {
    const digit = Number(rest / scale);
    rest %= scale;
    digits.push(digit);
    if (unique) {
      low = isEven ? rest <= marginLow : rest < marginLow;
      high = isEven ? rest + marginHigh >= scale : rest + marginHigh > scale;
    }
    const enough = digits.length >= (cutoff.least ?? 0);
    if (((low || high) && enough) || place === last || rest === 0n) break;
    rest *= 10n;
    marginLow *= 10n;
    marginHigh *= 10n;
  }
  const lastDigit = digits[digits.length - 1] as number;
  const twice = 2n * rest;
  const roundUp = low === high ? twice > scale || (twice === scale && lastDigit % 2 === 1) : high;
  if (roundUp) {
    let index = digits.length - 1;
    while (index >= 0 && digits[index] === 9) digits[index--] = 0;
    if (index < 0) {
      digits.unshift(1);
      digits.pop();
      digitExponent++;
    } else {
      digits[index] = (digits[index] as number) + 1;
    }
  }
  return { digits: digits.join("").replace(/0+$/, "") || "0", exponent: digitExponent };
}

function scaleByTen(
  rest: bigint,
  scale: bigint,
  low: bigint,
  high: bigint,
  exponent: number,
): [bigint, bigint, bigint, bigint] {
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent >= 0
    ? [rest, scale * power, low, high]
    : [rest * power, scale, low * power, high * power];
}

/** floor(log2(value)) of a positive number, exact. */
function binaryExponent(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const biased = (view.getUint32(0) >>> 20) & 0x7ff;
  if (biased > 0) return biased - 1023;
  view.setFloat64(0, value * 2 ** 100);
  return ((view.getUint32(0) >>> 20) & 0x7ff) - 1023 - 100;
}

/** value × 2^power where the result is exact, in two steps because 2^1074 is not a number. */
function scaleByPowerOfTwo(value: number, power: number): number {
  const half = Math.trunc(power / 2);
  return value * 2 ** half * 2 ** (power - half);
}

function signOf(value: number, plus: boolean): string {
  if (value < 0 || Object.is(value, -0)) return "-";
  return plus ? "+" : "";
}

/** `12.5`, `3.`: no exponent, no trailing zeros, always a point. */
function positional(value: number, kind: FloatKind, cutoff: Cutoff, plus: boolean): string {
  const sign = signOf(value, plus);
  if (value === 0) return `${sign}0.`;
  const { digits, exponent } = digitsOf(Math.abs(value), kind, cutoff);
  return sign + placePoint(digits, exponent);
}

function placePoint(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${digits === "0" ? "" : "0".repeat(-exponent - 1) + digits}`;
  const whole = digits.padEnd(exponent + 1, "0");
  return `${whole.slice(0, exponent + 1)}.${whole.slice(exponent + 1)}`;
}

interface Scientific {
  readonly whole: string;
  readonly fraction: string;
  /** With sign and at least two digits. */
  readonly exponent: string;
}

function scientific(value: number, kind: FloatKind, cutoff: Cutoff, plus: boolean): Scientific {
  const sign = signOf(value, plus);
  if (value === 0) return { whole: `${sign}0`, fraction: "", exponent: "+00" };
  const { digits, exponent } = digitsOf(Math.abs(value), kind, cutoff);
  return {
    whole: sign + digits[0],
    fraction: digits.slice(1),
    exponent: exponentText(exponent, 2),
  };
}

function exponentText(exponent: number, width: number): string {
  return (exponent < 0 ? "-" : "+") + String(Math.abs(exponent)).padStart(width, "0");
}

/** `printf("%.6g")`, which is how bfloat16 prints. */
function shortGeneral(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  const sign = signOf(value, false);
  if (value === 0) return `${sign}0`;
  const { digits, exponent } = digitsOf(Math.abs(value), "float64", { total: 6 }, false);
  if (exponent >= -4 && exponent < 6) return sign + placePoint(digits, exponent).replace(/\.$/, "");
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${sign}${digits[0]}${fraction}e${exponentText(exponent, 2)}`;
}

function nonFinite(value: number, plus: boolean): string {
  if (Number.isNaN(value)) return plus ? "+nan" : "nan";
  return value < 0 ? "-inf" : plus ? "+inf" : "inf";
}

type Formatter<T> = (value: T) => string;

/** Formats all of `values` with one width, choosing exponents as NumPy chooses for the whole array. */
function floatFormatter(
  values: readonly number[],
  kind: FloatKind,
  plus = false,
): Formatter<number> {
  const finite = values.filter(Number.isFinite);
  const magnitudes = finite.filter((value) => value !== 0).map(Math.abs);
  let exponential = false;
  if (magnitudes.length > 0) {
    const largest = magnitudes.reduce((a, b) => Math.max(a, b));
    const smallest = magnitudes.reduce((a, b) => Math.min(a, b));
    const round = rounding[kind];
    exponential =
      largest >= layouts[kind].arrayLimit ||
      smallest < round(0.0001) ||
      round(largest / smallest) > 1000;
  }
  let padLeft = 0;
  let padRight = 0;
  let write: Formatter<number>;
  if (exponential) {
    const parts = finite.map((value) => scientific(value, kind, { total: maxPrecision + 1 }, plus));
    const precision = Math.max(...parts.map((part) => part.fraction.length));
    const exponentWidth = Math.max(...parts.map((part) => part.exponent.length)) - 1;
    padLeft = Math.max(...parts.map((part) => part.whole.length));
    padRight = exponentWidth + 2 + precision;
    write = (value) => {
      const part = scientific(value, kind, { total: precision + 1, least: precision + 1 }, plus);
      const exponent = exponentText(Number(part.exponent), exponentWidth);
      return `${part.whole.padStart(padLeft)}.${part.fraction.padEnd(precision, "0")}e${exponent}`;
    };
  } else {
    for (const value of finite) {
      const text = positional(value, kind, { fraction: maxPrecision }, plus);
      const point = text.indexOf(".");
      padLeft = Math.max(padLeft, point);
      padRight = Math.max(padRight, text.length - point - 1);
    }
    write = (value) => {
      const text = positional(value, kind, { fraction: maxPrecision }, plus);
      const point = text.indexOf(".");
      return text.slice(0, point).padStart(padLeft) + text.slice(point).padEnd(padRight + 1);
    };
  }
  if (finite.length < values.length) {
    const hasNegative = plus || values.includes(Number.NEGATIVE_INFINITY);
    padLeft = Math.max(padLeft, 3 - (padRight + 1), 3 + Number(hasNegative) - (padRight + 1));
  }
  return (value) =>
    Number.isFinite(value) ? write(value) : nonFinite(value, plus).padStart(padLeft + padRight + 1);
}

const utf8 = new TextEncoder();

const byteEscapes: Readonly<Record<number, string>> = {
  9: "\\t",
  10: "\\n",
  13: "\\r",
  92: "\\\\",
};

/** A Python bytes literal; text is shown by its UTF-8 bytes. */
function bytesLiteral(value: string | Uint8Array): string {
  const bytes = typeof value === "string" ? utf8.encode(value) : value;
  const quote = bytes.includes(39) && !bytes.includes(34) ? '"' : "'";
  let text = "";
  for (const byte of bytes) {
    if (byte === quote.charCodeAt(0)) text += `\\${quote}`;
    else if (byteEscapes[byte] !== undefined) text += byteEscapes[byte];
    else if (byte < 32 || byte > 126) text += `\\x${byte.toString(16).padStart(2, "0")}`;
    else text += String.fromCharCode(byte);
  }
  return `b${quote}${text}${quote}`;
}

/** `str()` of a NumPy float scalar: shortest digits, an exponent only where they are far from 1. */
function floatScalar(value: number, kind: FloatKind): string {
  const text = plainFloat(value, kind, false);
  return text.endsWith(".") ? `${text}0` : text;
}

function plainFloat(value: number, kind: FloatKind, plus: boolean): string {
  if (!Number.isFinite(value)) return nonFinite(value, plus);
  const magnitude = Math.abs(value);
  const isPlain = magnitude === 0 || (magnitude >= 1e-4 && magnitude < layouts[kind].scalarLimit);
  if (isPlain) return positional(value, kind, {}, plus);
  const part = scientific(value, kind, {}, plus);
  return `${part.whole}${part.fraction && `.${part.fraction}`}e${part.exponent}`;
}

function complexScalar(re: number, im: number, kind: FloatKind): string {
  const trim = (text: string) => text.replace(/\.$/, "");
  if (Object.is(re, 0)) return `${trim(plainFloat(im, kind, false))}j`;
  return `(${trim(plainFloat(re, kind, false))}${trim(plainFloat(im, kind, true))}j)`;
}

/** One element as NumPy's `str()` of a scalar of that dtype prints it. */
export function formatScalar(value: Scalar, dtype: DType): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string" || value instanceof Uint8Array) return bytesLiteral(value);
  if (typeof value === "bigint") return value.toString();
  switch (dtype.baseName) {
    case "float32":
    case "float64":
    case "float16":
      return floatScalar(value, dtype.baseName);
    case "bfloat16":
      return shortGeneral(value);
    case "bool":
      return value === 0 ? "False" : "True";
    default:
      return String(value);
  }
}

/** Text of the element at a flat position, all of them in the array's common width. */
function elementFormatter(array: Printable, shown: readonly number[]): Formatter<number> {
  const { dtype } = array;
  switch (dtype.baseName) {
    case "float32":
    case "float64":
    case "float16": {
      const format = floatFormatter(
        shown.map((index) => array.at(index) as number),
        dtype.baseName,
      );
      return (index) => format(array.at(index) as number);
    }
    case "complex64":
    case "complex128": {
      const kind = dtype.baseName === "complex64" ? "float32" : "float64";
      const data = array.data as Float32Array | Float64Array;
      const part = (index: number) => data[index] as number;
      const re = floatFormatter(
        shown.map((index) => part(2 * index)),
        kind,
      );
      const im = floatFormatter(
        shown.map((index) => part(2 * index + 1)),
        kind,
        true,
      );
      return (index) =>
        re(part(2 * index)) + im(part(2 * index + 1)).replace(/ *$/, (spaces) => `j${spaces}`);
    }
    case "string":
    case "bfloat16":
      return (index) => formatScalar(array.at(index), dtype);
    case "bool": {
      const width = array.rank === 0 ? 0 : 5;
      return (index) => formatScalar(array.at(index), dtype).padStart(width);
    }
    default: {
      const width = Math.max(...shown.map((index) => String(array.at(index)).length));
      return (index) => String(array.at(index)).padStart(width);
    }
  }
}

/** Positions along one axis that are printed; `undefined` stands for the dots between. */
function shownAlong(dim: number, summarize: boolean): (number | undefined)[] {
  const all = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  if (!summarize || dim <= 2 * edgeItems) return all(0, dim);
  return [...all(0, edgeItems), undefined, ...all(dim - edgeItems, dim)];
}

interface Layout {
  readonly separator: ", " | " ";
  readonly width: number;
  readonly summarize: boolean;
}

/** The bracketed elements; `indent` is what every line but the first starts with, before nesting. */
function formatElements(array: Printable, layout: Layout, indent: string): string {
  const { separator, summarize } = layout;
  const shown = shownPositions(array.shape, summarize);
  const format = elementFormatter(array, shown);
  const bare = separator.trimEnd();
  const steps = stepsOf(array.shape);

  const row = (axis: number, base: number, hanging: string, width: number): string => {
    if (axis === array.rank) return format(base);
    const dim = array.shape[axis] as number;
    const places = shownAlong(dim, summarize);
    const item = (place: number | undefined) =>
      place === undefined
        ? "..."
        : row(axis + 1, base + place * (steps[axis] as number), `${hanging} `, width - 1);
    if (axis < array.rank - 1) {
      const between = `${bare}${"\n".repeat(array.rank - axis - 1)}${hanging}`;
      return `[${places.map(item).join(between)}]`;
    }
    const limit = width - Math.max(bare.length, 1);
    let text = "";
    let line = hanging;
    places.forEach((place, count) => {
      const word = item(place);
      if (line.length + word.length > limit && line.length > hanging.length) {
        text += `${line.trimEnd()}\n`;
        line = hanging;
      }
      line += word;
      if (count < places.length - 1) line += separator;
    });
    return `[${(text + line).slice(hanging.length)}]`;
  };
  return row(0, 0, indent, layout.width);
}

function stepsOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
}

/** Flat positions of all elements that are printed. */
function shownPositions(shape: readonly number[], summarize: boolean): number[] {
  let positions = [0];
  const steps = stepsOf(shape);
  shape.forEach((dim, axis) => {
    const places = shownAlong(dim, summarize).filter((place) => place !== undefined);
    const step = steps[axis] as number;
    positions = positions.flatMap((base) => places.map((place) => base + place * step));
  });
  return positions;
}

/** A shape as Python prints a tuple. */
function tuple(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

const impliedTypes: readonly string[] = ["float64", "int64", "bool", "complex128"];

/** An array as NumPy's `str()` or `repr()` prints it. Strings print as arrays of Python bytes objects. */
export function formatArray(array: Printable, style: "str" | "repr"): string {
  const { dtype, shape, size } = array;
  if (style === "str" && shape.length === 0) return zeroDimensional(array);
  const prefix = style === "repr" ? "array(" : "";
  const summarize = size > summaryThreshold;
  const layout: Layout = {
    separator: style === "repr" ? ", " : " ",
    width: style === "repr" ? lineWidth - 1 : lineWidth,
    summarize,
  };
  const body = size === 0 ? "[]" : formatElements(array, layout, " ".repeat(prefix.length + 1));
  if (style === "str") return body;
  const extras: string[] = [];
  if (summarize || (size === 0 && !(shape.length === 1 && shape[0] === 0)))
    extras.push(`shape=${tuple(shape)}`);
  if (size === 0 || !impliedTypes.includes(dtype.baseName)) {
    extras.push(`dtype=${dtype.baseName === "string" ? "object" : dtype.baseName}`);
  }
  if (extras.length === 0) return `${prefix}${body})`;
  const start = `${prefix}${body},`;
  const extra = `${extras.join(", ")})`;
  const lastLine = start.length - (start.lastIndexOf("\n") + 1);
  const spacer = lastLine + extra.length + 1 > lineWidth ? `\n${" ".repeat(prefix.length)}` : " ";
  return start + spacer + extra;
}

function zeroDimensional(array: Printable): string {
  const { dtype, data } = array;
  if (!dtype.isComplex) return formatScalar(array.at(0), dtype);
  const [re, im] = data as Float32Array | Float64Array;
  return complexScalar(
    re as number,
    im as number,
    dtype.baseName === "complex64" ? "float32" : "float64",
  );
}
