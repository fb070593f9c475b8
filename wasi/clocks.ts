/**
 * Clocks. They are the capabilities that the guest was given: real, frozen or set.
 *
 * @module
 */
import { CLOCK } from "./abi.ts";
import { ERRNO } from "./errno.ts";
import type { Guest } from "./guest.ts";

/** A millisecond of CPU time as nanoseconds; the kernel counts with a fraction. */
export function cpuNs(guest: Guest): bigint {
  return BigInt(Math.round(guest.system.cpuMs() * 1e6));
}

/** The time of a clock, or undefined for one that does not exist. */
export function clockNs(guest: Guest, id: number): bigint | undefined {
  switch (id) {
    case CLOCK.REALTIME:
      return guest.system.clock.nowNs();
    case CLOCK.MONOTONIC:
      return guest.system.clock.monotonicNs();
    case CLOCK.PROCESS_CPU:
    case CLOCK.THREAD_CPU:
      return cpuNs(guest);
    default:
      return undefined;
  }
}

/** Nanoseconds between two different values of a clock: a microsecond, or a millisecond of CPU. */
export function clock_res_get(guest: Guest, id: number, result: number): number {
  switch (id) {
    case CLOCK.REALTIME:
      guest.memory.setU64(result, 1_000_000n);
      return ERRNO.SUCCESS;
    case CLOCK.MONOTONIC:
      guest.memory.setU64(result, 1_000n);
      return ERRNO.SUCCESS;
    case CLOCK.PROCESS_CPU:
    case CLOCK.THREAD_CPU:
      guest.memory.setU64(result, 1_000_000n);
      return ERRNO.SUCCESS;
    default:
      return ERRNO.INVAL;
  }
}

/** The time of a clock. The wanted precision is a hint, and not needed. */
export function clock_time_get(
  guest: Guest,
  id: number,
  _precision: bigint,
  result: number,
): number {
  const time = clockNs(guest, id);
  if (time === undefined) return ERRNO.INVAL;
  guest.memory.setU64(result, time);
  return ERRNO.SUCCESS;
}
