/** A device function for replicated training: variables on parameter servers, the rest on workers. */

import { DeviceSpec } from "../core/device.ts";
import { TypeError } from "../core/errors.ts";
import type { DeviceFunction } from "../core/graph.ts";
import { checkOptions, type OptionNames, type OptionsObject } from "../core/options.ts";
import type { Operation } from "../core/tensor.ts";

/** The tasks of every job of a cluster. */
export type ClusterTasks = Readonly<Record<string, readonly string[]>>;

export interface ReplicaDeviceOptions extends OptionsObject {
  /** The number of parameter servers; taken from `cluster` where that is given. */
  readonly psTasks?: number | undefined;
  /** `/job:ps` by default. */
  readonly psDevice?: string | undefined;
  /** `/job:worker` by default. */
  readonly workerDevice?: string | undefined;
  /** False leaves alone what already has a device. */
  readonly mergeDevices?: boolean | undefined;
  readonly cluster?: ClusterTasks | undefined;
  /** The op types that are placed on parameter servers. */
  readonly psOps?: readonly string[] | undefined;
  /** The parameter server of an operation; by default each in turn. */
  readonly psStrategy?: ((op: Operation) => number) | undefined;
}

const optionNames: OptionNames<ReplicaDeviceOptions> = {
  psTasks: true,
  psDevice: true,
  workerDevice: true,
  mergeDevices: true,
  cluster: true,
  psOps: true,
  psStrategy: true,
};

const standardPsOps: readonly string[] = [
  "Variable",
  "VariableV2",
  "AutoReloadVariable",
  "MutableHashTable",
  "MutableHashTableV2",
  "MutableHashTableOfTensors",
  "MutableHashTableOfTensorsV2",
  "MutableDenseHashTable",
  "MutableDenseHashTableV2",
  "VarHandleOp",
  "BoostedTreesEnsembleResourceHandleOp",
  "BoostedTreesQuantileStreamResourceHandleOp",
  "ResourceConditionalAccumulator",
  "DecisionTreeResource",
];

/**
 * A function for `tf.device` that spreads variables over parameter servers; null without any, which places
 * nothing. TensorFlow: `tf.train.replica_device_setter`.
 */
export function replicaDeviceSetter(options: ReplicaDeviceOptions = {}): DeviceFunction | null {
  checkOptions(options, "replicaDeviceSetter", optionNames);
  const { psDevice = "/job:ps", workerDevice = "/job:worker", mergeDevices = true } = options;
  const { cluster, psOps = standardPsOps } = options;
  const server = DeviceSpec.fromString(psDevice);
  const tasks = cluster ? (cluster[server.job ?? ""]?.length ?? 0) : (options.psTasks ?? 0);
  if (tasks === 0) return null;
  let next = 0;
  const strategy = options.psStrategy ?? (() => next++ % tasks);
  if (typeof strategy !== "function") throw new TypeError("ps_strategy must be callable");
  return (op) => {
    if (!mergeDevices && op.device) return op.device;
    const current = DeviceSpec.fromString(op.device);
    if (!psDevice || !psOps.includes(op.type)) {
      return DeviceSpec.fromString(workerDevice).makeMergedSpec(current);
    }
    const chosen = server.job && (!current.job || current.job === server.job);
    return (chosen ? server.replace({ task: strategy(op) }) : server).makeMergedSpec(current);
  };
}
