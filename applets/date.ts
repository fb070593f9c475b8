import { type Applet, defineApplet } from "./contract.ts";
import type { ByteString } from "../sandbox/types.ts";
import { isVfsError } from "../sandbox/errors.ts";
import { parseDate } from "./_lib/date_text.ts";
import { strftime } from "./_lib/strftime.ts";
import { strptime } from "./_lib/strptime.ts";
import { calendarTime, secondsOf, UTC, zoneOf } from "./_lib/time.ts";

/** Formats of -I by the first letter of its SPEC. */
const ISO: readonly (readonly [name: string, format: ByteString])[] = [
  ["date", "%Y-%m-%d"],
  ["hours", "%Y-%m-%dT%H"],
  ["minutes", "%Y-%m-%dT%H:%M"],
  ["seconds", "%Y-%m-%dT%H:%M:%S"],
  ["ns", "%Y-%m-%dT%H:%M:%S"],
];

/** Shows and sets the time of the sandbox. Source: POSIX date, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "date",
  usage: "[OPTIONS] [+FMT] [[-s] TIME]",
  about: "Show the time by FMT (strftime), or set the clock of the sandbox.\n" +
    "TIME is one of: @SECONDS, hh:mm[:ss], [YYYY.]MM.DD-hh:mm[:ss], YYYY-MM-DD hh:mm[:ss],\n" +
    "[[[[[YY]YY]MM]DD]hh]mm[.ss]; without -s it is MMDDhhmm[[YY]YY][.ss].",
  lostOutput: "ignore",
  options: {
    R: { long: ["rfc-822", "rfc-2822"], excludes: ["I"], help: "Format of mail (RFC 2822)" },
    I: {
      arg: "SPEC",
      optional: true,
      excludes: ["R"],
      help: "ISO 8601: date (default), hours, minutes, seconds, ns",
    },
    s: { arg: "TIME", long: "set", excludes: ["d"], help: "Set the clock" },
    u: { long: "utc", help: "In UTC" },
    d: { arg: "TIME", long: "date", excludes: ["s"], help: "Show TIME instead of now" },
    r: { arg: "FILE", long: "reference", help: "Show when FILE was changed" },
    D: { arg: "FMT", help: "TIME is written by FMT (strptime)" },
  },
  run(ctx) {
    const { opts, process, fs, out, fail, usage } = ctx;
    const operands = [...ctx.operands];
    let iso: (typeof ISO)[number] | undefined;
    if (opts.I !== undefined) {
      const spec = opts.I;
      iso = spec === "" ? ISO[0] : ISO.find(([name]) => name.startsWith(spec)) ?? usage();
    }
    const zone = opts.u ? UTC : zoneOf(process);
    let format: ByteString | undefined;
    if (operands[0]?.startsWith("+")) format = operands.shift()!.slice(1);
    let text = opts.d ?? opts.s;
    let setting = opts.s !== undefined;
    let monthFirst = false;
    if (operands.length > 0 && text === undefined) {
      text = operands.shift();
      setting = true;
      monthFirst = true;
    }
    if (operands.length > 0) usage();
    const nowNs = process.clock.nowNs();
    let seconds = Number(nowNs / 1_000_000_000n);
    let fraction = nowNs % 1_000_000_000n;
    if (opts.r !== undefined) {
      try {
        seconds = Number(fs.stat(opts.r).mtimeNs / 1_000_000_000n);
        fraction = 0n;
      } catch (error) {
        if (!isVfsError(error)) throw error;
        fail(`can't stat '${opts.r}': ${error.reason}`);
      }
    }
    if (text !== undefined) {
      const now = calendarTime(Number(nowNs / 1_000_000_000n), zone);
      // What TIME does not say is midnight of today.
      const base = { ...now, hour: 0, minute: 0, second: 0 };
      let found: number | undefined;
      if (opts.D === undefined) found = parseDate(text, base, zone, monthFirst);
      else {
        const read = strptime(text, opts.D, base, zone);
        if (read !== undefined) found = secondsOf(read.fields, zone);
      }
      seconds = found ?? fail(`invalid date '${text}'`);
      fraction = 0n;
      if (setting) {
        try {
          process.clock.set(BigInt(seconds) * 1_000_000_000n);
        } catch (error) {
          if (!isVfsError(error)) throw error;
          ctx.warn(`can't set date: ${error.reason}`);
        }
      }
    }
    const time = calendarTime(seconds, zone);
    if (format === undefined) {
      if (iso !== undefined) {
        format = iso[1];
        if (iso[0] === "ns") format += `,${String(fraction).padStart(9, "0")}`;
        if (iso[0] !== "date") {
          const minutes = Math.trunc(Math.abs(time.offset) / 60);
          const two = (value: number): string => String(value).padStart(2, "0");
          format += time.offset < 0 ? "-" : "+";
          format += `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
        }
      } else if (opts.R) format = "%a, %d %b %Y %H:%M:%S %z";
      else format = "%a %b %e %H:%M:%S %Z %Y";
    }
    void out.print(strftime(format, time, seconds) + "\n");
  },
});
