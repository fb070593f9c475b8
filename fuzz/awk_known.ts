/**
 * Faults of native busybox 1.35 that random awk programs run into. Each is described by a narrow test
 * of the program; one that fits is run all the same, and its difference is only counted.
 *
 * @module
 */

/** A fault of native. */
export interface Fault {
  /** What native does. */
  readonly what: string;
  /** Whether a program touches it. */
  readonly fits: (program: string) => boolean;
}

/** All of them. */
export const FAULTS: readonly Fault[] = [];

/** The first fault that a program touches. */
export function faultOf(program: string): Fault | undefined {
  return FAULTS.find((fault) => fault.fits(program));
}
