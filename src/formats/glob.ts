/** Files whose names match a pattern with `?` and `*`. */

import { NotFoundError } from "../core/errors.ts";
import { baseName, type FileSystem, folderOf, joinPath } from "./files.ts";

/** Paths that match, sorted; the last part of the path may be a pattern. None is a NotFoundError. */
export function matchingFiles(files: FileSystem, pattern: string): string[] {
  const found = globFiles(files, pattern);
  if (found.length > 0) return found;
  throw new NotFoundError(
    undefined,
    `Unsuccessful TensorSliceReader constructor: Failed to find any matching files for ${pattern}`,
  );
}

/** Paths of files that match, sorted. */
export function globFiles(files: FileSystem, pattern: string): string[] {
  if (files.stat(pattern)?.kind === "file") return [pattern];
  const folder = folderOf(pattern);
  const name = baseName(pattern);
  if (!/[?*]/.test(name) || files.stat(folder || ".")?.kind !== "folder") return [];
  const source = name
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("?", ".")
    .replaceAll("*", ".*");
  const matcher = new RegExp(`^${source}$`);
  return files
    .list(folder)
    .filter((other) => matcher.test(other))
    .map((other) => joinPath(folder, other))
    .filter((path) => files.stat(path)?.kind === "file");
}
