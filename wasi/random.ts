/**
 * Random bytes, from the capability that the guest was given: cryptographic, or seeded in tests.
 *
 * @module
 */
import { ERRNO } from "./errno.ts";
import type { Guest } from "./guest.ts";

/** Most bytes that one call of the Web Crypto interface may fill. */
const STEP = 65536;

/** Fills a range with random bytes. */
export function random_get(guest: Guest, pointer: number, length: number): number {
  const { memory, system } = guest;
  const size = length >>> 0;
  const start = memory.range(pointer, size);
  const bytes = memory.bytes;
  for (let at = 0; at < size; at += STEP) {
    const end = Math.min(at + STEP, size);
    if (memory.shared) {
      // The source refuses memory that other threads can change under it.
      const part = new Uint8Array(end - at);
      system.random.fill(part);
      bytes.set(part, start + at);
    } else system.random.fill(bytes.subarray(start + at, start + end));
  }
  return ERRNO.SUCCESS;
}
