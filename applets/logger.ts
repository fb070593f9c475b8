import type { ByteString } from "../sandbox/types.ts";
import { toByteString } from "../sandbox/bytes.ts";
import { type Applet, type Context, defineApplet } from "./contract.ts";
import { Accounts } from "./_lib/accounts.ts";
import { strftime } from "./_lib/strftime.ts";
import { calendarTime, zoneOf } from "./_lib/time.ts";
import { FACILITIES, LEVELS } from "./_lib/syslog.ts";
import { readLeniently } from "./_lib/streams.ts";

/** `user.notice` */
const DEFAULT = 13;

/** Writes to the sandbox's log. Source of behaviour: POSIX logger, BusyBox 1.35. */
export const applet: Applet = defineApplet({
  name: "logger",
  usage: "[-s] [-t TAG] [-p PRIO] [MESSAGE]",
  about: "Write MESSAGE, or the lines of stdin, to the log",
  options: {
    s: { help: "To stderr too" },
    t: { arg: "TAG", help: "Tag of the lines (default: name of the user)" },
    p: { arg: "PRIO", help: "Priority: a number or FACILITY.LEVEL" },
  },
  async run(ctx) {
    const { opts, operands, process } = ctx;
    const tag = opts.t ?? new Accounts(ctx.fs).userName(process.uid);
    const priority = opts.p === undefined ? DEFAULT : parsePriority(ctx, opts.p);
    const zone = zoneOf(process);
    const write = (message: ByteString): void => {
      const seconds = Math.floor(process.clock.nowMs() / 1000);
      const when = strftime("%b %e %H:%M:%S", calendarTime(seconds, zone), seconds);
      process.kernel.log.append(`<${priority}>${when} ${tag}: ${message}`);
      if (opts.s) ctx.say(`${tag}: ${message}\n`);
    };
    if (operands.length > 0) {
      write(operands.join(" "));
      return;
    }
    for (;;) {
      let line = readLeniently(ctx.stdin, 10, 65536);
      if (line instanceof Promise) line = await line;
      if (line === undefined) return;
      const text = toByteString(line).replace(/\n$/, "");
      if (text !== "") write(text);
      const pause = ctx.tick(4);
      if (pause !== undefined) await pause;
    }
  },
});

function parsePriority(ctx: Pick<Context, "fail">, text: ByteString): number {
  const dot = text.indexOf(".");
  if (dot < 0) {
    if (/^[0-9]+$/.test(text) && Number(text) < 192) return Number(text);
    return LEVELS.get(text) === undefined
      ? ctx.fail(`unknown priority name: ${text}`)
      : 8 + LEVELS.get(text)!;
  }
  const facility = FACILITIES.get(text.slice(0, dot));
  if (facility === undefined) return ctx.fail(`unknown facility name: ${text.slice(0, dot)}`);
  const level = LEVELS.get(text.slice(dot + 1));
  // Native names the whole word here.
  return level === undefined ? ctx.fail(`unknown priority name: ${text}`) : facility * 8 + level;
}
