// From a path that people give to the graph, or to the tensors, that they mean.
import { type FileSystem, folderOf, joinPath } from "../formats/files.ts";
import { detect, type Found, kindNames } from "./detect.ts";
import { CommandError } from "./errors.ts";
import {
  type GraphFile,
  type GraphFound,
  loadGraphs,
  loadState,
  loggedGraph,
  statedCheckpoint,
} from "./load.ts";

export type TensorFound = Extract<Found, { readonly kind: "checkpoint" | "npz" | "safetensors" }>;
export type Known = Exclude<Found, { readonly kind: "missing" | "unknown" }>;

/** Refuses what is not there or not known. */
export function known(found: Found): Known {
  if (found.kind === "missing") {
    throw new CommandError(`${found.path}: there is no such file.`, found.hint);
  }
  if (found.kind === "unknown") {
    throw new CommandError(`${found.path} cannot be read: it is ${found.seems}.`, found.hint);
  }
  return found;
}

export function isGraph(found: Found): found is GraphFound {
  return found.kind === "graph" || found.kind === "metagraph" || found.kind === "savedmodel";
}

export function isTensors(found: Found): found is TensorFound {
  return found.kind === "checkpoint" || found.kind === "npz" || found.kind === "safetensors";
}

/** The graph of a file; of a folder the only one in it, of a checkpoint the meta graph beside it, of events the last. */
export function resolveGraph(path: string, files: FileSystem): GraphFile {
  const found = known(detect(path, files));
  if (isGraph(found)) return loadGraphs(found, files);
  if (found.kind === "folder") {
    const graph = onlyOne(found.path, candidates(found.path, files).filter(isGraph), "graph");
    return loadGraphs(graph, files);
  }
  if (found.kind === "events") {
    const graph = loggedGraph(found.path, files);
    if (graph) return graph;
    throw new CommandError(`${path} is an event file without a graph.`);
  }
  const prefix = found.kind === "state" ? latestOf(found.path, files) : found.path;
  const meta = detect(`${prefix}.meta`, files);
  if (isGraph(meta)) return loadGraphs(meta, files);
  throw new CommandError(
    `${path} is ${kindNames[found.kind]}, but a graph is needed.`,
    found.kind === "checkpoint" || found.kind === "state"
      ? `There is no ${prefix}.meta beside it; give the graph's own file.`
      : "Graphs are GraphDef, MetaGraphDef and SavedModel files, binary or text.",
  );
}

/** The tensors of a file; of a state file its latest checkpoint, of a folder the only one in it. */
export function resolveTensors(path: string, files: FileSystem): TensorFound {
  const found = tensorsOf(known(detect(path, files)), files);
  if (found) return found;
  throw new CommandError(
    `${path} is ${kindNames[detect(path, files).kind]}, but a checkpoint, npz or safetensors file is needed.`,
  );
}

/** Null where there are none. */
export function tensorsOf(found: Known, files: FileSystem): TensorFound | null {
  if (isTensors(found)) return found;
  if (found.kind === "state") {
    const latest = detect(latestOf(found.path, files), files);
    return isTensors(latest) ? latest : null;
  }
  const folder = found.kind === "folder" ? found.path : null;
  const model = found.kind === "savedmodel" ? folderOf(found.path) : folder;
  if (model !== null) {
    const variables = detect(joinPath(model, "variables/variables"), files);
    if (isTensors(variables)) return variables;
  }
  if (folder === null) return null;
  const state = detect(joinPath(folder, "checkpoint"), files);
  if (state.kind === "state") return tensorsOf(state, files);
  return onlyOne(folder, candidates(folder, files).filter(isTensors), "checkpoint");
}

function latestOf(state: string, files: FileSystem): string {
  const { modelCheckpointPath } = loadState(state, files);
  const { stated, path } = statedCheckpoint(modelCheckpointPath, state, files);
  if (path !== null) return path;
  throw new CommandError(
    `${state} names ${stated} as the latest checkpoint, which is neither there nor beside it.`,
    "Name the checkpoint itself.",
  );
}

/** What the files of a folder are, each once. */
function candidates(folder: string, files: FileSystem): Found[] {
  const found = new Map<string, Found>();
  for (const name of files.list(folder)) {
    const path = joinPath(folder, name);
    if (files.stat(path)?.kind !== "file") continue;
    const what = detect(path, files);
    found.set(`${what.kind} ${what.path}`, what);
  }
  return [...found.values()];
}

function onlyOne<F extends Found>(folder: string, some: readonly F[], what: string): F {
  const [first] = some;
  if (first && some.length === 1) return first;
  if (!first) throw new CommandError(`${folder} holds no ${what}.`);
  throw new CommandError(
    `${folder} holds several files with a ${what}.`,
    `Name one: ${some
      .map(({ path }) => path)
      .slice(0, 6)
      .join(", ")}.`,
  );
}
