/**
 * Ending, and signals to oneself.
 *
 * @module
 */
import { SIGNALS } from "./abi.ts";
import { ERRNO } from "./errno.ts";
import { type Guest, TRAP } from "./guest.ts";

/** More steps than any slice has. */
const WHOLE_SLICE = 2 ** 30;

/** Ends the guest. It never returns: the shim traps, which no handler of the guest can catch. */
export function proc_exit(guest: Guest, code: number): number {
  guest.end({ kind: "exit", code: code & 255 });
  return TRAP;
}

/** Sends the guest a signal. What it does is up to the kernel, as for any process. */
export function proc_raise(guest: Guest, signal: number): number {
  const number = SIGNALS[signal >>> 0];
  if (number === undefined) return ERRNO.INVAL;
  if (number === 0) return ERRNO.SUCCESS;
  guest.system.raise(number);
  // A signal that stops or ends takes effect at the next turn, so take one.
  const turn = guest.system.tick(WHOLE_SLICE);
  return turn === undefined ? ERRNO.SUCCESS : guest.later(turn, () => ERRNO.SUCCESS);
}
