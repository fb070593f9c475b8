/**
 * Faults of native busybox 1.35 that random scripts run into. Each is described by a narrow pattern
 * of scripts; a script that fits one is compared by its tree only.
 *
 * @module
 */

interface Fault {
  readonly pattern: RegExp;
  readonly what: string;
}

const FAULTS: readonly Fault[] = [];

/** Whether a script touches a fault of native. */
export function isKnown(script: string): boolean {
  return FAULTS.some(({ pattern }) => pattern.test(script));
}
