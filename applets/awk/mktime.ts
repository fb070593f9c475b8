/**
 * `mktime` of awk: text to seconds since the epoch.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { secondsOf, type Zone } from "../_lib/time.ts";

/** Widths of `YYYY MM DD HH MM SS` as native's `scanf` reads them, and of the daylight flag. */
const WIDTHS: readonly number[] = [4, 2, 2, 2, 2, 2, 9];

/** Seconds since the epoch of `YYYY MM DD HH MM SS [DST]`, or -1. */
export function makeTime(text: ByteString, zone: Zone): number {
  const fields: number[] = [];
  let at = 0;
  for (const width of WIDTHS) {
    while (isBlank(text.charCodeAt(at))) at++;
    const start = at;
    let digits = 0;
    // The width counts the sign.
    while (at < start + width) {
      const char = text[at] ?? "";
      if (char >= "0" && char <= "9") digits++;
      else if (at !== start || (char !== "-" && char !== "+")) break;
      at++;
    }
    if (digits === 0) break;
    fields.push(Number(text.slice(start, at)));
  }
  const [year, month, day, hour, minute, second, summer] = fields;
  // Native works in years since 1900 and refuses what lies far before.
  if (second === undefined || year < 1000) return -1;
  const months = month - 1;
  const seconds = secondsOf({
    year: year + Math.floor(months / 12),
    month: ((months % 12) + 12) % 12,
    day,
    hour,
    minute,
    second,
  }, zone);
  return summer !== undefined && summer > 0 && !zone.at(seconds).daylight
    ? seconds - 3600
    : seconds;
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}
