/**
 * Scheduling.
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import type { Guest } from "./guest.ts";

/** Steps of work that a yield stands for: a guest that spins on it soon lets others run. */
const YIELD_STEPS = 64;

/** Lets other programs run, when there is reason to. */
export function sched_yield(guest: Guest): number {
  const turn = guest.system.tick(YIELD_STEPS);
  return turn === undefined ? ERRNO.SUCCESS : guest.later(turn, () => ERRNO.SUCCESS);
}

/** Steps of work between two checks of a metered module; see meter.ts. */
const CHECK_STEPS = 256;

/** The check of a metered module: lets others run, and ends the guest when its process has ended. */
export function checkpoint(guest: Guest): number {
  const turn = guest.system.tick(CHECK_STEPS);
  return turn === undefined ? ERRNO.SUCCESS : guest.later(turn, () => ERRNO.SUCCESS);
}
