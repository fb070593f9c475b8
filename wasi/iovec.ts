/**
 * Scattered buffers of one call (`iovec_array`, `ciovec_array`).
 *
 * Threat class "WASI pointers": counts and lengths are Numbers, so neither the array nor the sum of
 * the lengths can wrap; each buffer is checked against the memory as it is now.
 *
 * @module
 */
import { IOV_MAX, SIZE } from "./abi.ts";
import { ERRNO, fail } from "./errno.ts";
import type { GuestMemory } from "./memory.ts";

/** Most bytes of one call: the count that is returned is 32 bits wide. */
const TOTAL_MAX = 0xffffffff;

/** Buffers as pairs of start and end, checked; and the sum of their lengths. */
export interface Buffers {
  /** start₀, end₀, start₁, end₁, … without empty ones. */
  readonly bounds: number[];
  readonly total: number;
}

/**
 * Reads and checks an array of buffers. More than `IOV_MAX` are not looked at, which makes a short
 * count, as POSIX allows.
 *
 * @throws {WasiError} FAULT, INVAL
 */
export function readBuffers(memory: GuestMemory, array: number, count: number): Buffers {
  const number = count >>> 0;
  const start = memory.range(array, number * SIZE.IOVEC);
  const bounds: number[] = [];
  let total = 0;
  const used = Math.min(number, IOV_MAX);
  for (let i = 0; i < used; i++) {
    const entry = start + i * SIZE.IOVEC;
    const pointer = memory.u32(entry);
    const length = memory.u32(entry + 4);
    memory.range(pointer, length);
    if (length === 0) continue;
    bounds.push(pointer, pointer + length);
    total += length;
  }
  if (total > TOTAL_MAX) fail(ERRNO.INVAL);
  return { bounds, total };
}

/** Spreads a chunk over buffers. */
export function scatter(memory: GuestMemory, buffers: Buffers, chunk: Uint8Array): void {
  const { bounds } = buffers;
  const { bytes } = memory;
  let at = 0;
  for (let i = 0; i < bounds.length && at < chunk.length; i += 2) {
    const room = bounds[i + 1] - bounds[i];
    const part = chunk.length - at <= room && at === 0 ? chunk : chunk.subarray(at, at + room);
    bytes.set(part, bounds[i]);
    at += part.length;
  }
}

/** Gathers buffers into one chunk: a fresh one, or one that is handed in and large enough. */
export function gather(memory: GuestMemory, buffers: Buffers, into?: Uint8Array): Uint8Array {
  const { bounds, total } = buffers;
  const { bytes } = memory;
  if (bounds.length === 2 && into === undefined) return bytes.slice(bounds[0], bounds[1]);
  const chunk = into?.subarray(0, total) ?? new Uint8Array(total);
  let at = 0;
  for (let i = 0; i < bounds.length; i += 2) {
    chunk.set(bytes.subarray(bounds[i], bounds[i + 1]), at);
    at += bounds[i + 1] - bounds[i];
  }
  return chunk;
}
