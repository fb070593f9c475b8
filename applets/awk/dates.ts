/**
 * `strftime` and `mktime` of awk.
 *
 * A part of its own: few programs ask for the time of day (see `parts.ts`).
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { strftime } from "../_lib/strftime.ts";
import { calendarTime, secondsOf, UTC, type Zone, zoneOf } from "../_lib/time.ts";

/** The time zone of a process. */
export const timeZone: (process: Parameters<typeof zoneOf>[0]) => Zone = (process) =>
  zoneOf(process) ?? UTC;

/** Text of a moment, in seconds since the epoch; empty when it is out of the calendar. */
export function formatTime(
  format: ByteString | undefined,
  seconds: number,
  zone: Zone,
): ByteString {
  if (!(Math.abs(seconds) < 67768036191676800)) return "";
  const time = calendarTime(seconds, zone);
  return strftime(format ?? "%a %b %e %H:%M:%S %Z %Y", time, seconds);
}

/**
 * Seconds since the epoch of `YYYY MM DD HH MM SS [DST]`, or -1.
 *
 * Native reads unsigned numbers, a sign allowed, and refuses years before 1900 and months before 1,
 * but a negative one is huge to it and passes. The value is cut to 32 bits.
 */
export function makeTime(text: ByteString, zone: Zone): number {
  const fields: number[] = [];
  let at = 0;
  while (fields.length < 7) {
    while (isBlank(text.charCodeAt(at))) at++;
    const found = /^[+-]?[0-9]+/.exec(text.slice(at, at + 24));
    if (found === null) break;
    fields.push(Number(found[0]) | 0);
    at += found[0].length;
  }
  const [year, month, day, hour, minute, second, summer] = fields;
  if (second === undefined || year >>> 0 < 1900 || month >>> 0 < 1) return -1;
  const months = month - 1;
  const seconds = secondsOf({
    year: year + Math.floor(months / 12),
    month: ((months % 12) + 12) % 12,
    day,
    hour,
    minute,
    second,
  }, zone);
  const daylight = summer !== undefined && summer > 0 && !zone.at(seconds).daylight;
  return Number(BigInt.asIntN(32, BigInt(daylight ? seconds - 3600 : seconds)));
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}
