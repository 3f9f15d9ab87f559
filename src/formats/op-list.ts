/** TensorFlow's op definitions: what nodes consist of whose op types are not defined here. */

import { create, fromBinary } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { opDef } from "../ops/define.ts";
import { allowedValues, opLines } from "./gen/op-list.ts";
import {
  type AttrValue,
  AttrValue_ListValueSchema,
  AttrValueSchema,
  NameAttrListSchema,
  type OpDef,
  OpDef_ArgDefSchema,
  OpDef_AttrDefSchema,
  OpDefSchema,
  OpDeprecationSchema,
  TensorProtoSchema,
  TensorShapeProtoSchema,
} from "./proto/index.ts";
import { shapeProto } from "./tensor.ts";

/** A line of the list: name, inputs, outputs, attributes, flags; empty parts at the end are left out. */
type Line = readonly [
  name: string,
  inputs?: string,
  outputs?: string,
  attrs?: readonly AttrLine[],
  flags?: string,
];
/** `"T:type"`, or that with default, least value and the number of the allowed values. */
type AttrLine =
  | string
  | readonly [
      head: string,
      given: readonly unknown[],
      minimum?: readonly number[],
      allowed?: number,
    ];

let lines: ReadonlyMap<string, string> | undefined;
let allowed: readonly string[] | undefined;
const known = new Map<string, OpDef>();

function allLines(): ReadonlyMap<string, string> {
  // A line begins with `["Name"`.
  lines ??= new Map(
    opLines.split("\n").map((line) => [line.slice(2, line.indexOf('"', 2)), line] as const),
  );
  return lines;
}

/** The names of all ops of TensorFlow 2.21, save its runtime's private ones. */
export function listedOps(): string[] {
  return [...allLines().keys()];
}

/** TensorFlow's definition of an op type, undefined where it has none. */
export function listedOp(type: string): OpDef | undefined {
  const found = known.get(type);
  if (found !== undefined) return found;
  const line = allLines().get(type);
  if (line === undefined) return undefined;
  const def = readOp(JSON.parse(line) as Line);
  known.set(type, def);
  return def;
}

function readOp([name, inputs = "", outputs = "", attrs = [], flags = ""]: Line): OpDef {
  const letters = flags.replace(/!.*$/s, "");
  const deprecated = /!(\d+) (.*)$/s.exec(flags);
  const def = create(OpDefSchema, {
    name,
    inputArg: readArgs(inputs),
    outputArg: readArgs(outputs),
    attr: attrs.map(readAttr),
    isStateful: letters.includes("S"),
    isCommutative: letters.includes("C"),
    isAggregate: letters.includes("A"),
    allowsUninitializedInput: letters.includes("U"),
    isDistributedCommunication: letters.includes("D"),
  });
  if (deprecated !== null) {
    const [, version, explanation = ""] = deprecated;
    def.deprecation = create(OpDeprecationSchema, { version: Number(version), explanation });
  }
  return def;
}

/** `"x:T,values:N*T,ref:&T,data:@Tlist,shape:3"`: a name of an attribute, a list of types, or a DataType number. */
function readArgs(text: string) {
  if (text === "") return [];
  return text.split(",").map((part) => {
    const [, name = "", number = "", ref = "", list = "", type = ""] =
      /^(\w+):(?:(\w+)\*)?(&?)(@?)(\w+)$/.exec(part) ?? [];
    const isNumber = /^\d+$/.test(type);
    return create(OpDef_ArgDefSchema, {
      name,
      numberAttr: number,
      isRef: ref !== "",
      typeListAttr: list === "" ? "" : type,
      type: isNumber ? Number(type) : 0,
      typeAttr: isNumber || list !== "" ? "" : type,
    });
  });
}

function readAttr(line: AttrLine) {
  const [head, given = [], minimum = [], index] = typeof line === "string" ? [line] : line;
  const [name = "", type = ""] = head.split(/:(.*)/s);
  const attr = create(OpDef_AttrDefSchema, { name, type });
  if (given.length > 0) attr.defaultValue = readValue(type, given[0]);
  const [least] = minimum;
  if (least !== undefined) {
    attr.hasMinimum = true;
    attr.minimum = BigInt(least);
  }
  if (index !== undefined) {
    allowed ??= allowedValues.split("\n");
    // Allowed values are always lists, also for an attribute that is one value.
    const element = type.replace(/^list\((.*)\)$/, "$1");
    attr.allowedValues = readValue(`list(${element})`, JSON.parse(allowed[index] as string));
  }
  return attr;
}

const fields: Readonly<Record<string, string>> = {
  string: "s",
  int: "i",
  float: "f",
  bool: "b",
};

function readValue(type: string, json: unknown): AttrValue {
  const element = /^list\((.*)\)$/.exec(type)?.[1];
  if (element === undefined) {
    const value = { case: fields[type] ?? type, value: readScalar(type, json) };
    return create(AttrValueSchema, { value } as never);
  }
  const list = create(AttrValue_ListValueSchema, {
    [fields[element] ?? element]: (json as unknown[]).map((item) => readScalar(element, item)),
  });
  return create(AttrValueSchema, { value: { case: "list", value: list } });
}

function readScalar(type: string, json: unknown): unknown {
  switch (type) {
    case "string":
      return new TextEncoder().encode(json as string);
    case "int":
      return BigInt(json as number);
    case "float":
      return Math.fround(Number(json));
    case "shape":
      return json === null
        ? create(TensorShapeProtoSchema, { unknownRank: true })
        : shapeProto(json as number[]);
    case "tensor":
      return fromBinary(TensorProtoSchema, base64Decode(json as string));
    case "func":
      return fromBinary(NameAttrListSchema, base64Decode(json as string));
    default:
      return json;
  }
}

/** Whether operations of a type can be run here. */
export function runsHere(type: string): boolean {
  const def = opDef(type);
  return def !== undefined && def.spec.lower !== "none";
}
