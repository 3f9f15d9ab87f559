/** A few elements of an array in one line, as messages of TensorFlow's runtime show them. */

import type { DType, Scalar } from "../core/dtypes.ts";
import type { NDArray } from "../core/ndarray.ts";

/** Mantissa and exponent of C's `%.{digits}e`, where halves go to the even digit. */
export function scientific(
  value: number,
  digits: number,
): readonly [mantissa: string, exponent: number] {
  const [rounded = "", power = "0"] = value.toExponential(digits).split("e");
  // The decimals of a double end: so many show whether this is a tie.
  const [exact = "", exactPower = "0"] = value.toExponential(100).split("e");
  const length = exact.indexOf(".") + (digits === 0 ? 0 : digits + 1);
  const isTie = /^\.?50*$/.test(exact.slice(length));
  const isEven = Number(exact.charAt(length - 1)) % 2 === 0;
  return isTie && isEven ? [exact.slice(0, length), Number(exactPower)] : [rounded, Number(power)];
}

/** `toExponential` with halves going to the even digit, as C prints numbers. */
export function toExponentialEven(value: number, digits: number): string {
  // Ties end right behind the last digit, so that a hundred digits show them all.
  const [exact = "", exponent] = value.toExponential(100).split("e");
  const end = exact.indexOf(".") + 1 + digits;
  const kept = exact.slice(0, digits === 0 ? end - 1 : end);
  const isTie = /^50*$/.test(exact.slice(end));
  return isTie && Number(kept.at(-1)) % 2 === 0
    ? `${kept}e${exponent}`
    : value.toExponential(digits);
}

/** C's `%.{digits}g`. */
export function formatGeneral(value: number, digits: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = toExponentialEven(value, digits - 1).split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= digits) {
    const sign = exponent < 0 ? "-" : "+";
    return `${trimZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const minus = value < 0 ? "-" : "";
  const all = mantissa.replace(/[-.]/g, "");
  if (exponent < 0) return trimZeros(`${minus}0.${"0".repeat(-exponent - 1)}${all}`);
  const whole = all.slice(0, exponent + 1);
  return trimZeros(`${minus}${whole}.${all.slice(exponent + 1)}`);
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0*$/, "") : text;
}

/** The fewer digits if they say it exactly, else as many as the dtype may need. */
function formatNumber(value: number, dtype: DType): string {
  if (dtype.baseName === "float64") {
    const short = formatGeneral(value, 15);
    return Number(short) === value || Number.isNaN(value) ? short : formatGeneral(value, 17);
  }
  const short = formatGeneral(value, 6);
  return Math.fround(Number(short)) === value || Number.isNaN(value)
    ? short
    : formatGeneral(value, 9);
}

const decoder = new TextDecoder();

function element(value: Scalar, dtype: DType): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value instanceof Uint8Array) return decoder.decode(value);
  if (typeof value === "number" && dtype.isFloating) return formatNumber(value, dtype);
  return String(value);
}

const escapes: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "'": "\\'",
  "\\": "\\\\",
};

/** Text as a C string literal would write it. */
function escaped(text: string): string {
  return Array.from(text, (char) => {
    const code = char.codePointAt(0) as number;
    const isControl = code < 32 || code === 127;
    return escapes[char] ?? (isControl ? `\\${code.toString(8).padStart(3, "0")}` : char);
  }).join("");
}

/** The first `limit` elements, -1 for all, with brackets around the inner dimensions. */
export function summarizeValue(array: NDArray, limit: number): string {
  const count = limit < 0 ? array.size : Math.min(limit, array.size);
  const { shape, dtype } = array;
  const isText = dtype.baseName === "string";
  const shown = (value: Scalar): string => {
    const plain = element(value, dtype);
    return isText ? escaped(plain) : plain;
  };
  let next = 0;
  let text = "";
  const line = (axis: number): void => {
    const length = shape[axis] as number;
    for (let i = 0; i < length; i++) {
      if (next >= count) {
        if (axis !== 0) text += "...";
        return;
      }
      text += (i > 0 ? " " : "") + shown(array.at(next++));
    }
  };
  const block = (axis: number): void => {
    if (next >= count) return;
    if (axis === shape.length - 1) {
      line(axis);
      return;
    }
    for (let i = 0; i < (shape[axis] as number); i++) {
      const opened = next < count;
      if (opened) text += "[";
      block(axis + 1);
      if (opened) text += "]";
    }
  };
  if (shape.length === 0) text = count > 0 ? shown(array.at(0)) : "";
  else block(0);
  return array.size > count ? `${text}...` : text;
}

/** An array in brackets with `edge` elements at both ends of each axis, -1 for all, as `tf.print` shows it. */
export function describeValue(array: NDArray, edge: number): string {
  const { shape, dtype } = array;
  const rank = shape.length;
  const ends = edge < 0 ? Number.MAX_SAFE_INTEGER : edge;
  const spacing = (axis: number): string =>
    axis === rank - 1 ? " " : "\n".repeat(rank - axis - 1) + " ".repeat(axis + 1);
  const block = (axis: number, start: number): string => {
    if (axis === rank) {
      const value = array.at(start);
      const text = element(value, dtype);
      return dtype.baseName === "string" ? `"${text}"` : text;
    }
    const length = shape[axis] as number;
    const step = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
    const parts: string[] = [];
    for (let i = 0; i < length; i++) {
      if (i < ends || i >= Math.max(ends, length - ends))
        parts.push(block(axis + 1, start + i * step));
      else if (i === ends) parts.push("...");
    }
    return `[${parts.join(spacing(axis))}]`;
  };
  return block(0, 0);
}
