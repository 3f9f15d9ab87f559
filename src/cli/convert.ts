// `tensorscope convert`: graphs between binary and text, tensors between checkpoints, npz and safetensors, and graphs
// with checkpoints to frozen graphs.
import type { NDArray } from "../core/ndarray.ts";
import { BundleWriter } from "../formats/bundle-writer.ts";
import { encodeText } from "../formats/bytes.ts";
import { baseName, type FileSystem, folderOf, writeAtomically } from "../formats/files.ts";
import { writeNpz } from "../formats/npz.ts";
import {
  encode,
  encodeSorted,
  GraphDefSchema,
  MetaGraphDefSchema,
  SavedModelSchema,
} from "../formats/proto/index.ts";
import { compareText } from "../formats/proto/maps.ts";
import { writeSafetensors } from "../formats/safetensors.ts";
import { parseShapeAndSlice } from "../formats/slice.ts";
import { toText } from "../formats/text.ts";
import { detect, kindNames } from "./detect.ts";
import { CommandError, UsageError } from "./errors.ts";
import { freeze } from "./freeze.ts";
import { type GraphVariable, GraphView } from "./graphs.ts";
import { type GraphFile, loadGraphs, openTensors, type TensorFile } from "./load.ts";
import { noNode } from "./ops.ts";
import { isGraph, known, resolveGraph, resolveTensors, tensorsOf } from "./resolve.ts";
import { bytes, count, counted, someOf } from "./text.ts";

export const targets = ["pb", "pbtxt", "npz", "safetensors", "checkpoint"] as const;
export type Target = (typeof targets)[number];

export interface ConvertOptions {
  /** What to write; by the name of the output where it is undefined. */
  readonly to: Target | undefined;
  /** The checkpoint whose values the variables of a frozen graph get. */
  readonly freeze: string | undefined;
  readonly outputs: readonly string[];
  /** Tensors that are left out. */
  readonly skip: readonly string[];
  /** Whether only the graph of a meta graph or SavedModel is written. */
  readonly graphOnly: boolean;
  readonly force: boolean;
}

export interface ConvertReport {
  readonly input: string;
  readonly output: string;
  readonly to: Target;
  readonly bytes: number;
  /** What was written, in words. */
  readonly wrote: string;
}

const targetNames: Readonly<Record<Target, string>> = {
  pb: "a binary protobuf file",
  pbtxt: "a text protobuf file",
  npz: "an npz archive",
  safetensors: "a safetensors file",
  checkpoint: "a checkpoint",
};

export function convert(
  input: string,
  output: string,
  options: ConvertOptions,
  files: FileSystem,
): ConvertReport {
  const to = options.to ?? targetOf(output);
  const found = known(detect(input, files));
  checkOutput(input, output, to, options, files);
  if (options.freeze !== undefined) return writeFrozen(input, output, to, options, files);
  if (options.outputs.length > 0) {
    throw new UsageError("--outputs needs --freeze, with the checkpoint that has the values.");
  }
  const wantsGraph = to === "pb" || to === "pbtxt";
  const tensors = isGraph(found)
    ? null
    : found.kind === "events"
      ? null
      : tensorsOrNull(input, files);
  if (wantsGraph && tensors === null) {
    return writeGraph(resolveGraph(input, files), input, output, to, options, files);
  }
  if (!wantsGraph && !isGraph(found)) return writeTensors(input, output, to, options, files);
  const can = wantsGraph ? "npz, safetensors or a checkpoint" : "pb or pbtxt";
  throw new CommandError(
    `${input} is ${kindNames[found.kind]}, which cannot become ${targetNames[to]}.`,
    `It can become ${can}${wantsGraph ? "" : "; with --freeze CHECKPOINT a graph gets its values"}.`,
  );
}

function tensorsOrNull(path: string, files: FileSystem): ReturnType<typeof tensorsOf> {
  const found = known(detect(path, files));
  return found.kind === "folder" && isGraph(detect(`${found.path}/saved_model.pb`, files))
    ? null
    : tensorsOf(found, files);
}

/** By the end of the name; what has no known end is the prefix of a checkpoint. */
function targetOf(output: string): Target {
  if (/\.(pb|meta|bytes)$/.test(output)) return "pb";
  if (/\.(pbtxt|prototxt|txt)$/.test(output)) return "pbtxt";
  if (output.endsWith(".npz")) return "npz";
  if (output.endsWith(".safetensors")) return "safetensors";
  return "checkpoint";
}

function checkOutput(
  input: string,
  output: string,
  to: Target,
  { force }: ConvertOptions,
  files: FileSystem,
): void {
  const path = to === "checkpoint" ? `${prefixOf(output)}.index` : output;
  const stat = files.stat(path);
  if (stat?.kind === "folder" || files.stat(output)?.kind === "folder") {
    throw new CommandError(`${output} is a folder.`, "Give the name of the file to write.");
  }
  if (input === output || (to === "checkpoint" && prefixOf(input) === prefixOf(output))) {
    throw new CommandError(`${output} is the input itself.`, "Give another name.");
  }
  if (stat && !force) {
    throw new CommandError(
      `${path} is there already.`,
      "Give another name, or --force to replace it.",
    );
  }
  const folder = folderOf(path);
  if (folder !== "" && files.stat(folder)?.kind !== "folder") {
    throw new CommandError(`There is no folder ${folder}.`, "Make it first.");
  }
}

function prefixOf(path: string): string {
  return path.replace(/\.(index|data-\d{5,}-of-\d{5,})$/, "");
}

// Graphs

function writeGraph(
  file: GraphFile,
  input: string,
  output: string,
  to: "pb" | "pbtxt",
  { graphOnly }: ConvertOptions,
  files: FileSystem,
): ConvertReport {
  const isText = to === "pbtxt";
  // What was binary keeps the order of its maps; texts and what is made here have that of TensorFlow.
  const binary = file.text ? encodeSorted : encode;
  let content: string | Uint8Array;
  if (graphOnly || file.kind === "graph") {
    const [first] = file.graphs;
    if (!first) throw new CommandError(`${input} holds no graph.`);
    if (file.graphs.length > 1) {
      throw new CommandError(
        `${input} holds ${file.graphs.length} graphs.`,
        "Leave --graph-only out to convert all of it.",
      );
    }
    content = isText ? toText(GraphDefSchema, first.graph) : binary(GraphDefSchema, first.graph);
  } else if (file.kind === "metagraph") {
    content = isText
      ? toText(MetaGraphDefSchema, file.message)
      : binary(MetaGraphDefSchema, file.message);
  } else {
    content = isText
      ? toText(SavedModelSchema, file.message)
      : binary(SavedModelSchema, file.message);
  }
  const data = typeof content === "string" ? encodeText(content) : content;
  writeAtomically(files, output, data);
  const what = graphOnly ? kindNames.graph : kindNames[file.kind];
  return {
    input,
    output,
    to,
    bytes: data.length,
    wrote: `${what} as ${isText ? "text" : "binary"}`,
  };
}

// Frozen graphs

function writeFrozen(
  input: string,
  output: string,
  to: Target,
  options: ConvertOptions,
  files: FileSystem,
): ConvertReport {
  if (to !== "pb" && to !== "pbtxt") {
    throw new UsageError(
      `A frozen graph is a graph, but ${output} would be ${targetNames[to]}.`,
      "Name it .pb or .pbtxt.",
    );
  }
  const { path, graphs } = sides(input, options.freeze as string, files);
  const views = graphs.graphs.map(({ graph, meta }) => new GraphView(graph, meta));
  const [signature] = graphs.graphs.flatMap(({ meta }) => Object.values(meta?.signatureDef ?? {}));
  const named = Object.values(signature?.outputs ?? {}).flatMap(({ encoding }) =>
    encoding.case === "name" ? [encoding.value] : [],
  );
  const outputs = options.outputs.length > 0 ? options.outputs : named;
  if (outputs.length === 0) {
    const ends = views.flatMap((view) => view.outputs().map(({ name }) => name)).slice(0, 8);
    throw new UsageError(
      "--freeze needs --outputs: the nodes whose values are wanted, with commas between them.",
      ends.length > 0 ? `Used by no other node are ${ends.join(", ")}.` : undefined,
    );
  }
  const view = views.find((one) => outputs.every((name) => one.producer(name))) ?? views[0];
  if (!view) throw new CommandError(`${graphs.path} holds no graph.`);
  using tensors = openTensors(resolveTensors(path, files), files);
  const missing = (name: string): Error => noNode(name, graphs.path, views);
  checkValues(view, outputs, tensors, missing);
  const frozen = freeze(view, outputs, (variable) => valueOf(variable, tensors), missing);
  const { graph, variables } = frozen;
  const data =
    to === "pb" ? encodeSorted(GraphDefSchema, graph) : encodeText(toText(GraphDefSchema, graph));
  writeAtomically(files, output, data);
  const wrote = `a frozen graph: ${count(graph.node.length)} of ${counted(view.def.node.length, "node")}, ${counted(variables.length, "variable")} as constants`;
  return { input: `${graphs.path} and ${tensors.path}`, output, to, bytes: data.length, wrote };
}

/** Which of the two is the graph, and which the checkpoint, tells their content. */
function sides(
  input: string,
  other: string,
  files: FileSystem,
): { readonly graphs: GraphFile; readonly path: string } {
  const [lhs, rhs] = [known(detect(input, files)), known(detect(other, files))];
  if (!isGraph(lhs) && isGraph(rhs)) return { graphs: loadGraphs(rhs, files), path: input };
  return { graphs: resolveGraph(input, files), path: other };
}

/** Throws an error that names all variables that the checkpoint does not have as they are needed. */
function checkValues(
  view: GraphView,
  outputs: readonly string[],
  tensors: TensorFile,
  missing: (name: string) => Error,
): void {
  const needed = new Set(view.needed(outputs, missing).map(({ name }) => name));
  const problems = view
    .variables()
    .filter(({ name }) => needed.has(name))
    .flatMap((variable) => {
      const info = tensors.info(variable.key);
      if (!info) return [`${variable.key} is not in it`];
      const part = variable.slice === null ? null : parseShapeAndSlice(variable.slice);
      const shape = part ? part.shape : variable.shape;
      const fits =
        shape === null ||
        (shape.length === info.shape.length &&
          shape.every((dim, i) => dim === null || dim === info.shape[i]));
      return fits
        ? []
        : [`${variable.key} has shape [${info.shape}] there, and [${shape}] in the graph`];
    });
  if (problems.length === 0) return;
  const more = problems.length > 12 ? `\nand ${problems.length - 12} more` : "";
  throw new CommandError(
    `${tensors.path} does not fit the graph: ${counted(problems.length, "variable")} cannot be filled.\n` +
      `${problems.slice(0, 12).join("\n")}${more}`,
    "tensorscope diff GRAPH CHECKPOINT shows all that differs, and whether names were changed.",
  );
}

function valueOf({ key, slice }: GraphVariable, tensors: TensorFile): NDArray {
  const part = slice === null ? null : parseShapeAndSlice(slice);
  return part ? tensors.readSlice(key, part.slice) : tensors.read(key);
}

// Tensors

function writeTensors(
  input: string,
  output: string,
  to: Target,
  { skip }: ConvertOptions,
  files: FileSystem,
): ConvertReport {
  using tensors = openTensors(resolveTensors(input, files), files);
  const lost = skip.find((name) => !tensors.info(name));
  if (lost !== undefined) throw new CommandError(`${tensors.path} has no tensor ${lost} to skip.`);
  const names = tensors
    .names()
    .filter((name) => !skip.includes(name))
    .sort(compareText);
  const read = (): (readonly [string, NDArray])[] =>
    names.map((name) => [name, tensors.read(name)]);
  const wrote = (size: number): ConvertReport => ({
    input: tensors.path,
    output,
    to,
    bytes: size,
    wrote: `${targetNames[to]} with ${counted(names.length, "tensor")}`,
  });
  if (to === "checkpoint") {
    const prefix = prefixOf(output);
    const writer = new BundleWriter(prefix, { files });
    try {
      for (const name of names) writer.add(name, tensors.read(name));
      writer.finish();
    } catch (error) {
      writer.abandon();
      throw error;
    }
    const size = files
      .list(folderOf(prefix) || ".")
      .filter((name) => name.startsWith(`${baseName(prefix)}.`));
    const folder = folderOf(prefix);
    const sizes = size.map(
      (name) => files.stat(folder === "" ? name : `${folder}/${name}`)?.size ?? 0,
    );
    return { ...wrote(sizes.reduce((sum, one) => sum + one, 0)), output: prefix };
  }
  const data = to === "npz" ? writeNpz(read()) : safetensorsOf(read());
  writeAtomically(files, output, data);
  return wrote(data.length);
}

function safetensorsOf(arrays: readonly (readonly [string, NDArray])[]): Uint8Array {
  const odd = arrays.filter(
    ([, { dtype }]) => dtype.baseName === "string" || dtype.baseName === "complex128",
  );
  if (odd.length === 0) return writeSafetensors(arrays);
  const texts = odd.map(([name, { dtype }]) => `${name} (${dtype.name})`);
  throw new CommandError(
    `safetensors has no type for ${someOf(texts, 6)}.`,
    `Convert to npz, or leave them out: --skip ${odd.map(([name]) => name).join(",")}`,
  );
}

export function printConvert({ output, bytes: size, wrote }: ConvertReport): string {
  return `${output}: ${wrote} (${bytes(size)})`;
}
