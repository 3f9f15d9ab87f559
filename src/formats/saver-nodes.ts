/** The nodes of a Saver: one part that writes a checkpoint, one that restores from it. */

import { create } from "@bufbuild/protobuf";
import { getDefaultGraph } from "../core/graph.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { constant } from "../ops/constant.ts";
import { group, withDependencies } from "../ops/control.ts";
import { regexFullMatch, stringJoin } from "../ops/filename-strings.ts";
import { identity, placeholderWithDefault } from "../ops/identity.ts";
import { controlDependencies, device, nameScope } from "../ops/scopes.ts";
import { shape as shapeOp } from "../ops/shape.ts";
import { where } from "../ops/where.ts";
import { PartitionedVariable } from "../variables/partitioned.ts";
import {
  mergeV2Checkpoints,
  restoreV2,
  saveSlices,
  saveV2,
  shardedFilename,
  shardedFilespec,
} from "./ops-files.ts";
import {
  type SaverDef,
  SaverDefSchema,
  SaverDef_CheckpointFormatVersion as Version,
} from "./proto/index.ts";
import {
  byDevice,
  hostOf,
  inGraphOf,
  type RestoredShape,
  type SaveableObject,
} from "./saveable.ts";

export interface SaverNodesOptions {
  readonly reshape: boolean;
  readonly sharded: boolean;
  readonly maxToKeep: number;
  readonly keepCheckpointEveryNHours: number;
  readonly name: string | null;
  readonly filename: string | null;
  /** The version of the checkpoints that are written, 1 or 2. */
  readonly version: number;
}

/** Makes the nodes and returns what is to be known of them. */
export function makeSaverNodes(
  saveables: readonly SaveableObject[],
  options: SaverNodesOptions,
): SaverDef {
  const { name, filename, sharded, reshape, version } = options;
  return inGraphOf(saveables, () => {
    const values = saveables.flatMap(({ op }) => op ?? []);
    const [file, saved, restored] = nameScope(name, { defaultName: "save", values }, () => {
      const given = placeholderWithDefault(filename || "model", [], { name: "filename" });
      const prefix = placeholderWithDefault(given, [], { name: "Const" });
      if (!sharded) {
        return [
          prefix,
          saveNodes(prefix, saveables, version),
          restoreNodes(prefix, saveables, reshape),
        ];
      }
      const parts = byDevice(saveables);
      return [
        prefix,
        shardedSaveNodes(prefix, parts, version),
        shardedRestoreNodes(prefix, parts, reshape),
      ];
    }) as [Tensor, Tensor, Operation];
    joinPartitioned();
    return create(SaverDefSchema, {
      filenameTensorName: file.name,
      saveTensorName: saved.name,
      restoreOpName: restored.name,
      maxToKeep: options.maxToKeep,
      sharded,
      keepCheckpointEveryNHours: options.keepCheckpointEveryNHours,
      version,
    });
  });
}

function saveNodes(prefix: Tensor, saveables: readonly SaveableObject[], version: number): Tensor {
  const specs = saveables.flatMap((saveable) => saveable.specs);
  const tensors = specs.map((spec) => spec.tensor());
  const names = specs.map((spec) => spec.name);
  const slices = specs.map((spec) => spec.sliceSpec);
  const save =
    version === Version.V1
      ? saveSlices(prefix, names, slices, tensors, { name: "save" })
      : saveV2(prefix, names, slices, tensors);
  return withDependencies([save], prefix);
}

type Parts = readonly (readonly [place: string, saveables: readonly SaveableObject[]])[];

/** Each device writes a file of its own. In version 2 these are checkpoints in a folder beside, which become one. */
function shardedSaveNodes(prefix: Tensor, parts: Parts, version: number): Tensor {
  const isV1 = version === Version.V1;
  const base = isV1 ? prefix : temporaryPrefix(prefix);
  const count = constant(parts.length, { dtype: "int32", name: "num_shards" });
  const names: Tensor[] = [];
  const saves = parts.map(([place, saveables], shard) =>
    device(isV1 ? place : hostOf(place), () => {
      const part = shardedFilename(base, shard, count);
      names.push(part);
      return saveNodes(part, saveables, version);
    }),
  );
  const ops = saves.map((save) => save.op);
  if (isV1) return controlDependencies(ops, () => shardedFilespec(prefix, count));
  return controlDependencies(ops, () =>
    device(hostOf(parts.at(-1)?.[0] ?? ""), () => {
      const merge = mergeV2Checkpoints(names, prefix);
      return controlDependencies([merge], () => identity(prefix));
    }),
  );
}

/** Remote stores have no folders to make and remove. */
function temporaryPrefix(prefix: Tensor): Tensor {
  return device("CPU", () => {
    const remote = regexFullMatch(prefix, "^s3://.*");
    const suffix = where(remote, constant(".part"), constant("_temp/part"));
    return stringJoin([prefix, suffix]);
  });
}

function restoreNodes(
  prefix: Tensor,
  saveables: readonly SaveableObject[],
  reshape: boolean,
  name = "restore_all",
): Operation {
  const specs = saveables.flatMap((saveable) => saveable.specs);
  const tensors = device("cpu:0", () =>
    restoreV2(
      prefix,
      specs.map((spec) => spec.name),
      specs.map((spec) => spec.sliceSpec),
      specs.map((spec) => spec.dtype),
    ),
  );
  let first = 0;
  const writes = saveables.map((saveable) => {
    const shapes = reshape ? saveable.specs.map(targetShape) : null;
    first += saveable.specs.length;
    return saveable.restore(tensors.slice(first - saveable.specs.length, first), shapes);
  });
  return group(...writes, { name });
}

function targetShape(spec: SaveableObject["specs"][number]): RestoredShape {
  const tensor = spec.tensor();
  return spec.shape.known ?? shapeOp(tensor);
}

function shardedRestoreNodes(prefix: Tensor, parts: Parts, reshape: boolean): Operation {
  const shards = parts.map(([place, saveables]) =>
    device(place, () => restoreNodes(prefix, saveables, reshape, "restore_shard")),
  );
  return group(...shards, { name: "restore_all" });
}

/** Imports look for the whole of every partitioned variable in a collection, so it must have a node. */
function joinPartitioned(): void {
  const graph = getDefaultGraph();
  for (const key of graph.getAllCollectionKeys()) {
    for (const item of graph.getCollection(key)) {
      if (!(item instanceof PartitionedVariable)) continue;
      if (!graph.getOperations().some((op) => op.name === item.name)) item.asTensor();
    }
  }
}
