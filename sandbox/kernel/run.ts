/**
 * A run: what one call of the embedding program starts, with its own deadlines and result.
 *
 * All processes that a run starts belong to it, so that a time-out or an abort ends them all, and
 * the budget of CPU time and output is shared among them.
 *
 * @module
 */
import type { EndReason } from "../types.ts";

/** State of one run. */
export class Run {
  /** CPU time used by ended and running processes, milliseconds. */
  cpuMs = 0;
  /** Why it ended early, once it did. */
  reason: EndReason | undefined;
  /** Bytes of output that still fit. */
  outputLeft: number;
  /** Processes of it that have not ended; what runs in the background is under the deadline too. */
  alive = 0;
  /** Releases the timer of the deadline. */
  cancelTimer: (() => void) | undefined;

  /**
   * @param cpuLimitMs Most CPU time.
   * @param outputBytes Most bytes of stdout and stderr.
   */
  constructor(readonly cpuLimitMs: number, outputBytes: number) {
    this.outputLeft = outputBytes;
  }
}
