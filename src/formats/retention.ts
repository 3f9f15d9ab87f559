/** Which checkpoints of a Saver are kept, and which are deleted. */

import { warn } from "../core/warn.ts";
import type { SaverDef } from "./proto/index.ts";
import { getCheckpointMtimes, removeCheckpoint } from "./state-file.ts";

const secondsPerHour = 3600;

type Checkpoint = readonly [path: string, time: number];

function now(): number {
  return Date.now() / 1000;
}

/** The newest few checkpoints, and of the older ones one in so many hours. */
export class Retention {
  #limit = 0;
  #hours = 0;
  /** A checkpoint that is written after this is kept for good when its turn to go comes. */
  #keepAfter = Number.POSITIVE_INFINITY;
  #kept: Checkpoint[] = [];
  #old: Checkpoint[] = [];

  /** Time begins to run. */
  start({ maxToKeep, keepCheckpointEveryNHours }: SaverDef): void {
    this.#limit = maxToKeep;
    this.#hours = keepCheckpointEveryNHours;
    this.#keepAfter = now() + this.#hours * secondsPerHour;
  }

  get paths(): string[] {
    return this.#kept.map(([path]) => path);
  }
  set(checkpoints: readonly Checkpoint[]): void {
    this.#kept = [...checkpoints];
  }
  /** Those that are there, with the times of their files. */
  recover(paths: readonly string[]): void {
    this.#kept = paths.flatMap((path): Checkpoint[] => {
      const [time] = getCheckpointMtimes([path]);
      return time === undefined ? [] : [[path, time]];
    });
  }

  /** Notes a new checkpoint, or an old one that was written again. */
  add(path: string): void {
    if (this.#limit === 0) return;
    this.#kept = this.#kept.filter(([known]) => known !== path);
    this.#kept.push([path, now()]);
    if (this.#kept.length > this.#limit) this.#old.push(this.#kept.shift() as Checkpoint);
  }

  /** Deletes the checkpoint whose turn it is, unless it is kept for good. */
  deleteOld(metaGraphSuffix: string): void {
    const oldest = this.#old.shift();
    if (!oldest) return;
    const [path, time] = oldest;
    if (time > this.#keepAfter) {
      this.#keepAfter += this.#hours * secondsPerHour;
      return;
    }
    try {
      removeCheckpoint(path, { metaGraphSuffix });
    } catch (error) {
      warn(`Ignoring: ${error instanceof Error ? error.message : error}`);
    }
  }
}
