/** Where the streams of random operations stand, as entries of a checkpoint that TensorFlow passes over. */

import { NDArray } from "../core/ndarray.ts";
import { BundleWriter } from "./bundle-writer.ts";
import type { CheckpointFile } from "./checkpoint.ts";
import { FormatError } from "./errors.ts";
import type { FileSystem } from "./files.ts";

/** Before the name of the node. */
const prefix = "_tensorscope/random/";
/** Says that states were saved, also when no random operation had run. */
const marker = "_tensorscope/random_states";

export type RandomStates = ReadonlyMap<string, Uint32Array>;

export function writeRandomStates(path: string, states: RandomStates, files: FileSystem): void {
  const writer = new BundleWriter(path, { files });
  try {
    writer.add(marker, new NDArray(Int32Array.of(states.size), [], "int32"));
    for (const [node, state] of [...states].sort(([a], [b]) => (a < b ? -1 : 1))) {
      writer.add(prefix + node, new NDArray(state, [state.length], "uint32"));
    }
    writer.finish();
  } finally {
    writer.abandon();
  }
}

/** Null when the checkpoint was saved without. */
export function readRandomStates(checkpoint: CheckpointFile): RandomStates | null {
  if (!checkpoint.info(marker)) return null;
  const states = new Map<string, Uint32Array>();
  for (const name of checkpoint.names()) {
    if (!name.startsWith(prefix)) continue;
    const { data } = checkpoint.read(name);
    if (!(data instanceof Uint32Array)) {
      throw new FormatError("not the state of a random stream", {
        file: checkpoint.path,
        field: `tensor ${name}`,
      });
    }
    states.set(name.slice(prefix.length), data);
  }
  return states;
}
