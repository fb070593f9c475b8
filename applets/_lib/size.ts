/**
 * Numbers with suffixes, and sizes for people.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

/** Suffix → factor. */
export type Suffixes = ReadonlyMap<string, number>;

/** `b` 512, `k` 1024, `m` 1024²: head, tail. */
export const BLOCK_SUFFIXES: Suffixes = new Map([["b", 512], ["k", 1024], ["m", 1048576]]);

/** Largest number taken, that of a signed 64-bit integer. */
const LIMIT = 2n ** 64n - 1n;

/**
 * A whole number, decimal digits and at most one suffix.
 *
 * @returns The number, or undefined when it is none or out of range.
 */
export function parseSize(
  text: ByteString,
  suffixes: Suffixes,
  limit: bigint = LIMIT,
): number | undefined {
  let end = 0;
  while (end < text.length && text.charCodeAt(end) - 0x30 >>> 0 <= 9) end++;
  if (end === 0) return undefined;
  let value = BigInt(text.slice(0, end));
  if (end < text.length) {
    const factor = suffixes.get(text.slice(end));
    if (factor === undefined) return undefined;
    value *= BigInt(factor);
  }
  return value > limit ? undefined : Number(value);
}

/**
 * A count of bytes with one decimal and a unit, as `ls -h`, `du -h` and `df -h` show it. What is below
 * the last unit is rounded, all before it cut off, so that there is a `1024.0K`.
 */
export function humanSize(size: number): string {
  const units = "KMGTPEZY";
  let value = Math.round(size);
  let tenths = 0;
  let unit = -1;
  while (value >= 1024 && unit < units.length - 1) {
    tenths = Math.floor((value % 1024 * 10 + 512) / 1024);
    value = Math.floor(value / 1024);
    unit++;
  }
  if (unit < 0) return String(value);
  if (tenths >= 10) {
    value++;
    tenths = 0;
  }
  return `${value}.${tenths}${units[unit]}`;
}
