/**
 * Dates as `date -d` and `touch -d` take them.
 *
 * Source of behaviour: BusyBox 1.35.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { strptime } from "./strptime.ts";
import { type CalendarFields, secondsOf, UTC, type Zone } from "./time.ts";

const FORMATS = [
  "%R",
  "%T",
  "%m.%d-%R",
  "%m.%d-%T",
  "%Y.%m.%d-%R",
  "%Y.%m.%d-%T",
  "%b %d %T %Y",
  "%Y-%m-%d %R",
  "%Y-%m-%d %T",
  "%Y-%m-%d %R %z",
  "%Y-%m-%d %T %z",
  "%Y-%m-%d %H",
  "%Y-%m-%d",
];

/** Last second of the year 2147483647, where the C library's years end. */
const LAST = 67767976233532799;

/**
 * Seconds since the epoch of a date given as text.
 *
 * @param text One of busybox's forms.
 * @param base What is not named is taken from here.
 * @param zone Where its time of day holds.
 * @param monthFirst Digits are `MMDDhhmm[[YY]YY][.ss]` instead of `[[[[YY]YY]MM]DD]hh]mm[.ss]`.
 * @returns Undefined when it is no date.
 */
export function parseDate(
  text: ByteString,
  base: CalendarFields,
  zone: Zone,
  monthFirst = false,
): number | undefined {
  if (text[0] === "@") {
    if (!/^@-?[0-9]+$/.test(text)) return undefined;
    const seconds = Number(text.slice(1));
    // The C library's mktime cannot tell this moment from a failure.
    return Math.abs(seconds) > LAST || seconds === -1 ? undefined : seconds;
  }
  for (const format of FORMATS) {
    const read = strptime(text, format, base);
    if (read === undefined || read.end !== text.length) continue;
    return read.offset === undefined
      ? secondsOf(read.fields, zone)
      : secondsOf(read.fields, UTC) - read.offset;
  }
  return parseDigits(text, base, zone, monthFirst);
}

function parseDigits(
  text: ByteString,
  base: CalendarFields,
  zone: Zone,
  monthFirst: boolean,
): number | undefined {
  const match = /^((?:[0-9]{2}){1,6})(?:\.([0-9]{1,2}))?$/.exec(text);
  if (match === null) return undefined;
  const pairs = match[1].match(/../g)!.map(Number);
  let { year, month, day, hour } = base;
  let minute: number;
  let years: number[] = [];
  if (monthFirst) {
    if (pairs.length < 4) return undefined;
    [month, day, hour, minute] = pairs;
    month--;
    years = pairs.slice(4);
  } else {
    minute = pairs.pop()!;
    hour = pairs.pop() ?? hour;
    day = pairs.pop() ?? day;
    const given = pairs.pop();
    if (given !== undefined) month = given - 1;
    years = pairs;
  }
  if (years.length === 2) year = years[0] * 100 + years[1];
  else if (years.length === 1) {
    // Two digits mean the year that is nearest.
    const century = Math.floor(year / 100) * 100;
    const now = year;
    year = century + years[0];
    if (year - now > 50) year -= 100;
    else if (now - year > 50) year += 100;
  }
  const second = Number(match[2] ?? 0);
  if (month > 11 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined;
  return secondsOf({ year, month, day, hour, minute, second }, zone);
}
