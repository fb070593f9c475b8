/**
 * Facilities and levels of syslog (syslog(3), RFC 5424).
 *
 * @module
 */

/** Facility → number. */
export const FACILITIES: ReadonlyMap<string, number> = new Map([
  ["kern", 0],
  ["user", 1],
  ["mail", 2],
  ["daemon", 3],
  ["auth", 4],
  ["security", 4],
  ["syslog", 5],
  ["lpr", 6],
  ["news", 7],
  ["uucp", 8],
  ["cron", 9],
  ["authpriv", 10],
  ["ftp", 11],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((i) => [`local${i}`, 16 + i] as const),
]);

/** Level → number. */
export const LEVELS: ReadonlyMap<string, number> = new Map([
  ["emerg", 0],
  ["panic", 0],
  ["alert", 1],
  ["crit", 2],
  ["err", 3],
  ["error", 3],
  ["warning", 4],
  ["warn", 4],
  ["notice", 5],
  ["info", 6],
  ["debug", 7],
]);

/** `facility.level` of a number. */
export function priorityName(priority: number): string {
  const find = (table: ReadonlyMap<string, number>, value: number): string | undefined =>
    [...table].find(([, each]) => each === value)?.[0];
  return `${find(FACILITIES, priority >> 3) ?? priority >> 3}.${find(LEVELS, priority & 7)}`;
}
