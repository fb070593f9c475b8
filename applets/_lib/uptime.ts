/**
 * The line that `uptime`, `w` and `top` begin with.
 *
 * @module
 */
import type { ByteString, Process } from "../../sandbox/types.ts";
import { calendarTime, zoneOf } from "./time.ts";

/** ` 12:23:52 up 55 min,  0 users,  load average: 3.75, 4.64, 3.30` */
export function uptimeLine(process: Process): ByteString {
  const { kernel } = process;
  const now = calendarTime(Math.floor(process.clock.nowMs() / 1000), zoneOf(process));
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(kernel.uptimeMs() / 60000);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor(minutes / 60) % 24;
  const dayText = days === 0 ? "" : `${days} day${days === 1 ? "" : "s"}, `;
  const hourText = hours > 0
    ? `${String(hours).padStart(2)}:${two(minutes % 60)}`
    : `${minutes % 60} min`;
  const load = kernel.loadAverage().map((value) => value.toFixed(2)).join(", ");
  return ` ${two(now.hour)}:${two(now.minute)}:${two(now.second)} up ${dayText}${hourText},  ` +
    `0 users,  load average: ${load}\n`;
}
