/**
 * Version order of names, as glibc's `strverscmp` defines it: runs of digits compare as numbers,
 * and runs with leading zeros as fractions.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { toBytes } from "../../sandbox/bytes.ts";

/** Class of a byte: 0 other, 1 digit, 2 the digit zero. */
function classOf(byte: number): number {
  return byte === 0x30 ? 2 : byte > 0x30 && byte <= 0x39 ? 1 : 0;
}

/**
 * Compares two byte ranges by version.
 *
 * @returns Negative, zero or positive.
 */
export function compareVersions(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const at = (data: Uint8Array, start: number, end: number, index: number): number =>
    start + index < end ? data[start + index] : 0;
  let i = 0;
  while (at(a, aStart, aEnd, i) === at(b, bStart, bEnd, i)) {
    if (aStart + i >= aEnd) return 0;
    i++;
  }
  const x = at(a, aStart, aEnd, i);
  const y = at(b, bStart, bEnd, i);
  // What kind of run the first difference stands in is decided by the equal digits before it.
  let from = i;
  while (from > 0 && classOf(at(a, aStart, aEnd, from - 1)) !== 0) from--;
  const leadingZero = from < i && at(a, aStart, aEnd, from) === 0x30;
  let onlyZeros = leadingZero;
  for (let j = from; j < i; j++) if (at(a, aStart, aEnd, j) !== 0x30) onlyZeros = false;
  const inRun = from < i;
  const xDigit = classOf(x) !== 0;
  const yDigit = classOf(y) !== 0;
  if (!inRun) {
    if (xDigit && yDigit) {
      if (x === 0x30 || y === 0x30) return x - y;
      return byLength(x, y);
    }
    return x - y;
  }
  if (onlyZeros) {
    // Among leading zeros the longer run of them is smaller: 00 < 0 < 09 < 9.
    if (xDigit && yDigit) return x - y;
    if (xDigit) return -1;
    if (yDigit) return 1;
    return x - y;
  }
  if (leadingZero) return x - y;
  if (xDigit && yDigit) return byLength(x, y);
  if (xDigit) return 1;
  if (yDigit) return -1;
  return x - y;

  /** Longer run of digits is the larger number; equal ones are decided by the first difference. */
  function byLength(left: number, right: number): number {
    let j = i + 1;
    for (;;) {
      const p = classOf(at(a, aStart, aEnd, j)) !== 0;
      const q = classOf(at(b, bStart, bEnd, j)) !== 0;
      if (p && q) j++;
      else if (p) return 1;
      else if (q) return -1;
      else return left - right;
    }
  }
}

/** Compares two byte strings by version. */
export function compareNamesByVersion(a: ByteString, b: ByteString): number {
  const x = toBytes(a);
  const y = toBytes(b);
  return compareVersions(x, 0, x.length, y, 0, y.length);
}
