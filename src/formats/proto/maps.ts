// Orders the entries of map fields by key, as TensorFlow writes them.
import type { DescMessage, Message, MessageShape } from "@bufbuild/protobuf";

/** The fields of a message that are maps, or hold messages in which there are maps. */
const mapped = new WeakMap<DescMessage, DescMessage["fields"]>();

function fieldsWithMaps(schema: DescMessage): DescMessage["fields"] {
  const known = mapped.get(schema);
  if (known !== undefined) return known;
  const reaches = (desc: DescMessage, seen: Set<DescMessage>): boolean => {
    if (seen.has(desc)) return false;
    seen.add(desc);
    return desc.fields.some(
      (field) =>
        field.fieldKind === "map" || (field.message !== undefined && reaches(field.message, seen)),
    );
  };
  const fields = schema.fields.filter(
    (field) =>
      field.fieldKind === "map" ||
      (field.message !== undefined && reaches(field.message, new Set())),
  );
  mapped.set(schema, fields);
  return fields;
}

/** Puts the entries of all maps of a message, and of messages in it, in the order of their keys. */
export function sortMaps<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
): MessageShape<D> {
  sort(schema, message);
  return message;
}

function sort(schema: DescMessage, message: Message): void {
  const values = message as unknown as Record<string, unknown>;
  for (const field of fieldsWithMaps(schema)) {
    const value = field.oneof === undefined ? values[field.localName] : caseOf(values, field);
    if (value === undefined) continue;
    if (field.fieldKind === "map") {
      const map = value as Record<string, unknown>;
      const keys = Object.keys(map);
      if (keys.some((key, i) => i > 0 && compareText(keys[i - 1]!, key) > 0)) {
        const entries = keys.sort(compareText).map((key) => [key, map[key]] as const);
        for (const key of keys) delete map[key];
        for (const [key, entry] of entries) map[key] = entry;
      }
      if (field.message !== undefined) {
        for (const key of keys) sort(field.message, map[key] as Message);
      }
    } else if (field.fieldKind === "list") {
      for (const item of value as Message[]) sort(field.message!, item);
    } else if (field.message !== undefined) sort(field.message, value as Message);
  }
}

function caseOf(values: Record<string, unknown>, field: DescMessage["fields"][number]): unknown {
  const oneof = values[field.oneof!.localName] as { case: string | undefined; value?: unknown };
  return oneof.case === field.localName ? oneof.value : undefined;
}

/** Orders texts by their UTF-8 bytes, which is the order of their code points. */
export function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // A surrogate is half of a code point above all others.
    const high = (code: number) => (code >= 0xd800 && code < 0xe000 ? code + 0x10000 : code);
    return high(x) - high(y);
  }
  return a.length - b.length;
}
