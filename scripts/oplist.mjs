// Makes src/formats/gen/op-list.ts from a serialized OpList: `node scripts/oplist.mjs FILE`. It holds what importing a
// graph asks op definitions for: arguments, attributes, defaults. Documentation, full types and the
// private ops of the runtime are left out.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { loadProtos } from "./proto.mjs";

const file = loadProtos().get("graph.proto");
const schemaOf = (name) => file.messages.find((message) => message.name === name);
const base64 = (name, message) => Buffer.from(toBinary(schemaOf(name), message)).toString("base64");

/** Private ops that graphs of users hold all the same. */
const keptPrivate = new Set(["_Arg", "_Retval", "_Send", "_Recv", "_HostSend", "_HostRecv"]);

const allowedLists = [];
const allowedIndex = new Map();

function printArg(arg) {
  const type = arg.typeListAttr ? `@${arg.typeListAttr}` : arg.typeAttr || String(arg.type);
  return `${arg.name}:${arg.numberAttr ? `${arg.numberAttr}*` : ""}${arg.isRef ? "&" : ""}${type}`;
}

function shapeJson(shape) {
  return shape.unknownRank ? null : shape.dim.map((dim) => Number(dim.size));
}

function floatJson(value) {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

const textOf = (bytes) => Buffer.from(bytes).toString("utf8");

/** A value as JSON; which kind it is follows from the type of the attribute. */
function valueJson({ value: { case: kind, value } }) {
  switch (kind) {
    case "s":
      return textOf(value);
    case "i":
      return Number(value);
    case "f":
      return floatJson(value);
    case "shape":
      return shapeJson(value);
    case "tensor":
      return base64("TensorProto", value);
    case "func":
      return base64("NameAttrList", value);
    case "list":
      return [
        ...value.s.map(textOf),
        ...value.i.map(Number),
        ...value.f.map(floatJson),
        ...value.b,
        ...value.type,
        ...value.shape.map(shapeJson),
        ...value.tensor.map((tensor) => base64("TensorProto", tensor)),
        ...value.func.map((func) => base64("NameAttrList", func)),
      ];
    default:
      return value;
  }
}

function indexOfAllowed(value) {
  const text = JSON.stringify(valueJson(value));
  if (!allowedIndex.has(text)) {
    allowedIndex.set(text, allowedLists.length);
    allowedLists.push(text);
  }
  return allowedIndex.get(text);
}

/** `"T:type"`, or that with default, least value, and number of the list of allowed values; -1 is none. */
function printAttr(attr) {
  const head = `${attr.name}:${attr.type}`;
  const parts = [
    attr.defaultValue === undefined ? [] : [valueJson(attr.defaultValue)],
    attr.hasMinimum ? [Number(attr.minimum)] : [],
    attr.allowedValues === undefined ? -1 : indexOfAllowed(attr.allowedValues),
  ];
  if (parts[2] === -1) parts.pop();
  if (parts.length === 2 && parts[1].length === 0) parts.pop();
  if (parts.length === 1 && parts[0].length === 0) parts.pop();
  return parts.length === 0 ? head : [head, ...parts];
}

function printOp(op) {
  const flags = [
    op.isStateful ? "S" : "",
    op.isCommutative ? "C" : "",
    op.isAggregate ? "A" : "",
    op.allowsUninitializedInput ? "U" : "",
    op.isDistributedCommunication ? "D" : "",
    op.deprecation === undefined ? "" : `!${op.deprecation.version} ${op.deprecation.explanation}`,
  ].join("");
  const list = [
    op.name,
    op.inputArg.map(printArg).join(","),
    op.outputArg.map(printArg).join(","),
    op.attr.map(printAttr),
    flags,
  ];
  while (list.at(-1).length === 0) list.pop();
  return JSON.stringify(list);
}

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error("usage: node scripts/oplist.mjs FILE");
  process.exit(2);
}
const ops = fromBinary(schemaOf("OpList"), readFileSync(path)).op;
const lines = ops
  .filter((op) => !op.name.startsWith("_") || keptPrivate.has(op.name))
  .sort((a, b) => (a.name < b.name ? -1 : 1))
  .map(printOp);
const escape = (text) => text.replaceAll(/[\\`]|\$\{/g, "\\$&");
const target = fileURLToPath(new URL("../src/formats/gen/op-list.ts", import.meta.url));
writeFileSync(
  target,
  `// Made by scripts/oplist.mjs from the op list of TensorFlow 2.21: one JSON array per line.

/** Values that attributes may take; definitions name them by line number. */
export const allowedValues = \`${escape(allowedLists.join("\n"))}\`;

/** Name, inputs, outputs, attributes, flags. */
export const opLines = \`${escape(lines.join("\n"))}\`;
`,
);
console.log(`${lines.length} ops`);
