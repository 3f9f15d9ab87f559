/** Checkpoints of TensorFlow 2's objects: their keys are paths through objects, with the variables' names beside. */

import type { CheckpointFile } from "./checkpoint.ts";
import { stringBytes } from "./elements.ts";
import { decode } from "./proto/codec.ts";
import { TrackableObjectGraphSchema } from "./proto/index.ts";
import type { Renames } from "./renames.ts";

const graphKey = "_CHECKPOINTABLE_OBJECT_GRAPH";

/** Names of variables with the keys they are stored under; null for a checkpoint by names. */
export function objectNames(checkpoint: CheckpointFile): Renames | null {
  if (!checkpoint.info(graphKey)) return null;
  const element = checkpoint.read(graphKey).at(0);
  const bytes = stringBytes(element as string | Uint8Array);
  const graph = decode(TrackableObjectGraphSchema, bytes, {
    file: checkpoint.path,
    field: `tensor ${graphKey}`,
  });
  const names: Record<string, string> = {};
  for (const { attributes } of graph.nodes) {
    for (const { fullName, checkpointKey } of attributes) {
      if (fullName !== "") names[fullName] = checkpointKey;
    }
  }
  return names;
}
