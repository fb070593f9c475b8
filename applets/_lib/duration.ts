/**
 * Durations such as `1.5m`, as `sleep`, `timeout` and `watch` take them.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";

const UNITS = new Map([["", 1], ["s", 1], ["m", 60], ["h", 3600], ["d", 86400]]);

/**
 * Milliseconds of a decimal number with an optional unit `s`, `m`, `h` or `d`.
 *
 * @returns Undefined when it is not a duration; `Infinity` for `inf` and `infinity`.
 */
export function parseDuration(text: ByteString): number | undefined {
  if (/^inf(inity)?$/i.test(text)) return Infinity;
  const match = /^([0-9]+\.?[0-9]*|\.[0-9]+)([smhd]?)$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * 1000 * UNITS.get(match[2])!;
}

/** How native shows what is no duration: of a fraction it shows a 1 with the wrong suffix. */
export function shownDuration(text: ByteString): ByteString {
  const suffix = /^(?:[0-9]+\.[0-9]*|\.[0-9]+)(.+)$/.exec(text)?.[1];
  return suffix === undefined ? text : `1${suffix}`;
}
