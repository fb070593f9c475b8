/**
 * The long listing of archive members, as `tar -tv` and `cpio -tv` print it.
 *
 * @module
 */
import type { ByteString } from "../../../sandbox/types.ts";
import { modeString } from "../mode.ts";
import { calendarTime, type Zone } from "../time.ts";
import type { Member } from "./member.ts";

/** One line. Owners show by number where the archive has no names. */
export function longListing(member: Member, zone: Zone): ByteString {
  const user = member.userName || String(member.uid);
  const group = member.groupName || String(member.gid);
  const link = member.link === undefined ? "" : ` -> ${member.link}`;
  return `${modeString(member.mode)} ${user}/${group} ${String(member.size).padStart(9)} ` +
    `${listingTime(member.mtime, zone)} ${member.name}${link}\n`;
}

/** `2001-02-03 04:05:06`. */
export function listingTime(seconds: number, zone: Zone): string {
  const time = calendarTime(seconds, zone);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${String(time.year).padStart(4)}-${two(time.month + 1)}-${two(time.day)} ` +
    `${two(time.hour)}:${two(time.minute)}:${two(time.second)}`;
}
