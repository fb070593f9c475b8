/**
 * Time zone rules: POSIX `TZ` text and zoneinfo files (RFC 8536).
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import { toByteString } from "../../sandbox/bytes.ts";
import { calendarTime, daysFromCivil, type Zone, type ZoneState } from "./time.ts";

/** When a change happens in a year. */
interface ChangeRule {
  readonly kind: "month" | "julian" | "day";
  readonly month: number;
  readonly week: number;
  readonly day: number;
  /** Seconds of local time after midnight; may be negative or beyond a day. */
  readonly time: number;
}

const DEFAULT_START: ChangeRule = { kind: "month", month: 3, week: 2, day: 0, time: 7200 };
const DEFAULT_END: ChangeRule = { kind: "month", month: 11, week: 1, day: 0, time: 7200 };

class Reader {
  at = 0;
  constructor(readonly text: ByteString) {}

  name(): ByteString | undefined {
    const rest = this.text.slice(this.at);
    const match = /^(?:<([A-Za-z0-9+-]{3,})>|([A-Za-z]{3,}))/.exec(rest);
    if (match === null) return undefined;
    this.at += match[0].length;
    return match[1] ?? match[2];
  }

  /** `[+-]hh[:mm[:ss]]` in seconds. */
  time(): number | undefined {
    const match = /^([+-]?)(\d{1,3})(?::(\d{1,2})(?::(\d{1,2}))?)?/.exec(this.text.slice(this.at));
    if (match === null) return undefined;
    this.at += match[0].length;
    const size = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
    return match[1] === "-" ? -size : size;
  }

  rule(): ChangeRule | undefined {
    if (this.text[this.at] !== ",") return undefined;
    const match = /^,(?:M(\d{1,2})\.(\d)\.(\d)|J(\d{1,3})|(\d{1,3}))/.exec(
      this.text.slice(this.at),
    );
    if (match === null) return undefined;
    this.at += match[0].length;
    let time = 7200;
    if (this.text[this.at] === "/") {
      this.at++;
      time = this.time() ?? 7200;
    }
    if (match[1] !== undefined) {
      return {
        kind: "month",
        month: Number(match[1]),
        week: Number(match[2]),
        day: Number(match[3]),
        time,
      };
    }
    const julian = match[4] !== undefined;
    const day = Number(match[4] ?? match[5]);
    return { kind: julian ? "julian" : "day", month: 0, week: 0, day, time };
  }
}

/** Seconds of local time, as if it were UTC, when a rule applies in a year. */
function momentOf(rule: ChangeRule, year: number): number {
  let days: number;
  if (rule.kind === "month") {
    const first = daysFromCivil(year, rule.month - 1, 1);
    const weekday = ((first + 4) % 7 + 7) % 7;
    days = first + (rule.day - weekday + 7) % 7 + (rule.week - 1) * 7;
    const next = daysFromCivil(year, rule.month, 1);
    while (days >= next) days -= 7;
  } else if (rule.kind === "julian") {
    const leap = daysFromCivil(year, 2, 1) - daysFromCivil(year, 1, 1) === 29;
    days = daysFromCivil(year, 0, 1) + rule.day - 1 + (leap && rule.day >= 60 ? 1 : 0);
  } else days = daysFromCivil(year, 0, 1) + rule.day;
  return days * 86400 + rule.time;
}

/**
 * A zone of POSIX text such as `CET-1CEST,M3.5.0,M10.5.0/3`. Text that is no rule gives UTC under
 * its own name, or no name when it is not made of letters, as glibc does.
 */
export function parsePosixZone(text: ByteString): Zone {
  const reader = new Reader(text);
  const name = reader.name();
  if (name === undefined) return fixedZone({ offset: 0, name: "", daylight: false });
  const west = reader.time();
  if (west === undefined) return fixedZone({ offset: 0, name, daylight: false });
  const standard: ZoneState = { offset: 0 - west, name, daylight: false };
  const summerName = reader.name();
  if (summerName === undefined) return fixedZone(standard);
  const summerWest = reader.time();
  const summer: ZoneState = {
    offset: summerWest === undefined ? standard.offset + 3600 : 0 - summerWest,
    name: summerName,
    daylight: true,
  };
  const start = reader.rule() ?? DEFAULT_START;
  const end = reader.rule() ?? DEFAULT_END;
  return {
    at(seconds) {
      const { year } = calendarTime(seconds + standard.offset);
      const from = momentOf(start, year) - standard.offset;
      const to = momentOf(end, year) - summer.offset;
      const inSummer = from < to
        ? seconds >= from && seconds < to
        : seconds >= from || seconds < to;
      return inSummer ? summer : standard;
    },
  };
}

function fixedZone(state: ZoneState): Zone {
  return { at: () => state };
}

/**
 * A zone of a zoneinfo file.
 *
 * @returns Undefined when the data is no such file.
 */
export function parseZoneFile(data: Uint8Array): Zone | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const header = (at: number) => {
    if (data.length < at + 44 || toByteString(data, at, at + 4) !== "TZif") return undefined;
    const counts = [0, 1, 2, 3, 4, 5].map((i) => view.getUint32(at + 20 + i * 4));
    const [utc, standard, leap, times, types, chars] = counts;
    return { version: data[at + 4], utc, standard, leap, times, types, chars };
  };
  const first = header(0);
  if (first === undefined) return undefined;
  let at = 44;
  let width = 4;
  let counts = first;
  if (first.version >= 0x32) {
    const skipped = at + first.times * 5 + first.types * 6 + first.chars + first.leap * 8 +
      first.standard + first.utc;
    const second = header(skipped);
    if (second === undefined) return undefined;
    counts = second;
    at = skipped + 44;
    width = 8;
  }
  const { times, types, chars } = counts;
  const typesAt = at + times * (width + 1);
  const namesAt = typesAt + types * 6;
  if (types === 0 || namesAt + chars > data.length) return undefined;
  const moments: number[] = [];
  for (let i = 0; i < times; i++) {
    moments.push(
      width === 8 ? Number(view.getBigInt64(at + i * 8)) : view.getInt32(at + i * 4),
    );
  }
  const states: ZoneState[] = [];
  for (let i = 0; i < types; i++) {
    const from = typesAt + i * 6;
    const nameAt = namesAt + data[from + 5];
    let nameEnd = nameAt;
    while (nameEnd < namesAt + chars && data[nameEnd] !== 0) nameEnd++;
    states.push({
      offset: view.getInt32(from),
      daylight: data[from + 4] !== 0,
      name: toByteString(data, nameAt, nameEnd),
    });
  }
  const indexes = data.subarray(at + times * width, typesAt);
  const footerAt = namesAt + chars + counts.leap * (width + 4) + counts.standard + counts.utc;
  const footer = width === 8
    ? toByteString(data, footerAt, Math.min(data.length, footerAt + 200)).split("\n")[1] ?? ""
    : "";
  const later = footer === "" ? undefined : parsePosixZone(footer);
  const earliest = states.find((state) => !state.daylight) ?? states[0];
  return {
    at(seconds) {
      if (moments.length === 0 || seconds < moments[0]) {
        return moments.length === 0 && later !== undefined ? later.at(seconds) : earliest;
      }
      if (later !== undefined && seconds >= moments[moments.length - 1]) return later.at(seconds);
      let low = 0;
      let high = moments.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (moments[middle] <= seconds) low = middle;
        else high = middle - 1;
      }
      return states[Math.min(indexes[low], states.length - 1)];
    },
  };
}
