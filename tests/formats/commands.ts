// Runs command lines in tests: on the files of this machine or on files in memory, with what they print.

import { fileURLToPath } from "node:url";
import { create } from "@bufbuild/protobuf";
import { runCommand } from "../../src/cli/program.ts";
import type { NDArray } from "../../src/core/ndarray.ts";
import { BundleWriter } from "../../src/formats/bundle-writer.ts";
import { type FileSystem, NodeFileSystem } from "../../src/formats/files.ts";
import {
  type AttrValue,
  AttrValueSchema,
  type GraphDef,
  GraphDefSchema,
  type NodeDef,
  NodeDefSchema,
} from "../../src/formats/proto/index.ts";
import { shapeProto, tensorFromArray } from "../../src/formats/tensor.ts";

/** Files that TensorFlow 2.21 wrote. */
export const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));

export interface Run {
  readonly exitCode: number;
  readonly out: string;
  readonly error: string;
}

export async function run(
  args: readonly string[],
  files: FileSystem = new NodeFileSystem(),
  { colors = false }: { readonly colors?: boolean } = {},
): Promise<Run> {
  let [out, error] = ["", ""];
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    error: (text: string) => {
      error += text;
    },
    colors,
    errorColors: colors,
  };
  const loadOps = () => import("../../src/index.ts");
  const exitCode = await runCommand(args, terminal, { files, loadOps, version: "1.2.3" });
  return { exitCode, out, error };
}

type Attr =
  | number
  | bigint
  | boolean
  | string
  | NDArray
  | readonly number[]
  | { readonly type: number };

function attrOf(value: Attr): AttrValue {
  const make = (kind: string, content: unknown): AttrValue =>
    create(AttrValueSchema, { value: { case: kind, value: content } } as never);
  if (typeof value === "number" || typeof value === "bigint") return make("i", BigInt(value));
  if (typeof value === "boolean") return make("b", value);
  if (typeof value === "string") return make("s", new TextEncoder().encode(value));
  if ("type" in value) return make("type", value.type);
  if ("dtype" in value) return make("tensor", tensorFromArray(value));
  return make("shape", shapeProto(value));
}

/** A node: its inputs, and attributes of which arrays of numbers are shapes. */
export function node(
  name: string,
  op: string,
  input: readonly string[] = [],
  attrs: Readonly<Record<string, Attr>> = {},
): NodeDef {
  const attr = Object.fromEntries(
    Object.entries(attrs).map(([key, value]) => [key, attrOf(value)]),
  );
  return create(NodeDefSchema, { name, op, input: [...input], attr });
}

export function graphOf(...nodes: readonly NodeDef[]): GraphDef {
  return create(GraphDefSchema, { node: [...nodes], versions: { producer: 24 } });
}

export function saveCheckpoint(
  files: FileSystem,
  prefix: string,
  tensors: Readonly<Record<string, NDArray>>,
): void {
  const writer = new BundleWriter(prefix, { files });
  for (const [name, array] of Object.entries(tensors)) writer.add(name, array);
  writer.finish();
}
