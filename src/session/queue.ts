/** Runs that wait: one after the other, in the order in which they were asked for. */

import { isOver } from "../engines/executor.ts";
import { afterOthers, holdUntil } from "./pace.ts";

/** Something that is done in parts. */
export interface Task {
  /** Goes on until the end, or until about the time `until`; true at the end. */
  advance(until: number): boolean;
  cancel(): void;
}

interface Entry {
  readonly task: Task;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class Queue {
  readonly #entries: Entry[] = [];
  #isScheduled = false;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /**
   * Resolves when the task and all before it are done; other events are let through in between. What is under way
   * already goes before what its own steps have asked for.
   */
  add(task: Task, isUnderWay: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#entries[isUnderWay ? "unshift" : "push"]({ task, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.isEmpty) return;
    this.#isScheduled = true;
    afterOthers(() => {
      this.#isScheduled = false;
      this.advance(holdUntil());
      this.#schedule();
    });
  }

  /** Does what waits now, until the time `until` or to the end. What fails fails for those who wait for it. */
  advance(until = Number.POSITIVE_INFINITY): void {
    for (let entry = this.#entries[0]; entry; entry = this.#entries[0]) {
      try {
        if (!entry.task.advance(until)) return;
        entry.resolve();
      } catch (error) {
        entry.reject(error);
      }
      // A task that has closed its session has emptied the queue.
      if (this.#entries[0] === entry) this.#entries.shift();
      if (isOver(until)) return;
    }
  }

  /** Gives up everything that waits. */
  cancel(reason: unknown): void {
    for (const { task, reject } of this.#entries.splice(0)) {
      task.cancel();
      reject(reason);
    }
  }
}
