/** Device specifications, parsed, merged and printed as TensorFlow does. */

import { ValueError } from "./errors.ts";

export interface DeviceSpec {
  readonly job?: string;
  readonly replica?: number;
  readonly task?: number;
  readonly type?: string;
  readonly index?: number;
}

/** Parses `/job:x/replica:0/task:0/device:CPU:0`, `/cpu:0` and `/device:GPU:*`. */
export function parseDevice(text: string): DeviceSpec {
  const spec: { -readonly [K in keyof DeviceSpec]: DeviceSpec[K] } = {};
  for (const part of text.split("/")) {
    if (part === "") continue;
    const [key, value, extra] = part.split(":");
    if (key === "job" && value !== undefined) spec.job = value;
    else if (key === "replica" && value !== undefined) spec.replica = Number(value);
    else if (key === "task" && value !== undefined) spec.task = Number(value);
    else if (key === "device" && value !== undefined) setType(spec, value, extra);
    else if (/^(cpu|gpu|tpu)$/i.test(key ?? "") && extra === undefined)
      setType(spec, key ?? "", value);
    else
      throw new ValueError(
        `Unknown attribute '${key}' is encountered while parsing the device spec: '${text}'.`,
      );
  }
  return spec;
}

function setType(
  spec: { -readonly [K in keyof DeviceSpec]: DeviceSpec[K] },
  type: string,
  index: string | undefined,
): void {
  spec.type = type.toUpperCase();
  if (index !== undefined && index !== "*") spec.index = Number(index);
}

/** The canonical form; fields that are not set are left out. */
export function formatDevice(spec: DeviceSpec): string {
  let text = "";
  if (spec.job !== undefined) text += `/job:${spec.job}`;
  if (spec.replica !== undefined) text += `/replica:${spec.replica}`;
  if (spec.task !== undefined) text += `/task:${spec.task}`;
  if (spec.type !== undefined) text += `/device:${spec.type}:${spec.index ?? "*"}`;
  return text;
}

/** `inner` with the fields it leaves open filled from `outer`. */
export function mergeDevice(inner: DeviceSpec, outer: DeviceSpec): DeviceSpec {
  return { ...outer, ...inner };
}
