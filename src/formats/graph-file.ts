/** Graphs in files of their own: `.pb` is binary, `.pbtxt` is text. */

import { Graph } from "../core/graph.ts";
import { decodeText, encodeText } from "./bytes.ts";
import { fileSystem, joinPath, writeAtomically } from "./files.ts";
import { graphDefOf } from "./graph-def.ts";
import { decode, encodeSorted, type GraphDef, GraphDefSchema } from "./proto/index.ts";
import { fromText, toText } from "./text.ts";

/** Writes a graph to `logdir/name`, as text unless told otherwise. Returns the path. TensorFlow: `tf.train.write_graph`. */
export function writeGraph(
  graphOrGraphDef: Graph | GraphDef,
  logdir: string,
  name: string,
  { asText = true }: { readonly asText?: boolean } = {},
): string {
  const def = graphOrGraphDef instanceof Graph ? graphDefOf(graphOrGraphDef) : graphOrGraphDef;
  const path = joinPath(logdir, name);
  if (logdir !== "") fileSystem().makeFolder(logdir);
  const bytes = asText
    ? encodeText(toText(GraphDefSchema, def))
    : encodeSorted(GraphDefSchema, def);
  writeAtomically(fileSystem(), path, bytes);
  return path;
}

/** Reads a graph from a binary or text file, which its content tells. Throws FormatError. */
export function readGraph(path: string): GraphDef {
  const bytes = fileSystem().read(path);
  // Text begins with the name of a field, a comment or space; a message with the tag of one of few fields.
  const isText = /^\s*(?:#|(?:node|library|versions?|debug_info)\s*[:{<])/.test(
    new TextDecoder().decode(bytes.subarray(0, 64)),
  );
  const text = isText ? decodeText(bytes) : null;
  return text === null
    ? decode(GraphDefSchema, bytes, { file: path })
    : fromText(GraphDefSchema, text, { file: path });
}
