/**
 * Long lines, found and written in stretches, so that others get their turns.
 *
 * @module
 */
import type { Ticker } from "./sequence.ts";
import type { Steps } from "./steps.ts";
import type { Output } from "./streams.ts";

/** Bytes that are written, or worked on, between two looks at the time. */
export const STRETCH: number = 1 << 20;

/** Up to here a loop over bytes is quicker than a call. */
const NEAR = 256;

/** Writes a long range. */
export function* printLong(
  out: Output,
  ticker: Ticker,
  bytes: Uint8Array,
  from: number,
  to: number,
): Steps<void> {
  for (let at = from; at < to; at += STRETCH) {
    const waiting = out.bytes(bytes, at, Math.min(at + STRETCH, to)) ??
      ticker.tick(STRETCH >> 6);
    if (waiting !== undefined) yield waiting;
  }
}

/** Where a line ends that begins at an offset: at a newline, at a NUL if `nul`, or at the end. */
export function lineEnd(bytes: Uint8Array, from: number, end: number, nul: boolean): number {
  const near = Math.min(from + NEAR, end);
  let at = from;
  if (nul) { while (at < near && bytes[at] !== 10 && bytes[at] !== 0) at++; }
  else while (at < near && bytes[at] !== 10) at++;
  if (at < near || at === end) return at;
  const newline = bytes.indexOf(10, at);
  const stop = newline < 0 || newline > end ? end : newline;
  if (!nul) return stop;
  const zero = bytes.subarray(at, stop).indexOf(0);
  return zero < 0 ? stop : at + zero;
}
