/**
 * Random bytes, from the capability that the guest was given: cryptographic, or seeded in tests.
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import type { Guest } from "./guest.ts";

/** Most bytes that one call of the Web Crypto interface may fill. */
const STEP = 65536;

/** Steps of work that filling one part stands for. */
const WORK = 128;

/** Fills a range with random bytes. A large one takes turns, as any long work. */
export function random_get(guest: Guest, pointer: number, length: number): number {
  const size = length >>> 0;
  const start = guest.memory.range(pointer, size);
  return fill(guest, start, start + size);
}

function fill(guest: Guest, from: number, end: number): number {
  const { memory, system } = guest;
  for (let at = from; at < end; at += STEP) {
    if (at > from) {
      const turn = system.tick(WORK);
      if (turn !== undefined && guest.suspends) {
        return guest.later(turn, () => fill(guest, at, end));
      }
    }
    const next = Math.min(at + STEP, end);
    const { bytes } = memory;
    if (memory.shared) {
      // The source refuses memory that other threads can change under it.
      const part = new Uint8Array(next - at);
      system.random.fill(part);
      bytes.set(part, at);
    } else system.random.fill(bytes.subarray(at, next));
  }
  return ERRNO.SUCCESS;
}
