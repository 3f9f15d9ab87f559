// Graphs that TensorFlow wrote: the fixtures, and the strangers' files of a folder that is no part of the project.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { DescMessage, Message } from "@bufbuild/protobuf";
import {
  decode,
  type GraphDef,
  GraphDefSchema,
  type MetaGraphDef,
  MetaGraphDefSchema,
  type SavedModel,
  SavedModelSchema,
} from "../../src/formats/proto/index.ts";

const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

/** The strangers' files: the folder of TENSORSCOPE_CORPUS, else ../shared/corpus; null where there is none. */
export const corpus: string | null =
  [process.env.TENSORSCOPE_CORPUS ?? join(root, "../shared/corpus")].find(existsSync) ?? null;

export const corpusAbsent =
  "the corpus is absent: TENSORSCOPE_CORPUS names its folder (default ../shared/corpus)";

/** A message of whichever kind a file holds. */
interface AnyGraphMessage {
  readonly schema: DescMessage;
  readonly message: Message;
}

export interface Artifact {
  /** `folder/file`. */
  readonly name: string;
  readonly path: string;
  readonly bytes: () => Uint8Array;
  readonly read: () => AnyGraphMessage;
}

/** The graphs in the file of an artifact: bare, or with what MetaGraphDef adds. */
export function graphsOf({ read }: Artifact): { graph: GraphDef; meta: MetaGraphDef | null }[] {
  const { schema, message } = read();
  if (schema === GraphDefSchema) return [{ graph: message as GraphDef, meta: null }];
  const metas =
    schema === SavedModelSchema ? (message as SavedModel).metaGraphs : [message as MetaGraphDef];
  return metas.flatMap((meta) => (meta.graphDef ? [{ graph: meta.graphDef, meta }] : []));
}

function schemaOf(file: string): DescMessage | undefined {
  if (file.endsWith(".meta")) return MetaGraphDefSchema;
  if (file === "saved_model.pb") return SavedModelSchema;
  return /\.(pb|bytes)$/.test(file) ? GraphDefSchema : undefined;
}

/** All graphs under a folder whose subfolders are artifacts. */
export function artifactsIn(folder: string): Artifact[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isDirectory())
    .flatMap((path) => readdirSync(path).map((file) => [join(path, file), file] as const))
    .flatMap(([path, file]) => {
      const schema = schemaOf(file);
      if (schema === undefined) return [];
      const bytes = () => new Uint8Array(readFileSync(path));
      const name = relative(folder, path);
      const read = () => ({ schema, message: decode(schema, bytes(), { file: name }) });
      return [{ name, path, bytes, read }];
    });
}

export const fixtureArtifacts: readonly Artifact[] = artifactsIn(fixtures);
export const corpusArtifacts: readonly Artifact[] = corpus === null ? [] : artifactsIn(corpus);
