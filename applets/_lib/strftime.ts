/**
 * `strftime` in the C locale, with glibc's flags `-_0^#`, widths and the modifiers E and O.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { type CalendarTime, daysFromCivil } from "./time.ts";

/** English names, as the C locale has them. */
export const WEEKDAYS: readonly string[] = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];

/** English names, as the C locale has them. */
export const MONTHS: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** Widest field; a wider one could only be meant to fill memory. */
const MAX_WIDTH = 65536;

/** Flags of one conversion. */
interface Flags {
  pad: string | undefined;
  upper: boolean;
  swap: boolean;
  width: number;
}

/** ISO 8601 week and its year. */
function isoWeek(time: CalendarTime): { year: number; week: number } {
  const weekday = (time.weekday + 6) % 7;
  const days = daysFromCivil(time.year, time.month, time.day);
  // The Thursday of the week decides its year.
  const thursday = days - weekday + 3;
  let year = time.year;
  if (thursday < daysFromCivil(year, 0, 1)) year--;
  else if (thursday >= daysFromCivil(year + 1, 0, 1)) year++;
  return { year, week: Math.floor((thursday - daysFromCivil(year, 0, 1)) / 7) + 1 };
}

function number(value: number, digits: number, pad: string, flags: Flags): string {
  const negative = value < 0;
  const text = String(Math.abs(value));
  const filler = flags.pad ?? pad;
  // Without padding a width is still filled up, with spaces.
  if (filler === "") return ((negative ? "-" : "") + text).padStart(flags.width);
  const width = Math.max(flags.width, digits) - (negative ? 1 : 0);
  const padded = text.padStart(width, filler);
  if (!negative) return padded;
  return filler === " " ? `-${text}`.padStart(width + 1, " ") : `-${padded}`;
}

function offsetText(time: CalendarTime, flags: Flags): string {
  const minutes = Math.trunc(Math.abs(time.offset) / 60);
  const value = Math.floor(minutes / 60) * 100 + minutes % 60;
  const width = Math.max(4, flags.width - 1);
  const filler = flags.pad ?? "0";
  const sign = time.offset < 0 ? "-" : "+";
  if (filler === "") return sign + value;
  if (filler === " ") return (sign + value).padStart(width + 1, " ");
  return sign + String(value).padStart(width, "0");
}

/**
 * Formats a time.
 *
 * @param format Format, `%` conversions in a byte string.
 * @param time Broken-down time.
 * @param seconds The moment itself, for `%s`.
 */
export function strftime(format: ByteString, time: CalendarTime, seconds: number): ByteString {
  let result = "";
  let at = 0;
  for (;;) {
    const percent = format.indexOf("%", at);
    if (percent < 0) return result + format.slice(at);
    result += format.slice(at, percent);
    let next = percent + 1;
    const flags: Flags = { pad: undefined, upper: false, swap: false, width: 0 };
    flagLoop: for (;; next++) {
      switch (format[next]) {
        case "-":
          flags.pad = "";
          break;
        case "_":
          flags.pad = " ";
          break;
        case "0":
          flags.pad = "0";
          break;
        case "^":
          flags.upper = true;
          break;
        case "#":
          flags.swap = true;
          break;
        default:
          break flagLoop;
      }
    }
    while (format.charCodeAt(next) >= 0x30 && format.charCodeAt(next) <= 0x39) {
      flags.width = Math.min(flags.width * 10 + format.charCodeAt(next++) - 0x30, MAX_WIDTH);
    }
    if (format[next] === "E" || format[next] === "O") next++;
    const letter = format[next];
    const text = letter === undefined ? undefined : convert(letter, time, seconds, flags);
    if (text === undefined) {
      const end = letter === undefined ? next : next + 1;
      // What is no conversion is shown, as wide as it asks to be.
      const shown = format.slice(percent, end);
      const filler = flags.pad === "0" ? "0" : " ";
      result += (flags.upper ? shown.toUpperCase() : shown).padStart(flags.width, filler);
      at = end;
      continue;
    }
    result += text;
    at = next + 1;
  }
}

function convert(
  letter: string,
  time: CalendarTime,
  seconds: number,
  flags: Flags,
): string | undefined {
  const plain = (text: string): string => {
    let result = flags.upper || flags.swap ? text.toUpperCase() : text;
    if (result.length < flags.width) {
      result = result.padStart(flags.width, flags.pad === "0" ? "0" : " ");
    }
    return result;
  };
  const inner = (format: string): string => plain(strftime(format, time, seconds));
  const digits = (value: number, count: number, pad = "0"): string =>
    number(value, count, pad, flags);
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  switch (letter) {
    case "%":
      return plain("%");
    case "n":
      return plain("\n");
    case "t":
      return plain("\t");
    case "a":
      return plain(WEEKDAYS[time.weekday].slice(0, 3));
    case "A":
      return plain(WEEKDAYS[time.weekday]);
    case "b":
    case "h":
      return plain(MONTHS[time.month].slice(0, 3));
    case "B":
      return plain(MONTHS[time.month]);
    case "c":
      return inner("%a %b %e %H:%M:%S %Y");
    case "C":
      return digits(Math.floor(time.year / 100), 2);
    case "d":
      return digits(time.day, 2);
    case "D":
    case "x":
      return inner("%m/%d/%y");
    case "e":
      return digits(time.day, 2, " ");
    case "F":
      return inner("%Y-%m-%d");
    case "g":
      return digits(((isoWeek(time).year % 100) + 100) % 100, 2);
    case "G":
      return digits(isoWeek(time).year, 1);
    case "H":
      return digits(time.hour, 2);
    case "I":
      return digits(hour12, 2);
    case "j":
      return digits(time.yearDay + 1, 3);
    case "k":
      return digits(time.hour, 2, " ");
    case "l":
      return digits(hour12, 2, " ");
    case "m":
      return digits(time.month + 1, 2);
    case "M":
      return digits(time.minute, 2);
    case "p": {
      const text = time.hour < 12 ? "AM" : "PM";
      return flags.swap ? plain(text).toLowerCase() : plain(text);
    }
    case "P":
      return plain(time.hour < 12 ? "am" : "pm");
    case "r":
      return inner("%I:%M:%S %p");
    case "R":
      return inner("%H:%M");
    case "s":
      return digits(seconds, 1);
    case "S":
      return digits(time.second, 2);
    case "T":
    case "X":
      return inner("%H:%M:%S");
    case "u":
      return digits(time.weekday === 0 ? 7 : time.weekday, 1);
    case "U":
      return digits(Math.floor((time.yearDay + 7 - time.weekday) / 7), 2);
    case "V":
      return digits(isoWeek(time).week, 2);
    case "w":
      return digits(time.weekday, 1);
    case "W":
      return digits(Math.floor((time.yearDay + 7 - (time.weekday + 6) % 7) / 7), 2);
    case "y":
      return digits(((time.year % 100) + 100) % 100, 2);
    case "Y":
      return digits(time.year, 1);
    case "z":
      return offsetText(time, flags);
    case "Z":
      return flags.swap ? plain(time.zone).toLowerCase() : plain(time.zone);
    default:
      return undefined;
  }
}
