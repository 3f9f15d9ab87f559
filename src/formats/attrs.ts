/** Attributes of nodes from and to messages. What was read is written back as it was. */

import { clone, create } from "@bufbuild/protobuf";
import { type AttrKind, type AttrKinds, type AttrValue, attr } from "../core/attrs.ts";
import { asDType, type DType } from "../core/dtypes.ts";
import { internal } from "../core/errors.ts";
import type { NDArray } from "../core/ndarray.ts";
import { asShape, type Dim, TensorShape, unknownShape } from "../core/shape.ts";
import { stringBytes, stringElement } from "./elements.ts";
import type { FormatPlace } from "./errors.ts";
import {
  type AttrValue as AttrProto,
  AttrValue_ListValueSchema,
  AttrValueSchema,
  NameAttrListSchema,
  type TensorProto,
  TensorProtoSchema,
  type TensorShapeProto,
  TensorShapeProto_DimSchema,
  TensorShapeProtoSchema,
} from "./proto/index.ts";
import { arrayFromTensor, tensorFromArray } from "./tensor.ts";
import { toText } from "./text.ts";

/** The messages that attributes were read from. */
const sources = new WeakMap<AttrValue, AttrProto>();

/** An attribute of a node from its message. Arrays are decoded when they are first asked for. */
export function attrFromProto(proto: AttrProto, place: FormatPlace = {}): AttrValue {
  const value = valueFromProto(proto, place);
  sources.set(value, proto);
  return value;
}

/** The message of an attribute; it may share the bytes of large arrays with others. */
export function attrToProto(value: AttrValue): AttrProto {
  const source = sources.get(value);
  if (source === undefined) return create(AttrValueSchema, { value: caseOf(value) } as never);
  return source.value.case === "tensor"
    ? create(AttrValueSchema, { value: { case: "tensor", value: shareTensor(source.value.value) } })
    : clone(AttrValueSchema, source);
}

/** A message of its own with the same content. */
function shareTensor(tensor: TensorProto): TensorProto {
  return Object.assign(create(TensorProtoSchema), tensor);
}

function valueFromProto(proto: AttrProto, place: FormatPlace): AttrValue {
  const { value } = proto;
  switch (value.case) {
    case "s":
      return attr("string", stringElement(value.value));
    case "i":
      return attr("int", numberOf(value.value));
    case "f":
      return attr("float", value.value);
    case "b":
      return attr("bool", value.value);
    case "type":
      return typeAttr(value.value);
    case "shape":
      return attr("shape", shapeFromProto(value.value));
    case "tensor":
      return new TensorAttr(value.value, place) as AttrValue;
    case "func": {
      const attrs = Object.entries(value.value.attr).map(
        ([name, inner]) => [name, attrFromProto(inner, place)] as const,
      );
      return attr("func", { name: value.value.name, attrs: new Map(attrs) });
    }
    case "list":
      return attr("list", listItems(value.value, place));
    default:
      return attr("opaque", toText(AttrValueSchema, proto).trim());
  }
}

function listItems(
  list: Extract<AttrProto["value"], { case: "list" }>["value"],
  place: FormatPlace,
): readonly AttrValue[] {
  const items = <T>(values: readonly T[], make: (value: T) => AttrValue): AttrValue[] =>
    values.map(make);
  return [
    ...items(list.s, (value) => attr("string", stringElement(value))),
    ...items(list.i, (value) => attr("int", numberOf(value))),
    ...items(list.f, (value) => attr("float", value)),
    ...items(list.b, (value) => attr("bool", value)),
    ...items(list.type, typeAttr),
    ...items(list.shape, (value) => attr("shape", shapeFromProto(value))),
    ...items(list.tensor, (value) => new TensorAttr(value, place) as AttrValue),
    ...items(list.func, (value) =>
      attrFromProto(create(AttrValueSchema, { value: { case: "func", value } }), place),
    ),
  ];
}

/** An array that is decoded when it is asked for: graphs hold large ones that nobody looks at. */
class TensorAttr {
  readonly kind = "tensor";
  readonly #proto: TensorProto;
  readonly #place: FormatPlace;
  #value: NDArray | undefined;

  constructor(proto: TensorProto, place: FormatPlace) {
    this.#proto = proto;
    this.#place = place;
  }

  get value(): NDArray {
    this.#value ??= arrayFromTensor(this.#proto, this.#place);
    return this.#value;
  }
}

function numberOf(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function typeAttr(number: number): AttrValue {
  const dtype = dtypeOfNumber(number);
  return dtype === undefined ? attr("opaque", `type: ${number}`) : attr("type", dtype);
}

/** The dtype of a DataType number, undefined where it means none. */
export function dtypeOfNumber(number: number): DType | undefined {
  try {
    return asDType(number as never);
  } catch {
    return undefined;
  }
}

/** A static shape from its message; negative dimensions are unknown. */
export function shapeFromProto(proto: TensorShapeProto): TensorShape {
  if (proto.unknownRank) return unknownShape;
  return new TensorShape(proto.dim.map(({ size }): Dim => (size < 0n ? null : Number(size))));
}

/** The message of a static shape. */
export function shapeToProto(shape: TensorShape): TensorShapeProto {
  if (shape.dims === null) return create(TensorShapeProtoSchema, { unknownRank: true });
  return create(TensorShapeProtoSchema, {
    dim: shape.dims.map((dim) => create(TensorShapeProto_DimSchema, { size: BigInt(dim ?? -1) })),
  });
}

type Case = { readonly case: string; readonly value: unknown };

function caseOf({ kind, value }: AttrValue): Case {
  if (kind === "list") return { case: "list", value: listProto(value) };
  if (kind === "opaque") throw internal("an attribute without a message has no meaning");
  const field = { string: "s", int: "i", float: "f", bool: "b" }[kind as string] ?? kind;
  return { case: field, value: encoded(kind, value) };
}

function encoded<K extends AttrKind>(kind: K, value: AttrKinds[AttrKind]): unknown {
  switch (kind) {
    case "string":
      return stringBytes(value as string | Uint8Array);
    case "int":
      return BigInt(value as number | bigint);
    case "float":
      return Math.fround(value as number);
    case "type":
      return (value as DType).enum;
    case "shape":
      return shapeToProto(asShape(value as TensorShape));
    case "tensor":
      return tensorFromArray(value as NDArray);
    case "func": {
      const { name, attrs } = value as AttrKinds["func"];
      return create(NameAttrListSchema, {
        name,
        attr: Object.fromEntries([...attrs].map(([key, inner]) => [key, attrToProto(inner)])),
      });
    }
    default:
      return value;
  }
}

/** The lists of ListValue by the kind of their elements. */
const listFields = {
  string: "s",
  int: "i",
  float: "f",
  bool: "b",
  type: "type",
  shape: "shape",
  tensor: "tensor",
  func: "func",
} as const;

function listProto(items: readonly AttrValue[]) {
  const list = create(AttrValue_ListValueSchema);
  for (const { kind, value } of items) {
    const field = listFields[kind as keyof typeof listFields];
    (list[field] as unknown[]).push(encoded(kind, value));
  }
  return list;
}
