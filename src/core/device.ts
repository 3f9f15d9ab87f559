/** Device specifications, parsed, merged and printed as TensorFlow does. */

import { ValueError } from "./errors.ts";

export interface DeviceFields {
  readonly job?: string | undefined;
  readonly replica?: number | undefined;
  readonly task?: number | undefined;
  /** `CPU`, `GPU` and so on. */
  readonly deviceType?: string | undefined;
  /** Unset stands for any, printed as `*`. */
  readonly deviceIndex?: number | undefined;
}

/** A device name in parts, all of which may be left open. TensorFlow: `tf.DeviceSpec`. */
export class DeviceSpec implements DeviceFields {
  readonly job: string | undefined;
  readonly replica: number | undefined;
  readonly task: number | undefined;
  readonly deviceType: string | undefined;
  readonly deviceIndex: number | undefined;

  constructor({ job, replica, task, deviceType, deviceIndex }: DeviceFields = {}) {
    this.job = job;
    this.replica = replica;
    this.task = task;
    this.deviceType =
      deviceType && /^([cg])pu$/.test(deviceType) ? deviceType.toUpperCase() : deviceType;
    this.deviceIndex = deviceIndex;
  }

  /** Parses `/job:x/replica:0/task:0/device:CPU:0`, `/cpu:0` and `/device:GPU:*`. */
  static fromString(text: string): DeviceSpec {
    const fields: { -readonly [K in keyof DeviceFields]: DeviceFields[K] } = {};
    for (const part of text.split("/")) {
      const [key = "", value, extra, ...rest] = part.split(":");
      const hasOne = value !== undefined && extra === undefined;
      const hasTwo = extra !== undefined && rest.length === 0;
      if (key === "job" && hasOne) fields.job = value;
      else if (key === "replica" && hasOne) fields.replica = whole(value);
      else if (key === "task" && hasOne) fields.task = whole(value);
      else if (extra === undefined && shortTypes.has(key.toUpperCase())) {
        setType(fields, key.toUpperCase(), value, text);
      } else if (key === "device" && hasTwo) setType(fields, value as string, extra, text);
      else if (key !== "") {
        throw new ValueError(
          `Unknown attribute '${key}' is encountered while parsing the device spec: '${text}'.`,
        );
      }
    }
    return new DeviceSpec(fields);
  }

  /** These fields, with those that `other` sets taken from it. */
  makeMergedSpec(other: DeviceFields): DeviceSpec {
    return new DeviceSpec({
      job: other.job ?? this.job,
      replica: other.replica ?? this.replica,
      task: other.task ?? this.task,
      deviceType: other.deviceType ?? this.deviceType,
      deviceIndex: other.deviceIndex ?? this.deviceIndex,
    });
  }

  /** A copy in which the given fields are others; `undefined` unsets one. */
  replace(fields: DeviceFields): DeviceSpec {
    const { job, replica, task, deviceType, deviceIndex } = this;
    return new DeviceSpec({ job, replica, task, deviceType, deviceIndex, ...fields });
  }

  /** The canonical form; fields that are not set are left out. */
  toString(): string {
    let text = "";
    if (this.job !== undefined) text += `/job:${this.job}`;
    if (this.replica !== undefined) text += `/replica:${this.replica}`;
    if (this.task !== undefined) text += `/task:${this.task}`;
    if (this.deviceType !== undefined) {
      text += `/device:${this.deviceType}:${this.deviceIndex ?? "*"}`;
    }
    return text;
  }
}

/** Types that may stand without `device:`. */
const shortTypes: ReadonlySet<string> = new Set(["CPU", "GPU", "TPU", "CUSTOM", "EPU"]);

function setType(
  fields: { -readonly [K in keyof DeviceFields]: DeviceFields[K] },
  type: string,
  index: string | undefined,
  text: string,
): void {
  if (fields.deviceType !== undefined) {
    throw new ValueError(
      `Multiple device types are not allowed while parsing the device spec: ${text}.`,
    );
  }
  fields.deviceType = type;
  if (index !== undefined && index !== "*") fields.deviceIndex = whole(index);
}

function whole(text: string): number {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) {
    throw new ValueError(`invalid literal for int() with base 10: '${text}'`);
  }
  return Number(text);
}
