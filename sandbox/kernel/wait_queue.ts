/**
 * Queues of waiters.
 *
 * @module
 */
import type { WaitQueue } from "../types.ts";

/** A list of callbacks that are all called, and so removed by their owners, on a wake-up. */
export class Queue implements WaitQueue {
  #waiting: (() => void)[] = [];

  /** Registers a callback. */
  readonly add = (wake: () => void): void => {
    this.#waiting.push(wake);
  };

  /** Removes a callback. */
  readonly remove = (wake: () => void): void => {
    const at = this.#waiting.indexOf(wake);
    if (at >= 0) this.#waiting.splice(at, 1);
  };

  /** Whether nobody waits. */
  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Calls everybody who waits now. */
  wake(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each();
  }
}
