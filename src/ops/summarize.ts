/** A few elements of an array in one line, as messages of TensorFlow's runtime show them. */

import type { DType, Scalar } from "../core/dtypes.ts";
import type { NDArray } from "../core/ndarray.ts";

/** C's `%.{digits}g`. */
export function formatGeneral(value: number, digits: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = value.toExponential(digits - 1).split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= digits) {
    const sign = exponent < 0 ? "-" : "+";
    return `${trimZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return trimZeros(value.toFixed(Math.max(0, digits - 1 - exponent)));
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
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

/** The first `limit` elements, -1 for all, with brackets around the inner dimensions. */
export function summarizeValue(array: NDArray, limit: number): string {
  const count = limit < 0 ? array.size : Math.min(limit, array.size);
  const { shape, dtype } = array;
  let next = 0;
  let text = "";
  const line = (axis: number): void => {
    const length = shape[axis] as number;
    for (let i = 0; i < length; i++) {
      if (next >= count) {
        if (axis !== 0) text += "...";
        return;
      }
      text += (i > 0 ? " " : "") + element(array.at(next++), dtype);
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
  if (shape.length === 0) text = count > 0 ? element(array.at(0), dtype) : "";
  else block(0);
  return array.size > count ? `${text}...` : text;
}
