/**
 * Calendar time: seconds to year, month and day in a time zone, and back.
 *
 * Zones are POSIX `TZ` rules or, where the sandbox has the files, the zoneinfo database (RFC 8536),
 * read through the process's own file system.
 *
 * @module
 */
import type { ByteString, Process } from "../../sandbox/types.ts";
import { isVfsError } from "../../sandbox/errors.ts";
import { parsePosixZone, parseZoneFile } from "./time_zone.ts";

/** Broken-down time, as `struct tm` with full years and months from 0. */
export interface CalendarTime extends CalendarFields {
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 0 is the first of January. */
  readonly yearDay: number;
  /** Seconds east of UTC. */
  readonly offset: number;
  readonly zone: ByteString;
  readonly daylight: boolean;
}

/** What holds at a moment. */
export interface ZoneState {
  /** Seconds east of UTC. */
  readonly offset: number;
  readonly name: ByteString;
  readonly daylight: boolean;
}

/** A time zone. */
export interface Zone {
  /** State at a moment, seconds since the epoch. */
  at(seconds: number): ZoneState;
}

/** UTC. */
export const UTC: Zone = { at: () => ({ offset: 0, name: "UTC", daylight: false }) };

const ZONE_DIRECTORY = "/usr/share/zoneinfo/";
const ZONE_FILE_MAX = 1 << 20;

/** The zone of a process: its TZ, else /etc/localtime, else UTC. */
export function zoneOf(process: Pick<Process, "env" | "fs">): Zone {
  const value = process.env.get("TZ");
  if (value === undefined) return readZone(process, "/etc/localtime") ?? UTC;
  const name = value.startsWith(":") ? value.slice(1) : value;
  if (name === "" || name === "UTC" || name === "UTC0") return UTC;
  const file = name.startsWith("/") ? name : ZONE_DIRECTORY + name;
  // A name that climbs out of the database is no zone, as for glibc in secure mode.
  const found = name.includes("..") ? undefined : readZone(process, file);
  return found ?? parsePosixZone(name);
}

function readZone(process: Pick<Process, "fs">, path: ByteString): Zone | undefined {
  try {
    return parseZoneFile(process.fs.readFile(path, ZONE_FILE_MAX));
  } catch (error) {
    if (!isVfsError(error)) throw error;
    return undefined;
  }
}

/** Days since 1970-01-01 of a date in the proleptic Gregorian calendar; months may overflow. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = year + Math.floor(month / 12);
  const m = ((month % 12) + 12) % 12;
  const shifted = m < 2 ? y - 1 : y;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((m + 10) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) +
    dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** Year, month and day of a count of days since 1970-01-01. */
function civilFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) -
      Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra -
    (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const month = (mp + 2) % 12;
  const year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * mp + 2) / 5) + 1 };
}

/** Broken-down time of a moment. @param seconds Whole seconds since the epoch. */
export function calendarTime(seconds: number, zone: Zone = UTC): CalendarTime {
  const { offset, name, daylight } = zone.at(seconds);
  const local = seconds + offset;
  const days = Math.floor(local / 86400);
  const rest = local - days * 86400;
  const { year, month, day } = civilFromDays(days);
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    weekday: ((days + 4) % 7 + 7) % 7,
    yearDay: days - daysFromCivil(year, 0, 1),
    offset,
    zone: name,
    daylight,
  };
}

/** Fields for `secondsOf`; all may be out of their range, as `mktime` allows. */
export interface CalendarFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * Seconds since the epoch of a local time (`mktime`). A time that a change of the clock skips is
 * read with the offset before the change; one that comes twice is the first.
 */
export function secondsOf(fields: CalendarFields, zone: Zone = UTC): number {
  const local = daysFromCivil(fields.year, fields.month, fields.day) * 86400 +
    fields.hour * 3600 + fields.minute * 60 + fields.second;
  const before = local - zone.at(local - 86400).offset;
  if (zone.at(before).offset + before === local) return before;
  const after = local - zone.at(local + 86400).offset;
  if (zone.at(after).offset + after === local) return after;
  return before;
}
