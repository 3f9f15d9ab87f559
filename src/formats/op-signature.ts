/** What an op definition of a file or of TensorFlow's list says about a node: types of inputs and outputs, defaults. */

import type { AttrValue } from "../core/attrs.ts";
import { summarizeAttr } from "../core/attrs.ts";
import type { DType } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import { attrFromProto, dtypeOfNumber } from "./attrs.ts";
import { noteDefault } from "./graph-def.ts";
import type { NodeDef, OpDef, OpDef_ArgDef, OpDef_AttrDef } from "./proto/index.ts";

export type Attrs = ReadonlyMap<string, AttrValue>;

const defaultValues = new WeakMap<OpDef_AttrDef, AttrValue>();

/** The value that an attribute has where a node does not say. */
function defaultOf(def: OpDef_AttrDef): AttrValue | undefined {
  if (def.defaultValue === undefined) return undefined;
  let value = defaultValues.get(def);
  if (value === undefined) {
    value = noteDefault(attrFromProto(def.defaultValue));
    defaultValues.set(def, value);
  }
  return value;
}

/** The attributes of a node, defaults filled in and checked against the definition. */
export function nodeAttrs(
  node: NodeDef,
  def: OpDef | undefined,
  name: string,
): Map<string, AttrValue> {
  const attrs = new Map<string, AttrValue>();
  for (const [key, proto] of Object.entries(node.attr)) {
    if (proto.value.case !== undefined || def?.attr.every((one) => one.name !== key)) {
      attrs.set(key, attrFromProto(proto, { field: `${name}.${key}` }));
    }
  }
  for (const one of def?.attr ?? []) {
    const value = attrs.get(one.name);
    if (value === undefined) {
      const fallback = defaultOf(one);
      if (fallback === undefined) {
        throw new ValueError(
          `NodeDef missing attr '${one.name}' from ${summarizeOp(def as OpDef)}; NodeDef: {{node ${name}}}`,
        );
      }
      attrs.set(one.name, fallback);
    } else checkAttr(value, one, def as OpDef, name);
  }
  return attrs;
}

function checkAttr(value: AttrValue, def: OpDef_AttrDef, op: OpDef, name: string): void {
  const list = /^list\((.*)\)$/.exec(def.type)?.[1];
  const items = value.kind === "list" ? value.value : [value];
  const wrong =
    (list === undefined) === (value.kind === "list")
      ? value
      : items.find((item) => !isKind(item, list ?? def.type));
  if (wrong !== undefined) {
    throw new ValueError(
      `AttrValue had value with type '${typeText(value)}' when '${def.type}' expected\n\t for attr '${def.name}'\n\t; NodeDef: {{node ${name}}}; ${summarizeOp(op)}`,
    );
  }
  const allowed = def.allowedValues?.value;
  if (allowed?.case !== "list") return;
  for (const item of items) {
    if (item.kind === "type") {
      if (allowed.value.type.includes(item.value.enum)) continue;
      const names = allowed.value.type.map((number) => runtimeName(dtypeOfNumber(number)));
      fail(item.value.baseName === "string" ? "string" : runtimeName(item.value), names.join(", "));
    } else if (item.kind === "string") {
      const texts = allowed.value.s.map((bytes) => new TextDecoder().decode(bytes));
      const text = String(item.value);
      if (texts.length === 0 || texts.includes(text)) continue;
      fail(`"${text}"`, texts.map((one) => `"${one}"`).join(", "));
    }
  }

  function fail(found: string, options: string): never {
    throw new ValueError(
      `Value for attr '${def.name}' of ${found} is not in the list of allowed values: ${options}\n\t; NodeDef: {{node ${name}}}; ${summarizeOp(op)}`,
    );
  }
}

function isKind(value: AttrValue, type: string): boolean {
  // A type that is no dtype here, and a placeholder of a function's body, may stand for anything.
  return value.kind === type || value.kind === "opaque";
}

function typeText(value: AttrValue): string {
  if (value.kind !== "list") return value.kind;
  return `list(${value.value[0]?.kind ?? ""})`;
}

/** A dtype as the runtime's messages name it. */
export function runtimeName(dtype: DType | undefined): string {
  if (dtype === undefined) return "INVALID";
  const special: Readonly<Record<string, string>> = {
    float32: "float",
    float64: "double",
    float16: "half",
  };
  const name = special[dtype.baseName] ?? dtype.baseName;
  return dtype.isRef ? `${name}_ref` : name;
}

/** The dtypes of the inputs or outputs that arguments stand for; null where that cannot be told. */
export function argTypes(args: readonly OpDef_ArgDef[], attrs: Attrs): DType[] | null {
  const all: DType[] = [];
  for (const arg of args) {
    if (arg.typeListAttr !== "") {
      const list = attrs.get(arg.typeListAttr);
      if (list?.kind !== "list") return null;
      for (const item of list.value) {
        if (item.kind !== "type") return null;
        all.push(arg.isRef ? item.value.ref : item.value);
      }
      continue;
    }
    const dtype = arg.typeAttr === "" ? dtypeOfNumber(arg.type) : typeOf(attrs.get(arg.typeAttr));
    if (dtype === undefined) return null;
    const count =
      arg.numberAttr === "" ? 1 : Number(attrs.get(arg.numberAttr)?.value ?? Number.NaN);
    // A node has its inputs listed, so a larger number is no number of inputs.
    if (!Number.isInteger(count) || count < 0 || count > 1e6) return null;
    for (let i = 0; i < count; i++) all.push(arg.isRef ? dtype.ref : dtype);
  }
  return all;
}

function typeOf(value: AttrValue | undefined): DType | undefined {
  return value?.kind === "type" ? value.value : undefined;
}

/** A definition on one line, as the runtime's messages show it. */
export function summarizeOp(def: OpDef): string {
  const parts = [
    `Op<name=${def.name}; signature=${argsText(def.inputArg)} -> ${argsText(def.outputArg)}`,
    ...def.attr.map((one) => {
      let text = `attr=${one.name}:${one.type}`;
      if (one.defaultValue) text += `,default=${summarizeAttr(attrFromProto(one.defaultValue))}`;
      if (one.hasMinimum) text += `,min=${one.minimum}`;
      if (one.allowedValues) text += `,allowed=${summarizeAttr(attrFromProto(one.allowedValues))}`;
      return text;
    }),
    ...(def.isCommutative ? ["is_commutative=true"] : []),
    ...(def.isAggregate ? ["is_aggregate=true"] : []),
    ...(def.isStateful ? ["is_stateful=true"] : []),
    ...(def.allowsUninitializedInput ? ["allows_uninitialized_input=true"] : []),
    ...(def.isDistributedCommunication ? ["is_distributed_communication=true"] : []),
  ];
  return `${parts.join("; ")}>`;
}

function argsText(args: readonly OpDef_ArgDef[]): string {
  return args
    .map((arg) => {
      const type = arg.typeListAttr || arg.typeAttr || runtimeName(dtypeOfNumber(arg.type));
      const number = arg.numberAttr === "" ? "" : `${arg.numberAttr}*`;
      return `${arg.name}:${arg.isRef ? `Ref(${number}${type})` : `${number}${type}`}`;
    })
    .join(", ");
}
