/** Opens a checkpoint of either version. */

import { NotFoundError } from "../core/errors.ts";
import { BundleReader } from "./bundle.ts";
import type { CheckpointFile } from "./checkpoint.ts";
import { indexPath } from "./commit.ts";
import { type FileSystem, fileSystem } from "./files.ts";
import { globFiles } from "./glob.ts";
import { V1Reader } from "./v1.ts";

/** Whether there is a checkpoint of either version under a prefix. */
export function hasCheckpoint(prefix: string, files: FileSystem = fileSystem()): boolean {
  return globFiles(files, indexPath(prefix)).length > 0 || globFiles(files, prefix).length > 0;
}

/** Opens the checkpoint with this prefix, which may also be the path of its index. */
export function openCheckpoint(
  prefix: string,
  { files = fileSystem() }: { readonly files?: FileSystem } = {},
): CheckpointFile {
  if (files.stat(indexPath(prefix))) return new BundleReader(prefix, { files });
  if (prefix.endsWith(".index") && files.stat(prefix)) {
    return new BundleReader(prefix.slice(0, -".index".length), { files });
  }
  if (globFiles(files, prefix).length > 0) return new V1Reader(prefix, { files });
  throw new NotFoundError(
    undefined,
    `Unsuccessful TensorSliceReader constructor: Failed to find any matching files for ${prefix}`,
  );
}
