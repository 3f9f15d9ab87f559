/** The `checkpoint` file of a folder, which says what its checkpoints are, and the files that a checkpoint has. */

import { create } from "@bufbuild/protobuf";
import { RuntimeError, TensorscopeError, ValueError } from "../core/errors.ts";
import { warn } from "../core/warn.ts";
import { decodeText, encodeText } from "./bytes.ts";
import { indexPath, isDataOf, temporaryPath } from "./commit.ts";
import { FormatError } from "./errors.ts";
import {
  baseName,
  type FileSystem,
  fileSystem,
  folderOf,
  isAbsolutePath,
  joinPath,
  relativePath,
  writeAtomically,
} from "./files.ts";
import { globFiles } from "./glob.ts";
import { hasCheckpoint } from "./open.ts";
import { type CheckpointState, CheckpointStateSchema } from "./proto/index.ts";
import { fromText, toText } from "./text.ts";

export interface StateOptions {
  /** The name of the state file; `checkpoint` when it is not given. */
  readonly latestFilename?: string | null | undefined;
  readonly files?: FileSystem | undefined;
}

export interface NewStateOptions extends StateOptions {
  /** Paths of all checkpoints that are kept, oldest first. */
  readonly allModelCheckpointPaths?: readonly string[] | null | undefined;
  /** When each of them was written, in seconds since 1970. */
  readonly allModelCheckpointTimestamps?: readonly number[] | null | undefined;
  /** When the last one that is kept for good was written. */
  readonly lastPreservedTimestamp?: number | null | undefined;
  /** Writes paths as they are seen from the folder. */
  readonly saveRelativePaths?: boolean | undefined;
}

function stateFile(folder: string, latestFilename: string | null | undefined): string {
  return joinPath(folder, latestFilename ?? "checkpoint");
}

/** What a state file says. TensorFlow: `tf.train.generate_checkpoint_state_proto`. */
export function generateCheckpointStateProto(
  saveDir: string,
  modelCheckpointPath: string,
  options: NewStateOptions = {},
): CheckpointState {
  const { allModelCheckpointTimestamps: timestamps, lastPreservedTimestamp } = options;
  const all = [...(options.allModelCheckpointPaths ?? [])];
  if (all.at(-1) !== modelCheckpointPath) all.push(modelCheckpointPath);
  if (timestamps && timestamps.length > 0 && timestamps.length !== all.length) {
    throw new ValueError(
      `Checkpoint timestamps, if provided, must match checkpoint paths (got paths ${all} and timestamps ${timestamps})`,
    );
  }
  const relative = (path: string): string =>
    isAbsolutePath(saveDir) || isAbsolutePath(path) ? path : relativePath(path, saveDir);
  return create(CheckpointStateSchema, {
    modelCheckpointPath: relative(modelCheckpointPath),
    allModelCheckpointPaths: all.map(relative),
    allModelCheckpointTimestamps: [...(timestamps ?? [])],
    lastPreservedTimestamp: lastPreservedTimestamp ?? 0,
  });
}

/**
 * Replaces the state file in one step. Throws RuntimeError when a checkpoint is called as the file. TensorFlow:
 * `tf.train.update_checkpoint_state`.
 */
export function updateCheckpointState(
  saveDir: string,
  modelCheckpointPath: string,
  options: NewStateOptions = {},
): void {
  const { latestFilename, saveRelativePaths = false, files = fileSystem() } = options;
  const path = stateFile(saveDir, latestFilename);
  const seen = (other: string): string =>
    saveRelativePaths && isAbsolutePath(other) ? relativePath(other, saveDir) : other;
  const state = generateCheckpointStateProto(saveDir, seen(modelCheckpointPath), {
    ...options,
    allModelCheckpointPaths: options.allModelCheckpointPaths?.map(seen),
  });
  if (path === state.modelCheckpointPath) {
    throw new RuntimeError(
      `Save path '${modelCheckpointPath}' conflicts with path used for checkpoint state.  Please use a different save path.`,
    );
  }
  writeAtomically(files, path, encodeText(toText(CheckpointStateSchema, state)));
}

/**
 * What the state file of a folder says, with paths that start at the folder; null when there is none or it cannot be
 * read. Throws ValueError when it names no checkpoint. TensorFlow: `tf.train.get_checkpoint_state`.
 */
export function getCheckpointState(
  checkpointDir: string,
  { latestFilename, files = fileSystem() }: StateOptions = {},
): CheckpointState | null {
  const path = stateFile(checkpointDir, latestFilename);
  if (files.stat(path)?.kind !== "file") return null;
  let state: CheckpointState;
  try {
    const text = decodeText(files.read(path));
    if (text === null) throw new FormatError("not UTF-8", { file: path });
    state = fromText(CheckpointStateSchema, text, { file: path });
  } catch (error) {
    if (!(error instanceof TensorscopeError)) throw error;
    warn(`${path}: Checkpoint ignored: ${error.message}`);
    return null;
  }
  if (state.modelCheckpointPath === "") {
    throw new ValueError(`Invalid checkpoint state loaded from ${checkpointDir}`);
  }
  const placed = (other: string): string =>
    isAbsolutePath(other) ? other : joinPath(checkpointDir, other);
  state.modelCheckpointPath = placed(state.modelCheckpointPath);
  state.allModelCheckpointPaths = state.allModelCheckpointPaths.map(placed);
  return state;
}

/**
 * The path of the newest checkpoint in a folder, null when there is none. A folder that was moved still has it, although
 * its state file may say where it was. TensorFlow: `tf.train.latest_checkpoint`.
 */
export function latestCheckpoint(checkpointDir: string, options: StateOptions = {}): string | null {
  const state = getCheckpointState(checkpointDir, options);
  if (!state) return null;
  const { modelCheckpointPath: path } = state;
  const moved = joinPath(checkpointDir, baseName(path));
  return [path, moved].find((prefix) => hasCheckpoint(prefix, options.files)) ?? null;
}

/** Whether there is a checkpoint of either version. TensorFlow: `tf.train.checkpoint_exists`. */
export function checkpointExists(
  checkpointPrefix: string,
  { files = fileSystem() }: { readonly files?: FileSystem } = {},
): boolean {
  return hasCheckpoint(checkpointPrefix, files);
}

/** When checkpoints were written, in seconds since 1970; those that are gone are left out. */
export function getCheckpointMtimes(
  checkpointPrefixes: readonly string[],
  { files = fileSystem() }: { readonly files?: FileSystem } = {},
): number[] {
  return checkpointPrefixes.flatMap((prefix) => {
    const [path] = [...globFiles(files, indexPath(prefix)), ...globFiles(files, prefix)];
    const stat = path === undefined ? null : files.stat(path);
    return stat ? [stat.modified / 1000] : [];
  });
}

/** The path of the meta graph that goes with a checkpoint: shards share one. */
export function metaGraphFilename(checkpoint: string, suffix = "meta"): string {
  return `${checkpoint.replace(/-[\d?]+-of-\d+$/, "")}.${suffix}`;
}

/** Deletes a checkpoint, its index first: what is left of it later does not look like one. */
export function removeCheckpoint(
  prefix: string,
  {
    metaGraphSuffix = "meta",
    files = fileSystem(),
  }: { readonly metaGraphSuffix?: string; readonly files?: FileSystem } = {},
): void {
  const folder = folderOf(prefix);
  const names = files.stat(folder || ".") ? files.list(folder) : [];
  const data = names
    .filter((name) => isDataOf(name, baseName(prefix)))
    .map((name) => joinPath(folder, name));
  const index = indexPath(prefix);
  for (const path of [
    index,
    ...globFiles(files, prefix),
    ...data,
    temporaryPath(index),
    metaGraphFilename(prefix, metaGraphSuffix),
  ]) {
    if (files.stat(path)?.kind === "file") files.remove(path);
  }
}
