/** Attributes of operations, as in GraphDef: each value carries its kind. */

import type { DType } from "./dtypes.ts";
import type { NDArray } from "./ndarray.ts";
import type { TensorShape } from "./shape.ts";

/** A function given as attribute: its name and its own attributes. */
export interface NameAttrList {
  readonly name: string;
  readonly attrs: ReadonlyMap<string, AttrValue>;
}

export interface AttrKinds {
  type: DType;
  shape: TensorShape;
  int: number | bigint;
  float: number;
  bool: boolean;
  string: string | Uint8Array;
  tensor: NDArray;
  func: NameAttrList;
  list: readonly AttrValue[];
  /** What a file says that has no meaning here, in its text form. */
  opaque: string;
}

export type AttrKind = keyof AttrKinds;
export type AttrValue = {
  [K in AttrKind]: { readonly kind: K; readonly value: AttrKinds[K] };
}[AttrKind];

export function attr<K extends AttrKind>(kind: K, value: AttrKinds[K]): AttrValue {
  return { kind, value } as AttrValue;
}

/** A list attribute whose elements all have one kind. */
export function attrList<K extends AttrKind>(kind: K, values: readonly AttrKinds[K][]): AttrValue {
  return { kind: "list", value: values.map((value) => attr(kind, value)) };
}

/** Attributes in the text form of a NodeDef. */
export function formatAttr(value: AttrValue, indent: string): string {
  switch (value.kind) {
    case "type":
      return `${indent}type: ${dataTypeName(value.value)}\n`;
    case "shape":
      return formatShape(value.value, "shape", indent);
    case "int":
      return `${indent}i: ${value.value}\n`;
    case "float":
      return `${indent}f: ${value.value}\n`;
    case "bool":
      return `${indent}b: ${value.value}\n`;
    case "string":
      return `${indent}s: ${quote(value.value)}\n`;
    case "tensor":
      return formatTensorAttr(value.value, indent);
    case "func":
      return `${indent}func {\n${indent}  name: ${quote(value.value.name)}\n${indent}}\n`;
    case "opaque":
      return `${indent}${value.value}\n`;
    case "list":
      return `${indent}list {\n${value.value.map((item) => formatAttr(item, `${indent}  `)).join("")}${indent}}\n`;
  }
}

/** An attribute on one line, as runtime messages show it. */
export function summarizeAttr(value: AttrValue): string {
  switch (value.kind) {
    case "type":
      return dataTypeName(value.value);
    case "shape":
      return value.value.toRuntimeString();
    case "string":
      return quote(value.value);
    case "tensor":
      return `Tensor<type: ${value.value.dtype.baseName} shape: [${value.value.shape}]>`;
    case "func":
      return `${value.value.name}[]`;
    case "list":
      return `[${value.value.map(summarizeAttr).join(", ")}]`;
    default:
      return String(value.value);
  }
}

/** The name of a DataType in text protobufs: `DT_FLOAT`. */
export function dataTypeName(dtype: DType): string {
  const special: Readonly<Record<string, string>> = {
    float32: "DT_FLOAT",
    float64: "DT_DOUBLE",
    float16: "DT_HALF",
  };
  const name = special[dtype.baseName] ?? `DT_${dtype.baseName.toUpperCase()}`;
  return dtype.isRef ? `${name}_REF` : name;
}

function formatShape(shape: TensorShape, field: string, indent: string): string {
  let text = `${indent}${field} {\n`;
  if (!shape.dims) text += `${indent}  unknown_rank: true\n`;
  for (const dim of shape.dims ?? []) {
    text += `${indent}  dim {\n${indent}    size: ${dim ?? -1}\n${indent}  }\n`;
  }
  return `${text}${indent}}\n`;
}

function formatTensorAttr(array: NDArray, indent: string): string {
  let text = `${indent}tensor {\n${indent}  dtype: ${dataTypeName(array.dtype)}\n`;
  text += `${indent}  tensor_shape {\n`;
  for (const dim of array.shape)
    text += `${indent}    dim {\n${indent}      size: ${dim}\n${indent}    }\n`;
  text += `${indent}  }\n`;
  const field = valueField(array.dtype);
  const shown = array.size <= 8 ? array.size : 0;
  for (let i = 0; i < shown; i++) {
    const value = array.at(i);
    const isText = typeof value === "string" || value instanceof Uint8Array;
    text += `${indent}  ${field}: ${isText ? quote(value) : value}\n`;
  }
  if (shown < array.size) text += `${indent}  tensor_content: "..."\n`;
  return `${text}${indent}}\n`;
}

function valueField(dtype: DType): string {
  switch (dtype.baseName) {
    case "float32":
      return "float_val";
    case "float64":
      return "double_val";
    case "int64":
      return "int64_val";
    case "bool":
      return "bool_val";
    case "string":
      return "string_val";
    case "float16":
    case "bfloat16":
      return "half_val";
    default:
      return "int_val";
  }
}

function quote(text: string | Uint8Array): string {
  if (typeof text === "string") return JSON.stringify(text);
  const escaped = Array.from(text, (byte) =>
    byte >= 32 && byte < 127 && byte !== 34 && byte !== 92
      ? String.fromCharCode(byte)
      : `\\${byte.toString(8).padStart(3, "0")}`,
  );
  return `"${escaped.join("")}"`;
}
