/** The case table: reads cases/<family>.json and makes its values, as record.py does. */

import { readdirSync, readFileSync } from "node:fs";
import * as tf from "tensorscope";
import type { Scalar } from "../../src/core/dtypes.ts";
import { fromScalars, type Nested, sizeOf } from "../../src/core/ndarray.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A row of the table; README.md explains the fields. */
export interface Case {
  readonly name: string;
  readonly call: string;
  readonly args?: readonly Json[];
  readonly kwargs?: JsonObject;
  readonly dtype?: string;
  readonly dtypes?: readonly string[];
  readonly grad?: boolean | readonly number[];
  readonly second?: boolean;
  /** Outputs that are differentiated; those of floating dtypes when left out. */
  readonly ys?: readonly number[];
  /** Why our nodes need not be TensorFlow's. */
  readonly nodes?: string;
  readonly numeric?: boolean;
  readonly dynamic?: boolean;
  readonly fails?: boolean;
  readonly mode?: Mode;
  readonly tolerance?: { readonly rtol?: number; readonly atol?: number };
}

/** Values are fed with their shape known, with their rank known, or with nothing known; or they are constants. */
export type Mode = "static" | "ranked" | "dynamic" | "constant";

/** dtype, shape, elements. */
export type ArrayRecord = readonly [
  string,
  readonly number[],
  readonly (number | string | boolean)[],
];
export type StaticShape = readonly (number | null)[] | null;

export interface Recording {
  readonly outputs?: readonly ArrayRecord[];
  readonly variables?: readonly ArrayRecord[];
  readonly static?: readonly StaticShape[];
  readonly dynamic?: readonly StaticShape[];
  readonly types?: string;
  readonly gradients?: readonly (ArrayRecord | null)[];
  readonly gradientsTypes?: string;
  readonly second?: readonly (ArrayRecord | null)[];
  readonly secondTypes?: string;
  readonly error?: { readonly when: string; readonly type: string; readonly message: string };
}

/** A row with one of its dtypes. */
export interface Row {
  readonly name: string;
  readonly dtype: tf.DType;
  readonly entry: Case;
}

export interface Family {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly recordings: Readonly<Record<string, Recording>>;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
}

/** The families of the table, or those named. */
export function families(): Family[] {
  return readdirSync(new URL("cases", import.meta.url))
    .map((file) => file.replace(/\.json$/, ""))
    .sort()
    .map((name) => ({
      name,
      rows: (readJson(`cases/${name}.json`) as Case[]).flatMap(expand),
      recordings: readJson(`recordings/${name}.json`) as Record<string, Recording>,
    }));
}

function expand(entry: Case): Row[] {
  if (!entry.dtypes) {
    return [{ name: entry.name, dtype: tf.asDType(entry.dtype ?? "float32"), entry }];
  }
  return entry.dtypes.map((dtype) => ({
    name: `${entry.name} ${dtype}`,
    dtype: tf.asDType(dtype),
    entry,
  }));
}

/** The array of a value of the table; `position` counts the values of a case from 1. */
export function arrayOf(value: JsonObject, defaultType: tf.DType, position: number): tf.NDArray {
  const dtype = tf.asDType((value.dtype as string | undefined) ?? defaultType);
  if (value.data) {
    const { low, high, seed } = value as { low?: number; high?: number; seed?: number };
    return data(value.data as readonly number[], dtype, { low, high, seed: seed ?? position });
  }
  const nested = (value.tensor ?? value.const ?? value.variable) as Nested;
  const shape = (value.shape as number[] | undefined) ?? shapeOf(nested);
  const elements = [nested].flat(16) as Scalar[];
  return fromScalars(
    elements.map((item) => element(item, dtype)),
    shape,
    dtype,
  );
}

function shapeOf(nested: Nested): number[] {
  const shape: number[] = [];
  for (let level = nested; Array.isArray(level); level = level[0] as Nested)
    shape.push(level.length);
  return shape;
}

/** "NaN", "-Infinity" and whole numbers that JSON cannot hold are written as strings. */
function element(value: Scalar, dtype: tf.DType): Scalar {
  if (typeof value !== "string" || dtype === tf.string) return value;
  return dtype.isInteger ? BigInt(value) : Number(value);
}

interface DataOptions {
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly seed: number;
}

/** Numbers that look random and are the same in Python: Lehmer's generator, in steps of 1/1024. */
export function data(shape: readonly number[], dtype: tf.DType, options: DataOptions): tf.NDArray {
  const leastInteger = dtype.isUnsigned ? 0 : -5;
  const { low = dtype.isInteger ? leastInteger : -2, high = dtype.isInteger ? 6 : 2 } = options;
  let state = ((options.seed + 1) * 1299709) % 2147483647;
  const elements = Array.from({ length: sizeOf(shape) }, () => {
    state = (state * 48271) % 2147483647;
    const u = state / 2147483647;
    if (dtype === tf.bool) return u < 0.5;
    const value = low + (high - low) * u;
    return dtype.isInteger ? Math.floor(value) : Math.floor(value * 1024 + 0.5) / 1024;
  });
  return fromScalars(elements, shape, dtype);
}
