/**
 * How a checkpoint takes the place of another under the same prefix. The index must change together with the data files
 * it describes, but files are renamed one by one, so:
 *
 * 1. new data and the new index are written beside the old ones (`.tempstate`) and synced;
 * 2. each old data file is renamed to `.previous`, and the new one renamed into its place;
 * 3. the new index is renamed into its place: from here on the new checkpoint counts;
 * 4. the `.previous` files are removed.
 *
 * Whoever finds both the new index (`.index.tempstate`) and a `.previous` file finds a save that ended between 2 and 3:
 * the old checkpoint counts, and its data is what is called `.previous`.
 */

import { baseName, type FileSystem, folderOf, joinPath } from "./files.ts";

const temporary = ".tempstate";
const previous = ".previous";

export function indexPath(prefix: string): string {
  return `${prefix}.index`;
}

/** `P.data-00000-of-00001`. */
export function dataPath(prefix: string, shard: number, shards: number): string {
  const digits = (value: number): string => String(value).padStart(5, "0");
  return `${prefix}.data-${digits(shard)}-of-${digits(shards)}`;
}

/** What a file is called until the checkpoint is complete. */
export function temporaryPath(path: string): string {
  return path + temporary;
}

/** The file that holds what the index says is in `path`. */
export function currentData(files: FileSystem, prefix: string, path: string): string {
  const isHalfway = files.stat(temporaryPath(indexPath(prefix))) && files.stat(path + previous);
  return isHalfway ? path + previous : path;
}

/** Undoes what a save that was cut off has left under this prefix. */
export function recover(files: FileSystem, prefix: string): void {
  const index = temporaryPath(indexPath(prefix));
  const isHalfway = files.stat(index) !== null;
  for (const path of previousData(files, prefix)) {
    if (isHalfway) files.rename(path, path.slice(0, -previous.length));
    else files.remove(path);
  }
  if (isHalfway) files.remove(index);
}

/** Makes the new files the checkpoint; `data` pairs where each is with what it shall be called. */
export function commit(
  files: FileSystem,
  prefix: string,
  data: readonly (readonly [from: string, to: string])[],
): void {
  const index = indexPath(prefix);
  const replaces = files.stat(index) !== null;
  for (const [from, to] of data) {
    if (replaces && files.stat(to)) files.rename(to, to + previous);
    files.rename(from, to);
  }
  files.rename(temporaryPath(index), index);
  for (const path of previousData(files, prefix)) files.remove(path);
}

/** Whether a file of this name has data of the checkpoint, complete, temporary or of before. */
export function isDataOf(name: string, checkpoint: string): boolean {
  const start = `${checkpoint}.data-`;
  return name.startsWith(start) && dataSuffix.test(name.slice(start.length));
}

const dataSuffix = /^\d{5,}-of-\d{5,}(\.tempstate|\.previous)?$/;

function previousData(files: FileSystem, prefix: string): string[] {
  const folder = folderOf(prefix);
  if (!files.stat(folder || ".")) return [];
  return files
    .list(folder)
    .filter((name) => name.endsWith(previous) && isDataOf(name, baseName(prefix)))
    .map((name) => joinPath(folder, name));
}
