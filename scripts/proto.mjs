// Makes src/formats/proto/gen from the .proto files beside it: `node scripts/proto.mjs`, then `npm run format`. Knows as much of the
// language as those files use; the descriptors are hydrated at run time by @bufbuild/protobuf.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { create, ScalarType, toBinary } from "@bufbuild/protobuf";
import { fileDesc } from "@bufbuild/protobuf/codegenv2";
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_any,
  file_google_protobuf_wrappers,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";

const folder = fileURLToPath(new URL("../src/formats/proto/", import.meta.url));
const scalars = new Map(
  ["double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "bytes"]
    .concat(["uint32", "sint32", "sint64", "sfixed32", "sfixed64"])
    .map((name) => [name, Type[name.toUpperCase()]]),
);
const wellKnown = {
  "google/protobuf/any.proto": {
    file: file_google_protobuf_any,
    variable: "file_google_protobuf_any",
    types: ["google.protobuf.Any"],
  },
  "google/protobuf/wrappers.proto": {
    file: file_google_protobuf_wrappers,
    variable: "file_google_protobuf_wrappers",
    types: ["google.protobuf.BoolValue"],
  },
};

/** Reads one .proto file into a FileDescriptorProto whose type names are not resolved yet. */
function parse(source, name) {
  const tokens = source
    .replaceAll(/\/\/[^\n]*/g, "")
    .match(/"[^"]*"|[A-Za-z_][\w.]*|-?\d+|[^\s\w]/g);
  let at = 0;
  const next = () => tokens[at++];
  const skip = (token) => tokens[at] === token && at++ >= 0;
  const expect = (token) => {
    const found = next();
    if (found !== token) throw new Error(`${name}: expected '${token}', found '${found}' at ${at}`);
  };
  const file = {
    name,
    package: "",
    syntax: "proto3",
    dependency: [],
    messageType: [],
    enumType: [],
  };

  const parseOptions = (field) => {
    if (tokens[at] !== "[") return;
    while (next() !== "]") {
      const option = next();
      expect("=");
      field.options = { [option]: next() === "true" };
    }
  };
  const parseField = (message, oneofIndex) => {
    const field = { label: Label.OPTIONAL, oneofIndex };
    let type = next();
    if (type === "repeated") field.label = Label.REPEATED;
    if (type === "optional") throw new Error(`${name}: 'optional' is not supported`);
    if (type === "repeated") type = next();
    if (type === "map") {
      expect("<");
      const [key, , value] = [next(), next(), next()];
      expect(">");
      field.name = next();
      const entry = `${field.name.replace(/(^|_)(.)/g, (_, __, c) => c.toUpperCase())}Entry`;
      message.nestedType.push({
        name: entry,
        options: { mapEntry: true },
        field: [
          typed({ name: "key", number: 1, label: 1 }, key),
          typed({ name: "value", number: 2, label: 1 }, value),
        ],
      });
      Object.assign(field, { label: Label.REPEATED, type: Type.MESSAGE, typeName: entry });
    } else {
      typed(field, type);
      field.name = next();
    }
    expect("=");
    field.number = Number(next());
    parseOptions(field);
    expect(";");
    if (oneofIndex === undefined) delete field.oneofIndex;
    message.field.push(field);
  };
  const parseEnum = () => {
    const result = { name: next(), value: [] };
    expect("{");
    while (tokens[at] !== "}") {
      const valueName = next();
      if (valueName === "option") {
        const option = next();
        expect("=");
        result.options = { [option === "allow_alias" ? "allowAlias" : option]: next() === "true" };
      } else {
        expect("=");
        result.value.push({ name: valueName, number: Number(next()) });
      }
      expect(";");
    }
    expect("}");
    return result;
  };
  const parseMessage = () => {
    const message = { name: next(), field: [], nestedType: [], enumType: [], oneofDecl: [] };
    expect("{");
    while (tokens[at] !== "}") {
      if (skip("message")) message.nestedType.push(parseMessage());
      else if (skip("enum")) message.enumType.push(parseEnum());
      else if (skip("oneof")) {
        message.oneofDecl.push({ name: next() });
        expect("{");
        while (tokens[at] !== "}") parseField(message, message.oneofDecl.length - 1);
        expect("}");
      } else parseField(message);
    }
    expect("}");
    return message;
  };

  while (at < tokens.length) {
    const word = next();
    if (word === "message") file.messageType.push(parseMessage());
    else if (word === "enum") file.enumType.push(parseEnum());
    else {
      if (word === "syntax") expect("=");
      const value = next();
      if (word === "package") file.package = value;
      if (word === "import") file.dependency.push(value.slice(1, -1));
      expect(";");
    }
  }
  return file;
}

function typed(field, type) {
  const scalar = scalars.get(type);
  return Object.assign(field, scalar === undefined ? { typeName: type } : { type: scalar });
}

/** Full names of the messages and enums of a file: name -> the type code of a field that refers to it. */
function declared(file) {
  const names = new Map();
  const visit = (prefix, { messageType = [], nestedType = [], enumType = [] }) => {
    for (const one of enumType) names.set(`${prefix}.${one.name}`, Type.ENUM);
    for (const message of [...messageType, ...nestedType]) {
      names.set(`${prefix}.${message.name}`, Type.MESSAGE);
      visit(`${prefix}.${message.name}`, message);
    }
  };
  visit(file.package, file);
  return names;
}

/** Resolves names as protobuf does: in the innermost scope that has them. */
function resolve(file, known) {
  const visit = (scope, message) => {
    const here = `${scope}.${message.name}`;
    for (const nested of message.nestedType ?? []) visit(here, nested);
    for (const field of message.field) {
      if (field.typeName === undefined) continue;
      const parts = here.split(".");
      let found;
      for (let n = parts.length; n >= 0 && found === undefined; n--) {
        const candidate = [...parts.slice(0, n), field.typeName].join(".");
        if (known.has(candidate)) found = candidate;
      }
      if (found === undefined)
        throw new Error(`${file.name}: unknown type ${field.typeName} in ${here}`);
      field.type = known.get(found);
      field.typeName = `.${found}`;
    }
  };
  for (const message of file.messageType) visit(file.package, message);
}

const scalarTypes = {
  [ScalarType.BOOL]: "boolean",
  [ScalarType.STRING]: "string",
  [ScalarType.BYTES]: "Uint8Array",
  [ScalarType.INT64]: "bigint",
  [ScalarType.UINT64]: "bigint",
  [ScalarType.FIXED64]: "bigint",
  [ScalarType.SFIXED64]: "bigint",
  [ScalarType.SINT64]: "bigint",
};

/** `TensorShapeProto.Dim` becomes TensorShapeProto_Dim. */
const localName = (desc) =>
  (desc.file.proto.package === ""
    ? desc.typeName
    : desc.typeName.slice(desc.file.proto.package.length + 1)
  ).replaceAll(".", "_");

function print(file, stem, imports, text) {
  const used = new Map();
  const typeOf = (desc) => {
    const name = localName(desc);
    if (desc.file !== file) {
      const from =
        desc.file.proto.package === "google.protobuf"
          ? "@bufbuild/protobuf/wkt"
          : imports.get(desc.file).module;
      used.set(from, (used.get(from) ?? new Set()).add(name));
    }
    return name;
  };
  const single = (kind, field) => {
    if (kind === "message") {
      // Well-known wrappers appear as their values.
      return field.message.typeName === "google.protobuf.BoolValue"
        ? "boolean"
        : typeOf(field.message);
    }
    return kind === "enum" ? typeOf(field.enum) : (scalarTypes[field.scalar] ?? "number");
  };
  const fieldType = (field) => {
    if (field.fieldKind === "list") return `${single(field.listKind, field)}[]`;
    if (field.fieldKind === "map") {
      const key =
        field.mapKey === ScalarType.STRING
          ? "string"
          : scalarTypes[field.mapKey] === "bigint"
            ? "string"
            : "number";
      return `{ [key: ${key}]: ${single(field.mapKind, field)} }`;
    }
    return single(field.fieldKind, field);
  };
  const body = [];
  const printEnum = (desc, path) => {
    const name = localName(desc);
    body.push(
      `export const ${name} = {`,
      ...desc.values.map((value) => `  ${value.name}: ${value.number},`),
      "} as const;",
      `export type ${name} = number;`,
      `export const ${name}Schema: GenEnum<number> = /*@__PURE__*/ enumDesc(file_${stem}, ${path.join(", ")});`,
      "",
    );
  };
  const printMessage = (desc, path) => {
    const name = localName(desc);
    body.push(`export type ${name} = Message<"${desc.typeName}"> & {`);
    for (const member of desc.members) {
      if (member.kind === "oneof") {
        const cases = member.fields.map(
          (f) => `    | { case: "${f.localName}"; value: ${fieldType(f)} }`,
        );
        body.push(
          `  ${member.localName}:`,
          ...cases,
          "    | { case: undefined; value?: undefined };",
        );
      } else {
        const optional = member.fieldKind === "message" ? "?" : "";
        body.push(
          `  ${member.localName}${optional}: ${fieldType(member)}${optional ? " | undefined" : ""};`,
        );
      }
    }
    body.push(
      "};",
      `export const ${name}Schema: GenMessage<${name}> = /*@__PURE__*/ messageDesc(file_${stem}, ${path.join(", ")});`,
      "",
    );
    desc.nestedEnums.forEach((nested, i) => {
      printEnum(nested, [...path, i]);
    });
    desc.nestedMessages.forEach((nested, i) => {
      printMessage(nested, [...path, i]);
    });
  };
  file.enums.forEach((desc, i) => {
    printEnum(desc, [i]);
  });
  file.messages.forEach((desc, i) => {
    printMessage(desc, [i]);
  });

  const dependencies = file.dependencies.map(
    (d) =>
      imports.get(d) ?? {
        variable: wellKnown[`${d.name}.proto`].variable,
        module: "@bufbuild/protobuf/wkt",
      },
  );
  const printed = body.join("\n");
  const pick = (names) => names.filter((name) => printed.includes(name));
  const functions = ["fileDesc", ...pick(["enumDesc", "messageDesc"])].sort();
  const types = ["GenFile", ...pick(["GenEnum", "GenMessage"])].sort();
  const lines = [
    `// Made by scripts/proto.mjs from ${stem}.proto; change that file instead.`,
    ...(body.some((line) => line.includes("Message<"))
      ? ['import type { Message } from "@bufbuild/protobuf";']
      : []),
    `import type { ${types.join(", ")} } from "@bufbuild/protobuf/codegenv2";`,
    `import { ${functions.join(", ")} } from "@bufbuild/protobuf/codegenv2";`,
    ...dependencies.map((d) => `import { ${d.variable} } from "${d.module}";`),
    ...[...used].map(
      ([from, names]) => `import type { ${[...names].sort().join(", ")} } from "${from}";`,
    ),
    "",
    `export const file_${stem}: GenFile = /*@__PURE__*/ fileDesc(`,
    ...text
      .match(/.{1,110}/g)
      .map((part, i, all) => `  "${part}"${i === all.length - 1 ? "," : " +"}`),
    `  [${dependencies.map((d) => d.variable).join(", ")}],`,
    ");",
    "",
    ...body,
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/** Hydrates all .proto files; `visit` gets each one after those it imports. */
export function loadProtos(visit = () => {}) {
  const parsed = new Map();
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".proto"))) {
    parsed.set(name, parse(readFileSync(`${folder}${name}`, "utf8"), name));
  }
  const known = new Map(
    Object.values(wellKnown).flatMap(({ types }) => types.map((type) => [type, Type.MESSAGE])),
  );
  for (const file of parsed.values()) {
    for (const [name, type] of declared(file)) known.set(name, type);
  }
  const done = new Map();
  const imports = new Map();
  const make = (name) => {
    if (wellKnown[name] !== undefined) return wellKnown[name].file;
    if (done.has(name)) return done.get(name);
    const proto = parsed.get(name);
    const dependencies = proto.dependency.map(make);
    resolve(proto, known);
    const message = create(FileDescriptorProtoSchema, proto);
    message.dependency = [];
    const bytes = toBinary(FileDescriptorProtoSchema, message);
    const text = Buffer.from(bytes).toString("base64").replace(/=+$/, "");
    const file = fileDesc(text, dependencies);
    const stem = name.slice(0, -6);
    imports.set(file, { variable: `file_${stem}`, module: `./${stem}.ts` });
    visit(stem, () => print(file, stem, imports, text));
    done.set(name, file);
    return file;
  };
  for (const name of parsed.keys()) make(name);
  return done;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(`${folder}gen`, { recursive: true });
  loadProtos((stem, text) => {
    writeFileSync(`${folder}gen/${stem}.ts`, text());
  });
}
