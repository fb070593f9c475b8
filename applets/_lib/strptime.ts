/**
 * `strptime` in the C locale (POSIX strptime, with glibc's additions that busybox's users meet).
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { type CalendarFields, calendarTime, daysFromCivil, UTC, type Zone } from "./time.ts";
import { MONTHS, WEEKDAYS } from "./strftime.ts";

/** What was read, on top of the fields it started from. */
export interface ParsedTime {
  /** The fields, those not named by the format as they were. */
  readonly fields: CalendarFields;
  /** Seconds east of UTC, when `%z` named them. */
  readonly offset: number | undefined;
  /** Index after what was read. */
  readonly end: number;
}

/** Conversions that stand for others. */
const SHORT = new Map([
  ["D", "%m/%d/%y"],
  ["x", "%m/%d/%y"],
  ["T", "%H:%M:%S"],
  ["X", "%H:%M:%S"],
  ["R", "%H:%M"],
  ["r", "%I:%M:%S %p"],
  ["F", "%Y-%m-%d"],
  ["c", "%a %b %e %H:%M:%S %Y"],
  ["h", "%b"],
  ["B", "%b"],
  ["A", "%a"],
  ["e", "%d"],
  ["k", "%H"],
  ["l", "%I"],
]);

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

class Scanner {
  at = 0;
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  offset: number | undefined;
  #century: number | undefined;
  #wantCentury = false;
  #afternoon: boolean | undefined;
  #half = false;
  #yearDay: number | undefined;
  #weekday: number | undefined;
  #week: { readonly number: number; readonly monday: boolean } | undefined;
  #haveMonth = false;
  #haveDay = false;
  #haveYear = false;

  constructor(readonly text: ByteString, base: CalendarFields, private readonly zone: Zone) {
    ({
      year: this.year,
      month: this.month,
      day: this.day,
      hour: this.hour,
      minute: this.minute,
      second: this.second,
    } = base);
  }

  skipSpace(): void {
    while (isSpace(this.text.charCodeAt(this.at))) this.at++;
  }

  /** Up to `width` digits between two bounds; the reading stops before the upper one is passed. */
  number(low: number, high: number, width: number): number | undefined {
    this.skipSpace();
    let value = 0;
    const start = this.at;
    while (this.at < start + width) {
      const digit = this.text.charCodeAt(this.at) - 0x30;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
      this.at++;
    }
    return this.at === start || value < low || value > high ? undefined : value;
  }

  /** The index of a name, whole or its first three letters. */
  name(names: readonly string[]): number | undefined {
    const rest = this.text.slice(this.at, this.at + 10).toLowerCase();
    for (let i = 0; i < names.length; i++) {
      const whole = names[i].toLowerCase();
      for (const name of [whole, whole.slice(0, 3)]) {
        if (rest.startsWith(name)) {
          this.at += name.length;
          return i;
        }
      }
    }
    return undefined;
  }

  /** Reads by a format; false when the text does not match. */
  read(format: ByteString): boolean {
    for (let i = 0; i < format.length; i++) {
      const code = format.charCodeAt(i);
      if (isSpace(code)) {
        this.skipSpace();
        continue;
      }
      if (format[i] !== "%") {
        if (this.text[this.at] !== format[i]) return false;
        this.at++;
        continue;
      }
      i++;
      // Flags, widths and modifiers say nothing about reading.
      while (i < format.length && "_-0^#123456789EO".includes(format[i])) i++;
      const letter = format[i];
      if (letter === undefined) return false;
      const longer = SHORT.get(letter);
      if (longer !== undefined ? !this.read(longer) : !this.#convert(letter)) return false;
    }
    return true;
  }

  #convert(letter: string): boolean {
    const set = (value: number | undefined, store: (value: number) => void): boolean => {
      if (value === undefined) return false;
      store(value);
      return true;
    };
    switch (letter) {
      case "%":
        if (this.text[this.at] !== "%") return false;
        this.at++;
        return true;
      case "n":
      case "t":
        this.skipSpace();
        return true;
      case "a":
        return set(this.name(WEEKDAYS), (value) => this.#weekday = value);
      case "b":
        return set(this.name(MONTHS), (value) => {
          this.month = value;
          this.#haveMonth = true;
        });
      case "C":
        return set(this.number(0, 99, 2), (value) => this.#century = value);
      case "y":
        return set(this.number(0, 99, 2), (value) => {
          this.year = value >= 69 ? 1900 + value : 2000 + value;
          this.#wantCentury = true;
          this.#haveYear = true;
        });
      case "Y":
      case "G":
        return set(this.number(0, 9999, 4), (value) => {
          if (letter === "G") return;
          this.year = value;
          this.#haveYear = true;
          this.#century = undefined;
        });
      case "m":
        return set(this.number(1, 12, 2), (value) => {
          this.month = value - 1;
          this.#haveMonth = true;
        });
      case "d":
        return set(this.number(1, 31, 2), (value) => {
          this.day = value;
          this.#haveDay = true;
        });
      case "j":
        return set(this.number(1, 366, 3), (value) => this.#yearDay = value - 1);
      case "H":
        return set(this.number(0, 23, 2), (value) => {
          this.hour = value;
          this.#half = false;
        });
      case "I":
        return set(this.number(1, 12, 2), (value) => {
          this.hour = value % 12;
          this.#half = true;
        });
      case "M":
        return set(this.number(0, 59, 2), (value) => this.minute = value);
      case "S":
        return set(this.number(0, 61, 2), (value) => this.second = value);
      case "p":
      case "P": {
        const word = this.text.slice(this.at, this.at + 2).toUpperCase();
        if (word !== "AM" && word !== "PM") return false;
        this.at += 2;
        this.#afternoon = word === "PM";
        return true;
      }
      case "U":
      case "W":
        return set(this.number(0, 53, 2), (number) => {
          this.#week = { number, monday: letter === "W" };
        });
      case "V":
      case "g":
        return this.number(0, letter === "V" ? 53 : 99, 2) !== undefined;
      case "w":
        return set(this.number(0, 6, 1), (value) => this.#weekday = value);
      case "u":
        return set(this.number(1, 7, 1), (value) => this.#weekday = value % 7);
      case "s":
        return set(this.number(0, Number.MAX_SAFE_INTEGER, 15), (value) => {
          const { year, month, day, hour, minute, second } = calendarTime(value, this.zone);
          Object.assign(this, { year, month, day, hour, minute, second });
        });
      case "Z":
        this.skipSpace();
        while (this.at < this.text.length && !isSpace(this.text.charCodeAt(this.at))) this.at++;
        return true;
      case "z":
        return this.#zone();
      default:
        return false;
    }
  }

  #zone(): boolean {
    this.skipSpace();
    if (this.text[this.at] === "Z") {
      this.at++;
      this.offset = 0;
      return true;
    }
    const match = /^([+-])(\d\d)(?::?(\d\d))?/.exec(this.text.slice(this.at, this.at + 6));
    if (match === null) return false;
    const minutes = Number(match[3] ?? 0);
    const hours = Number(match[2]);
    if (minutes >= 60 || hours > 14) return false;
    this.at += match[0].length;
    this.offset = (match[1] === "-" ? -60 : 60) * (hours * 60 + minutes);
    return true;
  }

  /** Puts together what several conversions said. */
  finish(): void {
    if (this.#half && this.#afternoon) this.hour += 12;
    if (this.#century !== undefined) {
      this.year = (this.#wantCentury ? this.year % 100 : 0) + this.#century * 100;
    }
    const first = daysFromCivil(this.year, 0, 1);
    if (this.#yearDay !== undefined && this.#haveYear && !(this.#haveMonth && this.#haveDay)) {
      this.month = 0;
      this.day = 1 + this.#yearDay;
    }
    if (this.#week !== undefined && this.#weekday !== undefined && !this.#haveDay) {
      // Week 1 begins with the first Sunday (or Monday) of the year.
      const { number, monday } = this.#week;
      const shift = monday ? 1 : 0;
      const firstWeekday = ((first + 4) % 7 + 7) % 7;
      const start = (7 - (firstWeekday - shift)) % 7;
      this.month = 0;
      this.day = 1 + start + (number - 1) * 7 + (this.#weekday - shift + 7) % 7;
    }
  }
}

/**
 * Reads a time.
 *
 * @param text What is read; it may go on behind the end.
 * @param format `%` conversions.
 * @param base Values of the fields that the format does not name.
 * @param zone Where the fields hold, for `%s`.
 */
export function strptime(
  text: ByteString,
  format: ByteString,
  base: CalendarFields,
  zone: Zone = UTC,
): ParsedTime | undefined {
  const scanner = new Scanner(text, base, zone);
  if (!scanner.read(format)) return undefined;
  scanner.finish();
  const { year, month, day, hour, minute, second, offset, at } = scanner;
  return { fields: { year, month, day, hour, minute, second }, offset, end: at };
}
