/** `tf.train.NewCheckpointReader` and its kin: what is in a checkpoint, without a graph. */

import type { DType } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import type { NDArray } from "../core/ndarray.ts";
import { type CheckpointFile, missingTensor } from "./checkpoint.ts";
import { dtypeOf } from "./elements.ts";
import { type FileSystem, fileSystem } from "./files.ts";
import { openCheckpoint } from "./open.ts";
import { latestCheckpoint } from "./state-file.ts";

export interface ReadOptions {
  readonly files?: FileSystem | undefined;
}

/** Reads tensors by name. A large checkpoint is not read whole: each tensor is read when it is asked for. */
export class CheckpointReader implements Disposable {
  readonly #file: CheckpointFile;

  /** @internal See `NewCheckpointReader`. */
  constructor(file: CheckpointFile) {
    this.#file = file;
  }

  /** The path it was opened with. */
  get path(): string {
    return this.#file.path;
  }
  /** Shapes by name; names in order of their bytes. */
  getVariableToShapeMap(): Map<string, number[]> {
    return this.#map(({ shape }) => [...shape]);
  }
  /** Types by name. */
  getVariableToDtypeMap(): Map<string, DType> {
    return this.#map(({ type }) => dtypeOf(type));
  }
  hasTensor(name: string): boolean {
    return this.#file.info(name) !== null;
  }
  /** The whole tensor, put together where it is stored in slices. Throws NotFoundError. */
  getTensor(name: string): NDArray {
    return this.#file.read(name);
  }
  close(): void {
    this.#file.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #map<T>(value: (info: NonNullable<ReturnType<CheckpointFile["info"]>>) => T): Map<string, T> {
    return new Map(
      this.#file.names().map((name) => {
        const info = this.#file.info(name);
        if (!info) throw missingTensor(name);
        return [name, value(info)];
      }),
    );
  }
}

/** Opens a checkpoint by its prefix. TensorFlow: `tf.train.NewCheckpointReader`. */
export function NewCheckpointReader(
  filepattern: string,
  { files = fileSystem() }: ReadOptions = {},
): CheckpointReader {
  return new CheckpointReader(openCheckpoint(filepattern, { files }));
}

/** The prefix that a path means: itself, or the newest checkpoint of a folder. */
export function checkpointPath(path: string, files: FileSystem): string | null {
  if (files.stat(path || ".")?.kind !== "folder") return path;
  return latestCheckpoint(path, { files });
}

/** Opens a checkpoint, or the newest one of a folder. TensorFlow: `tf.train.load_checkpoint`. */
export function loadCheckpoint(
  ckptDirOrFile: string,
  { files = fileSystem() }: ReadOptions = {},
): CheckpointReader {
  const path = checkpointPath(ckptDirOrFile, files);
  if (path !== null) return NewCheckpointReader(path, { files });
  throw new ValueError(
    `Couldn't find 'checkpoint' file or checkpoints in given directory ${ckptDirOrFile}`,
  );
}

/** The value stored under a name. TensorFlow: `tf.train.load_variable`. */
export function loadVariable(
  ckptDirOrFile: string,
  name: string,
  options: ReadOptions = {},
): NDArray {
  using reader = loadCheckpoint(ckptDirOrFile, options);
  return reader.getTensor(name.endsWith(":0") ? name.slice(0, -2) : name);
}

/** Names and shapes, sorted by name. TensorFlow: `tf.train.list_variables`. */
export function listVariables(
  ckptDirOrFile: string,
  options: ReadOptions = {},
): [name: string, shape: number[]][] {
  using reader = loadCheckpoint(ckptDirOrFile, options);
  return [...reader.getVariableToShapeMap()].sort(([a], [b]) => (a < b ? -1 : 1));
}
