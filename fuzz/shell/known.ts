/**
 * Faults of native busybox 1.35 that random scripts run into. Each is described by a narrow test of
 * the script and of what both sides did; what fits is counted by its name and shown on demand.
 *
 * @module
 */
import type { Outcome, Trial } from "./trial.ts";

/** A difference between both sides. */
export interface Difference {
  readonly trial: Trial;
  readonly ours: Outcome;
  readonly native: Outcome;
}

interface Fault {
  /** What native does. */
  readonly what: string;
  readonly fits: (difference: Difference) => boolean;
}

const FAULTS: readonly Fault[] = [];

/** The fault of native that explains a difference. */
export function knownFault(difference: Difference): string | undefined {
  return FAULTS.find((fault) => fault.fits(difference))?.what;
}
